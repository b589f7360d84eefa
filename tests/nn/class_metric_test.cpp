// F scores, the mean intersection over union and top-k accuracies against published examples and counts made by hand.
#include "core/nn/class_metric.h"

#include "core/nn/accuracy.h"
#include "tests/nn/fixture.h"

namespace tl::test {
namespace {

using namespace tl::nn;
using Numbers = std::vector<double>;

FBetaOptions f_options(double beta, double threshold, ClassAverage average = ClassAverage::kNone) {
  FBetaOptions o;
  o.beta = beta;
  o.threshold = threshold;
  o.average = average;
  return o;
}

TEST_CASE_METHOD(Fixture, "F scores of Keras' documentation, and their averages", "[metric]") {
  const Tensor y = tensor({1, 1, 1, 1, 0, 0, 1, 1, 0}, {3, 3}, DType::kI32);
  const Tensor p = tensor({.2, .6, .7, .2, .6, .6, .6, .8, 0}, {3, 3}, DType::kF32);
  const auto score = [&](const FBetaOptions& o, const Tensor& w = Tensor()) {
    auto m = make_f_beta(c, 3, o);
    m->update(y, p, w);
    return values(m->result_tensor());
  };
  check_near(score(f_options(2, .5)), {.3846154, .90909094, .8333334}, 1e-6);
  check_near(score(f_options(1, .5)), {.5, .8, .6666667}, 1e-6);
  const Numbers f1{.5, .8, 2. / 3};
  check_near(score(f_options(1, .5, ClassAverage::kMacro)), {(f1[0] + f1[1] + f1[2]) / 3}, 1e-12);
  check_near(score(f_options(1, .5, ClassAverage::kWeighted)), {(3 * f1[0] + 2 * f1[1] + f1[2]) / 6}, 1e-12);
  // tp 1 + 2 + 1, predicted 1 + 3 + 2, actual 3 + 2 + 1.
  check_near(score(f_options(1, .5, ClassAverage::kMicro)), {2 * 4. / 12}, 1e-12);
  // Rows weigh 1, 0, 2: class 0 has tp 2, predicted 2, actual 3; class 1 tp 3, 3, 3; class 2 tp 1, 1, 1.
  check_near(score(f_options(1, .5), vector({1, 0, 2})), {2 * 2. / 5, 1, 1}, 1e-12);
  // The largest of each row: 2, 1 (of equals the first), 1.
  check_near(score(f_options(1, 0)), {0, 2 * 1. / (2 + 2), 1}, 1e-12);
}

TEST_CASE_METHOD(Fixture, "the F score of one class, of nothing and of NaN", "[metric]") {
  const double nan = std::nan("");
  auto m = make_f_beta(c, 1, f_options(1, .5));
  CHECK(m->result() == 0);
  m->update(vector({1, 0, 1, 1}), vector({.9, .8, .1, nan}), Tensor());
  CHECK(m->result() == Approx(2 * 1. / (2 + 3)));
  m->update(tensor({1}, {1, 1}), tensor({.7}, {1, 1}), Tensor());
  CHECK(m->result() == Approx(2 * 2. / (3 + 4)));
  m->update(vector({}), vector({}), Tensor());
  CHECK(m->result() == Approx(2 * 2. / (3 + 4)));
  auto rows = make_f_beta(c, 2, {});
  rows->update(tensor({0, 1, 1, 0}, {2, 2}), tensor({nan, 1, 3, nan}, {2, 2}), Tensor());
  CHECK(values(rows->result_tensor()) == Numbers{1, 1});
}

TEST_CASE_METHOD(Fixture, "the mean intersection over union", "[metric]") {
  // Keras' example: confusion [[1, 1], [1, 1]], so each class has 1 / (2 + 2 - 1).
  const auto iou = [&](int64_t classes, const Tensor& y, const Tensor& p, const Tensor& w = Tensor()) {
    auto m = make_mean_iou(c, classes, "");
    m->update(y, p, w);
    return m->result();
  };
  const Tensor y = vector({0, 0, 1, 1}, DType::kI32), p = vector({0, 1, 0, 1}, DType::kI32);
  CHECK(iou(2, y, p) == Approx(1. / 3));
  CHECK(iou(2, y, p, vector({.3, .3, .3, .1})) == Approx((.3 / (.6 + .6 - .3) + .1 / (.4 + .4 - .1)) / 2));
  CHECK(iou(5, y, p) == Approx(1. / 3));  // classes that are nowhere do not count
  CHECK(iou(3, y, vector({0, 2, 0, 1}, DType::kU8)) == Approx((1. / 3 + 1. / 2 + 0) / 3));
  const Tensor scores = tensor({3, 1, 1, 2, 0, 0, -1, 5}, {4, 2}, DType::kF32);
  CHECK(iou(2, y, scores) == Approx(1. / 3));
  CHECK(iou(2, vector({}, DType::kI64), vector({}, DType::kI64)) == 0);
  auto m = make_mean_iou(c, 2, "m");
  m->update(reshape(y, {2, 2}), reshape(p, {2, 2}), vector({1, 0}));
  m->update(y, p, Tensor());
  CHECK(values(m->variables()[0]) == Numbers{2, 2, 1, 1});
  CHECK(m->variables()[0]->name() == "m/confusion");
}

TEST_CASE_METHOD(Fixture, "top-k accuracies: the label is among the largest, of equals the first",
                 "[metric]") {
  const Tensor p = tensor({.1, .9, .8, .05, .05, .95, 0, .4, .4, .4, .4, .4}, {3, 4});
  const auto accuracy = [&](int64_t k, const Numbers& labels, bool sparse, const Tensor& w = Tensor()) {
    auto m =
        sparse ? make_sparse_top_k_categorical_accuracy(c, k, "") : make_top_k_categorical_accuracy(c, k, "");
    const Tensor y = vector(labels, DType::kI32);
    m->update(sparse ? y : one_hot(y, 4), p, w);
    return m->result();
  };
  for (bool sparse : {true, false}) {
    CHECK(accuracy(1, {1, 1, 0}, sparse) == 1);
    CHECK(accuracy(1, {2, 3, 1}, sparse) == 0);
    CHECK(accuracy(2, {2, 3, 1}, sparse) == 1);
    CHECK(accuracy(2, {0, 3, 2}, sparse) == Approx(1. / 3));
    CHECK(accuracy(3, {0, 0, 3}, sparse) == Approx(2. / 3));
    CHECK(accuracy(4, {3, 2, 3}, sparse) == 1);
    CHECK(accuracy(9, {3, 2, 3}, sparse) == 1);
    CHECK(accuracy(2, {0, 3, 1}, sparse, vector({1, 2, 3})) == Approx(5. / 6));
  }
  const double nan = std::nan("");
  auto m = make_sparse_top_k_categorical_accuracy(c, 2, "");
  m->update(vector({0, 1}, DType::kU8), tensor({3, nan, 1, 1, 2, 3}, {2, 3}), Tensor());
  CHECK(m->result() == .5);  // a row with a NaN is wrong
  CHECK(has(message_of([&] {
              m->update(vector({3}, DType::kI32), tensor({1, 2, 3}, {1, 3}), Tensor());
            }),
            "[sparse_top_k_categorical_accuracy] a label must be in [0, 3): got 3 at position 0"));
  for (int64_t k : {0, -1}) {
    CHECK(has(message_of([&] { make_top_k_categorical_accuracy(c, k, ""); }), "'k' must be 1 or more"));
    CHECK(has(message_of([&] { make_sparse_top_k_categorical_accuracy(c, k, "n"); }), "[n] 'k'"));
  }
}

TEST_CASE_METHOD(Fixture, "metrics over classes tell what does not fit, and stay as they were", "[metric]") {
  auto f = make_f_beta(c, 3, f_options(1, .5));
  const Tensor y = tensor({1, 0, 1}, {1, 3}), p = tensor({.9, .1, .8}, {1, 3});
  f->update(y, p, Tensor());
  CHECK(has(message_of([&] {
              f->update(slice(y, {0, 0}, {1, 2}), slice(p, {0, 0}, {1, 2}), Tensor());
            }),
            "got (1, 2) for 3 classes"));
  CHECK(has(message_of([&] { f->update(vector({1, 0, 1}), p, Tensor()); }), "same shape"));
  CHECK(has(message_of([&] { f->update(y, mul_scalar(p, 2), Tensor()); }),
            "a prediction must be in [0, 1]: got 1.8"));
  CHECK(has(message_of([&] { f->update(mul_scalar(y, 2), p, Tensor()); }), "a label must be 0 or 1: got 2"));
  CHECK(has(message_of([&] { f->update(y, cast(p, DType::kI32), Tensor()); }), "f32 or f64"));
  CHECK(has(message_of([&] { f->update(y, p, vector({1, 2})); }), "weights must fit"));
  CHECK(values(f->result_tensor()) == Numbers{1, 0, 1});
  for (double bad : {0., -1., std::nan(""), std::numeric_limits<double>::infinity()})
    CHECK(has(message_of([&] { make_f_beta(c, 2, f_options(bad, .5)); }), "'beta' must be"));
  for (double bad : {-.1, 1.1, std::nan("")})
    CHECK(has(message_of([&] { make_f_beta(c, 2, f_options(1, bad)); }), "'threshold' must be"));
  CHECK(has(message_of([&] { make_f_beta(c, 2, f_options(1, .5, static_cast<ClassAverage>(4))); }),
            "'average' must be"));
  for (int64_t bad : {int64_t{0}, int64_t{-3}, int64_t{1} << 40}) {
    CHECK(has(message_of([&] { make_f_beta(c, bad, {}); }), "'classes' must be from 1"));
    CHECK(has(message_of([&] { make_mean_iou(c, bad, ""); }), "'classes' must be from 1"));
  }
  auto m = make_mean_iou(c, 2, "");
  const Tensor ids = vector({0, 1}, DType::kI32);
  CHECK(has(message_of([&] {
              m->update(vector({0, 2}, DType::kI32), ids, Tensor());
            }),
            "[mean_iou] a label must be in [0, 1]: got 2 at position 1"));
  CHECK(has(message_of([&] {
              m->update(ids, vector({-1, 0}, DType::kI32), Tensor());
            }),
            "a prediction must be in [0, 1]: got -1 at position 0"));
  CHECK(has(message_of([&] { m->update(vector({0, 1}), ids, Tensor()); }), "must be integers"));
  CHECK(has(message_of([&] { m->update(ids, random(Shape{2, 3}), Tensor()); }), "got (2, 3) for 2 classes"));
  CHECK(has(message_of([&] {
              m->update(ids, vector({0, 1, 1}, DType::kI32), Tensor());
            }),
            "reshape one of them"));
  CHECK(has(message_of([&] { m->update(ids, vector({0, 1}, DType::kBool), Tensor()); }), "got bool"));
  CHECK(m->result() == 0);
}

}  // namespace
}  // namespace tl::test
