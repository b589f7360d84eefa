#include "core/dist/local.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/base/clock.h"
#include "core/base/parts.h"
#include "core/dist/reduce.h"
#include "core/dist/results.h"

namespace tl::dist {

// Results of so few bytes each rank makes alone: to share the work costs another wait for all.
constexpr size_t kAlone = 16 * 1024;

class LocalEngine final : public Engine {
 public:
  LocalEngine(std::shared_ptr<LocalGroup> group, int rank)
      : group_(std::move(group)), place_{rank, group_->size(), rank, group_->size()} {}
  ~LocalEngine() override { end("it has left the group"); }

  const Place& place() const override { return place_; }
  void meet(const Call& call, Span<const std::byte* const> in, const Wait& wait) override;
  const Call& said_by(int rank) const override { return group_->members_[static_cast<size_t>(rank)].call; }
  void run(Span<std::byte* const> out) override;
  void abandon(Code code, std::string_view why) noexcept override;
  std::unique_ptr<Engine> split() override;
  void leave(Code code, std::string_view why) noexcept override;
  void end(std::string_view why) noexcept override { say_leaving(Code::kPeerLost, why, false); }
  uint64_t steps() const override { return steps_; }

 private:
  LocalGroup::Member& me() { return group_->members_[static_cast<size_t>(place_.rank)]; }
  std::vector<const std::byte*> from_all(size_t tensor, size_t byte_offset) const;
  void show(Span<std::byte* const> out);
  void say_leaving(Code code, std::string_view why, bool to_all) noexcept;
  void all_reduce(Span<std::byte* const> out);
  void finish();

  std::shared_ptr<LocalGroup> group_;
  Place place_;
  uint64_t steps_ = 0;
};

std::shared_ptr<LocalGroup> LocalGroup::make(int size) {
  if (size < 1 || size > kMostRanks)
    invalid("[local_group] the size must be 1 to ", kMostRanks, ": got ", size,
            "; say how many ranks there are");
  std::vector<int> ranks(static_cast<size_t>(size));
  std::iota(ranks.begin(), ranks.end(), 0);
  return std::shared_ptr<LocalGroup>(
      new LocalGroup(std::move(ranks), std::make_shared<Family>(), /*within=*/false));
}

void LocalGroup::fail(Code code, std::string text) noexcept {
  hear();
  if (failure_.code != Code::kOk) return;
  failure_ = {code, std::move(text)};
  changed_.notify_all();
}

// Those that wait in other groups of the family look every kPatience.
void LocalGroup::fail_all(Code code, std::string text) noexcept {
  hear();
  if (failure_.code != Code::kOk) return;
  {
    const std::lock_guard<std::mutex> lock(family_->mutex);
    if (!family_->failed) family_->failure = {code, std::move(text)};
    family_->failed = true;
  }
  hear();
}

void LocalGroup::hear() noexcept {
  if (failure_.code != Code::kOk || !family_->failed) return;
  const std::lock_guard<std::mutex> lock(family_->mutex);
  try {
    failure_.text = family_->failure.text;
  } catch (...) {  // without memory for the text
  }
  failure_.code = family_->failure.code;
  changed_.notify_all();
}

void LocalGroup::check_alive() {
  hear();
  if (failure_.code != Code::kOk) throw Error(failure_.code, failure_.text);
}

// "rank 1", "ranks 1, 3": those that have not come.
std::string LocalGroup::missing() const {
  std::vector<int> of_all, mine;
  for (size_t rank = 0; rank < members_.size(); rank++) {
    if (members_[rank].here) continue;
    of_all.push_back(of_all_[rank]);
    mine.push_back(static_cast<int>(rank));
  }
  return ranks_text(of_all, mine, within_);
}

// A member comes to a step, and waits until all have.
void LocalGroup::gather(int rank, std::unique_lock<std::mutex>& lock, const Wait& wait) {
  Member& mine = members_[static_cast<size_t>(rank)];
  const uint64_t before = gathered_;
  const char* const name = name_of(mine.call.operation);
  mine.here = true;
  if (++here_ == members_.size()) {
    std::vector<Call> calls;
    for (const Member& m : members_) calls.push_back(m.call);
    const std::string problem = disagreement(calls);
    for (Member& m : members_) m.here = false;
    here_ = 0;
    if (!problem.empty()) {
      fail(Code::kMismatch, concat("all ranks must make the same calls in the same order: at step ", before,
                                   " ", problem, "; the group has ended, make it anew"));
      check_alive();
    }
    gathered_++;
    inside_ = mine.call.operation == Operation::kBarrier || mine.call.operation == Operation::kJoin
                  ? 0
                  : members_.size();
    shown_ = 0;
    changed_.notify_all();
    return;
  }
  const double end = monotonic_seconds() + wait.seconds;
  while (gathered_ == before) {
    check_alive();
    if (wait.context && wait.context->cancelled()) {
      fail_all(Code::kPeerLost, concat("all ranks must take part: ", text_of(rank), " was cancelled at step ",
                                       before, " (", name, "); the group has ended, make it anew"));
      wait.context->check_cancelled(name);
    }
    const double left = end - monotonic_seconds();
    if (left <= 0) {
      fail_all(Code::kTimedOut,
               concat("all ranks must come within ", seconds_text(wait.seconds), " s: ", missing(),
                      " did not come to step ", before, " (", name,
                      "); is one slow, or did it end early? The group has ended, make it anew"));
      check_alive();
    }
    changed_.wait_for(
        lock, std::min(std::chrono::duration<double>(left), std::chrono::duration<double>(kPatience)));
  }
}

// The last one that is inside ends the step for all.
void LocalGroup::finish(std::unique_lock<std::mutex>& lock) {
  const uint64_t before = ended_;
  if (--inside_ == 0) {
    for (Member& m : members_) {
      m.in.clear();
      m.out.clear();
      m.child.reset();
    }
    ended_++;
    ended_well_ = failure_.code == Code::kOk;
    changed_.notify_all();
  } else {
    changed_.wait(lock, [&] { return ended_ != before; });
  }
  if (!ended_well_) check_alive();
}

// Until all that are inside a step have shown their results, or one has failed.
void LocalGroup::wait_for_all_inside(std::unique_lock<std::mutex>& lock) {
  if (++shown_ == members_.size()) changed_.notify_all();
  changed_.wait(lock, [&] { return shown_ == members_.size() || failure_.code != Code::kOk; });
}

std::unique_ptr<Engine> LocalGroup::join(int rank, const Wait& wait) {
  if (rank < 0 || rank >= size())
    invalid("[local_group] the rank must be 0 to ", size() - 1, ": got ", rank, "; there are ", size(),
            " ranks");
  std::unique_ptr<LocalEngine> engine;  // where what follows fails it leaves, behind the lock
  std::unique_lock<std::mutex> lock(mutex_);
  if (gathered_ > 0)  // those that have joined go on
    tl::fail(Code::kFailedPrecondition, "[local_group] ranks join once: got rank ", rank, " where all ",
             size(), " have joined already; make a rendezvous of its own for each group");
  check_alive();
  Member& mine = members_[static_cast<size_t>(rank)];
  if (mine.joined) {
    fail(Code::kMismatch, concat("each rank must join once: rank ", rank,
                                 " came twice at step 0 (join); the group has ended, make it anew"));
    check_alive();
  }
  engine = std::make_unique<LocalEngine>(shared_from_this(), rank);
  mine.joined = true;
  mine.call.operation = Operation::kJoin;
  gather(rank, lock, wait);
  return engine;
}

void LocalGroup::close() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (gathered_ > 0) return;
  std::string text;
  try {
    text = concat("all ranks must join: the rendezvous was released before ", missing(),
                  " had come; keep it until all have joined");
  } catch (...) {  // without memory for the text
  }
  fail(Code::kPeerLost, std::move(text));
}

void LocalGroup::give_up(std::string_view why) noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  std::string text;
  try {
    text = why;
  } catch (...) {  // without memory for the text
  }
  fail_all(Code::kPeerLost, std::move(text));
}

void LocalEngine::meet(const Call& call, Span<const std::byte* const> in, const Wait& wait) {
  Call copy = call;
  std::vector<const std::byte*> data(in.begin(), in.end());
  std::unique_lock<std::mutex> lock(group_->mutex_);
  group_->check_alive();
  me().call = std::move(copy);
  me().in = std::move(data);
  try {
    group_->gather(place_.rank, lock, wait);
  } catch (const Error&) {
    throw;  // the group knows of it
  } catch (...) {
    group_->fail_all(Code::kPeerLost, std::string());
    throw;
  }
  if (call.operation == Operation::kBarrier) steps_++;
}

std::vector<const std::byte*> LocalEngine::from_all(size_t tensor, size_t byte_offset) const {
  std::vector<const std::byte*> out;
  for (const LocalGroup::Member& m : group_->members_) out.push_back(m.in[tensor] + byte_offset);
  return out;
}

// What the members hold changes under the mutex only, and not while anybody is inside the step: reading it there needs no lock.
void LocalEngine::run(Span<std::byte* const> out) {
  try {
    size_t bytes = 0;
    for (const TensorKind& t : me().call.tensors) bytes += t.bytes();
    if (me().call.operation == Operation::kAllReduce && bytes > kAlone) {
      all_reduce(out);
    } else {
      std::vector<Contribution> all;
      for (const LocalGroup::Member& m : group_->members_) all.push_back({&m.call, m.in.data()});
      make_results(place_.rank, all, out);
    }
  } catch (const Error& e) {
    abandon(e.code(), e.message());
    throw;
  } catch (...) {
    abandon(Code::kOutOfMemory, "it has no memory");
    throw;
  }
  finish();
}

void LocalEngine::finish() {
  std::unique_lock<std::mutex> lock(group_->mutex_);
  group_->finish(lock);
  steps_++;
}

void LocalEngine::show(Span<std::byte* const> out) {
  std::vector<std::byte*> copy(out.begin(), out.end());
  std::unique_lock<std::mutex> lock(group_->mutex_);
  me().out = std::move(copy);
  group_->wait_for_all_inside(lock);
  group_->check_alive();
}

// Each rank reduces its part of each tensor, from everybody's, and copies the parts of the others.
void LocalEngine::all_reduce(Span<std::byte* const> out) {
  const Call& call = me().call;
  for (size_t k = 0; k < call.tensors.size(); k++) {
    const TensorKind& t = call.tensors[k];
    const Part part = part_of(t.shape.elements(), place_.rank, place_.size);
    const size_t offset = static_cast<size_t>(part.first) * t.element_bytes();
    reduce(t, call.reduction, from_all(k, offset), out[k] + offset, static_cast<size_t>(part.count));
  }
  show(out);
  for (int other = 0; other < place_.size; other++) {
    if (other == place_.rank) continue;
    for (size_t k = 0; k < call.tensors.size(); k++) {
      const TensorKind& t = call.tensors[k];
      const Part part = part_of(t.shape.elements(), other, place_.size);
      const size_t offset = static_cast<size_t>(part.first) * t.element_bytes();
      if (part.count)
        std::memcpy(out[k] + offset, group_->members_[static_cast<size_t>(other)].out[k] + offset,
                    static_cast<size_t>(part.count) * t.element_bytes());
    }
  }
}

// Whatever happens here, the others are not left waiting.
void LocalEngine::abandon(Code code, std::string_view why) noexcept {
  std::unique_lock<std::mutex> lock(group_->mutex_);
  std::string text;
  try {
    text = concat("all ranks must take part: ", group_->text_of(place_.rank), " failed at step ",
                  group_->gathered_ - 1, " (", name_of(me().call.operation), "): ", why,
                  "; the group has ended, make it anew");
  } catch (...) {  // without memory for the text
  }
  group_->fail_all(code == Code::kMismatch || code == Code::kTimedOut ? code : Code::kPeerLost,
                   std::move(text));
  try {
    group_->finish(lock);
  } catch (...) {  // the failure itself, which the caller knows
  }
}

std::unique_ptr<Engine> LocalEngine::split() {
  std::vector<std::pair<int64_t, size_t>> members;  // of this color, by key, then by rank
  const int64_t color = me().call.color;
  std::unique_ptr<Engine> out;
  try {
    for (size_t rank = 0; rank < group_->members_.size(); rank++)
      if (color >= 0 && group_->members_[rank].call.color == color)
        members.emplace_back(group_->members_[rank].call.key, rank);
    std::sort(members.begin(), members.end());
    const auto mine = static_cast<size_t>(place_.rank);
    if (!members.empty() && members[0].second == mine) {
      std::vector<int> of_all;
      of_all.reserve(members.size());
      for (const auto& [key, rank] : members) of_all.push_back(group_->of_all_[rank]);
      auto child =
          std::shared_ptr<LocalGroup>(new LocalGroup(std::move(of_all), group_->family_, /*within=*/true));
      for (LocalGroup::Member& m : child->members_) m.joined = true;
      child->gathered_ = 1;
      std::lock_guard<std::mutex> lock(group_->mutex_);
      me().child = std::move(child);
    }
    show({});
    if (!members.empty()) {
      const auto rank =
          std::find_if(members.begin(), members.end(), [&](auto& m) { return m.second == mine; });
      out = std::make_unique<LocalEngine>(group_->members_[members[0].second].child,
                                          static_cast<int>(rank - members.begin()));
    }
  } catch (const Error& e) {
    abandon(e.code(), e.message());
    throw;
  } catch (...) {
    abandon(Code::kOutOfMemory, "it has no memory");
    throw;
  }
  finish();
  return out;
}

void LocalEngine::say_leaving(Code code, std::string_view why, bool to_all) noexcept {
  std::lock_guard<std::mutex> lock(group_->mutex_);
  std::string text;
  try {
    text = code == Code::kMismatch
               ? std::string(why)  // which all ranks have in common
               : concat("all ranks must take part: ", group_->text_of(place_.rank), " was lost before step ",
                        group_->gathered_, ": ", why, "; the group has ended, make it anew");
  } catch (...) {  // without memory for the text
  }
  if (to_all)
    group_->fail_all(code, std::move(text));
  else
    group_->fail(code, std::move(text));
}

// Of a group within a group the others go on.
void LocalEngine::leave(Code code, std::string_view why) noexcept {
  say_leaving(code, why, !group_->within_);
}

}  // namespace tl::dist
