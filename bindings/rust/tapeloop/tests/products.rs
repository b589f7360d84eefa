//! Hessian-vector and Gauss-Newton products, and pullbacks: what they give, what is refused, and panics of their closures.
mod common;

use common::{refused, works};
use std::panic::{catch_unwind, AssertUnwindSafe};
use tapeloop::{Code, Context, DType, HessianWay, Result, Tensor, TensorRef, Variable};

fn variable(c: &Context, value: f64) -> Variable {
    c.variable(&c.scalar(DType::F64, value), "v").unwrap()
}

/// x^3 y, whose second derivatives are 6 x y, 3 x^2 and 0.
fn cubic(_: &Context, x: &[TensorRef<'_>]) -> Result<Tensor> {
    Ok(&*x[0] * &*x[0] * &*x[0] * &*x[1])
}

#[test]
fn hessians_times_vectors() {
    let c = &Context::new().unwrap();
    let (x, y) = (variable(c, 2.0), c.scalar(DType::F64, 5.0));
    let along = [c.scalar(DType::F64, 1.0), c.scalar(DType::F64, 10.0)];
    for way in [HessianWay::ForwardOverReverse, HessianWay::ReverseOverReverse] {
        let products = c.hessian_vector_product_with(&[&*x, &y], &along, way, cubic).unwrap();
        assert_eq!(products.get(0).unwrap().item().unwrap(), 60.0 + 120.0);
        assert_eq!(products.get(1).unwrap().item().unwrap(), 12.0);
    }
    // The product has a gradient: of 6 x y + 30 x^2 by x.
    let tape = c.tape().unwrap();
    let products = c.hessian_vector_product(&[&*x, &y], &along, cubic).unwrap();
    let third = tape.gradient(&products.get(0).unwrap(), &x).unwrap();
    assert_eq!(third.item().unwrap(), 30.0 + 120.0);
}

#[test]
fn gauss_newton_matrices_times_vectors() {
    let c = &Context::new().unwrap();
    let (x, one) = (variable(c, 3.0), c.scalar(DType::F64, 1.0));
    // Of (x^2)^2: the Gauss-Newton matrix is 2 x * 2 * 2 x, without the term of the second derivative of x^2.
    let square =
        c.gauss_newton_vector_product(&x, &one, |_, x| Ok(x[0].square()), |_, v| Ok(v[0].square())).unwrap();
    assert_eq!(square.item().unwrap(), 72.0);
    // What the closures read besides their arguments is theirs to choose.
    let (weight, read) = (c.scalar(DType::F64, 0.5), x.clone());
    let products = c
        .gauss_newton_vector_product(
            &[&x],
            &[&one],
            |_, _| Ok([read.square(), read.exp()]),
            |_, v| Ok(v[0].square() * &weight),
        )
        .unwrap();
    assert_eq!(products.get(0).unwrap().item().unwrap(), 36.0);
}

#[test]
fn pullbacks_give_many_gradients() {
    let c = &Context::new().unwrap();
    let (x, y) = (variable(c, 2.0), c.scalar(DType::F64, 5.0));
    let function = |_: &Context, x: &[TensorRef<'_>]| Ok([&*x[0] * &*x[1], x[0].square()]);
    let ([product, square], pullback) = c.pullback(&[&*x, &y], function).unwrap();
    assert_eq!((product.item().unwrap(), square.item().unwrap()), (10.0, 4.0));
    x.assign(&c.scalar(DType::F64, 100.0)).unwrap(); // the run keeps the value that it had
    for _ in 0..2 {
        let all = pullback.gradients().unwrap();
        assert_eq!(all.get(0).unwrap().item().unwrap(), 9.0);
        assert_eq!(all.get(1).unwrap().item().unwrap(), 2.0);
    }
    let seeds = [Some(c.scalar(DType::F64, 0.0)), None];
    let second = pullback.gradients_with(&seeds).unwrap();
    assert_eq!(second.get(0).unwrap().item().unwrap(), 4.0);
    assert_eq!(second.get(1).unwrap().item().unwrap(), 0.0, "not connected: zeros");
    assert_eq!(format!("{:?}", pullback), "Pullback(2 values of 2 arguments)");
    refused(
        c,
        pullback.gradients_with(&y),
        Code::InvalidArgument,
        "one output gradient per value: got 1 for 2 values",
    );
    refused(c, pullback.gradients_with(&[&c.ones(&[3]), &y]), Code::InvalidArgument, "pullback_gradients");
    drop(pullback);
    let (values, pullback) = c.pullback_many(&y, 3, |_, y| Ok(vec![&*y[0] * 2.0; 3])).unwrap();
    assert_eq!((values.len(), pullback.gradients().unwrap().item().unwrap()), (3, 6.0));
}

#[test]
fn pullbacks_belong_to_scopes() {
    let c = &Context::new().unwrap();
    let x = c.scalar(DType::F64, 3.0);
    let square = |_: &Context, x: &[TensorRef<'_>]| Ok(x[0].square());
    let (kept, lost) =
        c.scope(|s| (s.keep(c.pullback(&x, square).unwrap().1), c.pullback(&x, square).unwrap().1));
    assert_eq!(kept.gradients().unwrap().item().unwrap(), 6.0);
    refused(c, lost.gradients(), Code::InvalidArgument, "scope or context has ended");
    drop((kept, lost));
    // What it computes is seen from outside: the gradient of 2 x.
    let tape = c.tape().unwrap();
    tape.watch(&x).unwrap();
    let (_, pullback) = c.pullback(&x, square).unwrap();
    let slope = pullback.gradients().unwrap();
    assert_eq!(tape.gradient(&slope, &x).unwrap().item().unwrap(), 2.0);
}

#[test]
fn wrong_arguments_are_refused() {
    let c = &Context::new().unwrap();
    let (x, one) = (c.scalar(DType::F64, 3.0), c.scalar(DType::F64, 1.0));
    let square = |_: &Context, x: &[TensorRef<'_>]| Ok(x[0].square());
    let many = c.hessian_vector_product(&[&x], &[&one, &one], square);
    refused(
        c,
        many,
        Code::InvalidArgument,
        "[hessian_vector_product] there must be one direction per argument",
    );
    refused(c, c.hessian_vector_product(&x, &c.ones(&[3]), square), Code::InvalidArgument, "direction 0");
    refused(c, c.hessian_vector_product(&[&x, &x], &[&one, &one], square), Code::InvalidArgument, "");
    let whole = c.scalar(DType::I32, 3.0);
    refused(c, c.pullback(&whole, square), Code::InvalidArgument, "");
    let other = Context::new().unwrap();
    let foreign = other.scalar(DType::F64, 1.0);
    refused(c, c.pullback(&foreign, square), Code::InvalidArgument, "another context");
    refused(
        c,
        c.pullback_many(&x, 2, |_, x| Ok(vec![x[0].exp()])),
        Code::InvalidArgument,
        "must give 2 tensors: got 1",
    );
    refused(c, c.pullback_many(&x, 0, |_, _| Ok(vec![])), Code::InvalidArgument, "pullback_new");
    let none: [Tensor; 0] = [];
    refused(c, c.pullback(&none, |c, _| Ok(c.ones(&[1]))), Code::InvalidArgument, "");
    // Errors of the closures, returned or left in a tensor, come back unchanged.
    let matmul = |c: &Context, _: &[TensorRef<'_>]| c.ones(&[2]).matmul(&c.ones(&[2])).ok();
    assert_eq!(c.pullback(&x, matmul).unwrap_err().op(), Some("matmul"));
    let reshape = |c: &Context, _: &[TensorRef<'_>]| Ok(c.ones(&[2]).reshape(&[3]));
    assert_eq!(c.hessian_vector_product(&x, &one, reshape).unwrap_err().op(), Some("reshape"));
    assert_eq!(c.gauss_newton_vector_product(&x, &one, square, matmul).unwrap_err().op(), Some("matmul"));
    let failed = x.reshape(&[5]);
    assert_eq!(c.pullback(&failed, square).unwrap_err().op(), Some("reshape"));
    works(c);
    // A rule without tangents: the error says so, and the other way goes.
    let rule = |c: &Context, x: &[TensorRef<'_>]| {
        c.custom_gradient(
            "mine",
            &x[0],
            |_, x| Ok(x[0].square()),
            |b| Ok(vec![Some(b.gradient()? * 2.0 * &*b.inputs()[0])]),
        )
    };
    refused(c, c.hessian_vector_product(&x, &one, rule), Code::Unsupported, "mine");
    let reverse = c.hessian_vector_product_with(&x, &one, HessianWay::ReverseOverReverse, rule);
    assert_eq!(reverse.unwrap().item().unwrap(), 2.0);
}

#[test]
fn a_thousand_panics_come_back() {
    let c = &Context::new().unwrap();
    let (x, one) = (c.scalar(DType::F64, 3.0), c.scalar(DType::F64, 1.0));
    for i in 0..1000 {
        let square = |_: &Context, x: &[TensorRef<'_>]| Ok(x[0].square());
        let panics = |_: &Context, _: &[TensorRef<'_>]| -> Result<Tensor> { panic!("number {}", i) };
        let payload = catch_unwind(AssertUnwindSafe(|| match i % 4 {
            0 => drop(c.pullback(&x, panics)),
            1 => drop(c.hessian_vector_product(&x, &one, panics)),
            2 => drop(c.gauss_newton_vector_product(&x, &one, panics, square)),
            _ => drop(c.gauss_newton_vector_product(&x, &one, square, panics)),
        }))
        .unwrap_err();
        assert_eq!(payload.downcast_ref::<String>(), Some(&format!("number {}", i)));
        assert!(!c.failed());
        if i % 100 == 0 {
            works(c);
        }
    }
    let now = c.statistics().unwrap();
    assert_eq!((now.tapes, now.tensors, now.scopes), (0, 2, 0));
}
