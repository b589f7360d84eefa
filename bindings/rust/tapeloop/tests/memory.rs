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

/// Resident memory of this process in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
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
    let mut after_a_hundred = None;
    let mut live = None;
    for step in 1..=10_000 {
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
        if step == 100 {
            after_a_hundred = Some(resident());
        }
    }
    let (before, after) = (after_a_hundred.unwrap(), resident());
    println!("resident: {} KiB after 100 steps, {} KiB after 10,000", before, after);
    assert!(after < before + 4096, "{} KiB grew to {} KiB", before, after);
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
    (0..100).for_each(|_| one());
    let before = resident();
    (0..2000).for_each(|_| one());
    let after = resident();
    assert!(after < before + 8192, "{} KiB grew to {} KiB", before, after);
}
