#include "tests/ops/differentiate.h"

#include <algorithm>
#include <cmath>

#include "core/autodiff/forward.h"
#include "core/base/error.h"

namespace tl::test {
namespace {

std::vector<GradientSource> sources_of(const Values& z, size_t count) {
  std::vector<GradientSource> out;
  for (size_t i = 0; i < count; i++) out.push_back(GradientSource{z[i], nullptr});
  return out;
}

// Splits (z, w) for a function of z.
Values part(const Values& all, size_t from, size_t to) {
  return Values(all.begin() + static_cast<std::ptrdiff_t>(from),
                all.begin() + static_cast<std::ptrdiff_t>(to));
}

// Adds up a[i] * b[i] over all elements, and the sizes of these products.
void add_products(const Values& a, const std::vector<Array>& b, long double& sum, long double& size) {
  for (size_t i = 0; i < a.size(); i++) {
    Array values = to_array(a[i]);
    for (size_t e = 0; e < values.values.size(); e++) {
      long double product = static_cast<long double>(values.values[e]) * b[i].values[e];
      sum += product;
      size += std::fabs(product);
    }
  }
}

}  // namespace

ContextOptions one_thread() {
  ContextOptions options;
  options.threads = 1;
  options.seed = 11;
  return options;
}

Map function_of(const OpCase& c, Context& context, const Tensors& operands) {
  return [&c, &context, operands](const Values& z) {
    Tensors in = operands;
    size_t next = 0;
    for (size_t i = 0; i < in.size(); i++)
      if (is_floating(in[i].dtype())) in[i] = z[next++];
    context.random() = RandomState{11, 0};
    Values out;
    for (const Tensor& t : c.call(context, in))
      if (is_floating(t.dtype())) out.push_back(t);
    return out;
  };
}

Values tape_gradient(Context& context, const Map& f, const Values& z, size_t sources, const Values& weights,
                     Unconnected unconnected) {
  Tape tape(context, TapeOptions{});
  for (const Tensor& t : z) tape.watch(t);
  Values out = f(z);
  return tape.gradient(out, sources_of(z, sources), weights, unconnected);
}

Values forward_tangents(Context& context, const Map& f, const Values& z, const Values& along,
                        Unconnected unconnected) {
  std::vector<GradientSource> primals;
  Values tangents;
  for (size_t i = 0; i < along.size(); i++) {
    if (!along[i]) continue;
    primals.push_back(GradientSource{z[i], nullptr});
    tangents.push_back(along[i]);
  }
  Forward forward(context, primals, tangents);
  Values out;
  for (const Tensor& y : f(z)) out.push_back(forward.tangent(y, unconnected));
  return out;
}

Map gradient_of(Context& context, Map f, size_t sources) {
  return [&context, f = std::move(f), sources](const Values& all) {
    return tape_gradient(context, f, part(all, 0, sources), sources, part(all, sources, all.size()),
                         Unconnected::kZero);
  };
}

Map tangent_of(Context& context, Map f, size_t sources) {
  return [&context, f = std::move(f), sources](const Values& all) {
    return forward_tangents(context, f, part(all, 0, sources), part(all, sources, all.size()),
                            Unconnected::kZero);
  };
}

std::vector<Array> directions_for(const Values& like, uint64_t seed) {
  std::vector<Array> out;
  for (const Tensor& t : like) out.push_back(sample_direction(t.shape(), seed++));
  return out;
}

Values tensors_of(Context& context, const std::vector<Array>& arrays) {
  Values out;
  for (const Array& a : arrays) out.push_back(to_tensor(context, a));
  return out;
}

std::string compare_modes(Context& context, const Map& f, const std::vector<Array>& z, double tolerance) {
  Values point = tensors_of(context, z);
  std::vector<Array> v = directions_for(point, 300), u = directions_for(f(point), 400);
  Values by_forward = forward_tangents(context, f, point, tensors_of(context, v), Unconnected::kZero);
  Values by_tape = tape_gradient(context, f, point, point.size(), tensors_of(context, u), Unconnected::kZero);
  for (size_t i = 0; i < u.size(); i++)
    if (by_forward[i].shape() != u[i].shape || by_forward[i].dtype() != DType::kF64)
      return concat("tangent ", i, " is ", by_forward[i].dtype(), " ", by_forward[i].shape());
  long double forward = 0, tape = 0, size = 0;
  add_products(by_forward, u, forward, size);
  add_products(by_tape, v, tape, size);
  if (std::fabs(forward - tape) <= tolerance * std::max(1.0L, size)) return "";
  return concat("forward mode gives ", static_cast<double>(forward), ", the tape ", static_cast<double>(tape),
                ", of terms that add up to ", static_cast<double>(size));
}

}  // namespace tl::test
