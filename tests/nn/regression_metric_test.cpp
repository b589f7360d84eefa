// Metrics of numbers against published examples, and formulas in plain doubles.
#include "core/nn/regression_metric.h"

#include "tests/nn/fixture.h"

namespace tl::test {
namespace {

using namespace tl::nn;
using Numbers = std::vector<double>;

TEST_CASE_METHOD(Fixture, "the root of the mean squared error, over several batches", "[metric]") {
  auto m = make_root_mean_squared_error(c, "");
  CHECK(m->result() == 0);
  m->update(tensor({0, 1, 0, 0}, {2, 2}), tensor({1, 1, 0, 0}, {2, 2}), Tensor());
  CHECK(m->result() == .5);
  m->reset();
  m->update(tensor({0, 1, 0, 0}, {2, 2}, DType::kI32), tensor({1, 1, 0, 0}, {2, 2}, DType::kF32),
            vector({1, 0}));
  CHECK(m->result() == Approx(.70710677));
  m->update(vector({3}), vector({0}), Tensor());
  CHECK(m->result() == Approx(std::sqrt((1 + 9) / 3.)));
}

TEST_CASE_METHOD(Fixture, "cosine similarity and Pearson's correlation, mean over rows", "[metric]") {
  auto cosine = make_cosine_similarity(c, "");
  const Tensor y = tensor({0, 1, 1, 1}, {2, 2}), p = tensor({1, 0, 1, 1}, {2, 2});
  cosine->update(y, p, Tensor());
  CHECK(cosine->result() == Approx(.5));
  cosine->reset();
  cosine->update(y, p, vector({.3, .7}));
  CHECK(cosine->result() == Approx(.7));
  cosine->update(tensor({0, 0}, {1, 2}), tensor({3, 4}, {1, 2}), Tensor());
  CHECK(cosine->result() == Approx(.7 / 2));

  // Keras' example has 0.9966996338993913, the mean of 1 and .99339927; it adds 1e-7 to the divisors.
  auto pearson = make_pearson_correlation(c, "");
  pearson->update(tensor({0, 1, .5, 1, 1, .2}, {2, 3}), tensor({.1, .9, .5, 1, .9, .2}, {2, 3}), Tensor());
  CHECK(pearson->result() == Approx(.9966996338993913).epsilon(2e-6));
  // A row that does not vary correlates with nothing, also where the mean of .1 is not .1.
  pearson->reset();
  pearson->update(tensor({.1, .1, .1, .1, .1, .1}, {1, 6}), tensor({1, 2, 3, 5, 4, 6}, {1, 6}), Tensor());
  CHECK(pearson->result() == 0);
}

TEST_CASE_METHOD(Fixture, "cosines and correlations hold for vectors of any length", "[metric]") {
  for (double s : {5e-324, 3e-320, 1e-200, 1e-160, 1., 1e200, 1e307})
    for (double t : {1e-200, 1., 4e307}) {
      INFO(s << ", " << t);
      // (1, 2, 3) and (1, 2, 4): a cosine of 17 / sqrt(14 21), a correlation of 3 / sqrt(2 14 / 3).
      const Tensor y = mul_scalar(tensor({1, 2, 3}, {1, 3}), s), p = mul_scalar(tensor({1, 2, 4}, {1, 3}), t);
      auto cosine = make_cosine_similarity(c, ""), pearson = make_pearson_correlation(c, "");
      cosine->update(y, p, Tensor());
      CHECK(cosine->result() == Approx(17 / std::sqrt(14. * 21)).epsilon(1e-12));
      pearson->update(y, p, Tensor());
      CHECK(pearson->result() == Approx(3 / std::sqrt(2 * 14 / 3.)).epsilon(1e-12));
    }
  auto pearson = make_pearson_correlation(c, "");
  const double most = std::numeric_limits<double>::max();
  const Tensor ends = tensor({most, -most, -most, most / 2}, {1, 4});
  pearson->update(ends, ends, Tensor());
  CHECK(pearson->result() == Approx(1).epsilon(1e-14));
  // Differences in the last digits of a large mean are not lost.
  pearson->reset();
  const double ulp = std::ldexp(1.0, -20);
  pearson->update(tensor({3e9, 3e9 + ulp, 3e9 + 2 * ulp}, {1, 3}), tensor({1, 2, 3}, {1, 3}), Tensor());
  CHECK(pearson->result() == Approx(1).epsilon(1e-14));
  // Infinities have no direction.
  const double inf = std::numeric_limits<double>::infinity();
  for (const auto make : {make_cosine_similarity, make_pearson_correlation}) {
    auto m = make(c, "");
    m->update(tensor({1, inf}, {1, 2}), tensor({1, 2}, {1, 2}), Tensor());
    CHECK(std::isnan(m->result()));
  }
}

struct R2Sample {
  Numbers y, p, w;  // (samples, 2), weights of the samples
  Numbers score() const {
    Numbers out;
    for (size_t k : {0, 1}) {
      double weight = 0, mean = 0, spread = 0, residual = 0;
      for (size_t i = 0; i < w.size(); i++) {
        weight += w[i];
        mean += w[i] * y[2 * i + k];
      }
      mean /= weight;
      for (size_t i = 0; i < w.size(); i++) {
        spread += w[i] * std::pow(y[2 * i + k] - mean, 2);
        residual += w[i] * std::pow(y[2 * i + k] - p[2 * i + k], 2);
      }
      out.push_back(1 - residual / spread);
      out.push_back(spread);
    }
    return {out[0], out[2], out[1], out[3]};
  }
};

TEST_CASE_METHOD(Fixture, "R2, its averages and its adjustment, over several batches", "[metric]") {
  auto one = make_r2(c, 1, {});
  CHECK(one->result() == 0);
  one->update(tensor({1, 4, 3}, {3, 1}), tensor({2, 4, 4}, {3, 1}), Tensor());
  CHECK(one->result() == Approx(.57142854));
  one->reset();
  one->update(vector({1, 4, 3}), vector({2, 4, 4}), Tensor());
  CHECK(one->result() == Approx(1 - 2 / (14. / 3)));

  R2Sample s;
  const int64_t n = 30;
  s.y = values(random({n, 2}));
  s.p = values(random({n, 2}));
  for (size_t i = 0; i < s.y.size(); i++) s.p[i] = s.y[i] + .3 * s.p[i] + (i % 2 ? 1e3 : 0) * 0;
  for (int64_t i = 0; i < n; i++) s.w.push_back(.5 + static_cast<double>(i % 4));
  const Numbers want = s.score();
  const auto r2 = [&](R2Average average, int64_t regressors) {
    R2Options o;
    o.average = average;
    o.regressors = regressors;
    auto m = make_r2(c, 2, o);
    const Tensor y = tensor(s.y, {n, 2}), p = tensor(s.p, {n, 2}), w = vector(s.w);
    for (int64_t i = 0; i < n; i += 10)
      m->update(slice(y, {i, 0}, {i + 10, 2}), slice(p, {i, 0}, {i + 10, 2}), slice(w, {i}, {i + 10}));
    return values(m->result_tensor());
  };
  check_near(r2(R2Average::kNone, 0), {want[0], want[1]}, 1e-12);
  check_near(r2(R2Average::kUniform, 0), {(want[0] + want[1]) / 2}, 1e-12);
  check_near(r2(R2Average::kVariance, 0), {(want[0] * want[2] + want[1] * want[3]) / (want[2] + want[3])},
             1e-12);
  check_near(r2(R2Average::kUniform, 5), {1 - (1 - (want[0] + want[1]) / 2) * (n - 1.) / (n - 5. - 1)},
             1e-12);
  check_near(r2(R2Average::kUniform, n - 1), {(want[0] + want[1]) / 2}, 1e-12);  // nothing to divide by
}

TEST_CASE_METHOD(Fixture, "R2 of labels far from 0, and of labels that do not vary", "[metric]") {
  auto m = make_r2(c, 1, {});
  for (double base : {1., 2., 3.}) {
    const Tensor y = vector({1e9 + base, 1e9 - base});
    m->update(y, add_scalar(y, .1), Tensor());
  }
  CHECK(m->result() == Approx(1 - 6 * .01 / 28).epsilon(1e-7));  // sums of squares would have lost all digits
  m->reset();
  for (int i = 0; i < 3; i++)
    m->update(full(c, {7}, .1, DType::kF64), full(c, {7}, .2, DType::kF64), Tensor());
  CHECK(m->result() == 0);
}

TEST_CASE_METHOD(Fixture, "metrics of numbers tell what does not fit, and stay as they were", "[metric]") {
  const Tensor y = tensor({1, 2, 3, 4}, {2, 2}), p = tensor({1, 2, 3, 3}, {2, 2});
  std::vector<std::unique_ptr<Metric>> all;
  all.push_back(make_root_mean_squared_error(c, ""));
  all.push_back(make_cosine_similarity(c, ""));
  all.push_back(make_pearson_correlation(c, ""));
  all.push_back(make_r2(c, 2, {}));
  Context other(ContextOptions{});
  for (auto& m : all) {
    INFO(m->name());
    m->update(y, p, Tensor());
    const double before = m->result();
    CHECK(has(message_of([&] { m->update(y, reshape(p, {4}), Tensor()); }), "must have the same shape"));
    CHECK(has(message_of([&] { m->update(y, cast(p, DType::kI32), Tensor()); }), "f32 or f64"));
    CHECK(has(message_of([&] { m->update(y, p, vector({1, 2, 3})); }), "weights must fit"));
    CHECK(has(message_of([&] { m->update(y, full(other, {2, 2}, 0), Tensor()); }), "another context"));
    CHECK(has(message_of([&] { m->update(y, Tensor()); }), "takes labels and predictions"));
    message_of([&] { m->update(y, Tensor(), Tensor()); });
    CHECK(m->result() == before);
    m->update(full(c, {0, 2}, 0, DType::kF64), full(c, {0, 2}, 0, DType::kF64), Tensor());
    CHECK(m->result() == before);
    m->reset();
    CHECK(m->result() == 0);
  }
  CHECK(has(message_of([&] { all[1]->update(scalar(1), scalar(1), Tensor()); }), "that of the vectors"));
  CHECK(
      has(message_of([&] { all[3]->update(vector({1}), vector({1}), Tensor()); }), "got (1,) for 2 outputs"));
  for (int64_t bad : {int64_t{0}, int64_t{-1}, int64_t{1} << 40})
    CHECK(has(message_of([&] { make_r2(c, bad, {}); }), "'outputs' must be from 1"));
  R2Options o;
  o.regressors = -1;
  CHECK(has(message_of([&] { make_r2(c, 1, o); }), "'regressors' must not be negative"));
  o = {};
  o.average = static_cast<R2Average>(3);
  CHECK(has(message_of([&] { make_r2(c, 1, o); }), "'average' must be"));
}

}  // namespace
}  // namespace tl::test
