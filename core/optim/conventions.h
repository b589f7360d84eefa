// Conventions in which frameworks differ under one name. Each optimizer's header writes its formula out in both.
#pragma once

#include <cstdint>

namespace tl::optim {

// Where epsilon stands; it matters where gradients are as small as epsilon.
enum class EpsilonForm : int32_t {
  kKeras = 0,
  kPyTorch = 1,
};

// Where the learning rate stands. With a constant rate both forms give the same weights.
enum class MomentumForm : int32_t {
  kKeras =
      0,  // in the velocity: m = mu m - rate g; w += m. After a change of the rate, old velocity keeps the old rate.
  kPyTorch =
      1,  // outside: m = mu m + g; w -= rate m. A change of the rate counts for the whole velocity at once.
};

// Checks of options: each throws kInvalidArgument with the optimizer, the name of the option, the rule and the value.
void check_form(const char* optimizer, EpsilonForm form);
void check_form(const char* optimizer, MomentumForm form);
void check_not_negative(const char* optimizer, const char* name, double value);  // finite and >= 0
void check_positive(const char* optimizer, const char* name, double value);      // finite and > 0
void check_share(const char* optimizer, const char* name, double value);         // in [0, 1)

}  // namespace tl::optim
