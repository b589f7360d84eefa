#include "core/dist/run/lines.h"

#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace tl::run {
namespace {

constexpr size_t kLongest = 64 * 1024;  // a line that is longer is cut

// "[1,2]<stdout>:text", as Open MPI has it, to "[2] text".
std::string plain(std::string_view line) {
  const size_t comma = line.find(','), open = line.find("]<std");
  if (line.empty() || line[0] != '[' || comma == std::string_view::npos || open == std::string_view::npos ||
      open < comma)
    return std::string(line);
  const size_t colon = line.find(">:", open);
  if (colon == std::string_view::npos) return std::string(line);
  std::string out = "[";
  out += line.substr(comma + 1, open - comma - 1);
  out += "] ";
  out += line.substr(colon + 2);
  return out;
}

}  // namespace

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// A carriage return ends a line too, so that a progress bar is seen while it moves; one in front of an end of line belongs to it.
void Lines::print(const std::string& who, bool is_error, std::string_view bytes) {
  std::string& begun = begun_[{who, is_error}];
  begun.append(bytes);
  size_t from = 0;
  for (size_t i = 0; i < begun.size(); i++) {
    const bool returns = begun[i] == '\r' && i + 1 < begun.size() && begun[i + 1] != '\n';
    if (begun[i] != '\n' && !returns && i - from < kLongest) continue;
    line(who, is_error, std::string_view(begun).substr(from, i + 1 - from));
    from = i + 1;
  }
  begun.erase(0, from);
}

void Lines::end(const std::string& who) {
  for (bool is_error : {false, true}) {
    std::string& begun = begun_[{who, is_error}];
    if (!begun.empty()) line(who, is_error, begun);
    begun.clear();
  }
}

void Lines::line(const std::string& who, bool is_error, std::string_view line) {
  std::string out = prefixed_ ? plain(line) : "[" + who + "] ";
  if (!prefixed_) out += line;
  if (out.back() != '\n' && out.back() != '\r') out += '\n';
  if (!write_all(is_error ? 2 : 1, out)) broken_ = true;
}

}  // namespace tl::run
