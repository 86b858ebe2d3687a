package admin_test

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/webtest"
	"github.com/standin-id/standin/world/lists"
)

// pages runs the test on both databases, with all pages.
func pages(t *testing.T, test func(t *testing.T, h *webtest.House)) {
	t.Helper()
	webtest.Run(t, func(_ *webtest.House, c frame.Config) http.Handler {
		return web.New(web.Config{Rooms: c.Rooms, Now: c.Now, Log: c.Log})
	}, test)
}

// names are the rows of the list, as they are read.
func names(p *webtest.Answer) (all []string) {
	for _, n := range p.Find("ul.directory .text strong").EachIter() {
		all = append(all, strings.Join(strings.Fields(n.Text()), " "))
	}
	return all
}

func has(all []string, name string) bool {
	for _, n := range all {
		if n == name {
			return true
		}
	}
	return false
}

// person is the person as the directory has them.
func person(t *testing.T, h *webtest.House, id standin.PersonID) directory.Detail {
	t.Helper()
	d, err := h.Directory.PersonDetail(t.Context(), standin.OperatorCaller(webtest.Acme, "test"), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// confirmed sends on what the page that says what would happen keeps.
func confirmed(b *webtest.Browser, path string) *webtest.Answer {
	pairs := []string{"do", "confirm"}
	for _, n := range b.Seen.Find("main form input[type=hidden]").EachIter() {
		if name := n.AttrOr("name", ""); name != "identity" {
			pairs = append(pairs, name, n.AttrOr("value", ""))
		}
	}
	return b.Post(path, pairs...)
}

// TestA10PeopleAreFoundAndFiltered, and A3: each row leads to naming a deputy, to the deputies, to editing and to leaving.
func TestA10PeopleAreFoundAndFiltered(t *testing.T) {
	pages(t, func(t *testing.T, h *webtest.House) {
		b := h.As("boss")
		p := b.Get("/people").Is(t, http.StatusOK)
		if all := names(p); !has(all, "Ada Lindqvist") || !has(all, "Chiara Moretti") || has(all, "Ada Lindqvist (for Bilal Kaya)") {
			t.Errorf("got %q, want everybody and no stand-ins", all)
		}
		if got := names(b.Get("/people?find=lindq")); len(got) != 1 || got[0] != "Ada Lindqvist" {
			t.Errorf("got %q for a name, want the one", got)
		}
		if got := names(b.Get("/people?role=auditor")); len(got) != 1 || got[0] != "Chiara Moretti" {
			t.Errorf("got %q for a role, want the one who holds it", got)
		}
		if got := names(b.Get("/people?unit=sales")); !has(got, "Ada Lindqvist") || has(got, "Chiara Moretti") {
			t.Errorf("got %q for a unit, want those at and below it", got)
		}
		b.Get("/people?find=zzz").Says(t, "Nobody matches.")
		p = b.Get("/people?standins=yes")
		if all := names(p); !has(all, "Ada Lindqvist (for Bilal Kaya)") {
			t.Errorf("got %q, want the stand-ins too", all)
		}
		p.Find("ul.directory > li").Each(func(_ int, row *goquery.Selection) {
			text := strings.Join(strings.Fields(row.Find(".text strong").Text()), " ")
			want := []string{"/cover/name?principal=ada", "/people/ada#deputies", "/people/ada/edit", "/people/ada#entry", "/people/ada/leave"}
			if text == "Ada Lindqvist (for Bilal Kaya)" {
				want = []string{"/cover/d-bilal", "/people/ada", "/people/bilal"}
			} else if text != "Ada Lindqvist" {
				return
			}
			for _, to := range want {
				if row.Find(".more a[href='"+to+"']").Length() != 1 {
					t.Errorf("%s: the row does not lead to %s", text, to)
				}
			}
		})
		b.Get("/cover/name?principal=ada").Is(t, http.StatusOK).Says(t, "Name a deputy for Ada Lindqvist")
		if got := b.Get("/people/export?find=mallory").Is(t, http.StatusOK).Source; !strings.Contains(got, "mallory@acme.example") || strings.Contains(got, "ada@") {
			t.Errorf("got %q, want what the filter leaves", got)
		}
	})
}

// TestThreat10PeopleOfOthers: who manages nobody reads the rule, who manages a unit sees no other, and other organisations
// are not there.
func TestThreat10PeopleOfOthers(t *testing.T) {
	pages(t, func(t *testing.T, h *webtest.House) {
		b := h.As("ada")
		for _, path := range []string{"/people", "/people/new", "/people/bilal", "/people/bilal/edit", "/people/bilal/leave", "/people/export", "/groups"} {
			b.Get(path).Is(t, http.StatusForbidden).Says(t, "directory.not_entitled")
		}
		if b.Get("/").Find("nav.main a[href='/people']").Length() != 0 {
			t.Error("the menu offers People to somebody who manages nobody")
		}
		b.Get("/audit")
		for _, path := range []string{"/people/new", "/people/bilal/edit", "/people/bilal/leave", "/people/bilal/invite", "/people/bilal/hold", "/groups"} {
			b.Post(path, "do", "confirm", "name", "X", "email", "x@acme.example", "role", "super").Is(t, http.StatusForbidden)
		}
		hr := h.As("hanna")
		if hr.Get("/").Find("nav.main a[href='/people']").Length() != 1 {
			t.Error("the menu does not offer People to somebody who manages some")
		}
		if got := names(hr.Get("/people")); !has(got, "Ada Lindqvist") || has(got, "Chiara Moretti") || has(got, "Bea Boss") {
			t.Errorf("got %q, want only sales", got)
		}
		for _, id := range []string{"chiara", "boss", "no-such", "rival-ada"} {
			for _, page := range []string{"", "/edit", "/leave"} {
				hr.Get("/people/"+id+page).Is(t, http.StatusNotFound)
			}
			hr.Get("/people")
			for _, verb := range []string{"edit", "leave", "invite", "hold", "reactivate"} {
				hr.Post("/people/"+id+"/"+verb, "do", "confirm", "role", "staff", "name", "X", "email", "x@acme.example").Is(t, http.StatusNotFound)
			}
		}
	})
}

// TestPeopleWhileActing: one who acts sees what the principal may see, and changes nothing.
func TestPeopleWhileActing(t *testing.T) {
	pages(t, func(t *testing.T, h *webtest.House) {
		h.ApplyText("hr.yaml", strings.NewReader("organisations:\n  - id: acme\n    delegations:\n"+
			"      - {id: d-hanna-away, principal: hanna, actor: chiara, kind: cover, start: today-1d, end: today+9d, purpose: leave}\n"))
		b := h.As("chiara")
		b.Act("d-hanna-away")
		p := b.Get("/people").Is(t, http.StatusOK).Says(t, "You see what", "Hanna Resch", "may see")
		if got := names(p); !has(got, "Ada Lindqvist") || has(got, "Noor") {
			t.Errorf("got %q, want Hanna's people", got)
		}
		if p.Find("main .more, main a[href='/people/new']").Length() != 0 {
			t.Error("the list offers changes to one who is acting")
		}
		if got := b.Get("/people/ada").Is(t, http.StatusOK).Find("main form").Length(); got != 0 {
			t.Errorf("got %d forms for one who is acting, want none", got)
		}
		b.Get("/people/ada/edit").Is(t, http.StatusForbidden)
		b.Get("/people")
		before := person(t, h, "ada")
		b.Post("/people/ada/edit", "do", "confirm", "name", "X", "email", "ada@acme.example", "unit", "sales").Is(t, http.StatusForbidden)
		b.Post("/people/ada/invite").Is(t, http.StatusForbidden)
		b.Post("/people/ada/leave", "do", "confirm").Is(t, http.StatusForbidden)
		if after := person(t, h, "ada"); after.Version != before.Version || !after.Active() {
			t.Errorf("got %+v, want nothing changed", after.Person)
		}
	})
}

// TestA10AddAndEdit: what a change does is said before it is saved, and nothing that was typed is lost.
func TestA10AddAndEdit(t *testing.T) {
	pages(t, func(t *testing.T, h *webtest.House) {
		b := h.As("hanna")
		b.Get("/people/new").Is(t, http.StatusOK)
		p := b.Post("/people/new", "name", "", "email", "new@acme.example", "unit", "sales", "do", "check").Is(t, http.StatusUnprocessableEntity)
		p.Problem(t, "name", "Write their name.")
		if got := p.Value("email"); got != "new@acme.example" {
			t.Errorf("got %q, want what was typed", got)
		}
		b.Post("/people/new", "name", "Nia New", "email", "ada@acme.example", "unit", "sales", "do", "check").Is(t, http.StatusConflict).Problem(t, "email", "belongs to somebody else")
		b.Post("/people/new", "name", "Nia New", "email", "new@acme.example", "unit", "finance", "do", "check").Is(t, http.StatusForbidden)
		b.Post("/people/new", "name", "Nia New", "email", "new@acme.example", "unit", "sales", "manager", "bilal", "do", "check").Is(t, http.StatusOK).
			Says(t, "Add Nia New?", "What follows", "new@acme.example")
		if got := len(h.Records(ledger.Filter{Action: "person.create", Actor: "person:hanna"})); got != 0 {
			t.Fatalf("got %d people added before it was confirmed, want none", got)
		}
		p = b.Follow(confirmed(b, "/people/new"))
		p.Is(t, http.StatusOK).Says(t, "Nia New", "no password yet", "Bilal Kaya")
		id := strings.TrimPrefix(strings.TrimSuffix(p.Request.URL.Path, "#entry"), "/people/")
		b.Get("/people/" + id + "/edit")
		b.Post("/people/"+id+"/edit", "version", "1", "name", "Nia Newer", "email", "new@acme.example", "unit", "sales/emea", "do", "check").Says(t, "sales/emea", "Nia Newer")
		b.Follow(confirmed(b, "/people/"+id+"/edit")).Says(t, "Saved.")
		if d := person(t, h, standin.PersonID(id)); d.Name != "Nia Newer" || d.Unit != "sales/emea" || d.Manager != "" {
			t.Errorf("got %+v, want what was confirmed", d.Person)
		}
	})
}

// TestSomebodyWasFaster: the change of the other stands beside what was typed, and neither is lost.
func TestSomebodyWasFaster(t *testing.T) {
	pages(t, func(t *testing.T, h *webtest.House) {
		b, other := h.As("hanna"), h.As("boss")
		typed := []string{"version", b.Get("/people/bilal/edit").Value("version"), "name", "Bilal Kaya", "email", "bilal@acme.example", "unit", "sales/emea", "zone", "Europe/Berlin"}
		other.Get("/people/bilal/edit")
		other.Post("/people/bilal/edit", append([]string{"do", "check"}, append(append([]string{}, typed...)[:6], "unit", "sales", "zone", "Asia/Tokyo", "manager", "boss")...)...).Is(t, http.StatusOK)
		other.Follow(confirmed(other, "/people/bilal/edit")).Says(t, "Saved.")
		p := b.Post("/people/bilal/edit", append([]string{"do", "confirm"}, typed...)...).Is(t, http.StatusConflict)
		p.Says(t, "Somebody else was faster", "Asia/Tokyo", "sales/emea", "Bea Boss (boss)")
		if d := person(t, h, "bilal"); d.TimeZone != "Asia/Tokyo" || d.Unit != "sales" {
			t.Errorf("got %+v, want the faster one's", d.Person)
		}
		again := []string{"do", "back"}
		for _, n := range p.Find("main form input[type=hidden]").EachIter() {
			again = append(again, n.AttrOr("name", ""), n.AttrOr("value", ""))
		}
		p = b.Post("/people/bilal/edit", again...).Is(t, http.StatusOK)
		if p.Value("zone") != "Europe/Berlin" || p.Value("version") != "2" {
			t.Errorf("got zone %q and version %q, want what was typed over what is saved", p.Value("zone"), p.Value("version"))
		}
	})
}

// TestA10RolesAndInvitations: the link is shown once, to the one who made it; a role says what it gives before it is given.
func TestA10RolesAndInvitations(t *testing.T) {
	pages(t, func(t *testing.T, h *webtest.House) {
		b := h.As("boss")
		b.Get("/people/newt")
		p := b.Post("/people/newt/invite").Is(t, http.StatusOK)
		link := p.Find("#kept-link").Text()
		if !strings.Contains(link, "/password?token=") {
			t.Fatalf("got link %q, want one", link)
		}
		if again := b.Get("/people/newt").Says(t, "Bea Boss made a link"); again.Find("#kept-link").Length() != 0 || strings.Contains(again.Source, "token=") {
			t.Error("the link is shown a second time")
		}
		b.Follow(b.Post("/people/newt/uninvite").Leads(t, "/people/newt")).Says(t, "The link was ended.")
		b.Post("/people/boss/invite").Is(t, http.StatusForbidden).Says(t, "Change your own password")

		b.Post("/people/newt/hold", "role", "manager", "unit", "sales").Is(t, http.StatusOK).Says(t, "Give Newt Neumann the role Manager at sales?", "permissions are gained")
		if got := len(person(t, h, "newt").Holdings); got != 1 {
			t.Fatalf("got %d roles before it was confirmed, want 1", got)
		}
		b.Follow(confirmed(b, "/people/newt/hold")).Says(t, "The role was given.")
		b.Post("/people/newt/release", "role", "manager", "unit", "sales").Is(t, http.StatusOK).Says(t, "permissions are lost")
		b.Follow(confirmed(b, "/people/newt/release")).Says(t, "The role was taken.")
		hr := h.As("hanna")
		hr.Get("/people/newt")
		hr.Post("/people/newt/hold", "role", "super", "unit", "").Is(t, http.StatusForbidden).Says(t, "Newt Neumann")
	})
}

// TestA10LeavingHandsOn: what ends is said before, what is handed on is named anew, and nothing is done before it is
// confirmed.
func TestA10LeavingHandsOn(t *testing.T) {
	pages(t, func(t *testing.T, h *webtest.House) {
		b := h.As("boss")
		h.As("ada").Act("d-bilal")
		b.Get("/people/ada/leave").Is(t, http.StatusOK).Says(t, "1 acting session ends at once", "Bilal Kaya")
		b.Post("/people/ada/leave", "to-d-bilal", "zzz", "do", "confirm").Is(t, http.StatusUnprocessableEntity).Problem(t, "to-d-bilal", "zzz")
		b.Post("/people/ada/leave", "to-d-bilal", "chiara", "do", "check").Is(t, http.StatusOK).Says(t, "goes to somebody else")
		if !person(t, h, "ada").Active() {
			t.Fatal("they are inactive before it was confirmed")
		}
		b.Follow(b.Post("/people/ada/leave", "to-d-bilal", "chiara", "do", "confirm").Leads(t, "/people/ada")).Says(t, "Ada Lindqvist", "is inactive.", "Inactive")
		if person(t, h, "ada").Active() {
			t.Error("they are active still")
		}
		named := false
		for _, d := range h.Named("bilal") {
			named = named || d.Actor == "chiara" && !d.State.Over()
		}
		if !named {
			t.Error("what they held was not handed on")
		}
		b.Get("/people/ada")
		b.Post("/people/ada/reactivate").Is(t, http.StatusOK).Says(t, "Make Ada Lindqvist active again?")
		b.Follow(confirmed(b, "/people/ada/reactivate")).Says(t, "Active again.")
		b.Post("/people/boss/leave", "do", "confirm").Is(t, http.StatusForbidden)
	})
}

// TestGroupsOfPeople: made, changed, filled and ended; what another saved meanwhile is not overwritten.
func TestGroupsOfPeople(t *testing.T) {
	pages(t, func(t *testing.T, h *webtest.House) {
		b := h.As("hanna")
		b.Get("/groups").Is(t, http.StatusOK).Says(t, "There is no group yet.")
		b.Post("/groups", "name", "", "unit", "sales").Is(t, http.StatusUnprocessableEntity)
		b.Post("/groups", "name", "On call", "unit", "finance").Is(t, http.StatusForbidden)
		p := b.Follow(b.Post("/groups", "name", "On call", "description", "In December", "unit", "sales")).Is(t, http.StatusOK).Says(t, "On call", "Nobody is in it yet.")
		at := p.Request.URL.Path
		b.Post(at+"/add", "person", "zzz").Is(t, http.StatusUnprocessableEntity).Says(t, "zzz")
		b.Follow(b.Post(at+"/add", "person", "ada@acme.example").Leads(t, at)).Says(t, "Ada Lindqvist")
		b.Get("/people/ada").Says(t, "On call")
		b.Get(at)
		b.Follow(b.Post(at+"/edit", "version", "1", "name", "On call, always", "unit", "sales").Leads(t, at)).Says(t, "On call, always")
		b.Post(at+"/edit", "version", "1", "name", "Mine", "unit", "sales").Is(t, http.StatusConflict).Says(t, "meanwhile")
		if got := b.Seen.Value("name"); got != "Mine" {
			t.Errorf("got %q, want what was typed", got)
		}
		h.As("chiara").Get(at).Is(t, http.StatusNotFound)
		b.Follow(b.Post(at+"/remove", "person", "ada").Leads(t, at)).Says(t, "Nobody is in it yet.")
		b.Follow(b.Post(at+"/end", "version", "2").Leads(t, "/groups")).Says(t, "There is no group yet.")
	})
}

// upload sends the file as the form does.
func upload(t *testing.T, b *webtest.Browser, name, content string, pairs ...string) *webtest.Answer {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := form.WriteField(pairs[i], pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.WriteField("identity", b.Identity()); err != nil {
		t.Fatal(err)
	}
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write([]byte(content))
	}
	if err = errors.Join(err, form.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, b.H.URL+"/import", &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.Do(r)
}

// TestA10ImportOfPeople: what a list would do is told first, refused rows stop no other and can be downloaded, and what an
// export wrote changes nothing.
func TestA10ImportOfPeople(t *testing.T) {
	pages(t, func(t *testing.T, h *webtest.House) {
		b := h.As("hanna")
		b.Get("/import").Is(t, http.StatusOK)
		upload(t, b, "people.csv", "id,nmae\nx,y\n").Is(t, http.StatusUnprocessableEntity).Problem(t, "file", "name")
		list := "name,email,unit\nNia New,nia@acme.example,sales\nZoe Zahl,zoe@acme.example,finance\nAda Lindqvist,ada@acme.example,sales/emea\n"
		p := b.Follow(upload(t, b, "people.csv", list)).Is(t, http.StatusOK)
		at := p.Request.URL.Path
		p.Says(t, "What the list would do", "New1", "As they are already1", "Refused1", "Nia New", "Zoe Zahl", "Line 3")
		if got := len(h.Records(ledger.Filter{Action: "person.create", Actor: "person:hanna"})); got != 0 {
			t.Fatalf("got %d people before it was confirmed, want none", got)
		}
		refused := b.Get(at+"/refused").Is(t, http.StatusOK).Source
		if !strings.Contains(refused, "zoe@acme.example") || strings.Contains(refused, "nia@") {
			t.Errorf("got %q, want the refused row alone", refused)
		}
		h.As("boss").Get(at).Is(t, http.StatusNotFound)
		b.Get(at)
		b.Follow(b.Post(at).Leads(t, at))
		h.Lists.Wait()
		b.Get(at).Is(t, http.StatusOK).Says(t, "The list was imported", "New1")
		if got := len(h.Records(ledger.Filter{Action: "person.create", Actor: "person:hanna"})); got != 1 {
			t.Errorf("got %d people added, want the one", got)
		}
		exported := b.Get("/import/people/export").Is(t, http.StatusOK).Source
		if !strings.Contains(exported, "nia@acme.example") || strings.Contains(exported, "chiara@") {
			t.Errorf("got %q, want those whom she manages", exported)
		}
		b.Get("/import")
		b.Follow(upload(t, b, "again.csv", exported)).Says(t, "There is nothing to do.", "Refused0")
		b.Get("/people")
		filtered := b.Get("/people/export?find=nia").Source
		b.Get("/import")
		b.Follow(upload(t, b, "some.csv", filtered)).Says(t, "There is nothing to do.", "Refused0")
		b.Get("/import/roles/export").Is(t, http.StatusNotFound)
		ada := h.As("ada")
		ada.Get("/import").Is(t, http.StatusForbidden)
		ada.Get("/")
		upload(t, ada, "people.csv", list).Is(t, http.StatusForbidden)
	})
}

// TestThreat15NamingManyNeedsAFreshFactor: a list that names stand-ins, and handing on to others, ask for the proof that naming one
// does, and lead back.
func TestThreat15NamingManyNeedsAFreshFactor(t *testing.T) {
	pages(t, func(t *testing.T, h *webtest.House) {
		b := h.As("hanna")
		h.Pass(signin.ProofLasts)
		b.Get("/import")
		b.Get("/people/ada/leave").Leads(t, "/prove?return=%2Fpeople%2Fada%2Fleave")
		b.Post("/people/ada/leave", "to-d-bilal", "newt", "do", "confirm").Leads(t, "/prove?return=%2Fpeople%2Fada%2Fleave")
		if d := h.Delegation("d-bilal"); d.State.Over() || d.Actor != "ada" {
			t.Errorf("got %+v, want it as it was", d)
		}
		p := b.Follow(upload(t, b, "cover.csv", "actor,principal,purpose\nada@acme.example,newt@acme.example,leave\n")).Is(t, http.StatusOK)
		at := p.Request.URL.Path
		p.Says(t, "New1")
		b.Post(at).Leads(t, "/prove?return="+url.QueryEscape(at))
		if run, err := h.Lists.Kept(h.Caller("hanna"), lists.RunID(path.Base(at))); err != nil || run.Running || run.Over {
			t.Errorf("got %+v (%v), want that nothing was done", run, err)
		}
	})
}
