//! Newton's method with the exact Hessian, and the Jacobian of a model's outputs by its parameters.
use tapeloop::{Context, Result, Tensor};

/// One element of a vector.
fn entry(v: &Tensor, i: i64) -> Tensor {
    v.slice(&[i], &[i + 1])
}

/// Rosenbrock's valley (1 - x)^2 + 100 (y - x^2)^2, whose bottom is at (1, 1).
fn valley(_: &Context, p: &Tensor) -> Result<Tensor> {
    let (x, y) = (entry(p, 0), entry(p, 1));
    let off = (y - x.square()).square() * 100.0;
    Ok(((x - 1.0).square() + off).sum())
}

/// One step from p: the gradient is the Jacobian of a number, and two equations are solved by hand.
fn step(c: &Context, p: &mut [f64; 2]) -> Result<()> {
    let at = c.tensor(p, &[2])?;
    let g = c.jacobian(&at, valley)?.to_vec::<f64>()?;
    let h = c.hessian(&at, valley)?.to_vec::<f64>()?;
    let determinant = h[0] * h[3] - h[1] * h[2];
    p[0] -= (h[3] * g[0] - h[1] * g[1]) / determinant;
    p[1] -= (h[0] * g[1] - h[2] * g[0]) / determinant;
    Ok(())
}

/// How a decay a exp(-b t), at four times, moves with a and b: one row for each time, all in one call on a tape.
fn sensitivities(c: &Context) -> Result<()> {
    let times = [0.0, 1.0, 2.0, 4.0];
    let (p, t) = (c.tensor(&[2.0, 0.5], &[2])?, c.tensor(&times, &[4])?);
    let tape = c.tape()?;
    tape.watch(&p)?;
    let y = entry(&p, 0) * (-(entry(&p, 1) * t)).exp();
    let rows = tape.jacobian(&y, &p)?.to_vec::<f64>()?;
    for (at, row) in times.iter().zip(rows.chunks(2)) {
        println!("at {}: by a {:.4}, by b {:.4}", at, row[0], row[1]);
    }
    Ok(())
}

fn main() -> Result<()> {
    let c = &Context::new()?;
    sensitivities(c)?;
    let mut p = [-1.2, 1.0];
    for i in 1..=6 {
        step(c, &mut p)?;
        println!("step {}: {:.6} {:.6}", i, p[0], p[1]);
    }
    let distance = f64::hypot(p[0] - 1.0, p[1] - 1.0);
    println!("distance from the bottom: {:.1e}", distance);
    Ok(())
}
