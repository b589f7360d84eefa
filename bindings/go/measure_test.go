//go:build cgo

package tapeloop

import (
	"math"
	"testing"
)

// A number of each loss that the other tests do not have, and what they refuse.
func TestLossesTakeTheirParameters(t *testing.T) {
	c := newContext(t)
	integers := func(values []int32, shape ...int64) *Tensor {
		made, err := NewTensor(c, values, shape...)
		must(t, err)
		return made
	}
	rows := func(values ...float32) *Tensor { return matrix(t, c, 2, values...) }
	near := func(name string, loss *Tensor, want float64) {
		t.Helper()
		if got := item(t, loss); math.Abs(got-want) > 1e-5 {
			t.Errorf("%s: %v for %v", name, got, want)
		}
	}
	y, p := rows(0, 1, 0, 0), rows(.6, .4, .4, .6)
	near("hinge", Hinge(y, p, nil), 1.3)
	near("squared hinge", SquaredHinge(y, p, nil), (1.46+2.26)/2)
	near("categorical hinge", CategoricalHinge(y, p, &LossOptions{Weights: vector(t, c, 1, 0)}), .6)
	zero, three := c.Zeros(1), c.Full([]int64{1}, 3, F32)
	near("huber", Huber(zero, three, .5, nil), 1.375)
	near("log cosh", LogCosh(zero, three, nil), math.Log(math.Cosh(3)))
	near("percentage", MeanAbsolutePercentageError(three, zero, nil), 100)
	near("logarithmic", MeanSquaredLogarithmicError(zero, three, nil), math.Pow(math.Log(4), 2))
	near("poisson", Poisson(three, three, nil), 3-3*math.Log(3))
	near("cosine", CosineSimilarity(rows(0, 1, 1, 1), rows(1, 0, 1, 1), nil), -.5)
	near("divergence", KLDivergence(rows(.5, .5), rows(.25, .75), nil), .5*math.Log(4./3))
	probabilities := &LossOptions{FromProbabilities: true}
	near("binary focal", BinaryFocalCrossEntropy(rows(1, 0, 1, 0), rows(.9, .8, .7, .2), 2, 0, probabilities), (.515547+.020513)/2)
	near("categorical focal", CategoricalFocalCrossEntropy(rows(1, 0), rows(0, 0), 2, .5, nil), .125*math.Log(2))
	mask, said := rows(1, 2, 1, 2), rows(4, 1, 6, 1)
	near("dice", Dice(mask, said, false, nil), -.5555555)
	near("dice of examples", Dice(mask, said, true, nil), (1-2*6./8+1-2*8./10)/2)
	near("tversky", Tversky(mask, said, .2, .8, false, nil), -.9444444)
	logits := make([]float32, 24)
	for i := range logits {
		logits[i] = float32(i-12) / 100
	}
	x, labels := vector(t, c, logits...).Reshape(2, 4, 3), integers([]int32{1, 2, 1, 0, 1, 2, 0, 2}, 2, 4)
	near("ctc", CTC(labels, x, nil, nil, 0, nil), 2.448645)
	near("ctc", CTC(labels, x, integers([]int32{3, 3}, 2), integers([]int32{4, 4}, 2).Cast(I64), 0, nil), 2.448645)
	wants(t, Huber(zero, three, -1, nil).Err(), ErrInvalidArgument, "'delta'")
	wants(t, CTC(labels, x, nil, nil, 3, nil).Err(), ErrInvalidArgument, "'blank'")
	wants(t, CTC(labels, x, nil, labels.Reshape(7), 0, nil).Err(), ErrInvalidArgument, "[reshape]")
}

func TestMetricsCompareLabelsWithPredictions(t *testing.T) {
	c := newContext(t)
	check := func(m *Metric, y, p *Tensor, want float64) {
		t.Helper()
		must(t, m.UpdatePredictions(y, p, nil))
		if got, err := m.Result(); err != nil || math.Abs(got-want) > 1e-6 {
			t.Errorf("%s: %v for %v, %v", m.Name(), got, want, err)
		}
		if got := item(t, m.ResultTensor()); math.Abs(got-want) > 1e-6 {
			t.Errorf("%s: the tensor has %v for %v", m.Name(), got, want)
		}
		must(t, m.Close())
	}
	y, p := vector(t, c, 0, 0, 1, 1).Cast(I32), vector(t, c, 0, .5, .3, .9)
	check(c.TruePositives(nil, nil), y, p, 1)
	check(c.FalsePositives([]float64{.4}, nil), y, p, 1)
	check(c.TrueNegatives(nil, nil), y, p, 2)
	check(c.FalseNegatives(nil, nil), y, p, 1)
	check(c.Recall([]float64{.2}, nil), y, p, 1)
	three := &ThresholdOptions{ThresholdCount: 3}
	check(c.AUC(nil, three), y, p, .75)
	check(c.AUC([]float64{.5}, &ThresholdOptions{Curve: AUCCurvePrecisionRecallGain, Summation: AUCSummationMajoring}), y, p, 1)
	check(c.SensitivityAtSpecificity(.9, three), y, p, .5)
	check(c.SpecificityAtSensitivity(.9, three), y, p, .5)
	check(c.PrecisionAtRecall(.5, three), y, p, 1)
	check(c.RecallAtPrecision(.6, three), y, p, 1)
	several := c.Precision([]float64{.9, .2}, &ThresholdOptions{Name: "shares"})
	must(t, several.UpdatePredictions(y, p, nil))
	if got, err := Values[float64](several.ResultTensor()); err != nil || len(got) != 2 || got[0] != 0 || math.Abs(got[1]-2./3) > 1e-12 {
		t.Errorf("got %v, %v", got, err)
	}
	if several.Name() != "shares" || len(several.Variables()) != 2 {
		t.Errorf("got %q, %v", several.Name(), several.Variables())
	}
	_, err := several.Result()
	wants(t, err, ErrInvalidArgument, "several results")
	wants(t, c.Precision([]float64{1.5}, nil).Err(), ErrInvalidArgument, "each threshold")
	wants(t, c.Recall(nil, &ThresholdOptions{ClassID: 1}).Err(), ErrInvalidArgument, "'class_id'")
	var none *Metric
	wants(t, none.ResultTensor().Err(), ErrInvalidArgument, "nil")

	scores, classes := matrix(t, c, 3, .2, .6, .7, .2, .6, .5, .6, .8, 0), vector(t, c, 1, 1, 0).Cast(I32)
	check(c.SparseTopKCategoricalAccuracy(2, ""), classes, scores, 1)
	check(c.TopKCategoricalAccuracy(1, "one"), classes.OneHot(3), scores, 1./3)
	check(c.MeanIoU(3, ""), classes, scores, 1./9)
	check(c.FBeta(3, &FBetaOptions{Average: ClassAverageMacro}), classes.OneHot(3), scores, .5/3)
	a, b := vector(t, c, 1, 4, 3), vector(t, c, 2, 4, 4)
	check(c.R2(1, nil), a, b, 1-3./7)
	check(c.RootMeanSquaredError(""), a, b, math.Sqrt(2./3))
	check(c.CosineSimilarityMetric(""), a, b, 30/math.Sqrt(26*36))
	check(c.PearsonCorrelation(""), a, b, 10/math.Sqrt(112))
}
