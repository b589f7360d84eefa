// Made from api.json by bindings/gen/generate. Do not edit.
//! The options of metrics.

use crate::ffi;
use crate::generated::*;
use crate::text::{optional_text, pointer_of};
use crate::Result;

/// Of all metrics by thresholds; each refuses options that it has no use for.
#[derive(Debug, Clone)]
#[must_use]
pub struct ThresholdOptions {
    top_k: i64,
    one_class: bool,
    class_id: i64,
    from_logits: bool,
    threshold_count: i64,
    curve: Option<AucCurve>,
    summation: Option<AucSummation>,
    name: Option<String>,
}

impl Default for ThresholdOptions {
    fn default() -> ThresholdOptions {
        ThresholdOptions::new()
    }
}

impl ThresholdOptions {
    /// All options at their defaults.
    pub fn new() -> ThresholdOptions {
        ThresholdOptions {
            top_k: 0,
            one_class: false,
            class_id: 0,
            from_logits: false,
            threshold_count: 0,
            curve: None,
            summation: None,
            name: None,
        }
    }

    /// Precision and recall: only the k largest predictions of a row may say yes; 0: all (default).
    pub fn top_k(mut self, top_k: i64) -> ThresholdOptions {
        self.top_k = top_k;
        self
    }

    /// Only one class counts (default false).
    pub fn one_class(mut self, one_class: bool) -> ThresholdOptions {
        self.one_class = one_class;
        self
    }

    /// That class: an index into the last axis of predictions of rank 2 or more.
    pub fn class_id(mut self, class_id: i64) -> ThresholdOptions {
        self.class_id = class_id;
        self
    }

    /// Predictions go through a sigmoid first (default false).
    pub fn from_logits(mut self, from_logits: bool) -> ThresholdOptions {
        self.from_logits = from_logits;
        self
    }

    /// AUC and one at another: how many, evenly spread in \[0, 1\]; 0: 200 (default).
    pub fn threshold_count(mut self, threshold_count: i64) -> ThresholdOptions {
        self.threshold_count = threshold_count;
        self
    }

    /// AUC: default `AucCurve::Roc`.
    pub fn curve(mut self, curve: AucCurve) -> ThresholdOptions {
        self.curve = Some(curve);
        self
    }

    /// AUC: default `AucSummation::Interpolation`.
    pub fn summation(mut self, summation: AucSummation) -> ThresholdOptions {
        self.summation = Some(summation);
        self
    }

    /// The name; without one it is that of the function.
    pub fn name(mut self, name: impl Into<String>) -> ThresholdOptions {
        self.name = Some(name.into());
        self
    }

    /// f(the options as C has them); `call` names the caller in errors.
    pub(crate) fn with_raw<R>(
        &self,
        call: &str,
        f: impl FnOnce(&ffi::tl_threshold_options) -> R,
    ) -> Result<R> {
        let mut options = options!(tl_threshold_options, tl_threshold_options_init);
        options.top_k = self.top_k;
        options.one_class = self.one_class;
        options.class_id = self.class_id;
        options.from_logits = self.from_logits;
        options.threshold_count = self.threshold_count;
        if let Some(value) = self.curve {
            options.curve = value as i32;
        }
        if let Some(value) = self.summation {
            options.summation = value as i32;
        }
        let name = optional_text(call, self.name.as_deref())?;
        options.name = pointer_of(&name);
        Ok(f(&options))
    }
}

/// Of `metric_f_beta`.
#[derive(Debug, Clone)]
#[must_use]
pub struct FBetaOptions {
    beta: f64,
    threshold: f64,
    average: Option<ClassAverage>,
    name: Option<String>,
}

impl Default for FBetaOptions {
    fn default() -> FBetaOptions {
        FBetaOptions::new()
    }
}

impl FBetaOptions {
    /// All options at their defaults.
    pub fn new() -> FBetaOptions {
        FBetaOptions { beta: 0.0, threshold: 0.0, average: None, name: None }
    }

    /// Above 0: recall counts so many times as much as precision; 0: 1, the default: the F1 score.
    pub fn beta(mut self, beta: f64) -> FBetaOptions {
        self.beta = beta;
        self
    }

    /// In (0, 1\]: predictions above it say yes; 0 (default): the largest of each row, of equals the first.
    pub fn threshold(mut self, threshold: f64) -> FBetaOptions {
        self.threshold = threshold;
        self
    }

    /// Default `ClassAverage::None`.
    pub fn average(mut self, average: ClassAverage) -> FBetaOptions {
        self.average = Some(average);
        self
    }

    /// The name; without one it is "f_beta".
    pub fn name(mut self, name: impl Into<String>) -> FBetaOptions {
        self.name = Some(name.into());
        self
    }

    /// f(the options as C has them); `call` names the caller in errors.
    pub(crate) fn with_raw<R>(&self, call: &str, f: impl FnOnce(&ffi::tl_f_beta_options) -> R) -> Result<R> {
        let mut options = options!(tl_f_beta_options, tl_f_beta_options_init);
        options.beta = self.beta;
        options.threshold = self.threshold;
        if let Some(value) = self.average {
            options.average = value as i32;
        }
        let name = optional_text(call, self.name.as_deref())?;
        options.name = pointer_of(&name);
        Ok(f(&options))
    }
}

/// Of `metric_r2`.
#[derive(Debug, Clone)]
#[must_use]
pub struct R2Options {
    average: Option<R2Average>,
    regressors: i64,
    name: Option<String>,
}

impl Default for R2Options {
    fn default() -> R2Options {
        R2Options::new()
    }
}

impl R2Options {
    /// All options at their defaults.
    pub fn new() -> R2Options {
        R2Options { average: None, regressors: 0, name: None }
    }

    /// Default `R2Average::Uniform`.
    pub fn average(mut self, average: R2Average) -> R2Options {
        self.average = Some(average);
        self
    }

    /// The adjusted score of a model of so many independent variables; 0 (default): not adjusted.
    pub fn regressors(mut self, regressors: i64) -> R2Options {
        self.regressors = regressors;
        self
    }

    /// The name; without one it is "r2".
    pub fn name(mut self, name: impl Into<String>) -> R2Options {
        self.name = Some(name.into());
        self
    }

    /// f(the options as C has them); `call` names the caller in errors.
    pub(crate) fn with_raw<R>(&self, call: &str, f: impl FnOnce(&ffi::tl_r2_options) -> R) -> Result<R> {
        let mut options = options!(tl_r2_options, tl_r2_options_init);
        if let Some(value) = self.average {
            options.average = value as i32;
        }
        options.regressors = self.regressors;
        let name = optional_text(call, self.name.as_deref())?;
        options.name = pointer_of(&name);
        Ok(f(&options))
    }
}
