// Variable: the only mutable cell. Reading gives a tensor that shares its memory; assigning while somebody still holds
// that tensor leaves the tensor as it was, so a tape always differentiates at the values of the forward pass.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "core/tensor/context.h"
#include "core/tensor/tensor.h"

namespace tl {

class Variable {
 public:
  Variable(Tensor initial, std::string name, bool trainable);
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

  // The current value. Open tapes that watch variables see the read.
  const Tensor& read();
  // The current value as a tensor of its own, which shares the memory: those that see the read know it as a read of the variable,
  // and for all others, such as a tape that begins later, it is a constant. For values that the program keeps.
  Tensor read_apart();
  // The current value, unseen by tapes: for optimizers and whatever else makes tensors of it.
  const Tensor& peek() {
    if (context_->observed()) tell_peek();
    return value_;
  }
  // The same, unseen by anybody: for saving and printing.
  const Tensor& value() const { return value_; }
  // Throws unless shape and dtype are those of the variable. Tapes note it; no gradient passes through.
  void assign(Tensor value);
  // Moves the value out, so that an op may write into its memory. Nothing but `put` may follow.
  Tensor take() {
    if (context_->observed()) tell_peek();
    return std::move(value_);
  }
  void put(Tensor value) {
    if (context_->observed()) tell_put(value);
    value_ = std::move(value);
  }
  // `put`, unseen by anybody: for values that an observer has put there, or knows of.
  void put_unseen(Tensor value) noexcept { value_ = std::move(value); }
  // Gives the value an identity of its own, so that it can be told from tensors that were read before; it keeps its memory.
  void renew() { value_ = value_.view(shape_); }
  // Somebody has written into the memory of the value, which nobody else held and no recorder knew: it is another value now.
  void changed_in_place() noexcept { value_.node()->id = context_->new_id(); }

  Context& context() const { return *context_; }
  uint64_t id() const { return id_; }
  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  bool trainable() const { return trainable_; }
  void set_trainable(bool trainable) { trainable_ = trainable; }
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }

  // Expires when the variable goes: for what is kept about it elsewhere without keeping it alive.
  std::weak_ptr<const void> life() const {
    if (!life_) life_ = std::make_shared<char>();
    return life_;
  }

  bool shared() const { return references_ > 1; }
  void retain() { references_++; }
  void drop() {
    if (--references_ == 0) delete this;
  }

 private:
  void tell_read(const Tensor& value);
  void tell_peek();
  void tell_put(const Tensor& value);

  Context* context_;
  uint64_t id_;
  uint32_t references_ = 1;
  bool trainable_;
  DType dtype_;
  Shape shape_;
  Tensor value_;
  std::string name_;
  mutable std::shared_ptr<const void> life_;
};

// A counted reference to a variable. One thread at a time, like everything of a context.
class VariableRef {
 public:
  VariableRef() = default;
  explicit VariableRef(Variable* adopted) : variable_(adopted) {}
  VariableRef(const VariableRef& other) : variable_(other.variable_) {
    if (variable_) variable_->retain();
  }
  VariableRef(VariableRef&& other) noexcept : variable_(std::exchange(other.variable_, nullptr)) {}
  VariableRef& operator=(VariableRef other) noexcept {
    std::swap(variable_, other.variable_);
    return *this;
  }
  ~VariableRef() {
    if (variable_) variable_->drop();
  }
  static VariableRef make(Tensor initial, std::string name, bool trainable = true) {
    return VariableRef(new Variable(std::move(initial), std::move(name), trainable));
  }
  static VariableRef share(Variable* variable) {
    variable->retain();
    return VariableRef(variable);
  }
  Variable* operator->() const { return variable_; }
  Variable& operator*() const { return *variable_; }
  Variable* get() const { return variable_; }
  explicit operator bool() const { return variable_ != nullptr; }

 private:
  Variable* variable_ = nullptr;
};

}  // namespace tl
