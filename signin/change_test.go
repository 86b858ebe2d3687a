package signin_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/signin"
)

func TestChangePassword(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		elsewhere, token := w.enter("ann"), w.enter("ann")
		w.Pass(signin.ProofLasts)
		_, _, err := w.ChangePassword(ctx, token, good, "short", home)
		refused(t, err, standin.Invalid, "signin.password_length")
		_, _, err = w.ChangePassword(ctx, token, "not the password", fresh, home)
		refused(t, err, standin.Unauthenticated, "signin.not_right")
		if !contains(w.told(acme, "password:ann"), `person:ann  password.change refused ["signin.not_right"]`) {
			t.Errorf("got %q", w.told(acme, "password:ann"))
		}
		next, l, err := w.ChangePassword(ctx, token, good, fresh, home)
		if err != nil || !l.Proved.Equal(w.Now()) {
			t.Fatalf("got %+v, %v", l, err)
		}
		if v := w.Visit(next); v.Caller.Actor != "person:ann" || v.Caller.Login.ID != l.ID {
			t.Errorf("got %+v", v.Caller)
		}
		_, err = w.Resolve(ctx, token, home)
		refused(t, err, standin.Conflict, "signin.switched")
		_, err = w.Resolve(ctx, elsewhere, home)
		refused(t, err, standin.Unauthenticated, "signin.expired")
		_, _, err = w.Password(ctx, "ann@acme.example", good, home)
		refused(t, err, standin.Unauthenticated, "signin.not_right")
		if _, _, err := w.Password(ctx, "ann@acme.example", fresh, home); err != nil {
			t.Error(err)
		}
		if got := w.unexplained(acme); got != nil {
			t.Errorf("unexplained: %q", got)
		}
	})
}

// TestP9NobodyChangesAPasswordWhileActing: neither the principal's nor one's own.
func TestP9NobodyChangesAPasswordWhileActing(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		before := w.rows(`passwords`, "person", "hash")
		token := w.act(w.enter("ann"), w.Cover("ann", "boss"))
		_, _, err := w.ChangePassword(t.Context(), token, good, fresh, home)
		refused(t, err, standin.Denied, "signin.not_while_acting")
		if !contains(w.told(acme, "password:ann"), `person:ann boss password.change refused ["signin.not_while_acting"]`) {
			t.Errorf("got %q", w.told(acme, "password:ann"))
		}
		v := w.Visit(token)
		refused(t, w.KnowLink(t.Context(), v.Caller), standin.Denied, "signin.not_while_acting")
		if diff := cmp.Diff(before, w.rows(`passwords`, "person", "hash")); diff != "" {
			t.Errorf("passwords (-before +after):\n%s", diff)
		}
	})
}

// TestATokenPutInTheDatabaseIsFound: whoever writes a token of their own past Standin has a way in, which doctor finds.
func TestATokenPutInTheDatabaseIsFound(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		token := w.act(w.enter("ann"), w.Cover("ann", "boss"))
		token, err := w.Stop(ctx, token, home)
		if err != nil {
			t.Fatal(err)
		}
		link := w.invite(as("boss"), "bob")
		if got := w.unexplained(acme); got != nil {
			t.Fatalf("unexplained: %q", got)
		}
		w.past(`UPDATE logins SET token = $1 WHERE token = $2`, sha("chosen"), sha(token))
		w.past(`UPDATE invitations SET token = $1 WHERE token = $2`, sha("chosen too"), sha(link.Token))
		if v := w.Visit("chosen"); v.Caller.Actor != "person:ann" {
			t.Fatalf("got %+v", v.Caller)
		}
		got := strings.Join(w.unexplained(acme), "\n")
		if strings.Count(got, "\n") != 1 || !strings.Contains(got, "login:") || !strings.Contains(got, "invitation:") {
			t.Errorf("got %q, want the login and the link", got)
		}
	})
}

// bare takes everything away that settle made, so that the installation is empty.
func (w *porch) bare() {
	w.T.Helper()
	for _, table := range []string{"logins", "passwords", "holdings", "people", "roles", "units", "rules", "organisations"} {
		w.past(`DELETE FROM ` + table)
	}
}

var founding = signin.Founding{ID: "north", Name: "North Ltd", TimeZone: "Europe/Berlin", Units: []standin.UnitID{"office", "yard"},
	Administrator: "Frida First", Email: "frida@north.example", Password: fresh, Language: "de"}

func (w *porch) setUpLink() string {
	w.T.Helper()
	token, expires, err := w.SetUpLink(w.T.Context())
	if err != nil || !expires.Equal(w.Now().Add(signin.SetUpLasts)) {
		w.T.Fatalf("until %v, %v", expires, err)
	}
	return token
}

func TestSetUp(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		_, _, err := w.SetUpLink(ctx)
		refused(t, err, standin.Conflict, "signin.set_up_done")
		w.bare()
		former, token := w.setUpLink(), w.setUpLink()
		refused(t, w.SetUpOpen(ctx, former, home), standin.NotFound, "signin.link_unknown")
		refused(t, w.SetUpOpen(ctx, standin.NewSecret(), home), standin.NotFound, "signin.link_unknown")
		if err := w.SetUpOpen(ctx, token, home); err != nil {
			t.Fatal(err)
		}
		for field, change := range map[string]func(f *signin.Founding){
			"id":                 func(f *signin.Founding) { f.ID = "no id" },
			"name":               func(f *signin.Founding) { f.Name = "" },
			"settings.time_zone": func(f *signin.Founding) { f.TimeZone = "Nowhere" },
			"email":              func(f *signin.Founding) { f.Email = "frida" },
			"password":           func(f *signin.Founding) { f.Password = "12345678" },
		} {
			wish := founding
			change(&wish)
			_, _, err := w.SetUp(ctx, token, wish, home)
			refusal, ok := err.(*standin.Error)
			if !ok || refusal.Kind != standin.Invalid || refusal.Field != field {
				t.Errorf("got %v, want %s refused", err, field)
			}
		}
		if n := w.Count(`SELECT count(*) FROM organisations`) + w.Count(`SELECT count(*) FROM people`) + w.Count(`SELECT count(*) FROM roles`); n != 0 {
			t.Errorf("what was refused left %d rows", n)
		}
		in, _, err := w.SetUp(ctx, token, founding, home)
		if err != nil {
			t.Fatal(err)
		}
		v := w.Visit(in)
		if v.Organisation.ID != "north" || v.Organisation.Settings.TimeZone != "Europe/Berlin" || v.Person.Unit != "office" || v.Person.TimeZone != "Europe/Berlin" {
			t.Errorf("got %+v, %+v", v.Organisation, v.Person)
		}
		if got := w.rows(`roles`, "id"); len(got) != len(signin.StandardRoles()) {
			t.Errorf("roles %q", got)
		}
		w.Must(w.Directory.PutUnit(ctx, v.Caller, "office/quiet"))
		if got := w.unexplained("north"); got != nil {
			t.Errorf("unexplained: %q", got)
		}
		refused(t, w.SetUpOpen(ctx, token, home), standin.NotFound, "signin.link_unknown")
		_, _, err = w.SetUp(ctx, token, founding, home)
		refused(t, err, standin.NotFound, "signin.link_unknown")
		_, _, err = w.SetUpLink(ctx)
		refused(t, err, standin.Conflict, "signin.set_up_done")
		if got := w.rows(`records WHERE organisation = 'standin' AND resource LIKE 'setup:%'`, "actor", "action"); len(got) != 4 {
			t.Errorf("the operator's record tells %q", got)
		}
	})
}

// TestSetUpSignsInAsTimePasses: the sign-in counts, though time passes while everything is made.
func TestSetUpSignsInAsTimePasses(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		w.bare()
		token := w.setUpLink()
		w.Each(func() { w.Pass(time.Millisecond) })
		in, _, err := w.SetUp(t.Context(), token, founding, home)
		if err != nil {
			t.Fatal(err)
		}
		if v := w.Visit(in); v.Organisation.ID != "north" {
			t.Errorf("got %+v, want them signed in", v.Organisation)
		}
	})
}

// TestSetUpLinkEnds: after its hour, and once an organisation came by another way, the link is as good as none.
func TestSetUpLinkEnds(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		w.bare()
		token := w.setUpLink()
		w.Pass(signin.SetUpLasts)
		_, _, err := w.SetUp(ctx, token, founding, home)
		refused(t, err, standin.NotFound, "signin.link_unknown")
		token = w.setUpLink()
		w.Pass(time.Second)
		w.settle()
		_, _, err = w.SetUp(ctx, token, founding, home)
		refused(t, err, standin.NotFound, "signin.link_unknown")
		if n := w.Count(`SELECT count(*) FROM organisations WHERE id = 'north'`); n != 0 {
			t.Error("a second organisation was set up")
		}
	})
}

func TestSetUpHappensOnce(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		w.bare()
		token := w.setUpLink()
		var group sync.WaitGroup
		var mu sync.Mutex
		done := 0
		for _, id := range []standin.OrganisationID{"north", "south", "east", "west"} {
			group.Go(func() {
				wish := founding
				wish.ID, wish.Email = id, "frida@"+string(id)+".example"
				_, _, err := w.SetUp(t.Context(), token, wish, home)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					done++
				} else if standin.CodeOf(err) != "signin.link_unknown" {
					t.Errorf("got %v", err)
				}
			})
		}
		group.Wait()
		if n := w.Count(`SELECT count(*) FROM organisations`); done != 1 || n != 1 {
			t.Errorf("set up %d times, %d organisations; want one", done, n)
		}
	})
}
