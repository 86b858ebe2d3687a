package delegation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

func TestA1NameSeveralAtOnce(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		found, _, e := h.Candidates(t.Context(), as(acme, "ann"), "ann", "ito", 10, "")
		if e != nil || len(found) != 1 || found[0].ID != "bob" {
			t.Fatalf("got %v, %v", found, e)
		}
		wish := cover("bob", "ann")
		wish.Actors = []standin.PersonID{"bob", "cem", "bob"}
		wish.Limits = rights.Limits{Deny: []string{"desk:expense.approve", "desk:expense.approve"}, Units: []standin.UnitID{"sales"}}
		drafts, e := h.Preview(t.Context(), as(acme, "ann"), wish)
		if e != nil || len(drafts) != 2 {
			t.Fatalf("got %v, %v", drafts, e)
		}
		named, e := h.Name(t.Context(), as(acme, "ann"), wish)
		if e != nil || len(named) != 2 {
			t.Fatalf("got %v, %v", named, e)
		}
		want := delegation.Delegation{Organisation: acme, ID: named[0].ID, Actor: "bob", Principal: "ann", Kind: delegation.Cover,
			Purpose: "annual leave", Limits: rights.Limits{Deny: []string{"desk:expense.approve"}, Units: []standin.UnitID{"sales"}},
			StartsAt: h.Now(), EndsAt: h.Now().Add(90 * day), CreatedAt: h.Now(), CreatedBy: "person:ann", ChangedAt: h.Now(), Version: 1}
		if diff := cmp.Diff(want, h.load(acme, named[0].ID)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if diff := cmp.Diff(named[1], h.load(acme, named[1].ID)); diff != "" {
			t.Errorf("-returned +stored:\n%s", diff)
		}
		if diff := cmp.Diff([]record{{"person:ann", "", "delegation.name", ledger.Done, ""}}, h.records(acme, "delegation:"+string(named[0].ID))); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		h.explained()
	})
}

func TestA1AllOrNone(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		wish := cover("bob", "ann")
		for _, c := range []struct {
			second standin.PersonID
			kind   standin.Kind
			code   string
		}{{"nobody", standin.NotFound, "delegation.person_unknown"}, {"rita", standin.NotFound, "delegation.person_unknown"},
			{"ann", standin.Invalid, "delegation.self"}, {"", standin.NotFound, "delegation.person_unknown"},
			{standin.PersonID(strings.Repeat("x", 10_000)), standin.NotFound, "delegation.person_unknown"},
			{"a\x00b", standin.NotFound, "delegation.person_unknown"}, {"\u202ebob", standin.NotFound, "delegation.person_unknown"}} {
			wish.Actors = []standin.PersonID{"bob", c.second}
			refused(t, err(h.Name(t.Context(), as(acme, "ann"), wish)), c.kind, c.code)
		}
		wish.Actors = nil
		refused(t, err(h.Name(t.Context(), as(acme, "ann"), wish)), standin.Invalid, "delegation.nobody")
		wish.Actors = make([]standin.PersonID, 51)
		refused(t, err(h.Name(t.Context(), as(acme, "ann"), wish)), standin.Invalid, "delegation.too_many")
		if list, e := h.ListForPrincipal(t.Context(), as(acme, "ann"), "ann", true); e != nil || len(list) != 0 {
			t.Errorf("got %v, %v, want nothing", list, e)
		}
	})
}

func TestA3Administrators(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		for _, c := range []struct {
			caller    standin.Caller
			principal standin.PersonID
			kind      standin.Kind
			code      string
		}{
			{as(acme, "hr"), "ann", "", ""},
			{as(acme, "hr"), "bob", "", ""}, // of a unit below
			{as(acme, "hr"), "fin", standin.NotFound, "delegation.person_unknown"},
			{as(acme, "hr"), "nobody", standin.NotFound, "delegation.person_unknown"},
			{as(acme, "hr"), "rita", standin.NotFound, "delegation.person_unknown"},
			{as(acme, "hr"), "boss", standin.NotFound, "delegation.person_unknown"}, // of no unit
			{as(acme, "boss"), "fin", "", ""},
			{as(acme, "boss"), "fin", standin.Conflict, "delegation.duplicate"},
			{key("admin"), "hr2", "", ""},
			{key("decide"), "fin", standin.Denied, "delegation.not_for_others"},
			{operator(acme), "hr", "", ""},
			{as(rival, "rita"), "ann", standin.NotFound, "delegation.person_unknown"},
		} {
			e := err(h.Name(t.Context(), c.caller, cover("cem", c.principal)))
			refused(t, e, c.kind, c.code)
		}
		list, e := h.ListForPrincipal(t.Context(), as(acme, "hr"), "ann", false)
		if e != nil || len(list) != 1 || list[0].CreatedBy != "person:hr" {
			t.Fatalf("got %v, %v", list, e)
		}
		id := list[0].ID
		must(h.Edit(t.Context(), as(acme, "hr2"), id, delegation.Change{Purpose: new("illness")}))(t)
		must(h.Deactivate(t.Context(), as(acme, "hr2"), id))(t)
		must(h.Reactivate(t.Context(), as(acme, "hr2"), id))(t)
		if e := h.Delete(t.Context(), as(acme, "hr2"), id); e != nil {
			t.Error(e)
		}
		h.explained()
	})
}

func TestA4NobodyElse(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name(cover("bob", "ann"))
		for _, principal := range []standin.PersonID{"cem", "nobody", "rita", "", "hr"} {
			refused(t, err(h.Name(t.Context(), as(acme, "bob"), cover("fin", principal))), standin.Denied, "delegation.not_for_others")
		}
		// The stand-in never names one for the principal, in their own name or acting (THREATS 1).
		refused(t, err(h.Name(t.Context(), as(acme, "bob"), cover("cem", "ann"))), standin.Denied, "delegation.not_for_others")
		refused(t, err(h.Name(t.Context(), acting("bob", "ann"), cover("cem", "ann"))), standin.Denied, "delegation.not_while_acting")
		change := delegation.Change{Purpose: new("mine now")}
		refused(t, err(h.Edit(t.Context(), as(acme, "bob"), d.ID, change)), standin.Denied, "delegation.not_yours")
		refused(t, err(h.Edit(t.Context(), as(acme, "cem"), d.ID, change)), standin.NotFound, "delegation.unknown")
		refused(t, err(h.Renew(t.Context(), as(acme, "bob"), d.ID)), standin.Denied, "delegation.not_yours")
		refused(t, h.Delete(t.Context(), as(acme, "bob"), d.ID), standin.Denied, "delegation.not_yours")
		got := h.records(acme, "person:ann")
		want := []record{{"person:bob", "", "delegation.name", ledger.Refused, "delegation.not_for_others"},
			{"person:bob", "ann", "delegation.name", ledger.Refused, "delegation.not_while_acting"}}
		if len(got) < 2 || !cmp.Equal(want, got[len(got)-2:]) {
			t.Errorf("the refusals are recorded as %v, want %v", got, want)
		}
	})
}

// TestThreat1WhileActing tries everything that changes a delegation while acting: nothing may happen.
func TestThreat1WhileActing(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name(cover("bob", "ann"))
		s := h.name(standby("cem", "ann"))
		before, standbyBefore := h.load(acme, d.ID), h.load(acme, s.ID)
		deputies := map[string]standin.Caller{"for the principal": acting("bob", "ann"), "for an administrator": acting("ann", "boss"),
			"an administrator for somebody": acting("boss", "cem")}
		for who, c := range deputies {
			for what, e := range map[string]error{
				"name": err(h.Name(t.Context(), c, cover("cem", "ann"))), "preview": err(h.Preview(t.Context(), c, cover("cem", "ann"))),
				"edit": err(h.Edit(t.Context(), c, d.ID, delegation.Change{})), "renew": err(h.Renew(t.Context(), c, d.ID)),
				"accept": err(h.Accept(t.Context(), c, d.ID, 0)), "decline": err(h.Decline(t.Context(), c, d.ID, "")),
				"lay down": err(h.LayDown(t.Context(), c, d.ID)), "revoke": err(h.Revoke(t.Context(), c, d.ID)),
				"deactivate": err(h.Deactivate(t.Context(), c, d.ID)), "reactivate": err(h.Reactivate(t.Context(), c, d.ID)),
				"delete": h.Delete(t.Context(), c, d.ID), "enable": err(h.Enable(t.Context(), c, s.ID, time.Hour)),
				"disable": err(h.Disable(t.Context(), c, s.ID)),
			} {
				if standin.KindOf(e) != standin.Denied || standin.CodeOf(e) != "delegation.not_while_acting" {
					t.Errorf("%s, %s: got %v, want not_while_acting", who, what, e)
				}
			}
		}
		if diff := cmp.Diff([]delegation.Delegation{before, standbyBefore}, []delegation.Delegation{h.load(acme, d.ID), h.load(acme, s.ID)}); diff != "" {
			t.Errorf("-before +after:\n%s", diff)
		}
		h.explained()
	})
}

func TestA5OneOrganisation(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name(cover("bob", "ann"))
		stranger := as(rival, "rita")
		refused(t, err(h.Get(t.Context(), stranger, d.ID)), standin.NotFound, "delegation.unknown")
		refused(t, err(h.Revoke(t.Context(), stranger, d.ID)), standin.NotFound, "delegation.unknown")
		refused(t, err(h.Edit(t.Context(), stranger, d.ID, delegation.Change{})), standin.NotFound, "delegation.unknown")
		refused(t, h.Delete(t.Context(), stranger, d.ID), standin.NotFound, "delegation.unknown")
		refused(t, err(h.ListForPrincipal(t.Context(), stranger, "ann", true)), standin.NotFound, "delegation.person_unknown")
		refused(t, err(h.ListForActor(t.Context(), stranger, "bob", true)), standin.NotFound, "delegation.person_unknown")
		_, _, e := h.History(t.Context(), stranger, d.ID, ledger.Cursor{}, 10)
		refused(t, e, standin.NotFound, "delegation.unknown")
		list, _, e := h.ListManaged(t.Context(), stranger, delegation.Query{Over: true})
		if e != nil || len(list) != 0 {
			t.Errorf("got %v, %v", list, e)
		}
		found, _, e := h.Candidates(t.Context(), as(acme, "ann"), "ann", "rita", 10, "")
		if e != nil || len(found) != 0 {
			t.Errorf("got %v, %v", found, e)
		}
		refused(t, err(h.Name(t.Context(), as(rival, "rita"), delegation.Naming{Actors: []standin.PersonID{"ann"}, Principal: "rita", Purpose: "x"})),
			standin.NotFound, "delegation.person_unknown")
		if h.state(d.ID) != delegation.Active {
			t.Error("a stranger changed it")
		}
	})
}

func TestA6SpanAndCap(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		wish := cover("bob", "ann")
		wish.Start, wish.End = h.Now().Add(10*day), h.Now().Add(101*day)
		e := err(h.Name(t.Context(), as(acme, "ann"), wish))
		refused(t, e, standin.Invalid, "delegation.over_cap")
		if got, want := e.(*standin.Error).Args["longest"], "2027-02-10T09:00:00Z"; got != want || e.(*standin.Error).Field != "end" {
			t.Errorf("got %+v, want the latest end %s", e, want)
		}
		h.Settings(acme, func(s *directory.Settings) { s.Delegation.Max = 0 })
		open := h.name(cover("bob", "ann"))
		if !open.EndsAt.IsZero() || h.load(acme, open.ID).StateAt(h.Now().Add(100_000*time.Hour)) != delegation.Active {
			t.Errorf("without a cap it ends at %v", open.EndsAt)
		}
	})
}

func TestA8Purpose(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		for text, code := range map[string]string{"": "delegation.purpose_missing", "\u202eevael": "delegation.unreadable",
			strings.Repeat("x", 10_000): "delegation.too_long"} {
			wish := cover("bob", "ann")
			wish.Purpose = text
			e := err(h.Name(t.Context(), as(acme, "ann"), wish))
			refused(t, e, standin.Invalid, code)
			if e.(*standin.Error).Field != "purpose" {
				t.Errorf("the field is %s", e.(*standin.Error).Field)
			}
		}
		if d := h.name(delegation.Naming{Actors: []standin.PersonID{"bob"}, Principal: "ann", Purpose: " <script>leave</script> "}); h.load(acme, d.ID).Purpose != "<script>leave</script>" {
			t.Errorf("got %q", h.load(acme, d.ID).Purpose)
		}
	})
}

func TestLimitsAreChecked(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		for _, c := range []struct {
			kind   delegation.Kind
			limits rights.Limits
			code   string
			field  string
		}{
			{"", rights.Limits{Allow: []string{"desk:expense.fly"}}, "rights.unknown_action", "limits.allow"},
			{"", rights.Limits{Deny: []string{"nonsense"}}, "rights.permission_form", "limits.deny"},
			{"", rights.Limits{Units: []standin.UnitID{"moon"}}, "delegation.unit_unknown", "limits.units"},
			{"", rights.Limits{Units: []standin.UnitID{"a\x00"}}, "delegation.unit_unknown", "limits.units"},
			{"", rights.Limits{Allow: make([]string, 501)}, "delegation.too_many_limits", "limits"},
			{"", rights.Limits{Sealed: true, ReadOnly: true, Allow: []string{"desk:expense.view/account"}}, "", ""},
			{"entry", rights.Limits{}, "delegation.entry_nothing", "limits.allow"},
			{"entry", rights.Limits{Allow: []string{"desk:expense.view"}}, "delegation.entry_line", "limits.allow"},
			{"entry", rights.Limits{Allow: []string{"desk:*.*"}}, "delegation.entry_line", "limits.allow"},
			{"entry", rights.Limits{Allow: []string{"desk:expense.leave"}}, "delegation.entry_line", "limits.allow"},
			{"entry", rights.Limits{Allow: []string{"standin:delegation.manage"}}, "delegation.entry_line", "limits.allow"},
			{"entry", rights.Limits{Allow: []string{"desk:expense.enter@own"}}, "", ""},
			{"agent", rights.Limits{}, "delegation.kind", "kind"},
		} {
			wish := cover("bob", "ann")
			wish.Kind, wish.Limits = c.kind, c.limits
			e := err(h.Name(t.Context(), as(acme, "ann"), wish))
			if standin.CodeOf(e) != c.code || e != nil && e.(*standin.Error).Field != c.field {
				t.Errorf("%s %+v: got %v, want %s on %s", c.kind, c.limits, e, c.code, c.field)
			}
		}
	})
}

// TestThreat8Duplicates: the same two people, kind and limits at overlapping times are one thing said twice; with other limits they
// are two delegations, which never merge (THREATS 8).
func TestThreat8Duplicates(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		first := h.name(cover("bob", "ann"))
		e := err(h.Name(t.Context(), as(acme, "ann"), cover("bob", "ann")))
		refused(t, e, standin.Conflict, "delegation.duplicate")
		if got := e.(*standin.Error).Args; got["delegation"] != string(first.ID) || got["name"] != "Bob Ito" {
			t.Errorf("got %v", got)
		}
		limited := cover("bob", "ann")
		limited.Limits.ReadOnly = true
		second := h.name(limited)
		later := cover("bob", "ann")
		later.Start, later.End = first.EndsAt, first.EndsAt.Add(day)
		h.name(later)
		h.name(standby("bob", "ann"))
		h.name(cover("ann", "bob")) // circular, which is allowed
		list, e := h.ListForActor(t.Context(), as(acme, "bob"), "bob", false)
		if e != nil || len(list) != 4 {
			t.Fatalf("got %v, %v, want four", list, e)
		}
		refused(t, err(h.Edit(t.Context(), as(acme, "ann"), second.ID, delegation.Change{Limits: &rights.Limits{}})), standin.Conflict, "delegation.duplicate")
		must(h.Revoke(t.Context(), as(acme, "ann"), first.ID))(t)
		h.name(cover("bob", "ann"))
		h.explained()
	})
}

func TestThreat44InactivePeople(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		d := h.name(standby("bob", "ann"))
		if e := h.Directory.Deactivate(t.Context(), operator(acme), "bob"); e != nil {
			t.Fatal(e)
		}
		refused(t, err(h.Name(t.Context(), as(acme, "cem"), cover("bob", "cem"))), standin.Invalid, "delegation.inactive_person")
		refused(t, err(h.Name(t.Context(), as(acme, "boss"), cover("cem", "bob"))), standin.Invalid, "delegation.inactive_person")
		refused(t, err(h.Name(t.Context(), as(acme, "bob"), cover("cem", "bob"))), standin.Invalid, "delegation.inactive_person")
		refused(t, err(h.Enable(t.Context(), as(acme, "ann"), d.ID, time.Hour)), standin.Invalid, "delegation.inactive_person")
		must(h.Edit(t.Context(), as(acme, "ann"), d.ID, delegation.Change{Purpose: new("illness")}))(t)
		must(h.Revoke(t.Context(), as(acme, "ann"), d.ID))(t)
	})
}
