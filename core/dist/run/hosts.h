// Which ranks run on which machine.
#pragma once

#include <string>
#include <vector>

namespace tl::run {

struct Host {
  std::string name;  // as ssh takes it; "": this machine
  int slots = 1;
  int first_rank = 0, ranks = 0;  // in the beginning
};

// Lines "HOST", "HOST slots=4" or "HOST 4"; "#" begins a comment. Throws UsageError, with the number of the line.
std::vector<Host> read_hosts(const std::string& text, const std::string& file);
// Fills the hosts in order, and leaves out those that get none, but where they are spares. ranks 0: as many as there are slots. Throws
// UsageError.
std::vector<Host> place_ranks(std::vector<Host> hosts, int ranks, bool keep_spares);

// The address by which the others reach rank 0, in numbers where it can be found, and a port. They may stay empty and 0 in part:
// what is given is kept.
void choose_master(const std::vector<Host>& hosts, std::string& address, int& port);

// One word of a shell's command line.
std::string shell_word(const std::string& text);

}  // namespace tl::run
