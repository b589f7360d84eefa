// Which passes there are, and their order.
#include <cstring>

#include "core/base/error.h"
#include "core/compile/pass.h"

namespace tl::compile {

namespace {
constexpr Pass kPasses[] = {
    {"canonicalise", canonicalise},
    {"absorb_broadcasts", absorb_broadcasts},
    {"fold_constants", fold_constants},
    {"shrink_constants", shrink_constants},
    {"merge_common", merge_common},
    {"drop_dead", drop_dead},
    {"reassociate_products", reassociate_products, true},
    {"reassociate_product_sums", reassociate_product_sums, true},
    {"fuse_product_sums", fuse_product_sums},
    {"fuse_elementwise", fuse_elementwise},
    {"fuse_product_updates", fuse_product_updates},
    {"fuse_updates", fuse_updates},
    {"split_row_writes", split_row_writes},
    {"advance_exchanges", advance_exchanges},
    {"schedule", schedule},
    {"overlap_exchanges", overlap_exchanges},
};
}  // namespace

Span<const Pass> passes() { return kPasses; }

void run_passes(graph::Program& program, Context& context, Span<const char* const> without, bool verify,
                bool allow_reassociation) {
  auto check = [&](const char* after) {
    if (!verify) return;
    const std::string problem = graph::problem_of(program);
    if (!problem.empty())
      fail(Code::kInternal, "after '", after, "' a program is broken: ", problem,
           "; this is a bug in tapeloop");
  };
  check("recording");
  for (const Pass& pass : kPasses) {
    bool off = pass.reassociates && !allow_reassociation;
    for (const char* name : without) off |= std::strcmp(name, pass.name) == 0;
    if (off) continue;
    pass.run(program, context);
    check(pass.name);
  }
}

bool keeps_shape(const graph::Program& program, const graph::Node& node) {
  OutputSpec spec;
  try {
    graph::infer(program, node, &spec);
  } catch (const Error&) {  // an op whose operands must have one shape
    return false;
  }
  return spec.shape == program.values[node.out[0]].shape;
}

bool can_fail(const graph::Node& node) {
  const OpSchema& schema = *node.schema;
  if (schema.checks_data) return true;
  if (schema.elementwise || node.fused) return false;
  switch (schema.id) {
    // Their kernels write their results and take no memory.
    case OpId::kMatmul:
    case OpId::kReshape:
    case OpId::kTranspose:
    case OpId::kBroadcastTo:
    case OpId::kConcat:
    case OpId::kIdentity:
    case OpId::kStopGradient:
    case OpId::kFull:
    case OpId::kSgdUpdate:
    case OpId::kMomentumUpdate:
    case OpId::kAdamUpdate: return false;
    default: return true;
  }
}

}  // namespace tl::compile
