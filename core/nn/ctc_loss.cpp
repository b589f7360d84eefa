#include "core/nn/ctc_loss.h"

#include <cmath>

#include "core/nn/labels.h"
#include "core/nn/loss_operands.h"
#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

constexpr const char* kOp = "ctc";

void check_integers(const char* what, const Tensor& x) {
  if (is_floating(x.dtype()) || x.dtype() == DType::kBool)
    invalid("[", kOp, "] the ", what, " must be integers: got ", x.dtype(), " ", x.shape(), "; use cast");
}

struct Sizes {
  Sizes(const Tensor& labels, const Tensor& predictions) {
    check_operands(kOp, labels, predictions);
    check_integers("labels", labels);
    if (labels.rank() != 2 || predictions.rank() != 3 || labels.shape()[0] != predictions.shape()[0])
      invalid("[", kOp,
              "] labels and predictions must be (batch, labels) and (batch, frames, classes): got labels ",
              labels.shape(), " and predictions ", predictions.shape(), "; the batch comes first");
    check_classes(kOp, predictions);
    batch = labels.shape()[0];
    labels_at_most = labels.shape()[1];
    frames = predictions.shape()[1];
    classes = predictions.shape()[2];
    states = 2 * labels_at_most + 1;
  }
  int64_t batch, labels_at_most, frames, classes, states;
};

// Integers (batch), each in [0, most], as i64.
Tensor checked_lengths(const char* name, const Tensor& lengths, const Tensor& predictions, int64_t most) {
  check_integers(name, lengths);
  if (&lengths.context() != &predictions.context())
    invalid("[", kOp, "] '", name,
            "' must be of the context of the predictions: got some of another context; copy their data over");
  const int64_t batch = predictions.shape()[0];
  if (lengths.shape() != Shape{batch})
    invalid("[", kOp, "] '", name, "' must have one number for each sequence: got ", lengths.shape(), " for ",
            batch, " sequences; use reshape");
  return integers_in(kOp, concat("'", name, "'").c_str(), cast(lengths, DType::kI64), 0, most);
}

// One state for each label that counts, and blanks around them: (batch, states), the classes that the states write.
class States {
 public:
  States(const Sizes& n, const Tensor& labels, const Tensor& label_lengths, int64_t blank)
      : n_(n), c_(labels.context()) {
    const Tensor y = cast(labels, DType::kI64), none = number(static_cast<double>(blank));
    counted_ = label_lengths ? label_lengths : sum(cast(not_equal(y, none), DType::kI64), {1});
    counted_ = reshape(counted_, {n.batch, 1});
    const Tensor position = range(c_, n.labels_at_most, 0.0, 1.0, DType::kI64);
    const Tensor kept =
        integers_in(kOp, "a label", select(less(position, counted_), y, none), 0, n.classes - 1);
    const Tensor pairs[] = {broadcast_to(none, {n.batch, n.labels_at_most}), kept};
    const Tensor all[] = {reshape(stack(pairs, 2), {n.batch, n.states - 1}),
                          broadcast_to(none, {n.batch, 1})};
    classes_ = concat(Span<const Tensor>(all), 1);
    position_ = range(c_, n.states, 0.0, 1.0, DType::kI64);
  }

  const Tensor& classes() const { return classes_; }
  Tensor is_first() const { return equal(position_, number(0)); }
  // After the last label, or in the blank behind it.
  Tensor is_last() const {
    const Tensor end = mul_scalar(counted_, 2.0);
    return logical_or(equal(position_, end), equal(position_, add_scalar(end, -1.0)));
  }
  // From the third state on: may the blank before it be left out? Not between equal labels, nor to another blank.
  Tensor may_skip() const {
    return not_equal(slice(classes_, {0, 2}, {n_.batch, n_.states}),
                     slice(classes_, {0, 0}, {n_.batch, n_.states - 2}));
  }

 private:
  Tensor number(double value) const { return full(c_, IntList{}, value, DType::kI64); }

  Sizes n_;
  Context& c_;
  Tensor counted_, classes_, position_;
};

// log p of what each state writes, frame by frame: (frames, batch, states).
Tensor emissions(const Sizes& n, const Tensor& predictions, const Tensor& state_classes) {
  Context& c = predictions.context();
  const auto offsets = [&](int64_t count, int64_t step) {
    return range(c, count, 0.0, static_cast<double>(step), DType::kI64);
  };
  const Tensor frame = reshape(offsets(n.frames, n.classes), {n.frames, 1, 1});
  const Tensor sequence = reshape(offsets(n.batch, n.frames * n.classes), {1, n.batch, 1});
  const Tensor logs = reshape(log_softmax(predictions), {n.batch * n.frames * n.classes});
  return gather(logs, add(add(frame, sequence), state_classes));
}

// The frames of x (frames, batch, n), each (batch, n). By halves: the gradient of a slice is as large as what it was cut from, so
// frames cut one by one from the whole would make the gradient's cost grow with the square of their number.
void cut_frames(const Tensor& x, std::vector<Tensor>& frames) {
  const Shape& s = x.shape();
  if (s[0] == 1) frames.push_back(reshape(x, {s[1], s[2]}));
  if (s[0] < 2) return;
  const int64_t half = s[0] / 2;
  cut_frames(slice(x, {0, 0, 0}, {half, s[1], s[2]}), frames);
  cut_frames(slice(x, {half, 0, 0}, {s[0], s[1], s[2]}), frames);
}

}  // namespace

Tensor ctc(const Tensor& labels, const Tensor& predictions, const Tensor& label_lengths,
           const Tensor& prediction_lengths, int64_t blank, const LossOptions& options) {
  check_no_cross_entropy(kOp, options);
  const Sizes n(labels, predictions);
  if (blank < 0 || blank >= n.classes)
    invalid("[", kOp, "] 'blank' must be a class, in [0, ", n.classes, "): got ", blank, "; 0 is usual");
  Tensor counted, running;
  if (label_lengths) counted = checked_lengths("label_lengths", label_lengths, predictions, n.labels_at_most);
  Context& c = predictions.context();
  if (prediction_lengths) {
    const Tensor length = checked_lengths("prediction_lengths", prediction_lengths, predictions, n.frames);
    const Tensor frame = reshape(range(c, n.frames, 0.0, 1.0, DType::kI64), {n.frames, 1, 1});
    running = less(frame, reshape(length, {1, n.batch, 1}));
  }
  const States states(n, labels, counted, blank);
  const Tensor emission = emissions(n, predictions, states.classes());
  const Tensor never = full(c, IntList{}, -INFINITY, predictions.dtype());
  const Tensor surely = full(c, IntList{}, 0.0, predictions.dtype());
  Tensor skip;
  if (n.states > 2) skip = states.may_skip();
  std::vector<Tensor> emitted, runs;
  cut_frames(emission, emitted);
  if (running) cut_frames(running, runs);
  // log of the probability of everything up to a frame that ends in a state (the paper's alpha). Before the first frame that is
  // the first blank; a step from there to the first label is one of the ordinary steps.
  Tensor alpha = broadcast_to(select(states.is_first(), surely, never), {n.batch, n.states});
  for (size_t t = 0; t < emitted.size(); t++) {
    std::vector<Tensor> ways{alpha};
    if (n.states > 2) {
      const Tensor one = slice(alpha, {0, 0}, {n.batch, n.states - 1});
      const Tensor two = select(skip, slice(alpha, {0, 0}, {n.batch, n.states - 2}), never);
      ways.push_back(pad(one, {0, 1}, {0, 0}, {}, -INFINITY));
      ways.push_back(pad(two, {0, 2}, {0, 0}, {}, -INFINITY));
    }
    const Tensor reached = n.states > 2 ? logsumexp(stack(ways), {0}) : alpha;
    const Tensor next = add(reached, emitted[t]);
    alpha = running ? select(runs[t], next, alpha) : next;
  }
  return reduce_loss(kOp, neg(logsumexp(select(states.is_last(), alpha, never), {1})), options);
}

}  // namespace tl::nn
