// The command line of tapeloop-run.
#pragma once

#include <string>
#include <vector>

namespace tl::run {

constexpr int kMostRanks = 1024;  // as many as the library joins

struct Options {
  int ranks = 0;  // 0: one for each slot of the hosts
  std::string backend, hosts_file, ssh = "ssh", mpirun = "mpirun", master_host;
  int master_port = 0;  // 0: chosen
  int restarts = 0, replacements = 0;
  double grace_seconds = 30;
  std::vector<std::string> exported;  // NAME or NAME=VALUE, for ranks on other hosts too
  std::vector<std::string> command;   // the program and its arguments
  bool help = false, version = false, agent = false;
};

// What is wrong with a command line or a list of hosts, and a hint.
struct UsageError {
  std::string text;
};

Options parse(int count, char** arguments);  // throws UsageError
const char* help_text();

}  // namespace tl::run
