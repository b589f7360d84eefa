//! Replicas as threads: a training that goes as that of one context with the whole batch, and errors on all ranks.
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Mutex;
use std::time::Duration;
use tapeloop::{
    Adam, Checkpoint, CheckpointManager, Code, Context, DType, Dataset, Error, Group, GroupOptions, Metric,
    ReduceOp, Replicas, Result, Sgd, Tensor, WireDtype,
};

const ROWS: i64 = 9;

fn numbers(c: &Context) -> Result<Dataset> {
    let x: Vec<f64> = (0..ROWS * 3).map(|i| (i as f64 * 1.7).sin()).collect();
    let y: Vec<f64> = (0..ROWS).map(|i| (i as f64 * 0.9).cos()).collect();
    let (x, y) = (c.tensor(&x, &[ROWS, 3])?, c.tensor(&y, &[ROWS, 1])?);
    Dataset::from_tensors(c, &[&x, &y])?.shuffle(5)?.batch(4, false)
}

/// The losses of 12 steps, whose third has one example for all.
fn train(c: &Context, group: Option<&Group<'_>>) -> Result<Vec<f64>> {
    let mut data = numbers(c)?;
    let first = group.map_or(0.0, |g| g.rank() as f64);
    let w = c.variable(&c.tensor(&[first, 0.5, first], &[3, 1])?, "w")?;
    if let Some(group) = group {
        group.mirror(&w)?;
        data = group.distribute(&data)?;
    }
    let sgd = Sgd::new().learning_rate(0.1).build(c)?;
    let mut losses = Vec::new();
    for _ in 0..4 {
        for batch in data.epoch() {
            let [x, y] = batch?;
            let tape = c.tape()?;
            let each = (x.matmul(&w) - y).square();
            let loss = group.map_or_else(|| each.mean(), |g| g.average_loss(&each));
            let gradient = tape.gradient(&loss, &w)?;
            match group {
                None => sgd.apply(&gradient, &w)?,
                Some(g) => sgd.apply(&g.all_reduce_list(&gradient, ReduceOp::Sum)?, &w)?,
            }
            losses.push(group.map_or_else(|| loss.item(), |g| g.all_reduce(&loss, ReduceOp::Sum).item())?);
        }
    }
    if let Some(group) = group {
        group.check_mirrored(&w)?;
    }
    Ok(losses)
}

#[test]
fn replicas_train_as_one_context_does() -> Result<()> {
    let alone = train(&Context::new()?, None)?;
    assert!(alone.last() < alone.first());
    for count in [1, 2, 4] {
        let all = Replicas::new(count).threads(1).run(|c, group| train(c, Some(group)))?;
        assert_eq!(all.len(), count as usize);
        for losses in &all {
            assert_eq!(losses, &all[0]);
            assert_eq!(losses.len(), alone.len());
            assert!(losses.iter().zip(&alone).all(|(a, b)| (a - b).abs() < 1e-13));
        }
    }
    Ok(())
}

/// The sums of a step that adds up what all ranks give, compiled on ranks that `compiled` says.
fn summed(c: &Context, g: &Group<'_>, compiled: bool) -> Result<Vec<f64>> {
    let total = c.variable(&c.zeros(&[]), "total")?;
    let step = |x: &Tensor| -> Result<Tensor> {
        let tape = c.tape()?;
        tape.watch(x)?;
        let cube = g.all_reduce(x, ReduceOp::Sum).square();
        total.assign(&(&*total + tape.gradient(&cube, x)?))?;
        Ok(&*total * 1.0)
    };
    let function = c.function(|_, x| step(&x[0]))?;
    (1..=4)
        .map(|k| {
            let x = c.full(&[], f64::from(k * (g.rank() + 1)), DType::F32);
            if compiled { function.call(&x)? } else { step(&x)? }.item()
        })
        .collect()
}

#[test]
fn collectives_stand_in_compiled_steps() -> Result<()> {
    let run = |compiled: fn(i32) -> bool| {
        Replicas::new(2).threads(1).run(move |c, g| summed(c, g, compiled(g.rank())))
    };
    let plain = run(|_| false)?;
    assert_eq!(plain[0][0], 12.0); // 2 (1 + 2), of the sum over both ranks
    assert_eq!(plain, run(|_| true)?);
    assert_eq!(plain, run(|rank| rank == 1)?);
    Ok(())
}

fn vector(c: &Context, values: [f64; 2]) -> Tensor {
    c.tensor(&values, &[2]).unwrap()
}

#[test]
fn collectives_give_what_they_say() -> Result<()> {
    Replicas::new(2).threads(1).timeout(Duration::from_secs(20)).run(|c, g| {
        let r = g.rank();
        let x = vector(c, [r as f64 + 1.0, 10.0 * r as f64]);
        assert_eq!((g.size(), g.local_rank(), g.steps()), (2, r, 0));
        assert_eq!(g.all_reduce(&x, ReduceOp::Sum).to_vec::<f64>()?, [3.0, 10.0]);
        assert_eq!(g.all_reduce(&x, ReduceOp::Max).to_vec::<f64>()?, [2.0, 10.0]);
        assert_eq!(g.all_reduce(&x, ReduceOp::SumByPairs).to_vec::<f64>()?, [3.0, 10.0]);
        assert_eq!(g.all_gather(&x).to_vec::<f64>()?, [1.0, 0.0, 2.0, 10.0]);
        assert_eq!(g.broadcast(&x, 1).to_vec::<f64>()?, [2.0, 10.0]);
        assert_eq!(g.reduce_scatter(&x, ReduceOp::Mean).to_vec::<f64>()?, [[1.5], [5.0]][r as usize]);
        assert_eq!(g.reduce(&x, ReduceOp::Sum, 0).to_vec::<f64>()?, [[3.0, 10.0], [0.0, 0.0]][r as usize]);
        assert_eq!(g.all_to_all(&x).to_vec::<f64>()?, [[1.0, 2.0], [0.0, 10.0]][r as usize]);
        g.barrier()?;
        let other = g.split(0, -i64::from(r))?.unwrap();
        assert_eq!(other.rank(), 1 - r);
        assert!(g.split(-1, 0)?.is_none());
        let tape = c.tape()?;
        tape.watch(&x)?;
        let cube = g.all_reduce(&x, ReduceOp::Sum).square().sum();
        assert_eq!(tape.gradient(&cube, &x)?.to_vec::<f64>()?, [12.0, 40.0]); // of the sum over both
        let v = c.variable(&x, "v")?;
        g.average_variables(&v)?;
        assert_eq!(v.to_vec::<f64>()?, [1.5, 5.0]);
        let mean = Metric::mean(c, None)?;
        mean.update(&x)?;
        assert_eq!(g.metric_result(&mean)?.item()?, 13.0 / 4.0);
        g.set_timeout(Duration::from_secs(30))?;
        g.set_overlap(true)?;
        g.set_bucket_bytes(1)?;
        let (one, before) = (c.scalar(DType::F64, 1.0), g.steps());
        let sums = g.all_reduce_list(&[&one, &one, &one], ReduceOp::Sum)?;
        assert_eq!((sums.len(), g.steps() - before), (3, 3)); // each a bucket
        assert_eq!(sums[2].item()?, g.size() as f64);
        g.set_wire_dtype(WireDtype::Bf16)?;
        let x = c.full(&[], 1.0 + 0.5f64.powi(8), DType::F32); // between two bf16
        assert_eq!(g.all_reduce_list(&[&x], ReduceOp::Sum)?[0].item()?, 2.0);
        assert_eq!(g.all_reduce(&x, ReduceOp::Sum).item()?, 2.0 + 0.5f64.powi(7)); // no list
        g.set_wire_dtype(WireDtype::F32)?;
        g.barrier()?;
        g.leave("done")?; // the others may be gone already
        assert_eq!(g.barrier().unwrap_err().code(), Code::PeerLost);
        Ok(())
    })?;
    let c = Context::new()?;
    assert_eq!(c.group(None)?.size(), 1);
    Ok(())
}

#[test]
fn all_ranks_learn_what_went_wrong() -> Result<()> {
    // A shape that differs.
    let seen: Mutex<Vec<Error>> = Mutex::new(Vec::new());
    let error = Replicas::new(3)
        .threads(1)
        .run(|c, g| {
            let x = c.zeros(&[if g.rank() == 1 { 3 } else { 2 }]);
            let result = g.all_reduce(&x, ReduceOp::Sum).check();
            seen.lock().unwrap().extend(result.clone().err());
            result
        })
        .unwrap_err();
    assert_eq!(error.code(), Code::Mismatch, "{}", error);
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen.len(), 3);
    for error in &seen {
        assert!(error.message().contains("rank 1 differs from rank 0 in the shape of tensor 0"), "{}", error);
    }

    // An error of one rank's own, which the others are told.
    let told: Mutex<Vec<Error>> = Mutex::new(Vec::new());
    let error = Replicas::new(2)
        .threads(1)
        .run(|c, g| {
            if g.rank() == 1 {
                c.set_error(Code::NotFound, "the cupboard is bare")?;
                return c.check();
            }
            let result = g.barrier();
            told.lock().unwrap().extend(result.clone().err());
            result
        })
        .unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert!(error.message().contains("rank 1 failed: the cupboard is bare"), "{}", error);
    let told = told.into_inner().unwrap();
    assert_eq!(told[0].code(), Code::PeerLost);
    assert!(told[0].message().contains("the cupboard is bare"), "{}", told[0]);

    // A panic comes back.
    let run = || {
        Replicas::new(2).threads(1).run(|_, g| {
            if g.rank() == 0 {
                panic!("boo");
            }
            g.barrier()
        })
    };
    let payload = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"boo"));
    assert_eq!(Replicas::new(-1).run(|_, _| Ok(())).unwrap_err().code(), Code::InvalidArgument);
    Ok(())
}

#[test]
fn threads_of_the_program_meet() -> Result<()> {
    let starter = Context::new()?;
    let meeting = starter.rendezvous(2)?;
    std::thread::scope(|s| {
        for rank in 0..2 {
            let meeting = &meeting;
            s.spawn(move || {
                let c = Context::builder().threads(1).build().unwrap();
                let group = c.join_group(meeting, rank, Some(Duration::from_secs(20))).unwrap();
                assert_eq!(
                    group.all_gather(&c.full(&[], f64::from(rank), DType::F32)).to_vec::<f32>().unwrap(),
                    [0.0, 1.0]
                );
            });
        }
    });
    let lonely = starter.rendezvous(3)?;
    let error = starter.join_group(&lonely, 1, Some(Duration::from_millis(20))).unwrap_err();
    assert_eq!(error.code(), Code::TimedOut);
    assert!(error.message().contains("ranks 0, 2 did not come"), "{}", error);
    Ok(())
}

#[test]
fn groups_of_processes_say_what_is_missing() -> Result<()> {
    let c = Context::new()?;
    let options = GroupOptions::new()
        .place(1, 2)
        .address("127.0.0.1", 29500)
        .plugin_folder("/tmp/no-engine-is-here")
        .timeout(Duration::from_millis(100))
        .lease(Duration::from_secs(3))
        .job("test")
        .token("secret")
        .generation(2);
    let error = c.group_with(&options).unwrap_err();
    assert_eq!(error.code(), Code::Unsupported);
    assert!(
        error.message().contains("libtapeloop-dist-gloo.so (not there); install libgloo-dev"),
        "{}",
        error
    );
    let error = c.group_with(&options.clone().backend("self")).unwrap_err();
    assert!(error.message().contains("'self' is that of one process: got rank 1 of 2"), "{}", error);
    let error = c.group_with(&options.clone().job("a\0b")).unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert_eq!(c.group_with(&options.place(0, 1))?.size(), 1);
    Ok(())
}

#[test]
fn an_optimizer_in_shares_takes_the_same_steps() -> Result<()> {
    let train = |c: &Context, group: Option<&Group<'_>>| -> Result<Vec<f64>> {
        let w: Vec<_> = (1..=3)
            .map(|n| c.variable(&c.full(&[n], 1.0, DType::F64), &format!("w{}", n)))
            .collect::<Result<_>>()?;
        let w: Vec<&Tensor> = w.iter().map(|v| &**v).collect();
        let adam = Adam::new().build(c)?;
        let gradients: Vec<Tensor> = (1..=3).map(|n| c.full(&[n], f64::from(n as i32), DType::F64)).collect();
        if let Some(g) = group {
            g.shard_optimizer(&adam, &w)?;
            assert_eq!(adam.variables().len(), 2 + if g.rank() == 0 { 2 } else { 4 }); // w3; w2 and w1
            assert_eq!(adam.apply(&gradients, &w).unwrap_err().code(), Code::FailedPrecondition);
        }
        for _ in 0..3 {
            match group {
                Some(g) => g.apply_sharded(&adam, &gradients, &w)?,
                None => adam.apply(&gradients, &w)?,
            }
        }
        if let Some(g) = group {
            g.gather_optimizer(&adam, &w)?;
            assert_eq!(adam.variables().len(), 2 + 6);
        }
        adam.apply(&gradients, &w)?;
        w.iter().map(|v| v.sum().item()).collect()
    };
    let alone = train(&Context::new()?, None)?;
    let together = Replicas::new(2).threads(1).run(|c, g| train(c, Some(g)))?;
    assert_eq!(together, [alone.clone(), alone]);
    Ok(())
}

#[test]
fn ranks_take_a_step_together_and_go_on_from_one_state() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("tapeloop-replicas-{}", std::process::id()));
    let saved = folder.clone();
    Replicas::new(3).threads(1).run(|c, group| {
        assert_eq!(group.generation(), 0);
        let rank = group.rank();
        let decision = group.vote(5, f64::from(rank), rank == 2, false)?;
        assert_eq!((decision.weight, decision.stop), (3.0, true));
        assert_eq!((decision.save, decision.finished), (false, false));
        assert!(group.vote(6, 0.0, false, true)?.finished);

        let w = c.variable(&c.full(&[2], f64::from(rank), DType::F64), "w")?;
        let all = Checkpoint::new(c)?;
        all.add_variable("w", &w)?;
        all.set_int64("epoch", i64::from(rank) + 7)?;
        // Rank 1 is furthest: all get what it has.
        assert_eq!(group.synchronize(&all, if rank == 1 { 12 } else { 11 })?, 12);
        assert_eq!(w.to_vec::<f64>()?, [1.0, 1.0]);
        assert_eq!(all.int64("epoch")?, 8);

        let manager = match rank {
            0 => Some(CheckpointManager::new(c, &all, &saved)?),
            _ => None,
        };
        group.save(manager.as_ref(), 12, None)?;
        assert!(saved.join("step-12").exists());
        let again = group.save(manager.as_ref(), 12, None).unwrap_err(); // on all ranks
        assert_eq!(again.code(), Code::FailedPrecondition);
        drop(manager); // which has the folder

        let together = CheckpointManager::new(c, &all, &saved)?;
        group.save_sharded(&together, 13, Some(0.5))?;
        assert!(saved.join("step-13/tensors-00003-of-00003.safetensors").exists());
        w.assign(&c.full(&[2], 7.0, DType::F64))?;
        assert_eq!(together.restore_latest()?, Some(13));
        assert_eq!(w.to_vec::<f64>()?, [1.0, 1.0]);
        let again = group.save_sharded(&together, 13, None).unwrap_err();
        assert_eq!(again.code(), Code::FailedPrecondition);
        let error = group.vote(i64::from(rank / 2), 1.0, false, false).unwrap_err();
        assert_eq!(error.code(), Code::Mismatch);
        assert!(error.message().contains("rank 2 differs from rank 0 in the step: 1 and 0"), "{error}");
        Ok(())
    })?;
    std::fs::remove_dir_all(folder).expect("the folder that was saved into");
    Ok(())
}
