// Nodes whose results nobody takes.
#include "core/compile/pass.h"

namespace tl::compile {

using namespace graph;

void drop_dead(Program& program, Context&) {
  std::vector<char> needed(program.values.size());
  for_each_result(program, [&](ValueId& id) { needed[id] = 1; });
  std::vector<Node> kept;
  for (size_t i = program.nodes.size(); i-- > 0;) {
    Node& node = program.nodes[i];
    bool alive = node.schema->checks_data;  // its error is one of the step's
    for (ValueId id : node.out) alive |= needed[id] != 0;
    if (!alive) continue;
    for (ValueId id : node.in) needed[id] = 1;
    kept.push_back(std::move(node));
  }
  program.nodes.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
  drop_unused(program);
}

}  // namespace tl::compile
