package ledger

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
)

// TestManyPeopleAreFoundEitherWay: looking up each person finds the pages that reading through the record finds, under
// every filter.
func TestManyPeopleAreFoundEitherWay(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l := New(d, ticking())
		var all []Record
		for i := range 300 {
			r := sample("acme", i)
			r.Actor, r.Principal = standin.PersonActor(standin.PersonID(fmt.Sprintf("p-%d", i*7%60))), standin.PersonID(fmt.Sprintf("p-%d", i*11%60))
			r.Action, r.Session = []string{"session.start", "session.end", "sessions.list"}[i%3], ""
			if i%5 == 0 {
				r.Principal, r.Outcome = "", Refused
			}
			if i%9 == 0 {
				r.At = noon // several of one instant
			}
			all = append(all, r)
		}
		add(t, l, all...)
		var people []standin.PersonID
		for i := range 40 {
			people = append(people, standin.PersonID(fmt.Sprintf("p-%d", i)))
		}
		people = append(people, people[3], "", "p-nobody")
		for name, f := range map[string]Filter{
			"all": {}, "actor": {Actor: "person:p-7"}, "another actor": {Actor: "person:p-50"}, "principal": {Principal: "p-11"},
			"action": {Action: "session.end"}, "actions": {Action: "session."}, "refused": {Outcome: Refused}, "on behalf": {OnBehalf: true},
			"until": {Until: noon.Add(100e9)}, "all of it": {Actor: "person:p-7", Action: "session.", OnBehalf: true, Outcome: Done},
		} {
			f.Organisation = "acme"
			for _, limit := range []int{1, 6} {
				var after Cursor
				for page := 0; ; page++ {
					keys := view(t, d, func(ctx context.Context, tx *db.Tx) ([2][]key, error) {
						read, err := f.keysAmong(ctx, tx, people, after, limit)
						if err != nil {
							return [2][]key{}, err
						}
						looked, err := f.keysOfMany(ctx, tx, people, after, limit)
						return [2][]key{looked.keys, read.keys}, err
					})
					if diff := cmp.Diff(keys[0], keys[1], cmp.AllowUnexported(key{})); diff != "" {
						t.Fatalf("%s, page %d of %d: looked up -, read through +:\n%s", name, page, limit, diff)
					}
					if len(keys[1]) < limit || page > 30 {
						break
					}
					after = keys[1][limit-1].Cursor
				}
			}
		}
	})
}

// TestLeadIsTheRarest: of several conditions the one that the fewest records meet is looked up.
func TestLeadIsTheRarest(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		l := New(d, ticking())
		var all []Record
		for i := range 60 {
			r := sample("acme", i)
			r.Actor, r.Principal, r.Session, r.Delegation, r.Resource = "person:p-1", "", "", "", "unit:u-1"
			r.Action = "unit.change"
			switch {
			case i < 3:
				r.Action = "session.start"
			case i < 8:
				r.Principal = "p-2"
			}
			all = append(all, r)
		}
		add(t, l, all...)
		for name, c := range map[string]struct {
			filter Filter
			by     lead
			count  int
		}{
			"nothing":              {Filter{}, byTime, plenty},
			"one":                  {Filter{Resource: "unit:u-1"}, "resource", plenty}, // needs no counting
			"an action and a unit": {Filter{Resource: "unit:u-1", Action: "session.start"}, byAction, 3},
			"a person and a unit":  {Filter{Resource: "unit:u-1", Principal: "p-2", Outcome: Done}, "principal", 5},
			"for another":          {Filter{Actor: "person:p-1", OnBehalf: true}, "actor", 60},
			"actions":              {Filter{Action: "session."}, byAction, 3},
			"a person and actions": {Filter{Actor: "person:p-1", Action: "session."}, "actor", 60},
		} {
			c.filter.Organisation = "acme"
			var count int
			by := view(t, d, func(ctx context.Context, tx *db.Tx) (by lead, err error) {
				by, _, count, err = c.filter.leads(ctx, tx, Cursor{})
				return by, err
			})
			if by != c.by || count != c.count {
				t.Errorf("%s: got lead %q with %d, want %q with %d", name, by, count, c.by, c.count)
			}
		}
	})
}
