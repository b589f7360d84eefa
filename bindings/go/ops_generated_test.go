// Made from api.json by bindings/gen/generate. Do not edit.

//go:build cgo

package tapeloop

import "testing"

// Every op: a call with its sample, for a short form the full form that must give the same bits, and a call that must fail.
func generatedOps() []opCase {
	return []opCase{
		{"Add", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).Add(sample(t, c, F32, -2.0, 2.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3).Add(sample(t, c, F32, -2.0, 2.0, 4, 3))
			}, "do not broadcast"},
		{"Sub", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).Sub(sample(t, c, F32, -2.0, 2.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2).Sub(sample(t, c, F32, -2.0, 2.0, 3))
			}, "do not broadcast"},
		{"Mul", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).Mul(sample(t, c, F32, -2.0, 2.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3).Mul(sample(t, c, F32, -2.0, 2.0, 3, 2))
			}, "do not broadcast"},
		{"Div", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).Div(sample(t, c, F32, 0.5, 2.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, I32, 1.0, 3.0, 2).Div(sample(t, c, I32, 1.0, 3.0, 2))
			}, "must be"},
		{"Pow", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, 0.5, 2.0, 2, 3).Pow(sample(t, c, F32, -2.0, 2.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2).Pow(sample(t, c, F32, -2.0, 2.0, 3))
			}, "do not broadcast"},
		{"Maximum", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).Maximum(sample(t, c, F32, -2.0, 2.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2).Maximum(sample(t, c, F32, -2.0, 2.0, 3))
			}, "do not broadcast"},
		{"Minimum", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).Minimum(sample(t, c, F32, -2.0, 2.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2).Minimum(sample(t, c, F32, -2.0, 2.0, 3))
			}, "do not broadcast"},
		{"AddScalar", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).AddScalar(1.5) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).AddScalar(1.5) }, "whole number"},
		{"MulScalar", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).MulScalar(1.5) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).MulScalar(0.5) }, "whole number"},
		{"Neg", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Neg() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, Bool, -2.0, 2.0, 2).Neg() }, "must be"},
		{"Exp", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Exp() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).Exp() }, "must be"},
		{"Log", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, 0.3, 3.0, 2, 3).Log() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I64, 1.0, 3.0, 2).Log() }, "must be"},
		{"Log1p", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -0.5, 3.0, 2, 3).Log1p() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, Bool, -0.5, 3.0, 2).Log1p() }, "must be"},
		{"Expm1", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Expm1() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, U8, 0.0, 3.0, 2).Expm1() }, "must be"},
		{"Sqrt", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, 0.5, 4.0, 2, 3).Sqrt() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 1.0, 3.0, 2).Sqrt() }, "must be"},
		{"Rsqrt", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, 0.5, 4.0, 2, 3).Rsqrt() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 1.0, 3.0, 2).Rsqrt() }, "must be"},
		{"Square", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Square() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, Bool, -2.0, 2.0, 2).Square() }, "must be"},
		{"Abs", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Abs() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, Bool, -2.0, 2.0, 2).Abs() }, "must be"},
		{"Sign", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Sign() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, Bool, -2.0, 2.0, 2).Sign() }, "must be"},
		{"Tanh", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Tanh() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).Tanh() }, "must be"},
		{"Sigmoid", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Sigmoid() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).Sigmoid() }, "must be"},
		{"Softplus", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Softplus() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).Softplus() }, "must be"},
		{"Relu", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Relu() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, Bool, -2.0, 2.0, 2).Relu() }, "must be"},
		{"Sin", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Sin() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).Sin() }, "must be"},
		{"Cos", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Cos() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).Cos() }, "must be"},
		{"Erf", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Erf() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).Erf() }, "must be"},
		{"Reciprocal", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, 0.5, 3.0, 2, 3).Reciprocal() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 1.0, 3.0, 2).Reciprocal() }, "must be"},
		{"Floor", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Floor() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).Floor() }, "must be"},
		{"Clip", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Clip(-1.0, 1.0) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2).Clip(2.0, 1.0) }, "must not be above"},
		{"LeakyRelu", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).LeakyRelu() },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).LeakyReluSlope(0.01) },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).LeakyRelu() }, "must be"},
		{"LeakyReluSlope", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).LeakyReluSlope(0.2) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).LeakyReluSlope(0.01) }, "must be"},
		{"Elu", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Elu() },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).EluAlpha(1.0) },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).Elu() }, "must be"},
		{"EluAlpha", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).EluAlpha(1.5) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).EluAlpha(1.0) }, "must be"},
		{"Silu", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Silu() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).Silu() }, "must be"},
		{"Gelu", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Gelu() },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).GeluForm(false) },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).Gelu() }, "must be"},
		{"GeluForm", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).GeluForm(false) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).GeluForm(false) }, "must be"},
		{"StrongZeroMul", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).StrongZeroMul(sample(t, c, F32, -2.0, 2.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3).StrongZeroMul(sample(t, c, F32, -2.0, 2.0, 3, 2))
			}, "do not broadcast"},
		{"StrongZeroDiv", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).StrongZeroDiv(sample(t, c, F32, 0.5, 2.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3).StrongZeroDiv(sample(t, c, F32, -2.0, 2.0, 3, 2))
			}, "do not broadcast"},
		{"Erfc", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Erfc() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 2).Erfc() }, "must be"},
		{"Equal", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, I32, 0.0, 1.0, 2, 3).Equal(sample(t, c, I32, 0.0, 1.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2).Equal(sample(t, c, F32, -2.0, 2.0, 3))
			}, "do not broadcast"},
		{"NotEqual", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, I32, 0.0, 1.0, 2, 3).NotEqual(sample(t, c, I32, 0.0, 1.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2).NotEqual(sample(t, c, F32, -2.0, 2.0, 3))
			}, "do not broadcast"},
		{"Less", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).Less(sample(t, c, F32, -2.0, 2.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2).Less(sample(t, c, F32, -2.0, 2.0, 3))
			}, "do not broadcast"},
		{"LessEqual", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, I32, 0.0, 2.0, 2, 3).LessEqual(sample(t, c, I32, 0.0, 2.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2).LessEqual(sample(t, c, F32, -2.0, 2.0, 3))
			}, "do not broadcast"},
		{"Greater", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).Greater(sample(t, c, F32, -2.0, 2.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2).Greater(sample(t, c, F32, -2.0, 2.0, 3))
			}, "do not broadcast"},
		{"GreaterEqual", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, I32, 0.0, 2.0, 2, 3).GreaterEqual(sample(t, c, I32, 0.0, 2.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2).GreaterEqual(sample(t, c, F32, -2.0, 2.0, 3))
			}, "do not broadcast"},
		{"LogicalAnd", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, Bool, 0.0, 1.0, 2, 3).LogicalAnd(sample(t, c, Bool, 0.0, 1.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, I32, 0.0, 1.0, 2).LogicalAnd(sample(t, c, I32, 0.0, 1.0, 2))
			}, "must be"},
		{"LogicalOr", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, Bool, 0.0, 1.0, 2, 3).LogicalOr(sample(t, c, Bool, 0.0, 1.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, I32, 0.0, 1.0, 2).LogicalOr(sample(t, c, I32, 0.0, 1.0, 2))
			}, "must be"},
		{"LogicalNot", func(t *testing.T, c *Context) *Tensor { return sample(t, c, Bool, 0.0, 1.0, 2, 3).LogicalNot() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2).LogicalNot() }, "must be"},
		{"Select", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, Bool, 0.0, 1.0, 2, 3).Select(sample(t, c, F32, -2.0, 2.0, 2, 3), sample(t, c, F32, -2.0, 2.0, 2, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, Bool, 0.0, 1.0, 2).Select(sample(t, c, F32, -2.0, 2.0, 3), sample(t, c, F32, -2.0, 2.0, 3))
			}, "do not broadcast"},
		{"Cast", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Cast(F64) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return closed(t, c).Cast(F64) }, "released"},
		{"Sum", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).Sum() },
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).SumAxes([]int64{}, false)
			},
			func(t *testing.T, c *Context) *Tensor { return closed(t, c).Sum() }, "released"},
		{"SumAxes", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).SumAxes([]int64{}, false)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3).SumAxes([]int64{2}, false)
			}, "axis out of range"},
		{"Mean", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).Mean() },
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).MeanAxes([]int64{}, false)
			},
			func(t *testing.T, c *Context) *Tensor { return closed(t, c).Mean() }, "released"},
		{"MeanAxes", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).MeanAxes([]int64{}, false)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3).MeanAxes([]int64{5}, false)
			}, "axis out of range"},
		{"Max", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).Max() },
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).MaxAxes([]int64{}, false)
			},
			func(t *testing.T, c *Context) *Tensor { return closed(t, c).Max() }, "released"},
		{"MaxAxes", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).MaxAxes([]int64{}, false)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 0, 3).MaxAxes([]int64{0}, false)
			}, "no elements"},
		{"Min", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).Min() },
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).MinAxes([]int64{}, false)
			},
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 0).Min() }, "no elements"},
		{"MinAxes", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).MinAxes([]int64{}, false)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 0).MinAxes([]int64{}, false)
			}, "no elements"},
		{"Prod", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Prod() },
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3).ProdAxes([]int64{}, false)
			},
			func(t *testing.T, c *Context) *Tensor { return closed(t, c).Prod() }, "released"},
		{"ProdAxes", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).ProdAxes([]int64{}, false)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3).ProdAxes([]int64{2}, false)
			}, "axis out of range"},
		{"ArgMax", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 5).ArgMax() },
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 5).ArgMaxAxes([]int64{}, false)
			},
			func(t *testing.T, c *Context) *Tensor { return closed(t, c).ArgMax() }, "released"},
		{"ArgMaxAxes", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 5).ArgMaxAxes([]int64{}, false)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 0, 3).ArgMaxAxes([]int64{0}, false)
			}, "no elements"},
		{"ArgMin", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 5).ArgMin() },
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 5).ArgMinAxes([]int64{}, false)
			},
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 0).ArgMin() }, "no elements"},
		{"ArgMinAxes", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 5).ArgMinAxes([]int64{}, false)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 0).ArgMinAxes([]int64{}, false)
			}, "no elements"},
		{"CumSum", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 5).CumSum() },
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 5).CumSumAxis(-1, false, false)
			},
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0).CumSum() }, "has no axes"},
		{"CumSumAxis", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 5).CumSumAxis(-1, false, false)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0).CumSumAxis(-1, false, false)
			}, "has no axes"},
		{"LogSumExp", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).LogSumExp() },
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3).LogSumExpAxes([]int64{}, false)
			},
			func(t *testing.T, c *Context) *Tensor { return closed(t, c).LogSumExp() }, "released"},
		{"LogSumExpAxes", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).LogSumExpAxes([]int64{}, false)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3).LogSumExpAxes([]int64{2}, false)
			}, "axis out of range"},
		{"MatMul", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).MatMul(sample(t, c, F32, -2.0, 2.0, 3, 4))
		},
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3).MatMulTransposed(sample(t, c, F32, -2.0, 2.0, 3, 4), false, false)
			},
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 32, 784).MatMul(sample(t, c, F32, -2.0, 2.0, 128, 10))
			}, "inner"},
		{"MatMulTransposed", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).MatMulTransposed(sample(t, c, F32, -2.0, 2.0, 3, 4), false, false)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 32, 784).MatMulTransposed(sample(t, c, F32, -2.0, 2.0, 128, 10), false, false)
			}, "inner"},
		{"Reshape", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 6).Reshape(3, 4) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Reshape(4) }, "number of elements"},
		{"Transpose", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Transpose() },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).TransposeAxes() },
			func(t *testing.T, c *Context) *Tensor { return closed(t, c).Transpose() }, "released"},
		{"TransposeAxes", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).TransposeAxes() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).TransposeAxes(0, 0) }, "twice"},
		{"BroadcastTo", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 3).BroadcastTo(2, 3) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 3).BroadcastTo(2) }, "does not broadcast to"},
		{"ExpandDims", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).ExpandDims(0) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).ExpandDims(3) }, "axis out of range"},
		{"Squeeze", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 1, 3, 1).Squeeze() },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 1, 3, 1).SqueezeAxes() },
			func(t *testing.T, c *Context) *Tensor { return closed(t, c).Squeeze() }, "released"},
		{"SqueezeAxes", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 1, 3, 1).SqueezeAxes() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).SqueezeAxes(0) }, "size 1"},
		{"Concat", func(t *testing.T, c *Context) *Tensor {
			return c.Concat([]*Tensor{sample(t, c, F32, -2.0, 2.0, 2, 3), sample(t, c, F32, -2.0, 2.0, 1, 3)}, 0)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return c.Concat([]*Tensor{sample(t, c, F32, -2.0, 2.0, 2, 3), sample(t, c, F32, -2.0, 2.0, 2, 4)}, 0)
			}, "agree"},
		{"Stack", func(t *testing.T, c *Context) *Tensor {
			return c.Stack([]*Tensor{sample(t, c, F32, -2.0, 2.0, 2, 3), sample(t, c, F32, -2.0, 2.0, 2, 3)}, 0)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return c.Stack([]*Tensor{sample(t, c, F32, -2.0, 2.0, 2), sample(t, c, F32, -2.0, 2.0, 3)}, 0)
			}, "one shape"},
		{"Slice", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 4, 5).Slice([]int64{1, 0}, []int64{3, 5})
		},
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 4, 5).SliceStrided([]int64{1, 0}, []int64{3, 5}, []int64{})
			},
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 4).Slice([]int64{1}, []int64{5})
			}, "out of range"},
		{"SliceStrided", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 4, 5).SliceStrided([]int64{1, 0}, []int64{3, 5}, []int64{})
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 4).SliceStrided([]int64{1}, []int64{5}, []int64{})
			}, "out of range"},
		{"Pad", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).Pad([]int64{1, 0}, []int64{0, 2})
		},
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2, 3).PadInterior([]int64{1, 0}, []int64{0, 2}, []int64{}, 0.0)
			},
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2).Pad([]int64{-1}, []int64{0})
			}, "negative"},
		{"PadInterior", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 2, 3).PadInterior([]int64{1, 0}, []int64{0, 2}, []int64{}, 0.0)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 2).PadInterior([]int64{-1}, []int64{0}, []int64{}, 0.0)
			}, "negative"},
		{"Flatten", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).Flatten() },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).FlattenFrom(1) },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0).Flatten() }, "axis"},
		{"FlattenFrom", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3, 4).FlattenFrom(1) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0).FlattenFrom(1) }, "axis"},
		{"Identity", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).Identity() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return closed(t, c).Identity() }, "released"},
		{"StopGradient", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 3).StopGradient() },
			nil,
			func(t *testing.T, c *Context) *Tensor { return closed(t, c).StopGradient() }, "released"},
		{"Gather", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 4, 3).Gather(sample(t, c, I32, 0.0, 3.0, 2), 0)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 4, 3).Gather(sample(t, c, I32, 4.0, 5.0, 2), 0)
			}, "outside"},
		{"ScatterAdd", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, I32, 0.0, 3.0, 3).ScatterAdd(sample(t, c, F32, -2.0, 2.0, 3, 2), 4, 0)
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, I32, 4.0, 5.0, 2).ScatterAdd(sample(t, c, F32, -2.0, 2.0, 2, 3), 4, 0)
			}, "outside"},
		{"OneHot", func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 4).OneHot(4) },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 4).OneHotDType(4, F32) },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 1.0, 2).OneHot(-1) }, "number of classes"},
		{"OneHotDType", func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 3.0, 4).OneHotDType(4, F32) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, I32, 0.0, 1.0, 2).OneHotDType(-1, F32) }, "number of classes"},
		{"SetRows", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, -2.0, 2.0, 4, 3).SetRows(sample(t, c, I32, 0.0, 3.0, 1), sample(t, c, F32, -2.0, 2.0, 1, 3))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, -2.0, 2.0, 4, 3).SetRows(sample(t, c, I32, 4.0, 5.0, 1), sample(t, c, F32, -2.0, 2.0, 1, 3))
			}, "outside"},
		{"Softmax", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 5).Softmax() },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 5).SoftmaxAxis(-1) },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0).Softmax() }, "has no axes"},
		{"SoftmaxAxis", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 5).SoftmaxAxis(-1) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0).SoftmaxAxis(-1) }, "has no axes"},
		{"LogSoftmax", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 5).LogSoftmax() },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 5).LogSoftmaxAxis(-1) },
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0).LogSoftmax() }, "has no axes"},
		{"LogSoftmaxAxis", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2, 5).LogSoftmaxAxis(-1) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0).LogSoftmaxAxis(-1) }, "has no axes"},
		{"SoftmaxCrossEntropy", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, 0.0, 1.0, 3, 4).SoftmaxCrossEntropy(sample(t, c, F32, -2.0, 2.0, 3, 4))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, 0.0, 1.0, 3, 4).SoftmaxCrossEntropy(sample(t, c, F32, -2.0, 2.0, 3, 5))
			}, "same shape"},
		{"SparseSoftmaxCrossEntropy", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, I32, 0.0, 3.0, 3).SparseSoftmaxCrossEntropy(sample(t, c, F32, -2.0, 2.0, 3, 4))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, I32, 4.0, 9.0, 3).SparseSoftmaxCrossEntropy(sample(t, c, F32, -2.0, 2.0, 3, 4))
			}, "must be in [0, 4): got"},
		{"SigmoidCrossEntropy", func(t *testing.T, c *Context) *Tensor {
			return sample(t, c, F32, 0.0, 1.0, 3, 4).SigmoidCrossEntropy(sample(t, c, F32, -2.0, 2.0, 3, 4))
		},
			nil,
			func(t *testing.T, c *Context) *Tensor {
				return sample(t, c, F32, 0.0, 1.0, 3, 4).SigmoidCrossEntropy(sample(t, c, F32, -2.0, 2.0, 3, 1))
			}, "same shape"},
		{"Uniform", func(t *testing.T, c *Context) *Tensor { return c.Uniform(3, 4) },
			func(t *testing.T, c *Context) *Tensor { return c.UniformRange([]int64{3, 4}, 0.0, 1.0, F32) },
			func(t *testing.T, c *Context) *Tensor { return c.Uniform(2, -1) }, "negative"},
		{"UniformRange", func(t *testing.T, c *Context) *Tensor { return c.UniformRange([]int64{3, 4}, 0.0, 1.0, F32) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return c.UniformRange([]int64{2, -1}, 0.0, 1.0, F32) }, "negative"},
		{"Normal", func(t *testing.T, c *Context) *Tensor { return c.Normal(3, 4) },
			func(t *testing.T, c *Context) *Tensor { return c.NormalWith([]int64{3, 4}, 0.0, 1.0, F32) },
			func(t *testing.T, c *Context) *Tensor { return c.Normal(2, -1) }, "negative"},
		{"NormalWith", func(t *testing.T, c *Context) *Tensor { return c.NormalWith([]int64{3, 4}, 0.0, 1.0, F32) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return c.NormalWith([]int64{2, -1}, 0.0, 1.0, F32) }, "negative"},
		{"Dropout", func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 4, 5).Dropout(0.5) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return sample(t, c, F32, -2.0, 2.0, 2).Dropout(1.0) }, "[0, 1)"},
		{"Full", func(t *testing.T, c *Context) *Tensor { return c.Full([]int64{2, 3}, 1.5, F32) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return c.Full([]int64{2, -3}, 0.0, F32) }, "negative"},
		{"Range", func(t *testing.T, c *Context) *Tensor { return c.Range(5) },
			func(t *testing.T, c *Context) *Tensor { return c.RangeFrom(5, 0.0, 1.0, F32) },
			func(t *testing.T, c *Context) *Tensor { return c.Range(-1) }, "negative step"},
		{"RangeFrom", func(t *testing.T, c *Context) *Tensor { return c.RangeFrom(5, 0.0, 1.0, F32) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return c.RangeFrom(-1, 0.0, 1.0, F32) }, "negative step"},
		{"Zeros", func(t *testing.T, c *Context) *Tensor { return c.Zeros(2, 3) },
			func(t *testing.T, c *Context) *Tensor { return c.ZerosDType([]int64{2, 3}, F32) },
			func(t *testing.T, c *Context) *Tensor { return c.Zeros(2, -3) }, "negative"},
		{"ZerosDType", func(t *testing.T, c *Context) *Tensor { return c.ZerosDType([]int64{2, 3}, F32) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return c.ZerosDType([]int64{2, -3}, F32) }, "negative"},
		{"Ones", func(t *testing.T, c *Context) *Tensor { return c.Ones(2, 3) },
			func(t *testing.T, c *Context) *Tensor { return c.OnesDType([]int64{2, 3}, F32) },
			func(t *testing.T, c *Context) *Tensor { return c.Ones(2, -3) }, "negative"},
		{"OnesDType", func(t *testing.T, c *Context) *Tensor { return c.OnesDType([]int64{2, 3}, F32) },
			nil,
			func(t *testing.T, c *Context) *Tensor { return c.OnesDType([]int64{2, -3}, F32) }, "negative"},
	}
}
