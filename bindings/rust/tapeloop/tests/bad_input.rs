//! What a safe program can do wrong with handles: each is an error in Rust, and the context works afterwards.
mod common;

use common::{refused, works};
use tapeloop::{Adam, Code, Context, Dataset, Dense, Metric, Scope, Tensor};

#[test]
fn tensors_of_another_context() {
    let (c, other) = (&Context::new().unwrap(), &Context::new().unwrap());
    let (x, y) = (c.ones(&[2]), other.ones(&[2]));
    refused(c, (&x + &y).item(), Code::InvalidArgument, "another context");
    refused(other, (&y + &x).item(), Code::InvalidArgument, "another context");
    let v = c.variable(&x, "v").unwrap();
    refused(c, v.assign(&y), Code::InvalidArgument, "another context");
    refused(c, c.variable(&y, "w"), Code::InvalidArgument, "another context");
    let layer = Dense::new(2).build(c).unwrap();
    refused(c, layer.call(&other.ones(&[1, 2]), true).ok(), Code::InvalidArgument, "another context");
    let metric = Metric::mean(c, None).unwrap();
    refused(c, metric.update(&y), Code::InvalidArgument, "another context");
    refused(c, metric.update_weighted(&x, &y), Code::InvalidArgument, "another context");
    refused(c, Dataset::from_tensors(c, &[&y]), Code::InvalidArgument, "another context");
    let tape = c.persistent_tape().unwrap();
    refused(c, tape.watch(&y), Code::InvalidArgument, "another context");
    refused(c, tape.gradient(&y, &v), Code::InvalidArgument, "another context");
    refused(c, c.concat(&[&x, &y], 0).ok(), Code::InvalidArgument, "another context");
    works(other);
}

#[test]
fn everything_of_an_ended_context() {
    let c = Context::new().unwrap();
    let x = c.ones(&[2, 2]);
    let v = c.variable(&x, "v").unwrap();
    let layer = Dense::new(2).build(&c).unwrap();
    let called = layer.call(&x, false);
    let adam = Adam::new().build(&c).unwrap();
    let metric = Metric::mean(&c, "m").unwrap();
    let data = Dataset::from_tensors(&c, &[&x]).unwrap();
    let gradients = c.tape().unwrap().gradient(&c.ones(&[1]), &Vec::<Tensor>::new()).unwrap();
    let canceller = c.canceller();
    let copies = (x.clone(), v.clone());
    drop(c);
    fn ended<T: std::fmt::Debug>(call: &str, result: tapeloop::Result<T>) {
        let error = result.expect_err("the context has ended");
        assert_eq!((error.code(), error.op()), (Code::InvalidArgument, Some(call)), "{}", error);
        assert!(error.message().contains("one that has ended"), "{}", error);
    }
    ended("tensor_item", (&x + &x).item());
    ended("tensor_dtype", (&x / 2.0).sum().to_vec::<f32>());
    ended("tensor_shape", x.shape());
    ended("tensor_dtype", x.dtype());
    ended("tensor_item", x.item());
    ended("variable_assign", v.assign(&x));
    ended("ok", v.value().ok());
    ended("variable_name", v.name());
    ended("variable_trainable", v.trainable());
    ended("variable_set_trainable", v.set_trainable(true));
    ended("ok", called.exp().ok());
    ended("ok", layer.call(&x, true).ok());
    ended("layer_build", layer.build(&[1, 2]));
    ended("layer_summary", layer.summary());
    ended("layer_name", layer.name());
    assert_eq!(layer.variables().len(), 0);
    ended("optimizer_apply", adam.apply(&[&x], &[&v]));
    ended("optimizer_learning_rate", adam.learning_rate());
    ended("optimizer_iterations", adam.iterations());
    ended("metric_update", metric.update(&x));
    ended("metric_result", metric.result());
    ended("metric_name", metric.name());
    ended("dataset_size", data.size());
    ended("dataset_width", data.width());
    ended("dataset_width", data.next_element());
    ended("dataset_next", data.epoch::<1>().next().unwrap());
    ended("dataset_shuffle", data.shuffle(1));
    ended("optimizer_apply", adam.apply(&gradients, &Vec::<Tensor>::new()));
    assert_eq!(x.to_string(), "no live tensor");
    assert!(!canceller.cancel());
    let again = x.clone();
    drop((x, v, again, copies, gradients));
    works(&Context::new().unwrap());
}

#[test]
fn handles_kept_past_their_scope() {
    let c = &Context::new().unwrap();
    let scope = c.begin_scope();
    let (x, kept) = (c.ones(&[2]), scope.keep(c.full(&[2], 5.0, tapeloop::DType::F32)));
    let clone = kept.clone();
    let layer = Dense::new(2).build(c).unwrap();
    let metric = Metric::mean(c, None).unwrap();
    let adam = Adam::new().build(c).unwrap();
    let data = Dataset::from_tensors(c, &[&x]).unwrap();
    drop(scope);
    assert_eq!(kept.sum().item().unwrap(), 10.0);
    assert_eq!(clone.sum().item().unwrap(), 10.0);
    let gone = "scope or context has ended";
    refused(c, (&x + 1.0).item(), Code::InvalidArgument, gone);
    refused(c, x.shape(), Code::InvalidArgument, gone);
    refused(c, x.to_vec::<f32>(), Code::InvalidArgument, gone);
    refused(c, layer.call(&kept, true).ok(), Code::InvalidArgument, gone);
    refused(c, layer.name(), Code::InvalidArgument, gone);
    refused(c, layer.trainable_variables().to_vec(), Code::InvalidArgument, gone);
    refused(c, metric.update(&kept), Code::InvalidArgument, gone);
    refused(c, metric.result(), Code::InvalidArgument, gone);
    refused(c, adam.learning_rate(), Code::InvalidArgument, gone);
    refused(c, adam.apply(&[&kept], &[&kept]), Code::InvalidArgument, gone);
    refused(c, data.size(), Code::InvalidArgument, gone);
    refused(c, data.epoch::<1>().next().unwrap(), Code::InvalidArgument, gone);
    let second = x.clone();
    drop((x, second, layer));
    assert_eq!(c.statistics().unwrap().scopes, 0);
}

#[test]
fn whole_models_are_kept() {
    let c = &Context::new().unwrap();
    let keep = |s: &Scope<'_>| {
        let layer = s.keep(Dense::new(2).build(c).unwrap());
        let (metric, adam) = (s.keep(Metric::sum(c, None).unwrap()), s.keep(Adam::new().build(c).unwrap()));
        (layer, metric, adam, s.keep(Dataset::from_tensors(c, &[c.ones(&[3])]).unwrap()))
    };
    let (layer, metric, adam, data) = c.scope(keep);
    assert_eq!(layer.call(&c.ones(&[1, 3]), false).shape().unwrap(), [1, 2]);
    metric.update(&c.ones(&[3])).unwrap();
    assert_eq!((metric.result().unwrap(), adam.iterations().unwrap(), data.size().unwrap()), (3.0, 0, 3));
}

#[test]
fn tapes_and_variables_are_kept() {
    let c = &Context::new().unwrap();
    let (x, tape, persistent) = c.scope(|s| {
        let x = c.variable(&c.ones(&[1]), "x").unwrap();
        (s.keep(x), s.keep(c.tape().unwrap()), s.keep(c.persistent_tape().unwrap()))
    });
    let y = &x * 3.0;
    assert_eq!(tape.gradient(&y, &x).unwrap().item().unwrap(), 3.0);
    assert_eq!(persistent.gradient(&y, &x).unwrap().item().unwrap(), 3.0);
}

#[test]
fn scopes_end_in_any_order_and_with_an_error() {
    let c = &Context::new().unwrap();
    let (outer, inner) = (c.begin_scope(), c.begin_scope());
    let x = c.ones(&[1]);
    let _ = x.reshape(&[2]);
    drop(outer); // ends the innermost scope, that of x
    assert_eq!(c.check().unwrap_err().op(), Some("reshape"));
    refused(c, x.item(), Code::InvalidArgument, "not a live");
    drop(inner);
    assert_eq!(c.statistics().unwrap().scopes, 0);
    // A panic ends them, too.
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| c.scope(|_| panic!("inside"))));
    assert!(panicked.is_err());
    assert_eq!(c.statistics().unwrap().scopes, 0);
    // Keeping what is not live is an error of the next effect.
    let gone = c.scope(|_| c.ones(&[1]));
    c.scope(|s| {
        let _ = s.keep(gone);
    });
    assert_eq!(c.check().unwrap_err().code(), Code::InvalidArgument);
}

#[test]
fn numbers_that_no_shape_has() {
    let c = &Context::new().unwrap();
    refused(c, c.zeros(&[-1]).ok(), Code::InvalidArgument, "negative");
    refused(c, c.zeros(&[i64::MAX, 4]).ok(), Code::InvalidArgument, "");
    refused(c, c.zeros(&[1 << 40]).ok(), Code::OutOfMemory, "");
    refused(c, c.range(-5).ok(), Code::InvalidArgument, "");
    refused(c, c.ones(&[2]).sum_axes(&[0; 20], false).ok(), Code::InvalidArgument, "");
    refused(c, c.tensor(&[1.0f64], &[i64::MIN]), Code::InvalidArgument, "");
    refused(c, c.ones(&[3]).item(), Code::InvalidArgument, "one element");
    refused(c, c.ones(&[3]).read(&mut [0f32; 2]), Code::InvalidArgument, "room");
    refused(c, c.ones(&[3]).to_vec::<i32>(), Code::InvalidArgument, "asked for i32");
}

#[test]
fn a_text_with_a_nul_names_the_call() {
    let c = &Context::new().unwrap();
    let nul = "a\0b";
    let op_of = |error: tapeloop::Error| error.op().map(String::from).unwrap();
    assert_eq!(op_of(Metric::mean(c, nul).unwrap_err()), "metric_mean");
    assert_eq!(op_of(Metric::binary_accuracy(c, 0.5, nul).unwrap_err()), "metric_binary_accuracy");
    assert_eq!(op_of(Dense::new(2).name(nul).build(c).unwrap_err()), "dense");
    assert_eq!(op_of(Adam::new().name(nul).build(c).unwrap_err()), "adam");
    assert_eq!(op_of(c.variable(&c.ones(&[1]), nul).unwrap_err()), "variable_new");
    works(c);
}
