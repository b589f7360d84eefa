// Nodes of a program as the description of a tile program.
//
// The ops of a program drop and add axes of size 1; a tile program wants all values in the axes of one domain. Which axes of
// which values are the same is found from what the ops do with them: those of operands that meet in an op, those of a result
// and the operand that it keeps them of, those of a view and what it shows.
#pragma once

#include <memory>
#include <vector>

#include "core/graph/program.h"
#include "core/kernels/tile/program.h"

namespace tl::compile {

struct TileGroup {
  kernels::TileDescription description;
  std::vector<graph::ValueId>
      inputs;  // of the description's inputs; one may stand more than once, in other shapes
  std::vector<graph::ValueId> outputs;  // of its outputs
  std::vector<OpId> made_by;            // of its outputs
  std::vector<OpId> ops;
  double flops = 0;
  std::vector<std::shared_ptr<void>> attrs;  // what the description points to
};

// Views that a tile program can look through: those that add and drop axes of size 1.
bool is_plain_view(const graph::Program& program, const graph::Node& node);

// nodes: in order, and among them plain views of their results; needed: those of their results that others take, no views.
// False where the ops do not share one domain.
bool describe_tiles(const graph::Program& program, const std::vector<size_t>& nodes,
                    const std::vector<graph::ValueId>& needed, TileGroup* out);

}  // namespace tl::compile
