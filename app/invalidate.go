package app

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
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
	if err := a.answers.Invalidate(r.Context(), tags...); err != nil {
		a.log.Warn("invalidation", "error", err)
		http.Error(w, "Done in this process; the log says why not everywhere.", http.StatusAccepted)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *App) cacheFailed(err error) { a.log.Warn("cache", slog.Any("error", err)) }
