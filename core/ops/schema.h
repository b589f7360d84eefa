// What the op table says of an op, as data: names, operands, attributes, and the functions that the row promises.
// The rows stand in generated/schemas.cpp, made from ops.toml. A function that is missing is a link error.
#pragma once

#include <cstdint>

#include "core/base/span.h"
#include "core/ops/generated/op_id.h"
#include "core/tensor/context.h"
#include "core/tensor/tensor.h"

namespace tl {

struct OpSchema;

// The tensors that go into an op, by address, so that a call copies no handle.
using Inputs = Span<const Tensor* const>;

struct OutputSpec {
  DType dtype;
  Shape shape;
};

struct InferArgs {
  const OpSchema& schema;
  Inputs in;
  const void* attrs;
  template <class A>
  const A& as() const {
    return *static_cast<const A*>(attrs);
  }
  const Tensor& operator[](size_t i) const { return *in[i]; }
};

// A kernel reads `in` and fills `out`, whose tensors are allocated with undefined contents. In an op whose row says
// makes_outputs the kernel sets `out` itself (reshape shares memory), unless a tensor is there already: that it fills. out[i] may be in[j] where the row's `inplace` allows it.
struct KernelArgs {
  const OpSchema& schema;
  Context& context;
  Inputs in;
  Tensor* out;
  const void* attrs;
  template <class A>
  const A& as() const {
    return *static_cast<const A*>(attrs);
  }
  const Tensor& operator[](size_t i) const { return *in[i]; }
};

// A gradient rule gets the op's operands as they were (shells where the row does not save them), the outputs likewise,
// and the gradient of each output (null where nothing arrived). It sets grads[i] for each i that is needed; a gradient
// may keep the broadcast shape of the output, the tape sums it to the operand's shape in one place.
struct VjpArgs {
  const OpSchema& schema;
  Inputs in;
  Span<const Tensor> out;
  Span<const Tensor> grad;
  const void* attrs;
  uint64_t needed;  // bit i: the gradient of input i is wanted (inputs from 63 on share bit 63)
  template <class A>
  const A& as() const {
    return *static_cast<const A*>(attrs);
  }
  const Tensor& operator[](size_t i) const { return *in[i]; }
  bool needs(size_t i) const { return needed >> (i < 63 ? i : 63) & 1; }
  Context& context() const { return out[0].context(); }
};

// A tangent rule gets the operands and outputs of an op that has just run, all with their data, and the tangent of each
// input (null: the input does not depend on what one differentiates by; at least one is there). It sets the tangent of each
// floating output, of that output's dtype and shape, or leaves it null where it is zero for want of any input's tangent.
struct JvpArgs {
  const OpSchema& schema;
  Inputs in;
  Span<const Tensor> out;
  Span<const Tensor> tangent;
  const void* attrs;
  template <class A>
  const A& as() const {
    return *static_cast<const A*>(attrs);
  }
  const Tensor& operator[](size_t i) const { return *in[i]; }
  Context& context() const { return out[0].context(); }
};

// A batching rule computes an op of batched tensors (core/tensor/batched.h) in ordinary ops on their physical tensors. `in`
// holds the physical tensor of each operand that is batched, with the axis of the batch in front, and the others as they are;
// at least one is batched. It sets out[i] to a tensor of the shape (size, *logical[i].shape), by public ops alone, so that
// whatever sees these can differentiate and batch them in turn. Shapes and attributes are checked already; `logical_in` and
// `logical` hold the shapes of one example.
struct BatchArgs {
  const OpSchema& schema;
  Context& context;
  Inputs in;
  Span<const Shape> logical_in;
  Span<const char> batched;
  int64_t size;
  Span<const OutputSpec> logical;
  const void* attrs;
  template <class A>
  const A& as() const {
    return *static_cast<const A*>(attrs);
  }
  const Tensor& operator[](size_t i) const { return *in[i]; }
};

using InferFn = void (*)(const InferArgs&, OutputSpec*);
using KernelFn = void (*)(const KernelArgs&);
using VjpFn = void (*)(const VjpArgs&, Tensor* grads);
using JvpFn = void (*)(const JvpArgs&, Tensor* tangents);
using BatchFn = void (*)(const BatchArgs&, Tensor* out);

enum class GradientKind : uint8_t {
  kRule,  // `vjp` computes it
  kZero,  // piecewise constant: the gradient is zero where it exists
  kNone,  // not differentiable; `gradient_reason` says why
};

// How the tangent of an op with a gradient rule follows from those of its inputs.
enum class JvpKind : uint8_t {
  kNone,         // the op has no gradient rule
  kElementwise,  // the Jacobian is diagonal once operands are broadcast: the gradient rule computes it
  kLinear,       // the op itself, applied to the tangents (`linear_inputs`)
  kRule,         // `jvp` computes it
  kTranspose,    // the gradient rule is linear in the output gradient: its transpose, by a private recording
};

enum class AttrKind : uint8_t { kInt, kInts, kFloat, kBool, kDType, kU64 };

struct AttrSchema {
  const char* name;
  AttrKind kind;
  uint16_t offset;  // in the op's attribute struct (generated/attrs.h)
};

struct InputSchema {
  const char* name;
  DTypeSet dtypes;
  int8_t same_as;  // index of the input whose dtype it must share, or -1
};

struct OpSchema {
  OpId id;
  const char* name;
  uint8_t num_inputs;  // for a variadic op: of which the last may be repeated, also zero times
  bool variadic;
  uint8_t num_outputs;
  bool makes_outputs;  // the kernel creates the outputs
  bool
      checks_data;  // the kernel throws for elements of its inputs that are wrong, such as a label that is no class
  bool elementwise;   // a candidate for fusion
  int8_t inplace[3];  // output i may use the memory of input inplace[i]; -1: it may not
  uint16_t attr_bytes;
  GradientKind gradient;
  const char* gradient_reason;
  uint32_t
      saved_inputs;  // bit i: the rule reads the data of input i (all inputs of a variadic op share a bit)
  uint32_t saved_outputs;
  const InputSchema* inputs;
  const AttrSchema* attrs;
  uint8_t num_attrs;
  InferFn infer;
  KernelFn kernel;
  VjpFn vjp;
  JvpKind tangent;
  uint32_t
      linear_inputs;  // bit i: of kLinear, the op is linear in these together; the others have no tangent
  JvpFn jvp;
  BatchFn
      batch;  // null: the op has no operand that could be batched, or `batch_reason` says why it has no rule
  const char* batch_reason;
};

const OpSchema& schema_of(OpId id);
Span<const OpSchema> all_schemas();

// One op that has run, for recorders.
struct OpCall {
  const OpSchema& schema;
  Context& context;
  Inputs in;
  Span<const Tensor> out;
  const void* attrs;
};

}  // namespace tl
