// Metric logs of the C API.
#include "tapeloop/logs.h"

#include <chrono>

#include "capi/src/call.h"
#include "core/io/metric_log.h"

using namespace tl;
using namespace tl::capi;

namespace {

constexpr int kBuckets = 30;  // as many as TensorFlow's summaries have

struct LogObject {
  std::unique_ptr<io::MetricLog> log;
};

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

template <class F>
tl_logger* make_logger(tl_context* context, const char* op, const char* name, const char* path, F&& f) {
  return make(context, op, [&](Session& s) {
    auto object = std::make_unique<LogObject>();
    object->log = f(std::string(checked_text(op, name, path)));
    return make_object<tl_logger>(s, Kind::kLogger, object.release());
  });
}

// f(session, log, place).
template <class F>
tl_status log_value(tl_logger* logger, const char* op, int64_t step, const char* tag, F&& f) noexcept {
  return effect<LogObject>(logger, Kind::kLogger, op, [&](Session& s, LogObject& o) {
    const std::string name = checked_text(op, "tag", tag);
    const io::LogPlace place{step, name, seconds_since_1970()};
    io::check_place(place);
    f(s, *o.log, place);
  });
}

}  // namespace

extern "C" {

TL_API tl_logger* tl_logger_csv(tl_context* context, const char* path, bool append) {
  return make_logger(context, "logger_csv", "path", path,
                     [&](const std::string& p) { return io::csv_log(p, append); });
}

TL_API tl_logger* tl_logger_json_lines(tl_context* context, const char* path, bool append) {
  return make_logger(context, "logger_json_lines", "path", path,
                     [&](const std::string& p) { return io::json_lines_log(p, append); });
}

TL_API tl_logger* tl_logger_tensorboard(tl_context* context, const char* folder) {
  return make_logger(context, "logger_tensorboard", "folder", folder,
                     [&](const std::string& p) { return io::tensorboard_log(p, seconds_since_1970()); });
}

TL_API tl_status tl_logger_scalar(tl_logger* logger, int64_t step, const char* tag, double value) {
  return log_value(logger, "logger_scalar", step, tag,
                   [&](Session&, io::MetricLog& log, const io::LogPlace& at) { log.scalar(at, value); });
}

TL_API tl_status tl_logger_text(tl_logger* logger, int64_t step, const char* tag, const char* text) {
  constexpr const char* op = "logger_text";
  return log_value(logger, op, step, tag, [&](Session&, io::MetricLog& log, const io::LogPlace& at) {
    log.text(at, checked_text(op, "text", text));
  });
}

TL_API tl_status tl_logger_histogram(tl_logger* logger, int64_t step, const char* tag, tl_tensor* tensor) {
  constexpr const char* op = "logger_histogram";
  return log_value(logger, op, step, tag, [&](Session& s, io::MetricLog& log, const io::LogPlace& at) {
    log.histogram(at, io::histogram_of(host_readable(s, tensor, op, "tensor"), kBuckets));
  });
}

TL_API tl_status tl_logger_image(tl_logger* logger, int64_t step, const char* tag, tl_tensor* image) {
  constexpr const char* op = "logger_image";
  return log_value(logger, op, step, tag, [&](Session& s, io::MetricLog& log, const io::LogPlace& at) {
    log.image(at, io::pixels_of(op, host_readable(s, image, op, "image")));
  });
}

TL_API tl_status tl_logger_flush(tl_logger* logger) {
  return effect<LogObject>(logger, Kind::kLogger, "logger_flush",
                           [](Session&, LogObject& o) { o.log->flush(); });
}

TL_API const char* tl_logger_path(tl_logger* logger) {
  const char* out = "";
  (void)query<LogObject>(logger, Kind::kLogger, "logger_path",
                         [&](Session&, LogObject& o) { out = o.log->path().c_str(); });
  return out;
}

TL_API tl_logger* tl_logger_keep(tl_logger* logger) {
  return keep(logger, Kind::kLogger, "logger_keep") ? logger : nullptr;
}
TL_API void tl_logger_release(tl_logger* logger) { release_from_any_thread(logger, Kind::kLogger); }

}  // extern "C"
