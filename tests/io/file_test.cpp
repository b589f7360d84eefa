// Files as inputs and outputs: what is no regular file, what changes while it is read, links that lead out of a folder, and files
// that are written whole or not at all.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "core/io/npy.h"
#include "core/io/output.h"
#include "tests/io/damage.h"

using namespace tl;
using namespace tl::io;

namespace {

template <class F>
Outcome error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return {error.code(), error.message()};
  }
  return {};
}

}  // namespace

TEST_CASE("inputs are regular files", "[io]") {
  Context context(small_context());
  Folder folder;
  auto open = [&](const std::string& path) { return error_of([&] { FileInput(context, "read_it", path); }); };
  CHECK(open(folder / "nowhere").code == Code::kNotFound);
  CHECK(open(folder.file("file", "x") + "/below").code == Code::kNotFound);
  CHECK(open("").code == Code::kInvalidArgument);
  CHECK(open(folder.path()).code == Code::kIo);
  CHECK(open("/dev/zero").code == Code::kIo);
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(open(folder / "pipe").code == Code::kIo);
  CHECK(open(folder / "nowhere").message.find("[read_it]") == 0);
  FileInput whole(context, "read_it", folder.file("bytes", "0123456789"));
  char four[5] = {};
  whole.read(3, four, 4);
  CHECK(std::string(four) == "3456");
  const Outcome beyond = error_of([&] { whole.read(8, four, 4); });
  CHECK(beyond.code == Code::kCorruptData);
  CHECK(beyond.message.find("at byte 10: the file ends too early: 4 bytes wanted at byte 8, 2 got") !=
        std::string::npos);
  CHECK(error_of([&] { whole.read(UINT64_MAX, four, 4); }).code == Code::kCorruptData);
}

TEST_CASE("a file that changes while it is read is an error", "[io]") {
  Context context(small_context());
  Folder folder;
  const std::string path = folder.file("growing", "0123456789");
  char byte;
  FileInput shrunk(context, "read_it", path);
  REQUIRE(truncate(path.c_str(), 5) == 0);
  Outcome out = error_of([&] { shrunk.read(9, &byte, 1); });
  CHECK(out.code == Code::kIo);
  CHECK(out.message.find("shorter while it was read") != std::string::npos);
  out = error_of([&] { shrunk.check_unchanged(); });
  CHECK(out.code == Code::kIo);
  CHECK(out.message.find(path) != std::string::npos);
  FileInput touched(context, "read_it", path);
  const timespec past[2] = {{1, 0}, {1, 0}};
  REQUIRE(utimensat(AT_FDCWD, path.c_str(), past, 0) == 0);
  CHECK(error_of([&] { touched.check_unchanged(); }).code == Code::kIo);
  // What it seems to be says nothing.
  for (const Code code : {Code::kCorruptData, Code::kUnsupported, Code::kOutOfMemory}) {
    out = error_of([&] { touched.fail_at(code, 3, "it is damaged"); });
    CHECK(out.code == Code::kIo);
    CHECK(out.message.find("has changed while it was read") != std::string::npos);
  }
  CHECK(error_of([&] { InputReader(touched).corrupt("it is damaged"); }).code == Code::kIo);
  CHECK(error_of([&] { FileInput(context, "read_it", path).corrupt(3, "it is damaged"); }).code ==
        Code::kCorruptData);
  // Another file of the same name is none of its business.
  FileInput replaced(context, "read_it", path);
  folder.file("new", "other content");
  REQUIRE(rename((folder / "new").c_str(), path.c_str()) == 0);
  CHECK(error_of([&] { replaced.check_unchanged(); }).code == Code::kOk);
}

TEST_CASE("a link inside a folder leads nowhere", "[io]") {
  Context context(small_context());
  Folder folder;
  folder.file("secret", "x");
  folder.file("data/real", "x");
  REQUIRE(symlink("../secret", (folder / "data/link").c_str()) == 0);
  const int dir = open((folder / "data").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CHECK(FileInput(context, "read_it", dir, "real", "data/real").size() == 1);
  const Outcome out = error_of([&] { FileInput(context, "read_it", dir, "link", "data/link"); });
  CHECK(out.code == Code::kIo);
  CHECK(out.message.find("no symbolic link") != std::string::npos);
  close(dir);
}

TEST_CASE("a file is written whole or not at all", "[io]") {
  Context context(small_context());
  Folder folder;
  const std::string path = folder.file("old", "old content");
  REQUIRE(chmod(path.c_str(), 0640) == 0);
  {
    OutputFile file(context, "write_it", path);
    file.write("new", 3);
  }
  CHECK(bytes_of(path) == "old content");
  {
    OutputFile file(context, "write_it", path);
    file.write("new ", 4);
    file.write("content", 7);
    file.write_at(0, "N", 1);
    CHECK(bytes_of(path) == "old content");
    file.commit();
  }
  CHECK(bytes_of(path) == "New content");
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  auto write = [&](const std::string& to) {
    return error_of([&] {
      OutputFile file(context, "write_it", to);
      file.write("x", 1);
      file.commit();
    });
  };
  CHECK(write(folder.path()).code == Code::kIo);
  CHECK(write("/dev/null").code == Code::kIo);
  CHECK(write(folder / "no/such/folder").code == Code::kNotFound);
  CHECK(write("").code == Code::kInvalidArgument);
  // A limit of the size of files stands for a full disk.
  struct rlimit before {};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  struct sigaction ignore {
  }, old_action{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGXFSZ, &ignore, &old_action);
  struct rlimit small = before;
  small.rlim_cur = 1000;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  Tensor large = context.allocate(DType::kU8, {100000});
  std::memset(large.mutable_raw(), 0, large.bytes());
  const Outcome full = error_of([&] {
    OutputFile file(context, "write_it", path);
    write_npy(file, large);
    file.commit();
  });
  setrlimit(RLIMIT_FSIZE, &before);
  sigaction(SIGXFSZ, &old_action, nullptr);
  CHECK(full.code == Code::kIo);
  CHECK(bytes_of(path) == "New content");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}
