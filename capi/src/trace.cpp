// Traces of the C API.
#include "tapeloop/trace.h"

#include <unistd.h>

#include <cstring>

#include "capi/src/call.h"
#include "core/io/append_file.h"
#include "core/io/chrome_trace.h"
#include "core/tensor/timeline.h"

using namespace tl;
using namespace tl::capi;

namespace {

constexpr size_t kMostEvents = 1000000;

// What stands behind a tl_trace: a timeline, which the context fills while they belong together.
class TraceObject {
 public:
  TraceObject(Context& context, size_t most_events, bool details)
      : context_(context), timeline_(std::make_shared<Timeline>(most_events, details)) {
    context_.set_timeline(timeline_);
  }
  ~TraceObject() {
    if (running()) context_.set_timeline(nullptr);
  }
  TraceObject(const TraceObject&) = delete;
  TraceObject& operator=(const TraceObject&) = delete;

  Timeline& timeline() { return *timeline_; }
  bool running() const { return context_.timeline() == timeline_.get(); }
  void check_running(const char* op) const {
    if (!running())
      fail(Code::kFailedPrecondition, "[", op,
           "] the trace must run: got one that has been stopped; start another");
  }
  void stop() {
    while (timeline_->end_span()) {
    }
    context_.set_timeline(nullptr);
  }

 private:
  Context& context_;
  std::shared_ptr<Timeline> timeline_;
};

template <class F>
tl_status with_trace(tl_trace* trace, const char* op, F&& f) noexcept {
  return effect<TraceObject>(trace, Kind::kTrace, op, [&](Session&, TraceObject& o) { f(o); });
}

}  // namespace

extern "C" {

TL_API void tl_trace_options_init(tl_trace_options* options, size_t struct_size) {
  (void)clear_options(options, struct_size);
}

TL_API tl_trace* tl_trace_start(tl_context* context, const tl_trace_options* options) {
  constexpr const char* op = "trace_start";
  return make(context, op, [&](Session& s) {
    const tl_trace_options o = options_from(op, options, tl_trace_options_init);
    if (o.most_events < 0)
      invalid("[", op, "] 'most_events' must not be negative: got ", o.most_events,
              "; 0 stands for the default");
    if (s.core().timeline())
      fail(Code::kFailedPrecondition, "[", op,
           "] a context has one trace at a time: got one that is traced already; stop that first");
    const size_t most = o.most_events ? static_cast<size_t>(o.most_events) : kMostEvents;
    s.reserve_handles(1);
    return make_object<tl_trace>(s, Kind::kTrace, new TraceObject(s.core(), most, !o.no_details));
  });
}

TL_API tl_status tl_trace_stop(tl_trace* trace) {
  return with_trace(trace, "trace_stop", [](TraceObject& o) {
    o.check_running("trace_stop");
    o.stop();
  });
}

TL_API tl_status tl_trace_begin_span(tl_trace* trace, const char* name) {
  constexpr const char* op = "trace_begin_span";
  return with_trace(trace, op, [&](TraceObject& o) {
    o.check_running(op);
    o.timeline().begin_span(checked_text(op, "name", name));
  });
}

TL_API tl_status tl_trace_end_span(tl_trace* trace) {
  return with_trace(trace, "trace_end_span", [](TraceObject& o) {
    if (!o.timeline().end_span())
      fail(Code::kFailedPrecondition,
           "[trace_end_span] a span must be open: got a trace in which none is; begin it first");
  });
}

TL_API tl_status tl_trace_counter(tl_trace* trace, const char* name, double value) {
  constexpr const char* op = "trace_counter";
  return with_trace(trace, op, [&](TraceObject& o) {
    o.check_running(op);
    o.timeline().count(checked_text(op, "name", name), value);
  });
}

TL_API tl_status tl_trace_stats(tl_trace* trace, tl_trace_statistics* statistics) {
  return query<TraceObject>(trace, Kind::kTrace, "trace_stats", [&](Session&, TraceObject& o) {
    const size_t size = checked_struct_size("trace_stats", "tl_trace_statistics", statistics);
    const tl_trace_statistics out{size, o.timeline().events().size(), o.timeline().lost(), o.running()};
    std::memcpy(statistics, &out, size < sizeof out ? size : sizeof out);
  });
}

TL_API tl_status tl_trace_write(tl_trace* trace, const char* path) {
  constexpr const char* op = "trace_write";
  return with_trace(trace, op, [&](TraceObject& o) {
    io::write_file(op, checked_text(op, "path", path), io::chrome_trace(o.timeline(), ::getpid()));
  });
}

TL_API tl_trace* tl_trace_keep(tl_trace* trace) {
  return keep(trace, Kind::kTrace, "trace_keep") ? trace : nullptr;
}
TL_API void tl_trace_release(tl_trace* trace) { release_from_any_thread(trace, Kind::kTrace); }

}  // extern "C"
