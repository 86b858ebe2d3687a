package impact_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

const (
	acme standin.OrganisationID = "acme"
	day                         = 24 * time.Hour
)

// house is an organisation whose clock moves when told: units sales, sales/emea and finance; ann, bob and cem of
// sales/emea, whose manager is max of sales; hr, who manages people of sales; boss, who may everything.
type house struct {
	*housetest.House
	*impact.Previews
}

func in(t *testing.T, test func(t *testing.T, h *house)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		rooms := housetest.Join(t, d, housetest.Standing(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)))
		h := &house{rooms, rooms.Previews}
		h.settle()
		test(t, h)
	})
}

func (h *house) settle() {
	h.T.Helper()
	h.Settings(acme)
	h.Units(acme, "sales", "sales/emea", "finance")
	h.Roles(acme, rights.Role{ID: "staff", Allow: []string{}},
		rights.Role{ID: "hr", Rank: 50, Allow: []string{"standin:delegation.manage@unit", "standin:person.manage@unit"}},
		rights.Role{ID: "auditor", Rank: 5, Allow: []string{"standin:audit.view@unit"}}, rights.Role{ID: "super", Rank: 90, Allow: []string{"standin:*.*@org"}})
	h.Person(acme, directory.Person{ID: "max", Name: "Max Mann", Unit: "sales"}, "staff")
	for id, name := range map[standin.PersonID]string{"ann": "Ann Müller", "bob": "Bob Ito", "cem": "Cem Öz"} {
		h.Person(acme, directory.Person{ID: id, Name: name, Unit: "sales/emea", Manager: "max"}, "staff")
	}
	h.Person(acme, directory.Person{ID: "hr", Name: "Hanna Resch", Unit: "sales"}, "hr")
	h.Person(acme, directory.Person{ID: "boss", Name: "Bea Boss"}, "super")
}

// act begins a session by the delegation.
func (h *house) act(d delegation.Delegation) acting.Session {
	h.T.Helper()
	s, _, err := h.Represent(h.LoggedIn(d.Actor, standin.LoginID("l-"+string(d.ID))), d.ID)
	if err != nil {
		h.T.Fatal(err)
	}
	return s
}

// live returns the live sessions of the whole organisation.
func (h *house) live() (ids []standin.SessionID) {
	h.T.Helper()
	h.View(func(ctx context.Context, tx *db.Tx) error {
		found, err := h.Acting.LiveIn(ctx, tx, acme, "", h.Now())
		ids = nil
		for _, e := range found {
			ids = append(ids, e.ID)
		}
		return err
	})
	return ids
}

// untouched runs the preview, fails where it wrote anything, and returns its counts by kind.
func (h *house) untouched(preview func() (impact.Outcome, error)) (counts map[impact.Kind]int, found impact.Outcome) {
	h.T.Helper()
	before := h.written()
	found, err := preview()
	if err != nil {
		h.T.Fatal(err)
	}
	if diff := cmp.Diff(h.written(), before); diff != "" {
		h.T.Errorf("the preview wrote (-after +before):\n%s", diff)
	}
	counts = map[impact.Kind]int{}
	for _, e := range found.Effects {
		counts[e.Kind] = e.Count
		if len(e.Some) == 0 || len(e.Some) > e.Count {
			h.T.Errorf("%s: got %d things of %d", e.Kind, len(e.Some), e.Count)
		}
	}
	return counts, found
}

// written is every row as records would hold it, and how many records there are.
func (h *house) written() map[string]string {
	h.T.Helper()
	all := map[string]string{}
	h.View(func(ctx context.Context, tx *db.Tx) error {
		clear(all)
		yield := func(resource string, state any) error {
			all[resource] = string(ledger.State(state))
			return nil
		}
		for _, explain := range []func(context.Context, *db.Tx, standin.OrganisationID, func(string, any) error) error{h.Directory.Explain, h.Delegations.Explain, h.Acting.Explain} {
			if err := explain(ctx, tx, acme, yield); err != nil {
				return err
			}
		}
		records, _, err := h.Ledger.Page(ctx, tx, ledger.Filter{Organisation: acme}, ledger.Cursor{}, 1)
		all["records"] = string(records[0].ID)
		return err
	})
	return all
}

func as(id standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: acme, Actor: standin.PersonActor(id), Principal: id}
}

func refused(t *testing.T, err error, kind standin.Kind, code string) {
	t.Helper()
	if standin.KindOf(err) != kind || standin.CodeOf(err) != code {
		t.Errorf("got %v (%s, %s), want %s, %s", err, standin.KindOf(err), standin.CodeOf(err), kind, code)
	}
}

func second[T any](_ T, err error) error { return err }

func TestDeactivatingIsShownBeforeItIsSaved(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.act(h.Appoint("max", "ann")) // max acts for ann
		h.act(h.Appoint("bob", "max")) // bob acts for max
		other := h.act(h.Appoint("cem", "ann"))
		counts, found := h.untouched(func() (impact.Outcome, error) { return h.Deactivate(t.Context(), as("hr"), "max") })
		want := map[impact.Kind]int{impact.EndsSession: 2, impact.StopsHeld: 1, impact.StopsGranted: 1, impact.LosesManager: 3, impact.HoldsRole: 1}
		if diff := cmp.Diff(counts, want); diff != "" || !found.Changed {
			t.Fatalf("changed %v (-got +want):\n%s", found.Changed, diff)
		}
		if s := found.Of(impact.StopsGranted).Some[0]; s.ActorName != "Bob Ito" || s.PrincipalName != "Max Mann" || s.Until.IsZero() {
			t.Errorf("got %+v, want bob for max, and until when", s)
		}
		if err := h.Directory.Deactivate(t.Context(), as("hr"), "max"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(h.live(), []standin.SessionID{other.ID}); diff != "" {
			t.Errorf("what really went on (-got +want):\n%s", diff)
		}
		if _, found := h.untouched(func() (impact.Outcome, error) { return h.Deactivate(t.Context(), as("hr"), "max") }); found.Changed {
			t.Error("got a change, want none: they are inactive already")
		}
		counts, _ = h.untouched(func() (impact.Outcome, error) { return h.Reactivate(t.Context(), as("hr"), "max") })
		if diff := cmp.Diff(counts, map[impact.Kind]int{impact.Resumes: 2}); diff != "" {
			t.Errorf("reactivating (-got +want):\n%s", diff)
		}
	})
}

func TestPreviewsRefuseWhatTheChangeIsRefused(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		ctx, acts := t.Context(), as("ann")
		acts.Principal, acts.Session, acts.Delegation = "boss", "s-1", "d-1"
		rita := standin.Caller{Organisation: "rival", Actor: standin.PersonActor("rita"), Principal: "rita"}
		h.Appoint("boss", "cem")
		before := h.written()
		for what, c := range map[string]struct {
			err  error
			kind standin.Kind
			code string
		}{
			"for a principal":     {second(h.Hold(ctx, as("boss"), "cem", "auditor", "")), standin.Denied, "directory.stands_in"},
			"a principal's role":  {second(h.PutRole(ctx, as("boss"), rights.Role{ID: "staff", Allow: []string{"standin:audit.view@unit"}}, 0)), standin.Denied, "directory.stands_in"},
			"last administrator":  {second(h.Deactivate(ctx, standin.OperatorCaller(acme, "test"), "boss")), standin.Denied, "directory.last_administrator"},
			"last one's role":     {second(h.Release(ctx, standin.OperatorCaller(acme, "test"), "boss", "super", "")), standin.Denied, "directory.last_administrator"},
			"nobody's business":   {second(h.Deactivate(ctx, as("ann"), "bob")), standin.Denied, "directory.not_entitled"},
			"out of scope":        {second(h.Deactivate(ctx, as("hr"), "boss")), standin.NotFound, "directory.person_unknown"},
			"acting":              {second(h.Deactivate(ctx, acts, "bob")), standin.Denied, "directory.not_while_acting"},
			"other organisation":  {second(h.Deactivate(ctx, rita, "bob")), standin.Denied, "directory.not_entitled"},
			"settings":            {second(h.PutOrganisation(ctx, as("hr"), directory.Organisation{Name: "x", Settings: directory.DefaultSettings()})), standin.Denied, "directory.not_entitled"},
			"unit under itself":   {second(h.MoveUnit(ctx, as("boss"), "sales", "sales/emea/sales")), standin.Invalid, "directory.unit_cycle"},
			"unit with people":    {second(h.EndUnit(ctx, as("boss"), "sales/emea", "")), standin.Conflict, "directory.unit_people"},
			"handing on, acting":  {second(h.HandOn(ctx, acts, delegation.Handing{Person: "bob"})), standin.Denied, "delegation.not_while_acting"},
			"handing on, unknown": {second(h.HandOn(ctx, as("ann"), delegation.Handing{Person: "bob"})), standin.NotFound, "delegation.person_unknown"},
			"role, stale":         {second(h.PutRole(ctx, as("boss"), rights.Role{ID: "staff"}, 7)), standin.Conflict, "directory.changed"},
		} {
			t.Run(what, func(t *testing.T) { refused(t, c.err, c.kind, c.code) })
		}
		if diff := cmp.Diff(h.written(), before); diff != "" {
			t.Errorf("a preview that was refused wrote (-after +before):\n%s", diff)
		}
	})
}

func TestRolesAreShownBeforeTheyAreSaved(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		s := h.act(h.Appoint("bob", "ann"))
		counts, found := h.untouched(func() (impact.Outcome, error) { return h.Hold(ctx, as("boss"), "ann", "auditor", "sales") })
		if diff := cmp.Diff(counts, map[impact.Kind]int{impact.Gains: 1, impact.AffectsSession: 1}); diff != "" {
			t.Errorf("giving (-got +want):\n%s", diff)
		}
		if g := found.Of(impact.Gains).Some[0]; g.Permission != "standin:audit.view@unit" || g.Unit != "sales" || g.Person != "ann" {
			t.Errorf("got %+v, want the permission at sales", g)
		}
		h.Must(h.Directory.Hold(ctx, as("boss"), "ann", "auditor", "sales"))
		counts, _ = h.untouched(func() (impact.Outcome, error) { return h.Hold(ctx, as("boss"), "ann", "auditor", "sales/emea") })
		if counts[impact.Gains] != 0 {
			t.Errorf("got %v, want nothing gained: sales holds sales/emea", counts)
		}
		counts, _ = h.untouched(func() (impact.Outcome, error) { return h.Release(ctx, as("boss"), "ann", "auditor", "sales") })
		if diff := cmp.Diff(counts, map[impact.Kind]int{impact.Loses: 1, impact.AffectsSession: 1}); diff != "" {
			t.Errorf("taking (-got +want):\n%s", diff)
		}
		auditor := rights.Role{ID: "auditor", Rank: 5, Allow: []string{"standin:audit.view"}}
		counts, found = h.untouched(func() (impact.Outcome, error) { return h.PutRole(ctx, as("boss"), auditor, 1) })
		if diff := cmp.Diff(counts, map[impact.Kind]int{impact.Gains: 1, impact.AffectsPerson: 1, impact.AffectsSession: 1, impact.AffectsCover: 1}); diff != "" {
			t.Errorf("widening (-got +want):\n%s", diff)
		}
		if e := found.Of(impact.AffectsSession).Some[0]; e.Session != s.ID {
			t.Errorf("got %+v, want bob's session for ann", e)
		}
		named := rights.Role{ID: "auditor", Name: "Prüfung", Rank: 5, Allow: []string{"standin:audit.view@unit"}}
		if counts, found = h.untouched(func() (impact.Outcome, error) { return h.PutRole(ctx, as("boss"), named, 1) }); len(counts) != 0 || !found.Changed {
			t.Errorf("another name: got %v, changed %v; want a change that affects nobody's rights", counts, found.Changed)
		}
		moved := h.person("ann")
		moved.Unit = "finance"
		h.Must(h.Directory.Hold(ctx, as("boss"), "ann", "auditor", ""))
		counts, _ = h.untouched(func() (impact.Outcome, error) { return h.PutPerson(ctx, as("boss"), moved) })
		if diff := cmp.Diff(counts, map[impact.Kind]int{impact.Gains: 1, impact.AffectsSession: 1}); diff != "" {
			t.Errorf("another unit, with sales kept by name (-got +want):\n%s", diff)
		}
	})
}

func (h *house) person(id standin.PersonID) (p directory.Person) {
	h.T.Helper()
	h.View(func(ctx context.Context, tx *db.Tx) (err error) {
		p, err = h.Directory.Person(ctx, tx, acme, id)
		return err
	})
	return p
}

func TestSettingsAreShownBeforeTheyAreSaved(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.act(h.Appoint("bob", "ann", func(n *delegation.Naming) { n.End = h.Now().Add(10 * day) }))
		h.Appoint("cem", "ann") // for 90 days
		h.Appoint("max", "ann", func(n *delegation.Naming) { n.Kind = delegation.Standby })
		s := directory.DefaultSettings()
		s.Delegation.Max, s.Acting.Max = 30*day, 8*time.Hour
		s.PrivacyNotice = directory.PrivacyNotice{Version: "2", Text: "We write down more."}
		put := func() (impact.Outcome, error) {
			return h.PutOrganisation(t.Context(), as("boss"), directory.Organisation{Name: "Acme", Settings: s})
		}
		counts, found := h.untouched(put)
		if diff := cmp.Diff(counts, map[impact.Kind]int{impact.ExceedsCap: 1, impact.ExceedsSession: 1, impact.AcceptsAgain: 6}); diff != "" {
			t.Errorf("(-got +want):\n%s", diff)
		}
		if e := found.Of(impact.ExceedsCap).Some[0]; e.ActorName != "Cem Öz" {
			t.Errorf("got %+v, want cem's", e)
		}
		h.Must(h.Directory.PutOrganisation(t.Context(), as("boss"), directory.Organisation{Name: "Acme", Settings: s}))
		if _, found := h.untouched(put); found.Changed || len(found.Effects) != 0 {
			t.Errorf("got %+v, want nothing once it is so", found)
		}
	})
}

func TestUnitsAreShownBeforeTheyMoveOrEnd(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		ctx, boss := t.Context(), as("boss")
		h.Must(h.Directory.Hold(ctx, boss, "max", "auditor", "sales/emea"))
		h.Appoint("bob", "ann", func(n *delegation.Naming) { n.Limits.Units = []standin.UnitID{"sales/emea"} })
		if _, changed, err := h.Directory.PutGroup(ctx, boss, directory.Group{Name: "Crew", Unit: "sales/emea"}); err != nil {
			t.Fatal(changed, err)
		}
		counts, found := h.untouched(func() (impact.Outcome, error) { return h.MoveUnit(ctx, boss, "sales", "vertrieb") })
		want := map[impact.Kind]int{impact.MovesUnit: 2, impact.MovesPerson: 5, impact.MovesRole: 1, impact.MovesGroup: 1, impact.MovesLimit: 1}
		if diff := cmp.Diff(counts, want); diff != "" {
			t.Errorf("moving (-got +want):\n%s", diff)
		}
		if m := found.Of(impact.MovesRole).Some[0]; m.Name != "Max Mann" || m.RoleName != "auditor" || m.Unit != "sales/emea" {
			t.Errorf("got %+v, want max's role at sales/emea", m)
		}
		h.Must(h.Directory.Hold(ctx, boss, "cem", "auditor", "finance"))
		_, found = h.untouched(func() (impact.Outcome, error) { return h.MoveUnit(ctx, boss, "sales/emea", "finance/emea") })
		if more, less := found.Of(impact.ReachesMore), found.Of(impact.ReachesLess); more.Count != 1 || more.Some[0].Name != "Cem Öz" || less.Count != 1 || less.Some[0].Name != "Hanna Resch" {
			t.Errorf("got %+v and %+v, want cem to reach what is moved, and hr no more", more, less)
		}
		counts, _ = h.untouched(func() (impact.Outcome, error) { return h.EndUnit(ctx, boss, "sales/emea", "finance") })
		want = map[impact.Kind]int{impact.MovesPerson: 3, impact.TakesRole: 1, impact.MovesGroup: 1, impact.NamesEndedUnit: 1}
		if diff := cmp.Diff(counts, want); diff != "" {
			t.Errorf("ending (-got +want):\n%s", diff)
		}
	})
}

func TestHandingOnIsShownBeforeItIsSaved(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		held, granted := h.Appoint("max", "ann"), h.Appoint("bob", "max")
		h.Appoint("cem", "max") // left to itself
		h.act(held)
		wish := delegation.Handing{Person: "max", End: []standin.DelegationID{granted.ID}, Pass: []delegation.Passing{{Delegation: held.ID, To: "cem"}},
			Reports: []delegation.Reporting{{Person: "ann", Manager: "hr"}, {Person: "bob"}}, Deactivate: true}
		counts, _ := h.untouched(func() (impact.Outcome, error) { return h.HandOn(t.Context(), as("hr"), wish) })
		want := map[impact.Kind]int{impact.EndsSession: 1, impact.EndsDelegation: 2, impact.NamesDelegation: 1, impact.ChangesManager: 2,
			impact.LosesManager: 1, impact.HoldsRole: 1, impact.StopsGranted: 1, impact.DeactivatePerson: 1}
		if diff := cmp.Diff(counts, want); diff != "" {
			t.Errorf("(-got +want):\n%s", diff)
		}
		if _, err := h.Delegations.HandOn(t.Context(), as("hr"), wish); err != nil {
			t.Fatal(err)
		}
		if got := h.live(); len(got) != 0 {
			t.Errorf("got live %v, want none", got)
		}
	})
}
