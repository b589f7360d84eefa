// A program as a graph in Graphviz's DOT.
#include "core/base/error.h"
#include "core/base/escape.h"
#include "core/graph/program.h"

namespace tl::graph {
namespace {

std::string typed(const Value& v) { return concat(v.dtype, " ", v.shape); }

}  // namespace

std::string to_dot(const Program& program, const std::string& name) {
  std::string out = concat("digraph ", dot_text(name), " {\n  node [fontname=\"sans-serif\", fontsize=10];\n",
                           "  edge [fontname=\"sans-serif\", fontsize=8];\n");
  // Who makes a value: its node, or what stands outside of all nodes.
  std::vector<std::string> maker(program.values.size());
  auto outside = [&](ValueId id, const std::string& label, const char* style) {
    maker[id] = concat("v", id);
    out += concat("  v", id, " [label=", dot_text(label), ", ", style, "];\n");
  };
  for (size_t i = 0; i < program.inputs.size(); i++)
    outside(program.inputs[i], concat("input ", i, "\n", typed(program.values[program.inputs[i]])),
            "shape=ellipse");
  for (const VariableUse& use : program.variables)
    if (use.initial != kNoValue)
      outside(use.initial, concat(use.name, "\n", typed(program.values[use.initial])),
              "shape=box, style=filled, fillcolor=\"#DDEEFF\"");
  for (ValueId id = 0; id < program.values.size(); id++) {
    const Value& v = program.values[id];
    if (v.origin == Origin::kConstant)
      outside(id, concat("constant\n", typed(v)), "shape=ellipse, style=dashed");
    if (v.origin != Origin::kHostNumber) continue;
    const HostNumber& n = program.host_numbers[v.index];
    outside(id, concat(program.host_sources[n.source].name, "[", n.index, "]"),
            "shape=ellipse, style=dotted");
  }
  for (size_t i = 0; i < program.nodes.size(); i++) {
    const Node& node = program.nodes[i];
    std::string label = node.schema->name;
    if (node.fused) {
      label.clear();
      for (OpId op : node.fused->ops) label += concat(label.empty() ? "" : "\n", schema_of(op).name);
    }
    out += concat("  n", i, " [label=", dot_text(label),
                  ", shape=box, style=", node.exchanged ? "\"rounded,bold\"" : "rounded", "];\n");
    for (ValueId id : node.out) maker[id] = concat("n", i);
  }
  // Exchanges keep their order, whether they take one another's results or not.
  for (size_t i = 0, before = program.nodes.size(); i < program.nodes.size(); i++) {
    if (!program.nodes[i].exchanged) continue;
    if (before < i) out += concat("  n", before, " -> n", i, " [style=dotted];\n");
    before = i;
  }
  auto edge = [&](ValueId id, const std::string& to) {
    if (!maker[id].empty())
      out += concat("  ", maker[id], " -> ", to, " [label=", dot_text(typed(program.values[id])), "];\n");
  };
  for (size_t i = 0; i < program.nodes.size(); i++)
    for (ValueId id : program.nodes[i].in) edge(id, concat("n", i));
  for (size_t i = 0; i < program.outputs.size(); i++) {
    out += concat("  o", i, " [label=", dot_text(concat("output ", i)), ", shape=ellipse, peripheries=2];\n");
    edge(program.outputs[i], concat("o", i));
  }
  for (size_t i = 0; i < program.variables.size(); i++) {
    const VariableUse& use = program.variables[i];
    if (use.final == kNoValue) continue;
    out += concat("  f", i, " [label=", dot_text(concat(use.name, "\nafter the step")),
                  ", shape=box, style=filled, fillcolor=\"#DDEEFF\"];\n");
    edge(use.final, concat("f", i));
  }
  return out + "}\n";
}

}  // namespace tl::graph
