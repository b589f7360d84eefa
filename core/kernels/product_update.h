// The step of an optimizer with a gradient that is a product of matrices, or a sum of some, in one pass: a few rows of the gradient
// are computed, used while they are in a near cache, and forgotten; those of a large product beside the sums of the next ones, which
// leave most slots for loads and stores unused, and the units that divide. The bits are those of the products, their additions and
// the step one after the other. For the compiled step.
#pragma once

#include <vector>

#include "core/base/thread_pool.h"
#include "core/kernels/product_sum.h"
#include "core/kernels/update_step.h"

namespace tl::kernels {

class ProductUpdate {
 public:
  static constexpr size_t kMostProducts = 16;

  // Whether this CPU computes rows of the product where its operands lie, each element in one go.
  static bool possible(DType dtype, const ProductShape& shape);

  // Whether it takes the step of this optimizer beside the sums of one product, whose operands are packed.
  static bool possible_beside(DType dtype, OpId op, const ProductShape& shape);

  // products: 1 to kMostProducts, all of one m and n and possible, or one that is possible beside. op, attrs: as for UpdateStep, and
  // so are the errors.
  ProductUpdate(DType dtype, std::vector<ProductShape> products, OpId op, const void* attrs);

  // The arrays of the variable: w and the slots.
  int arrays() const { return step_.arrays_out(); }

  // Makes room in the pool's scratch memory, so that run() need not. Throws tl::Error (out of memory).
  void reserve(ThreadPool& pool) const;
  // inputs: A and B of each product in the order in which they are added, w and the slots, the op's scalars. outputs: w and the
  // slots; each may be the input that it replaces, and overlaps nothing else. The same bits for any number of threads. Not
  // from a loop body of the same pool.
  void run(ThreadPool& pool, const void* const* inputs, void* const* outputs) const;

 private:
  template <class T>
  void run_beside(ThreadPool& pool, const void* const* inputs, void* const* outputs) const;
  template <class T>
  void run_as(ThreadPool& pool, const void* const* inputs, void* const* outputs) const;

  UpdateStep step_;
  std::vector<ProductShape> products_;
  bool beside_;  // the sums, not behind them
  int64_t m_, n_;
  int64_t tile_rows_;     // parts begin at a multiple
  int64_t block_rows_;    // computed at a time
  double multiply_adds_;  // the work of all, the step's too
};

}  // namespace tl::kernels
