// Canvas: what a plot is drawn on, in pixels of the picture from the upper left corner. A picture in text (SVG) and one in pixels
// get the same calls; how wide letters are is the canvas's own affair.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tl::io {

inline constexpr uint32_t kInk = 0x333333;  // of letters and axes, 0xRRGGBB

struct Point {
  double x = 0, y = 0;
};

// How a line is drawn. Dashes: so much line, then so much of a gap; 0: none.
struct Stroke {
  uint32_t color = 0;  // 0xRRGGBB
  double width = 1;
  double opacity = 1;
  int dash = 0, gap = 0;
};

enum class Anchor { kStart, kMiddle, kEnd };

struct Letters {
  double size = 12;
  bool bold = false;
  bool upwards = false;  // turned by a quarter, to be read from below
};

class Canvas {
 public:
  Canvas() = default;
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;
  virtual ~Canvas() = default;

  virtual void line(Point from, Point to, const Stroke& stroke) = 0;
  // Lines from point to point; no two parts touch. Overlaps of a curve with itself are no darker.
  virtual void curve(const std::vector<std::vector<Point>>& parts, const Stroke& stroke) = 0;
  virtual void dot(Point center, double radius, uint32_t color) = 0;
  // `at` is on the line that letters stand on.
  virtual void text(Point at, Anchor anchor, const std::string& text, const Letters& letters) = 0;
  void text(Point at, Anchor anchor, const std::string& words) { text(at, anchor, words, Letters{}); }
  // Of text of the default size, about.
  virtual double text_width(const std::string& text) const = 0;
};

}  // namespace tl::io
