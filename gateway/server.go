package gateway

import (
	"log/slog"
	"net/http"
	"time"

	"tiffin/fault"
)

// ServerConfig bounds connections.
type ServerConfig struct {
	// HeaderTimeout is how long a request's header may take to arrive [5s], RequestTimeout the whole request with its body [20s].
	HeaderTimeout  time.Duration `yaml:"header_timeout"`
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// WriteTimeout is how long the answer may take, from the end of the header to its last byte [60s]. A stream lifts it for itself by
	// http.ResponseController.
	WriteTimeout time.Duration `yaml:"write_timeout"`
	// IdleTimeout is how long a connection may wait for its next request [120s].
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// MaxHeader is how long a request's header may be, in bytes [65536].
	MaxHeader int `yaml:"max_header"`
}

// WithDefaults fills in what is zero.
func (c ServerConfig) WithDefaults() ServerConfig {
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&c.HeaderTimeout, 5 * time.Second},
		{&c.RequestTimeout, 20 * time.Second},
		{&c.WriteTimeout, time.Minute},
		{&c.IdleTimeout, 2 * time.Minute},
	} {
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	if c.MaxHeader == 0 {
		c.MaxHeader = 64 << 10
	}
	return c
}

// Validate reports every problem.
func (c ServerConfig) Validate() []fault.Invalid {
	var problems []fault.Invalid
	for _, d := range []struct {
		path  string
		value time.Duration
	}{
		{"header_timeout", c.HeaderTimeout},
		{"request_timeout", c.RequestTimeout},
		{"write_timeout", c.WriteTimeout},
		{"idle_timeout", c.IdleTimeout},
	} {
		if d.value < 0 {
			problems = append(problems, fault.Invalid{Path: d.path, Reason: "is negative", Remedy: "give a duration such as 20s"})
		}
	}
	if c.MaxHeader < 0 {
		problems = append(problems, fault.Invalid{Path: "max_header", Reason: "is negative", Remedy: "give a number of bytes, such as 65536"})
	}
	return problems
}

// Server is an http.Server with every bound set. The caller listens, serves and shuts down.
func Server(cfg ServerConfig, handler http.Handler, logger *slog.Logger) *http.Server {
	cfg = cfg.WithDefaults()
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: cfg.HeaderTimeout,
		ReadTimeout:       cfg.RequestTimeout,
		WriteTimeout:      cfg.WriteTimeout,
		IdleTimeout:       cfg.IdleTimeout,
		MaxHeaderBytes:    cfg.MaxHeader,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}
