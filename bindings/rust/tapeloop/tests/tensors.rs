//! Tensors and variables: values in and out, operators, printing, and errors at the end of a chain.
mod common;

use common::{refused, works};
use std::sync::Arc;
use tapeloop::{
    Canceller, Code, Context, DType, Dataset, Error, Gradients, Initializer, Layer, Metric, Optimizer,
};
use tapeloop::{Tensor, Variable};

#[test]
fn types_say_which_threads_they_are_for() {
    fn sent<T: Send + 'static>() {}
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Tensor>();
    shared::<Variable>();
    shared::<Gradients>();
    shared::<Error>();
    shared::<Canceller>();
    sent::<Context>();
    sent::<Layer>();
    sent::<Optimizer>();
    sent::<Metric>();
    sent::<Dataset>();
    fn error<T: std::error::Error>() {}
    error::<Error>();
    assert_eq!(std::mem::size_of::<Tensor>(), 2 * std::mem::size_of::<usize>());
}

#[test]
fn elements_of_every_type_go_in_and_out() {
    fn there_and_back<T: tapeloop::Element + PartialEq + std::fmt::Debug>(c: &Context, values: &[T]) {
        let dims = [values.len() as i64];
        let copied = c.tensor(values, &dims).unwrap();
        let lent = c.tensor_from_vec(values.to_vec(), &dims).unwrap();
        for tensor in [&copied, &lent] {
            assert_eq!(tensor.dtype().unwrap(), T::DTYPE);
            assert_eq!(tensor.to_vec::<T>().unwrap(), values);
            assert_eq!(&*tensor.view::<T>(c).unwrap(), values);
            let mut out = values.to_vec();
            out.reverse();
            tensor.read(&mut out).unwrap();
            assert_eq!(out, values);
        }
        assert_eq!(T::DTYPE.size(), std::mem::size_of::<T>());
    }
    let c = &Context::new().unwrap();
    there_and_back(c, &[1.5f32, -0.0, f32::INFINITY]);
    there_and_back(c, &[1.5f64, f64::MIN_POSITIVE]);
    there_and_back(c, &[i32::MIN, 0, i32::MAX]);
    there_and_back(c, &[i64::MIN, 0, i64::MAX]);
    there_and_back(c, &[0u8, 255]);
    there_and_back(c, &[true, false, true]);
    there_and_back::<f32>(c, &[]);
    assert_eq!(Vec::<f32>::try_from(&c.ones(&[2])).unwrap(), [1.0, 1.0]);
    assert_eq!(DType::F32.to_string(), "f32");
}

#[test]
fn shapes_are_told() {
    let c = &Context::new().unwrap();
    let x = c.zeros(&[2, 3, 0]);
    assert_eq!(x.shape().unwrap(), [2, 3, 0]);
    assert_eq!((x.rank().unwrap(), x.elements().unwrap()), (3, 0));
    assert_eq!((x.dim(1).unwrap(), x.dim(-1).unwrap()), (3, 0));
    assert_eq!(c.scalar(DType::I64, 7.0).shape().unwrap(), []);
    assert_eq!(c.zeros(&[1; 8]).rank().unwrap(), 8);
    refused(c, x.dim(3), Code::InvalidArgument, "axis");
    refused(c, c.tensor(&[1.0f32], &[1; 9]), Code::InvalidArgument, "at most 8 axes");
}

#[test]
fn operators_compute() {
    let c = &Context::new().unwrap();
    let a = &c.tensor(&[6.0f32, 8.0], &[2]).unwrap();
    let b = &c.tensor(&[3.0f32, 4.0], &[2]).unwrap();
    let v = &c.variable(b, "v").unwrap();
    let both = |t: Tensor| t.to_vec::<f32>().unwrap();
    assert_eq!(both(a + b), [9.0, 12.0]);
    assert_eq!(both(a - v), [3.0, 4.0]);
    assert_eq!(both(v - a), [-3.0, -4.0]);
    assert_eq!(both(a * v), [18.0, 32.0]);
    assert_eq!(both(a / b), [2.0, 2.0]);
    assert_eq!(both(a.clone() + b.clone() - v), [6.0, 8.0]);
    assert_eq!(both(a.clone() / (a - b)), [2.0, 2.0]);
    assert_eq!(both(-a), [-6.0, -8.0]);
    assert_eq!(both(-v), [-3.0, -4.0]);
    assert_eq!(both(a + 1.0), [7.0, 9.0]);
    assert_eq!(both(1.0 + v), [4.0, 5.0]);
    assert_eq!(both(a - 1.0), [5.0, 7.0]);
    assert_eq!(both(1.0 - a), [-5.0, -7.0]);
    assert_eq!(both(2.0 * a), [12.0, 16.0]);
    assert_eq!(both(a * 0.5), [3.0, 4.0]);
    assert_eq!(both(12.0 / b), [4.0, 3.0]);
    // As IEEE 754 divides, not by multiplying with a rounded reciprocal.
    assert_eq!(both(a / 49.0), [6.0f32 / 49.0, 8.0f32 / 49.0]);
    assert_eq!((c.range_from(3, 1.0, 1.0, DType::I64) + 2.0).to_vec::<i64>().unwrap(), [3, 4, 5]);
}

#[test]
fn arguments_keep_their_places() {
    let c = &Context::new().unwrap();
    let x = c.tensor(&[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]).unwrap();
    let all = |t: Tensor| t.to_vec::<f32>().unwrap();
    assert_eq!(all(x.slice(&[0, 1], &[2, 3])), [2.0, 3.0, 5.0, 6.0]);
    assert_eq!(all(x.slice_strided(&[0, 0], &[2, 3], &[1, 2])), [1.0, 3.0, 4.0, 6.0]);
    assert_eq!(all(x.pad(&[0, 1], &[0, 0]).slice(&[0, 0], &[1, 2])), [0.0, 1.0]);
    assert_eq!(all(x.clip(2.0, 3.0).sum_axes(&[0], false)), [5.0, 5.0, 6.0]);
    assert_eq!(x.sum_axes(&[1], true).shape().unwrap(), [2, 1]);
    let bigger = x.greater(&c.full(&[2, 3], 3.0, DType::F32));
    assert_eq!(all(bigger.select(&x, &-&x)), [-1.0, -2.0, -3.0, 4.0, 5.0, 6.0]);
    let [row, other] = [x.slice(&[0, 0], &[1, 3]), x.slice(&[1, 0], &[2, 3])];
    assert_eq!(all(c.concat(&[&other, &row], 1)), [4.0, 5.0, 6.0, 1.0, 2.0, 3.0]);
    assert_eq!(c.stack(&vec![row, other], 0).shape().unwrap(), [2, 1, 3]);
    assert_eq!(all(x.matmul_transposed(&x, false, true)), [14.0, 32.0, 32.0, 77.0]);
    assert_eq!(all(c.range_from(3, 5.0, -2.0, DType::F32)), [5.0, 3.0, 1.0]);
    let clipped = c.tensor(&[3.0f32, 4.0], &[2]).unwrap().clip_by_norm(1.0);
    assert!((clipped.square().sum().item().unwrap() - 1.0).abs() < 1e-6);
    assert_eq!(all(x.clip_by_norm_axes(100.0, &[1])), all(x.clone()));
    let gradient = c.tensor(&[6.0f32, 8.0], &[2]).unwrap();
    assert_eq!(all(gradient.clip_adaptive(&c.tensor(&[0.0f32, 10.0], &[2]).unwrap(), 0.5, 1e-3)), [3.0, 4.0]);
    let (low, high) = (c.tensor(&[2.0f32, 0.0, 4.0], &[3]).unwrap(), c.scalar(DType::F32, 5.0));
    assert_eq!(all(x.clip_by_value(&low, &high)), [2.0, 2.0, 4.0, 4.0, 5.0, 5.0]);
    assert!(high.clip_by_value(&low, &high).check().is_err(), "bounds do not enlarge");
    assert_eq!(all(c.initialize(DType::F32, &[2], Initializer::Constant, 3.0)), [3.0, 3.0]);
}

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let numbers = |seed| {
        let c = Context::builder().seed(seed).threads(1).build().unwrap();
        c.normal(&[16]).to_vec::<f32>().unwrap()
    };
    assert_eq!(numbers(5), numbers(5));
    assert_ne!(numbers(5), numbers(6));
    let c = Context::builder().seed(6).build().unwrap();
    c.set_seed(5).unwrap();
    assert_eq!(c.normal(&[16]).to_vec::<f32>().unwrap(), numbers(5));
}

#[test]
fn a_chain_needs_one_check() {
    let c = &Context::new().unwrap();
    let a = c.ones(&[2, 3]);
    let wrong = a.matmul(&c.ones(&[2, 3]));
    let after = (&wrong + 1.0).relu().sum();
    let error = after.item().unwrap_err();
    assert_eq!((error.code(), error.op()), (Code::InvalidArgument, Some("matmul")));
    assert!(error.message().starts_with("[matmul] "), "{}", error);
    assert_eq!(error.to_string(), error.message());
    assert!(format!("{:?}", error).starts_with("InvalidArgument: [matmul]"), "{:?}", error);
    works(c);
    // The tensors that the failed ops left are errors of their own, wherever they go.
    refused(c, wrong.check(), Code::FailedPrecondition, "was taken before");
    refused(c, wrong.to_vec::<f32>(), Code::FailedPrecondition, "was taken before");
    refused(c, (&wrong + &a).item(), Code::InvalidArgument, "NULL");
    refused(c, (&wrong / 2.0).item(), Code::InvalidArgument, "NULL");
    refused(c, c.concat(&[&wrong, &a], 0).item(), Code::InvalidArgument, "not a live");
    refused(c, after.ok(), Code::FailedPrecondition, "was taken before");
    assert!(a.ok().is_ok());
}

#[test]
fn the_first_error_is_the_one() {
    let c = &Context::new().unwrap();
    let a = c.ones(&[2]);
    let _ = a.reshape(&[3]);
    let _ = a.matmul(&a);
    assert!(c.failed());
    assert!(c.variable(&a, "v").is_err(), "creating is an effect: it returns the first error");
    works(c);
    let _ = a.reshape(&[3]);
    let error = c.check().unwrap_err();
    assert_eq!(error.op(), Some("reshape"));
    assert!(c.check().is_ok() && !c.failed());
    c.set_error(Code::Io, "[disk] full").unwrap();
    assert_eq!(a.item().unwrap_err().to_string(), "[disk] full");
    refused(c, c.set_error(Code::Io, "a\0b"), Code::InvalidArgument, "NUL");
}

#[test]
fn nan_is_a_value_and_not_an_error() {
    let c = &Context::new().unwrap();
    assert!(c.scalar(DType::F32, -1.0).log().item().unwrap().is_nan());
    assert!(c.scalar(DType::F64, -1.0).log().item().unwrap().is_nan());
    refused(c, c.full(&[2], f64::NAN, DType::F32).item(), Code::InvalidArgument, "one element");
}

#[test]
fn tensors_print() {
    let c = &Context::new().unwrap();
    let x = c.tensor(&[1i32, 2, 3, 4, 5, 6], &[2, 3]).unwrap();
    assert_eq!(x.to_string(), "i32 (2, 3) [[1, 2, 3], [4, 5, 6]]");
    assert_eq!(format!("{:?}", x), "Tensor(i32 (2, 3) [[1, 2, 3], [4, 5, 6]])");
    let v = c.variable(&x, "v").unwrap();
    assert_eq!(format!("{:?}", v), "Variable(i32 (2, 3) [[1, 2, 3], [4, 5, 6]])");
    assert_eq!(v.to_string(), x.to_string());
    let _ = x.reshape(&[7]);
    assert_eq!(x.to_string(), "i32 (2, 3) [[1, 2, 3], [4, 5, 6]]", "printing works while there is an error");
    assert!(c.check().is_err());
    assert_eq!(format!("{:?}", x.reshape(&[7])), "Tensor(no live tensor)");
    assert!(c.check().is_err());
    let gone = c.scope(|_| c.ones(&[1]));
    assert_eq!(gone.to_string(), "no live tensor");
    assert!(c.check().is_ok(), "printing leaves no error behind");
    assert!(format!("{:?}", c).starts_with("Context("));
}

#[test]
fn variables_change_and_values_do_not() {
    let c = &Context::new().unwrap();
    let v = c.variable(&c.ones(&[2]), "weights").unwrap();
    let (before, same) = (v.value(), v.clone());
    let view = v.view::<f32>(c).unwrap();
    v.assign(&(&v * 3.0)).unwrap();
    assert_eq!(same.to_vec::<f32>().unwrap(), [3.0, 3.0]);
    assert_eq!(before.to_vec::<f32>().unwrap(), [1.0, 1.0]);
    assert_eq!(*view, [1.0, 1.0]);
    assert_eq!(format!("{:?}", view), "[1.0, 1.0]");
    drop(view);
    assert_eq!(v.name().unwrap(), "weights");
    assert!(v.trainable().unwrap());
    v.set_trainable(false).unwrap();
    assert!(!same.trainable().unwrap());
    assert_eq!(c.variable_with(&before, "", false).unwrap().name().unwrap(), "");
    refused(c, v.assign(&c.ones(&[3])), Code::InvalidArgument, "assign");
    refused(c, c.variable(&before, "a\0b"), Code::InvalidArgument, "NUL");
}

#[test]
fn views_hold_what_they_show() {
    let c = &Context::new().unwrap();
    let x = c.range(4);
    let y = x.clone();
    let view = x.view::<f32>(c).unwrap();
    drop(y);
    assert_eq!(*view, [0.0, 1.0, 2.0, 3.0]);
    let other = Context::new().unwrap();
    refused(c, x.view::<f32>(&other), Code::InvalidArgument, "another context");
    refused(c, x.view::<f64>(c), Code::InvalidArgument, "asked for f64");
    assert_eq!(c.zeros(&[0]).view::<f32>(c).unwrap().len(), 0);
    // A scope ends while a view of one of its tensors lives.
    let made = {
        let scope = c.begin_scope();
        let made = c.full(&[1000], 7.0, DType::F32);
        let copy = made.clone();
        let view = made.view::<f32>(c).unwrap();
        drop(scope);
        drop(copy);
        let _reused = c.full(&[1000], 8.0, DType::F32);
        assert!(view.iter().all(|value| *value == 7.0));
        drop(view);
        made
    };
    refused(c, made.sum().item(), Code::InvalidArgument, "not a live");
}

#[test]
fn vectors_are_lent_and_freed() {
    let c = Context::new().unwrap();
    let values: Vec<f32> = (0..1000).map(|i| i as f32).collect();
    let address = values.as_ptr();
    let x = c.tensor_from_vec(values, &[10, 100]).unwrap();
    assert_eq!(x.view::<f32>(&c).unwrap().as_ptr(), address, "without a copy");
    assert_eq!(c.statistics().unwrap().borrowed_bytes, 4000);
    let row = x.slice(&[1, 0], &[2, 100]);
    drop(x);
    assert_eq!(row.to_vec::<f32>().unwrap()[0], 100.0);
    drop(row);
    assert_eq!(c.statistics().unwrap().borrowed_bytes, 0);
    refused(&c, c.tensor_from_vec(vec![1.0f32; 3], &[2]), Code::InvalidArgument, "bytes");
    refused(&c, c.tensor(&[1.0f32; 3], &[-3]), Code::InvalidArgument, "");
}

#[test]
fn statistics_count() {
    let c = Context::builder().memory_limit(1 << 20).build().unwrap();
    let kept: Vec<Tensor> = (0..10).map(|_| c.zeros(&[4])).collect();
    let _variable = c.variable(&kept[0], "v").unwrap();
    let tape = c.tape().unwrap();
    let now = c.statistics().unwrap();
    assert_eq!((now.tensors, now.variables, now.tapes, now.scopes), (10, 1, 1, 0));
    drop((kept, tape));
    let now = c.statistics().unwrap();
    assert_eq!((now.tensors, now.variables, now.tapes), (0, 1, 0));
    refused(&c, c.zeros(&[1 << 20]).sum().item(), Code::OutOfMemory, "");
    c.set_memory_limit(0).unwrap();
    assert_eq!(c.zeros(&[1 << 20]).sum().item().unwrap(), 0.0);
    c.trim().unwrap();
    c.set_threads(2).unwrap();
    refused(&c, c.set_threads(-1), Code::InvalidArgument, "threads");
    assert!(Context::builder().threads(-5).build().unwrap_err().message().contains("threads"));
    assert!(tapeloop::version().starts_with("0."));
}

#[test]
fn lists_are_taken_in_any_form() {
    let c = &Context::new().unwrap();
    let tensors: Vec<Tensor> = (0..100).map(|i| c.full(&[1], i as f64, DType::F32)).collect();
    let sum = |t: Tensor| t.sum().item().unwrap();
    assert_eq!(sum(c.concat(&tensors, 0)), 4950.0);
    assert_eq!(sum(c.concat(&tensors[..3], 0)), 3.0);
    assert_eq!(sum(c.concat(&tensors[2], 0)), 2.0);
    assert_eq!(sum(c.concat(&[&tensors[1], &tensors[5]], 0)), 6.0);
    let v = c.variable(&tensors[9], "v").unwrap();
    assert_eq!(sum(c.concat(&[v.clone(), v], 0)), 18.0);
    let shared = Arc::new(c.ones(&[1]));
    assert_eq!(sum(c.concat(&[&*shared, &*shared], 0)), 2.0);
    refused(c, c.concat(&Vec::<Tensor>::new(), 0).item(), Code::InvalidArgument, "at least 1");
}
