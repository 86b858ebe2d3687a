package db_test

import (
	"context"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// openPostgres opens one schema twice: for what is tested, and for who kills its connections.
func openPostgres(t testing.TB) (d, killer *db.DB) {
	t.Helper()
	source := dbtest.PostgresSchema(t)
	open := func(name string) *db.DB {
		d, err := db.Open(t.Context(), with(t, source, "application_name", name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return d
	}
	name := standin.NewID("tested")
	d, killer = open(name), open("killer")
	things(t, d)
	execute(t, killer, `CREATE FUNCTION kill() RETURNS BIGINT LANGUAGE SQL AS
		'SELECT COUNT(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE application_name = ''`+name+`'''`)
	return d, killer
}

func with(t testing.TB, source, name, value string) string {
	t.Helper()
	u, err := url.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// kill ends the connections of what is tested and returns when they are gone.
func kill(t testing.TB, killer *db.DB) {
	t.Helper()
	err := killer.UpdateReadCommitted(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		n, err := one[int64](ctx, tx, `SELECT kill()`)
		if n == 0 {
			t.Error("got no connection to kill")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAConnectionKilledInTheMiddle(t *testing.T) {
	d, killer := openPostgres(t)
	err := d.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		if err := put("a", 1)(ctx, tx); err != nil {
			return err
		}
		kill(t, killer)
		return put("b", 1)(ctx, tx)
	})
	expectKind(t, "killed in the middle", err, standin.Unavailable, "db.unavailable")
	err = d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		if _, err := one[int64](ctx, tx, `SELECT COUNT(*) FROM things`); err != nil {
			return err
		}
		kill(t, killer)
		_, err := one[int64](ctx, tx, `SELECT COUNT(*) FROM things`)
		return err
	})
	expectKind(t, "a view killed in the middle", err, standin.Unavailable, "db.unavailable")
	if err := d.Update(t.Context(), put("c", 1)); err != nil {
		t.Errorf("the next one: %v", err)
	}
	if n := count(t, d); n != 1 {
		t.Errorf("got %d rows, want c alone", n)
	}
}

// TestConnectionsKilledWhileIdle: nobody was in the middle of anything, so nobody notices.
func TestConnectionsKilledWhileIdle(t *testing.T) {
	d, killer := openPostgres(t)
	for range 3 { // a connection that was used a moment ago is not asked whether it lives
		var all, begun sync.WaitGroup
		begun.Add(8)
		for range 8 {
			all.Go(func() {
				err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
					_, err := one[int64](ctx, tx, `SELECT 1`)
					begun.Done()
					begun.Wait()
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	kill(t, killer)
	if err := d.Update(t.Context(), put("a", 1)); err != nil {
		t.Errorf("a change: %v", err)
	}
	if n := count(t, d); n != 1 {
		t.Errorf("got %d rows, want 1", n)
	}
}

// TestACommitThatBreaksOffIsUnknown ends the connection while the commit waits for something.
func TestACommitThatBreaksOffIsUnknown(t *testing.T) {
	d, killer := openPostgres(t)
	for _, statement := range []string{
		`CREATE FUNCTION slow() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END'`,
		`CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON things DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()`,
	} {
		execute(t, killer, statement)
	}
	broken := make(chan error)
	go func() { broken <- d.Update(context.Background(), put("a", 1)) }()
	eventually(t, "it commits", func() bool {
		var n int64
		err := killer.View(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
			n, err = one[int64](ctx, tx, `SELECT COUNT(*) FROM pg_stat_activity WHERE application_name LIKE 'tested%' AND wait_event = 'PgSleep'
				AND query ILIKE 'commit%'`)
			return err
		})
		return err == nil && n > 0
	})
	kill(t, killer)
	expectKind(t, "a commit that broke off", <-broken, standin.Unavailable, "db.unknown")
}

// TestACommitThatIsRefusedIsKnown: the database said no, so nothing was done.
func TestACommitThatIsRefusedIsKnown(t *testing.T) {
	d, _ := openPostgres(t)
	execute(t, d, `CREATE TABLE deferred (id TEXT, CONSTRAINT one UNIQUE (id) DEFERRABLE INITIALLY DEFERRED)`)
	err := d.Update(t.Context(), run(`INSERT INTO deferred (id) VALUES ('a'), ('a')`))
	expectKind(t, "a key twice", err, standin.Conflict, "db.conflict")
	for code, want := range map[string]standin.Kind{"53100": standin.Unavailable, "53200": standin.Unavailable, "58030": standin.Unavailable,
		"54000": standin.Invalid, "22003": standin.Invalid, "42P01": standin.Internal} {
		err := d.Update(t.Context(), run(`DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '`+code+`'; END $$`))
		if got := standin.KindOf(err); got != want {
			t.Errorf("%s: got %v (%s), want %s", code, err, got, want)
		}
	}
}

// TestADeadlockIsRunAgain has two take two locks in opposite orders.
func TestADeadlockIsRunAgain(t *testing.T) {
	d, _ := openPostgres(t)
	execute(t, d, `INSERT INTO things (id, n) VALUES ('a', 0), ('b', 0)`)
	var all, locked sync.WaitGroup
	locked.Add(2)
	for _, order := range [][]string{{"a", "b"}, {"b", "a"}} {
		first := true
		all.Go(func() {
			err := d.UpdateReadCommitted(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				for i, id := range order {
					if i == 1 && first {
						first = false
						locked.Done()
						locked.Wait()
					}
					if _, err := tx.Exec(ctx, `UPDATE things SET n = n + 1 WHERE id = $1`, id); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		n, err := one[int64](ctx, tx, `SELECT CAST(SUM(n) AS BIGINT) FROM things`)
		if n != 4 {
			t.Errorf("got %d, want 4", n)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestAServerThatHangsIsGivenUp: one that accepts connections and is silent, and one that stops in the middle.
func TestAServerThatHangsIsGivenUp(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	begun := time.Now()
	_, err = db.Open(t.Context(), "postgres://name:secret@"+silent.Addr().String()+"/x?sslmode=disable&connect_timeout=1")
	expectKind(t, "a silent server", err, standin.Unavailable, "db.unavailable")
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %v to give up a silent server after 1 s", took)
	}

	d, _ := openPostgres(t)
	d.LimitStatements(100 * time.Millisecond)
	hang := func(ctx context.Context, tx *db.Tx) error {
		_, err := one[string](ctx, tx, `SELECT CAST(pg_sleep(60) AS TEXT)`)
		return err
	}
	expectKind(t, "a view that hangs", d.View(t.Context(), hang), standin.Unavailable, "db.unavailable")
	expectKind(t, "a change that hangs", d.Update(t.Context(), hang), standin.Unavailable, "db.unavailable")
	expectKind(t, "a statement that hangs", d.Update(t.Context(), run(`SELECT pg_sleep(60)`)), standin.Unavailable, "db.unavailable")
	d.LimitStatements(time.Minute)
	if err := d.Update(t.Context(), put("a", 1)); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	server := dbtest.PostgresSchema(t)
	wrong, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	wrong.User = url.UserPassword(wrong.User.Username(), "not-the-secret")
	missing := *wrong
	missing.User, missing.Path = nil, "/there-is-none"
	for what, source := range map[string]string{
		"nobody listens":   "postgres://name:not-the-secret@" + closed.Addr().String() + "/x?sslmode=disable",
		"a wrong password": wrong.String(),
		"no such name":     missing.String(),
	} {
		_, err := db.Open(t.Context(), source)
		expectKind(t, what, err, standin.Unavailable, "db.unavailable")
		if err != nil && strings.Contains(err.Error(), "not-the-secret") {
			t.Errorf("%s: the error quotes the password: %v", what, err)
		}
	}
}

// TestErrorsTellNoSecret mistypes addresses in every way that one may.
func TestErrorsTellNoSecret(t *testing.T) {
	const secret = "s3cr3t"
	for _, source := range []string{
		"postgres://name:" + secret + "@host:port/x",
		"postgres://name:" + secret + " @host/x",
		"postgres://name:" + secret + "%zz@host/x",
		"postgres://name:a/" + secret + "@host/x",
		"postgres://name:a#" + secret + "@host/x",
		"postgres://name:a?" + secret + "@host/x",
		"postgres://name:" + secret + "@[::1/x",
		"postgres://" + secret + "@127.0.0.1:99999/x?sslmode=" + secret,
		"postgres://name@127.0.0.1/x?password=" + secret + "&connect_timeout=" + secret,
		"postgres://name:" + secret + "@192.0.2.1/x?sslmode=disable",
		"postgres://name:" + secret + "@/x?host=192.0.2.1&sslmode=prefer",
	} {
		d, err := db.Open(t.Context(), source)
		if err == nil {
			d.Close()
			t.Errorf("%s: got no error", source)
			continue
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error quotes the password: %v", source, err)
		}
		if got := standin.KindOf(err); got != standin.Invalid {
			t.Errorf("%s: got %v (%s), want invalid", source, err, got)
		}
	}
}

func TestOverANetworkTLSIsNeeded(t *testing.T) {
	for source, needs := range map[string]bool{
		"postgres://n@192.0.2.1/x":                                  true, // PostgreSQL's own default falls back to clear text
		"postgres://n@192.0.2.1/x?sslmode=disable":                  true,
		"postgres://n@192.0.2.1/x?sslmode=allow":                    true,
		"postgres://n@127.0.0.1,192.0.2.1/x?sslmode=disable":        true,
		"postgres://n@192.0.2.1/x?sslmode=require":                  false,
		"postgres://n@192.0.2.1/x?sslmode=verify-full":              false,
		"postgres://n@localhost:1/x?sslmode=disable":                false,
		"postgres://n@[::1]:1/x?sslmode=disable":                    false,
		"postgres://n@/x?host=%2Fnowhere&sslmode=disable":           false,
		"postgres://n@localhost.attacker.example/x?sslmode=disable": true,
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // whether it may be reached is known without reaching it
		_, err := db.Open(ctx, source)
		if got := standin.CodeOf(err) == "db.needs_tls"; got != needs || err == nil {
			t.Errorf("%s: got %v, want needs TLS: %v", source, err, needs)
		}
	}
}

func TestADatabaseThatWouldLoseWhatItAcknowledged(t *testing.T) {
	source := dbtest.PostgresSchema(t)
	_, err := db.Open(t.Context(), with(t, source, "synchronous_commit", "off"))
	expectKind(t, "synchronous_commit off", err, standin.Invalid, "db.not_durable")
}

// TestDurabilityTakenAwayBeneathARunningProgram: new connections that would lose commits are not used.
func TestDurabilityTakenAwayBeneathARunningProgram(t *testing.T) {
	source := dbtest.PostgresSchema(t)
	admin := opened(t, source)
	role := strings.ReplaceAll(standin.NewID("role"), "-", "_")
	execute(t, admin, `CREATE ROLE `+role+` LOGIN SUPERUSER PASSWORD 'only-for-this-test'`)
	t.Cleanup(func() { admin.UpdateReadCommitted(context.Background(), run(`DROP ROLE `+role)) })
	u, err := url.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, "only-for-this-test")
	things(t, admin)
	d := opened(t, u.String())
	if err := d.Update(t.Context(), put("a", 1)); err != nil {
		t.Fatal(err)
	}
	execute(t, admin, `ALTER ROLE `+role+` SET synchronous_commit = off`)
	execute(t, admin, `DO $$ BEGIN PERFORM pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = '`+role+`'; END $$`)
	expectKind(t, "no longer durable", d.Update(t.Context(), put("b", 1)), standin.Unavailable, "db.unavailable")
	expectKind(t, "a view", d.View(t.Context(), func(context.Context, *db.Tx) error { return nil }), standin.Unavailable, "db.unavailable")
	left := int64(-1)
	eventually(t, "its connections are closed", func() bool {
		err := admin.View(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
			left, err = one[int64](ctx, tx, `SELECT COUNT(*) FROM pg_stat_activity WHERE usename = $1`, role)
			return err
		})
		return err == nil && left == 0
	})
	if n := count(t, admin); n != 1 {
		t.Errorf("got %d rows, want a alone", n)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// TestTheTestServerSortsAsPeopleDo: were its collation C, tests would not notice an order that depends on it.
func TestTheTestServerSortsAsPeopleDo(t *testing.T) {
	if os.Getenv("STANDIN_TEST_STRICT") == "" && os.Getenv("STANDIN_TEST_POSTGRES") == "" {
		t.Skip("STANDIN_TEST_POSTGRES names no server")
	}
	d, _ := openPostgres(t)
	execute(t, d, `INSERT INTO things (id, n) VALUES ('a', 1), ('B', 2), ('ä', 3), ('z', 4)`)
	err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM things ORDER BY id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		var got string
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			got += id
		}
		if want := "aäBz"; got != want {
			t.Errorf("got the order %q, want %q", got, want)
		}
		return rows.Err()
	})
	if err != nil {
		t.Error(err)
	}
}
