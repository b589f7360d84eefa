// Clipping against the conformance catalogue (tags K1 to K9) and against plain double loops.
#include "core/optim/clip.h"

#include "core/autodiff/tape.h"
#include "tests/nn/fixture.h"
#include "tests/optim/short_words.h"

namespace tl::test {
namespace {

using namespace tl::optim;
using Numbers = std::vector<double>;

TEST_CASE_METHOD(Fixture, "K1 by value", "[clip]") {
  check_near(values(clip(tensor({-5, 2, 3, 4, 5, 6}, {2, 3}), -4.4, 4.4)), {-4.4, 2, 3, 4, 4.4, 4.4}, 0);
  Numbers odd = values(clip(vector({std::nan(""), kInfinity, -kInfinity}), -2, 3));
  CHECK(std::isnan(odd[0]));
  CHECK(odd[1] == 3);
  CHECK(odd[2] == -2);
}

TEST_CASE_METHOD(Fixture, "K2, K3 by value with tensors as bounds, of rows, and bounds that do not fit",
                 "[clip]") {
  // The rows of a sparse gradient: those that are stored are clipped, and stay rows.
  Tensor rows = tensor({-3, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, -1}, {2, 2, 3});
  Tensor low = scalar(1), high = scalar(2);
  CHECK(values(clip_by_value(rows, low, high)) == Numbers{1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 1});
  CHECK(values(clip(rows, 1, 2)) == values(clip_by_value(rows, low, high)));
  Tensor x = tensor({-5, 2, 3, 4, 5, 6}, {2, 3}), each = vector({0, 2.5, 4}),
         column = tensor({-1, 5}, {2, 1});
  CHECK(values(clip_by_value(x, column, each)) == Numbers{-1, 2, 3, 5, 5, 5});  // low wins where they cross
  Numbers odd = values(clip_by_value(vector({std::nan(""), kInfinity, -kInfinity}), scalar(-2), scalar(3)));
  CHECK(std::isnan(odd[0]));
  CHECK(odd[1] == 3);
  CHECK(odd[2] == -2);
  Tensor integers = cast(x, DType::kI32);
  CHECK(values(clip_by_value(integers, cast(scalar(0), DType::kI32), cast(scalar(4), DType::kI32))) ==
        Numbers{0, 2, 3, 4, 4, 4});

  // Bounds of shape 2 would make (2, 3, 1) larger.
  Tensor deep = tensor({1, 2, 3, 4, 5, 6}, {2, 3, 1}), pair = vector({1, 2});
  CHECK(has(message_of([&] { clip_by_value(deep, pair, scalar(9)); }),
            "must not enlarge 'x': got 'low' of (2,)"));
  CHECK(has(message_of([&] { clip_by_value(deep, scalar(0), pair); }), "got 'high' of (2,)"));
  CHECK(has(message_of([&] { clip_by_value(x, vector({1, 2}), scalar(9)); }), "do not broadcast"));
  CHECK(has(message_of([&] { clip_by_value(x, scalar(0, DType::kF32), scalar(9)); }),
            "must have the dtype of 'x'"));
  CHECK(has(message_of([&] { clip_by_value(x, Tensor(), scalar(9)); }), "'low' must be a tensor: got null"));

  // The gradient goes to whatever is in the result.
  Tape tape(c, {});
  for (const Tensor& t : {x, low, high}) tape.watch(t);
  GradientSource sources[] = {{x, nullptr}, {low, nullptr}, {high, nullptr}};
  std::vector<Tensor> g = tape.gradient({clip_by_value(x, low, high)}, sources);
  CHECK(values(g[0]) == Numbers{0, 1, 0, 0, 0, 0});  // 2 is the upper bound itself
  CHECK(values(g[1]) == Numbers{1});
  CHECK(values(g[2]) == Numbers{4});
}

TEST_CASE_METHOD(Fixture, "K4, K5 by norm, whole and along axes", "[clip]") {
  Tensor x = tensor({-3, 0, 0, 4, 0, 0}, {2, 3});
  check_near(values(clip_by_norm(x, 4)), {-2.4, 0, 0, 3.2, 0, 0}, 1e-15);
  CHECK(values(clip_by_norm(x, 5)) == values(x));
  CHECK(values(clip_by_norm(x, 6)) == values(x));
  Tensor y = tensor({-3, 0, 0, 4, 0, 3}, {2, 3});
  check_near(values(clip_by_norm(y, 4, {0})), {-2.4, 0, 0, 3.2, 0, 3}, 1e-15);
  check_near(values(clip_by_norm(y, 4, {1})), {-3, 0, 0, 3.2, 0, 2.4}, 1e-15);
  CHECK(values(clip_by_norm(y, 6, {1})) == values(y));
}

TEST_CASE_METHOD(Fixture, "K6 a norm of zero gives zero with gradient one", "[clip]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    Tensor x = vector({0, 0, 0}, dtype);
    Tape tape(c, {});
    tape.watch(x);
    Tensor y = clip_by_norm(x, 4);
    CHECK(values(y) == Numbers{0, 0, 0});
    GradientSource source[] = {{x, nullptr}};
    CHECK(values(tape.gradient({y}, source)[0]) == Numbers{1, 1, 1});
  }
}

TEST_CASE_METHOD(Fixture, "the gradient of clipping by norm", "[clip]") {
  // y = c x / |x|: dy/dx of the sum is c (1 / |x|) (1 - x sum(x) / |x|^2).
  Tensor x = vector({3, 4});
  Tape tape(c, {});
  tape.watch(x);
  GradientSource source[] = {{x, nullptr}};
  check_near(values(tape.gradient({clip_by_norm(x, 2)}, source)[0]),
             {2. / 5 * (1 - 3. * 7 / 25), 2. / 5 * (1 - 4. * 7 / 25)}, 1e-14);
}

TEST_CASE_METHOD(Fixture, "by norm: infinite and NaN elements", "[clip]") {
  Numbers y = values(clip_by_norm(vector({1, kInfinity}), 2));
  CHECK(y[0] == 0);
  CHECK(std::isnan(y[1]));
  for (double v : values(clip_by_norm(vector({1, std::nan("")}), 2))) CHECK(std::isnan(v));
}

TEST_CASE_METHOD(Fixture, "by norm: elements whose squares leave the range of the dtype", "[clip]") {
  const double third = 1 / std::sqrt(3.);
  check_near(values(clip_by_norm(vector({1e200, 1e200, 1e200}), 1)), {third, third, third}, 1e-15);
  check_near(values(clip_by_norm(vector({1e30, 1e30, 1e30}, DType::kF32), 1)), {third, third, third}, 1e-7);
  Numbers small = values(clip_by_norm(vector({1e-30, 1e-30, 1e-30}, DType::kF32), 1e-31));
  for (double v : small) CHECK(v == Approx(1e-31 * third).epsilon(1e-6));
  Numbers kept = values(clip_by_norm(vector({1e-40, 2e-40}), 1));
  CHECK(kept == Numbers{1e-40, 2e-40});
}

TEST_CASE_METHOD(Fixture, "by norm: limits that f32 does not hold", "[clip]") {
  for (double limit : {5e-324, 1e-300, 1e-46, 2e-39, 1e39, 1e300})
    for (const Numbers& x : {Numbers{3, -4}, {0, 0}, {3e38, 3e38}, {1e-40, 0}, {0, 1e38}}) {
      const Tensor narrow = vector(x, DType::kF32);
      const Numbers held = values(narrow), y = values(clip_by_norm(narrow, limit));
      const Numbers each = values(clip_by_norm(narrow.view(Shape{1, 2}), limit, {1}));
      const double norm = std::hypot(held[0], held[1]);
      for (size_t i = 0; i < 2; i++) {
        INFO(limit << " of " << held[0] << ", " << held[1]);
        const double want = norm <= limit ? held[i] : held[i] / norm * limit;
        CHECK(std::abs(y[i] - want) <= 1e-6 * std::abs(want) + 1e-45);
        CHECK(each[i] == y[i]);
      }
    }
}

TEST_CASE_METHOD(Fixture, "adaptively: what reaches each output, to a share of the norm of its weights",
                 "[clip]") {
  // Columns: above the limit 0.1 * 5 = 0.5; below; with weights whose norm counts as 0.5.
  const Numbers w{3, 6, .1, 4, 8, 0}, g{30, .1, .6, 40, -.2, .8}, want{.3, .1, .03, .4, -.2, .04};
  for (DType dtype : {DType::kF32, DType::kF64}) {
    const double close = dtype == DType::kF32 ? 1e-7 : 1e-15;
    auto clipped = [&](const Shape& shape) {
      return values(clip_adaptive(tensor(g, shape, dtype), tensor(w, shape, dtype), .1, .5));
    };
    for (const Shape& shape : {Shape{2, 3}, Shape{2, 1, 3}, Shape{1, 2, 1, 3}})
      check_near(clipped(shape), want, close);
    CHECK(clipped({2, 3})[1] == values(tensor(g, {2, 3}, dtype))[1]);  // to the bit
    CHECK(clipped({2, 3})[4] == values(tensor(g, {2, 3}, dtype))[4]);
    // One axis that is longer than 1: one norm.
    double of_g = 0, of_w = 0;
    for (size_t i = 0; i < 6; i++) of_g += g[i] * g[i], of_w += w[i] * w[i];
    Numbers whole = g;
    for (double& x : whole) x *= .1 * std::sqrt(of_w / of_g);
    for (const Shape& shape : {Shape{6}, Shape{1, 6}, Shape{6, 1}})
      check_near(clipped(shape), whole, 10 * close);
    check_near(values(clip_adaptive(scalar(-3, dtype), scalar(2, dtype), .1, 1)), {-.2}, close);
    CHECK(clip_adaptive(full(c, {0, 3}, 0, dtype), full(c, {2, 3}, 0, dtype), .1, 1).shape() == Shape{0, 3});
  }
  // The rows of a row-sparse gradient, of which the others are zero.
  check_near(values(clip_adaptive(tensor({30, .1, .6}, {1, 3}), tensor(w, {2, 3}), .1, .5)), {.5, .1, .05},
             1e-15);
}

TEST_CASE_METHOD(Fixture, "adaptively: elements of any size, infinite and NaN ones, and the gradient",
                 "[clip]") {
  check_near(values(clip_adaptive(vector({3e200, 4e200}), vector({3, 4}), 1, 1)), {3, 4}, 1e-14);
  check_near(values(clip_adaptive(vector({3, 4}), vector({3e-200, 4e-200}), 1, 1e-210)), {3e-200, 4e-200},
             1e-214);
  check_near(values(clip_adaptive(vector({3e38, 0}, DType::kF32), vector({1e-38, 0}, DType::kF32), 1, 1e-40)),
             {1e-38, 0}, 1e-44);
  Numbers y =
      values(clip_adaptive(tensor({1, 1, kInfinity, 1}, {2, 2}), tensor({1, 1, 1, 1}, {2, 2}), .1, 1));
  CHECK((y[0] == 0 && std::isnan(y[2])));
  y = values(clip_adaptive(tensor({1, 1, std::nan(""), .1}, {2, 2}), tensor({1, 1, 1, 1}, {2, 2}), .2, 1));
  CHECK((std::isnan(y[0]) && std::isnan(y[2]) && std::isfinite(y[1]) && std::isfinite(y[3])));
  CHECK(values(clip_adaptive(vector({0, 0}), vector({0, 0}), .1, 1)) == Numbers{0, 0});
  // Differences: g = (3, 4) is clipped to |w| / |g| of itself.
  const Numbers g{3, 4}, w{.6, .3}, along{.7, -.2};
  auto value = [&](const Numbers& at_g, const Numbers& at_w) {
    return item(sum(mul(clip_adaptive(vector(at_g), vector(at_w), 1, .1), vector(along))));
  };
  const Tensor of_g = vector(g), of_w = vector(w);
  GradientSource sources[] = {{of_g, nullptr}, {of_w, nullptr}};
  Tape tape(c, {});
  tape.watch(of_g);
  tape.watch(of_w);
  Tensor out = sum(mul(clip_adaptive(of_g, of_w, 1, .1), vector(along)));
  const std::vector<Tensor> slopes = tape.gradient({out}, sources);
  for (size_t k = 0; k < 2; k++) {
    auto moved = [&](const Numbers& x, double by) {
      Numbers m = x;
      m[k] += by;
      return m;
    };
    CHECK(values(slopes[0])[k] ==
          Approx((value(moved(g, 1e-6), w) - value(moved(g, -1e-6), w)) / 2e-6).epsilon(1e-7));
    CHECK(values(slopes[1])[k] ==
          Approx((value(g, moved(w, 1e-6)) - value(g, moved(w, -1e-6))) / 2e-6).epsilon(1e-7));
  }
}

TEST_CASE_METHOD(Fixture, "adaptively: what makes no sense", "[clip]") {
  const Tensor x = vector({1, 2});
  for (double bad : {0., -1., kInfinity, std::nan("")}) {
    CHECK(has(message_of([&] { clip_adaptive(x, x, bad, 1); }), "'factor'"));
    CHECK(has(message_of([&] { clip_adaptive(x, x, 1, bad); }), "'epsilon'"));
  }
  CHECK(has(message_of([&] {
              clip_adaptive(x, vector({1, 2}, DType::kF32), 1, 1);
            }),
            "dtype of its weights"));
  CHECK(has(message_of([&] {
              clip_adaptive(tensor({1, 2}, {1, 2}), tensor({1, 2}, {2, 1}), 1, 1);
            }),
            "got f64 (1, 2)"));
  CHECK(has(message_of([&] { clip_adaptive(x, tensor({1, 2}, {1, 2}), 1, 1); }), "their shape"));
  CHECK(has(message_of([&] { clip_adaptive(vector({1}, DType::kI32), x, 1, 1); }),
            "'gradient' must be f32 or f64"));
  CHECK(has(message_of([&] { clip_adaptive(x, Tensor(), 1, 1); }), "'weights' must be a tensor"));
}

TEST_CASE_METHOD(Fixture, "K7, K8 by global norm, with none entries", "[clip]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    Tensor x0 = tensor({-2, 0, 0, 4, 0, 0}, {2, 3}, dtype), x1 = vector({1, -2}, dtype);
    ClippedGradients out = clip_by_global_norm(c, {x0, Tensor(), x1, Tensor()}, 4);
    CHECK(item(out.norm) == 5);
    CHECK(out.norm.dtype() == DType::kF64);
    check_near(values(out.gradients[0]), {-1.6, 0, 0, 3.2, 0, 0}, 1e-6);
    check_near(values(out.gradients[2]), {.8, -1.6}, 1e-6);
    CHECK(out.gradients[0].dtype() == dtype);
    CHECK_FALSE(out.gradients[1]);
    CHECK_FALSE(out.gradients[3]);
    ClippedGradients same = clip_by_global_norm(c, {x0, Tensor(), x1}, 5);
    CHECK(values(same.gradients[0]) == values(x0));
    CHECK(values(same.gradients[2]) == values(x1));
    ClippedGradients zeros = clip_by_global_norm(c, {full(c, {3}, 0, dtype)}, 5);
    CHECK(item(zeros.norm) == 0);
    CHECK(values(zeros.gradients[0]) == Numbers{0, 0, 0});
  }
  Tensor mixed[] = {vector({3}, DType::kF32), vector({4}, DType::kF64)};
  ClippedGradients out = clip_by_global_norm(c, mixed, 1);
  CHECK(item(out.norm) == 5);
  check_near(values(out.gradients[0]), {.6}, 1e-7);
  check_near(values(out.gradients[1]), {.8}, 1e-15);
  CHECK(item(clip_by_global_norm(c, {}, 1).norm) == 0);
  CHECK(item(clip_by_global_norm(c, {Tensor()}, 1).norm) == 0);
}

TEST_CASE_METHOD(Fixture, "K9 a global norm that is not finite is reported, or makes every entry NaN",
                 "[clip]") {
  for (double bad : {kInfinity, -kInfinity, std::nan("")}) {
    Tensor x0 = vector({-2, bad, 4}), x1 = vector({1}, DType::kF32);
    Tensor both[] = {x0, x1};
    std::string text = message_of([&] { clip_by_global_norm(c, both, 6); }, Code::kNonFinite);
    CHECK(has(text, std::isnan(bad) ? "nan" : "inf"));
    ClippedGradients out = clip_by_global_norm(c, both, 6, NonFinite::kPropagate);
    CHECK_FALSE(std::isfinite(item(out.norm)));
    for (const Tensor& g : out.gradients)
      for (double v : values(g)) CHECK(std::isnan(v));
    CHECK_FALSE(std::isfinite(item(global_norm(c, both))));
  }
}

TEST_CASE_METHOD(Fixture, "finite f32 gradients whose squares overflow have a finite norm", "[clip]") {
  Tensor x = vector({3e30, 4e30}, DType::kF32);
  ClippedGradients out = clip_by_global_norm(c, {x}, 1);
  CHECK(item(out.norm) == Approx(5e30));
  check_near(values(out.gradients[0]), {.6, .8}, 1e-6);
}

TEST_CASE_METHOD(Fixture, "the global norm of elements whose squares leave the range of f64", "[clip]") {
  for (double size : {1e200, 1e154, 1e-170, 1e-200}) {
    INFO(size);
    Tensor both[] = {vector({3 * size, 0}), Tensor(), vector({4 * size}), full(c, {0}, 0, DType::kF64)};
    CHECK(item(global_norm(c, both)) == Approx(5 * size).epsilon(1e-14));
    for (NonFinite way : {NonFinite::kError, NonFinite::kPropagate}) {
      ClippedGradients out = clip_by_global_norm(c, both, size, way);
      CHECK(item(out.norm) == Approx(5 * size).epsilon(1e-14));
      CHECK(values(out.gradients[0])[0] == Approx(.6 * size).epsilon(1e-14));
      CHECK(values(out.gradients[2])[0] == Approx(.8 * size).epsilon(1e-14));
      ClippedGradients same = clip_by_global_norm(c, both, 6 * size, way);
      CHECK(values(same.gradients[0]) == values(both[0]));
    }
  }
  // A norm that f64 cannot hold is infinite, and reported.
  Tensor most[] = {vector({1.5e308, 1.5e308})};
  CHECK(item(global_norm(c, most)) == kInfinity);
  message_of([&] { clip_by_global_norm(c, most, 1); }, Code::kNonFinite);
}

TEST_CASE_METHOD(Fixture, "the global norm of f32 elements at the ends of its range", "[clip]") {
  Tensor small = vector({3e-30, 4e-30}, DType::kF32);
  ClippedGradients out = clip_by_global_norm(c, {small}, 1e-30);
  CHECK(item(out.norm) == Approx(5e-30));
  CHECK(values(out.gradients[0])[0] == Approx(.6e-30));
  CHECK(values(out.gradients[0])[1] == Approx(.8e-30));
  // The factor itself, 2e-47, is no number of f32.
  Tensor large = vector({3e38, 0, -3e38}, DType::kF32);
  Numbers clipped = values(clip_by_global_norm(c, {large}, 1e-8).gradients[0]);
  CHECK(clipped[0] == Approx(1e-8 / std::sqrt(2.)).epsilon(1e-6));
  CHECK(clipped[2] == -clipped[0]);
}

TEST_CASE_METHOD(Fixture, "the first and second gradient of the global norm, for elements of any size",
                 "[clip]") {
  // |x| has the gradient x / |x|, and its sum over i the gradient (1 - x sum(x) / |x|^2) / |x|.
  for (double size : {1., 1e200, 1e-200}) {
    INFO(size);
    Tensor x = vector({3 * size, 4 * size});
    Tape outer(c, {});
    outer.watch(x);
    Tensor first;
    GradientSource source[] = {{x, nullptr}};
    {
      Tape inner(c, {});
      inner.watch(x);
      first = inner.gradient({global_norm(c, {x})}, source)[0];
    }
    check_near(values(first), {.6, .8}, 1e-14);
    Numbers second = values(outer.gradient({first}, source)[0]);
    for (size_t i = 0; i < 2; i++)
      CHECK(second[i] * size == Approx((1 - (i == 0 ? 3. : 4.) * 7 / 25) / 5).epsilon(1e-13));
  }
}

TEST_CASE_METHOD(Fixture, "the global norm of many elements", "[clip]") {
  std::vector<Tensor> grads;
  double squares = 0;
  for (int64_t n : {1, 1000, 100003}) {
    grads.push_back(random(Shape{n}, DType::kF32));
    for (double v : values(grads.back())) squares += v * v;
  }
  CHECK(item(global_norm(c, grads)) == Approx(std::sqrt(squares)).epsilon(1e-6));
}

TEST_CASE_METHOD(Fixture, "clipping refuses limits and gradients that make no sense", "[clip]") {
  Tensor x = vector({1, 2});
  for (double bad : {0., -1., kInfinity, std::nan("")}) {
    message_of([&] { clip_by_norm(x, bad); });
    message_of([&] { clip_by_global_norm(c, {x}, bad); });
  }
  CHECK(has(message_of([&] { clip_by_norm(vector({1}, DType::kI32), 1); }), "i32"));
  Tensor second[] = {x, vector({1}, DType::kI64)};
  CHECK(has(message_of([&] { clip_by_global_norm(c, second, 1); }), "gradient 1"));
  Context other(ContextOptions{});
  CHECK(has(message_of([&] { clip_by_global_norm(other, second, 1); }), "another context"));
  CHECK(has(message_of([&] { clip_by_global_norm(c, {x}, 1, static_cast<NonFinite>(9)); }), "9"));
  message_of([&] { clip_by_norm(Tensor(), 1); });
}

}  // namespace
}  // namespace tl::test
