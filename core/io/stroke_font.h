// Letters as lines, for pictures in pixels: every printable character of ASCII, drawn for tapeloop on a grid of 8 units from the foot of a
// capital letter to its top. Others are a box. One weight for each width of the pen; no hints, no kerning.
#pragma once

#include <string>
#include <vector>

#include "core/io/canvas.h"

namespace tl::io {

// In pixels, at a size as fonts are measured: a capital letter is 0.72 of it high.
double stroke_width_of(const std::string& text, double size);
// The lines of a text that begins at (0, 0), the foot of its first letter; y goes down.
std::vector<std::vector<Point>> stroke_text(const std::string& text, double size);

}  // namespace tl::io
