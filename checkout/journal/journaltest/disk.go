package journaltest

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"time"
)

// Disk is what a database on a disk goes through: put it between a store and its driver with Wrap. It counts the commits of
// transactions, makes each slow, and loses or refuses them. The zero value does nothing but count.
type Disk struct {
	// Delay is added to each commit.
	Delay time.Duration
	// Broken makes commits fail before anything is written, Deaf after all of it was.
	Broken, Deaf atomic.Bool

	commits atomic.Int64
}

// ErrDisk is what a commit on a broken disk fails with.
var ErrDisk = errors.New("journaltest: the disk is broken")

// Commits is how many transactions were committed.
func (d *Disk) Commits() int64 { return d.commits.Load() }

// Wrap puts the disk below a driver.
func (d *Disk) Wrap(c driver.Connector) driver.Connector { return diskConnector{c, d} }

type diskConnector struct {
	driver.Connector

	disk *Disk
}

// Connect implements driver.Connector.
func (c diskConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := conn.(sqlConn)
	if !ok {
		return nil, errors.Join(errors.New("journaltest: the driver's connections lack what the disk wraps"), conn.Close())
	}
	return diskConn{full, c.disk}, nil
}

// sqlConn is what database/sql asks of a connection beside the obligatory; a wrapper that hid some of it would change its ways.
type sqlConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

type diskConn struct {
	sqlConn

	disk *Disk
}

// BeginTx implements driver.ConnBeginTx.
func (c diskConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.sqlConn.BeginTx(ctx, opts)
	return diskTx{tx, c.disk}, err
}

type diskTx struct {
	driver.Tx

	disk *Disk
}

// Commit implements driver.Tx.
func (t diskTx) Commit() error {
	if t.disk.Broken.Load() {
		return errors.Join(ErrDisk, t.Rollback())
	}
	if t.disk.Delay > 0 {
		<-time.After(t.disk.Delay)
	}
	if err := t.Tx.Commit(); err != nil {
		return err
	}
	t.disk.commits.Add(1)
	if t.disk.Deaf.Load() {
		return ErrDisk
	}
	return nil
}
