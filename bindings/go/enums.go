// Made from api.json by bindings/gen/generate. Do not edit.

//go:build cgo

package tapeloop

// MaxRank is the most that the library takes.
const MaxRank = 8

// DatasetUnknownSize is what Dataset.Len gives where only iterating tells.
const DatasetUnknownSize = -2

// DatasetInfiniteSize is what Dataset.Len gives where an epoch has no end.
const DatasetInfiniteSize = -3

// NoAxis stands in the place of an axis: none.
const NoAxis = -128

// Code: Outcome of a call. Append-only numbers.
type Code int32

// Values of Code.
const (
	// a value, shape, dtype, handle or option that the call does not accept
	ErrInvalidArgument Code = 1
	// the object's state does not allow the call (a consumed tape)
	ErrFailedPrecondition Code = 2
	// the context's limit or the machine's memory is exhausted
	ErrOutOfMemory Code = 3
	// a file that does not exist
	ErrNotFound Code = 4
	// reading or writing failed (disk full, permission, device)
	ErrIO Code = 5
	// a file whose content contradicts its format
	ErrCorruptData Code = 6
	// known, but not offered (a newer minor version)
	ErrUnsupported Code = 7
	// the context is in use by another thread, or a folder of checkpoints by another writer
	ErrBusy Code = 8
	// a NaN or an infinity where the caller asked for none
	ErrNonFinite Code = 9
	// a broken invariant of tapeloop: please report it
	ErrInternal Code = 10
	// Context.Do asked the context to stop
	ErrCancelled Code = 11
	// another rank of a group has failed, left it or was cancelled: the group has ended
	ErrPeerLost Code = 12
	// ranks of a group made different calls, or hold different values of one variable
	ErrMismatch Code = 13
	// not all ranks of a group have come in time: the group has ended
	ErrTimedOut Code = 14
)

// DType: Element type. Append-only numbers. A bool element is one byte that holds 0 or 1.
type DType int32

// Values of DType.
const (
	F32  DType = 1
	F64  DType = 2
	I32  DType = 3
	I64  DType = 4
	U8   DType = 5
	Bool DType = 6
)

// NonFiniteCheck: Which values that are not finite are errors. Append-only numbers.
type NonFiniteCheck int32

// Values of NonFiniteCheck.
const (
	// none (default)
	NonFiniteCheckOff NonFiniteCheck = 0
	// NaN; infinities are allowed
	NonFiniteCheckNan NonFiniteCheck = 1
	// NaN and infinities
	NonFiniteCheckAll NonFiniteCheck = 2
)

// LogLevel: Severity of a log line. Append-only numbers.
type LogLevel int32

// Values of LogLevel.
const (
	LogInfo    LogLevel = 1
	LogWarning LogLevel = 2
)

// DataPart: What data is for. Append-only numbers.
type DataPart int32

// Values of DataPart.
const (
	DataTrain DataPart = 1
	DataTest  DataPart = 2
)

// Reduction: How the losses of the samples become one. Append-only numbers.
type Reduction int32

// Values of Reduction.
const (
	// sum / number of samples, also with weights; 0 for no sample
	ReductionMean Reduction = 0
	ReductionSum  Reduction = 1
	// a tensor of one number per sample
	ReductionNone Reduction = 2
	// sum / sum of the weights, which must be given; 0 where that is 0
	ReductionWeightedMean Reduction = 3
)

// AUCCurve: A curve over all thresholds. Append-only numbers.
type AUCCurve int32

// Values of AUCCurve.
const (
	// recall over the false positive rate
	AUCCurveROC AUCCurve = 0
	// precision over recall
	AUCCurvePrecisionRecall AUCCurve = 1
	// both as gains over always saying yes (Flach and Kull 2015)
	AUCCurvePrecisionRecallGain AUCCurve = 2
)

// AUCSummation: How high the area between two thresholds is. Append-only numbers.
type AUCSummation int32

// Values of AUCSummation.
const (
	// as high as the mean of both; precision over recall by counts that grow evenly (Davis and Goadrich 2006)
	AUCSummationInterpolation AUCSummation = 0
	// as high as the higher one
	AUCSummationMajoring AUCSummation = 1
	// as high as the lower one
	AUCSummationMinoring AUCSummation = 2
)

// ClassAverage: How the results of classes become one. Append-only numbers.
type ClassAverage int32

// Values of ClassAverage.
const (
	// one result for each class
	ClassAverageNone ClassAverage = 0
	// that of the counts of all classes together
	ClassAverageMicro ClassAverage = 1
	// the mean over the classes
	ClassAverageMacro ClassAverage = 2
	// the mean over the classes, each as often as it is the label
	ClassAverageWeighted ClassAverage = 3
)

// R2Average: How the results of outputs become one. Append-only numbers.
type R2Average int32

// Values of R2Average.
const (
	// the mean over the outputs
	R2AverageUniform R2Average = 0
	// each output as much as its labels vary
	R2AverageVariance R2Average = 1
	// one result for each output
	R2AverageNone R2Average = 2
)

// MomentumForm: Where the learning rate stands beside a momentum; without a change of the rate both give the
// same weights. Append-only numbers.
type MomentumForm int32

// Values of MomentumForm.
const (
	// in the velocity: m = mu m - rate g, w += m
	MomentumKeras MomentumForm = 0
	// outside: m = mu m + g, w -= rate m
	MomentumPyTorch MomentumForm = 1
)

// EpsilonForm: Where epsilon stands. Of Adam, with a = rate sqrt(1 - beta2^t) / (1 - beta1^t), as written
// here; each other optimizer that has the option says it. Append-only numbers.
type EpsilonForm int32

// Values of EpsilonForm.
const (
	// w -= a m / (sqrt(v) + epsilon)
	EpsilonKeras EpsilonForm = 0
	// w -= a m / (sqrt(v) + epsilon sqrt(1 - beta2^t))
	EpsilonPyTorch EpsilonForm = 1
)

// NonFinite: What a global norm that is not finite does. Append-only numbers.
type NonFinite int32

// Values of NonFinite.
const (
	// the call fails with ErrNonFinite
	NonFiniteError NonFinite = 0
	// every clipped gradient is NaN, as in TensorFlow
	NonFinitePropagate NonFinite = 1
)

// ProgressStyle: How progress is shown. Append-only numbers.
type ProgressStyle int32

// Values of ProgressStyle.
const (
	// a bar where the descriptor is a terminal, else lines (default)
	ProgressAuto ProgressStyle = 0
	// a line that is drawn anew, with a carriage return in front
	ProgressBar ProgressStyle = 1
	// lines with an end each, and no escape sequences
	ProgressLines ProgressStyle = 2
)

// SafetensorsFloats: How F32 tensors are stored. Append-only numbers.
type SafetensorsFloats int32

// Values of SafetensorsFloats.
const (
	// as they are (default)
	SafetensorsFloatsF32 SafetensorsFloats = 0
	// rounded to the nearest BF16, of two to the even one
	SafetensorsFloatsBf16 SafetensorsFloats = 1
	// likewise F16; what is too large becomes an infinity
	SafetensorsFloatsF16 SafetensorsFloats = 2
)

// Unconnected: What to give for a source that no target depends on. Append-only numbers.
type Unconnected int32

// Values of Unconnected.
const (
	// nil
	UnconnectedNone Unconnected = 0
	// zeros of the source's shape
	UnconnectedZero Unconnected = 1
	// the call fails and names the source
	UnconnectedError Unconnected = 2
)

// GradientReason: Why a source has no gradient. Append-only numbers.
type GradientReason int32

// Values of GradientReason.
const (
	// there is a gradient
	ReasonConnected GradientReason = 0
	// the source was never watched
	ReasonNotWatched GradientReason = 1
	// what the target is made of was computed before the source was watched
	ReasonWatchedLate GradientReason = 2
	// it was computed while the tape was paused
	ReasonPaused GradientReason = 3
	// it was computed, or the source was watched, before the tape was reset
	ReasonReset GradientReason = 4
	// an integer or bool stands on the path
	ReasonInteger GradientReason = 5
	// Tensor.StopGradient cuts the path
	ReasonStopGradient GradientReason = 6
	// the value passed through an assignment to a variable
	ReasonAssigned GradientReason = 7
	// an op without gradient stands on the path
	ReasonNotDifferentiable GradientReason = 8
	// a gradient rule gave none, such as that of a Context.CustomGradient
	ReasonRuleGaveNone GradientReason = 9
	// the variable was not read while the tape recorded
	ReasonNotRead GradientReason = 10
	// it was computed before the tape began or after it ended
	ReasonOutside GradientReason = 11
	// no chain of ops that the tape knows leads from the source to the target
	ReasonIndependent GradientReason = 12
	// the tape did not see enough to tell: begin it with the option Explain
	ReasonUnknown GradientReason = 13
)

// MuonScale: What the step of a matrix of n rows and m columns is multiplied with in Muon. Append-only
// numbers.
type MuonScale int32

// Values of MuonScale.
const (
	// sqrt(max(1, n / m)): Jordan et al., Keras, PyTorch
	MuonScaleOriginal MuonScale = 0
	// 0.2 sqrt(max(n, m)): the size of Adam's steps (Liu et al. 2025)
	MuonScaleMatchRms MuonScale = 1
)

// HessianWay: How a Hessian-vector product is computed. Append-only numbers.
type HessianWay int32

// Values of HessianWay.
const (
	// the tangent of a gradient: the faster one
	HessianForwardOverReverse HessianWay = 0
	// the gradient of a gradient: for functions whose rules lack a jvp
	HessianReverseOverReverse HessianWay = 1
)

// SlotKind: What a slot holds. Append-only numbers.
type SlotKind int32

// Values of SlotKind.
const (
	// one number for each element, of the shape and dtype of the variable
	SlotElements SlotKind = 0
	// one number of the dtype of the variable, rank 0
	SlotNumber SlotKind = 1
	// begins as a copy of the variable
	SlotWeights SlotKind = 2
)

// HostReads: What becomes of a step that looks at elements on the host, or cannot be replayed otherwise.
// Append-only numbers.
type HostReads int32

// Values of HostReads.
const (
	// from then on calls are ErrFailedPrecondition, the first after its run
	HostReadsError HostReads = 0
	// calls run the callback, as if there were no function
	HostReadsEager HostReads = 1
)

// JacobianWay: How the Jacobian of a function is computed. Append-only numbers.
type JacobianWay int32

// Values of JacobianWay.
const (
	// forward where the argument is smaller than the result, else reverse
	JacobianByShape JacobianWay = 0
	// runs the function with a batch of tangents; keeps nothing of a run
	JacobianForward JacobianWay = 1
	// one run on a tape, which walks back with a batch of gradients
	JacobianReverse JacobianWay = 2
)

// Initializer: How a variable is filled at first. Append-only numbers. fan_in and fan_out are the rows and
// columns of a matrix; of more axes the last two times the product of the others; of a vector both its size.
type Initializer int32

// Values of Initializer.
const (
	// what the layer says
	InitializerDefault Initializer = 0
	InitializerZeros   Initializer = 1
	InitializerOnes    Initializer = 2
	// the parameter
	InitializerConstant Initializer = 3
	// in [-parameter, parameter), by default 0.05
	InitializerUniform Initializer = 4
	// mean 0, standard deviation: the parameter, by default 0.05
	InitializerNormal Initializer = 5
	// the same, drawn anew beyond 2 standard deviations
	InitializerTruncatedNormal Initializer = 6
	// uniform of variance 2 / (fan_in + fan_out)
	InitializerGlorotUniform Initializer = 7
	// truncated normal of that variance
	InitializerGlorotNormal Initializer = 8
	// 2 / fan_in
	InitializerHeUniform Initializer = 9
	InitializerHeNormal  Initializer = 10
	// 1 / fan_in
	InitializerLecunUniform Initializer = 11
	InitializerLecunNormal  Initializer = 12
)

// Activation: Activation functions. Append-only numbers.
type Activation int32

// Values of Activation.
const (
	// the identity
	ActivationLinear Activation = 0
	ActivationRelu   Activation = 1
	// slope 0.01 below zero
	ActivationLeakyRelu Activation = 2
	// alpha 1
	ActivationElu  Activation = 3
	ActivationSilu Activation = 4
	// exact
	ActivationGelu     Activation = 5
	ActivationTanh     Activation = 6
	ActivationSigmoid  Activation = 7
	ActivationSoftplus Activation = 8
	// over the last axis
	ActivationSoftmax Activation = 9
	// over the last axis
	ActivationLogSoftmax Activation = 10
)

// NonFiniteGradients: What becomes of a step with a gradient that holds NaN or an infinity. Append-only
// numbers.
type NonFiniteGradients int32

// Values of NonFiniteGradients.
const (
	// it is taken as it is
	NonFiniteGradientsPass NonFiniteGradients = 0
	// the step fails with ErrNonFinite, and nothing changes
	NonFiniteGradientsError NonFiniteGradients = 1
	// nothing changes but the count of such steps
	NonFiniteGradientsSkip NonFiniteGradients = 2
)

// WeightDecayForm: What weight decay acts on. Append-only numbers.
type WeightDecayForm int32

// Values of WeightDecayForm.
const (
	// the weights: w -= rate weight_decay w before the update, as in Keras
	WeightDecayDecoupled WeightDecayForm = 0
	// the gradient, behind clipping: g += weight_decay w, as in PyTorch
	WeightDecayL2 WeightDecayForm = 1
)

// CheckpointBest: Which metric is better. Append-only numbers.
type CheckpointBest int32

// Values of CheckpointBest.
const (
	// there is none (default)
	CheckpointBestNone CheckpointBest = 0
	// the smaller one: a loss
	CheckpointBestMin CheckpointBest = 1
	// the larger one: an accuracy
	CheckpointBestMax CheckpointBest = 2
)

// ReduceOp: How the tensors of all ranks become one. Append-only numbers.
type ReduceOp int32

// Values of ReduceOp.
const (
	// their sum; integers wrap around
	ReduceSum ReduceOp = 0
	// their sum divided by the number of ranks; floating types
	ReduceMean ReduceOp = 1
	// the least of each element; a NaN makes it NaN
	ReduceMin ReduceOp = 2
	// the greatest of each element; a NaN makes it NaN
	ReduceMax ReduceOp = 3
	// their sum pair by pair, each rounded; of a power of two of ranks
	ReduceSumByPairs ReduceOp = 4
)

// WireDType: As what the F32 tensors of Group.AllReduceList go from rank to rank. Append-only numbers.
type WireDType int32

// Values of WireDType.
const (
	// as they are
	WireF32 WireDType = 0
	// rounded to bf16, the upper half of an f32: half the bytes
	WireBf16 WireDType = 1
)

// FitEnd: Why a fit ended. Append-only numbers.
type FitEnd int32

// Values of FitEnd.
const (
	// it has not, or it failed
	FitEndNone FitEnd = 0
	// all epochs are done
	FitEndEpochs FitEnd = 1
	// what is monitored has not improved for long enough
	FitEndPatience FitEnd = 2
	// the stop flag was set
	FitEndStopped FitEnd = 3
	// a loss was not finite, which the options make an end; nothing is saved
	FitEndNonFinite FitEnd = 4
)

// FitNonFinite: What becomes of a fit in which the loss of a step is NaN or infinite, or in which a step fails
// with ErrNonFinite: batch normalisation refuses a batch whose mean or variance is not finite, an optimizer a
// gradient where its option says so, and everything whatever Context.SetNonFiniteCheck is to find. Such a step
// has changed no weight; it counts as one whose loss is NaN. Append-only numbers.
type FitNonFinite int32

// Values of FitNonFinite.
const (
	// it fails with ErrNonFinite, which says in which step (default)
	FitNonFiniteError FitNonFinite = 0
	// it ends with FitEndNonFinite, behind that step
	FitNonFiniteStop FitNonFinite = 1
	// it goes on with the next batch
	FitNonFiniteIgnore FitNonFinite = 2
)

// FitEvent: When the callback of a fit runs, in this order: PREPARE once; EPOCH_BEGIN, STEP for each step,
// EPOCH_END for each epoch; END once. The bar has been drawn before STEP, and the checkpoint of
// checkpoint_steps comes behind it. The plateau, the bar and the loggers have been told before EPOCH_END, and
// the checkpoint of the epoch comes behind it. Before END all is saved, and the best restored; now->end says
// why. A fit that is stopped, or ended by a loss that is not finite, in the midst of an epoch has no EPOCH_END
// of it; one that fails has no END, and nothing comes behind the event whose callback has failed. Append-only
// numbers.
type FitEvent int32

// Values of FitEvent.
const (
	// all is checked, nothing restored: the program may add to the checkpoint
	FitEventPrepare FitEvent = 1
	// an epoch begins, or goes on after a checkpoint in its midst
	FitEventEpochBegin FitEvent = 2
	// a step is done; only with the option step_events
	FitEventStep FitEvent = 3
	// an epoch has ended, with its validation, and will be saved now
	FitEventEpochEnd FitEvent = 4
	// the fit has ended without a failure
	FitEventEnd FitEvent = 5
)
