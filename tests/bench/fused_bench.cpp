// Fused kernels of the compiled step beside the eager ops that they replace, on the chains of the workloads.
//
//   fused_bench [--filter TEXT] [--threads N]
//
// Both sides run in turns in one process, eager through the ops' own functions with its allocations, and the best of the
// turns is printed: other load on the machine slows some turns, not the best.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "core/kernels/flat_update.h"
#include "core/kernels/tile/program.h"
#include "core/ops/apply.h"
#include "core/ops/generated/attrs.h"
#include "core/ops/generated/functions.h"

using namespace tl;
using kernels::TileDescription;
using kernels::TileProgram;

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Seconds of one call: the best of many turns of about 50 microseconds each.
class Timer {
 public:
  explicit Timer(std::function<void()> f) : f_(std::move(f)) {
    for (;; calls_ *= 2) {
      const double t = once();
      if (t * calls_ > 5e-5 || calls_ > 100000) break;
    }
  }
  double once() {
    const double start = now();
    for (int i = 0; i < calls_; i++) f_();
    const double t = (now() - start) / calls_;
    if (t < best_) best_ = t;
    return t;
  }
  double best() const { return best_; }

 private:
  std::function<void()> f_;
  int calls_ = 1;
  double best_ = 1e300;
};

const char* filter = "";

template <class F>
void compare(const char* name, const std::function<void()>& eager, const F& fused) {
  if (!std::strstr(name, filter)) return;
  Timer a(eager), b([&fused] { fused(); });
  for (int turn = 0; turn < 300; turn++) {
    a.once();
    b.once();
  }
  std::printf("%-44s eager %9.3f us   fused %9.3f us   ratio %.2f\n", name, a.best() * 1e6, b.best() * 1e6,
              b.best() / a.best());
}

// A program with memory for its operands, drawn like those of the eager side.
class Fused {
 public:
  Fused(Context& c, const TileDescription& d) : pool_(c.pool()), program_(d) {
    for (const OutputSpec& s : d.inputs)
      tensors_.push_back(is_floating(s.dtype) ? uniform(c, s.shape, -1, 1, s.dtype)
                                              : full(c, s.shape, 0, s.dtype));
    for (const Tensor& t : tensors_) in_.push_back(t.raw());
    for (size_t o = 0; o < program_.outputs(); o++) {
      tensors_.push_back(c.allocate(program_.output(o).dtype, program_.output(o).shape));
      out_.push_back(tensors_.back().mutable_raw());
    }
    program_.reserve(pool_);
  }
  void operator()() const {
    const kernels::DropoutDraw draws[] = {{1, 2}};
    program_.run(pool_, in_.data(), out_.data(), draws);
  }
  void set_input(size_t i, const Tensor& t) {
    tensors_[i] = t;
    in_[i] = t.raw();
  }
  const Tensor& input(size_t i) const { return tensors_[i]; }

 private:
  ThreadPool& pool_;
  TileProgram program_;
  std::vector<Tensor> tensors_;
  std::vector<const void*> in_;
  std::vector<void*> out_;
};

constexpr DType kF32 = DType::kF32;

void chains(Context& c) {
  const SumAttrs over_rows{IntList{0}, false}, over_cols{IntList{1}, true}, over_all{IntList{}, false};
  const MulScalarAttrs third{1.0 / 3};
  const AddScalarAttrs small{1e-12}, minus_one{-1};
  const DropoutAttrs fifth{0.2, 1, 2};

  for (auto [name, rows, cols] : {std::tuple<const char*, int64_t, int64_t>{"W1 bias relu 32x128", 32, 128},
                                  {"W2 bias relu 32x64", 32, 64},
                                  {"W1b bias relu 128x512", 128, 512},
                                  {"W9 bias relu 1024x2048", 1024, 2048}}) {
    const Fused f(c, {{{kF32, {rows, cols}}, {kF32, {cols}}},
                      {{OpId::kAdd, {0, 1, -1}, nullptr}, {OpId::kRelu, {2, -1, -1}, nullptr}},
                      {3}});
    compare(
        name, [&] { relu(add(f.input(0), f.input(1))); }, f);
  }
  for (auto [name, rows, cols] :
       {std::tuple<const char*, int64_t, int64_t>{"W1 relu_grad, bias gradient 32x128", 32, 128},
        {"W2 relu_grad, bias gradient 32x64", 32, 64},
        {"W1b relu_grad, bias gradient 128x512", 128, 512},
        {"W9 relu_grad, bias gradient 1024x2048", 1024, 2048}}) {
    const Fused f(c, {{{kF32, {rows, cols}}, {kF32, {rows, cols}}},
                      {{OpId::kReluGrad, {0, 1, -1}, nullptr}, {OpId::kSum, {2, -1, -1}, &over_rows}},
                      {2, 3}});
    compare(
        name, [&] { sum(relu_grad(f.input(0), f.input(1)), {0}); }, f);
  }
  {
    const Fused f(c, {{{kF32, {128, 512}}, {kF32, {512}}},
                      {{OpId::kAdd, {0, 1, -1}, nullptr},
                       {OpId::kRelu, {2, -1, -1}, nullptr},
                       {OpId::kDropout, {3, -1, -1}, &fifth}},
                      {4}});
    compare(
        "W1b bias relu dropout 128x512", [&] { dropout(relu(add(f.input(0), f.input(1))), 0.2); }, f);
  }
  {
    const Fused f(c, {{{kF32, {64, 256}}, {kF32, {256}}},
                      {{OpId::kAdd, {0, 1, -1}, nullptr}, {OpId::kTanh, {2, -1, -1}, nullptr}},
                      {3}});
    compare(
        "W4 bias tanh 64x256", [&] { tanh(add(f.input(0), f.input(1))); }, f);
  }
  {
    const Fused f(c, {{{kF32, {64, 256}}, {kF32, {64, 256}}},
                      {{OpId::kTanhGrad, {0, 1, -1}, nullptr}, {OpId::kSum, {2, -1, -1}, &over_rows}},
                      {2, 3}});
    compare(
        "W4 tanh_grad, bias gradient 64x256", [&] { sum(tanh_grad(f.input(0), f.input(1)), {0}); }, f);
  }
  {
    const Fused f(c, {{{kF32, {64, 1}}, {kF32, {64, 784}}, {kF32, {64, 784}}},
                      {{OpId::kSub, {1, 2, -1}, nullptr},
                       {OpId::kMul, {0, 3, -1}, nullptr},
                       {OpId::kAdd, {2, 4, -1}, nullptr}},
                      {5}});
    compare(
        "W4 interpolates 64x784", [&] { add(f.input(2), mul(f.input(0), sub(f.input(1), f.input(2)))); }, f);
  }
  {
    const Fused f(c, {{{kF32, {64, 784}}},
                      {{OpId::kSquare, {0, -1, -1}, nullptr},
                       {OpId::kSum, {1, -1, -1}, &over_cols},
                       {OpId::kAddScalar, {2, -1, -1}, &small},
                       {OpId::kSqrt, {3, -1, -1}, nullptr},
                       {OpId::kAddScalar, {4, -1, -1}, &minus_one},
                       {OpId::kSquare, {5, -1, -1}, nullptr},
                       {OpId::kSum, {6, -1, -1}, &over_all},
                       {OpId::kMulScalar, {7, -1, -1}, &third}},
                      {4, 8}});
    compare(
        "W4 penalty from gradients 64x784",
        [&] {
          const Tensor norm = sqrt(add_scalar(sum(square(f.input(0)), {1}), 1e-12));
          mul_scalar(sum(square(add_scalar(norm, -1))), 1.0 / 3);
        },
        f);
  }
  {
    const Fused f(c, {{{kF32, {1}}, {kF32, {1}}},
                      {{OpId::kMul, {0, 1, -1}, nullptr},
                       {OpId::kAdd, {2, 1, -1}, nullptr},
                       {OpId::kTanh, {3, -1, -1}, nullptr},
                       {OpId::kSub, {4, 0, -1}, nullptr},
                       {OpId::kSquare, {5, -1, -1}, nullptr},
                       {OpId::kNeg, {6, -1, -1}, nullptr},
                       {OpId::kAdd, {7, 4, -1}, nullptr},
                       {OpId::kMul, {8, 1, -1}, nullptr}},
                      {9}});
    compare(
        "eight ops on one element",
        [&] {
          const Tensor &x = f.input(0), &y = f.input(1), t = tanh(add(mul(x, y), y));
          mul(add(neg(square(sub(t, x))), t), y);
        },
        f);
  }
  {
    const Fused f(c, {{{kF32, {1024, 1024}}, {kF32, {1024, 1024}}},
                      {{OpId::kMul, {0, 1, -1}, nullptr},
                       {OpId::kAdd, {2, 1, -1}, nullptr},
                       {OpId::kSub, {3, 0, -1}, nullptr},
                       {OpId::kSquare, {4, -1, -1}, nullptr},
                       {OpId::kNeg, {5, -1, -1}, nullptr},
                       {OpId::kAdd, {6, 4, -1}, nullptr},
                       {OpId::kMul, {7, 1, -1}, nullptr}},
                      {8}});
    compare(
        "seven cheap ops on a million elements",
        [&] {
          const Tensor &x = f.input(0), &y = f.input(1), t = sub(add(mul(x, y), y), x);
          mul(add(neg(square(t)), t), y);
        },
        f);
  }
}

// The loss, its gradient, that of the last bias, and the number of correct predictions, from the last product on.
void heads(Context& c) {
  const SumAttrs over_rows{IntList{0}, false}, over_all{IntList{}, false};
  const SoftmaxAttrs last{-1};
  const MulScalarAttrs share{1.0 / 32};
  for (auto [name, rows, classes] : {std::tuple<const char*, int64_t, int64_t>{"W1 head 32x10", 32, 10},
                                     {"W2 head 32x5", 32, 5},
                                     {"head 256x1000", 256, 1000}}) {
    const OneHotAttrs one_hot_attrs{classes, kF32};
    const CastAttrs to_f32{kF32};
    const TileDescription d{
        {{kF32, {rows, classes}}, {kF32, {classes}}, {DType::kI32, {rows, 1}}, {kF32, {}}},
        {{OpId::kAdd, {0, 1, -1}, nullptr},                        // 4: logits
         {OpId::kSparseSoftmaxCrossEntropy, {2, 4, -1}, nullptr},  // 5
         {OpId::kSum, {5, -1, -1}, &over_all},                     // 6
         {OpId::kMulScalar, {6, -1, -1}, &share},                  // 7: loss
         {OpId::kSoftmax, {4, -1, -1}, &last},                     // 8
         {OpId::kOneHot, {2, -1, -1}, &one_hot_attrs},             // 9
         {OpId::kSub, {8, 9, -1}, nullptr},                        // 10
         {OpId::kMulScalar, {3, -1, -1}, &share},                  // 11
         {OpId::kMul, {10, 11, -1}, nullptr},                      // 12: its gradient
         {OpId::kSum, {12, -1, -1}, &over_rows},                   // 13
         {OpId::kCorrectClass, {2, 4, -1}, nullptr},               // 14
         {OpId::kCast, {14, -1, -1}, &to_f32},                     // 15
         {OpId::kSum, {15, -1, -1}, &over_all}},
        {7, 12, 13, 16}};
    Fused f(c, d);
    const Tensor labels = cast(uniform(c, {rows}, 0, static_cast<double>(classes) - 0.1), DType::kI32);
    f.set_input(2, reshape(labels, {rows, 1}));
    const int64_t depth = classes, count = rows;
    compare(
        name,
        [&] {
          const Tensor logits = add(f.input(0), f.input(1));
          mul_scalar(sum(sparse_softmax_cross_entropy(labels, logits)), 1.0 / 32);
          const Tensor g = broadcast_to(mul_scalar(f.input(3), 1.0 / 32), {count, 1});
          const Tensor gradient = mul(sub(softmax(logits), one_hot(labels, depth)), g);
          sum(gradient, {0});
          sum(cast(correct_class(labels, logits), kF32));
        },
        f);
  }
}

// In place on both sides: the eager one through apply(), which writes into what it is given alone.
void updates(Context& c) {
  const AdamUpdateAttrs attrs{0.9, 0.999};
  for (auto [name, sizes] : {std::pair<const char*, std::vector<int64_t>>{"W1 Adam", {100352, 128, 1280, 10}},
                             {"W2 Adam", {1280, 64, 2048, 32, 160, 5}},
                             {"W4 Adam", {200704, 256, 65536, 256, 256, 1}}}) {
    std::vector<Tensor> arrays, scalars;
    std::vector<const void*> in;
    std::vector<void*> out;
    for (int64_t n : sizes)
      for (int i = 0; i < 4; i++) {
        arrays.push_back(uniform(c, {n}, i == 3 ? 0 : -1, 1));
        in.push_back(arrays.back().raw());
        if (i != 1) out.push_back(arrays.back().mutable_raw());
      }
    for (double value : {0.0, 0.0, 1e-7}) {
      scalars.push_back(full(c, {}, value));
      in.push_back(scalars.back().raw());
    }
    const kernels::FlatUpdate update(OpId::kAdamUpdate, kF32, &attrs, sizes);
    compare(
        name,
        [&] {
          for (size_t v = 0; v < arrays.size(); v += 4) {
            const Tensor* operands[] = {&arrays[v],  &arrays[v + 1], &arrays[v + 2], &arrays[v + 3],
                                        &scalars[0], &scalars[1],    &scalars[2]};
            Tensor made[3];
            apply(OpId::kAdamUpdate, c, Inputs(operands, 7), &attrs, made, 0b1101);
            arrays[v] = made[0];
            arrays[v + 2] = made[1];
            arrays[v + 3] = made[2];
          }
        },
        [&] { update.run(c.pool(), in.data(), out.data()); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  ContextOptions options;
  options.threads = 1;
  for (int i = 1; i < argc; i++) {
    if (!std::strcmp(argv[i], "--filter") && i + 1 < argc) {
      filter = argv[++i];
    } else if (!std::strcmp(argv[i], "--threads") && i + 1 < argc) {
      options.threads = std::atoi(argv[++i]);
    } else {
      std::fprintf(stderr, "usage: fused_bench [--filter TEXT] [--threads N]\n");
      return 2;
    }
  }
  Context context(options);
  chains(context);
  heads(context);
  updates(context);
  return 0;
}
