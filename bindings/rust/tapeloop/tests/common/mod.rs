//! What the tests share.
#![allow(dead_code)] // each test program uses some of it

use tapeloop::{Code, Context, DType, Error, Tensor};

/// A tensor whose elements run from low to high, in a fixed disorder, as its dtype can hold them.
pub fn sample(c: &Context, dtype: DType, dims: &[i64], low: f64, high: f64) -> Tensor {
    let count = dims.iter().product::<i64>() as usize;
    let value = |i: usize| low + (high - low) * ((i * 7 + 3) % 11) as f64 / 10.0;
    match dtype {
        DType::F32 => c.tensor(&(0..count).map(|i| value(i) as f32).collect::<Vec<_>>(), dims),
        DType::F64 => c.tensor(&(0..count).map(value).collect::<Vec<_>>(), dims),
        DType::I32 => c.tensor(&(0..count).map(|i| value(i) as i32).collect::<Vec<_>>(), dims),
        DType::I64 => c.tensor(&(0..count).map(|i| value(i) as i64).collect::<Vec<_>>(), dims),
        DType::U8 => c.tensor(&(0..count).map(|i| value(i) as u8).collect::<Vec<_>>(), dims),
        DType::Bool => c.tensor(&(0..count).map(|i| i % 2 == 0).collect::<Vec<_>>(), dims),
        other => panic!("no sample of {:?}", other),
    }
    .unwrap()
}

pub fn expect_result(op: &str, result: &Tensor) {
    result.check().unwrap_or_else(|error| panic!("{}: {}", op, error));
    result.shape().unwrap_or_else(|error| panic!("{}: {}", op, error));
}

/// The op must have failed, and its error says what the op table says.
pub fn expect_error(op: &str, result: &Tensor, message: &str) {
    let error = result.check().expect_err(op);
    assert_eq!(error.op(), Some(op), "{}", error);
    assert!(error.message().contains(message), "{}: {}", op, error);
    assert_ne!(error.code(), Code::Internal);
}

/// The short form of an op gives what the full one gives with the defaults.
pub fn expect_same(op: &str, short: &Tensor, full: &Tensor) {
    assert_eq!(short.dtype().unwrap(), full.dtype().unwrap(), "{}", op);
    assert_eq!(short.shape().unwrap(), full.shape().unwrap(), "{}", op);
    assert_eq!(short.to_string(), full.to_string(), "{}", op);
}

/// An error of this code whose message holds this text, after which the context works.
pub fn refused<T: std::fmt::Debug>(c: &Context, result: Result<T, Error>, code: Code, text: &str) {
    let error = result.expect_err(text);
    assert_eq!(error.code(), code, "{}", error);
    assert!(error.message().contains(text), "{:?} is not in: {}", text, error);
    works(c);
}

/// A context that holds no error and computes.
pub fn works(c: &Context) {
    assert_eq!((c.ones(&[3]) * 2.0).sum().item().unwrap(), 6.0);
}
