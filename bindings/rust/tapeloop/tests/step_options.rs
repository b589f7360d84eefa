//! Step options: what each of them does to an update, eager and replayed, and what is refused.
mod common;

use common::refused;
use tapeloop::{
    AdamW, Code, Context, NonFiniteGradients, Optimizer, Result, Sgd, StepOptions, Tensor, Variable,
};

fn sgd(c: &Context, options: &StepOptions) -> (Optimizer, Variable) {
    let sgd = Sgd::new().learning_rate(1.0).build(c).unwrap();
    sgd.configure(options).unwrap();
    (sgd, c.variable(&c.zeros(&[1]), "w").unwrap())
}

fn apply(c: &Context, (sgd, w): &(Optimizer, Variable), gradient: f32) -> Result<f64> {
    sgd.apply(&[&c.tensor(&[gradient], &[1])?], &[w])?;
    w.item()
}

#[test]
fn accumulation_clipping_and_averages() {
    let c = &Context::new().unwrap();
    let options =
        StepOptions::new().gradient_accumulation_steps(2).clip_value(3.0).use_ema(true).ema_momentum(0.5);
    let model = sgd(c, &options);
    let values: Vec<f64> = [1.0, 9.0, 2.0, 2.0].iter().map(|g| apply(c, &model, *g).unwrap()).collect();
    assert_eq!(values, [0.0, -3.0, -3.0, -5.0]);
    assert_eq!(model.0.iterations().unwrap(), 2);
    model.0.swap_averages(&[&model.1]).unwrap();
    assert_eq!(model.1.item().unwrap(), -4.0);
    refused(c, apply(c, &model, 1.0), Code::FailedPrecondition, "swap them back");
    model.0.swap_averages(&[&model.1]).unwrap();
    assert_eq!(model.1.item().unwrap(), -5.0);
    let names: Vec<String> =
        model.0.variables().to_vec().unwrap().iter().map(|v| v.name().unwrap()).collect();
    assert!(
        names.contains(&"sgd/accumulated_steps".to_string()) && names.contains(&"sgd/w/average".to_string()),
        "{:?}",
        names
    );
}

#[test]
fn weight_decay_with_exclusions() {
    let c = &Context::new().unwrap();
    let adamw = AdamW::new().learning_rate(0.1).weight_decay(0.5).build(c).unwrap();
    let (kernel, bias) =
        (c.variable(&c.ones(&[1]), "kernel").unwrap(), c.variable(&c.ones(&[1]), "bias").unwrap());
    adamw.exclude_from_weight_decay(&[&bias]).unwrap();
    refused(c, adamw.configure(&StepOptions::new().weight_decay(0.1)), Code::InvalidArgument, "of its own");
    let zero = c.zeros(&[1]);
    adamw.apply(&[&zero, &zero], &[&kernel, &bias]).unwrap();
    assert!((kernel.item().unwrap() - 0.95).abs() < 1e-6);
    assert_eq!(bias.item().unwrap(), 1.0);
    refused(
        c,
        adamw.exclude_from_weight_decay(&[&kernel]),
        Code::FailedPrecondition,
        "before the first step",
    );
}

#[test]
fn variables_become_their_gradients() {
    let c = &Context::new().unwrap();
    let (sgd, w) = sgd(c, &StepOptions::new().gradient_accumulation_steps(2).loss_scale_factor(2.0));
    let amax = c.variable(&c.ones(&[1]), "amax").unwrap();
    sgd.overwrite_with_gradient(&[&amax]).unwrap();
    for (gradient, want) in [(448f32, 1.0), (6.0, 448.0)] {
        let g = c.tensor(&[gradient], &[1]).unwrap();
        sgd.apply(&[&g, &g], &[&w, &amax]).unwrap();
        assert_eq!(amax.item().unwrap(), want);
    }
    assert_eq!(w.item().unwrap(), -113.5);
    refused(c, sgd.overwrite_with_gradient(&[&w]), Code::FailedPrecondition, "before the first step");
}

#[test]
fn weights_are_constrained() {
    let c = &Context::new().unwrap();
    let sgd = Sgd::new().learning_rate(1.0).build(c).unwrap();
    let ranged = c.variable(&c.zeros(&[2]), "ranged").unwrap();
    let normed = c.variable(&c.ones(&[2, 1]), "normed").unwrap();
    sgd.constrain_range(0.0, f64::INFINITY, &[&ranged]).unwrap();
    sgd.constrain_norm(0.0, 5.0, 1.0, &[], &[&normed]).unwrap();
    refused(c, sgd.constrain_range(0.0, 1.0, &[&normed]), Code::InvalidArgument, "one constraint");
    let other = c.variable(&c.ones(&[2]), "other").unwrap();
    refused(c, sgd.constrain_norm(0.0, 1.0, 1.0, &[2], &[&other]), Code::InvalidArgument, "axis");
    let (g, h) = (c.tensor(&[1f32, -2.0], &[2]).unwrap(), c.tensor(&[-5f32, -7.0], &[2, 1]).unwrap());
    sgd.apply(&[&g, &h], &[&ranged, &normed]).unwrap();
    assert_eq!(ranged.to_vec::<f32>().unwrap(), [0.0, 2.0]);
    assert_eq!(normed.to_vec::<f32>().unwrap(), [3.0, 4.0]); // (6, 8), of the norm 10
    refused(c, sgd.constrain_range(0.0, 1.0, &[&ranged]), Code::FailedPrecondition, "before the first step");
}

#[test]
fn loss_scales_and_gradients_that_are_not_finite() {
    let c = &Context::new().unwrap();
    let dynamic = sgd(
        c,
        &StepOptions::new().dynamic_loss_scale(true).initial_loss_scale(8.0).loss_scale_growth_interval(2),
    );
    assert_eq!(dynamic.0.scale_loss(&c.ones(&[])).item().unwrap(), 8.0);
    assert_eq!(apply(c, &dynamic, 8.0).unwrap(), -1.0);
    assert_eq!(apply(c, &dynamic, f32::INFINITY).unwrap(), -1.0);
    assert_eq!((dynamic.0.loss_scale().unwrap(), dynamic.0.skipped_steps().unwrap()), (4.0, 1));
    let refuses = sgd(c, &StepOptions::new().non_finite(NonFiniteGradients::Error));
    refused(c, apply(c, &refuses, f32::NAN), Code::NonFinite, "the gradient of 'w' must be finite");
    assert_eq!(apply(c, &refuses, 1.0).unwrap(), -1.0);
    let plain = sgd(c, &StepOptions::new());
    assert_eq!((plain.0.loss_scale().unwrap(), plain.0.skipped_steps().unwrap()), (1.0, 0));
    refused(c, plain.0.swap_averages(&[&plain.1]), Code::FailedPrecondition, "use_ema");
}

#[test]
fn a_replay_has_the_bits_of_the_eager_step() {
    let c = &Context::new().unwrap();
    let options = StepOptions::new()
        .gradient_accumulation_steps(2)
        .global_clip_norm(0.5)
        .weight_decay(0.1)
        .use_ema(true)
        .ema_overwrite_frequency(3)
        .dynamic_loss_scale(true)
        .loss_scale_growth_interval(3);
    let (eager, compiled) = (sgd(c, &options), sgd(c, &options));
    let step = |(sgd, w): &(Optimizer, Variable), x: &Tensor| -> Result<Tensor> {
        let loss = sgd.scale_loss(&x.sum());
        sgd.apply(&[&(x * &loss)], &[w])?;
        Ok(loss)
    };
    let train = c.function(|_, x| step(&compiled, &x[0])).unwrap();
    for i in 0..14 {
        let x = if i % 5 == 3 { f32::INFINITY } else { (i as f32).sin() };
        let x = c.tensor(&[x], &[1]).unwrap();
        let (a, b) = (step(&eager, &x).unwrap(), train.call(&[&x]).unwrap());
        assert_eq!(a.to_vec::<f32>().unwrap(), b.to_vec::<f32>().unwrap());
        assert_eq!(eager.1.to_vec::<f32>().unwrap(), compiled.1.to_vec::<f32>().unwrap());
    }
    assert_eq!(train.statistics().unwrap().traces, 3); // accumulating, updating, overwriting
    assert_eq!(compiled.0.skipped_steps().unwrap(), 3);
    assert!(compiled.1.item().unwrap().is_finite());
}
