// What calls do when memory runs out: for each of them, its first allocation fails, then its second, and so on until it needs
// no more. It must fail as a whole, or not at all, and what existed before must go on working.
//
// Replaces operator new, which the shared library uses too; tensors' memory comes from elsewhere and has a limit of its own
// (allocator_test).
#include "tests/capi/out_of_memory.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>

std::atomic<long> allocations_left{-1};

namespace {

void* allocate(std::size_t bytes) noexcept {
  long left = allocations_left;
  if (left == 0) return nullptr;
  while (left > 0 && !allocations_left.compare_exchange_weak(left, left - 1))
    if (left == 0) return nullptr;
  return std::malloc(bytes ? bytes : 1);
}

int passed = 0, failed = 0;

}  // namespace

void* operator new(std::size_t bytes) {
  if (void* p = allocate(bytes)) return p;
  throw std::bad_alloc();
}
void* operator new[](std::size_t bytes) { return operator new(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { std::free(p); }

void check(bool ok, const std::string& what) {
  ok ? passed++ : failed++;
  if (!ok) std::printf("failed: %s\n", what.c_str());
}

tl_context* new_context() {
  tl_context_options options;
  tl_context_options_init(&options, sizeof options);
  options.threads = 1;
  return tl_context_new(&options);
}

namespace {

// An op on the results of `before` others on a tape, the last of which may grow every table of it. Then a gradient, whose
// value is known: y = (before + 1) w, so that d sum(y^2) / dw = 2 (before + 1)^2 w.
void test_recording(const char* name, int before, bool explain,
                    const std::function<tl_tensor*(tl_context*, tl_tensor* y, tl_tensor* w)>& op) {
  bool finished = false;
  for (long k = 0; k < kMost && !finished; k += kApart) {
    const std::string where =
        std::string(name) + " after " + std::to_string(before) + " ops, allocation " + std::to_string(k);
    tl_context* c = new_context();
    const int64_t dims[] = {2, 2};
    tl_tensor* w = tl_variable_new(c, tl_ones(c, dims, 2), "w", true);
    tl_tape_options options;
    tl_tape_options_init(&options, sizeof options);
    options.explain = explain;
    tl_tape* tape = tl_tape_begin(c, &options);
    tl_tensor* y = w;
    for (int i = 0; i < before; i++) y = tl_add(c, y, w);
    allocations_left = k;
    tl_tensor* z = op(c, y, w);
    allocations_left = -1;
    finished = z != nullptr;
    check(finished == !tl_failed(c), where + ": a result and an error, or neither");
    if (!finished) check(tl_error_code(c) == TL_OUT_OF_MEMORY, where + ": " + tl_error_message(c));
    tl_clear_error(c);
    tl_tensor *loss = tl_sum(c, tl_square(c, y)), *grad = nullptr;
    const tl_status status = tl_tape_gradient(tape, loss, &w, 1, nullptr, &grad);
    check(status == TL_OK, where + ": " + tl_error_message(c));
    float got[4] = {};
    if (status == TL_OK && tl_tensor_read(grad, got, sizeof got) == TL_OK)
      for (float g : got)
        check(g == 2.0f * static_cast<float>((before + 1) * (before + 1)), where + ": wrong gradient");
    check(tl_context_free(c) == TL_OK, where + ": context_free");
  }
  check(finished, std::string(name) + ": it never succeeded");
}

void test_recording_of_ops() {
  for (bool explain : {false, true})
    for (int before = 0; before < 40; before++) {
      test_recording("add", before, explain,
                     [](tl_context* c, tl_tensor* y, tl_tensor* w) { return tl_add(c, y, w); });
      test_recording("mul", before, explain,
                     [](tl_context* c, tl_tensor* y, tl_tensor* w) { return tl_mul(c, y, w); });
      test_recording("concat", before, explain, [](tl_context* c, tl_tensor* y, tl_tensor* w) {
        tl_tensor* values[] = {y, w, y};
        return tl_concat(c, values, 3, 0);
      });
      test_recording("stop_gradient", before, explain,
                     [](tl_context* c, tl_tensor* y, tl_tensor*) { return tl_stop_gradient(c, y); });
      test_recording("grad_pass_through", before, explain,
                     [](tl_context* c, tl_tensor* y, tl_tensor* w) { return tl_grad_pass_through(c, w, y); });
    }
}

// A tape that could not begin, pause or go on must not stay behind in its context.
void test_states_of_a_tape() {
  bool finished = false;
  for (long k = 0; k < kMost && !finished; k += kApart) {
    tl_context* c = new_context();
    tl_tensor* x = tl_variable_new(c, tl_scalar(c, TL_F64, 3), "x", true);
    allocations_left = k;
    tl_tape* tape = tl_tape_begin(c, nullptr);
    finished =
        tape && tl_tape_pause(tape) == TL_OK && tl_tape_resume(tape) == TL_OK && tl_tape_reset(tape) == TL_OK;
    allocations_left = -1;
    if (!finished)
      check(tl_error_code(c) == TL_OUT_OF_MEMORY, std::string("tape states: ") + tl_error_message(c));
    tl_clear_error(c);
    if (tape) tl_tape_release(tape);
    tl_tensor* y = tl_square(c, x);
    check(y && tl_tensor_item(y) == 9, "tape states: the context goes on");
    check(tl_context_free(c) == TL_OK, "tape states: context_free");
  }
  check(finished, "tape states: they never succeeded");
}

// A metric is made or not, and an update adds to all of its state or to none.
void test_metrics() {
  bool finished = false;
  for (long k = 0; k < kMost && !finished; k += kApart) {
    const std::string where = "metrics, allocation " + std::to_string(k);
    tl_context* c = new_context();
    const int64_t dims[] = {4};
    const float values[] = {0, 0.5f, 0.3f, 0.9f}, truth[] = {0, 0, 1, 1};
    tl_tensor* p = tl_tensor_new(c, TL_F32, dims, 1, values, sizeof values);
    tl_tensor* y = tl_tensor_new(c, TL_F32, dims, 1, truth, sizeof truth);
    tl_metric* kept = tl_metric_auc(c, nullptr, 0, nullptr);
    check(tl_metric_update_predictions(kept, y, p, nullptr) == TL_OK, where + ": the first update");
    const double before = tl_metric_result(kept);
    size_t count = 0;
    tl_tensor* const* state = tl_metric_variables(kept, &count);
    const auto weight = [&] { return tl_tensor_item(tl_sum(c, tl_add(c, state[0], state[1]))); };
    allocations_left = k;
    const double thresholds[] = {0.9, 0.2};
    tl_metric* made = tl_metric_precision(c, thresholds, 2, nullptr);
    tl_tensor* result = nullptr;
    const bool added = made && tl_metric_update_predictions(kept, y, p, nullptr) == TL_OK;
    if (added && tl_metric_update_predictions(made, y, p, y) == TL_OK) result = tl_metric_result_tensor(made);
    allocations_left = -1;
    finished = result != nullptr;
    if (!finished) check(tl_error_code(c) == TL_OUT_OF_MEMORY, where + ": " + tl_error_message(c));
    tl_clear_error(c);
    check(count == 2 && weight() == (added ? 8 : 4), where + ": half of an update");
    check(tl_metric_result(kept) == before, where + ": another area");
    check(tl_context_free(c) == TL_OK, where + ": context_free");
  }
  check(finished, "metrics: they never succeeded");
}

// Forward mode gives a result its tangent, or no result.
void test_forward() {
  bool finished = false;
  for (long k = 0; k < kMost && !finished; k += kApart) {
    const std::string where = "forward, allocation " + std::to_string(k);
    tl_context* c = new_context();
    tl_tensor *x = tl_scalar(c, TL_F64, 3), *one = tl_scalar(c, TL_F64, 1);
    tl_forward* forward = tl_forward_begin(c, &x, &one, 1);
    tl_tensor* y = tl_square(c, x);
    allocations_left = k;
    tl_tensor* z = tl_mul(c, y, x);
    allocations_left = -1;
    finished = z != nullptr;
    if (!finished) check(tl_error_code(c) == TL_OUT_OF_MEMORY, where + ": " + tl_error_message(c));
    tl_clear_error(c);
    tl_tensor* tangent = nullptr;
    check(tl_forward_tangent(forward, finished ? z : y, TL_UNCONNECTED_ERROR, &tangent) == TL_OK &&
              tl_tensor_item(tangent) == (finished ? 27 : 6),
          where + ": wrong tangent");
    check(tl_context_free(c) == TL_OK, where + ": context_free");
  }
  check(finished, "forward: it never succeeded");
}

// One that could not begin or go on must not stay behind in its context, and is as it was.
void test_states_of_forward() {
  bool finished = false;
  for (long k = 0; k < kMost && !finished; k += kApart) {
    const std::string where = "forward states, allocation " + std::to_string(k);
    tl_context* c = new_context();
    tl_tensor *x = tl_scalar(c, TL_F64, 3), *w = tl_variable_new(c, tl_scalar(c, TL_F64, 5), "w", true);
    tl_tensor *primals[] = {x, w}, *tangents[] = {tl_scalar(c, TL_F64, 1), tl_scalar(c, TL_F64, 10)};
    allocations_left = k;
    tl_forward* forward = tl_forward_begin(c, primals, tangents, 2);
    tl_tensor *y = tl_mul(c, w, x), *tangent = nullptr;
    finished = forward && tl_forward_end(forward) == TL_OK && tl_forward_resume(forward) == TL_OK && y;
    allocations_left = -1;
    if (!finished) check(tl_error_code(c) == TL_OUT_OF_MEMORY, where + ": " + tl_error_message(c));
    tl_clear_error(c);
    if (forward) {
      y = tl_mul(c, w, x);
      check(tl_forward_tangent(forward, y, TL_UNCONNECTED_ERROR, &tangent) == TL_OK &&
                tl_tensor_item(tangent) == 35,
            where + ": wrong tangent");
      tl_forward_release(forward);
    }
    check(tl_tensor_item(tl_mul(c, w, x)) == 15, where + ": the context goes on");
    check(tl_context_free(c) == TL_OK, where + ": context_free");
  }
  check(finished, "forward states: they never succeeded");
}

// The gradient of x^2 w by w: x^2, for each example.
tl_status gradient_of_one(tl_context* c, void* w, tl_tensor* const* inputs, size_t, tl_tensor** outputs,
                          size_t) {
  tl_tensor* weight = static_cast<tl_tensor*>(w);
  tl_tape* tape = tl_tape_begin(c, nullptr);
  return tl_tape_gradient(tape, tl_mul(c, tl_square(c, inputs[0]), weight), &weight, 1, nullptr, outputs);
}

// A batch that could not be run has ended, and the next one works; a Jacobian likewise.
void test_vmap() {
  bool finished = false;
  for (long k = 0; k < kMost && !finished; k += kApart) {
    const std::string where = "vmap, allocation " + std::to_string(k);
    tl_context* c = new_context();
    const float values[] = {3, 5};
    const int64_t dims[] = {2};
    tl_tensor *x = tl_tensor_new(c, TL_F32, dims, 1, values, sizeof values), *each = nullptr, *j = nullptr;
    tl_tensor* w = tl_variable_new(c, tl_scalar(c, TL_F32, 7), "w", true);
    tl_tape* tape = tl_tape_begin(c, nullptr);
    bool ready = tl_tape_watch(tape, x) == TL_OK;
    tl_tensor* y = tl_square(c, x);
    allocations_left = k;
    finished = ready && tl_vmap(c, gradient_of_one, w, nullptr, &x, nullptr, 1, &each, 1) == TL_OK &&
               tl_tape_jacobian(tape, y, &x, 1, nullptr, &j) == TL_OK;
    allocations_left = -1;
    check(finished == (each && j), where + ": results and an error, or neither");
    if (!finished) check(tl_error_code(c) == TL_OUT_OF_MEMORY, where + ": " + tl_error_message(c));
    tl_clear_error(c);
    float got[2] = {};
    check(tl_vmap(c, gradient_of_one, w, nullptr, &x, nullptr, 1, &each, 1) == TL_OK &&
              tl_tensor_read(each, got, sizeof got) == TL_OK && got[0] == 9 && got[1] == 25,
          where + ": the context goes on");
    check(tl_context_free(c) == TL_OK, where + ": context_free");
  }
  check(finished, "vmap: it never succeeded");
}

// The end of a context needs no memory: it must not fail for want of it, nor leave anything behind.
void test_context_free() {
  int released = 0;
  static float data[2] = {1, 2};
  tl_context* c = new_context();
  const int64_t dims[] = {2};
  tl_tensor_borrow(
      c, TL_F32, dims, 1, data, sizeof data, [](void* count) { ++*static_cast<int*>(count); }, &released);
  for (int i = 0; i < 3000; i++) tl_zeros(c, dims, 1);  // more handles than the first table holds
  tl_adam(c, nullptr);
  tl_dense(c, 3, nullptr);
  tl_tape_begin(c, nullptr);
  allocations_left = 0;
  const tl_status status = tl_context_free(c);
  allocations_left = -1;
  check(status == TL_OK, "context_free without memory");
  check(released == 1, "context_free without memory: lent memory is given back");
}

void test_folder(const char* folder) {
  bool finished = false;
  for (long k = 0; k < kMost && !finished; k += kApart) {
    tl_context* c = new_context();
    allocations_left = k;
    tl_dataset* data = tl_dataset_from_idx_folder(c, folder, TL_DATA_TRAIN, 0);
    allocations_left = -1;
    check(data == nullptr, "a folder without images");
    finished = tl_error_code(c) == TL_NOT_FOUND;
    if (!finished)
      check(tl_error_code(c) == TL_OUT_OF_MEMORY,
            std::string("a folder, allocation ") + std::to_string(k) + ": " + tl_error_message(c));
    tl_context_free(c);
  }
  check(finished, "a folder: it was never read");
}

tl_status doubled(tl_context* c, void*, const tl_element_place*, tl_tensor* const* inputs, size_t,
                  tl_tensor** outputs, size_t) {
  outputs[0] = tl_add(c, inputs[0], inputs[0]);
  return TL_OK;
}

// A pipeline is made or not; and an element that could not be made comes at the next call.
void test_pipelines() {
  bool finished = false;
  for (long k = 0; k < kMost && !finished; k += kApart) {
    const std::string where = "a pipeline, allocation " + std::to_string(k);
    tl_context* c = new_context();
    tl_dataset* numbers = tl_dataset_shuffle_buffer(c, tl_dataset_range(c, 0, 20, 1), 1, 3);
    allocations_left = k;
    tl_dataset* d = tl_dataset_map(c, numbers, doubled, nullptr, nullptr, 1, nullptr);
    d = tl_dataset_window(c, tl_dataset_batch(c, d, 2, true), 2, 1, true);
    allocations_left = -1;
    if (d) {
      int64_t want[4], got[4];
      tl_tensor* element;
      tl_dataset* twin = tl_dataset_take(c, d, 9);
      check(tl_dataset_next(twin, &element, 1) && tl_dataset_next(twin, &element, 1) &&
                tl_tensor_read(element, want, sizeof want) == TL_OK,
            where + ": another one works");
      bool first = false;
      allocations_left = k;
      first = tl_dataset_next(d, &element, 1);
      finished = first && tl_dataset_next(d, &element, 1);
      allocations_left = -1;
      if (!finished) {
        check(tl_error_code(c) == TL_OUT_OF_MEMORY, where + ": " + tl_error_message(c));
        tl_clear_error(c);
        check(tl_dataset_position(d) == first, where + ": nothing has moved");
        if (!first) check(tl_dataset_next(d, &element, 1), where + ": the first element comes after all");
        check(tl_dataset_next(d, &element, 1), where + ": the second element comes after all");
      }
      check(tl_tensor_read(element, got, sizeof got) == TL_OK && std::memcmp(got, want, sizeof got) == 0,
            where + ": it is the right one");
    } else {
      check(tl_error_code(c) == TL_OUT_OF_MEMORY, where + ": " + tl_error_message(c));
      tl_clear_error(c);
    }
    check(tl_context_free(c) == TL_OK, where + ": the context ends");
  }
  check(finished, "a pipeline: it never had enough memory");
}

// An update of rows changes the variable, its slots and the count, or nothing.
void test_updates_of_rows() {
  bool finished = false;
  for (long k = 0; k < kMost && !finished; k += kApart) {
    const std::string where = "rows, allocation " + std::to_string(k);
    tl_context* c = new_context();
    const int64_t dims[] = {4, 2}, of_rows[] = {2, 2}, two[] = {2}, places[] = {1, 3};
    tl_tensor* table = tl_variable_new(c, tl_ones(c, dims, 2), "table", true);
    tl_tensor *rows = tl_ones(c, of_rows, 2), *at = tl_tensor_new(c, TL_I64, two, 1, places, sizeof places);
    tl_tensor *held = nullptr, *loss = nullptr, *grad = nullptr, *indices = nullptr;
    tl_adam_options options;
    tl_adam_options_init(&options, sizeof options);
    tl_optimizer* adam = tl_adam(c, &options);
    if (k % 2) held = tl_identity(c, table);  // then not in place
    allocations_left = k / 2;
    finished = tl_optimizer_apply_rows(adam, &rows, &at, &table, 1) == TL_OK && k % 2;
    const bool applied = !tl_failed(c);
    allocations_left = -1;
    if (!applied) check(tl_error_code(c) == TL_OUT_OF_MEMORY, where + ": " + tl_error_message(c));
    tl_clear_error(c);
    check(tl_optimizer_iterations(adam) == applied, where + ": the count");
    float got[8] = {};
    if (tl_tensor_read(table, got, sizeof got) == TL_OK)
      for (int i = 0; i < 8; i++)
        check((got[i] == 1) == (!applied || i / 2 % 2 == 0), where + ": wrong rows changed");
    if (held)
      check(tl_tensor_read(held, got, sizeof got) == TL_OK && got[2] == 1, where + ": a held value changed");

    // The gradient of rows is there whole, or not at all.
    tl_tape* tape = tl_tape_begin(c, nullptr);
    loss = tl_sum(c, tl_gather(c, table, at, 0));
    allocations_left = k;
    const tl_status status = tl_tape_gradient_rows(tape, &loss, 1, &table, 1, nullptr, &grad, &indices);
    allocations_left = -1;
    check((status == TL_OK) == (grad && indices) && !grad == !indices, where + ": half a gradient");
    finished &= status == TL_OK;
    tl_clear_error(c);
    check(tl_context_free(c) == TL_OK, where + ": context_free");
  }
  check(finished, "rows: they never succeeded");
}

tl_status squared(tl_context* c, void*, tl_tensor* const* in, size_t, tl_tensor** out, size_t) {
  out[0] = tl_square(c, in[0]);
  return TL_OK;
}

// Functions that are differentiated as a whole: their user data ends once, and no tape or forward mode stays behind.
void test_functions() {
  bool finished = false;
  for (long k = 0; k < kMost && !finished; k += kApart) {
    const std::string where = "functions, allocation " + std::to_string(k);
    tl_context* c = new_context();
    tl_tensor *x = tl_variable_new(c, tl_scalar(c, TL_F64, 3), "x", true), *v = tl_scalar(c, TL_F64, 1);
    tl_tensor *value = nullptr, *g = nullptr, *h = nullptr, *r = nullptr, *n = nullptr;
    int ended = 0;
    auto end = [](void* count) { ++*static_cast<int*>(count); };
    allocations_left = k;
    tl_pullback* p = tl_pullback_new(c, squared, &ended, end, &x, 1, &value, 1);
    finished = p && tl_pullback_gradients(p, nullptr, 1, &g, 1) == TL_OK;
    for (tl_hessian_way way : {TL_HESSIAN_FORWARD_OVER_REVERSE, TL_HESSIAN_REVERSE_OVER_REVERSE})
      finished &= tl_hessian_vector_product(c, squared, &ended, end, &x, &v, 1, way, way ? &r : &h) == TL_OK;
    finished &= tl_gauss_newton_vector_product(c, squared, 1, squared, &ended, end, &x, &v, 1, &n) == TL_OK;
    allocations_left = -1;
    check(ended == 4, where + ": the user data ended " + std::to_string(ended) + " times");
    check(finished == !tl_failed(c), where + ": results and an error, or neither");
    if (!finished) check(tl_error_code(c) == TL_OUT_OF_MEMORY, where + ": " + tl_error_message(c));
    if (finished)
      check(tl_tensor_item(g) == 6 && tl_tensor_item(h) == 2 && tl_tensor_item(r) == 2 &&
                tl_tensor_item(n) == 72,
            where + ": wrong derivatives");
    tl_clear_error(c);
    check(tl_tensor_item(tl_square(c, x)) == 9, where + ": the context goes on");
    check(tl_context_free(c) == TL_OK, where + ": context_free");
  }
  check(finished, "functions: they never succeeded");
}

// y = w x, w = w + 1.
tl_status counting_step(tl_context* c, void* w, tl_tensor* const* in, size_t, tl_tensor** out, size_t) {
  out[0] = tl_mul(c, in[0], static_cast<tl_tensor*>(w));
  return tl_variable_assign(static_cast<tl_tensor*>(w), tl_add_scalar(c, static_cast<tl_tensor*>(w), 1));
}

// The same with a number for an output.
tl_status counting_sum_step(tl_context* c, void* w, tl_tensor* const* in, size_t n, tl_tensor** out,
                            size_t outputs) {
  const tl_status status = counting_step(c, w, in, n, out, outputs);
  out[0] = tl_sum(c, out[0]);
  return status;
}

// Recording, planning, another size and replays: a replay that fails has changed nothing, a recording that fails has run its step
// or not, and the function goes on either way.
void test_compiled_steps(bool numbers) {
  bool finished = false;
  for (long k = 0; k < 10 * kMost && !finished; k += kApart) {  // programs and plans are made of lists
    const std::string where =
        std::string(numbers ? "numbers of " : "") + "compiled steps, allocation " + std::to_string(k);
    const tl_compute_callback step = numbers ? counting_sum_step : counting_step;
    tl_context* c = new_context();
    tl_tensor* w = tl_variable_new(c, tl_scalar(c, TL_F64, 1), "w", true);
    constexpr int kCalls = 8, kRecordings = 3;
    const int64_t sizes[kCalls] = {2, 3, 4, 2, 3, 6, 5, 6};  // of 6 and 5 there are plans without a recording
    tl_tensor *x[kCalls], *y = nullptr;
    for (int i = 0; i < kCalls; i++) x[i] = tl_full(c, &sizes[i], 1, 5, TL_F64);
    tl_function_options o;
    tl_function_options_init(&o, sizeof o);
    o.polymorphic_batch = true;
    allocations_left = k;
    tl_function* f = tl_function_new(c, step, w, nullptr, &o);
    tl_status status = f ? TL_OK : TL_OUT_OF_MEMORY;
    int done = 0;
    double item = -1;
    for (; done < kCalls && status == TL_OK; done += status == TL_OK) {
      item = -1;
      status = numbers ? tl_function_call_items(f, &x[done], 1, &item, 1)
                       : tl_function_call(f, &x[done], 1, &y, 1);
    }
    allocations_left = -1;
    finished = done == kCalls;
    if (!finished) {
      check(tl_error_code(c) == TL_OUT_OF_MEMORY, where + ": " + tl_error_message(c));
      check((!y || !f) && item == -1, where + ": an output of a call that failed");
      tl_clear_error(c);
    }
    const double now = tl_tensor_item(w);
    check(now == 1 + done || (done < kRecordings && now == 2 + done), where + ": a step by half");
    if (!f) f = tl_function_new(c, step, w, nullptr, &o);
    for (int i = 0; i < kCalls; i++) {
      double first[6] = {};
      const double factor = tl_tensor_item(w);
      if (numbers) {
        check(tl_function_call_items(f, &x[i], 1, &item, 1) == TL_OK, where + ": it does not go on");
        check(item == 5 * factor * static_cast<double>(sizes[i]), where + ": a wrong sum");
        continue;
      }
      check(tl_function_call(f, &x[i], 1, &y, 1) == TL_OK, where + ": it does not go on");
      check(tl_tensor_read(y, first, static_cast<size_t>(sizes[i]) * sizeof *first) == TL_OK &&
                first[1] == 5 * factor,
            where + ": a wrong product");
    }
    check(tl_tensor_item(w) == now + kCalls, where + ": a wrong count");
    check(tl_context_free(c) == TL_OK, where + ": context_free");
  }
  check(finished, "compiled steps: they never succeeded");
}

// A feed is there whole or not at all, and a batch that could not be given comes at the next call.
void test_feeds() {
  bool finished = false;
  for (long k = 0; k < kMost && !finished; k += kApart) {
    const std::string where = "feeds, allocation " + std::to_string(k);
    tl_context* c = new_context();
    const int64_t dims[] = {4, 2};
    tl_tensor *like[] = {tl_full(c, dims, 2, 0, TL_F32), tl_full(c, dims, 1, 0, TL_I32)}, *batch[2],
              *held = nullptr;
    allocations_left = k;
    tl_feed* feed = tl_feed_new(c, like, 2);
    allocations_left = -1;
    check(!feed == tl_failed(c), where + ": a feed and an error, or neither");
    tl_clear_error(c);
    finished = feed != nullptr;
    if (!feed) feed = tl_feed_new(c, like, 2);
    for (int b = 0; b < 5; b++) {
      if (tl_feed_begin(feed) == TL_OK) *static_cast<int32_t*>(tl_feed_memory(feed, 1, nullptr)) = b;
      check(tl_feed_commit(feed, 4) == TL_OK, where + ": commit");
      allocations_left = k;
      bool more = tl_feed_next(feed, batch, 2);
      allocations_left = -1;
      finished &= more;
      if (!more) {
        check(tl_error_code(c) == TL_OUT_OF_MEMORY && !batch[0], where + ": " + tl_error_message(c));
        tl_clear_error(c);
        more = tl_feed_next(feed, batch, 2);
      }
      int32_t numbers[4] = {-1};
      check(more && tl_tensor_read(batch[1], numbers, sizeof numbers) == TL_OK && numbers[0] == b,
            where + ": a batch was lost");
      if (b == 1) held = tl_tensor_retain(batch[1]);  // its slot gets other memory
    }
    int32_t numbers[4] = {-1};
    check(tl_tensor_read(held, numbers, sizeof numbers) == TL_OK && numbers[0] == 1,
          where + ": what is held changed");
    tl_tensor_release(held);
    check(tl_context_free(c) == TL_OK, where + ": context_free");
  }
  check(finished, "feeds: they never succeeded");
}

tl_status class_loss(tl_context* c, void*, tl_tensor* const* in, size_t, tl_tensor** out, size_t) {
  out[0] = tl_loss_sparse_categorical_cross_entropy(c, in[2], in[0], nullptr);
  return TL_OK;
}

// A fit, an evaluation and a prediction fail whole: no scope and no tape stays open, the user data ends once, and the next
// ones work.
void test_trainer() {
  bool finished = false;
  for (long k = 0; k < 400 * kMost && !finished; k += 1 + k / 8) {
    const std::string where = "trainer, allocation " + std::to_string(k);
    tl_context* c = new_context();
    const int64_t dims[] = {6, 2}, six = 6;
    tl_tensor* tensors[] = {tl_normal(c, dims, 2), tl_full(c, &six, 1, 1, TL_I32)};
    tl_dataset* data = tl_dataset_from_tensors(c, tensors, 2);
    tl_dataset *train = tl_dataset_batch(c, tl_dataset_shuffle(c, data, 1), 4, false),
               *held_out = tl_dataset_batch(c, data, 4, false);
    tl_layer* model = tl_dense(c, 2, nullptr);
    tl_optimizer* sgd = tl_sgd(c, nullptr);
    tl_metric* accuracy = tl_metric_sparse_categorical_accuracy(c, nullptr);
    tl_fit_options o;
    tl_fit_options_init(&o, sizeof o);
    o.epochs = 2;
    o.validation = held_out;
    o.metrics = &accuracy;
    o.num_metrics = 1;
    o.restore_best = true;
    tl_fit_state how = {};
    how.struct_size = sizeof how;
    int ended = 0;
    auto end = [](void* count) { ++*static_cast<int*>(count); };
    double results[2];
    tl_context_statistics held = {};
    held.struct_size = sizeof held;
    allocations_left = k;
    tl_status status = tl_fit(c, model, sgd, train, &o, class_loss, nullptr, &ended, end, &how);
    if (status == TL_OK)
      status = tl_evaluate(c, model, held_out, &accuracy, 1, class_loss, &ended, end, results, 2);
    finished = status == TL_OK && tl_predict(c, model, held_out);
    allocations_left = -1;
    check(finished == !tl_failed(c), where + ": results and an error, or neither");
    if (!finished) check(tl_error_code(c) == TL_OUT_OF_MEMORY, where + ": " + tl_error_message(c));
    check(how.end == TL_FIT_END_NONE ? ended == 1 : ended == 2, where + ": how often the user data ended");
    check(tl_context_stats(c, &held) == TL_OK && held.scopes == 0 && held.tapes == 0,
          where + ": what is open");
    tl_clear_error(c);
    check(tl_fit(c, model, sgd, train, &o, class_loss, nullptr, &ended, end, &how) == TL_OK &&
              how.end == TL_FIT_END_EPOCHS && how.epochs == 2,
          where + ": it does not go on: " + tl_error_message(c));
    check(tl_context_free(c) == TL_OK, where + ": context_free");
  }
  check(finished, "trainer: it never succeeded");
}

}  // namespace

int main() {
  test_recording_of_ops();
  test_states_of_a_tape();
  test_metrics();
  test_forward();
  test_states_of_forward();
  test_vmap();
  test_context_free();
  test_pipelines();
  test_updates_of_rows();
  test_functions();
  test_compiled_steps(false);
  test_compiled_steps(true);
  test_reassociation();
  test_feeds();
  test_trainer();
  test_checkpoints();
  test_replicas();
  test_folder("/");
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
