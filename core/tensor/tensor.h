// Tensor: an immutable, dense, row-major value with a shared buffer. Handles are cheap to copy.
//
// A tensor has an id that no other tensor of its context ever had; tapes know tensors by it. A "shell" is a tensor
// without data: it stands for a value whose shape and dtype a gradient rule needs, but whose memory it does not.
// Reference counts are plain integers, because a tensor is used by its context's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/tensor/allocator.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace tl {

class Context;

struct TensorNode {
  uint32_t references;
  DType dtype;
  uint16_t
      made_by;  // number of the op whose result it is; 0: the caller's data, a variable's value, a view of another
  uint64_t id;
  Context* context;
  Buffer* buffer;   // null for a shell and for a batched tensor
  std::byte* data;  // where the elements begin inside the buffer; of a batched tensor see batched.h
  int64_t elements;
  // One bit for each tape that may know this tensor: a filter that saves the lookup, never the answer itself.
  uint64_t tape_bits;
  Shape shape;
};

class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(TensorNode* adopted) : node_(adopted) {}
  Tensor(const Tensor& other) : node_(other.node_) {
    if (node_) node_->references++;
  }
  Tensor(Tensor&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  Tensor& operator=(Tensor other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~Tensor() {
    if (node_ && --node_->references == 0) destroy(node_);
  }

  explicit operator bool() const { return node_ != nullptr; }
  DType dtype() const { return node_->dtype; }
  const Shape& shape() const { return node_->shape; }
  int rank() const { return node_->shape.rank(); }
  int64_t elements() const { return node_->elements; }
  size_t bytes() const { return static_cast<size_t>(node_->elements) * size_of(node_->dtype); }
  uint64_t id() const { return node_->id; }
  Context& context() const { return *node_->context; }
  bool is_shell() const { return node_->buffer == nullptr; }  // also a batched one (batched.h)
  TensorNode* node() const { return node_; }

  const std::byte* raw() const { return node_->data; }
  template <class T>
  const T* data() const {
    return reinterpret_cast<const T*>(node_->data);
  }
  // For the kernel that fills a new tensor, and for nobody else: tensors that others hold never change.
  template <class T>
  T* mutable_data() const {
    return reinterpret_cast<T*>(node_->data);
  }
  std::byte* mutable_raw() const { return node_->data; }
  // True when nobody else can see the memory, so that an op that was given this tensor may write into it.
  bool owns_memory_alone() const {
    return node_->references == 1 && node_->buffer && node_->buffer->references == 1 &&
           node_->buffer->bin >= 0;
  }

  // A tensor with another shape of the same number of elements (or a part of it, from `byte_offset` on) that shares
  // the memory. A new value with a new id: what it means for gradients is the business of the op that calls this.
  Tensor view(const Shape& shape, size_t byte_offset = 0) const;
  // Shape, dtype and id without the memory.
  Tensor shell() const;

 private:
  static void destroy(TensorNode* node);
  TensorNode* node_ = nullptr;
};

}  // namespace tl
