// Raster: a canvas of pixels, white at first. Lines have round ends and smooth edges: what a pixel gets is its distance to the middle of the
// line, which is exact for lines as wide as a pixel or wider and far from their ends.
#pragma once

#include <vector>

#include "core/io/canvas.h"
#include "core/io/pixels.h"

namespace tl::io {

class Raster final : public Canvas {
 public:
  // A picture of width times height, each of its pixels as `scale` times `scale`.
  Raster(int64_t width, int64_t height, int64_t scale);

  // Upright and level lines lie on whole pixels, so that they are sharp.
  void line(Point from, Point to, const Stroke& stroke) override;
  void curve(const std::vector<std::vector<Point>>& parts, const Stroke& stroke) override;
  void dot(Point center, double radius, uint32_t color) override;
  using Canvas::text;
  void text(Point at, Anchor anchor, const std::string& text, const Letters& letters) override;
  double text_width(const std::string& text) const override;

  Pixels take() { return std::move(pixels_); }  // RGB

 private:
  // Parts in pixels of this canvas, drawn with a round pen.
  void draw(const std::vector<std::vector<Point>>& parts, double width, uint32_t color, double opacity);

  double scale_;
  Pixels pixels_;
  std::vector<float> coverage_;  // of the part of the picture that is drawn on, kept for its memory
};

}  // namespace tl::io
