package web

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/web/webtest"
)

func query(path string, pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return path + "?" + values.Encode()
}

// TestB10WhyAndWhatWouldChangeIt: the answer, the rule that decides and what would turn it, for an actor, a principal, an
// action, a record and an instant.
func TestB10WhyAndWhatWouldChangeIt(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("bilal")
		b.Get("/cover/d-bilal").Says(t, "May they do this, and why?")
		b.Get("/why?delegation=d-bilal").Is(t, http.StatusOK).Says(t, "Ada Lindqvist (for Bilal Kaya)").Hides(t, "The rule that decides")
		ask := func(b *webtest.Browser, pairs ...string) *webtest.Answer { return b.Get(query("/why", pairs...)) }
		ask(b, "delegation", "d-bilal", "what", "desk:expense.approve", "owner", "other", "unit", "sales").Is(t, http.StatusOK).
			Says(t, "Yes", "Ada Lindqvist may do this for Bilal Kaya: Expense: approve", "Workdesk: Expense, approve (only their unit)", "What would change it", "Wed 11 Nov, 24:00")
		ask(b, "delegation", "d-bilal", "what", "desk:expense.approve", "owner", "actor", "unit", "sales").Is(t, http.StatusOK).
			Says(t, "No", "Nobody judges an item that they own or entered themselves")
		ask(b, "delegation", "d-bilal", "what", "desk:expense.approve", "owner", "other", "unit", "sales", "day", "2027-01-01").Is(t, http.StatusOK).
			Says(t, "No", "no delegation between the two that can be used at that time")
		ask(b, "what", "desk:expense.reimburse", "owner", "other", "unit", "sales").Is(t, http.StatusOK).Says(t, "Bilal Kaya may not do this in their own name", "No role allows this")
		ask(b, "what", "desk:expense.view", "actor", "ada", "owner", "principal").Is(t, http.StatusOK).Says(t, "Ada Lindqvist may do this for Bilal Kaya")
		ask(b, "what", "everything", "day", "soon", "properties", "no property").Is(t, http.StatusUnprocessableEntity).
			Problem(t, "what", "Choose what").Problem(t, "day", "not a date").Problem(t, "properties", "name: value")
		for _, path := range []string{"/why?principal=chiara", "/why?principal=rita", "/why?delegation=d-rival", "/why?delegation=d-chiara", "/why?principal=ada&what=desk:expense.view"} {
			b.Get(path).Is(t, http.StatusNotFound)
		}
		ada := h.As("ada")
		ask(ada, "delegation", "d-limited", "what", "desk:expense.approve", "owner", "other", "unit", "sales").Is(t, http.StatusOK).Says(t, "Ada Lindqvist may not do this for Hanna Resch")
		boss := h.As("boss")
		boss.Get("/why?for=bil").Is(t, http.StatusOK).Says(t, "Bilal Kaya")
		ask(boss, "principal", "bilal", "actor", "ada", "what", "desk:expense.approve", "owner", "other", "unit", "sales").Is(t, http.StatusOK).Says(t, "Ada Lindqvist may do this for Bilal Kaya")
	})
}

// TestB9SeeAsThisPersonWithTheseLimits: an administrator sees what somebody could do, before anything is granted; others
// do not even see that there is such a person.
func TestB9SeeAsThisPersonWithTheseLimits(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("boss")
		p := b.Get("/see/bilal").Is(t, http.StatusOK).Says(t, "See as Bilal Kaya", "Everything Bilal Kaya can do")
		if got := p.Section("could"); got == "" {
			t.Fatal("got no list of what they could do")
		}
		p.Says(t, "They could Workdesk ExpenseView what is Bilal Kaya’s own, and in sales")
		b.Get(query("/see/bilal", "what", "view")).Says(t, "Closed to them Workdesk ExpenseApprove in sales")
		b.Get(query("/see/bilal", "what", "full", "field", "desk:expense/bank_account")).Says(t, "They would see confidential dataExpense: Bank account")
		b.Get(query("/see/bilal", "what", "areas")).Is(t, http.StatusUnprocessableEntity).Problem(t, "area", "at least one line")
		b.Get(query("/see/bilal", "what", "areas", "line", "payroll:salary.view")).Is(t, http.StatusUnprocessableEntity).Problem(t, "area", "payroll")
		b.Get(query("/see/bilal", "what", "full", "do", "tick.general")).Is(t, http.StatusOK)
		if n := len(h.Named("bilal")); n != 1 {
			t.Errorf("got %d delegations of bilal's, want none more by looking", n)
		}
		for _, id := range []string{"rita", "nobody"} {
			b.Get("/see/"+id).Is(t, http.StatusNotFound)
		}
		h.As("hanna").Get("/see/noor").Is(t, http.StatusNotFound)
		ada := h.As("ada")
		ada.Get("/see/bilal").Is(t, http.StatusNotFound)
		ada.Act("d-bilal")
		ada.Get("/see/bilal").Is(t, http.StatusNotFound)
	})
}

// TestB9SealedDataIsWarnedAboutByName is what the last page before naming says, by the names of who would see it and of
// what they would see.
func TestB9SealedDataIsWarnedAboutByName(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/cover/name")
		b.Post("/cover/name", form("do", "check", "actor", "bilal", "actor", "chiara", "when", "week", "sealed", "yes")...).Is(t, http.StatusOK).
			Says(t, "Bilal Kaya would see: Expense: Bank account", "Chiara Moretti would see: Expense: Bank account")
		b.Post("/cover/name", form("do", "check", "actor", "bilal", "when", "week")...).Is(t, http.StatusOK).Hides(t, "would see")
	})
}

// TestB3NarrowingHoldsInWhatTheyCould: once it is narrowed, the page of why says so at once.
func TestB3NarrowingHoldsInWhatTheyCould(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("bilal")
		ask := query("/why", "delegation", "d-bilal", "what", "desk:expense.approve", "owner", "other", "unit", "sales")
		b.Get(ask).Says(t, "Yes")
		if _, err := h.Delegations.Edit(t.Context(), h.Caller("bilal"), "d-bilal", delegation.Change{Limits: &rights.Limits{ReadOnly: true}}); err != nil {
			t.Fatal(err)
		}
		b.Get(ask).Says(t, "No", "The delegation is for viewing only", "What would change it")
		h.Pass(time.Minute)
		b.Get(query("/why", "delegation", "d-bilal", "what", "desk:expense.view", "owner", "other", "unit", "sales")).Says(t, "Yes")
	})
}
