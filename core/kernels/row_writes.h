// set_rows in its two halves: what can fail, and what writes. The compiled step runs them apart, so that rows of a variable
// change in its own memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/tensor/dtype.h"

namespace tl::kernels {

// indices: `count` of i32 or i64. Throws kInvalidArgument unless they ascend strictly and lie in [0, size).
void check_rows(DType dtype, const void* indices, int64_t count, int64_t size);

// out (`bytes` long) = x, but the rows that the indices name are those of `rows`, of row_bytes each. out may be x, and
// overlaps nothing else.
void write_rows(DType dtype, const void* indices, int64_t count, const void* rows, size_t row_bytes,
                const void* x, void* out, size_t bytes);

}  // namespace tl::kernels
