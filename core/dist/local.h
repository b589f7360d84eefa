// LocalGroup: ranks that are threads of one process, each with its own context. They read one another's tensors where they lie, so
// nothing is copied but what each rank must have itself.
//
// All that they share is here, behind one mutex. It starts no thread, and knows no process and no network.
//
// A failure in the midst of a call, of the group or of one within it, ends all groups of these ranks, as it does those of processes; one that
// has left, or a disagreement, only the group of which it is.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/dist/engine.h"

namespace tl::dist {

class LocalGroup : public std::enable_shared_from_this<LocalGroup> {
 public:
  // Throws kInvalidArgument unless 1 <= size <= kMostRanks.
  static constexpr int kMostRanks = 1024;
  static std::shared_ptr<LocalGroup> make(int size);

  // The engine of a rank; waits until all ranks have joined. kInvalidArgument: no such rank. On all ranks alike: kMismatch, where
  // two join as one; kTimedOut, which lists those that are missing. kFailedPrecondition where all have joined before.
  std::unique_ptr<Engine> join(int rank, const Wait& wait);
  // Ends it for all: who started the ranks cannot start them all.
  void give_up(std::string_view why) noexcept;
  // Nobody can join any more: those that wait for others to join are told. Nothing where all have joined.
  void close() noexcept;
  int size() const { return static_cast<int>(members_.size()); }

 private:
  friend class LocalEngine;

  // What a rank shows to the others.
  struct Member {
    bool joined = false, here = false;  // here: it has come to the step that is gathering
    Call call;
    std::vector<const std::byte*> in;
    std::vector<std::byte*> out;
    std::shared_ptr<LocalGroup> child;  // of a split, made by the first rank of each
  };
  struct Failure {
    Code code = Code::kOk;
    std::string text;
  };
  // What a group and all within it have in common. Its mutex is taken behind that of a group.
  struct Family {
    std::mutex mutex;
    std::atomic<bool> failed{false};
    Failure failure;
  };

  // of_all: the numbers of its ranks in the group that all have joined.
  LocalGroup(std::vector<int> of_all, std::shared_ptr<Family> family, bool within)
      : of_all_(std::move(of_all)), family_(std::move(family)), within_(within), members_(of_all_.size()) {}
  // The functions from here on are called under the mutex.
  void gather(int rank, std::unique_lock<std::mutex>& lock, const Wait& wait);
  void fail(Code code, std::string text) noexcept;
  void fail_all(Code code, std::string text) noexcept;  // the family
  void hear() noexcept;                                 // of a failure of the family
  void check_alive();
  std::string text_of(int rank) const {
    return ranks_text({of_all_[static_cast<size_t>(rank)]}, {rank}, within_);
  }
  void wait_for_all_inside(std::unique_lock<std::mutex>& lock);
  std::string missing() const;
  void finish(std::unique_lock<std::mutex>& lock);

  const std::vector<int> of_all_;
  const std::shared_ptr<Family> family_;
  const bool within_;  // another group

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Member> members_;
  size_t here_ = 0;        // of the members
  uint64_t gathered_ = 0;  // how often all have come; joining is the first time
  // Of the step that all have come to: how many are in it, and how many of them have shown where their results lie.
  size_t inside_ = 0, shown_ = 0;
  uint64_t ended_ = 0;      // steps that nobody is inside any more
  bool ended_well_ = true;  // the last of them
  Failure failure_;
};

}  // namespace tl::dist
