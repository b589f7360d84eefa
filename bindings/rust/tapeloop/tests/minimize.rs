//! L-BFGS and SAM: what the closure gives, and every way to go wrong.
mod common;

use common::refused;
use std::panic::{catch_unwind, AssertUnwindSafe};
use tapeloop::{Code, Context, DType, Gradients, Lbfgs, Result, Sam, Sgd, Tensor, Variable};

fn weight(c: &Context) -> Variable {
    c.variable(&c.full(&[1], 1.0, DType::F64), "w").unwrap()
}

/// (w - 3)^2
fn parabola(c: &Context, w: &Variable) -> Result<(Tensor, Gradients)> {
    let tape = c.tape()?;
    let loss = (&**w - 3.0).square().sum();
    Ok((loss.clone(), tape.gradient(&loss, &[w])?))
}

#[test]
fn lbfgs_minimizes_and_goes_on() {
    let c = &Context::new().unwrap();
    let w = weight(c);
    let lbfgs = Lbfgs::new().history_size(3).build(c).unwrap();
    let mut runs = 0;
    let report = lbfgs
        .minimize(&[&w], |c| {
            runs += 1;
            parabola(c, &w)
        })
        .unwrap();
    assert!(report.converged && (w.item().unwrap() - 3.0).abs() < 1e-7, "{:?}", report);
    assert_eq!(report.evaluations, runs);
    assert_eq!(lbfgs.iterations().unwrap(), report.iterations);
    let apply = lbfgs.apply(&[&c.full(&[1], 1.0, DType::F64)], &[&w]);
    refused(c, apply, Code::FailedPrecondition, "use optimizer_minimize");
}

#[test]
fn sam_eager_and_compiled() {
    let c = &Context::new().unwrap();
    let (a, b) = (weight(c), weight(c));
    let (eager, compiled) = (Sgd::new().build(c).unwrap(), Sgd::new().build(c).unwrap());
    let sam = Sam::new().rho(0.5);
    let step = c.function(|_, _| compiled.apply_sam(&sam, &[&b], |c| parabola(c, &b))).unwrap();
    let none: [&Tensor; 0] = [];
    for _ in 0..4 {
        let loss = eager.apply_sam(&sam, &[&a], |c| parabola(c, &a)).unwrap();
        assert_eq!(loss.item().unwrap(), step.call(&none).unwrap().item().unwrap());
        assert_eq!(a.item().unwrap(), b.item().unwrap());
    }
    assert_eq!(step.statistics().unwrap().traces, 1);
    assert_eq!(compiled.iterations().unwrap(), 4);
}

#[test]
fn closures_that_go_wrong_change_nothing() {
    let c = &Context::new().unwrap();
    let w = weight(c);
    let (lbfgs, sgd) = (Lbfgs::new().build(c).unwrap(), Sgd::new().build(c).unwrap());
    let fails = |c: &Context| {
        w.reshape(&[3]).check()?;
        parabola(c, &w)
    };
    refused(c, lbfgs.minimize(&[&w], fails).map(|_| ()), Code::InvalidArgument, "[reshape]");
    refused(c, sgd.apply_sam(&Sam::new(), &[&w], fails).map(|_| ()), Code::InvalidArgument, "[reshape]");
    let two = || lbfgs.minimize(&[&w, &weight(c)], |c| parabola(c, &w)).map(|_| ());
    refused(c, two(), Code::InvalidArgument, "got 1 for 2 variables");
    refused(c, sgd.minimize(&[&w], |c| parabola(c, &w)).map(|_| ()), Code::InvalidArgument, "only L-BFGS");
    let mut runs = 0;
    let panics = catch_unwind(AssertUnwindSafe(|| {
        lbfgs.minimize(&[&w], |c| {
            runs += 1;
            assert!(runs < 3, "no more");
            parabola(c, &w)
        })
    }));
    assert!(panics.is_err());
    assert_eq!(w.item().unwrap(), 1.0);
    assert_eq!(lbfgs.iterations().unwrap(), 0);
}
