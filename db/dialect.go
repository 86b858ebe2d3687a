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
	"time"

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
	lists        bool // whether a list is a value
	// statementLimit is how long a statement may take until its first row; 0 where the database is this process.
	statementLimit time.Duration
	// cause sorts a driver's error.
	cause func(error) cause
	// watch returns a function that says whether the file of an embedded database is still its own and, during a
	// transaction, its log.
	watch func(path string) (intact func(during bool) error, err error)
	// decided reports whether a commit that failed so certainly did nothing.
	decided func(error) bool
}

func dialectOf(source string) dialect {
	if strings.HasPrefix(source, "postgres://") || strings.HasPrefix(source, "postgresql://") {
		return dialect{name: "postgres", goose: goose.DialectPostgres, open: openPostgres, cause: postgresCause,
			decided: postgresDecided, statementLimit: time.Minute, lists: true,
			viewOptions: &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
			clock:       `SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)`}
	}
	return dialect{name: "sqlite", goose: goose.DialectSQLite3, singleWriter: true, open: openSQLite, cause: sqliteCause,
		decided: sqliteDecided, watch: watchFile, viewOptions: &sql.TxOptions{}, clock: `SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)`}
}

func openSQLite(ctx context.Context, path string) (*sql.DB, *sql.DB, error) {
	if runtime.GOMAXPROCS(0) < 2 {
		runtime.GOMAXPROCS(2) // a blocking sync must not hold the only processor
	}
	if err := makeFile(path); err != nil {
		return nil, nil, err
	}
	dsn := func(more ...string) string {
		q := url.Values{"mode": {"rw"}, "_pragma": append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}, more...)}
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	}
	// What a savepoint may have to undo is kept in memory; it is no part of what makes a commit durable. The log is copied into
	// the file every 16 MB, four times as rarely as by itself: pages that many commits wrote are copied once.
	write, err := sql.Open("sqlite", dsn("temp_store(MEMORY)", "wal_autocheckpoint(4000)"))
	if err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(2) // the writer holds one; migrations borrow the other
	var synchronous int
	var journal string
	err = errors.Join(write.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous),
		write.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal))
	switch {
	case err != nil:
	case synchronous < 2:
		err = notDurable("synchronous is below FULL")
	case journal != "wal":
		err = notDurable("its journal is " + journal + ", not WAL; its place may be a network's")
	}
	if err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read, err := sql.Open("sqlite", dsn("query_only(1)"))
	if err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(max(4, 2*runtime.GOMAXPROCS(0)))
	read.SetMaxIdleConns(max(4, 2*runtime.GOMAXPROCS(0)))
	return read, write, nil
}

// makeFile makes the database's file where there is none, readable to its owner alone; SQLite gives the files beside it
// the same mode.
func makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// watchFile finds that the database's file or its log was removed or replaced beneath the program: SQLite would go on
// writing what nobody can open again.
func watchFile(path string) (func(during bool) error, error) {
	opened, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return func(during bool) error {
		now, err := os.Stat(path)
		if err == nil && during {
			_, err = os.Stat(path + "-wal")
		}
		if err == nil && os.SameFile(opened, now) {
			return nil
		}
		return standin.Refuse(standin.Unavailable, "db", "db.file_gone",
			"The database's file was removed or replaced while Standin was running. Put it back and start Standin again.").Because(err)
	}, nil
}

// connectLimit is how long a connection may take to be made.
const connectLimit = 5 * time.Second

func openPostgres(ctx context.Context, source string) (*sql.DB, *sql.DB, error) {
	config, err := pgx.ParseConfig(source)
	if err != nil {
		// Its cause stays untold, for it may quote the password.
		return nil, nil, standin.Refuse(standin.Invalid, "db.open", "db.bad_url",
			"The database address cannot be read. It has the form postgres://name:password@host:5432/database.")
	}
	if err := requireTLS(config); err != nil {
		return nil, nil, err
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectLimit
	}
	dialer := &net.Dialer{Timeout: config.ConnectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 5 * time.Second, Count: 3}}
	config.DialFunc = dialer.DialContext
	pool := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(requireDurable))
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	if err := pool.PingContext(ctx); err != nil {
		return nil, nil, errors.Join(err, pool.Close())
	}
	return pool, pool, nil
}

// requireDurable refuses a new connection on which commits would be acknowledged before they are durable, and one to a
// standby, which tells what was (THREATS 50). It asks at each one, for all of it can change beneath a running program; a
// server that changes its part ends its connections.
func requireDurable(ctx context.Context, conn *pgx.Conn) error {
	var commit, fsync string
	var standby bool
	err := conn.QueryRow(ctx, `SELECT current_setting('synchronous_commit'), current_setting('fsync'), pg_is_in_recovery()`).
		Scan(&commit, &fsync, &standby)
	switch {
	case err != nil:
	case standby:
		err = standin.Refuse(standin.Unavailable, "db.open", "db.standby",
			"The database is a standby, which knows only what was. Standin works on the primary; name that one.")
	case commit == "off":
		err = notDurable("synchronous_commit is off")
	case fsync == "off":
		err = notDurable("fsync is off")
	default:
		return nil
	}
	return errors.Join(err, conn.Close(ctx))
}

// A migrationLock lets one program at a time migrate a schema of PostgreSQL. It ends with its connection.
type migrationLock struct{}

// SessionLock waits for the lock.
func (migrationLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(hashtextextended('standin schema ' || current_schema(), 0))`)
	return err
}

// SessionUnlock gives the lock back.
func (migrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `SELECT pg_advisory_unlock(hashtextextended('standin schema ' || current_schema(), 0))`)
	return err
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
	case lib.SQLITE_CONSTRAINT, lib.SQLITE_TOOBIG:
		return causeConstraint
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_IOERR, lib.SQLITE_FULL, lib.SQLITE_CANTOPEN, lib.SQLITE_NOMEM,
		lib.SQLITE_READONLY, lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_INTERRUPT:
		return causeUnavailable
	}
	return causeInternal
}

// sqliteDecided: after an I/O error in the middle of a commit, only a later start knows whether the log holds it.
func sqliteDecided(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff != lib.SQLITE_IOERR
}

// locked reports whether another program holds a SQLite database; the connection is none the worse for it.
func locked(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == lib.SQLITE_BUSY
}

func postgresCause(err error) cause {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return causeUnavailable // also where the server answers, and refuses
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return stateCause(e.Code)
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.Timeout(err) || pgconn.SafeToRetry(err) {
		return causeBroken
	}
	return causeNone
}

// stateCause sorts PostgreSQL's error codes, whose first two characters are their class.
func stateCause(code string) cause {
	switch code {
	case "40001", "40P01", // lost against another transaction, or in a deadlock
		"0A000", "26000": // a prepared statement that a migration made stale
		return causeRetry
	case "23505":
		return causeUnique
	case "54000": // a text that is too long for its index
		return causeConstraint
	case "57P01", "57P02", "57P05": // the server ended the connection
		return causeBroken
	case "25006", "55P03": // a standby; a lock that was not to be had
		return causeUnavailable
	}
	switch code[:min(2, len(code))] {
	case "22", "23":
		return causeConstraint
	case "08", "53", "57", "58":
		return causeUnavailable
	}
	return causeInternal
}

// postgresDecided: an error that the server reports was reported instead of committing, but for those that end the
// connection.
func postgresDecided(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return errors.Is(err, pgx.ErrTxCommitRollback)
	}
	switch c := stateCause(e.Code); c {
	case causeBroken, causeInternal:
		return false
	case causeUnavailable:
		return strings.HasPrefix(e.Code, "53")
	}
	return true
}
