// apply: the only path by which any op ever runs. It ends when the context is cancelled, checks operands against the op table, infers shapes, calls the
// kernel, and shows the call to the open recorders. Ops with names are in ops.h; they all end here.
#pragma once

#include "core/ops/schema.h"

namespace tl {

// Runs an op. `attrs` points to the op's attribute struct (generated/attrs.h) or is null where it has none.
// `donated`: bit i says that the caller gives input i away, so that the kernel may write into its memory when nobody
// else holds it and no recorder is interested. Throws tl::Error; the outputs are set only on success.
void apply(OpId op, Context& context, Inputs in, const void* attrs, Tensor* out, uint32_t donated = 0);

}  // namespace tl
