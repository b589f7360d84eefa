// What stands behind a tl_function.
#pragma once

#include <memory>

#include "core/compile/function.h"

namespace tl::capi {

// A function that its own callback releases must live on until the call returns.
struct HeldFunction {
  std::shared_ptr<compile::Function> function;
};

}  // namespace tl::capi
