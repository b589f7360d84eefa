//go:build cgo

package main

import (
	"math"
	"sort"
	"time"
)

// stepFunction is one training step; i counts the calls. It returns the step's loss.
type stepFunction func(i int) (float64, error)

type timing struct {
	p10, median, p90 float64 // microseconds a step
	steps            int
}

func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// measure is the measure() of tests/bench/measure.c: warm-up, calibration, then up to 40 samples of about 0.1 s each; inner
// steps in one call. quick: few samples.
func measure(step stepFunction, inner int, quick bool) (timing, error) {
	warm, sample, want := 3.0, 0.1, 40
	if quick {
		warm, sample, want = 0.3, 0.03, 7
	}
	i, n := 0, 0
	next := func() error {
		_, err := step(i)
		i++
		return err
	}
	begun := time.Now()
	for i < 3 || ((i*inner < 20 || time.Since(begun).Seconds() < 0.3) && time.Since(begun).Seconds() < warm) {
		if err := next(); err != nil {
			return timing{}, err
		}
	}
	for begun = time.Now(); n == 0 || time.Since(begun).Seconds() < sample; n++ {
		if err := next(); err != nil {
			return timing{}, err
		}
	}
	each := time.Since(begun).Seconds() / float64(n)
	calls := int(math.Max(2, math.Ceil(sample/each)))
	if calls > 8 {
		calls = (calls + 7) / 8 * 8 // whole rounds over the batches
	}
	if float64(calls)*each*20 > 20 {
		calls = 1
	}
	var samples []float64
	for start := time.Now(); len(samples) < want && (len(samples) < 3 || time.Since(start).Seconds() < 20); {
		begun = time.Now()
		for k := 0; k < calls; k++ {
			if err := next(); err != nil {
				return timing{}, err
			}
		}
		samples = append(samples, time.Since(begun).Seconds()/float64(calls*inner)*1e6)
	}
	sort.Float64s(samples)
	return timing{quantile(samples, 0.1), quantile(samples, 0.5), quantile(samples, 0.9), len(samples) * calls * inner}, nil
}
