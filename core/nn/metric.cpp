#include "core/nn/metric.h"

#include "core/nn/sample_weights.h"
#include "core/ops/generated/functions.h"
#include "core/tensor/batched.h"

namespace tl::nn {

Metric::Metric(Context& context, std::string name, std::initializer_list<State> states)
    : context_(context), name_(std::move(name)) {
  if (name_.find('/') != std::string::npos)
    invalid(
        "[metric] 'name' must hold no '/', which stands between the names of metrics and their state: got '",
        name_, "'; use '_' or '.'");
  for (const State& s : states) declare(s);
}

void Metric::declare(const State& s) {
  VariableRef made =
      VariableRef::make(full(context_, s.shape, s.first, DType::kF64), name_ + "/" + s.name, false);
  firsts_.reserve(firsts_.size() + 1);
  states_.push_back(std::move(made));
  firsts_.push_back(s.first);
}

void Metric::update(const Tensor&, const Tensor&) {
  invalid("[", name_,
          "] an accuracy takes labels and predictions, and so do others that compare: got values; use "
          "metric_update_predictions");
}

void Metric::update(const Tensor&, const Tensor&, const Tensor&) {
  invalid("[", name_, "] a mean or sum takes values: got labels and predictions; use metric_update");
}

double Metric::result() const {
  const Tensor all = result_tensor();
  if (all.elements() != 1)
    invalid("[", name_, "] a metric of several results must be read as a tensor: got results of shape ",
            all.shape(), "; use metric_result_tensor");
  context_.note_host_read(all, "metric_result");
  check_readable("metric_result", all);
  return all.data<double>()[0];
}

void Metric::reset() {
  std::vector<Tensor> firsts;
  for (size_t i = 0; i < states_.size(); i++)
    firsts.push_back(full(context_, states_[i]->shape(), firsts_[i], DType::kF64));
  for (size_t i = 0; i < states_.size(); i++) states_[i]->put(std::move(firsts[i]));
}

Tensor Metric::state(size_t i) const { return stop_gradient(states_[i]->peek()); }

void Metric::replace(std::vector<Tensor> values) {
  TL_INVARIANT(values.size() == states_.size());
  for (size_t i = 0; i < values.size(); i++) {
    check_readable(name_.c_str(), values[i]);
    TL_INVARIANT(values[i].dtype() == DType::kF64 && values[i].shape() == states_[i]->shape());
  }
  for (size_t i = 0; i < values.size(); i++) states_[i]->put(std::move(values[i]));
}

Tensor Metric::operand(const Tensor& t, const char* what) const {
  if (!t) invalid("[", name_, "] the ", what, " must be a tensor: got null; was it set?");
  if (&t.context() != &context_)
    invalid("[", name_, "] the ", what,
            " must be of the metric's context: got some of another context; copy their data over");
  return stop_gradient(t);
}

Tensor Metric::number(double value, DType dtype) const { return full(context_, IntList{}, value, dtype); }

Tensor share_of(const Tensor& a, const Tensor& b) {
  const Tensor zero = full(a.context(), IntList{}, 0.0, DType::kF64);
  const Tensor one = full(a.context(), IntList{}, 1.0, DType::kF64);
  const Tensor some = not_equal(b, zero);
  return select(some, div(a, select(some, b, one)), zero);
}

Tensor AverageMetric::result_tensor() const { return share_of(state(0), state(1)); }

void AverageMetric::accumulate(const Tensor& values, const Tensor& weights) {
  // f64 before the sum: f32 stops counting at 2^24.
  const Tensor v = cast(values, DType::kF64);
  Tensor added, counted;
  if (weights) {
    const Tensor w = aligned_weights(name().c_str(), operand(weights, "weights"), v);
    added = sum(mul(v, w));
    double repeats =
        w.elements() ? static_cast<double>(v.elements()) / static_cast<double>(w.elements()) : 0.0;
    counted = mul_scalar(sum(w), repeats);
  } else {
    added = sum(v);
    counted = number(static_cast<double>(v.elements()));
  }
  replace({add(state(0), added), add(state(1), counted)});
}

namespace {

class Mean final : public AverageMetric {
 public:
  Mean(Context& context, std::string name) : AverageMetric(context, std::move(name)) {}
  std::string description() const override { return "mean"; }
  using Metric::update;
  void update(const Tensor& values, const Tensor& weights) override {
    accumulate(operand(values, "values"), weights);
  }
};

class Sum final : public AverageMetric {
 public:
  Sum(Context& context, std::string name) : AverageMetric(context, std::move(name)) {}
  std::string description() const override { return "sum"; }
  using Metric::update;
  void update(const Tensor& values, const Tensor& weights) override {
    accumulate(operand(values, "values"), weights);
  }
  Tensor result_tensor() const override { return state(0); }
};

}  // namespace

std::unique_ptr<Metric> make_mean(Context& context, const std::string& name) {
  return std::make_unique<Mean>(context, or_default(name, "mean"));
}

std::unique_ptr<Metric> make_sum(Context& context, const std::string& name) {
  return std::make_unique<Sum>(context, or_default(name, "sum"));
}

}  // namespace tl::nn
