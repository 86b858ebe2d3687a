package directory_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
)

// group makes a group of acme.
func (w *town) group(name string, unit standin.UnitID, members ...standin.PersonID) directory.Group {
	w.t.Helper()
	g, changed, err := w.PutGroup(w.t.Context(), operator(acme), directory.Group{Name: name, Unit: unit})
	w.fine(changed, err)
	for _, m := range members {
		w.fine(w.AddMember(w.t.Context(), operator(acme), g.ID, m))
	}
	return g
}

// explained fails unless every row is what its last record says, and no record speaks of a row that is not there.
func (w *town) explained(org standin.OrganisationID) {
	w.t.Helper()
	l := ledger.New(w.db, w.now)
	w.view(func(ctx context.Context, tx *db.Tx) error {
		walks := []ledger.Walk{{Kinds: []string{"organisation", "unit", "person", "role", "holding", "group", "member"}, Explain: w.Explain}}
		return l.Unexplained(ctx, tx, org, walks, func(d ledger.Difference) error {
			w.t.Errorf("%s: %s (%s)", d.Resource, d.What, d.Record)
			return nil
		})
	})
}

// names are those of the groups that the person is in.
func (w *town) groupsOf(caller standin.Caller, person standin.PersonID) (names []string) {
	w.t.Helper()
	groups, err := w.GroupsOf(w.t.Context(), caller, person)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, g := range groups {
		names = append(names, g.Name)
	}
	return names
}

func TestE4ANamedGroupGathersPeopleOfAnyUnit(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		fire := w.group("First aid", "", "ann", "fin")
		w.group("Äpfel", "", "ann")
		if diff := cmp.Diff(w.groupsOf(operator(acme), "ann"), []string{"Äpfel", "First aid"}); diff != "" {
			t.Errorf("groups of ann (-got +want):\n%s", diff)
		}
		w.fine(true, w.Deactivate(t.Context(), operator(acme), "ann"))
		members, _, err := w.GroupMembers(t.Context(), operator(acme), fire.ID, 10, "")
		if err != nil {
			t.Fatal(err)
		}
		counts := map[standin.PersonID]bool{}
		for _, m := range members {
			counts[m.Person.ID] = m.Counts()
		}
		if diff := cmp.Diff(counts, map[standin.PersonID]bool{"ann": false, "fin": true}); diff != "" {
			t.Errorf("who counts (-got +want):\n%s", diff)
		}
		if v, err := w.Group(t.Context(), operator(acme), fire.ID); err != nil || v.Members != 1 {
			t.Errorf("got %d members, %v; want 1, for one of them is inactive", v.Members, err)
		}
		_, err = w.AddMember(t.Context(), operator(acme), w.group("Late", "").ID, "ann")
		refused(t, err, standin.Invalid, "directory.inactive_member")
		w.fine(w.RemoveMember(t.Context(), operator(acme), fire.ID, "ann"))
		if changed, err := w.RemoveMember(t.Context(), operator(acme), fire.ID, "ann"); changed || err != nil {
			t.Errorf("removing twice: got %v, %v; want no change", changed, err)
		}
		w.fine(w.EndGroup(t.Context(), operator(acme), fire.ID, fire.Version))
		if got := w.groupsOf(operator(acme), "fin"); len(got) != 0 {
			t.Errorf("got %v, want no group once it is over", got)
		}
		_, err = w.AddMember(t.Context(), operator(acme), fire.ID, "hr")
		refused(t, err, standin.Conflict, "directory.group_ended")
		w.group("FIRST AID", "") // the name is free again
		w.explained(acme)
	})
}

func TestGroupsAreListedByPageWordAndScope(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		w.group("Whole house", "")
		w.group("Sales crew", "sales", "ann", "fin")
		w.group("EMEA 100%_sure", "sales/emea", "ann")
		w.group("Money", "finance")
		list := func(caller standin.Caller, query string, limit int) (names []string) {
			after := ""
			for {
				groups, next, err := w.ListGroups(t.Context(), caller, query, limit, after)
				if err != nil {
					t.Fatal(err)
				}
				for _, g := range groups {
					names = append(names, g.Name)
				}
				if after = next; next == "" {
					return names
				}
			}
		}
		for _, c := range []struct {
			caller standin.Caller
			query  string
			want   []string
		}{
			{as(acme, "boss"), "", []string{"EMEA 100%_sure", "Money", "Sales crew", "Whole house"}},
			{as(acme, "hr"), "", []string{"EMEA 100%_sure", "Sales crew"}},
			{as(acme, "boss"), "cRe sal", []string{"Sales crew"}},
			{as(acme, "boss"), "100%_s", []string{"EMEA 100%_sure"}},
			{as(acme, "boss"), "100__s", nil},
			{as(rival, "rita"), "", nil},
		} {
			if diff := cmp.Diff(list(c.caller, c.query, 1), c.want); diff != "" {
				t.Errorf("%s looking for %q (-got +want):\n%s", c.caller.Actor, c.query, diff)
			}
		}
		_, _, err := w.ListGroups(t.Context(), as(acme, "ann"), "", 10, "")
		refused(t, err, standin.Denied, "directory.not_entitled")
	})
}

func TestThreat10GroupsOutOfScopeAreUnknown(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		house, crew, ctx := w.group("Whole house", ""), w.group("Sales crew", "sales", "fin"), t.Context()
		hr, rita := as(acme, "hr"), as(rival, "rita")
		for what, err := range map[string]error{
			"hr changes the house":  second2(w.PutGroup(ctx, hr, directory.Group{ID: house.ID, Name: "Mine"})),
			"hr ends the house":     second(w.EndGroup(ctx, hr, house.ID, 0)),
			"hr fills the house":    second(w.AddMember(ctx, hr, house.ID, "ann")),
			"rita ends the crew":    second(w.EndGroup(ctx, rita, crew.ID, 0)),
			"rita looks at it":      second(w.Group(ctx, rita, crew.ID)),
			"ann looks at it":       second(w.Group(ctx, as(acme, "ann"), crew.ID)),
			"hr ends what is not":   second(w.EndGroup(ctx, hr, "g-none", 0)),
			"rita changes the crew": second2(w.PutGroup(ctx, rita, directory.Group{ID: crew.ID, Name: "Hers"})),
		} {
			if standin.KindOf(err) != standin.NotFound || standin.CodeOf(err) != "directory.group_unknown" {
				t.Errorf("%s: got %v, want an unknown group", what, err)
			}
		}
		_, err := w.AddMember(ctx, hr, crew.ID, "boss") // of no unit, so out of scope
		refused(t, err, standin.NotFound, "directory.person_unknown")
		_, err = w.AddMember(ctx, hr, crew.ID, "rita")
		refused(t, err, standin.NotFound, "directory.person_unknown")
		_, err = w.AddMember(ctx, hr, crew.ID, "hr")
		refused(t, err, standin.Denied, "directory.own_group")
		_, _, err = w.PutGroup(ctx, hr, directory.Group{ID: crew.ID, Name: "Sales crew", Unit: "finance"})
		refused(t, err, standin.Denied, "directory.not_entitled")
		w.fine(w.AddMember(ctx, hr, crew.ID, "ann"))
		w.fine(w.RemoveMember(ctx, hr, crew.ID, "fin")) // who is elsewhere by now
		if v, err := w.Group(ctx, as(acme, "ann"), crew.ID); err != nil || v.Rules {
			t.Errorf("a member: got %+v, %v; want to see it and not to rule it", v, err)
		}
	})
}

func TestP4NobodyChangesGroupsWhileActing(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		crew, ctx := w.group("Sales crew", "sales", "ann"), t.Context()
		acting := acting(acme, "ann", "boss")
		for what, err := range map[string]error{
			"change": second2(w.PutGroup(ctx, acting, directory.Group{ID: crew.ID, Name: "Mine"})),
			"make":   second2(w.PutGroup(ctx, acting, directory.Group{Name: "Mine"})),
			"end":    second(w.EndGroup(ctx, acting, crew.ID, 0)),
			"add":    second(w.AddMember(ctx, acting, crew.ID, "fin")),
			"remove": second(w.RemoveMember(ctx, acting, crew.ID, "ann")),
		} {
			if standin.CodeOf(err) != "directory.not_while_acting" {
				t.Errorf("%s: got %v, want it refused while acting", what, err)
			}
		}
		if v, err := w.Group(ctx, acting, crew.ID); err != nil || v.Rules {
			t.Errorf("got %+v, %v; want to see what the principal sees, and to rule nothing", v, err)
		}
		if got := w.last(acme, "group:"+string(crew.ID)); got != "person:ann group.end refused [\"directory.not_while_acting\"]" && got != "person:ann group.change refused [\"directory.not_while_acting\"]" {
			t.Errorf("got the record %q, want the refusal", got)
		}
		w.explained(acme)
	})
}

func TestGroupsTwoAdministratorsAtOnce(t *testing.T) {
	in(t, func(t *testing.T, w *town) {
		crew, ctx := w.group("Sales crew", "sales"), t.Context()
		first, other := crew, crew
		first.Description, other.Name = "for the fair", "Fair crew"
		if _, changed, err := w.PutGroup(ctx, as(acme, "hr"), first); err != nil || !changed {
			t.Fatal(changed, err)
		}
		_, _, err := w.PutGroup(ctx, as(acme, "boss"), other)
		refused(t, err, standin.Conflict, "directory.changed")
		_, err = w.EndGroup(ctx, as(acme, "boss"), crew.ID, crew.Version)
		refused(t, err, standin.Conflict, "directory.changed")
		now, err := w.Group(ctx, as(acme, "boss"), crew.ID)
		if err != nil || now.Name != "Sales crew" || now.Description != "for the fair" || now.Version != 2 {
			t.Errorf("got %+v, %v; want the first one's change", now, err)
		}
		_, _, err = w.PutGroup(ctx, as(acme, "boss"), directory.Group{Name: "sales CREW"})
		refused(t, err, standin.Conflict, "directory.group_name_taken")
		for _, bad := range []directory.Group{{Name: ""}, {Name: "a\u202eb"}, {Name: "fine", Description: "a\u202eb"},
			{Name: "fine", Description: string(make([]byte, 2000))}, {ID: "no id", Name: "fine"}, {Name: "fine", Unit: "none"}} {
			if _, _, err := w.PutGroup(ctx, as(acme, "boss"), bad); standin.KindOf(err) != standin.Invalid && standin.KindOf(err) != standin.NotFound {
				t.Errorf("%+v: got %v, want it refused", bad, err)
			}
		}
		w.explained(acme)
	})
}
