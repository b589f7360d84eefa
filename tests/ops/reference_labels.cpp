// References of the ops that look at labels.
#include "tests/ops/reference.h"

namespace tl::test::reference {

Arrays correct_class(const Array& labels, const Array& predictions) {
  Array out = filled(DType::kBool, labels.shape, 0);
  size_t classes = static_cast<size_t>(predictions.shape.back());
  for (size_t r = 0; r < labels.values.size(); r++) {
    bool largest = true;
    size_t label = static_cast<size_t>(labels.values[r]);
    double of_label = predictions.values[r * classes + label];
    for (size_t k = 0; k < classes; k++) {
      double other = predictions.values[r * classes + k];
      largest = largest && (k < label ? other < of_label : other <= of_label);
    }
    out.values[r] = largest;
  }
  return one(out);
}

Arrays correct_side(const Array& labels, const Array& predictions, double threshold) {
  Array out = filled(DType::kBool, labels.shape, 0);
  for (size_t i = 0; i < out.values.size(); i++) {
    double p = predictions.values[i];
    out.values[i] = labels.values[i] == 1 ? p > threshold : p <= threshold;
  }
  return one(out);
}

Arrays check_range(const Array& x, double, double, bool) { return one(x); }
Arrays check_finite(const Array& x) { return one(x); }

}  // namespace tl::test::reference
