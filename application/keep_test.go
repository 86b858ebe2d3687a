package application

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/ledger"
)

var keeper = standin.Caller{Organisation: "acme", Actor: standin.PersonActor("keeper"), Principal: "keeper"}

// shed is the room with a keeper who may keep everything, and a clock that moves when told.
type shed struct {
	house
	clock *time.Time
}

func keeping(t *testing.T, test func(s shed)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		lets := func(_ context.Context, _ *db.Tx, caller standin.Caller, _ []string) error {
			if caller.Actor != keeper.Actor {
				return standin.Refuse(standin.Denied, "test", "test.not_you", "Not you.")
			}
			return nil
		}
		s := shed{house{New(d, ledger.New(d, clock), clock).With(lets), t, d}, &now}
		s.update(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO organisations (id, name, settings, guardrails, created_at, version) VALUES ('acme', 'acme', '{}', '', 1, 1)`)
			return err
		})
		test(s)
	})
}

// opens reports whether the secret is answered.
func (s shed) opens(secret string) bool {
	s.t.Helper()
	_, err := s.Key(s.t.Context(), secret)
	if err != nil && standin.CodeOf(err) != "application.unknown_key" {
		s.t.Fatal(err)
	}
	return err == nil
}

func (s shed) unexplained() (all []string) {
	s.t.Helper()
	s.update(func(ctx context.Context, tx *db.Tx) error {
		all = nil
		walks := []ledger.Walk{{Kinds: []string{"application", "client", "key"}, Explain: s.Explain}}
		return s.ledger.Unexplained(ctx, tx, "acme", walks, func(d ledger.Difference) error {
			all = append(all, d.Resource+": "+d.What)
			return nil
		})
	})
	return all
}

func TestARotatedKeyOverlaps(t *testing.T) {
	keeping(t, func(s shed) {
		ctx := t.Context()
		k, first, err := s.MakeKey(ctx, keeper, KeepKeys{Name: "Payroll", May: []string{"record", "decide", "record"}})
		if err != nil || !s.opens(first) || k.MadeBy != keeper.Actor || len(k.May) != 2 {
			t.Fatalf("got %+v, %v", k, err)
		}
		k, second, err := s.RotateKey(ctx, keeper, k.ID, Overlap)
		if err != nil || !s.opens(first) || !s.opens(second) || !k.Former.Equal(s.clock.Add(Overlap)) {
			t.Fatalf("got %+v, %v", k, err)
		}
		*s.clock = s.clock.Add(Overlap - time.Microsecond)
		if !s.opens(first) {
			t.Error("the former secret ended too early")
		}
		*s.clock = s.clock.Add(time.Microsecond)
		if s.opens(first) || !s.opens(second) {
			t.Error("the former secret works after its overlap, or the present one does not")
		}
		_, third, err := s.RotateKey(ctx, keeper, k.ID, LongestOverlap)
		if err != nil {
			t.Fatal(err)
		}
		_, fourth, err := s.RotateKey(ctx, keeper, k.ID, LongestOverlap)
		if err != nil || s.opens(second) || !s.opens(third) || !s.opens(fourth) {
			t.Errorf("%v; only the last two work", err)
		}
		_, fifth, err := s.RotateKey(ctx, keeper, k.ID, 0)
		if err != nil || s.opens(fourth) || !s.opens(fifth) {
			t.Errorf("%v; without an overlap only the last one works", err)
		}
		for _, overlap := range []time.Duration{-1, LongestOverlap + 1} {
			if _, secret, err := s.RotateKey(ctx, keeper, k.ID, overlap); standin.CodeOf(err) != "application.overlap" || secret != "" {
				t.Errorf("overlap %v: got %v", overlap, err)
			}
		}
		if err := s.EndKey(ctx, keeper, k.ID); err != nil || s.opens(fifth) {
			t.Errorf("%v; an ended key opens", err)
		}
		if _, _, err := s.RotateKey(ctx, keeper, k.ID, 0); standin.CodeOf(err) != "application.ended" {
			t.Errorf("got %v, want it stay ended", err)
		}
		if got := s.unexplained(); got != nil {
			t.Errorf("unexplained: %q", got)
		}
		s.secretsStayUntold(first, second, third, fourth, fifth)
	})
}

// secretsStayUntold looks for the secrets in the records, and for what is stored of them.
func (s shed) secretsStayUntold(secrets ...string) {
	s.t.Helper()
	s.update(func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT COALESCE(before_state, '') || COALESCE(after_state, '') FROM records`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var said string
			if err := rows.Scan(&said); err != nil {
				return err
			}
			for _, secret := range secrets {
				if strings.Contains(said, secret) || strings.Contains(said, hashed(secret)) || strings.Contains(said, hashed(hashed(secret))) {
					s.t.Errorf("a secret, or a hash to try one out on, is told in %s", said)
				}
			}
		}
		return rows.Err()
	})
}

func TestAKeyExpires(t *testing.T) {
	keeping(t, func(s shed) {
		ctx, end := t.Context(), s.clock.Add(time.Hour)
		k, secret, err := s.MakeKey(ctx, keeper, KeepKeys{Name: "Trial", May: []string{"decide"}, Expires: end})
		if err != nil || !k.Expires.Equal(end) {
			t.Fatalf("got %+v, %v", k, err)
		}
		*s.clock = end.Add(-time.Microsecond)
		if !s.opens(secret) {
			t.Error("it expired too early")
		}
		*s.clock = end
		if s.opens(secret) {
			t.Error("it opens after its end")
		}
		if changed, err := s.ChangeKey(ctx, keeper, k.ID, KeepKeys{Name: "Renamed", May: []string{"decide"}, Expires: end}, k.Version); err != nil || !changed || s.opens(secret) {
			t.Errorf("got %v, %v: another name for what has expired", changed, err)
		}
		if _, err := s.ChangeKey(ctx, keeper, k.ID, KeepKeys{Name: "Renamed", May: []string{"decide"}}, k.Version); standin.CodeOf(err) != "application.changed" {
			t.Errorf("got %v, want the second of two refused", err)
		}
		if changed, err := s.ChangeKey(ctx, keeper, k.ID, KeepKeys{Name: "Renamed", May: []string{"decide"}, Expires: end.Add(time.Hour)}, 0); err != nil || !changed || !s.opens(secret) {
			t.Errorf("got %v, %v: a later end", changed, err)
		}
		for what, wish := range map[string]KeepKeys{
			"application.nameless":        {May: []string{"decide"}},
			"application.expired":         {Name: "x", May: []string{"decide"}, Expires: end.Add(-time.Hour)},
			"application.bad_entitlement": {Name: "x", May: []string{"everything"}},
			"application.no_entitlement":  {Name: "x"},
		} {
			if _, secret, err := s.MakeKey(ctx, keeper, wish); standin.CodeOf(err) != what || secret != "" {
				t.Errorf("got %v, want %s", err, what)
			}
			if _, err := s.ChangeKey(ctx, keeper, k.ID, wish, 0); standin.CodeOf(err) != what {
				t.Errorf("got %v, want %s", err, what)
			}
		}
		if got := s.unexplained(); got != nil {
			t.Errorf("unexplained: %q", got)
		}
	})
}

func TestAClientIsRegistered(t *testing.T) {
	keeping(t, func(s shed) {
		ctx := t.Context()
		right := func(id standin.ClientID, secret string) bool {
			return s.d.View(ctx, func(ctx context.Context, tx *db.Tx) error { return s.CheckClientSecret(ctx, tx, id, secret) }) == nil
		}
		wish := Client{ID: "chosen", Name: "Desk", RedirectURIs: []string{"https://desk.example/cb"}, StandIns: true}
		c, first, err := s.RegisterClient(ctx, keeper, wish)
		if err != nil || c.ID == "chosen" || !strings.HasPrefix(string(c.ID), "c-") || !right(c.ID, first) || c.MadeBy != keeper.Actor {
			t.Fatalf("got %+v, %v", c, err)
		}
		c.Name, c.Public, c.RedirectURIs = "Desk two", true, []string{"https://desk.example/other"}
		if changed, err := s.ChangeClient(ctx, keeper, c); err != nil || !changed || !right(c.ID, first) {
			t.Errorf("got %v, %v: its secret stays", changed, err)
		}
		if _, err := s.ChangeClient(ctx, keeper, c); standin.CodeOf(err) != "application.changed" {
			t.Errorf("got %v, want the second of two refused", err)
		}
		c, second, err := s.RotateClient(ctx, keeper, c.ID, time.Hour)
		if err != nil || c.Public || c.Name != "Desk two" || !right(c.ID, first) || !right(c.ID, second) {
			t.Errorf("got %+v, %v", c, err)
		}
		*s.clock = s.clock.Add(time.Hour)
		if right(c.ID, first) || !right(c.ID, second) || right(c.ID, "") {
			t.Error("the former secret outlives its overlap")
		}
		for what, change := range map[string]func(c *Client){
			"application.nameless":      func(c *Client) { c.Name = "" },
			"application.uri_not_https": func(c *Client) { c.RedirectURIs = []string{"http://desk.example/cb"} },
			"application.no_redirect":   func(c *Client) { c.RedirectURIs = nil },
			"application.not_found":     func(c *Client) { c.Application = "nowhere" },
		} {
			bad := wish
			change(&bad)
			if _, secret, err := s.RegisterClient(ctx, keeper, bad); standin.CodeOf(err) != what || secret != "" {
				t.Errorf("got %v, want %s", err, what)
			}
		}
		public := wish
		public.Public = true
		open, none, err := s.RegisterClient(ctx, keeper, public)
		if err != nil || none != "" || right(open.ID, "") {
			t.Errorf("got %+v, %q, %v", open, none, err)
		}
		if _, _, err := s.RotateClient(ctx, keeper, open.ID, 0); standin.CodeOf(err) != "application.no_secret" {
			t.Errorf("got %v", err)
		}
		if err := s.EndClient(ctx, keeper, c.ID); err != nil || right(c.ID, second) {
			t.Errorf("%v; an ended client is answered", err)
		}
		if got := s.unexplained(); got != nil {
			t.Errorf("unexplained: %q", got)
		}
		s.secretsStayUntold(first, second)
	})
}

// TestAHashPutInTheDatabaseIsFound: whoever writes the hash of a secret of their own past Standin has a way in, as the
// present secret or as the former one, which doctor finds; so it does with the salt taken away.
func TestAHashPutInTheDatabaseIsFound(t *testing.T) {
	keeping(t, func(s shed) {
		ctx := t.Context()
		k, _, err := s.MakeKey(ctx, keeper, KeepKeys{Name: "k", May: []string{"admin"}})
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := s.RegisterClient(ctx, keeper, Client{Name: "c", RedirectURIs: []string{"https://desk.example/cb"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, swap := range []string{`secret_hash = $2`, `former_hash = $2, former_until = 9000000000000000`, `secret_hash = $2, salt = ''`} {
			for table, id := range map[string]string{"api_keys": string(k.ID), "clients": string(c.ID)} {
				if got := s.unexplained(); got != nil {
					t.Fatalf("unexplained: %q", got)
				}
				var hash, former, salt string
				var until db.Time
				s.update(func(ctx context.Context, tx *db.Tx) error {
					if err := tx.QueryRow(ctx, `SELECT secret_hash, former_hash, former_until, salt FROM `+table+` WHERE id = $1`, id).Scan(&hash, &former, &until, &salt); err != nil {
						return err
					}
					_, err := tx.Exec(ctx, `UPDATE `+table+` SET `+swap+` WHERE id = $1`, id, hashed("a secret of my own"))
					return err
				})
				if got := s.unexplained(); len(got) != 1 {
					t.Errorf("%s with %s: unexplained %q, want one", table, swap, got)
				}
				s.update(func(ctx context.Context, tx *db.Tx) error {
					_, err := tx.Exec(ctx, `UPDATE `+table+` SET secret_hash = $2, former_hash = $3, former_until = $4, salt = $5 WHERE id = $1`, id, hash, former, until, salt)
					return err
				})
			}
		}
	})
}
