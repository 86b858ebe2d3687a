package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
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

// value is what an input of the page holds.
func (p *answer) value(name string) string {
	return p.Find("main [name='"+name+"']").AttrOr("value", "")
}

// picked are the values that are ticked.
func (p *answer) picked(name string) (values []string) {
	for _, n := range p.Find("main input[name='" + name + "'][checked]").EachIter() {
		values = append(values, n.AttrOr("value", ""))
	}
	return values
}

// problem asserts that the summary leads to the field, where the problem stands too.
func (p *answer) problem(t *testing.T, field, text string) *answer {
	t.Helper()
	if got := p.Find("#problems a[href='#" + field + "']").Text(); !strings.Contains(got, text) {
		t.Errorf("got %q in the summary for %s, want %q: %s", got, field, text, p.main())
	}
	at := p.Find("#" + field)
	if at.Length() != 1 || !strings.Contains(at.Parent().Text(), text) {
		t.Errorf("got no %q at the field %s", text, field)
	}
	return p
}

// confirmed sends what the page of checking keeps.
func (b *browser) confirmed(pairs ...string) *answer {
	b.t.Helper()
	all := append([]string{"do", "confirm"}, pairs...)
	for _, n := range b.seen.Find("main form input[type=hidden]").EachIter() {
		if name := n.AttrOr("name", ""); name != "identity" {
			all = append(all, name, n.AttrOr("value", ""))
		}
	}
	return b.post("/cover/name", all...)
}

func (h *house) named(principal standin.PersonID) []delegation.View {
	h.t.Helper()
	views, err := h.Delegations.ListForPrincipal(h.t.Context(), h.caller(principal), principal, true)
	if err != nil {
		h.t.Fatal(err)
	}
	return views
}

func TestA1NameAStandIn(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		page := b.get("/cover/name").is(t, http.StatusOK).says(t, "Bilal Kaya", "Europe/Berlin", "At most 90 days", "Until the end of Sun 8 Nov").hides(t, "Ada Lindqvist")
		if got := page.picked("when"); !slices.Equal(got, []string{"week"}) {
			t.Errorf("got %v preset, want this week", got)
		}
		check := b.post("/cover/name", form("do", "check", "actor", "bilal", "when", "week")...).is(t, http.StatusOK)
		check.says(t, "Bilal Kaya can act for Ada Lindqvist from today, 10:00 until Sun 8 Nov, 24:00", "Annual leave",
			"Workdesk, Expense: view", "Sealed fields stay hidden: bank account", "Never more than Ada Lindqvist may do")
		if len(h.named("ada")) != 0 {
			t.Fatal("something was named before it was confirmed")
		}
		b.follow(b.confirmed().leads(t, "/")).says(t, "Done. They have been told.", "Bilal Kaya")
		named := h.named("ada")
		if len(named) != 1 || named[0].Actor != "bilal" || named[0].Purpose != "Annual leave" || !named[0].Limits.Empty() {
			t.Fatalf("got %+v, want bilal for annual leave", named)
		}
		if want := time.Date(2026, 11, 8, 23, 0, 0, 0, time.UTC); !named[0].EndsAt.Equal(want) {
			t.Errorf("got an end at %v, want Sunday's midnight in Berlin, %v", named[0].EndsAt, want)
		}
	})
}

func TestA1SeveralAtOnceAndTheLastOnesFirst(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.get("/cover/name")
		b.post("/cover/name", form("do", "check", "actor", "noor", "actor", "chiara", "when", "open")...).is(t, http.StatusOK)
		b.confirmed().leads(t, "/")
		if got := len(h.named("ada")); got != 2 {
			t.Fatalf("got %d delegations, want one for each", got)
		}
		page := b.get("/cover/name")
		var last []string
		for _, n := range page.Find(".tick:has(.badge) input[name=actor]").EachIter() {
			last = append(last, n.AttrOr("value", ""))
		}
		slices.Sort(last)
		if !slices.Equal(last, []string{"chiara", "noor"}) {
			t.Errorf("got %v marked as named last time, want both", last)
		}
		page.says(t, "Stands in already, until Sun 31 Jan 2027, 10:00")
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
		{"no reason", "purpose", "Say in a few words why", 422, []string{"actor", "bilal", "when", "week", "why", "", "purpose", ""}},
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
		{"no area", "area", "at least one area", 422, []string{"actor", "bilal", "when", "week", "what", "areas"}},
		{"unknown area", "area", "payroll", 422, []string{"actor", "bilal", "when", "week", "what", "areas", "area", "payroll:salary.*"}},
		{"nothing to enter", "entry", "Choose what they may enter", 422, []string{"actor", "bilal", "when", "week", "what", "entry"}},
		{"entry kept ready", "what", "cannot be kept ready", 422, []string{"actor", "bilal", "when", "standby", "what", "entry", "entry", "desk:expense.enter"}},
		{"no when", "when", "Choose when", 422, []string{"actor", "bilal"}},
		{"no what", "what", "Choose what", 422, []string{"actor", "bilal", "when", "week", "what", "everything"}},
	}
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.get("/cover/name")
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				sent := changed(form("do", "check", "purpose", "with my family", "find", "b"), c.form...)
				got := b.post("/cover/name", sent...).is(t, c.status).problem(t, c.field, c.text)
				for i := 0; i+1 < len(sent); i += 2 {
					name, value := sent[i], sent[i+1]
					switch name {
					case "do", "why":
					case "actor", "when", "what", "area", "entry":
						if got.Find("main [name="+name+"][value='"+value+"']").Length() == 1 && !slices.Contains(got.picked(name), value) {
							t.Errorf("%s is no longer %q", name, value)
						}
					default:
						if shown := got.value(name); shown != value {
							t.Errorf("got %q in %s, want %q kept", beginning(shown), name, beginning(value))
						}
					}
				}
			})
		}
		if got := h.named("ada"); len(got) != 0 {
			t.Errorf("got %d named by wrong forms, want none", len(got))
		}
	})
}

func beginning(s string) string { return s[:min(len(s), 60)] }

func TestNamingTwiceNamesOnce(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.get("/cover/name")
		b.post("/cover/name", form("do", "check", "actor", "bilal", "actor", "noor", "when", "today")...).is(t, http.StatusOK)
		check := b.seen
		b.confirmed().leads(t, "/")
		b.seen = check
		b.confirmed().leads(t, "/")
		if got := len(h.named("ada")); got != 2 {
			t.Errorf("got %d delegations after sending the form twice, want 2", got)
		}
		b.get("/cover/name")
		other := b.post("/cover/name", form("do", "confirm", "actor", "bilal", "actor", "chiara", "when", "today")...)
		other.is(t, http.StatusConflict).problem(t, "actor", "Bilal Kaya stands in already")
		h.pass(3 * time.Minute)
		b.seen = check
		b.confirmed().is(t, http.StatusConflict).problem(t, "actor", "stands in already")
		if got := len(h.named("ada")); got != 2 {
			t.Errorf("got %d delegations, want still 2", got)
		}
	})
}

func TestNamingAtTheSameTimeNamesOnce(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.get("/cover/name")
		b.post("/cover/name", form("do", "check", "actor", "bilal", "when", "open")...).is(t, http.StatusOK)
		identity := b.identity()
		var wait sync.WaitGroup
		statuses := make([]int, 4)
		for i := range statuses {
			wait.Go(func() {
				again := *b
				statuses[i] = again.post("/cover/name", form("do", "confirm", "actor", "bilal", "when", "open", "identity", identity)...).StatusCode
			})
		}
		wait.Wait()
		for _, status := range statuses {
			if status != http.StatusSeeOther {
				t.Errorf("got status %d, want every one led on", status)
			}
		}
		if got := len(h.named("ada")); got != 1 {
			t.Errorf("got %d delegations, want 1", got)
		}
	})
}

func TestPeopleAreFoundWithAndWithoutScript(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.get("/cover/name")
		page := b.post("/cover/name", form("do", "find", "find", "KAY", "actor", "noor", "when", "leave", "start", "2026-11-07", "purpose", "Fair")...)
		page.is(t, http.StatusOK).says(t, "Bilal Kaya", "نور الهدى عبد الرحمن").hides(t, "Hanna", "Ada")
		if got := page.picked("actor"); !slices.Equal(got, []string{"noor"}) || page.value("purpose") != "Fair" || page.value("start") != "2026-11-07" {
			t.Errorf("got %v picked and %q, %q typed, want all kept", got, page.value("purpose"), page.value("start"))
		}
		entered := b.post("/cover/name", form("do", "enter", "find", "hanna", "found", "KAY", "actor", "noor", "when", "week")...)
		entered.is(t, http.StatusOK).says(t, "Hanna Resch", "Who?")
		b.post("/cover/name", form("do", "enter", "find", "hanna", "found", "hanna", "actor", "noor", "when", "week")...).says(t, "In plain words")
		b.get("/cover/name")
		r := b.request("/cover/name", form("do", "find", "find", "rita", "actor", "noor", "when", "week")...)
		r.Header.Set("X-Part", "people")
		part := b.do(r).is(t, http.StatusOK)
		if strings.Contains(part.text, "<html") || !strings.Contains(part.text, "No colleague matches “rita”") || len(part.picked("actor")) != 0 {
			t.Errorf("got %s, want the part alone", part.text)
		}
		if part.Find("input[name=actor][value=noor][checked]").Length() != 1 {
			t.Errorf("got %s, want the picked one kept", part.text)
		}
		if len(part.text) > 6<<10 {
			t.Errorf("got %d bytes, want at most 6 KB", len(part.text))
		}
	})
}

func TestNamingAsksForThePasswordAgain(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		h.pass(16 * time.Minute)
		b.get("/cover/name")
		b.post("/cover/name", form("do", "check", "actor", "bilal", "when", "open", "purpose", "Fair")...).is(t, http.StatusOK).says(t, "your password again")
		b.confirmed("password", "wrong").is(t, http.StatusUnauthorized).problem(t, "password", "").says(t, "Bilal Kaya", "Annual leave: Fair")
		b.confirmed().is(t, http.StatusUnauthorized)
		if got := len(h.named("ada")); got != 0 {
			t.Fatalf("got %d named without proof, want none", got)
		}
		b.follow(b.confirmed("password", password).leads(t, "/")).says(t, "Done.")
		b.get("/cover/name")
		b.post("/cover/name", form("do", "check", "actor", "noor", "when", "open")...).hides(t, "password")
	})
}

func TestNamingGoesBackWithEverything(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.get("/cover/name")
		b.post("/cover/name", form("do", "check", "actor", "bilal", "when", "leave", "start", "2026-11-10", "end", "2026-11-20", "end_time", "17:00",
			"what", "areas", "area", "desk:expense.*", "purpose", "Lisbon", "sealed", "yes")...).is(t, http.StatusOK).
			says(t, "from Tue 10 Nov, 00:00 until Fri 20 Nov, 17:00", "Annual leave: Lisbon", "would see: bank account", "cannot be started")
		var kept []string
		for _, n := range b.seen.Find("main form input[type=hidden]").EachIter() {
			kept = append(kept, n.AttrOr("name", ""), n.AttrOr("value", ""))
		}
		back := b.post("/cover/name", append(kept, "do", "back")...).is(t, http.StatusOK)
		got := []string{back.value("start"), back.value("end"), back.value("end_time"), back.value("purpose"), strings.Join(back.picked("actor"), " "),
			strings.Join(back.picked("area"), " "), strings.Join(back.picked("what"), " "), strings.Join(back.picked("sealed"), " ")}
		want := []string{"2026-11-10", "2026-11-20", "17:00", "Lisbon", "bilal", "desk:expense.*", "areas", "yes"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestTheEndThatWasShownIsTheEndThatIsNamed(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.pass(13*time.Hour + 58*time.Minute) // 23:58 in Berlin
		b := h.as("ada")
		b.get("/cover/name")
		b.post("/cover/name", form("do", "check", "actor", "bilal", "when", "today")...).is(t, http.StatusOK)
		h.pass(time.Minute)
		b.confirmed().leads(t, "/")
		if want := time.Date(2026, 11, 2, 23, 0, 0, 0, time.UTC); !h.named("ada")[0].EndsAt.Equal(want) {
			t.Errorf("got an end at %v, want %v", h.named("ada")[0].EndsAt, want)
		}
		b.get("/cover/name")
		b.post("/cover/name", form("do", "check", "actor", "noor", "when", "today")...).is(t, http.StatusOK)
		h.pass(2 * time.Minute) // midnight came
		b.confirmed().is(t, http.StatusUnprocessableEntity).problem(t, "end", "lies in the past")
	})
}

// TestA6DatesAreThePrincipals names for somebody in another zone: the form's dates are theirs, and both are shown.
func TestA6DatesAreThePrincipals(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("boss")
		b.get("/cover/name?principal=noor").is(t, http.StatusOK).says(t, "Africa/Cairo", "نور الهدى عبد الرحمن")
		b.post("/cover/name", form("do", "check", "principal", "noor", "actor", "chiara", "when", "leave", "start", "2026-11-10", "end", "2026-11-11")...).
			is(t, http.StatusOK).says(t, "from Mon 9 Nov, 23:00 until Wed 11 Nov, 23:00", "Tue 10 Nov, 00:00 – Wed 11 Nov, 24:00")
		got := b.confirmed()
		at := slices.IndexFunc(h.named("noor"), func(d delegation.View) bool { return d.ID != "d-noor" })
		d := h.named("noor")[at]
		got.leads(t, "/cover/"+string(d.ID))
		if want := time.Date(2026, 11, 9, 22, 0, 0, 0, time.UTC); !d.StartsAt.Equal(want) {
			t.Errorf("got a start at %v, want midnight in Cairo, %v", d.StartsAt, want)
		}
		b.follow(got).says(t, "For", "Tue 10 Nov, 00:00 – Wed 11 Nov, 24:00", "Bea Boss named Chiara Moretti")
	})
}

func TestA3AdministratorsNameForOthers(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("hanna")
		b.get("/cover/name?for=ad").is(t, http.StatusOK).says(t, "For whom?", "Ada Lindqvist")
		b.get("/cover/name?for=noor").says(t, "Nobody in your scope matches")
		page := b.get("/cover/name?principal=ada").is(t, http.StatusOK)
		if got := page.picked("actor"); !slices.Equal(got, []string{"hanna"}) {
			t.Errorf("got %v picked, want the administrator at first", got)
		}
		b.get("/cover/name?principal=noor").is(t, http.StatusNotFound)
		b.get("/cover/name?principal=rita").is(t, http.StatusNotFound)
		b.get("/cover/name?principal=nobody").is(t, http.StatusNotFound)
		b.get("/cover/name?principal=ada")
		b.post("/cover/name", form("do", "check", "principal", "ada", "actor", "bilal", "when", "week")...).is(t, http.StatusOK).says(t, "Bilal Kaya can act for Ada")
		b.confirmed()
		if d := h.named("ada"); len(d) != 1 || d[0].CreatedBy != "person:hanna" {
			t.Errorf("got %+v, want one named by hanna", d)
		}
		b.post("/cover/name", form("do", "confirm", "principal", "noor", "actor", "hanna", "when", "week")...).is(t, http.StatusNotFound)
	})
}

func TestA4NobodyElseNames(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.get("/cover/name?principal=bilal").is(t, http.StatusNotFound)
		b.get("/")
		b.post("/cover/name", form("do", "confirm", "principal", "bilal", "actor", "ada", "when", "week")...).is(t, http.StatusNotFound)
		b.act("d-bilal")
		b.get("/cover/name").is(t, http.StatusForbidden).says(t, "while acting for somebody")
		b.get("/")
		b.post("/cover/name", form("do", "check", "actor", "noor", "when", "week")...).is(t, http.StatusForbidden)
		b.post("/cover/name", form("do", "confirm", "actor", "noor", "when", "week")...).is(t, http.StatusForbidden)
		if len(h.named("bilal")) != 1 {
			t.Error("somebody was named while acting")
		}
	})
}

func TestA12TheyAreAskedWhereTheOrganisationAsks(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.set(func(s *directory.Settings) { s.Delegation.Accept = true })
		b := h.as("ada")
		b.get("/cover/name")
		b.post("/cover/name", form("do", "check", "actor", "bilal", "when", "week")...).says(t, "They are asked first")
		b.follow(b.confirmed().leads(t, "/")).says(t, "Invitation sent. It expires Sun 8 Nov, 24:00")
		d := h.named("ada")[0]
		asked := h.as("bilal")
		asked.get("/cover/"+string(d.ID)).is(t, http.StatusOK).says(t, "Ada Lindqvist asks you to stand in", "Annual leave", "Nothing starts until you accept")
		asked.post("/cover/"+string(d.ID)+"/decline", "reason", "on a \u202etrip").is(t, http.StatusUnprocessableEntity).problem(t, "reason", "cannot be seen")
		asked.follow(asked.post("/cover/"+string(d.ID)+"/accept", "version", "1").leads(t, "/cover/"+string(d.ID))).says(t, "Accepted. Thank you.", "Act for them now")
		asked.post("/cover/"+string(d.ID)+"/accept", "version", "1").is(t, http.StatusConflict).says(t, "answered already", "You have accepted this")
	})
}

// set changes acme's settings.
func (h *house) set(change func(*directory.Settings)) {
	h.t.Helper()
	settings := directory.DefaultSettings()
	settings.TimeZone = "Europe/Berlin"
	change(&settings)
	if _, err := h.Directory.PutOrganisation(h.t.Context(), standin.OperatorCaller(acme, "test"), directory.Organisation{Name: "Acme Ltd", Settings: settings}); err != nil {
		h.t.Fatal(err)
	}
}

// request makes the request that post sends.
func (b *browser) request(path string, pairs ...string) *http.Request {
	b.t.Helper()
	form := url.Values{"identity": {b.identity()}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, b.h.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}
