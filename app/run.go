package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// Addresses are where a running gateway listens.
type Addresses struct{ Listen, Admin string }

// Run opens the journal, listens and serves until ctx ends, then drains: it is not ready any more, serves on for the configured delay, lets
// what is in flight end for at most the configured time, gives back its lease of the journal, and returns nil. An error means that the journal
// is not fit for use, that it could not listen or that a listener broke.
func (a *App) Run(ctx context.Context) error {
	if err := a.journal.open(ctx); err != nil {
		return err
	}
	return errors.Join(a.listenAndServe(ctx), a.journal.close()) // ctx has ended; closing has a time of its own
}

func (a *App) listenAndServe(ctx context.Context) error {
	public, err := a.listen(ctx, "listen", a.cfg.Listen)
	if err != nil {
		return err
	}
	admin, err := a.listen(ctx, "admin", a.cfg.Admin)
	if err != nil {
		return errors.Join(err, public.Close())
	}
	a.sayUnsafe()
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, failed := errgroup.WithContext(ctx)
	group.Go(func() error { return a.servePublic(public) })
	group.Go(func() error { return serve(a.operator, admin) })
	group.Go(func() error {
		a.verifier.Run(work)
		return nil
	})
	group.Go(func() error {
		a.reload(work)
		return nil
	})
	a.journal.run(work, group.Go)
	group.Go(func() error { return a.census.Run(work) })
	group.Go(func() error {
		a.telemetry.Run(work)
		return nil
	})
	group.Go(func() error {
		a.answers.Run(work)
		return nil
	})
	group.Go(func() error {
		a.edge.Run(work)
		return nil
	})
	a.clients.run(work, group.Go)
	if a.clients.settled(failed) {
		// Both call services at once: before their instances are known that would be in vain, and in the log.
		group.Go(func() error { return a.flow.Run(work) })
		group.Go(func() error { return a.flow.Reconcile(work) })
		a.state.Ready()
		a.deps.OnReady(Addresses{public.Addr().String(), admin.Addr().String()})
	}
	<-failed.Done()
	a.linger(ctx)
	drained := a.drain() // ctx has ended; the drain has a time of its own
	stop()
	return errors.Join(group.Wait(), drained, a.answers.Close())
}

// sayUnsafe logs what an operator of a gateway in production should have a reason for.
func (a *App) sayUnsafe() {
	if a.cfg.Mode == Development {
		return
	}
	for _, problem := range a.cfg.Unsafe() {
		a.log.Warn("unsafe configuration", slog.String("key", problem.Path), slog.String("reason", problem.Reason), slog.String("remedy", problem.Remedy))
	}
}

// linger serves on for the configured time, not ready any more: who sends requests here has to notice. A listener that broke is not waited for.
func (a *App) linger(ctx context.Context) {
	a.state.Drain()
	if ctx.Err() != nil && a.cfg.DrainDelay > 0 {
		a.log.Info("not ready any more, and still serving", "for", a.cfg.DrainDelay)
		<-time.After(a.cfg.DrainDelay) // ctx has ended; this has a time of its own, as the drain has
	}
}

// drain stops accepting and lets requests and orders in flight end.
func (a *App) drain() error {
	ctx, cancel := context.WithTimeout(context.Background(), a.cfg.Drain)
	defer cancel()
	a.log.Info("draining", "at_most", a.cfg.Drain)
	err := errors.Join(a.public.Shutdown(ctx), a.flow.Close(ctx), a.operator.Shutdown(ctx), a.edge.Close())
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("not everything in flight ended within drain: %s: %w", a.cfg.Drain, err)
	}
	a.issuers.CloseIdleConnections()
	return err
}

func (a *App) listen(ctx context.Context, key, address string) (net.Listener, error) {
	listener, err := a.deps.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %s cannot be listened on: %w; choose another port, or end what uses it", key, address, err)
	}
	return listener, nil
}

// servePublic serves GraphQL, by TLS where there is a certificate.
func (a *App) servePublic(listener net.Listener) error {
	if a.certs == nil {
		return served(a.public.Serve(listener))
	}
	a.public.TLSConfig = a.certs.TLS()
	return served(a.public.ServeTLS(listener, "", ""))
}

func serve(server *http.Server, listener net.Listener) error { return served(server.Serve(listener)) }

func served(err error) error {
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
