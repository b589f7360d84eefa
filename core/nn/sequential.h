// Sequential: layers one after the other. It is a layer itself, so it nests.
#pragma once

#include <string>

#include "core/base/span.h"
#include "core/nn/layer.h"

namespace tl::nn {

class Sequential final : public Layer {
 public:
  // Layers of this context, at least one, named as layer_naming.h says. A layer may stand there twice: it has its variables
  // once. When the first layer knows the size of its input, all variables are made at once. Throws with all layers as they
  // were, their names included; also beyond kMostLevels.
  Sequential(Context& context, Span<const LayerPtr> layers, const std::string& name);
  // Layers stand within one another so many levels deep at most: a call, and what is asked of all layers, takes stack for each.
  static constexpr int kMostLevels = 200;

  Shape output_shape(const Shape& input) const override;
  Shape accept(DType dtype, const Shape& input, bool training) const override;
  const char* type() const override { return "Sequential"; }
  std::vector<VariableRef> variables() const override;
  const std::vector<LayerPtr>& layers() const { return layers_; }

 protected:
  std::vector<VariableRef> make_variables(const Shape& input) override;
  void forget_variables() override;
  void add_leaves(std::vector<Layer*>& to) override;
  Tensor forward(const Tensor& x, LayerCall& call) override;

 private:
  std::vector<LayerPtr> layers_;
  std::vector<Layer*> built_here_;  // the layers that build() of this one has built
};

// A table of the layers: name and type, output shape for any batch ("?"), number of parameters; then the totals. Shapes
// are unknown before the layer is built.
std::string summary(const Layer& layer);
// The layers as a graph in Graphviz's DOT, with parameters, and shapes for any batch where they are known.
std::string to_dot(const Layer& layer);

}  // namespace tl::nn
