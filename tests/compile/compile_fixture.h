// What the tests of the compiled step share: a small network trained by a step that is written once and run both ways.
#pragma once

#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/autodiff/tape.h"
#include "core/autodiff/vmap.h"
#include "core/base/error.h"
#include "core/compile/function.h"
#include "core/compile/pass.h"
#include "core/ops/generated/functions.h"
#include "core/optim/adam.h"
#include "core/optim/sgd.h"
#include "core/tensor/item.h"

namespace tl::compile_test {

using compile::Function;
using compile::FunctionOptions;
using Values = std::vector<Tensor>;

inline ContextOptions options_of(int threads = 1, uint64_t seed = 1) {
  ContextOptions o;
  o.seed = seed;
  o.threads = threads;
  return o;
}

// Checks everything that can be checked, and poisons what is not in use.
inline FunctionOptions strict() {
  FunctionOptions o;
  o.plan.verify = o.plan.poison = true;
  return o;
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

inline Tensor data(Context& c, const Shape& shape, uint64_t seed, DType dtype = DType::kF32) {
  const RandomState before = c.random();
  c.random() = {seed, 0};
  Tensor t = normal(c, shape, 0, 1, dtype);
  c.random() = before;
  return t;
}

inline Tensor labels(Context& c, std::initializer_list<int32_t> values) {
  Tensor t = c.allocate(DType::kI32, Shape{static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), t.mutable_data<int32_t>());
  return t;
}

// A classifier with dropout, Adam and a count of hits.
struct Classifier {
  explicit Classifier(Context& context, double rate = 0.25)
      : c(context),
        w(VariableRef::make(data(c, {6, 8}, 11), "w")),
        b(VariableRef::make(full(c, {8}, 0, DType::kF32), "b")),
        v(VariableRef::make(data(c, {8, 3}, 12), "v")),
        hits(VariableRef::make(full(c, {}, 0, DType::kI64), "hits", false)),
        dropped(rate),
        adam(optim::make_adam(c, {})) {}

  Values step(Span<const Tensor> in) {
    Tape tape(c, {});
    Tensor hidden = relu(add(matmul(in[0], w->read()), b->read()));
    if (dropped > 0) hidden = dropout(hidden, dropped);
    Tensor logits = matmul(hidden, v->read());
    Tensor loss = mean(sparse_softmax_cross_entropy(in[1], logits));
    Variable* all[] = {w.get(), b.get(), v.get()};
    GradientSource sources[] = {{Tensor(), w.get()}, {Tensor(), b.get()}, {Tensor(), v.get()}};
    adam->apply(tape.gradient({loss}, sources), all);
    Tensor hit = equal(argmax(logits, {1}), cast(in[1], DType::kI64));
    hits->assign(add(hits->read(), sum(cast(hit, DType::kI64))));
    return {loss, logits};
  }

  std::vector<VariableRef> state() const {
    std::vector<VariableRef> all = adam->variables();
    for (const VariableRef& r : {w, b, v, hits}) all.push_back(r);
    return all;
  }

  Context& c;
  VariableRef w, b, v, hits;
  double dropped;
  std::unique_ptr<optim::Optimizer> adam;
};

inline std::string message_of(const std::function<void()>& f, Code code) {
  try {
    f();
  } catch (const Error& e) {
    CHECK(e.code() == code);
    return e.message();
  }
  return "no error";
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace tl::compile_test
