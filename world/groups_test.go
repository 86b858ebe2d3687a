package world

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
)

// grouped is the company with two groups.
func grouped(t testing.TB, replace ...string) string {
	text := with(t, "    delegations:\n", `    groups:
      - {id: oncall, name: On call, description: Who answers at night., unit: sales, members: [p-1, p-2]}
      - {id: fire, members: [p-2]}
    delegations:
`)
	for pair := range slices.Chunk(replace, 2) {
		if !strings.Contains(text, pair[0]) {
			t.Fatalf("the company has no %q", pair[0])
		}
		text = strings.Replace(text, pair[0], pair[1], 1)
	}
	return text
}

// groups returns every group with who is in it.
func (h *house) groups() map[string][]string {
	found := map[string][]string{}
	h.view(func(ctx context.Context, tx *db.Tx) error {
		clear(found)
		names := map[standin.GroupID]string{}
		err := h.directory.EachGroup(ctx, tx, "acme", func(g directory.Group) error {
			names[g.ID] = g.Name + " of " + string(g.Unit) + ": " + g.Description
			found[names[g.ID]] = nil
			return nil
		})
		if err != nil {
			return err
		}
		return h.directory.EachMember(ctx, tx, "acme", func(g standin.GroupID, p standin.PersonID) error {
			found[names[g]] = append(found[names[g]], string(p))
			return nil
		})
	})
	return found
}

// TestE4GroupsComeFromFiles: with their people, once; what the file says later is changed, what it leaves out stays.
func TestE4GroupsComeFromFiles(t *testing.T) {
	in(t, func(h *house) {
		h.apply(grouped(t))
		want := map[string][]string{"On call of sales: Who answers at night.": {"p-1", "p-2"}, "fire of : ": {"p-2"}}
		if diff := cmp.Diff(want, h.groups()); diff != "" {
			t.Error(diff)
		}
		if p := h.plan(grouped(t)); !p.Empty() || len(p.Kept) > 0 {
			t.Errorf("applied again: %+v", p.Difference)
		}
		p := h.apply(grouped(t, "name: On call, description: Who answers at night., unit: sales, members: [p-1, p-2]", `name: "Night, on call", unit: sales/emea`,
			"id: fire, members: [p-2]", "id: fire, description: Out first., members: [root]"))
		want = map[string][]string{"Night, on call of sales/emea: Who answers at night.": {"p-1", "p-2"}, "fire of : Out first.": {"p-2", "root"}}
		if diff := cmp.Diff(want, h.groups()); diff != "" || p.Changed() != 2 || p.Created() != 1 {
			t.Errorf("%d changed, %d created: %s", p.Changed(), p.Created(), diff)
		}
	})
}

// TestGroupsKeepWhatWasEndedByHand: whom somebody took out stays out, an ended group stays ended, a moved one where it is;
// and whoever is inactive by now is not put in.
func TestGroupsKeepWhatWasEndedByHand(t *testing.T) {
	in(t, func(h *house) {
		h.apply(grouped(t))
		ctx, root := t.Context(), as("acme", "root")
		_, err := h.directory.RemoveMember(ctx, root, "oncall", "p-1")
		h.must(err)
		_, _, err = h.directory.PutGroup(ctx, root, directory.Group{ID: "oncall", Name: "On call", Description: "Who answers at night.", Unit: "sales/emea"})
		h.must(err)
		_, err = h.directory.EndGroup(ctx, root, "fire", 0)
		h.must(err)
		h.must(h.directory.Deactivate(ctx, root, "p-2"))
		text := grouped(t, "members: [p-1, p-2]", "members: [p-1, p-2, root]")
		p := h.apply(text)
		kept := []Kept{{"acme", "group", "oncall", "unit"}, {"acme", "group", "fire", "ended"}, {"acme", "member of group", "oncall/p-1", "taken out"}}
		if diff := cmp.Diff(kept, p.Kept); diff != "" || p.Created() != 1 || p.Changed() != 0 {
			t.Errorf("%+v: %s", p.Changes, diff)
		}
		_, err = h.directory.EndGroup(ctx, root, "oncall", 0)
		h.must(err)
		fresh := grouped(t, "id: oncall", "id: oncall2")
		if p = h.apply(fresh); !slices.Contains(p.Kept, Kept{"acme", "member of group", "oncall2/p-2", "inactive"}) || p.Created() != 2 {
			t.Errorf("made anew under the name of an ended one: %+v", p.Difference)
		}
		if p = h.plan(fresh); !p.Empty() {
			t.Errorf("applied again: %+v", p.Changes)
		}
	})
}

// TestGroupsInFilesAreChecked before anything is written.
func TestGroupsInFilesAreChecked(t *testing.T) {
	in(t, func(h *house) {
		for what, c := range map[string]struct{ from, to, want string }{
			"a stranger":         {"members: [p-1, p-2]", "members: [p-1, p-9]", `there is no person "p-9"`},
			"an unknown unit":    {"unit: sales, members", "unit: moon, members", `there is no unit "moon"`},
			"one name twice":     {"{id: fire,", "{id: fire, name: ON CALL,", `another group is called`},
			"one id twice":       {"{id: fire,", "{id: oncall,", `the group "oncall" is in the file already`},
			"no id":              {"{id: fire,", "{name: Fire,", `a group needs the key "id"`},
			"an unexpected key":  {"{id: fire,", "{id: fire, colour: red,", `colour`},
			"an impossible id":   {"{id: fire,", "{id: \"a b\",", ``},
			"an endless name":    {"{id: fire,", "{id: fire, name: " + strings.Repeat("x", 300) + ",", ``},
			"a name that is odd": {"{id: fire,", "{id: fire, name: \"a\\u202eb\",", ``},
		} {
			text := grouped(t, c.from, c.to)
			_, err := Load("world.yaml", strings.NewReader(text)) // what is wrong in itself is refused when it is read
			problems, _ := errors.AsType[Problems](err)
			if err == nil {
				problems = h.refused(text)
			}
			if len(problems) == 0 || !strings.Contains(problems.Error(), c.want) {
				t.Errorf("%s: got %v, want %q", what, problems, c.want)
			}
		}
		if len(h.groups()) > 0 {
			t.Error("something was written")
		}
		h.apply(company(t))
		_, _, err := h.directory.PutGroup(t.Context(), as("acme", "root"), directory.Group{Name: "fire"})
		h.must(err)
		if problems := h.refused(grouped(t)); len(problems) != 1 || !strings.Contains(problems.Error(), "another group is called") {
			t.Errorf("a name that a group made by hand has: %v", problems)
		}
	})
}

// TestRolesHaveNames that people read; a file that gives none leaves them as they are.
func TestRolesHaveNames(t *testing.T) {
	in(t, func(h *house) {
		h.apply(with(t, "{id: manager, rank: 10,", "{id: manager, name: Team lead, rank: 10,"))
		if got := h.role("manager").Name; got != "Team lead" {
			t.Errorf("got %q", got)
		}
		p := h.apply(with(t, "{id: manager, rank: 10,", "{id: manager, rank: 11,"))
		if got := h.role("manager"); got.Name != "Team lead" || got.Rank != 11 || p.Changed() != 1 {
			t.Errorf("got %+v", got)
		}
		p = h.plan(with(t, "{id: manager, rank: 10,", "{id: manager, name: Head, rank: 11,"))
		want := []Change{{Organisation: "acme", Kind: "role", ID: "manager", Fields: []Field{{"name", "Team lead", "Head"}}}}
		if diff := cmp.Diff(want, p.Changes); diff != "" {
			t.Error(diff)
		}
	})
}
