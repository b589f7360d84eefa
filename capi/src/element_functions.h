// Functions of the caller's that compute elements of a pipeline, as the core runs them.
#pragma once

#include <memory>

#include "capi/src/callbacks.h"
#include "core/data/stage.h"
#include "tapeloop/pipeline.h"

namespace tl::capi {

// What a function and its passes share; `session` is that of the dataset, and outlives the stages.
struct ElementCallbacks {
  Session& session;
  const char* name;  // of the function of the C API, in messages
  size_t width;      // outputs
  std::shared_ptr<void> user_data;
};

data::FunctionPtr element_function(ElementCallbacks shared, tl_element_callback function);
data::FunctionPtr predicate_function(ElementCallbacks shared, tl_predicate_callback predicate);
data::IterablePtr iterable(ElementCallbacks shared, tl_begin_callback begin, tl_next_callback next,
                           tl_end_callback end);

}  // namespace tl::capi
