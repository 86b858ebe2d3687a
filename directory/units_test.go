package directory_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// move moves the unit without limits of delegations, of which there are none here.
func (w *town) move(caller standin.Caller, from, to standin.UnitID) (changed bool, err error) {
	err = w.db.Update(w.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, changed, err = w.MoveUnitIn(ctx, tx, caller, from, to)
		return err
	})
	return changed, err
}

// living are the units of acme that live.
func (w *town) living() (ids []standin.UnitID) {
	w.t.Helper()
	w.view(func(ctx context.Context, tx *db.Tx) error {
		units, err := w.Units(ctx, tx, acme)
		ids = nil
		for _, u := range units {
			ids = append(ids, u.ID)
		}
		return err
	})
	return ids
}

// may reports whether the person may manage people at the unit.
func (w *town) may(id standin.PersonID, unit standin.UnitID) bool {
	w.t.Helper()
	var err error
	w.view(func(ctx context.Context, tx *db.Tx) error {
		err = w.Require(ctx, tx, as(acme, id), "person", "manage", unit)
		return nil
	})
	return err == nil
}

func TestAUnitMovesWithEverythingInIt(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		w.group("Crew", "sales/emea", "ann")
		w.fine(w.Hold(t.Context(), operator(acme), "fin", "hr", "sales/emea"))
		w.fine(w.move(as(acme, "boss"), "sales", "vertrieb"))
		if diff := cmp.Diff(w.living(), []standin.UnitID{"finance", "vertrieb", "vertrieb/emea"}); diff != "" {
			t.Errorf("units (-got +want):\n%s", diff)
		}
		if p := w.person(acme, "ann"); p.Unit != "vertrieb/emea" || p.Version != 2 {
			t.Errorf("got %+v, want ann in vertrieb/emea, changed once", p)
		}
		for who, where := range map[standin.PersonID]standin.UnitID{"hr": "vertrieb", "fin": "vertrieb/emea"} {
			if !w.may(who, where) || w.may(who, "sales/emea") {
				t.Errorf("%s: got other powers, want them to have moved to %s", who, where)
			}
		}
		// The old path leads to the new one, and is nobody else's.
		_, _, err := w.PutPerson(t.Context(), operator(acme), directory.Person{ID: "new", Name: "New", Email: "new@acme.example", Unit: "sales/emea"})
		if p := w.person(acme, "new"); err != nil || p.Unit != "vertrieb/emea" {
			t.Errorf("got %q, %v; want where the unit is now", p.Unit, err)
		}
		_, err = w.PutUnit(t.Context(), as(acme, "boss"), "sales")
		refused(t, err, standin.Conflict, "directory.unit_used")
		if changed, err := w.PutUnit(t.Context(), operator(acme), "sales"); changed || err != nil {
			t.Errorf("a file that is applied again: got %v, %v; want it passed over", changed, err)
		}
		_, err = w.move(as(acme, "boss"), "finance", "sales")
		refused(t, err, standin.Conflict, "directory.unit_used")
		// But the same unit may come back.
		w.fine(w.move(as(acme, "boss"), "vertrieb", "sales"))
		if diff := cmp.Diff(w.living(), []standin.UnitID{"sales", "finance", "sales/emea"}); diff != "" {
			t.Errorf("units after coming back (-got +want):\n%s", diff)
		}
		w.fine(w.move(as(acme, "boss"), "sales", "vente"))
		w.fine(w.move(as(acme, "boss"), "vente", "vendita"))
		w.fine(w.move(as(acme, "boss"), "vendita", "sales")) // over more than one step, too
		if changed, err := w.move(as(acme, "boss"), "vertrieb", "sales"); changed || err != nil {
			t.Errorf("moving to where it is: got %v, %v; want no change", changed, err)
		}
		w.explained(acme)
	})
}

func TestAUnitUnderItself(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		boss, before := as(acme, "boss"), w.records(acme)
		for _, c := range []struct {
			from, to standin.UnitID
			kind     standin.Kind
			code     string
		}{
			{"sales", "sales/emea/sales", standin.Invalid, "directory.unit_cycle"},
			{"sales", "sales/sales", standin.Invalid, "directory.unit_cycle"},
			{"sales", "finance", standin.Conflict, "directory.unit_exists"},
			{"sales", "none/sales", standin.NotFound, "directory.unit_unknown"},
			{"none", "some", standin.NotFound, "directory.unit_unknown"},
			{"sales", "a b", standin.Invalid, "directory.unit_path"},
			{"sales", "", standin.Invalid, "directory.unit_path"},
			{"", "some", standin.Invalid, "directory.unit_path"},
			{"sales", standin.UnitID("x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x"), standin.Invalid, "directory.unit_path"},
		} {
			_, err := w.move(boss, c.from, c.to)
			if standin.KindOf(err) != c.kind || standin.CodeOf(err) != c.code {
				t.Errorf("%q to %q: got %v, want %s", c.from, c.to, err, c.code)
			}
		}
		_, err := w.move(as(rival, "rita"), "finance", "money")
		refused(t, err, standin.NotFound, "directory.unit_unknown")
		_, err = w.move(as(acme, "hr"), "sales/emea", "sales/europe")
		refused(t, err, standin.Denied, "directory.not_entitled")
		_, err = w.move(acting(acme, "ann", "boss"), "sales", "vertrieb")
		refused(t, err, standin.Denied, "directory.not_while_acting")
		if got := w.records(acme); got != before {
			t.Errorf("got %d records, want %d: nothing was done", got, before)
		}
		w.explained(acme)
	})
}

// TestAnOldPathOpensNothing: who may shape the place where a unit was, may not shape it where it is.
func TestAnOldPathOpensNothing(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		w.fine(w.PutRole(t.Context(), operator(acme), rights.Role{ID: "shaper", Rank: 10, Allow: []string{"standin:settings.manage@unit"}}, 0))
		w.fine(w.Hold(t.Context(), operator(acme), "hr", "shaper", "sales"))
		w.fine(w.move(as(acme, "hr"), "sales/emea", "sales/europe"))
		w.fine(w.move(as(acme, "boss"), "sales/europe", "finance/europe"))
		_, err := w.move(as(acme, "hr"), "sales/emea", "sales/mine")
		refused(t, err, standin.Denied, "directory.not_entitled")
		w.explained(acme)
	})
}

func TestThreat16AMoveThatWidensTheMover(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		w.fine(w.PutRole(t.Context(), operator(acme), rights.Role{ID: "keeper", Rank: 10, Allow: []string{"standin:settings.manage@org"}}, 0))
		w.fine(w.Hold(t.Context(), operator(acme), "hr", "keeper", ""))
		_, err := w.move(as(acme, "hr"), "finance", "sales/finance") // where hr manages people
		refused(t, err, standin.Denied, "directory.own_gain")
		w.fine(w.move(as(acme, "hr"), "sales", "vertrieb")) // which gives nobody more
		w.fine(w.move(as(acme, "boss"), "finance", "vertrieb/finance"))
		if !w.may("hr", "vertrieb/finance") {
			t.Error("hr cannot manage people of vertrieb/finance, want what the boss's move gave them")
		}
		w.explained(acme)
	})
}

func TestAUnitEndsWithPeopleInside(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx, boss := t.Context(), as(acme, "boss")
		g := w.group("Crew", "sales/emea", "ann")
		w.fine(w.Hold(ctx, operator(acme), "fin", "hr", "sales/emea"))
		for _, c := range []struct {
			caller     standin.Caller
			unit, heir standin.UnitID
			kind       standin.Kind
			code       string
		}{
			{boss, "sales", "finance", standin.Conflict, "directory.unit_below"},
			{boss, "sales/emea", "", standin.Conflict, "directory.unit_people"},
			{boss, "sales/emea", "sales/emea", standin.Invalid, "directory.unit_own_heir"},
			{boss, "sales/emea", "none", standin.NotFound, "directory.unit_unknown"},
			{boss, "none", "", standin.NotFound, "directory.unit_unknown"},
			{as(acme, "hr"), "sales/emea", "sales", standin.Denied, "directory.not_entitled"},
			{acting(acme, "ann", "boss"), "sales/emea", "sales", standin.Denied, "directory.not_while_acting"},
			{as(rival, "rita"), "finance", "sales", standin.NotFound, "directory.unit_unknown"},
		} {
			_, err := w.EndUnit(ctx, c.caller, c.unit, c.heir)
			if standin.KindOf(err) != c.kind || standin.CodeOf(err) != c.code {
				t.Errorf("%s ends %q into %q: got %v, want %s", c.caller.Actor, c.unit, c.heir, err, c.code)
			}
		}
		w.fine(w.EndUnit(ctx, boss, "sales/emea", "finance"))
		if p := w.person(acme, "ann"); p.Unit != "finance" {
			t.Errorf("got %q, want ann in finance", p.Unit)
		}
		if w.may("fin", "sales/emea") || w.may("fin", "finance") {
			t.Error("fin manages people by a role at a unit that ended, want it taken")
		}
		if v, err := w.Group(ctx, boss, g.ID); err != nil || v.Unit != "finance" {
			t.Errorf("got %q, %v; want the group at finance", v.Unit, err)
		}
		if changed, err := w.EndUnit(ctx, boss, "sales/emea", ""); changed || err != nil {
			t.Errorf("ending twice: got %v, %v; want no change", changed, err)
		}
		// Nothing goes there any more; a file that is applied again revives nothing.
		_, err := w.Hold(ctx, boss, "fin", "hr", "sales/emea")
		refused(t, err, standin.Conflict, "directory.unit_ended")
		if changed, err := w.Hold(ctx, operator(acme), "fin", "hr", "sales/emea"); changed || err != nil {
			t.Errorf("a file's role: got %v, %v; want it passed over", changed, err)
		}
		ann := w.person(acme, "ann")
		ann.Unit = "sales/emea"
		_, _, err = w.PutPerson(ctx, boss, ann)
		refused(t, err, standin.Conflict, "directory.unit_ended")
		if put, changed, err := w.PutPerson(ctx, operator(acme), ann); changed || err != nil || put.Unit != "finance" {
			t.Errorf("a file's unit: got %q, %v, %v; want ann to stay in finance", put.Unit, changed, err)
		}
		_, err = w.PutUnit(ctx, boss, "sales/emea")
		refused(t, err, standin.Conflict, "directory.unit_used")
		_, err = w.PutUnit(ctx, boss, "sales/emea/east")
		refused(t, err, standin.Conflict, "directory.unit_ended")
		_, err = w.move(boss, "finance", "sales/emea")
		refused(t, err, standin.Conflict, "directory.unit_used")
		w.explained(acme)
	})
}

func TestEndingAUnitLeavesAnAdministrator(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		w.fine(w.PutUnit(ctx, operator(acme), "board"))
		w.fine(w.Hold(ctx, operator(acme), "boss", "super", "board"))
		w.fine(w.Release(ctx, operator(acme), "boss", "super", ""))
		_, err := w.EndUnit(ctx, operator(acme), "board", "")
		refused(t, err, standin.Denied, "directory.last_administrator")
		w.fine(w.PutRole(ctx, operator(acme), rights.Role{ID: "keeper", Rank: 10, Allow: []string{"standin:settings.manage"}}, 0))
		w.fine(w.Hold(ctx, operator(acme), "hr", "keeper", ""))
		w.fine(w.Hold(ctx, operator(acme), "fin", "super", ""))
		_, err = w.EndUnit(ctx, as(acme, "hr"), "board", "") // which would take a role that is above theirs
		refused(t, err, standin.Denied, "directory.more_than_own")
		w.fine(w.EndUnit(ctx, as(acme, "fin"), "board", ""))
		w.explained(acme)
	})
}

func TestARoleIsRenamedWhileHeld(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx, hr := t.Context(), rights.Role{ID: "hr", Name: "Personal\u00adwesen", Rank: 50, Allow: []string{"standin:person.manage@unit"}}
		_, err := w.PutRole(ctx, as(acme, "boss"), hr, 1)
		refused(t, err, standin.Invalid, "directory.name_characters")
		hr.Name = "Personalwesen"
		w.fine(w.PutRole(ctx, as(acme, "boss"), hr, 1))
		hr.Name = "People"
		_, err = w.PutRole(ctx, operator(acme), hr, 1)
		refused(t, err, standin.Conflict, "directory.changed")
		if hr.Name = ""; !w.may("hr", "sales/emea") {
			t.Error("hr lost their powers when their role got another name")
		}
		if changed, err := w.PutRole(ctx, operator(acme), hr, 0); changed || err != nil {
			t.Errorf("no name: got %v, %v; want the name to stay", changed, err)
		}
		detail, err := w.PersonDetail(ctx, as(acme, "boss"), "hr")
		if err != nil || detail.Holdings[0].Role.Label() != "Personalwesen" || detail.Holdings[0].Role.ID != "hr" {
			t.Errorf("got %+v, %v; want the role under its new name", detail.Holdings, err)
		}
		w.explained(acme)
	})
}

func TestTwoAdministratorsEditOnePerson(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx, seen := t.Context(), w.person(acme, "ann")
		first, other := seen, seen
		first.Name, other.TimeZone = "Ann Maier", "Europe/Berlin"
		if _, changed, err := w.PutPerson(ctx, as(acme, "hr"), first); err != nil || !changed {
			t.Fatal(changed, err)
		}
		_, _, err := w.PutPerson(ctx, as(acme, "boss"), other)
		refused(t, err, standin.Conflict, "directory.changed")
		now := w.person(acme, "ann")
		if now.Name != "Ann Maier" || now.TimeZone != seen.TimeZone || now.Version != seen.Version+1 {
			t.Errorf("got %+v, want the first one's change alone", now)
		}
		now.TimeZone = other.TimeZone // what the second typed, over what they see now
		if put, changed, err := w.PutPerson(ctx, as(acme, "boss"), now); err != nil || !changed || put.Name != "Ann Maier" {
			t.Errorf("got %+v, %v, %v; want both changes", put, changed, err)
		}
		w.explained(acme)
	})
}
