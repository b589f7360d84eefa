// ReducedAxes: the axes that a reduction runs over, checked and without order, and the shapes that follow from them.
#pragma once

#include "core/tensor/shape.h"

namespace tl::rules {

class ReducedAxes {
 public:
  // `axes` as an attribute gives them: negative ones count from the end, none at all means all. An error that names `op`
  // where one is out of range or comes twice.
  ReducedAxes(const char* op, const IntList& axes, const Shape& shape);

  bool contains(int axis) const { return mask_ >> axis & 1; }
  // The reduced axes are the first ones, so that broadcasting restores them without a reshape.
  bool leading() const { return (mask_ & (mask_ + 1)) == 0; }
  // How many elements of x go into one element of the result.
  int64_t count() const { return count_; }
  // The result's shape, with the reduced axes as size 1 or left out.
  Shape kept() const;
  Shape dropped() const;
  Shape result(bool keepdims) const { return keepdims ? kept() : dropped(); }

 private:
  Shape shape_;
  uint32_t mask_ = 0;  // bit i: axis i is reduced
  int64_t count_ = 1;
};

}  // namespace tl::rules
