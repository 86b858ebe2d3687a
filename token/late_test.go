package token_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/token"
)

// stall makes every commit that touches a grant wait until the function that it returns is called; waiting reports whether one
// does.
func (w *porch) stall() (release func(), waiting func() bool) {
	w.T.Helper()
	key := rand.Int32N(1 << 30)
	for _, statement := range []string{
		fmt.Sprintf(`CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(%d); RETURN NULL; END'`, key),
		`CREATE CONSTRAINT TRIGGER stalled AFTER INSERT OR UPDATE ON grants DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stall()`,
	} {
		w.run(statement)
	}
	held, over, done := make(chan error, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		err := w.DB.UpdateReadCommitted(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, fmt.Sprintf(`SELECT pg_advisory_xact_lock(%d)`, key))
			held <- err
			<-over
			return err
		})
		if err != nil {
			w.T.Error(err)
		}
	}()
	if err := <-held; err != nil {
		w.T.Fatal(err)
	}
	waits := fmt.Sprintf(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %d AND NOT granted`, key)
	return func() { close(over); <-done }, func() bool { return w.Count(waits) > 0 }
}

func (w *porch) run(statement string) {
	w.T.Helper()
	if err := w.DB.UpdateReadCommitted(w.T.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, statement)
		return err
	}); err != nil {
		w.T.Fatal(err)
	}
}

// TestThreat51NothingIsGivenByAnOldReading: where writing takes long (a disk, a replica that has to answer first), what was read
// before it is asked once more: a stop that was acknowledged meanwhile holds within a second (P5). SQLite has one writer, behind
// whom the stop would wait.
func TestThreat51NothingIsGivenByAnOldReading(t *testing.T) {
	for name, ask := range map[string]func(w *porch, h held, code string) error{
		"redeem": func(w *porch, _ held, code string) error {
			_, _, err := w.Redeem(context.Background(), w.ClientNow("desk"), redemption("desk", code))
			return err
		},
		"refresh": func(w *porch, h held, _ string) error {
			_, _, err := w.Refresh(context.Background(), w.ClientNow("desk"), token.Renewal{Token: h.refresh})
			return err
		},
		"exchange": func(w *porch, h held, _ string) error {
			_, err := w.Exchange(context.Background(), w.ClientNow("back"), exchanging(h.access))
			return err
		},
	} {
		for _, swift := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, known before: %v", name, swift), func(t *testing.T) {
				d, err := db.Open(t.Context(), dbtest.PostgresSchema(t))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = d.Close() })
				if _, _, err := d.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
				w := furnish(t, d)
				h, cookie, _ := w.acting()
				if !swift { // as on a replica that knows nothing of it yet
					w.Tokens = token.New(token.House{DB: d, Ledger: w.Ledger, Applications: w.Applications, Directory: w.Directory, Delegations: w.Delegations, Acting: w.Acting,
						Signin: w.Signin, Keys: w.Signing, Issuer: issuer}, w.Now)
				}
				_, code, err := w.Begin(t.Context(), w.Visit(cookie), wish("desk"))
				if err != nil {
					t.Fatal(err)
				}
				release, waiting := w.stall()
				got := make(chan error, 1)
				go func() { got <- ask(w, h, code) }()
				for deadline := time.Now().Add(20 * time.Second); !waiting(); {
					if time.Now().After(deadline) {
						t.Fatal("nothing waits")
					}
				}
				if _, err := w.Signin.Stop(t.Context(), cookie, home); err != nil {
					t.Fatal(err)
				}
				w.Pass(2 * time.Second)
				release()
				if err := <-got; standin.CodeOf(err) != "token.over" && token.Protocol(err) != "invalid_request" {
					t.Errorf("got %v, two seconds after the stop was acknowledged", err)
				}
			})
		}
	}
}
