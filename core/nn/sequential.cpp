#include "core/nn/sequential.h"

#include <algorithm>
#include <set>

#include "core/nn/layer_naming.h"

namespace tl::nn {

Sequential::Sequential(Context& context, Span<const LayerPtr> layers, const std::string& name)
    : Layer(context, name, "sequential"), layers_(layers.begin(), layers.end()) {
  if (layers_.empty()) invalid(label(), "there must be at least 1 layer: got 0; pass the layers in order");
  for (size_t i = 0; i < layers_.size(); i++) {
    if (!layers_[i]) invalid(label(), "'layers[", i, "]' must be a layer: got null; was it set?");
    if (&layers_[i]->context() != &context)
      invalid(label(), "all layers must be of one context: got 'layers[", i, "]' ('", layers_[i]->name(),
              "') of another context; make it in this one");
    levels_ = std::max(levels_, layers_[i]->levels_ + 1);
  }
  if (levels_ > kMostLevels)
    invalid(label(), "layers must not stand within one another more than ", kMostLevels, " levels deep: got ",
            levels_, "; put the layers themselves into one Sequential");
  // Shapes first: a chain that does not fit leaves its layers as they were.
  bool knows_input = layers_[0]->built() && layers_[0]->input_shape().rank() > 0;
  if (knows_input) output_shape(layers_[0]->input_shape());
  place_->shown = name_is_given();
  LayerNaming naming(*this, layers_, place_);
  if (knows_input) build(layers_[0]->input_shape());
  naming.keep();
}

void Sequential::add_leaves(std::vector<Layer*>& to) {
  for (const LayerPtr& layer : layers_) layer->add_leaves(to);
}

Shape Sequential::output_shape(const Shape& input) const {
  Shape shape = input;
  for (const LayerPtr& layer : layers_) shape = layer->output_shape(shape);
  return shape;
}

Shape Sequential::accept(DType dtype, const Shape& input, bool training) const {
  Shape shape = input;
  for (const LayerPtr& layer : layers_) shape = layer->accept(dtype, shape, training);
  return shape;
}

// The variables stay with their layers, so that a layer that is shared has one name for each.
std::vector<VariableRef> Sequential::make_variables(const Shape& input) {
  Shape shape = input;
  try {
    built_here_.reserve(layers_.size());
    for (const LayerPtr& layer : layers_) {
      if (!layer->built()) {
        layer->build(shape);
        built_here_.push_back(layer.get());
      }
      shape = layer->output_shape(shape);
    }
  } catch (...) {
    forget_variables();
    throw;
  }
  return {};
}

void Sequential::forget_variables() {
  for (Layer* layer : built_here_) layer->forget_variables();
  built_here_.clear();
  Layer::forget_variables();
}

std::vector<VariableRef> Sequential::variables() const {
  std::vector<VariableRef> out;
  std::set<const Variable*> seen;
  for (const LayerPtr& layer : layers_)
    for (VariableRef& v : layer->variables())
      if (seen.insert(v.get()).second) out.push_back(std::move(v));
  return out;
}

Tensor Sequential::forward(const Tensor& x, LayerCall& call) {
  Tensor y = x;
  for (const LayerPtr& layer : layers_) y = layer->call_within(y, call);
  return y;
}

}  // namespace tl::nn
