package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/web/webtest"
)

const fences = `@id("idle") forbid (principal, action, resource) when { context.acting };`

// TestB11RulesOnPages: guardrails are tried before they hold; what takes one away waits for a second person.
func TestB11RulesOnPages(t *testing.T) {
	inOffice(t, func(t *testing.T, h *webtest.House) {
		const at = "/organisation/rules"
		h.As("hanna").Get(at).Is(t, http.StatusForbidden)
		b := h.As("boss")
		p := b.Get(at).Is(t, http.StatusOK)
		was := p.Find("textarea[name=guardrails]").Text()
		b.Post(at, sent(p, at, "guardrails", was+"\nforbid (principal, action, resource", "do", "try")...).Is(t, http.StatusUnprocessableEntity).Problem(t, "guardrails", "line")
		told := b.Post(at, sent(p, at, "guardrails", was+"\n"+fences, "do", "try")...).Is(t, http.StatusOK)
		told.Says(t, "What these guardrails would do", "Nothing is saved yet", "idle")
		if b.Get(at).Find("textarea[name=guardrails]").Text() != was {
			t.Fatal("trying saved")
		}
		asked := b.Post(at, sent(told, at, "actor", "bilal@acme.example", "principal", "ada@acme.example", "action", "desk:expense.view", "properties", "amount = 9000", "do", "ask")...)
		asked.Is(t, http.StatusOK).Says(t, "idle")
		b.Post(at, sent(told, at, "actor", "nobody@acme.example", "action", "desk:expense.view", "do", "ask")...).Is(t, http.StatusUnprocessableEntity).Problem(t, "actor", "Nobody here")
		b.Post(at, sent(told, at, "actor", "bilal@acme.example", "action", "desk:expense.view", "properties", "amount", "do", "ask")...).
			Is(t, http.StatusUnprocessableEntity).Problem(t, "properties", "no property")
		b.Post(at, sent(told, at, "do", "save")...).Leads(t, at)
		if got := b.Get(at).Find("textarea[name=guardrails]").Text(); !strings.Contains(got, "idle") {
			t.Errorf("got %q", got)
		}
		b.Post(at, sent(p, at, "guardrails", was+"\n"+fences+fences, "do", "save", "told", "x")...).Is(t, http.StatusOK) // it is told first
		late := b.Post(at, sent(p, at, "guardrails", "", "do", "try")...).Is(t, http.StatusOK).Says(t, "somebody else must confirm it")
		b.Post(at, sent(late, at, "do", "save")...).Says(t, "Somebody else was faster")
	})
}

// TestThreat17OnPages: who proposed something cannot confirm it, on the page either.
func TestThreat17OnPages(t *testing.T) {
	inOffice(t, func(t *testing.T, h *webtest.House) {
		const at = "/organisation/rules"
		promote(t, h)
		b := h.As("boss")
		p := b.Get(at)
		told := b.Post(at, sent(p, at, "guardrails", fences, "do", "try")...)
		b.Post(at, sent(told, at, "do", "save")...).Leads(t, at)
		told = b.Post(at, sent(b.Get(at), at, "guardrails", "", "do", "try")...).Says(t, "somebody else must confirm it")
		b.Post(at, sent(told, at, "do", "save")...).Leads(t, at)
		open := b.Get(at).Says(t, "Waiting for a second person", "You proposed this").Hides(t, "Confirm")
		decline := open.Find("form[action$='/decline']").AttrOr("action", "")
		confirm := strings.TrimSuffix(decline, "decline") + "confirm"
		b.Post(confirm).Is(t, http.StatusForbidden).Says(t, "Somebody else must")
		other := h.As("hanna")
		other.Get(at).Says(t, "Waiting for a second person", "Confirm")
		other.Post(confirm).Leads(t, at)
		other.Get(at).Says(t, "confirmed").Hides(t, "Waiting for a second person")
		if got := b.Get(at).Find("textarea[name=guardrails]").Text(); got != "" {
			t.Errorf("got %q", got)
		}
	})
}

// TestCataloguesOnPages: an application is added and changed, with what that takes away told first.
func TestCataloguesOnPages(t *testing.T) {
	inOffice(t, func(t *testing.T, h *webtest.House) {
		const list, add = "/apps", "/organisation/applications/catalogues/new"
		h.As("hanna").Get(add).Is(t, http.StatusForbidden)
		b := h.As("boss")
		types := "case:\n  label: Case file\n  actions:\n    view: {}\n    close: {approves: true}\n"
		b.Post(add, sent(b.Get(add), add, "short", "court", "name", "Court", "types", types+" x", "do", "check")...).Is(t, http.StatusUnprocessableEntity).Problem(t, "types", "Line")
		b.Post(add, sent(b.Get(add), add, "short", "court", "name", "Court", "types", types)...).Leads(t, list)
		b.Post(add, sent(b.Get(add), add, "short", "court", "name", "Court", "types", types)...).Is(t, http.StatusConflict).Problem(t, "short", "already")
		const at = "/organisation/applications/catalogues/court"
		b.Get(list).Says(t, "Court", "case (2)")
		p := b.Get(at).Is(t, http.StatusOK).Says(t, "Case file", "judges somebody’s item")
		told := b.Post(at, sent(p, at, "types", strings.Replace(types, "    view: {}\n", "    view: {label: Look}\n", 1))...)
		told.Leads(t, list)
		late := b.Post(at, sent(p, at, "name", "High court", "do", "save")...).Is(t, http.StatusConflict).Says(t, "Somebody else was faster")
		if late.Value("name") != "High court" {
			t.Errorf("got %q, want what was typed", late.Value("name"))
		}
		alone := strings.Replace(types, "{approves: true}", "{}", 1)
		b.Post(at, sent(b.Get(at), at, "types", alone)...).Is(t, http.StatusForbidden).Says(t, "nobody else may")
		promote(t, h)
		told = b.Post(at, sent(b.Get(at), at, "types", alone)...).Is(t, http.StatusOK).Says(t, "Somebody else must confirm this")
		b.Post(at, sent(told, at, "do", "save")...).Leads(t, "/organisation/rules")
		h.As("hanna").Get("/organisation/rules").Says(t, "The application Court", "Confirm")
		b.Get("/organisation/applications/catalogues/none").Is(t, http.StatusNotFound)
	})
}

// TestB11ApplicationsGuardrailsOnPages: an application's own guardrails are tried on its page before they hold, and that
// saves nothing.
func TestB11ApplicationsGuardrailsOnPages(t *testing.T) {
	inOffice(t, func(t *testing.T, h *webtest.House) {
		const at = "/organisation/applications/catalogues/desk"
		b := h.As("boss")
		p := b.Get(at).Is(t, http.StatusOK)
		was := p.Find("textarea[name=guardrails]").Text()
		b.Post(at, sent(p, at, "guardrails", "forbid (principal, action, resource", "do", "try")...).Is(t, http.StatusUnprocessableEntity).Problem(t, "guardrails", "line")
		tried := b.Post(at, sent(p, at, "name", "Desk of all", "guardrails", fences, "do", "try")...).Is(t, http.StatusOK)
		tried.Says(t, "What these guardrails would do", "Tried against", "Nothing is saved yet", "idle")
		if got := tried.Value("name"); got != "Desk of all" {
			t.Errorf("got the name %q, want what was typed", got)
		}
		ask := func(actor, action string) *webtest.Answer {
			return b.Post(at, sent(tried, at, "actor", actor, "principal", "ada@acme.example", "action", action, "do", "ask")...)
		}
		asked := ask("bilal@acme.example", "desk:expense.view").Is(t, http.StatusOK)
		if got := asked.Find("#asking [role=status]").Text(); !strings.Contains(got, "No guardrail objects") || !strings.Contains(got, "idle") {
			t.Errorf("got %q, want no objection before and one after", got)
		}
		ask("nobody@acme.example", "desk:expense.view").Is(t, http.StatusUnprocessableEntity).Problem(t, "actor", "Nobody here")
		ask("bilal@acme.example", "").Is(t, http.StatusUnprocessableEntity).Problem(t, "action", "No application knows")
		if now := b.Get(at); now.Find("textarea[name=guardrails]").Text() != was || now.Value("name") == "Desk of all" {
			t.Error("trying saved")
		}
		for _, do := range []string{"try", "ask"} {
			h.As("hanna").Post(at, "guardrails", fences, "do", do).Is(t, http.StatusForbidden)
		}
	})
}

// TestB11TryingNeedsGuardrails: who may change applications and not guardrails is not offered to try them, and is refused.
func TestB11TryingNeedsGuardrails(t *testing.T) {
	inOffice(t, func(t *testing.T, h *webtest.House) {
		const at = "/organisation/applications/catalogues/desk"
		op := standin.OperatorCaller("acme", "test")
		if _, err := h.Directory.PutRole(t.Context(), op, rights.Role{ID: "keeper", Rank: 3, Allow: []string{"standin:settings.manage@org"}}, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Directory.Hold(t.Context(), op, "ada", "keeper", ""); err != nil {
			t.Fatal(err)
		}
		ada := h.As("ada")
		p := ada.Get(at).Is(t, http.StatusOK).Hides(t, "Try the guardrails", "Ask one question")
		for _, do := range []string{"try", "ask"} {
			ada.Post(at, sent(p, at, "actor", "bilal@acme.example", "action", "desk:expense.view", "do", do)...).Is(t, http.StatusForbidden)
		}
	})
}

// promote makes hanna one who may change rules.
func promote(t *testing.T, h *webtest.House) {
	t.Helper()
	if _, err := h.Directory.Hold(t.Context(), standin.OperatorCaller("acme", "test"), "hanna", "super", ""); err != nil {
		t.Fatal(err)
	}
}

// TestRulesInTheMenu: who may edit guardrails and nothing else finds them, and nothing else.
func TestRulesInTheMenu(t *testing.T) {
	inOffice(t, func(t *testing.T, h *webtest.House) {
		op := standin.OperatorCaller("acme", "test")
		if _, err := h.Directory.PutRole(t.Context(), op, rights.Role{ID: "warden", Rank: 3, Allow: []string{"standin:guardrail.edit@org"}}, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Directory.Hold(t.Context(), op, "ada", "warden", ""); err != nil {
			t.Fatal(err)
		}
		p := h.As("ada").Get("/").Is(t, http.StatusOK)
		if p.Find("a[href='/organisation/rules']").Length() != 1 || p.Find("a[href='/organisation']").Length() != 0 {
			t.Error("the menu does not lead to the rules alone")
		}
		rules := h.As("ada").Get("/organisation/rules").Is(t, http.StatusOK)
		if got := rules.Find("nav.tabs a").Length(); got != 1 {
			t.Errorf("got %d tabs, want the rules alone", got)
		}
		if got := h.As("boss").Get("/organisation").Find("nav.tabs a").Length(); got != 6 {
			t.Errorf("got %d tabs, want all", got)
		}
	})
}
