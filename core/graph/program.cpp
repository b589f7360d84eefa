#include "core/graph/program.h"

#include <algorithm>
#include <cstring>

#include "core/base/error.h"

namespace tl::graph {
namespace {

const unsigned char* field(const AttrSchema& attr, const void* attrs) {
  return static_cast<const unsigned char*>(attrs) + attr.offset;
}

// The bytes of an attribute that mean something.
size_t meaningful_bytes(const AttrSchema& attr, const unsigned char* at) {
  switch (attr.kind) {
    case AttrKind::kInts:
      return sizeof(int64_t) * (1 + static_cast<size_t>(reinterpret_cast<const IntList*>(at)->size()));
    case AttrKind::kBool: return sizeof(bool);
    case AttrKind::kDType: return sizeof(DType);
    case AttrKind::kInt:
    case AttrKind::kFloat:
    case AttrKind::kU64: return 8;
  }
  return 0;
}

}  // namespace

bool same_attrs(const OpSchema& schema, const void* a, const void* b) {
  for (int i = 0; i < schema.num_attrs; i++) {
    const unsigned char *x = field(schema.attrs[i], a), *y = field(schema.attrs[i], b);
    const size_t n = meaningful_bytes(schema.attrs[i], x);
    if (n != meaningful_bytes(schema.attrs[i], y) || std::memcmp(x, y, n) != 0) return false;
  }
  return true;
}

uint64_t hash_attrs(const OpSchema& schema, const void* attrs) {
  uint64_t h = 0xCBF29CE484222325u;  // FNV-1a
  for (int i = 0; i < schema.num_attrs; i++) {
    const unsigned char* x = field(schema.attrs[i], attrs);
    for (size_t k = 0, n = meaningful_bytes(schema.attrs[i], x); k < n; k++) h = (h ^ x[k]) * 0x100000001B3u;
  }
  return h;
}

// Shapes and dtypes are all that infer looks at: shells stand for the operands.
void infer(const Program& program, const Node& node, OutputSpec* out) {
  if (node.fused) return void(std::copy(node.fused->results.begin(), node.fused->results.end(), out));
  if (node.exchanged) {
    std::copy(node.exchanged->results.begin(), node.exchanged->results.end(), out);
    const size_t first = node.is_half(Half::kFinish) ? node.in.size() - node.out.size() : 0;
    if (node.exchanged->exchange->keeps_kinds() || first > 0)
      for (size_t i = 0; i < node.out.size(); i++)
        out[i] = {program.values[node.in[first + i]].dtype, program.values[node.in[first + i]].shape};
    return;
  }
  std::vector<TensorNode> nodes(node.in.size());
  std::vector<Tensor> shells(node.in.size());
  std::vector<const Tensor*> in;
  for (size_t i = 0; i < node.in.size(); i++) {
    const Value& v = program.values[node.in[i]];
    nodes[i] = TensorNode{1, v.dtype, 0, 0, nullptr, nullptr, nullptr, v.shape.elements(), 0, v.shape};
    nodes[i].references = 2;  // one is ours: no shell ever ends through its handle
    shells[i] = Tensor(&nodes[i]);
    in.push_back(&shells[i]);
  }
  node.schema->infer(InferArgs{*node.schema, Inputs(in.data(), in.size()), node.attrs.data()}, out);
}

namespace {

struct ExchangeAttrs {
  Exchange* exchange;
};

void run_exchange(const KernelArgs& a) { a.as<ExchangeAttrs>().exchange->run(a.in, a.out); }
void start_exchange(const KernelArgs& a) { a.as<ExchangeAttrs>().exchange->start(a.in, a.out); }
void finish_exchange(const KernelArgs& a) { a.as<ExchangeAttrs>().exchange->finish(); }

}  // namespace

Node exchange_node(std::shared_ptr<Exchange> exchange, uint32_t number, std::vector<ValueId> in,
                   std::vector<ValueId> out, std::vector<OutputSpec> results, Half half) {
  auto row = std::make_shared<Exchanged>();
  row->half = half;
  row->exchange = std::move(exchange);
  row->number = number;
  row->results = std::move(results);
  row->schema.name = row->exchange->name().c_str();
  row->schema.attr_bytes = sizeof(ExchangeAttrs);
  row->schema.checks_data =
      true;  // it can fail for what others do, and is no candidate for what may be left out
  row->schema.kernel = half == Half::kStart    ? start_exchange
                       : half == Half::kFinish ? finish_exchange
                                               : run_exchange;
  Node node{};
  node.schema = &row->schema;
  node.in = std::move(in);
  node.out = std::move(out);
  node.attrs.resize((sizeof(ExchangeAttrs) + 7) / 8);
  node.draw = -1;
  node.as<ExchangeAttrs>() = {row->exchange.get()};
  node.exchanged = std::move(row);
  return node;
}

std::pair<Node, Node> halves_of(Program& program, const Node& exchange) {
  const Exchanged& whole = *exchange.exchanged;
  std::vector<ValueId> made, all = exchange.in;
  for (ValueId id : exchange.out) {
    const Value v = program.values[id];
    made.push_back(program.add_value(v.dtype, v.shape, Origin::kResult));
  }
  all.insert(all.end(), made.begin(), made.end());
  return {exchange_node(whole.exchange, whole.number, exchange.in, made, whole.results, Half::kStart),
          exchange_node(whole.exchange, whole.number, std::move(all), exchange.out, whole.results,
                        Half::kFinish)};
}

Node& Program::add_node(OpId op, std::vector<ValueId> in, const void* attrs) {
  const OpSchema& schema = schema_of(op);
  Node node{&schema, std::move(in), {}, std::vector<uint64_t>((schema.attr_bytes + 7) / 8), -1, 0};
  if (schema.attr_bytes) std::memcpy(node.attrs.data(), attrs, schema.attr_bytes);
  OutputSpec specs[3];
  infer(*this, node, specs);
  for (int i = 0; i < schema.num_outputs; i++)
    node.out.push_back(add_value(specs[i].dtype, specs[i].shape, Origin::kResult));
  nodes.push_back(std::move(node));
  return nodes.back();
}

void drop_unused(Program& program) {
  std::vector<char> used(program.values.size());
  for (ValueId id : program.inputs) used[id] = 1;
  for (const Node& node : program.nodes) {
    for (ValueId id : node.in) used[id] = 1;
    for (ValueId id : node.out) used[id] = 1;
  }
  for_each_result(program, [&](ValueId& id) { used[id] = 1; });

  Program kept;
  std::vector<ValueId> by(program.values.size(), kNoValue);
  std::vector<uint32_t> use_of(program.variables.size(), kNoValue);
  for (uint32_t i = 0; i < program.variables.size(); i++) {
    VariableUse& use = program.variables[i];
    if (use.initial != kNoValue && !used[use.initial]) use.initial = kNoValue;
    if (use.initial == kNoValue && use.final == kNoValue) continue;
    use_of[i] = static_cast<uint32_t>(kept.variables.size());
    kept.variables.push_back(std::move(use));
  }
  for (ValueId id = 0; id < program.values.size(); id++) {
    if (!used[id]) continue;
    Value v = program.values[id];
    if (v.origin == Origin::kVariable) {
      v.index = use_of[v.index];
    } else if (v.origin == Origin::kConstant) {
      kept.constants.push_back(std::move(program.constants[v.index]));
      v.index = static_cast<uint32_t>(kept.constants.size() - 1);
    } else if (v.origin == Origin::kHostNumber) {
      kept.host_numbers.push_back(program.host_numbers[v.index]);
      v.index = static_cast<uint32_t>(kept.host_numbers.size() - 1);
    }
    by[id] = static_cast<ValueId>(kept.values.size());
    kept.values.push_back(v);
  }
  auto rename = [&](ValueId& id) {
    if (id != kNoValue) id = by[id];
  };
  kept.nodes = std::move(program.nodes);
  for (Node& node : kept.nodes) {
    for (ValueId& id : node.in) rename(id);
    for (ValueId& id : node.out) rename(id);
  }
  for (VariableUse& use : kept.variables) rename(use.initial), rename(use.final);
  kept.inputs = std::move(program.inputs);
  kept.outputs = std::move(program.outputs);
  for (ValueId& id : kept.inputs) rename(id);
  for (ValueId& id : kept.outputs) rename(id);
  kept.host_sources = std::move(program.host_sources);
  kept.draws = program.draws;
  kept.exchanges = program.exchanges;
  program = std::move(kept);
}

std::string stale_reason(const Program& program) {
  for (const VariableUse& use : program.variables)
    if (use.life.expired()) return concat("variable '", use.name, "' has been released");
  for (const HostSource& source : program.host_sources)
    if (source.life.expired()) return concat("optimizer '", source.name, "' has been released");
  for (const Node& node : program.nodes)
    if (node.exchanged && node.exchanged->exchange->party()->is_over())
      return concat("the group of ", node.schema->name, " has been released");
  return "";
}

const HostSource* changed_kind(const Program& program) {
  for (const HostSource& source : program.host_sources)
    for (size_t i = 0; i < source.kinds.size() && !source.life.expired(); i++)
      if (source.numbers->kind(static_cast<int64_t>(i)) != source.kinds[i]) return &source;
  return nullptr;
}

const VariableUse* changed_trainable(const Program& program) {
  for (const VariableUse& use : program.variables)
    if (use.followed && !use.life.expired() && use.variable->trainable() != use.trainable) return &use;
  return nullptr;
}

bool same_kinds(const Program& a, const Program& b) {
  for (size_t i = 0; i < a.variables.size() && i < b.variables.size(); i++) {
    const VariableUse &x = a.variables[i], &y = b.variables[i];
    if (x.variable == y.variable && x.followed && y.followed && x.trainable != y.trainable) return false;
  }
  return std::equal(
      a.host_sources.begin(), a.host_sources.end(), b.host_sources.begin(), b.host_sources.end(),
      [](const HostSource& x, const HostSource& y) { return x.numbers == y.numbers && x.kinds == y.kinds; });
}

void replace_uses(Program& program, const std::vector<ValueId>& by) {
  for (Node& node : program.nodes)
    for (ValueId& id : node.in) id = by[id];
  for_each_result(program, [&](ValueId& id) { id = by[id]; });
}

}  // namespace tl::graph
