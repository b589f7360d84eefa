// Gradients of rows at the optimizers: against the dense update where they agree, what is lazy where they do not, in place,
// and refused where they do not fit.
#include "core/optim/row_update.h"

#include "core/optim/adam.h"
#include "core/optim/clip.h"
#include "core/optim/sgd.h"
#include "tests/nn/fixture.h"

namespace tl::test {
namespace {

using namespace tl::optim;
using Numbers = std::vector<double>;
using OptimizerPtr = std::unique_ptr<Optimizer>;

SgdOptions unit_rate() {
  SgdOptions o;
  o.learning_rate = 1;
  return o;
}

struct RowFixture : Fixture {
  Tensor matrix(const Numbers& numbers, int64_t columns, DType dtype = DType::kF64) {
    return tensor(numbers, Shape{static_cast<int64_t>(numbers.size()) / columns, columns}, dtype);
  }
  Tensor indices(const Numbers& numbers, DType dtype = DType::kI64) { return cast(vector(numbers), dtype); }
  VariableRef table(const Numbers& numbers, int64_t columns, DType dtype = DType::kF64) {
    return VariableRef::make(matrix(numbers, columns, dtype), "table", true);
  }
  std::vector<OptimizerPtr> optimizers() {
    std::vector<OptimizerPtr> all;
    for (double momentum : {0.0, 0.9})
      for (bool nesterov : {false, true})
        for (MomentumForm form : {MomentumForm::kKeras, MomentumForm::kPyTorch}) {
          if (momentum == 0 && (nesterov || form == MomentumForm::kPyTorch)) continue;
          SgdOptions o;
          o.learning_rate = 0.1;
          o.momentum = momentum;
          o.nesterov = nesterov;
          o.momentum_form = form;
          all.push_back(make_sgd(c, o));
        }
    AdamOptions adam;
    adam.learning_rate = 0.1;
    all.push_back(make_adam(c, adam));
    AdamWOptions adamw;
    adamw.adam.learning_rate = 0.1;
    adamw.weight_decay = 0.5;
    all.push_back(make_adamw(c, adamw));
    return all;
  }
};

void apply_rows(Optimizer& optimizer, const VariableRef& v, const Tensor& rows, const Tensor& at) {
  Tensor grads[] = {rows}, places[] = {at};
  Variable* variables[] = {v.get()};
  optimizer.apply(grads, variables, places);
}
void apply_dense(Optimizer& optimizer, const VariableRef& v, const Tensor& g) {
  Tensor grads[] = {g};
  Variable* variables[] = {v.get()};
  optimizer.apply(grads, variables);
}

TEST_CASE_METHOD(RowFixture, "the touched rows move as a table of only these would, the others stay",
                 "[optim]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    std::vector<OptimizerPtr> lazy = optimizers(), dense = optimizers();
    for (size_t k = 0; k < lazy.size(); k++) {
      VariableRef whole = table({1, 2, 3, 4, 5, 6, 7, 8}, 2, dtype), part = table({3, 4, 7, 8}, 2, dtype);
      for (double step : {1.0, -2.0, 0.5}) {
        Tensor g = matrix({step, 0.1 * step, -step, 3}, 2, dtype);
        apply_rows(*lazy[k], whole, g, indices({1, 3}));
        apply_dense(*dense[k], part, g);
      }
      Numbers w = values(whole), p = values(part);
      CAPTURE(lazy[k]->name(), k);
      CHECK(w == Numbers{1, 2, p[0], p[1], 5, 6, p[2], p[3]});
      std::vector<VariableRef> slots = lazy[k]->slots(*whole), of_part = dense[k]->slots(*part);
      for (size_t s = 0; s < slots.size(); s++) {
        Numbers a = values(slots[s]), b = values(of_part[s]);
        CHECK(a == Numbers{0, 0, b[0], b[1], 0, 0, b[2], b[3]});
      }
      CHECK(lazy[k]->iterations() == 3);
    }
  }
}

TEST_CASE_METHOD(RowFixture, "SGD by rows is SGD with the dense gradient, to the bit", "[optim]") {
  OptimizerPtr lazy = make_sgd(c, {}), dense = make_sgd(c, {});
  VariableRef a = table({.1, .2, .3, .4, .5, .6}, 2, DType::kF32),
              b = table({.1, .2, .3, .4, .5, .6}, 2, DType::kF32);
  for (double at : {0.0, 2.0, 1.0}) {
    Tensor g = matrix({.7, -.9}, 2, DType::kF32), places = indices({at}, DType::kI32);
    apply_rows(*lazy, a, g, places);
    apply_dense(*dense, b, scatter_add(places, g, 3, 0));
  }
  CHECK(values(a) == values(b));
}

TEST_CASE_METHOD(RowFixture, "rows whose moments are lazy: a row that rests does not move", "[optim]") {
  AdamOptions o;
  o.learning_rate = 0.1;
  OptimizerPtr adam = make_adam(c, o);
  VariableRef w = table({1, 2}, 1);
  apply_rows(*adam, w, matrix({1}, 1), indices({0}));
  const Numbers after = values(w);
  const Numbers moments = values(adam->slots(*w)[0]);
  apply_rows(*adam, w, matrix({1}, 1), indices({1}));
  CHECK(values(w)[0] == after[0]);
  CHECK(values(adam->slots(*w)[0])[0] == moments[0]);
  // The bias correction is that of step 2, though the row is new: rate sqrt(1 - .999^2) / (1 - .9^2) times .1 / sqrt(.001).
  const double step = 0.1 * std::sqrt(1 - .999 * .999) / (1 - .81) * .1 / (std::sqrt(.001) + 1e-7);
  CHECK(values(w)[1] == Approx(2 - step).epsilon(1e-12));
}

TEST_CASE_METHOD(RowFixture,
                 "a value that somebody holds stays, and one that nobody holds is changed in place",
                 "[optim]") {
  for (OptimizerPtr& optimizer : optimizers()) {
    VariableRef w = table(Numbers(4000, 1.0), 4);
    optimizer->build(Span<Variable* const>({w.get()}));
    const std::byte* memory = w->peek().raw();
    const size_t live = c.allocator().stats().live_bytes;
    apply_rows(*optimizer, w, matrix({1, 1, 1, 1}, 4), indices({7}));
    CHECK(w->peek().raw() == memory);
    CHECK(c.allocator().stats().live_bytes == live);
    Tensor held = w->read();
    const double before = values(held)[28];
    apply_rows(*optimizer, w, matrix({1, 1, 1, 1}, 4), indices({7}));
    CHECK(values(held)[28] == before);
    CHECK(values(w)[28] != before);
    CHECK(values(w)[0] == 1);
  }
}

TEST_CASE_METHOD(RowFixture, "rows and dense gradients in one call, and rows of nothing", "[optim]") {
  OptimizerPtr sgd = make_sgd(c, unit_rate());
  VariableRef w = table({1, 2, 3, 4}, 2), bias = variable({1, 2});
  Tensor grads[] = {matrix({1, 1}, 2), vector({1, 1})}, places[] = {indices({1}), Tensor()};
  Variable* variables[] = {w.get(), bias.get()};
  sgd->apply(grads, variables, places);
  CHECK(values(w) == Numbers{1, 2, 2, 3});
  CHECK(values(bias) == Numbers{0, 1});
  apply_rows(*sgd, w, matrix({}, 2), indices({}));
  CHECK(values(w) == Numbers{1, 2, 2, 3});
  CHECK(sgd->iterations() == 2);
}

TEST_CASE_METHOD(RowFixture, "K7 rows are clipped by the norm of the dense gradient", "[optim][clip]") {
  Tensor rows = matrix({-2, 0, 0, 4, 0, 0}, 3), other = vector({1, -2});
  Tensor grads[] = {rows, Tensor(), other};
  ClippedGradients clipped = clip_by_global_norm(c, grads, 4);
  CHECK(values(clipped.norm) == Numbers{5});
  check_near(values(clipped.gradients[0]), {-1.6, 0, 0, 3.2, 0, 0}, 1e-15);
  check_near(values(clipped.gradients[2]), {.8, -1.6}, 1e-15);
  CHECK_FALSE(clipped.gradients[1]);
}

TEST_CASE_METHOD(RowFixture, "rows that do not fit are refused before anything changes", "[optim]") {
  OptimizerPtr adam = make_adam(c, {});
  VariableRef w = table({1, 2, 3, 4}, 2), scalar = variable({5});
  auto refused = [&](const Tensor& rows, const Tensor& at, const std::string& part) {
    const std::string message = message_of([&] { apply_rows(*adam, w, rows, at); });
    CAPTURE(message, part);
    CHECK(message.find(part) != std::string::npos);
    CHECK(values(w) == Numbers{1, 2, 3, 4});
    CHECK(adam->iterations() == 0);
  };
  Tensor one = matrix({1, 1}, 2), two = matrix({1, 1, 2, 2}, 2);
  refused(two, indices({1, 0}), "strictly ascending: got 0 after 1");
  refused(two, indices({1, 1}), "strictly ascending: got 1 after 1");
  refused(one, indices({2}), "outside [0, 2): got 2");
  refused(one, indices({-1}), "outside [0, 2): got -1");
  refused(one, indices({0, 1}), "a row of (2, 2) for each index: got 'gradients[0]' of (1, 2)");
  refused(one, indices({0}, DType::kF64), "must be i32 or i64 of rank 1: got f64 (1,)");
  refused(one, reshape(indices({0}), {1, 1}), "must be i32 or i64 of rank 1: got i64 (1, 1)");
  refused(cast(one, DType::kF32), indices({0}),
          "rows of a gradient have the dtype of their variable: got f32");
  refused(Tensor(), indices({0}), "indices of rows need the rows");
  Tensor grads[] = {one}, places[] = {indices({0}), indices({1})};
  Variable* variables[] = {w.get()};
  CHECK(message_of([&] { adam->apply(grads, variables, places); }).find("got 2 for 1 variables") !=
        std::string::npos);
  CHECK(message_of([&] {
          apply_rows(*adam, VariableRef::make(reshape(vector({5}), {}), "s", true), reshape(vector({1}), {}),
                     indices({0}));
        }).find("only a variable of rank 1 or more has rows") != std::string::npos);
}

}  // namespace
}  // namespace tl::test
