#include "core/nn/sequential.h"

#include <map>
#include <set>
#include <utility>

namespace tl::nn {

Sequential::Sequential(Context& context, Span<const LayerPtr> layers, const std::string& name)
    : Layer(context, name, "sequential"), layers_(layers.begin(), layers.end()) {
  if (layers_.empty()) invalid(label(), "there must be at least 1 layer: got 0; pass the layers in order");
  for (size_t i = 0; i < layers_.size(); i++) {
    if (!layers_[i]) invalid(label(), "'layers[", i, "]' must be a layer: got null; was it set?");
    if (&layers_[i]->context() != &context)
      invalid(label(), "all layers must be of one context: got 'layers[", i, "]' ('", layers_[i]->name(),
              "') of another context; make it in this one");
  }
  std::set<std::string> given;
  std::set<const Layer*> distinct;
  for (const LayerPtr& layer : layers_)
    if (distinct.insert(layer.get()).second && layer->name_is_given() && !given.insert(layer->name()).second)
      invalid(label(), "names of layers must differ, because their variables carry them: got '",
              layer->name(), "' twice; rename one");
  // Shapes first: a chain that does not fit leaves its layers as they were.
  bool knows_input = layers_[0]->built() && layers_[0]->input_shape().rank() > 0;
  if (knows_input) output_shape(layers_[0]->input_shape());
  name_layers();
  if (knows_input) build(layers_[0]->input_shape());
}

// All names first, then all changes.
void Sequential::name_layers() {
  std::set<std::string> taken;
  std::set<const Layer*> named;
  std::map<std::string, int> next_number;
  std::vector<std::pair<Layer*, std::string>> names;
  for (const LayerPtr& layer : layers_)
    if (layer->name_is_given()) taken.insert(layer->name());
  for (const LayerPtr& layer : layers_) {
    if (!named.insert(layer.get()).second) continue;
    std::string name = layer->name();
    if (!layer->name_is_given()) {
      // Without the number that an earlier Sequential may have given.
      size_t end = name.find_last_not_of("0123456789");
      std::string base =
          end != std::string::npos && end + 1 < name.size() && name[end] == '_' ? name.substr(0, end) : name;
      name = base;
      for (int& i = next_number[base]; taken.count(name);) name = concat(base, "_", ++i);
      taken.insert(name);
    }
    names.emplace_back(layer.get(), std::move(name));
  }
  place_->shown = name_is_given();
  for (auto& [layer, name] : names) {
    layer->place_->name = std::move(name);
    layer->place_->shown = true;
    layer->place_->above = place_;
  }
  rename_variables();
}

void Sequential::rename_variables() {
  for (const LayerPtr& layer : layers_) layer->rename_variables();
}

Shape Sequential::output_shape(const Shape& input) const {
  Shape shape = input;
  for (const LayerPtr& layer : layers_) shape = layer->output_shape(shape);
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

Tensor Sequential::forward(const Tensor& x, bool training) {
  Tensor y = x;
  for (const LayerPtr& layer : layers_) y = layer->call(y, training);
  return y;
}

}  // namespace tl::nn
