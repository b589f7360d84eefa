// Fused programs: a chain of element-wise ops, and reductions of its results, in one pass over memory.
//
// A program walks its domain (the shape that all its values broadcast to) in tiles of about 1024 elements, and applies
// every instruction to a tile before it goes on to the next: intermediate results stay in the first-level cache. The
// kernels are those of the vector table, so that the bits are those of the separate ops.
//
// It does not decide what to fuse: core/compile does. There is no code generation, and run() allocates nothing once
// reserve() has run.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "core/base/thread_pool.h"
#include "core/kernels/vector/table.h"
#include "core/ops/schema.h"

namespace tl::kernels {

// Values are numbered: the inputs first, then the result of each instruction, in order.
struct TileInstruction {
  OpId op;
  std::array<int, 3> operands{-1, -1, -1};  // values with smaller numbers; -1 where the op takes fewer
  const void* attrs = nullptr;              // the op's attribute struct; read while the program is made only
};

struct TileDescription {
  std::vector<OutputSpec> inputs;
  std::vector<TileInstruction> instructions;
  std::vector<int> outputs;  // results of instructions, each once
  // Of each output: the input whose memory the caller would give it, or -1; may be empty. The program is then made so that
  // may_share() holds of the two where it can.
  std::vector<int> replaces = {};
};

// Where the dropouts of a call draw, in the order of their instructions: the attributes `seed` and `call` of the op.
struct DropoutDraw {
  uint64_t seed, call;
};

class TileProgram {
 public:
  // What can be an instruction:
  //   - every fusable op of the table on f32 and f64; comparisons, logic, select and cast on every dtype;
  //   - broadcast_to, which costs nothing where its result is an operand only;
  //   - sum, prod, max and min of f32 and f64: over all axes, over the last ones (rows of at most 4096 elements; the
  //     result may be used further, as a softmax needs it), or over the first ones;
  //   - on rows of at most 4096 elements along the last axis: softmax, log_softmax, logsumexp, inverse_rms, argmax,
  //     argmin of f32 and f64, sparse_softmax_cross_entropy and correct_class with labels that are inputs, one_hot. A
  //     softmax and the cross entropy of the same logits are one step.
  // What there is one of for each row, labels too, has the last axis with size 1, and what is reduced has size 1 in the
  // reduced axes, whatever `keepdims` says: the memory is the same.
  // Results of reductions over all or over the first axes are known after the last tile, so that only instructions of
  // their own shape may use them.
  //
  // Throws kUnsupported where these instructions cannot be one program or a value has no elements, and kInvalidArgument where they are no program
  // (operand numbers, dtypes and shapes that the op does not take). Bits are those of the same ops one by one.
  explicit TileProgram(const TileDescription& description, const VectorTable& table = vector_table());
  ~TileProgram();
  TileProgram(TileProgram&&) noexcept;
  TileProgram& operator=(TileProgram&&) noexcept;

  size_t inputs() const;
  size_t outputs() const;
  const OutputSpec& output(size_t i) const;
  size_t dropouts() const;
  // Whether run() looks at labels, and may refuse them.
  bool checks_data() const { return checks() > 0; }
  // How many of its instructions look at labels, and what one of them, in their order, would throw of these.
  size_t checks() const;
  void check(size_t i, const void* const* inputs) const;
  // True where output i may be given the very memory of input j, which the program then overwrites.
  bool may_share(size_t output, size_t input) const;

  // Makes room in the pool's scratch memory. Throws kOutOfMemory.
  void reserve(ThreadPool& pool) const;
  // Dense row-major arrays of the described dtypes and shapes, aligned to their elements. An output may be an input
  // where may_share() says so, and overlaps nothing else. The same bits for any number of threads. Not from a loop body
  // of the same pool. Throws kOutOfMemory, and what a cross entropy or correct_class says of labels that are no classes,
  // before anything is written; nothing else.
  void run(ThreadPool& pool, const void* const* inputs, void* const* outputs,
           const DropoutDraw* draws = nullptr) const;

  // For people: how the domain is walked, and the steps.
  std::string text() const;

  struct Plan;

 private:
  std::unique_ptr<Plan> plan_;
};

}  // namespace tl::kernels
