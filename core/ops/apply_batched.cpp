#include "core/ops/apply_batched.h"

#include "core/tensor/recorder.h"

namespace tl {
namespace {

// The newest level of the operands.
const BatchLevel& level_of_call(const OpSchema& schema, const Context& context, Inputs in) {
  uint64_t number = 0;
  size_t at = 0;
  for (size_t i = 0; i < in.size(); i++) {
    if (level_of(*in[i]) <= number) continue;
    number = level_of(*in[i]);
    at = i;
  }
  if (const BatchLevel* level = context.find_batch_level(number)) return *level;
  fail(Code::kFailedPrecondition, "[", schema.name,
       "] a tensor inside vmap must not be used after its end: got ", in[at]->dtype(), " ", in[at]->shape(),
       "; return it from the function, and use what vmap gives for it");
}

// The operands of the rule.
class Physical {
 public:
  Physical(Inputs in, uint64_t level) : size_(in.size()) {
    if (size_ > kInline) {
      more_tensors_.resize(size_);
      more_shapes_.resize(size_);
      more_batched_.resize(size_);
    }
    for (size_t i = 0; i < size_; i++) {
      const Tensor& t = *in[i];
      const bool batched = level_of(t) == level;
      tensors()[i] = batched ? &physical_of(t) : &t;
      shapes()[i] = t.shape();
      flags()[i] = batched;
    }
  }
  Inputs in() { return Inputs(tensors(), size_); }
  Span<const Shape> logical() { return Span<const Shape>(shapes(), size_); }
  Span<const char> batched() { return Span<const char>(flags(), size_); }

 private:
  static constexpr size_t kInline = 8;
  const Tensor** tensors() { return more_tensors_.empty() ? tensors_ : more_tensors_.data(); }
  Shape* shapes() { return more_shapes_.empty() ? shapes_ : more_shapes_.data(); }
  char* flags() { return more_batched_.empty() ? batched_ : more_batched_.data(); }

  size_t size_;
  const Tensor* tensors_[kInline];
  Shape shapes_[kInline];
  char batched_[kInline];
  std::vector<const Tensor*> more_tensors_;
  std::vector<Shape> more_shapes_;
  std::vector<char> more_batched_;
};

void check_rank(const OpSchema& schema, const Shape& shape) {
  if (shape.rank() == kMaxRank)
    invalid("[", schema.name, "] inside vmap a result has at most ", kMaxRank - 1, " axes: got ", shape,
            ", and the batch (of vmap, or the rows of a Jacobian) is one axis more; merge axes with reshape");
}

}  // namespace

void apply_batched(const OpSchema& schema, Context& context, Inputs in, const void* attrs, Tensor* out) {
  const BatchLevel level = level_of_call(schema, context, in);  // a copy: a rule may open levels of its own
  OutputSpec specs[kMostOutputs];
  schema.infer(InferArgs{schema, in, attrs}, specs);
  const size_t count = schema.num_outputs;
  for (size_t i = 0; i < count; i++) check_rank(schema, specs[i].shape);
  if (!schema.batch)
    fail(Code::kUnsupported, "[", schema.name, "] the op has no batching rule: ", schema.batch_reason,
         "; call it outside vmap");

  Tensor made[kMostOutputs];
  {
    Physical operands(in, level.number);
    Tensor results[kMostOutputs];
    OnlyOlder outside(context, level);
    schema.batch(BatchArgs{schema, context, operands.in(), operands.logical(), operands.batched(), level.size,
                           Span<const OutputSpec>(specs, count), attrs},
                 results);
    for (size_t i = 0; i < count; i++) {
      const Shape& shape = specs[i].shape;
      TL_INVARIANT(results[i].dtype() == specs[i].dtype && results[i].rank() == shape.rank() + 1 &&
                   results[i].shape()[0] == level.size &&
                   results[i].elements() == level.size * shape.elements());
      made[i] = make_batched(level.number, std::move(results[i]), shape);
      made[i].node()->made_by = static_cast<uint16_t>(schema.id);
    }
  }
  const OpCall call{schema, context, in, Span<const Tensor>(made, count), attrs};
  for (Observer* observer : context.observers()) observer->on_batched_op(call);
  uint64_t bits = 0;
  for (const Tensor* t : in) bits |= t->node()->tape_bits;
  if (bits & context.recording_bits()) {
    const std::vector<Recorder*>& recorders = context.recorders();
    for (size_t i = 0; i < recorders.size(); i++)
      if (recorders[i]->newer_than(level.place) && !recorders[i]->hidden()) recorders[i]->on_op(call);
  }
  for (size_t i = 0; i < count; i++) out[i] = std::move(made[i]);
}

}  // namespace tl
