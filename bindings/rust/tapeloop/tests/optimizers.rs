//! The optimizers beyond SGD and Adam: that each option arrives, and a step of each.
mod common;

use common::refused;
use tapeloop::{
    Adadelta, Adafactor, Adagrad, Adam, Adamax, Code, Context, EpsilonForm, Ftrl, Lamb, Lion, MomentumForm,
    Muon, MuonScale, Nadam, Optimizer, RmsProp, ScheduleFreeAdamW, StepOptions, WeightDecayForm,
};

/// The first and last weight after one step at the gradients 1, 6, 7, 2 of the weights 1, 2, 3, 4.
fn step(c: &Context, optimizer: tapeloop::Result<Optimizer>, first: f32, last: f32) {
    let w = c.variable(&c.tensor(&[1.0f32, 2.0, 3.0, 4.0], &[4]).unwrap(), "w").unwrap();
    let g = c.tensor(&[1.0f32, 6.0, 7.0, 2.0], &[4]).unwrap();
    optimizer.unwrap().apply(&[g], &[&w]).unwrap();
    let got = w.to_vec::<f32>().unwrap();
    assert!((got[0] - first).abs() < 2e-4 && (got[3] - last).abs() < 2e-4, "{:?}", got);
}

#[test]
fn a_step_of_each() {
    let c = &Context::new().unwrap();
    step(c, Adamax::new().learning_rate(0.5).build(c), 0.5, 3.5);
    step(c, Nadam::new().learning_rate(0.5).build(c), 0.4686, 3.4686);
    step(c, Adagrad::new().learning_rate(0.5).build(c), 0.523269, 3.506135);
    step(c, Adagrad::new().learning_rate(0.5).epsilon_form(EpsilonForm::Pytorch).build(c), 0.5, 3.5);
    step(c, Adadelta::new().learning_rate(0.5).build(c), 0.9993, 3.9993);
    step(c, RmsProp::new().learning_rate(0.5).build(c), -0.581139, 2.418861);
    let moving = RmsProp::new().learning_rate(0.5).centered(true).momentum(0.9);
    step(c, moving.momentum_form(MomentumForm::Pytorch).build(c), -0.666667, 2.333333);
    step(c, Ftrl::new().learning_rate(0.5).build(c), 0.2218, 2.8814);
    step(c, Lion::new().learning_rate(0.5).build(c), 0.5, 3.5);
    step(c, Lamb::new().learning_rate(0.5).build(c), -0.3693, 2.6306);
    step(c, Adafactor::new().learning_rate(0.5).build(c), -0.369306, 2.630694);
    step(c, Muon::new().learning_rate(5.0).scale(MuonScale::MatchRms).build(c), 0.5, 3.5);
    step(c, Adam::new().learning_rate(0.5).amsgrad(true).build(c), 0.5, 3.5);
}

#[test]
fn options_are_checked_and_named() {
    let c = &Context::new().unwrap();
    let bad = Code::InvalidArgument;
    refused(c, Adamax::new().beta1(1.0).build(c), bad, "'beta1'");
    refused(c, Nadam::new().momentum_decay(-1.0).build(c), bad, "'momentum_decay'");
    refused(c, Adagrad::new().initial_accumulator(-1.0).build(c), bad, "'initial_accumulator'");
    refused(c, Adadelta::new().rho(1.0).build(c), bad, "'rho'");
    refused(c, RmsProp::new().momentum(2.0).build(c), bad, "'momentum'");
    refused(c, Ftrl::new().l1(-1.0).build(c), bad, "'l1'");
    refused(c, Lion::new().beta2(1.0).build(c), bad, "'beta2'");
    refused(c, Lamb::new().weight_decay(-1.0).build(c), bad, "'weight_decay'");
    refused(c, Adafactor::new().clip_threshold(-1.0).build(c), bad, "'clip_threshold'");
    refused(c, Muon::new().ns_steps(-1).build(c), bad, "'ns_steps'");
    let w = c.variable(&c.ones(&[3, 2]), "w").unwrap();
    let ftrl = Ftrl::new().name("sparse").build(c).unwrap();
    ftrl.build(&[&w]).unwrap();
    let state = ftrl.variables().to_vec().unwrap();
    assert_eq!(state[2].name().unwrap(), "sparse/w/accumulator");
    assert_eq!(state[3].name().unwrap(), "sparse/w/linear");
    // Adafactor keeps a number for each row and each column.
    let adafactor = Adafactor::new().build(c).unwrap();
    adafactor.build(&[&w]).unwrap();
    let state = adafactor.variables().to_vec().unwrap();
    assert_eq!((state[2].shape().unwrap(), state[3].shape().unwrap()), (vec![3], vec![2]));
    let row = c.tensor(&[1i64], &[1]).unwrap();
    let lamb = Lamb::new().build(c).unwrap();
    refused(c, lamb.apply_rows(&[c.ones(&[1, 2])], &[&row], &[&w]), bad, "gradients of rows are not taken");
    assert_eq!(lamb.iterations().unwrap(), 0);
}

#[test]
fn schedule_free_keeps_an_average() {
    let c = &Context::new().unwrap();
    let optimizer = ScheduleFreeAdamW::new().learning_rate(0.5).build(c).unwrap();
    let w = c.variable(&c.ones(&[1]), "w").unwrap();
    let near = |want: f32| (w.to_vec::<f32>().unwrap()[0] - want).abs() < 1e-5;
    for _ in 0..2 {
        optimizer.apply(&[c.full(&[1], 2.0, tapeloop::DType::F32)], &[&w]).unwrap();
    }
    assert!(near(0.225));
    optimizer.swap_averages(&[&w]).unwrap();
    assert!(near(0.25));
    refused(c, optimizer.apply(&[c.ones(&[1])], &[&w]), Code::FailedPrecondition, "swap them back");
    optimizer.swap_averages(&[&w]).unwrap();
    assert!(near(0.225));
    refused(c, ScheduleFreeAdamW::new().warmup_steps(-1).build(c), Code::InvalidArgument, "'warmup_steps'");
}

#[test]
fn decay_may_act_on_the_gradient() {
    let c = &Context::new().unwrap();
    // The sign that Lion steps by is that of g + 0.3 w, not of g.
    for (form, want) in [(WeightDecayForm::Decoupled, 1.35), (WeightDecayForm::L2, 0.5)] {
        let lion = Lion::new().learning_rate(0.5).build(c).unwrap();
        lion.configure(&StepOptions::new().weight_decay(0.3).weight_decay_form(form)).unwrap();
        let w = c.variable(&c.ones(&[1]), "w").unwrap();
        lion.apply(&[c.tensor(&[-0.1f32], &[1]).unwrap()], &[&w]).unwrap();
        assert!((w.item().unwrap() - want).abs() < 1e-6);
    }
}
