// Conversion of one tensor of each element to another dtype, with a division on the way to floating point.
#include <cmath>

#include "core/base/error.h"
#include "core/data/dataset.h"

namespace tl::data {
namespace {

template <class From, class To>
void convert(const Value& from, std::byte* to, double divisor) {
  const From* x = from.data<From>();
  To* y = reinterpret_cast<To*>(to);
  int64_t n = from.shape.elements();
  // A true division: multiplying by 1/255 would give other last bits than x / 255 in a reference.
  To d = static_cast<To>(divisor);
  if (d == To{1})
    for (int64_t i = 0; i < n; i++) y[i] = static_cast<To>(x[i]);
  else
    for (int64_t i = 0; i < n; i++) y[i] = static_cast<To>(x[i]) / d;
}

using ConvertFn = void (*)(const Value& from, std::byte* to, double divisor);

template <class To>
ConvertFn from_any(DType from) {
  switch (from) {
    case DType::kF32: return convert<float, To>;
    case DType::kF64: return convert<double, To>;
    case DType::kI32: return convert<int32_t, To>;
    case DType::kI64: return convert<int64_t, To>;
    case DType::kU8:
    case DType::kBool: return convert<uint8_t, To>;
  }
  return nullptr;
}

// Null where a value could be lost or where nothing is to be converted to.
ConvertFn conversion(DType from, DType to) {
  bool byte = from == DType::kU8 || from == DType::kBool;
  switch (to) {
    case DType::kF32: return from_any<float>(from);
    case DType::kF64: return from_any<double>(from);
    case DType::kI32: return byte ? convert<uint8_t, int32_t> : nullptr;
    case DType::kI64:
      return byte ? convert<uint8_t, int64_t> : from == DType::kI32 ? convert<int32_t, int64_t> : nullptr;
    default: return nullptr;
  }
}

// No function of the caller's, but run like one.
class CastWorker : public Worker {
 public:
  CastWorker(size_t position, DType dtype, double divisor)
      : position_(position), dtype_(dtype), divisor_(divisor) {}
  bool run(const Place&, Element& element) override {
    Value& from = element[position_];
    if (from.dtype == dtype_ && divisor_ == 1) return true;
    ConvertFn convert_fn = conversion(from.dtype, dtype_);
    if (!convert_fn)
      invalid("[dataset_cast] no value may be lost: got tensor ", position_, " of ", from.dtype,
              " to convert to ", dtype_, "; use the op cast in the loop");
    auto [to, memory] = pool_->value(dtype_, from.shape);
    convert_fn(from, memory, divisor_);
    from = std::move(to);
    return true;
  }

 private:
  size_t position_;
  DType dtype_;
  double divisor_;
  std::shared_ptr<BlockPool> pool_ = BlockPool::make();
};

class Cast : public Function {
 public:
  Cast(size_t position, DType dtype, double divisor)
      : position_(position), dtype_(dtype), divisor_(divisor) {}
  std::unique_ptr<Worker> worker() const override {
    return std::make_unique<CastWorker>(position_, dtype_, divisor_);
  }

 private:
  size_t position_;
  DType dtype_;
  double divisor_;
};

}  // namespace

DatasetPtr cast(DatasetPtr source, size_t position, DType dtype, double divisor) {
  if (position >= source->width())
    invalid("[dataset_cast] the position must be that of a tensor: got ", position, " in elements of ",
            source->width(), " tensors; the first is 0");
  if (dtype == DType::kU8 || dtype == DType::kBool || !is_known(dtype))
    invalid("[dataset_cast] a dataset converts to f32, f64, i32 or i64: got ", dtype,
            "; use the op cast in the loop");
  if (!(std::isfinite(divisor) && divisor != 0))
    invalid("[dataset_cast] the divisor must be finite and not zero: got ", divisor,
            "; 1 leaves values as they are");
  if (!is_floating(dtype) && divisor != 1)
    invalid("[dataset_cast] the divisor must be 1 where the target is an integer: got ", divisor, " for ",
            dtype, "; convert to f32");
  if (dtype == DType::kF32 && (static_cast<float>(divisor) == 0 || std::isinf(static_cast<float>(divisor))))
    invalid("[dataset_cast] the divisor must be finite and not zero in f32: got ", divisor,
            "; convert to f64");
  const size_t width = source->width();
  return map(std::move(source), std::make_shared<Cast>(position, dtype, divisor), width, 0, 0);
}

}  // namespace tl::data
