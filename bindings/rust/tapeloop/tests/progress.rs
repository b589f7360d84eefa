//! Progress bars: what they show and write, and closures that draw instead.
mod common;

use common::refused;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::io::AsRawFd;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Mutex};
use tapeloop::{Code, Context, Error, ProgressOptions, ProgressStyle};

#[test]
fn steps_and_values() {
    let c = &Context::new().unwrap();
    let bar = ProgressOptions::new().width(50).ascii(true).no_times(true).build(c).unwrap();
    bar.start(100, "epoch 3").unwrap();
    bar.value("loss", 0.125).unwrap();
    bar.update(50).unwrap();
    assert_eq!(bar.text().unwrap(), "epoch 3  50% [========>       ] 50/100  loss 0.125");
    let s = bar.statistics().unwrap();
    assert!(s.step == 50 && s.total == 100 && !s.finished && !s.write_failed && s.waited.is_nan());
    assert!(s.elapsed >= 0.0);
    bar.set_waited(0.0).unwrap();
    bar.finish().unwrap();
    assert!(!bar.due());
    refused(c, bar.update(51), Code::FailedPrecondition, "between rounds");
    refused(c, bar.start(-1, ""), Code::InvalidArgument, "'total' must not be negative");
    refused(c, bar.start(1, "a\0b"), Code::InvalidArgument, "NUL");
    let many = ProgressOptions::new().digits(18).style(ProgressStyle::Lines).build(c);
    refused(c, many, Code::InvalidArgument, "'digits' must be 1 to 17");
}

#[test]
fn lines_in_a_file() {
    let c = &Context::new().unwrap();
    let path = std::env::temp_dir().join(format!("tapeloop-progress-{}", std::process::id()));
    let mut file =
        std::fs::OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    file.write_all(b"").unwrap();
    let bar = ProgressOptions::new().descriptor(file.as_raw_fd()).no_times(true).build(c).unwrap();
    for label in ["one", "two"] {
        bar.start(2, label).unwrap();
        bar.update(2).unwrap();
        bar.value("loss", f64::NAN).unwrap();
    }
    drop(bar); // the second round is not finished
    let mut written = String::new();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_to_string(&mut written).unwrap();
    assert_eq!(written, "one 100%  2/2  loss nan\n");
}

#[test]
fn closures_that_draw() {
    let c = &Context::new().unwrap();
    let bar = ProgressOptions::new().interval(1e-9).no_times(true).build(c).unwrap();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let shown = Arc::clone(&lines);
    let other = Context::new().unwrap();
    let failure: Error = other.tensor(&[1.0f32], &[2]).unwrap_err();
    bar.on_draw(move |line, s| {
        shown.lock().unwrap().push(line.to_string());
        match s.step {
            3 => Err(failure.clone()),
            4 => panic!("no screen"),
            _ => Ok(()),
        }
    })
    .unwrap();
    bar.start(0, "").unwrap();
    let step = |n| {
        while !bar.due() {}
        bar.update(n)
    };
    step(1).unwrap();
    step(2).unwrap();
    assert_eq!(*lines.lock().unwrap(), ["1", "2"]);
    refused(c, step(3), Code::InvalidArgument, "");
    let payload = catch_unwind(AssertUnwindSafe(|| step(4))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"no screen"));
    bar.reset_draw().unwrap();
    bar.finish().unwrap();
    drop(bar);
    assert_eq!(Arc::strong_count(&lines), 1);
}
