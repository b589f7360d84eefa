#include "core/optim/conventions.h"

#include <cmath>

#include "core/base/error.h"

namespace tl::optim {
namespace {

void check_keras_or_pytorch(const char* optimizer, const char* name, int32_t form) {
  if (form != 0 && form != 1)
    invalid("[", optimizer, "] '", name, "' must be Keras (0) or PyTorch (1): got ", form,
            "; fill the options with their _init function first");
}

}  // namespace

void check_form(const char* optimizer, EpsilonForm form) {
  check_keras_or_pytorch(optimizer, "epsilon_form", static_cast<int32_t>(form));
}

void check_form(const char* optimizer, MomentumForm form) {
  check_keras_or_pytorch(optimizer, "momentum_form", static_cast<int32_t>(form));
}

void check_not_negative(const char* optimizer, const char* name, double value) {
  if (!(value >= 0) || std::isinf(value))
    invalid("[", optimizer, "] '", name, "' must be a finite number that is not negative: got ", value,
            "; check how it was computed");
}

void check_positive(const char* optimizer, const char* name, double value) {
  if (!(value > 0) || std::isinf(value))
    invalid("[", optimizer, "] '", name, "' must be a finite number above 0: got ", value,
            "; check how it was computed");
}

void check_share(const char* optimizer, const char* name, double value) {
  if (!(value >= 0 && value < 1))
    invalid("[", optimizer, "] '", name, "' must be in [0, 1): got ", value,
            "; it is the share that is kept");
}

}  // namespace tl::optim
