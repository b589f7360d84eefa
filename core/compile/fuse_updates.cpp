// Steps of one optimizer become one node. Only those of small variables: there a call costs more than the work, while a large
// gradient had better go as soon as it has been used.
#include <algorithm>

#include "core/compile/fused.h"
#include "core/compile/groups.h"
#include "core/compile/pass.h"
#include "core/kernels/flat_update.h"

namespace tl::compile {

using namespace graph;

namespace {

constexpr int64_t kMostElements = 16384;

class UpdateKernel final : public FusedKernel {
 public:
  UpdateKernel(const Program& program, const std::vector<const Node*>& nodes, Span<const int64_t> elements)
      : update_(nodes[0]->schema->id, program.values[nodes[0]->in[0]].dtype, nodes[0]->attrs.data(),
                elements) {
    const Node& first = *nodes[0];
    size_t operands = first.in.size() - static_cast<size_t>(update_.arrays_in());
    for (size_t v = 0; v < nodes.size(); v++) {
      for (size_t k = 0; k < first.out.size(); k++) {
        const Value& result = program.values[nodes[v]->out[k]];
        results.push_back({result.dtype, result.shape});
        made_by.push_back(first.schema->id);
        inplace.push_back(static_cast<int>(v) * update_.arrays_in() + first.schema->inplace[k]);
      }
      ops.push_back(first.schema->id);
      operands += static_cast<size_t>(update_.arrays_in());
      flops += static_cast<double>(elements[v]);
    }
    describe("flat_update", operands, false);
  }
  const kernels::FlatUpdate& update() const { return update_; }
  void reserve(ThreadPool&) const override {}
  void run(ThreadPool& pool, const void* const* inputs, void* const* outputs,
           const kernels::DropoutDraw&) const override {
    update_.run(pool, inputs, outputs);
  }

 private:
  kernels::FlatUpdate update_;
};

// Operands of one variable; the others are the scalars, which all share.
size_t arrays_of(const Node& node) {
  if (node.is(OpId::kSgdUpdate)) return 2;
  if (node.is(OpId::kMomentumUpdate)) return 3;
  return node.is(OpId::kAdamUpdate) ? 4 : 0;
}

bool belong_together(const Program& program, const Node& a, const Node& b) {
  return a.schema == b.schema && a.again == b.again &&
         program.values[a.in[0]].dtype == program.values[b.in[0]].dtype &&
         std::equal(a.in.begin() + static_cast<std::ptrdiff_t>(arrays_of(a)), a.in.end(),
                    b.in.begin() + static_cast<std::ptrdiff_t>(arrays_of(b))) &&
         same_attrs(*a.schema, a.attrs.data(), b.attrs.data());
}

// Whether the node takes what one of them makes.
bool takes_from(const Groups& groups, const Node& node, const std::vector<size_t>& makers) {
  for (ValueId id : node.in)
    if (std::count(makers.begin(), makers.end(), groups.maker(id)) > 0) return true;
  return false;
}

Node fused(const Program& program, const std::vector<size_t>& group) {
  std::vector<const Node*> nodes;
  std::vector<int64_t> elements;
  std::vector<ValueId> in, out;
  for (size_t i : group) {
    const Node& node = program.nodes[i];
    nodes.push_back(&node);
    elements.push_back(program.values[node.in[0]].shape.elements());
    in.insert(in.end(), node.in.begin(), node.in.begin() + static_cast<std::ptrdiff_t>(arrays_of(node)));
    out.insert(out.end(), node.out.begin(), node.out.end());
  }
  const Node& first = *nodes[0];
  in.insert(in.end(), first.in.begin() + static_cast<std::ptrdiff_t>(arrays_of(first)), first.in.end());
  Node node =
      fused_node(std::make_shared<UpdateKernel>(program, nodes, elements), std::move(in), std::move(out));
  node.again = first.again;
  return node;
}

}  // namespace

void fuse_updates(Program& program, Context&) {
  Groups groups(program);
  std::vector<size_t> open;  // groups
  for (size_t i = 0; i < program.nodes.size(); i++) {
    const Node& node = program.nodes[i];
    const size_t arrays = node.fused ? 0 : arrays_of(node);
    if (arrays == 0 || program.values[node.in[0]].shape.elements() > kMostElements) continue;
    bool joined = false;
    for (size_t& g : open) {
      std::vector<size_t> both = groups.nodes(g);
      const Node& first = program.nodes[both[0]];
      if (!belong_together(program, first, node) || takes_from(groups, node, both)) continue;
      both.push_back(i);
      if (both.size() * arrays + first.in.size() - arrays > kMostFusedOperands || !groups.can_be_one(both))
        continue;
      g = groups.join(both);
      joined = true;
      break;
    }
    if (!joined) open.push_back(groups.join({i}));
  }
  std::vector<Replacement> replacements;
  for (size_t g : open)
    if (groups.nodes(g).size() > 1) replacements.push_back({g, {fused(program, groups.nodes(g))}});
  replace(program, groups, std::move(replacements));
}

}  // namespace tl::compile
