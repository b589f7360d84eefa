// Replicas as threads: each gets a context and a group of its own, and runs a function of the caller's.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "capi/src/group_object.h"
#include "capi/src/options.h"
#include "core/base/blocked_signals.h"
#include "core/base/clock.h"
#include "core/dist/local.h"

using namespace tl;
using namespace tl::capi;

namespace {

// The threads, what they end with, and how their starter hears of it.
class Replicas {
 public:
  Replicas(int size, const tl_replicas_options& options, tl_replica_callback body, void* user_data)
      : local_(dist::LocalGroup::make(size)),
        timeout_(value_or(options.timeout_seconds, dist::Group::kDefaultTimeout)),
        body_(body),
        user_data_(user_data),
        replicas_(static_cast<size_t>(size)) {}
  ~Replicas() {
    for (Replica& r : replicas_) {
      if (r.thread.joinable()) r.thread.join();
      (void)tl_context_free(r.context);
    }
  }
  Replicas(const Replicas&) = delete;
  Replicas& operator=(const Replicas&) = delete;

  void start(const tl_replicas_options& options) {
    tl_context_options o;
    tl_context_options_init(&o, sizeof o);
    o.memory_limit = options.memory_limit;
    const int cpus = static_cast<int>(std::thread::hardware_concurrency());
    o.threads = options.threads ? options.threads : std::max(1, cpus / local_->size());
    for (Replica& r : replicas_) {
      o.seed = options.seed + static_cast<uint64_t>(&r - replicas_.data());
      r.context = tl_context_new(&o);
      if (!r.context) throw std::bad_alloc();
    }
    const BlockedSignals none;
    try {
      for (size_t rank = 0; rank < replicas_.size(); rank++)
        replicas_[rank].thread = std::thread([this, rank] { run(static_cast<int>(rank)); });
    } catch (...) {
      local_->give_up("all replicas must start: the system has no thread for one of them");
      throw;
    }
  }

  // Until all have returned. Asks them to stop when the starter's context is.
  void wait(const Context& starter) {
    bool asked = false;
    std::unique_lock<std::mutex> lock(mutex_);
    while (ended_ < replicas_.size()) {
      if (!asked && starter.cancelled()) {
        asked = true;
        for (Replica& r : replicas_) (void)tl_context_cancel(r.context);
      }
      changed_.wait_for(lock, kPatience, [&] { return ended_ == replicas_.size(); });
    }
  }

  // The failure that was no consequence of another's, if there is one.
  void check() const {
    const Replica* found = nullptr;
    for (const Replica& r : replicas_)
      if (r.code != Code::kOk && (!found || (found->code == Code::kPeerLost && r.code != Code::kPeerLost)))
        found = &r;
    if (found)
      fail(found->code, "[replicas_run] every replica must end well: rank ", found - replicas_.data(),
           " failed: ",
           found->message.empty() ? "it returned an error without a message; see tl_set_error"
                                  : found->message);
  }

 private:
  struct Replica {
    tl_context* context = nullptr;
    std::thread thread;
    Code code = Code::kOk;
    std::string message;
  };

  void run(int rank) noexcept {
    Replica& me = replicas_[static_cast<size_t>(rank)];
    try {
      work(rank, me);
    } catch (...) {
      me.code = Code::kOutOfMemory;
    }
    if (me.code != Code::kOk)
      local_->give_up("all replicas must start and end well: one has failed");  // if it has told nobody
    (void)tl_context_free(me.context);  // before anybody hears of the end: it leaves the group
    std::lock_guard<std::mutex> lock(mutex_);
    ended_++;
    changed_.notify_all();
  }

  // The context is not entered while the function runs, so that a binding may run the function on another thread; but it cannot be
  // ended meanwhile.
  tl_status run_body(tl_context* context, tl_group* group) const {
    lend(context, true);
    const tl_status status = body_(context, group, user_data_);
    lend(context, false);
    return status;
  }

  static void lend(tl_context* context, bool lent) {
    const Entered entered(context);
    if (entered) entered.session().lend(lent);
  }

  void work(int rank, Replica& me) {
    replicas::GroupPtr alive;
    tl_group* group = make(me.context, "replicas_run", [&](Session& s) {
      tl_group* made = make_group(
          s, std::make_unique<dist::Group>(s.core(), local_->join(rank, {timeout_, &s.core()}), timeout_));
      alive = object_of<GroupObject>(s, made, Kind::kGroup, "replicas_run", "group").group;
      return made;
    });
    tl_status status = group ? run_body(me.context, group) : tl_error_code(me.context);
    if (tl_failed(me.context)) status = tl_error_code(me.context);
    if (status == TL_OK) return;
    me.code = is_error(status) ? static_cast<Code>(status) : Code::kInvalidArgument;
    me.message = tl_error_message(me.context);
    if (alive) {
      const Entered entered(me.context);  // the group belongs to the context
      if (entered) alive->leave(me.message);
    }
  }

  std::shared_ptr<dist::LocalGroup> local_;
  const double timeout_;
  const tl_replica_callback body_;
  void* const user_data_;
  std::vector<Replica> replicas_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t ended_ = 0;
};

}  // namespace

extern "C" {

TL_API void tl_replicas_options_init(tl_replicas_options* options, size_t struct_size) {
  zero_options(options, struct_size);
}

TL_API tl_status tl_replicas_run(tl_context* context, int32_t count, const tl_replicas_options* options,
                                 tl_replica_callback replica, void* user_data) {
  constexpr const char* name = "replicas_run";
  return effect<Session>(context, Kind::kContext, name, [&](Session& s, Session&) {
    const tl_replicas_options o = options_from(name, options, tl_replicas_options_init);
    if (!replica) invalid("[", name, "] 'replica' must be a function: got NULL; pass what each replica does");
    if (count < 1 || count > dist::LocalGroup::kMostRanks)
      invalid("[", name, "] there must be 1 to ", dist::LocalGroup::kMostRanks, " replicas: got ", count,
              "; one for each CPU is a good number");
    if (o.threads < 0 || !(o.timeout_seconds >= 0))
      invalid("[", name, "] 'threads' and 'timeout_seconds' must not be negative: got ", o.threads, " and ",
              o.timeout_seconds, "; 0 is the default");
    Replicas replicas(count, o, replica, user_data);
    replicas.start(o);
    replicas.wait(s.core());
    s.core().check_cancelled(name);
    replicas.check();
  });
}

}  // extern "C"
