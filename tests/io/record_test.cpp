// WAV, TFRecord, tf.train.Example and CIFAR: values worked out by hand, contents that contradict themselves, damage.
#include <cmath>

#include "core/io/cifar.h"
#include "core/io/example.h"
#include "core/io/record_writer.h"
#include "core/io/tfrecord.h"
#include "core/io/wav.h"
#include "tests/io/damage.h"

using namespace tl;
using namespace tl::io;

namespace {

template <class F>
void refused(const Bytes& bytes, Code code, const Bytes& text, F&& f) {
  Context context(small_context());
  const Outcome out = outcome(context, bytes, f);
  INFO(out.message);
  CHECK(out.code == code);
  CHECK(out.message.find(text) != Bytes::npos);
  check_named(out);
}

Bytes riff(const Bytes& chunks) {
  return "RIFF" + little_endian(static_cast<uint32_t>(chunks.size() + 4)) + "WAVE" + chunks;
}
Bytes part(const Bytes& id, const Bytes& content) {
  return id + little_endian(static_cast<uint32_t>(content.size())) + content +
         Bytes(content.size() % 2, '\0');
}
Bytes format(uint16_t kind, uint16_t channels, uint16_t bits, uint32_t rate = 8000) {
  const auto frame = static_cast<uint16_t>(channels * bits / 8);
  return little_endian(kind) + little_endian(channels) + little_endian(rate) + little_endian(rate * frame) +
         little_endian(frame) + little_endian(bits);
}
Bytes wav(uint16_t kind, uint16_t channels, uint16_t bits, const Bytes& data) {
  return riff(part("fmt ", format(kind, channels, bits)) + part("data", data));
}
Tensor sound(Context& context, const Input& input) { return read_wav(context, input).samples; }

}  // namespace

TEST_CASE("WAV: samples of every kind", "[io][wav]") {
  Context context(small_context());
  auto read = [&](const Bytes& bytes) { return values<float>(read_bytes(context, bytes, sound)); };
  CHECK(read(wav(1, 1, 8, Bytes("\x00\x80\xff", 3))) == std::vector<float>{-1, 0, 127.0f / 128});
  CHECK(read(wav(1, 1, 16, Bytes("\x00\x80\x01\x00\xff\x7f", 6))) ==
        std::vector<float>{-1, 1.0f / 32768, 32767.0f / 32768});
  CHECK(read(wav(1, 1, 24, Bytes("\x00\x00\x80\xff\xff\xff\x00\x00\x40", 9))) ==
        std::vector<float>{-1, -1.0f / 8388608, 0.5f});
  CHECK(read(wav(1, 1, 32, Bytes("\x00\x00\x00\x80\x00\x00\x00\x20", 8))) == std::vector<float>{-1, 0.25f});
  CHECK(read(wav(3, 1, 32, float_bytes(1.5f) + float_bytes(-0.1f))) == std::vector<float>{1.5f, -0.1f});
  CHECK(read(wav(3, 1, 64, Bytes("\0\0\0\0\0\0\xf8\x3f", 8))) == std::vector<float>{1.5f});
  const Bytes two = riff(part("LIST", "odd") + part("fmt ", format(1, 2, 16, 44100)) +
                         part("data", Bytes("\0\x40\0\xc0\0\0\0\x20", 8)) + part("cue ", "12"));
  const Sound s = read_bytes(context, two, [](Context& c, const Input& i) { return read_wav(c, i); });
  CHECK(s.rate == 44100);
  CHECK(s.samples.shape() == Shape{2, 2});
  CHECK(values<float>(s.samples) == std::vector<float>{0.5f, -0.5f, 0, 0.25f});
  const Bytes guid = Bytes("\1\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71", 16);
  const Bytes extensible = format(0xfffe, 1, 16) + little_endian(uint16_t{22}) + little_endian(uint16_t{16}) +
                           Bytes(4, '\0') + guid;
  CHECK(read(riff(part("fmt ", extensible) + part("data", Bytes("\0\x40", 2)))) == std::vector<float>{0.5f});
  CHECK(read_bytes(context, wav(1, 3, 16, ""), sound).shape() == Shape{0, 3});
}

TEST_CASE("WAV: what is no sound is refused", "[io][wav]") {
  const Bytes fmt = part("fmt ", format(1, 1, 16)), data = part("data", Bytes(4, '\0'));
  refused("", Code::kCorruptData, "ends too early", sound);
  refused("RIFX" + Bytes(8, '\0'), Code::kUnsupported, "another kind", sound);
  refused("OggS and more bytes", Code::kCorruptData, "begins with RIFF", sound);
  refused(riff(fmt + data) + "x", Code::kCorruptData, "something follows", sound);
  refused(riff(data + fmt), Code::kCorruptData, "format must come before", sound);
  refused(riff(fmt), Code::kCorruptData, "without any data", sound);
  refused(riff(fmt + fmt + data), Code::kCorruptData, "got another", sound);
  refused(riff(fmt + data + data), Code::kCorruptData, "got another", sound);
  refused(riff(fmt + "data" + little_endian(uint32_t{0xffffffff})), Code::kCorruptData, "does not fit",
          sound);
  refused(riff(part("fmt ", "short") + data), Code::kCorruptData, "16 bytes", sound);
  refused(wav(2, 1, 16, "1234"), Code::kUnsupported, "format 2", sound);
  refused(wav(1, 1, 12, "1234"), Code::kUnsupported, "12 bits", sound);
  refused(wav(1, 0, 16, "1234"), Code::kCorruptData, "contradicts itself", sound);
  refused(wav(1, 2, 16, "123456"), Code::kCorruptData, "whole frames of 4 bytes: got 6", sound);
  refused(riff(part("fmt ", format(1, 1, 16, 0)) + data), Code::kCorruptData, "contradicts itself", sound);
  Bytes lying = format(1, 1, 16);
  lying[12] = 9;
  refused(riff(part("fmt ", lying) + data), Code::kCorruptData, "in 9 bytes a frame", sound);
  uint32_t seed = 700;
  for (const Bytes& sample : {wav(1, 1, 8, "123"), wav(1, 2, 16, "12345678"), wav(1, 1, 24, "123456"),
                              wav(3, 1, 32, float_bytes(0.5f)), wav(3, 1, 64, "12345678"),
                              riff(part("LIST", "odd") + fmt + data + part("cue ", "12"))}) {
    try_every_prefix(sample, sound);
    try_bit_flips(sample, sound, 2000, seed++);
  }
}

namespace {

Bytes record(const Bytes& content) {
  const Bytes length = little_endian(static_cast<uint64_t>(content.size()));
  return length + little_endian(masked_crc32c(length)) + content + little_endian(masked_crc32c(content));
}

std::vector<Bytes> contents_of(Context& context, const Bytes& bytes) {
  const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
  TfRecords records(std::make_unique<MemoryInput>(context, "read_sample", kName,
                                                  Span<const std::byte>(data, bytes.size())));
  std::vector<Bytes> out;
  for (int64_t i = 0; i < records.size(); i++) {
    const Tensor t = records.read(context, i);
    out.emplace_back(reinterpret_cast<const char*>(t.raw()), t.bytes());
  }
  return out;
}

// As the readers of other formats are called.
std::vector<Bytes> all_records(Context& context, const Input& input) {
  Bytes bytes(input.size(), '\0');
  input.read(0, &bytes[0], bytes.size());
  return contents_of(context, bytes);
}

}  // namespace

TEST_CASE("TFRecord: records, and every flipped bit", "[io][tfrecord]") {
  Context context(small_context());
  CHECK(contents_of(context, record("first") + record("") + record("third")) ==
        std::vector<Bytes>{"first", "", "third"});
  CHECK(contents_of(context, "").empty());
  // What TensorFlow writes for the record "abc": the length, its masked checksum, the bytes, their masked checksum.
  const Bytes length = little_endian(uint64_t{3});
  CHECK(record("abc").size() == 8 + 4 + 3 + 4);
  CHECK(record("abc").substr(0, 8) == length);
  refused("\x1f\x8b\x08 and more of gzip", Code::kUnsupported, "gzip", all_records);
  Bytes lying = little_endian(uint64_t{1} << 62);
  lying += little_endian(masked_crc32c(lying));
  refused(lying + "abc1234", Code::kCorruptData, "does not fit", all_records);
  lying = little_endian(UINT64_MAX);
  lying += little_endian(masked_crc32c(lying));
  refused(lying + "abc1234", Code::kCorruptData, "does not fit", all_records);
  uint32_t seed = 800;
  for (const Bytes& sample :
       {record("a"), record(""), record("first") + record("second"), record(Bytes(300, 'x')),
        record("") + record("") + record("1"), record("\x1f\x8b")}) {
    try_every_prefix(sample, all_records,
                     [&](size_t n) { return contents_of(context, sample.substr(0, n)).size() * 16 <= n; });
    try_bit_flips(
        sample,
        [&](Context& c, const Input& i) {
          all_records(c, i);
          FAIL("a flipped bit went unseen");
        },
        1500, seed++);
  }
}

namespace {

Bytes varint(uint64_t value) {
  Bytes out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}
Bytes field(int number, const Bytes& content) {
  return varint(static_cast<uint64_t>(number) << 3 | 2) + varint(content.size()) + content;
}
Bytes feature(const Bytes& name, int kind, const Bytes& list) {
  return field(1, field(1, name) + field(2, field(kind, list)));
}
Bytes example(const Bytes& features) { return field(1, features); }
Bundle features_of(Context& context, const Input& input) { return read_example(context, input); }

}  // namespace

TEST_CASE("tf.train.Example: features of every kind", "[io][tfrecord]") {
  Context context(small_context());
  const Bundle b = read_bytes(
      context,
      example(feature("packed floats", 2, field(1, float_bytes(1.5f) + float_bytes(-2))) +
              feature("single floats", 2, "\x0d" + float_bytes(3) + "\x0d" + float_bytes(4)) +
              feature("packed", 3, field(1, varint(5) + varint(static_cast<uint64_t>(-1)) + varint(300))) +
              feature("single", 3, "\x08" + varint(7)) + feature("bytes", 1, field(1, "abc")) +
              feature("list", 1, field(1, "ab") + field(1, "cd")) + feature("empty", 3, "") +
              field(1, field(1, "nothing"))) +
          field(9, "unknown") + "\x50" + varint(1),
      features_of);
  REQUIRE(b.entries.size() == 8);
  CHECK(values<float>(b.find("packed floats")->tensor) == std::vector<float>{1.5f, -2});
  CHECK(values<float>(b.find("single floats")->tensor) == std::vector<float>{3, 4});
  CHECK(values<int64_t>(b.find("packed")->tensor) == std::vector<int64_t>{5, -1, 300});
  CHECK(values<int64_t>(b.find("single")->tensor) == std::vector<int64_t>{7});
  CHECK(values<uint8_t>(b.find("bytes")->tensor) == std::vector<uint8_t>{'a', 'b', 'c'});
  CHECK(b.find("list")->tensor.shape() == Shape{2, 2});
  CHECK(b.find("empty")->tensor.shape() == Shape{0});
  CHECK(b.find("nothing")->tensor.shape() == Shape{0});
  CHECK(read_bytes(context, "", features_of).entries.empty());

  refused(example(feature("a", 1, "") + feature("a", 1, "")), Code::kCorruptData, "comes once", features_of);
  refused(example(feature(Bytes("\0", 1), 1, "")), Code::kCorruptData, "NUL", features_of);
  refused(example(feature("a", 2, field(1, "12345"))), Code::kCorruptData, "4 bytes each", features_of);
  refused(example(feature("a", 1, field(1, "x") + field(1, "yz"))), Code::kUnsupported, "one length",
          features_of);
  refused(example(feature("a", 3, field(1, "\xff"))), Code::kCorruptData, "a number that ends", features_of);
  refused(example(feature("a", 3, field(1, Bytes(10, '\xff')))), Code::kCorruptData, "64 bits", features_of);
  refused("\x0a\xff\xff\xff\xff\x0f", Code::kCorruptData, "as many bytes", features_of);
  refused(Bytes("\0\0", 2), Code::kCorruptData, "a field's number", features_of);
  refused("\x0b", Code::kCorruptData, "a kind of field", features_of);
  uint32_t seed = 900;
  for (const Bytes& sample :
       {example(feature("f", 2, field(1, float_bytes(1.5f)))),
        example(feature("i", 3, field(1, varint(300)))), example(feature("b", 1, field(1, "abc"))),
        example(feature("a", 1, field(1, "ab") + field(1, "cd")) + feature("n", 3, "\x08" + varint(7))),
        example(""), example(feature("s", 2, "\x0d" + float_bytes(3)))}) {
    try_every_prefix(sample, features_of, [](size_t n) { return n == 0; });
    try_bit_flips(sample, features_of, 2000, seed++);
  }
}

namespace {

Bytes cifar_record(const Bytes& labels, int seed) {
  Bytes out = labels;
  for (int i = 0; i < 3072; i++) out += static_cast<char>(i * 7 + seed);
  return out;
}

template <Cifar kind>
std::vector<Tensor> cifar(Context& context, const Input& input) {
  return read_cifar(context, {&input}, kind);
}

}  // namespace

TEST_CASE("CIFAR: planes become channels, labels are checked", "[io][cifar]") {
  Context context(small_context());
  const Bytes two = cifar_record("\3", 0) + cifar_record("\x09", 5);
  const std::vector<Tensor> t = read_bytes(context, two, cifar<Cifar::k10>);
  REQUIRE(t.size() == 2);
  CHECK(t[0].shape() == Shape{2, 32, 32, 3});
  CHECK(values<uint8_t>(t[1]) == std::vector<uint8_t>{3, 9});
  for (int n = 0; n < 2; n++)
    for (int y = 0; y < 32; y += 31)
      for (int x = 0; x < 32; x += 5)
        for (int c = 0; c < 3; c++)
          CHECK(t[0].data<uint8_t>()[((n * 32 + y) * 32 + x) * 3 + c] ==
                static_cast<uint8_t>((c * 1024 + y * 32 + x) * 7 + 5 * n));
  const std::vector<Tensor> hundred =
      read_bytes(context, cifar_record(Bytes("\x13\x63", 2), 0), cifar<Cifar::k100>);
  REQUIRE(hundred.size() == 3);
  CHECK(hundred[1].data<uint8_t>()[0] == 99);
  CHECK(hundred[2].data<uint8_t>()[0] == 19);
  refused(cifar_record("\x0a", 0), Code::kCorruptData, "below 10: got 10", cifar<Cifar::k10>);
  refused(cifar_record("\x14\x63", 0), Code::kCorruptData, "below 20", cifar<Cifar::k100>);
  refused(cifar_record("\x13\x64", 0), Code::kCorruptData, "at byte 1: a label must be below 100",
          cifar<Cifar::k100>);
  refused(two, Code::kCorruptData, "other CIFAR", cifar<Cifar::k100>);
  refused("", Code::kCorruptData, "at least one", cifar<Cifar::k10>);

  Folder folder;
  folder.file("data_batch_2.bin", cifar_record("\2", 0));
  folder.file("data_batch_1.bin", cifar_record("\1", 0));
  folder.file("test_batch.bin", cifar_record("\4", 0));
  folder.file("data_batch_10.bin", "another file");
  CHECK(values<uint8_t>(read_cifar(context, "op", folder.path(), Cifar::k10, true)[1]) ==
        std::vector<uint8_t>{1, 2});
  CHECK(values<uint8_t>(read_cifar(context, "op", folder.path(), Cifar::k10, false)[1]) ==
        std::vector<uint8_t>{4});
  CHECK_THROWS_WITH(read_cifar(context, "op", folder.path(), Cifar::k100, true),
                    Catch::Contains("train.bin"));
}

// A prefix of whole records is a file of its own. There is no checksum: a flipped bit is that bit of one pixel or label, or a label that
// does not exist.
template <Cifar kind>
void try_cifar(const std::vector<Bytes>& samples, uint32_t seed) {
  const size_t record = kind == Cifar::k10 ? 3073 : 3074;
  for (const Bytes& sample : samples) {
    try_every_prefix(sample, cifar<kind>, [&](size_t n) { return n > 0 && n % record == 0; });
    Context context(small_context());
    const std::vector<Tensor> right = read_bytes(context, sample, cifar<kind>);
    try_bit_flips(
        sample,
        [&](Context& c, const Input& i) {
          const std::vector<Tensor> t = read_cifar(c, {&i}, kind);
          int bits = 0;
          for (size_t k = 0; k < t.size(); k++)
            for (size_t b = 0; b < t[k].bytes(); b++)
              for (unsigned rest = std::to_integer<unsigned>(t[k].raw()[b] ^ right[k].raw()[b]); rest;
                   rest &= rest - 1)
                bits++;
          if (bits != 1) FAIL(bits << " bits changed");
        },
        1000, seed++);
  }
}

TEST_CASE("CIFAR: every prefix, and flipped bits", "[io][cifar]") {
  try_cifar<Cifar::k10>({cifar_record("\3", 0), cifar_record("\x09", 77),
                         cifar_record(Bytes(1, '\0'), 1) + cifar_record("\5", 2), cifar_record("\x08", 200),
                         cifar_record("\1", 31), cifar_record("\7", 5) + cifar_record("\7", 5)},
                        1000);
  try_cifar<Cifar::k100>(
      {cifar_record("\x13\x63", 0), cifar_record(Bytes(2, '\0'), 9),
       cifar_record("\1\2", 3) + cifar_record("\4\x20", 4), cifar_record("\x0c\x31", 150),
       cifar_record("\x10\x01", 17), cifar_record("\x05\x05", 8) + cifar_record("\x05\x05", 8)},
      1010);
}
