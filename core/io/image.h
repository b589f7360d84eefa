// PNG and JPEG images as tensors of bytes, (height, width, channels). libspng and libturbojpeg decode them: both give an error back and
// end no program. pixels.h makes PNG. Other formats, animations, colour profiles and the orientation of a photograph are not looked at.
#pragma once

#include "core/io/input.h"
#include "core/tensor/tensor.h"

namespace tl::io {

struct ImageOptions {
  // 1: grey, 3: red, green, blue, 4: with opacity; 0: as the file has them, which for PNG may also be 2, grey with opacity.
  int channels = 0;
  uint64_t max_bytes = 0;  // most bytes to decode an image; 0: the size of the file and 64 MiB
};

// Throws kInvalidArgument where there is no such number of channels.
void check_channels(const char* op, int channels);

// The image, told to be PNG or JPEG by its first bytes. Samples of 16 bits give their upper 8, those of fewer bits are spread over 0
// to 255, palettes are resolved. Colour becomes grey as 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), and in JPEG by leaving the
// colour out; opacity that is not asked for is left out, one that is not there is 255.
//
// Throws kCorruptData (neither format, damaged, cut off; PNG has checksums, in JPEG a flipped bit that leaves the stream readable
// only changes pixels; whatever libjpeg warns of is damage), kUnsupported (JPEG in CMYK), kOutOfMemory (the size that the header
// claims takes more than max_bytes), kInvalidArgument (other channels), and what Input throws.
Tensor read_image(Context& context, const Input& input, const ImageOptions& options);

}  // namespace tl::io
