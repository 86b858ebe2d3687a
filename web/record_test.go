package web

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web/webtest"
)

// rows are the record's rows as the page shows them, "Ada Lindqvist|Bilal Kaya|acting.start|Done".
func rows(p *webtest.Answer) (all []string) {
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
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Act("d-bilal")
		b.Get("/cover/name")
		b.Post("/cover/name", "do", "confirm", "actor", "chiara", "what", "full", "when", "today", "why", "leave")
		seen := b.Get("/audit").Is(t, http.StatusOK)
		seen.Says(t, "What Bilal Kaya may see of the record.", "Started acting")
		// Bilal is a manager of sales: his deputy sees there what he sees, and not what she is told herself.
		got := rows(seen)
		if !slices.Contains(got, "Ada Lindqvist|Bilal Kaya|acting.start|Done") {
			t.Errorf("got rows %q, want who, for whom, what", got)
		}
		b.Post("/stop")

		auditor := h.As("chiara")
		all := auditor.Get("/audit").Is(t, http.StatusOK).Says(t, "Everything that was done in your organisation.", "whoever runs Standin")
		if got := rows(all); !slices.Contains(got, "Ada Lindqvist|Bilal Kaya|acting.end|Done") || !slices.Contains(got, "Ada Lindqvist|themselves|login.create|Done") {
			t.Errorf("got rows %q, want acting and one's own name", got)
		}
		only := rows(auditor.Get("/audit?only=acting"))
		if slices.ContainsFunc(only, func(row string) bool { return !strings.Contains(row, "|Bilal Kaya|") }) || len(only) < 2 {
			t.Errorf("got rows %q, want only what was done for Bilal", only)
		}
		if got := rows(auditor.Get("/audit?who=Ada+Lindqvist+(ada)&for=bilal&action=acting.")); !slices.Equal(got, []string{"Ada Lindqvist|Bilal Kaya|acting.end|Done", "Ada Lindqvist|Bilal Kaya|acting.start|Done"}) {
			t.Errorf("got rows %q by id and kind", got)
		}
		if got := rows(auditor.Get("/audit?who=lindq&action=acting.start")); len(got) != 1 {
			t.Errorf("got rows %q by the beginning of a name, want 1", got)
		}
		p := auditor.Get("/audit?who=nobody-so").Is(t, http.StatusUnprocessableEntity).Says(t, "Nobody is called “nobody-so”.")
		if got := p.Find("#who").AttrOr("value", ""); got != "nobody-so" || len(rows(p)) != 0 {
			t.Errorf("got %q kept and rows %q, want what was typed and none", got, rows(p))
		}
		auditor.Get("/audit?from=2026-13-40").Is(t, http.StatusUnprocessableEntity).Says(t, "This is not a day.")
		auditor.Get("/audit?from=2026-11-03").Says(t, "Nothing matches this filter.")
		if got := rows(auditor.Get("/audit?from=2026-11-02&to=2026-11-02&who=ada&action=login.create")); len(got) != 1 {
			t.Errorf("got rows %q of the day, want 1", got)
		}
		p = auditor.Get("/audit?delegation=d-bilal").Says(t, "Only what was done by delegation d-bilal")
		if got := rows(p); !slices.Contains(got, "Ada Lindqvist|Bilal Kaya|acting.start|Done") || slices.Contains(got, "Ada Lindqvist|themselves|login.create|Done") {
			t.Errorf("got rows %q by delegation, want what was done by it alone", got)
		}
		session := p.Find("a[href^='/audit?session=']").First().AttrOr("href", "")
		if got := rows(auditor.Get(session)); len(got) < 2 || slices.ContainsFunc(got, func(row string) bool { return !strings.HasPrefix(row, "Ada Lindqvist|Bilal Kaya|") }) {
			t.Errorf("got rows %q of one session, want its start and end", got)
		}
		auditor.Get("/audit?before=x").Is(t, http.StatusNotFound)

		// Others see their own alone.
		noor := h.As("noor")
		for _, row := range rows(noor.Get("/audit").Says(t, "What you did, and what was done for you.")) {
			if !strings.HasPrefix(row, "نور") && !strings.Contains(row, "|نور") {
				t.Errorf("got row %q on somebody else's page", row)
			}
		}
		for _, row := range rows(h.As("rita@rival.example").Get("/audit")) {
			if strings.Contains(row, "Ada") || strings.Contains(row, "Bilal") {
				t.Errorf("got row %q in another organisation", row)
			}
		}
	})
}

// TestAuditPages: page by page, nothing twice and nothing left out, and the export has the same records.
func TestAuditPages(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("chiara")
		want := len(h.Records(ledger.Filter{}))
		total, path := 0, "/audit"
		for path != "" {
			p := b.Get(path).Is(t, http.StatusOK)
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
		p := b.Get("/audit/export")
		lines := strings.Split(strings.TrimSpace(p.Source), "\n")
		if len(lines) != want || p.Header.Get("Content-Type") != "application/x-ndjson" {
			t.Fatalf("got %d lines of %s, want %d", len(lines), p.Header.Get("Content-Type"), want)
		}
		var first struct{ Actor, Action, Address string }
		if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || first.Actor != "person:chiara" || first.Action != "login.create" || first.Address != "127.0.0.1" {
			t.Errorf("got first line %s (%v), want Chiara's sign-in with its origin", lines[0], err)
		}
		some := strings.Split(strings.TrimSpace(b.Get("/audit/export?who=chiara&action=login.").Source), "\n")
		if len(some) != 1 {
			t.Errorf("got %d lines of the filter, want 1", len(some))
		}
		b.Get("/audit/export?who=nobody-so").Leads(t, "/audit?who=nobody-so")
		h.Browser("en").Get("/audit/export").Leads(t, "/signin?return=%2Faudit%2Fexport")
	})
}

// TestAuditSaysHowFarItIsSealed: records that wait too long for their checkpoint are not passed over.
func TestAuditSaysHowFarItIsSealed(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("chiara")
		n := len(h.Records(ledger.Filter{}))
		b.Get("/audit").Says(t, fmt.Sprintf("0 records under a signed checkpoint, %d wait for the next.", n))
		h.Pass(2 * time.Minute)
		b.Get("/audit").Says(t, "New records are not sealed", fmt.Sprintf("%d wait since", n))
		if err := ledger.NewSequencer(h.Ledger, h.Key, quiet()).Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.Get("/audit").Says(t, fmt.Sprintf("%d records under a signed checkpoint, today, 10:02.", n))
	})
}

// TestThreat35AdministratorsProveAgainAfterActing: whoever has acted and proved a factor long ago is asked before they see
// more than their own.
func TestThreat35AdministratorsProveAgainAfterActing(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("bilal")
		b.Act("d-hanna")
		h.Pass(20 * time.Minute)
		b.Get("/")
		b.Post("/stop").Leads(t, "/")
		b.Get("/audit").Leads(t, "/prove?return=%2Faudit")
		b.Get("/audit/export").Leads(t, "/prove?return=%2Faudit%2Fexport")
		b.Get("/prove?return=/audit")
		b.Follow(b.Post("/prove", "password", password, "return", "/audit").Leads(t, "/audit")).Is(t, http.StatusOK)
	})
}

// TestEveryActionHasWords: whatever the rooms recorded in this world and its use is said in words, in every language.
func TestEveryActionHasWords(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Act("d-bilal")
		b.Post("/extend")
		b.Post("/stop")
		b.Get("/prove")
		b.Post("/prove", "password", password)
		b.Post("/signout")
		for _, lang := range []string{"en", "de"} {
			auditor := h.As("chiara")
			auditor.Lang = lang
			offered := auditor.Get("/audit").Find("#action option").Map(func(_ int, o *goquery.Selection) string { return o.AttrOr("value", "") })
			path := "/audit"
			for path != "" {
				p := auditor.Get(path)
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
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("newt")
		if b.Seen.Find("form[action='/terms']").Length() != 1 {
			t.Fatalf("got %s, want the privacy notice", b.Seen.Main())
		}
		for _, path := range []string{"/", "/audit", "/cover/name", "/choose"} {
			if p := b.Get(path); p.StatusCode != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), "/terms") {
				t.Errorf("%s: got status %d and location %q, want the notice first", path, p.StatusCode, p.Header.Get("Location"))
			}
		}
		b.Get("/terms?return=/audit")
		version := b.Seen.Find("input[name=version]").AttrOr("value", "")
		b.Post("/terms", "version", version+"0", "return", "/audit").Is(t, http.StatusConflict).Says(t, "The privacy notice changed meanwhile.")
		b.Get("/terms?return=/audit")
		b.Follow(b.Post("/terms", "version", version, "return", "/audit").Leads(t, "/audit")).Says(t, "Accepted the privacy notice")
		if got := len(h.Records(ledger.Filter{Actor: "person:newt", Action: "person.accept_notice", Outcome: ledger.Done})); got != 1 {
			t.Errorf("got %d records of accepting, want 1", got)
		}
		acting := h.As("ada")
		acting.Act("d-bilal")
		acting.Get("/terms")
		acting.Post("/terms", "version", version).Is(t, http.StatusForbidden).Says(t, "Nobody accepts a privacy notice for somebody else.")
	})
}

// TestTheDemonstrationsWayIn exists where the demonstration is given, and there leads to its own people alone.
func TestTheDemonstrationsWayIn(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.Browser("en")
		for _, path := range []string{"/continue", "/gallery", "/gallery/home/busy"} {
			b.Get(path).Is(t, http.StatusNotFound)
		}
		b.Post("/continue", "person", "ada").Is(t, http.StatusNotFound)
		b.Get("/signin").Hides(t, "Continue as somebody of the demo company")
	})
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.Browser("en")
		b.Get("/signin").Says(t, "Continue as somebody of the demo company")
		b.Get("/continue").Is(t, http.StatusOK).Says(t, "Ada covers.", "Continue as Ada Lindqvist")
		b.Post("/continue", "person", "boss").Is(t, http.StatusNotFound)
		for to, want := range map[string]string{"/audit?from=2026-11-02&to=2026-11-03": "/audit?from=2026-11-02&to=2026-11-03", "https://evil.example/": "/"} {
			link := b.Get("/signin?return="+url.QueryEscape(to)).Find("main a.button").AttrOr("href", "")
			if got := b.Get(link).Find("main input[name=return]").AttrOr("value", ""); got != want {
				t.Errorf("got %q to go on to from %q, want %q", got, link, want)
			}
		}
		b.Follow(b.Post("/continue", "person", "ada").Leads(t, "/choose?return=%2F")).Says(t, "Who are you working as?")
		if p := b.Follow(b.Post("/choose", "delegation", "d-bilal")); !strings.Contains(p.Banner(), "You are acting for Bilal Kaya.") {
			t.Errorf("got banner %q after two clicks, want to act", p.Banner())
		}
		b.Get("/gallery").Is(t, http.StatusOK).Says(t, "every page")
	}, func(h *webtest.House, c *Config) {
		shown := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<main>every page</main>") })
		c.Demo = &Demo{Gallery: shown, Signin: signin.NewDemo(h.Signin), Organisation: acme, Company: "Acme Ltd", Story: []Said{{"en": "Ada covers.", "de": "Ada vertritt."}},
			People: []Cast{{ID: "ada", Name: "Ada Lindqvist", Role: Said{"en": "Sales"}, Try: Said{"en": "Act for Bilal"}, First: true}}}
	})
}

// TestDatabaseHangs: while the database does not answer nothing is done, and every page says so, with the request's number and without
// a word of what is behind it.
func TestDatabaseHangs(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		b.Act("d-bilal")
		b.Get("/cover/name")
		before := len(h.Records(ledger.Filter{}))
		h.Hangs.Store(true)
		look := func(p *webtest.Answer) {
			t.Helper()
			p.Is(t, http.StatusServiceUnavailable).Says(t, "Not possible just now", "Nothing was changed.").Hides(t, "sql", "closed", "Bilal")
			if !strings.Contains(p.Text(), "r-test") {
				t.Errorf("got a page without the request's number: %s", p.Source)
			}
		}
		for _, path := range []string{"/", "/choose", "/audit", "/cover/d-bilal"} {
			look(b.Tab().Get(path))
		}
		look(b.Tab().Post("/stop"))
		look(b.Tab().Post("/cover/name", "do", "confirm", "actor", "chiara"))
		b.Tab().Get("/whoami").Is(t, http.StatusServiceUnavailable)
		signing := h.Browser("en")
		signing.Get("/signin").Is(t, http.StatusOK)
		look(signing.Post("/signin", "email", "ada@acme.example", "password", password))
		h.Hangs.Store(false)
		if got := len(h.Records(ledger.Filter{})); got != before {
			t.Errorf("got %d records, want the %d from before", got, before)
		}
		if got := b.Get("/").Banner(); !strings.Contains(got, "Bilal Kaya") {
			t.Errorf("got banner %q afterwards, want to act on", got)
		}
	})
}

// TestVerifyShowsTheFirstBadRecord: whoever sees everything may have the record verified; what is not as it was signed is
// shown, and what to do.
func TestVerifyShowsTheFirstBadRecord(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("chiara")
		if err := ledger.NewSequencer(h.Ledger, h.Key, quiet()).Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.Get("/audit").Says(t, "Not verified yet")
		run := func() {
			t.Helper()
			h.Pass(time.Second)
			b.Post("/audit/verify").Leads(t, "/audit")
			b.Get("/audit").Says(t, "Verifying the record", "Look again")
			if did, err := h.Checks.Step(t.Context()); !did || err != nil {
				t.Fatalf("got %t (%v), want it verified", did, err)
			}
		}
		run()
		b.Get("/audit").Says(t, "Verified", "records are as they were signed, today, 10:00.")
		err := h.DB.UpdateReadCommitted(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			n, err := tx.Exec(ctx, `UPDATE records SET principal = 'mallory' WHERE organisation = 'acme' AND id =
				(SELECT record FROM leaves WHERE organisation = 'acme' AND sequence = 3)`)
			if err == nil && n != 1 {
				err = fmt.Errorf("%d records altered", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		run()
		p := b.Get("/audit").Says(t, "The record was changed", "The first bad record is number 3.", "Change nothing.")
		bad := b.Get(p.Find(".checked a").First().AttrOr("href", "")).Find("main tbody tr")
		if !bad.First().HasClass("broken") || bad.Filter(".broken").Length() != 1 {
			t.Errorf("got rows %q, want the bad one first and red", bad.First().Text())
		}
		// It is nothing for others.
		noor := h.As("noor")
		if p := noor.Get("/audit"); p.Find(".checked").Length() != 0 {
			t.Error("somebody who sees only their own is shown the verification")
		}
		noor.Post("/audit/verify").Is(t, http.StatusForbidden)
	})
}

// TestAuditFiltersByResult: what the address says is chosen in the form, whether the form offers it or not.
func TestAuditFiltersByResult(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		h.As("ada")
		b := h.As("chiara")
		p := b.Get("/audit?outcome=done&action=login.create").Is(t, http.StatusOK)
		if got := rows(p); len(got) < 2 || slices.ContainsFunc(got, func(row string) bool { return !strings.HasSuffix(row, "|login.create|Done") }) {
			t.Errorf("got rows %q, want sign-ins", got)
		}
		for id, want := range map[string]string{"#outcome": "done", "#action": "login.create"} {
			if got := p.Find(id+" option[selected]").AttrOr("value", ""); got != want {
				t.Errorf("got %q chosen in %s, want %q", got, id, want)
			}
		}
		b.Get("/audit?outcome=refused&action=login.create").Says(t, "Nothing matches this filter.")
		b.Get("/audit?outcome=perhaps").Is(t, http.StatusOK).Says(t, "Nothing matches this filter.")
	})
}

// TestAuditExportIsNoFormula: a CSV of the record has the same records, and no cell of it runs in a spreadsheet.
func TestAuditExportIsNoFormula(t *testing.T) {
	inHouse(t, func(t *testing.T, h *webtest.House) {
		b := h.As("chiara")
		err := h.DB.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := h.Ledger.Append(ctx, tx, ledger.Record{Organisation: webtest.Acme, At: h.Now(), Actor: "person:ada", Action: "login.create",
				Resource: "person:ada", Origin: standin.Origin{Agent: `=HYPERLINK("https://rival.example")`}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		want := len(h.Records(ledger.Filter{}))
		b.Get("/audit")
		p := b.Follow(b.Post("/audit/exports", "form", "csv").Leads(t, "/audit/export?form=csv")).Is(t, http.StatusOK)
		got, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(p.Source, "\uFEFF"))).ReadAll()
		if err != nil || len(got) != want+1 || !strings.HasPrefix(p.Header.Get("Content-Type"), "text/csv") {
			t.Fatalf("got %d rows (%v), want a heading and %d", len(got), err, want)
		}
		if !slices.ContainsFunc(got, func(row []string) bool { return slices.Contains(row, `'=HYPERLINK("https://rival.example")`) }) {
			t.Error("the formula is not there as text")
		}
		for _, row := range got {
			for _, cell := range row {
				if strings.HasPrefix(cell, "=") {
					t.Errorf("got cell %q, which a spreadsheet runs", cell)
				}
			}
		}
		if rows := strings.Count(b.Get("/audit/export?form=csv&who=chiara&action=login.").Source, "person:chiara,"); rows != 1 {
			t.Errorf("got %d rows of the filter, want 1", rows)
		}
	})
}
