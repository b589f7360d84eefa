// Arena: the memory of values inside of steps. All plans of a context share one, as large as the largest needs, because one plan
// runs at a time and nothing in it outlives a run.
#pragma once

#include <memory>

#include "core/tensor/context.h"

namespace tl::compile {

class Arena {
 public:
  explicit Arena(Context& context);
  // That of a context: it lives as long as a plan holds it.
  static std::shared_ptr<Arena> of(Context& context);

  // At least that many bytes. What was there is lost, and data() may move, when it grows. Throws kOutOfMemory; then it may be
  // smaller than before, and the next run of a plan asks again.
  void reserve(size_t bytes) {
    if (bytes > bytes_ || !data_) grow(bytes > 0 ? bytes : 1);  // of nothing, too, tensors have an address
  }
  std::byte* data() const { return data_; }
  // What tensors that lie in the arena, or elsewhere from run to run, hold: a tensor without a buffer would have no data.
  Buffer* stand_in() const { return stand_in_.node()->buffer; }

 private:
  void grow(size_t bytes);

  Context& context_;
  Tensor stand_in_, memory_;
  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace tl::compile
