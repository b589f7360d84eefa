// Transposes of the last two axes become flags of the matmul that takes them.
#include "core/compile/axis_order.h"
#include "core/compile/pass.h"

namespace tl::compile {

using namespace graph;

void absorb_transposes(Program& program, Context&) {
  std::vector<int32_t> maker(program.values.size(), -1);
  for (size_t i = 0; i < program.nodes.size(); i++) {
    Node& node = program.nodes[i];
    for (ValueId id : node.out) maker[id] = static_cast<int32_t>(i);
    if (!node.is(OpId::kMatmul)) continue;
    for (size_t side = 0; side < 2; side++) {
      if (maker[node.in[side]] < 0) continue;
      const Node& before = program.nodes[static_cast<size_t>(maker[node.in[side]])];
      if (!before.is(OpId::kTranspose)) continue;
      const int rank = program.values[node.in[side]].shape.rank();
      const IntList order = order_of(before, rank);
      bool last_two = rank >= 2 && order[rank - 1] == rank - 2 && order[rank - 2] == rank - 1;
      for (int k = 0; k + 2 < rank; k++) last_two &= order[k] == k;
      if (!last_two) continue;
      auto& attrs = node.as<MatmulAttrs>();
      (side == 0 ? attrs.transpose_a : attrs.transpose_b) ^= true;
      node.in[side] = before.in[0];
    }
  }
}

}  // namespace tl::compile
