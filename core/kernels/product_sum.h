// A product of matrices added to what is there: C + op(A) op(B), with the bits of matmul and add. The compiled step sums products
// so, each in one pass over C.
#pragma once

#include <cstdint>

#include "core/base/thread_pool.h"
#include "core/tensor/dtype.h"

namespace tl::kernels {

// op(A) [m, k] times op(B) [k, n]; A is stored [k, m] with ta, B [n, k] with tb.
struct ProductShape {
  bool ta, tb;
  int64_t m, n, k;
};

class ProductSum {
 public:
  // Whether this CPU sums the product of this shape element by element before it adds C: all its terms in one block of ours.
  static bool possible(DType dtype, const ProductShape& shape);
  // f32 or f64; a shape that is possible.
  ProductSum(DType dtype, const ProductShape& shape) : dtype_(dtype), shape_(shape) {}

  // Makes room in the pool's scratch memory, so that run() need not. Throws tl::Error (out of memory).
  void reserve(ThreadPool& pool) const;
  // out may be c, and overlaps nothing else. The same bits for any number of threads. Not from a loop body of the same pool.
  void run(ThreadPool& pool, const void* a, const void* b, const void* c, void* out) const;

 private:
  DType dtype_;
  ProductShape shape_;
};

}  // namespace tl::kernels
