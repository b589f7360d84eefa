// Nodes that stand for several ops: what a pass makes of them, and what the plan runs.
#pragma once

#include <memory>

#include "core/graph/program.h"
#include "core/kernels/tile/program.h"

namespace tl::compile {

// The most operands and results of one.
constexpr size_t kMostFusedOperands = 64;

class FusedKernel : public graph::Fused {
 public:
  // Makes room in the pool's scratch memory, so that run() need not. Throws kOutOfMemory.
  virtual void reserve(ThreadPool& pool) const = 0;
  virtual void run(ThreadPool& pool, const void* const* inputs, void* const* outputs,
                   const kernels::DropoutDraw& draw) const = 0;

 protected:
  // Fills the row, but `checks_data`, from the results; `name` is of static life.
  void describe(const char* name, size_t operands, bool draws);
};

// The attributes of such a node. Seed and call are those of its dropouts, which draw alike.
struct FusedAttrs {
  const FusedKernel* kernel;
  kernels::DropoutDraw draw;
};

// The node of a kernel, whose row takes its operands and results as they are given.
graph::Node fused_node(std::shared_ptr<const FusedKernel> kernel, std::vector<graph::ValueId> in,
                       std::vector<graph::ValueId> out);

}  // namespace tl::compile
