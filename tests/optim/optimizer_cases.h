// Each optimizer in each of its conventions, with its formula in plain loops over doubles: for the tests that all of them pass.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/optim/optimizer.h"

namespace tl::test {

// What a formula works on: a matrix of weights, row by row, and whatever it keeps, in the order of the optimizer's slots.
struct Trained {
  size_t rows, columns;
  std::vector<double> w;
  std::vector<std::vector<double>> slots;
};

struct OptimizerCase {
  std::string name;
  std::function<std::unique_ptr<optim::Optimizer>(Context&)> make;
  double rate;                                                                           // that of `make`
  std::function<void(Trained&, const std::vector<double>& g, int t, double rate)> step;  // t from 1 on
  std::vector<double> first;                                                             // of each slot
  bool takes_rows = true;
  std::function<size_t(size_t slot, size_t rows, size_t columns)> slot_size =
      nullptr;                 // null: that of the weights
  int slots_of_weights = 0;    // so many of the first slots begin at the weights
  int begins_at_weights = -1;  // and this one

  Trained start(std::vector<double> w, size_t rows, size_t columns) const;
};

const std::vector<OptimizerCase>& optimizer_cases();

}  // namespace tl::test
