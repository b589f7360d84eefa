//go:build cgo

package tapeloop

import (
	"errors"
	"math"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// newContext is a context for one test, which checks at the end that nothing was left behind in it unread.
func newContext(t testing.TB) *Context {
	t.Helper()
	c, err := NewContext(&ContextOptions{Threads: 1, Seed: 1})
	must(t, err)
	t.Cleanup(func() {
		if err := c.Err(); err != nil && c.usableForTest() {
			t.Errorf("the test left an error in its context: %v", err)
		}
		c.Close()
	})
	return c
}

func (c *Context) usableForTest() bool {
	_, err := c.Statistics()
	return err == nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants checks that an error has a code, and a message that holds text.
func wants(t testing.TB, err error, code Code, text string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want an *Error about %q", err, err, text)
	}
	if !errors.Is(err, code) || e.Code != code {
		t.Errorf("got the code %v in %q, want %v", e.Code, err, code)
	}
	if !strings.Contains(err.Error(), text) {
		t.Errorf("got %q, want a message about %q", err, text)
	}
	for _, other := range []Code{ErrBusy, ErrIO, ErrCorruptData} {
		if other != code && errors.Is(err, other) {
			t.Errorf("%v is also %v", err, other)
		}
	}
}

func vector(t testing.TB, c *Context, values ...float32) *Tensor {
	t.Helper()
	x, err := NewTensor(c, values)
	must(t, err)
	return x
}

func matrix(t testing.TB, c *Context, columns int, values ...float32) *Tensor {
	t.Helper()
	x, err := NewTensor(c, values, int64(len(values)/columns), int64(columns))
	must(t, err)
	return x
}

// holds checks a tensor's shape and its elements, to 1e-6.
func holds(t testing.TB, x *Tensor, shape []int64, want ...float64) {
	t.Helper()
	if got := x.Shape(); !reflect.DeepEqual(append([]int64{}, got...), append([]int64{}, shape...)) {
		t.Fatalf("got the shape %v, want %v; %v", got, shape, x)
	}
	got, err := Values[float64](x.Cast(F64))
	must(t, err)
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-6*(1+math.Abs(want[i])) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func item(t testing.TB, x *Tensor) float64 {
	t.Helper()
	value, err := x.Item()
	must(t, err)
	return value
}

// resident is the process's memory in bytes.
func resident(t testing.TB) int64 {
	status, err := os.ReadFile("/proc/self/status")
	must(t, err)
	for _, line := range strings.Split(string(status), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kb, err := strconv.ParseInt(f[1], 10, 64)
			must(t, err)
			return kb << 10
		}
	}
	t.Skip("the system does not tell how much memory is resident")
	return 0
}

// eventually runs the garbage collector until something holds: for a minute, since finalizers run when the machine lets them.
func eventually(holds func() bool) bool {
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(time.Millisecond) {
		if holds() {
			return true
		}
		runtime.GC()
	}
	return holds()
}
