//! An augmenting pipeline: digits that are shifted and get noise on threads of their own, with the same bits for any number of threads.
//!
//! A network learns 3,000 digits twice, as they are and augmented, and is asked for digits that are shifted.
use tapeloop::{
    loss, Activation, Adam, Context, DType, DataPart, Dataset, Dense, MapOptions, Metric, Result, Sequential,
};

const MOST: i64 = 3;
const SIDE: i64 = 28;

fn digits(c: &Context, part: DataPart) -> Result<Dataset> {
    let folder = std::env::var("TAPELOOP_DIGITS").expect("examples/run says where the digits are");
    Dataset::from_idx_folder(c, folder, part, 0)
}

/// Images in [0, 1], moved by up to MOST pixels each way, with noise: other numbers for each element of each epoch.
fn augmented(digits: &Dataset, threads: i32, seed: u64) -> Result<Dataset> {
    digits.map(2, MapOptions::new().threads(threads).seed(seed), |c, place, x| {
        let ways = 2 * MOST as u64 + 1;
        let (dy, dx) = ((place.seed % ways) as i64, (place.seed / 64 % ways) as i64);
        let image = x[0].cast(DType::F32) / 255.0;
        let image = image.pad(&[MOST, MOST], &[MOST, MOST]).slice(&[dy, dx], &[dy + SIDE, dx + SIDE]);
        Ok(vec![image + c.normal(&[SIDE, SIDE]) * 0.1, x[1].clone()])
    })
}

/// Without threads: as they are. The share of shifted digits that the network then knows, and the last loss.
fn trained(threads: Option<i32>) -> Result<(f64, f64)> {
    let c = &Context::builder().seed(1).threads(1).build()?;
    let train = digits(c, DataPart::Train)?.take(3000)?.shuffle(1)?;
    let train = match threads {
        Some(threads) => augmented(&train, threads, 2)?.batch(32, true)?,
        None => train.batch(32, true)?.cast(0, DType::F32, 255.0)?,
    };
    let train = train.prefetch(4)?;
    let test = augmented(&digits(c, DataPart::Test)?, 1, 3)?.batch(500, false)?;
    let net = Sequential::new()
        .layer(Dense::new(128).activation(Activation::Relu))
        .layer(Dense::new(10))
        .build(c)?;
    let adam = Adam::new().build(c)?;
    net.call(&c.zeros(&[1, SIDE * SIDE]), false).check()?; // makes the weights
    let step = c.function(|c, batch| {
        let weights = net.trainable_variables();
        let tape = c.tape()?;
        let loss =
            loss::sparse_categorical_cross_entropy(&batch[1], &net.call(&batch[0].flatten_from(1), true));
        adam.apply(&tape.gradient(&loss, &weights)?, &weights)?;
        Ok(loss)
    })?;
    let mut last = f64::NAN;
    for _ in 0..10 {
        for batch in train.epoch::<2>() {
            last = step.call_item(&batch?)?;
        }
    }
    let accuracy = Metric::sparse_categorical_accuracy(c, None)?;
    for batch in test.epoch::<2>() {
        let [x, labels] = batch?;
        accuracy.update_predictions(&labels, &net.call(&x.flatten_from(1), false))?;
    }
    eprintln!("input wait {:.1} % of the last epoch", train.input_wait()?);
    Ok((accuracy.result()?, last))
}

fn main() -> Result<()> {
    let (plain, one, two) = (trained(None)?, trained(Some(0))?, trained(Some(2))?);
    println!("shifted digits, learned as they are: {:.4}", plain.0);
    println!("shifted digits, learned augmented: {:.4}", one.0);
    if one != two || one.0 <= plain.0 {
        std::process::exit(1);
    }
    println!("the same to the last bit with two threads");
    Ok(())
}
