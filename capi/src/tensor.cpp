// Tensors and variables of the C API.
#include "tapeloop/tensor.h"

#include <cmath>
#include <cstring>

#include "capi/src/call.h"
#include "capi/src/format.h"
#include "core/ops/generated/functions.h"
#include "core/tensor/item.h"

using namespace tl;
using namespace tl::capi;

namespace {

void check_bytes(const char* op, DType dtype, const Shape& shape, const void* data, size_t bytes) {
  size_t want = static_cast<size_t>(shape.elements()) * size_of(dtype);
  if (bytes != want)
    invalid("[", op, "] 'bytes' must be the size of the tensor: got ", bytes, " bytes of data for ", dtype,
            " ", shape, ", which takes ", want, " bytes; are dtype and sizes those of the data?");
  if (want && !data)
    invalid("[", op, "] 'data' must not be NULL: got NULL for ", shape.elements(),
            " elements; pass the elements");
  if (dtype != DType::kBool) return;
  auto flags = static_cast<const unsigned char*>(data);
  for (size_t i = 0; i < want; i++)
    if (flags[i] > 1)
      invalid("[", op, "] a bool element is 0 or 1: got ", static_cast<int>(flags[i]), " at position ", i,
              "; use u8, or compare with 0");
}

// A read of any tensor handle while the context may hold an error. f(session, tensor).
template <class F>
tl_status read_tensor(tl_tensor* tensor, const char* name, F&& f) {
  return guarded(tensor, Kind::kTensor, name, When::kAlways,
                 [&](Session& s) { f(s, peek_tensor(s, tensor, name, "tensor")); });
}

}  // namespace

extern "C" {

TL_API tl_tensor* tl_tensor_new(tl_context* context, tl_dtype dtype, const int64_t* dims, size_t rank,
                                const void* data, size_t bytes) {
  return make(context, "tensor_new", [&](Session& s) {
    DType d = checked_dtype("tensor_new", dtype);
    Shape shape = shape_from("tensor_new", dims, rank, d);
    check_bytes("tensor_new", d, shape, data, bytes);
    Tensor t = s.core().allocate(d, shape);
    if (bytes) std::memcpy(t.mutable_raw(), data, bytes);
    s.core().note_host_data(t);
    return s.make_tensor(std::move(t));
  });
}

TL_API tl_tensor* tl_tensor_borrow(tl_context* context, tl_dtype dtype, const int64_t* dims, size_t rank,
                                   const void* data, size_t bytes, tl_destroy_callback release,
                                   void* user_data) {
  Entered inside(context);  // a callback that comes after a failure cannot end the context either
  bool lent = false;
  tl_tensor* out = make(context, "tensor_borrow", [&](Session& s) {
    DType d = checked_dtype("tensor_borrow", dtype);
    Shape shape = shape_from("tensor_borrow", dims, rank, d);
    check_bytes("tensor_borrow", d, shape, data, bytes);
    if (reinterpret_cast<uintptr_t>(data) % size_of(d) != 0)
      invalid("[tensor_borrow] 'data' must be aligned to the ", size_of(d), " bytes of ", d,
              ": got an address that is not; copy it with tensor_new");
    s.reserve_handles(1);
    lent = true;  // from here on the buffer runs the callback, also when something fails
    Buffer* buffer = s.core().allocator().borrow(const_cast<void*>(data), bytes, release, user_data);
    Tensor t = s.core().adopt(buffer, d, shape);
    s.core().note_host_data(t);
    return s.make_tensor(std::move(t));
  });
  if (!lent && release) release(user_data);
  return out;
}

TL_API tl_tensor* tl_scalar(tl_context* context, tl_dtype dtype, double value) {
  return make(context, "scalar", [&](Session& s) {
    Tensor t = full(s.core(), IntList(), value, checked_dtype("scalar", dtype));
    s.core().note_host_data(t);
    return s.make_tensor(std::move(t));
  });
}

TL_API tl_tensor* tl_tensor_retain(tl_tensor* tensor) { return add_reference(tensor) ? tensor : nullptr; }
TL_API void tl_tensor_release(tl_tensor* tensor) {
  release_from_any_thread(tensor, Kind::kTensor, Kind::kVariable);
}
TL_API void tl_tensors_release(tl_tensor* const* tensors, size_t count) {
  if (!tensors || count > kMostHandles) return;
  for (size_t i = 0; i < count; i++) release_from_any_thread(tensors[i], Kind::kTensor, Kind::kVariable);
}

TL_API tl_dtype tl_tensor_dtype(tl_tensor* tensor) {
  tl_dtype out = 0;
  (void)read_tensor(tensor, "tensor_dtype",
                    [&](Session&, const Tensor& t) { out = static_cast<tl_dtype>(t.dtype()); });
  return out;
}

TL_API size_t tl_tensor_rank(tl_tensor* tensor) {
  size_t out = 0;
  (void)read_tensor(tensor, "tensor_rank",
                    [&](Session&, const Tensor& t) { out = static_cast<size_t>(t.rank()); });
  return out;
}

TL_API int64_t tl_tensor_dim(tl_tensor* tensor, int64_t axis) {
  int64_t out = -1;
  (void)read_tensor(tensor, "tensor_dim", [&](Session&, const Tensor& t) {
    out = t.shape()[checked_axis("tensor_dim", axis, t.rank())];
  });
  return out;
}

TL_API int64_t tl_tensor_elements(tl_tensor* tensor) {
  int64_t out = -1;
  (void)read_tensor(tensor, "tensor_elements", [&](Session&, const Tensor& t) { out = t.elements(); });
  return out;
}

TL_API tl_status tl_tensor_shape(tl_tensor* tensor, int64_t* dims, size_t capacity) {
  return read_tensor(tensor, "tensor_shape", [&](Session&, const Tensor& t) {
    size_t rank = static_cast<size_t>(t.rank());
    if (capacity < rank || (rank && !dims))
      invalid("[tensor_shape] 'dims' must have room for ", rank, " sizes: got ", dims ? capacity : 0,
              "; TL_MAX_RANK is enough");
    for (size_t i = 0; i < rank; i++) dims[i] = t.shape()[static_cast<int>(i)];
  });
}

TL_API tl_status tl_tensor_read(tl_tensor* tensor, void* data, size_t bytes) {
  return guarded(tensor, Kind::kTensor, "tensor_read", When::kNotFailed, [&](Session& s) {
    const Tensor& t = peek_tensor(s, tensor, "tensor_read", "tensor");
    check_readable("tensor_read", t);
    if (bytes != t.bytes())
      invalid("[tensor_read] 'bytes' must be the size of the tensor: got room for ", bytes, " bytes of ",
              t.dtype(), " ", t.shape(), ", which takes ", t.bytes(),
              " bytes; is the type of the elements right?");
    if (bytes && !data)
      invalid("[tensor_read] 'data' must not be NULL: got NULL for ", bytes, " bytes; pass where they go");
    s.core().note_host_read(t, "tensor_read");
    if (bytes) std::memcpy(data, t.raw(), bytes);
  });
}

TL_API double tl_tensor_item(tl_tensor* tensor) {
  double out = NAN;
  (void)guarded(tensor, Kind::kTensor, "tensor_item", When::kNotFailed, [&](Session& s) {
    const Tensor& t = peek_tensor(s, tensor, "tensor_item", "tensor");
    check_readable("tensor_item", t);
    if (t.elements() != 1)
      invalid("[tensor_item] 'tensor' must have one element: got ", t.dtype(), " ", t.shape(),
              "; reduce it with mean or sum, or copy it out with tensor_read");
    s.core().note_host_read(t, "tensor_item");
    out = item_as_double(t);
  });
  return out;
}

TL_API const void* tl_tensor_data(tl_tensor* tensor) {
  const void* out = nullptr;
  (void)read_tensor(tensor, "tensor_data", [&](Session& s, const Tensor& t) {
    check_readable("tensor_data", t);
    s.core().note_host_read(t, "tensor_data");
    out = t.elements() ? t.raw() : nullptr;
  });
  return out;
}

TL_API tl_status tl_tensor_format(tl_tensor* tensor, char* buffer, size_t capacity, size_t* length) {
  return read_tensor(tensor, "tensor_format", [&](Session& s, const Tensor& t) {
    check_buffer("tensor_format", "buffer", buffer, capacity);
    check_readable("tensor_format", t);
    s.core().note_host_read(t, "tensor_format");
    copy_text(format_tensor(t), buffer, capacity, length);
  });
}

TL_API tl_tensor* tl_variable_new(tl_context* context, tl_tensor* initial, const char* name, bool trainable) {
  return make(context, "variable_new", [&](Session& s) {
    const Tensor& value = peek_tensor(s, initial, "variable_new", "initial");
    check_readable("variable_new", value);
    // A value of its own: tapes that know the initial tensor must not take the variable for it.
    return s.make_variable(VariableRef::make(value.view(value.shape()), name ? name : "", trainable));
  });
}

TL_API bool tl_is_variable(tl_tensor* tensor) { return is_variable(tensor); }

TL_API tl_tensor* tl_variable_read(tl_tensor* variable) {
  tl_tensor* out = nullptr;
  (void)guarded(variable, Kind::kVariable, "variable_read", When::kNotFailed, [&](Session& s) {
    out = s.make_tensor(variable_of(s, variable, "variable_read", "variable").read_apart());
  });
  return out;
}

TL_API tl_status tl_variable_assign(tl_tensor* variable, tl_tensor* value) {
  return guarded(variable, Kind::kVariable, "variable_assign", When::kNotFailed, [&](Session& s) {
    Variable& v = variable_of(s, variable, "variable_assign", "variable");
    v.assign(peek_tensor(s, value, "variable_assign", "value"));
  });
}

TL_API const char* tl_variable_name(tl_tensor* variable) {
  const char* out = "";
  (void)guarded(variable, Kind::kVariable, "variable_name", When::kAlways, [&](Session& s) {
    out = variable_of(s, variable, "variable_name", "variable").name().c_str();
  });
  return out;
}

TL_API bool tl_variable_trainable(tl_tensor* variable) {
  bool out = false;
  (void)guarded(variable, Kind::kVariable, "variable_trainable", When::kAlways, [&](Session& s) {
    out = variable_of(s, variable, "variable_trainable", "variable").trainable();
  });
  return out;
}

TL_API tl_status tl_variable_set_trainable(tl_tensor* variable, bool trainable) {
  return guarded(variable, Kind::kVariable, "variable_set_trainable", When::kNotFailed, [&](Session& s) {
    variable_of(s, variable, "variable_set_trainable", "variable").set_trainable(trainable);
  });
}

}  // extern "C"
