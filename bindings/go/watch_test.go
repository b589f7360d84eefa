//go:build cgo

package tapeloop

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func contentOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}

func TestLogs(t *testing.T) {
	c, folder := newContext(t), t.TempDir()
	path := filepath.Join(folder, "run.jsonl")
	log := c.JSONLinesLogger(path, false)
	must(t, log.Err())
	if log.Path() != path {
		t.Errorf("got %q", log.Path())
	}
	must(t, log.Scalar(1, "loss", math.NaN()))
	must(t, log.Text(1, "note", `a "b"`))
	must(t, log.Histogram(2, "spread", c.Ones(3)))
	must(t, log.Flush())
	lines := strings.Split(contentOf(t, path), "\n")
	if !strings.HasSuffix(lines[0], `"loss": "NaN", "note": "a \"b\""}`) || !strings.Contains(lines[1], `"edges": [0.5, 1.5], "counts": [3]`) {
		t.Errorf("got %q", lines)
	}
	wants(t, log.Image(3, "x", c.Ones(2, 2)), ErrUnsupported, "JSON lines logs hold no images")
	wants(t, log.Scalar(3, "a\x00b", 1), ErrInvalidArgument, "NUL")
	wants(t, log.Histogram(3, "x", c.Ones(2).MatMul(c.Ones(3))), ErrInvalidArgument, "matmul")
	wants(t, c.CSVLogger(path, true).Err(), ErrBusy, "one writer")
	must(t, log.Close())
	wants(t, c.CSVLogger(path, true).Err(), ErrCorruptData, "step and wall_time")
	wants(t, c.CSVLogger(filepath.Join(folder, "no", "run.csv"), true).Err(), ErrNotFound, "No such file")
	wants(t, c.CSVLogger("a\x00b", true).Err(), ErrInvalidArgument, "NUL")
	board := c.TensorBoardLogger(filepath.Join(folder, "runs", "1"))
	must(t, board.Image(1, "x", c.Ones(2, 2)))
	if len(contentOf(t, board.Path())) < 100 {
		t.Error("the events are missing")
	}
	var kept *Logger
	must(t, c.Scope(func() error {
		kept = c.CSVLogger(filepath.Join(folder, "kept.csv"), false).Keep()
		return nil
	}))
	must(t, kept.Scalar(0, "a", 1))
	must(t, kept.Flush())
}

func TestPlotsAndPictures(t *testing.T) {
	c, folder := newContext(t), t.TempDir()
	plot := c.NewPlot("a < b", &PlotOptions{LogY: true, Smoothing: .5})
	must(t, plot.SetLabels("x", ""))
	_, err := plot.SVG()
	wants(t, err, ErrFailedPrecondition, "got 0 curves")
	must(t, plot.Add("one", 0, 1))
	must(t, plot.AddMany("two", []float64{0, 1}, []float64{10, 100}))
	must(t, plot.AddMany("three", nil, []float64{10, 100}))
	wants(t, plot.AddMany("two", []float64{0}, []float64{10, 100}), ErrInvalidArgument, "1 of x and 2 of y")
	svg, err := plot.SVG()
	must(t, err)
	if !strings.Contains(svg, "<title>a &lt; b</title>") {
		t.Errorf("got %q", svg)
	}
	must(t, plot.Image().WritePNG(filepath.Join(folder, "plot.png")))
	if !strings.HasPrefix(contentOf(t, filepath.Join(folder, "plot.png")), "\x89PNG") {
		t.Error("plot.png is no PNG file")
	}
	fine := c.NewPlot("", &PlotOptions{Width: 300, Height: 200, Scale: 2})
	wants(t, fine.Image().Err(), ErrFailedPrecondition, "plot_image")
	must(t, fine.Add("one", 0, 1))
	if shape := fine.Image().Shape(); !reflect.DeepEqual(shape, []int64{400, 600, 3}) {
		t.Error(shape)
	}
	must(t, plot.WriteSVG(filepath.Join(folder, "plot.svg")))
	if contentOf(t, filepath.Join(folder, "plot.svg")) != svg {
		t.Error("the file is another picture")
	}
	wants(t, plot.WriteSVG(filepath.Join(folder, "no", "plot.svg")), ErrNotFound, "plot_write_svg")
	wants(t, c.NewPlot("", &PlotOptions{Width: 1}).Err(), ErrInvalidArgument, "'width'")

	images := c.Ones(5, 4, 4)
	grid := images.ImageGrid(&ImageGridOptions{Columns: 5, Padding: 1, Scale: 2})
	if s := grid.Shape(); len(s) != 2 || s[0] != 10 || s[1] != 46 {
		t.Errorf("got %v", s)
	}
	must(t, grid.WritePNG(filepath.Join(folder, "grid.png")))
	if !strings.HasPrefix(contentOf(t, filepath.Join(folder, "grid.png")), "\x89PNG") {
		t.Error("no PNG file")
	}
	captions, err := NewTensor(c, []int32{1, 2, 3, 4, 5}, 5)
	must(t, err)
	must(t, images.WriteImageSVG(captions, "digits", nil, filepath.Join(folder, "digits.svg")))
	must(t, images.WriteImageSVG(nil, "", nil, filepath.Join(folder, "plain.svg")))
	if !strings.Contains(contentOf(t, filepath.Join(folder, "digits.svg")), ">5</text>") {
		t.Error("a caption is missing")
	}
	wants(t, c.Ones(2).WritePNG(filepath.Join(folder, "x.png")), ErrInvalidArgument, "[write_png] images must be")
	wants(t, images.ImageGrid(&ImageGridOptions{Background: 2}).Err(), ErrInvalidArgument, "'background'")
}

func TestTracesAndGraphs(t *testing.T) {
	c, folder := newContext(t), t.TempDir()
	model, x := c.Dense(2, nil), c.Ones(3, 4)
	trace := c.StartTrace(nil)
	wants(t, c.StartTrace(nil).Err(), ErrFailedPrecondition, "one trace at a time")
	double := c.NewFunction(func(inputs []*Tensor) ([]*Tensor, error) { return []*Tensor{inputs[0].MulScalar(2)}, nil }, 1, nil)
	must(t, trace.BeginSpan("outer"))
	tape := c.NewTape(nil)
	y := model.Call(x, true).Sum()
	graph, err := tape.DOT()
	must(t, err)
	if !strings.Contains(graph, `[label="matmul"`) {
		t.Errorf("got %s", graph)
	}
	_, err = tape.Gradient(y, model.TrainableVariables(), nil)
	must(t, err)
	must(t, trace.Counter("y", 1))
	for i := 0; i < 2; i++ {
		_, err = double.Call(x)
		must(t, err)
	}
	must(t, trace.EndSpan())
	wants(t, trace.EndSpan(), ErrFailedPrecondition, "a span must be open")
	must(t, trace.Stop())
	s, err := trace.Statistics()
	must(t, err)
	if s.Running || s.Events < 8 || s.Lost != 0 {
		t.Errorf("got %+v", s)
	}
	wants(t, trace.Counter("y", 1), ErrFailedPrecondition, "stopped")
	path := filepath.Join(folder, "trace.json")
	must(t, trace.Write(path))
	text := contentOf(t, path)
	for _, part := range []string{`"outer"`, `"gradient"`, `"matmul"`, `"recording of 'function'"`, `"replay of 'function'"`} {
		if !strings.Contains(text, part) {
			t.Errorf("%s is missing", part)
		}
	}
	must(t, trace.Close())
	must(t, c.StartTrace(&TraceOptions{MostEvents: 1, NoDetails: true}).Close())
	for _, dot := range []func() (string, error){model.DOT, double.DOT} {
		graph, err := dot()
		must(t, err)
		if !strings.Contains(graph, "digraph") {
			t.Errorf("got %s", graph)
		}
	}
	if _, err := (*Tape)(nil).DOT(); !errors.Is(err, ErrInvalidArgument) {
		t.Errorf("got %v", err)
	}
}
