//! Feeds: what another thread writes is what a step reads, and every way to use one wrongly.
mod common;

use common::refused;
use std::thread;
use tapeloop::{Code, Context, DType, Error, Feed, FeedProducer, FunctionOptions, Result};

const ROWS: i64 = 8;

fn feed(c: &Context) -> (FeedProducer, Feed<'_>) {
    c.feed(&[c.zeros(&[ROWS, 5]).cast(DType::U8), c.zeros(&[ROWS]).cast(DType::I32)]).unwrap()
}

fn fill(producer: &mut FeedProducer, value: u8, rows: i64) -> Result<()> {
    producer.fill(|batch| {
        batch.data::<u8>(0)?.fill(value);
        batch.data::<i32>(1)?.fill(i32::from(value));
        Ok(rows)
    })
}

#[test]
fn steps_read_what_another_thread_writes() {
    let c = &Context::new().unwrap();
    let (mut producer, mut feed) = feed(c);
    let writing = thread::spawn(move || {
        (0..30).try_for_each(|i| fill(&mut producer, i, if i < 29 { ROWS } else { 3 }))
        // then it is dropped
    });
    let options = FunctionOptions::new().polymorphic_batch(true);
    let sum = options.build(c, |_, x| Ok((x[0].cast(DType::F32) * (1.0 / 255.0)).sum())).unwrap();
    let mut batches = 0;
    while let Some(batch) = feed.next_batch().unwrap() {
        let rows = batch[0].dim(0).unwrap();
        let want = f64::from(batches) * 5.0 * rows as f64 / 255.0;
        let got = sum.call(&batch).unwrap().item().unwrap();
        assert!((got - want).abs() <= 1e-5 * want, "batch {}: {} became {}", batches, want, got);
        batches += 1;
    }
    writing.join().unwrap().unwrap();
    assert_eq!((batches, sum.statistics().unwrap().traces), (30, 2));
    assert!(feed.waited() >= 0.0);
    assert!(feed.next_batch().unwrap().is_none());
}

#[test]
fn what_is_held_stays_as_it_is() {
    let c = &Context::new().unwrap();
    let (mut producer, mut feed) = feed(c);
    let mut held = Vec::new();
    for i in 0..5 {
        fill(&mut producer, i, ROWS).unwrap();
        held.extend(feed.next_batch().unwrap().unwrap());
    }
    drop(feed);
    for (i, pair) in held.chunks(2).enumerate() {
        assert_eq!(pair[0].to_vec::<u8>().unwrap(), vec![i as u8; 40]);
        assert_eq!(pair[1].to_vec::<i32>().unwrap(), vec![i as i32; 8]);
    }
}

#[test]
fn wrong_use_is_refused() {
    let c = &Context::new().unwrap();
    let (mut producer, mut feed) = feed(c);
    let code = |result: Result<()>| result.unwrap_err().code();
    assert_eq!(code(fill(&mut producer, 1, ROWS + 1)), Code::InvalidArgument);
    let own = producer.fill(|batch| {
        assert!(batch.data::<f32>(0).unwrap_err().message().contains("dtype"));
        assert!(batch.data::<u8>(2).unwrap_err().message().contains("number 2 of 2"));
        c.ones(&[2]).reshape(&[3]).check().map(|_| 1)
    });
    assert_eq!(own.unwrap_err().op(), Some("reshape"));
    fill(&mut producer, 3, 2).unwrap();
    assert_eq!(feed.next_batch().unwrap().unwrap()[0].dim(0).unwrap(), 2);
    refused(c, c.feed(&[c.scalar(DType::F32, 1.0)]).map(drop), Code::InvalidArgument, "first dimension");

    // A producer that waits for a slot learns that the feed has gone.
    let waiting = thread::spawn(move || -> Error {
        loop {
            if let Err(error) = fill(&mut producer, 1, 1) {
                return error;
            }
        }
    });
    drop(feed);
    assert!(matches!(waiting.join().unwrap().code(), Code::Cancelled | Code::InvalidArgument));
}

#[test]
fn a_feed_may_go_while_its_memory_is_written() {
    let c = Context::new().unwrap();
    let (mut producer, feed) = c.feed(&c.zeros(&[ROWS, 1000])).unwrap();
    let result = producer.fill(|batch| {
        drop(feed);
        batch.data::<f32>(0).map(|_| ROWS)
    });
    assert!(matches!(result.unwrap_err().code(), Code::Cancelled | Code::InvalidArgument));
}
