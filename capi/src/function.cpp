// The compiled step of the C API.
#include "tapeloop/function.h"

#include <cstring>
#include <memory>

#include "capi/src/callbacks.h"
#include "capi/src/function_object.h"

using namespace tl;
using namespace tl::capi;

namespace {

// A few tensors without memory for a list, and without the time that it takes to set up those that are not there.
class TensorList {
 public:
  explicit TensorList(size_t count) : count_(count) {
    if (count > kInline) {
      many_.resize(count);
      data_ = many_.data();
    } else {
      std::uninitialized_value_construct_n(data_, count);
    }
  }
  ~TensorList() {
    if (many_.empty()) std::destroy_n(data_, count_);
  }
  TensorList(const TensorList&) = delete;
  TensorList& operator=(const TensorList&) = delete;

  void read(Session& s, const char* op, tl_tensor* const* handles, size_t first) {
    for (size_t i = 0; i < count_; i++) data_[i] = tensor_of(s, handles[i], op, {"inputs", first + i});
  }
  Tensor& operator[](size_t i) { return data_[i]; }
  Span<Tensor> span() { return Span<Tensor>(data_, count_); }
  Span<const Tensor> values() const { return Span<const Tensor>(data_, count_); }

 private:
  static constexpr size_t kInline = 16;
  const size_t count_;
  alignas(Tensor) std::byte few_[kInline * sizeof(Tensor)];
  Tensor* data_ = reinterpret_cast<Tensor*>(few_);
  std::vector<Tensor> many_;
};

struct HandleRange {
  tl_tensor* const* inputs;
  size_t num_inputs;
  tl_tensor** outputs;
  size_t num_outputs;
  size_t first_input;  // of the whole list, for messages
};

void run_step(Session& s, compile::Function& f, const char* op, const HandleRange& range) {
  TensorList in(range.num_inputs), out(range.num_outputs);
  in.read(s, op, range.inputs, range.first_input);
  s.reserve_handles(range.num_outputs);  // what has been computed can be given out
  f.call(in.values(), out.span());
  for (size_t i = 0; i < range.num_outputs; i++) range.outputs[i] = s.make_tensor(std::move(out[i]));
}

void clear(tl_tensor** outputs, size_t count) {
  if (!outputs || count > kMostHandles) return;
  for (size_t i = 0; i < count; i++) outputs[i] = nullptr;
}

template <class F>
tl_status effect_on(tl_function* function, const char* op, F&& f) noexcept {
  return effect<HeldFunction>(function, Kind::kFunction, op, [&](Session& s, HeldFunction& held) {
    const std::shared_ptr<compile::Function> alive = held.function;
    f(s, *alive);
  });
}

// The same, of a call that runs steps: other ranks may wait for what these exchange, and learn of a failure at once.
template <class F>
tl_status step_of(tl_function* function, const char* op, F&& f) noexcept {
  bool begun = false;
  const tl_status status = effect_on(function, op, [&](Session& s, compile::Function& held) {
    begun = true;
    try {
      f(s, held);
    } catch (const std::exception& e) {
      held.leave(e.what());
      throw;
    }
  });
  if (begun) return status;
  // The context holds an error, or is cancelled.
  Entered entered(function);
  if (entered && entered.slot().kind == Kind::kFunction && entered.session().failed())
    static_cast<HeldFunction*>(entered.slot().object)->function->leave(entered.session().message());
  return status;
}

template <class F>
tl_status query_of(tl_function* function, const char* op, F&& f) noexcept {
  return query<HeldFunction>(function, Kind::kFunction, op,
                             [&](Session& s, HeldFunction& held) { f(s, *held.function); });
}

compile::FunctionOptions options_of(const char* op, const tl_function_options* options) {
  const tl_function_options o = options_from(op, options, tl_function_options_init);
  if (o.host_reads != TL_HOST_READS_ERROR && o.host_reads != TL_HOST_READS_EAGER)
    invalid("[", op, "] 'host_reads' must be error (0) or eager (1): got ", o.host_reads,
            "; fill the options with their _init function first");
  compile::FunctionOptions out;
  if (o.name) out.name = o.name;
  if (o.most_plans) out.most_plans = o.most_plans;
  if (o.most_recordings) out.most_recordings = o.most_recordings;
  out.host_reads = static_cast<compile::HostReads>(o.host_reads);
  out.retrace_is_error = o.retrace_is_error;
  out.polymorphic_batch = o.polymorphic_batch;
  out.plan.verify = o.verify;
  out.plan.allow_reassociation = o.allow_reassociation;
  return out;
}

}  // namespace

extern "C" {

TL_API void tl_function_options_init(tl_function_options* options, size_t struct_size) {
  (void)clear_options(options, struct_size);
}

TL_API tl_function* tl_function_new(tl_context* context, tl_compute_callback step, void* user_data,
                                    tl_destroy_callback destroy, const tl_function_options* options) {
  constexpr const char* op = "function_new";
  Entered inside(context);  // a callback that comes after a failure cannot end the context either
  bool taken = false;
  tl_function* out = make(context, op, [&](Session& s) {
    taken = true;
    std::shared_ptr<void> owner = lent(user_data, destroy);
    if (!step)
      invalid("[function_new] 'step' must be a function: got NULL; pass the callback that computes a step");
    compile::FunctionOptions o = options_of(op, options);
    Callbacks f{s, context, o.name, std::move(owner)};
    auto held = std::make_unique<HeldFunction>();
    held->function = std::make_shared<compile::Function>(
        s.core(),
        [f, step](Span<const Tensor> inputs, size_t outputs) {
          return compute(f, step, "step", inputs, outputs);
        },
        std::move(o));
    return make_object<tl_function>(s, Kind::kFunction, held.release());
  });
  if (!taken && destroy) destroy(user_data);
  return out;
}

TL_API tl_status tl_function_call(tl_function* function, tl_tensor* const* inputs, size_t num_inputs,
                                  tl_tensor** outputs, size_t num_outputs) {
  constexpr const char* op = "function_call";
  clear(outputs, num_outputs);
  return step_of(function, op, [&](Session& s, compile::Function& f) {
    check_list(op, "inputs", inputs, num_inputs);
    check_list(op, "outputs", outputs, num_outputs);
    run_step(s, f, op, {inputs, num_inputs, outputs, num_outputs, 0});
  });
}

TL_API tl_status tl_function_call_items(tl_function* function, tl_tensor* const* inputs, size_t num_inputs,
                                        double* items, size_t num_items) {
  constexpr const char* op = "function_call_items";
  return step_of(function, op, [&](Session& s, compile::Function& f) {
    check_list(op, "inputs", inputs, num_inputs);
    check_list(op, "items", items, num_items);
    const CallScope scope(s);  // what the callback keeps ends with it
    TensorList in(num_inputs);
    in.read(s, op, inputs, 0);
    f.call_items(in.values(), Span<double>(items, num_items));
  });
}

TL_API tl_status tl_function_run_n(tl_function* function, size_t steps, tl_tensor* const* inputs,
                                   size_t num_inputs, tl_tensor** outputs, size_t num_outputs, size_t* done) {
  constexpr const char* op = "function_run_n";
  clear(outputs, num_outputs);
  if (done) *done = 0;
  return step_of(function, op, [&](Session& s, compile::Function& f) {
    check_list(op, "inputs", inputs, num_inputs);
    check_list(op, "outputs", outputs, num_outputs);
    if (steps > kMostHandles)
      invalid("[", op, "] 'steps' must be at most ", kMostHandles, ": got ", steps, "; call it more often");
    if (steps == 0 || num_inputs % steps || num_outputs % steps)
      invalid("[", op,
              "] 'num_inputs' and 'num_outputs' must be multiples of 'steps', which is 1 or more: got ",
              num_inputs, " inputs and ", num_outputs, " outputs for ", steps,
              " steps; pass those of each step one after another");
    s.reserve_handles(num_outputs);
    const size_t in = num_inputs / steps, out = num_outputs / steps;
    for (size_t i = 0; i < steps; i++) {
      run_step(s, f, op, {inputs + i * in, in, outputs + i * out, out, i * in});
      if (done) *done = i + 1;
    }
  });
}

TL_API tl_status tl_function_set_flags(tl_function* function, int64_t flags) {
  return effect_on(function, "function_set_flags",
                   [&](Session&, compile::Function& f) { f.set_flags(flags); });
}

TL_API tl_status tl_function_forget(tl_function* function) {
  return effect_on(function, "function_forget", [](Session&, compile::Function& f) { f.forget(); });
}

TL_API tl_status tl_function_stats(tl_function* function, tl_function_statistics* statistics) {
  return query_of(function, "function_stats", [&](Session&, compile::Function& f) {
    size_t size = checked_struct_size("function_stats", "tl_function_statistics", statistics);
    const compile::FunctionStats stats = f.stats();
    tl_function_statistics out{};
    out.struct_size = size;
    out.traces = stats.traces;
    out.replays = stats.replays;
    out.eager_calls = stats.eager_calls;
    out.signatures = stats.signatures;
    out.kernels = stats.cost.nodes;
    out.flops = stats.cost.flops;
    out.moved_bytes = stats.cost.bytes;
    out.arena_bytes = stats.arena_bytes;
    out.constants = stats.constants;
    out.host_constants = stats.host_constants;
    out.touched_bytes = stats.cost.touched;
    out.resized_plans = stats.resized;
    out.clusters = stats.cost.clusters;
    out.unrecorded_calls = stats.unrecorded;
    std::memcpy(statistics, &out, size < sizeof out ? size : sizeof out);
  });
}

TL_API tl_status tl_function_retrace_reason(tl_function* function, size_t index, char* buffer,
                                            size_t capacity, size_t* length, size_t* count) {
  constexpr const char* op = "function_retrace_reason";
  return query_of(function, op, [&](Session&, compile::Function& f) {
    check_buffer(op, "buffer", buffer, capacity);
    const std::vector<std::string>& reasons = f.retraces();
    if (index >= reasons.size() && capacity)
      invalid("[", op, "] 'index' must be less than the number of reasons: got ", index, " of ",
              reasons.size(), "; ask for the count first");
    copy_text(index < reasons.size() ? reasons[index] : std::string(), buffer, capacity, length);
    if (count) *count = reasons.size();
  });
}

TL_API tl_status tl_function_text(tl_function* function, char* buffer, size_t capacity, size_t* length) {
  return query_of(function, "function_text", [&](Session&, compile::Function& f) {
    check_buffer("function_text", "buffer", buffer, capacity);
    copy_text(f.text(), buffer, capacity, length);
  });
}

TL_API tl_status tl_function_dot(tl_function* function, char* buffer, size_t capacity, size_t* length) {
  return query_of(function, "function_dot", [&](Session&, compile::Function& f) {
    check_buffer("function_dot", "buffer", buffer, capacity);
    copy_text(f.dot(), buffer, capacity, length);
  });
}

TL_API tl_function* tl_function_keep(tl_function* function) {
  return keep(function, Kind::kFunction, "function_keep") ? function : nullptr;
}
TL_API void tl_function_release(tl_function* function) { release_from_any_thread(function, Kind::kFunction); }

}  // extern "C"
