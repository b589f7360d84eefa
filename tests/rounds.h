// How often a random test draws: under a sanitizer, where a draw takes ten times as long, an eighth. Which values come out is
// for the Release build to see; a sanitizer looks at the paths, and few of the draws take all of them.
#pragma once

namespace tl::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int rounds(int all) { return (all + 7) / 8; }
// From one allocation that fails to the next, or from one limit of memory to the next, in units of those of the Release build.
constexpr int failures_apart = 3;
// From one bit to flip to the next: odd, so that all bits of a byte have their turn.
constexpr unsigned bits_apart = 5;
#else
constexpr int rounds(int all) { return all; }
constexpr int failures_apart = 1;
constexpr unsigned bits_apart = 1;
#endif

}  // namespace tl::test
