// JSON lines: a text file with one JSON object in each line, such as the logs of training runs. Read by nlohmann-json, as it comes,
// into one tensor for each key.
#pragma once

#include "core/io/bundle.h"
#include "core/io/input.h"

namespace tl::io {

struct JsonLinesOptions {
  DType floats = DType::kF32;  // of columns of numbers: f32 or f64
  uint64_t max_bytes = 0;      // for all tensors together; 0: eight times the size of the file and 64 MiB
};

// The keys in the order of their first appearance. Their values are columns as columns.h has them: numbers, truths, texts, and null
// or no such key for a missing one. Values may also be arrays of these, nested up to seven deep, of the same shape in every row;
// the tensor then has the axes of the rows and of the array. Numbers beyond f64 are no JSON (RFC 8259 leaves that to the reader).
//
// Memory is that of the tensors, the texts of codes and a line. The tensors may be larger than the file: "0," of an array is two bytes
// of it and eight of memory, and a key that a row lacks none at all, which is why max_bytes bounds them.
//
// Throws kCorruptData (no JSON, no object, a key that comes twice in a line, values of several kinds or shapes in one column; the
// message names the byte), kUnsupported (an object inside the object, arrays more than seven deep, a line of more than 8 MiB, more than
// 65,536 keys, more than a million different texts in a column), kOutOfMemory (more than max_bytes), and what Input throws. Blank
// lines are passed over. A file that is cut off between two lines is a whole file as far as the format can tell.
Bundle read_json_lines(Context& context, const Input& input, const JsonLinesOptions& options);

}  // namespace tl::io
