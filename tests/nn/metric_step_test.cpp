// What holds for every metric: a compiled step updates it and gives out its result with the bits of the eager one, no tape sees it,
// it is not to be updated by one example of a batch, and its state is its own.
#include <algorithm>

#include "core/autodiff/tape.h"
#include "core/autodiff/vmap.h"
#include "core/nn/accuracy.h"
#include "core/nn/class_metric.h"
#include "core/nn/regression_metric.h"
#include "core/nn/threshold_metric.h"
#include "tests/compile/compile_fixture.h"
#include "tests/nn/fixture.h"

namespace tl::test {
namespace {

using namespace tl::nn;
using Made = std::unique_ptr<Metric>;

enum class Kind { kValues, kClasses, kYesNo, kNumbers };

struct MetricCase {
  const char* name;
  Kind kind;
  std::function<Made(Context&)> make;

  // Labels and predictions (6, 3), the former empty for a metric of values.
  std::vector<Tensor> operands(Context& c) const {
    const Tensor p = uniform(c, {6, 3}, 0, 1, DType::kF32);
    const Tensor bits = cast(greater(uniform(c, {6, 3}), full(c, IntList{}, .5)), DType::kF32);
    switch (kind) {
      case Kind::kValues: return {p};
      case Kind::kClasses: return {argmax(uniform(c, {6, 3}), {1}), p};
      case Kind::kYesNo: return {bits, p};
      case Kind::kNumbers: break;
    }
    return {uniform(c, {6, 3}, -1, 1, DType::kF32), p};
  }
  void update(Metric& m, Span<const Tensor> in, const Tensor& weights) const {
    if (kind == Kind::kValues)
      m.update(in[0], weights);
    else
      m.update(in[0], in[1], weights);
  }
};

std::vector<MetricCase> metric_cases() {
  const auto thresholds = [](std::vector<double> t, int64_t top_k = 0) {
    ThresholdOptions o;
    o.thresholds = std::move(t);
    o.top_k = top_k;
    return o;
  };
  const auto curve = [](AucCurve which) {
    ThresholdOptions o;
    o.curve = which;
    o.from_logits = true;
    return o;
  };
  FBetaOptions f;
  f.average = ClassAverage::kWeighted;
  R2Options r2;
  r2.average = R2Average::kNone;
  r2.regressors = 1;
  return {
      {"mean", Kind::kValues, [](Context& c) { return make_mean(c, ""); }},
      {"sum", Kind::kValues, [](Context& c) { return make_sum(c, ""); }},
      {"sparse accuracy", Kind::kClasses, [](Context& c) { return make_sparse_categorical_accuracy(c, ""); }},
      {"top-k accuracy", Kind::kClasses,
       [](Context& c) { return make_sparse_top_k_categorical_accuracy(c, 2, ""); }},
      {"binary accuracy", Kind::kYesNo, [](Context& c) { return make_binary_accuracy(c, .5, ""); }},
      {"true positives", Kind::kYesNo,
       [=](Context& c) {
         return make_true_positives(c, thresholds({.9, .2}));
       }},
      {"precision", Kind::kYesNo,
       [=](Context& c) {
         return make_precision(c, thresholds({.3, .6, .1}));
       }},
      {"recall of the largest", Kind::kYesNo, [=](Context& c) { return make_recall(c, thresholds({}, 2)); }},
      {"one at another", Kind::kYesNo, [](Context& c) { return make_recall_at_precision(c, .5, {}); }},
      {"ROC", Kind::kYesNo, [=](Context& c) { return make_auc(c, curve(AucCurve::kRoc)); }},
      {"PR", Kind::kYesNo, [=](Context& c) { return make_auc(c, curve(AucCurve::kPrecisionRecall)); }},
      {"PR gain", Kind::kYesNo,
       [=](Context& c) { return make_auc(c, curve(AucCurve::kPrecisionRecallGain)); }},
      {"F1", Kind::kYesNo, [=](Context& c) { return make_f_beta(c, 3, f); }},
      {"mean IoU", Kind::kClasses, [](Context& c) { return make_mean_iou(c, 3, ""); }},
      {"RMSE", Kind::kNumbers, [](Context& c) { return make_root_mean_squared_error(c, ""); }},
      {"cosine", Kind::kNumbers, [](Context& c) { return make_cosine_similarity(c, ""); }},
      {"Pearson", Kind::kNumbers, [](Context& c) { return make_pearson_correlation(c, ""); }},
      {"R2", Kind::kNumbers, [=](Context& c) { return make_r2(c, 3, r2); }},
  };
}

TEST_CASE("a compiled step has the bits of every metric, its state and its result", "[metric][compile]") {
  using namespace compile_test;
  for (const MetricCase& k : metric_cases()) {
    INFO(k.name);
    Context eager(options_of()), context(options_of());
    Made a = k.make(eager), b = k.make(context);
    const auto step = [&](Metric& m, Span<const Tensor> in) {
      k.update(m, in, in[in.size() - 1]);
      return m.result_tensor();
    };
    Function f(
        context, [&](Span<const Tensor> in, size_t) { return Values{step(*b, in)}; }, strict());
    for (int i = 0; i < 4; i++) {
      Values want = k.operands(eager), got = k.operands(context), out(1);
      want.push_back(uniform(eager, {6}));
      got.push_back(uniform(context, {6}));
      const Tensor expected = step(*a, want);
      f.call(got, out);
      CHECK(same_bits(expected, out[0]));
      for (size_t s = 0; s < a->variables().size(); s++)
        CHECK(same_bits(a->variables()[s]->value(), b->variables()[s]->value()));
    }
    CHECK(f.stats().traces == 1);
    CHECK(f.stats().host_constants == 0);
  }
}

TEST_CASE("a recorded step that reads a result on the host is told so", "[metric][compile]") {
  using namespace compile_test;
  Context context(options_of());
  for (const MetricCase& k : metric_cases()) {
    INFO(k.name);
    Made m = k.make(context);
    if (m->result_tensor().rank() != 0) continue;
    const auto step = [&](Span<const Tensor> in, size_t) {
      k.update(*m, in, Tensor());
      return Values{full(context, IntList{}, m->result())};
    };
    Function f(context, step, strict());
    Values in = k.operands(context), out(1);
    CHECK(has(message_of([&] { f.call(in, out); }, Code::kFailedPrecondition), "metric_result"));
  }
}

TEST_CASE_METHOD(Fixture, "a batch of nothing changes no metric, nor do weights of 0", "[metric]") {
  for (const MetricCase& k : metric_cases()) {
    INFO(k.name);
    Made m = k.make(c);
    for (double v : values(m->result_tensor())) CHECK(v == 0);
    std::vector<Tensor> in = k.operands(c), none;
    k.update(*m, in, Tensor());
    const std::vector<double> before = values(m->result_tensor());
    for (const Tensor& t : in) {
      IntList begin, end;
      for (int i = 0; i < t.rank(); i++) {
        begin.push_back(0);
        end.push_back(i == 0 ? 0 : t.shape()[i]);
      }
      none.push_back(slice(t, begin, end));
    }
    k.update(*m, none, Tensor());
    k.update(*m, none, vector({}));
    CHECK(values(m->result_tensor()) == before);
    if (m->name() == "r2") continue;  // adjusted by the number of samples, whatever they weigh
    k.update(*m, k.operands(c), vector({0, 0, 0, 0, 0, 0}));
    check_near(values(m->result_tensor()), before, 1e-15);
  }
}

TEST_CASE_METHOD(Fixture, "a NaN in the state makes the result of every metric NaN", "[metric]") {
  for (const MetricCase& k : metric_cases()) {
    Made m = k.make(c);
    k.update(*m, k.operands(c), Tensor());
    for (size_t s = 0; s < m->variables().size(); s++) {
      // These do not count labels 0, or how many values there were.
      const std::string& name = m->name();
      if (s == 1 && (name == "true_positives" || name == "recall" || name == "sum")) continue;
      const VariableRef& v = m->variables()[s];
      INFO(k.name << ", " << v->name());
      const std::vector<double> before = values(v);
      std::vector<double> last = before, result;
      last.back() = std::nan("");
      v->put(tensor(last, v->shape()));
      result = values(m->result_tensor());
      CHECK(std::any_of(result.begin(), result.end(), [](double x) { return std::isnan(x); }));
      v->put(full(c, v->shape(), std::nan(""), DType::kF64));
      for (double x : values(m->result_tensor())) CHECK(std::isnan(x));
      v->put(tensor(before, v->shape()));
    }
  }
  // Off the diagonal of the confusion, too, and where no threshold reaches what is asked for.
  auto iou = make_mean_iou(c, 2, "");
  iou->variables()[0]->put(tensor({1, std::nan(""), 1, 1}, {2, 2}));
  CHECK(std::isnan(iou->result()));
  const auto both = {make_sensitivity_at_specificity, make_specificity_at_sensitivity,
                     make_precision_at_recall, make_recall_at_precision};
  for (const auto make : both)
    for (size_t s : {0, 1}) {
      auto m = make(c, 1, {});
      const int64_t n = m->variables()[s]->shape()[0];
      m->variables()[1 - s]->put(full(c, {n}, 1, DType::kF64));
      m->variables()[s]->put(full(c, {n}, std::nan(""), DType::kF64));
      CHECK(std::isnan(m->result()));
    }
}

TEST_CASE_METHOD(Fixture, "no metric is on a tape, keeps memory, or takes one example of a batch",
                 "[metric]") {
  for (const MetricCase& k : metric_cases()) {
    INFO(k.name);
    Made m = k.make(c);
    std::vector<Tensor> in = k.operands(c);
    k.update(*m, in, Tensor());
    const size_t live = c.live_tensors();
    {
      Tape tape(c, {});
      tape.watch(in.back());
      in.back() = square(in.back());
      const size_t recorded = tape.recorded_ops();
      k.update(*m, in, Tensor());
      const Tensor result = m->result_tensor();
      CHECK(result.dtype() == DType::kF64);
      CHECK(tape.recorded_ops() == recorded);
    }
    CHECK(c.live_tensors() == live);
    std::vector<std::vector<double>> before;
    for (const VariableRef& v : m->variables()) before.push_back(values(v));
    const auto f = [&](Span<const Tensor> one) {
      std::vector<Tensor> rows;
      for (const Tensor& t : one) rows.push_back(expand_dims(t, 0));
      k.update(*m, rows, Tensor());
      return rows;
    };
    const std::vector<int64_t> axes(in.size(), 0);
    message_of([&] { vmap(c, "f", f, in, axes); }, Code::kFailedPrecondition);
    for (size_t i = 0; i < before.size(); i++) CHECK(values(m->variables()[i]) == before[i]);
    for (const VariableRef& v : m->variables()) {
      CHECK(has(v->name(), (m->name() + "/").c_str()));
      CHECK_FALSE(v->trainable());
      CHECK(v->dtype() == DType::kF64);
    }
  }
}

}  // namespace
}  // namespace tl::test
