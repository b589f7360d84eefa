// Made from core/ops/ops.toml by core/ops/gen/generate. Do not edit.
// The attributes of each op that has any.
#pragma once

#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

// clang-format off

namespace tl {

struct AddScalarAttrs {
  double value;
};

struct MulScalarAttrs {
  double value;
};

struct ClipAttrs {
  double low;
  double high;
};

struct CastAttrs {
  DType dtype;
};

struct SumAttrs {
  IntList axes;
  bool keepdims;
};

struct MaxAttrs {
  IntList axes;
  bool keepdims;
};

struct MinAttrs {
  IntList axes;
  bool keepdims;
};

struct ProdAttrs {
  IntList axes;
  bool keepdims;
};

struct ArgmaxAttrs {
  IntList axes;
  bool keepdims;
};

struct ArgminAttrs {
  IntList axes;
  bool keepdims;
};

struct CumsumAttrs {
  int64_t axis;
  bool exclusive;
  bool reverse;
};

struct LogsumexpAttrs {
  IntList axes;
  bool keepdims;
};

struct MatmulAttrs {
  bool transpose_a;
  bool transpose_b;
};

struct ReshapeAttrs {
  IntList shape;
};

struct TransposeAttrs {
  IntList permutation;
};

struct BroadcastToAttrs {
  IntList shape;
};

struct ConcatAttrs {
  int64_t axis;
};

struct SliceAttrs {
  IntList begin;
  IntList end;
  IntList strides;
};

struct PadAttrs {
  IntList low;
  IntList high;
  IntList interior;
  double value;
};

struct GatherAttrs {
  int64_t axis;
};

struct ScatterAddAttrs {
  int64_t size;
  int64_t axis;
};

struct OneHotAttrs {
  int64_t depth;
  DType dtype;
};

struct SoftmaxAttrs {
  int64_t axis;
};

struct LogSoftmaxAttrs {
  int64_t axis;
};

struct CorrectSideAttrs {
  double threshold;
};

struct CheckRangeAttrs {
  double low;
  double high;
  bool nan;
};

struct InverseRmsAttrs {
  double epsilon;
};

struct UniformAttrs {
  IntList shape;
  double low;
  double high;
  DType dtype;
  uint64_t seed;
  uint64_t call;
};

struct NormalAttrs {
  IntList shape;
  double mean;
  double stddev;
  DType dtype;
  uint64_t seed;
  uint64_t call;
};

struct DropoutAttrs {
  double rate;
  uint64_t seed;
  uint64_t call;
};

struct FullAttrs {
  IntList shape;
  double value;
  DType dtype;
};

struct RangeAttrs {
  int64_t count;
  double start;
  double step;
  DType dtype;
};

struct MomentumUpdateAttrs {
  double momentum;
  bool nesterov;
};

struct AdamUpdateAttrs {
  double beta1;
  double beta2;
};

}  // namespace tl
