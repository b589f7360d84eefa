#include "core/autodiff/vmap.h"

#include "core/base/error.h"
#include "core/ops/batch.h"
#include "core/ops/generated/functions.h"

namespace tl {
namespace {

// The axis of the batch of an input, or -1.
int axis_of(const std::string& name, const Tensor& t, int64_t axis, size_t i) {
  if (axis == kNoAxis) return -1;
  const Shape& shape = t.shape();
  if (axis < -shape.rank() || axis >= shape.rank())
    invalid("[", name, "] the batch axis of 'inputs[", i, "]' is out of range: got ", axis, " for ", shape,
            shape.rank() == 0 ? concat("; a tensor of rank 0 can only be shared by all examples")
                              : concat("; valid is ", -shape.rank(), " to ", shape.rank() - 1));
  return static_cast<int>(axis < 0 ? axis + shape.rank() : axis);
}

Tensor with_axis_in_front(const Tensor& t, int axis) {
  if (axis == 0) return t;
  IntList order{axis};
  for (int i = 0; i < t.rank(); i++)
    if (i != axis) order.push_back(i);
  return transpose(t, order);
}

}  // namespace

std::vector<Tensor> vmap(Context& context, const std::string& name,
                         FunctionRef<std::vector<Tensor>(Span<const Tensor>)> function,
                         Span<const Tensor> inputs, Span<const int64_t> axes) {
  if (!axes.empty() && axes.size() != inputs.size())
    invalid("[", name, "] each input needs one batch axis (or none): got ", axes.size(), " for ",
            inputs.size(), " inputs; leave the list out for axis 0 of each");
  std::vector<int> at(inputs.size());
  int64_t size = -1;
  size_t first = 0;
  for (size_t i = 0; i < inputs.size(); i++) {
    const Tensor& t = inputs[i];
    if (!t) invalid("[", name, "] 'inputs[", i, "]' must be a tensor: got null; was it set?");
    if (&t.context() != &context)
      invalid("[", name, "] inputs must be of the context: got 'inputs[", i,
              "]' of another one; copy its data over");
    at[i] = axis_of(name, t, axes.empty() ? 0 : axes[i], i);
    if (at[i] < 0) continue;
    const int64_t here = t.shape()[at[i]];
    if (size >= 0 && here != size)
      invalid("[", name, "] the batch axes of all inputs must have one size: got ", size, " in 'inputs[",
              first, "]' of ", inputs[first].shape(), " and ", here, " in 'inputs[", i, "]' of ", t.shape(),
              "; is each axis the right one?");
    if (size < 0) first = i;
    size = here;
  }
  if (size < 0)
    invalid("[", name, "] at least 1 input must have a batch axis: got ", inputs.size(),
            " inputs without; call the function itself");

  std::vector<Tensor> wholes;
  for (size_t i = 0; i < inputs.size(); i++)
    wholes.push_back(at[i] < 0 ? inputs[i] : with_axis_in_front(inputs[i], at[i]));
  Batch batch(context, size);
  std::vector<Tensor> examples;
  for (size_t i = 0; i < inputs.size(); i++)
    examples.push_back(at[i] < 0 ? wholes[i] : batch.enter(wholes[i]));
  std::vector<Tensor> out = function(examples);
  for (size_t i = 0; i < out.size(); i++) {
    if (!out[i])
      invalid("[", name, "] 'outputs[", i,
              "]' must be a tensor: got null; the function must set all of them");
    if (&out[i].context() != &context)
      invalid("[", name, "] outputs must be of the context: got 'outputs[", i,
              "]' of another one; compute it in this one");
    out[i] = batch.leave(name.c_str(), out[i]);
  }
  return out;
}

}  // namespace tl
