// One call of a layer by the program, with all that it does to the layers in it: either the whole call succeeds, or layers and
// random stream are as they were. What a call computes of its input is not here: layers do that.
#pragma once

#include "core/tensor/variable.h"

namespace tl::nn {

class Layer;

// The next value of a variable that calls move by themselves, such as a moving average. A member of the layer, so that a call
// needs no memory to remember it.
struct StateUpdate {
  Tensor value;  // null: none; else what a second use of the layer in the same call goes on from
  Variable* variable = nullptr;
  StateUpdate* next = nullptr;
  bool put = false;  // value holds what the variable held before
};

class LayerCall {
 public:
  // `outermost` is the layer that the program calls; the others in it take part in its call.
  LayerCall(Layer& outermost, bool training);
  // Without a commit: drops the updates, takes back the variables that the call has made, and the random numbers.
  ~LayerCall();
  LayerCall(const LayerCall&) = delete;
  LayerCall& operator=(const LayerCall&) = delete;

  bool training() const { return training_; }
  // The variable gets this value when the whole call has succeeded. Replaces what the same call has said before.
  void update(StateUpdate& of, Variable& variable, Tensor value);
  // Nothing that the call does may fail after this.
  void commit();

 private:
  void drop_updates() noexcept;

  Layer& outermost_;
  const bool training_, was_built_;
  bool done_ = false;
  const RandomState before_;
  StateUpdate *first_ = nullptr, **end_ = &first_;
};

}  // namespace tl::nn
