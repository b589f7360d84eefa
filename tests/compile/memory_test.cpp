// Where values live: what may share memory does, and the checker finds each way in which a plan can be wrong.
#include <catch2/catch.hpp>

#include "core/base/error.h"
#include "core/compile/memory_plan.h"
#include "tests/graph/program_text.h"

namespace tl::compile_test {

using namespace graph;
using compile::Home;
using compile::MemoryPlan;
using test::program_of;

namespace {

struct Fixture {
  Context c{ContextOptions{1, 1, 0, nullptr, nullptr}};
  Program program;
  MemoryPlan plan;

  void planned(const std::string& text) {
    program = program_of(c, text);
    REQUIRE(problem_of(program) == "");
    plan = compile::plan_memory(program);
    CHECK(compile::overlap_of(program, plan) == "");
  }
  std::string broken(const std::function<void(MemoryPlan&)>& change) {
    MemoryPlan other = plan;
    change(other);
    return compile::overlap_of(program, other);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "memory is used again when its value is dead", "[compile]") {
  // Powers work on no operand's memory, so each takes one block of the two.
  planned(
      "input %0: f32 (100,)\n%1 = pow %0 %0\n%2 = pow %1 %0\n%3 = pow %2 %0\n%4 = pow %3 %0\n%5 = pow %4 "
      "%0\nreturn %5\n");
  CHECK(plan.arena_bytes == 2 * 448);
  CHECK(plan.places[5].home == Home::kFresh);
  // An element-wise chain runs in one place.
  planned(
      "input %0: f32 (100,)\n%1 = exp %0\n%2 = neg %1\n%3 = tanh %2\n%4 = sum %3 {axes=[], "
      "keepdims=false}\nreturn %4\n");
  CHECK(plan.arena_bytes == 448);
  // Not while the operand is needed, or is taken through a view with another position.
  planned("input %0: f32 (100,)\n%1 = exp %0\n%2 = neg %1\n%3 = pow %2 %1\nreturn %3\n");
  CHECK(plan.arena_bytes == 2 * 448);
  planned(
      "input %0: f32 (4, 4)\n%1 = exp %0\n%2 = slice %1 {begin=[1, 0], end=[2, 4], strides=[]}\n%3 = add %1 "
      "%2\n%4 = pow %3 %3\n"
      "return %4\n");
  CHECK(plan.places[3].offset != plan.places[1].offset);
  // Views have no memory of their own.
  planned(
      "input %0: f32 (4, 4)\n%1 = exp %0\n%2 = reshape %1 {shape=[16]}\n%3 = slice %2 {begin=[4], end=[8], "
      "strides=[]}\n"
      "%4 = pow %3 %3\nreturn %4\n");
  CHECK(plan.arena_bytes == 64);
  CHECK(plan.places[3].offset == plan.places[1].offset + 16);
}

TEST_CASE_METHOD(Fixture, "variables change in place where that is safe", "[compile]") {
  const std::string head =
      "input %0: f32 (3,)\nvariable 'w' %1: f32 (3,) becomes %3\nvariable 'rate' %2: f32 ()\n";
  const std::string update = "%3: f32 (3,) = sgd_update %1 %0 %2\n";
  auto home = [&](const std::string& nodes) {
    planned(head + nodes);
    return plan.places[3].home;
  };
  CHECK(home(update + "return\n") == Home::kTarget);
  CHECK(plan.first_update == 0);
  CHECK(home(update + "return %3\n") == Home::kTarget);
  CHECK(home(update + "return %1\n") == Home::kFresh);                         // the old value goes out
  CHECK(home(update + "%4: f32 (3,) = exp %1\nreturn %4\n") == Home::kFresh);  // it is needed later
  CHECK(home(update + "%4: f32 (3,) = reshape %1 {shape=[3]}\n%5 = exp %4\nreturn %5\n") == Home::kFresh);
  // Somebody can fail afterwards.
  CHECK(home(update + "%4: f32 (3,) = check_range %0 {low=0, high=1, nan=false}\nreturn\n") == Home::kFresh);
  CHECK(plan.first_update == program.nodes.size());
  // Two variables that exchange their values.
  planned("variable 'a' %0: f32 (3,) becomes %1\nvariable 'b' %1: f32 (3,) becomes %0\nreturn\n");
}

TEST_CASE_METHOD(Fixture, "the checker finds memory that is shared wrongly", "[compile]") {
  planned(
      "input %0: f32 (100,)\nvariable 'w' %1: f32 (100,) becomes %6\nvariable 'rate' %2: f32 ()\n%3 = pow %0 "
      "%0\n%4 = pow %3 %0\n"
      "%5 = pow %3 %4\n%6 = sgd_update %1 %5 %2\nreturn %4\n");
  CHECK(plan.places[6].home == Home::kTarget);
  CHECK(broken([](MemoryPlan& p) { p.places[5].offset = p.places[3].offset; }) ==
        "pow writes %5 over its operand %3");
  CHECK(broken([](MemoryPlan& p) { p.places[4] = p.places[3]; }) == "pow writes %4 over its operand %3");
  CHECK(broken([](MemoryPlan& p) { p.places[5].offset += 640; }) == "%5 ends behind the arena");
  CHECK(broken([](MemoryPlan& p) { p.arena_bytes += 64, p.places[5].offset += 8; }) == "%5 is not aligned");
  CHECK(broken([](MemoryPlan& p) { p.places[3].home = Home::kNowhere; }) ==
        "pow makes %3, which has no memory");
  planned(
      "input %0: f32 (100,)\n%1 = pow %0 %0\n%2 = pow %0 %1\n%3 = pow %1 %0\n%4 = add %2 %3\nreturn %4\n");
  CHECK(broken([](MemoryPlan& p) { p.places[2].offset = p.places[1].offset; }) ==
        "pow writes %2 over its operand %1");
  CHECK(broken([](MemoryPlan& p) { p.places[3].offset = p.places[2].offset; }) ==
        "add takes %2 where %3 has been written");
  CHECK(broken([](MemoryPlan& p) { p.places[4] = p.places[2]; }) == "output %4 lies in the arena");
  // A variable that is changed before somebody who can fail.
  planned(
      "input %0: f32 (3,)\nvariable 'w' %1: f32 (3,) becomes %3\nvariable 'rate' %2: f32 ()\n"
      "%3 = sgd_update %1 %0 %2\n%4 = check_range %0 {low=0, high=1, nan=false}\n%5 = exp %1\nreturn %5\n");
  CHECK(broken([](MemoryPlan& p) {
          p.places[3] = {Home::kTarget, 0, 0};
        }) == "check_range can fail after a variable has been changed");
}

}  // namespace tl::compile_test
