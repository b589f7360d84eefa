//go:build cgo

// Command bench runs one workload of the benchmarks and prints one JSON line, as tests/bench/workload_bench.c does for C.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	tl "tapeloop"
)

func main() {
	name := flag.String("workload", "", "such as W1")
	threads := flag.Int("threads", 1, "of the context")
	quick := flag.Bool("quick", false, "few samples")
	list := flag.Bool("list", false, "print the workloads")
	mode := flag.String("mode", "eager", "one of those that the list names")
	given := flag.String("peaks", "", "of the machine: nine numbers with commas between them, as tests/bench/run writes them")
	flag.Parse()
	peaks, err := readPeaks(*given)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, w := range workloads {
		for _, known := range w.modes {
			if *list {
				fmt.Println(w.name, known)
			} else if w.name == *name && known == *mode {
				if err := run(w, *mode, *threads, *quick, peaks); err != nil {
					fmt.Fprintf(os.Stderr, "%s: %v\n", w.name, err)
					os.Exit(1)
				}
				return
			}
		}
	}
	if !*list {
		fmt.Fprintln(os.Stderr, "unknown workload or mode, see --list")
		os.Exit(2)
	}
}

func run(w workload, mode string, threads int, quick bool, peaks *tl.MachinePeaks) error {
	begun := time.Now()
	c, err := tl.NewContext(&tl.ContextOptions{Threads: int32(threads)})
	if err != nil {
		return err
	}
	defer c.Close()
	importMs := time.Since(begun).Seconds() * 1e3
	steps, err := w.in(mode, c)
	if err != nil {
		return err
	}
	out := map[string]any{"peer": "tapeloop", "version": tl.Version(), "lang": "go", "mode": mode, "workload": w.name,
		"threads": threads, "import_ms": importMs}
	if w.hasLoss {
		if err := checkLosses(steps, out); err != nil {
			return err
		}
	}
	t, err := measure(steps.timed, steps.inner, quick)
	if err != nil {
		return err
	}
	out["us"] = map[string]float64{"p10": t.p10, "median": t.median, "p90": t.p90}
	out["steps"], out["rss_mb"] = t.steps, peakMemory()
	if err := describePlan(steps.function, peaks, out); err != nil {
		return err
	}
	line, err := json.Marshal(out)
	fmt.Println(string(line))
	return err
}

// checkLosses runs steps 0 to 200 from the initial weights.
func checkLosses(s steps, out map[string]any) error {
	begun, losses := time.Now(), make([]float64, 10)
	var first time.Time
	for i := 0; i <= 200; i++ {
		loss, err := s.checked(i)
		if err != nil {
			return err
		}
		if i == 0 {
			first = time.Now()
			out["first_call_ms"] = first.Sub(begun).Seconds() * 1e3
		} else if i == 1 && s.inner == 1 {
			out["second_call_ms"] = time.Since(first).Seconds() * 1e3
		}
		if i < len(losses) {
			losses[i] = loss
		}
		if !math.IsNaN(loss) {
			out["loss_end"] = loss
		}
	}
	out["loss"] = losses
	return nil
}

// readPeaks reads the fields of tl.MachinePeaks in order; nil for an empty text.
func readPeaks(text string) (*tl.MachinePeaks, error) {
	if text == "" {
		return nil, nil
	}
	p := new(tl.MachinePeaks)
	_, err := fmt.Sscanf(strings.ReplaceAll(text, ",", " "), "%d %g %d %d %d %g %g %g %g", &p.Threads, &p.Flops, &p.L1Bytes, &p.L2Bytes,
		&p.L3Bytes, &p.L1Bandwidth, &p.L2Bandwidth, &p.L3Bandwidth, &p.DramBandwidth)
	return p, err
}

// describePlan is what a compiled step is made of, and what it takes at the least on a machine with these peaks; nothing without one.
func describePlan(f *tl.Function, peaks *tl.MachinePeaks, out map[string]any) error {
	if f == nil {
		return nil
	}
	s, err := f.Statistics()
	out["kernels"], out["flops"], out["bytes"], out["touched_bytes"] = s.Kernels, s.Flops, s.MovedBytes, s.TouchedBytes
	out["arena_bytes"], out["traces"], out["clusters"] = s.ArenaBytes, s.Traces, s.Clusters
	if err != nil || peaks == nil {
		return err
	}
	b, err := f.Bound(peaks)
	if err != nil {
		return err
	}
	out["bound_us"], out["bound_by"] = b.Seconds*1e6, [...]string{"l1", "l2", "l3", "dram"}[b.Level-1]
	if b.ArithmeticSeconds >= b.MemorySeconds {
		out["bound_by"] = "fma"
	}
	return nil
}

func peakMemory() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmHWM:" {
			kb, _ := strconv.ParseFloat(f[1], 64)
			return kb / 1024
		}
	}
	return 0
}
