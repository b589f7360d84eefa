// Rule: a gradient rule that the program brings along, for a function of its own. Where an op of the table has a row, such a
// function has a Rule; tapes keep it like any op, as one entry.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/span.h"
#include "core/tensor/context.h"
#include "core/tensor/tensor.h"

namespace tl {

// What a rule gets: the values of the forward pass, and the gradient of each output (null where nothing arrived).
struct RuleArgs {
  Context& context;
  Span<const Tensor> in;
  Span<const Tensor> out;  // shells unless the rule saves them
  Span<const Tensor> grad;
  Span<const char> needed;  // for each input, whether its gradient is wanted
};

class Rule {
 public:
  virtual ~Rule() = default;
  virtual const std::string& name() const = 0;
  // The gradient of each input, null for none. In public ops, so that other tapes record it.
  virtual std::vector<Tensor> backward(const RuleArgs& args) = 0;
  // For forward mode: the tangent of each output, null for none, from those of the inputs (null: none; at least one is
  // there). args has no output gradients. By default an error: the rule goes backward only.
  virtual std::vector<Tensor> tangents(const RuleArgs& args, Span<const Tensor> input_tangents);
  virtual bool saves_outputs() const { return true; }
};

// One function with a rule that has run, for recorders and observers.
struct RuleCall {
  const std::shared_ptr<Rule>& rule;
  Context& context;
  Span<const Tensor* const> in;
  Span<const Tensor> out;
};

// Shows it to all observers and recorders.
void announce(const RuleCall& call);

// What a function with a rule is given and what it gives: tensors of the context. Throws under the function's name. Outputs
// become values of their own, because tapes may know the tensor that the function gave, an input say.
void check_inputs(const std::string& name, Context& context, Span<const Tensor> inputs);
void adopt_outputs(const std::string& name, Context& context, Span<Tensor> outputs);

// rule.backward(args), checked: as many gradients as inputs, each of its input's dtype and shape. Throws an error that names
// the rule.
std::vector<Tensor> checked_backward(Rule& rule, const RuleArgs& args);
// rule.tangents(), checked in the same way against the outputs.
std::vector<Tensor> checked_tangents(Rule& rule, const RuleArgs& args, Span<const Tensor> input_tangents);

}  // namespace tl
