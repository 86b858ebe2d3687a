//go:build journey

package journey

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/standin-id/standin/db/dbtest"
)

// TestH1ApplicationsSignPeopleIn is Bilal's day: he uses one application for Noor, another that takes no stand-ins, and one
// that belongs to somebody else.
func TestH1ApplicationsSignPeopleIn(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { throughApplications(t, "flow", "--data", t.TempDir()) })
	t.Run("postgres", func(t *testing.T) { throughApplications(t, "", "--database", dbtest.PostgresSchema(t)) })
}

func throughApplications(t *testing.T, name string, where ...string) {
	desk, payroll, planner := connects(t, "desk"), connects(t, "payroll"), connects(t, "planner")
	standin := serveFor(t, desk.entry("Workdesk", "stand_ins: true, reads_act: true")+payroll.entry("Payroll", "stand_ins: false")+
		planner.entry("Planner", "stand_ins: true, third_party: true"), where...)
	for _, a := range []*customer{desk, payroll, planner} {
		a.connect(standin)
	}
	bilal := visit(t, open(t), standin)
	complaints := quiet(t, bilal)
	look := func(page string) {
		if name != "" {
			bilal.accessible(name + "-" + page)
		}
	}

	// He signs in once, chooses whom he works for, and is at the application, which knows both.
	bilal.at(desk, "/")
	bilal.reads("Sign in as yourself to go on to Workdesk.")
	look("01-signin")
	bilal.types("email", "bilal@acme.example")
	bilal.types("password", password)
	bilal.press("Sign in")
	bilal.reads("Who are you working as?", "You are on the way to Workdesk.", "See their tabs, searches and reports")
	look("02-chooser")
	bilal.pick("See their tabs, searches and reports")
	bilal.press("Deputy of نور الهدى عبد الرحمن")
	bilal.reads("desk: sub noor, act bilal, view true, named نور الهدى عبد الرحمن")
	if err := desk.refreshes("noor"); err != nil {
		t.Errorf("fresh tokens while acting: %v", err)
	}

	// The switch in the application's banner: one click, no password, and he is there as himself.
	bilal.clicks, bilal.typed = 0, 0
	bilal.open("/choose?client=desk")
	look("03-switch")
	bilal.press("Myself")
	bilal.reads("desk: sub bilal, act <nil>")
	if bilal.clicks != 1 || bilal.typed != 0 {
		t.Errorf("got %d clicks and %d typed fields to switch, want 1 and none", bilal.clicks, bilal.typed)
	}
	bilal.at(desk, "/login?prompt=none")
	bilal.reads("desk: sub bilal, act <nil>")
	bilal.at(desk, "/login?prompt=select_account")
	bilal.press("Deputy of Chiara Moretti")
	bilal.reads("desk: sub chiara, act bilal, view false")

	// An application that takes no stand-ins says so, and takes him as himself; the other one is told that he stopped.
	bilal.at(payroll, "/")
	bilal.reads("Payroll takes no deputies", "You act for Chiara Moretti now.")
	look("04-no-stand-ins")
	bilal.press("Back to Payroll")
	bilal.reads("payroll was refused: access_denied")
	bilal.at(payroll, "/login?prompt=none")
	bilal.reads("payroll was refused: interaction_required")
	bilal.at(payroll, "/")
	bilal.press("Myself")
	bilal.reads("payroll: sub bilal, act <nil>")
	bilal.ended(desk)
	bilal.at(desk, "/")
	bilal.reads("desk: sub bilal, act <nil>")

	// Somebody else's application asks, and remembers the answer.
	bilal.at(planner, "/")
	bilal.reads("May Planner know about you?", "Your e-mail address")
	look("05-consent")
	bilal.press("Don’t allow")
	bilal.reads("planner was refused: access_denied")
	bilal.at(planner, "/login?prompt=none")
	bilal.reads("planner was refused: consent_required")
	bilal.at(planner, "/")
	bilal.press("Allow")
	bilal.reads("planner: sub bilal, act <nil>")
	bilal.at(planner, "/login?prompt=none")
	bilal.reads("planner: sub bilal, act <nil>")

	bilal.tidiesUp(desk, planner, look)

	// Who signs out of an application is asked about Standin.
	bilal.leads(chromedp.Navigate(payroll.leaving()))
	bilal.reads("Sign out of Standin, too?", "You signed out of Payroll.")
	look("07-leaving")
	bilal.press("Stay signed in")
	bilal.reads("Goodbye from payroll")
	bilal.at(payroll, "/login?prompt=none")
	bilal.reads("payroll: sub bilal")
	bilal.leads(chromedp.Navigate(payroll.leaving()))
	bilal.press("Sign out of Standin")
	bilal.reads("Goodbye from payroll")
	bilal.ended(payroll)
	bilal.at(payroll, "/login?prompt=none")
	bilal.reads("payroll was refused: login_required")

	// Nobody is sent to an address that nobody registered.
	bilal.open("/oauth2/authorize?" + url.Values{"client_id": {"desk"}, "response_type": {"code"}, "scope": {"openid"},
		"redirect_uri": {"https://evil.example/callback"}}.Encode())
	bilal.reads("This sign-in cannot go on", "https://evil.example/callback", "Tell an administrator of the application")
	look("08-stranded")
	complaints()
}

// tidiesUp is what he does in his settings: he ends one application's sign-in and takes back what he allowed another.
func (p *person) tidiesUp(desk, planner *customer, look func(string)) {
	p.t.Helper()
	p.open("/settings")
	p.press("Applications you are signed in to, and what you allowed")
	p.reads("Your applications", "Workdesk", "Payroll", "Planner")
	look("06-own-applications")
	p.leads(chromedp.Click(`//li[contains(., "Workdesk")]//button`, chromedp.BySearch))
	p.reads("Signed out there.")
	p.ended(desk)
	p.leads(chromedp.Click(`//button[contains(., "Take it back")]`, chromedp.BySearch))
	p.reads("Taken back. It is told nothing more about you.")
	p.ended(planner)
	p.at(planner, "/login?prompt=none")
	p.reads("planner was refused: consent_required")
}

// at goes to a page of the application's.
func (p *person) at(a *customer, path string) {
	p.t.Helper()
	p.leads(chromedp.Navigate(a.server.URL + path))
}

// ended waits until the application was told that everybody's sign-in there is over.
func (p *person) ended(a *customer) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		a.mu.Lock()
		left := 0
		for _, s := range a.known {
			if s.claims != nil {
				left++
			}
		}
		a.mu.Unlock()
		if left == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.t.Fatalf("%s still has %d sessions", a.id, left)
		}
	}
}
