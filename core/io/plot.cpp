#include "core/io/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <limits>

#include "core/base/error.h"
#include "core/io/raster.h"
#include "core/io/svg_canvas.h"

namespace tl::io {
namespace {

// Okabe and Ito's colours, which people tell apart whatever colours they see.
constexpr uint32_t kColors[] = {0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7,
                                0xE69F00, 0x56B4E9, 0x000000, 0xF0E442};
constexpr uint32_t kGrid = 0xE5E5E5;
struct Dash {
  int line, gap;
};
constexpr Dash kDashes[] = {{0, 0}, {6, 3}, {2, 3}};
constexpr size_t kNumColors = sizeof kColors / sizeof *kColors, kNumDashes = sizeof kDashes / sizeof *kDashes;
constexpr double kMargin = 0.04;  // of the range, above and below the curves
constexpr int64_t kMostPixels = 10000;

std::string label_of(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.6g", value == 0 ? 0 : value);  // no -0
  return buffer;
}

// From numbers to pixels along one axis. It works with halves, because the largest number less the smallest one is none.
class Axis {
 public:
  Axis(bool logarithmic, double from, double to) : log_(logarithmic), from_(from), to_(to) {}

  bool has_place(double v) const { return std::isfinite(v) && (!log_ || v > 0); }
  void see(double v) {
    v = inner(v);
    min_ = seen_ ? std::min(min_, v) : v;
    max_ = seen_ ? std::max(max_, v) : v;
    seen_ = true;
  }
  bool seen() const { return seen_; }
  void widen(double share) {
    const double half = max_ / 2 - min_ / 2;
    double by = half * share * 2;
    // A range of nothing, or of less than numbers of this size can tell apart, gets some room.
    if (!(half > std::max(std::fabs(min_), std::fabs(max_)) * 1e-12))
      by = log_ ? 0.5 : min_ == 0 ? 1 : std::max(std::fabs(min_) / 2, 1e-300);
    const double most = std::numeric_limits<double>::max();
    min_ = std::max(min_ - by, -most);
    max_ = std::min(max_ + by, most);
  }
  double pixel_of(double v) const {
    return from_ + (to_ - from_) * ((inner(v) / 2 - min_ / 2) / (max_ / 2 - min_ / 2));
  }
  std::vector<double> ticks_for(int about) const {
    return log_ ? log_ticks(std::pow(10, min_), std::pow(10, max_), about) : ticks(min_, max_, about);
  }

 private:
  double inner(double v) const { return log_ ? std::log10(v) : v; }
  bool log_, seen_ = false;
  double from_, to_;
  double min_ = 0, max_ = 0;
};

// A curve as a path. Points that find no place break it.
class Path {
 public:
  void point(double x, double y) {
    if (column_ == std::floor(x) && count_ > 0) {
      last_ = {x, y};
      if (y < low_.y) low_ = last_, low_at_ = ++order_;
      if (y > high_.y) high_ = last_, high_at_ = ++order_;
      held_ = true;
      return;
    }
    flush();
    column_ = std::floor(x);
    low_ = high_ = last_ = {x, y};
    low_at_ = high_at_ = order_ = 0;
    put(x, y);
  }
  void gap() {
    flush();
    if (count_ == 1) dots_.push_back(first_);
    count_ = 0;
  }
  // Dots where a point stands alone.
  void draw(Canvas& canvas, const Stroke& stroke) {
    gap();
    canvas.curve(parts_, stroke);
    for (const Point& p : dots_) canvas.dot(p, 2.5, stroke.color);
  }

 private:
  // What is left of the points of a column, in the order in which they came.
  void flush() {
    if (!held_) return;
    held_ = false;
    const bool low_first = low_at_ < high_at_;
    for (int i = 0; i < 2; i++) {
      const bool low = low_first == (i == 0);
      if ((low ? low_at_ : high_at_) > 0) put(low ? low_.x : high_.x, low ? low_.y : high_.y);
    }
    put(last_.x, last_.y);
  }
  void put(double x, double y) {
    if (count_ > 0 && x == at_.x && y == at_.y) return;
    at_ = {x, y};
    if (count_++ == 0) {
      first_ = at_;
      return;
    }
    if (count_ == 2) parts_.push_back({first_});
    parts_.back().push_back(at_);
  }

  std::vector<std::vector<Point>> parts_;
  std::vector<Point> dots_;
  int count_ = 0;  // points since the last gap
  Point first_{}, at_{}, low_{}, high_{}, last_{};
  int low_at_ = 0, high_at_ = 0, order_ = 0;
  double column_ = 0;
  bool held_ = false;
};

std::string base64(const std::string& bytes) {
  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; k++)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; k++) out += i + k <= bytes.size() ? kLetters[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

// Without the pull of its beginning towards 0; what is not finite does not count.
std::vector<double> smoothed(const std::vector<double>& y, double weight) {
  std::vector<double> out(y.size());
  double mean = 0, bias = 1;
  for (size_t i = 0; i < y.size(); i++) {
    if (!std::isfinite(y[i])) {
      out[i] = y[i];
      continue;
    }
    mean = mean * weight + y[i] * (1 - weight);
    bias *= weight;
    out[i] = mean / (1 - bias);
  }
  return out;
}

}  // namespace

std::vector<double> ticks(double min, double max, int about) {
  std::vector<double> out;
  const double rough = (max / 2 - min / 2) / std::max(1, about) * 2;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double part = rough / power;
  const double step = (part < 1.5 ? 1 : part < 3 ? 2 : part < 7 ? 5 : 10) * power;
  if (!(step > 0) || std::isinf(step)) return out;
  const double first = std::ceil(min / step - 1e-9);
  for (int i = 0; i < 100; i++) {
    const double tick = (first + i) * step;
    if (!(tick <= max + step * 1e-9) || std::isinf(tick)) break;
    if (out.empty() || tick > out.back()) out.push_back(tick);
  }
  return out;
}

std::vector<double> log_ticks(double min, double max, int about) {
  // A margin may reach beyond the numbers that there are, to 0 and infinity, whose logarithms are no decades.
  min = std::max(min, std::numeric_limits<double>::denorm_min());
  max = std::min(max, std::numeric_limits<double>::max());
  const int low = static_cast<int>(std::floor(std::log10(min) + 1e-9));
  const int high = static_cast<int>(std::ceil(std::log10(max) - 1e-9));
  const int every = std::max(1, (high - low) / std::max(1, about));
  std::vector<double> out;
  const auto collect = [&](std::initializer_list<double> parts) {
    out.clear();
    for (int decade = low; decade <= high; decade++)
      for (const double part : parts) {
        const double tick = part * std::pow(10, decade);
        // Beyond 1e308 the next ticks, and what rounding adds to the largest number, are infinite.
        if (decade % every == 0 && tick >= min * (1 - 1e-9) && tick <= max * (1 + 1e-9) && tick > 0 &&
            std::isfinite(tick))
          out.push_back(tick);
      }
  };
  collect({1});
  if (out.size() < 4 && every == 1) collect({1, 2, 5});
  if (out.size() >= 3 || max > 10 * min) return out;
  out = ticks(min, max, about);  // less than a decade: closer than 1, 2 and 5
  out.erase(std::remove_if(out.begin(), out.end(), [](double tick) { return !(tick > 0); }), out.end());
  return out;
}

Plot::Plot(std::string title, const PlotOptions& options) : title_(std::move(title)), options_(options) {
  auto check = [&](const char* name, int64_t value, int64_t least) {
    if (value < least || value > kMostPixels)
      invalid("[plot_new] '", name, "' must be ", least, " to ", kMostPixels, " pixels: got ", value,
              "; 0 stands for the default");
  };
  check("width", options.width, 200);
  check("height", options.height, 150);
  if (options.scale < 1 || options.scale > 16)
    invalid("[plot_new] 'scale' must be 1 to 16: got ", options.scale, "; 0 stands for the default, 1");
  if (!(options.smoothing >= 0 && options.smoothing < 1))
    invalid("[plot_new] 'smoothing' must be in [0, 1): got ", options.smoothing,
            "; 0 draws curves as they are");
}

Plot::Curve& Plot::curve(const std::string& name) {
  for (Curve& c : curves_)
    if (c.name == name) return c;
  curves_.push_back({name, {}, {}});
  return curves_.back();
}

void Plot::add(const std::string& name, double x, double y) { add(name, &x, &y, 1); }

void Plot::add(const std::string& name, const double* x, const double* y, size_t count) {
  Curve& c = curve(name);
  const size_t before = c.x.size();
  if (c.x.capacity() < before + count) {
    const size_t room = std::max(before + count, 2 * before);
    c.x.reserve(room);
    c.y.reserve(room);
  }
  c.y.reserve(c.x.capacity());  // that of an earlier call may have failed
  for (size_t i = 0; i < count; i++) {
    c.x.push_back(x ? x[i] : static_cast<double>(before + i));
    c.y.push_back(y[i]);
  }
}

void Plot::check_points(const char* op) const {
  for (const Curve& c : curves_)
    for (size_t i = 0; i < c.x.size(); i++) {
      const auto has_place = [](bool logarithmic, double v) {
        return std::isfinite(v) && (!logarithmic || v > 0);
      };
      if (has_place(options_.log_x, c.x[i]) && has_place(options_.log_y, c.y[i])) return;
    }
  fail(Code::kFailedPrecondition, "[", op, "] a plot must have a point with a place: got ", curves_.size(),
       " curves without one; points have finite numbers, and positive ones along a logarithmic axis");
}

std::string Plot::svg() const {
  check_points("plot_svg");
  SvgCanvas canvas(static_cast<double>(options_.width), static_cast<double>(options_.height), title_);
  draw(canvas);
  return canvas.end();
}

Pixels Plot::image() const {
  check_points("plot_image");
  Raster canvas(options_.width, options_.height, options_.scale);
  draw(canvas);
  return canvas.take();
}

void Plot::draw(Canvas& canvas) const {
  double longest = 0;
  for (const Curve& c : curves_) longest = std::max(longest, canvas.text_width(c.name));
  const auto width = static_cast<double>(options_.width), height = static_cast<double>(options_.height);
  const double legend = longest > 0 ? std::min(width / 3, longest + 44) : 16;
  const double left = y_label_.empty() ? 64 : 82, right = width - legend, top = title_.empty() ? 16 : 38;
  const double bottom = height - (x_label_.empty() ? 30 : 50);
  Axis x_axis(options_.log_x, left, right), y_axis(options_.log_y, bottom, top);
  for (const Curve& c : curves_)
    for (size_t i = 0; i < c.x.size(); i++)
      if (x_axis.has_place(c.x[i]) && y_axis.has_place(c.y[i])) x_axis.see(c.x[i]), y_axis.see(c.y[i]);
  x_axis.widen(0);
  y_axis.widen(kMargin);

  if (!title_.empty()) canvas.text({(left + right) / 2, 24}, Anchor::kMiddle, title_, {15, true, false});
  for (const double tick : x_axis.ticks_for(static_cast<int>((right - left) / 90))) {
    const double at = x_axis.pixel_of(tick);
    canvas.line({at, top}, {at, bottom}, {kGrid});
    canvas.text({at, bottom + 16}, Anchor::kMiddle, label_of(tick));
  }
  for (const double tick : y_axis.ticks_for(static_cast<int>((bottom - top) / 50))) {
    const double at = y_axis.pixel_of(tick);
    canvas.line({left, at}, {right, at}, {kGrid});
    canvas.text({left - 6, at + 4}, Anchor::kEnd, label_of(tick));
  }
  canvas.line({left, top}, {left, bottom}, {kInk});
  canvas.line({left, bottom}, {right, bottom}, {kInk});
  if (!x_label_.empty()) canvas.text({(left + right) / 2, height - 12}, Anchor::kMiddle, x_label_);
  if (!y_label_.empty()) canvas.text({18, (top + bottom) / 2}, Anchor::kMiddle, y_label_, {12, false, true});

  for (size_t k = 0; k < curves_.size(); k++) {
    const Curve& c = curves_[k];
    const Dash dash = kDashes[k / kNumColors % kNumDashes];
    const uint32_t color = kColors[k % kNumColors];
    const auto draw_curve = [&](const std::vector<double>& y, double line, double opacity) {
      Path path;
      for (size_t i = 0; i < y.size(); i++) {
        if (x_axis.has_place(c.x[i]) && y_axis.has_place(y[i]))
          path.point(x_axis.pixel_of(c.x[i]), y_axis.pixel_of(y[i]));
        else
          path.gap();
      }
      path.draw(canvas, {color, line, opacity, dash.line, dash.gap});
    };
    if (options_.smoothing > 0) {
      draw_curve(c.y, 1, 0.3);
      draw_curve(smoothed(c.y, options_.smoothing), 2, 1);
    } else {
      draw_curve(c.y, 1.5, 1);
    }
    if (c.name.empty()) continue;
    const double row = top + 10 + 18 * static_cast<double>(k);
    canvas.line({right + 10, row}, {right + 30, row}, {color, 2, 1, dash.line, dash.gap});
    canvas.text({right + 36, row + 4}, Anchor::kStart, c.name);
  }
}

std::string image_svg(const char* op, const std::string& title, const std::vector<CaptionedImage>& images,
                      const GridOptions& options) {
  const auto count = static_cast<int64_t>(images.size());
  if (count == 0) invalid("[", op, "] there must be an image: got none; give a batch of at least one");
  const auto about = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  const int64_t columns = std::min(count, options.columns > 0 ? options.columns : about);
  bool captions = false;
  for (const CaptionedImage& i : images) captions |= !i.caption.empty();
  const auto padding = static_cast<double>(options.padding), scale = static_cast<double>(options.scale);
  const double wide = static_cast<double>(images[0].pixels.width) * scale;
  const double high = static_cast<double>(images[0].pixels.height) * scale;
  const double row = high + padding + (captions ? 16 : 0), top = padding + (title.empty() ? 0 : 28);
  const int64_t rows = (count + columns - 1) / columns;
  const double width = padding + static_cast<double>(columns) * (wide + padding);
  std::string out = svg_head(width, top + static_cast<double>(rows) * row, title);
  if (!title.empty()) out += svg_text({width / 2, 20}, Anchor::kMiddle, title, {15, true, false});
  for (int64_t i = 0; i < count; i++) {
    const CaptionedImage& image = images[static_cast<size_t>(i)];
    const double x = padding + static_cast<double>(i % columns) * (wide + padding);
    const double y = top + static_cast<double>(i / columns) * row;
    const std::string data = "data:image/png;base64," + base64(encode_png(op, image.pixels));
    out += concat("<image x=\"", svg_number(x), "\" y=\"", svg_number(y), "\" width=\"", svg_number(wide),
                  "\" height=\"", svg_number(high),
                  "\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" xlink:href=\"", data,
                  "\"/>\n");
    if (!image.caption.empty())
      out += svg_text({x + wide / 2, y + high + 13}, Anchor::kMiddle, image.caption);
  }
  return out + "</svg>\n";
}

}  // namespace tl::io
