package deeds_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/decision/deeds"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// office is acme, with hal for whom ann may act, and rival with rita; both have the application desk.
type office struct {
	*housetest.House
	*deeds.Deeds
	named delegation.Delegation
	key   standin.Caller
}

func in(t *testing.T, test func(t *testing.T, o *office)) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, settle(t, d)) })
}

func settle(t *testing.T, d *db.DB) *office {
	t.Helper()
	rooms := housetest.Join(t, d, housetest.Standing(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)))
	o := &office{House: rooms, key: standin.Caller{Organisation: "acme", Actor: standin.KeyActor("desk-key"), May: []string{"record"}},
		Deeds: deeds.New(d, rooms.Ledger, rooms.Directory, rooms.Applications, rooms.Acting, rooms.Now)}
	for org, people := range map[standin.OrganisationID][]standin.PersonID{"acme": {"hal", "ann", "bob"}, "rival": {"rita"}} {
		o.Settings(org)
		o.Application(application.Application{Organisation: org, ID: "desk", Name: "Desk", Catalogue: rights.Catalogue{
			Types: map[string]rights.Type{"expense": {Actions: map[string]rights.Action{"approve": {Category: "general", Entry: true}}}}}})
		for _, id := range people {
			o.Person(org, directory.Person{ID: id})
		}
	}
	o.named = o.Appoint("ann", "hal")
	return o
}

// act lets ann act for hal, and returns the session and what stops it.
func (o *office) act() (acting.Session, func()) {
	o.T.Helper()
	s, caller, err := o.Represent(o.LoggedIn("ann", standin.LoginID(standin.NewID("l"))), o.named.ID)
	if err != nil {
		o.T.Fatal(err)
	}
	return s, func() {
		o.Update(func(ctx context.Context, tx *db.Tx) error { return o.Acting.Stop(ctx, tx, caller, o.Now()) })
	}
}

// deed is that ann approved e-1 in her own name now, or what change makes of it.
func (o *office) deed(id string, change ...func(*deeds.Deed)) deeds.Deed {
	d := deeds.Deed{ID: id, At: o.Now(), Actor: "ann", Application: "desk", Type: "expense", Action: "approve", Item: "e-1"}
	for _, c := range change {
		c(&d)
	}
	return d
}

func within(s acting.Session) func(*deeds.Deed) {
	return func(d *deeds.Deed) { d.Actor, d.Principal, d.Session = s.Actor, s.Principal, s.ID }
}

func (o *office) tell(list ...deeds.Deed) []deeds.Receipt {
	o.T.Helper()
	receipts, err := o.Tell(o.T.Context(), o.key, list)
	if err != nil {
		o.T.Fatal(err)
	}
	return receipts
}

// refused fails unless the deed is refused with the code, in the record as refused, and under no person's name.
func (o *office) refused(d deeds.Deed, code string) {
	o.T.Helper()
	r := o.tell(d)[0]
	if r.Refusal == nil || r.Refusal.Code != code {
		o.T.Errorf("got %+v, want %s", r, code)
		return
	}
	written := o.record(r.Record)
	if written.Action != "deed.refuse" || written.Outcome != ledger.Refused || written.Actor != o.key.Actor || written.Principal != "" ||
		written.Session != "" || !slices.Equal(written.Reasons, []string{code}) {
		o.T.Errorf("%s: got the record %+v, want a refusal under the key's name", code, written)
	}
	if again := o.tell(d)[0]; again.Record != r.Record || again.Refusal == nil || !again.Again {
		o.T.Errorf("%s, told again: got %+v, want the same refusal", code, again)
	}
}

func (o *office) record(id standin.RecordID) (r ledger.Record) {
	o.T.Helper()
	o.Update(func(ctx context.Context, tx *db.Tx) (err error) {
		r, err = o.Ledger.ByID(ctx, tx, "acme", id)
		return err
	})
	return r
}

func (o *office) count(action string) int {
	o.T.Helper()
	var n int
	o.Update(func(ctx context.Context, tx *db.Tx) error {
		list, _, err := o.Ledger.Page(ctx, tx, ledger.Filter{Organisation: "acme", Action: action}, ledger.Cursor{}, 200)
		n = len(list)
		return err
	})
	return n
}

func told(t *testing.T, r ledger.Record) (s deeds.Told) {
	t.Helper()
	if err := json.Unmarshal(r.After, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestF1DeedsCarryBothNames(t *testing.T) {
	in(t, func(t *testing.T, o *office) {
		s, stop := o.act()
		o.Pass(time.Minute)
		own := o.deed("1", func(d *deeds.Deed) { d.Before, d.After = []byte(`{"state":"open"}`), []byte(`{"state":"approved"}`) })
		acted := o.deed("2", within(s))
		o.Pass(time.Minute)
		stop()
		o.Pass(time.Minute)
		list := o.tell(own, acted) // reported after the end, done before it
		r := o.record(list[0].Record)
		if r.Actor != "person:ann" || r.Principal != "" || r.Action != "desk:expense.approve" || r.Resource != "item:desk:expense/e-1" || !r.At.Equal(o.Now()) {
			t.Errorf("in her own name: got %+v", r)
		}
		want := deeds.Told{ID: "1", DoneAt: "2026-11-02T09:01:00Z", ToldBy: "key:desk-key", Before: []byte(`{"state":"open"}`), After: []byte(`{"state":"approved"}`)}
		if diff := cmp.Diff(want, told(t, r)); diff != "" {
			t.Error(diff)
		}
		r = o.record(list[1].Record)
		if r.Actor != "person:ann" || r.Principal != "hal" || r.Session != s.ID || r.Delegation != o.named.ID || r.Outcome != ledger.Done {
			t.Errorf("for hal: got %+v", r)
		}
	})
}

func TestDeedsAreRecordedOnce(t *testing.T) {
	in(t, func(t *testing.T, o *office) {
		first := o.tell(o.deed("1"))[0]
		o.Pass(time.Hour)
		d := o.deed("1", func(d *deeds.Deed) { d.At = o.Now().Add(-time.Hour) })
		again := o.tell(d, d, o.deed("2"))
		if again[0].Record != first.Record || again[1].Record != first.Record || !again[0].Again || again[2].Again || again[2].Record == first.Record {
			t.Errorf("got %+v after %+v", again, first)
		}
		other := o.tell(o.deed("1", func(d *deeds.Deed) { d.Action = "reimburse" }))[0]
		if other.Refusal == nil || other.Refusal.Code != "deeds.id_used" {
			t.Errorf("another deed by the same id: got %+v", other)
		}
		var all sync.WaitGroup
		for range 8 { // at once, too
			all.Go(func() {
				if _, err := o.Tell(t.Context(), o.key, []deeds.Deed{o.deed("3")}); err != nil && standin.KindOf(err) != standin.Conflict {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := o.count("desk:expense.approve"); n != 3 {
			t.Errorf("got %d records, want 3", n)
		}
	})
}

func TestDeedsOfOthersSessionsAreRefused(t *testing.T) {
	in(t, func(t *testing.T, o *office) {
		s, stop := o.act()
		o.Pass(time.Minute)
		change := func(c func(d *deeds.Deed)) deeds.Deed { return o.deed(standin.NewID("x"), within(s), c) }
		o.refused(change(func(d *deeds.Deed) { d.Actor = "bob" }), "deeds.not_theirs")
		o.refused(change(func(d *deeds.Deed) { d.Principal = "bob" }), "deeds.not_theirs")
		o.refused(change(func(d *deeds.Deed) { d.Principal = "" }), "deeds.not_theirs")
		o.refused(change(func(d *deeds.Deed) { d.Session = "s-none" }), "deeds.not_theirs")
		o.refused(change(func(d *deeds.Deed) { d.Session = "" }), "deeds.no_session")
		o.refused(change(func(d *deeds.Deed) { d.At = s.StartedAt.Add(-3 * time.Second) }), "deeds.not_live")
		o.refused(o.deed("a", func(d *deeds.Deed) { d.Actor = "rita" }), "deeds.nobody")
		o.refused(o.deed("b", func(d *deeds.Deed) { d.At = o.Now().Add(2 * time.Minute) }), "deeds.ahead")
		o.refused(o.deed("c", func(d *deeds.Deed) { d.At = o.Now().Add(-61 * 24 * time.Hour) }), "deeds.too_old")
		stop()
		o.refused(change(func(d *deeds.Deed) { d.At = o.Now().Add(3 * time.Second) }), "deeds.not_live")
		if got := o.tell(change(func(d *deeds.Deed) { d.At = o.Now().Add(-time.Second) }))[0]; got.Refusal != nil {
			t.Errorf("what was done before the end: got %v", got.Refusal)
		}
		rival := standin.Caller{Organisation: "rival", Actor: standin.KeyActor("r"), May: []string{"record"}}
		got, err := o.Tell(t.Context(), rival, []deeds.Deed{change(func(*deeds.Deed) {})})
		if err != nil || got[0].Refusal == nil || got[0].Refusal.Code != "deeds.not_theirs" {
			t.Errorf("P12: another organisation's key got %+v, %v", got, err)
		}
	})
}

// TestAKeyTellsOfItsOwnApplicationAlone: whoever has one application's key tells nothing of another, whose ids stay
// its own; that it was tried is recorded as the key's doing.
func TestAKeyTellsOfItsOwnApplicationAlone(t *testing.T) {
	in(t, func(t *testing.T, o *office) {
		s, _ := o.act()
		desk := o.key
		desk.May = []string{"decide", "record:desk"}
		for _, may := range [][]string{{"record:payroll"}, {"record:payroll", "record:des"}, {"record:"}, {"record:desk2", "decide", "admin"}} {
			other := standin.Caller{Organisation: "acme", Actor: standin.KeyActor("payroll-key"), May: may}
			for _, d := range []deeds.Deed{o.deed("1", within(s)), o.deed("1"), o.deed("2", func(d *deeds.Deed) { d.Application = "none" })} {
				got, err := o.Tell(t.Context(), other, []deeds.Deed{d})
				if err != nil || got[0].Refusal == nil || got[0].Refusal.Code != "deeds.not_its" {
					t.Fatalf("%v: got %+v, %v, want it refused", may, got, err)
				}
				r := o.record(got[0].Record)
				if r.Actor != other.Actor || r.Principal != "" || r.Session != "" || r.Resource != "key:payroll-key" || r.Outcome != ledger.Refused {
					t.Errorf("%v: got the record %+v, want a refusal of the key's", may, r)
				}
			}
		}
		if n := o.count("desk:expense.approve"); n != 0 {
			t.Errorf("the record has %d of what was refused", n)
		}
		got, err := o.Tell(t.Context(), desk, []deeds.Deed{o.deed("1", within(s))})
		if err != nil || got[0].Refusal != nil || got[0].Again {
			t.Errorf("the application itself: got %+v, %v, want it recorded, its id unused", got, err)
		}
		if got := o.tell(o.deed("3"))[0]; got.Refusal != nil {
			t.Errorf("a key for all applications: got %+v", got.Refusal)
		}
	})
}

func TestMalformedDeedsAreNotRecorded(t *testing.T) {
	in(t, func(t *testing.T, o *office) {
		size := o.count("")
		for code, change := range map[string]func(d *deeds.Deed){
			"deeds.bad_id":      func(d *deeds.Deed) { d.ID = "a\nb" },
			"deeds.bad_action":  func(d *deeds.Deed) { d.Application = "standin" },
			"deeds.bad_item":    func(d *deeds.Deed) { d.Item = strings.Repeat("x", 300) },
			"deeds.bad_person":  func(d *deeds.Deed) { d.Actor = "" },
			"deeds.bad_outcome": func(d *deeds.Deed) { d.Outcome = "maybe" },
			"deeds.no_instant":  func(d *deeds.Deed) { d.At = time.Time{} },
			"deeds.bad_state":   func(d *deeds.Deed) { d.After = []byte(`"` + strings.Repeat("x", 8<<10) + `"`) },
			"deeds.too_deep":    func(d *deeds.Deed) { d.After = []byte(strings.Repeat("[", 17) + strings.Repeat("]", 17)) },
			"deeds.application": func(d *deeds.Deed) { d.Application = "none" },
		} {
			if r := o.tell(o.deed("1", change))[0]; r.Refusal == nil || r.Refusal.Code != code || r.Record != "" {
				t.Errorf("got %+v, want %s", r, code)
			}
		}
		if n := o.count(""); n != size {
			t.Errorf("the record grew by %d", n-size)
		}
		for _, caller := range []standin.Caller{housetest.As("acme", "hal"), {Organisation: "acme", Actor: "key:k", May: []string{"decide", "admin"}},
			standin.OperatorCaller("acme", "test")} {
			if _, err := o.Tell(t.Context(), caller, []deeds.Deed{o.deed("1")}); standin.KindOf(err) != standin.Denied {
				t.Errorf("%s: got %v, want a refusal", caller.Actor, err)
			}
		}
		if _, err := o.Tell(t.Context(), o.key, make([]deeds.Deed, deeds.Most+1)); standin.CodeOf(err) != "deeds.too_many" {
			t.Errorf("got %v", err)
		}
	})
}

func TestThreat78SecretsAreNotRecorded(t *testing.T) {
	in(t, func(t *testing.T, o *office) {
		r := o.tell(o.deed("1", func(d *deeds.Deed) {
			d.After = []byte(`{"name":"x","Password":"hunter2","nested":[{"api_key":"hunter2","access-token":{"v":"hunter2"}}],"amount":1.50}`)
		}))[0]
		got := o.record(r.Record)
		if strings.Contains(string(got.After), "hunter2") || !strings.Contains(string(got.After), `"name":"x"`) || !strings.Contains(string(got.After), `1.50`) {
			t.Errorf("got %s", got.After)
		}
	})
}

// TestIDsAreForgottenOnlyOnceTheyAreTooOld: what could still be told is known.
func TestIDsAreForgottenOnlyOnceTheyAreTooOld(t *testing.T) {
	in(t, func(t *testing.T, o *office) {
		d := o.deed("1")
		first := o.tell(d)[0]
		rows := func() (n int) {
			o.Update(func(ctx context.Context, tx *db.Tx) error {
				return tx.QueryRow(ctx, `SELECT count(*) FROM deeds WHERE id = $1`, "1").Scan(&n)
			})
			return n
		}
		o.Pass(89 * 24 * time.Hour)
		if again := o.tell(d)[0]; again.Record != first.Record || rows() != 1 {
			t.Errorf("got %+v", again)
		}
		o.Pass(2 * 24 * time.Hour)
		for i := range 2 {
			if r := o.tell(d)[0]; r.Refusal == nil || i == 0 && r.Refusal.Code != "deeds.too_old" {
				t.Errorf("got %+v", r)
			}
		}
	})
}

func FuzzDeed(f *testing.F) {
	f.Add("1", "desk", "expense", "approve", `{"password":"x"}`)
	f.Add("", "standin", "a/b", "*", `[[[`)
	f.Fuzz(func(t *testing.T, id, app, typ, action, state string) {
		d := deeds.Deed{ID: id, At: time.Unix(1, 0), Actor: "p", Application: standin.ApplicationID(app), Type: typ, Action: action,
			Outcome: ledger.Done, After: json.RawMessage(state)}
		if d.Check() == nil && (id == "" || app == "standin" || strings.ContainsAny(app+typ+action, "/*:.@ ") || !json.Valid([]byte(state))) {
			t.Errorf("accepted %q", fmt.Sprint(d))
		}
	})
}
