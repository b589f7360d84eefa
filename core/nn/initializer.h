// Initializers: the first values of variables. Random ones draw from the context's stream, so the same seed gives the
// same bits. Orthogonal ones are not here: they need a factorisation, which is no op.
#pragma once

#include <cstdint>
#include <string>

#include "core/tensor/context.h"
#include "core/tensor/tensor.h"

namespace tl::nn {

// Variances are those of Keras. fan_in, fan_out: rows and columns of a matrix; of more axes, the last two times the
// product of the others; of a vector both its size. Numbers are those of tl_initializer_kind in the C API: append only.
enum class InitializerKind : int32_t {
  kZeros = 1,
  kOnes = 2,
  kConstant = 3,  // parameter: the value
  kUniform = 4,   // in [-parameter, parameter); default 0.05
  kNormal = 5,    // mean 0, standard deviation: parameter; default 0.05
  kTruncatedNormal =
      6,  // normal, drawn anew beyond 2 standard deviations (so the deviation is 0.8796 of it); default 0.05
  kGlorotUniform = 7,  // uniform of variance 2 / (fan_in + fan_out)  (Glorot and Bengio 2010)
  kGlorotNormal = 8,   // truncated normal of that variance after truncation
  kHeUniform = 9,      // 2 / fan_in  (He et al. 2015)
  kHeNormal = 10,
  kLeCunUniform = 11,  // 1 / fan_in  (LeCun et al. 1998)
  kLeCunNormal = 12,
};

struct Initializer {
  InitializerKind kind = InitializerKind::kGlorotUniform;
  double parameter = 0.0;  // 0: the default of the kind
};

// Throws kInvalidArgument for an unknown kind, a parameter that is not finite or, of a random kind, negative, and one with
// which elements may be out of range for the dtype.
void check_initializer(const char* op, const Initializer& initializer, DType dtype);

// A tensor of f32 or f64. `of` says whose it is, "Dense layer 'hidden': ", where a step is recorded that cannot be replayed with it.
Tensor initialize(Context& context, const Initializer& initializer, const Shape& shape, DType dtype,
                  const std::string& of = {});

}  // namespace tl::nn
