// Pixels: images as files want them, eight bits a channel, and what makes them of tensors.
#pragma once

#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace tl::io {

struct Pixels {
  int64_t height = 0, width = 0;
  int channels = 1;            // 1: grey, 3: RGB, 4: RGB with alpha
  std::vector<uint8_t> bytes;  // row by row
};

struct GridOptions {
  int64_t columns = 0;  // 0: about as many as rows
  int64_t padding = 2;  // pixels between images and around them
  int64_t scale = 1;    // each pixel becomes a square of so many pixels a side
  double background = 0;
};

// A tensor of shape (height, width) or (height, width, channels) with 1, 3 or 4 channels; u8 as it is, bool as black and white, f32 and f64
// from [0, 1], where what lies outside becomes the nearest value in it, and NaN black. Throws kInvalidArgument; `op` begins the message.
Pixels pixels_of(const char* op, const Tensor& image);
// A batch of images, (count, height, width) or (count, height, width, channels), side by side, row by row. Throws kInvalidArgument, also for a
// result of more than 2^31 - 1 bytes.
Pixels image_grid(const char* op, const Tensor& images, const GridOptions& options);
// Each image of a batch by itself.
std::vector<Pixels> images_of(const char* op, const Tensor& images);

// A PNG file (ISO/IEC 15948), by libspng.
std::string encode_png(const char* op, const Pixels& pixels);

}  // namespace tl::io
