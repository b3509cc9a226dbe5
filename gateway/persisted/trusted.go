package persisted

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"tiffin/fault"
	"tiffin/identity"
	"tiffin/internal/watch"
	"tiffin/telemetry"
)

// trusted are the documents that the operator lists, as they are now.
type trusted struct {
	cfg    TrustedConfig
	logger *slog.Logger
	notify func(dir string) (changed <-chan struct{}, stop func(), err error)
	now    atomic.Pointer[set]
	// read is the hash of the manifest as it was read last, so that only a change is told; of one goroutine.
	read string
	// bad is why that cannot be used; nil where it can.
	bad error
}

// newTrusted reads the file, which must be good at the start.
func newTrusted(cfg TrustedConfig, logger *slog.Logger) (*trusted, error) {
	t := &trusted{cfg: cfg, logger: logger}
	if cfg.Mode == Off {
		return t, nil
	}
	if err := t.load(); err != nil {
		return nil, fault.Invalid{Path: "trusted.file", Reason: err.Error(), Remedy: "write a manifest that can be used there before the start"}
	}
	return t, nil
}

// load reads the file and, if it can be used, puts it into the place of what was read before, at once and as a whole.
func (t *trusted) load() error {
	data, err := readManifest(t.cfg.File)
	if err != nil {
		return err
	}
	hash := hashOf(string(data))
	if hash == t.read {
		return t.bad
	}
	t.read = hash
	found, err := parseManifest(data)
	if err != nil {
		t.bad = fmt.Errorf("%s %w", t.cfg.File, err)
		return t.bad
	}
	t.bad = nil
	t.now.Store(found)
	t.logger.Info("trusted documents", slog.String("file", t.cfg.File), slog.Int("documents", len(found.byID)))
	return nil
}

// pause is the shortest time between two readings of the file.
const pause = 100 * time.Millisecond

// run follows the file until ctx ends.
func (t *trusted) run(ctx context.Context) {
	if t.cfg.Mode == Off {
		<-ctx.Done()
		return
	}
	told := ""
	watch.File{Path: t.cfg.File, Poll: t.cfg.Poll, Pause: pause, Notify: t.notify}.Follow(ctx, func() {
		text := ""
		if err := t.load(); err != nil {
			text = err.Error()
		}
		if text != "" && text != told {
			t.logger.Error("trusted documents: the last good ones are kept", slog.String("error", text))
		}
		told = text
	})
}

// check says whether the caller may send the text of a document; named says that it is from the manifest.
func (t *trusted) check(ctx context.Context, text string, named bool) *fault.Error {
	if t.cfg.Mode == Off || named {
		return nil
	}
	known := t.now.Load().texts[text]
	if known && !t.cfg.RequireID || t.bypasses(ctx) {
		return nil
	}
	refused := fault.New(fault.DocumentNotTrusted, "This document is not one of those that are served here.")
	if known {
		refused = fault.New(fault.DocumentIDRequired, "Name the document by its id: its text is not served here.")
	}
	if t.cfg.Mode == Measure {
		t.logger.LogAttrs(ctx, slog.LevelWarn, "document is not trusted", slog.String("request_id", telemetry.RequestFrom(ctx).ID),
			slog.String("code", string(refused.Code)), slog.String("sha256", hashOf(text)))
		return nil
	}
	return refused
}

func (t *trusted) bypasses(ctx context.Context) bool {
	caller, known := identity.From(ctx)
	return known && t.cfg.BypassScope != "" && caller.HasScope(t.cfg.BypassScope)
}

// named is the text of a trusted document.
func (t *trusted) named(id string) (string, bool) {
	if t.cfg.Mode == Off {
		return "", false
	}
	text, ok := t.now.Load().byID[id]
	return text, ok
}
