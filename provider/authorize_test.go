package provider_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/provider"
)

// refusedWith reports an answer that does not send the browser back with that error, iss and state.
func refusedWith(t *testing.T, a answer, code string) {
	t.Helper()
	to := a.to(t)
	if q := to.Query(); q.Get("error") != code || q.Get("iss") != issuer || q.Get("state") != "the-state" || q.Get("code") != "" {
		t.Errorf("got %s, want %s", to, code)
	}
}

// TestThreat65RedirectsGoNowhereElse: a client that is not known, and an address that is not exactly its own, are shown to the
// person; the browser is never sent there.
func TestThreat65RedirectsGoNowhereElse(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		cleo := h.person("cleo@acme.example")
		for _, address := range []string{"", "https://desk.example/callback/", "https://desk.example/callback?", "https://desk.example/callback#", "https://desk.example/callback#x",
			"HTTPS://desk.example/callback", "https://DESK.example/callback", "https://desk.example:443/callback", "https://desk.example/callback%2f", "https://desk.example/../callback",
			"https://desk.example.evil.example/callback", "https://evil.example/?https://desk.example/callback", "http://desk.example/callback", "https://desk.example@evil.example/callback",
			"https://desk.example/other", "https://desk.example/other?a=b&c=d", "javascript:alert(1)", "//desk.example/callback", " https://desk.example/callback", issuer + "/apps/reader/test"} {
			a := cleo.get(asks("desk", "redirect_uri", address))
			if a.StatusCode != http.StatusBadRequest || a.Header.Get("Location") != "" || !strings.HasPrefix(a.text, "page redirect_uri desk") {
				t.Errorf("%q: got %d %s %s, want a page", address, a.StatusCode, a.Header.Get("Location"), a.text)
			}
		}
		for _, address := range []string{"https://desk.example/callback", "https://desk.example/other?a=b", issuer + "/apps/desk/test"} {
			if to := cleo.get(asks("desk", "redirect_uri", address)).to(t); !strings.HasPrefix(to.String(), strings.Split(address, "?")[0]) || to.Query().Get("code") == "" {
				t.Errorf("got %s, want a code at %s", to, address)
			}
		}
		for _, client := range []string{"", "nobody", "p-cleo", "desk ", "desk\x00", strings.Repeat("d", 5000)} {
			if a := cleo.get(asks("desk", "client_id", client)); a.StatusCode != http.StatusBadRequest || a.Header.Get("Location") != "" {
				t.Errorf("%.20q: got %d %s, want a page", client, a.StatusCode, a.Header.Get("Location"))
			}
		}
		twice := asks("desk") + "&redirect_uri=" + url.QueryEscape("https://evil.example/")
		if a := cleo.get(twice); a.StatusCode != http.StatusBadRequest {
			t.Errorf("got %d for two addresses", a.StatusCode)
		}
		if err := h.Applications.EndClient(t.Context(), standin.OperatorCaller("acme", "test"), "reader"); err != nil {
			t.Fatal(err)
		}
		if a := cleo.get(asks("reader")); a.StatusCode != http.StatusBadRequest {
			t.Errorf("got %d for a client that was ended", a.StatusCode)
		}
	})
}

// TestThreat65PKCEIsNotGivenUp: without an S256 challenge nothing begins, and nothing but its verifier redeems.
func TestThreat65PKCEIsNotGivenUp(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		cleo := h.person("cleo@acme.example")
		for name, change := range map[string][]string{"none": {"code_challenge", "", "code_challenge_method", ""}, "plain": {"code_challenge_method", "plain"},
			"plain, unsaid": {"code_challenge_method", ""}, "another hash": {"code_challenge_method", "S512"}, "no hash": {"code_challenge", verifier}} {
			for _, client := range []string{"desk", "spa"} {
				if a := cleo.get(asks(client, change...)); a.to(t).Query().Get("error") != "invalid_request" {
					t.Errorf("%s, %s: got %s", client, name, a.to(t))
				}
			}
		}
		for name, change := range map[string][]string{"no verifier": {"code_verifier", ""}, "another": {"code_verifier", strings.Repeat("x", 43)},
			"the challenge": {"code_verifier", challenge()}, "another address": {"redirect_uri", "https://desk.example/other?a=b"}, "no address": {"redirect_uri", ""}} {
			form := redemption("desk", cleo.code("desk"))
			form.Set(change[0], change[1])
			if a := h.post(provider.TokenPath, "desk", form); a.StatusCode != http.StatusBadRequest || a.json["error"] != "invalid_grant" {
				t.Errorf("%s: got %d %s", name, a.StatusCode, a.text)
			}
		}
		if refused := h.records("client.authorize"); len(refused) == 0 || refused[0].Outcome != ledger.Refused || refused[0].Resource != "client:spa" && refused[0].Resource != "client:desk" {
			t.Errorf("got %+v, want the refusals recorded", refused)
		}
	})
}

func TestAuthorizeTellsTheApplicationWhatIsWrong(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		cleo := h.person("cleo@acme.example")
		for code, changes := range map[string][][]string{
			"unsupported_response_type": {{"response_type", "token"}, {"response_type", "code id_token"}, {"response_type", "none"}},
			"invalid_request": {{"response_type", ""}, {"response_mode", "form_post"}, {"response_mode", "json"}, {"prompt", "none login"}, {"prompt", "create"}, {"max_age", "-1"},
				{"max_age", "soon"}, {"id_token_hint", "a.b.c"}, {"dpop_jkt", "short"}, {"nonce", strings.Repeat("n", 2049)}},
			"request_not_supported":     {{"request", "e30.e30."}},
			"request_uri_not_supported": {{"request_uri", "https://desk.example/request"}},
		} {
			for _, change := range changes {
				a := cleo.get(asks("desk", change...))
				if change[0] != "response_mode" || change[1] == "json" || change[1] == "form_post" {
					refusedWith(t, a, code)
				}
			}
		}
		if to := cleo.get(asks("desk", "response_mode", "fragment")).to(t); !strings.Contains(to.Fragment, "code=") || to.RawQuery != "" {
			t.Errorf("got %s, want the code in the fragment", to)
		}
		if to := cleo.get(asks("desk", "scope", "openid groups phone", "display", "popup", "claims", "{", "acr_values", "9", "ui_locales", "fr", "login_hint", "x")).to(t); to.Query().Get("code") == "" {
			t.Errorf("got %s, want what is not known ignored", to)
		}
		if a := cleo.get(asks("desk") + "&x=" + strings.Repeat("x", 9000)); a.StatusCode != http.StatusBadRequest {
			t.Errorf("got %d for a request that is too large", a.StatusCode)
		}
		if a := cleo.get(asks("desk") + "&state=again"); a.to(t).Query().Get("error") != "invalid_request" || a.to(t).Query().Get("state") != "" {
			t.Errorf("got %s for a state that came twice", a.to(t))
		}
		// The form is another way to send the same (OpenID Connect Core §3.1.2.1).
		u, err := url.Parse(asks("desk"))
		if err != nil {
			t.Fatal(err)
		}
		to := h.send(posted(provider.Authorize, "", u.Query())).to(t)
		if to.Path != provider.Authorize || to.Host != "" || cleo.get(issuer+to.String()).to(t).Query().Get("code") == "" {
			t.Errorf("got %s for a form", to)
		}
	})
}

// TestPrompts walks the order of the steps, and what prompt=none is told at each.
func TestPrompts(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		page := func(a answer, path string) {
			t.Helper()
			if to := a.to(t); to.Path != path || to.Host != "" {
				t.Errorf("got %s, want %s", to, path)
			}
		}
		page(h.browser().get(asks("desk")), "/signin")
		refusedWith(t, h.browser().get(asks("desk", "prompt", "none")), "login_required")
		ben := h.person("ben@acme.example")
		page(ben.get(asks("desk")), "/choose")
		refusedWith(t, ben.get(asks("desk", "prompt", "none")), "account_selection_required")
		ben.act("d-ada")
		if to := ben.get(asks("desk", "prompt", "none")).to(t); to.Query().Get("code") == "" {
			t.Errorf("got %s, want the identity that was chosen kept silently", to)
		}
		h.Pass(time.Second)
		page(ben.get(asks("desk", "prompt", "select_account")), "/choose")
		page(ben.get(asks("desk", "prompt", "login")), "/prove")
		page(ben.get(asks("desk", "max_age", "0")), "/prove")
		refusedWith(t, ben.get(asks("desk", "prompt", "none", "max_age", "0")), "login_required")
		if to := ben.get(asks("desk", "max_age", "60")).to(t); to.Query().Get("code") == "" {
			t.Errorf("got %s, want who proved it a second ago not asked again", to)
		}
		h.Pass(2 * time.Minute)
		page(ben.get(asks("desk", "max_age", "60")), "/prove")
		// Who was sent to a page comes back to the same request, and is asked no more when they did what it asks for.
		asked := ben.get(asks("desk", "prompt", "login select_account")).to(t)
		h.Pass(time.Second)
		text, _, err := h.Signin.Prove(t.Context(), ben.cookies[sessionCookie], password, standin.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		ben.cookies[sessionCookie] = text
		again := ben.get(issuer + asked.Query().Get("return"))
		page(again, "/choose")
		ben.act("d-eve")
		if to := ben.get(issuer + asked.Query().Get("return")).to(t); to.Query().Get("code") == "" || to.Query().Get("state") != "the-state" {
			t.Errorf("got %s, want the sign-in", to)
		}
		if a := ben.get(issuer + asked.Query().Get("return")); a.StatusCode != http.StatusBadRequest || !strings.HasPrefix(a.text, "page request_over") {
			t.Errorf("got %d %s for a request that was answered", a.StatusCode, a.text)
		}
		// Who stands in for nobody has nothing to choose.
		if to := h.person("cleo@acme.example").get(asks("desk", "prompt", "select_account")).to(t); to.Query().Get("code") == "" {
			t.Errorf("got %s", to)
		}
		// An acting session that ran out is not taken for a choice.
		h.Pass(2 * time.Hour)
		ben = h.person("ben@acme.example")
		ben.act("d-ada")
		for range 5 {
			h.Pass(14 * time.Minute)
			ben.get(asks("desk", "prompt", "none"))
		}
		page(ben.get(asks("desk")), "/choose")
	})
}

// TestThreat63RequestsBelongToOneBrowser: what one browser began no other finishes, and none without its cookie.
func TestThreat63RequestsBelongToOneBrowser(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		b := h.browser()
		at := issuer + b.get(asks("desk")).to(t).Query().Get("return")
		b.signIn("cleo@acme.example")
		for name, other := range map[string]*browser{"no cookie": h.person("cleo@acme.example"), "another's cookie": h.person("cleo@acme.example")} {
			if name == "another's cookie" {
				other.get(asks("desk", "prompt", "login"))
			}
			if a := other.get(at); a.StatusCode != http.StatusBadRequest || !strings.HasPrefix(a.text, "page other_browser") {
				t.Errorf("%s: got %d %s", name, a.StatusCode, a.text)
			}
		}
		for _, id := range []string{"", "x", strings.Repeat("x", 3000), "..%2f..", "%00"} {
			if a := b.get(issuer + provider.Authorize + "/" + id); a.StatusCode/100 != 4 && a.StatusCode != http.StatusSeeOther {
				t.Errorf("%.20q: got %d %s", id, a.StatusCode, a.text)
			}
		}
		if to := b.get(at).to(t); to.Query().Get("code") == "" {
			t.Errorf("got %s", to)
		}
		late := h.browser()
		at = issuer + late.get(asks("desk")).to(t).Query().Get("return")
		h.Pass(31 * time.Minute)
		late.signIn("cleo@acme.example")
		if a := late.get(at); a.StatusCode != http.StatusBadRequest || !strings.HasPrefix(a.text, "page request_over") {
			t.Errorf("got %d %s after half an hour", a.StatusCode, a.text)
		}
		gone := h.browser()
		at = issuer + gone.get(asks("desk")).to(t).Query().Get("return")
		refusedWith(t, gone.get(at+"?deny=1"), "access_denied")
		if a := gone.get(at + "?deny=1"); a.StatusCode != http.StatusBadRequest {
			t.Errorf("got %d for going back twice", a.StatusCode)
		}
	})
}

// TestThreat64StandInsOnlyWhereTheyMayBe: an application that takes none is told nothing of whom one acts for, and nobody of
// another organisation gets in.
func TestThreat64StandInsOnlyWhereTheyMayBe(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		if to := ben.get(asks("alone", "prompt", "none")).to(t); to.Query().Get("code") == "" {
			t.Errorf("got %s, want nothing to choose where there is one to be", to)
		}
		ben.act("d-ada")
		if to := ben.get(asks("alone")).to(t); to.Path != "/choose" {
			t.Errorf("got %s, want the page that says so", to)
		}
		refusedWith(t, ben.get(asks("alone", "prompt", "none")), "interaction_required")
		ben.myself()
		if _, claims := h.claims(ben.tokens("alone")["access_token"]); claims["sub"] != "p-ben" || claims["act"] != nil {
			t.Errorf("got %v", claims)
		}
		refusedWith(t, h.person("zoe@other.example").get(asks("desk")), "access_denied")
	})
}

// TestThreat22ConsentIsNobodyElses: a third party is told of a person what that person allowed, by themselves.
func TestThreat22ConsentIsNobodyElses(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		ben.act("d-ada")
		refusedWith(t, ben.get(asks("third")), "access_denied")
		ada := h.person("ada@acme.example")
		if to := ada.get(asks("third")).to(t); to.Path != "/consent" {
			t.Fatalf("got %s", to)
		}
		refusedWith(t, ada.get(asks("third", "prompt", "none")), "consent_required")
		v, err := h.Signin.Resolve(t.Context(), ada.cookies[sessionCookie], standin.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Tokens.Allow(t.Context(), v.Caller, "third", []string{"openid", "profile", "email"}); err != nil {
			t.Fatal(err)
		}
		if _, claims := h.claims(ada.tokens("third")["access_token"]); claims["sub"] != "p-ada" {
			t.Errorf("got %v", claims)
		}
		tokens := ben.tokens("third")
		info := h.userInfo(tokens["access_token"])
		for _, text := range []string{"access_token", "id_token"} {
			_, claims := h.claims(tokens[text])
			act, _ := claims["act"].(map[string]any)
			if claims["sub"] != "p-ada" || act["sub"] != "p-ben" || act["name"] != "Ben Bold" || act["email"] != nil {
				t.Errorf("%s: got %v for the deputy of one who allowed it, want both of them and ben's address kept back", text, claims)
			}
		}
		if act, _ := info.json["act"].(map[string]any); info.json["email"] != "ada@acme.example" || act["sub"] != "p-ben" || act["email"] != nil {
			t.Errorf("got %v at userinfo", info.json)
		}
		h.Pass(time.Second)
		if to := ada.get(asks("third", "prompt", "consent")).to(t); to.Path != "/consent" {
			t.Errorf("got %s, want her asked once more", to)
		}
		if to := ada.get(asks("third", "scope", "openid offline_access")).to(t); to.Path != "/consent" {
			t.Errorf("got %s, want her asked for what she did not allow", to)
		}
	})
}

func TestHints(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		ben.act("d-ada")
		id := ben.tokens("desk")["id_token"].(string)
		if to := ben.get(asks("desk", "prompt", "none", "id_token_hint", id)).to(t); to.Query().Get("code") == "" {
			t.Errorf("got %s", to)
		}
		h.Pass(14 * time.Minute) // an old hint still says whom it meant
		ben.act("d-eve")
		refusedWith(t, ben.get(asks("desk", "prompt", "none", "id_token_hint", id)), "login_required")
		refusedWith(t, h.person("ada@acme.example").get(asks("desk", "prompt", "none", "id_token_hint", id)), "login_required")
		if to := ben.get(asks("reader", "prompt", "none", "id_token_hint", id)).to(t); to.Query().Get("error") != "invalid_request" {
			t.Errorf("got %s for another client's token", to)
		}
		access := ben.tokens("desk")["access_token"].(string)
		refusedWith(t, ben.get(asks("desk", "prompt", "none", "id_token_hint", access)), "invalid_request")
	})
}

func TestNothingElseIsThere(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		for _, path := range []string{"/register", "/oauth2/register", "/token", "/authorize", "/userinfo", "/oauth2/", "/oauth2/device", "/oauth2/authorize/x/y"} {
			for _, method := range []string{"GET", "POST"} {
				if a := h.send(httptest.NewRequest(method, issuer+path, nil)); a.StatusCode != http.StatusNotFound && a.StatusCode != http.StatusMethodNotAllowed {
					t.Errorf("%s %s: got %d", method, path, a.StatusCode)
				}
			}
		}
	})
}
