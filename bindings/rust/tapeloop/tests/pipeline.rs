//! Pipelines: closures and iterators as sources and stages, their errors and panics, places that are saved, the bits of threads.
mod common;

use common::{refused, works};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use tapeloop::{Code, Context, DType, Dataset, MapOptions, Result};

fn numbers(dataset: &Dataset) -> Result<Vec<i64>> {
    let mut all = Vec::new();
    while let Some(element) = dataset.next_element()? {
        for tensor in element {
            all.extend(tensor.to_vec::<i64>()?);
        }
    }
    Ok(all)
}

#[test]
fn closures_and_iterators_are_sources() -> Result<()> {
    let c = Context::new()?;
    let cubes = Dataset::from_function(&c, 4, 1, |c, at| {
        Ok(vec![c.tensor(&[at.index.pow(3) + at.epoch as i64], &[])?])
    })?;
    let cubes = cubes.prefetch(2)?;
    assert_eq!(numbers(&cubes)?, [0, 1, 8, 27]);
    assert_eq!(numbers(&cubes)?, [1, 2, 9, 28]);
    let lines = |epoch: u64| format!("10 20 {}", epoch).split(' ').map(str::to_owned).collect::<Vec<_>>();
    let read = Dataset::from_iterator(
        &c,
        1,
        move |epoch| lines(epoch).into_iter(),
        |c, line: String| Ok(vec![c.tensor(&[line.parse::<i64>().unwrap()], &[])?]),
    )?;
    assert_eq!(read.size_if_known()?, None);
    refused(&c, read.size(), Code::FailedPrecondition, "only iterating tells");
    assert_eq!(numbers(&read)?, [10, 20, 0]);
    let twice = read.repeat(2)?;
    assert_eq!(numbers(&twice)?, [10, 20, 0, 10, 20, 1]);
    twice.seek((0, 4))?;
    assert_eq!(numbers(&twice)?, [20, 1]);
    Ok(())
}

fn augmented(c: &Context, threads: i32) -> Result<Dataset> {
    Dataset::range(c, 0, 30, 1)?
        .shuffle(3)?
        .map(2, MapOptions::new().threads(threads).seed(9), |c, _, x| {
            Ok(vec![x[0].cast(DType::F32) + c.normal(&[]), x[0].clone()])
        })?
        .batch(4, false)?
        .prefetch(2)
}

#[test]
fn augmentation_has_the_same_bits_for_any_number_of_threads_and_after_a_restart() -> Result<()> {
    let mut want = Vec::new();
    for threads in [0, 1, 2, 4] {
        let c = Context::new()?;
        let train = augmented(&c, threads)?;
        let mut got = Vec::new();
        while let Some(batch) = train.next_element()? {
            got.push((batch[0].to_vec::<f32>()?, batch[1].to_vec::<i64>()?));
        }
        if want.is_empty() {
            want = got.clone();
        }
        assert_eq!(got, want);
        assert!((0.0..=100.0).contains(&train.input_wait()?) && train.waited()? >= 0.0);
    }
    for (place, expected) in want.iter().enumerate() {
        let c = Context::new()?;
        let train = augmented(&c, 2)?;
        for _ in 0..place {
            train.next_element()?;
        }
        let bytes = train.save_position()?;
        let again = augmented(&c, 1)?;
        again.restore_position(&bytes)?;
        assert_eq!(again.position()?, (0, place as i64));
        let batch = again.next_element()?.unwrap();
        assert_eq!((batch[0].to_vec::<f32>()?, batch[1].to_vec::<i64>()?), *expected);
        refused(&c, again.restore_position(&bytes[1..]), Code::InvalidArgument, "position");
    }
    Ok(())
}

#[test]
fn errors_and_panics_of_closures_end_the_iteration() -> Result<()> {
    for threads in [0, 2] {
        let c = Context::new()?;
        let fails = Dataset::range(&c, 0, 9, 1)?
            .map(1, MapOptions::new().threads(threads), |c, at, x| match at.index {
                3 => {
                    c.set_error(Code::Io, "the disk of this test is full")?;
                    c.check()?;
                    Ok(vec![])
                }
                5 => panic!("at five"),
                _ => Ok(vec![x[0].clone()]),
            })?
            .prefetch(2)?;
        for i in 0..3 {
            assert_eq!(fails.next_element()?.unwrap()[0].item()?, f64::from(i));
        }
        refused(&c, fails.next_element(), Code::Io, "the disk of this test is full");
        refused(&c, fails.next_element(), Code::Io, "the disk of this test is full");
        fails.seek((0, 4))?;
        assert_eq!(fails.next_element()?.unwrap()[0].item()?, 4.0);
        let panic = catch_unwind(AssertUnwindSafe(|| fails.next_element())).unwrap_err();
        assert_eq!(*panic.downcast::<&str>().unwrap(), "at five");
        works(&c);
        fails.seek((0, 6))?;
        assert_eq!(fails.next_element()?.unwrap()[0].item()?, 6.0);
    }
    let c = Context::new()?;
    let few = Dataset::range(&c, 0, 9, 1)?.map(2, MapOptions::new(), |_, _, x| Ok(vec![x[0].clone()]))?;
    refused(&c, few.next_element(), Code::InvalidArgument, "must give 2 tensors: got 1");
    let op =
        Dataset::range(&c, 0, 9, 1)?.map(1, MapOptions::new(), |_, _, x| Ok(vec![x[0].matmul(&x[0])]))?;
    refused(&c, op.next_element(), Code::InvalidArgument, "matmul");
    let odd = Dataset::range(&c, 0, 9, 1)?.filter(0, |_, _, x| Ok(x[0].item()? as i64 % 2 == 1))?;
    assert_eq!(numbers(&odd)?, [1, 3, 5, 7]);
    Ok(())
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn closures_and_iterators_are_dropped_once() -> Result<()> {
    let (functions, passes) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let c = Context::new()?;
    let (of_function, of_passes) = (Counted(Arc::clone(&functions)), Arc::clone(&passes));
    let source = Dataset::from_iterator(
        &c,
        1,
        move |_| {
            let counted = Counted(Arc::clone(&of_passes));
            (0..10i64).filter(move |_| Arc::strong_count(&counted.0) > 0)
        },
        move |c, i| {
            let _ = &of_function;
            Ok(vec![c.tensor(&[i], &[])?])
        },
    )?;
    let ahead = source.prefetch(3)?;
    drop(source);
    assert_eq!(ahead.next_element()?.unwrap()[0].item()?, 0.0);
    ahead.seek((2, 4))?;
    assert_eq!(ahead.next_element()?.unwrap()[0].item()?, 4.0);
    assert_eq!(functions.load(Ordering::SeqCst), 0);
    drop(ahead);
    works(&c);
    c.set_seed(1)?; // an effect: what C gave up is dropped
    assert_eq!(functions.load(Ordering::SeqCst), 1);
    assert_eq!(passes.load(Ordering::SeqCst), 2);
    // One that C does not take is dropped, too.
    let counted = Counted(Arc::clone(&functions));
    let refused_one = Dataset::from_function(&c, -1, 1, move |c, _| {
        let _ = &counted;
        Ok(vec![c.ones(&[])])
    });
    refused(&c, refused_one, Code::InvalidArgument, "negative");
    c.set_seed(1)?;
    assert_eq!(functions.load(Ordering::SeqCst), 2);
    Ok(())
}

#[test]
fn stages_are_there() -> Result<()> {
    let c = Context::new()?;
    let (low, high) = (Dataset::range(&c, 0, 3, 1)?, Dataset::range(&c, 10, 12, 1)?);
    assert_eq!(numbers(&Dataset::concatenate(&[&low, &high])?)?, [0, 1, 2, 10, 11]);
    assert_eq!(numbers(&Dataset::zip(&[&low, &high])?)?, [0, 10, 1, 11]);
    assert_eq!(numbers(&Dataset::interleave(&[&low, &high], 2, 1)?)?, [0, 10, 1, 11, 2]);
    assert_eq!(numbers(&low.batch(2, false)?.unbatch()?)?, [0, 1, 2]);
    assert_eq!(numbers(&low.window(2, 1, true)?)?, [0, 1, 1, 2]);
    assert_eq!(numbers(&low.cache()?.repeat(2)?)?, [0, 1, 2, 0, 1, 2]);
    assert_eq!(numbers(&low.shuffle_buffer(1, 2)?)?.len(), 3);
    assert_eq!(low.repeat(-1)?.size_if_known()?, None);
    let pairs = low.repeat(2)?.batch(2, true)?;
    let padded = pairs.padded_batch(3, false, &[0.0])?.next_element()?.unwrap();
    assert_eq!(padded[0].shape()?.to_vec(), [3, 2]);
    let bucket = pairs.bucket_by_length(0, &[2], &[1, 3], false, &[0.0])?.next_element()?.unwrap();
    assert_eq!(bucket[0].shape()?.to_vec(), [3, 2]);
    let mixed = Dataset::sample_from(&[&low.repeat(-1)?, &high.repeat(-1)?], &[1.0, 0.0], 4, false)?;
    let ahead = mixed.prefetch(5)?;
    for _ in 0..5 {
        assert!(ahead.next_element()?.unwrap()[0].item()? < 3.0);
    }
    mixed.set_weights(&[0.0, 1.0])?;
    for _ in 0..5 {
        assert!(ahead.next_element()?.unwrap()[0].item()? >= 10.0);
    }
    refused(&c, mixed.set_weights(&[1.0]), Code::InvalidArgument, "a weight for each source");
    let cached = mixed.take(4)?.cache()?;
    refused(&c, mixed.set_weights(&[1.0, 0.0]), Code::FailedPrecondition, "cache the sources");
    drop(cached);
    mixed.set_weights(&[1.0, 0.0])?;
    refused(&c, Dataset::sample_from(&[&low], &[], 0, false), Code::InvalidArgument, "got 0 for 1");
    refused(&c, Dataset::zip(&[]), Code::InvalidArgument, "at least 1 source");
    refused(&c, low.take(0)?.repeat(-1), Code::FailedPrecondition, "must have an element");
    Ok(())
}
