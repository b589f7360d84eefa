// CTC against the conformance catalogue (L11) and against a sum over every single way to write the labels, which knows nothing of
// the recursion.
#include "core/nn/ctc_loss.h"

#include "core/autodiff/tape.h"
#include "tests/nn/fixture.h"

namespace tl::test {
namespace {

using namespace tl::nn;
using Numbers = std::vector<double>;
using Classes = std::vector<int64_t>;

// What frames say: repeats are one, then blanks go.
Classes collapsed(const Classes& path, int64_t blank) {
  Classes out;
  for (size_t i = 0; i < path.size(); i++)
    if (path[i] != blank && (i == 0 || path[i] != path[i - 1])) out.push_back(path[i]);
  return out;
}

// -log of the summed probability of all paths over `frames` rows of logits that say the labels.
double by_enumeration(const Numbers& logits, int64_t frames, int64_t classes, const Classes& labels,
                      int64_t blank) {
  Numbers p;
  for (int64_t t = 0; t < frames; t++) {
    double total = 0;
    for (int64_t k = 0; k < classes; k++) total += std::exp(logits[static_cast<size_t>(t * classes + k)]);
    for (int64_t k = 0; k < classes; k++)
      p.push_back(std::exp(logits[static_cast<size_t>(t * classes + k)]) / total);
  }
  double sum = 0;
  int64_t paths = 1;
  for (int64_t t = 0; t < frames; t++) paths *= classes;
  for (int64_t n = 0; n < paths; n++) {
    Classes path;
    double probability = 1;
    for (int64_t t = 0, rest = n; t < frames; t++, rest /= classes) {
      path.push_back(rest % classes);
      probability *= p[static_cast<size_t>(t * classes + path.back())];
    }
    if (collapsed(path, blank) == labels) sum += probability;
  }
  return -std::log(sum);
}

TEST_CASE_METHOD(Fixture, "L11 CTC", "[loss]") {
  Numbers logits;
  for (int i = 0; i < 24; i++) logits.push_back((i - 12) / 100.);
  for (DType dtype : {DType::kF32, DType::kF64}) {
    const Tensor x = tensor(logits, {2, 4, 3}, dtype);
    const Tensor y = tensor({1, 2, 1, 0, 1, 2, 0, 2}, {2, 4}, DType::kI32);
    // Keras counts the labels that are not the blank: three of each row, the last of them a blank in the second.
    check_near({item(ctc(y, x, Tensor(), Tensor(), 0))}, {2.448645}, 1e-6);
    const Tensor three = vector({3, 3}, DType::kI64), four = vector({4, 4}, DType::kI32);
    check_near({item(ctc(y, x, three, four, 0))}, {2.448645}, 1e-6);
  }
}

TEST_CASE_METHOD(Fixture, "CTC is the sum over all ways to write the labels", "[loss]") {
  const int64_t frames = 5, classes = 3;
  const std::vector<Classes> rows{{},        {1},       {2, 1},       {1, 1},
                                  {2, 2, 1}, {1, 2, 1}, {2, 1, 1, 2}, {1, 2, 1, 2, 1}};
  const int64_t batch = static_cast<int64_t>(rows.size());
  for (int64_t blank : {int64_t{0}, classes - 1}) {
    const Tensor x = random({batch, frames, classes});
    const Numbers all = values(x);
    for (int64_t running : {frames, frames - 1, frames - 2}) {
      INFO("blank " << blank << ", frames " << running);
      Numbers labels, counts, lengths, want;
      for (int64_t b = 0; b < batch; b++) {
        Classes row = rows[static_cast<size_t>(b)];
        for (int64_t& label : row) label = (label + blank) % classes;  // any but the blank
        const Numbers logits(all.begin() + b * frames * classes, all.begin() + (b + 1) * frames * classes);
        want.push_back(by_enumeration(logits, running, classes, row, blank));
        counts.push_back(static_cast<double>(row.size()));
        lengths.push_back(static_cast<double>(running));
        for (size_t i = 0; i < 5; i++)
          labels.push_back(i < row.size() ? static_cast<double>(row[i]) : static_cast<double>(blank));
      }
      const Tensor y = tensor(labels, {batch, 5}, DType::kI64);
      LossOptions each;
      each.reduction = Reduction::kNone;
      const auto check = [&](const Numbers& got) {
        for (size_t i = 0; i < want.size(); i++) {
          INFO("row " << i << ": got " << got[i] << ", want " << want[i]);
          if (std::isinf(want[i]))
            CHECK(got[i] == want[i]);
          else
            CHECK(std::abs(got[i] - want[i]) < 1e-12 * (1 + want[i]));
        }
      };
      check(values(ctc(y, x, vector(counts, DType::kI32), vector(lengths, DType::kI32), blank, each)));
      check(values(ctc(y, x, Tensor(), vector(lengths, DType::kU8), blank, each)));
      if (running == frames) check(values(ctc(y, x, vector(counts, DType::kI64), Tensor(), blank, each)));
    }
  }
}

TEST_CASE_METHOD(Fixture, "what lies beyond the lengths of a sequence is not looked at", "[loss]") {
  const double nan = std::nan("");
  Numbers logits(2 * 4 * 3, .5);
  for (size_t i = 9; i < 12; i++) logits[i] = nan;  // the last frame of the first sequence
  const Tensor y = tensor({2, -7, 900, 1, 2, 1}, {2, 3}, DType::kI32), x = tensor(logits, {2, 4, 3});
  const Tensor counts = vector({1, 3}, DType::kI32), lengths = vector({3, 4}, DType::kI32);
  Tape tape(c, {});
  tape.watch(x);
  const Tensor loss = ctc(y, x, counts, lengths, 0);
  CHECK(std::isfinite(item(loss)));
  GradientSource source[] = {{x, nullptr}};
  const Numbers g = values(tape.gradient({loss}, source)[0]);
  for (size_t i = 0; i < g.size(); i++) {
    INFO(i);
    if (i < 9 || i >= 12) CHECK((std::isfinite(g[i]) && g[i] != 0));
  }
}

TEST_CASE_METHOD(Fixture, "labels that do not fit cost infinity and have the gradient 0, of both orders",
                 "[loss]") {
  const Tensor x = random({2, 2, 3});
  const Tensor y = tensor({1, 1, 2, 1}, {2, 2}, DType::kI32);  // two equal ones need three frames
  LossOptions each;
  each.reduction = Reduction::kNone;
  Tape outer(c, {});
  outer.watch(x);
  GradientSource source[] = {{x, nullptr}};
  Tensor losses, g;
  {
    Tape inner(c, {});
    inner.watch(x);
    losses = ctc(y, x, Tensor(), Tensor(), 0, each);
    g = inner.gradient({losses}, source)[0];
  }
  const Numbers second = values(outer.gradient({sum(square(g))}, source)[0]), first = values(g);
  CHECK(std::isinf(values(losses)[0]));
  CHECK(std::isfinite(values(losses)[1]));
  for (size_t i = 0; i < 12; i++) {
    if (i < 6) CHECK((first[i] == 0 && second[i] == 0));
    if (i >= 6) CHECK((std::isfinite(first[i]) && first[i] != 0 && std::isfinite(second[i])));
  }
}

TEST_CASE_METHOD(Fixture, "a class that a logit of -infinity rules out", "[loss]") {
  const double inf = std::numeric_limits<double>::infinity();
  const Tensor x = tensor({0, 0, -inf, 0, 0, -inf}, {1, 2, 3});
  CHECK(item(ctc(tensor({1}, {1, 1}, DType::kI32), x, Tensor(), Tensor(), 0)) == Approx(-std::log(.75)));
  CHECK(std::isinf(item(ctc(tensor({2}, {1, 1}, DType::kI32), x, Tensor(), Tensor(), 0))));
  // No labels at all: all frames are blank. No frames: only no labels fit.
  const Tensor none = c.allocate(DType::kI32, {1, 0});
  CHECK(item(ctc(none, x, Tensor(), Tensor(), 0)) == Approx(std::log(4.)));
  const Tensor nothing = full(c, {2, 0, 3}, 0, DType::kF64);
  LossOptions each;
  each.reduction = Reduction::kNone;
  CHECK(values(ctc(tensor({0, 1}, {2, 1}, DType::kI32), nothing, Tensor(), Tensor(), 0, each)) ==
        Numbers{0, inf});
}

TEST_CASE_METHOD(Fixture, "a long sequence stays finite in f32", "[loss]") {
  const int64_t frames = 400;
  Numbers labels;
  for (int i = 0; i < 100; i++) labels.push_back(1 + i % 7);
  const Tensor y = tensor(labels, {1, 100}, DType::kI32),
               x = mul_scalar(random({1, frames, 8}, DType::kF32), 10);
  Tape tape(c, {});
  tape.watch(x);
  const Tensor loss = ctc(y, x, Tensor(), Tensor(), 0);
  CHECK(item(loss) == Approx(item(ctc(y, cast(x, DType::kF64), Tensor(), Tensor(), 0))).epsilon(1e-5));
  GradientSource source[] = {{x, nullptr}};
  double total = 0;
  for (double g : values(tape.gradient({loss}, source)[0])) {
    REQUIRE(std::isfinite(g));
    total += g;
  }
  CHECK(std::abs(total) < 1e-3);  // the gradient of each frame adds up to 0: softmax minus what it should be
}

TEST_CASE_METHOD(Fixture, "CTC tells what does not fit", "[loss]") {
  const Tensor y = tensor({1, 2, 1, 1}, {2, 2}, DType::kI32), x = random({2, 5, 3}), no;
  const auto fails = [&](const Tensor& labels, const Tensor& predictions, const Tensor& counts,
                         const Tensor& lengths, int64_t blank, const char* part) {
    const std::string text = message_of([&] { ctc(labels, predictions, counts, lengths, blank); });
    INFO(text);
    CHECK(has(text, "[ctc] "));
    CHECK(has(text, part));
  };
  for (int64_t blank : {int64_t{-1}, int64_t{3}})
    fails(y, x, no, no, blank, "'blank' must be a class, in [0, 3)");
  fails(cast(y, DType::kF64), x, no, no, 0, "must be integers: got f64");
  fails(vector({1, 2}, DType::kI32), x, no, no, 0, "got labels (2,) and predictions (2, 5, 3)");
  fails(y, random({3, 5, 3}), no, no, 0, "the batch comes first");
  fails(y, full(c, {2, 5, 0}, 0, DType::kF64), no, no, 0, "at least one class");
  fails(tensor({1, 3, 1, 1}, {2, 2}, DType::kI32), x, no, no, 0,
        "a label must be in [0, 2]: got 3 at position 1");
  fails(tensor({1, 2, -1, 1}, {2, 2}, DType::kI32), x, no, no, 0, "got -1 at position 2");
  fails(y, x, vector({2}, DType::kI32), no, 0,
        "'label_lengths' must have one number for each sequence: got (1,)");
  fails(y, x, vector({2, 3}, DType::kI32), no, 0, "'label_lengths' must be in [0, 2]: got 3 at position 1");
  fails(y, x, vector({2, 2}), no, 0, "must be integers");
  fails(y, x, no, vector({6, 5}, DType::kI32), 0,
        "'prediction_lengths' must be in [0, 5]: got 6 at position 0");
  fails(y, x, no, vector({-1, 5}, DType::kI32), 0, "got -1 at position 0");
  Context other(ContextOptions{});
  fails(y, x, full(other, {2}, 1, DType::kI32), no, 0, "of another context");
}

}  // namespace
}  // namespace tl::test
