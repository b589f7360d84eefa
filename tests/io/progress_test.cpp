// The renderer of progress bars: its lines, counted by hand, at every width and with every kind of number.
#include "core/io/progress.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/base/utf8.h"

using namespace tl;
using namespace tl::io;

namespace {

// 281 of 625 steps, 100 a second, read after 2.81 s.
Progress running() {
  Progress p;
  p.start(625, "epoch 2", 10);
  p.set_waited(5);
  p.update(281);
  p.set_value("loss", 0.12345678);
  p.set_waited(5.0281);
  p.sample(12.81);
  return p;
}

ProgressStyle wide(int width) {
  ProgressStyle style;
  style.width = width;
  return style;
}

}  // namespace

TEST_CASE("a bar shows share, count, rate, time, values and input", "[progress]") {
  const Progress p = running();
  CHECK(p.bar(wide(200), 12.81) ==
        "epoch 2  44% [=================>                    ] 281/625  100/s  0:03 left  loss 0.1235  input "
        "1.0%");
  CHECK(p.line(wide(1), 12.81) == "epoch 2  44%  281/625  100/s  0:03 left  loss 0.1235  input 1.0%");
  ProgressStyle still = wide(200);
  still.times = false;
  still.digits = 8;
  CHECK(p.line(still, 12.81) == "epoch 2  44%  281/625  loss 0.12345678");
}

TEST_CASE("what finds no room is left out, the least needed first", "[progress]") {
  const Progress p = running();
  // 12 of label and share, a blank, a bar of 8 at least, a blank, and the rest: 67 with everything.
  const char* tails[] = {"281/625  100/s  0:03 left  loss 0.1235  input 1.0%",
                         "281/625  100/s  0:03 left  loss 0.1235", "281/625  0:03 left  loss 0.1235",
                         "281/625  loss 0.1235", "281/625"};
  int width = 120;
  for (const char* tail : tails) {
    const int least = 13 + 8 + 1 + static_cast<int>(std::string(tail).size());
    for (; width >= least; width--) {
      const std::string bar = p.bar(wide(width), 12.81);
      CAPTURE(width, bar);
      CHECK(columns_of(bar) <= width);
      CHECK(bar.find("] " + std::string(tail)) + 2 + std::string(tail).size() == bar.size());
    }
  }
  CHECK(p.bar(wide(20), 12.81) == "epoch 2  44% 281/625");
  CHECK(p.bar(wide(19), 12.81) == "epoch 2  44% 281/62");
  CHECK(p.bar(wide(1), 12.81) == "e");
}

TEST_CASE("every column of a bar is used, at every width", "[progress]") {
  for (const bool unicode : {false, true})
    for (int step = 0; step <= 17; step++) {
      Progress p;
      p.start(16, "", 0);
      p.update(step);
      ProgressStyle style = wide(30);
      style.times = false;
      style.unicode = unicode;
      const std::string bar = p.bar(style, 1);
      CAPTURE(step, bar);
      CHECK(columns_of(bar) == 30);
    }
  Progress p;
  p.start(32, "", 0);
  p.update(9);
  ProgressStyle style = wide(23);
  style.times = false;
  style.unicode = style.color = true;
  // 23 columns: 4 of " 28%", a blank, the bar, a blank, 4 of "9/32"; so 13, 11 inside, of which 9/32 are 3 and 0.09.
  CHECK(p.bar(style, 1) == " 28% |\x1b[32m███\x1b[0m        | 9/32");
  style.width = 26;
  CHECK(p.bar(style, 1) == " 28% |\x1b[32m███▉\x1b[0m          | 9/32");  // 14 inside: 3 and 7.5 eighths
}

TEST_CASE("nothing is done before it is done", "[progress]") {
  Progress p;
  p.start(1000, "", 0);
  p.update(999);
  ProgressStyle style = wide(30);
  style.times = false;
  CHECK(p.bar(style, 1) == " 99% [=============>] 999/1000");
  p.update(1000);
  CHECK(p.bar(style, 1) == "100% [=============] 1000/1000");
  p.update(1100);  // more than was known
  CHECK(p.bar(style, 1) == "100% [=============] 1100/1000");
}

TEST_CASE("without a total there is a count, and no time left", "[progress]") {
  Progress p;
  p.start(0, "reading", 0);
  CHECK(p.bar(wide(80), 0) == "reading 0  0:00");
  p.update(3000);
  p.sample(2);
  CHECK(p.bar(wide(80), 2) == "reading 3000  1.50k/s  0:02");
  CHECK(std::isnan(p.numbers(2).left));
}

TEST_CASE("a finished round has its mean rate and the time that it took", "[progress]") {
  Progress p;
  p.start(100, "", 0);
  p.update(10);
  p.sample(10);  // slow at first
  p.update(100);
  p.finish(20);
  const ProgressNumbers n = p.numbers(1000);
  CHECK((n.finished && n.elapsed == 20 && n.rate == 5 && n.left == 0));
  CHECK(p.line(wide(1), 1000) == "100%  100/100  5.00/s  0:20");
  CHECK_THROWS_AS(p.update(101), Error);
}

TEST_CASE("the rate follows what happens now, and is the plain mean at first", "[progress]") {
  Progress p;
  p.start(0, "", 0);
  p.update(50);
  p.sample(0.5);
  CHECK(p.numbers(0.5).rate == Approx(100));
  // From there on 10 a second. Each sample has the weight of its seconds times e^(-age / 5 s), integrated.
  int64_t step = 50;
  for (int i = 1; i <= 100; i++) p.update(++step), p.sample(0.5 + 0.1 * i);
  const double old = std::exp(-10. / 5), first = (1 - std::exp(-0.5 / 5)) * old, rest = 1 - old;
  CHECK(p.numbers(10.5).rate == Approx((100 * first + 10 * rest) / (first + rest)));
  p.sample(10.5);  // no time has passed
  p.sample(3);     // the clock went back
  CHECK(std::isfinite(p.numbers(10.5).rate));
}

TEST_CASE("numbers that are none do no harm", "[progress]") {
  Progress p;
  p.start(10, "", 0);
  p.set_value("nan", NAN);
  p.set_value("inf", -std::numeric_limits<double>::infinity());
  p.set_value("tiny", 5e-324);
  p.set_value("nan", NAN);
  CHECK(p.line(wide(1), 0) == "  0%  0/10  0:00  nan nan  inf -inf  tiny 4.941e-324");
  CHECK(std::isnan(p.numbers(0).left));
  CHECK(std::isnan(p.numbers(5).left));  // nothing is done yet
  CHECK_THROWS_AS(p.set_waited(NAN), Error);
  CHECK_THROWS_AS(p.set_waited(-1), Error);
  CHECK_THROWS_AS(p.update(-1), Error);
  p.update(5);
  CHECK_THROWS_AS(p.update(4), Error);
  CHECK_THROWS_AS(p.start(-1, "", 0), Error);
  CHECK(p.numbers(1).step == 5);
  for (int i = 3; i < 64; i++) p.set_value("v" + std::to_string(i), i);
  CHECK_THROWS_AS(p.set_value("one more", 1), Error);
  p.set_value("v3", 1);
  p.start(1, "", 0);
  CHECK(p.line(wide(1), 0) == "  0%  0/1  0:00");
}

TEST_CASE("times and rates at every size", "[progress]") {
  CHECK(duration(0) == "0:00");
  CHECK(duration(59.4) == "0:59");
  CHECK(duration(59.6) == "1:00");
  CHECK(duration(3599) == "59:59");
  CHECK(duration(3723) == "1:02:03");
  CHECK(duration(86400 * 2 + 3723) == "2d 01:02:03");
  CHECK(duration(1e300) == "11574074d 01:46:40");
  CHECK(duration(-1) == "0:00");
  CHECK(duration(NAN) == "0:00");
  auto rate = [](int64_t steps, double seconds) {
    Progress p;
    p.start(0, "", 0);
    p.update(steps);
    p.finish(seconds);
    return p.line(wide(1), 0);
  };
  CHECK(rate(1, 4) == "1  4 s/step  0:04");
  CHECK(rate(1, 2.5) == "1  2.5 s/step  0:03");
  CHECK(rate(1, 1) == "1  1.00/s  0:01");
  CHECK(rate(9994, 1000) == "9994  9.99/s  16:40");
  CHECK(rate(9996, 1000) == "9996  10.0/s  16:40");
  CHECK(rate(9994, 10) == "9994  999/s  0:10");
  CHECK(rate(9996, 10) == "9996  1.00k/s  0:10");
  CHECK(rate(12345678, 1) == "12345678  12.3M/s  0:01");
}

TEST_CASE("text of the program's cannot move the cursor, and has the width that it shows with",
          "[progress]") {
  CHECK(printable("a\x1b[2Jb\n\r\tc\x7f") == "a [2Jb   c ");
  CHECK(printable("\xc2\x9b"
                  "x\xe2\x80\xae") == " x ");  // the C1 form of escape [, and right to left
  CHECK(printable("caf\xc3\xa9 \xff\xc3") == "caf\xc3\xa9 ??");
  CHECK(columns_of("caf\xc3\xa9") == 4);
  CHECK(columns_of("e\xcc\x81") == 1);                 // a combining accent
  CHECK(columns_of("\xe6\x97\xa5\xe6\x9c\xac") == 4);  // two characters of Japanese
  CHECK(columns_of("\xf0\x9f\x9a\x80") == 2);
  Progress p;
  p.start(0, "\xe6\x97\xa5\xe6\x9c\xac", 0);
  CHECK(p.bar(wide(3), 0) == "\xe6\x97\xa5");  // no half of one
}

TEST_CASE("UTF-8 is taken apart as the standard says", "[progress]") {
  auto all = [](const std::string& text) {
    std::vector<uint32_t> out;
    for (size_t at = 0; at < text.size();) out.push_back(next_character(text, at));
    return out;
  };
  const uint32_t no = kNoCharacter;
  CHECK(all("A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") == std::vector<uint32_t>{0x41, 0xE9, 0x20AC, 0x1F600});
  CHECK(all("\xc0\x80") == std::vector<uint32_t>{no, no});  // longer than need be
  CHECK(all("\xe0\x80\x80") == std::vector<uint32_t>{no, no, no});
  CHECK(all("\xed\xa0\x80") == std::vector<uint32_t>{no, no, no});          // a surrogate
  CHECK(all("\xf4\x90\x80\x80") == std::vector<uint32_t>{no, no, no, no});  // above 0x10FFFF
  CHECK(all("\xf4\x8f\xbf\xbf") == std::vector<uint32_t>{0x10FFFF});
  CHECK(all("\xe2\x82") == std::vector<uint32_t>{no, no});  // cut off
  CHECK(all("\xe2\x41\x41") == std::vector<uint32_t>{no, 0x41, 0x41});
}
