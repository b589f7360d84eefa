// The order of axes that a transpose node gives, with its defaults written out.
#pragma once

#include "core/graph/program.h"
#include "core/ops/generated/attrs.h"

namespace tl::compile {

inline IntList order_of(const graph::Node& node, int rank) {
  IntList order = node.as<TransposeAttrs>().permutation;
  if (order.empty())
    for (int i = rank; i-- > 0;) order.push_back(i);
  for (int i = 0; i < order.size(); i++)
    if (order[i] < 0) order[i] += rank;
  return order;
}

}  // namespace tl::compile
