// What a replay says of labels and probabilities that are none: the words of the function that was called, not of the op that looked.
#include "core/tensor/words.h"

#include "core/nn/accuracy.h"
#include "core/nn/class_metric.h"
#include "core/nn/ctc_loss.h"
#include "core/nn/focal_loss.h"
#include "core/nn/layers.h"
#include "core/nn/loss.h"
#include "core/nn/regression_loss.h"
#include "core/nn/threshold_metric.h"
#include "tests/compile/compile_fixture.h"

namespace tl::compile_test {
namespace {

using StepOfAll = std::function<Tensor(const Values&)>;

Tensor floats(Context& c, const Shape& shape, const std::vector<float>& values) {
  Tensor t = c.allocate(DType::kF32, shape);
  std::copy(values.begin(), values.end(), t.mutable_data<float>());
  return t;
}

Tensor integers(Context& c, const Shape& shape, const std::vector<int32_t>& values) {
  Tensor t = c.allocate(DType::kI32, shape);
  std::copy(values.begin(), values.end(), t.mutable_data<int32_t>());
  return t;
}

// "[op] rule" as "[train] op: rule".
std::string of_train(const std::string& text) {
  const size_t end = text.find("] ");
  return end == std::string::npos ? text : "[train] " + text.substr(1, end - 1) + ": " + text.substr(end + 2);
}

// The step, recorded and replayed with good inputs, refuses bad ones as the eager one does; then it goes on.
void says_the_same(Context& c, const char* name, const StepOfAll& step, const Values& good, const Values& bad,
                   const std::string& part) {
  for (const char* without : {"", "fuse_elementwise"}) {
    CAPTURE(name, without);
    FunctionOptions o = strict();
    o.name = "train";
    o.plan.without_passes = {without};
    Function f(
        c,
        [&](Span<const Tensor> in, size_t) {
          return Values{step({in.begin(), in.end()})};
        },
        o);
    Values got(1);
    for (int i = 0; i < 2; i++) f.call(good, got);
    const std::string eager = message_of([&] { step(bad); }, Code::kInvalidArgument);
    CHECK(has(eager, part));
    CHECK(message_of([&] { f.call(bad, got); }, Code::kInvalidArgument) == of_train(eager));
    f.call(good, got);
    CHECK(f.stats().replays == 2);
  }
}

// Predictions (2, 3), and what goes beside them.
struct Data {
  explicit Data(Context& context) : c(context) {}
  Tensor logits() const { return floats(c, {2, 3}, {1, 2, 3, -1, 0, 1}); }
  Tensor shares() const { return floats(c, {2, 3}, {.2F, .3F, .5F, .1F, .1F, .8F}); }
  Tensor negative() const { return floats(c, {2, 3}, {.2F, .3F, .5F, .1F, -.1F, 1}); }
  Tensor empty_row() const { return floats(c, {2, 3}, {.2F, .3F, .5F, 0, 0, 0}); }
  Tensor above() const { return floats(c, {2, 3}, {.2F, .3F, .5F, .1F, .1F, 1.5F}); }
  Tensor yes_no() const { return floats(c, {2, 3}, {0, 1, 0, 1, 1, 0}); }
  Tensor classes() const { return integers(c, {2}, {0, 2}); }
  Tensor no_class() const { return integers(c, {2}, {0, 3}); }
  Context& c;
};

}  // namespace

TEST_CASE("a replay says of wrong labels what the loss says", "[compile]") {
  Context c(options_of());
  const Data d(c);
  nn::LossOptions shares, smooth;
  shares.from_probabilities = true;
  smooth.label_smoothing = 0.1;
  const auto loss = [&](auto f, const nn::LossOptions& o) {
    return [=](const Values& in) { return f(in[0], in[1], o); };
  };
  const auto sparse = loss(nn::sparse_categorical_cross_entropy, {});
  const auto of_shares = loss(nn::sparse_categorical_cross_entropy, shares);
  says_the_same(c, "sparse", sparse, {d.classes(), d.logits()}, {d.no_class(), d.logits()},
                "[sparse_categorical_cross_entropy] a label must be in [0, 3): got 3 at position 1");
  says_the_same(c, "sparse of shares", of_shares, {d.classes(), d.shares()}, {d.no_class(), d.shares()},
                "[sparse_categorical_cross_entropy] a label");
  says_the_same(c, "negative share", of_shares, {d.classes(), d.shares()}, {d.classes(), d.negative()},
                "probabilities must not be negative: got -0.1 at position 4; logits are");
  says_the_same(c, "empty row", of_shares, {d.classes(), d.shares()}, {d.classes(), d.empty_row()},
                "the probabilities of a row must add up to more than 0: got 0 at position 1 of the rows");
  says_the_same(c, "categorical", loss(nn::categorical_cross_entropy, {}), {d.shares(), d.logits()},
                {d.above(), d.logits()}, "[categorical_cross_entropy] a label must be in [0, 1]: got 1.5 at");
  const auto binary = nn::binary_cross_entropy;
  says_the_same(c, "binary", loss(binary, {}), {d.yes_no(), d.logits()}, {d.above(), d.logits()},
                "[binary_cross_entropy] a label must be in [0, 1]: got 1.5 at position 5");
  for (const auto& o : {shares, smooth})
    says_the_same(c, "binary, checked", loss(binary, o), {d.yes_no(), d.shares()}, {d.above(), d.shares()},
                  "position 5; labels come first, predictions second");
  says_the_same(c, "kl", loss(nn::kl_divergence, {}), {d.shares(), d.shares()}, {d.above(), d.shares()},
                "[kl_divergence] a label must be in [0, 1]");
  const auto focal = [&](auto f, const nn::LossOptions& o) {
    return [=](const Values& in) { return f(in[0], in[1], 2.0, 0.25, o); };
  };
  says_the_same(c, "binary focal", focal(nn::binary_focal_cross_entropy, {}), {d.yes_no(), d.logits()},
                {d.above(), d.logits()}, "[binary_focal_cross_entropy] a label");
  says_the_same(c, "focal", focal(nn::categorical_focal_cross_entropy, shares), {d.yes_no(), d.shares()},
                {d.yes_no(), d.negative()}, "[categorical_focal_cross_entropy] probabilities must not be");
}

TEST_CASE("a replay says of wrong lengths what ctc says", "[compile]") {
  Context c(options_of());
  const auto step = [](const Values& in) { return nn::ctc(in[0], in[1], in[2], in[3], 0, {}); };
  const Tensor labels = integers(c, {2, 2}, {1, 2, 2, 1}), lengths = integers(c, {2}, {2, 1});
  const Tensor x = data(c, {2, 4, 3}, 1), frames = integers(c, {2}, {4, 3});
  const Values good{labels, x, lengths, frames};
  says_the_same(c, "label", step, good, {integers(c, {2, 2}, {1, 2, 7, 1}), x, lengths, frames},
                "[ctc] a label must be in [0, 2]: got 7 at position 2; are the sizes");
  says_the_same(c, "labels", step, good, {labels, x, integers(c, {2}, {2, 3}), frames},
                "[ctc] 'label_lengths' must be in [0, 2]: got 3");
  says_the_same(c, "frames", step, good, {labels, x, lengths, integers(c, {2}, {5, 3})},
                "[ctc] 'prediction_lengths' must be in [0, 4]: got 5");
}

TEST_CASE("a replay says of wrong labels what the metric says", "[compile]") {
  Context c(options_of());
  const Data d(c);
  const auto refuses = [&](const char* name, std::shared_ptr<nn::Metric> m, const Values& good,
                           const Values& bad, const std::string& part) {
    const auto step = [m](const Values& in) {
      m->update(in[0], in[1], Tensor());
      return in[1];
    };
    says_the_same(c, name, step, good, bad, part);
  };
  refuses("sparse", nn::make_sparse_categorical_accuracy(c, "hits"), {d.classes(), d.logits()},
          {d.no_class(), d.logits()}, "[hits] a label must be in [0, 3): got 3 at position 1");
  refuses("top k", nn::make_sparse_top_k_categorical_accuracy(c, 2, ""), {d.classes(), d.logits()},
          {d.no_class(), d.logits()}, "[sparse_top_k_categorical_accuracy] a label");
  refuses("categorical", nn::make_categorical_accuracy(c, ""), {d.shares(), d.logits()},
          {d.above(), d.logits()}, "[categorical_accuracy] a label must be in [0, 1]: got 1.5");
  refuses("binary", nn::make_binary_accuracy(c, .5, ""), {d.yes_no(), d.shares()}, {d.above(), d.shares()},
          "[binary_accuracy] a label must be 0 or 1: got 0.2 at position 0");
  refuses("precision", nn::make_precision(c, {}), {d.yes_no(), d.shares()}, {d.above(), d.shares()},
          "[precision] a label must be 0 or 1");
  refuses("predictions", nn::make_recall(c, {}), {d.yes_no(), d.shares()}, {d.yes_no(), d.above()},
          "[recall] a prediction must be in [0, 1]: got 1.5 at position 5; logits are predictions with");
  nn::FBetaOptions half;
  half.threshold = .5;
  refuses("f", nn::make_f_beta(c, 3, half), {d.yes_no(), d.shares()}, {d.yes_no(), d.above()},
          "a prediction must be in [0, 1]");
  refuses("iou", nn::make_mean_iou(c, 3, "iou"), {d.classes(), d.classes()}, {d.no_class(), d.classes()},
          "[iou] a label must be in [0, 2]: got 3 at position 1; are the sizes");
  refuses("iou of predictions", nn::make_mean_iou(c, 3, ""), {d.classes(), d.classes()},
          {d.classes(), d.no_class()}, "a prediction must be in [0, 2]: got 3");
}

TEST_CASE("of several checks in a step each has its own words", "[compile]") {
  Context c(options_of());
  const Data d(c);
  std::shared_ptr<nn::Metric> hits = nn::make_sparse_categorical_accuracy(c, "hits");
  // One pass over the logits, with labels of two kinds; the third is a plain op.
  const auto step = [&](const Values& in) {
    hits->update(in[1], in[3], Tensor());
    const Tensor loss = nn::sparse_categorical_cross_entropy(in[0], in[3], {});
    return add(loss, mean(sparse_softmax_cross_entropy(in[2], in[3])));
  };
  const Tensor good = d.classes(), bad = d.no_class(), x = d.logits();
  const Values all{good, good, good, x};
  says_the_same(c, "loss", step, all, {bad, good, good, x}, "[sparse_categorical_cross_entropy] a label");
  says_the_same(c, "metric", step, all, {good, bad, good, x}, "[hits] a label");
  says_the_same(c, "op", step, all, {good, good, bad, x}, "[sparse_softmax_cross_entropy] a label");
  says_the_same(c, "loss and op", step, all, {bad, good, bad, x}, "[sparse_categorical_cross_entropy] a");
  // Two checks of one tensor become one, with the words of the first.
  const auto twice = [&](const Values& in) {
    const Tensor first = nn::categorical_cross_entropy(in[0], in[1], {});
    return add(first, nn::kl_divergence(in[0], softmax(in[1])));
  };
  says_the_same(c, "merged", twice, {d.shares(), x}, {d.above(), x}, "[categorical_cross_entropy] a label");
}

// A loss and metrics look at the same labels, whatever the order in which the plan computes.
TEST_CASE("of checks that fail together the first one of the step speaks", "[compile]") {
  Context c(options_of());
  const Data d(c);
  const nn::LayerPtr dense = nn::make_dense(c, 3, {});
  const auto adam = optim::make_adam(c, {});
  std::shared_ptr<nn::Metric> hits = nn::make_sparse_categorical_accuracy(c, "hits"),
                              top = nn::make_sparse_top_k_categorical_accuracy(c, 2, "top");
  dense->build(Shape{2, 3});
  for (const bool metric_first : {false, true}) {
    const auto step = [&](const Values& in) {
      Tape tape(c, {});
      const Tensor logits = dense->call(in[1], true);
      if (metric_first) top->update(in[0], logits, Tensor());
      const Tensor loss = nn::sparse_categorical_cross_entropy(in[0], logits, {});
      const std::vector<VariableRef> variables = dense->trainable_variables();
      std::vector<GradientSource> sources;
      std::vector<Variable*> all;
      for (const VariableRef& v : variables) sources.push_back({Tensor(), v.get()}), all.push_back(v.get());
      adam->apply(tape.gradient({loss}, sources), all);
      hits->update(in[0], logits, Tensor());
      if (!metric_first) top->update(in[0], logits, Tensor());
      return loss;
    };
    says_the_same(c, "step", step, {d.classes(), d.logits()}, {d.no_class(), d.logits()},
                  metric_first ? "[top] a label" : "[sparse_categorical_cross_entropy] a label");
  }
}

TEST_CASE("sizes of a batch have the words of their recordings", "[compile]") {
  Context c(options_of());
  FunctionOptions o = strict();
  o.name = "train";
  o.polymorphic_batch = true;
  const auto loss = [](const Tensor& x) { return nn::binary_cross_entropy(x, mul_scalar(x, 2), {}); };
  // Words with the size in them are those of one size.
  const auto sized = [&](const Tensor& x) {
    const auto words = [&] {
      return Words{Code::kInvalidArgument, Words::Keep::kFound,
                   concat("[sized] ", x.elements(), " good: got "), "; mend it"};
    };
    return in_words(c, words, [&] { return check_range(x, 0, 2, false); });
  };
  Function f(
      c, [&](Span<const Tensor> in, size_t) { return Values{loss(sized(in[0]))}; }, o);
  Values got(1);
  const auto refused = [&](double value) {
    const Values in{full(c, {10}, value, DType::kF32)};
    return message_of([&] { f.call(in, got); }, Code::kInvalidArgument);
  };
  for (int64_t n : {4, 8, 6, 10}) f.call(Values{full(c, {n}, 1, DType::kF32)}, got);
  REQUIRE(f.stats().resized == 1);
  CHECK(refused(1.5) ==
        "[train] binary_cross_entropy: a label must be in [0, 1]: got 1.5 at position 0; "
        "labels are probabilities, predictions come second");
  CHECK(refused(2.5) ==
        "[train] check_range: each element must be in [0, 2]: got 2.5 at position 0; clip them, or look for "
        "what made it");
  CHECK(message_of([&] { sized(full(c, {10}, 3, DType::kF32)); }, Code::kInvalidArgument) ==
        "[sized] 10 good: got 3 at position 0; mend it");
}

TEST_CASE("words are for errors of their code and form", "[compile]") {
  const auto told = [](const Words& words, Code code, const char* text) -> std::string {
    try {
      words.tell(Error(code, text));
    } catch (const Error& e) {
      CHECK(e.code() == code);
      return e.message();
    }
    return "as it was";
  };
  const Words all{Code::kNonFinite, Words::Keep::kAll, "of w: "};
  CHECK(told(all, Code::kNonFinite, "[op] bad") == "of w: [op] bad");
  CHECK(told(all, Code::kInvalidArgument, "[op] bad") == "as it was");
  const Words name{Code::kInvalidArgument, Words::Keep::kBehindName, "loss"};
  CHECK(told(name, Code::kInvalidArgument, "[op] bad [1]") == "[loss] bad [1]");
  CHECK(told(name, Code::kInvalidArgument, "bad") == "as it was");
  CHECK(told(name, Code::kOutOfMemory, "[op] bad") == "as it was");
  const Words found{Code::kInvalidArgument, Words::Keep::kFound, "[loss] a label is bad: got ", "; mend it"};
  CHECK(told(found, Code::kInvalidArgument, "[op] each must be good: got 3 at position 2; clip them") ==
        "[loss] a label is bad: got 3 at position 2; mend it");
  CHECK(told(found, Code::kInvalidArgument, "[op] it has no memory") == "as it was");
}

}  // namespace tl::compile_test
