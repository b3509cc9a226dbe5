package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"tiffin/checkout"
	"tiffin/checkout/journal"
	"tiffin/checkout/journal/lease"
	"tiffin/checkout/journal/memory"
	"tiffin/checkout/journal/postgres"
	"tiffin/checkout/journal/retention"
	"tiffin/checkout/journal/seal"
	"tiffin/checkout/journal/sqlite"
)

// orderJournal is the journal with all that keeps it: this process's lease, and the caretaker of what is over.
type orderJournal struct {
	driver    journal.Driver
	owner     string
	lease     *lease.Lease
	retention *retention.Retention
	log       *slog.Logger
}

// newJournal builds the journal that a valid configuration wants, sealed. It touches no file and asks no server.
func newJournal(cfg JournalConfig, secrets []checkout.Secret, deps Deps, log *slog.Logger) (*orderJournal, error) {
	driver, err := newDriver(cfg, deps, log)
	if err != nil {
		return nil, err
	}
	if driver, err = sealed(driver, secrets, log); err != nil {
		return nil, err
	}
	j := &orderJournal{driver: driver, owner: rand.Text(), log: log}
	j.lease = lease.New(cfg.Lease, lease.Deps{Owner: j.owner, Leases: driver, OnError: func(_ context.Context, err error) { j.failed(err) }})
	j.retention = retention.New(cfg.Retention, retention.Deps{
		Keeper:    driver,
		OnError:   func(_ context.Context, err error) { j.failed(err) },
		OnExpired: func(_ context.Context, n int) { log.Info("journal: answers of settled orders left", "orders", n) },
	})
	return j, nil
}

func newDriver(cfg JournalConfig, deps Deps, log *slog.Logger) (journal.Driver, error) {
	switch cfg.Kind {
	case journalPostgres:
		return postgres.New(cfg.postgres(), postgres.Deps{Dial: deps.Dial})
	case journalSQLite:
		return sqlite.New(cfg.sqlite(), sqlite.Deps{OnError: func(err error) { log.Warn("journal", "error", err) }}), nil
	default:
		return memory.New(memory.Config{}, memory.Deps{}), nil
	}
}

// sealed is a driver that keeps nothing of customers in clear.
func sealed(driver journal.Driver, secrets []checkout.Secret, log *slog.Logger) (journal.Driver, error) {
	var cfg seal.Config
	for _, s := range secrets {
		cfg.Secrets = append(cfg.Secrets, seal.Secret(s))
	}
	sealer, err := seal.New(cfg)
	if err != nil {
		return nil, err
	}
	return sealer.Store(seal.Deps{Driver: driver, OnUnreadable: func(_ context.Context, sagaID string, err error) {
		log.Error("an order cannot be read: has its secret left checkout.secrets?", "saga", sagaID, "error", err)
	}}), nil
}

func (j *orderJournal) failed(err error) { j.log.Warn("journal", "error", err) }

// store is the journal as those see it who take on orders: it refuses them while the lease is not held.
func (j *orderJournal) store() journal.Store { return j.lease.Guard(j.driver) }

// open makes the journal ready, and takes the lease. A journal that is out of reach is no error: pages can be read without it, and
// orders are refused until it is back. An error is for somebody to act on.
func (j *orderJournal) open(ctx context.Context) error {
	j.log.Info("journal", "owner", j.owner) // whose rows are whose
	err := j.driver.Open(ctx)
	if err == nil {
		err = j.lease.Beat(ctx)
	}
	if errors.Is(err, journal.ErrUnavailable) {
		j.lease.Doubt()
		j.log.Warn("the journal is out of reach: pages are served, orders are refused until it is back", "error", err)
		return nil
	}
	return err
}

// run keeps the lease, and lets go what is over, until ctx ends.
func (j *orderJournal) run(ctx context.Context, spawn func(func() error)) {
	spawn(func() error { return j.lease.Run(ctx) })
	spawn(func() error { return j.retention.Run(ctx) })
}

// mostReleasing bounds giving the lease back: without it the others only wait for its end.
const mostReleasing = 2 * time.Second

// close gives the lease back and then the store. Nothing may be driven any more.
func (j *orderJournal) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), mostReleasing)
	defer cancel()
	if err := j.lease.Release(ctx); err != nil {
		j.failed(err)
	}
	return j.driver.Close()
}

// notes say on /readyz what orders have to do without.
func (j *orderJournal) notes() []string {
	if j.lease.Held() {
		return nil
	}
	return []string{"orders: refused, the journal is out of reach"}
}

// secrets are those of the configuration. In development a journal in a file has one in a file beside it, which is made when it is not
// there; for a journal in memory one is made that nobody needs afterwards.
func (c CheckoutConfig) secrets() ([]checkout.Secret, error) {
	switch {
	case len(c.Secrets) > 0:
		return c.Secrets, nil
	case c.Journal.Kind != journalSQLite:
		return []checkout.Secret{{ID: "memory", Key: rand.Text() + rand.Text()}}, nil
	}
	file := c.Journal.Path + ".key"
	key, err := os.ReadFile(file) //nolint:gosec // G304: the operator's own path
	if errors.Is(err, fs.ErrNotExist) {
		key = []byte(rand.Text() + rand.Text())
		err = os.WriteFile(file, key, 0o600)
	}
	if err == nil && len(key) < checkout.MinSecret {
		err = fmt.Errorf("%s holds %d bytes, which is no secret of ours: remove it, and orders that were under way are lost; or bring it back", file, len(key))
	}
	if err != nil {
		return nil, fmt.Errorf("checkout.secrets is empty, and the secret that stands in for it cannot be kept: %w", err)
	}
	return []checkout.Secret{{ID: "development", Key: string(key)}}, nil
}
