// Function: a step that is recorded when it first runs with new kinds of inputs and replayed from then on.
//
// The first call of a signature runs the step eagerly and records it (graph/tracer.h). The second plans it (plan.h); from then
// on a call runs the plan. Signature: dtype and shape of each input, the flags, the number of outputs; and what the optimizers of
// the step are about to do, for one that accumulates gradients does not update in each step. Each kind of step is recorded once, which
// is no retrace that retrace_is_error forbids. Likewise which variables are trainable, where a tape has followed them; that is one, as
// the program decides it. Variables are captured by the recording; a plan ends when one of them is released.
//
// With polymorphic_batch the recordings of some sizes of a batch make plans for any other (batch_sizes.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/compile/batch_sizes.h"
#include "core/compile/plan.h"

namespace tl::compile {

// What happens when the step lets the host look at a value that changes from run to run, or cannot be replayed otherwise.
enum class HostReads : int32_t {
  kError = 0,  // the call that found it, and every later one of the function, fails
  kEager = 1,  // the signature runs eagerly for ever
};

struct FunctionOptions {
  std::string name = "function";
  size_t most_plans = 16;  // the least recently used one goes; at least 1
  // Of the function's life, or since it forgot them; at least 1. From then on a call that no recording fits runs eagerly, which is
  // what a recording costs at least.
  size_t most_recordings = 256;
  bool retrace_is_error = false;  // likewise since it forgot them
  // A new leading dimension of inputs, the same in all that change, needs no recording where those so far tell what it is
  // (SizedProgram::doubt). Sizes below 2 have recordings of their own: ops broadcast one row, and some refuse none. retrace_is_error
  // refuses neither.
  bool polymorphic_batch = false;
  HostReads host_reads = HostReads::kError;
  PlanOptions plan;
};

struct FunctionStats {
  uint64_t traces = 0;       // recordings
  uint64_t replays = 0;      // runs of plans
  uint64_t eager_calls = 0;  // calls that ran eagerly and were not recorded
  uint64_t unrecorded = 0;   // of them, those that would have been recorded but for most_recordings
  uint64_t resized = 0;      // plans that were made for another size of the batch, without a recording
  size_t signatures = 0;     // that are kept, planned or not
  // Of the plan that was used last; zero where there is none.
  bool planned = false;
  PlanCost cost;
  size_t arena_bytes = 0;
  size_t constants = 0;       // tensors from outside the step
  size_t host_constants = 0;  // of them, data of the host that became tensors inside
};

class Function {
 public:
  // Computes as many outputs as asked for from the inputs.
  using Body = std::function<std::vector<Tensor>(Span<const Tensor> inputs, size_t outputs)>;
  Function(Context& context, Body body, FunctionOptions options);

  // A step. inputs: tensors of the context; outputs gets as many as it has room for, which the body must return. Throws what
  // the body throws; kFailedPrecondition where the step cannot be replayed or a retrace is an error; kOutOfMemory. A replay that
  // fails has changed nothing, also where it exchanges tensors with others. With HostReads::kError the run that finds that the step cannot be replayed has taken effect, and no
  // later call of any signature begins one.
  //
  // While somebody else watches the context (a tape is open, a check of NaN is on, another function records) and inside vmap,
  // the step runs eagerly, so that nobody misses anything.
  // After most_recordings the step runs eagerly for what no recording fits, which is logged once.
  void call(Span<const Tensor> inputs, Span<Tensor> outputs);

  // This side cannot make the calls to others that a step makes: all with whom the steps so far have exchanged tensors are told why, as
  // they are when call() throws. Nothing where there are none.
  void leave(std::string_view why) noexcept;

  // The same step, of outputs of one element each, as numbers, in which the host then reads them. A replay makes no tensors of
  // them. kInvalidArgument for an output of more or fewer elements: before a replay, but after a run of the step. Where it throws, `items`
  // is as it was.
  void call_items(Span<const Tensor> inputs, Span<double> items);

  // A number of the program's that the step depends on otherwise than through inputs. Part of the signature.
  void set_flags(int64_t flags) { flags_ = flags; }
  // Forgets all recordings and plans, and that the step could not be replayed.
  void forget();

  FunctionStats stats() const;
  // Why recordings after the first became necessary, in order.
  const std::vector<std::string>& retraces() const { return retraces_; }
  // The plan, or the recording that is not planned yet, that was used last; "" where there is none.
  std::string text() const;
  // The same program as a graph in Graphviz's DOT; without nodes where there is none.
  std::string dot() const;
  const std::string& name() const { return options_.name; }
  Context& context() const { return context_; }

 private:
  struct Kind {
    DType dtype;
    Shape shape;
  };
  struct Entry {
    std::vector<Kind> inputs;
    size_t outputs;
    int64_t flags;
    uint64_t used;
    std::string problem;                      // why it runs eagerly for ever; "" where it can be replayed
    std::unique_ptr<graph::Program> program;  // recorded, not planned yet
    std::unique_ptr<Plan> plan;
    std::shared_ptr<const graph::Program>
        recorded;  // kept for other sizes of the batch; null where none are asked for
  };
  // A program for all sizes of the batch, and the signature of one recording that it is made of.
  struct Family {
    std::vector<Kind> inputs;
    size_t outputs;
    int64_t flags;
    std::unique_ptr<SizedProgram> program;
  };

  bool matches(const Entry& entry, Span<const Tensor> inputs, size_t outputs) const;
  Entry* find(Span<const Tensor> inputs, size_t outputs);
  static const graph::Program* program_of(const Entry& entry);
  bool comparable(const Entry& entry, const std::vector<Kind>& inputs, size_t outputs, int64_t flags) const;
  bool is_new_kind(const Entry& entry) const;
  // Out: Tensor, or double where outputs are wanted as numbers.
  template <class Out>
  void call_or_leave(Span<const Tensor> inputs, Span<Out> outputs);
  template <class Out>
  void call_once(Span<const Tensor> inputs, Span<Out> outputs);
  void add_parties(const std::vector<std::shared_ptr<Party>>& parties);
  template <class Out>
  void run_eagerly(Span<const Tensor> inputs, Span<Out> outputs);
  template <class Out>
  void record(Span<const Tensor> inputs, Span<Out> outputs, std::string reason);
  template <class Out>
  void run_unrecorded(Span<const Tensor> inputs, Span<Out> outputs, const std::string& reason);
  [[noreturn]] void refuse_item(size_t output, DType dtype, const Shape& shape, bool ran) const;
  void check_items(const graph::Program& program) const;
  void give_out(std::vector<Tensor>& made, Span<Tensor> outputs) const;
  void give_out(std::vector<Tensor>& made, Span<double> items) const;
  Entry* resize(Span<const Tensor> inputs, size_t outputs, std::string& why);
  std::string find_family(const Entry& made);
  static int64_t size_in(const std::vector<Kind>& inputs, const std::vector<Kind>& other);
  static int64_t size_for(const Family& family, const std::vector<Kind>& inputs, size_t outputs,
                          int64_t flags);
  bool is_other_size(const Entry& entry) const;
  const Entry* other_size_of(const Entry& made) const;
  std::unique_ptr<Entry> entry_for(Span<const Tensor> inputs, size_t outputs);
  std::string difference(Span<const Tensor> inputs, size_t outputs) const;
  void check(Span<const Tensor> inputs) const;
  void make_room();
  void drop(Entry* entry);
  [[noreturn]] void refuse(bool ran) const;
  std::vector<Tensor> run_body(Span<const Tensor> inputs, size_t outputs);

  Context& context_;
  Body body_;
  FunctionOptions options_;
  int64_t flags_ = 0;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<Family> families_;
  Entry* latest_ = nullptr;
  uint64_t clock_ = 0, traces_ = 0, replays_ = 0, eager_calls_ = 0, unrecorded_ = 0, resized_ = 0;
  size_t recordings_ = 0;  // since it forgot those before
  bool capped_ = false;    // and that there are no more has been logged
  std::vector<std::string> retraces_;
  std::vector<std::shared_ptr<Party>> parties_;  // of all recordings so far
  std::string refused_;  // why a step could not be replayed, which is an error; "" where all could
};

}  // namespace tl::compile
