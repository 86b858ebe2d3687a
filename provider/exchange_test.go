package provider_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/provider"
)

const (
	exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange"
	accessType    = "urn:ietf:params:oauth:token-type:access_token"
)

// exchange asks for a token in place of the subject's, with more parameters in pairs.
func (h *house) exchange(client string, subject any, more ...string) answer {
	h.T.Helper()
	form := url.Values{"grant_type": {exchangeGrant}, "subject_token": {subject.(string)}, "subject_token_type": {accessType}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return h.post(provider.TokenPath, client, form)
}

// issued is how many exchanged grants there are: a refusal leaves none behind.
func (h *house) issued() int {
	n := 0
	for _, r := range h.records("token.exchange") {
		if r.Outcome == ledger.Done {
			n++
		}
	}
	return n
}

// TestH2ExchangeNamesTheHumanFirst: a service goes on for the same two people, is named after them, and falls with them.
func TestH2ExchangeNamesTheHumanFirst(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		s := ben.act("d-ada")
		got := ben.tokens("desk")
		a := h.exchange("books", got["access_token"], "audience", "books", "scope", "openid")
		if a.StatusCode != http.StatusOK || a.json["issued_token_type"] != accessType || a.json["token_type"] != "Bearer" || a.json["refresh_token"] != nil {
			t.Fatal(a.StatusCode, a.text)
		}
		_, claims := h.claims(a.json["access_token"])
		want := map[string]any{"sub": "p-ben", "name": "Ben Bold", "email": "ben@acme.example", "act": map[string]any{"sub": "client:books"}}
		if diff := cmp.Diff(want, claims["act"]); diff != "" || claims["sub"] != "p-ada" || claims["sid"] != string(s.ID) || claims["client_id"] != "books" || claims["scope"] != "openid" {
			t.Errorf("got %v %s", claims, diff)
		}
		if diff := cmp.Diff([]any{"books"}, claims["aud"]); diff != "" {
			t.Error(diff)
		}
		recorded := h.records("token.exchange")
		if len(recorded) != 1 || recorded[0].Actor != "person:p-ben" || recorded[0].Principal != "p-ada" || recorded[0].Session != s.ID {
			t.Errorf("got %+v", recorded)
		}
		ben.myself()
		if info := h.introspect("books", a.json["access_token"]); info.json["active"] != false {
			t.Errorf("got %v after the session ended", info.json)
		}
		h.exchange("books", got["access_token"]).says(t, http.StatusBadRequest, "invalid_request")
	})
}

// TestThreat55ActorTokenIsTheCallersOwn: somebody else's actor token, or one that another client was given, begins nothing.
func TestThreat55ActorTokenIsTheCallersOwn(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ada := h.person("ada@acme.example").tokens("desk")["access_token"]
		ben, cleo := h.person("ben@acme.example"), h.person("cleo@acme.example")
		own := func(b *browser) []string {
			return []string{"actor_token", b.tokens("desk")["access_token"].(string), "actor_token_type", accessType}
		}
		if a := h.exchange("desk", ada, own(cleo)...); a.json["error"] != "invalid_request" {
			t.Errorf("got %s for somebody whom no delegation names", a.text)
		}
		ben.myself()
		h.exchange("desk", ada, own(ben)...).says(t, http.StatusBadRequest, "invalid_request") // exchange never begins acting
		ben.act("d-eve")
		h.exchange("desk", ada, own(ben)...).says(t, http.StatusBadRequest, "invalid_request") // he acts for somebody else
		ben.act("d-ada")
		theirs := ben.tokens("books")["access_token"].(string)
		h.exchange("desk", ada, "actor_token", theirs, "actor_token_type", accessType).says(t, http.StatusBadRequest, "invalid_request")
		if h.issued() != 0 {
			t.Fatal("something was issued")
		}
		a := h.exchange("desk", ada, own(ben)...)
		if a.StatusCode != http.StatusOK {
			t.Fatal(a.text)
		}
		if _, claims := h.claims(a.json["access_token"]); claims["sub"] != "p-ada" || claims["act"].(map[string]any)["sub"] != "p-ben" {
			t.Errorf("got %v", claims)
		}
	})
}

// TestThreat56BlankSubjectToken and what else is no subject token.
func TestThreat56BlankSubjectToken(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		ben.act("d-ada")
		got := ben.tokens("desk")
		access := got["access_token"].(string)
		for name, more := range map[string][]string{"blank": {"subject_token", ""}, "white": {"subject_token", " "}, "no type": {"subject_token_type", ""}, "a refresh token": {"subject_token", got["refresh_token"].(string),
			"subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token"}, "an ID token": {"subject_token", got["id_token"].(string), "subject_token_type", "urn:ietf:params:oauth:token-type:id_token"},
			"an ID token as another": {"subject_token", got["id_token"].(string)}, "an actor's type alone": {"actor_token_type", accessType}, "no actor's type": {"actor_token", access},
			"a refresh token wanted": {"requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"}, "an ID token wanted": {"requested_token_type", "urn:ietf:params:oauth:token-type:id_token"}} {
			if a := h.exchange("desk", access, more...); a.StatusCode != http.StatusBadRequest || a.json["error"] != "invalid_request" {
				t.Errorf("%s: got %d %s", name, a.StatusCode, a.text)
			}
		}
		h.exchange("reader", access).says(t, http.StatusBadRequest, "unauthorized_client")
		if a := h.post(provider.TokenPath, "", url.Values{"grant_type": {exchangeGrant}, "subject_token": {access}, "subject_token_type": {accessType}}); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("got %d %s for nobody", a.StatusCode, a.text)
		}
		if h.issued() != 0 {
			t.Error("something was issued")
		}
	})
}

// TestThreat57ExchangeNeverWidens: scope, audience and lifetime are the subject token's, or less.
func TestThreat57ExchangeNeverWidens(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		ben.act("d-ada")
		got := ben.tokens("desk", "scope", "openid profile")
		h.Pass(2 * time.Minute)
		for _, c := range []struct{ name, value, code string }{{"scope", "openid profile email", "invalid_scope"}, {"scope", "admin", "invalid_scope"}, {"audience", "reader", "invalid_target"},
			{"audience", "standin", "invalid_target"}, {"resource", "https://books.example/", "invalid_target"}} {
			h.exchange("desk", got["access_token"], c.name, c.value).says(t, http.StatusBadRequest, c.code)
		}
		narrow := h.exchange("desk", got["access_token"], "audience", "books", "scope", "openid")
		_, before := h.claims(got["access_token"])
		_, after := h.claims(narrow.json["access_token"])
		if after["exp"].(float64) > before["exp"].(float64) {
			t.Errorf("it ends at %v, after the subject token's %v", after["exp"], before["exp"])
		}
		h.exchange("books", narrow.json["access_token"], "scope", "openid profile").says(t, http.StatusBadRequest, "invalid_scope")
		h.exchange("books", narrow.json["access_token"], "audience", "desk").says(t, http.StatusBadRequest, "invalid_target")
	})
}

// TestThreat59ExpiredAndForeign: a token that is over, or of another organisation, is no subject token.
func TestThreat59ExpiredAndForeign(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		ben.act("d-ada")
		access := ben.tokens("desk")["access_token"]
		h.exchange("foreign", access).says(t, http.StatusBadRequest, "invalid_request")
		zoe := h.person("zoe@other.example").tokens("foreign")["access_token"].(string)
		h.exchange("desk", zoe).says(t, http.StatusBadRequest, "invalid_request")
		h.exchange("desk", access, "actor_token", zoe, "actor_token_type", accessType).says(t, http.StatusBadRequest, "invalid_request")
		h.Pass(5*time.Minute + time.Second)
		h.exchange("desk", access).says(t, http.StatusBadRequest, "invalid_request")
		if h.issued() != 0 {
			t.Error("something was issued")
		}
	})
}

// TestThreat60ExchangeAsksWhatSigningInAsks: what would keep somebody from signing in keeps exchange from going on for them.
func TestThreat60ExchangeAsksWhatSigningInAsks(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		op := standin.OperatorCaller("acme", "test")
		for name, end := range map[string]func() error{
			"the principal":  func() error { return h.Directory.Deactivate(t.Context(), op, "p-ada") },
			"the delegation": func() error { _, err := h.Delegations.Revoke(t.Context(), op, "d-eve"); return err },
		} {
			by := standin.DelegationID("d-ada")
			if name == "the delegation" {
				by = "d-eve"
			}
			ben := h.person("ben@acme.example")
			ben.act(by)
			access := ben.tokens("desk")["access_token"]
			if err := end(); err != nil {
				t.Fatal(err)
			}
			if a := h.exchange("desk", access); a.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: got %d %s", name, a.StatusCode, a.text)
			}
		}
	})
}

// TestThreat61ClientsAreNoPeople: a client whose id is a person's looks like them nowhere.
func TestThreat61ClientsAreNoPeople(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		if err := h.DB.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := h.Applications.PutClient(ctx, tx, standin.OperatorCaller("acme", "test"), application.Client{Organisation: "acme", ID: "p-root", RedirectURIs: []string{"https://p-root.example/callback"},
				Exchange: true, StandIns: true, Audiences: []string{"p-root"}}, password)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		ben := h.person("ben@acme.example")
		ben.act("d-ada")
		a := h.exchange("p-root", ben.tokens("p-root")["access_token"])
		_, claims := h.claims(a.json["access_token"])
		act := claims["act"].(map[string]any)
		if act["sub"] != "p-ben" || act["act"].(map[string]any)["sub"] != "client:p-root" {
			t.Errorf("got %v", act)
		}
		if a := h.post(provider.TokenPath, "p-root", url.Values{"grant_type": {"client_credentials"}}); a.json["error"] != "unsupported_grant_type" {
			t.Errorf("got %s, want no token whose sub is a client", a.text)
		}
	})
}

// TestThreat63ForgedTokens: what Standin did not sign, or not as an access token, or not so, is none.
func TestThreat63ForgedTokens(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		ben.act("d-ada")
		access := ben.tokens("desk")["access_token"].(string)
		parts := strings.Split(access, ".")
		encode := base64.RawURLEncoding.EncodeToString
		public, err := h.Signing.Public(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		shared, err := json.Marshal(public.Keys[0])
		if err != nil {
			t.Fatal(err)
		}
		hmac, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: shared, KeyID: public.Keys[0].KeyID}}, (&jose.SignerOptions{}).WithType("at+jwt"))
		if err != nil {
			t.Fatal(err)
		}
		_, claims := h.claims(access)
		confused, err := jwt.Signed(hmac).Claims(claims).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		var other map[string]any
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err != nil || json.Unmarshal(payload, &other) != nil {
			t.Fatal(err)
		}
		other["sub"] = "p-root"
		changed, err := json.Marshal(other)
		if err != nil {
			t.Fatal(err)
		}
		for name, raw := range map[string]string{"cut": access[:len(access)-1], "without its signature": parts[0] + "." + parts[1] + ".", "two parts": parts[0] + "." + parts[1],
			"alg none": encode([]byte(`{"alg":"none","typ":"at+jwt"}`)) + "." + parts[1] + ".", "another payload": parts[0] + "." + encode(changed) + "." + parts[2],
			"a shared key": confused, "five parts": access + ".x.y", "longer": access + "AAAA", "no JWT": strings.Repeat("a", 20000)} {
			if a := h.userInfo(raw); a.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s: userinfo got %d %s", name, a.StatusCode, a.text)
			}
			if a := h.introspect("desk", raw); a.json["active"] != false {
				t.Errorf("%s: introspection got %s", name, a.text)
			}
			if a := h.exchange("desk", raw); a.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: exchange got %d %s", name, a.StatusCode, a.text)
			}
		}
		for _, code := range []string{"x", "g-" + strings.Repeat("a", 26) + "." + strings.Repeat("b", 52), ben.code("desk") + "x"} {
			h.post(provider.TokenPath, "desk", redemption("desk", code)).says(t, http.StatusBadRequest, "invalid_grant")
		}
	})
}

// TestThreat66StolenKeys: what a stolen key signed means nothing at once, and is out of the published set.
func TestThreat66StolenKeys(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		got := h.person("cleo@acme.example").tokens("desk")
		if err := h.Signing.Rotate(t.Context(), standin.OperatorCaller("standin", "test"), true); err != nil {
			t.Fatal(err)
		}
		if a := h.userInfo(got["access_token"]); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("got %d", a.StatusCode)
		}
		next := h.refresh("desk", got["refresh_token"]) // what is no signature goes on
		if next.StatusCode != http.StatusOK {
			t.Fatal(next.text)
		}
		h.claims(next.json["access_token"])
		if a := h.userInfo(next.json["access_token"]); a.StatusCode != http.StatusOK {
			t.Errorf("got %d", a.StatusCode)
		}
	})
}
