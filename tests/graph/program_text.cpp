#include "tests/graph/program_text.h"

#include <cstring>
#include <map>
#include <sstream>

#include "core/base/error.h"
#include "core/ops/apply.h"
#include "core/ops/generated/functions.h"

namespace tl::test {

using namespace graph;

namespace {

class Reader {
 public:
  Reader(Context& context, const std::string& text) : context_(context) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      line.erase(0, line.find_first_not_of(' '));
      if (!line.empty()) this->line(line);
    }
    for (size_t i = 0; i < finals_.size(); i++)
      if (!finals_[i].empty()) program.variables[i].final = ids_.at(finals_[i]);
  }
  Program program;

 private:
  static std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> out;
    for (std::string w; in >> w;) out.push_back(w);
    return out;
  }
  static DType dtype_of(const std::string& name) {
    for (DType d : {DType::kF32, DType::kF64, DType::kI32, DType::kI64, DType::kU8, DType::kBool})
      if (name == name_of(d)) return d;
    invalid("[program_of] no dtype: got ", name, "; f32 is one");
  }
  // "(2, 3)" or "[2, 3]".
  static std::vector<int64_t> numbers_of(const std::string& text) {
    std::vector<int64_t> out;
    for (size_t at = 0; at < text.size();) {
      if ((text[at] >= '0' && text[at] <= '9') || text[at] == '-') {
        size_t used;
        out.push_back(std::stoll(text.substr(at), &used));
        at += used;
      } else {
        at++;
      }
    }
    return out;
  }
  // "%3: f32 (2, 3) ..."; the name, and a new value of the type.
  ValueId typed(const std::string& text, Origin origin, uint32_t index) {
    const size_t colon = text.find(':'), open = text.find('('), close = text.find(')');
    const DType dtype = dtype_of(words_of(text.substr(colon + 1, open - colon - 1)).at(0));
    const ValueId id = program.add_value(
        dtype, Shape(Span<const int64_t>(numbers_of(text.substr(open, close - open)))), origin, index);
    ids_[text.substr(0, colon)] = id;
    return id;
  }
  void line(const std::string& text) {
    const std::vector<std::string> words = words_of(text);
    const std::string rest = text.substr(std::min(text.size(), words[0].size() + 1));
    if (words[0] == "input") {
      program.inputs.push_back(typed(rest, Origin::kInput, static_cast<uint32_t>(program.inputs.size())));
    } else if (words[0] == "variable") {
      VariableUse use{nullptr, {}, words[1].substr(1, words[1].size() - 2), kNoValue, kNoValue};
      const uint32_t index = static_cast<uint32_t>(program.variables.size());
      if (words.size() > 2 && words[2] != "becomes")
        use.initial = typed(text.substr(text.find('%')), Origin::kVariable, index);
      program.variables.push_back(use);
      const size_t becomes = text.find("becomes ");
      finals_.push_back(becomes == std::string::npos ? "" : text.substr(becomes + 8));
    } else if (words[0] == "constant") {
      const ValueId id = typed(rest, Origin::kConstant, static_cast<uint32_t>(program.constants.size()));
      const Value& v = program.values[id];
      program.constants.push_back(
          {full(context_, IntList(v.shape), 1, v.dtype), text.find("of the host") != std::string::npos});
    } else if (words[0] == "return") {
      for (size_t i = 1; i < words.size(); i++) program.outputs.push_back(ids_.at(words[i]));
    } else {
      node(text);
    }
  }
  void node(const std::string& text) {
    const size_t equals = text.find(" = "), brace = text.find(" {");
    const std::vector<std::string> words =
        words_of(text.substr(equals + 3, brace == std::string::npos ? brace : brace - equals - 3));
    const OpSchema* schema = nullptr;
    for (const OpSchema& s : all_schemas())
      if (words[0] == s.name) schema = &s;
    if (!schema) invalid("[program_of] no op: got ", words[0], "; add is one");
    std::vector<ValueId> in;
    for (size_t i = 1; i < words.size(); i++) in.push_back(ids_.at(words[i]));
    std::vector<uint64_t> attrs((schema->attr_bytes + 7u) / 8);
    std::map<std::string, std::string> given =
        attrs_of(brace == std::string::npos ? "" : text.substr(brace + 2));
    for (int i = 0; i < schema->num_attrs; i++)
      if (given.count(schema->attrs[i].name))
        set(schema->attrs[i], reinterpret_cast<char*>(attrs.data()), given[schema->attrs[i].name]);
    Node& node = program.add_node(schema->id, in, attrs.data());
    if (given.count("draw")) {
      node.draw = std::stoll(given["draw"]);
      program.draws = std::max(program.draws, static_cast<uint64_t>(node.draw) + 1);
    }
    if (given.count("again")) node.again = static_cast<uint32_t>(std::stoul(given["again"]));
    size_t at = 0;
    for (ValueId id : node.out) {
      at = text.find('%', at);
      const size_t end = text.find_first_of(":, =", at);
      ids_[text.substr(at, end - at)] = id;
      at = end;
    }
  }
  static std::map<std::string, std::string> attrs_of(const std::string& text) {
    std::map<std::string, std::string> out;
    for (size_t at = 0; at < text.size() && text[at] != '}';) {
      const size_t equals = text.find('=', at), from = equals + 1;
      size_t end = text[from] == '[' ? text.find(']', from) + 1 : text.find_first_of(",}", from);
      out[text.substr(at, equals - at)] = text.substr(from, end - from);
      at = text[end] == ',' ? end + 2 : end;
    }
    return out;
  }
  static void set(const AttrSchema& attr, char* attrs, const std::string& text) {
    void* at = attrs + attr.offset;
    switch (attr.kind) {
      case AttrKind::kInt: *static_cast<int64_t*>(at) = std::stoll(text); break;
      case AttrKind::kInts:
        *static_cast<IntList*>(at) = IntList(Span<const int64_t>(numbers_of(text)));
        break;
      case AttrKind::kFloat: *static_cast<double*>(at) = std::stod(text); break;
      case AttrKind::kBool: *static_cast<bool*>(at) = text == "true"; break;
      case AttrKind::kDType: *static_cast<DType*>(at) = dtype_of(text); break;
      case AttrKind::kU64: *static_cast<uint64_t*>(at) = std::stoull(text); break;
    }
  }

  Context& context_;
  std::map<std::string, ValueId> ids_;
  std::vector<std::string> finals_;
};

}  // namespace

Program program_of(Context& context, const std::string& text) { return Reader(context, text).program; }

std::vector<Tensor> evaluate(Context& context, const Program& program, const std::vector<Tensor>& inputs,
                             const std::vector<Tensor>& variables) {
  std::vector<Tensor> at(program.values.size());
  for (ValueId id = 0; id < at.size(); id++) {
    const Value& v = program.values[id];
    if (v.origin == Origin::kInput) at[id] = inputs.at(v.index);
    if (v.origin == Origin::kVariable) at[id] = variables.at(v.index);
    if (v.origin == Origin::kConstant) at[id] = program.constants[v.index].tensor;
  }
  for (const Node& node : program.nodes) {
    std::vector<const Tensor*> in;
    for (ValueId id : node.in) in.push_back(&at[id]);
    std::vector<Tensor> out(std::max<size_t>(3, node.out.size()));
    if (node.fused) {
      for (size_t i = 0; i < node.out.size(); i++)
        out[i] = context.allocate(node.fused->results[i].dtype, node.fused->results[i].shape);
      node.schema->kernel(
          {*node.schema, context, Inputs(in.data(), in.size()), out.data(), node.attrs.data()});
    } else {
      apply(node.schema->id, context, Inputs(in.data(), in.size()), node.attrs.data(), out.data());
    }
    for (size_t i = 0; i < node.out.size(); i++) at[node.out[i]] = out[i];
  }
  std::vector<Tensor> results;
  for (ValueId id : program.outputs) results.push_back(at[id]);
  for (const VariableUse& use : program.variables)
    if (use.final != kNoValue) results.push_back(at[use.final]);
  return results;
}

}  // namespace tl::test
