// Planning with allow_reassociation when memory runs out. The passes take products apart and put others in their place, on a copy of the
// recording: whichever allocation fails, the recording and the variables are as they were, and the next call plans.
#include "tests/capi/out_of_memory.h"

namespace {

// A layer that sees two batches and a mixture of both, as the critic of a WGAN-GP does, and the gradient of its squares written by hand.
// Where sums may be reassociated, the mixture's product, and its part of the gradient, are those of the batches.
struct Layer {
  tl_tensor* weights;
  int runs = 0;
};

tl_status layer_step(tl_context* c, void* user_data, tl_tensor* const* in, size_t, tl_tensor** out, size_t) {
  Layer& layer = *static_cast<Layer*>(user_data);
  layer.runs++;
  tl_tensor* mixed = tl_add(c, in[1], tl_mul(c, in[2], tl_sub(c, in[0], in[1])));
  tl_tensor *gradient = nullptr, *of_mixed = nullptr;
  for (tl_tensor* x : {in[0], in[1], mixed}) {
    of_mixed = tl_matmul(c, x, layer.weights);
    tl_tensor* part = tl_matmul_transposed(c, x, of_mixed, true, false);
    gradient = gradient ? tl_add(c, gradient, part) : part;
  }
  out[0] = of_mixed;
  return tl_variable_assign(layer.weights, tl_sub(c, layer.weights, tl_mul_scalar(c, gradient, 1e-3)));
}

Layer new_layer(tl_context* c) {
  const int64_t w[] = {40, 16};
  return {tl_variable_new(c, tl_mul_scalar(c, tl_normal(c, w, 2), 0.1), "w", true)};
}

// Two batches and how they are mixed.
struct Batch {
  Batch(tl_context* c, int64_t rows) {
    const int64_t dims[] = {rows, 40}, column[] = {rows, 1};
    in[0] = tl_normal(c, dims, 2);
    in[1] = tl_normal(c, dims, 2);
    in[2] = tl_uniform(c, column, 2);
  }
  tl_tensor* in[3];
};

std::string bytes_of(const Layer& layer) {
  std::string bytes(size_t{40} * 16 * sizeof(float), 0);
  check(tl_tensor_read(layer.weights, bytes.data(), bytes.size()) == TL_OK,
        "reassociation: the weights are read");
  return bytes;
}

tl_function_statistics stats_of(tl_function* f) {
  tl_function_statistics s{};
  s.struct_size = sizeof s;
  check(tl_function_stats(f, &s) == TL_OK, "reassociation: the statistics");
  return s;
}

// The call that plans fails at each of its allocations in turn, until it needs no more.
void plan(tl_context* c, tl_function* f, Layer& layer, Batch& batch, const std::string& name) {
  const std::string before = bytes_of(layer);
  const tl_function_statistics known = stats_of(f);
  const int runs = layer.runs;
  Layer other = new_layer(c);  // whose steps are not recorded
  long failures = 0, k = 0;
  for (bool finished = false; !finished; k += kApart) {
    const std::string where = name + ", allocation " + std::to_string(k);
    tl_tensor* y = nullptr;
    allocations_left = k;
    finished = tl_function_call(f, batch.in, 3, &y, 1) == TL_OK;
    allocations_left = -1;
    if (finished) {
      check(y && !tl_failed(c), where + ": an output and no error");
      break;
    }
    failures++;
    check(!y && tl_error_code(c) == TL_OUT_OF_MEMORY, where + ": " + tl_error_message(c));
    tl_clear_error(c);
    const tl_function_statistics now = stats_of(f);
    check(now.traces == known.traces && now.signatures == known.signatures && now.replays == known.replays &&
              now.resized_plans == known.resized_plans,
          where + ": the recordings");
    check(layer.runs == runs && bytes_of(layer) == before, where + ": what the step changes");
    if (k % 64 != 0) continue;
    tl_scope_begin(c);
    const std::string untrained = bytes_of(other);
    check(layer_step(c, &other, batch.in, 3, &y, 1) == TL_OK && bytes_of(other) != untrained,
          where + ": an eager step");
    check(tl_scope_end(c) == TL_OK, where + ": the scope");
  }
  check(failures > 100, name + ": the plan took too little memory for a plan");
  const tl_function_statistics now = stats_of(f);
  check(now.replays == known.replays + 1 && now.traces == known.traces && layer.runs == runs &&
            bytes_of(layer) != before,
        name + ": the plan ran");
}

}  // namespace

void test_reassociation() {
  double flops[2];
  for (bool allowed : {false, true}) {
    tl_context* c = new_context();
    Layer layer = new_layer(c);
    tl_function_options o;
    tl_function_options_init(&o, sizeof o);
    o.allow_reassociation = allowed;
    o.polymorphic_batch = true;
    tl_function* f = tl_function_new(c, layer_step, &layer, nullptr, &o);
    Batch first(c, 8), second(c, 12), third(c, 6), fourth(c, 10);
    tl_tensor* y = nullptr;
    check(tl_function_call(f, first.in, 3, &y, 1) == TL_OK, "reassociation: the recording");
    if (allowed) {
      plan(c, f, layer, first, "a plan that reassociates");
      for (Batch* b : {&second, &third})
        check(tl_function_call(f, b->in, 3, &y, 1) == TL_OK, "reassociation: other sizes");
      check(stats_of(f).traces == 3, "reassociation: three recordings");
      plan(c, f, layer, fourth, "another size of a plan that reassociates");
      check(stats_of(f).resized_plans == 1, "reassociation: a plan of another size");
    }
    check(tl_function_call(f, first.in, 3, &y, 1) == TL_OK, "reassociation: a replay");
    flops[allowed] = stats_of(f).flops;
    check(tl_context_free(c) == TL_OK, "reassociation: context_free");
  }
  check(flops[1] < 0.75 * flops[0], "reassociation: products have gone");
}
