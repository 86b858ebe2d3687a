//go:build journey

package journey

import (
	"strings"
	"testing"
	"time"
)

// TestTheMainJob is the way of Ada, who goes on leave, and Bilal, who stands in for her.
func TestTheMainJob(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { mainJob(t, serve(t), "job") })
	t.Run("postgres", func(t *testing.T) { mainJob(t, servePostgres(t), "") })
}

// mainJob goes the whole way. With a name it also looks at each page in every look.
func mainJob(t *testing.T, url, name string) {
	browser := open(t)
	ada, bilal := visit(t, browser, url), visit(t, browser, url)
	look := func(p *person, page string) {
		if name != "" {
			p.accessible(name + "-" + page)
		}
	}
	complaints := quiet(t, bilal)
	visit(t, browser, url).signIn("chiara") // of whom Ada's record tells, and Bilal's does not

	ada.open("/signin")
	look(ada, "01-signin")
	ada.signIn("ada")
	look(ada, "02-cover")
	begun := time.Now()
	ada.press("Name a deputy")
	look(ada, "03-name")
	ada.pick("Bilal Kaya")
	ada.pick("Annual leave")
	ada.press("Check and confirm")
	ada.reads("Bilal Kaya can act for Ada Lindqvist", "Annual leave", "What they could do", "View what is Ada Lindqvist’s own, and in sales", "Approve in sales", "Sealed fields stay hidden: Expense: Bank account")
	look(ada, "04-check")
	ada.press("Name this person")
	ada.reads("Done. They have been told.", "Bilal Kaya")
	if ada.clicks > 5 || ada.typed > 1 {
		t.Errorf("got %d clicks and %d typed fields to name a deputy, want at most 5 and 1", ada.clicks, ada.typed)
	}
	t.Logf("naming took %v with %d clicks, all pages looked at", time.Since(begun).Round(time.Millisecond), ada.clicks)
	look(ada, "05-named")

	bilal.signIn("bilal")
	bilal.reads("Who are you working as?", "Myself", "Deputy of Ada Lindqvist", "Whatever you choose, your own name stays on everything you do.")
	look(bilal, "06-chooser")
	bilal.press("Myself")
	bilal.open("/audit")
	bilal.misses("Chiara Moretti")
	bilal.open("/choose")
	bilal.clicks = 0
	bilal.press("Deputy of Ada Lindqvist")
	if bilal.clicks != 1 {
		t.Errorf("got %d clicks to start, want 1", bilal.clicks)
	}
	if got := bilal.banner(); !strings.Contains(got, "You are acting for Ada Lindqvist. Recorded as you, Bilal Kaya.") || !strings.Contains(got, "59 min left in this session") {
		t.Errorf("got banner %q, want both names and the time left", got)
	}
	bilal.reads("You are now acting for Ada Lindqvist.", "you cannot name stand-ins")
	look(bilal, "07-acting")
	bilal.open("/audit")
	bilal.reads("Chiara Moretti", "Ada Lindqvist") // which Ada may see, and Bilal may not
	look(bilal, "08-acting-audit")

	bilal.evaluate(`(b => { // as if 55 minutes had passed
		const take = b.take;
		b.take = (left) => take.call(b, left - 55 * 60000);
		b.take(59 * 60000);
		b.tick();
	})(document.querySelector("standin-banner"))`, nil)
	look(bilal, "09-five-minutes")
	bilal.retypes("resource", "typed meanwhile")
	bilal.pick("Stay 1 hour longer")
	bilal.until(`document.body.innerText.includes("You have more time now.")`)
	bilal.until(`/^6[34] min/.test(document.querySelector("standin-banner [data-count]").textContent)`)
	var typed string
	if bilal.evaluate(`document.querySelector("#resource").value`, &typed); typed != "typed meanwhile" {
		t.Errorf("got %q in the field, want staying longer to leave it as it was", typed)
	}
	bilal.open("/audit")
	if got := bilal.banner(); !strings.Contains(got, "1 h 59 min left in this session") && !strings.Contains(got, "119 min left in this session") {
		t.Errorf("got banner %q, want an hour more", got)
	}
	bilal.press("Switch back to myself")
	bilal.reads("You are yourself again.")
	if got := bilal.banner(); got != "" {
		t.Errorf("got banner %q after stopping, want none", got)
	}
	bilal.open("/audit")
	bilal.reads("Started acting", "Stopped acting", "Bilal Kaya", "Ada Lindqvist")
	look(bilal, "10-audit")
	ada.open("/audit")
	ada.reads("Bilal Kaya", "Started acting")
	ada.open("/")
	ada.press("Bilal Kaya")
	ada.reads("Bilal Kaya started acting", "Bilal Kaya stopped acting", "This was used")
	look(ada, "11-delegation")
	ada.press("Edit")
	look(ada, "12-edit")
	complaints()
}

// TestRevocationEndsAnOpenTab: the principal ends it, and a page that stands open says so within two seconds.
func TestRevocationEndsAnOpenTab(t *testing.T) {
	url, browser := serve(t), open(t)
	ada, chiara := visit(t, browser, url), visit(t, browser, url)
	ada.signIn("ada")
	chiara.signIn("chiara")
	chiara.press("Vertretung von Ada Lindqvist")
	if got := chiara.banner(); !strings.Contains(got, "Ada Lindqvist") || !strings.Contains(got, "Chiara Moretti") {
		t.Errorf("got banner %q, want both names", got)
	}
	chiara.open("/audit")
	ada.open("/cover/d-ada")
	ada.press("End now")
	took := chiara.until(`document.querySelector("standin-banner dialog[data-ended]").open`)
	t.Logf("the open page said it %v after the end was acknowledged", took.Round(time.Millisecond))
	if took > 2*time.Second {
		t.Errorf("got %v, want at most 2 s", took)
	}
	chiara.reads("Ada Lindqvist hat")
	chiara.accessible("ended-dialog")
	chiara.press("Als ich selbst weiter")
	if got := chiara.banner(); got != "" {
		t.Errorf("got banner %q afterwards, want none", got)
	}
}
