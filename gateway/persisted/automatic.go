package persisted

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"tiffin/internal/kv"
)

// automatic are the documents that clients bring.
type automatic struct {
	cfg   AutomaticConfig
	store *kv.Store // nil where there are none
}

func newAutomatic(cfg AutomaticConfig, off bool, deps kv.Deps) (*automatic, error) {
	a := &automatic{cfg: cfg}
	if off || cfg.Disabled {
		return a, nil
	}
	var err error
	a.store, err = kv.New(cfg.Store, deps)
	return a, err
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// get is the text of the hash. One that is not, whoever has put it into Redis, is none.
func (a *automatic) get(ctx context.Context, hash string) (string, bool) {
	slot, err := a.store.Slot(ctx, hash)
	if err != nil {
		return "", false
	}
	text, ok := a.store.Get(ctx, slot)
	if !ok || hashOf(text) != hash {
		return "", false
	}
	return text, true
}

// keep remembers a text by its hash.
func (a *automatic) keep(ctx context.Context, hash, text string) {
	if a.store == nil || len(text) > a.cfg.MaxDocument {
		return
	}
	if slot, err := a.store.Slot(ctx, hash); err == nil {
		a.store.Set(ctx, slot, text, a.cfg.Store.MaxAge)
	}
}
