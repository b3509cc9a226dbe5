// Command chaos runs the drills of package drill for real: "chaos PROGRAM" starts PROGRAM services and PROGRAM serve as processes, with a
// tap between them, and takes about a minute and a half. It exits with 1 where a promise was not kept. Its last line sums up:
//
//	N pages, N failed, N attempts, N calls
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"tiffin/internal/drill"
)

// longest bounds the whole; on a machine that is busy otherwise it takes longer than it should.
const longest = 4 * time.Minute

// outage is how many seconds a whole service is away.
const outage = 12

func main() {
	if len(os.Args) != 2 {
		_, _ = fmt.Fprintln(os.Stderr, "usage: chaos PROGRAM, where PROGRAM is a built tiffin")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ctx, cancel := context.WithTimeout(ctx, longest)
	kept, err := run(ctx, os.Args[1], os.Stdout)
	cancel()
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "chaos:", err)
	}
	if err != nil || !kept {
		os.Exit(1)
	}
}

// run reports whether all promises were kept.
func run(ctx context.Context, program string, out io.Writer) (bool, error) {
	dir, err := os.MkdirTemp("", "chaos")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what stays is in the folder for such things
	services, config, err := startServices(ctx, program, filepath.Join(dir, "services.yaml"))
	if err != nil {
		return false, err
	}
	defer services.stop()
	w := drill.World{Books: drill.NewBooks(), Client: client(), Board: config.board(), Issuer: config.issuer()}
	tap := drill.NewTap(w.Books, loopback())
	defer tap.Close()
	file := filepath.Join(dir, "tiffin.yaml")
	if err := config.tapped(tap, file); err != nil {
		return false, err
	}
	gateway, err := start(ctx, program, "serve", "--config", file, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	if err != nil {
		return false, err
	}
	defer gateway.stop()
	if w.GraphQL, err = gateway.word("GraphQL on "); err != nil {
		return false, err
	}
	return drills(ctx, w, out)
}

// loopback gives each relay a free port.
func loopback() drill.Network {
	return drill.Network{
		Listen: func(ctx context.Context, _ string) (net.Listener, error) {
			return (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		},
		Dial: (&net.Dialer{}).DialContext,
	}
}

func client() *http.Client {
	const atOnce = 128
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}
}

// drills runs one after the other and sums up.
func drills(ctx context.Context, w drill.World, out io.Writer) (kept bool, err error) {
	kept = true
	var pages, failed, attempts, calls int
	for _, d := range []struct {
		name string
		run  func() (drill.Report, error)
	}{
		{"inventory: one instance down, one slow, then both back", func() (drill.Report, error) { return drill.Inventory(ctx, w) }},
		{"delivery: all instances down, then back", func() (drill.Report, error) { return drill.Delivery(ctx, w, outage) }},
	} {
		_, _ = fmt.Fprintln(out, d.name)
		r, err := d.run()
		for _, line := range r.Lines {
			_, _ = fmt.Fprintln(out, " ", line)
		}
		for _, broken := range r.Broken {
			_, _ = fmt.Fprintln(out, "  BROKEN:", broken)
		}
		if err != nil {
			return false, err
		}
		kept = kept && len(r.Broken) == 0
		pages, failed = pages+r.Pages.Asked, failed+r.Failed
		attempts, calls = attempts+r.Count.Sum(), calls+r.Count.Calls
	}
	_, _ = fmt.Fprintf(out, "%d pages, %d failed, %d attempts, %d calls\n", pages, failed, attempts, calls)
	return kept, nil
}
