// The tape of the C API.
#include "tapeloop/tape.h"

#include <cstring>

#include "capi/src/call.h"
#include "core/autodiff/tape.h"

using namespace tl;
using namespace tl::capi;

namespace {

GradientSource source_of(Session& s, const char* op, const tl_tensor* handle, size_t index) {
  if (is_variable(handle)) return {Tensor(), &variable_of(s, handle, op, {"sources", index})};
  return {peek_tensor(s, handle, op, {"sources", index}), nullptr};
}

void gradient(Session& s, const char* op, Tape& tape, tl_tensor* const* targets, size_t num_targets,
              tl_tensor* const* sources, size_t count, const tl_gradient_options* options,
              tl_tensor** gradients) {
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
  for (size_t i = 0; i < count; i++) xs.push_back(source_of(s, op, sources[i], i));
  s.reserve_handles(count);
  std::vector<Tensor> out = tape.gradient(ys, xs, seeds, static_cast<Unconnected>(o.unconnected));
  for (size_t i = 0; i < count; i++) gradients[i] = out[i] ? s.make_tensor(std::move(out[i])) : nullptr;
}

tl_status call_gradient(const char* op, tl_tape* tape, tl_tensor* const* targets, size_t num_targets,
                        tl_tensor* const* sources, size_t count, const tl_gradient_options* options,
                        tl_tensor** gradients) noexcept {
  for (size_t i = 0; gradients && count <= kMostHandles && i < count; i++) gradients[i] = nullptr;
  return effect<Tape>(tape, Kind::kTape, op, [&](Session& s, Tape& t) {
    gradient(s, op, t, targets, num_targets, sources, count, options, gradients);
  });
}

}  // namespace

extern "C" {

TL_API void tl_tape_options_init(tl_tape_options* options, size_t struct_size) {
  if (!options || struct_size < sizeof(size_t)) return;
  std::memset(options, 0, struct_size);
  options->struct_size = struct_size;
}

TL_API void tl_gradient_options_init(tl_gradient_options* options, size_t struct_size) {
  if (!options || struct_size < sizeof(size_t)) return;
  std::memset(options, 0, struct_size);
  options->struct_size = struct_size;
}

TL_API tl_tape* tl_tape_begin(tl_context* context, const tl_tape_options* options) {
  return make(context, "tape_begin", [&](Session& s) {
    tl_tape_options o = options_from("tape_begin", options, tl_tape_options_init);
    return make_object<tl_tape>(s, Kind::kTape,
                                new Tape(s.core(), TapeOptions{o.persistent, !o.ignore_variables}));
  });
}

TL_API tl_status tl_tape_watch(tl_tape* tape, tl_tensor* tensor) {
  return effect<Tape>(tape, Kind::kTape, "tape_watch", [&](Session& s, Tape& t) {
    if (is_variable(tensor))
      t.watch(variable_of(s, tensor, "tape_watch", "tensor"));
    else
      t.watch(peek_tensor(s, tensor, "tape_watch", "tensor"));
  });
}

TL_API tl_status tl_tape_end(tl_tape* tape) {
  return effect<Tape>(tape, Kind::kTape, "tape_end", [](Session&, Tape& t) { t.end(); });
}
TL_API tl_status tl_tape_pause(tl_tape* tape) {
  return effect<Tape>(tape, Kind::kTape, "tape_pause", [](Session&, Tape& t) { t.pause(); });
}
TL_API tl_status tl_tape_resume(tl_tape* tape) {
  return effect<Tape>(tape, Kind::kTape, "tape_resume", [](Session&, Tape& t) { t.resume(); });
}
TL_API tl_status tl_tape_reset(tl_tape* tape) {
  return effect<Tape>(tape, Kind::kTape, "tape_reset", [](Session&, Tape& t) { t.reset(); });
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

TL_API tl_status tl_tape_watched_variables(tl_tape* tape, tl_tensor** variables, size_t capacity,
                                           size_t* count) {
  return effect<Tape>(tape, Kind::kTape, "tape_watched_variables", [&](Session& s, Tape& t) {
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

TL_API tl_status tl_tape_stats(tl_tape* tape, tl_tape_statistics* statistics) {
  return query<Tape>(tape, Kind::kTape, "tape_stats", [&](Session&, Tape& t) {
    size_t size = checked_struct_size("tape_stats", "tl_tape_statistics", statistics);
    tl_tape_statistics out{};
    out.struct_size = size;
    out.recorded_ops = t.recorded_ops();
    out.saved_bytes = t.saved_bytes();
    out.recording = t.recording();
    out.consumed = t.consumed();
    std::memcpy(statistics, &out, size < sizeof out ? size : sizeof out);
  });
}

TL_API tl_tape* tl_tape_keep(tl_tape* tape) { return keep(tape, Kind::kTape, "tape_keep") ? tape : nullptr; }
TL_API void tl_tape_release(tl_tape* tape) { release_from_any_thread(tape, Kind::kTape); }

}  // extern "C"
