// Progress bars of the C API: the clock, the terminal and the environment around the renderer of core/io.
#include "tapeloop/progress.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "capi/src/callbacks.h"
#include "capi/src/quiet_write.h"
#include "core/base/clock.h"
#include "core/io/progress.h"

using namespace tl;
using namespace tl::capi;

namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value && *value;
}

// As the C library chooses a locale, without asking it for one.
bool says_utf8() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(variable);
    if (!value || !*value) continue;
    for (const char* spelling : {"UTF-8", "utf-8", "UTF8", "utf8"})
      if (std::strstr(value, spelling)) return true;
    return false;
  }
  return false;
}

bool is_dumb() {
  const char* terminal = std::getenv("TERM");
  return !terminal || !*terminal || std::strcmp(terminal, "dumb") == 0;
}

tl_progress_options checked(const char* op, const tl_progress_options* options) {
  const tl_progress_options o = options_from(op, options, tl_progress_options_init);
  auto refuse = [&](const char* field, auto got, const char* rule, const char* hint) {
    invalid("[", op, "] '", field, "' must be ", rule, ": got ", got, "; ", hint);
  };
  if (o.style < TL_PROGRESS_AUTO || o.style > TL_PROGRESS_LINES)
    refuse("style", o.style, "auto (0), bar (1) or lines (2)", "see tl_progress_style");
  if (o.width < 0 || o.width > 1000) refuse("width", o.width, "1 to 1000", "0 stands for the terminal's");
  if (o.digits < 0 || o.digits > 17) refuse("digits", o.digits, "1 to 17", "0 stands for 4");
  if (!(o.interval >= 0) || std::isinf(o.interval))
    refuse("interval", o.interval, "seconds, finite and not negative", "0 stands for the default");
  if (o.descriptor < 0 || (o.descriptor > 0 && ::fcntl(o.descriptor, F_GETFL) < 0))
    refuse("descriptor", o.descriptor, "that of an open file", "2 is standard error, 0 stands for none");
  return o;
}

// What stands behind a tl_progress. A call shares it, because a callback may release the handle.
class Display {
 public:
  Display(Session& session, const tl_progress_options& o)
      : session_(session),
        descriptor_(o.descriptor > 0 ? o.descriptor : -1),
        width_(o.width),
        out_(descriptor_) {
    terminal_ = descriptor_ >= 0 && ::isatty(descriptor_) == 1;
    lines_ = o.style == TL_PROGRESS_LINES ||
             (o.style == TL_PROGRESS_AUTO && descriptor_ >= 0 && (!terminal_ || is_dumb()));
    style_.digits = o.digits ? o.digits : style_.digits;
    style_.unicode = !o.ascii && says_utf8();
    style_.color = terminal_ && !lines_ && !o.no_color && !is_set("NO_COLOR") && !is_dumb();
    style_.times = !o.no_times;
    interval_ = o.interval > 0 ? o.interval : lines_ ? 10 : 0.1;
    if (lines_ && o.no_times) interval_ = INFINITY;
  }
  ~Display() {
    // What waits gets its last chance.
    if (descriptor_ >= 0) out_.put(open_line_ ? "\n" : "");
  }
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  io::Progress& progress() { return progress_; }

  void start(int64_t total, const char* label) {
    finish();
    progress_.start(total, label ? label : "", monotonic_seconds());
    shown_at_ = progress_.begun();
  }

  bool due() const {
    return progress_.started() && !progress_.finished() && monotonic_seconds() - shown_at_ >= interval_;
  }

  void update(int64_t step) {
    progress_.update(step);
    const double now = monotonic_seconds();
    if (now - shown_at_ >= interval_) show(now);
  }

  void finish() {
    if (!progress_.started() || progress_.finished()) return;
    const double now = monotonic_seconds();
    progress_.finish(now);
    show(now);
  }

  tl_progress_statistics statistics() const {
    const io::ProgressNumbers n = progress_.numbers(monotonic_seconds());
    return {sizeof(tl_progress_statistics),
            n.step,
            n.total,
            n.elapsed,
            n.rate,
            n.left,
            n.waited,
            n.finished,
            out_.failed()};
  }

  // Without colours; a width that somebody looks at later is that of no terminal.
  std::string text() const {
    io::ProgressStyle plain = style_;
    plain.color = false;
    plain.width = width_ ? width_ : 80;
    return progress_.bar(plain, monotonic_seconds());
  }

  void set_callback(tl_progress_callback callback, std::shared_ptr<void> user_data) {
    callback_ = callback;
    user_data_.swap(user_data);
  }

 private:
  int columns() const {
    if (width_) return width_;
    winsize size{};
    // The last column stays free: some terminals begin a new line there.
    if (terminal_ && ::ioctl(descriptor_, TIOCGWINSZ, &size) == 0 && size.ws_col > 1) return size.ws_col - 1;
    return 80;
  }

  void show(double now) {
    progress_.sample(now);
    shown_at_ = now;
    if (callback_) return call_back(now);
    if (descriptor_ < 0 || out_.failed()) return;
    std::string out;
    if (lines_) {
      out = progress_.line(style_, now) + "\n";
    } else {
      style_.width = columns();
      out = "\r" + progress_.bar(style_, now);
      out += terminal_ && !is_dumb() ? "\x1b[K" : "";
      if (progress_.finished()) out += "\n";
    }
    // Where nobody reads just now, the loop goes on: a drawing is left out, and what stays of a round waits.
    if (progress_.finished()) {
      out_.put(out);
      open_line_ = false;
    } else if (out_.put_if_idle(out)) {
      open_line_ = !lines_;
    }
    if (out_.failed()) open_line_ = false;
  }

  void call_back(double now) {
    io::ProgressStyle plain = style_;
    plain.color = false;
    plain.width = columns();
    const std::string line = lines_ ? progress_.line(plain, now) : progress_.bar(plain, now);
    const tl_progress_statistics numbers = statistics();
    const tl_progress_callback callback = callback_;
    const Callbacks f{session_, nullptr, "progress", user_data_};  // may be replaced while it runs
    CallbackFrame frame(session_, f.name);
    check_callback(f, "drawing", callback(f.user_data.get(), line.c_str(), &numbers));
  }

  Session& session_;
  io::Progress progress_;
  io::ProgressStyle style_;
  int descriptor_, width_;
  QuietWriter out_;
  bool terminal_ = false, lines_ = false, open_line_ = false;
  double interval_ = 0, shown_at_ = 0;
  tl_progress_callback callback_ = nullptr;
  std::shared_ptr<void> user_data_;
};

struct HeldDisplay {
  std::shared_ptr<Display> display;
};

template <class F>
tl_status effect_on(tl_progress* progress, const char* op, F&& f) noexcept {
  return effect<HeldDisplay>(progress, Kind::kProgress, op, [&](Session&, HeldDisplay& held) {
    const std::shared_ptr<Display> alive = held.display;
    f(*alive);
  });
}

}  // namespace

extern "C" {

TL_API void tl_progress_options_init(tl_progress_options* options, size_t struct_size) {
  (void)clear_options(options, struct_size);
}

TL_API tl_progress* tl_progress_new(tl_context* context, const tl_progress_options* options) {
  constexpr const char* op = "progress_new";
  return make(context, op, [&](Session& s) {
    auto held = std::make_unique<HeldDisplay>();
    held->display = std::make_shared<Display>(s, checked(op, options));
    return make_object<tl_progress>(s, Kind::kProgress, held.release());
  });
}

TL_API tl_status tl_progress_start(tl_progress* progress, int64_t total, const char* label) {
  return effect_on(progress, "progress_start", [&](Display& d) { d.start(total, label); });
}

TL_API tl_status tl_progress_value(tl_progress* progress, const char* name, double value) {
  constexpr const char* op = "progress_value";
  return effect_on(progress, op,
                   [&](Display& d) { d.progress().set_value(checked_text(op, "name", name), value); });
}

TL_API tl_status tl_progress_set_waited(tl_progress* progress, double seconds) {
  return effect_on(progress, "progress_set_waited", [&](Display& d) { d.progress().set_waited(seconds); });
}

TL_API bool tl_progress_due(tl_progress* progress) {
  bool due = false;
  (void)effect_on(progress, "progress_due", [&](Display& d) { due = d.due(); });
  return due;
}

TL_API tl_status tl_progress_update(tl_progress* progress, int64_t step) {
  return effect_on(progress, "progress_update", [&](Display& d) { d.update(step); });
}

TL_API tl_status tl_progress_finish(tl_progress* progress) {
  return effect_on(progress, "progress_finish", [&](Display& d) { d.finish(); });
}

TL_API tl_status tl_progress_stats(tl_progress* progress, tl_progress_statistics* statistics) {
  return query<HeldDisplay>(progress, Kind::kProgress, "progress_stats", [&](Session&, HeldDisplay& held) {
    const size_t size = checked_struct_size("progress_stats", "tl_progress_statistics", statistics);
    tl_progress_statistics out = held.display->statistics();
    out.struct_size = size;
    std::memcpy(statistics, &out, size < sizeof out ? size : sizeof out);
  });
}

TL_API tl_status tl_progress_text(tl_progress* progress, char* buffer, size_t capacity, size_t* length) {
  return effect_on(progress, "progress_text", [&](Display& d) {
    check_buffer("progress_text", "buffer", buffer, capacity);
    copy_text(d.text(), buffer, capacity, length);
  });
}

TL_API tl_status tl_progress_set_callback(tl_progress* progress, tl_progress_callback callback,
                                          void* user_data, tl_destroy_callback destroy) {
  Entered inside(progress);  // a callback that comes after a failure cannot end the context either
  bool taken = false;
  const tl_status status = effect_on(progress, "progress_set_callback", [&](Display& d) {
    taken = true;
    d.set_callback(callback, lent(user_data, destroy));
  });
  if (!taken && destroy) destroy(user_data);
  return status;
}

TL_API tl_progress* tl_progress_keep(tl_progress* progress) {
  return keep(progress, Kind::kProgress, "progress_keep") ? progress : nullptr;
}
TL_API void tl_progress_release(tl_progress* progress) { release_from_any_thread(progress, Kind::kProgress); }

}  // extern "C"
