//go:build cgo

package tapeloop

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

type savedTraining struct {
	c     *Context
	model *Layer
	adam  *Optimizer
	mean  *Metric
	data  *Dataset
	all   *Checkpoint
}

func newSavedTraining(t *testing.T, units int64) *savedTraining {
	t.Helper()
	c := newContext(t)
	s := &savedTraining{c: c, data: c.Dataset(c.Normal(40, 3)).Shuffle(5).Batched(8, false)}
	s.model = c.Sequential(c.Dense(units, nil), c.DropoutLayer(0.5, nil), c.Dense(1, nil))
	must(t, s.model.Build(8, 3))
	s.adam, s.mean, s.all = c.Adam(nil), c.MeanMetric("mean"), c.NewCheckpoint()
	must(t, s.adam.Build(s.model.TrainableVariables()))
	must(t, s.all.AddLayer("model", s.model))
	must(t, s.all.AddOptimizer("adam", s.adam))
	must(t, s.all.AddMetric("mean", s.mean))
	must(t, s.all.AddDataset("data", s.data))
	must(t, s.all.AddRandom("random"))
	must(t, s.all.SetInt64("epoch", 0))
	must(t, s.all.SetFloat64("best", math.Inf(1)))
	must(t, s.all.SetText("note", ""))
	return s
}

func (s *savedTraining) step(t *testing.T) float64 {
	t.Helper()
	for !s.data.Next() {
		must(t, s.data.Err())
	}
	tape := s.c.NewTape(nil)
	loss := s.model.Call(s.data.Batch()[0], true).Square().Mean()
	gradients, err := tape.Gradient(loss, s.model.TrainableVariables(), nil)
	must(t, err)
	must(t, s.adam.Apply(gradients, s.model.TrainableVariables()))
	must(t, s.mean.Update(loss, nil))
	value, err := loss.Item()
	must(t, err)
	return value
}

func TestATrainingGoesOnWithTheSameBits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seven")
	s, other := newSavedTraining(t, 4), newSavedTraining(t, 4)
	for i := 0; i < 7; i++ {
		s.step(t)
	}
	note := strings.Repeat("seven ä", 300)
	must(t, s.all.SetInt64("epoch", 3))
	must(t, s.all.SetFloat64("best", 0.1))
	must(t, s.all.SetText("note", note))
	must(t, s.all.Save(path))
	must(t, other.all.Restore(path))
	for i := 0; i < 5; i++ {
		if a, b := s.step(t), other.step(t); a != b {
			t.Errorf("step %d: %v and %v", i, a, b)
		}
	}
	epoch, err := other.all.Int64("epoch")
	must(t, err)
	best, err := other.all.Float64("best")
	must(t, err)
	read, err := other.all.Text("note")
	must(t, err)
	if epoch != 3 || best != 0.1 || read != note {
		t.Errorf("got %d, %v, %q", epoch, best, read)
	}
	refused(t, s.all.Save(path), ErrFailedPrecondition, "checkpoint_save", "never written over")
}

func TestWhatDoesNotFitIsListed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	s, wide := newSavedTraining(t, 4), newSavedTraining(t, 5)
	must(t, s.all.Save(path))
	refused(t, wide.all.Restore(path), ErrInvalidArgument, "checkpoint_restore", "f32 (3, 4) instead of f32 (3, 5)")
	report, err := wide.all.RestorePartly(path)
	must(t, err)
	if !strings.HasPrefix(report, "of another kind: ") {
		t.Errorf("got %q", report)
	}
	report, err = s.all.RestorePartly(path)
	must(t, err)
	if report != "" {
		t.Errorf("got %q", report)
	}
	refused(t, s.all.SetFloat64("epoch", 1), ErrInvalidArgument, "checkpoint_set_double", "keeps its kind")
	_, err = s.all.Int64("none")
	refused(t, err, ErrInvalidArgument, "checkpoint_get_int64", "not there")
	refused(t, s.all.Restore(path+"x"), ErrNotFound, "checkpoint_restore", "cannot be opened")
}

func TestAManagerKeepsTheBest(t *testing.T) {
	folder := t.TempDir()
	s := newSavedTraining(t, 4)
	m, err := s.c.NewCheckpointManager(s.all, folder, &CheckpointManagerOptions{MaxToKeep: 1, Best: CheckpointBestMax, Asynchronous: true})
	must(t, err)
	first, err := m.RestoreLatest()
	must(t, err)
	after := []float64{}
	for i, accuracy := range []float64{0.5, 0.9, 0.7} {
		must(t, m.Save(int64(i), accuracy))
		after = append(after, s.step(t))
	}
	must(t, m.Wait())
	steps, err := m.Steps()
	must(t, err)
	latest, err := m.Latest()
	must(t, err)
	best, err := m.Best()
	must(t, err)
	if first != -1 || !reflect.DeepEqual(steps, []int64{1, 2}) || latest != 2 || best != 1 {
		t.Errorf("got %d, %v, %d, %d", first, steps, latest, best)
	}
	must(t, m.Restore(1))
	if got := s.step(t); got != after[1] {
		t.Errorf("got %v, want %v", got, after[1])
	}
	second, err := s.c.NewCheckpointManager(s.all, folder, nil)
	must(t, err)
	refused(t, second.Save(5, NoMetric), ErrBusy, "checkpoint_manager_save", "has one writer")
	refused(t, second.Take(), ErrBusy, "checkpoint_manager_take", "has one writer")
	must(t, m.Close())
	must(t, second.Take())
	must(t, second.Save(5, NoMetric))
	_, err = second.Best()
	refused(t, err, ErrFailedPrecondition, "checkpoint_manager_best", "set 'best'")
}

func TestSafetensorsFiles(t *testing.T) {
	c, path := newContext(t), filepath.Join(t.TempDir(), "w.safetensors")
	w, err := NewTensor(c, []float32{1, 2.5, -3}, 3)
	must(t, err)
	writer := c.NewSafetensorsWriter()
	must(t, writer.Add("w", w))
	must(t, writer.Add("n", c.Ones(2, 2)))
	must(t, writer.SetMetadata("by", "me"))
	must(t, writer.Save(path, &SafetensorsSaveOptions{Floats: SafetensorsFloatsBf16}))
	file, err := c.OpenSafetensors(path)
	must(t, err)
	shape, err := file.Shape(0)
	must(t, err)
	if file.Len() != 2 || file.Name(1) != "w" || file.StoredDType(1) != "BF16" || !reflect.DeepEqual(shape, []int64{2, 2}) {
		t.Errorf("got %d, %q, %q, %v", file.Len(), file.Name(1), file.StoredDType(1), shape)
	}
	if got := file.Metadata(); !reflect.DeepEqual(got, map[string]string{"by": "me"}) {
		t.Errorf("got %v", got)
	}
	read, err := file.Read("w")
	must(t, err)
	values, err := Values[float32](read)
	must(t, err)
	if !reflect.DeepEqual(values, []float32{1, 2.5, -3}) {
		t.Errorf("got %v", values)
	}
	_, err = file.Read("none")
	refused(t, err, ErrNotFound, "safetensors_read", "'none'")
	refused(t, writer.Add("w", w), ErrInvalidArgument, "safetensors_writer_add", "'w' twice")
	must(t, os.WriteFile(path, []byte("no such format"), 0o666))
	_, err = c.OpenSafetensors(path)
	refused(t, err, ErrCorruptData, "safetensors_open", "at byte 0")
}
