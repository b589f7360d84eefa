// What must hold of every program, before and after each pass.
#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/graph/program.h"

namespace tl::graph {
namespace {

class Verifier {
 public:
  explicit Verifier(const Program& program) : program_(program), defined_(program.values.size()) {}

  std::string problem() {
    for (ValueId id = 0; id < program_.values.size() && problem_.empty(); id++) source(id);
    inputs();
    for (const Node& node : program_.nodes)
      if (problem_.empty()) this->node(node);
    if (exchanges_ != program_.exchanges)
      wrong("it makes ", exchanges_, " exchanges of ", program_.exchanges);
    if (!started_.empty()) wrong("exchange number ", *started_.begin(), " is never finished");
    results();
    return problem_;
  }

 private:
  template <class... Parts>
  void wrong(const Parts&... parts) {
    if (problem_.empty()) problem_ = concat(parts...);
  }
  bool known(ValueId id, const std::string& where) {
    if (id >= program_.values.size())
      wrong(where, " takes %", id, ", but there are ", program_.values.size(), " values");
    else if (!defined_[id])
      wrong(where, " takes %", id, ", which is not defined before it");
    return problem_.empty();
  }

  // Values that no node makes.
  void source(ValueId id) {
    const Value& v = program_.values[id];
    if (v.origin == Origin::kResult) return;
    defined_[id] = 1;
    const size_t room = v.origin == Origin::kInput      ? program_.inputs.size()
                        : v.origin == Origin::kVariable ? program_.variables.size()
                        : v.origin == Origin::kConstant ? program_.constants.size()
                                                        : program_.host_numbers.size();
    if (v.index >= room) return wrong("%", id, " names number ", v.index, " of ", room);
    if (v.origin == Origin::kInput && program_.inputs[v.index] != id)
      wrong("%", id, " is not input ", v.index);
    if (v.origin == Origin::kVariable) {
      const VariableUse& use = program_.variables[v.index];
      if (use.initial != id) wrong("%", id, " is not what variable '", use.name, "' begins with");
    }
    if (v.origin == Origin::kConstant) {
      const Tensor& t = program_.constants[v.index].tensor;
      if (t.dtype() != v.dtype || t.shape() != v.shape)
        wrong("constant %", id, " has another dtype or shape than its data");
    }
    if (v.origin == Origin::kHostNumber) {
      const HostNumber& n = program_.host_numbers[v.index];
      if (n.source >= program_.host_sources.size() || n.ahead >= program_.host_sources[n.source].steps)
        wrong("number %", id, " is none of its source's");
      if (v.shape.rank() != 0 || !is_floating(v.dtype)) wrong("number %", id, " is no floating-point number");
    }
  }

  void inputs() {
    for (size_t i = 0; i < program_.inputs.size(); i++) {
      const ValueId id = program_.inputs[i];
      if (id >= program_.values.size() || program_.values[id].origin != Origin::kInput ||
          program_.values[id].index != i)
        wrong("input ", i, " is not %", id);
    }
  }

  // Others make the same calls, all of them, in this order.
  void exchange(const Node& node) {
    if (!node.exchanged) return;
    const uint32_t number = node.exchanged->number;
    if (node.is_half(Half::kFinish)) {
      if (started_.erase(number) == 0)
        wrong(node.schema->name, " finishes exchange number ", number, ", which is not under way");
      if (node.in.size() < node.out.size())
        wrong(node.schema->name, " has ", node.out.size(), " results of ", node.in.size(), " operands");
      return;
    }
    if (node.is_half(Half::kStart)) started_.insert(number);
    if (node.exchanged->number != exchanges_)
      wrong(node.schema->name, " is exchange number ", node.exchanged->number, " in place ", exchanges_);
    if (node.exchanged->exchange->keeps_kinds() && node.in.size() != node.out.size())
      wrong(node.schema->name, " has ", node.out.size(), " results of ", node.in.size(), " operands");
    exchanges_++;
  }

  void node(const Node& node) {
    const OpSchema& s = *node.schema;
    const std::string name = s.name;
    const size_t operands = node.exchanged ? node.in.size() : s.num_inputs;
    const size_t results = node.exchanged ? node.exchanged->results.size() : s.num_outputs;
    if (s.variadic ? node.in.size() < operands : node.in.size() != operands)
      return wrong(name, " has ", node.in.size(), " operands");
    if (node.out.size() != results) return wrong(name, " has ", node.out.size(), " results");
    if (node.attrs.size() != (s.attr_bytes + 7u) / 8) return wrong(name, " has attributes of another size");
    if (node.draw >= static_cast<int64_t>(program_.draws))
      return wrong(name, " draws call ", node.draw, " of ", program_.draws);
    exchange(node);
    for (ValueId id : node.in)
      if (!known(id, name)) return;
    std::vector<OutputSpec> specs(std::max<size_t>(3, node.out.size()));
    try {
      infer(program_, node, specs.data());
    } catch (const Error& e) {
      return wrong(name, ": ", e.message());
    }
    for (size_t i = 0; i < node.out.size(); i++) {
      const ValueId id = node.out[i];
      if (id >= program_.values.size() || program_.values[id].origin != Origin::kResult)
        return wrong(name, " makes %", id, ", which is no result");
      if (defined_[id]) return wrong("%", id, " is defined twice");
      defined_[id] = 1;
      const Value& v = program_.values[id];
      if (v.dtype != specs[i].dtype || v.shape != specs[i].shape)
        wrong(name, " makes ", specs[i].dtype, " ", specs[i].shape, ", but %", id, " is ", v.dtype, " ",
              v.shape);
    }
  }

  void results() {
    for (ValueId id : program_.outputs)
      if (!known(id, "return")) return;
    for (const VariableUse& use : program_.variables) {
      for (const VariableUse& other : program_.variables)
        if (&other != &use && use.variable && other.variable == use.variable)
          return wrong("variable '", use.name, "' stands twice");
      if (use.final == kNoValue) continue;
      if (!known(use.final, concat("variable '", use.name, "'"))) return;
      const Value& v = program_.values[use.final];
      if (use.variable && (v.dtype != use.variable->dtype() || v.shape != use.variable->shape()))
        wrong("variable '", use.name, "' becomes ", v.dtype, " ", v.shape);
    }
  }

  const Program& program_;
  std::vector<char> defined_;
  uint32_t exchanges_ = 0;
  std::set<uint32_t> started_;  // and not finished
  std::string problem_;
};

}  // namespace

std::string problem_of(const Program& program) { return Verifier(program).problem(); }

}  // namespace tl::graph
