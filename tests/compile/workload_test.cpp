// The workloads of the benchmark in small, written anew in ops of the core: compiled they have the bits of the eager step, at any
// number of threads, with each pass left out, with the arena poisoned and its plan checked for overlaps.
#include <map>

#include "core/autodiff/curvature.h"
#include "tests/compile/compile_fixture.h"
#include "tests/rounds.h"

namespace tl::compile_test {
namespace {

using Activation = Tensor (*)(const Tensor&);
Tensor leaky(const Tensor& x) { return leaky_relu(x, 0.2); }

struct Layers {
  std::vector<VariableRef> variables;  // weight, bias, weight, bias, ...

  Layers(Context& c, std::initializer_list<int64_t> sizes, uint64_t seed) {
    for (const int64_t* size = sizes.begin(); size + 1 != sizes.end(); size++) {
      variables.push_back(VariableRef::make(mul_scalar(data(c, {size[0], size[1]}, seed++), 0.3), "weight"));
      variables.push_back(VariableRef::make(mul_scalar(data(c, {size[1]}, seed++), 0.1), "bias"));
    }
  }
  Values values() const {
    Values out;
    for (const VariableRef& v : variables) out.push_back(v->read());
    return out;
  }
  std::vector<GradientSource> sources() const {
    std::vector<GradientSource> out;
    for (const VariableRef& v : variables) out.push_back({Tensor(), v.get()});
    return out;
  }
  void train(Tape& tape, const Tensor& loss, optim::Optimizer& optimizer) const {
    std::vector<Variable*> all;
    for (const VariableRef& v : variables) all.push_back(v.get());
    optimizer.apply(tape.gradient({loss}, sources()), all);
  }
};

Tensor forward(const Values& weights, Tensor x, Activation activation) {
  for (size_t l = 0; l < weights.size(); l += 2) {
    x = add(matmul(x, weights[l]), weights[l + 1]);
    if (l + 2 < weights.size()) x = activation(x);
  }
  return x;
}

// One workload with its state. inputs() gives those of step i.
struct Workload {
  explicit Workload(Context& context) : c(context) {}
  virtual ~Workload() = default;
  virtual Values inputs(uint64_t i) = 0;
  virtual Values step(Span<const Tensor> in) = 0;
  Tensor classes(int64_t rows, int32_t count, uint64_t i) {
    Tensor t = c.allocate(DType::kI32, Shape{rows});
    for (int64_t k = 0; k < rows; k++)
      t.mutable_data<int32_t>()[k] =
          static_cast<int32_t>((static_cast<uint64_t>(k) * 7 + i) % static_cast<uint64_t>(count));
    return t;
  }

  Context& c;
  std::vector<Layers> nets;
  std::vector<std::unique_ptr<optim::Optimizer>> optimizers;
  std::vector<VariableRef> more;
  std::vector<VariableRef> state() const {
    std::vector<VariableRef> all = more;
    for (const Layers& n : nets) all.insert(all.end(), n.variables.begin(), n.variables.end());
    for (const auto& o : optimizers)
      for (const VariableRef& v : o->variables()) all.push_back(v);
    return all;
  }
};

struct W0 : Workload {
  explicit W0(Context& context) : Workload(context) {
    nets.emplace_back(c, std::initializer_list<int64_t>{1, 1}, 1);
    optimizers.push_back(optim::make_sgd(c, {}));
  }
  Values inputs(uint64_t i) override { return {data(c, {1}, i)}; }
  Values step(Span<const Tensor> in) override {
    Tape tape(c, {});
    Tensor loss = mean(tanh(add(mul(nets[0].variables[0]->read(), in[0]), nets[0].variables[1]->read())));
    nets[0].train(tape, loss, *optimizers[0]);
    return {loss};
  }
};

// W1, W1b with dropout, W2, and W12 with another number of rows in each step.
struct Classify : Workload {
  Classify(Context& context, std::initializer_list<int64_t> sizes, int64_t rows_, double dropped_,
           int64_t growth_)
      : Workload(context), rows(rows_), growth(growth_), width(*sizes.begin()), dropped(dropped_) {
    nets.emplace_back(c, sizes, 1);
    optimizers.push_back(optim::make_adam(c, {}));
    more.push_back(VariableRef::make(full(c, {}, 0, DType::kI64), "hits", false));
  }
  Values inputs(uint64_t i) override {
    const int64_t n = rows + growth * static_cast<int64_t>(i % 2);
    return {data(c, {n, width}, 100 + i), classes(n, 5, i)};
  }
  Values step(Span<const Tensor> in) override {
    Tape tape(c, {});
    Values w = nets[0].values();
    Tensor x = in[0];
    for (size_t l = 0; l < w.size(); l += 2) {
      x = add(matmul(x, w[l]), w[l + 1]);
      if (l + 2 == w.size()) break;
      x = relu(x);
      if (dropped > 0) x = dropout(x, dropped);
    }
    Tensor loss = mean(sparse_softmax_cross_entropy(in[1], x));
    nets[0].train(tape, loss, *optimizers[0]);
    Tensor hit = equal(argmax(x, {1}), cast(in[1], DType::kI64));
    more[0]->assign(add(more[0]->read(), sum(cast(hit, DType::kI64))));
    return {loss};
  }
  int64_t rows, growth, width;
  double dropped;
};

// W3, a GAN with two optimizers; W4, a critic with a penalty on its slope.
struct Gan : Workload {
  Gan(Context& context, bool penalty_) : Workload(context), penalty(penalty_) {
    nets.emplace_back(c, std::initializer_list<int64_t>{5, 16, 24}, 1);
    nets.emplace_back(c, std::initializer_list<int64_t>{24, 16, 1}, 51);
    for (int k = 0; k < 2; k++) optimizers.push_back(optim::make_adam(c, {}));
  }
  Values inputs(uint64_t i) override {
    return {data(c, {8, 24}, 100 + i), data(c, {8, 5}, 400 + i), sigmoid(data(c, {8, 1}, 500 + i))};
  }
  Tensor binary(const Tensor& logits, double label) {
    return mean(sigmoid_cross_entropy(full(c, {8, 1}, label, DType::kF32), logits));
  }
  Values step(Span<const Tensor> in) override {
    Layers &generator = nets[0], &critic = nets[1];
    if (penalty) {
      Tensor fake = tanh(forward(generator.values(), in[1], leaky));
      Tape outer(c, {});
      Tensor mixed = add(fake, mul(in[2], sub(in[0], fake)));
      TapeOptions o;
      o.watch_variables = false;
      Tape inner(c, o);
      inner.watch(mixed);
      Tensor score = forward(critic.values(), mixed, tanh);
      GradientSource at[] = {{mixed, nullptr}};
      Tensor slopes = inner.gradient({score}, at)[0];
      Tensor far = square(add_scalar(sqrt(sum(square(slopes), {1})), -1));
      Tensor loss =
          add(sub(mean(forward(critic.values(), fake, tanh)), mean(forward(critic.values(), in[0], tanh))),
              mul_scalar(mean(far), 10));
      critic.train(outer, loss, *optimizers[1]);
      return {loss};
    }
    Tape for_generator(c, {});
    Tensor fake = tanh(forward(generator.values(), in[1], leaky));
    for_generator.pause();
    Tape for_critic(c, {});
    Tensor d = add(binary(forward(critic.values(), in[0], leaky), 1),
                   binary(forward(critic.values(), stop_gradient(fake), leaky), 0));
    critic.train(for_critic, d, *optimizers[1]);
    for_generator.resume();
    Tensor g = binary(forward(critic.values(), fake, leaky), 1);
    generator.train(for_generator, g, *optimizers[0]);
    return {add(d, g)};
  }
  bool penalty;
};

// W5: one inner step on each of three tasks, through which the outer gradient flows.
struct Maml : Workload {
  explicit Maml(Context& context) : Workload(context) {
    nets.emplace_back(c, std::initializer_list<int64_t>{1, 8, 1}, 1);
    optimizers.push_back(optim::make_adam(c, {}));
  }
  Values inputs(uint64_t i) override {
    Values out;
    for (uint64_t k = 0; k < 4; k++) out.push_back(data(c, {3, 6, 1}, 10 * i + k));
    return out;
  }
  Values step(Span<const Tensor> in) override {
    Tape outer(c, {});
    Tensor total;
    for (int64_t t = 0; t < 3; t++) {
      Values task;
      for (const Tensor& all : in) task.push_back(reshape(slice(all, {t, 0, 0}, {t + 1, 6, 1}), {6, 1}));
      Tape inner(c, {});
      Values w = nets[0].values();
      Tensor support = mean(square(sub(forward(w, task[0], relu), task[1])));
      Values g = inner.gradient({support}, nets[0].sources());
      for (size_t k = 0; k < w.size(); k++) w[k] = sub(w[k], mul_scalar(g[k], 0.05));
      Tensor query = mean(square(sub(forward(w, task[2], relu), task[3])));
      total = total ? add(total, query) : query;
    }
    nets[0].train(outer, total, *optimizers[0]);
    return {total};
  }
};

// W6: a product of the Hessian and a direction.
struct Product : Workload {
  Product(Context& context, HessianWay way_) : Workload(context), way(way_) {
    nets.emplace_back(c, std::initializer_list<int64_t>{12, 8, 5}, 1);
    for (const VariableRef& v : nets[0].variables) along.push_back(data(c, v->shape(), 70 + along.size()));
  }
  Values inputs(uint64_t i) override { return {data(c, {16, 12}, i), classes(16, 5, i)}; }
  Values step(Span<const Tensor> in) override {
    auto loss = [&](Span<const Tensor> w) {
      return Values{
          mean(sparse_softmax_cross_entropy(in[1], forward(Values(w.begin(), w.end()), in[0], tanh)))};
    };
    return hessian_vector_product(loss, nets[0].values(), along, way);
  }
  HessianWay way;
  Values along;
};

// W9: a regression by wide layers; wide enough here that threads share them.
struct Regress : Workload {
  explicit Regress(Context& context) : Workload(context) {
    nets.emplace_back(c, std::initializer_list<int64_t>{96, 96, 96}, 1);
    optimizers.push_back(optim::make_adam(c, {}));
  }
  Values inputs(uint64_t i) override { return {data(c, {160, 96}, i), data(c, {160, 96}, 50 + i)}; }
  Values step(Span<const Tensor> in) override {
    Tape tape(c, {});
    Tensor loss = mean(square(sub(forward(nets[0].values(), in[0], relu), in[1])));
    nets[0].train(tape, loss, *optimizers[0]);
    return {loss};
  }
};

using Maker = std::function<std::unique_ptr<Workload>(Context&)>;
template <class T, class... A>
Maker maker(A... a) {
  return [=](Context& c) { return std::make_unique<T>(c, a...); };
}
Maker classify(std::initializer_list<int64_t> sizes, int64_t rows, double dropped, int64_t growth) {
  const std::vector<int64_t> kept = sizes;
  TL_INVARIANT(kept.size() == 3);
  return [=](Context& c) {
    return std::make_unique<Classify>(c, std::initializer_list<int64_t>{kept[0], kept[1], kept[2]}, rows,
                                      dropped, growth);
  };
}

const std::map<std::string, Maker>& workloads() {
  static const std::map<std::string, Maker> all{
      {"W0", maker<W0>()},
      {"W1", classify({49, 16, 5}, 32, 0, 0)},
      {"W1b", classify({49, 32, 5}, 32, 0.2, 0)},
      {"W2", classify({20, 32, 5}, 32, 0, 0)},
      {"W3", maker<Gan>(false)},
      {"W4", maker<Gan>(true)},
      {"W5", maker<Maml>()},
      {"W6 forward over reverse", maker<Product>(HessianWay::kForwardOverReverse)},
      {"W6 reverse over reverse", maker<Product>(HessianWay::kReverseOverReverse)},
      {"W9", maker<Regress>()},
      {"W12", classify({20, 16, 5}, 25, 0, 1)},
  };
  return all;
}

// "" or where the two ways part in six steps.
std::string difference(const Maker& make, int threads, const FunctionOptions& options) {
  Context eager_context(options_of()), context(options_of(threads));
  const std::unique_ptr<Workload> eager = make(eager_context), compiled = make(context);
  Function f(
      context, [&](Span<const Tensor> in, size_t) { return compiled->step(in); }, options);
  for (uint64_t i = 0; i < 6; i++) {
    const Values want = eager->step(eager->inputs(i)), in = compiled->inputs(i);
    Values got(want.size());
    f.call(in, got);
    for (size_t k = 0; k < want.size(); k++)
      if (!same_bits(want[k], got[k])) return concat("output ", k, " of step ", i);
    const std::vector<VariableRef> a = eager->state(), b = compiled->state();
    if (a.size() != b.size()) return concat("the number of variables in step ", i);
    for (size_t k = 0; k < a.size(); k++)
      if (!same_bits(a[k]->value(), b[k]->value()))
        return concat("variable '", a[k]->name(), "' in step ", i);
  }
  return f.stats().replays >= 4 ? "" : "it was not replayed";
}

}  // namespace

TEST_CASE("each workload has the bits of its eager step, on 1, 2 and 4 threads", "[compile]") {
  for (const auto& [name, make] : workloads())
    for (int threads : {1, 2, 4}) {
      INFO(name << ", " << threads << " threads");
      CHECK(difference(make, threads, strict()) == "");
    }
}

TEST_CASE("each workload has the bits of its eager step without each pass", "[compile][numbers]") {
  int diagonal = 0;  // under a sanitizer each workload lacks other passes
  for (const auto& [name, make] : workloads()) {
    int pair = diagonal++;
    for (const compile::Pass& pass : compile::passes()) {
      if (pass.reassociates) continue;  // left out anyway
      if (pair++ % 4 >= test::rounds(4)) continue;
      INFO(name << " without '" << pass.name << "'");
      FunctionOptions o = strict();
      o.plan.without_passes = {pass.name};
      CHECK(difference(make, 1, o) == "");
    }
  }
}

TEST_CASE("each workload has the bits of its eager step without any pass", "[compile]") {
  for (const auto& [name, make] : workloads()) {
    INFO(name);
    FunctionOptions o = strict();
    for (const compile::Pass& pass : compile::passes()) o.plan.without_passes.push_back(pass.name);
    CHECK(difference(make, 1, o) == "");
  }
}

}  // namespace tl::compile_test
