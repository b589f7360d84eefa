// What is computed of constants alone is computed once.
#include "core/compile/pass.h"
#include "core/ops/apply.h"

namespace tl::compile {

using namespace graph;

namespace {
// Larger ones take less time to make anew than memory is worth.
constexpr size_t kMostBytes = 1 << 16;
}  // namespace

void fold_constants(Program& program, Context& context) {
  std::vector<char> folded(program.nodes.size());
  for (size_t n = 0; n < program.nodes.size(); n++) {
    const Node& node = program.nodes[n];
    if (node.draw >= 0 || node.schema->checks_data) continue;
    bool constant = true;
    for (ValueId id : node.in) constant &= program.values[id].origin == Origin::kConstant;
    for (ValueId id : node.out) constant &= program.values[id].bytes() <= kMostBytes;
    if (!constant) continue;
    std::vector<const Tensor*> in;
    bool host = false;
    for (ValueId id : node.in) {
      const Constant& c = program.constants[program.values[id].index];
      in.push_back(&c.tensor);
      host |= c.host_data;
    }
    Tensor out[3];
    apply(node.schema->id, context, Inputs(in.data(), in.size()), node.attrs.data(), out);
    for (size_t i = 0; i < node.out.size(); i++) {
      Value& v = program.values[node.out[i]];
      v.origin = Origin::kConstant;
      v.index = static_cast<uint32_t>(program.constants.size());
      program.constants.push_back({out[i], host});
    }
    folded[n] = 1;
  }
  size_t kept = 0;
  for (size_t n = 0; n < program.nodes.size(); n++)
    if (!folded[n]) {
      if (kept != n) program.nodes[kept] = std::move(program.nodes[n]);
      kept++;
    }
  program.nodes.resize(kept);
}

}  // namespace tl::compile
