// What the options structs of layers, losses and optimizers share: zero is the default of every field.
#pragma once

#include <string>

#include "capi/src/call.h"

namespace tl::capi {

template <class Options>
void zero_options(Options* options, size_t struct_size) {
  (void)clear_options(options, struct_size);
}

inline double value_or(double value, double fallback) { return value == 0 ? fallback : value; }
inline std::string text_or_empty(const char* text) { return text ? text : ""; }
// The name in the options of a layer: none for NULL. An empty one would be taken for none.
inline std::string name_or_none(const char* op, const char* name) {
  if (name && !*name)
    invalid("[", op,
            "] 'name' must not be empty: got an empty text; NULL gives the layer the name of its type");
  return text_or_empty(name);
}
inline DType dtype_or_f32(const char* op, tl_dtype dtype) {
  return dtype == 0 ? DType::kF32 : checked_dtype(op, dtype);
}

// Tensors of a list of handles, whose NULL entries give null tensors. Tapes do not see the reads.
inline std::vector<Tensor> tensors_or_null(Session& session, tl_tensor* const* handles, size_t count,
                                           const char* op, const char* name) {
  check_list(op, name, handles, count);
  std::vector<Tensor> out(count);
  for (size_t i = 0; i < count; i++)
    if (handles[i]) out[i] = peek_tensor(session, handles[i], op, {name, i});
  return out;
}

}  // namespace tl::capi
