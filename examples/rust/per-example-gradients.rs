//! Gradients of each example in one pass: a classifier learns from gradients that are clipped one by one (DP-SGD).
use tapeloop::{
    clip_by_global_norm_with, Adam, Context, DType, NonFinite, Result, Tensor, TensorRef, Variable,
};

const BATCH: i64 = 128;
const HIDDEN: i64 = 64;
const STEPS: u32 = 600;

/// 2-64-1 with tanh; `v` holds weights and biases in turn.
fn logits(v: &[Variable], x: &Tensor) -> Tensor {
    (x.matmul(&v[0]) + &v[1]).tanh().matmul(&v[2]) + &v[3]
}

/// Points of the plane, and whether they lie in a ring.
fn draw(c: &Context, n: i64) -> (Tensor, Tensor) {
    let x = c.uniform_range(&[n, 2], -1.5, 1.5, DType::F32);
    let squares = x.square().sum_axes(&[1], true);
    let y = (squares - 1.0).abs().less(&c.scalar(DType::F32, 0.5)).cast(DType::F32);
    (x, y)
}

fn accuracy(c: &Context, v: &[Variable], x: &Tensor, y: &Tensor) -> Result<f64> {
    let guess = logits(v, x).greater(&c.scalar(DType::F32, 0.0));
    guess.equal(&y.greater(&c.scalar(DType::F32, 0.5))).cast(DType::F32).mean().item()
}

/// Of one example, its point (2,) and its label (1,): its clipped gradients and their norm. What a single example can do to the
/// weights is limited here, so that noise can hide it (Abadi et al. 2016).
fn clipped(c: &Context, v: &[Variable], example: &[TensorRef<'_>]) -> Result<Vec<Tensor>> {
    let tape = c.tape()?; // inside, so it sees one example
    let (x, y) = (example[0].reshape(&[1, 2]), example[1].reshape(&[1, 1]));
    let loss = y.sigmoid_cross_entropy(&logits(v, &x)).sum();
    let gradients = tape.gradient(&loss, v)?;
    let (clipped, norm) = clip_by_global_norm_with(&gradients, 1.0, NonFinite::Propagate)?; // a norm inside cannot be looked at
    Ok(clipped.into_iter().flatten().chain([norm]).collect())
}

fn main() -> Result<()> {
    let c = &Context::new()?;
    let mut v = Vec::new();
    for sizes in [2, HIDDEN, 1].windows(2) {
        v.push(c.variable(&c.normal_with(sizes, 0.0, 2.0, DType::F32), "weights")?);
        v.push(c.variable(&c.zeros(&sizes[1..]), "bias")?);
    }
    let adam = Adam::new().learning_rate(0.03).build(c)?;

    for step in 1..=STEPS {
        let (x, y) = draw(c, BATCH);
        let mut each =
            c.vmap_many(&[&x, &y], &[Some(0), Some(0)], v.len() + 1, |c, example| clipped(c, &v, example))?;
        let norms = each.remove(v.len());
        let mut gradients = Vec::new();
        for each in &each {
            let mean = each.mean_axes(&[0], false); // of (BATCH, shape of the variable)
            let noise = c.normal_with(&mean.shape()?, 0.0, 1.0 / BATCH as f64, DType::F32);
            gradients.push(mean + noise);
        }
        adam.apply(&gradients, &v)?;
        if step == 1 || step % 200 == 0 {
            let (accuracy, low, high) = (accuracy(c, &v, &x, &y)?, norms.min().item()?, norms.max().item()?);
            println!(
                "step {:3}  accuracy {:.2}  gradient norms of the examples: {:.3} to {:.3}",
                step, accuracy, low, high
            );
        }
    }
    let (x, y) = draw(c, 2000);
    println!("test accuracy: {:.3}", accuracy(c, &v, &x, &y)?);
    Ok(())
}
