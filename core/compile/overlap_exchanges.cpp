// Exchanges beside other work: the gradients of the last layers are on their way while those of the first ones are computed.
//
// Two passes. The first, in front of the schedule, puts exchanges where their operands are there; the second, behind it, cuts those that
// have work behind them in two. Programs without an exchange that can overlap stay as they are.
#include <algorithm>

#include "core/compile/aliases.h"
#include "core/compile/pass.h"

namespace tl::compile {

using namespace graph;

namespace {

bool can_overlap(const Node& node) {
  return node.is_half(Half::kWhole) && node.exchanged->exchange->can_overlap();
}

bool any_can_overlap(const Program& program) {
  return std::any_of(program.nodes.begin(), program.nodes.end(), can_overlap);
}

// What kernels read and write, as a measure of how long they take.
size_t bytes_of(const Program& program, const Node& node) {
  size_t bytes = 0;
  for (ValueId id : node.in) bytes += program.values[id].bytes();
  for (ValueId id : node.out) bytes += program.values[id].bytes();
  return bytes;
}
bool is_work(const Program& program, const Node& node) { return !node.exchanged && !is_view(program, node); }

}  // namespace

// Exchanges keep their order, and so do, among them, the nodes whose failures are the step's: those that come in front of an exchange
// are seen before other ranks get what it sends.
void advance_exchanges(Program& program, Context&) {
  if (!any_can_overlap(program)) return;
  const size_t count = program.nodes.size();
  std::vector<size_t> maker(program.values.size(), count), order, needed, waiting;
  for (size_t i = 0; i < count; i++)
    for (ValueId id : program.nodes[i].out) maker[id] = i;
  std::vector<char> placed(count);
  order.reserve(count);
  // A node behind all that it needs and that has no place yet, in the order in which it was.
  const auto place = [&](size_t node) {
    if (placed[node]) return;
    needed.clear();
    waiting.assign(1, node);
    placed[node] = 1;
    while (!waiting.empty()) {
      const size_t i = waiting.back();
      waiting.pop_back();
      needed.push_back(i);
      for (ValueId id : program.nodes[i].in)
        if (maker[id] < count && !placed[maker[id]]) {
          placed[maker[id]] = 1;
          waiting.push_back(maker[id]);
        }
    }
    std::sort(needed.begin(), needed.end());
    order.insert(order.end(), needed.begin(), needed.end());
  };
  for (size_t i = 0; i < count; i++)
    if (program.nodes[i].exchanged || program.nodes[i].schema->checks_data) place(i);
  for (size_t i = 0; i < count; i++) place(i);
  std::vector<Node> nodes;
  nodes.reserve(count);
  for (size_t i : order) nodes.push_back(std::move(program.nodes[i]));
  program.nodes = std::move(nodes);
}

void overlap_exchanges(Program& program, Context&) {
  if (!any_can_overlap(program)) return;
  const size_t count = program.nodes.size();
  std::vector<std::vector<Node>> before(count + 1);         // second halves in front of each node
  std::vector<size_t> taker(program.values.size(), count);  // the first node that takes a value
  size_t first_update = count;
  for (size_t i = count; i-- > 0;) {
    for (ValueId id : program.nodes[i].in) taker[id] = i;
    if (is_update(program, program.nodes[i])) first_update = i;
  }
  for (size_t i = 0; i < count; i++) {
    if (!can_overlap(program.nodes[i])) continue;
    size_t end = std::max(first_update, i + 1);  // behind it nothing may fail
    for (ValueId id : program.nodes[i].out) end = std::min(end, taker[id]);
    // Kernels that read and write less than the exchange hide too little of it to pay for another thread.
    size_t work = 0;
    for (size_t k = i + 1; k < end; k++)
      if (is_work(program, program.nodes[k])) work += bytes_of(program, program.nodes[k]);
    if (work < bytes_of(program, program.nodes[i])) continue;
    auto [start, finish] = halves_of(program, program.nodes[i]);
    program.nodes[i] = std::move(start);
    before[end].push_back(std::move(finish));
  }
  std::vector<Node> nodes;
  nodes.reserve(2 * count);
  for (size_t i = 0; i <= count; i++) {
    for (Node& finish : before[i]) nodes.push_back(std::move(finish));
    if (i < count) nodes.push_back(std::move(program.nodes[i]));
  }
  program.nodes = std::move(nodes);
}

}  // namespace tl::compile
