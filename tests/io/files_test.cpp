// The parts of logs and plots that have known answers, and what goes wrong: full disks, files of others, wrong sizes.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "core/base/error.h"
#include "core/base/escape.h"
#include "core/io/append_file.h"
#include "core/io/metric_log.h"
#include "core/io/pixels.h"
#include "core/io/plot.h"
#include "core/io/record_writer.h"
#include "core/tensor/context.h"
#include "core/tensor/timeline.h"
#include "tests/io/folder.h"

using namespace tl;
using namespace tl::io;

namespace {

std::string content(const std::string& path) {
  return AppendFile("test", path, AppendFile::Start::kBehind).read();
}

template <class F>
Code code_of(F&& f, const std::string& part = "") {
  try {
    f();
  } catch (const Error& e) {
    CAPTURE(e.message());
    CHECK(e.message().find(part) != std::string::npos);
    return e.code();
  }
  return Code::kOk;
}

Tensor bytes(Context& c, const Shape& shape, int step = 1) {
  Tensor t = c.allocate(DType::kU8, shape);
  for (int64_t i = 0; i < t.elements(); i++) t.mutable_data<uint8_t>()[i] = static_cast<uint8_t>(i * step);
  return t;
}

std::string without_times(const std::string& csv) {  // the second column
  std::string out;
  int column = 0;
  for (const char c : csv) {
    if (c == '\n') column = -1;
    if (c == ',') column++;
    if (column != 1) out += c;
    if (column < 0) column = 0;
  }
  return out;
}

}  // namespace

TEST_CASE("text inside of formats", "[io]") {
  CHECK(json_text("a\"\\\n\t\x01/\xc3\xa9\xff") == "\"a\\\"\\\\\\n\\t\\u0001/\xc3\xa9\xEF\xBF\xBD\"");
  CHECK(json_number(0.1) == "0.1");
  CHECK(json_number(NAN) == "\"NaN\"");
  CHECK(json_number(-INFINITY) == "\"-Infinity\"");
  CHECK(xml_text("<a & \"b\">\x01") == "&lt;a &amp; &quot;b&quot;&gt;\xEF\xBF\xBD");
  CHECK(dot_text("a\"b\\\nc\td") == "\"a\\\"b\\\\\\nc d\"");
}

TEST_CASE("checksums of RFC 3720 and of TFRecord", "[io]") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xE3069283);            // the check value of the algorithm
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);  // B.4 of the RFC
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43);
  std::string ascending;
  for (int i = 0; i < 32; i++) ascending += static_cast<char>(i);
  CHECK(crc32c(ascending) == 0x46DD794E);
  const uint32_t c = 0xE3069283;
  CHECK(masked_crc32c("123456789") == ((c >> 15 | c << 17) + 0xA282EAD8u));
  CHECK(framed_record("abc").size() == 8 + 4 + 3 + 4);
  CHECK(framed_record("abc").substr(0, 8) == std::string("\3\0\0\0\0\0\0\0", 8));
}

TEST_CASE("a file that grows has one writer and whole records", "[io]") {
  const Folder folder;
  const std::string path = folder / "log";
  {
    AppendFile file("test", path, AppendFile::Start::kEmpty);
    file.append("one\n");
    CHECK(code_of([&] { AppendFile("test", path, AppendFile::Start::kBehind); }, "must have one writer") ==
          Code::kBusy);
    CHECK(code_of([&] { AppendFile("test", path, AppendFile::Start::kEmpty); }) == Code::kBusy);
    CHECK(file.read() == "one\n");  // and nothing of it was thrown away
    file.replace("two\n");
    CHECK(code_of([&] { AppendFile("test", path, AppendFile::Start::kBehind); }) == Code::kBusy);
    file.append("three\n");
    file.cut(100);
  }
  CHECK(content(path) == "two\nthree\n");
  CHECK(code_of([&] { AppendFile("test", path, AppendFile::Start::kMustBeNew); }, "must be new") ==
        Code::kFailedPrecondition);
  CHECK(code_of([&] { AppendFile("test", folder / "no/log", AppendFile::Start::kEmpty); },
                "does its folder exist") == Code::kNotFound);
  CHECK(code_of([&] { AppendFile("test", "", AppendFile::Start::kEmpty); }) == Code::kInvalidArgument);
  CHECK(code_of([&] { AppendFile("test", folder / "", AppendFile::Start::kEmpty); }) == Code::kIo);
  CHECK(code_of([&] { write_file("test", folder / "no/file", "x"); }) == Code::kNotFound);
  CHECK(code_of([&] { write_file("test", "", "x"); }) == Code::kInvalidArgument);
  write_file("test", path, "whole");
  CHECK(content(path) == "whole");
  REQUIRE(::mkdir((folder / "taken").c_str(), 0777) == 0);
  CHECK(code_of([&] { write_file("test", folder / "taken", "x"); }) == Code::kIo);  // a folder is in the way
  CHECK(::system(("test -z \"$(ls -d '" + path + "'*.tmp '" + (folder / "taken") + "'*.tmp 2>/dev/null)\"")
                     .c_str()) == 0);
}

TEST_CASE("a full disk costs the record that found no room", "[io]") {
  CHECK(code_of([] { AppendFile("test", "/dev/full", AppendFile::Start::kBehind).append("x"); },
                "'No space left on device'") == Code::kIo);
  const std::string tag = "loss";
  auto log = csv_log("/dev/null", false);
  log->scalar({1, tag, 0}, 1);
  log->flush();
  write_file("test", "/dev/null", "x");
  CHECK(code_of([] { write_file("test", "/dev/full", "x"); }, "make room") == Code::kIo);
  CHECK(std::filesystem::is_character_file("/dev/null"));  // no rename has put a file in its place
  auto full = json_lines_log("/dev/full", false);
  full->scalar({1, tag, 0}, 1);
  CHECK(code_of([&] { full->flush(); }, "make room") == Code::kIo);
  CHECK(code_of([&] { full->scalar({2, tag, 0}, 1); }) == Code::kIo);  // the row of step 1 still waits
}

TEST_CASE("CSV logs go on where they were, and grow columns", "[io]") {
  const Folder folder;
  const std::string path = folder / "run.csv", a = "a", b = "b,\"c\"", d = "d";
  {
    auto log = csv_log(path, false);
    log->scalar({0, a, 7}, 1);
    log->scalar({0, a, 7}, 2);  // the last one counts
    log->scalar({1, b, 8}, NAN);
    CHECK(code_of(
              [&] {
                log->scalar({1, std::string(), 0}, 1);
              },
              "'tag' must not be empty") == Code::kInvalidArgument);
    CHECK(code_of(
              [&] {
                log->scalar({-1, a, 0}, 1);
              },
              "'step' must not be negative") == Code::kInvalidArgument);
    CHECK(code_of([&] { log->scalar({1, std::string("step"), 0}, 1); }) == Code::kInvalidArgument);
    CHECK(code_of(
              [&] {
                log->text({1, a, 0}, "x");
              },
              "CSV logs hold no texts: got 'a'") == Code::kUnsupported);
    CHECK(code_of([&] { log->image({1, a, 0}, Pixels{}); }) == Code::kUnsupported);
    CHECK(code_of([&] { log->histogram({1, a, 0}, Histogram{}); }) == Code::kUnsupported);
  }
  CHECK(content(path) == "step,wall_time,a,\"b,\"\"c\"\"\"\n0,7.000,2,\n1,8.000,,nan\n");
  {
    AppendFile(std::string("test"), path, AppendFile::Start::kBehind)
        .append("2,9.0");  // killed while it wrote
    auto log = csv_log(path, true);
    log->scalar({2, d, 9.0004}, -INFINITY);
    log->flush();
    log->scalar({2, d, 9}, 1);  // another row of the same step
  }
  CHECK(content(path) ==
        "step,wall_time,a,\"b,\"\"c\"\"\",d\n0,7.000,2,,\n1,8.000,,nan,\n2,9.000,,,-inf\n2,9.000,,,1\n");
  write_file("test", path, "epoch,loss\n1,2\n");
  CHECK(code_of([&] { csv_log(path, true); }, "step and wall_time: got 'epoch'") == Code::kCorruptData);
  CHECK(content(path) == "epoch,loss\n1,2\n");
  CHECK(without_times("a,b,c\n1,2,3\n") == "a,c\n1,3\n");
}

TEST_CASE("histograms count what is finite", "[io]") {
  Context c(ContextOptions{});
  Tensor t = c.allocate(DType::kF64, Shape{6});
  const double values[] = {-1e308, 1e308, 0, NAN, INFINITY, 1e308};
  std::copy(values, values + 6, t.mutable_data<double>());
  const Histogram h = histogram_of(t, 4);
  CHECK(h.edges == std::vector<double>{-1e308, -5e307, 0, 5e307, 1e308});
  CHECK(h.counts == std::vector<double>{1, 0, 1, 2});
  CHECK((h.count == 4 && h.non_finite == 2 && h.min == -1e308 && h.max == 1e308));
  Tensor empty = c.allocate(DType::kI64, Shape{0});
  CHECK(histogram_of(empty, 4).edges.empty());
  CHECK(histogram_of(bytes(c, Shape{256}), 30).count == 256);
}

TEST_CASE("ticks are round numbers within the range", "[io]") {
  CHECK(ticks(0, 5, 6) == std::vector<double>{0, 1, 2, 3, 4, 5});
  CHECK(ticks(-0.3, 0.3, 5).size() == 7);
  CHECK(ticks(1, 2.1, 3) == std::vector<double>{1, 1.5, 2});
  CHECK(ticks(1e6, 1e6 + 3, 3) == std::vector<double>{1e6, 1e6 + 1, 1e6 + 2, 1e6 + 3});
  CHECK(log_ticks(1, 1e4, 10) == std::vector<double>{1, 10, 100, 1000, 10000});
  CHECK(log_ticks(1, 100, 10) == std::vector<double>{1, 2, 5, 10, 20, 50, 100});
  CHECK(log_ticks(0.03, 2.8, 6) == std::vector<double>{0.05, 0.1, 0.2, 0.5, 1, 2});
  CHECK(log_ticks(1, 2.5, 3) == std::vector<double>{1, 1.5, 2, 2.5});
  CHECK(log_ticks(30, 40, 5) == std::vector<double>{30, 32, 34, 36, 38, 40});
  CHECK(log_ticks(1e-100, 1e100, 5).size() <= 7);
  CHECK(log_ticks(1e305, std::numeric_limits<double>::max(), 10) ==
        std::vector<double>{1e305, 1e306, 1e307, 1e308});
  // A margin below the least number rounds to 0, one above the largest to infinity.
  for (const auto& [min, max] : {std::pair{0., 1.}, {0., 1e-320}, {5e-324, 5e-324}, {1e-3, HUGE_VAL}}) {
    const std::vector<double> all = log_ticks(min, max, 5);
    CHECK(all.size() <= 20);
    for (const double tick : all) CHECK((tick > 0 && std::isfinite(tick)));
  }
  const double most = std::numeric_limits<double>::max(), least = 5e-324;
  for (const auto& [low, high] :
       {std::pair(-most, most), std::pair(0.0, least), std::pair(least, 2 * least), std::pair(1e16, 1e16 + 2),
        std::pair(-least, most), std::pair(most / 2, most)}) {
    CAPTURE(low, high);
    const auto found = ticks(low, high, 6);
    CHECK(found.size() <= 20);
    for (size_t i = 1; i < found.size(); i++) CHECK(found[i] > found[i - 1]);
  }
}

TEST_CASE("plots of numbers of any size are pictures, and of none an error", "[io]") {
  Plot empty("", PlotOptions{});
  CHECK(code_of([&] { empty.svg(); }, "got 0 curves") == Code::kFailedPrecondition);
  empty.add("a", NAN, 1);
  empty.add("a", 1, INFINITY);
  empty.add("b", nullptr, nullptr, 0);
  CHECK(code_of([&] { empty.svg(); }, "got 2 curves") == Code::kFailedPrecondition);
  PlotOptions logarithmic;
  logarithmic.log_x = logarithmic.log_y = true;
  Plot low("", logarithmic);
  low.add("a", 1, 0);
  low.add("a", -1, 1);
  CHECK(code_of([&] { low.svg(); }) == Code::kFailedPrecondition);
  low.add("a", 1, 1);
  CHECK(low.svg().find("nan") == std::string::npos);
  const double most = std::numeric_limits<double>::max();
  for (const double y : {0.0, 5e-324, -most, most, 1.0, -0.0}) {
    Plot plot("", PlotOptions{});
    plot.add("a", 0, y);
    const std::string one = plot.svg();
    plot.add("a", most, -most);
    plot.add("a", -most, most);
    const std::string wide = plot.svg();
    for (const std::string* svg : {&one, &wide}) {
      CHECK(svg->find("nan") == std::string::npos);
      CHECK(svg->find("inf") == std::string::npos);
    }
  }
  // Along logarithmic axes, whose margins reach beyond the numbers that there are.
  const double least = 5e-324;
  for (const double y : {most, 1e308, 2e307, 1e-307, least, 1.0}) {
    for (const double other : {y, most, 1e300, 1.0, 1e-300, least}) {
      Plot plot("", logarithmic);
      plot.add("a", y, y);
      plot.add("a", other, other);
      INFO("from " << y << " to " << other);
      const std::string svg = plot.svg();
      CHECK(svg.find("nan") == std::string::npos);
      CHECK(svg.find("inf") == std::string::npos);
    }
  }
  for (const PlotOptions& wrong :
       {PlotOptions{199}, PlotOptions{200, 149}, PlotOptions{20000}, PlotOptions{720, 432, false, false, 1},
        PlotOptions{720, 432, false, false, NAN}})
    CHECK(code_of([&] { Plot("", wrong); }) == Code::kInvalidArgument);
}

TEST_CASE("images of other shapes and dtypes are refused", "[io]") {
  Context c(ContextOptions{});
  for (const Shape& shape : {Shape{3}, Shape{2, 3, 2}, Shape{0, 3}, Shape{1, 2, 3, 4}})
    CHECK(code_of([&] { pixels_of("op", bytes(c, shape)); }, "[op] images must be of shape") ==
          Code::kInvalidArgument);
  CHECK(code_of(
            [&] {
              pixels_of("op", c.allocate(DType::kI32, Shape{2, 2}));
            },
            "use cast") == Code::kInvalidArgument);
  CHECK(code_of([&] { image_grid("op", bytes(c, Shape{2, 2}), {}); }) == Code::kInvalidArgument);
  CHECK(code_of([&] { image_grid("op", bytes(c, Shape{0, 2, 2}), {}); }) == Code::kInvalidArgument);
  GridOptions huge;
  huge.scale = 1 << 20;
  CHECK(code_of(
            [&] {
              image_grid("op", bytes(c, Shape{1, 2, 2}), huge);
            },
            "at most") == Code::kInvalidArgument);
  huge.scale = 1, huge.padding = 0x7FFFFFFF;
  CHECK(code_of(
            [&] {
              image_grid("op", bytes(c, Shape{3, 2, 2}), huge);
            },
            "at most") == Code::kInvalidArgument);
  GridOptions wide;
  wide.columns = 100, wide.padding = 0;
  const Pixels one = image_grid("op", bytes(c, Shape{2, 1, 2, 3}), wide);
  CHECK((one.height == 1 && one.width == 4 && one.channels == 3));
  CHECK(one.bytes == std::vector<uint8_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  CHECK(image_grid("op", bytes(c, Shape{5, 1, 1}), {}).width == 3 * 3 + 2);  // three columns
}

TEST_CASE("a timeline keeps as many events as it is told", "[io]") {
  auto timeline = std::make_shared<Timeline>(3, true);
  const uint32_t a = timeline->text("a");
  CHECK(timeline->text("a") == a);
  timeline->begin_span("outer");
  for (uint64_t i = 0; i < 3; i++) timeline->add(Timeline::Kind::kOp, a, Timeline::kNoText, i, i + 1);
  CHECK(timeline->end_span());
  CHECK_FALSE(timeline->end_span());
  CHECK((timeline->events().size() == 3 && timeline->lost() == 1));
}
