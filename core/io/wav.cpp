#include "core/io/wav.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "core/io/little_endian.h"

namespace tl::io {
namespace {

constexpr size_t kWavChunk = size_t{1} << 18;
constexpr uint16_t kInteger = 1, kFloat = 3, kExtensible = 0xfffe;
// Behind its first two bytes, which are the format, the identifier of every format in the extensible form is this.
constexpr unsigned char kGuidEnd[] = {0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71};

uint32_t word_of(const unsigned char* b, int bytes) { return static_cast<uint32_t>(little_endian(b, bytes)); }

struct Format {
  uint64_t at = 0;  // of its chunk
  uint16_t kind = 0;
  uint32_t channels = 0, rate = 0, frame_bytes = 0, bits = 0;
};

Format read_format(const Input& input, uint64_t at, uint32_t size) {
  if (size < 16) input.corrupt(at, "the format of a WAV file takes 16 bytes or more: got ", size);
  unsigned char b[40] = {};
  input.read(at, b, std::min<uint32_t>(size, sizeof b));
  Format f{at,
           static_cast<uint16_t>(word_of(b, 2)),
           word_of(b + 2, 2),
           word_of(b + 4, 4),
           word_of(b + 12, 2),
           word_of(b + 14, 2)};
  if (f.kind == kExtensible) {
    if (size < 40 || std::memcmp(b + 26, kGuidEnd, sizeof kGuidEnd) != 0)
      input.fail_at(Code::kUnsupported, at,
                    "sound must be of whole numbers or floats: got another format in the extensible form");
    f.kind = static_cast<uint16_t>(word_of(b + 24, 2));
  }
  const bool known = f.kind == kInteger ? f.bits == 8 || f.bits == 16 || f.bits == 24 || f.bits == 32
                                        : f.kind == kFloat && (f.bits == 32 || f.bits == 64);
  if (!known)
    input.fail_at(
        Code::kUnsupported, at,
        "sound must be of whole numbers of 8, 16, 24 or 32 bits, or floats of 32 or 64: got format ", f.kind,
        " of ", f.bits, " bits; convert it");
  if (f.channels == 0 || f.rate == 0 || f.rate > INT32_MAX || f.frame_bytes != f.channels * f.bits / 8)
    input.corrupt(at, "the format contradicts itself: got ", f.channels, " channels of ", f.bits, " bits in ",
                  f.frame_bytes, " bytes a frame, ", f.rate, " frames a second");
  return f;
}

void convert(const Format& f, const unsigned char* from, size_t count, float* to) {
  const size_t bytes = f.bits / 8;
  for (size_t i = 0; i < count; i++, from += bytes) {
    if (f.kind == kFloat && bytes == 4) {
      const uint32_t word = word_of(from, 4);
      std::memcpy(to + i, &word, 4);
    } else if (f.kind == kFloat) {
      const uint64_t word = static_cast<uint64_t>(word_of(from + 4, 4)) << 32 | word_of(from, 4);
      double value;
      std::memcpy(&value, &word, 8);
      to[i] = static_cast<float>(value);
    } else if (bytes == 1) {  // the only one without a sign
      to[i] = static_cast<float>(from[0] - 128) / 128;
    } else {
      // In the upper bytes of a word, which gives it its sign, and the same divisor for all sizes.
      const auto word = static_cast<int32_t>(word_of(from, static_cast<int>(bytes)) << (32 - f.bits));
      to[i] = static_cast<float>(word) / 2147483648.0f;
    }
  }
}

Tensor read_samples(Context& context, const Input& input, const Format& f, uint64_t at, uint32_t size) {
  if (size % f.frame_bytes != 0)
    input.corrupt(at, "the data must be whole frames of ", f.frame_bytes, " bytes: got ", size, " bytes");
  const int64_t frames = size / f.frame_bytes;
  Tensor out = context.allocate(DType::kF32, {frames, f.channels});
  const size_t bytes = f.bits / 8, per_chunk = kWavChunk / bytes;
  const auto count = static_cast<size_t>(out.elements());
  std::unique_ptr<unsigned char[]> chunk(new unsigned char[kWavChunk]);
  for (size_t done = 0; done < count;) {
    const size_t n = std::min(per_chunk, count - done);
    input.read(at + done * bytes, chunk.get(), n * bytes);
    convert(f, chunk.get(), n, out.mutable_data<float>() + done);
    done += n;
  }
  return out;
}

}  // namespace

Sound read_wav(Context& context, const Input& input) {
  unsigned char head[12];
  input.read(0, head, sizeof head);
  if (std::memcmp(head, "RIFX", 4) == 0 || std::memcmp(head, "RF64", 4) == 0)
    input.fail_at(Code::kUnsupported, 0,
                  "a WAV file must be RIFF of 32 bits, little-endian: got another kind; convert it");
  if (std::memcmp(head, "RIFF", 4) != 0 || std::memcmp(head + 8, "WAVE", 4) != 0)
    input.corrupt(0, "a WAV file begins with RIFF, a size and WAVE; is it one?");
  const uint64_t end = uint64_t{word_of(head + 4, 4)} + 8;
  if (end != input.size())
    input.corrupt(
        4, "the header promises a file of ", end, " bytes: got ", input.size(),
        end > input.size() ? "; it is cut off, copy or download it again" : "; something follows the sound");
  Sound sound;
  Format format;
  for (uint64_t at = sizeof head; at < end;) {
    unsigned char chunk[8];
    input.read(at, chunk, sizeof chunk);
    const uint32_t size = word_of(chunk + 4, 4);
    const uint64_t content = at + sizeof chunk;
    if (size > end - content)
      input.corrupt(at + 4, "a chunk of ", size, " bytes does not fit the ", end - content,
                    " that are left; the file is cut off");
    const bool is_format = std::memcmp(chunk, "fmt ", 4) == 0, is_data = std::memcmp(chunk, "data", 4) == 0;
    if ((is_format && format.channels) || (is_data && sound.samples))
      input.corrupt(at, "a WAV file has one format and one block of data: got another");
    if (is_format) format = read_format(input, content, size);
    if (is_data && !format.channels) input.corrupt(at, "the format must come before the data");
    if (is_data) sound.samples = read_samples(context, input, format, content, size);
    at = content + size + size % 2;  // a chunk of an odd size is followed by a byte
  }
  if (!sound.samples) input.corrupt(end, "the file ends without any data");
  sound.rate = static_cast<int32_t>(format.rate);
  input.check_unchanged();
  return sound;
}

}  // namespace tl::io
