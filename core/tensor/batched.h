// Batched tensors: what a function sees of its arguments while vmap runs it. Such a tensor is *logical*: it has the shape of
// one example and no memory of its own; behind it stands its *physical* tensor, with one axis more in front, that of the
// batch. Which op does what to the physical tensors is the business of core/ops/apply_batched.cpp; here is only how the two
// hang together.
//
// A *level* is one batch axis that is open. Levels nest: the physical tensor of an inner one may be a logical tensor of an
// outer one. Levels have numbers that never come again, so that a tensor that outlives its level is known for what it is.
#pragma once

#include <cstdint>

#include "core/tensor/tensor.h"

namespace tl {

// What TensorNode::data of a batched tensor points to; its buffer is null.
struct BatchedValue {
  uint64_t level;
  Tensor physical;
  // False for a shell of a batched tensor, whose physical tensor is a shell, too: it stands for shape and batching alone.
  bool has_data;
};

// One batch axis that is open.
struct BatchLevel {
  uint64_t number;
  int64_t size;
  uint64_t
      place;  // in the order of the recorders: those that were opened later see logical tensors, others physical ones
};

inline bool is_batched(const TensorNode* node) { return !node->buffer && node->data; }
inline bool is_batched(const Tensor& t) { return is_batched(t.node()); }
inline const BatchedValue& batched_value(const TensorNode* node) {
  return *reinterpret_cast<const BatchedValue*>(node->data);
}
// Is there data, be it behind batch levels? A shell has none.
inline bool has_data(const Tensor& t) {
  return is_batched(t) ? batched_value(t.node()).has_data : !t.is_shell();
}
// Of a batched tensor. Level 0 is that of tensors that are not batched.
inline const Tensor& physical_of(const Tensor& t) { return batched_value(t.node()).physical; }
inline uint64_t level_of(const TensorNode* node) { return is_batched(node) ? batched_value(node).level : 0; }
inline uint64_t level_of(const Tensor& t) { return level_of(t.node()); }

// A new logical tensor over a physical one, or a shell of one, of shape (size of the level, *shape).
Tensor make_batched(uint64_t level, Tensor physical, const Shape& shape);

// Are the two split along the same levels?
bool same_batching(const Tensor& a, const Tensor& b);

// Throws unless the elements of the tensor can be looked at: one of a batch has them many times over. `function` names the
// caller in the error.
[[noreturn]] void fail_unreadable(const char* function, const Tensor& t);
inline void check_readable(const char* function, const Tensor& t) {
  if (t.is_shell()) fail_unreadable(function, t);
}

}  // namespace tl
