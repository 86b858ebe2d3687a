package provider_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/provider"
)

// TestThreat58ReuseEndsTheFamily: a refresh token that was spent ends everything that came of the sign-in, recorded.
func TestThreat58ReuseEndsTheFamily(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		ben.act("d-ada")
		first := ben.tokens("desk")
		second := h.refresh("desk", first["refresh_token"])
		if second.StatusCode != http.StatusOK {
			t.Fatal(second.text)
		}
		h.refresh("desk", first["refresh_token"]).says(t, http.StatusBadRequest, "invalid_grant")
		h.refresh("desk", second.json["refresh_token"]).says(t, http.StatusBadRequest, "invalid_grant")
		for _, access := range []any{first["access_token"], second.json["access_token"]} {
			if a := h.userInfo(access); a.StatusCode != http.StatusUnauthorized {
				t.Errorf("got %d, want the family ended", a.StatusCode)
			}
		}
		ended := h.records("grant.end")
		if len(ended) != 1 || ended[0].Actor != "system:token" || ended[0].Principal != "p-ada" || !strings.Contains(string(ended[0].After), "reused") {
			t.Errorf("got %+v, want the end recorded: why, and of whose session", ended)
		}
	})
}

func TestRefreshNarrows(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		got := h.person("cleo@acme.example").tokens("desk")
		form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got["refresh_token"].(string)}, "scope": {"openid"}}
		narrow := h.post(provider.TokenPath, "desk", form)
		if narrow.json["scope"] != "openid" {
			t.Fatal(narrow.text)
		}
		if _, claims := h.claims(narrow.json["access_token"]); claims["email"] != nil || claims["name"] != nil {
			t.Errorf("got %v, want nothing that openid does not open", claims)
		}
		if info := h.userInfo(narrow.json["access_token"]); info.json["email"] != nil {
			t.Errorf("got %v", info.json)
		}
		form.Set("refresh_token", narrow.json["refresh_token"].(string))
		form.Set("scope", "openid offline_access")
		h.post(provider.TokenPath, "desk", form).says(t, http.StatusBadRequest, "invalid_scope")
	})
}

// TestWhoAsksAtTheTokenEndpoint: a client is who it shows to be, and uses what was given to it alone.
func TestWhoAsksAtTheTokenEndpoint(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		cleo := h.person("cleo@acme.example")
		form := func(more ...string) url.Values {
			f := redemption("desk", "g-x.y")
			for i := 0; i < len(more); i += 2 {
				f.Set(more[i], more[i+1])
			}
			return f
		}
		basic := func(name, password string, f url.Values) answer {
			r := posted(provider.TokenPath, "", f)
			r.SetBasicAuth(name, password)
			return h.send(r)
		}
		for name, a := range map[string]answer{
			"nobody": h.post(provider.TokenPath, "", form()), "no secret": h.post(provider.TokenPath, "", form("client_id", "desk")),
			"a wrong secret": basic("desk", "wrong", form()), "the secret of another": basic("desk", "only-for-trials-too", form()),
			"unknown": basic("nobody", password, form()), "a person's id": basic("p-cleo", password, form()),
			"a public client with a secret": basic("spa", password, form()), "an assertion": h.post(provider.TokenPath, "", form("client_id", "desk", "client_assertion", "e30.e30.")),
		} {
			if a.says(t, http.StatusUnauthorized, "invalid_client"); !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Basic") {
				t.Errorf("%s: got no challenge", name)
			}
		}
		basic("desk", password, form("client_secret", password)).says(t, http.StatusBadRequest, "invalid_request")
		basic("desk", password, form("client_id", "reader")).says(t, http.StatusBadRequest, "invalid_request")
		h.post(provider.TokenPath, "desk", form()).says(t, http.StatusBadRequest, "invalid_grant")
		h.post(provider.TokenPath, "reader", redemption("desk", cleo.code("desk"))).says(t, http.StatusBadRequest, "invalid_grant")
		got := cleo.tokens("desk")
		h.refresh("reader", got["refresh_token"]).says(t, http.StatusBadRequest, "invalid_grant")
		h.refresh("desk", got["access_token"]).says(t, http.StatusBadRequest, "invalid_grant")
		inForm := h.post(provider.TokenPath, "", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got["refresh_token"].(string)},
			"client_id": {"desk"}, "client_secret": {password}})
		if inForm.StatusCode != http.StatusOK {
			t.Error(inForm.text)
		}
		// Both as RFC 6749 §2.3.1 has it and as many send it.
		if err := h.DB.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			c, err := h.Applications.Client(ctx, tx, "reader")
			if err == nil {
				_, err = h.Applications.PutClient(ctx, tx, standin.OperatorCaller("acme", "test"), c, "a+b%41c d&e")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for sent, status := range map[string]int{"a+b%41c d&e": 200, url.QueryEscape("a+b%41c d&e"): 200, "a b%41c d&e": 401, "a+bAc d&e": 401} {
			r := posted(provider.Introspect, "", url.Values{"token": {"x"}})
			if r.SetBasicAuth("reader", sent); h.send(r).StatusCode != status {
				t.Errorf("%q: got another status than %d", sent, status)
			}
		}
		if refused := h.records("token.issue"); len(refused) == 0 || refused[0].Outcome != ledger.Refused {
			t.Errorf("got %+v, want wrong secrets of a known client recorded", refused)
		}
	})
}

func TestMalformedAtTheTokenEndpoint(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		for name, c := range map[string]struct {
			form   url.Values
			status int
			code   string
		}{
			"no grant type": {url.Values{}, 400, "unsupported_grant_type"}, "another": {url.Values{"grant_type": {"client_credentials"}}, 400, "unsupported_grant_type"},
			"passwords": {url.Values{"grant_type": {"password"}}, 400, "unsupported_grant_type"}, "no code": {url.Values{"grant_type": {"authorization_code"}}, 400, "invalid_request"},
			"no token": {url.Values{"grant_type": {"refresh_token"}}, 400, "invalid_request"}, "two codes": {url.Values{"grant_type": {"authorization_code"}, "code": {"a", "b"}}, 400, "invalid_request"},
			"no token that can be": {url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"g-\x00'; DROP TABLE grants"}}, 400, "invalid_grant"},
			"too much":             {url.Values{"grant_type": {"refresh_token"}, "refresh_token": {strings.Repeat("x", 70<<10)}}, 413, "invalid_request"},
		} {
			if a := h.post(provider.TokenPath, "desk", c.form); a.StatusCode != c.status || a.json["error"] != c.code {
				t.Errorf("%s: got %d %s, want %d %s", name, a.StatusCode, a.text, c.status, c.code)
			}
		}
		r := httptest.NewRequest("POST", issuer+provider.TokenPath, strings.NewReader(`{"grant_type":"authorization_code"}`))
		r.Header.Set("Content-Type", "application/json")
		r.SetBasicAuth("desk", password)
		h.send(r).says(t, http.StatusBadRequest, "invalid_request")
		if a := h.send(httptest.NewRequest("GET", issuer+provider.TokenPath+"?grant_type=refresh_token", nil)); a.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("got %d for GET", a.StatusCode)
		}
	})
}

// TestRS256: a client that cannot read ES256 gets what it can, checked with a published key.
func TestRS256(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		ben.act("d-ada")
		got := ben.tokens("reader")
		header, claims := h.claims(got["id_token"])
		if header["alg"] != "RS256" || claims["name"] != "Ada Able" || claims["act"] == nil {
			t.Errorf("got %v %v, want RS256, and the plain name for one who reads act", header, claims)
		}
		h.claims(got["access_token"])
	})
}

// TestPublicClient: a client without a secret lives by PKCE, and its pages may read the answers.
func TestPublicClient(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		cleo := h.person("cleo@acme.example")
		form := redemption("spa", cleo.code("spa"))
		form.Set("client_id", "spa")
		ask := func(path, origin string, form url.Values) answer {
			r := posted(path, "", form)
			r.Header.Set("Origin", origin)
			return h.send(r)
		}
		got := ask(provider.TokenPath, "https://spa.example", form)
		if got.StatusCode != http.StatusOK || got.Header.Get("Access-Control-Allow-Origin") != "https://spa.example" || got.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Fatal(got.StatusCode, got.text, got.Header)
		}
		info := httptest.NewRequest("GET", issuer+provider.UserInfo, nil)
		info.Header.Set("Authorization", "Bearer "+got.json["access_token"].(string))
		info.Header.Set("Origin", "https://spa.example")
		if a := h.send(info); a.StatusCode != http.StatusOK || a.Header.Get("Access-Control-Allow-Origin") != "https://spa.example" {
			t.Error(a.StatusCode, a.Header)
		}
		again := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.json["refresh_token"].(string)}, "client_id": {"spa"}}
		if a := ask(provider.TokenPath, "https://evil.example", again); a.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("another page may read %v", a.Header)
		}
		r := httptest.NewRequest("OPTIONS", issuer+provider.TokenPath, nil)
		if a := h.send(r); a.StatusCode != http.StatusNoContent || a.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("got %d %v", a.StatusCode, a.Header)
		}
		h.post(provider.Introspect, "", url.Values{"client_id": {"spa"}, "token": {got.json["access_token"].(string)}}).says(t, http.StatusUnauthorized, "invalid_client")
	})
}

// TestPushedRequests: what was pushed is begun with once, by its client, in time; and one who must push does.
func TestPushedRequests(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		cleo := h.person("cleo@acme.example")
		refusedWith(t, cleo.get(asks("pushy")), "invalid_request")
		push := func(client string, change ...string) answer {
			u, err := url.Parse(asks(client, change...))
			if err != nil {
				t.Fatal(err)
			}
			return h.post(provider.Push, client, u.Query())
		}
		begin := func(client string, pushed answer) answer {
			return cleo.get(issuer + provider.Authorize + "?" + url.Values{"client_id": {client}, "request_uri": {pushed.json["request_uri"].(string)}}.Encode())
		}
		pushed := push("pushy")
		if pushed.StatusCode != http.StatusCreated || pushed.json["expires_in"] != 90.0 {
			t.Fatal(pushed.StatusCode, pushed.text)
		}
		code := begin("pushy", pushed).to(t).Query().Get("code")
		if a := h.post(provider.TokenPath, "pushy", redemption("pushy", code)); a.StatusCode != http.StatusOK {
			t.Fatal(a.text)
		}
		for name, a := range map[string]answer{"twice": begin("pushy", pushed), "another client's": begin("desk", push("pushy"))} {
			if a.StatusCode != http.StatusBadRequest || a.Header.Get("Location") != "" {
				t.Errorf("%s: got %d %s", name, a.StatusCode, a.text)
			}
		}
		late := push("pushy")
		h.Pass(91 * time.Second)
		if a := begin("pushy", late); a.StatusCode != http.StatusBadRequest {
			t.Errorf("late: got %d %s", a.StatusCode, a.text)
		}
		push("desk", "redirect_uri", "https://evil.example/").says(t, http.StatusBadRequest, "invalid_request")
		push("desk", "code_challenge_method", "plain").says(t, http.StatusBadRequest, "invalid_request")
		push("desk", "request_uri", pushed.json["request_uri"].(string)).says(t, http.StatusBadRequest, "invalid_request")
		h.post(provider.Push, "", url.Values{"client_id": {"pushy"}}).says(t, http.StatusUnauthorized, "invalid_client")
		// The page that a pushed request leads to is reached under another name than the one that was pushed.
		waiting := h.browser()
		pushed = push("pushy", "prompt", "login")
		to := waiting.get(issuer + provider.Authorize + "?" + url.Values{"client_id": {"pushy"}, "request_uri": {pushed.json["request_uri"].(string)}}.Encode()).to(t)
		if to.Path != "/signin" || strings.Contains(pushed.json["request_uri"].(string), strings.TrimPrefix(to.Query().Get("return"), provider.Authorize+"/")) {
			t.Errorf("got %s", to)
		}
		waiting.signIn("cleo@acme.example")
		if to := waiting.get(issuer + to.Query().Get("return")).to(t); to.Query().Get("code") == "" || to.Query().Get("state") != "the-state" {
			t.Errorf("got %s", to)
		}
	})
}

// TestWhoLooksAtTokens: userinfo, introspection and revocation answer whom the token is for, and nobody else.
func TestWhoLooksAtTokens(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		ben.act("d-ada")
		got := ben.tokens("desk")
		access := got["access_token"].(string)
		if a := h.introspect("books", access); a.json["active"] != true || a.json["sub"] != "p-ada" {
			t.Errorf("got %v for a resource server that the token is for", a.json)
		}
		for client, raw := range map[string]any{"reader": access, "foreign": access, "desk": got["refresh_token"], "books": got["id_token"]} {
			if diff := cmp.Diff(map[string]any{"active": false}, h.introspect(client, raw).json); diff != "" {
				t.Errorf("%s: %s", client, diff)
			}
		}
		for name, raw := range map[string]string{"an ID token": got["id_token"].(string), "a refresh token": got["refresh_token"].(string), "a cut one": access[:len(access)-3], "nothing": "x"} {
			a := h.userInfo(raw)
			if a.StatusCode != http.StatusUnauthorized || !strings.Contains(a.Header.Get("WWW-Authenticate"), `error="invalid_token"`) {
				t.Errorf("%s: got %d %v", name, a.StatusCode, a.Header)
			}
		}
		bare := h.send(httptest.NewRequest("GET", issuer+provider.UserInfo, nil))
		if bare.StatusCode != http.StatusUnauthorized || bare.Header.Get("WWW-Authenticate") != `Bearer realm="standin"` || bare.text != "" {
			t.Errorf("got %d %v %s, want a challenge that says no more", bare.StatusCode, bare.Header, bare.text)
		}
		if a := h.send(httptest.NewRequest("GET", issuer+provider.UserInfo+"?access_token="+access, nil)); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("got %d for a token in the query", a.StatusCode)
		}
		plain := ben.tokens("desk", "scope", "profile")
		if plain["id_token"] != nil {
			t.Errorf("got %v, want no ID token without openid", plain)
		}
		if a := h.userInfo(plain["access_token"]); a.StatusCode != http.StatusForbidden || !strings.Contains(a.Header.Get("WWW-Authenticate"), `scope="openid"`) {
			t.Errorf("got %d %v", a.StatusCode, a.Header)
		}
		// Revocation: another's token is left alone, and answered alike.
		for _, client := range []string{"reader", "books", "foreign"} {
			if a := h.post(provider.Revoke, client, url.Values{"token": {access}}); a.StatusCode != http.StatusOK {
				t.Errorf("%s: got %d %s", client, a.StatusCode, a.text)
			}
		}
		if a := h.userInfo(access); a.StatusCode != http.StatusOK {
			t.Error("another client's token was ended")
		}
		h.post(provider.Revoke, "desk", url.Values{}).says(t, http.StatusBadRequest, "invalid_request")
		if a := h.post(provider.Revoke, "desk", url.Values{"token": {got["refresh_token"].(string)}, "token_type_hint": {"refresh_token"}}); a.StatusCode != http.StatusOK {
			t.Fatal(a.text)
		}
		if a := h.userInfo(access); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("got %d after revocation", a.StatusCode)
		}
	})
}

// TestThreat44InactivePeopleHoldNothing: whichever of the two is made inactive, or the client ended, everything is refused.
func TestThreat44InactivePeopleHoldNothing(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		for _, end := range []func() error{
			func() error {
				return h.Directory.Deactivate(t.Context(), standin.OperatorCaller("acme", "test"), "p-eve")
			},
			func() error {
				return h.Applications.EndClient(t.Context(), standin.OperatorCaller("acme", "test"), "reader")
			},
		} {
			ben := h.person("ben@acme.example")
			ben.act("d-eve")
			got := ben.tokens("reader")
			if err := end(); err != nil {
				t.Fatal(err)
			}
			if a := h.refresh("reader", got["refresh_token"]); a.StatusCode/100 != 4 {
				t.Errorf("got %d %s", a.StatusCode, a.text)
			}
			if a := h.userInfo(got["access_token"]); a.StatusCode != http.StatusUnauthorized {
				t.Errorf("got %d", a.StatusCode)
			}
			if err := h.Directory.Reactivate(t.Context(), standin.OperatorCaller("acme", "test"), "p-eve"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestThreat62NothingSaysItsOwnClaims: what a request or a client says of itself is no claim.
func TestThreat62NothingSaysItsOwnClaims(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		s := ben.act("d-ada")
		got := ben.tokens("desk", "claims", `{"id_token":{"act":null,"sub":{"value":"p-root"},"acting":{"value":{}}},"userinfo":{"act":{"value":"p-root"}}}`,
			"scope", "openid act acting sub", "act", "p-root", "sub", "p-root", "acting", "{}", "sid", "x")
		_, access := h.claims(got["access_token"])
		_, id := h.claims(got["id_token"])
		for where, claims := range map[string]map[string]any{"access token": access, "ID token": id, "userinfo": h.userInfo(got["access_token"]).json,
			"introspection": h.introspect("desk", got["access_token"]).json} {
			act, _ := claims["act"].(map[string]any)
			if claims["sub"] != "p-ada" || act["sub"] != "p-ben" || claims["sid"] != string(s.ID) || claims["acting"] == nil {
				t.Errorf("%s: got %v", where, claims)
			}
		}
		if got["scope"] != "openid" {
			t.Errorf("got %v", got["scope"])
		}
	})
}

// TestAWithdrawnSecretIsOverWithinASecond: what a client showed is remembered for half a second, and no wrong secret ever is.
func TestAWithdrawnSecretIsOverWithinASecond(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ask := func(secret string) int {
			r := posted(provider.Introspect, "", url.Values{"token": {"x"}})
			r.SetBasicAuth("desk", secret)
			return h.send(r).StatusCode
		}
		if ask("wrong-but-long-enough") != http.StatusUnauthorized || ask(password) != http.StatusOK {
			t.Fatal("secrets are not told apart")
		}
		_, secret, err := h.Applications.RotateClient(t.Context(), standin.OperatorCaller("acme", "test"), "desk", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(secret); got != http.StatusOK {
			t.Errorf("got %d for the new secret", got)
		}
		h.Pass(500 * time.Millisecond)
		if got := ask(password); got != http.StatusUnauthorized {
			t.Errorf("got %d for the former secret", got)
		}
		if err := h.Applications.EndClient(t.Context(), standin.OperatorCaller("acme", "test"), "desk"); err != nil {
			t.Fatal(err)
		}
		h.Pass(500 * time.Millisecond)
		if got := ask(secret); got != http.StatusUnauthorized {
			t.Errorf("got %d for a client that ended", got)
		}
	})
}
