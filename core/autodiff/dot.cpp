// A tape as a graph in Graphviz's DOT: its records, and what they rest on.
#include <unordered_map>

#include "core/autodiff/tape.h"
#include "core/base/escape.h"

namespace tl {

std::string Tape::dot() const {
  std::string out =
      "digraph \"tape\" {\n  node [fontname=\"sans-serif\", fontsize=10];\n"
      "  edge [fontname=\"sans-serif\", fontsize=8];\n";
  std::unordered_map<uint64_t, std::string> makers;  // of tensors, by their ids
  std::unordered_map<uint64_t, const Variable*> read;
  for (const VariableRead& r : reads_)
    if (const int32_t at = variable_index_.find(r.variable); at >= 0)
      read[r.value] = variables_[static_cast<size_t>(at)].get();
  // A tensor that no record has made: a variable, one that is watched, or a constant.
  auto leaf = [&](const Tensor& t, int32_t local) {
    const std::string name = concat("t", t.id()), type = concat(t.dtype(), " ", t.shape());
    const auto variable = read.find(t.id());
    if (variable != read.end())
      out += concat("  ", name, " [label=", dot_text(concat(variable->second->name(), "\n", type)),
                    ", shape=box, style=filled, fillcolor=\"#DDEEFF\"];\n");
    else
      out += concat("  ", name, " [label=", dot_text(concat(local >= 0 ? "watched\n" : "", type)),
                    ", shape=ellipse", local >= 0 ? "" : ", style=dashed", "];\n");
    return name;
  };
  for (size_t i = 0; i < entries_.size(); i++) {
    const Entry& e = entries_[i];
    const std::string node = concat("n", i);
    out += concat("  ", node, " [label=", dot_text(name_of(e)), ", shape=box, style=rounded];\n");
    for (size_t k = e.first; k < e.first + e.num_inputs; k++) {
      const Tensor& t = tensors_[k];
      std::string& maker = makers[t.id()];
      if (maker.empty()) maker = leaf(t, locals_[k]);
      out += concat("  ", maker, " -> ", node, " [label=", dot_text(concat(t.dtype(), " ", t.shape())),
                    locals_[k] >= 0 ? "" : ", style=dashed", "];\n");
    }
    for (size_t k = e.first + e.num_inputs; k < e.first + e.num_inputs + e.num_outputs; k++)
      makers[tensors_[k].id()] = node;
  }
  return out + "}\n";
}

}  // namespace tl
