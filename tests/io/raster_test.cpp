// Lines, letters and plots in pixels, compared with areas and lengths that geometry gives.
#include "core/io/raster.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/io/plot.h"
#include "core/io/stroke_font.h"

namespace tl::io {
namespace {

// How much ink there is, in pixels that are wholly black.
double ink(const Pixels& p) {
  double sum = 0;
  for (size_t i = 0; i < p.bytes.size(); i += 3) sum += 1 - p.bytes[i] / 255.0;
  return sum;
}

uint32_t color_at(const Pixels& p, int64_t x, int64_t y) {
  const uint8_t* at = &p.bytes[static_cast<size_t>((y * p.width + x) * 3)];
  return static_cast<uint32_t>(at[0] << 16 | at[1] << 8 | at[2]);
}

bool holds(const Pixels& p, uint32_t color) {
  for (int64_t y = 0; y < p.height; y++)
    for (int64_t x = 0; x < p.width; x++)
      if (color_at(p, x, y) == color) return true;
  return false;
}

const double kPi = std::acos(-1.0);

}  // namespace

TEST_CASE("lines and dots have the area of their shape", "[io][raster]") {
  for (const double angle : {0.3, 0.9, 1.4, 2.5}) {
    for (const double width : {1.0, 2.5, 6.0}) {
      CAPTURE(angle, width);
      Raster canvas(300, 300, 1);
      const Point to{150 + 120 * std::cos(angle), 150 + 120 * std::sin(angle)};
      canvas.line({150, 150}, to, {0, width});
      CHECK(ink(canvas.take()) == Approx(120 * width + kPi * width * width / 4).epsilon(0.02));
    }
  }
  Raster canvas(100, 100, 2);
  canvas.dot({50.3, 49.1}, 20, 0);
  CHECK(ink(canvas.take()) == Approx(kPi * 40 * 40).epsilon(0.01));
}

TEST_CASE("upright and level lines are sharp", "[io][raster]") {
  for (const int64_t scale : {1, 2, 3}) {
    Raster canvas(60, 40, scale);
    canvas.line({10, 20.4}, {50, 20.4}, {0x123456});
    canvas.line({30.7, 5}, {30.7, 15}, {0x654321});
    const Pixels p = canvas.take();
    int64_t rows = 0, columns = 0;
    for (int64_t y = 0; y < p.height; y++) {
      const uint32_t found = color_at(p, 20 * scale, y);
      rows += found == 0x123456;
      CHECK((found == 0x123456 || found == 0xFFFFFF));
    }
    for (int64_t x = 0; x < p.width; x++) columns += color_at(p, x, 10 * scale) == 0x654321;
    CHECK((rows == scale && columns == scale));
  }
}

TEST_CASE("a curve that crosses itself is no darker there, and dashes leave gaps", "[io][raster]") {
  Raster crossed(40, 40, 1);
  crossed.curve({{{5.5, 5.5}, {35.5, 35.5}, {35.5, 5.5}, {5.5, 35.5}}}, {0, 3, 0.5});
  const Pixels p = crossed.take();
  CHECK(color_at(p, 20, 20) == 0x808080);
  CHECK(color_at(p, 10, 10) == 0x808080);
  for (const double slant : {17.3, 70.0}) {
    Raster plain(400, 100, 1), broken(400, 100, 1);
    const std::vector<std::vector<Point>> line{{{5, 10}, {130, 10 + slant / 3}, {395, 10 + slant}}};
    plain.curve(line, {0, 1, 1});
    broken.curve(line, {0, 1, 1, 6, 3});
    CHECK(ink(broken.take()) / ink(plain.take()) == Approx(6.0 / 9).epsilon(0.03));
  }
  Raster outside(20, 20, 1);  // what lies beside the picture is not drawn
  outside.curve({{{-1e9, 10}, {1e9, 10}}}, {0, 2, 1});
  outside.curve({{{-50, -50}, {-20, -60}}}, {0, 2, 1});
  outside.dot({1e300, -1e300}, 3, 0);
  outside.text({15, 10}, Anchor::kStart, std::string(300, 'W'));
  CHECK(ink(outside.take()) >= 40);
}

TEST_CASE("each character of ASCII has lines of its own within its width", "[io][raster]") {
  std::set<std::vector<std::pair<double, double>>> seen;
  const auto lines_of = [](const std::string& text) {
    std::vector<std::pair<double, double>> all;
    for (const auto& line : stroke_text(text, 100)) {
      all.emplace_back(-1, -1);
      for (const Point& p : line) all.emplace_back(p.x, p.y);
    }
    return all;
  };
  for (char c = ' '; c <= '~'; c++) {
    CAPTURE(c);
    const std::string text(1, c);
    const auto lines = lines_of(text);
    CHECK(seen.insert(lines).second);
    CHECK(lines.empty() == (c == ' '));
    const double width = stroke_width_of(text, 100);
    for (const auto& [x, y] : lines)
      if (x != -1) CHECK((x >= 0 && x <= width + 1e-9 && y >= -72 - 1e-9 && y <= 27 + 1e-9));
    CHECK(stroke_width_of("o" + text + "o", 12) >= stroke_width_of("oo", 12));
  }
  const auto box = lines_of("\xC3\xA9");
  CHECK(box.size() == 6);
  CHECK(lines_of("\xE2\x82\xAC") == box);
  CHECK(lines_of("\xFF") == box);
  CHECK(stroke_width_of("", 12) == 0);
  CHECK(stroke_width_of("iii", 24) == Approx(2 * stroke_width_of("iii", 12)));
}

TEST_CASE("text stands where it is put, and is turned", "[io][raster]") {
  for (const Anchor anchor : {Anchor::kStart, Anchor::kMiddle, Anchor::kEnd}) {
    Raster level(200, 200, 1), upwards(200, 200, 1);
    level.text({100, 100}, anchor, "loss of h");
    upwards.text({100, 100}, anchor, "loss of h", {12, false, true});
    const Pixels a = level.take(), b = upwards.take();
    int64_t left = 200, right = 0, lowest = 0, low = 0, differ = 0;
    for (int64_t y = 0; y < 200; y++)
      for (int64_t x = 0; x < 200; x++) {
        if (color_at(a, x, y) != 0xFFFFFF) left = std::min(left, x), right = std::max(right, x), lowest = y;
        if (color_at(b, x, y) != 0xFFFFFF) low = std::max(low, y);
        // (x, y) from the anchor goes to (y, -x)
        differ += y < 199 && x > 0 && color_at(a, x, y) != color_at(b, y, 199 - x);
      }
    const double width = stroke_width_of("loss of h", 12);
    const double begin = anchor == Anchor::kStart    ? 100
                         : anchor == Anchor::kMiddle ? 100 - width / 2
                                                     : 100 - width;
    CHECK(std::fabs(static_cast<double>(left) - begin) <= 1.5);
    CHECK(std::fabs(static_cast<double>(right) - begin - width) <= 1.5);
    CHECK((lowest >= 99 && lowest <= 101));
    CHECK(std::fabs(static_cast<double>(low) - (200 - begin)) <= 1.5);
    CHECK(differ == 0);
  }
}

TEST_CASE("a plot in pixels has its curves, letters and ticks", "[io][raster]") {
  PlotOptions options;
  Pixels sizes[2];
  for (int64_t scale = 1; scale <= 2; scale++) {
    options.scale = scale;
    Plot plot("title", options);
    plot.set_x_label("x");
    plot.set_y_label("y");
    for (int i = 0; i < 50; i++) plot.add("first", i, i), plot.add("second", i, 50 - i);
    plot.add("third", 10, 40);  // a dot
    const Pixels p = sizes[scale - 1] = plot.image();
    CHECK((p.width == 720 * scale && p.height == 432 * scale && p.channels == 3));
    for (const uint32_t color : {0x0072B2u, 0xD55E00u, 0x009E73u, 0xE5E5E5u, kInk}) CHECK(holds(p, color));
    CHECK_FALSE(holds(p, 0xCC79A7));
    CHECK((color_at(p, 0, 0) == 0xFFFFFF && color_at(p, p.width - 1, p.height - 1) == 0xFFFFFF));
  }
  CHECK(ink(sizes[1]) / ink(sizes[0]) == Approx(4).epsilon(0.05));
  options.scale = 17;
  CHECK_THROWS_AS(Plot("", options), Error);
  try {
    (void)Plot("", PlotOptions{}).image();
    FAIL("a plot without points has a picture");
  } catch (const Error& e) {
    CHECK(e.code() == Code::kFailedPrecondition);
  }
}

}  // namespace tl::io
