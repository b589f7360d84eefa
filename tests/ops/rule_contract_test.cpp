// What a row promises about its gradient rule, checked without a tape: the rule reads nothing that the row does not
// save, needs everything that it does save, gives each gradient that is asked for whatever else is asked, and treats
// a missing output gradient as zeros.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/ops/schema.h"
#include "core/tensor/recorder.h"
#include "tests/ops/op_case.h"

namespace tl::test {
namespace {

// One call of an op, kept as a tape would, but with all operands.
struct RuleCall {
  const OpSchema* schema;
  std::vector<Tensor> in, out;
  std::vector<uint64_t> attrs;
};

class Recording final : public Recorder {
 public:
  explicit Recording(Context& context) : context_(context), bit_(context.new_recorder_bit()) {
    context.add_recorder(this);
  }
  ~Recording() override { context_.remove_recorder(this); }
  void follow(const Tensor& tensor) { tensor.node()->tape_bits |= bit_; }
  uint64_t bits() const override { return bit_; }
  void on_op(const OpCall& call) override {
    RuleCall kept{&call.schema, {}, {}, std::vector<uint64_t>((call.schema.attr_bytes + 7u) / 8)};
    for (const Tensor* t : call.in) kept.in.push_back(*t);
    for (const Tensor& t : call.out) {
      follow(t);
      kept.out.push_back(t);
    }
    if (call.schema.attr_bytes) std::memcpy(kept.attrs.data(), call.attrs, call.schema.attr_bytes);
    calls.push_back(std::move(kept));
  }
  void on_read(Variable&, const Tensor&) override {}

  std::vector<RuleCall> calls;

 private:
  Context& context_;
  uint64_t bit_;
};

uint64_t input_bit(const OpSchema& schema, size_t i) {
  return uint64_t{1} << (i < schema.num_inputs ? i : schema.num_inputs - 1u);
}

// Runs the rule with shells for what is not in `saved_inputs` and `saved_outputs`.
std::vector<Tensor> run_rule(const RuleCall& call, uint64_t saved_inputs, uint64_t saved_outputs,
                             uint64_t needed, const std::vector<Tensor>& output_grads) {
  const OpSchema& schema = *call.schema;
  std::vector<Tensor> in, out;
  for (size_t i = 0; i < call.in.size(); i++)
    in.push_back(saved_inputs & input_bit(schema, i) ? call.in[i] : call.in[i].shell());
  for (size_t i = 0; i < call.out.size(); i++)
    out.push_back(saved_outputs >> i & 1 ? call.out[i] : call.out[i].shell());
  std::vector<const Tensor*> addresses;
  for (const Tensor& t : in) addresses.push_back(&t);
  std::vector<Tensor> grads(in.size());
  schema.vjp(VjpArgs{schema, Inputs(addresses.data(), addresses.size()), Span<const Tensor>(out),
                     Span<const Tensor>(output_grads), call.attrs.data(), needed},
             grads.data());
  return grads;
}

std::vector<Tensor> some_output_grads(Context& context, const RuleCall& call, uint64_t present) {
  std::vector<Tensor> out;
  for (size_t i = 0; i < call.out.size(); i++) {
    Array g = sample_direction(call.out[i].shape(), 40 + i);
    g.dtype = call.out[i].dtype();
    out.push_back(present >> i & 1 ? to_tensor(context, g) : Tensor());
  }
  return out;
}

uint64_t floating_inputs(const RuleCall& call) {
  uint64_t out = 0;
  for (size_t i = 0; i < call.in.size(); i++)
    if (is_floating(call.in[i].dtype())) out |= uint64_t{1} << i;
  return out;
}

// The calls of ops with rules that the cases of an op make, directly or as parts of a composite op.
std::vector<RuleCall> record(Context& context, const OpCase& c) {
  Tensors in = to_tensors(context, sample_operands(c, DType::kF64));
  Recording recording(context);
  for (const Tensor& t : in)
    if (is_floating(t.dtype())) recording.follow(t);
  c.call(context, in);
  std::vector<RuleCall> out;
  for (RuleCall& call : recording.calls)
    if (call.schema->gradient == GradientKind::kRule && is_floating(call.out[0].dtype()))
      out.push_back(std::move(call));
  return out;
}

std::string check_call(Context& context, const RuleCall& call) {
  const OpSchema& schema = *call.schema;
  const uint64_t all_outputs = (uint64_t{1} << call.out.size()) - 1, floating = floating_inputs(call);
  std::vector<Tensor> full_grads = some_output_grads(context, call, all_outputs);
  std::vector<Tensor> all = run_rule(call, schema.saved_inputs, schema.saved_outputs, floating, full_grads);
  for (size_t i = 0; i < call.in.size(); i++) {
    if (!(floating >> i & 1)) continue;
    if (!all[i]) return concat("gives no gradient for operand ", i);
    if (all[i].dtype() != call.in[i].dtype()) return concat("gives a gradient of dtype ", all[i].dtype());
    // The tape sums broadcast axes: of an element-wise op the output's shape, of matmul its batch axes.
    if (broadcast("sum_to", all[i].shape(), call.in[i].shape()) != all[i].shape())
      return concat("gives a gradient of shape ", all[i].shape(), " for operand ", i);
    // Asked for alone, the gradient is the same; the others may stay unset.
    std::vector<Tensor> alone =
        run_rule(call, schema.saved_inputs, schema.saved_outputs, uint64_t{1} << i, full_grads);
    if (!alone[i]) return concat("gives no gradient for operand ", i, " when asked for it alone");
    std::string what = difference(to_array(alone[i]), to_array(all[i]), 1e-13, 1);
    if (!what.empty()) return concat("operand ", i, " alone: ", what);
  }
  // The parts that come from each output add up.
  if (call.out.size() > 1) {
    std::vector<Array> sum;
    for (size_t i = 0; i < all.size(); i++) sum.push_back(all[i] ? to_array(all[i]) : Array{});
    for (size_t j = 0; j < call.out.size(); j++) {
      std::vector<Tensor> part = run_rule(call, schema.saved_inputs, schema.saved_outputs, floating,
                                          some_output_grads(context, call, uint64_t{1} << j));
      for (size_t i = 0; i < part.size(); i++) {
        if (!part[i]) continue;  // this output does not depend on the operand
        if (part[i].shape() != all[i].shape()) return "gives gradients of other shapes for one output";
        Array values = to_array(part[i]);
        for (size_t e = 0; e < values.values.size(); e++) sum[i].values[e] -= values.values[e];
      }
    }
    for (const Array& rest : sum)
      for (double v : rest.values)
        if (std::fabs(v) > 1e-12) return concat("the parts of the outputs do not add up: ", v, " is missing");
  }
  return "";
}

// Does the rule fail when it does not get the data of one saved operand?
bool reads(Context& context, const RuleCall& call, uint64_t without_input, uint64_t without_output) {
  std::vector<Tensor> grads = some_output_grads(context, call, (uint64_t{1} << call.out.size()) - 1);
  try {
    run_rule(call, call.schema->saved_inputs & ~without_input, call.schema->saved_outputs & ~without_output,
             floating_inputs(call), grads);
  } catch (const Error& e) {
    return e.code() == Code::kInternal;
  }
  return false;
}

}  // namespace

TEST_CASE("gradient rules keep to what their rows save", "[ops][gradient]") {
  std::map<std::string, std::set<std::string>> saved, read;
  std::set<std::string> checked;
  for (const OpCase& c : op_cases()) {
    if (c.error || c.gradient == Gradient::kNone || c.gradient == Gradient::kZero) continue;
    Context context(ContextOptions{});
    for (const RuleCall& call : record(context, c)) {
      const OpSchema& schema = *call.schema;
      INFO(c.label() << ", rule of " << schema.name);
      std::string problem;
      try {
        problem = check_call(context, call);
      } catch (const std::exception& e) {
        problem = e.what();
      }
      CHECK(problem == "");
      checked.insert(schema.name);
      for (size_t i = 0; i < schema.num_inputs; i++) {
        if (!(schema.saved_inputs >> i & 1)) continue;
        saved[schema.name].insert(schema.inputs[i].name);
        if (problem.empty() && reads(context, call, uint64_t{1} << i, 0))
          read[schema.name].insert(schema.inputs[i].name);
      }
      for (size_t i = 0; i < schema.num_outputs; i++) {
        if (!(schema.saved_outputs >> i & 1)) continue;
        std::string name = concat("output ", i);
        saved[schema.name].insert(name);
        if (problem.empty() && reads(context, call, 0, uint64_t{1} << i)) read[schema.name].insert(name);
      }
    }
  }
  for (const OpSchema& schema : all_schemas()) {
    INFO(schema.name);
    if (schema.gradient == GradientKind::kRule) CHECK(checked.count(schema.name) == 1);
    // What is saved without being read would be memory that every training step pays for.
    CHECK(saved[schema.name] == read[schema.name]);
  }
}

}  // namespace tl::test
