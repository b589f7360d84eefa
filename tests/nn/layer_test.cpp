// Layers against plain double loops; their gradients against finite differences; what a failed call leaves behind.
#include <map>

#include "core/autodiff/tape.h"
#include "core/nn/layers.h"
#include "tests/nn/fixture.h"
#include "tests/nn/sequential_of.h"

namespace tl::test {
namespace {

using namespace tl::nn;
using Numbers = std::vector<double>;

DenseOptions dense_options(int64_t input_size = 0, ActivationKind activation = ActivationKind::kLinear,
                           DType dtype = DType::kF64) {
  DenseOptions o;
  o.input_size = input_size;
  o.activation = activation;
  o.dtype = dtype;
  return o;
}

std::vector<std::string> names(const std::vector<VariableRef>& variables) {
  std::vector<std::string> out;
  for (const VariableRef& v : variables) out.push_back(v->name());
  return out;
}

struct LayerFixture : Fixture {
  // sum(weights * layer(x)) differentiated by the tape and by central differences, for the input and all variables.
  void check_gradients(Layer& layer, const Tensor& x, bool training) {
    Tensor weights = random(layer.output_shape(x.shape()));
    layer.build(x.shape());
    auto loss = [&](const Tensor& in) { return sum(mul(layer.call(in, training), weights)); };
    std::vector<VariableRef> variables = layer.trainable_variables();
    std::vector<GradientSource> sources{{x, nullptr}};
    for (VariableRef& v : variables) sources.push_back({Tensor(), v.get()});
    std::vector<Tensor> grads;
    {
      Tape tape(c, {});
      tape.watch(x);
      Tensor y = loss(x);
      grads = tape.gradient({y}, sources);
    }
    const double h = 1e-5;
    auto nudged = [&](const Tensor& t, size_t i, double by) {
      Numbers all = values(t);
      all[i] += by;
      return tensor(all, t.shape());
    };
    auto compare = [&](const Tensor& grad, const Tensor& value,
                       const std::function<double(const Tensor&)>& at) {
      Numbers got = values(grad), want;
      for (size_t i = 0; i < got.size(); i++)
        want.push_back((at(nudged(value, i, h)) - at(nudged(value, i, -h))) / (2 * h));
      check_near(got, want, 1e-7);
    };
    compare(grads[0], x, [&](const Tensor& t) { return item(loss(t)); });
    for (size_t k = 0; k < variables.size(); k++) {
      Tensor original = variables[k]->peek();
      INFO("variable " << variables[k]->name());
      compare(grads[k + 1], original, [&](const Tensor& t) {
        variables[k]->assign(t);
        double out = item(loss(x));
        variables[k]->assign(original);
        return out;
      });
    }
  }
};

TEST_CASE_METHOD(LayerFixture, "Dense is x W + b, for matrices and for more axes", "[layer]") {
  for (DType dtype : {DType::kF32, DType::kF64})
    for (bool bias : {true, false})
      for (Shape shape : {Shape{4, 5}, Shape{2, 3, 5}, Shape{1, 2, 2, 5}, Shape{0, 5}}) {
        DenseOptions o = dense_options(0, ActivationKind::kLinear, dtype);
        o.use_bias = bias;
        o.bias_initializer = {InitializerKind::kNormal, 1};
        LayerPtr dense = make_dense(c, 3, o);
        Tensor x = random(shape, dtype), y = dense->call(x, false);
        Shape want_shape = shape;
        want_shape[shape.rank() - 1] = 3;
        REQUIRE(y.shape() == want_shape);
        CHECK(dense->output_shape(shape) == want_shape);
        std::vector<VariableRef> v = dense->variables();
        REQUIRE(v.size() == (bias ? 2 : 1));
        Numbers in = values(x), w = values(v[0]), b = bias ? values(v[1]) : Numbers(3), want;
        for (size_t row = 0; row < in.size() / 5; row++)
          for (size_t j = 0; j < 3; j++) {
            double total = b[j];
            for (size_t i = 0; i < 5; i++) total += in[row * 5 + i] * w[i * 3 + j];
            want.push_back(total);
          }
        check_near(values(y), want, dtype == DType::kF64 ? 1e-14 : 1e-5);
      }
}

TEST_CASE_METHOD(LayerFixture, "each activation is its formula", "[layer]") {
  Numbers points{-30, -2, -.5, 0, .5, 2, 30};
  Tensor x = tensor(points, {1, 7});
  double total = 0;
  for (double p : points) total += std::exp(p - 30);
  std::map<ActivationKind, std::function<double(double)>> formulas{
      {ActivationKind::kLinear, [](double t) { return t; }},
      {ActivationKind::kRelu, [](double t) { return t > 0 ? t : 0; }},
      {ActivationKind::kLeakyRelu, [](double t) { return t > 0 ? t : .01 * t; }},
      {ActivationKind::kElu, [](double t) { return t > 0 ? t : std::exp(t) - 1; }},
      {ActivationKind::kSilu, [](double t) { return t / (1 + std::exp(-t)); }},
      {ActivationKind::kGelu, [](double t) { return t / 2 * (1 + std::erf(t / std::sqrt(2))); }},
      {ActivationKind::kTanh, [](double t) { return std::tanh(t); }},
      {ActivationKind::kSigmoid, [](double t) { return 1 / (1 + std::exp(-t)); }},
      {ActivationKind::kSoftplus,
       [](double t) { return t > 0 ? t + std::log1p(std::exp(-t)) : std::log1p(std::exp(t)); }},
      {ActivationKind::kSoftmax, [&](double t) { return std::exp(t - 30) / total; }},
      {ActivationKind::kLogSoftmax, [&](double t) { return t - 30 - std::log(total); }}};
  CHECK(formulas.size() == 11);
  for (auto& [kind, formula] : formulas) {
    INFO(nn::name_of(kind));
    Numbers want;
    for (double p : points) want.push_back(formula(p));
    check_near(values(make_activation(c, kind, {})->call(x, false)), want, 1e-13);
    // The same inside Dense.
    DenseOptions o = dense_options(7, kind);
    o.kernel_initializer = {InitializerKind::kOnes, 0};
    Tensor inside = make_dense(c, 2, o)->call(x, false);
    CHECK(values(inside) == values(activate(matmul(x, full(c, {7, 2}, 1, DType::kF64)), kind)));
  }
}

TEST_CASE_METHOD(LayerFixture, "gradients of layers against finite differences", "[layer]") {
  for (ActivationKind kind : {ActivationKind::kTanh, ActivationKind::kGelu, ActivationKind::kLogSoftmax}) {
    check_gradients(*make_dense(c, 3, dense_options(0, kind)), random(Shape{4, 5}), false);
    check_gradients(*make_dense(c, 3, dense_options(0, kind)), random(Shape{2, 2, 5}), false);
  }
  BatchNormOptions batch;
  batch.dtype = DType::kF64;
  LayerNormOptions row;
  row.dtype = DType::kF64;
  for (bool scale : {true, false})
    for (bool center : {true, false}) {
      batch.scale = row.scale = scale;
      batch.center = row.center = center;
      for (Shape shape : {Shape{6, 3}, Shape{2, 4, 3}}) {
        check_gradients(*make_batch_norm(c, batch), random(shape), true);
        check_gradients(*make_batch_norm(c, batch), random(shape), false);
        check_gradients(*make_layer_norm(c, row), random(shape), true);
      }
    }
  check_gradients(
      *sequential(c, {make_flatten(c, {}), make_dense(c, 4, dense_options(0, ActivationKind::kTanh)),
                      make_batch_norm(c, batch), make_dense(c, 2, dense_options())}),
      random(Shape{5, 2, 3}), true);
}

TEST_CASE_METHOD(LayerFixture, "BatchNorm normalises by the batch and moves its averages", "[layer]") {
  BatchNormOptions o;
  o.dtype = DType::kF64;
  o.momentum = .9;
  LayerPtr norm = make_batch_norm(c, o);
  norm->build(Shape{1, 2, 3});
  std::vector<VariableRef> v = norm->variables();
  CHECK(names(v) == std::vector<std::string>{"batch_normalization/gamma", "batch_normalization/beta",
                                             "batch_normalization/moving_mean",
                                             "batch_normalization/moving_variance"});
  CHECK(names(norm->trainable_variables()).size() == 2);
  v[0]->assign(vector({1, 2, -1}));
  v[1]->assign(vector({.5, 0, 3}));
  Numbers moving_mean(3, 0), moving_variance(3, 1), gamma{1, 2, -1}, beta{.5, 0, 3};
  for (int step = 0; step < 3; step++) {
    Tensor x = add_scalar(mul_scalar(random(Shape{4, 2, 3}), 2), 5);
    Numbers in = values(x), want(in.size());
    for (size_t ch = 0; ch < 3; ch++) {
      double mean = 0, variance = 0;
      for (size_t r = 0; r < 8; r++) mean += in[r * 3 + ch] / 8;
      for (size_t r = 0; r < 8; r++) variance += (in[r * 3 + ch] - mean) * (in[r * 3 + ch] - mean) / 8;
      for (size_t r = 0; r < 8; r++)
        want[r * 3 + ch] = gamma[ch] * (in[r * 3 + ch] - mean) / std::sqrt(variance + 1e-3) + beta[ch];
      moving_mean[ch] = .9 * moving_mean[ch] + .1 * mean;
      moving_variance[ch] = .9 * moving_variance[ch] + .1 * variance;
    }
    check_near(values(norm->call(x, true)), want, 1e-13);
    check_near(values(v[2]), moving_mean, 1e-14);
    check_near(values(v[3]), moving_variance, 1e-14);
  }
  // At inference the averages are used, and stay.
  Tensor x = random(Shape{1, 1, 3});
  Numbers in = values(x), want(3), kept = values(v[2]);
  for (size_t ch = 0; ch < 3; ch++)
    want[ch] = gamma[ch] * (in[ch] - moving_mean[ch]) / std::sqrt(moving_variance[ch] + 1e-3) + beta[ch];
  check_near(values(norm->call(x, false)), want, 1e-13);
  CHECK(values(v[2]) == kept);
  CHECK(norm->call(full(c, {0, 1, 3}, 0, DType::kF64), false).shape() == Shape{0, 1, 3});
  CHECK(has(message_of([&] { norm->call(full(c, {0, 1, 3}, 0, DType::kF64), true); }), "at least one row"));
  CHECK(values(v[2]) == kept);
  // Nor does a batch move them whose mean or variance is not finite: they would never be finite again.
  Numbers variances = values(v[3]);
  for (double bad : {std::nan(""), HUGE_VAL, 1e200}) {
    Tensor batch = tensor({1, 2, 3, 4, bad, 6}, {2, 1, 3});
    try {
      norm->call(batch, true);
      FAIL("a batch with " << bad << " moved the averages");
    } catch (const Error& e) {
      CHECK(e.code() == Code::kNonFinite);
      CHECK(has(e.message(), "must be finite: got "));
      CHECK(has(e.message(), " in channel 1 in f64"));
    }
    CHECK(values(v[2]) == kept);
    CHECK(values(v[3]) == variances);
    norm->call(batch, false);
  }
}

TEST_CASE_METHOD(LayerFixture, "the moving averages are on no tape", "[layer]") {
  LayerPtr norm = make_batch_norm(c, {});
  norm->build(Shape{1, 3});
  std::vector<VariableRef> v = norm->variables();
  TapeOptions persistent;
  persistent.persistent = true;
  Tape tape(c, persistent);
  Tensor x = random(Shape{4, 3}, DType::kF32);
  tape.watch(x);
  tape.watch(*v[2]);
  norm->call(x, true);
  norm->call(x, true);
  GradientSource source[] = {{x, nullptr}};
  CHECK_FALSE(tape.gradient({v[2]->read()}, source)[0]);
  CHECK(tape.watched_variables().size() == 3);  // gamma, beta, and moving_mean, which the test watches
}

TEST_CASE_METHOD(LayerFixture, "LayerNorm normalises each row", "[layer]") {
  for (double epsilon : {1e-3, 1e-5}) {
    LayerNormOptions o;
    o.dtype = DType::kF64;
    o.epsilon = epsilon;
    LayerPtr norm = make_layer_norm(c, o);
    norm->build(Shape{1, 4});
    norm->variables()[0]->assign(vector({1, 2, 3, 4}));
    norm->variables()[1]->assign(vector({0, 1, 0, -1}));
    Tensor x = mul_scalar(random(Shape{3, 2, 4}), .1);
    Numbers in = values(x), want;
    for (size_t r = 0; r < 6; r++) {
      double mean = 0, variance = 0;
      for (size_t i = 0; i < 4; i++) mean += in[r * 4 + i] / 4;
      for (size_t i = 0; i < 4; i++) variance += (in[r * 4 + i] - mean) * (in[r * 4 + i] - mean) / 4;
      for (size_t i = 0; i < 4; i++)
        want.push_back((in[r * 4 + i] - mean) / std::sqrt(variance + epsilon) * Numbers{1, 2, 3, 4}[i] +
                       Numbers{0, 1, 0, -1}[i]);
    }
    check_near(values(norm->call(x, false)), want, 1e-13);
    CHECK(values(norm->call(x, true)) == values(norm->call(x, false)));
  }
  CHECK(LayerNormOptions().epsilon == 1e-3);
}

TEST_CASE_METHOD(LayerFixture, "LayerNorm takes rows whose squares leave the range of the dtype", "[layer]") {
  // (1, 3, 5, 7) has the mean 4 and the variance 5, in any unit that makes epsilon small.
  const double root = std::sqrt(5.);
  const Numbers want{-3 / root, -1 / root, 1 / root, 3 / root};
  for (auto [dtype, size, tolerance] : {std::tuple{DType::kF32, 1e19, 1e-6},
                                        {DType::kF32, 1e37, 1e-6},
                                        {DType::kF64, 1e160, 1e-14},
                                        {DType::kF64, 1e300, 1e-14}}) {
    INFO(size);
    LayerNormOptions o;
    o.dtype = dtype;
    LayerPtr norm = make_layer_norm(c, o);
    Tensor x = cast(tensor({1, 3, 5, 7, 1 * size, 3 * size, 5 * size, 7 * size}, {2, 4}), dtype);
    Tape tape(c, {});
    tape.watch(x);
    Tensor y = norm->call(x, true);
    Numbers got = values(y);
    check_near(Numbers(got.begin() + 4, got.end()), want, tolerance);
    // The gradient of the first output by the first input: (1 - 1/4 - y0^2 / 4) / (sqrt(5) size).
    GradientSource source[] = {{x, nullptr}};
    Numbers by_x = values(tape.gradient({slice(y, {1, 0}, {2, 1})}, source)[0]);
    CHECK(by_x[4] * size == Approx((.75 - want[0] * want[0] / 4) / root).epsilon(10 * tolerance));
  }
  LayerNormOptions tiny;
  tiny.dtype = DType::kF64;
  tiny.epsilon = 0;
  Tensor x = tensor({1e-200, 3e-200, 5e-200, 7e-200}, {1, 4});
  check_near(values(make_layer_norm(c, tiny)->call(x, true)), want, 1e-14);
}

TEST_CASE_METHOD(LayerFixture, "Dropout drops while training only", "[layer]") {
  LayerPtr dropout = make_dropout(c, .25, {});
  Tensor x = full(c, {100, 100}, 3, DType::kF32);
  CHECK(values(dropout->call(x, false)) == values(x));
  Numbers y = values(dropout->call(x, true));
  size_t dropped = 0;
  for (double v : y) {
    if (v == 0)
      dropped++;
    else
      REQUIRE(v == 4);
  }
  CHECK(std::abs(static_cast<double>(dropped) / 1e4 - .25) < .02);
  CHECK(values(dropout->call(x, true)) != y);
  CHECK(values(make_dropout(c, 0, {})->call(x, true)) == values(x));
}

TEST_CASE_METHOD(LayerFixture, "Flatten keeps the batch", "[layer]") {
  LayerPtr flatten = make_flatten(c, {});
  for (auto [in, out] :
       {std::pair{Shape{3, 2, 4}, Shape{3, 8}}, {Shape{3}, Shape{3, 1}}, {Shape{0, 2, 2}, Shape{0, 4}}}) {
    Tensor x = random(in);
    CHECK(flatten->call(x, false).shape() == out);
    CHECK(values(flatten->call(x, false)) == values(x));
    CHECK(flatten->output_shape(in) == out);
  }
  CHECK(flatten->call(full(c, {2, 3, 3}, 1, DType::kU8), false).shape() == Shape{2, 9});
  message_of([&] { flatten->call(scalar(1), false); });
}

TEST_CASE_METHOD(LayerFixture, "layers within one another have a deepest level", "[layer]") {
  LayerPtr layer = make_dense(c, 3, dense_options());
  auto around = [&] { layer = sequential(c, {layer}); };
  for (int i = 1; i < Sequential::kMostLevels; i++) around();
  CHECK(layer->call(random(Shape{2, 3}), true).shape() == Shape{2, 3});
  CHECK(layer->variables().size() == 2);
  CHECK(!summary(*layer).empty());
  CHECK(!to_dot(*layer).empty());
  try {
    around();
    FAIL("one level more was taken");
  } catch (const Error& e) {
    CHECK(e.code() == Code::kInvalidArgument);
    CHECK(e.message().find("more than 200 levels deep: got 201") != std::string::npos);
  }
}

TEST_CASE_METHOD(LayerFixture, "Sequential names, builds and nests", "[layer]") {
  LayerPtr inner = sequential(c, {make_dense(c, 4, dense_options()), make_dense(c, 4, dense_options())});
  DenseOptions head = dense_options();
  head.name = "head";
  LayerPtr shared = make_dense(c, 4, dense_options());
  LayerPtr model =
      sequential(c, {make_flatten(c, {}), make_dense(c, 4, dense_options()), shared, inner, shared,
                     make_activation(c, ActivationKind::kRelu, {}), make_dense(c, 2, head)});
  CHECK_FALSE(model->built());
  CHECK(model->variables().empty());
  Tensor y = model->call(random(Shape{3, 2, 2}), false);
  CHECK(y.shape() == Shape{3, 2});
  CHECK(names(model->variables()) ==
        std::vector<std::string>{"dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias",
                                 "sequential/dense/kernel", "sequential/dense/bias",
                                 "sequential/dense_1/kernel", "sequential/dense_1/bias", "head/kernel",
                                 "head/bias"});
  LayerPtr named =
      sequential(c, {make_dense(c, 4, dense_options(2)), make_dense(c, 1, dense_options())}, "critic");
  CHECK(named->built());
  CHECK(names(named->variables()) == std::vector<std::string>{"critic/dense/kernel", "critic/dense/bias",
                                                              "critic/dense_1/kernel",
                                                              "critic/dense_1/bias"});
  // Other weights in each, from the same stream.
  CHECK(values(named->variables()[0]) != values(model->variables()[0]));
}

TEST_CASE_METHOD(LayerFixture,
                 "deep models are named in time that does not explode, and follow what is around",
                 "[layer]") {
  constexpr int kDepth = Sequential::kMostLevels - 2;  // the dense layer and the outer model are two more
  LayerPtr dense = make_dense(c, 1, dense_options(1)), model = dense;
  std::string prefix;
  for (int i = 0; i < kDepth; i++) {
    model = sequential(c, {model});
    if (i) prefix += "sequential/";
  }
  CHECK(names(model->variables()) ==
        std::vector<std::string>{prefix + "dense/kernel", prefix + "dense/bias"});
  model = sequential(c, {model}, "outer");
  CHECK(dense->variables()[0]->name() == "outer/sequential/" + prefix + "dense/kernel");
  model.reset();  // the layer keeps the names of what it stood in
  CHECK(has(message_of([&] { dense->call(scalar(1), false); }),
            ("Dense layer 'outer/sequential/" + prefix + "dense'").c_str()));
  CHECK(has(message_of([&] { sequential(c, {dense}, "a/b"); }), "got 'a/b'"));
}

TEST_CASE_METHOD(LayerFixture, "a chain equals its parts", "[layer]") {
  LayerPtr first = make_dense(c, 4, dense_options(3, ActivationKind::kTanh)),
           second = make_dense(c, 2, dense_options(4));
  Tensor x = random(Shape{5, 3});
  Numbers want = values(second->call(first->call(x, false), false));
  CHECK(values(sequential(c, {first, second})->call(x, false)) == want);
}

TEST_CASE_METHOD(LayerFixture, "the summary counts", "[layer]") {
  DenseOptions f32 = dense_options(0, ActivationKind::kRelu, DType::kF32);
  LayerPtr model = sequential(c,
                              {make_flatten(c, {}), make_dense(c, 128, f32), make_batch_norm(c, {}),
                               make_dropout(c, .2, {}), make_dense(c, 10, f32)},
                              "digits");
  CHECK(has(summary(*model), "? (not built)"));
  model->build(Shape{32, 28, 28});
  CHECK(summary(*model) ==
        "Model: \"digits\"\n"
        "===================================================================\n"
        " Layer (type)                               Output Shape   Param #\n"
        "===================================================================\n"
        " flatten (Flatten)                          (?, 784)             0\n"
        " dense (Dense)                              (?, 128)       100,480\n"
        " batch_normalization (BatchNormalization)   (?, 128)           512\n"
        " dropout (Dropout)                          (?, 128)             0\n"
        " dense_1 (Dense)                            (?, 10)          1,290\n"
        "===================================================================\n"
        " Total params: 102,282 (399.54 KB)\n"
        " Trainable params: 102,026 (398.54 KB)\n"
        " Non-trainable params: 256 (1.00 KB)\n");
  CHECK(has(summary(*make_dense(c, 2, dense_options(3))), "dense (Dense)   (?, 2)"));
}

TEST_CASE_METHOD(LayerFixture, "layers refuse what does not fit, and stay as they were", "[layer]") {
  LayerPtr dense = make_dense(c, 4, dense_options());
  CHECK(has(message_of([&] { dense->call(vector({1, 2}), false); }), "rank 2"));
  CHECK(has(message_of([&] { dense->call(full(c, {2, 0}, 0, DType::kF64), false); }), "empty"));
  CHECK_FALSE(dense->built());
  Context other(ContextOptions{});
  CHECK(has(message_of([&] { dense->call(full(other, {2, 2}, 0, DType::kF64), false); }), "another context"));
  message_of([&] { dense->call(Tensor(), false); });
  dense->call(random(Shape{2, 3}), false);
  CHECK(has(message_of([&] { dense->call(random(Shape{2, 5}), false); }), "must be 3: got (2, 5)"));
  CHECK(has(message_of([&] { dense->call(random(Shape{2, 3}, DType::kF32), false); }), "computes in f64"));

  // A chain whose second part does not fit builds nothing.
  DenseOptions fixed = dense_options(7);
  LayerPtr first = make_dense(c, 4, dense_options()), wrong = make_dense(c, 2, fixed);
  LayerPtr chain = sequential(c, {first, wrong});
  CHECK(has(message_of([&] { chain->call(random(Shape{2, 3}), false); }), "must be 7"));
  CHECK_FALSE(first->built());
  CHECK(has(message_of([&] { sequential(c, {make_dense(c, 4, dense_options(3)), wrong}); }), "must be 7"));
  DenseOptions twin = dense_options();
  twin.name = "twin";
  CHECK(has(message_of([&] {
              sequential(c, {make_dense(c, 4, twin), make_dense(c, 4, twin)});
            }),
            "got 'twin' twice, 'layers[0]' and 'layers[1]'"));
  message_of([&] { sequential(c, {}); });
  message_of([&] { sequential(c, {nullptr}); });
  CHECK(has(message_of([&] { sequential(other, {first}); }), "another context"));

  CHECK(has(message_of([&] { make_dense(c, 0, dense_options()); }), "units"));
  CHECK(has(message_of([&] { make_dense(c, 1, dense_options(-1)); }), "input_size"));
  CHECK(has(message_of([&] { make_dense(c, 1, dense_options(1, static_cast<ActivationKind>(99))); }), "99"));
  CHECK(has(message_of([&] { make_dense(c, 1, dense_options(1, ActivationKind::kRelu, DType::kI64)); }),
            "i64"));
  for (double rate : {-.1, 1., std::nan("")})
    CHECK(has(message_of([&] { make_dropout(c, rate, {}); }), "rate"));
  BatchNormOptions b;
  b.momentum = 1.5;
  CHECK(has(message_of([&] { make_batch_norm(c, b); }), "1.5"));
  LayerNormOptions l;
  l.epsilon = -1;
  CHECK(has(message_of([&] { make_layer_norm(c, l); }), "epsilon"));
  l.epsilon = 1e300;
  CHECK(has(message_of([&] { make_layer_norm(c, l); }), "out of range for f32: got 1e+300"));
  DenseOptions huge;
  huge.kernel_initializer = {InitializerKind::kTruncatedNormal, 1e300};
  CHECK(has(message_of([&] { make_dense(c, 2, huge); }),
            "[dense] the initializer's parameter is out of range"));
  CHECK(has(message_of([&] { make_batch_norm(c, {})->call(vector({1}, DType::kF32), true); }), "rank 2"));
  CHECK(has(message_of([&] {
              make_layer_norm(c, {})->call(full(c, {2, 0}, 0), true);
            }),
            "must not be empty"));
  CHECK(has(message_of([&] {
              make_batch_norm(c, {})->call(full(c, {2, 0}, 0), true);
            }),
            "must not be empty"));
}

TEST_CASE_METHOD(LayerFixture, "a build that runs out of memory is taken back whole", "[layer]") {
  auto model_of = [](Context& context) {
    return sequential(context,
                      {make_dense(context, 300, dense_options()), make_dense(context, 300, dense_options())});
  };
  Context own(ContextOptions{5, 1, 0, nullptr, nullptr}), fresh(ContextOptions{5, 1, 0, nullptr, nullptr});
  LayerPtr model = model_of(own), same = model_of(fresh);
  own.allocator().set_limit(300 * 300 * 8 + 100000);  // the first kernel and no second
  message_of([&] { model->build(Shape{1, 300}); }, Code::kOutOfMemory);
  CHECK_FALSE(model->built());
  CHECK(model->variables().empty());
  own.allocator().set_limit(0);
  model->build(Shape{1, 300});
  same->build(Shape{1, 300});
  REQUIRE(model->variables().size() == 4);
  for (size_t i = 0; i < 4; i++) CHECK(values(model->variables()[i]) == values(same->variables()[i]));
}

}  // namespace
}  // namespace tl::test
