/* What generated/op_calls.c calls: operands made through the public header, and checks that count. op_calls_main.c
 * defines them. */
#ifndef TAPELOOP_TESTS_CAPI_OP_CALLS_H
#define TAPELOOP_TESTS_CAPI_OP_CALLS_H

#include <math.h>
#include <tapeloop/tapeloop.h>

/* A tensor with values spread evenly over [low, high]; whole numbers for integer dtypes, 0 and 1 in turn for bool. */
tl_tensor *sample_tensor(tl_context *c, tl_dtype dtype, const int64_t *dims, size_t rank, double low,
                         double high);

/* The op gave a tensor that can be read, and the context holds no error. */
void expect_result(tl_context *c, const char *op, tl_tensor *result);

/* The op gave NULL, and the context holds an invalid argument whose message contains `text`. Clears the error. */
void expect_error(tl_context *c, const char *op, tl_tensor *result, const char *text);

/* Calls each op of the C API with its first sample and its first error sample; returns the number of ops. */
int call_every_op(tl_context *c);

#endif
