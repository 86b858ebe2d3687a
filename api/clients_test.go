package api_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/api"
	"github.com/standin-id/standin/application"
)

// A client is registered with everything that can be said of it, read, changed, heard, given another secret and ended.
func TestClientsByTheAPI(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		wish := map[string]any{"name": "Court", "application": "desk", "redirect_uris": []string{"https://court.example/callback"},
			"post_logout_redirect_uris": []string{"https://court.example/"}, "backchannel_logout_uri": "https://court.example/out",
			"initiate_login_uri": "https://court.example/login", "audiences": []string{"court", "https://api.example/"}, "id_token_alg": "RS256",
			"recipe": "node", "exchange": true, "stand_ins": true, "reads_act": true, "third_party": true, "require_par": true, "require_dpop": true}
		var made api.NewClient
		h.ask(adminKey, http.MethodPost, "/api/v1/clients", wish).into(t, 201, &made)
		want := api.Client{Name: "Court", Application: "desk", RedirectURIs: []string{"https://court.example/callback"}, PostLogout: []string{"https://court.example/"},
			BackChannel: "https://court.example/out", Initiate: "https://court.example/login", Audiences: []string{"court", "https://api.example/"}, Algorithm: "RS256",
			Recipe: "node", Exchange: true, StandIns: true, ReadsAct: true, ThirdParty: true, RequirePAR: true, RequireDPoP: true, Version: 1}
		at := "/api/v1/clients/" + made.ID
		var got api.Client
		h.ask(adminKey, http.MethodGet, at, nil).into(t, 200, &got)
		for _, c := range []api.Client{made.Client, got} {
			if diff := cmp.Diff(want, c, cmpopts.IgnoreFields(api.Client{}, "ID", "CreatedAt")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		for field, c := range map[string]struct {
			bad  any
			code string
		}{
			"initiate_login_uri": {"https://elsewhere.example/", "application.foreign_initiate"},
			"id_token_alg":       {"none", "application.bad_algorithm"},
			"audiences":          {[]string{"standin"}, "application.third_party_api"},
			"recipe":             {"magic", "application.bad_recipe"},
			"redirect_uris":      {[]string{"https://*.example/"}, "application.bad_uri"},
		} {
			good := wish[field]
			wish[field] = c.bad
			h.ask(adminKey, http.MethodPut, at, wish).problem(t, 422, c.code)
			wish[field] = good
		}
		h.ask(adminKey, http.MethodPost, "/api/v1/clients", map[string]any{"name": "Phone", "redirect_uris": []string{"https://p.example/"}, "public": true,
			"exchange": true}).problem(t, 422, "application.public_exchange")

		var changed api.Changed
		h.ask(adminKey, http.MethodPut, at, map[string]any{"name": "Court", "redirect_uris": []string{"https://court.example/callback"}}).into(t, 200, &changed)
		h.ask(adminKey, http.MethodGet, at, nil).into(t, 200, &got)
		if !changed.Changed || got.StandIns || got.ThirdParty || got.Algorithm != "ES256" || len(got.Audiences) != 0 || got.Recipe != "node" {
			t.Errorf("got %v, %+v, want what was not said to be off", changed, got)
		}

		if err := h.Applications.Seen(t.Context(), application.Client{Organisation: "acme", ID: standin.ClientID(made.ID)}, application.AskedAuthorize,
			application.WrongRedirect, "https://elsewhere.example/"); err != nil {
			t.Fatal(err)
		}
		var heard api.Whole[api.ClientActivity]
		h.ask(adminKey, http.MethodGet, at+"/activity", nil).into(t, 200, &heard)
		var all api.Whole[api.ClientHeard]
		h.ask(adminKey, http.MethodGet, "/api/v1/client-activity", nil).into(t, 200, &all)
		if len(heard.Items) != 1 || heard.Items[0].Problem != "redirect_uri" || heard.Items[0].Detail != "https://elsewhere.example/" || len(all.Items) != 1 ||
			all.Items[0].Client != made.ID || all.Items[0].ClientActivity != heard.Items[0] {
			t.Errorf("got %+v and %+v, want what was heard", heard.Items, all.Items)
		}
		h.ask(adminKey, http.MethodDelete, at, nil)
		h.ask(adminKey, http.MethodGet, at, nil).into(t, 200, &got)
		if !got.Ended {
			t.Error("the ended client is not")
		}
		h.ask(hrKey, http.MethodGet, at, nil).problem(t, 403, "api.not_entitled")
	})
}
