// What is particular to one of the optimizers beyond SGD and Adam: edges of their formulas, shapes of their slots, and options
// outside their range.
#include "core/optim/adadelta.h"
#include "core/optim/adafactor.h"
#include "core/optim/adagrad.h"
#include "core/optim/adamax.h"
#include "core/optim/ftrl.h"
#include "core/optim/lamb.h"
#include "core/optim/lion.h"
#include "core/optim/muon.h"
#include "core/optim/nadam.h"
#include "core/optim/rmsprop.h"
#include "core/optim/schedule_free.h"
#include "core/optim/sgd.h"
#include "tests/nn/fixture.h"
#include "tests/optim/short_words.h"

namespace tl::test {
namespace {

using namespace tl::optim;
using Numbers = std::vector<double>;
using OptimizerPtr = std::unique_ptr<Optimizer>;

// The error of an optimizer whose options `change` has changed, which must name the option.
template <class Options>
void check_refused(Context& c, std::unique_ptr<Optimizer> (*make)(Context&, const Options&),
                   double Options::*field, const Numbers& bad, const char* name) {
  for (double value : bad) {
    Options o;
    o.*field = value;
    std::string text = message_of([&] { make(c, o); });
    CAPTURE(text, name, value);
    CHECK(has(text, ("[" + o.name + "] '" + name + "' must be").c_str()));
    CHECK(has(text, ("got " + tl::text(value)).c_str()));
  }
}

TEST_CASE_METHOD(Fixture, "options of every optimizer outside their range are named with their value",
                 "[optim]") {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const Numbers share{-.1, 1., nan}, size{-.1, inf, nan}, fall{.1, -inf, nan};
  check_refused(c, make_adamax, &AdamaxOptions::beta1, share, "beta1");
  check_refused(c, make_adamax, &AdamaxOptions::beta2, share, "beta2");
  check_refused(c, make_adamax, &AdamaxOptions::epsilon, size, "epsilon");
  check_refused(c, make_adamax, &AdamaxOptions::learning_rate, size, "learning_rate");
  check_refused(c, make_nadam, &NadamOptions::beta1, share, "beta1");
  check_refused(c, make_nadam, &NadamOptions::beta2, share, "beta2");
  check_refused(c, make_nadam, &NadamOptions::epsilon, size, "epsilon");
  check_refused(c, make_nadam, &NadamOptions::momentum_decay, size, "momentum_decay");
  check_refused(c, make_adagrad, &AdagradOptions::initial_accumulator, size, "initial_accumulator");
  check_refused(c, make_adagrad, &AdagradOptions::epsilon, size, "epsilon");
  check_refused(c, make_adadelta, &AdadeltaOptions::rho, share, "rho");
  check_refused(c, make_adadelta, &AdadeltaOptions::epsilon, size, "epsilon");
  check_refused(c, make_rmsprop, &RmsPropOptions::rho, share, "rho");
  check_refused(c, make_rmsprop, &RmsPropOptions::momentum, {-.1, 1.1, nan}, "momentum");
  check_refused(c, make_rmsprop, &RmsPropOptions::epsilon, size, "epsilon");
  check_refused(c, make_ftrl, &FtrlOptions::learning_rate_power, fall, "learning_rate_power");
  check_refused(c, make_ftrl, &FtrlOptions::initial_accumulator, size, "initial_accumulator");
  check_refused(c, make_ftrl, &FtrlOptions::l1, size, "l1");
  check_refused(c, make_ftrl, &FtrlOptions::l2, size, "l2");
  check_refused(c, make_ftrl, &FtrlOptions::l2_shrinkage, size, "l2_shrinkage");
  check_refused(c, make_ftrl, &FtrlOptions::beta, size, "beta");
  check_refused(c, make_lion, &LionOptions::beta1, {-.1, 1.1, nan}, "beta1");
  check_refused(c, make_lion, &LionOptions::beta2, share, "beta2");
  check_refused(c, make_lamb, &LambOptions::beta1, share, "beta1");
  check_refused(c, make_lamb, &LambOptions::beta2, share, "beta2");
  check_refused(c, make_lamb, &LambOptions::epsilon, size, "epsilon");
  check_refused(c, make_lamb, &LambOptions::weight_decay, size, "weight_decay");
  check_refused(c, make_adafactor, &AdafactorOptions::beta2_decay, fall, "beta2_decay");
  check_refused(c, make_adafactor, &AdafactorOptions::epsilon1, size, "epsilon1");
  check_refused(c, make_adafactor, &AdafactorOptions::epsilon2, size, "epsilon2");
  check_refused(c, make_adafactor, &AdafactorOptions::clip_threshold, {0., -.1, inf, nan}, "clip_threshold");
  check_refused(c, make_schedule_free_adamw, &ScheduleFreeAdamWOptions::beta1, share, "beta1");
  check_refused(c, make_schedule_free_adamw, &ScheduleFreeAdamWOptions::beta2, share, "beta2");
  check_refused(c, make_schedule_free_adamw, &ScheduleFreeAdamWOptions::epsilon, size, "epsilon");
  check_refused(c, make_schedule_free_adamw, &ScheduleFreeAdamWOptions::weight_decay, size, "weight_decay");
  check_refused(c, make_muon, &MuonOptions::momentum, share, "momentum");
  check_refused(c, make_muon, &MuonOptions::adam_rate_ratio, size, "adam_rate_ratio");
  check_refused(c, make_muon, &MuonOptions::beta1, share, "beta1");
  check_refused(c, make_muon, &MuonOptions::beta2, share, "beta2");
  check_refused(c, make_muon, &MuonOptions::epsilon, {0., -.1, inf, nan}, "epsilon");
}

TEST_CASE_METHOD(Fixture, "schedule-free AdamW exchanges weights and average for an evaluation", "[optim]") {
  ScheduleFreeAdamWOptions o;
  o.learning_rate = .1;
  OptimizerPtr optimizer = make_schedule_free_adamw(c, o);
  VariableRef w = variable({1, -2}), steady = variable({5, 5}, "steady");
  // Slots begin at the weights and share their memory until the first step.
  Variable* variables[] = {w.get(), steady.get()};
  optimizer->build(variables);
  CHECK(values(optimizer->slots(*w)[0]) == Numbers{1, -2});
  CHECK(values(optimizer->slots(*w)[1]) == Numbers{1, -2});
  Numbers sum(2);
  for (int t = 1; t <= 5; t++) {
    apply_one(*optimizer, w, vector({values(w)[0], 4 * values(w)[1]}));
    Numbers z = values(optimizer->slots(*w)[0]);
    for (size_t i = 0; i < 2; i++) sum[i] += z[i];
  }
  // At one rate the average is that of all z.
  Numbers y = values(w), x = values(optimizer->slots(*w)[1]);
  check_near(x, {sum[0] / 5, sum[1] / 5}, 1e-12);
  optimizer->swap_averages(variables);
  CHECK(values(w) == x);
  CHECK(values(steady) == Numbers{5, 5});
  CHECK(has(message_of(
                [&] {
                  apply_one(*optimizer, w, vector({1, 1}));
                },
                Code::kFailedPrecondition),
            "swap them back"));
  optimizer->swap_averages(variables);
  CHECK(values(w) == y);
  CHECK_FALSE(optimizer->averages_in_use());
  apply_one(*optimizer, w, vector({1, 1}));
  CHECK(values(w) != y);
}

TEST_CASE_METHOD(Fixture, "schedule-free AdamW: a rate of 0, decay with exclusions, and averages once only",
                 "[optim]") {
  ScheduleFreeAdamWOptions o;
  o.learning_rate = 0;
  OptimizerPtr still = make_schedule_free_adamw(c, o);
  VariableRef w = variable({1, -2}, "w"), bias = variable({1, -2}, "bias");
  apply_one(*still, w, vector({1, 1}));
  CHECK(values(w) == Numbers{1, -2});
  o.learning_rate = .1, o.weight_decay = .5;
  OptimizerPtr decaying = make_schedule_free_adamw(c, o);
  Variable* excluded[] = {bias.get()};
  decaying->exclude_from_weight_decay(excluded);
  apply_one(*decaying, w, vector({0, 0}));
  apply_one(*decaying, bias, vector({0, 0}));
  CHECK(values(bias) == Numbers{1, -2});
  check_near(values(w), {.95, -1.9}, 1e-15);
  StepOptions options;
  options.use_ema = true;
  OptimizerPtr averaging = make_schedule_free_adamw(c, o);
  CHECK(has(message_of([&] { averaging->configure(options); }), "keeps averages of its own: got 'use_ema'"));
  options = StepOptions();
  options.weight_decay = .1;
  CHECK(has(message_of([&] { averaging->configure(options); }), "weight decay of its own"));
  o.warmup_steps = -1;
  CHECK(has(message_of([&] { make_schedule_free_adamw(c, o); }),
            "'warmup_steps' must not be negative: got -1"));
}

TEST_CASE_METHOD(Fixture, "Muon's step has singular values near 1, and of what is no matrix it is Adam's",
                 "[optim]") {
  MuonOptions o;
  o.learning_rate = 1;
  for (const Shape& shape : {Shape{6, 6}, Shape{4, 9}, Shape{9, 4}}) {
    OptimizerPtr muon = make_muon(c, o);
    VariableRef w = VariableRef::make(full(c, shape, 0, DType::kF64), "w");
    apply_one(*muon, w, random(shape));
    // The Gram matrix X of the step, of the smaller side: its eigenvalues are the squares of the singular values. Traces of
    // high powers give the largest of X and of (1.5 - X).
    const bool tall = shape[0] > shape[1];
    Tensor step = mul_scalar(w->peek(), tall ? std::sqrt(4. / 9) : 1.0);
    Tensor gram = tall ? matmul(step, step, true) : matmul(step, step, false, true);
    const int64_t n = gram.shape()[0];
    Tensor rest = sub(mul_scalar(one_hot(range(c, n, 0, 1, DType::kI64), n, DType::kF64), 1.5), gram);
    auto largest = [&](Tensor x) {
      for (int i = 0; i < 7; i++) x = matmul(x, x);
      return std::pow(item(sum(mul(x, one_hot(range(c, n, 0, 1, DType::kI64), n, DType::kF64)))), 1. / 128);
    };
    CHECK(largest(gram) < 1.25 * 1.25);
    CHECK(1.5 - largest(rest) > .1);
  }
  o.learning_rate = .5;
  OptimizerPtr muon = make_muon(c, o);
  VariableRef bias = variable({0, 0}), kernel = VariableRef::make(random(Shape{2, 2, 2}), "kernel");
  Variable* variables[] = {bias.get(), kernel.get()};
  muon->build(variables);
  CHECK(muon->variables().size() == 2 + 2 + 2);
  apply_one(*muon, bias, vector({3, -2}));
  check_near(values(bias), {-.05, .05}, 1e-6);
  // Rows of what is no matrix are taken, rows of a matrix are not.
  Tensor grads[] = {random(Shape{1, 2, 2})}, places[] = {cast(vector({1}), DType::kI64)};
  Variable* only[] = {kernel.get()};
  muon->apply(grads, only, places);
  VariableRef matrix = VariableRef::make(random(Shape{2, 2}), "matrix");
  grads[0] = random(Shape{1, 2});
  only[0] = matrix.get();
  CHECK(has(message_of([&] { muon->apply(grads, only, places); }),
            "whole matrix: got 'row_indices[0]' for 'matrix'"));
  o.ns_steps = 0;
  CHECK(has(message_of([&] { make_muon(c, o); }), "'ns_steps' must be in [1, 100]: got 0"));
  o.ns_steps = 5;
  o.scale = static_cast<MuonScale>(9);
  CHECK(has(message_of([&] { make_muon(c, o); }), "'scale' must be"));
}

TEST_CASE_METHOD(Fixture, "Ftrl makes weights exactly 0, and no NaN where it knows nothing", "[optim]") {
  FtrlOptions o;
  o.learning_rate = .5;
  o.l1 = 1;
  OptimizerPtr sparse = make_ftrl(c, o);
  VariableRef w = variable({1, 1});
  apply_one(*sparse, w, vector({.01, 4}));
  CHECK(values(w)[0] == 0);
  CHECK(values(w)[1] != 0);
  o.l1 = o.initial_accumulator = 0;
  OptimizerPtr plain = make_ftrl(c, o);
  VariableRef v = variable({3, 3});
  apply_one(*plain, v, vector({0, 1}));
  CHECK(values(v)[0] == 0);
  CHECK(std::isfinite(values(v)[1]));
  plain->set_learning_rate(0);
  std::string text = message_of([&] { apply_one(*plain, v, vector({0, 1})); });
  CHECK(has(text, "got inf at a rate of 0; its formula divides by the rate, so leave the step out"));
  CHECK(plain->iterations() == 1);
}

TEST_CASE_METHOD(Fixture, "centred RMSprop stays finite under a gradient that does not change", "[optim]") {
  for (EpsilonForm form : {EpsilonForm::kKeras, EpsilonForm::kPyTorch})
    for (DType dtype : {DType::kF32, DType::kF64}) {
      RmsPropOptions o;
      o.centered = true;
      o.epsilon_form = form;
      OptimizerPtr optimizer = make_rmsprop(c, o);
      VariableRef w = variable({1}, "w", dtype);
      for (int t = 0; t < 600; t++) apply_one(*optimizer, w, vector({3e5 / 7}, dtype));
      CHECK(std::isfinite(values(w)[0]));
    }
}

TEST_CASE_METHOD(Fixture, "Lamb's ratio of norms is 1 where one of them is 0", "[optim]") {
  LambOptions o;
  o.learning_rate = .5;
  VariableRef zero = variable({0, 0}), still = variable({2, 3});
  apply_one(*make_lamb(c, o), zero, vector({1, -1}));
  check_near(values(zero), {-.5, .5}, 1e-6);
  apply_one(*make_lamb(c, o), still, vector({0, 0}));
  CHECK(values(still) == Numbers{2, 3});
  // Squares of these are out of the range of f32.
  VariableRef large = variable({1e25, 1e25}, "large", DType::kF32);
  apply_one(*make_lamb(c, o), large, vector({1, -1}, DType::kF32));
  check_near(values(large), {.5e25, 1.5e25}, 1e-6);
}

TEST_CASE_METHOD(Fixture, "Adafactor keeps a number for each row and column, and of vectors for each element",
                 "[optim]") {
  OptimizerPtr optimizer = make_adafactor(c, {});
  VariableRef matrix = VariableRef::make(random(Shape{2, 3, 4}), "matrix"),
              bias = variable({1, 2, 3}, "bias"), scalar = VariableRef::make(random(Shape{}), "scalar");
  Variable* variables[] = {matrix.get(), bias.get(), scalar.get()};
  optimizer->build(variables);
  auto shapes = [&](const VariableRef& v) {
    std::vector<std::string> out;
    for (const VariableRef& slot : optimizer->slots(*v)) out.push_back(slot->name() + text(slot->shape()));
    return out;
  };
  using Names = std::vector<std::string>;
  CHECK(shapes(matrix) == Names{"adafactor/matrix/r(2, 3)", "adafactor/matrix/c(2, 4)"});
  CHECK(shapes(bias) == Names{"adafactor/bias/v(3,)"});
  CHECK(shapes(scalar) == Names{"adafactor/scalar/v()"});
  CHECK(optimizer->variables().size() == 2 + 2 + 1 + 1);
  // Each of several matrices has statistics of its own.
  VariableRef first = VariableRef::make(gather(matrix->peek(), cast(vector({0}), DType::kI64), 0), "first");
  Tensor g = random(Shape{2, 3, 4});
  AdafactorOptions o;
  o.clip_threshold = 1e6, o.epsilon2 = 1e6;  // without what looks at the whole variable
  OptimizerPtr both = make_adafactor(c, o), one = make_adafactor(c, o);
  for (int t = 0; t < 3; t++) {
    apply_one(*both, matrix, g);
    apply_one(*one, first, gather(g, cast(vector({0}), DType::kI64), 0));
  }
  Numbers all = values(matrix);
  check_near(Numbers(all.begin(), all.begin() + 12), values(first), 1e-12);
}

TEST_CASE_METHOD(Fixture,
                 "Adafactor moves no element without a gradient, in either form, from the first step on",
                 "[optim]") {
  for (EpsilonForm form : {EpsilonForm::kKeras, EpsilonForm::kPyTorch})
    for (DType dtype : {DType::kF32, DType::kF64}) {
      AdafactorOptions o;
      o.epsilon_form = form;
      OptimizerPtr optimizer = make_adafactor(c, o);
      VariableRef w = VariableRef::make(random(Shape{2, 3}, dtype), "w");
      Numbers before = values(w);
      for (int t = 0; t < 3; t++) apply_one(*optimizer, w, full(c, {2, 3}, 0, dtype));
      CHECK(values(w) == before);
    }
}

TEST_CASE_METHOD(Fixture, "Nadam's momentum follows from the count of steps, wherever it was set",
                 "[optim]") {
  NadamOptions o;
  o.momentum_decay = .004;
  OptimizerPtr walked = make_nadam(c, o), jumped = make_nadam(c, o);
  VariableRef a = variable({0}), b = variable({0});
  for (int t = 0; t < 40; t++) apply_one(*walked, a, vector({0}));
  Variable* variables[] = {b.get()};
  jumped->build(variables);
  for (int64_t count :
       {std::numeric_limits<int64_t>::max() - 2, int64_t{1000000000}, int64_t{7}, int64_t{40}}) {
    Tensor at = c.allocate(DType::kI64, Shape{});
    *at.mutable_data<int64_t>() = count;
    jumped->variables()[0]->assign(at);
    if (count != 40) apply_one(*jumped, b, vector({0}));
  }
  for (double g : {1., -2., .5}) {
    apply_one(*walked, a, vector({g}));
    apply_one(*jumped, b, vector({g}));
  }
  CHECK(values(a) == values(b));
}

TEST_CASE_METHOD(Fixture, "Adagrad on rows is the dense update to the bit", "[optim]") {
  for (EpsilonForm form : {EpsilonForm::kKeras, EpsilonForm::kPyTorch}) {
    AdagradOptions o;
    o.epsilon_form = form;
    OptimizerPtr lazy = make_adagrad(c, o), dense = make_adagrad(c, o);
    Tensor start = random(Shape{4, 2}), at = cast(vector({0, 3}), DType::kI64);
    VariableRef a = VariableRef::make(start, "a"), b = VariableRef::make(add_scalar(start, 0), "b");
    for (int t = 0; t < 3; t++) {
      Tensor rows = random(Shape{2, 2});
      Tensor grads[] = {rows}, places[] = {at};
      Variable* variables[] = {a.get()};
      lazy->apply(grads, variables, places);
      apply_one(*dense, b, scatter_add(at, rows, 4, 0));
    }
    CHECK(values(a) == values(b));
    CHECK(values(lazy->slots(*a)[0]) == values(dense->slots(*b)[0]));
  }
}

TEST_CASE_METHOD(Fixture, "an optimizer's name is a part of names of variables", "[optim]") {
  for (const char* name : {"", "a/b"}) {
    SgdOptions o;
    o.name = name;
    CHECK(has(message_of([&] { make_sgd(c, o); }),
              "[optimizer] 'name' must not be empty and must hold no '/'"));
  }
}

}  // namespace
}  // namespace tl::test
