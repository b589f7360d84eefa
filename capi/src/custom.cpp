// Custom gradients and recomputed segments of the C API: how callbacks of the caller become rules of the core.
#include "tapeloop/custom.h"

#include <memory>

#include "capi/src/callbacks.h"
#include "core/autodiff/custom.h"
#include "core/autodiff/recompute.h"

using namespace tl;
using namespace tl::capi;

namespace {

std::vector<Tensor> backward(const Callbacks& f, tl_backward_callback callback, const RuleArgs& args) {
  CallbackFrame frame(f.session, f.name);
  std::vector<tl_tensor*> in = handles_of(f.session, args.in), out = handles_of(f.session, args.out),
                          arrived = handles_of(f.session, args.grad), gradients(in.size(), nullptr);
  check_callback(f, "backward",
                 callback(f.context, f.user_data.get(), in.data(), in.size(), out.data(), arrived.data(),
                          out.size(), gradients.data()));
  return tensors_of(f, gradients, "input_gradients");
}

std::vector<Tensor> push(const Callbacks& f, tl_jvp_callback callback, const RuleArgs& args,
                         Span<const Tensor> tangents) {
  CallbackFrame frame(f.session, f.name);
  std::vector<tl_tensor*> in = handles_of(f.session, args.in), out = handles_of(f.session, args.out),
                          arrived = handles_of(f.session, tangents), result(out.size(), nullptr);
  check_callback(f, "jvp",
                 callback(f.context, f.user_data.get(), in.data(), arrived.data(), in.size(), out.data(),
                          out.size(), result.data()));
  return tensors_of(f, result, "output_tangents");
}

// Operands of a function: variables are read, which open tapes see.
std::vector<Tensor> inputs_of(Session& s, const char* op, tl_tensor* const* inputs, size_t count) {
  check_list(op, "inputs", inputs, count);
  std::vector<Tensor> out;
  for (size_t i = 0; i < count; i++) out.push_back(tensor_of(s, inputs[i], op, {"inputs", i}));
  return out;
}

struct Functions {
  tl_compute_callback forward;
  tl_backward_callback backward;
  tl_jvp_callback jvp;  // may be null
};

struct HandleList {
  tl_tensor* const* handles;
  size_t count;
};

tl_status custom(const char* op, tl_context* context, const char* name, Functions functions, void* user_data,
                 tl_destroy_callback destroy, HandleList inputs, HandleList captured, tl_tensor** outputs,
                 size_t num_outputs) noexcept {
  return lending(context, op, user_data, destroy, "outputs", outputs, num_outputs,
                 [&](Session& s, std::shared_ptr<void> lent) {
                   Callbacks f{s, context, checked_text(op, "name", name), std::move(lent)};
                   if (!functions.forward || !functions.backward)
                     invalid(
                         "[", op, "] '", functions.forward ? "backward" : "forward",
                         "' must be a function: got NULL; use stop_gradient for a function without gradient");
                   check_output_count(f.name.c_str(), "function", num_outputs);
                   std::vector<Tensor> in = inputs_of(s, op, inputs.handles, inputs.count);
                   check_list(op, "captured", captured.handles, captured.count);
                   std::vector<VariableRef> held;  // the callback may release the handles
                   std::vector<Variable*> variables;
                   for (size_t i = 0; i < captured.count; i++) {
                     variables.push_back(&variable_of(s, captured.handles[i], op, {"captured", i}));
                     held.push_back(VariableRef::share(variables.back()));
                   }
                   CustomGradient rule;
                   rule.name = f.name;
                   rule.forward = [f, functions, num_outputs](Span<const Tensor> x) {
                     return compute(f, functions.forward, "forward", x, num_outputs);
                   };
                   rule.backward = [f, functions](const RuleArgs& args) {
                     return backward(f, functions.backward, args);
                   };
                   if (functions.jvp)
                     rule.jvp = [f, functions](const RuleArgs& args, Span<const Tensor> tangents) {
                       return push(f, functions.jvp, args, tangents);
                     };
                   return custom_gradient(s.core(), std::move(rule), in, variables);
                 });
}

}  // namespace

extern "C" {

TL_API tl_status tl_custom_gradient(tl_context* context, const char* name, tl_compute_callback forward,
                                    tl_backward_callback backward, void* user_data,
                                    tl_destroy_callback destroy, tl_tensor* const* inputs, size_t num_inputs,
                                    tl_tensor* const* captured, size_t num_captured, tl_tensor** outputs,
                                    size_t num_outputs) {
  return custom("custom_gradient", context, name, {forward, backward, nullptr}, user_data, destroy,
                {inputs, num_inputs}, {captured, num_captured}, outputs, num_outputs);
}

TL_API tl_status tl_custom_gradient_with_jvp(tl_context* context, const char* name,
                                             tl_compute_callback forward, tl_backward_callback backward,
                                             tl_jvp_callback jvp, void* user_data,
                                             tl_destroy_callback destroy, tl_tensor* const* inputs,
                                             size_t num_inputs, tl_tensor* const* captured,
                                             size_t num_captured, tl_tensor** outputs, size_t num_outputs) {
  if (jvp)
    return custom("custom_gradient_with_jvp", context, name, {forward, backward, jvp}, user_data, destroy,
                  {inputs, num_inputs}, {captured, num_captured}, outputs, num_outputs);
  return lending(context, "custom_gradient_with_jvp", user_data, destroy, "outputs", outputs, num_outputs,
                 [](Session&, std::shared_ptr<void>) -> std::vector<Tensor> {
                   invalid(
                       "[custom_gradient_with_jvp] 'jvp' must be a function: got NULL; use custom_gradient "
                       "for a rule without one");
                 });
}

TL_API tl_tensor* tl_grad_pass_through(tl_context* context, tl_tensor* value, tl_tensor* path) {
  return op(context, "grad_pass_through", [&](OpCallFrame& call) {
    call.add(value, "value");
    call.add(path, "path");
    call.result(grad_pass_through(call.in(0), call.in(1)));
  });
}

TL_API tl_status tl_call_guarded(tl_context* context, const char* name, tl_guarded_callback function,
                                 void* user_data, tl_destroy_callback destroy) {
  constexpr const char* op = "call_guarded";
  Entered inside(context);  // a destroy function that comes after a failure cannot end the context either
  const tl_status status = effect<Session>(context, Kind::kContext, op, [&](Session& s, Session&) {
    const Callbacks f{s, context, checked_text(op, "name", name), nullptr};
    if (!function) invalid("[", op, "] 'function' must be a function: got NULL; pass the one that is to run");
    const NestedCall level(s.core(), f.name);
    const ScopeGuard guard(s);
    check_callback(f, "function", function(context, user_data));
  });
  if (destroy) destroy(user_data);
  return status;
}

TL_API tl_status tl_recompute(tl_context* context, const char* name, tl_compute_callback segment,
                              void* user_data, tl_destroy_callback destroy, tl_tensor* const* inputs,
                              size_t num_inputs, tl_tensor** outputs, size_t num_outputs) {
  constexpr const char* op = "recompute";
  return lending(
      context, op, user_data, destroy, "outputs", outputs, num_outputs,
      [&](Session& s, std::shared_ptr<void> lent) {
        Callbacks f{s, context, checked_text(op, "name", name), std::move(lent)};
        if (!segment)
          invalid("[recompute] 'segment' must be a function: got NULL; pass the callback that computes it");
        check_output_count(f.name.c_str(), "segment", num_outputs);
        std::vector<Tensor> in = inputs_of(s, op, inputs, num_inputs);
        return recompute(
            s.core(), f.name,
            [f, segment, num_outputs](Span<const Tensor> x) {
              return compute(f, segment, "segment", x, num_outputs);
            },
            in);
      });
}

}  // extern "C"
