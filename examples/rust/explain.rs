//! Shows three ways to lose a gradient, what the library says of each, and the cure.
use tapeloop::{Context, DType, Result, Tape, TapeOptions, Tensor};

/// Takes the gradient of what a closure computes for x, and says why there is none.
fn gradient(c: &Context, what: &str, x: &Tensor, f: impl FnOnce(&Tape<'_>) -> Result<Tensor>) -> Result<()> {
    let tape = TapeOptions::new().explain(true).begin(c)?; // remembers what every value was made of: the answer is exact
    let y = f(&tape)?;
    let why = tape.explain(&y, x)?;
    match tape.gradient(&y, &[x])?.get(0) {
        Some(gradient) => println!("{}: {}", what, gradient.item()?),
        None => println!("{}: None\n   {}", what, why),
    }
    Ok(())
}

fn main() -> Result<()> {
    let c = &Context::new()?;
    let weight = &*c.variable(&c.scalar(DType::F32, 2.5), "weight")?;
    let total = c.variable_with(&c.scalar(DType::F32, 0.0), "total", false)?;
    let input = c.scalar(DType::F32, 3.0);

    // 1. Through an integer. The cure: let the gradient pass as if there had been no rounding.
    let rounded = || weight.cast(DType::I32).cast(DType::F32);
    gradient(c, "1. rounded through an integer", weight, |_| Ok(rounded().square()))?;
    gradient(c, "   with grad_pass_through", weight, |_| Ok(rounded().grad_pass_through(weight).square()))?;

    // 2. Through a variable. The cure: use the value, and assign it besides.
    gradient(c, "2. assigned to a variable", weight, |_| {
        total.assign(&(&*total + weight))?;
        Ok(total.square())
    })?;
    gradient(c, "   with the value itself", weight, |_| Ok((&*total + weight).square()))?;

    // 3. Of a tensor that nobody watches: only trainable variables are watched by themselves.
    let product = || input.square() * weight;
    gradient(c, "3. a tensor", &input, |_| Ok(product()))?;
    gradient(c, "   watched", &input, |tape| {
        tape.watch(&input)?;
        Ok(product())
    })
}
