// Plots and images of the C API.
#include "tapeloop/plot.h"

#include <algorithm>
#include <cstdio>

#include "capi/src/call.h"
#include "core/io/append_file.h"
#include "core/io/pixels.h"
#include "core/io/plot.h"
#include "core/tensor/context.h"

using namespace tl;
using namespace tl::capi;

namespace {

struct PlotObject {
  io::Plot plot;
};

template <class F>
tl_status with_plot(tl_plot* plot, const char* op, F&& f) noexcept {
  return effect<PlotObject>(plot, Kind::kPlot, op, [&](Session&, PlotObject& o) { f(o.plot); });
}

io::GridOptions grid_options(const char* op, const tl_image_grid_options* options, int64_t scale) {
  const tl_image_grid_options o = options_from(op, options, tl_image_grid_options_init);
  if (!(o.background >= 0 && o.background <= 1))
    invalid("[", op, "] 'background' must be in [0, 1]: got ", o.background, "; 0 is black, 1 is white");
  if (o.columns < 0 || o.scale < 0)
    invalid("[", op, "] 'columns' and 'scale' must not be negative: got ", o.columns, " and ", o.scale,
            "; 0 stands for the default");
  io::GridOptions out;
  out.columns = o.columns;
  out.padding = o.padding == 0 ? out.padding : std::max<int64_t>(o.padding, 0);
  out.scale = o.scale ? o.scale : scale;
  out.background = o.background;
  return out;
}

// Of shape (height, width, channels), or (height, width) for a rank of 2.
tl_tensor* tensor_of_pixels(Session& s, const io::Pixels& pixels, size_t rank) {
  const int64_t dims[] = {pixels.height, pixels.width, pixels.channels};
  const Tensor out = s.core().allocate(DType::kU8, Shape(Span<const int64_t>(dims, rank)));
  std::copy(pixels.bytes.begin(), pixels.bytes.end(), out.mutable_data<uint8_t>());
  return s.make_tensor(out);
}

// The elements of a tensor as texts; floats at four digits.
std::vector<std::string> captions_of(const char* op, const Tensor& t, size_t count) {
  if (static_cast<size_t>(t.elements()) != count)
    invalid("[", op, "] 'captions' must have an element for each image: got ", t.dtype(), " ", t.shape(),
            " for ", count, " images; pass NULL for none");
  std::vector<std::string> out;
  for (int64_t i = 0; i < t.elements(); i++) {
    char number[40];
    switch (t.dtype()) {
      case DType::kF32: std::snprintf(number, sizeof number, "%.4g", t.data<float>()[i]); break;
      case DType::kF64: std::snprintf(number, sizeof number, "%.4g", t.data<double>()[i]); break;
      case DType::kI32: std::snprintf(number, sizeof number, "%d", t.data<int32_t>()[i]); break;
      case DType::kI64:
        std::snprintf(number, sizeof number, "%lld", static_cast<long long>(t.data<int64_t>()[i]));
        break;
      default: std::snprintf(number, sizeof number, "%u", t.data<uint8_t>()[i]); break;
    }
    out.emplace_back(number);
  }
  return out;
}

}  // namespace

extern "C" {

TL_API void tl_plot_options_init(tl_plot_options* options, size_t struct_size) {
  (void)clear_options(options, struct_size);
}
TL_API void tl_image_grid_options_init(tl_image_grid_options* options, size_t struct_size) {
  (void)clear_options(options, struct_size);
}

TL_API tl_plot* tl_plot_new(tl_context* context, const char* title, const tl_plot_options* options) {
  constexpr const char* op = "plot_new";
  return make(context, op, [&](Session& s) {
    const tl_plot_options o = options_from(op, options, tl_plot_options_init);
    io::PlotOptions p;
    if (o.width) p.width = o.width;
    if (o.height) p.height = o.height;
    p.log_x = o.log_x;
    p.log_y = o.log_y;
    p.smoothing = o.smoothing;
    if (o.scale) p.scale = o.scale;
    auto object = std::make_unique<PlotObject>(PlotObject{io::Plot(title ? title : "", p)});
    return make_object<tl_plot>(s, Kind::kPlot, object.release());
  });
}

TL_API tl_status tl_plot_set_labels(tl_plot* plot, const char* x, const char* y) {
  return with_plot(plot, "plot_set_labels", [&](io::Plot& p) {
    if (x) p.set_x_label(x);
    if (y) p.set_y_label(y);
  });
}

TL_API tl_status tl_plot_add(tl_plot* plot, const char* name, double x, double y) {
  constexpr const char* op = "plot_add";
  return with_plot(plot, op, [&](io::Plot& p) { p.add(checked_text(op, "name", name), x, y); });
}

TL_API tl_status tl_plot_add_many(tl_plot* plot, const char* name, const double* x, const double* y,
                                  size_t count) {
  constexpr const char* op = "plot_add_many";
  return with_plot(plot, op, [&](io::Plot& p) {
    check_list(op, "y", y, count);
    p.add(checked_text(op, "name", name), x, y, count);
  });
}

TL_API tl_status tl_plot_svg(tl_plot* plot, char* buffer, size_t capacity, size_t* length) {
  return with_plot(plot, "plot_svg", [&](io::Plot& p) {
    check_buffer("plot_svg", "buffer", buffer, capacity);
    copy_text(p.svg(), buffer, capacity, length);
  });
}

TL_API tl_status tl_plot_write_svg(tl_plot* plot, const char* path) {
  constexpr const char* op = "plot_write_svg";
  return with_plot(plot, op,
                   [&](io::Plot& p) { io::write_file(op, checked_text(op, "path", path), p.svg()); });
}

TL_API tl_tensor* tl_plot_image(tl_plot* plot) {
  constexpr const char* op = "plot_image";
  tl_tensor* made = nullptr;
  (void)effect<PlotObject>(plot, Kind::kPlot, op, [&](Session& s, PlotObject& o) {
    s.reserve_handles(1);
    made = tensor_of_pixels(s, o.plot.image(), 3);
  });
  return made;
}

TL_API tl_plot* tl_plot_keep(tl_plot* plot) { return keep(plot, Kind::kPlot, "plot_keep") ? plot : nullptr; }
TL_API void tl_plot_release(tl_plot* plot) { release_from_any_thread(plot, Kind::kPlot); }

TL_API tl_tensor* tl_image_grid(tl_context* context, tl_tensor* images,
                                const tl_image_grid_options* options) {
  constexpr const char* op = "image_grid";
  return make(context, op, [&](Session& s) {
    const io::GridOptions grid = grid_options(op, options, 1);
    const Tensor& from = host_readable(s, images, op, "images");
    const io::Pixels pixels = io::image_grid(op, from, grid);
    s.reserve_handles(1);
    return tensor_of_pixels(s, pixels, from.rank() == 4 ? 3 : 2);
  });
}

TL_API tl_status tl_write_png(tl_tensor* image, const char* path) {
  constexpr const char* op = "write_png";
  return guarded(image, Kind::kTensor, op, When::kNotFailed, [&](Session& s) {
    const std::string name = checked_text(op, "path", path);
    io::write_file(op, name, io::encode_png(op, io::pixels_of(op, host_readable(s, image, op, "image"))));
  });
}

TL_API tl_status tl_write_image_svg(tl_tensor* images, tl_tensor* captions, const char* title,
                                    const tl_image_grid_options* options, const char* path) {
  constexpr const char* op = "write_image_svg";
  return guarded(images, Kind::kTensor, op, When::kNotFailed, [&](Session& s) {
    const std::string name = checked_text(op, "path", path);
    const io::GridOptions grid = grid_options(op, options, 2);
    std::vector<io::CaptionedImage> all;
    for (io::Pixels& p : io::images_of(op, host_readable(s, images, op, "images")))
      all.push_back({std::move(p), ""});
    if (captions) {
      const auto texts = captions_of(op, host_readable(s, captions, op, "captions"), all.size());
      for (size_t i = 0; i < all.size(); i++) all[i].caption = texts[i];
    }
    io::write_file(op, name, io::image_svg(op, title ? title : "", all, grid));
  });
}

}  // extern "C"
