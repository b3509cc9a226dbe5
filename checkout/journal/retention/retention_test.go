package retention_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tiffin/checkout/journal"
	"tiffin/checkout/journal/retention"
)

// keeper has rows to delete, and can fail.
type keeper struct {
	journal.Keeper

	mu      sync.Mutex
	rows    int
	err     error
	batches []int
}

func (k *keeper) set(rows int, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rows, k.err = rows, err
}

func (k *keeper) Expire(_ context.Context, age time.Duration, limit int) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if age != 24*time.Hour || k.err != nil {
		return 0, errors.Join(k.err, errors.New("no"))
	}
	n := min(limit, k.rows)
	k.rows -= n
	k.batches = append(k.batches, n)
	return n, nil
}

func TestRowsLeaveInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &keeper{rows: 25}
		var failures, expired []int
		r := retention.New(retention.Config{KeepFor: 24 * time.Hour, Every: time.Hour, Batch: 10}, retention.Deps{
			Keeper:    k,
			OnError:   func(context.Context, error) { failures = append(failures, 1) },
			OnExpired: func(_ context.Context, n int) { expired = append(expired, n) },
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		synctest.Wait()
		k.set(0, errors.New("down"))
		<-time.After(time.Hour)
		synctest.Wait()
		k.set(20, nil)
		<-time.After(time.Hour)
		synctest.Wait()
		<-time.After(time.Hour)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if want := []int{10, 10, 5, 10, 10, 0, 0}; !slices.Equal(k.batches, want) {
			t.Errorf("batches = %v; want %v", k.batches, want)
		}
		if !slices.Equal(expired, []int{25, 20}) || len(failures) != 1 {
			t.Errorf("expired %v, failures %v", expired, failures)
		}
	})
}

func TestValidate(t *testing.T) {
	if problems := retention.Defaults().Validate(); problems != nil {
		t.Errorf("defaults: %v", problems)
	}
	if problems := (retention.Config{KeepFor: 23 * time.Hour}).Validate(); len(problems) != 3 {
		t.Errorf("problems = %v; want three", problems)
	}
}
