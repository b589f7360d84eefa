// IDX files: every type, every truncation, flipped bits, headers that lie, compressed bombs, real MNIST.
#include "core/data/idx.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "core/data/idx_folder.h"
#include "core/data/iterator.h"
#include "tests/data/values.h"
#include "tests/io/folder.h"

using tl::Code;
using tl::Context;
using tl::DType;
using tl::Folder;
using tl::Shape;
using tl::Tensor;
using tl::data::read_idx;
using tl::data::values;
namespace fs = std::filesystem;

namespace {

using Bytes = std::string;

Bytes big_endian(uint64_t value, int bytes) {
  Bytes out;
  for (int i = bytes - 1; i >= 0; i--) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

Bytes header(int code, const std::vector<uint32_t>& sizes) {
  Bytes out = big_endian(0, 2) + static_cast<char>(code) + static_cast<char>(sizes.size());
  for (uint32_t s : sizes) out += big_endian(s, 4);
  return out;
}

Bytes gzip(const Bytes& plain, int level = 9) {
  z_stream z{};
  REQUIRE(deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  Bytes out(deflateBound(&z, plain.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  z.avail_in = static_cast<uInt>(plain.size());
  z.next_out = reinterpret_cast<Bytef*>(&out[0]);
  z.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

tl::ContextOptions one_thread(size_t memory_limit = 0) {
  tl::ContextOptions options;
  options.threads = 1;
  options.memory_limit = memory_limit;
  return options;
}

// The code and the text of the error that reading gives, which must leave nothing behind in the context.
Code failure(Context& context, const std::string& path, std::string* text = nullptr) {
  try {
    read_idx(context, path);
  } catch (const tl::Error& error) {
    if (text) *text = error.message();
    CHECK(error.message().find(path) != std::string::npos);
    CHECK(context.live_tensors() == 0);
    CHECK(context.allocator().stats().live_bytes == 0);
    return error.code();
  }
  return Code::kOk;
}

Bytes small_file() {
  Bytes content = header(0x08, {3, 2, 4});
  for (int i = 0; i < 24; i++) content += static_cast<char>(i * 11);
  return content;
}

size_t open_files() {
  size_t n = 0;
  for (auto& entry : fs::directory_iterator("/proc/self/fd")) n += !entry.path().empty();
  return n;
}

}  // namespace

TEST_CASE("every element type of the format is read, big-endian", "[idx]") {
  Folder folder;
  Context context(one_thread());
  auto read = [&](const Bytes& content, bool compress) {
    return read_idx(context, folder.file("t", compress ? gzip(content) : content));
  };
  for (bool compress : {false, true}) {
    INFO("compressed " << compress);
    Tensor u8 = read(header(0x08, {2, 2}) + Bytes("\x00\x01\x7f\xff", 4), compress);
    CHECK(u8.dtype() == DType::kU8);
    CHECK(u8.shape() == Shape{2, 2});
    CHECK(values<uint8_t>(u8) == std::vector<uint8_t>{0, 1, 127, 255});

    Tensor i8 = read(header(0x09, {4}) + Bytes("\x00\x01\x80\xff", 4), compress);
    CHECK(i8.dtype() == DType::kI32);
    CHECK(values<int32_t>(i8) == std::vector<int32_t>{0, 1, -128, -1});

    Tensor i16 = read(header(0x0B, {3}) + Bytes("\x01\x02\x80\x00\xff\xfe", 6), compress);
    CHECK(i16.dtype() == DType::kI32);
    CHECK(values<int32_t>(i16) == std::vector<int32_t>{258, -32768, -2});

    Tensor i32 = read(header(0x0C, {2}) + Bytes("\x01\x02\x03\x04\xff\xff\xff\xfe", 8), compress);
    CHECK(i32.dtype() == DType::kI32);
    CHECK(values<int32_t>(i32) == std::vector<int32_t>{0x01020304, -2});

    // 1.5 and -2 in IEEE 754.
    Tensor f32 = read(header(0x0D, {2}) + big_endian(0x3fc00000, 4) + big_endian(0xc0000000, 4), compress);
    CHECK(f32.dtype() == DType::kF32);
    CHECK(values<float>(f32) == std::vector<float>{1.5f, -2.0f});

    Tensor f64 =
        read(header(0x0E, {1, 2}) + big_endian(0x3ff8000000000000, 8) + big_endian(0xc000000000000000, 8),
             compress);
    CHECK(f64.dtype() == DType::kF64);
    CHECK(f64.shape() == Shape{1, 2});
    CHECK(values<double>(f64) == std::vector<double>{1.5, -2.0});
  }
}

TEST_CASE("chunked reading of widened elements keeps their order", "[idx]") {
  Folder folder;
  Context context(one_thread());
  constexpr int n = 100001;  // more than three chunks of 16-bit elements
  Bytes content = header(0x0B, {n});
  for (int i = 0; i < n; i++) content += big_endian(static_cast<uint16_t>(i * 7 - 30000), 2);
  Tensor t = read_idx(context, folder.file("t", content));
  int wrong = 0;
  for (int i = 0; i < n; i++) wrong += t.data<int32_t>()[i] != static_cast<int16_t>(i * 7 - 30000);
  CHECK(wrong == 0);
}

TEST_CASE("rank 0, rank 8 and zero sizes", "[idx]") {
  Folder folder;
  Context context(one_thread());
  Tensor scalar = read_idx(context, folder.file("scalar", header(0x08, {}) + "\x07"));
  CHECK(scalar.rank() == 0);
  CHECK(scalar.data<uint8_t>()[0] == 7);
  Tensor deep = read_idx(context, folder.file("deep", header(0x08, {1, 1, 1, 1, 1, 1, 1, 2}) + "ab"));
  CHECK(deep.shape() == Shape{1, 1, 1, 1, 1, 1, 1, 2});
  for (bool compress : {false, true}) {
    Bytes empty = header(0x0D, {0, 28, 28});
    Tensor none = read_idx(context, folder.file("none", compress ? gzip(empty) : empty));
    CHECK(none.shape() == Shape{0, 28, 28});
    CHECK(none.elements() == 0);
  }
}

TEST_CASE("compression is told by the content, not by the name", "[idx]") {
  Folder folder;
  Context context(one_thread());
  CHECK(read_idx(context, folder.file("plain.gz", small_file())).elements() == 24);
  CHECK(read_idx(context, folder.file("compressed", gzip(small_file()))).elements() == 24);
  // A gzip file may consist of several members; the trailer then speaks of the last one only.
  Bytes a = small_file().substr(0, 17), b = small_file().substr(17);
  Tensor t = read_idx(context, folder.file("members.gz", gzip(a) + gzip(b)));
  CHECK(values<uint8_t>(t)[23] == static_cast<uint8_t>(23 * 11));
}

TEST_CASE("nothing but gzip members may follow compressed data", "[idx]") {
  Folder folder;
  Context context(one_thread());
  Bytes whole = gzip(small_file()), a = small_file().substr(0, 17), b = small_file().substr(17);
  std::string text;
  const Bytes junk[] = {"x",
                        Bytes(1, '\0'),
                        "\x1f",
                        "\x1f\x8b",
                        whole.substr(whole.size() - 8),  // the size at the end confirms the header again
                        small_file(),
                        Bytes(400000, 'j')};
  for (const Bytes& j : junk) {
    INFO(j.size() << " bytes of junk");
    CHECK(failure(context, folder.file("t", whole + j)) == Code::kCorruptData);
    CHECK(failure(context, folder.file("t", gzip(a) + gzip(b) + j)) == Code::kCorruptData);
    CHECK(failure(context, folder.file("t", gzip(a) + j + gzip(b))) == Code::kCorruptData);
  }
  CHECK(failure(context, folder.file("t", whole + "junk"), &text) == Code::kCorruptData);
  CHECK(text.find("not gzip") != std::string::npos);
  CHECK(failure(context, folder.file("t", whole + whole)) == Code::kCorruptData);  // gzip, but too long
  CHECK(failure(context, folder.file("t", whole + gzip(""))) == Code::kOk);
}

TEST_CASE("members of any size are read as one file", "[idx]") {
  Folder folder;
  Context context(one_thread());
  Bytes content = header(0x08, {300000}), members;
  for (int i = 0; i < 300000; i++)
    content += static_cast<char>(i * 2654435761u >> 24);  // hardly compressible
  for (size_t first = 0, size = 1; first < content.size(); first += size, size = size * 3 + 1)
    members += gzip(content.substr(first, size));
  Tensor t = read_idx(context, folder.file("t", members));
  CHECK(std::memcmp(t.raw(), content.data() + 8, 300000) == 0);
}

TEST_CASE("every truncation is a clean error", "[idx]") {
  Folder folder(tl::InMemory{});
  Context context(one_thread());
  size_t files = open_files();
  const Bytes numbers = header(0x0D, {3}) + Bytes(12, '\x3f'), none = header(0x0C, {2, 0});
  for (const Bytes& whole :
       {small_file(), gzip(small_file()), gzip(small_file(), 0), numbers, gzip(numbers), none})
    for (size_t length = 0; length < whole.size(); length++) {
      INFO("first " << length << " of " << whole.size() << " bytes");
      CHECK(failure(context, folder.file("t", whole.substr(0, length))) == Code::kCorruptData);
    }
  CHECK(open_files() == files);
}

TEST_CASE("a flipped bit is an error or does no harm", "[idx]") {
  Folder folder(tl::InMemory{});
  Context context(one_thread());
  Bytes plain = small_file(), compressed = gzip(plain);
  std::vector<uint8_t> right(plain.begin() + 16, plain.end());

  // Plain: any flip in the sizes contradicts the file's length. In the type code one flip gives another type
  // of the same width (8 to 9), which the format cannot tell; flips of elements neither.
  for (size_t bit = 0; bit < 16 * 8; bit++) {
    Bytes flipped = plain;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    INFO("bit " << bit % 8 << " of byte " << bit / 8);
    Code code = failure(context, folder.file("t", flipped));
    CHECK(code == (flipped[2] == 0x09 ? Code::kOk : Code::kCorruptData));
  }
  // Compressed: the checksum finds every harmful flip; those in the file's time or system, or in the padding after the
  // last deflate code, do none.
  int harmless = 0;
  for (size_t bit = 0; bit < compressed.size() * 8; bit++) {
    Bytes flipped = compressed;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    INFO("bit " << bit % 8 << " of byte " << bit / 8);
    std::string path = folder.file("t.gz", flipped);
    Code code = failure(context, path);
    if (code == Code::kOk) {
      harmless++;
      bool in_header = bit / 8 < 10, in_padding = bit / 8 == compressed.size() - 9;
      CHECK((in_header || in_padding));
      Tensor t = read_idx(context, path);
      CHECK(t.shape() == Shape{3, 2, 4});
      CHECK(values<uint8_t>(t) == right);
    } else {
      CHECK(code == Code::kCorruptData);
    }
  }
  CHECK(harmless >= 6 * 8);
  CHECK(harmless < 11 * 8);
}

TEST_CASE("headers that lie cost no memory", "[idx]") {
  Folder folder;
  Context context(one_thread());
  std::string text;
  std::vector<Bytes> headers = {
      header(0x08, {0xffffffff, 0xffffffff, 0xffffffff}),     // overflows
      header(0x08, {0x80000000, 0x80000000, 4}),              // 2^64
      header(0x0E, {0x40000000, 0x40000000}),                 // 2^63 bytes
      header(0x08, {0xffffffff, 0xffffffff, 0xffffffff, 0}),  // nothing, but views would overflow
      header(0x09, {0x80000000, 0x40000000}),                 // widening overflows
      header(0x08, {0x7fffffff}),                             // 2 GiB
      header(0x0E, {100000, 100000}),                         // 80 GB
      header(0x08, {1, 1, 1, 1, 1, 1, 1, 1, 1}),
      header(0x08, std::vector<uint32_t>(255, 1)),  // rank
  };
  for (const Bytes& h : headers) {
    for (const Bytes& content : {h + "abc", gzip(h + "abc"), gzip(h + Bytes(200000, '\0'))}) {
      INFO("rank " << int(static_cast<unsigned char>(h[3])) << ", file of " << content.size());
      CHECK(failure(context, folder.file("t", content), &text) == Code::kCorruptData);
      CHECK(context.allocator().stats().peak_live_bytes == 0);
    }
  }
  // With a trailer that was forged to confirm the header, deflate's own limit still refuses.
  Bytes forged = gzip(header(0x08, {0x7fffffff}) + "abc");
  uint32_t size = 8 + 0x7fffffffu;
  for (int i = 0; i < 4; i++) forged[forged.size() - 4 + i] = static_cast<char>(size >> (8 * i) & 0xff);
  CHECK(failure(context, folder.file("t", forged)) == Code::kCorruptData);
  CHECK(context.allocator().stats().peak_live_bytes == 0);

  CHECK(failure(context, folder.file("t", header(0x08, {5, 5}) + "abc"), &text) == Code::kCorruptData);
  CHECK(text.find("25 bytes") != std::string::npos);
  CHECK(text.find("at byte 12") != std::string::npos);
}

TEST_CASE("more data than the header promises is an error, also as a bomb", "[idx]") {
  Folder folder;
  Context context(one_thread());
  CHECK(failure(context, folder.file("t", small_file() + "x")) == Code::kCorruptData);
  CHECK(failure(context, folder.file("t", gzip(small_file() + "x"))) == Code::kCorruptData);
  Bytes bomb = gzip(header(0x08, {4}) + Bytes(size_t{64} << 20, '\0'));
  CHECK(failure(context, folder.file("bomb", bomb)) == Code::kCorruptData);
  CHECK(context.allocator().stats().peak_live_bytes == 0);
  // 2^32 more bytes than promised would be invisible in the trailer, so a promise it confirms is checked at
  // the end.
  Bytes longer = gzip(header(0x08, {4}) + "abcdefgh");
  longer[longer.size() - 4] = 12;
  CHECK(failure(context, folder.file("t", longer)) == Code::kCorruptData);
}

TEST_CASE("a small compressed file takes 64 MiB at most, unless more is allowed", "[idx]") {
  Folder folder;
  Context context(one_thread());
  std::string text;
  constexpr uint32_t kSize = 65u << 20;
  const std::string path = folder.file("t", gzip(header(0x08, {kSize}) + Bytes(kSize, '\0')));
  CHECK(failure(context, path, &text) == Code::kOutOfMemory);
  CHECK(text.find("allow more with 'max_bytes'") != std::string::npos);
  CHECK(context.allocator().stats().peak_live_bytes == 0);
  CHECK(read_idx(context, path, kSize).elements() == kSize);
  CHECK_THROWS_AS(read_idx(context, path, kSize - 1), tl::Error);
  // Widened elements take four times the file, which is no small one then.
  const std::string wide = folder.file("w", header(0x09, {3}) + "abc");
  CHECK(read_idx(context, wide).bytes() == 12);
  CHECK_THROWS_AS(read_idx(context, wide, 11), tl::Error);
}

TEST_CASE("an unknown type code and other files are refused", "[idx]") {
  Folder folder;
  Context context(one_thread());
  std::string text;
  for (int code = 0; code < 256; code++) {
    bool known = code == 8 || code == 9 || (code >= 11 && code <= 14);
    INFO("code " << code);
    CHECK((failure(context, folder.file("t", header(code, {0}))) == Code::kOk) == known);
  }
  CHECK(failure(context, folder.file("t.png", "\x89PNG\r\n\x1a\n and more"), &text) == Code::kCorruptData);
  CHECK(text.find("137, 80, 78, 71") != std::string::npos);
}

TEST_CASE("missing files, directories, pipes, forbidden files", "[idx]") {
  Folder folder;
  Context context(one_thread());
  std::string text;
  CHECK(failure(context, folder / "missing", &text) == Code::kNotFound);
  CHECK(failure(context, (folder.file("f", "x") + "/below")) == Code::kNotFound);
  CHECK(failure(context, folder.path()) == Code::kIo);
  std::string pipe = folder / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(failure(context, pipe) == Code::kIo);  // and does not wait for a writer
  CHECK(failure(context, "/dev/zero") == Code::kIo);
  std::string forbidden = folder.file("forbidden", small_file());
  fs::permissions(forbidden, fs::perms::none);
  if (::access(forbidden.c_str(), R_OK) == 0)
    std::cout << "skipped: unreadable files, because this user may read everything\n";
  else
    CHECK(failure(context, forbidden) == Code::kIo);
}

TEST_CASE("an IDX file that changes while it is read is an error", "[idx]") {
  Folder folder;
  Context context(one_thread());
  const std::string path = folder.file("t", header(0x08, {4 << 20}) + Bytes(4 << 20, 'x'));
  std::atomic<bool> over{false};
  std::thread writer([&] {
    for (long n = 0; !over; n++) {
      const timespec times[] = {{0, UTIME_OMIT}, {1, n % 1000000000}};
      (void)!utimensat(AT_FDCWD, path.c_str(), times, 0);
    }
  });
  std::string text;
  Code code = Code::kOk;
  for (int tries = 0; tries < 10000 && code == Code::kOk; tries++) code = failure(context, path, &text);
  over = true;
  writer.join();
  CHECK(code == Code::kIo);
  CHECK(text.find("has changed while it was read") != std::string::npos);
  CHECK(context.live_tensors() == 0);
  CHECK(failure(context, path) == Code::kOk);
}

TEST_CASE("a memory limit gives an error and leaves nothing", "[idx]") {
  Folder folder;
  Context context(one_thread(1 << 20));
  Bytes content = header(0x08, {4 << 20}) + Bytes(4 << 20, 'x');
  CHECK_THROWS_AS(read_idx(context, folder.file("t", content)), tl::Error);
  CHECK(context.live_tensors() == 0);
  CHECK(read_idx(context, folder.file("s", small_file())).elements() == 24);  // and it goes on
}

TEST_CASE("a folder of images and labels, by the names of its files", "[idx]") {
  using tl::data::DataPart;
  Context context(one_thread());
  auto images = [](uint32_t n) { return header(0x08, {n, 1, 2}) + Bytes(2 * n, 'x'); };
  auto labels = [](uint32_t n) {
    Bytes content = header(0x08, {n});
    for (uint32_t i = 0; i < n; i++) content += static_cast<char>(i);
    return content;
  };
  auto size = [&](const Folder& f, DataPart part) { return idx_folder(context, f.path(), part)->size(); };
  auto code = [&](const Folder& f, std::string* text = nullptr) {
    try {
      idx_folder(context, f.path(), DataPart::kTrain);
    } catch (const tl::Error& error) {
      if (text) *text = error.message();
      return error.code();
    }
    return Code::kOk;
  };
  SECTION("both splits, plain and compressed, with - and with .") {
    Folder f;
    f.file("train-images-idx3-ubyte.gz", gzip(images(20)));
    f.file("train-labels-idx1-ubyte", labels(20));
    f.file("t10k-images.idx3-ubyte", images(7));
    f.file("t10k-labels.idx1-ubyte.gz", gzip(labels(7)));
    f.file("notes.txt", "");
    CHECK(size(f, DataPart::kTrain) == 20);
    CHECK(size(f, DataPart::kTest) == 7);
  }
  SECTION("no link, which may lead out of the folder") {
    Folder f, elsewhere;
    const std::string real = elsewhere.file("secret", images(2));
    REQUIRE(symlink(real.c_str(), (f.path() + "/train-images-idx3-ubyte").c_str()) == 0);
    f.file("train-labels-idx1-ubyte", labels(2));
    std::string text;
    CHECK(code(f, &text) == Code::kIo);
    CHECK(text.find("no symbolic link") != std::string::npos);
    CHECK(read_idx(context, f.path() + "/train-images-idx3-ubyte").elements() ==
          4);  // a path that the caller gives is followed
    std::filesystem::remove(f.path() + "/train-images-idx3-ubyte");
    f.file("train-images-idx3-ubyte", images(2));
    CHECK(code(f) == Code::kOk);
    std::filesystem::remove(f.path() + "/train-labels-idx1-ubyte");
    REQUIRE(symlink(real.c_str(), (f.path() + "/train-labels-idx1-ubyte").c_str()) == 0);
    CHECK(code(f) == Code::kIo);
  }
  SECTION("files that take much memory, where that is allowed") {
    Folder f;
    f.file("train-images-idx3-ubyte.gz",
           gzip(header(0x08, {1 << 16, 32, 33}) + Bytes((1 << 16) * 32 * 33, '\0'), 1));
    f.file("train-labels-idx1-ubyte.gz", gzip(header(0x08, {1 << 16}) + Bytes(1 << 16, '\0')));
    f.file("t10k-images-idx3-ubyte", images(2));
    f.file("t10k-labels-idx1-ubyte", labels(2));
    CHECK(code(f) == Code::kOutOfMemory);  // 66 MiB
    auto read = [&](uint64_t most) { return idx_folder(context, f.path(), DataPart::kTrain, most)->size(); };
    CHECK(read(66 << 20) == 1 << 16);
    CHECK_THROWS_AS(read((66 << 20) - 1), tl::Error);
  }
  SECTION("one split of any name") {
    for (const char* name : {"train", "t10k", "my-test", "digits"}) {
      Folder f;
      f.file(std::string(name) + "-images-idx3-ubyte", images(25));
      f.file(std::string(name) + "-labels-idx1-ubyte", labels(25));
      CHECK(size(f, DataPart::kTrain) == 23);
      CHECK(size(f, DataPart::kTest) == 2);
      Tensor element[2];
      REQUIRE(
          tl::data::DatasetIterator(context, idx_folder(context, f.path(), DataPart::kTest)).next(element));
      CHECK(element[0].shape() == Shape{1, 2});
      CHECK(element[1].data<uint8_t>()[0] == 23);
    }
  }
  SECTION("a single split gives at least one element to each part") {
    for (auto [all, test] : {std::pair{2, 1}, {3, 1}, {9, 1}, {10, 1}, {19, 1}, {20, 2}}) {
      Folder f;
      f.file("digits-images-idx3-ubyte", images(static_cast<uint32_t>(all)));
      f.file("digits-labels-idx1-ubyte", labels(static_cast<uint32_t>(all)));
      INFO(all << " elements");
      CHECK(size(f, DataPart::kTest) == test);
      CHECK(size(f, DataPart::kTrain) == all - test);
    }
    for (uint32_t few : {0, 1}) {
      Folder f;
      f.file("digits-images-idx3-ubyte", images(few));
      f.file("digits-labels-idx1-ubyte", labels(few));
      std::string text;
      CHECK(code(f, &text) == Code::kInvalidArgument);
      CHECK(text.find("2 images or more") != std::string::npos);
    }
  }
  SECTION("a file and its compressed copy are one too many") {
    Folder f;
    std::string text;
    f.file("t10k-images-idx3-ubyte", images(20));
    f.file("t10k-labels-idx1-ubyte", labels(20));
    CHECK(code(f) == Code::kOk);
    f.file("t10k-labels-idx1-ubyte.gz", gzip(labels(20)));
    CHECK(code(f, &text) == Code::kInvalidArgument);
    CHECK(text.find("t10k-labels-idx1-ubyte and t10k-labels-idx1-ubyte.gz") != std::string::npos);
    fs::remove(f / "t10k-labels-idx1-ubyte");
    CHECK(code(f) == Code::kOk);
    f.file("t10k-images-idx3-ubyte.gz", gzip(images(20)));
    CHECK(code(f, &text) == Code::kInvalidArgument);
    CHECK(text.find("t10k-images-idx3-ubyte and t10k-images-idx3-ubyte.gz") != std::string::npos);
  }
  SECTION("files of editors and downloads at work do not count") {
    Folder f;
    for (const char* name :
         {"train-images-idx3-ubyte", "train-images-idx3-ubyte~", ".train-images-idx3-ubyte.swp",
          "train-images-idx3-ubyte.gz.part", "train-images-idx3-ubyte.tmp", "._train-images-idx3-ubyte"})
      f.file(name, images(20));
    f.file("train-labels-idx1-ubyte", labels(20));
    CHECK(size(f, DataPart::kTrain) == 18);
  }
  SECTION("images of no split beside those of one are not left out silently") {
    for (const char* split : {"train", "t10k"}) {
      Folder f;
      std::string text;
      f.file("images-idx3-ubyte", images(25));
      f.file("labels-idx1-ubyte", labels(25));
      f.file(std::string(split) + "-images-idx3-ubyte", images(12));
      f.file(std::string(split) + "-labels-idx1-ubyte", labels(12));
      CHECK(code(f, &text) == Code::kInvalidArgument);
      CHECK(text.find(std::string(split) + "-images-idx3-ubyte and images-idx3-ubyte") != std::string::npos);
    }
  }
  SECTION("what is missing or ambiguous is told") {
    Folder f;
    std::string text;
    CHECK(code(f, &text) == Code::kNotFound);
    CHECK(text.find("images-idx3") != std::string::npos);
    f.file("t10k-images-idx3-ubyte", images(10));
    CHECK(code(f, &text) == Code::kNotFound);
    CHECK(text.find("t10k-labels-idx1-ubyte") != std::string::npos);
    f.file("t10k-labels-idx1-ubyte", labels(9));
    CHECK(code(f, &text) == Code::kInvalidArgument);
    CHECK(text.find("labels file does not match its images") != std::string::npos);
    CHECK(text.find("(10, 1, 2)") != std::string::npos);
    CHECK(text.find("(9,)") != std::string::npos);
    for (const Bytes& wrong : {header(0x08, {10}) + Bytes(10, 'x'), header(0x08, {}) + Bytes(1, 'x')}) {
      f.file("t10k-images-idx3-ubyte", wrong);
      f.file("t10k-labels-idx1-ubyte", labels(10));
      CHECK(code(f, &text) == Code::kInvalidArgument);
      CHECK(text.find("images must have rank 2 or more, and labels rank 1") != std::string::npos);
    }
    f.file("t10k-images-idx3-ubyte", labels(10));
    f.file("t10k-labels-idx1-ubyte", images(10));
    CHECK(code(f, &text) == Code::kInvalidArgument);
    CHECK(text.find("were the contents of the two files swapped?") != std::string::npos);
    f.file("t10k-images-idx3-ubyte", images(10));
    f.file("t10k-labels-idx1-ubyte", "not IDX");
    CHECK(code(f) == Code::kCorruptData);
    f.file("other-test-images-idx3-ubyte", images(10));
    CHECK(code(f, &text) == Code::kInvalidArgument);
    CHECK(text.find("several") != std::string::npos);
    for (auto read :
         {+[](Context& c) { idx_folder(c, "", DataPart::kTrain); }, +[](Context& c) { read_idx(c, ""); }}) {
      try {
        read(context);
        FAIL("an empty text was taken for a path");
      } catch (const tl::Error& error) {
        CHECK(error.code() == Code::kInvalidArgument);
        CHECK(error.message().find("got an empty text") != std::string::npos);
      }
    }
    CHECK_THROWS_AS(idx_folder(context, f.path() + "/nowhere", DataPart::kTrain), tl::Error);
    CHECK_THROWS_AS(idx_folder(context, f.file("file", ""), DataPart::kTrain), tl::Error);
    CHECK_THROWS_AS(idx_folder(context, f.path(), static_cast<DataPart>(3)), tl::Error);
  }
  CHECK(context.live_tensors() == 0);
}

TEST_CASE("the MNIST test files", "[idx]") {
  fs::path folder = fs::path(__FILE__).parent_path() / "../../../shared/data/mnist";
  fs::path images_path = folder / "t10k-images-idx3-ubyte.gz",
           labels_path = folder / "t10k-labels-idx1-ubyte.gz";
  if (!fs::exists(images_path)) {
    std::cout << "skipped: no MNIST test files in ../shared/data/mnist beside the checkout\n";
    return;
  }
  Context context(one_thread());
  Tensor images = read_idx(context, images_path.string()), labels = read_idx(context, labels_path.string());
  CHECK(images.shape() == Shape{10000, 28, 28});
  CHECK(images.dtype() == DType::kU8);
  CHECK(labels.shape() == Shape{10000});
  std::vector<uint8_t> all = values<uint8_t>(labels);
  CHECK(std::vector<uint8_t>(all.begin(), all.begin() + 10) ==
        std::vector<uint8_t>{7, 2, 1, 0, 4, 1, 4, 9, 5, 9});
  // The published number of test images of each digit.
  std::vector<int> counts(10);
  for (uint8_t label : all) counts.at(label)++;
  CHECK(counts == std::vector<int>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009});
}
