// Histogram of a tensor's elements, for logs.
#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor/tensor.h"

namespace tl::io {

struct Histogram {
  std::vector<double> edges;   // one more than counts, ascending; empty where nothing was counted
  std::vector<double> counts;  // of the elements in [edges[i], edges[i + 1]), in the last one with its end
  double min = 0, max = 0, sum = 0, sum_of_squares = 0;
  int64_t count = 0;       // elements that are finite
  int64_t non_finite = 0;  // those that are not are counted nowhere else
};

// `buckets` of equal width from the smallest to the largest finite element, as TensorFlow's summaries have them: where all are
// equal, one bucket of width 1 around them.
Histogram histogram_of(const Tensor& tensor, int buckets);

}  // namespace tl::io
