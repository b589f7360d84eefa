// Functions of the caller's: how a callback gets handles, gives tensors and fails, and when its user data ends.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capi/src/call.h"
#include "tapeloop/custom.h"

namespace tl::capi {

// Throws unless the callback is there.
inline void check_function(const char* op, const char* name, tl_compute_callback callback) {
  if (!callback)
    invalid("[", op, "] '", name, "' must be a function: got NULL; pass the callback that computes it");
}

// What the callbacks of one function share. `user_data` ends with the last of them.
struct Callbacks {
  Session& session;
  tl_context* context;
  std::string name;  // in messages
  std::shared_ptr<void> user_data;
};

// New handles of the innermost scope; null for null.
std::vector<tl_tensor*> handles_of(Session& session, Span<const Tensor> tensors);
// The tensors behind handles that a callback has put out. Throws for one that is not live, by the name of the list.
std::vector<Tensor> tensors_of(const Callbacks& f, const std::vector<tl_tensor*>& handles, const char* list);

// The error of a callback goes on as it is: the context has kept its code and message, unless the callback said nothing.
void check_callback(const Callbacks& f, const char* what, tl_status status);

// Throws unless a callback can have so many outputs: before it runs, for it may write into all of them.
void check_output_count(const char* op, const char* what, size_t num_outputs);

// Runs a callback that computes outputs from inputs, in a scope of its own. `what` is what it is called in messages.
std::vector<Tensor> compute(const Callbacks& f, tl_compute_callback callback, const char* what,
                            Span<const Tensor> inputs, size_t num_outputs);

// User data with its destroy function, which runs once, when the last owner goes.
inline std::shared_ptr<void> lent(void* user_data, tl_destroy_callback destroy) {
  return std::shared_ptr<void>(user_data, [destroy](void* data) {
    if (destroy) destroy(data);
  });
}

// f(session, user data) gives the tensors for the caller's array `outputs`, which holds nulls on failure. Whatever happens,
// `destroy` runs once, when the last owner of the user data goes.
template <class F>
tl_status lending(tl_context* context, const char* op, void* user_data, tl_destroy_callback destroy,
                  const char* array, tl_tensor** outputs, size_t num_outputs, F&& f) noexcept {
  for (size_t i = 0; outputs && num_outputs <= kMostHandles && i < num_outputs; i++) outputs[i] = nullptr;
  Entered inside(context);  // a callback that comes after a failure cannot end the context either
  bool taken = false;
  tl_status status = effect<Session>(context, Kind::kContext, op, [&](Session& s, Session&) {
    taken = true;
    std::shared_ptr<void> owner = lent(user_data, destroy);
    check_list(op, array, outputs, num_outputs);
    s.reserve_handles(num_outputs);
    std::vector<Tensor> out = f(s, std::move(owner));
    s.reserve_handles(out.size());
    for (size_t i = 0; i < out.size(); i++) outputs[i] = s.make_tensor(std::move(out[i]));
  });
  if (!taken && destroy) destroy(user_data);
  return status;
}

}  // namespace tl::capi
