// npy and npz: every type in both orders of bytes and elements, headers that lie, pickles, bombs, damage, files that are written.
#include "core/io/npy.h"

#include <limits>

#include "core/io/npz.h"
#include "tests/io/damage.h"

using namespace tl;
using namespace tl::io;

namespace {

Bytes npy(const Bytes& literal, const Bytes& elements, int version = 1) {
  const size_t start = version == 1 ? 10 : 12;
  Bytes header = literal;
  while ((start + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  const Bytes length = version == 1 ? little_endian(static_cast<uint16_t>(header.size()))
                                    : little_endian(static_cast<uint32_t>(header.size()));
  return Bytes("\x93NUMPY") + static_cast<char>(version) + '\0' + length + header + elements;
}

Bytes npy(const Bytes& type, bool fortran, const Bytes& shape, const Bytes& elements) {
  return npy("{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") +
                 ", 'shape': " + shape + ", }",
             elements);
}

Bytes reversed(Bytes bytes) { return {bytes.rbegin(), bytes.rend()}; }

Tensor from_memory(Context& context, const Input& input) { return read_npy(context, input); }

Tensor array(Context& context, const Bytes& bytes) { return read_bytes(context, bytes, from_memory); }

void no_array(const Bytes& bytes, Code code, const Bytes& text) {
  Context context(small_context());
  const Outcome out = outcome(context, bytes, from_memory);
  CHECK(out.code == code);
  INFO(out.message);
  CHECK(out.message.find(text) != Bytes::npos);
  check_named(out);
}

std::vector<Bytes> npy_samples() {
  Bytes six;
  for (int i = 0; i < 6; i++) six += float_bytes(0.5f + static_cast<float>(i));
  return {npy("<f4", false, "(2, 3)", six),
          npy("<f4", true, "(2, 3)", six),
          npy(">i8", false, "(3,)",
              reversed(little_endian(int64_t{-2})) + reversed(little_endian(int64_t{1} << 40)) +
                  reversed(little_endian(int64_t{7}))),
          npy("|b1", false, "(2, 2)", Bytes("\0\1\1\0", 4)),
          npy("<f2", true, "(1, 2, 2)", Bytes("\x00\x3c\x00\xc0\xff\x7b\x01\x00", 8)),
          npy("{'shape': (), 'fortran_order': False, 'descr': '<f8'}", Bytes("\0\0\0\0\0\0\xf0\x3f", 8), 2)};
}

}  // namespace

TEST_CASE("npy: every type, in either order of bytes", "[io][npy]") {
  Context context(small_context());
  auto one = [&](const Bytes& type, const Bytes& element) {
    return array(context, npy(type, false, "(1,)", element));
  };
  CHECK(values<float>(one("<f4", float_bytes(1.5f))) == std::vector<float>{1.5f});
  CHECK(values<float>(one(">f4", reversed(float_bytes(-2.25f)))) == std::vector<float>{-2.25f});
  CHECK(values<double>(one(">f8", Bytes("\x3f\xf0\0\0\0\0\0\0", 8))) == std::vector<double>{1});
  CHECK(values<int32_t>(one(">i4", Bytes("\x80\0\0\1", 4))) == std::vector<int32_t>{-2147483647});
  CHECK(values<int64_t>(one("<i8", little_endian(int64_t{-5}))) == std::vector<int64_t>{-5});
  CHECK(values<uint8_t>(one("|u1", "\xff")) == std::vector<uint8_t>{255});
  CHECK(one("|b1", "\1").dtype() == DType::kBool);
  CHECK(values<int32_t>(one("|i1", "\x80")) == std::vector<int32_t>{-128});
  CHECK(values<int32_t>(one(">i2", Bytes("\xff\xfe", 2))) == std::vector<int32_t>{-2});
  CHECK(values<int32_t>(one("<u2", Bytes("\xff\xff", 2))) == std::vector<int32_t>{65535});
  CHECK(values<int64_t>(one("<u4", Bytes("\xff\xff\xff\xff", 4))) == std::vector<int64_t>{4294967295});
  CHECK(values<int64_t>(one("<u8", little_endian(INT64_MAX))) == std::vector<int64_t>{INT64_MAX});
  no_array(npy("<u8", false, "(1,)", Bytes("\0\0\0\0\0\0\0\x80", 8)), Code::kUnsupported,
           "i64 does not hold");
  no_array(npy("|b1", false, "(2,)", Bytes("\1\2", 2)), Code::kCorruptData, "element 1 is a bool");
  // IEEE 754 binary16, bits and values from its definition.
  const struct {
    const char* bits;
    float value;
  } halves[] = {{"\x00\x3c", 1},
                {"\xff\x7b", 65504},
                {"\x01\x00", 0x1p-24f},
                {"\xff\x03", 1023 * 0x1p-24f},
                {"\x00\x04", 0x1p-14f},
                {"\x55\x35", 0.333251953125f},
                {"\x00\xfc", -std::numeric_limits<float>::infinity()}};
  for (const auto& h : halves)
    CHECK(values<float>(one("<f2", Bytes(h.bits, 2))) == std::vector<float>{h.value});
  CHECK(std::isnan(values<float>(one("<f2", Bytes("\x01\x7e", 2)))[0]));
  CHECK(std::signbit(values<float>(one("<f2", Bytes("\x00\x80", 2)))[0]));
}

TEST_CASE("npy: shapes, versions, Fortran's order", "[io][npy]") {
  Context context(small_context());
  Bytes twelve;
  for (int i = 0; i < 12; i++) twelve += static_cast<char>(i);
  Tensor c = array(context, npy("|u1", false, "(2, 3, 2)", twelve));
  CHECK(c.shape() == Shape{2, 3, 2});
  CHECK(values<uint8_t>(c) == std::vector<uint8_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  // Element (i, j, k) of an array in Fortran's order stands at i + 2 (j + 3 k).
  CHECK(values<uint8_t>(array(context, npy("|u1", true, "(2, 3, 2)", twelve))) ==
        std::vector<uint8_t>{0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11});
  CHECK(array(context, npy("<f4", true, "(0, 3)", "")).shape() == Shape{0, 3});
  CHECK(array(context, npy("|u1", false, "()", "\7")).rank() == 0);
  CHECK(array(context, npy("|u1", false, "(1, 1, 1, 1, 1, 1, 1, 1)", "\7")).rank() == 8);
  CHECK(array(context, npy("|u1", false, "(2L, 1L)", "\7\7")).shape() == Shape{2, 1});
  CHECK(array(context, npy("{\"descr\":\"|u1\",\"fortran_order\":False,\"shape\":(1,)}", "\7", 3)).rank() ==
        1);
  no_array(npy("|u1", false, "(1, 1, 1, 1, 1, 1, 1, 1, 1)", "\7"), Code::kUnsupported, "at most 8 axes");
}

TEST_CASE("npy: what cannot be an array is refused", "[io][npy]") {
  no_array("", Code::kCorruptData, "header");
  no_array("PK\3\4 something else", Code::kCorruptData, "0x93");
  no_array(npy("|O", false, "(1,)", "\x80\x03]q\x00."), Code::kUnsupported, "pickle");
  no_array(npy("O", false, "(1,)", "\x80"), Code::kUnsupported, "pickle");
  no_array(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "1234"),
           Code::kUnsupported, "records");
  for (const char* type : {"<c8", "<U3", "|S1", "<M8[s]", "<f16", "|V4", "f4", "", "|f4", "<f44"})
    no_array(npy(type, false, "(1,)", "12345678"), Code::kUnsupported, "the dtype must be");
  no_array(npy("<f4", false, "(2,)", "1234"), Code::kCorruptData, "promises 8 bytes of elements: got 4");
  no_array(npy("<f4", false, "(1,)", "12345"), Code::kCorruptData, "one array only");
  no_array(npy("<f4", false, "(4611686018427387904, 4611686018427387904, 4)", ""), Code::kCorruptData,
           "overflow");
  no_array(npy("<f4", false, "(0, 4611686018427387904, 4611686018427387904)", ""), Code::kCorruptData,
           "overflow");
  no_array(npy("<f4", false, "(1000000000000,)", ""), Code::kCorruptData, "cut off");
  no_array(npy("<f4", false, "(99999999999999999999,)", ""), Code::kCorruptData, "sizes that fit 64 bits");
  no_array(npy("<f4", false, "(-1,)", ""), Code::kCorruptData, "sizes that fit");
  for (const char* literal :
       {"", "{", "{}", "{'descr': '<f4'}", "__import__('os').system('true')",
        "{'descr': '<f4', 'fortran_order': 1, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()} x",
        "{'descr': '<f4', 'descr': '<f4', 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'more': 1}",
        "{'descr': '\\x3cf4', 'fortran_order': False, 'shape': ()}", "[[[[[[[[[[[[[[[[", "{'descr': '<f4"})
    no_array(npy(literal, "1234"), Code::kCorruptData, "into the header's text");
  Bytes version = npy("|u1", false, "(1,)", "\7");
  version[6] = 9;
  no_array(version, Code::kUnsupported, "9.0");
}

TEST_CASE("npy: prefixes and flipped bits", "[io][npy]") {
  uint32_t seed = 1;
  for (const Bytes& sample : npy_samples()) {
    try_every_prefix(sample, from_memory);
    try_bit_flips(sample, from_memory, 2500, seed++);
  }
  // A bit that flips among the elements changes that element and nothing else: there is no checksum.
  Context context(small_context());
  Bytes sample = npy_samples()[0];
  sample[sample.size() - 1] ^= static_cast<char>(0x80);
  CHECK(values<float>(array(context, sample)) == std::vector<float>{0.5f, 1.5f, 2.5f, 3.5f, 4.5f, -5.5f});
}

TEST_CASE("npy and npz: what is written is read again, bit for bit", "[io][npy]") {
  Context context(small_context());
  Folder folder;
  std::vector<NamedTensor> all;
  for (DType dtype : {DType::kF32, DType::kF64, DType::kI32, DType::kI64, DType::kU8, DType::kBool})
    for (const Shape& shape : {Shape{}, Shape{5}, Shape{3, 0}, Shape{2, 3, 4}}) {
      Tensor t = context.allocate(dtype, shape);
      for (size_t i = 0; i < t.bytes(); i++)
        t.mutable_raw()[i] = static_cast<std::byte>(dtype == DType::kBool ? i % 2 : i * 37 + all.size());
      all.push_back({concat(dtype, "/", shape), t});
      OutputFile file(context, "write_npy", folder / "t.npy");
      write_npy(file, t);
      file.commit();
      CHECK((file.size() - t.bytes()) % 64 == 0);
      CHECK(same(read_npy(context, FileInput(context, "read_npy", folder / "t.npy")), t));
    }
  for (bool compress : {false, true}) {
    OutputFile file(context, "write_npz", folder / "all.npz");
    write_npz("write_npz", file, all, compress);
    file.commit();
    Bundle bundle = read_npz(context, FileInput(context, "read_npz", folder / "all.npz"), 0);
    REQUIRE(bundle.entries.size() == all.size());
    for (size_t i = 0; i < all.size(); i++) {
      CHECK(bundle.entries[i].name == all[i].name);
      CHECK(same(bundle.entries[i].tensor, all[i].tensor));
    }
  }
  // Nothing but the two files is left.
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
  all.push_back(all[0]);
  OutputFile file(context, "write_npz", folder / "twice.npz");
  CHECK_THROWS_WITH(write_npz("write_npz", file, all, false), Catch::Contains("twice"));
}

namespace {

Bytes npz(const std::vector<NamedTensor>& tensors, bool compress) {
  Folder folder;
  Context context(small_context());
  OutputFile file(context, "write_npz", folder / "z");
  write_npz("write_npz", file, tensors, compress);
  file.commit();
  return bytes_of(folder / "z");
}

Bundle archive(Context& context, const Input& input) { return read_npz(context, input, 0); }

Tensor ramp(Context& context, DType dtype, const Shape& shape) {
  Tensor t = context.allocate(dtype, shape);
  for (size_t i = 0; i < t.bytes(); i++) t.mutable_raw()[i] = static_cast<std::byte>(i % 7);
  return t;
}

}  // namespace

TEST_CASE("npz: prefixes, and flipped bits that the checksums find", "[io][npz]") {
  Context source(small_context());
  uint32_t seed = 100;
  for (bool compress : {false, true})
    for (int count = 1; count <= 3; count++) {
      std::vector<NamedTensor> tensors;
      for (int i = 0; i < count; i++)
        tensors.push_back({concat("t", i), ramp(source, DType::kF32, {i + 1, 5})});
      const Bytes sample = npz(tensors, compress);
      try_every_prefix(sample, archive);
      // Dates, attributes and the like may flip unseen, and a name is whatever it says: but no value ever changes.
      try_bit_flips(
          sample,
          [&](Context& context, const Input& input) {
            const Bundle bundle = read_npz(context, input, 0);
            for (size_t i = 0; i < bundle.entries.size(); i++)
              if (i >= tensors.size() || !same(bundle.entries[i].tensor, tensors[i].tensor))
                FAIL("a value changed unseen in " << bundle.entries[i].name);
          },
          2500, seed++);
    }
}

TEST_CASE("npz: bombs, members that are no arrays, damage inside", "[io][npz]") {
  Context source(small_context()), context(small_context());
  // 128 MiB of zeros make an archive of 130 kB.
  Tensor zeros = source.allocate(DType::kU8, {int64_t{128} << 20});
  std::memset(zeros.mutable_raw(), 0, zeros.bytes());
  const Bytes bomb = npz({{"zeros", zeros}}, true);
  REQUIRE(bomb.size() < 1 << 18);
  const Outcome out = outcome(context, bomb, archive);
  CHECK(out.code == Code::kOutOfMemory);
  CHECK(out.message.find("'max_bytes'") != Bytes::npos);
  CHECK(context.allocator().stats().peak_live_bytes == 0);
  CHECK(outcome(context, bomb, [](Context& c, const Input& i) {
          return read_npz(c, i, uint64_t{128} << 20);
        }).code == Code::kOk);
  CHECK(outcome(context, bomb, [](Context& c, const Input& i) {
          return read_npz(c, i, (uint64_t{128} << 20) - 1);
        }).code == Code::kOutOfMemory);
  // What counts is the sum.
  Tensor part = source.allocate(DType::kU8, {int64_t{40} << 20});
  std::memset(part.mutable_raw(), 0, part.bytes());
  CHECK(outcome(context, npz({{"a", part}, {"b", part}}, true), archive).code == Code::kOutOfMemory);

  Bytes sample = npz({{"t", ramp(source, DType::kF32, {8})}}, false);
  CHECK(read_bytes(context, sample, archive).entries[0].name == "t");
  for (size_t at = sample.find("t.npy"); at != Bytes::npos; at = sample.find("t.npy", at + 1))
    sample.replace(at, 5, "t.txt");
  CHECK(outcome(context, sample, archive).message.find("ends in .npy") != Bytes::npos);
  CHECK(outcome(context, "no archive at all", archive).code == Code::kCorruptData);
  CHECK(read_bytes(context, Bytes("PK\5\6") + Bytes(18, '\0'), archive).entries.empty());
}
