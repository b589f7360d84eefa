//! Optimizers and metrics of the program's own.
mod common;

use common::refused;
use std::panic::{catch_unwind, AssertUnwindSafe};
use tapeloop::{
    Code, Context, CustomOptimizer, DType, Metric, Optimizer, Result, SlotKind, Tensor, Variable,
};

/// Momentum, and a number that adds up rate times step.
fn momentum(c: &Context) -> Optimizer {
    let builder = CustomOptimizer::new("mine").learning_rate(0.5).slot("m", 1.0);
    let builder = builder.slot_of_kind("total", SlotKind::Number, 0.0);
    builder
        .build(c, |u| {
            let m = u.slot(0) * 0.5 + u.gradient();
            Ok(vec![u.weights() - u.rate() * &m, m, u.slot(1) + u.rate() * u.step()])
        })
        .unwrap()
}

fn weight(c: &Context) -> Variable {
    c.variable(&c.full(&[2], 4.0, DType::F64), "w").unwrap()
}

fn step(c: &Context, optimizer: &Optimizer, w: &Variable, x: &Tensor) -> Result<Tensor> {
    let tape = c.tape()?;
    let loss = (&**w - x).square().sum();
    optimizer.apply(&[&tape.gradient(&loss, w)?], &[w])?;
    Ok(loss)
}

#[test]
fn an_update_eager_and_compiled() {
    let c = &Context::new().unwrap();
    let (eager, compiled, a, b) = (momentum(c), momentum(c), weight(c), weight(c));
    let train = c.function(|c, x| step(c, &compiled, &b, &x[0])).unwrap();
    let (mut w, mut m, mut total) = (4.0, 1.0, 0.0);
    for i in 1..6 {
        let x = c.full(&[2], i as f64, DType::F64);
        let _ = step(c, &eager, &a, &x).unwrap();
        let _ = train.call(&[&x]).unwrap();
        m = 0.5 * m + 2.0 * (w - i as f64);
        w -= 0.5 * m;
        total += 0.5 * i as f64;
        assert_eq!(a.to_vec::<f64>().unwrap(), [w, w]);
        assert_eq!(b.to_vec::<f64>().unwrap(), [w, w]);
    }
    assert_eq!(train.statistics().unwrap().traces, 1);
    let state = compiled.variables().to_vec().unwrap();
    let names: Vec<String> = state.iter().map(|v| v.name().unwrap()).collect();
    assert_eq!(names, ["mine/iterations", "mine/learning_rate", "mine/w/m", "mine/w/total"]);
    assert_eq!(state[3].item().unwrap(), total);
}

#[test]
fn a_closure_that_fails_changes_nothing() {
    let c = &Context::new().unwrap();
    let w = weight(c);
    let apply = |o: &Optimizer| o.apply(&[&c.full(&[2], 1.0, DType::F64)], &[&w]);
    let fails = CustomOptimizer::new("fails").build(c, |u| Ok(vec![u.weights().reshape(&[3])])).unwrap();
    refused(c, apply(&fails), Code::InvalidArgument, "[reshape]");
    let returns =
        CustomOptimizer::new("returns").build(c, |u| u.weights().reshape(&[3]).check().map(|_| vec![]));
    refused(c, apply(&returns.unwrap()), Code::InvalidArgument, "[reshape]");
    let short = CustomOptimizer::new("short").build(c, |_| Ok(vec![])).unwrap();
    refused(c, apply(&short), Code::InvalidArgument, "must give 1 tensors: got 0");
    let panics = CustomOptimizer::new("panics").build(c, |_| panic!("no step today")).unwrap();
    let payload = catch_unwind(AssertUnwindSafe(|| apply(&panics))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"no step today"));
    assert_eq!(w.to_vec::<f64>().unwrap(), [4.0, 4.0]);
    assert_eq!(panics.iterations().unwrap(), 0);
    let twice = CustomOptimizer::new("twice").slot("m", 0.0).slot("m", 0.0);
    refused(c, twice.build(c, |_| Ok(vec![])).map(|_| ()), Code::InvalidArgument, "'m' twice");
}

#[test]
fn a_metric_of_the_programs_own() {
    let c = &Context::new().unwrap();
    let weighted = Metric::custom(
        c,
        "weighted",
        &[("sum", &[2], 0.0), ("count", &[], 0.0)],
        |c, state, inputs| match (&inputs[0], inputs.get(1)) {
            (Some(x), Some(Some(w))) => Ok(vec![&*state[0] + &**x * &**w, &*state[1] + w.sum()]),
            (Some(x), _) => Ok(vec![&*state[0] + &**x, &*state[1] + c.scalar(DType::F64, 2.0)]),
            _ => Ok(vec![state[1].reshape(&[2]), state[1].reshape(&[2])]),
        },
        |_, state| Ok(&*state[0] / &*state[1]),
    )
    .unwrap();
    let x = c.tensor(&[1.0f64, 3.0], &[2]).unwrap();
    weighted.update(&x).unwrap();
    weighted.update_weighted(&x, &c.tensor(&[2.0f64, 4.0], &[2]).unwrap()).unwrap();
    assert_eq!(weighted.result_tensor().to_vec::<f64>().unwrap(), [3.0 / 8.0, 15.0 / 8.0]);
    refused(c, weighted.update_with(&[None::<&Tensor>]), Code::InvalidArgument, "[reshape]");
    let names: Vec<String> =
        weighted.variables().to_vec().unwrap().iter().map(|v| v.name().unwrap()).collect();
    assert_eq!(names, ["weighted/sum", "weighted/count"]);
    weighted.reset().unwrap();
    weighted.update_with(&[&x]).unwrap();
    assert_eq!(weighted.result_tensor().to_vec::<f64>().unwrap(), [0.5, 1.5]);
    let mean = Metric::mean(c, None).unwrap();
    refused(c, mean.update_with(&[&x]), Code::InvalidArgument, "of the library");
}
