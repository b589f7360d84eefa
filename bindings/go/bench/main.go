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
	flag.String("mode", "eager", "there is one")
	flag.Parse()
	for _, w := range workloads {
		if *list {
			fmt.Println(w.name, "eager")
		} else if w.name == *name {
			if err := run(w, *threads, *quick); err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n", w.name, err)
				os.Exit(1)
			}
			return
		}
	}
	if !*list {
		fmt.Fprintln(os.Stderr, "unknown workload, see --list")
		os.Exit(2)
	}
}

func run(w workload, threads int, quick bool) error {
	begun := time.Now()
	c, err := tl.NewContext(&tl.ContextOptions{Threads: int32(threads)})
	if err != nil {
		return err
	}
	defer c.Close()
	importMs := time.Since(begun).Seconds() * 1e3
	step, err := w.prepare(c)
	if err != nil {
		return err
	}
	out := map[string]any{"peer": "tapeloop", "version": tl.Version(), "lang": "go", "mode": "eager", "workload": w.name,
		"threads": threads, "import_ms": importMs}
	if w.hasLoss {
		if err := checkLosses(step, out); err != nil {
			return err
		}
	}
	t, err := measure(step, w.inner, quick)
	if err != nil {
		return err
	}
	out["us"] = map[string]float64{"p10": t.p10, "median": t.median, "p90": t.p90}
	out["steps"], out["rss_mb"] = t.steps, peakMemory()
	line, err := json.Marshal(out)
	fmt.Println(string(line))
	return err
}

// checkLosses runs steps 0 to 200 from the initial weights.
func checkLosses(step stepFunction, out map[string]any) error {
	begun, losses := time.Now(), make([]float64, 10)
	for i := 0; i <= 200; i++ {
		loss, err := step(i)
		if err != nil {
			return err
		}
		if i == 0 {
			out["first_call_ms"] = time.Since(begun).Seconds() * 1e3
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
