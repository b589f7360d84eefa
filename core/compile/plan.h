// Plan: a program made ready to run. One step for each node, with the kernel, its operands and its attributes resolved; one
// arena for all that does not leave the step, which is that of all plans of a context. A run looks nothing up, infers no shape, and allocates nothing but what it gives
// out, which comes from the memory that the context keeps.
//
// A run that fails changes nothing. All that can fail stands in front of the first change: the host's numbers, new memory,
// kernels that check data, exchanges with others. A plan is of one context, and what it runs is what the ops run: the same bits as the eager step.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/step_sharing.h"
#include "core/compile/arena.h"
#include "core/compile/memory_plan.h"
#include "core/graph/program.h"

namespace tl {
class Timeline;
}

namespace tl::compile {

struct PlanOptions {
  std::vector<std::string> without_passes;  // names of passes that are left out
  bool allow_reassociation =
      false;  // passes may change the order of sums, within the bound that function.h of the C API tells
  bool verify = false;  // looks at the program between passes, and at the memory of the plan
  bool poison = false;  // fills memory that is not in use with bytes 0xFF, which are NaN in f32 and f64
};

// Of one run.
struct PlanCost {
  size_t nodes = 0;     // kernels
  size_t clusters = 0;  // of them, those that hold several ops, as the passes made them
  double flops =
      0;  // additions and multiplications of products of matrices, one operation an element elsewhere
  double bytes = 0;    // that kernels read and write
  double touched = 0;  // bytes of memory that a run reads or writes, each counted once
};

class FusedKernel;

class Plan {
 public:
  // Takes the program through the passes. Throws kOutOfMemory, and kInternal where verify finds something.
  Plan(Context& context, graph::Program program, const PlanOptions& options);
  ~Plan();
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // "" or why the plan cannot run any more: a variable, optimizer or group that it uses has been released.
  std::string stale() const;
  bool is_stale() const noexcept;
  // Inputs of the dtypes and shapes of the recording; `outputs` is set only on success.
  void run(Span<const Tensor> inputs, Span<Tensor> outputs);
  // The same, of outputs of one element each (program() tells): as numbers, of which no tensors are made.
  void run(Span<const Tensor> inputs, Span<double> items);

  const graph::Program& program() const { return program_; }
  size_t arena_bytes() const { return memory_.arena_bytes; }
  const PlanCost& cost() const { return cost_; }
  // The program after the passes, and where its values live.
  std::string text() const;

 private:
  struct Step;
  class Run;
  // A tensor whose data lie wherever a base points in this run.
  struct Patch {
    TensorNode* node;
    uint32_t base;
    size_t offset;
  };
  // A result of the step: an output, or what a variable becomes otherwise than in place.
  struct Result {
    graph::ValueId value;
    Place place;
    bool whole;  // the memory is its alone: no view of another result's
  };
  // Where a run leaves a result that it gives out as a number.
  struct alignas(64) Cell {
    std::byte bytes[64];
    bool free;  // may be used: only outputs lie in that result, and it has one element
  };
  struct Target {
    uint32_t variable;  // in the program
    graph::ValueId value;
    OpId made_by;
  };
  struct Number {
    uint32_t source;
    int64_t ahead;
    int index;
    DType dtype;
    std::byte* data;
  };
  struct Draw {
    uint64_t *seed, *call;
    uint64_t ahead;
  };

  uint32_t base_of(const Place& place) const;
  void make_tensors();
  void make_steps();
  void make_results();
  void make_cells();
  template <class Out>
  void run_for(Span<const Tensor> inputs, Span<Out> outputs);
  void poison(size_t step, bool before);
  void make_labels();
  void find_arena();  // in front of a run

  Context& context_;
  StepSharing sharing_;
  graph::Program program_;
  MemoryPlan memory_;
  bool poison_;
  PlanCost cost_;
  std::shared_ptr<Arena> arena_;
  std::byte* arena_base_ = nullptr;  // where it was when the tensors below were last told
  std::vector<std::pair<TensorNode*, size_t>> in_arena_;  // with their offsets
  std::vector<Tensor> tensors_;                           // of each value
  std::vector<uint32_t> tensor_of_;
  std::vector<const Tensor*> operands_;
  std::vector<uint64_t> attrs_;
  std::vector<Step> steps_;
  std::vector<const FusedKernel*>
      fused_;                           // those of the steps that need scratch memory; the program owns them
  std::vector<const Party*> parties_;   // of the exchanges; the program owns them
  std::vector<Exchange*> overlapping_;  // those that go on beside kernels, likewise
  size_t first_update_ = 0;             // in steps_
  std::vector<Patch> patches_;
  std::vector<std::byte*> bases_;
  std::vector<Number> numbers_;
  std::vector<const graph::HostSource*> unasked_;  // whose numbers the plan does not use
  std::vector<Draw> draws_;
  std::vector<Target> targets_;
  std::vector<Result> outputs_, finals_;  // finals_: parallel to final_variables_
  std::vector<uint32_t> final_variables_;
  std::vector<Cell> cells_;  // of each result with memory of its own
  struct Label {
    uint32_t name, detail;
  };
  std::vector<Label> labels_;  // of each node, on the timeline below
  std::weak_ptr<const Timeline> labelled_by_;
  // Of the run that is going on; kept, so that a run allocates no list.
  std::vector<Tensor> fresh_, moved_, made_outputs_, made_finals_;
};

}  // namespace tl::compile
