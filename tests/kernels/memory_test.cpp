// Which kernels share memory with their operands and which write over them: in place gives the same bits as apart, and
// views begin where they should.
#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "core/ops/generated/functions.h"

namespace tl::test {
namespace {

Context make_context(int threads) {
  ContextOptions options;
  options.seed = 3;
  options.threads = threads;
  return Context(options);
}

Tensor copy_of(const Tensor& x) {
  Tensor y = x.context().allocate(x.dtype(), x.shape());
  std::memcpy(y.mutable_raw(), x.raw(), x.bytes());
  return y;
}

// Runs an op apart from its operands and, with operands of its own, over those that its row allows; compares the bits.
void check_in_place(OpId op, const std::vector<Tensor>& operands, const void* attrs,
                    bool expect_reuse = true) {
  const OpSchema& schema = schema_of(op);
  INFO(schema.name);
  std::vector<const Tensor*> in;
  for (const Tensor& t : operands) in.push_back(&t);
  Context& context = operands[0].context();
  Tensor apart[3], over[3];
  apply(op, context, Inputs(in.data(), in.size()), attrs, apart);

  std::vector<Tensor> own;
  uint32_t donated = 0;
  for (const Tensor& t : operands) own.push_back(copy_of(t));
  for (size_t i = 0; i < own.size(); i++) in[i] = &own[i];
  std::vector<const std::byte*> memory;
  for (int i = 0; i < schema.num_outputs; i++) {
    REQUIRE(schema.inplace[i] >= 0);
    donated |= 1u << schema.inplace[i];
    memory.push_back(own[static_cast<size_t>(schema.inplace[i])].raw());
  }
  apply(op, context, Inputs(in.data(), in.size()), attrs, over, donated);
  for (int i = 0; i < schema.num_outputs; i++) {
    CHECK((over[i].raw() == memory[static_cast<size_t>(i)]) == expect_reuse);
    REQUIRE(over[i].bytes() == apart[i].bytes());
    CHECK(std::memcmp(over[i].raw(), apart[i].raw(), apart[i].bytes()) == 0);
  }
}

}  // namespace

TEST_CASE("kernels may write over their operands", "[kernels][memory]") {
  for (int threads : {1, 3}) {
    Context c = make_context(threads);
    for (DType dtype : {DType::kF32, DType::kF64, DType::kI32, DType::kU8}) {
      for (int64_t rows : {1, 3, 1001}) {
        INFO(name_of(dtype) << ", " << rows << " rows");
        auto drawn = [&](const IntList& shape) {
          return is_floating(dtype) ? uniform(c, shape, 0.5, 2, dtype)
                                    : cast(uniform(c, shape, 1, 90), dtype);
        };
        const Tensor x = drawn({rows, 101}), y = drawn({rows, 101}), row = drawn({101}),
                     column = drawn({rows, 1}), scalar = drawn({});
        for (OpId op : {OpId::kAdd, OpId::kSub, OpId::kMul}) {
          check_in_place(op, {x, y}, nullptr);
          check_in_place(op, {x, row}, nullptr);
          check_in_place(op, {x, column}, nullptr);
          check_in_place(op, {x, scalar}, nullptr);
          // The first operand is smaller than the result, so that its memory cannot hold it.
          if (rows > 1) check_in_place(op, {row, x}, nullptr, /*expect_reuse=*/false);
        }
        check_in_place(OpId::kNeg, {x}, nullptr);
        check_in_place(OpId::kAbs, {x}, nullptr);
        const AddScalarAttrs three{3};
        check_in_place(OpId::kAddScalar, {x}, &three);
        if (!is_floating(dtype)) continue;
        check_in_place(OpId::kDiv, {x, y}, nullptr);
        for (OpId op :
             {OpId::kExp, OpId::kLog, OpId::kTanh, OpId::kSigmoid, OpId::kRelu, OpId::kSqrt, OpId::kSquare})
          check_in_place(op, {x}, nullptr);
        const Tensor rate = full(c, {}, 0.1, dtype);
        for (bool nesterov : {false, true}) {
          const MomentumUpdateAttrs momentum{0.9, nesterov};
          check_in_place(OpId::kMomentumUpdate, {x, y, drawn({rows, 101}), rate}, &momentum);
        }
        const AdamUpdateAttrs adam{0.9, 0.999};
        check_in_place(OpId::kAdamUpdate, {x, y, drawn({rows, 101}), drawn({rows, 101}), rate, rate, rate},
                       &adam);
      }
    }
  }
}

TEST_CASE("an operand may be given twice in place", "[kernels][memory]") {
  Context c = make_context(1);
  Tensor x = range(c, 1000);
  const Tensor* in[] = {&x, &x};
  Tensor out;
  apply(OpId::kMul, c, Inputs(in, 2), nullptr, &out, 1);
  bool right = true;
  for (int64_t i = 0; i < 1000; i++) right &= out.data<float>()[i] == static_cast<float>(i * i);
  CHECK(right);
}

TEST_CASE("views share memory and begin where they should", "[kernels][memory]") {
  Context c = make_context(1);
  const Tensor x = reshape(range(c, 60), {5, 4, 3});
  CHECK(identity(x).raw() == x.raw());
  CHECK(stop_gradient(x).raw() == x.raw());
  CHECK(reshape(x, {-1, 2}).raw() == x.raw());
  const Tensor rows = slice(x, {2, 0, 0}, {4, 4, 3});
  CHECK(rows.raw() == x.raw() + 2 * 12 * sizeof(float));
  CHECK(rows.shape() == Shape{2, 4, 3});
  CHECK(slice(rows, {1, 0, 0}, {2, 4, 3}).data<float>()[0] == 36);
  CHECK(slice(x, {-1, 0, 0}, {5, 4, 3}, {7, 1, 1}).raw() == x.raw() + 4 * 12 * sizeof(float));
  const Tensor column = slice(x, {0, 1, 0}, {5, 2, 3});
  CHECK(column.elements() == 15);
  CHECK(column.data<float>()[3] == 15);
}

TEST_CASE("steps without a second element may be of any length", "[kernels][memory]") {
  Context c = make_context(1);
  const int64_t far = INT64_MAX;
  const Tensor x = reshape(range(c, 12), {4, 3});
  const Tensor part = slice(x, {1, 1}, {4, 3}, {far, far});
  CHECK(part.shape() == Shape{1, 1});
  CHECK(part.data<float>()[0] == 4);
  const Tensor padded = pad(slice(x, {1, 1}, {2, 2}), {1, 0}, {0, 1}, {far, far}, 9);
  CHECK(padded.shape() == Shape{2, 2});
  const float expected[] = {9, 9, 4, 9};
  CHECK(std::memcmp(padded.raw(), expected, sizeof expected) == 0);
  // Both ends are in range, the distance between them is not.
  const Tensor wide = range(c, 4, -9223372036854775808.0, 4611686018427387904.0, DType::kI64);
  CHECK(wide.data<int64_t>()[3] == 4611686018427387904);
}

}  // namespace tl::test
