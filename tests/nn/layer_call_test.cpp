// Calls of layers that fail, and names of layers that several models share: what they leave behind.
#include <atomic>

#include "core/autodiff/tape.h"
#include "core/graph/tracer.h"
#include "core/nn/layers.h"
#include "core/tensor/recorder.h"
#include "tests/nn/fixture.h"
#include "tests/nn/sequential_of.h"

namespace tl::test {
namespace {

using namespace tl::nn;
using Names = std::vector<std::string>;

LayerPtr dense_of(Context& context, int64_t input_size = 0, const std::string& name = "") {
  DenseOptions o;
  o.input_size = input_size;
  o.name = name;
  return make_dense(context, 3, o);
}

Names names(const LayerPtr& layer) {
  Names out;
  for (const VariableRef& v : layer->variables()) out.push_back(v->name());
  return out;
}

Names kernels(const LayerPtr& layer) {
  Names out;
  for (const VariableRef& v : layer->variables())
    if (v->name().size() > 7 && v->name().substr(v->name().size() - 7) == "/kernel")
      out.push_back(v->name().substr(0, v->name().size() - 7));
  return out;
}

std::vector<std::vector<double>> state(const LayerPtr& layer) {
  std::vector<std::vector<double>> out;
  for (const VariableRef& v : layer->variables()) out.push_back(values(v));
  return out;
}

// Cancels, by the word that the context looks at, when so many ops have run.
struct CancelAfter final : Observer {
  CancelAfter(Context& context, std::atomic<uint32_t>& word, int ops) : c(context), cancel(word), left(ops) {
    c.add_observer(this);
  }
  ~CancelAfter() override {
    c.remove_observer(this);
    cancel = 0;
  }
  void on_op(const OpCall&) override {
    if (left-- == 0) cancel = 1;
  }
  Context& c;
  std::atomic<uint32_t>& cancel;
  int left;
};

struct CallFixture : Fixture {
  CallFixture() { c.set_cancel_word(&word, 1); }
  std::atomic<uint32_t> word{0};
  LayerPtr norm() { return make_batch_norm(c, {}); }
  LayerPtr model() {
    LayerPtr twice = norm();
    return sequential(c, {twice, dense_of(c), make_dropout(c, .5, {}), sequential(c, {norm(), twice})});
  }
};

TEST_CASE_METHOD(CallFixture, "a training call that is cancelled anywhere changes nothing", "[layer]") {
  LayerPtr layer = model();
  Tensor x = random(Shape{4, 3}, DType::kF32);
  layer->call(x, true);
  const auto before = state(layer);
  const uint64_t drawn = c.random().next_call;
  int cancelled = 0;
  for (bool taped : {false, true})
    for (int ops = 0;; ops++) {
      Tape tape(c, {});
      if (!taped) tape.end();
      bool failed = false;
      {
        CancelAfter cancel(c, word, ops);
        try {
          layer->call(x, true);
        } catch (const Error& e) {
          failed = e.code() == Code::kCancelled;
        }
      }
      if (!failed) {
        CHECK(state(layer) != before);
        CHECK(c.random().next_call == drawn + 1);
        for (size_t i = 0; i < before.size(); i++) {
          VariableRef v = layer->variables()[i];
          v->assign(tensor(before[i], v->shape(), v->dtype()));
        }
        c.random().next_call = drawn;
        break;
      }
      cancelled++;
      REQUIRE(state(layer) == before);
      REQUIRE(c.random().next_call == drawn);
    }
  CHECK(cancelled > 60);
}

TEST_CASE_METHOD(CallFixture, "a batch that a later layer refuses does not count", "[layer]") {
  LayerPtr first = norm(), second = norm(), scale = dense_of(c, 3);
  LayerPtr layer = sequential(c, {first, scale, second});
  layer->call(random(Shape{4, 3}, DType::kF32), true);
  scale->variables()[0]->assign(full(c, {3, 3}, std::numeric_limits<float>::max()));
  const auto before = state(layer);
  CHECK(has(message_of(
                [&] {
                  layer->call(random(Shape{4, 3}, DType::kF32), true);
                },
                Code::kNonFinite),
            "'batch_normalization_1'"));
  CHECK(state(layer) == before);
}

TEST_CASE_METHOD(CallFixture, "a layer that stands twice moves its averages twice in a call", "[layer]") {
  BatchNormOptions o;
  o.momentum = .5;
  o.dtype = DType::kF64;
  o.epsilon = 0;
  LayerPtr norm = make_batch_norm(c, o);
  sequential(c, {norm, norm})->call(tensor({1, 5}, {2, 1}), true);
  // Mean 3, variance 4; then mean 0, variance 1.
  CHECK(values(norm->variables()[2]) == std::vector<double>{.75});
  CHECK(values(norm->variables()[3]) == std::vector<double>{(.5 + 2) / 2 + .5});
}

TEST_CASE_METHOD(CallFixture, "a recorded step counts what a failed call has not", "[layer]") {
  LayerPtr layer = sequential(c, {norm(), make_dropout(c, .5, {}), norm()});
  Tensor x = random(Shape{4, 3}, DType::kF32);
  layer->call(x, true);
  const auto before = state(layer);
  const uint64_t drawn = c.random().next_call;
  graph::Tracer tracer(c, Span<Tensor>(&x, 1));
  {
    CancelAfter cancel(c, word, 24);
    message_of([&] { layer->call(x, true); }, Code::kCancelled);
  }
  CHECK(state(layer) == before);
  CHECK(c.random().next_call == drawn);
  Tensor y = dropout(x, .5);
  graph::Program program = tracer.finish({y});
  CHECK(tracer.problem() == "");
  CHECK(program.draws == 1);
  CHECK(graph::problem_of(program) == "");
}

TEST_CASE_METHOD(CallFixture, "a call that is refused builds nothing, and the next one fits", "[layer]") {
  auto refused = [&](const LayerPtr& layer, const Tensor& x, bool training, const char* why,
                     Code code = Code::kInvalidArgument) {
    const uint64_t drawn = c.random().next_call;
    CHECK(has(message_of([&] { layer->call(x, training); }, code), why));
    CHECK_FALSE(layer->built());
    CHECK(layer->variables().empty());
    CHECK(c.random().next_call == drawn);
  };
  Tensor images = full(c, {4, 2, 3}, 1, DType::kU8), flat = random(Shape{4, 6}, DType::kF32);
  for (auto make : std::initializer_list<std::function<LayerPtr()>>{
           [&] { return dense_of(c); }, [&] { return norm(); }, [&] { return make_layer_norm(c, {}); },
           [&] {
             return sequential(c, {dense_of(c), dense_of(c)});
           },
           [&] {
             return sequential(c, {sequential(c, {make_flatten(c, {}), dense_of(c)})});
           }}) {
    LayerPtr layer = make();
    refused(layer, images, false, "it computes in f32: got an input of u8");
    layer->call(flat, false);
    CHECK(layer->variables()[0]->shape()[0] == 6);
  }
  LayerPtr batches = norm();
  refused(batches, full(c, {0, 6}, 0), true, "at least one row: got (0, 6)");
  refused(batches, full(c, {4, 6}, std::nan("")), true, "must be finite", Code::kNonFinite);
  // The part that refuses comes last, and when all variables are there.
  LayerPtr early = dense_of(c);
  refused(sequential(c, {early, make_batch_norm(c, {})}), full(c, {4, 6}, std::nan("")), true,
          "must be finite", Code::kNonFinite);
  CHECK_FALSE(early->built());
  refused(make_dropout(c, .5, {}), images, true,
          "Dropout layer 'dropout': the input must be f32 or f64: got u8");
  CHECK(make_dropout(c, .5, {})->call(images, false).dtype() == DType::kU8);
  refused(make_activation(c, ActivationKind::kTanh, {}), images, false,
          "Activation layer 'activation': the input");
  CHECK(make_activation(c, ActivationKind::kRelu, {})->call(full(c, {2}, 1, DType::kI32), false).dtype() ==
        DType::kI32);

  CancelAfter cancel(c, word, 3);
  LayerPtr slow = sequential(c, {dense_of(c), norm(), dense_of(c)});
  const uint64_t drawn = c.random().next_call;
  message_of([&] { slow->build(Shape{1, 6}); }, Code::kCancelled);
  CHECK_FALSE(slow->built());
  CHECK(c.random().next_call == drawn);
}

TEST_CASE_METHOD(CallFixture, "build of a layer that has its variables looks whether they fit", "[layer]") {
  LayerPtr layer = sequential(c, {dense_of(c, 6)});
  layer->build(Shape{4, 6});
  CHECK(has(message_of([&] { layer->build(Shape{4, 28}); }), "must be 6: got (4, 28)"));
}

TEST_CASE_METHOD(CallFixture, "a layer keeps the name that its first model gave it", "[layer]") {
  LayerPtr a = dense_of(c, 3), b = dense_of(c, 3), n = dense_of(c, 3);
  LayerPtr first = sequential(c, {a, b}), second = sequential(c, {n, a});
  CHECK(kernels(first) == Names{"dense", "dense_1"});
  CHECK(kernels(second) == Names{"dense_1", "dense"});
  // What the first is put into may not rename the second.
  LayerPtr around = sequential(c, {first, second, dense_of(c, 3)});
  CHECK(kernels(first) == Names{"dense", "dense_1"});
  CHECK(kernels(second) == Names{"sequential_1/dense_1", "dense"});
  CHECK(kernels(around) == Names{"dense", "dense_1", "sequential_1/dense_1", "dense_2"});
}

TEST_CASE_METHOD(CallFixture, "an encoder keeps its names when a second model shares it", "[layer]") {
  LayerPtr encoder = sequential(c, {dense_of(c, 3), dense_of(c, 3)});
  LayerPtr coder = sequential(c, {encoder, dense_of(c, 3)});
  const Names want{"sequential/dense", "sequential/dense_1", "dense"};
  CHECK(kernels(coder) == want);
  LayerPtr other = sequential(c, {sequential(c, {dense_of(c, 3)}), encoder, dense_of(c, 3)}, "classifier");
  CHECK(kernels(coder) == want);
  CHECK(kernels(other) ==
        Names{"classifier/sequential_1/dense", "sequential/dense", "sequential/dense_1", "classifier/dense"});
  // Nor does what is around the second.
  sequential(c, {other, coder}, "outer");
  CHECK(kernels(coder) == want);
}

TEST_CASE_METHOD(CallFixture, "a layer in a model and beside it has one name, and no other has it",
                 "[layer]") {
  LayerPtr a = dense_of(c, 3), b = dense_of(c, 3), inner = sequential(c, {b, a});
  LayerPtr model = sequential(c, {inner, inner, a, dense_of(c, 3)});
  CHECK(kernels(model) == Names{"sequential/dense", "sequential/dense_1", "dense"});
}

TEST_CASE_METHOD(CallFixture, "names that clash are refused with both, and nothing is renamed", "[layer]") {
  LayerPtr a = dense_of(c, 3), b = dense_of(c, 3), fresh = dense_of(c, 3);
  LayerPtr one = sequential(c, {a}), two = sequential(c, {b});
  CHECK(has(message_of([&] {
              sequential(c, {fresh, fresh, a, b}, "outer");
            }),
            "Sequential layer 'outer': names of layers must differ, because their variables carry them: got "
            "'dense' "
            "twice, 'layers[2]' and 'layers[3]'"));
  CHECK(names(fresh) == Names{"dense/kernel", "dense/bias"});
  // Deeper: their models stay without a name when their layers stand elsewhere as well.
  sequential(c, {dense_of(c, 3), a});
  sequential(c, {dense_of(c, 3), b});
  CHECK(has(message_of([&] {
              sequential(c, {fresh, one, two}, "outer");
            }),
            "got 'dense' for two layers in it"));
  CHECK(kernels(one) == Names{"dense"});
  CHECK(kernels(two) == Names{"dense"});
  // The next model names them as if there had been none; nor does one stay whose build fails.
  DenseOptions large;
  large.name = "large";
  LayerPtr too_large = make_dense(c, int64_t{1} << 40, large);
  message_of([&] { sequential(c, {fresh, too_large}, "outer"); }, Code::kOutOfMemory);
  CHECK(names(fresh) == Names{"dense/kernel", "dense/bias"});
  CHECK(kernels(sequential(c, {dense_of(c, 3), fresh})) == Names{"dense", "dense_1"});
}

}  // namespace
}  // namespace tl::test
