// Draws the operands of op cases, converts between tensors and arrays, and compares.
#include "tests/ops/op_case.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/base/error.h"

namespace tl::test {
namespace {

constexpr double kKinkDistance = 0.06;

// SplitMix64 (Steele, Lea and Flood 2014): the tests' own generator, so that a fault of the library's cannot
// hide.
class Generator {
 public:
  explicit Generator(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(next() >> 11) * 0x1p-53;
  }
  int64_t integer(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
  }

 private:
  uint64_t state_;
};

uint64_t seed_of(const OpCase& c, uint64_t variant) {
  uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a over the label
  for (const char* p = c.op; *p; p++) hash = (hash ^ static_cast<unsigned char>(*p)) * 0x100000001B3u;
  for (const char* p = c.text; *p; p++) hash = (hash ^ static_cast<unsigned char>(*p)) * 0x100000001B3u;
  return hash + variant * 0x9E3779B97F4A7C15u;
}

bool near_kink(double value, const std::vector<double>& kinks) {
  for (double k : kinks)
    if (std::fabs(value - k) < kKinkDistance) return true;
  return false;
}

double draw_floating(Generator& random, const TensorSample& t, const std::vector<double>& kinks) {
  double value = random.uniform(t.low, t.high);
  for (int tries = 0; tries < 1000 && near_kink(value, kinks); tries++) value = random.uniform(t.low, t.high);
  return value;
}

double draw_integer(Generator& random, const TensorSample& t, DType dtype) {
  if (dtype == DType::kBool) return static_cast<double>(random.integer(0, 1));
  double low = std::ceil(t.low), high = std::floor(t.high);
  if (dtype == DType::kU8) low = std::max(low, 0.0), high = std::min(high, 255.0);
  if (high < low) high = low;
  return static_cast<double>(random.integer(static_cast<int64_t>(low), static_cast<int64_t>(high)));
}

// Replaces the floating values of all operands together by evenly spaced ones in random order, each moved by
// at most a fifth of the spacing.
void separate(Generator& random, const OpCase& c, Arrays& arrays) {
  size_t count = 0;
  for (const Array& a : arrays) count += is_floating(a.dtype) ? a.values.size() : 0;
  std::vector<size_t> order(count);
  for (size_t i = 0; i < count; i++) order[i] = i;
  for (size_t i = count; i > 1; i--) std::swap(order[i - 1], order[random.next() % i]);
  size_t at = 0;
  for (size_t k = 0; k < arrays.size(); k++) {
    if (!is_floating(arrays[k].dtype)) continue;
    const TensorSample& t = c.tensors[k];
    for (double& v : arrays[k].values) {
      double slot = static_cast<double>(order[at++]) + 0.5 + random.uniform(-0.2, 0.2);
      v = t.low + (t.high - t.low) * slot / static_cast<double>(count);
    }
  }
}

template <class T>
void store(const std::vector<double>& values, std::byte* to) {
  for (size_t i = 0; i < values.size(); i++) {
    T value = static_cast<T>(values[i]);
    std::memcpy(to + i * sizeof(T), &value, sizeof(T));
  }
}

template <class T>
void load(const Tensor& tensor, std::vector<double>& values) {
  for (size_t i = 0; i < values.size(); i++) {
    T value;
    std::memcpy(&value, tensor.raw() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<double>(value);
  }
}

void store(const Array& array, std::byte* to) {
  switch (array.dtype) {
    case DType::kF32: return store<float>(array.values, to);
    case DType::kF64: return store<double>(array.values, to);
    case DType::kI32: return store<int32_t>(array.values, to);
    case DType::kI64: return store<int64_t>(array.values, to);
    case DType::kU8:
    case DType::kBool: return store<uint8_t>(array.values, to);
  }
}

}  // namespace

std::vector<DType> run_dtypes(const OpCase& c) {
  DTypeSet set = kAnyType;
  bool any = false;
  for (const TensorSample& t : c.tensors) {
    if (t.dtype == kFloating) set &= t.allowed, any = true;
  }
  if (!any || c.error) return {DType::kF32};
  std::vector<DType> out;
  for (DType d : {DType::kF64, DType::kF32, DType::kI32, DType::kI64, DType::kU8, DType::kBool})
    if (contains(set, d)) out.push_back(d);
  return out;
}

Arrays sample_operands(const OpCase& c, DType run, uint64_t variant) {
  Generator random(seed_of(c, variant));
  Arrays out;
  for (const TensorSample& t : c.tensors) {
    Array a{t.shape, t.dtype == kFloating ? run : t.dtype, {}};
    a.values.resize(static_cast<size_t>(t.shape.elements()));
    for (double& v : a.values)
      v = is_floating(a.dtype) ? draw_floating(random, t, c.kinks) : draw_integer(random, t, a.dtype);
    out.push_back(std::move(a));
  }
  if (c.distinct) separate(random, c, out);
  for (size_t i = 0; i < out.size(); i++) out[i] = rounded(std::move(out[i]));
  return out;
}

Array sample_direction(const Shape& shape, uint64_t seed) {
  Generator random(seed * 0x9E3779B97F4A7C15u + 1);
  Array out{shape, DType::kF64, std::vector<double>(static_cast<size_t>(shape.elements()))};
  for (double& v : out.values) {
    v = random.uniform(0.5, 1.5);
    if (random.next() & 1) v = -v;
  }
  return out;
}

Tensor to_tensor(Context& context, const Array& array, Layout layout) {
  if (layout == Layout::kOwn) {
    Tensor t = context.allocate(array.dtype, array.shape);
    store(array, t.mutable_raw());
    return t;
  }
  size_t bytes = array.values.size() * size_of(array.dtype);
  size_t row = array.shape.rank() == 0 || array.shape[0] == 0
                   ? size_of(array.dtype)
                   : static_cast<size_t>(array.shape.elements(1, array.shape.rank())) * size_of(array.dtype);
  Tensor whole = context.allocate(DType::kU8, Shape{static_cast<int64_t>(bytes + 2 * row)});
  std::memset(whole.mutable_raw(), 0xA5, whole.bytes());
  store(array, whole.mutable_raw() + row);
  // Tensor::view keeps the dtype, so the larger tensor is made anew over the same buffer with the right one.
  whole.node()->buffer->retain();
  Tensor typed = context.adopt(whole.node()->buffer, array.dtype,
                               Shape{static_cast<int64_t>(bytes / size_of(array.dtype))});
  return typed.view(array.shape, row);
}

Tensors to_tensors(Context& context, const Arrays& arrays, Layout layout) {
  Tensors out;
  for (const Array& a : arrays) out.push_back(to_tensor(context, a, layout));
  return out;
}

Array to_array(const Tensor& tensor) {
  Array out{tensor.shape(), tensor.dtype(), std::vector<double>(static_cast<size_t>(tensor.elements()))};
  switch (tensor.dtype()) {
    case DType::kF32: load<float>(tensor, out.values); break;
    case DType::kF64: load<double>(tensor, out.values); break;
    case DType::kI32: load<int32_t>(tensor, out.values); break;
    case DType::kI64: load<int64_t>(tensor, out.values); break;
    case DType::kU8:
    case DType::kBool: load<uint8_t>(tensor, out.values); break;
  }
  return out;
}

Arrays to_arrays(const Tensors& tensors) {
  Arrays out;
  for (const Tensor& t : tensors) out.push_back(to_array(t));
  return out;
}

Array rounded(Array array) {
  if (array.dtype == DType::kF32)
    for (double& v : array.values) v = static_cast<double>(static_cast<float>(v));
  return array;
}

std::string difference(const Array& got, const Array& expected_exact, double tolerance, double floor) {
  if (got.dtype != expected_exact.dtype)
    return concat("dtype ", got.dtype, " instead of ", expected_exact.dtype);
  if (got.shape != expected_exact.shape)
    return concat("shape ", got.shape, " instead of ", expected_exact.shape);
  Array expected = rounded(expected_exact);
  if (got.values.size() != expected.values.size()) return "the reference has the wrong number of elements";
  // Results below the normal range may be flushed to zero.
  double smallest = got.dtype == DType::kF32 ? 1.2e-38 : 2.3e-308;
  for (size_t i = 0; i < got.values.size(); i++) {
    double a = got.values[i], b = expected.values[i];
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    bool close = is_floating(got.dtype) && std::isfinite(a) && std::isfinite(b) &&
                 std::fabs(a - b) <= tolerance * (std::fabs(b) + floor) + smallest;
    if (!close) return concat("element ", i, " is ", a, " instead of ", b);
  }
  return "";
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         (a.bytes() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
}

std::string check_error_sample(const OpCase& c) {
  ContextOptions options;
  options.threads = 1;
  Context context(options);
  Tensors in = to_tensors(context, sample_operands(c, run_dtypes(c)[0]));
  size_t live = context.live_tensors();
  std::string problem = "no error was thrown";
  try {
    c.call(context, in);
  } catch (const Error& e) {
    problem = "";
    if (e.code() != Code::kInvalidArgument)
      problem = concat("the code is ", code_name(e.code()), ": ", e.message());
    else if (e.message().find(c.error) == std::string::npos)
      problem = concat("the message lacks '", c.error, "': ", e.message());
    else if (e.message().find(concat("[", c.op, "]")) == std::string::npos)
      problem = concat("the message does not begin with the op's name: ", e.message());
  }
  if (problem.empty() && context.live_tensors() != live)
    problem = concat(context.live_tensors() - live, " tensors were left behind");
  return problem;
}

}  // namespace tl::test
