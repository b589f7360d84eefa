// CSV files: rows of fields as RFC 4180 has them, read by libcsv into one tensor for each column.
#pragma once

#include <string>

#include "core/io/bundle.h"
#include "core/io/columns.h"
#include "core/io/input.h"

namespace tl::io {

struct CsvOptions {
  char delimiter = ',';
  bool header = true;   // the first row holds the names of the columns; without it they are "0", "1", ...
  std::string types;    // one letter a column (columns.h); empty: all are guessed
  std::string missing;  // the field that stands for a missing value; empty: NA, NaN and null do, in any case
  DType floats = DType::kF32;  // of guessed columns of numbers: f32 or f64
  uint64_t max_bytes = 0;      // for all tensors together; 0: eight times the size of the file and 64 MiB
};

// The columns of the table, each a tensor of one axis, by their names; how a column is guessed says columns.h. A field is a text
// between delimiters, without the spaces around it; in quotes it may hold delimiters, ends of lines and quotes that are doubled.
// Rows end with a line feed, a carriage return or both; blank ones are passed over, and so is a mark of UTF-8 at the beginning.
//
// Missing values are empty fields and those of `missing`. Truths are true and false, in any case. Numbers are those of
// std::from_chars, also with a plus sign, inf and nan, rounded to the nearest of the column's dtype: what is closer to 0 than to the least
// (1e-46 in f32, 1e-400 in f64) to 0. What is beyond the largest (1e39 in f32, 1e400 in f64) is an error, where others read an infinity: it is damage or the wrong dtype, and a run that
// trains on it would only say so by losses that are not finite. Who means an infinity spells it.
//
// The default of max_bytes never refuses a table whose types are guessed: a value takes a byte of the file at the least (the delimiter
// of an empty field) and eight bytes of memory at the most.
//
// Throws kInvalidArgument (types that do not fit the columns, an impossible delimiter), kCorruptData (a row of another number of
// fields, a quote where none may be, a name that comes twice, a value that its column cannot hold; the message names the row and the
// byte where it begins), kUnsupported (more than 65,536 columns, more than a million different texts in one, a field of more than
// 16 MiB), kOutOfMemory (more than max_bytes), and what Input throws. A file that is cut off between two rows, or inside the last
// field, is a whole file as far as the format can tell.
Bundle read_csv(Context& context, const Input& input, const CsvOptions& options);

}  // namespace tl::io
