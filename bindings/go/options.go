// Made from api.json by bindings/gen/generate. Do not edit.

//go:build cgo

package tapeloop

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

// LayerOptions: Of layers that have no other options.
type LayerOptions struct {
	// copied; nil: the name of the type, made unique inside a sequential layer
	Name string
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
	// copied; nil: "dense", made unique inside a sequential layer
	Name string
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
	// copied; nil: "batch_normalization", made unique inside a sequential layer
	Name string
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
	// copied; nil: "layer_normalization", made unique inside a sequential layer
	Name string
}

// LossOptions: Of all losses. The last axis of the predictions, that of classes or features, is never empty; a
// batch of no samples is fine.
type LossOptions struct {
	// default ReductionMean
	Reduction Reduction
	// cross-entropies: predictions are probabilities, not logits (default false)
	FromProbabilities bool
	// s in [0, 1]: labels become labels (1 - s) + s / classes, binary ones s / 2 (default 0)
	LabelSmoothing float64
	// of samples, along the leading axes of the losses, any dtype; nil: none (default)
	Weights *Tensor
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
	// copied; nil: "sgd"
	Name string
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
	// copied; nil: "adam"
	Name string
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
	// copied; nil: "adamw"
	Name string
}
