package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/standin-id/standin"
)

// A dialect is everything in which the two databases differ.
type dialect struct {
	name         string
	goose        goose.Dialect
	singleWriter bool
	viewOptions  *sql.TxOptions
	clock        string // a query for the database's instant, in microseconds
	open         func(ctx context.Context, source string) (read, write *sql.DB, err error)
	// cause sorts a driver's error; causeNone where the error is not the driver's.
	cause func(error) cause
}

type cause int

const (
	causeNone cause = iota
	causeRetry
	causeUnique
	causeConstraint
	causeUnavailable
	causeInternal
)

func dialectOf(source string) dialect {
	if strings.HasPrefix(source, "postgres://") || strings.HasPrefix(source, "postgresql://") {
		return dialect{name: "postgres", goose: goose.DialectPostgres, open: openPostgres, cause: postgresCause,
			viewOptions: &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
			clock:       `SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)`}
	}
	return dialect{name: "sqlite", goose: goose.DialectSQLite3, singleWriter: true, open: openSQLite, cause: sqliteCause,
		viewOptions: &sql.TxOptions{}, clock: `SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)`}
}

func openSQLite(ctx context.Context, path string) (*sql.DB, *sql.DB, error) {
	if runtime.GOMAXPROCS(0) < 2 {
		runtime.GOMAXPROCS(2) // a blocking sync must not hold the only processor
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, fmt.Errorf("make the data directory: %w", err)
	}
	dsn := func(more ...string) string {
		q := url.Values{"_pragma": append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}, more...)}
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	}
	write, err := sql.Open("sqlite", dsn())
	if err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(2) // the writer holds one; migrations borrow the other
	var synchronous int
	if err := write.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	if synchronous < 2 {
		return nil, nil, errors.Join(notDurable("synchronous is below FULL"), write.Close())
	}
	read, err := sql.Open("sqlite", dsn("query_only(1)"))
	if err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(max(4, 2*runtime.GOMAXPROCS(0)))
	read.SetMaxIdleConns(max(4, 2*runtime.GOMAXPROCS(0)))
	return read, write, nil
}

func openPostgres(ctx context.Context, source string) (*sql.DB, *sql.DB, error) {
	config, err := pgx.ParseConfig(source)
	if err != nil {
		return nil, nil, standin.Refuse(standin.Invalid, "db.open", "db.bad_url",
			"The database address cannot be read. It has the form postgres://name:password@host:5432/database.").Because(err)
	}
	if err := requireTLS(config); err != nil {
		return nil, nil, err
	}
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(24)
	pool.SetMaxIdleConns(24)
	for _, setting := range []string{"synchronous_commit", "fsync"} {
		var value string
		if err := pool.QueryRowContext(ctx, "SHOW "+setting).Scan(&value); err != nil {
			return nil, nil, errors.Join(err, pool.Close())
		}
		if value == "off" {
			return nil, nil, errors.Join(notDurable(setting+" is off"), pool.Close())
		}
	}
	return pool, pool, nil
}

func notDurable(why string) error {
	return standin.Refuse(standin.Invalid, "db.open", "db.not_durable",
		"The database would lose what it acknowledged: {why}. Standin does not start on it.").With("why", why)
}

// requireTLS refuses to speak in clear with a server that is not on this machine.
func requireTLS(config *pgx.ConnConfig) error {
	clear := config.TLSConfig == nil && !onThisMachine(config.Host)
	for _, other := range config.Fallbacks {
		clear = clear || other.TLSConfig == nil && !onThisMachine(other.Host)
	}
	if clear {
		return standin.Refuse(standin.Invalid, "db.open", "db.needs_tls",
			"PostgreSQL on another machine must be reached with TLS. Add sslmode=verify-full to the database address.")
	}
	return nil
}

func onThisMachine(host string) bool {
	if strings.HasPrefix(host, "/") || host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func sqliteCause(err error) cause {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return causeNone
	}
	switch e.Code() {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY:
		return causeUnique
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_CONSTRAINT:
		return causeConstraint
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_IOERR, lib.SQLITE_FULL, lib.SQLITE_CANTOPEN, lib.SQLITE_NOMEM,
		lib.SQLITE_READONLY, lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_INTERRUPT:
		return causeUnavailable
	}
	return causeInternal
}

func postgresCause(err error) cause {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case e.Code == "40001" || e.Code == "40P01":
			return causeRetry
		case e.Code == "23505":
			return causeUnique
		case strings.HasPrefix(e.Code, "23"):
			return causeConstraint
		case strings.HasPrefix(e.Code, "53"), strings.HasPrefix(e.Code, "57"), strings.HasPrefix(e.Code, "08"),
			strings.HasPrefix(e.Code, "58"), strings.HasPrefix(e.Code, "25006"):
			return causeUnavailable
		}
		return causeInternal
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return causeUnavailable
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.Timeout(err) {
		return causeUnavailable
	}
	return causeNone
}
