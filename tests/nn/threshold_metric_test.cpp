// Metrics by thresholds against the conformance catalogue (M7, M9) and against counts made by hand, one prediction at a time.
#include "core/nn/threshold_metric.h"

#include "tests/nn/fixture.h"

namespace tl::test {
namespace {

using namespace tl::nn;
using Numbers = std::vector<double>;
using Make = std::unique_ptr<Metric> (*)(Context&, const ThresholdOptions&);

ThresholdOptions at(const Numbers& thresholds) {
  ThresholdOptions o;
  o.thresholds = thresholds;
  return o;
}

TEST_CASE_METHOD(Fixture, "M7 precision and recall", "[metric]") {
  const auto once = [&](Make make, const ThresholdOptions& o, const Tensor& y, const Tensor& p,
                        const Tensor& w = Tensor()) {
    auto metric = make(c, o);
    metric->update(y, p, w);
    return metric->result();
  };
  for (DType dtype : {DType::kF32, DType::kF64}) {
    const Tensor p = vector({1, 0, 1, 0}, dtype), y = vector({0, 1, 1, 0}, DType::kI32);
    CHECK(once(make_precision, {}, y, p) == .5);
    CHECK(once(make_recall, {}, y, p) == .5);

    const Tensor rows = tensor({0, 1, 1, 0, 1, 0, 0, 1}, {2, 4}),
                 w = tensor({1, 2, 3, 4, 4, 3, 2, 1}, {2, 4}, dtype);
    const Tensor found = tensor({1, 0, 1, 0, 1, 0, 1, 0}, {2, 4}, dtype);
    const Tensor other = tensor({1, 0, 1, 0, 0, 1, 0, 1}, {2, 4}, dtype);
    CHECK(once(make_precision, {}, rows, found, w) == Approx(.7).epsilon(1e-12));
    CHECK(once(make_recall, {}, rows, other, w) == Approx(.4).epsilon(1e-12));
    CHECK(once(make_precision, {}, vector({0, 0, 0, 0}), vector({0, 0, 0, 0}, dtype)) == 0);
    CHECK(once(make_recall, {}, vector({0, 0, 0, 0}), vector({0, 0, 0, 0}, dtype)) == 0);

    ThresholdOptions top;
    top.top_k = 3;
    CHECK(once(make_precision, top, tensor({0, 1, 1, 0, 0}, {1, 5}),
               tensor({.2, .1, .5, 0, .2}, {1, 5}, dtype)) == Approx(1. / 3).epsilon(1e-12));

    auto several = make_precision(c, at({.5, 1}));
    for (int i = 0; i < 2; i++)
      several->update(tensor({0, 1, 1, 0}, {2, 2}), tensor({1, 0, .6, 0}, {2, 2}, dtype),
                      tensor({4, 0, 3, 1}, {2, 2}, dtype));
    check_near(values(several->result_tensor()), {3. / 7, 0}, 1e-12);
    CHECK(has(message_of([&] { several->result(); }), "several results must be read as a tensor"));

    ThresholdOptions one;
    one.class_id = 0;
    for (Make make : {make_precision, make_recall})
      CHECK(has(message_of([&] { once(make, one, y, p); }),
                "one class of the predictions needs rank 2 or more"));
  }
  for (double bad : {-.1, 1.1, std::nan(""), std::numeric_limits<double>::infinity()})
    for (Make make : {make_precision, make_recall, make_true_positives, make_auc})
      CHECK(has(message_of([&] { make(c, at({.5, bad})); }), "each threshold must be in [0, 1]: got"));
}

TEST_CASE_METHOD(Fixture, "M9 AUC with 3 thresholds", "[metric]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    const Tensor y = vector({0, 0, 1, 1}), p = vector({0, .5, .3, .9}, dtype),
                 w = vector({1, 2, 3, 4}, dtype);
    const auto auc = [&](AucCurve curve, AucSummation summation, const Tensor& weights) {
      ThresholdOptions o;
      o.threshold_count = 3;
      o.curve = curve;
      o.summation = summation;
      auto metric = make_auc(c, o);
      metric->update(y, p, weights);
      return metric->result();
    };
    constexpr auto kInterpolation = AucSummation::kInterpolation, kMajoring = AucSummation::kMajoring,
                   kMinoring = AucSummation::kMinoring;
    CHECK(auc(AucCurve::kRoc, kInterpolation, Tensor()) == Approx(.75).epsilon(1e-12));
    ThresholdOptions logits;
    logits.threshold_count = 3;
    logits.from_logits = true;
    auto from_logits = make_auc(c, logits);
    Numbers x;
    for (double q : {0., .5, .3, .9}) x.push_back(-std::log(1 / (q + 1e-12) - 1));
    // The sigmoid of the logit of .5 may be a rounding error above .5, which counts in one way or the other.
    x[1] = 0;
    from_logits->update(y, vector(x, dtype), Tensor());
    CHECK(from_logits->result() == Approx(.75).epsilon(1e-12));
    CHECK(auc(AucCurve::kRoc, kInterpolation, w) == Approx((1 + 4. / 7) / 2).epsilon(1e-12));  // .7857
    CHECK(auc(AucCurve::kRoc, kMajoring, w) == Approx(1).epsilon(1e-12));
    CHECK(auc(AucCurve::kRoc, kMinoring, w) == Approx(4. / 7).epsilon(1e-12));  // .571
    CHECK(auc(AucCurve::kPrecisionRecall, kInterpolation, w) == Approx((2.416 + 4) / 7).epsilon(1e-4));
    CHECK(auc(AucCurve::kPrecisionRecall, kInterpolation, w) ==
          Approx((.5 * (3 + 2 * std::log(2.5)) + 4) / 7).epsilon(1e-12));
    CHECK(auc(AucCurve::kPrecisionRecall, kMajoring, w) == Approx(1).epsilon(1e-12));
    // .7 * 3/7; the catalogue's .3003 is .7 times 3/7 rounded to .429.
    CHECK(auc(AucCurve::kPrecisionRecall, kMinoring, w) == Approx(.3).epsilon(1e-12));
    CHECK(auc(AucCurve::kPrecisionRecallGain, kInterpolation, Tensor()) == Approx(.5).epsilon(1e-12));
    CHECK(auc(AucCurve::kPrecisionRecallGain, kMajoring, Tensor()) == Approx(1).epsilon(1e-12));
    CHECK(auc(AucCurve::kPrecisionRecallGain, kMinoring, Tensor()) == 0);
    CHECK(auc(AucCurve::kPrecisionRecall, kInterpolation, vector({-1, -2, -3, -4}, dtype)) == 0);
  }
}

// Counts of one threshold, made one prediction at a time in f32, as predictions are compared.
struct Counts {
  double tp = 0, fp = 0, tn = 0, fn = 0;
  Counts(const Numbers& y, const Numbers& p, const Numbers& w, double threshold) {
    for (size_t i = 0; i < y.size(); i++) {
      const bool yes = static_cast<float>(p[i]) > static_cast<float>(threshold);
      (y[i] == 1 ? (yes ? tp : fn) : (yes ? fp : tn)) += w[i];
    }
  }
  double precision() const { return tp + fp == 0 ? 0 : tp / (tp + fp); }
  double recall() const { return tp + fn == 0 ? 0 : tp / (tp + fn); }
  double specificity() const { return tn + fp == 0 ? 0 : tn / (tn + fp); }
};

struct Sample {
  Numbers y, p, w;
};

// Labels that go with predictions, on a grid, so that some are thresholds.
Sample sample_of(Fixture& f, int64_t n) {
  Sample s;
  s.p = values(uniform(f.c, {n}, 0, 1, DType::kF64));
  const Numbers chance = values(uniform(f.c, {n}, 0, 1, DType::kF64));
  for (size_t i = 0; i < s.p.size(); i++) {
    s.p[i] = std::round(s.p[i] * 20) / 20;
    s.y.push_back(chance[i] < s.p[i] ? 1 : 0);
    s.w.push_back(.25 * static_cast<double>(1 + i % 5));
  }
  return s;
}

TEST_CASE_METHOD(Fixture, "counts and shares at any thresholds, in the order given, in several batches",
                 "[metric]") {
  const Sample s = sample_of(*this, 200);
  for (const Numbers& thresholds : {Numbers{.5}, Numbers{.9, .1, .5, .5}, Numbers{0, .05, .3, .55, .95, 1},
                                    Numbers{1, .75, .5, .25, .2, .15, 0}}) {
    const std::vector<std::pair<Make, std::function<double(const Counts&)>>> all{
        {make_true_positives, [](const Counts& k) { return k.tp; }},
        {make_false_positives, [](const Counts& k) { return k.fp; }},
        {make_true_negatives, [](const Counts& k) { return k.tn; }},
        {make_false_negatives, [](const Counts& k) { return k.fn; }},
        {make_precision, [](const Counts& k) { return k.precision(); }},
        {make_recall, [](const Counts& k) { return k.recall(); }}};
    for (const auto& [make, want_of] : all)
      for (DType dtype : {DType::kI32, DType::kF32, DType::kBool}) {
        auto metric = make(c, at(thresholds));
        INFO(metric->name());
        const Tensor y = vector(s.y, dtype), p = vector(s.p, DType::kF32), w = vector(s.w);
        for (int64_t i = 0; i < 4; i++) {
          const auto part = [&](const Tensor& x) { return slice(x, {i * 50}, {i * 50 + 50}); };
          metric->update(part(y), reshape(part(p), {50, 1}), part(w));
        }
        Numbers want;
        for (double t : thresholds) want.push_back(want_of(Counts(s.y, s.p, s.w, t)));
        check_near(values(metric->result_tensor()), want, 1e-13);
        CHECK(metric->result_tensor().rank() == (thresholds.size() == 1 ? 0 : 1));
        metric->reset();
        CHECK(values(metric->result_tensor()) == Numbers(thresholds.size(), 0.0));
      }
  }
}

TEST_CASE_METHOD(Fixture, "one share where the other is large enough", "[metric]") {
  const Sample s = sample_of(*this, 300);
  using At = std::unique_ptr<Metric> (*)(Context&, double, const ThresholdOptions&);
  using Share = double (Counts::*)() const;
  struct Kind {
    At make;
    Share best, where;
  };
  for (const Kind& k : {Kind{make_sensitivity_at_specificity, &Counts::recall, &Counts::specificity},
                        Kind{make_specificity_at_sensitivity, &Counts::specificity, &Counts::recall},
                        Kind{make_precision_at_recall, &Counts::precision, &Counts::recall},
                        Kind{make_recall_at_precision, &Counts::recall, &Counts::precision}})
    for (int64_t count : {1, 2, 9, 200})
      for (double least : {0., .3, .8, 1.}) {
        ThresholdOptions o;
        o.threshold_count = count == 200 ? 0 : count;  // the default
        auto metric = k.make(c, least, o);
        INFO(metric->name() << ", " << count << " thresholds, " << least);
        metric->update(vector(s.y), vector(s.p, DType::kF32), vector(s.w));
        double want = 0;
        for (int64_t i = 0; i < count; i++) {
          const Counts at(s.y, s.p, s.w,
                          count == 1 ? .5 : static_cast<double>(i) / static_cast<double>(count - 1));
          if ((at.*k.where)() >= least) want = std::fmax(want, (at.*k.best)());
        }
        CHECK(metric->result() == Approx(want).epsilon(1e-12));
      }
}

TEST_CASE_METHOD(Fixture, "the area under a curve is that of its points", "[metric]") {
  const Sample s = sample_of(*this, 300);
  const Numbers inner{.25, .5, .75, .9};
  for (AucCurve curve : {AucCurve::kRoc, AucCurve::kPrecisionRecall})
    for (AucSummation summation :
         {AucSummation::kInterpolation, AucSummation::kMajoring, AucSummation::kMinoring}) {
      if (curve == AucCurve::kPrecisionRecall && summation == AucSummation::kInterpolation) continue;  // M9
      ThresholdOptions o = at(inner);
      o.curve = curve;
      o.summation = summation;
      auto metric = make_auc(c, o);
      metric->update(vector(s.y, DType::kU8), vector(s.p, DType::kF32), vector(s.w));
      double want = 0, x0 = 0, y0 = 0;
      for (double t : {-1e-6, .25, .5, .75, .9, 1.1}) {
        const Counts at(s.y, s.p, s.w, t);
        const double x = curve == AucCurve::kRoc ? 1 - at.specificity() : at.recall();
        const double y = curve == AucCurve::kRoc ? at.recall() : at.precision();
        if (t > 0)
          want += (x0 - x) * (summation == AucSummation::kInterpolation ? (y0 + y) / 2
                              : summation == AucSummation::kMajoring    ? std::fmax(y0, y)
                                                                        : std::fmin(y0, y));
        x0 = x;
        y0 = y;
      }
      CHECK(metric->result() == Approx(want).epsilon(1e-12));
    }
  // Everything right; 200 thresholds.
  auto perfect = make_auc(c, {});
  perfect->update(vector(s.y), vector(s.y), Tensor());
  CHECK(perfect->result() == Approx(1).epsilon(1e-12));
  // The share of pairs in which the 1 is ranked above the 0, ties counting half, where each value lies between thresholds of its own.
  ThresholdOptions fine;
  for (int i = 0; i < 20; i++) fine.thresholds.push_back((i + .5) / 20);
  auto auc = make_auc(c, fine);
  auc->update(vector(s.y), vector(s.p), Tensor());
  double right = 0, pairs = 0;
  for (size_t i = 0; i < s.y.size(); i++)
    for (size_t j = 0; j < s.y.size(); j++)
      if (s.y[i] == 1 && s.y[j] == 0) {
        pairs += 1;
        right += s.p[i] > s.p[j] ? 1 : s.p[i] == s.p[j] ? .5 : 0;
      }
  CHECK(auc->result() == Approx(right / pairs).epsilon(1e-12));
}

TEST_CASE_METHOD(Fixture, "the largest predictions, one class, NaN and batches of nothing", "[metric]") {
  const double nan = std::nan("");
  // The two largest of each row, of equals the first, never a NaN.
  const Tensor y = tensor({1, 0, 1, 0, 1, 0, 0, 1, 1}, {3, 3}),
               p = tensor({5, 5, 5, nan, 2, -1, 0, nan, nan}, {3, 3});
  ThresholdOptions top;
  top.top_k = 2;
  auto precision = make_precision(c, top), recall = make_recall(c, top);
  for (auto* m : {precision.get(), recall.get()}) m->update(y, p, Tensor());
  CHECK(precision->result() == Approx(2. / 5));  // of 0, 1; 1, 2; 0: the labels at 0 and 1
  CHECK(recall->result() == Approx(2. / 5));

  const Tensor q = tensor({.9, .2, .4, .8, .6, .7}, {3, 2}), z = tensor({1, 0, 0, 1, 0, 1}, {3, 2});
  ThresholdOptions one;
  one.class_id = 1;
  auto second = make_precision(c, one);
  second->update(z, q, Tensor());
  CHECK(second->result() == 1);
  one.class_id = 0;
  auto first = make_precision(c, one);
  first->update(z, q, tensor({1, 9, 9, 9, 3, 9}, {3, 2}));  // weights of the elements of this class
  CHECK(first->result() == .25);
  first->reset();
  first->update(z, q, vector({1, 9, 3}));
  CHECK(first->result() == .25);
  one.top_k = 1;
  auto largest = make_recall(c, one);
  largest->update(z, q, Tensor());
  CHECK(largest->result() == 1);

  auto plain = make_true_negatives(c, {});
  plain->update(vector({0, 1}), vector({nan, nan}), Tensor());
  CHECK(plain->result() == 1);
  plain->update(vector({}), vector({}), vector({}));
  CHECK(plain->result() == 1);
}

TEST_CASE_METHOD(Fixture, "metrics by thresholds tell what does not fit, and stay as they were", "[metric]") {
  auto m = make_precision(c, {});
  const Tensor y = vector({1, 0}), p = vector({.9, .8});
  m->update(y, p, Tensor());
  CHECK(has(message_of([&] {
              m->update(y, vector({.5, 1.5}), Tensor());
            }),
            "[precision] a prediction must be in [0, 1]: got 1.5 at position 1; logits"));
  CHECK(has(message_of([&] {
              m->update(vector({1, .5}), p, Tensor());
            }),
            "a label must be 0 or 1: got 0.5 at position 1"));
  CHECK(has(message_of([&] { m->update(y, y.dtype() == DType::kF64 ? cast(p, DType::kI32) : p, Tensor()); }),
            "f32 or f64"));
  CHECK(has(message_of([&] { m->update(vector({1, 0, 1}), p, Tensor()); }), "same shape"));
  CHECK(has(message_of([&] { m->update(y, p, vector({1, 2, 3})); }), "weights must fit"));
  CHECK(has(message_of([&] { m->update(p, Tensor()); }), "labels and predictions"));
  message_of([&] { m->update(Tensor(), p, Tensor()); });
  Context other(ContextOptions{});
  CHECK(has(message_of([&] { m->update(y, full(other, {2}, 0), Tensor()); }), "another context"));
  CHECK(m->result() == .5);

  ThresholdOptions o;
  o.top_k = 3;
  auto top = make_precision(c, o);
  CHECK(has(message_of([&] { top->update(y, p, Tensor()); }),
            "'top_k' must not be above the number of classes"));
  CHECK(has(message_of([&] { make_true_positives(c, o); }), "'top_k' is an option of precision and recall"));
  CHECK(has(message_of([&] { make_auc(c, o); }), "'top_k'"));
  o = {};
  o.top_k = -1;
  CHECK(has(message_of([&] { make_recall(c, o); }), "must not be negative"));
  o = {};
  o.class_id = 2;
  auto one = make_recall(c, o);
  CHECK(has(message_of([&] {
              one->update(tensor({1, 0}, {1, 2}), tensor({1, 0}, {1, 2}), Tensor());
            }),
            "class_id 2"));
  o.class_id = -1;
  CHECK(has(message_of([&] { make_recall(c, o); }), "'class_id' must not be negative"));
  for (int64_t count : {int64_t{1}, int64_t{-1}, kMostThresholds + 1}) {
    o = {};
    o.threshold_count = count;
    CHECK(has(message_of([&] { make_auc(c, o); }), "'threshold_count' must be from 2"));
    CHECK(has(message_of([&] { make_recall(c, o); }), "'threshold_count' is an option"));
  }
  o = at({.5});
  o.threshold_count = 3;
  CHECK(has(message_of([&] { make_auc(c, o); }), "given or counted, not both"));
  CHECK(has(message_of([&] { make_recall_at_precision(c, .5, at({.5})); }), "'thresholds' is an option"));
  for (double least : {-.1, 1.1, std::nan("")})
    CHECK(has(message_of([&] { make_recall_at_precision(c, least, {}); }), "must be in [0, 1]: got"));
  o = {};
  o.curve = static_cast<AucCurve>(3);
  CHECK(has(message_of([&] { make_auc(c, o); }), "'curve' must be"));
  CHECK(has(message_of([&] { make_recall(c, o); }), "'curve' is an option of auc"));
  o = {};
  o.summation = static_cast<AucSummation>(-1);
  CHECK(has(message_of([&] { make_auc(c, o); }), "'summation' must be"));
}

}  // namespace
}  // namespace tl::test
