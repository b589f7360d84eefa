//! Memory: programs that only drop what they make stay where they are.
mod common;

use common::works;
use std::sync::{Mutex, MutexGuard};
use tapeloop::{loss, Activation, Adam, Context, DType, Dense, Sequential, Tensor};

/// Resident memory is that of the whole process, so one test at a time looks at it.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Resident memory of this process in KiB, without the pages of files, which come and go as the system likes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Memory does not grow by `allowed` KiB in so many steps, after a hundred that warm up. What grows once is no leak: a leak grows
/// in each of three rounds.
fn flat(allowed: u64, steps: usize, mut step: impl FnMut()) {
    (0..100).for_each(|_| step());
    let mut grown = Vec::new();
    for _ in 0..3 {
        let before = resident();
        (0..steps).for_each(|_| step());
        let after = resident();
        println!("resident: {} KiB before, {} KiB after", before, after);
        if after < before + allowed {
            return;
        }
        grown.push((before, after));
    }
    panic!("KiB before and after each round: {:?}", grown);
}

#[test]
fn ten_thousand_steps_leave_memory_flat() {
    let _alone = alone();
    let c = &Context::builder().seed(1).threads(1).build().unwrap();
    let x = c.uniform(&[32, 20]);
    let labels = c.zeros_dtype(&[32], DType::I32);
    let model = Sequential::new()
        .layer(Dense::new(64).activation(Activation::Relu))
        .layer(Dense::new(5))
        .build(c)
        .unwrap();
    let adam = Adam::new().build(c).unwrap();
    let mut live = None;
    let mut step = 0;
    flat(4096, 9900, || {
        step += 1;
        let tape = c.tape().unwrap();
        let loss = loss::sparse_categorical_cross_entropy(&labels, &model.call(&x, true));
        let weights = model.trainable_variables();
        let gradients = tape.gradient(&loss, &weights).unwrap();
        adam.apply(&gradients, &weights).unwrap();
        let copies: Vec<Tensor> = gradients.into_iter().flatten().map(|g| &g.clone() * 2.0 + g).collect();
        assert!((&copies[0] + 1.0).sum().check().is_ok());
        if step % 1000 == 7 {
            let _ = loss.reshape(&[2]); // an error now and then leaves nothing behind either
            assert!(c.check().is_err());
        }
        drop((copies, loss));
        if step >= 100 {
            let now = c.statistics().unwrap();
            let now =
                (now.tensors, now.variables, now.values, now.live_bytes, now.tapes, now.system_allocations);
            assert_eq!(*live.get_or_insert(now), now, "step {}", step);
        }
    });
    works(c);
}

#[test]
fn scopes_free_what_is_forgotten() {
    let _alone = alone();
    let c = &Context::new().unwrap();
    let before = c.statistics().unwrap();
    for _ in 0..1000 {
        c.scope(|_| {
            for _ in 0..10 {
                std::mem::forget(c.ones(&[16]));
            }
        });
    }
    let after = c.statistics().unwrap();
    assert_eq!((after.tensors, after.live_bytes, after.scopes), (before.tensors, before.live_bytes, 0));
}

#[test]
fn contexts_come_and_go() {
    let _alone = alone();
    let one = || {
        let c = Context::builder().threads(1).build().unwrap();
        c.set_log(|_, _| ()).unwrap();
        let x = c.tensor_from_vec(vec![1.0f32; 10_000], &[10_000]).unwrap();
        assert_eq!(x.sum().item().unwrap(), 10_000.0);
        std::mem::forget(x); // ends with its context, and so does the vector
    };
    flat(8192, 2000, one);
}
