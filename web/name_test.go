package web

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/web/webtest"
)

// form are the inputs of a good form of naming, with changes.
func form(changes ...string) []string {
	return changed([]string{"what", "full", "why", "leave"}, changes...)
}

// changed returns the inputs with the changes in place of those of the same names.
func changed(all []string, changes ...string) []string {
	for i := 0; i+1 < len(changes); i += 2 {
		all = except(all, changes[i])
	}
	return append(all, changes...)
}

func except(pairs []string, name string) (left []string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] != name {
			left = append(left, pairs[i], pairs[i+1])
		}
	}
	return left
}

func TestA1NameAStandIn(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		page := b.Get("/cover/name").Is(t, http.StatusOK).Says(t, "Bilal Kaya", "Europe/Berlin", "At most 90 days", "Until the end of Sun 8 Nov").Hides(t, "Ada Lindqvist")
		if got := page.Picked("when"); !slices.Equal(got, []string{"week"}) {
			t.Errorf("got %v preset, want this week", got)
		}
		check := b.Post("/cover/name", form("do", "check", "actor", "bilal", "when", "week")...).Is(t, http.StatusOK)
		check.Says(t, "Bilal Kaya can act for Ada Lindqvist from today, 10:00 until Sun 8 Nov, 24:00", "Annual leave",
			"Workdesk ExpenseView only what is Ada Lindqvist’s own", "Sealed fields stay hidden: Expense: Bank account", "Never more than Ada Lindqvist may do")
		if len(h.Named("ada")) != 0 {
			t.Fatal("something was named before it was confirmed")
		}
		b.Follow(b.Confirmed().Leads(t, "/")).Says(t, "Done. They have been told.", "Bilal Kaya")
		named := h.Named("ada")
		if len(named) != 1 || named[0].Actor != "bilal" || named[0].Purpose != "Annual leave" || !named[0].Limits.Empty() {
			t.Fatalf("got %+v, want bilal for annual leave", named)
		}
		if want := time.Date(2026, 11, 8, 23, 0, 0, 0, time.UTC); !named[0].EndsAt.Equal(want) {
			t.Errorf("got an end at %v, want Sunday's midnight in Berlin, %v", named[0].EndsAt, want)
		}
	})
}

func TestA1SeveralAtOnceAndTheLastOnesFirst(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/cover/name")
		b.Post("/cover/name", form("do", "check", "actor", "noor", "actor", "chiara", "when", "open")...).Is(t, http.StatusOK)
		b.Confirmed().Leads(t, "/")
		if got := len(h.Named("ada")); got != 2 {
			t.Fatalf("got %d delegations, want one for each", got)
		}
		page := b.Get("/cover/name")
		var last []string
		for _, n := range page.Find(".tick:has(.badge) input[name=actor]").EachIter() {
			last = append(last, n.AttrOr("value", ""))
		}
		slices.Sort(last)
		if !slices.Equal(last, []string{"chiara", "noor"}) {
			t.Errorf("got %v marked as named last time, want both", last)
		}
		page.Says(t, "Stands in already, until Sun 31 Jan 2027, 10:00")
	})
}

// TestNamingKeepsWhatWasTyped sends every wrong form and looks for what was typed and for the problem at its field.
func TestNamingKeepsWhatWasTyped(t *testing.T) {
	long := strings.Repeat("a", 10_000)
	cases := []struct {
		name, field, text string
		status            int
		form              []string
	}{
		{"nobody", "actor", "Choose at least one person", 422, []string{"when", "week"}},
		{"nobody there", "actor", "no such person", 404, []string{"actor", "nobody", "when", "week"}},
		{"of another organisation", "actor", "no such person", 404, []string{"actor", "rita", "when", "week"}},
		{"oneself", "actor", "Nobody stands in for themselves", 422, []string{"actor", "ada", "when", "week"}},
		{"no reason", "purpose", "say in a few words why", 422, []string{"actor", "bilal", "when", "week", "why", "", "purpose", ""}},
		{"long reason", "purpose", "too long", 422, []string{"actor", "bilal", "when", "week", "why", "else", "purpose", long}},
		{"unseen characters", "purpose", "cannot be seen", 422, []string{"actor", "bilal", "when", "week", "purpose", "for\u202egnp"}},
		{"no end", "end", "Choose a day", 422, []string{"actor", "bilal", "when", "leave", "start", "2026-11-05"}},
		{"no date", "start", "not a date", 422, []string{"actor", "bilal", "when", "leave", "start", "yesterday", "end", "2026-11-09"}},
		{"end before start", "end", "must be after the start", 422, []string{"actor", "bilal", "when", "leave", "start", "2026-11-20", "end", "2026-11-09"}},
		{"past start", "start", "lies in the past", 422, []string{"actor", "bilal", "when", "leave", "start", "2026-10-01", "end", "2026-11-09"}},
		{"past end", "end", "lies in the past", 422, []string{"actor", "bilal", "when", "leave", "end", "2026-11-01"}},
		{"over the cap", "end", "at most 90 days. The latest end is Sun 31 Jan 2027, 10:00.", 422, []string{"actor", "bilal", "when", "leave", "end", "2027-06-01"}},
		{"a far year", "end", "hundred years", 422, []string{"actor", "bilal", "when", "leave", "end", "9999-01-01"}},
		{"a time that clocks jump over", "end", "jump over 02:30", 422,
			[]string{"actor", "bilal", "when", "leave", "end", "2027-03-28", "end_time", "02:30"}},
		{"no area", "area", "at least one line", 422, []string{"actor", "bilal", "when", "week", "what", "areas"}},
		{"unknown area", "area", "payroll", 422, []string{"actor", "bilal", "when", "week", "what", "areas", "line", "payroll:salary.view"}},
		{"a sealed field alone", "field", "opens only together", 422, []string{"actor", "bilal", "when", "week", "what", "areas", "line", "standin:audit.view", "field", "desk:expense/bank_account"}},
		{"in no unit", "in_unit", "at least one unit", 422, []string{"actor", "bilal", "when", "week", "narrowed", "yes"}},
		{"in a unit that is not there", "in_unit", "moon", 422, []string{"actor", "bilal", "when", "week", "narrowed", "yes", "in_unit", "moon"}},
		{"nothing to enter", "entry", "Choose what they may enter", 422, []string{"actor", "bilal", "when", "week", "what", "entry"}},
		{"entry kept ready", "what", "cannot be kept ready", 422, []string{"actor", "bilal", "when", "standby", "what", "entry", "entry", "desk:expense.enter"}},
		{"no when", "when", "Choose when", 422, []string{"actor", "bilal"}},
		{"no what", "what", "Choose what", 422, []string{"actor", "bilal", "when", "week", "what", "everything"}},
	}
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/cover/name")
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				sent := changed(form("do", "check", "purpose", "with my family", "find", "b"), c.form...)
				got := b.Post("/cover/name", sent...).Is(t, c.status).Problem(t, c.field, c.text)
				for i := 0; i+1 < len(sent); i += 2 {
					name, value := sent[i], sent[i+1]
					switch name {
					case "do", "why":
					case "actor", "when", "what", "line", "entry", "field", "narrowed", "in_unit":
						if got.Find("main [name="+name+"][value='"+value+"']").Length() == 1 && !slices.Contains(got.Picked(name), value) {
							t.Errorf("%s is no longer %q", name, value)
						}
					default:
						if shown := got.Value(name); shown != value {
							t.Errorf("got %q in %s, want %q kept", beginning(shown), name, beginning(value))
						}
					}
				}
			})
		}
		if got := h.Named("ada"); len(got) != 0 {
			t.Errorf("got %d named by wrong forms, want none", len(got))
		}
	})
}

func beginning(s string) string { return s[:min(len(s), 60)] }

func TestNamingTwiceNamesOnce(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/cover/name")
		b.Post("/cover/name", form("do", "check", "actor", "bilal", "actor", "noor", "when", "today")...).Is(t, http.StatusOK)
		check := b.Seen
		b.Confirmed().Leads(t, "/")
		b.Seen = check
		b.Confirmed().Leads(t, "/")
		if got := len(h.Named("ada")); got != 2 {
			t.Errorf("got %d delegations after sending the form twice, want 2", got)
		}
		b.Get("/cover/name")
		other := b.Post("/cover/name", form("do", "confirm", "actor", "bilal", "actor", "chiara", "when", "today")...)
		other.Is(t, http.StatusConflict).Problem(t, "actor", "Bilal Kaya stands in already")
		h.Pass(3 * time.Minute)
		b.Seen = check
		b.Confirmed().Is(t, http.StatusConflict).Problem(t, "actor", "stands in already")
		if got := len(h.Named("ada")); got != 2 {
			t.Errorf("got %d delegations, want still 2", got)
		}
	})
}

func TestNamingAtTheSameTimeNamesOnce(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/cover/name")
		b.Post("/cover/name", form("do", "check", "actor", "bilal", "when", "open")...).Is(t, http.StatusOK)
		identity := b.Identity()
		var wait sync.WaitGroup
		statuses := make([]int, 4)
		for i := range statuses {
			wait.Go(func() {
				again := *b
				statuses[i] = again.Post("/cover/name", form("do", "confirm", "actor", "bilal", "when", "open", "identity", identity)...).StatusCode
			})
		}
		wait.Wait()
		for _, status := range statuses {
			if status != http.StatusSeeOther {
				t.Errorf("got status %d, want every one led on", status)
			}
		}
		if got := len(h.Named("ada")); got != 1 {
			t.Errorf("got %d delegations, want 1", got)
		}
	})
}

func TestPeopleAreFoundWithAndWithoutScript(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/cover/name")
		page := b.Post("/cover/name", form("do", "find", "find", "KAY", "actor", "noor", "when", "leave", "start", "2026-11-07", "purpose", "Fair")...)
		page.Is(t, http.StatusOK).Says(t, "Bilal Kaya", "نور الهدى عبد الرحمن").Hides(t, "Hanna", "Ada")
		if got := page.Picked("actor"); !slices.Equal(got, []string{"noor"}) || page.Value("purpose") != "Fair" || page.Value("start") != "2026-11-07" {
			t.Errorf("got %v picked and %q, %q typed, want all kept", got, page.Value("purpose"), page.Value("start"))
		}
		entered := b.Post("/cover/name", form("do", "enter", "find", "hanna", "found", "KAY", "actor", "noor", "when", "week")...)
		entered.Is(t, http.StatusOK).Says(t, "Hanna Resch", "Who?")
		b.Post("/cover/name", form("do", "enter", "find", "hanna", "found", "hanna", "actor", "noor", "when", "week")...).Says(t, "In plain words")
		b.Get("/cover/name")
		r := b.Request("/cover/name", form("do", "find", "find", "rita", "actor", "noor", "when", "week")...)
		r.Header.Set("X-Part", "people")
		part := b.Do(r).Is(t, http.StatusOK)
		if strings.Contains(part.Source, "<html") || !strings.Contains(part.Source, "No colleague matches “rita”") || len(part.Picked("actor")) != 0 {
			t.Errorf("got %s, want the part alone", part.Source)
		}
		if part.Find("input[name=actor][value=noor][checked]").Length() != 1 {
			t.Errorf("got %s, want the picked one kept", part.Source)
		}
		if len(part.Source) > 6<<10 {
			t.Errorf("got %d bytes, want at most 6 KB", len(part.Source))
		}
	})
}

func TestNamingAsksForThePasswordAgain(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		h.Pass(16 * time.Minute)
		b.Get("/cover/name")
		b.Post("/cover/name", form("do", "check", "actor", "bilal", "when", "open", "purpose", "Fair")...).Is(t, http.StatusOK).Says(t, "your password again")
		b.Confirmed("password", "wrong").Is(t, http.StatusUnauthorized).Problem(t, "password", "").Says(t, "Bilal Kaya", "Annual leave: Fair")
		b.Confirmed().Is(t, http.StatusUnauthorized)
		if got := len(h.Named("ada")); got != 0 {
			t.Fatalf("got %d named without proof, want none", got)
		}
		b.Follow(b.Confirmed("password", password).Leads(t, "/")).Says(t, "Done.")
		b.Get("/cover/name")
		b.Post("/cover/name", form("do", "check", "actor", "noor", "when", "open")...).Hides(t, "password")
	})
}

func TestNamingGoesBackWithEverything(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/cover/name")
		b.Post("/cover/name", form("do", "check", "actor", "bilal", "when", "leave", "start", "2026-11-10", "end", "2026-11-20", "end_time", "17:00",
			"what", "areas", "line", "desk:expense.view", "field", "desk:expense/bank_account", "narrowed", "yes", "in_unit", "sales/emea", "tab", "general", "purpose", "Lisbon")...).Is(t, http.StatusOK).
			Says(t, "from Tue 10 Nov, 00:00 until Fri 20 Nov, 17:00", "Annual leave: Lisbon", "Bilal Kaya would see: Expense: Bank account", "ExpenseView only what is Ada Lindqvist’s own, in sales/emea")
		var kept []string
		for _, n := range b.Seen.Find("main form input[type=hidden]").EachIter() {
			kept = append(kept, n.AttrOr("name", ""), n.AttrOr("value", ""))
		}
		back := b.Post("/cover/name", append(kept, "do", "back")...).Is(t, http.StatusOK)
		got := []string{back.Value("start"), back.Value("end"), back.Value("end_time"), back.Value("purpose"), strings.Join(back.Picked("actor"), " "),
			strings.Join(back.Picked("line"), " "), strings.Join(back.Picked("what"), " "), strings.Join(back.Picked("field"), " "),
			strings.Join(back.Picked("in_unit"), " ")}
		want := []string{"2026-11-10", "2026-11-20", "17:00", "Lisbon", "bilal", "desk:expense.view", "areas", "desk:expense/bank_account", "sales/emea"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestTheEndThatWasShownIsTheEndThatIsNamed(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		h.Pass(13*time.Hour + 58*time.Minute) // 23:58 in Berlin
		b := h.As("ada")
		b.Get("/cover/name")
		b.Post("/cover/name", form("do", "check", "actor", "bilal", "when", "today")...).Is(t, http.StatusOK)
		h.Pass(time.Minute)
		b.Confirmed().Leads(t, "/")
		if want := time.Date(2026, 11, 2, 23, 0, 0, 0, time.UTC); !h.Named("ada")[0].EndsAt.Equal(want) {
			t.Errorf("got an end at %v, want %v", h.Named("ada")[0].EndsAt, want)
		}
		b.Get("/cover/name")
		b.Post("/cover/name", form("do", "check", "actor", "noor", "when", "today")...).Is(t, http.StatusOK)
		h.Pass(2 * time.Minute) // midnight came
		b.Confirmed().Is(t, http.StatusUnprocessableEntity).Problem(t, "end", "lies in the past")
	})
}

// TestA6DatesAreThePrincipals names for somebody in another zone: the form's dates are theirs, and both are shown.
func TestA6DatesAreThePrincipals(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("boss")
		b.Get("/cover/name?principal=noor").Is(t, http.StatusOK).Says(t, "Africa/Cairo", "نور الهدى عبد الرحمن")
		b.Post("/cover/name", form("do", "check", "principal", "noor", "actor", "chiara", "when", "leave", "start", "2026-11-10", "end", "2026-11-11")...).
			Is(t, http.StatusOK).Says(t, "from Mon 9 Nov, 23:00 until Wed 11 Nov, 23:00", "Tue 10 Nov, 00:00 – Wed 11 Nov, 24:00")
		got := b.Confirmed()
		at := slices.IndexFunc(h.Named("noor"), func(d delegation.View) bool { return d.ID != "d-noor" })
		d := h.Named("noor")[at]
		got.Leads(t, "/cover/"+string(d.ID))
		if want := time.Date(2026, 11, 9, 22, 0, 0, 0, time.UTC); !d.StartsAt.Equal(want) {
			t.Errorf("got a start at %v, want midnight in Cairo, %v", d.StartsAt, want)
		}
		b.Follow(got).Says(t, "For", "Tue 10 Nov, 00:00 – Wed 11 Nov, 24:00", "Bea Boss named Chiara Moretti")
	})
}

func TestA3AdministratorsNameForOthers(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("hanna")
		b.Get("/cover/name?for=ad").Is(t, http.StatusOK).Says(t, "For whom?", "Ada Lindqvist")
		b.Get("/cover/name?for=noor").Says(t, "Nobody in your scope matches")
		page := b.Get("/cover/name?principal=ada").Is(t, http.StatusOK)
		if got := page.Picked("actor"); !slices.Equal(got, []string{"hanna"}) {
			t.Errorf("got %v picked, want the administrator at first", got)
		}
		b.Get("/cover/name?principal=noor").Is(t, http.StatusNotFound)
		b.Get("/cover/name?principal=rita").Is(t, http.StatusNotFound)
		b.Get("/cover/name?principal=nobody").Is(t, http.StatusNotFound)
		b.Get("/cover/name?principal=ada")
		b.Post("/cover/name", form("do", "check", "principal", "ada", "actor", "bilal", "when", "week")...).Is(t, http.StatusOK).Says(t, "Bilal Kaya can act for Ada")
		b.Confirmed()
		if d := h.Named("ada"); len(d) != 1 || d[0].CreatedBy != "person:hanna" {
			t.Errorf("got %+v, want one named by hanna", d)
		}
		b.Post("/cover/name", form("do", "confirm", "principal", "noor", "actor", "hanna", "when", "week")...).Is(t, http.StatusNotFound)
	})
}

func TestA4NobodyElseNames(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Get("/cover/name?principal=bilal").Is(t, http.StatusNotFound)
		b.Get("/")
		b.Post("/cover/name", form("do", "confirm", "principal", "bilal", "actor", "ada", "when", "week")...).Is(t, http.StatusNotFound)
		b.Act("d-bilal")
		b.Get("/cover/name").Is(t, http.StatusForbidden).Says(t, "while acting for somebody")
		b.Get("/")
		b.Post("/cover/name", form("do", "check", "actor", "noor", "when", "week")...).Is(t, http.StatusForbidden)
		b.Post("/cover/name", form("do", "confirm", "actor", "noor", "when", "week")...).Is(t, http.StatusForbidden)
		if len(h.Named("bilal")) != 1 {
			t.Error("somebody was named while acting")
		}
	})
}

func TestA12TheyAreAskedWhereTheOrganisationAsks(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		h.Set(func(s *directory.Settings) { s.Delegation.Accept = true })
		b := h.As("ada")
		b.Get("/cover/name")
		b.Post("/cover/name", form("do", "check", "actor", "bilal", "when", "week")...).Says(t, "They are asked first")
		b.Follow(b.Confirmed().Leads(t, "/")).Says(t, "Invitation sent. It expires Sun 8 Nov, 24:00")
		d := h.Named("ada")[0]
		asked := h.As("bilal")
		asked.Get("/cover/"+string(d.ID)).Is(t, http.StatusOK).Says(t, "Ada Lindqvist asks you to stand in", "Annual leave", "Nothing starts until you accept")
		asked.Post("/cover/"+string(d.ID)+"/decline", "reason", "on a \u202etrip").Is(t, http.StatusUnprocessableEntity).Problem(t, "reason", "cannot be seen")
		asked.Follow(asked.Post("/cover/"+string(d.ID)+"/accept", "version", "1").Leads(t, "/cover/"+string(d.ID))).Says(t, "Accepted. Thank you.", "Act for them now")
		asked.Post("/cover/"+string(d.ID)+"/accept", "version", "1").Is(t, http.StatusConflict).Says(t, "answered already", "You have accepted this")
	})
}

// TestAtTheWeekendTheWeekIsTheComingOne: on Saturday, this week would be over tomorrow.
func TestAtTheWeekendTheWeekIsTheComingOne(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		h.Pass(5 * 24 * time.Hour) // to Saturday
		b := h.As("ada")
		b.Get("/cover/name").Is(t, http.StatusOK).Says(t, "The coming week", "Until the end of Sun 15 Nov")
		b.Post("/cover/name", form("do", "check", "actor", "bilal", "when", "week")...).Says(t, "until Sun 15 Nov, 24:00")
	})
}
