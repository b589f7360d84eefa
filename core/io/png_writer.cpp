// PNG files by libspng (BSD), which is made for that and nothing else, and needs zlib only, which the library has anyway.
#include <spng.h>

#include <cstdlib>
#include <memory>
#include <new>

#include "core/base/error.h"
#include "core/io/pixels.h"

namespace tl::io {

std::string encode_png(const char* op, const Pixels& pixels) {
  const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> encoder(spng_ctx_new(SPNG_CTX_ENCODER), spng_ctx_free);
  if (!encoder) throw std::bad_alloc();
  spng_ihdr header{};
  header.width = static_cast<uint32_t>(pixels.width);
  header.height = static_cast<uint32_t>(pixels.height);
  header.bit_depth = 8;
  header.color_type = static_cast<uint8_t>(pixels.channels == 1   ? SPNG_COLOR_TYPE_GRAYSCALE
                                           : pixels.channels == 3 ? SPNG_COLOR_TYPE_TRUECOLOR
                                                                  : SPNG_COLOR_TYPE_TRUECOLOR_ALPHA);
  int error = spng_set_option(encoder.get(), SPNG_ENCODE_TO_BUFFER, 1);
  if (!error) error = spng_set_ihdr(encoder.get(), &header);
  if (!error)
    error = spng_encode_image(encoder.get(), pixels.bytes.data(), pixels.bytes.size(), SPNG_FMT_PNG,
                              SPNG_ENCODE_FINALIZE);
  size_t size = 0;
  const std::unique_ptr<void, void (*)(void*)> file(
      error ? nullptr : spng_get_png_buffer(encoder.get(), &size, &error), std::free);
  if (error == SPNG_EMEM) throw std::bad_alloc();
  if (error || !file)
    fail(Code::kInternal, "[", op, "] an image of ", pixels.height, " x ", pixels.width, " x ",
         pixels.channels, " must become a PNG file: got '", spng_strerror(error),
         "' of libspng; this is a bug in tapeloop");
  return std::string(static_cast<const char*>(file.get()), size);
}

}  // namespace tl::io
