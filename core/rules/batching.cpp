// The stock batching rules, which the rows of the op table name under `batching`. A rule of one op only stands in the file of
// the op's family.
#include "core/rules/batching.h"

#include <cstddef>
#include <cstring>
#include <vector>

#include "core/ops/generated/functions.h"
#include "core/ops/generated/promised.h"

namespace tl::rules {

Shape with_batch(int64_t size, const Shape& shape) {
  if (shape.rank() == kMaxRank)
    invalid("[vmap] an operand beside batched ones has at most ", kMaxRank - 1, " axes: got ", shape,
            ", which must be repeated for the batch; merge axes with reshape");
  Shape out;
  out.push_back(size);
  for (int64_t d : shape) out.push_back(d);
  return out;
}

Tensor repeated(const BatchArgs& args, size_t i) {
  return args.batched[i] ? args[i] : broadcast_to(args[i], with_batch(args.size, args.logical_in[i]));
}

Tensor aligned(const BatchArgs& args, size_t i, int rank) {
  const Shape& logical = args.logical_in[i];
  if (!args.batched[i] || logical.rank() == rank) return args[i];
  IntList shape;
  shape.push_back(args.size);
  for (int k = logical.rank(); k < rank; k++) shape.push_back(1);
  for (int64_t d : logical) shape.push_back(d);
  return reshape(args[i], shape);
}

IntList moved_axis(int rank, int from, int to) {
  IntList out;
  for (int i = 0; i < rank; i++)
    if (i != from) out.push_back(i);
  out.push_back(from);
  for (int i = rank - 1; i > to; i--) out[i] = out[i - 1];
  out[to] = from;
  return out;
}

namespace {

constexpr size_t kMostAttrBytes = 512;

// The attributes of a call, to be changed.
class Attributes {
 public:
  explicit Attributes(const BatchArgs& args) : schema_(args.schema) {
    TL_INVARIANT(schema_.attr_bytes <= kMostAttrBytes);
    if (schema_.attr_bytes) std::memcpy(bytes_, args.attrs, schema_.attr_bytes);
  }
  template <class T>
  T& get(const char* name) {
    for (int i = 0; i < schema_.num_attrs; i++)
      if (std::strcmp(schema_.attrs[i].name, name) == 0)
        return *reinterpret_cast<T*>(bytes_ + schema_.attrs[i].offset);
    fail(Code::kInternal, "[", schema_.name, "] its batching rule needs an attribute '", name, "'");
  }
  const void* all() const { return bytes_; }

 private:
  const OpSchema& schema_;
  alignas(8) std::byte bytes_[kMostAttrBytes];
};

// The op itself, on the operands that prepare(i) gives.
template <class Prepare>
void run(const BatchArgs& args, const void* attrs, Prepare prepare, Tensor* out) {
  constexpr size_t kInline = 4;
  Tensor few[kInline];
  const Tensor* in_few[kInline];
  std::vector<Tensor> many(args.in.size() > kInline ? args.in.size() : 0);
  std::vector<const Tensor*> in_many(many.size());
  Tensor* operands = many.empty() ? few : many.data();
  const Tensor** in = many.empty() ? in_few : in_many.data();
  for (size_t i = 0; i < args.in.size(); i++) {
    operands[i] = prepare(i);
    in[i] = &operands[i];
  }
  apply(args.schema.id, args.context, Inputs(in, args.in.size()), attrs, out);
}

}  // namespace

// The op treats leading axes as so many independent ones: it takes that of the batch as one more.
void batch_leading(const BatchArgs& args, Tensor* out) {
  run(
      args, args.attrs, [&](size_t i) { return repeated(args, i); }, out);
}

// As `leading`, and operands broadcast, so that those which are not batched need no copies.
void batch_broadcast(const BatchArgs& args, Tensor* out) {
  int rank = 0;
  for (const Shape& s : args.logical_in) rank = s.rank() > rank ? s.rank() : rank;
  run(
      args, args.attrs, [&](size_t i) { return aligned(args, i, rank); }, out);
}

// As `leading`, with an attribute `axis`.
void batch_axis(const BatchArgs& args, Tensor* out) {
  Attributes attrs(args);
  int64_t& axis = attrs.get<int64_t>("axis");
  axis = behind_batch(axis, args.logical_in[0].rank());
  run(
      args, attrs.all(), [&](size_t i) { return repeated(args, i); }, out);
}

// One operand and an attribute `axes`, where no axes mean all: those of the example.
void batch_reduce(const BatchArgs& args, Tensor* out) {
  Attributes attrs(args);
  IntList& axes = attrs.get<IntList>("axes");
  const int rank = args.logical_in[0].rank();
  for (int i = 0; i < axes.size(); i++) axes[i] = behind_batch(axes[i], rank);
  if (axes.empty())
    for (int i = 0; i < rank; i++) axes.push_back(i + 1);
  Tensor x = args[0];
  if (axes.empty()) {  // over the one element of a number
    x = reshape(x, {args.size, 1});
    axes.push_back(1);
    attrs.get<bool>("keepdims") = false;
  }
  run(
      args, attrs.all(), [&](size_t) { return x; }, out);
}

}  // namespace tl::rules
