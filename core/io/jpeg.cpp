// JPEG by libturbojpeg, whose errors come back as return values.
#include <turbojpeg.h>

#include <cstring>
#include <memory>

#include "core/io/image_codecs.h"

namespace tl::io {
namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};

// Whether libjpeg must hold the coefficients of the whole image: where it comes in several scans, as progressive ones do. What is
// not understood here is left to libjpeg to refuse.
bool in_several_scans(ByteSpan bytes) {
  int components = 0;
  for (size_t at = 2; at + 4 <= bytes.size();) {
    if (bytes[at] != 0xff) return true;
    const int marker = bytes[at + 1];
    if (marker == 0xff) {  // padding
      at++;
      continue;
    }
    const size_t length = static_cast<size_t>(bytes[at + 2]) << 8 | bytes[at + 3];
    if (length < 2 || at + 2 + length > bytes.size()) return true;
    const bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame) {
      if (marker != 0xc0 && marker != 0xc1) return true;
      if (length >= 8) components = bytes[at + 9];
    }
    if (marker == 0xda) return length < 3 || bytes[at + 4] < components;
    at += 2 + length;
  }
  return true;
}

}  // namespace

Tensor decode_jpeg(Context& context, const Input& input, ByteSpan bytes, int channels, Budget& budget) {
  std::unique_ptr<void, Destroy> decoder(tjInitDecompress());
  if (!decoder) throw std::bad_alloc();
  auto refuse = [&] {
    const char* what = tjGetErrorStr2(decoder.get());
    if (std::strstr(what, "nsufficient memory") || std::strstr(what, "alloc")) throw std::bad_alloc();
    // Where in the file libjpeg does not say.
    input.corrupt(0, "the JPEG image is damaged or cut off: ", what, "; copy or download it again");
  };
  int width = 0, height = 0, subsampling = 0, colors = 0;
  if (tjDecompressHeader3(decoder.get(), bytes.data(), bytes.size(), &width, &height, &subsampling,
                          &colors) != 0)
    refuse();
  if (width <= 0 || height <= 0) input.corrupt(0, "the JPEG image has no pixels: got ", width, " x ", height);
  if (colors == TJCS_CMYK || colors == TJCS_YCCK)
    input.fail_at(Code::kUnsupported, 0,
                  "a JPEG image must be grey or in colour: got one for print (CMYK); convert it");
  if (channels == 0) channels = colors == TJCS_GRAY ? 1 : 3;
  const uint64_t pixels = static_cast<uint64_t>(width) * static_cast<uint64_t>(height);
  // Coefficients have two bytes, of up to three components; besides, libjpeg holds some rows.
  const uint64_t each = static_cast<uint64_t>(channels) + (in_several_scans(bytes) ? 6 : 0);
  budget.take(input, 0, pixels * each + static_cast<uint64_t>(width) * 128, "an image of ", width, " x ",
              height, " pixels");
  Tensor out = context.allocate(DType::kU8, {height, width, channels});
  const int format = channels == 1 ? TJPF_GRAY : channels == 3 ? TJPF_RGB : TJPF_RGBA;
  // As libjpeg decodes by itself; a warning, such as of data that ends too early, is an error.
  const int flags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
  if (tjDecompress2(decoder.get(), bytes.data(), bytes.size(),
                    reinterpret_cast<unsigned char*>(out.mutable_raw()), width, 0, height, format,
                    flags) != 0)
    refuse();
  return out;
}

}  // namespace tl::io
