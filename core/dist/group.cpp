#include "core/dist/group.h"

#include <algorithm>
#include <utility>

#include "core/base/parts.h"
#include "core/dist/courier.h"
#include "core/dist/recorded_call.h"
#include "core/dist/reduce.h"
#include "core/dist/wire.h"
#include "core/tensor/batched.h"
#include "core/tensor/recorder.h"

namespace tl::dist {
namespace {

double checked_timeout(double seconds) {
  if (!(seconds > 0))
    invalid("[group] the timeout must be above 0 seconds: got ", seconds,
            "; it is how long a rank waits for the others");
  return seconds;
}

bool reduces(Operation operation) {
  return operation == Operation::kAllReduce || operation == Operation::kReduce ||
         operation == Operation::kReduceScatter;
}

// Of a group of one: the tensor itself as a value of its own.
Tensor same(const Call& call, const Tensor& x) {
  if (call.operation == Operation::kAllGather && x.rank() == 0) return x.view(Shape{1});
  return x.view(x.shape());
}

}  // namespace

std::vector<TensorKind> results_of(const Engine& engine) {
  const Call& mine = engine.said_by(engine.place().rank);
  std::vector<TensorKind> out = mine.tensors;
  for (size_t k = 0; k < out.size(); k++) {
    Shape& shape = out[k].shape;
    if (mine.operation == Operation::kReduceScatter)
      shape[0] = mine.rows[static_cast<size_t>(engine.place().rank)];
    if (mine.operation != Operation::kAllGather) continue;
    if (shape.rank() == 0) {
      shape = Shape{engine.place().size};
      continue;
    }
    shape[0] = 0;
    for (int rank = 0; rank < engine.place().size; rank++)
      shape[0] += engine.said_by(rank).tensors[k].shape[0];
    (void)checked_shape("group_all_gather", Span<const int64_t>(shape.data(), shape.size()),
                        size_of(out[k].dtype));
  }
  return out;
}

Group::Group(Context& context, std::unique_ptr<Engine> engine, double timeout_seconds)
    : context_(context),
      engine_(std::move(engine)),
      place_(engine_ ? engine_->place() : Place{}),
      timeout_(checked_timeout(timeout_seconds)),
      seat_(std::make_shared<Seat>(*this)),
      courier_(Courier::make()) {}

Group::~Group() { seat_->give_up(); }

void Group::set_timeout(double seconds) { timeout_ = checked_timeout(seconds); }

void Group::set_wire(Wire wire) {
  if (!is_known(wire))
    invalid("[group] the wire dtype must be f32 (0) or bf16 (1): got number ", static_cast<int>(wire),
            "; see tl_wire_dtype");
  wire_ = wire;
}

void Group::leave(std::string_view why, Code code) noexcept {
  if (engine_) engine_->leave(code, why);
}

void Group::end(std::string_view why) noexcept {
  seat_->give_up();
  if (engine_) engine_->end(why);
}

template <class F>
auto Group::leaving_on_failure(F&& f) -> decltype(f()) {
  try {
    return f();
  } catch (const std::exception& e) {
    if (engine_) engine_->leave(Code::kPeerLost, e.what());
    throw;
  }
}

void Group::check_root(const char* op, int root) const {
  if (root < 0 || root >= size())
    invalid("[", op, "] the root must be a rank of the group, 0 to ", size() - 1, ": got ", root,
            "; tl_group_size says how many there are");
}

void Group::check_tensors(const char* op, const Call& call, Span<const Tensor> x) const {
  if (!is_known(call.reduction))
    invalid("[", op, "] the reduction must be sum, mean, min, max or sum by pairs: got number ",
            static_cast<int>(call.reduction), "; see tl_reduce_op");
  if (call.reduction == Reduction::kSumByPairs && (size() & (size() - 1)) != 0)
    invalid("[", op, "] a sum by pairs takes a power of two of ranks: got ", size(), "; use a sum");
  for (size_t i = 0; i < x.size(); i++) {
    if (!x[i]) invalid("[", op, "] tensor ", i, " must not be null; was it set?");
    if (&x[i].context() != &context_)
      invalid("[", op, "] tensor ", i,
              " must be of the group's context: got one of another; copy its data over");
    if (is_batched(x[i]))
      fail(Code::kUnsupported, "[", op, "] a collective cannot run inside vmap: got tensor ", i,
           " of a batch; call it before or after");
    check_readable(op, x[i]);
    if (reduces(call.operation) && !is_reducible(x[i].dtype(), call.reduction))
      invalid("[", op, "] a ", name_of(call.reduction), " over ranks takes ",
              call.reduction == Reduction::kMean ? "floating types" : "numbers", ": got ", x[i].dtype(), " ",
              x[i].shape(), " as tensor ", i, "; use cast");
  }
}

// One step: everybody's calls, memory for the results, the data.
std::vector<Tensor> Group::step(const char* op, Call call, Span<const Tensor> x, std::vector<int64_t>* rows,
                                Wire wire) {
  return leaving_on_failure([&] {
    context_.check_cancelled(op);
    check_tensors(op, call, x);
    if (!engine_) {
      std::vector<Tensor> out;
      for (const Tensor& t : x) out.push_back(same(call, t));
      if (rows && x[0].rank() > 0) rows->push_back(x[0].shape()[0]);
      steps_++;
      return out;
    }
    const bool adds = call.reduction == Reduction::kSum || call.reduction == Reduction::kMean;
    for (const Tensor& t : x)
      call.tensors.push_back(
          {t.dtype(), t.shape(), adds && size() > 1 && t.dtype() == DType::kF32 ? wire : Wire::kAsIs});
    return step_of_many(op, call, x, rows);
  });
}

void Group::exchange(const char* op, const Call& call, Span<const std::byte* const> from, MakeRoom room) {
  try {
    engine_->meet(call, from, {timeout_, &context_});
    if (call.operation != Operation::kBarrier) {
      Span<std::byte* const> to;
      try {
        to = room(*engine_);
      } catch (const Error& e) {
        engine_->abandon(e.code() == Code::kMismatch ? Code::kMismatch : Code::kPeerLost, e.what());
        throw;
      } catch (const std::exception& e) {
        engine_->abandon(Code::kPeerLost, e.what());
        throw;
      }
      engine_->run(to);
    }
  } catch (const Error& e) {
    if (e.message().empty() || e.message()[0] != '[')
      throw Error(e.code(), concat("[", op, "] ", e.message()));
    throw;
  }
  steps_++;
}

void Group::again(const char* op, const Call& call, Span<const std::byte* const> from, MakeRoom room) {
  leaving_on_failure([&] {
    context_.check_cancelled(op);
    exchange(op, call, from, room);
  });
}

void Group::show(const char* op, const Call& call, Span<const Tensor> in, Span<const Tensor> out) {
  const auto exchange = std::make_shared<RecordedCall>(seat_, op, call, out.size());
  for (Observer* observer : context_.observers()) observer->on_exchange(exchange, in, out);
}

std::vector<Tensor> Group::step_of_many(const char* op, Call& call, Span<const Tensor> x,
                                        std::vector<int64_t>* rows) {
  std::vector<Tensor> out;
  std::vector<int64_t> gathered;
  std::vector<const std::byte*> from;
  std::vector<std::byte*> to;
  for (const Tensor& t : x) from.push_back(t.raw());
  const auto make_room = [&](Span<const TensorKind> results) -> Span<std::byte* const> {
    for (const TensorKind& t : results) {
      out.push_back(context_.allocate(t.dtype, t.shape));
      to.push_back(out.back().mutable_raw());
    }
    return to;
  };
  if (is_narrowed(call)) {
    make_room(call.tensors);
    narrow_tensors(call, from, to);
    exchange(op, call, from, [&](const Engine&) -> Span<std::byte* const> { return to; });
    widen_results(call, to);
  } else {
    exchange(op, call, from, [&](const Engine& engine) {
      for (int rank = 0; call.operation == Operation::kAllGather && x[0].rank() > 0 && rank < size(); rank++)
        gathered.push_back(engine.said_by(rank).tensors[0].shape[0]);
      return make_room(results_of(engine));
    });
  }
  if (rows) *rows = gathered;
  if (context_.observed()) {
    // A replay has room for what came now.
    if (call.operation == Operation::kAllGather) call.rows = std::move(gathered);
    show(op, call, x, out);
  }
  return out;
}

std::vector<Tensor> Group::all_reduce(const char* op, Span<const Tensor> x, Reduction reduction, Wire wire,
                                      std::string subject) {
  if (wire == Wire::kBf16 && reduction == Reduction::kSumByPairs)
    leaving_on_failure([&] {
      invalid("[", op, "] a sum by pairs has the same bits for any number of ranks, which bf16 on the wire ",
              "has not: got both; use a sum, or set the wire dtype to f32");
    });
  Call call;
  call.operation = Operation::kAllReduce;
  call.reduction = reduction;
  call.bucket_bytes = bucket_bytes_;
  call.subject = std::move(subject);
  if (!engine_ || bucket_bytes_ == 0 || x.size() < 2) return step(op, std::move(call), x, nullptr, wire);
  // A tensor that is wrong fails in front of all calls, as it does where there is one.
  leaving_on_failure([&] { check_tensors(op, call, x); });
  std::vector<Tensor> out(x.size());
  for (size_t first = x.size(), end = first; end > 0; end = first) {
    for (size_t bytes = 0; first > 0 && bytes < bucket_bytes_;) bytes += x[--first].bytes();
    std::vector<Tensor> part =
        step(op, call, Span<const Tensor>(x.data() + first, end - first), nullptr, wire);
    std::move(part.begin(), part.end(), out.begin() + static_cast<std::ptrdiff_t>(first));
  }
  return out;
}

Tensor Group::reduce(const char* op, const Tensor& x, Reduction reduction, int root) {
  leaving_on_failure([&] { check_root(op, root); });
  Call call;
  call.operation = Operation::kReduce;
  call.reduction = reduction;
  call.root = root;
  return step(op, std::move(call), Span<const Tensor>(&x, 1))[0];
}

Tensor Group::all_gather(const char* op, const Tensor& x, std::vector<int64_t>* rows) {
  Call call;
  call.operation = Operation::kAllGather;
  return step(op, std::move(call), Span<const Tensor>(&x, 1), rows)[0];
}

Tensor Group::reduce_scatter(const char* op, const Tensor& x, Reduction reduction,
                             std::vector<int64_t> rows) {
  Call call;
  call.operation = Operation::kReduceScatter;
  call.reduction = reduction;
  call.rows = std::move(rows);
  leaving_on_failure([&] {
    if (x && x.rank() == 0)
      invalid("[", op, "] a tensor whose rows go to ranks must have an axis: got a scalar; use all_reduce");
    for (int rank = 0; x && call.rows.size() < static_cast<size_t>(size()); rank++)
      call.rows.push_back(part_of(x.shape()[0], rank, size()).count);
  });
  return step(op, std::move(call), Span<const Tensor>(&x, 1))[0];
}

std::vector<Tensor> Group::broadcast(const char* op, Span<const Tensor> x, int root) {
  leaving_on_failure([&] { check_root(op, root); });
  Call call;
  call.operation = Operation::kBroadcast;
  call.root = root;
  return step(op, std::move(call), x);
}

std::vector<Tensor> Group::broadcast_each(const char* op, Span<const Tensor> x, Span<const int> roots) {
  Call call;
  call.operation = Operation::kBroadcastEach;
  leaving_on_failure([&] {
    if (roots.size() != x.size())
      invalid("[", op, "] there must be one root for each tensor: got ", roots.size(), " for ", x.size(),
              "; say whose each is");
    for (int root : roots) {
      check_root(op, root);
      call.rows.push_back(root);
    }
  });
  return step(op, std::move(call), x);
}

Tensor Group::all_to_all(const char* op, const Tensor& x) {
  leaving_on_failure([&] {
    if (x && (x.rank() == 0 || x.shape()[0] % size() != 0))
      invalid("[", op, "] the first dimension must be a multiple of the ", size(), " ranks: got shape ",
              x.shape(), "; each rank gets a block of it");
  });
  Call call;
  call.operation = Operation::kAllToAll;
  return step(op, std::move(call), Span<const Tensor>(&x, 1))[0];
}

void Group::barrier(const char* op) { step(op, Call{}, {}); }

std::unique_ptr<Group> Group::split(const char* op, int64_t color, int64_t key) {
  return leaving_on_failure([&]() -> std::unique_ptr<Group> {
    context_.check_cancelled(op);
    context_.note_unreplayable("it splits a group, which replays would not do; split it before the step");
    if (!engine_) return color < 0 ? nullptr : std::make_unique<Group>(context_, nullptr, timeout_);
    Call call;
    call.operation = Operation::kSplit;
    call.color = color;
    call.key = key;
    std::unique_ptr<Engine> part;
    try {
      engine_->meet(call, {}, {timeout_, &context_});
      part = engine_->split();
    } catch (const Error& e) {
      if (!e.message().empty() && e.message()[0] == '[') throw;
      throw Error(e.code(), concat("[", op, "] ", e.message()));
    }
    steps_++;
    if (color < 0) return nullptr;
    auto group = std::make_unique<Group>(context_, std::move(part), timeout_);
    group->bucket_bytes_ = bucket_bytes_;
    group->wire_ = wire_;
    group->overlaps_ = overlaps_;
    group->courier_ = courier_;
    return group;
  });
}

}  // namespace tl::dist
