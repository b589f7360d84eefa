//! Closures as callbacks: they run when C is back, their panics go to the caller, and they are dropped once.
mod common;

use common::works;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tapeloop::{Context, LogLevel, Sgd, Tensor, Variable};

/// Two variables of which one gets no gradient: the optimizer logs its name, once for each optimizer.
struct Logging {
    used: Variable,
    unused: Variable,
}

impl Logging {
    fn new(c: &Context) -> Logging {
        Logging {
            used: c.variable(&c.ones(&[1]), "used").unwrap(),
            unused: c.variable(&c.ones(&[1]), "unused").unwrap(),
        }
    }

    /// A step of a new optimizer, which logs one line.
    fn step(&self, c: &Context) {
        let sgd = Sgd::new().learning_rate(1.0).build(c).unwrap();
        sgd.apply(&[Some(c.ones(&[1])), None], &[&self.used, &self.unused]).unwrap();
    }
}

#[test]
fn log_lines_reach_the_closure() {
    let c = Context::new().unwrap();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let logging = Logging::new(&c);
    logging.step(&c); // without a closure they are dropped
    let to = Arc::clone(&lines);
    c.set_log(move |level, text| to.lock().unwrap().push((level, text.to_string()))).unwrap();
    logging.step(&c);
    {
        let lines = lines.lock().unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].0, LogLevel::Warning);
        assert!(lines[0].1.contains("unused"), "{}", lines[0].1);
    }
    c.clear_log().unwrap();
    logging.step(&c);
    assert_eq!(lines.lock().unwrap().len(), 1);
    assert_eq!(Arc::strong_count(&lines), 1, "the closure is gone");
}

#[test]
fn a_thousand_panics_come_back() {
    let c = Context::new().unwrap();
    let logging = Logging::new(&c);
    c.set_log(|_, text| panic!("panicked at: {}", text)).unwrap();
    let mut caught = 0;
    for i in 0..1000 {
        let payload = catch_unwind(AssertUnwindSafe(|| logging.step(&c))).unwrap_err();
        let message = payload.downcast_ref::<String>().expect("the payload of the panic, unchanged");
        assert!(message.starts_with("panicked at: ") && message.contains("unused"), "{}", message);
        assert!(!c.failed());
        caught += 1;
        // The step was whole: it is the reporting that panicked.
        assert_eq!(logging.used.item().unwrap(), -f64::from(i));
    }
    assert_eq!(caught, 1000);
    c.clear_log().unwrap();
    logging.step(&c);
    works(&c);
}

#[test]
fn a_closure_may_use_its_context() {
    let c = Context::new().unwrap();
    let logging = Logging::new(&c);
    let x = c.ones(&[3]);
    let sums = Arc::new(Mutex::new(Vec::new()));
    let (to, used) = (Arc::clone(&sums), logging.used.clone());
    c.set_log(move |_, _| {
        to.lock().unwrap().push((&x + 1.0).sum().item().unwrap());
        used.assign(&x.slice(&[0], &[1])).unwrap();
    })
    .unwrap();
    logging.step(&c);
    assert_eq!(*sums.lock().unwrap(), [6.0]);
    assert_eq!(logging.used.item().unwrap(), 1.0);
    drop(c);
    assert_eq!(Arc::strong_count(&sums), 1, "the end of the context drops the closure");
}

/// Counts when it is dropped, and uses a tensor then.
struct Counted(Arc<AtomicUsize>, Option<Tensor>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        if let Some(tensor) = &self.1 {
            let _ = (tensor + 1.0).item();
            drop(Context::new().unwrap());
        }
    }
}

#[test]
fn closures_are_dropped_once_and_outside_of_the_library() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let c = Context::new().unwrap();
    let logging = Logging::new(&c);
    let set = || {
        let counted = Counted(Arc::clone(&dropped), Some(c.ones(&[1])));
        c.set_log(move |_, _| assert!(counted.0.load(Ordering::Relaxed) < 100))
    };
    set().unwrap();
    assert_eq!(dropped.load(Ordering::Relaxed), 0);
    set().unwrap(); // replaced
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
    logging.step(&c);
    let _ = logging.used.reshape(&[7]);
    assert_eq!(set().unwrap_err().op(), Some("reshape")); // refused: the new one goes, the old one stays
    assert_eq!(dropped.load(Ordering::Relaxed), 2);
    logging.step(&c);
    drop(c);
    assert_eq!(dropped.load(Ordering::Relaxed), 3);
}

#[test]
fn contexts_log_at_once_each_to_its_own() {
    let threads: Vec<_> = (0..16)
        .map(|i| {
            std::thread::spawn(move || {
                let c = Context::builder().threads(1).build().unwrap();
                let logging = Logging::new(&c);
                let count = Arc::new(AtomicUsize::new(0));
                let (to, this) = (Arc::clone(&count), std::thread::current().id());
                c.set_log(move |_, _| {
                    assert_eq!(std::thread::current().id(), this, "context {}", i);
                    to.fetch_add(1, Ordering::Relaxed);
                })
                .unwrap();
                (0..100).for_each(|_| logging.step(&c));
                count.load(Ordering::Relaxed)
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), 100);
    }
}
