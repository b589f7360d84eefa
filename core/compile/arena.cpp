#include "core/compile/arena.h"

#include "core/base/error.h"

namespace tl::compile {

Arena::Arena(Context& context) : context_(context), stand_in_(context.allocate(DType::kU8, Shape{1})) {}

std::shared_ptr<Arena> Arena::of(Context& context) {
  std::shared_ptr<void> known = context.plan_memory().lock();
  if (known) return std::static_pointer_cast<Arena>(known);
  auto made = std::make_shared<Arena>(context);
  context.plan_memory() = made;
  return made;
}

void Arena::grow(size_t bytes) {
  const Shape shape{static_cast<int64_t>(bytes)};
  Tensor larger;
  try {
    larger = context_.allocate(DType::kU8, shape);
  } catch (const Error& e) {
    if (e.code() != Code::kOutOfMemory || !memory_) throw;
    memory_ = Tensor();  // both at once may be more than there is
    data_ = nullptr;
    bytes_ = 0;
    larger = context_.allocate(DType::kU8, shape);
  }
  memory_ = std::move(larger);
  data_ = memory_.mutable_raw();
  bytes_ = bytes;
}

}  // namespace tl::compile
