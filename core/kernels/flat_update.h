// The step of an optimizer on several variables in one call: what sgd_update, momentum_update and adam_update do one by one,
// with their bits, and the work of all shared out to the threads as if it were one array.
#pragma once

#include <vector>

#include "core/base/span.h"
#include "core/base/thread_pool.h"
#include "core/kernels/update_step.h"

namespace tl::kernels {

class FlatUpdate {
 public:
  // op: one of the three; attrs: its attributes (read now), the same for all; elements: of each variable.
  // Throws kUnsupported for another op or a dtype that is not floating.
  FlatUpdate(OpId op, DType dtype, const void* attrs, Span<const int64_t> elements,
             const VectorTable& table = vector_table());

  // Arrays of one variable: w, g and the slots going in (`arrays_in`), w and the slots coming out (`arrays_out`).
  int arrays_in() const { return step_.arrays_in(); }
  int arrays_out() const { return step_.arrays_out(); }

  // inputs: the arrays of the first variable, in the order of the op, then those of the next; at last the op's scalars,
  // which all variables share. outputs: likewise; each may be the input that it replaces, and overlaps nothing else.
  // Allocates nothing; the same bits for any number of threads. Not from a loop body of the same pool.
  void run(ThreadPool& pool, const void* const* inputs, void* const* outputs) const;

 private:
  struct Piece {
    size_t variable, begin, end;
  };
  void run_unit(size_t unit, const void* const* inputs, void* const* outputs) const;

  UpdateStep step_;
  size_t variables_;
  std::vector<Piece> pieces_;
  std::vector<size_t> units_;  // unit i is the pieces [units_[i], units_[i + 1])
};

}  // namespace tl::kernels
