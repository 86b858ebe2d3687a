package token_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/token"
)

// fuzzed is a house on SQLite with ann at desk, acting for hal.
func fuzzed(f *testing.F) (*porch, held) {
	d, err := db.Open(context.Background(), filepath.Join(f.TempDir(), "standin.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = d.Close() })
	if _, _, err := d.Migrate(context.Background()); err != nil {
		f.Fatal(err)
	}
	w := furnish(f, d)
	h, _, _ := w.acting()
	return w, h
}

// FuzzAccessToken: whatever is not byte for byte what Standin signed opens nothing.
func FuzzAccessToken(f *testing.F) {
	w, h := fuzzed(f)
	id, err := w.IDToken(context.Background(), h.Who, h.access)
	if err != nil {
		f.Fatal(err)
	}
	parts := strings.Split(h.access, ".")
	for _, seed := range []string{h.access, id, h.refresh, "", "..", "a.b.c", parts[0] + "." + parts[1] + ".", parts[0] + ".." + parts[2],
		"eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + parts[1] + ".", h.access + "=", strings.ToUpper(h.access), h.access + "." + parts[2]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		who, a, err := w.Read(t.Context(), raw, false)
		if raw == h.access {
			if err != nil || a.Actor != "ann" {
				t.Fatalf("got %+v, %v for what Standin signed", a, err)
			}
			return
		}
		if err == nil || who.Grant.ID != "" || a.Grant != "" || standin.KindOf(err) != standin.Unauthenticated {
			t.Fatalf("got %+v, %v for %q", a, err, raw)
		}
	})
}

// FuzzRefreshToken: whatever is not the refresh token gives nothing and ends nothing.
func FuzzRefreshToken(f *testing.F) {
	w, h := fuzzed(f)
	client := w.ClientNow("desk")
	id, secret, _ := strings.Cut(h.refresh, ".")
	family, _, _ := strings.Cut(secret, ".")
	for _, seed := range []string{"", ".", id, id + ".", "." + secret, id + "." + secret[1:], strings.ToUpper(h.refresh), h.refresh + " ", h.refresh + "\x00",
		id + "." + standin.NewSecret(), id + "." + standin.NewSecret()[:26] + "." + standin.NewSecret(), token.NewSecret(token.NewGrantID()), h.access} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if strings.HasPrefix(raw, id+"."+family+".") {
			return // whoever knows the family had a token of it, and ends it
		}
		if got := token.GrantOf(raw); got != "" && !strings.HasPrefix(raw, string(got)+".") {
			t.Fatalf("got the grant %q of %q", got, raw)
		}
		_, next, err := w.Refresh(t.Context(), client, token.Renewal{Token: raw})
		if standin.CodeOf(err) != "token.unknown" || next != "" {
			t.Fatalf("got %q, %v for %q", next, err, raw)
		}
		if _, err := w.Standing(t.Context(), acme, h.Grant.ID, false); err != nil {
			t.Fatalf("%q ended it: %v", raw, err)
		}
	})
}

// FuzzExchange: no words make an exchange widen, or name nobody.
func FuzzExchange(f *testing.F) {
	w, h := fuzzed(f)
	client := w.ClientNow("back")
	f.Add(h.access, "", token.AccessTokenType, "", "", "")
	f.Add(h.access, h.access, token.AccessTokenType, token.AccessTokenType, "openid", "deep")
	f.Add("", "", "", "", "openid profile email admin", "back")
	f.Add(h.refresh, h.access, token.AccessTokenType, token.AccessTokenType, "", "page")
	f.Fuzz(func(t *testing.T, subject, actor, subjectType, actorType, scope, audience string) {
		got, err := w.Exchange(t.Context(), client, token.Exchanging{SubjectToken: subject, SubjectType: subjectType, ActorToken: actor, ActorType: actorType,
			Scopes: strings.Fields(scope), Audience: strings.Fields(audience)})
		if err != nil {
			if name := token.Protocol(err); name == "server_error" || got.Grant.ID != "" {
				t.Fatalf("got %s: %v", name, err)
			}
			return
		}
		if subject != h.access || !got.Acting() || got.Grant.Actor != "ann" || got.Grant.Principal != "hal" || len(got.Scopes) > len(h.Scopes) ||
			len(got.Audience) > len(h.Audience) || got.Until.After(h.Until) {
			t.Fatalf("got %+v from %q", got.Grant, subject)
		}
	})
}
