// What happens to a file after the transaction that took it has committed: it is kept, moved or
// deleted. Done again after a crash: a file that the ledger knows is treated the same way.
#pragma once

#include <string>

#include "base/result.h"
#include "sources/files/file_book.h"
#include "sources/files/input_folders.h"

namespace clearwell::sources::files {

class AfterCommit {
 public:
  enum class Action { Keep, Move, Delete };

  // move_to: an absolute path, for Move.
  AfterCommit(Action action, std::string move_to) : action_(action), move_to_(std::move(move_to)) {}

  bool keeps() const { return action_ == Action::Keep; }
  // Creates the folder to move to. A Config error when that is not possible.
  Result<void> prepare() const;
  // A file that has changed since, or has gone, is left alone: its new version is still to be read.
  // Returns 0 or an errno. A name that is taken in move_to gets the file's mark appended.
  int act(InputFolders& folders, const FileBook::Done& done) const;

 private:
  int move(const std::string& from, const std::string& name, const batch::FileMark& mark) const;

  Action action_;
  std::string move_to_;
};

}  // namespace clearwell::sources::files
