package stage

import (
	"context"
	"time"
)

// Pause waits for d and returns nil, or the context's error as soon as it ends. It does not wait at all for d <= 0.
func Pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
