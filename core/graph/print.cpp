// The readable text of a program.
#include "core/base/error.h"
#include "core/graph/program.h"

namespace tl::graph {
namespace {

std::string typed(const Program& program, ValueId id) {
  return concat("%", id, ": ", program.values[id].dtype, " ", program.values[id].shape);
}

std::string attr_text(const AttrSchema& attr, const void* attrs) {
  const unsigned char* at = static_cast<const unsigned char*>(attrs) + attr.offset;
  switch (attr.kind) {
    case AttrKind::kInt: return text(*reinterpret_cast<const int64_t*>(at));
    case AttrKind::kInts: return text(*reinterpret_cast<const IntList*>(at));
    case AttrKind::kFloat: return text(*reinterpret_cast<const double*>(at));
    case AttrKind::kBool: return text(*reinterpret_cast<const bool*>(at));
    case AttrKind::kDType: return text(*reinterpret_cast<const DType*>(at));
    case AttrKind::kU64: return text(*reinterpret_cast<const uint64_t*>(at));
  }
  return "";
}

template <class F>
std::string joined(size_t count, F&& f) {
  std::string out;
  for (size_t i = 0; i < count; i++) out += (i ? ", " : "") + f(i);
  return out;
}

}  // namespace

std::string to_text(const Program& program, const Node& node) {
  std::string out = joined(node.out.size(), [&](size_t i) { return typed(program, node.out[i]); });
  out += concat(node.out.empty() ? "" : " = ", node.schema->name);
  for (ValueId id : node.in) out += concat(" %", id);
  std::string attrs;
  if (node.fused) {
    for (OpId op : node.fused->ops) attrs += concat(attrs.empty() ? "" : ", ", schema_of(op).name);
    if (!node.fused->detail.empty()) attrs += concat(attrs.empty() ? "" : ", ", node.fused->detail);
  }
  if (node.exchanged)
    attrs = concat("call=", node.exchanged->number, node.exchanged->exchange->detail().empty() ? "" : ", ",
                   node.exchanged->exchange->detail(),
                   node.is_half(Half::kStart)    ? ", start"
                   : node.is_half(Half::kFinish) ? ", finish"
                                                 : "");
  for (int i = 0; i < node.schema->num_attrs; i++) {
    const AttrSchema& attr = node.schema->attrs[i];
    // The seed and the call are those of the run, not of the recording.
    if (attr.kind == AttrKind::kU64 && node.draw >= 0) continue;
    attrs += concat(attrs.empty() ? "" : ", ", attr.name, "=", attr_text(attr, node.attrs.data()));
  }
  if (node.draw >= 0) attrs += concat(attrs.empty() ? "" : ", ", "draw=", node.draw);
  if (node.again) attrs += concat(attrs.empty() ? "" : ", ", "again=", node.again);
  return attrs.empty() ? out : concat(out, " {", attrs, "}");
}

std::string to_text(const Program& program) {
  std::string out;
  for (ValueId id : program.inputs) out += concat("input ", typed(program, id), "\n");
  for (const VariableUse& use : program.variables) {
    out += concat("variable '", use.name, "'");
    if (use.initial != kNoValue) out += " " + typed(program, use.initial);
    if (use.final != kNoValue) out += concat(" becomes %", use.final);
    out += "\n";
  }
  for (ValueId id = 0; id < program.values.size(); id++) {
    const Value& v = program.values[id];
    if (v.origin == Origin::kConstant)
      out += concat("constant ", typed(program, id),
                    program.constants[v.index].host_data ? " of the host\n" : "\n");
    if (v.origin != Origin::kHostNumber) continue;
    const HostNumber& n = program.host_numbers[v.index];
    out +=
        concat("number ", typed(program, id), " = ", program.host_sources[n.source].name, "[", n.index, "]");
    out += n.ahead ? concat(" of step +", n.ahead, "\n") : std::string("\n");
  }
  for (const Node& node : program.nodes) out += to_text(program, node) + "\n";
  out += "return";
  for (ValueId id : program.outputs) out += concat(" %", id);
  return out + "\n";
}

}  // namespace tl::graph
