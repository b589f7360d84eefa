//! Trains a digit classifier, 784-128-10, in a loop of its own: data, tape, Adam, metrics, progress.
use std::os::unix::fs::FileTypeExt;
use tapeloop::{loss, Activation, ActivationLayer, Adam, Context, DType, DataPart, Dataset};
use tapeloop::{Dense, Dropout, Flatten, Metric, Progress, ProgressOptions, Result, Sequential};

fn show(bar: &Progress, losses: &Metric, accuracy: &Metric) -> Result<()> {
    bar.value("loss", losses.result()?)?;
    bar.value("accuracy", accuracy.result()?)
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    const OPTIONS: [&str; 7] =
        ["--epochs", "--batch", "--seed", "--threads", "--lr", "--precision", "--data"];
    let mut number = [12.0, 32.0, 1.0, 0.0, 0.002, 4.0];
    let mut data = std::env::var("TAPELOOP_DIGITS").unwrap_or_default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    for pair in arguments.chunks(2) {
        match (OPTIONS.iter().position(|name| *name == pair[0]), pair.get(1)) {
            (Some(6), Some(value)) => data = value.clone(),
            (Some(which), Some(value)) => number[which] = value.parse()?,
            _ => Err("--data DIR --epochs N --batch N --seed N --threads N --lr X --precision N")?,
        }
    }
    let [epochs, batch, seed, threads, rate, digits] = number;

    let c = &Context::builder().seed(seed as u64).threads(threads as i32).build()?;
    let bytes_to_unit = |data: Dataset, batch| data.batch(batch, false)?.cast(0, DType::F32, 255.0);
    let train = Dataset::from_idx_folder(c, &data, DataPart::Train, 0)?.shuffle(seed as u64)?;
    let train = bytes_to_unit(train, batch as i64)?;
    let test = bytes_to_unit(Dataset::from_idx_folder(c, &data, DataPart::Test, 0)?, 500)?;

    let model = Sequential::new()
        .layer(Flatten::new())
        .layer(Dense::new(128))
        .layer(ActivationLayer::new(Activation::Relu))
        .layer(Dropout::new(0.2))
        .layer(Dense::new(10))
        .build(c)?;
    let adam = Adam::new().learning_rate(rate).build(c)?;
    let (losses, accuracy) = (Metric::mean(c, None)?, Metric::sparse_categorical_accuracy(c, None)?);

    let terminal = std::fs::metadata("/dev/stdout").map_or(false, |out| out.file_type().is_char_device());
    let bar = ProgressOptions::new().descriptor(1).digits(digits as i32);
    let bar = bar.no_times(!terminal).build(c)?; // in a file, what two runs have in common

    for epoch in 1..=epochs as u32 {
        bar.start(train.size()?, &format!("epoch {}", epoch))?;
        for batch in train.epoch() {
            let [images, labels] = batch?;
            let tape = c.tape()?;
            let logits = model.call(&images, true);
            let loss = loss::sparse_categorical_cross_entropy(&labels, &logits);
            let weights = model.trainable_variables();
            let gradients = tape.gradient(&loss, &weights)?;
            adam.apply(&gradients, &weights)?;
            losses.update(&loss)?;
            accuracy.update_predictions(&labels, &logits)?;
            if bar.due() {
                show(&bar, &losses, &accuracy)?;
            }
            bar.update(train.position()?.1)?;
        }
        show(&bar, &losses, &accuracy)?;
        bar.finish()?;
        losses.reset()?;
        accuracy.reset()?;
        adam.set_learning_rate(rate * (1.0 - epoch as f64 / epochs))?; // of the next epoch
    }
    for batch in test.epoch() {
        let [images, labels] = batch?;
        accuracy.update_predictions(&labels, &model.call(&images, false))?;
    }
    println!("test accuracy: {:.4}", accuracy.result()?);
    Ok(())
}
