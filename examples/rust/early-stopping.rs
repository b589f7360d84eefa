//! Validation, early stopping with patience, and checkpoints: killed at any moment and run again, it goes on with the same bits.
use tapeloop::{
    loss, Activation, Adam, Context, DType, DataPart, Dataset, Layer, Metric, Optimizer, PlotOptions, Result,
    Tensor,
};
use tapeloop::{Checkpoint, CheckpointBest, CheckpointManager, CheckpointManagerOptions};
use tapeloop::{Dense, Dropout, Flatten, Sequential};

const EPOCHS: i64 = 50;
const PATIENCE: i64 = 3;

fn loss_of(model: &Layer, [images, labels]: &[Tensor; 2], training: bool) -> Tensor {
    loss::sparse_categorical_cross_entropy(labels, &model.call(images, training))
}

/// One pass over the training data; their mean loss.
fn train_epoch(c: &Context, model: &Layer, adam: &Optimizer, mean: &Metric, train: &Dataset) -> Result<f64> {
    let weights = model.trainable_variables();
    for batch in train.epoch() {
        let tape = c.tape()?;
        let loss = loss_of(model, &batch?, true);
        adam.apply(&tape.gradient(&loss, &weights)?, &weights)?;
        mean.update(&loss)?;
    }
    let loss = mean.result()?;
    mean.reset()?;
    Ok(loss)
}

fn validate(model: &Layer, mean: &Metric, data: &Dataset) -> Result<f64> {
    for batch in data.epoch() {
        mean.update(&loss_of(model, &batch?, false))?;
    }
    let loss = mean.result()?;
    mean.reset()?;
    Ok(loss)
}

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "checkpoints".to_string());
    let picture = std::env::args().nth(2).unwrap_or_else(|| "early-stopping.svg".to_string());
    let c = &Context::builder().seed(1).build()?;
    let all = Dataset::from_idx_folder(
        c,
        std::env::var("TAPELOOP_DIGITS").unwrap_or_default(),
        DataPart::Train,
        0,
    )?;
    let train = all.take(2000)?.shuffle(1)?.batch(50, false)?.cast(0, DType::F32, 255.0)?;
    let held_out = all.skip(2000)?.take(1000)?.batch(500, false)?.cast(0, DType::F32, 255.0)?;
    let model = Sequential::new()
        .layer(Flatten::new())
        .layer(Dense::new(64).activation(Activation::Relu))
        .layer(Dropout::new(0.2))
        .layer(Dense::new(10))
        .build(c)?;
    let (adam, mean) = (Adam::new().learning_rate(0.003).build(c)?, Metric::mean(c, None)?);

    // The curves so far: training and validation loss of each epoch, NaN for those that are to come.
    let mut losses = vec![f64::NAN; 2 * EPOCHS as usize];
    let curves = c.variable_with(&c.tensor(&losses, &[2, EPOCHS])?, "curves", false)?;

    // The variables and slots, so that there is something to restore into; then everything that the loop changes.
    model.build(&[50, 28, 28])?;
    adam.build(&model.trainable_variables())?;
    let state = Checkpoint::new(c)?;
    state.add_layer("model", &model)?;
    state.add_optimizer("adam", &adam)?;
    state.add_dataset("train", &train)?;
    state.add_random("random")?;
    state.add_variable("curves", &curves)?;
    state.set_double("best loss", f64::INFINITY)?;
    state.set_int64("epochs without a better one", 0)?;
    let keep = CheckpointManagerOptions::new().max_to_keep(3).best(CheckpointBest::Min).asynchronous(true);
    let manager = CheckpointManager::with(c, &state, &folder, &keep)?;

    let last = manager.restore_latest()?;
    losses.copy_from_slice(&curves.to_vec::<f64>()?);
    if let Some(epoch) = last {
        println!("goes on behind epoch {}", epoch);
    }
    let (mut best, mut waited) = (state.double("best loss")?, state.int64("epochs without a better one")?);
    for epoch in last.map_or(0, |epoch| epoch + 1)..EPOCHS {
        if waited >= PATIENCE {
            break;
        }
        losses[epoch as usize] = train_epoch(c, &model, &adam, &mean, &train)?;
        let loss = validate(&model, &mean, &held_out)?;
        losses[(EPOCHS + epoch) as usize] = loss;
        curves.assign(&c.tensor(&losses, &[2, EPOCHS])?)?;
        waited = if loss < best { 0 } else { waited + 1 };
        best = loss.min(best);
        state.set_double("best loss", best)?;
        state.set_int64("epochs without a better one", waited)?;
        manager.save(epoch, loss)?;
        println!(
            "epoch {}: validation loss {:.6}{}",
            epoch,
            loss,
            if waited == 0 { ", the best so far" } else { "" }
        );
    }
    if let Some(epoch) = manager.best()? {
        manager.restore(epoch)?;
        println!("the best is epoch {}: loss {:.6}", epoch, validate(&model, &mean, &held_out)?);
    }
    let plot = PlotOptions::new().build(c, "Early stopping with a patience of 3")?;
    plot.set_labels(Some("epoch"), Some("mean loss"))?;
    plot.add_many("training", None, &losses[..EPOCHS as usize])?;
    plot.add_many("validation", None, &losses[EPOCHS as usize..])?;
    plot.write_svg(picture)
}
