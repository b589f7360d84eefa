// References of the optimizer updates.
#include <cmath>

#include "tests/ops/reference.h"

namespace tl::test::reference {

Arrays sgd_update(const Array& w, const Array& g, const Array& rate) {
  Array new_w = w;
  for (size_t i = 0; i < w.values.size(); i++) new_w.values[i] = w.values[i] - rate.values[0] * g.values[i];
  return Arrays{new_w};
}

Arrays momentum_update(const Array& w, const Array& g, const Array& m, const Array& rate, double momentum,
                       bool nesterov) {
  Array new_w = w, new_m = m;
  for (size_t i = 0; i < w.values.size(); i++) {
    double step = rate.values[0] * g.values[i];
    new_m.values[i] = momentum * m.values[i] - step;
    new_w.values[i] = w.values[i] + (nesterov ? momentum * new_m.values[i] - step : new_m.values[i]);
  }
  return Arrays{new_w, new_m};
}

Arrays adam_update(const Array& w, const Array& g, const Array& m, const Array& v, const Array& rate,
                   const Array& decay, const Array& epsilon, double beta1, double beta2) {
  Array new_w = w, new_m = m, new_v = v;
  for (size_t i = 0; i < w.values.size(); i++) {
    double gradient = g.values[i];
    new_m.values[i] = m.values[i] + (gradient - m.values[i]) * (1 - beta1);
    new_v.values[i] = v.values[i] + (gradient * gradient - v.values[i]) * (1 - beta2);
    new_w.values[i] = w.values[i] * (1 - decay.values[0]) -
                      rate.values[0] * new_m.values[i] / (std::sqrt(new_v.values[i]) + epsilon.values[0]);
  }
  return Arrays{new_w, new_m, new_v};
}

}  // namespace tl::test::reference
