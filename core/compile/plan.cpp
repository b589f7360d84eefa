#include "core/compile/plan.h"

#include <cstring>
#include <type_traits>

#include "core/base/error.h"
#include "core/compile/fused.h"
#include "core/compile/pass.h"
#include "core/ops/generated/attrs.h"
#include "core/tensor/item.h"
#include "core/tensor/timeline.h"

namespace tl::compile {

using namespace graph;

struct Plan::Step {
  KernelFn kernel;
  KernelArgs args;
  OpId op;
  size_t node;
};

namespace {

PlanCost cost_of(const Program& program) {
  PlanCost cost;
  for (const Node& node : program.nodes) {
    if (is_view(program, node)) continue;
    cost.nodes++;
    cost.clusters += node.fused && node.fused->ops.size() > 1;
    double elements = 0;
    for (ValueId id : node.in) cost.bytes += static_cast<double>(program.values[id].bytes());
    for (ValueId id : node.out) {
      cost.bytes += static_cast<double>(program.values[id].bytes());
      elements = std::max(elements, static_cast<double>(program.values[id].shape.elements()));
    }
    for (ValueId id : node.in)
      elements = std::max(elements, static_cast<double>(program.values[id].shape.elements()));
    if (node.fused) elements = node.fused->flops;
    if (node.is(OpId::kMatmul)) {
      const Shape& a = program.values[node.in[0]].shape;
      const double inner = static_cast<double>(a[a.rank() - (node.as<MatmulAttrs>().transpose_a ? 2 : 1)]);
      elements = 2 * inner * static_cast<double>(program.values[node.out[0]].shape.elements());
    }
    cost.flops += elements;
  }
  return cost;
}

// The arena, what comes from outside, and what goes there.
double touched_by(const Program& program, const MemoryPlan& memory) {
  double bytes = static_cast<double>(memory.arena_bytes);
  for (const Value& v : program.values)
    if (v.origin != Origin::kResult) bytes += static_cast<double>(v.bytes());
  for (ValueId id : memory.fresh) bytes += static_cast<double>(program.values[id].bytes());
  return bytes;
}

}  // namespace

Plan::Plan(Context& context, Program program, const PlanOptions& options)
    : context_(context), program_(std::move(program)), poison_(options.poison) {
  std::vector<const char*> without;
  for (const std::string& name : options.without_passes) without.push_back(name.c_str());
  run_passes(program_, context, without, options.verify, options.allow_reassociation);
  memory_ = plan_memory(program_);
  if (options.verify) {
    const std::string problem = overlap_of(program_, memory_);
    if (!problem.empty())
      fail(Code::kInternal, "the memory of a plan overlaps: ", problem, "; this is a bug in tapeloop");
  }
  cost_ = cost_of(program_);
  cost_.touched = touched_by(program_, memory_);
  arena_ = Arena::of(context);
  arena_->reserve(memory_.arena_bytes);
  make_tensors();
  make_steps();
  make_results();
}

Plan::~Plan() = default;

uint32_t Plan::base_of(const Place& place) const {
  const uint32_t inputs = static_cast<uint32_t>(program_.inputs.size());
  const uint32_t variables = static_cast<uint32_t>(program_.variables.size());
  switch (place.home) {
    case Home::kInput: return place.index;
    case Home::kVariable: return inputs + place.index;
    case Home::kTarget: return inputs + variables + place.index;
    case Home::kFresh: return inputs + 2 * variables + place.index;
    default: TL_INVARIANT(false);
  }
}

// A tensor for each value, those of one node side by side, as a kernel wants its results.
void Plan::make_tensors() {
  const size_t count = program_.values.size();
  tensor_of_.assign(count, kNoValue);
  tensors_.reserve(count);
  bases_.resize(program_.inputs.size() + 2 * program_.variables.size() + memory_.fresh.size());
  auto add = [&](ValueId id) {
    const Value& v = program_.values[id];
    const Place& place = memory_.places[id];
    tensor_of_[id] = static_cast<uint32_t>(tensors_.size());
    if (place.home == Home::kConstant && program_.values[id].origin == Origin::kConstant) {
      tensors_.push_back(program_.constants[v.index].tensor);
      return;
    }
    Tensor t = context_.make_shell(v.dtype, v.shape, context_.new_id());
    TensorNode* node = t.node();
    node->buffer = arena_->stand_in();
    node->buffer->retain();
    tensors_.push_back(std::move(t));
    switch (place.home) {
      case Home::kNowhere: in_arena_.emplace_back(node, 0); break;  // of no elements, or never looked at
      case Home::kArena: in_arena_.emplace_back(node, place.offset); break;
      case Home::kConstant:
        node->data = program_.constants[place.index].tensor.mutable_raw() + place.offset;
        break;
      case Home::kNumber: {
        // A view of a number has its memory.
        const ValueId root = find_aliases(program_)[id].root;
        if (root != id) {
          node->data = tensors_[tensor_of_[root]].mutable_raw();
          break;
        }
        const HostNumber& n = program_.host_numbers[place.index];
        tensors_.back() = context_.allocate(v.dtype, v.shape);
        numbers_.push_back({n.source, n.ahead, n.index, v.dtype, tensors_.back().mutable_raw()});
        break;
      }
      default: patches_.push_back({node, base_of(place), place.offset});
    }
  };
  for (ValueId id = 0; id < count; id++)
    if (program_.values[id].origin != Origin::kResult) add(id);
  for (const Node& node : program_.nodes)
    for (ValueId id : node.out) add(id);
}

void Plan::make_steps() {
  size_t operands = 0, words = 0;
  for (const Node& node : program_.nodes) operands += node.in.size(), words += node.attrs.size();
  operands_.reserve(operands);
  attrs_.reserve(words);  // addresses into both are kept
  steps_.reserve(program_.nodes.size());
  first_update_ = SIZE_MAX;
  for (size_t i = 0; i < program_.nodes.size(); i++) {
    const Node& node = program_.nodes[i];
    if (i == memory_.first_update) first_update_ = steps_.size();
    if (is_view(program_, node) && !node.schema->checks_data) continue;
    const Tensor* const* in = operands_.data() + operands_.size();
    for (ValueId id : node.in) operands_.push_back(&tensors_[tensor_of_[id]]);
    uint64_t* attrs = attrs_.data() + attrs_.size();
    attrs_.insert(attrs_.end(), node.attrs.begin(), node.attrs.end());
    KernelArgs args{*node.schema, context_, Inputs(in, node.in.size()),
                    node.out.empty() ? nullptr : &tensors_[tensor_of_[node.out[0]]], attrs};
    steps_.push_back({node.schema->kernel, args, node.schema->id, i});
    if (node.exchanged) parties_.push_back(node.exchanged->exchange->party().get());
    if (node.is_half(Half::kStart)) overlapping_.push_back(node.exchanged->exchange.get());
    if (node.fused) fused_.push_back(static_cast<const FusedKernel*>(node.fused.get()));
    if (node.draw < 0) continue;
    Draw draw{nullptr, nullptr, static_cast<uint64_t>(node.draw)};
    for (int k = 0; k < node.schema->num_attrs; k++) {
      const AttrSchema& attr = node.schema->attrs[k];
      if (attr.kind != AttrKind::kU64) continue;
      (std::strcmp(attr.name, "seed") == 0 ? draw.seed : draw.call) = attrs + attr.offset / 8;
    }
    draws_.push_back(draw);
  }
  if (first_update_ > steps_.size()) first_update_ = steps_.size();
}

void Plan::make_results() {
  for (uint32_t i = 0; i < program_.host_sources.size(); i++) {
    bool asked = false;
    for (const Number& n : numbers_) asked |= n.source == i;
    if (!asked) unasked_.push_back(&program_.host_sources[i]);
  }
  std::vector<char> taken(memory_.fresh.size());
  auto result = [&](ValueId id) {
    const Place& place = memory_.places[id];
    Result r{id, place, false};
    if (place.home == Home::kFresh && memory_.fresh[place.index] == id && !taken[place.index])
      taken[place.index] = r.whole = true;
    return r;
  };
  for (ValueId id : program_.outputs) outputs_.push_back(result(id));
  std::vector<OpId> maker(program_.values.size());
  for (const Node& node : program_.nodes)
    for (size_t k = 0; k < node.out.size(); k++)
      maker[node.out[k]] = node.fused ? node.fused->made_by[k] : node.schema->id;
  for (uint32_t i = 0; i < program_.variables.size(); i++) {
    const ValueId final = program_.variables[i].final;
    if (final == kNoValue) continue;
    const Place& place = memory_.places[final];
    if (place.home == Home::kTarget && place.index == i) {
      targets_.push_back({i, final, maker[final]});
    } else {
      finals_.push_back(result(final));
      final_variables_.push_back(i);
    }
  }
  make_cells();
  fresh_.resize(memory_.fresh.size());
  moved_.resize(targets_.size());
  made_outputs_.resize(outputs_.size());
  made_finals_.resize(finals_.size());
}

void Plan::make_cells() {
  cells_.resize(memory_.fresh.size());
  for (size_t i = 0; i < cells_.size(); i++)
    cells_[i].free = program_.values[memory_.fresh[i]].shape.elements() == 1;
  for (const Result& r : finals_)
    if (r.place.home == Home::kFresh) cells_[r.place.index].free = false;
}

std::string Plan::stale() const { return stale_reason(program_); }

bool Plan::is_stale() const noexcept {
  for (const VariableUse& use : program_.variables)
    if (use.life.expired()) return true;
  for (const HostSource& source : program_.host_sources)
    if (source.life.expired()) return true;
  for (const Party* party : parties_)
    if (party->is_over()) return true;
  return false;
}

void Plan::poison(size_t step, bool before) {
  if (!poison_) return;
  if (before) {
    std::memset(arena_base_, 0xFF, memory_.arena_bytes);
    return;
  }
  // What no later node needs: nothing that lives may lie there.
  for (const Interval& i : memory_.intervals) {
    if (i.last != steps_[step].node) continue;
    std::memset(arena_base_ + i.offset, 0xFF, i.bytes);
  }
}

// What the kernels are called on the timeline that traces them now.
void Plan::make_labels() {
  Timeline& timeline = *context_.timeline();
  if (labelled_by_.lock().get() == &timeline) return;
  labels_.clear();
  for (const Node& node : program_.nodes) {
    std::string name = node.schema->name;
    if (node.fused) {
      name.clear();
      for (OpId op : node.fused->ops) name += concat(name.empty() ? "" : " + ", schema_of(op).name);
    }
    labels_.push_back({timeline.text(name),
                       timeline.details() ? timeline.text(to_text(program_, node)) : Timeline::kNoText});
  }
  labelled_by_ = timeline.weak_from_this();
}

void Plan::find_arena() {
  arena_->reserve(memory_.arena_bytes);
  if (arena_->data() == arena_base_) return;
  arena_base_ = arena_->data();
  for (const auto& [node, offset] : in_arena_) node->data = arena_base_ + offset;
}

// One run: gives back what it took when it ends, however it does.
class Plan::Run {
 public:
  Run(Plan& plan, Span<const Tensor> inputs, bool as_numbers)
      : p_(plan), inputs_(inputs), as_numbers_(as_numbers) {}
  ~Run() {
    // Of a run that has failed: before its memory goes, and before anybody else is told.
    for (Exchange* exchange : p_.overlapping_)
      if (!done_) exchange->drop();
    auto empty = [](std::vector<Tensor>& list) {
      for (Tensor& t : list) t = Tensor();
    };
    empty(p_.fresh_);
    empty(p_.moved_);
    empty(p_.made_outputs_);
    empty(p_.made_finals_);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // All that can fail and changes nothing, in front of the kernels.
  void prepare() {
    Context& c = p_.context_;
    p_.find_arena();
    if (c.threads() > 1) c.pool();
    for (const FusedKernel* fused : p_.fused_) fused->reserve(c.pool());
    number();
    ask_the_others();
    draw();
    for (size_t i = 0; i < p_.fresh_.size(); i++) {
      if (as_numbers_ && p_.cells_[i].free) continue;
      const Value& v = p_.program_.values[p_.memory_.fresh[i]];
      p_.fresh_[i] = c.allocate(v.dtype, v.shape);
    }
    bind();
    for (size_t i = 0; i < p_.outputs_.size() && !as_numbers_; i++)
      p_.made_outputs_[i] = made(p_.outputs_[i]);
    for (size_t i = 0; i < p_.finals_.size(); i++) p_.made_finals_[i] = made(p_.finals_[i]);
  }

  void run_kernels() {
    if (p_.context_.timeline()) {
      p_.make_labels();
      Timeline& timeline = *p_.context_.timeline();
      run_kernels([&](const Step& step) {
        const uint64_t begun = timeline.now();
        step.kernel(step.args);
        const Label& label = p_.labels_[step.node];
        timeline.add(Timeline::Kind::kKernel, label.name, label.detail, begun, timeline.now());
      });
    } else {
      run_kernels([](const Step& step) { step.kernel(step.args); });
    }
  }

  template <class RunKernel>
  void run_kernels(RunKernel&& run_kernel) {
    const size_t count = p_.steps_.size();
    p_.poison(0, true);
    size_t i = 0;
    try {
      for (; i < p_.first_update_; i++) {
        const Step& step = p_.steps_[i];
        p_.context_.check_cancelled(step.args.schema.name);
        run_kernel(step);
        if (p_.poison_) p_.poison(i, false);
      }
    } catch (const Error& e) {
      const auto& words = p_.program_.nodes[p_.steps_[i].node].words;
      if (words) words->tell(e);
      throw;
    }
    // From here on nothing fails, and nothing stops.
    done_ = true;
    for (; i < count; i++) {
      run_kernel(p_.steps_[i]);
      if (p_.poison_) p_.poison(i, false);
    }
  }

  void commit(Span<double> items) noexcept {
    // As long as the variables have what they held before: an output may be of it.
    for (size_t i = 0; i < items.size(); i++)
      items[i] = item_as_double(p_.tensors_[p_.tensor_of_[p_.outputs_[i].value]]);
    commit();
  }

  void commit(Span<Tensor> outputs) noexcept {
    commit();
    for (size_t i = 0; i < outputs.size(); i++) outputs[i] = std::move(p_.made_outputs_[i]);
  }

 private:
  void commit() noexcept {
    for (size_t i = 0; i < p_.targets_.size(); i++) {
      Variable& v = *p_.program_.variables[p_.targets_[i].variable].variable;
      if (p_.moved_[i])
        v.put_unseen(std::move(p_.moved_[i]));
      else
        v.changed_in_place();
      v.value().node()->made_by = static_cast<uint16_t>(p_.targets_[i].made_by);
    }
    for (size_t i = 0; i < p_.finals_.size(); i++)
      p_.program_.variables[p_.final_variables_[i]].variable->put_unseen(std::move(p_.made_finals_[i]));
    for (const HostSource& source : p_.program_.host_sources) source.numbers->after(source.steps);
    p_.context_.random().next_call += p_.program_.draws;
  }

  void number() {
    uint32_t source = kNoValue;
    int64_t ahead = -1;
    DType dtype = DType::kF32;
    double values[8];
    for (const Number& n : p_.numbers_) {
      if (n.source != source || n.ahead != ahead || n.dtype != dtype) {
        source = n.source, ahead = n.ahead, dtype = n.dtype;
        HostNumbers& numbers = *p_.program_.host_sources[source].numbers;
        TL_INVARIANT(numbers.count() <= 8);
        numbers.before(ahead, dtype, values);
      }
      if (dtype == DType::kF32)
        *reinterpret_cast<float*>(n.data) = static_cast<float>(values[n.index]);
      else
        *reinterpret_cast<double*>(n.data) = values[n.index];
    }
  }

  // Sources whose numbers nobody takes move on, too.
  void ask_the_others() {
    double values[8];
    for (const HostSource* source : p_.unasked_) source->numbers->before(0, DType::kF64, values);
  }

  void draw() {
    const RandomState& random = p_.context_.random();
    for (const Draw& d : p_.draws_) {
      *d.seed = random.seed;
      *d.call = random.next_call + d.ahead;
    }
  }

  void bind() {
    size_t at = 0;
    for (const Tensor& t : inputs_) p_.bases_[at++] = t.mutable_raw();
    for (const VariableUse& use : p_.program_.variables)
      p_.bases_[at++] = use.variable->value().mutable_raw();
    for (size_t i = 0; i < p_.targets_.size(); i++) {
      const Target& target = p_.targets_[i];
      const Tensor& now = p_.program_.variables[target.variable].variable->value();
      const bool alone = now.owns_memory_alone() && now.node()->tape_bits == 0;
      if (!alone) p_.moved_[i] = p_.context_.allocate(now.dtype(), now.shape());
      p_.bases_[at + target.variable] = alone ? now.mutable_raw() : p_.moved_[i].mutable_raw();
    }
    at += p_.program_.variables.size();
    for (size_t i = 0; i < p_.fresh_.size(); i++)
      p_.bases_[at++] = p_.fresh_[i] ? p_.fresh_[i].mutable_raw() : p_.cells_[i].bytes;
    for (const Patch& patch : p_.patches_) patch.node->data = p_.bases_[patch.base] + patch.offset;
  }

  Tensor copied(const Value& v, const std::byte* elements) {
    Tensor copy = p_.context_.allocate(v.dtype, v.shape);
    std::memcpy(copy.mutable_raw(), elements, copy.bytes());
    return copy;
  }

  // A result as a tensor, in front of the run: its elements come later.
  Tensor made(const Result& r) {
    const Value& v = p_.program_.values[r.value];
    switch (r.place.home) {
      case Home::kFresh:
        return r.whole ? p_.fresh_[r.place.index] : p_.fresh_[r.place.index].view(v.shape, r.place.offset);
      case Home::kInput: return inputs_[r.place.index].view(v.shape, r.place.offset);
      case Home::kConstant: return p_.program_.constants[r.place.index].tensor.view(v.shape, r.place.offset);
      case Home::kVariable: {
        // A variable of one element may be a number of the host's, such as an optimizer's count: that has been promised the memory of
        // its value already if it was its alone, and is written in place at the end.
        const Tensor& now = p_.program_.variables[r.place.index].variable->value();
        return now.elements() == 1 ? copied(v, now.raw()) : now.view(v.shape, r.place.offset);
      }
      case Home::kTarget:
        for (size_t i = 0; i < p_.targets_.size(); i++)
          if (p_.targets_[i].variable == r.place.index) {
            const Tensor& of =
                p_.moved_[i] ? p_.moved_[i] : p_.program_.variables[r.place.index].variable->value();
            return of.view(v.shape, r.place.offset);
          }
        break;
      // The memory of a number is the plan's, and holds the next step's number later.
      case Home::kNumber: return copied(v, p_.tensors_[p_.tensor_of_[r.value]].raw());
      default: break;
    }
    TL_INVARIANT(false);
  }

  Plan& p_;
  Span<const Tensor> inputs_;
  const bool as_numbers_;
  bool done_ = false;  // with all that can fail
};

void Plan::run(Span<const Tensor> inputs, Span<Tensor> outputs) { run_for(inputs, outputs); }
void Plan::run(Span<const Tensor> inputs, Span<double> items) { run_for(inputs, items); }

template <class Out>
void Plan::run_for(Span<const Tensor> inputs, Span<Out> outputs) {
  Run run(*this, inputs, std::is_same<Out, double>::value);
  run.prepare();
  StepSharing::Run sharing(sharing_, context_.pool());
  run.run_kernels();
  sharing.done();
  run.commit(outputs);
}

std::string Plan::text() const {
  static constexpr const char* kHomes[] = {"nowhere",  "input",  "variable", "in place",
                                           "constant", "number", "new",      "arena"};
  std::string out = concat(cost_.nodes, " kernels, ", cost_.clusters, " of them of several ops, ",
                           program_.nodes.size(), " nodes, ", memory_.arena_bytes, " bytes of arena, ",
                           cost_.flops, " flops, ", cost_.bytes, " bytes moved\n", to_text(program_));
  out += "memory\n";
  for (ValueId id = 0; id < program_.values.size(); id++) {
    const Place& p = memory_.places[id];
    if (program_.values[id].origin != Origin::kResult) continue;
    out += concat("%", id, " ", kHomes[static_cast<int>(p.home)]);
    if (p.home == Home::kTarget) out += concat(" '", program_.variables[p.index].name, "'");
    if (p.home == Home::kArena || p.offset) out += concat(" +", p.offset);
    out += "\n";
  }
  return out;
}

}  // namespace tl::compile
