package client_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin/client"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/token/keys"
)

// signer signs with Standin's own keys, beside the running server, what Standin would never say.
func (s *standin) signer() *keys.Keys {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "keys"))
	if err != nil {
		s.t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^seal = ['"]?([^'"\n]+)`).FindSubmatch(text)
	if found == nil {
		s.t.Fatal("the keys file has no seal")
	}
	seal, err := keys.ParseSeal(string(found[1]))
	if err != nil {
		s.t.Fatal(err)
	}
	d, err := db.Open(s.t.Context(), s.source)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = d.Close() })
	l := ledger.New(d, time.Now)
	return keys.New(d, l, directory.New(d, l, time.Now), seal, time.Now, slog.New(slog.DiscardHandler))
}

// TestThreat32ForgedLogoutTokensEndNothing sends whatever is no logout token of Standin's for this application, signed with Standin's
// own key wherever that is worse, and then one that is, twice.
func TestThreat32ForgedLogoutTokensEndNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		kept := client.NewMemory()
		c := d.config(s)
		c.Sessions = &spying{Store: kept}
		d.start(c)
		b := newBrowser(t)
		b.signIn(d, "ben@acme.example", "Deputy of Ada Able").shows(200, "(for Ada Able)")
		session := c.Sessions.(*spying).last()
		signs := s.signer()
		now := time.Now()
		good := map[string]any{"iss": s.url, "aud": "desk", "sub": "p-ada", "sid": session.SID, "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "jti": "j-1",
			"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
		sign := func(typ string, change func(map[string]any)) string {
			claims := maps.Clone(good)
			change(claims)
			text, err := json.Marshal(claims)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := signs.Sign(t.Context(), "ES256", typ, text)
			if err != nil {
				t.Fatal(err)
			}
			return raw
		}
		set := func(name string, value any) string {
			return sign("logout+jwt", func(c map[string]any) {
				if c[name] = value; value == nil {
					delete(c, name)
				}
			})
		}
		same := sign("logout+jwt", func(map[string]any) {})
		post := func(raw string) *page {
			return newBrowser(t).once("POST", d.url+"/auth/backchannel", url.Values{"logout_token": {raw}}, "Origin", "", "Sec-Fetch-Site", "")
		}
		head, rest, _ := strings.Cut(same, ".")
		body, _, _ := strings.Cut(rest, ".")
		for name, raw := range map[string]string{
			"nothing": "", "garbage": "x.y.z", "an ID token": session.IDToken, "an access token": session.AccessToken,
			"another type": sign("JWT", func(map[string]any) {}), "no type": sign("", func(map[string]any) {}),
			"a nonce": set("nonce", "n"), "no events": set("events", nil), "another event": set("events", map[string]any{"https://x.example": map[string]any{}}),
			"an event that is no object": set("events", map[string]any{"http://schemas.openid.net/event/backchannel-logout": "x"}),
			"an event that is null":      set("events", map[string]any{"http://schemas.openid.net/event/backchannel-logout": nil}),
			"another audience":           set("aud", "other"), "another issuer": set("iss", "https://evil.example"), "no issuer": set("iss", nil),
			"over": set("exp", now.Add(-time.Minute).Unix()), "no end": set("exp", nil), "of tomorrow": set("iat", now.Add(24*time.Hour).Unix()), "no instant": set("iat", nil),
			"no jti":         set("jti", nil),
			"nobody":         sign("logout+jwt", func(c map[string]any) { delete(c, "sub"); delete(c, "sid") }),
			"unsigned":       "eyJhbGciOiJub25lIiwidHlwIjoibG9nb3V0K2p3dCJ9." + body + ".",
			"cut":            head + "." + body + ".",
			"another's sign": head + "." + body + "." + strings.Repeat("A", 86),
			"much":           strings.Repeat("a", 70<<10),
		} {
			if got := post(raw); got.status != 400 {
				t.Errorf("%s: got %d %s, want 400", name, got.status, got.body)
			}
		}
		post(sign("logout+jwt", func(c map[string]any) { c["sid"], c["jti"] = "s-other", "j-2" })).shows(200)
		post(sign("logout+jwt", func(c map[string]any) { c["sub"], c["jti"] = "p-cleo", "j-3" })).shows(200)
		b.once("GET", d.url+"/auth/backchannel", nil).shows(405)
		b.once("GET", d.url+"/me", nil).shows(200, "(for Ada Able)")

		post(same).shows(200)
		b.once("GET", d.url+"/me", nil, "Accept", "application/json").shows(401)
		b.open(d.url+"/me").shows(200, "(for Ada Able)") // the acting session lives: silently, by a new sign-in
		post(same).shows(400)                            // a replay ends nothing
		b.once("GET", d.url+"/me", nil).shows(200, "(for Ada Able)")
		post(sign("application/logout+jwt", func(c map[string]any) { delete(c, "sid"); c["jti"] = "j-4" })).shows(200)
		b.once("GET", d.url+"/me", nil, "Accept", "application/json").shows(401)
	})
}

// TestSigningOutEndsBoth signs out of the application and of Standin, and comes back to where the application says.
func TestSigningOutEndsBoth(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		b := newBrowser(t)
		b.signIn(d, "cleo@acme.example", "").shows(200, "Cleo Calm")
		old := b.session(d)
		p := b.open(d.url + "/auth/logout").press("Sign out")
		if p.header.Get("Clear-Site-Data") == "" || b.session(d) != "" {
			t.Errorf("got %v with the session %q", p.header, b.session(d))
		}
		if got := p.leads(d.url + "/bye"); got != d.url+"/bye" {
			t.Errorf("got %q, want the application's page", got)
		}
		b.plant(d, "standin-desk", old)
		b.once("GET", d.url+"/me", nil, "Accept", "application/json").shows(401)
		b.open(d.url+"/me").shows(200, "Workdesk", `name="password"`) // of Standin, too
	})
}

// TestTheApplicationHearsOfEveryEnd: whatever ends the acting, what is in flight stops and nobody passes.
func TestTheApplicationHearsOfEveryEnd(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		b := newBrowser(t)
		b.signIn(d, "ben@acme.example", "Deputy of Ada Able").shows(200, "(for Ada Able)")
		gone := make(chan struct{})
		go func() { defer close(gone); b.once("GET", d.url+"/wait", nil) }()
		eventually(t, "nobody waits", func() bool { return d.last("/wait") != nil })
		s.admin("POST", "/delegations/d-1/revoke", nil, nil)
		at := time.Now()
		if err := <-d.over; !errors.Is(err, client.ErrEnded) {
			t.Errorf("got %v", err)
		}
		t.Logf("stopped %v after the revocation was acknowledged", time.Since(at).Round(time.Millisecond))
		<-gone
		b.once("POST", d.url+"/approve?action=approve", nil, "Accept", "application/json").shows(401)
		if r := d.last("/auth/backchannel"); r == nil || r.Method != http.MethodPost {
			t.Error("no logout token came")
		}
	})
}
