#include "core/io/safetensors.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "tests/io/folder.h"
#include "tests/rounds.h"

namespace tl::io {
namespace {

// A file as the format describes it: eight bytes of length, the header, the elements.
std::string file_of(const std::string& header, const std::string& elements) {
  std::string out;
  for (int i = 0; i < 8; i++) out.push_back(static_cast<char>(header.size() >> 8 * i));
  return out + header + elements;
}

// One tensor, `w`, of two f32.
const std::string kTwo = R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

struct Read {
  Failure failure;
  size_t tensors = 0;
};

// Opens a file and reads every tensor in it.
Read read_all(Context& c, const std::string& path) {
  Read out;
  out.failure = failure_of([&] {
    SafetensorsFile file("safetensors", path, go_on);
    for (size_t i = 0; i < file.size(); i++) {
      const Tensor t = file.read(c, i, go_on);
      if (t.shape() != file.shape(i)) throw Error(Code::kInternal, "another shape");
    }
    out.tensors = file.size();
  });
  return out;
}

Failure failure_of_file(const std::string& bytes) {
  Context c({});
  Folder folder;
  write_bytes(folder / "f", bytes);
  return read_all(c, folder / "f").failure;
}

Tensor tensor_of(Context& c, DType dtype, const Shape& shape, const void* data) {
  Tensor t = c.allocate(dtype, shape);
  if (t.bytes()) std::memcpy(t.mutable_raw(), data, t.bytes());
  return t;
}

StoredTensor stored(const std::string& name, const Tensor& t) {
  return {name, t.dtype(), t.shape(), t.raw()};
}

// Six files of different kinds, for all that is done to files.
std::vector<std::string> samples() {
  Context c({});
  Folder folder;
  std::vector<std::string> out{file_of("{}", ""),
                               file_of(kTwo + "  ", std::string("\0\0\x80\x3f\0\0\0\x40", 8))};
  const float numbers[6] = {1, 2, 3, 4, 5, 6};
  const std::int64_t wide[2] = {-1, 1LL << 40};
  const unsigned char flags[3] = {0, 1, 1};
  const Tensor a = tensor_of(c, DType::kF32, {2, 3}, numbers), b = tensor_of(c, DType::kI64, {2}, wide),
               f = tensor_of(c, DType::kBool, {3}, flags), none = tensor_of(c, DType::kF64, {0, 7}, nullptr),
               one = tensor_of(c, DType::kU8, Shape{}, flags);
  auto add = [&](const std::vector<StoredTensor>& tensors, const Texts& metadata, StoredFloats floats) {
    save_safetensors("test", folder / "f", tensors, metadata, floats, go_on);
    out.push_back(bytes_of(folder / "f"));
  };
  add({stored("a", a), stored("b", b), stored("flags", f), stored("none", none), stored("one", one)}, {},
      StoredFloats::kAsTheyAre);
  add({stored("a", a), stored("h\"\\\n\xC3\xA4", a)}, {{"by", "a \"test\""}, {"empty", ""}},
      StoredFloats::kBf16);
  add({stored("a", a)}, {}, StoredFloats::kF16);
  add({}, {{"only", "texts"}}, StoredFloats::kAsTheyAre);
  return out;
}

TEST_CASE("a file that was put together by hand is read, of every dtype that the format has", "[io]") {
  Context c({});
  Folder folder;
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"bf":{"dtype":"BF16","shape":[2],"data_offsets":[16,20]},)"
      R"("half":{"dtype":"F16","shape":[1,2],"data_offsets":[20,24]},"i8":{"dtype":"I8","shape":[2],"data_offsets":[24,26]},)"
      R"("u16":{"dtype":"U16","shape":[1],"data_offsets":[26,28]},"u32":{"dtype":"U32","shape":[],"data_offsets":[28,32]},)"
      R"("big":{"dtype":"U64","shape":[1],"data_offsets":[8,16]},"d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})";
  const std::string elements(
      "\0\0\0\0\0\0\xF0\x3F"
      "\1\0\0\0\0\0\0\0"
      "\x80\x3F\x00\xC0"
      "\x00\x3C\x01\x00"
      "\xFF\x7F"
      "\xFF\xFF"
      "\xFF\xFF\xFF\xFF",
      32);
  write_bytes(folder / "f", file_of(header, elements));
  SafetensorsFile file("safetensors", folder / "f", go_on);
  CHECK(file.size() == 7);
  CHECK(file.metadata() == Texts{{"format", "pt"}});
  CHECK(file.name(0) == "d");
  auto read = [&](const char* name) { return file.read(c, file.find(name), go_on); };
  CHECK(read("d").data<double>()[0] == 1.0);
  CHECK(read("bf").data<float>()[0] == 1.0f);
  CHECK(read("bf").data<float>()[1] == -2.0f);
  CHECK(read("half").shape() == Shape{1, 2});
  CHECK(read("half").data<float>()[0] == 1.0f);
  CHECK(read("half").data<float>()[1] == 5.9604644775390625e-8f);
  CHECK(read("i8").dtype() == DType::kI32);
  CHECK(read("i8").data<int32_t>()[0] == -1);
  CHECK(read("i8").data<int32_t>()[1] == 127);
  CHECK(read("u16").data<int32_t>()[0] == 65535);
  CHECK(read("u32").data<std::int64_t>()[0] == 4294967295);
  CHECK(failure_of([&] { read("big"); }).has("no dtype here holds the elements of 'big': got U64"));
  CHECK(file.find("nothing") == file.size());
}

TEST_CASE("what is written is what the format says, and is read back to the bit", "[io]") {
  Context c({});
  Folder folder;
  const float numbers[2] = {1, 2};
  const Tensor w = tensor_of(c, DType::kF32, {2}, numbers);
  save_safetensors("test", folder / "w", {stored("w", w)}, {}, StoredFloats::kAsTheyAre, go_on);
  CHECK(bytes_of(folder / "w") == file_of(kTwo + "  ", std::string("\0\0\x80\x3f\0\0\0\x40", 8)));
  // Wide elements come first, so that all lie at multiples of their size.
  const unsigned char bytes[3] = {0, 1, 1};
  const double wide[1] = {0.1};
  save_safetensors("test", folder / "w",
                   {stored("a", tensor_of(c, DType::kBool, {3}, bytes)), stored("b", w),
                    stored("c", tensor_of(c, DType::kF64, {1}, wide))},
                   {}, StoredFloats::kAsTheyAre, go_on);
  SafetensorsFile file("safetensors", folder / "w", go_on);
  CHECK(file.name(0) == "c");
  CHECK(file.name(2) == "a");
  CHECK(file.read(c, 0, go_on).data<double>()[0] == 0.1);
  CHECK(std::memcmp(file.read(c, 1, go_on).raw(), numbers, 8) == 0);
  CHECK(std::memcmp(file.read(c, 2, go_on).raw(), bytes, 3) == 0);
  for (const std::string& sample : samples()) {
    write_bytes(folder / "s", sample);
    CHECK(read_all(c, folder / "s").failure.message.empty());
  }
}

TEST_CASE("headers that the format does not allow are refused with file and offset", "[io]") {
  const std::string eight(8, '\0');
  const struct {
    std::string header, elements;
    const char* text;
  } cases[] = {
      {R"([1])", "", "begins with '{'"},
      {" {}", "", "begins with '{'"},
      {"{", "", "no JSON"},
      {"{} x", "", "no JSON"},
      {R"({"w":1})", "", "got a number"},
      {R"({"w":"text"})", "", "got a text"},
      {R"({"w":[]})", "", "got a list"},
      {R"({"w":null})", "", "got null"},
      {R"({"w":{"dtype":"F32","shape":[2]}})", eight, "without one of them"},
      {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", eight, "without one of them"},
      {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}})", eight, "two offsets"},
      {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}})", eight, "got 'more' besides"},
      {R"({"w":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", eight, "'dtype' twice"},
      {R"({"w":{"dtype":"Q4","shape":[2],"data_offsets":[0,8]}})", eight, "got 'Q4'"},
      {R"({"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", eight, "a negative number"},
      {R"({"w":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", eight, "no integer"},
      {R"({"w":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}})", eight, "got a list"},
      {R"({"w":{"dtype":"F32","shape":[{"a":2}],"data_offsets":[0,8]}})", eight, "got an object"},
      {R"({"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", eight, "take 12"},
      {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,9]}})", eight, "lie in the file"},
      {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", eight, "ascend"},
      {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", eight, "a hole"},
      {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", eight, "bytes follow"},
      {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"v":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
       eight, "an overlap"},
      {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       eight, "'w' twice"},
      {R"({"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}})", eight, "overflow"},
      {R"({"w":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}})", "", "overflow"},
      {R"({"w":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}})", eight, "no integer"},
      {R"({"w":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,8]}})", eight, "63 bits"},
      {R"({"w":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})", "x", "at most 8 axes"},
      {R"({"w\u0000x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "x", "no NUL"},
      {"{\"\xFF\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", "x", "no JSON"},
      {R"({"__metadata__":{"a":1}})", "", "got a number"},
      {R"({"__metadata__":{"a":{"b":"c"}}})", "", "got an object"},
      {R"({"__metadata__":{"a":"b","a":"c"}})", "", "second time"},
      {R"({"__metadata__":{},"__metadata__":{}})", "", "second time"},
      {R"({"w":)" + std::string(100000, '['), "", "got a list"},
      {R"({"w":{"dtype":"F32","shape":[)" + std::string(100, '1') + R"(],"data_offsets":[0,8]}})", eight,
       "longer than any"},
  };
  for (const auto& one : cases) {
    const Failure f = failure_of_file(file_of(one.header, one.elements));
    INFO(one.header.substr(0, 120) << ": " << f.message);
    CHECK((f.code == Code::kCorruptData || f.code == Code::kUnsupported));
    CHECK(f.has(one.text));
    CHECK(f.has("/f, at byte "));
  }
}

TEST_CASE("lengths that lie are refused before memory is asked for", "[io]") {
  ContextOptions small;
  small.memory_limit = 1 << 16;
  Context c(small);
  Folder folder;
  auto refused = [&](const std::string& bytes) {
    write_bytes(folder / "f", bytes);
    return read_all(c, folder / "f").failure;
  };
  CHECK(refused("").has("takes 8 bytes"));
  CHECK(refused("1234567").has("takes 8 bytes"));
  CHECK(refused(std::string(8, '\xFF')).has("at most 100000000 bytes"));
  CHECK(refused(std::string("\x01\xE1\xF5\x05\0\0\0\0", 8)).has("at most 100000000 bytes"));
  CHECK(refused(std::string("\x00\xE1\xF5\x05\0\0\0\0", 8)).has("must lie in the file"));
  CHECK(refused(std::string(8, '\0')).has("begins with '{'"));
  // A tensor of a terabyte, in a file that has none of it.
  CHECK(
      refused(file_of(R"({"w":{"dtype":"F32","shape":[274877906944],"data_offsets":[0,1099511627776]}})", ""))
          .code == Code::kCorruptData);
  CHECK(c.allocator().stats().peak_live_bytes == 0);
  CHECK(refused(file_of(R"({"w":{"dtype":"F32","shape":[20000],"data_offsets":[0,80000]}})",
                        std::string(80000, '\0')))
            .code == Code::kOutOfMemory);
}

TEST_CASE("runs of white space and long texts take no memory of their size", "[io]") {
  Context c({});
  Folder folder;
  // Two megabytes of spaces in front of each value, as some writers pad.
  const std::string pad(2 << 20, ' ');
  write_bytes(folder / "f", file_of("{" + pad + R"("w":)" + pad +
                                        R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]}})" + pad,
                                    "x"));
  CHECK(read_all(c, folder / "f").tensors == 1);
  write_bytes(folder / "f", file_of(R"({"__metadata__":{"a":")" + std::string(9 << 20, 'x') + "\"}}", ""));
  CHECK(read_all(c, folder / "f").failure.has("longer than any"));
}

TEST_CASE("every prefix of a file is refused, and so is a file with a byte more", "[io]") {
  Context c({});
  Folder folder(InMemory{});
  for (const std::string& whole : samples()) {
    for (size_t n = 0; n < whole.size(); n++) {
      write_bytes(folder / "f", whole.substr(0, n));
      const Failure f = read_all(c, folder / "f").failure;
      INFO(n << " of " << whole.size() << ": " << f.message);
      REQUIRE(f.code == Code::kCorruptData);
      REQUIRE(f.has("/f, at byte "));
    }
    write_bytes(folder / "f", whole + "x");
    CHECK(read_all(c, folder / "f").failure.code == Code::kCorruptData);
  }
}

TEST_CASE("a flipped bit is a clean error or another file of the format", "[io]") {
  Context c({});
  Folder folder(InMemory{});
  size_t refused = 0, read = 0;
  for (const std::string& whole : samples())
    for (size_t bit = 0; bit < whole.size() * 8; bit += test::bits_apart) {
      std::string flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
      write_bytes(folder / "f", flipped);
      const Failure f = read_all(c, folder / "f").failure;
      INFO(bit << ": " << f.message);
      REQUIRE((f.code == Code::kOk || f.code == Code::kCorruptData || f.code == Code::kUnsupported));
      (f.code == Code::kOk ? read : refused)++;
    }
  CHECK(refused > 1000 / test::bits_apart);
  CHECK(read > 100 / test::bits_apart);
}

TEST_CASE("a truth value that is neither 0 nor 1 is refused with its offset", "[io]") {
  const std::string header = R"({"w":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})";
  const Failure f = failure_of_file(file_of(header, std::string("\0\1\2", 3)));
  CHECK(f.code == Code::kCorruptData);
  CHECK(f.has(concat("at byte ", 8 + header.size() + 2)));
}

TEST_CASE("a file that changes while it is open is an error", "[io]") {
  Context c({});
  Folder folder;
  write_bytes(folder / "f", file_of(kTwo, std::string(8, '\0')));
  SafetensorsFile file("safetensors", folder / "f", go_on);
  write_bytes(folder / "f", file_of(kTwo, std::string(7, '\0')));
  Failure f = failure_of([&] { file.read(c, 0, go_on); });
  CHECK(f.code == Code::kIo);
  CHECK(f.has("shorter while it was read"));
  write_bytes(folder / "f", file_of(kTwo, std::string(12, '\0')));
  f = failure_of([&] { file.read(c, 0, go_on); });
  CHECK(f.code == Code::kIo);
  CHECK(f.has("changed while it was read"));
}

TEST_CASE("folders, devices, missing files and bad names are clean errors", "[io]") {
  Context c({});
  Folder folder;
  const float one = 1;
  const Tensor t = tensor_of(c, DType::kF32, {1}, &one);
  CHECK(read_all(c, folder.path()).failure.code == Code::kIo);
  CHECK(read_all(c, folder / "nothing").failure.code == Code::kNotFound);
  CHECK(read_all(c, "/dev/null").failure.code == Code::kIo);
  CHECK(read_all(c, "").failure.code == Code::kInvalidArgument);
  auto save = [&](const std::vector<StoredTensor>& tensors, const Texts& metadata) {
    return failure_of(
        [&] { save_safetensors("test", folder / "f", tensors, metadata, StoredFloats::kAsTheyAre, go_on); });
  };
  write_bytes(folder / "f", "old");
  CHECK(save({stored("a", t), stored("a", t)}, {}).has("'a' twice"));
  CHECK(save({stored("", t)}, {}).has("needs a name"));
  CHECK(save({stored("__metadata__", t)}, {}).has("needs a name"));
  CHECK(save({stored("\xFF", t)}, {}).has("must be UTF-8"));
  CHECK(save({stored(std::string("a\0b", 3), t)}, {}).has("no NUL"));
  CHECK(save({}, {{"a", std::string((4 << 20) + 1, 'x')}}).has("at most 4194304 bytes"));
  CHECK(bytes_of(folder / "f") == "old");
  CHECK(failure_of([&] {
          save_safetensors("test", folder / "none/f", {}, {}, StoredFloats::kAsTheyAre, go_on);
        }).code == Code::kNotFound);
  // A pipe or device is not replaced.
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(failure_of([&] {
          save_safetensors("test", folder / "pipe", {}, {}, StoredFloats::kAsTheyAre, go_on);
        }).has("a pipe or device"));
  CHECK(std::filesystem::is_fifo(folder / "pipe"));
  std::filesystem::remove(folder / "pipe");
  // Nothing is left of what failed.
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()),
                      std::filesystem::directory_iterator()) == 1);
}

TEST_CASE("reading and writing end when they are asked to", "[io]") {
  Context c({});
  Folder folder;
  const std::vector<float> numbers(1 << 20);
  const Tensor t = tensor_of(c, DType::kF32, {1 << 20}, numbers.data());
  int left = 2;
  auto stop = [&] {
    if (left-- == 0) throw Error(Code::kCancelled, "stop");
  };
  CHECK(failure_of([&] {
          save_safetensors("test", folder / "f", {stored("t", t)}, {}, StoredFloats::kAsTheyAre, stop);
        }).code == Code::kCancelled);
  CHECK(std::filesystem::is_empty(folder.path()));
  save_safetensors("test", folder / "f", {stored("t", t)}, {}, StoredFloats::kAsTheyAre, go_on);
  SafetensorsFile file("safetensors", folder / "f", go_on);
  left = 2;
  CHECK(failure_of([&] { file.read(c, 0, stop); }).code == Code::kCancelled);
}

}  // namespace
}  // namespace tl::io
