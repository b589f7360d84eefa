//! Digits by the optional trainer: validation, early stopping, the best weights, checkpoints. Killed and run again, it goes on with the
//! same bits.
use std::ops::ControlFlow;
use tapeloop::{
    loss, Activation, Adam, Context, DType, DataPart, Dataset, Metric, Result, Tensor, TensorRef,
};
use tapeloop::{Dense, Dropout, Fit, FitEnd, FitEvent, FitNow, Flatten, Sequential};

/// `x`: what the model gives, then the batch: images, labels.
fn cross_entropy(_: &Context, x: &[TensorRef<'_>]) -> Result<Tensor> {
    Ok(loss::sparse_categorical_cross_entropy(&x[2], &x[0]))
}

fn show(_: &Context, event: FitEvent, now: &FitNow<'_>) -> Result<ControlFlow<()>> {
    if event == FitEvent::EpochEnd {
        println!(
            "epoch {}: loss {:.6}, accuracy {:.4}; held out: loss {:.6}, accuracy {:.4}",
            now.epochs,
            now.loss,
            now.metrics()[0],
            now.validation_loss,
            now.validation_metrics()[0]
        );
    }
    Ok(ControlFlow::Continue(()))
}

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "checkpoints".to_string());
    let digits = std::env::var("TAPELOOP_DIGITS").unwrap_or_default();
    let c = &Context::builder().seed(1).build()?;
    let all = Dataset::from_idx_folder(c, &digits, DataPart::Train, 0)?;
    let train = all.take(3000)?.shuffle(1)?.batch(64, false)?.cast(0, DType::F32, 255.0)?;
    let held_out = all.skip(3000)?.take(1000)?.batch(500, false)?.cast(0, DType::F32, 255.0)?;
    let test = Dataset::from_idx_folder(c, &digits, DataPart::Test, 0)?;
    let test = test.batch(500, false)?.cast(0, DType::F32, 255.0)?;
    let model = Sequential::new()
        .layer(Flatten::new())
        .layer(Dense::new(64).activation(Activation::Relu))
        .layer(Dropout::new(0.2))
        .layer(Dense::new(10))
        .build(c)?;
    let adam = Adam::new().learning_rate(0.004).build(c)?;
    let accuracy = Metric::sparse_categorical_accuracy(c, "accuracy")?;

    let fit = Fit::new()
        .epochs(40)
        .validation(&held_out)
        .metrics(&[&accuracy])
        .monitor("validation/loss")
        .patience(3)
        .min_delta(0.002)
        .restore_best(true)
        .checkpoints(folder)
        .asynchronous(true);
    let how = fit.run_with(c, &model, &adam, &train, cross_entropy, show)?;
    if how.end == FitEnd::Stopped {
        println!("stopped in epoch {}", how.epochs + 1);
    } else {
        let results = model.evaluate(c, &test, &[&accuracy], cross_entropy)?;
        println!(
            "the best of {} epochs is {}; test: loss {:.6}, accuracy {:.4}",
            how.epochs, how.best_epoch, results.loss, results.metrics[0]
        );
    }
    Ok(())
}
