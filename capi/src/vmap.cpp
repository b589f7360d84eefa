// vmap of the C API.
#include "tapeloop/vmap.h"

#include "capi/src/arguments.h"
#include "core/autodiff/vmap.h"

using namespace tl;
using namespace tl::capi;

static_assert(TL_NO_AXIS == kNoAxis);

extern "C" {

TL_API tl_status tl_vmap(tl_context* context, tl_compute_callback function, void* user_data,
                         tl_destroy_callback destroy, tl_tensor* const* inputs, const int64_t* axes,
                         size_t num_inputs, tl_tensor** outputs, size_t num_outputs) {
  const char* op = "vmap";
  return lending(context, op, user_data, destroy, "outputs", outputs, num_outputs,
                 [&](Session& s, std::shared_ptr<void> owner) {
                   check_function(op, "function", function);
                   check_output_count(op, "function", num_outputs);
                   Callbacks f{s, context, op, std::move(owner)};
                   check_list(op, "inputs", inputs, num_inputs);
                   std::vector<Tensor> in;
                   for (size_t i = 0; i < num_inputs; i++)
                     in.push_back(apart_tensor_of(s, inputs[i], op, {"inputs", i}));
                   auto run = [&](Span<const Tensor> x) {
                     return compute(f, function, "function", x, num_outputs);
                   };
                   return vmap(s.core(), op, run, in, Span<const int64_t>(axes, axes ? num_inputs : 0));
                 });
}

}  // extern "C"
