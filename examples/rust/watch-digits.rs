//! Trains the digit classifier as a compiled step, and writes what people look at: logs, curves, digits, a trace, a graph.
use std::path::{Path, PathBuf};
use tapeloop::{loss, Activation, ActivationLayer, Adam, Context, DType, DataPart, Dataset, Dense};
use tapeloop::{Dropout, Flatten, ImageGrid, Layer, Logger, Metric, PlotOptions, ProgressOptions};
use tapeloop::{Result, Sequential};

/// The accuracy on a dataset.
fn test_accuracy(model: &Layer, test: &Dataset, accuracy: &Metric) -> Result<f64> {
    accuracy.reset()?;
    for batch in test.epoch() {
        let [images, labels] = batch?;
        accuracy.update_predictions(&labels, &model.call(&images, false))?;
    }
    accuracy.result()
}

/// The first test digits with what the model takes them for, as PNG, as SVG, and into TensorBoard.
fn show_digits(model: &Layer, test: &Dataset, board: &Logger, folder: &Path) -> Result<()> {
    let large = ImageGrid::new().columns(10).scale(2);
    for batch in test.take(60)?.batch(60, false)?.epoch() {
        let [images, _labels] = batch?;
        let found = model.call(&(images.cast(DType::F32) * (1.0 / 255.0)), false).argmax_axes(&[1], false);
        let grid = large.tensor(&images);
        grid.write_png(folder.join("digits.png"))?;
        let title = "test digits, and what they are taken for";
        large.write_svg(&images, Some(&found), title, folder.join("digits.svg"))?;
        board.image(0, "test digits", &grid)?;
    }
    Ok(())
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let (mut folder, mut epochs) = (PathBuf::from("watch-digits-out"), 6);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    for pair in arguments.chunks(2) {
        match pair {
            [name, value] if name == "--out" => folder = PathBuf::from(value),
            [name, value] if name == "--epochs" => epochs = value.parse()?,
            _ => return Err("--out FOLDER --epochs N".into()),
        }
    }
    std::fs::create_dir_all(&folder)?;
    let c = &Context::builder().seed(1).build()?;
    let digits = std::env::var("TAPELOOP_DIGITS").unwrap_or_default();
    let train = Dataset::from_idx_folder(c, &digits, DataPart::Train, 0)?.shuffle(1)?.batch(32, true)?;
    let train = train.cast(0, DType::F32, 255.0)?;
    let drawn_test = Dataset::from_idx_folder(c, &digits, DataPart::Test, 0)?;
    let test = drawn_test.batch(500, false)?.cast(0, DType::F32, 255.0)?;
    let model = Sequential::new()
        .layer(Flatten::new())
        .layer(Dense::new(128))
        .layer(ActivationLayer::new(Activation::Relu))
        .layer(Dropout::new(0.2))
        .layer(Dense::new(10))
        .build(c)?;
    let adam = Adam::new().build(c)?;
    let step = c.function(|c, input| {
        let tape = c.tape()?;
        let loss = loss::sparse_categorical_cross_entropy(&input[1], &model.call(&input[0], true));
        let weights = model.trainable_variables();
        adam.apply(&tape.gradient(&loss, &weights)?, &weights)?;
        Ok(loss)
    })?;
    let (losses, accuracy) = (Metric::mean(c, None)?, Metric::sparse_categorical_accuracy(c, None)?);

    let bar = ProgressOptions::new().descriptor(2).build(c)?; // standard error
    let table = Logger::csv(c, folder.join("run.csv"), false)?;
    let board = Logger::tensorboard(c, &folder)?;
    let curves = PlotOptions::new().log_y(true).smoothing(0.95).build(c, "digits: loss of each step")?;
    curves.set_labels(Some("step"), Some("cross-entropy"))?;
    let trace = c.trace()?;
    let mut steps = 0;
    for epoch in 1..=epochs {
        bar.start(train.size()?, &format!("epoch {}/{}", epoch, epochs))?;
        for batch in train.epoch::<2>() {
            let loss = step.call(&batch?)?;
            losses.update(&loss)?;
            steps += 1;
            curves.add("training", f64::from(steps), loss.item()?)?;
            if steps == 20 {
                trace.stop()?; // enough to look at
            }
            if bar.due() {
                bar.value("loss", losses.result()?)?;
            }
            bar.update(train.position()?.1)?;
        }
        let (mean, share) = (losses.result()?, test_accuracy(&model, &test, &accuracy)?);
        for log in [&table, &board] {
            log.scalar(epoch, "train/loss", mean)?;
            log.scalar(epoch, "test/accuracy", share)?;
        }
        board.histogram(epoch, "weights/first", &model.trainable_variables().to_vec()?[0])?;
        bar.value("loss", mean)?;
        bar.value("test accuracy", share)?;
        bar.finish()?;
        losses.reset()?;
    }
    table.flush()?;
    curves.write_svg(folder.join("loss.svg"))?;
    curves.image().write_png(folder.join("loss.png"))?;
    trace.write(folder.join("trace.json"))?;
    std::fs::write(folder.join("model.dot"), model.dot()?)?;
    show_digits(&model, &drawn_test, &board, &folder)?;
    println!("test accuracy: {:.4}", accuracy.result()?);
    let files = "run.csv, events for TensorBoard, loss and digits as .svg and .png, model.dot, trace.json";
    println!("in {}: {}", folder.display(), files);
    Ok(())
}
