// Losses against the conformance catalogue (tags L1, L3, L9), formulas in plain doubles, and finite differences.
#include "core/nn/loss.h"

#include "core/autodiff/tape.h"
#include "tests/nn/fixture.h"
#include "tests/nn/loss_cases.h"

namespace tl::test {
namespace {

using namespace tl::nn;
using Numbers = std::vector<double>;

LossOptions probabilities(Reduction reduction = Reduction::kMean, const Tensor& weights = Tensor()) {
  LossOptions o = reduced(reduction, weights);
  o.from_probabilities = true;
  return o;
}

TEST_CASE_METHOD(Fixture, "L1 reductions", "[loss]") {
  Tensor y = vector({1, 0, 1, 0}), p = vector({.1, .2, .3, .4});
  check_near(values(mean_squared_error(y, p, reduced(Reduction::kNone))), {.81, .04, .49, .16}, 1e-15);
  CHECK(item(mean_squared_error(y, p, reduced(Reduction::kSum))) == Approx(1.5));
  CHECK(item(mean_squared_error(y, p)) == Approx(.375));
  CHECK(has(message_of([&] { mean_squared_error(y, p, reduced(static_cast<Reduction>(9))); }), "got 9"));
}

TEST_CASE_METHOD(Fixture, "L3 weights, a mask of all zeros, the weighted mean", "[loss]") {
  Tensor y = vector({1, 0, 1, 0}), p = vector({.1, .2, .3, .4}), w = vector({.4, .3, .2, .1});
  CHECK(item(mean_squared_error(y, p, reduced(Reduction::kMean, w))) == Approx(.1125));
  check_near(values(mean_squared_error(y, p, reduced(Reduction::kNone, w))), {.324, .012, .098, .016}, 1e-15);
  for (Reduction r : {Reduction::kMean, Reduction::kSum, Reduction::kWeightedMean})
    CHECK(item(mean_squared_error(y, p, reduced(r, vector({0, 0, 0, 0})))) == 0);
  CHECK(item(mean_squared_error(y, p, reduced(Reduction::kWeightedMean, w))) == Approx(.45));
  CHECK(item(mean_squared_error(y, p, reduced(Reduction::kMean, tensor({.4, .3, .2, .1}, {4, 1})))) ==
        Approx(.1125));
  CHECK(item(mean_squared_error(y, p, reduced(Reduction::kMean, scalar(2)))) == Approx(.75));
  CHECK(item(mean_squared_error(y, p, reduced(Reduction::kSum, vector({1, 0, 0, 1}, DType::kBool)))) ==
        Approx(.97));
  CHECK(
      has(message_of([&] { mean_squared_error(y, p, reduced(Reduction::kWeightedMean)); }), "needs weights"));
  CHECK(has(message_of([&] {
              mean_squared_error(y, p, reduced(Reduction::kMean, vector({1, 2})));
            }),
            "leading axes"));
  // A loss over no sample is 0, not NaN.
  Tensor none = full(c, {0, 3}, 0, DType::kF64);
  CHECK(item(mean_squared_error(none, none)) == 0);
}

TEST_CASE_METHOD(Fixture, "weights of samples go with the leading axes", "[loss]") {
  // Two samples of two steps: NumPy would give the weights to the steps.
  Tensor losses = tensor({1, 2, 3, 4}, {2, 2});
  check_near(values(reduce_loss("t", losses, reduced(Reduction::kNone, vector({10, 1})))), {10, 20, 3, 4}, 0);
  check_near(values(reduce_loss("t", losses, reduced(Reduction::kNone, tensor({10, 1}, {1, 2})))),
             {10, 2, 30, 4}, 0);
  CHECK(item(reduce_loss("t", losses, reduced(Reduction::kWeightedMean, vector({3, 1})))) == Approx(16. / 8));
}

TEST_CASE_METHOD(Fixture, "the gradient of a weighted mean over nothing is zero", "[loss]") {
  Tensor y = vector({1, 0}), p = vector({.5, .5});
  Tape tape(c, {});
  tape.watch(p);
  Tensor loss = mean_squared_error(y, p, reduced(Reduction::kWeightedMean, vector({0, 0})));
  GradientSource source[] = {{p, nullptr}};
  CHECK(values(tape.gradient({loss}, source)[0]) == Numbers{0, 0});
}

TEST_CASE_METHOD(Fixture, "L9 binary cross-entropy", "[loss]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    Tensor y = tensor({1, 0, 0, 0, 1, 0, 0, 0, 1}, {3, 3}, dtype);
    Tensor p = tensor({.9, .1, .2, .3, .8, .1, .1, .2, .7}, {3, 3}, dtype);
    check_near({item(binary_cross_entropy(y, p, probabilities()))}, {.20046903}, 1e-6);

    Tensor wrong = tensor({1, 0, 1, 0}, {2, 2}, dtype), sure = tensor({1, 1, 1, 0}, {2, 2}, dtype);
    bool f32 = dtype == DType::kF32;
    double want = f32 ? 23 * std::log(2.) / 4 : -std::log(1e-7) / 4;
    double got = item(binary_cross_entropy(wrong, sure, probabilities()));
    CHECK(std::abs(got - want) < 1e-6);
    CHECK(std::abs(got - (f32 ? 3.98559 : 4.02952)) < 1e-5);
    check_near({item(binary_cross_entropy(wrong, sure, probabilities(Reduction::kMean, scalar(2.3, dtype))))},
               {2.3 * want}, 1e-6);

    Tensor logits = tensor({10, -10, 10, 10, 10, -10}, {2, 3}, dtype),
           z = tensor({1, 0, 1, 0, 1, 1}, {2, 3}, dtype);
    check_near({item(binary_cross_entropy(z, logits))}, {3.3333}, 1e-4);
    check_near({item(binary_cross_entropy(z, logits, reduced(Reduction::kMean, scalar(2.3, dtype))))},
               {7.6667}, 1e-4);
    check_near({item(binary_cross_entropy(z, logits, reduced(Reduction::kMean, vector({4, 3}, dtype))))},
               {10}, 1e-4);
    check_near(values(binary_cross_entropy(z, logits, reduced(Reduction::kNone))), {0, 6.6667}, 1e-4);
    LossOptions smooth;
    smooth.label_smoothing = .1;
    check_near({item(binary_cross_entropy(tensor({1, 0, 1}, {1, 3}, dtype),
                                          tensor({10, -10, -10}, {1, 3}, dtype), smooth))},
               {10.5 / 3}, 1e-4);
    CHECK(has(message_of([&] {
                binary_cross_entropy(full(c, {3, 1}, 1, dtype), p);
              }),
              "must have the same shape"));
  }
  // Labels of any dtype; rank 1 has one sample per element.
  Tensor p = vector({.9, .2});
  for (DType dtype : {DType::kBool, DType::kU8, DType::kI64})
    check_near(values(binary_cross_entropy(vector({1, 0}, dtype), p, probabilities(Reduction::kNone))),
               {-std::log(.9), -std::log(.8)}, 1e-14);
}

Numbers softmax_of(const Numbers& row) {
  double total = 0;
  Numbers out;
  for (double v : row) total += std::exp(v);
  for (double v : row) out.push_back(std::exp(v) / total);
  return out;
}

TEST_CASE_METHOD(Fixture, "categorical cross-entropies are minus the logarithm of the label's share",
                 "[loss]") {
  Tensor logits = random(Shape{5, 4});
  Numbers all = values(logits), want, want_smooth;
  const std::vector<double> labels{3, 0, 1, 1, 2};
  for (size_t r = 0; r < 5; r++) {
    Numbers p = softmax_of(
        Numbers(all.begin() + 4 * static_cast<long>(r), all.begin() + 4 * static_cast<long>(r) + 4));
    want.push_back(-std::log(p[static_cast<size_t>(labels[r])]));
    double smooth = .9 * want.back();
    for (double v : p) smooth -= .1 / 4 * std::log(v);
    want_smooth.push_back(smooth);
  }
  Tensor p = softmax(logits), doubled = mul_scalar(p, 2);  // rows are divided by their sums
  Tensor one_hot_labels = one_hot(vector(labels, DType::kI32), 4, DType::kF64);
  for (DType dtype : {DType::kI32, DType::kI64, DType::kU8})
    for (Shape shape : {Shape{5}, Shape{5, 1}}) {
      Tensor y = tensor(labels, shape, dtype);
      check_near(values(sparse_categorical_cross_entropy(y, logits, reduced(Reduction::kNone))), want, 1e-14);
      check_near(values(sparse_categorical_cross_entropy(y, doubled, probabilities(Reduction::kNone))), want,
                 1e-13);
    }
  check_near(values(categorical_cross_entropy(one_hot_labels, logits, reduced(Reduction::kNone))), want,
             1e-14);
  check_near(values(categorical_cross_entropy(one_hot_labels, doubled, probabilities(Reduction::kNone))),
             want, 1e-13);
  LossOptions smooth = reduced(Reduction::kNone);
  smooth.label_smoothing = .1;
  check_near(values(categorical_cross_entropy(one_hot_labels, logits, smooth)), want_smooth, 1e-14);

  // A probability of 0 costs -log(1e-7), of 1 next to nothing.
  Tensor sure = tensor({0, 1, 1, 0}, {2, 2});
  check_near(values(sparse_categorical_cross_entropy(vector({0, 0}, DType::kI32), sure,
                                                     probabilities(Reduction::kNone))),
             {16.11809565, 1e-7}, 1e-8);
  // More axes: one class per step of a sequence.
  Tensor steps = random(Shape{2, 3, 4});
  CHECK(sparse_categorical_cross_entropy(full(c, {2, 3}, 1, DType::kI64), steps, reduced(Reduction::kNone))
            .shape() == Shape{2, 3});
}

TEST_CASE_METHOD(Fixture, "squared and absolute error", "[loss]") {
  Tensor y = tensor({1, 9, 2, -5, -2, 6}, {2, 3}), p = tensor({4, 8, 12, 8, 1, 3}, {2, 3});
  check_near(values(mean_squared_error(y, p, reduced(Reduction::kNone))), {110. / 3, 187. / 3}, 1e-14);
  CHECK(item(mean_squared_error(y, p)) == Approx(49.5));
  check_near(values(mean_absolute_error(y, p, reduced(Reduction::kNone))), {14. / 3, 19. / 3}, 1e-14);
  CHECK(item(mean_absolute_error(y, p)) == Approx(5.5));
  CHECK(item(mean_squared_error(y, p, reduced(Reduction::kMean, vector({1.2, 3.4})))) ==
        Approx((110. / 3 * 1.2 + 187. / 3 * 3.4) / 2));
}

TEST_CASE_METHOD(Fixture, "gradients of losses against finite differences", "[loss]") {
  Tensor labels = softmax(random(Shape{3, 4})), classes = vector({0, 3, 1}, DType::kI32);
  Tensor weights = vector({1, 2, .5});
  LossOptions smooth = reduced(Reduction::kMean, weights);
  smooth.label_smoothing = .2;
  using Loss = std::function<Tensor(const Tensor&)>;
  std::vector<std::pair<Loss, bool>> losses{
      {[&](const Tensor& x) { return mean_squared_error(labels, x, reduced(Reduction::kMean, weights)); },
       false},
      {[&](const Tensor& x) { return mean_absolute_error(labels, x, reduced(Reduction::kSum, weights)); },
       false},
      {[&](const Tensor& x) { return binary_cross_entropy(labels, x, smooth); }, false},
      {[&](const Tensor& x) { return binary_cross_entropy(labels, x, probabilities()); }, true},
      {[&](const Tensor& x) { return categorical_cross_entropy(labels, x, smooth); }, false},
      {[&](const Tensor& x) { return categorical_cross_entropy(labels, x, probabilities()); }, true},
      {[&](const Tensor& x) {
         return sparse_categorical_cross_entropy(classes, x, reduced(Reduction::kWeightedMean, weights));
       },
       false},
      {[&](const Tensor& x) { return sparse_categorical_cross_entropy(classes, x, probabilities()); }, true}};
  for (size_t k = 0; k < losses.size(); k++) {
    INFO("loss " << k);
    auto& [loss, from_probabilities] = losses[k];
    Tensor x = from_probabilities ? sigmoid(random(Shape{3, 4})) : random(Shape{3, 4});
    Tape tape(c, {});
    tape.watch(x);
    GradientSource source[] = {{x, nullptr}};
    Numbers got = values(tape.gradient({loss(x)}, source)[0]), want, at = values(x);
    for (size_t i = 0; i < at.size(); i++) {
      Numbers up = at, down = at;
      up[i] += 1e-6;
      down[i] -= 1e-6;
      want.push_back((item(loss(tensor(up, x.shape()))) - item(loss(tensor(down, x.shape())))) / 2e-6);
    }
    check_near(got, want, 1e-7);
  }
}

TEST_CASE_METHOD(Fixture, "losses tell what does not fit", "[loss]") {
  Tensor logits = random(Shape{4, 3}), classes = vector({0, 1, 2, 0}, DType::kI32);
  using T = Tensor;
  auto sparse = [&](const T& y, const T& p) {
    return message_of([&] { sparse_categorical_cross_entropy(y, p); });
  };
  CHECK(has(sparse(logits, logits), "must be integers"));
  CHECK(has(sparse(one_hot(classes, 3, DType::kI32), logits),
            "one-hot labels go to categorical_cross_entropy"));
  CHECK(has(sparse(vector({0, 1}, DType::kI32), logits), "got labels (2,) and predictions (4, 3)"));
  CHECK(has(sparse(vector({0, 1, 3, 0}, DType::kI32), logits), "must be in [0, 3): got 3 at position 2"));
  CHECK(has(sparse(logits, classes), "in this order"));
  CHECK(has(message_of([&] {
              sparse_categorical_cross_entropy(vector({0, 1, -1, 0}, DType::kI64), softmax(logits),
                                               probabilities());
            }),
            "must be in [0, 3): got -1 at position 2"));
  LossOptions smooth;
  smooth.label_smoothing = .1;
  CHECK(has(message_of([&] { sparse_categorical_cross_entropy(classes, logits, smooth); }),
            "cannot be smoothed"));
  for (auto loss : {mean_squared_error, mean_absolute_error}) {
    CHECK(has(message_of([&] { loss(logits, logits, smooth); }),
              "only cross-entropies smooth labels: got a label_smoothing of 0.1"));
    CHECK(has(message_of([&] { loss(logits, logits, probabilities()); }), "got from_probabilities"));
  }
  smooth.label_smoothing = 1.5;
  CHECK(has(message_of([&] { categorical_cross_entropy(logits, logits, smooth); }), "1.5"));
  CHECK(has(message_of([&] { categorical_cross_entropy(classes, logits); }),
            "sparse_categorical_cross_entropy"));
  CHECK(has(message_of([&] { categorical_cross_entropy(cast(logits, DType::kF32), logits); }), "one dtype"));
  CHECK(has(message_of([&] {
              mean_squared_error(vector({1, 2, 3, 4}), random(Shape{4, 1}));
            }),
            "differ in rank"));
  CHECK(has(message_of([&] { mean_absolute_error(random(Shape{3, 4}), logits); }), "same shape"));
  CHECK(has(message_of([&] { mean_squared_error(vector({1}, DType::kF32), vector({1})); }), "one dtype"));
  message_of([&] { mean_squared_error(T(), logits); });
  message_of([&] { mean_squared_error(logits, T()); });
  Context other(ContextOptions{});
  CHECK(has(message_of([&] {
              mean_squared_error(full(other, {4, 3}, 0, DType::kF64), logits);
            }),
            "different contexts"));
}

TEST_CASE_METHOD(Fixture, "cross-entropies refuse labels that are no probabilities", "[loss]") {
  Tensor p = random(Shape{2, 3});
  LossOptions smooth;
  smooth.label_smoothing = .5;
  for (double bad : {-.25, 1.25, std::nan(""), std::numeric_limits<double>::infinity()}) {
    Tensor y = tensor({1, 0, 0, 0, bad, 1}, {2, 3});
    for (const LossOptions& options : {LossOptions(), smooth, probabilities()}) {
      std::string at = concat("a label must be in [0, 1]: got ", bad, " at position 4");
      CHECK(has(message_of([&] { binary_cross_entropy(y, sigmoid(p), options); }),
                ("[binary_cross_entropy] " + at).c_str()));
      CHECK(has(message_of([&] { categorical_cross_entropy(y, sigmoid(p), options); }),
                ("[categorical_cross_entropy] " + at).c_str()));
    }
    CHECK(has(message_of([&] { sigmoid_cross_entropy(y, p); }), "at position 4"));
  }
  CHECK(has(message_of([&] {
              binary_cross_entropy(vector({1, 0, 2}, DType::kI32), vector({0, 0, 0}));
            }),
            "a label must be in [0, 1]: got 2 at position 2"));
  CHECK(has(message_of([&] {
              sparse_categorical_cross_entropy(vector({0, 3}, DType::kI32), p);
            }),
            "[sparse_categorical_cross_entropy] a label must be in [0, 3): got 3 at position 1"));
  // A rounding error is none of the caller's.
  CHECK(item(binary_cross_entropy(vector({1 + 1e-7}, DType::kF32), vector({0}, DType::kF32))) ==
        Approx(std::log(2.)).epsilon(1e-6));
  // The first of many, whichever thread meets it.
  Numbers many(100000, 1.);
  many[90000] = many[54321] = -1;
  CHECK(has(message_of([&] { sigmoid_cross_entropy(vector(many), vector(many)); }), "position 54321;"));
}

TEST_CASE_METHOD(Fixture, "rows of probabilities that cannot be normalised are refused", "[loss]") {
  Tensor y = vector({0, 1}, DType::kI32);
  auto both = [&](const Numbers& rows, const char* part) {
    Tensor p = tensor(rows, {2, 3});
    CHECK(has(message_of([&] { sparse_categorical_cross_entropy(y, p, probabilities()); }), part));
    CHECK(has(message_of([&] { categorical_cross_entropy(one_hot(y, 3, DType::kF64), p, probabilities()); }),
              part));
  };
  both({1, 0, 0, 0, 0, 0}, "add up to more than 0: got 0 at position 1 of the rows");
  both({1, 0, 0, 2, -.5, 3}, "must not be negative: got -0.5 at position 4");
  // NaN and infinities come out as NaN, as they do from logits.
  for (double odd : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    Numbers losses = values(sparse_categorical_cross_entropy(y, tensor({.5, .5, 0, 1, odd, 0}, {2, 3}),
                                                             probabilities(Reduction::kNone)));
    CHECK(losses[0] == Approx(std::log(2.)));
    CHECK(std::isnan(losses[1]));
  }
}

TEST_CASE_METHOD(Fixture, "over no classes or features there is no loss", "[loss]") {
  for (Shape shape : {Shape{4, 0}, Shape{0, 0}, Shape{2, 3, 0}}) {
    Tensor p = full(c, shape, 0, DType::kF64);
    Tensor y = full(c, Shape(Span<const int64_t>(shape.data(), shape.size() - 1)), 0, DType::kI32);
    CHECK(has(message_of([&] { mean_squared_error(p, p); }), "must not be empty"));
    CHECK(has(message_of([&] { mean_absolute_error(p, p); }), "must not be empty"));
    for (const LossOptions& options : {LossOptions(), probabilities()}) {
      CHECK(has(message_of([&] { binary_cross_entropy(p, p, options); }), "must not be empty"));
      CHECK(has(message_of([&] { categorical_cross_entropy(p, p, options); }), "at least one class"));
      CHECK(has(message_of([&] { sparse_categorical_cross_entropy(y, p, options); }), "at least one class"));
    }
  }
  // No sample is not the same: 0.
  Tensor none = full(c, {0, 3}, 0, DType::kF64), no_labels = full(c, {0}, 0, DType::kI32);
  CHECK(item(mean_absolute_error(none, none)) == 0);
  CHECK(item(binary_cross_entropy(none, none)) == 0);
  CHECK(item(categorical_cross_entropy(none, none)) == 0);
  CHECK(item(sparse_categorical_cross_entropy(no_labels, none)) == 0);
  CHECK(item(mean_squared_error(vector({}), vector({}))) == 0);
}

}  // namespace
}  // namespace tl::test
