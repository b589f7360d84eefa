#include "core/autodiff/recompute.h"

#include "core/autodiff/captures.h"
#include "core/autodiff/forward.h"
#include "core/autodiff/nesting.h"
#include "core/autodiff/tape.h"
#include "core/autodiff/unlisted.h"
#include "core/base/error.h"
#include "core/ops/generated/functions.h"

namespace tl {
namespace {

// What layers draw when they are built in the first run, they do not draw again.
class Told {
 public:
  Told(Context& context, std::vector<Making>& makings)
      : context_(context), makings_(makings), outer_(context.tell_makings(&makings)) {}
  ~Told() { context_.tell_makings(outer_); }
  Told(const Told&) = delete;
  Told& operator=(const Told&) = delete;
  // A segment around this one runs it again, too.
  void tell_outer() const {
    if (outer_) outer_->insert(outer_->end(), makings_.begin(), makings_.end());
  }

 private:
  Context& context_;
  std::vector<Making>& makings_;
  std::vector<Making>* outer_;
};

// Puts the random numbers and the variables back as they were, whatever the second run did to them.
class Rewound {
 public:
  Rewound(Context& context, const RandomState& random, const std::vector<Making>& makings,
          const std::vector<Captures::Read>& reads)
      : context_(context), now_(context.random()), outer_run_(context.recomputing()) {
    for (const Captures::Read& r : reads) held_.push_back({r.variable, r.variable->peek()});
    for (const Captures::Read& r : reads) r.variable->put(r.value);
    context_.random() = random;
    outer_makings_ = context_.know_makings(&makings);
    context_.begin_recomputing();
  }
  ~Rewound() {
    context_.know_makings(outer_makings_);
    context_.end_recomputing(outer_run_);
    context_.random() = now_;
    for (const Captures::Read& r : seen_.assigned()) r.variable->put(r.value);
    for (const Captures::Read& r : held_) r.variable->put(r.value);  // last: they may have been assigned, too
    context_.count_recomputed(seen_.ops());
  }
  Rewound(const Rewound&) = delete;
  Rewound& operator=(const Rewound&) = delete;

 private:
  Context& context_;
  RandomState now_;
  uint32_t outer_run_;
  const std::vector<Making>* outer_makings_ = nullptr;
  std::vector<Captures::Read> held_;
  Captures seen_{context_};
};

class SegmentRule final : public Rule {
 public:
  SegmentRule(std::string name, Segment segment) : name_(std::move(name)), segment_(std::move(segment)) {}
  const std::string& name() const override { return name_; }
  bool saves_outputs() const override { return false; }

  std::vector<Tensor> forward(Context& context, Span<const Tensor> inputs) {
    num_inputs_ = inputs.size();
    random_ = context.random();
    UnlistedOperands unlisted(context, inputs);
    Unrecorded one_entry(context);
    Captures seen(context);
    const Told told(context, makings_);
    std::vector<Tensor> out = segment_(inputs);
    told.tell_outer();
    unlisted.check(name_);
    reads_ = seen.reads();
    return out;
  }

  // Only tapes that watch a variable get it as an input, so show them the reads that they have missed.
  void show_reads(Context& context) {
    for (const Captures::Read& r : reads_)
      for (Recorder* recorder : context.recorders())
        if (!recorder->hidden()) recorder->on_read(*r.variable, r.value);
  }
  const std::vector<Captures::Read>& reads() const { return reads_; }

  std::vector<Tensor> backward(const RuleArgs& args) override;
  std::vector<Tensor> tangents(const RuleArgs& args, Span<const Tensor> input_tangents) override;

 private:
  std::vector<Tensor> run_again(const RuleArgs& args, Span<const Tensor> inputs) const;

  std::string name_;
  Segment segment_;
  size_t num_inputs_ = 0;
  RandomState random_;
  std::vector<Making> makings_;
  std::vector<Captures::Read> reads_;
};

std::vector<Tensor> SegmentRule::run_again(const RuleArgs& args, Span<const Tensor> inputs) const {
  Rewound rewound(args.context, random_, makings_, reads_);
  std::vector<Tensor> out = segment_(inputs);
  bool same = out.size() == args.out.size();
  for (size_t i = 0; same && i < out.size(); i++)
    same = out[i] && out[i].dtype() == args.out[i].dtype() && out[i].shape() == args.out[i].shape();
  if (same) return out;
  std::string got, want;
  for (const Tensor& t : out) got += t ? concat(" ", t.dtype(), " ", t.shape()) : " none";
  for (const Tensor& t : args.out) want += concat(" ", t.dtype(), " ", t.shape());
  invalid("[", name_, "] a segment must give the same outputs when it runs again for its gradient: got", got,
          " after", want, "; it must depend on its inputs, variables and random numbers only");
}

std::vector<Tensor> SegmentRule::backward(const RuleArgs& args) {
  Tape tape(args.context, TapeOptions{/*persistent=*/false, /*watch_variables=*/false});
  // A value of its own for each place: f(x, x) has two gradients. By an op, so that outer tapes can follow.
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < num_inputs_; i++)
    inputs.push_back(args.needed[i] ? identity(args.in[i]) : args.in[i]);
  std::vector<GradientSource> sources;
  std::vector<size_t> places;
  for (size_t i = 0; i < args.in.size(); i++) {
    if (!args.needed[i]) continue;
    places.push_back(i);
    if (i < num_inputs_) {
      tape.watch(inputs[i]);
      sources.push_back({inputs[i], nullptr});
    } else {
      Variable& v = *reads_[i - num_inputs_].variable;
      tape.watch(v);
      sources.push_back({Tensor(), &v});
    }
  }
  std::vector<Tensor> out = run_again(args, inputs), targets, seeds;
  for (size_t i = 0; i < out.size(); i++) {
    if (!args.grad[i]) continue;
    targets.push_back(std::move(out[i]));
    seeds.push_back(args.grad[i]);
  }
  out.clear();
  NestedCall level(args.context,
                   name_);  // segments that are nested in this one have their gradients inside this call
  std::vector<Tensor> found = tape.gradient(targets, sources, seeds), grads(args.in.size());
  for (size_t k = 0; k < places.size(); k++) grads[places[k]] = std::move(found[k]);
  return grads;
}

std::vector<Tensor> SegmentRule::tangents(const RuleArgs& args, Span<const Tensor> input_tangents) {
  std::vector<Tensor> inputs, directions;
  std::vector<GradientSource> primals;
  for (size_t i = 0; i < args.in.size(); i++) {
    const bool has_one = static_cast<bool>(input_tangents[i]);
    if (i < num_inputs_) inputs.push_back(has_one ? identity(args.in[i]) : args.in[i]);
    if (!has_one) continue;
    directions.push_back(input_tangents[i]);
    if (i < num_inputs_)
      primals.push_back({inputs[i], nullptr});
    else
      primals.push_back({Tensor(), reads_[i - num_inputs_].variable.get()});
  }
  Forward forward(args.context, primals, directions);
  std::vector<Tensor> out = run_again(args, inputs);
  for (Tensor& t : out) t = is_floating(t.dtype()) ? forward.tangent(t) : Tensor();
  return out;
}

}  // namespace

std::vector<Tensor> recompute(Context& context, std::string name, Segment segment,
                              Span<const Tensor> inputs) {
  auto rule = std::make_shared<SegmentRule>(std::move(name), std::move(segment));
  check_inputs(rule->name(), context, inputs);
  std::vector<Tensor> out = rule->forward(context, inputs);
  std::vector<const Tensor*> operands;
  for (const Tensor& t : inputs) operands.push_back(&t);
  rule->show_reads(context);
  for (const Captures::Read& r : rule->reads()) operands.push_back(&r.value);
  adopt_outputs(rule->name(), context, out);
  std::shared_ptr<Rule> shared = rule;
  announce({shared, context, operands, out});
  return out;
}

}  // namespace tl
