//! Closures that C calls while it computes: gradient rules, recomputed segments, their errors and panics; and why a gradient
//! is missing.
mod common;

use common::{refused, works};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use tapeloop::{Activation, Code, Context, DType, Dense, GradientOptions, GradientReason, NonFiniteCheck};
use tapeloop::{Result, TapeOptions, Tensor, Variable};

fn variable(c: &Context, value: f64) -> Variable {
    c.variable(&c.scalar(DType::F64, value), "x").unwrap()
}

#[test]
fn rules_hold_to_the_second_order() {
    let c = &Context::new().unwrap();
    let x = variable(c, 3.0);
    let (outer, inner) = (c.tape().unwrap(), c.tape().unwrap());
    // The cube, whose gradient is said to be 5 x^2.
    let cube = c.custom_gradient(
        "cube",
        &x,
        |_, x| Ok(&*x[0] * &*x[0] * &*x[0]),
        |call| Ok(vec![Some(call.gradient()? * call.inputs()[0].square() * 5.0)]),
    );
    let cube = cube.unwrap();
    assert_eq!(cube.item().unwrap(), 27.0);
    let first = inner.gradient(&cube, &x).unwrap();
    assert_eq!(first.item().unwrap(), 45.0);
    assert_eq!(outer.gradient(&first, &x).unwrap().item().unwrap(), 30.0);
}

#[test]
fn rules_have_many_inputs_outputs_and_captured_variables() {
    let c = &Context::new().unwrap();
    let (a, b, w) = (variable(c, 2.0), variable(c, 3.0), variable(c, 5.0));
    let tape = c.tape().unwrap();
    let read = w.clone();
    let outputs = c.custom_gradients(
        "both",
        &[&a, &b],
        &[&w],
        2,
        |c, x| {
            assert_eq!(x.len(), 2);
            assert_eq!(c.zeros(&[1]).item()?, 0.0);
            Ok(vec![&*x[0] * &*x[1], &*x[0] * &read])
        },
        |call| {
            assert_eq!((call.inputs().len(), call.outputs().len(), call.gradients().len()), (3, 2, 2));
            assert_eq!(call.outputs()[0].item()?, 6.0);
            assert!(call.gradients()[1].is_none() && call.context().check().is_ok());
            let arrived = call.gradients()[0].as_ref().unwrap();
            Ok(vec![Some((**arrived).clone()), None, Some(&**arrived * 7.0)])
        },
    );
    let outputs = outputs.unwrap();
    assert_eq!(outputs[1].item().unwrap(), 10.0);
    let gradients = tape.gradient(&outputs[0], &[&a, &b, &w]).unwrap();
    assert_eq!(gradients.get(0).unwrap().item().unwrap(), 1.0);
    assert!(gradients.get(1).is_none());
    assert_eq!(gradients.get(2).unwrap().item().unwrap(), 7.0);
}

#[test]
fn rules_have_tangents_in_forward_mode() {
    let c = &Context::new().unwrap();
    let (x, direction) = (variable(c, 3.0), c.scalar(DType::F64, 2.0));
    let none: [Tensor; 0] = [];
    let forward = c.forward(&x, &direction).unwrap();
    let cube = || {
        c.custom_gradients_with_tangents(
            "cube",
            &x,
            &none,
            1,
            |_, x| Ok(vec![&*x[0] * &*x[0] * &*x[0]]),
            |call| Ok(vec![Some(call.gradient()? * call.inputs()[0].square() * 3.0)]),
            |call| {
                assert_eq!((call.tangents().len(), call.outputs()[0].item()?), (1, 27.0));
                assert!(call.context().check().is_ok());
                let moving = call.tangents()[0].as_ref().unwrap();
                Ok(vec![Some(&**moving * call.inputs()[0].square() * 3.0)])
            },
        )
    };
    let y = cube().unwrap().remove(0);
    assert_eq!(forward.tangent(&y).unwrap().item().unwrap(), 54.0);
    let tape = c.tape().unwrap();
    let y = cube().unwrap().remove(0);
    assert_eq!(tape.gradient(&y, &x).unwrap().item().unwrap(), 27.0);
    let plain =
        c.custom_gradient("plain", &x, |_, x| Ok(x[0].exp()), |call| Ok(vec![Some(call.gradient()?)]));
    refused(c, plain, Code::Unsupported, "");
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let backward = |_: &tapeloop::Backward<'_>| Ok(vec![None]);
        c.custom_gradients_with_tangents(
            "p",
            &x,
            &none,
            1,
            |_, x| Ok(vec![x[0].exp()]),
            backward,
            |_| panic!("moving"),
        )
    }));
    assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"moving"));
    works(c);
}

#[test]
fn errors_of_closures_come_back_unchanged() {
    let c = &Context::new().unwrap();
    let x = variable(c, 3.0);
    let pass = |call: &tapeloop::Backward<'_>| Ok(vec![Some(call.gradient()?)]);
    let wrong = |c: &Context, _: &[tapeloop::TensorRef<'_>]| c.ones(&[2]).matmul(&c.ones(&[2])).ok();
    let error = c.custom_gradient("f", &x, wrong, pass).unwrap_err();
    assert_eq!(error.op(), Some("matmul"), "{}", error);
    // The same without a check: the failed tensor goes on.
    let failed = c.custom_gradient("f", &x, |c, _| Ok(c.ones(&[2]).reshape(&[3])), pass).unwrap_err();
    assert_eq!(failed.op(), Some("reshape"), "{}", failed);
    works(c);
    let tape = c.persistent_tape().unwrap();
    let own = |_: &tapeloop::Backward<'_>| -> Result<Vec<Option<Tensor>>> { Ok(vec![]) };
    let y = c.custom_gradient("counts", &x, |_, x| Ok(x[0].exp()), own).unwrap();
    refused(
        c,
        tape.gradient(&y, &x),
        Code::InvalidArgument,
        "[counts] the closure must give 1 tensors: got 0",
    );
    let y = c.custom_gradient(
        "shapes",
        &x,
        |_, x| Ok(x[0].exp()),
        |call| Ok(vec![Some(call.context().ones(&[3]))]),
    );
    refused(c, tape.gradient(&y.unwrap(), &x), Code::InvalidArgument, "shapes");
    refused(c, c.custom_gradient("a\0b", &x, |_, x| Ok(x[0].exp()), pass), Code::InvalidArgument, "NUL");
    let many = c.recompute_many("many", &x, usize::MAX, |_, _| Ok(vec![]));
    refused(c, many, Code::InvalidArgument, "[recompute] there must be at most");
    let log = c.custom_gradient("log", &x, |c, x| c.set_log(|_, _| ()).map(|_| x[0].exp()), pass);
    refused(c, log, Code::FailedPrecondition, "outside of closures");
}

#[test]
fn panics_of_closures_come_back() {
    let c = &Context::new().unwrap();
    let x = variable(c, 3.0);
    for i in 0..1000 {
        let forward = i % 2 == 0;
        let payload = catch_unwind(AssertUnwindSafe(|| {
            let tape = c.tape().unwrap();
            let y = c.custom_gradient(
                "panics",
                &x,
                |_, x| if forward { panic!("forward {}", i) } else { Ok(x[0].exp()) },
                move |_| panic!("backward {}", i),
            );
            let _ = tape.gradient(&y.unwrap(), &x);
        }))
        .unwrap_err();
        let want = format!("{} {}", if forward { "forward" } else { "backward" }, i);
        assert_eq!(payload.downcast_ref::<String>(), Some(&want));
        assert!(!c.failed());
        if i % 100 == 0 {
            works(c);
        }
    }
    let now = c.statistics().unwrap();
    assert_eq!((now.tapes, now.tensors, now.scopes), (0, 0, 0));
}

/// Counts when it is dropped, and uses the library then.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        works(&Context::builder().threads(1).build().unwrap());
    }
}

#[test]
fn closures_are_dropped_when_no_tape_needs_them() {
    let c = Context::new().unwrap();
    let x = variable(&c, 3.0);
    let dropped = Arc::new(AtomicUsize::new(0));
    let exp = || {
        let (counted, other) = (Counted(Arc::clone(&dropped)), Counted(Arc::clone(&dropped)));
        c.custom_gradient(
            "exp",
            &x,
            move |_, x| Ok((x[0].exp(), drop(counted)).0),
            move |call| Ok(vec![Some(call.gradient()? * other.0.load(Ordering::Relaxed) as f64)]),
        )
    };
    let _ = exp().unwrap(); // no tape keeps it
    assert_eq!(dropped.load(Ordering::Relaxed), 2);
    let tape = c.persistent_tape().unwrap();
    let y = exp().unwrap();
    assert_eq!(dropped.load(Ordering::Relaxed), 3);
    assert_eq!(tape.gradient(&y, &x).unwrap().item().unwrap(), 3.0);
    drop(tape);
    assert_eq!(dropped.load(Ordering::Relaxed), 4);
    let _ = x.reshape(&[9]);
    assert!(exp().is_err()); // the call that lends them fails
    assert_eq!(dropped.load(Ordering::Relaxed), 6);
    let tape = std::mem::ManuallyDrop::new(c.tape().unwrap());
    let _ = exp().unwrap();
    assert_eq!(dropped.load(Ordering::Relaxed), 7);
    let _forgotten = &tape;
    drop(c); // ends the tape that was forgotten
    assert_eq!(dropped.load(Ordering::Relaxed), 8);
}

#[test]
fn segments_are_computed_again() {
    let c = &Context::new().unwrap();
    let layer = Arc::new(Dense::new(3).activation(Activation::Tanh).input_size(3).build(c).unwrap());
    let x = c.uniform(&[2, 3]);
    let runs = Arc::new(AtomicUsize::new(0));
    let plain = {
        let tape = c.tape().unwrap();
        let y = layer.call(&x, true).sum();
        tape.gradient(&y, &layer.trainable_variables()).unwrap()
    };
    let tape = c.tape().unwrap();
    let (again, count) = (Arc::clone(&layer), Arc::clone(&runs));
    let y = c.recompute("segment", &x, move |_, x| {
        count.fetch_add(1, Ordering::Relaxed);
        again.call(&x[0], true).sum().ok()
    });
    let recomputed = tape.gradient(&y.unwrap(), &layer.trainable_variables()).unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    assert_eq!(recomputed.len(), 2);
    for (a, b) in plain.iter().zip(recomputed.iter()) {
        assert_eq!(a.unwrap().to_vec::<f32>().unwrap(), b.unwrap().to_vec::<f32>().unwrap());
    }
    let two = c.recompute_many("two", &x, 2, |c, x| Ok(vec![x[0].exp(), c.ones(&[1])])).unwrap();
    assert_eq!(two[1].item().unwrap(), 1.0);
    let panicked = catch_unwind(AssertUnwindSafe(|| c.recompute("panics", &x, |_, _| panic!("inside"))));
    assert!(panicked.is_err());
    works(c);
}

#[test]
fn missing_gradients_have_a_reason() {
    let c = &Context::new().unwrap();
    let (x, other) = (variable(c, 3.0), variable(c, 1.0));
    let tape = TapeOptions::new().explain(true).begin_persistent(c).unwrap();
    let y = x.stop_gradient() * 2.0;
    assert_eq!(tape.reason(&y, &x).unwrap(), GradientReason::StopGradient);
    assert!(tape.explain(&y, &x).unwrap().contains("stop_gradient"));
    assert_eq!(
        (GradientReason::Paused.to_string(), Code::Busy.to_string()),
        ("paused".into(), "busy".into())
    );
    let asked = GradientOptions::new().reasons(true);
    let z = x.exp();
    let gradients = tape.gradient_with(&z, &[&x, &other], &asked).unwrap();
    assert_eq!(gradients.reason(0), Some(GradientReason::Connected));
    assert_eq!(gradients.reason(1), Some(GradientReason::NotRead));
    assert_eq!(gradients.reason(2), None);
    assert_eq!(tape.gradient(&z, &[&x]).unwrap().reason(0), None, "nobody asked");
    let memory = tape.memory_by_op().unwrap();
    assert_eq!(memory.iter().map(|row| row.saved_bytes).sum::<u64>(), tape.statistics().unwrap().saved_bytes);
    assert!(
        memory.iter().any(|row| row.op == "exp" && row.calls == 1 && row.saved_bytes > 0),
        "{:?}",
        memory
    );
    let gone = c.scope(|_| c.ones(&[1]));
    refused(c, tape.reason(&gone, &x), Code::InvalidArgument, "");
    refused(c, tape.explain(&gone, &x), Code::InvalidArgument, "");
    assert_eq!(x.floor().grad_pass_through(&x).item().unwrap(), 3.0);
}

#[test]
fn the_first_nan_is_found() {
    let c = &Context::new().unwrap();
    c.set_non_finite_check(NonFiniteCheck::Nan).unwrap();
    let x = c.scalar(DType::F32, -1.0).log();
    refused(c, x.exp().item(), Code::NonFinite, "[log]");
    c.set_non_finite_check(NonFiniteCheck::Off).unwrap();
    assert!(c.scalar(DType::F32, -1.0).log().item().unwrap().is_nan());
}

/// A function that calls itself in its forward pass.
fn nested(c: &Context, x: &Tensor, levels: u32) -> Result<Tensor> {
    c.custom_gradient(
        "nested",
        x,
        move |c, x| if levels > 1 { nested(c, &x[0], levels - 1) } else { Ok(&*x[0] * 3.0) },
        |call| Ok(vec![Some(call.gradient()?)]),
    )
}

#[test]
fn closures_nest_to_a_limit() {
    let c = &Context::new().unwrap();
    let x = variable(c, 2.0);
    for _ in 0..2 {
        assert_eq!(nested(c, &x, 200).unwrap().item().unwrap(), 6.0);
        refused(c, nested(c, &x, 1_000_000), Code::FailedPrecondition, "nested: callbacks must not nest");
    }
}

#[test]
fn a_guarded_call_gives_what_its_closure_gives() {
    let c = &Context::new().unwrap();
    let made = c.call_guarded("plugin", |c| Ok(c.ones(&[3]))).unwrap();
    assert_eq!(made.sum().item().unwrap(), 3.0); // it belongs to the caller
    let outer = c.begin_scope();
    let mut held = Some(outer);
    let ended = c.call_guarded("plugin", |_| {
        held.take(); // its end is refused, which the call says
        Ok(())
    });
    refused(c, ended, Code::FailedPrecondition, "[scope_end] a callback ends only scopes that it began");
    assert_eq!(c.statistics().unwrap().scopes, 1);
    c.call_guarded("plugin", |c| {
        std::mem::forget(c.begin_scope()); // which ends behind it
        Ok(())
    })
    .unwrap();
    assert_eq!(c.statistics().unwrap().scopes, 1);
    let fails = c.call_guarded("plugin", |c| {
        c.set_error(Code::NotFound, "[plugin] no")?;
        c.check()
    });
    refused(c, fails, Code::NotFound, "[plugin] no");
    let unseen = c.call_guarded("plugin", |c| {
        let _ = c.ones(&[2]).reshape(&[7]);
        Ok(())
    });
    refused(c, unseen, Code::InvalidArgument, "[reshape]");
    let panicked =
        catch_unwind(AssertUnwindSafe(|| c.call_guarded("plugin", |_| -> Result<()> { panic!("inside") })));
    assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"inside"));
    works(c);
    refused(c, c.call_guarded("a\0b", |_| Ok(())), Code::InvalidArgument, "NUL");
    fn deeper(c: &Context, level: &mut u32) -> Result<()> {
        *level += 1;
        c.call_guarded("nested", |c| deeper(c, level))
    }
    let mut level = 0;
    refused(c, deeper(c, &mut level), Code::FailedPrecondition, "callbacks must not nest deeper");
    assert!(level >= 100);
}

#[test]
fn one_error_is_forgotten_and_no_request() {
    let c = &Context::new().unwrap();
    c.set_error(Code::NonFinite, "[program] not finite").unwrap();
    assert!(!c.forget_error(Code::Io));
    assert!(c.forget_error(Code::NonFinite) && c.forget_error(Code::NonFinite));
    works(c);
    c.set_error(Code::NonFinite, "[program] not finite").unwrap();
    assert!(c.canceller().cancel());
    assert!(c.forget_error(Code::NonFinite));
    refused(c, c.ones(&[2]).sum().item(), Code::Cancelled, "");
    works(c);
}
