#include "core/io/svg_canvas.h"

#include <cstdio>

#include "core/base/error.h"
#include "core/base/escape.h"

namespace tl::io {
namespace {

constexpr double kLetter = 7;  // columns of pixels that a letter takes, about: fonts are the viewer's

std::string six_digits(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.6g", value);
  return buffer;
}

std::string color_text(uint32_t color) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "#%06X", static_cast<unsigned>(color & 0xFFFFFF));
  return buffer;
}

std::string dash_text(const Stroke& stroke) {
  return stroke.dash == 0 ? "" : concat(" stroke-dasharray=\"", stroke.dash, " ", stroke.gap, "\"");
}

}  // namespace

std::string svg_number(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2f", value);
  return buffer;
}

std::string svg_head(double width, double height, const std::string& title) {
  return concat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"",
      six_digits(width), "\" height=\"", six_digits(height), "\" viewBox=\"0 0 ", six_digits(width), " ",
      six_digits(height), "\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333333\">\n<title>",
      xml_text(title), "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n");
}

std::string svg_text(Point at, Anchor anchor, const std::string& text, const Letters& letters) {
  static constexpr const char* kAnchors[] = {"start", "middle", "end"};
  std::string out = concat("<text x=\"", svg_number(at.x), "\" y=\"", svg_number(at.y), "\" text-anchor=\"",
                           kAnchors[static_cast<int>(anchor)], "\"");
  if (letters.size != Letters{}.size) out += concat(" font-size=\"", six_digits(letters.size), "\"");
  if (letters.bold) out += " font-weight=\"bold\"";
  if (letters.upwards)
    out += concat(" transform=\"rotate(-90 ", six_digits(at.x), " ", svg_number(at.y), ")\"");
  return out + ">" + xml_text(text) + "</text>\n";
}

void SvgCanvas::line(Point from, Point to, const Stroke& stroke) {
  out_ +=
      concat("<line x1=\"", svg_number(from.x), "\" y1=\"", svg_number(from.y), "\" x2=\"", svg_number(to.x),
             "\" y2=\"", svg_number(to.y), "\" stroke=\"", color_text(stroke.color), "\"");
  if (stroke.width != 1) out_ += concat(" stroke-width=\"", six_digits(stroke.width), "\"");
  out_ += dash_text(stroke) + "/>\n";
}

void SvgCanvas::curve(const std::vector<std::vector<Point>>& parts, const Stroke& stroke) {
  std::string d;
  for (const std::vector<Point>& part : parts)
    for (size_t i = 0; i < part.size(); i++)
      d += concat(d.empty() ? "M" : i == 0 ? " M" : " L", svg_number(part[i].x), " ", svg_number(part[i].y));
  if (d.empty()) return;
  out_ += concat("<path d=\"", d, "\" fill=\"none\" stroke=\"", color_text(stroke.color),
                 "\" stroke-linejoin=\"round\"", dash_text(stroke), " stroke-width=\"",
                 six_digits(stroke.width), "\"");
  if (stroke.opacity != 1) out_ += concat(" stroke-opacity=\"", six_digits(stroke.opacity), "\"");
  out_ += "/>\n";
}

void SvgCanvas::dot(Point center, double radius, uint32_t color) {
  out_ += concat("<circle cx=\"", svg_number(center.x), "\" cy=\"", svg_number(center.y), "\" r=\"",
                 six_digits(radius), "\" fill=\"", color_text(color), "\"/>\n");
}

void SvgCanvas::text(Point at, Anchor anchor, const std::string& text, const Letters& letters) {
  out_ += svg_text(at, anchor, text, letters);
}

double SvgCanvas::text_width(const std::string& text) const {
  return kLetter * static_cast<double>(text.size());
}

}  // namespace tl::io
