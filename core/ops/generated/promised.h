// Made from core/ops/ops.toml by core/ops/gen/generate. Do not edit.
// The functions that the rows of the table promise. core/rules and core/kernels define them; one that is missing is a link error.
#pragma once

#include "core/ops/generated/attrs.h"
#include "core/ops/schema.h"

// clang-format off

namespace tl::rules {

void infer_adam_update(const InferArgs& args, OutputSpec* out);
void infer_arg_reduce(const InferArgs& args, OutputSpec* out);
void infer_axis(const InferArgs& args, OutputSpec* out);
void infer_broadcast(const InferArgs& args, OutputSpec* out);
void infer_broadcast_to(const InferArgs& args, OutputSpec* out);
void infer_cast(const InferArgs& args, OutputSpec* out);
void infer_clip(const InferArgs& args, OutputSpec* out);
void infer_compare(const InferArgs& args, OutputSpec* out);
void infer_concat(const InferArgs& args, OutputSpec* out);
void infer_correct_class(const InferArgs& args, OutputSpec* out);
void infer_correct_side(const InferArgs& args, OutputSpec* out);
void infer_cumsum(const InferArgs& args, OutputSpec* out);
void infer_dropout(const InferArgs& args, OutputSpec* out);
void infer_full(const InferArgs& args, OutputSpec* out);
void infer_gather(const InferArgs& args, OutputSpec* out);
void infer_inverse_rms(const InferArgs& args, OutputSpec* out);
void infer_matmul(const InferArgs& args, OutputSpec* out);
void infer_momentum_update(const InferArgs& args, OutputSpec* out);
void infer_one_hot(const InferArgs& args, OutputSpec* out);
void infer_pad(const InferArgs& args, OutputSpec* out);
void infer_random(const InferArgs& args, OutputSpec* out);
void infer_range(const InferArgs& args, OutputSpec* out);
void infer_reduce(const InferArgs& args, OutputSpec* out);
void infer_reduce_nonempty(const InferArgs& args, OutputSpec* out);
void infer_reshape(const InferArgs& args, OutputSpec* out);
void infer_same(const InferArgs& args, OutputSpec* out);
void infer_same_shapes(const InferArgs& args, OutputSpec* out);
void infer_scalar(const InferArgs& args, OutputSpec* out);
void infer_scatter_add(const InferArgs& args, OutputSpec* out);
void infer_select(const InferArgs& args, OutputSpec* out);
void infer_sgd_update(const InferArgs& args, OutputSpec* out);
void infer_slice(const InferArgs& args, OutputSpec* out);
void infer_sparse_softmax_cross_entropy(const InferArgs& args, OutputSpec* out);
void infer_transpose(const InferArgs& args, OutputSpec* out);

void vjp_add(const VjpArgs& args, Tensor* grads);
void vjp_sub(const VjpArgs& args, Tensor* grads);
void vjp_mul(const VjpArgs& args, Tensor* grads);
void vjp_div(const VjpArgs& args, Tensor* grads);
void vjp_pow(const VjpArgs& args, Tensor* grads);
void vjp_maximum(const VjpArgs& args, Tensor* grads);
void vjp_minimum(const VjpArgs& args, Tensor* grads);
void vjp_add_scalar(const VjpArgs& args, Tensor* grads);
void vjp_mul_scalar(const VjpArgs& args, Tensor* grads);
void vjp_neg(const VjpArgs& args, Tensor* grads);
void vjp_exp(const VjpArgs& args, Tensor* grads);
void vjp_log(const VjpArgs& args, Tensor* grads);
void vjp_log1p(const VjpArgs& args, Tensor* grads);
void vjp_expm1(const VjpArgs& args, Tensor* grads);
void vjp_sqrt(const VjpArgs& args, Tensor* grads);
void vjp_rsqrt(const VjpArgs& args, Tensor* grads);
void vjp_square(const VjpArgs& args, Tensor* grads);
void vjp_abs(const VjpArgs& args, Tensor* grads);
void vjp_tanh(const VjpArgs& args, Tensor* grads);
void vjp_sigmoid(const VjpArgs& args, Tensor* grads);
void vjp_softplus(const VjpArgs& args, Tensor* grads);
void vjp_relu(const VjpArgs& args, Tensor* grads);
void vjp_sin(const VjpArgs& args, Tensor* grads);
void vjp_cos(const VjpArgs& args, Tensor* grads);
void vjp_erf(const VjpArgs& args, Tensor* grads);
void vjp_reciprocal(const VjpArgs& args, Tensor* grads);
void vjp_clip(const VjpArgs& args, Tensor* grads);
void vjp_relu_grad(const VjpArgs& args, Tensor* grads);
void vjp_tanh_grad(const VjpArgs& args, Tensor* grads);
void vjp_sigmoid_grad(const VjpArgs& args, Tensor* grads);
void vjp_select(const VjpArgs& args, Tensor* grads);
void vjp_cast(const VjpArgs& args, Tensor* grads);
void vjp_sum(const VjpArgs& args, Tensor* grads);
void vjp_max(const VjpArgs& args, Tensor* grads);
void vjp_min(const VjpArgs& args, Tensor* grads);
void vjp_prod(const VjpArgs& args, Tensor* grads);
void vjp_cumsum(const VjpArgs& args, Tensor* grads);
void vjp_logsumexp(const VjpArgs& args, Tensor* grads);
void vjp_matmul(const VjpArgs& args, Tensor* grads);
void vjp_reshape(const VjpArgs& args, Tensor* grads);
void vjp_transpose(const VjpArgs& args, Tensor* grads);
void vjp_broadcast_to(const VjpArgs& args, Tensor* grads);
void vjp_concat(const VjpArgs& args, Tensor* grads);
void vjp_slice(const VjpArgs& args, Tensor* grads);
void vjp_pad(const VjpArgs& args, Tensor* grads);
void vjp_identity(const VjpArgs& args, Tensor* grads);
void vjp_gather(const VjpArgs& args, Tensor* grads);
void vjp_scatter_add(const VjpArgs& args, Tensor* grads);
void vjp_softmax(const VjpArgs& args, Tensor* grads);
void vjp_log_softmax(const VjpArgs& args, Tensor* grads);
void vjp_sparse_softmax_cross_entropy(const VjpArgs& args, Tensor* grads);
void vjp_sigmoid_cross_entropy(const VjpArgs& args, Tensor* grads);
void vjp_check_range(const VjpArgs& args, Tensor* grads);
void vjp_inverse_rms(const VjpArgs& args, Tensor* grads);
void vjp_dropout(const VjpArgs& args, Tensor* grads);
void vjp_momentum_update(const VjpArgs& args, Tensor* grads);
void vjp_adam_update(const VjpArgs& args, Tensor* grads);
void vjp_sgd_update(const VjpArgs& args, Tensor* grads);

void jvp_relu_grad(const JvpArgs& args, Tensor* tangents);
void jvp_max(const JvpArgs& args, Tensor* tangents);
void jvp_min(const JvpArgs& args, Tensor* tangents);
void jvp_prod(const JvpArgs& args, Tensor* tangents);
void jvp_logsumexp(const JvpArgs& args, Tensor* tangents);
void jvp_matmul(const JvpArgs& args, Tensor* tangents);
void jvp_pad(const JvpArgs& args, Tensor* tangents);
void jvp_softmax(const JvpArgs& args, Tensor* tangents);
void jvp_log_softmax(const JvpArgs& args, Tensor* tangents);
void jvp_sparse_softmax_cross_entropy(const JvpArgs& args, Tensor* tangents);
void jvp_inverse_rms(const JvpArgs& args, Tensor* tangents);
void jvp_momentum_update(const JvpArgs& args, Tensor* tangents);
void jvp_sgd_update(const JvpArgs& args, Tensor* tangents);

}  // namespace tl::rules

namespace tl::kernels {

void add(const KernelArgs& args);
void sub(const KernelArgs& args);
void mul(const KernelArgs& args);
void div(const KernelArgs& args);
void pow(const KernelArgs& args);
void maximum(const KernelArgs& args);
void minimum(const KernelArgs& args);
void add_scalar(const KernelArgs& args);
void mul_scalar(const KernelArgs& args);
void neg(const KernelArgs& args);
void exp(const KernelArgs& args);
void log(const KernelArgs& args);
void log1p(const KernelArgs& args);
void expm1(const KernelArgs& args);
void sqrt(const KernelArgs& args);
void rsqrt(const KernelArgs& args);
void square(const KernelArgs& args);
void abs(const KernelArgs& args);
void sign(const KernelArgs& args);
void tanh(const KernelArgs& args);
void sigmoid(const KernelArgs& args);
void softplus(const KernelArgs& args);
void relu(const KernelArgs& args);
void sin(const KernelArgs& args);
void cos(const KernelArgs& args);
void erf(const KernelArgs& args);
void reciprocal(const KernelArgs& args);
void floor(const KernelArgs& args);
void clip(const KernelArgs& args);
void relu_grad(const KernelArgs& args);
void tanh_grad(const KernelArgs& args);
void sigmoid_grad(const KernelArgs& args);
void equal(const KernelArgs& args);
void not_equal(const KernelArgs& args);
void less(const KernelArgs& args);
void less_equal(const KernelArgs& args);
void greater(const KernelArgs& args);
void greater_equal(const KernelArgs& args);
void logical_and(const KernelArgs& args);
void logical_or(const KernelArgs& args);
void logical_not(const KernelArgs& args);
void select(const KernelArgs& args);
void cast(const KernelArgs& args);
void sum(const KernelArgs& args);
void max(const KernelArgs& args);
void min(const KernelArgs& args);
void prod(const KernelArgs& args);
void argmax(const KernelArgs& args);
void argmin(const KernelArgs& args);
void cumsum(const KernelArgs& args);
void logsumexp(const KernelArgs& args);
void matmul(const KernelArgs& args);
void reshape(const KernelArgs& args);
void transpose(const KernelArgs& args);
void broadcast_to(const KernelArgs& args);
void concat(const KernelArgs& args);
void slice(const KernelArgs& args);
void pad(const KernelArgs& args);
void identity(const KernelArgs& args);
void stop_gradient(const KernelArgs& args);
void gather(const KernelArgs& args);
void scatter_add(const KernelArgs& args);
void one_hot(const KernelArgs& args);
void softmax(const KernelArgs& args);
void log_softmax(const KernelArgs& args);
void sparse_softmax_cross_entropy(const KernelArgs& args);
void sigmoid_cross_entropy(const KernelArgs& args);
void correct_class(const KernelArgs& args);
void correct_side(const KernelArgs& args);
void check_range(const KernelArgs& args);
void inverse_rms(const KernelArgs& args);
void uniform(const KernelArgs& args);
void normal(const KernelArgs& args);
void dropout(const KernelArgs& args);
void full(const KernelArgs& args);
void range(const KernelArgs& args);
void momentum_update(const KernelArgs& args);
void adam_update(const KernelArgs& args);
void sgd_update(const KernelArgs& args);

}  // namespace tl::kernels
