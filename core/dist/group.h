// Group: the ranks that train together, as one of them sees it: collectives on tensors of its context. No gradients here:
// core/replicas makes them. A group without an engine has one rank, and every call gives back what it got.
//
// While somebody records a step, each call that ends well is shown to him (recorded_call.h), so that a replay makes it again. A group of
// one has nobody to call: what it gives is what it got, in a replay too.
//
// All ranks make the same calls in the same order. A rank whose call fails, for whatever reason, leaves the group, so that the
// others get an error instead of waiting: kPeerLost, kMismatch or kTimedOut, with rank, step and operation in the text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/function_ref.h"
#include "core/dist/engine.h"
#include "core/tensor/context.h"
#include "core/tensor/tensor.h"

namespace tl::dist {

class Courier;
class Seat;

class Group {
 public:
  static constexpr double kDefaultTimeout = 600;  // seconds
  // engine: null for a group of one. Throws on a timeout that is not above 0.
  Group(Context& context, std::unique_ptr<Engine> engine, double timeout_seconds = kDefaultTimeout);
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  Context& context() const { return context_; }
  const Place& place() const { return place_; }
  int rank() const { return place_.rank; }
  int size() const { return place_.size; }
  // How long each call waits for the other ranks.
  double timeout() const { return timeout_; }
  void set_timeout(double seconds);
  // How many bytes of a list all_reduce() takes in one call at the least: it goes from the end of the list to its beginning, in runs of
  // neighbours that are full when they have so many. 0: the whole list in one. The same on all ranks.
  size_t bucket_bytes() const { return bucket_bytes_; }
  void set_bucket_bytes(size_t bytes) { bucket_bytes_ = bytes; }
  // As what f32 of lists of gradients travel: what replicas of this group say to all_reduce(). The same on all ranks.
  Wire wire() const { return wire_; }
  void set_wire(Wire wire);
  // Whether replays make long calls beside their kernels, on a thread of the group's (courier.h). This rank's own business.
  bool overlaps() const { return overlaps_; }
  void set_overlap(bool on) { overlaps_ = on; }
  // Which making of the group this is: one higher, where processes have made it anew.
  uint64_t generation() const { return engine_ ? engine_->generation() : 0; }
  uint64_t steps() const { return steps_; }  // collectives that have ended well, barriers too

  // `op` is the name of the function for messages. Tensors are of the context; results are new tensors of it.
  // The reduction over ranks of each tensor, of the same dtypes and shapes on all ranks; a long list in several calls (bucket_bytes).
  // wire: as what f32 travel of which there are sums or means, where there are others to travel to. A sum by pairs takes kAsIs only.
  // subject: what the tensors are, which must be the same on all ranks (call.h).
  std::vector<Tensor> all_reduce(const char* op, Span<const Tensor> x, Reduction reduction,
                                 Wire wire = Wire::kAsIs, std::string subject = {});
  // The same on rank `root`; zeros on the others.
  Tensor reduce(const char* op, const Tensor& x, Reduction reduction, int root);
  // The tensors of all ranks one behind another along the first axis, whose size may differ; scalars become a vector. `rows`, where
  // it is not null, gets how many each rank has given, nothing for scalars.
  Tensor all_gather(const char* op, const Tensor& x, std::vector<int64_t>* rows = nullptr);
  // Rows of the reduction over ranks: `rows` says how many each rank gets, in order. Empty: parts that differ by one at most
  // (core/base/parts.h).
  Tensor reduce_scatter(const char* op, const Tensor& x, Reduction reduction, std::vector<int64_t> rows = {});
  std::vector<Tensor> broadcast(const char* op, Span<const Tensor> x, int root);
  // Of each tensor that of its root, a rank of its own for each: all are sent in one step.
  std::vector<Tensor> broadcast_each(const char* op, Span<const Tensor> x, Span<const int> roots);
  // The first axis in as many blocks as there are ranks: block j goes to rank j, and comes in the order of the ranks.
  Tensor all_to_all(const char* op, const Tensor& x);
  void barrier(const char* op);
  // The ranks of one color as a group, by key, then by rank; null where color is below 0.
  std::unique_ptr<Group> split(const char* op, int64_t color, int64_t key);

  // This rank takes no further part, and why; who waits for it gets kPeerLost with that, and so does every later call.
  // code: kMismatch, where it has found out what the others are about to, too.
  void leave(std::string_view why, Code code = Code::kPeerLost) noexcept;
  // The same of a rank that has not failed: who makes no more calls hears nothing of it.
  void end(std::string_view why) noexcept;

 private:
  friend class RecordedCall;
  // Where the results go, once all have met: the call can then be looked at.
  using MakeRoom = FunctionRef<Span<std::byte* const>(const Engine&)>;
  // The data half of a call, which others make as well.
  void exchange(const char* op, const Call& call, Span<const std::byte* const> from, MakeRoom room);
  // A call of a replay.
  void again(const char* op, const Call& call, Span<const std::byte* const> from, MakeRoom room);
  void show(const char* op, const Call& call, Span<const Tensor> in, Span<const Tensor> out);
  std::vector<Tensor> step(const char* op, Call call, Span<const Tensor> x,
                           std::vector<int64_t>* rows = nullptr, Wire wire = Wire::kAsIs);
  std::vector<Tensor> step_of_many(const char* op, Call& call, Span<const Tensor> x,
                                   std::vector<int64_t>* rows);
  template <class F>
  auto leaving_on_failure(F&& f) -> decltype(f());
  void check_tensors(const char* op, const Call& call, Span<const Tensor> x) const;
  void check_root(const char* op, int root) const;

  Context& context_;
  std::unique_ptr<Engine> engine_;
  Place place_;
  double timeout_;
  size_t bucket_bytes_ = 0;
  Wire wire_ = Wire::kAsIs;
  bool overlaps_ = false;
  uint64_t steps_ = 0;
  std::shared_ptr<Seat> seat_;
  std::shared_ptr<Courier> courier_;  // nothing is on its way with it but while a plan runs
};

// The dtypes and shapes of a rank's results, from the calls of all ranks.
std::vector<TensorKind> results_of(const Engine& engine);

}  // namespace tl::dist
