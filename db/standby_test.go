package db_test

import (
	"net/url"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// TestThreat50AStandbyIsRefused: a server that says it is a standby is not worked on; here it says so by a function of the
// test's own, which is found before the server's.
func TestThreat50AStandbyIsRefused(t *testing.T) {
	source := dbtest.PostgresSchema(t)
	d, err := db.Open(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, d, `CREATE FUNCTION pg_is_in_recovery() RETURNS BOOLEAN LANGUAGE sql AS 'SELECT true'`)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", q.Get("search_path")+",pg_catalog")
	u.RawQuery = q.Encode()
	_, err = db.Open(t.Context(), u.String())
	expectKind(t, "a standby", err, standin.Unavailable, "db.standby")
}
