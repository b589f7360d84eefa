#include "core/tensor/variable.h"

#include "core/base/error.h"
#include "core/tensor/recorder.h"

namespace tl {

Variable::Variable(Tensor initial, std::string name, bool trainable)
    : context_(&initial.context()),
      id_(context_->new_id()),
      trainable_(trainable),
      dtype_(initial.dtype()),
      shape_(initial.shape()),
      value_(std::move(initial)),
      name_(std::move(name)) {
  for (Observer* observer : context_->observers()) observer->on_make(*this);
}

void Variable::tell_read(const Tensor& value) {
  if (context_->observed())
    for (Observer* observer : context_->observers()) observer->on_read(*this, value);
  for (Recorder* recorder : context_->recorders())
    if (!recorder->hidden()) recorder->on_read(*this, value);
}

const Tensor& Variable::read() {
  tell_read(value_);
  return value_;
}

Tensor Variable::read_apart() {
  Tensor value = value_.view(shape_);
  tell_read(value);
  return value;
}

void Variable::tell_peek() {
  for (Observer* observer : context_->observers()) observer->on_peek(*this);
}

void Variable::tell_put(const Tensor& value) {
  for (Observer* observer : context_->observers()) observer->on_put(*this, value);
}

void Variable::assign(Tensor value) {
  if (&value.context() != context_)
    invalid("[variable_assign] the variable and the value must be of one context: got variable '", name_,
            "' and a value of another context; copy its data over");
  if (value.dtype() != dtype_ || value.shape() != shape_)
    invalid("[variable_assign] a variable keeps its dtype and shape: got ", value.dtype(), " ", value.shape(),
            " for variable '", name_, "' of ", dtype_, " ", shape_, "; cast or reshape the value");
  if (value.is_shell())
    fail(Code::kFailedPrecondition, "[variable_assign] a variable holds one value: got ", value.dtype(), " ",
         value.shape(), " inside vmap, which has one for each example, for variable '", name_,
         "'; return it from the function, and assign what vmap gives for it");
  // A value of its own: the tensor that was passed keeps its identity (a tape may know it), the variable gets a new one.
  Tensor now = value.view(value.shape());
  for (Observer* observer : context_->observers()) observer->on_assign(*this, value, now);
  for (Recorder* recorder : context_->recorders())
    if (!recorder->hidden()) recorder->on_assign(*this, value, now);
  value_ = std::move(now);
}

}  // namespace tl
