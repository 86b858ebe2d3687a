package decision_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// TestP1NoPermitWithoutItsRecord asks from many sides at once: whoever is answered yes finds the record of it, at once, by
// another connection, naming both people and the session.
func TestP1NoPermitWithoutItsRecord(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		const askers, each = 24, 6
		var over sync.WaitGroup
		named := map[standin.PersonID]delegation.Delegation{}
		for _, actor := range []standin.PersonID{"ann", "bob", "cem"} {
			named[actor] = h.name(actor, "hal", rights.Limits{})
		}
		for n := range askers {
			actor := []standin.PersonID{"ann", "bob", "cem"}[n%3]
			s, _ := h.act(named[actor])
			over.Go(func() {
				for range each {
					a, err := h.Decide(t.Context(), h.key, asks("approve", within(s)))
					if err != nil || !a.Permit || a.Record == "" {
						t.Errorf("got %+v, %v, want a recorded permit", a, err)
						return
					}
					err = h.DB.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
						r, err := h.Ledger.ByID(ctx, tx, acme, a.Record)
						if err == nil && (r.Actor != standin.PersonActor(actor) || r.Principal != "hal" || r.Session != s.ID || r.Outcome != ledger.Done) {
							t.Errorf("the record is %+v", r)
						}
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		over.Wait()
		if got := len(h.records()); got != askers*each {
			t.Errorf("got %d records, want %d", got, askers*each)
		}
	})
}

// breakRecord makes every record fail to be written, as a full or damaged disk does, and returns what mends it.
func (h *house) breakRecord() (mend func()) {
	h.Update(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `ALTER TABLE waiting RENAME TO waiting_away`)
		return err
	})
	return func() {
		h.Update(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `ALTER TABLE waiting_away RENAME TO waiting`)
			return err
		})
	}
}

// TestP6WhatCannotBeRecordedIsRefused: where records cannot be written every answer on behalf of somebody is an error that
// permits nothing, whether the session was known before or not; and what is answered in one's own name needs none.
func TestP6WhatCannotBeRecordedIsRefused(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		known, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		fresh, _ := h.act(h.name("bob", "hal", rights.Limits{}))
		h.permits(asks("approve", within(known)))
		mend := h.breakRecord()
		for what, q := range map[string]decision.Question{"a session that was known": asks("approve", within(known)),
			"a new session": asks("approve", within(fresh)), "a hypothetical question": asks("approve", could("ann", "hal")),
			"a refusal": asks("enter", within(known))} {
			a, err := h.Decide(t.Context(), h.key, q)
			if err == nil || a.Permit || a.Record != "" {
				t.Errorf("%s: got %+v, %v, want an error", what, a, err)
			}
		}
		h.permits(asks("approve", self("hal")))
		mend()
		h.permits(asks("approve", within(known)))
		h.permits(asks("approve", within(fresh)))
		if got := len(h.records()); got != 3 {
			t.Errorf("got %d records, want the three that were answered", got)
		}
	})
}

// TestThreat74ARecordThatHangs: where the database takes no records for a while, the answer is no, and within the time that
// a question waits.
func TestThreat74ARecordThatHangs(t *testing.T) {
	t.Parallel()
	dbtest.Sources(t, func(t *testing.T, source string) {
		d := open(t, source)
		if _, _, err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		h := settle(t, d)
		s, _ := h.act(h.name("ann", "hal", rights.Limits{}))
		h.permits(asks("approve", within(s)))
		holding, release := make(chan struct{}), make(chan struct{})
		var over sync.WaitGroup
		over.Go(func() {
			err := open(t, source).UpdateReadCommitted(context.Background(), func(ctx context.Context, tx *db.Tx) error {
				statement := `UPDATE waiting SET at = at`
				if d.Dialect() == "postgres" {
					statement = `LOCK TABLE waiting IN ACCESS EXCLUSIVE MODE`
				}
				_, err := tx.Exec(ctx, statement)
				close(holding)
				<-release
				return errors.Join(err, errors.New("nothing is kept of this"))
			})
			if err == nil {
				t.Error("the other transaction was kept")
			}
		})
		<-holding
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			a, err := h.Decide(t.Context(), h.key, asks("approve", within(s)))
			if standin.KindOf(err) != standin.Unavailable || a.Permit {
				t.Errorf("got %+v, %v, want it unavailable", a, err)
			}
		}()
		select {
		case <-answered:
		case <-time.After(30 * time.Second):
			t.Error("it is not answered")
		}
		close(release)
		over.Wait()
	})
}

func open(t testing.TB, source string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// migrated returns an embedded database.
func migrated(t testing.TB) *db.DB {
	t.Helper()
	d := open(t, filepath.Join(t.TempDir(), "standin.db"))
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// replicas are two programs on one database.
func replicas(t *testing.T, test func(t *testing.T, one, two *house)) {
	t.Parallel()
	dbtest.Sources(t, func(t *testing.T, source string) {
		d := open(t, source)
		if _, _, err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		one := settle(t, d)
		if d.Dialect() == "postgres" {
			d = open(t, source) // an embedded database has one program
		}
		test(t, one, join(t, d, one.Clock))
	})
}

// TestThreat48RevokedAtOneReplicaRefusedAtTheOther: what was acknowledged at one replica holds at the other from the next
// question on, on behalf of somebody; in one's own name after half a second.
func TestThreat48RevokedAtOneReplicaRefusedAtTheOther(t *testing.T) {
	replicas(t, func(t *testing.T, one, two *house) {
		for what, end := range map[string]func(d standin.DelegationID, s standin.SessionID) error{
			"revoked": func(d standin.DelegationID, _ standin.SessionID) error {
				_, err := one.Delegations.Revoke(t.Context(), as(acme, "hal"), d)
				return err
			},
			"paused": func(d standin.DelegationID, _ standin.SessionID) error {
				_, err := one.Delegations.Deactivate(t.Context(), as(acme, "hal"), d)
				return err
			},
			"laid down": func(d standin.DelegationID, _ standin.SessionID) error {
				_, err := one.Delegations.LayDown(t.Context(), as(acme, "ann"), d)
				return err
			},
			"ended by the principal": func(_ standin.DelegationID, s standin.SessionID) error {
				return one.Acting.EndByPrincipal(t.Context(), as(acme, "hal"), s)
			},
		} {
			d := one.name("ann", "hal", rights.Limits{})
			s, _ := one.act(d)
			two.permits(asks("approve", within(s)))
			if err := end(d.ID, s.ID); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			two.denies(asks("approve", within(s)), decision.SessionOver)
			if what == "paused" || what == "ended by the principal" {
				must(one.Delegations.Revoke(t.Context(), as(acme, "hal"), d.ID))(t)
			}
		}
		two.permits(asks("approve", self("hal")))
		if _, err := one.Directory.Release(t.Context(), operator(acme), "hal", "manager", "sales"); err != nil {
			t.Fatal(err)
		}
		one.Pass(501 * time.Millisecond)
		two.denies(asks("approve", self("hal")), "rights.no_role")
	})
}

// TestP5NothingIsPermittedAfterARevocation asks at both replicas all the time while the delegation is revoked: whoever asks
// after the revocation was acknowledged is refused (THREATS 43, 51).
func TestP5NothingIsPermittedAfterARevocation(t *testing.T) {
	replicas(t, func(t *testing.T, one, two *house) {
		for range 3 {
			d := one.name("ann", "hal", rights.Limits{})
			s, _ := one.act(d)
			var revoked atomic.Bool
			var over sync.WaitGroup
			var permits, refusals atomic.Int64
			begun := make(chan struct{}, 8)
			for n := range 8 {
				at := []*house{one, two}[n%2]
				over.Go(func() {
					for first := true; ; first = false {
						after := revoked.Load()
						a, err := at.Decide(t.Context(), at.key, asks("approve", within(s)))
						switch {
						case err != nil && !after:
							t.Error(err)
						case a.Permit && after:
							t.Error("permitted after the revocation was acknowledged")
						case a.Permit:
							permits.Add(1)
						default:
							refusals.Add(1)
						}
						if first {
							begun <- struct{}{}
						}
						if after {
							return
						}
					}
				})
			}
			for range 8 {
				<-begun
			}
			if _, err := one.Delegations.Revoke(t.Context(), as(acme, "hal"), d.ID); err != nil {
				t.Error(err)
			}
			revoked.Store(true)
			over.Wait()
			if permits.Load() < 8 || refusals.Load() < 8 {
				t.Errorf("%d permits and %d refusals, want each asker to have had both", permits.Load(), refusals.Load())
			}
		}
	})
}

// TestP5AReplicaWithoutDatabaseRefuses: an isolated replica permits nothing, however much it remembers.
func TestP5AReplicaWithoutDatabaseRefuses(t *testing.T) {
	replicas(t, func(t *testing.T, one, two *house) {
		s, _ := one.act(one.name("ann", "hal", rights.Limits{}))
		two.permits(asks("approve", within(s)))
		two.permits(asks("approve", self("hal")))
		if err := two.DB.Close(); err != nil {
			t.Fatal(err)
		}
		if a, err := two.Decide(t.Context(), two.key, asks("approve", within(s))); err == nil || a.Permit {
			t.Errorf("on behalf: got %+v, %v, want an error", a, err)
		}
		one.Pass(501 * time.Millisecond)
		if a, err := two.Decide(t.Context(), two.key, asks("approve", self("hal"))); err == nil || a.Permit {
			t.Errorf("in one's own name: got %+v, %v, want an error", a, err)
		}
	})
}

// TestThreat50AStandbyPermitsNothing: on a database that takes no writes nothing is permitted on behalf of anybody.
func TestThreat50AStandbyPermitsNothing(t *testing.T) {
	source := dbtest.PostgresSchema(t)
	d := open(t, source)
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	one := settle(t, d)
	s, _ := one.act(one.name("ann", "hal", rights.Limits{}))
	two := join(t, open(t, source+"&default_transaction_read_only=on"), one.Clock)
	if a, err := two.Decide(t.Context(), two.key, asks("approve", within(s))); standin.KindOf(err) != standin.Unavailable || a.Permit {
		t.Errorf("got %+v, %v, want it unavailable", a, err)
	}
}

// TestAPermitThatComesTooLateIsRefused: the transaction took longer than what it read can be trusted; the refusal is
// recorded as well.
func TestAPermitThatComesTooLateIsRefused(t *testing.T) {
	d := migrated(t)
	h := settle(t, d)
	s, _ := h.act(h.name("ann", "hal", rights.Limits{}))
	h.permits(asks("approve", within(s)))
	slow := join(t, d, h.Clock)
	reads := 0
	slow.Decisions = decision.New(d, h.Ledger, h.Directory, h.Applications, h.Delegations, h.Acting, func() time.Time {
		reads++
		return h.Now().Add(time.Duration(reads) * 600 * time.Millisecond)
	})
	slow.denies(asks("approve", within(s)), decision.Late)
	last := h.records()[len(h.records())-1]
	if last.Outcome != ledger.Refused || last.Actor != "person:ann" || last.Principal != "hal" || last.Reasons[0] != decision.Late {
		t.Errorf("the last record is %+v", last)
	}
}
