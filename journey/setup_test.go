//go:build journey

package journey

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestFromNothing is the way of Mara, who sets an organisation up from an empty database, by pages alone, until Selin stands
// in for Jonas in it.
func TestFromNothing(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		url, link := serveEmpty(t, "--data", t.TempDir())
		fromNothing(t, url, link)
	})
}

// founding is a way from an empty database, step by step.
type founding struct {
	t                  *testing.T
	mara, jonas, selin *person
	steps              int
}

func fromNothing(t *testing.T, url, link string) {
	browser := open(t)
	begun := time.Now()
	f := &founding{t: t, mara: visit(t, browser, url), jonas: visit(t, browser, url), selin: visit(t, browser, url)}
	complaints := []func(){quiet(t, f.mara), quiet(t, f.jonas), quiet(t, f.selin)}
	f.setUp(strings.TrimPrefix(link, url))
	f.organise()
	jonas, selin := f.addPeople()
	f.comeIn(f.jonas, jonas, "Jonas Okoye")
	f.comeIn(f.selin, selin, "Selin Aydın")
	f.changeNotice()
	f.name()
	f.act()
	f.record()
	for _, check := range complaints {
		check()
	}
	t.Logf("from nothing to a stand-in took %v, with every page looked at", time.Since(begun).Round(time.Millisecond))
}

// look judges the page of the next step as it stands.
func (f *founding) look(p *person, page string) {
	f.t.Helper()
	f.steps++
	p.accessible(fmt.Sprintf("founding-%02d-%s", f.steps, page))
}

// setUp opens the link of the log, makes the organisation and accepts the notice that comes with the program.
func (f *founding) setUp(path string) {
	p := f.mara
	p.open(path)
	p.reads("Set up Standin", "Your organisation", "First administrator")
	f.look(p, "set-up")
	p.types("name", "Lighthouse Press")
	p.types("id", "lighthouse")
	p.retypes("zone", "Europe/Berlin")
	p.types("units", "house\neditorial")
	p.types("person", "Mara Lindholm")
	p.types("email", "mara@lighthouse.example")
	p.types("password", password)
	p.press("Set up and sign in")
	p.reads("Privacy notice", "Please read this once before you start.")
	f.look(p, "notice")
	p.press("Accept and continue")
	p.reads("Organisation", "Lighthouse Press", "What holds for everybody here.")
	f.look(p, "organisation")

	second := f.selin // the link worked once
	second.open(path)
	second.reads("This link opens nothing any more.")
	f.look(second, "set-up-over")
}

// organise adds a unit below another and a role that reads the record.
func (f *founding) organise() {
	p := f.mara
	p.press("Units")
	p.reads("editorial", "house")
	p.press("New unit")
	p.types("name", "desk")
	p.chooses("parent", "editorial")
	f.look(p, "unit")
	p.press("Save")
	p.reads("The unit is there.", "editorial/desk")
	f.look(p, "units")

	p.press("Roles")
	p.press("New role")
	p.types("short", "chief")
	p.types("name", "Editor in chief")
	p.retypes("rank", "20")
	p.unfold("Standin")
	p.chooses("p.standin.audit.view", "everywhere")
	f.look(p, "role")
	p.press("Save")
	p.reads("The role is saved.", "Editor in chief", "1 permission")
	f.look(p, "roles")
}

// addPeople adds two, gives each a role, and returns the links with which they come in.
func (f *founding) addPeople() (jonas, selin string) {
	p := f.mara
	p.press("People")
	p.reads("Mara Lindholm")
	add := func(name, email, unit, role string, picture bool) string {
		p.open("/people")
		p.press("Add a person")
		p.types("name", name)
		p.types("email", email)
		p.chooses("unit", unit)
		if picture {
			f.look(p, "person")
		}
		p.press("See what this does")
		p.reads("Add "+name+"?", email, unit)
		if picture {
			f.look(p, "person-check")
		}
		p.press("Add this person")
		p.reads("Added "+name+".", "They have no password yet.")
		p.pick("Give a role")
		p.chooses("role", role)
		if picture {
			f.look(p, "person-added")
		}
		p.press("See what this does")
		p.reads("Give "+name+" the role "+role, "What follows")
		if picture {
			f.look(p, "role-check")
		}
		p.press("Give the role")
		p.reads("The role was given.", role)
		p.press("Make a link")
		p.reads("The link, this once", "in person or by a way that only they read")
		if picture {
			f.look(p, "person-link")
		}
		var link string
		p.evaluate(`document.getElementById("kept-link").value`, &link)
		return strings.TrimPrefix(link, p.url)
	}
	jonas = add("Jonas Okoye", "jonas@lighthouse.example", "editorial", "Editor in chief", true)
	selin = add("Selin Aydın", "selin@lighthouse.example", "editorial/desk", "Staff", false)
	p.press("People")
	p.reads("Mara Lindholm", "Jonas Okoye", "Selin Aydın", "Never signed in")
	f.look(p, "people")
	return jonas, selin
}

// comeIn opens the link in a window of the person's own, where they choose a password, and accept the notice.
func (f *founding) comeIn(p *person, path, name string) {
	p.open(path)
	p.reads("Set your password", "Mara Lindholm made this link for you.", name)
	f.look(p, "link")
	p.types("password", password)
	p.press("Set it and sign in")
	p.reads("Privacy notice")
	p.press("Accept and continue")
	p.reads("Who stands in for whom, and until when.")
	f.look(p, "first-home")
	p.open(path)
	p.reads("This link opens nothing any more.")
}

// changeNotice gives the organisation a word and a notice of its own, after it was told whom that asks again.
func (f *founding) changeNotice() {
	p := f.mara
	p.press("Organisation")
	p.chooses("word", "Backup")
	p.retypes("notice_version", "2")
	p.types("notice_text", "Lighthouse Press keeps a record of who did what, and for whom.\n\nAsk Mara Lindholm about it.")
	p.press("Save")
	p.reads("Saving this has consequences", "3 people are asked to accept the privacy notice again", "Nothing has been saved yet.")
	f.look(p, "organisation-told")
	f.jonas.open("/") // which asks nothing yet
	f.jonas.misses("Lighthouse Press keeps a record")
	p.press("Save all the same")
	p.reads("Ask Mara Lindholm about it.")
	p.press("Accept and continue")
	p.pick("Read") // what stood in the notice
	p.reads("Earlier and present notices", "Lighthouse Press keeps a record")
	f.look(p, "organisation-saved")
	for _, other := range []*person{f.jonas, f.selin} {
		other.open("/")
		other.reads("The notice has changed since you accepted it.", "Lighthouse Press keeps a record of who did what, and for whom.", "Version 2")
		if other == f.jonas {
			f.look(other, "notice-changed")
		}
		other.press("Accept and continue")
	}
}

// name has Jonas name Selin.
func (f *founding) name() {
	p := f.jonas
	p.press("Name a backup")
	p.pick("Selin Aydın")
	p.pick("Annual leave")
	f.look(p, "name")
	p.press("Check and confirm")
	p.reads("Selin Aydın can act for Jonas Okoye", "Annual leave")
	f.look(p, "name-check")
	p.press("Name this person")
	p.reads("Done. They have been told.", "Selin Aydın")
	f.look(p, "named")
}

// act has Selin sign in anew, choose, read what Jonas may read, and stop.
func (f *founding) act() {
	p := f.selin
	p.open("/audit")
	p.misses("Changed the organisation", "Editor in chief")
	p.pick("Selin Aydın") // the menu
	p.press("Sign out")
	p.types("email", "selin@lighthouse.example")
	p.types("password", password)
	p.press("Sign in")
	p.reads("Who are you working as?", "Myself", "Backup of Jonas Okoye")
	f.look(p, "chooser")
	p.press("Myself")
	p.reads("Your password was set by a link that Mara Lindholm made.") // as every sign-in but the link's own tells
	f.look(p, "link-told")
	p.press("That was me")
	p.misses("Your password was set by a link")
	p.open("/choose")
	p.press("Backup of Jonas Okoye")
	if got := p.banner(); !strings.Contains(got, "You are acting for Jonas Okoye. Recorded as you, Selin Aydın.") {
		f.t.Errorf("got banner %q, want both names", got)
	}
	f.look(p, "acting")
	p.open("/audit")
	p.reads("Mara Lindholm", "Lighthouse Press") // which Jonas may see, and Selin may not
	f.look(p, "acting-audit")
	p.press("Switch back to myself")
	p.reads("You are yourself again.")
	if got := p.banner(); got != "" {
		f.t.Errorf("got banner %q after stopping, want none", got)
	}
}

// record has Mara find both names in the record, and its chain whole.
func (f *founding) record() {
	p := f.mara
	p.open("/audit")
	p.reads("Selin Aydın Jonas Okoye Started acting", "Selin Aydın Jonas Okoye Stopped acting")
	f.look(p, "audit")
	p.open("/people")
	p.press("Jonas Okoye")
	p.reads("Selin Aydın", "Annual leave", "Editor in chief")
	f.look(p, "person-with-backup")
}
