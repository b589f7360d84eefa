// Ranks that are threads of a test and meet as processes do: a transport that copies from one's memory to another's, behind the table that
// plugins have, and a control channel that they share. Connections can be cut.
#pragma once

#include <functional>
#include <memory>

#include "core/dist/process_engine.h"
#include "tests/dist/ranks.h"

namespace tl::test {

class MemoryHub;

// While one lives on a thread, what that allocates belongs to the hub, which is no part of what is tested.
class OfTheHub {
 public:
  OfTheHub() { depth()++; }
  ~OfTheHub() { depth()--; }
  OfTheHub(const OfTheHub&) = delete;
  OfTheHub& operator=(const OfTheHub&) = delete;
  static int& depth() {
    static thread_local int count = 0;
    return count;
  }
};

// What joins `size` ranks; each asks for its own once.
class MemoryProcesses {
 public:
  explicit MemoryProcesses(int size);
  dist::Transport transport(int rank);
  std::unique_ptr<dist::ControlChannel> control(int rank);
  // The rank is gone without a word: its transfers end, and some moment after the others hear of it by the control channel.
  void kill(int rank);
  // Transfers that have been started and not finished, of all ranks.
  int unfinished() const;
  // Bytes that have gone from rank to rank.
  size_t sent() const;

 private:
  std::shared_ptr<MemoryHub> hub_;
};

// As run_ranks() does, with the engines that `join` makes, each on the thread of its rank.
using Join = std::function<std::unique_ptr<dist::Engine>(int rank, Context& context)>;
std::vector<Outcome> run_processes(int size, const Join& join, const RankBody& body, double timeout = 20);
// By make_process_engine() in memory.
std::vector<Outcome> run_processes(int size, const RankBody& body, double timeout = 20);
std::vector<Outcome> run_processes(MemoryProcesses& processes, int size, const RankBody& body,
                                   double timeout = 20);

}  // namespace tl::test
