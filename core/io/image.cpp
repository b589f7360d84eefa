#include "core/io/image.h"

#include <cstring>
#include <memory>

#include "core/io/image_codecs.h"

namespace tl::io {
namespace {

constexpr unsigned char kPng[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
constexpr unsigned char kJpeg[] = {0xff, 0xd8, 0xff};

}  // namespace

void check_channels(const char* op, int channels) {
  if (channels != 0 && channels != 1 && channels != 3 && channels != 4)
    invalid("[", op,
            "] 'channels' must be 1 (grey), 3 (colour), 4 (with opacity) or 0 (as in the file): got ",
            channels, "; what do you want to do with the image?");
}

Tensor read_image(Context& context, const Input& input, const ImageOptions& options) {
  const int channels = options.channels;
  check_channels(input.op(), channels);
  Budget budget(input, options.max_bytes);
  const auto size = static_cast<size_t>(input.size());
  budget.take(input, 0, size, "the file");
  std::unique_ptr<unsigned char[]> bytes(new unsigned char[size]);
  input.read(0, bytes.get(), size);
  input.check_unchanged();
  const ByteSpan all(bytes.get(), size);
  if (size >= sizeof kPng && std::memcmp(bytes.get(), kPng, sizeof kPng) == 0)
    return decode_png(context, input, all, channels, budget);
  if (size >= sizeof kJpeg && std::memcmp(bytes.get(), kJpeg, sizeof kJpeg) == 0)
    return decode_jpeg(context, input, all, channels, budget);
  input.corrupt(0, "an image must be PNG or JPEG, and neither begins like this; is it cut off?");
}

}  // namespace tl::io
