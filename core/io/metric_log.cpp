#include "core/io/metric_log.h"

#include "core/base/error.h"

namespace tl::io {
namespace {

[[noreturn]] void unsupported(const char* form, const char* what, const std::string& tag, const char* hint) {
  fail(Code::kUnsupported, form, " logs hold no ", what, ": got '", tag, "'; ", hint);
}

}  // namespace

void check_place(const LogPlace& at) {
  if (at.tag.empty()) invalid("'tag' must not be empty: got an empty text; name the number");
  if (at.step < 0) invalid("'step' must not be negative: got ", at.step, " for '", at.tag, "'; count from 0");
}

void MetricLog::text(const LogPlace& at, const std::string&) {
  unsupported(form(), "texts", at.tag, "use JSON lines or TensorBoard's events");
}
void MetricLog::histogram(const LogPlace& at, const Histogram&) {
  unsupported(form(), "histograms", at.tag, "use JSON lines or TensorBoard's events");
}
void MetricLog::image(const LogPlace& at, const Pixels&) {
  unsupported(form(), "images", at.tag, "use TensorBoard's events, or write a PNG file");
}

}  // namespace tl::io
