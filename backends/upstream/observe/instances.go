package observe

import (
	"context"
	"log/slog"

	"tiffin/backends/upstream/discovery"
	"tiffin/backends/upstream/health"
)

// maxNamed bounds how many instances one line names.
const maxNamed = 20

// Discovered is told a change of the set of instances: one line, with who came and who left.
func (s *Service) Discovered(change discovery.Change) {
	if s == nil || change.None() {
		return
	}
	s.changes.Inc()
	s.log(slog.LevelInfo, "instances changed",
		slog.Any("added", names(change.Added)), slog.Any("removed", names(change.Removed)), slog.Any("changed", names(change.Changed)),
		slog.Int("added_count", len(change.Added)), slog.Int("removed_count", len(change.Removed)), slog.Int("changed_count", len(change.Changed)))
}

func names(endpoints []discovery.Endpoint) []string {
	out := []string{}
	for _, e := range endpoints[:min(len(endpoints), maxNamed)] {
		out = append(out, e.Addr)
	}
	return out
}

// DiscoveryFailed is told a failure to learn the instances. Whoever tells it repeats itself with growing pauses, so each has its line.
func (s *Service) DiscoveryFailed(err error) {
	if s == nil {
		return
	}
	s.discovery.Inc()
	s.log(slog.LevelWarn, "discovery failed; the last known instances stay", slog.String("error", err.Error()))
}

// Checked is told that active checks took an instance out or brought it back.
func (s *Service) Checked(c health.Checked) {
	if s == nil {
		return
	}
	s.checks[c.Healthy].Inc()
	if c.Healthy {
		s.log(slog.LevelInfo, "instance is well again", slog.String("instance", c.Addr))
		return
	}
	attrs := []slog.Attr{slog.String("instance", c.Addr)}
	if c.Err != nil {
		attrs = append(attrs, slog.String("error", c.Err.Error()))
	}
	s.log(slog.LevelWarn, "instance fails its checks and gets no calls", attrs...)
}

// Ejected is told that an instance was taken out because of its failures.
func (s *Service) Ejected(e health.Ejection) {
	if s == nil {
		return
	}
	if counter := s.ejections[e.Reason]; counter != nil {
		counter.Inc()
	}
	s.log(slog.LevelWarn, "instance ejected", slog.String("instance", e.Addr), slog.String("reason", string(e.Reason)),
		slog.Duration("for", e.For), slog.Int("times", e.Times))
}

// Returned is told that an ejection has ended.
func (s *Service) Returned(addr string) {
	if s != nil {
		s.log(slog.LevelInfo, "instance returned", slog.String("instance", addr))
	}
}

// log writes a line that belongs to no request.
func (s *Service) log(level slog.Level, message string, attrs ...slog.Attr) {
	s.logger.LogAttrs(context.Background(), level, message, attrs...)
}
