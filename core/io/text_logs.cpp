// Metric logs as CSV and as JSON lines: what they share is that a step is a row, which is written when the next one begins.
#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/escape.h"
#include "core/io/append_file.h"
#include "core/io/metric_log.h"

namespace tl::io {
namespace {

std::string time_text(double time) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.3f", time);
  return buffer;
}

// Cells of one step, as the form spells them, until the next one begins.
class RowLog : public MetricLog {
 public:
  RowLog(const char* op, const std::string& path, bool append)
      : file_(op, path, append ? AppendFile::Start::kBehind : AppendFile::Start::kEmpty) {}

  void flush() override {
    if (cells_.empty()) return;
    write_row(cells_);
    cells_.clear();
  }
  const std::string& path() const override { return file_.path(); }

 protected:
  using Cells = std::vector<std::pair<std::string, std::string>>;  // tags and what stands there

  virtual void write_row(const Cells& cells) = 0;

  void put(const LogPlace& at, std::string cell) {
    check_place(at);
    if (at.tag == "step" || at.tag == "wall_time")
      invalid("'tag' must not be the name of a column of every log: got '", at.tag, "'; choose another");
    if (at.step != step_) flush();
    step_ = at.step;
    time_ = at.time;
    for (auto& [tag, old] : cells_)
      if (tag == at.tag) {
        old = std::move(cell);
        return;
      }
    cells_.emplace_back(at.tag, std::move(cell));
  }

  // What stands behind the last end of a line has not been written whole.
  void cut_torn_row() {
    if (file_.size() == 0) return;
    const size_t end = file_.read().rfind('\n');
    file_.cut(end == std::string::npos ? 0 : static_cast<int64_t>(end) + 1);
  }

  AppendFile file_;
  int64_t step_ = -1;
  double time_ = 0;

 private:
  Cells cells_;
};

// ---- CSV (RFC 4180, with a plain end of line) -------------------------------------------------------------------------

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

// The cells of the first line; *end is where the next one begins.
std::vector<std::string> first_line(const std::string& text, size_t* end) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  size_t i = 0;
  for (; i < text.size(); i++) {
    const char c = text[i];
    if (quoted) {
      if (c != '"')
        cells.back() += c;
      else if (i + 1 < text.size() && text[i + 1] == '"')
        cells.back() += text[i++];
      else
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      cells.emplace_back();
    } else if (c == '\n') {
      break;
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  *end = std::min(i + 1, text.size());
  return cells;
}

class CsvLog final : public RowLog {
 public:
  CsvLog(const std::string& path, bool append) : RowLog("logger_csv", path, append) {
    cut_torn_row();
    if (file_.size() == 0) return;
    size_t end;
    tags_ = first_line(file_.read(), &end);
    if (tags_.size() < 2 || tags_[0] != "step" || tags_[1] != "wall_time")
      fail(Code::kCorruptData, "[logger_csv] a log must begin with the columns step and wall_time: got '",
           tags_[0], "' at the beginning of '", path, "'; append to files that such a log has made");
    tags_.erase(tags_.begin(), tags_.begin() + 2);
    has_header_ = true;
  }
  ~CsvLog() override {
    try {
      flush();
    } catch (...) {  // flush() before, to hear of it
    }
  }

  void scalar(const LogPlace& at, double value) override { put(at, tl::text(value)); }

 protected:
  const char* form() const override { return "CSV"; }

  void write_row(const Cells& cells) override {
    std::vector<std::string> tags = tags_;
    for (const auto& cell : cells)
      if (std::find(tags.begin(), tags.end(), cell.first) == tags.end()) tags.push_back(cell.first);
    std::string row = concat(step_, ",", time_text(time_));
    for (const std::string& tag : tags) {
      row += ",";
      for (const auto& [of, text] : cells)
        if (of == tag) row += text;
    }
    row += "\n";
    if (has_header_ && tags.size() == tags_.size()) {
      file_.append(row);
    } else {
      file_.replace(with_columns(tags) + row);
      has_header_ = true;
    }
    tags_ = std::move(tags);
  }

 private:
  // The file as it is, with more columns behind the others.
  std::string with_columns(const std::vector<std::string>& tags) const {
    std::string out = "step,wall_time";
    for (const std::string& tag : tags) out += "," + csv_cell(tag);
    out += "\n";
    if (!has_header_) return out;
    const std::string old = file_.read();
    size_t at;
    first_line(old, &at);
    const std::string empty(tags.size() - tags_.size(), ',');
    for (; at < old.size(); at++) out += old[at] == '\n' ? empty + "\n" : std::string(1, old[at]);
    return out;
  }

  std::vector<std::string> tags_;
  bool has_header_ = false;
};

// ---- JSON lines -------------------------------------------------------------------------------------------------------

std::string json_list(const std::vector<double>& values) {
  std::string out;
  for (const double v : values) out += (out.empty() ? "" : ", ") + json_number(v);
  return "[" + out + "]";
}

class JsonLinesLog final : public RowLog {
 public:
  JsonLinesLog(const std::string& path, bool append) : RowLog("logger_json_lines", path, append) {
    cut_torn_row();
  }
  ~JsonLinesLog() override {
    try {
      flush();
    } catch (...) {  // flush() before, to hear of it
    }
  }

  void scalar(const LogPlace& at, double value) override { put(at, json_number(value)); }
  void text(const LogPlace& at, const std::string& text) override { put(at, json_text(text)); }
  void histogram(const LogPlace& at, const Histogram& h) override {
    put(at, concat("{\"edges\": ", json_list(h.edges), ", \"counts\": ", json_list(h.counts),
                   ", \"min\": ", json_number(h.min), ", \"max\": ", json_number(h.max),
                   ", \"sum\": ", json_number(h.sum), ", \"sum_of_squares\": ", json_number(h.sum_of_squares),
                   ", \"count\": ", h.count, ", \"non_finite\": ", h.non_finite, "}"));
  }

 protected:
  const char* form() const override { return "JSON lines"; }

  void write_row(const Cells& cells) override {
    std::string row = concat("{\"step\": ", step_, ", \"wall_time\": ", time_text(time_));
    for (const auto& [tag, cell] : cells) row += ", " + json_text(tag) + ": " + cell;
    file_.append(row + "}\n");
  }
};

}  // namespace

std::unique_ptr<MetricLog> csv_log(const std::string& path, bool append) {
  return std::make_unique<CsvLog>(path, append);
}
std::unique_ptr<MetricLog> json_lines_log(const std::string& path, bool append) {
  return std::make_unique<JsonLinesLog>(path, append);
}

}  // namespace tl::io
