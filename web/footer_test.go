package web

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/web/webtest"
	"github.com/standin-id/standin/web/words"
)

// TestH6TheFootersLanguageIsThePersons: what somebody chooses in their own name is theirs, so that the banner in applications
// speaks it; while acting, signed out, or under a page made for somebody else, the browser alone keeps it.
func TestH6TheFootersLanguageIsThePersons(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		language := func(want string) {
			t.Helper()
			var got string
			if err := h.DB.View(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				p, err := h.Directory.Person(ctx, tx, webtest.Acme, "ada")
				got = p.Language
				return err
			}); err != nil || got != want {
				t.Errorf("got language %q, %v, want %q", got, err, want)
			}
		}
		h.Browser("en").Post("/preferences", "language", "de", "return", "/signin").Leads(t, "/signin")
		b := h.As("ada")
		language("")
		b.Get("/")
		b.Post("/preferences", "language", "de", "return", "/audit").Leads(t, "/audit")
		language("de")
		b.Post("/preferences", "language", "de", "return", "/")
		b.Post("/preferences", "language", "xx", "return", "/")
		b.Post("/preferences", "language", "en", "return", "/", "identity", "bilal.0123456789abcdef")
		language("de")
		b.Act("d-bilal")
		b.Post("/preferences", "language", "en", "return", "/").Leads(t, "/")
		if got := b.Get("/").Banner(); !strings.Contains(got, "You are acting for Bilal Kaya.") {
			t.Errorf("got banner %q, want the browser's language", got)
		}
		language("de")
		if got := h.Records(ledger.Filter{Action: "person.preferences"}); len(got) != 1 || got[0].Actor != standin.PersonActor("ada") || got[0].Principal != "" {
			t.Errorf("got records %v, want the one change in one's own name", got)
		}
	})
}

// TestF2AuditFiltersWhatApplicationsTold: by the kinds of things in each application, and what was not believed.
func TestF2AuditFiltersWhatApplicationsTold(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		if err := h.DB.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			for _, r := range []ledger.Record{{Action: "desk:expense.approve", Resource: "desk:expense/e-1", Outcome: ledger.Done},
				{Action: "deed.refuse", Resource: "key:desk", Outcome: ledger.Refused, Reasons: []string{"deeds.not_live"}}} {
				r.Organisation, r.Actor, r.At = webtest.Acme, standin.PersonActor("ada"), h.Now()
				if _, err := h.Ledger.Append(ctx, tx, r); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		b := h.As("chiara")
		options := b.Get("/audit").Is(t, http.StatusOK).Find(`#action optgroup[label="In Workdesk"] option[value="desk:expense."]`)
		if got := options.Text(); got != "Expense" {
			t.Errorf("got %q offered, want the application's expenses", got)
		}
		p := b.Get("/audit?action=desk:expense.")
		if got := rows(p); len(got) != 1 || got[0] != "Ada Lindqvist|themselves|desk:expense.approve|Done" || p.Find("#action option[selected]").Text() != "Expense" {
			t.Errorf("got rows %q, want the approval alone, and its kind picked", got)
		}
		if got := rows(b.Get("/audit?action=deed.")); len(got) != 1 {
			t.Errorf("got rows %q, want what was not believed", got)
		}
		b.Get("/audit?action=desk:expense.approve").Says(t, "Workdesk: Expense, approve")
	})
}

// TestEndsAreSaidInWords: how acting, a sign-in to an application or a limit ended is never shown as its code.
func TestEndsAreSaidInWords(t *testing.T) {
	for _, lang := range words.Languages() {
		w := words.In(lang)
		for _, how := range []string{string(acting.Stopped), string(acting.Switched), string(acting.SignedOut), string(acting.TimeUp), string(acting.LimitReached),
			string(acting.Withdrawn), string(acting.Revoked), string(acting.LaidDown), string(acting.DelegationOver), string(acting.DelegationPaused),
			string(acting.ActorInactive), string(acting.PrincipalInactive), string(token.Revoked), string(token.Reused), string(token.CodeReused),
			string(token.SignedOut), string(token.Withdrawn), string(token.Fallen), string(token.ClientLogout), string(token.Tried),
			delegation.EditedWidened, delegation.EditedNarrowed, delegation.EndedRevoked, delegation.EndedLaidDown} {
			if !w.Has("audit.how." + how) {
				t.Errorf("%s has no words for %q", lang, how)
			}
		}
	}
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Act("d-bilal")
		b.Post("/stop")
		b.Get("/audit").Says(t, "Stopped acting", "by themselves")
	})
}
