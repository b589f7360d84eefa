//! The workloads W0op, W0, W1 and W2 of the benchmarks, from Rust: one JSON line each, as `workload_bench` in C prints it.
//!
//!     cargo run --release --example workload_bench -- --workload W1 [--mode compiled] [--threads N] [--quick] [--peaks NUMBERS] | --list
use std::cell::RefCell;
use std::process::exit;
use std::time::Instant;
use tapeloop::{
    Adam, BoundStatistics, Context, DType, Function, FunctionStatistics, MachinePeaks, Optimizer,
};
use tapeloop::{Result, Sgd, Tensor, Variable};

const LOOP: usize = 32;
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

type Plan = (FunctionStatistics, Option<BoundStatistics>);

/// One step of a workload in one of its modes; `inner` of them are what is timed as one.
trait Workload {
    fn inner(&self) -> usize {
        1
    }
    /// What is timed.
    fn step(&self, i: usize) -> Result<Option<f64>>;
    /// The loss of step i, counted from the first.
    fn loss(&self, i: usize) -> Result<Option<f64>> {
        self.step(i)
    }
    /// What a compiled step is made of, and what it takes at the least on a machine with these peaks.
    fn plan(&self, _: Option<&MachinePeaks>) -> Result<Option<Plan>> {
        Ok(None)
    }
}

/// One eager addition, whose result is dropped.
struct Addition {
    a: Tensor,
    b: Tensor,
}

impl Workload for Addition {
    fn inner(&self) -> usize {
        ADDS
    }
    fn step(&self, _: usize) -> Result<Option<f64>> {
        for _ in 0..ADDS {
            let _ = &self.a + &self.b;
        }
        Ok(None)
    }
}

/// A training step that is written once, of the tensors of a batch.
trait Training {
    fn train(&self, c: &Context, batch: &[&Tensor]) -> Result<Tensor>;
    fn batch(&self, i: usize) -> Vec<&Tensor>;
}

struct Eager<'c, T> {
    c: &'c Context,
    training: &'c T,
}

impl<T: Training> Workload for Eager<'_, T> {
    fn step(&self, i: usize) -> Result<Option<f64>> {
        Ok(Some(self.training.train(self.c, &self.training.batch(i))?.item()?))
    }
}

struct Compiled<'c, T> {
    training: &'c T,
    function: Function<'c>,
}

impl<T: Training> Workload for Compiled<'_, T> {
    fn step(&self, i: usize) -> Result<Option<f64>> {
        Ok(Some(self.function.call_item(&self.training.batch(i))?))
    }
    fn plan(&self, peaks: Option<&MachinePeaks>) -> Result<Option<Plan>> {
        let bound = peaks.map(|peaks| self.function.bound(peaks)).transpose()?;
        Ok(Some((self.function.statistics()?, bound)))
    }
}

/// Many steps of a function in one call.
struct Loop<'c, T> {
    compiled: Compiled<'c, T>,
    losses: RefCell<Vec<f64>>,
}

impl<T: Training> Workload for Loop<'_, T> {
    fn inner(&self) -> usize {
        LOOP
    }
    fn step(&self, i: usize) -> Result<Option<f64>> {
        let inputs: Vec<&Tensor> =
            (0..LOOP).flat_map(|k| self.compiled.training.batch(i * LOOP + k)).collect();
        let mut outputs = Vec::with_capacity(LOOP);
        self.compiled.function.run_n(LOOP, &inputs, &mut outputs)?;
        let losses = outputs.iter().map(Tensor::item).collect::<Result<Vec<_>>>()?;
        let last = losses[LOOP - 1];
        *self.losses.borrow_mut() = losses;
        Ok(Some(last))
    }
    fn loss(&self, i: usize) -> Result<Option<f64>> {
        if i % LOOP == 0 {
            self.step(i / LOOP)?;
        }
        Ok(Some(self.losses.borrow()[i % LOOP]))
    }
    fn plan(&self, peaks: Option<&MachinePeaks>) -> Result<Option<Plan>> {
        self.compiled.plan(peaks)
    }
}

/// Two scalar parameters.
struct Scalars {
    variables: [Variable; 2],
    x: Vec<Tensor>,
    sgd: Optimizer,
}

impl Training for Scalars {
    fn train(&self, c: &Context, batch: &[&Tensor]) -> Result<Tensor> {
        let [a, b] = &self.variables;
        let tape = c.tape()?;
        let loss = (a * batch[0] + b).tanh().mean();
        let gradients = tape.gradient(&loss, &self.variables)?;
        self.sgd.apply(&gradients, &self.variables)?;
        Ok(loss)
    }
    fn batch(&self, i: usize) -> Vec<&Tensor> {
        vec![&self.x[i % BATCHES]]
    }
}

/// A classifier with relu, Adam and a running count of hits.
struct Classifier {
    variables: Vec<Variable>,
    x: Vec<Tensor>,
    y: Vec<Tensor>,
    adam: Optimizer,
    hits: Variable,
}

impl Training for Classifier {
    fn train(&self, c: &Context, batch: &[&Tensor]) -> Result<Tensor> {
        let y = batch[1];
        let tape = c.tape()?;
        let mut logits = batch[0].matmul(&self.variables[0]) + &self.variables[1];
        for layer in self.variables[2..].chunks(2) {
            logits = logits.relu().matmul(&layer[0]) + &layer[1];
        }
        let loss = y.sparse_softmax_cross_entropy(&logits).mean();
        let gradients = tape.gradient(&loss, &self.variables)?;
        self.adam.apply(&gradients, &self.variables)?;
        let hit = logits.argmax_axes(&[1], false).equal(&y.cast(DType::I64));
        self.hits.assign(&(&self.hits + hit.cast(DType::I64).sum()))?;
        Ok(loss)
    }
    fn batch(&self, i: usize) -> Vec<&Tensor> {
        vec![&self.x[i % BATCHES], &self.y[i % BATCHES]]
    }
}

fn scalars(c: &Context) -> Result<Scalars> {
    let variables =
        [c.variable(&c.scalar(DType::F32, 0.5), "a")?, c.variable(&c.scalar(DType::F32, 0.1), "b")?];
    let x = (0..BATCHES as u64).map(|b| filled(c, 100 + b, &[1], 0.0, 1.0)).collect::<Result<_>>()?;
    Ok(Scalars { variables, x, sgd: Sgd::new().learning_rate(0.01).build(c)? })
}

fn classifier(c: &Context, sizes: &[i64]) -> Result<Classifier> {
    let mut variables = Vec::new();
    for (id, layer) in sizes.windows(2).enumerate() {
        let bound = (1.0 / (layer[0] as f64).sqrt()) as f32;
        variables.push(c.variable(&filled(c, id as u64, layer, -bound, bound)?, "weight")?);
        variables.push(c.variable(&c.zeros(&[layer[1]]), "bias")?);
    }
    let batches = || 0..BATCHES as u64;
    let classes = sizes[sizes.len() - 1] as u32;
    Ok(Classifier {
        variables,
        x: batches().map(|b| filled(c, 100 + b, &[32, sizes[0]], 0.0, 1.0)).collect::<Result<_>>()?,
        y: batches().map(|b| labels(c, 200 + b, 32, classes)).collect::<Result<_>>()?,
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
fn run(o: &Options, workload: &dyn Workload) -> Result<()> {
    let begun = Instant::now();
    let mut losses = Vec::new();
    let (mut first_call_ms, mut second_call_ms) = (0.0, 0.0);
    for i in 0..=200 {
        match workload.loss(i)? {
            Some(loss) => losses.push(loss),
            None => break,
        }
        match i {
            0 => first_call_ms = begun.elapsed().as_secs_f64() * 1e3,
            1 => second_call_ms = begun.elapsed().as_secs_f64() * 1e3 - first_call_ms,
            _ => {}
        }
    }

    let (warm, sample, want) = if o.quick { (0.3, 0.03, 7) } else { (3.0, 0.1, 40) };
    let (mut i, inner) = (0, workload.inner());
    let seconds = |since: Instant| since.elapsed().as_secs_f64();
    let begun = Instant::now();
    while i < 3 || ((i * inner < 20 || seconds(begun) < 0.3) && seconds(begun) < warm) {
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
        times.push(seconds(begun) / (calls * inner) as f64 * 1e6);
    }
    times.sort_by(f64::total_cmp);
    let (p10, median, p90) = (quantile(&times, 0.1), quantile(&times, 0.5), quantile(&times, 0.9));
    print!(
        "{{\"peer\":\"tapeloop\",\"version\":\"{}\",\"lang\":\"rust\",\"mode\":\"{}\"",
        tapeloop::version(),
        o.mode
    );
    print!(",\"workload\":\"{}\",\"threads\":{}", o.name, o.threads);
    print!(",\"us\":{{\"p10\":{:.4},\"median\":{:.4},\"p90\":{:.4}}}", p10, median, p90);
    print!(",\"steps\":{}", times.len() * calls * inner);
    if losses.len() == 201 {
        print!(
            ",\"first_call_ms\":{:.3},\"loss\":{:?},\"loss_end\":{}",
            first_call_ms,
            &losses[..10],
            losses[200]
        );
    }
    if let Some((plan, bound)) = workload.plan(o.peaks.as_ref())? {
        if inner == 1 {
            print!(",\"second_call_ms\":{:.3}", second_call_ms);
        }
        print!(",\"kernels\":{},\"clusters\":{}", plan.kernels, plan.clusters);
        print!(",\"flops\":{},\"bytes\":{}", plan.flops, plan.moved_bytes);
        print!(",\"touched_bytes\":{},\"arena_bytes\":{}", plan.touched_bytes, plan.arena_bytes);
        if let Some(bound) = bound {
            let level = ["l1", "l2", "l3", "dram"][bound.level as usize - 1];
            let by = if bound.arithmetic_seconds >= bound.memory_seconds { "fma" } else { level };
            print!(",\"bound_us\":{:.4},\"bound_by\":\"{}\"", bound.seconds * 1e6, by);
        }
    }
    println!("}}");
    Ok(())
}

/// A training step in the mode that is asked for.
fn train<T: Training>(c: &Context, o: &Options, training: &T) -> Result<()> {
    if o.mode == "eager" {
        return run(o, &Eager { c, training });
    }
    let function =
        c.function(|c, batch| training.train(c, &batch.iter().map(|t| &**t).collect::<Vec<_>>()))?;
    let compiled = Compiled { training, function };
    match o.mode.as_str() {
        "compiled" => run(o, &compiled),
        _ => run(o, &Loop { compiled, losses: RefCell::default() }),
    }
}

struct Options {
    name: String,
    mode: String,
    threads: i32,
    quick: bool,
    peaks: Option<MachinePeaks>,
}

/// The fields of `MachinePeaks` in order, with commas between them, as tests/bench/run writes them.
fn read_peaks(text: &str) -> Option<MachinePeaks> {
    let numbers = text.split(',').map(|number| number.parse().ok()).collect::<Option<Vec<f64>>>()?;
    let mut peaks = MachinePeaks::default();
    match numbers[..] {
        [threads, flops, l1, l2, l3, l1_bandwidth, l2_bandwidth, l3_bandwidth, dram_bandwidth] => {
            peaks.threads = threads as i32;
            peaks.flops = flops;
            peaks.l1_bytes = l1 as u64;
            peaks.l2_bytes = l2 as u64;
            peaks.l3_bytes = l3 as u64;
            peaks.l1_bandwidth = l1_bandwidth;
            peaks.l2_bandwidth = l2_bandwidth;
            peaks.l3_bandwidth = l3_bandwidth;
            peaks.dram_bandwidth = dram_bandwidth;
            Some(peaks)
        }
        _ => None,
    }
}

fn main() -> Result<()> {
    let mut o = Options { name: String::new(), mode: "eager".into(), threads: 1, quick: false, peaks: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => o.quick = true,
            "--list" => {
                println!("W0op eager");
                for name in ["W0", "W1", "W2"] {
                    println!("{name} eager\n{name} compiled\n{name} loop32");
                }
                return Ok(());
            }
            "--workload" => o.name = arguments.next().unwrap_or_default(),
            "--mode" => o.mode = arguments.next().unwrap_or_default(),
            "--peaks" => o.peaks = arguments.next().as_deref().and_then(read_peaks),
            "--threads" => o.threads = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1),
            _ => break,
        }
    }
    let c = &Context::builder().threads(o.threads).build()?;
    match (o.name.as_str(), o.mode.as_str()) {
        ("W0op", "eager") => {
            let (a, b) = (filled(c, 100, &[1], 0.0, 1.0)?, filled(c, 101, &[1], 0.0, 1.0)?);
            run(&o, &Addition { a, b })
        }
        ("W0", "eager" | "compiled" | "loop32") => train(c, &o, &scalars(c)?),
        ("W1", "eager" | "compiled" | "loop32") => train(c, &o, &classifier(c, &[784, 128, 10])?),
        ("W2", "eager" | "compiled" | "loop32") => train(c, &o, &classifier(c, &[20, 64, 32, 5])?),
        _ => {
            eprintln!("usage: workload_bench --workload W1 [--mode M] [--threads N] [--quick] | --list");
            exit(2)
        }
    }
}
