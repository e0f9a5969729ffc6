// The bytes of packed files: forth and back, across members, of files that grow, are cut or
// damaged.
#include "sources/input_bytes.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/unit/base/temp_folder.h"

namespace clearwell::sources {
namespace {

std::string packed(const std::string& content) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, content.size()) + 64, '\0');
  std::string input = content;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

// Numbers, so that each place has content of its own.
std::string numbers(size_t bytes) {
  std::string out;
  for (size_t i = 0; out.size() < bytes; ++i) out += std::to_string(i) + "\n";
  return out;
}

class PackedBytes : public testing::Test {
 protected:
  void open() { ASSERT_EQ(InputBytes::open(folder_.path() + "/a.gz", bytes_), 0); }
  std::string read(size_t size, int64_t offset) {
    std::string out(size, '\0');
    const int64_t got = bytes_.read_at(out.data(), size, offset);
    EXPECT_GE(got, 0);
    out.resize(static_cast<size_t>(std::max<int64_t>(got, 0)));
    return out;
  }
  int64_t size() {
    FileStat info;
    EXPECT_EQ(bytes_.stat(info), 0);
    return info.size;
  }

  TempFolder folder_;
  InputBytes bytes_;
};

TEST_F(PackedBytes, AreThoseOfTheContentInAnyOrder) {
  const std::string content = numbers(5 << 20);
  const size_t half = content.size() / 2;
  folder_.write("a.gz", packed(content.substr(0, half)) + packed(content.substr(half)));
  open();
  EXPECT_EQ(size(), InputBytes::unknown_size);
  for (const size_t offset : {size_t{0}, size_t{3} << 20, half - 10, size_t{100}, size_t{4} << 20,
                              (size_t{4} << 20) - 500'000, size_t{2000}}) {
    EXPECT_EQ(read(1000, static_cast<int64_t>(offset)), content.substr(offset, 1000)) << offset;
  }
  EXPECT_EQ(read(100, static_cast<int64_t>(content.size()) - 3).size(), 3U);
  EXPECT_EQ(size(), static_cast<int64_t>(content.size()));
  EXPECT_EQ(bytes_.damage(), "");
}

TEST_F(PackedBytes, GrowWithTheFile) {
  folder_.write("a.gz", packed("one\n"));
  open();
  EXPECT_EQ(read(100, 0), "one\n");
  EXPECT_EQ(size(), 4);
  folder_.append("a.gz", packed("two\n"));
  EXPECT_EQ(size(), InputBytes::unknown_size);
  EXPECT_EQ(read(100, 4), "two\n");
  EXPECT_EQ(size(), 8);
}

TEST_F(PackedBytes, OfACutFileGoOnWhenTheRestComes) {
  const std::string content = numbers(100'000), all = packed(content);
  folder_.write("a.gz", all.substr(0, all.size() / 2));
  open();
  const std::string start = read(content.size(), 0);
  EXPECT_TRUE(content.starts_with(start) && !start.empty() && start.size() < content.size());
  EXPECT_TRUE(bytes_.is_cut());
  EXPECT_NE(bytes_.damage(), "");
  folder_.append("a.gz", all.substr(all.size() / 2));
  EXPECT_EQ(size(), InputBytes::unknown_size);
  EXPECT_EQ(bytes_.damage(), "");
  const auto offset = static_cast<int64_t>(start.size());
  EXPECT_EQ(read(content.size(), offset), content.substr(start.size()));
  EXPECT_FALSE(bytes_.is_cut());
}

TEST_F(PackedBytes, EndWhereTheyAreDamaged) {
  folder_.write("a.gz", "id\n1\n");
  open();
  EXPECT_EQ(read(100, 0), "");
  EXPECT_EQ(bytes_.damage(), "it is no gzip file, although its name ends in .gz");
  EXPECT_FALSE(bytes_.is_cut());
  folder_.write("a.gz", packed("good\n"));
  EXPECT_EQ(size(), InputBytes::unknown_size);
  EXPECT_EQ(read(100, 0), "good\n");
  folder_.append("a.gz", "garbage");
  EXPECT_EQ(size(), InputBytes::unknown_size);
  EXPECT_EQ(read(100, 5), "");
  EXPECT_NE(bytes_.damage(), "");
}

TEST_F(PackedBytes, OfAnEmptyFileAreNone) {
  folder_.write("a.gz", "");
  open();
  EXPECT_EQ(read(100, 0), "");
  EXPECT_EQ(bytes_.damage(), "");
  EXPECT_EQ(size(), 0);
}

}  // namespace
}  // namespace clearwell::sources
