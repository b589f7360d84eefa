//! Schedules: the rates of their formulas, at an optimizer, compiled, and every way to go wrong.
mod common;

use common::refused;
use std::panic::{catch_unwind, AssertUnwindSafe};
use tapeloop::{Code, Context, OneCycle, Optimizer, Plateau, Result, Schedule, Sgd, Tensor, Variable};

fn near(got: f64, want: f64) {
    assert!((got - want).abs() <= 1e-10 * (1.0 + want.abs()), "{} {}", got, want);
}

#[test]
fn rates_of_the_formulas() {
    let c = &Context::new().unwrap();
    let (one, seven) = (Schedule::constant(c, 1.0).unwrap(), Schedule::constant(c, 7.0).unwrap());
    let halves = Schedule::exponential(c, 1.0, 1, 0.5, false).unwrap();
    let steps = Schedule::piecewise_constant(c, &[2, 4], &[1.0, 0.5, 0.25]).unwrap();
    let linear =
        OneCycle::new(1.0, 11).linear(true).warmup_fraction(0.5).div_factor(10.0).final_div_factor(1.0);
    let cases = [
        (Schedule::exponential(c, 0.1, 3, 0.96, true), 100, 0.1 * 0.96f64.powi(33)),
        (Schedule::inverse_time(c, 0.1, 10, 0.96, false), 5, 0.1 / 1.48),
        (Schedule::polynomial(c, 0.1, 0.01, 10, 2.0, false), 5, 0.09 * 0.25 + 0.01),
        (Schedule::cosine(c, 1.0, 1000, 0.1), 250, 0.868_198_051_5),
        (Schedule::cosine_restarts(c, 1.0, 1000, 2.0, 1.0, 0.0), 1250, 0.961_939_766_3),
        (OneCycle::new(1.0, 10).build(c), 2, 1.0),
        (linear.build(c), 2, 0.1 + 0.9 * 2.0 / 4.5),
        (Schedule::warmup(c, 0.0, 4, &seven), 2, 3.5),
        (Schedule::sequence(c, &[&one, &halves, &seven], &[2, 5]), 3, 0.5),
        (Schedule::custom(c, "mine", |step| step as f64 / 2.0), 3, 1.5),
    ];
    for (schedule, step, rate) in cases {
        near(schedule.unwrap().rate(step).unwrap(), rate);
    }
    assert_eq!(steps.rate(2).unwrap(), 1.0);
    assert_eq!(steps.rate(5).unwrap(), 0.25);
    refused(c, Schedule::constant(c, -1.0), Code::InvalidArgument, "'rate'");
    refused(c, Schedule::sequence(c, &[&one], &[1]), Code::InvalidArgument, "got 1 and 1");
    refused(c, one.rate(-1), Code::InvalidArgument, "must not be negative");
    refused(c, one.report(1.0), Code::InvalidArgument, "only a plateau");
    refused(c, Schedule::custom(c, "a\0b", |_| 1.0), Code::InvalidArgument, "NUL");
}

fn step(sgd: &Optimizer, w: &Variable, x: &Tensor) -> Result<Tensor> {
    let gradient = x * &**w;
    sgd.apply(&[&gradient], &[w])?;
    Ok(gradient)
}

#[test]
fn eager_and_replayed_steps_follow_it() {
    let c = &Context::new().unwrap();
    let make = || (Sgd::new().build(c).unwrap(), c.variable(&c.ones(&[3]), "w").unwrap());
    let ((eager, a), (compiled, b)) = (make(), make());
    let mine = Schedule::custom(c, "mine", |step| 0.1 / (step + 1) as f64).unwrap();
    let warm = Schedule::warmup(c, 0.0, 2, &mine).unwrap();
    drop(mine);
    eager.set_schedule(Some(&warm)).unwrap();
    compiled.set_schedule(Some(&warm)).unwrap();
    drop(warm);
    let train = c.function(|_, x| step(&compiled, &b, &x[0])).unwrap();
    for _ in 0..5 {
        let x = c.uniform(&[3]);
        let _ = step(&eager, &a, &x).unwrap();
        let _ = train.call(&[&x]).unwrap();
        assert_eq!(a.to_vec::<f32>().unwrap(), b.to_vec::<f32>().unwrap());
    }
    assert_eq!(train.statistics().unwrap().traces, 1);
    assert_eq!(compiled.learning_rate().unwrap(), 0.1 / 4.0);
    refused(c, eager.set_learning_rate(1.0), Code::FailedPrecondition, "while a schedule");
    eager.set_schedule(None).unwrap();
    eager.set_learning_rate(1.0).unwrap();
}

#[test]
fn a_plateau_is_told_its_metric() {
    let c = &Context::new().unwrap();
    let base = Schedule::constant(c, 1.0).unwrap();
    let plateau = Plateau::new().factor(0.5).patience(2).min_delta(0.1).cooldown(1).min_rate(0.3).name("p");
    let plateau = plateau.build(c, &base).unwrap();
    let sgd = Sgd::new().build(c).unwrap();
    sgd.set_schedule(Some(&plateau)).unwrap();
    let reduced: Vec<bool> = (0..6).map(|_| plateau.report(3.0).unwrap()).collect();
    assert_eq!(reduced, [false, false, true, false, true, false]);
    assert_eq!(sgd.learning_rate().unwrap(), 0.3);
    assert_eq!(sgd.variables().len(), 6);
    let rising = Plateau::new().maximize(true).patience(1).build(c, &base).unwrap();
    assert!(!rising.report(1.0).unwrap() && !rising.report(2.0).unwrap() && rising.report(2.0).unwrap());
}

#[test]
fn closures_that_go_wrong() {
    let c = &Context::new().unwrap();
    let (sgd, w) = (Sgd::new().build(c).unwrap(), c.variable(&c.zeros(&[1]), "w").unwrap());
    let apply = || sgd.apply(&[&c.ones(&[1])], &[&w]);
    let panics = Schedule::custom(c, "mine", |_| panic!("no rate today")).unwrap();
    sgd.set_schedule(Some(&panics)).unwrap();
    let payload = catch_unwind(AssertUnwindSafe(apply)).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"no rate today"));
    assert!(catch_unwind(AssertUnwindSafe(|| sgd.learning_rate())).is_err());
    let nan = Schedule::custom(c, "mine", |_| f64::NAN).unwrap();
    sgd.set_schedule(Some(&nan)).unwrap();
    refused(c, apply(), Code::InvalidArgument, "finite");
    refused(c, nan.rate(0), Code::InvalidArgument, "finite");
    sgd.set_schedule(None).unwrap();
    apply().unwrap();
    assert_eq!(sgd.iterations().unwrap(), 1);
}
