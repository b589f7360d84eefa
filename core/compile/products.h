// Products of matrices as passes see them: which nodes are one, with which shape.
#pragma once

#include "core/compile/fused.h"
#include "core/kernels/product_sum.h"

namespace tl::compile {

// C + op(A) op(B), of operands A, B and C.
class ProductSumKernel final : public FusedKernel {
 public:
  ProductSumKernel(const graph::Value& result, const kernels::ProductShape& shape);
  const kernels::ProductShape& shape() const { return shape_; }
  void reserve(ThreadPool& pool) const override { sum_.reserve(pool); }
  void run(ThreadPool& pool, const void* const* inputs, void* const* outputs,
           const kernels::DropoutDraw&) const override {
    sum_.run(pool, inputs[0], inputs[1], inputs[2], outputs[0]);
  }

 private:
  kernels::ProductSum sum_;
  kernels::ProductShape shape_;
};

// A matmul of two matrices, and its shape.
bool is_matrix_product(const graph::Program& program, const graph::Node& node);
kernels::ProductShape product_shape(const graph::Program& program, const graph::Node& node);
// A product that is added to something, or null.
const ProductSumKernel* as_product_sum(const graph::Node& node);

// How often each value is taken, by nodes and from outside.
std::vector<size_t> count_uses(graph::Program& program);

// "transpose_a, transpose_b", or those that hold, for people.
std::string transposes_of(const kernels::ProductShape& shape);

}  // namespace tl::compile
