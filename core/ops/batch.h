// Batch: one batch axis that is open (core/tensor/batched.h). Inside it a tensor stands for one example, and each op runs once
// for all of them (apply_batched.h). vmap and the Jacobians of core/autodiff are made of this.
#pragma once

#include "core/ops/schema.h"

namespace tl {

class Batch {
 public:
  // Opens at once, as the newest. Batches end in the opposite order. The size may be 0.
  Batch(Context& context, int64_t size);
  ~Batch() { context_.end_batch_level(); }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // One example of a tensor whose axis 0 has the size of the batch.
  Tensor enter(const Tensor& whole) const;
  // The whole batch, along axis 0. A tensor that does not depend on the batch is repeated. `function` names the caller in the
  // error for a tensor of a batch that was opened later: that one has ended.
  Tensor leave(const char* function, const Tensor& example) const;
  // Does it differ from example to example?
  bool splits(const Tensor& t) const { return level_of(t) == number_; }

  int64_t size() const { return size_; }

 private:
  Context& context_;
  int64_t size_;
  uint64_t number_;
};

}  // namespace tl
