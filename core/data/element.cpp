#include "core/data/element.h"

#include <cstring>

namespace tl::data {
namespace {

void free_block(std::byte* block) noexcept { ::operator delete(block, kBlockAlignment); }

}  // namespace

BlockPool::~BlockPool() {
  for (const Free& f : free_) free_block(f.block);
}

std::shared_ptr<std::byte> BlockPool::take(size_t bytes) {
  const size_t capacity = (bytes + 63) / 64 * 64 + (bytes == 0 ? 64 : 0);
  std::byte* block = nullptr;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (size_t i = free_.size(); i-- > 0 && !block;)
      if (free_[i].capacity == capacity) {
        block = free_[i].block;
        free_[i] = free_.back();
        free_.pop_back();
      }
  }
  if (!block) block = static_cast<std::byte*>(::operator new(capacity, kBlockAlignment));
  // Without memory for its count, shared_ptr gives the block back itself.
  return {block, [pool = shared_from_this(), capacity](std::byte* p) { pool->give_back(p, capacity); }};
}

void BlockPool::give_back(std::byte* block, size_t capacity) noexcept {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (free_.size() < kKept) {
      free_.push_back({block, capacity});
      return;
    }
  }
  free_block(block);
}

std::pair<Value, std::byte*> BlockPool::value(DType dtype, const Shape& shape) {
  Value v{dtype, shape, nullptr};
  std::shared_ptr<std::byte> block = take(v.bytes());
  std::byte* memory = block.get();
  v.memory = std::move(block);
  return {std::move(v), memory};
}

Tensor tensor_of(Context& context, const Value& value) {
  if (value.bytes() == 0) return context.allocate(value.dtype, value.shape);
  using Memory = std::shared_ptr<const std::byte>;
  auto owner = std::make_unique<Memory>(value.memory);
  // borrow() ends what it was given where it fails.
  Buffer* buffer = context.allocator().borrow(
      const_cast<std::byte*>(value.raw()), value.bytes(), [](void* p) { delete static_cast<Memory*>(p); },
      owner.release());
  return context.adopt(buffer, value.dtype, value.shape);
}

Value copy_of(const Tensor& tensor, BlockPool& pool) {
  auto [value, memory] = pool.value(tensor.dtype(), tensor.shape());
  if (tensor.bytes() != 0) std::memcpy(memory, tensor.raw(), tensor.bytes());
  return std::move(value);
}

}  // namespace tl::data
