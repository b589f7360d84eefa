//! What callbacks of C put aside for the time when the outermost call is back in Rust: log lines, values whose drop may run code
//! of the program, and panics. So no code of the program runs inside of C but the closures that compute.

use crate::ffi;
use crate::log::Line;
use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

pub(crate) enum Work {
    Line(Line),
    Drop(Box<dyn Any + Send>),
    Panic(Box<dyn Any + Send>),
}

/// The work of all contexts, and its amount, which is nearly always 0.
static WORK: Mutex<Vec<(usize, Work)>> = Mutex::new(Vec::new());
static COUNT: AtomicUsize = AtomicUsize::new(0);

fn work() -> MutexGuard<'static, Vec<(usize, Work)>> {
    match WORK.lock() {
        Ok(guard) => guard,
        Err(poisoned) => poisoned.into_inner(), // pushing and removing leave no half-done state behind
    }
}

/// Puts work aside, from inside of C.
pub(crate) fn push(context: *mut ffi::tl_context, item: Work) {
    let mut all = work();
    COUNT.fetch_add(1, Ordering::Relaxed); // before another thread can take it, so that the count is never too low
    all.push((context as usize, item));
}

/// The first work of a context of a kind.
fn take(context: *mut ffi::tl_context, wanted: impl Fn(&Work) -> bool) -> Option<Work> {
    let mut all = work();
    let first = all.iter().position(|(of, item)| *of == context as usize && wanted(item))?;
    COUNT.fetch_sub(1, Ordering::Relaxed);
    Some(all.remove(first).1)
}

/// Does the work of a context, but for panics. Called after every effect.
#[inline]
pub(crate) fn deliver(context: *mut ffi::tl_context) {
    if COUNT.load(Ordering::Relaxed) != 0 {
        deliver_all(context);
    }
}

#[cold]
fn deliver_all(context: *mut ffi::tl_context) {
    while let Some(item) = take(context, |item| !matches!(item, Work::Panic(_))) {
        match item {
            Work::Line(line) => {
                if let Err(line) = line.deliver() {
                    // The closure is running: it used the context itself. Its own delivery takes this line when it is back.
                    let mut all = work();
                    COUNT.fetch_add(1, Ordering::Relaxed);
                    all.insert(0, (context as usize, Work::Line(line)));
                    return;
                }
            }
            Work::Drop(value) | Work::Panic(value) => drop(value),
        }
    }
}

/// The panic of a closure that made the call fail, if there was one.
pub(crate) fn take_panic(context: *mut ffi::tl_context) -> Option<Box<dyn Any + Send>> {
    if COUNT.load(Ordering::Relaxed) == 0 {
        return None;
    }
    match take(context, |item| matches!(item, Work::Panic(_)))? {
        Work::Panic(payload) => Some(payload),
        _ => None,
    }
}

/// Forgets the work of a context that has ended.
pub(crate) fn discard(context: *mut ffi::tl_context) {
    if COUNT.load(Ordering::Relaxed) != 0 {
        while let Some(item) = take(context, |_| true) {
            drop(item); // after the lock was given back
        }
    }
}
