package signin_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/signin"
)

const fresh = "a password of my own"

// as is the person of acme in their own name.
func as(id standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: acme, Actor: standin.PersonActor(id), Principal: id}
}

// give makes a role and gives it to the person for the whole organisation.
func (w *porch) give(person standin.PersonID, rank int, allow ...string) {
	w.T.Helper()
	role := standin.RoleID("role-of-" + person)
	w.Must(w.Directory.PutRole(w.T.Context(), operator(), rights.Role{ID: role, Rank: rank, Allow: allow}, 0))
	w.Must(w.Directory.Hold(w.T.Context(), operator(), person, role, ""))
}

func (w *porch) invite(by standin.Caller, person standin.PersonID) signin.Link {
	w.T.Helper()
	link, err := w.Invite(w.T.Context(), by, person)
	if err != nil {
		w.T.Fatal(err)
	}
	return link
}

// dead reports that the link opens nothing, and that it looks like one that never was.
func (w *porch) dead(token string) {
	w.T.Helper()
	_, err := w.Invitation(w.T.Context(), token, home)
	_, _, used := w.AcceptInvitation(w.T.Context(), token, fresh, home)
	_, never := w.Invitation(w.T.Context(), standin.NewSecret(), home)
	for _, err := range []error{err, used, never} {
		refused(w.T, err, standin.NotFound, "signin.link_unknown")
		if err != nil && err.Error() != never.Error() {
			w.T.Errorf("got %q for one link and %q for another", err, never)
		}
	}
}

// accept uses the link and returns the token of the login.
func (w *porch) accept(token string) string {
	w.T.Helper()
	in, _, err := w.AcceptInvitation(w.T.Context(), token, fresh, home)
	if err != nil {
		w.T.Fatal(err)
	}
	return in
}

func TestInvitationSetsTheFirstPassword(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		link := w.invite(as("boss"), "bob")
		if link.Again || link.Person.ID != "bob" || !link.Expires.Equal(w.Now().Add(signin.InvitationLasts)) {
			t.Errorf("got %+v", link)
		}
		st, err := w.StandingOf(ctx, as("boss"), "bob")
		if err != nil || !st.Password.IsZero() || st.By != "person:boss" || !st.Expires.Equal(link.Expires) {
			t.Errorf("got %+v, %v", st, err)
		}
		shown, err := w.Invitation(ctx, link.Token, home)
		if err != nil || shown.ByName != "Name boss" || shown.Person.ID != "bob" || shown.Organisation.ID != acme || shown.Again {
			t.Errorf("got %+v, %v", shown, err)
		}
		_, _, err = w.AcceptInvitation(ctx, link.Token, "short", home)
		refused(t, err, standin.Invalid, "signin.password_length")
		v := w.Visit(w.accept(link.Token))
		if v.Caller.Actor != "person:bob" || v.Told != nil {
			t.Errorf("got %+v, told %+v; the page of the link said already who made it", v.Caller, v.Told)
		}
		w.dead(link.Token)

		again, _, err := w.Password(ctx, "bob@acme.example", fresh, home)
		if err != nil {
			t.Fatal(err)
		}
		v = w.Visit(again)
		if v.Told == nil || v.Told.By != "person:boss" || v.Told.ByName != "Name boss" || v.Told.From != home {
			t.Fatalf("got told %+v, want who made the link", v.Told)
		}
		if err := w.KnowLink(ctx, v.Caller); err != nil {
			t.Fatal(err)
		}
		if v = w.Visit(again); v.Told != nil {
			t.Errorf("got told %+v once more", v.Told)
		}
		want := []string{"person:bob  invitation.know done []", "person:bob  invitation.use done []", "person:boss  invitation.create done []"}
		got := w.told(acme, "invitation:%")
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
		if got := w.unexplained(acme); got != nil {
			t.Errorf("unexplained: %q", got)
		}
	})
}

// TestEveryUsedLinkIsTold: whoever came in by a link that its person never saw is told of, even where the person needed
// another one to come back.
func TestEveryUsedLinkIsTold(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		w.give("ann", 50, "standin:person.manage@org")
		w.accept(w.invite(as("ann"), "bob").Token) // not by bob
		w.Pass(time.Hour)
		token := w.accept(w.invite(as("boss"), "bob").Token)
		v := w.Visit(token)
		if v.Told == nil || v.Told.By != "person:ann" {
			t.Fatalf("got told %+v, want the link that ann made", v.Told)
		}
		if err := w.KnowLink(t.Context(), v.Caller); err != nil {
			t.Fatal(err)
		}
		if v = w.Visit(token); v.Told != nil {
			t.Errorf("got told %+v; its own page told of the other", v.Told)
		}
		next, _, err := w.Password(t.Context(), "bob@acme.example", fresh, home)
		if err != nil {
			t.Fatal(err)
		}
		if v = w.Visit(next); v.Told == nil || v.Told.By != "person:boss" {
			t.Errorf("got told %+v, want the link that boss made", v.Told)
		}
	})
}

func TestInvitationReplacesALostPassword(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		token := w.act(w.enter("ann"), w.Cover("ann", "bob"))
		link := w.invite(as("boss"), "ann")
		if !link.Again || w.Visit(token).Caller.Principal != "bob" {
			t.Errorf("got %+v; a link alone changes nothing", link)
		}
		w.accept(link.Token)
		_, err := w.Resolve(ctx, token, home)
		refused(t, err, standin.Unauthenticated, "signin.expired")
		_, _, err = w.Password(ctx, "ann@acme.example", good, home)
		refused(t, err, standin.Unauthenticated, "signin.not_right")
		if got := w.rows(`sessions`, "ended_how"); !cmp.Equal(got, []string{"signed_out"}) {
			t.Errorf("what ann acted ended as %q", got)
		}
	})
}

// TestInvitationEnds: a link works neither after another, nor when withdrawn or over, nor for who is inactive or came back,
// nor after its person set a password without it.
func TestInvitationEnds(t *testing.T) {
	for name, end := range map[string]func(w *porch) error{
		"another": func(w *porch) error { w.invite(as("boss"), "ann"); return nil },
		"time":    func(w *porch) error { w.Pass(signin.InvitationLasts); return nil },
		"withdrawn": func(w *porch) error {
			return w.Uninvite(w.T.Context(), as("boss"), "ann")
		},
		"inactive": func(w *porch) error { return w.Directory.Deactivate(w.T.Context(), operator(), "ann") },
		"came back": func(w *porch) error {
			if err := w.Directory.Deactivate(w.T.Context(), operator(), "ann"); err != nil {
				return err
			}
			w.Pass(time.Second)
			return w.Directory.Reactivate(w.T.Context(), operator(), "ann")
		},
		"changed": func(w *porch) error {
			_, _, err := w.ChangePassword(w.T.Context(), w.enter("ann"), good, fresh, home)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T, w *porch) {
				link := w.invite(as("boss"), "ann")
				if name == "time" {
					w.Pass(-time.Microsecond)
					if err := end(w); err != nil {
						t.Fatal(err)
					}
					if _, err := w.Invitation(t.Context(), link.Token, home); err != nil {
						t.Errorf("over too early: %v", err)
					}
					w.Pass(time.Microsecond)
				} else if err := end(w); err != nil {
					t.Fatal(err)
				}
				w.dead(link.Token)
				if name != "changed" && name != "another" && name != "withdrawn" {
					return
				}
				if got := w.unexplained(acme); got != nil {
					t.Errorf("unexplained: %q", got)
				}
			})
		})
	}
}

// TestP8NobodyInvitesAboveThemselves: whoever has a link can come in as its person, so it is made by whom they could not
// gain anything from, and a new one not for a peer either.
func TestP8NobodyInvitesAboveThemselves(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		w.give("ann", 50, "standin:person.manage@org")
		for _, p := range []struct {
			id    standin.PersonID
			rank  int
			allow []string
			has   bool
		}{{"low", 0, nil, true}, {"peer", 50, nil, true}, {"newpeer", 50, nil, false}, {"newabove", 60, nil, false},
			{"auditor", 10, []string{"standin:audit.view@org"}, true}, {"newauditor", 10, []string{"standin:audit.view@org"}, false}} {
			person := directory.Person{ID: p.id, Name: string(p.id), Email: string(p.id) + "@acme.example"}
			if _, _, err := w.Directory.PutPerson(ctx, operator(), person); err != nil {
				t.Fatal(err)
			}
			w.give(p.id, p.rank, p.allow...)
			if p.has {
				if err := w.SetPassword(ctx, operator(), p.id, good); err != nil {
					t.Fatal(err)
				}
			}
		}
		people := standin.Caller{Organisation: acme, Actor: standin.KeyActor("k"), May: []string{"people"}}
		admin := standin.Caller{Organisation: acme, Actor: standin.KeyActor("k"), May: []string{"admin"}}
		decide := standin.Caller{Organisation: acme, Actor: standin.KeyActor("k"), May: []string{"decide"}}
		acting := w.Visit(w.act(w.enter("ann"), w.Cover("ann", "boss"))).Caller
		for _, c := range []struct {
			by   standin.Caller
			for_ standin.PersonID
			kind standin.Kind
			code string
		}{
			{as("ann"), "low", "", ""},
			{as("ann"), "newpeer", "", ""},
			{as("ann"), "peer", standin.Denied, "directory.invite_peer"},
			{as("ann"), "newabove", standin.Denied, "directory.above"},
			{as("ann"), "boss", standin.Denied, "directory.above"},
			{as("ann"), "auditor", standin.Denied, "directory.invite_beyond"},
			{as("ann"), "newauditor", standin.Denied, "directory.invite_beyond"},
			{as("ann"), "ann", standin.Denied, "directory.invite_self"},
			{as("ann"), "rita", standin.NotFound, "directory.person_unknown"},
			{as("ann"), "nobody", standin.NotFound, "directory.person_unknown"},
			{as("ann"), "nobody\x00", standin.Invalid, "db.not_text"},
			{as("low"), "peer", standin.Denied, "directory.not_entitled"},
			{as("low"), "low", standin.Denied, "directory.not_entitled"},
			{acting, "low", standin.Denied, "directory.not_while_acting"},
			{people, "low", "", ""},
			{people, "auditor", standin.Denied, "directory.invite_beyond"},
			{people, "newauditor", standin.Denied, "directory.invite_beyond"},
			{admin, "newauditor", "", ""},
			{admin, "boss", standin.Denied, "directory.invite_beyond"},
			{decide, "low", standin.Denied, "directory.not_entitled"},
			{operator(), "boss", "", ""},
		} {
			link, err := w.Invite(ctx, c.by, c.for_)
			if standin.KindOf(err) != c.kind || standin.CodeOf(err) != c.code || (link.Token == "") != (c.kind != "") {
				t.Errorf("%s invites %s: got %v (%s, %s), want %s, %s", c.by.Actor, c.for_, err, standin.KindOf(err), standin.CodeOf(err), c.kind, c.code)
			}
		}
		if !contains(w.told(acme, "person:peer"), `person:ann  invitation.create refused ["directory.invite_peer"]`) {
			t.Errorf("the refusal is not recorded: %q", w.told(acme, "person:peer"))
		}
	})
}

// TestInvitationNeedsItsMaker: a link is worth what its maker is worth when it is used.
func TestInvitationNeedsItsMaker(t *testing.T) {
	for name, fall := range map[string]func(w *porch) error{
		"the maker left": func(w *porch) error { return w.Directory.Deactivate(w.T.Context(), operator(), "ann") },
		"the maker lost the power": func(w *porch) error {
			_, err := w.Directory.Release(w.T.Context(), operator(), "ann", "role-of-ann", "")
			return err
		},
		"the person rose": func(w *porch) error { w.give("bob", 60); return nil },
		"the person may more": func(w *porch) error {
			w.give("bob", 10, "standin:settings.manage@org")
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T, w *porch) {
				w.give("ann", 50, "standin:person.manage@org")
				link := w.invite(as("ann"), "bob")
				if err := fall(w); err != nil {
					t.Fatal(err)
				}
				w.dead(link.Token)
			})
		})
	}
	t.Run("the key ended", func(t *testing.T) {
		in(t, func(t *testing.T, w *porch) {
			keys := application.New(w.DB, w.Ledger, w.Now)
			if err := w.DB.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				_, err := keys.PutKey(ctx, tx, operator(), application.Key{Organisation: acme, ID: "hr", May: []string{"people"}}, "a secret of the key")
				return err
			}); err != nil {
				t.Fatal(err)
			}
			caller, err := keys.Key(t.Context(), "a secret of the key")
			if err != nil {
				t.Fatal(err)
			}
			link := w.invite(caller, "bob")
			if shown, err := w.Invitation(t.Context(), link.Token, home); err != nil || shown.By != "key:hr" {
				t.Errorf("got %+v, %v", shown, err)
			}
			if err := keys.EndKey(t.Context(), operator(), "hr"); err != nil {
				t.Fatal(err)
			}
			w.dead(link.Token)
		})
	})
}

func TestInvitationIsUsedOnce(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		link := w.invite(as("boss"), "bob")
		var group sync.WaitGroup
		var mu sync.Mutex
		done := 0
		for range 4 {
			group.Go(func() {
				_, _, err := w.AcceptInvitation(t.Context(), link.Token, fresh, home)
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
		if n := w.Count(`SELECT count(*) FROM logins WHERE person = 'bob'`); done != 1 || n != 1 {
			t.Errorf("used %d times, %d logins; want one", done, n)
		}
	})
}

// TestInvitationGuessing: whoever tries links waits, as with passwords, and does not lock out others elsewhere; right ones
// do not count.
func TestInvitationGuessing(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		ctx := t.Context()
		link := w.invite(as("boss"), "bob")
		for range 100 {
			if _, err := w.Invitation(ctx, link.Token, home); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		for range 61 {
			if _, err = w.Invitation(ctx, standin.NewSecret(), home); standin.CodeOf(err) != "signin.link_unknown" {
				break
			}
		}
		refused(t, err, standin.TooMany, "signin.too_many")
		_, _, err = w.AcceptInvitation(ctx, link.Token, fresh, home)
		refused(t, err, standin.TooMany, "signin.too_many")
		if _, err := w.Invitation(ctx, link.Token, standin.Origin{Address: "198.51.100.9"}); err != nil {
			t.Errorf("somebody else: %v", err)
		}
		w.Pass(15 * time.Minute)
		w.accept(link.Token)
	})
}

func TestLinksAreKeptAsHashes(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		link := w.invite(as("boss"), "bob")
		in := w.accept(link.Token)
		for _, said := range append(w.rows(`invitations`, "token", "id", "login"), w.rows(`records`, "COALESCE(before_state, '')", "COALESCE(after_state, '')", "resource")...) {
			for _, secret := range []string{link.Token, in, fresh} {
				if strings.Contains(said, secret) {
					t.Errorf("%q is told in %q", secret, said)
				}
			}
		}
		for _, said := range w.rows(`records`, "COALESCE(before_state, '')", "COALESCE(after_state, '')") {
			if strings.Contains(said, sha(link.Token)) || strings.Contains(said, sha(in)) {
				t.Errorf("what is stored of a token is told in %q", said)
			}
		}
	})
}

// past changes the database past Standin.
func (w *porch) past(statement string, args ...any) {
	w.T.Helper()
	if err := w.DB.Update(w.T.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, statement, args...)
		return err
	}); err != nil {
		w.T.Fatal(err)
	}
}
