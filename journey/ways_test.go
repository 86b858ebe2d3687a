//go:build journey

package journey

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestWithoutScript is the whole job in a browser that runs no script at all.
func TestWithoutScript(t *testing.T) {
	url, browser := serve(t), open(t)
	ada, chiara := visit(t, browser, url), visit(t, browser, url)
	ada.withoutScript()
	chiara.withoutScript()
	ada.signIn("ada")
	ada.press("Name a deputy")
	ada.types("find", "zzz")
	ada.press("Search")
	ada.reads("No colleague matches “zzz”.")
	ada.retypes("find", "MARIA wolk")
	ada.press("Search")
	ada.reads("Maria-Theresia Hildegard")
	ada.misses("Bilal Kaya")
	ada.press("Check and confirm")
	ada.reads("Please check this", "Choose at least one person.", "Pick a reason, or say in a few words why.")
	ada.pick("Maria-Theresia")
	ada.pick("Keep ready (standby)")
	ada.types("purpose", "When I am ill")
	ada.retypes("find", "")
	ada.run(chromedp.Focus("#purpose", chromedp.ByQuery))
	ada.leads(chromedp.KeyEvent(kb.Enter)) // the search was changed and not asked yet, so it is asked first
	ada.reads("Bilal Kaya", "Maria-Theresia")
	ada.run(chromedp.Focus("#purpose", chromedp.ByQuery))
	ada.leads(chromedp.KeyEvent(kb.Enter))
	ada.reads("is kept ready for Ada Lindqvist", "When I am ill")
	ada.press("Name this person")
	ada.press("Maria-Theresia")
	ada.press("Switch on")
	ada.reads("Switched on until")
	ada.press("Switch off")
	ada.reads("Switched off.")
	ada.press("Delete")
	ada.reads("Deleted. The record stays.")

	chiara.signIn("chiara")
	chiara.press("Vertretung von Ada Lindqvist")
	if got := chiara.banner(); !strings.Contains(got, "Sie handeln für Ada Lindqvist.") || !strings.Contains(got, "Chiara Moretti") {
		t.Errorf("got banner %q, want both names", got)
	}
	ada.open("/cover/d-ada")
	ada.press("End now")
	chiara.open("/audit")
	chiara.reads("Ada Lindqvist hat Ihren Zugang")
	chiara.press("Als ich selbst weiter")
	chiara.misses("Sie handeln für")
}

// TestKeyboardOnly is the job without a mouse: every stop of the focus is in sight and tells that it has it.
func TestKeyboardOnly(t *testing.T) {
	url, browser := serve(t), open(t)
	p := visit(t, browser, url)
	p.open("/signin")
	p.key(kb.Tab)
	p.evaluate(`document.activeElement.click()`, nil) // the skip link comes first
	p.tabTo("E-mail")
	p.key("ada@acme.example")
	p.tabTo("Password")
	p.key(password)
	p.leads(chromedp.KeyEvent(kb.Enter))
	p.tabTo("Name a deputy")
	p.leads(chromedp.KeyEvent(kb.Enter))
	p.tabTo("Find a colleague")
	p.key("bil")
	p.until(`document.querySelectorAll("[data-people] input").length === 1 && document.querySelector("[data-found]").textContent !== ""`)
	p.tabTo("Bilal Kaya")
	p.key(" ")
	p.tabTo("week") // this one, or at its end the coming one
	p.key(kb.ArrowDown)
	p.key(kb.ArrowDown)
	p.evaluate(`document.activeElement.value`, new(string))
	p.tabTo("Annual leave")
	p.key(" ")
	p.tabTo("Check and confirm")
	p.leads(chromedp.KeyEvent(kb.Enter))
	p.reads("Bilal Kaya can act for Ada Lindqvist", "90 days")
	p.tabTo("Name this person")
	p.leads(chromedp.KeyEvent(kb.Enter))
	p.reads("Done. They have been told.")
	p.tabTo("Ada Lindqvist") // the menu
	p.key(kb.Enter)
	p.tabTo("Sign out")
	p.leads(chromedp.KeyEvent(kb.Enter))

	p.tabTo("E-mail")
	p.key("bilal@acme.example")
	p.tabTo("Password")
	p.key(password)
	p.leads(chromedp.KeyEvent(kb.Enter))
	p.tabTo("Deputy of Ada Lindqvist")
	p.leads(chromedp.KeyEvent(kb.Enter))
	p.reads("You are acting for Ada Lindqvist.")
	p.open("/cover/d-ada")
	p.tabTo("Switch back to myself") // past everything on the page, with the banner over its foot
	p.leads(chromedp.KeyEvent(kb.Enter))
	p.reads("You are yourself again.")
}

// TestNarrowRightToLeftAndGerman: a phone's width, names from right to left and long ones, in German and in the dark.
func TestNarrowRightToLeftAndGerman(t *testing.T) {
	url, browser := serve(t), open(t)
	p := visit(t, browser, url)
	p.looks(320, "dark")
	p.signIn("bilal")
	p.press("Deutsch")
	p.reads("Als wer arbeiten Sie?", "Vertretung von نور الهدى عبد الرحمن")
	p.pick("Gerade nicht möglich")
	p.accessible("narrow-chooser")
	p.press("Vertretung von نور")
	if got := p.banner(); !strings.Contains(got, "نور الهدى عبد الرحمن") || !strings.Contains(got, "Bilal Kaya") {
		t.Errorf("got banner %q, want both names", got)
	}
	p.open("/cover/d-noor")
	p.reads("Nicht, solange Sie für jemanden handeln")
	p.accessible("narrow-acting-delegation")
	p.open("/cover/name")
	p.accessible("narrow-refused")
	p.press("Zurück zu mir selbst")
	p.open("/cover/name")
	p.pick("Mein Urlaub")
	p.pick("Ausgewählte Bereiche")
	p.press("Prüfen und bestätigen")
	p.accessible("narrow-problems")
	p.pick("نور الهدى")
	p.pick("Maria-Theresia")
	p.pick("Ansehen (Expense)")
	p.pick("Krankheit")
	p.evaluate(`document.getElementById("end").value = "2030-01-01"`, nil)
	p.press("Prüfen und bestätigen")
	p.reads("höchstens 90 Tage")
	p.pick("Ab jetzt")
	p.press("Prüfen und bestätigen")
	p.accessible("narrow-check")
	p.press("2 Personen benennen")
	p.reads("Erledigt.")
	p.accessible("narrow-cover")
}

// TestAStalePageChangesNothing: what was opened as oneself is not sent as somebody else (THREATS 37).
func TestAStalePageChangesNothing(t *testing.T) {
	url, browser := serve(t), open(t)
	p := visit(t, browser, url)
	p.signIn("chiara")
	p.press("Ich selbst")
	p.open("/cover/name")
	p.types("purpose", "Messe in Lyon")
	p.evaluate(`fetch("/choose", {method: "POST", body: new URLSearchParams({delegation: "d-ada", identity: document.querySelector("[name=identity]").value})}).then(r => r.status)`, new(int))
	p.press("Prüfen und bestätigen")
	p.reads("Chiara Moretti (für Ada Lindqvist)", "wurde nichts gesendet")
	var kept string
	p.evaluate(`document.querySelector("[data-kept]").value`, &kept)
	if kept != "Messe in Lyon" {
		t.Errorf("got %q kept, want what was typed", kept)
	}
	p.accessible("stale")
	p.open("/")
	if got := p.banner(); !strings.Contains(got, "Ada Lindqvist") {
		t.Errorf("got banner %q, want what was chosen meanwhile", got)
	}
}
