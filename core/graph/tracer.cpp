#include "core/graph/tracer.h"

#include <algorithm>
#include <cstring>

#include "core/base/error.h"
#include "core/ops/generated/attrs.h"

namespace tl::graph {
namespace {

// Where the attributes of a random op hold the seed and the call, or null.
struct RandomAttrs {
  const uint64_t* seed = nullptr;
  const uint64_t* call = nullptr;
};

RandomAttrs random_attrs(const OpSchema& schema, const void* attrs) {
  RandomAttrs out;
  for (int i = 0; i < schema.num_attrs; i++) {
    if (schema.attrs[i].kind != AttrKind::kU64) continue;
    const void* at = static_cast<const unsigned char*>(attrs) + schema.attrs[i].offset;
    (std::strcmp(schema.attrs[i].name, "seed") == 0 ? out.seed : out.call) = static_cast<const uint64_t*>(at);
  }
  return out;
}

std::string quoted(const Variable& variable) {
  return variable.name().empty() ? "a variable without a name" : concat("variable '", variable.name(), "'");
}

}  // namespace

Tracer::Tracer(Context& context, Span<Tensor> inputs)
    : context_(context), first_id_(context.next_id()), random_(context.random()) {
  for (size_t i = 0; i < inputs.size(); i++) {
    inputs[i] = inputs[i].view(inputs[i].shape());
    const ValueId id =
        program_.add_value(inputs[i].dtype(), inputs[i].shape(), Origin::kInput, static_cast<uint32_t>(i));
    program_.inputs.push_back(id);
    bind(inputs[i], id);
  }
  context_.add_observer(this);
}

Tracer::~Tracer() { stop(); }

void Tracer::stop() {
  if (recording_) context_.remove_observer(this);
  recording_ = false;
}

void Tracer::note_problem(std::string text) {
  if (problem_.empty()) problem_ = std::move(text);
}

// What a value is, for a message.
std::string Tracer::described(ValueId value) const {
  const Value& v = program_.values[value];
  switch (v.origin) {
    case Origin::kInput: return concat("input ", v.index);
    case Origin::kVariable: return concat("the value of variable '", program_.variables[v.index].name, "'");
    case Origin::kConstant: return "a constant";
    case Origin::kHostNumber: return "a number of the optimizer";
    case Origin::kResult: break;
  }
  for (const Node& node : program_.nodes)
    for (ValueId out : node.out)
      if (out == value) return concat("a result of ", node.schema->name);
  return "a value";
}

ValueId Tracer::find(const Tensor& tensor) {
  auto known = ids_.find(tensor.id());
  if (known != ids_.end()) return known->second;
  auto seen = views_.find(tensor.id());
  if (seen == views_.end()) return kNoValue;
  const View view = seen->second;
  const Value of = program_.values[view.of];
  ValueId id = view.of;
  if (view.shape != of.shape) {
    if (view.byte_offset != 0 || view.shape.elements() != of.shape.elements()) {
      note_problem(concat("it takes a part of ", described(view.of), " without an op"));
    } else {
      ReshapeAttrs attrs{IntList(view.shape)};
      id = program_.add_node(OpId::kReshape, {view.of}, &attrs).out[0];
    }
  }
  bind(tensor, id);
  return id;
}

ValueId Tracer::value_of(const Tensor& tensor) {
  const ValueId known = find(tensor);
  return known != kNoValue ? known : constant(tensor, tensor.id() >= first_id_);
}

ValueId Tracer::constant(const Tensor& tensor, bool host_data) {
  const ValueId id = program_.add_value(tensor.dtype(), tensor.shape(), Origin::kConstant,
                                        static_cast<uint32_t>(program_.constants.size()));
  program_.constants.push_back({tensor, host_data});
  bind(tensor, id);
  return id;
}

void Tracer::on_op(const OpCall& call) {
  const OpSchema& schema = call.schema;
  Node node{&schema, {}, {}, std::vector<uint64_t>((schema.attr_bytes + 7u) / 8), -1, 0};
  for (const Tensor* t : call.in) node.in.push_back(value_of(*t));
  if (schema.attr_bytes) std::memcpy(node.attrs.data(), call.attrs, schema.attr_bytes);
  const RandomAttrs random = random_attrs(schema, call.attrs);
  if (random.call && *random.seed == random_.seed && *random.call >= random_.next_call) {
    node.draw = static_cast<int64_t>(*random.call - random_.next_call);
  }
  node.again = context_.recomputing();
  if (schema.checks_data) node.words = words_;
  for (const Tensor& t : call.out) {
    const ValueId id = program_.add_value(t.dtype(), t.shape(), Origin::kResult);
    node.out.push_back(id);
    bind(t, id);
  }
  program_.nodes.push_back(std::move(node));
}

void Tracer::on_exchange(const std::shared_ptr<Exchange>& exchange, Span<const Tensor> in,
                         Span<const Tensor> out) {
  if (std::find(parties_.begin(), parties_.end(), exchange->party()) == parties_.end())
    parties_.push_back(exchange->party());
  std::vector<ValueId> from, to;
  std::vector<OutputSpec> results;
  for (const Tensor& t : in) from.push_back(value_of(t));
  for (const Tensor& t : out) {
    results.push_back({t.dtype(), t.shape()});
    to.push_back(program_.add_value(t.dtype(), t.shape(), Origin::kResult));
    bind(t, to.back());
  }
  program_.nodes.push_back(
      exchange_node(exchange, program_.exchanges++, std::move(from), std::move(to), std::move(results)));
  program_.nodes.back().again = context_.recomputing();
}

void Tracer::on_view(const Tensor& of, const Tensor& view, size_t byte_offset) {
  if (renewing_) return;
  const ValueId known = find(of);
  if (known != kNoValue) views_[view.id()] = View{known, view.shape(), byte_offset};
}

// A variable is given a value with an identity of its own when it is first met: a tensor that was read of it before is a
// constant, and stays one.
Tracer::Current& Tracer::current(Variable& variable) {
  auto known = variables_.find(variable.id());
  if (known != variables_.end()) return known->second;
  const uint32_t use = static_cast<uint32_t>(program_.variables.size());
  const ValueId before = variable.id() >= first_id_ ? value_of(variable.value()) : kNoValue;
  const ValueId initial = program_.add_value(variable.dtype(), variable.shape(), Origin::kVariable, use);
  program_.variables.push_back({&variable, variable.life(), variable.name(), initial});
  renewing_ = true;
  try {
    variable.renew();
  } catch (...) {
    renewing_ = false;
    throw;
  }
  renewing_ = false;
  bind(variable.value(), initial);
  return variables_.emplace(variable.id(), Current{use, initial, before}).first->second;
}

void Tracer::on_make(Variable& variable) {
  const ValueId value = find(variable.value());
  if (value != kNoValue) made_.push_back({variable.life(), value});
}

void Tracer::on_read(Variable& variable, const Tensor& value) {
  on_peek(variable);
  const Current& now = current(variable);
  bind(value, now.value);
  if (!context_.recorders().empty()) program_.variables[now.use].followed = true;
}

void Tracer::on_peek(Variable& variable) {
  (void)current(variable);
  for (const HostSource& source : program_.host_sources)
    if (!source.life.expired() && source.numbers->changes(variable))
      note_problem(concat("it uses ", quoted(variable),
                          " after the step of the optimizer that changes it; use it before"));
}

void Tracer::on_put(Variable& variable, const Tensor& value) {
  Current& now = current(variable);
  now.value = value_of(value);
  bind(value, now.value);
}

void Tracer::on_assign(Variable& variable, const Tensor& assigned, const Tensor& value) {
  Current& now = current(variable);
  now.value = value_of(assigned);
  bind(value, now.value);
}

void Tracer::on_host_data(const Tensor& tensor) { constant(tensor, true); }

void Tracer::on_host_read(const Tensor& tensor, const char* reader) {
  const ValueId id = find(tensor);
  if (id == kNoValue || program_.values[id].origin == Origin::kConstant) return;
  note_problem(concat(reader, " looks at ", described(id), ", which has another value in each step"));
}

void Tracer::on_unreplayable(const char* deed) { note_problem(deed); }

HostSource* Tracer::source_of(const HostNumbers& numbers) {
  for (HostSource& source : program_.host_sources)
    if (source.numbers == &numbers) return &source;
  return nullptr;
}

void Tracer::on_host_step(const std::shared_ptr<HostNumbers>& numbers) {
  if (!source_of(*numbers)) program_.host_sources.push_back({numbers, numbers.get(), numbers->name(), 0, {}});
  HostSource& source = *source_of(*numbers);
  source.kinds.push_back(numbers->kind(0));
  if (++source.steps > 1 && numbers->may_skip())
    note_problem(concat("it does more than one step of the optimizer '", source.name,
                        "', which may skip the first one; do one in each call"));
}

void Tracer::on_host_number(const HostNumbers& numbers, int index, const Tensor& value) {
  HostSource& source = *source_of(numbers);
  const ValueId id = program_.add_value(value.dtype(), value.shape(), Origin::kHostNumber,
                                        static_cast<uint32_t>(program_.host_numbers.size()));
  program_.host_numbers.push_back(
      {static_cast<uint32_t>(&source - program_.host_sources.data()), source.steps - 1, index});
  bind(value, id);
}

// A variable that the step made and that did not outlive it is no state: each run would make it anew.
void Tracer::drop_local_variables() {
  std::vector<ValueId> by(program_.values.size());
  for (ValueId id = 0; id < by.size(); id++) by[id] = id;
  bool any = false;
  for (const auto& [id, now] : variables_) {
    VariableUse& use = program_.variables[now.use];
    if (!use.life.expired() || now.before == kNoValue) continue;
    by[use.initial] = now.before;
    use.final = kNoValue;
    any = true;
  }
  if (!any) return;
  // What a local variable began with may itself be what another one began with.
  for (ValueId& id : by)
    while (by[id] != id) id = by[id];
  replace_uses(program_, by);
  for (Made& made : made_) made.value = by[made.value];
}

// A variable that the step made and that outlives it, such as one of a layer that is built at its first call, is not made again:
// the next run finds it there. So what makes its first value, and nothing else, is none of the step's, and neither are the
// random calls of that: the ones behind them are as many fewer ahead.
void Tracer::forget_making_of_state() {
  // Of each value: whether it is a first value or goes into one, and whether something else takes it.
  std::vector<char> first(program_.values.size()), other(program_.values.size());
  bool any = false;
  for (const Made& made : made_)
    if (!made.life.expired()) first[made.value] = 1, any = true;
  if (!any) return;
  for_each_result(program_, [&](const ValueId& id) { other[id] = 1; });
  const auto marked = [](const std::vector<char>& marks, const std::vector<ValueId>& ids) {
    return std::any_of(ids.begin(), ids.end(), [&](ValueId id) { return marks[id] != 0; });
  };
  std::vector<Node> kept;
  std::vector<int64_t> gone;
  for (size_t i = program_.nodes.size(); i-- > 0;) {
    Node& node = program_.nodes[i];
    // An exchange stays: the other ranks make it, too.
    const bool makes = !node.exchanged && marked(first, node.out) && !marked(other, node.out);
    for (ValueId id : node.in) (makes ? first : other)[id] = 1;
    if (!makes)
      kept.push_back(std::move(node));
    else if (node.draw >= 0)
      gone.push_back(node.draw);
  }
  std::reverse(kept.begin(), kept.end());
  program_.nodes = std::move(kept);
  std::sort(gone.begin(), gone.end());
  gone.erase(std::unique(gone.begin(), gone.end()), gone.end());
  for (Node& node : program_.nodes)
    if (node.draw >= 0) node.draw -= std::lower_bound(gone.begin(), gone.end(), node.draw) - gone.begin();
  program_.draws -= gone.size();
}

// Not what nodes have drawn: a call that failed, and which the step has passed over, has given its numbers back. Of a step
// that has set the seed, which cannot be replayed, the count means nothing.
void Tracer::count_draws() {
  const uint64_t now = context_.random().next_call;
  program_.draws = now > random_.next_call ? now - random_.next_call : 0;
  leave_other_draws();
  forget_making_of_state();
  leave_other_draws();
}

// Draws of calls that are none of the step's.
void Tracer::leave_other_draws() {
  for (Node& node : program_.nodes)
    if (node.draw >= static_cast<int64_t>(program_.draws)) node.draw = -1;
}

Program Tracer::finish(Span<const Tensor> outputs) {
  stop();
  for (const Tensor& t : outputs) program_.outputs.push_back(value_of(t));
  for (const auto& [id, now] : variables_) {
    VariableUse& use = program_.variables[now.use];
    if (now.value != use.initial) use.final = now.value;
    if (!use.life.expired()) use.trainable = use.variable->trainable();
  }
  drop_local_variables();
  count_draws();
  drop_unused(program_);
  for (const VariableUse& use : program_.variables) {
    if (use.life.expired()) note_problem(concat("variable '", use.name, "' has been released in it"));
    for (const HostSource& source : program_.host_sources)
      if (use.final != kNoValue && !use.life.expired() && !source.life.expired() &&
          source.numbers->follows(*use.variable))
        note_problem(concat("it sets variable '", use.name, "', which ", source.name,
                            " takes its numbers from; set it before the step"));
  }
  for (const HostSource& source : program_.host_sources)
    if (source.life.expired())
      note_problem(concat("the optimizer '", source.name, "' has been released in it"));
  return std::move(program_);
}

}  // namespace tl::graph
