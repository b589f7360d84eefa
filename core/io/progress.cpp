#include "core/io/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/base/error.h"
#include "core/base/utf8.h"

namespace tl::io {
namespace {

constexpr double kMemory = 5;  // seconds after which a sample of the rate counts 1/e
constexpr size_t kMostValues = 64;
constexpr int kLeastBar = 8, kMostBar = 40;

template <class... Args>
std::string printed(const char* format, Args... args) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, args...);
  return buffer;
}

// A number at three digits with a unit prefix: 45.6, 1.23k, 12.3M.
std::string short_number(double value) {
  const char* units[] = {"", "k", "M", "G", "T"};
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < sizeof units / sizeof *units) value /= 1000, unit++;
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return printed("%.*f%s", decimals, value, units[unit]);
}

std::string rate_text(double rate) {
  if (!(rate > 0)) return "";
  return rate >= 1 ? short_number(rate) + "/s" : printed("%.3g s/step", 1 / rate);
}

struct Wide {
  uint32_t first, last;
};
// Blocks of Unicode's East Asian Width W and F, and emoji; whole blocks, for a line that is a little shorter than it might be does
// no harm.
constexpr Wide kWide[] = {{0x1100, 0x115F}, {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3},
                          {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                          {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};

int columns_of_character(uint32_t c) {
  if ((c >= 0x300 && c <= 0x36F) || c == 0x200B || c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F)) return 0;
  for (const Wide& block : kWide)
    if (c >= block.first && c <= block.last) return 2;
  return 1;
}

// The beginning of a text that takes at most so many columns.
std::string cut(const std::string& text, int columns) {
  size_t at = 0;
  while (at < text.size()) {
    size_t next = at;
    columns -= columns_of_character(next_character(text, next));
    if (columns < 0) break;
    at = next;
  }
  return text.substr(0, at);
}

std::string bar_of(double share, int columns, const ProgressStyle& style) {
  const int inside = columns - 2;
  std::string done, rest;
  if (style.unicode) {
    const char* eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const int parts = static_cast<int>(share * inside * 8);
    for (int i = 0; i < parts / 8; i++) done += "█";
    done += eighths[parts % 8];
    rest.assign(static_cast<size_t>(inside - (parts + 7) / 8), ' ');
  } else {
    const int full = static_cast<int>(share * inside);
    done.assign(static_cast<size_t>(full), '=');
    if (full < inside) done += '>';
    rest.assign(static_cast<size_t>(inside) - done.size(), ' ');
  }
  if (style.color && !done.empty()) done = "\x1b[32m" + done + "\x1b[0m";
  return style.unicode ? "|" + done + rest + "|" : "[" + done + rest + "]";
}

}  // namespace

// The pieces of a line. Those behind the bar have a rank: the highest is left out first.
struct Progress::Parts {
  struct Piece {
    std::string text;
    int rank;
  };
  std::string head;  // label and share
  double share = -1;
  std::vector<Piece> tail;

  std::string tail_text(int most_rank) const {
    std::string out;
    for (const Piece& piece : tail)
      if (piece.rank <= most_rank) out += (out.empty() ? "" : "  ") + piece.text;
    return out;
  }
};

int columns_of(const std::string& text) {
  int columns = 0;
  for (size_t at = 0; at < text.size();) columns += columns_of_character(next_character(text, at));
  return columns;
}

std::string printable(const std::string& text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t from = at;
    const uint32_t c = next_character(text, at);
    // C0, DEL, C1, and the marks that turn the direction of writing.
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
                         (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
    if (control)
      out += ' ';
    else if (c == kNoCharacter)
      out += '?';
    else
      out.append(text, from, at - from);
  }
  return out;
}

std::string duration(double seconds) {
  const long long whole = std::llround(seconds > 0 ? std::min(seconds, 1e12) : 0);
  const long long s = whole % 60, m = whole / 60 % 60, h = whole / 3600 % 24, d = whole / 86400;
  if (d) return printed("%lldd %02lld:%02lld:%02lld", d, h, m, s);
  return h ? printed("%lld:%02lld:%02lld", h, m, s) : printed("%lld:%02lld", m, s);
}

void Progress::start(int64_t total, std::string label, double now) {
  if (total < 0)
    invalid("[progress_start] 'total' must not be negative: got ", total,
            "; 0 stands for a number that is not known");
  *this = Progress();
  total_ = total;
  label_ = printable(label);
  started_ = true;
  begun_ = sampled_at_ = now;
}

void Progress::set_value(const std::string& name, double value) {
  const std::string shown = printable(name);
  for (auto& [known, number] : values_)
    if (known == shown) {
      number = value;
      return;
    }
  if (values_.size() >= kMostValues)
    invalid("[progress_value] a round has at most ", kMostValues, " values: got another one, '", shown,
            "'; a log takes as many as you like");
  values_.emplace_back(shown, value);
}

void Progress::set_waited(double seconds) {
  if (!(seconds >= 0))
    invalid("[progress_set_waited] 'seconds' must not be negative: got ", seconds,
            "; pass the seconds that the program has waited so far");
  if (waited_first_ < 0) waited_first_ = seconds;
  waited_last_ = seconds;
}

void Progress::update(int64_t step) {
  if (!started_ || finished_)
    fail(Code::kFailedPrecondition, "[progress_update] a round must have begun: got step ", step,
         " between rounds; call progress_start first");
  if (step < step_)
    invalid("[progress_update] 'step' must not go back within a round: got ", step, " after ", step_,
            "; begin a round with progress_start");
  step_ = step;
}

// The mean of the rates between samples, each with a weight that falls as time goes by, over the sum of the weights: at first that
// is the plain mean, and later the rate of the last seconds.
void Progress::sample(double now) {
  const double passed = now - sampled_at_;
  if (!(passed > 0)) return;
  const double fade = std::exp(-passed / kMemory);
  rate_sum_ = rate_sum_ * fade + (1 - fade) * static_cast<double>(step_ - sampled_step_) / passed;
  weight_sum_ = weight_sum_ * fade + (1 - fade);
  sampled_at_ = now;
  sampled_step_ = step_;
}

void Progress::finish(double now) {
  finished_ = true;
  ended_ = now;
}

ProgressNumbers Progress::numbers(double now) const {
  ProgressNumbers n;
  n.step = step_;
  n.total = total_;
  n.finished = finished_;
  n.elapsed = started_ ? std::max(0.0, (finished_ ? ended_ : now) - begun_) : 0;
  const double overall = n.elapsed > 0 ? static_cast<double>(step_) / n.elapsed : 0;
  n.rate = !finished_ && weight_sum_ > 0 ? rate_sum_ / weight_sum_ : overall;
  n.left = finished_         ? 0
           : total_ == 0     ? NAN
           : step_ >= total_ ? 0
           : !(n.rate > 0)   ? NAN
                             : static_cast<double>(total_ - step_) / n.rate;
  n.waited = waited_first_ < 0 || !(n.elapsed > 0)
                 ? NAN
                 : std::min(1.0, std::max(0.0, (waited_last_ - waited_first_) / n.elapsed));
  return n;
}

Progress::Parts Progress::parts(const ProgressStyle& style, double now) const {
  const ProgressNumbers n = numbers(now);
  Parts out;
  out.head = label_;
  if (total_ > 0) {
    out.share = std::min(1.0, static_cast<double>(step_) / static_cast<double>(total_));
    // Rounded down: nothing is done before it is done.
    out.head += (label_.empty() ? "" : " ") + printed("%3d%%", static_cast<int>(out.share * 100));
  }
  const int values = static_cast<int>(values_.size());
  enum : int { kCount = 0, kFirstValue = 1 };
  const int time_rank = kFirstValue + values, rate_rank = time_rank + 1, input_rank = time_rank + 2;
  out.tail.push_back({total_ > 0 ? concat(step_, "/", total_) : concat(step_), kCount});
  if (style.times) {
    const std::string rate = rate_text(n.rate);
    if (!rate.empty()) out.tail.push_back({rate, rate_rank});
    if (!n.finished && n.left == n.left)
      out.tail.push_back({duration(n.left) + " left", time_rank});
    else
      out.tail.push_back({duration(n.elapsed), time_rank});
  }
  for (int i = 0; i < values; i++) {
    const auto& [name, value] = values_[static_cast<size_t>(i)];
    // The first value is the loss as a rule: of the values it is left out last.
    out.tail.push_back(
        {name + (name.empty() ? "" : " ") + printed("%.*g", style.digits, value), kFirstValue + i});
  }
  if (style.times && n.waited == n.waited)
    out.tail.push_back({printed("input %.1f%%", 100 * n.waited), input_rank});
  return out;
}

std::string Progress::line(const ProgressStyle& style, double now) const {
  const Parts p = parts(style, now);
  return (p.head.empty() ? "" : p.head + "  ") + p.tail_text(static_cast<int>(values_.size()) + 3);
}

std::string Progress::bar(const ProgressStyle& style, double now) const {
  const Parts p = parts(style, now);
  const bool has_bar = p.share >= 0;
  const int head = p.head.empty() ? 0 : columns_of(p.head) + 1;
  for (int rank = static_cast<int>(values_.size()) + 3; rank >= 0; rank--) {
    const std::string tail = p.tail_text(rank);
    const int room = style.width - head - columns_of(tail) - 1;
    if (has_bar && room >= kLeastBar)
      return concat(p.head, p.head.empty() ? "" : " ", bar_of(p.share, std::min(room, kMostBar), style), " ",
                    tail);
    // Without a bar, the text alone; with one, where not even the count leaves room for it.
    if (head + columns_of(tail) <= style.width && (!has_bar || rank == 0))
      return concat(p.head, p.head.empty() ? "" : " ", tail);
  }
  return cut(concat(p.head, p.head.empty() ? "" : " ", p.tail_text(0)), style.width);
}

}  // namespace tl::io
