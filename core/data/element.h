// Element: what a pipeline carries, a list of values (an image and its label, say) that belong to no context, so that threads may
// hand them on. A value is a dtype, a shape, and shared memory that nobody changes any more.
//
// Tensors stand at both ends: a source lends their memory to values, and the iterator makes tensors that borrow that of values.
// Nothing is copied in either direction.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "core/tensor/context.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"
#include "core/tensor/tensor.h"

namespace tl::data {

// Of every block of memory here, as of the buffers of tensors.
constexpr std::align_val_t kBlockAlignment{64};

struct Value {
  DType dtype = DType::kF32;
  Shape shape;
  std::shared_ptr<const std::byte> memory;

  size_t bytes() const { return static_cast<size_t>(shape.elements()) * size_of(dtype); }
  const std::byte* raw() const { return memory.get(); }
  template <class T>
  const T* data() const {
    return reinterpret_cast<const T*>(memory.get());
  }
};

using Element = std::vector<Value>;

// A block as rows, one behind the other, of one dtype and shape: where the values of some elements lie.
struct Rows {
  DType dtype;
  Shape shape;
  size_t bytes;
  const std::byte* first;
};

// Blocks for what a stage computes. Those that nobody uses any more come again: a pipeline in its stride asks the system for none.
// From any thread.
class BlockPool : public std::enable_shared_from_this<BlockPool> {
 public:
  static std::shared_ptr<BlockPool> make() { return std::shared_ptr<BlockPool>(new BlockPool); }
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // At least `bytes`, aligned to 64, contents undefined. Throws std::bad_alloc.
  std::shared_ptr<std::byte> take(size_t bytes);
  // A value over a block, and where to write it.
  std::pair<Value, std::byte*> value(DType dtype, const Shape& shape);

 private:
  BlockPool() { free_.reserve(kKept); }
  void give_back(std::byte* block, size_t capacity) noexcept;

  static constexpr size_t kKept = 32;
  struct Free {
    std::byte* block;
    size_t capacity;
  };
  std::mutex mutex_;
  std::vector<Free> free_;
};

// A tensor that borrows the memory of a value, and keeps it alive.
Tensor tensor_of(Context& context, const Value& value);
// A value with the elements of a tensor, in a block of the pool.
Value copy_of(const Tensor& tensor, BlockPool& pool);

}  // namespace tl::data
