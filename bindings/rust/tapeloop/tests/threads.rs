//! Threads: contexts in parallel, a context that is handed on, and two threads in one context.
mod common;

use common::works;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Barrier};
use std::thread;
use tapeloop::{
    loss, Activation, Adam, Code, Context, DType, Dense, Layer, Optimizer, Result, Sequential, Tensor,
};

/// A model and its data: all that a step needs, in one value that may move.
struct Training {
    c: Context,
    model: Layer,
    adam: Optimizer,
    x: Tensor,
    labels: Tensor,
}

impl Training {
    fn new(seed: u64) -> Training {
        let c = Context::builder().seed(seed).threads(1).build().unwrap();
        let x = c.uniform_range(&[16, 4], -1.0, 1.0, DType::F32);
        let labels = x.sum_axes(&[1], false).greater(&c.scalar(DType::F32, 0.0)).cast(DType::I32);
        let model = Sequential::new()
            .layer(Dense::new(8).activation(Activation::Tanh))
            .layer(Dense::new(2))
            .build(&c);
        let adam = Adam::new().learning_rate(0.01).build(&c).unwrap();
        Training { model: model.unwrap(), adam, x, labels, c }
    }

    fn step(&self) -> Result<f64> {
        let tape = self.c.tape()?;
        let loss = loss::sparse_categorical_cross_entropy(&self.labels, &self.model.call(&self.x, true));
        let weights = self.model.trainable_variables();
        self.adam.apply(&tape.gradient(&loss, &weights)?, &weights)?;
        loss.item()
    }
}

fn losses(training: &Training, steps: usize) -> Vec<u64> {
    (0..steps).map(|_| training.step().unwrap().to_bits()).collect()
}

#[test]
fn sixty_four_threads_train_at_once() {
    let want = losses(&Training::new(3), 50);
    let together = Arc::new(Barrier::new(64));
    let threads: Vec<_> = (0..64)
        .map(|_| {
            let together = Arc::clone(&together);
            thread::spawn(move || {
                let training = Training::new(3);
                together.wait();
                losses(&training, 50)
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), want, "every context gives the same bits");
    }
}

#[test]
fn a_context_is_handed_from_thread_to_thread() {
    const STEPS: usize = 10_000;
    const THREADS: usize = 8;
    let want = losses(&Training::new(5), 200);
    // A ring of threads: each does one step and passes the whole training on.
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..THREADS).map(|_| mpsc::channel::<(usize, Training)>()).unzip();
    let (done, finished) = mpsc::channel();
    let threads: Vec<_> = receivers
        .into_iter()
        .enumerate()
        .map(|(i, receiver)| {
            let (next, done, want) = (senders[(i + 1) % THREADS].clone(), done.clone(), want.clone());
            thread::spawn(move || {
                while let Ok((step, training)) = receiver.recv() {
                    let loss = training.step().unwrap();
                    assert!(step >= want.len() || loss.to_bits() == want[step], "step {}", step);
                    if step + 1 == STEPS {
                        done.send(training).unwrap();
                        return;
                    }
                    if next.send((step + 1, training)).is_err() {
                        return;
                    }
                }
            })
        })
        .collect();
    senders[0].send((0, Training::new(5))).unwrap();
    let training = finished.recv().unwrap();
    drop(senders);
    assert_eq!(training.adam.iterations().unwrap(), STEPS as u64);
    works(&training.c);
    // The threads that wait for the next step see that there is none when their neighbours are gone.
    drop(threads);
}

/// The context works when the error of the last intrusion is taken, which the first call after it may only bring to light.
fn works_again(c: &Context) {
    let _ = (c.check(), c.check());
    works(c);
}

/// What a thread sees of another one in its context: that it is busy, or, when the other thread has taken that error, a tensor
/// that was not made.
fn assert_intrusion(error: &tapeloop::Error) {
    let told: &[&str] = match error.code() {
        Code::Busy => &["thread"],
        Code::InvalidArgument => {
            &["the call that should have made it failed", "another thread has taken its error"]
        }
        Code::FailedPrecondition => &["was taken before"],
        other => panic!("{:?}: {}", other, error),
    };
    assert!(told.iter().any(|text| error.message().contains(text)), "{}", error);
    assert_ne!(error.op(), Some("error_message"), "the call that was refused: {}", error);
}

#[test]
fn two_threads_in_one_context_get_errors() {
    let c = Context::builder().threads(1).build().unwrap();
    let x = Arc::new(c.ones(&[64, 64]));
    let stop = Arc::new(AtomicBool::new(false));
    let intruder = {
        let (x, stop) = (Arc::clone(&x), Arc::clone(&stop));
        thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                match x.matmul(&x).sum().item() {
                    Ok(value) => assert_eq!(value, 64.0 * 64.0 * 64.0),
                    Err(error) => assert_intrusion(&error),
                }
            }
        })
    };
    let mut refused = 0;
    while refused < 20 && !intruder.is_finished() {
        match x.matmul(&x).sum().item() {
            Ok(value) => assert_eq!(value, 64.0 * 64.0 * 64.0, "an error, or the right value"),
            Err(error) => {
                assert_intrusion(&error);
                refused += 1;
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    intruder.join().unwrap();
    works_again(&c);
}

#[test]
fn a_gradient_is_right_or_an_error_while_others_intrude() {
    let training = Training::new(9);
    let w = training.c.variable(&training.c.ones(&[4, 1]), "w").unwrap();
    let want = training.x.sum_axes(&[0], false).to_vec::<f32>().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let intruder = {
        let (x, stop) = (training.x.clone(), Arc::clone(&stop));
        thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let _ = (&x + 1.0).shape();
                let _ = (x.clone(), format!("{:?}", x));
            }
        })
    };
    let (mut right, mut busy) = (0, 0);
    for _ in 0..2000 {
        let gradient = (|| {
            let tape = training.c.tape()?;
            let y = training.x.matmul(&w).sum();
            tape.gradient(&y, &w)?.to_vec::<f32>()
        })();
        match gradient {
            Ok(values) => {
                assert_eq!(values.len(), 4, "no gradient is lost");
                assert_eq!(values, want);
                right += 1;
            }
            Err(error) => {
                assert_intrusion(&error);
                busy += 1;
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    intruder.join().unwrap();
    assert_eq!(right + busy, 2000);
    works_again(&training.c);
}

#[test]
fn errors_are_taken_from_several_threads() {
    let c = Context::builder().threads(1).build().unwrap();
    let x = c.ones(&[2, 3]);
    let taken = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (x, taken) = (x.clone(), Arc::clone(&taken));
            thread::spawn(move || {
                for _ in 0..2000 {
                    let error = x.matmul(&x).sum().item().unwrap_err();
                    match error.code() {
                        Code::InvalidArgument => assert!(error.message().starts_with('['), "{}", error),
                        Code::Busy => assert!(error.message().contains("thread"), "{}", error),
                        Code::FailedPrecondition => {
                            assert!(error.message().contains("was taken"), "{}", error)
                        }
                        other => panic!("{:?}: {}", other, error),
                    }
                    taken.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(taken.load(Ordering::Relaxed), 16_000);
    works_again(&c);
}

#[test]
fn tensors_are_dropped_anywhere() {
    let c = Context::new().unwrap();
    let (sender, receiver) = mpsc::channel::<Vec<Tensor>>();
    let dropper = thread::spawn(move || receiver.into_iter().map(|tensors| tensors.len()).sum::<usize>());
    for _ in 0..1000 {
        let tensors: Vec<Tensor> = (0..10).map(|_| c.ones(&[8])).collect();
        sender.send(tensors.clone()).unwrap();
        sender.send(tensors).unwrap();
    }
    drop(sender);
    assert_eq!(dropper.join().unwrap(), 20_000);
    assert_eq!(c.statistics().unwrap().tensors, 0);
}

#[test]
fn contexts_end_while_their_tensors_are_used() {
    for _ in 0..50 {
        let training = Training::new(1);
        let (x, labels) = (training.x.clone(), training.labels.clone());
        let user = thread::spawn(move || {
            let mut ended = 0;
            while ended < 3 {
                for result in [(&x + 1.0).sum().item(), labels.shape().map(|shape| shape.len() as f64)] {
                    if let Err(error) = result {
                        assert!(!error.message().is_empty());
                        ended += usize::from(error.message().contains("one that has ended"));
                    }
                }
            }
            x.to_string()
        });
        let _ = training.step();
        drop(training);
        assert_eq!(user.join().unwrap(), "no live tensor");
    }
}

#[test]
fn a_context_is_cancelled_from_another_thread() {
    let c = Context::builder().threads(1).build().unwrap();
    let canceller = c.canceller();
    let started = Arc::new(Barrier::new(2));
    let watcher = {
        let (canceller, started) = (canceller.clone(), Arc::clone(&started));
        thread::spawn(move || {
            started.wait();
            assert!(canceller.cancel());
        })
    };
    started.wait();
    let error = loop {
        if let Err(error) = c.ones(&[64, 64]).sum().item() {
            break error;
        }
    };
    watcher.join().unwrap();
    assert_eq!(error.code(), Code::Cancelled, "{}", error);
    works(&c);
    assert_eq!(canceller, c.canceller());
    canceller.cancel();
    assert_eq!(c.tape().unwrap_err().code(), Code::Cancelled);
    works(&c);
}

#[test]
fn a_refused_call_is_named() {
    let c = Context::new().unwrap();
    let (x, metric) = (c.ones(&[2]), tapeloop::Metric::mean(&c, None).unwrap());
    let metric = std::sync::Mutex::new(metric);
    // While a closure runs this thread is inside the context.
    let y = c.custom_gradient(
        "inside",
        &x,
        |_, inside| {
            let outside = thread::scope(|s| {
                let calls = s.spawn(|| {
                    let metric = metric.lock().unwrap();
                    let refused = vec![x.shape().err(), x.item().err(), metric.update(&x).err()];
                    [refused, vec![(&x + 1.0).dtype().err(), metric.result().err()]].concat()
                });
                calls.join().unwrap()
            });
            let calls = ["tensor_shape", "tensor_item", "metric_update", "tensor_dtype", "metric_result"];
            for (error, call) in outside.into_iter().zip(calls) {
                let error = error.expect(call);
                assert_eq!((error.code(), error.op()), (Code::Busy, Some(call)), "{}", error);
                assert!(error.message().contains("another thread is using the context"), "{}", error);
            }
            Ok(inside[0].clone())
        },
        |_| Ok(vec![None]),
    );
    drop(y);
    works_again(&c);
}
