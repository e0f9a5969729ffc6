// Wakes a source when something happens in its folders (inotify), and from other threads.
//
// No file is lost between watching and listing if a folder is added first and listed then: what
// comes in between is seen twice, never not at all.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/file.h"
#include "base/time.h"

namespace clearwell::sources {

class FolderWatch {
 public:
  enum class Watched {
    Nothing,   // only wake() ends a wait
    Arrivals,  // files that are complete, and new names
    Changes,   // also every write into a file
  };
  explicit FolderWatch(Watched watched);

  // Watches `folder` (again); `path` is how it is opened. Returns 0 or an errno, e.g. ENOSPC when
  // fs.inotify.max_user_watches is reached: the source must then list more often.
  int add(const std::string& folder, const std::string& path);

  struct Event {
    const std::string& folder;
    const char* name;
    bool is_folder;  // what happened, happened to a folder
    bool complete;   // a file was closed after writing, or moved here
    bool created;    // a name is new: it may be empty yet, or a link
  };
  // Passes on all events at hand, without waiting. False when some were lost, or a folder has gone:
  // the folders are to be listed again.
  bool take(const std::function<void(const Event&)>& visit);

  // Until something happens, wake() is called, or `until`.
  void wait(Steady::time_point until);
  void wake();  // from any thread

 private:
  bool take_one(int watch, uint32_t what, const char* name,
                const std::function<void(const Event&)>& visit);

  uint32_t mask_;
  Fd inotify_;
  Fd wake_;
  std::map<int, std::string> folders_;  // by watch descriptor
};

}  // namespace clearwell::sources
