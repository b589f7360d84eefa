//! Groups of variables in one optimizer.
mod common;

use common::refused;
use tapeloop::{Code, Context, Optimizer, Sgd, Variable};

fn sgd(c: &Context, rate: f64) -> Optimizer {
    Sgd::new().learning_rate(rate).build(c).unwrap()
}

fn weight(c: &Context, name: &str) -> Variable {
    c.variable(&c.zeros(&[1]), name).unwrap()
}

#[test]
fn each_group_has_its_rate() {
    let c = &Context::new().unwrap();
    let (main, slow, eighth) = (sgd(c, 1.0), sgd(c, 0.5), sgd(c, 9.0));
    let w = [weight(c, "a"), weight(c, "b"), weight(c, "c")];
    main.add_group(&slow, &w[1]).unwrap();
    main.add_group_with_multiplier(&eighth, &[&w[2]], 0.125).unwrap();
    let gradients = [c.ones(&[1]), c.ones(&[1]), c.ones(&[1])];
    let train = c
        .function(|c, _| {
            main.apply(&gradients, &w)?;
            Ok(c.ones(&[1]))
        })
        .unwrap();
    let none: [&tapeloop::Tensor; 0] = [];
    let _ = train.call(&none).unwrap();
    slow.set_learning_rate(0.25).unwrap();
    main.set_learning_rate(2.0).unwrap();
    let _ = train.call(&none).unwrap();
    let values: Vec<f64> = w.iter().map(|v| v.item().unwrap()).collect();
    assert_eq!(values, [-3.0, -0.75, -0.375]);
    assert_eq!(train.statistics().unwrap().traces, 1);
    assert_eq!(slow.iterations().unwrap(), 2);
    refused(c, eighth.set_learning_rate(1.0), Code::FailedPrecondition, "set it there");
    refused(c, slow.apply(&[&gradients[0]], &[&w[0]]), Code::FailedPrecondition, "which is a group of 'sgd'");
}

#[test]
fn what_is_no_group_is_refused() {
    let c = &Context::new().unwrap();
    let (main, group, w) = (sgd(c, 1.0), sgd(c, 1.0), weight(c, "w"));
    refused(c, main.add_group(&main, &w), Code::InvalidArgument, "got the optimizer itself");
    refused(c, main.add_group_with_multiplier(&group, &w, -1.0), Code::InvalidArgument, "rate_multiplier");
    main.add_group(&group, &w).unwrap();
    refused(c, main.add_group(&sgd(c, 1.0), &w), Code::InvalidArgument, "got 'w' for 'sgd'");
}
