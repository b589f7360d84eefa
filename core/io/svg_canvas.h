// SVG 1.1 as a canvas, and the parts of it that pictures without axes need, too.
#pragma once

#include <string>
#include <vector>

#include "core/io/canvas.h"

namespace tl::io {

// Two digits behind the point.
std::string svg_number(double value);
// A white picture of this size, up to where its content begins; "</svg>\n" ends it.
std::string svg_head(double width, double height, const std::string& title);
std::string svg_text(Point at, Anchor anchor, const std::string& text, const Letters& letters = {});

class SvgCanvas final : public Canvas {
 public:
  SvgCanvas(double width, double height, const std::string& title) : out_(svg_head(width, height, title)) {}

  void line(Point from, Point to, const Stroke& stroke) override;
  void curve(const std::vector<std::vector<Point>>& parts, const Stroke& stroke) override;
  void dot(Point center, double radius, uint32_t color) override;
  using Canvas::text;
  void text(Point at, Anchor anchor, const std::string& text, const Letters& letters) override;
  double text_width(const std::string& text) const override;
  std::string end() { return std::move(out_) + "</svg>\n"; }

 private:
  std::string out_;
};

}  // namespace tl::io
