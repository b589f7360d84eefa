//! A number of each loss and metric that has parameters or options of its own; what they refuse.
mod common;

use common::{refused, works};
use tapeloop::loss::{self, LossOptions};
use tapeloop::{
    ClassAverage, Code, Context, DType, FBetaOptions, Metric, R2Options, Result, Tensor, ThresholdOptions,
};

#[test]
fn losses_take_their_parameters() {
    let c = &Context::new().unwrap();
    let near = |loss: Tensor, want: f64| {
        let got = loss.item().unwrap();
        assert!((got - want).abs() < 1e-5, "{} for {}", got, want);
    };
    let matrix = |values: &[f32]| c.tensor(values, &[values.len() as i64 / 2, 2]).unwrap();
    let (y, p) = (matrix(&[0.0, 1.0, 0.0, 0.0]), matrix(&[0.6, 0.4, 0.4, 0.6]));
    near(loss::hinge(&y, &p), 1.3);
    near(loss::squared_hinge(&y, &p), (1.46 + 2.26) / 2.0);
    let first = LossOptions::new().weights(&c.tensor(&[1.0f32, 0.0], &[2]).unwrap());
    near(loss::categorical_hinge_with(&y, &p, &first), 0.6);
    let (zero, three) = (c.zeros(&[1]), c.full(&[1], 3.0, DType::F32));
    near(loss::huber(&zero, &three, 0.5), 1.375);
    near(loss::log_cosh(&zero, &three), 3.0f64.cosh().ln());
    near(loss::mean_absolute_percentage_error(&three, &zero), 100.0);
    near(loss::mean_squared_logarithmic_error(&zero, &three), 4.0f64.ln().powi(2));
    near(loss::poisson(&three, &three), 3.0 - 3.0 * 3.0f64.ln());
    near(loss::cosine_similarity(&matrix(&[0.0, 1.0, 1.0, 1.0]), &matrix(&[1.0, 0.0, 1.0, 1.0])), -0.5);
    near(loss::kl_divergence(&matrix(&[0.5, 0.5]), &matrix(&[0.25, 0.75])), 0.5 * (4.0f64 / 3.0).ln());
    let (z, q) = (matrix(&[1.0, 0.0, 1.0, 0.0]), matrix(&[0.9, 0.8, 0.7, 0.2]));
    let probabilities = LossOptions::new().from_probabilities(true);
    near(
        loss::binary_focal_cross_entropy_with(&z, &q, 2.0, 0.0, &probabilities),
        (0.515547 + 0.020513) / 2.0,
    );
    near(loss::categorical_focal_cross_entropy(&z, &c.zeros(&[2, 2]), 2.0, 0.0), 0.25 * 2.0f64.ln());
    let (mask, said) = (matrix(&[1.0, 2.0, 1.0, 2.0]), matrix(&[4.0, 1.0, 6.0, 1.0]));
    near(loss::dice(&mask, &said, false), -0.5555555);
    near(loss::tversky(&mask, &said, 0.2, 0.8, false), -0.9444444);
    let logits: Vec<f32> = (0..24).map(|i| (i - 12) as f32 / 100.0).collect();
    let (x, labels) = (c.tensor(&logits, &[2, 4, 3]), c.tensor(&[1i32, 2, 1, 0, 1, 2, 0, 2], &[2, 4]));
    let (x, labels, lengths) = (x.unwrap(), labels.unwrap(), c.tensor(&[3i32, 3], &[2]).unwrap());
    near(loss::ctc(&labels, &x, None, None, 0), 2.448645);
    near(loss::ctc(&labels, &x, Some(&lengths), None, 0), 2.448645);
    let tape = c.tape().unwrap();
    tape.watch(&x).unwrap();
    let lost = loss::ctc(&labels, &x, None, None, 0);
    assert_eq!(tape.gradient(&lost, &[&x]).unwrap().get(0).unwrap().shape().unwrap(), [2, 4, 3]);
    refused(c, loss::huber(&zero, &three, -1.0).item(), Code::InvalidArgument, "'delta'");
    refused(c, loss::ctc(&labels, &x, None, None, 3).item(), Code::InvalidArgument, "'blank'");
    works(c);
}

#[test]
fn metrics_compare_labels_with_predictions() {
    let c = &Context::new().unwrap();
    let once = |metric: Result<Metric>, y: &Tensor, p: &Tensor| {
        let metric = metric.unwrap();
        metric.update_predictions(y, p).unwrap();
        metric.result().unwrap()
    };
    let near = |got: f64, want: f64| assert!((got - want).abs() < 1e-6, "{} for {}", got, want);
    let (y, p) =
        (c.tensor(&[0i32, 0, 1, 1], &[4]).unwrap(), c.tensor(&[0.0f32, 0.5, 0.3, 0.9], &[4]).unwrap());
    let plain = &ThresholdOptions::new();
    assert_eq!(once(Metric::true_positives(c, &[], plain), &y, &p), 1.0);
    assert_eq!(once(Metric::false_positives(c, &[0.4], plain), &y, &p), 1.0);
    assert_eq!(once(Metric::true_negatives(c, &[], plain), &y, &p), 2.0);
    assert_eq!(once(Metric::false_negatives(c, &[], plain), &y, &p), 1.0);
    near(once(Metric::recall(c, &[0.2], plain), &y, &p), 1.0);
    let three = &ThresholdOptions::new().threshold_count(3);
    near(once(Metric::auc(c, &[], three), &y, &p), 0.75);
    near(once(Metric::sensitivity_at_specificity(c, 0.9, three), &y, &p), 0.5);
    near(once(Metric::specificity_at_sensitivity(c, 0.9, three), &y, &p), 0.5);
    near(once(Metric::precision_at_recall(c, 0.5, three), &y, &p), 1.0);
    near(once(Metric::recall_at_precision(c, 0.6, three), &y, &p), 1.0);
    let several = Metric::precision(c, &[0.9, 0.2], &plain.clone().name("shares")).unwrap();
    several.update_predictions(&y, &p).unwrap();
    assert_eq!(several.result_tensor().to_vec::<f64>().unwrap(), [0.0, 2.0 / 3.0]);
    assert_eq!(several.name().unwrap(), "shares");
    assert_eq!(several.variables().len(), 2);
    refused(c, several.result(), Code::InvalidArgument, "several results");
    refused(c, Metric::precision(c, &[1.5], plain), Code::InvalidArgument, "each threshold");
    refused(c, Metric::recall(c, &[], &plain.clone().name("a\0b")), Code::InvalidArgument, "NUL");

    let scores = c.tensor(&[0.2f32, 0.6, 0.7, 0.2, 0.6, 0.5, 0.6, 0.8, 0.0], &[3, 3]).unwrap();
    let classes = c.tensor(&[1i32, 1, 0], &[3]).unwrap();
    near(once(Metric::sparse_top_k_categorical_accuracy(c, 2, None), &classes, &scores), 1.0);
    near(once(Metric::top_k_categorical_accuracy(c, 1, "one"), &classes.one_hot(3), &scores), 1.0 / 3.0);
    near(once(Metric::mean_iou(c, 3, None), &classes, &scores), 1.0 / 9.0);
    let macro_f1 = FBetaOptions::new().average(ClassAverage::Macro);
    near(once(Metric::f_beta(c, 3, &macro_f1), &classes.one_hot(3), &scores), 0.5 / 3.0);
    let (a, b) = (c.tensor(&[1.0f32, 4.0, 3.0], &[3]).unwrap(), c.tensor(&[2.0f32, 4.0, 4.0], &[3]).unwrap());
    near(once(Metric::r2(c, 1, &R2Options::new()), &a, &b), 1.0 - 3.0 / 7.0);
    near(once(Metric::root_mean_squared_error(c, None), &a, &b), (2.0f64 / 3.0).sqrt());
    near(once(Metric::cosine_similarity(c, None), &a, &b), 30.0 / (26.0f64 * 36.0).sqrt());
    near(once(Metric::pearson_correlation(c, None), &a, &b), 10.0 / 112.0f64.sqrt());
    works(c);
}
