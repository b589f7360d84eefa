// Which values are views of others: they have no memory of their own, and no kernel runs for them.
#pragma once

#include "core/graph/program.h"

namespace tl::compile {

struct Alias {
  graph::ValueId root;  // the value whose memory it is; itself where it is no view
  size_t byte_offset;
};

// Of each value of a program.
std::vector<Alias> find_aliases(const graph::Program& program);

// Whether a node's result is a view of its operand: reshape, identity, stop_gradient, check_range, slices of leading rows; the second half
// of an exchange, whose results are those of the first.
bool is_view(const graph::Program& program, const graph::Node& node);

}  // namespace tl::compile
