//! vmap: a function of one example run for a batch, per-example gradients, what is refused, and panics.
mod common;

use common::{refused, works};
use std::panic::{catch_unwind, AssertUnwindSafe};
use tapeloop::{loss, Activation, Code, Context, DType, Dense, Result, Sequential, Tensor, TensorRef};

fn all(x: &Tensor) -> Vec<f64> {
    x.to_vec().unwrap()
}

#[test]
fn one_example_stands_for_a_batch() {
    let c = &Context::new().unwrap();
    let x = c.tensor(&[1.0f64, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]).unwrap();
    let mut runs = 0;
    let sums = c.vmap(&x, |_, x| {
        runs += 1;
        assert_eq!(x[0].shape()?, [3]);
        Ok(x[0].sum())
    });
    assert_eq!((all(&sums.unwrap()), runs), (vec![6.0, 15.0], 1));
    let columns = c.vmap_axes(&x, &[Some(-1)], |_, x| Ok(x[0].sum())).unwrap();
    assert_eq!(all(&columns), [5.0, 7.0, 9.0]);
    let weights = c.tensor(&[1.0f64, 10.0, 100.0], &[3]).unwrap();
    let [same, dots] = c
        .vmap_axes(&[&weights, &x], &[None, Some(0)], |_, x| Ok([x[0].sum(), (&*x[0] * &*x[1]).sum()]))
        .unwrap();
    assert_eq!(all(&same), [111.0, 111.0], "what does not depend on the batch is repeated");
    assert_eq!(all(&dots), [321.0, 654.0]);
    // Pairs: vmap in vmap.
    let pairs = c.vmap(&x, |c, row| {
        c.vmap(&weights, |_, weight| Ok(row[0].sum() * &*weight[0])) // the inner one closes over the outer example
    });
    assert_eq!(all(&pairs.unwrap()), [6.0, 60.0, 600.0, 15.0, 150.0, 1500.0]);
    // A tape outside sees the batch.
    let tape = c.tape().unwrap();
    tape.watch(&weights).unwrap();
    let loss = c.vmap(&x, |_, x| Ok((&*x[0] * &weights).sum())).unwrap().sum();
    assert_eq!(all(&tape.gradient(&loss, &weights).unwrap()), [5.0, 7.0, 9.0]);
    assert_eq!(c.vmap(&c.zeros(&[0, 3]), |_, x| Ok(x[0].exp())).unwrap().shape().unwrap(), [0, 3]);
}

#[test]
fn gradients_of_each_example_are_those_of_a_loop() {
    let c = &Context::builder().seed(3).build().unwrap();
    let model = Sequential::new()
        .layer(Dense::new(4).activation(Activation::Tanh).input_size(3))
        .layer(Dense::new(2).input_size(4))
        .build(c)
        .unwrap();
    let x = c.uniform_range(&[5, 3], -1.0, 1.0, DType::F64).cast(DType::F32);
    let labels = c.tensor(&[0i32, 1, 1, 0, 1], &[5]).unwrap();
    let weights = model.trainable_variables();
    let gradients_of = |c: &Context, x: &Tensor, label: &Tensor| -> Result<Vec<Tensor>> {
        let tape = c.tape()?;
        let logits = model.call(&x.reshape(&[1, 3]), true);
        let loss = loss::sparse_categorical_cross_entropy(&label.reshape(&[1]), &logits);
        Ok(tape.gradient(&loss, &weights)?.into_iter().flatten().collect())
    };
    let each = c
        .vmap_many(&[&x, &labels], &[Some(0), Some(0)], weights.len(), |c, x| gradients_of(c, &x[0], &x[1]))
        .unwrap();
    assert_eq!(each.len(), 4);
    for i in 0..5 {
        let at = c.scalar(DType::I64, i as f64);
        let looped = gradients_of(c, &x.gather(&at, 0), &labels.gather(&at, 0)).unwrap();
        for (batched, one) in each.iter().zip(&looped) {
            let difference = (batched.gather(&at, 0) - one).abs().max().item().unwrap();
            assert!(difference < 1e-6, "example {}: {}", i, difference);
        }
    }
}

#[test]
fn wrong_arguments_are_refused() {
    let c = &Context::new().unwrap();
    let x = c.tensor(&[1.0f64, 2.0, 3.0, 4.0], &[2, 2]).unwrap();
    let sum = |_: &Context, x: &[TensorRef<'_>]| Ok(x[0].sum());
    refused(
        c,
        c.vmap_axes(&x, &[], sum),
        Code::InvalidArgument,
        "[vmap] there must be one axis per input: got 0",
    );
    refused(c, c.vmap_axes(&x, &[Some(2)], sum), Code::InvalidArgument, "vmap");
    refused(c, c.vmap_axes(&x, &[Some(-128)], sum), Code::InvalidArgument, "got -128");
    refused(c, c.vmap_axes(&x, &[None], sum), Code::InvalidArgument, "vmap");
    refused(c, c.vmap(&[&x, &c.ones(&[3])], sum), Code::InvalidArgument, "vmap");
    refused(c, c.vmap(&c.scalar(DType::F32, 1.0), sum), Code::InvalidArgument, "vmap");
    refused(
        c,
        c.vmap_many(&x, &[Some(0)], 2, |_, x| Ok(vec![x[0].exp()])),
        Code::InvalidArgument,
        "2 tensors: got 1",
    );
    refused(c, c.vmap_many(&x, &[Some(0)], 0, |_, _| Ok(vec![])), Code::InvalidArgument, "vmap");
    let many = c.vmap_many(&x, &[Some(0)], usize::MAX, |_, _| Ok(vec![]));
    refused(c, many, Code::InvalidArgument, "[vmap] there must be at most 16777216 outputs");
    let other = Context::new().unwrap();
    refused(c, c.vmap(&other.ones(&[2]), sum), Code::InvalidArgument, "another context");
    // Inside: no values, shapes of one example in errors, and nothing that outlives it.
    refused(
        c,
        c.vmap(&x, |_, x| {
            x[0].sum().item()?;
            Ok(x[0].exp())
        }),
        Code::FailedPrecondition,
        "vmap",
    );
    let v = c.variable(&c.scalar(DType::F64, 0.0), "v").unwrap();
    refused(
        c,
        c.vmap(&x, |_, x| v.assign(&x[0].sum()).map(|_| x[0].exp())),
        Code::FailedPrecondition,
        "vmap",
    );
    let error = c.vmap(&x, |_, x| Ok(x[0].reshape(&[7]))).unwrap_err();
    assert!(error.op() == Some("reshape") && error.message().contains("(2,)"), "{}", error);
    let mut escaped = None;
    let _ = c.vmap(&x, |_, x| {
        escaped = Some(x[0].exp());
        Ok(x[0].sum())
    });
    refused(c, (escaped.unwrap() + 1.0).to_vec::<f64>(), Code::InvalidArgument, "scope or context has ended");
    works(c);
}

#[test]
fn a_thousand_panics_come_back() {
    let c = &Context::new().unwrap();
    let x = c.ones(&[2, 2]);
    for i in 0..1000 {
        let payload = catch_unwind(AssertUnwindSafe(|| {
            c.vmap(&x, |c, x| -> Result<Tensor> {
                let _tape = c.tape()?;
                let y = x[0].exp();
                if i % 2 == 0 {
                    panic!("number {}", i);
                }
                c.vmap(&y, |_, _| -> Result<Tensor> { panic!("number {}", i) })
            })
        }))
        .unwrap_err();
        assert_eq!(payload.downcast_ref::<String>(), Some(&format!("number {}", i)));
        assert!(!c.failed());
        if i % 100 == 0 {
            works(c);
        }
    }
    let now = c.statistics().unwrap();
    assert_eq!((now.tapes, now.tensors, now.scopes), (0, 1, 0));
}
