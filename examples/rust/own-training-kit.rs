//! A loss, an optimizer, a metric and a schedule of the program's own, compiled into one step.
//!
//! A line is laid so that nine tenths of the points are below it: the loss is the pinball loss of the 0.9 quantile, the optimizer
//! goes by the sign of a momentum, the metric is the share of the points below the line.
use tapeloop::{loss, Context, CustomOptimizer, DType, Metric, Result, Schedule, Tensor};

const POINTS: usize = 1000;
const STEPS: usize = 400;

/// max(q e, (q - 1) e) of each point, e = y - prediction; then the reduction that all losses have.
fn pinball(y: &Tensor, prediction: &Tensor, q: f64) -> Tensor {
    let e = y - prediction;
    loss::reduce(&(&e * q).maximum(&(&e * (q - 1.0))))
}

/// The points: y = 2 x plus something even in [0, 1).
fn draw() -> (Vec<f64>, Vec<f64>) {
    let x: Vec<f64> = (0..POINTS).map(|i| -1.0 + 2.0 * i as f64 / (POINTS - 1) as f64).collect();
    let y = x.iter().enumerate().map(|(i, x)| 2.0 * x + (i * 377 % POINTS) as f64 / POINTS as f64).collect();
    (x, y)
}

fn main() -> Result<()> {
    let c = &Context::new()?;
    let (x, y) = draw();
    let (x, y) = (c.tensor(&x, &[POINTS as i64])?, c.tensor(&y, &[POINTS as i64])?);
    let slope = c.variable(&c.scalar(DType::F64, 0.0), "slope")?;
    let height = c.variable(&c.scalar(DType::F64, 0.0), "height")?;
    let optimizer =
        CustomOptimizer::new("signed").learning_rate(0.1).slot("momentum", 0.0).build(c, |u| {
            let momentum = u.slot(0) * 0.9 + u.gradient();
            Ok(vec![u.weights() - u.rate() * momentum.sign(), momentum])
        })?;
    // The state, below and all, then what the update was given: labels, predictions and no weights.
    let coverage = Metric::custom(
        c,
        "coverage",
        &[("below", &[], 0.0), ("all", &[], 0.0)],
        |_, state, given| match (&given[0], &given[1]) {
            (Some(y), Some(prediction)) => {
                let below = y.less(prediction).cast(DType::F64);
                Ok(vec![&*state[0] + below.sum(), &*state[1] + POINTS as f64])
            }
            _ => Ok(vec![(*state[0]).clone(), (*state[1]).clone()]),
        },
        |_, state| Ok(&*state[0] / &*state[1]),
    )?;
    optimizer.set_schedule(Some(&Schedule::custom(c, "falling", |step| 0.1 / (1.0 + 0.1 * step as f64))?))?;

    let train = c.function(|c, data| {
        let tape = c.tape()?;
        let prediction = &*data[0] * &*slope + &*height;
        let loss = pinball(&data[1], &prediction, 0.9);
        optimizer.apply(&tape.gradient(&loss, &[&slope, &height])?, &[&slope, &height])?;
        coverage.update_predictions(&data[1], &prediction)?;
        Ok(loss)
    })?;
    for i in 1..=STEPS {
        let loss = train.call_item(&[&x, &y])?;
        if i % 100 == 0 {
            println!("step {}: loss {:.6}, coverage {:.4}", i, loss, coverage.result()?);
            coverage.reset()?;
        }
    }
    println!("the line: {:.4} x + {:.4}", slope.item()?, height.item()?);
    for state in optimizer.variables().to_vec()? {
        println!("state: {}", state.name()?);
    }
    Ok(())
}
