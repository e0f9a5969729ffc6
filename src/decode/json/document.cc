#include "decode/json/document.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/result.h"

namespace clearwell::decode::json {

bool Document::load(std::string_view text, Cursor& cursor) {
  if (text.empty()) return false;
  if (stage_ == nullptr || stage_->capacity() < text.size()) {
    const size_t capacity = std::bit_ceil(std::max(text.size(), size_t{4096}));
    const simdjson::implementation* simd = simdjson::get_active_implementation();
    const auto error = simd->create_dom_parser_implementation(capacity, 1, stage_);
    CW_ASSERT(error == simdjson::SUCCESS);  // only memory can be missing
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  if (stage_->stage1(bytes, text.size(), simdjson::stage1_mode::regular) != simdjson::SUCCESS) {
    return false;
  }
  has_escapes_ = std::memchr(text.data(), '\\', text.size()) != nullptr;
  const uint32_t* first = stage_->structural_indexes.get();
  cursor = Cursor(text, first, first + stage_->n_structural_indexes);
  return true;
}

std::string_view without_mark(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

}  // namespace clearwell::decode::json
