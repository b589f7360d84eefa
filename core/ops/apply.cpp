#include "core/ops/apply.h"

#include "core/ops/apply_batched.h"
#include "core/ops/timed.h"
#include "core/tensor/recorder.h"

namespace tl {
namespace {

[[noreturn]] void wrong_count(const OpSchema& schema, size_t got) {
  invalid("[", schema.name, "] it takes ", schema.variadic ? "at least " : "", schema.num_inputs,
          schema.num_inputs == 1 ? " tensor" : " tensors", ": got ", got, "; check the list of operands");
}

// The operand in a message: 'a', or 'values[2]' of a list.
std::string operand(const OpSchema& schema, size_t i) {
  const size_t last = schema.num_inputs - 1u;
  if (!schema.variadic || i < last) return concat("'", schema.inputs[i].name, "'");
  return concat("'", schema.inputs[last].name, "[", i - last, "]'");
}

struct Checked {
  uint64_t bits;  // the union of the operands' tape bits
  bool whole;     // all have data of their own: none is a shell or batched
};

// Checks operands against the row.
Checked check_operands(const OpSchema& schema, Context& context, Inputs in) {
  if (schema.variadic ? in.size() < schema.num_inputs : in.size() != schema.num_inputs)
    wrong_count(schema, in.size());
  Checked found{0, true};
  for (size_t i = 0; i < in.size(); i++) {
    const InputSchema& want = schema.inputs[i < schema.num_inputs ? i : schema.num_inputs - 1u];
    const TensorNode* node = in[i]->node();
    if (!node)
      invalid("[", schema.name, "] ", operand(schema, i), " must be a tensor: got null; was it set?");
    if (node->context != &context)
      invalid("[", schema.name, "] all operands must be of one context: got ", operand(schema, i),
              " of another one; copy its data over");
    if (!contains(want.dtypes, node->dtype))
      invalid("[", schema.name, "] ", operand(schema, i), " must be ", names_of(want.dtypes), ": got ",
              node->dtype, " ", node->shape, "; use cast");
    int same = i < schema.num_inputs ? want.same_as : schema.num_inputs - 1;
    if (same >= 0 && node->dtype != in[same]->dtype())
      invalid("[", schema.name, "] operands must have one dtype: got ", operand(schema, same), " of ",
              in[same]->dtype(), " ", in[same]->shape(), " and ", operand(schema, i), " of ", node->dtype,
              " ", node->shape, "; nothing is converted silently, use cast");
    found.whole &= node->buffer != nullptr;
    found.bits |= node->tape_bits;
  }
  return found;
}

// Where an operand is no data, it must be one of a batch.
void check_batched(const OpSchema& schema, Inputs in) {
  for (size_t i = 0; i < in.size(); i++)
    if (in[i]->is_shell() && !is_batched(*in[i]))
      fail(Code::kInternal, "[", schema.name, "] operand ", operand(schema, i),
           " was not saved for the backward pass; its row in the op table must list it under `saves`");
}

}  // namespace

void apply(OpId op, Context& context, Inputs in, const void* attrs, Tensor* out, uint32_t donated) {
  const OpSchema& schema = schema_of(op);
  context.check_cancelled(schema.name);
  const Checked operands = check_operands(schema, context, in);
  if (!operands.whole) {
    check_batched(schema, in);
    return apply_batched(schema, context, in, attrs, out);
  }
  bool recorded = (operands.bits & context.recording_bits()) != 0;

  OutputSpec specs[kMostOutputs];
  schema.infer(InferArgs{schema, in, attrs}, specs);
  Tensor made[kMostOutputs];
  if (!schema.makes_outputs) {
    for (int i = 0; i < schema.num_outputs; i++) {
      int source = schema.inplace[i];
      if (donated && !recorded && source >= 0 && (donated >> source & 1) && in[source]->owns_memory_alone() &&
          in[source]->dtype() == specs[i].dtype && in[source]->shape() == specs[i].shape) {
        made[i] = in[source]->view(specs[i].shape);
      } else {
        made[i] = context.allocate(specs[i].dtype, specs[i].shape);
      }
    }
  }
  const KernelArgs args{schema, context, in, made, attrs};
  if (__builtin_expect(context.timeline() == nullptr, 1))
    schema.kernel(args);
  else
    run_timed(args);
  for (int i = 0; i < schema.num_outputs; i++) made[i].node()->made_by = static_cast<uint16_t>(op);
  if (recorded || context.observed()) {
    OpCall call{schema, context, in, Span<const Tensor>(made, schema.num_outputs), attrs};
    for (Observer* observer : context.observers()) observer->on_op(call);
    const std::vector<Recorder*>& recorders = context.recorders();
    for (size_t i = 0; recorded && i < recorders.size(); i++)
      if (!recorders[i]->hidden()) recorders[i]->on_op(call);
  }
  for (int i = 0; i < schema.num_outputs; i++) out[i] = std::move(made[i]);
}

}  // namespace tl
