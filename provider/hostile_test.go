package provider_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/provider"
)

// TestThreat58RefreshAsksEverythingAnew: what a refresh token rests on ends one by one, and each time it opens nothing more.
func TestThreat58RefreshAsksEverythingAnew(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.person("ben@acme.example")
		ben.act("d-ada")
		got := ben.tokens("desk")
		h.Pass(1)
		ben.myself() // which ends the acting session
		h.refresh("desk", got["refresh_token"]).says(t, http.StatusBadRequest, "invalid_grant")
		if a := h.userInfo(got["access_token"]); a.StatusCode != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("got %d %v, want the token refused", a.StatusCode, a.Header)
		}
		if a := h.introspect("desk", got["access_token"]); a.json["active"] != false || len(a.json) != 1 {
			t.Errorf("got %v", a.json)
		}
		refused := h.records("token.refresh")
		if len(refused) != 1 || refused[0].Outcome != ledger.Refused || refused[0].Actor != "person:p-ben" || refused[0].Principal != "p-ada" {
			t.Errorf("got %+v, want the refusal recorded with both people", refused)
		}
	})
}

// TestThreat63CodeIsGoodOnce: a code that comes again ends what came of it.
func TestThreat63CodeIsGoodOnce(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		cleo := h.person("cleo@acme.example")
		code := cleo.code("desk")
		first := h.post(provider.TokenPath, "desk", redemption("desk", code))
		if first.StatusCode != http.StatusOK {
			t.Fatal(first.text)
		}
		h.post(provider.TokenPath, "desk", redemption("desk", code)).says(t, http.StatusBadRequest, "invalid_grant")
		h.refresh("desk", first.json["refresh_token"]).says(t, http.StatusBadRequest, "invalid_grant")
		if a := h.userInfo(first.json["access_token"]); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("got %d, want what came of the code to be over", a.StatusCode)
		}
	})
}

// TestThreat74NothingIsIssuedWithoutTheDatabase: every endpoint says that it cannot now, and says nothing else.
func TestThreat74NothingIsIssuedWithoutTheDatabase(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		cleo := h.person("cleo@acme.example")
		code, got := cleo.code("desk"), cleo.tokens("desk")
		h.Pass(time.Second)
		if err := h.DB.Close(); err != nil {
			t.Fatal(err)
		}
		for name, a := range map[string]answer{"redeem": h.post(provider.TokenPath, "desk", redemption("desk", code)), "refresh": h.refresh("desk", got["refresh_token"]),
			"exchange": h.exchange("desk", got["access_token"]), "introspect": h.introspect("desk", got["access_token"]), "userinfo": h.userInfo(got["access_token"]),
			"revoke": h.post(provider.Revoke, "desk", url.Values{"token": {"x"}}), "push": h.post(provider.Push, "desk", url.Values{})} {
			code := a.json["error"]
			if a.StatusCode < 500 || len(a.json) != 2 || code != "server_error" && code != "temporarily_unavailable" {
				t.Errorf("%s: got %d %s", name, a.StatusCode, a.text)
			}
		}
		if a := cleo.get(asks("desk")); a.StatusCode < 500 || a.Header.Get("Location") != "" {
			t.Errorf("got %d %s", a.StatusCode, a.Header.Get("Location"))
		}
	})
}

// TestThreat74NoAnswerOfNothing: wherever in the work the request's time is over, the answer is whole or says that it failed.
func TestThreat74NoAnswerOfNothing(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		b := h.person("ben@acme.example")
		b.act("d-ada")
		asked := 0
		for ends := 1; ends <= 12; ends++ {
			got := b.tokens("desk")
			for path, form := range map[string]url.Values{
				"refresh":  {"grant_type": {"refresh_token"}, "refresh_token": {got["refresh_token"].(string)}},
				"exchange": {"grant_type": {exchangeGrant}, "subject_token": {got["access_token"].(string)}, "subject_token_type": {accessType}},
				"code":     redemption("desk", b.code("desk"))} {
				ctx, cancel := context.WithCancel(t.Context())
				left := ends
				h.Each(func() {
					if left--; left == 0 {
						cancel()
					}
				})
				a := h.send(posted(provider.TokenPath, "desk", form).WithContext(ctx))
				h.Each(nil)
				cancel()
				if asked++; a.StatusCode == http.StatusOK && a.json["access_token"] == nil || a.StatusCode != http.StatusOK && a.json["error"] == nil {
					t.Errorf("%s, ended at the look no. %d: got %d %q", path, ends, a.StatusCode, a.text)
				}
			}
		}
		if asked != 36 {
			t.Errorf("asked %d times", asked)
		}
	})
}

// TestThreat58OfParallelUsesOneCounts: of many who present one code, or one refresh token, at the same time, at most one is
// given anything, and what was given is over when all were answered.
func TestThreat58OfParallelUsesOneCounts(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		b := h.person("ben@acme.example")
		b.act("d-ada")
		got := b.tokens("desk")
		for name, form := range map[string]url.Values{"code": redemption("desk", b.code("desk")),
			"refresh": {"grant_type": {"refresh_token"}, "refresh_token": {got["refresh_token"].(string)}}} {
			const many = 8
			answers := make(chan *httptest.ResponseRecorder, many)
			for range many {
				go func() {
					w := httptest.NewRecorder()
					h.handler.ServeHTTP(w, posted(provider.TokenPath, "desk", form))
					answers <- w
				}()
			}
			var given []string
			for range many {
				w := <-answers
				if w.Code == http.StatusOK {
					given = append(given, w.Body.String())
				} else if !strings.Contains(w.Body.String(), `"error":"invalid_grant"`) {
					t.Errorf("%s: got %d %s", name, w.Code, w.Body)
				}
			}
			if len(given) > 1 {
				t.Errorf("%s: %d were given tokens", name, len(given))
			}
			for _, text := range given {
				_, access, _ := strings.Cut(text, `"access_token":"`)
				access, _, _ = strings.Cut(access, `"`)
				if a := h.userInfo(access); a.StatusCode != http.StatusUnauthorized {
					t.Errorf("%s: got %d, want what came of it ended", name, a.StatusCode)
				}
			}
		}
	})
}

// TestNobodyFillsTheDatabase: one address leaves so many requests waiting in a minute and no more; others are not kept from it.
func TestNobodyFillsTheDatabase(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		if h.DB.Dialect() != "sqlite" {
			return // it is counted in memory, the same beside both
		}
		begin := func(address string) answer {
			r := httptest.NewRequest("GET", asks("desk"), nil)
			r.RemoteAddr = address + ":4711"
			return h.send(r)
		}
		for i := range 600 {
			if to := begin("192.0.2.66").to(t); to.Path != "/signin" {
				t.Fatalf("no. %d: got %s", i, to)
			}
		}
		if a := begin("192.0.2.66"); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Location") != "" {
			t.Errorf("got %d %s", a.StatusCode, a.Header.Get("Location"))
		}
		if to := begin("192.0.2.67").to(t); to.Path != "/signin" {
			t.Errorf("got %s for another address", to)
		}
		h.Pass(time.Minute)
		if to := begin("192.0.2.66").to(t); to.Path != "/signin" {
			t.Errorf("got %s a minute later", to)
		}
	})
}

// TestNobodyFillsTheDatabaseByPushing: whoever has a client's secret leaves so many pushed requests waiting and no more; one that was
// begun makes room for another, as time does, and other clients are not kept from it.
func TestNobodyFillsTheDatabaseByPushing(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		push := func(client string) answer {
			u, err := url.Parse(asks(client))
			if err != nil {
				t.Fatal(err)
			}
			return h.post(provider.Push, client, u.Query())
		}
		first := push("pushy")
		err := h.DB.Update(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2999)
				INSERT INTO authorization_requests (id, organisation, client, pushed, browser, redirect, scopes, prompt, max_age, data, created_at, expires_at)
				SELECT r.id || CAST(n.i AS TEXT), r.organisation, r.client, r.pushed || CAST(n.i AS TEXT), '', r.redirect, r.scopes, '', r.max_age, r.data,
					r.created_at, r.expires_at FROM authorization_requests r CROSS JOIN n`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		a := push("pushy")
		if text, _ := a.json["error_description"].(string); a.StatusCode != http.StatusTooManyRequests || a.json["error"] != "temporarily_unavailable" || !strings.Contains(text, "wait to be begun") {
			t.Errorf("got %d %v, want 429 and why", a.StatusCode, a.json)
		}
		if a := push("desk"); a.StatusCode != http.StatusCreated {
			t.Errorf("got %d %v for another client", a.StatusCode, a.json)
		}
		begun := url.Values{"client_id": {"pushy"}, "request_uri": {first.json["request_uri"].(string)}}
		if to := h.browser().get(issuer + provider.Authorize + "?" + begun.Encode()).to(t); to.Path != "/signin" {
			t.Fatalf("got %s", to)
		}
		if a := push("pushy"); a.StatusCode != http.StatusCreated {
			t.Errorf("got %d %v once one was begun", a.StatusCode, a.json)
		}
		if a := push("pushy"); a.StatusCode != http.StatusTooManyRequests {
			t.Errorf("got %d %v, want no room again", a.StatusCode, a.json)
		}
		h.Pass(2 * time.Minute)
		if a := push("pushy"); a.StatusCode != http.StatusCreated {
			t.Errorf("got %d %v two minutes later", a.StatusCode, a.json)
		}
	})
}
