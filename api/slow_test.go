package api_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/token"
)

// TestThreat43ABodyThatTakesItsTime: whoever is nobody any more when their request is there changes nothing, whether they showed
// a token, a key or a cookie when it began (P5).
func TestThreat43ABodyThatTakesItsTime(t *testing.T) {
	for name, c := range map[string]func(t *testing.T, h *house) (do func(before func()) answer, end func()){
		"token": func(t *testing.T, h *house) (func(func()) answer, func()) {
			raw, w := h.signIn("ben").given("tools", "", "standin")
			return func(before func()) answer {
					return h.send(h.slowly("PUT", "/api/v1/me/preferences", `{"time_zone":"Europe/Rome","language":"de"}`, "Bearer "+raw, before))
				}, func() {
					if err := h.Tokens.EndGrant(t.Context(), "acme", w.Grant.ID, token.Revoked, standin.Origin{}); err != nil {
						t.Fatal(err)
					}
				}
		},
		"cookie": func(t *testing.T, h *house) (func(func()) answer, func()) {
			b := h.signIn("ben")
			cookie := b.cookie
			return func(before func()) answer {
					r := h.slowly("PUT", "/api/v1/me/preferences", `{"time_zone":"Europe/Rome","language":"de"}`, "", before)
					r.Header.Set("Cookie", cookie)
					return h.send(r)
				}, func() {
					_, value, _ := cut(cookie)
					if err := h.Signin.Out(t.Context(), value, standin.Origin{}); err != nil {
						t.Fatal(err)
					}
				}
		},
		"key": func(t *testing.T, h *house) (func(func()) answer, func()) {
			return func(before func()) answer {
					return h.send(h.slowly("POST", "/api/v1/groups", `{"name":"Late"}`, "Bearer "+adminKey, before))
				}, func() {
					if err := h.Applications.EndKey(t.Context(), standin.OperatorCaller("acme", "test"), "k-acme-admin"); err != nil {
						t.Fatal(err)
					}
				}
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, h *house) {
				do, end := c(t, h)
				if a := do(func() { h.Pass(2 * time.Second) }); a.StatusCode/100 != 2 {
					t.Errorf("got %d %s, want a slow body of who is still there to do", a.StatusCode, a.text)
				}
				if a := do(func() { end(); h.Pass(2 * time.Second) }); a.StatusCode != http.StatusUnauthorized {
					t.Errorf("got %d %s, want 401: it was over before the body came", a.StatusCode, a.text)
				}
			})
		})
	}
}

// slowly makes a request whose body begins after before.
func (h *house) slowly(method, path, body, authorization string, before func()) *http.Request {
	h.T.Helper()
	r := h.request(method, path, body)
	r.Body = io.NopCloser(housetest.Slow(body, before))
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return r
}
