//go:build cgo

package tapeloop

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// idx is a file of unsigned bytes in the IDX format.
func idx(data []byte, shape ...uint32) []byte {
	out := bytes.NewBuffer([]byte{0, 0, 8, byte(len(shape))})
	binary.Write(out, binary.BigEndian, shape)
	out.Write(data)
	return out.Bytes()
}

func write(t *testing.T, dir, name string, data []byte) string {
	path := filepath.Join(dir, name)
	must(t, os.WriteFile(path, data, 0o600))
	return path
}

func TestIDXFiles(t *testing.T) {
	c, dir := newContext(t), t.TempDir()
	plain := write(t, dir, "plain", idx([]byte{1, 2, 3, 4, 5, 6}, 2, 3))
	x, err := c.ReadIDX(plain, 0)
	must(t, err)
	holds(t, x, []int64{2, 3}, 1, 2, 3, 4, 5, 6)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(idx([]byte{7}, 1))
	z.Close()
	_, err = c.ReadIDX(plain, 3)
	wants(t, err, ErrOutOfMemory, "'max_bytes'")
	x, err = c.ReadIDX(write(t, dir, "packed.gz", packed.Bytes()), 0)
	must(t, err)
	holds(t, x, []int64{1}, 7)
	for name, row := range map[string]struct {
		path string
		code Code
	}{
		"missing":   {filepath.Join(dir, "missing"), ErrNotFound},
		"folder":    {dir, ErrIO},
		"no name":   {"", ErrInvalidArgument},
		"NUL":       {"a\x00b", ErrInvalidArgument},
		"cut":       {write(t, dir, "cut", idx([]byte{1}, 2, 3)), ErrCorruptData},
		"long":      {write(t, dir, "long", idx([]byte{1, 2}, 1)), ErrCorruptData},
		"magic":     {write(t, dir, "magic", []byte("not an idx file")), ErrCorruptData},
		"huge":      {write(t, dir, "huge", idx(nil, 1<<31, 1<<31)), ErrCorruptData},
		"bad gzip":  {write(t, dir, "bad.gz", packed.Bytes()[:packed.Len()-6]), ErrCorruptData},
		"empty":     {write(t, dir, "empty", nil), ErrCorruptData},
		"wrong crc": {write(t, dir, "crc.gz", append(packed.Bytes()[:packed.Len()-8:packed.Len()-8], make([]byte, 8)...)), ErrCorruptData},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.ReadIDX(row.path, 0)
			wants(t, err, row.code, "[read_idx]")
			must(t, c.Err())
		})
	}
}

func TestDatasets(t *testing.T) {
	c, dir := newContext(t), t.TempDir()
	images := make([]byte, 10*4)
	for i := range images {
		images[i] = byte(i)
	}
	write(t, dir, "train-images-idx3-ubyte", idx(images, 10, 2, 2))
	write(t, dir, "train-labels-idx1-ubyte", idx([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 10))
	train, err := c.IDXFolder(dir, DataTrain, 0)
	must(t, err)
	test, err := c.IDXFolder(dir, DataTest, 0)
	must(t, err)
	if train.Len() != 9 || test.Len() != 1 || train.Width() != 2 {
		t.Errorf("got %d and %d elements of %d", train.Len(), test.Len(), train.Width())
	}
	batched := train.Shuffle(1).Batched(4, false).Cast(0, F32, 255)
	seen, sizes := map[uint8]bool{}, []int64{}
	for batched.Next() {
		x, labels := batched.Batch()[0], batched.Batch()[1]
		sizes = append(sizes, x.Dim(0))
		if x.DType() != F32 {
			t.Errorf("got %v", x.DType())
		}
		values, err := Values[uint8](labels)
		must(t, err)
		first, err := Values[float32](x.Slice([]int64{0, 0, 0}, []int64{1, 1, 1}))
		must(t, err)
		if want := float32(values[0]) * 4 / 255; first[0] != want {
			t.Errorf("the image of label %d begins with %v", values[0], first[0])
		}
		for _, v := range values {
			seen[v] = true
		}
	}
	must(t, batched.Err())
	if len(seen) != 9 || len(sizes) != 3 || sizes[2] != 1 {
		t.Errorf("got the labels %v in batches of %v", seen, sizes)
	}
	if batched.Batch() != nil || batched.Epoch() != 1 || batched.Position() != 0 {
		t.Errorf("at the end: %v, epoch %d, position %d", batched.Batch(), batched.Epoch(), batched.Position())
	}
	must(t, batched.Seek(0, 2))
	if !batched.Next() || batched.Batch()[0].Dim(0) != 1 {
		t.Errorf("the last batch is %v", batched.Batch())
	}
	wants(t, batched.Seek(0, 99), ErrInvalidArgument, "99")
	must(t, batched.Seek(0, 0))
	if n := train.Take(3).Skip(1).Len(); n != 2 {
		t.Errorf("got %d", n)
	}

	// An element ends with the next one, unless it is kept; closing what is lent does nothing.
	if !train.Next() {
		t.Fatal(train.Err())
	}
	image := train.Batch()[0]
	kept := image.Keep()
	must(t, image.Close())
	must(t, image.Neg().Cast(F32).Err())
	train.Next()
	wants(t, image.Neg().Err(), ErrInvalidArgument, "released")
	holds(t, kept, []int64{2, 2}, 0, 1, 2, 3)

	for name, err := range map[string]error{
		"batch":   train.Batched(0, false).Err(),
		"take":    train.Take(-1).Err(),
		"nothing": c.Dataset().Err(),
		"nil":     c.Dataset(nil).Err(),
		"sizes":   c.Dataset(c.Zeros(2), c.Zeros(3)).Err(),
		"failed":  c.Dataset(c.Zeros(-2)).Err(),
		"cast":    train.Cast(2, F32, 1).Err(),
		"chain":   train.Batched(-1, false).Shuffle(1).Err(),
		"folder":  func() error { _, err := c.IDXFolder(t.TempDir()+"\x00", DataTrain, 0); return err }(),
		"part":    func() error { _, err := c.IDXFolder(dir, 7, 0); return err }(),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		} else {
			wants(t, err, ErrInvalidArgument, "[")
		}
	}
	_, err = c.IDXFolder(dir, DataTrain, 1)
	wants(t, err, ErrOutOfMemory, "'max_bytes'")
	_, err = c.IDXFolder(filepath.Join(dir, "no"), DataTrain, 0)
	wants(t, err, ErrNotFound, "no")

	// A loop ends when the context holds an error, and says which.
	train.Seek(0, 0)
	n := 0
	for train.Next() {
		n++
		train.Batch()[0].MatMul(kept)
	}
	wants(t, train.Err(), ErrInvalidArgument, "matmul")
	if n != 1 {
		t.Errorf("it went on %d times", n)
	}
	must(t, train.Close())
	if train.Next() || train.Err() == nil {
		t.Error("a closed dataset goes on")
	}
	write(t, dir, "train-labels-idx1-ubyte", idx([]byte{1}, 1))
	_, err = c.IDXFolder(dir, DataTrain, 0)
	wants(t, err, ErrInvalidArgument, "")
}
