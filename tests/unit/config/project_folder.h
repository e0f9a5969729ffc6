// A project in a temporary folder, for tests that read real files.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <stdlib.h>

#include "config/project.h"

namespace clearwell::config {

class ProjectFolder {
 public:
  ProjectFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "clearwell-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    write("clearwell.yaml", "project: shop\n");
    options_.sources = {
        {"files",
         "A folder of files.",
         {{.name = "path", .doc = "Which files.", .required = true},
          {.name = "settle", .kind = KeyKind::Duration, .doc = "How long.", .fallback = "2s"}}},
        {"jsonl",
         "Lines of JSON.",
         {{.name = "path", .doc = "Which files.", .required = true},
          {.name = "rows", .kind = KeyKind::Integer, .doc = "How many.", .min = 1, .max = 9}}}};
  }
  ~ProjectFolder() { std::filesystem::remove_all(folder_); }
  ProjectFolder(const ProjectFolder&) = delete;
  ProjectFolder& operator=(const ProjectFolder&) = delete;

  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = std::filesystem::path(folder_) / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  void remove(const std::string& file) const {
    std::filesystem::remove(std::filesystem::path(folder_) / file);
  }

  const std::string& folder() const { return folder_; }
  LoadOptions& options() { return options_; }

  LoadedProject load() {
    options_.folder = folder_;
    return config::load(options_);
  }
  std::string faults() { return load().faults.to_text(); }

  // Of a project whose only pipeline is this file, p.yaml.
  std::string faults_of(const std::string& pipeline) {
    write("pipelines/p.yaml", pipeline);
    return faults();
  }

  // Of a valid pipeline of four lines, with these lines added: the first is line 5.
  std::string faults_of_addition(const std::string& lines) {
    return faults_of(
        "pipeline: p\nfrom: { files: { path: x } }\ncontract: { id: text }\n"
        "load: [{ table: t, sql: SELECT 1 }]\n" +
        lines);
  }
  // Of a pipeline with this contract; its first line is line 3 of p.yaml, in column 3.
  std::string faults_of_contract(const std::string& lines) {
    return faults_of(head() + lines + tail());
  }
  // Of a pipeline with these loads; the first line is line 5, in column 3.
  std::string faults_of_loads(const std::string& lines) {
    return faults_of("pipeline: p\nfrom: { files: { path: x } }\ncontract: { id: text }\nload:\n" +
                     lines);
  }
  Kind kind_of_contract(const std::string& lines) {
    write("pipelines/p.yaml", head() + lines + tail());
    LoadedProject loaded = load();
    if (!loaded.faults.empty()) return {};
    return loaded.project.pipelines.at(0).kinds.at(0);
  }

 private:
  static std::string head() { return "pipeline: p\ncontract:\n"; }
  static std::string tail() {
    return "from: { files: { path: x } }\nload: [{ table: t, sql: SELECT 1 }]\n";
  }

  std::string folder_;
  LoadOptions options_;
};

}  // namespace clearwell::config
