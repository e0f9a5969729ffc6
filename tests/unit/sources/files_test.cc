// What is special about files: versions, settling, and what may lie in a folder besides them.
#include <algorithm>
#include <filesystem>
#include <numeric>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "tests/unit/base/temp_folder.h"
#include "tests/unit/sources/conformance.h"

namespace clearwell::sources {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Payloads = std::vector<std::string>;

class FilesSource : public testing::Test {
 protected:
  Harness harness(const std::map<std::string, std::string>& more = {}) const {
    std::map<std::string, std::string> settings = {
        {"path", "in"}, {"settle", "150ms"}, {"scan_every", "100ms"}};
    for (const auto& [key, value] : more) settings[key] = value;
    return {"files", settings, folder_.path()};
  }
  // An old file, so that it has settled.
  void add(const std::string& name, const std::string& bytes) const {
    folder_.write("in/" + name, bytes);
    folder_.age("in/" + name, hours(1));
  }
  Payloads read_once(Harness& run) const {
    run.open_ok(true);
    return Harness::payloads(run.read_all());
  }
  // The one batch that there is now.
  static batch::RawBatch batch_of(Harness& run, milliseconds patience = seconds(5)) {
    batch::RawBatch batch;
    const auto polled = run.poll(batch, limits_of(), patience);
    EXPECT_TRUE(polled.ok() && polled.value() == Polled::Ready);
    return batch;
  }

  TempFolder folder_;
};

TEST_F(FilesSource, OrderIsMtimeThenPath) {
  for (const char* name : {"c", "a", "b", "d"}) folder_.write(std::string("in/") + name, name);
  folder_.set_mtime("in/d", 1'000'000'000'000'000'001);
  folder_.set_mtime("in/c", 1'000'000'000'000'000'002);
  folder_.set_mtime("in/b", 1'000'000'000'000'000'003);
  folder_.set_mtime("in/a", 1'000'000'000'000'000'003);
  Harness run = harness();
  run.open_ok(true);
  const batch::RawBatch batch = batch_of(run);
  EXPECT_EQ(Harness::payloads(Harness::seen(batch)), (Payloads{"d", "c", "a", "b"}));
  EXPECT_EQ(batch.records[1].order.major, 1'000'000'000'000'000'002);
  EXPECT_EQ(batch.records[1].order.minor, 0);
  EXPECT_EQ(batch.records[1].order.tie, "in/c");
  EXPECT_EQ(batch.records[1].partition, "in/c");
  EXPECT_EQ(to_iso8601(batch.records[1].arrived), "2001-09-09T01:46:40Z");
  EXPECT_TRUE(batch.records[1].settled);
}

TEST_F(FilesSource, LeavesOutWhatIsNoInput) {
  add("a.json", "a");
  for (const char* name : {".hidden", "b.tmp", "sub/c.json"}) add(name, "no");
  Harness run = harness({{"ignore", "*.tmp"}});
  EXPECT_EQ(read_once(run), Payloads{"a"});
}

TEST_F(FilesSource, NeverHangsOnWhatIsNoFile) {
  add("a.json", "a");
  ASSERT_EQ(::mkfifo((folder_ / "in/fifo").c_str(), 0666), 0);
  std::filesystem::create_symlink("loop", folder_ / "in/loop");
  std::filesystem::create_symlink("nowhere", folder_ / "in/dangling");
  std::filesystem::create_symlink("/dev/zero", folder_ / "in/device");
  std::filesystem::create_directory_symlink("..", folder_ / "in/folder");
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = folder_ / "in/socket";
  std::copy(path.begin(), path.end(), address.sun_path);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  std::filesystem::create_symlink(folder_ / "in/a.json", folder_ / "in/link.json");
  Harness run = harness();
  EXPECT_EQ(read_once(run), (Payloads{"a", "a"}));
  ::close(socket);
}

TEST_F(FilesSource, PatternsAndSingleFiles) {
  for (const char* name : {"x/a.json", "x/a.txt", "y/b.json", "y/deep/c.json"}) add(name, name);
  const std::map<std::string, Payloads> expected = {
      {"in/*/*.json", {"x/a.json", "y/b.json"}},
      {"in/**/*.json", {"x/a.json", "y/b.json", "y/deep/c.json"}},
      {"in/x/a.txt", {"x/a.txt"}},
      {"./in//y/", {"y/b.json"}},
      {"in/x/*.csv", {}}};
  for (const auto& [pattern, payloads] : expected) {
    Harness run = harness({{"path", pattern}});
    Payloads read = read_once(run);
    std::sort(read.begin(), read.end());
    EXPECT_EQ(read, payloads) << pattern;
  }
}

TEST_F(FilesSource, AChangedFileIsANewRead) {
  add("a", "one");
  Harness run = harness();
  EXPECT_EQ(read_once(run), Payloads{"one"});
  add("a", "two");
  EXPECT_EQ(read_once(run), Payloads{"two"});
  folder_.age("in/a", hours(2));
  EXPECT_EQ(read_once(run), Payloads{"two"});
  EXPECT_EQ(read_once(run), Payloads{});
}

// A write in the same tick of the kernel's clock leaves mtime and size as they are, and would not
// be seen: so when a file is handed out, its tick is over, and the next write gives another mtime.
TEST_F(FilesSource, IsReadWhenItsTickIsOver) {
  Harness run = harness();
  std::filesystem::create_directory(folder_ / "in");
  run.open_ok(false);
  Limits limits = limits_of(1);
  for (int i = 0; i < 20; ++i) {
    folder_.write("in/a", std::to_string(100 + i));
    batch::RawBatch batch;
    const auto polled = run.poll(batch, limits, seconds(5));
    ASSERT_TRUE(polled.ok() && polled.value() == Polled::Ready);
    // Over what was there, within the tick of the first write if that has not ended.
    folder_.write("in/a", std::to_string(200 + i));
    run.commit(batch);
    if (Harness::seen(batch).front().payload == std::to_string(200 + i)) continue;
    EXPECT_EQ(run.read(1).front().payload, std::to_string(200 + i));
  }
}

TEST_F(FilesSource, MovingTheProjectChangesNothing) {
  add("a", "one");
  Harness run = harness();
  EXPECT_EQ(read_once(run), Payloads{"one"});
  const TempFolder other;
  std::filesystem::rename(folder_ / "in", other / "in");
  Harness moved("files", {{"path", "in"}}, other.path());
  moved.state() = run.state();
  EXPECT_EQ(read_once(moved), Payloads{});
}

TEST_F(FilesSource, IsHandedOutOnceWhileItsBatchIsUnderWay) {
  add("a", "one");
  Harness run = harness();
  run.open_ok(false);
  const batch::RawBatch first = batch_of(run);
  batch::RawBatch none;
  EXPECT_EQ(run.poll(none, limits_of(), milliseconds(500)).value(), Polled::Idle);
  add("a", "changed");  // another version, while the first one is still under way
  const batch::RawBatch second = batch_of(run);
  EXPECT_EQ(second.records[0].payload, "changed");
  run.commit(first);
  run.commit(second);
  EXPECT_EQ(run.poll(none, limits_of(), milliseconds(300)).value(), Polled::Idle);
}

// proves: nothing-lost | files | each | first-run
TEST_F(FilesSource, AHalfWrittenFileIsReadAgainWhenItIsComplete) {
  folder_.write("in/a", "{\"half");
  Harness run = harness({{"settle", "60s"}});
  run.open_ok(true);
  const batch::RawBatch half = batch_of(run);
  EXPECT_FALSE(half.records[0].settled);
  run.commit(half, {true});
  EXPECT_FALSE(run.source().caught_up());
  EXPECT_TRUE(run.state().marks.empty());
  batch::RawBatch none;
  EXPECT_EQ(run.poll(none, limits_of(), milliseconds(250)).value(), Polled::Idle);
  folder_.append("in/a", "\": 1}");
  const batch::RawBatch whole = batch_of(run);
  EXPECT_EQ(whole.records[0].payload, "{\"half\": 1}");
  run.commit(whole);
  EXPECT_EQ(run.read_all().size(), 0u);
}

TEST_F(FilesSource, AHalfWrittenFileSettles) {
  folder_.write("in/a", "");
  folder_.set_mtime("in/a", 4'000'000'000'000'000'000);  // a clock far ahead
  Harness run = harness();
  run.open_ok(true);
  const batch::RawBatch young = batch_of(run);
  EXPECT_FALSE(young.records[0].settled);
  EXPECT_EQ(young.records[0].payload, "");
  run.commit(young, {true});
  const batch::RawBatch settled = batch_of(run);
  EXPECT_TRUE(settled.records[0].settled);
  EXPECT_EQ(settled.marks, young.marks);
  run.commit(settled);
  EXPECT_EQ(run.read_all().size(), 0u);
}

TEST_F(FilesSource, AFileThatVanishesIsNotWaitedFor) {
  folder_.write("in/a", "{");
  Harness run = harness({{"settle", "60s"}});
  run.open_ok(true);
  run.commit(batch_of(run), {true});
  std::filesystem::remove(folder_ / "in/a");
  EXPECT_EQ(run.read_all().size(), 0u);
}

// /proc/self/mem is a regular file whose first byte cannot be read, even by root.
TEST_F(FilesSource, UnreadableFilesAreToldAfterAllOthersWereRead) {
  add("a", "one");
  std::filesystem::create_symlink("/proc/self/mem", folder_ / "in/bad");
  Harness run = harness();
  run.open_ok(true);
  run.commit(batch_of(run));
  batch::RawBatch none;
  const auto end = run.poll(none, limits_of(), seconds(5));
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ErrorKind::Fatal);
  EXPECT_EQ(end.error().message, "not all files could be dealt with: in/bad: Input/output error");
}

// proves: recovers, no-false-blame | files | each | first-run, resume
TEST_F(FilesSource, UnreadableFilesAreTriedAgainWhenFollowing) {
  std::filesystem::create_directory(folder_ / "in");
  std::filesystem::create_symlink("/proc/self/mem", folder_ / "in/bad");
  Harness run = harness();
  run.open_ok(false);
  batch::RawBatch none;
  EXPECT_EQ(run.poll(none, limits_of(), milliseconds(300)).value(), Polled::Idle);
  EXPECT_EQ(run.source().problems(), Payloads{"in/bad: Input/output error"});
  std::filesystem::remove(folder_ / "in/bad");
  add("bad", "good");
  EXPECT_EQ(batch_of(run).records[0].payload, "good");
  EXPECT_EQ(run.poll(none, limits_of(), milliseconds(300)).value(), Polled::Idle);
  EXPECT_EQ(run.source().problems(), Payloads{});
}

TEST_F(FilesSource, ANameThatIsNoTextIsTold) {
  add("a\xFF.json", "x");
  Harness run = harness();
  run.open_ok(true);
  batch::RawBatch none;
  const auto end = run.poll(none, limits_of(), seconds(5));
  ASSERT_FALSE(end.ok());
  EXPECT_NE(end.error().message.find("is not UTF-8"), std::string::npos) << end.error().message;
}

TEST_F(FilesSource, DoneFilesAreMoved) {
  add("a", "one");
  Harness run = harness({{"after", "move"}, {"move_to", "in/done"}, {"path", "in/**"}});
  EXPECT_EQ(read_once(run), Payloads{"one"});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "in/a"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "in/done/a"));
  add("a", "two");  // the name is taken
  EXPECT_EQ(read_once(run), Payloads{"two"});
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_ / "in/done"), {}), 2);
  EXPECT_EQ(read_once(run), Payloads{});
}

TEST_F(FilesSource, DoneFilesAreDeletedAlsoAfterACrash) {
  add("a", "one");
  add("b", "two");
  Harness before = harness();
  EXPECT_EQ(read_once(before).size(), 2u);
  Harness run = harness({{"after", "delete"}});
  run.state() = before.state();
  add("b", "changed");
  EXPECT_EQ(read_once(run), Payloads{"changed"});
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "in"));
}

TEST_F(FilesSource, AFileThatChangedAfterItsCommitIsNotDeleted) {
  add("a", "one");
  Harness run = harness({{"after", "delete"}});
  run.open_ok(false);
  const batch::RawBatch first = batch_of(run);
  add("a", "two");
  run.commit(first);
  run.commit(batch_of(run));
  batch::RawBatch none;
  EXPECT_EQ(run.poll(none, limits_of(), milliseconds(300)).value(), Polled::Idle);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "in/a"));
}

TEST_F(FilesSource, MoveNeedsAFolder) {
  const auto opened = harness({{"after", "move"}}).open(true);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().message, "source files: `after: move` needs move_to, a folder");
}

TEST_F(FilesSource, NewFilesAreSeenLongBeforeTheNextScan) {
  std::filesystem::create_directory(folder_ / "in");
  Harness run = harness({{"scan_every", "1000s"}, {"path", "in/**/*.json"}});
  run.open_ok(false);
  batch::RawBatch none;
  EXPECT_EQ(run.poll(none, limits_of(), milliseconds(50)).value(), Polled::Idle);
  for (const char* name : {"in/a.json", "in/new/b.json", "in/new/er/c.json", "in/new/d.json"}) {
    folder_.write(name, name);
    const batch::RawBatch batch = batch_of(run);
    EXPECT_EQ(batch.records[0].payload, name);
    run.commit(batch);
  }
  folder_.write("in/.e", "moved");
  std::filesystem::rename(folder_ / "in/.e", folder_ / "in/e.json");
  EXPECT_EQ(batch_of(run).records[0].payload, "moved");
  std::filesystem::create_hard_link(folder_ / "in/e.json", folder_ / "in/f.json");
  EXPECT_EQ(batch_of(run).records[0].partition, "in/f.json");
}

TEST_F(FilesSource, AFolderThatIsReplacedIsFollowed) {
  add("a", "one");
  Harness run = harness({{"scan_every", "1000s"}});
  run.open_ok(false);
  run.commit(batch_of(run));
  std::filesystem::rename(folder_ / "in", folder_ / "old");
  batch::RawBatch none;
  EXPECT_EQ(run.poll(none, limits_of(), milliseconds(300)).value(), Polled::Idle);
  folder_.write("old/b", "not ours");
  folder_.write("in/c", "ours");
  EXPECT_EQ(batch_of(run).records[0].payload, "ours");
}

// More files than are remembered at once would take long; their order over many folders does not.
TEST_F(FilesSource, ManyFoldersKeepTheOrder) {
  Payloads expected;
  for (int i = 0; i < 300; ++i) {
    const std::string name = std::to_string(i % 100) + "/" + std::to_string(i);
    folder_.write("in/" + name, name);
    folder_.set_mtime("in/" + name, 1'000'000'000'000'000'000 + i);
    expected.push_back(name);
  }
  Harness run = harness({{"path", "in/*/*"}});
  EXPECT_EQ(read_once(run), expected);
}

// proves: nothing-lost | files | each | first-run
TEST_F(FilesSource, NothingIsLostWhileFilesComeAllTheTime) {
  std::filesystem::create_directory(folder_ / "in");
  Harness run = harness();
  run.open_ok(false);
  Payloads read;
  for (int i = 0; i < 400; ++i) {
    const std::string name = std::to_string(1000 + i);
    // Half of them are moved here, half are written here and may be seen half-written.
    if (i % 2 == 0) {
      folder_.write("in/" + name, name);
    } else {
      folder_.write("beside", name);
      std::filesystem::rename(folder_ / "beside", folder_ / "in/" + name);
    }
    batch::RawBatch batch;
    if (run.poll(batch, limits_of(), milliseconds(0)).value() != Polled::Ready) continue;
    for (const Seen& seen : Harness::seen(batch)) read.push_back(seen.payload);
    run.commit(batch);
  }
  while (read.size() < 400) {
    for (const Seen& seen : run.read(1)) read.push_back(seen.payload);
    if (HasFailure()) return;
  }
  std::sort(read.begin(), read.end());
  for (int i = 0; i < 400; ++i) EXPECT_EQ(read[i], std::to_string(1000 + i));
}

}  // namespace
}  // namespace clearwell::sources
