//go:build cgo

package tapeloop

// #include "bridge.h"
import "C"

// Adamax is Adam with the largest gradient in the place of the second moment (Kingma and Ba 2015, section 7.1):
// m = beta1 m + (1 - beta1) g, u = max(beta2 u, |g|), w -= rate / (1 - beta1^t) m / (u + epsilon); in PyTorch's form
// u = max(beta2 u, |g| + epsilon) and m / u. options may be nil.
func (c *Context) Adamax(options *AdamaxOptions) *Optimizer {
	return c.newOptimizer("adamax", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_adamax(c.handle(), options.raw(name))
	})
}

// Nadam is Adam with Nesterov's momentum (Dozat 2016): u_t = beta1 (1 - 0.96^(d t) / 2) with d the MomentumDecay, U_t is the
// product of u_1 to u_t, and w -= rate (u_(t+1) m / (1 - U_(t+1)) + (1 - u_t) g / (1 - U_t)) / (sqrt(v / (1 - beta2^t)) + epsilon).
// options may be nil.
func (c *Context) Nadam(options *NadamOptions) *Optimizer {
	return c.newOptimizer("nadam", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_nadam(c.handle(), options.raw(name))
	})
}

// Adagrad (Duchi et al. 2011) is a += g^2, w -= rate g / sqrt(a + epsilon); in PyTorch's form g / (sqrt(a) + epsilon). Rows
// (ApplyRows) give the dense update to the bit, unless epsilon and a are 0. options may be nil.
func (c *Context) Adagrad(options *AdagradOptions) *Optimizer {
	return c.newOptimizer("adagrad", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_adagrad(c.handle(), options.raw(name))
	})
}

// Adadelta (Zeiler 2012) is G = rho G + (1 - rho) g^2, d = sqrt(D + epsilon) / sqrt(G + epsilon) g,
// D = rho D + (1 - rho) d^2, w -= rate d. options may be nil.
func (c *Context) Adadelta(options *AdadeltaOptions) *Optimizer {
	return c.newOptimizer("adadelta", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_adadelta(c.handle(), options.raw(name))
	})
}

// RMSprop (Tieleman and Hinton 2012; centred: Graves 2013) is v = rho v + (1 - rho) g^2; s = v, or centred
// a = rho a + (1 - rho) g and s = max(v - a^2, 0); d = g / sqrt(s + epsilon), in PyTorch's form g / (sqrt(s) + epsilon); then
// w -= rate d. With momentum b = mu b + rate d and w -= b, in PyTorch's form b = mu b + d and w -= rate b. options may be nil.
func (c *Context) RMSprop(options *RMSpropOptions) *Optimizer {
	return c.newOptimizer("rmsprop", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_rmsprop(c.handle(), options.raw(name))
	})
}

// Ftrl is FTRL-proximal (McMahan et al. 2013): n = a + g^2, z += g + 2 shrink w - (n^p - a^p) / rate w,
// w = (clip(z, -l1, l1) - z) / (n^p / rate + 2 l2 + beta / rate), a = n, with p = -LearningRatePower. A step at a rate that was
// set to 0 is an error. options may be nil.
func (c *Context) Ftrl(options *FtrlOptions) *Optimizer {
	return c.newOptimizer("ftrl", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_ftrl(c.handle(), options.raw(name))
	})
}

// Lion (Chen et al. 2023) is w -= rate sign(beta1 m + (1 - beta1) g), m = beta2 m + (1 - beta2) g. options may be nil.
func (c *Context) Lion(options *LionOptions) *Optimizer {
	return c.newOptimizer("lion", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_lion(c.handle(), options.raw(name))
	})
}

// Lamb is LAMB (You et al. 2020, algorithm 2): u = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) + weight_decay w,
// with Adam's moments, then w -= rate |w| / |u| u; the ratio of norms, of the whole variable, is 1 where one of them is 0.
// ApplyRows is refused. options may be nil.
func (c *Context) Lamb(options *LambOptions) *Optimizer {
	return c.newOptimizer("lamb", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_lamb(c.handle(), options.raw(name))
	})
}

// Adafactor (Shazeer and Stern 2018) is Adam with a second moment that takes the memory of a row and a column for each matrix.
// With b = 1 - t^Beta2Decay and s = g^2 + epsilon1: r = b r + (1 - b) mean(s) over the last axis, c likewise over the last but
// one, v = r c / mean(r); of a variable of rank 0 or 1 v = b v + (1 - b) s. In PyTorch's form s = g^2 and
// v = max(r c / max(mean(r), epsilon1), epsilon1^2). Then u = g / sqrt(v) and
// w -= max(epsilon2, rms(w)) min(rate, 1 / sqrt(t)) u / max(1, rms(u) / ClipThreshold), with rms the root of the mean square.
// ApplyRows is refused. options may be nil.
func (c *Context) Adafactor(options *AdafactorOptions) *Optimizer {
	return c.newOptimizer("adafactor", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_adafactor(c.handle(), options.raw(name))
	})
}

// Muon (Jordan et al. 2024): a variable of rank 2 moves along the orthogonal factor of its momentum: b = mu b + g, u = g + mu b,
// w -= rate scale O(u), where O(u) is near U V^T of the singular value decomposition of u: X = u / (|u| + epsilon), transposed
// where it has more rows than columns, then NsSteps times A = X X^T, X = 3.4445 X + (-4.7750 A + 2.0315 A^2) X. All other
// variables take Adam's step in Keras's form. Tables of embeddings and the last layer are matrices, too, but are better trained
// by AdamW: give them to an optimizer of their own. ApplyRows of a matrix is refused. options may be nil.
func (c *Context) Muon(options *MuonOptions) *Optimizer {
	return c.newOptimizer("muon", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_muon(c.handle(), options.raw(name))
	})
}

// ScheduleFreeAdamW is schedule-free AdamW (Defazio et al. 2024), as its authors implement it: the average of the iterates does
// what a falling rate would do. The variable holds y, at which gradients are taken. With r = rate min(1, t / WarmupSteps), q the
// square of the largest r so far and v = beta2 v + (1 - beta2) g^2:
// z -= r (g / (sqrt(v / (1 - beta2^t)) + epsilon) + weight_decay y), c = q / (the sum of all q so far), x = (1 - c) x + c z,
// y = (1 - beta1) z + beta1 x. SwapAverages exchanges y and x, which is the result: for an evaluation, and for good when training
// ends. ApplyRows is refused. options may be nil.
func (c *Context) ScheduleFreeAdamW(options *ScheduleFreeAdamWOptions) *Optimizer {
	return c.newOptimizer("schedule_free_adamw", options.name(), func(name *C.char) C.uintptr_t {
		return C.tlgo_schedule_free_adamw(c.handle(), options.raw(name))
	})
}
