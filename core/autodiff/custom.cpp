#include "core/autodiff/custom.h"

#include "core/autodiff/captures.h"
#include "core/autodiff/unlisted.h"
#include "core/base/error.h"

namespace tl {
namespace {

class FunctionRule final : public Rule {
 public:
  explicit FunctionRule(CustomGradient functions) : functions_(std::move(functions)) {}
  const std::string& name() const override { return functions_.name; }
  std::vector<Tensor> forward(Span<const Tensor> inputs) { return functions_.forward(inputs); }
  std::vector<Tensor> backward(const RuleArgs& args) override { return functions_.backward(args); }
  std::vector<Tensor> tangents(const RuleArgs& args, Span<const Tensor> input_tangents) override {
    return functions_.jvp ? functions_.jvp(args, input_tangents) : Rule::tangents(args, input_tangents);
  }

 private:
  CustomGradient functions_;
};

class PassThrough final : public Rule {
 public:
  const std::string& name() const override { return name_; }
  std::vector<Tensor> backward(const RuleArgs& args) override { return {args.grad[0]}; }
  std::vector<Tensor> tangents(const RuleArgs&, Span<const Tensor> input_tangents) override {
    return {input_tangents[0]};
  }
  bool saves_outputs() const override { return false; }

 private:
  std::string name_ = "grad_pass_through";
};

bool is_one_of(Span<Variable* const> list, const Variable* v) {
  for (const Variable* other : list)
    if (other == v) return true;
  return false;
}

}  // namespace

std::vector<Tensor> custom_gradient(Context& context, CustomGradient functions, Span<const Tensor> inputs,
                                    Span<Variable* const> captured) {
  auto rule = std::make_shared<FunctionRule>(std::move(functions));
  std::vector<Tensor> in(inputs.begin(), inputs.end());
  check_inputs(rule->name(), context, inputs);
  for (Variable* v : captured) in.push_back(v->read());

  std::vector<Tensor> out;
  {
    UnlistedOperands unlisted(context, in);
    Unrecorded one_entry(context);
    Captures seen(context);
    out = rule->forward(Span<const Tensor>(in.data(), inputs.size()));
    for (const Captures::Read& r : seen.reads())
      if ((r.variable->trainable() || unlisted.followed(*r.variable)) && is_floating(r.variable->dtype()) &&
          !is_one_of(captured, r.variable.get()))
        invalid("[", rule->name(), "] the rule must know each ",
                r.variable->trainable() ? "trainable" : "watched", " variable that the function reads: got '",
                r.variable->name(),
                "', which it does not; list it among the captured ones, or pass it as an input");
    unlisted.check(rule->name());
  }
  std::vector<const Tensor*> operands;
  operands.reserve(in.size());
  for (const Tensor& t : in) operands.push_back(&t);
  adopt_outputs(rule->name(), context, out);
  std::shared_ptr<Rule> shared = std::move(rule);
  announce({shared, context, operands, out});
  return out;
}

Tensor grad_pass_through(const Tensor& value, const Tensor& path) {
  if (!value || !path)
    invalid("[grad_pass_through] 'value' and 'path' must be tensors: got null; was it set?");
  if (&value.context() != &path.context())
    invalid("[grad_pass_through] 'value' and 'path' must be of one context: got two; copy the data over");
  if (!is_floating(path.dtype()))
    invalid("[grad_pass_through] 'path' must be floating point: got ", path.dtype(), " ", path.shape(),
            "; cast it");
  if (value.dtype() != path.dtype() || value.shape() != path.shape())
    invalid("[grad_pass_through] 'value' and 'path' must have one dtype and shape: got ", value.dtype(), " ",
            value.shape(), " and ", path.dtype(), " ", path.shape(), "; cast or reshape one");
  Tensor out = value.view(value.shape());
  const Tensor* in[] = {&path};
  std::shared_ptr<Rule> rule = std::make_shared<PassThrough>();
  announce({rule, path.context(), in, Span<const Tensor>(&out, 1)});
  return out;
}

}  // namespace tl
