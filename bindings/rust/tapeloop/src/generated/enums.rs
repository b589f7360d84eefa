// Made from api.json by bindings/gen/generate. Do not edit.
//! The enums of the C API.

use crate::ffi;

/// Outcome of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Code {
    /// a value, shape, dtype, handle or option that the call does not accept.
    InvalidArgument = ffi::TL_INVALID_ARGUMENT,
    /// The object's state does not allow the call (a consumed tape).
    FailedPrecondition = ffi::TL_FAILED_PRECONDITION,
    /// The context's limit or the machine's memory is exhausted.
    OutOfMemory = ffi::TL_OUT_OF_MEMORY,
    /// a file that does not exist.
    NotFound = ffi::TL_NOT_FOUND,
    /// Reading or writing failed (disk full, permission, device).
    Io = ffi::TL_IO,
    /// a file whose content contradicts its format.
    CorruptData = ffi::TL_CORRUPT_DATA,
    /// Known, but not offered (a newer minor version).
    Unsupported = ffi::TL_UNSUPPORTED,
    /// The context is in use by another thread, or a folder of checkpoints by another writer.
    Busy = ffi::TL_BUSY,
    /// a NaN or an infinity where the caller asked for none.
    NonFinite = ffi::TL_NON_FINITE,
    /// a broken invariant of tapeloop: please report it.
    Internal = ffi::TL_INTERNAL,
    /// `context_cancel` asked the context to stop.
    Cancelled = ffi::TL_CANCELLED,
    /// Another rank of a group has failed, left it or was cancelled: the group has ended.
    PeerLost = ffi::TL_PEER_LOST,
    /// Ranks of a group made different calls, or hold different values of one variable.
    Mismatch = ffi::TL_MISMATCH,
    /// Not all ranks of a group have come in time: the group has ended.
    TimedOut = ffi::TL_TIMED_OUT,
}

impl Code {
    /// The value of a number of the C API; `None` for a number that is not known here.
    pub(crate) fn from_raw(raw: i32) -> Option<Code> {
        match raw {
            ffi::TL_INVALID_ARGUMENT => Some(Code::InvalidArgument),
            ffi::TL_FAILED_PRECONDITION => Some(Code::FailedPrecondition),
            ffi::TL_OUT_OF_MEMORY => Some(Code::OutOfMemory),
            ffi::TL_NOT_FOUND => Some(Code::NotFound),
            ffi::TL_IO => Some(Code::Io),
            ffi::TL_CORRUPT_DATA => Some(Code::CorruptData),
            ffi::TL_UNSUPPORTED => Some(Code::Unsupported),
            ffi::TL_BUSY => Some(Code::Busy),
            ffi::TL_NON_FINITE => Some(Code::NonFinite),
            ffi::TL_INTERNAL => Some(Code::Internal),
            ffi::TL_CANCELLED => Some(Code::Cancelled),
            ffi::TL_PEER_LOST => Some(Code::PeerLost),
            ffi::TL_MISMATCH => Some(Code::Mismatch),
            ffi::TL_TIMED_OUT => Some(Code::TimedOut),
            _ => None,
        }
    }
}

/// Element type. A bool element is one byte that holds 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum DType {
    /// `f32`.
    F32 = ffi::TL_F32,
    /// `f64`.
    F64 = ffi::TL_F64,
    /// `i32`.
    I32 = ffi::TL_I32,
    /// `i64`.
    I64 = ffi::TL_I64,
    /// `u8`.
    U8 = ffi::TL_U8,
    /// `bool`.
    Bool = ffi::TL_BOOL,
}

impl DType {
    /// The value of a number of the C API; `None` for a number that is not known here.
    pub(crate) fn from_raw(raw: i32) -> Option<DType> {
        match raw {
            ffi::TL_F32 => Some(DType::F32),
            ffi::TL_F64 => Some(DType::F64),
            ffi::TL_I32 => Some(DType::I32),
            ffi::TL_I64 => Some(DType::I64),
            ffi::TL_U8 => Some(DType::U8),
            ffi::TL_BOOL => Some(DType::Bool),
            _ => None,
        }
    }
}

/// Which values that are not finite are errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum NonFiniteCheck {
    /// None (default).
    #[default]
    Off = ffi::TL_NON_FINITE_CHECK_OFF,
    /// NaN; infinities are allowed.
    Nan = ffi::TL_NON_FINITE_CHECK_NAN,
    /// NaN and infinities.
    All = ffi::TL_NON_FINITE_CHECK_ALL,
}

/// Severity of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum LogLevel {
    /// ``LogLevel::Info``.
    Info = ffi::TL_LOG_INFO,
    /// ``LogLevel::Warning``.
    Warning = ffi::TL_LOG_WARNING,
}

impl LogLevel {
    /// The value of a number of the C API; `None` for a number that is not known here.
    pub(crate) fn from_raw(raw: i32) -> Option<LogLevel> {
        match raw {
            ffi::TL_LOG_INFO => Some(LogLevel::Info),
            ffi::TL_LOG_WARNING => Some(LogLevel::Warning),
            _ => None,
        }
    }
}

/// What data is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum DataPart {
    /// ``DataPart::Train``.
    Train = ffi::TL_DATA_TRAIN,
    /// ``DataPart::Test``.
    Test = ffi::TL_DATA_TEST,
}

/// How the losses of the samples become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum Reduction {
    /// Sum / number of samples, also with weights; 0 for no sample.
    #[default]
    Mean = ffi::TL_REDUCTION_MEAN,
    /// ``Reduction::Sum``.
    Sum = ffi::TL_REDUCTION_SUM,
    /// a tensor of one number per sample.
    None = ffi::TL_REDUCTION_NONE,
    /// Sum / sum of the weights, which must be given; 0 where that is 0.
    WeightedMean = ffi::TL_REDUCTION_WEIGHTED_MEAN,
}

/// A curve over all thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum AucCurve {
    /// Recall over the false positive rate.
    #[default]
    Roc = ffi::TL_AUC_CURVE_ROC,
    /// Precision over recall.
    PrecisionRecall = ffi::TL_AUC_CURVE_PRECISION_RECALL,
    /// Both as gains over always saying yes (Flach and Kull 2015).
    PrecisionRecallGain = ffi::TL_AUC_CURVE_PRECISION_RECALL_GAIN,
}

/// How high the area between two thresholds is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum AucSummation {
    /// As high as the mean of both; precision over recall by counts that grow evenly (Davis and Goadrich
    /// 2006).
    #[default]
    Interpolation = ffi::TL_AUC_SUMMATION_INTERPOLATION,
    /// As high as the higher one.
    Majoring = ffi::TL_AUC_SUMMATION_MAJORING,
    /// As high as the lower one.
    Minoring = ffi::TL_AUC_SUMMATION_MINORING,
}

/// How the results of classes become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum ClassAverage {
    /// One result for each class.
    #[default]
    None = ffi::TL_CLASS_AVERAGE_NONE,
    /// That of the counts of all classes together.
    Micro = ffi::TL_CLASS_AVERAGE_MICRO,
    /// The mean over the classes.
    Macro = ffi::TL_CLASS_AVERAGE_MACRO,
    /// The mean over the classes, each as often as it is the label.
    Weighted = ffi::TL_CLASS_AVERAGE_WEIGHTED,
}

/// How the results of outputs become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum R2Average {
    /// The mean over the outputs.
    #[default]
    Uniform = ffi::TL_R2_AVERAGE_UNIFORM,
    /// Each output as much as its labels vary.
    Variance = ffi::TL_R2_AVERAGE_VARIANCE,
    /// One result for each output.
    None = ffi::TL_R2_AVERAGE_NONE,
}

/// Where the learning rate stands beside a momentum; without a change of the rate both give the same weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum MomentumForm {
    /// In the velocity: m = mu m - rate g, w += m.
    #[default]
    Keras = ffi::TL_MOMENTUM_KERAS,
    /// Outside: m = mu m + g, w -= rate m.
    Pytorch = ffi::TL_MOMENTUM_PYTORCH,
}

/// Where epsilon stands. Of Adam, with a = rate sqrt(1 - beta2^t) / (1 - beta1^t), as written here; each other
/// optimizer that has the option says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum EpsilonForm {
    /// w -= a m / (sqrt(v) + epsilon).
    #[default]
    Keras = ffi::TL_EPSILON_KERAS,
    /// w -= a m / (sqrt(v) + epsilon sqrt(1 - beta2^t)).
    Pytorch = ffi::TL_EPSILON_PYTORCH,
}

/// What a global norm that is not finite does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum NonFinite {
    /// The call fails with `Code::NonFinite`.
    #[default]
    Error = ffi::TL_NON_FINITE_ERROR,
    /// Every clipped gradient is NaN, as in TensorFlow.
    Propagate = ffi::TL_NON_FINITE_PROPAGATE,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum ProgressStyle {
    /// a bar where the descriptor is a terminal, else lines (default).
    #[default]
    Auto = ffi::TL_PROGRESS_AUTO,
    /// a line that is drawn anew, with a carriage return in front.
    Bar = ffi::TL_PROGRESS_BAR,
    /// Lines with an end each, and no escape sequences.
    Lines = ffi::TL_PROGRESS_LINES,
}

/// How f32 tensors are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum SafetensorsFloats {
    /// As they are (default).
    #[default]
    F32 = ffi::TL_SAFETENSORS_FLOATS_F32,
    /// Rounded to the nearest BF16, of two to the even one.
    Bf16 = ffi::TL_SAFETENSORS_FLOATS_BF16,
    /// Likewise F16; what is too large becomes an infinity.
    F16 = ffi::TL_SAFETENSORS_FLOATS_F16,
}

/// What to give for a source that no target depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum Unconnected {
    /// NULL.
    #[default]
    None = ffi::TL_UNCONNECTED_NONE,
    /// Zeros of the source's shape.
    Zero = ffi::TL_UNCONNECTED_ZERO,
    /// The call fails and names the source.
    Error = ffi::TL_UNCONNECTED_ERROR,
}

/// Why a source has no gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum GradientReason {
    /// There is a gradient.
    #[default]
    Connected = ffi::TL_REASON_CONNECTED,
    /// The source was never watched.
    NotWatched = ffi::TL_REASON_NOT_WATCHED,
    /// What the target is made of was computed before the source was watched.
    WatchedLate = ffi::TL_REASON_WATCHED_LATE,
    /// It was computed while the tape was paused.
    Paused = ffi::TL_REASON_PAUSED,
    /// It was computed, or the source was watched, before the tape was reset.
    Reset = ffi::TL_REASON_RESET,
    /// An integer or bool stands on the path.
    Integer = ffi::TL_REASON_INTEGER,
    /// `stop_gradient` cuts the path.
    StopGradient = ffi::TL_REASON_STOP_GRADIENT,
    /// The value passed through an assignment to a variable.
    Assigned = ffi::TL_REASON_ASSIGNED,
    /// An op without gradient stands on the path.
    NotDifferentiable = ffi::TL_REASON_NOT_DIFFERENTIABLE,
    /// a gradient rule gave none, such as that of a `custom_gradient`.
    RuleGaveNone = ffi::TL_REASON_RULE_GAVE_NONE,
    /// The variable was not read while the tape recorded.
    NotRead = ffi::TL_REASON_NOT_READ,
    /// It was computed before the tape began or after it ended.
    Outside = ffi::TL_REASON_OUTSIDE,
    /// No chain of ops that the tape knows leads from the source to the target.
    Independent = ffi::TL_REASON_INDEPENDENT,
    /// The tape did not see enough to tell: begin it with the option explain.
    Unknown = ffi::TL_REASON_UNKNOWN,
}

impl GradientReason {
    /// The value of a number of the C API; `None` for a number that is not known here.
    pub(crate) fn from_raw(raw: i32) -> Option<GradientReason> {
        match raw {
            ffi::TL_REASON_CONNECTED => Some(GradientReason::Connected),
            ffi::TL_REASON_NOT_WATCHED => Some(GradientReason::NotWatched),
            ffi::TL_REASON_WATCHED_LATE => Some(GradientReason::WatchedLate),
            ffi::TL_REASON_PAUSED => Some(GradientReason::Paused),
            ffi::TL_REASON_RESET => Some(GradientReason::Reset),
            ffi::TL_REASON_INTEGER => Some(GradientReason::Integer),
            ffi::TL_REASON_STOP_GRADIENT => Some(GradientReason::StopGradient),
            ffi::TL_REASON_ASSIGNED => Some(GradientReason::Assigned),
            ffi::TL_REASON_NOT_DIFFERENTIABLE => Some(GradientReason::NotDifferentiable),
            ffi::TL_REASON_RULE_GAVE_NONE => Some(GradientReason::RuleGaveNone),
            ffi::TL_REASON_NOT_READ => Some(GradientReason::NotRead),
            ffi::TL_REASON_OUTSIDE => Some(GradientReason::Outside),
            ffi::TL_REASON_INDEPENDENT => Some(GradientReason::Independent),
            ffi::TL_REASON_UNKNOWN => Some(GradientReason::Unknown),
            _ => None,
        }
    }
}

/// What the step of a matrix of n rows and m columns is multiplied with in `muon`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum MuonScale {
    /// Sqrt(max(1, n / m)): Jordan et al., Keras, PyTorch.
    #[default]
    Original = ffi::TL_MUON_SCALE_ORIGINAL,
    /// 0.2 sqrt(max(n, m)): the size of Adam's steps (Liu et al. 2025).
    MatchRms = ffi::TL_MUON_SCALE_MATCH_RMS,
}

/// How a Hessian-vector product is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum HessianWay {
    /// The tangent of a gradient: the faster one.
    #[default]
    ForwardOverReverse = ffi::TL_HESSIAN_FORWARD_OVER_REVERSE,
    /// The gradient of a gradient: for functions whose rules lack a jvp.
    ReverseOverReverse = ffi::TL_HESSIAN_REVERSE_OVER_REVERSE,
}

/// What a slot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum SlotKind {
    /// One number for each element, of the shape and dtype of the variable.
    #[default]
    Elements = ffi::TL_SLOT_ELEMENTS,
    /// One number of the dtype of the variable, rank 0.
    Number = ffi::TL_SLOT_NUMBER,
    /// Begins as a copy of the variable.
    Weights = ffi::TL_SLOT_WEIGHTS,
}

/// What becomes of a step that looks at elements on the host, or cannot be replayed otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum HostReads {
    /// From then on calls are `Code::FailedPrecondition`, the first after its run.
    #[default]
    Error = ffi::TL_HOST_READS_ERROR,
    /// Calls run the callback, as if there were no function.
    Eager = ffi::TL_HOST_READS_EAGER,
}

/// How the Jacobian of a function is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum JacobianWay {
    /// Forward where the argument is smaller than the result, else reverse.
    #[default]
    ByShape = ffi::TL_JACOBIAN_BY_SHAPE,
    /// Runs the function with a batch of tangents; keeps nothing of a run.
    Forward = ffi::TL_JACOBIAN_FORWARD,
    /// One run on a tape, which walks back with a batch of gradients.
    Reverse = ffi::TL_JACOBIAN_REVERSE,
}

/// How a variable is filled at first. fan_in and fan_out are the rows and columns of a matrix; of more axes
/// the last two times the product of the others; of a vector both its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum Initializer {
    /// What the layer says.
    #[default]
    Default = ffi::TL_INITIALIZER_DEFAULT,
    /// ``Initializer::Zeros``.
    Zeros = ffi::TL_INITIALIZER_ZEROS,
    /// ``Initializer::Ones``.
    Ones = ffi::TL_INITIALIZER_ONES,
    /// The parameter.
    Constant = ffi::TL_INITIALIZER_CONSTANT,
    /// In \[-parameter, parameter), by default 0.05.
    Uniform = ffi::TL_INITIALIZER_UNIFORM,
    /// Mean 0, standard deviation: the parameter, by default 0.05.
    Normal = ffi::TL_INITIALIZER_NORMAL,
    /// The same, drawn anew beyond 2 standard deviations.
    TruncatedNormal = ffi::TL_INITIALIZER_TRUNCATED_NORMAL,
    /// Uniform of variance 2 / (fan_in + fan_out).
    GlorotUniform = ffi::TL_INITIALIZER_GLOROT_UNIFORM,
    /// Truncated normal of that variance.
    GlorotNormal = ffi::TL_INITIALIZER_GLOROT_NORMAL,
    /// 2 / fan_in.
    HeUniform = ffi::TL_INITIALIZER_HE_UNIFORM,
    /// ``Initializer::HeNormal``.
    HeNormal = ffi::TL_INITIALIZER_HE_NORMAL,
    /// 1 / fan_in.
    LecunUniform = ffi::TL_INITIALIZER_LECUN_UNIFORM,
    /// ``Initializer::LecunNormal``.
    LecunNormal = ffi::TL_INITIALIZER_LECUN_NORMAL,
}

/// Activation functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum Activation {
    /// The identity.
    #[default]
    Linear = ffi::TL_ACTIVATION_LINEAR,
    /// ``Activation::Relu``.
    Relu = ffi::TL_ACTIVATION_RELU,
    /// Slope 0.01 below zero.
    LeakyRelu = ffi::TL_ACTIVATION_LEAKY_RELU,
    /// Alpha 1.
    Elu = ffi::TL_ACTIVATION_ELU,
    /// ``Activation::Silu``.
    Silu = ffi::TL_ACTIVATION_SILU,
    /// Exact.
    Gelu = ffi::TL_ACTIVATION_GELU,
    /// ``Activation::Tanh``.
    Tanh = ffi::TL_ACTIVATION_TANH,
    /// ``Activation::Sigmoid``.
    Sigmoid = ffi::TL_ACTIVATION_SIGMOID,
    /// ``Activation::Softplus``.
    Softplus = ffi::TL_ACTIVATION_SOFTPLUS,
    /// Over the last axis.
    Softmax = ffi::TL_ACTIVATION_SOFTMAX,
    /// Over the last axis.
    LogSoftmax = ffi::TL_ACTIVATION_LOG_SOFTMAX,
}

/// What becomes of a step with a gradient that holds NaN or an infinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum NonFiniteGradients {
    /// It is taken as it is.
    #[default]
    Pass = ffi::TL_NON_FINITE_GRADIENTS_PASS,
    /// The step fails with `Code::NonFinite`, and nothing changes.
    Error = ffi::TL_NON_FINITE_GRADIENTS_ERROR,
    /// Nothing changes but the count of such steps.
    Skip = ffi::TL_NON_FINITE_GRADIENTS_SKIP,
}

/// What weight decay acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum WeightDecayForm {
    /// The weights: w -= rate weight_decay w before the update, as in Keras.
    #[default]
    Decoupled = ffi::TL_WEIGHT_DECAY_DECOUPLED,
    /// The gradient, behind clipping: g += weight_decay w, as in PyTorch.
    L2 = ffi::TL_WEIGHT_DECAY_L2,
}

/// Which metric is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum CheckpointBest {
    /// There is none (default).
    #[default]
    None = ffi::TL_CHECKPOINT_BEST_NONE,
    /// The smaller one: a loss.
    Min = ffi::TL_CHECKPOINT_BEST_MIN,
    /// The larger one: an accuracy.
    Max = ffi::TL_CHECKPOINT_BEST_MAX,
}

/// How the tensors of all ranks become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum ReduceOp {
    /// Their sum; integers wrap around.
    #[default]
    Sum = ffi::TL_REDUCE_SUM,
    /// Their sum divided by the number of ranks; floating types.
    Mean = ffi::TL_REDUCE_MEAN,
    /// The least of each element; a NaN makes it NaN.
    Min = ffi::TL_REDUCE_MIN,
    /// The greatest of each element; a NaN makes it NaN.
    Max = ffi::TL_REDUCE_MAX,
    /// Their sum pair by pair, each rounded; of a power of two of ranks.
    SumByPairs = ffi::TL_REDUCE_SUM_BY_PAIRS,
}

/// As what the f32 tensors of `group_all_reduce_list` go from rank to rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum WireDtype {
    /// As they are.
    #[default]
    F32 = ffi::TL_WIRE_F32,
    /// Rounded to bf16, the upper half of an f32: half the bytes.
    Bf16 = ffi::TL_WIRE_BF16,
}

/// Why a fit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum FitEnd {
    /// It has not, or it failed.
    #[default]
    None = ffi::TL_FIT_END_NONE,
    /// All epochs are done.
    Epochs = ffi::TL_FIT_END_EPOCHS,
    /// What is monitored has not improved for long enough.
    Patience = ffi::TL_FIT_END_PATIENCE,
    /// The stop flag was set.
    Stopped = ffi::TL_FIT_END_STOPPED,
    /// a loss was not finite, which the options make an end; nothing is saved.
    NonFinite = ffi::TL_FIT_END_NON_FINITE,
}

impl FitEnd {
    /// The value of a number of the C API; `None` for a number that is not known here.
    pub(crate) fn from_raw(raw: i32) -> Option<FitEnd> {
        match raw {
            ffi::TL_FIT_END_NONE => Some(FitEnd::None),
            ffi::TL_FIT_END_EPOCHS => Some(FitEnd::Epochs),
            ffi::TL_FIT_END_PATIENCE => Some(FitEnd::Patience),
            ffi::TL_FIT_END_STOPPED => Some(FitEnd::Stopped),
            ffi::TL_FIT_END_NON_FINITE => Some(FitEnd::NonFinite),
            _ => None,
        }
    }
}

/// What becomes of a fit in which the loss of a step is NaN or infinite, or in which a step fails with
/// `Code::NonFinite`: batch normalisation refuses a batch whose mean or variance is not finite, an optimizer a
/// gradient where its option says so, and everything whatever `context_set_non_finite_check` is to find. Such
/// a step has changed no weight; it counts as one whose loss is NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[repr(i32)]
pub enum FitNonFinite {
    /// It fails with `Code::NonFinite`, which says in which step (default).
    #[default]
    Error = ffi::TL_FIT_NON_FINITE_ERROR,
    /// It ends with `FitEnd::NonFinite`, behind that step.
    Stop = ffi::TL_FIT_NON_FINITE_STOP,
    /// It goes on with the next batch.
    Ignore = ffi::TL_FIT_NON_FINITE_IGNORE,
}

/// When the callback of a fit runs, in this order: PREPARE once; EPOCH_BEGIN, STEP for each step, EPOCH_END
/// for each epoch; END once. The bar has been drawn before STEP, and the checkpoint of checkpoint_steps comes
/// behind it. The plateau, the bar and the loggers have been told before EPOCH_END, and the checkpoint of the
/// epoch comes behind it. Before END all is saved, and the best restored; now->end says why. A fit that is
/// stopped, or ended by a loss that is not finite, in the midst of an epoch has no EPOCH_END of it; one that
/// fails has no END, and nothing comes behind the event whose callback has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum FitEvent {
    /// All is checked, nothing restored: the program may add to the checkpoint.
    Prepare = ffi::TL_FIT_EVENT_PREPARE,
    /// An epoch begins, or goes on after a checkpoint in its midst.
    EpochBegin = ffi::TL_FIT_EVENT_EPOCH_BEGIN,
    /// a step is done; only with the option step_events.
    Step = ffi::TL_FIT_EVENT_STEP,
    /// An epoch has ended, with its validation, and will be saved now.
    EpochEnd = ffi::TL_FIT_EVENT_EPOCH_END,
    /// The fit has ended without a failure.
    End = ffi::TL_FIT_EVENT_END,
}

impl FitEvent {
    /// The value of a number of the C API; `None` for a number that is not known here.
    pub(crate) fn from_raw(raw: i32) -> Option<FitEvent> {
        match raw {
            ffi::TL_FIT_EVENT_PREPARE => Some(FitEvent::Prepare),
            ffi::TL_FIT_EVENT_EPOCH_BEGIN => Some(FitEvent::EpochBegin),
            ffi::TL_FIT_EVENT_STEP => Some(FitEvent::Step),
            ffi::TL_FIT_EVENT_EPOCH_END => Some(FitEvent::EpochEnd),
            ffi::TL_FIT_EVENT_END => Some(FitEvent::End),
            _ => None,
        }
    }
}
