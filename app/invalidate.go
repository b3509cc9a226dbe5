package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"tiffin/checkout"
	"tiffin/internal/kv"
	"tiffin/internal/kv/link"
)

// maxTags bounds the body of an invalidation, in bytes.
const maxTags = 64 << 10

// invalidate answers POST /invalidate on the admin address: the body names tags, one a line, as the routes of the services' caches have
// them ("menu:res_001"). Answers with one of them are not used again, here and on the gateways that share a Redis.
func (a *App) invalidate(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTags))
	tags := strings.Fields(string(body))
	if err != nil || len(tags) == 0 {
		http.Error(w, "Send tags, one a line, 64 KiB at most: curl --data-binary 'menu:res_001' …/invalidate", http.StatusBadRequest)
		return
	}
	switch err := a.answers.Invalidate(r.Context(), tags...); {
	case errors.Is(err, kv.ErrTags):
		http.Error(w, "Nothing was done: "+err.Error()+". Other characters are escaped as in a URL's query.", http.StatusBadRequest)
		return
	case err != nil:
		a.log.Warn("invalidation", "error", err)
		http.Error(w, "Done in this process; the log says why not everywhere.", http.StatusAccepted)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// orderChanged forgets what is kept about an order and what it took, here and on the gateways that share a Redis. The tags are those
// that routes can have: see docs/services.md.
func (a *App) orderChanged(ctx context.Context, c checkout.Change) {
	_ = a.answers.Invalidate(ctx, changedTags(c)...) // where Redis is away it is told later, and cacheFailed has said so
}

func changedTags(c checkout.Change) []string {
	var tags []string
	add := func(kind string, ids ...string) {
		for _, id := range ids {
			tag := kind + ":" + url.QueryEscape(id)
			if kv.CheckTags([]string{tag}) == nil { // else nothing can be kept under it, and the others must not suffer
				tags = append(tags, tag)
			}
		}
	}
	add("order", c.OrderID)
	add("delivery", c.OrderID)
	add("payment", c.PaymentRef)
	add("customer", c.CustomerID)
	add("stock", c.ItemIDs...)
	return tags
}

// cacheFailed logs what went wrong with Redis, but for dials while it is away: cacheAway has said so.
func (a *App) cacheFailed(err error) {
	if !errors.Is(err, link.ErrAway) {
		a.log.Warn("cache", slog.Any("error", err))
	}
}

func (a *App) cacheAway(away bool, cause error) {
	if away {
		a.log.Warn("redis is away: services' answers are kept in memory alone", slog.Any("error", cause))
		return
	}
	a.log.Info("redis is back: services' answers are shared again")
}

// redisState is that of all links together.
func (a *App) redisState() (dials uint64, away bool) {
	for _, l := range a.redis.All() {
		dials, away = dials+l.Dials(), away || l.Away()
	}
	return dials, away
}
