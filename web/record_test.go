package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
)

// rows are the record's rows as the page shows them, "Ada Lindqvist|Bilal Kaya|acting.start|Done".
func rows(p *answer) (all []string) {
	p.Find("main tbody tr").Each(func(_ int, tr *goquery.Selection) {
		cells := tr.Find("td")
		text := func(i int, part string) string { return strings.TrimSpace(cells.Eq(i).Find(part).First().Text()) }
		whom := text(2, "bdi")
		if whom == "" {
			whom = strings.TrimSpace(cells.Eq(2).Text())
		}
		all = append(all, strings.Join([]string{text(1, "bdi"), whom, text(3, "code"), text(4, ".badge")}, "|"))
	})
	return all
}

// TestAuditShowsWhoForWhomWhat: the record names both people, to each reader as much as is theirs.
func TestAuditShowsWhoForWhomWhat(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.act("d-bilal")
		b.get("/cover/name")
		b.post("/cover/name", "do", "confirm", "actor", "chiara", "what", "full", "when", "today", "why", "leave")
		seen := b.get("/audit").is(t, http.StatusOK)
		seen.says(t, "What Bilal Kaya may see of the record.", "Started acting")
		// Bilal is a manager of sales: his deputy sees there what he sees, and not what she is told herself.
		got := rows(seen)
		if !slices.Contains(got, "Ada Lindqvist|Bilal Kaya|acting.start|Done") {
			t.Errorf("got rows %q, want who, for whom, what", got)
		}
		b.post("/stop")

		auditor := h.as("chiara")
		all := auditor.get("/audit").is(t, http.StatusOK).says(t, "Everything that was done in your organisation.", "whoever runs Standin")
		if got := rows(all); !slices.Contains(got, "Ada Lindqvist|Bilal Kaya|acting.end|Done") || !slices.Contains(got, "Ada Lindqvist|themselves|login.create|Done") {
			t.Errorf("got rows %q, want acting and one's own name", got)
		}
		only := rows(auditor.get("/audit?only=acting"))
		if slices.ContainsFunc(only, func(row string) bool { return !strings.Contains(row, "|Bilal Kaya|") }) || len(only) < 2 {
			t.Errorf("got rows %q, want only what was done for Bilal", only)
		}
		if got := rows(auditor.get("/audit?who=Ada+Lindqvist+(ada)&for=bilal&action=acting.")); !slices.Equal(got, []string{"Ada Lindqvist|Bilal Kaya|acting.end|Done", "Ada Lindqvist|Bilal Kaya|acting.start|Done"}) {
			t.Errorf("got rows %q by id and kind", got)
		}
		if got := rows(auditor.get("/audit?who=lindq&action=acting.start")); len(got) != 1 {
			t.Errorf("got rows %q by the beginning of a name, want 1", got)
		}
		p := auditor.get("/audit?who=nobody-so").is(t, http.StatusUnprocessableEntity).says(t, "Nobody is called “nobody-so”.")
		if got := p.Find("#who").AttrOr("value", ""); got != "nobody-so" || len(rows(p)) != 0 {
			t.Errorf("got %q kept and rows %q, want what was typed and none", got, rows(p))
		}
		auditor.get("/audit?from=2026-13-40").is(t, http.StatusUnprocessableEntity).says(t, "This is not a day.")
		auditor.get("/audit?from=2026-11-03").says(t, "Nothing matches this filter.")
		if got := rows(auditor.get("/audit?from=2026-11-02&to=2026-11-02&who=ada&action=login.create")); len(got) != 1 {
			t.Errorf("got rows %q of the day, want 1", got)
		}
		p = auditor.get("/audit?delegation=d-bilal").says(t, "Only what was done by delegation d-bilal")
		if got := rows(p); !slices.Contains(got, "Ada Lindqvist|Bilal Kaya|acting.start|Done") || slices.Contains(got, "Ada Lindqvist|themselves|login.create|Done") {
			t.Errorf("got rows %q by delegation, want what was done by it alone", got)
		}
		session := p.Find("a[href^='/audit?session=']").First().AttrOr("href", "")
		if got := rows(auditor.get(session)); len(got) < 2 || slices.ContainsFunc(got, func(row string) bool { return !strings.HasPrefix(row, "Ada Lindqvist|Bilal Kaya|") }) {
			t.Errorf("got rows %q of one session, want its start and end", got)
		}
		auditor.get("/audit?before=x").is(t, http.StatusNotFound)

		// Others see their own alone.
		noor := h.as("noor")
		for _, row := range rows(noor.get("/audit").says(t, "What you did, and what was done for you.")) {
			if !strings.HasPrefix(row, "نور") && !strings.Contains(row, "|نور") {
				t.Errorf("got row %q on somebody else's page", row)
			}
		}
		for _, row := range rows(h.as("rita@rival.example").get("/audit")) {
			if strings.Contains(row, "Ada") || strings.Contains(row, "Bilal") {
				t.Errorf("got row %q in another organisation", row)
			}
		}
	})
}

// TestAuditPages: page by page, nothing twice and nothing left out, and the export has the same records.
func TestAuditPages(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("chiara")
		want := len(h.records(ledger.Filter{}))
		total, path := 0, "/audit"
		for path != "" {
			p := b.get(path).is(t, http.StatusOK)
			total += len(rows(p))
			path = ""
			p.Find("nav.pages a").Each(func(_ int, a *goquery.Selection) {
				if strings.Contains(a.AttrOr("href", ""), "before=") {
					path = a.AttrOr("href", "")
				}
			})
		}
		if total != want || want <= auditRows {
			t.Errorf("got %d rows on all pages, want %d, more than a page", total, want)
		}
		p := b.get("/audit/export")
		lines := strings.Split(strings.TrimSpace(p.text), "\n")
		if len(lines) != want || p.Header.Get("Content-Type") != "application/x-ndjson" {
			t.Fatalf("got %d lines of %s, want %d", len(lines), p.Header.Get("Content-Type"), want)
		}
		var first exported
		if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || first.Actor != "person:chiara" || first.Action != "login.create" || first.Address != "127.0.0.1" {
			t.Errorf("got first line %s (%v), want Chiara's sign-in with its origin", lines[0], err)
		}
		some := strings.Split(strings.TrimSpace(b.get("/audit/export?who=chiara&action=login.").text), "\n")
		if len(some) != 1 {
			t.Errorf("got %d lines of the filter, want 1", len(some))
		}
		b.get("/audit/export?who=nobody-so").leads(t, "/audit?who=nobody-so")
		h.browser("en").get("/audit/export").leads(t, "/signin?return=%2Faudit%2Fexport")
	})
}

// TestAuditSaysHowFarItIsSealed: records that wait too long for their checkpoint are not passed over.
func TestAuditSaysHowFarItIsSealed(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("chiara")
		n := len(h.records(ledger.Filter{}))
		b.get("/audit").says(t, fmt.Sprintf("0 records under a signed checkpoint, %d wait for the next.", n))
		h.pass(2 * time.Minute)
		b.get("/audit").says(t, "New records are not sealed", fmt.Sprintf("%d wait since", n))
		if err := ledger.NewSequencer(h.ledger, h.key, quiet()).Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.get("/audit").says(t, fmt.Sprintf("%d records under a signed checkpoint, today, 10:02.", n))
	})
}

// TestThreat35AdministratorsProveAgainAfterActing: whoever has acted and proved a factor long ago is asked before they see
// more than their own.
func TestThreat35AdministratorsProveAgainAfterActing(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("bilal")
		b.act("d-hanna")
		h.pass(20 * time.Minute)
		b.get("/")
		b.post("/stop").leads(t, "/")
		b.get("/audit").leads(t, "/prove?return=%2Faudit")
		b.get("/audit/export").leads(t, "/prove?return=%2Faudit%2Fexport")
		b.get("/prove?return=/audit")
		b.follow(b.post("/prove", "password", password, "return", "/audit").leads(t, "/audit")).is(t, http.StatusOK)
	})
}

// TestEveryActionHasWords: whatever the rooms recorded in this world and its use is said in words, in every language.
func TestEveryActionHasWords(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.act("d-bilal")
		b.post("/extend")
		b.post("/stop")
		b.get("/prove")
		b.post("/prove", "password", password)
		b.post("/signout")
		for _, lang := range []string{"en", "de"} {
			auditor := h.as("chiara")
			auditor.lang = lang
			offered := auditor.get("/audit").Find("#action option").Map(func(_ int, o *goquery.Selection) string { return o.AttrOr("value", "") })
			path := "/audit"
			for path != "" {
				p := auditor.get(path)
				p.Find("main tbody tr").Each(func(_ int, tr *goquery.Selection) {
					cell := tr.Find("td").Eq(3)
					action := cell.Find("code").Text()
					if text := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(cell.Text()), action)); text == "" || text == action {
						t.Errorf("%s: %s has no words", lang, action)
					}
					kind, _, _ := strings.Cut(action, ".")
					if !slices.Contains(offered, kind+".") {
						t.Errorf("%s: the filter does not offer %s", lang, kind)
					}
				})
				path = p.Find("nav.pages a[href*='before=']").AttrOr("href", "")
			}
		}
	})
}

// TestFirstSignInShowsThePrivacyNotice: nothing else is shown until it is accepted, which is recorded; never while acting.
func TestFirstSignInShowsThePrivacyNotice(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("newt")
		if b.seen.Find("form[action='/terms']").Length() != 1 {
			t.Fatalf("got %s, want the privacy notice", b.seen.main())
		}
		for _, path := range []string{"/", "/audit", "/cover/name", "/choose"} {
			if p := b.get(path); p.StatusCode != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), "/terms") {
				t.Errorf("%s: got status %d and location %q, want the notice first", path, p.StatusCode, p.Header.Get("Location"))
			}
		}
		b.get("/terms?return=/audit")
		version := b.seen.Find("input[name=version]").AttrOr("value", "")
		b.post("/terms", "version", version+"0", "return", "/audit").is(t, http.StatusConflict).says(t, "The privacy notice changed meanwhile.")
		b.get("/terms?return=/audit")
		b.follow(b.post("/terms", "version", version, "return", "/audit").leads(t, "/audit")).says(t, "Accepted the privacy notice")
		if got := len(h.records(ledger.Filter{Actor: "person:newt", Action: "person.accept_notice", Outcome: ledger.Done})); got != 1 {
			t.Errorf("got %d records of accepting, want 1", got)
		}
		acting := h.as("ada")
		acting.act("d-bilal")
		acting.get("/terms")
		acting.post("/terms", "version", version).is(t, http.StatusForbidden).says(t, "Nobody accepts a privacy notice for somebody else.")
	})
}

// TestTheDemonstrationsWayIn exists where the demonstration is given, and there leads to its own people alone.
func TestTheDemonstrationsWayIn(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.browser("en")
		for _, path := range []string{"/continue", "/gallery", "/gallery/home/busy"} {
			b.get(path).is(t, http.StatusNotFound)
		}
		b.post("/continue", "person", "ada").is(t, http.StatusNotFound)
		b.get("/signin").hides(t, "Continue as somebody of the demo company")
	})
	inHouse(t, func(t *testing.T, h *house) {
		b := h.browser("en")
		b.get("/signin").says(t, "Continue as somebody of the demo company")
		b.get("/continue").is(t, http.StatusOK).says(t, "Ada covers.", "Continue as Ada Lindqvist")
		b.post("/continue", "person", "boss").is(t, http.StatusNotFound)
		b.follow(b.post("/continue", "person", "ada").leads(t, "/choose?return=%2F")).says(t, "Who are you working as?")
		if p := b.follow(b.post("/choose", "delegation", "d-bilal")); !strings.Contains(p.banner(), "You are acting for Bilal Kaya.") {
			t.Errorf("got banner %q after two clicks, want to act", p.banner())
		}
		b.get("/gallery").is(t, http.StatusOK)
	}, func(h *house, c *Config) {
		c.Demo = &Demo{Signin: signin.NewDemo(h.Signin), Organisation: acme, Company: "Acme Ltd", Story: []Said{{"en": "Ada covers.", "de": "Ada vertritt."}},
			People: []Cast{{ID: "ada", Name: "Ada Lindqvist", Role: Said{"en": "Sales"}, Try: Said{"en": "Act for Bilal"}, First: true}}}
	})
}

// TestDatabaseHangs: while the database does not answer nothing is done, and every page says so, with the request's number and without
// a word of what is behind it.
func TestDatabaseHangs(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		b := h.as("ada")
		b.act("d-bilal")
		b.get("/cover/name")
		before := len(h.records(ledger.Filter{}))
		h.hangs.Store(true)
		look := func(p *answer) {
			t.Helper()
			p.is(t, http.StatusServiceUnavailable).says(t, "Not possible just now", "Nothing was changed.").hides(t, "sql", "closed", "Bilal")
			if !strings.Contains(p.Text(), "r-test") {
				t.Errorf("got a page without the request's number: %s", p.text)
			}
		}
		for _, path := range []string{"/", "/choose", "/audit", "/cover/d-bilal"} {
			look(b.tab().get(path))
		}
		look(b.tab().post("/stop"))
		look(b.tab().post("/cover/name", "do", "confirm", "actor", "chiara"))
		b.tab().get("/whoami").is(t, http.StatusServiceUnavailable)
		signing := h.browser("en")
		signing.get("/signin").is(t, http.StatusOK)
		look(signing.post("/signin", "email", "ada@acme.example", "password", password))
		h.hangs.Store(false)
		if got := len(h.records(ledger.Filter{})); got != before {
			t.Errorf("got %d records, want the %d from before", got, before)
		}
		if got := b.get("/").banner(); !strings.Contains(got, "Bilal Kaya") {
			t.Errorf("got banner %q afterwards, want to act on", got)
		}
	})
}
