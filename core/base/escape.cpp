#include "core/base/escape.h"

#include <cmath>
#include <cstdio>

#include "core/base/error.h"
#include "core/base/utf8.h"

namespace tl {
namespace {

// f(character, its bytes, out) appends each character of a text.
template <class F>
std::string escaped(const std::string& text, F&& f) {
  std::string out;
  out.reserve(text.size() + 2);
  for (size_t at = 0; at < text.size();) {
    const size_t from = at;
    const uint32_t c = next_character(text, at);
    if (c == kNoCharacter)
      out += "\xEF\xBF\xBD";
    else
      f(c, text.substr(from, at - from), out);
  }
  return out;
}

}  // namespace

std::string json_text(const std::string& text) {
  return "\"" +
         escaped(text,
                 [](uint32_t c, const std::string& bytes, std::string& out) {
                   switch (c) {
                     case '"': out += "\\\""; return;
                     case '\\': out += "\\\\"; return;
                     case '\n': out += "\\n"; return;
                     case '\r': out += "\\r"; return;
                     case '\t': out += "\\t"; return;
                     default: break;
                   }
                   if (c >= 0x20) {
                     out += bytes;
                     return;
                   }
                   char code[16];
                   std::snprintf(code, sizeof code, "\\u%04x", c);
                   out += code;
                 }) +
         "\"";
}

std::string json_number(double value) {
  if (std::isnan(value)) return "\"NaN\"";
  if (std::isinf(value)) return value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  return text(value);
}

std::string xml_text(const std::string& text) {
  return escaped(text, [](uint32_t c, const std::string& bytes, std::string& out) {
    switch (c) {
      case '&': out += "&amp;"; return;
      case '<': out += "&lt;"; return;
      case '>': out += "&gt;"; return;
      case '"': out += "&quot;"; return;
      default: break;
    }
    const bool allowed = c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0xFFFE && c != 0xFFFF);
    out += allowed ? bytes : "\xEF\xBF\xBD";
  });
}

std::string dot_text(const std::string& text) {
  return "\"" +
         escaped(text,
                 [](uint32_t c, const std::string& bytes, std::string& out) {
                   if (c == '"')
                     out += "\\\"";
                   else if (c == '\\')
                     out += "\\\\";
                   else if (c == '\n')
                     out += "\\n";
                   else
                     out += c < 0x20 || c == 0x7F ? " " : bytes;
                 }) +
         "\"";
}

}  // namespace tl
