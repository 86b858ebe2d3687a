package db

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/standin-id/standin"
)

// Tx is a transaction. It must not be used after the function that received it returned, which it refuses, nor by several
// goroutines. A statement that fails fails the transaction: whatever follows is refused with the same error.
type Tx struct {
	q       querier
	dialect *dialect
	failed  error
	clock   time.Time // the database's, once it was asked
	over    atomic.Bool
}

type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// inside marks the context of a function that runs in a transaction of this database.
type inside struct{ dialect *dialect }

// run runs fn in the transaction.
func (tx *Tx) run(ctx context.Context, fn func(context.Context, *Tx) error) error {
	defer tx.over.Store(true)
	err := fn(context.WithValue(ctx, inside{tx.dialect}, true), tx)
	if err == nil {
		err = tx.failed
	}
	return err
}

// nested refuses a transaction within another of the same database, which would wait for itself or see another state.
func nested(ctx context.Context, dl *dialect) error {
	if ctx.Value(inside{dl}) == nil {
		return nil
	}
	return standin.Refuse(standin.Internal, "db", "db.nested", "A transaction was begun inside another one.")
}

// begin refuses what must not reach the database. Text with a NUL, or that is not UTF-8, is refused on both databases,
// for one of them cannot store it.
func (tx *Tx) begin(args []any) error {
	if tx.over.Load() {
		return standin.Refuse(standin.Internal, "db", "db.over", "A transaction was used after its end.")
	}
	if tx.failed != nil {
		return tx.failed
	}
	for i, arg := range args {
		if s, ok := textOf(arg); ok && (!utf8.ValidString(s) || strings.Contains(s, "\x00")) {
			return standin.Refuse(standin.Invalid, "db", "db.not_text", "What was sent holds characters that are not text.").
				Because(fmt.Errorf("argument %d", i+1))
		}
	}
	return nil
}

func textOf(arg any) (string, bool) {
	switch s := arg.(type) {
	case string:
		return s, true
	case nil, int64, int, Time:
		return "", false
	}
	v := reflect.ValueOf(arg)
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	return v.String(), v.Kind() == reflect.String
}

// note classifies a statement's error and remembers one that the transaction cannot outlive.
func (tx *Tx) note(err error) error {
	if err == nil {
		return nil
	}
	classified := tx.dialect.classify(err)
	if !IsNotFound(classified) && tx.failed == nil && !tx.over.Load() {
		tx.failed = classified
	}
	return classified
}

// limit ends a statement that does not answer within the dialect's limit. It answers when answered is called; release
// frees what is held until its rows are read.
func (tx *Tx) limit(ctx context.Context) (limited context.Context, answered func(), release context.CancelFunc) {
	if tx.dialect.statementLimit == 0 {
		return ctx, func() {}, func() {}
	}
	limited, cancel := context.WithCancel(ctx)
	timer := time.AfterFunc(tx.dialect.statementLimit, cancel)
	return limited, func() { timer.Stop() }, func() { timer.Stop(); cancel() }
}

// Exec runs a statement and returns how many rows it changed.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := tx.begin(args); err != nil {
		return 0, err
	}
	limited, _, release := tx.limit(ctx)
	defer release()
	res, err := tx.q.ExecContext(limited, query, args...)
	if err != nil {
		return 0, tx.note(err)
	}
	n, err := res.RowsAffected()
	return n, tx.note(err)
}

// Query runs a query. The caller closes the rows before the next statement.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	if err := tx.begin(args); err != nil {
		return nil, err
	}
	limited, answered, release := tx.limit(ctx)
	rows, err := tx.q.QueryContext(limited, query, args...)
	answered()
	if err != nil {
		release()
		return nil, tx.note(err)
	}
	return &Rows{rows: rows, tx: tx, release: release}, nil
}

// QueryRow runs a query whose first row is scanned. Scan returns a NotFound error where there is none.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *Row {
	rows, err := tx.Query(ctx, query, args...)
	return &Row{rows: rows, err: err}
}

// Rows are the rows of a query.
type Rows struct {
	rows    *sql.Rows
	tx      *Tx
	release context.CancelFunc
}

// Next goes to the next row and reports whether there is one. When there is none, the rows are closed.
func (r *Rows) Next() bool {
	more := r.rows.Next()
	if !more {
		r.release()
	}
	return more
}

// Close ends reading. It may be called more than once.
func (r *Rows) Close() error {
	err := r.rows.Close()
	r.release()
	return r.tx.note(err)
}

// Err returns what ended the rows early, if anything did.
func (r *Rows) Err() error { return r.tx.note(r.rows.Err()) }

// Scan reads the columns of the current row.
func (r *Rows) Scan(dest ...any) error { return r.tx.dialect.classify(r.rows.Scan(dest...)) }

// Row is the first row of a query.
type Row struct {
	rows *Rows
	err  error
}

// Scan reads the row's columns.
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return r.rows.tx.dialect.classify(sql.ErrNoRows)
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	return r.rows.Close()
}

// IsNotFound reports whether err says that a row does not exist.
func IsNotFound(err error) bool { return standin.KindOf(err) == standin.NotFound }
