#include "core/dist/process_engine.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/base/clock.h"
#include "core/dist/direct_collectives.h"
#include "core/dist/ended_groups.h"
#include "core/dist/results.h"
#include "core/tensor/context.h"

namespace tl::dist {
namespace {

// Bytes of the first message, for so many ranks: small tensors travel in it, as they do not where each rank sends them to many.
size_t message_capacity(size_t ranks) {
  return std::min<size_t>(16 * 1024, std::max<size_t>(4 * 1024, 64 * 1024 / ranks));
}
constexpr size_t kMostDescription = 64 * 1024 * 1024;  // bytes of a call
// How long the control channel has to say who is lost, where a connection has only ended: it knows better.
constexpr double kGrace = 0.1;

[[noreturn]] void too_long(uint64_t bytes) {
  fail(Code::kUnsupported, "a call must be described in ", kMostDescription, " bytes: got ", bytes,
       "; pass fewer tensors at a time");
}

bool has_results(Operation operation) {
  return operation != Operation::kBarrier && operation != Operation::kJoin && operation != Operation::kSplit;
}

}  // namespace

class ProcessEngine final : public Engine {
 public:
  // ranks: of the link's, in the order of this group. channel: a number that no other group of these ranks has.
  ProcessEngine(std::shared_ptr<ProcessLink> link, std::shared_ptr<EndedGroups> ended, std::vector<int> ranks,
                int mine, uint64_t channel);
  ~ProcessEngine() override;

  const Place& place() const override { return place_; }
  void meet(const Call& call, Span<const std::byte* const> in, const Wait& wait) override;
  const Call& said_by(int rank) const override {
    const Peer& peer = peers_[static_cast<size_t>(rank)];
    return peer.differs ? peer.call : mine_;
  }
  void run(Span<std::byte* const> out) override;
  void abandon(Code code, std::string_view why) noexcept override;
  std::unique_ptr<Engine> split() override;
  void leave(Code code, std::string_view why) noexcept override;
  void end(std::string_view why) noexcept override;
  uint64_t generation() const override { return link_->control().generation(); }
  uint64_t steps() const override { return steps_; }

 private:
  // Two messages of each rank may come: those of this step and the next.
  struct Inbox {
    explicit Inbox(size_t capacity) : message(capacity) {}
    StepMessage message;
    ProcessLink::Transfers arriving;
    bool came = false;
    // Of a transport that is of no use any more.
    bool has_come() { return came || (came = arriving.has_come()); }
  };
  struct Peer {
    std::shared_ptr<Inbox> inbox[2];
    bool differs = false;  // its call from mine
    Call call;
    std::vector<const std::byte*> in;  // its tensors, where they came with the message
  };

  void expect(size_t rank, size_t slot);
  void gather(Span<const std::byte* const> in);
  void read_messages(Span<const std::byte* const> in);
  void exchange_descriptions();
  void finish();
  bool left_by_somebody();
  std::string missing();
  [[noreturn]] void lost(const TransferFailed& failed);
  template <class F>
  auto in_step(F&& f) -> decltype(f());
  void check_alive();
  void fail_with(Code code, std::string text, int rank) noexcept;
  bool say_leaving(Code code, std::string_view why) noexcept;
  bool send_rest(std::vector<EndedGroups::Rest>& rest) noexcept;
  // How a failure names ranks, by their numbers here.
  std::string text_of(const std::vector<int>& ranks) const {
    std::vector<int> of_all;
    of_all.reserve(ranks.size());
    for (const int rank : ranks) of_all.push_back(collectives_.link_rank(static_cast<size_t>(rank)));
    return ranks_text(of_all, ranks, channel_ != 0);
  }
  std::string my_text() const { return text_of({place_.rank}); }
  std::string step_text() const { return concat("step ", step_, " (", name_of(mine_.operation), ")"); }
  size_t slot() const { return step_ % 2; }

  std::shared_ptr<ProcessLink> link_;
  std::shared_ptr<EndedGroups> ended_;  // of all groups of the link
  DirectCollectives collectives_;
  Place place_;
  std::vector<Peer> peers_;
  std::shared_ptr<StepMessage> outbox_, last_;  // last_: that this rank leaves
  ProcessLink::Transfers sending_, leaving_;
  Call mine_;
  Wait wait_{0, nullptr};
  double deadline_ = 0;
  uint64_t step_ = 1;  // joining was step 0
  uint64_t said_ = 0;  // up to which step the others have a message of this rank
  uint64_t steps_ = 0;
  const uint64_t channel_;
  Code failure_ = Code::kOk;
  std::string failure_text_;
};

ProcessEngine::ProcessEngine(std::shared_ptr<ProcessLink> link, std::shared_ptr<EndedGroups> ended,
                             std::vector<int> ranks, int mine, uint64_t channel)
    : link_(std::move(link)),
      ended_(std::move(ended)),
      collectives_(*link_, std::move(ranks), mine, channel),
      peers_(collectives_.size()),
      outbox_(std::make_shared<StepMessage>(message_capacity(collectives_.size()))),
      channel_(channel) {
  link_->next_channel = std::max(link_->next_channel, channel + 1);
  const Place& all = link_->place();
  place_ = {mine, static_cast<int>(collectives_.size()), all.local_rank, all.local_size};
  // What the launcher has said counts for the group of all; else which of these ranks are on this one's machine.
  const std::vector<int32_t>& machines = link_->control().machines();
  if (!machines.empty() && (channel != 0 || all.local_size == 0)) {
    const auto machine = [&](int rank) {
      return machines[static_cast<size_t>(collectives_.link_rank(static_cast<size_t>(rank)))];
    };
    place_.local_rank = place_.local_size = 0;
    for (int rank = 0; rank < place_.size; rank++)
      if (machine(rank) == machine(mine)) {
        place_.local_size++;
        if (rank < mine) place_.local_rank++;
      }
  }
  for (size_t rank = 0; rank < peers_.size(); rank++)
    for (size_t slot = 0; slot < 2 && static_cast<int>(rank) != mine; slot++) {
      peers_[rank].inbox[slot] = std::make_shared<Inbox>(outbox_->capacity());
    }
  // The message of step k lies in slot k % 2: that of step 1 is expected first.
  for (size_t slot : {1, 0})
    for (size_t rank = 0; rank < peers_.size(); rank++) expect(rank, slot);
}

// What has been expected is of no interest any more. The memory of the group of all stays until the transport is closed, that of a group
// within it until all of its ranks have ended it.
ProcessEngine::~ProcessEngine() {
  end("it has left the group");
  std::vector<EndedGroups::Rest> rest;
  const bool whole = channel_ != 0 && send_rest(rest);
  const auto leave_behind = [&](ProcessLink::Transfers&& transfers, std::shared_ptr<void> memory) {
    if (whole)
      rest.push_back({std::move(memory), std::move(transfers)});  // there is room
    else
      link_->park(std::move(transfers), std::move(memory));
  };
  if (!whole)
    for (EndedGroups::Rest& one : rest) link_->park(std::move(one.transfers), std::move(one.memory));
  leave_behind(std::move(sending_), outbox_);
  leave_behind(std::move(leaving_), last_);
  for (Peer& peer : peers_)
    for (std::shared_ptr<Inbox>& inbox : peer.inbox)
      if (inbox) leave_behind(std::move(inbox->arriving), inbox);
  if (whole) ended_->ended(channel_, std::move(rest));
}

// The others expect messages of the step that they are at, and of the next: empty ones come where this rank has sent none. False where they do
// not.
bool ProcessEngine::send_rest(std::vector<EndedGroups::Rest>& rest) noexcept {
  constexpr size_t kSmall = 256;
  constexpr const char* kEnded = "all ranks must take part: one has ended the group; make it anew";
  if (link_->failed() || link_->forked()) return false;
  try {
    rest.reserve(2 * peers_.size() + 4);
    while (said_ < step_ + 1) {
      auto message = std::make_shared<StepMessage>(kSmall);
      const size_t bytes = message->write_leaving(Code::kPeerLost, kEnded, said_ + 1);
      rest.push_back({message, collectives_.send_to_all(DirectCollectives::kStep, message->data(), bytes)});
      said_++;
    }
    return true;
  } catch (const TransferFailed&) {
  } catch (const std::exception&) {  // without memory for it
  }
  return false;
}

void ProcessEngine::expect(size_t rank, size_t slot) {
  if (static_cast<int>(rank) == place_.rank) return;
  Inbox& inbox = *peers_[rank].inbox[slot];
  inbox.came = false;
  const tl_transport_transfer message =
      collectives_.received(rank, DirectCollectives::kStep, inbox.message.data(), inbox.message.capacity());
  inbox.arriving = collectives_.start(Span<const tl_transport_transfer>(&message, 1));
}

void ProcessEngine::check_alive() {
  if (failure_ == Code::kOk && link_->failed()) {
    const std::optional<Failure> found = link_->verdict(kGrace);
    failure_ = found ? found->code : Code::kPeerLost;
    failure_text_ =
        found ? found->text : "all ranks must take part: one was lost; the group has ended, make it anew";
  }
  if (failure_ != Code::kOk) throw Error(failure_, failure_text_);
  if (link_->forked())
    fail(Code::kFailedPrecondition,
         "a group belongs to the process that has made it: got a call in one that was forked off; make the "
         "group behind fork()");
}

// The failure of the group, and of this rank's next calls; all are told.
void ProcessEngine::fail_with(Code code, std::string text, int rank) noexcept {
  Failure found = link_->fail({code, std::move(text), rank});
  failure_ = found.code;
  failure_text_ = std::move(found.text);
}

// Ranks that have not come to this step.
std::string ProcessEngine::missing() {
  std::vector<int> out;
  for (size_t rank = 0; rank < peers_.size(); rank++)
    if (static_cast<int>(rank) != place_.rank && !peers_[rank].inbox[slot()]->has_come())
      out.push_back(static_cast<int>(rank));
  return text_of(out);
}

// Whether a rank has said that it leaves: a better reason than the end of a connection.
bool ProcessEngine::left_by_somebody() {
  for (Peer& peer : peers_) {
    if (!peer.inbox[slot()]) continue;
    Inbox& inbox = *peer.inbox[slot()];
    if (!inbox.has_come()) continue;
    const StepHead& head = inbox.message.head();
    if (head.magic != StepHead::kMagic || head.kind != StepHead::kLeaves || head.step != step_) continue;
    (void)inbox.message.checked_head();
    failure_ = static_cast<Code>(head.code);
    failure_text_ = inbox.message.text();
    return true;
  }
  return false;
}

// A transfer has not ended, and nobody may know yet: says why, to all, and throws it.
void ProcessEngine::lost(const TransferFailed& failed) {
  const char* const name = name_of(mine_.operation);
  if (wait_.context && wait_.context->cancelled()) {
    fail_with(Code::kPeerLost,
              concat("all ranks must take part: ", my_text(), " was cancelled at ", step_text(),
                     "; the group has ended, make it anew"),
              place_.rank);
    wait_.context->check_cancelled(name);
  }
  if (failed.code == Code::kTimedOut && !link_->failed()) {
    fail_with(Code::kTimedOut,
              concat("all ranks must come within ", seconds_text(wait_.seconds), " s: ", missing(),
                     " did not come to ", step_text(),
                     "; is one slow, or did it end early? The group has ended, make it anew"),
              -1);
  } else if (!left_by_somebody()) {
    if (const std::optional<Failure> found = link_->verdict(kGrace)) {
      failure_ = found->code;
      failure_text_ = found->text.find(" step ") != std::string::npos
                          ? found->text
                          : concat(found->text, "; ", my_text(), " was at ", step_text());
    } else {
      const int rank = collectives_.rank_of(failed.rank);
      fail_with(failed.code == Code::kOutOfMemory ? Code::kPeerLost : failed.code,
                concat("all ranks must take part: ", rank < 0 ? "one" : text_of({rank}), " was lost at ",
                       step_text(), ": ", failed.text, "; the group has ended, make it anew"),
                failed.rank);
    }
  }
  throw Error(failure_, failure_text_);
}

// Whatever f throws ends the group, and everybody is told.
template <class F>
auto ProcessEngine::in_step(F&& f) -> decltype(f()) {
  const ProcessLink::Watch watch(*link_, wait_.context);
  try {
    return f();
  } catch (const TransferFailed& failed) {
    try {
      lost(failed);
    } catch (const std::bad_alloc&) {
      abandon(Code::kOutOfMemory, "it has no memory");
      throw;
    }
  } catch (const Error& e) {
    if (failure_ == Code::kOk) abandon(e.code(), e.message());
    throw;
  } catch (...) {
    abandon(Code::kOutOfMemory, "it has no memory");
    throw;
  }
}

void ProcessEngine::meet(const Call& call, Span<const std::byte* const> in, const Wait& wait) {
  check_alive();
  mine_ = call;
  if (mine_.operation == Operation::kSplit) mine_.rows = ended_->to_say(collectives_.link_ranks());
  wait_ = wait;
  deadline_ = monotonic_seconds() + wait.seconds;
  in_step([&] { gather(in); });
}

void ProcessEngine::gather(Span<const std::byte* const> in) {
  // Of a broadcast only the root has what anybody needs.
  const bool carries =
      has_results(mine_.operation) && (mine_.operation != Operation::kBroadcast || mine_.root == place_.rank);
  const size_t bytes =
      outbox_->write_call(mine_, step_, link_->next_channel, carries ? in : Span<const std::byte* const>());
  sending_ = collectives_.send_to_all(DirectCollectives::kStep, outbox_->data(), bytes);
  said_ = step_;
  if (outbox_->head().description_bytes > kMostDescription) too_long(outbox_->head().description_bytes);
  for (size_t rank = 0; rank < peers_.size(); rank++) {
    if (static_cast<int>(rank) == place_.rank) continue;
    Inbox& inbox = *peers_[rank].inbox[slot()];
    if (!inbox.arriving.active())
      throw TransferFailed{Code::kPeerLost, collectives_.link_rank(rank), "its connection has ended"};
    inbox.arriving.finish(deadline_);
    inbox.came = true;
  }
  if (left_by_somebody()) throw Error(failure_, failure_text_);
  read_messages(in);
  if (mine_.operation == Operation::kBarrier) finish();
}

// What all have said, compared.
void ProcessEngine::read_messages(Span<const std::byte* const> in) {
  const StepHead& mine = outbox_->head();
  bool apart = false, differs = false;
  for (Peer& peer : peers_) {
    peer.differs = false;
    peer.in.clear();
    if (!peer.inbox[slot()]) continue;
    const StepHead& head = peer.inbox[slot()]->message.checked_head();
    if (head.step != step_)
      fail(Code::kCorruptData, "all ranks must be at the same step: got ", head.step, " and ", step_);
    if (head.description_bytes > kMostDescription) too_long(head.description_bytes);
    link_->next_channel = std::max(link_->next_channel, head.next_channel);
    peer.differs = head.digest[0] != mine.digest[0] || head.digest[1] != mine.digest[1] ||
                   head.description_bytes != mine.description_bytes;
    differs |= peer.differs;
    apart |= !head.carries_description;
  }
  // A rank whose call differs sees it as all others do: from the same digests.
  if (differs && (apart || !mine.carries_description)) {
    exchange_descriptions();
  } else {
    for (Peer& peer : peers_)
      if (peer.differs) peer.call = decode_call(peer.inbox[slot()]->message.description());
  }
  if (differs) {
    std::vector<Call> calls;
    for (size_t rank = 0; rank < peers_.size(); rank++) calls.push_back(said_by(static_cast<int>(rank)));
    const std::string problem = disagreement(calls);
    if (!problem.empty()) {
      failure_ = Code::kMismatch;
      failure_text_ = concat("all ranks must make the same calls in the same order: at step ", step_, " ",
                             problem, "; the group has ended, make it anew");
      throw Error(failure_, failure_text_);  // as all others see by themselves
    }
  }
  for (size_t rank = 0; rank < peers_.size(); rank++) {
    Peer& peer = peers_[rank];
    if (!peer.inbox[slot()])
      peer.in.assign(in.begin(), in.end());
    else if (peer.inbox[slot()]->message.head().carries_data)
      peer.inbox[slot()]->message.find_tensors(said_by(static_cast<int>(rank)), peer.in);
  }
}

// Every rank whose call does not fit into its message sends it apart, to all.
void ProcessEngine::exchange_descriptions() {
  std::vector<std::byte> mine;
  std::vector<std::vector<std::byte>> theirs(peers_.size());
  std::vector<tl_transport_transfer> list;
  if (!outbox_->head().carries_description) encode(mine_, mine);
  for (size_t rank = 0; rank < peers_.size(); rank++) {
    if (!peers_[rank].inbox[slot()]) continue;
    const StepHead& head = peers_[rank].inbox[slot()]->message.head();
    if (!head.carries_description) {
      theirs[rank].resize(head.description_bytes);
      list.push_back(collectives_.received(rank, DirectCollectives::kDescription, theirs[rank].data(),
                                           theirs[rank].size()));
    }
    if (!mine.empty())
      list.push_back(collectives_.sent(rank, DirectCollectives::kDescription, mine.data(), mine.size()));
  }
  collectives_.start(list).finish(deadline_);
  for (size_t rank = 0; rank < peers_.size(); rank++)
    if (peers_[rank].differs)
      peers_[rank].call = decode_call(theirs[rank].empty() ? peers_[rank].inbox[slot()]->message.description()
                                                           : Span<const std::byte>(theirs[rank]));
}

void ProcessEngine::run(Span<std::byte* const> out) {
  in_step([&] {
    const bool carried = outbox_->head().carries_data != 0;
    std::vector<Contribution> all;
    bool came = true;  // with the messages, whatever anybody needs
    for (size_t rank = 0; rank < peers_.size(); rank++) {
      const Call& call = said_by(static_cast<int>(rank));
      const bool has = peers_[rank].in.size() == call.tensors.size();
      all.push_back({&call, has ? peers_[rank].in.data() : nullptr});
      if (mine_.operation != Operation::kBroadcast || static_cast<int>(rank) == mine_.root)
        came &= static_cast<int>(rank) == place_.rank ? carried || collectives_.size() == 1 : has;
    }
    if (came)
      make_results(place_.rank, all, out);
    else
      collectives_.run(all, carried, out, deadline_);
    finish();
  });
}

// The step has ended well for this rank, whatever becomes of the connections: the next call tells.
void ProcessEngine::finish() {
  try {
    sending_.finish(deadline_);
    for (size_t rank = 0; rank < peers_.size(); rank++) expect(rank, slot());
  } catch (const TransferFailed&) {
  }
  step_++;
  steps_++;
}

std::unique_ptr<Engine> ProcessEngine::split() {
  return in_step([&]() -> std::unique_ptr<Engine> {
    std::vector<std::pair<int64_t, size_t>> members;  // of this color, by key, then by rank
    std::vector<int64_t> colors;
    for (size_t rank = 0; rank < peers_.size(); rank++) {
      const Call& call = said_by(static_cast<int>(rank));
      if (call.color >= 0) colors.push_back(call.color);
      if (call.color >= 0 && call.color == mine_.color) members.emplace_back(call.key, rank);
    }
    std::sort(members.begin(), members.end());
    std::sort(colors.begin(), colors.end());
    colors.erase(std::unique(colors.begin(), colors.end()), colors.end());
    const auto color =
        static_cast<uint64_t>(std::find(colors.begin(), colors.end(), mine_.color) - colors.begin());
    for (size_t rank = 0; rank < peers_.size(); rank++)
      for (const int64_t ended : said_by(static_cast<int>(rank)).rows)
        ended_->said(ended, collectives_.link_rank(rank));
    for (EndedGroups::Rest& rest : ended_->take_whole()) rest.transfers.finish(deadline_);
    const uint64_t channel = link_->next_channel + color;
    link_->next_channel += colors.size();
    std::unique_ptr<Engine> out;
    if (!members.empty()) {
      std::vector<int> ranks;
      int mine = 0;
      for (const auto& [key, rank] : members) {
        if (static_cast<int>(rank) == place_.rank) mine = static_cast<int>(ranks.size());
        ranks.push_back(collectives_.link_rank(rank));
      }
      ended_->made(channel, ranks);
      out = std::make_unique<ProcessEngine>(link_, ended_, std::move(ranks), mine, channel);
    }
    finish();
    return out;
  });
}

void ProcessEngine::abandon(Code code, std::string_view why) noexcept {
  std::string text;
  try {
    text = concat("all ranks must take part: ", my_text(), " failed at ", step_text(), ": ", why,
                  "; the group has ended, make it anew");
  } catch (...) {  // without memory for the text
  }
  fail_with(code == Code::kMismatch || code == Code::kTimedOut ? code : Code::kPeerLost, std::move(text),
            collectives_.link_rank(static_cast<size_t>(place_.rank)));
}

// Tells the others with a message in the place of the next call's: it comes behind all that this rank has sent before.
bool ProcessEngine::say_leaving(Code code, std::string_view why) noexcept {
  if (failure_ != Code::kOk || link_->forked()) return false;
  failure_ = code;
  try {
    failure_text_ = code == Code::kMismatch ? std::string(why)  // which all ranks have in common
                                            : concat("all ranks must take part: ", my_text(), kLeft, step_,
                                                     ": ", why, "; the group has ended, make it anew");
    if (link_->failed()) return false;
    last_ = std::make_shared<StepMessage>(outbox_->capacity());
    const size_t bytes = last_->write_leaving(code, failure_text_, step_);
    leaving_ = collectives_.send_to_all(DirectCollectives::kStep, last_->data(), bytes);
    said_ = step_;
  } catch (const TransferFailed&) {  // they learn of it by the control channel
  } catch (...) {                    // without memory for it
  }
  return true;
}

void ProcessEngine::leave(Code code, std::string_view why) noexcept {
  // Of a group within a group the others go on.
  if (!say_leaving(code, why) || channel_ != 0) return;
  Failure failure{code, {}, collectives_.link_rank(static_cast<size_t>(place_.rank))};
  try {
    failure.text = failure_text_;
  } catch (...) {  // without memory for the text
  }
  (void)link_->fail(std::move(failure));
}

void ProcessEngine::end(std::string_view why) noexcept { (void)say_leaving(Code::kPeerLost, why); }

std::unique_ptr<Engine> make_process_engine(Transport transport, std::unique_ptr<ControlChannel> control) {
  std::shared_ptr<ProcessLink> link = ProcessLink::make(std::move(transport), std::move(control));
  try {
    std::vector<int> ranks(static_cast<size_t>(link->place().size));
    std::iota(ranks.begin(), ranks.end(), 0);
    const int mine = link->place().rank;
    return std::make_unique<ProcessEngine>(link, std::make_shared<EndedGroups>(link), std::move(ranks), mine,
                                           0);
  } catch (const TransferFailed& failed) {
    if (const std::optional<Failure> found = link->verdict(kGrace)) throw Error(found->code, found->text);
    fail(Code::kPeerLost,
         "all ranks must take part: ", failed.rank < 0 ? "one" : concat("rank ", failed.rank),
         " was lost at step 0 (join): ", failed.text, "; start them again");
  } catch (...) {
    (void)link->fail({Code::kPeerLost, {}, link->place().rank});  // nobody waits for it
    throw;
  }
}

}  // namespace tl::dist
