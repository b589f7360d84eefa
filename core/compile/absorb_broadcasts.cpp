// Element-wise ops broadcast by themselves.
#include "core/base/error.h"
#include "core/compile/pass.h"

namespace tl::compile {

using namespace graph;

void absorb_broadcasts(Program& program, Context&) {
  std::vector<int32_t> maker(program.values.size(), -1);
  for (size_t i = 0; i < program.nodes.size(); i++) {
    Node& node = program.nodes[i];
    for (ValueId id : node.out) maker[id] = static_cast<int32_t>(i);
    if (!node.schema->elementwise || node.in.size() < 2) continue;
    for (ValueId& operand : node.in) {
      if (maker[operand] < 0) continue;
      const Node& before = program.nodes[static_cast<size_t>(maker[operand])];
      if (!before.is(OpId::kBroadcastTo)) continue;
      const ValueId wide = operand;
      operand = before.in[0];
      OutputSpec spec;
      bool same = false;
      try {
        infer(program, node, &spec);
        same = spec.shape == program.values[node.out[0]].shape;
      } catch (const Error&) {  // an op whose operands must have one shape
      }
      if (!same) operand = wide;
    }
  }
}

}  // namespace tl::compile
