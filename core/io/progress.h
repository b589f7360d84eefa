// Progress: how far a loop is, and its renderer, which makes one line of text of that. Pure: it knows no clock, no terminal and
// no file. Who shows the line passes the time in and takes the text out (capi/src/progress.cpp).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tl::io {

struct ProgressStyle {
  int width = 80;        // columns that the line may take
  int digits = 4;        // significant digits of values
  bool unicode = false;  // the bar in eighths of a column
  bool color = false;    // escape sequences, which take no column
  bool times = true;     // whatever depends on the clock: rate, time, share of input
};

struct ProgressNumbers {
  int64_t step = 0, total = 0;  // total 0: not known
  double elapsed = 0;           // seconds since the round began
  double rate = 0;              // steps a second, lately; over the whole round where that is finished
  double left = 0;              // seconds; NaN where it is not known
  double waited = 0;            // share of the time that was lost to input, 0 to 1; NaN where nobody said
  bool finished = false;
};

class Progress {
 public:
  // Begins a round. Values of the round before are forgotten.
  void start(int64_t total, std::string label, double now);
  // Shown behind the times, in the order of first appearance.
  void set_value(const std::string& name, double value);
  // Seconds that the program has waited for input since whenever; those of this round are counted from its first call on.
  void set_waited(double seconds);
  // Throws for fewer steps than before.
  void update(int64_t step);
  // Takes note of the rate: once each time that a line is drawn.
  void sample(double now);
  void finish(double now);

  bool started() const { return started_; }
  bool finished() const { return finished_; }
  double begun() const { return begun_; }
  ProgressNumbers numbers(double now) const;

  // "epoch 2  45% [=====>      ] 281/625  1.20k/s  0:07 left  loss 0.1234  input 0.3%", at most style.width columns. What finds no
  // room is left out, in the order: input, rate, time, later values, the bar.
  std::string bar(const ProgressStyle& style, double now) const;
  // The same without a bar, of any length.
  std::string line(const ProgressStyle& style, double now) const;

 private:
  struct Parts;
  Parts parts(const ProgressStyle& style, double now) const;

  int64_t total_ = 0, step_ = 0;
  std::string label_;
  std::vector<std::pair<std::string, double>> values_;
  bool started_ = false, finished_ = false;
  double begun_ = 0, ended_ = 0;
  double waited_first_ = -1, waited_last_ = -1;
  double sampled_at_ = 0, rate_sum_ = 0, weight_sum_ = 0;
  int64_t sampled_step_ = 0;
};

// Columns that a text takes on a terminal: none for combining marks, two for wide characters of East Asian scripts and emoji.
// Anything that is not UTF-8 counts as a column a byte.
int columns_of(const std::string& text);
// Without control characters, which could move the cursor or ring the bell: a blank stands in their place.
std::string printable(const std::string& text);
// Seconds as "0:07", "12:34", "1:02:03" or "2d 03:04:05".
std::string duration(double seconds);

}  // namespace tl::io
