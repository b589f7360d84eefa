//! Tapes: gradients of lists and of one, nested, persistent, paused, and what is refused.
mod common;

use common::{refused, works};
use tapeloop::{
    clip_by_global_norm, Code, Context, DType, GradientOptions, Sgd, TapeOptions, Tensor, Unconnected,
    Variable,
};

fn variable(c: &Context, value: f64) -> Variable {
    c.variable(&c.scalar(DType::F64, value), "v").unwrap()
}

#[test]
fn gradients_come_as_one_list() {
    let c = &Context::new().unwrap();
    let (a, b, unused) = (variable(c, 2.0), variable(c, 3.0), variable(c, 4.0));
    let tape = c.tape().unwrap();
    let loss = &a * &a * &b;
    let gradients = tape.gradient(&loss, &[&a, &unused, &b]).unwrap();
    assert_eq!(gradients.len(), 3);
    assert_eq!(gradients.get(0).unwrap().item().unwrap(), 12.0);
    assert!(gradients.get(1).is_none() && gradients.get(3).is_none());
    assert_eq!((&*gradients.get(2).unwrap() * 2.0).item().unwrap(), 8.0);
    let present = gradients.iter().flatten().count();
    assert_eq!((present, gradients.is_empty()), (2, false));
    let kept = gradients.get(0).unwrap().clone();
    let all: Vec<Option<Tensor>> = gradients.into_iter().collect();
    drop(kept);
    assert_eq!(all[0].as_ref().unwrap().item().unwrap(), 12.0);
    assert_eq!(c.statistics().unwrap().tapes, 0);
}

#[test]
fn gradients_of_gradients() {
    let c = &Context::new().unwrap();
    let x = variable(c, 3.0);
    let mut tapes: Vec<_> = (0..4).map(|_| c.tape().unwrap()).collect();
    let mut y = &x * &x * &x * &x;
    let mut values = Vec::new();
    while let Some(tape) = tapes.pop() {
        y = tape.gradient(&y, &x).unwrap();
        values.push(y.item().unwrap());
    }
    assert_eq!(values, [108.0, 108.0, 72.0, 24.0]);
}

#[test]
fn persistent_tapes_give_many() {
    let c = &Context::new().unwrap();
    let x = variable(c, 3.0);
    let tape = c.persistent_tape().unwrap();
    let (y, z) = (&x * &x, x.exp());
    assert_eq!(tape.gradient(&y, &x).unwrap().item().unwrap(), 6.0);
    assert_eq!(tape.gradient(&z, &x).unwrap().item().unwrap(), 3.0f64.exp());
    let both = tape.gradient_with(&[&y, &y], &x, &GradientOptions::new()).unwrap();
    assert_eq!(both.get(0).unwrap().item().unwrap(), 12.0);
    assert!(tape.statistics().unwrap().recorded_ops >= 2);
    assert!(!tape.statistics().unwrap().consumed);
    tape.reset().unwrap();
    assert_eq!(tape.statistics().unwrap().recorded_ops, 0);
    refused(c, tape.gradient(&y, &x), Code::InvalidArgument, "connected");
}

#[test]
fn options_of_gradients() {
    let c = &Context::new().unwrap();
    let (x, other) = (variable(c, 3.0), variable(c, 1.0));
    let tape = c.persistent_tape().unwrap();
    let y = &x * &x;
    let zeros = GradientOptions::new().unconnected(Unconnected::Zero);
    let gradients = tape.gradient_with(&y, &[&x, &other], &zeros).unwrap();
    assert_eq!(gradients.get(1).unwrap().item().unwrap(), 0.0);
    let strict = GradientOptions::new().unconnected(Unconnected::Error);
    refused(c, tape.gradient_with(&y, &[&x, &other], &strict), Code::InvalidArgument, "connected");
    // A single source must be connected.
    refused(c, tape.gradient(&y, &other), Code::InvalidArgument, "connected");
    let seeds = [Some(c.scalar(DType::F64, 10.0)), None];
    let seeded = GradientOptions::new().output_gradients(&seeds);
    let gradients = tape.gradient_with(&[&y, &y], &[&x], &seeded).unwrap();
    assert_eq!(gradients.get(0).unwrap().item().unwrap(), 66.0);
    refused(
        c,
        tape.gradient_with(&y, &[&x], &seeded),
        Code::InvalidArgument,
        "one output gradient per target",
    );
    let wrong = [c.ones(&[2])];
    let wrong = GradientOptions::new().output_gradients(&wrong);
    refused(c, tape.gradient_with(&y, &[&x], &wrong), Code::InvalidArgument, "");
}

#[test]
fn tensors_are_watched_and_variables_ignored() {
    let c = &Context::new().unwrap();
    let v = variable(c, 2.0);
    let x = c.scalar(DType::F64, 5.0);
    let tape = TapeOptions::new().ignore_variables(true).begin(c).unwrap();
    tape.watch(&x).unwrap();
    let y = &x * &v;
    let gradients = tape.gradient(&y, &[&*v, &x]).unwrap();
    assert!(gradients.get(0).is_none());
    assert_eq!(gradients.get(1).unwrap().item().unwrap(), 2.0);
    let tape = c.persistent_tape().unwrap();
    let frozen = c.variable_with(&x, "frozen", false).unwrap();
    let y = &v * &frozen * &v;
    let watched = tape.watched_variables().unwrap();
    assert_eq!(watched.len(), 1);
    assert_eq!(watched[0].name().unwrap(), "v");
    assert!(tape.gradient(&y, &[&frozen]).unwrap().get(0).is_none());
    refused(c, tape.watch(&c.ones(&[1]).cast(DType::I32)), Code::InvalidArgument, "watch");
}

#[test]
fn recording_stops_and_goes_on() {
    let c = &Context::new().unwrap();
    let x = variable(c, 3.0);
    let tape = c.persistent_tape().unwrap();
    let constant = tape.stop_recording(|| &x * &x).unwrap();
    let y = &x * &constant;
    assert_eq!(tape.gradient(&y, &x).unwrap().item().unwrap(), 9.0);
    {
        let _paused = tape.pause().unwrap();
        assert!(!tape.statistics().unwrap().recording);
    }
    assert!(tape.statistics().unwrap().recording);
    tape.stop().unwrap();
    let not_seen = &x * 2.0;
    tape.resume().unwrap();
    let seen = &x * 2.0;
    assert_eq!(tape.gradient(&seen, &x).unwrap().item().unwrap(), 2.0);
    refused(c, tape.gradient(&not_seen, &x), Code::InvalidArgument, "connected");
    let paused = tape.pause().unwrap();
    refused(c, tape.pause(), Code::FailedPrecondition, "");
    refused(c, tape.reset(), Code::FailedPrecondition, "");
    drop(paused);
    refused(c, tape.resume(), Code::FailedPrecondition, "");
}

#[test]
fn a_pause_ends_though_the_context_holds_an_error() {
    let c = &Context::new().unwrap();
    let x = variable(c, 3.0);
    let tape = c.persistent_tape().unwrap();
    tape.stop_recording(|| {
        let _ = c.ones(&[2]).matmul(&c.ones(&[2]));
    })
    .unwrap();
    let error = c.check().unwrap_err();
    assert_eq!(error.op(), Some("matmul"), "the error is still there");
    assert!(tape.statistics().unwrap().recording);
    let y = &x * &x;
    assert_eq!(tape.gradient(&y, &x).unwrap().item().unwrap(), 6.0);
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        tape.stop_recording(|| panic!("in between")).unwrap();
    }));
    assert!(unwound.is_err());
    assert!(tape.statistics().unwrap().recording);
}

#[test]
fn a_failed_loss_gives_its_own_error() {
    let c = &Context::new().unwrap();
    let w = c.variable(&c.ones(&[2, 3]), "w").unwrap();
    let tape = c.tape().unwrap();
    let loss = c.ones(&[4, 4]).matmul(&w).mean();
    let error = tape.gradient(&loss, &[&w]).unwrap_err();
    assert_eq!(error.op(), Some("matmul"));
    works(c);
    let tape = c.tape().unwrap();
    let error = tape.gradient(&c.ones(&[1]), &w).unwrap_err();
    assert!(error.op().unwrap().ends_with("gradient"), "{}", error);
    works(c);
    let tape = c.tape().unwrap();
    refused(c, tape.gradient(&c.range_from(2, 0.0, 1.0, DType::I32), &[&w]), Code::InvalidArgument, "target");
    let tape = c.tape().unwrap();
    let other = Context::new().unwrap();
    refused(c, tape.gradient(&other.ones(&[1]), &[&w]), Code::InvalidArgument, "another context");
    works(&other);
    assert_eq!(c.statistics().unwrap().tapes, 0, "each gradient gave its tape up, failed or not");
}

#[test]
fn a_tape_of_an_ended_scope_is_refused() {
    let c = &Context::new().unwrap();
    let x = variable(c, 3.0);
    let tape = {
        let _scope = c.begin_scope();
        c.tape().unwrap()
    };
    let y = &x * &x;
    refused(c, tape.watch(&y), Code::InvalidArgument, "not a live");
    assert!(format!("{:?}", tape).contains("not live"));
    refused(c, tape.gradient(&y, &x), Code::InvalidArgument, "not a live");
}

#[test]
fn gradients_of_tables_are_rows() {
    let c = &Context::new().unwrap();
    let table = c.variable(&c.ones_dtype(&[6, 2], DType::F64), "table").unwrap();
    let (dense, unused) = (variable(c, 2.0), variable(c, 1.0));
    let indices = c.tensor(&[4i64, 1, 4], &[3]).unwrap();
    let tape = c.persistent_tape().unwrap();
    let loss = (table.gather(&indices, 0).square() * &dense).sum();
    let sources = [&table, &dense, &unused];
    let (gradients, rows) = tape.gradient_rows(&loss, &sources).unwrap();
    assert_eq!(rows.get(0).unwrap().to_vec::<i64>().unwrap(), [1, 4]);
    assert_eq!(gradients.get(0).unwrap().to_vec::<f64>().unwrap(), [4.0, 4.0, 8.0, 8.0]);
    assert!(rows.get(1).is_none() && rows.get(2).is_none() && gradients.get(2).is_none());
    assert_eq!(gradients.get(1).unwrap().item().unwrap(), 6.0);
    let asked = GradientOptions::new().unconnected(Unconnected::Zero).reasons(true);
    let (zeros, rows_again) = tape.gradient_rows_with(&[&loss, &loss], &sources, &asked).unwrap();
    assert_eq!(zeros.get(2).unwrap().item().unwrap(), 0.0);
    assert!(zeros.reason(2).is_some() && rows_again.get(0).is_some());
    drop((tape, zeros, rows_again));

    let sgd = Sgd::new().learning_rate(0.25).build(c).unwrap();
    let (clipped, norm) = clip_by_global_norm(&gradients, 1e6).unwrap();
    assert!((norm.item().unwrap() - (16.0 * 2.0 + 64.0 * 2.0 + 36.0f64).sqrt()).abs() < 1e-12);
    sgd.apply_rows(&clipped, &rows, &sources).unwrap();
    let after = table.to_vec::<f64>().unwrap();
    assert_eq!(after, [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, -1.0, -1.0, 1.0, 1.0]);
    assert_eq!((dense.item().unwrap(), unused.item().unwrap()), (0.5, 1.0));

    refused(c, sgd.apply_rows(&gradients, &[&indices], &sources), Code::InvalidArgument, "got 3 and 1 for 3");
    let (unsorted, given) = (c.tensor(&[4i64, 1], &[2]).unwrap(), gradients.get(0).unwrap());
    refused(c, sgd.apply_rows(&[&*given], &[&unsorted], &[&table]), Code::InvalidArgument, "ascending");
    let outside = c.tensor(&[1i64, 6], &[2]).unwrap();
    refused(
        c,
        sgd.apply_rows(&[&*given], &[&outside], &[&table]),
        Code::InvalidArgument,
        "optimizer_apply_rows",
    );
    assert_eq!(table.to_vec::<f64>().unwrap(), after, "nothing has changed");
    let tape = c.tape().unwrap();
    let other = Context::new().unwrap();
    let foreign = other.scalar(DType::F64, 1.0);
    refused(c, tape.gradient_rows(&foreign, &sources), Code::InvalidArgument, "another context");
}
