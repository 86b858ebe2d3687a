package delegation_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
)

// TestReportsTellWhatToLookAt: unused, ending soon, without an end, for one another, and by person, for those who manage.
func TestReportsTellWhatToLookAt(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.Settings(acme, func(s *directory.Settings) { s.Delegation.Max = 0 })
		named := func(actor, principal standin.PersonID, days int) standin.DelegationID {
			wish := cover(actor, principal)
			if days > 0 {
				wish.End = h.Now().AddDate(0, 0, days)
			}
			return h.name(wish).ID
		}
		endless := named("ann", "bob", 0)
		back := named("bob", "ann", 90)
		used := named("cem", "ann", 40)
		elsewhere := named("cem", "fin", 0)
		spare := h.name(standby("fin", "cem")).ID
		ended := named("fin", "ann", 90)
		must(h.Revoke(t.Context(), as(acme, "ann"), ended))(t)
		h.use(used, "cem")

		type found struct {
			Unused, Expiring, Endless, Mutual []standin.DelegationID
			People                            map[standin.PersonID][2]int
		}
		look := func(who standin.PersonID, unit standin.UnitID) (f found) {
			t.Helper()
			r, err := h.Reports(t.Context(), as(acme, who), unit)
			if err != nil {
				t.Fatal(err)
			}
			ids := func(rows []delegation.Row) (all []standin.DelegationID) {
				for _, row := range rows {
					all = append(all, row.ID)
				}
				return all
			}
			f = found{Unused: ids(r.Unused), Expiring: ids(r.Expiring), Endless: ids(r.Endless), People: map[standin.PersonID][2]int{}}
			for _, pair := range r.Mutual {
				f.Mutual = append(f.Mutual, ids(pair[:])...)
			}
			for _, l := range r.People {
				f.People[l.ID] = [2]int{l.For, l.By}
			}
			if want := (delegation.Counts{Unused: len(r.Unused), Expiring: len(r.Expiring), Endless: len(r.Endless), Promoted: len(r.Promoted), Mutual: len(r.Mutual), People: len(r.People)}); r.Counts != want {
				t.Errorf("got counts %v, want %v", r.Counts, want)
			}
			return f
		}
		people := map[standin.PersonID][2]int{"ann": {1, 2}, "bob": {1, 1}, "cem": {1, 1}, "fin": {1, 0}}
		if diff := cmp.Diff(look("hr", ""), found{Endless: []standin.DelegationID{endless}, Mutual: []standin.DelegationID{endless, back}, People: people}); diff != "" {
			t.Errorf("on the first day (-got +want):\n%s", diff)
		}
		h.Pass(delegation.UnusedAfter)
		got := look("hr", "")
		if diff := cmp.Diff(sorted(got.Unused), sorted([]standin.DelegationID{endless, back, spare})); diff != "" {
			t.Errorf("unused after 30 days (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(got.Expiring, []standin.DelegationID{used}); diff != "" {
			t.Errorf("ending soon (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(sorted(look("boss", "").Endless), sorted([]standin.DelegationID{endless, elsewhere})); diff != "" {
			t.Errorf("without an end, for who sees everything (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(look("boss", "sales/emea").Endless, []standin.DelegationID{endless}); diff != "" {
			t.Errorf("without an end, of a unit (-got +want):\n%s", diff)
		}
		if got := look("hr", "finance"); got.Endless != nil || len(got.People) > 0 {
			t.Errorf("got %v of a unit that is not theirs, want nothing", got)
		}
		if _, err := h.Reports(t.Context(), as(acme, "ann"), ""); standin.CodeOf(err) != "delegation.not_manager" {
			t.Errorf("got %v for somebody who manages nobody, want them refused", err)
		}
		if r, err := h.Reports(t.Context(), as(rival, "rita"), ""); err != nil || r.Counts != (delegation.Counts{}) {
			t.Errorf("got %v, %v in the other organisation, want nothing", r.Counts, err)
		}
	})
}

func sorted(ids []standin.DelegationID) map[standin.DelegationID]bool {
	all := map[standin.DelegationID]bool{}
	for _, id := range ids {
		all[id] = true
	}
	return all
}
