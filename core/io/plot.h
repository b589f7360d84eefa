// Plot: curves over one pair of axes, drawn as SVG 1.1 or as pixels; images side by side as SVG. No library draws, and no font is looked for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/io/canvas.h"
#include "core/io/pixels.h"

namespace tl::io {

struct PlotOptions {
  int64_t width = 720, height = 432;
  bool log_x = false, log_y = false;
  double smoothing = 0;
  int64_t scale = 1;  // pixels of image() for each of the picture, along both axes
};

class Plot {
 public:
  // Throws kInvalidArgument for sizes that show nothing and a smoothing outside [0, 1).
  Plot(std::string title, const PlotOptions& options);

  void set_x_label(std::string label) { x_label_ = std::move(label); }
  void set_y_label(std::string label) { y_label_ = std::move(label); }
  // Makes the curve where there is none of this name.
  void add(const std::string& name, double x, double y);
  // All of them or, without memory, none. A null x: the numbers of the points.
  void add(const std::string& name, const double* x, const double* y, size_t count);

  // Throws kFailedPrecondition where no point has a place. Curves of more points than the picture has columns lose those that nobody
  // could see: of neighbours in one column the first, the lowest, the highest and the last stay (M4, Jugel and others 2014).
  std::string svg() const;
  // The same in RGB. Letters are those of stroke_font.h.
  Pixels image() const;

 private:
  struct Curve {
    std::string name;
    std::vector<double> x, y;
  };
  Curve& curve(const std::string& name);
  void check_points(const char* op) const;
  void draw(Canvas& canvas) const;

  std::string title_, x_label_, y_label_;
  PlotOptions options_;
  std::vector<Curve> curves_;
};

// Numbers at which an axis from min to max has its ticks: multiples of 1, 2 or 5 times a power of ten, about `about` of them
// (Heckbert 1990). Finite, min < max.
std::vector<double> ticks(double min, double max, int about);
// The same along a logarithmic axis: powers of ten, with 2 and 5 times these where there are few; those of ticks() in a part of a decade
// that has fewer than three of them.
std::vector<double> log_ticks(double min, double max, int about);

struct CaptionedImage {
  Pixels pixels;
  std::string caption;
};
// `scale` pixels of the picture for each of an image, whose edges stay sharp.
std::string image_svg(const char* op, const std::string& title, const std::vector<CaptionedImage>& images,
                      const GridOptions& options);

}  // namespace tl::io
