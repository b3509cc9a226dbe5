package main

import (
	"math"
	"os"
	"runtime/debug"
	"testing"
)

// The collector is told what there is, unless the environment has told it.
func TestBoundMemory(t *testing.T) {
	limit, percent := debug.SetMemoryLimit(math.MaxInt64), debug.SetGCPercent(100)
	t.Cleanup(func() {
		debug.SetMemoryLimit(limit)
		debug.SetGCPercent(percent)
	})
	for _, c := range []struct {
		name        string
		env         map[string]string
		limits      bool
		wantPercent int
	}{
		{"nothing told", nil, true, garbagePercent},
		{"the percentage", map[string]string{"GOGC": "50"}, true, 100},
		{"the limit", map[string]string{"GOMEMLIMIT": "1GiB"}, false, garbagePercent},
		{"both", map[string]string{"GOGC": "50", "GOMEMLIMIT": "1GiB"}, false, 100}, // the runtime has read them, once, at its start
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
				t.Setenv(name, c.env[name]) // puts back what was there
				if c.env[name] == "" {
					_ = os.Unsetenv(name)
				}
			}
			debug.SetMemoryLimit(math.MaxInt64)
			debug.SetGCPercent(100)
			boundMemory()
			if got := debug.SetMemoryLimit(-1); (got < math.MaxInt64) != c.limits || got < 64<<20 {
				t.Errorf("the limit is %d", got)
			}
			if got := debug.SetGCPercent(100); got != c.wantPercent {
				t.Errorf("GOGC is %d, want %d", got, c.wantPercent)
			}
		})
	}
}
