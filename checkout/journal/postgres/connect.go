package postgres

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"tiffin/checkout/journal"
)

// connectConfig is how connections are made. What the operator's address says counts, except where it makes acknowledgements worthless.
func connectConfig(cfg Config, deps Deps) (*pgxpool.Config, error) {
	if reason := refuseDSN(cfg.DSN); reason != "" {
		return nil, errors.New("the journal's dsn " + reason)
	}
	c, err := pgxpool.ParseConfig(cfg.DSN)
	if err != nil {
		return nil, err
	}
	c.MaxConns = int32(cfg.MaxConns) //nolint:gosec // G115: validated
	conn := c.ConnConfig
	if deps.Dial != nil {
		conn.DialFunc = deps.Dial
	}
	conn.ConnectTimeout = cfg.ConnectTimeout
	if conn.ValidateConnect == nil {
		// After a failover the former primary may still take connections.
		conn.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	for name, value := range map[string]string{
		"application_name":                    "tiffin",
		"synchronous_commit":                  "on", // the server's own default may be off
		"statement_timeout":                   milliseconds(cfg.StatementTimeout),
		"lock_timeout":                        milliseconds(cfg.StatementTimeout / 2),
		"idle_in_transaction_session_timeout": milliseconds(cfg.StatementTimeout), // a gateway that stands still lets go of its locks
	} {
		if _, said := conn.RuntimeParams[name]; !said {
			conn.RuntimeParams[name] = value
		}
	}
	gate := newGate(cfg.BackoffMax)
	c.BeforeConnect = gate.before
	conn.Tracer = gate
	return c, nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// refuseDSN says what is wrong with an address, without repeating it: it may hold a password.
func refuseDSN(dsn string) string {
	if dsn == "" {
		return "is empty"
	}
	c, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return "is no address of a PostgreSQL server"
	}
	switch strings.ToLower(c.ConnConfig.RuntimeParams["synchronous_commit"]) {
	case "off", "false", "no", "0":
		return "has synchronous_commit=off, with which a decision that was acknowledged can be lost"
	}
	return ""
}

// unavailable gives an error of the server its meaning: before there was a connection, nothing was written, nor where the server refused.
func unavailable(err error) error {
	if connect := new(pgconn.ConnectError); errors.As(err, &connect) || errors.Is(err, errBackingOff) || pgconn.SafeToRetry(err) || wasUndone(err) {
		return fmt.Errorf("%w: postgres: %w", journal.ErrNotWritten, err)
	}
	return fmt.Errorf("%w: postgres: %w", journal.ErrUnavailable, err)
}

// wasUndone reports that the server refused a statement, lives, and so has undone the transaction. Class 08 is said by poolers, of servers
// that they lost.
func wasUndone(err error) bool {
	refused := new(pgconn.PgError)
	return errors.As(err, &refused) && refused.SeverityUnlocalized == "ERROR" && !strings.HasPrefix(refused.Code, "08")
}

// isReadOnly reports that the server only reads.
func isReadOnly(err error) bool {
	const readOnlyTransaction = "25006"
	refused := new(pgconn.PgError)
	return errors.As(err, &refused) && refused.Code == readOnlyTransaction
}
