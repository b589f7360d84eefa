// Layer: a function of one tensor with variables of its own. Layers only call ops, so tapes differentiate through them;
// they are a convenience, and a training loop may do without.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/tensor/variable.h"

namespace tl::nn {

class Layer {
 public:
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // The output for x. The first call makes the variables when they are not there yet. `training` matters to Dropout and
  // BatchNorm. Throws kInvalidArgument for a shape, dtype or context that does not fit; a call whose variables cannot be
  // made leaves the layer as it was, the random stream included.
  Tensor call(const Tensor& x, bool training);

  // Makes the variables for inputs of this shape, the batch axis included (its size does not matter). Does nothing when
  // they are there. Throws for shapes that do not fit, and when memory runs out; then nothing was made.
  void build(const Shape& input);
  bool built() const { return built_; }
  // The shape that build() saw; rank 0 before.
  const Shape& input_shape() const { return input_shape_; }

  // The shape of the output for inputs of this shape. Throws kInvalidArgument for shapes that the layer does not take.
  virtual Shape output_shape(const Shape& input) const = 0;
  // "Dense" and so on, for summaries and messages.
  virtual const char* type() const = 0;

  // All variables, in a fixed order, each once, named "<layer>/<variable>". Empty before build().
  virtual std::vector<VariableRef> variables() const { return variables_; }
  std::vector<VariableRef> trainable_variables() const;

  // Changes the names of the variables, too. A name that the program gave is kept when the layer comes into a Sequential;
  // others are made unique there.
  const std::string& name() const { return place_->name; }
  bool name_is_given() const { return name_is_given_; }
  Context& context() const { return context_; }

 protected:
  // Where a layer stands: its name, and the model that it was last put into, which may have gone. Names of variables are made
  // of these when they are asked for, not kept for each layer: they would grow with each model around.
  struct Place {
    std::string name;
    bool shown = true;  // in the names of variables; a model of no given name that stands in no other is not
    std::shared_ptr<const Place> above;
  };

  // An empty name stands for the default of the type, which is not a given one.
  Layer(Context& context, const std::string& given_name, const char* default_name);

  // The variables for inputs of a shape that output_shape() has accepted; named without the layer's name.
  virtual std::vector<VariableRef> make_variables(const Shape& input);
  // Takes build() back. For a layer of layers whose own build() failed later.
  virtual void forget_variables();
  // Tells the variables the layer's name, after it or one above it has changed.
  virtual void rename_variables();
  // x is of this context, and the variables are there.
  virtual Tensor forward(const Tensor& x, bool training) = 0;
  Variable& variable(size_t i) const { return *variables_[i]; }
  void check_dtype(const Tensor& x, DType dtype) const;
  // "Dense layer 'hidden': " begins every message of a layer.
  std::string label() const;

 private:
  Context& context_;
  std::string prefix() const;  // the names above, each with a "/" behind it
  std::shared_ptr<Place> place_;
  bool name_is_given_;
  friend class Sequential;
  bool built_ = false;
  Shape input_shape_;
  std::vector<VariableRef> variables_;
  std::vector<std::string> local_names_;  // of variables_, without prefix and layer
};

// Layers may stand in several models, so they are shared. They must go before their context does.
using LayerPtr = std::shared_ptr<Layer>;

}  // namespace tl::nn
