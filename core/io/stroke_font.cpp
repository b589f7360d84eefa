#include "core/io/stroke_font.h"

#include <algorithm>
#include <cstddef>

#include "core/base/utf8.h"

namespace tl::io {
namespace {

// From the blank to the tilde. A point is a digit and a letter: x in units, and y, where d is the line that letters stand on, i the top
// of small letters, l that of capital ones and a the end of descenders. Points of a line stand together, a line of one point is
// a dot.
constexpr const char* kGlyphs[] = {
    "",                                    // blank
    "0l0g 0d",                             // !
    "0l0j 2l2j",                           // "
    "1d2l 4d5l 0f6f 0j6j",                 // #
    "5j4k1k0j0i1h4h5g5f4e1e0f 2l2d 3l3d",  // $
    "0d6l 1l0k0j1i2j2k1l 5h4g4f5d6f6g5h",  // %
    "6d1j1k2l3l4k4j0g0e1d3d6g",            // &
    "0l0j",                                // '
    "2l1k0i0f1d2c",                        // (
    "0l1k2i2f1d0c",                        // )
    "2l2h 0k4i 4k0i",                      // *
    "2i2e 0g4g",                           // +
    "1d1c0b",                              // ,
    "0g3g",                                // -
    "0d",                                  // .
    "0c4l",                                // slash
    "1d0e0k1l4l5k5e4d1d",                  // 0
    "1j3l3d 1d5d",                         // 1
    "0k1l4l5k5i0d5d",                      // 2
    "0k1l4l5k5i4h2h 4h5g5e4d1d0e",         // 3
    "4d4l0f5f",                            // 4
    "5l0l0h4h5g5e4d1d0e",                  // 5
    "5k4l1l0k0e1d4d5e5g4h1h0g",            // 6
    "0l5l2d",                              // 7
    "1h0i0k1l4l5k5i4h1h0g0e1d4d5e5g4h",    // 8
    "5i4h1h0i0k1l4l5k5e4d1d0e",            // 9
    "0h 0d",                               // :
    "1h 1d1c0b",                           // ;
    "4i0g4e",                              // <
    "0h4h 0f4f",                           // =
    "0i4g0e",                              // >
    "0k1l3l4k4i2h2f 2d",                   // ?
    "6d2d0f0j2l5l7j7f6e5f5i3i3f5f",        // @
    "0d3l6d 1f5f",                         // A
    "0d0l4l5k5i4h0h 4h5g5e4d0d",           // B
    "6k5l2l0j0f2d5d6e",                    // C
    "0d0l3l5j5f3d0d",                      // D
    "5l0l0d5d 0h4h",                       // E
    "5l0l0d 0h4h",                         // F
    "6k5l2l0j0f2d5d6e6h4h",                // G
    "0l0d 6l6d 0h6h",                      // H
    "0l0d",                                // I
    "3l3e2d1d0e",                          // J
    "0l0d 5l0g 2i5d",                      // K
    "0l0d4d",                              // L
    "0d0l3g6l6d",                          // M
    "0d0l5d5l",                            // N
    "2d0f0j2l4l6j6f4d2d",                  // O
    "0d0l4l5k5i4h0h",                      // P
    "2d0f0j2l4l6j6f4d2d 4f6c",             // Q
    "0d0l4l5k5i4h0h 3h5d",                 // R
    "5k4l1l0k0i1h4h5g5e4d1d0e",            // S
    "0l6l 3l3d",                           // T
    "0l0e1d4d5e5l",                        // U
    "0l3d6l",                              // V
    "0l2d4k6d8l",                          // W
    "0l5d 5l0d",                           // X
    "0l3h6l 3h3d",                         // Y
    "0l5l0d5d",                            // Z
    "2l0l0c2c",                            // [
    "0l4c",                                // backslash
    "0l2l2c0c",                            // ]
    "0i2l4i",                              // ^
    "0c5c",                                // _
    "0l1j",                                // `
    "4i4d 4h3i1i0h0e1d3d4e",               // a
    "0l0d 0h1i3i4h4e3d1d0e",               // b
    "4h3i1i0h0e1d3d4e",                    // c
    "4l4d 4h3i1i0h0e1d3d4e",               // d
    "0g4g4h3i1i0h0e1d3d4e",                // e
    "3l2l1k1d 0i3i",                       // f
    "4i4b3a1a0b 4h3i1i0h0e1d3d4e",         // g
    "0l0d 0h1i3i4h4d",                     // h
    "0i0d 0k",                             // i
    "1i1b0a 1k",                           // j
    "0l0d 3i0f 1g4d",                      // k
    "0l0e1d",                              // l
    "0i0d 0h1i2i3h3d 3h4i5i6h6d",          // m
    "0i0d 0h1i3i4h4d",                     // n
    "1d0e0h1i3i4h4e3d1d",                  // o
    "0i0a 0h1i3i4h4e3d1d0e",               // p
    "4i4a 4h3i1i0h0e1d3d4e",               // q
    "0i0d 0g1h2i3i",                       // r
    "4h3i1i0h1g3f4e3d1d0e",                // s
    "1k1e2d3d 0i3i",                       // t
    "0i0e1d3d4e 4i4d",                     // u
    "0i2d4i",                              // v
    "0i2d3h4d6i",                          // w
    "0i4d 4i0d",                           // x
    "0i2d 4i2d1b0a",                       // y
    "0i4i0d4d",                            // z
    "2l1k1i0h1g1d2c",                      // {
    "0l0b",                                // |
    "0l1k1i2h1g1d0c",                      // }
    "0g1h3f4g",                            // ~
};
constexpr const char* kBox = "0d0l5l5d0d";
constexpr uint32_t kFirst = ' ', kLast = '~';
static_assert(sizeof kGlyphs / sizeof *kGlyphs == kLast - kFirst + 1);

constexpr double kUnit = 0.09;    // of the size
constexpr double kBetween = 2.1;  // units between letters
constexpr double kBlank = 2;      // units that a blank is wide, besides

const char* glyph_of(const std::string& text, size_t& at) {
  const uint32_t c = next_character(text, at);
  return c >= kFirst && c <= kLast ? kGlyphs[c - kFirst] : kBox;
}

double advance_of(const char* glyph) {
  double widest = *glyph == '\0' ? kBlank : 0;
  for (const char* p = glyph; *p != '\0'; p++)
    if (*p >= '0' && *p <= '9') widest = std::max<double>(widest, *p - '0');
  return widest + kBetween;
}

}  // namespace

double stroke_width_of(const std::string& text, double size) {
  double units = 0;
  for (size_t at = 0; at < text.size();) units += advance_of(glyph_of(text, at));
  return std::max(0.0, units - kBetween) * kUnit * size;
}

std::vector<std::vector<Point>> stroke_text(const std::string& text, double size) {
  std::vector<std::vector<Point>> out;
  double x = 0;
  for (size_t at = 0; at < text.size();) {
    const char* glyph = glyph_of(text, at);
    bool begins = true;
    for (const char* p = glyph; *p != '\0';) {
      if (*p == ' ') {
        begins = true;
        p++;
        continue;
      }
      if (begins) out.emplace_back();
      begins = false;
      out.back().push_back({(x + (p[0] - '0')) * kUnit * size, ('d' - p[1]) * kUnit * size});
      p += 2;
    }
    x += advance_of(glyph);
  }
  return out;
}

}  // namespace tl::io
