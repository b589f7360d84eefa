//! Layers, losses, optimizers, metrics, clipping and data, as a training loop uses them.
mod common;

use common::{refused, works};
use std::path::PathBuf;
use tapeloop::loss::{self, LossOptions};
use tapeloop::{clip_by_global_norm, clip_by_global_norm_with, global_norm, NonFinite};
use tapeloop::{
    Activation, ActivationLayer, Adam, AdamW, BatchNormalization, Code, Context, DType, DataPart,
};
use tapeloop::{Dataset, Dense, Dropout, Flatten, Gradients, Initializer, Layer, LayerNormalization, Metric};
use tapeloop::{Reduction, Sequential, Sgd, Tensor, TensorList};

/// Points of a square, and whether each lies in a circle.
fn circle(c: &Context) -> (Tensor, Tensor) {
    let x = c.uniform_range(&[200, 2], -1.0, 1.0, DType::F32);
    let inside = x.square().sum_axes(&[1], false).less(&c.scalar(DType::F32, 0.6));
    (x, inside.cast(DType::I32))
}

#[test]
fn a_model_learns() {
    let c = &Context::builder().seed(1).threads(1).build().unwrap();
    let (x, labels) = circle(c);
    let model = Sequential::new()
        .layer(Dense::new(16).activation(Activation::Tanh))
        .layer(Dropout::new(0.01))
        .layer(Dense::new(2))
        .build(c)
        .unwrap();
    let adam = Adam::new().learning_rate(0.05).build(c).unwrap();
    let accuracy = Metric::sparse_categorical_accuracy(c, "accuracy").unwrap();
    let mut losses = Vec::new();
    for _ in 0..100 {
        let tape = c.tape().unwrap();
        let logits = model.call(&x, true);
        let loss = loss::sparse_categorical_cross_entropy(&labels, &logits);
        let weights = model.trainable_variables();
        let gradients = tape.gradient(&loss, &weights).unwrap();
        adam.apply(&gradients, &weights).unwrap();
        losses.push(loss.item().unwrap());
    }
    accuracy.update_predictions(&labels, &model.call(&x, false)).unwrap();
    assert!(losses[99] < 0.3 * losses[0], "{:?}", losses);
    assert!(accuracy.result().unwrap() > 0.9);
    assert_eq!(adam.iterations().unwrap(), 100);
    assert_eq!(adam.variables().len(), 2 + 2 * 4);
    assert_eq!(accuracy.variables().to_vec().unwrap().len(), 2);
    assert_eq!(accuracy.name().unwrap(), "accuracy");
    accuracy.reset().unwrap();
    assert_eq!(accuracy.result().unwrap(), 0.0);
}

#[test]
fn layers_have_variables_when_they_are_built() {
    let c = &Context::new().unwrap();
    let inner = Sequential::new().layer(Flatten::new()).layer(Dense::new(4).name("first")).name("inner");
    let model = Sequential::new()
        .layer(inner)
        .layer(BatchNormalization::new().momentum(0.5))
        .layer(LayerNormalization::new().epsilon(1e-5).no_center(true))
        .layer(ActivationLayer::new(Activation::Relu))
        .layer(Dense::new(3).no_bias(true))
        .build(c)
        .unwrap();
    assert!(model.variables().is_empty() && model.trainable_variables().to_vec().unwrap().is_empty());
    model.build(&[1, 2, 5]).unwrap();
    let names: Vec<String> = model.variables().to_vec().unwrap().iter().map(|v| v.name().unwrap()).collect();
    assert!(names.iter().any(|name| name.ends_with("inner/first/kernel")), "{:?}", names);
    assert_eq!((model.variables().len(), model.trainable_variables().len()), (8, 6));
    assert_eq!(model.call(&c.ones(&[7, 2, 5]), true).shape().unwrap(), [7, 3]);
    let summary = model.summary().unwrap();
    assert!(summary.contains("batch_normalization") && summary.contains('?'), "{}", summary);
    assert_eq!(model.name().unwrap(), "sequential");
    refused(c, Dense::new(2).build(c).unwrap().build(&[3]), Code::InvalidArgument, "");
    refused(c, model.call(&c.ones(&[7, 2, 6]), true).ok(), Code::InvalidArgument, "");
}

#[test]
fn layers_may_be_shared_and_outlive_their_parts() {
    let c = &Context::new().unwrap();
    let options = Dense::new(2)
        .input_size(3)
        .kernel_initializer(Initializer::Constant)
        .kernel_parameter(2.0)
        .bias_initializer(Initializer::Ones)
        .dtype(DType::F64);
    let shared = options.build(c).unwrap();
    let both = Layer::sequential(c, &[&shared], Some("both")).unwrap();
    drop(shared);
    let y = both.call(&c.ones_dtype(&[1, 3], DType::F64), false);
    assert_eq!(y.to_vec::<f64>().unwrap(), [7.0, 7.0]);
    refused(c, Layer::sequential(c, &[], None), Code::InvalidArgument, "");
    refused(c, Dense::new(0).build(c), Code::InvalidArgument, "units");
    refused(c, Dropout::new(f64::NAN).build(c), Code::InvalidArgument, "rate");
    refused(c, Flatten::new().name("a\0").build(c), Code::InvalidArgument, "NUL");
    let two = Sequential::new().layer(Dense::new(2).name("same")).layer(Dense::new(2).name("same"));
    refused(c, two.build(c), Code::InvalidArgument, "same");
}

#[test]
fn losses_are_those_of_the_formulas() {
    let c = &Context::new().unwrap();
    let labels = c.tensor(&[0i32, 1], &[2]).unwrap();
    let logits = c.tensor(&[0.0f64, 0.0, 0.0, 3.0f64.ln()], &[2, 2]).unwrap();
    let close = |t: &Tensor, want: f64| {
        let got = t.item().unwrap();
        assert!((got - want).abs() < 1e-6, "{} is not {}", got, want);
    };
    let (first, second) = (2.0f64.ln(), (4.0f64 / 3.0).ln());
    close(&loss::sparse_categorical_cross_entropy(&labels, &logits), (first + second) / 2.0);
    let sum = LossOptions::new().reduction(Reduction::Sum);
    close(&loss::sparse_categorical_cross_entropy_with(&labels, &logits, &sum), first + second);
    let weights = c.tensor(&[3.0f64, 1.0], &[2]).unwrap();
    let weighted = LossOptions::new().reduction(Reduction::WeightedMean).weights(&weights);
    let want = (3.0 * first + second) / 4.0;
    close(&loss::sparse_categorical_cross_entropy_with(&labels, &logits, &weighted), want);
    let hot = labels.one_hot_dtype(2, DType::F64);
    close(&loss::categorical_cross_entropy(&hot, &logits), (first + second) / 2.0);
    let half = c.tensor(&[0.5f64, 0.25], &[2]).unwrap();
    let given = LossOptions::default().from_probabilities(true);
    close(&loss::binary_cross_entropy_with(&labels, &half, &given), (2.0f64.ln() + 4.0f64.ln()) / 2.0);
    let (a, b) = (c.tensor(&[1.0f64, 2.0], &[2]).unwrap(), c.tensor(&[4.0f64, 2.0], &[2]).unwrap());
    close(&loss::mean_squared_error(&a, &b), 4.5);
    close(&loss::mean_absolute_error(&a, &b), 1.5);
    close(&loss::reduce(&b), 3.0);
    refused(c, loss::mean_squared_error(&a, &c.ones(&[3])).ok(), Code::InvalidArgument, "");
    let failed = c.ones(&[2]).reshape(&[3]);
    assert!(c.check().is_err());
    let lost = LossOptions::new().weights(&failed);
    refused(c, loss::reduce_with(&b, &lost).ok(), Code::InvalidArgument, "not a live");
}

#[test]
fn optimizers_step() {
    let c = &Context::new().unwrap();
    let w = c.variable(&c.ones(&[2]), "w").unwrap();
    let sgd = Sgd::new().learning_rate(0.5).build(c).unwrap();
    sgd.apply(&[c.full(&[2], 2.0, DType::F32)], &[&w]).unwrap();
    assert_eq!(w.to_vec::<f32>().unwrap(), [0.0, 0.0]);
    assert_eq!((sgd.learning_rate().unwrap(), sgd.iterations().unwrap()), (0.5, 1));
    sgd.set_learning_rate(0.25).unwrap();
    assert_eq!(sgd.learning_rate().unwrap(), 0.25);
    refused(c, sgd.set_learning_rate(f64::NAN), Code::InvalidArgument, "");
    refused(c, Sgd::new().momentum(-1.0).build(c), Code::InvalidArgument, "momentum");
    let adamw = AdamW::new().weight_decay(0.1).name("decay").build(c).unwrap();
    adamw.build(&[&w]).unwrap();
    assert!(adamw.variables().to_vec().unwrap()[2].name().unwrap().starts_with("decay/w/"));
    // As many gradients as variables, of their shapes.
    refused(
        c,
        sgd.apply(&[c.ones(&[2]), c.ones(&[2])], &[&w]),
        Code::InvalidArgument,
        "one gradient per variable",
    );
    refused(c, sgd.apply(&[c.ones(&[3])], &[&w]), Code::InvalidArgument, "");
    refused(c, sgd.apply(&[None::<Tensor>], &[&w]), Code::InvalidArgument, "");
    refused(c, sgd.apply(&[c.ones(&[2])], &[c.ones(&[2])]), Code::InvalidArgument, "variable");
    let other = Context::new().unwrap();
    refused(c, sgd.apply(&[other.ones(&[2])], &[&w]), Code::InvalidArgument, "another context");
    assert_eq!(w.to_vec::<f32>().unwrap(), [0.0, 0.0], "nothing was half done");
    assert_eq!(sgd.iterations().unwrap(), 1);
    // A gradient that failed is an error, not one that does not exist.
    let two = [&w, &c.variable(&c.ones(&[2]), "v").unwrap()];
    let failed = c.ones(&[2]).reshape(&[3]);
    assert!(c.check().is_err());
    refused(c, sgd.apply(&[c.ones(&[2]), failed], &two), Code::InvalidArgument, "not a live");
}

#[test]
fn gradients_are_clipped_together() {
    let c = &Context::new().unwrap();
    let w = c.variable(&c.tensor(&[3.0f32, 4.0], &[2]).unwrap(), "w").unwrap();
    let tape = c.tape().unwrap();
    let loss = w.square().sum() * 0.5;
    let gradients = tape.gradient(&loss, &[&w]).unwrap();
    assert_eq!(global_norm(&gradients).unwrap().item().unwrap(), 5.0);
    let (clipped, norm) = clip_by_global_norm(&gradients, 1.0).unwrap();
    assert_eq!(norm.item().unwrap(), 5.0);
    let values = clipped.get(0).unwrap().to_vec::<f32>().unwrap();
    assert!((values[0] - 0.6).abs() < 1e-6 && (values[1] - 0.8).abs() < 1e-6, "{:?}", values);
    Sgd::new().learning_rate(1.0).build(c).unwrap().apply(&clipped, &[&w]).unwrap();
    assert!((w.to_vec::<f32>().unwrap()[0] - 2.4).abs() < 1e-6);
    let (partly, _) = clip_by_global_norm(&[None, gradients.into_vec().pop().unwrap()], 100.0).unwrap();
    assert!(partly.get(0).is_none() && partly.get(1).is_some());
    let wild = [c.full(&[1], f64::INFINITY, DType::F32)];
    refused(c, clip_by_global_norm(&wild, 1.0), Code::NonFinite, "");
    let (wild, _) = clip_by_global_norm_with(&wild, 1.0, NonFinite::Propagate).unwrap();
    assert!(wild.get(0).unwrap().item().unwrap().is_nan());
    refused(c, clip_by_global_norm(&[c.ones(&[1])], -1.0), Code::InvalidArgument, "");
    let none: [Tensor; 0] = [];
    assert_eq!(clip_by_global_norm(&none, 1.0).unwrap_err().code(), Code::InvalidArgument);
    fn is_list<L: TensorList<Gradients = Gradients>>(_: &L) {}
    is_list(&none);
}

#[test]
fn metrics_count() {
    let c = &Context::new().unwrap();
    let mean = Metric::mean(c, "loss").unwrap();
    mean.update(&c.tensor(&[1.0f32, 2.0], &[2]).unwrap()).unwrap();
    mean.update_weighted(&c.full(&[1], 9.0, DType::F32), &c.full(&[1], 2.0, DType::F32)).unwrap();
    assert_eq!(mean.result().unwrap(), (1.0 + 2.0 + 18.0) / 4.0);
    let sum = Metric::sum(c, None).unwrap();
    sum.update(&c.ones(&[5])).unwrap();
    assert_eq!(sum.result().unwrap(), 5.0);
    let (labels, scores) =
        (c.tensor(&[1i32, 0, 1], &[3]).unwrap(), c.tensor(&[2.0f32, 1.0, -1.0], &[3]).unwrap());
    let binary = Metric::binary_accuracy(c, 0.0, None).unwrap();
    binary.update_predictions(&labels, &scores).unwrap();
    assert_eq!(binary.result().unwrap(), 1.0 / 3.0);
    let weights = c.tensor(&[0.0f32, 0.0, 1.0], &[3]).unwrap();
    binary.reset().unwrap();
    binary.update_predictions_weighted(&labels, &scores, &weights).unwrap();
    assert_eq!(binary.result().unwrap(), 0.0);
    let categorical = Metric::categorical_accuracy(c, None).unwrap();
    categorical.update_predictions(&labels.one_hot(2), &labels.one_hot(2)).unwrap();
    assert_eq!(categorical.result().unwrap(), 1.0);
    refused(c, mean.update_predictions(&labels, &scores), Code::InvalidArgument, "");
    refused(c, binary.update(&scores), Code::InvalidArgument, "");
    refused(c, Metric::mean(c, "a\0b"), Code::InvalidArgument, "NUL");
    let _ = scores.reshape(&[7]);
    assert_eq!(mean.result().unwrap_err().op(), Some("reshape"));
    works(c);
}

#[test]
fn datasets_are_iterated_and_resumed() {
    let c = &Context::new().unwrap();
    let (x, y) = (c.range(10).reshape(&[10, 1]), c.range_from(10, 0.0, 1.0, DType::I32));
    let pairs = || Dataset::from_tensors(c, &[&x, &y]).unwrap();
    let shuffled = pairs().shuffle(3).unwrap().batch(4, false).unwrap();
    assert_eq!((shuffled.size().unwrap(), shuffled.width().unwrap()), (3, 2));
    let numbers = |batch: &Tensor| batch.to_vec::<f32>().unwrap();
    let first: Vec<f32> =
        shuffled.epoch().flat_map(|batch| batch.map(|[x, _]| numbers(&x)).unwrap()).collect();
    let mut sorted = first.clone();
    sorted.sort_by(f32::total_cmp);
    assert_eq!(sorted, (0..10).map(|i| i as f32).collect::<Vec<_>>());
    let second: Vec<f32> =
        shuffled.epoch().flat_map(|batch| batch.map(|[x, _]| numbers(&x)).unwrap()).collect();
    assert_ne!(first, second, "each epoch has an order of its own");
    // Halfway through the third epoch, elsewhere.
    let mut epoch = shuffled.epoch::<2>();
    let _ = epoch.next().unwrap().unwrap();
    let place = shuffled.position().unwrap();
    assert_eq!(place, (2, 1));
    let [want, labels] = epoch.next().unwrap().unwrap();
    let again = pairs().shuffle(3).unwrap().batch(4, false).unwrap();
    again.seek(place).unwrap();
    let got = again.next_element().unwrap().unwrap();
    assert_eq!(numbers(&got[0]), numbers(&want));
    assert_eq!(got[1].to_vec::<i32>().unwrap(), labels.to_vec::<i32>().unwrap());
    refused(c, again.seek((0, 99)), Code::InvalidArgument, "");
    // A batch that is kept lives on.
    assert_eq!(shuffled.epoch::<2>().count(), 1);
    assert_eq!(numbers(&want).len(), 4);
    let part = pairs().take(7).unwrap().skip(2).unwrap();
    assert_eq!(part.size().unwrap(), 5);
    assert_eq!(pairs().batch(4, true).unwrap().size().unwrap(), 2);
    let bytes = Dataset::from_tensors(c, &[c.tensor(&[51u8], &[1]).unwrap()]).unwrap();
    let scaled = bytes.cast(0, DType::F32, 255.0).unwrap();
    let [value] = scaled.epoch().next().unwrap().unwrap();
    assert_eq!(value.item().unwrap(), f64::from(0.2f32));
    // What is refused, and ends the loop.
    let mut wrong = shuffled.epoch::<3>();
    refused(c, wrong.next().unwrap(), Code::InvalidArgument, "room");
    assert!(wrong.next().is_none());
    refused(c, pairs().take(-1), Code::InvalidArgument, "");
    refused(c, pairs().batch(0, false), Code::InvalidArgument, "");
    refused(c, Dataset::from_tensors(c, &[&x, &c.ones(&[3])]), Code::InvalidArgument, "");
    let ragged = scaled.cast(0, DType::I32, 1.0).unwrap();
    refused(c, ragged.next_element(), Code::InvalidArgument, "");
    let _ = x.reshape(&[7]);
    let mut epoch = shuffled.epoch::<2>();
    assert_eq!(epoch.next().unwrap().unwrap_err().op(), Some("reshape"));
    assert!(epoch.next().is_none());
    works(c);
}

/// A folder of its own, which is gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("tapeloop-{}-{}", name, std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn files_are_read_and_checked() {
    let c = &Context::new().unwrap();
    let folder = Folder::new("idx");
    let images = [&[0u8, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2][..], &[1, 2, 3, 4]].concat();
    let labels = [0u8, 0, 8, 1, 0, 0, 0, 2, 7, 9];
    let path = folder.file("train-images-idx3-ubyte", &images);
    folder.file("train-labels-idx1-ubyte", &labels);
    assert_eq!(c.read_idx(&path, 0).unwrap().to_string(), "u8 (2, 1, 2) [[[1, 2]], [[3, 4]]]");
    let train = Dataset::from_idx_folder(c, &folder.0, DataPart::Train, 0).unwrap();
    let [image, label] = train.epoch().next().unwrap().unwrap();
    assert_eq!((image.elements().unwrap(), label.item().unwrap()), (2, 7.0));
    refused(c, c.read_idx(&path, 3), Code::OutOfMemory, "'max_bytes'");
    refused(c, Dataset::from_idx_folder(c, &folder.0, DataPart::Train, 3), Code::OutOfMemory, "'max_bytes'");
    refused(c, c.read_idx(folder.0.join("none"), 0), Code::NotFound, "none");
    refused(c, c.read_idx(&folder.0, 0), Code::Io, "");
    refused(c, c.read_idx(folder.file("short", &images[..18]), 0), Code::CorruptData, "short");
    refused(c, c.read_idx(folder.file("text", b"no tensor at all"), 0), Code::CorruptData, "");
    refused(c, c.read_idx(folder.file("gz", &[0x1f, 0x8b, 8, 0, 1, 2, 3]), 0), Code::CorruptData, "");
    refused(c, c.read_idx("a\0b", 0), Code::InvalidArgument, "NUL");
    folder.file("train-labels-idx1-ubyte", &[0u8, 0, 8, 1, 0, 0, 0, 1, 7]);
    refused(c, Dataset::from_idx_folder(c, &folder.0, DataPart::Train, 0), Code::InvalidArgument, "");
    refused(c, Dataset::from_idx_folder(c, "nowhere/at/all", DataPart::Test, 0), Code::NotFound, "");
}

#[test]
fn two_models_in_one_gradient() {
    let c = &Context::builder().seed(2).build().unwrap();
    let (first, second) = (Dense::new(3).build(c).unwrap(), Dense::new(1).build(c).unwrap());
    let scale = c.variable(&c.ones(&[1]), "scale").unwrap();
    let x = c.uniform(&[4, 2]);
    first.build(&[4, 2]).unwrap();
    second.build(&[4, 3]).unwrap();
    let tape = c.persistent_tape().unwrap();
    let loss = (second.call(&first.call(&x, true), true) * &scale).square().mean();
    let values = |gradients: &Gradients| -> Vec<Vec<f32>> {
        gradients.iter().map(|g| g.unwrap().to_vec().unwrap()).collect()
    };
    let joined = (first.trainable_variables(), second.trainable_variables(), &scale);
    let gradients = tape.gradient(&loss, &joined).unwrap();
    let mut apart = values(&tape.gradient(&loss, &first.trainable_variables()).unwrap());
    apart.extend(values(&tape.gradient(&loss, &second.trainable_variables()).unwrap()));
    apart.push(tape.gradient(&loss, &scale).unwrap().to_vec().unwrap());
    assert_eq!(values(&gradients), apart);
    let before: Vec<f32> = scale.to_vec().unwrap();
    Sgd::new().learning_rate(1.0).build(c).unwrap().apply(&gradients, &joined).unwrap();
    assert_eq!(scale.to_vec::<f32>().unwrap(), [before[0] - apart[4][0]]);
    // Lists of other kinds, nested, and of nothing.
    let none: [&Tensor; 0] = [];
    let nested = ((&none, &[&scale]), first.variables());
    assert_eq!(tape.gradient(&loss, &nested).unwrap().len(), 3);
    assert_eq!(tape.gradient(&loss, &(&none, &none)).unwrap().len(), 0);
    // A list of another context is an error, wherever it stands.
    let other = &Context::new().unwrap();
    let foreign = other.variable(&other.ones(&[1]), "foreign").unwrap();
    refused(c, tape.gradient(&loss, &(&scale, &foreign)), Code::InvalidArgument, "another context");
}
