// A kernel that runs while its context is traced.
#pragma once

#include "core/ops/schema.h"

namespace tl {

// Runs the kernel and puts it on the context's timeline, with the dtypes and shapes of its operands and results.
[[gnu::cold]] void run_timed(const KernelArgs& args);

}  // namespace tl
