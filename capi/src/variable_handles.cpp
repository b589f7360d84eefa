#include "capi/src/variable_handles.h"

#include <algorithm>

#include "capi/src/call.h"

namespace tl::capi {

VariableHandles::~VariableHandles() {
  for (const Known& known : known_) session_.release(known.handle);
}

tl_tensor* VariableHandles::handle_of(const VariableRef& variable, size_t guess) {
  Known* found = guess < known_.size() && known_[guess].variable == variable.get() ? &known_[guess] : nullptr;
  for (size_t i = 0; !found && i < known_.size(); i++)
    if (known_[i].variable == variable.get()) found = &known_[i];
  if (!found) {
    known_.push_back({variable.get(), nullptr});
    found = &known_.back();
  }
  // A caller who released what was only lent gets a new handle.
  if (!is_variable(found->handle)) {
    found->handle = nullptr;
    found->handle = session_.make_variable(variable, false);
  }
  return found->handle;
}

void VariableHandles::forget_gone() {
  auto gone = [&](const Known& known) {
    if (!is_variable(known.handle)) return true;
    if (known.variable->shared()) return false;
    session_.release(known.handle);
    return true;
  };
  known_.erase(std::remove_if(known_.begin(), known_.end(), gone), known_.end());
}

tl_tensor* const* VariableHandles::list(const std::vector<VariableRef>& variables, size_t which) {
  std::vector<tl_tensor*> handles;
  for (size_t i = 0; i < variables.size(); i++) handles.push_back(handle_of(variables[i], i));
  std::vector<tl_tensor*>& listed = listed_[which];
  if (handles != listed) {
    listed = std::move(handles);
    forget_gone();
  }
  return listed.empty() ? nullptr : listed.data();
}

}  // namespace tl::capi
