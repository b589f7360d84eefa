//! The workloads W0op, W0 and W1 of the benchmarks, from Rust: one JSON line each, as `workload_bench` in C prints it.
//!
//!     cargo run --release --example workload_bench -- --workload W0op [--threads N] [--quick] | --list
use std::process::exit;
use std::time::Instant;
use tapeloop::{Adam, Context, DType, Optimizer, Result, Sgd, Tensor, Variable};

const BATCHES: usize = 8;
const ADDS: usize = 1000;

fn random24(id: u64, i: u64) -> u32 {
    let mut z = (id << 32).wrapping_add(i).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ z >> 31) >> 40) as u32
}

fn filled(c: &Context, id: u64, dims: &[i64], low: f32, high: f32) -> Result<Tensor> {
    let count = dims.iter().product::<i64>() as u64;
    let value = |i| low + (high - low) * (random24(id, i) as f32 / 16_777_216.0);
    c.tensor_from_vec((0..count).map(value).collect(), dims)
}

fn labels(c: &Context, id: u64, count: u64, classes: u32) -> Result<Tensor> {
    let values = (0..count).map(|i| (random24(id, i) % classes) as i32);
    c.tensor(&values.collect::<Vec<_>>(), &[count as i64])
}

/// One step of a workload; `inner` of them are what is timed as one.
trait Workload {
    const INNER: usize = 1;
    fn step(&self, i: usize) -> Result<Option<f64>>;
}

/// One eager addition, whose result is dropped.
struct Addition {
    a: Tensor,
    b: Tensor,
}

impl Workload for Addition {
    const INNER: usize = ADDS;
    fn step(&self, _: usize) -> Result<Option<f64>> {
        for _ in 0..ADDS {
            let _ = &self.a + &self.b;
        }
        Ok(None)
    }
}

/// Two scalar parameters.
struct Scalars<'c> {
    c: &'c Context,
    variables: [Variable; 2],
    x: Vec<Tensor>,
    sgd: Optimizer,
}

impl Workload for Scalars<'_> {
    fn step(&self, i: usize) -> Result<Option<f64>> {
        let [a, b] = &self.variables;
        let tape = self.c.tape()?;
        let loss = (a * &self.x[i % BATCHES] + b).tanh().mean();
        let gradients = tape.gradient(&loss, &self.variables)?;
        self.sgd.apply(&gradients, &self.variables)?;
        Ok(Some(loss.item()?))
    }
}

/// 784-128-10 with Adam and a running count of hits.
struct Classifier<'c> {
    c: &'c Context,
    variables: [Variable; 4],
    x: Vec<Tensor>,
    y: Vec<Tensor>,
    adam: Optimizer,
    hits: Variable,
}

impl Workload for Classifier<'_> {
    fn step(&self, i: usize) -> Result<Option<f64>> {
        let [w1, b1, w2, b2] = &self.variables;
        let (x, y) = (&self.x[i % BATCHES], &self.y[i % BATCHES]);
        let tape = self.c.tape()?;
        let logits = (x.matmul(w1) + b1).relu().matmul(w2) + b2;
        let loss = y.sparse_softmax_cross_entropy(&logits).mean();
        let gradients = tape.gradient(&loss, &self.variables)?;
        self.adam.apply(&gradients, &self.variables)?;
        let hit = logits.argmax_axes(&[1], false).equal(&y.cast(DType::I64));
        self.hits.assign(&(&self.hits + hit.cast(DType::I64).sum()))?;
        Ok(Some(loss.item()?))
    }
}

fn scalars(c: &Context) -> Result<Scalars<'_>> {
    let variables =
        [c.variable(&c.scalar(DType::F32, 0.5), "a")?, c.variable(&c.scalar(DType::F32, 0.1), "b")?];
    let x = (0..BATCHES as u64).map(|b| filled(c, 100 + b, &[1], 0.0, 1.0)).collect::<Result<_>>()?;
    Ok(Scalars { c, variables, x, sgd: Sgd::new().learning_rate(0.01).build(c)? })
}

fn classifier(c: &Context) -> Result<Classifier<'_>> {
    let layer = |id: u64, from: i64, to: i64| -> Result<[Variable; 2]> {
        let bound = (1.0 / (from as f64).sqrt()) as f32;
        Ok([
            c.variable(&filled(c, id, &[from, to], -bound, bound)?, "weight")?,
            c.variable(&c.zeros(&[to]), "bias")?,
        ])
    };
    let ([w1, b1], [w2, b2]) = (layer(0, 784, 128)?, layer(1, 128, 10)?);
    let batches = || 0..BATCHES as u64;
    Ok(Classifier {
        c,
        variables: [w1, b1, w2, b2],
        x: batches().map(|b| filled(c, 100 + b, &[32, 784], 0.0, 1.0)).collect::<Result<_>>()?,
        y: batches().map(|b| labels(c, 200 + b, 32, 10)).collect::<Result<_>>()?,
        adam: Adam::new().learning_rate(1e-3).beta1(0.9).beta2(0.999).epsilon(1e-7).build(c)?,
        hits: c.variable_with(&c.scalar(DType::I64, 0.0), "hits", false)?,
    })
}

fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = q * (sorted.len() - 1) as f64;
    let (i, part) = (at as usize, at.fract());
    sorted.get(i + 1).map_or(sorted[i], |next| sorted[i] + part * (next - sorted[i]))
}

/// Losses of the first steps and of step 200, then times; the same plan as measure.c.
fn run<W: Workload>(name: &str, threads: i32, quick: bool, workload: &W) -> Result<()> {
    let begun = Instant::now();
    let mut losses = Vec::new();
    let mut first_call_ms = 0.0;
    for i in 0..=200 {
        match workload.step(i)? {
            Some(loss) => losses.push(loss),
            None => break,
        }
        if i == 0 {
            first_call_ms = begun.elapsed().as_secs_f64() * 1e3;
        }
    }

    let (warm, sample, want) = if quick { (0.3, 0.03, 7) } else { (3.0, 0.1, 40) };
    let mut i = 0;
    let seconds = |since: Instant| since.elapsed().as_secs_f64();
    let begun = Instant::now();
    while i < 3 || ((i * W::INNER < 20 || seconds(begun) < 0.3) && seconds(begun) < warm) {
        workload.step(i)?;
        i += 1;
    }
    let (begun, mut count) = (Instant::now(), 0);
    while count == 0 || seconds(begun) < sample {
        workload.step(i)?;
        i += 1;
        count += 1;
    }
    let each = seconds(begun) / count as f64;
    let mut calls = ((sample / each).ceil() as usize).max(2);
    if calls > 8 {
        calls = (calls + 7) / 8 * 8; // whole rounds over the batches
    }
    let mut times = Vec::new();
    while times.len() < want {
        let begun = Instant::now();
        for _ in 0..calls {
            workload.step(i)?;
            i += 1;
        }
        times.push(seconds(begun) / (calls * W::INNER) as f64 * 1e6);
    }
    times.sort_by(f64::total_cmp);
    let (p10, median, p90) = (quantile(&times, 0.1), quantile(&times, 0.5), quantile(&times, 0.9));
    print!(
        "{{\"peer\":\"tapeloop\",\"version\":\"{}\",\"lang\":\"rust\",\"mode\":\"eager\"",
        tapeloop::version()
    );
    print!(",\"workload\":\"{}\",\"threads\":{}", name, threads);
    print!(",\"us\":{{\"p10\":{:.4},\"median\":{:.4},\"p90\":{:.4}}}", p10, median, p90);
    print!(",\"steps\":{}", times.len() * calls * W::INNER);
    if losses.len() == 201 {
        print!(
            ",\"first_call_ms\":{:.3},\"loss\":{:?},\"loss_end\":{}",
            first_call_ms,
            &losses[..10],
            losses[200]
        );
    }
    println!("}}");
    Ok(())
}

fn main() -> Result<()> {
    let (mut name, mut threads, mut quick) = (String::new(), 1, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => quick = true,
            "--list" => {
                println!("W0op eager\nW0 eager\nW1 eager");
                return Ok(());
            }
            "--workload" => name = arguments.next().unwrap_or_default(),
            "--threads" => threads = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1),
            _ => break,
        }
    }
    let c = &Context::builder().threads(threads).build()?;
    match name.as_str() {
        "W0op" => {
            let (a, b) = (filled(c, 100, &[1], 0.0, 1.0)?, filled(c, 101, &[1], 0.0, 1.0)?);
            run("W0op", threads, quick, &Addition { a, b })
        }
        "W0" => run("W0", threads, quick, &scalars(c)?),
        "W1" => run("W1", threads, quick, &classifier(c)?),
        _ => {
            eprintln!("usage: workload_bench --workload W1 [--threads N] [--quick] | --list");
            exit(2)
        }
    }
}
