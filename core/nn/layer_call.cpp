#include "core/nn/layer_call.h"

#include "core/nn/layer.h"

namespace tl::nn {

LayerCall::LayerCall(Layer& outermost, bool training)
    : outermost_(outermost),
      training_(training),
      was_built_(outermost.built()),
      before_(outermost.context().random()) {}

LayerCall::~LayerCall() {
  if (!done_) {
    for (StateUpdate* u = first_; u; u = u->next)
      if (u->put) u->variable->put_unseen(std::move(u->value));
    if (!was_built_ && outermost_.built()) outermost_.forget_variables();
    outermost_.context().random() = before_;
  }
  drop_updates();
}

void LayerCall::update(StateUpdate& of, Variable& variable, Tensor value) {
  if (!of.value) {
    of.variable = &variable;
    *end_ = &of;
    end_ = &of.next;
  }
  of.value = std::move(value);
}

// Only observers may fail, when they hear of a value: those that are put by then are taken back.
void LayerCall::commit() {
  const bool may_fail = outermost_.context().observed();
  for (StateUpdate* u = first_; u; u = u->next) {
    if (!may_fail) {
      u->variable->put(std::move(u->value));
      continue;
    }
    Tensor old = u->variable->value();
    u->variable->put(std::move(u->value));
    u->value = std::move(old);
    u->put = true;
  }
  done_ = true;
}

void LayerCall::drop_updates() noexcept {
  while (StateUpdate* u = first_) {
    first_ = u->next;
    *u = StateUpdate();
  }
}

}  // namespace tl::nn
