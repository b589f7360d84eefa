//! Checkpoints and safetensors files: what is saved comes back to the bit, and what does not fit is an error that changes nothing.
mod common;

use common::refused;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use tapeloop::{
    Adam, Checkpoint, CheckpointBest, CheckpointManager, CheckpointManagerOptions, Code, Context, Dataset,
    Dense, Dropout, Layer, Metric, Optimizer, Result, Safetensors, SafetensorsFloats, SafetensorsWriter,
    Sequential,
};

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("tapeloop-rust-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Training {
    model: Layer,
    adam: Optimizer,
    mean: Metric,
    data: Dataset,
    all: Checkpoint,
}

fn training(c: &Context, units: i64) -> Result<Training> {
    let data = Dataset::from_tensors(c, &[&c.normal(&[40, 3])])?.shuffle(5)?.batch(8, false)?;
    let model =
        Sequential::new().layer(Dense::new(units)).layer(Dropout::new(0.5)).layer(Dense::new(1)).build(c)?;
    model.build(&[8, 3])?;
    let (adam, mean, all) = (Adam::new().build(c)?, Metric::mean(c, "mean")?, Checkpoint::new(c)?);
    adam.build(&model.trainable_variables())?;
    all.add_layer("model", &model)?;
    all.add_optimizer("adam", &adam)?;
    all.add_metric("mean", &mean)?;
    all.add_dataset("data", &data)?;
    all.add_random("random")?;
    all.set_int64("epoch", 0)?;
    all.set_double("best", f64::INFINITY)?;
    all.set_text("note", "")?;
    Ok(Training { model, adam, mean, data, all })
}

fn step(c: &Context, t: &Training) -> Result<f64> {
    let batch = loop {
        if let Some(batch) = t.data.next_element()? {
            break batch;
        }
    };
    let tape = c.tape()?;
    let loss = t.model.call(&batch[0], true).square().mean();
    let weights = t.model.trainable_variables();
    t.adam.apply(&tape.gradient(&loss, &weights)?, &weights)?;
    t.mean.update(&loss)?;
    loss.item()
}

#[test]
fn a_training_goes_on_with_the_same_bits() -> Result<()> {
    let folder = Folder::new();
    let (c, d) = (&Context::new()?, &Context::new()?);
    let t = training(c, 4)?;
    for _ in 0..7 {
        step(c, &t)?;
    }
    t.all.set_int64("epoch", 3)?;
    t.all.set_double("best", 0.1)?;
    let note = "seven \u{e4}".repeat(3000);
    t.all.set_text("note", &note)?;
    t.all.save(folder.join("seven"))?;
    let after: Vec<f64> = (0..5).map(|_| step(c, &t).unwrap()).collect();
    let other = training(d, 4)?;
    other.all.restore(folder.join("seven"))?;
    assert_eq!((other.all.int64("epoch")?, other.all.double("best")?), (3, 0.1));
    assert_eq!(other.all.text("note")?, note);
    let again: Vec<f64> = (0..5).map(|_| step(d, &other).unwrap()).collect();
    assert_eq!(after, again);
    assert_eq!(t.mean.result()?, other.mean.result()?);
    refused(c, t.all.save(folder.join("seven")), Code::FailedPrecondition, "never written over");
    Ok(())
}

#[test]
fn what_does_not_fit_is_listed() -> Result<()> {
    let folder = Folder::new();
    let c = &Context::new()?;
    let (t, wide) = (training(c, 4)?, training(c, 5)?);
    t.all.save(folder.join("k"))?;
    let path = folder.join("k");
    refused(c, wide.all.restore(&path), Code::InvalidArgument, "f32 (3, 4) instead of f32 (3, 5)");
    assert!(wide.all.restore_partly(&path)?.contains("of another kind"));
    assert_eq!(t.all.restore_partly(&path)?, "");
    refused(c, t.all.restore(folder.join("none")), Code::NotFound, "cannot be opened");
    refused(c, t.all.set_double("epoch", 1.0), Code::InvalidArgument, "keeps its kind");
    refused(c, t.all.int64("none"), Code::InvalidArgument, "not there");
    refused(c, t.all.text("epoch"), Code::InvalidArgument, "an integer");
    refused(c, t.all.add_random("random"), Code::InvalidArgument, "'random' twice");
    Ok(())
}

#[test]
fn a_manager_keeps_the_best() -> Result<()> {
    let folder = Folder::new();
    let c = &Context::new()?;
    let t = training(c, 4)?;
    let options = CheckpointManagerOptions::new().max_to_keep(1).best(CheckpointBest::Max).asynchronous(true);
    let manager = CheckpointManager::with(c, &t.all, &folder.0, &options)?;
    assert_eq!((manager.latest()?, manager.best()?, manager.restore_latest()?), (None, None, None));
    let mut after = Vec::new();
    for (i, accuracy) in [0.5, 0.9, 0.7].iter().enumerate() {
        manager.save(i as i64, *accuracy)?;
        after.push(step(c, &t)?);
    }
    manager.wait()?;
    assert_eq!(manager.steps()?, [1, 2]);
    assert_eq!((manager.latest()?, manager.best()?), (Some(2), Some(1)));
    manager.restore(1)?;
    assert_eq!(step(c, &t)?, after[1]);
    assert_eq!(manager.restore_latest()?, Some(2));
    assert_eq!(step(c, &t)?, after[2]);
    let second = CheckpointManager::new(c, &t.all, &folder.0)?;
    refused(c, second.save(5, None), Code::Busy, "has one writer");
    refused(c, second.take(), Code::Busy, "[checkpoint_manager_take] a folder of checkpoints has one writer");
    drop(manager);
    second.take()?;
    second.save(5, None)?;
    refused(c, second.best(), Code::FailedPrecondition, "set 'best'");
    Ok(())
}

#[test]
fn safetensors_files() -> Result<()> {
    let folder = Folder::new();
    let c = &Context::new()?;
    let path = folder.join("w.safetensors");
    let w = c.tensor(&[1.0f32, 2.5, -3.0], &[3])?;
    let writer = SafetensorsWriter::new(c)?.add("w", &w)?.add("n", &c.ones(&[2, 2]))?.metadata("by", "me")?;
    writer.save_as(&path, SafetensorsFloats::Bf16)?;
    let file = Safetensors::open(c, &path)?;
    assert_eq!(file.names()?, ["n", "w"]);
    assert_eq!(file.stored_dtypes()?, ["BF16", "BF16"]);
    assert_eq!(file.shapes()?, [vec![2, 2], vec![3]]);
    assert_eq!(file.read("w")?.to_vec::<f32>()?, [1.0, 2.5, -3.0]);
    assert_eq!(file.metadata()?.into_iter().collect::<Vec<_>>(), [("by".to_string(), "me".to_string())]);
    refused(c, file.read("none"), Code::NotFound, "'none'");
    refused(c, writer.add("w", &w), Code::InvalidArgument, "'w' twice");
    std::fs::write(&path, "no such format").unwrap();
    refused(c, Safetensors::open(c, &path), Code::CorruptData, "at byte 0");
    Ok(())
}
