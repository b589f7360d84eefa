//! A GAN that draws digits: two networks with an optimizer each, and clipped gradients, in one compiled step.
//!
//! Both networks are told which digit is meant (Mirza and Osindero 2014), so that each row of the picture shows another one.
use std::path::PathBuf;
use tapeloop::{loss, Activation, Adam, Context, DType, DataPart, Dataset, Dense, Dropout, ImageGrid, Layer};
use tapeloop::{Metric, Optimizer, PlotOptions, Result, Sequential, StepOptions, Tape, Tensor};

const BATCH: i64 = 64;
const NOISE: i64 = 64;
const COLUMNS: i64 = 12;

/// One of the two networks, with what trains it.
struct Player {
    model: Layer,
    adam: Optimizer,
    loss: Metric,
}

impl Player {
    fn new(c: &Context, inputs: i64, dropout: f64, outputs: i64, last: Activation) -> Result<Player> {
        let model = Sequential::new()
            .layer(Dense::new(256).activation(Activation::Relu))
            .layer(Dropout::new(dropout))
            .layer(Dense::new(256).activation(Activation::Relu))
            .layer(Dropout::new(dropout))
            .layer(Dense::new(outputs).activation(last))
            .build(c)?;
        model.build(&[BATCH, inputs + 10])?;
        let adam = Adam::new().learning_rate(0.0005).beta1(0.5).build(c)?;
        Ok(Player { model, adam, loss: Metric::mean(c, None)? })
    }

    /// A step on its own variables alone.
    fn improve(&self, tape: Tape, loss: &Tensor) -> Result<()> {
        let weights = self.model.trainable_variables();
        let gradients = tape.gradient(loss, &weights)?;
        let clipped: Vec<Tensor> = gradients.iter().flatten().map(|g| g.clip_by_norm(1.0)).collect();
        self.adam.apply(&clipped, &weights)?;
        self.loss.update(loss)
    }
}

fn generate(c: &Context, generator: &Player, classes: &Tensor, training: bool) -> Result<Tensor> {
    let noise = c.normal(&[classes.dim(0)?, NOISE]);
    Ok(generator.model.call(&c.concat(&[&noise, classes], 1), training))
}

/// How far the discriminator is from the right answer: 1 for digits that are real, 0 for generated ones.
fn judge(c: &Context, discriminator: &Player, images: &Tensor, classes: &Tensor, answer: f64) -> Tensor {
    let answers = c.full(&[BATCH, 1], answer, DType::F32);
    let logits = discriminator.model.call(&c.concat(&[images, classes], 1), true);
    loss::binary_cross_entropy(&answers, &logits)
}

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_string()));
    let steps: usize =
        std::env::args().nth(2).map_or(12000, |steps| steps.parse().expect("a number of steps"));
    let c = &Context::builder().seed(1).build()?;
    let generator = Player::new(c, NOISE, 0.0, 784, Activation::Sigmoid)?;
    let discriminator = Player::new(c, 784, 0.3, 1, Activation::Linear)?;
    // An average of the weights gives calmer digits than those of the last step.
    generator.adam.configure(&StepOptions::new().use_ema(true).ema_momentum(0.999))?;
    let digits = Dataset::from_idx_folder(
        c,
        std::env::var("TAPELOOP_DIGITS").unwrap_or_default(),
        DataPart::Train,
        0,
    )?;
    let data = digits.shuffle(1)?.repeat(-1)?.batch(BATCH, true)?.cast(0, DType::F32, 255.0)?;

    let step = c.function(|c, input| {
        let real = input[0].reshape(&[BATCH, 784]);
        let classes = input[1].cast(DType::I32).one_hot(10);
        let tape = c.tape()?;
        let fake = generate(c, &generator, &classes, true)?;
        let real_loss = judge(c, &discriminator, &real, &classes, 1.0);
        let fake_loss = judge(c, &discriminator, &fake, &classes, 0.0);
        discriminator.improve(tape, &(real_loss + fake_loss))?;
        let tape = c.tape()?;
        let fake = generate(c, &generator, &classes, true)?;
        generator.improve(tape, &judge(c, &discriminator, &fake, &classes, 1.0))?;
        Ok([])
    })?;
    let plot = PlotOptions::new().build(c, "A GAN on digits: mean losses")?;
    plot.set_labels(Some("step"), Some("binary cross-entropy"))?;
    let every = if steps < 1000 { 10 } else { 100 };
    for (i, batch) in (1..=steps).zip(data.epoch::<2>()) {
        step.call(&batch?)?;
        if i % every != 0 {
            continue;
        }
        let (one, other) = (discriminator.loss.result()?, generator.loss.result()?);
        if i % (10 * every) == 0 {
            println!("step {}: discriminator {:.6}, generator {:.6}", i, one, other);
        }
        plot.add("discriminator", i as f64, one)?;
        plot.add("generator", i as f64, other)?;
        discriminator.loss.reset()?;
        generator.loss.reset()?;
    }
    // Digits of the averaged generator, a row for each class.
    generator.adam.swap_averages(&generator.model.trainable_variables())?;
    let shown = 10 * COLUMNS;
    let labels: Vec<i32> = (0..shown).map(|i| (i / COLUMNS) as i32).collect();
    let wanted = c.tensor(&labels, &[shown])?.one_hot(10);
    let digits = generate(c, &generator, &wanted, false)?.reshape(&[shown, 28, 28]);
    ImageGrid::new().columns(COLUMNS).tensor(&digits).write_png(folder.join("gan-digits.png"))?;
    plot.write_svg(folder.join("gan-losses.svg"))
}
