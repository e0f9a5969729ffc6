#include "config/placeholders.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "config/phrases.h"

namespace clearwell::config {

namespace {

constexpr size_t largest_secret = 64 << 10;

}  // namespace

void Placeholders::replace(YamlNode& node, TextKind kind) {
  for (YamlNode& item : node.items) replace(item, kind);
  for (YamlNode::Member& member : node.members) {
    replace(member.value, member.key == "sql" ? TextKind::Sql : TextKind::Value);
  }
  if (!node.is_scalar() || node.text.find('$') == std::string::npos) return;
  std::string text = replace(node.text, node.mark, kind, node.open);
  if (text == node.text && !node.open) return;
  node.written = std::move(node.text);
  node.text = std::move(text);
  node.replaced = true;
}

std::string Placeholders::replace(const std::string& text, const Mark& mark, TextKind kind,
                                  bool& open) {
  std::string result;
  size_t at = 0;
  while (true) {
    const size_t dollar = text.find('$', at);
    result.append(text, at, dollar - at);
    if (dollar == std::string::npos) return result;
    const std::string_view rest = std::string_view(text).substr(dollar);
    if (rest.starts_with("$$")) {
      const bool escape = kind == TextKind::Value || rest.starts_with("$${");
      result += escape ? "$" : "$$";
      at = dollar + 2;
    } else if (rest.starts_with("${")) {
      const size_t close = text.find('}', dollar);
      const size_t end = close == std::string::npos ? text.size() : close + 1;
      const std::string whole = text.substr(dollar, end - dollar);
      std::optional<std::string> value;
      if (close == std::string::npos) {
        faults_.add(mark, "bad_placeholder", in_quotes(whole) + " is not closed; add a }");
      } else {
        value = resolve(whole.substr(2, whole.size() - 3), mark);
      }
      open = open || !value;
      result += value.value_or(whole);
      at = end;
    } else {
      result += '$';
      at = dollar + 1;
    }
  }
}

std::optional<std::string> Placeholders::resolve(const std::string& body, const Mark& mark) {
  if (body.starts_with("params.")) return parameter(body.substr(7), mark);
  if (body.starts_with("file:")) return secret(body.substr(5), mark);
  if (window_ && (body == "window.start" || body == "window.end")) return "${" + body + "}";
  return variable(body, mark);
}

std::optional<std::string> Placeholders::variable(const std::string& body, const Mark& mark) {
  const size_t dash = body.find(":-");
  const std::string name = body.substr(0, dash);
  const bool nested = body.find("${") != std::string::npos;
  if (!is_identifier(name) || nested) {
    faults_.add(mark, "bad_placeholder",
                in_quotes("${" + body + "}") +
                    " is not understood; write ${NAME}, ${NAME:-default}, ${params.NAME} or "
                    "${file:PATH}, not one inside another, and $$ for a dollar sign");
    return std::nullopt;
  }
  const char* value = std::getenv(name.c_str());
  if (dash != std::string::npos) {
    return value != nullptr && *value != '\0' ? std::string(value) : body.substr(dash + 2);
  }
  if (value != nullptr) return std::string(value);
  faults_.add(mark, "unset_variable",
              "the environment variable " + name + " is not set; set it, or give a default: ${" +
                  name + ":-…}");
  return std::nullopt;
}

std::optional<std::string> Placeholders::parameter(const std::string& name, const Mark& mark) {
  if (params_ == nullptr) {
    faults_.add(mark, "unknown_param",
                "${params." + name + "} is only known in the pipeline that declares it");
    return std::nullopt;
  }
  const auto found = params_->find(name);
  if (found != params_->end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [param, value] : *params_) known.push_back(param);
  faults_.add(mark, "unknown_param",
              "this pipeline has no parameter " + in_quotes(name) +
                  (known.empty() ? "; declare it under 'params'"
                                 : suggestion_and_list(name, known, "under 'params' are")));
  return std::nullopt;
}

std::optional<std::string> Placeholders::secret(const std::string& path, const Mark& mark) {
  auto unreadable = [&](const std::string& why) {
    faults_.add(mark, "unreadable_secret", "the file " + in_quotes(path) + " " + why);
    return std::nullopt;
  };
  if (path.empty()) return unreadable("has no name; write ${file:PATH}");
  const std::string full = (std::filesystem::path(folder_) / path).string();
  std::error_code error;
  const auto type = std::filesystem::status(full, error).type();
  if (type == std::filesystem::file_type::directory) return unreadable("is a folder");
  // Opening a pipe that nobody writes into would wait for ever.
  if (type != std::filesystem::file_type::not_found &&
      type != std::filesystem::file_type::regular) {
    return unreadable("is not a regular file; write the secret into one");
  }
  errno = 0;
  std::ifstream input(full, std::ios::binary);
  if (!input) return unreadable(std::string("cannot be read: ") + std::strerror(errno));
  std::string text(largest_secret + 1, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(input.gcount()));
  if (text.size() > largest_secret) return unreadable("is larger than 64 KB, so it is no secret");
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace clearwell::config
