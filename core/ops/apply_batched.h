// How an op runs whose operands are batched (core/tensor/batched.h): by its batching rule, on physical tensors.
#pragma once

#include "core/ops/schema.h"

namespace tl {

inline constexpr int kMostOutputs = 3;  // of any op

// Called by apply(), which has checked the operands; at least one of them is batched. The newest level among them handles the
// call: it infers the shapes of one example by the row's own shape rule, runs the batching rule while recorders that were
// opened inside the level look away, and shows the call on logical tensors to these alone. So each recorder sees one program:
// tapes inside vmap that of one example, tapes outside that of the whole batch.
void apply_batched(const OpSchema& schema, Context& context, Inputs in, const void* attrs, Tensor* out);

}  // namespace tl
