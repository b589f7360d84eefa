// Shape: the sizes of a tensor's axes, rank 0 to 8, row-major. IntList: a short list of integers as an op attribute.
// Both are plain values without heap memory, so that an op call allocates nothing for them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "core/base/error.h"
#include "core/base/span.h"

namespace tl {

inline constexpr int kMaxRank = 8;

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : Shape(Span<const int64_t>(dims.begin(), dims.size())) {}
  explicit Shape(Span<const int64_t> dims) {
    TL_INVARIANT(dims.size() <= kMaxRank);
    rank_ = static_cast<int>(dims.size());
    for (int i = 0; i < rank_; i++) dims_[i] = dims[i];
  }

  int rank() const { return rank_; }
  int64_t operator[](int axis) const { return dims_[axis]; }
  int64_t& operator[](int axis) { return dims_[axis]; }
  const int64_t* data() const { return dims_; }
  size_t size() const { return static_cast<size_t>(rank_); }
  const int64_t* begin() const { return dims_; }
  const int64_t* end() const { return dims_ + rank_; }
  int64_t back() const { return dims_[rank_ - 1]; }

  // The number of elements: 1 for rank 0, 0 when any size is 0.
  int64_t elements() const {
    int64_t n = 1;
    for (int i = 0; i < rank_; i++) n *= dims_[i];
    return n;
  }
  // The product of the sizes of the axes [first, last).
  int64_t elements(int first, int last) const {
    int64_t n = 1;
    for (int i = first; i < last; i++) n *= dims_[i];
    return n;
  }
  void push_back(int64_t size) {
    TL_INVARIANT(rank_ < kMaxRank);
    dims_[rank_++] = size;
  }

  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (int i = 0; i < a.rank_; i++)
      if (a.dims_[i] != b.dims_[i]) return false;
    return true;
  }
  friend bool operator!=(const Shape& a, const Shape& b) { return !(a == b); }

 private:
  int rank_ = 0;
  int64_t dims_[kMaxRank] = {};
};

std::string text(const Shape& shape);  // "(32, 784)", "()" for rank 0

// A checked shape from outside: rank at most 8, sizes not negative, and size_of(dtype) * elements fits in memory
// arithmetic. `op` names the caller in the error.
Shape checked_shape(const char* op, Span<const int64_t> dims, size_t element_size);

// NumPy broadcasting of two shapes; an error that names `op` and both shapes where they do not agree.
Shape broadcast(const char* op, const Shape& a, const Shape& b);

// Axis in [-rank, rank) to [0, rank); an error that names `op` otherwise.
int checked_axis(const char* op, int64_t axis, int rank);

class IntList {
 public:
  IntList() = default;
  IntList(std::initializer_list<int64_t> values)
      : IntList(Span<const int64_t>(values.begin(), values.size())) {}
  explicit IntList(Span<const int64_t> values) {
    TL_INVARIANT(values.size() <= kMaxRank);
    size_ = static_cast<int64_t>(values.size());
    for (size_t i = 0; i < values.size(); i++) values_[i] = values[i];
  }
  IntList(const Shape& shape) : IntList(Span<const int64_t>(shape.data(), shape.size())) {}

  int size() const { return static_cast<int>(size_); }
  bool empty() const { return size_ == 0; }
  int64_t operator[](int i) const { return values_[i]; }
  int64_t& operator[](int i) { return values_[i]; }
  const int64_t* data() const { return values_; }
  const int64_t* begin() const { return values_; }
  const int64_t* end() const { return values_ + size_; }
  void push_back(int64_t value) {
    TL_INVARIANT(size_ < kMaxRank);
    values_[size_++] = value;
  }
  friend bool operator==(const IntList& a, const IntList& b) { return as_shape(a) == as_shape(b); }

 private:
  static Shape as_shape(const IntList& list) { return Shape(Span<const int64_t>(list.values_, list.size())); }
  int64_t size_ = 0;
  int64_t values_[kMaxRank] = {};
};

std::string text(const IntList& list);  // "[0, 1]"

}  // namespace tl
