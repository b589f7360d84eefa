// The arguments of a function that is differentiated as a whole.
#pragma once

#include "capi/src/callbacks.h"
#include "core/autodiff/function.h"

namespace tl::capi {

// Tensors and variables behind handles, which are kept alive: a callback may release the handles.
struct Arguments {
  Arguments(Session& session, const char* op, tl_tensor* const* at, size_t count) {
    check_list(op, "at", at, count);
    for (size_t i = 0; i < count; i++) {
      if (is_variable(at[i])) {
        Variable& v = variable_of(session, at[i], op, {"at", i});
        sources.push_back({Tensor(), &v});
        held.push_back(VariableRef::share(&v));
      } else {
        sources.push_back({peek_tensor(session, at[i], op, {"at", i}), nullptr});
      }
    }
  }
  std::vector<GradientSource> sources;
  std::vector<VariableRef> held;
};

}  // namespace tl::capi
