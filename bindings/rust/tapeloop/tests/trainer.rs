//! The trainer: the bits of a loop by hand, stopping and going on, listeners, and every way to go wrong.
mod common;

use common::{refused, works};
use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::PathBuf;
use tapeloop::{
    loss, Activation, Adam, BatchNormalization, Code, Context, DType, Dataset, Dense, Dropout, Fit, FitEnd,
    FitEvent, FitNonFinite, Flatten, Layer, Logger, MapOptions, Metric, Optimizer, Plateau, ProgressOptions,
    Result, Schedule, Sequential, StopFlag, Tensor, TensorRef,
};

fn context() -> Context {
    Context::builder().seed(1).build().unwrap()
}

struct Training {
    model: Layer,
    adam: Optimizer,
    accuracy: Metric,
    train: Dataset,
    held_out: Dataset,
}

fn points(c: &Context, count: i32, batch: i64, shuffled: bool) -> Result<Dataset> {
    let labels: Vec<i32> = (0..count).map(|i| i % 3).collect();
    let place = |i: i32| vec![(i % 3) as f32 - 1.0 + 0.06 * ((i * 7) % 11 - 5) as f32, 0.1 * (i % 5) as f32];
    let x: Vec<f32> = (0..count).flat_map(place).collect();
    let count = i64::from(count);
    let all = Dataset::from_tensors(c, &[&c.tensor(&x, &[count, 2])?, &c.tensor(&labels, &[count])?])?;
    if shuffled { all.shuffle(3)? } else { all }.batch(batch, false)
}

fn training(c: &Context) -> Result<Training> {
    Ok(Training {
        model: Sequential::new()
            .layer(Dense::new(6).activation(Activation::Tanh))
            .layer(Dropout::new(0.25))
            .layer(Dense::new(3))
            .build(c)?,
        adam: Adam::new().learning_rate(0.02).build(c)?,
        accuracy: Metric::sparse_categorical_accuracy(c, "accuracy")?,
        train: points(c, 46, 8, true)?,
        held_out: points(c, 21, 8, false)?,
    })
}

fn cross_entropy(_: &Context, x: &[TensorRef<'_>]) -> Result<Tensor> {
    Ok(loss::sparse_categorical_cross_entropy(&x[2], &x[0]))
}

fn weights(model: &Layer) -> Vec<Vec<f32>> {
    let variables = model.variables().to_vec().unwrap();
    variables.iter().map(|variable| variable.to_vec().unwrap()).collect()
}

fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("tapeloop-fit-{}-{}", name, std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    path
}

#[test]
fn has_the_bits_of_a_loop_by_hand() {
    let c = &context();
    let hand = training(c).unwrap();
    hand.model.build(&[8, 2]).unwrap();
    let trained = hand.model.trainable_variables();
    for _ in 0..3 {
        for batch in hand.train.epoch() {
            let [x, labels] = batch.unwrap();
            let tape = c.tape().unwrap();
            let loss = loss::sparse_categorical_cross_entropy(&labels, &hand.model.call(&x, true));
            hand.adam.apply(&tape.gradient(&loss, &trained).unwrap(), &trained).unwrap();
        }
    }
    for eager in [false, true] {
        let c = &context();
        let t = training(c).unwrap();
        let (losses, heard) = (Cell::new(0), RefCell::new(Vec::new()));
        let loss = |c: &Context, x: &[TensorRef<'_>]| {
            losses.set(losses.get() + 1);
            cross_entropy(c, x)
        };
        let fit = Fit::new().epochs(3).eager(eager).metrics(&[&t.accuracy]);
        let how = fit
            .run_with(c, &t.model, &t.adam, &t.train, loss, |_, event, now| {
                heard.borrow_mut().push(event);
                assert_eq!((now.metrics().len(), now.validation_metrics().len()), (1, 0));
                Ok(ControlFlow::Continue(()))
            })
            .unwrap();
        assert_eq!((how.end, how.epochs, how.steps, how.epoch_steps), (FitEnd::Epochs, 3, 18, 6));
        assert!(how.validation_loss.is_nan() && how.best <= how.loss);
        assert_eq!(weights(&t.model), weights(&hand.model));
        assert_eq!(losses.get(), if eager { 18 } else { 2 }); // two sizes of batches
        let epoch = [FitEvent::EpochBegin, FitEvent::EpochEnd];
        let all = [&[FitEvent::Prepare], &epoch[..], &epoch, &epoch, &[FitEvent::End]].concat();
        assert_eq!(*heard.borrow(), all);
    }
}

#[test]
fn evaluates_and_predicts() {
    let c = &context();
    let t = training(c).unwrap();
    let log = folder("log.csv");
    let bar = ProgressOptions::new().no_times(true).build(c).unwrap();
    let logger = Logger::csv(c, &log, false).unwrap();
    let also = folder("log.jsonl");
    let lines = Logger::json_lines(c, &also, false).unwrap();
    let base = Schedule::constant(c, 0.02).unwrap();
    let plateau = Plateau::new().factor(0.95).patience(2).min_delta(1e6).maximize(true);
    let plateau = plateau.build(c, &base).unwrap();
    t.adam.set_schedule(Some(&plateau)).unwrap();
    let fit = Fit::new().epochs(25).validation(&t.held_out).metrics(&[&t.accuracy]);
    let fit = fit
        .monitor("validation/accuracy")
        .maximize(true)
        .logger(&logger)
        .logger(&lines)
        .progress(&bar)
        .plateau(&plateau);
    let how = fit.run(c, &t.model, &t.adam, &t.train, cross_entropy).unwrap();
    assert!(t.adam.learning_rate().unwrap() < 0.02);
    assert!(bar.text().unwrap().contains("epoch 25/25"));
    let lines = std::fs::read_to_string(&log).unwrap();
    assert!(lines.starts_with("step,wall_time,train/loss,train/accuracy,validation/loss,validation/accuracy"));
    assert_eq!(lines.lines().count(), 26);
    assert_eq!(std::fs::read_to_string(&also).unwrap().lines().count(), 25);
    std::fs::remove_file(&log).unwrap();
    std::fs::remove_file(&also).unwrap();
    let results = t.model.evaluate(c, &t.held_out, &[&t.accuracy], cross_entropy).unwrap();
    assert_eq!(results.loss, how.validation_loss);
    let predicted = t.model.predict(c, &t.held_out).unwrap();
    assert_eq!(predicted.shape().unwrap(), [21, 3]);
    let whole = points(c, 21, 21, false).unwrap().next_element().unwrap().unwrap();
    let right = predicted.argmax_axes(&[1], false).cast(DType::I32).equal(&whole[1]);
    let share = right.cast(DType::F64).mean().item().unwrap();
    assert!((share - results.metrics[0]).abs() < 1e-12 && share >= 2.0 / 3.0, "{}", share);
}

#[test]
fn goes_on_with_the_same_bits() {
    let straight = {
        let c = &context();
        let t = training(c).unwrap();
        Fit::new().epochs(4).run(c, &t.model, &t.adam, &t.train, cross_entropy).unwrap();
        weights(&t.model)
    };
    let path = folder("resume");
    for until in [1, 6, 10, 15, 24] {
        let c = &context();
        let t = training(c).unwrap();
        let fit = Fit::new().epochs(4).checkpoints(&path).asynchronous(true).step_events(true);
        let how = fit
            .run_with(c, &t.model, &t.adam, &t.train, cross_entropy, |_, event, now| {
                let checkpoint = now.checkpoint();
                match event {
                    FitEvent::Prepare => checkpoint.set_int64("starts", 0)?,
                    FitEvent::EpochBegin => {
                        checkpoint.set_int64("starts", checkpoint.int64("starts")? + 1)?
                    }
                    FitEvent::End => assert!(checkpoint.int64("starts")? >= 1),
                    _ => {}
                }
                let stop = event == FitEvent::Step && now.steps == until && until < 24;
                Ok(if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            })
            .unwrap();
        assert_eq!(how.steps, until);
        assert_eq!(how.end, if until == 24 { FitEnd::Epochs } else { FitEnd::Stopped });
        if until == 24 {
            assert_eq!(weights(&t.model), straight);
        }
    }
    std::fs::remove_dir_all(&path).unwrap();
}

#[test]
fn flags_and_patience() {
    let c = &context();
    let t = training(c).unwrap();
    let flag = StopFlag::new();
    let same = flag.clone();
    same.stop();
    let fit = Fit::new().epochs(9).stop(&flag);
    let how = fit.run(c, &t.model, &t.adam, &t.train, cross_entropy).unwrap();
    assert_eq!((how.end, how.steps), (FitEnd::Stopped, 0));
    assert!(flag.is_set()); // it is the program's
    flag.reset();
    let stops = |_: &Context, _, _: &tapeloop::FitNow<'_>| Ok(ControlFlow::Break(()));
    let how = fit.run_with(c, &t.model, &t.adam, &t.train, cross_entropy, stops).unwrap();
    assert_eq!((how.end, how.steps), (FitEnd::Stopped, 0));
    assert!(!flag.is_set()); // the listener ended that fit alone
    let fit = fit.min_delta(1e6).patience(2).restore_best(true);
    let best = RefCell::new(Vec::new());
    let how = fit
        .run_with(c, &t.model, &t.adam, &t.train, cross_entropy, |_, event, now| {
            if event == FitEvent::EpochEnd && now.epochs == 1 {
                *best.borrow_mut() = weights(&t.model);
            }
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    assert_eq!((how.end, how.epochs, how.best_epoch, how.waited), (FitEnd::Patience, 3, 1, 2));
    assert_eq!(weights(&t.model), *best.borrow());
    let fit = Fit::new().epochs(2).steps_per_epoch(4);
    let how = fit.run(c, &t.model, &t.adam, &t.train.repeat(-1).unwrap(), cross_entropy).unwrap();
    assert_eq!((how.epochs, how.steps), (2, 8));
}

#[test]
fn losses_and_listeners_that_go_wrong() {
    let c = &context();
    let t = training(c).unwrap();
    t.model.build(&[8, 2]).unwrap();
    let before = weights(&t.model);
    for eager in [false, true] {
        let fit = Fit::new().epochs(2).eager(eager).step_events(true);
        let run = |loss: &dyn Fn(&Context, &[TensorRef<'_>]) -> Result<Tensor>| {
            fit.run(c, &t.model, &t.adam, &t.train, |c, x| loss(c, x))
        };
        let own = |c: &Context| {
            c.set_error(Code::NotFound, "[program] no loss today")?;
            c.check().map(|()| c.ones(&[]))
        };
        refused(c, run(&|c, _| own(c)), Code::NotFound, "[program] no loss today");
        refused(c, run(&|_, x| Ok(x[0].reshape(&[7]))), Code::InvalidArgument, "[reshape]");
        refused(c, run(&|_, x| Ok(x[0].square())), Code::InvalidArgument, "a single number");
        let panicked = catch_unwind(AssertUnwindSafe(|| run(&|_, _| panic!("at the loss"))));
        assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"at the loss"));
        works(c);
        assert_eq!(weights(&t.model), before);
    }
    let listening = |hear: &mut dyn FnMut(FitEvent) -> Result<ControlFlow<()>>| {
        let fit = Fit::new().step_events(true);
        fit.run_with(c, &t.model, &t.adam, &t.train, cross_entropy, |_, event, _| hear(event))
    };
    let broken = c.ones(&[2]).matmul(&c.ones(&[3])).check().unwrap_err();
    let fails = listening(&mut |event| match event {
        FitEvent::Step => Err(broken.clone()),
        _ => Ok(ControlFlow::Continue(())),
    });
    refused(c, fails, broken.code(), broken.message());
    for at in [FitEvent::Prepare, FitEvent::Step, FitEvent::EpochEnd, FitEvent::End] {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            listening(&mut |event| {
                assert!(event != at, "in the listener");
                Ok(ControlFlow::Continue(()))
            })
        }));
        assert!(panicked.unwrap_err().downcast_ref::<&str>().unwrap().contains("in the listener"));
        works(c);
    }
    let picky = t.train.map(2, MapOptions::new(), |_, _, _| panic!("in the data"));
    let picky = picky.unwrap();
    let panicked =
        catch_unwind(AssertUnwindSafe(|| Fit::new().run(c, &t.model, &t.adam, &picky, cross_entropy)));
    assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"in the data"));
    let panicked = catch_unwind(AssertUnwindSafe(|| t.model.predict(c, &picky)));
    assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"in the data"));
    works(c);
    let how = Fit::new().run(c, &t.model, &t.adam, &t.train, cross_entropy).unwrap();
    assert_eq!(how.end, FitEnd::Epochs);
}

#[test]
fn refuses_what_makes_no_sense() {
    let c = &context();
    let t = training(c).unwrap();
    let invalid = |fit: Fit<'_>, text: &str| {
        refused(c, fit.run(c, &t.model, &t.adam, &t.train, cross_entropy), Code::InvalidArgument, text);
    };
    invalid(Fit::new().epochs(-1), "'epochs'");
    invalid(Fit::new().patience(-1), "'patience'");
    invalid(Fit::new().min_delta(f64::NAN), "'min_delta'");
    invalid(Fit::new().monitor("validation/loss"), "'monitor'");
    invalid(Fit::new().monitor("train/\0"), "NUL");
    invalid(Fit::new().checkpoints("a\0b"), "NUL");
    invalid(Fit::new().validation(&t.train), "another dataset");
    let images = c.ones(&[4, 2]);
    let unlabelled = Dataset::from_tensors(c, &[&images]).unwrap().batch(2, false).unwrap();
    let run = |fit: &Fit<'_>, model: &Layer, data: &Dataset| fit.run(c, model, &t.adam, data, cross_entropy);
    let counting = Fit::new().metrics(&[&t.accuracy]);
    refused(c, run(&counting, &t.model, &unlabelled), Code::InvalidArgument, "metrics need labels");
    let none = unlabelled.take(0).unwrap();
    refused(c, run(&Fit::new(), &t.model, &none), Code::InvalidArgument, "must have an element");
    let endless = t.train.repeat(-1).unwrap();
    refused(c, run(&Fit::new(), &t.model, &endless), Code::InvalidArgument, "must have an end");
    let flat = Flatten::new().build(c).unwrap();
    refused(c, run(&Fit::new(), &flat, &t.train), Code::InvalidArgument, "trainable variables");
    refused(c, t.model.predict(c, &none), Code::InvalidArgument, "[predict]");
    let nothing = t.model.evaluate(c, &none, &[], cross_entropy);
    refused(c, nothing, Code::InvalidArgument, "[evaluate]");
    let other = context();
    let elsewhere = run(&Fit::new(), &training(&other).unwrap().model, &t.train);
    assert_eq!(elsewhere.unwrap_err().code(), Code::InvalidArgument);
    works(c);
    let infinite =
        |c: &Context, x: &[TensorRef<'_>]| -> Result<Tensor> { Ok(cross_entropy(c, x)? / c.zeros(&[])) };
    let fit = Fit::new();
    let unbounded = fit.run(c, &t.model, &t.adam, &t.train, infinite);
    refused(c, unbounded, Code::NonFinite, "the loss must be finite: got inf in step 1, epoch 1");
    let fit = fit.non_finite(FitNonFinite::Stop);
    let how = fit.run(c, &t.model, &t.adam, &t.train, infinite).unwrap();
    assert_eq!((how.end, how.steps), (FitEnd::NonFinite, 1));
    let cancelled = {
        assert!(c.canceller().cancel());
        fit.run(c, &t.model, &t.adam, &t.train, cross_entropy)
    };
    refused(c, cancelled, Code::Cancelled, "");
}

#[test]
fn closures_end_no_scope_of_their_caller() {
    for eager in [false, true] {
        let c = &context();
        let t = training(c).unwrap();
        let outer = RefCell::new(Some(c.begin_scope()));
        let tried = Cell::new(0);
        let attack = |c: &Context| {
            // A scope that the closure opens and leaves open ends behind it; it cannot end more than that.
            std::mem::forget(c.begin_scope());
            tried.set(tried.get() + 1);
        };
        let loss = |c: &Context, x: &[TensorRef<'_>]| {
            attack(c);
            cross_entropy(c, x)
        };
        let fit = Fit::new().eager(eager).step_events(true).validation(&t.held_out);
        let how = fit
            .run_with(c, &t.model, &t.adam, &t.train, loss, |c, event, _| {
                attack(c);
                if event == FitEvent::Step {
                    outer.borrow_mut().take(); // dropped: it would end the innermost scope, which is that of the closure
                }
                Ok(ControlFlow::Continue(()))
            })
            .unwrap();
        assert_eq!((how.end, how.steps), (FitEnd::Epochs, 6));
        assert!(tried.get() > 10);
        assert_eq!(c.statistics().unwrap().scopes, 1); // the fit has left none, and the guard could not end that of the program
        works(c);
    }
}

#[test]
fn errors_say_what_the_fit_was_given() {
    let c = &context();
    let t = training(c).unwrap();
    let invalid = |fit: Fit<'_>, text: &str| {
        refused(c, fit.run(c, &t.model, &t.adam, &t.train, cross_entropy), Code::InvalidArgument, text);
    };
    invalid(Fit::new().epochs(-3), "[fit] 'epochs' must not be negative: got -3");
    invalid(Fit::new().min_delta(-1.0), "[fit] 'min_delta' must be finite and not negative: got -1");
    invalid(Fit::new().monitor("train/f1"), "got 'train/f1'; there are train/loss");
    let empty = t.held_out.take(0).unwrap();
    invalid(Fit::new().validation(&empty), "[fit] 'validation' must have an element: got none");
    let square = |_: &Context, x: &[TensorRef<'_>]| -> Result<Tensor> { Ok(x[0].square()) };
    let wide = Fit::new().run(c, &t.model, &t.adam, &t.train, square);
    let rule = "the loss must be a single number: got a tensor of shape (8, 3)";
    refused(c, wide, Code::InvalidArgument, &format!("[fit] step 1, epoch 1: {}", rule));
    let wide = t.model.evaluate(c, &t.held_out, &[], square);
    refused(c, wide, Code::InvalidArgument, &format!("[evaluate] element 1 of 'data': {}", rule));

    let base = Schedule::constant(c, 0.02).unwrap();
    let plateau = Plateau::new().build(c, &base).unwrap();
    let rising = Plateau::new().maximize(true).build(c, &base).unwrap();
    invalid(Fit::new().plateau(&base), "[fit] 'plateau' must be a plateau");
    invalid(Fit::new().plateau(&plateau), "the steps of 'adam' must follow the plateau");
    t.adam.set_schedule(Some(&Schedule::warmup(c, 0.0, 2, &plateau).unwrap())).unwrap();
    invalid(Fit::new().plateau(&plateau).maximize(true), "must agree on the way");
    let other = t.adam.check_plateau(&rising, true);
    refused(c, other, Code::InvalidArgument, "[optimizer_check_plateau]");
    t.adam.check_plateau(&plateau, false).unwrap();
    Fit::new().plateau(&plateau).run(c, &t.model, &t.adam, &t.train, cross_entropy).unwrap();
}

/// Batch normalisation whose averages would overflow fails the step; the policy says what becomes of the fit.
#[test]
fn a_step_that_is_not_finite_follows_the_policy() {
    let policies = [
        (FitNonFinite::Error, FitEnd::None, 1),
        (FitNonFinite::Stop, FitEnd::NonFinite, 2),
        (FitNonFinite::Ignore, FitEnd::Epochs, 6),
    ];
    for eager in [false, true] {
        for (policy, end, steps) in policies {
            let c = &context();
            let x = c.tensor(&[0.1f32, 0.2, 0.3, 3e30, 0.5, 0.6], &[6, 1]).unwrap();
            let labels = c.tensor(&[0i32; 6], &[6]).unwrap();
            let data = Dataset::from_tensors(c, &[&x, &labels]).unwrap().batch(2, false).unwrap();
            let model =
                Sequential::new().layer(Dense::new(3)).layer(BatchNormalization::new()).build(c).unwrap();
            let adam = Adam::new().build(c).unwrap();
            let fit = Fit::new().epochs(2).eager(eager).non_finite(policy);
            let how = fit.run(c, &model, &adam, &data, cross_entropy);
            if policy == FitNonFinite::Error {
                refused(c, how, Code::NonFinite, "[fit] step 2, epoch 1: ");
                continue;
            }
            let how = how.unwrap();
            assert_eq!((how.end, how.steps), (end, steps));
            works(c);
        }
    }
    // So does one that the loss itself refuses.
    let c = &context();
    let t = training(c).unwrap();
    let losses = Cell::new(0);
    let loss = |c: &Context, x: &[TensorRef<'_>]| {
        losses.set(losses.get() + 1);
        if losses.get() == 2 {
            c.set_error(Code::NonFinite, "[program] not finite")?;
            c.check()?;
        }
        cross_entropy(c, x)
    };
    let fit = Fit::new().eager(true).non_finite(FitNonFinite::Ignore);
    let how = fit.run(c, &t.model, &t.adam, &t.train, loss).unwrap();
    assert_eq!((how.steps, losses.get()), (6, 6));
    assert!(how.loss.is_nan());
    works(c);
}
