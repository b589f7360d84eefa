//! Jacobians and Hessians of tapes and of closures: what they give, what is refused, and panics.
mod common;

use common::{refused, works};
use std::cell::Cell;
use std::panic::{catch_unwind, AssertUnwindSafe};
use tapeloop::{Code, Context, DType, GradientReason, JacobianOptions, JacobianWay, Result, Tensor};
use tapeloop::{Unconnected, Variable};

fn vector(c: &Context, values: &[f64]) -> Variable {
    c.variable(&c.tensor(values, &[values.len() as i64]).unwrap(), "v").unwrap()
}

fn all(x: &Tensor) -> Vec<f64> {
    x.to_vec().unwrap()
}

#[test]
fn tapes_give_jacobians() {
    let c = &Context::new().unwrap();
    let (a, b, unused) = (vector(c, &[1.0, 2.0]), vector(c, &[3.0, 4.0]), vector(c, &[5.0]));
    let tape = c.persistent_tape().unwrap();
    let y = &*a * &*a * &*b;
    let jacobians = tape.jacobian(&y, &[&a, &unused, &b]).unwrap();
    assert_eq!(all(&jacobians.get(0).unwrap()), [6.0, 0.0, 0.0, 16.0]);
    assert!(jacobians.get(1).is_none());
    assert_eq!(all(&jacobians.get(2).unwrap()), [1.0, 0.0, 0.0, 4.0]);
    assert_eq!(all(&tape.jacobian(&y, &b).unwrap()), [1.0, 0.0, 0.0, 4.0]);
    let options = JacobianOptions::new().unconnected(Unconnected::Zero).memory_budget(1).reasons(true);
    let zeros = tape.jacobian_with(&y, &[&b, &unused], &options).unwrap();
    assert_eq!(all(&zeros.get(0).unwrap()), [1.0, 0.0, 0.0, 4.0], "row by row");
    assert_eq!(zeros.get(1).unwrap().shape().unwrap(), [2, 1]);
    assert_eq!(zeros.reason(0), Some(GradientReason::Connected));
    assert_eq!(zeros.reason(1), Some(GradientReason::NotRead));
    refused(c, tape.jacobian(&y, &unused), Code::InvalidArgument, "connected");
    let other = Context::new().unwrap();
    refused(c, tape.jacobian(&other.ones(&[1]), &a), Code::InvalidArgument, "another context");
    drop(tape);
    let tape = c.tape().unwrap();
    let y = a.exp();
    let one = tape.jacobian_with(&y, &a, &JacobianOptions::new()).unwrap();
    assert_eq!(one.get(0).unwrap().shape().unwrap(), [2, 2]);
    let tape = c.tape().unwrap();
    let failed = a.reshape(&[7]);
    assert_eq!(tape.jacobian(&failed, &a).unwrap_err().op(), Some("reshape"));
    works(c);
}

#[test]
fn batches_have_a_jacobian_for_each_example() {
    let c = &Context::new().unwrap();
    let x = c.tensor(&[1.0f64, 2.0, 3.0, 4.0, 5.0, 6.0], &[3, 2]).unwrap();
    let tape = c.persistent_tape().unwrap();
    tape.watch(&x).unwrap();
    let y = x.square();
    let each = tape.batch_jacobian(&y, &x).unwrap();
    assert_eq!(each.shape().unwrap(), [3, 2, 2]);
    assert_eq!(all(&each), [2.0, 0.0, 0.0, 4.0, 6.0, 0.0, 0.0, 8.0, 10.0, 0.0, 0.0, 12.0]);
    let check = JacobianOptions::new().check_independence(true);
    let same = tape.batch_jacobian_with(&y, &x, &check).unwrap();
    assert_eq!((same.len(), all(&same.get(0).unwrap())), (1, all(&each)));
    let mixed = &x - &x.mean_axes(&[0], true);
    refused(c, tape.batch_jacobian_with(&mixed, &x, &check), Code::FailedPrecondition, "batch_jacobian");
    refused(c, tape.batch_jacobian(&y.sum(), &x), Code::InvalidArgument, "batch_jacobian");
    let apart = c.ones_dtype(&[3, 1], DType::F64);
    refused(c, tape.batch_jacobian(&apart, &x), Code::InvalidArgument, "");
    assert!(tape.batch_jacobian_with(&apart, &x, &JacobianOptions::new()).unwrap().get(0).is_none());
    drop(tape);
    for with in [false, true] {
        let tape = c.tape().unwrap();
        tape.watch(&x).unwrap();
        let y = x.square();
        let again = match with {
            false => tape.batch_jacobian(&y, &x).unwrap(),
            true => tape.batch_jacobian_with(&y, &x, &check).unwrap().get(0).unwrap().clone(),
        };
        assert_eq!(all(&again), all(&each));
    }
}

#[test]
fn functions_have_jacobians_and_hessians() {
    let c = &Context::new().unwrap();
    let x = vector(c, &[1.0, 2.0]);
    let runs = Cell::new(0);
    for way in [JacobianWay::ByShape, JacobianWay::Forward, JacobianWay::Reverse] {
        let options = JacobianOptions::new().way(way);
        let jacobian = c.jacobian_with(&x, &options, |_, x| {
            runs.set(runs.get() + 1);
            Ok(x * x * x)
        });
        assert_eq!(all(&jacobian.unwrap()), [3.0, 0.0, 0.0, 12.0], "{:?}", way);
        let hessian = c.hessian_with(&x, &options, |_, x| Ok((x * x * x).sum() + x.prod()));
        assert_eq!(all(&hessian.unwrap()), [6.0, 1.0, 1.0, 12.0], "{:?}", way);
    }
    assert!(runs.get() >= 3);
    // Jacobians have derivatives: that of the sum of 3 x^2.
    let tape = c.tape().unwrap();
    let sum = c.jacobian(&x, |_, x| Ok(x * x * x)).unwrap().sum();
    assert_eq!(all(&tape.gradient(&sum, &x).unwrap()), [6.0, 12.0]);
    // Closures nest.
    let nested = c.jacobian(&x, |c, x| c.jacobian(x, |_, x| Ok(x.square())));
    assert_eq!(nested.unwrap().shape().unwrap(), [2, 2, 2]);
}

#[test]
fn errors_and_panics_of_functions_come_back() {
    let c = &Context::new().unwrap();
    let x = vector(c, &[1.0, 2.0]);
    let error = c.jacobian(&x, |_, x| x.reshape(&[7]).ok()).unwrap_err();
    assert_eq!(error.op(), Some("reshape"), "{}", error);
    assert_eq!(c.hessian(&x, |_, x| Ok(x.reshape(&[7]))).unwrap_err().op(), Some("reshape"));
    works(c);
    refused(c, c.jacobian(&c.zeros_dtype(&[2], DType::I32), |_, x| Ok(x * 2.0)), Code::InvalidArgument, "");
    refused(c, c.jacobian(&x, |_, x| Ok(x.cast(DType::I32))), Code::InvalidArgument, "");
    let rule = |c: &Context, x: &Tensor| {
        c.custom_gradient(
            "mine",
            x,
            |_, x| Ok(x[0].square()),
            |b| Ok(vec![Some(b.gradient()? * 2.0 * &*b.inputs()[0])]),
        )
    };
    refused(c, c.hessian(&x, |c, x| Ok(rule(c, x)?.sum())), Code::Unsupported, "mine");
    let reverse = JacobianOptions::new().way(JacobianWay::Reverse);
    let hessian = c.hessian_with(&x, &reverse, |c, x| Ok(rule(c, x)?.sum()));
    assert_eq!(all(&hessian.unwrap()), [2.0, 0.0, 0.0, 2.0]);
    let before = c.statistics().unwrap().tensors;
    for i in 0..1000 {
        let panics = |_: &Context, _: &Tensor| -> Result<Tensor> { panic!("number {}", i) };
        let way =
            JacobianOptions::new().way(if i % 4 < 2 { JacobianWay::Forward } else { JacobianWay::Reverse });
        let payload = catch_unwind(AssertUnwindSafe(|| match i % 2 {
            0 => c.jacobian_with(&x, &way, panics),
            _ => c.hessian_with(&x, &way, panics),
        }))
        .unwrap_err();
        assert_eq!(payload.downcast_ref::<String>(), Some(&format!("number {}", i)));
        assert!(!c.failed());
        if i % 100 == 0 {
            works(c);
        }
    }
    let now = c.statistics().unwrap();
    assert_eq!((now.tapes, now.tensors, now.scopes), (0, before, 0));
}
