// PNG by libspng.
#include <spng.h>

#include <cstring>
#include <memory>

#include "core/io/image_codecs.h"

namespace tl::io {
namespace {

constexpr size_t kChunkLimit = size_t{8}
                               << 20;  // what one chunk beside the pixels may hold, and all of them together

struct FreeContext {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using Png = std::unique_ptr<spng_ctx, FreeContext>;

class Decoder {
 public:
  Decoder(const Input& input, ByteSpan bytes) : input_(input), png_(spng_ctx_new(0)) {
    if (!png_) throw std::bad_alloc();
    check(spng_set_crc_action(png_.get(), SPNG_CRC_ERROR, SPNG_CRC_ERROR));
    check(spng_set_chunk_limits(png_.get(), kChunkLimit, kChunkLimit));
    check(spng_set_png_buffer(png_.get(), bytes.data(), bytes.size()));
    check(spng_get_ihdr(png_.get(), &header_));
    spng_trns unused;
    const int result = spng_get_trns(png_.get(), &unused);
    if (result != SPNG_ECHUNKAVAIL) check(result);
    transparent_ = result == 0;
  }

  const spng_ihdr& header() const { return header_; }
  bool grey() const {
    return header_.color_type == SPNG_COLOR_TYPE_GRAYSCALE ||
           header_.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA;
  }
  bool opacity() const {
    return transparent_ || header_.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA ||
           header_.color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA;
  }

  // All pixels, and then what follows them up to the end of the file.
  void decode(void* to, size_t bytes, int format) {
    check(spng_decode_image(png_.get(), to, bytes, format, SPNG_DECODE_TRNS));
    check(spng_decode_chunks(png_.get()));
  }

 private:
  void check(int result) const {
    if (result == SPNG_OK) return;
    if (result == SPNG_EMEM) throw std::bad_alloc();
    const bool cut = result == SPNG_IO_EOF || result == SPNG_EOF || result == SPNG_EIDAT_TOO_SHORT;
    // Where in the file libspng does not say.
    input_.corrupt(cut ? input_.size() : 0, "the PNG image is damaged or cut off: ", spng_strerror(result),
                   "; copy or download it again");
  }

  const Input& input_;
  Png png_;
  spng_ihdr header_{};
  bool transparent_ = false;
};

// libspng does not look at the last chunk's content: it must be there whole, with its checksum.
void check_end(const Input& input, ByteSpan bytes) {
  constexpr unsigned char kEnd[] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};
  size_t at = 8;
  while (bytes.size() - at >= sizeof kEnd) {
    if (std::memcmp(bytes.data() + at + 4, kEnd + 4, 4) == 0) {
      if (std::memcmp(bytes.data() + at, kEnd, sizeof kEnd) == 0) return;
      break;
    }
    const uint64_t length = static_cast<uint64_t>(bytes[at]) << 24 |
                            static_cast<uint64_t>(bytes[at + 1]) << 16 |
                            static_cast<uint64_t>(bytes[at + 2]) << 8 | bytes[at + 3];
    if (length > bytes.size() - at - sizeof kEnd) break;
    at += length + sizeof kEnd;
  }
  input.corrupt(at,
                "the PNG image is damaged or cut off: its last chunk, IEND, is missing or damaged; copy or "
                "download it again");
}

// From red, green, blue and opacity to fewer channels.
void reduce(const unsigned char* from, size_t pixels, int channels, bool grey, unsigned char* to) {
  for (size_t i = 0; i < pixels; i++, from += 4, to += channels) {
    // BT.601 in units of 1/65536; where all three are alike it is what they are.
    to[0] = grey ? from[0]
                 : static_cast<unsigned char>(
                       (19595u * from[0] + 38470u * from[1] + 7471u * from[2] + 32768u) >> 16);
    if (channels == 2) to[1] = from[3];
  }
}

}  // namespace

Tensor decode_png(Context& context, const Input& input, ByteSpan bytes, int channels, Budget& budget) {
  check_end(input, bytes);
  Decoder png(input, bytes);
  if (channels == 0) channels = (png.grey() ? 1 : 3) + png.opacity();
  const bool whole_bytes = png.header().bit_depth <= 8;
  const int direct = channels == 4                                                  ? SPNG_FMT_RGBA8
                     : channels == 3                                                ? SPNG_FMT_RGB8
                     : channels == 1 && whole_bytes && !png.opacity() && png.grey() ? SPNG_FMT_G8
                                                                                    : 0;
  const uint64_t pixels = uint64_t{png.header().width} * png.header().height;
  // Both sizes are below 2^31. A row has up to 8 bytes a pixel, and libspng holds a few of them.
  budget.take(input, 16,
              pixels * static_cast<uint64_t>(channels + (direct ? 0 : 4)) + uint64_t{png.header().width} * 32,
              "an image of ", png.header().width, " x ", png.header().height, " pixels");
  Tensor out = context.allocate(DType::kU8, {png.header().height, png.header().width, channels});
  auto* to = reinterpret_cast<unsigned char*>(out.mutable_raw());
  if (direct) {
    png.decode(to, out.bytes(), direct);
    return out;
  }
  std::unique_ptr<unsigned char[]> all(new unsigned char[pixels * 4]);
  png.decode(all.get(), pixels * 4, SPNG_FMT_RGBA8);
  reduce(all.get(), pixels, channels, png.grey(), to);
  return out;
}

}  // namespace tl::io
