//go:build cgo

package tapeloop

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestBundlesHoldNamedTensors(t *testing.T) {
	c, dir := newContext(t), t.TempDir()
	x, err := NewTensor(c, []float32{1, 2, 3})
	must(t, err)
	b := c.NewBundle()
	must(t, b.Add("x", x))
	must(t, b.Add("twice", x.Add(x)))
	if b.Len() != 2 || !b.Has("x") || b.Has("y") || !reflect.DeepEqual(b.Names(), []string{"x", "twice"}) {
		t.Errorf("got %d: %v", b.Len(), b.Names())
	}
	path := filepath.Join(dir, "b.npz")
	for _, compress := range []bool{false, true} {
		must(t, b.WriteNPZ(path, compress))
		again, err := c.ReadNPZ(path, 0)
		must(t, err)
		got := again.Get("twice")
		must(t, again.Close())
		holds(t, got, []int64{3}, 2, 4, 6)
	}
	wants(t, b.Get("nobody").Err(), ErrNotFound, "'nobody'")
	wants(t, b.Add("x", x), ErrInvalidArgument, "again")
	wants(t, b.Add("", x), ErrInvalidArgument, "empty")
	wants(t, b.Add("a\x00b", x), ErrInvalidArgument, "NUL")
	wants(t, b.Add("nil", nil), ErrInvalidArgument, "NULL")
	wants(t, b.WriteNPZ(filepath.Join(dir, "no", "folder"), false), ErrNotFound, "[write_npz]")
	_, err = c.ReadNPZ(path, 4)
	wants(t, err, ErrOutOfMemory, "'max_bytes'")
	_, err = c.ReadNPZ(dir, 0)
	wants(t, err, ErrIO, "[read_npz]")
	var kept *Bundle
	must(t, c.Scope(func() error {
		kept = c.NewBundle().Keep()
		return kept.Add("x", x)
	}))
	if kept.Len() != 1 {
		t.Errorf("got %d", kept.Len())
	}
	must(t, b.Close())
	wants(t, b.Add("y", x), ErrInvalidArgument, "not a live handle")
	var none *Bundle
	if none.Len() != -1 || none.Has("x") || none.Names() != nil || none.Err() == nil || none.Get("x").Err() == nil {
		t.Error("a nil bundle has something")
	}
}

func TestArraysOfNumPy(t *testing.T) {
	c, dir := newContext(t), t.TempDir()
	path := filepath.Join(dir, "a.npy")
	x, err := NewTensor(c, []float32{1, 2, 3, 4, 5, 6}, 2, 3)
	must(t, err)
	must(t, x.WriteNPY(path))
	got, err := c.ReadNPY(path)
	must(t, err)
	holds(t, got, []int64{2, 3}, 1, 2, 3, 4, 5, 6)
	data, err := os.ReadFile(path)
	must(t, err)
	if string(data[:6]) != "\x93NUMPY" || len(data) != 128+24 {
		t.Errorf("got %d bytes %q", len(data), data[:6])
	}
	_, err = c.ReadNPY(write(t, dir, "cut.npy", data[:len(data)-1]))
	wants(t, err, ErrCorruptData, "cut.npy, at byte 128")
	_, err = c.ReadNPY(filepath.Join(dir, "nowhere"))
	wants(t, err, ErrNotFound, "nowhere")
	_, err = c.ReadNPY("")
	wants(t, err, ErrInvalidArgument, "empty")
	wants(t, (*Tensor)(nil).WriteNPY(path), ErrInvalidArgument, "nil")
}

func TestTables(t *testing.T) {
	c, dir := newContext(t), t.TempDir()
	table, err := c.ReadCSV(write(t, dir, "iris.csv", []byte("petal,species\n1.5,setosa\n?,virginica\n")), &CSVOptions{Missing: "?"})
	must(t, err)
	petal, err := Values[float32](table.Get("petal"))
	must(t, err)
	if petal[0] != 1.5 || !math.IsNaN(float64(petal[1])) {
		t.Errorf("got %v", petal)
	}
	codes, err := Values[int32](table.Get("species"))
	must(t, err)
	texts, err := table.Categories("species")
	must(t, err)
	if !reflect.DeepEqual(codes, []int32{0, 1}) || !reflect.DeepEqual(texts, []string{"setosa", "virginica"}) {
		t.Errorf("got %v of %v", codes, texts)
	}
	if texts, err = table.Categories("petal"); err != nil || len(texts) != 0 {
		t.Errorf("got %v, %v", texts, err)
	}
	_, err = table.Categories("nobody")
	wants(t, err, ErrNotFound, "nobody")
	bare := &CSVOptions{NoHeader: true, Delimiter: ';', Types: "l-", Floats: F64}
	table, err = c.ReadCSV(write(t, dir, "bare.csv", []byte("1;a\n2;b\n")), bare)
	must(t, err)
	if !reflect.DeepEqual(table.Names(), []string{"0"}) || table.Get("0").DType() != I64 {
		t.Errorf("got %v", table.Names())
	}
	_, err = c.ReadCSV(write(t, dir, "bad.csv", []byte("a,b\n1\n")), nil)
	wants(t, err, ErrCorruptData, "got 1 in row 0")
	log := write(t, dir, "log.jsonl", []byte("{\"loss\": [1.5, 2]}\n{\"loss\": [3, 4]}\n"))
	metrics, err := c.ReadJSONLines(log, nil)
	must(t, err)
	holds(t, metrics.Get("loss"), []int64{2, 2}, 1.5, 2, 3, 4)
	metrics, err = c.ReadJSONLines(log, &JSONLinesOptions{Floats: F64})
	must(t, err)
	if metrics.Get("loss").DType() != F64 {
		t.Error("not F64")
	}
	_, err = c.ReadJSONLines(write(t, dir, "bad.jsonl", []byte("{")), nil)
	wants(t, err, ErrCorruptData, "no JSON")
}
