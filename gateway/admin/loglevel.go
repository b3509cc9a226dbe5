package admin

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
)

// maxLevel bounds the body of PUT /loglevel, in bytes.
const maxLevel = 16

// LogLevel serves the level of the log: GET /loglevel says it, PUT /loglevel with debug, info, warn or error changes it until the process
// ends, and the log says so.
func LogLevel(level *slog.LevelVar, log *slog.Logger) []Route {
	say := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, strings.ToLower(level.Level().String())+"\n") // who left misses it
	}
	change := func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLevel))
		known, ok := levelOf(strings.TrimSpace(string(text)))
		if err != nil || !ok {
			http.Error(w, "Send debug, info, warn or error: curl -X PUT -d debug …/loglevel", http.StatusBadRequest)
			return
		}
		log.Warn("log level changed", slog.String("from", level.Level().String()), slog.String("to", known.String()))
		level.Set(known)
		say(w, r)
	}
	return []Route{{"GET /loglevel", http.HandlerFunc(say)}, {"PUT /loglevel", http.HandlerFunc(change)}}
}

func levelOf(text string) (slog.Level, bool) {
	level, ok := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}[text]
	return level, ok
}
