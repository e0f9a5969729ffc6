// read_files DIR: the least that any program does with a folder of files: lists it, then opens,
// reads and closes each file with plain system calls, in a loop of C. Prints files, bytes, seconds.
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: read_files DIR\n", stderr);
    return 2;
  }
  const auto started = std::chrono::steady_clock::now();
  DIR* listing = opendir(argv[1]);
  if (listing == nullptr) {
    std::perror(argv[1]);
    return 1;
  }
  std::vector<std::string> names;
  while (const dirent* entry = readdir(listing)) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  const int folder = dirfd(listing);
  std::vector<char> block(1 << 20);
  long long bytes = 0;
  for (const std::string& name : names) {
    const int file = openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : 1;
    while (got > 0) {
      got = read(file, block.data(), block.size());
      if (got > 0) bytes += got;
    }
    if (got < 0) {
      std::perror(name.c_str());
      return 1;
    }
    close(file);
  }
  closedir(listing);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  std::printf("{\"files\": %zu, \"bytes\": %lld, \"seconds\": %.4f}\n", names.size(), bytes,
              seconds.count());
  return 0;
}
