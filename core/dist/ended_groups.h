// EndedGroups: what groups within a group leave behind in a process when they end: messages that they expect, and the memory that these come
// into. A transport takes no expectation back (transport.h). So a rank that ends its part of a group sends what the others still expect of
// it there; each says at the next split of a group around it that it has done so; and when all have, everything has come, and is given back.
//
// A group that fails, or whose ranks do not all end it, keeps its memory until the transport is closed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "core/dist/process_link.h"

namespace tl::dist {

class EndedGroups {
 public:
  // Of one group and this rank: transfers that have not been finished, and what they read and write.
  struct Rest {
    std::shared_ptr<void> memory;
    ProcessLink::Transfers transfers;
  };

  explicit EndedGroups(std::shared_ptr<ProcessLink> link) : link_(std::move(link)) {}
  ~EndedGroups();  // what is left stays with the link
  EndedGroups(const EndedGroups&) = delete;
  EndedGroups& operator=(const EndedGroups&) = delete;

  // This rank is one of a group's: channel as in process_engine.cpp, ranks of the link.
  void made(uint64_t channel, std::vector<int> ranks);
  // It has ended its part, and sent what others expect of it.
  void ended(uint64_t channel, std::vector<Rest>&& rest) noexcept;

  // What this rank has to say of that at a split of a group of `ranks`, which hear it: the channels of groups among them.
  std::vector<int64_t> to_say(const std::vector<int>& ranks) const;
  // `rank` of the link has said so, this one too.
  void said(int64_t channel, int rank);
  // What groups that all of their ranks have ended have left here: its transfers have come, or are about to.
  std::vector<Rest> take_whole();

 private:
  struct Group {
    std::vector<int> waiting;  // ranks that have not said that they have ended it
    std::vector<int> ranks;
    bool ended = false, said = false;  // here
    std::vector<Rest> rest;
  };

  const std::shared_ptr<ProcessLink> link_;
  std::map<uint64_t, Group> groups_;
};

}  // namespace tl::dist
