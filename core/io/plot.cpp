#include "core/io/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <limits>

#include "core/base/error.h"
#include "core/base/escape.h"

namespace tl::io {
namespace {

// Okabe and Ito's colours, which people tell apart whatever colours they see.
constexpr const char* kColors[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                   "#E69F00", "#56B4E9", "#000000", "#F0E442"};
constexpr const char* kDashes[] = {"", " stroke-dasharray=\"6 3\"", " stroke-dasharray=\"2 3\""};
constexpr size_t kNumColors = sizeof kColors / sizeof *kColors, kNumDashes = sizeof kDashes / sizeof *kDashes;
constexpr double kMargin = 0.04;  // of the range, above and below the curves
constexpr double kLetter = 7;     // columns of pixels that a letter takes, about
constexpr int64_t kMostPixels = 10000;

std::string pixel(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2f", value);
  return buffer;
}

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
  // With `attributes` for its colour and line; dots where a point stands alone.
  std::string svg(const std::string& color, const std::string& attributes) {
    gap();
    std::string out;
    if (!d_.empty())
      out += concat("<path d=\"", d_, "\" fill=\"none\" stroke=\"", color, "\" stroke-linejoin=\"round\"",
                    attributes, "/>\n");
    for (const Point& p : dots_)
      out += concat("<circle cx=\"", pixel(p.x), "\" cy=\"", pixel(p.y), "\" r=\"2.5\" fill=\"", color,
                    "\"/>\n");
    return out;
  }

 private:
  struct Point {
    double x, y;
  };
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
    if (count_ == 2) d_ += concat(d_.empty() ? "M" : " M", pixel(first_.x), " ", pixel(first_.y));
    d_ += concat(" L", pixel(x), " ", pixel(y));
  }

  std::string d_;
  std::vector<Point> dots_;
  int count_ = 0;  // points since the last gap
  Point first_{}, at_{}, low_{}, high_{}, last_{};
  int low_at_ = 0, high_at_ = 0, order_ = 0;
  double column_ = 0;
  bool held_ = false;
};

std::string text_at(double x, double y, const char* anchor, const std::string& text,
                    const std::string& more = "") {
  return concat("<text x=\"", pixel(x), "\" y=\"", pixel(y), "\" text-anchor=\"", anchor, "\"", more, ">",
                xml_text(text), "</text>\n");
}

std::string line_at(double x1, double y1, double x2, double y2, const std::string& more) {
  return concat("<line x1=\"", pixel(x1), "\" y1=\"", pixel(y1), "\" x2=\"", pixel(x2), "\" y2=\"", pixel(y2),
                "\"", more, "/>\n");
}

std::string svg_head(double width, double height, const std::string& title) {
  return concat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"",
      label_of(width), "\" height=\"", label_of(height), "\" viewBox=\"0 0 ", label_of(width), " ",
      label_of(height), "\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333333\">\n<title>",
      xml_text(title), "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n");
}

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
  const int low = static_cast<int>(std::floor(std::log10(min) + 1e-9));
  const int high = static_cast<int>(std::ceil(std::log10(max) - 1e-9));
  const int every = std::max(1, (high - low) / std::max(1, about));
  std::vector<double> out;
  const auto collect = [&](std::initializer_list<double> parts) {
    out.clear();
    for (int decade = low; decade <= high; decade++)
      for (const double part : parts) {
        const double tick = part * std::pow(10, decade);
        if (decade % every == 0 && tick >= min * (1 - 1e-9) && tick <= max * (1 + 1e-9) && tick > 0)
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

std::string Plot::svg() const {
  size_t longest = 0;
  for (const Curve& c : curves_) longest = std::max(longest, c.name.size());
  const double width = static_cast<double>(options_.width), height = static_cast<double>(options_.height);
  const double legend = longest ? std::min(width / 3, kLetter * static_cast<double>(longest) + 44) : 16;
  const double left = y_label_.empty() ? 64 : 82, right = width - legend, top = title_.empty() ? 16 : 38;
  const double bottom = height - (x_label_.empty() ? 30 : 50);
  Axis x_axis(options_.log_x, left, right), y_axis(options_.log_y, bottom, top);
  for (const Curve& c : curves_)
    for (size_t i = 0; i < c.x.size(); i++)
      if (x_axis.has_place(c.x[i]) && y_axis.has_place(c.y[i])) x_axis.see(c.x[i]), y_axis.see(c.y[i]);
  if (!x_axis.seen())
    fail(Code::kFailedPrecondition, "[plot_svg] a plot must have a point with a place: got ", curves_.size(),
         " curves without one; points have finite numbers, and positive ones along a logarithmic axis");
  x_axis.widen(0);
  y_axis.widen(kMargin);

  std::string out = svg_head(width, height, title_);
  if (!title_.empty())
    out += text_at((left + right) / 2, 24, "middle", title_, " font-size=\"15\" font-weight=\"bold\"");
  for (const double tick : x_axis.ticks_for(static_cast<int>((right - left) / 90))) {
    const double at = x_axis.pixel_of(tick);
    out += line_at(at, top, at, bottom, " stroke=\"#E5E5E5\"") +
           text_at(at, bottom + 16, "middle", label_of(tick));
  }
  for (const double tick : y_axis.ticks_for(static_cast<int>((bottom - top) / 50))) {
    const double at = y_axis.pixel_of(tick);
    out += line_at(left, at, right, at, " stroke=\"#E5E5E5\"") +
           text_at(left - 6, at + 4, "end", label_of(tick));
  }
  out += line_at(left, top, left, bottom, " stroke=\"#333333\"") +
         line_at(left, bottom, right, bottom, " stroke=\"#333333\"");
  if (!x_label_.empty()) out += text_at((left + right) / 2, height - 12, "middle", x_label_);
  if (!y_label_.empty()) {
    const double middle = (top + bottom) / 2;
    out +=
        text_at(18, middle, "middle", y_label_, concat(" transform=\"rotate(-90 18 ", pixel(middle), ")\""));
  }

  for (size_t k = 0; k < curves_.size(); k++) {
    const Curve& c = curves_[k];
    const std::string color = kColors[k % kNumColors], dash = kDashes[k / kNumColors % kNumDashes];
    const auto draw = [&](const std::vector<double>& y, const std::string& attributes) {
      Path path;
      for (size_t i = 0; i < y.size(); i++) {
        if (x_axis.has_place(c.x[i]) && y_axis.has_place(y[i]))
          path.point(x_axis.pixel_of(c.x[i]), y_axis.pixel_of(y[i]));
        else
          path.gap();
      }
      out += path.svg(color, attributes);
    };
    if (options_.smoothing > 0) {
      draw(c.y, dash + " stroke-width=\"1\" stroke-opacity=\"0.3\"");
      draw(smoothed(c.y, options_.smoothing), dash + " stroke-width=\"2\"");
    } else {
      draw(c.y, dash + " stroke-width=\"1.5\"");
    }
    if (c.name.empty()) continue;
    const double row = top + 10 + 18 * static_cast<double>(k);
    out += line_at(right + 10, row, right + 30, row,
                   concat(" stroke=\"", color, "\" stroke-width=\"2\"", dash)) +
           text_at(right + 36, row + 4, "start", c.name);
  }
  return out + "</svg>\n";
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
  if (!title.empty())
    out += text_at(width / 2, 20, "middle", title, " font-size=\"15\" font-weight=\"bold\"");
  for (int64_t i = 0; i < count; i++) {
    const CaptionedImage& image = images[static_cast<size_t>(i)];
    const double x = padding + static_cast<double>(i % columns) * (wide + padding);
    const double y = top + static_cast<double>(i / columns) * row;
    const std::string data = "data:image/png;base64," + base64(encode_png(op, image.pixels));
    out += concat(
        "<image x=\"", pixel(x), "\" y=\"", pixel(y), "\" width=\"", pixel(wide), "\" height=\"", pixel(high),
        "\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" xlink:href=\"", data, "\"/>\n");
    if (!image.caption.empty()) out += text_at(x + wide / 2, y + high + 13, "middle", image.caption);
  }
  return out + "</svg>\n";
}

}  // namespace tl::io
