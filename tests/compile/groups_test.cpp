// Groups of nodes against a search that looks at the whole program: the same answers, and an order of all nodes at the end.
#include "core/compile/groups.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "core/ops/generated/attrs.h"
#include "tests/graph/program_text.h"

namespace tl::compile_test {

using namespace graph;
using compile::Groups;

namespace {

// Sums of two values each, some of the last `reach` ones.
Program random_program(Context& c, size_t nodes, size_t reach, std::mt19937& draw) {
  std::string text = "input %0: f32 (2,)\ninput %1: f32 (2,)\n";
  for (size_t i = 2; i < nodes + 2; i++) {
    auto one = [&] { return std::to_string(i - 1 - draw() % std::min(i, reach)); };
    text += "%" + std::to_string(i) + " = add %" + one() + " %" + one() + "\n";
  }
  return test::program_of(c, text + "return %" + std::to_string(nodes + 1) + "\n");
}

// Every node's group, or a number of its own; then a way from the nodes through something else back to them.
bool stand_in_one_place(const Program& p, const std::vector<std::vector<size_t>>& groups,
                        const std::vector<size_t>& nodes) {
  std::vector<size_t> unit(p.nodes.size());
  for (size_t i = 0; i < unit.size(); i++) unit[i] = groups.size() + i;
  for (size_t g = 0; g < groups.size(); g++)
    for (size_t i : groups[g]) unit[i] = g;
  const size_t all = groups.size() + p.nodes.size();
  for (size_t i : nodes) unit[i] = all;
  std::vector<size_t> maker(p.values.size(), SIZE_MAX);
  for (size_t i = 0; i < p.nodes.size(); i++)
    for (ValueId id : p.nodes[i].out) maker[id] = i;
  std::vector<char> behind(all + 1);
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < p.nodes.size(); i++)
      for (ValueId id : p.nodes[i].in) {
        if (maker[id] == SIZE_MAX) continue;
        const size_t from = unit[maker[id]], to = unit[i];
        if (from == to || behind[to] || (from != all && !behind[from])) continue;
        behind[to] = 1;
        changed = true;
      }
  }
  return !behind[all];
}

}  // namespace

TEST_CASE("groups that can be one are those that no way leaves and enters again", "[compile]") {
  Context c(ContextOptions{1, 1, 0, nullptr, nullptr});
  std::mt19937 draw(7);
  size_t joined = 0, refused = 0;
  for (int round = 0; round < 60; round++) {
    const Program p = random_program(c, 12 + draw() % 30, 2 + draw() % 12, draw);
    Groups groups(p);
    std::vector<std::vector<size_t>> mine;
    for (int attempt = 0; attempt < 60; attempt++) {
      std::vector<size_t> nodes;
      for (size_t k = 2 + draw() % 2; k > 0; k--) {
        const size_t i = draw() % p.nodes.size();
        if (groups.of(i) == compile::kNoGroup)
          nodes.push_back(i);
        else
          nodes.insert(nodes.end(), groups.nodes(groups.of(i)).begin(), groups.nodes(groups.of(i)).end());
      }
      std::sort(nodes.begin(), nodes.end());
      nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
      const bool can = stand_in_one_place(p, mine, nodes);
      REQUIRE(groups.can_be_one(nodes) == can);
      (can ? joined : refused)++;
      if (!can) continue;
      const size_t g = groups.join(nodes);
      CHECK(groups.nodes(g) == nodes);
      for (size_t i : nodes) CHECK(groups.of(i) == g);
      mine.erase(std::remove_if(mine.begin(), mine.end(),
                                [&](const auto& old) {
                                  return std::find(nodes.begin(), nodes.end(), old[0]) != nodes.end();
                                }),
                 mine.end());
      mine.push_back(nodes);
    }
    // Nodes that take the place of groups can be put in order, which only groups without a cycle allow.
    Program after = p;
    std::vector<compile::Replacement> replacements;
    for (size_t g = 0; g < groups.size(); g++) {
      if (groups.nodes(g).empty()) continue;
      compile::Replacement r{g, {}};
      for (size_t i : groups.nodes(g)) r.nodes.push_back(p.nodes[i]);
      replacements.push_back(std::move(r));
    }
    compile::replace(after, groups, std::move(replacements));
    CHECK(after.nodes.size() == p.nodes.size());
    CHECK(problem_of(after) == "");
  }
  CHECK(joined > 300);
  CHECK(refused > 300);
}

}  // namespace tl::compile_test
