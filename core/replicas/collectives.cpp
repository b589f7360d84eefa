#include "core/replicas/collectives.h"

#include <functional>
#include <string>
#include <utility>

#include "core/autodiff/rule.h"
#include "core/base/error.h"
#include "core/ops/generated/functions.h"

namespace tl::replicas {
namespace {

// A collective that is linear in its tensors: its tangents are itself, and its gradient is another one, the transpose.
class LinearCollective final : public Rule {
 public:
  using Map = std::function<std::vector<Tensor>(Span<const Tensor>)>;
  LinearCollective(std::string name, Map self, Map transpose)
      : name_(std::move(name)), self_(std::move(self)), transpose_(std::move(transpose)) {}

  const std::string& name() const override { return name_; }
  bool saves_outputs() const override { return false; }
  std::vector<Tensor> backward(const RuleArgs& args) override {
    const std::vector<Tensor> arrived = with_zeros(args.grad, args.out);
    return transpose_(arrived);
  }
  std::vector<Tensor> tangents(const RuleArgs& args, Span<const Tensor> input_tangents) override {
    const std::vector<Tensor> all = with_zeros(input_tangents, args.in);
    return self_(all);
  }

 private:
  // All ranks must exchange the same tensors, so one that is missing on this rank is zero.
  static std::vector<Tensor> with_zeros(Span<const Tensor> some, Span<const Tensor> like) {
    std::vector<Tensor> out(some.begin(), some.end());
    for (size_t i = 0; i < out.size(); i++)
      if (!out[i]) out[i] = zeros(like[i].context(), like[i].shape(), like[i].dtype());
    return out;
  }

  std::string name_;
  Map self_, transpose_;
};

// The least or the greatest over ranks.
class ExtremeOverRanks final : public Rule {
 public:
  ExtremeOverRanks(GroupPtr group, std::string name) : group_(std::move(group)), name_(std::move(name)) {}
  const std::string& name() const override { return name_; }
  std::vector<Tensor> backward(const RuleArgs& args) override {
    std::vector<Tensor> sums, gradients;
    for (size_t i = 0; i < args.in.size(); i++)
      sums.push_back(args.grad[i] ? args.grad[i]
                                  : zeros(args.context, args.out[i].shape(), args.out[i].dtype()));
    sums = all_reduce(group_, sums, Reduction::kSum);
    const std::vector<Tensor> shares = shares_of(args);
    for (size_t i = 0; i < shares.size(); i++) gradients.push_back(strong_zero_mul(shares[i], sums[i]));
    return gradients;
  }
  std::vector<Tensor> tangents(const RuleArgs& args, Span<const Tensor> input_tangents) override {
    std::vector<Tensor> mine;
    const std::vector<Tensor> shares = shares_of(args);
    for (size_t i = 0; i < shares.size(); i++)
      mine.push_back(input_tangents[i] ? strong_zero_mul(shares[i], input_tangents[i])
                                       : zeros(args.context, args.in[i].shape(), args.in[i].dtype()));
    return all_reduce(group_, mine, Reduction::kSum);
  }

 private:
  // 1 / (how many ranks hold the extreme) where this one does, else 0.
  std::vector<Tensor> shares_of(const RuleArgs& args) {
    std::vector<Tensor> held;
    for (size_t i = 0; i < args.in.size(); i++)
      held.push_back(cast(equal(stop_gradient(args.in[i]), stop_gradient(args.out[i])), args.in[i].dtype()));
    const std::vector<Tensor> counts = all_reduce(group_, held, Reduction::kSum);
    for (size_t i = 0; i < held.size(); i++) held[i] = strong_zero_div(held[i], counts[i]);
    return held;
  }

  GroupPtr group_;
  std::string name_;
};

// Shows a collective that has run to whoever records. Of integers there is nothing to tell.
std::vector<Tensor> shown(const GroupPtr& group, std::shared_ptr<Rule> rule, Span<const Tensor> x,
                          std::vector<Tensor> out) {
  std::vector<const Tensor*> in;
  bool floating = false;
  for (const Tensor& t : x) {
    in.push_back(&t);
    floating |= is_floating(t.dtype());
  }
  if (floating) announce({rule, group->context(), in, out});
  return out;
}

std::vector<Tensor> one(const Tensor& x) { return {x}; }

void check_linear(const GroupPtr& group, const char* op, Reduction reduction) {
  if (reduction != Reduction::kMin && reduction != Reduction::kMax) return;
  const std::string text = concat("[", op, "] the reduction must be a sum or mean: got ",
                                  dist::name_of(reduction), "; all_reduce takes the others, too");
  group->leave(text);
  fail(Code::kUnsupported, text);
}

Tensor scatter_rows(const GroupPtr& group, const Tensor& x, Reduction reduction, std::vector<int64_t> rows);

// Its gradient needs the sizes of the parts.
Tensor gather(const GroupPtr& group, const Tensor& x) {
  constexpr const char* op = "group_all_gather";
  std::vector<int64_t> rows;
  const Tensor out = group->all_gather(op, x, &rows);
  const Shape shape = x.shape();
  auto rule = std::make_shared<LinearCollective>(
      op, [group](Span<const Tensor> t) { return one(gather(group, t[0])); },
      [group, rows, shape](Span<const Tensor> g) {
        return one(reshape(scatter_rows(group, g[0], Reduction::kSum, rows), shape));
      });
  return shown(group, std::move(rule), Span<const Tensor>(&x, 1), one(out))[0];
}

Tensor scatter_rows(const GroupPtr& group, const Tensor& x, Reduction reduction, std::vector<int64_t> rows) {
  constexpr const char* op = "group_reduce_scatter";
  const Tensor out = group->reduce_scatter(op, x, reduction, rows);
  auto rule = std::make_shared<LinearCollective>(
      op,
      [group, reduction, rows](Span<const Tensor> t) {
        return one(scatter_rows(group, t[0], reduction, rows));
      },
      [group, reduction](Span<const Tensor> g) {
        const Tensor all = gather(group, g[0]);
        if (reduction != Reduction::kMean) return one(all);
        return one(div(all, full(group->context(), Shape{}, group->size(), all.dtype())));
      });
  return shown(group, std::move(rule), Span<const Tensor>(&x, 1), one(out))[0];
}

}  // namespace

std::vector<Tensor> all_reduce(const GroupPtr& group, Span<const Tensor> x, Reduction reduction,
                               dist::Wire wire) {
  constexpr const char* op = "group_all_reduce";
  std::vector<Tensor> out = group->all_reduce(op, x, reduction, wire);
  if (out.empty()) return out;
  std::shared_ptr<Rule> rule;
  if (reduction == Reduction::kMin || reduction == Reduction::kMax) {
    rule = std::make_shared<ExtremeOverRanks>(group, op);
  } else {
    const auto again = [group, reduction, wire](Span<const Tensor> t) {
      return all_reduce(group, t, reduction, wire);
    };
    rule = std::make_shared<LinearCollective>(op, again, again);
  }
  return shown(group, std::move(rule), x, std::move(out));
}

Tensor all_reduce(const GroupPtr& group, const Tensor& x, Reduction reduction) {
  return all_reduce(group, Span<const Tensor>(&x, 1), reduction)[0];
}

Tensor reduce(const GroupPtr& group, const Tensor& x, Reduction reduction, int root) {
  constexpr const char* op = "group_reduce";
  check_linear(group, op, reduction);
  const Tensor out = group->reduce(op, x, reduction, root);
  auto rule = std::make_shared<LinearCollective>(
      op,
      [group, reduction, root](Span<const Tensor> t) { return one(reduce(group, t[0], reduction, root)); },
      [group, reduction, root](Span<const Tensor> g) {
        const Tensor sent = broadcast(group, g[0], root);
        if (reduction != Reduction::kMean) return one(sent);
        return one(div(sent, full(group->context(), Shape{}, group->size(), sent.dtype())));
      });
  return shown(group, std::move(rule), Span<const Tensor>(&x, 1), one(out))[0];
}

Tensor all_gather(const GroupPtr& group, const Tensor& x) { return gather(group, x); }

Tensor reduce_scatter(const GroupPtr& group, const Tensor& x, Reduction reduction) {
  check_linear(group, "group_reduce_scatter", reduction);
  return scatter_rows(group, x, reduction, {});
}

Tensor broadcast(const GroupPtr& group, const Tensor& x, int root) {
  constexpr const char* op = "group_broadcast";
  std::vector<Tensor> out = group->broadcast(op, Span<const Tensor>(&x, 1), root);
  auto rule = std::make_shared<LinearCollective>(
      op, [group, root](Span<const Tensor> t) { return one(broadcast(group, t[0], root)); },
      [group, root](Span<const Tensor> g) { return one(reduce(group, g[0], Reduction::kSum, root)); });
  return shown(group, std::move(rule), Span<const Tensor>(&x, 1), std::move(out))[0];
}

Tensor all_to_all(const GroupPtr& group, const Tensor& x) {
  constexpr const char* op = "group_all_to_all";
  const Tensor out = group->all_to_all(op, x);
  const auto again = [group](Span<const Tensor> t) { return one(all_to_all(group, t[0])); };
  auto rule = std::make_shared<LinearCollective>(op, again, again);
  return shown(group, std::move(rule), Span<const Tensor>(&x, 1), one(out))[0];
}

}  // namespace tl::replicas
