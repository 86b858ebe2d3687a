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
		d.writer = startWriter(dl, conn)
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
// have no other effects.
func (d *DB) View(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return d.retry(ctx, func() error {
		tx, err := d.read.BeginTx(ctx, d.dialect.viewOptions)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		return fn(ctx, &Tx{q: tx, dialect: &d.dialect})
	})
}

// Update runs fn in a serializable transaction and commits it. When it returns nil, what fn did is durable; when it
// returns an error, nothing of it was done, except that an Unavailable error with code "db.unknown" leaves open whether
// it was. fn may run more than once, so it must have no other effects.
func (d *DB) Update(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return d.update(ctx, sql.LevelSerializable, fn)
}

// UpdateReadCommitted is Update at isolation read committed, for the sequencer, followers and records of decisions,
// which protect themselves by keys and must not make others retry.
func (d *DB) UpdateReadCommitted(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return d.update(ctx, sql.LevelReadCommitted, fn)
}

func (d *DB) update(ctx context.Context, level sql.IsolationLevel, fn func(context.Context, *Tx) error) error {
	var err error
	if d.writer != nil {
		err = d.dialect.classify(d.writer.do(ctx, fn))
	} else {
		err = d.retry(ctx, func() error { return d.updateOnce(ctx, level, fn) })
	}
	if err == nil {
		d.commits.tell()
	}
	return err
}

// updateOnce begins with a context that the caller cannot cancel: a commit that has begun is seen to its end.
func (d *DB) updateOnce(ctx context.Context, level sql.IsolationLevel, fn func(context.Context, *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), updateLimit)
	defer cancel()
	tx, err := d.write.BeginTx(bounded, &sql.TxOptions{Isolation: level})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := fn(ctx, &Tx{q: tx, dialect: &d.dialect}); err != nil {
		return err
	}
	return d.dialect.commitError(tx.Commit())
}

const (
	updateLimit = 30 * time.Second
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

// Tx is a transaction. It must not be used after the function that received it returned, nor by several goroutines.
type Tx struct {
	q       querier
	dialect *dialect
}

type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Exec runs a statement and returns how many rows it changed.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := tx.q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, tx.dialect.classify(err)
	}
	n, err := res.RowsAffected()
	return n, tx.dialect.classify(err)
}

// Query runs a query. The caller closes the rows before the next statement.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	rows, err := tx.q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, tx.dialect.classify(err)
	}
	return &Rows{Rows: rows, dialect: tx.dialect}, nil
}

// QueryRow runs a query whose first row is scanned. Scan returns a NotFound error where there is none.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *Row {
	return &Row{row: tx.q.QueryRowContext(ctx, query, args...), dialect: tx.dialect}
}

// Rows are the rows of a query.
type Rows struct {
	*sql.Rows
	dialect *dialect
}

// Err returns what ended the rows early, if anything did.
func (r *Rows) Err() error { return r.dialect.classify(r.Rows.Err()) }

// Scan reads the columns of the current row.
func (r *Rows) Scan(dest ...any) error { return r.dialect.classify(r.Rows.Scan(dest...)) }

// Row is the first row of a query.
type Row struct {
	row     *sql.Row
	dialect *dialect
}

// Scan reads the row's columns.
func (r *Row) Scan(dest ...any) error { return r.dialect.classify(r.row.Scan(dest...)) }

// IsNotFound reports whether err says that a row does not exist.
func IsNotFound(err error) bool { return standin.KindOf(err) == standin.NotFound }
