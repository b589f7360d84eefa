// Made from api.json by bindings/gen/generate. Do not edit.

//go:build cgo

package tapeloop

// #include "raw.h"
import "C"

// In all options zero stands for the default, and nil for a struct of zeros.

// ContextOptions: How a context is made.
type ContextOptions struct {
	// of the random numbers; the same seed gives the same bits (default 0)
	Seed uint64
	// threads, the caller's included; 0 (default): all CPUs that the process may use
	Threads int32
	// most bytes for tensors, cached memory included; 0: no limit (default). Each tensor takes its bytes rounded
	// up to a multiple of 64, above 4 KiB by at most an eighth
	MemoryLimit uint64
}

func (o *ContextOptions) raw() C.tlgo_context_options {
	if o == nil {
		return C.tlgo_context_options{}
	}
	return C.tlgo_context_options{
		seed:         C.uint64_t(o.Seed),
		threads:      C.int32_t(o.Threads),
		memory_limit: C.uint64_t(o.MemoryLimit),
	}
}

// JSONLinesOptions: How a file of JSON lines is read.
type JSONLinesOptions struct {
	// of columns of numbers, F32 or F64; 0 (default): F32
	Floats DType
	// most bytes for all tensors together; 0 (default): eight times the size of the file and 64 MiB
	MaxBytes uint64
}

func (o *JSONLinesOptions) raw() C.tlgo_json_lines_options {
	if o == nil {
		return C.tlgo_json_lines_options{}
	}
	return C.tlgo_json_lines_options{
		floats:    C.int32_t(o.Floats),
		max_bytes: C.uint64_t(o.MaxBytes),
	}
}

// LossOptions: Of all losses. The last axis of the predictions, that of classes or features, is never empty; a
// batch of no samples is fine. A loss refuses options that it has no use for.
type LossOptions struct {
	// default ReductionMean
	Reduction Reduction
	// predictions are probabilities, not logits (default false); cross-entropies only
	FromProbabilities bool
	// s in [0, 1]: labels become labels (1 - s) + s / classes, binary ones s / 2 (default 0); of cross-entropies
	// other than the sparse one
	LabelSmoothing float64
	// of samples, along the leading axes of the losses, any dtype; nil: none (default)
	Weights *Tensor
}

func (o *LossOptions) raw() C.tlgo_loss_options {
	if o == nil {
		return C.tlgo_loss_options{}
	}
	return C.tlgo_loss_options{
		reduction:          C.int32_t(o.Reduction),
		from_probabilities: C.bool(o.FromProbabilities),
		label_smoothing:    C.double(o.LabelSmoothing),
		weights:            o.Weights.handle(),
	}
}

// ThresholdOptions: Of all metrics by thresholds; each refuses options that it has no use for.
type ThresholdOptions struct {
	// precision and recall: only the k largest predictions of a row may say yes; 0: all (default)
	TopK int64
	// only one class counts (default false)
	OneClass bool
	// that class: an index into the last axis of predictions of rank 2 or more
	ClassID int64
	// predictions go through a sigmoid first (default false)
	FromLogits bool
	// AUC and one at another: how many, evenly spread in [0, 1]; 0: 200 (default)
	ThresholdCount int64
	// AUC: default AUCCurveROC
	Curve AUCCurve
	// AUC: default AUCSummationInterpolation
	Summation AUCSummation
	// copied; "": that of the function
	Name string
}

func (o *ThresholdOptions) raw(name *C.char) C.tlgo_threshold_options {
	if o == nil {
		return C.tlgo_threshold_options{}
	}
	return C.tlgo_threshold_options{
		top_k:           C.int64_t(o.TopK),
		one_class:       C.bool(o.OneClass),
		class_id:        C.int64_t(o.ClassID),
		from_logits:     C.bool(o.FromLogits),
		threshold_count: C.int64_t(o.ThresholdCount),
		curve:           C.int32_t(o.Curve),
		summation:       C.int32_t(o.Summation),
		name:            name,
	}
}

func (o *ThresholdOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// FBetaOptions: Of Context.FBeta.
type FBetaOptions struct {
	// above 0: recall counts so many times as much as precision; 0: 1, the default: the F1 score
	Beta float64
	// in (0, 1]: predictions above it say yes; 0 (default): the largest of each row, of equals the first
	Threshold float64
	// default ClassAverageNone
	Average ClassAverage
	// copied; "": "f_beta"
	Name string
}

func (o *FBetaOptions) raw(name *C.char) C.tlgo_f_beta_options {
	if o == nil {
		return C.tlgo_f_beta_options{}
	}
	return C.tlgo_f_beta_options{
		beta:      C.double(o.Beta),
		threshold: C.double(o.Threshold),
		average:   C.int32_t(o.Average),
		name:      name,
	}
}

func (o *FBetaOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// R2Options: Of Context.R2.
type R2Options struct {
	// default R2AverageUniform
	Average R2Average
	// the adjusted score of a model of so many independent variables; 0 (default): not adjusted
	Regressors int64
	// copied; "": "r2"
	Name string
}

func (o *R2Options) raw(name *C.char) C.tlgo_r2_options {
	if o == nil {
		return C.tlgo_r2_options{}
	}
	return C.tlgo_r2_options{
		average:    C.int32_t(o.Average),
		regressors: C.int64_t(o.Regressors),
		name:       name,
	}
}

func (o *R2Options) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// SGDOptions: Of SGD.
type SGDOptions struct {
	// 0: 0.01, the default
	LearningRate float64
	// mu in [0, 1]; default 0, without velocity
	Momentum float64
	// w += mu m - rate g, or w -= rate (g + mu m); needs momentum (default false)
	Nesterov bool
	// default MomentumKeras
	MomentumForm MomentumForm
	// copied; "": "sgd"
	Name string
}

func (o *SGDOptions) raw(name *C.char) C.tlgo_sgd_options {
	if o == nil {
		return C.tlgo_sgd_options{}
	}
	return C.tlgo_sgd_options{
		learning_rate: C.double(o.LearningRate),
		momentum:      C.double(o.Momentum),
		nesterov:      C.bool(o.Nesterov),
		momentum_form: C.int32_t(o.MomentumForm),
		name:          name,
	}
}

func (o *SGDOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// AdamOptions: Of Adam.
type AdamOptions struct {
	// 0: 0.001, the default
	LearningRate float64
	// in [0, 1); 0: 0.9, the default
	Beta1 float64
	// in [0, 1); 0: 0.999, the default
	Beta2 float64
	// 0: 1e-7, the default (PyTorch's is 1e-8)
	Epsilon float64
	// default EpsilonKeras
	EpsilonForm EpsilonForm
	// copied; "": "adam"
	Name string
	// the largest v so far in the place of v (Reddi et al. 2018; default false)
	Amsgrad bool
}

func (o *AdamOptions) raw(name *C.char) C.tlgo_adam_options {
	if o == nil {
		return C.tlgo_adam_options{}
	}
	return C.tlgo_adam_options{
		learning_rate: C.double(o.LearningRate),
		beta1:         C.double(o.Beta1),
		beta2:         C.double(o.Beta2),
		epsilon:       C.double(o.Epsilon),
		epsilon_form:  C.int32_t(o.EpsilonForm),
		name:          name,
		amsgrad:       C.bool(o.Amsgrad),
	}
}

func (o *AdamOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// AdamWOptions: Of AdamW.
type AdamWOptions struct {
	// 0: 0.001, the default
	LearningRate float64
	// in [0, 1); 0: 0.9, the default
	Beta1 float64
	// in [0, 1); 0: 0.999, the default
	Beta2 float64
	// 0: 1e-7, the default
	Epsilon float64
	// default EpsilonKeras
	EpsilonForm EpsilonForm
	// 0: 0.004, the default (PyTorch's is 0.01)
	WeightDecay float64
	// copied; "": "adamw"
	Name string
	// the largest v so far in the place of v (Reddi et al. 2018; default false)
	Amsgrad bool
}

func (o *AdamWOptions) raw(name *C.char) C.tlgo_adamw_options {
	if o == nil {
		return C.tlgo_adamw_options{}
	}
	return C.tlgo_adamw_options{
		learning_rate: C.double(o.LearningRate),
		beta1:         C.double(o.Beta1),
		beta2:         C.double(o.Beta2),
		epsilon:       C.double(o.Epsilon),
		epsilon_form:  C.int32_t(o.EpsilonForm),
		weight_decay:  C.double(o.WeightDecay),
		name:          name,
		amsgrad:       C.bool(o.Amsgrad),
	}
}

func (o *AdamWOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// PlotOptions: How curves are drawn.
type PlotOptions struct {
	// of the picture, in pixels, 200 to 10000 (default 720)
	Width int64
	// of the picture, in pixels, 150 to 10000 (default 432)
	Height int64
	// a logarithmic x axis (default false)
	LogX bool
	// a logarithmic y axis (default false)
	LogY bool
	// in [0, 1): a curve is drawn pale, with its exponential moving average of this weight over it, without the
	// bias of the beginning, as TensorBoard's slider does it (default 0: as it is)
	Smoothing float64
	// pixels of Plot.Image for each of the picture, along both axes: 2 for fine screens; 1 to 16 (default 1)
	Scale int64
}

func (o *PlotOptions) raw() C.tlgo_plot_options {
	if o == nil {
		return C.tlgo_plot_options{}
	}
	return C.tlgo_plot_options{
		width:     C.int64_t(o.Width),
		height:    C.int64_t(o.Height),
		log_x:     C.bool(o.LogX),
		log_y:     C.bool(o.LogY),
		smoothing: C.double(o.Smoothing),
		scale:     C.int64_t(o.Scale),
	}
}

// ImageGridOptions: How images stand side by side.
type ImageGridOptions struct {
	// images in a row (default: the square root of their number, rounded up)
	Columns int64
	// pixels between images and around them; below 0: none (default 2)
	Padding int64
	// each pixel becomes a square of so many a side (default 1; in SVG 2)
	Scale int64
	// what stands between them, 0 for black to 1 for white (default 0)
	Background float64
}

func (o *ImageGridOptions) raw() C.tlgo_image_grid_options {
	if o == nil {
		return C.tlgo_image_grid_options{}
	}
	return C.tlgo_image_grid_options{
		columns:    C.int64_t(o.Columns),
		padding:    C.int64_t(o.Padding),
		scale:      C.int64_t(o.Scale),
		background: C.double(o.Background),
	}
}

// ProgressOptions: How a progress bar looks.
type ProgressOptions struct {
	// of the file that it is written to: 1 for standard output, 2 for standard error; it stays the program's. 0:
	// none (default), for Progress.Text and Progress.OnDraw
	Descriptor int32
	// a bar or lines (default ProgressAuto)
	Style ProgressStyle
	// columns of a bar, 1 to 1000 (default: those of the terminal; 80 where that is none)
	Width int32
	// significant digits of values, 1 to 17 (default 4)
	Digits int32
	// least seconds between two drawings (default: 0.1 for a bar, 10 for lines)
	Interval float64
	// no characters but those of ASCII in the bar (default false)
	ASCII bool
	// as NO_COLOR in the environment (default false)
	NoColor bool
	// nothing that depends on the clock: no rate, time and share of input, and lines at the end of rounds only,
	// so that two runs print the same (default false)
	NoTimes bool
}

func (o *ProgressOptions) raw() C.tlgo_progress_options {
	if o == nil {
		return C.tlgo_progress_options{}
	}
	return C.tlgo_progress_options{
		descriptor: C.int32_t(o.Descriptor),
		style:      C.int32_t(o.Style),
		width:      C.int32_t(o.Width),
		digits:     C.int32_t(o.Digits),
		interval:   C.double(o.Interval),
		ascii:      C.bool(o.ASCII),
		no_color:   C.bool(o.NoColor),
		no_times:   C.bool(o.NoTimes),
	}
}

// SafetensorsSaveOptions: Of SafetensorsWriter.Save.
type SafetensorsSaveOptions struct {
	// default SafetensorsFloatsF32; other dtypes are stored as they are
	Floats SafetensorsFloats
}

func (o *SafetensorsSaveOptions) raw() C.tlgo_safetensors_save_options {
	if o == nil {
		return C.tlgo_safetensors_save_options{}
	}
	return C.tlgo_safetensors_save_options{
		floats: C.int32_t(o.Floats),
	}
}

// TapeOptions: How a tape records.
type TapeOptions struct {
	// Tape.Gradient may be called more than once (default false)
	Persistent bool
	// watch only what Tape.Watch names (default false: variables too)
	IgnoreVariables bool
	// remember what every value of the context was made of, without keeping the values, so that Tape.Explain can
	// name the exact place; takes time and memory (default false)
	Explain bool
}

func (o *TapeOptions) raw() C.tlgo_tape_options {
	if o == nil {
		return C.tlgo_tape_options{}
	}
	return C.tlgo_tape_options{
		persistent:       C.bool(o.Persistent),
		ignore_variables: C.bool(o.IgnoreVariables),
		explain:          C.bool(o.Explain),
	}
}

// TraceOptions: What a trace keeps.
type TraceOptions struct {
	// that are kept; later ones are counted only (default 1,000,000, of 40 bytes each)
	MostEvents int64
	// without dtypes, shapes and the text of fused kernels, which costs less (default false)
	NoDetails bool
}

func (o *TraceOptions) raw() C.tlgo_trace_options {
	if o == nil {
		return C.tlgo_trace_options{}
	}
	return C.tlgo_trace_options{
		most_events: C.int64_t(o.MostEvents),
		no_details:  C.bool(o.NoDetails),
	}
}

// AdamaxOptions: Of Adamax.
type AdamaxOptions struct {
	// 0: 0.001, the default (PyTorch's is 0.002)
	LearningRate float64
	// in [0, 1); 0: 0.9, the default
	Beta1 float64
	// in [0, 1); 0: 0.999, the default
	Beta2 float64
	// 0: 1e-7, the default (PyTorch's is 1e-8)
	Epsilon float64
	// default EpsilonKeras
	EpsilonForm EpsilonForm
	// copied; "": "adamax"
	Name string
}

func (o *AdamaxOptions) raw(name *C.char) C.tlgo_adamax_options {
	if o == nil {
		return C.tlgo_adamax_options{}
	}
	return C.tlgo_adamax_options{
		learning_rate: C.double(o.LearningRate),
		beta1:         C.double(o.Beta1),
		beta2:         C.double(o.Beta2),
		epsilon:       C.double(o.Epsilon),
		epsilon_form:  C.int32_t(o.EpsilonForm),
		name:          name,
	}
}

func (o *AdamaxOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// NadamOptions: Of Nadam.
type NadamOptions struct {
	// 0: 0.001, the default (PyTorch's is 0.002)
	LearningRate float64
	// in [0, 1); 0: 0.9, the default
	Beta1 float64
	// in [0, 1); 0: 0.999, the default
	Beta2 float64
	// 0: 1e-7, the default (PyTorch's is 1e-8)
	Epsilon float64
	// d, not negative; 0: 1, the default, as in Keras (PyTorch's is 0.004)
	MomentumDecay float64
	// copied; "": "nadam"
	Name string
}

func (o *NadamOptions) raw(name *C.char) C.tlgo_nadam_options {
	if o == nil {
		return C.tlgo_nadam_options{}
	}
	return C.tlgo_nadam_options{
		learning_rate:  C.double(o.LearningRate),
		beta1:          C.double(o.Beta1),
		beta2:          C.double(o.Beta2),
		epsilon:        C.double(o.Epsilon),
		momentum_decay: C.double(o.MomentumDecay),
		name:           name,
	}
}

func (o *NadamOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// AdagradOptions: Of Adagrad.
type AdagradOptions struct {
	// 0: 0.001, the default (PyTorch's is 0.01)
	LearningRate float64
	// not negative; 0: the default of the form, 0.1 of Keras's and 0 of PyTorch's
	InitialAccumulator float64
	// 0: 1e-7, the default (PyTorch's is 1e-10)
	Epsilon float64
	// default EpsilonKeras
	EpsilonForm EpsilonForm
	// copied; "": "adagrad"
	Name string
}

func (o *AdagradOptions) raw(name *C.char) C.tlgo_adagrad_options {
	if o == nil {
		return C.tlgo_adagrad_options{}
	}
	return C.tlgo_adagrad_options{
		learning_rate:       C.double(o.LearningRate),
		initial_accumulator: C.double(o.InitialAccumulator),
		epsilon:             C.double(o.Epsilon),
		epsilon_form:        C.int32_t(o.EpsilonForm),
		name:                name,
	}
}

func (o *AdagradOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// AdadeltaOptions: Of Adadelta.
type AdadeltaOptions struct {
	// 0: 0.001, the default (PyTorch's and the paper's is 1)
	LearningRate float64
	// in [0, 1); 0: 0.95, the default (PyTorch's is 0.9)
	Rho float64
	// 0: 1e-7, the default (PyTorch's is 1e-6)
	Epsilon float64
	// copied; "": "adadelta"
	Name string
}

func (o *AdadeltaOptions) raw(name *C.char) C.tlgo_adadelta_options {
	if o == nil {
		return C.tlgo_adadelta_options{}
	}
	return C.tlgo_adadelta_options{
		learning_rate: C.double(o.LearningRate),
		rho:           C.double(o.Rho),
		epsilon:       C.double(o.Epsilon),
		name:          name,
	}
}

func (o *AdadeltaOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// RMSpropOptions: Of RMSprop.
type RMSpropOptions struct {
	// 0: 0.001, the default (PyTorch's is 0.01)
	LearningRate float64
	// in [0, 1); 0: 0.9, the default (PyTorch's is 0.99)
	Rho float64
	// mu in [0, 1]; default 0, without
	Momentum float64
	// 0: 1e-7, the default (PyTorch's is 1e-8)
	Epsilon float64
	// whether the square of the mean gradient is taken off (default false)
	Centered bool
	// default EpsilonKeras
	EpsilonForm EpsilonForm
	// default MomentumKeras
	MomentumForm MomentumForm
	// copied; "": "rmsprop"
	Name string
}

func (o *RMSpropOptions) raw(name *C.char) C.tlgo_rmsprop_options {
	if o == nil {
		return C.tlgo_rmsprop_options{}
	}
	return C.tlgo_rmsprop_options{
		learning_rate: C.double(o.LearningRate),
		rho:           C.double(o.Rho),
		momentum:      C.double(o.Momentum),
		epsilon:       C.double(o.Epsilon),
		centered:      C.bool(o.Centered),
		epsilon_form:  C.int32_t(o.EpsilonForm),
		momentum_form: C.int32_t(o.MomentumForm),
		name:          name,
	}
}

func (o *RMSpropOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// FtrlOptions: Of Ftrl.
type FtrlOptions struct {
	// 0: 0.001, the default; a step at a rate that was set to 0 is an error
	LearningRate float64
	// -p, not above 0; 0: -0.5, the default
	LearningRatePower float64
	// not negative; 0: 0.1, the default
	InitialAccumulator float64
	// not negative; default 0. It makes weights exactly 0
	L1 float64
	// not negative; default 0. A penalty of the weights
	L2 float64
	// shrink, not negative; default 0. A penalty that acts on the gradient
	L2Shrinkage float64
	// not negative; default 0
	Beta float64
	// copied; "": "ftrl"
	Name string
}

func (o *FtrlOptions) raw(name *C.char) C.tlgo_ftrl_options {
	if o == nil {
		return C.tlgo_ftrl_options{}
	}
	return C.tlgo_ftrl_options{
		learning_rate:       C.double(o.LearningRate),
		learning_rate_power: C.double(o.LearningRatePower),
		initial_accumulator: C.double(o.InitialAccumulator),
		l1:                  C.double(o.L1),
		l2:                  C.double(o.L2),
		l2_shrinkage:        C.double(o.L2Shrinkage),
		beta:                C.double(o.Beta),
		name:                name,
	}
}

func (o *FtrlOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// LionOptions: Of Lion.
type LionOptions struct {
	// 0: 0.001, the default; a third to a tenth of Adam's is usual
	LearningRate float64
	// in [0, 1]; 0: 0.9, the default
	Beta1 float64
	// in [0, 1); 0: 0.99, the default
	Beta2 float64
	// copied; "": "lion"
	Name string
}

func (o *LionOptions) raw(name *C.char) C.tlgo_lion_options {
	if o == nil {
		return C.tlgo_lion_options{}
	}
	return C.tlgo_lion_options{
		learning_rate: C.double(o.LearningRate),
		beta1:         C.double(o.Beta1),
		beta2:         C.double(o.Beta2),
		name:          name,
	}
}

func (o *LionOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// LambOptions: Of Lamb.
type LambOptions struct {
	// 0: 0.001, the default
	LearningRate float64
	// in [0, 1); 0: 0.9, the default
	Beta1 float64
	// in [0, 1); 0: 0.999, the default
	Beta2 float64
	// 0: 1e-7, the default (the paper's is 1e-6)
	Epsilon float64
	// not negative; default 0. Part of the step that is scaled, as in the paper
	WeightDecay float64
	// copied; "": "lamb"
	Name string
}

func (o *LambOptions) raw(name *C.char) C.tlgo_lamb_options {
	if o == nil {
		return C.tlgo_lamb_options{}
	}
	return C.tlgo_lamb_options{
		learning_rate: C.double(o.LearningRate),
		beta1:         C.double(o.Beta1),
		beta2:         C.double(o.Beta2),
		epsilon:       C.double(o.Epsilon),
		weight_decay:  C.double(o.WeightDecay),
		name:          name,
	}
}

func (o *LambOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// AdafactorOptions: Of Adafactor.
type AdafactorOptions struct {
	// 0: 0.001, the default (PyTorch's and the paper's is 0.01)
	LearningRate float64
	// not above 0; 0: -0.8, the default
	Beta2Decay float64
	// not negative; 0: the default of the form, 1e-30 of Keras's and 2^-23, the epsilon of f32, of PyTorch's
	Epsilon1 float64
	// the least scale of the weights, not negative; 0: 0.001, the default
	Epsilon2 float64
	// above 0; 0: 1, the default
	ClipThreshold float64
	// default EpsilonKeras
	EpsilonForm EpsilonForm
	// copied; "": "adafactor"
	Name string
}

func (o *AdafactorOptions) raw(name *C.char) C.tlgo_adafactor_options {
	if o == nil {
		return C.tlgo_adafactor_options{}
	}
	return C.tlgo_adafactor_options{
		learning_rate:  C.double(o.LearningRate),
		beta2_decay:    C.double(o.Beta2Decay),
		epsilon1:       C.double(o.Epsilon1),
		epsilon2:       C.double(o.Epsilon2),
		clip_threshold: C.double(o.ClipThreshold),
		epsilon_form:   C.int32_t(o.EpsilonForm),
		name:           name,
	}
}

func (o *AdafactorOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// MuonOptions: Of Muon.
type MuonOptions struct {
	// 0: 0.001, the default (the authors' is 0.02)
	LearningRate float64
	// mu in [0, 1); 0: 0.95, the default
	Momentum float64
	// the momentum itself instead of g + mu b (default false)
	NoNesterov bool
	// steps of Newton and Schulz, in [1, 100]; 0: 5, the default
	NsSteps int64
	// default MuonScaleOriginal
	Scale MuonScale
	// the rate of what is no matrix is so many times the rate; 0: 0.1, the default
	AdamRateRatio float64
	// of what is no matrix, in [0, 1); 0: 0.9, the default
	Beta1 float64
	// of what is no matrix, in [0, 1); 0: 0.999, the default
	Beta2 float64
	// above 0; 0: 1e-7, the default
	Epsilon float64
	// copied; "": "muon"
	Name string
}

func (o *MuonOptions) raw(name *C.char) C.tlgo_muon_options {
	if o == nil {
		return C.tlgo_muon_options{}
	}
	return C.tlgo_muon_options{
		learning_rate:   C.double(o.LearningRate),
		momentum:        C.double(o.Momentum),
		no_nesterov:     C.bool(o.NoNesterov),
		ns_steps:        C.int64_t(o.NsSteps),
		scale:           C.int32_t(o.Scale),
		adam_rate_ratio: C.double(o.AdamRateRatio),
		beta1:           C.double(o.Beta1),
		beta2:           C.double(o.Beta2),
		epsilon:         C.double(o.Epsilon),
		name:            name,
	}
}

func (o *MuonOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// ScheduleFreeAdamWOptions: Of ScheduleFreeAdamW.
type ScheduleFreeAdamWOptions struct {
	// 0: 0.0025, the default; one to ten times that of AdamW with a schedule
	LearningRate float64
	// in [0, 1); 0: 0.9, the default
	Beta1 float64
	// in [0, 1); 0: 0.999, the default
	Beta2 float64
	// not negative; 0: 1e-8, the default
	Epsilon float64
	// not negative; default 0
	WeightDecay float64
	// not negative; default 0, none
	WarmupSteps int64
	// copied; "": "schedule_free_adamw"
	Name string
}

func (o *ScheduleFreeAdamWOptions) raw(name *C.char) C.tlgo_schedule_free_adamw_options {
	if o == nil {
		return C.tlgo_schedule_free_adamw_options{}
	}
	return C.tlgo_schedule_free_adamw_options{
		learning_rate: C.double(o.LearningRate),
		beta1:         C.double(o.Beta1),
		beta2:         C.double(o.Beta2),
		epsilon:       C.double(o.Epsilon),
		weight_decay:  C.double(o.WeightDecay),
		warmup_steps:  C.int64_t(o.WarmupSteps),
		name:          name,
	}
}

func (o *ScheduleFreeAdamWOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// FunctionOptions: How a function records.
type FunctionOptions struct {
	// in messages; copied (default "function")
	Name string
	// kept at the same time; the one that was not used for longest goes (default 16)
	MostPlans int
	// what a step that looks at elements does (default HostReadsError)
	HostReads HostReads
	// a call that would record a second time, since the function was made or forgot its recordings, is
	// ErrFailedPrecondition, with the reason (default false)
	RetraceIsError bool
	// checks each recording and plan for broken invariants of tapeloop (default false)
	Verify bool
	// the leading dimension of inputs may be of any size (default false), see above
	PolymorphicBatch bool
	// plans may add up sums in another order where that saves work (default false), see above
	AllowReassociation bool
	// since the function was made, or forgot them (default 256), see above
	MostRecordings int
}

func (o *FunctionOptions) raw(name *C.char) C.tlgo_function_options {
	if o == nil {
		return C.tlgo_function_options{}
	}
	return C.tlgo_function_options{
		name:                name,
		most_plans:          C.size_t(o.MostPlans),
		host_reads:          C.int32_t(o.HostReads),
		retrace_is_error:    C.bool(o.RetraceIsError),
		verify:              C.bool(o.Verify),
		polymorphic_batch:   C.bool(o.PolymorphicBatch),
		allow_reassociation: C.bool(o.AllowReassociation),
		most_recordings:     C.size_t(o.MostRecordings),
	}
}

func (o *FunctionOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// ImageOptions: How images are read.
type ImageOptions struct {
	// 1: grey, 3: red, green, blue, 4: with opacity; 0 (default): as the file has them, for PNG also 2, grey with
	// opacity
	Channels int32
	// most bytes to decode one image; 0 (default): the size of the file and 64 MiB
	MaxBytes uint64
}

func (o *ImageOptions) raw() C.tlgo_image_options {
	if o == nil {
		return C.tlgo_image_options{}
	}
	return C.tlgo_image_options{
		channels:  C.int32_t(o.Channels),
		max_bytes: C.uint64_t(o.MaxBytes),
	}
}

// LbfgsOptions: Of Context.LBFGS.
type LbfgsOptions struct {
	// the step that each line search tries first; 0: 1, the default
	LearningRate float64
	// steps that the curvature is known from; 0: 10, the default
	HistorySize int64
	// of one call; 0: 20, the default
	MaxIterations int64
	// done when no element of the gradient is larger; 0: 1e-7, the default
	GradientTolerance float64
	// done when neither a variable nor the loss changes by more; 0: 1e-9, the default
	ChangeTolerance float64
	// c1 of the Wolfe conditions, in (0, 1); 0: 1e-4, the default
	SufficientDecrease float64
	// c2 of the Wolfe conditions, in (c1, 1); 0: 0.9, the default
	Curvature float64
	// copied; "": "lbfgs"
	Name string
}

func (o *LbfgsOptions) raw(name *C.char) C.tlgo_lbfgs_options {
	if o == nil {
		return C.tlgo_lbfgs_options{}
	}
	return C.tlgo_lbfgs_options{
		learning_rate:       C.double(o.LearningRate),
		history_size:        C.int64_t(o.HistorySize),
		max_iterations:      C.int64_t(o.MaxIterations),
		gradient_tolerance:  C.double(o.GradientTolerance),
		change_tolerance:    C.double(o.ChangeTolerance),
		sufficient_decrease: C.double(o.SufficientDecrease),
		curvature:           C.double(o.Curvature),
		name:                name,
	}
}

func (o *LbfgsOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// SamOptions: Of Optimizer.ApplySAM.
type SamOptions struct {
	// the radius of the neighbourhood, above 0; 0: 0.05, the default, or 0.5 when adaptive
	Rho float64
	// scaled by the weights, T = |w| + eta (Kwon et al. 2021; default false)
	Adaptive bool
	// of the adaptive one, not negative; 0: 0.01, the default
	Eta float64
}

func (o *SamOptions) raw() C.tlgo_sam_options {
	if o == nil {
		return C.tlgo_sam_options{}
	}
	return C.tlgo_sam_options{
		rho:      C.double(o.Rho),
		adaptive: C.bool(o.Adaptive),
		eta:      C.double(o.Eta),
	}
}

// LayerOptions: Of layers that have no other options.
type LayerOptions struct {
	// copied; "": the name of the type, made unique inside a sequential layer
	Name string
}

func (o *LayerOptions) raw(name *C.char) C.tlgo_layer_options {
	if o == nil {
		return C.tlgo_layer_options{}
	}
	return C.tlgo_layer_options{
		name: name,
	}
}

func (o *LayerOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// DenseOptions: Of Dense.
type DenseOptions struct {
	// of the last axis; 0: seen at the first call (default)
	InputSize int64
	// default ActivationLinear
	Activation Activation
	// default false
	NoBias bool
	// default Glorot uniform
	KernelInitializer Initializer
	// of the kernel's initialiser
	KernelParameter float64
	// default zeros
	BiasInitializer Initializer
	// of the bias's initialiser
	BiasParameter float64
	// F32 (default) or F64: of variables and input
	DType DType
	// copied; "": "dense", made unique inside a sequential layer
	Name string
}

func (o *DenseOptions) raw(name *C.char) C.tlgo_dense_options {
	if o == nil {
		return C.tlgo_dense_options{}
	}
	return C.tlgo_dense_options{
		input_size:         C.int64_t(o.InputSize),
		activation:         C.int32_t(o.Activation),
		no_bias:            C.bool(o.NoBias),
		kernel_initializer: C.int32_t(o.KernelInitializer),
		kernel_parameter:   C.double(o.KernelParameter),
		bias_initializer:   C.int32_t(o.BiasInitializer),
		bias_parameter:     C.double(o.BiasParameter),
		dtype:              C.int32_t(o.DType),
		name:               name,
	}
}

func (o *DenseOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// BatchNormalizationOptions: Of BatchNormalization.
type BatchNormalizationOptions struct {
	// moving = momentum moving + (1 - momentum) batch; in [0, 1]; 0: 0.99, the default
	Momentum float64
	// added to the variance; 0: 1e-3, the default
	Epsilon float64
	// without gamma (default false)
	NoScale bool
	// without beta (default false)
	NoCenter bool
	// F32 (default) or F64: of variables and input
	DType DType
	// copied; "": "batch_normalization", made unique inside a sequential layer
	Name string
}

func (o *BatchNormalizationOptions) raw(name *C.char) C.tlgo_batch_normalization_options {
	if o == nil {
		return C.tlgo_batch_normalization_options{}
	}
	return C.tlgo_batch_normalization_options{
		momentum:  C.double(o.Momentum),
		epsilon:   C.double(o.Epsilon),
		no_scale:  C.bool(o.NoScale),
		no_center: C.bool(o.NoCenter),
		dtype:     C.int32_t(o.DType),
		name:      name,
	}
}

func (o *BatchNormalizationOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// LayerNormalizationOptions: Of LayerNormalization.
type LayerNormalizationOptions struct {
	// added to the variance; 0: 1e-3, the default (PyTorch's is 1e-5)
	Epsilon float64
	// without gamma (default false)
	NoScale bool
	// without beta (default false)
	NoCenter bool
	// F32 (default) or F64: of variables and input
	DType DType
	// copied; "": "layer_normalization", made unique inside a sequential layer
	Name string
}

func (o *LayerNormalizationOptions) raw(name *C.char) C.tlgo_layer_normalization_options {
	if o == nil {
		return C.tlgo_layer_normalization_options{}
	}
	return C.tlgo_layer_normalization_options{
		epsilon:   C.double(o.Epsilon),
		no_scale:  C.bool(o.NoScale),
		no_center: C.bool(o.NoCenter),
		dtype:     C.int32_t(o.DType),
		name:      name,
	}
}

func (o *LayerNormalizationOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// MapOptions: How a function runs.
type MapOptions struct {
	// threads of its own, at most 256; 0 (default): on the thread that asks for elements
	Threads int32
	// of the random numbers of its elements (default 0); two maps of one seed draw the same for an element
	Seed uint64
}

func (o *MapOptions) raw() C.tlgo_map_options {
	if o == nil {
		return C.tlgo_map_options{}
	}
	return C.tlgo_map_options{
		threads: C.int32_t(o.Threads),
		seed:    C.uint64_t(o.Seed),
	}
}

// OneCycleOptions: Of Context.OneCycle.
type OneCycleOptions struct {
	// share of the steps in which the rate goes up, in (0, 1); 0: 0.3, the default
	WarmupFraction float64
	// the first rate is the largest one divided by it; at least 1; 0: 25, the default
	DivFactor float64
	// the last rate is the first one divided by it; at least 1; 0: 1e4, the default
	FinalDivFactor float64
	// along straight lines instead of half cosines (default false)
	Linear bool
}

func (o *OneCycleOptions) raw() C.tlgo_one_cycle_options {
	if o == nil {
		return C.tlgo_one_cycle_options{}
	}
	return C.tlgo_one_cycle_options{
		warmup_fraction:  C.double(o.WarmupFraction),
		div_factor:       C.double(o.DivFactor),
		final_div_factor: C.double(o.FinalDivFactor),
		linear:           C.bool(o.Linear),
	}
}

// PlateauOptions: Of Context.Plateau.
type PlateauOptions struct {
	// what the rate is multiplied by, in (0, 1); 0: 0.1, the default
	Factor float64
	// reports without an improvement after which that happens; 0: 10, the default
	Patience int64
	// an improvement is by more than that, not negative; 0: 1e-4, the default
	MinDelta float64
	// reports after a reduction until they count again, the last of which counts, as in Keras: 2 leaves out one;
	// PyTorch's cooldown is one less (default 0)
	Cooldown int64
	// reductions do not go below it, not negative (default 0)
	MinRate float64
	// the metric is to rise (default false: to fall)
	Maximize bool
	// of its variables; copied; "": "plateau"
	Name string
}

func (o *PlateauOptions) raw(name *C.char) C.tlgo_plateau_options {
	if o == nil {
		return C.tlgo_plateau_options{}
	}
	return C.tlgo_plateau_options{
		factor:    C.double(o.Factor),
		patience:  C.int64_t(o.Patience),
		min_delta: C.double(o.MinDelta),
		cooldown:  C.int64_t(o.Cooldown),
		min_rate:  C.double(o.MinRate),
		maximize:  C.bool(o.Maximize),
		name:      name,
	}
}

func (o *PlateauOptions) name() string {
	if o == nil {
		return ""
	}
	return o.Name
}

// StepOptions: Options of all steps of an optimizer.
type StepOptions struct {
	// N calls, 2 or more, are one step on the mean of their gradients; a null gradient counts as zero; 0: each
	// call is a step (default)
	GradientAccumulationSteps int64
	// each element to [-clip_value, clip_value]; 0: none (default)
	ClipValue float64
	// the norm of each gradient; 0: none (default)
	ClipNorm float64
	// the norm of all gradients together; 0: none (default). One of the four ways to clip at most
	GlobalClipNorm float64
	// for any optimizer, in the way of weight_decay_form; 0: none (default)
	WeightDecay float64
	// keep moving averages of weights, which begin with the weights behind the first update, as in Keras (default
	// false)
	UseEma bool
	// average = momentum average + (1 - momentum) w, in [0, 1); 0: 0.99, the default
	EmaMomentum float64
	// every so many steps weights become their averages; 0: never (default)
	EmaOverwriteFrequency int64
	// gradients are divided by it; 0: 1, the default
	LossScaleFactor float64
	// a further factor that follows the gradients; steps that are not finite are skipped (default false)
	DynamicLossScale bool
	// of the dynamic one; 0: 32768, the default
	InitialLossScale float64
	// calls with finite gradients after which it doubles; 0: 2000, the default
	LossScaleGrowthInterval int64
	// it halves no further; 0: 1, the default
	MinLossScale float64
	// it doubles no further; 0: 16777216, the default
	MaxLossScale float64
	// default NonFiniteGradientsPass
	NonFinite NonFiniteGradients
	// default WeightDecayDecoupled
	WeightDecayForm WeightDecayForm
	// every so many steps slow weights, which begin as the weights before the first step, go lookahead_alpha of
	// the way to the weights, and these go there (Zhang et al. 2019); 0: never (default)
	LookaheadSteps int64
	// in (0, 1]; 0: 0.5, the default
	LookaheadAlpha float64
	// what reaches each output, to that share of the norm of its weights, as Tensor.ClipAdaptive does; 0.01 is
	// usual, and a group without it for the last layer (Brock et al. 2021); 0: none (default)
	AdaptiveClipFactor float64
	// the least norm that weights count with; 0: 1e-3, the default
	AdaptiveClipEpsilon float64
}

func (o *StepOptions) raw() C.tlgo_step_options {
	if o == nil {
		return C.tlgo_step_options{}
	}
	return C.tlgo_step_options{
		gradient_accumulation_steps: C.int64_t(o.GradientAccumulationSteps),
		clip_value:                  C.double(o.ClipValue),
		clip_norm:                   C.double(o.ClipNorm),
		global_clip_norm:            C.double(o.GlobalClipNorm),
		weight_decay:                C.double(o.WeightDecay),
		use_ema:                     C.bool(o.UseEma),
		ema_momentum:                C.double(o.EmaMomentum),
		ema_overwrite_frequency:     C.int64_t(o.EmaOverwriteFrequency),
		loss_scale_factor:           C.double(o.LossScaleFactor),
		dynamic_loss_scale:          C.bool(o.DynamicLossScale),
		initial_loss_scale:          C.double(o.InitialLossScale),
		loss_scale_growth_interval:  C.int64_t(o.LossScaleGrowthInterval),
		min_loss_scale:              C.double(o.MinLossScale),
		max_loss_scale:              C.double(o.MaxLossScale),
		non_finite:                  C.int32_t(o.NonFinite),
		weight_decay_form:           C.int32_t(o.WeightDecayForm),
		lookahead_steps:             C.int64_t(o.LookaheadSteps),
		lookahead_alpha:             C.double(o.LookaheadAlpha),
		adaptive_clip_factor:        C.double(o.AdaptiveClipFactor),
		adaptive_clip_epsilon:       C.double(o.AdaptiveClipEpsilon),
	}
}

// CheckpointManagerOptions: Of Context.NewCheckpointManager.
type CheckpointManagerOptions struct {
	// so many that were written last stay, or the best so many and the last besides; -1: all; 0: 3 (default)
	MaxToKeep int64
	// which are the best (default CheckpointBestNone)
	Best CheckpointBest
	// those of steps that it divides stay and do not count; 0: none (default)
	KeepEvery int64
	// a save returns when the state is taken, and a thread writes it (default false)
	Asynchronous bool
}

func (o *CheckpointManagerOptions) raw() C.tlgo_checkpoint_manager_options {
	if o == nil {
		return C.tlgo_checkpoint_manager_options{}
	}
	return C.tlgo_checkpoint_manager_options{
		max_to_keep:  C.int64_t(o.MaxToKeep),
		best:         C.int32_t(o.Best),
		keep_every:   C.int64_t(o.KeepEvery),
		asynchronous: C.bool(o.Asynchronous),
	}
}

// MachinePeaks: What a machine can do at most.
type MachinePeaks struct {
	// that the other numbers are of; 0 counts as 1
	Threads int32
	// operations a second of all threads, in f32, a multiply-add being two: 2 x lanes x units x clock x threads
	Flops float64
	// data cache of the first level of one thread; 0: none
	L1Bytes uint64
	// cache of the second level of one thread; 0: none
	L2Bytes uint64
	// cache of the third level that all threads share; 0: none
	L3Bytes uint64
	// bytes a second that all threads read and write there
	L1Bandwidth float64
	// the same of the second level
	L2Bandwidth float64
	// the same of the third level
	L3Bandwidth float64
	// the same of the memory behind the caches
	DramBandwidth float64
}

func (o *MachinePeaks) raw() C.tlgo_machine_peaks {
	if o == nil {
		return C.tlgo_machine_peaks{}
	}
	return C.tlgo_machine_peaks{
		threads:        C.int32_t(o.Threads),
		flops:          C.double(o.Flops),
		l1_bytes:       C.uint64_t(o.L1Bytes),
		l2_bytes:       C.uint64_t(o.L2Bytes),
		l3_bytes:       C.uint64_t(o.L3Bytes),
		l1_bandwidth:   C.double(o.L1Bandwidth),
		l2_bandwidth:   C.double(o.L2Bandwidth),
		l3_bandwidth:   C.double(o.L3Bandwidth),
		dram_bandwidth: C.double(o.DramBandwidth),
	}
}

// PeakOptions: How peaks are measured.
type PeakOptions struct {
	// of each of five measurements, of which the best counts; 1 to 10,000 (0, the default: 30)
	Turns int
}

func (o *PeakOptions) raw() C.tlgo_peak_options {
	if o == nil {
		return C.tlgo_peak_options{}
	}
	return C.tlgo_peak_options{
		turns: C.size_t(o.Turns),
	}
}

// ReplicasOptions: How replicas are run.
type ReplicasOptions struct {
	// of rank 0's context; that of rank r is r more, so that dropout differs (default 0)
	Seed uint64
	// of each context; 0 (default): its share of the CPUs that the process may use, at least 1
	Threads int32
	// of each context, in bytes; 0: no limit (default)
	MemoryLimit uint64
	// of the group; 0 (default): 600
	TimeoutSeconds float64
}

func (o *ReplicasOptions) raw() C.tlgo_replicas_options {
	if o == nil {
		return C.tlgo_replicas_options{}
	}
	return C.tlgo_replicas_options{
		seed:            C.uint64_t(o.Seed),
		threads:         C.int32_t(o.Threads),
		memory_limit:    C.uint64_t(o.MemoryLimit),
		timeout_seconds: C.double(o.TimeoutSeconds),
	}
}
