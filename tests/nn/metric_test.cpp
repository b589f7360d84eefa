// Metrics against the conformance catalogue (tags M1, M3, M5) and formulas.
#include "core/nn/accuracy.h"

#include "core/autodiff/tape.h"
#include "core/nn/loss.h"
#include "tests/nn/fixture.h"

namespace tl::test {
namespace {

using namespace tl::nn;
using Numbers = std::vector<double>;

TEST_CASE_METHOD(Fixture, "M1 Sum", "[metric]") {
  auto sum_of = [&](const Tensor& values, const Tensor& weights) {
    auto metric = make_sum(c, "");
    metric->update(values, weights);
    return metric->result();
  };
  CHECK(sum_of(vector({1, 3, 5, 7}), Tensor()) == 16);
  CHECK(sum_of(vector({1, 3, 5, 7}), vector({1, 1, 0, 0})) == 4);
  CHECK(sum_of(tensor({1, 3, 5, 7}, {2, 2}), tensor({1, 1, 1, 0}, {2, 2})) == 9);
  CHECK(sum_of(tensor({1, 3, 5, 7}, {2, 2}), tensor({1, 0}, {1, 2})) == 6);
  CHECK(sum_of(tensor({1, 3, 5, 7}, {2, 2}), vector({1, 0})) == 4);  // of samples: the leading axis
}

TEST_CASE_METHOD(Fixture, "M2, M3 Mean, weighted and of a function per element", "[metric]") {
  auto mean = make_mean(c, "loss");
  CHECK(mean->result() == 0);
  mean->update(vector({1, 3, 5, 7}), Tensor());
  CHECK(mean->result() == 4);
  mean->update(scalar(9), Tensor());
  CHECK(mean->result() == 5);
  mean->reset();
  CHECK(mean->result() == 0);
  mean->update(vector({1, 3, 5, 7}), vector({1, 1, 0, 0}));
  CHECK(mean->result() == 2);
  mean->reset();
  mean->update(vector({1, 3}), vector({0, 0}));
  CHECK(mean->result() == 0);

  Tensor y = tensor({0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1}, {4, 5});
  Tensor p = tensor({0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1}, {4, 5});
  auto mean_of = [&](const Tensor& weights) {
    mean->reset();
    mean->update(square(sub(y, p)), weights);
    return mean->result();
  };
  CHECK(mean_of(Tensor()) == Approx(.5));
  CHECK(mean_of(vector({1, 1.5, 2, 2.5})) == Approx(.54285).epsilon(2e-5));
  CHECK(mean_of(tensor({1, 0, .5, 0, 1}, {1, 5})) == Approx(.45));
}

TEST_CASE_METHOD(Fixture, "M4 categorical accuracies", "[metric]") {
  Tensor p = tensor({.1, .1, .8, .05, .95, 0}, {2, 3});
  auto sparse = make_sparse_categorical_accuracy(c, "");
  for (DType dtype : {DType::kU8, DType::kI32, DType::kI64})
    for (Shape shape : {Shape{2}, Shape{2, 1}}) {
      sparse->reset();
      sparse->update(tensor({2, 1}, shape, dtype), p, Tensor());
      CHECK(sparse->result() == 1);
      sparse->update(tensor({2, 0}, shape, dtype), p, Tensor());
      CHECK(sparse->result() == .75);
    }
  sparse->reset();
  sparse->update(vector({2, 0}, DType::kI64), p, vector({.5, .2}));
  CHECK(sparse->result() == Approx(.5 / .7));

  auto categorical = make_categorical_accuracy(c, "");
  for (DType dtype : {DType::kBool, DType::kF32, DType::kI64}) {
    categorical->reset();
    categorical->update(tensor({0, 0, 1, 0, 1, 0}, {2, 3}, dtype), p, Tensor());
    CHECK(categorical->result() == 1);
    categorical->update(tensor({0, 0, 1, 1, 0, 0}, {2, 3}, dtype), p, vector({.5, .2}));
    CHECK(categorical->result() == Approx(2.5 / 2.7));
  }
}

TEST_CASE_METHOD(Fixture, "M5 BinaryAccuracy: the threshold is strict", "[metric]") {
  auto accuracy = [&](double threshold, const Tensor& y, const Tensor& p, const Tensor& w = Tensor()) {
    auto metric = make_binary_accuracy(c, threshold, "");
    metric->update(y, p, w);
    return metric->result();
  };
  Tensor y = vector({1, 1, 0, 0}), p = vector({.98, 1, 0, .6}), q = vector({.98, .5, .1, .2});
  CHECK(accuracy(.5, y, p) == .75);
  CHECK(accuracy(.5, y, p, vector({1, 0, 0, 1})) == .5);
  CHECK(accuracy(.3, y, q) == 1);
  CHECK(accuracy(.9, y, q) == .75);
  CHECK(accuracy(.5, y, q) == .75);  // .5 is not above .5
  CHECK(accuracy(.5, y, tensor({.98, 1, 0, .6}, {4, 1})) == .75);
  CHECK(accuracy(.5, tensor({1, 1, 0, 0}, {4, 1}, DType::kBool), p) == .75);
}

TEST_CASE_METHOD(Fixture, "a million batches of a thousand still count", "[metric]") {
  auto mean = make_mean(c, "m");
  Tensor ones = full(c, {1000}, 1, DType::kF32);
  mean->update(ones, Tensor());
  for (const VariableRef& v : mean->variables()) {
    CHECK(v->dtype() == DType::kF64);
    v->assign(add_scalar(v->peek(), 1e9));  // as after that many
  }
  for (int i = 0; i < 3; i++) mean->update(scalar(1, DType::kF32), Tensor());
  CHECK(values(mean->variables()[0])[0] == 1e9 + 1003);
  CHECK(mean->result() == 1);
  CHECK(mean->variables()[0]->name() == "m/total");
  CHECK(mean->variables()[1]->name() == "m/count");
}

TEST_CASE_METHOD(Fixture, "f32 batches are added in f64", "[metric]") {
  auto sum = make_sum(c, "");
  Tensor big = vector({16777216, 1, 1, 1}, DType::kF32);
  sum->update(big, Tensor());
  CHECK(sum->result() == 16777219);
}

TEST_CASE_METHOD(Fixture, "metrics are on no tape and keep no tape's memory", "[metric]") {
  auto mean = make_mean(c, "");
  auto accuracy = make_sparse_categorical_accuracy(c, "");
  VariableRef w = VariableRef::make(random(Shape{3, 4}), "w");
  Tensor x = random(Shape{5, 3}), y = full(c, {5}, 1, DType::kI32);
  mean->update(scalar(1), Tensor());
  size_t live = c.live_tensors();
  {
    Tape tape(c, {});
    Tensor logits = matmul(x, w->read());
    Tensor loss = sparse_categorical_cross_entropy(y, logits);
    size_t recorded = tape.recorded_ops();
    mean->update(loss, Tensor());
    accuracy->update(y, logits, Tensor());
    CHECK(tape.recorded_ops() == recorded);
  }
  CHECK(c.live_tensors() == live);
}

TEST_CASE_METHOD(Fixture, "metrics tell what does not fit, and stay as they were", "[metric]") {
  auto mean = make_mean(c, "loss");
  auto sparse = make_sparse_categorical_accuracy(c, "");
  auto categorical = make_categorical_accuracy(c, "");
  auto binary = make_binary_accuracy(c, .5, "");
  Tensor p = random(Shape{2, 3}), y = vector({0, 1}, DType::kI32);
  mean->update(vector({4}), Tensor());
  CHECK(has(message_of([&] { mean->update(vector({1, 2}), vector({1, 2, 3})); }), "[loss]"));
  CHECK(has(message_of([&] { mean->update(y, p, Tensor()); }), "takes values"));
  message_of([&] { mean->update(Tensor(), Tensor()); });
  Context other(ContextOptions{});
  CHECK(has(message_of([&] { mean->update(full(other, {1}, 1), Tensor()); }), "another context"));
  CHECK(has(message_of([&] { mean->update(vector({1}), full(other, {1}, 1)); }), "another context"));
  CHECK(mean->result() == 4);
  CHECK(has(message_of([&] { sparse->update(y, Tensor()); }), "labels and predictions"));
  CHECK(has(message_of([&] { sparse->update(p, p, Tensor()); }), "integers"));
  CHECK(has(message_of([&] { sparse->update(vector({1}, DType::kI32), p, Tensor()); }), "(1,)"));
  CHECK(has(message_of([&] { sparse->update(y, y, Tensor()); }), "order"));
  CHECK(has(message_of([&] { categorical->update(y, p, Tensor()); }), "sparse_categorical_accuracy"));
  CHECK(has(message_of([&] { binary->update(y, p, Tensor()); }), "same shape"));
  CHECK(has(message_of([&] { make_binary_accuracy(c, std::nan(""), ""); }), "threshold"));
  CHECK(sparse->result() == 0);
}

TEST_CASE_METHOD(Fixture, "accuracies refuse labels that are no class, and stay as they were", "[metric]") {
  auto sparse = make_sparse_categorical_accuracy(c, "");
  auto categorical = make_categorical_accuracy(c, "");
  auto binary = make_binary_accuracy(c, .5, "sided");
  Tensor p = random(Shape{2, 3});
  for (DType dtype : {DType::kU8, DType::kI32, DType::kI64}) {
    std::string text = message_of([&] { sparse->update(vector({2, 3}, dtype), p, Tensor()); });
    CHECK(has(text, "[sparse_categorical_accuracy] a label must be in [0, 3): got 3 at position 1"));
  }
  CHECK(has(message_of([&] {
              sparse->update(vector({-1, 7}, DType::kI64), p, Tensor());
            }),
            "a label must be in [0, 3): got -1 at position 0"));
  CHECK(has(message_of([&] {
              categorical->update(tensor({0, 1, 0, 0, 2, 0}, {2, 3}, DType::kI32), p, Tensor());
            }),
            "[categorical_accuracy] a label must be in [0, 1]: got 2 at position 4"));
  for (double bad : {-.25, 1.25, std::nan(""), std::numeric_limits<double>::infinity()}) {
    Tensor y = tensor({.5, .5, 0, 0, 1, bad}, {2, 3}, DType::kF32);
    std::string text = message_of([&] { categorical->update(y, p, Tensor()); });
    CHECK(has(text, concat("a label must be in [0, 1]: got ", bad, " at position 5").c_str()));
  }
  for (double bad : {-1., 2., .5, std::nan("")}) {
    std::string text = message_of([&] { binary->update(vector({1, 0, bad}), vector({0, 0, 0}), Tensor()); });
    CHECK(has(text, concat("[sided] a label must be 0 or 1: got ", bad, " at position 2").c_str()));
  }
  CHECK(has(message_of([&] {
              binary->update(vector({0, 255}, DType::kU8), vector({0, 0}), Tensor());
            }),
            "got 255 at position 1"));
  for (auto metric : {sparse.get(), categorical.get(), binary.get()}) {
    CHECK(metric->result() == 0);
    CHECK(values(metric->variables()[1])[0] == 0);
  }
  // The first of many, whichever thread meets it.
  Numbers many(300000, 1.);
  many[250000] = many[123456] = 3;
  CHECK(has(message_of([&] { binary->update(vector(many, DType::kI32), full(c, {300000}, 1), Tensor()); }),
            "position 123456;"));
  CHECK(has(message_of([&] {
              categorical->update(reshape(vector(many, DType::kF32), {100000, 3}), full(c, {100000, 3}, 1),
                                  Tensor());
            }),
            "position 123456;"));
}

TEST_CASE_METHOD(Fixture, "a prediction that is not a number is wrong", "[metric]") {
  const double nan = std::nan("");
  Tensor p = tensor({nan, nan, nan, .1, nan, .3, .1, .2, .7}, {3, 3});
  auto sparse = make_sparse_categorical_accuracy(c, "");
  auto categorical = make_categorical_accuracy(c, "");
  for (double label : {0., 1., 2.}) {
    Tensor y = vector({label, label, 2}, DType::kI32);
    sparse->reset();
    sparse->update(y, p, Tensor());
    CHECK(sparse->result() == Approx(1. / 3));
    categorical->reset();
    categorical->update(one_hot(y, 3), p, Tensor());
    CHECK(categorical->result() == Approx(1. / 3));
  }
  auto binary = make_binary_accuracy(c, .5, "");
  binary->update(vector({0, 1, 0, 1}), vector({nan, nan, .2, .8}), Tensor());
  CHECK(binary->result() == .5);
}

TEST_CASE_METHOD(Fixture, "label rows may be probabilities, wrong by a rounding error", "[metric]") {
  auto categorical = make_categorical_accuracy(c, "");
  Tensor p = tensor({.1, .1, .8, .05, .95, 0}, {2, 3});
  categorical->update(tensor({.2, .3, .5, 1 + 1e-7, -1e-7, 0}, {2, 3}, DType::kF32), p, Tensor());
  CHECK(categorical->result() == .5);
}

}  // namespace
}  // namespace tl::test
