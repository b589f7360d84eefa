//! Curriculum sampling: three sources of digits, mixed with weights that follow from how badly each is known so far.
//!
//! The sources are the same digits with more and more noise. The step keeps a mean loss for each; every so often the weights of
//! the mixture become these means, and the pipeline follows from its next element on.
use std::path::PathBuf;
use tapeloop::{Activation, Adam, Context, DType, DataPart, Dataset, Dense, Flatten, Metric, PlotOptions};
use tapeloop::{Result, Sequential};

const BATCH: i64 = 50;
const EVERY: usize = 100;
const NAMES: [&str; 3] = ["clean", "noisy", "very noisy"];

/// Digits in an order of their own, each with the number of its source.
fn source(c: &Context, digits: &Dataset, number: i64) -> Result<Dataset> {
    let numbers = Dataset::range(c, number, number + 1, 1)?.repeat(-1)?;
    Dataset::zip(&[&digits.shuffle(number as u64)?.repeat(-1)?, &numbers])
}

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_string()));
    let steps: usize =
        std::env::args().nth(2).map_or(3000, |steps| steps.parse().expect("a number of steps"));
    let c = &Context::new()?;
    let model = Sequential::new()
        .layer(Flatten::new())
        .layer(Dense::new(64).activation(Activation::Relu))
        .layer(Dense::new(10))
        .build(c)?;
    let adam = Adam::new().build(c)?;
    let means = NAMES.iter().map(|name| Metric::mean(c, *name)).collect::<Result<Vec<_>>>()?;
    let digits = Dataset::from_idx_folder(
        c,
        std::env::var("TAPELOOP_DIGITS").unwrap_or_default(),
        DataPart::Train,
        0,
    )?;
    let sources = [source(c, &digits, 0)?, source(c, &digits, 1)?, source(c, &digits, 2)?];
    let mut weights = [1.0 / 3.0; 3];
    let mixture = Dataset::sample_from(&[&sources[0], &sources[1], &sources[2]], &weights, 1, false)?;
    let batches = mixture.batch(BATCH, true)?.cast(0, DType::F32, 255.0)?.prefetch(4)?;
    model.build(&[BATCH, 28, 28])?;

    // Of images, labels and the number of each example's source.
    let step = c.function(|c, input| {
        let spread = input[2].cast(DType::F32).reshape(&[BATCH, 1, 1]);
        let noise = spread * 0.5 * c.normal(&[BATCH, 28, 28]);
        let tape = c.tape()?;
        let logits = model.call(&(&*input[0] + noise), true);
        let each = input[1].cast(DType::I32).sparse_softmax_cross_entropy(&logits);
        let variables = model.trainable_variables();
        adam.apply(&tape.gradient(&each.mean(), &variables)?, &variables)?;
        for (number, mean) in means.iter().enumerate() {
            let here = input[2].equal(&c.scalar(DType::I64, number as f64));
            mean.update_weighted(&each, &here.cast(DType::F32))?;
        }
        Ok([])
    })?;
    let losses = PlotOptions::new().build(c, "Loss of each source")?;
    let shares = PlotOptions::new().build(c, "Share of each source in the mixture")?;
    losses.set_labels(Some("step"), Some("cross-entropy"))?;
    shares.set_labels(Some("step"), Some("weight"))?;
    for (i, batch) in (1..=steps).zip(batches.epoch::<3>()) {
        step.call(&batch?)?;
        if i % EVERY != 0 {
            continue;
        }
        let loss = means.iter().map(Metric::result).collect::<Result<Vec<_>>>()?;
        let sum: f64 = loss.iter().sum();
        for k in 0..NAMES.len() {
            if i % (5 * EVERY) == 0 {
                println!("step {}, {}: loss {:.6}, its share was {:.4}", i, NAMES[k], loss[k], weights[k]);
            }
            losses.add(NAMES[k], i as f64, loss[k])?;
            shares.add(NAMES[k], i as f64, weights[k])?;
            weights[k] = loss[k] / sum;
            means[k].reset()?;
        }
        mixture.set_weights(&weights)?;
    }
    losses.write_svg(folder.join("curriculum-losses.svg"))?;
    shares.write_svg(folder.join("curriculum-weights.svg"))
}
