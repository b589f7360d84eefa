#include "core/rules/reduced_axes.h"

namespace tl::rules {

ReducedAxes::ReducedAxes(const char* op, const IntList& axes, const Shape& shape) : shape_(shape) {
  if (axes.empty()) mask_ = (1u << shape.rank()) - 1;
  for (int64_t given : axes) {
    int axis = checked_axis(op, given, shape.rank());
    if (contains(axis))
      invalid("[", op, "] an axis must not come twice: got axes ", axes, "; name each axis once");
    mask_ |= 1u << axis;
  }
  for (int i = 0; i < shape.rank(); i++)
    if (contains(i)) count_ *= shape[i];
}

Shape ReducedAxes::kept() const {
  Shape out = shape_;
  for (int i = 0; i < out.rank(); i++)
    if (contains(i)) out[i] = 1;
  return out;
}

Shape ReducedAxes::dropped() const {
  Shape out;
  for (int i = 0; i < shape_.rank(); i++)
    if (!contains(i)) out.push_back(shape_[i]);
  return out;
}

}  // namespace tl::rules
