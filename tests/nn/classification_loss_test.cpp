// Focal losses and losses of masks against the conformance catalogue (L11) and formulas.
#include "core/nn/focal_loss.h"
#include "core/nn/overlap_loss.h"

#include "core/autodiff/tape.h"
#include "tests/nn/fixture.h"

namespace tl::test {
namespace {

using namespace tl::nn;
using Numbers = std::vector<double>;

LossOptions options(bool from_probabilities, Reduction reduction = Reduction::kMean) {
  LossOptions o;
  o.from_probabilities = from_probabilities;
  o.reduction = reduction;
  return o;
}

TEST_CASE_METHOD(Fixture, "L11 binary focal cross-entropy", "[loss]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    const Tensor y = tensor({1, 0, 1, 0}, {2, 2}, dtype), p = tensor({.9, .8, .7, .2}, {2, 2}, dtype);
    check_near({item(binary_focal_cross_entropy(y, p, 2, 0, options(true)))}, {.268}, 1e-4);
    check_near(values(binary_focal_cross_entropy(y, p, 2, 0, options(true, Reduction::kNone))),
               {.515547, .020513}, 1e-6);
    const Tensor z = tensor({1, 1, 0, 0, 1, 0}, {2, 3}, dtype);
    const Tensor logits = tensor({1.5, -2.7, 2.9, -3.8, 1.2, -4.5}, {2, 3}, dtype);
    // Three digits are published: half of the last one.
    check_near({item(binary_focal_cross_entropy(z, logits, 3, 0, options(false)))}, {.799}, 5e-4);
  }
}

TEST_CASE_METHOD(Fixture, "L11 Dice and Tversky", "[loss]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    const Tensor y = tensor({1, 2, 1, 2}, {2, 2}, dtype), p = tensor({4, 1, 6, 1}, {2, 2}, dtype);
    check_near({item(dice(y, p))}, {-.5555555}, 1e-6);
    check_near({item(tversky(y, p, .5, .5))}, {-.5555556}, 1e-6);
    check_near({item(tversky(y, p, .2, .8))}, {-.9444444}, 1e-6);
  }
}

TEST_CASE_METHOD(Fixture, "focal losses are weighed cross-entropies", "[loss]") {
  const Numbers z{1, 0, 0, 1, .3, 1}, x{2, -1, .5, -3, .2, 40};
  const Tensor y = vector(z), logits = vector(x);
  for (double gamma : {0., .5, 2.})
    for (double alpha : {0., .25, 1.})
      for (double smoothing : {0., .2}) {
        LossOptions o = options(false, Reduction::kNone);
        o.label_smoothing = smoothing;
        Numbers want;
        for (size_t i = 0; i < z.size(); i++) {
          const double t = z[i] * (1 - smoothing) + smoothing / 2, p = 1 / (1 + std::exp(-x[i]));
          // log(1 - p) = -x + log p, which holds for p close to 1.
          const double entropy =
              t * std::log1p(std::exp(-x[i])) + (1 - t) * (x[i] + std::log1p(std::exp(-x[i])));
          const double miss = t / (1 + std::exp(x[i])) + (1 - t) * p;
          const double weight = alpha == 0 ? 1 : t * alpha + (1 - t) * (1 - alpha);
          want.push_back(weight * std::pow(miss, gamma) * entropy);
        }
        INFO("gamma " << gamma << ", alpha " << alpha << ", smoothing " << smoothing);
        check_near(values(binary_focal_cross_entropy(y, logits, gamma, alpha, o)), want, 1e-13);
      }

  const Numbers rows{.2, .3, .5, .1, .8, .1}, labels{0, 1, 0, .5, .25, .25};
  for (double gamma : {0., 2.})
    for (double alpha : {0., .25}) {
      Numbers want(2);
      for (size_t i = 0; i < 6; i++)
        want[i / 3] -=
            (alpha == 0 ? 1 : alpha) * labels[i] * std::pow(1 - rows[i], gamma) * std::log(rows[i]);
      const Tensor q = tensor(rows, {2, 3}), t = tensor(labels, {2, 3});
      check_near(values(categorical_focal_cross_entropy(t, mul_scalar(q, 3), gamma, alpha,
                                                        options(true, Reduction::kNone))),
                 want, 1e-13);
      check_near(
          values(categorical_focal_cross_entropy(t, log(q), gamma, alpha, options(false, Reduction::kNone))),
          want, 1e-13);
    }
}

TEST_CASE_METHOD(Fixture, "focal losses and their derivatives are finite at any logits", "[loss]") {
  for (DType dtype : {DType::kF32, DType::kF64})
    for (double gamma : {.5, 1., 2.}) {
      INFO(name_of(dtype) << ", gamma " << gamma);
      const Tensor x = vector({1000, -1000, 1000, -1000, 0}, dtype), y = vector({1, 0, 0, 1, 1}, dtype);
      for (int kind : {0, 1}) {
        Tape outer(c, {});
        outer.watch(x);
        GradientSource source[] = {{x, nullptr}};
        Tensor loss, g;
        {
          Tape inner(c, {});
          inner.watch(x);
          loss = kind ? categorical_focal_cross_entropy(div(y, sum(y)), x, gamma, 0)
                      : binary_focal_cross_entropy(y, x, gamma, 0);
          g = inner.gradient({loss}, source)[0];
        }
        CHECK(std::isfinite(item(loss)));
        for (double v : values(g)) CHECK(std::isfinite(v));
        for (double v : values(outer.gradient({sum(g)}, source)[0])) CHECK(std::isfinite(v));
      }
    }
  // A class that is ruled out by a logit of -infinity.
  const double inf = std::numeric_limits<double>::infinity();
  check_near(
      {item(categorical_focal_cross_entropy(tensor({0, 1, 0}, {1, 3}), tensor({0, 0, -inf}, {1, 3}), 2, 0))},
      {.25 * std::log(2.)}, 1e-14);
}

TEST_CASE_METHOD(Fixture, "masks of a batch and of each example", "[loss]") {
  const Numbers a{1, 0, 1, 1, 0, 0, 0, 0}, b{.9, .2, .4, .8, .1, .2, 0, .3};
  const Tensor y = tensor(a, {2, 2, 2}, DType::kBool), p = tensor(b, {2, 2, 2});
  Numbers both(3), truth(3), said(3);
  for (size_t i = 0; i < 8; i++)
    for (size_t k : {i / 4, size_t{2}}) {
      both[k] += a[i] * b[i];
      truth[k] += a[i];
      said[k] += b[i];
    }
  const auto dice_of = [&](size_t k) { return 1 - 2 * both[k] / (truth[k] + said[k] + 1e-7); };
  const auto tversky_of = [&](size_t k) {
    return 1 - both[k] / (both[k] + .3 * (said[k] - both[k]) + .7 * (truth[k] - both[k]) + 1e-7);
  };
  LossOptions none = options(false, Reduction::kNone);
  check_near(values(dice(y, p, Overlap::kBatch, none)), {dice_of(2)}, 1e-14);
  check_near(values(dice(y, p, Overlap::kExample, none)), {dice_of(0), dice_of(1)}, 1e-14);
  check_near(values(tversky(y, p, .3, .7, Overlap::kBatch, none)), {tversky_of(2)}, 1e-14);
  check_near(values(tversky(y, p, .3, .7, Overlap::kExample, none)), {tversky_of(0), tversky_of(1)}, 1e-14);
  CHECK(dice(y, p, Overlap::kExample, none).shape() == Shape{2});
  CHECK(dice(y, p, Overlap::kBatch, none).rank() == 0);
  // Examples without a row of pixels have nothing to be wrong about.
  const Tensor nothing = full(c, {3, 0, 2}, 0, DType::kF64);
  CHECK(values(dice(nothing, nothing, Overlap::kExample, none)) == Numbers{0, 0, 0});
  CHECK(item(dice(vector({}), vector({}))) == 0);
}

TEST_CASE_METHOD(Fixture, "focal losses and losses of masks tell what does not fit", "[loss]") {
  const Tensor p = random(Shape{2, 3}), y = full(c, {2, 3}, 1, DType::kF64);
  for (auto loss : {binary_focal_cross_entropy, categorical_focal_cross_entropy}) {
    for (double bad : {-1., std::nan("")}) CHECK(has(message_of([&] { loss(y, p, bad, 0, {}); }), "'gamma'"));
    for (double bad : {-.1, 1.1, std::nan("")})
      CHECK(has(message_of([&] { loss(y, p, 2, bad, {}); }), "'alpha' must be in [0, 1]: got"));
    CHECK(has(message_of([&] { loss(mul_scalar(y, 2), p, 2, 0, {}); }),
              "a label must be in [0, 1]: got 2 at position 0"));
    LossOptions o;
    o.label_smoothing = 2;
    CHECK(has(message_of([&] { loss(y, p, 2, 0, o); }), "'label_smoothing'"));
  }
  CHECK(has(message_of([&] { categorical_focal_cross_entropy(y, neg(y), 2, 0, options(true)); }),
            "must not be negative"));
  CHECK(has(message_of([&] { dice(vector({1}), vector({1}), Overlap::kExample); }), "rank 2 or more"));
  const Tensor none = full(c, {3, 0}, 0, DType::kF64);
  for (Overlap over : {Overlap::kBatch, Overlap::kExample}) {
    CHECK(has(message_of([&] { dice(none, none, over); }), "[dice] the last axis of the predictions"));
    CHECK(has(message_of([&] { tversky(none, none, .5, .5, over); }), "must not be empty: got (3, 0)"));
  }
  CHECK(has(message_of([&] { tversky(y, p, -1, 1); }), "'alpha' must be finite and not negative"));
  CHECK(has(message_of([&] { tversky(y, p, 1, std::nan("")); }), "'beta'"));
  CHECK(has(message_of([&] {
              dice(reshape(y, {3, 2}), p);
            }),
            "[dice] labels and predictions must have the same shape"));
}

}  // namespace
}  // namespace tl::test
