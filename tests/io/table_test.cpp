// CSV and JSON lines: what columns become, missing values, quotes, tables that contradict themselves, damage.
#include <cmath>
#include <random>

#include "core/io/csv.h"
#include "core/io/json_lines.h"
#include "tests/io/damage.h"

using namespace tl;
using namespace tl::io;

namespace {

Bundle csv(Context& context, const Bytes& bytes, const CsvOptions& options = {}) {
  return read_bytes(context, bytes, [&](Context& c, const Input& i) { return read_csv(c, i, options); });
}
Bundle json_lines(Context& context, const Bytes& bytes, const JsonLinesOptions& options = {}) {
  return read_bytes(context, bytes,
                    [&](Context& c, const Input& i) { return read_json_lines(c, i, options); });
}

Bundle any_csv(Context& context, const Input& input) { return read_csv(context, input, {}); }
Bundle any_json(Context& context, const Input& input) { return read_json_lines(context, input, {}); }

template <class F>
void no_table(const Bytes& bytes, Code code, const Bytes& text, F&& f) {
  Context context(small_context());
  const Outcome out = outcome(context, bytes, f);
  INFO(bytes.substr(0, 200) << ": " << out.message);
  CHECK(out.code == code);
  CHECK(out.message.find(text) != Bytes::npos);
  if (code != Code::kInvalidArgument) check_named(out);
}

std::vector<std::string> texts(const Categories& categories) {
  std::vector<std::string> out;
  for (size_t i = 0; i < categories.size(); i++) {
    out.emplace_back(categories[i]);
    CHECK(out.back() == categories.c_str(i));
  }
  return out;
}

const Tensor& column(const Bundle& bundle, const std::string& name) {
  const Bundle::Entry* entry = bundle.find(name);
  REQUIRE(entry);
  return entry->tensor;
}

// NaN equals NaN.
bool equal(const std::vector<float>& a, const std::vector<float>& b) {
  bool out = a.size() == b.size();
  for (size_t i = 0; out && i < a.size(); i++) out = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]));
  return out;
}

}  // namespace

TEST_CASE("CSV: guessed columns", "[io][csv]") {
  Context context(small_context());
  const Bundle t = csv(context,
                       "whole,number,truth,name,gaps,words with gaps,\"quoted, \"\"name\"\"\"\n"
                       "1,1.5,true,a,1,x,+3\n"
                       " -2 ,-2e-3,FALSE,\"b, c\",,NA,4\r\n"
                       "\n"
                       "9223372036854775807,inf,True,a,3,,\"5\"\n");
  REQUIRE(t.entries.size() == 7);
  CHECK(values<int64_t>(column(t, "whole")) == std::vector<int64_t>{1, -2, INT64_MAX});
  CHECK(equal(values<float>(column(t, "number")), {1.5f, -2e-3f, INFINITY}));
  CHECK(column(t, "truth").dtype() == DType::kBool);
  CHECK(values<uint8_t>(column(t, "truth")) == std::vector<uint8_t>{1, 0, 1});
  CHECK(values<int32_t>(column(t, "name")) == std::vector<int32_t>{0, 1, 0});
  CHECK(texts(t.find("name")->categories) == std::vector<std::string>{"a", "b, c"});
  CHECK(equal(values<float>(column(t, "gaps")), {1, NAN, 3}));
  CHECK(values<int32_t>(column(t, "words with gaps")) == std::vector<int32_t>{0, -1, -1});
  CHECK(values<int64_t>(column(t, "quoted, \"name\"")) == std::vector<int64_t>{3, 4, 5});
}

TEST_CASE("CSV: the layout of iris.data, of wine.data, of a table with semicolons", "[io][csv]") {
  Context context(small_context());
  CsvOptions bare;
  bare.header = false;
  const Bundle iris = csv(
      context,
      "5.1,3.5,1.4,0.2,Iris-setosa\n7.0,3.2,4.7,1.4,Iris-versicolor\n4.9,3.0,1.4,0.2,Iris-setosa\n\n", bare);
  REQUIRE(iris.entries.size() == 5);
  CHECK(iris.entries[4].name == "4");
  CHECK(values<float>(iris.entries[0].tensor) == std::vector<float>{5.1f, 7.0f, 4.9f});
  CHECK(texts(iris.entries[4].categories) == std::vector<std::string>{"Iris-setosa", "Iris-versicolor"});
  CsvOptions typed = bare;
  typed.types = "idl-u";
  const Bundle wine = csv(context, "1,14.23,171,skipped,255\n2,13.2,178,\"also\n skipped\",0\n", typed);
  REQUIRE(wine.entries.size() == 4);
  CHECK(values<int32_t>(wine.entries[0].tensor) == std::vector<int32_t>{1, 2});
  CHECK(values<double>(wine.entries[1].tensor) == std::vector<double>{14.23, 13.2});
  CHECK(values<int64_t>(wine.entries[2].tensor) == std::vector<int64_t>{171, 178});
  CHECK(values<uint8_t>(wine.entries[3].tensor) == std::vector<uint8_t>{255, 0});
  CsvOptions german;
  german.delimiter = ';';
  german.missing = "?";
  german.floats = DType::kF64;
  const Bundle table = csv(context,
                           "\xEF\xBB\xBF"
                           "a;b\n0.1;NA\n?;x\n",
                           german);
  CHECK(values<double>(column(table, "a"))[0] == 0.1);
  CHECK(std::isnan(values<double>(column(table, "a"))[1]));
  CHECK(texts(table.find("b")->categories) == std::vector<std::string>{"NA", "x"});
  CHECK(csv(context, "a\tb\n1\t2",
            [] {
              CsvOptions o;
              o.delimiter = '\t';
              return o;
            }())
            .entries.size() == 2);
  CHECK(csv(context, "only,a,header\n").entries[0].tensor.shape() == Shape{0});
}

TEST_CASE("CSV: what is no table is refused", "[io][csv]") {
  auto with = [](const std::string& types) {
    return [types](Context& c, const Input& i) {
      CsvOptions options;
      options.types = types;
      return read_csv(c, i, options);
    };
  };
  no_table("", Code::kCorruptData, "at least one row", any_csv);
  no_table("\n\n", Code::kCorruptData, "at least one row", any_csv);
  no_table("a,b\n1,2\n3\n", Code::kCorruptData,
           "at byte 8: every row must have as many fields as the first, 2: got 1 in row 1", any_csv);
  no_table("a,b\n1,2,3\n", Code::kCorruptData, "got 3 in row 0", any_csv);
  no_table("a,a\n1,2\n", Code::kCorruptData, "'a' twice", any_csv);
  no_table("a\n\"open\n1\n", Code::kCorruptData, "the file ends inside a field in quotes", any_csv);
  no_table("a\nb\"c\n", Code::kCorruptData, "a quote must", any_csv);
  for (const char* beyond :
       {"1e999", "-1e400", "+1.8e308", "0.001e312", "1000e306", "1e99999999999999999999999"})
    no_table(std::string("a\n") + beyond + "\n", Code::kCorruptData, "beyond f64", any_csv);
  no_table("a\n1e39\n", Code::kCorruptData, "numbers (f32)", any_csv);
  no_table(Bytes("a\nx\0y\n", 6), Code::kCorruptData, "NUL", any_csv);
  no_table(Bytes("a\0b\nx\n", 6), Code::kCorruptData, "NUL", any_csv);
  no_table("a\n1\n2.5\n", Code::kCorruptData, "'a' must hold whole numbers (i32): got 2.5 in row 1",
           with("i"));
  no_table("a\n3000000000\n", Code::kCorruptData, "got 3000000000", with("i"));
  no_table("a\n256\n", Code::kCorruptData, "0 to 255", with("u"));
  no_table("a\n2\n", Code::kCorruptData, "truths", with("b"));
  no_table("a,b\n,1\n", Code::kCorruptData, "got no value", with("l?"));
  no_table("a\nword\n", Code::kCorruptData, "got 'word'", with("f"));
  no_table("a,b\n1,2\n", Code::kInvalidArgument, "got 1 for 2 columns", with("f"));
  no_table("a\n1\n", Code::kInvalidArgument, "?-fdilubc", with("x"));
  Bytes wide = "0";
  for (int i = 1; i <= 65536; i++) wide += "," + std::to_string(i);
  no_table(wide, Code::kUnsupported, "at most 65536 columns", any_csv);
  no_table("a\n\"" + Bytes(17 << 20, 'x') + "\"\n", Code::kUnsupported, "a field has at most", any_csv);
}

TEST_CASE("CSV: numbers are those of the texts", "[io][csv]") {
  std::mt19937 random(7);
  std::string text = "x\n";
  std::vector<double> want;
  for (int i = 0; i < 2000; i++) {
    uint64_t bits = (uint64_t{random()} << 32) | random();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    char shown[64];
    std::snprintf(shown, sizeof shown, "%.17g\n", value);  // the C library's own conversion
    text += shown;
    want.push_back(value);
  }
  Context context(small_context());
  CsvOptions options;
  options.floats = DType::kF64;
  CHECK(values<double>(csv(context, text, options).entries[0].tensor) == want);
}

TEST_CASE("CSV: what is closer to 0 than any number becomes 0", "[io][csv]") {
  const std::vector<std::string> tiny = {
      "1e-400",  "-1e-5000", "+2e-324", "1000e-330", ".001e-322", "0.0001e-320", "1e-99999999999999999999",
      "4.9e-324"};
  std::string text = "x\n";
  for (const std::string& number : tiny) text += number + "\n";
  Context context(small_context());
  CsvOptions options;
  options.floats = DType::kF64;
  const Bundle table = csv(context, text, options);
  const std::vector<double> got = values<double>(table.entries[0].tensor);
  REQUIRE(got.size() == tiny.size());
  for (size_t i = 0; i < got.size(); i++) {
    INFO(tiny[i]);
    CHECK(got[i] == std::strtod(tiny[i].c_str(), nullptr));
    CHECK(std::signbit(got[i]) == (tiny[i][0] == '-'));
  }
}

TEST_CASE("CSV: numbers close to 0 are rounded to the nearest of their column", "[io][csv]") {
  // The least of f32 is 2^-149, about 1.4e-45; the least of f64 2^-1074, about 4.94e-324.
  Context context(small_context());
  const Bundle narrow = csv(context, "x\n1e-46\n7.1e-46\n1e-45\n-1e-46\n1e-400\n");
  CHECK(values<float>(narrow.entries[0].tensor) ==
        std::vector<float>{0, std::ldexp(1.0f, -149), std::ldexp(1.0f, -149), 0, 0});
  CsvOptions options;
  options.floats = DType::kF64;
  const Bundle wide = csv(context, "x\n2.4e-324\n3e-324\n-3e-324\n", options);
  CHECK(values<double>(wide.entries[0].tensor) ==
        std::vector<double>{0, std::ldexp(1.0, -1074), -std::ldexp(1.0, -1074)});
}

TEST_CASE("JSON lines: what keys become", "[io][json]") {
  Context context(small_context());
  const Bundle t = json_lines(
      context,
      "{\"step\": 1, \"loss\": 2.5, \"ok\": true, \"name\": \"a\\u00e9\", \"w\": [[1, 2], [3, 4]]}\n"
      "\n"
      "{\"loss\": null, \"ok\": false, \"step\": 2, \"name\": \"b\", \"w\": [[5, 6], [7, 8]], \"late\": "
      "1}\r\n"
      "{\"step\": -3, \"loss\": 1, \"ok\": true, \"w\": [[0, 0], [0, 0]]}");
  REQUIRE(t.entries.size() == 6);
  CHECK(values<int64_t>(column(t, "step")) == std::vector<int64_t>{1, 2, -3});
  CHECK(equal(values<float>(column(t, "loss")), {2.5f, NAN, 1}));
  CHECK(values<uint8_t>(column(t, "ok")) == std::vector<uint8_t>{1, 0, 1});
  CHECK(values<int32_t>(column(t, "name")) == std::vector<int32_t>{0, 1, -1});
  CHECK(texts(t.find("name")->categories) == std::vector<std::string>{"a\xc3\xa9", "b"});
  CHECK(column(t, "w").shape() == Shape{3, 2, 2});
  CHECK(values<int64_t>(column(t, "w")) == std::vector<int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0});
  CHECK(equal(values<float>(column(t, "late")), {NAN, 1, NAN}));
  JsonLinesOptions doubles;
  doubles.floats = DType::kF64;
  CHECK(values<double>(json_lines(context, "{\"x\": 0.1}", doubles).entries[0].tensor)[0] == 0.1);
  CHECK(equal(values<float>(json_lines(context, "{\"x\":[1,null]}\n{\"x\":null}\n").entries[0].tensor),
              {1, NAN, NAN, NAN}));
  CHECK(json_lines(context, "{\"x\":[[]]}").entries[0].tensor.shape() == Shape{1, 1, 0});
  CHECK(json_lines(context, "{\"x\":[[[[[[[1]]]]]]]}").entries[0].tensor.rank() == 8);
  CHECK(json_lines(context, "{\"x\":18446744073709551615}").entries[0].tensor.dtype() == DType::kF32);
  CHECK(json_lines(context, "{}\n{\"x\":1}").entries[0].tensor.shape() == Shape{2});
  const Bundle gaps = json_lines(context, "{\"a\": 1}\n{\"b\": true}");
  CHECK(values<int32_t>(column(gaps, "b")) == std::vector<int32_t>{-1, 0});
  CHECK(texts(gaps.find("b")->categories) == std::vector<std::string>{"true"});
}

TEST_CASE("CSV: an empty field in quotes is a missing number, and a text among texts", "[io][csv]") {
  Context context({});
  const Bundle t = csv(context, "a,b,c\n1,\"\",\"\"\n\"\",,x\n3,\"\",\"\"\n");
  CHECK(equal(values<float>(column(t, "a")), {1, NAN, 3}));
  CHECK(equal(values<float>(column(t, "b")), {NAN, NAN, NAN}));
  CHECK(values<int32_t>(column(t, "c")) == std::vector<int32_t>{0, 1, 0});
  CHECK(texts(t.find("c")->categories) == std::vector<std::string>{"", "x"});
}

TEST_CASE("JSON lines: numbers that JSON has not, as logs of metrics spell them", "[io][json]") {
  Context context({});
  const Bundle t =
      json_lines(context,
                 "{\"x\": 0.5, \"n\": \"NaN\", \"i\": 1, \"s\": \"NaN\", \"a\": [1, \"NaN\"]}\n"
                 "{\"x\": \"NaN\", \"n\": \"NaN\", \"i\": \"-Infinity\", \"s\": \"y\", \"a\": [2, 3]}\n"
                 "{\"x\": \"Infinity\", \"i\": 3, \"s\": \"NaN\", \"a\": [4, 5]}\n");
  const float inf = HUGE_VALF;
  CHECK(equal(values<float>(column(t, "x")), {0.5f, NAN, inf}));
  CHECK(equal(values<float>(column(t, "n")), {NAN, NAN, NAN}));
  CHECK(equal(values<float>(column(t, "i")), {1, -inf, 3}));
  CHECK(equal(values<float>(column(t, "a")), {1, NAN, 2, 3, 4, 5}));
  CHECK(values<int32_t>(column(t, "s")) == std::vector<int32_t>{0, 1, 0});
  for (const char* line : {"{\"a\": 1}\n{\"a\": \"nan\"}", "{\"a\": \"NaN\"}\n{\"a\": true}",
                           "{\"a\": true}\n{\"a\": \"Infinity\"}", "{\"a\": 1}\n{\"a\": \"+Infinity\"}"})
    no_table(line, Code::kCorruptData, "one kind", any_json);
}

TEST_CASE("JSON lines: what is no table is refused", "[io][json]") {
  no_table("", Code::kCorruptData, "at least one line", any_json);
  no_table("{}", Code::kCorruptData, "at least one line", any_json);
  no_table("{\"a\": 1}\n{\"a\": }\n", Code::kCorruptData, "at byte 15: the line is no JSON", any_json);
  no_table("[1, 2]", Code::kCorruptData, "must be an object", any_json);
  no_table("5", Code::kCorruptData, "must be an object", any_json);
  no_table("null", Code::kCorruptData, "must be an object", any_json);
  no_table("{\"a\": 1} {\"a\": 2}", Code::kCorruptData, "no JSON", any_json);
  no_table("{\"a\": {\"b\": 1}}", Code::kUnsupported, "flat object", any_json);
  no_table("{\"a\": 1, \"a\": 2}", Code::kCorruptData, "'a' twice", any_json);
  no_table("{\"a\": 1}\n{\"a\": \"x\"}", Code::kCorruptData, "one kind", any_json);
  no_table("{\"a\": true}\n{\"a\": 1.5}", Code::kCorruptData, "one kind", any_json);
  no_table("{\"a\": [1, 2]}\n{\"a\": [1]}", Code::kCorruptData, "one shape", any_json);
  no_table("{\"a\": [1]}\n{\"a\": 1}", Code::kCorruptData, "one shape", any_json);
  for (const char* ragged :
       {"[[1], 2]", "[1, [2]]", "[[1], [2, 3]]", "[[1], []]", "[[], [[]]]", "[[[1]], [2]]"})
    no_table(concat("{\"a\": ", ragged, "}"), Code::kCorruptData, "same shape", any_json);
  no_table("{\"a\": [[[[[[[[1]]]]]]]]}", Code::kUnsupported, "at most 7 deep", any_json);
  no_table("{\"a\": " + Bytes(1000000, '[') + "\n", Code::kUnsupported, "at most 7 deep", any_json);
  no_table(Bytes(1000000, '{'), Code::kCorruptData, "no JSON", any_json);
  no_table("{\"a\": \"\xff\"}", Code::kCorruptData, "no JSON", any_json);
  no_table("{\"a\": 1e999}", Code::kCorruptData, "a number must not be beyond f64: got '1e999'", any_json);
  no_table("{\"a\": 1e39}", Code::kCorruptData, "numbers (f32)", any_json);
  no_table("{\"a\": \"x\\u0000y\"}", Code::kCorruptData, "NUL", any_json);
  no_table("{\"a\\u0000\": 1}", Code::kCorruptData, "NUL", any_json);
  no_table("{\"a\": \"" + Bytes(9 << 20, 'x') + "\"}", Code::kUnsupported, "a line has at most", any_json);
  // A row with all the columns and a hundred thousand that lack them would take 13 GB.
  Bytes bomb = "{\"k0\": 1.5";
  for (int i = 1; i < 32768; i++) bomb += ",\"k" + std::to_string(i) + "\": 1.5";
  bomb += "}\n";
  for (int i = 0; i < 100000; i++) bomb += "{}\n";
  no_table(bomb, Code::kOutOfMemory, "'max_bytes'", any_json);
}

// The parser's own words are of its version, and of its code.
TEST_CASE("JSON lines: what is wrong is said in words of this library", "[io][json]") {
  Context context(small_context());
  for (const Bytes& line : {Bytes("{\"a\": }"),
                            Bytes("{\"a\": tru}"),
                            Bytes("{\"a\" 1}"),
                            Bytes("{a: 1}"),
                            Bytes("{\"a\": 1"),
                            Bytes("{\"a\": \"x"),
                            Bytes("{\"a\": 01}"),
                            Bytes("{\"a\": 1.}"),
                            Bytes("{\"a\": -}"),
                            Bytes("{\"a\": 1e999}"),
                            Bytes("{\"a\": \"\\q\"}"),
                            Bytes("{\"a\": \"\\ud800\"}"),
                            Bytes("{\"a\": \"\t\"}"),
                            Bytes("{\"a\": \"\xff\"}"),
                            Bytes("{\"a\": 1}}"),
                            Bytes("{\"a\": [1,]}"),
                            Bytes("{,}"),
                            Bytes("\xef\xbb"),
                            Bytes("{\"a\": \"" + Bytes(1000, 'y') + "\n"),
                            Bytes("x\0y", 3)}) {
    const Outcome out = outcome(context, line, any_json);
    INFO(out.message);
    CHECK(out.code == Code::kCorruptData);
    check_named(out);
    CHECK((out.message.find(": the line is no JSON") != Bytes::npos ||
           out.message.find("beyond f64") != Bytes::npos));
    for (const char* theirs :
         {"exception", "parse", "syntax", "literal", "last read", "expected", "lexer", "json.", "U+"})
      CHECK(out.message.find(theirs) == Bytes::npos);
    CHECK(out.message.size() < 250);
  }
}

TEST_CASE("CSV and JSON lines: prefixes and flipped bits", "[io][csv][json]") {
  const std::vector<Bytes> tables = {"a,b\n1,2\n3,4\n",
                                     "x\n0.5\n\n1e-3\n",
                                     "name,v\n\"a, b\",1\nc,\n\"d\"\"e\",3\n",
                                     "t,f\ntrue,inf\nfalse,nan\r\n",
                                     "\xEF\xBB\xBFk\nNA\n5\nword\n",
                                     "p,q,r,s,u\n1,2,3,4,5\n6,7,8,9,10"};
  uint32_t seed = 300;
  for (const Bytes& sample : tables) {
    try_every_prefix(sample, any_csv,
                     [](size_t n) { return n > 0; });  // there is no end that could be missing
    try_bit_flips(sample, any_csv, 2000, seed++);
  }
  const std::vector<Bytes> lines = {"{\"a\": 1}\n{\"a\": 2}\n",
                                    "{\"a\": [1, 2.5], \"b\": true}\n",
                                    "{\"text\": \"\\u00e9\\n\", \"n\": null}\n{\"text\": \"b\"}\n",
                                    "{\"a\": [[1, 2], [3, 4]]}\n{\"a\": [[5, 6], [7, 8]]}\n",
                                    "{\"x\": -0.0, \"y\": 1e-7}\n\n{\"y\": 2}\n",
                                    "{\"deep\": [[[[1]]]]}"};
  for (const Bytes& sample : lines) {
    // A prefix is a file of its own where it ends behind a line.
    try_every_prefix(sample, any_json, [&](size_t n) {
      return n > 0 && (sample[n - 1] == '}' || sample[n - 1] == '\n' || sample[n - 1] == '\r');
    });
    try_bit_flips(sample, any_json, 2000, seed++);
  }
}
