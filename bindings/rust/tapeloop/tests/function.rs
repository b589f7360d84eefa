//! The compiled step: it gives the bits of the plain one, records when it must, and every way to go wrong.
mod common;

use common::{refused, works};
use std::cell::{Cell, RefCell};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::rc::{Rc, Weak};
use tapeloop::{loss, Activation, Adam, Code, Context, DType, Dense, Function, FunctionOptions, HostReads};
use tapeloop::{Layer, MachinePeaks, Optimizer, PeakOptions, Result, Sequential, Tensor, TensorRef};

/// A classifier, and how often its step has run.
struct Model {
    net: Layer,
    adam: Optimizer,
    runs: Cell<u32>,
}

impl Model {
    fn new(c: &Context) -> Model {
        let hidden = Dense::new(8).activation(Activation::Tanh).input_size(3);
        let net = Sequential::new().layer(hidden).layer(Dense::new(4).input_size(8)).build(c).unwrap();
        Model { net, adam: Adam::new().build(c).unwrap(), runs: Cell::new(0) }
    }

    fn step(&self, c: &Context, x: &Tensor, labels: &Tensor) -> Result<Tensor> {
        self.runs.set(self.runs.get() + 1);
        let tape = c.tape()?;
        let loss = loss::sparse_categorical_cross_entropy(labels, &self.net.call(x, true));
        let weights = self.net.trainable_variables();
        self.adam.apply(&tape.gradient(&loss, &weights)?, &weights)?;
        Ok(loss)
    }
}

fn batch(c: &Context, rows: i64) -> (Tensor, Tensor) {
    let labels: Vec<i32> = (0..rows as i32).map(|i| i % 4).collect();
    let labels = c.tensor(&labels, &[rows]).unwrap();
    (c.uniform_range(&[rows, 3], -1.0, 1.0, DType::F32), labels)
}

fn losses(compiled: bool) -> Vec<u64> {
    let c = &Context::builder().seed(5).threads(1).build().unwrap();
    let model = Model::new(c);
    let (x, labels) = batch(c, 6);
    let step = c.function(|c, x| model.step(c, &x[0], &x[1])).unwrap();
    let one = |i: u32| {
        model.adam.set_learning_rate(0.1 / f64::from(i + 1)).unwrap();
        let loss = match compiled {
            true => step.call(&[&x, &labels]),
            false => model.step(c, &x, &labels),
        };
        loss.unwrap().item().unwrap().to_bits()
    };
    let losses = (0..20).map(one).collect();
    if compiled {
        let now = step.statistics().unwrap();
        assert_eq!((now.traces, model.runs.get(), now.signatures), (1, 1, 1), "{:?}", now);
        assert!(now.replays == 19 && now.kernels > 0 && now.flops > 0.0 && now.moved_bytes > 0.0);
        assert!(step.text().unwrap().contains("matmul"), "{}", step.text().unwrap());
        assert_eq!(format!("{:?}", step), "Function(1 outputs)");
    }
    losses
}

#[test]
fn compiled_steps_give_the_bits_of_plain_ones() {
    assert_eq!(losses(true), losses(false));
}

#[test]
fn two_recordings_serve_all_sizes_of_a_batch() {
    let losses = |compiled: bool| -> Vec<u64> {
        let c = &Context::builder().seed(5).build().unwrap();
        let model = Model::new(c);
        let options = FunctionOptions::new().polymorphic_batch(true).verify(true);
        let step = options.build(c, |c, x| model.step(c, &x[0], &x[1])).unwrap();
        let one = |i: i64| {
            let (x, labels) = batch(c, 4 + i % 8);
            let loss = if compiled { step.call(&[&x, &labels]) } else { model.step(c, &x, &labels) };
            loss.unwrap().item().unwrap().to_bits()
        };
        let losses = (0..16).map(one).collect();
        if compiled {
            let now = step.statistics().unwrap();
            assert_eq!((model.runs.get(), now.traces, now.resized_plans, now.replays), (5, 5, 3, 11));
        }
        losses
    };
    assert_eq!(losses(true), losses(false));
}

#[test]
fn sums_are_reassociated_only_when_allowed() {
    let c = &Context::builder().seed(3).build().unwrap();
    let inputs = [c.normal(&[8, 64]), c.normal(&[8, 64]), c.uniform(&[8, 1]), c.normal(&[64, 16])];
    let flops = |allowed: bool| {
        let options = FunctionOptions::new().allow_reassociation(allowed).verify(true);
        let step = options
            .build(c, |_, x| {
                let mixed = x[1].add(&x[2].mul(&x[0].sub(&x[1])));
                Ok([x[0].matmul(&x[3]), x[1].matmul(&x[3]), mixed.matmul(&x[3])])
            })
            .unwrap();
        let x = [&inputs[0], &inputs[1], &inputs[2], &inputs[3]];
        let (first, replayed) = (step.call(&x).unwrap(), step.call(&x).unwrap());
        let off = (&first[2] - &replayed[2]).abs().max().item().unwrap();
        assert!(if allowed { off < 1e-4 } else { off == 0.0 }, "{}", off);
        step.statistics().unwrap().flops
    };
    assert!(flops(true) < 0.75 * flops(false));
}

#[test]
fn new_shapes_and_flags_are_recorded() {
    let c = &Context::new().unwrap();
    let model = Model::new(c);
    let train = Cell::new(true);
    let step = FunctionOptions::new()
        .name("train")
        .most_plans(4)
        .verify(true)
        .build(c, |c, x| match train.get() {
            true => model.step(c, &x[0], &x[1]),
            false => Ok(loss::sparse_categorical_cross_entropy(&x[1], &model.net.call(&x[0], false))),
        })
        .unwrap();
    assert_eq!((step.text().unwrap(), step.retrace_reasons().unwrap().len()), (String::new(), 0));
    for rows in [6, 6, 4, 4, 6] {
        let (x, labels) = batch(c, rows);
        let loss = step.call(&[&x, &labels]).unwrap();
        assert!(loss.item().unwrap() > 0.0);
    }
    assert_eq!(step.statistics().unwrap().traces, 2);
    train.set(false);
    step.set_flags(1).unwrap();
    let (x, labels) = batch(c, 6);
    let before = model.adam.iterations().unwrap();
    for _ in 0..3 {
        let _ = step.call(&[&x, &labels]).unwrap();
    }
    assert_eq!((step.statistics().unwrap().traces, model.adam.iterations().unwrap()), (3, before));
    let reasons = step.retrace_reasons().unwrap();
    assert!(reasons.len() == 2 && reasons.iter().all(|reason| !reason.is_empty()), "{:?}", reasons);
    step.forget().unwrap();
    let _ = step.call(&[&x, &labels]).unwrap();
    assert_eq!(step.statistics().unwrap().traces, 4);
}

#[test]
fn outputs_are_as_many_as_the_type_says() {
    let c = &Context::new().unwrap();
    let x = c.tensor(&[1.0f64, 2.0], &[2]).unwrap();
    let two = c.function(|_, x| Ok([x[0].square(), x[0].sum()])).unwrap();
    for _ in 0..3 {
        let [squares, sum] = two.call(&x).unwrap();
        assert_eq!((squares.to_vec::<f64>().unwrap(), sum.item().unwrap()), (vec![1.0, 4.0], 3.0));
    }
    let total = c.variable(&c.scalar(DType::F64, 0.0), "total").unwrap();
    let none = c
        .function(|_, x| {
            total.assign(&(&*total + x[0].sum()))?;
            Ok([])
        })
        .unwrap();
    for i in 1..=3 {
        let []: [Tensor; 0] = none.call(&x).unwrap();
        assert_eq!(total.item().unwrap(), 3.0 * f64::from(i));
    }
    let many = FunctionOptions::new().build_many(c, 3, |_, x| Ok(vec![x[0].exp(); 3])).unwrap();
    assert_eq!(many.call(&x).unwrap().len(), 3);
    let wrong = FunctionOptions::new().name("mine").build_many(c, 2, |_, x| Ok(vec![x[0].exp()])).unwrap();
    refused(c, wrong.call(&x), Code::InvalidArgument, "[mine] the closure must give 2 tensors: got 1");
}

#[test]
fn steps_give_numbers() {
    let c = &Context::builder().seed(5).threads(1).build().unwrap();
    let model = Model::new(c);
    let step = c.function(|c, x| model.step(c, &x[0], &x[1])).unwrap();
    let (x, labels) = batch(c, 6);
    let one = |i: u32| {
        model.adam.set_learning_rate(0.1 / f64::from(i + 1)).unwrap();
        step.call_item(&[&x, &labels]).unwrap().to_bits()
    };
    assert_eq!((0..6).map(one).collect::<Vec<_>>(), losses(false)[..6]);
    assert_eq!((model.runs.get(), step.statistics().unwrap().replays), (1, 5));
    // Nothing is left of a call, not even of one that runs the closure for a tape outside.
    let tape = c.tape().unwrap();
    let before = c.statistics().unwrap().tensors;
    let _ = step.call_item(&[&x, &labels]).unwrap();
    assert_eq!((model.runs.get(), c.statistics().unwrap().tensors), (2, before));
    drop(tape);
    // Several, of any dtype; none.
    let total = c.variable(&c.scalar(DType::I64, 0.0), "total").unwrap();
    let three = c
        .function(|_, x| {
            total.assign(&(&*total + x[0].sum().cast(DType::I64)))?;
            Ok([x[0].sum(), &*total * 1.0, x[0].sum().greater(&total.cast(DType::F32))])
        })
        .unwrap();
    let ones = c.ones(&[2]);
    for i in 1..=4 {
        let mut items = [-1.0; 3];
        three.call_items(&ones, &mut items).unwrap();
        assert_eq!(items, [2.0, 2.0 * f64::from(i), 0.0]);
        let few = three.call_items(&ones, &mut items[1..]);
        refused(c, few, Code::InvalidArgument, "got 2 numbers for 3 outputs");
        refused(c, three.call_item(&ones), Code::InvalidArgument, "got 1 numbers for 3 outputs");
    }
    let nothing = c.function(|_, _| Ok([])).unwrap();
    nothing.call_items(&ones, &mut []).unwrap();
    // Outputs of several elements: of a closure that runs, and of replays, which change nothing.
    let count = c.variable(&c.scalar(DType::F32, 0.0), "count").unwrap();
    let wide = c
        .function(|_, x| {
            count.assign(&(&*count + 1.0))?;
            Ok(x[0].exp())
        })
        .unwrap();
    let mut items = [-1.0];
    for i in 0..3 {
        let text = "'outputs[0]' must have one element to be taken as a number: got f32 (2,)";
        refused(c, wide.call_items(&ones, &mut items), Code::InvalidArgument, text);
        if i == 1 {
            let _ = wide.call(&ones).unwrap();
        }
    }
    assert_eq!((items, count.item().unwrap()), ([-1.0], 2.0));
    // Errors and panics of the closure come back; inside another function the call is a look at elements.
    let fails = c.function(|_, x| x[0].reshape(&[7]).ok()).unwrap();
    assert_eq!(fails.call_item(&ones).unwrap_err().op(), Some("reshape"));
    works(c);
    let panics = c.function(|_, _| -> Result<Tensor> { panic!("mine") }).unwrap();
    let payload = catch_unwind(AssertUnwindSafe(|| panics.call_item(&ones))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"mine"));
    works(c);
    let outer = c.function(|_, x| Ok(&*x[0] * step.call_item(&[&x[1], &x[2]])?)).unwrap();
    refused(c, outer.call(&[&ones, &x, &labels]), Code::FailedPrecondition, "function_call_items");
}

#[test]
fn many_steps_run_in_one_call() {
    let c = &Context::new().unwrap();
    let total = c.variable(&c.scalar(DType::F64, 0.0), "total").unwrap();
    let step = c
        .function(|c, x| {
            total.assign(&(&*total + &*x[0]))?;
            Ok([&*total * 1.0, c.ones(&[1]).gather(&x[1], 0)])
        })
        .unwrap();
    let number = |i: i32| c.scalar(DType::F64, f64::from(i));
    let index = |i: i32| c.tensor(&[i], &[1]).unwrap();
    let mut outputs = Vec::new();
    step.run_n(3, &[number(1), index(0), number(2), index(0), number(3), index(0)], &mut outputs).unwrap();
    let sums: Vec<f64> = outputs.iter().map(|[sum, _]| sum.item().unwrap()).collect();
    assert_eq!(sums, [1.0, 3.0, 6.0]);
    // The third step takes an index that is out of range: two have taken effect, and their outputs are there.
    let inputs = [number(1), index(0), number(1), index(0), number(1), index(7), number(1), index(0)];
    refused(c, step.run_n(4, &inputs, &mut outputs), Code::InvalidArgument, "gather");
    assert_eq!((outputs.len(), total.item().unwrap()), (5, 8.0));
    refused(c, step.run_n(4, &inputs[..6], &mut outputs), Code::InvalidArgument, "multiples of 'steps'");
    refused(c, step.run_n(0, &inputs, &mut outputs), Code::InvalidArgument, "multiples of 'steps'");
    refused(c, step.run_n(usize::MAX, &inputs, &mut outputs), Code::InvalidArgument, "at most");
    assert_eq!(outputs.len(), 5);
}

#[test]
fn steps_that_cannot_be_replayed_are_refused() {
    let c = &Context::new().unwrap();
    let x = c.ones(&[2]);
    let look = |_: &Context, x: &[TensorRef<'_>]| {
        let sum = x[0].sum();
        sum.item()?;
        Ok(sum)
    };
    let step = FunctionOptions::new().name("looks").build(c, look).unwrap();
    refused(c, step.call(&x), Code::FailedPrecondition, "looks");
    refused(c, step.call(&x), Code::FailedPrecondition, "looks");
    let eager = FunctionOptions::new().host_reads(HostReads::Eager).build(c, look).unwrap();
    for _ in 0..3 {
        assert_eq!(eager.call(&x).unwrap().item().unwrap(), 2.0);
    }
    assert_eq!(eager.statistics().unwrap().replays, 0);
    let once = FunctionOptions::new().retrace_is_error(true).build(c, |_, x| Ok(x[0].exp())).unwrap();
    let _ = once.call(&x).unwrap();
    let _ = once.call(&x).unwrap();
    refused(c, once.call(&c.ones(&[3])), Code::FailedPrecondition, "function");
    assert!(once.call(&x).is_ok());
}

#[test]
fn wrong_calls_are_refused() {
    let c = &Context::new().unwrap();
    let x = c.ones(&[2]);
    let step = c.function(|_, x| x[0].reshape(&[1]).ok()).unwrap();
    let error = step.call(&x).unwrap_err();
    assert_eq!(error.op(), Some("reshape"), "{}", error);
    works(c);
    assert_eq!(step.call(&c.ones(&[1])).unwrap().item().unwrap(), 1.0);
    let other = Context::new().unwrap();
    refused(c, step.call(&other.ones(&[1])), Code::InvalidArgument, "another context");
    let failed = x.reshape(&[7]);
    assert_eq!(step.call(&failed).unwrap_err().op(), Some("reshape"));
    let nul = FunctionOptions::new().name("a\0b").build(c, |_, x| Ok(x[0].exp()));
    refused(c, nul, Code::InvalidArgument, "NUL");
    let many = FunctionOptions::new().build_many(c, usize::MAX, |_, _| Ok(vec![]));
    refused(c, many, Code::InvalidArgument, "at most");
    let (kept, lost) = c.scope(|s| {
        let make = || c.function(|_, x| Ok(x[0].exp())).unwrap();
        (s.keep(make()), make())
    });
    assert!(kept.call(&x).is_ok());
    refused(c, lost.call(&x), Code::InvalidArgument, "scope or context has ended");
    refused(c, lost.statistics(), Code::InvalidArgument, "");
    refused(c, lost.text(), Code::InvalidArgument, "");
    refused(c, lost.retrace_reasons(), Code::InvalidArgument, "");
    refused(c, lost.set_flags(1), Code::InvalidArgument, "");
    refused(c, lost.forget(), Code::InvalidArgument, "");
}

#[test]
fn steps_may_call_steps() {
    let c = &Context::new().unwrap();
    let inner = c.function(|_, x| Ok(x[0].square())).unwrap();
    let outer = c.function(|_, x| Ok(inner.call(&x[0])? + 1.0)).unwrap();
    for i in 0..4 {
        let x = c.scalar(DType::F64, f64::from(i));
        assert_eq!(outer.call(&x).unwrap().item().unwrap(), f64::from(i * i + 1));
    }
    // One that calls itself, through a cell that knows it later.
    let itself: Rc<RefCell<Weak<Function<'_>>>> = Rc::default();
    let (knows, depth) = (Rc::clone(&itself), Rc::new(Cell::new(0)));
    let counted = Rc::clone(&depth);
    let step = c.function(move |_, x| {
        counted.set(counted.get() + 1);
        let again = knows.borrow().upgrade().filter(|_| counted.get() < 3);
        again.map_or_else(|| Ok(&*x[0] * 2.0), |again| again.call(&x[0]))
    });
    let step = Rc::new(step.unwrap());
    *itself.borrow_mut() = Rc::downgrade(&step);
    assert_eq!(step.call(&c.scalar(DType::F64, 4.0)).unwrap().item().unwrap(), 8.0);
    assert_eq!(depth.get(), 3);
}

/// Counts when it is dropped, and uses the library then.
struct Counted<'a>(&'a Cell<u32>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
        works(&Context::builder().threads(1).build().unwrap());
    }
}

#[test]
fn closures_are_dropped_with_their_function() {
    let dropped = Cell::new(0);
    let c = Context::new().unwrap();
    let x = c.ones(&[2]);
    let make = || {
        let counted = Counted(&dropped);
        c.function(move |_, x| {
            let counted = &counted; // all of it moves into the closure
            Ok(&*x[0] + f64::from(counted.0.get()))
        })
    };
    let step = make().unwrap();
    let _ = step.call(&x).unwrap();
    let _ = step.call(&x).unwrap();
    assert_eq!(dropped.get(), 0);
    drop(step);
    assert_eq!(dropped.get(), 1);
    let _ = x.reshape(&[9]);
    assert!(make().is_err(), "the call that takes it fails");
    assert_eq!(dropped.get(), 2);
    let ended = c.scope(|_| make().unwrap());
    assert_eq!(dropped.get(), 2, "the end of a scope does not drop it");
    drop(ended);
    assert_eq!(dropped.get(), 3);
}

#[test]
fn a_thousand_panics_come_back() {
    let c = &Context::new().unwrap();
    let model = Model::new(c);
    let (x, labels) = batch(c, 6);
    let (number, panics) = (Cell::new(0), Cell::new(true));
    let step = c
        .function(|c, x| {
            let loss = model.step(c, &x[0], &x[1])?;
            if panics.get() {
                panic!("number {}", number.get());
            }
            Ok(loss)
        })
        .unwrap();
    let mut before = None;
    for i in 0..1000 {
        number.set(i);
        let payload = catch_unwind(AssertUnwindSafe(|| match i % 2 {
            0 => drop(step.call(&[&x, &labels])),
            _ => drop(step.run_n(2, &[&x, &labels, &x, &labels], &mut Vec::new())),
        }))
        .unwrap_err();
        assert_eq!(payload.downcast_ref::<String>(), Some(&format!("number {}", i)));
        assert!(!c.failed());
        if i % 100 == 1 {
            works(c);
            let now = c.statistics().unwrap();
            let now = (now.tapes, now.scopes, now.tensors, now.values, now.live_bytes);
            assert_eq!(*before.get_or_insert(now), now);
        }
    }
    panics.set(false);
    for _ in 0..3 {
        assert!(step.call(&[&x, &labels]).unwrap().item().unwrap() > 0.0);
    }
    assert_eq!(step.statistics().unwrap().replays, 2);
}

#[test]
fn recordings_come_to_an_end() {
    let c = &Context::builder().threads(1).build().unwrap();
    let runs = Cell::new(0);
    let step = FunctionOptions::new()
        .most_recordings(2)
        .build(c, |_, x| {
            runs.set(runs.get() + 1);
            Ok(x[0].sum())
        })
        .unwrap();
    for size in (1..=4).chain(1..=4) {
        assert_eq!(step.call(&c.ones(&[size])).unwrap().item().unwrap(), size as f64);
    }
    let now = step.statistics().unwrap();
    assert_eq!((runs.get(), now.traces, now.replays, now.unrecorded_calls), (6, 2, 2, 4));
    step.forget().unwrap();
    let _ = step.call(&c.ones(&[4])).unwrap();
    assert_eq!(step.statistics().unwrap().traces, 3);
}

#[test]
fn a_machine_sets_a_bound() {
    let c = &Context::builder().threads(1).build().unwrap();
    let step = c.function(|_, x| Ok(x[0].matmul(&x[0]).square().sum())).unwrap();
    let x = c.ones(&[32, 32]);
    let mut peaks = PeakOptions::new().turns(1).measure(c).unwrap();
    assert!(peaks.threads == 1 && peaks.flops > 0.0 && peaks.dram_bandwidth > 0.0 && peaks.l1_bytes > 0);
    refused(c, step.bound(&peaks), Code::FailedPrecondition, "must have a plan");
    for _ in 0..2 {
        let _ = step.call(&x).unwrap();
    }
    let now = step.statistics().unwrap();
    assert_eq!((now.kernels, now.clusters), (2, 1));
    peaks.flops = 1e9;
    peaks.l1_bytes = 0;
    peaks.l2_bytes = 1 << 20;
    peaks.l2_bandwidth = 1e12;
    let bound = step.bound(&peaks).unwrap();
    assert_eq!((bound.level, bound.seconds), (2, now.flops / 1e9));
    assert_eq!((bound.arithmetic_seconds, bound.memory_seconds), (bound.seconds, now.moved_bytes / 1e12));
    refused(
        c,
        step.bound(&MachinePeaks::default()),
        Code::InvalidArgument,
        "'flops' of the peaks must be above 0",
    );
    refused(
        c,
        PeakOptions::new().turns(10_001).measure(c),
        Code::InvalidArgument,
        "'turns' must be at most 10000",
    );
}
