#include "core/autodiff/batched_rule.h"

#include "core/base/error.h"
#include "core/ops/batch.h"
#include "core/ops/generated/functions.h"

namespace tl {
namespace {

// The rule of one example as that of a batch.
class BatchedRule final : public Rule {
 public:
  BatchedRule(std::shared_ptr<Rule> of_one, int64_t size, std::vector<char> in, std::vector<char> out)
      : of_one_(std::move(of_one)), size_(size), in_batched_(std::move(in)), out_batched_(std::move(out)) {}
  const std::string& name() const override { return of_one_->name(); }
  bool saves_outputs() const override { return of_one_->saves_outputs(); }

  std::vector<Tensor> backward(const RuleArgs& args) override {
    Batch batch(args.context, size_);
    std::vector<Tensor> in = enter(batch, args.in, in_batched_), out = enter(batch, args.out, out_batched_),
                        arrived;
    for (size_t i = 0; i < args.grad.size(); i++) {
      const Tensor& g = args.grad[i];
      arrived.push_back(g ? batch.enter(out_batched_[i] ? g : to_first(g)) : g);
    }
    std::vector<Tensor> grads =
        checked_backward(*of_one_, RuleArgs{args.context, in, out, arrived, args.needed});
    for (size_t i = 0; i < grads.size(); i++)
      if (grads[i]) grads[i] = in_batched_[i] ? leave(batch, grads[i]) : total(batch, grads[i]);
    return grads;
  }

  std::vector<Tensor> tangents(const RuleArgs& args, Span<const Tensor> input_tangents) override {
    Batch batch(args.context, size_);
    std::vector<Tensor> in = enter(batch, args.in, in_batched_), out = enter(batch, args.out, out_batched_),
                        moving = enter(batch, input_tangents, in_batched_);
    std::vector<Tensor> result =
        checked_tangents(*of_one_, RuleArgs{args.context, in, out, {}, args.needed}, moving);
    for (size_t i = 0; i < result.size(); i++) {
      if (!result[i]) continue;
      if (!out_batched_[i] && batch.splits(result[i]))
        invalid("[", name(), "] an output that is the same for each example of a vmap has one tangent: got ",
                "different ones for output ", i, "; let the output depend on what differs");
      if (out_batched_[i]) result[i] = leave(batch, result[i]);
    }
    return result;
  }

 private:
  // What arrives at an output that is the same for each example is the sum over all of them already, so that one example gets
  // it, and the others nothing.
  Tensor to_first(const Tensor& g) const {
    IntList one{1}, before, behind;
    for (int64_t d : g.shape()) one.push_back(d);
    for (int i = 0; i < one.size(); i++) before.push_back(0), behind.push_back(i == 0 ? size_ - 1 : 0);
    Tensor first = reshape(g, one);
    if (size_ > 0) return pad(first, before, behind);
    one[0] = 0;
    return full(g.context(), one, 0.0, g.dtype());
  }
  static std::vector<Tensor> enter(const Batch& batch, Span<const Tensor> wholes,
                                   const std::vector<char>& batched) {
    std::vector<Tensor> out;
    out.reserve(wholes.size());
    for (size_t i = 0; i < wholes.size(); i++)
      out.push_back(wholes[i] && batched[i] ? batch.enter(wholes[i]) : wholes[i]);
    return out;
  }
  Tensor leave(const Batch& batch, const Tensor& t) const { return batch.leave(name().c_str(), t); }
  // The sum over the examples.
  Tensor total(const Batch& batch, const Tensor& t) const {
    return batch.splits(t) ? sum(leave(batch, t), {0}) : mul_scalar(t, static_cast<double>(size_));
  }

  std::shared_ptr<Rule> of_one_;
  int64_t size_;
  std::vector<char> in_batched_, out_batched_;
};

}  // namespace

void show_outside(const RuleCall& call, const BatchLevel& level, FunctionRef<void(const RuleCall&)> see) {
  std::vector<const Tensor*> in;
  std::vector<Tensor> out;
  std::vector<char> in_batched, out_batched;
  for (const Tensor* t : call.in) {
    in_batched.push_back(level_of(*t) == level.number);
    in.push_back(in_batched.back() ? &physical_of(*t) : t);
  }
  for (const Tensor& t : call.out) {
    out_batched.push_back(level_of(t) == level.number);
    out.push_back(out_batched.back() ? physical_of(t) : t);
  }
  std::shared_ptr<Rule> rule =
      std::make_shared<BatchedRule>(call.rule, level.size, std::move(in_batched), std::move(out_batched));
  see(RuleCall{rule, call.context, in, out});
}

}  // namespace tl
