// The tape of the C API.
#include "tapeloop/tape.h"

#include <cstring>
#include <memory>

#include "capi/src/held_tape.h"

using namespace tl;
using namespace tl::capi;

namespace {

template <class F>
tl_status query_of(tl_tape* tape, const char* op, F&& f) noexcept {
  return query<HeldTape>(tape, Kind::kTape, op, [&](Session& s, HeldTape& held) { f(s, *held.tape); });
}

void gradient(Session& s, const char* op, Tape& tape, tl_tensor* const* targets, size_t num_targets,
              tl_tensor* const* sources, size_t count, const tl_gradient_options* options,
              tl_tensor** gradients, tl_tensor** row_indices) {
  tl_gradient_options o = options_from(op, options, tl_gradient_options_init);
  check_list(op, "targets", targets, num_targets);
  check_list(op, "sources", sources, count);
  check_list(op, "gradients", gradients, count);
  std::vector<Tensor> ys, seeds;
  std::vector<GradientSource> xs;
  for (size_t i = 0; i < num_targets; i++) ys.push_back(peek_tensor(s, targets[i], op, {"targets", i}));
  for (size_t i = 0; o.output_gradients && i < num_targets; i++)
    seeds.push_back(o.output_gradients[i] ? tensor_of(s, o.output_gradients[i], op, {"output_gradients", i})
                                          : Tensor());
  std::vector<VariableRef> held;  // a gradient rule of the caller's may release the handles
  for (size_t i = 0; i < count; i++) {
    xs.push_back(source_of(s, op, sources[i], {"sources", i}));
    if (xs.back().variable) held.push_back(VariableRef::share(xs.back().variable));
  }
  std::vector<Reason> reasons(o.reasons ? count : 0);
  std::vector<Tensor> places(row_indices ? count : 0);
  std::vector<Tensor> out =
      tape.gradient(ys, xs, seeds, static_cast<Unconnected>(o.unconnected), reasons, places);
  s.reserve_handles(row_indices ? 2 * count : count);
  for (size_t i = 0; o.reasons && i < count; i++) o.reasons[i] = static_cast<tl_gradient_reason>(reasons[i]);
  for (size_t i = 0; i < count; i++) gradients[i] = out[i] ? s.make_tensor(std::move(out[i])) : nullptr;
  for (size_t i = 0; i < places.size(); i++)
    row_indices[i] = places[i] ? s.make_tensor(std::move(places[i])) : nullptr;
}

// What a source is called in an explanation.
std::string name_of_source(Session& s, const tl_tensor* handle) {
  if (!is_variable(handle)) return "the source";
  const Variable& v = variable_of(s, handle, "tape_explain", "source");
  return v.name().empty() ? "the variable" : concat("variable '", v.name(), "'");
}

Finding asked(Session& s, const Tape& tape, const char* op, const tl_tensor* target,
              const tl_tensor* source) {
  const Tensor& y = peek_tensor(s, target, op, "target");
  if (is_variable(source)) return tape.explain(y, {Tensor(), &variable_of(s, source, op, "source")});
  return tape.explain(y, {peek_tensor(s, source, op, "source"), nullptr});
}

tl_status call_gradient(const char* op, tl_tape* tape, tl_tensor* const* targets, size_t num_targets,
                        tl_tensor* const* sources, size_t count, const tl_gradient_options* options,
                        tl_tensor** gradients) noexcept {
  for (size_t i = 0; gradients && count <= kMostHandles && i < count; i++) gradients[i] = nullptr;
  return effect_on_tape(tape, op, [&](Session& s, Tape& t) {
    gradient(s, op, t, targets, num_targets, sources, count, options, gradients, nullptr);
  });
}

}  // namespace

extern "C" {

TL_API void tl_tape_options_init(tl_tape_options* options, size_t struct_size) {
  (void)clear_options(options, struct_size);
}

TL_API void tl_gradient_options_init(tl_gradient_options* options, size_t struct_size) {
  (void)clear_options(options, struct_size);
}

TL_API tl_tape* tl_tape_begin(tl_context* context, const tl_tape_options* options) {
  return make(context, "tape_begin", [&](Session& s) {
    tl_tape_options o = options_from("tape_begin", options, tl_tape_options_init);
    return make_object<tl_tape>(s, Kind::kTape,
                                new HeldTape{std::make_shared<Tape>(
                                    s.core(), TapeOptions{o.persistent, !o.ignore_variables, o.explain})});
  });
}

TL_API tl_status tl_tape_watch(tl_tape* tape, tl_tensor* tensor) {
  return effect_on_tape(tape, "tape_watch", [&](Session& s, Tape& t) {
    if (is_variable(tensor))
      t.watch(variable_of(s, tensor, "tape_watch", "tensor"));
    else
      t.watch(peek_tensor(s, tensor, "tape_watch", "tensor"));
  });
}

TL_API tl_status tl_tape_end(tl_tape* tape) {
  return effect_on_tape(tape, "tape_end", [](Session&, Tape& t) { t.end(); });
}
TL_API tl_status tl_tape_pause(tl_tape* tape) {
  return effect_on_tape(tape, "tape_pause", [](Session&, Tape& t) { t.pause(); });
}
TL_API tl_status tl_tape_resume(tl_tape* tape) {
  return effect_on_tape(tape, "tape_resume", [](Session&, Tape& t) { t.resume(); });
}
TL_API tl_status tl_tape_reset(tl_tape* tape) {
  return effect_on_tape(tape, "tape_reset", [](Session&, Tape& t) { t.reset(); });
}

TL_API tl_status tl_tape_gradient(tl_tape* tape, tl_tensor* target, tl_tensor* const* sources, size_t count,
                                  const tl_gradient_options* options, tl_tensor** gradients) {
  return call_gradient("tape_gradient", tape, &target, 1, sources, count, options, gradients);
}

TL_API tl_status tl_tape_gradient_of(tl_tape* tape, tl_tensor* const* targets, size_t num_targets,
                                     tl_tensor* const* sources, size_t count,
                                     const tl_gradient_options* options, tl_tensor** gradients) {
  return call_gradient("tape_gradient_of", tape, targets, num_targets, sources, count, options, gradients);
}

TL_API tl_status tl_tape_gradient_rows(tl_tape* tape, tl_tensor* const* targets, size_t num_targets,
                                       tl_tensor* const* sources, size_t count,
                                       const tl_gradient_options* options, tl_tensor** gradients,
                                       tl_tensor** row_indices) {
  const char* op = "tape_gradient_rows";
  for (tl_tensor** list : {gradients, row_indices})
    for (size_t i = 0; list && count <= kMostHandles && i < count; i++) list[i] = nullptr;
  return effect_on_tape(tape, op, [&](Session& s, Tape& t) {
    if (!row_indices)
      invalid("[", op,
              "] 'row_indices' must not be NULL: got NULL; use tape_gradient_of for dense gradients");
    gradient(s, op, t, targets, num_targets, sources, count, options, gradients, row_indices);
  });
}

TL_API tl_status tl_tape_watched_variables(tl_tape* tape, tl_tensor** variables, size_t capacity,
                                           size_t* count) {
  return effect_on_tape(tape, "tape_watched_variables", [&](Session& s, Tape& t) {
    check_buffer("tape_watched_variables", "variables", variables, capacity);
    if (!count)
      invalid("[tape_watched_variables] 'count' must not be NULL: got NULL; pass where the number goes");
    const auto& watched = t.watched_variables();
    size_t n = std::min(capacity, watched.size());
    s.reserve_handles(n);
    for (size_t i = 0; i < n; i++) variables[i] = s.make_variable(watched[i]);
    *count = watched.size();
  });
}

TL_API const char* tl_gradient_reason_name(tl_gradient_reason reason) {
  return name_of(static_cast<Reason>(reason));
}

TL_API tl_status tl_tape_reason(tl_tape* tape, tl_tensor* target, tl_tensor* source,
                                tl_gradient_reason* reason) {
  return effect_on_tape(tape, "tape_reason", [&](Session& s, Tape& t) {
    if (!reason) invalid("[tape_reason] 'reason' must not be NULL: got NULL; pass where the reason goes");
    *reason = static_cast<tl_gradient_reason>(asked(s, t, "tape_reason", target, source).reason);
  });
}

TL_API tl_status tl_tape_explain(tl_tape* tape, tl_tensor* target, tl_tensor* source, char* buffer,
                                 size_t capacity, size_t* length) {
  return effect_on_tape(tape, "tape_explain", [&](Session& s, Tape& t) {
    check_buffer("tape_explain", "buffer", buffer, capacity);
    const Finding found = asked(s, t, "tape_explain", target, source);
    copy_text(describe(found, "the target", name_of_source(s, source), t.explains()), buffer, capacity,
              length);
  });
}

TL_API tl_status tl_tape_memory_by_op(tl_tape* tape, size_t index, tl_tape_memory* memory, size_t* count) {
  return query_of(tape, "tape_memory_by_op", [&](Session&, Tape& t) {
    const std::vector<Tape::Saved> saved = t.saved_by_op();
    if (memory) {
      size_t size = checked_struct_size("tape_memory_by_op", "tl_tape_memory", memory);
      if (index >= saved.size())
        invalid("[tape_memory_by_op] 'index' must be less than the number of kinds of ops on the tape: got ",
                index, " of ", saved.size(), "; ask for the count first");
      const Tape::Saved& entry = saved[index];
      tl_tape_memory out{};
      out.struct_size = size;
      out.op = entry.op;
      out.calls = entry.calls;
      out.saved_bytes = entry.bytes;
      std::memcpy(memory, &out, size < sizeof out ? size : sizeof out);
    }
    if (count) *count = saved.size();
  });
}

TL_API tl_status tl_tape_stats(tl_tape* tape, tl_tape_statistics* statistics) {
  return query_of(tape, "tape_stats", [&](Session&, Tape& t) {
    size_t size = checked_struct_size("tape_stats", "tl_tape_statistics", statistics);
    tl_tape_statistics out{};
    out.struct_size = size;
    out.recorded_ops = t.recorded_ops();
    out.saved_bytes = t.saved_bytes();
    out.recording = t.recording();
    out.consumed = t.consumed();
    out.recomputed_ops = t.recomputed_ops();
    std::memcpy(statistics, &out, size < sizeof out ? size : sizeof out);
  });
}

TL_API tl_status tl_tape_dot(tl_tape* tape, char* buffer, size_t capacity, size_t* length) {
  return query_of(tape, "tape_dot", [&](Session&, Tape& t) {
    check_buffer("tape_dot", "buffer", buffer, capacity);
    copy_text(t.dot(), buffer, capacity, length);
  });
}

TL_API tl_tape* tl_tape_keep(tl_tape* tape) { return keep(tape, Kind::kTape, "tape_keep") ? tape : nullptr; }
TL_API void tl_tape_release(tl_tape* tape) { release_from_any_thread(tape, Kind::kTape); }

}  // extern "C"
