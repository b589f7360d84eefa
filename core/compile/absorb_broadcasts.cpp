// Ops that broadcast by themselves: element-wise ones, and products of matrices, where the batches of one operand are copies.
#include "core/compile/pass.h"
#include "core/kernels/gemm/gemm.h"
#include "core/ops/generated/attrs.h"

namespace tl::compile {

using namespace graph;

namespace {

// A single matrix on the right makes further rows of the batches on the left, of one product whose rows have to be those of the
// many. Of other operands the same matrix is taken again and again.
bool keeps_bits(const Program& program, const Node& node) {
  const auto& attrs = node.as<MatmulAttrs>();
  const Value &a = program.values[node.in[0]], &b = program.values[node.in[1]],
              &out = program.values[node.out[0]];
  if (b.shape.rank() != 2 || attrs.transpose_a || a.shape.rank() != out.shape.rank()) return true;
  const int64_t n = out.shape.back(), rows = out.shape[out.shape.rank() - 2], k = a.shape.back();
  if (n == 0) return true;
  const int64_t all = out.shape.elements() / n;
  if (out.dtype == DType::kF32)
    return kernels::gemm_rows_alike<float>(false, attrs.transpose_b, rows, all, n, k);
  return kernels::gemm_rows_alike<double>(false, attrs.transpose_b, rows, all, n, k);
}

}  // namespace

void absorb_broadcasts(Program& program, Context&) {
  std::vector<int32_t> maker(program.values.size(), -1);
  for (size_t i = 0; i < program.nodes.size(); i++) {
    Node& node = program.nodes[i];
    for (ValueId id : node.out) maker[id] = static_cast<int32_t>(i);
    const bool product = node.is(OpId::kMatmul);
    if ((!node.schema->elementwise && !product) || node.in.size() < 2) continue;
    for (ValueId& operand : node.in) {
      if (maker[operand] < 0) continue;
      const Node& before = program.nodes[static_cast<size_t>(maker[operand])];
      if (!before.is(OpId::kBroadcastTo)) continue;
      const ValueId wide = operand;
      operand = before.in[0];
      if (!keeps_shape(program, node) || (product && !keeps_bits(program, node))) operand = wide;
    }
  }
}

}  // namespace tl::compile
