// Files that cannot be read as project files, and folders of them.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "config/text_file.h"
#include "tests/unit/config/project_folder.h"

namespace clearwell::config {

TEST(Files, NotUtf8) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of("pipeline: p\n# caf\xE9\n"),
            "pipelines/p.yaml:2:6: error[not_utf8]: a byte here is not UTF-8; save the file as "
            "UTF-8\n");
}

TEST(Files, EveryWrongFormOfUtf8IsFound) {
  ProjectFolder project;
  for (const char* bytes :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xED\xA0\x80", "\xE2\x82",
        "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF0\x9F\x98"}) {
    project.write("x.txt", bytes);
    Faults faults;
    EXPECT_EQ(read_text_file(project.folder(), "x.txt", faults), std::nullopt) << bytes;
    EXPECT_EQ(faults.list().at(0).code, "not_utf8") << bytes;
  }
  const std::string good = "aé€😀\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF";
  project.write("x.txt", good);
  Faults faults;
  EXPECT_EQ(read_text_file(project.folder(), "x.txt", faults), good);
}

TEST(Files, ControlCharacter) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of("pipeline: p\x04\n"),
            "pipelines/p.yaml:1:12: error[bad_character]: a control character (code 4); remove "
            "it\n");
  EXPECT_EQ(project.faults_of(std::string("a: b\0", 5)),
            "pipelines/p.yaml:1:5: error[bad_character]: a control character (code 0); remove "
            "it\n");
}

TEST(Files, ByteOrderMarkAndCarriageReturnsAreFine) {
  ProjectFolder project;
  EXPECT_EQ(project.faults_of("\xEF\xBB\xBFpipeline: p\r\nfrom: { files: { path: x } }\r\n"
                              "contract: { id: text }\r\nload: [{ table: t, sql: SELECT 1 }]\r\n"),
            "");
}

TEST(Files, CannotBeRead) {
  ProjectFolder project;
  project.write("pipelines/folder.yaml/x", "");
  std::filesystem::create_symlink("gone", project.folder() + "/pipelines/link.yml");
  EXPECT_EQ(project.faults(),
            "pipelines/folder.yaml: error[file_unreadable]: cannot be read: it is not a regular "
            "file\n"
            "pipelines/link.yml: error[file_unreadable]: cannot be read: No such file or "
            "directory\n");
}

TEST(Files, FolderCannotBeListed) {
  ProjectFolder project;
  project.write("models", "no folder");
  EXPECT_EQ(project.faults(),
            "models: error[file_unreadable]: cannot be listed: Not a directory\n");
}

TEST(Files, TooLarge) {
  ProjectFolder project;
  project.write("pipelines/big.yaml", std::string((4 << 20) + 1, '#'));
  EXPECT_EQ(project.faults(),
            "pipelines/big.yaml: error[file_too_large]: larger than 4 MB; is it a project file at "
            "all?\n");
}

TEST(Files, AliasesCannotGrowWithoutBound) {
  ProjectFolder project;
  std::string text = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; i++) {
    const std::string alias = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; k++) text += (k > 0 ? ", " : "") + alias;
    text += "]\n";
  }
  EXPECT_EQ(project.faults_of(text),
            "pipelines/p.yaml: error[file_too_large]: more than 100000 keys and values, anchors "
            "and aliases written out; split it\n");
}

TEST(Files, DeepNestingIsRefusedByTheParser) {
  ProjectFolder project;
  const std::string faults = project.faults_of("a: " + std::string(10'000, '['));
  EXPECT_NE(faults.find("error[yaml_syntax]"), std::string::npos) << faults;
}

TEST(Files, ListedInOrderWithoutHiddenAndOtherFiles) {
  ProjectFolder project;
  for (const char* name : {"b.yaml", "a.yml", ".c.yaml", "d.yaml~", "e.txt"}) {
    project.write(std::string("some/") + name, "");
  }
  Faults faults;
  EXPECT_EQ(list_files(project.folder(), "some", {".yaml", ".yml"}, faults),
            (std::vector<std::string>{"some/a.yml", "some/b.yaml"}));
  EXPECT_EQ(list_files(project.folder(), "none", {".yaml"}, faults), std::vector<std::string>());
  EXPECT_TRUE(faults.empty());
}

TEST(Files, OneBadFileDoesNotHideTheOthers) {
  ProjectFolder project;
  project.write("clearwell.yaml", "projekt: x\n");
  project.write("pipelines/a.yaml", "a: [\n");
  project.write("pipelines/b.yaml", "pipeline: b\nretries: 1\n");
  project.write("models/m.sql", "-- evrey: 1s\nSELECT 1\n");
  std::vector<std::string> codes;
  const LoadedProject loaded = project.load();
  for (const Fault& fault : loaded.faults.list()) {
    codes.push_back(fault.mark.file + " " + fault.code);
  }
  EXPECT_EQ(codes, (std::vector<std::string>{
                       "clearwell.yaml unknown_key", "clearwell.yaml missing_key",
                       "pipelines/a.yaml yaml_syntax", "pipelines/b.yaml unknown_key",
                       "pipelines/b.yaml missing_key", "pipelines/b.yaml empty_contract",
                       "pipelines/b.yaml no_load", "models/m.sql unknown_key"}));
}

}  // namespace clearwell::config
