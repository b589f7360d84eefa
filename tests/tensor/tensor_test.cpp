#include "core/tensor/tensor.h"

#include <catch2/catch.hpp>
#include <string>

#include "core/base/error.h"
#include "core/tensor/context.h"
#include "core/tensor/variable.h"
#include "tests/tensor/error_of.h"

namespace tl {
namespace {

TEST_CASE("shapes print, compare and broadcast as in NumPy") {
  CHECK(text(Shape{}) == "()");
  CHECK(text(Shape{3}) == "(3,)");
  CHECK(text(Shape{2, 0, 5}) == "(2, 0, 5)");
  CHECK(Shape{}.elements() == 1);
  CHECK(Shape{2, 0, 5}.elements() == 0);
  CHECK(broadcast("op", {2, 1, 3}, {4, 1}) == Shape{2, 4, 3});
  CHECK(broadcast("op", {}, {2, 2}) == Shape{2, 2});
  CHECK(broadcast("op", {0}, {1}) == Shape{0});
  CHECK(broadcast("op", {1}, {0}) == Shape{0});
  CHECK(error_of([] { broadcast("op", {0}, {3}); }).find("do not broadcast") != std::string::npos);
  CHECK(error_of([] { broadcast("op", {2, 3}, {2}); }).find("(2, 3) and (2,)") != std::string::npos);
  CHECK(checked_axis("op", -1, 3) == 2);
  CHECK(error_of([] { checked_axis("op", 3, 3); }).find("valid is -3 to 2") != std::string::npos);
}

TEST_CASE("shapes whose bytes overflow are refused, also next to a size of zero") {
  auto refused = [](std::initializer_list<int64_t> dims, size_t element) {
    return error_of([&] { checked_shape("op", Span<const int64_t>(dims.begin(), dims.size()), element); });
  };
  CHECK(refused({int64_t{1} << 40, int64_t{1} << 24}, 1).find("overflows") != std::string::npos);
  CHECK(refused({int64_t{1} << 40, (int64_t{1} << 22) - 1}, 1).empty());
  CHECK(refused({int64_t{1} << 40, int64_t{1} << 20}, 8).find("overflows") != std::string::npos);
  CHECK(refused({0, int64_t{1} << 62, 4}, 4).find("overflows") != std::string::npos);
  CHECK(refused({-1}, 4).find("negative") != std::string::npos);
}

TEST_CASE("views share memory and have an id of their own; shells keep the id and no memory") {
  Context c({});
  Tensor t = c.allocate(DType::kF32, {2, 3});
  for (int i = 0; i < 6; i++) t.mutable_data<float>()[i] = static_cast<float>(i);
  CHECK(t.owns_memory_alone());
  Tensor row = t.view({3}, 3 * sizeof(float));
  CHECK_FALSE(t.owns_memory_alone());
  CHECK(row.data<float>()[2] == 5);
  CHECK(row.id() != t.id());
  Tensor shell = t.shell();
  CHECK(shell.id() == t.id());
  CHECK(shell.is_shell());
  CHECK(shell.shape() == Shape{2, 3});
  uint64_t id = t.id();
  t = Tensor();
  CHECK(row.data<float>()[0] == 3);
  row = shell = Tensor();
  CHECK(c.live_tensors() == 0);
  CHECK(c.allocator().stats().live_bytes == 0);
  CHECK(c.allocate(DType::kF32, {}).id() > id);
}

TEST_CASE("assigning a variable leaves what was read as it was") {
  Context c({});
  Tensor one = c.allocate(DType::kF64, {}), two = c.allocate(DType::kF64, {});
  *one.mutable_data<double>() = 1;
  *two.mutable_data<double>() = 2;
  VariableRef v = VariableRef::make(one, "v");
  Tensor read = v->read();
  v->assign(two);
  CHECK(*read.data<double>() == 1);
  CHECK(*v->read().data<double>() == 2);
  CHECK(v->read().id() != two.id());
  CHECK(error_of([&] { v->assign(c.allocate(DType::kF64, {1})); }).find("'v'") != std::string::npos);
  CHECK(error_of([&] { v->assign(c.allocate(DType::kF32, {})); }).find("f32") != std::string::npos);
  CHECK(*v->read().data<double>() == 2);
}

TEST_CASE("contexts refuse numbers of threads that make no sense") {
  CHECK(error_of([] {
          Context c(ContextOptions{0, -1, 0, nullptr, nullptr});
        }).find("-1") != std::string::npos);
  CHECK(error_of([] {
          Context c(ContextOptions{0, 100000, 0, nullptr, nullptr});
        }).find("100000") != std::string::npos);
  Context c(ContextOptions{0, 3, 0, nullptr, nullptr});
  CHECK(c.threads() == 3);
}

}  // namespace
}  // namespace tl
