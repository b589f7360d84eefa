// Hinge losses against the conformance catalogue (L5), their labels, and formulas.
#include "core/nn/margin_loss.h"

#include "core/compile/function.h"
#include "tests/nn/fixture.h"
#include "tests/nn/loss_cases.h"

namespace tl::test {
namespace {

using namespace tl::nn;
using Numbers = std::vector<double>;

TEST_CASE_METHOD(Fixture, "L5 hinge and categorical hinge", "[loss]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    const double tolerance = dtype == DType::kF32 ? 1e-5 : 1e-9;
    const Tensor y = tensor({0, 1, 0, 0}, {2, 2}, dtype), p = tensor({.6, .4, .4, .6}, {2, 2}, dtype);
    const Tensor w = vector({1, 0}, dtype);
    check_near({item(hinge(y, p))}, {1.3}, tolerance);
    check_near({item(hinge(y, p, reduced(Reduction::kSum)))}, {2.6}, tolerance);
    check_near(values(hinge(y, p, reduced(Reduction::kNone))), {1.1, 1.5}, tolerance);
    check_near({item(hinge(y, p, reduced(Reduction::kMean, w)))}, {.55}, tolerance);
    check_near({item(hinge(y, p, reduced(Reduction::kSum, w)))}, {1.1}, tolerance);
    check_near(values(hinge(y, p, reduced(Reduction::kNone, w))), {1.1, 0}, tolerance);
    check_near({item(categorical_hinge(y, p, reduced(Reduction::kMean, w)))}, {.6}, tolerance);
    check_near({item(categorical_hinge(y, p, reduced(Reduction::kSum, w)))}, {1.2}, tolerance);
    check_near(values(categorical_hinge(y, p, reduced(Reduction::kNone, w))), {1.2, 0}, tolerance);
    // Squares of 1.6, .6 and of 1.4, 1.6, which hinge has the means of.
    check_near(values(squared_hinge(y, p, reduced(Reduction::kNone))),
               {(1.6 * 1.6 + .6 * .6) / 2, (1.4 * 1.4 + 1.6 * 1.6) / 2}, tolerance);
  }
}

TEST_CASE_METHOD(Fixture, "labels 0 and 1 are sides, labels of one convention give one loss in any batches",
                 "[loss]") {
  const Tensor p = vector({.3, -2, 1.5, -.2});
  const Numbers want{.7, 0, 2.5, .8};
  const auto each = [&](const Tensor& y) { return values(hinge(y, p, reduced(Reduction::kNone))); };
  for (DType dtype : {DType::kF64, DType::kI32, DType::kI64}) {
    check_near(each(vector({1, -1, -1, -1}, dtype)), want, 1e-15);
    check_near(each(vector({1, 0, 0, 0}, dtype)), want, 1e-15);
  }
  check_near(each(vector({1, 0, 0, 0}, DType::kBool)), want, 1e-15);
  check_near(each(vector({1, 0, 0, 0}, DType::kU8)), want, 1e-15);
  // One by one: a batch that is all 1 says the same in both conventions.
  for (double no : {0., -1.})
    for (size_t i = 0; i < 4; i++)
      check_near({item(hinge(vector({i == 0 ? 1 : no}), vector({values(p)[i]})))}, {want[i]}, 1e-15);
  // Others are taken as they are: a 0 beside a -1 asks for nothing.
  check_near(each(vector({1, -1, 0, -1})), {.7, 0, 1, .8}, 1e-15);
  check_near(each(vector({.5, 0, 0, 0})), {.85, 1, 1, 1}, 1e-15);
  check_near(each(vector({2, 0, 1, 0})), {.4, 1, 0, 1}, 1e-15);
}

TEST_CASE_METHOD(Fixture, "a recorded step decides anew how labels are meant", "[loss]") {
  compile::Function f(
      c, [&](Span<const Tensor> in, size_t) { return std::vector<Tensor>{hinge(in[0], in[1])}; }, {});
  const Tensor p = vector({.3, -2, 1.5, -.2});
  for (const Numbers& labels : {Numbers{1, 0, 0, 0}, Numbers{1, -1, -1, -1}, Numbers{1, -1, 0, -1},
                                Numbers{1, 1, 1, 1}, Numbers{0, 1, 0, 1}}) {
    std::vector<Tensor> in{vector(labels), p}, out(1);
    f.call(in, out);
    CHECK(item(out[0]) == item(hinge(in[0], p)));
  }
  CHECK(f.stats().traces == 1);
}

TEST_CASE_METHOD(Fixture, "hinges tell what does not fit", "[loss]") {
  const Tensor p = random(Shape{2, 3}), y = full(c, {2, 3}, 1, DType::kF64);
  for (auto loss : {hinge, squared_hinge, categorical_hinge}) {
    CHECK(has(message_of([&] { loss(full(c, {2}, 1, DType::kF64), p, {}); }), "they differ in rank"));
    CHECK(has(message_of([&] { loss(cast(y, DType::kF32), p, {}); }), "must have one dtype"));
    const Tensor none = full(c, {2, 0}, 0, DType::kF64);
    message_of([&] { loss(none, none, {}); });
  }
  CHECK(has(message_of([&] { categorical_hinge(scalar(1), scalar(1)); }), "that of the classes"));
  CHECK(has(message_of([&] { hinge(y, reshape(p, {3, 2})); }), "[hinge] labels and predictions"));
}

}  // namespace
}  // namespace tl::test
