//go:build unix

package crash

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Plan is a drill: what runs, and what is done to it.
type Plan struct {
	Name string
	// Journal is where the gateways keep it. Only with Postgres there are several of them.
	Journal  Kind
	Gateways int
	// Releases: the first of two gateways is of this release, the second of the next one, and they are killed in turn. Needs Postgres.
	Releases bool
	// Customers is how many place orders at the same time.
	Customers int
	// Kills is how often a gateway is killed, Zombies how often one is stopped past its lease and let go on, Crashes how often the
	// database crashes, Losses how often a gateway is killed and its journal lost.
	Kills, Zombies, Crashes, Losses int
	// Hits is how many of the kills must meet an open row at the least; up to as many kills again are added for it.
	Hits int
	// Control is the drill that has to fail: customers leave at once, and what was under way dies with the gateway.
	Control bool
}

// drill is a plan that is being carried out.
type drill struct {
	plan   Plan
	dir    string
	world  *world
	ledger ledger
	fleet  *fleet
	crowd  *crowd
	book   *book
	db     Database
	// tenures is there for Releases only.
	tenures *tenures
	// alone counts the open rows of the next release that a gateway of this one left alone while it was the only one.
	alone  int
	report *Report
}

// Run carries a plan out. Where promises were broken the report says so, and dir, where the logs are, should be kept. An error means that the
// drill itself came to nothing. db is needed for Postgres only.
func Run(ctx context.Context, p Program, plan Plan, db Database, dir string) (*Report, error) {
	began := time.Now()
	d := &drill{plan: plan, dir: dir, db: db, book: &book{mixed: plan.Releases}, report: &Report{Plan: plan}}
	err := d.open(ctx, p)
	if err == nil {
		err = d.run(ctx)
	}
	err = errors.Join(err, d.close())
	d.report.Took = time.Since(began)
	if err != nil {
		return d.report, fmt.Errorf("%s: %w", plan.Name, err)
	}
	return d.report, nil
}

// open starts everything.
func (d *drill) open(ctx context.Context, p Program) (err error) {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	if d.world, err = startWorld(ctx, p, d.dir); err != nil {
		return err
	}
	if d.ledger, err = openLedger(ctx, d.plan.Journal, d.dir, d.db); err != nil {
		return err
	}
	if d.fleet, err = newFleet(p, d.dir, d.world, settings(d.ledger), d.plan.gateways()); err != nil {
		return err
	}
	if d.plan.Releases {
		if d.tenures, err = noteTenures(ctx, d.db.DSN()); err != nil {
			return err
		}
	}
	return d.fleet.start(ctx)
}

const (
	// leaseTTL is how long a gateway may be silent. It is the shortest there is: a drill is over sooner, and a busy machine makes zombies by itself.
	leaseTTL = time.Second
	// sweepEvery is how often a gateway looks for orders that nobody drives.
	sweepEvery = 500 * time.Millisecond
)

// settings are the checkout's part of the configuration: less patient than its defaults, so that a drill sees the end of everything.
func settings(l ledger) string {
	return fmt.Sprintf(`checkout:
  reply_within: 2s
  backoff_max: 2s
  sweep_every: %v
  action_expiry: 1m
  secrets: [{id: drill, key: "one secret for all gateways of a drill"}]
  journal:
    lease: {ttl: %v}
    %s`, sweepEvery, leaseTTL, l.settings())
}

// run is the course of a drill.
func (d *drill) run(ctx context.Context) error {
	offers, err := d.world.priced(ctx, d.fleet.any().address())
	if err != nil {
		return err
	}
	if err := d.world.breaks(ctx, noise()); err != nil {
		return err
	}
	d.crowd = &crowd{world: d.world, fleet: d.fleet, book: d.book, offers: offers, fickle: d.plan.Control}
	d.crowd.begin(ctx, d.plan.Customers)
	d.progress(ctx)
	err = d.injure(ctx)
	last := time.Now()
	err = errors.Join(err, d.world.mend(ctx))
	d.crowd.stop(last.Add(settleWithin))
	if err != nil {
		return err
	}
	if d.plan.Control {
		return d.control(ctx)
	}
	return d.verdict(ctx, last)
}

// longDrill has so many injuries that a question of the bank that is left open in its first third has expired at its end.
const longDrill = 100

// injure does all that is planned, and adds kills until enough of them met an open row. Of two gateways one stays dead.
func (d *drill) injure(ctx context.Context) error {
	if d.plan.Releases {
		return d.replace(ctx)
	}
	all := d.schedule()
	for n, injury := range all {
		d.crowd.leaving3DS.Store(len(all) >= longDrill && n < len(all)/3)
		if err := injury(ctx); err != nil {
			return err
		}
	}
	for d.wanting() {
		if err := d.kill(ctx); err != nil {
			return err
		}
	}
	if d.plan.Gateways > 1 {
		return d.die(ctx, d.victim(ctx))
	}
	return ctx.Err()
}

// wanting reports whether more kills are to be added, because too few of them met an open row.
func (d *drill) wanting() bool { return d.report.Hits < d.plan.Hits && d.report.Kills < 2*d.plan.Kills }

// close leaves nothing running.
func (d *drill) close() error {
	var errs []error
	if d.fleet != nil {
		d.fleet.close()
	}
	if d.tenures != nil {
		errs = append(errs, d.tenures.close())
	}
	if d.ledger != nil {
		errs = append(errs, d.ledger.close())
	}
	if d.world != nil {
		errs = append(errs, d.world.close())
	}
	return errors.Join(errs...)
}
