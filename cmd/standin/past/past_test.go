package past_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/cmd/standin/past"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/world"
)

// TestThePastHappens plays it as of every day of a week, at all hours, for scenes are dated by working days, and looks at
// what the people of the demonstration find.
func TestThePastHappens(t *testing.T) {
	for _, now := range []string{"2026-11-23T07:30:00Z", "2026-11-24T00:10:00Z", "2026-11-25T12:00:00Z", "2026-12-31T23:59:30Z",
		"2027-01-01T17:00:00Z", "2026-11-21T21:00:00Z", "2027-03-28T00:30:00Z"} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(now, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, d *db.DB) { look(t, d, at, "Europe/Berlin") })
		})
	}
	for _, zone := range []string{"America/Los_Angeles", "Pacific/Kiritimati", "America/St_Johns"} {
		t.Run(zone, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, d *db.DB) { look(t, d, time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC), zone) })
		})
	}
}

func look(t *testing.T, d *db.DB, now time.Time, zone string) {
	ctx := t.Context()
	if err := past.Play(ctx, d, file(t, now, zone), now); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return now }
	l := ledger.New(d, clock)
	dir := directory.New(d, l, clock)
	del := delegation.New(d, l, dir, clock)
	act := acting.New(d, l, dir, del, clock)

	choices, err := act.Choices(ctx, as("larkfield", "jonas"))
	if err != nil {
		t.Fatal(err)
	}
	first := choices[0]
	for _, c := range choices {
		if c.Principal == "clara" {
			first = c
		}
	}
	if first.Principal != "clara" || first.Refusal != nil || first.LastUsed.IsZero() || len(choices) < 3 {
		t.Errorf("Jonas chooses among %+v", choices)
	}
	seen := map[delegation.State]bool{}
	for _, org := range []standin.OrganisationID{"larkfield", "hafenkontor"} {
		err := d.View(ctx, func(ctx context.Context, tx *db.Tx) error {
			all, err := del.Every(ctx, tx, org)
			for _, one := range all {
				seen[one.StateAt(now)] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, state := range []delegation.State{delegation.Upcoming, delegation.Active, delegation.Dormant, delegation.Waiting, delegation.Declined,
		delegation.Inactive, delegation.Expired, delegation.Revoked, delegation.LaidDown} {
		if !seen[state] {
			t.Errorf("no delegation is %s", state)
		}
	}
	episodes, err := act.InNameOf(ctx, as("larkfield", "clara"), "clara", 10)
	if err != nil || len(episodes) != 2 || episodes[0].Actor != "jonas" || episodes[0].EndedHow != acting.Stopped {
		t.Errorf("in Clara's name: %v %+v", err, episodes)
	}
	if episodes, err = act.InNameOf(ctx, as("larkfield", "priya"), "priya", 10); err != nil || len(episodes) != 1 || !episodes[0].EndedAt.IsZero() {
		t.Errorf("in Priya's name: %v %+v", err, episodes)
	}
	nothingIsLater(t, d, l, now)
	if err := past.Play(ctx, d, file(t, now, zone), now); standin.CodeOf(err) != "past.begun" {
		t.Errorf("a second time: %v", err)
	}
}

// nothingIsLater shows that the record holds the past alone, and names both where somebody acted.
func nothingIsLater(t *testing.T, d *db.DB, l *ledger.Ledger, now time.Time) {
	t.Helper()
	err := d.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		records, _, err := l.Page(ctx, tx, ledger.Filter{Organisation: "larkfield"}, ledger.Cursor{}, 1000)
		acted := 0
		for _, r := range records {
			if !r.At.Before(now) {
				t.Errorf("%s %s at %s", r.Action, r.Resource, r.At)
			}
			if r.Action == "acting.start" && r.Actor.Person() != "" && r.Principal != "" {
				acted++
			}
		}
		if acted < 12 {
			t.Errorf("%d times somebody acted", acted)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// file is the company with those who are in Berlin moved to the zone, as the command does it.
func file(t *testing.T, now time.Time, zone string) *world.File {
	t.Helper()
	text, err := os.ReadFile("../demo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte("time_zone: Europe/Berlin"), []byte("time_zone: "+zone))
	f, err := world.LoadTrial("demo.yaml", bytes.NewReader(text), now)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func as(org standin.OrganisationID, id standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: org, Actor: standin.PersonActor(id), Principal: id}
}
