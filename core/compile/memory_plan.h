// Memory of a plan: where each value lives. What comes from outside or goes there has memory of its own; all else shares one
// arena, planned by when it is needed.
#pragma once

#include "core/compile/aliases.h"
#include "core/graph/program.h"

namespace tl::compile {

enum class Home : uint8_t {
  kNowhere,   // nobody looks at it
  kInput,     // `index`: of the input
  kVariable,  // `index`: of the variable; what it held when the step began
  kTarget,    // `index`: of the variable, whose memory takes the new value in place
  kConstant,  // `index`: of the constant
  kNumber,    // `index`: of the host number
  kFresh,     // `index` among the results of the step that get new memory each time
  kArena,     // `offset` in the arena
};

struct Place {
  Home home = Home::kNowhere;
  uint32_t index = 0;
  size_t offset = 0;  // in bytes, of a view within it too
};

// When the memory of a value in the arena is in use: from the node that makes it to the last that takes it, both included.
struct Interval {
  size_t first, last;
  size_t offset, bytes;
};

struct MemoryPlan {
  std::vector<Place> places;          // of each value
  std::vector<graph::ValueId> fresh;  // whose memory is new each time
  std::vector<Interval> intervals;    // of the arena, for the checker and for poisoning
  size_t arena_bytes = 0;
  size_t first_update =
      0;  // the first node that writes into a variable in place; the number of nodes where none does
};

MemoryPlan plan_memory(const graph::Program& program);

// "" or two values that would overwrite each other. It looks at nodes and places alone and shares no code with the planner.
std::string overlap_of(const graph::Program& program, const MemoryPlan& plan);

}  // namespace tl::compile
