//go:build cgo

package tapeloop

import (
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"testing"
)

func TestProgressShowsStepsAndValues(t *testing.T) {
	c := newContext(t)
	bar := c.NewProgress(&ProgressOptions{Width: 50, ASCII: true, NoTimes: true})
	must(t, bar.Start(100, "epoch 3"))
	must(t, bar.Value("loss", .125))
	must(t, bar.Update(50))
	line, err := bar.Text()
	must(t, err)
	if line != "epoch 3  50% [========>       ] 50/100  loss 0.125" {
		t.Errorf("got %q", line)
	}
	s, err := bar.Statistics()
	must(t, err)
	if s.Step != 50 || s.Total != 100 || s.Finished || s.WriteFailed || !math.IsNaN(s.Waited) || !(s.Elapsed >= 0) {
		t.Errorf("got %+v", s)
	}
	must(t, bar.SetWaited(0))
	must(t, bar.Finish())
	if bar.Due() {
		t.Error("it is due between rounds")
	}
	wants(t, bar.Update(51), ErrFailedPrecondition, "between rounds")
	wants(t, bar.Start(-1, ""), ErrInvalidArgument, "'total' must not be negative")
	wants(t, bar.Start(1, "a\x00b"), ErrInvalidArgument, "NUL")
	wants(t, c.NewProgress(&ProgressOptions{Digits: 18}).Err(), ErrInvalidArgument, "'digits' must be 1 to 17")
	wants(t, (*Progress)(nil).Update(1), ErrInvalidArgument, "nil")
}

func TestProgressWritesLinesToAFile(t *testing.T) {
	c := newContext(t)
	file, err := os.CreateTemp(t.TempDir(), "")
	must(t, err)
	bar := c.NewProgress(&ProgressOptions{Descriptor: int32(file.Fd()), NoTimes: true})
	for _, label := range []string{"one", "two"} {
		must(t, bar.Start(2, label))
		must(t, bar.Update(2))
		must(t, bar.Value("loss", math.NaN()))
	}
	must(t, bar.Close())
	_, err = file.Seek(0, io.SeekStart)
	must(t, err)
	written, err := io.ReadAll(file)
	must(t, err)
	if string(written) != "one 100%  2/2  loss nan\n" { // the second round is not finished
		t.Errorf("got %q", written)
	}
	must(t, file.Close())
}

func TestProgressDrawnByTheProgram(t *testing.T) {
	c := newContext(t)
	bar := c.NewProgress(&ProgressOptions{Interval: 1e-9, NoTimes: true})
	var lines []string
	must(t, bar.OnDraw(func(line string, s ProgressStatistics) error {
		lines = append(lines, line)
		if s.Step == 3 {
			return io.ErrUnexpectedEOF
		}
		if s.Step == 4 {
			panic("no screen")
		}
		return nil
	}))
	must(t, bar.Start(0, ""))
	for step := int64(1); step <= 2; step++ {
		for !bar.Due() {
		}
		must(t, bar.Update(step))
	}
	if strings.Join(lines, ",") != "1,2" {
		t.Errorf("got %q", lines)
	}
	for !bar.Due() {
	}
	if err := bar.Update(3); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	var p *PanicError
	for !bar.Due() {
	}
	if err := bar.Update(4); !errors.As(err, &p) || p.Value != "no screen" {
		t.Errorf("got %v", err)
	}
	must(t, bar.OnDraw(nil))
	must(t, bar.Finish())
	must(t, c.Err())
}
