// Forward mode of the C API.
#include "tapeloop/forward.h"

#include "capi/src/call.h"
#include "core/autodiff/forward.h"

using namespace tl;
using namespace tl::capi;

namespace {

GradientSource primal_of(Session& s, const tl_tensor* handle, size_t index) {
  const Operand name{"primals", index};
  if (is_variable(handle)) return {Tensor(), &variable_of(s, handle, "forward_begin", name)};
  return {peek_tensor(s, handle, "forward_begin", name), nullptr};
}

}  // namespace

extern "C" {

TL_API tl_forward* tl_forward_begin(tl_context* context, tl_tensor* const* primals,
                                    tl_tensor* const* tangents, size_t count) {
  return make(context, "forward_begin", [&](Session& s) {
    check_list("forward_begin", "primals", primals, count);
    check_list("forward_begin", "tangents", tangents, count);
    std::vector<GradientSource> sources;
    std::vector<Tensor> directions;
    for (size_t i = 0; i < count; i++) {
      sources.push_back(primal_of(s, primals[i], i));
      directions.push_back(tensor_of(s, tangents[i], "forward_begin", {"tangents", i}));
    }
    return make_object<tl_forward>(s, Kind::kForward, new Forward(s.core(), sources, directions));
  });
}

TL_API tl_status tl_forward_tangent(tl_forward* forward, tl_tensor* tensor, tl_unconnected unconnected,
                                    tl_tensor** tangent) {
  if (tangent) *tangent = nullptr;
  return effect<Forward>(forward, Kind::kForward, "forward_tangent", [&](Session& s, Forward& f) {
    if (!tangent)
      invalid("[forward_tangent] 'tangent' must not be NULL: got NULL; pass where the tangent goes");
    const Unconnected policy = static_cast<Unconnected>(unconnected);
    s.reserve_handles(1);
    Tensor found = is_variable(tensor)
                       ? f.tangent(variable_of(s, tensor, "forward_tangent", {"tensor"}), policy)
                       : f.tangent(peek_tensor(s, tensor, "forward_tangent", {"tensor"}), policy);
    if (found) *tangent = s.make_tensor(std::move(found));
  });
}

TL_API tl_status tl_forward_end(tl_forward* forward) {
  return effect<Forward>(forward, Kind::kForward, "forward_end", [](Session&, Forward& f) { f.end(); });
}
TL_API tl_status tl_forward_resume(tl_forward* forward) {
  return effect<Forward>(forward, Kind::kForward, "forward_resume", [](Session&, Forward& f) { f.resume(); });
}

TL_API tl_forward* tl_forward_keep(tl_forward* forward) {
  return keep(forward, Kind::kForward, "forward_keep") ? forward : nullptr;
}
TL_API void tl_forward_release(tl_forward* forward) { release_from_any_thread(forward, Kind::kForward); }

}  // extern "C"
