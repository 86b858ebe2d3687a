package provider_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/provider"
)

// TestThreat58AFormThatTakesItsTime: whoever begins a request before a secret is withdrawn and sends its form after that shows
// nothing: the secret is looked at when it is there, and not as of when the request began.
func TestThreat58AFormThatTakesItsTime(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		access := h.person("cleo@acme.example").tokens("desk")["access_token"].(string)
		ask := func(before func()) answer {
			body := housetest.Slow(url.Values{"token": {access}}.Encode(), before)
			r := httptest.NewRequest("POST", issuer+provider.Introspect, body)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.SetBasicAuth("desk", password)
			return h.send(r)
		}
		if a := ask(nil); a.StatusCode != http.StatusOK || a.json["active"] != true {
			t.Fatal(a.StatusCode, a.text)
		}
		ask(func() {
			if _, _, err := h.Applications.RotateClient(t.Context(), standin.OperatorCaller("acme", "test"), "desk", 0); err != nil {
				t.Fatal(err)
			}
			h.Pass(20 * time.Second)
		}).says(t, http.StatusUnauthorized, "invalid_client")
	})
}
