#include "core/io/pixels.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace tl::io {
namespace {

constexpr int64_t kMostBytes = 0x7FFFFFFF;

// Rows, columns and channels of images whose shape begins at an axis. Throws.
Pixels measured(const char* op, const Tensor& t, int first) {
  const Shape& shape = t.shape();
  const int axes = shape.rank() - first;
  const bool fits =
      axes == 2 || (axes == 3 && (shape[first + 2] == 1 || shape[first + 2] == 3 || shape[first + 2] == 4));
  const char* of = first ? "(count, height, width) or (count, height, width, 1, 3 or 4)"
                         : "(height, width) or (height, width, 1, 3 or 4)";
  if (!fits || t.elements() == 0)
    invalid("[", op, "] images must be of shape ", of, " and not empty: got ", t.dtype(), " ", shape,
            "; reshape or transpose it");
  if (t.dtype() == DType::kI32 || t.dtype() == DType::kI64)
    invalid("[", op, "] images must be u8, bool, or floats in [0, 1]: got ", t.dtype(), " ", shape,
            "; use cast, and divide by 255 where they are bytes");
  Pixels p;
  p.height = shape[first];
  p.width = shape[first + 1];
  p.channels = axes == 3 ? static_cast<int>(shape[first + 2]) : 1;
  return p;
}

template <class T>
uint8_t byte_of(T value) {
  if (!(value > 0)) return 0;  // NaN too
  return value >= 1 ? 255 : static_cast<uint8_t>(std::lround(value * 255));
}

template <class T>
void convert(const Tensor& t, int64_t from, uint8_t* to, int64_t count) {
  const T* x = t.data<T>() + from;
  for (int64_t i = 0; i < count; i++) to[i] = byte_of(x[i]);
}

void read_bytes(const Tensor& t, int64_t from, uint8_t* to, int64_t count) {
  switch (t.dtype()) {
    case DType::kF32: return convert<float>(t, from, to, count);
    case DType::kF64: return convert<double>(t, from, to, count);
    case DType::kBool:
      for (int64_t i = 0; i < count; i++) to[i] = t.data<uint8_t>()[from + i] ? 255 : 0;
      return;
    default: std::copy_n(t.data<uint8_t>() + from, count, to); return;
  }
}

void check_batch(const char* op, const Tensor& images) {
  if (images.rank() < 3)
    invalid("[", op,
            "] images must be of shape (count, height, width) or (count, height, width, channels): got ",
            images.dtype(), " ", images.shape(), "; give a single image an axis in front");
}

}  // namespace

Pixels pixels_of(const char* op, const Tensor& image) {
  Pixels p = measured(op, image, 0);
  p.bytes.resize(static_cast<size_t>(image.elements()));
  read_bytes(image, 0, p.bytes.data(), image.elements());
  return p;
}

std::vector<Pixels> images_of(const char* op, const Tensor& images) {
  check_batch(op, images);
  const Pixels like = measured(op, images, 1);
  const int64_t each = like.height * like.width * like.channels;
  std::vector<Pixels> out(static_cast<size_t>(images.shape()[0]), like);
  for (size_t i = 0; i < out.size(); i++) {
    out[i].bytes.resize(static_cast<size_t>(each));
    read_bytes(images, static_cast<int64_t>(i) * each, out[i].bytes.data(), each);
  }
  return out;
}

Pixels image_grid(const char* op, const Tensor& images, const GridOptions& options) {
  check_batch(op, images);
  const Pixels each = measured(op, images, 1);
  const int64_t count = images.shape()[0];
  auto check = [&](const char* name, int64_t value, int64_t least) {
    if (value < least || value > kMostBytes)
      invalid("[", op, "] '", name, "' must be ", least, " to ", kMostBytes, ": got ", value,
              "; 0 stands for the default");
  };
  check("columns", options.columns, 0);
  check("padding", options.padding, 0);
  check("scale", options.scale, 1);
  const auto about = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  const int64_t columns = std::min(count, options.columns ? options.columns : about);
  const int64_t rows = (count + columns - 1) / columns;
  Pixels grid = each;
  const auto side = [&](int64_t cells, int64_t size) {
    int64_t scaled, all;
    if (__builtin_mul_overflow(size, options.scale, &scaled) ||
        __builtin_add_overflow(scaled, options.padding, &scaled) ||
        __builtin_mul_overflow(scaled, cells, &all) || __builtin_add_overflow(all, options.padding, &all))
      return kMostBytes + 1;
    return all;
  };
  grid.height = side(rows, each.height);
  grid.width = side(columns, each.width);
  if (grid.height > kMostBytes || grid.width > kMostBytes ||
      grid.height > kMostBytes / grid.width / each.channels)
    invalid("[", op, "] the grid must have at most ", kMostBytes, " bytes: got ", rows, " rows and ", columns,
            " columns of ", each.height, " x ", each.width, " pixels; use a smaller scale");
  grid.bytes.assign(static_cast<size_t>(grid.height * grid.width * each.channels),
                    byte_of(options.background));
  const int64_t size = each.height * each.width * each.channels;
  std::vector<uint8_t> one(static_cast<size_t>(size));
  for (int64_t i = 0; i < count; i++) {
    read_bytes(images, i * size, one.data(), size);
    const int64_t top = options.padding + i / columns * (each.height * options.scale + options.padding);
    const int64_t left = options.padding + i % columns * (each.width * options.scale + options.padding);
    for (int64_t y = 0; y < each.height * options.scale; y++) {
      const uint8_t* from = one.data() + y / options.scale * each.width * each.channels;
      uint8_t* to = grid.bytes.data() + ((top + y) * grid.width + left) * each.channels;
      for (int64_t x = 0; x < each.width * options.scale; x++)
        to = std::copy_n(from + x / options.scale * each.channels, each.channels, to);
    }
  }
  return grid;
}

}  // namespace tl::io
