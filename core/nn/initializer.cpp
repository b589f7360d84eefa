#include "core/nn/initializer.h"

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

constexpr double kDefaultSpread = 0.05;
// Standard deviation of a standard normal distribution that is cut off at -2 and 2.
constexpr double kTruncatedDeviation = 0.87962566103423978;

struct Fans {
  double in, out;
};

Fans fans_of(const Shape& shape) {
  int rank = shape.rank();
  if (rank == 0) return {1, 1};
  if (rank == 1) return {static_cast<double>(shape[0]), static_cast<double>(shape[0])};
  double field = static_cast<double>(shape.elements(0, rank - 2));
  return {field * static_cast<double>(shape[rank - 2]), field * static_cast<double>(shape[rank - 1])};
}

// Draws the whole tensor anew and takes what lay outside, until nothing does: 5 % of the elements a time.
Tensor truncated_normal(Context& context, const Shape& shape, double stddev, DType dtype,
                        const std::string& of) {
  Tensor x = normal(context, shape, 0.0, 1.0, dtype);
  Tensor most = full(context, IntList{}, 2.0, dtype);
  while (true) {
    Tensor outside = greater(abs(x), most);
    if (x.elements() == 0) break;
    Tensor left = sum(cast(outside, DType::kI64));
    if (context.observed())
      context.note_unreplayable(
          concat(of,
                 "it draws a truncated normal, whose elements it looks at until all are in range; draw it, "
                 "or build the layer that does (layer_build), before the step")
              .c_str());
    if (left.data<int64_t>()[0] == 0) break;
    x = select(outside, normal(context, shape, 0.0, 1.0, dtype), x);
  }
  return mul_scalar(x, stddev);
}

Tensor uniform_of_variance(Context& context, const Shape& shape, double variance, DType dtype) {
  double limit = std::sqrt(3.0 * variance);
  return uniform(context, shape, -limit, limit, dtype);
}

}  // namespace

void check_initializer(const char* op, const Initializer& initializer, DType dtype) {
  int32_t kind = static_cast<int32_t>(initializer.kind);
  if (kind < 1 || kind > static_cast<int32_t>(InitializerKind::kLeCunNormal))
    invalid("[", op, "] an initializer must be known: got ", kind,
            "; 1 (zeros) to 12 (LeCun normal) are known");
  bool spread = initializer.kind == InitializerKind::kUniform ||
                initializer.kind == InitializerKind::kNormal ||
                initializer.kind == InitializerKind::kTruncatedNormal;
  if (!std::isfinite(initializer.parameter) || (spread && initializer.parameter < 0))
    invalid("[", op, "] the initializer's parameter must be finite", spread ? " and not negative" : "",
            ": got ", initializer.parameter, "; 0 takes the default");
  // What comes out is finite: normal numbers lie within nine standard deviations.
  double reach = 0;  // the parameter is not used
  if (initializer.kind == InitializerKind::kConstant) reach = 1;
  if (initializer.kind == InitializerKind::kUniform) reach = 2;
  if (initializer.kind == InitializerKind::kTruncatedNormal) reach = 2;
  if (initializer.kind == InitializerKind::kNormal) reach = 9;
  const double most = dtype == DType::kF32 ? static_cast<double>(std::numeric_limits<float>::max())
                                           : std::numeric_limits<double>::max();
  if (reach > 0 && std::fabs(initializer.parameter) > most / reach)
    invalid("[", op, "] the initializer's parameter is out of range for ", dtype, ": got ",
            initializer.parameter, "; at most ", most / reach, " keeps all elements finite");
}

Tensor initialize(Context& context, const Initializer& initializer, const Shape& shape, DType dtype,
                  const std::string& of) {
  if (!is_floating(dtype))
    invalid("[initialize] 'dtype' must be f32 or f64: got ", dtype, "; cast the result");
  check_initializer("initialize", initializer, dtype);
  double spread = initializer.parameter == 0 ? kDefaultSpread : initializer.parameter;
  Fans fans = fans_of(shape);
  // A variable without elements has no variance to speak of; the division must not make one.
  double glorot = 2.0 / std::fmax(1.0, fans.in + fans.out);
  double he = 2.0 / std::fmax(1.0, fans.in), lecun = 1.0 / std::fmax(1.0, fans.in);
  switch (initializer.kind) {
    case InitializerKind::kZeros: return full(context, shape, 0.0, dtype);
    case InitializerKind::kOnes: return full(context, shape, 1.0, dtype);
    case InitializerKind::kConstant: return full(context, shape, initializer.parameter, dtype);
    case InitializerKind::kUniform: return uniform(context, shape, -spread, spread, dtype);
    case InitializerKind::kNormal: return normal(context, shape, 0.0, spread, dtype);
    case InitializerKind::kTruncatedNormal: return truncated_normal(context, shape, spread, dtype, of);
    case InitializerKind::kGlorotUniform: return uniform_of_variance(context, shape, glorot, dtype);
    case InitializerKind::kHeUniform: return uniform_of_variance(context, shape, he, dtype);
    case InitializerKind::kLeCunUniform: return uniform_of_variance(context, shape, lecun, dtype);
    case InitializerKind::kGlorotNormal:
      return truncated_normal(context, shape, std::sqrt(glorot) / kTruncatedDeviation, dtype, of);
    case InitializerKind::kHeNormal:
      return truncated_normal(context, shape, std::sqrt(he) / kTruncatedDeviation, dtype, of);
    case InitializerKind::kLeCunNormal:
      return truncated_normal(context, shape, std::sqrt(lecun) / kTruncatedDeviation, dtype, of);
  }
  return Tensor();
}

}  // namespace tl::nn
