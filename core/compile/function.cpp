#include "core/compile/function.h"

#include <algorithm>
#include <type_traits>

#include "core/base/error.h"
#include "core/graph/tracer.h"
#include "core/tensor/batched.h"
#include "core/tensor/item.h"
#include "core/tensor/timeline.h"

namespace tl::compile {

namespace {
// Retraces beyond this many are worth a warning, once: a step that is recorded each time is slower than an eager one.
constexpr size_t kManyRetraces = 4;
// Reasons are kept for a person to read.
constexpr size_t kMostReasons = 64;

// Throws the error of a replay with the name of the function in front: "[train] gather: an index must ...", of which the C API makes
// "[function_call] train: gather: an index must ...". What is not about what the step computes, such as a lack of memory, stays
// as it is.
[[noreturn]] void tell_of_replay(const std::string& name, const Error& e) {
  const std::string& text = e.message();
  if (e.code() != Code::kInvalidArgument && e.code() != Code::kFailedPrecondition &&
      e.code() != Code::kNonFinite)
    throw e;
  const size_t end = text.empty() || text[0] != '[' ? std::string::npos : text.find("] ");
  if (end == std::string::npos) throw Error(e.code(), concat("[", name, "] ", text));
  throw Error(e.code(), concat("[", name, "] ", text.substr(1, end - 1), ": ", text.substr(end + 2)));
}
}  // namespace

Function::Function(Context& context, Body body, FunctionOptions options)
    : context_(context), body_(std::move(body)), options_(std::move(options)) {
  if (options_.most_plans == 0) options_.most_plans = 1;
  if (options_.most_recordings == 0) options_.most_recordings = 1;
}

void Function::forget() {
  latest_ = nullptr;
  entries_.clear();
  families_.clear();
  refused_.clear();
  recordings_ = 0;
  capped_ = false;
}

bool Function::matches(const Entry& entry, Span<const Tensor> inputs, size_t outputs) const {
  if (entry.flags != flags_ || entry.outputs != outputs || entry.inputs.size() != inputs.size()) return false;
  for (size_t i = 0; i < inputs.size(); i++)
    if (inputs[i].dtype() != entry.inputs[i].dtype || inputs[i].shape() != entry.inputs[i].shape)
      return false;
  return true;
}

const graph::Program* Function::program_of(const Entry& entry) {
  return entry.plan ? &entry.plan->program() : entry.program.get();
}

Function::Entry* Function::find(Span<const Tensor> inputs, size_t outputs) {
  auto fits = [&](const Entry& entry) {
    if (!matches(entry, inputs, outputs)) return false;
    const graph::Program* program = program_of(entry);
    return !program || (!graph::changed_kind(*program) && !graph::changed_trainable(*program));
  };
  if (latest_ && fits(*latest_)) return latest_;
  for (const auto& entry : entries_)
    if (fits(*entry)) return entry.get();
  return nullptr;
}

void Function::check(Span<const Tensor> inputs) const {
  for (size_t i = 0; i < inputs.size(); i++) {
    if (!inputs[i])
      invalid("[", options_.name, "] 'inputs[", i, "]' must be a tensor: got null; was it set?");
    if (&inputs[i].context() != &context_)
      invalid("[", options_.name, "] inputs must be of the function's context: got 'inputs[", i,
              "]' of another one; copy its data over");
    if (!has_data(inputs[i]))
      invalid("[", options_.name, "] inputs must hold data: got none for 'inputs[", i,
              "]'; was it saved by a tape?");
  }
}

std::vector<Tensor> Function::run_body(Span<const Tensor> inputs, size_t outputs) {
  std::vector<Tensor> out = body_(inputs, outputs);
  if (out.size() != outputs)
    invalid("[", options_.name, "] the step must return ", outputs, " outputs: got ", out.size(),
            "; ask for as many as it sets");
  for (size_t i = 0; i < out.size(); i++) {
    if (!out[i])
      invalid("[", options_.name, "] 'outputs[", i,
              "]' must be a tensor: got null; the step must set all of them");
    if (&out[i].context() != &context_)
      invalid("[", options_.name, "] outputs must be of the function's context: got 'outputs[", i,
              "]' of another one; compute it in this one");
  }
  return out;
}

void Function::refuse_item(size_t output, DType dtype, const Shape& shape, bool ran) const {
  invalid("[", options_.name, "] 'outputs[", output, "]' must have one element to be taken as a number: got ",
          dtype, " ", shape, ran ? "; this run has taken effect; " : "; ",
          "reduce it with mean or sum, or take it as a tensor with function_call");
}

// In front of a replay.
void Function::check_items(const graph::Program& program) const {
  for (size_t i = 0; i < program.outputs.size(); i++) {
    const graph::Value& v = program.values[program.outputs[i]];
    if (v.shape.elements() != 1) refuse_item(i, v.dtype, v.shape, false);
  }
}

void Function::give_out(std::vector<Tensor>& made, Span<Tensor> outputs) const {
  std::move(made.begin(), made.end(), outputs.begin());
}

void Function::give_out(std::vector<Tensor>& made, Span<double> items) const {
  for (size_t i = 0; i < made.size(); i++) {
    check_readable(options_.name.c_str(), made[i]);
    if (made[i].elements() != 1) refuse_item(i, made[i].dtype(), made[i].shape(), true);
  }
  for (size_t i = 0; i < made.size(); i++) {
    context_.note_host_read(made[i], "function_call_items");
    items[i] = item_as_double(made[i]);
  }
}

template <class Out>
void Function::run_eagerly(Span<const Tensor> inputs, Span<Out> outputs) {
  std::vector<Tensor> out = run_body(inputs, outputs.size());
  give_out(out, outputs);
}

void Function::refuse(bool ran) const {
  fail(Code::kFailedPrecondition, "[", options_.name,
       "] the step must be one that can be replayed: got one where ", refused_,
       ran ? "; this run has taken effect, later ones will not begin; " : "; ",
       "move it out of the step, or set host_reads so that the function stays eager");
}

// Which part of the signature is new, compared with the call before.
std::string Function::difference(Span<const Tensor> inputs, size_t outputs) const {
  if (!latest_)
    return entries_.empty() ? "the recordings were forgotten" : "the plan that was used last has gone";
  const Entry& before = *latest_;
  if (before.flags != flags_) return concat("flags: ", before.flags, " became ", flags_);
  if (before.outputs != outputs) return concat("number of outputs: ", before.outputs, " became ", outputs);
  if (before.inputs.size() != inputs.size())
    return concat("number of inputs: ", before.inputs.size(), " became ", inputs.size());
  for (size_t i = 0; i < inputs.size(); i++) {
    const Kind& kind = before.inputs[i];
    if (kind.dtype != inputs[i].dtype())
      return concat("dtype of input ", i, ": ", kind.dtype, " became ", inputs[i].dtype());
    if (kind.shape != inputs[i].shape())
      return concat("shape of input ", i, ": ", kind.shape, " became ", inputs[i].shape());
  }
  const graph::Program* program = program_of(before);
  if (const graph::VariableUse* use = program ? graph::changed_trainable(*program) : nullptr)
    return concat("variable '", use->name,
                  "': ", use->trainable ? "it is not trainable any more" : "it has become trainable");
  const graph::HostSource* changed = program ? graph::changed_kind(*program) : nullptr;
  return changed ? concat("kind of step of the optimizer '", changed->name, "'") : "nothing";
}

void Function::drop(Entry* entry) {
  if (latest_ == entry) latest_ = nullptr;
  entries_.erase(
      std::find_if(entries_.begin(), entries_.end(), [&](const auto& e) { return e.get() == entry; }));
}

void Function::make_room() {
  while (entries_.size() >= options_.most_plans) {
    auto oldest = std::min_element(entries_.begin(), entries_.end(),
                                   [](const auto& a, const auto& b) { return a->used < b->used; });
    drop(oldest->get());
  }
}

std::unique_ptr<Function::Entry> Function::entry_for(Span<const Tensor> inputs, size_t outputs) {
  auto entry = std::make_unique<Entry>();
  for (const Tensor& t : inputs) entry->inputs.push_back({t.dtype(), t.shape()});
  entry->outputs = outputs;
  entry->flags = flags_;
  entry->used = ++clock_;
  return entry;
}

template <class Out>
void Function::record(Span<const Tensor> inputs, Span<Out> outputs, std::string reason) {
  auto entry = entry_for(inputs, outputs.size());
  if (recordings_ > 0) {
    // Sizes of a batch are what a function for all sizes is made of, and each kind of step is recorded once.
    if (options_.retrace_is_error && !is_new_kind(*entry) &&
        !(options_.polymorphic_batch && is_other_size(*entry)))
      fail(Code::kFailedPrecondition, "[", options_.name,
           "] the step must not be recorded again: got a call that needs it (", reason,
           "); keep shapes and dtypes, or allow retraces");
    if (recordings_ >= options_.most_recordings) return run_unrecorded(inputs, outputs, reason);
  }
  retraces_.reserve(retraces_.size() + 1);
  entries_.reserve(entries_.size() + 1);

  const TimedSpan span(context_, [&] { return concat("recording of '", options_.name, "'"); });
  std::vector<Tensor> own(inputs.begin(), inputs.end()), out;
  {
    graph::Tracer tracer(context_, own);
    try {
      out = run_body(own, outputs.size());
    } catch (const std::exception& e) {
      for (const auto& party : tracer.parties()) party->leave(e.what());
      throw;
    }
    own.clear();
    add_parties(tracer.parties());
    entry->program = std::make_unique<graph::Program>(tracer.finish(out));
    entry->problem = tracer.problem();
  }
  if (options_.polymorphic_batch && entry->problem.empty()) {
    entry->recorded = std::make_shared<graph::Program>(*entry->program);
    reason += find_family(*entry);
  }
  recordings_++;
  if (traces_++ > 0) {
    if (retraces_.size() < kMostReasons) retraces_.push_back(reason);
    if (traces_ == kManyRetraces + 1)
      context_.log(LogLevel::kWarning,
                   concat("[", options_.name, "] has been recorded ", traces_, " times, last because of ",
                          reason, "; a step that is recorded often is slower than an eager one")
                       .c_str());
  }
  if (!entry->problem.empty() && options_.host_reads == HostReads::kError) {
    forget();  // no plan will run
    refused_ = std::move(entry->problem);
    refuse(true);
  }
  if (!entry->problem.empty()) entry->program.reset();
  make_room();
  latest_ = entry.get();
  entries_.push_back(std::move(entry));
  give_out(out, outputs);
}

// A step of which there are as many recordings as there may be, none of them for these inputs.
template <class Out>
void Function::run_unrecorded(Span<const Tensor> inputs, Span<Out> outputs, const std::string& reason) {
  if (!capped_)
    context_.log(
        LogLevel::kWarning,
        concat("[", options_.name, "] has been recorded ", recordings_,
               " times, which is most_recordings; from now on a call that no recording fits runs the step "
               "without one, as this one does because of ",
               reason)
            .c_str());
  capped_ = true;
  eager_calls_++;
  unrecorded_++;
  run_eagerly(inputs, outputs);
}

void Function::leave(std::string_view why) noexcept {
  for (const auto& party : parties_) party->leave(why);
}

void Function::add_parties(const std::vector<std::shared_ptr<Party>>& parties) {
  auto over = [](const auto& party) { return party->is_over(); };
  parties_.erase(std::remove_if(parties_.begin(), parties_.end(), over), parties_.end());
  for (const auto& party : parties)
    if (std::find(parties_.begin(), parties_.end(), party) == parties_.end()) parties_.push_back(party);
}

void Function::call(Span<const Tensor> inputs, Span<Tensor> outputs) { call_or_leave(inputs, outputs); }
void Function::call_items(Span<const Tensor> inputs, Span<double> items) {
  for (const Tensor& t : inputs)
    check_readable(options_.name.c_str(), t);  // a batch gives no number: before anything runs
  call_or_leave(inputs, items);
}

template <class Out>
void Function::call_or_leave(Span<const Tensor> inputs, Span<Out> outputs) {
  try {
    call_once(inputs, outputs);
  } catch (const std::exception& e) {
    leave(e.what());
    throw;
  }
}

template <class Out>
void Function::call_once(Span<const Tensor> inputs, Span<Out> outputs) {
  check(inputs);
  context_.check_cancelled(options_.name.c_str());
  if (!refused_.empty()) refuse(false);
  if (context_.observed() || context_.recording_bits() != 0 || !context_.batch_levels().empty()) {
    eager_calls_++;
    return run_eagerly(inputs, outputs);
  }
  Entry* entry = find(inputs, outputs.size());
  std::string reason;
  if (!entry) {
    std::string why;
    if (!families_.empty()) entry = resize(inputs, outputs.size(), why);
    if (!entry) {
      if (traces_ > 0) reason = difference(inputs, outputs.size()) + why;
      return record(inputs, outputs, std::move(reason));
    }
  }
  if (std::is_same<Out, double>::value)
    if (const graph::Program* program = program_of(*entry)) check_items(*program);
  entry->used = ++clock_;
  latest_ = entry;
  if (!entry->problem.empty()) {
    eager_calls_++;
    return run_eagerly(inputs, outputs);
  }
  if (entry->program) {
    // No plan of what is gone: passes and checks look at the variables.
    reason = stale_reason(*entry->program);
    if (!reason.empty()) {
      drop(entry);
      return record(inputs, outputs, std::move(reason));
    }
    // A copy: a plan that fails for want of memory can be tried again.
    graph::Program program = *entry->program;
    entry->plan = std::make_unique<Plan>(context_, std::move(program), options_.plan);
    entry->program.reset();
  }
  if (entry->plan->is_stale()) {
    reason = entry->plan->stale();
    drop(entry);
    return record(inputs, outputs, std::move(reason));
  }
  {
    const TimedSpan span(context_, [&] { return concat("replay of '", options_.name, "'"); });
    try {
      entry->plan->run(inputs, outputs);
    } catch (const Error& e) {
      tell_of_replay(options_.name, e);
    }
  }
  replays_++;
}

FunctionStats Function::stats() const {
  FunctionStats out;
  out.traces = traces_;
  out.replays = replays_;
  out.eager_calls = eager_calls_;
  out.unrecorded = unrecorded_;
  out.resized = resized_;
  out.signatures = entries_.size();
  if (!latest_) return out;
  const graph::Program* program = latest_->program.get();
  if (const Plan* plan = latest_->plan.get()) {
    out.planned = true;
    out.cost = plan->cost();
    out.arena_bytes = plan->arena_bytes();
    program = &plan->program();
  }
  if (!program) return out;
  for (const graph::Constant& c : program->constants) {
    out.constants++;
    out.host_constants += c.host_data;
  }
  return out;
}

std::string Function::text() const {
  if (!refused_.empty()) return concat("refused: ", refused_, "\n");
  if (!latest_) return "";
  if (latest_->plan) return latest_->plan->text();
  if (latest_->program) return to_text(*latest_->program);
  return concat("eager: ", latest_->problem, "\n");
}

std::string Function::dot() const {
  const graph::Program* program = latest_ ? program_of(*latest_) : nullptr;
  return to_dot(program ? *program : graph::Program(), options_.name);
}

}  // namespace tl::compile
