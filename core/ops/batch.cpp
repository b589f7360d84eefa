#include "core/ops/batch.h"

#include "core/ops/generated/functions.h"

namespace tl {

Batch::Batch(Context& context, int64_t size)
    : context_(context), size_(size), number_(context.begin_batch_level(size)) {}

Tensor Batch::enter(const Tensor& whole) const {
  const Shape& shape = whole.shape();
  TL_INVARIANT(shape.rank() > 0 && shape[0] == size_);
  return make_batched(number_, whole, Shape(Span<const int64_t>(shape.data() + 1, shape.size() - 1)));
}

Tensor Batch::leave(const char* function, const Tensor& example) const {
  const uint64_t level = level_of(example);
  if (level == number_) return physical_of(example);
  const Shape& shape = example.shape();
  if (level > number_)
    fail(Code::kFailedPrecondition, "[", function,
         "] a tensor inside vmap must not be used after its end: got ", example.dtype(), " ", shape,
         "; return it from the inner function, and use what vmap gives for it");
  if (shape.rank() == kMaxRank)
    invalid("[", function, "] a result of vmap has at most ", kMaxRank,
            " axes, that of the batch included: got ", shape, "; merge axes with reshape");
  IntList repeated{size_};
  for (int64_t d : shape) repeated.push_back(d);
  return broadcast_to(example, repeated);
}

}  // namespace tl
