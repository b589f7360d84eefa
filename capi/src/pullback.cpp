// Pullbacks of the C API.
#include "tapeloop/pullback.h"

#include "capi/src/arguments.h"
#include "core/autodiff/pullback.h"

using namespace tl;
using namespace tl::capi;

namespace {

// A pullback that a rule of the caller's releases during its own call must live on until that call returns.
struct HeldPullback {
  std::shared_ptr<Pullback> pullback;
};

}  // namespace

extern "C" {

TL_API tl_pullback* tl_pullback_new(tl_context* context, tl_compute_callback function, void* user_data,
                                    tl_destroy_callback destroy, tl_tensor* const* at, size_t count,
                                    tl_tensor** values, size_t num_values) {
  const char* op = "pullback_new";
  tl_pullback* made = nullptr;
  (void)lending(
      context, op, user_data, destroy, "values", values, num_values,
      [&](Session& s, std::shared_ptr<void> owner) {
        check_function(op, "function", function);
        check_output_count(op, "function", num_values);
        Callbacks f{s, context, op, std::move(owner)};
        Arguments arguments(s, op, at, count);
        auto run = [&](Span<const Tensor> x) { return compute(f, function, "function", x, num_values); };
        auto held =
            std::make_unique<HeldPullback>(HeldPullback{std::make_shared<Pullback>(run, arguments.sources)});
        std::vector<Tensor> out = held->pullback->values();
        s.reserve_handles(out.size() + 1);
        made = make_object<tl_pullback>(s, Kind::kPullback, held.release());
        return out;
      });
  return made;
}

TL_API tl_status tl_pullback_gradients(tl_pullback* pullback, tl_tensor* const* output_gradients,
                                       size_t num_values, tl_tensor** gradients, size_t count) {
  const char* op = "pullback_gradients";
  for (size_t i = 0; gradients && count <= kMostHandles && i < count; i++) gradients[i] = nullptr;
  return effect<HeldPullback>(pullback, Kind::kPullback, op, [&](Session& s, HeldPullback& held) {
    std::shared_ptr<Pullback> p = held.pullback;
    if (num_values != p->values().size())
      invalid("[", op, "] 'num_values' must be that of the function: got ", num_values, " for ",
              p->values().size(), " values; pass an output gradient (or NULL) for each");
    if (count != p->arguments())
      invalid("[", op, "] 'count' must be the number of arguments: got ", count, " for ", p->arguments(),
              " arguments; there is a gradient for each");
    check_list(op, "gradients", gradients, count);
    std::vector<Tensor> seeds(output_gradients ? num_values : 0);
    for (size_t i = 0; i < seeds.size(); i++)
      if (output_gradients[i]) seeds[i] = tensor_of(s, output_gradients[i], op, {"output_gradients", i});
    std::vector<Tensor> out = (*p)(seeds);
    s.reserve_handles(count);
    for (size_t i = 0; i < count; i++) gradients[i] = s.make_tensor(std::move(out[i]));
  });
}

TL_API tl_pullback* tl_pullback_keep(tl_pullback* pullback) {
  return keep(pullback, Kind::kPullback, "pullback_keep") ? pullback : nullptr;
}
TL_API void tl_pullback_release(tl_pullback* pullback) { release_from_any_thread(pullback, Kind::kPullback); }

}  // extern "C"
