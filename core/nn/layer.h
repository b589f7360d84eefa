// Layer: a function of one tensor with variables of its own. Layers only call ops, so tapes differentiate through them;
// they are a convenience, and a training loop may do without.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/nn/layer_call.h"
#include "core/tensor/variable.h"

namespace tl::nn {

class Layer {
 public:
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // The output for x. The first call makes the variables when they are not there yet. `training` matters to Dropout and
  // BatchNorm. Throws kInvalidArgument for a shape, dtype or context that does not fit. A call that throws, whatever and
  // wherever, leaves the layer, all layers in it and the random stream as they were: moving averages change, and variables
  // that the call has made stay, when all of it has succeeded.
  Tensor call(const Tensor& x, bool training);

  // Makes the variables for inputs of this shape, the batch axis included (its size does not matter). When they are there, only
  // looks whether the shape fits them. Throws for shapes that do not fit, and when memory runs out; then nothing was made.
  void build(const Shape& input);
  bool built() const { return built_; }
  // The shape that build() saw; rank 0 before.
  const Shape& input_shape() const { return input_shape_; }

  // The shape of the output for inputs of this shape. Throws kInvalidArgument for shapes that the layer does not take.
  virtual Shape output_shape(const Shape& input) const = 0;
  // The same, and throws also for a dtype and a batch that call() does not take: what can be known before there are variables.
  // The output has the dtype of the input.
  virtual Shape accept(DType dtype, const Shape& input, bool training) const;
  // "Dense" and so on, for summaries and messages.
  virtual const char* type() const = 0;

  // All variables, in a fixed order, each once, named "<layer>/<variable>". Empty before build().
  virtual std::vector<VariableRef> variables() const { return variables_; }
  std::vector<VariableRef> trainable_variables() const;

  // Settled when the layer is first put into a Sequential, for good: a name that the program gave is kept, others are made unique there.
  const std::string& name() const { return place_->name; }
  bool name_is_given() const { return name_is_given_; }
  Context& context() const { return context_; }

 protected:
  friend class LayerNaming;
  // Where a layer stands: its name, and the model that it was first put into, which may have gone. Names of variables are made
  // of these when they are asked for, not kept for each layer: they would grow with each model around.
  struct Place {
    std::string name;
    bool shown = true;   // in the names of variables; a model of no given name that stands in no other is not
    bool named = false;  // by the first model
    bool settled = false;  // no model around counts: one that shares a layer of it must not be renamed
    std::shared_ptr<Place> above;
  };

  // An empty name stands for the default of the type, which is not a given one.
  Layer(Context& context, const std::string& given_name, const char* default_name);

  // The variables for inputs of a shape that output_shape() has accepted; named without the layer's name.
  virtual std::vector<VariableRef> make_variables(const Shape& input);
  // Takes build() back. For a layer of layers whose own build() failed later.
  virtual void forget_variables();
  // Adds the layers without layers of their own, this one or those in it, which may come more than once.
  virtual void add_leaves(std::vector<Layer*>& to) { to.push_back(this); }
  // x is of this context, and the variables are there. Changes of state go to the call.
  virtual Tensor forward(const Tensor& x, LayerCall& call) = 0;
  // A part of the call of a layer around this one.
  Tensor call_within(const Tensor& x, LayerCall& call);
  Variable& variable(size_t i) const { return *variables_[i]; }
  // Throw for a dtype of the input that is not `want`, or neither f32 nor f64.
  void check_dtype(DType got, const Shape& input, DType want) const;
  void check_floating(DType got, const Shape& input) const;
  // "Dense layer 'hidden': " begins every message of a layer.
  std::string label() const;

 private:
  Context& context_;
  std::string prefix() const;  // the names above, each with a "/" behind it
  std::shared_ptr<Place> place_;
  bool name_is_given_;
  friend class LayerCall;
  friend class Sequential;
  int levels_ = 1;  // of layers within one another; more only in a Sequential
  bool built_ = false;
  Shape input_shape_;
  std::vector<VariableRef> variables_;
  std::vector<std::string> local_names_;  // of variables_, without prefix and layer
};

// Layers may stand in several models, so they are shared. They must go before their context does.
using LayerPtr = std::shared_ptr<Layer>;

}  // namespace tl::nn
