//! Forward mode.
mod common;

use common::refused;
use tapeloop::{Code, Context, DType, Tensor, Unconnected};

#[test]
fn tangents_follow_the_ops() {
    let c = &Context::new().unwrap();
    let x = c.tensor(&[1.0f64, 2.0], &[2]).unwrap();
    let w = c.variable(&c.scalar(DType::F64, 3.0), "w").unwrap();
    let forward =
        c.forward(&[&*w, &x], &[&c.scalar(DType::F64, 1.0), &c.zeros_dtype(&[2], DType::F64)]).unwrap();
    let y = (&x * &w * &w).sum();
    assert_eq!(forward.tangent(&y).unwrap().item().unwrap(), 18.0);
    let other = c.scalar(DType::F64, 1.0);
    assert!(forward.tangent_or(&other, Unconnected::None).unwrap().is_none());
    assert_eq!(forward.tangent_or(&other, Unconnected::Zero).unwrap().unwrap().item().unwrap(), 0.0);
    refused(c, forward.tangent(&other), Code::InvalidArgument, "");
    forward.stop().unwrap();
    let unseen = &w * 2.0;
    assert!(forward.tangent_or(&unseen, Unconnected::None).unwrap().is_none());
    refused(c, forward.stop(), Code::FailedPrecondition, "");
    forward.resume().unwrap();
    assert_eq!(forward.tangent(&(&w * 2.0)).unwrap().item().unwrap(), 2.0);
    refused(c, forward.resume(), Code::FailedPrecondition, "");
}

#[test]
fn forward_modes_nest_and_are_kept() {
    let c = &Context::new().unwrap();
    let (x, one) = (c.scalar(DType::F64, 2.0), c.scalar(DType::F64, 1.0));
    let (outer, inner) =
        c.scope(|s| (s.keep(c.forward(&x, &one).unwrap()), s.keep(c.forward(&x, &one).unwrap())));
    let first = inner.tangent(&(&x * &x * &x)).unwrap();
    assert_eq!(first.item().unwrap(), 12.0);
    assert_eq!(outer.tangent(&first).unwrap().item().unwrap(), 12.0);
    let gone = c.scope(|_| c.forward(&x, &one).unwrap());
    refused(c, gone.tangent(&x), Code::InvalidArgument, "scope or context has ended");
}

#[test]
fn wrong_tangents_are_refused() {
    let c = &Context::new().unwrap();
    let (x, one) = (c.scalar(DType::F64, 2.0), c.scalar(DType::F64, 1.0));
    refused(c, c.forward(&[&x], &[&one, &one]), Code::InvalidArgument, "one tangent per primal");
    refused(c, c.forward(&x, &c.ones(&[3])), Code::InvalidArgument, "");
    refused(c, c.forward(&[&x, &x], &[&one, &one]), Code::InvalidArgument, "");
    let none: [Tensor; 0] = [];
    refused(c, c.forward(&none, &none), Code::InvalidArgument, "");
    let other = Context::new().unwrap();
    refused(c, c.forward(&x, &other.scalar(DType::F64, 1.0)), Code::InvalidArgument, "another context");
    let failed = x.reshape(&[5]);
    let error = c.forward(&failed, &one).unwrap_err();
    assert_eq!(error.op(), Some("reshape"));
}
