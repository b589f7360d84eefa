// The variables of a layer, optimizer or metric as handles that the object owns and lends to the caller as an array.
#pragma once

#include <vector>

#include "capi/src/session.h"

namespace tl::capi {

class VariableHandles {
 public:
  explicit VariableHandles(Session& session) : session_(session) {}
  ~VariableHandles();
  VariableHandles(const VariableHandles&) = delete;
  VariableHandles& operator=(const VariableHandles&) = delete;

  // The handles of these variables, the same for a variable at each call. The array is null when there are none, and stays
  // where it is while the list stays the same. An object may lend two lists. Throws.
  tl_tensor* const* list(const std::vector<VariableRef>& variables, size_t which = 0);

 private:
  struct Known {
    const Variable* variable;  // kept alive by its handle
    tl_tensor* handle;
  };
  tl_tensor* handle_of(const VariableRef& variable, size_t guess);
  // Gives up the handles of variables that nothing else holds any more: slots of a variable that has gone.
  void forget_gone();

  Session& session_;
  std::vector<Known> known_;
  std::vector<tl_tensor*> listed_[2];
};

}  // namespace tl::capi
