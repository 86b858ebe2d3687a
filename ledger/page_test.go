package ledger

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// pages reads all pages of a filter and returns the records' resources.
func pages(t *testing.T, l *Ledger, f Filter, limit int) []string {
	t.Helper()
	var all []string
	var after Cursor
	for {
		var next Cursor
		records := view(t, l.db, func(ctx context.Context, tx *db.Tx) (rs []Record, err error) {
			rs, next, err = l.Page(ctx, tx, f, after, limit)
			return rs, err
		})
		if len(records) > limit {
			t.Fatalf("got %d records, want at most %d", len(records), limit)
		}
		for _, r := range records {
			all = append(all, r.Resource)
		}
		if next == (Cursor{}) {
			return all
		}
		after = next
	}
}

func TestPage(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l := New(d, ticking())
		key := newKey(t)
		var all []Record
		for i := range 90 {
			r := sample("acme", i)
			r.Session, r.Action = standin.SessionID(fmt.Sprintf("s-%d", i%4)), []string{"session.start", "session.end", "sessions.list"}[i%3]
			if i%10 == 0 {
				r.Outcome = Refused
			}
			if i%8 == 0 {
				r.Principal = ""
			}
			if i%9 == 0 {
				r.At = noon // several of one instant
			}
			all = append(all, r)
		}
		add(t, l, all[:50]...)
		flush(t, l, key)
		add(t, l, all[50:]...) // these wait
		add(t, l, samples("other", 0, 5)...)

		everyone := make([]standin.PersonID, 100)
		for i := range everyone {
			everyone[i] = standin.PersonID(fmt.Sprintf("p-%d", i+3)) // not p-0 to p-2
		}
		for name, c := range map[string]struct {
			filter Filter
			want   func(Record) bool
		}{
			"all":        {Filter{}, func(Record) bool { return true }},
			"person":     {Filter{Person: "p-3"}, func(r Record) bool { return r.Actor == "person:p-3" || r.Principal == "p-3" }},
			"actor":      {Filter{Actor: "person:p-3"}, func(r Record) bool { return r.Actor == "person:p-3" }},
			"principal":  {Filter{Principal: "p-3"}, func(r Record) bool { return r.Principal == "p-3" }},
			"session":    {Filter{Session: "s-2"}, func(r Record) bool { return r.Session == "s-2" }},
			"delegation": {Filter{Delegation: "d-7"}, func(r Record) bool { return r.Delegation == "d-7" }},
			"action":     {Filter{Action: "session.end"}, func(r Record) bool { return r.Action == "session.end" }},
			"actions":    {Filter{Action: "session."}, func(r Record) bool { return r.Action != "sessions.list" }},
			"resource":   {Filter{Resource: "delegation:d-9"}, func(r Record) bool { return r.Resource == "delegation:d-9" }},
			"on behalf":  {Filter{OnBehalf: true}, func(r Record) bool { return r.Principal != "" }},
			"outcome":    {Filter{Outcome: Refused}, func(r Record) bool { return r.Outcome == Refused }},
			"window": {Filter{From: noon.Add(10 * time.Second), Until: noon.Add(20 * time.Second)}, func(r Record) bool {
				return !r.At.Before(noon.Add(10*time.Second)) && r.At.Before(noon.Add(20*time.Second))
			}},
			"nobody":  {Filter{Among: []standin.PersonID{}}, func(Record) bool { return false }},
			"few":     {Filter{Among: everyone[:2]}, func(r Record) bool { return among(r, everyone[:2]) }},
			"many":    {Filter{Among: everyone}, func(r Record) bool { return among(r, everyone) }},
			"both":    {Filter{Among: everyone, Person: "p-4"}, func(r Record) bool { return among(r, []standin.PersonID{"p-4"}) }},
			"neither": {Filter{Among: everyone, Person: "p-1"}, func(Record) bool { return false }},
		} {
			c.filter.Organisation = "acme"
			var want []string
			sorted := slices.Clone(all)
			slices.SortStableFunc(sorted, func(a, b Record) int { return a.At.Compare(b.At) })
			slices.Reverse(sorted)
			for _, r := range sorted {
				if r.Outcome == "" {
					r.Outcome = Done
				}
				if c.want(r) {
					want = append(want, r.Resource)
				}
			}
			if diff := cmp.Diff(pages(t, l, c.filter, 7), want); diff != "" {
				t.Errorf("%s: got -, want +:\n%s", name, diff)
			}
		}
	})
}

// TestPagesGoOnWhereFewMeetAllConditions: pages that look at few records find in the end what one finds that looks at all,
// each once and in order; and where two conditions are never met together, no page looks at more than it should.
func TestPagesGoOnWhereFewMeetAllConditions(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l := New(d, ticking())
		var all []Record
		for i := range 300 {
			r := sample("acme", i)
			r.Actor, r.Session, r.Delegation = standin.PersonActor(standin.PersonID(fmt.Sprintf("p-%d", i*7%60))), "", ""
			r.Action = []string{"session.start", "session.end", "sessions.list"}[i%3]
			if i%3 != 0 {
				r.Session = "s-1"
			}
			if i%3 != 0 && i%4 == 0 {
				r.Outcome = Refused
			}
			if i%5 == 0 {
				r.Principal = ""
			}
			if i%9 == 0 {
				r.At = noon // several of one instant
			}
			all = append(all, r)
		}
		add(t, l, all...)
		many := make([]standin.PersonID, 40)
		for i := range many {
			many[i] = standin.PersonID(fmt.Sprintf("p-%d", i))
		}
		for name, f := range map[string]Filter{
			"never together": {Action: "session.start", Outcome: Refused}, "neither these": {Action: "session.start", Session: "s-1"}, "sometimes": {Action: "session.end", Outcome: Refused},
			"actions": {Action: "session.", Outcome: Refused}, "on behalf": {Action: "session.", OnBehalf: true},
			"few": {Among: many[:3], Outcome: Refused}, "many": {Among: many, Action: "session.", Outcome: Refused},
			"a person": {Person: "p-7", Action: "session.start", OnBehalf: true},
		} {
			f.Organisation = "acme"
			want := pages(t, l, f, 7)
			for _, f.lookAt = range []int{1, 4, 25, 1000} {
				if diff := cmp.Diff(pages(t, l, f, 7), want); diff != "" {
					t.Errorf("%s, looking at %d: got -, want +:\n%s", name, f.lookAt, diff)
				}
			}
		}
		never := Filter{Organisation: "acme", Action: "session.start", Session: "s-1", lookAt: 10}
		var after Cursor
		for n := range 100 {
			var records []Record
			next := view(t, d, func(ctx context.Context, tx *db.Tx) (next Cursor, err error) {
				records, next, err = l.Page(ctx, tx, never, after, 7)
				return next, err
			})
			if len(records) > 0 {
				t.Fatalf("got %d records that meet what is never met", len(records))
			}
			if next == (Cursor{}) {
				if n < 5 {
					t.Errorf("got %d pages, want each to look at 10 records of at least 50", n+1)
				}
				return
			}
			after = next
		}
		t.Error("got no last page")
	})
}

func among(r Record, people []standin.PersonID) bool {
	return slices.Contains(people, r.Actor.Person()) || slices.Contains(people, r.Principal)
}

func TestByIDReadsWhatWasAppended(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l := New(d, ticking())
		want := sample("acme", 1)
		want.ID = add(t, l, want)[0]
		want.Outcome = Done
		for _, place := range []int64{-1, 0} {
			want.Sequence, want.Position = place, place
			got := view(t, d, func(ctx context.Context, tx *db.Tx) (Record, error) { return l.ByID(ctx, tx, "acme", want.ID) })
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("got -, want +:\n%s", diff)
			}
			flush(t, l, newKey(t))
		}
		err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := l.ByID(ctx, tx, "other", want.ID)
			return err
		})
		if got, want := standin.KindOf(err), standin.NotFound; got != want {
			t.Errorf("another organisation's record: got %v, want %v", got, want)
		}
	})
}
