#include "core/compile/products.h"

#include "core/ops/generated/attrs.h"

namespace tl::compile {

using namespace graph;

ProductSumKernel::ProductSumKernel(const Value& result, const kernels::ProductShape& shape)
    : sum_(result.dtype, shape), shape_(shape) {
  results = {{result.dtype, result.shape}};
  inplace = {2};
  made_by = {OpId::kAdd};
  ops = {OpId::kMatmul, OpId::kAdd};
  detail = transposes_of(shape);
  flops =
      static_cast<double>(shape.m) * static_cast<double>(shape.n) * (2 * static_cast<double>(shape.k) + 1);
  describe("product_sum", 3, false);
}

bool is_matrix_product(const Program& program, const Node& node) {
  return node.is(OpId::kMatmul) && program.values[node.in[0]].shape.rank() == 2 &&
         program.values[node.in[1]].shape.rank() == 2;
}

kernels::ProductShape product_shape(const Program& program, const Node& node) {
  if (const ProductSumKernel* sum = as_product_sum(node)) return sum->shape();
  const auto& attrs = node.as<MatmulAttrs>();
  const Shape &a = program.values[node.in[0]].shape, &out = program.values[node.out[0]].shape;
  return {attrs.transpose_a, attrs.transpose_b, out[0], out[1], a[attrs.transpose_a ? 0 : 1]};
}

const ProductSumKernel* as_product_sum(const Node& node) {
  return dynamic_cast<const ProductSumKernel*>(node.fused.get());
}

std::vector<size_t> count_uses(Program& program) {
  std::vector<size_t> uses(program.values.size());
  for (const Node& node : program.nodes)
    for (ValueId id : node.in) uses[id]++;
  for_each_result(program, [&](ValueId& id) { uses[id]++; });
  return uses;
}

std::string transposes_of(const kernels::ProductShape& shape) {
  std::string out = shape.ta ? "transpose_a" : "";
  if (shape.tb) out += out.empty() ? "transpose_b" : ", transpose_b";
  return out;
}

}  // namespace tl::compile
