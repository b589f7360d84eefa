//! Differentiates through a gradient: a Wasserstein critic whose slope is drawn to 1 by the penalty of WGAN-GP.
use tapeloop::{Adam, Context, DType, Result, Tensor, Variable};

const POINTS: i64 = 256;
const STEPS: u32 = 1000;

/// 2-64-64-1 with tanh; `v` holds weights and biases in turn.
fn critic(v: &[Variable], x: &Tensor) -> Tensor {
    let layer = |x: &Tensor, i: usize| x.matmul(&v[i]) + &v[i + 1];
    layer(&layer(&layer(x, 0).tanh(), 2).tanh(), 4)
}

/// Points on the unit circle, which the critic has to tell from points around its middle.
fn circle(c: &Context) -> Tensor {
    let angle = c.uniform_range(&[POINTS, 1], 0.0, std::f64::consts::TAU, DType::F32);
    c.concat(&[angle.cos(), angle.sin()], 1)
}

fn main() -> Result<()> {
    let c = &Context::new()?;
    let mut v = Vec::new();
    for sizes in [2, 64, 64, 1].windows(2) {
        v.push(c.variable(&c.normal_with(sizes, 0.0, 0.3, DType::F32), "weights")?);
        v.push(c.variable(&c.zeros(&sizes[1..]), "bias")?);
    }
    let adam = Adam::new().learning_rate(0.005).build(c)?;

    for step in 1..=STEPS {
        let (real, fake) = (circle(c), c.normal_with(&[POINTS, 2], 0.0, 0.1, DType::F32));
        let between = &fake + c.uniform(&[POINTS, 1]) * (&real - &fake);

        let outer = c.tape()?; // records the gradient that the inner tape computes
        let inner = c.tape()?;
        inner.watch(&between)?;
        let slope = inner.gradient(&critic(&v, &between), &between)?;
        let norm = slope.square().sum_axes(&[1], false).sqrt();
        let penalty = (&norm - 1.0).square().mean();
        let distance = critic(&v, &real).mean() - critic(&v, &fake).mean();
        let gradients = outer.gradient(&(penalty * 10.0 - &distance), &v)?;
        adam.apply(&gradients, &v)?;
        if step == 1 || step % 200 == 0 {
            let (distance, norm) = (distance.item()?, norm.mean().item()?);
            println!("step {:4}  distance {:.3}  norm of the critic's gradient {:.3}", step, distance, norm);
        }
    }
    Ok(())
}
