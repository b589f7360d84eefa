// What ranks print, by lines, with the number of the rank in front.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace tl::run {

class Lines {
 public:
  // prefixed: the lines come from a launcher that has put the rank in front (mpirun), "[2] " or "[1,2]<stdout>:".
  explicit Lines(bool prefixed) : prefixed_(prefixed) {}
  void print(const std::string& who, bool is_error, std::string_view bytes);
  // What has no end of line yet.
  void end(const std::string& who);
  bool broken() const { return broken_; }  // nobody reads what is printed

 private:
  void line(const std::string& who, bool is_error, std::string_view line);

  bool prefixed_, broken_ = false;
  std::map<std::pair<std::string, bool>, std::string> begun_;
};

// Writes all of it; false where nobody reads.
bool write_all(int fd, std::string_view bytes);

}  // namespace tl::run
