package directory_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

func TestRequire(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		key := standin.Caller{Organisation: acme, Actor: standin.KeyActor("k"), May: []string{"admin"}}
		decider := standin.Caller{Organisation: acme, Actor: standin.KeyActor("k"), May: []string{"decide"}}
		gone := as(acme, "gone")
		w.settlePerson(acme, "gone", "Gone Girl", "", "super")
		if err := w.Deactivate(t.Context(), operator(acme), "gone"); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			caller      standin.Caller
			typ, action string
			unit        standin.UnitID
			code        string
			readable    bool
		}{
			{operator(acme), "person", "manage", "", "", true},
			{key, "person", "manage", "", "", true},
			{decider, "person", "manage", "sales", "directory.not_entitled", false},
			{as(acme, "boss"), "guardrail", "edit", "", "", true},
			{as(acme, "hr"), "person", "manage", "sales/emea", "", true},
			{as(acme, "hr"), "person", "manage", "finance", "directory.not_entitled", false},
			{as(acme, "hr"), "person", "manage", "", "directory.not_entitled", false},
			{as(acme, "ann"), "person", "manage", "sales", "directory.not_entitled", false},
			{as(acme, "rita"), "person", "manage", "sales", "directory.not_entitled", false},
			{gone, "person", "manage", "sales", "directory.not_entitled", false},
			{standin.Caller{Organisation: acme, Actor: standin.SystemActor("x")}, "person", "manage", "sales", "directory.not_entitled", false},
			// One who is acting changes nothing, and reads by the principal's roles alone.
			{acting(acme, "boss", "ann"), "person", "manage", "sales", "directory.not_while_acting", false},
			{acting(acme, "ann", "hr"), "person", "manage", "sales/emea", "directory.not_while_acting", true},
			{acting(acme, "ann", "hr"), "person", "manage", "finance", "directory.not_while_acting", false},
			{acting(acme, "ann", "boss"), "audit", "view", "", "directory.not_while_acting", true},
			{acting(acme, "ann", "boss"), "settings", "manage", "", "directory.not_while_acting", false},
			{acting(acme, "ann", "gone"), "person", "manage", "sales", "directory.not_while_acting", false},
		} {
			w.view(func(ctx context.Context, tx *db.Tx) error {
				what := fmt.Sprintf("%s for %s: %s.%s at %q", c.caller.Actor, c.caller.Principal, c.typ, c.action, c.unit)
				if got := standin.CodeOf(w.Require(ctx, tx, c.caller, c.typ, c.action, c.unit)); got != c.code {
					t.Errorf("%s: got %q, want %q", what, got, c.code)
				}
				if err := w.MayRead(ctx, tx, c.caller, c.typ, c.action, c.unit); (err == nil) != c.readable {
					t.Errorf("%s: got %v, want readable %v", what, err, c.readable)
				}
				return nil
			})
		}
	})
}

func TestScopesOf(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		for _, c := range []struct {
			caller standin.Caller
			all    bool
			units  []standin.UnitID
		}{
			{operator(acme), true, nil},
			{as(acme, "boss"), true, nil},
			{as(acme, "hr"), false, []standin.UnitID{"sales"}},
			{as(acme, "ann"), false, nil},
			{acting(acme, "boss", "ann"), false, nil},
			{acting(acme, "ann", "hr"), false, []standin.UnitID{"sales"}},
		} {
			w.view(func(ctx context.Context, tx *db.Tx) error {
				all, units, err := w.ScopesOf(ctx, tx, c.caller, "person", "manage")
				if diff := cmp.Diff(c.units, units); all != c.all || diff != "" || err != nil {
					t.Errorf("%v: got %v %v %v", c.caller, all, units, err)
				}
				return nil
			})
		}
	})
}

func TestRolesFollowThePersonsUnit(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		hr := w.person(acme, "hr")
		hr.Unit = "finance"
		if _, _, err := w.PutPerson(t.Context(), operator(acme), hr); err != nil {
			t.Fatal(err)
		}
		w.fine(w.Hold(t.Context(), operator(acme), "hr", "hr", "sales/emea"))
		w.view(func(ctx context.Context, tx *db.Tx) error {
			_, units, err := w.ScopesOf(ctx, tx, as(acme, "hr"), "person", "manage")
			if diff := cmp.Diff([]standin.UnitID{"finance", "sales/emea"}, units); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
}

// TestWhileActingNothingChanges calls everything that changes something, for the most powerful principal.
func TestWhileActingNothingChanges(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		before, caller := w.state(acme), acting(acme, "ann", "boss")
		for name, try := range w.changes(caller, "fin") {
			if err := try(); standin.KindOf(err) != standin.Denied {
				t.Errorf("%s: got %v, want denied", name, err)
			}
		}
		if diff := cmp.Diff(before, w.state(acme)); diff != "" {
			t.Error(diff)
		}
		if got, want := w.last(acme, "person:fin"), `person:ann person.`; got[:len(want)] != want {
			t.Errorf("got %s, want the refusal on record", got)
		}
	})
}

// TestP12OtherOrganisationsAreUnknown calls everything with the most powerful person of another organisation.
func TestP12OtherOrganisationsAreUnknown(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		before, rita := w.state(acme), as(rival, "rita")
		for name, try := range w.changes(rita, "fin") {
			switch name {
			case "settings", "guardrails", "unit", "role": // of her own organisation
				continue
			}
			if err := try(); standin.KindOf(err) != standin.NotFound {
				t.Errorf("%s: got %v, want not found", name, err)
			}
		}
		if _, err := w.PersonDetail(t.Context(), rita, "fin"); standin.KindOf(err) != standin.NotFound {
			t.Errorf("got %v, want not found", err)
		}
		found, _, err := w.SearchPeople(t.Context(), rita, "Finn", nil, 10, "")
		if len(found) != 0 || err != nil {
			t.Errorf("got %v, %v", found, err)
		}
		people, _, err := w.People(t.Context(), rita, directory.PeopleFilter{Inactive: true}, 100, "")
		if len(people) != 1 || err != nil {
			t.Errorf("got %v, %v, want rita alone", people, err)
		}
		w.view(func(ctx context.Context, tx *db.Tx) error {
			for name, err := range map[string]error{
				"person":   second(w.Person(ctx, tx, rival, "fin")),
				"powers":   second(w.Powers(ctx, tx, rival, "fin")),
				"holdings": second(w.Holdings(ctx, tx, rival, "fin")),
				"unit":     second(w.Unit(ctx, tx, rival, "finance")),
			} {
				if standin.KindOf(err) != standin.NotFound {
					t.Errorf("%s: got %v, want not found", name, err)
				}
			}
			ids, err := w.PeopleWithin(ctx, tx, rival, []standin.UnitID{"finance", "sales"})
			if diff := cmp.Diff([]standin.PersonID{"rita"}, ids); diff != "" {
				t.Error(diff)
			}
			return err
		})
		if diff := cmp.Diff(before, w.state(acme)); diff != "" {
			t.Error(diff)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// changes are every use case that changes something, aimed at a person.
func (w *town) changes(caller standin.Caller, id standin.PersonID) map[string]func() error {
	ctx := w.t.Context()
	return map[string]func() error{
		"settings": func() error {
			return second(w.PutOrganisation(ctx, caller, directory.Organisation{Name: "Other", Settings: directory.DefaultSettings()}))
		},
		"guardrails": func() error {
			return second(w.PutGuardrails(ctx, caller, "forbid (principal, action, resource);", 0))
		},
		"unit": func() error { return second(w.PutUnit(ctx, caller, "legal")) },
		"role": func() error { return second(w.PutRole(ctx, caller, rights.Role{ID: "new"}, 0)) },
		"person": func() error {
			_, _, err := w.PutPerson(ctx, caller, directory.Person{ID: id, Name: "Other", Email: "other@acme.example"})
			return err
		},
		"deactivate": func() error { return w.Deactivate(ctx, caller, id) },
		"reactivate": func() error { return w.Reactivate(ctx, caller, id) },
		"hold":       func() error { return second(w.Hold(ctx, caller, id, "auditor", "")) },
		"release":    func() error { return second(w.Release(ctx, caller, id, "staff", "")) },
		"preferences": func() error {
			if caller.Organisation == rival { // one's own are always one's own
				return standin.Refuse(standin.NotFound, "", "", "")
			}
			return w.SetPreferences(ctx, caller, "Europe/Berlin", "de")
		},
	}
}

// state is everything that the organisation's rows say.
func (w *town) state(org standin.OrganisationID) map[string]string {
	w.t.Helper()
	all := map[string]string{}
	w.view(func(ctx context.Context, tx *db.Tx) error {
		return w.Explain(ctx, tx, org, func(resource string, state any) error {
			all[resource] = string(ledger.State(state))
			return nil
		})
	})
	return all
}

// TestEveryRowIsExplained compares each row with the last record of its resource, as doctor does.
func TestEveryRowIsExplained(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		w.clock = w.clock.Add(time.Minute)
		boss := as(acme, "boss")
		for name, try := range w.changes(boss, "fin") {
			if err := try(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			w.clock = w.clock.Add(time.Minute)
		}
		for resource, state := range w.state(acme) {
			var recorded string
			w.view(func(ctx context.Context, tx *db.Tx) error {
				return tx.QueryRow(ctx, `SELECT after_state FROM records WHERE organisation = $1 AND resource = $2 AND outcome = 'done'
					ORDER BY at DESC LIMIT 1`, string(acme), resource).Scan(&recorded)
			})
			if recorded != state {
				t.Errorf("%s:\nrecord %s\nrow    %s", resource, recorded, state)
			}
			if !json.Valid([]byte(state)) {
				t.Errorf("%s is no JSON", state)
			}
		}
	})
}

func TestDoctorSeesAnAddressThatSignsInSomebodyElse(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		before := w.state(acme)
		if err := w.db.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE people SET email_key = 'thief@acme.example' WHERE id = 'boss'`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if cmp.Equal(before, w.state(acme)) {
			t.Error("the state does not tell that the key of the address was changed")
		}
	})
}

// TestThreat10OutsideOfScope shows that a person elsewhere looks like nobody.
func TestThreat10OutsideOfScope(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		hr := as(acme, "hr")
		for name, try := range map[string]func(id standin.PersonID) error{
			"change": func(id standin.PersonID) error {
				_, _, err := w.PutPerson(t.Context(), hr, directory.Person{ID: id, Name: "X", Email: "x@acme.example", Unit: "sales"})
				return err
			},
			"an address of somebody else": func(id standin.PersonID) error {
				_, _, err := w.PutPerson(t.Context(), hr, directory.Person{ID: id, Name: "X", Email: "ann@acme.example", Unit: "sales"})
				return err
			},
			"deactivate": func(id standin.PersonID) error { return w.Deactivate(t.Context(), hr, id) },
			"hold":       func(id standin.PersonID) error { return second(w.Hold(t.Context(), hr, id, "staff", "")) },
			"detail":     func(id standin.PersonID) error { return second(w.PersonDetail(t.Context(), hr, id)) },
		} {
			outside, unknown := try("fin"), try("nobody")
			refused(t, outside, standin.NotFound, "directory.person_unknown")
			a, _ := errors.AsType[*standin.Error](outside)
			b, _ := errors.AsType[*standin.Error](unknown)
			if a == nil || b == nil || a.Text() != b.Text() || a.Kind != b.Kind || a.Code != b.Code || a.Field != b.Field {
				t.Errorf("%s: got %v and %v, want no difference", name, outside, unknown)
			}
		}
		if err := w.Deactivate(t.Context(), as(acme, "ann"), "nobody"); standin.KindOf(err) != standin.Denied {
			t.Errorf("got %v, want denied whoever it is", err)
		}
		people, _, err := w.People(t.Context(), hr, directory.PeopleFilter{}, 100, "")
		if len(people) != 2 || err != nil {
			t.Errorf("got %v, %v, want those of sales", people, err)
		}
	})
}

// TestThreat16NobodyWidensThemselves covers giving, taking and shaping roles.
func TestThreat16NobodyWidensThemselves(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx, hr, boss := t.Context(), as(acme, "hr"), as(acme, "boss")
		w.fine(w.PutRole(ctx, operator(acme), rights.Role{ID: "quiet", Rank: 0, Allow: []string{"standin:person.manage"}}, 0))
		w.fine(w.PutRole(ctx, operator(acme), rights.Role{ID: "settler", Rank: 60, Allow: []string{"standin:settings.manage"}}, 0))
		w.settlePerson(acme, "set", "Seth Settler", "sales", "settler")
		w.settlePerson(acme, "chief", "Chia Chief", "sales", "super")
		settler := as(acme, "set")

		refused(t, second(w.Hold(ctx, hr, "ann", "super", "")), standin.Denied, "directory.more_than_own")
		refused(t, second(w.Hold(ctx, hr, "ann", "quiet", "")), standin.Denied, "directory.more_than_own")
		refused(t, second(w.Hold(ctx, hr, "ann", "hr", "finance")), standin.Denied, "directory.not_entitled")
		refused(t, second(w.Hold(ctx, hr, "hr", "staff", "")), standin.Denied, "directory.own_roles")
		refused(t, second(w.Release(ctx, hr, "chief", "super", "")), standin.Denied, "directory.above")
		refused(t, w.Deactivate(ctx, hr, "chief"), standin.Denied, "directory.above")
		w.fine(w.Hold(ctx, hr, "ann", "hr", "sales/emea"))

		refused(t, second(w.PutRole(ctx, settler, rights.Role{ID: "settler", Rank: 60, Allow: []string{"standin:*.*"}}, 0)), standin.Denied, "directory.own_role")
		refused(t, second(w.PutRole(ctx, settler, rights.Role{ID: "hr", Rank: 50, Allow: []string{}}, 0)), standin.Denied, "directory.more_than_own")
		refused(t, second(w.PutRole(ctx, settler, rights.Role{ID: "new", Rank: 1, Allow: []string{"standin:audit.view@unit"}}, 0)), standin.Denied, "directory.more_than_own")
		refused(t, second(w.PutRole(ctx, settler, rights.Role{ID: "new", Rank: 61}, 0)), standin.Denied, "directory.more_than_own")
		w.fine(w.PutRole(ctx, settler, rights.Role{ID: "new", Rank: 60, Allow: []string{"standin:settings.manage"}}, 0))

		me := w.person(acme, "hr")
		me.Unit = "sales/emea"
		_, _, err := w.PutPerson(ctx, hr, me)
		refused(t, err, standin.Denied, "directory.own_place")
		refused(t, w.Deactivate(ctx, boss, "boss"), standin.Denied, "directory.own_activity")
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		ctx := t.Context()
		refused(t, w.Deactivate(ctx, operator(acme), "boss"), standin.Denied, "directory.last_administrator")
		refused(t, second(w.Release(ctx, operator(acme), "boss", "super", "")), standin.Denied, "directory.last_administrator")
		refused(t, second(w.PutRole(ctx, operator(acme), rights.Role{ID: "super", Rank: 90}, 0)), standin.Denied, "directory.last_administrator")
		if !w.person(acme, "boss").Active() {
			t.Error("got inactive, want the refused change undone")
		}
		w.settlePerson(acme, "chief", "Chia Chief", "sales", "super")
		if err := w.Deactivate(ctx, as(acme, "chief"), "boss"); err != nil {
			t.Fatal(err)
		}
		refused(t, w.Deactivate(ctx, operator(acme), "chief"), standin.Denied, "directory.last_administrator")
		w.clock = w.clock.Add(time.Hour)
		if err := w.Reactivate(ctx, as(acme, "chief"), "boss"); err != nil {
			t.Fatal(err)
		}
		if boss := w.person(acme, "boss"); !boss.Active() || !boss.ActiveSince.Equal(w.clock) {
			t.Errorf("got %+v", boss)
		}
	})
}

// TestThreat21NoticeOfSomebodyElse: nobody accepts for their principal.
func TestThreat21NoticeOfSomebodyElse(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		accept := func(caller standin.Caller, version string) error {
			return w.db.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error { return w.AcceptNotice(ctx, tx, caller, version) })
		}
		refused(t, accept(acting(acme, "ann", "boss"), "standin-1"), standin.Denied, "directory.notice_while_acting")
		refused(t, accept(as(acme, "ann"), "standin-0"), standin.Conflict, "directory.notice_changed")
		if err := accept(as(acme, "ann"), "standin-1"); err != nil {
			t.Fatal(err)
		}
		if ann, boss := w.person(acme, "ann"), w.person(acme, "boss"); ann.AcceptedVersion != "standin-1" || !boss.AcceptedAt.IsZero() {
			t.Errorf("got %+v, %+v", ann, boss)
		}
	})
}

func TestGuardrailsOnlyForbid(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		err := second(w.PutGuardrails(t.Context(), as(acme, "boss"), "permit (principal, action, resource);", 0))
		refused(t, err, standin.Invalid, "guard.not_forbid")
		w.fine(w.PutGuardrails(t.Context(), as(acme, "boss"), "forbid (principal, action, resource);", 1))
		refused(t, second(w.PutGuardrails(t.Context(), as(acme, "boss"), "", 1)), standin.Conflict, "directory.changed")
		w.fine(w.PutOrganisation(t.Context(), as(acme, "boss"), directory.Organisation{Name: "Acme", Settings: directory.DefaultSettings()}))
		w.view(func(ctx context.Context, tx *db.Tx) error {
			o, err := w.Organisation(ctx, tx, acme)
			if o.Guardrails == "" || o.Name != "Acme" {
				t.Errorf("got %+v, want the guardrails kept", o)
			}
			return err
		})
	})
}
