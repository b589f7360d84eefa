// MetricLog: where a run writes its numbers, step by step, for people and programs that look at them later. Three forms: CSV, JSON
// lines, TensorBoard's event files. Each record is in the file when the call returns, whole or not at all.
//
// What is not here: reading them, and the clock: who writes says when it was.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/io/histogram.h"
#include "core/io/pixels.h"

namespace tl::io {

// Of which step, under which name, and when, in seconds since 1970.
struct LogPlace {
  int64_t step;
  const std::string& tag;
  double time;
};

class MetricLog {
 public:
  virtual ~MetricLog() = default;
  // All throw kIo where the file takes nothing, and then nothing has changed.
  virtual void scalar(const LogPlace& at, double value) = 0;
  // kUnsupported where the form has no place for such a thing.
  virtual void text(const LogPlace& at, const std::string& text);
  virtual void histogram(const LogPlace& at, const Histogram& histogram);
  virtual void image(const LogPlace& at, const Pixels& pixels);
  // Writes what waits for the end of its step. Ends with the log, too, but then nobody hears of a failure.
  virtual void flush() {}
  virtual const std::string& path() const = 0;

 protected:
  MetricLog() = default;
  MetricLog(const MetricLog&) = delete;
  MetricLog& operator=(const MetricLog&) = delete;
  virtual const char* form() const = 0;  // "CSV", for messages
};

// A line of names, then a row for each step: step, wall_time, and a column for each tag, empty where the step has no such number. A tag
// that comes later gets a new column: the file is written anew, whole or not at all. Numbers as shortest decimals that read back the
// same, and nan, inf, -inf. `append`: behind the rows of an earlier run, of which one that is not whole is cut off.
// Throws kCorruptData for a file that does not begin as such a log does.
std::unique_ptr<MetricLog> csv_log(const std::string& path, bool append);

// An object for each step, {"step": 1, "wall_time": 1700000000.125, "loss": 0.5}, a line each. What JSON has no number for is "NaN",
// "Infinity" or "-Infinity"; texts are strings, histograms are objects of edges, counts, min, max, sum, sum_of_squares, count and non_finite.
std::unique_ptr<MetricLog> json_lines_log(const std::string& path, bool append);

// A new event file in a folder, which is made where it is not there: events.out.tfevents.<time>.<host>.<process>.<number>. The newest
// readers and those of ten years ago know what stands in it: simple values, histograms, images as PNG, texts as string tensors.
std::unique_ptr<MetricLog> tensorboard_log(const std::string& folder, double time);

// Throws kInvalidArgument for an empty tag and a negative step.
void check_place(const LogPlace& at);

}  // namespace tl::io
