// Curvature products of the C API.
#include "tapeloop/curvature.h"

#include "capi/src/arguments.h"
#include "core/autodiff/curvature.h"

using namespace tl;
using namespace tl::capi;

namespace {

std::vector<Tensor> directions_of(Session& s, const char* op, tl_tensor* const* along, size_t count) {
  check_list(op, "along", along, count);
  std::vector<Tensor> out;
  for (size_t i = 0; i < count; i++) out.push_back(tensor_of(s, along[i], op, {"along", i}));
  return out;
}

}  // namespace

extern "C" {

TL_API tl_status tl_hessian_vector_product(tl_context* context, tl_compute_callback function, void* user_data,
                                           tl_destroy_callback destroy, tl_tensor* const* at,
                                           tl_tensor* const* along, size_t count, tl_hessian_way way,
                                           tl_tensor** products) {
  const char* op = "hessian_vector_product";
  return lending(context, op, user_data, destroy, "products", products, count,
                 [&](Session& s, std::shared_ptr<void> owner) {
                   check_function(op, "function", function);
                   Callbacks f{s, context, op, std::move(owner)};
                   Arguments arguments(s, op, at, count);
                   std::vector<Tensor> directions = directions_of(s, op, along, count);
                   auto run = [&](Span<const Tensor> x) { return compute(f, function, "function", x, 1); };
                   return hessian_vector_product(run, arguments.sources, directions,
                                                 static_cast<HessianWay>(way));
                 });
}

TL_API tl_status tl_gauss_newton_vector_product(tl_context* context, tl_compute_callback function,
                                                size_t num_outputs, tl_compute_callback loss, void* user_data,
                                                tl_destroy_callback destroy, tl_tensor* const* at,
                                                tl_tensor* const* along, size_t count, tl_tensor** products) {
  const char* op = "gauss_newton_vector_product";
  return lending(context, op, user_data, destroy, "products", products, count,
                 [&](Session& s, std::shared_ptr<void> owner) {
                   check_function(op, "function", function);
                   check_function(op, "loss", loss);
                   check_output_count(op, "function", num_outputs);
                   Callbacks f{s, context, op, std::move(owner)};
                   Arguments arguments(s, op, at, count);
                   std::vector<Tensor> directions = directions_of(s, op, along, count);
                   auto run = [&](Span<const Tensor> x) {
                     return compute(f, function, "function", x, num_outputs);
                   };
                   auto judge = [&](Span<const Tensor> z) { return compute(f, loss, "loss", z, 1); };
                   return gauss_newton_vector_product(run, judge, arguments.sources, directions);
                 });
}

}  // extern "C"
