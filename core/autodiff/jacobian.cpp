#include "core/autodiff/jacobian.h"

#include <algorithm>

#include "core/autodiff/forward.h"
#include "core/base/error.h"
#include "core/ops/batch.h"
#include "core/ops/generated/functions.h"

namespace tl {
namespace {

// The axes of several shapes, one after the other, from axis `from` of each on.
IntList joined(const char* function, std::initializer_list<const Shape*> shapes, int from = 0) {
  IntList out;
  for (const Shape* s : shapes)
    for (int i = from; i < s->rank(); i++) {
      if (out.size() == kMaxRank)
        invalid("[", function, "] a Jacobian has the axes of the target and those of the source, at most ",
                kMaxRank, ": got ", **shapes.begin(), " and ", *s,
                "; reshape one of them before the computation");
      out.push_back((*s)[i]);
    }
  return out;
}

// Rows first, first + 1, ... of the identity matrix of size n.
Tensor rows_of_identity(Context& context, int64_t n, int64_t first, int64_t count, DType dtype) {
  Tensor indices = range(context, count, static_cast<double>(first), 1, DType::kI64);
  return one_hot(indices, n, dtype);
}

// A batch of tensors like this has one axis more.
void check_rank(const char* function, const char* what, const Shape& shape) {
  if (shape.rank() == kMaxRank)
    invalid("[", function, "] the ", what, " has at most ", kMaxRank - 1, " axes: got ", shape,
            ", and its derivatives are taken as a batch; merge axes with reshape");
}

int64_t rows_within(size_t budget, size_t bytes_of_row, int64_t rows) {
  const size_t fitting = budget / std::max<size_t>(bytes_of_row, 1);
  return std::max<int64_t>(1, static_cast<int64_t>(std::min<size_t>(fitting, static_cast<size_t>(rows))));
}

Tensor all_of(std::vector<Tensor> parts) {
  return parts.size() == 1 ? std::move(parts[0]) : concat(parts, 0);
}

// The most memory that is alive at one time while a function runs: an estimate of what its tangents take, which live as long
// as the values that they belong to.
class LiveBytes final : public Observer {
 public:
  explicit LiveBytes(Context& context) : context_(context), before_(live()) { context_.add_observer(this); }
  ~LiveBytes() override { context_.remove_observer(this); }
  LiveBytes(const LiveBytes&) = delete;
  LiveBytes& operator=(const LiveBytes&) = delete;
  void on_op(const OpCall&) override { most_ = std::max(most_, live()); }
  size_t most() const { return most_ > before_ ? most_ - before_ : 0; }

 private:
  size_t live() const { return context_.allocator().stats().live_bytes; }
  Context& context_;
  size_t before_, most_ = 0;
};

void check_function_value(const Tensor& y) {
  if (!y) invalid("[jacobian] the function must give a tensor: got null; was it set?");
  if (!is_floating(y.dtype()))
    invalid("[jacobian] the function must give a floating-point tensor: got ", y.dtype(), " ", y.shape(),
            "; cast it");
}

Tensor by_forward_mode(FunctionRef<Tensor(const Tensor&)> f, const Tensor& x, const Tensor& y,
                       size_t bytes_of_row, const JacobianOptions& options, const IntList& shape) {
  Context& context = x.context();
  const int64_t n = x.elements(), step = rows_within(options.memory_budget, bytes_of_row, n);
  const GradientSource source[] = {{x, nullptr}};
  std::vector<Tensor> parts;
  for (int64_t first = 0; first < n; first += step) {
    const int64_t count = std::min(step, n - first);
    IntList of_directions{count};
    for (int64_t d : x.shape()) of_directions.push_back(d);
    Batch batch(context, count);
    Tensor along = batch.enter(reshape(rows_of_identity(context, n, first, count, x.dtype()), of_directions));
    Forward forward(context, source, Span<const Tensor>(&along, 1));
    Tensor tangent = forward.tangent(f(x), Unconnected::kZero);
    if (tangent.shape() != y.shape())
      invalid("[jacobian] the function must compute the same each time: got ", y.shape(), ", then ",
              tangent.shape(), "; it must depend on its argument only");
    parts.push_back(reshape(batch.leave("jacobian", tangent), {count, y.elements()}));
  }
  return reshape(transpose(all_of(std::move(parts))), shape);
}

}  // namespace

// While it lives, gradients do not consume the tape; at its end the tape is consumed if one has been taken.
class Tape::Unconsumed {
 public:
  explicit Unconsumed(Tape& tape) : tape_(tape) { tape_.held_ = true; }
  ~Unconsumed() {
    tape_.held_ = false;
    if (!tape_.walked_) return;
    tape_.walked_ = false;
    if (tape_.state_ == State::kConsumed) return;
    tape_.stop_recording(TapeWindow::kEnded);
    tape_.state_ = State::kConsumed;
    if (!tape_.walking_) tape_.forget_records();
  }
  Unconsumed(const Unconsumed&) = delete;
  Unconsumed& operator=(const Unconsumed&) = delete;
  // The next gradient is the last one: it gives memory up as it goes.
  void last() { tape_.held_ = false; }

 private:
  Tape& tape_;
};

// The most bytes that the gradients of one walk take at one time, and what its rules use beside them.
size_t Tape::bytes_of_walk(const Tensor& target, Span<const GradientSource> sources) const {
  const std::vector<std::vector<int32_t>> of_sources = source_locals(sources);
  const std::vector<char> reached = reachable(of_sources);
  std::vector<char> alive(reached.size(), 0), is_source(reached.size(), 0);
  for (const auto& locals : of_sources)
    for (int32_t l : locals) is_source[l] = 1;
  const int32_t first = find(target);
  if (first < 0 || !reached[first]) return target.bytes();
  alive[first] = 1;
  size_t live = target.bytes(), most = live;
  for (size_t k = entries_.size(); k-- > 0;) {
    const Entry& e = entries_[k];
    size_t arrived = 0, made = 0, given_up = 0;
    for (uint32_t i = e.first + e.num_inputs; i < e.first + e.num_inputs + e.num_outputs; i++) {
      if (locals_[i] < 0 || !alive[locals_[i]]) continue;
      arrived += tensors_[i].bytes();
      if (!is_source[locals_[i]]) given_up += tensors_[i].bytes();
    }
    if (!arrived) continue;
    for (uint32_t i = e.first; i < e.first + e.num_inputs; i++) {
      if (locals_[i] < 0 || !reached[locals_[i]]) continue;
      made += tensors_[i].bytes();
      if (!alive[locals_[i]]) live += tensors_[i].bytes();
      alive[locals_[i]] = 1;
    }
    most = std::max(most, live + arrived + made);
    live -= given_up;
  }
  return most;
}

std::vector<Tensor> Tape::gradients_of_rows(const Tensor& target, Span<const GradientSource> sources,
                                            int64_t rows,
                                            FunctionRef<Tensor(int64_t, int64_t)> output_gradients,
                                            size_t memory_budget, Unconnected unconnected,
                                            Span<Reason> reasons) {
  check_gradient_call(Span<const Tensor>(&target, 1), sources, {});
  const int64_t step = rows_within(memory_budget, bytes_of_walk(target, sources), rows);
  std::vector<std::vector<Tensor>> parts(sources.size());
  Unconsumed until_the_end(*this);
  for (int64_t first = 0; first < rows; first += step) {
    const int64_t count = std::min(step, rows - first);
    if (first + count == rows) until_the_end.last();
    Tensor seeds = output_gradients(first, count);
    Batch batch(context_, count);
    Tensor seed = batch.enter(seeds);
    std::vector<Tensor> found =
        gradient(Span<const Tensor>(&target, 1), sources, Span<const Tensor>(&seed, 1), unconnected, reasons);
    for (size_t i = 0; i < found.size(); i++)
      if (found[i]) parts[i].push_back(batch.leave("tape_jacobian", found[i]));
  }
  std::vector<Tensor> out(sources.size());
  for (size_t i = 0; i < out.size(); i++)
    if (!parts[i].empty()) out[i] = all_of(std::move(parts[i]));
  return out;
}

std::vector<Tensor> jacobian(Tape& tape, const Tensor& target, Span<const GradientSource> sources,
                             const JacobianOptions& options, Span<Reason> reasons) {
  if (!target) invalid("[tape_jacobian] 'target' must be a tensor: got null; was it set?");
  std::vector<IntList> shapes;
  for (const GradientSource& s : sources) {
    if (!s.variable && !s.tensor)
      invalid("[tape_jacobian] a source must be a tensor or variable: got null; was it set?");
    shapes.push_back(joined("tape_jacobian", {&target.shape(), &s.shape()}));
    checked_shape("tape_jacobian", shapes.back(), size_of(s.dtype()));
  }
  const int64_t n = target.elements();
  std::vector<Tensor> out;
  if (n <= 1) {  // an ordinary gradient, or nothing but the question whether there is one
    out = tape.gradient(Span<const Tensor>(&target, 1), sources, {}, options.unconnected, reasons);
  } else {
    check_rank("tape_jacobian", "target", target.shape());
    auto rows = [&](int64_t first, int64_t count) {
      IntList shape{count};
      for (int64_t d : target.shape()) shape.push_back(d);
      return reshape(rows_of_identity(tape.context(), n, first, count, target.dtype()), shape);
    };
    out =
        tape.gradients_of_rows(target, sources, n, rows, options.memory_budget, options.unconnected, reasons);
  }
  for (size_t i = 0; i < out.size(); i++) {
    if (!out[i]) continue;
    out[i] = n == 0 ? full(tape.context(), shapes[i], 0.0, sources[i].dtype()) : reshape(out[i], shapes[i]);
  }
  return out;
}

Tensor jacobian(FunctionRef<Tensor(const Tensor&)> f, const Tensor& x, const JacobianOptions& options) {
  if (!x) invalid("[jacobian] the argument must be a tensor: got null; was it set?");
  if (!is_floating(x.dtype()))
    invalid("[jacobian] the argument must be floating point, which alone has derivatives: got ", x.dtype(),
            " ", x.shape(), "; cast it");
  JacobianWay way = options.way;
  if (way != JacobianWay::kByShape && way != JacobianWay::kForward && way != JacobianWay::kReverse)
    invalid("[jacobian] 'way' must be by shape (0), forward (1) or reverse (2): got ",
            static_cast<int32_t>(way), "; use one of its names");
  const GradientSource source[] = {{x, nullptr}};
  Tensor y;
  size_t bytes_of_row = 0;
  if (way == JacobianWay::kForward) {
    LiveBytes bytes(x.context());
    y = f(x);
    bytes_of_row = bytes.most();
    check_function_value(y);
  } else {
    Tape tape(x.context(), TapeOptions{/*persistent=*/false, /*watch_variables=*/false});
    tape.watch(x);
    y = f(x);
    tape.end();
    check_function_value(y);
    if (way == JacobianWay::kReverse || x.elements() >= y.elements()) {
      JacobianOptions zeros = options;
      zeros.unconnected = Unconnected::kZero;
      return jacobian(tape, y, source, zeros)[0];
    }
    bytes_of_row = tape.bytes_of_walk(y, source);
  }
  const IntList shape = joined("jacobian", {&y.shape(), &x.shape()});
  checked_shape("jacobian", shape, size_of(y.dtype()));
  check_rank("jacobian", "argument", x.shape());
  if (x.elements() == 0 || y.elements() == 0) return full(x.context(), shape, 0.0, y.dtype());
  return by_forward_mode(f, x, y, bytes_of_row, options, shape);
}

Tensor hessian(FunctionRef<Tensor(const Tensor&)> f, const Tensor& x, const JacobianOptions& options) {
  JacobianOptions inner = options, outer = options;
  inner.way = JacobianWay::kReverse;
  if (outer.way == JacobianWay::kByShape) outer.way = JacobianWay::kForward;
  return jacobian([&](const Tensor& at) { return jacobian(f, at, inner); }, x, outer);
}

}  // namespace tl
