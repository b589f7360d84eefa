//! A compiled step: a training step that is written once, run as it is and as a function, with the same numbers and less time.
use std::time::{Duration, Instant};
use tapeloop::{Activation, Adam, Context, Dense, Layer, Optimizer, Result, Sequential, Tensor};

const POINTS: i64 = 64;
const STEPS: u32 = 2000;

/// Of x and the wanted y: the loss.
fn train_step(c: &Context, net: &Layer, adam: &Optimizer, x: &Tensor, y: &Tensor) -> Result<Tensor> {
    let weights = net.trainable_variables();
    let tape = c.tape()?;
    let loss = (net.call(x, true) - y).square().mean();
    adam.apply(&tape.gradient(&loss, &weights)?, &weights)?;
    Ok(loss)
}

/// Trains a new network to give the sine on [-3, 3], with Adam and a falling learning rate; the last loss.
fn train(compiled: bool) -> Result<(f64, Duration)> {
    let c = &Context::builder().seed(1).threads(1).build()?;
    let hidden = Dense::new(32).activation(Activation::Tanh);
    let net = Sequential::new().layer(hidden).layer(Dense::new(1)).build(c)?;
    let adam = Adam::new().build(c)?;
    let points: Vec<f32> = (0..POINTS).map(|i| -3.0 + 6.0 * i as f32 / (POINTS - 1) as f32).collect();
    let sines: Vec<f32> = points.iter().map(|x| x.sin()).collect();
    let (x, y) = (c.tensor(&points, &[POINTS, 1])?, c.tensor(&sines, &[POINTS, 1])?);
    net.call(&x, false).check()?; // makes the weights

    let step = c.function(|c, batch| train_step(c, &net, &adam, &batch[0], &batch[1]))?;
    let (mut last, begin) = (f64::NAN, Instant::now());
    for i in 0..STEPS {
        let part = std::f64::consts::PI * f64::from(i) / f64::from(STEPS);
        adam.set_learning_rate(0.01 * (1.0 + part.cos()) / 2.0)?;
        last = match compiled {
            true => step.call_item(&[&x, &y])?,
            false => train_step(c, &net, &adam, &x, &y)?.item()?,
        };
    }
    let time = begin.elapsed();
    if compiled {
        let now = step.statistics()?;
        println!(
            "recorded {} time(s), replayed {} times; a step calls {} kernels in {} bytes",
            now.traces, now.replays, now.kernels, now.arena_bytes
        );
    }
    Ok((last, time))
}

fn main() -> Result<()> {
    let (eager, compiled) = (train(false)?, train(true)?);
    for (name, (loss, time)) in [("eager:   ", eager), ("compiled:", compiled)] {
        println!("{} loss {:.8e}, {:.1} us a step", name, loss, time.as_secs_f64() * 1e6 / f64::from(STEPS));
    }
    assert!(eager.0 == compiled.0 && compiled.0 < 1e-3);
    println!("the same to the last bit");
    Ok(())
}
