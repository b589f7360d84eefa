// npy files, NumPy's format of one array: a text that says dtype, order and shape, and the elements behind it. Versions 1 to 3
// are read, version 1 is written. The format: NumPy's "NEP 1" and the documentation of numpy.lib.format.
//
// Arrays of Python objects are pickles, that is programs: they are refused, and nothing of a file is ever run. So are arrays of
// records, complex numbers, texts and dates, for which there are no tensors.
#pragma once

#include <string>

#include "core/base/function_ref.h"
#include "core/io/input.h"
#include "core/io/output.h"
#include "core/tensor/tensor.h"

namespace tl::io {

// The array in the file, of its shape, rank 0 to 8, whichever order its elements have. f4, f8, i4, i8, u1 and b1 are f32, f64,
// i32, i64, u8 and bool; i1, i2 and u2 are widened to i32, u4 and u8 to i64, f2 to f32, and bytes are put into the host's order.
// The header is compared with the size of the file before memory is asked for: never more than the tensor, which is the size of
// the file where nothing is widened, and 1 MiB are used.
//
// Throws kCorruptData (too short, too long, a header that is none or contradicts the file, a bool that is neither 0 nor 1),
// kUnsupported (dtypes as above, more than 8 axes, a u8 (64 bits) above those of i64), and what Input throws. A flipped bit among
// the elements cannot be seen: the format has no checksum.
Tensor read_npy(Context& context, const Input& input);

// The same for an array inside of something else, such as a member of npz. `elements` is asked before memory is.
using BeforeElements = FunctionRef<void(uint64_t bytes)>;
Tensor read_npy(Context& context, Reader& reader, BeforeElements elements);

// The bytes before the elements; their number is a multiple of 64.
std::string npy_header(const Tensor& tensor);

// Writes the tensor as numpy.save does. Throws what OutputFile throws.
void write_npy(OutputFile& file, const Tensor& tensor);

}  // namespace tl::io
