// Metrics of the program's own: functions written in ops give the new state and the result. Named state that starts anew, recorded
// steps, and that a failed update leaves nothing, they have as all metrics have.
#pragma once

#include <functional>

#include "core/base/span.h"
#include "core/nn/metric.h"

namespace tl::nn {

class CustomMetric final : public Metric {
 public:
  // Gives `outputs` tensors.
  using Compute = std::function<std::vector<Tensor>(Span<const Tensor> inputs, size_t outputs)>;

  // update: from the state, in the order in which it was added, and the inputs of the call to the new state; null: as it is.
  // result: from the state to one tensor. What they give is of any dtype and becomes f64.
  CustomMetric(Context& context, std::string name, Compute update, Compute result)
      : Metric(context, std::move(name), {}), update_(std::move(update)), result_(std::move(result)) {}

  // A number, or a tensor of them, that updates change: "<name>/<state>", f64, all elements `first` at the beginning and after each reset.
  // Throws kFailedPrecondition after the first update or result, kInvalidArgument for a name that is empty or taken.
  void add_state(const std::string& state, const Shape& shape, double first);

  // Adds what any number of tensors say; null ones go to the function as null.
  void update_with(Span<const Tensor> inputs);
  void update(const Tensor& values, const Tensor& weights) override;  // with these two
  void update(const Tensor& labels, const Tensor& predictions,
              const Tensor& weights) override;  // with these three
  Tensor result_tensor() const override;
  std::string description() const override;  // by its state: functions cannot be compared

 private:
  std::vector<Tensor> state_and(Span<const Tensor> inputs) const;
  void check_made(const std::vector<Tensor>& made, const char* function, size_t count) const;

  Compute update_, result_;
  std::vector<std::string> names_;
  mutable bool used_ = false;
};

}  // namespace tl::nn
