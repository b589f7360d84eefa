#include "tests/resume/recorded_calls.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <mutex>

namespace calls {
namespace {

std::mutex mutex;
std::string watched;  // empty: nothing
std::vector<Call> list;
long number = 0, fault_at = -1;
Fault fault = Fault::kNone;
bool fault_stays = false;

template <class F>
F real(const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

// The path of a descriptor; of a name in a folder.
std::string path_of(int fd) {
  char link[32], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = readlink(link, path, sizeof path);
  return n > 0 ? std::string(path, static_cast<size_t>(n)) : std::string();
}
std::string path_at(int folder, const char* name) {
  return folder == AT_FDCWD || name[0] == '/' ? name : path_of(folder) + "/" + name;
}

bool is_inside(const std::string& path) {
  return !watched.empty() && path.compare(0, watched.size(), watched) == 0 &&
         (path.size() == watched.size() || path[watched.size()] == '/');
}

std::string below(const std::string& path) {
  return path.size() > watched.size() ? path.substr(watched.size() + 1) : "";
}

// 0, or what the call is to fail with.
int error_of_next(Kind kind) {
  const long now = number++;
  if (fault == Fault::kNone || (fault_stays ? now < fault_at : now != fault_at)) return 0;
  const bool can_be_interrupted = kind == Kind::kWrite || kind == Kind::kSyncFile;
  if (fault == Fault::kShortWrite || (fault == Fault::kInterrupted && (!can_be_interrupted || fault_stays)))
    return 0;
  return fault == Fault::kNoSpace ? ENOSPC : fault == Fault::kIo ? EIO : EINTR;
}

bool is_short(long now) {
  return fault == Fault::kShortWrite && (now == fault_at || (fault_stays && now > fault_at));
}

// Runs a call, where it is not to fail, and writes it down, where it did not. `call` has no bytes yet.
template <class F>
auto run(Call call, const std::string& path, bool changes, F&& f) -> decltype(f()) {
  std::unique_lock<std::mutex> lock(mutex);
  if (!is_inside(path)) {
    lock.unlock();
    return f();
  }
  if (const int error = error_of_next(call.kind)) {
    errno = error;
    return -1;
  }
  const auto result = f();
  if (result < 0 || !changes) return result;
  call.path = below(path);
  if (!call.to.empty()) call.to = below(call.to);
  list.push_back(std::move(call));
  return result;
}

int open_it(const char* name, int folder, const char* path, int flags, mode_t mode) {
  using Open = int (*)(int, const char*, int, mode_t);
  static const Open next = real<Open>(name);
  const std::string full = path_at(folder, path);
  struct stat status;
  const bool makes = (flags & O_CREAT) != 0 && lstat(full.c_str(), &status) != 0;
  return run({Kind::kMakeFile, {}, {}, 0, {}}, full, makes, [&] { return next(folder, path, flags, mode); });
}

mode_t mode_of(int flags, va_list arguments) {
  return flags & O_CREAT ? static_cast<mode_t>(va_arg(arguments, int)) : 0;
}

}  // namespace

void watch(const std::string& folder) {
  const std::lock_guard<std::mutex> lock(mutex);
  watched = folder;
  list.clear();
  number = 0;
}

std::vector<Call> stop() {
  const std::lock_guard<std::mutex> lock(mutex);
  watched.clear();
  fault = Fault::kNone;
  return std::move(list);
}

void fail(long at, Fault what, bool for_good) {
  const std::lock_guard<std::mutex> lock(mutex);
  fault_at = at, fault = what, fault_stays = for_good;
}

long count() { return number; }

}  // namespace calls

using namespace calls;

#pragma GCC visibility push(default)  // or the shared library calls those of libc
extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_it("openat", AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_it("openat64", AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_it("openat", folder, path, flags, mode);
}

ssize_t write(int fd, const void* bytes, size_t count) {
  using Write = ssize_t (*)(int, const void*, size_t);
  static const Write next = real<Write>("write");
  if (watched.empty()) return next(fd, bytes, count);
  const off_t offset = lseek(fd, 0, SEEK_CUR);
  if (is_short(number) && count > 1 && is_inside(path_of(fd))) {
    count = (count + 1) / 2;
  }
  return run({Kind::kWrite,
              {},
              {},
              offset < 0 ? 0 : static_cast<size_t>(offset),
              std::string(static_cast<const char*>(bytes), count)},
             path_of(fd), true, [&] { return next(fd, bytes, count); });
}

int fsync(int fd) {
  using Sync = int (*)(int);
  static const Sync next = real<Sync>("fsync");
  struct stat status;
  const bool folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  return run({folder ? Kind::kSyncFolder : Kind::kSyncFile, {}, {}, 0, {}}, path_of(fd), true,
             [&] { return next(fd); });
}

int mkdir(const char* path, mode_t mode) {
  using Make = int (*)(const char*, mode_t);
  static const Make next = real<Make>("mkdir");
  return run({Kind::kMakeFolder, {}, {}, 0, {}}, path, true, [&] { return next(path, mode); });
}

int rename(const char* from, const char* to) {
  using Rename = int (*)(const char*, const char*);
  static const Rename next = real<Rename>("rename");
  return run({Kind::kRename, {}, to, 0, {}}, from, true, [&] { return next(from, to); });
}

int unlink(const char* path) {
  using Remove = int (*)(const char*);
  static const Remove next = real<Remove>("unlink");
  return run({Kind::kRemove, {}, {}, 0, {}}, path, true, [&] { return next(path); });
}

int rmdir(const char* path) {
  using Remove = int (*)(const char*);
  static const Remove next = real<Remove>("rmdir");
  return run({Kind::kRemove, {}, {}, 0, {}}, path, true, [&] { return next(path); });
}

int unlinkat(int folder, const char* path, int flags) {
  using Remove = int (*)(int, const char*, int);
  static const Remove next = real<Remove>("unlinkat");
  return run({Kind::kRemove, {}, {}, 0, {}}, path_at(folder, path), true,
             [&] { return next(folder, path, flags); });
}

// renameat2(2), which the library calls by number.
long syscall(long what, ...) {
  using Syscall = long (*)(long, ...);
  static const Syscall next = real<Syscall>("syscall");
  va_list arguments;
  va_start(arguments, what);
  long a[6];
  for (long& value : a) value = va_arg(arguments, long);
  va_end(arguments);
  if (what != SYS_renameat2) return next(what, a[0], a[1], a[2], a[3], a[4], a[5]);
  const std::string from = path_at(static_cast<int>(a[0]), reinterpret_cast<const char*>(a[1]));
  const std::string to = path_at(static_cast<int>(a[2]), reinterpret_cast<const char*>(a[3]));
  return run({Kind::kRename, {}, to, 0, {}}, from, true,
             [&] { return next(what, a[0], a[1], a[2], a[3], a[4]); });
}

}  // extern "C"
#pragma GCC visibility pop
