//! A training that can be killed at any moment, in Rust: what train.c says.
use std::env;
use std::io::{stdout, Write};
use tapeloop::{
    Activation, Adam, AdamW, BatchNormalization, Checkpoint, CheckpointManager, CheckpointManagerOptions,
    Context, DType, Dataset, Dense, Dropout, Layer, MapOptions, Metric, Optimizer, Plateau, Result, Schedule,
    Sequential, StepOptions, Tape, Tensor,
};

const ROWS: i64 = 256;
const BATCH: i64 = 32;
const NOISE: i64 = 4;

/// What is trained, by one or two optimizers.
struct Run {
    model: Layer,
    optimizer: Optimizer,
    critic: Option<(Layer, Optimizer)>,
    data: Dataset,
    plateau: Option<Schedule>,
    mean: Metric,
}

fn build(layer: &Layer, optimizer: &Optimizer, inputs: i64) -> Result<()> {
    layer.build(&[BATCH, inputs])?;
    optimizer.build(&layer.trainable_variables())
}

/// Rows moved by up to one place each way, with noise: other numbers for each element of each epoch.
fn augmented(rows: &Dataset) -> Result<Dataset> {
    rows.map(2, MapOptions::new().threads(2).seed(5), |c, place, x| {
        let begin = (place.seed % 3) as i64;
        let row = x[0].pad(&[1], &[1]).slice(&[begin], &[begin + 8]);
        Ok(vec![row + c.normal_with(&[8], 0.0, 0.1, DType::F32), x[1].clone()])
    })
}

fn mlp(c: &Context, mapped: bool) -> Result<Run> {
    let x = c.normal(&[ROWS, 8]);
    let labels = x.sum_axes(&[1], false).less(&c.scalar(DType::F32, 0.0)).cast(DType::I32);
    let rows = Dataset::from_tensors(c, &[&x, &labels])?.shuffle(3)?;
    let data =
        if mapped { augmented(&rows)?.batch(BATCH, false)?.prefetch(2)? } else { rows.batch(BATCH, false)? };
    let model = Sequential::new()
        .layer(Dense::new(16).activation(Activation::Tanh))
        .layer(BatchNormalization::new())
        .layer(Dropout::new(0.25))
        .layer(Dense::new(2))
        .build(c)?;
    let optimizer = AdamW::new().build(c)?;
    let options = StepOptions::new()
        .gradient_accumulation_steps(2)
        .use_ema(true)
        .ema_momentum(0.9)
        .global_clip_norm(0.5)
        .dynamic_loss_scale(true)
        .loss_scale_growth_interval(7);
    optimizer.configure(&options)?;
    let cosine = Schedule::cosine(c, 0.02, 200, 0.1)?;
    let plateau = Plateau::new().factor(0.5).patience(2).build(c, &cosine)?;
    optimizer.set_schedule(Some(&plateau))?;
    build(&model, &optimizer, 8)?;
    Ok(Run { model, optimizer, critic: None, data, plateau: Some(plateau), mean: Metric::mean(c, "mean")? })
}

fn gan(c: &Context) -> Result<Run> {
    let x = c.normal_with(&[ROWS, 2], 1.0, 0.5, DType::F32);
    let data = Dataset::from_tensors(c, &[&x])?.shuffle(3)?.batch(BATCH, false)?;
    let model =
        Sequential::new().layer(Dense::new(16).activation(Activation::Relu)).layer(Dense::new(2)).build(c)?;
    let critic = Sequential::new()
        .layer(Dense::new(16).activation(Activation::LeakyRelu))
        .layer(Dropout::new(0.2))
        .layer(Dense::new(1))
        .build(c)?;
    let (optimizer, of_critic) = (Adam::new().build(c)?, Adam::new().build(c)?);
    build(&model, &optimizer, NOISE)?;
    build(&critic, &of_critic, 2)?;
    let critic = Some((critic, of_critic));
    Ok(Run { model, optimizer, critic, data, plateau: None, mean: Metric::mean(c, "mean")? })
}

fn descend(tape: Tape<'_>, loss: &Tensor, layer: &Layer, optimizer: &Optimizer) -> Result<()> {
    let weights = layer.trainable_variables();
    optimizer.apply(&tape.gradient(&optimizer.scale_loss(loss), &weights)?, &weights)
}

fn train_step(c: &Context, r: &Run, batch: &[&Tensor]) -> Result<Tensor> {
    let (critic, of_critic) = match &r.critic {
        None => {
            let tape = c.tape()?;
            let logits = r.model.call(batch[0], true);
            let loss = tapeloop::loss::sparse_categorical_cross_entropy(batch[1], &logits).mean();
            descend(tape, &loss, &r.model, &r.optimizer)?;
            return Ok(loss);
        }
        Some(critic) => critic,
    };
    // What the critic says of generated points.
    let judged = || critic.call(&r.model.call(&c.normal(&[BATCH, NOISE]), true), true);
    let tape = c.tape()?;
    let real = (-critic.call(batch[0], true)).softplus().mean();
    let loss_of_critic = real + judged().softplus().mean();
    descend(tape, &loss_of_critic, critic, of_critic)?;
    let tape = c.tape()?;
    let loss_of_model = (-judged()).softplus().mean();
    descend(tape, &loss_of_model, &r.model, &r.optimizer)?;
    Ok(loss_of_critic + loss_of_model)
}

fn everything(c: &Context, r: &Run) -> Result<Checkpoint> {
    let all = Checkpoint::new(c)?;
    all.add_layer("model", &r.model)?;
    all.add_optimizer("optimizer", &r.optimizer)?;
    if let Some((critic, of_critic)) = &r.critic {
        all.add_layer("critic", critic)?;
        all.add_optimizer("of_critic", of_critic)?;
    }
    all.add_dataset("data", &r.data)?;
    all.add_metric("mean", &r.mean)?;
    all.add_random("random")?;
    all.set_double("best", f64::INFINITY)?;
    all.set_int64("epochs without a better one", 0)?;
    all.set_text("note", "begun")?;
    Ok(all)
}

fn end_epoch(r: &Run, all: &Checkpoint) -> Result<()> {
    let mean = r.mean.result()?;
    let (best, worse) = (all.double("best")?, all.int64("epochs without a better one")?);
    if let Some(plateau) = &r.plateau {
        plateau.report(mean)?;
    }
    let better = mean < best;
    all.set_double("best", if better { mean } else { best })?;
    all.set_int64("epochs without a better one", if better { 0 } else { worse + 1 })?;
    all.set_text("note", if better { "better" } else { "worse" })?;
    r.mean.reset()
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let how = arguments.get(4).cloned().unwrap_or_default();
    let (steps, every): (i64, i64) = (arguments[2].parse().unwrap(), arguments[3].parse().unwrap());
    let c = &Context::builder().seed(7).threads(1).build()?;
    let r = &if arguments[0] == "gan" { gan(c)? } else { mlp(c, arguments[0] == "map")? };
    let compiled =
        c.function(|c, batch| train_step(c, r, &batch.iter().map(|t| &**t).collect::<Vec<_>>()))?;
    let all = everything(c, r)?;
    let options = CheckpointManagerOptions::new().asynchronous(how.contains('a'));
    let manager = CheckpointManager::with(c, &all, &arguments[1], &options)?;
    let first = manager.restore_latest()?.map_or(0, |step| step + 1);
    for step in first..steps {
        let batch = loop {
            match r.data.next_element()? {
                Some(batch) => break batch,
                None => end_epoch(r, &all)?,
            }
        };
        let batch: Vec<&Tensor> = batch.iter().collect();
        let loss = if how.contains('c') { compiled.call(&batch)? } else { train_step(c, r, &batch)? };
        r.mean.update(&loss)?;
        let value = loss.item()?;
        println!("{} {:016x}", step, value.to_bits());
        stdout().flush().unwrap();
        if (step + 1) % every == 0 || step + 1 == steps {
            manager.save(step, value)?;
        }
    }
    manager.wait()?;
    println!("done");
    Ok(())
}
