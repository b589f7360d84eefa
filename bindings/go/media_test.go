//go:build cgo

package tapeloop

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// Images against Go's own encoders and decoders.
func TestImages(t *testing.T) {
	c, dir := newContext(t), t.TempDir()
	picture := image.NewNRGBA(image.Rect(0, 0, 5, 3))
	for i := range picture.Pix {
		picture.Pix[i] = byte(i * 7)
	}
	var file bytes.Buffer
	must(t, png.Encode(&file, picture))
	x, err := c.DecodeImage(file.Bytes(), nil)
	must(t, err)
	got, err := Values[uint8](x)
	must(t, err)
	if !reflect.DeepEqual(x.Shape(), []int64{3, 5, 4}) || !bytes.Equal(got, picture.Pix) {
		t.Errorf("got %v %v", x.Shape(), got)
	}
	path := filepath.Join(dir, "x.png")
	must(t, x.WritePNG(path))
	written, err := os.ReadFile(path)
	must(t, err)
	again, err := png.Decode(bytes.NewReader(written))
	must(t, err)
	if !bytes.Equal(again.(*image.NRGBA).Pix, picture.Pix) {
		t.Error("Go reads other pixels")
	}
	grey := image.NewGray(image.Rect(0, 0, 16, 16))
	for i := range grey.Pix {
		grey.Pix[i] = byte(i / 2)
	}
	file.Reset()
	must(t, jpeg.Encode(&file, grey, &jpeg.Options{Quality: 100}))
	x, err = c.ReadImage(write(t, dir, "x.jpg", file.Bytes()), &ImageOptions{Channels: 3})
	must(t, err)
	got, err = Values[uint8](x)
	must(t, err)
	for i, v := range grey.Pix {
		if d := int(got[3*i+1]) - int(v); d < -2 || d > 2 {
			t.Fatalf("pixel %d: %d and %d", i, got[3*i+1], v)
		}
	}
	_, err = c.DecodeImage(file.Bytes()[:file.Len()-2], nil)
	wants(t, err, ErrCorruptData, "JPEG")
	_, err = c.DecodeImage(nil, nil)
	wants(t, err, ErrCorruptData, "PNG or JPEG")
	_, err = c.ReadImage(path, &ImageOptions{Channels: 2})
	wants(t, err, ErrInvalidArgument, "'channels'")
	_, err = c.ReadImage(path, &ImageOptions{MaxBytes: 8})
	wants(t, err, ErrOutOfMemory, "'max_bytes'")
}

func TestFoldersOfImages(t *testing.T) {
	c, dir := newContext(t), t.TempDir()
	for i, name := range []string{"cat/a.png", "dog/b.png", "dog/c.png"} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		picture := image.NewGray(image.Rect(0, 0, 2, 2))
		picture.SetGray(0, 0, color.Gray{Y: byte(i + 1)})
		var file bytes.Buffer
		must(t, png.Encode(&file, picture))
		write(t, dir, name, file.Bytes())
	}
	images, err := c.ImageFolder(dir, nil)
	must(t, err)
	n := 0
	for batched := images.Batched(3, false); batched.Next(); n++ {
		classes, err := Values[int32](batched.Batch()[1])
		must(t, err)
		if !reflect.DeepEqual(classes, []int32{0, 1, 1}) || !reflect.DeepEqual(batched.Batch()[0].Shape(), []int64{3, 2, 2, 1}) {
			t.Errorf("got %v", classes)
		}
	}
	labels, err := c.ImageFolderLabels(dir)
	must(t, err)
	names, err := labels.Categories("label")
	must(t, err)
	if n != 1 || !reflect.DeepEqual(names, []string{"cat", "dog"}) {
		t.Errorf("got %v in %d batches", names, n)
	}
	must(t, os.Symlink("/etc", filepath.Join(dir, "etc")))
	_, err = c.ImageFolder(dir, nil)
	wants(t, err, ErrIO, "symbolic link")
	_, err = c.ImageFolderLabels(filepath.Join(dir, "nowhere"))
	wants(t, err, ErrNotFound, "nowhere")
}

func TestSoundRecordsAndCIFAR(t *testing.T) {
	c, dir := newContext(t), t.TempDir()
	sound := bytes.NewBufferString("RIFF\x28\x00\x00\x00WAVEfmt \x10\x00\x00\x00")
	binary.Write(sound, binary.LittleEndian, []uint16{1, 1, 8000, 0, 16000, 0, 2, 16})
	sound.WriteString("data\x04\x00\x00\x00\x00\x40\x00\x80")
	samples, rate, err := c.ReadWAV(write(t, dir, "x.wav", sound.Bytes()))
	must(t, err)
	holds(t, samples, []int64{2, 1}, .5, -1)
	if rate != 8000 {
		t.Errorf("got %d", rate)
	}
	_, _, err = c.ReadWAV(write(t, dir, "cut.wav", sound.Bytes()[:40]))
	wants(t, err, ErrCorruptData, "cut.wav")

	path := filepath.Join(dir, "x.tfrecord")
	example, err := NewTensor(c, []byte("\x0a\x0c\x0a\x0a\x0a\x01x\x12\x05\x1a\x03\x0a\x01\x05"))
	must(t, err)
	must(t, c.WriteTFRecord(path, example, example))
	records, err := c.TFRecords(path)
	must(t, err)
	n := 0
	for ; records.Next(); n++ {
		features, err := c.ParseExample(records.Batch()[0])
		must(t, err)
		holds(t, features.Get("x"), []int64{1}, 5)
	}
	must(t, records.Err())
	if n != 2 {
		t.Errorf("got %d records", n)
	}
	data, err := os.ReadFile(path)
	must(t, err)
	data[20] ^= 1
	records, err = c.TFRecords(write(t, dir, "bad", data))
	must(t, err)
	if records.Next() {
		t.Error("a damaged record was read")
	}
	wants(t, records.Err(), ErrCorruptData, "checksum of record 0")
	_, err = c.ParseExample(samples)
	wants(t, err, ErrInvalidArgument, "u8 of one axis")

	write(t, dir, "data_batch_3.bin", append([]byte{4}, make([]byte, 3072)...))
	write(t, dir, "train.bin", append([]byte{4, 44}, make([]byte, 3072)...))
	ten, err := c.CIFAR10Folder(dir, DataTrain)
	must(t, err)
	hundred, err := c.CIFAR100Folder(dir, DataTrain)
	must(t, err)
	if !hundred.Next() || ten.Len() != 1 || hundred.Width() != 3 {
		t.Error("not a data set of CIFAR")
	}
	holds(t, hundred.Batch()[1], []int64{}, 44)
	_, err = c.CIFAR100Folder(dir, DataTest)
	wants(t, err, ErrNotFound, "test.bin")
}

func TestDLPack(t *testing.T) {
	c, other := newContext(t), newContext(t)
	x, err := NewTensor(c, []float32{1, 2, 3, 4, 5, 6}, 2, 3)
	must(t, err)
	for _, versioned := range []bool{false, true} {
		managed, err := x.ToDLPack(versioned)
		must(t, err)
		y, err := other.FromDLPack(managed, versioned)
		must(t, err)
		holds(t, y, []int64{2, 3}, 1, 2, 3, 4, 5, 6)
		must(t, y.Close())
	}
	_, err = other.FromDLPack(nil, true)
	wants(t, err, ErrInvalidArgument, "NULL")
	must(t, x.Close())
	_, err = x.ToDLPack(true)
	wants(t, err, ErrInvalidArgument, "not a live handle")
}
