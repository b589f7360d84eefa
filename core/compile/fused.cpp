#include "core/compile/fused.h"

#include <cstddef>
#include <cstring>

#include "core/base/error.h"

namespace tl::compile {

using namespace graph;

namespace {

constexpr AttrSchema kDrawAttrs[] = {
    {"seed", AttrKind::kU64, offsetof(FusedAttrs, draw) + offsetof(kernels::DropoutDraw, seed)},
    {"call", AttrKind::kU64, offsetof(FusedAttrs, draw) + offsetof(kernels::DropoutDraw, call)},
};

void run_fused(const KernelArgs& a) {
  const auto& attrs = a.as<FusedAttrs>();
  const void* in[kMostFusedOperands];
  void* out[kMostFusedOperands];
  for (size_t i = 0; i < a.in.size(); i++) in[i] = a[i].raw();
  for (size_t i = 0; i < a.schema.num_outputs; i++) out[i] = a.out[i].mutable_raw();
  attrs.kernel->run(a.context.pool(), in, out, attrs.draw);
}

}  // namespace

void FusedKernel::describe(const char* name, size_t operands, bool draws) {
  TL_INVARIANT(operands <= kMostFusedOperands && results.size() <= kMostFusedOperands);
  schema.name = name;
  schema.num_inputs = static_cast<uint8_t>(operands);
  schema.num_outputs = static_cast<uint8_t>(results.size());
  schema.attr_bytes = sizeof(FusedAttrs);
  schema.attrs = kDrawAttrs;
  schema.num_attrs = draws ? 2 : 0;
  for (int8_t& operand : schema.inplace) operand = -1;  // Node::inplace() knows them
  schema.kernel = run_fused;
}

Node fused_node(std::shared_ptr<const FusedKernel> kernel, std::vector<ValueId> in,
                std::vector<ValueId> out) {
  Node node{};
  node.schema = &kernel->schema;
  node.in = std::move(in);
  node.out = std::move(out);
  node.attrs.resize((sizeof(FusedAttrs) + 7) / 8);
  node.draw = -1;
  const FusedAttrs attrs{kernel.get(), {0, 0}};
  std::memcpy(node.attrs.data(), &attrs, sizeof(attrs));
  node.fused = std::move(kernel);
  return node;
}

}  // namespace tl::compile
