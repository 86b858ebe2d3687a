//go:build journey

package journey

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/standin-id/standin/db/dbtest"
)

// TestAppFromNothing is Mara's way from an empty database to an application that signs people in: added by its recipe,
// heard from while she looks, wrong at first, and tried out.
func TestAppFromNothing(t *testing.T) {
	address, link := serveEmpty(t, "--data", t.TempDir())
	browser := open(t)
	f := &founding{t: t, mara: visit(t, browser, address), selin: visit(t, browser, address)}
	f.setUp(strings.TrimPrefix(link, address))
	desk := connects(t, "desk")
	p, look := f.mara, func(page string) { f.mara.accessible("apps-" + page) }
	complaints := quiet(t, p)

	p.press("Apps")
	p.reads("No application signs people in with Standin yet.")
	look("01-none")
	p.press("Add an app")
	look("02-recipes")
	p.press("Node")
	p.types("name", "Workdesk")
	p.types("address", desk.server.URL)
	look("03-new")
	p.press("Register")
	p.reads("The secret is shown only now.", "What to paste", "app.mjs", "Show the banner")
	look("04-added")
	p.pick("Copy")
	p.until(`document.querySelector("[data-copies]").innerText.trim() === "Copied"`)
	var shown []string
	p.evaluate(`[...document.querySelectorAll("main dl.card code")].map((c) => c.textContent)`, &shown)
	if len(shown) != 3 || shown[0] != address {
		t.Fatalf("got %q, want issuer, id and secret", shown)
	}
	id, secret := shown[1], shown[2]
	p.press("I have kept it")
	p.reads("No request seen yet, listening")
	p.misses(secret)
	look("05-listening")

	// She watches the page while the application is opened elsewhere, first with an address that it was not registered with.
	used := visit(t, browser, address)
	used.leads(chromedp.Navigate(address + "/oauth2/authorize?" + url.Values{"response_type": {"code"}, "client_id": {id}, "scope": {"openid"},
		"redirect_uri": {desk.server.URL + "/callback/"}}.Encode()))
	p.until(`document.querySelector("main").innerText.includes("The address to come back to is not registered")`)
	p.reads(desk.server.URL + "/callback/")
	look("06-wrong-address")
	desk.id = id
	desk.connect(address)
	desk.config.ClientSecret = secret
	used.at(desk, "/")
	used.types("email", "mara@lighthouse.example")
	used.types("password", password)
	used.press("Sign in")
	used.reads("act <nil>", "named Mara Lindholm")
	p.until(`document.querySelector("main").innerText.includes("Sign-ins work")`)
	look("07-working")

	p.press("Send test login")
	p.reads("Workdesk would be told this.", "Mara Lindholm", "in one’s own name", `"sub"`)
	look("08-tested")
	p.press("To the app")
	p.press("Change")
	look("09-change")
	p.retypes("name", "Workdesk 2")
	p.press("Save")
	p.reads("Saved.", "Workdesk 2")
	complaints()
}

// trying is a company whose administrator stands in for Ben.
const trying = `organisations:
  - id: acme
    name: Acme Ltd
    units: [sales]
    roles:
      - {id: keeper, rank: 90, allow: ["standin:*.*@org"]}
    people:
      - {id: kai, name: Kai Ito, email: kai@acme.example, password: only-for-trials, unit: sales, roles: [keeper], accepted_terms: true}
      - {id: ben, name: Ben Otto, email: ben@acme.example, password: only-for-trials, unit: sales, accepted_terms: true}
    delegations:
      - {id: d-ben, principal: ben, actor: kai, kind: cover, purpose: Annual leave}
clients:
  - {id: ledger, name: Ledger, organisation: acme, secret: only-for-trials, redirect_uris: ["https://ledger.example/callback"]}
  - {id: payroll, name: Payroll, organisation: acme, secret: only-for-trials, redirect_uris: ["https://payroll.example/callback"], stand_ins: false}
`

// TestATestSignInAsADeputy: whoever administers sees what an application would be told of a stand-in.
func TestATestSignInAsADeputy(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { triesAsDeputy(t, "--data", t.TempDir()) })
	t.Run("postgres", func(t *testing.T) { triesAsDeputy(t, "--database", dbtest.PostgresSchema(t)) })
}

func triesAsDeputy(t *testing.T, where ...string) {
	world := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(world, []byte(trying), 0o600); err != nil {
		t.Fatal(err)
	}
	kai := visit(t, open(t), serving.FindStringSubmatch(launch(t, append([]string{"--world", world}, where...)...))[1])
	complaints := quiet(t, kai)
	kai.signIn("kai")
	kai.open("/apps/ledger")
	kai.reads("It does not read who really acts.")
	kai.press("Send test login")
	kai.reads("You are on the way to Ledger.")
	kai.press("Deputy of Ben Otto")
	kai.reads("Ledger would be told this.", "Kai Ito (for Ben Otto)", `"act"`, "where it keeps only an id", "The test is over already")
	if got := kai.banner(); !strings.Contains(got, "Ben Otto") {
		t.Errorf("got banner %q, want that he acts for Ben", got)
	}
	kai.open("/audit")
	kai.reads("Kai Ito (for Ben Otto)")
	kai.open("/choose")
	kai.press("Myself")
	kai.open("/apps/ledger")
	kai.reads("No request seen yet") // for the application itself asked nothing
	kai.open("/apps/payroll")
	kai.press("Send test login")
	kai.reads("Payroll would be told this.", "in one’s own name") // it takes no stand-ins, so nobody is asked for whom
	complaints()
}
