// Metrics: averages over many batches. The state is two f64 variables, so 10^9 samples still count one by one, and it can
// be saved. Updates are written in ops but recorded by no tape.
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
  // Adds predictions to an accuracy.
  virtual void update(const Tensor& labels, const Tensor& predictions, const Tensor& weights);
  // What was added up so far. A mean over nothing, or over weights that add up to 0, is 0, as in Keras.
  virtual double result() const;
  void reset();

  // "<name>/total" and "<name>/count".
  std::vector<VariableRef> variables() const { return {total_, count_}; }
  const std::string& name() const { return name_; }
  Context& context() const { return context_; }

 protected:
  Metric(Context& context, std::string name);
  // total += sum(weights values), count += sum(weights); both or none.
  void accumulate(const Tensor& values, const Tensor& weights);
  double total() const { return host(*total_); }
  double count() const { return host(*count_); }
  void check_context(const Tensor& t, const char* what) const;

 private:
  double host(const Variable& state) const {
    context_.note_host_read(state.value(), "metric_result");
    return state.value().data<double>()[0];
  }
  Context& context_;
  std::string name_;
  VariableRef total_, count_;
};

// sum(weights values) / sum(weights): unlike a loss, weights are in the divisor. An empty name: "mean".
std::unique_ptr<Metric> make_mean(Context& context, const std::string& name);
// sum(weights values). An empty name: "sum".
std::unique_ptr<Metric> make_sum(Context& context, const std::string& name);

// The share of samples for which the largest prediction (the first of equals) is that of the label; a row with a NaN is
// wrong. Labels: integers (...) or (..., 1), each in [0, classes), predictions (..., classes). An empty name:
// "sparse_categorical_accuracy".
std::unique_ptr<Metric> make_sparse_categorical_accuracy(Context& context, const std::string& name);
// The same with one-hot labels or label probabilities of the shape of the predictions, of any dtype, each in [0, 1]: the
// largest counts, the first of equals. An empty name: "categorical_accuracy".
std::unique_ptr<Metric> make_categorical_accuracy(Context& context, const std::string& name);
// The share of elements for which (prediction > threshold), strictly, is the label, 0 or 1 of any dtype; a NaN is wrong.
// Shapes agree; a last axis of size 1 that one of them lacks is dropped. For logits use threshold 0. An empty name:
// "binary_accuracy".
// Throws for a threshold that is not finite.
std::unique_ptr<Metric> make_binary_accuracy(Context& context, double threshold, const std::string& name);

}  // namespace tl::nn
