#include "core/io/raster.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/io/stroke_font.h"

namespace tl::io {
namespace {

constexpr double kPen = 0.09, kBoldPen = 0.14;  // of the size of letters

struct Box {
  double left, top, right, bottom;
};

// Whole pixels [left, right) times [top, bottom) that a box touches, of a picture.
struct Region {
  int64_t left, top, right, bottom;
};
Region region_of(const Box& box, const Pixels& pixels) {
  const auto within = [](double v, int64_t most) {
    return static_cast<int64_t>(std::clamp(v, 0.0, static_cast<double>(most)));
  };
  return {within(std::floor(box.left), pixels.width), within(std::floor(box.top), pixels.height),
          within(std::ceil(box.right), pixels.width), within(std::ceil(box.bottom), pixels.height)};
}

double distance(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double along = length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}

// A coordinate at which a line of this width covers whole pixels.
double sharp(double at, double width) {
  const bool odd = static_cast<int64_t>(std::max(1.0, std::round(width))) % 2 != 0;
  return odd ? std::floor(at) + 0.5 : std::round(at);
}

// The dashes of a line, each as a line of its own. Round ends take the place of what is cut off.
std::vector<std::vector<Point>> dashed(const std::vector<std::vector<Point>>& parts, double dash, double gap,
                                       double width) {
  const double on = std::max(dash - width, 0.0), period = dash + gap;
  std::vector<std::vector<Point>> out;
  for (const std::vector<Point>& part : parts) {
    double passed = 0;  // since the beginning of the period
    if (!part.empty()) out.push_back({part[0]});
    for (size_t i = 1; i < part.size(); i++) {
      Point a = part[i - 1];
      const Point b = part[i];
      double left = std::hypot(b.x - a.x, b.y - a.y);
      while (left > 0) {
        const bool drawn = passed < on;
        const double step = std::min(left, (drawn ? on : period) - passed);
        const double share = step / left;
        a = {a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share};
        left -= step;
        passed += step;
        if (drawn) out.back().push_back(a);
        if (passed >= period) passed = 0, out.push_back({a});
      }
    }
  }
  return out;
}

}  // namespace

Raster::Raster(int64_t width, int64_t height, int64_t scale) : scale_(static_cast<double>(scale)) {
  pixels_.width = width * scale;
  pixels_.height = height * scale;
  pixels_.channels = 3;
  pixels_.bytes.assign(static_cast<size_t>(pixels_.width * pixels_.height * 3), 255);
}

void Raster::draw(const std::vector<std::vector<Point>>& parts, double width, uint32_t color,
                  double opacity) {
  const double radius = width / 2, reach = radius + 0.5;
  const double most = std::numeric_limits<double>::max();
  Box all{most, most, -most, -most};
  for (const auto& part : parts)
    for (const Point& p : part)
      all = {std::min(all.left, p.x - reach), std::min(all.top, p.y - reach),
             std::max(all.right, p.x + reach), std::max(all.bottom, p.y + reach)};
  if (!(all.left < all.right)) return;
  const Region region = region_of(all, pixels_);
  const int64_t across = region.right - region.left, down = region.bottom - region.top;
  if (across <= 0 || down <= 0) return;
  coverage_.assign(static_cast<size_t>(across * down), 0);
  for (const auto& part : parts)
    for (size_t i = 0; i < part.size(); i++) {
      if (i == 0 && part.size() > 1) continue;
      const Point a = part[i == 0 ? 0 : i - 1], b = part[i];
      const Region near = region_of({std::min(a.x, b.x) - reach, std::min(a.y, b.y) - reach,
                                     std::max(a.x, b.x) + reach, std::max(a.y, b.y) + reach},
                                    pixels_);
      for (int64_t y = near.top; y < near.bottom; y++)
        for (int64_t x = near.left; x < near.right; x++) {
          const Point middle{static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5};
          const double share = std::clamp(reach - distance(middle, a, b), 0.0, 1.0);
          float& most_yet = coverage_[static_cast<size_t>((y - region.top) * across + x - region.left)];
          most_yet = std::max(most_yet, static_cast<float>(share));
        }
    }
  for (int64_t y = 0; y < down; y++)
    for (int64_t x = 0; x < across; x++) {
      const double share = opacity * static_cast<double>(coverage_[static_cast<size_t>(y * across + x)]);
      if (share <= 0) continue;
      uint8_t* pixel =
          &pixels_.bytes[static_cast<size_t>(((y + region.top) * pixels_.width + x + region.left) * 3)];
      for (int channel = 0; channel < 3; channel++) {
        const double ink = static_cast<double>(color >> (16 - 8 * channel) & 0xFF);
        pixel[channel] = static_cast<uint8_t>(std::lround(pixel[channel] * (1 - share) + ink * share));
      }
    }
}

void Raster::line(Point from, Point to, const Stroke& stroke) {
  const double width = stroke.width * scale_;
  Point a{from.x * scale_, from.y * scale_}, b{to.x * scale_, to.y * scale_};
  if (from.x == to.x) a.x = b.x = sharp(a.x, width);
  if (from.y == to.y) a.y = b.y = sharp(a.y, width);
  const std::vector<std::vector<Point>> whole{{a, b}};
  draw(stroke.dash == 0 ? whole : dashed(whole, stroke.dash * scale_, stroke.gap * scale_, width), width,
       stroke.color, stroke.opacity);
}

void Raster::curve(const std::vector<std::vector<Point>>& parts, const Stroke& stroke) {
  const double width = stroke.width * scale_;
  std::vector<std::vector<Point>> scaled(parts);
  for (auto& part : scaled)
    for (Point& p : part) p = {p.x * scale_, p.y * scale_};
  if (stroke.dash != 0) scaled = dashed(scaled, stroke.dash * scale_, stroke.gap * scale_, width);
  draw(scaled, width, stroke.color, stroke.opacity);
}

void Raster::dot(Point center, double radius, uint32_t color) {
  draw({{{center.x * scale_, center.y * scale_}}}, 2 * radius * scale_, color, 1);
}

void Raster::text(Point at, Anchor anchor, const std::string& text, const Letters& letters) {
  std::vector<std::vector<Point>> lines = stroke_text(text, letters.size);
  const double width = stroke_width_of(text, letters.size);
  const double shift = anchor == Anchor::kStart ? 0 : anchor == Anchor::kMiddle ? width / 2 : width;
  for (auto& line : lines)
    for (Point& p : line) {
      p.x -= shift;
      const Point turned = letters.upwards ? Point{p.y, -p.x} : p;
      p = {(at.x + turned.x) * scale_, (at.y + turned.y) * scale_};
    }
  draw(lines, (letters.bold ? kBoldPen : kPen) * letters.size * scale_, kInk, 1);
}

double Raster::text_width(const std::string& text) const { return stroke_width_of(text, Letters{}.size); }

}  // namespace tl::io
