package api_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/api"
)

func TestKeysOpenWhatTheyWereMadeFor(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		h.ask("", "GET", "/api/v1/people", nil).problem(t, 401, "api.nobody")
		h.ask("a-secret-that-nobody-was-ever-given", "GET", "/api/v1/people", nil).problem(t, 401, "application.unknown_key")
		h.ask(askKey, "GET", "/api/v1/people", nil).problem(t, 403, "api.not_entitled")
		h.ask(hrKey, "GET", "/api/v1/organisation", nil).problem(t, 403, "api.not_entitled")
		h.ask(hrKey, "GET", "/api/v1/people", nil).into(t, 200, nil)
		h.ask(adminKey, "GET", "/api/v1/nothing", nil).problem(t, 404, "api.no_operation")
		if got := h.ask("", "GET", "/api/v1/people", nil).Header.Get("WWW-Authenticate"); got == "" {
			t.Error("a 401 does not say how to sign in")
		}
	})
}

func TestPeopleOfOtherOrganisationsAreUnknown(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		var list api.Page[api.Person]
		h.ask(otherKey, "GET", "/api/v1/people", nil).into(t, 200, &list)
		if len(list.Items) != 1 || list.Items[0].ID != "p-zoe" {
			t.Errorf("got %+v, want zoe alone", list.Items)
		}
		unknown := h.ask(otherKey, "GET", "/api/v1/people/p-nobody", nil).problem(t, 404, "directory.person_unknown")
		theirs := h.ask(otherKey, "GET", "/api/v1/people/p-ada", nil).problem(t, 404, "directory.person_unknown")
		if unknown.Detail != theirs.Detail || len(unknown.Errors) != len(theirs.Errors) {
			t.Errorf("somebody of another organisation is told from nobody: %+v, %+v", theirs, unknown)
		}
		h.ask(otherKey, "POST", "/api/v1/people/p-ada/deactivate", nil).problem(t, 404, "directory.person_unknown")
	})
}

func TestPeopleAreCreatedChangedAndListed(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		var made, changed api.Person
		h.ask(hrKey, "POST", "/api/v1/people", map[string]any{"name": "Dana", "email": "dana@acme.example", "unit": "sales"}).into(t, 201, &made)
		if made.ID == "" || made.Version != 1 || made.TimeZone != "UTC" {
			t.Fatalf("got %+v, want a new person", made)
		}
		h.ask(hrKey, "PUT", "/api/v1/people/"+made.ID, map[string]any{"name": "Dana Day", "email": "dana@acme.example", "unit": "sales", "version": 1}).into(t, 200, &changed)
		if changed.Name != "Dana Day" || changed.Version != 2 {
			t.Errorf("got %+v, want the new name in version 2", changed)
		}
		h.ask(hrKey, "PUT", "/api/v1/people/"+made.ID, map[string]any{"name": "Late", "email": "dana@acme.example", "version": 1}).problem(t, 409, "directory.changed")

		var first, second api.Page[api.Person]
		h.ask(hrKey, "GET", "/api/v1/people?limit=4", nil).into(t, 200, &first)
		h.ask(hrKey, "GET", "/api/v1/people?limit=4&after="+first.Next, nil).into(t, 200, &second)
		if len(first.Items) != 4 || first.Next == "" || len(second.Items) != 1 || second.Next != "" || first.Items[3].Name != "Dana Day" {
			t.Errorf("got pages %+v and %+v, want four and one", first, second)
		}
		h.ask(hrKey, "POST", "/api/v1/people/"+made.ID+"/deactivate", nil).into(t, 204, nil)
		first = api.Page[api.Person]{}
		h.ask(hrKey, "GET", "/api/v1/people?q=dana", nil).into(t, 200, &first)
		if len(first.Items) != 0 {
			t.Errorf("got %+v, want nobody active", first.Items)
		}
	})
}

func TestBadInputIsAProblem(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		p := h.ask(hrKey, "POST", "/api/v1/people", map[string]any{"name": "D", "email": "d@acme.example", "admin": true, "rank": 3}).problem(t, 422, "api.invalid")
		if len(p.Errors) != 2 || p.Errors[0].Pointer == "" {
			t.Errorf("got %+v, want both unknown fields with their pointers", p.Errors)
		}
		p = h.ask(hrKey, "POST", "/api/v1/people", map[string]any{"name": "D", "email": "nonsense"}).problem(t, 422, "directory.email")
		if len(p.Errors) != 1 || p.Errors[0].Pointer != "/email" {
			t.Errorf("got %+v, want the address", p.Errors)
		}
		p = h.ask(hrKey, "GET", "/api/v1/people?limit=0&mine=1", nil).problem(t, 422, "api.invalid")
		if len(p.Errors) == 0 || p.Errors[0].Parameter != "mine" {
			t.Errorf("got %+v, want the unknown parameter", p.Errors)
		}
		h.ask(hrKey, "POST", "/api/v1/people", `{"name": `).problem(t, 400, "api.malformed")
		h.ask(hrKey, "POST", "/api/v1/people", "{\"name\": \""+string(make([]byte, 300<<10))+"\"}").problem(t, 413, "api.too_large")
	})
}

func TestFaultsOfOursAreHidden(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		if err := h.DB.Close(); err != nil {
			t.Fatal(err)
		}
		p := h.ask(adminKey, "GET", "/api/v1/people", nil).problem(t, 500, "internal")
		if strings.Contains(p.Detail, "sql") || !strings.Contains(h.log.String(), "sql") {
			t.Errorf("told %q, logged %q; want the cause logged alone", p.Detail, h.log)
		}
	})
}

func TestADatabaseThatHangsIsUnavailable(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ctx, cancel := context.WithCancel(t.Context())
		r := httptest.NewRequest("GET", "/api/v1/people", nil).WithContext(standin.WithRequest(ctx, &standin.Request{ID: "request-1"}))
		r.Header.Set("Authorization", "Bearer "+adminKey)
		cancel()
		h.send(r).problem(t, 503, "db.unavailable")
	})
}
