// A compiled program: what program.cpp runs and compile.cpp makes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/kernels/tile/collector.h"
#include "core/kernels/tile/nodes.h"
#include "core/kernels/tile/program.h"
#include "core/kernels/tile/steps.h"

namespace tl::kernels {

constexpr size_t kMostSlots = 128;
constexpr size_t kMostDraws = 16;

struct TileProgram::Plan {
  // Slots: inputs, outputs, then values in scratch memory.
  size_t inputs = 0, slots = 0;
  std::vector<OutputSpec> outputs;
  std::vector<std::vector<bool>> shares;  // [output][input]
  size_t draws = 0;
  std::vector<LabelCheck> checks;

  // The domain, its tiles, and the units of tiles that threads share out. With column_units a unit is one strip of
  // columns; else it is rows.
  size_t rows = 0, cols = 0;
  size_t tile_rows = 0, tile_cols = 0;
  size_t segment_rows = 0;  // no tile goes beyond a multiple of it
  size_t unit_rows = 0, row_units = 0, column_units = 1;
  bool is_short = false;  // all units together: shared out only where that has paid of late

  std::vector<Step> before, each, after;  // the tiles
  std::vector<Collector> collectors;

  struct Moving {  // a value outside the scratch memory of a thread, of which a tile is a part
    uint16_t slot;
    TileKind kind;
    uint16_t element;
  };
  struct Placed {
    uint16_t slot;
    size_t offset;
  };
  std::vector<Moving> moving;
  // Inputs that are asked for a tile ahead, where all that moves is more than a second-level cache holds: a step reads its part of
  // one at once, and others before that of the next tile.
  std::vector<Moving> ahead;
  std::vector<Placed> in_worker, in_shared;
  size_t worker_bytes = 0, shared_bytes = 0;
  std::vector<std::unique_ptr<Strides>> strides;
  std::string text;
};

// Makes a plan, or throws as TileProgram says.
std::unique_ptr<TileProgram::Plan> compile(const TileDescription& description, const VectorTable& table);

}  // namespace tl::kernels
