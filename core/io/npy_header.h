// The text at the beginning of a npy file: a literal of Python, a dictionary of exactly 'descr', 'fortran_order' and 'shape'.
#pragma once

#include <string>
#include <string_view>

#include "core/io/elements.h"
#include "core/tensor/shape.h"

namespace tl::io {

struct NpyHeader {
  Raw raw = Raw::kF32;
  bool swap = false;           // the bytes of an element are not in the host's order
  bool fortran_order = false;  // the first axis runs fastest
  Shape shape;
};

// What is wrong with a text, and where in it.
struct NpyProblem {
  Code code = Code::kOk;
  size_t at = 0;
  std::string what;
};

// Reads the literal. Returns kOk, kCorruptData or kUnsupported.
NpyProblem parse_npy_header(std::string_view text, NpyHeader* header);

// The literal for a tensor, without padding.
std::string format_npy_header(DType dtype, const Shape& shape);

}  // namespace tl::io
