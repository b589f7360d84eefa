/* Calls every op from C99 through the installed header, once with operands that it takes and once with operands that
 * it refuses. Values are the business of tests/ops; here it is the boundary: handles, errors, nothing left behind. */
#include "tests/capi/op_calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int passed, failed;

static void check(bool holds, const char *op, const char *what, const char *detail) {
  if (holds) {
    passed++;
    return;
  }
  failed++;
  printf("%s: %s: %s\n", op, what, detail);
}

tl_tensor *sample_tensor(tl_context *c, tl_dtype dtype, const int64_t *dims, size_t rank, double low,
                         double high) {
  size_t count = 1;
  for (size_t i = 0; i < rank; i++) count *= (size_t)dims[i];
  size_t bytes = count * tl_dtype_size(dtype);
  char *data = malloc(bytes + 1);
  if (!data) return NULL;
  for (size_t i = 0; i < count; i++) {
    double value = low + (high - low) * ((double)i + 0.5) / (double)count;
    double whole = floor(value) < low ? ceil(value) : floor(value);
    switch (dtype) {
      case TL_F32: ((float *)(void *)data)[i] = (float)value; break;
      case TL_F64: ((double *)(void *)data)[i] = value; break;
      case TL_I32: ((int32_t *)(void *)data)[i] = (int32_t)whole; break;
      case TL_I64: ((int64_t *)(void *)data)[i] = (int64_t)whole; break;
      case TL_U8: ((uint8_t *)data)[i] = (uint8_t)(whole < 0 ? 0 : whole); break;
      default: ((uint8_t *)data)[i] = (uint8_t)(i % 2); break;
    }
  }
  tl_tensor *tensor = tl_tensor_new(c, dtype, dims, rank, data, bytes);
  free(data);
  if (!tensor) {
    check(false, "tl_tensor_new", "no operand", tl_error_message(c));
    tl_clear_error(c);
  }
  return tensor;
}

void expect_result(tl_context *c, const char *op, tl_tensor *result) {
  check(result != NULL && !tl_failed(c), op, "failed", tl_error_message(c));
  tl_clear_error(c);
  if (!result) return;
  size_t bytes = (size_t)tl_tensor_elements(result) * tl_dtype_size(tl_tensor_dtype(result));
  void *data = malloc(bytes + 1);
  check(data && tl_tensor_read(result, data, bytes) == TL_OK, op, "cannot be read", tl_error_message(c));
  free(data);
  tl_clear_error(c);
}

void expect_error(tl_context *c, const char *op, tl_tensor *result, const char *text) {
  check(result == NULL, op, "gave a result for wrong operands", text);
  check(tl_failed(c) && tl_error_code(c) == TL_INVALID_ARGUMENT, op,
        "gave another code than invalid argument", tl_error_message(c));
  /* "[op] rule: got values; hint". */
  const char *message = tl_error_message(c), *got = strstr(message, ": got ");
  check(strstr(message, text) != NULL, op, "lacks the text in its message", message);
  check(message[0] == '[' && strncmp(message + 1, op, strlen(op)) == 0, op, "does not begin with its name",
        message);
  check(got != NULL && strstr(got, "; ") != NULL, op, "does not say the values got and a hint", message);
  tl_clear_error(c);
  check(!tl_failed(c), op, "the error stays after tl_clear_error", "");
}

static uint64_t live_values(tl_context *c) {
  tl_context_statistics statistics;
  memset(&statistics, 0, sizeof statistics);
  statistics.struct_size = sizeof statistics;
  check(tl_context_stats(c, &statistics) == TL_OK, "tl_context_stats", "failed", tl_error_message(c));
  return statistics.values;
}

int main(void) {
  tl_context *c = tl_context_new(NULL);
  check(c && !tl_failed(c), "tl_context_new", "failed", "");
  uint64_t before = live_values(c);
  check(tl_scope_begin(c) == TL_OK, "tl_scope_begin", "failed", tl_error_message(c));
  int ops = call_every_op(c);
  check(tl_scope_end(c) == TL_OK, "tl_scope_end", "failed", tl_error_message(c));
  check(live_values(c) == before, "scope", "left values behind", "");
  check(tl_context_free(c) == TL_OK, "tl_context_free", "failed", "");
  check(ops > 0, "call_every_op", "called nothing", "");
  printf("ops called from C: %d\n%d passed, %d failed\n", ops, passed, failed);
  return failed == 0 ? 0 : 1;
}
