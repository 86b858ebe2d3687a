package directory_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
)

// TestNobodyIsPutIntoAUnitThatEnds: whatever comes first, nobody active belongs to a unit that ended, and no role is held
// at one.
func TestNobodyIsPutIntoAUnitThatEnds(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx, boss := t.Context(), as(acme, "boss")
		ended, placed := 0, 0
		for round := range 4 {
			unit, id := standin.UnitID(fmt.Sprintf("u%d", round)), standin.PersonID(fmt.Sprintf("p%d", round))
			w.fine(w.PutUnit(ctx, boss, unit))
			w.settlePerson(acme, id, "P "+string(id), "", "staff")
			p := w.person(acme, id)
			p.Unit = unit
			_, errs := together(
				func() error { return second(w.EndUnit(ctx, boss, unit, "")) },
				func() error { return second2(w.PutPerson(ctx, boss, p)) },
				func() error { return second(w.Hold(ctx, boss, id, "auditor", unit)) },
				func() error { return second2(w.PutGroup(ctx, boss, directory.Group{Name: string(unit), Unit: unit})) },
			)
			for _, err := range errs {
				if kind := standin.KindOf(err); err != nil && kind != standin.Conflict {
					t.Errorf("got %v, want what loses to be a conflict", err)
				}
			}
			if errs[0] == nil {
				ended++
			}
			if errs[1] == nil {
				placed++
			}
		}
		if ended+placed != 4 {
			t.Errorf("%d units ended and %d people were placed, want one of them in each of 4 rounds", ended, placed)
		}
		w.view(func(ctx context.Context, tx *db.Tx) error {
			var lost int
			err := tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM people p JOIN units u ON u.organisation = p.organisation AND u.id = p.unit WHERE u.ended_at IS NOT NULL)
				+ (SELECT count(*) FROM holdings h JOIN units u ON u.organisation = h.organisation AND u.id = h.unit WHERE u.ended_at IS NOT NULL)
				+ (SELECT count(*) FROM named_groups g JOIN units u ON u.organisation = g.organisation AND u.id = g.unit WHERE u.ended_at IS NOT NULL)`).Scan(&lost)
			if lost != 0 {
				t.Errorf("got %d people, roles and groups at units that ended, want none", lost)
			}
			return err
		})
		w.explained(acme)
	})
}

// TestUnitsMovedAtOnce: of moves that contradict each other some lose, and no unit is below itself.
func TestUnitsMovedAtOnce(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		boss := as(acme, "boss")
		for round := range 2 {
			a, b := standin.UnitID(fmt.Sprintf("a%d", round)), standin.UnitID(fmt.Sprintf("b%d", round))
			w.fine(w.PutUnit(t.Context(), boss, a))
			w.fine(w.PutUnit(t.Context(), boss, b))
			fine, errs := together(
				func() error { return second(w.move(boss, a, b+"/x")) },
				func() error { return second(w.move(boss, b, a+"/x")) },
			)
			if fine != 1 {
				t.Errorf("got %d moves (%v), want one: the other would put a unit below itself", fine, errs)
			}
		}
		seen := map[standin.UnitID]bool{}
		for _, u := range w.living() {
			if above := parentOf(u); seen[u] || above != "" && !seen[above] {
				t.Errorf("%s is there twice, or without its parent", u)
			}
			seen[u] = true
		}
		w.explained(acme)
	})
}

func parentOf(u standin.UnitID) standin.UnitID {
	for i := len(u) - 1; i > 0; i-- {
		if u[i] == '/' {
			return u[:i]
		}
	}
	return ""
}

// TestGroupsFilledAtOnce: a person is added once, and two groups of one name do not come to be.
func TestGroupsFilledAtOnce(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		g, before := w.group("Crew", ""), w.records(acme)
		add := func() error { return second(w.AddMember(t.Context(), operator(acme), g.ID, "ann")) }
		if fine, errs := together(add, add, add); fine != 3 {
			t.Errorf("got %v, want adding somebody who is in it to change nothing", errs)
		}
		if got := w.records(acme); got != before+1 {
			t.Errorf("got %d records, want one", got-before)
		}
		found := func() error { return second2(w.PutGroup(t.Context(), operator(acme), directory.Group{Name: "Fair"})) }
		if fine, errs := together(found, found, found); fine != 1 {
			t.Errorf("got %d groups of one name (%v), want one", fine, errs)
		}
		w.explained(acme)
	})
}
