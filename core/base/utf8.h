// UTF-8 a character at a time, for who must know where one ends or whether a text is UTF-8 at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tl {

inline constexpr uint32_t kNoCharacter = 0xFFFFFFFF;

// The character at text[at], and `at` behind it. kNoCharacter, and `at` one byte on, where there is none: a byte that begins no
// character, one that is cut off, a form that is longer than it need be, a surrogate, a number above 0x10FFFF.
inline uint32_t next_character(const std::string& text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const uint32_t first = byte(at++);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC2 ? 1 : 0;
  if (more == 0 || first > 0xF4 || text.size() - at < static_cast<size_t>(more)) return kNoCharacter;
  uint32_t c = first & (0x3Fu >> more);
  for (int i = 0; i < more; i++) {
    const uint32_t next = byte(at + static_cast<size_t>(i));
    if ((next & 0xC0) != 0x80) return kNoCharacter;
    c = c << 6 | (next & 0x3F);
  }
  constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  if (c < kLeast[more] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return kNoCharacter;
  at += static_cast<size_t>(more);
  return c;
}

}  // namespace tl
