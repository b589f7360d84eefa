// Exchanges in programs: what the verifier finds, and what no pass may do with them. How they run with others is in
// tests/replicas/compiled_test.cpp.
#include <catch2/catch.hpp>

#include "core/compile/groups.h"
#include "core/compile/memory_plan.h"
#include "core/compile/pass.h"
#include "core/ops/generated/attrs.h"
#include "tests/graph/program_text.h"

namespace tl::compile_test {

using namespace graph;
using Catch::Matchers::Contains;

namespace {

class Nobody final : public Party {
 public:
  void leave(std::string_view) noexcept override {}
  bool is_over() const noexcept override { return over; }
  bool over = false;
};

class Silent final : public Exchange {
 public:
  explicit Silent(std::shared_ptr<Party> party) : party_(std::move(party)) {}
  const std::string& name() const override { return name_; }
  const std::string& detail() const override { return detail_; }
  const std::shared_ptr<Party>& party() const override { return party_; }
  bool keeps_kinds() const override { return true; }
  bool can_overlap() const override { return overlaps; }
  bool overlaps = false;
  void run(Span<const Tensor* const>, Tensor*) override {}

 private:
  std::string name_ = "swap", detail_;
  std::shared_ptr<Party> party_;
};

struct Built {
  Context c{ContextOptions{1, 1, 0, nullptr, nullptr}};
  std::shared_ptr<Nobody> party = std::make_shared<Nobody>();
  Program p;

  // %0 an input, %1 a variable 'w', %2 a constant, all f32 (2,).
  Built() {
    const Tensor ones = c.allocate(DType::kF32, {2});
    ones.mutable_data<float>()[0] = ones.mutable_data<float>()[1] = 1;
    p.inputs.push_back(p.add_value(DType::kF32, {2}, Origin::kInput));
    p.variables.push_back({nullptr, party, "w", p.add_value(DType::kF32, {2}, Origin::kVariable), kNoValue});
    p.constants.push_back({ones, false});
    p.add_value(DType::kF32, {2}, Origin::kConstant);
  }
  ValueId swap(ValueId x, bool overlaps = false) {
    const ValueId out = p.add_value(DType::kF32, {2}, Origin::kResult);
    const auto exchange = std::make_shared<Silent>(party);
    exchange->overlaps = overlaps;
    p.nodes.push_back(exchange_node(exchange, p.exchanges++, {x}, {out}, {{DType::kF32, Shape{2}}}));
    return out;
  }
  void barrier() {
    p.nodes.push_back(exchange_node(std::make_shared<Silent>(party), p.exchanges++, {}, {}, {}));
  }
  ValueId add(ValueId a, ValueId b) { return p.add_node(OpId::kAdd, {a, b}, nullptr).out[0]; }
  ValueId unary(OpId op, ValueId x) { return p.add_node(op, {x}, nullptr).out[0]; }
  // The passes that let exchanges overlap, and the schedule between them.
  void overlap() {
    REQUIRE(problem_of(p) == "");
    for (auto pass : {compile::advance_exchanges, compile::schedule, compile::overlap_exchanges}) {
      pass(p, c);
      REQUIRE(problem_of(p) == "");
    }
  }
  // The names of the nodes; of exchanges with their numbers, and < and > for the two halves of one.
  std::string order() const {
    std::string out;
    for (const Node& node : p.nodes) {
      out += (out.empty() ? "" : " ") + std::string(node.schema->name);
      if (node.exchanged) out += std::to_string(node.exchanged->number);
      out += node.is_half(Half::kStart) ? "<" : node.is_half(Half::kFinish) ? ">" : "";
    }
    return out;
  }
  std::string calls() const {
    std::string out;
    for (const Node& node : p.nodes)
      if (node.exchanged) out += std::to_string(node.exchanged->number);
    return out;
  }
};

}  // namespace

TEST_CASE("the verifier finds exchanges that are missing, doubled or out of order", "[compile][graph]") {
  Built b;
  const ValueId x = b.swap(0), y = b.swap(0);
  b.barrier();
  b.p.outputs = {b.add(x, y)};
  REQUIRE(problem_of(b.p) == "");
  CHECK_THAT(to_text(b.p), Contains("%3: f32 (2,) = swap %0 {call=0}") && Contains("\nswap {call=2}\n"));
  Program gone = b.p, moved = b.p, twice = b.p, narrow = b.p;
  gone.nodes.erase(gone.nodes.begin() + 2);
  CHECK(problem_of(gone) == "it makes 2 exchanges of 3");
  std::swap(moved.nodes[0], moved.nodes[1]);
  CHECK(problem_of(moved) == "swap is exchange number 1 in place 0");
  twice.nodes.push_back(twice.nodes[2]);
  CHECK(problem_of(twice) == "swap is exchange number 2 in place 3");
  narrow.values[x].shape = Shape{1};
  CHECK_THAT(problem_of(narrow), Contains("swap makes f32 (2,)"));
}

TEST_CASE("no pass merges, drops, folds or moves exchanges", "[compile]") {
  Built b;
  (void)b.swap(2);  // of a constant, and nobody takes it
  const ValueId x = b.swap(0), y = b.swap(0);
  b.barrier();
  b.barrier();
  b.p.outputs = {b.add(b.add(x, y), b.swap(2))};
  compile::run_passes(b.p, b.c, {}, true, false);
  CHECK(b.calls() == "012345");
}

TEST_CASE("nodes of which one stands before an exchange and one behind a later one are no group",
          "[compile]") {
  Built b;
  const ValueId a = b.add(0, 0);  // node 0
  (void)b.swap(a);                // node 1
  const ValueId y = b.swap(0);    // node 2
  b.p.outputs = {b.add(a, y)};    // node 3
  compile::Groups groups(b.p);
  CHECK_FALSE(groups.can_be_one({0, 3}));
  // A group of others may push a call behind one that comes later, if nothing holds the order.
  Built d;
  const ValueId first = d.add(0, 0), second = d.add(first, first);
  (void)d.swap(second);
  const ValueId late = d.swap(0);
  d.p.outputs = {d.add(late, late), first};
  compile::run_passes(d.p, d.c, {}, true, false);
  CHECK(d.calls() == "01");
}

TEST_CASE("no variable is written before the last exchange, also where that takes what an update gives",
          "[compile]") {
  Built b;
  const ValueId gradient = b.swap(0);
  const ValueId updated = b.add(1, gradient);
  b.p.variables[0].final = updated;
  b.p.outputs = {b.swap(updated)};
  compile::run_passes(b.p, b.c, {}, true, false);
  const compile::MemoryPlan memory = compile::plan_memory(b.p);
  CHECK(compile::overlap_of(b.p, memory) == "");
  CHECK(memory.first_update == b.p.nodes.size());
  // Without the second exchange the update is in place, behind the first.
  Built in_place;
  in_place.p.variables[0].final = in_place.add(1, in_place.swap(0));
  compile::run_passes(in_place.p, in_place.c, {}, true, false);
  CHECK(compile::plan_memory(in_place.p).first_update == 1);
}

TEST_CASE("an exchange goes on beside the work that stands between its operands and who takes its results",
          "[compile]") {
  Built b;  // as gradients: the first one is there before the second, and both are exchanged behind them
  const ValueId first = b.unary(OpId::kExp, 0), second = b.unary(OpId::kTanh, first);
  const ValueId scaled = b.unary(OpId::kNeg, first);  // behind the backward pass, and yet early
  const ValueId x = b.swap(scaled, true), y = b.swap(second, true);
  b.p.variables[0].final = b.add(b.add(1, x), y);
  b.overlap();
  CHECK(b.order() == "exp neg swap0< tanh swap1< swap0> add swap1> add");
  CHECK_THAT(to_text(b.p), Contains("= swap %5 {call=0, start}") && Contains("{call=0, finish}"));
  const compile::MemoryPlan memory = compile::plan_memory(b.p);
  CHECK(compile::overlap_of(b.p, memory) == "");
  // What is on its way is not written over, and neither is what comes.
  const Node& finish = b.p.nodes[5];
  REQUIRE(finish.is_half(Half::kFinish));
  for (const ValueId id : finish.in) {
    compile::MemoryPlan wrong = memory;
    wrong.places[second] = wrong.places[id];
    CHECK_THAT(compile::overlap_of(b.p, wrong), Contains("has been written"));
  }
  // The result is not moved: it lies where the first half has made it.
  CHECK(memory.places[finish.out[0]].offset == memory.places[finish.in[1]].offset);
}

TEST_CASE(
    "the end of an exchange stands in front of the first update, and nothing is cut without work to gain",
    "[compile]") {
  Built b;
  (void)b.swap(0, true);  // nobody takes its result
  b.p.outputs = {b.unary(OpId::kCheckFinite, b.unary(OpId::kTanh, 0))};
  b.p.variables[0].final = b.add(1, 0);
  b.overlap();
  CHECK(b.order() == "swap0< tanh check_finite swap0> add");
  CHECK(compile::plan_memory(b.p).first_update == 4);
  Built end;
  end.p.outputs = {end.swap(0, true)};
  end.overlap();
  CHECK(end.order() == "swap0");
  // Of one that cannot overlap all stays as it is.
  Built off;
  const ValueId late = off.unary(OpId::kTanh, 0);
  off.p.outputs = {off.swap(0), late};
  off.overlap();
  CHECK(off.order() == "tanh swap0");
}

TEST_CASE(
    "an exchange that comes early stays behind the checks that stood in front of it, and ranks see failures "
    "first",
    "[compile]") {
  Built b;
  const ValueId slow = b.unary(OpId::kTanh, 0);
  const ValueId checked = b.unary(OpId::kCheckFinite, slow);
  const ValueId x = b.swap(0, true);
  b.p.outputs = {checked, b.unary(OpId::kExp, 0), b.unary(OpId::kNeg, x)};
  b.overlap();
  CHECK(b.order() == "tanh check_finite swap0< exp swap0> neg");
}

TEST_CASE("the verifier finds halves of exchanges that are missing, doubled or out of order",
          "[compile][graph]") {
  Built b;
  (void)b.swap(0, true);
  b.p.outputs = {b.unary(OpId::kTanh, 0)};
  b.overlap();
  REQUIRE(b.order() == "swap0< tanh swap0>");
  Program endless = b.p, twice = b.p, early = b.p;
  endless.nodes.pop_back();
  CHECK(problem_of(endless) == "exchange number 0 is never finished");
  twice.nodes.push_back(twice.nodes.back());
  CHECK(problem_of(twice) == "swap finishes exchange number 0, which is not under way");
  std::swap(early.nodes[0], early.nodes[2]);
  CHECK(problem_of(early) == "swap finishes exchange number 0, which is not under way");
}

TEST_CASE("a program is over with the party of its exchanges", "[compile][graph]") {
  Built b;
  b.p.outputs = {b.swap(0)};
  CHECK(stale_reason(b.p) == "");
  b.party->over = true;
  CHECK(stale_reason(b.p) == "the group of swap has been released");
}

}  // namespace tl::compile_test
