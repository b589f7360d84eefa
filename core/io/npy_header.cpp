#include "core/io/npy_header.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tl::io {
namespace {

// Walks over the literal. Only what such headers consist of is known: texts in quotes, True and False, tuples of whole numbers.
class Literal {
 public:
  explicit Literal(std::string_view text) : text_(text) {}

  NpyProblem parse(NpyHeader* header) {
    bool seen[3] = {};
    expect('{');
    while (!failed() && peek() != '}') {
      const size_t start = at_;
      const std::string_view key = quoted();
      expect(':');
      if (failed()) break;
      const int which = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : -1;
      if (which < 0 || seen[which]) {
        refuse(Code::kCorruptData, start,
               "the keys 'descr', 'fortran_order' and 'shape' are expected, once each");
        break;
      }
      seen[which] = true;
      if (which == 0) descr(header);
      if (which == 1) header->fortran_order = truth();
      if (which == 2) header->shape = shape();
      if (!failed() && peek() != '}') expect(',');
    }
    expect('}');
    skip_space();
    if (!failed() && at_ != text_.size())
      refuse(Code::kCorruptData, at_, "nothing but spaces may follow the dictionary");
    if (!failed() && !(seen[0] && seen[1] && seen[2]))
      refuse(Code::kCorruptData, at_,
             "the keys 'descr', 'fortran_order' and 'shape' are expected, once each");
    return std::move(problem_);
  }

 private:
  bool failed() const { return problem_.code != Code::kOk; }
  void refuse(Code code, size_t at, std::string what) {
    if (!failed()) problem_ = {code, at, std::move(what)};
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) at_++;
  }
  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (failed() || peek() != c) return false;
    at_++;
    return true;
  }
  void expect(char c) {
    if (!take(c))
      refuse(Code::kCorruptData, at_, concat("'", std::string(1, c), "' is expected in the header"));
  }

  std::string_view quoted() {
    const char quote = peek();
    if (failed() || (quote != '\'' && quote != '"')) {
      refuse(Code::kCorruptData, at_, "a text in quotes is expected in the header");
      return {};
    }
    const size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\\') at_++;
    if (at_ == text_.size() || text_[at_] == '\\') {
      refuse(Code::kCorruptData, at_,
             "a text without escapes and with its closing quote is expected in the header");
      return {};
    }
    return text_.substr(begin, at_++ - begin);
  }

  bool truth() {
    skip_space();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}})
      if (text_.substr(at_, word.size()) == word) return at_ += word.size(), value;
    refuse(Code::kCorruptData, at_, "'fortran_order' must be True or False");
    return false;
  }

  Shape shape() {
    Shape out;
    expect('(');
    while (!failed() && peek() != ')') {
      int64_t size = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), size);
      if (error != std::errc() || size < 0) {
        refuse(Code::kCorruptData, at_, "'shape' must be a tuple of sizes that fit 64 bits");
        break;
      }
      if (out.rank() == kMaxRank) {
        refuse(Code::kUnsupported, at_,
               concat("a tensor has at most ", kMaxRank, " axes, and the array has more"));
        break;
      }
      out.push_back(size);
      at_ = static_cast<size_t>(end - text_.data());
      if (at_ < text_.size() && text_[at_] == 'L') at_++;  // a long of Python 2
      if (!take(',') && (out.rank() == 1 || peek() != ')'))
        refuse(Code::kCorruptData, at_, "'shape' must be a tuple, in which commas stand between sizes");
    }
    expect(')');
    return out;
  }

  void descr(NpyHeader* header) {
    const size_t start = (skip_space(), at_);
    if (peek() == '[' || peek() == '(')
      return refuse(Code::kUnsupported, start, "arrays of records are not read; save each field for itself");
    const std::string_view type = quoted();
    if (failed()) return;
    struct Known {
      std::string_view name;
      Raw raw;
    };
    constexpr Known kKnown[] = {{"f4", Raw::kF32}, {"f8", Raw::kF64},  {"i4", Raw::kI32}, {"i8", Raw::kI64},
                                {"u1", Raw::kU8},  {"b1", Raw::kBool}, {"i1", Raw::kI8},  {"i2", Raw::kI16},
                                {"u2", Raw::kU16}, {"u4", Raw::kU32},  {"u8", Raw::kU64}, {"f2", Raw::kF16}};
    const char order = type.empty() ? '\0' : type[0];
    const bool ordered = order == '<' || order == '>' || order == '=' || order == '|';
    if (type == "O" || type == "|O" || (ordered && type.substr(1, 1) == "O"))
      return refuse(
          Code::kUnsupported, start,
          "an array of Python objects is a pickle, which may run any program when it is read, and is "
          "refused; save it with allow_pickle=False");
    const auto* known = std::find_if(std::begin(kKnown), std::end(kKnown),
                                     [&](const Known& k) { return ordered && type.substr(1) == k.name; });
    if (known == std::end(kKnown) || (order == '|' && bytes_of(known->raw) > 1))
      return refuse(
          Code::kUnsupported, start,
          concat("the dtype must be one of b1, u1, i1, u2, i2, u4, i4, u8, i8, f2, f4, f8: got '",
                 std::string(type.substr(0, 32)), "'; convert the array with astype before it is saved"));
    header->raw = known->raw;
    header->swap = order == (host_is_big_endian() ? '<' : '>');
  }

  std::string_view text_;
  size_t at_ = 0;
  NpyProblem problem_;
};

}  // namespace

NpyProblem parse_npy_header(std::string_view text, NpyHeader* header) { return Literal(text).parse(header); }

std::string format_npy_header(DType dtype, const Shape& shape) {
  const char* name = "";
  switch (dtype) {
    case DType::kF32: name = "f4"; break;
    case DType::kF64: name = "f8"; break;
    case DType::kI32: name = "i4"; break;
    case DType::kI64: name = "i8"; break;
    case DType::kU8: name = "u1"; break;
    case DType::kBool: name = "b1"; break;
  }
  const char* order = size_of(dtype) == 1 ? "|" : host_is_big_endian() ? ">" : "<";
  std::string sizes;
  for (int i = 0; i < shape.rank(); i++) sizes += concat(i ? ", " : "", shape[i]);
  if (shape.rank() == 1) sizes += ",";
  return concat("{'descr': '", order, name, "', 'fortran_order': False, 'shape': (", sizes, "), }");
}

}  // namespace tl::io
