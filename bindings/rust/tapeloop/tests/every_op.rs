// Made from api.json by bindings/gen/generate. Do not edit.
//! One call of each op with its sample of the op table, and one with its error sample, which must come back as an error.
mod common;

use common::{expect_error, expect_result, expect_same, sample};
use tapeloop::{Context, DType};

#[test]
fn add_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("add", &a.add(&b));
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[4, 3], -2.0, 2.0);
    expect_error("add", &a.add(&b), "do not broadcast");
}

#[test]
fn sub_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("sub", &a.sub(&b));
    let a = sample(c, DType::F32, &[2], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3], -2.0, 2.0);
    expect_error("sub", &a.sub(&b), "do not broadcast");
}

#[test]
fn mul_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("mul", &a.mul(&b));
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3, 2], -2.0, 2.0);
    expect_error("mul", &a.mul(&b), "do not broadcast");
}

#[test]
fn div_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[2, 3], 0.5, 2.0);
    expect_result("div", &a.div(&b));
    let a = sample(c, DType::I32, &[2], 1.0, 3.0);
    let b = sample(c, DType::I32, &[2], 1.0, 3.0);
    expect_error("div", &a.div(&b), "must be");
}

#[test]
fn pow_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::F32, &[2, 3], 0.5, 2.0);
    let b = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("pow", &a.pow(&b));
    let a = sample(c, DType::F32, &[2], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3], -2.0, 2.0);
    expect_error("pow", &a.pow(&b), "do not broadcast");
}

#[test]
fn maximum_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("maximum", &a.maximum(&b));
    let a = sample(c, DType::F32, &[2], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3], -2.0, 2.0);
    expect_error("maximum", &a.maximum(&b), "do not broadcast");
}

#[test]
fn minimum_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("minimum", &a.minimum(&b));
    let a = sample(c, DType::F32, &[2], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3], -2.0, 2.0);
    expect_error("minimum", &a.minimum(&b), "do not broadcast");
}

#[test]
fn add_scalar_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("add_scalar", &x.add_scalar(1.5));
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("add_scalar", &x.add_scalar(1.5), "whole number");
}

#[test]
fn mul_scalar_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("mul_scalar", &x.mul_scalar(1.5));
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("mul_scalar", &x.mul_scalar(0.5), "whole number");
}

#[test]
fn neg_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("neg", &x.neg());
    let x = sample(c, DType::Bool, &[2], -2.0, 2.0);
    expect_error("neg", &x.neg(), "must be");
}

#[test]
fn exp_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("exp", &x.exp());
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("exp", &x.exp(), "must be");
}

#[test]
fn log_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], 0.3, 3.0);
    expect_result("log", &x.log());
    let x = sample(c, DType::I64, &[2], 1.0, 3.0);
    expect_error("log", &x.log(), "must be");
}

#[test]
fn log1p_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -0.5, 3.0);
    expect_result("log1p", &x.log1p());
    let x = sample(c, DType::Bool, &[2], -0.5, 3.0);
    expect_error("log1p", &x.log1p(), "must be");
}

#[test]
fn expm1_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("expm1", &x.expm1());
    let x = sample(c, DType::U8, &[2], 0.0, 3.0);
    expect_error("expm1", &x.expm1(), "must be");
}

#[test]
fn sqrt_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], 0.5, 4.0);
    expect_result("sqrt", &x.sqrt());
    let x = sample(c, DType::I32, &[2], 1.0, 3.0);
    expect_error("sqrt", &x.sqrt(), "must be");
}

#[test]
fn rsqrt_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], 0.5, 4.0);
    expect_result("rsqrt", &x.rsqrt());
    let x = sample(c, DType::I32, &[2], 1.0, 3.0);
    expect_error("rsqrt", &x.rsqrt(), "must be");
}

#[test]
fn square_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("square", &x.square());
    let x = sample(c, DType::Bool, &[2], -2.0, 2.0);
    expect_error("square", &x.square(), "must be");
}

#[test]
fn abs_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("abs", &x.abs());
    let x = sample(c, DType::Bool, &[2], -2.0, 2.0);
    expect_error("abs", &x.abs(), "must be");
}

#[test]
fn sign_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("sign", &x.sign());
    let x = sample(c, DType::Bool, &[2], -2.0, 2.0);
    expect_error("sign", &x.sign(), "must be");
}

#[test]
fn tanh_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("tanh", &x.tanh());
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("tanh", &x.tanh(), "must be");
}

#[test]
fn sigmoid_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("sigmoid", &x.sigmoid());
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("sigmoid", &x.sigmoid(), "must be");
}

#[test]
fn softplus_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("softplus", &x.softplus());
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("softplus", &x.softplus(), "must be");
}

#[test]
fn relu_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("relu", &x.relu());
    let x = sample(c, DType::Bool, &[2], -2.0, 2.0);
    expect_error("relu", &x.relu(), "must be");
}

#[test]
fn sin_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("sin", &x.sin());
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("sin", &x.sin(), "must be");
}

#[test]
fn cos_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("cos", &x.cos());
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("cos", &x.cos(), "must be");
}

#[test]
fn erf_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("erf", &x.erf());
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("erf", &x.erf(), "must be");
}

#[test]
fn reciprocal_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], 0.5, 3.0);
    expect_result("reciprocal", &x.reciprocal());
    let x = sample(c, DType::I32, &[2], 1.0, 3.0);
    expect_error("reciprocal", &x.reciprocal(), "must be");
}

#[test]
fn floor_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("floor", &x.floor());
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("floor", &x.floor(), "must be");
}

#[test]
fn clip_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("clip", &x.clip(-1.0, 1.0));
    let x = sample(c, DType::F32, &[2], -2.0, 2.0);
    expect_error("clip", &x.clip(2.0, 1.0), "must not be above");
}

#[test]
fn leaky_relu_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let short = x.leaky_relu();
    let full = x.leaky_relu_slope(0.01);
    expect_same("leaky_relu", &short, &full);
}

#[test]
fn leaky_relu_slope_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("leaky_relu_slope", &x.leaky_relu_slope(0.2));
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("leaky_relu_slope", &x.leaky_relu_slope(0.01), "must be");
}

#[test]
fn elu_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let short = x.elu();
    let full = x.elu_alpha(1.0);
    expect_same("elu", &short, &full);
}

#[test]
fn elu_alpha_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("elu_alpha", &x.elu_alpha(1.5));
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("elu_alpha", &x.elu_alpha(1.0), "must be");
}

#[test]
fn silu_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("silu", &x.silu());
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("silu", &x.silu(), "must be");
}

#[test]
fn gelu_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let short = x.gelu();
    let full = x.gelu_form(false);
    expect_same("gelu", &short, &full);
}

#[test]
fn gelu_form_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("gelu_form", &x.gelu_form(false));
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("gelu_form", &x.gelu_form(false), "must be");
}

#[test]
fn strong_zero_mul_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("strong_zero_mul", &a.strong_zero_mul(&b));
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3, 2], -2.0, 2.0);
    expect_error("strong_zero_mul", &a.strong_zero_mul(&b), "do not broadcast");
}

#[test]
fn strong_zero_div_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[2, 3], 0.5, 2.0);
    expect_result("strong_zero_div", &a.strong_zero_div(&b));
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3, 2], -2.0, 2.0);
    expect_error("strong_zero_div", &a.strong_zero_div(&b), "do not broadcast");
}

#[test]
fn erfc_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("erfc", &x.erfc());
    let x = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_error("erfc", &x.erfc(), "must be");
}

#[test]
fn equal_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::I32, &[2, 3], 0.0, 1.0);
    let b = sample(c, DType::I32, &[2, 3], 0.0, 1.0);
    expect_result("equal", &a.equal(&b));
    let a = sample(c, DType::F32, &[2], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3], -2.0, 2.0);
    expect_error("equal", &a.equal(&b), "do not broadcast");
}

#[test]
fn not_equal_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::I32, &[2, 3], 0.0, 1.0);
    let b = sample(c, DType::I32, &[2, 3], 0.0, 1.0);
    expect_result("not_equal", &a.not_equal(&b));
    let a = sample(c, DType::F32, &[2], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3], -2.0, 2.0);
    expect_error("not_equal", &a.not_equal(&b), "do not broadcast");
}

#[test]
fn less_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("less", &a.less(&b));
    let a = sample(c, DType::F32, &[2], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3], -2.0, 2.0);
    expect_error("less", &a.less(&b), "do not broadcast");
}

#[test]
fn less_equal_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::I32, &[2, 3], 0.0, 2.0);
    let b = sample(c, DType::I32, &[2, 3], 0.0, 2.0);
    expect_result("less_equal", &a.less_equal(&b));
    let a = sample(c, DType::F32, &[2], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3], -2.0, 2.0);
    expect_error("less_equal", &a.less_equal(&b), "do not broadcast");
}

#[test]
fn greater_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("greater", &a.greater(&b));
    let a = sample(c, DType::F32, &[2], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3], -2.0, 2.0);
    expect_error("greater", &a.greater(&b), "do not broadcast");
}

#[test]
fn greater_equal_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::I32, &[2, 3], 0.0, 2.0);
    let b = sample(c, DType::I32, &[2, 3], 0.0, 2.0);
    expect_result("greater_equal", &a.greater_equal(&b));
    let a = sample(c, DType::F32, &[2], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3], -2.0, 2.0);
    expect_error("greater_equal", &a.greater_equal(&b), "do not broadcast");
}

#[test]
fn logical_and_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::Bool, &[2, 3], 0.0, 1.0);
    let b = sample(c, DType::Bool, &[2, 3], 0.0, 1.0);
    expect_result("logical_and", &a.logical_and(&b));
    let a = sample(c, DType::I32, &[2], 0.0, 1.0);
    let b = sample(c, DType::I32, &[2], 0.0, 1.0);
    expect_error("logical_and", &a.logical_and(&b), "must be");
}

#[test]
fn logical_or_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::Bool, &[2, 3], 0.0, 1.0);
    let b = sample(c, DType::Bool, &[2, 3], 0.0, 1.0);
    expect_result("logical_or", &a.logical_or(&b));
    let a = sample(c, DType::I32, &[2], 0.0, 1.0);
    let b = sample(c, DType::I32, &[2], 0.0, 1.0);
    expect_error("logical_or", &a.logical_or(&b), "must be");
}

#[test]
fn logical_not_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::Bool, &[2, 3], 0.0, 1.0);
    expect_result("logical_not", &x.logical_not());
    let x = sample(c, DType::F32, &[2], -2.0, 2.0);
    expect_error("logical_not", &x.logical_not(), "must be");
}

#[test]
fn select_is_called() {
    let c = &Context::new().unwrap();
    let condition = sample(c, DType::Bool, &[2, 3], 0.0, 1.0);
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("select", &condition.select(&a, &b));
    let condition = sample(c, DType::Bool, &[2], 0.0, 1.0);
    let a = sample(c, DType::F32, &[3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3], -2.0, 2.0);
    expect_error("select", &condition.select(&a, &b), "do not broadcast");
}

#[test]
fn cast_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("cast", &x.cast(DType::F64));
}

#[test]
fn sum_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3, 4], -2.0, 2.0);
    let short = x.sum();
    let full = x.sum_axes(&[], false);
    expect_same("sum", &short, &full);
}

#[test]
fn sum_axes_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3, 4], -2.0, 2.0);
    expect_result("sum_axes", &x.sum_axes(&[], false));
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_error("sum_axes", &x.sum_axes(&[2], false), "axis out of range");
}

#[test]
fn mean_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3, 4], -2.0, 2.0);
    let short = x.mean();
    let full = x.mean_axes(&[], false);
    expect_same("mean", &short, &full);
}

#[test]
fn mean_axes_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3, 4], -2.0, 2.0);
    expect_result("mean_axes", &x.mean_axes(&[], false));
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_error("mean_axes", &x.mean_axes(&[5], false), "axis out of range");
}

#[test]
fn max_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3, 4], -2.0, 2.0);
    let short = x.max();
    let full = x.max_axes(&[], false);
    expect_same("max", &short, &full);
}

#[test]
fn max_axes_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3, 4], -2.0, 2.0);
    expect_result("max_axes", &x.max_axes(&[], false));
    let x = sample(c, DType::F32, &[0, 3], -2.0, 2.0);
    expect_error("max_axes", &x.max_axes(&[0], false), "no elements");
}

#[test]
fn min_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3, 4], -2.0, 2.0);
    let short = x.min();
    let full = x.min_axes(&[], false);
    expect_same("min", &short, &full);
}

#[test]
fn min_axes_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3, 4], -2.0, 2.0);
    expect_result("min_axes", &x.min_axes(&[], false));
    let x = sample(c, DType::F32, &[0], -2.0, 2.0);
    expect_error("min_axes", &x.min_axes(&[], false), "no elements");
}

#[test]
fn prod_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let short = x.prod();
    let full = x.prod_axes(&[], false);
    expect_same("prod", &short, &full);
}

#[test]
fn prod_axes_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("prod_axes", &x.prod_axes(&[], false));
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_error("prod_axes", &x.prod_axes(&[2], false), "axis out of range");
}

#[test]
fn argmax_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 5], -2.0, 2.0);
    let short = x.argmax();
    let full = x.argmax_axes(&[], false);
    expect_same("argmax", &short, &full);
}

#[test]
fn argmax_axes_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 5], -2.0, 2.0);
    expect_result("argmax_axes", &x.argmax_axes(&[], false));
    let x = sample(c, DType::F32, &[0, 3], -2.0, 2.0);
    expect_error("argmax_axes", &x.argmax_axes(&[0], false), "no elements");
}

#[test]
fn argmin_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 5], -2.0, 2.0);
    let short = x.argmin();
    let full = x.argmin_axes(&[], false);
    expect_same("argmin", &short, &full);
}

#[test]
fn argmin_axes_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 5], -2.0, 2.0);
    expect_result("argmin_axes", &x.argmin_axes(&[], false));
    let x = sample(c, DType::F32, &[0], -2.0, 2.0);
    expect_error("argmin_axes", &x.argmin_axes(&[], false), "no elements");
}

#[test]
fn cumsum_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 5], -2.0, 2.0);
    let short = x.cumsum();
    let full = x.cumsum_axis(-1, false, false);
    expect_same("cumsum", &short, &full);
}

#[test]
fn cumsum_axis_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 5], -2.0, 2.0);
    expect_result("cumsum_axis", &x.cumsum_axis(-1, false, false));
    let x = sample(c, DType::F32, &[], -2.0, 2.0);
    expect_error("cumsum_axis", &x.cumsum_axis(-1, false, false), "has no axes");
}

#[test]
fn logsumexp_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let short = x.logsumexp();
    let full = x.logsumexp_axes(&[], false);
    expect_same("logsumexp", &short, &full);
}

#[test]
fn logsumexp_axes_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("logsumexp_axes", &x.logsumexp_axes(&[], false));
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_error("logsumexp_axes", &x.logsumexp_axes(&[2], false), "axis out of range");
}

#[test]
fn matmul_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3, 4], -2.0, 2.0);
    let short = a.matmul(&b);
    let full = a.matmul_transposed(&b, false, false);
    expect_same("matmul", &short, &full);
}

#[test]
fn matmul_transposed_is_called() {
    let c = &Context::new().unwrap();
    let a = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let b = sample(c, DType::F32, &[3, 4], -2.0, 2.0);
    expect_result("matmul_transposed", &a.matmul_transposed(&b, false, false));
    let a = sample(c, DType::F32, &[32, 784], -2.0, 2.0);
    let b = sample(c, DType::F32, &[128, 10], -2.0, 2.0);
    expect_error("matmul_transposed", &a.matmul_transposed(&b, false, false), "inner");
}

#[test]
fn reshape_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 6], -2.0, 2.0);
    expect_result("reshape", &x.reshape(&[3, 4]));
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_error("reshape", &x.reshape(&[4]), "number of elements");
}

#[test]
fn transpose_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let short = x.transpose();
    let full = x.transpose_axes(&[]);
    expect_same("transpose", &short, &full);
}

#[test]
fn transpose_axes_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("transpose_axes", &x.transpose_axes(&[]));
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_error("transpose_axes", &x.transpose_axes(&[0, 0]), "twice");
}

#[test]
fn broadcast_to_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[3], -2.0, 2.0);
    expect_result("broadcast_to", &x.broadcast_to(&[2, 3]));
    let x = sample(c, DType::F32, &[3], -2.0, 2.0);
    expect_error("broadcast_to", &x.broadcast_to(&[2]), "does not broadcast to");
}

#[test]
fn expand_dims_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("expand_dims", &x.expand_dims(0));
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_error("expand_dims", &x.expand_dims(3), "axis out of range");
}

#[test]
fn squeeze_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 1, 3, 1], -2.0, 2.0);
    let short = x.squeeze();
    let full = x.squeeze_axes(&[]);
    expect_same("squeeze", &short, &full);
}

#[test]
fn squeeze_axes_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 1, 3, 1], -2.0, 2.0);
    expect_result("squeeze_axes", &x.squeeze_axes(&[]));
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_error("squeeze_axes", &x.squeeze_axes(&[0]), "size 1");
}

#[test]
fn concat_is_called() {
    let c = &Context::new().unwrap();
    let values = [sample(c, DType::F32, &[2, 3], -2.0, 2.0), sample(c, DType::F32, &[1, 3], -2.0, 2.0)];
    expect_result("concat", &c.concat(&values, 0));
    let values = [sample(c, DType::F32, &[2, 3], -2.0, 2.0), sample(c, DType::F32, &[2, 4], -2.0, 2.0)];
    expect_error("concat", &c.concat(&values, 0), "agree");
}

#[test]
fn stack_is_called() {
    let c = &Context::new().unwrap();
    let values = [sample(c, DType::F32, &[2, 3], -2.0, 2.0), sample(c, DType::F32, &[2, 3], -2.0, 2.0)];
    expect_result("stack", &c.stack(&values, 0));
    let values = [sample(c, DType::F32, &[2], -2.0, 2.0), sample(c, DType::F32, &[3], -2.0, 2.0)];
    expect_error("stack", &c.stack(&values, 0), "one shape");
}

#[test]
fn slice_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[4, 5], -2.0, 2.0);
    let short = x.slice(&[1, 0], &[3, 5]);
    let full = x.slice_strided(&[1, 0], &[3, 5], &[]);
    expect_same("slice", &short, &full);
}

#[test]
fn slice_strided_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[4, 5], -2.0, 2.0);
    expect_result("slice_strided", &x.slice_strided(&[1, 0], &[3, 5], &[]));
    let x = sample(c, DType::F32, &[4], -2.0, 2.0);
    expect_error("slice_strided", &x.slice_strided(&[1], &[5], &[]), "out of range");
}

#[test]
fn pad_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    let short = x.pad(&[1, 0], &[0, 2]);
    let full = x.pad_interior(&[1, 0], &[0, 2], &[], 0.0);
    expect_same("pad", &short, &full);
}

#[test]
fn pad_interior_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("pad_interior", &x.pad_interior(&[1, 0], &[0, 2], &[], 0.0));
    let x = sample(c, DType::F32, &[2], -2.0, 2.0);
    expect_error("pad_interior", &x.pad_interior(&[-1], &[0], &[], 0.0), "negative");
}

#[test]
fn flatten_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3, 4], -2.0, 2.0);
    let short = x.flatten();
    let full = x.flatten_from(1);
    expect_same("flatten", &short, &full);
}

#[test]
fn flatten_from_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3, 4], -2.0, 2.0);
    expect_result("flatten_from", &x.flatten_from(1));
    let x = sample(c, DType::F32, &[], -2.0, 2.0);
    expect_error("flatten_from", &x.flatten_from(1), "axis");
}

#[test]
fn identity_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("identity", &x.identity());
}

#[test]
fn stop_gradient_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_result("stop_gradient", &x.stop_gradient());
}

#[test]
fn gather_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[4, 3], -2.0, 2.0);
    let indices = sample(c, DType::I32, &[2], 0.0, 3.0);
    expect_result("gather", &x.gather(&indices, 0));
    let x = sample(c, DType::F32, &[4, 3], -2.0, 2.0);
    let indices = sample(c, DType::I32, &[2], 4.0, 5.0);
    expect_error("gather", &x.gather(&indices, 0), "outside");
}

#[test]
fn scatter_add_is_called() {
    let c = &Context::new().unwrap();
    let indices = sample(c, DType::I32, &[3], 0.0, 3.0);
    let updates = sample(c, DType::F32, &[3, 2], -2.0, 2.0);
    expect_result("scatter_add", &indices.scatter_add(&updates, 4, 0));
    let indices = sample(c, DType::I32, &[2], 4.0, 5.0);
    let updates = sample(c, DType::F32, &[2, 3], -2.0, 2.0);
    expect_error("scatter_add", &indices.scatter_add(&updates, 4, 0), "outside");
}

#[test]
fn one_hot_is_called() {
    let c = &Context::new().unwrap();
    let indices = sample(c, DType::I32, &[4], 0.0, 3.0);
    let short = indices.one_hot(4);
    let full = indices.one_hot_dtype(4, DType::F32);
    expect_same("one_hot", &short, &full);
}

#[test]
fn one_hot_dtype_is_called() {
    let c = &Context::new().unwrap();
    let indices = sample(c, DType::I32, &[4], 0.0, 3.0);
    expect_result("one_hot_dtype", &indices.one_hot_dtype(4, DType::F32));
    let indices = sample(c, DType::I32, &[2], 0.0, 1.0);
    expect_error("one_hot_dtype", &indices.one_hot_dtype(-1, DType::F32), "number of classes");
}

#[test]
fn set_rows_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[4, 3], -2.0, 2.0);
    let indices = sample(c, DType::I32, &[1], 0.0, 3.0);
    let rows = sample(c, DType::F32, &[1, 3], -2.0, 2.0);
    expect_result("set_rows", &x.set_rows(&indices, &rows));
    let x = sample(c, DType::F32, &[4, 3], -2.0, 2.0);
    let indices = sample(c, DType::I32, &[1], 4.0, 5.0);
    let rows = sample(c, DType::F32, &[1, 3], -2.0, 2.0);
    expect_error("set_rows", &x.set_rows(&indices, &rows), "outside");
}

#[test]
fn softmax_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 5], -2.0, 2.0);
    let short = x.softmax();
    let full = x.softmax_axis(-1);
    expect_same("softmax", &short, &full);
}

#[test]
fn softmax_axis_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 5], -2.0, 2.0);
    expect_result("softmax_axis", &x.softmax_axis(-1));
    let x = sample(c, DType::F32, &[], -2.0, 2.0);
    expect_error("softmax_axis", &x.softmax_axis(-1), "has no axes");
}

#[test]
fn log_softmax_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 5], -2.0, 2.0);
    let short = x.log_softmax();
    let full = x.log_softmax_axis(-1);
    expect_same("log_softmax", &short, &full);
}

#[test]
fn log_softmax_axis_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[2, 5], -2.0, 2.0);
    expect_result("log_softmax_axis", &x.log_softmax_axis(-1));
    let x = sample(c, DType::F32, &[], -2.0, 2.0);
    expect_error("log_softmax_axis", &x.log_softmax_axis(-1), "has no axes");
}

#[test]
fn softmax_cross_entropy_is_called() {
    let c = &Context::new().unwrap();
    let labels = sample(c, DType::F32, &[3, 4], 0.0, 1.0);
    let logits = sample(c, DType::F32, &[3, 4], -2.0, 2.0);
    expect_result("softmax_cross_entropy", &labels.softmax_cross_entropy(&logits));
    let labels = sample(c, DType::F32, &[3, 4], 0.0, 1.0);
    let logits = sample(c, DType::F32, &[3, 5], -2.0, 2.0);
    expect_error("softmax_cross_entropy", &labels.softmax_cross_entropy(&logits), "same shape");
}

#[test]
fn sparse_softmax_cross_entropy_is_called() {
    let c = &Context::new().unwrap();
    let labels = sample(c, DType::I32, &[3], 0.0, 3.0);
    let logits = sample(c, DType::F32, &[3, 4], -2.0, 2.0);
    expect_result("sparse_softmax_cross_entropy", &labels.sparse_softmax_cross_entropy(&logits));
    let labels = sample(c, DType::I32, &[3], 4.0, 9.0);
    let logits = sample(c, DType::F32, &[3, 4], -2.0, 2.0);
    expect_error(
        "sparse_softmax_cross_entropy",
        &labels.sparse_softmax_cross_entropy(&logits),
        "must be in [0, 4): got",
    );
}

#[test]
fn sigmoid_cross_entropy_is_called() {
    let c = &Context::new().unwrap();
    let labels = sample(c, DType::F32, &[3, 4], 0.0, 1.0);
    let logits = sample(c, DType::F32, &[3, 4], -2.0, 2.0);
    expect_result("sigmoid_cross_entropy", &labels.sigmoid_cross_entropy(&logits));
    let labels = sample(c, DType::F32, &[3, 4], 0.0, 1.0);
    let logits = sample(c, DType::F32, &[3, 1], -2.0, 2.0);
    expect_error("sigmoid_cross_entropy", &labels.sigmoid_cross_entropy(&logits), "same shape");
}

#[test]
fn uniform_is_called() {
    let c = &Context::new().unwrap();
    c.set_seed(7).unwrap();
    let short = c.uniform(&[3, 4]);
    c.set_seed(7).unwrap();
    let full = c.uniform_range(&[3, 4], 0.0, 1.0, DType::F32);
    expect_same("uniform", &short, &full);
}

#[test]
fn uniform_range_is_called() {
    let c = &Context::new().unwrap();
    expect_result("uniform_range", &c.uniform_range(&[3, 4], 0.0, 1.0, DType::F32));
    expect_error("uniform_range", &c.uniform_range(&[2, -1], 0.0, 1.0, DType::F32), "negative");
}

#[test]
fn normal_is_called() {
    let c = &Context::new().unwrap();
    c.set_seed(7).unwrap();
    let short = c.normal(&[3, 4]);
    c.set_seed(7).unwrap();
    let full = c.normal_with(&[3, 4], 0.0, 1.0, DType::F32);
    expect_same("normal", &short, &full);
}

#[test]
fn normal_with_is_called() {
    let c = &Context::new().unwrap();
    expect_result("normal_with", &c.normal_with(&[3, 4], 0.0, 1.0, DType::F32));
    expect_error("normal_with", &c.normal_with(&[2, -1], 0.0, 1.0, DType::F32), "negative");
}

#[test]
fn dropout_is_called() {
    let c = &Context::new().unwrap();
    let x = sample(c, DType::F32, &[4, 5], -2.0, 2.0);
    expect_result("dropout", &x.dropout(0.5));
    let x = sample(c, DType::F32, &[2], -2.0, 2.0);
    expect_error("dropout", &x.dropout(1.0), "[0, 1)");
}

#[test]
fn full_is_called() {
    let c = &Context::new().unwrap();
    expect_result("full", &c.full(&[2, 3], 1.5, DType::F32));
    expect_error("full", &c.full(&[2, -3], 0.0, DType::F32), "negative");
}

#[test]
fn range_is_called() {
    let c = &Context::new().unwrap();
    let short = c.range(5);
    let full = c.range_from(5, 0.0, 1.0, DType::F32);
    expect_same("range", &short, &full);
}

#[test]
fn range_from_is_called() {
    let c = &Context::new().unwrap();
    expect_result("range_from", &c.range_from(5, 0.0, 1.0, DType::F32));
    expect_error("range_from", &c.range_from(-1, 0.0, 1.0, DType::F32), "negative step");
}

#[test]
fn zeros_is_called() {
    let c = &Context::new().unwrap();
    let short = c.zeros(&[2, 3]);
    let full = c.zeros_dtype(&[2, 3], DType::F32);
    expect_same("zeros", &short, &full);
}

#[test]
fn zeros_dtype_is_called() {
    let c = &Context::new().unwrap();
    expect_result("zeros_dtype", &c.zeros_dtype(&[2, 3], DType::F32));
    expect_error("zeros_dtype", &c.zeros_dtype(&[2, -3], DType::F32), "negative");
}

#[test]
fn ones_is_called() {
    let c = &Context::new().unwrap();
    let short = c.ones(&[2, 3]);
    let full = c.ones_dtype(&[2, 3], DType::F32);
    expect_same("ones", &short, &full);
}

#[test]
fn ones_dtype_is_called() {
    let c = &Context::new().unwrap();
    expect_result("ones_dtype", &c.ones_dtype(&[2, 3], DType::F32));
    expect_error("ones_dtype", &c.ones_dtype(&[2, -3], DType::F32), "negative");
}
