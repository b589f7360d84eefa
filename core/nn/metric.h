// Metrics: what many batches add up to. The state is f64 variables, so 10^9 samples still count one by one, and it can be saved;
// states of several replicas are added, but where a metric says otherwise. Updates and results are written in ops, so they work
// in a recorded step, and no tape sees them. Of a failed update nothing stays.
//
// Here is what all metrics share, and the means and sums of values. accuracy.h, threshold_metric.h, class_metric.h and
// regression_metric.h have those of labels and predictions, custom_metric.h those of the program's own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/tensor/variable.h"

namespace tl::nn {

class Metric {
 public:
  virtual ~Metric() = default;
  Metric(const Metric&) = delete;
  Metric& operator=(const Metric&) = delete;

  // Adds values (of any shape and dtype) to a Mean or Sum. weights: null, or see sample_weights.h.
  virtual void update(const Tensor& values, const Tensor& weights);
  // Adds predictions to one that compares them with labels.
  virtual void update(const Tensor& labels, const Tensor& predictions, const Tensor& weights);
  // What was added up so far: f64, rank 0, or of rank 1 with one number for each threshold, class or output. A share or mean of
  // nothing, or over weights that add up to 0, is 0, as in Keras; a NaN in the state that it is made of makes it NaN.
  virtual Tensor result_tensor() const = 0;
  // The same as a number of the host. Throws where there are several.
  double result() const;
  void reset();  // the state as it was at first
  // Whether the states of several replicas may be added to get that of all.
  virtual bool states_add_up() const { return true; }

  // Its kind, and all options by which another of the kind adds up or says something else: "recall, thresholds 0.5". States of two that
  // differ in it do not belong together.
  virtual std::string description() const = 0;

  // "<name>/total" and the like.
  const std::vector<VariableRef>& variables() const { return states_; }
  const std::string& name() const { return name_; }
  Context& context() const { return context_; }

 protected:
  struct State {
    std::string name;
    Shape shape;
    double first = 0;  // of each element
  };
  Metric(Context& context, std::string name, std::initializer_list<State> states);
  void declare(const State& state);

  Tensor state(size_t i) const;
  // New values for all states; all or, where one has no memory of its own (inside vmap), none.
  void replace(std::vector<Tensor> values);
  // A tensor of this context that is not null, without the tapes that it is on. `what` names it: "labels".
  Tensor operand(const Tensor& t, const char* what) const;
  Tensor number(double value, DType dtype = DType::kF64) const;

 private:
  Context& context_;
  std::string name_;
  std::vector<VariableRef> states_;
  std::vector<double> firsts_;
};

// sum(weights values) and sum(weights), for metrics that are a function of these two.
class AverageMetric : public Metric {
 public:
  Tensor result_tensor() const override;  // the first by the second

 protected:
  AverageMetric(Context& context, std::string name)
      : Metric(context, std::move(name), {{"total", {}}, {"count", {}}}) {}
  // total += sum(weights values), count += sum(weights). weights: null, or see sample_weights.h.
  void accumulate(const Tensor& values, const Tensor& weights);
};

// a / b in f64, 0 where b is 0.
Tensor share_of(const Tensor& a, const Tensor& b);

// The name that a metric gets without one.
inline std::string or_default(const std::string& name, const char* fallback) {
  return name.empty() ? fallback : name;
}

// sum(weights values) / sum(weights): unlike a loss, weights are in the divisor. An empty name: "mean".
std::unique_ptr<Metric> make_mean(Context& context, const std::string& name);
// sum(weights values). An empty name: "sum".
std::unique_ptr<Metric> make_sum(Context& context, const std::string& name);

}  // namespace tl::nn
