// Package db owns transactions: one SQL text on SQLite or PostgreSQL, isolation, durability, group commit and the
// schema. It is the only package that knows a database driver. It refuses databases that would lose what they
// acknowledged: SQLite below synchronous=FULL, PostgreSQL with synchronous_commit or fsync off, and PostgreSQL reached
// over a network without TLS.
package db

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/standin-id/standin"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	dialect dialect
	read    *sql.DB
	write   *sql.DB
	writer  *writer // nil where the database itself lets many write
	commits *commits
	newer   atomic.Int64 // the schema's version where it is newer than this program knows, else 0
}

// Open opens the database that source names: "postgres://…" or the path of a SQLite file, which is made where it is
// absent. It checks that what the database acknowledges is durable, and does not touch the schema: see Migrate.
// Errors are Unavailable where the database cannot be reached and Invalid where it may not be used.
func Open(ctx context.Context, source string) (*DB, error) {
	dl := dialectOf(source)
	read, write, err := dl.open(ctx, source)
	if err != nil {
		return nil, dl.classify(err)
	}
	d := &DB{dialect: dl, read: read, write: write, commits: &commits{}}
	if dl.singleWriter {
		conn, err := write.Conn(ctx)
		if err != nil {
			return nil, errors.Join(dl.classify(err), d.closePools())
		}
		intact, err := dl.watch(source)
		if err != nil {
			return nil, errors.Join(dl.classify(err), conn.Close(), d.closePools())
		}
		d.writer = startWriter(&d.dialect, write, conn, intact)
	}
	return d, nil
}

// Close waits for transactions that have begun and closes the database.
func (d *DB) Close() error {
	if d.writer != nil {
		d.writer.stop()
	}
	return d.closePools()
}

func (d *DB) closePools() error {
	err := d.read.Close()
	if d.write != d.read {
		err = errors.Join(err, d.write.Close())
	}
	return err
}

// Dialect returns "sqlite" or "postgres", for logs and metrics.
func (d *DB) Dialect() string { return d.dialect.name }

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.dialect.classify(d.read.PingContext(ctx)) }

// View runs fn in a transaction that reads one consistent state and cannot write. fn may run more than once, so it must
// have no other effects. A transaction within another one of the same database is refused.
func (d *DB) View(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if err := nested(ctx, &d.dialect); err != nil {
		return err
	}
	if err := d.Superseded(); err != nil {
		return err
	}
	return d.retry(ctx, func() error {
		tx, err := d.begin(ctx, d.read, d.dialect.viewOptions)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		return (&Tx{q: tx, dialect: &d.dialect}).run(ctx, fn)
	})
}

// Update runs fn in a serializable transaction and commits it. When it returns nil, what fn did is durable; when it
// returns an error, nothing of it was done, except that an Unavailable error with code "db.unknown" leaves open whether
// it was. fn may run more than once, so it must have no other effects. Cancelling ctx withdraws what has not begun; what
// has begun is seen to its end. A transaction within another one of the same database is refused.
func (d *DB) Update(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return d.update(ctx, sql.LevelSerializable, fn)
}

// UpdateReadCommitted is Update at isolation read committed, for the sequencer, followers and records of decisions,
// which protect themselves by keys and must not make others retry.
func (d *DB) UpdateReadCommitted(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return d.update(ctx, sql.LevelReadCommitted, fn)
}

func (d *DB) update(ctx context.Context, level sql.IsolationLevel, fn func(context.Context, *Tx) error) error {
	err := nested(ctx, &d.dialect)
	if err == nil {
		err = d.Superseded()
	}
	switch {
	case err != nil:
		return err
	case d.writer != nil:
		err = d.dialect.classify(d.writer.do(ctx, fn))
	default:
		err = d.retry(ctx, func() error { return d.updateOnce(ctx, level, fn) })
	}
	if err == nil {
		d.commits.tell()
	}
	return err
}

// updateOnce runs fn in one transaction of a database that lets many write.
func (d *DB) updateOnce(ctx context.Context, level sql.IsolationLevel, fn func(context.Context, *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	whole, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	tx, err := d.begin(whole, d.write, &sql.TxOptions{Isolation: level})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := (&Tx{q: tx, dialect: &d.dialect}).run(whole, fn); err != nil {
		return err
	}
	defer time.AfterFunc(d.dialect.statementLimit, cancel).Stop()
	return d.dialect.commitError(tx.Commit())
}

// begin begins a transaction. Connections that broke while they were idle are passed over: nothing has happened on them.
func (d *DB) begin(ctx context.Context, pool *sql.DB, options *sql.TxOptions) (*sql.Tx, error) {
	for try := 0; ; try++ {
		tx, err := pool.BeginTx(ctx, options)
		if standin.CodeOf(err) == "db.not_durable" {
			return nil, unavailable(err) // it was durable when it was opened
		}
		if err == nil || ctx.Err() != nil || try == connections || d.dialect.cause(err) != causeBroken {
			return tx, err
		}
	}
}

const (
	connections = 24 // to a database that lets many write
	retryLimit  = 40
)

// retry runs fn again while the database says that it lost against a concurrent transaction.
func (d *DB) retry(ctx context.Context, fn func() error) error {
	for try := 0; ; try++ {
		err := fn()
		if err == nil || !d.dialect.retryable(err) || try == retryLimit {
			return d.dialect.classify(err)
		}
		pause := time.Duration(rand.Int64N(int64(time.Millisecond) << min(try, 6)))
		select {
		case <-ctx.Done():
			return d.dialect.classify(ctx.Err())
		case <-time.After(pause):
		}
	}
}
