#include "core/compile/aliases.h"

#include "core/ops/generated/attrs.h"

namespace tl::compile {

using namespace graph;

namespace {

// Where a slice begins in its operand when it is whole leading rows of it, as its kernel would share them; else -1.
int64_t shared_offset(const Value& x, const Value& out, const SliceAttrs& attrs) {
  const int rank = x.shape.rank();
  if (rank == 0 || out.shape.elements() == 0) return 0;
  for (int i = 1; i < rank; i++)
    if (out.shape[i] != x.shape[i]) return -1;
  if (!attrs.strides.empty() && attrs.strides[0] != 1 && out.shape[0] > 1) return -1;
  const int64_t begin = attrs.begin[0] < 0 ? attrs.begin[0] + x.shape[0] : attrs.begin[0];
  return begin * x.shape.elements(1, rank) * static_cast<int64_t>(size_of(x.dtype));
}

int64_t view_offset(const Program& program, const Node& node) {
  switch (node.schema->id) {
    case OpId::kReshape:
    case OpId::kIdentity:
    case OpId::kStopGradient:
    case OpId::kCheckRange:
    case OpId::kCheckFinite: return 0;
    case OpId::kSlice:
      return shared_offset(program.values[node.in[0]], program.values[node.out[0]], node.as<SliceAttrs>());
    default: return -1;
  }
}

}  // namespace

bool is_view(const Program& program, const Node& node) {
  return node.is_half(Half::kFinish) || (!node.exchanged && view_offset(program, node) >= 0);
}

std::vector<Alias> find_aliases(const Program& program) {
  std::vector<Alias> out(program.values.size());
  for (ValueId id = 0; id < out.size(); id++) out[id] = {id, 0};
  for (const Node& node : program.nodes) {
    if (node.is_half(Half::kFinish))
      for (size_t k = 0, first = node.in.size() - node.out.size(); k < node.out.size(); k++)
        out[node.out[k]] = out[node.in[first + k]];
    if (node.exchanged) continue;
    const int64_t offset = view_offset(program, node);
    if (offset < 0) continue;
    const Alias& of = out[node.in[0]];
    out[node.out[0]] = {of.root, of.byte_offset + static_cast<size_t>(offset)};
  }
  return out;
}

}  // namespace tl::compile
