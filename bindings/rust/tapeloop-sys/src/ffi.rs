// Made from api.json by bindings/gen/generate. Do not edit.
//! The declarations of the C API, one for one.

use std::os::raw::{c_char, c_void};

/// `TL_VERSION_MAJOR` of `base.h`.
pub const TL_VERSION_MAJOR: i32 = 0;

/// `TL_VERSION_MINOR` of `base.h`.
pub const TL_VERSION_MINOR: i32 = 1;

/// `TL_VERSION_PATCH` of `base.h`.
pub const TL_VERSION_PATCH: i32 = 0;

/// `TL_MAX_RANK` of `base.h`.
pub const TL_MAX_RANK: i32 = 8;

/// `TL_DATASET_UNKNOWN_SIZE` of `pipeline.h`.
pub const TL_DATASET_UNKNOWN_SIZE: i32 = -2;

/// `TL_DATASET_INFINITE_SIZE` of `pipeline.h`.
pub const TL_DATASET_INFINITE_SIZE: i32 = -3;

/// `TL_NO_AXIS` of `vmap.h`.
pub const TL_NO_AXIS: i32 = -128;

/// Outcome of a call. Append-only numbers.
pub type tl_status = i32;
/// Of `tl_status`.
pub const TL_OK: tl_status = 0;
/// a value, shape, dtype, handle or option that the call does not accept
pub const TL_INVALID_ARGUMENT: tl_status = 1;
/// the object's state does not allow the call (a consumed tape)
pub const TL_FAILED_PRECONDITION: tl_status = 2;
/// the context's limit or the machine's memory is exhausted
pub const TL_OUT_OF_MEMORY: tl_status = 3;
/// a file that does not exist
pub const TL_NOT_FOUND: tl_status = 4;
/// reading or writing failed (disk full, permission, device)
pub const TL_IO: tl_status = 5;
/// a file whose content contradicts its format
pub const TL_CORRUPT_DATA: tl_status = 6;
/// known, but not offered (a newer minor version)
pub const TL_UNSUPPORTED: tl_status = 7;
/// the context is in use by another thread, or a folder of checkpoints by another writer
pub const TL_BUSY: tl_status = 8;
/// a NaN or an infinity where the caller asked for none
pub const TL_NON_FINITE: tl_status = 9;
/// a broken invariant of tapeloop: please report it
pub const TL_INTERNAL: tl_status = 10;
/// tl_context_cancel() asked the context to stop
pub const TL_CANCELLED: tl_status = 11;
/// another rank of a group has failed, left it or was cancelled: the group has ended
pub const TL_PEER_LOST: tl_status = 12;
/// ranks of a group made different calls, or hold different values of one variable
pub const TL_MISMATCH: tl_status = 13;
/// not all ranks of a group have come in time: the group has ended
pub const TL_TIMED_OUT: tl_status = 14;

/// Element type. Append-only numbers. A bool element is one byte that holds 0 or 1.
pub type tl_dtype = i32;
/// Of `tl_dtype`.
pub const TL_F32: tl_dtype = 1;
/// Of `tl_dtype`.
pub const TL_F64: tl_dtype = 2;
/// Of `tl_dtype`.
pub const TL_I32: tl_dtype = 3;
/// Of `tl_dtype`.
pub const TL_I64: tl_dtype = 4;
/// Of `tl_dtype`.
pub const TL_U8: tl_dtype = 5;
/// Of `tl_dtype`.
pub const TL_BOOL: tl_dtype = 6;

/// Which values that are not finite are errors. Append-only numbers.
pub type tl_non_finite_check = i32;
/// none (default)
pub const TL_NON_FINITE_CHECK_OFF: tl_non_finite_check = 0;
/// NaN; infinities are allowed
pub const TL_NON_FINITE_CHECK_NAN: tl_non_finite_check = 1;
/// NaN and infinities
pub const TL_NON_FINITE_CHECK_ALL: tl_non_finite_check = 2;

/// Severity of a log line. Append-only numbers.
pub type tl_log_level = i32;
/// Of `tl_log_level`.
pub const TL_LOG_INFO: tl_log_level = 1;
/// Of `tl_log_level`.
pub const TL_LOG_WARNING: tl_log_level = 2;

/// What data is for. Append-only numbers.
pub type tl_data_part = i32;
/// Of `tl_data_part`.
pub const TL_DATA_TRAIN: tl_data_part = 1;
/// Of `tl_data_part`.
pub const TL_DATA_TEST: tl_data_part = 2;

/// How the losses of the samples become one. Append-only numbers.
pub type tl_reduction = i32;
/// sum / number of samples, also with weights; 0 for no sample
pub const TL_REDUCTION_MEAN: tl_reduction = 0;
/// Of `tl_reduction`.
pub const TL_REDUCTION_SUM: tl_reduction = 1;
/// a tensor of one number per sample
pub const TL_REDUCTION_NONE: tl_reduction = 2;
/// sum / sum of the weights, which must be given; 0 where that is 0
pub const TL_REDUCTION_WEIGHTED_MEAN: tl_reduction = 3;

/// A curve over all thresholds. Append-only numbers.
pub type tl_auc_curve = i32;
/// recall over the false positive rate
pub const TL_AUC_CURVE_ROC: tl_auc_curve = 0;
/// precision over recall
pub const TL_AUC_CURVE_PRECISION_RECALL: tl_auc_curve = 1;
/// both as gains over always saying yes (Flach and Kull 2015)
pub const TL_AUC_CURVE_PRECISION_RECALL_GAIN: tl_auc_curve = 2;

/// How high the area between two thresholds is. Append-only numbers.
pub type tl_auc_summation = i32;
/// as high as the mean of both; precision over recall by counts that grow evenly (Davis and Goadrich 2006)
pub const TL_AUC_SUMMATION_INTERPOLATION: tl_auc_summation = 0;
/// as high as the higher one
pub const TL_AUC_SUMMATION_MAJORING: tl_auc_summation = 1;
/// as high as the lower one
pub const TL_AUC_SUMMATION_MINORING: tl_auc_summation = 2;

/// How the results of classes become one. Append-only numbers.
pub type tl_class_average = i32;
/// one result for each class
pub const TL_CLASS_AVERAGE_NONE: tl_class_average = 0;
/// that of the counts of all classes together
pub const TL_CLASS_AVERAGE_MICRO: tl_class_average = 1;
/// the mean over the classes
pub const TL_CLASS_AVERAGE_MACRO: tl_class_average = 2;
/// the mean over the classes, each as often as it is the label
pub const TL_CLASS_AVERAGE_WEIGHTED: tl_class_average = 3;

/// How the results of outputs become one. Append-only numbers.
pub type tl_r2_average = i32;
/// the mean over the outputs
pub const TL_R2_AVERAGE_UNIFORM: tl_r2_average = 0;
/// each output as much as its labels vary
pub const TL_R2_AVERAGE_VARIANCE: tl_r2_average = 1;
/// one result for each output
pub const TL_R2_AVERAGE_NONE: tl_r2_average = 2;

/// Where the learning rate stands beside a momentum; without a change of the rate both give the same weights.
/// Append-only numbers.
pub type tl_momentum_form = i32;
/// in the velocity: m = mu m - rate g, w += m
pub const TL_MOMENTUM_KERAS: tl_momentum_form = 0;
/// outside: m = mu m + g, w -= rate m
pub const TL_MOMENTUM_PYTORCH: tl_momentum_form = 1;

/// Where epsilon stands. Of Adam, with a = rate sqrt(1 - beta2^t) / (1 - beta1^t), as written here; each other
/// optimizer that has the option says it. Append-only numbers.
pub type tl_epsilon_form = i32;
/// w -= a m / (sqrt(v) + epsilon)
pub const TL_EPSILON_KERAS: tl_epsilon_form = 0;
/// w -= a m / (sqrt(v) + epsilon sqrt(1 - beta2^t))
pub const TL_EPSILON_PYTORCH: tl_epsilon_form = 1;

/// What a global norm that is not finite does. Append-only numbers.
pub type tl_non_finite = i32;
/// the call fails with TL_NON_FINITE
pub const TL_NON_FINITE_ERROR: tl_non_finite = 0;
/// every clipped gradient is NaN, as in TensorFlow
pub const TL_NON_FINITE_PROPAGATE: tl_non_finite = 1;

/// How progress is shown. Append-only numbers.
pub type tl_progress_style = i32;
/// a bar where the descriptor is a terminal, else lines (default)
pub const TL_PROGRESS_AUTO: tl_progress_style = 0;
/// a line that is drawn anew, with a carriage return in front
pub const TL_PROGRESS_BAR: tl_progress_style = 1;
/// lines with an end each, and no escape sequences
pub const TL_PROGRESS_LINES: tl_progress_style = 2;

/// How TL_F32 tensors are stored. Append-only numbers.
pub type tl_safetensors_floats = i32;
/// as they are (default)
pub const TL_SAFETENSORS_FLOATS_F32: tl_safetensors_floats = 0;
/// rounded to the nearest BF16, of two to the even one
pub const TL_SAFETENSORS_FLOATS_BF16: tl_safetensors_floats = 1;
/// likewise F16; what is too large becomes an infinity
pub const TL_SAFETENSORS_FLOATS_F16: tl_safetensors_floats = 2;

/// What to give for a source that no target depends on. Append-only numbers.
pub type tl_unconnected = i32;
/// NULL
pub const TL_UNCONNECTED_NONE: tl_unconnected = 0;
/// zeros of the source's shape
pub const TL_UNCONNECTED_ZERO: tl_unconnected = 1;
/// the call fails and names the source
pub const TL_UNCONNECTED_ERROR: tl_unconnected = 2;

/// Why a source has no gradient. Append-only numbers.
pub type tl_gradient_reason = i32;
/// there is a gradient
pub const TL_REASON_CONNECTED: tl_gradient_reason = 0;
/// the source was never watched
pub const TL_REASON_NOT_WATCHED: tl_gradient_reason = 1;
/// what the target is made of was computed before the source was watched
pub const TL_REASON_WATCHED_LATE: tl_gradient_reason = 2;
/// it was computed while the tape was paused
pub const TL_REASON_PAUSED: tl_gradient_reason = 3;
/// it was computed, or the source was watched, before the tape was reset
pub const TL_REASON_RESET: tl_gradient_reason = 4;
/// an integer or bool stands on the path
pub const TL_REASON_INTEGER: tl_gradient_reason = 5;
/// tl_stop_gradient() cuts the path
pub const TL_REASON_STOP_GRADIENT: tl_gradient_reason = 6;
/// the value passed through an assignment to a variable
pub const TL_REASON_ASSIGNED: tl_gradient_reason = 7;
/// an op without gradient stands on the path
pub const TL_REASON_NOT_DIFFERENTIABLE: tl_gradient_reason = 8;
/// a gradient rule gave none, such as that of a tl_custom_gradient()
pub const TL_REASON_RULE_GAVE_NONE: tl_gradient_reason = 9;
/// the variable was not read while the tape recorded
pub const TL_REASON_NOT_READ: tl_gradient_reason = 10;
/// it was computed before the tape began or after it ended
pub const TL_REASON_OUTSIDE: tl_gradient_reason = 11;
/// no chain of ops that the tape knows leads from the source to the target
pub const TL_REASON_INDEPENDENT: tl_gradient_reason = 12;
/// the tape did not see enough to tell: begin it with the option explain
pub const TL_REASON_UNKNOWN: tl_gradient_reason = 13;

/// What the step of a matrix of n rows and m columns is multiplied with in tl_muon(). Append-only numbers.
pub type tl_muon_scale = i32;
/// sqrt(max(1, n / m)): Jordan et al., Keras, PyTorch
pub const TL_MUON_SCALE_ORIGINAL: tl_muon_scale = 0;
/// 0.2 sqrt(max(n, m)): the size of Adam's steps (Liu et al. 2025)
pub const TL_MUON_SCALE_MATCH_RMS: tl_muon_scale = 1;

/// How a Hessian-vector product is computed. Append-only numbers.
pub type tl_hessian_way = i32;
/// the tangent of a gradient: the faster one
pub const TL_HESSIAN_FORWARD_OVER_REVERSE: tl_hessian_way = 0;
/// the gradient of a gradient: for functions whose rules lack a jvp
pub const TL_HESSIAN_REVERSE_OVER_REVERSE: tl_hessian_way = 1;

/// What a slot holds. Append-only numbers.
pub type tl_slot_kind = i32;
/// one number for each element, of the shape and dtype of the variable
pub const TL_SLOT_ELEMENTS: tl_slot_kind = 0;
/// one number of the dtype of the variable, rank 0
pub const TL_SLOT_NUMBER: tl_slot_kind = 1;
/// begins as a copy of the variable
pub const TL_SLOT_WEIGHTS: tl_slot_kind = 2;

/// What becomes of a step that looks at elements on the host, or cannot be replayed otherwise. Append-only
/// numbers.
pub type tl_host_reads = i32;
/// from then on calls are TL_FAILED_PRECONDITION, the first after its run
pub const TL_HOST_READS_ERROR: tl_host_reads = 0;
/// calls run the callback, as if there were no function
pub const TL_HOST_READS_EAGER: tl_host_reads = 1;

/// How the Jacobian of a function is computed. Append-only numbers.
pub type tl_jacobian_way = i32;
/// forward where the argument is smaller than the result, else reverse
pub const TL_JACOBIAN_BY_SHAPE: tl_jacobian_way = 0;
/// runs the function with a batch of tangents; keeps nothing of a run
pub const TL_JACOBIAN_FORWARD: tl_jacobian_way = 1;
/// one run on a tape, which walks back with a batch of gradients
pub const TL_JACOBIAN_REVERSE: tl_jacobian_way = 2;

/// How a variable is filled at first. Append-only numbers. fan_in and fan_out are the rows and columns of a
/// matrix; of more axes the last two times the product of the others; of a vector both its size.
pub type tl_initializer = i32;
/// what the layer says
pub const TL_INITIALIZER_DEFAULT: tl_initializer = 0;
/// Of `tl_initializer`.
pub const TL_INITIALIZER_ZEROS: tl_initializer = 1;
/// Of `tl_initializer`.
pub const TL_INITIALIZER_ONES: tl_initializer = 2;
/// the parameter
pub const TL_INITIALIZER_CONSTANT: tl_initializer = 3;
/// in \[-parameter, parameter), by default 0.05
pub const TL_INITIALIZER_UNIFORM: tl_initializer = 4;
/// mean 0, standard deviation: the parameter, by default 0.05
pub const TL_INITIALIZER_NORMAL: tl_initializer = 5;
/// the same, drawn anew beyond 2 standard deviations
pub const TL_INITIALIZER_TRUNCATED_NORMAL: tl_initializer = 6;
/// uniform of variance 2 / (fan_in + fan_out)
pub const TL_INITIALIZER_GLOROT_UNIFORM: tl_initializer = 7;
/// truncated normal of that variance
pub const TL_INITIALIZER_GLOROT_NORMAL: tl_initializer = 8;
/// 2 / fan_in
pub const TL_INITIALIZER_HE_UNIFORM: tl_initializer = 9;
/// Of `tl_initializer`.
pub const TL_INITIALIZER_HE_NORMAL: tl_initializer = 10;
/// 1 / fan_in
pub const TL_INITIALIZER_LECUN_UNIFORM: tl_initializer = 11;
/// Of `tl_initializer`.
pub const TL_INITIALIZER_LECUN_NORMAL: tl_initializer = 12;

/// Activation functions. Append-only numbers.
pub type tl_activation = i32;
/// the identity
pub const TL_ACTIVATION_LINEAR: tl_activation = 0;
/// Of `tl_activation`.
pub const TL_ACTIVATION_RELU: tl_activation = 1;
/// slope 0.01 below zero
pub const TL_ACTIVATION_LEAKY_RELU: tl_activation = 2;
/// alpha 1
pub const TL_ACTIVATION_ELU: tl_activation = 3;
/// Of `tl_activation`.
pub const TL_ACTIVATION_SILU: tl_activation = 4;
/// exact
pub const TL_ACTIVATION_GELU: tl_activation = 5;
/// Of `tl_activation`.
pub const TL_ACTIVATION_TANH: tl_activation = 6;
/// Of `tl_activation`.
pub const TL_ACTIVATION_SIGMOID: tl_activation = 7;
/// Of `tl_activation`.
pub const TL_ACTIVATION_SOFTPLUS: tl_activation = 8;
/// over the last axis
pub const TL_ACTIVATION_SOFTMAX: tl_activation = 9;
/// over the last axis
pub const TL_ACTIVATION_LOG_SOFTMAX: tl_activation = 10;

/// What becomes of a step with a gradient that holds NaN or an infinity. Append-only numbers.
pub type tl_non_finite_gradients = i32;
/// it is taken as it is
pub const TL_NON_FINITE_GRADIENTS_PASS: tl_non_finite_gradients = 0;
/// the step fails with TL_NON_FINITE, and nothing changes
pub const TL_NON_FINITE_GRADIENTS_ERROR: tl_non_finite_gradients = 1;
/// nothing changes but the count of such steps
pub const TL_NON_FINITE_GRADIENTS_SKIP: tl_non_finite_gradients = 2;

/// What weight decay acts on. Append-only numbers.
pub type tl_weight_decay_form = i32;
/// the weights: w -= rate weight_decay w before the update, as in Keras
pub const TL_WEIGHT_DECAY_DECOUPLED: tl_weight_decay_form = 0;
/// the gradient, behind clipping: g += weight_decay w, as in PyTorch
pub const TL_WEIGHT_DECAY_L2: tl_weight_decay_form = 1;

/// Which metric is better. Append-only numbers.
pub type tl_checkpoint_best = i32;
/// there is none (default)
pub const TL_CHECKPOINT_BEST_NONE: tl_checkpoint_best = 0;
/// the smaller one: a loss
pub const TL_CHECKPOINT_BEST_MIN: tl_checkpoint_best = 1;
/// the larger one: an accuracy
pub const TL_CHECKPOINT_BEST_MAX: tl_checkpoint_best = 2;

/// How the tensors of all ranks become one. Append-only numbers.
pub type tl_reduce_op = i32;
/// their sum; integers wrap around
pub const TL_REDUCE_SUM: tl_reduce_op = 0;
/// their sum divided by the number of ranks; floating types
pub const TL_REDUCE_MEAN: tl_reduce_op = 1;
/// the least of each element; a NaN makes it NaN
pub const TL_REDUCE_MIN: tl_reduce_op = 2;
/// the greatest of each element; a NaN makes it NaN
pub const TL_REDUCE_MAX: tl_reduce_op = 3;
/// their sum pair by pair, each rounded; of a power of two of ranks
pub const TL_REDUCE_SUM_BY_PAIRS: tl_reduce_op = 4;

/// As what the TL_F32 tensors of tl_group_all_reduce_list() go from rank to rank. Append-only numbers.
pub type tl_wire_dtype = i32;
/// as they are
pub const TL_WIRE_F32: tl_wire_dtype = 0;
/// rounded to bf16, the upper half of an f32: half the bytes
pub const TL_WIRE_BF16: tl_wire_dtype = 1;

/// Why a fit ended. Append-only numbers.
pub type tl_fit_end = i32;
/// it has not, or it failed
pub const TL_FIT_END_NONE: tl_fit_end = 0;
/// all epochs are done
pub const TL_FIT_END_EPOCHS: tl_fit_end = 1;
/// what is monitored has not improved for long enough
pub const TL_FIT_END_PATIENCE: tl_fit_end = 2;
/// the stop flag was set
pub const TL_FIT_END_STOPPED: tl_fit_end = 3;
/// a loss was not finite, which the options make an end; nothing is saved
pub const TL_FIT_END_NON_FINITE: tl_fit_end = 4;

/// What becomes of a fit in which the loss of a step is NaN or infinite, or in which a step fails with
/// TL_NON_FINITE: batch normalisation refuses a batch whose mean or variance is not finite, an optimizer a
/// gradient where its option says so, and everything whatever tl_context_set_non_finite_check() is to find.
/// Such a step has changed no weight; it counts as one whose loss is NaN. Append-only numbers.
pub type tl_fit_non_finite = i32;
/// it fails with TL_NON_FINITE, which says in which step (default)
pub const TL_FIT_NON_FINITE_ERROR: tl_fit_non_finite = 0;
/// it ends with TL_FIT_END_NON_FINITE, behind that step
pub const TL_FIT_NON_FINITE_STOP: tl_fit_non_finite = 1;
/// it goes on with the next batch
pub const TL_FIT_NON_FINITE_IGNORE: tl_fit_non_finite = 2;

/// When the callback of a fit runs, in this order: PREPARE once; EPOCH_BEGIN, STEP for each step, EPOCH_END
/// for each epoch; END once. The bar has been drawn before STEP, and the checkpoint of checkpoint_steps comes
/// behind it. The plateau, the bar and the loggers have been told before EPOCH_END, and the checkpoint of the
/// epoch comes behind it. Before END all is saved, and the best restored; now->end says why. A fit that is
/// stopped, or ended by a loss that is not finite, in the midst of an epoch has no EPOCH_END of it; one that
/// fails has no END, and nothing comes behind the event whose callback has failed. Append-only numbers.
pub type tl_fit_event = i32;
/// all is checked, nothing restored: the program may add to the checkpoint
pub const TL_FIT_EVENT_PREPARE: tl_fit_event = 1;
/// an epoch begins, or goes on after a checkpoint in its midst
pub const TL_FIT_EVENT_EPOCH_BEGIN: tl_fit_event = 2;
/// a step is done; only with the option step_events
pub const TL_FIT_EVENT_STEP: tl_fit_event = 3;
/// an epoch has ended, with its validation, and will be saved now
pub const TL_FIT_EVENT_EPOCH_END: tl_fit_event = 4;
/// the fit has ended without a failure
pub const TL_FIT_EVENT_END: tl_fit_event = 5;

/// Everything that is not a value: memory, threads, random numbers, open tapes and scopes, the first error.
#[repr(C)]
pub struct tl_context {
    _private: [u8; 0],
}

/// An immutable value, or a variable, which can stand wherever a tensor is expected and reads as its current
/// value.
#[repr(C)]
pub struct tl_tensor {
    _private: [u8; 0],
}

/// A collection of elements, each of which is a list of tensors (an image and its label, say). It belongs to
/// the innermost scope like a tensor, and keeps what it was made from alive. Datasets may stand behind one
/// another 200 levels deep, which a stack of 256 kB is enough for; more is TL_INVALID_ARGUMENT for the call
/// that makes the next one.
#[repr(C)]
pub struct tl_dataset {
    _private: [u8; 0],
}

/// Slots for batches that another thread fills. It belongs to the innermost scope like a tensor.
#[repr(C)]
pub struct tl_feed {
    _private: [u8; 0],
}

/// Named tensors in an order of their own, and the texts that codes among them stand for. It belongs to the
/// innermost scope like a tensor.
#[repr(C)]
pub struct tl_bundle {
    _private: [u8; 0],
}

/// A log of metrics. It belongs to the innermost scope like a tensor; what waits is written when it ends, too,
/// but then nobody hears of a failure.
#[repr(C)]
pub struct tl_logger {
    _private: [u8; 0],
}

/// A metric. It belongs to the innermost scope like a tensor, so make it outside of the scope of a step. Its
/// name stands before those of its state, "\<name>/total", and holds no "/"; NULL and "" stand for that of the
/// function.
#[repr(C)]
pub struct tl_metric {
    _private: [u8; 0],
}

/// An optimizer with its slots (momenta), step count and learning rate. It belongs to the innermost scope like
/// a tensor, so make it outside of the scope of a step.
#[repr(C)]
pub struct tl_optimizer {
    _private: [u8; 0],
}

/// Curves over one pair of axes. It belongs to the innermost scope like a tensor.
#[repr(C)]
pub struct tl_plot {
    _private: [u8; 0],
}

/// A progress bar. It belongs to the innermost scope like a tensor.
#[repr(C)]
pub struct tl_progress {
    _private: [u8; 0],
}

/// An open safetensors file. It belongs to the innermost scope like a tensor.
#[repr(C)]
pub struct tl_safetensors {
    _private: [u8; 0],
}

/// What is to be written into a safetensors file. It belongs to the innermost scope like a tensor, and keeps
/// its tensors alive.
#[repr(C)]
pub struct tl_safetensors_writer {
    _private: [u8; 0],
}

/// A tape. It belongs to the innermost scope like a tensor.
#[repr(C)]
pub struct tl_tape {
    _private: [u8; 0],
}

/// What has run in a context since it was started. It belongs to the innermost scope like a tensor.
#[repr(C)]
pub struct tl_trace {
    _private: [u8; 0],
}

/// Forward mode along one direction. It belongs to the innermost scope like a tensor.
#[repr(C)]
pub struct tl_forward {
    _private: [u8; 0],
}

/// A step with its recordings and plans. It belongs to the innermost scope like a tensor.
#[repr(C)]
pub struct tl_function {
    _private: [u8; 0],
}

/// A layer: a function of one tensor with variables of its own. It belongs to the innermost scope like a
/// tensor, so make models outside of the scope of a step. Its variables live as long as the layer, or a handle
/// or layer that shares them.
#[repr(C)]
pub struct tl_layer {
    _private: [u8; 0],
}

/// A function that has run, with all that its gradients need. It belongs to the innermost scope like a tensor.
#[repr(C)]
pub struct tl_pullback {
    _private: [u8; 0],
}

/// The learning rate of each step. It belongs to the innermost scope like a tensor; optimizers and schedules
/// that it has been given to keep what they need of it, so that it may be released right after. One schedule
/// may serve several of them. Schedules may stand within one another 100 levels deep; more is
/// TL_INVALID_ARGUMENT for the call that makes the next one.
#[repr(C)]
pub struct tl_schedule {
    _private: [u8; 0],
}

/// Objects and values by name, which are saved and restored together. It belongs to the innermost scope like a
/// tensor, and keeps the objects in it alive.
#[repr(C)]
pub struct tl_checkpoint {
    _private: [u8; 0],
}

/// The checkpoints of one run in one folder. It belongs to the innermost scope like a tensor.
#[repr(C)]
pub struct tl_checkpoint_manager {
    _private: [u8; 0],
}

/// One replica's place among those that train together. It belongs to the innermost scope of its context like
/// a tensor.
#[repr(C)]
pub struct tl_group {
    _private: [u8; 0],
}

/// Where the ranks of a group meet that are threads of one process.
#[repr(C)]
pub struct tl_rendezvous {
    _private: [u8; 0],
}

/// Runs when the library gives up what it was lent. Called exactly once, also when the call that lent it
/// fails.
pub type tl_destroy_callback = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// Gets log lines, on the thread that is in the context, in the midst of its call. It must not call tapeloop
/// with this context: calls are refused with TL_BUSY and change nothing, the context holds that error behind
/// the call that has logged, and objects that the callback releases live on until the next call.
pub type tl_log_callback =
    Option<unsafe extern "C" fn(user_data: *mut c_void, level: tl_log_level, message: *const c_char)>;

/// Computes outputs from inputs. Sets all outputs to tensors of the context, or fails. An array without
/// entries may be NULL: look at the number first.
pub type tl_compute_callback = Option<
    unsafe extern "C" fn(
        context: *mut tl_context,
        user_data: *mut c_void,
        inputs: *const *mut tl_tensor,
        num_inputs: usize,
        outputs: *mut *mut tl_tensor,
        num_outputs: usize,
    ) -> tl_status,
>;

/// Computes the gradient of each input from the gradient of each output (NULL: none arrived). inputs and
/// outputs have the values of the forward pass. Sets input_gradients, NULL at first: a tensor of the input's
/// dtype and shape, or NULL for none.
pub type tl_backward_callback = Option<
    unsafe extern "C" fn(
        context: *mut tl_context,
        user_data: *mut c_void,
        inputs: *const *mut tl_tensor,
        num_inputs: usize,
        outputs: *const *mut tl_tensor,
        output_gradients: *const *mut tl_tensor,
        num_outputs: usize,
        input_gradients: *mut *mut tl_tensor,
    ) -> tl_status,
>;

/// Computes the tangent of each output from the tangents of the inputs (NULL: none; at least one is there).
/// inputs and outputs have the values of the forward pass. Sets output_tangents, NULL at first: a tensor of
/// the output's dtype and shape, or NULL for none.
pub type tl_jvp_callback = Option<
    unsafe extern "C" fn(
        context: *mut tl_context,
        user_data: *mut c_void,
        inputs: *const *mut tl_tensor,
        input_tangents: *const *mut tl_tensor,
        num_inputs: usize,
        outputs: *const *mut tl_tensor,
        num_outputs: usize,
        output_tangents: *mut *mut tl_tensor,
    ) -> tl_status,
>;

/// A function that tl_call_guarded() runs.
pub type tl_guarded_callback =
    Option<unsafe extern "C" fn(context: *mut tl_context, user_data: *mut c_void) -> tl_status>;

/// Shows progress in the program's own way. text is the line that would be drawn, without colours and control
/// characters; statistics are its numbers. Both are valid during the call, which comes from
/// tl_progress_update(), tl_progress_start() and tl_progress_finish(), on their thread. It may use the
/// context. A status other than TL_OK fails that call.
pub type tl_progress_callback = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        text: *const c_char,
        statistics: *const tl_progress_statistics,
    ) -> tl_status,
>;

/// Computes the tensors of an element from those of the source's (none for a source). Sets all outputs to
/// tensors of `context`, or fails.
pub type tl_element_callback = Option<
    unsafe extern "C" fn(
        context: *mut tl_context,
        user_data: *mut c_void,
        place: *const tl_element_place,
        inputs: *const *mut tl_tensor,
        num_inputs: usize,
        outputs: *mut *mut tl_tensor,
        num_outputs: usize,
    ) -> tl_status,
>;

/// Says in *keep, false at first, whether an element stays.
pub type tl_predicate_callback = Option<
    unsafe extern "C" fn(
        context: *mut tl_context,
        user_data: *mut c_void,
        place: *const tl_element_place,
        inputs: *const *mut tl_tensor,
        num_inputs: usize,
        keep: *mut bool,
    ) -> tl_status,
>;

/// Begins a pass through the elements of an epoch. What it sets *iteration to, 0 at first, stands for the
/// pass: a number or a pointer of the caller's.
pub type tl_begin_callback = Option<
    unsafe extern "C" fn(
        context: *mut tl_context,
        user_data: *mut c_void,
        epoch: u64,
        iteration: *mut u64,
    ) -> tl_status,
>;

/// Gives the next element of a pass: sets all outputs to tensors of `context`; or says that none is left by
/// setting *more, true at first, to false. Not called again after that.
pub type tl_next_callback = Option<
    unsafe extern "C" fn(
        context: *mut tl_context,
        user_data: *mut c_void,
        iteration: u64,
        outputs: *mut *mut tl_tensor,
        num_outputs: usize,
        more: *mut bool,
    ) -> tl_status,
>;

/// Ends a pass that was begun, once, wherever it stands.
pub type tl_end_callback = Option<unsafe extern "C" fn(user_data: *mut c_void, iteration: u64)>;

/// Gives the rate of a step, which counts from 0: sets *rate to a finite number that is not negative, the same
/// whenever the step is the same, and returns TL_OK. It may be called several times for a step. It must not
/// call functions of the context: they are refused.
pub type tl_rate_callback =
    Option<unsafe extern "C" fn(user_data: *mut c_void, step: i64, rate: *mut f64) -> tl_status>;

/// What a replica does, on a thread of its own, with a context and a group of its own, which end when it
/// returns, and not before: there tl_context_free() is TL_BUSY. TL_OK, or the status of the error that it
/// leaves in its context. Results go where user_data says.
pub type tl_replica_callback = Option<
    unsafe extern "C" fn(context: *mut tl_context, group: *mut tl_group, user_data: *mut c_void) -> tl_status,
>;

/// Hears how a fit goes. It runs on the thread of tl_fit(), may use the context, sets the stop flag where it
/// wants an end, and adds to the checkpoint what the program changes besides (the names "model", "optimizer",
/// "train", "random" and those that begin with "metrics/", "best/" and "fit/" are taken). now and what it
/// points to are valid during the call. What it makes belongs to the scope of the fit, and ends with that
/// unless tl_keep() and its like move it out. It cannot end what the fit stands on: tl_context_free() is
/// TL_BUSY, and tl_scope_end() TL_FAILED_PRECONDITION for a scope that it has not begun; one that it leaves
/// open ends behind it. Objects of the fit that it releases are errors where the fit needs them next. A status
/// other than TL_OK fails the fit, with the error that is in the context, or with one that says that there was
/// none; so does an error that it leaves there with TL_OK.
pub type tl_fit_callback = Option<
    unsafe extern "C" fn(
        context: *mut tl_context,
        user_data: *mut c_void,
        event: tl_fit_event,
        now: *const tl_fit_state,
    ) -> tl_status,
>;

/// How a context is made. Fill it with tl_context_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_context_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// of the random numbers; the same seed gives the same bits (default 0)
    pub seed: u64,
    /// threads, the caller's included; 0 (default): all CPUs that the process may use
    pub threads: i32,
    /// most bytes for tensors, cached memory included; 0: no limit (default). Each tensor takes its bytes
    /// rounded up to a multiple of 64, above 4 KiB by at most an eighth
    pub memory_limit: u64,
}

/// What a context holds. Fill struct_size with sizeof(tl_context_statistics) before the call.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_context_statistics {
    /// `struct_size`.
    pub struct_size: usize,
    /// live tensor handles, without variables
    pub tensors: u64,
    /// live variable handles
    pub variables: u64,
    /// live values inside the library: handles, variables, what tapes saved
    pub values: u64,
    /// bytes in buffers that are in use
    pub live_bytes: u64,
    /// the highest live_bytes so far
    pub peak_live_bytes: u64,
    /// bytes kept for reuse; a request that would bring live and cached bytes above twice peak_live_bytes and
    /// 16 MiB gives those unused longest back first
    pub cached_bytes: u64,
    /// the caller's memory that live tensors use
    pub borrowed_bytes: u64,
    /// blocks asked from the system so far: constant in a steady loop
    pub system_allocations: u64,
    /// live tapes
    pub tapes: u64,
    /// open scopes
    pub scopes: u64,
}

/// How a CSV file is read.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_csv_options {
    /// `struct_size`.
    pub struct_size: usize,
    /// the byte between fields; 0 (default): a comma
    pub delimiter: i32,
    /// the first row holds values, and columns are named "0", "1", ... (default false: it holds names)
    pub no_header: bool,
    /// one letter for each column: f, d, i, l, u and b for TL_F32, TL_F64, TL_I32, TL_I64, TL_U8 and TL_BOOL,
    /// c for texts as codes, ? to guess, - to leave it out. NULL (default): all are guessed
    pub types: *const c_char,
    /// the field that stands for a missing value; NULL (default): NA, NaN and null do, in any case
    pub missing: *const c_char,
    /// of guessed columns of numbers, TL_F32 or TL_F64; 0 (default): TL_F32
    pub floats: tl_dtype,
    /// most bytes for all tensors together; 0 (default): eight times the size of the file and 64 MiB
    pub max_bytes: u64,
}

/// How a file of JSON lines is read.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_json_lines_options {
    /// `struct_size`.
    pub struct_size: usize,
    /// of columns of numbers, TL_F32 or TL_F64; 0 (default): TL_F32
    pub floats: tl_dtype,
    /// most bytes for all tensors together; 0 (default): eight times the size of the file and 64 MiB
    pub max_bytes: u64,
}

/// Of all losses. The last axis of the predictions, that of classes or features, is never empty; a batch of no
/// samples is fine. A loss refuses options that it has no use for. Fill it with tl_loss_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_loss_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// default TL_REDUCTION_MEAN
    pub reduction: tl_reduction,
    /// predictions are probabilities, not logits (default false); cross-entropies only
    pub from_probabilities: bool,
    /// s in \[0, 1\]: labels become labels (1 - s) + s / classes, binary ones s / 2 (default 0); of
    /// cross-entropies other than the sparse one
    pub label_smoothing: f64,
    /// of samples, along the leading axes of the losses, any dtype; NULL: none (default)
    pub weights: *mut tl_tensor,
}

/// Of all metrics by thresholds; each refuses options that it has no use for. Fill it with
/// tl_threshold_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_threshold_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// precision and recall: only the k largest predictions of a row may say yes; 0: all (default)
    pub top_k: i64,
    /// only one class counts (default false)
    pub one_class: bool,
    /// that class: an index into the last axis of predictions of rank 2 or more
    pub class_id: i64,
    /// predictions go through a sigmoid first (default false)
    pub from_logits: bool,
    /// AUC and one at another: how many, evenly spread in \[0, 1\]; 0: 200 (default)
    pub threshold_count: i64,
    /// AUC: default TL_AUC_CURVE_ROC
    pub curve: tl_auc_curve,
    /// AUC: default TL_AUC_SUMMATION_INTERPOLATION
    pub summation: tl_auc_summation,
    /// copied; NULL: that of the function
    pub name: *const c_char,
}

/// Of tl_metric_f_beta(). Fill it with tl_f_beta_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_f_beta_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// above 0: recall counts so many times as much as precision; 0: 1, the default: the F1 score
    pub beta: f64,
    /// in (0, 1\]: predictions above it say yes; 0 (default): the largest of each row, of equals the first
    pub threshold: f64,
    /// default TL_CLASS_AVERAGE_NONE
    pub average: tl_class_average,
    /// copied; NULL: "f_beta"
    pub name: *const c_char,
}

/// Of tl_metric_r2(). Fill it with tl_r2_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_r2_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// default TL_R2_AVERAGE_UNIFORM
    pub average: tl_r2_average,
    /// the adjusted score of a model of so many independent variables; 0 (default): not adjusted
    pub regressors: i64,
    /// copied; NULL: "r2"
    pub name: *const c_char,
}

/// Of tl_sgd(). Fill it with tl_sgd_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_sgd_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// 0: 0.01, the default
    pub learning_rate: f64,
    /// mu in \[0, 1\]; default 0, without velocity
    pub momentum: f64,
    /// w += mu m - rate g, or w -= rate (g + mu m); needs momentum (default false)
    pub nesterov: bool,
    /// default TL_MOMENTUM_KERAS
    pub momentum_form: tl_momentum_form,
    /// copied; NULL: "sgd"
    pub name: *const c_char,
}

/// Of tl_adam(). Fill it with tl_adam_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_adam_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// 0: 0.001, the default
    pub learning_rate: f64,
    /// in \[0, 1); 0: 0.9, the default
    pub beta1: f64,
    /// in \[0, 1); 0: 0.999, the default
    pub beta2: f64,
    /// 0: 1e-7, the default (PyTorch's is 1e-8)
    pub epsilon: f64,
    /// default TL_EPSILON_KERAS
    pub epsilon_form: tl_epsilon_form,
    /// copied; NULL: "adam"
    pub name: *const c_char,
    /// the largest v so far in the place of v (Reddi et al. 2018; default false)
    pub amsgrad: bool,
}

/// Of tl_adamw(). Fill it with tl_adamw_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_adamw_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// 0: 0.001, the default
    pub learning_rate: f64,
    /// in \[0, 1); 0: 0.9, the default
    pub beta1: f64,
    /// in \[0, 1); 0: 0.999, the default
    pub beta2: f64,
    /// 0: 1e-7, the default
    pub epsilon: f64,
    /// default TL_EPSILON_KERAS
    pub epsilon_form: tl_epsilon_form,
    /// 0: 0.004, the default (PyTorch's is 0.01)
    pub weight_decay: f64,
    /// copied; NULL: "adamw"
    pub name: *const c_char,
    /// the largest v so far in the place of v (Reddi et al. 2018; default false)
    pub amsgrad: bool,
}

/// Of tl_clip_by_global_norm(). Fill it with tl_clip_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_clip_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// default TL_NON_FINITE_ERROR
    pub non_finite: tl_non_finite,
}

/// How curves are drawn. Fill it with tl_plot_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_plot_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// of the picture, in pixels, 200 to 10000 (default 720)
    pub width: i64,
    /// of the picture, in pixels, 150 to 10000 (default 432)
    pub height: i64,
    /// a logarithmic x axis (default false)
    pub log_x: bool,
    /// a logarithmic y axis (default false)
    pub log_y: bool,
    /// in \[0, 1): a curve is drawn pale, with its exponential moving average of this weight over it, without
    /// the bias of the beginning, as TensorBoard's slider does it (default 0: as it is)
    pub smoothing: f64,
    /// pixels of tl_plot_image() for each of the picture, along both axes: 2 for fine screens; 1 to 16
    /// (default 1)
    pub scale: i64,
}

/// How images stand side by side. Fill it with tl_image_grid_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_image_grid_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// images in a row (default: the square root of their number, rounded up)
    pub columns: i64,
    /// pixels between images and around them; below 0: none (default 2)
    pub padding: i64,
    /// each pixel becomes a square of so many a side (default 1; in SVG 2)
    pub scale: i64,
    /// what stands between them, 0 for black to 1 for white (default 0)
    pub background: f64,
}

/// How a progress bar looks. Fill it with tl_progress_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_progress_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// of the file that it is written to: 1 for standard output, 2 for standard error; it stays the program's.
    /// 0: none (default), for tl_progress_text() and tl_progress_set_callback()
    pub descriptor: i32,
    /// a bar or lines (default TL_PROGRESS_AUTO)
    pub style: tl_progress_style,
    /// columns of a bar, 1 to 1000 (default: those of the terminal; 80 where that is none)
    pub width: i32,
    /// significant digits of values, 1 to 17 (default 4)
    pub digits: i32,
    /// least seconds between two drawings (default: 0.1 for a bar, 10 for lines)
    pub interval: f64,
    /// no characters but those of ASCII in the bar (default false)
    pub ascii: bool,
    /// as NO_COLOR in the environment (default false)
    pub no_color: bool,
    /// nothing that depends on the clock: no rate, time and share of input, and lines at the end of rounds
    /// only, so that two runs print the same (default false)
    pub no_times: bool,
}

/// How far a round is, in numbers. Set struct_size first. Append-only.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_progress_statistics {
    /// sizeof(tl_progress_statistics), set by the caller
    pub struct_size: usize,
    /// steps done in this round
    pub step: i64,
    /// steps of the round; 0 where that is not known
    pub total: i64,
    /// seconds since the round began
    pub elapsed: f64,
    /// steps a second: a mean of the last seconds, in a finished round over all of it; 0 at first
    pub rate: f64,
    /// seconds that the round takes yet at this rate; NaN where that is not known
    pub left: f64,
    /// share of the time that was lost to input, 0 to 1; NaN where nobody has told
    pub waited: f64,
    /// whether the round is
    pub finished: bool,
    /// whether writing has failed, so that nothing is written any more
    pub write_failed: bool,
}

/// Of tl_safetensors_writer_save(). Fill it with tl_safetensors_save_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_safetensors_save_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// default TL_SAFETENSORS_FLOATS_F32; other dtypes are stored as they are
    pub floats: tl_safetensors_floats,
}

/// How a tape records. Fill it with tl_tape_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_tape_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// tl_tape_gradient() may be called more than once (default false)
    pub persistent: bool,
    /// watch only what tl_tape_watch() names (default false: variables too)
    pub ignore_variables: bool,
    /// remember what every value of the context was made of, without keeping the values, so that
    /// tl_tape_explain() can name the exact place; takes time and memory (default false)
    pub explain: bool,
}

/// How a gradient is taken. Fill it with tl_gradient_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_gradient_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// default TL_UNCONNECTED_NONE
    pub unconnected: tl_unconnected,
    /// One per target, of its shape and dtype, where NULL entries mean ones; NULL (default): all ones.
    pub output_gradients: *const *mut tl_tensor,
    /// Gets one entry for each source: TL_REASON_CONNECTED, or why it has no gradient. NULL (default): not
    /// asked for.
    pub reasons: *mut tl_gradient_reason,
}

/// What a tape holds. Fill struct_size with sizeof(tl_tape_statistics) before the call.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_tape_statistics {
    /// `struct_size`.
    pub struct_size: usize,
    /// ops on the tape
    pub recorded_ops: u64,
    /// bytes of the buffers that it keeps alive for the backward pass, each counted once
    pub saved_bytes: u64,
    /// `recording`.
    pub recording: bool,
    /// `consumed`.
    pub consumed: bool,
    /// ops that segments of tl_recompute() have run again in gradient calls of this tape
    pub recomputed_ops: u64,
}

/// What a tape holds for one kind of op. Fill struct_size with sizeof(tl_tape_memory) before the call.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_tape_memory {
    /// `struct_size`.
    pub struct_size: usize,
    /// name of the op or rule; valid until the tape changes or goes
    pub op: *const c_char,
    /// how often it stands on the tape
    pub calls: u64,
    /// bytes that it keeps alive; a buffer that several ops keep counts for the first of them
    pub saved_bytes: u64,
}

/// What a trace keeps. Fill it with tl_trace_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_trace_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// that are kept; later ones are counted only (default 1,000,000, of 40 bytes each)
    pub most_events: i64,
    /// without dtypes, shapes and the text of fused kernels, which costs less (default false)
    pub no_details: bool,
}

/// What a trace holds. Set struct_size first. Append-only.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_trace_statistics {
    /// sizeof(tl_trace_statistics), set by the caller
    pub struct_size: usize,
    /// that are kept: kernels, spans that have ended, numbers
    pub events: u64,
    /// events for which there was no room
    pub lost: u64,
    /// whether it has not been stopped
    pub running: bool,
}

/// Of tl_adamax(). Fill it with tl_adamax_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_adamax_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// 0: 0.001, the default (PyTorch's is 0.002)
    pub learning_rate: f64,
    /// in \[0, 1); 0: 0.9, the default
    pub beta1: f64,
    /// in \[0, 1); 0: 0.999, the default
    pub beta2: f64,
    /// 0: 1e-7, the default (PyTorch's is 1e-8)
    pub epsilon: f64,
    /// default TL_EPSILON_KERAS
    pub epsilon_form: tl_epsilon_form,
    /// copied; NULL: "adamax"
    pub name: *const c_char,
}

/// Of tl_nadam(). Fill it with tl_nadam_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_nadam_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// 0: 0.001, the default (PyTorch's is 0.002)
    pub learning_rate: f64,
    /// in \[0, 1); 0: 0.9, the default
    pub beta1: f64,
    /// in \[0, 1); 0: 0.999, the default
    pub beta2: f64,
    /// 0: 1e-7, the default (PyTorch's is 1e-8)
    pub epsilon: f64,
    /// d, not negative; 0: 1, the default, as in Keras (PyTorch's is 0.004)
    pub momentum_decay: f64,
    /// copied; NULL: "nadam"
    pub name: *const c_char,
}

/// Of tl_adagrad(). Fill it with tl_adagrad_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_adagrad_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// 0: 0.001, the default (PyTorch's is 0.01)
    pub learning_rate: f64,
    /// not negative; 0: the default of the form, 0.1 of Keras's and 0 of PyTorch's
    pub initial_accumulator: f64,
    /// 0: 1e-7, the default (PyTorch's is 1e-10)
    pub epsilon: f64,
    /// default TL_EPSILON_KERAS
    pub epsilon_form: tl_epsilon_form,
    /// copied; NULL: "adagrad"
    pub name: *const c_char,
}

/// Of tl_adadelta(). Fill it with tl_adadelta_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_adadelta_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// 0: 0.001, the default (PyTorch's and the paper's is 1)
    pub learning_rate: f64,
    /// in \[0, 1); 0: 0.95, the default (PyTorch's is 0.9)
    pub rho: f64,
    /// 0: 1e-7, the default (PyTorch's is 1e-6)
    pub epsilon: f64,
    /// copied; NULL: "adadelta"
    pub name: *const c_char,
}

/// Of tl_rmsprop(). Fill it with tl_rmsprop_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_rmsprop_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// 0: 0.001, the default (PyTorch's is 0.01)
    pub learning_rate: f64,
    /// in \[0, 1); 0: 0.9, the default (PyTorch's is 0.99)
    pub rho: f64,
    /// mu in \[0, 1\]; default 0, without
    pub momentum: f64,
    /// 0: 1e-7, the default (PyTorch's is 1e-8)
    pub epsilon: f64,
    /// whether the square of the mean gradient is taken off (default false)
    pub centered: bool,
    /// default TL_EPSILON_KERAS
    pub epsilon_form: tl_epsilon_form,
    /// default TL_MOMENTUM_KERAS
    pub momentum_form: tl_momentum_form,
    /// copied; NULL: "rmsprop"
    pub name: *const c_char,
}

/// Of tl_ftrl(). Fill it with tl_ftrl_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_ftrl_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// 0: 0.001, the default; a step at a rate that was set to 0 is an error
    pub learning_rate: f64,
    /// -p, not above 0; 0: -0.5, the default
    pub learning_rate_power: f64,
    /// not negative; 0: 0.1, the default
    pub initial_accumulator: f64,
    /// not negative; default 0. It makes weights exactly 0
    pub l1: f64,
    /// not negative; default 0. A penalty of the weights
    pub l2: f64,
    /// shrink, not negative; default 0. A penalty that acts on the gradient
    pub l2_shrinkage: f64,
    /// not negative; default 0
    pub beta: f64,
    /// copied; NULL: "ftrl"
    pub name: *const c_char,
}

/// Of tl_lion(). Fill it with tl_lion_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_lion_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// 0: 0.001, the default; a third to a tenth of Adam's is usual
    pub learning_rate: f64,
    /// in \[0, 1\]; 0: 0.9, the default
    pub beta1: f64,
    /// in \[0, 1); 0: 0.99, the default
    pub beta2: f64,
    /// copied; NULL: "lion"
    pub name: *const c_char,
}

/// Of tl_lamb(). Fill it with tl_lamb_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_lamb_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// 0: 0.001, the default
    pub learning_rate: f64,
    /// in \[0, 1); 0: 0.9, the default
    pub beta1: f64,
    /// in \[0, 1); 0: 0.999, the default
    pub beta2: f64,
    /// 0: 1e-7, the default (the paper's is 1e-6)
    pub epsilon: f64,
    /// not negative; default 0. Part of the step that is scaled, as in the paper
    pub weight_decay: f64,
    /// copied; NULL: "lamb"
    pub name: *const c_char,
}

/// Of tl_adafactor(). Fill it with tl_adafactor_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_adafactor_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// 0: 0.001, the default (PyTorch's and the paper's is 0.01)
    pub learning_rate: f64,
    /// not above 0; 0: -0.8, the default
    pub beta2_decay: f64,
    /// not negative; 0: the default of the form, 1e-30 of Keras's and 2^-23, the epsilon of f32, of PyTorch's
    pub epsilon1: f64,
    /// the least scale of the weights, not negative; 0: 0.001, the default
    pub epsilon2: f64,
    /// above 0; 0: 1, the default
    pub clip_threshold: f64,
    /// default TL_EPSILON_KERAS
    pub epsilon_form: tl_epsilon_form,
    /// copied; NULL: "adafactor"
    pub name: *const c_char,
}

/// Of tl_muon(). Fill it with tl_muon_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_muon_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// 0: 0.001, the default (the authors' is 0.02)
    pub learning_rate: f64,
    /// mu in \[0, 1); 0: 0.95, the default
    pub momentum: f64,
    /// the momentum itself instead of g + mu b (default false)
    pub no_nesterov: bool,
    /// steps of Newton and Schulz, in \[1, 100\]; 0: 5, the default
    pub ns_steps: i64,
    /// default TL_MUON_SCALE_ORIGINAL
    pub scale: tl_muon_scale,
    /// the rate of what is no matrix is so many times the rate; 0: 0.1, the default
    pub adam_rate_ratio: f64,
    /// of what is no matrix, in \[0, 1); 0: 0.9, the default
    pub beta1: f64,
    /// of what is no matrix, in \[0, 1); 0: 0.999, the default
    pub beta2: f64,
    /// above 0; 0: 1e-7, the default
    pub epsilon: f64,
    /// copied; NULL: "muon"
    pub name: *const c_char,
}

/// Of tl_schedule_free_adamw(). Fill it with tl_schedule_free_adamw_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_schedule_free_adamw_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// 0: 0.0025, the default; one to ten times that of AdamW with a schedule
    pub learning_rate: f64,
    /// in \[0, 1); 0: 0.9, the default
    pub beta1: f64,
    /// in \[0, 1); 0: 0.999, the default
    pub beta2: f64,
    /// not negative; 0: 1e-8, the default
    pub epsilon: f64,
    /// not negative; default 0
    pub weight_decay: f64,
    /// not negative; default 0, none
    pub warmup_steps: i64,
    /// copied; NULL: "schedule_free_adamw"
    pub name: *const c_char,
}

/// How a function records. Fill it with tl_function_options_init() first: a number that is 0, and a NULL,
/// stand for the default.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_function_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// in messages; copied (default "function")
    pub name: *const c_char,
    /// kept at the same time; the one that was not used for longest goes (default 16)
    pub most_plans: usize,
    /// what a step that looks at elements does (default TL_HOST_READS_ERROR)
    pub host_reads: tl_host_reads,
    /// a call that would record a second time, since the function was made or forgot its recordings, is
    /// TL_FAILED_PRECONDITION, with the reason (default false)
    pub retrace_is_error: bool,
    /// checks each recording and plan for broken invariants of tapeloop (default false)
    pub verify: bool,
    /// the leading dimension of inputs may be of any size (default false), see above
    pub polymorphic_batch: bool,
    /// plans may add up sums in another order where that saves work (default false), see above
    pub allow_reassociation: bool,
    /// since the function was made, or forgot them (default 256), see above
    pub most_recordings: usize,
}

/// What a function has done, and of what size the plan is that was used last. Set struct_size first.
/// Append-only.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_function_statistics {
    /// sizeof(tl_function_statistics), set by the caller
    pub struct_size: usize,
    /// recordings so far
    pub traces: u64,
    /// runs of plans so far
    pub replays: u64,
    /// calls so far that ran the callback without recording
    pub eager_calls: u64,
    /// recordings and plans that are kept
    pub signatures: u64,
    /// that one run of the plan calls
    pub kernels: u64,
    /// operations of one run: of products of matrices 2 m n k, else one for each element
    pub flops: f64,
    /// that the kernels of one run read and write
    pub moved_bytes: f64,
    /// memory for values inside the step
    pub arena_bytes: u64,
    /// tensors from outside that are not inputs
    pub constants: u64,
    /// of them, those that the callback made of data of the host
    pub host_constants: u64,
    /// of memory that one run reads or writes, each counted once: arena, inputs (all that a call passes, read
    /// or not), variables, outputs
    pub touched_bytes: f64,
    /// plans so far that were made for another size of the batch without running the callback
    pub resized_plans: u64,
    /// of the kernels, those that hold several ops: a chain of element-wise ops, of ops on rows and
    /// reductions; a product of matrices with the addition behind it; a step of an optimizer with the products
    /// that make its gradient, or on several variables. Ops count as passes left them, views and what is
    /// computed beforehand not at all
    pub clusters: u64,
    /// of eager_calls, those that would have recorded but for most_recordings
    pub unrecorded_calls: u64,
}

/// How a Jacobian is taken. Fill it with tl_jacobian_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_jacobian_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// of the Jacobian or Hessian of a function (default TL_JACOBIAN_BY_SHAPE)
    pub way: tl_jacobian_way,
    /// on tapes (default TL_UNCONNECTED_NONE)
    pub unconnected: tl_unconnected,
    /// Most bytes that the derivatives of intermediate results take at one time, by estimate; one row always
    /// goes. 0, the default, is 256 MiB.
    pub memory_budget: u64,
    /// of batch Jacobians: test that the rows are independent (default false)
    pub check_independence: bool,
    /// On tapes, gets one entry for each source: TL_REASON_CONNECTED, or why it has no Jacobian. NULL
    /// (default): not asked for.
    pub reasons: *mut tl_gradient_reason,
}

/// How images are read.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_image_options {
    /// `struct_size`.
    pub struct_size: usize,
    /// 1: grey, 3: red, green, blue, 4: with opacity; 0 (default): as the file has them, for PNG also 2, grey
    /// with opacity
    pub channels: i32,
    /// most bytes to decode one image; 0 (default): the size of the file and 64 MiB
    pub max_bytes: u64,
}

/// Of tl_lbfgs(). Fill it with tl_lbfgs_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_lbfgs_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// the step that each line search tries first; 0: 1, the default
    pub learning_rate: f64,
    /// steps that the curvature is known from; 0: 10, the default
    pub history_size: i64,
    /// of one call; 0: 20, the default
    pub max_iterations: i64,
    /// done when no element of the gradient is larger; 0: 1e-7, the default
    pub gradient_tolerance: f64,
    /// done when neither a variable nor the loss changes by more; 0: 1e-9, the default
    pub change_tolerance: f64,
    /// c1 of the Wolfe conditions, in (0, 1); 0: 1e-4, the default
    pub sufficient_decrease: f64,
    /// c2 of the Wolfe conditions, in (c1, 1); 0: 0.9, the default
    pub curvature: f64,
    /// copied; NULL: "lbfgs"
    pub name: *const c_char,
}

/// What a minimization has come to. Set struct_size to its size before.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_minimize_statistics {
    /// bytes of this struct
    pub struct_size: usize,
    /// the loss where the variables are now
    pub loss: f64,
    /// the largest magnitude in its gradient there
    pub largest_gradient: f64,
    /// the iterations of this call
    pub iterations: u64,
    /// the evaluations of the loss in this call
    pub evaluations: u64,
    /// whether a tolerance was reached, instead of max_iterations or a line search without a result
    pub converged: bool,
}

/// Of tl_optimizer_apply_sam(). Fill it with tl_sam_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_sam_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// the radius of the neighbourhood, above 0; 0: 0.05, the default, or 0.5 when adaptive
    pub rho: f64,
    /// scaled by the weights, T = |w| + eta (Kwon et al. 2021; default false)
    pub adaptive: bool,
    /// of the adaptive one, not negative; 0: 0.01, the default
    pub eta: f64,
}

/// Of layers that have no other options. Fill it with tl_layer_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_layer_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// copied; NULL: the name of the type, made unique inside a sequential layer
    pub name: *const c_char,
}

/// Of tl_dense(). Fill it with tl_dense_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_dense_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// of the last axis; 0: seen at the first call (default)
    pub input_size: i64,
    /// default TL_ACTIVATION_LINEAR
    pub activation: tl_activation,
    /// default false
    pub no_bias: bool,
    /// default Glorot uniform
    pub kernel_initializer: tl_initializer,
    /// of the kernel's initialiser
    pub kernel_parameter: f64,
    /// default zeros
    pub bias_initializer: tl_initializer,
    /// of the bias's initialiser
    pub bias_parameter: f64,
    /// TL_F32 (default) or TL_F64: of variables and input
    pub dtype: tl_dtype,
    /// copied; NULL: "dense", made unique inside a sequential layer
    pub name: *const c_char,
}

/// Of tl_batch_normalization(). Fill it with tl_batch_normalization_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_batch_normalization_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// moving = momentum moving + (1 - momentum) batch; in \[0, 1\]; 0: 0.99, the default
    pub momentum: f64,
    /// added to the variance; 0: 1e-3, the default
    pub epsilon: f64,
    /// without gamma (default false)
    pub no_scale: bool,
    /// without beta (default false)
    pub no_center: bool,
    /// TL_F32 (default) or TL_F64: of variables and input
    pub dtype: tl_dtype,
    /// copied; NULL: "batch_normalization", made unique inside a sequential layer
    pub name: *const c_char,
}

/// Of tl_layer_normalization(). Fill it with tl_layer_normalization_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_layer_normalization_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// added to the variance; 0: 1e-3, the default (PyTorch's is 1e-5)
    pub epsilon: f64,
    /// without gamma (default false)
    pub no_scale: bool,
    /// without beta (default false)
    pub no_center: bool,
    /// TL_F32 (default) or TL_F64: of variables and input
    pub dtype: tl_dtype,
    /// copied; NULL: "layer_normalization", made unique inside a sequential layer
    pub name: *const c_char,
}

/// Which element a function is asked for.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_element_place {
    /// bytes of this struct, of the library's
    pub struct_size: usize,
    /// of the source, from 0
    pub epoch: u64,
    /// of the source's element in its epoch, from 0
    pub index: i64,
    /// of random numbers for this element: that of the context's; follows from the stage's seed, epoch and
    /// index
    pub seed: u64,
}

/// How a function runs. Fill it with tl_map_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_map_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// threads of its own, at most 256; 0 (default): on the thread that asks for elements
    pub threads: i32,
    /// of the random numbers of its elements (default 0); two maps of one seed draw the same for an element
    pub seed: u64,
}

/// Of tl_schedule_one_cycle(). Fill it with tl_one_cycle_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_one_cycle_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// share of the steps in which the rate goes up, in (0, 1); 0: 0.3, the default
    pub warmup_fraction: f64,
    /// the first rate is the largest one divided by it; at least 1; 0: 25, the default
    pub div_factor: f64,
    /// the last rate is the first one divided by it; at least 1; 0: 1e4, the default
    pub final_div_factor: f64,
    /// along straight lines instead of half cosines (default false)
    pub linear: bool,
}

/// Of tl_schedule_plateau(). Fill it with tl_plateau_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_plateau_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// what the rate is multiplied by, in (0, 1); 0: 0.1, the default
    pub factor: f64,
    /// reports without an improvement after which that happens; 0: 10, the default
    pub patience: i64,
    /// an improvement is by more than that, not negative; 0: 1e-4, the default
    pub min_delta: f64,
    /// reports after a reduction until they count again, the last of which counts, as in Keras: 2 leaves out
    /// one; PyTorch's cooldown is one less (default 0)
    pub cooldown: i64,
    /// reductions do not go below it, not negative (default 0)
    pub min_rate: f64,
    /// the metric is to rise (default false: to fall)
    pub maximize: bool,
    /// of its variables; copied; NULL: "plateau"
    pub name: *const c_char,
}

/// Options of all steps of an optimizer. Fill it with tl_step_options_init() first. What is set without the
/// option that it belongs to, as ema_momentum without use_ema, is refused.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_step_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// N calls, 2 or more, are one step on the mean of their gradients; a null gradient counts as zero; 0:
    /// each call is a step (default)
    pub gradient_accumulation_steps: i64,
    /// each element to \[-clip_value, clip_value\]; 0: none (default)
    pub clip_value: f64,
    /// the norm of each gradient; 0: none (default)
    pub clip_norm: f64,
    /// the norm of all gradients together; 0: none (default). One of the four ways to clip at most
    pub global_clip_norm: f64,
    /// for any optimizer, in the way of weight_decay_form; 0: none (default)
    pub weight_decay: f64,
    /// keep moving averages of weights, which begin with the weights behind the first update, as in Keras
    /// (default false)
    pub use_ema: bool,
    /// average = momentum average + (1 - momentum) w, in \[0, 1); 0: 0.99, the default
    pub ema_momentum: f64,
    /// every so many steps weights become their averages; 0: never (default)
    pub ema_overwrite_frequency: i64,
    /// gradients are divided by it; 0: 1, the default
    pub loss_scale_factor: f64,
    /// a further factor that follows the gradients; steps that are not finite are skipped (default false)
    pub dynamic_loss_scale: bool,
    /// of the dynamic one; 0: 32768, the default
    pub initial_loss_scale: f64,
    /// calls with finite gradients after which it doubles; 0: 2000, the default
    pub loss_scale_growth_interval: i64,
    /// it halves no further; 0: 1, the default
    pub min_loss_scale: f64,
    /// it doubles no further; 0: 16777216, the default
    pub max_loss_scale: f64,
    /// default TL_NON_FINITE_GRADIENTS_PASS
    pub non_finite: tl_non_finite_gradients,
    /// default TL_WEIGHT_DECAY_DECOUPLED
    pub weight_decay_form: tl_weight_decay_form,
    /// every so many steps slow weights, which begin as the weights before the first step, go lookahead_alpha
    /// of the way to the weights, and these go there (Zhang et al. 2019); 0: never (default)
    pub lookahead_steps: i64,
    /// in (0, 1\]; 0: 0.5, the default
    pub lookahead_alpha: f64,
    /// what reaches each output, to that share of the norm of its weights, as tl_clip_adaptive() does; 0.01 is
    /// usual, and a group without it for the last layer (Brock et al. 2021); 0: none (default)
    pub adaptive_clip_factor: f64,
    /// the least norm that weights count with; 0: 1e-3, the default
    pub adaptive_clip_epsilon: f64,
}

/// Of tl_checkpoint_manager_new(). Fill it with tl_checkpoint_manager_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_checkpoint_manager_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// so many that were written last stay, or the best so many and the last besides; -1: all; 0: 3 (default)
    pub max_to_keep: i64,
    /// which are the best (default TL_CHECKPOINT_BEST_NONE)
    pub best: tl_checkpoint_best,
    /// those of steps that it divides stay and do not count; 0: none (default)
    pub keep_every: i64,
    /// a save returns when the state is taken, and a thread writes it (default false)
    pub asynchronous: bool,
}

/// What a machine can do at most. Fill it with tl_machine_peaks_init() first. Bandwidths are above 0, also of
/// a level that there is not: any number will do there. Append-only.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_machine_peaks {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// that the other numbers are of; 0 counts as 1
    pub threads: i32,
    /// operations a second of all threads, in f32, a multiply-add being two: 2 x lanes x units x clock x
    /// threads
    pub flops: f64,
    /// data cache of the first level of one thread; 0: none
    pub l1_bytes: u64,
    /// cache of the second level of one thread; 0: none
    pub l2_bytes: u64,
    /// cache of the third level that all threads share; 0: none
    pub l3_bytes: u64,
    /// bytes a second that all threads read and write there
    pub l1_bandwidth: f64,
    /// the same of the second level
    pub l2_bandwidth: f64,
    /// the same of the third level
    pub l3_bandwidth: f64,
    /// the same of the memory behind the caches
    pub dram_bandwidth: f64,
}

/// How peaks are measured. Fill it with tl_peak_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_peak_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// of each of five measurements, of which the best counts; 1 to 10,000 (0, the default: 30)
    pub turns: usize,
}

/// The bound of a step. Set struct_size first. Append-only.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_bound_statistics {
    /// sizeof(tl_bound_statistics), set by the caller
    pub struct_size: usize,
    /// a step: the larger one of the next two
    pub seconds: f64,
    /// flops of tl_function_stats() over those of the machine
    pub arithmetic_seconds: f64,
    /// moved_bytes over the bandwidth of the level
    pub memory_seconds: f64,
    /// of the memory that counts, the fastest that holds touched_bytes: 1 to 3 for caches, 4 for what lies
    /// behind them
    pub level: i64,
}

/// How a group is made. Fill it with tl_group_options_init() first. All fields but timeout_seconds are of
/// tl_group_new() only, and each that is NULL or 0 is what the launcher's environment says.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_group_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// how long each call waits for the other ranks; 0 (default): 600
    pub timeout_seconds: f64,
    /// What moves tensors between processes: "gloo", "mpi" (that of the launcher; "mpi-openmpi" and
    /// "mpi-mpich" name one), or "self" for a group of one. NULL: TAPELOOP_BACKEND; else mpi where mpirun has
    /// started the process and no MASTER_ADDR is set, and gloo.
    pub backend: *const c_char,
    /// absolute path where the engines are; NULL: TAPELOOP_PLUGIN_DIR, or beside the library
    pub plugin_folder: *const c_char,
    /// the number of this process, with size
    pub rank: i32,
    /// how many there are; 0 with rank 0: RANK and WORLD_SIZE, or other launchers' variables
    pub size: i32,
    /// of rank 0, by which all reach it: MASTER_ADDR. With mpi it may be absent
    pub address: *const c_char,
    /// there: MASTER_PORT
    pub port: i32,
    /// groups of another job are strangers: TAPELOOP_JOB, TORCHELASTIC_RUN_ID
    pub job: *const c_char,
    /// a secret of the job's, at most 256 bytes: TAPELOOP_TOKEN
    pub token: *const c_char,
    /// of the group at the least, below 2^63, which grows when it is made anew: TAPELOOP_GENERATION,
    /// TORCHELASTIC_RESTART_COUNT
    pub generation: u64,
    /// after so long without a word a rank is lost; 0 (default): 15
    pub lease_seconds: f64,
}

/// What all ranks together have said in a vote. Fill struct_size with sizeof(tl_group_decision) before the
/// call.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_group_decision {
    /// `struct_size`.
    pub struct_size: usize,
    /// the sum of all weights, in the order of the ranks
    pub weight: f64,
    /// whether any rank wants to stop
    pub stop: bool,
    /// whether any rank wants to save
    pub save: bool,
    /// whether no rank has anything for the step: the weights of all are 0
    pub finished: bool,
}

/// How replicas are run. Fill it with tl_replicas_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_replicas_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// of rank 0's context; that of rank r is r more, so that dropout differs (default 0)
    pub seed: u64,
    /// of each context; 0 (default): its share of the CPUs that the process may use, at least 1
    pub threads: i32,
    /// of each context, in bytes; 0: no limit (default)
    pub memory_limit: u64,
    /// of the group; 0 (default): 600
    pub timeout_seconds: f64,
}

/// How a fit goes. Fill it with tl_fit_options_init() first.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_fit_options {
    /// bytes of this struct; set by the init function
    pub struct_size: usize,
    /// to train, those before a checkpoint included; 0: 1, the default
    pub epochs: i64,
    /// 0 (default): an epoch is one of the dataset; else so many steps, over the ends of the dataset's
    pub steps_per_epoch: i64,
    /// read from its beginning after each epoch; NULL: none (default)
    pub validation: *mut tl_dataset,
    /// of one result each and of different names other than "loss", computed in training and in validation;
    /// NULL: none (default). The fit resets them
    pub metrics: *const *mut tl_metric,
    /// how many there are
    pub num_metrics: usize,
    /// steps run as they are, without a recording (default false)
    pub eager: bool,
    /// what is to improve: "train/loss", "validation/loss" or a metric's name instead of loss; NULL: the loss
    /// of validation, of training where there is none
    pub monitor: *const c_char,
    /// it is to rise (default false: to fall)
    pub maximize: bool,
    /// an improvement is by more than that, not negative (default 0)
    pub min_delta: f64,
    /// epochs without an improvement after which the fit ends; 0: it does not (default)
    pub patience: i64,
    /// at its end the model gets the values of its best epoch, unless it was stopped (default false)
    pub restore_best: bool,
    /// what a loss that is not finite does (default TL_FIT_NON_FINITE_ERROR)
    pub non_finite: tl_fit_non_finite,
    /// of tl_schedule_plateau(), which the optimizer follows: told what is monitored behind each epoch; its
    /// `maximize` is that of the fit; NULL: none (default)
    pub plateau: *mut tl_schedule,
    /// get all numbers and the learning rate of each epoch, counted from 1, and are flushed behind it; NULL:
    /// none (default)
    pub loggers: *const *mut tl_logger,
    /// how many there are
    pub num_loggers: usize,
    /// shows each epoch; NULL: nothing is shown (default)
    pub progress: *mut tl_progress,
    /// a folder: the fit goes on from its newest checkpoint, and saves after each epoch; NULL: none (default),
    /// and the options about checkpoints below mean nothing
    pub checkpoints: *const c_char,
    /// saves also in the midst of an epoch, every so many steps; 0: not (default)
    pub checkpoint_steps: i64,
    /// as in tl_checkpoint_manager_options (default 3)
    pub max_to_keep: i64,
    /// as in tl_checkpoint_manager_options: of steps (default 0)
    pub keep_every: i64,
    /// the best by what is monitored stay instead of the newest (default false)
    pub keep_best: bool,
    /// a thread writes checkpoints while the fit goes on (default false)
    pub asynchronous: bool,
    /// the callback hears of each step, too (default false)
    pub step_events: bool,
    /// ends the fit whole before its next step when it is not 0, which any thread and any signal handler may
    /// make it, atomically; NULL: none (default)
    pub stop: *const i32,
}

/// How far a fit is. Set struct_size first. Append-only. Numbers that are not there yet are NaN.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct tl_fit_state {
    /// sizeof(tl_fit_state), set by the caller
    pub struct_size: usize,
    /// why it ended
    pub end: tl_fit_end,
    /// epochs ended, those before a checkpoint included
    pub epochs: i64,
    /// steps done, those before a checkpoint included
    pub steps: i64,
    /// of them, those of the epoch that is going on or has just ended
    pub epoch_steps: i64,
    /// mean loss in training, of this epoch so far or of the last one
    pub loss: f64,
    /// mean loss in the last validation
    pub validation_loss: f64,
    /// the best of what is monitored
    pub best: f64,
    /// the epoch that had it, counted from 1; 0 before the first
    pub best_epoch: i64,
    /// epochs since then
    pub waited: i64,
    /// entries of the following two
    pub num_metrics: usize,
    /// in training, of the last epoch; for the callback, NULL after the fit
    pub metrics: *const f64,
    /// in the last validation; for the callback, NULL after the fit and without validation
    pub validation_metrics: *const f64,
    /// what is saved; for the callback, NULL after the fit
    pub checkpoint: *mut tl_checkpoint,
}

extern "C" {
    /// The version of the library that is loaded, such as "0.1.0". Static text. Since 0.1.
    pub fn tl_version() -> *const c_char;

    /// Asks for the lowest version that the program was written for: TL_OK, or TL_UNSUPPORTED when the library
    /// that is loaded is of another major version or of an older minor one. Pass TL_VERSION_MAJOR and the
    /// minor version whose functions you use. Since 0.1.
    pub fn tl_require_version(major: i32, minor: i32) -> tl_status;

    /// A status in words, such as "invalid argument". Static text, also for unknown numbers. Since 0.1.
    pub fn tl_status_name(status: tl_status) -> *const c_char;

    /// A dtype's name, such as "f32"; "unknown dtype" for unknown numbers. Static text. Since 0.1.
    pub fn tl_dtype_name(dtype: tl_dtype) -> *const c_char;

    /// Bytes of one element; 0 for an unknown dtype. Since 0.1.
    pub fn tl_dtype_size(dtype: tl_dtype) -> usize;

    /// Sets all fields to their defaults. Pass sizeof(tl_context_options). Does nothing for NULL. A size of
    /// more than 4096 bytes, which no options have, sets struct_size to 0 and nothing else, and the call that
    /// takes the options refuses them. So do the init functions of all options. Since 0.1.
    pub fn tl_context_options_init(options: *mut tl_context_options, struct_size: usize);

    /// Makes a context. options may be NULL for the defaults. Returns NULL only when there is no memory;
    /// options that make no sense (unknown struct_size, negative threads) give a context that holds the error,
    /// so that its message can be read. End it with tl_context_free(). Since 0.1.
    pub fn tl_context_new(options: *const tl_context_options) -> *mut tl_context;

    /// Ends a context and everything that belongs to it: tensors, variables, tapes, layers, datasets. Their
    /// handles are recognised as released afterwards. NULL and a context that was ended before are allowed; a
    /// live handle of another kind is TL_INVALID_ARGUMENT, and nothing ends. While another thread is inside
    /// the context, or from inside one of its callbacks (destroy and release callbacks included, also those of
    /// a call that fails), nothing happens and TL_BUSY is returned. From a callback that this very call runs
    /// the context counts as ended before: TL_OK. Needs no memory. Since 0.1.
    pub fn tl_context_free(context: *mut tl_context) -> tl_status;

    /// Asks a context to stop: the call that is running in it ends with TL_CANCELLED, or else the next one
    /// that computes, reads or changes something. The context holds the error, so that everything after it
    /// does nothing either, until tl_clear_error(), which also takes back a request that no call has met yet.
    /// From any thread at any time, also while another is inside the context, and from a signal handler: it
    /// takes no lock and waits for nothing. A call ends between two ops or between two blocks of a file, not
    /// inside one op, and leaves no partial effect: an optimizer that has begun to change variables changes
    /// them all. Reads that work while the context holds an error are not cancelled, nor are scopes and
    /// release functions. Returns TL_OK, or TL_INVALID_ARGUMENT for a handle that is no live context. A
    /// context that ends at the same moment is safe: a request that comes too late reaches no other context.
    /// Since 0.1.
    pub fn tl_context_cancel(context: *mut tl_context) -> tl_status;

    /// Sets the number of threads (see tl_context_options); results do not depend on it. Since 0.1.
    pub fn tl_context_set_threads(context: *mut tl_context, threads: i32) -> tl_status;

    /// Restarts the random numbers from a seed. Since 0.1.
    pub fn tl_context_set_seed(context: *mut tl_context, seed: u64) -> tl_status;

    /// Sets the limit of tl_context_options.memory_limit. What is in use stays and counts: where that is more
    /// than the limit, no tensor can be made until enough of it is released. Memory kept for reuse beyond the
    /// limit is given back. Since 0.1.
    pub fn tl_context_set_memory_limit(context: *mut tl_context, bytes: u64) -> tl_status;

    /// Finds the op that makes the first NaN or infinity: while it is on, each op looks at its results, and
    /// one that holds such a value fails with TL_NON_FINITE. The message names the op, says in whose gradient
    /// it ran where it did, and gives the ranges of its operands. So does each collective of a group
    /// (replicas.h), which ends the group, as any failure of one does. Reads all results once more, so it is
    /// for the hunt and not for every day. Since 0.1.
    pub fn tl_context_set_non_finite_check(context: *mut tl_context, check: tl_non_finite_check)
        -> tl_status;

    /// Gives memory that is kept for reuse back to the system. Since 0.1.
    pub fn tl_context_trim(context: *mut tl_context) -> tl_status;

    /// Sets where log lines go; without a callback they are dropped. NULL as callback ends logging. destroy
    /// (may be NULL) runs once, when the callback is replaced, when the context ends, or at once when this
    /// call fails. Since 0.1.
    pub fn tl_context_set_log(
        context: *mut tl_context,
        callback: tl_log_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
    ) -> tl_status;

    /// Reads the statistics; works while the context holds an error. Set struct_size before: of a struct of an
    /// older program its fields are filled, and of one newer than the library those that it knows; the others
    /// stay as they were, so zero the struct first. Since 0.1.
    pub fn tl_context_stats(context: *mut tl_context, statistics: *mut tl_context_statistics) -> tl_status;

    /// True while the context holds an error, and for a NULL, ended or busy context. Since 0.1.
    pub fn tl_failed(context: *mut tl_context) -> bool;

    /// The code of the first error, TL_OK without one, TL_INVALID_ARGUMENT for a NULL or ended context. Since
    /// 0.1.
    pub fn tl_error_code(context: *mut tl_context) -> tl_status;

    /// The first error in words, "\[function\] rule: got values; hint": the function that was called without
    /// its tl_, behind it an op inside where that failed, the rule that was broken, the values got and a hint;
    /// "" without an error. For NULL, an ended context and one that another thread is using it is a fixed text
    /// that says so; never NULL. UTF-8, but for names and paths that the program gave: they stand in it byte
    /// for byte. Valid until the error is cleared or the context ends; the "" for good. Since 0.1.
    pub fn tl_error_message(context: *mut tl_context) -> *const c_char;

    /// Forgets the error, and a request of tl_context_cancel(), so that the context can be used again. Since
    /// 0.1.
    pub fn tl_clear_error(context: *mut tl_context);

    /// Forgets the error where it has this code, and nothing else: a request of tl_context_cancel() that no
    /// call has met yet stays. For a loop that expects an error and goes on behind it, as tl_fit() behind a
    /// step that is not finite, and is not to miss that somebody wants it to end. Returns TL_OK when the
    /// context holds no error then, else the code of the one that stays. TL_INVALID_ARGUMENT for a code that
    /// is none of an error. Since 0.1.
    pub fn tl_forget_error(context: *mut tl_context, code: tl_status) -> tl_status;

    /// Records an error of the caller's own, as callbacks do; an error that is there already stays. code must
    /// not be TL_OK; message (may be NULL) is copied and never used as a format. Since 0.1.
    pub fn tl_set_error(context: *mut tl_context, code: tl_status, message: *const c_char) -> tl_status;

    /// Opens a scope: handles made from now on belong to it. Works while the context holds an error. Since
    /// 0.1.
    pub fn tl_scope_begin(context: *mut tl_context) -> tl_status;

    /// Ends the innermost scope and releases what belongs to it. Works while the context holds an error.
    /// TL_FAILED_PRECONDITION when no scope is open, and inside a callback, of whatever kind, for a scope that
    /// the callback has not begun: the call that runs it stands on that. Since 0.1.
    pub fn tl_scope_end(context: *mut tl_context) -> tl_status;

    /// Moves a tensor or variable one scope out, so that it outlives the innermost scope; without an open
    /// scope it stays where it is. Works while the context holds an error. Returns the same handle, or NULL
    /// when it is not a live one (the context holds the error). tl_layer_keep() and its like do the same for
    /// the other kinds. Since 0.1.
    pub fn tl_keep(tensor: *mut tl_tensor) -> *mut tl_tensor;

    /// Runs `forward` and lets `backward` be its gradient. Open tapes do not see what `forward` does: they get
    /// one entry, which keeps inputs and outputs. `backward` runs in each gradient call that comes by, with
    /// ops that outer tapes record: derivatives of second and higher order are those of what it computes. A
    /// value of the forward that it needs is one more output. name (copied) stands for the function in
    /// messages. inputs are tensors or variables of any dtype. captured names the trainable or watched
    /// variables that `forward` reads without getting them as inputs; reading one that is not listed is
    /// TL_INVALID_ARGUMENT, because its gradient would be missing in silence. So it is to use a tensor that an
    /// open tape or forward mode follows and that is no input: pass it, or use tl_stop_gradient() of it where
    /// it is to have no gradient. `backward` gets their values after the inputs, and gives their gradients
    /// there: its num_inputs is num_inputs + num_captured. outputs gets num_outputs (1 or more) new tensors of
    /// the innermost scope, NULL on failure. Errors: those of the callbacks, unchanged; TL_INVALID_ARGUMENT
    /// for an output that was not set and, from the gradient call, for a gradient of another dtype or shape
    /// than its input, with the name. user_data goes to both callbacks; destroy (may be NULL) runs once, when
    /// no tape needs the rule any more, or at once when this call fails. user_data may be NULL. inputs may be
    /// NULL when num_inputs is 0, captured (may be NULL) when num_captured is 0. Inputs that have tangents in
    /// forward mode are TL_UNSUPPORTED: see tl_custom_gradient_with_jvp(). Since 0.1.
    pub fn tl_custom_gradient(
        context: *mut tl_context,
        name: *const c_char,
        forward: tl_compute_callback,
        backward: tl_backward_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        inputs: *const *mut tl_tensor,
        num_inputs: usize,
        captured: *const *mut tl_tensor,
        num_captured: usize,
        outputs: *mut *mut tl_tensor,
        num_outputs: usize,
    ) -> tl_status;

    /// tl_custom_gradient() with a rule for forward mode, `jvp`, which runs where an input has a tangent
    /// (tl_forward_begin()); what it computes is differentiated like any op. user_data may be NULL, destroy
    /// (may be NULL) runs once, inputs may be NULL when num_inputs is 0, captured (may be NULL) when
    /// num_captured is 0. TL_INVALID_ARGUMENT for a tangent of another dtype or shape than its output. Since
    /// 0.1.
    pub fn tl_custom_gradient_with_jvp(
        context: *mut tl_context,
        name: *const c_char,
        forward: tl_compute_callback,
        backward: tl_backward_callback,
        jvp: tl_jvp_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        inputs: *const *mut tl_tensor,
        num_inputs: usize,
        captured: *const *mut tl_tensor,
        num_captured: usize,
        outputs: *mut *mut tl_tensor,
        num_outputs: usize,
    ) -> tl_status;

    /// Runs a function that the program got from somebody else, as this library runs callbacks: for loops and
    /// layers that take functions, of which tl_fit() is one. Until it returns, on this thread, the context
    /// cannot be ended (TL_BUSY), nor a scope that is open now (TL_FAILED_PRECONDITION), nor can another
    /// thread use the context; scopes that the function leaves open end behind it. What it makes belongs to
    /// the innermost scope, as if the program had called it. It nests as callbacks do, 200 levels deep. Does
    /// nothing while the context holds an error. Errors: that which the function leaves in the context,
    /// unchanged, whatever it returns; a status other than TL_OK without an error becomes one that names the
    /// function by `name` (copied). user_data (may be NULL) goes to it; destroy (may be NULL) runs once,
    /// before this returns. Since 0.1.
    pub fn tl_call_guarded(
        context: *mut tl_context,
        name: *const c_char,
        function: tl_guarded_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
    ) -> tl_status;

    /// The value of `value` with the gradient of `path`: what arrives goes to `path` unchanged, and nothing to
    /// `value`. Both of one floating dtype and shape. For functions without a useful derivative (rounding,
    /// sampling), and past assignments: tl_grad_pass_through(c, v, x) after v was assigned x. NULL on failure.
    /// Since 0.1.
    pub fn tl_grad_pass_through(
        context: *mut tl_context,
        value: *mut tl_tensor,
        path: *mut tl_tensor,
    ) -> *mut tl_tensor;

    /// Runs `segment` and keeps nothing of what it computes inside: open tapes get one entry, which keeps the
    /// inputs, and run the segment again when its gradient is taken. Memory for time: of a chain of segments
    /// only the values between them stay alive. Each op of the segment runs once now, and once more for each
    /// gradient taken through it and for each forward mode in which an input has a tangent; in segments that
    /// are nested d deep d times more (recomputed_ops of tl_tape_stats() counts). The second run draws the
    /// same random numbers and reads the values that variables had in the first; what it assigns is undone, so
    /// that each assignment has its effect once. Variables that it reads need not be listed: they get their
    /// gradients. Derivatives of any order. A layer may be built by its first call within it: what that draws
    /// is passed over in the second run. A variable of the program's own that begins with random numbers must
    /// be made before. The segment must depend on nothing but its inputs, variables and the context's random
    /// numbers; a tensor that an open tape or forward mode follows must be an input, as in
    /// tl_custom_gradient(). One that gives outputs of other dtypes or shapes the second time makes the
    /// gradient call fail with TL_INVALID_ARGUMENT. name, user_data, destroy, inputs, outputs and errors as in
    /// tl_custom_gradient(): user_data may be NULL, destroy (may be NULL) runs once, inputs may be NULL when
    /// num_inputs is 0. Since 0.1.
    pub fn tl_recompute(
        context: *mut tl_context,
        name: *const c_char,
        segment: tl_compute_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        inputs: *const *mut tl_tensor,
        num_inputs: usize,
        outputs: *mut *mut tl_tensor,
        num_outputs: usize,
    ) -> tl_status;

    /// The tensor in an IDX file (the format of MNIST), plain or compressed by gzip, which is told by the
    /// content. The shape is that of the file, rank 0 to 8; unsigned bytes give TL_U8, signed bytes, 16-bit
    /// and 32-bit integers TL_I32, floats TL_F32, doubles TL_F64. Returns NULL on failure: TL_NOT_FOUND, TL_IO
    /// (a directory, no permission, a file that changes while it is read), TL_CORRUPT_DATA (cut off, too long,
    /// damaged, another format, bytes behind the compressed data that are no further gzip member; the message
    /// names file, offset and rule), TL_INVALID_ARGUMENT (an empty path), TL_OUT_OF_MEMORY. The sizes in the
    /// file are checked before memory is asked for. The tensor may take `max_bytes`, where it is 0 the size of
    /// the file as it is, times 2 or 4 where elements are widened so, and 64 MiB: a small compressed file may
    /// hold any amount of zeros, so give more only for files you trust. More is TL_OUT_OF_MEMORY. Since 0.1.
    pub fn tl_read_idx(context: *mut tl_context, path: *const c_char, max_bytes: u64) -> *mut tl_tensor;

    /// `count` tensors, at least one, cut along their first axes, which must agree in size: element i holds
    /// row i of each of them, with one axis less. Variables are taken at their present value. Nothing is
    /// copied. Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_from_tensors(
        context: *mut tl_context,
        tensors: *const *mut tl_tensor,
        count: usize,
    ) -> *mut tl_dataset;

    /// Images and labels from a folder of IDX files in the layout of MNIST: elements of two tensors as
    /// tl_read_idx() gives them, with `max_bytes` for each of the two files. The images are in a file whose
    /// name holds "images-idx3" or "images.idx3", the labels in the file of the same name with "labels-idx1"
    /// or "labels.idx1"; either may end in ".gz". Names with "train" are the training split, names with "t10k"
    /// or "test" the test split. In a folder with one split only, its last tenth (rounded down, but at least
    /// one element) is for testing, the others for training. Hidden files, and those that end in "~", ".part",
    /// ".partial", ".tmp", ".swp", ".crdownload" or ".download", are of other programs at work and do not
    /// count. Returns NULL on failure: TL_NOT_FOUND (no folder, no images, no labels for them), TL_IO (a file
    /// that is a symbolic link, which may lead elsewhere), TL_INVALID_ARGUMENT (several files fit one role,
    /// also a file and its .gz, or images of no split beside those of one; labels that do not match their
    /// images; images of a rank below 2 or labels of another than 1; a single split of fewer than two
    /// elements; an unknown part; an empty text), and what tl_read_idx() gives. Since 0.1.
    pub fn tl_dataset_from_idx_folder(
        context: *mut tl_context,
        folder: *const c_char,
        part: tl_data_part,
        max_bytes: u64,
    ) -> *mut tl_dataset;

    /// The first `count` elements, or all where there are fewer. Negative counts are TL_INVALID_ARGUMENT.
    /// Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_take(context: *mut tl_context, source: *mut tl_dataset, count: i64) -> *mut tl_dataset;

    /// All but the first `count` elements. Negative counts are TL_INVALID_ARGUMENT. To split data, take and
    /// skip before you shuffle: the first elements of a shuffled dataset are others in each epoch. Returns
    /// NULL on failure. Since 0.1.
    pub fn tl_dataset_skip(context: *mut tl_context, source: *mut tl_dataset, count: i64) -> *mut tl_dataset;

    /// All elements in a random order, anew in each epoch; every order is equally likely. Of an indexed source
    /// (tl_dataset_map() says which those are) the order follows from the seed, the epoch and the number of
    /// elements alone. Of another all elements of an epoch are held first: see tl_dataset_shuffle_buffer().
    /// Shuffle before batching, or whole batches change places. Returns NULL on failure; TL_INVALID_ARGUMENT
    /// for a source without an end. Since 0.1.
    pub fn tl_dataset_shuffle(
        context: *mut tl_context,
        source: *mut tl_dataset,
        seed: u64,
    ) -> *mut tl_dataset;

    /// Groups of `count` elements, at least 1, stacked along a new first axis. The last group is smaller where
    /// count does not divide the size; with drop_remainder it is left out, which must leave at least one.
    /// Elements must have one dtype and shape and at most 7 axes, or tl_dataset_next() fails. Returns NULL on
    /// failure. Since 0.1.
    pub fn tl_dataset_batch(
        context: *mut tl_context,
        source: *mut tl_dataset,
        count: i64,
        drop_remainder: bool,
    ) -> *mut tl_dataset;

    /// Converts tensor number `position` of each element: to TL_F32 or TL_F64 from any dtype, to TL_I32 from
    /// TL_U8, TL_BOOL and TL_I32, to TL_I64 from these and TL_I64. Floating-point results are divided by
    /// `divisor` (255 for images of bytes, 1 for nothing); for integers it must be 1. Best after batching:
    /// memory then holds the small dtype. Returns NULL on failure; a source of another dtype makes
    /// tl_dataset_next() fail. Since 0.1.
    pub fn tl_dataset_cast(
        context: *mut tl_context,
        source: *mut tl_dataset,
        position: usize,
        dtype: tl_dtype,
        divisor: f64,
    ) -> *mut tl_dataset;

    /// The next element: true, with its `count` tensors in `tensors`; count must be tl_dataset_width(). At the
    /// end of an epoch it returns false once, and the next call begins the following epoch. It also returns
    /// false, and moves nothing, on any failure and while the context holds an error, so a loop always ends:
    /// look at tl_failed() after it. When it returns false all entries of tensors are NULL. Not inside the
    /// step of a tl_function, whose call then fails (function.h): pass the tensors as inputs. The tensors
    /// belong to the dataset, whatever scope is open: they are released by the next call for this dataset, by
    /// tl_dataset_seek() and with the dataset. tl_tensor_retain() keeps one longer, until tl_tensor_release().
    /// Since 0.1.
    pub fn tl_dataset_next(dataset: *mut tl_dataset, tensors: *mut *mut tl_tensor, count: usize) -> bool;

    /// The number of elements in an epoch; TL_DATASET_UNKNOWN_SIZE (-2) where only iterating tells,
    /// TL_DATASET_INFINITE_SIZE (-3) where an epoch has no end; -1 on failure (the context holds the error).
    /// Since 0.1.
    pub fn tl_dataset_size(dataset: *mut tl_dataset) -> i64;

    /// The number of tensors in an element; 0 on failure (the context holds the error). Since 0.1.
    pub fn tl_dataset_width(dataset: *mut tl_dataset) -> usize;

    /// The epoch of the element that comes next, from 0; 0 on failure (the context holds the error). Since
    /// 0.1.
    pub fn tl_dataset_epoch(dataset: *mut tl_dataset) -> u64;

    /// The place in its epoch of the element that comes next, from 0; the number of elements when the epoch's
    /// end comes next; -1 on failure (the context holds the error). Since 0.1.
    pub fn tl_dataset_position(dataset: *mut tl_dataset) -> i64;

    /// Goes to a place that tl_dataset_epoch() and tl_dataset_position() gave; (0, 0) is the beginning.
    /// Another dataset that was made in the same way continues there with the same elements. Elements before
    /// it are passed over, which costs nothing where the source is indexed, and else what reading them costs:
    /// tl_dataset_save_position() knows a shorter way. TL_INVALID_ARGUMENT for a position that is negative or
    /// behind the end, and for the epoch UINT64_MAX, after which none could begin; then nothing has moved.
    /// Since 0.1.
    pub fn tl_dataset_seek(dataset: *mut tl_dataset, epoch: u64, position: i64) -> tl_status;

    /// Moves the dataset one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the
    /// context holds the error). Since 0.1.
    pub fn tl_dataset_keep(dataset: *mut tl_dataset) -> *mut tl_dataset;

    /// Gives the dataset up before its scope ends; datasets made from it go on. NULL and a released dataset do
    /// nothing. From any thread at any time. Since 0.1.
    pub fn tl_dataset_release(dataset: *mut tl_dataset);

    /// The tensor, or the present value of a variable, for another library: a DLManagedTensorVersioned or
    /// DLManagedTensor over its memory, row-major, on device kDLCPU. Values never change, so nobody may write
    /// to it: the versioned form says so with DLPACK_FLAG_BITMASK_READ_ONLY, the older one cannot. The memory
    /// stays until the struct's deleter is called, which must happen once, from any thread at any time, also
    /// after the tensor or its context has ended; it then frees all. NULL on failure. Since 0.1.
    pub fn tl_tensor_to_dlpack(tensor: *mut tl_tensor, versioned: bool) -> *const c_void;

    /// A tensor of what another library lends: `managed` is a DLManagedTensorVersioned or DLManagedTensor,
    /// which is taken over. Where its memory is row-major, aligned to its elements and of a dtype that there
    /// is, the tensor is that memory, which must not change until the deleter is called: once, when the last
    /// tensor, tape or view that uses it is gone, on the thread that is in the context then. Otherwise the
    /// tensor is a copy: of any strides, and of integers of 8 and 16 bits as TL_I32, of uint32 and uint64 as
    /// TL_I64, of float16 and bfloat16 as TL_F32. The deleter is also called when this call fails; it must not
    /// call tapeloop with this context. NULL on failure: TL_INVALID_ARGUMENT (NULL, no data, negative sizes),
    /// TL_UNSUPPORTED (another major version, memory of a GPU, other dtypes, more than 8 axes, an uint64 above
    /// those of int64), TL_CORRUPT_DATA (a bool that is neither 0 nor 1). Since 0.1.
    pub fn tl_tensor_from_dlpack(
        context: *mut tl_context,
        managed: *mut c_void,
        versioned: bool,
    ) -> *mut tl_tensor;

    /// A feed of batches of `count` tensors, at least one, each of the dtype and shape of the tensor at its
    /// place in `like`, whose elements do not matter. All have the same first dimension, the batch, which is 1
    /// or more. The memory counts as borrowed, not against the limit of the context. NULL on failure. Since
    /// 0.1.
    pub fn tl_feed_new(context: *mut tl_context, like: *const *mut tl_tensor, count: usize) -> *mut tl_feed;

    /// Begins a batch: waits until a slot is free. TL_CANCELLED: the feed has been released or its context has
    /// ended meanwhile; TL_FAILED_PRECONDITION: a batch is begun already, or the feed is finished;
    /// TL_INVALID_ARGUMENT: no live feed. Since 0.1.
    pub fn tl_feed_begin(feed: *mut tl_feed) -> tl_status;

    /// Where tensor number `position` of the batch that is begun is written, row-major, and in *bytes (may be
    /// NULL) how large it is. 64-byte aligned; it holds zeros, or what an earlier batch has left. NULL where
    /// no batch is begun, for a position that is none, and for no live feed. Since 0.1.
    pub fn tl_feed_memory(feed: *mut tl_feed, position: usize, bytes: *mut usize) -> *const c_void;

    /// Hands the batch that is begun over, of which the first `rows` rows are written: all, or fewer for the
    /// last of an epoch, but at least 1. TL_INVALID_ARGUMENT for another number (the batch stays begun) and no
    /// live feed; TL_FAILED_PRECONDITION: none is begun; TL_CANCELLED: the feed has been released or its
    /// context has ended, and the batch is dropped, whatever `rows`. Since 0.1.
    pub fn tl_feed_commit(feed: *mut tl_feed, rows: i64) -> tl_status;

    /// Says that no batch comes any more; one that is begun is dropped. tl_feed_next() gives what has been
    /// handed over, then false. TL_CANCELLED: the feed has been released or its context has ended;
    /// TL_INVALID_ARGUMENT: no live feed. Since 0.1.
    pub fn tl_feed_finish(feed: *mut tl_feed) -> tl_status;

    /// The next batch: waits for it and returns true, with its `count` tensors in `tensors`. false where none
    /// will come, on any failure, and while the context holds an error, so that a loop always ends: look at
    /// tl_failed() after it. Then all entries of tensors are NULL. tl_context_cancel() ends the wait
    /// (TL_CANCELLED), and so does a tl_feed_release() by another thread. The tensors lie in the slot, and
    /// belong to the feed, whatever scope is open: the next call releases them and gives the slot back to the
    /// producer. tl_tensor_retain() keeps one longer, and so does whatever holds its value: the slot then gets
    /// other memory, and the tensor stays as it is. Not inside the step of a tl_function: the step that is
    /// recorded takes its batch, but the call fails with TL_FAILED_PRECONDITION, for replays would keep that
    /// one batch. Take it before the call and pass it as inputs. Since 0.1.
    pub fn tl_feed_next(feed: *mut tl_feed, tensors: *mut *mut tl_tensor, count: usize) -> bool;

    /// The seconds that tl_feed_next() has waited for the producer so far: over the time of the loop, the
    /// share that is lost to input. NaN on failure. Works while the context holds an error. Since 0.1.
    pub fn tl_feed_waited(feed: *mut tl_feed) -> f64;

    /// Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds
    /// the error). Since 0.1.
    pub fn tl_feed_keep(feed: *mut tl_feed) -> *mut tl_feed;

    /// Gives it up before its scope ends; the tensors of its last batch go with it. NULL and a released one do
    /// nothing. From any thread at any time. Since 0.1.
    pub fn tl_feed_release(feed: *mut tl_feed);

    /// A bundle without tensors, to be filled with tl_bundle_add() and written. NULL on failure. Since 0.1.
    pub fn tl_bundle_new(context: *mut tl_context) -> *mut tl_bundle;

    /// Adds a tensor, or the present value of a variable, behind those that are there; nothing is copied. The
    /// name is; it must not be empty nor one that the bundle has. Since 0.1.
    pub fn tl_bundle_add(bundle: *mut tl_bundle, name: *const c_char, tensor: *mut tl_tensor) -> tl_status;

    /// The number of tensors; -1 on failure (the context holds the error). Since 0.1.
    pub fn tl_bundle_size(bundle: *mut tl_bundle) -> i64;

    /// The name of the tensor at a place, from 0; "" on failure (the context holds the error). Valid until the
    /// bundle changes or ends. Since 0.1.
    pub fn tl_bundle_name(bundle: *mut tl_bundle, index: i64) -> *const c_char;

    /// Whether there is a tensor of this name; false on failure (the context holds the error). Since 0.1.
    pub fn tl_bundle_has(bundle: *mut tl_bundle, name: *const c_char) -> bool;

    /// The tensor of this name, as a new handle of the innermost scope; it shares its memory with the bundle
    /// and outlives it. NULL on failure: TL_NOT_FOUND where there is none. Since 0.1.
    pub fn tl_bundle_get(bundle: *mut tl_bundle, name: *const c_char) -> *mut tl_tensor;

    /// How many texts the codes of a tensor stand for: codes are 0 to one less. 0 for a tensor without codes;
    /// -1 on failure (the context holds the error). Since 0.1.
    pub fn tl_bundle_category_count(bundle: *mut tl_bundle, name: *const c_char) -> i64;

    /// The text of a code of the tensor of this name; "" on failure (the context holds the error). Valid until
    /// the bundle changes or ends. Since 0.1.
    pub fn tl_bundle_category(bundle: *mut tl_bundle, name: *const c_char, code: i64) -> *const c_char;

    /// Moves the bundle one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the
    /// context holds the error). Since 0.1.
    pub fn tl_bundle_keep(bundle: *mut tl_bundle) -> *mut tl_bundle;

    /// Gives the bundle up before its scope ends; tensors that it gave live on. NULL and a released bundle do
    /// nothing. From any thread at any time. Since 0.1.
    pub fn tl_bundle_release(bundle: *mut tl_bundle);

    /// The array in a npy file, of its shape, rank 0 to 8, in whichever order it was saved. float32, float64,
    /// int32, int64, uint8 and bool become TL_F32, TL_F64, TL_I32, TL_I64, TL_U8 and TL_BOOL; int8, int16 and
    /// uint16 TL_I32; uint32 and uint64 TL_I64 (a value above those of int64 is TL_UNSUPPORTED); float16
    /// TL_F32; either byte order. Arrays of objects, which are pickles and could run programs, records,
    /// complex numbers, texts and dates are TL_UNSUPPORTED. Memory is that of the tensor and 1 MiB. A bit that
    /// flipped among the elements cannot be seen, for the format has no checksum. NULL on failure. Since 0.1.
    pub fn tl_read_npy(context: *mut tl_context, path: *const c_char) -> *mut tl_tensor;

    /// Writes a tensor, or the present value of a variable, as numpy.save does, in place of a file that is
    /// there. Since 0.1.
    pub fn tl_write_npy(context: *mut tl_context, path: *const c_char, tensor: *mut tl_tensor) -> tl_status;

    /// The arrays in a npz file (a zip archive of npy files, stored or deflated) by their names, in the order
    /// of the archive, each as tl_read_npy() gives it. Together they may take `max_bytes`, where it is 0 the
    /// size of the file and 64 MiB: a small archive may promise any amount of memory, so that one which
    /// compresses well needs the number. More is TL_OUT_OF_MEMORY. Checksums of the members are compared. NULL
    /// on failure. Since 0.1.
    pub fn tl_read_npz(context: *mut tl_context, path: *const c_char, max_bytes: u64) -> *mut tl_bundle;

    /// Writes the tensors of a bundle as numpy.savez does, with `compress` as numpy.savez_compressed does, in
    /// place of a file that is there; the texts of codes are not part of it. Since 0.1.
    pub fn tl_write_npz(bundle: *mut tl_bundle, path: *const c_char, compress: bool) -> tl_status;

    /// Sets all fields to their defaults. Pass sizeof(tl_csv_options). Does nothing for NULL. Since 0.1.
    pub fn tl_csv_options_init(options: *mut tl_csv_options, struct_size: usize);

    /// The columns of a CSV file (RFC 4180), each a tensor of one axis, the rows, by their names. options may
    /// be NULL. A column that is guessed becomes: of whole numbers TL_I64; of others, and of whole numbers
    /// where some are missing, `floats`; of true and false, in any case, TL_BOOL; of anything else TL_I32
    /// codes, from 0 in the order of first appearance, whose texts tl_bundle_category() gives. Missing values
    /// are empty fields (in quotes, too, where the column is none of texts) and those of `missing`: NaN in
    /// columns of TL_F32 and TL_F64, -1 among codes, TL_CORRUPT_DATA in all others. Numbers are rounded to the
    /// nearest that the dtype of the column has: what is closer to 0 than to the least of them (1e-46 in
    /// TL_F32, 1e-400 in TL_F64) to 0. One that is beyond the largest (1e39 in TL_F32, 1e400 in TL_F64), where
    /// others read an infinity, is TL_CORRUPT_DATA: it is damage or the wrong dtype, and who means an infinity
    /// spells it inf. Spaces around a field do not count, unless it is in quotes; blank lines are passed over.
    /// The file is read twice, so that memory is that of the tensors, the texts of codes and 64 MiB. Tensors
    /// may be larger than the file: a value takes one byte of it at the least (the comma of an empty field;
    /// two where it has a digit) and up to eight of memory: 23 MiB of rows of one digit are a TL_I64 column of
    /// 92 MiB. So the default of max_bytes refuses no table whose types are guessed. What is cut off between
    /// two rows, or within the last field, is a whole file as far as the format can tell. NULL on failure:
    /// TL_INVALID_ARGUMENT (types that do not fit the columns), TL_CORRUPT_DATA (rows of different lengths, a
    /// quote where none may be, a name that comes twice, a value that its column cannot hold), TL_UNSUPPORTED
    /// (more than 65,536 columns, more than 1,048,576 different texts in one, a field of more than 16 MiB),
    /// TL_OUT_OF_MEMORY (more than max_bytes). Since 0.1.
    pub fn tl_read_csv(
        context: *mut tl_context,
        path: *const c_char,
        options: *const tl_csv_options,
    ) -> *mut tl_bundle;

    /// Sets all fields to their defaults. Pass sizeof(tl_json_lines_options). Does nothing for NULL. Since
    /// 0.1.
    pub fn tl_json_lines_options_init(options: *mut tl_json_lines_options, struct_size: usize);

    /// The keys of a file with one JSON object in each line (a log of metrics, say), each a tensor whose first
    /// axis is the lines, in the order of their first appearance. options may be NULL. Dtypes follow from the
    /// values as in tl_read_csv(); a null or a key that a line lacks is a missing value. Values may be arrays,
    /// nested up to seven deep and of one shape in every line: the tensor has their axes, too. A number beyond
    /// TL_F64 is no JSON here, and one beyond the dtype of its column as in tl_read_csv(). In a column without
    /// other texts the strings "NaN", "Infinity" and "-Infinity" are the numbers, for which JSON has no other
    /// spelling and which the logs of logs.h write so. Blank lines are passed over. NULL on failure:
    /// TL_CORRUPT_DATA (no JSON, no object, a key that comes twice in a line, values of several kinds or
    /// shapes under one key), TL_UNSUPPORTED (an object inside an object, arrays that nest deeper, a line of
    /// more than 8 MiB, more than 65,536 keys), TL_OUT_OF_MEMORY (more than max_bytes). Since 0.1.
    pub fn tl_read_json_lines(
        context: *mut tl_context,
        path: *const c_char,
        options: *const tl_json_lines_options,
    ) -> *mut tl_bundle;

    /// A log as CSV. With append it goes on behind the rows that an earlier one has written, and cuts a row
    /// off that was not written whole; else it replaces the file. NULL on failure: TL_NOT_FOUND (no such
    /// folder), TL_IO, TL_BUSY, TL_CORRUPT_DATA (append to a file that does not begin as such a log does),
    /// TL_INVALID_ARGUMENT (an empty path). Since 0.1.
    pub fn tl_logger_csv(context: *mut tl_context, path: *const c_char, append: bool) -> *mut tl_logger;

    /// A log as JSON lines, otherwise as tl_logger_csv(). NULL on failure: TL_NOT_FOUND, TL_IO, TL_BUSY,
    /// TL_INVALID_ARGUMENT. Since 0.1.
    pub fn tl_logger_json_lines(
        context: *mut tl_context,
        path: *const c_char,
        append: bool,
    ) -> *mut tl_logger;

    /// A log as events of TensorBoard: a new file in a folder, which is made where it is not there, with those
    /// above it. NULL on failure: TL_IO, TL_INVALID_ARGUMENT. Since 0.1.
    pub fn tl_logger_tensorboard(context: *mut tl_context, folder: *const c_char) -> *mut tl_logger;

    /// A number of a step, 0 or more, under a name, which should not be empty; "train/loss" and "test/loss"
    /// stand together in TensorBoard. The last one counts where a step has several of a name.
    /// TL_INVALID_ARGUMENT for the names step and wall_time in CSV and JSON lines, which are columns of every
    /// log; TL_IO. Since 0.1.
    pub fn tl_logger_scalar(logger: *mut tl_logger, step: i64, tag: *const c_char, value: f64) -> tl_status;

    /// A text of a step; TensorBoard reads it as Markdown. TL_UNSUPPORTED in CSV. Since 0.1.
    pub fn tl_logger_text(
        logger: *mut tl_logger,
        step: i64,
        tag: *const c_char,
        text: *const c_char,
    ) -> tl_status;

    /// How the elements of a tensor, of any dtype and shape, are spread: 30 buckets of equal width from the
    /// smallest to the largest (one of width 1 where all are equal). Elements that are not finite are left
    /// out; JSON lines say how many these are. TL_UNSUPPORTED in CSV. Not inside the step of a tl_function.
    /// Since 0.1.
    pub fn tl_logger_histogram(
        logger: *mut tl_logger,
        step: i64,
        tag: *const c_char,
        tensor: *mut tl_tensor,
    ) -> tl_status;

    /// An image: of shape (height, width) or (height, width, 1, 3 or 4), u8, bool, or floats in \[0, 1\], as
    /// tl_write_png() takes them. TL_UNSUPPORTED in CSV and JSON lines. Not inside the step of a tl_function.
    /// Since 0.1.
    pub fn tl_logger_image(
        logger: *mut tl_logger,
        step: i64,
        tag: *const c_char,
        image: *mut tl_tensor,
    ) -> tl_status;

    /// Writes what waits for the end of its step: the next value of that step begins another row. Since 0.1.
    pub fn tl_logger_flush(logger: *mut tl_logger) -> tl_status;

    /// The path of the file; "" on failure (the context holds the error). Valid while the log is live. Since
    /// 0.1.
    pub fn tl_logger_path(logger: *mut tl_logger) -> *const c_char;

    /// Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds
    /// the error). Since 0.1.
    pub fn tl_logger_keep(logger: *mut tl_logger) -> *mut tl_logger;

    /// Gives it up before its scope ends. NULL and a released one do nothing. From any thread at any time.
    /// Since 0.1.
    pub fn tl_logger_release(logger: *mut tl_logger);

    /// Sets all fields to their defaults. Pass sizeof(tl_loss_options). Does nothing for NULL. Since 0.1.
    pub fn tl_loss_options_init(options: *mut tl_loss_options, struct_size: usize);

    /// -log p\[label\]. Labels: integers (...) or (..., 1) in \[0, classes); predictions: f32 or f64 (...,
    /// classes), logits unless the options say otherwise; probabilities, none negative and not all 0, are
    /// divided by their sum and limited to \[1e-7, 1 - 1e-7\]. A NaN or infinity among the predictions of a
    /// sample may make its loss NaN. No label smoothing. options may be NULL. Returns NULL on failure. Since
    /// 0.1.
    pub fn tl_loss_sparse_categorical_cross_entropy(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// -sum(labels log p) over the last axis, for label probabilities, each in \[0, 1\], of the shape and
    /// dtype of the predictions, which are as in tl_loss_sparse_categorical_cross_entropy(). options may be
    /// NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_loss_categorical_cross_entropy(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// The mean over the last axis of -(label log p + (1 - label) log(1 - p)): independent yes-no labels in
    /// \[0, 1\], of any dtype and of the shape of the predictions. With rank 0 or 1 each element is a sample.
    /// Probabilities are limited to \[1e-7, 1 - 1e-7\]. options may be NULL. Returns NULL on failure. Since
    /// 0.1.
    pub fn tl_loss_binary_cross_entropy(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// The mean over the last axis of (labels - predictions)^2; shapes and dtypes agree. With rank 0 or 1 each
    /// element is a sample. options may be NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_loss_mean_squared_error(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// The mean over the last axis of |labels - predictions|; otherwise tl_loss_mean_squared_error(). Since
    /// 0.1.
    pub fn tl_loss_mean_absolute_error(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// The mean over the last axis of max(1 - label prediction, 0) (Cortes and Vapnik 1995): scores that are
    /// right by a margin of 1 cost nothing. Labels: -1 and 1, of any dtype and of the shape of the
    /// predictions, f32 or f64; where all labels of the call are 0 or 1 they are taken as -1 and 1, which ops
    /// find out, so that a recorded step decides anew at each replay. Other labels are used as they are, as in
    /// Keras. With rank 0 or 1 each element is a sample. options may be NULL. Returns NULL on failure. Since
    /// 0.1.
    pub fn tl_loss_hinge(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// The mean over the last axis of max(1 - label prediction, 0)^2; otherwise tl_loss_hinge(). options may
    /// be NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_loss_squared_hinge(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// max(neg - pos + 1, 0) with neg = max((1 - label) prediction) and pos = sum(label prediction) over the
    /// last axis, that of the classes (after Crammer and Singer 2001). Labels: one-hot, of any dtype and of
    /// the shape of the predictions. options may be NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_loss_categorical_hinge(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// The mean over the last axis of e^2 / 2 where |e| \<= delta and delta |e| - delta^2 / 2 beyond, e =
    /// prediction - label (Huber 1964); otherwise tl_loss_mean_squared_error(). delta is finite and above 0; 1
    /// is usual. options may be NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_loss_huber(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        delta: f64,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// The mean over the last axis of log(cosh(prediction - label)); otherwise tl_loss_mean_squared_error().
    /// options may be NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_loss_log_cosh(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// 100 times the mean over the last axis of |label - prediction| / max(|label|, 1e-7); otherwise
    /// tl_loss_mean_squared_error(). options may be NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_loss_mean_absolute_percentage_error(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// The mean over the last axis of (log(1 + prediction) - log(1 + label))^2, both limited to 1e-7 and
    /// above; otherwise tl_loss_mean_squared_error(). options may be NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_loss_mean_squared_logarithmic_error(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// Minus the cosine of the angle between label and prediction, vectors along the last axis: -1 for one
    /// direction, 1 for opposite ones. Rank 1 or more; shapes and dtypes agree. A vector shorter than 1e-7
    /// counts as one of that length, so that a zero vector gives 0. options may be NULL. Returns NULL on
    /// failure. Since 0.1.
    pub fn tl_loss_cosine_similarity(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// sum(label log(label / prediction)) over the last axis, both limited to \[1e-7, 1\] (Kullback and
    /// Leibler 1951). Labels and predictions are probabilities, of one shape and dtype, rank 1 or more; each
    /// label is in \[0, 1\]. options may be NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_loss_kl_divergence(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// The mean over the last axis of prediction - label log(prediction + 1e-7). Predictions: rates above 0;
    /// labels: counts of any dtype and of the shape of the predictions. With rank 0 or 1 each element is a
    /// sample. options may be NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_loss_poisson(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// tl_loss_binary_cross_entropy() times (1 - p)^gamma, p the probability that the prediction gives to the
    /// label (Lin et al. 2017); for labels between 0 and 1 times (label (1 - p) + (1 - label) p)^gamma. gamma
    /// is finite and not negative, 2 is usual. alpha, in \[0, 1\], weighs the classes by label alpha + (1 -
    /// label) (1 - alpha): 0.25 is usual; 0 leaves it out, Keras' default. options may be NULL. Returns NULL
    /// on failure. Since 0.1.
    pub fn tl_loss_binary_focal_cross_entropy(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        gamma: f64,
        alpha: f64,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// -alpha sum(label (1 - p)^gamma log p) over the last axis (Lin et al. 2017); otherwise
    /// tl_loss_categorical_cross_entropy(). gamma is finite and not negative, 2 is usual; alpha is in \[0,
    /// 1\], 0.25 is Keras' default, and 0 stands for no factor. options may be NULL. Returns NULL on failure.
    /// Since 0.1.
    pub fn tl_loss_categorical_focal_cross_entropy(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        gamma: f64,
        alpha: f64,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// 1 - 2 sum(label prediction) / (sum(label) + sum(prediction) + 1e-7) (Milletari et al. 2016).
    /// Predictions: probabilities, f32 or f64; labels: 0 and 1 or shares between, of any dtype and the same
    /// shape. The sums run over the whole batch, which is one sample then, or, per_example, over all axes but
    /// the first, of rank 2 or more. options may be NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_loss_dice(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        per_example: bool,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// 1 - tp / (tp + alpha fp + beta fn + 1e-7) with tp = sum(label prediction), fp = sum((1 - label)
    /// prediction) and fn = sum(label (1 - prediction)) (Salehi et al. 2017); otherwise tl_loss_dice(), which
    /// it is for 0.5 and 0.5 but for the constant. alpha and beta are finite and not negative. options may be
    /// NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_loss_tversky(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        alpha: f64,
        beta: f64,
        per_example: bool,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// Connectionist temporal classification (Graves et al. 2006): -log of the probability of a sequence of
    /// labels, summed over all ways to write it into the frames. Each label takes one frame or more, in order;
    /// frames before, between and after them may be blank, and between two equal labels at least one is.
    /// Labels: integers (batch, most labels) in \[0, classes); predictions: logits, f32 or f64 (batch, frames,
    /// classes); lengths: integers (batch). label_lengths may be NULL: then as many labels of a row count as
    /// are not the blank, as in Keras. Labels beyond are not looked at. prediction_lengths may be NULL: then
    /// all frames count. blank is one of the classes; 0 is usual. A label that is the blank is one that a
    /// blank frame writes. Labels that do not fit into the frames have the loss infinity and the gradient 0.
    /// One number per sequence: the mean is over sequences, not over labels. options may be NULL. Returns NULL
    /// on failure. Since 0.1.
    pub fn tl_loss_ctc(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        label_lengths: *mut tl_tensor,
        prediction_lengths: *mut tl_tensor,
        blank: i64,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// Weighs and reduces the losses of samples, f32 or f64, that the program computed itself. options may be
    /// NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_loss_reduce(
        context: *mut tl_context,
        losses: *mut tl_tensor,
        options: *const tl_loss_options,
    ) -> *mut tl_tensor;

    /// sum(weights values) / sum(weights); 0 over nothing. name (may be NULL) is copied. NULL on failure.
    /// Since 0.1.
    pub fn tl_metric_mean(context: *mut tl_context, name: *const c_char) -> *mut tl_metric;

    /// sum(weights values). name (may be NULL) is copied. NULL on failure. Since 0.1.
    pub fn tl_metric_sum(context: *mut tl_context, name: *const c_char) -> *mut tl_metric;

    /// The share of samples whose largest prediction (the first of equals) is that of the label; a sample with
    /// a NaN among its predictions counts as wrong. Labels: integers (...) or (..., 1), each in \[0, classes);
    /// predictions: (..., classes). name (may be NULL) is copied. NULL on failure. Since 0.1.
    pub fn tl_metric_sparse_categorical_accuracy(
        context: *mut tl_context,
        name: *const c_char,
    ) -> *mut tl_metric;

    /// The same for one-hot labels or label probabilities of the shape of the predictions, any dtype, each in
    /// \[0, 1\]: the label of a sample is its largest one, the first of equals. name (may be NULL) is copied.
    /// NULL on failure. Since 0.1.
    pub fn tl_metric_categorical_accuracy(context: *mut tl_context, name: *const c_char) -> *mut tl_metric;

    /// The share of elements for which (prediction > threshold), strictly, is the label, 0 or 1 of any dtype;
    /// a NaN counts as wrong. Shapes agree, but for a last axis of size 1. The threshold is finite: 0.5 is
    /// usual for probabilities, 0 for logits. name (may be NULL) is copied. NULL on failure. Since 0.1.
    pub fn tl_metric_binary_accuracy(
        context: *mut tl_context,
        threshold: f64,
        name: *const c_char,
    ) -> *mut tl_metric;

    /// tl_metric_sparse_categorical_accuracy() where it is enough that the label is among the k largest
    /// predictions, of equals the first. k is 1 or more, 5 is usual. name (may be NULL) is copied. NULL on
    /// failure. Since 0.1.
    pub fn tl_metric_sparse_top_k_categorical_accuracy(
        context: *mut tl_context,
        k: i64,
        name: *const c_char,
    ) -> *mut tl_metric;

    /// tl_metric_categorical_accuracy() where it is enough that the label is among the k largest predictions,
    /// of equals the first. k is 1 or more, 5 is usual. name (may be NULL) is copied. NULL on failure. Since
    /// 0.1.
    pub fn tl_metric_top_k_categorical_accuracy(
        context: *mut tl_context,
        k: i64,
        name: *const c_char,
    ) -> *mut tl_metric;

    /// Sets all fields to their defaults. Pass sizeof(tl_threshold_options). Does nothing for NULL. Since 0.1.
    pub fn tl_threshold_options_init(options: *mut tl_threshold_options, struct_size: usize);

    /// The weight of the predictions that are above a threshold, strictly, and whose label is 1: one result
    /// for each threshold, in the given order. Labels: 0 and 1 of any dtype; predictions: f32 or f64,
    /// probabilities in \[0, 1\], or logits by an option, of the labels' shape but for a last axis of size 1;
    /// a NaN is above no threshold. Each of `count` thresholds is in \[0, 1\]; thresholds may be NULL: then
    /// there is one, 0.5. State: "\<name>/positives" and "\<name>/negatives", the weights of labels 1 and 0 by
    /// the interval between thresholds into which their predictions fall. options may be NULL. NULL on
    /// failure. Since 0.1.
    pub fn tl_metric_true_positives(
        context: *mut tl_context,
        thresholds: *const f64,
        count: usize,
        options: *const tl_threshold_options,
    ) -> *mut tl_metric;

    /// The weight of the predictions that are above a threshold and whose label is 0; otherwise
    /// tl_metric_true_positives(). thresholds may be NULL. options may be NULL. Since 0.1.
    pub fn tl_metric_false_positives(
        context: *mut tl_context,
        thresholds: *const f64,
        count: usize,
        options: *const tl_threshold_options,
    ) -> *mut tl_metric;

    /// The weight of the predictions that are not above a threshold and whose label is 0; otherwise
    /// tl_metric_true_positives(). thresholds may be NULL. options may be NULL. Since 0.1.
    pub fn tl_metric_true_negatives(
        context: *mut tl_context,
        thresholds: *const f64,
        count: usize,
        options: *const tl_threshold_options,
    ) -> *mut tl_metric;

    /// The weight of the predictions that are not above a threshold and whose label is 1; otherwise
    /// tl_metric_true_positives(). thresholds may be NULL. options may be NULL. Since 0.1.
    pub fn tl_metric_false_negatives(
        context: *mut tl_context,
        thresholds: *const f64,
        count: usize,
        options: *const tl_threshold_options,
    ) -> *mut tl_metric;

    /// True positives by all predictions above a threshold, tp / (tp + fp); otherwise
    /// tl_metric_true_positives(). With top_k, without thresholds, the k largest predictions of a row say yes,
    /// whatever their values; of equals the first. thresholds may be NULL. options may be NULL. NULL on
    /// failure. Since 0.1.
    pub fn tl_metric_precision(
        context: *mut tl_context,
        thresholds: *const f64,
        count: usize,
        options: *const tl_threshold_options,
    ) -> *mut tl_metric;

    /// True positives by all labels 1, tp / (tp + fn); otherwise tl_metric_precision(). thresholds may be
    /// NULL. options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_metric_recall(
        context: *mut tl_context,
        thresholds: *const f64,
        count: usize,
        options: *const tl_threshold_options,
    ) -> *mut tl_metric;

    /// The largest sensitivity, tp / (tp + fn), over the thresholds at which the specificity, tn / (tn + fp),
    /// is at least `specificity`, in \[0, 1\]; 0 where there is none. Labels and predictions as in
    /// tl_metric_true_positives(). options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_metric_sensitivity_at_specificity(
        context: *mut tl_context,
        specificity: f64,
        options: *const tl_threshold_options,
    ) -> *mut tl_metric;

    /// The largest specificity where the sensitivity is at least `sensitivity`; otherwise
    /// tl_metric_sensitivity_at_specificity(). options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_metric_specificity_at_sensitivity(
        context: *mut tl_context,
        sensitivity: f64,
        options: *const tl_threshold_options,
    ) -> *mut tl_metric;

    /// The largest precision where the recall is at least `recall`; otherwise
    /// tl_metric_sensitivity_at_specificity(). options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_metric_precision_at_recall(
        context: *mut tl_context,
        recall: f64,
        options: *const tl_threshold_options,
    ) -> *mut tl_metric;

    /// The largest recall where the precision is at least `precision`; otherwise
    /// tl_metric_sensitivity_at_specificity(). options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_metric_recall_at_precision(
        context: *mut tl_context,
        precision: f64,
        options: *const tl_threshold_options,
    ) -> *mut tl_metric;

    /// The area under a curve through the points of all thresholds: `count` of them, each in \[0, 1\], or,
    /// where thresholds are none (may be NULL), threshold_count of the options, evenly spread; one just below
    /// 0 and one just above 1 are always among them (of a threshold_count they are two). Labels and
    /// predictions as in tl_metric_true_positives(). thresholds may be NULL. options may be NULL. NULL on
    /// failure. Since 0.1.
    pub fn tl_metric_auc(
        context: *mut tl_context,
        thresholds: *const f64,
        count: usize,
        options: *const tl_threshold_options,
    ) -> *mut tl_metric;

    /// Sets all fields to their defaults. Pass sizeof(tl_f_beta_options). Does nothing for NULL. Since 0.1.
    pub fn tl_f_beta_options_init(options: *mut tl_f_beta_options, struct_size: usize);

    /// (1 + beta^2) precision recall / (beta^2 precision + recall) of each class (van Rijsbergen 1979), 0
    /// where that is 0 / 0. Labels: 0 and 1 of any dtype; predictions: f32 or f64, with a threshold
    /// probabilities in \[0, 1\]; both (..., classes), of one class also without that axis. A NaN says no.
    /// Weights are those of the rows. State: "\<name>/true_positives", "\<name>/predicted" and
    /// "\<name>/actual", one weight for each class. options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_metric_f_beta(
        context: *mut tl_context,
        classes: i64,
        options: *const tl_f_beta_options,
    ) -> *mut tl_metric;

    /// The mean over the classes of tp / (tp + fp + fn), over those that are somewhere a label or a
    /// prediction. Labels: integers in \[0, classes); predictions: integers of their shape, or scores, f32 or
    /// f64 (..., classes), the largest of which counts. Weights are those of the labels. State:
    /// "\<name>/confusion", the weights by label and prediction. name (may be NULL) is copied. NULL on
    /// failure. Since 0.1.
    pub fn tl_metric_mean_iou(context: *mut tl_context, classes: i64, name: *const c_char) -> *mut tl_metric;

    /// sqrt(sum(weights (label - prediction)^2) / sum(weights)) over all elements. Labels of any dtype and of
    /// the shape of the predictions, f32 or f64. name (may be NULL) is copied. NULL on failure. Since 0.1.
    pub fn tl_metric_root_mean_squared_error(context: *mut tl_context, name: *const c_char)
        -> *mut tl_metric;

    /// The mean over samples of the cosine of the angle between label and prediction, vectors along the last
    /// axis; 0 where one is zero. Labels as in tl_metric_root_mean_squared_error(). name (may be NULL) is
    /// copied. NULL on failure. Since 0.1.
    pub fn tl_metric_cosine_similarity(context: *mut tl_context, name: *const c_char) -> *mut tl_metric;

    /// The mean over samples of Pearson's correlation of label and prediction along the last axis; 0 where one
    /// does not vary. Labels as in tl_metric_root_mean_squared_error(). name (may be NULL) is copied. NULL on
    /// failure. Since 0.1.
    pub fn tl_metric_pearson_correlation(context: *mut tl_context, name: *const c_char) -> *mut tl_metric;

    /// Sets all fields to their defaults. Pass sizeof(tl_r2_options). Does nothing for NULL. Since 0.1.
    pub fn tl_r2_options_init(options: *mut tl_r2_options, struct_size: usize);

    /// The coefficient of determination of each output, 1 - sum(weights (label - prediction)^2) / sum(weights
    /// (label - mean label)^2); 0 where the labels do not vary. Adjusted: 1 - (1 - R2) (n - 1) / (n -
    /// regressors - 1) with n samples, while that divisor is above 0. Labels and predictions as in
    /// tl_metric_root_mean_squared_error(), (samples, outputs), of one output also (samples). State:
    /// "\<name>/weight" and "\<name>/samples", and for each output "\<name>/mean", "\<name>/spread" and
    /// "\<name>/residual", of which the spread is one around the mean: states of replicas are not to be added.
    /// options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_metric_r2(
        context: *mut tl_context,
        outputs: i64,
        options: *const tl_r2_options,
    ) -> *mut tl_metric;

    /// Adds values, of any shape and dtype, to a mean or sum. weights (may be NULL) stand for the leading axes
    /// of the values: each of their sizes is that of the values or 1. They may be negative, as in Keras: such
    /// a sample takes away. A failure changes nothing. Since 0.1.
    pub fn tl_metric_update(
        metric: *mut tl_metric,
        values: *mut tl_tensor,
        weights: *mut tl_tensor,
    ) -> tl_status;

    /// Adds predictions to a metric that compares them with labels; each says of which shapes and dtypes.
    /// weights (may be NULL) stand for the leading axes of the samples, or of the elements. A label that is
    /// none of the classes is TL_INVALID_ARGUMENT, with its position in the message. A failure changes
    /// nothing. Since 0.1.
    pub fn tl_metric_update_predictions(
        metric: *mut tl_metric,
        labels: *mut tl_tensor,
        predictions: *mut tl_tensor,
        weights: *mut tl_tensor,
    ) -> tl_status;

    /// What was added up so far, as a number; 0 for a share or mean of nothing. NaN on failure, also where
    /// there are several results, and while the context holds an error. Since 0.1.
    pub fn tl_metric_result(metric: *mut tl_metric) -> f64;

    /// What was added up so far, as a new f64 tensor: of rank 0, or of rank 1 where there are several results.
    /// It is computed from the state by ops, so that a recorded step may give it out. NULL on failure. Since
    /// 0.1.
    pub fn tl_metric_result_tensor(metric: *mut tl_metric) -> *mut tl_tensor;

    /// Forgets what was added up. Since 0.1.
    pub fn tl_metric_reset(metric: *mut tl_metric) -> tl_status;

    /// The state, f64 variables: "\<name>/total" and "\<name>/count", or what the metric says; their number in
    /// *count (may be NULL). Array and handles belong to the metric. NULL on failure (the context holds the
    /// error). Since 0.1.
    pub fn tl_metric_variables(metric: *mut tl_metric, count: *mut usize) -> *const *mut tl_tensor;

    /// The name; "" on failure (the context holds the error). Valid while the metric is live. Since 0.1.
    pub fn tl_metric_name(metric: *mut tl_metric) -> *const c_char;

    /// Moves the metric one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the
    /// context holds the error). Since 0.1.
    pub fn tl_metric_keep(metric: *mut tl_metric) -> *mut tl_metric;

    /// Gives the metric up before its scope ends. NULL and a released metric do nothing. From any thread at
    /// any time. Since 0.1.
    pub fn tl_metric_release(metric: *mut tl_metric);

    /// Sum of two tensors: a + b, broadcast. Integers beyond the range of their dtype wrap around, modulo 2 to
    /// the number of its bits; cast to i64 first where that may happen. Operands: `a`: number; `b`: the dtype
    /// of `a`. Gradient: of any order. Since 0.1.
    pub fn tl_add(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// Difference of two tensors: a - b, broadcast. Integers beyond the range of their dtype wrap around,
    /// modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands: `a`: number;
    /// `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
    pub fn tl_sub(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// Product of two tensors, element by element: a * b, broadcast. Integers beyond the range of their dtype
    /// wrap around, modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands:
    /// `a`: number; `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
    pub fn tl_mul(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// Quotient of two tensors: a / b, broadcast. In floating point only; division by zero follows IEEE 754.
    /// Operands: `a`: float; `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
    pub fn tl_div(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// Power: a raised to b, broadcast. A negative base with a fractional exponent gives NaN. The gradient
    /// with respect to b is a^b log(a), taken as zero where a is zero and b is not negative. Operands: `a`:
    /// float; `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
    pub fn tl_pow(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// The larger of two elements, broadcast; NaN where either is NaN. Where the two are equal each gets half
    /// of the gradient. A NaN has nothing equal, below or above it: where either element is one, the whole
    /// gradient goes to b, as in TensorFlow (PyTorch gives it to both, JAX to neither). Operands: `a`: number;
    /// `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
    pub fn tl_maximum(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// The smaller of two elements, broadcast; NaN where either is NaN. Where the two are equal each gets half
    /// of the gradient. A NaN has nothing equal, below or above it: where either element is one, the whole
    /// gradient goes to b, as in TensorFlow (PyTorch gives it to both, JAX to neither). Operands: `a`: number;
    /// `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
    pub fn tl_minimum(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// x + value with a number of the host language. The number is converted to the dtype of x. It becomes a
    /// constant: a rate that changes each step is better a tensor. Integers beyond the range of their dtype
    /// wrap around, modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands:
    /// `x`: number. Gradient: of any order. Since 0.1.
    pub fn tl_add_scalar(context: *mut tl_context, x: *mut tl_tensor, value: f64) -> *mut tl_tensor;

    /// x * value with a number of the host language. The number is converted to the dtype of x. It becomes a
    /// constant: a rate that changes each step is better a tensor. Integers beyond the range of their dtype
    /// wrap around, modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands:
    /// `x`: number. Gradient: of any order. Since 0.1.
    pub fn tl_mul_scalar(context: *mut tl_context, x: *mut tl_tensor, value: f64) -> *mut tl_tensor;

    /// Negative: -x. Integers beyond the range of their dtype wrap around, modulo 2 to the number of its bits;
    /// cast to i64 first where that may happen. Operands: `x`: number. Gradient: of any order. Since 0.1.
    pub fn tl_neg(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// e to the power of x. Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_exp(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Natural logarithm; NaN below zero, -infinity at zero. Operands: `x`: float. Gradient: of any order.
    /// Since 0.1.
    pub fn tl_log(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Natural logarithm of 1 + x, accurate near zero. Operands: `x`: float. Gradient: of any order. Since
    /// 0.1.
    pub fn tl_log1p(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// e to the power of x, minus 1, accurate near zero. Operands: `x`: float. Gradient: of any order. Since
    /// 0.1.
    pub fn tl_expm1(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Square root; NaN below zero. Its gradient is infinite at zero. Operands: `x`: float. Gradient: of any
    /// order. Since 0.1.
    pub fn tl_sqrt(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// One over the square root. Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_rsqrt(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// x times x. Integers beyond the range of their dtype wrap around, modulo 2 to the number of its bits;
    /// cast to i64 first where that may happen. Operands: `x`: number. Gradient: of any order. Since 0.1.
    pub fn tl_square(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Absolute value; the gradient at zero is zero. Integers beyond the range of their dtype wrap around,
    /// modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands: `x`: number.
    /// Gradient: of any order. Since 0.1.
    pub fn tl_abs(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// -1, 0 or 1 by the sign of x; NaN for NaN. Operands: `x`: number. Gradient: zero where it exists. Since
    /// 0.1.
    pub fn tl_sign(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Hyperbolic tangent. Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_tanh(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Logistic function 1 / (1 + e^-x), without overflow at either end. Operands: `x`: float. Gradient: of
    /// any order. Since 0.1.
    pub fn tl_sigmoid(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// log(1 + e^x), without overflow at either end. Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_softplus(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// max(x, 0); NaN stays NaN; the gradient at zero is zero, and passes where x is NaN. Operands: `x`:
    /// number. Gradient: of any order. Since 0.1.
    pub fn tl_relu(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Sine of x in radians. Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_sin(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Cosine of x in radians. Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_cos(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Error function. Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_erf(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// One over x. Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_reciprocal(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// The largest whole number that is not above x. Operands: `x`: float. Gradient: zero where it exists.
    /// Since 0.1.
    pub fn tl_floor(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// x limited to \[low, high\]; NaN stays NaN. The gradient passes where low \<= x \<= high. low must not
    /// be above high, and neither may be NaN. Operands: `x`: number. Gradient: of any order. Since 0.1.
    pub fn tl_clip(context: *mut tl_context, x: *mut tl_tensor, low: f64, high: f64) -> *mut tl_tensor;

    /// x where x is positive, slope * x elsewhere. At -infinity it is -infinity times slope; 0 for a slope of
    /// 0. This short form uses slope = 0.01; see tl_leaky_relu_slope. Operands: `x`: float. Gradient: of any
    /// order. Since 0.1.
    pub fn tl_leaky_relu(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// x where x is positive, slope * x elsewhere. At -infinity it is -infinity times slope; 0 for a slope of
    /// 0. Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_leaky_relu_slope(context: *mut tl_context, x: *mut tl_tensor, slope: f64) -> *mut tl_tensor;

    /// x where x is positive, alpha * (e^x - 1) elsewhere (Clevert et al. 2015). This short form uses alpha =
    /// 1; see tl_elu_alpha. Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_elu(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// x where x is positive, alpha * (e^x - 1) elsewhere (Clevert et al. 2015). Operands: `x`: float.
    /// Gradient: of any order. Since 0.1.
    pub fn tl_elu_alpha(context: *mut tl_context, x: *mut tl_tensor, alpha: f64) -> *mut tl_tensor;

    /// x * sigmoid(x), also called swish. At -infinity it is its limit, 0 (NaN in PyTorch and JAX). Operands:
    /// `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_silu(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Gaussian error linear unit x * Phi(x) (Hendrycks and Gimpel 2016). approximate = true uses the tanh
    /// form of the paper. Far below zero the relative error is that of x / sqrt(2), times x^2: 1e-5 in f32 at
    /// x = -13, and nothing is lost to a difference. At -infinity both forms are their limit, 0 (NaN in
    /// PyTorch and JAX). This short form uses approximate = false; see tl_gelu_form. Operands: `x`: float.
    /// Gradient: of any order. Since 0.1.
    pub fn tl_gelu(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Gaussian error linear unit x * Phi(x) (Hendrycks and Gimpel 2016). approximate = true uses the tanh
    /// form of the paper. Far below zero the relative error is that of x / sqrt(2), times x^2: 1e-5 in f32 at
    /// x = -13, and nothing is lost to a difference. At -infinity both forms are their limit, 0 (NaN in
    /// PyTorch and JAX). Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_gelu_form(context: *mut tl_context, x: *mut tl_tensor, approximate: bool) -> *mut tl_tensor;

    /// Product in which zero is strong: 0 where a or b is 0, also beside infinity and NaN; a * b elsewhere;
    /// broadcast. The product of gradient rules. What a select did not choose has a gradient of exactly 0 and
    /// often a derivative that is infinite or NaN, and their product must be 0 (the strong zero of Enzyme and
    /// ChainRules, TensorFlow's multiply_no_nan on both sides). It is its own rule, so that this holds at
    /// every order. In a rule of your own use it for gradient times derivative. Operands: `a`: float; `b`: the
    /// dtype of `a`. Gradient: of any order. Since 0.1.
    pub fn tl_strong_zero_mul(
        context: *mut tl_context,
        a: *mut tl_tensor,
        b: *mut tl_tensor,
    ) -> *mut tl_tensor;

    /// Quotient in which a numerator of zero is strong: 0 where a is 0, whatever b is; a / b elsewhere;
    /// broadcast. The quotient of gradient rules: see strong_zero_mul. Operands: `a`: float; `b`: the dtype of
    /// `a`. Gradient: of any order. Since 0.1.
    pub fn tl_strong_zero_div(
        context: *mut tl_context,
        a: *mut tl_tensor,
        b: *mut tl_tensor,
    ) -> *mut tl_tensor;

    /// Complementary error function, 1 - erf(x), with all digits where that difference would lose them: far
    /// above zero. Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_erfc(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// a == b, broadcast; NaN equals nothing. Operands: `a`: any; `b`: the dtype of `a`. Gradient: none, its
    /// result is bool. Since 0.1.
    pub fn tl_equal(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// a != b, broadcast; NaN differs from everything. Operands: `a`: any; `b`: the dtype of `a`. Gradient:
    /// none, its result is bool. Since 0.1.
    pub fn tl_not_equal(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// a \< b, broadcast. Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is bool.
    /// Since 0.1.
    pub fn tl_less(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// a \<= b, broadcast. Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is bool.
    /// Since 0.1.
    pub fn tl_less_equal(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// a > b, broadcast. Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is bool.
    /// Since 0.1.
    pub fn tl_greater(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// a >= b, broadcast. Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is bool.
    /// Since 0.1.
    pub fn tl_greater_equal(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor)
        -> *mut tl_tensor;

    /// a and b, broadcast. Operands: `a`: bool; `b`: the dtype of `a`. Gradient: none, its operands are bool.
    /// Since 0.1.
    pub fn tl_logical_and(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// a or b, broadcast. Operands: `a`: bool; `b`: the dtype of `a`. Gradient: none, its operands are bool.
    /// Since 0.1.
    pub fn tl_logical_or(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// not x. Operands: `x`: bool. Gradient: none, its operand is bool. Since 0.1.
    pub fn tl_logical_not(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// a where condition holds, b elsewhere; the three broadcast. The gradient of the side that is not chosen
    /// is exactly zero, also where that side is NaN or infinite, and it stays zero on its way back through
    /// element-wise ops, softmax and cross-entropies, whatever their derivatives are: select(x > 0, log(x), 0)
    /// has the gradient 0 at 0, of every order and in forward mode (strong_zero_mul says how). A matrix
    /// product, prod or sum mixes elements, so NaN there reaches the gradients of the others: make its operand
    /// safe with a select of its own. Operands: `condition`: bool; `a`: any; `b`: the dtype of `a`. Gradient:
    /// of any order. Since 0.1.
    pub fn tl_select(
        context: *mut tl_context,
        condition: *mut tl_tensor,
        a: *mut tl_tensor,
        b: *mut tl_tensor,
    ) -> *mut tl_tensor;

    /// x with its elements converted to another dtype. Floating point to integer truncates toward zero and
    /// saturates at the ends of the range, NaN becomes 0; to bool: not equal to zero. Gradients flow between
    /// floating point dtypes. Operands: `x`: any. Gradient: of any order. Since 0.1.
    pub fn tl_cast(context: *mut tl_context, x: *mut tl_tensor, dtype: tl_dtype) -> *mut tl_tensor;

    /// Sum over axes. Without axes over all of them. Sums of floating point are added in fixed chunks, so that
    /// their bits do not depend on the number of threads. Integers beyond the range of their dtype wrap
    /// around, modulo 2 to the number of its bits; cast to i64 first where that may happen. This short form
    /// uses axes = \[\], keepdims = false; see tl_sum_axes. Operands: `x`: number. Gradient: of any order.
    /// Since 0.1.
    pub fn tl_sum(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Sum over axes. Without axes over all of them. Sums of floating point are added in fixed chunks, so that
    /// their bits do not depend on the number of threads. Integers beyond the range of their dtype wrap
    /// around, modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands: `x`:
    /// number. Gradient: of any order. Since 0.1.
    pub fn tl_sum_axes(
        context: *mut tl_context,
        x: *mut tl_tensor,
        axes: *const i64,
        num_axes: usize,
        keepdims: bool,
    ) -> *mut tl_tensor;

    /// Arithmetic mean over axes, without axes over all of them; NaN over no elements. This short form uses
    /// axes = \[\], keepdims = false; see tl_mean_axes. Operands: `x`: float. Gradient: of any order. Since
    /// 0.1.
    pub fn tl_mean(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Arithmetic mean over axes, without axes over all of them; NaN over no elements. Operands: `x`: float.
    /// Gradient: of any order. Since 0.1.
    pub fn tl_mean_axes(
        context: *mut tl_context,
        x: *mut tl_tensor,
        axes: *const i64,
        num_axes: usize,
        keepdims: bool,
    ) -> *mut tl_tensor;

    /// Largest element over axes; NaN if there is one. Without axes over all of them; over no elements it is
    /// an error. Equal largest elements share the gradient evenly. A NaN equals nothing: where the result is
    /// one, the gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and
    /// torch.amax, and goes to the NaNs in torch.max). This short form uses axes = \[\], keepdims = false; see
    /// tl_max_axes. Operands: `x`: number. Gradient: of any order. Since 0.1.
    pub fn tl_max(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Largest element over axes; NaN if there is one. Without axes over all of them; over no elements it is
    /// an error. Equal largest elements share the gradient evenly. A NaN equals nothing: where the result is
    /// one, the gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and
    /// torch.amax, and goes to the NaNs in torch.max). Operands: `x`: number. Gradient: of any order. Since
    /// 0.1.
    pub fn tl_max_axes(
        context: *mut tl_context,
        x: *mut tl_tensor,
        axes: *const i64,
        num_axes: usize,
        keepdims: bool,
    ) -> *mut tl_tensor;

    /// Smallest element over axes; NaN if there is one. Without axes over all of them; over no elements it is
    /// an error. Equal smallest elements share the gradient evenly. A NaN equals nothing: where the result is
    /// one, the gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and
    /// torch.amax, and goes to the NaNs in torch.max). This short form uses axes = \[\], keepdims = false; see
    /// tl_min_axes. Operands: `x`: number. Gradient: of any order. Since 0.1.
    pub fn tl_min(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Smallest element over axes; NaN if there is one. Without axes over all of them; over no elements it is
    /// an error. Equal smallest elements share the gradient evenly. A NaN equals nothing: where the result is
    /// one, the gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and
    /// torch.amax, and goes to the NaNs in torch.max). Operands: `x`: number. Gradient: of any order. Since
    /// 0.1.
    pub fn tl_min_axes(
        context: *mut tl_context,
        x: *mut tl_tensor,
        axes: *const i64,
        num_axes: usize,
        keepdims: bool,
    ) -> *mut tl_tensor;

    /// Product over axes, without axes over all of them; 1 over no elements. The gradient of an element is the
    /// product of the others, without a division: right also beside zeros and infinities. Where that product
    /// has no value, as of 0 and infinity, it is NaN; where it passes the range of its dtype on the way, it
    /// overflows or vanishes, though the result may not. Integers beyond the range of their dtype wrap around,
    /// modulo 2 to the number of its bits; cast to i64 first where that may happen. This short form uses axes
    /// = \[\], keepdims = false; see tl_prod_axes. Operands: `x`: number. Gradient: of any order. Since 0.1.
    pub fn tl_prod(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Product over axes, without axes over all of them; 1 over no elements. The gradient of an element is the
    /// product of the others, without a division: right also beside zeros and infinities. Where that product
    /// has no value, as of 0 and infinity, it is NaN; where it passes the range of its dtype on the way, it
    /// overflows or vanishes, though the result may not. Integers beyond the range of their dtype wrap around,
    /// modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands: `x`: number.
    /// Gradient: of any order. Since 0.1.
    pub fn tl_prod_axes(
        context: *mut tl_context,
        x: *mut tl_tensor,
        axes: *const i64,
        num_axes: usize,
        keepdims: bool,
    ) -> *mut tl_tensor;

    /// Index of the largest element over axes, as i64; the first of equals, and a NaN counts as the largest.
    /// Over several axes (or all, without axes) the index counts through them in row-major order. This short
    /// form uses axes = \[\], keepdims = false; see tl_argmax_axes. Operands: `x`: number. Gradient: none, its
    /// result is an integer index. Since 0.1.
    pub fn tl_argmax(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Index of the largest element over axes, as i64; the first of equals, and a NaN counts as the largest.
    /// Over several axes (or all, without axes) the index counts through them in row-major order. Operands:
    /// `x`: number. Gradient: none, its result is an integer index. Since 0.1.
    pub fn tl_argmax_axes(
        context: *mut tl_context,
        x: *mut tl_tensor,
        axes: *const i64,
        num_axes: usize,
        keepdims: bool,
    ) -> *mut tl_tensor;

    /// Index of the smallest element over axes, as i64; the first of equals, and a NaN counts as the smallest.
    /// Over several axes (or all, without axes) the index counts through them in row-major order. This short
    /// form uses axes = \[\], keepdims = false; see tl_argmin_axes. Operands: `x`: number. Gradient: none, its
    /// result is an integer index. Since 0.1.
    pub fn tl_argmin(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Index of the smallest element over axes, as i64; the first of equals, and a NaN counts as the smallest.
    /// Over several axes (or all, without axes) the index counts through them in row-major order. Operands:
    /// `x`: number. Gradient: none, its result is an integer index. Since 0.1.
    pub fn tl_argmin_axes(
        context: *mut tl_context,
        x: *mut tl_tensor,
        axes: *const i64,
        num_axes: usize,
        keepdims: bool,
    ) -> *mut tl_tensor;

    /// Running sum along an axis. exclusive leaves the element itself out; reverse runs from the end. Integers
    /// beyond the range of their dtype wrap around, modulo 2 to the number of its bits; cast to i64 first
    /// where that may happen. This short form uses axis = -1, exclusive = false, reverse = false; see
    /// tl_cumsum_axis. Operands: `x`: number. Gradient: of any order. Since 0.1.
    pub fn tl_cumsum(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Running sum along an axis. exclusive leaves the element itself out; reverse runs from the end. Integers
    /// beyond the range of their dtype wrap around, modulo 2 to the number of its bits; cast to i64 first
    /// where that may happen. Operands: `x`: number. Gradient: of any order. Since 0.1.
    pub fn tl_cumsum_axis(
        context: *mut tl_context,
        x: *mut tl_tensor,
        axis: i64,
        exclusive: bool,
        reverse: bool,
    ) -> *mut tl_tensor;

    /// log of the sum of e^x over axes, without overflow; -infinity over no elements. This short form uses
    /// axes = \[\], keepdims = false; see tl_logsumexp_axes. Operands: `x`: float. Gradient: of any order.
    /// Since 0.1.
    pub fn tl_logsumexp(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// log of the sum of e^x over axes, without overflow; -infinity over no elements. Operands: `x`: float.
    /// Gradient: of any order. Since 0.1.
    pub fn tl_logsumexp_axes(
        context: *mut tl_context,
        x: *mut tl_tensor,
        axes: *const i64,
        num_axes: usize,
        keepdims: bool,
    ) -> *mut tl_tensor;

    /// Matrix product of the last two axes; leading axes broadcast. transpose_a and transpose_b swap the last
    /// two axes of an operand first, without a copy. Operands have rank 2 or more. This short form uses
    /// transpose_a = false, transpose_b = false; see tl_matmul_transposed. Operands: `a`: float; `b`: the
    /// dtype of `a`. Gradient: of any order. Since 0.1.
    pub fn tl_matmul(context: *mut tl_context, a: *mut tl_tensor, b: *mut tl_tensor) -> *mut tl_tensor;

    /// Matrix product of the last two axes; leading axes broadcast. transpose_a and transpose_b swap the last
    /// two axes of an operand first, without a copy. Operands have rank 2 or more. Operands: `a`: float; `b`:
    /// the dtype of `a`. Gradient: of any order. Since 0.1.
    pub fn tl_matmul_transposed(
        context: *mut tl_context,
        a: *mut tl_tensor,
        b: *mut tl_tensor,
        transpose_a: bool,
        transpose_b: bool,
    ) -> *mut tl_tensor;

    /// The same elements with another shape, without a copy. One size may be -1: it follows from the number of
    /// elements. Operands: `x`: any. Gradient: of any order. Since 0.1.
    pub fn tl_reshape(
        context: *mut tl_context,
        x: *mut tl_tensor,
        shape: *const i64,
        num_shape: usize,
    ) -> *mut tl_tensor;

    /// Axes in another order; without a permutation, in reverse order. Axis i of the result is axis
    /// permutation\[i\] of x. This short form uses permutation = \[\]; see tl_transpose_axes. Operands: `x`:
    /// any. Gradient: of any order. Since 0.1.
    pub fn tl_transpose(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Axes in another order; without a permutation, in reverse order. Axis i of the result is axis
    /// permutation\[i\] of x. Operands: `x`: any. Gradient: of any order. Since 0.1.
    pub fn tl_transpose_axes(
        context: *mut tl_context,
        x: *mut tl_tensor,
        permutation: *const i64,
        num_permutation: usize,
    ) -> *mut tl_tensor;

    /// x repeated along axes of size 1 and along new leading axes, to the given shape. Operands: `x`: any.
    /// Gradient: of any order. Since 0.1.
    pub fn tl_broadcast_to(
        context: *mut tl_context,
        x: *mut tl_tensor,
        shape: *const i64,
        num_shape: usize,
    ) -> *mut tl_tensor;

    /// A new axis of size 1 in front of axis `axis` of the result, without a copy. Operands: `x`: any.
    /// Gradient: of any order. Since 0.1.
    pub fn tl_expand_dims(context: *mut tl_context, x: *mut tl_tensor, axis: i64) -> *mut tl_tensor;

    /// Removes axes of size 1, without a copy; without axes, all of them. This short form uses axes = \[\];
    /// see tl_squeeze_axes. Operands: `x`: any. Gradient: of any order. Since 0.1.
    pub fn tl_squeeze(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Removes axes of size 1, without a copy; without axes, all of them. Operands: `x`: any. Gradient: of any
    /// order. Since 0.1.
    pub fn tl_squeeze_axes(
        context: *mut tl_context,
        x: *mut tl_tensor,
        axes: *const i64,
        num_axes: usize,
    ) -> *mut tl_tensor;

    /// Tensors one after the other along an axis; the other sizes agree. Operands: `values` (one or more):
    /// any. Gradient: of any order. Since 0.1.
    pub fn tl_concat(
        context: *mut tl_context,
        values: *const *mut tl_tensor,
        num_values: usize,
        axis: i64,
    ) -> *mut tl_tensor;

    /// Tensors of one shape along a new axis. Operands: `values` (one or more): any. Gradient: of any order.
    /// Since 0.1.
    pub fn tl_stack(
        context: *mut tl_context,
        values: *const *mut tl_tensor,
        num_values: usize,
        axis: i64,
    ) -> *mut tl_tensor;

    /// Part of a tensor: for each axis the elements begin, begin + stride, ... before end. A negative begin or
    /// end counts from the end of the axis; both must lie in the axis, begin not behind end. Strides are
    /// positive; without strides each is 1. A slice of leading rows shares memory. This short form uses
    /// strides = \[\]; see tl_slice_strided. Operands: `x`: any. Gradient: of any order. Since 0.1.
    pub fn tl_slice(
        context: *mut tl_context,
        x: *mut tl_tensor,
        begin: *const i64,
        num_begin: usize,
        end: *const i64,
        num_end: usize,
    ) -> *mut tl_tensor;

    /// Part of a tensor: for each axis the elements begin, begin + stride, ... before end. A negative begin or
    /// end counts from the end of the axis; both must lie in the axis, begin not behind end. Strides are
    /// positive; without strides each is 1. A slice of leading rows shares memory. Operands: `x`: any.
    /// Gradient: of any order. Since 0.1.
    pub fn tl_slice_strided(
        context: *mut tl_context,
        x: *mut tl_tensor,
        begin: *const i64,
        num_begin: usize,
        end: *const i64,
        num_end: usize,
        strides: *const i64,
        num_strides: usize,
    ) -> *mut tl_tensor;

    /// x with `value` before (low), behind (high) and between (interior) the elements of each axis. low, high
    /// and interior count elements per axis and are not negative; without interior it is 0 everywhere. This
    /// short form uses interior = \[\], value = 0; see tl_pad_interior. Operands: `x`: any. Gradient: of any
    /// order. Since 0.1.
    pub fn tl_pad(
        context: *mut tl_context,
        x: *mut tl_tensor,
        low: *const i64,
        num_low: usize,
        high: *const i64,
        num_high: usize,
    ) -> *mut tl_tensor;

    /// x with `value` before (low), behind (high) and between (interior) the elements of each axis. low, high
    /// and interior count elements per axis and are not negative; without interior it is 0 everywhere.
    /// Operands: `x`: any. Gradient: of any order. Since 0.1.
    pub fn tl_pad_interior(
        context: *mut tl_context,
        x: *mut tl_tensor,
        low: *const i64,
        num_low: usize,
        high: *const i64,
        num_high: usize,
        interior: *const i64,
        num_interior: usize,
        value: f64,
    ) -> *mut tl_tensor;

    /// All axes from `axis` on merged into one, without a copy; axis 1 keeps the batch. This short form uses
    /// axis = 1; see tl_flatten_from. Operands: `x`: any. Gradient: of any order. Since 0.1.
    pub fn tl_flatten(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// All axes from `axis` on merged into one, without a copy; axis 1 keeps the batch. Operands: `x`: any.
    /// Gradient: of any order. Since 0.1.
    pub fn tl_flatten_from(context: *mut tl_context, x: *mut tl_tensor, axis: i64) -> *mut tl_tensor;

    /// x as a new tensor that shares its memory. Operands: `x`: any. Gradient: of any order. Since 0.1.
    pub fn tl_identity(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// x as a new tensor that shares its memory and through which no gradient flows. Operands: `x`: any.
    /// Gradient: none, stop_gradient cuts the path on purpose. Since 0.1.
    pub fn tl_stop_gradient(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// The slices of x along an axis that the indices name. The result has the shape of x with the axis
    /// replaced by the shape of the indices. An index outside \[0, size) is an error. Operands: `x`: any;
    /// `indices`: int. Gradient: of any order. Since 0.1.
    pub fn tl_gather(
        context: *mut tl_context,
        x: *mut tl_tensor,
        indices: *mut tl_tensor,
        axis: i64,
    ) -> *mut tl_tensor;

    /// Zeros with `size` slices along an axis, to which each slice of the updates is added at its index.
    /// updates has the shape that gather gives for these indices; a repeated index adds up, in the order of
    /// the indices. An index outside \[0, size) is an error. Integers beyond the range of their dtype wrap
    /// around, modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands:
    /// `indices`: int; `updates`: number. Gradient: of any order. Since 0.1.
    pub fn tl_scatter_add(
        context: *mut tl_context,
        indices: *mut tl_tensor,
        updates: *mut tl_tensor,
        size: i64,
        axis: i64,
    ) -> *mut tl_tensor;

    /// 1 at each index and 0 elsewhere, along a new last axis of size depth. An index outside \[0, depth)
    /// gives a row of zeros. This short form uses dtype = f32; see tl_one_hot_dtype. Operands: `indices`: int.
    /// Gradient: none, its operand is an integer index. Since 0.1.
    pub fn tl_one_hot(context: *mut tl_context, indices: *mut tl_tensor, depth: i64) -> *mut tl_tensor;

    /// 1 at each index and 0 elsewhere, along a new last axis of size depth. An index outside \[0, depth)
    /// gives a row of zeros. Operands: `indices`: int. Gradient: none, its operand is an integer index. Since
    /// 0.1.
    pub fn tl_one_hot_dtype(
        context: *mut tl_context,
        indices: *mut tl_tensor,
        depth: i64,
        dtype: tl_dtype,
    ) -> *mut tl_tensor;

    /// x with the slices along its first axis that the indices name replaced by the given rows. indices has
    /// rank 1 and is strictly ascending, so each row is named once; rows has the shape that gather gives for
    /// them. An index outside \[0, size) is an error. Where nobody else holds x it runs in the memory of x, in
    /// time proportional to the rows. Operands: `x`: any; `indices`: int; `rows`: the dtype of `x`. Gradient:
    /// of any order. Since 0.1.
    pub fn tl_set_rows(
        context: *mut tl_context,
        x: *mut tl_tensor,
        indices: *mut tl_tensor,
        rows: *mut tl_tensor,
    ) -> *mut tl_tensor;

    /// e^x divided by its sum along an axis, without overflow. This short form uses axis = -1; see
    /// tl_softmax_axis. Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_softmax(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// e^x divided by its sum along an axis, without overflow. Operands: `x`: float. Gradient: of any order.
    /// Since 0.1.
    pub fn tl_softmax_axis(context: *mut tl_context, x: *mut tl_tensor, axis: i64) -> *mut tl_tensor;

    /// Logarithm of softmax along an axis, without overflow or loss of small probabilities. This short form
    /// uses axis = -1; see tl_log_softmax_axis. Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_log_softmax(context: *mut tl_context, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Logarithm of softmax along an axis, without overflow or loss of small probabilities. Operands: `x`:
    /// float. Gradient: of any order. Since 0.1.
    pub fn tl_log_softmax_axis(context: *mut tl_context, x: *mut tl_tensor, axis: i64) -> *mut tl_tensor;

    /// Cross-entropy of each row of logits against a row of label probabilities: -sum(labels *
    /// log_softmax(logits)) over the last axis. labels and logits have one shape (..., classes), at least one
    /// class; the result has shape (...). Gradients flow to both. Labels may be any weights of the classes:
    /// tl_loss_categorical_cross_entropy() refuses what is no probability. Operands: `labels`: float;
    /// `logits`: the dtype of `labels`. Gradient: of any order. Since 0.1.
    pub fn tl_softmax_cross_entropy(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        logits: *mut tl_tensor,
    ) -> *mut tl_tensor;

    /// Cross-entropy of each row of logits against an integer label: -log_softmax(logits)\[label\]. logits:
    /// (..., classes); labels: (...), each in \[0, classes), anything else is an error that names the
    /// position. The result has the shape of the labels. Operands: `labels`: int; `logits`: float. Gradient:
    /// of any order. Since 0.1.
    pub fn tl_sparse_softmax_cross_entropy(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        logits: *mut tl_tensor,
    ) -> *mut tl_tensor;

    /// Cross-entropy of independent yes-no labels against logits, element by element: max(x, 0) - x z + log(1 +
    /// e^-|x|). labels and logits have one shape; labels are probabilities in \[0, 1\]; beyond it by more than
    /// a rounding error of 1e-6, or NaN, they are an error that names the position. Gradients flow to both.
    /// Operands: `labels`: float; `logits`: the dtype of `labels`. Gradient: of any order. Since 0.1.
    pub fn tl_sigmoid_cross_entropy(
        context: *mut tl_context,
        labels: *mut tl_tensor,
        logits: *mut tl_tensor,
    ) -> *mut tl_tensor;

    /// Random numbers, evenly spread in \[low, high). Philox 4x32-10 (Salmon et al. 2011), keyed by the
    /// context's seed and counted by call and element: the same bits for any number of threads. Inside vmap
    /// one draw serves all examples. This short form uses low = 0, high = 1, dtype = f32; see
    /// tl_uniform_range. Gradient: none, it has no operand. Since 0.1.
    pub fn tl_uniform(context: *mut tl_context, shape: *const i64, num_shape: usize) -> *mut tl_tensor;

    /// Random numbers, evenly spread in \[low, high). Philox 4x32-10 (Salmon et al. 2011), keyed by the
    /// context's seed and counted by call and element: the same bits for any number of threads. Inside vmap
    /// one draw serves all examples. Gradient: none, it has no operand. Since 0.1.
    pub fn tl_uniform_range(
        context: *mut tl_context,
        shape: *const i64,
        num_shape: usize,
        low: f64,
        high: f64,
        dtype: tl_dtype,
    ) -> *mut tl_tensor;

    /// Random numbers of the normal distribution. Box-Muller over Philox 4x32-10, keyed by the context's seed
    /// and counted by call and element: the same bits for any number of threads. Inside vmap one draw serves
    /// all examples. This short form uses mean = 0, stddev = 1, dtype = f32; see tl_normal_with. Gradient:
    /// none, it has no operand. Since 0.1.
    pub fn tl_normal(context: *mut tl_context, shape: *const i64, num_shape: usize) -> *mut tl_tensor;

    /// Random numbers of the normal distribution. Box-Muller over Philox 4x32-10, keyed by the context's seed
    /// and counted by call and element: the same bits for any number of threads. Inside vmap one draw serves
    /// all examples. Gradient: none, it has no operand. Since 0.1.
    pub fn tl_normal_with(
        context: *mut tl_context,
        shape: *const i64,
        num_shape: usize,
        mean: f64,
        stddev: f64,
        dtype: tl_dtype,
    ) -> *mut tl_tensor;

    /// x with each element set to zero with probability rate, the others divided by 1 - rate (Srivastava et
    /// al. 2014). The mask follows from the context's seed and the call, so that the backward pass draws it
    /// again instead of storing it. Inside vmap each example has a mask of its own where x differs from
    /// example to example, else all have one. Operands: `x`: float. Gradient: of any order. Since 0.1.
    pub fn tl_dropout(context: *mut tl_context, x: *mut tl_tensor, rate: f64) -> *mut tl_tensor;

    /// A tensor whose elements all have one value. The number is converted to the dtype; for integers it must
    /// be a whole number in range. Gradient: none, it has no operand. Since 0.1.
    pub fn tl_full(
        context: *mut tl_context,
        shape: *const i64,
        num_shape: usize,
        value: f64,
        dtype: tl_dtype,
    ) -> *mut tl_tensor;

    /// start, start + step, ... : count numbers. This short form uses start = 0, step = 1, dtype = f32; see
    /// tl_range_from. Gradient: none, it has no operand. Since 0.1.
    pub fn tl_range(context: *mut tl_context, count: i64) -> *mut tl_tensor;

    /// start, start + step, ... : count numbers. Gradient: none, it has no operand. Since 0.1.
    pub fn tl_range_from(
        context: *mut tl_context,
        count: i64,
        start: f64,
        step: f64,
        dtype: tl_dtype,
    ) -> *mut tl_tensor;

    /// A tensor of zeros. This short form uses dtype = f32; see tl_zeros_dtype. Gradient: of any order. Since
    /// 0.1.
    pub fn tl_zeros(context: *mut tl_context, shape: *const i64, num_shape: usize) -> *mut tl_tensor;

    /// A tensor of zeros. Gradient: of any order. Since 0.1.
    pub fn tl_zeros_dtype(
        context: *mut tl_context,
        shape: *const i64,
        num_shape: usize,
        dtype: tl_dtype,
    ) -> *mut tl_tensor;

    /// A tensor of ones. This short form uses dtype = f32; see tl_ones_dtype. Gradient: of any order. Since
    /// 0.1.
    pub fn tl_ones(context: *mut tl_context, shape: *const i64, num_shape: usize) -> *mut tl_tensor;

    /// A tensor of ones. Gradient: of any order. Since 0.1.
    pub fn tl_ones_dtype(
        context: *mut tl_context,
        shape: *const i64,
        num_shape: usize,
        dtype: tl_dtype,
    ) -> *mut tl_tensor;

    /// Sets all fields to their defaults. Pass sizeof(tl_sgd_options). Does nothing for NULL. Since 0.1.
    pub fn tl_sgd_options_init(options: *mut tl_sgd_options, struct_size: usize);

    /// Stochastic gradient descent: w -= rate g, or with momentum. Slot: momentum. options may be NULL. NULL
    /// on failure. Since 0.1.
    pub fn tl_sgd(context: *mut tl_context, options: *const tl_sgd_options) -> *mut tl_optimizer;

    /// Sets all fields to their defaults. Pass sizeof(tl_adam_options). Does nothing for NULL. Since 0.1.
    pub fn tl_adam_options_init(options: *mut tl_adam_options, struct_size: usize);

    /// Adam (Kingma and Ba 2015). Slots: m, v, with amsgrad v_max too. options may be NULL. NULL on failure.
    /// Since 0.1.
    pub fn tl_adam(context: *mut tl_context, options: *const tl_adam_options) -> *mut tl_optimizer;

    /// Sets all fields to their defaults. Pass sizeof(tl_adamw_options). Does nothing for NULL. Since 0.1.
    pub fn tl_adamw_options_init(options: *mut tl_adamw_options, struct_size: usize);

    /// AdamW: w -= rate weight_decay w, then Adam (Loshchilov and Hutter 2019). Slots: m, v, with amsgrad
    /// v_max too. options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_adamw(context: *mut tl_context, options: *const tl_adamw_options) -> *mut tl_optimizer;

    /// One step: each of `count` variables takes its gradient, a tensor of its shape and dtype, or NULL. A
    /// variable whose gradient is NULL stays as it is, and a log line names it once. TL_INVALID_ARGUMENT when
    /// all gradients are NULL, count is 0, a variable stands twice or is not floating point, a gradient does
    /// not fit, the learning rate is out of range for a variable (an f32 one takes none beyond 3.4e38), or the
    /// step count or the rate was assigned a number that makes no sense. A failure of any kind leaves all
    /// variables and the optimizer as they were. Tensors that were read from the variables before keep their
    /// values. Since 0.1.
    pub fn tl_optimizer_apply(
        optimizer: *mut tl_optimizer,
        gradients: *const *mut tl_tensor,
        variables: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// tl_optimizer_apply() in which gradients may be of rows, as tl_tape_gradient_rows() gives them:
    /// row_indices\[i\] is NULL, or the indices (i32 or i64, strictly ascending, in range) of the rows of
    /// variables\[i\] that gradients\[i\] holds. The time is that of the rows, whatever the size of the
    /// variable, where nobody else holds its value (a tensor that was read from it, an open tape). What is
    /// lazy: only these rows change, and only their slots. Plain SGD is the dense update to the bit. With
    /// momentum, and with Adam, the velocity and the moments of the other rows do not decay and these rows do
    /// not move (Keras's momentum, TensorFlow's LazyAdam and PyTorch's SparseAdam do the same; Keras's Adam
    /// decays all rows: for that, give it the dense gradient). AdamW decays the weights of these rows only.
    /// The step count, and with it the bias correction, is that of the optimizer. Optimizers whose step of a
    /// row depends on the other rows refuse rows; adaptive_optimizers.h says which. TL_INVALID_ARGUMENT
    /// besides for indices and rows that do not fit, before anything changes. Since 0.1. The order of the
    /// indices is checked on the host, so that a compiled step (function.h) must not pass any that another
    /// step would compute anew: it takes the dense gradient, or leaves this call to the program (the option
    /// host_reads keeps it eager).
    pub fn tl_optimizer_apply_rows(
        optimizer: *mut tl_optimizer,
        gradients: *const *mut tl_tensor,
        row_indices: *const *mut tl_tensor,
        variables: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// Makes the slots of variables before the first step, as loading a checkpoint needs it. Since 0.1.
    pub fn tl_optimizer_build(
        optimizer: *mut tl_optimizer,
        variables: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// The rate of the next step; NaN on failure (the context holds the error). Since 0.1.
    pub fn tl_optimizer_learning_rate(optimizer: *mut tl_optimizer) -> f64;

    /// Sets the rate of the steps from now on: finite and not negative. Whether the dtypes of the variables
    /// can hold it shows in tl_optimizer_apply(). Since 0.1.
    pub fn tl_optimizer_set_learning_rate(optimizer: *mut tl_optimizer, rate: f64) -> tl_status;

    /// The number of steps done; -1 on failure (the context holds the error). Since 0.1.
    pub fn tl_optimizer_iterations(optimizer: *mut tl_optimizer) -> i64;

    /// All state as variables: "\<name>/iterations" (i64), "\<name>/learning_rate" (f64), then
    /// "\<name>/\<variable>/\<slot>" of each variable in the order of first sight; of several variables of one
    /// name the second is called "\<variable>_1" there, the next "\<variable>_2" and so on. The slots of a
    /// variable go with it. Their number goes to *count (may be NULL). Array and handles belong to the
    /// optimizer: do not release them. A later call gives the same array while the list is the same, and ends
    /// it otherwise. NULL on failure (the context holds the error). Since 0.1.
    pub fn tl_optimizer_variables(optimizer: *mut tl_optimizer, count: *mut usize) -> *const *mut tl_tensor;

    /// Moves the optimizer one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the
    /// context holds the error). Since 0.1.
    pub fn tl_optimizer_keep(optimizer: *mut tl_optimizer) -> *mut tl_optimizer;

    /// Gives the optimizer up before its scope ends. NULL and a released optimizer do nothing. From any thread
    /// at any time. Since 0.1.
    pub fn tl_optimizer_release(optimizer: *mut tl_optimizer);

    /// x scaled so that its Euclidean norm is at most max_norm, which is finite and above 0. A smaller x comes
    /// out as it is; for a norm of 0 the gradient is 1. An infinite element makes the finite ones 0 and itself
    /// NaN, a NaN makes all NaN. f32 or f64, of any size: the squares need not be in range. To clip by value,
    /// use tl_clip() or tl_clip_by_value(). Returns NULL on failure. Since 0.1.
    pub fn tl_clip_by_norm(context: *mut tl_context, x: *mut tl_tensor, max_norm: f64) -> *mut tl_tensor;

    /// x with its elements below `low` replaced by that, and those above `high` by that; NaN stays. x is of
    /// any number dtype; the bounds are tensors of its dtype that broadcast to its shape and do not enlarge
    /// it. Where they cross, low wins. The gradient goes to the element, or to the bound that has replaced it.
    /// With numbers as bounds tl_clip() is faster. Returns NULL on failure. Since 0.1.
    pub fn tl_clip_by_value(
        context: *mut tl_context,
        x: *mut tl_tensor,
        low: *mut tl_tensor,
        high: *mut tl_tensor,
    ) -> *mut tl_tensor;

    /// Adaptive gradient clipping (Brock et al. 2021): of what reaches each output, a gradient whose norm is
    /// above factor max(norm of the weights, epsilon) is scaled to that; one below comes out bit for bit as it
    /// is. The norms are Euclidean, over all axes but the last (of kernels (inputs, outputs) and (height,
    /// width, inputs, outputs)), and over all of them where one axis at most is longer than 1 (biases,
    /// scales). The gradient has the dtype of the weights, TL_F32 or TL_F64, and their shape, or fewer rows,
    /// those of a gradient of rows. factor and epsilon are finite and above 0; 0.01 and 0.001 are the paper's.
    /// An infinite element makes the finite ones of its output 0 and itself NaN; a NaN makes all of them NaN.
    /// As a part of each step: adaptive_clip_factor of tl_step_options. Returns NULL on failure. Since 0.1.
    pub fn tl_clip_adaptive(
        context: *mut tl_context,
        gradient: *mut tl_tensor,
        weights: *mut tl_tensor,
        factor: f64,
        epsilon: f64,
    ) -> *mut tl_tensor;

    /// tl_clip_by_norm() with the norms over some axes, for each index of the others. Returns NULL on failure.
    /// Since 0.1.
    pub fn tl_clip_by_norm_axes(
        context: *mut tl_context,
        x: *mut tl_tensor,
        max_norm: f64,
        axes: *const i64,
        num_axes: usize,
    ) -> *mut tl_tensor;

    /// Sets all fields to their defaults. Pass sizeof(tl_clip_options). Does nothing for NULL. Since 0.1.
    pub fn tl_clip_options_init(options: *mut tl_clip_options, struct_size: usize);

    /// Scales `count` gradients, f32 or f64, by one factor, so that the norm of all their elements together is
    /// at most max_norm, which is finite and above 0. Elements may be of any size; only a norm that f64 cannot
    /// hold is infinite. NULL entries pass through. clipped gets one handle for each gradient and may be the
    /// same array; *norm (norm may be NULL) the norm before clipping, as tl_global_norm() gives it: that of
    /// f32 gradients is right to the digits of f32, and so is the factor, so that the clipped norm may lie
    /// above max_norm by one part in 10^7. On failure all of these are NULL. Inside vmap each example has a
    /// norm of its own, which cannot be looked at: there only TL_NON_FINITE_PROPAGATE works, all else is
    /// TL_FAILED_PRECONDITION. options may be NULL. Since 0.1.
    pub fn tl_clip_by_global_norm(
        context: *mut tl_context,
        gradients: *const *mut tl_tensor,
        count: usize,
        max_norm: f64,
        options: *const tl_clip_options,
        clipped: *mut *mut tl_tensor,
        norm: *mut *mut tl_tensor,
    ) -> tl_status;

    /// The norm of all elements of `count` gradients together, f64 of rank 0, also where their squares are out
    /// of range; NULL entries count as nothing. The norm of each f32 gradient is computed in f32, so that f64
    /// digits need f64 gradients alone. Returns NULL on failure. Since 0.1.
    pub fn tl_global_norm(
        context: *mut tl_context,
        gradients: *const *mut tl_tensor,
        count: usize,
    ) -> *mut tl_tensor;

    /// Sets all fields to their defaults. Pass sizeof(tl_plot_options). Does nothing for NULL. Since 0.1.
    pub fn tl_plot_options_init(options: *mut tl_plot_options, struct_size: usize);

    /// A plot without curves. title (may be NULL) stands above it. options may be NULL for the defaults. NULL
    /// on failure. Since 0.1.
    pub fn tl_plot_new(
        context: *mut tl_context,
        title: *const c_char,
        options: *const tl_plot_options,
    ) -> *mut tl_plot;

    /// What stands at the axes; x and y: x (may be NULL) and y (may be NULL) leave theirs as it is. Since 0.1.
    pub fn tl_plot_set_labels(plot: *mut tl_plot, x: *const c_char, y: *const c_char) -> tl_status;

    /// Adds a point to the curve of this name, which begins with its first one; curves stand in the legend in
    /// the order of their first points, points are joined in theirs. What is not finite, and what is not
    /// positive along a logarithmic axis, has no place: the curve has a gap there. Since 0.1.
    pub fn tl_plot_add(plot: *mut tl_plot, name: *const c_char, x: f64, y: f64) -> tl_status;

    /// Adds `count` points at once. x (may be NULL) are their places, NULL for 0, 1, 2 and so on, after the
    /// number of points that are there; y (may be NULL when count is 0). Also for a curve without points,
    /// which stands in the legend. Since 0.1.
    pub fn tl_plot_add_many(
        plot: *mut tl_plot,
        name: *const c_char,
        x: *const f64,
        y: *const f64,
        count: usize,
    ) -> tl_status;

    /// The plot as SVG, for a file or a web page. As tl_tensor_format() writes: cut to capacity, *length (may
    /// be NULL) is the whole length, buffer may be NULL with a capacity of 0. TL_FAILED_PRECONDITION for a
    /// plot in which no point has a place. Since 0.1.
    pub fn tl_plot_svg(
        plot: *mut tl_plot,
        buffer: *mut c_char,
        capacity: usize,
        length: *mut usize,
    ) -> tl_status;

    /// Writes the plot as an SVG file. TL_NOT_FOUND (no such folder), TL_IO, TL_INVALID_ARGUMENT (an empty
    /// path), TL_FAILED_PRECONDITION as tl_plot_svg(). Since 0.1.
    pub fn tl_plot_write_svg(plot: *mut tl_plot, path: *const c_char) -> tl_status;

    /// The plot as an image: u8 (height, width, 3), times `scale` of its options, for tl_write_png() and
    /// tl_logger_image(). Letters are drawn as lines, those of ASCII; any other is a box, where an SVG has
    /// them all. NULL on failure, TL_FAILED_PRECONDITION as tl_plot_svg(). Since 0.1.
    pub fn tl_plot_image(plot: *mut tl_plot) -> *mut tl_tensor;

    /// Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds
    /// the error). Since 0.1.
    pub fn tl_plot_keep(plot: *mut tl_plot) -> *mut tl_plot;

    /// Gives it up before its scope ends. NULL and a released one do nothing. From any thread at any time.
    /// Since 0.1.
    pub fn tl_plot_release(plot: *mut tl_plot);

    /// Sets all fields to their defaults. Pass sizeof(tl_image_grid_options). Does nothing for NULL. Since
    /// 0.1.
    pub fn tl_image_grid_options_init(options: *mut tl_image_grid_options, struct_size: usize);

    /// Images side by side, as one image. images: (count, height, width) or (count, height, width, 1, 3 or 4
    /// channels), u8, bool, or f32 and f64 in \[0, 1\], where what lies outside becomes the nearest value in
    /// it and NaN black. The result is u8, (height, width) or (height, width, channels). No gradient passes,
    /// and it cannot be inside the step of a tl_function. options may be NULL for the defaults. NULL on
    /// failure. Since 0.1.
    pub fn tl_image_grid(
        context: *mut tl_context,
        images: *mut tl_tensor,
        options: *const tl_image_grid_options,
    ) -> *mut tl_tensor;

    /// Writes an image as a PNG file: (height, width) or (height, width, 1, 3 or 4 channels), of values as
    /// tl_image_grid() takes them. TL_NOT_FOUND (no such folder), TL_IO, TL_INVALID_ARGUMENT. Not inside the
    /// step of a tl_function. Since 0.1.
    pub fn tl_write_png(image: *mut tl_tensor, path: *const c_char) -> tl_status;

    /// Writes images side by side as an SVG file, each with a caption under it: the elements of captions, a
    /// tensor of `count` elements (labels, say); captions (may be NULL): none. title (may be NULL) stands
    /// above. The padding of options counts pixels of the picture here. options may be NULL for the defaults.
    /// Errors as tl_write_png(). Since 0.1.
    pub fn tl_write_image_svg(
        images: *mut tl_tensor,
        captions: *mut tl_tensor,
        title: *const c_char,
        options: *const tl_image_grid_options,
        path: *const c_char,
    ) -> tl_status;

    /// Sets all fields to their defaults. Pass sizeof(tl_progress_options). Does nothing for NULL. Since 0.1.
    pub fn tl_progress_options_init(options: *mut tl_progress_options, struct_size: usize);

    /// A progress bar, which shows nothing yet. options may be NULL for the defaults. NULL on failure:
    /// TL_INVALID_ARGUMENT for options that make no sense, and a descriptor that is not open. Since 0.1.
    pub fn tl_progress_new(context: *mut tl_context, options: *const tl_progress_options)
        -> *mut tl_progress;

    /// Begins a round (an epoch, say) of `total` steps, 0 where that is not known: there is no bar then, but a
    /// count. label (may be NULL) stands in front. Values of the round before are forgotten; a round that is
    /// not finished is finished first. Control characters of label and names show as blanks. Since 0.1.
    pub fn tl_progress_start(progress: *mut tl_progress, total: i64, label: *const c_char) -> tl_status;

    /// Sets a value that is shown beside the bar, a loss or a metric, until the round ends: NaN and infinities
    /// too. At most 64 names a round. Since 0.1.
    pub fn tl_progress_value(progress: *mut tl_progress, name: *const c_char, value: f64) -> tl_status;

    /// Tells how many seconds the program has waited for its input so far, tl_feed_waited() say, counted from
    /// whenever: the share of the time since the round's first such call is shown. Not negative. Since 0.1.
    pub fn tl_progress_set_waited(progress: *mut tl_progress, seconds: f64) -> tl_status;

    /// Whether the next tl_progress_update() will draw: for values that take time to compute, such as the
    /// result of a metric. false between rounds and on failure. Since 0.1.
    pub fn tl_progress_due(progress: *mut tl_progress) -> bool;

    /// Tells how many steps of the round are done, not fewer than before; draws when it is time, which costs a
    /// look at the clock otherwise. More than total is no error. TL_FAILED_PRECONDITION between rounds. Since
    /// 0.1.
    pub fn tl_progress_update(progress: *mut tl_progress, step: i64) -> tl_status;

    /// Ends the round and draws it for the last time, with the mean rate and the time that it took. Does
    /// nothing when the round is finished, or none has begun. Since 0.1.
    pub fn tl_progress_finish(progress: *mut tl_progress) -> tl_status;

    /// Fills the struct; works while the context holds an error. Since 0.1.
    pub fn tl_progress_stats(
        progress: *mut tl_progress,
        statistics: *mut tl_progress_statistics,
    ) -> tl_status;

    /// The line as it would be drawn now, without colours: a bar of the options' width, or 80 columns,
    /// whatever the style. As tl_tensor_format() writes: cut to capacity, *length (may be NULL) is the whole
    /// length, buffer may be NULL with a capacity of 0. Since 0.1.
    pub fn tl_progress_text(
        progress: *mut tl_progress,
        buffer: *mut c_char,
        capacity: usize,
        length: *mut usize,
    ) -> tl_status;

    /// Sets what is called instead of writing to the descriptor, whenever the bar would be drawn; a NULL
    /// callback takes that back. destroy (may be NULL) runs once: when the callback is replaced, when the bar
    /// ends, or at once when this call fails. Since 0.1.
    pub fn tl_progress_set_callback(
        progress: *mut tl_progress,
        callback: tl_progress_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
    ) -> tl_status;

    /// Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds
    /// the error). Since 0.1.
    pub fn tl_progress_keep(progress: *mut tl_progress) -> *mut tl_progress;

    /// Gives it up before its scope ends; a bar that stands on a terminal unfinished gets its end of line.
    /// NULL and a released one do nothing. From any thread at any time. Since 0.1.
    pub fn tl_progress_release(progress: *mut tl_progress);

    /// Opens a safetensors file and reads its header, which is checked to the last byte: names that stand
    /// twice, tensors that overlap or leave a hole, sizes that do not fit their offsets or the file, and
    /// anything that the format does not have are TL_CORRUPT_DATA, with the file and the offset. Nothing in a
    /// file is run, and memory stays within its size and 64 MiB. Returns NULL on failure: TL_NOT_FOUND, TL_IO
    /// (a folder, a device, no permission, a file that changes while it is read), TL_CORRUPT_DATA,
    /// TL_UNSUPPORTED (more than 8 axes, more than 131072 tensors, an unknown dtype), TL_INVALID_ARGUMENT (an
    /// empty path), TL_OUT_OF_MEMORY. Since 0.1.
    pub fn tl_safetensors_open(context: *mut tl_context, path: *const c_char) -> *mut tl_safetensors;

    /// The number of tensors in the file; 0 on failure (the context holds the error). Since 0.1.
    pub fn tl_safetensors_count(file: *mut tl_safetensors) -> usize;

    /// The name of tensor `index`, in the order of their bytes; "" on failure (the context holds the error).
    /// Valid until the file is released. Since 0.1.
    pub fn tl_safetensors_name(file: *mut tl_safetensors, index: usize) -> *const c_char;

    /// The dtype of tensor `index` as the file has it, such as "BF16"; "" on failure (the context holds the
    /// error). Since 0.1.
    pub fn tl_safetensors_stored_dtype(file: *mut tl_safetensors, index: usize) -> *const c_char;

    /// The sizes of the axes of tensor `index`: at most capacity of them in dims, which may be NULL when
    /// capacity is 0; their number to *rank (may be NULL). rank may be NULL. Since 0.1.
    pub fn tl_safetensors_shape(
        file: *mut tl_safetensors,
        index: usize,
        dims: *mut i64,
        capacity: usize,
        rank: *mut usize,
    ) -> tl_status;

    /// A tensor of the file, by name, in memory of its own. F32, F64, I32, I64, U8 and BOOL keep their dtype;
    /// BF16 and F16 become TL_F32, I8, I16 and U16 TL_I32, U32 TL_I64, none of which loses anything. Returns
    /// NULL on failure: TL_NOT_FOUND for a name that is not there, TL_UNSUPPORTED for other dtypes,
    /// TL_CORRUPT_DATA (a BOOL that is neither 0 nor 1), TL_IO (a file that has changed since it was opened,
    /// too), TL_OUT_OF_MEMORY. Since 0.1.
    pub fn tl_safetensors_read(file: *mut tl_safetensors, name: *const c_char) -> *mut tl_tensor;

    /// The number of texts in the file's metadata; 0 where there is none, and 0 on failure (the context holds
    /// the error). Since 0.1.
    pub fn tl_safetensors_metadata_count(file: *mut tl_safetensors) -> usize;

    /// The name of text `index` of the metadata, in the order of names; "" on failure (the context holds the
    /// error). Valid until the file is released. Since 0.1.
    pub fn tl_safetensors_metadata_name(file: *mut tl_safetensors, index: usize) -> *const c_char;

    /// Text `index` of the metadata; "" on failure (the context holds the error). Valid until the file is
    /// released. Since 0.1.
    pub fn tl_safetensors_metadata_text(file: *mut tl_safetensors, index: usize) -> *const c_char;

    /// Moves the file one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context
    /// holds the error). Since 0.1.
    pub fn tl_safetensors_keep(file: *mut tl_safetensors) -> *mut tl_safetensors;

    /// Closes the file before its scope ends. NULL and a released file do nothing. From any thread at any
    /// time. Since 0.1.
    pub fn tl_safetensors_release(file: *mut tl_safetensors);

    /// Sets all fields to their defaults. Pass sizeof(tl_safetensors_save_options). Does nothing for NULL.
    /// Since 0.1.
    pub fn tl_safetensors_save_options_init(options: *mut tl_safetensors_save_options, struct_size: usize);

    /// An empty file to be. Returns NULL on failure. Since 0.1.
    pub fn tl_safetensors_writer_new(context: *mut tl_context) -> *mut tl_safetensors_writer;

    /// Adds a tensor, or the present value of a variable, under a name: UTF-8 without a NUL, not empty, not
    /// "__metadata__", and none that is there already. Since 0.1.
    pub fn tl_safetensors_writer_add(
        writer: *mut tl_safetensors_writer,
        name: *const c_char,
        tensor: *mut tl_tensor,
    ) -> tl_status;

    /// Adds a text to the metadata, or replaces that of the name. Both are UTF-8. Since 0.1.
    pub fn tl_safetensors_writer_set_metadata(
        writer: *mut tl_safetensors_writer,
        name: *const c_char,
        text: *const c_char,
    ) -> tl_status;

    /// Writes the file, in the place of one that is there: beside it first, and renamed when the storage has
    /// it, so that a reader sees the old file or the new one. A failure leaves the old one: TL_IO (no space
    /// left, no permission), TL_INVALID_ARGUMENT. The writer can be used again. options may be NULL. Not
    /// inside the step of a tl_function. Since 0.1.
    pub fn tl_safetensors_writer_save(
        writer: *mut tl_safetensors_writer,
        path: *const c_char,
        options: *const tl_safetensors_save_options,
    ) -> tl_status;

    /// Moves the writer one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the
    /// context holds the error). Since 0.1.
    pub fn tl_safetensors_writer_keep(writer: *mut tl_safetensors_writer) -> *mut tl_safetensors_writer;

    /// Gives the writer up before its scope ends. NULL and a released writer do nothing. From any thread at
    /// any time. Since 0.1.
    pub fn tl_safetensors_writer_release(writer: *mut tl_safetensors_writer);

    /// Sets all fields to their defaults. Pass sizeof(tl_tape_options). Does nothing for NULL. Since 0.1.
    pub fn tl_tape_options_init(options: *mut tl_tape_options, struct_size: usize);

    /// Opens a tape, which records from now on. options may be NULL for the defaults. Tapes nest to any depth:
    /// each open tape records, also the gradients that are taken from other tapes, which gives gradients of
    /// gradients. NULL on failure. Since 0.1.
    pub fn tl_tape_begin(context: *mut tl_context, options: *const tl_tape_options) -> *mut tl_tape;

    /// Watches a floating-point tensor: ops that use it from now on are recorded. A variable is watched at its
    /// next read, trainable or not. Watching is per tape. Since 0.1.
    pub fn tl_tape_watch(tape: *mut tl_tape, tensor: *mut tl_tensor) -> tl_status;

    /// Ends recording; what was recorded stays. A tape that a gradient call has consumed may be ended, too.
    /// Since 0.1.
    pub fn tl_tape_end(tape: *mut tl_tape) -> tl_status;

    /// Stops recording until tl_tape_resume(). TL_FAILED_PRECONDITION when the tape does not record. Since
    /// 0.1.
    pub fn tl_tape_pause(tape: *mut tl_tape) -> tl_status;

    /// Records again after tl_tape_pause() or tl_tape_end(), on the same records. TL_FAILED_PRECONDITION when
    /// the tape is recording or was consumed. Since 0.1.
    pub fn tl_tape_resume(tape: *mut tl_tape) -> tl_status;

    /// Forgets all records and watches, and goes on recording. TL_FAILED_PRECONDITION when it does not record.
    /// Since 0.1.
    pub fn tl_tape_reset(tape: *mut tl_tape) -> tl_status;

    /// A reason in words, such as "paused". Static text, also for unknown numbers. Since 0.1.
    pub fn tl_gradient_reason_name(reason: tl_gradient_reason) -> *const c_char;

    /// Sets all fields to their defaults. Pass sizeof(tl_gradient_options). Does nothing for NULL. Since 0.1.
    pub fn tl_gradient_options_init(options: *mut tl_gradient_options, struct_size: usize);

    /// The gradients of a target with respect to `count` sources, in one call. The target may have any shape:
    /// the gradient is that of its sum. Sources are variables or tensors (watched, or computed on the tape),
    /// floating point. gradients gets one handle per source with the source's shape and dtype, or NULL for a
    /// source that is not connected (see tl_unconnected); the handles belong to the innermost scope. On
    /// failure all entries are NULL. A count of 0 is no error: there is no gradient, and the tape is consumed
    /// like by any other call. A tape that is not persistent is consumed by its first successful or failed
    /// computation: a second call is TL_FAILED_PRECONDITION; arguments are checked before. While the tape
    /// records, recording ends here, except for a persistent tape, which records its own gradient. Outer tapes
    /// that record also record the computation. options may be NULL. Since 0.1.
    pub fn tl_tape_gradient(
        tape: *mut tl_tape,
        target: *mut tl_tensor,
        sources: *const *mut tl_tensor,
        count: usize,
        options: *const tl_gradient_options,
        gradients: *mut *mut tl_tensor,
    ) -> tl_status;

    /// tl_tape_gradient() for several targets: the gradient is that of the sum of all of them. options may be
    /// NULL. Since 0.1.
    pub fn tl_tape_gradient_of(
        tape: *mut tl_tape,
        targets: *const *mut tl_tensor,
        num_targets: usize,
        sources: *const *mut tl_tensor,
        count: usize,
        options: *const tl_gradient_options,
        gradients: *mut *mut tl_tensor,
    ) -> tl_status;

    /// tl_tape_gradient_of() in which the gradient of a table may consist of rows, so that no tensor of the
    /// table's size is made. row_indices gets for each source NULL, and then gradients has the dense gradient,
    /// or the indices, i64 of shape (n,), strictly ascending, of the rows that gradients then holds: shape
    /// (n,) and that of a row. That is so where the targets depend on the source through tl_gather() along its
    /// first axis alone. Each row is the sum of its gradients in the order of the gathers and their indices,
    /// so the norm of the rows is that of the dense gradient, and tl_clip_by_global_norm() needs nothing else.
    /// With any other use of the source, and where it is computed from another source, its gradient is dense,
    /// the rows added last. tl_optimizer_apply_rows() takes both lists; tl_scatter_add(c, indices, rows, size,
    /// 0) makes the dense gradient. The number of rows is not known before the call. On failure all entries
    /// are NULL. options may be NULL. Since 0.1. Which rows there are is found out on the host. So a compiled
    /// step (function.h) can be replayed with such rows only where the indices are the same in all steps;
    /// where they are an input, or computed from one, the call counts as a look at elements, which the step
    /// must not do. Gradients that come out dense are replayed with whatever indices.
    pub fn tl_tape_gradient_rows(
        tape: *mut tl_tape,
        targets: *const *mut tl_tensor,
        num_targets: usize,
        sources: *const *mut tl_tensor,
        count: usize,
        options: *const tl_gradient_options,
        gradients: *mut *mut tl_tensor,
        row_indices: *mut *mut tl_tensor,
    ) -> tl_status;

    /// The variables that the tape has watched, in the order of their first read; kept after the tape is
    /// consumed. Writes at most capacity handles, which belong to the innermost scope, and the number of all
    /// to *count. variables may be NULL when capacity is 0. Since 0.1.
    pub fn tl_tape_watched_variables(
        tape: *mut tl_tape,
        variables: *mut *mut tl_tensor,
        capacity: usize,
        count: *mut usize,
    ) -> tl_status;

    /// Whether a gradient passes from a source to a target, and if not, why: *reason gets TL_REASON_CONNECTED
    /// or what stands in the way. Of a consumed tape only for what its gradient call found missing,
    /// TL_FAILED_PRECONDITION otherwise; a tape with the option explain can always tell. Since 0.1.
    pub fn tl_tape_reason(
        tape: *mut tl_tape,
        target: *mut tl_tensor,
        source: *mut tl_tensor,
        reason: *mut tl_gradient_reason,
    ) -> tl_status;

    /// The same in words: the place where the path from the source to the target breaks, by op and name, and
    /// what to do. Writes at most capacity bytes, the final NUL included; *length (may be NULL) gets the
    /// length of the whole text without the NUL. buffer may be NULL when capacity is 0. Where several paths
    /// break, it is the place that the longest connected path runs into. TL_FAILED_PRECONDITION as in
    /// tl_tape_reason(). Since 0.1.
    pub fn tl_tape_explain(
        tape: *mut tl_tape,
        target: *mut tl_tensor,
        source: *mut tl_tensor,
        buffer: *mut c_char,
        capacity: usize,
        length: *mut usize,
    ) -> tl_status;

    /// Reads the statistics; works while the context holds an error. Since 0.1.
    pub fn tl_tape_stats(tape: *mut tl_tape, statistics: *mut tl_tape_statistics) -> tl_status;

    /// The memory of a tape by op, most bytes first: *memory gets the entry of the given index, *count (may be
    /// NULL) the number of entries. memory may be NULL, to ask for the count alone; TL_INVALID_ARGUMENT for an
    /// index from count on. The sum over all entries is that of tl_tape_stats(). Works while the context holds
    /// an error. Since 0.1.
    pub fn tl_tape_memory_by_op(
        tape: *mut tl_tape,
        index: usize,
        memory: *mut tl_tape_memory,
        count: *mut usize,
    ) -> tl_status;

    /// What is on a tape as a graph in Graphviz's DOT language (`dot -Tsvg`): a box for each op that it has
    /// recorded, blue boxes for the variables that these read, ellipses for other tensors that no recorded op
    /// has made; what no gradient passes is dashed. A consumed tape holds no ops: ask before the gradient. As
    /// tl_tensor_format() writes: cut to capacity, *length (may be NULL) is the whole length, buffer may be
    /// NULL with a capacity of 0. Works while the context holds an error. Since 0.1.
    pub fn tl_tape_dot(
        tape: *mut tl_tape,
        buffer: *mut c_char,
        capacity: usize,
        length: *mut usize,
    ) -> tl_status;

    /// Moves the tape one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context
    /// holds the error). Since 0.1.
    pub fn tl_tape_keep(tape: *mut tl_tape) -> *mut tl_tape;

    /// Gives the tape and all it saved up before its scope ends. NULL and a released tape do nothing. From any
    /// thread at any time. Since 0.1.
    pub fn tl_tape_release(tape: *mut tl_tape);

    /// A tensor with a copy of the caller's elements: rank sizes in dims (dims may be NULL for rank 0),
    /// row-major. bytes must be the number of elements times tl_dtype_size(dtype); bytes of a bool tensor must
    /// be 0 or 1. Returns NULL on failure. Since 0.1.
    pub fn tl_tensor_new(
        context: *mut tl_context,
        dtype: tl_dtype,
        dims: *const i64,
        rank: usize,
        data: *const c_void,
        bytes: usize,
    ) -> *mut tl_tensor;

    /// A tensor over the caller's own memory, without a copy. The memory must be aligned to the element size
    /// and must stay valid and unchanged until release (may be NULL) is called with user_data: exactly once,
    /// when the last tensor, tape or view that uses it is gone, on the thread that is in the context then;
    /// also when this call fails. The release callback must not call tapeloop with this context. Returns NULL
    /// on failure. Since 0.1.
    pub fn tl_tensor_borrow(
        context: *mut tl_context,
        dtype: tl_dtype,
        dims: *const i64,
        rank: usize,
        data: *const c_void,
        bytes: usize,
        release: tl_destroy_callback,
        user_data: *mut c_void,
    ) -> *mut tl_tensor;

    /// A tensor of rank 0. The value is converted to the dtype; for integers it must be a whole number in
    /// range. Since 0.1.
    pub fn tl_scalar(context: *mut tl_context, dtype: tl_dtype, value: f64) -> *mut tl_tensor;

    /// Adds a reference to a handle, and returns it; NULL when it is not live. From any thread at any time.
    /// Since 0.1.
    pub fn tl_tensor_retain(tensor: *mut tl_tensor) -> *mut tl_tensor;

    /// Gives up a reference to a handle; the value goes with the last one. NULL and handles that were released
    /// before do nothing. From any thread at any time; while another thread is in the context, that thread
    /// frees the memory at its next call. Since 0.1.
    pub fn tl_tensor_release(tensor: *mut tl_tensor);

    /// tl_tensor_release() for many handles in one call, as a garbage collector wants it: from any thread at
    /// any time, entries may be NULL or released before. Does nothing for a NULL list, and for more than 2^24
    /// entries. Since 0.1.
    pub fn tl_tensors_release(tensors: *const *mut tl_tensor, count: usize);

    /// The dtype; 0 on failure (the context holds the error). Since 0.1.
    pub fn tl_tensor_dtype(tensor: *mut tl_tensor) -> tl_dtype;

    /// The number of axes, 0 to TL_MAX_RANK; 0 on failure (the context holds the error). Since 0.1.
    pub fn tl_tensor_rank(tensor: *mut tl_tensor) -> usize;

    /// The size of an axis, negative axes counting from the last; -1 on failure (the context holds the error).
    /// Since 0.1.
    pub fn tl_tensor_dim(tensor: *mut tl_tensor, axis: i64) -> i64;

    /// The number of elements; -1 on failure (the context holds the error). Since 0.1.
    pub fn tl_tensor_elements(tensor: *mut tl_tensor) -> i64;

    /// Writes the sizes of the axes to dims, which has room for `capacity` of them. Since 0.1.
    pub fn tl_tensor_shape(tensor: *mut tl_tensor, dims: *mut i64, capacity: usize) -> tl_status;

    /// Copies all elements out, row-major. bytes must be exactly the tensor's size in bytes. Since 0.1.
    pub fn tl_tensor_read(tensor: *mut tl_tensor, data: *mut c_void, bytes: usize) -> tl_status;

    /// The only element of a tensor of one element, of any dtype, as a double; NaN on failure (the context
    /// holds the error). Since 0.1.
    pub fn tl_tensor_item(tensor: *mut tl_tensor) -> f64;

    /// The elements in place, read-only, row-major; NULL on failure and for a tensor without elements. Valid
    /// while the handle is live and, for a variable, until it is next assigned or updated. Since 0.1.
    pub fn tl_tensor_data(tensor: *mut tl_tensor) -> *const c_void;

    /// Writes the tensor as text, such as "f32 (2, 3) \[\[1, 2, 3\], \[4, 5, 6\]\]"; long axes are shortened
    /// to their first and last three elements. At most capacity bytes are written, the final NUL included;
    /// *length (may be NULL) gets the length of the whole text without the NUL. buffer may be NULL when
    /// capacity is 0. Since 0.1.
    pub fn tl_tensor_format(
        tensor: *mut tl_tensor,
        buffer: *mut c_char,
        capacity: usize,
        length: *mut usize,
    ) -> tl_status;

    /// A variable: a cell with the initial value of a tensor, whose memory it shares until it is assigned. It
    /// keeps its shape and dtype. name (may be NULL) is copied and used in messages. Tapes watch trainable
    /// variables when an op reads them. The handle can stand wherever a tensor is expected. Returns NULL on
    /// failure. Since 0.1.
    pub fn tl_variable_new(
        context: *mut tl_context,
        initial: *mut tl_tensor,
        name: *const c_char,
        trainable: bool,
    ) -> *mut tl_tensor;

    /// True for the handle of a live variable. Since 0.1.
    pub fn tl_is_variable(tensor: *mut tl_tensor) -> bool;

    /// The current value as a tensor that later assignments do not change. Open tapes see the read, so
    /// gradients pass from it to the variable; for a tape that begins later, or is paused, it is a constant
    /// like any other tensor (the old weights of a policy, say). NULL on failure. Since 0.1.
    pub fn tl_variable_read(variable: *mut tl_tensor) -> *mut tl_tensor;

    /// Gives a variable a new value of the same shape and dtype. Tensors read before keep theirs. Since 0.1.
    pub fn tl_variable_assign(variable: *mut tl_tensor, value: *mut tl_tensor) -> tl_status;

    /// The name; "" on failure (the context holds the error). Valid while the variable is live. Since 0.1.
    pub fn tl_variable_name(variable: *mut tl_tensor) -> *const c_char;

    /// Whether tapes watch it by themselves; false on failure (the context holds the error). Since 0.1.
    pub fn tl_variable_trainable(variable: *mut tl_tensor) -> bool;

    /// Sets whether tapes that are opened or read it from now on watch it by themselves. Since 0.1.
    pub fn tl_variable_set_trainable(variable: *mut tl_tensor, trainable: bool) -> tl_status;

    /// Sets all fields to their defaults. Pass sizeof(tl_trace_options). Does nothing for NULL. Since 0.1.
    pub fn tl_trace_options_init(options: *mut tl_trace_options, struct_size: usize);

    /// Starts to trace a context, which is done until tl_trace_stop(), or the end of the trace. options may be
    /// NULL for the defaults. NULL on failure: TL_FAILED_PRECONDITION when the context is traced already.
    /// Since 0.1.
    pub fn tl_trace_start(context: *mut tl_context, options: *const tl_trace_options) -> *mut tl_trace;

    /// Stops: nothing is added any more. Spans that are open end here. TL_FAILED_PRECONDITION when it has been
    /// stopped. Since 0.1.
    pub fn tl_trace_stop(trace: *mut tl_trace) -> tl_status;

    /// Begins a span of the program's own, an epoch or a step, inside of the one that is open.
    /// TL_FAILED_PRECONDITION when the trace has been stopped. Since 0.1.
    pub fn tl_trace_begin_span(trace: *mut tl_trace, name: *const c_char) -> tl_status;

    /// Ends the span that was begun last. TL_FAILED_PRECONDITION when none is open. Since 0.1.
    pub fn tl_trace_end_span(trace: *mut tl_trace) -> tl_status;

    /// A number that is shown as a curve, a loss say; what is not finite leaves a gap. TL_FAILED_PRECONDITION
    /// when the trace has been stopped. Since 0.1.
    pub fn tl_trace_counter(trace: *mut tl_trace, name: *const c_char, value: f64) -> tl_status;

    /// Fills the struct; works while the context holds an error. Since 0.1.
    pub fn tl_trace_stats(trace: *mut tl_trace, statistics: *mut tl_trace_statistics) -> tl_status;

    /// Writes what there is so far as a file in the Trace Event Format (JSON), whole or not at all.
    /// TL_NOT_FOUND (no such folder), TL_IO, TL_INVALID_ARGUMENT (an empty path). Since 0.1.
    pub fn tl_trace_write(trace: *mut tl_trace, path: *const c_char) -> tl_status;

    /// Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds
    /// the error). Since 0.1.
    pub fn tl_trace_keep(trace: *mut tl_trace) -> *mut tl_trace;

    /// Gives it up before its scope ends. NULL and a released one do nothing. From any thread at any time.
    /// Since 0.1.
    pub fn tl_trace_release(trace: *mut tl_trace);

    /// Sets all fields to their defaults. Pass sizeof(tl_adamax_options). Does nothing for NULL. Since 0.1.
    pub fn tl_adamax_options_init(options: *mut tl_adamax_options, struct_size: usize);

    /// Adamax, Adam with the largest gradient in the place of the second moment (Kingma and Ba 2015, section
    /// 7.1): m = beta1 m + (1 - beta1) g, u = max(beta2 u, |g|), w -= rate / (1 - beta1^t) m / (u + epsilon);
    /// in PyTorch's form u = max(beta2 u, |g| + epsilon) and m / u. Slots: m, u. options may be NULL. NULL on
    /// failure. Since 0.1.
    pub fn tl_adamax(context: *mut tl_context, options: *const tl_adamax_options) -> *mut tl_optimizer;

    /// Sets all fields to their defaults. Pass sizeof(tl_nadam_options). Does nothing for NULL. Since 0.1.
    pub fn tl_nadam_options_init(options: *mut tl_nadam_options, struct_size: usize);

    /// Nadam, Adam with Nesterov's momentum (Dozat 2016): u_t = beta1 (1 - 0.96^(d t) / 2), U_t is the product
    /// of u_1 to u_t, and w -= rate (u_(t+1) m / (1 - U_(t+1)) + (1 - u_t) g / (1 - U_t)) / (sqrt(v / (1 -
    /// beta2^t)) + epsilon), with Adam's moments m and v. Slots: m, v. options may be NULL. NULL on failure.
    /// Since 0.1.
    pub fn tl_nadam(context: *mut tl_context, options: *const tl_nadam_options) -> *mut tl_optimizer;

    /// Sets all fields to their defaults. Pass sizeof(tl_adagrad_options). Does nothing for NULL. Since 0.1.
    pub fn tl_adagrad_options_init(options: *mut tl_adagrad_options, struct_size: usize);

    /// Adagrad (Duchi et al. 2011): a += g^2, w -= rate g / sqrt(a + epsilon); in PyTorch's form g / (sqrt(a) +
    /// epsilon). Slot: accumulator. Rows give the dense update to the bit, unless epsilon and a are 0. options
    /// may be NULL. NULL on failure. Since 0.1.
    pub fn tl_adagrad(context: *mut tl_context, options: *const tl_adagrad_options) -> *mut tl_optimizer;

    /// Sets all fields to their defaults. Pass sizeof(tl_adadelta_options). Does nothing for NULL. Since 0.1.
    pub fn tl_adadelta_options_init(options: *mut tl_adadelta_options, struct_size: usize);

    /// Adadelta (Zeiler 2012): G = rho G + (1 - rho) g^2, d = sqrt(D + epsilon) / sqrt(G + epsilon) g, D = rho
    /// D + (1 - rho) d^2, w -= rate d. Slots: gradient (G), step (D). options may be NULL. NULL on failure.
    /// Since 0.1.
    pub fn tl_adadelta(context: *mut tl_context, options: *const tl_adadelta_options) -> *mut tl_optimizer;

    /// Sets all fields to their defaults. Pass sizeof(tl_rmsprop_options). Does nothing for NULL. Since 0.1.
    pub fn tl_rmsprop_options_init(options: *mut tl_rmsprop_options, struct_size: usize);

    /// RMSprop (Tieleman and Hinton 2012; centred: Graves 2013): v = rho v + (1 - rho) g^2; s = v, or centred
    /// a = rho a + (1 - rho) g and s = max(v - a^2, 0); d = g / sqrt(s + epsilon), in PyTorch's form g /
    /// (sqrt(s) + epsilon). w -= rate d; with momentum b = mu b + rate d and w -= b, in PyTorch's form b = mu
    /// b + d and w -= rate b. Slots: v, then mean (a) when centred, then momentum (b) when there is one.
    /// options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_rmsprop(context: *mut tl_context, options: *const tl_rmsprop_options) -> *mut tl_optimizer;

    /// Sets all fields to their defaults. Pass sizeof(tl_ftrl_options). Does nothing for NULL. Since 0.1.
    pub fn tl_ftrl_options_init(options: *mut tl_ftrl_options, struct_size: usize);

    /// FTRL-proximal (McMahan et al. 2013): n = a + g^2, z += g + 2 shrink w - (n^p - a^p) / rate w, w =
    /// (clip(z, -l1, l1) - z) / (n^p / rate + 2 l2 + beta / rate), a = n. The weights follow from the slots,
    /// accumulator (a) and linear (z), alone. The dense update also moves rows whose gradient is 0 when the
    /// rate has changed, there is shrinkage, or it is their first; that of rows does not. options may be NULL.
    /// NULL on failure. Since 0.1.
    pub fn tl_ftrl(context: *mut tl_context, options: *const tl_ftrl_options) -> *mut tl_optimizer;

    /// Sets all fields to their defaults. Pass sizeof(tl_lion_options). Does nothing for NULL. Since 0.1.
    pub fn tl_lion_options_init(options: *mut tl_lion_options, struct_size: usize);

    /// Lion (Chen et al. 2023): w -= rate sign(beta1 m + (1 - beta1) g), m = beta2 m + (1 - beta2) g. Slot: m.
    /// options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_lion(context: *mut tl_context, options: *const tl_lion_options) -> *mut tl_optimizer;

    /// Sets all fields to their defaults. Pass sizeof(tl_lamb_options). Does nothing for NULL. Since 0.1.
    pub fn tl_lamb_options_init(options: *mut tl_lamb_options, struct_size: usize);

    /// LAMB (You et al. 2020, algorithm 2): u = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) +
    /// weight_decay w, with Adam's moments, then w -= rate |w| / |u| u; the ratio of norms, of the whole
    /// variable, is 1 where one of them is 0. Slots: m, v. Rows are refused. options may be NULL. NULL on
    /// failure. Since 0.1.
    pub fn tl_lamb(context: *mut tl_context, options: *const tl_lamb_options) -> *mut tl_optimizer;

    /// Sets all fields to their defaults. Pass sizeof(tl_adafactor_options). Does nothing for NULL. Since 0.1.
    pub fn tl_adafactor_options_init(options: *mut tl_adafactor_options, struct_size: usize);

    /// Adafactor (Shazeer and Stern 2018), whose second moment takes the memory of a row and a column for each
    /// matrix. With b = 1 - t^beta2_decay and s = g^2 + epsilon1: r = b r + (1 - b) mean(s) over the last
    /// axis, c likewise over the last but one, v = r c / mean(r); of a variable of rank 0 or 1 v = b v + (1 -
    /// b) s. In PyTorch's form s = g^2 and v = max(r c / max(mean(r), epsilon1), epsilon1^2). Then u = g /
    /// sqrt(v) and w -= max(epsilon2, rms(w)) min(rate, 1 / sqrt(t)) u / max(1, rms(u) / clip_threshold), with
    /// rms the root of the mean square. Slots: r and c, or v. Rows are refused. options may be NULL. NULL on
    /// failure. Since 0.1.
    pub fn tl_adafactor(context: *mut tl_context, options: *const tl_adafactor_options) -> *mut tl_optimizer;

    /// Sets all fields to their defaults. Pass sizeof(tl_muon_options). Does nothing for NULL. Since 0.1.
    pub fn tl_muon_options_init(options: *mut tl_muon_options, struct_size: usize);

    /// Muon (Jordan et al. 2024). A variable of rank 2 moves along the orthogonal factor of its momentum: b =
    /// mu b + g, u = g + mu b, w -= rate scale O(u), where O(u) is near U V^T of the singular value
    /// decomposition of u: X = u / (|u| + epsilon), transposed where n > m, then ns_steps times A = X X^T, X =
    /// 3.4445 X + (-4.7750 A + 2.0315 A^2) X. All other variables take Adam's step in Keras's form. Tables of
    /// embeddings and the last layer are matrices, too, but are better trained by tl_adamw(): give them to an
    /// optimizer of their own. Slots: momentum of a matrix, else m and v. Rows of a matrix are refused.
    /// options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_muon(context: *mut tl_context, options: *const tl_muon_options) -> *mut tl_optimizer;

    /// Sets all fields to their defaults. Pass sizeof(tl_schedule_free_adamw_options). Does nothing for NULL.
    /// Since 0.1.
    pub fn tl_schedule_free_adamw_options_init(
        options: *mut tl_schedule_free_adamw_options,
        struct_size: usize,
    );

    /// Schedule-free AdamW (Defazio et al. 2024), as its authors implement it: the average of the iterates
    /// does what a falling rate would do. The variable holds y, at which gradients are taken. With r = rate
    /// min(1, t / warmup_steps), q the square of the largest r so far and v = beta2 v + (1 - beta2) g^2: z -=
    /// r (g / (sqrt(v / (1 - beta2^t)) + epsilon) + weight_decay y), c = q / (the sum of all q so far), x = (1 -
    /// c) x + c z, y = (1 - beta1) z + beta1 x. tl_optimizer_swap_averages() exchanges y and x, which is the
    /// result: for an evaluation, and for good when training ends. Slots: z, average (x), v, and the numbers
    /// weight_sum and largest_rate. Rows are refused. options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_schedule_free_adamw(
        context: *mut tl_context,
        options: *const tl_schedule_free_adamw_options,
    ) -> *mut tl_optimizer;

    /// The Hessian of a function times a vector: products\[i\] is the sum over k of (second derivative by
    /// at\[i\] and at\[k\]) times along\[k\], of the dtype and shape of at\[i\], zeros where nothing depends
    /// on it. `at` holds `count` (1 or more) floating-point tensors or variables, each named once
    /// (tl_identity() makes another one of a tensor that is to be two arguments); `along` one tensor for each,
    /// of its dtype and shape. `function` runs once, on this thread, inside the context, as the callbacks of
    /// custom.h do. It gets the values of `at` as inputs (a variable it may also read by itself) and sets its
    /// only output, which may have any shape: the function is its sum. It must compute with these very
    /// tensors, not with copies. Takes about two to two and a half times a gradient. Tapes and forward modes
    /// that are open see all of it, so the product has derivatives itself. (Pearlmutter 1994.) user_data may
    /// be NULL; destroy (may be NULL) runs once, before this returns. The products belong to the innermost
    /// scope; on failure they are NULL. Errors: those of the callback, unchanged; TL_INVALID_ARGUMENT for
    /// arguments that do not fit. Since 0.1.
    pub fn tl_hessian_vector_product(
        context: *mut tl_context,
        function: tl_compute_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        at: *const *mut tl_tensor,
        along: *const *mut tl_tensor,
        count: usize,
        way: tl_hessian_way,
        products: *mut *mut tl_tensor,
    ) -> tl_status;

    /// The Gauss-Newton matrix times a vector, J' H J v: J is the Jacobian of `function` at `at`, H the
    /// Hessian of `loss` by the num_outputs (1 or more) values of `function`. For a convex loss the matrix has
    /// no negative eigenvalue, unlike the Hessian of the whole, so that its products suit conjugate gradients
    /// (Schraudolph 2002; Martens 2010). For a cross-entropy of logits it is the Fisher matrix. `function`
    /// runs once, with tangents and on a tape, and sets num_outputs floating-point outputs; then `loss` runs
    /// once: it gets those as inputs and sets its only output, whose sum counts. Both get user_data. at,
    /// along, count, products, destroy and errors as in tl_hessian_vector_product(): user_data may be NULL,
    /// destroy (may be NULL) runs once. Since 0.1.
    pub fn tl_gauss_newton_vector_product(
        context: *mut tl_context,
        function: tl_compute_callback,
        num_outputs: usize,
        loss: tl_compute_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        at: *const *mut tl_tensor,
        along: *const *mut tl_tensor,
        count: usize,
        products: *mut *mut tl_tensor,
    ) -> tl_status;

    /// An optimizer whose update is a function of the program's, written in ops. For each variable with a
    /// gradient `update` gets the inputs w, gradient, rate, number of the step (from 1 on; rate and number of
    /// rank 0 and of the dtype of w), then the slots of w in the order in which they were added; it sets the
    /// outputs to the new w and the new slots, of the same dtypes and shapes; an output left NULL stays as it
    /// is. learning_rate is finite and not negative. The callback runs within tl_optimizer_apply(), on its
    /// thread, in a scope of its own. A failure of it (an op that failed, a status other than TL_OK with
    /// tl_set_error()) is the error of that call, and all variables and slots stay as they were. No tape
    /// records what it does. In a compiled step it runs once, when the step is recorded; rate and number are
    /// inputs of replays. It must not call this optimizer, whose steps are TL_FAILED_PRECONDITION meanwhile;
    /// what else it changes is not taken back. All else is as for any optimizer: schedules, step options,
    /// groups, rows excepted: tl_optimizer_apply_rows() takes no rows of such variables. name (copied) is that
    /// of its state and stands in messages. user_data (may be NULL) goes to the callback; destroy (may be
    /// NULL) runs once, with the optimizer or when this call fails. NULL on failure. Since 0.1.
    pub fn tl_optimizer_custom(
        context: *mut tl_context,
        name: *const c_char,
        learning_rate: f64,
        update: tl_compute_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
    ) -> *mut tl_optimizer;

    /// State of tl_optimizer_custom() that goes with each variable: "\<optimizer>/\<variable>/\<name>". All
    /// its elements are first_value, a finite number, before the first step (of TL_SLOT_WEIGHTS it is not
    /// looked at). TL_FAILED_PRECONDITION after the first step or build; TL_INVALID_ARGUMENT for another kind
    /// of optimizer, a name that is empty, taken, "gradient_sum", "average" or "slow", and for more than 8
    /// slots. Since 0.1.
    pub fn tl_optimizer_add_slot(
        optimizer: *mut tl_optimizer,
        name: *const c_char,
        kind: tl_slot_kind,
        first_value: f64,
    ) -> tl_status;

    /// A metric whose update and result are functions of the program's, written in ops. `update` gets the
    /// state in the order in which it was added and then the inputs of the call: values and weights of
    /// tl_metric_update(), labels, predictions and weights of tl_metric_update_predictions() (weights NULL
    /// where there are none), or those of tl_metric_update_with(). It sets one output for each state, of its
    /// shape; one left NULL stays as it is. `result` gets the state and sets one output of any shape. Outputs
    /// of other dtypes become f64. A metric without state is allowed, one that measures nothing of the data,
    /// say: `update` then gets NULL for `outputs` with num_outputs 0, and `result` NULL for `inputs` with
    /// num_inputs 0. An array without entries may be NULL, in all callbacks. The callbacks run within the call
    /// that needs them, on its thread, in a scope of its own. A failure is the error of that call, and the
    /// state stays as it was. No tape records what they do; in a compiled step they run once, when it is
    /// recorded. name (copied) is that of its state and stands in messages. user_data (may be NULL) goes to
    /// both; destroy (may be NULL) runs once, with the metric or when this call fails. NULL on failure. Since
    /// 0.1.
    pub fn tl_metric_custom(
        context: *mut tl_context,
        name: *const c_char,
        update: tl_compute_callback,
        result: tl_compute_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
    ) -> *mut tl_metric;

    /// State of tl_metric_custom(): the variable "\<metric>/\<name>", f64, of `rank` dimensions (dims may be
    /// NULL when rank is 0), all of its elements first_value in the beginning and after tl_metric_reset().
    /// TL_FAILED_PRECONDITION after the first update or result; TL_INVALID_ARGUMENT for another kind of
    /// metric, and a name that is empty or taken. Since 0.1.
    pub fn tl_metric_add_state(
        metric: *mut tl_metric,
        name: *const c_char,
        dims: *const i64,
        rank: usize,
        first_value: f64,
    ) -> tl_status;

    /// Gives `count` tensors to a metric of tl_metric_custom(), any of them NULL. TL_INVALID_ARGUMENT for
    /// another kind of metric. A failure changes nothing. Since 0.1.
    pub fn tl_metric_update_with(
        metric: *mut tl_metric,
        inputs: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// Opens forward mode by `count` primals, tensors or variables, each of which moves along its tangent.
    /// While it is open, each op also computes the tangents of its results: the Jacobian of what has run times
    /// the tangents of the primals. Primals are floating point and named once; a tangent has the dtype and
    /// shape of its primal. A variable has its tangent whenever it is read, whatever is assigned to it. count
    /// is 1 or more. NULL on failure. One run with a tangent costs about two to three without one, and keeps
    /// nothing of the run: the mode for few inputs and many outputs (a tape is the one for many inputs and few
    /// outputs), and for long runs, as in the derivative of a result by the learning rate of its training.
    /// Forward modes and tapes nest in any order. What one computes is seen by those that were opened before
    /// it: so ask the inner one first, and the outer one about its answer. A Hessian-vector product, the
    /// tangent of a gradient, is tl_forward *f = tl_forward_begin(c, weights, directions, n); tl_tape *tape =
    /// tl_tape_begin(c, NULL); tl_tensor *loss = ...; if (tl_tape_gradient(tape, loss, weights, n, NULL,
    /// gradients) == TL_OK && tl_forward_tangent(f, gradients\[0\], TL_UNCONNECTED_ZERO, &product) == TL_OK)
    /// ... Since 0.1.
    pub fn tl_forward_begin(
        context: *mut tl_context,
        primals: *const *mut tl_tensor,
        tangents: *const *mut tl_tensor,
        count: usize,
    ) -> *mut tl_forward;

    /// Writes the tangent of a floating-point tensor, which has been computed already, to *tangent: a handle
    /// of the innermost scope, of the tensor's dtype and shape. Where the tensor does not depend on a primal,
    /// or was computed while the forward mode was not open, it is what `unconnected` says: NULL, zeros, or an
    /// error (TL_INVALID_ARGUMENT). For a variable it is the tangent with which it is a primal, else that of
    /// its value. Works while the forward mode is open and after its end. On failure *tangent is NULL. Since
    /// 0.1.
    pub fn tl_forward_tangent(
        forward: *mut tl_forward,
        tensor: *mut tl_tensor,
        unconnected: tl_unconnected,
        tangent: *mut *mut tl_tensor,
    ) -> tl_status;

    /// Ends it: what runs from now on gets no tangents, those that exist stay. TL_FAILED_PRECONDITION when it
    /// is not open. Since 0.1.
    pub fn tl_forward_end(forward: *mut tl_forward) -> tl_status;

    /// Opens it again after tl_forward_end(), as the newest of all forward modes and tapes.
    /// TL_FAILED_PRECONDITION when it is open. Since 0.1.
    pub fn tl_forward_resume(forward: *mut tl_forward) -> tl_status;

    /// Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds
    /// the error). Since 0.1.
    pub fn tl_forward_keep(forward: *mut tl_forward) -> *mut tl_forward;

    /// Gives it and all tangents up before its scope ends. NULL and a released one do nothing. From any thread
    /// at any time. Since 0.1.
    pub fn tl_forward_release(forward: *mut tl_forward);

    /// Sets all fields to their defaults. Pass sizeof(tl_function_options). Does nothing for NULL. Since 0.1.
    pub fn tl_function_options_init(options: *mut tl_function_options, struct_size: usize);

    /// A function of a step. Nothing runs yet. The callback sets all outputs that a call asks for; it runs on
    /// the thread of the call, in a scope of its own. user_data (may be NULL) goes to it; destroy (may be
    /// NULL) runs once, when the function ends or when this call fails. options may be NULL for the defaults.
    /// NULL on failure. Since 0.1.
    pub fn tl_function_new(
        context: *mut tl_context,
        step: tl_compute_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        options: *const tl_function_options,
    ) -> *mut tl_function;

    /// One step. inputs: tensors or variables of the function's context, of any dtype and shape; outputs gets
    /// num_outputs new tensors of the innermost scope, NULL on failure, which stay as they are whatever is
    /// called later. num_inputs and num_outputs may be 0, and inputs and outputs NULL then. A replay that
    /// fails (labels that are no class: TL_INVALID_ARGUMENT, optimizer state that makes no sense, a cancelled
    /// context, TL_OUT_OF_MEMORY) has changed nothing. Unless it is about the context, its message has the
    /// name of the function, and then what the callback's call would say: "\[function_call\] train:
    /// binary_cross_entropy: a label must be in \[0, 1\]: got 3 at position 2; ...". A call that runs the
    /// callback fails as the callback does, and leaves what that had done. TL_FAILED_PRECONDITION: a step that
    /// cannot be replayed, or one that would be recorded again although that is an error. Since 0.1.
    pub fn tl_function_call(
        function: *mut tl_function,
        inputs: *const *mut tl_tensor,
        num_inputs: usize,
        outputs: *mut *mut tl_tensor,
        num_outputs: usize,
    ) -> tl_status;

    /// One step, as tl_function_call() runs it, whose outputs have one element each, of any dtype: items gets
    /// them as numbers, as tl_tensor_item() would give them: for a loop that wants the loss, and faster.
    /// Nothing of the call is left to release, and it needs no scope around it, as batches do that the loop
    /// makes. Each call is a scope of its own, with which ends, too, what the callback keeps (tl_keep()): a
    /// variable that it makes once and keeps needs one tl_keep() more than with tl_function_call(), else every
    /// call records. Layers that are built by their first call need none. A replay makes no tensors of the
    /// outputs. Plans are those of tl_function_call() with as many outputs. num_items may be 0, and items NULL
    /// then. Errors as in tl_function_call(), and TL_INVALID_ARGUMENT for an output of more or fewer elements:
    /// a replay has changed nothing then; a call that runs the callback finds it afterwards, and leaves what
    /// that had done, and its recording. Inside another function the call is a look at elements; inside vmap
    /// it refuses inputs of the batch, and after a run outputs that depend on the batch otherwise. On an error
    /// items is as it was. Since 0.1.
    pub fn tl_function_call_items(
        function: *mut tl_function,
        inputs: *const *mut tl_tensor,
        num_inputs: usize,
        items: *mut f64,
        num_items: usize,
    ) -> tl_status;

    /// `steps` steps in one call: inputs holds those of the first step, then those of the second, and so on,
    /// num_inputs in all; outputs is filled in the same way. Both counts are multiples of steps, which is 1 to
    /// 2^24. When a step fails, the call ends with its error; the steps before it have taken effect, *done
    /// (may be NULL) says how many, and their outputs are set. Since 0.1.
    pub fn tl_function_run_n(
        function: *mut tl_function,
        steps: usize,
        inputs: *const *mut tl_tensor,
        num_inputs: usize,
        outputs: *mut *mut tl_tensor,
        num_outputs: usize,
        done: *mut usize,
    ) -> tl_status;

    /// A number that the callback decides by, 0 at first: whether it trains, how often it repeats something.
    /// Calls with other flags have recordings of their own. Since 0.1.
    pub fn tl_function_set_flags(function: *mut tl_function, flags: i64) -> tl_status;

    /// Forgets all recordings and plans, and that the step could not be replayed: the next call records, also
    /// where retrace_is_error is set. For a program that has changed what the callback does. Since 0.1.
    pub fn tl_function_forget(function: *mut tl_function) -> tl_status;

    /// Fills the struct; works while the context holds an error. Since 0.1.
    pub fn tl_function_stats(
        function: *mut tl_function,
        statistics: *mut tl_function_statistics,
    ) -> tl_status;

    /// Why the function recorded again: reason number `index` (0 is that of the second recording) as text that
    /// ends with a zero byte, cut to `capacity`; *length (may be NULL) is its whole length, *count (may be
    /// NULL) how many reasons there are, 64 at most. With a capacity of 0 buffer may be NULL and nothing is
    /// written: TL_INVALID_ARGUMENT only for an index that is not below *count with a capacity above 0. Since
    /// 0.1.
    pub fn tl_function_retrace_reason(
        function: *mut tl_function,
        index: usize,
        buffer: *mut c_char,
        capacity: usize,
        length: *mut usize,
        count: *mut usize,
    ) -> tl_status;

    /// The plan that was used last as text: counts, then inputs, variables, constants, one line for each op,
    /// and where values lie. For people; its form may change. As tl_tensor_format() writes: cut to capacity,
    /// *length (may be NULL) is the whole length, buffer may be NULL with a capacity of 0. Empty before the
    /// first call. Since 0.1.
    pub fn tl_function_text(
        function: *mut tl_function,
        buffer: *mut c_char,
        capacity: usize,
        length: *mut usize,
    ) -> tl_status;

    /// The same program as a graph in Graphviz's DOT language (`dot -Tsvg`): boxes are kernels, of several ops
    /// where these were fused; blue boxes are variables before and after the step; edges are values with their
    /// dtype and shape. Without nodes before the first call. Cut to capacity as tl_function_text(); *length
    /// (may be NULL) is the whole length. Since 0.1.
    pub fn tl_function_dot(
        function: *mut tl_function,
        buffer: *mut c_char,
        capacity: usize,
        length: *mut usize,
    ) -> tl_status;

    /// Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds
    /// the error). Since 0.1.
    pub fn tl_function_keep(function: *mut tl_function) -> *mut tl_function;

    /// Gives it up with its plans before its scope ends. NULL and a released one do nothing. From any thread
    /// at any time. Since 0.1.
    pub fn tl_function_release(function: *mut tl_function);

    /// From now on `count` variables step as those of `group` would: by its formula, slots, rate and schedule,
    /// within the steps of `optimizer`, which are given all variables at once and are all or nothing.
    /// Variables in no group step by the optimizer itself. The group's rate and schedule can be set as before
    /// (tl_optimizer_set_learning_rate(), tl_optimizer_set_schedule()); compiled steps take the rates as
    /// inputs. A rate_multiplier above 0 makes the group's rate that of `optimizer` times it, whatever gives
    /// that one; its own is then not used, and cannot be set. 0: the group has a rate of its own. Of the step
    /// options (step_options.h) a group may have a clip_value, clip_norm, adaptive_clip_factor and weight
    /// decay of its own, configured before this call; a group that has not been configured takes those of the
    /// optimizer, and all the rest (accumulation, global_clip_norm, averages, loss scale, what is not finite,
    /// the count of steps) is the optimizer's. Variables that either of them excludes from weight decay do not
    /// decay. tl_optimizer_variables() of the optimizer lists the state of all groups:
    /// "\<name>/\<group>/learning_rate" (a second group of that name is called "\<group>_1") and what its
    /// schedule remembers behind the optimizer's own, and slots by the optimizer's name. The optimizer keeps
    /// its groups alive; the handle of a group still serves to read and set its rate. TL_FAILED_PRECONDITION
    /// after the first step or build of either, and for a group that is in another optimizer; steps of a group
    /// by itself are that from now on. TL_INVALID_ARGUMENT for a variable that is in a group already, for an
    /// option of the group that only the optimizer may have, for a group with groups, and where one of both
    /// keeps averages of its own (tl_schedule_free_adamw()) and the other does not. A failure changes nothing.
    /// Outside of compiled steps only. Since 0.1.
    pub fn tl_optimizer_add_group(
        optimizer: *mut tl_optimizer,
        group: *mut tl_optimizer,
        variables: *const *mut tl_tensor,
        count: usize,
        rate_multiplier: f64,
    ) -> tl_status;

    /// Sets all fields to their defaults. Pass sizeof(tl_jacobian_options). Does nothing for NULL. Since 0.1.
    pub fn tl_jacobian_options_init(options: *mut tl_jacobian_options, struct_size: usize);

    /// The Jacobians of a target by each of `count` sources, in one call: jacobians\[i\] has the shape of the
    /// target followed by that of source i, at most 8 axes together, and the source's dtype; or it is NULL for
    /// a source that is not connected (see tl_unconnected). Target and sources are as in tl_tape_gradient():
    /// floating-point tensors or variables. The target may have any shape, with at most 7 axes; one without
    /// elements gives a Jacobian without elements. A tape that is not persistent is consumed, by one call
    /// however many rows there are. The handles belong to the innermost scope; on failure all are NULL.
    /// options may be NULL. Errors as in tl_tape_gradient(). Since 0.1.
    pub fn tl_tape_jacobian(
        tape: *mut tl_tape,
        target: *mut tl_tensor,
        sources: *const *mut tl_tensor,
        count: usize,
        options: *const tl_jacobian_options,
        jacobians: *mut *mut tl_tensor,
    ) -> tl_status;

    /// The Jacobian of each example of a batch: of a target (b, y...) by a source (b, x...), both of rank 2 or
    /// more, *jacobian is (b, y..., x...), the derivatives of row i of the target by row i of the source, of
    /// the source's dtype. It costs what the Jacobian of one example's elements does, b times less than
    /// tl_tape_jacobian(). NULL or zeros where unconnected, as the options say; the sizes may be 0. That row i
    /// of the target depends on row i of the source alone is the caller's promise: layers that mix the
    /// examples of a batch (batch normalisation in training) break it, and the result is then wrong. The
    /// option check_independence puts it to the test by one more row and a look at the numbers: where it does
    /// not hold the call is TL_FAILED_PRECONDITION and names a row; so it is, without a row, inside tl_vmap(),
    /// where there are no numbers to look at. The tape is consumed as by tl_tape_gradient(). A handle of the
    /// innermost scope; on failure *jacobian is NULL. options may be NULL. TL_INVALID_ARGUMENT for shapes that
    /// do not fit, and nothing is consumed then. Since 0.1.
    pub fn tl_tape_batch_jacobian(
        tape: *mut tl_tape,
        target: *mut tl_tensor,
        source: *mut tl_tensor,
        options: *const tl_jacobian_options,
        jacobian: *mut *mut tl_tensor,
    ) -> tl_status;

    /// The Jacobian of a function at `at`, a floating-point tensor or variable: *jacobian has the shape of the
    /// result followed by that of `at`, at most 8 axes together; zeros where the result does not depend on it.
    /// In reverse mode it has the dtype of `at`, in forward mode that of the result. `function` runs on this
    /// thread, inside the context, as the callbacks of custom.h do: once in reverse mode, and in forward mode
    /// once more for each chunk, so it must compute the same each time. It gets the value of `at` as its input
    /// (a variable it may also read by itself) and sets its only output, floating point; it must compute with
    /// this very tensor, not with a copy. user_data may be NULL; destroy (may be NULL) runs once, before this
    /// returns. A handle of the innermost scope; on failure *jacobian is NULL. options may be NULL; of them,
    /// way and memory_budget count. Errors: those of the callback, unchanged; TL_INVALID_ARGUMENT for
    /// arguments that do not fit. Since 0.1.
    pub fn tl_jacobian(
        context: *mut tl_context,
        function: tl_compute_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        at: *mut tl_tensor,
        options: *const tl_jacobian_options,
        jacobian: *mut *mut tl_tensor,
    ) -> tl_status;

    /// The Jacobian of the Jacobian: *hessian has the shape of the result followed by that of `at`, twice; of
    /// a function that gives a number it is the Hessian matrix. Forward mode over reverse mode, unless the
    /// option way is TL_JACOBIAN_REVERSE: then both are reverse, for functions whose rules lack a jvp. For
    /// products of a large Hessian with vectors, which need no matrix, see tl_hessian_vector_product(). All
    /// else as in tl_jacobian(): user_data may be NULL, destroy (may be NULL) runs once, options may be NULL,
    /// and on failure *hessian is NULL. Since 0.1.
    pub fn tl_hessian(
        context: *mut tl_context,
        function: tl_compute_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        at: *mut tl_tensor,
        options: *const tl_jacobian_options,
        hessian: *mut *mut tl_tensor,
    ) -> tl_status;

    /// Sets all fields to their defaults. Pass sizeof(tl_image_options). Does nothing for NULL. Since 0.1.
    pub fn tl_image_options_init(options: *mut tl_image_options, struct_size: usize);

    /// The image in a PNG or JPEG file, told by its first bytes, as TL_U8 (height, width, channels). options
    /// may be NULL. Samples of 16 bits give their upper 8, palettes are resolved. Colour becomes grey by the
    /// weights of ITU-R BT.601; opacity that is not asked for is left out, one that is not there is 255.
    /// Colour profiles and the orientation of a photograph are not looked at. NULL on failure: TL_CORRUPT_DATA
    /// (another format, damaged, cut off, also a JPEG that libjpeg reads with a warning; in JPEG, which has no
    /// checksums, a flipped bit may also just change pixels), TL_UNSUPPORTED (JPEG in CMYK), TL_OUT_OF_MEMORY
    /// (an image that its header makes larger than max_bytes), TL_INVALID_ARGUMENT (other channels). Since
    /// 0.1.
    pub fn tl_read_image(
        context: *mut tl_context,
        path: *const c_char,
        options: *const tl_image_options,
    ) -> *mut tl_tensor;

    /// tl_read_image() for a file that is in memory: `bytes` bytes at `data`, which are only read during the
    /// call. options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_decode_image(
        context: *mut tl_context,
        data: *const c_void,
        bytes: usize,
        options: *const tl_image_options,
    ) -> *mut tl_tensor;

    /// The images of a folder with one subfolder for each class: elements of two tensors, the image as
    /// tl_read_image() gives it, decoded when it is asked for, and its class, TL_I32 (). Classes count from 0
    /// in the order of their names, images in that of theirs; they are the files that end in .png, .jpg or
    /// .jpeg, in any case. Other files and names that begin with a dot are passed over. options may be NULL.
    /// Images of different sizes cannot be batched. NULL on failure: TL_NOT_FOUND (no folder, no subfolder,
    /// one without images), TL_IO (a symbolic link inside, which may lead elsewhere), TL_INVALID_ARGUMENT
    /// (other channels). An image that cannot be read makes tl_dataset_next() fail. Since 0.1.
    pub fn tl_dataset_from_image_folder(
        context: *mut tl_context,
        folder: *const c_char,
        options: *const tl_image_options,
    ) -> *mut tl_dataset;

    /// The classes of the images of such a folder: a bundle of one tensor, "label", TL_I32 of the number of
    /// images, in the order of the dataset; its texts are the names of the classes. NULL on failure, as above.
    /// Since 0.1.
    pub fn tl_image_folder_labels(context: *mut tl_context, folder: *const c_char) -> *mut tl_bundle;

    /// The sound in a WAV file as TL_F32 (frames, channels); *rate (may be NULL) becomes the number of frames
    /// a second, 0 on failure. Whole numbers of 8, 16, 24 and 32 bits are divided so that they lie in \[-1,
    /// 1), floats of 32 and 64 bits stay as they are. Memory is that of the tensor and 1 MiB. NULL on failure:
    /// TL_CORRUPT_DATA, TL_UNSUPPORTED (compressed sound, other numbers of bits). rate may be NULL. Since 0.1.
    pub fn tl_read_wav(context: *mut tl_context, path: *const c_char, rate: *mut i32) -> *mut tl_tensor;

    /// Sets all fields to their defaults. Pass sizeof(tl_lbfgs_options). Does nothing for NULL. Since 0.1.
    pub fn tl_lbfgs_options_init(options: *mut tl_lbfgs_options, struct_size: usize);

    /// L-BFGS with a line search for the strong Wolfe conditions (Nocedal and Wright, Numerical Optimization,
    /// algorithms 3.5, 3.6, 7.4 and 7.5), for losses without noise, as of a whole data set. It steps by
    /// tl_optimizer_minimize() only: tl_optimizer_apply() is TL_FAILED_PRECONDITION, and step options and
    /// groups are not for it. Slots: steps, changes (history_size rows of the elements of the variable each)
    /// and pairs (how many rows are in use, i64). options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_lbfgs(context: *mut tl_context, options: *const tl_lbfgs_options) -> *mut tl_optimizer;

    /// At most max_iterations iterations of an optimizer of tl_lbfgs() from the values of `count` variables
    /// on. `evaluate` gets no inputs and sets count + 1 outputs: the loss, one number of f32 or f64, and its
    /// gradients with respect to the variables, in their order, NULL for zeros. It runs many times, each time
    /// at other values of the variables, on the thread of the call, in a scope of its own. History stays for
    /// the next call: with the same variables and loss, two calls of 10 iterations are one of 20 but for the
    /// first evaluation. With another list of variables it begins anew. *statistics (may be NULL) is filled.
    /// user_data may be NULL; destroy (may be NULL) runs once, at the end of the call. TL_NON_FINITE when loss
    /// or gradient are not finite where it begins; later ones are steps that are too long. TL_INVALID_ARGUMENT
    /// for another kind of optimizer, and outputs that do not fit. A failure, of the callback too, leaves
    /// variables and optimizer as they were. Outside of compiled steps only. Since 0.1.
    pub fn tl_optimizer_minimize(
        optimizer: *mut tl_optimizer,
        evaluate: tl_compute_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        variables: *const *mut tl_tensor,
        count: usize,
        statistics: *mut tl_minimize_statistics,
    ) -> tl_status;

    /// Sets all fields to their defaults. Pass sizeof(tl_sam_options). Does nothing for NULL. Since 0.1.
    pub fn tl_sam_options_init(options: *mut tl_sam_options, struct_size: usize);

    /// One step of sharpness-aware minimization (Foret et al. 2021) with any optimizer that takes gradients: g
    /// at the variables w, then g' at w + rho g / |g|, the worst point nearby, then tl_optimizer_apply() of g'
    /// at w. When adaptive, w + rho T^2 g / |T g|. The norm is over all variables, and 1e-12 is added to it.
    /// *loss (loss may be NULL) is the loss at w, what `evaluate` gave. `evaluate`, which runs twice,
    /// user_data and destroy as in tl_optimizer_minimize(). Works in a compiled step, where `evaluate` runs
    /// when it is recorded only. A failure leaves variables and optimizer as they were, and *loss NULL.
    /// options may be NULL. Since 0.1.
    pub fn tl_optimizer_apply_sam(
        optimizer: *mut tl_optimizer,
        options: *const tl_sam_options,
        evaluate: tl_compute_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        variables: *const *mut tl_tensor,
        count: usize,
        loss: *mut *mut tl_tensor,
    ) -> tl_status;

    /// A new tensor of TL_F32 or TL_F64, filled by an initialiser (TL_INITIALIZER_DEFAULT: Glorot uniform);
    /// its parameter counts for the kinds that say so, 0 is their default, and is small enough for all
    /// elements to be finite. Random numbers come from the context's stream: the same seed gives the same
    /// bits. Truncated normals are drawn anew, all of them, until none is out of range, which is a look at
    /// elements that a compiled step (function.h) must not make. Returns NULL on failure. Since 0.1.
    pub fn tl_initialize(
        context: *mut tl_context,
        dtype: tl_dtype,
        dims: *const i64,
        rank: usize,
        initializer: tl_initializer,
        parameter: f64,
    ) -> *mut tl_tensor;

    /// Sets all fields to their defaults. Pass sizeof(tl_layer_options). Does nothing for NULL. Since 0.1.
    pub fn tl_layer_options_init(options: *mut tl_layer_options, struct_size: usize);

    /// Sets all fields to their defaults. Pass sizeof(tl_dense_options). Does nothing for NULL. Since 0.1.
    pub fn tl_dense_options_init(options: *mut tl_dense_options, struct_size: usize);

    /// A layer activation(x kernel + bias), from (..., input size) to (..., units), rank 2 or more. Variables:
    /// kernel (input size, units) and bias (units), made at once when the input size is given, else at the
    /// first call. units is at least 1. options may be NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_dense(context: *mut tl_context, units: i64, options: *const tl_dense_options) -> *mut tl_layer;

    /// A layer that, while training, sets each element to zero with probability rate, in \[0, 1), and divides
    /// the others by 1 - rate; otherwise it is the identity. Any shape, f32 or f64. options may be NULL.
    /// Returns NULL on failure. Since 0.1.
    pub fn tl_dropout_layer(
        context: *mut tl_context,
        rate: f64,
        options: *const tl_layer_options,
    ) -> *mut tl_layer;

    /// A layer that merges all axes but the first into one: (n, 28, 28) to (n, 784). Any dtype. options may be
    /// NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_flatten_layer(context: *mut tl_context, options: *const tl_layer_options) -> *mut tl_layer;

    /// A layer that applies an activation. Any shape, f32 or f64. options may be NULL. Returns NULL on
    /// failure. Since 0.1.
    pub fn tl_activation_layer(
        context: *mut tl_context,
        activation: tl_activation,
        options: *const tl_layer_options,
    ) -> *mut tl_layer;

    /// Sets all fields to their defaults. Pass sizeof(tl_batch_normalization_options). Does nothing for NULL.
    /// Since 0.1.
    pub fn tl_batch_normalization_options_init(
        options: *mut tl_batch_normalization_options,
        struct_size: usize,
    );

    /// A layer gamma (x - mean) / sqrt(variance + epsilon) + beta over all axes but the last; rank 2 or more.
    /// While training, mean and (biased) variance are those of the batch, which has at least one row,
    /// gradients flow through them, and the moving averages are updated; otherwise they are the moving
    /// averages. The variance must be in the range of the dtype (for f32, elements up to 1e19), and the last
    /// axis not empty: a batch whose mean or variance is not finite is TL_NON_FINITE while training, and
    /// leaves the averages as they were. Variables: gamma, beta, and, not trainable, moving_mean and
    /// moving_variance. options may be NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_batch_normalization(
        context: *mut tl_context,
        options: *const tl_batch_normalization_options,
    ) -> *mut tl_layer;

    /// Sets all fields to their defaults. Pass sizeof(tl_layer_normalization_options). Does nothing for NULL.
    /// Since 0.1.
    pub fn tl_layer_normalization_options_init(
        options: *mut tl_layer_normalization_options,
        struct_size: usize,
    );

    /// A layer gamma (x - mean) / sqrt(variance + epsilon) + beta with the mean and (biased) variance of each
    /// row over the last axis, which must not be empty. The variance may leave the range of the dtype, the sum
    /// of a row may not. Variables: gamma, beta. options may be NULL. Returns NULL on failure. Since 0.1.
    pub fn tl_layer_normalization(
        context: *mut tl_context,
        options: *const tl_layer_normalization_options,
    ) -> *mut tl_layer;

    /// A layer of `count` layers one after the other, at least one; it shares them, so their handles may be
    /// released. A layer may stand there twice and has its variables once. When the first layer knows the size
    /// of its input, all variables are made at once. Layers may stand within one another 200 levels deep; more
    /// is TL_INVALID_ARGUMENT. Returns NULL on failure, which leaves all layers and their names as they were.
    /// Since 0.1. Names of variables go into files, so a layer is named once: by the first sequential layer
    /// that it is put into, and it keeps that name in all others. A name that was given (not empty, without
    /// "/") is kept; others are that of the type with a number that makes them differ: "dense", "dense_1", ...
    /// A variable is named "dense/kernel", and behind the name of the sequential layer that named its layer,
    /// "encoder/dense/kernel", when that one has a given name (tl_sequential_named()) or stands in another one
    /// itself, and so on upwards. So a sequential layer without a given name becomes "sequential", and the
    /// names of its variables "sequential/dense/kernel", when it is itself first put into another one; give it
    /// a name where it is saved on its own before. Where a layer of it is already shared by a third one, this
    /// is left out, since it would rename that one's variables. No two layers may have the same name, and no
    /// two of their layers, at any depth, may give variables the same name: the error names both.
    pub fn tl_sequential(
        context: *mut tl_context,
        layers: *const *mut tl_layer,
        count: usize,
    ) -> *mut tl_layer;

    /// tl_sequential() with a name (copied), which comes first in the names of its variables. Since 0.1.
    pub fn tl_sequential_named(
        context: *mut tl_context,
        layers: *const *mut tl_layer,
        count: usize,
        name: *const c_char,
    ) -> *mut tl_layer;

    /// The layer's output for x. `training` matters to dropout and batch normalisation. The first call makes
    /// the variables that are not there yet; in a compiled step (function.h) that must not draw a truncated
    /// normal: build such layers before. Returns NULL on failure: a shape or dtype that the layer does not
    /// take, a batch with a mean that is not finite (TL_NON_FINITE), no memory, a cancelled context. A call
    /// that fails in whatever layer leaves all of them as they were: it makes no variables, moves no average,
    /// and uses no random numbers up. Since 0.1.
    pub fn tl_layer_call(layer: *mut tl_layer, x: *mut tl_tensor, training: bool) -> *mut tl_tensor;

    /// Makes the variables for inputs of this shape, the batch axis included (its size does not matter). When
    /// they are there, it only looks whether the shape fits them. A failure makes none and uses no random
    /// numbers up. Since 0.1.
    pub fn tl_layer_build(layer: *mut tl_layer, dims: *const i64, rank: usize) -> tl_status;

    /// All variables of the layer, their number in *count (may be NULL). The array and the handles in it
    /// belong to the layer: do not release them. A later call gives the same array while the list is the same,
    /// and ends it otherwise; the layer's end ends it, too. NULL with *count 0 before the layer is built, and
    /// on failure (the context holds the error). Since 0.1.
    pub fn tl_layer_variables(layer: *mut tl_layer, count: *mut usize) -> *const *mut tl_tensor;

    /// tl_layer_variables() without those that are not trainable now: what gradients are taken for. Their
    /// number goes to *count (may be NULL). Since 0.1.
    pub fn tl_layer_trainable_variables(layer: *mut tl_layer, count: *mut usize) -> *const *mut tl_tensor;

    /// The layer's name; "" on failure (the context holds the error). Valid until the layer is first put into
    /// a sequential one or released. Since 0.1.
    pub fn tl_layer_name(layer: *mut tl_layer) -> *const c_char;

    /// Writes a table of the layers with output shapes ("?" is the batch) and numbers of parameters. At most
    /// capacity bytes are written, the final NUL included; *length (may be NULL) gets the length of the whole
    /// text without the NUL. buffer may be NULL when capacity is 0. Since 0.1.
    pub fn tl_layer_summary(
        layer: *mut tl_layer,
        buffer: *mut c_char,
        capacity: usize,
        length: *mut usize,
    ) -> tl_status;

    /// The layers as a graph in Graphviz's DOT language (`dot -Tsvg`): a box for each layer with its number of
    /// parameters, a frame for each sequential one, edges with shapes where these are known ("?" is the
    /// batch). As tl_layer_summary() writes: cut to capacity, *length (may be NULL) is the whole length,
    /// buffer may be NULL with a capacity of 0. Since 0.1.
    pub fn tl_layer_dot(
        layer: *mut tl_layer,
        buffer: *mut c_char,
        capacity: usize,
        length: *mut usize,
    ) -> tl_status;

    /// Moves the layer one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context
    /// holds the error). Since 0.1.
    pub fn tl_layer_keep(layer: *mut tl_layer) -> *mut tl_layer;

    /// Gives the handle up before its scope ends; sequential layers that share the layer go on. NULL and a
    /// released layer do nothing. From any thread at any time. Since 0.1.
    pub fn tl_layer_release(layer: *mut tl_layer);

    /// start, start + step, and so on before stop, as TL_I64 scalars. step may be negative, not 0. Returns
    /// NULL on failure. Since 0.1.
    pub fn tl_dataset_range(context: *mut tl_context, start: i64, stop: i64, step: i64) -> *mut tl_dataset;

    /// `size` (0 or more) elements of `width` (1 or more) tensors each that `function` gives by epoch and
    /// index, in any order and from one thread at a time for each pass: records of a file whose places are
    /// known, for one. It can be shuffled without a buffer, and passing over elements costs nothing. user_data
    /// may be NULL; destroy (may be NULL) runs once, when the last dataset goes that was made of it, or at
    /// once when this call fails. Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_from_function(
        context: *mut tl_context,
        size: i64,
        width: usize,
        function: tl_element_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
    ) -> *mut tl_dataset;

    /// Elements of `width` (1 or more) tensors that can only be had in order: lines, messages, an iterator of
    /// the caller's language. Each epoch of each dataset made of it begins a pass of its own. A pass goes
    /// forward only: to go on in the midst of an epoch, at a position that was saved, the elements before it
    /// are read and dropped, which costs what reading them costs; tl_dataset_from_function() goes there at
    /// once. `end` (may be NULL) ends a pass. user_data may be NULL; destroy (may be NULL) runs once, after
    /// the last pass, or at once when this call fails. Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_from_iterator(
        context: *mut tl_context,
        width: usize,
        begin: tl_begin_callback,
        next: tl_next_callback,
        end: tl_end_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
    ) -> *mut tl_dataset;

    /// Sets all fields to their defaults. Pass sizeof(tl_map_options). Since 0.1.
    pub fn tl_map_options_init(options: *mut tl_map_options, struct_size: usize);

    /// What `function` makes of each element: `width` (1 or more) tensors. With threads several elements are
    /// computed at a time, and come in the order of the source all the same. The function then runs on those
    /// threads at once: what user_data points to is its own affair. Without threads an indexed source
    /// (tensors, ranges, functions, and what take, skip, shuffle, batch, cast, cache and map make of them)
    /// stays one. options may be NULL. user_data may be NULL; destroy (may be NULL) runs once, when the last
    /// dataset goes that was made of it, or at once when this call fails. Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_map(
        context: *mut tl_context,
        source: *mut tl_dataset,
        function: tl_element_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        width: usize,
        options: *const tl_map_options,
    ) -> *mut tl_dataset;

    /// The elements that `predicate` keeps. `seed`: of its random numbers. user_data may be NULL; destroy (may
    /// be NULL) runs once, as for tl_dataset_map(). Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_filter(
        context: *mut tl_context,
        source: *mut tl_dataset,
        predicate: tl_predicate_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        seed: u64,
    ) -> *mut tl_dataset;

    /// Elements drawn at random from a buffer that the next `buffer` (1 or more) of the source fill: for
    /// sources too large or too slow to be shuffled as a whole. The order follows from the seed and the epoch.
    /// Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_shuffle_buffer(
        context: *mut tl_context,
        source: *mut tl_dataset,
        seed: u64,
        buffer: i64,
    ) -> *mut tl_dataset;

    /// `count` epochs of the source as one; without an end where count is negative. Pass k of epoch e is the
    /// source's epoch e * count + k. Without an end, a source whose epoch brings nothing is
    /// TL_FAILED_PRECONDITION, now or when that comes out. Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_repeat(
        context: *mut tl_context,
        source: *mut tl_dataset,
        count: i64,
    ) -> *mut tl_dataset;

    /// One source after the other; at least one, all of one width. Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_concatenate(
        context: *mut tl_context,
        sources: *const *mut tl_dataset,
        count: usize,
    ) -> *mut tl_dataset;

    /// Elements that hold the tensors of one element of each source, at least one; as long as the shortest.
    /// Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_zip(
        context: *mut tl_context,
        sources: *const *mut tl_dataset,
        count: usize,
    ) -> *mut tl_dataset;

    /// `cycle` (1 or more) of the sources in turn, `block` (1 or more) elements of each at a time; one that
    /// has ended makes room for the next that was not begun. All of one width. For several files: few are read
    /// at once. Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_interleave(
        context: *mut tl_context,
        sources: *const *mut tl_dataset,
        count: usize,
        cycle: i64,
        block: i64,
    ) -> *mut tl_dataset;

    /// Each element from a source that is drawn at random, with the probability of its weight among the
    /// sources that have elements left. Weights are finite and not negative, one for each source, and not all
    /// 0. Ends with the last source; where stop_on_empty with the first that has ended; and where what is left
    /// has no weight. Draws follow from the seed and the epoch. Its size is TL_DATASET_INFINITE_SIZE where a
    /// source's is, or where stop_on_empty all are, else TL_DATASET_UNKNOWN_SIZE: whatever their weights,
    /// since a size stays while these may change with every element. So an endless source of weight 0 counts
    /// as endless (which tl_dataset_shuffle() and tl_dataset_cache() refuse); leave it out, or
    /// tl_dataset_take() some of it, where it must not. Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_sample_from(
        context: *mut tl_context,
        sources: *const *mut tl_dataset,
        weights: *const f64,
        count: usize,
        seed: u64,
        stop_on_empty: bool,
    ) -> *mut tl_dataset;

    /// New weights, for a dataset that tl_dataset_sample_from() made: a curriculum, or losses that say what to
    /// learn next. Datasets made of it follow from their next element on, whatever was made ahead, which is
    /// made again; what a shuffle's buffer or a batch in the making of an earlier stage holds already, stays.
    /// A saved position holds the weights. TL_FAILED_PRECONDITION while there is a tl_dataset_cache() of
    /// elements of the mixture, which gives what was drawn once: keep the sources in caches, not the mixture.
    /// Since 0.1.
    pub fn tl_dataset_set_weights(dataset: *mut tl_dataset, weights: *const f64, count: usize) -> tl_status;

    /// tl_dataset_batch() of tensors that differ in size, not in rank: each is filled up to the longest of its
    /// batch, on all axes, with the number at its place in `padding`; there are as many as tensors in an
    /// element. Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_padded_batch(
        context: *mut tl_context,
        source: *mut tl_dataset,
        batch_size: i64,
        drop_remainder: bool,
        padding: *const f64,
        num_padding: usize,
    ) -> *mut tl_dataset;

    /// Padded batches of elements of like length, which is the first dimension of tensor number `position`.
    /// Bucket i holds those below boundaries\[i\], which grow; the last one the rest: there is one bucket more
    /// than boundaries. sizes\[i\] of bucket i make a batch. What is left at the end comes in the order of the
    /// buckets, or is left out with drop_remainder. padding as in tl_dataset_padded_batch(). boundaries may be
    /// NULL where num_boundaries is 0. Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_bucket_by_length(
        context: *mut tl_context,
        source: *mut tl_dataset,
        position: usize,
        boundaries: *const i64,
        num_boundaries: usize,
        sizes: *const i64,
        num_sizes: usize,
        drop_remainder: bool,
        padding: *const f64,
        num_padding: usize,
    ) -> *mut tl_dataset;

    /// The rows of each element along the first axes of its tensors, which must agree in size, as elements.
    /// Nothing is copied. Returns NULL on failure. Since 0.1.
    pub fn tl_dataset_unbatch(context: *mut tl_context, source: *mut tl_dataset) -> *mut tl_dataset;

    /// Groups of `size` consecutive elements, stacked as in a batch, whose beginnings are `shift` elements
    /// apart (both 1 or more). The last ones are shorter, or left out with drop_remainder. Returns NULL on
    /// failure. Since 0.1.
    pub fn tl_dataset_window(
        context: *mut tl_context,
        source: *mut tl_dataset,
        size: i64,
        shift: i64,
        drop_remainder: bool,
    ) -> *mut tl_dataset;

    /// The elements of the source's epoch 0, in every epoch: made once, and held in memory. Returns NULL on
    /// failure. Since 0.1.
    pub fn tl_dataset_cache(context: *mut tl_context, source: *mut tl_dataset) -> *mut tl_dataset;

    /// Elements made ahead, up to `count` (1 to 65536), on a thread of the pipeline's, which makes several at
    /// a time: 2 are enough for long steps, 8 or 16 keep steps below a millisecond from waiting. Returns NULL
    /// on failure. Since 0.1.
    pub fn tl_dataset_prefetch(
        context: *mut tl_context,
        source: *mut tl_dataset,
        count: i64,
    ) -> *mut tl_dataset;

    /// Where the dataset stands, as bytes: at most `capacity` are written to `bytes`, and *length is how many
    /// there are. Where they do not fit, nothing is written: ask again with room for them. Epoch, index and
    /// what stages know, not their data: some 10 to 40 bytes for each stage, and for each buffer of
    /// tl_dataset_shuffle_buffer() and each tl_dataset_bucket_by_length() 2 to 3 bytes for each element that
    /// it holds (5 in epochs of a thousand million elements). Stages one after the other add up; weights that
    /// have changed since the oldest of these elements count as well. What the stages held is read again on
    /// restoring: as many elements of each one's source as came since the oldest that it holds, some ten times
    /// a buffer's size; a tl_dataset_map() computes those of them that are needed. The same on every machine.
    /// bytes may be NULL when capacity is 0; length may be NULL. Works while the context holds an error. Since
    /// 0.1.
    pub fn tl_dataset_save_position(
        dataset: *mut tl_dataset,
        bytes: *mut u8,
        capacity: usize,
        length: *mut usize,
    ) -> tl_status;

    /// Goes to a place that tl_dataset_save_position() gave, of this dataset or of one that was made in the
    /// same way, in another process or language too. TL_INVALID_ARGUMENT for other bytes, and where the
    /// dataset is another: in its stages, their sizes and seeds, the number, dtypes and shapes of its
    /// elements; data of the same form and functions are not looked into. Then nothing has moved. Since 0.1.
    pub fn tl_dataset_restore_position(
        dataset: *mut tl_dataset,
        bytes: *const u8,
        length: usize,
    ) -> tl_status;

    /// The seconds that tl_dataset_next() has taken in this epoch (the last one, until the next has begun).
    /// NaN on failure. Works while the context holds an error. Since 0.1.
    pub fn tl_dataset_waited(dataset: *mut tl_dataset) -> f64;

    /// The share of input in the time of the loop, in per cent: tl_dataset_waited() over the time from the
    /// first tl_dataset_next() of the epoch until the latest came back. NaN on failure. Works while the
    /// context holds an error. Since 0.1.
    pub fn tl_dataset_input_wait(dataset: *mut tl_dataset) -> f64;

    /// Runs `function` once at `at`, `count` (1 or more) floating-point tensors or variables, each named once
    /// (tl_identity() makes another one of a tensor that is to be two arguments), and keeps the run. It runs
    /// on this thread, inside the context, as the callbacks of custom.h do: it gets the values of `at` as
    /// inputs (a variable it may also read by itself), and sets num_values (1 or more) floating-point outputs,
    /// which go to `values` as handles of the innermost scope. It must compute with these very tensors, not
    /// with copies. What the gradients need stays alive until the pullback goes. A variable that is assigned
    /// later keeps the value of the run. user_data may be NULL; destroy (may be NULL) runs once, before this
    /// returns. NULL on failure, and so are the values. Errors: those of the callback, unchanged;
    /// TL_INVALID_ARGUMENT for arguments and outputs that do not fit. Since 0.1.
    pub fn tl_pullback_new(
        context: *mut tl_context,
        function: tl_compute_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        at: *const *mut tl_tensor,
        count: usize,
        values: *mut *mut tl_tensor,
        num_values: usize,
    ) -> *mut tl_pullback;

    /// The vector-Jacobian product: the gradients with respect to each of `at` of the sum of the values times
    /// their output gradients. output_gradients has num_values tensors, each of the dtype and shape of its
    /// value, where NULL entries mean ones; output_gradients may be NULL: all ones. gradients gets `count`
    /// handles of the innermost scope, zeros where no value depends on an argument; on failure NULL. Both
    /// numbers must be those of tl_pullback_new(). Any number of calls; tapes and forward modes that are open
    /// see what it computes. Since 0.1.
    pub fn tl_pullback_gradients(
        pullback: *mut tl_pullback,
        output_gradients: *const *mut tl_tensor,
        num_values: usize,
        gradients: *mut *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds
    /// the error). Since 0.1.
    pub fn tl_pullback_keep(pullback: *mut tl_pullback) -> *mut tl_pullback;

    /// Gives it and all that it keeps up before its scope ends. NULL and a released one do nothing. From any
    /// thread at any time. Since 0.1.
    pub fn tl_pullback_release(pullback: *mut tl_pullback);

    /// The records of a TFRecord file in their order: elements of one tensor, TL_U8 of the record's bytes. The
    /// file stays open, and records are read when they are asked for. Checksums (masked CRC-32C) of lengths
    /// are compared here, those of records in tl_dataset_next(), which fails where one does not fit. A file
    /// that is cut off between two records is a whole file as far as the format can tell. NULL on failure:
    /// TL_CORRUPT_DATA, TL_UNSUPPORTED (compressed by gzip). Since 0.1.
    pub fn tl_dataset_from_tfrecord(context: *mut tl_context, path: *const c_char) -> *mut tl_dataset;

    /// Writes a TFRecord file of `count` records, each the elements of a tensor as they lie in memory, in
    /// place of a file that is there. Since 0.1.
    pub fn tl_write_tfrecord(
        context: *mut tl_context,
        path: *const c_char,
        records: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// The features of a tf.train.Example, the usual content of a record, given as TL_U8 of one axis: floats
    /// are TL_F32 (k), integers TL_I64 (k), one byte string TL_U8 (n), several of one length TL_U8 (k, n).
    /// NULL on failure: TL_CORRUPT_DATA (no such message), TL_UNSUPPORTED (byte strings of different lengths
    /// in one feature), TL_INVALID_ARGUMENT (another dtype or rank). Since 0.1.
    pub fn tl_parse_example(context: *mut tl_context, record: *mut tl_tensor) -> *mut tl_bundle;

    /// CIFAR-10 from a folder of its binary version: elements of an image, TL_U8 (32, 32, 3), and its label,
    /// TL_U8 (). Training data are data_batch_1.bin to data_batch_5.bin, as many of these as there are, test
    /// data test_batch.bin. NULL on failure: TL_NOT_FOUND, TL_CORRUPT_DATA (a size that is no number of
    /// records, a label above 9), TL_INVALID_ARGUMENT (an unknown part). Since 0.1.
    pub fn tl_dataset_from_cifar10_folder(
        context: *mut tl_context,
        folder: *const c_char,
        part: tl_data_part,
    ) -> *mut tl_dataset;

    /// CIFAR-100 from a folder of its binary version, train.bin or test.bin: as CIFAR-10, but elements are an
    /// image, its fine label (0 to 99) and its coarse label (0 to 19). NULL on failure. Since 0.1.
    pub fn tl_dataset_from_cifar100_folder(
        context: *mut tl_context,
        folder: *const c_char,
        part: tl_data_part,
    ) -> *mut tl_dataset;

    /// The same rate for all steps. rate is finite and not negative, as every rate below. NULL on failure.
    /// Since 0.1.
    pub fn tl_schedule_constant(context: *mut tl_context, rate: f64) -> *mut tl_schedule;

    /// rates\[0\] up to and with step boundaries\[0\], rates\[1\] up to and with boundaries\[1\], and so on;
    /// the last rate from there on. The boundaries ascend strictly from 0 on; num_rates is num_boundaries + 1.
    /// boundaries may be NULL when there are none. NULL on failure. Since 0.1.
    pub fn tl_schedule_piecewise_constant(
        context: *mut tl_context,
        boundaries: *const i64,
        num_boundaries: usize,
        rates: *const f64,
        num_rates: usize,
    ) -> *mut tl_schedule;

    /// rate decay_rate^(step / decay_steps); with staircase the quotient is rounded down. decay_steps is 1 or
    /// more, decay_rate finite and not negative. NULL on failure. Since 0.1.
    pub fn tl_schedule_exponential(
        context: *mut tl_context,
        rate: f64,
        decay_steps: i64,
        decay_rate: f64,
        staircase: bool,
    ) -> *mut tl_schedule;

    /// rate / (1 + decay_rate step / decay_steps); with staircase the quotient is rounded down. decay_steps is
    /// 1 or more, decay_rate finite and not negative. NULL on failure. Since 0.1.
    pub fn tl_schedule_inverse_time(
        context: *mut tl_context,
        rate: f64,
        decay_steps: i64,
        decay_rate: f64,
        staircase: bool,
    ) -> *mut tl_schedule;

    /// (rate - end_rate) (1 - step / decay_steps)^power + end_rate. With cycle it begins again behind
    /// decay_steps, over twice, three times, ... as many steps in all. decay_steps is 1 or more, power finite
    /// and not negative; 1 is a straight line. NULL on failure. Since 0.1.
    pub fn tl_schedule_polynomial(
        context: *mut tl_context,
        rate: f64,
        end_rate: f64,
        decay_steps: i64,
        power: f64,
        cycle: bool,
    ) -> *mut tl_schedule;

    /// From rate to alpha rate in decay_steps (1 or more) steps along half a cosine: rate ((1 - alpha) (1 +
    /// cos(pi step / decay_steps)) / 2 + alpha), with alpha in \[0, 1\]. NULL on failure. Since 0.1.
    pub fn tl_schedule_cosine(
        context: *mut tl_context,
        rate: f64,
        decay_steps: i64,
        alpha: f64,
    ) -> *mut tl_schedule;

    /// The same with warm restarts (Loshchilov and Hutter 2017): the first period has decay_steps steps and
    /// begins at rate; each next one is t_mul (1 or more) times as long, and begins at m_mul (finite, not
    /// negative) times the rate. A step that is a restart but for rounding is one. Keras's defaults are 2, 1
    /// and an alpha of 0. NULL on failure. Since 0.1.
    pub fn tl_schedule_cosine_restarts(
        context: *mut tl_context,
        rate: f64,
        decay_steps: i64,
        t_mul: f64,
        m_mul: f64,
        alpha: f64,
    ) -> *mut tl_schedule;

    /// Sets all fields to their defaults. Pass sizeof(tl_one_cycle_options). Does nothing for NULL. Since 0.1.
    pub fn tl_one_cycle_options_init(options: *mut tl_one_cycle_options, struct_size: usize);

    /// Up to max_rate, then down, within total_steps (1 or more) steps (Smith and Topin 2018, in the form of
    /// PyTorch's OneCycleLR). The top is at step warmup_fraction total_steps - 1: where that is negative, the
    /// first step is already on the way down, and a cycle of one step has the last rate. From step total_steps
    /// on the rate stays (PyTorch's raises an error). options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_schedule_one_cycle(
        context: *mut tl_context,
        max_rate: f64,
        total_steps: i64,
        options: *const tl_one_cycle_options,
    ) -> *mut tl_schedule;

    /// From start_rate along a straight line to the first rate of `then` in `steps` (1 or more) steps; from
    /// there on `then`, whose steps count from there. NULL on failure. Since 0.1.
    pub fn tl_schedule_warmup(
        context: *mut tl_context,
        start_rate: f64,
        steps: i64,
        then: *mut tl_schedule,
    ) -> *mut tl_schedule;

    /// One schedule after another: schedules\[0\] for the steps before boundaries\[0\], schedules\[1\] from
    /// there up to boundaries\[1\], and so on; the steps of each count from its beginning. The boundaries
    /// ascend strictly from 1 on; num_schedules is num_boundaries + 1. boundaries may be NULL when there are
    /// none. NULL on failure. Since 0.1.
    pub fn tl_schedule_sequence(
        context: *mut tl_context,
        schedules: *const *mut tl_schedule,
        num_schedules: usize,
        boundaries: *const i64,
        num_boundaries: usize,
    ) -> *mut tl_schedule;

    /// Sets all fields to their defaults. Pass sizeof(tl_plateau_options). Does nothing for NULL. Since 0.1.
    pub fn tl_plateau_options_init(options: *mut tl_plateau_options, struct_size: usize);

    /// The rates of `base`, reduced whenever a metric that is reported has not improved for a while
    /// (ReduceLROnPlateau of Keras). What it remembers are variables, which tl_optimizer_variables() of its
    /// optimizer lists behind the learning rate: "\<name>/scale", "\<name>/best" (f64), "\<name>/wait",
    /// "\<name>/cooldown" (i64). options may be NULL. NULL on failure. Since 0.1.
    pub fn tl_schedule_plateau(
        context: *mut tl_context,
        base: *mut tl_schedule,
        options: *const tl_plateau_options,
    ) -> *mut tl_schedule;

    /// Tells a schedule of tl_schedule_plateau() the metric as it is now, once an epoch as a rule; NaN is no
    /// improvement. *reduced (may be NULL) says whether the rate has been reduced: not where a base with one
    /// rate for all steps has brought it to min_rate; with another base, whether the factor has been applied.
    /// Outside of compiled steps only. TL_INVALID_ARGUMENT for another kind of schedule; a failure changes
    /// nothing. Since 0.1.
    pub fn tl_schedule_report(schedule: *mut tl_schedule, metric: f64, reduced: *mut bool) -> tl_status;

    /// Says whether reports to a plateau will do what a loop expects of them, before its first epoch instead
    /// of behind it: that the schedule is one of tl_schedule_plateau(), that the optimizer follows it (it is
    /// the schedule of the optimizer or of a group of it, or stands within that), and that it watches for a
    /// metric that is to rise (maximize) or to fall, as the loop does. TL_INVALID_ARGUMENT where it does not.
    /// tl_fit() asks so of its option `plateau`. Since 0.1.
    pub fn tl_optimizer_check_plateau(
        optimizer: *mut tl_optimizer,
        schedule: *mut tl_schedule,
        maximize: bool,
    ) -> tl_status;

    /// A schedule of the program's own. The callback runs on the thread of the call that needs the rate:
    /// tl_optimizer_apply(), a replay of a compiled step, tl_optimizer_learning_rate(), tl_schedule_rate().
    /// That call changes nothing and fails with the status that the callback returns, with TL_INVALID_ARGUMENT
    /// for a rate that is NaN, infinite or negative, and with TL_FAILED_PRECONDITION when the callback has
    /// called a function of the context; the message names the schedule, the step and what it got. Handles
    /// that it releases live on until the next call. name (copied) stands for it in messages. user_data (may
    /// be NULL) goes to it; destroy (may be NULL) runs once, when nothing uses the schedule any more, or when
    /// this call fails. NULL on failure. Since 0.1.
    pub fn tl_schedule_custom(
        context: *mut tl_context,
        name: *const c_char,
        callback: tl_rate_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
    ) -> *mut tl_schedule;

    /// The rate of a step, 0 or more; NaN on failure (the context holds the error). Since 0.1.
    pub fn tl_schedule_rate(schedule: *mut tl_schedule, step: i64) -> f64;

    /// Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds
    /// the error). Since 0.1.
    pub fn tl_schedule_keep(schedule: *mut tl_schedule) -> *mut tl_schedule;

    /// Gives it up before its scope ends. NULL and a released one do nothing. From any thread at any time.
    /// Since 0.1.
    pub fn tl_schedule_release(schedule: *mut tl_schedule);

    /// From now on the rate of each step is that of the schedule, at the number of steps that the optimizer
    /// has done before it; the variable "\<name>/learning_rate" rests. schedule may be NULL: the variable
    /// counts again. While there is a schedule, tl_optimizer_learning_rate() tells its rate of the next step,
    /// and tl_optimizer_set_learning_rate() is TL_FAILED_PRECONDITION. A rate that is not finite or negative
    /// fails the step that would take it. Outside of compiled steps only. Since 0.1.
    pub fn tl_optimizer_set_schedule(optimizer: *mut tl_optimizer, schedule: *mut tl_schedule) -> tl_status;

    /// Sets all fields to their defaults. Pass sizeof(tl_step_options). Does nothing for NULL. Since 0.1.
    pub fn tl_step_options_init(options: *mut tl_step_options, struct_size: usize);

    /// Sets the options of all steps. options may be NULL for the defaults. TL_FAILED_PRECONDITION after the
    /// first step or build; TL_INVALID_ARGUMENT for options that make no sense, and for a weight decay where
    /// the optimizer has one of its own, as tl_adamw() does. Outside of compiled steps only. Since 0.1.
    pub fn tl_optimizer_configure(optimizer: *mut tl_optimizer, options: *const tl_step_options)
        -> tl_status;

    /// Variables whose weights do not decay, biases and scales of normalisations as a rule: neither by the
    /// option nor by the optimizer's own weight decay. More of them with each call, before the first step or
    /// build (TL_FAILED_PRECONDITION). Outside of compiled steps only. Since 0.1.
    pub fn tl_optimizer_exclude_from_weight_decay(
        optimizer: *mut tl_optimizer,
        variables: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// Variables that a step sets to their gradients, as they are: not divided by a loss scale, not clipped,
    /// without weight decay, update, averages, Lookahead and constraint, and without slots. So state comes
    /// through that an op's gradient rule hands on in the place of a gradient: scales and histories of largest
    /// values in training with float8 (Micikevicius et al. 2022; Keras's overwrite_with_gradient). With
    /// gradient_accumulation_steps they become the largest, element by element, of the gradients of a step's
    /// calls and of 0, as in Keras; a call without a gradient counts for nothing, and a step whose last call
    /// has none leaves them. A gradient of theirs that is not finite makes a step fail or be skipped as any
    /// other does (non_finite), and they stay. Gradients of rows are refused. More variables with each call,
    /// before the first step or build (TL_FAILED_PRECONDITION). Outside of compiled steps only. Since 0.1.
    pub fn tl_optimizer_overwrite_with_gradient(
        optimizer: *mut tl_optimizer,
        variables: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// Each step of these variables ends with a projection of their elements to \[min, max\], one of which may
    /// be infinite: 0 and INFINITY keep weights from being negative (Keras's NonNeg), -c and c clip them
    /// (Arjovsky et al. 2017). It is the last thing that a step does, behind averages and their overwriting,
    /// as in Keras: averages are those of weights before it. Steps that only add up, or are skipped, and
    /// variables without a gradient are left alone; the weights before the first step too. A variable may have
    /// one constraint, and gradients of rows constrain all of it. Before the first step or build
    /// (TL_FAILED_PRECONDITION). TL_INVALID_ARGUMENT for min above max, NaN, two infinities, a second
    /// constraint, and optimizers that take no step options or, as tl_schedule_free_adamw(), compute weights
    /// from averages of their own. Outside of compiled steps only. Since 0.1.
    pub fn tl_optimizer_constrain_range(
        optimizer: *mut tl_optimizer,
        min: f64,
        max: f64,
        variables: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// As tl_optimizer_constrain_range(), for Euclidean norms over axes: weights w become w d / n with their
    /// norm n and d = n + rate (clip(n, min, max) - n). 0 and c are a largest norm (MaxNorm; Srivastava et al.
    /// 2014), 1 and 1 the norm 1 (UnitNorm), other numbers and a rate below 1 MinMaxNorm. Without axes (NULL
    /// and 0) the first one, as in Keras: of a kernel (inputs, outputs) the norms of what reaches each output;
    /// {0, 1, 2} is that of a kernel of a convolution. Axes may count from the end. What is within the bounds
    /// keeps its bits (Keras divides by n + 1e-7), and a norm of 0 stays. TL_INVALID_ARGUMENT for numbers
    /// other than 0 \<= min \<= max, max finite and above 0, rate in (0, 1\], and for axes that a variable
    /// does not have or that stand twice. Since 0.1.
    pub fn tl_optimizer_constrain_norm(
        optimizer: *mut tl_optimizer,
        min: f64,
        max: f64,
        rate: f64,
        axes: *const i64,
        num_axes: usize,
        variables: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// The loss, f32 or f64 of any shape, times the scale of now, which tl_optimizer_apply() divides its
    /// gradients by: take the gradient of this. The loss itself where there is no scale. Returns NULL on
    /// failure. Since 0.1.
    pub fn tl_optimizer_scale_loss(optimizer: *mut tl_optimizer, loss: *mut tl_tensor) -> *mut tl_tensor;

    /// The factor of tl_optimizer_scale_loss(), 1 where there is none; NaN on failure (the context holds the
    /// error). Outside of compiled steps. Since 0.1.
    pub fn tl_optimizer_loss_scale(optimizer: *mut tl_optimizer) -> f64;

    /// The number of calls that changed nothing because a gradient was not finite; -1 on failure (the context
    /// holds the error). Outside of compiled steps. Since 0.1.
    pub fn tl_optimizer_skipped_steps(optimizer: *mut tl_optimizer) -> i64;

    /// Exchanges weights and averages of all variables of the optimizer, for an evaluation; the next call
    /// exchanges them back. Meanwhile tl_optimizer_apply() is TL_FAILED_PRECONDITION. `count` variables are
    /// all that the optimizer has had gradients for, in any order (TL_INVALID_ARGUMENT).
    /// TL_FAILED_PRECONDITION without averages: use_ema, or tl_schedule_free_adamw(). Outside of compiled
    /// steps. Since 0.1.
    pub fn tl_optimizer_swap_averages(
        optimizer: *mut tl_optimizer,
        variables: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// Runs `function` for each example of a batch, all at once. axes says for each input along which axis its
    /// examples lie: negative ones count from the end, and TL_NO_AXIS stands for an input that is the same for
    /// each example. axes may be NULL: axis 0 of each input. All axes have one size, which may be 0, and at
    /// least one input has one. Inputs are tensors or variables of any dtype; the callback gets them without
    /// that axis. A variable that is an input is a plain value inside, which no tape there watches by itself:
    /// hand it over by user_data to have it watched. `function` runs once, on this thread, inside the context,
    /// as the callbacks of custom.h do, and sets num_outputs (1 or more) outputs. outputs gets one handle of
    /// the innermost scope for each, with the axis of the batch in front; an output that does not depend on
    /// the batch is repeated. user_data may be NULL; destroy (may be NULL) runs once, before this returns.
    /// Inside, a tensor that depends on the batch has the shape of one example and no values of its own:
    /// reading it (tl_tensor_item() and the like), assigning it to a variable and adding it to a metric are
    /// TL_FAILED_PRECONDITION. It has at most 7 axes, one less for each tl_vmap() around. tl_uniform() and
    /// tl_normal() draw once for all examples; tl_dropout() of such a tensor draws for each. Gradient rules of
    /// tl_custom_gradient() and segments of tl_recompute() work inside; they get what depends on the batch as
    /// inputs, for when they run again it is over. Using such a tensor after the end is
    /// TL_FAILED_PRECONDITION. On failure the outputs are NULL. Errors: those of the callback, unchanged, in
    /// which shapes are those of one example; TL_INVALID_ARGUMENT for axes that do not fit. Since 0.1.
    pub fn tl_vmap(
        context: *mut tl_context,
        function: tl_compute_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        inputs: *const *mut tl_tensor,
        axes: *const i64,
        num_inputs: usize,
        outputs: *mut *mut tl_tensor,
        num_outputs: usize,
    ) -> tl_status;

    /// One without objects. Returns NULL on failure. Since 0.1.
    pub fn tl_checkpoint_new(context: *mut tl_context) -> *mut tl_checkpoint;

    /// Adds a variable; name is its path in the files. Names are copied, UTF-8, not empty and not
    /// "__metadata__", which safetensors keeps for itself, and none may stand twice. Since 0.1.
    pub fn tl_checkpoint_add_variable(
        checkpoint: *mut tl_checkpoint,
        name: *const c_char,
        variable: *mut tl_tensor,
    ) -> tl_status;

    /// Adds all variables of a layer, as "\<name>/\<variable>": weights, and the averages of batch
    /// normalisation. It must be built before tl_checkpoint_save() and tl_checkpoint_restore(), or those are
    /// TL_FAILED_PRECONDITION. Since 0.1.
    pub fn tl_checkpoint_add_layer(
        checkpoint: *mut tl_checkpoint,
        name: *const c_char,
        layer: *mut tl_layer,
    ) -> tl_status;

    /// Adds the state of an optimizer, as "\<name>/\<variable>": steps, rate, slots, what its schedule
    /// remembers, and what step options count (accumulated gradients, averages of weights, the loss scale). A
    /// program that restores makes the slots first, by tl_optimizer_build() with the same variables in the
    /// same order. Since 0.1.
    pub fn tl_checkpoint_add_optimizer(
        checkpoint: *mut tl_checkpoint,
        name: *const c_char,
        optimizer: *mut tl_optimizer,
    ) -> tl_status;

    /// Adds the sums of a metric, as "\<name>/\<variable>". Since 0.1.
    pub fn tl_checkpoint_add_metric(
        checkpoint: *mut tl_checkpoint,
        name: *const c_char,
        metric: *mut tl_metric,
    ) -> tl_status;

    /// Adds the place of a dataset, in the midst of an epoch too, as "\<name>/position": what
    /// tl_dataset_save_position() gives. The program that restores makes the dataset in the same way; the next
    /// element is then the one that would have come. Since 0.1.
    pub fn tl_checkpoint_add_dataset(
        checkpoint: *mut tl_checkpoint,
        name: *const c_char,
        dataset: *mut tl_dataset,
    ) -> tl_status;

    /// Adds the random numbers of the context, as "\<name>/seed" and "\<name>/next_call": initialisers,
    /// dropout and random ops then go on as they would have. Since 0.1.
    pub fn tl_checkpoint_add_random(checkpoint: *mut tl_checkpoint, name: *const c_char) -> tl_status;

    /// Sets an integer of the program's own (an epoch, the patience that is left), which
    /// tl_checkpoint_get_int64() reads after restoring. It is added with the first call for a name, which must
    /// come before restoring; a name keeps its kind. Since 0.1.
    pub fn tl_checkpoint_set_int64(
        checkpoint: *mut tl_checkpoint,
        name: *const c_char,
        value: i64,
    ) -> tl_status;

    /// Likewise a number (the best loss so far). Infinities and NaN are kept, but for the payload of a NaN.
    /// Since 0.1.
    pub fn tl_checkpoint_set_double(
        checkpoint: *mut tl_checkpoint,
        name: *const c_char,
        value: f64,
    ) -> tl_status;

    /// Likewise a text, which is copied, of any bytes but NUL. Since 0.1.
    pub fn tl_checkpoint_set_text(
        checkpoint: *mut tl_checkpoint,
        name: *const c_char,
        text: *const c_char,
    ) -> tl_status;

    /// Reads an integer that was set or restored into *value. TL_INVALID_ARGUMENT for a name that was never
    /// set, or set as another kind. Since 0.1.
    pub fn tl_checkpoint_get_int64(
        checkpoint: *mut tl_checkpoint,
        name: *const c_char,
        value: *mut i64,
    ) -> tl_status;

    /// Reads a number that was set or restored into *value. TL_INVALID_ARGUMENT as above. Since 0.1.
    pub fn tl_checkpoint_get_double(
        checkpoint: *mut tl_checkpoint,
        name: *const c_char,
        value: *mut f64,
    ) -> tl_status;

    /// Reads a text that was set or restored: at most capacity bytes are written, the final NUL included;
    /// *length (may be NULL) gets the length of the whole text without the NUL. buffer may be NULL when
    /// capacity is 0. TL_INVALID_ARGUMENT as above. Since 0.1.
    pub fn tl_checkpoint_get_text(
        checkpoint: *mut tl_checkpoint,
        name: *const c_char,
        buffer: *mut c_char,
        capacity: usize,
        length: *mut usize,
    ) -> tl_status;

    /// Writes everything into a new folder `path`, whose parent must be there. TL_FAILED_PRECONDITION where it
    /// is there already, TL_IO (no space left, no permission); then nothing is left of it. For more than one
    /// of them see tl_checkpoint_manager_new(). Not inside the step of a tl_function. Since 0.1.
    pub fn tl_checkpoint_save(checkpoint: *mut tl_checkpoint, path: *const c_char) -> tl_status;

    /// Restores everything from a folder that was saved. What it holds must be exactly what the objects have a
    /// place for: otherwise TL_INVALID_ARGUMENT, and the message lists what is missing, extra, or of another
    /// dtype, shape or kind (20 names of each at the most). TL_NOT_FOUND, TL_IO, TL_CORRUPT_DATA (a bit that
    /// flipped anywhere, too), TL_UNSUPPORTED (a newer version). A failure of any kind leaves all objects as
    /// they were. Open tapes do not see it. Not inside the step of a tl_function. Since 0.1.
    pub fn tl_checkpoint_restore(checkpoint: *mut tl_checkpoint, path: *const c_char) -> tl_status;

    /// tl_checkpoint_restore() of what is there and fits; everything else stays as it is, and so does an
    /// object that does not take its values, as a dataset that is shorter than its place. What did not take
    /// part is reported as text, "" for nothing: at most capacity bytes are written, the final NUL included;
    /// *length (may be NULL) gets the length of the whole text without the NUL. buffer may be NULL when
    /// capacity is 0. Since 0.1.
    pub fn tl_checkpoint_restore_partly(
        checkpoint: *mut tl_checkpoint,
        path: *const c_char,
        buffer: *mut c_char,
        capacity: usize,
        length: *mut usize,
    ) -> tl_status;

    /// Moves the checkpoint one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the
    /// context holds the error). Since 0.1.
    pub fn tl_checkpoint_keep(checkpoint: *mut tl_checkpoint) -> *mut tl_checkpoint;

    /// Gives the checkpoint up before its scope ends; files stay, and managers of it go on. NULL and a
    /// released checkpoint do nothing. From any thread at any time. Since 0.1.
    pub fn tl_checkpoint_release(checkpoint: *mut tl_checkpoint);

    /// Sets all fields to their defaults. Pass sizeof(tl_checkpoint_manager_options). Does nothing for NULL.
    /// Since 0.1.
    pub fn tl_checkpoint_manager_options_init(
        options: *mut tl_checkpoint_manager_options,
        struct_size: usize,
    );

    /// A manager of the checkpoints in `folder`, which need not be there yet. Nothing is touched before the
    /// first save, or before tl_checkpoint_manager_take(). It keeps the checkpoint alive. options may be NULL.
    /// Returns NULL on failure. Since 0.1.
    pub fn tl_checkpoint_manager_new(
        context: *mut tl_context,
        checkpoint: *mut tl_checkpoint,
        folder: *const c_char,
        options: *const tl_checkpoint_manager_options,
    ) -> *mut tl_checkpoint_manager;

    /// Writes "\<folder>/step-\<step>" with what the objects hold now, then removes checkpoints that no longer
    /// stay, and what a writer that was killed has left. The first save takes the folder until the manager
    /// ends: TL_BUSY where another one has it, also where the folder was removed meanwhile and another one has
    /// made it anew. metric is what `best` compares; NaN: none, which is worse than any. Old is what was
    /// written before, whatever its step (a serial number in each manifest says): a run that has gone back to
    /// step 40 and saves 41 keeps 41, while checkpoints of later steps go as they age. TL_FAILED_PRECONDITION
    /// for a step that is there (a damaged one is replaced), TL_INVALID_ARGUMENT for a negative step, TL_IO
    /// (no space left, no permission). A failure leaves the earlier checkpoints. An asynchronous save returns
    /// at once, since values never change: the program goes on, and a thread writes what they were. The next
    /// call on the manager waits for it; where it has failed that call does nothing else and returns its
    /// error, once. Releasing the manager waits, too, and a failure is then a log line. Until that call the
    /// memory of the old values stays in use beside that of the new ones. Not inside the step of a
    /// tl_function. Since 0.1.
    pub fn tl_checkpoint_manager_save(
        manager: *mut tl_checkpoint_manager,
        step: i64,
        metric: f64,
    ) -> tl_status;

    /// Takes the folder now instead of with the first save, until the manager ends: makes it where it is not
    /// there, and removes what a writer that was killed has left. For a run that is to hear before its first
    /// step, and not when it has something to save, that the folder cannot be written (TL_IO, TL_NOT_FOUND) or
    /// that another one has it (TL_BUSY). Taking it again does nothing. Not inside the step of a tl_function.
    /// Since 0.1.
    pub fn tl_checkpoint_manager_take(manager: *mut tl_checkpoint_manager) -> tl_status;

    /// Waits for an asynchronous save, and returns how it went. Since 0.1.
    pub fn tl_checkpoint_manager_wait(manager: *mut tl_checkpoint_manager) -> tl_status;

    /// The step of the checkpoint written last among those that are whole, for which each byte is read; -1
    /// where there is none, and -1 on failure (the context holds the error). Damaged ones are named in the
    /// log. Since 0.1.
    pub fn tl_checkpoint_manager_latest(manager: *mut tl_checkpoint_manager) -> i64;

    /// The step of the best checkpoint by its metric; -1 where there is none, and -1 on failure (the context
    /// holds the error): TL_FAILED_PRECONDITION for a manager without `best`. Since 0.1.
    pub fn tl_checkpoint_manager_best(manager: *mut tl_checkpoint_manager) -> i64;

    /// The steps of the checkpoints in the folder, ascending: at most capacity of them in steps, which may be
    /// NULL when capacity is 0; their number to *count. Since 0.1.
    pub fn tl_checkpoint_manager_steps(
        manager: *mut tl_checkpoint_manager,
        steps: *mut i64,
        capacity: usize,
        count: *mut usize,
    ) -> tl_status;

    /// tl_checkpoint_restore() of the checkpoint of a step. Since 0.1.
    pub fn tl_checkpoint_manager_restore(manager: *mut tl_checkpoint_manager, step: i64) -> tl_status;

    /// tl_checkpoint_restore() of the checkpoint that was written last and is whole, which after going back is
    /// not that of the largest step; *step gets its step, or -1 where there is none, which is TL_OK: the run
    /// begins. Damaged ones are passed over and named in the log. One that is whole and does not fit the
    /// objects is TL_INVALID_ARGUMENT. Since 0.1.
    pub fn tl_checkpoint_manager_restore_latest(
        manager: *mut tl_checkpoint_manager,
        step: *mut i64,
    ) -> tl_status;

    /// Moves the manager one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the
    /// context holds the error). Since 0.1.
    pub fn tl_checkpoint_manager_keep(manager: *mut tl_checkpoint_manager) -> *mut tl_checkpoint_manager;

    /// Gives the manager up before its scope ends, and with it the folder, after a save that is going on. NULL
    /// and a released manager do nothing. From any thread at any time. Since 0.1.
    pub fn tl_checkpoint_manager_release(manager: *mut tl_checkpoint_manager);

    /// Sets all fields to zero. Pass sizeof(tl_machine_peaks). Does nothing for NULL. Since 0.1.
    pub fn tl_machine_peaks_init(peaks: *mut tl_machine_peaks, struct_size: usize);

    /// Sets all fields to their defaults. Pass sizeof(tl_peak_options). Does nothing for NULL. Since 0.1.
    pub fn tl_peak_options_init(options: *mut tl_peak_options, struct_size: usize);

    /// Measures this machine with the threads of the context, and fills all fields that the struct has room
    /// for: multiply-adds in registers of the widest kind that the library uses; y = a + b, 12 bytes an
    /// element (McCalpin's add), with arrays of half a cache of levels 1 and 2, a quarter of level 3, and four
    /// times level 3, of which at most 32 MiB count. It works for about half a second on all threads, 2 ms or
    /// more for each turn, and holds 64 to 128 MiB of memory meanwhile, which is outside the context's limit.
    /// Other load on the machine makes the numbers smaller. Where options are NULL they have their defaults.
    /// TL_INVALID_ARGUMENT (a struct without its size, turns out of range), TL_CANCELLED, TL_OUT_OF_MEMORY:
    /// peaks are as they were. Since 0.1.
    pub fn tl_measure_peaks(
        context: *mut tl_context,
        options: *const tl_peak_options,
        peaks: *mut tl_machine_peaks,
    ) -> tl_status;

    /// The bound of the plan that was used last, by the roofline model (Williams, Waterman and Patterson,
    /// 2009): of what tl_function_stats() tells and the peaks that are given. Caches of levels 1 and 2 count
    /// once for each thread. Nothing is timed. Works while the context holds an error. It is a bound of this
    /// plan, not of the task: another plan may compute less. Kernels whose operands lie in a faster level than
    /// the whole step can move their bytes faster than it says. Peaks are of f32: a step in f64 takes twice
    /// its arithmetic_seconds or more. TL_FAILED_PRECONDITION when there is no plan yet: the second call with
    /// inputs of a kind makes it. TL_INVALID_ARGUMENT for peaks that are not above zero and finite, or a
    /// struct without its size; nothing is filled then. Since 0.1.
    pub fn tl_function_bound(
        function: *mut tl_function,
        peaks: *const tl_machine_peaks,
        bound: *mut tl_bound_statistics,
    ) -> tl_status;

    /// Sets all fields to their defaults. Pass sizeof(tl_group_options). Does nothing for NULL. Since 0.1.
    pub fn tl_group_options_init(options: *mut tl_group_options, struct_size: usize);

    /// The group of the processes that a launcher has started, as options or its environment say:
    /// tapeloop-run, torchrun, Open MPI, Hydra and Slurm. Waits until all have joined. Without a launcher, or
    /// with one that has started one process, it is a group of one, in which every call gives back what it
    /// gets; never where there are several. MPI starts once in a process, lives until it ends (tl_mpi_end()),
    /// and gives each group a communicator of its own, which stays: MPICH has some 2,000 of them, Open MPI
    /// keeps 50 kB for each. A group that has been released, or has failed while all ranks live, is made anew
    /// as over Gloo. All ranks of the job take part; MPI knows no others. Where MASTER_ADDR and MASTER_PORT
    /// (or the options) say where ranks meet, as tapeloop-run --backend mpi does, they meet there first, so
    /// that a missing rank is named. By mpirun alone they meet in MPI_Init, which knows no deadline and lists
    /// nobody: it runs on a thread of its own, which is given up when the time is over or the context is
    /// cancelled, with MPI; the process can make no group by it then (TL_FAILED_PRECONDITION). TL_UNSUPPORTED:
    /// the engine is not installed; the message names its package. TL_INVALID_ARGUMENT: half an environment,
    /// two launchers that contradict one another, a backend of another name. On all ranks alike: TL_TIMED_OUT,
    /// which lists the ranks that are missing; TL_MISMATCH, where the library's version, the engine or the
    /// number of ranks (at most 1024) differ, or two come as one. TL_PEER_LOST where nobody answers at the
    /// address of rank 0; where its server refuses the job or token, after 6 s; where its name stays unknown,
    /// after 30 s. NULL on failure. A process has one group of its job at a time: release it, and the groups
    /// that were split off, before you make the next. A second one is TL_MISMATCH, since a rank comes twice. A
    /// process that is killed is found at once, one that has stopped or is cut off after the lease: the others
    /// get TL_PEER_LOST, go on with their tensors and variables, and may make a group anew. For that each
    /// releases the old one and asks for a higher generation than it had, tl_group_generation(), at once;
    /// where tl_group_new() itself has failed and there is no group to ask, than it asked for before. (At the
    /// same one it may meet the server of the group that has failed, which says so again.) All join that which
    /// is the highest, so a process that has been started in the place of a lost one (tapeloop-run --replace)
    /// need not know how often the others have done so. With another rank and size the survivors go on as
    /// fewer. Then tl_group_synchronize() brings all to one state. The group is of the process that made it,
    /// not of one that is forked off. Its threads take no signals, and SIGPIPE stays as the program has it.
    /// The network must be one whose machines trust one another: nothing is encrypted. options may be NULL.
    /// Since 0.1.
    pub fn tl_group_new(context: *mut tl_context, options: *const tl_group_options) -> *mut tl_group;

    /// Ends MPI where tl_group_new() has started it, waits for all ranks to do so, and lets the process make
    /// no group by it any more. Does nothing without MPI, while a group is open, and where the last one has
    /// failed. exit() calls it: it is for programs that end without exit(), which mpirun takes for failed.
    /// Since 0.1.
    pub fn tl_mpi_end();

    /// Where `size` (1 to 1024) ranks meet. Its context may be any that outlives their joining, also one of
    /// theirs. NULL on failure. Since 0.1.
    pub fn tl_rendezvous_new(context: *mut tl_context, size: i32) -> *mut tl_rendezvous;

    /// Joins a group as one of its ranks, and waits until all have joined: each on a thread of its own, with a
    /// context of its own. A rendezvous is for one group: TL_FAILED_PRECONDITION where all have joined.
    /// `rendezvous` is of any context, and may be in use by others. options may be NULL. On all ranks alike:
    /// TL_TIMED_OUT, which lists the ranks that are missing, and TL_MISMATCH where two join as one. NULL on
    /// failure. Since 0.1.
    pub fn tl_group_join(
        context: *mut tl_context,
        rendezvous: *mut tl_rendezvous,
        rank: i32,
        options: *const tl_group_options,
    ) -> *mut tl_group;

    /// A group within the group, of the ranks that give the same color, in the order of `key`, then of their
    /// ranks. A color below 0 is that of no group: NULL without an error. All ranks call it. It has the
    /// timeout of the group. NULL on failure. What goes wrong in it in the midst of a call, because a rank is
    /// cancelled, late, lost or out of memory there, ends all: this group, the one around it and all others
    /// within that, whether ranks are threads or processes. Messages name ranks by their numbers in the
    /// outermost group, with those in the group where it happened beside them: "rank 3 (rank 0 of a group
    /// within the group) did not come to step 5 (barrier)". So does a rank that fails between two calls of the
    /// outermost group. One that does so between two calls of this group, or releases it, and calls of it that
    /// differ, end this group alone, whose ranks may go on in the others. What a group of processes has used
    /// is given back when all of its ranks have released it and a group around it is split again. Since 0.1.
    pub fn tl_group_split(group: *mut tl_group, color: i64, key: i64) -> *mut tl_group;

    /// The number of this rank, from 0; -1 on failure. Works while the context holds an error. Since 0.1.
    pub fn tl_group_rank(group: *mut tl_group) -> i32;

    /// How many ranks there are; -1 on failure. Works while the context holds an error. Since 0.1.
    pub fn tl_group_size(group: *mut tl_group) -> i32;

    /// The number of this rank among those of the group on its machine: as LOCAL_RANK says, or what another
    /// launcher has set; where none has, where the options give rank and size, and after tl_group_split(), as
    /// the ranks find out when they join. -1 on failure. Works while the context holds an error. Since 0.1.
    pub fn tl_group_local_rank(group: *mut tl_group) -> i32;

    /// How many collectives of the group have ended well, barriers and splits too, also those of replays but
    /// where the group is of one; -1 on failure. Works while the context holds an error. Since 0.1.
    pub fn tl_group_steps(group: *mut tl_group) -> i64;

    /// Which making of the group this is: what its ranks have asked for, or the highest of it; 0 of threads
    /// and of one process. -1 on failure. Works while the context holds an error. Since 0.1.
    pub fn tl_group_generation(group: *mut tl_group) -> i64;

    /// Sets how long each call waits for the other ranks, in seconds above 0. Since 0.1.
    pub fn tl_group_set_timeout(group: *mut tl_group, seconds: f64) -> tl_status;

    /// Cuts the lists that tl_group_all_reduce_list() gets into buckets, each an exchange of its own: from the
    /// end of the list to its beginning, neighbours until they have `bytes` together. Gradients in the order
    /// of the forward pass so go in the order in which the backward pass makes them. 0 (default): each list is
    /// one exchange. The bits are the same whatever the buckets. All ranks set the same number before the same
    /// call, else the next reduction to all is TL_MISMATCH on all, however short the list; groups that are
    /// split off later have it, too. A compiled step that was recorded before keeps its buckets. Since 0.1.
    pub fn tl_group_set_bucket_bytes(group: *mut tl_group, bytes: u64) -> tl_status;

    /// As what the TL_F32 tensors travel of which tl_group_all_reduce_list() makes sums or means. TL_WIRE_F32
    /// (default): as they are. TL_WIRE_BF16: each rank rounds its own to bf16, to the nearest, of two to the
    /// even one; they are added in f32, in the order of the ranks; and the sum or mean is rounded to bf16, and
    /// is f32 again where it has come. That is half the bytes, both ways, for two passes over memory. All
    /// ranks get the same bits, whatever the buckets, overlap, threads and engine; those of another number of
    /// ranks differ. It takes no memory. PyTorch's bf16_compress_hook sends the same, but adds in bf16. How
    /// far an element of n ranks is from the exact sum of theirs: at most (2^-7+2^-16+n*2^-23)*A and
    /// (n+1)*2^-134, together, where A is the sum of the absolute values; a mean by that divided by n, and
    /// 2^-134. With one sign that is 0.8 % of an element, of gradients that all but cancel out any share of
    /// it. From 2^128-2^119 on (3.4e38) a value becomes an infinity; a NaN is one for all ranks. Everything
    /// else goes as it is: other dtypes, extremes, what tl_group_all_reduce() and all other functions send. A
    /// group of one rounds nothing. TL_REDUCE_SUM_BY_PAIRS, whose bits are those of any number of ranks, is
    /// TL_INVALID_ARGUMENT with it. Gradients and tangents of such a list travel as it does, and take the
    /// rounding for the identity. All ranks set the same before the same call, else the next list is
    /// TL_MISMATCH on all, before data move; groups that are split off later have it, too. A compiled step
    /// that was recorded before keeps its own. Since 0.1.
    pub fn tl_group_set_wire_dtype(group: *mut tl_group, dtype: tl_wire_dtype) -> tl_status;

    /// Whether compiled steps make long exchanges (from 32 KiB on) beside their kernels, on a thread of the
    /// group's that takes no signals: as soon as a bucket of gradients is there, while the others are
    /// computed. false (default): each exchange in its place. The calls, their order and the bits are the
    /// same, so each rank may choose; failures are those of the call of the function, as without, and a step
    /// that fails has changed nothing. It holds for steps that are planned later, and for groups that are
    /// split off later. Worth it, with buckets of 1 MiB, where ranks wait for the network: layers of 4 MiB
    /// over 1 Gb/s took two thirds of the time. Since 0.1.
    pub fn tl_group_set_overlap(group: *mut tl_group, on: bool) -> tl_status;

    /// Ends the group for all of its ranks, which get TL_PEER_LOST with the number of this one and `reason`,
    /// text that is copied: where a program finds that it cannot go on. Nothing where the group has ended
    /// before. Works while the context holds an error. Since 0.1.
    pub fn tl_group_leave(group: *mut tl_group, reason: *const c_char) -> tl_status;

    /// Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds
    /// the error). Since 0.1.
    pub fn tl_group_keep(group: *mut tl_group) -> *mut tl_group;

    /// Leaves the group: ranks that wait for this one get TL_PEER_LOST. One of processes stays up to 5 s for
    /// those that are in their last call, unless it has failed. NULL and a released one do nothing. From any
    /// thread at any time. Since 0.1.
    pub fn tl_group_release(group: *mut tl_group);

    /// Moves it one scope out, as tl_keep() moves a tensor; returns it, or NULL on failure (the context holds
    /// the error). Since 0.1.
    pub fn tl_rendezvous_keep(rendezvous: *mut tl_rendezvous) -> *mut tl_rendezvous;

    /// Gives it up, as the end of its context does: no rank can join any more, those that wait for others to
    /// join get TL_PEER_LOST, and groups that have joined go on. NULL and a released one do nothing. From any
    /// thread at any time. Since 0.1.
    pub fn tl_rendezvous_release(rendezvous: *mut tl_rendezvous);

    /// Waits until all ranks have come. Since 0.1.
    pub fn tl_group_barrier(group: *mut tl_group) -> tl_status;

    /// The reduction over ranks of x, of any shape and a number type (floating for means), on all of them.
    /// Gradient: the same of the output gradients; an extreme that several ranks hold shares it evenly. NULL
    /// on failure. Since 0.1.
    pub fn tl_group_all_reduce(
        group: *mut tl_group,
        x: *mut tl_tensor,
        reduction: tl_reduce_op,
    ) -> *mut tl_tensor;

    /// The same of `count` tensors in one step, or one for each bucket (tl_group_set_bucket_bytes()), without
    /// a copy into a buffer: gradients, say. outputs gets as many, of the same dtypes and shapes; NULLs on
    /// failure. It lies apart from `tensors`: TL_INVALID_ARGUMENT where the two share an element, and both
    /// stay as they are. Since 0.1.
    pub fn tl_group_all_reduce_list(
        group: *mut tl_group,
        tensors: *const *mut tl_tensor,
        count: usize,
        reduction: tl_reduce_op,
        outputs: *mut *mut tl_tensor,
    ) -> tl_status;

    /// The sum or mean over ranks of x at rank `root`; zeros of its shape on the others. NULL on failure.
    /// Since 0.1.
    pub fn tl_group_reduce(
        group: *mut tl_group,
        x: *mut tl_tensor,
        reduction: tl_reduce_op,
        root: i32,
    ) -> *mut tl_tensor;

    /// The x of all ranks, one behind another along the first axis, whose size may differ; scalars become a
    /// vector. Any dtype. Gradient: a sum over ranks, of which each gets its rows. NULL on failure. Since 0.1.
    pub fn tl_group_all_gather(group: *mut tl_group, x: *mut tl_tensor) -> *mut tl_tensor;

    /// This rank's rows of the sum or mean over ranks of x, which has at least one axis: parts that differ by
    /// one row at most, the larger ones first. Gradient: a gather. NULL on failure. Since 0.1.
    pub fn tl_group_reduce_scatter(
        group: *mut tl_group,
        x: *mut tl_tensor,
        reduction: tl_reduce_op,
    ) -> *mut tl_tensor;

    /// The x of rank `root`, on all ranks; theirs must have its dtype and shape. Gradient: the sum over ranks
    /// at the root. NULL on failure. Since 0.1.
    pub fn tl_group_broadcast(group: *mut tl_group, x: *mut tl_tensor, root: i32) -> *mut tl_tensor;

    /// Cuts the first axis of x, a multiple of the number of ranks, into a block for each: block j goes to
    /// rank j, where the blocks lie in the order of the ranks they came from. Gradient: the same. NULL on
    /// failure. Since 0.1.
    pub fn tl_group_all_to_all(group: *mut tl_group, x: *mut tl_tensor) -> *mut tl_tensor;

    /// Gives variables the values of rank 0's, all of them or, on failure, none: before the first step. Those
    /// of a layer exist once it has been called. Since 0.1.
    pub fn tl_group_mirror(group: *mut tl_group, variables: *const *mut tl_tensor, count: usize)
        -> tl_status;

    /// Makes sure that variables have the same bits on all ranks: else TL_MISMATCH on all, with the first rank
    /// that differs from rank 0 and the variable's name. Since 0.1.
    pub fn tl_group_check_mirrored(
        group: *mut tl_group,
        variables: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// Gives variables of floating types their mean over ranks, all of them or, on failure, none: the moving
    /// statistics of batch normalisation, or weights that have trained apart for some steps. The latter is
    /// local SGD (Stich 2019, "Local SGD converges fast and communicates little"; of unlike data McMahan et
    /// al. 2017, FedAvg): each rank applies its own gradients, without tl_group_all_reduce_list(), in as many
    /// steps as all others, and `if (step % K == 0) status = tl_group_average_variables(group, weights, n)`
    /// gives all their mean: a K-th of the exchanges, for weights that differ in between. What the optimizer
    /// remembers stays each rank's own, unless its floating slots (tl_optimizer_variables()) are averaged
    /// alike. Its loss is the mean of the rank's own examples, not tl_group_average_loss(). The steps may be
    /// compiled; the mean stands between them. Since 0.1.
    pub fn tl_group_average_variables(
        group: *mut tl_group,
        variables: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// This rank's part of the mean loss: the sum of `losses`, one for each of its examples, of any floating
    /// dtype and shape, divided by the number of losses on all ranks, which it asks them for; a rank may have
    /// none. A scalar; 0 where no rank has one. The sum over ranks of the parts is the mean over the whole
    /// batch, and the sum of their gradients its gradient: reduce both with TL_REDUCE_SUM. TL_MISMATCH on all
    /// ranks where the dtypes of the losses differ, also on a rank that has none. NULL on failure. Since 0.1.
    pub fn tl_group_average_loss(group: *mut tl_group, losses: *mut tl_tensor) -> *mut tl_tensor;

    /// What a metric gives of the updates on all ranks, as tl_metric_result_tensor() does of those on one; its
    /// own state stays as it is. TL_MISMATCH on all ranks, before anything is added, where it is not the same
    /// metric on each: of another kind, with other options or thresholds, or of another name; of
    /// tl_metric_custom() the names and shapes of its state are compared, not its functions. TL_UNSUPPORTED
    /// where states cannot be added: tl_metric_r2(). NULL on failure. Since 0.1.
    pub fn tl_group_metric_result(group: *mut tl_group, metric: *mut tl_metric) -> *mut tl_tensor;

    /// This rank's rows of each element of `source`, which is a batch for all ranks, the same on each: shuffle
    /// with the same seed. The parts differ by one row at most, the larger ones first; of a last batch of
    /// fewer rows than ranks some ranks get 0 rows, and come along all the same. Nothing is copied. Not a
    /// collective. NULL on failure. Since 0.1.
    pub fn tl_group_distribute(group: *mut tl_group, source: *mut tl_dataset) -> *mut tl_dataset;

    /// Shares the state of an optimizer out over the ranks (ZeRO stage 1: Rajbhandari et al. 2020, "ZeRO:
    /// memory optimizations toward training trillion parameter models"): each of `variables` gets an owner,
    /// which alone keeps its slots, the largest variable first, of equals the first, and each goes to the rank
    /// that has the fewest bytes so far, of equals the lowest. The slots of the others are gone: of n ranks
    /// each keeps about one n-th, and no variable is cut. The list holds all that the optimizer has slots for;
    /// those that it has not seen get theirs. Nothing is sent: all ranks pass the same list, in the same
    /// order. From now on each step is one of tl_group_apply_sharded(); tl_optimizer_apply() is
    /// TL_FAILED_PRECONDITION. TL_UNSUPPORTED for an optimizer with step options, averages or groups of
    /// variables: clip by tl_clip_by_global_norm(), before the step. TL_FAILED_PRECONDITION for one that is
    /// sharded. Not inside the step of a tl_function. Since 0.1.
    pub fn tl_group_shard_optimizer(
        group: *mut tl_group,
        optimizer: *mut tl_optimizer,
        variables: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// tl_optimizer_apply() of an optimizer that is sharded: each rank computes the new values of its own
    /// variables, all exchange these in one step, and all variables change. gradients: what
    /// tl_group_all_reduce_list() gave, the same on all ranks; NULL for a variable that stays as it is, on all
    /// ranks alike. The bits are those of tl_optimizer_apply() on every rank. What fails, on whichever rank,
    /// leaves variables, slots and the count of steps as they were. May stand in a compiled step. It sends
    /// each variable once, beside the sum of the gradients: half as much again as without shares; new values
    /// take the memory of the variables a second time, for the moment. After a rank was lost its slots are
    /// lost, too: survivors make the group anew, with the same number of ranks or another, restore a
    /// checkpoint into an optimizer that has all slots, and shard it. TL_FAILED_PRECONDITION where the rank of
    /// this process is not that of tl_group_shard_optimizer(). Since 0.1.
    pub fn tl_group_apply_sharded(
        group: *mut tl_group,
        optimizer: *mut tl_optimizer,
        gradients: *const *mut tl_tensor,
        variables: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// Gives all slots to all ranks: for a checkpoint, which so can be restored by any number of ranks, or to
    /// step as before. `variables` are all of the optimizer's, in the order of tl_group_shard_optimizer(),
    /// which may follow again: status = tl_group_gather_optimizer(group, adam, weights, n); if (status ==
    /// TL_OK) status = tl_group_save_sharded(group, manager, step, NAN); each rank writes a share if (status
    /// == TL_OK) status = tl_group_shard_optimizer(group, adam, weights, n); A failure leaves it sharded. Not
    /// inside the step of a tl_function. Since 0.1.
    pub fn tl_group_gather_optimizer(
        group: *mut tl_group,
        optimizer: *mut tl_optimizer,
        variables: *const *mut tl_tensor,
        count: usize,
    ) -> tl_status;

    /// The vote of a step, before it: one small message of each rank. `step` is its number, the same on all
    /// ranks; `weight` what this rank brings to it, such as its number of examples, not negative: a rank whose
    /// data have ended goes on with 0, and comes along in every collective, until all have ended. stop and
    /// save say what this rank wants: after a signal, or on a clock of its own. All ranks get the same
    /// *decision, and so stop and save at the same step. Plans of compiled steps are not part of it, nor
    /// compared anywhere: ranks may record, replay and run eagerly as they like. What is compared is each
    /// collective, by all that it is (see "Order" above), when ranks come to it. TL_MISMATCH on all ranks
    /// where they are at different steps: it names the first that differs from rank 0, and both numbers. Since
    /// 0.1.
    pub fn tl_group_vote(
        group: *mut tl_group,
        step: i64,
        weight: f64,
        stop: bool,
        save: bool,
        decision: *mut tl_group_decision,
    ) -> tl_status;

    /// Brings all ranks to one state: that of the rank with the highest `step`, the lowest of several. All
    /// that the checkpoint holds goes through the group, and no file is needed: layers, optimizers, metrics,
    /// places of datasets, random numbers, the program's values. *step_of_all gets its step. Where all are at
    /// the same step it is rank 0's, as before the first step. Each rank has the same objects under the same
    /// names, and layers and optimizers that have been built. After a failure some ranks may have taken the
    /// step that others were in: those stand at one more. What a step that has failed has changed on a rank
    /// beside the optimizer, such as the place of a dataset, the program takes back before it calls this: what
    /// is sent must be whole at its step. A rank that is new says step -1, or that of the checkpoint that it
    /// has restored. Random numbers become the same on all ranks, too, where they are added. Those that a step
    /// has drawn which fails stay drawn, but for a replay's: where each step is begun by tl_context_set_seed()
    /// with a number that follows from its own, a run that goes on has the bits of one that nobody has
    /// disturbed. TL_MISMATCH on all ranks where objects differ, with the first rank that differs from rank 0,
    /// and the path. A rank whose call fails stays as it was. Since 0.1.
    pub fn tl_group_synchronize(
        group: *mut tl_group,
        checkpoint: *mut tl_checkpoint,
        step: i64,
        step_of_all: *mut i64,
    ) -> tl_status;

    /// tl_checkpoint_manager_save() of rank 0, for all: the others wait until it has been written, and for
    /// them manager may be NULL. What fails there, such as a full disk, is an error on all ranks, with rank
    /// 0's code and text: the checkpoints before stay, and the group goes on. One that is asynchronous is
    /// waited for. Since 0.1.
    pub fn tl_group_save(
        group: *mut tl_group,
        manager: *mut tl_checkpoint_manager,
        step: i64,
        metric: f64,
    ) -> tl_status;

    /// tl_checkpoint_manager_save() of all ranks together: each writes its share of the tensors, at the same
    /// time. Every rank passes a manager of its own, with the same objects at the same step, of one folder
    /// that all of them see, on other machines too. The checkpoint is there from one moment on, in which rank
    /// 0, when all shares have been written and synced, has written the manifest and renames the folder:
    /// whatever happens before, a rank that is killed, a full disk, a machine that is lost, leaves the
    /// checkpoints before it as they were. It is restored as any other, by any number of ranks:
    /// tl_checkpoint_manager_restore_latest() passes over one of which a share is missing or damaged. Shares:
    /// of the tensors the largest comes first, of equals in the order of their paths, and each goes to the
    /// rank that has the fewest bytes so far, of equals the lowest. All else is rank 0's: values that are no
    /// tensors, and places of datasets. The variables must have the same values on all ranks, as after every
    /// step of mirrored ones (tl_group_check_mirrored() looks). What fails on a rank while it writes is an
    /// error on all ranks, with its code, text and number, and the group goes on. TL_MISMATCH on all ranks
    /// where objects or steps differ. rank 0's manager takes the folder (TL_BUSY where another has it), and
    /// its options and metric count. An asynchronous save before it is waited for, and so is this one. Not
    /// inside the step of a tl_function. Since 0.1.
    pub fn tl_group_save_sharded(
        group: *mut tl_group,
        manager: *mut tl_checkpoint_manager,
        step: i64,
        metric: f64,
    ) -> tl_status;

    /// Sets all fields to their defaults. Pass sizeof(tl_replicas_options). Does nothing for NULL. Since 0.1.
    pub fn tl_replicas_options_init(options: *mut tl_replicas_options, struct_size: usize);

    /// Runs `count` (1 to 1024) replicas as threads, which take no signals, and waits until all have returned.
    /// `context` is in use meanwhile; tl_context_cancel() of it cancels the replicas. Where some fail, the
    /// error is that of the one that failed first for a reason of its own, with its rank. options may be NULL.
    /// user_data is passed to all of them, which share it. Since 0.1.
    pub fn tl_replicas_run(
        context: *mut tl_context,
        count: i32,
        options: *const tl_replicas_options,
        replica: tl_replica_callback,
        user_data: *mut c_void,
    ) -> tl_status;

    /// Sets all fields to their defaults. Pass sizeof(tl_fit_options). Does nothing for NULL. Since 0.1.
    pub fn tl_fit_options_init(options: *mut tl_fit_options, struct_size: usize);

    /// Trains: for each batch of train, from where it stands, the loss, its gradient for the trainable
    /// variables of the model, and a step of the optimizer. A model that is not built is built for the first
    /// element of a second iteration of train. loss gets the predictions and then the tensors of the batch,
    /// and sets one output, a single number; it runs inside the step, whose scope ends what it makes, and can
    /// end neither the context nor a scope that it has not begun. callback may be NULL. user_data (may be
    /// NULL) goes to both; destroy (may be NULL) runs once, before this returns. options may be NULL for the
    /// defaults; what they name must live until this returns. *state is filled, also on failure; state may be
    /// NULL. No object passes into the ownership of the fit. With `checkpoints` everything that the fit
    /// changes is in each checkpoint: model, optimizer, place of the dataset, random numbers, metrics, what is
    /// monitored, the best values. A fit that is killed at any moment, or stopped, and called again by a
    /// program that made everything in the same way, goes on with the same bits; one that had ended ends
    /// again. Its directory is that of a manager (checkpoint.h), taken before the first step: TL_BUSY where
    /// another fit or manager has it, TL_IO or TL_NOT_FOUND where it cannot be written. Fails as a step, the
    /// callback, a log or a checkpoint does, with that error; steps and checkpoints before that have taken
    /// effect, and of a step that fails no weight has changed (moving averages of batch normalisation may
    /// have, where it was not replayed). `train` then stands behind the batch of that step: to try it again,
    /// go back by tl_dataset_seek(), or to a checkpoint. TL_INVALID_ARGUMENT, before the first step, for
    /// options and data that make no sense: no element, no end without steps_per_epoch, a metric without
    /// labels or of several results, a monitor that is none of what there is, a plateau that the optimizer
    /// does not follow (tl_optimizer_check_plateau()), an object of another kind or context. TL_NON_FINITE by
    /// the option non_finite: behind a step whose loss is not finite, for which tl_optimizer_configure() has a
    /// choice that keeps the weights of before, or for a step that has failed so. tl_context_cancel() ends it
    /// at once, without a checkpoint. Since 0.1.
    pub fn tl_fit(
        context: *mut tl_context,
        model: *mut tl_layer,
        optimizer: *mut tl_optimizer,
        train: *mut tl_dataset,
        options: *const tl_fit_options,
        loss: tl_compute_callback,
        callback: tl_fit_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        state: *mut tl_fit_state,
    ) -> tl_status;

    /// Evaluates a model without training it: the mean loss over a dataset, which is read from its beginning
    /// to its end, to results\[0\], and what the metrics then say behind it; num_results is num_metrics + 1.
    /// The metrics are reset before. metrics may be NULL when num_metrics is 0. loss, user_data (may be NULL)
    /// and destroy (may be NULL) as in tl_fit(). A loss that is not finite is a result as any other. On
    /// failure, which a dataset without elements or without an end is, all results are NaN. Since 0.1.
    pub fn tl_evaluate(
        context: *mut tl_context,
        model: *mut tl_layer,
        data: *mut tl_dataset,
        metrics: *const *mut tl_metric,
        num_metrics: usize,
        loss: tl_compute_callback,
        user_data: *mut c_void,
        destroy: tl_destroy_callback,
        results: *mut f64,
        num_results: usize,
    ) -> tl_status;

    /// What a model gives for the first tensors of all elements of a dataset, read from its beginning, one
    /// behind the other along the first axis: a new tensor of the innermost scope. NULL on failure, which a
    /// dataset without elements or without an end is. Since 0.1.
    pub fn tl_predict(
        context: *mut tl_context,
        model: *mut tl_layer,
        data: *mut tl_dataset,
    ) -> *mut tl_tensor;
}
