//go:build journey

package journey

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/standin-id/standin/db/dbtest"
)

// TestC2BannerInUnchangedApplications: two applications that know nothing of stand-ins, in two tabs of one browser.
func TestC2BannerInUnchangedApplications(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { twoApplications(t, "--data", t.TempDir()) })
	t.Run("postgres", func(t *testing.T) { twoApplications(t, "--database", dbtest.PostgresSchema(t)) })
}

// twoApplications is Bilal, who stands in for Chiara, at the applications desk and books. One click in one of them switches
// both; nobody enters a password twice; what a page of the other says meanwhile is said here.
func twoApplications(t *testing.T, where ...string) {
	desk, books := newUnchanged(t, "desk"), newUnchanged(t, "books")
	issuer := startWith(t, []*unchanged{desk, books}, where...)
	one := visit(t, open(t), "")
	one.before(`window.broken = []; addEventListener("securitypolicyviolation", (e) => window.broken.push(e.violatedDirective + " " + e.blockedURI));
		addEventListener("standin-ended", (e) => { window.ended = e.detail.how; })`)
	calm := quiet(t, one)

	one.open(desk.url + "/")
	one.types("email", "bilal@acme.example")
	one.types("password", password)
	one.leads(chromedp.Click("main form button", chromedp.ByQuery, chromedp.NodeVisible))
	one.reads("Who are you working as?", "Myself", "Deputy of Chiara Moretti")
	one.press("Myself")
	one.arrives(`document.getElementById("who")?.innerText === "Bilal Kaya"`)
	one.untilSays("Switch person")

	two := one.another(t)
	two.open(books.url + "/")
	two.arrives(`document.getElementById("who")?.innerText === "Bilal Kaya"`) // silently: who they are was chosen
	two.untilSays("Switch person")

	// Switching in one application, from its own top right.
	one.clicks = 0
	one.pushes("Switch person")
	one.arrives(`location.pathname === "/choose"`)
	one.press("Deputy of Chiara Moretti")
	one.arrives(`document.getElementById("who")?.innerText === "Bilal Kaya (for Chiara Moretti)"`)
	if one.clicks != 2 {
		t.Errorf("got %d clicks to switch, want 2: open the list, choose", one.clicks)
	}
	one.untilSays("You are acting for Chiara Moretti.", "Recorded as you, Bilal Kaya.", "You can look, and change nothing.", "min left in this session")

	// The other application: its session ended by back-channel logout, its open page says so and leads on as who one is now.
	patiently(t, "the logout of books", func() bool { return !books.holds("bilal") })
	two.untilSays("You work as somebody else by now")
	two.pushes("Go on with the new choice")
	two.arrives(`document.getElementById("who")?.innerText === "Bilal Kaya (for Chiara Moretti)"`)
	two.untilSays("You are acting for Chiara Moretti.")

	revokedIsSeen(t, issuer, desk, books, one, two)

	// Stopping in one, by keys alone: both are themselves again, signed in, without a password.
	one.clicks = 0
	reached := ""
	for range 10 {
		one.key(kb.Tab)
		if one.element(`function () { return this.activeElement?.innerText ?? ""; }`, &reached); reached == "Switch back to myself" {
			break
		}
	}
	one.key(kb.Enter)
	one.arrives(`document.getElementById("who")?.innerText === "Bilal Kaya"`)
	one.untilSays("Switch person")
	one.evaluate(`history.back(), 1`, new(int)) // what the application's page was before is nowhere kept (THREATS 73)
	one.arrives(`document.getElementById("who")?.innerText === "Bilal Kaya"`)
	one.untilSays("Switch person")
	two.untilSays("Your access as deputy of Chiara Moretti has ended.", "It was stopped, here or in another window.")
	two.pushes("Continue as myself")
	two.arrives(`document.getElementById("who")?.innerText === "Bilal Kaya"`)

	// Signing out of Standin: both pages say so.
	three := one.another(t)
	three.open(issuer + "/")
	three.pick("Bilal Kaya")
	three.press("Sign out")
	one.untilSays("You have been signed out.", "Sign in again")
	two.untilSays("You have been signed out.", "Sign in again")
	for _, p := range []*person{one, two} {
		var broken []string
		if p.evaluate(`window.broken ?? []`, &broken); len(broken) > 0 {
			t.Errorf("the policy was broken: %s", broken)
		}
	}
	calm()
	for _, a := range []*unchanged{desk, books} {
		if wrong := a.toldWrongly(); wrong != "" {
			t.Errorf("%s: %s", a.id, wrong)
		}
	}
}

// revokedIsSeen measures how soon an open page of another application shows that acting ended elsewhere, and that a page
// which was asleep meanwhile shows it as soon as it is looked at. It leaves both tabs acting.
func revokedIsSeen(t *testing.T, issuer string, desk, books *unchanged, one, two *person) {
	t.Helper()
	var took []time.Duration
	for range 12 {
		access := books.tokenOf("chiara")
		r, err := http.NewRequest("POST", issuer+"/.standin/stop", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+access)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("got %s to a stop", answer.Status)
		}
		begun := time.Now()
		one.until(`window.ended === "stopped"`)
		took = append(took, time.Since(begun))
		one.untilSays("Your access as deputy of Chiara Moretti has ended.")
		for _, a := range []*unchanged{desk, books} {
			patiently(t, "the logout of "+a.id, func() bool {
				if wrong := a.toldWrongly(); wrong != "" {
					t.Fatalf("%s: %s", a.id, wrong)
				}
				return !a.holds("chiara")
			})
		}
		one.open(issuer + "/choose?client=desk")
		one.press("Deputy of Chiara Moretti")
		one.untilSays("You are acting for Chiara Moretti.")
		two.open(books.url + "/")
		two.untilSays("You are acting for Chiara Moretti.")
	}
	slices.Sort(took)
	t.Logf("an end elsewhere was seen in an open tab after %v (median), %v (worst of %d)", took[len(took)/2].Round(time.Millisecond),
		took[len(took)-1].Round(time.Millisecond), len(took))
}
