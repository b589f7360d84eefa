// Layers one behind the other, for the tests of nn.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/nn/sequential.h"

namespace tl::test {

inline nn::LayerPtr sequential(Context& context, const std::vector<nn::LayerPtr>& layers,
                               const std::string& name = "") {
  return std::make_shared<nn::Sequential>(context, layers, name);
}

}  // namespace tl::test
