// What holds for every loss: gradients of first and second order against finite differences, the bits of a compiled step, weights
// and reductions, batches of nothing, f32 beside f64, and operands that do not fit.
#include "core/autodiff/forward.h"
#include "core/autodiff/tape.h"
#include "core/autodiff/vmap.h"
#include "tests/compile/compile_fixture.h"
#include "tests/nn/fixture.h"
#include "tests/nn/loss_cases.h"

namespace tl::test {
namespace {

using namespace tl::nn;
using Numbers = std::vector<double>;

Tensor gradient_of(const LossCase& k, const Tensor& y, const Tensor& x) {
  Tape tape(x.context(), {});
  tape.watch(x);
  GradientSource source[] = {{x, nullptr}};
  return tape.gradient({k.loss(y, x, k.options())}, source)[0];
}

// Central differences of f by each element of x.
Numbers differences(const std::function<double(const Tensor&)>& f, Fixture& fixture, const Tensor& x,
                    double step) {
  const Numbers at = values(x);
  Numbers out;
  for (size_t i = 0; i < at.size(); i++) {
    Numbers up = at, down = at;
    up[i] += step;
    down[i] -= step;
    out.push_back((f(fixture.tensor(up, x.shape())) - f(fixture.tensor(down, x.shape()))) / (2 * step));
  }
  return out;
}

TEST_CASE_METHOD(Fixture, "gradients of all losses, of first and second order, against finite differences",
                 "[loss]") {
  for (const LossCase& k : loss_cases()) {
    INFO(k.name);
    const Tensor y = k.labels_in(c, DType::kF64), x = k.predictions_in(c, DType::kF64);
    const auto loss = [&](const Tensor& at) { return item(k.loss(y, at, k.options())); };
    check_near(values(gradient_of(k, y, x)), differences(loss, *this, x, 1e-6), 1e-7);

    const Tensor direction = random(k.shape);
    const auto along = [&](const Tensor& at) { return item(sum(mul(gradient_of(k, y, at), direction))); };
    Tape outer(c, {});
    outer.watch(x);
    const Tensor slope = sum(mul(gradient_of(k, y, x), direction));
    GradientSource source[] = {{x, nullptr}};
    Tensor second = outer.gradient({slope}, source)[0];
    // A gradient that does not depend on x has none of its own.
    const Numbers got = second ? values(second) : Numbers(static_cast<size_t>(x.elements()), 0.0);
    check_near(got, differences(along, *this, x, 1e-5), 1e-6);
  }
}

TEST_CASE_METHOD(Fixture, "forward mode has the slope of every loss that its gradient has", "[loss]") {
  for (const LossCase& k : loss_cases()) {
    INFO(k.name);
    const Tensor y = k.labels_in(c, DType::kF64), x = k.predictions_in(c, DType::kF64);
    const Tensor direction = random(k.shape);
    const double want = item(sum(mul(gradient_of(k, y, x), direction)));
    GradientSource source[] = {{x, nullptr}};
    Forward forward(c, source, Span<const Tensor>(&direction, 1));
    check_near({item(forward.tangent(k.loss(y, x, k.options())))}, {want}, 1e-12);
  }
}

TEST_CASE_METHOD(Fixture, "every loss of a batch of batches is that of each", "[loss]") {
  for (const LossCase& k : loss_cases()) {
    INFO(k.name);
    const Tensor y = k.labels_in(c, DType::kF64);
    std::vector<Tensor> each;
    std::vector<double> want;
    for (int i = 0; i < 3; i++) {
      each.push_back(k.predictions_in(c, DType::kF64));
      want.push_back(item(k.loss(y, each.back(), k.options())));
    }
    const auto f = [&](Span<const Tensor> one) {
      return std::vector<Tensor>{k.loss(one[0], one[1], k.options())};
    };
    const std::vector<Tensor> in{y, stack(each)};
    const std::vector<int64_t> axes{kNoAxis, 0};
    check_near(values(vmap(c, "f", f, in, axes)[0]), want, 1e-14);
  }
}

TEST_CASE("a compiled step has the bits of every loss and its gradient", "[loss][compile]") {
  using namespace compile_test;
  for (const LossCase& k : loss_cases())
    for (DType dtype : {DType::kF32, DType::kF64}) {
      INFO(k.name << ", " << name_of(dtype));
      Context eager(options_of()), context(options_of());
      const auto step = [&](Span<const Tensor> in) {
        Tape tape(in[0].context(), {});
        tape.watch(in[1]);
        GradientSource source[] = {{in[1], nullptr}};
        Tensor loss = k.loss(in[0], in[1], k.options());
        return Values{loss, tape.gradient({loss}, source)[0]};
      };
      Function f(
          context, [&](Span<const Tensor> in, size_t) { return step(in); }, strict());
      for (int i = 0; i < 3; i++) {
        const Values want = step(Values{k.labels_in(eager, dtype), k.predictions_in(eager, dtype)});
        Values in{k.labels_in(context, dtype), k.predictions_in(context, dtype)}, got(2);
        f.call(in, got);
        CHECK(same_bits(want[0], got[0]));
        CHECK(same_bits(want[1], got[1]));
      }
      CHECK(f.stats().traces == 1);
      CHECK(f.stats().host_constants == 0);
    }
}

TEST_CASE_METHOD(Fixture, "reductions and weights of all losses are those of the losses of samples",
                 "[loss]") {
  for (const LossCase& k : loss_cases()) {
    INFO(k.name);
    const Tensor y = k.labels_in(c, DType::kF64), x = k.predictions_in(c, DType::kF64);
    LossOptions o = k.options();
    o.reduction = Reduction::kNone;
    const Numbers each = values(k.loss(y, x, o));
    double all = 0, weighed = 0, weight = 0;
    Numbers w;
    for (size_t i = 0; i < each.size(); i++) {
      w.push_back(.5 + static_cast<double>(i));
      all += each[i];
      weighed += each[i] * w[i];
      weight += w[i];
    }
    const double count = static_cast<double>(each.size());
    o.reduction = Reduction::kSum;
    check_near({item(k.loss(y, x, o))}, {all}, 1e-13);
    o.reduction = Reduction::kMean;
    check_near({item(k.loss(y, x, o))}, {all / count}, 1e-13);
    o.weights = each.size() == 1 && k.loss(y, x, o).rank() == 0 ? scalar(w[0]) : vector(w);
    check_near({item(k.loss(y, x, o))}, {weighed / count}, 1e-13);
    o.reduction = Reduction::kWeightedMean;
    check_near({item(k.loss(y, x, o))}, {weighed / weight}, 1e-13);
  }
}

TEST_CASE_METHOD(Fixture, "losses in f32 are those in f64 but for rounding", "[loss]") {
  for (const LossCase& k : loss_cases()) {
    INFO(k.name);
    const Tensor x = cast(k.predictions_in(c, DType::kF64), DType::kF32);
    const Tensor narrow = k.loss(k.labels_in(c, DType::kF32), x, k.options());
    CHECK(narrow.dtype() == DType::kF32);
    check_near({item(narrow)}, {item(k.loss(k.labels_in(c, DType::kF64), cast(x, DType::kF64), k.options()))},
               1e-5);
  }
}

TEST_CASE_METHOD(Fixture, "over no samples every loss is 0, and its gradient is as empty as they are",
                 "[loss]") {
  for (const LossCase& k : loss_cases()) {
    INFO(k.name);
    Shape none = k.shape, none_of_labels = k.label_shape;
    none[0] = none_of_labels[0] = 0;
    const Tensor y = k.labels_in(c, DType::kF64, none_of_labels), x = full(c, none, 0, DType::kF64);
    for (Reduction reduction : {Reduction::kMean, Reduction::kSum}) {
      LossOptions o = k.options();
      o.reduction = reduction;
      CHECK(item(k.loss(y, x, o)) == 0);
    }
    CHECK(gradient_of(k, y, x).shape() == none);
  }
}

TEST_CASE_METHOD(Fixture, "losses refuse operands and options that do not fit", "[loss]") {
  Context other(ContextOptions{});
  for (const LossCase& k : loss_cases()) {
    INFO(k.name);
    const Tensor y = k.labels_in(c, DType::kF64), x = k.predictions_in(c, DType::kF64);
    LossOptions o = k.options();
    CHECK(has(message_of([&] { k.loss(Tensor(), x, o); }), "'labels' must be a tensor"));
    CHECK(has(message_of([&] { k.loss(y, Tensor(), o); }), "'predictions' must be a tensor"));
    CHECK(has(message_of([&] { k.loss(y, k.predictions_in(other, DType::kF64), o); }), "one context"));
    CHECK(has(message_of([&] { k.loss(y, cast(x, DType::kI32), o); }), "must be f32 or f64: got i32"));
    CHECK(has(message_of([&] { k.loss(y, reshape(x, {x.elements()}), o); }), "got"));
    o.reduction = static_cast<Reduction>(7);
    CHECK(has(message_of([&] { k.loss(y, x, o); }), "'reduction' must be"));
    o = k.options();
    o.weights = vector({1, 2, 3, 4, 5});
    CHECK(has(message_of([&] { k.loss(y, x, o); }), "the weights must fit the leading axes"));
  }
  // Options that nobody looks at are a mistake of the caller's.
  for (const LossCase& k : loss_cases()) {
    INFO(k.name);
    if (has(k.name, "entropy")) continue;
    const Tensor y = k.labels_in(c, DType::kF64), x = k.predictions_in(c, DType::kF64);
    LossOptions o;
    o.from_probabilities = true;
    CHECK(has(message_of([&] { k.loss(y, x, o); }), "got from_probabilities"));
    o = {};
    o.label_smoothing = .1;
    CHECK(has(message_of([&] { k.loss(y, x, o); }), "only cross-entropies smooth labels"));
  }
}

}  // namespace
}  // namespace tl::test
