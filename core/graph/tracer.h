// Tracer: records what a step does while it runs eagerly. It sees every op that really runs, whoever called it: the forward pass,
// gradients of any order, recomputed segments, rules of the program's own, optimizers, metrics. It changes nothing of the run.
//
// Values are known by the ids of tensors. What has no known id came from outside the step and is a constant of it, kept by
// reference. A step that lets the host look at a value which changes from run to run cannot be replayed: problem() says so.
#pragma once

#include <string>
#include <unordered_map>

#include "core/base/span.h"
#include "core/graph/program.h"
#include "core/tensor/recorder.h"

namespace tl::graph {

class Tracer final : public Observer {
 public:
  // Records from its construction on. The inputs are replaced by tensors of their own, which the step must use: so the same
  // tensor may be passed twice, and one that the step also gets in another way is not taken for its input.
  Tracer(Context& context, Span<Tensor> inputs);
  ~Tracer() override;
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Those with whom the step has exchanged tensors so far.
  const std::vector<std::shared_ptr<Party>>& parties() const { return parties_; }
  // "" or why the step cannot be replayed, with the op or variable that is the cause.
  const std::string& problem() const { return problem_; }
  // What was recorded, with the results of the step. Recording is over. Look at problem() afterwards, too.
  Program finish(Span<const Tensor> outputs);

  void on_op(const OpCall& call) override;
  void on_words(const std::shared_ptr<const Words>& words) override { words_ = words; }
  void on_make(Variable& variable) override;
  void on_read(Variable& variable, const Tensor& value) override;
  void on_assign(Variable& variable, const Tensor& assigned, const Tensor& value) override;
  void on_peek(Variable& variable) override;
  void on_put(Variable& variable, const Tensor& value) override;
  void on_view(const Tensor& of, const Tensor& view, size_t byte_offset) override;
  void on_host_data(const Tensor& tensor) override;
  void on_host_read(const Tensor& tensor, const char* reader) override;
  void on_unreplayable(const char* deed) override;
  void on_exchange(const std::shared_ptr<Exchange>& exchange, Span<const Tensor> in,
                   Span<const Tensor> out) override;
  void on_host_step(const std::shared_ptr<HostNumbers>& numbers) override;
  void on_host_number(const HostNumbers& numbers, int index, const Tensor& value) override;

 private:
  // A tensor that shares the memory of a known value and has come about without an op.
  struct View {
    ValueId of;
    Shape shape;
    size_t byte_offset;
  };
  struct Current {
    uint32_t use;    // in Program::variables
    ValueId value;   // what the variable holds now
    ValueId before;  // of a variable that the step made: its first value
  };
  struct Made {  // a variable that the step made, whether it uses it or not
    std::weak_ptr<const void> life;
    ValueId value;  // the first one
  };

  ValueId value_of(const Tensor& tensor);
  ValueId find(const Tensor& tensor);  // kNoValue: unknown
  ValueId constant(const Tensor& tensor, bool host_data);
  Current& current(Variable& variable);
  HostSource* source_of(const HostNumbers& numbers);
  void bind(const Tensor& tensor, ValueId value) { ids_[tensor.id()] = value; }
  void note_problem(std::string text);
  std::string described(ValueId value) const;
  void stop();
  void drop_local_variables();
  void forget_making_of_state();
  void count_draws();
  void leave_other_draws();

  Context& context_;
  bool recording_ = true;
  uint64_t first_id_;   // tensors with smaller ones were there before the step
  RandomState random_;  // when the step began
  bool renewing_ = false;
  Program program_;
  std::unordered_map<uint64_t, ValueId> ids_;
  std::unordered_map<uint64_t, View> views_;
  std::unordered_map<uint64_t, Current> variables_;  // by the variable's id
  std::vector<Made> made_;
  std::shared_ptr<const Words> words_;  // of what runs now
  std::vector<std::shared_ptr<Party>> parties_;
  std::string problem_;
};

}  // namespace tl::graph
