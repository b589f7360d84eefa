#include "core/autodiff/non_finite.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/base/error.h"
#include "core/ops/schema.h"
#include "core/tensor/exchange.h"

namespace tl {
namespace {

// What a tensor holds. first: the index of the first value that is not finite, or -1.
struct Census {
  int64_t nans = 0, infinities = 0, first_nan = -1, first_infinity = -1, finite = 0;
  double least = 0, greatest = 0;
};

template <class T>
Census census_of(const T* values, int64_t count) {
  Census c;
  for (int64_t i = 0; i < count; i++) {
    const double v = static_cast<double>(values[i]);
    if (std::isnan(v)) {
      if (c.nans++ == 0) c.first_nan = i;
    } else if (std::isinf(v)) {
      if (c.infinities++ == 0) c.first_infinity = i;
    } else {
      c.least = c.finite ? std::min(c.least, v) : v;
      c.greatest = c.finite ? std::max(c.greatest, v) : v;
      c.finite++;
    }
  }
  return c;
}

Census census_of(const Tensor& t) {
  switch (t.dtype()) {
    case DType::kF32: return census_of(t.data<float>(), t.elements());
    case DType::kF64: return census_of(t.data<double>(), t.elements());
    case DType::kI32: return census_of(t.data<int32_t>(), t.elements());
    case DType::kI64: return census_of(t.data<int64_t>(), t.elements());
    case DType::kU8: return census_of(t.data<uint8_t>(), t.elements());
    case DType::kBool: return census_of(t.data<uint8_t>(), t.elements());
  }
  return {};
}

// Nothing but a look for the common case, fast enough to leave on for a while: x - x is 0 for finite x alone.
template <class T>
bool all_finite(const T* values, int64_t count, bool infinities) {
  bool ok = true;
  for (int64_t i = 0; i < count; i++)
    ok &= infinities ? values[i] - values[i] == T(0) : values[i] == values[i];
  return ok;
}

std::string amount(const Census& c) {
  std::string out;
  if (c.nans) out = concat(c.nans, " NaN");
  if (c.infinities)
    out += concat(out.empty() ? "" : " and ", c.infinities, c.infinities == 1 ? " infinity" : " infinities");
  return out;
}

std::string range(const Census& c) {
  std::string out = c.finite ? concat("in [", c.least, ", ", c.greatest, "]") : "without finite values";
  if (c.nans || c.infinities) out += concat(" with ", amount(c));
  return out;
}

std::string operand(const OpSchema& schema, size_t i) {
  const size_t last = schema.num_inputs - 1u;
  if (!schema.variadic || i < last) return schema.inputs[i].name;
  return concat(schema.inputs[last].name, "[", i - last, "]");
}

}  // namespace

bool NonFiniteCheck::is_fine(const Tensor& t) const {
  if (!is_floating(t.dtype())) return true;
  return t.dtype() == DType::kF32 ? all_finite(t.data<float>(), t.elements(), infinities_)
                                  : all_finite(t.data<double>(), t.elements(), infinities_);
}

// operands(f): f(name, tensor) of each. made: the advice where none of them was so already.
template <class Operands>
void NonFiniteCheck::report(const char* name, const Tensor& t, const Operands& operands,
                            const char* made) const {
  const Census c = census_of(t);
  const int64_t first =
      !infinities_ || (c.first_nan >= 0 && (c.first_infinity < 0 || c.first_nan < c.first_infinity))
          ? c.first_nan
          : c.first_infinity;
  std::string list;
  bool entered = false;
  operands([&](const std::string& operand, const Tensor& in) {
    const Census of_operand = census_of(in);
    entered |= of_operand.nans || (infinities_ && of_operand.infinities);
    list += concat(list.empty() ? "'" : ", '", operand, "' ", in.dtype(), " ", in.shape(), " ",
                   in.elements() ? range(of_operand) : "without elements");
  });
  const char* gradient = context_.gradient_of();
  fail(Code::kNonFinite, "[", name, "] results must be ", infinities_ ? "finite" : "no NaN", ": got ",
       amount(c), " in ", t.dtype(), " ", t.shape(), ", the first at element ", first,
       gradient ? concat(", in the gradient of '", gradient, "'") : std::string(", in the forward pass"),
       list.empty() ? std::string() : concat("; operands: ", list), "; ",
       entered ? "the operand was so already: it came from data, a variable or an op that ran unchecked"
               : made);
}

void NonFiniteCheck::on_op(const OpCall& call) {
  for (const Tensor& t : call.out)
    if (!is_fine(t))
      report(
          call.schema.name, t,
          [&](auto&& f) {
            for (size_t i = 0; i < call.in.size(); i++) f(operand(call.schema, i), *call.in[i]);
          },
          "this op made the first one: keep its operands in range");
}

void NonFiniteCheck::on_exchange(const std::shared_ptr<Exchange>& exchange, Span<const Tensor> in,
                                 Span<const Tensor> out) {
  for (size_t k = 0; k < out.size(); k++)
    if (!is_fine(out[k]))
      report(
          exchange->name().c_str(), out[k], [&](auto&& f) { f(concat("tensor ", k), in[k]); },
          "another rank gave it, or the call made the first one of what all gave: check on every rank");
}

}  // namespace tl
