package provider_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/provider"
)

// TestAdministratorsSeeWhatAClientAsked: what came last and what was wrong with it, but nothing of what they tried themselves.
func TestAdministratorsSeeWhatAClientAsked(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		op := standin.OperatorCaller("acme", "test")
		seen := func() map[string]string {
			t.Helper()
			list, err := h.Applications.Activity(t.Context(), op, "desk")
			if err != nil {
				t.Fatal(err)
			}
			all := map[string]string{}
			for _, a := range list {
				all[a.What] += a.Problem + " "
			}
			return all
		}
		cleo := h.person("cleo@acme.example")
		if cleo.get(asks("desk", "redirect_uri", issuer+"/apps/desk/test")).to(t).Query().Get("code") == "" {
			t.Fatal("no code")
		}
		if got := seen(); len(got) != 0 {
			t.Errorf("got %v for what its administrators tried", got)
		}
		got := cleo.tokens("desk")
		if a := h.userInfo(got["access_token"]); a.StatusCode != http.StatusOK {
			t.Fatal(a.text)
		}
		h.Pass(time.Second)
		cleo.get(asks("desk", "redirect_uri", "https://evil.example/"))
		h.post(provider.TokenPath, "desk", redemption("desk", "g-x.y"))
		h.refresh("desk", "g-x.y")
		h.exchange("desk", "x")
		all := seen()
		for what, want := range map[string]string{application.AskedUserInfo: " ", application.AskedRefresh: application.WrongRefresh + " "} {
			if all[what] != want {
				t.Errorf("%s: got %q, want %q", what, all[what], want)
			}
		}
		for what, want := range map[string][]string{application.AskedAuthorize: {"", application.WrongRedirect}, application.AskedToken: {"", application.WrongCode}} {
			if a := all[what]; a != want[0]+" "+want[1]+" " && a != want[1]+" "+want[0]+" " {
				t.Errorf("%s: got %q, want %q", what, a, want)
			}
		}
	})
}
