package api_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin/api"
)

func TestAKeySaysWhenItWasLastUsed(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		used := func() map[string]*time.Time {
			t.Helper()
			var list api.Whole[api.Key]
			h.ask(adminKey, "GET", "/api/v1/keys", nil).into(t, 200, &list)
			all := map[string]*time.Time{}
			for _, k := range list.Items {
				all[k.ID] = k.LastUsedAt
			}
			return all
		}
		began := h.Now()
		if got := used(); len(got) != 5 || got["k-acme-people"] != nil || !got["k-acme-admin"].Equal(began) {
			t.Fatalf("got %v, want that the one that asks was used alone", got)
		}
		h.Pass(30 * time.Second)
		h.ask(hrKey, "GET", "/api/v1/people", nil).into(t, 200, nil)
		h.ask(askKey, "GET", "/api/v1/people", nil).problem(t, 403, "api.not_entitled")
		if got := used(); !got["k-acme-admin"].Equal(began) || !got["k-acme-people"].Equal(h.Now()) || got["k-acme-decide"] == nil {
			t.Errorf("got %v, want the others, too, and nothing written twice in a minute", got)
		}
		h.Pass(time.Minute)
		if got := used(); !got["k-acme-admin"].Equal(h.Now()) || !got["k-acme-people"].Equal(h.Now().Add(-time.Minute)) {
			t.Errorf("got %v, want the later use", got)
		}
		for _, r := range h.records("resource=key:k-acme-admin") {
			if r.Action != "key.create" {
				t.Errorf("using a key is recorded: %+v", r)
			}
		}
	})
}

// TestThreat81TriesAreLimited guesses passwords until it has to wait, and is told for how long.
func TestThreat81TriesAreLimited(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		guess := func(email string) answer {
			return h.ask("", "POST", "/api/v1/sign-in", map[string]any{"email": email, "password": "a wrong guess"})
		}
		for _, email := range []string{"ada@acme.example", "nobody@acme.example"} {
			var got answer
			for tries := 0; ; tries++ {
				if got = guess(email); got.StatusCode != 401 {
					break
				}
				got.problem(t, 401, "signin.not_right")
				if tries > 20 {
					t.Fatalf("%s: %d tries are answered", email, tries)
				}
			}
			got.problem(t, 429, "signin.too_many")
			wait, err := strconv.Atoi(got.Header.Get("Retry-After"))
			if err != nil || wait < 1 {
				t.Errorf("got Retry-After %q, want seconds", got.Header.Get("Retry-After"))
			}
			h.Pass(time.Duration(wait) * time.Second)
			guess(email).problem(t, 401, "signin.not_right")
		}
		h.Pass(time.Hour)
		ben := h.signIn("ben")
		for range 20 {
			if got := ben.ask("POST", "/api/v1/me/proof", map[string]any{"password": "a wrong guess"}); got.StatusCode != 401 {
				if got.problem(t, 429, "signin.too_many"); got.Header.Get("Retry-After") == "" {
					t.Error("it does not say for how long")
				}
				return
			}
		}
		t.Error("a proof can be guessed without end")
	})
}

// TestThreat27NewTokens shows that each change of privilege gives a new token, and that the old one opens nothing.
func TestThreat27NewTokens(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.signIn("ben")
		d := h.cover("ben", "ada")
		for _, step := range []func(){
			func() { ben.ask("POST", "/api/v1/me/proof", map[string]any{"password": password}).into(t, 204, nil) },
			func() { ben.act(d) },
			func() { ben.act(d) },
			func() { ben.ask("DELETE", "/api/v1/acting", nil).into(t, 204, nil); ben.me() },
		} {
			old := ben.cookie
			step()
			if old == ben.cookie {
				t.Error("the token stays")
			}
			r := h.request("GET", "/api/v1/me", nil)
			r.Header.Set("Cookie", old)
			if got := h.send(r); got.StatusCode != 401 && got.StatusCode != 409 {
				t.Errorf("the former token opens: %d %s", got.StatusCode, got.text)
			}
		}
		before := ben.cookie
		ben.ask("POST", "/api/v1/sign-in", map[string]any{"email": "cleo@acme.example", "password": password}).into(t, 200, nil)
		r := h.request("GET", "/api/v1/me", nil)
		r.Header.Set("Cookie", before)
		h.send(r).problem(t, 401, "signin.signed_out")
		ben.ask("POST", "/api/v1/sign-out", nil).into(t, 204, nil)
		if ben.cookie != "" {
			t.Errorf("the browser keeps %s", ben.cookie)
		}
		ben.ask("POST", "/api/v1/sign-out", nil).into(t, 204, nil)
	})
}

// TestThreat35AdministratorsProveThemselvesAgain lets ada act for ben, walk away, and come back.
func TestThreat35AdministratorsProveThemselvesAgain(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		theirs := h.cover("cleo", "ben")
		d := h.cover("ada", "ben")
		ada := h.signIn("ada")
		ada.act(d)
		ada.ask("DELETE", "/api/v1/acting", nil).into(t, 204, nil)
		ada.me()
		h.Pass(16 * time.Minute)
		wish := map[string]any{"actors": []string{"p-cleo"}, "principal": "p-ben", "purpose": "annual leave", "start": h.Now().Add(100 * 24 * time.Hour)}
		asked := []struct {
			method, path string
			in           any
			status       int
		}{
			{"GET", "/people", nil, 200}, {"GET", "/organisation", nil, 200}, {"POST", "/delegations", wish, 201}, {"GET", "/delegations", nil, 200},
			{"PATCH", "/delegations/" + theirs, map[string]any{"purpose": "illness"}, 200}, {"POST", "/delegations/" + theirs + "/renew", nil, 200},
		}
		for _, a := range asked {
			ada.ask(a.method, "/api/v1"+a.path, a.in).problem(t, 403, "signin.proof_needed")
		}
		ada.ask("GET", "/api/v1/people/p-ada/stand-ins", nil).into(t, 200, nil)
		ada.ask("POST", "/api/v1/acting", map[string]any{"delegation": d}).problem(t, 403, "signin.proof_needed")
		ada.ask("POST", "/api/v1/delegations/"+theirs+"/deactivate", nil).into(t, 200, nil) // who takes away is not asked
		ada.ask("POST", "/api/v1/delegations/"+theirs+"/reactivate", nil).problem(t, 403, "signin.proof_needed")
		if me := ada.me(); !me.NeedsProof {
			t.Errorf("got %+v, want that it says so", me)
		}
		ada.ask("POST", "/api/v1/me/proof", map[string]any{"password": password}).into(t, 204, nil)
		ada.ask("POST", "/api/v1/delegations/"+theirs+"/reactivate", nil).into(t, 200, nil)
		for _, a := range asked {
			ada.ask(a.method, "/api/v1"+a.path, a.in).into(t, a.status, nil)
		}
	})
}

// TestP6StoppingNeedsNothing lets a login stop and sign out in whatever state it is.
func TestP6StoppingNeedsNothing(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.signIn("ben")
		ben.act(h.cover("ben", "cleo"))
		h.ask(adminKey, "POST", "/api/v1/people/p-cleo/deactivate", nil).into(t, 204, nil)
		ben.ask("DELETE", "/api/v1/acting", nil).into(t, 204, nil)
		ben.ask("DELETE", "/api/v1/acting", nil).into(t, 204, nil)
		h.ask("", "DELETE", "/api/v1/acting", nil).problem(t, 401, "api.nobody")
		h.ask(adminKey, "DELETE", "/api/v1/acting", nil).problem(t, 403, "api.people_only")
		h.ask(adminKey, "POST", "/api/v1/people/p-ben/deactivate", nil).into(t, 204, nil)
		ben.ask("GET", "/api/v1/me", nil).problem(t, 403, "signin.blocked")
		ben.ask("POST", "/api/v1/sign-out", nil).into(t, 204, nil)
	})
}

// TestAKeyIsItselfTheActor shows that a key beside somebody's cookie stays the key, and that records name it.
func TestAKeyIsItselfTheActor(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ben := h.signIn("ben")
		r := h.request("POST", "/api/v1/people", map[string]any{"name": "Emil", "email": "emil@acme.example"})
		r.Header.Set("Cookie", ben.cookie)
		r.Header.Set("Authorization", "bearer  "+hrKey)
		h.send(r).into(t, 201, nil)
		if got := h.records("action=person.create&actor=key:k-acme-people"); len(got) != 1 || got[0].Principal != "" {
			t.Errorf("got %+v, want the one of the key", got)
		}
		r = h.request("GET", "/api/v1/me", nil)
		r.Header = http.Header{"Authorization": {"Bearer " + askKey}}
		var me api.Me
		h.send(r).into(t, 200, &me)
		if me.Actor != "key:k-acme-decide" || me.Person != nil || strings.Join(me.May, " ") != "decide" {
			t.Errorf("got %+v, want the key", me)
		}
	})
}
