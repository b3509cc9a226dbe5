package stage_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/internal/demo/stage"
)

func TestPause(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		name  string
		ctx   func(t *testing.T) context.Context
		d     time.Duration
		takes time.Duration
		want  error
	}{
		{"waits", (*testing.T).Context, time.Second, time.Second, nil},
		{"does not wait for nothing", (*testing.T).Context, 0, 0, nil},
		{"ended before, even for nothing", func(*testing.T) context.Context { return ended }, 0, 0, context.Canceled},
		{"ends with its context", inHalfASecond, time.Second, time.Second / 2, context.DeadlineExceeded},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, start := tc.ctx(t), time.Now()
				if err := stage.Pause(ctx, tc.d); !errors.Is(err, tc.want) {
					t.Errorf("Pause = %v, want %v", err, tc.want)
				}
				if took := time.Since(start); took != tc.takes {
					t.Errorf("Pause took %v, want %v", took, tc.takes)
				}
			})
		})
	}
}

func inHalfASecond(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
	t.Cleanup(cancel)
	return ctx
}
