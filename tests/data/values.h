// What a test reads of a tensor that comes out of a dataset.
#pragma once

#include <vector>

#include "core/tensor/tensor.h"

namespace tl::data {

template <class T>
std::vector<T> values(const Tensor& t) {
  return {t.data<T>(), t.data<T>() + t.elements()};
}

}  // namespace tl::data
