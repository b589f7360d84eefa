// Jacobians and Hessians of the C API.
#include "tapeloop/jacobian.h"

#include "capi/src/arguments.h"
#include "capi/src/held_tape.h"
#include "core/autodiff/jacobian.h"

using namespace tl;
using namespace tl::capi;

namespace {

JacobianOptions core_options(const tl_jacobian_options& o) {
  JacobianOptions out;
  out.way = static_cast<JacobianWay>(o.way);
  out.unconnected = static_cast<Unconnected>(o.unconnected);
  if (o.memory_budget) out.memory_budget = static_cast<size_t>(o.memory_budget);
  out.check_independence = o.check_independence;
  return out;
}

void check_place(const char* op, const char* name, tl_tensor** place) {
  if (!place) invalid("[", op, "] '", name, "' must not be NULL: got NULL; pass where the result goes");
}

// derive(function, at, options): the Jacobian or Hessian.
template <class F>
tl_status of_function(const char* op, tl_context* context, tl_compute_callback function, void* user_data,
                      tl_destroy_callback destroy, tl_tensor* at, const tl_jacobian_options* options,
                      const char* name, tl_tensor** result, F&& derive) noexcept {
  return lending(
      context, op, user_data, destroy, name, result, 1, [&](Session& s, std::shared_ptr<void> owner) {
        check_function(op, "function", function);
        const JacobianOptions o = core_options(options_from(op, options, tl_jacobian_options_init));
        Callbacks f{s, context, op, std::move(owner)};
        const Tensor x = apart_tensor_of(s, at, op, "at");
        if (!is_floating(x.dtype()))
          invalid("[", op, "] 'at' must be floating point, which alone has derivatives: got ", x.dtype(), " ",
                  x.shape(), "; cast it");
        auto run = [&](const Tensor& t) {
          return compute(f, function, "function", Span<const Tensor>(&t, 1), 1)[0];
        };
        return std::vector<Tensor>{derive(FunctionRef<Tensor(const Tensor&)>(run), x, o)};
      });
}

}  // namespace

extern "C" {

TL_API void tl_jacobian_options_init(tl_jacobian_options* options, size_t struct_size) {
  (void)clear_options(options, struct_size);
}

TL_API tl_status tl_tape_jacobian(tl_tape* tape, tl_tensor* target, tl_tensor* const* sources, size_t count,
                                  const tl_jacobian_options* options, tl_tensor** jacobians) {
  const char* op = "tape_jacobian";
  for (size_t i = 0; jacobians && count <= kMostHandles && i < count; i++) jacobians[i] = nullptr;
  return effect_on_tape(tape, op, [&](Session& s, Tape& t) {
    const tl_jacobian_options o = options_from(op, options, tl_jacobian_options_init);
    check_list(op, "sources", sources, count);
    check_list(op, "jacobians", jacobians, count);
    const Tensor y = peek_tensor(s, target, op, "target");
    std::vector<GradientSource> xs;
    std::vector<VariableRef> held;
    for (size_t i = 0; i < count; i++) {
      xs.push_back(source_of(s, op, sources[i], {"sources", i}));
      if (xs.back().variable) held.push_back(VariableRef::share(xs.back().variable));
    }
    std::vector<Reason> reasons(o.reasons ? count : 0);
    std::vector<Tensor> out = jacobian(t, y, xs, core_options(o), reasons);
    s.reserve_handles(count);
    for (size_t i = 0; i < reasons.size(); i++) o.reasons[i] = static_cast<tl_gradient_reason>(reasons[i]);
    for (size_t i = 0; i < count; i++) jacobians[i] = out[i] ? s.make_tensor(std::move(out[i])) : nullptr;
  });
}

TL_API tl_status tl_tape_batch_jacobian(tl_tape* tape, tl_tensor* target, tl_tensor* source,
                                        const tl_jacobian_options* options, tl_tensor** jacobian) {
  const char* op = "tape_batch_jacobian";
  if (jacobian) *jacobian = nullptr;
  return effect_on_tape(tape, op, [&](Session& s, Tape& t) {
    const tl_jacobian_options o = options_from(op, options, tl_jacobian_options_init);
    check_place(op, "jacobian", jacobian);
    const Tensor y = peek_tensor(s, target, op, "target");
    const GradientSource x = source_of(s, op, source, "source");
    VariableRef held;
    if (x.variable) held = VariableRef::share(x.variable);
    Reason reason = Reason::kConnected;
    Tensor out = batch_jacobian(t, y, x, core_options(o), &reason);
    s.reserve_handles(1);
    if (o.reasons) o.reasons[0] = static_cast<tl_gradient_reason>(reason);
    *jacobian = out ? s.make_tensor(std::move(out)) : nullptr;
  });
}

TL_API tl_status tl_jacobian(tl_context* context, tl_compute_callback function, void* user_data,
                             tl_destroy_callback destroy, tl_tensor* at, const tl_jacobian_options* options,
                             tl_tensor** jacobian) {
  return of_function("jacobian", context, function, user_data, destroy, at, options, "jacobian", jacobian,
                     [](auto f, const Tensor& x, const JacobianOptions& o) { return tl::jacobian(f, x, o); });
}

TL_API tl_status tl_hessian(tl_context* context, tl_compute_callback function, void* user_data,
                            tl_destroy_callback destroy, tl_tensor* at, const tl_jacobian_options* options,
                            tl_tensor** hessian) {
  return of_function("hessian", context, function, user_data, destroy, at, options, "hessian", hessian,
                     [](auto f, const Tensor& x, const JacobianOptions& o) { return tl::hessian(f, x, o); });
}

}  // extern "C"
