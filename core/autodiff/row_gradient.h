// Row-sparse gradients: what the gathers of a table along its first axis say about the gradient of the table, without a
// tensor of the table's size.
//
// A gather contributes a piece: indices of any shape, and the gradient of what it gave. Merged, the pieces are ascending
// indices that name each row once, and the sum of each row's gradients.
#pragma once

#include <vector>

#include "core/base/span.h"
#include "core/tensor/tensor.h"

namespace tl {

struct RowPiece {
  Tensor indices;   // i32 or i64, any shape, in range
  Tensor gradient;  // the indices' shape, then that of a row
};

struct RowGradient {
  Tensor indices;  // i64 (n,), strictly ascending
  Tensor rows;     // (n,) and the shape of a row
};

// Each row is the sum of its gradients in the order of the pieces and, within one, of its indices. The sums are ops, which
// recorders see; the indices are read on the host, so their number is not known before, and a recorded step that looks at
// indices of its own cannot be replayed. At least one piece.
RowGradient merge_rows(Span<const RowPiece> pieces, const Shape& table);

// The same gradients as a dense tensor of the table's shape, added up in the same order. All of it is ops.
Tensor dense_rows(Span<const RowPiece> pieces, const Shape& table);

}  // namespace tl
