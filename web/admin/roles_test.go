package admin_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin/web/webtest"
)

// TestA10RolesOnPages: a role is made, changed with what that gives and takes told first, and never by who holds it.
func TestA10RolesOnPages(t *testing.T) {
	inOffice(t, func(t *testing.T, h *webtest.House) {
		const at = "/organisation/roles/manager"
		h.As("hanna").Get(at).Is(t, http.StatusForbidden)
		b := h.As("boss")
		b.Get("/organisation/roles").Is(t, http.StatusOK).Says(t, "manager", "1 person", "Bilal Kaya")
		p := b.Get(at).Is(t, http.StatusOK).Says(t, "Workdesk · Cost centre", "Bilal Kaya")
		if got := p.Find("[name='p.desk.expense.approve'] option[selected]").AttrOr("value", ""); got != "unit" {
			t.Errorf("got scope %q, want the unit", got)
		}
		told := b.Post(at, sent(p, at, "name", "Team lead", "p.desk.expense.approve", "", "p.desk.expense.reimburse", "unit")...).Is(t, http.StatusOK)
		told.Says(t, "Saving this has consequences", "approve", "reimburse")
		b.Post(at, sent(told, at, "do", "save")...).Leads(t, "/organisation/roles")
		b.Get("/organisation/roles").Says(t, "Team lead")
		late := b.Post(at, sent(p, at, "rank", "11")...).Is(t, http.StatusConflict).Says(t, "Somebody else was faster")
		if late.Value("rank") != "11" {
			t.Errorf("got rank %q, want what was typed", late.Value("rank"))
		}
		b.Post(at, sent(b.Get(at), at, "further", "desk:nothing.view")...).Is(t, http.StatusUnprocessableEntity)
		const own = "/organisation/roles/super"
		b.Post(own, sent(b.Get(own), own, "name", "Highest", "do", "save")...).Is(t, http.StatusForbidden).Says(t, "You hold this role yourself")
		const fresh = "/organisation/roles/new"
		b.Post(fresh, sent(b.Get(fresh), fresh, "short", "clerk", "rank", "5", "p.desk.expense.view", "own")...).Leads(t, "/organisation/roles")
		b.Post(fresh, sent(b.Get(fresh), fresh, "short", "clerk", "rank", "5")...).Is(t, http.StatusConflict).Problem(t, "short", "already")
		b.Get("/organisation/roles/nobody").Is(t, http.StatusNotFound)
	})
}

// TestA10ARoleIsTestedOnItsPage: what the role would answer as it is typed, and by which line, before it is saved.
func TestA10ARoleIsTestedOnItsPage(t *testing.T) {
	inOffice(t, func(t *testing.T, h *webtest.House) {
		const at, fresh = "/organisation/roles/manager", "/organisation/roles/new"
		b := h.As("boss")
		p := b.Get(at).Is(t, http.StatusOK)
		test := func(pairs ...string) *webtest.Answer {
			return b.Post(at, sent(p, at, append(pairs, "test_owner", "other", "do", "test")...)...)
		}
		said := func(a *webtest.Answer, want ...string) {
			t.Helper()
			got := a.Is(t, http.StatusOK).Find("#testing [role=status]").Text()
			for _, w := range want {
				if !strings.Contains(got, w) {
					t.Errorf("got %q, want %q", got, w)
				}
			}
		}
		question := []string{"test_person", "bilal@acme.example", "test_action", "desk:expense.approve", "test_unit", "sales/emea"}
		said(test(append(question, "p.desk.expense.approve", "org")...), "Yes, they might", `The role "Manager" allows`)
		said(test(append(question, "p.desk.expense.approve", "")...), "No, they might not")
		said(test("test_person", "ada@acme.example", "test_action", "desk:expense.approve", "test_unit", "finance", "p.desk.expense.approve", "org"),
			"Yes, they might", "They do not hold this role", "As things are: No")
		test("test_person", "nobody@acme.example", "test_action", "desk:expense.approve").Is(t, http.StatusUnprocessableEntity).Problem(t, "test_person", "Nobody here")
		test("test_person", "bilal@acme.example").Is(t, http.StatusUnprocessableEntity).Problem(t, "test_action", "Choose")
		if got := b.Get(at).Find("[name='p.desk.expense.approve'] option[selected]").AttrOr("value", ""); got != "unit" {
			t.Errorf("got scope %q, want that testing saves nothing", got)
		}
		said(b.Post(fresh, sent(b.Get(fresh), fresh, "short", "clerk", "rank", "5", "p.desk.expense.view", "org", "test_person", "ada@acme.example",
			"test_action", "desk:expense.view", "test_owner", "other", "do", "test")...), "Yes, they might", `The role "Clerk" allows`)
		b.Get("/organisation/roles/clerk").Is(t, http.StatusNotFound)
		h.As("hanna").Post(at, "do", "test", "test_person", "ada@acme.example", "test_action", "desk:expense.view", "rank", "1").Is(t, http.StatusForbidden)
	})
}

// TestA10UnitsOnPages: units are added, moved with all that is in them, and ended where their people have another place.
func TestA10UnitsOnPages(t *testing.T) {
	inOffice(t, func(t *testing.T, h *webtest.House) {
		h.As("hanna").Get("/organisation/units").Is(t, http.StatusForbidden)
		b := h.As("boss")
		b.Get("/organisation/units").Is(t, http.StatusOK).Says(t, "sales/emea")
		const add = "/organisation/units/new"
		b.Post(add, sent(b.Get(add+"?unit=sales"), add, "name", "apac")...).Leads(t, "/organisation/units")
		b.Post(add, sent(b.Get(add+"?unit=sales"), add, "name", "apac")...).Is(t, http.StatusConflict).Problem(t, "name", "already")
		const under = "/organisation/units/move?unit=sales"
		b.Post(under, sent(b.Get(under), under, "name", "sales", "parent", "sales/emea")...).Is(t, http.StatusUnprocessableEntity).Says(t, "cannot be moved under itself")
		const move = "/organisation/units/move?unit=sales%2Femea"
		told := b.Post(move, sent(b.Get(move), move, "name", "europe")...).Is(t, http.StatusOK).Says(t, "Saving this has consequences", "Ada Lindqvist")
		b.Post(move, sent(told, move, "do", "save")...).Leads(t, "/organisation/units")
		b.Get("/organisation/units").Says(t, "sales/europe").Hides(t, "sales/emea")
		const end = "/organisation/units/end?unit=sales%2Feurope"
		b.Post(end, sent(b.Get(end), end)...).Is(t, http.StatusConflict).Problem(t, "heir", "Say which unit they go to")
		told = b.Post(end, sent(b.Get(end), end, "heir", "finance")...).Is(t, http.StatusOK).Says(t, "Ada Lindqvist")
		b.Post(end, sent(told, end, "do", "save")...).Leads(t, "/organisation/units")
		b.Get("/organisation/units").Hides(t, "sales/europe")
	})
}

// TestKeysAndClientsOnPages: a secret is shown once; another one overlaps with it; what is over is refused.
func TestKeysAndClientsOnPages(t *testing.T) {
	inOffice(t, func(t *testing.T, h *webtest.House) {
		h.As("hanna").Get("/organisation/keys").Is(t, http.StatusForbidden)
		b := h.As("boss")
		const add = "/organisation/keys/new"
		b.Get("/organisation/keys").Is(t, http.StatusOK).Says(t, "There are no keys yet.")
		b.Post(add, sent(b.Get(add), add, "name", "Workdesk")...).Is(t, http.StatusUnprocessableEntity).Problem(t, "may", "at least one")
		made := b.Post(add, sent(b.Get(add), add, "name", "Workdesk", "may", "decide", "may", "record", "expires", "2026-12-31")...).Is(t, http.StatusOK).Says(t, "The secret is shown only now.")
		first := codes(made)
		if _, err := h.Applications.Key(t.Context(), first[1]); err != nil {
			t.Fatalf("got %v, want the key that was shown to work", err)
		}
		at := "/organisation/keys/" + first[0]
		own := codes(b.Post(add, sent(b.Get(add).Says(t, "Record what was done in Workdesk"), add, "name", "Its own", "may", "record:desk")...).Is(t, http.StatusOK))
		if c, err := h.Applications.Key(t.Context(), own[1]); err != nil || !c.EntitledIn("record", "desk") || c.EntitledIn("record", "payroll") {
			t.Errorf("got %+v (%v), want a key for one application", c, err)
		}
		b.Get("/organisation/keys").Says(t, "Record what was done in Workdesk")
		b.Post("/organisation/keys/"+own[0]+"/end").Leads(t, "/organisation/keys")
		p := b.Get(at).Is(t, http.StatusOK)
		if got := p.Picked("may"); !slices.Equal(got, []string{"decide", "record"}) || p.Value("expires") != "2026-12-31" {
			t.Errorf("got %q until %q, want what was made", got, p.Value("expires"))
		}
		if strings.Contains(p.Source, first[1]) {
			t.Error("the secret is shown again")
		}
		b.Post(at, sent(p, at, "name", "Workdesk, new")...).Leads(t, "/organisation/keys")
		b.Post(at, sent(p, at, "name", "Workdesk, other")...).Is(t, http.StatusConflict).Says(t, "Now: Workdesk, new", "Yours: Workdesk, other")
		second := codes(b.Post(at+"/rotate", "overlap", "1h").Is(t, http.StatusOK).Says(t, "The one before works until"))
		for _, secret := range []string{first[1], second[1]} {
			if _, err := h.Applications.Key(t.Context(), secret); err != nil {
				t.Errorf("got %v, want both to work for an hour", err)
			}
		}
		h.Pass(2 * time.Hour)
		if _, err := h.Applications.Key(t.Context(), first[1]); err == nil {
			t.Error("the secret before works on")
		}
		b = h.As("boss")
		b.Get(at)
		b.Post(at+"/end").Leads(t, "/organisation/keys")
		if _, err := h.Applications.Key(t.Context(), second[1]); err == nil {
			t.Error("the ended key works on")
		}
		b.Get("/organisation/keys/k-of-nobody").Is(t, http.StatusNotFound)
	})
}

// codes are the identifier and the secret that the page shows.
func codes(p *webtest.Answer) [2]string {
	found := p.Find("main .facts code")
	return [2]string{found.First().Text(), found.Last().Text()}
}
