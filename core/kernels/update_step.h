// The step of an optimizer on one array: what sgd_update, momentum_update and adam_update do, with their bits, on raw memory.
#pragma once

#include <cstddef>

#include "core/kernels/vector/table.h"
#include "core/ops/schema.h"

namespace tl::kernels {

class UpdateStep {
 public:
  static constexpr size_t kMostArrays = 4;  // w, g and two slots

  // op: one of the three; attrs: its attributes, read now. Throws kUnsupported for another op or a dtype that is not floating.
  UpdateStep(OpId op, DType dtype, const void* attrs, const VectorTable& table = vector_table());

  // The arrays that go in, in the order of the op: w, g and the slots; and those that come out: w and the slots.
  int arrays_in() const { return arrays_in_; }
  int arrays_out() const { return arrays_out_; }
  DType dtype() const { return dtype_; }

  // What adam_update's scalars and attributes come to.
  template <class T>
  AdamStep<T> adam(const void* const* scalars) const {
    const auto scalar = [&](int i) { return *static_cast<const T*>(scalars[i]); };
    return {scalar(0), static_cast<T>(1 - numbers_[0]), static_cast<T>(1 - numbers_[1]), scalar(2),
            T{1} - scalar(1)};
  }

  // Elements [0, n) of the arrays, by the calling thread. scalars: those of the op. A result may be the array that it replaces, and
  // overlaps nothing else.
  void run(const void* const* in, const void* const* scalars, void* const* out, size_t n) const;

 private:
  template <class T>
  void run_as(const void* const* in, const void* const* scalars, void* const* out, size_t n) const;

  OpId op_;
  DType dtype_;
  const VectorTable* table_;
  int arrays_in_ = 0, arrays_out_ = 0;
  double numbers_[2] = {0, 0};  // beta1 and beta2, or the momentum
  bool nesterov_ = false;
};

}  // namespace tl::kernels
