package checkout

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"tiffin/backends/delivery"
	"tiffin/backends/geocoding"
	"tiffin/backends/inventory"
	"tiffin/backends/orders"
	"tiffin/backends/payments"
	"tiffin/checkout/journal"
	"tiffin/identity"
)

// Journal is where orders that are being placed outlive the process. The drivers are the packages below checkout/journal.
type Journal = journal.Store

// Deps are the collaborators. All but Owner, Now and OnEvent are needed.
type Deps struct {
	Orders    *orders.Client
	Inventory *inventory.Client
	Payments  *payments.Client
	Delivery  *delivery.Client
	Geocoding *geocoding.Client
	Journal   Journal
	// Owner is this process's name in the journal, another one at each start, and the one whose lease is kept; empty for a random one.
	Owner string
	// Now is the clock that a customer's time to act is measured with; nil means time.Now.
	Now func() time.Time
	// OnEvent hears what happens to orders, for logs and metrics. It is called from the goroutine that drives the order, whose
	// context it gets, and must be quick. Nil hears nothing.
	OnEvent func(context.Context, Event)
	// OnChange hears what an order has changed in the services, each time that this process stops driving it, and before a client hears
	// how it ended. Like OnEvent it must be quick; nil hears nothing.
	OnChange func(context.Context, Change)
}

// Flow prices carts and places orders. It is safe for concurrent use.
type Flow struct {
	cfg          Config
	orders       *orders.Client
	inventory    *inventory.Client
	payments     *payments.Client
	delivery     *delivery.Client
	geocoding    *geocoding.Client
	journal      *versions
	now          func() time.Time
	event        func(context.Context, Event)
	changed      func(context.Context, Change)
	fingerprints fingerprinter

	// owner is Deps.Owner.
	owner string
	runs  *runs
	// resting are rows that this process has claimed and cannot drive.
	resting *resting
	// stopping ends when orders that are still being driven must be left to another process.
	stopping context.Context //nolint:containedctx // the life of the goroutines, ended by Close
	stop     context.CancelFunc
}

// New returns a Flow whose cfg has been validated. It starts nothing: orders of an earlier process wait for Run.
func New(cfg Config, deps Deps) *Flow {
	f := &Flow{
		cfg: cfg, orders: deps.Orders, inventory: deps.Inventory, payments: deps.Payments, delivery: deps.Delivery, geocoding: deps.Geocoding,
		journal: newVersions(deps.Journal, codecs()), now: deps.Now, event: deps.OnEvent, changed: deps.OnChange, fingerprints: newFingerprinter(secretsOr(cfg.Secrets)),
		owner: cmp.Or(deps.Owner, rand.Text()), runs: newRuns(cfg.MaxRunning), resting: newResting(),
	}
	if f.now == nil {
		f.now = time.Now
	}
	if f.event == nil {
		f.event = func(context.Context, Event) {}
	}
	if f.changed == nil {
		f.changed = func(context.Context, Change) {}
	}
	f.stopping, f.stop = context.WithCancel(context.Background())
	return f
}

// Run takes up orders that nobody drives, at once and then every Config.SweepEvery: those of an earlier process, and those whose
// customer's time is over. It returns nil when ctx ends; the orders it took up go on until Close.
func (f *Flow) Run(ctx context.Context) error {
	for {
		f.sweep(ctx)
		if !sleep(ctx, f.cfg.SweepEvery) {
			return nil
		}
	}
}

// Close accepts no more orders (they are answered with ORDER_NOT_STARTED), and waits for those that are being driven. When ctx ends
// it stops driving them where they are, and returns an error that says so: in a durable journal they wait for the next process.
func (f *Flow) Close(ctx context.Context) error {
	drained := f.runs.close()
	defer f.stop()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
	}
	open := len(f.runs.ids())
	f.stop()
	<-drained
	return fmt.Errorf("checkout: stopped with %d orders under way: %w", open, context.Cause(ctx))
}

// sweepLimit is how many orders one sweep takes up at the most.
const sweepLimit = 64

func (f *Flow) sweep(ctx context.Context) {
	claim := journal.Claim{
		Owner: f.owner, Driven: append(f.runs.ids(), f.resting.ids(time.Now())...), Idle: f.cfg.SweepEvery, Version: rowVersion, Limit: min(sweepLimit, f.runs.free()),
	}
	if claim.Limit <= 0 {
		return
	}
	asked := f.now()
	rows, err := f.journal.Claim(ctx, claim)
	if err != nil {
		f.event(ctx, Event{Kind: EventJournalFailed, Err: err})
	}
	for _, row := range rows {
		// Not ours to drive: another goroutine has it, or we are full or closing. A later sweep, here or elsewhere, finds the row again.
		if run, mine, err := f.runs.begin(sagaID(row.SagaID)); mine && err == nil {
			f.launch(ctx, run, row, asked)
		}
	}
}

// launch drives a row that this process owns, on a context that only Close ends: a client who hangs up cancels nothing. What the
// caller's context holds (identity, locale, trace) goes along; where it has no identity the row's takes its place. The journal was asked
// for the row at that time, or later.
func (f *Flow) launch(ctx context.Context, run *run, row journal.Row, asked time.Time) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f.runs.drives(run, cancel)
	unhook := context.AfterFunc(f.stopping, cancel)
	go func() {
		defer cancel()
		defer unhook()
		f.runs.end(run, f.driveRow(ctx, row, asked))
	}()
}

// driveRow returns the row as it was left, nil if somebody else has it or it stays open. One broken row must not take the others
// along, so a panic ends here; the sweep tries the row again.
func (f *Flow) driveRow(ctx context.Context, row journal.Row, asked time.Time) (left *journal.Row) {
	defer func() {
		if p := recover(); p != nil {
			f.undrivable(ctx, row, fmt.Errorf("panic: %v", p))
		}
	}()
	s, err := newSaga(f, row, asked)
	if err != nil {
		f.undrivable(ctx, row, err)
		return nil
	}
	if _, known := identity.From(ctx); !known {
		ctx = s.request.Customer.as(ctx)
	}
	defer func() { f.changed(ctx, s.change()) }() // however it ended: writes may have been made
	switch err := s.drive(ctx); {
	case err == nil:
	case !errors.Is(err, errStopped) && !errors.Is(err, journal.ErrFenced):
		row.State = string(s.state)
		f.undrivable(ctx, row, err)
		return nil
	default:
		f.event(ctx, Event{Kind: EventLeftOpen, SagaID: row.SagaID, State: s.state, Err: err})
		return nil
	}
	kind := EventSettled
	if !s.state.terminal() {
		kind = EventParked
	}
	f.event(ctx, Event{Kind: kind, SagaID: row.SagaID, State: s.state})
	return &s.row
}

// undrivable leaves a row open, and alone for a while.
func (f *Flow) undrivable(ctx context.Context, row journal.Row, err error) {
	f.resting.rest(sagaID(row.SagaID), time.Now().Add(f.cfg.BackoffMax))
	f.event(ctx, Event{Kind: EventLeftOpen, SagaID: row.SagaID, State: State(row.State), Err: err})
}
