//! Trains a digit classifier on replicas with a model each, which see parts of every batch and step alike: threads, or processes.
use tapeloop::{
    Activation, ActivationLayer, Adam, Checkpoint, CheckpointManager, Context, DType, DataPart, Dataset,
};
use tapeloop::{Dense, Flatten, Group, Metric, ReduceOp, Replicas, Result, Sequential, WireDtype};

struct Job {
    data: String,
    epochs: i64,
    batch: i64,
    rate: f64,
    folder: Option<String>, // of checkpoints, which all ranks see
    bf16: bool,             // gradients travel as half the bytes
}

/// On each replica: a context and a group of its own. The accuracy on the digits that it has not seen.
fn train(c: &Context, group: &Group<'_>, job: &Job) -> Result<f64> {
    let bytes_to_unit = |data: Dataset, batch| data.batch(batch, false)?.cast(0, DType::F32, 255.0);
    let train = Dataset::from_idx_folder(c, &job.data, DataPart::Train, 0)?.shuffle(1)?; // the same order everywhere
    let train = group.distribute(&bytes_to_unit(train, job.batch)?)?; // this replica's rows of each batch
    let test = Dataset::from_idx_folder(c, &job.data, DataPart::Test, 0)?;
    let test = group.distribute(&bytes_to_unit(test, 500)?)?;

    let model = Sequential::new()
        .layer(Flatten::new())
        .layer(Dense::new(128))
        .layer(ActivationLayer::new(Activation::Relu))
        .layer(Dense::new(10))
        .build(c)?;
    let adam = Adam::new().learning_rate(job.rate).build(c)?;
    let (losses, accuracy) = (Metric::mean(c, None)?, Metric::sparse_categorical_accuracy(c, None)?);
    model.call(&c.zeros(&[1, 28, 28]), true).check()?; // makes its variables
    group.mirror(&model.trainable_variables())?;
    group.set_wire_dtype(if job.bf16 { WireDtype::Bf16 } else { WireDtype::F32 })?;
    // Behind each epoch a checkpoint of which each rank writes its share; the next run goes on from there.
    let (mut manager, mut done) = (None, 0);
    if let Some(folder) = &job.folder {
        adam.build(&model.trainable_variables())?;
        let all = Checkpoint::new(c)?;
        all.add_layer("model", &model)?;
        all.add_optimizer("adam", &adam)?;
        all.add_dataset("train", &train)?;
        let of_all = CheckpointManager::new(c, &all, folder)?;
        done = of_all.restore_latest()?.unwrap_or(0);
        manager = Some(of_all);
    }

    for epoch in done + 1..=job.epochs {
        for batch in train.epoch() {
            let [images, labels] = batch?;
            let tape = c.tape()?;
            let each = labels.cast(DType::I32).sparse_softmax_cross_entropy(&model.call(&images, true));
            let loss = group.average_loss(&each); // over the whole batch
            let weights = model.trainable_variables();
            let gradients = tape.gradient(&loss, &weights)?;
            adam.apply(&group.all_reduce_list(&gradients, ReduceOp::Sum)?, &weights)?;
            losses.update(&each)?;
        }
        let mean = group.metric_result(&losses)?.item()?; // of all replicas
        losses.reset()?;
        if group.rank() == 0 {
            println!("epoch {}: loss {:.4}", epoch, mean);
        }
        if let Some(manager) = &manager {
            group.save_sharded(manager, epoch, None)?;
        }
    }
    group.check_mirrored(&model.trainable_variables())?; // the same bits on all
    for batch in test.epoch() {
        let [images, labels] = batch?;
        accuracy.update_predictions(&labels, &model.call(&images, false))?;
    }
    group.metric_result(&accuracy)?.item()
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let data = std::env::var("TAPELOOP_DIGITS").unwrap_or_default();
    let (mut replicas, mut job) =
        (2, Job { data, epochs: 4, batch: 64, rate: 0.002, folder: None, bf16: false });
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let process = arguments.iter().any(|argument| argument == "-p");
    job.bf16 = arguments.iter().any(|argument| argument == "-w");
    arguments.retain(|argument| argument != "-p" && argument != "-w");
    for pair in arguments.chunks(2) {
        match (pair[0].as_str(), pair.get(1)) {
            ("-n", Some(value)) => replicas = value.parse()?,
            ("-e", Some(value)) => job.epochs = value.parse()?,
            ("-b", Some(value)) => job.batch = value.parse()?,
            ("-l", Some(value)) => job.rate = value.parse()?,
            ("-f", Some(value)) => job.folder = Some(value.clone()),
            _ => Err("-n REPLICAS, or -p: one process of several; -e EPOCHS -b BATCH (of all replicas) -l RATE; -f FOLDER: a checkpoint \
                      behind each epoch, from which the next run goes on; -w: gradients travel as bf16")?,
        }
    }
    if process {
        let c = Context::builder().seed(1).build()?;
        let group = c.group(None)?; // of the processes that tapeloop-run, torchrun or mpirun has started
        let accuracy = train(&c, &group, &job)?;
        if group.rank() == 0 {
            println!("test accuracy: {:.4}", accuracy);
        }
        return Ok(());
    }
    let accuracies = Replicas::new(replicas).seed(1).run(|c, group| train(c, group, &job))?;
    println!("test accuracy: {:.4}", accuracies[0]);
    Ok(())
}
