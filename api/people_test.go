package api_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/api"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
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

// TestThreat10WhoIsOutOfScopeIsUnknown lets cleo, who manages people and delegations in sales, ask after somebody in
// finance, somebody of another organisation, and nobody: every operation answers alike.
func TestThreat10WhoIsOutOfScopeIsUnknown(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		o.update("acme", func(ctx context.Context, tx *db.Tx, op standin.Caller) error {
			role := rights.Role{ID: "hr", Rank: 50, Allow: []string{"standin:person.manage@unit", "standin:delegation.manage@unit", "standin:audit.view@unit"}}
			if _, err := o.Directory.PutRoleIn(ctx, tx, op, role, 0); err != nil {
				return err
			}
			if _, err := o.Directory.HoldIn(ctx, tx, op, "p-cleo", "hr", "sales"); err != nil {
				return err
			}
			dora := directory.Person{ID: "p-dora", Name: "dora", Email: "dora@acme.example", Unit: "finance"}
			_, _, err := o.Directory.PutPersonIn(ctx, tx, op, dora)
			return err
		})
		o.cleo.ask("GET", "/api/v1/people/p-ben", nil).into(t, 200, nil)
		all := string(o.cleo.ask("GET", "/api/v1/audit/export", nil).text)
		if strings.Contains(all, "p-dora") || !strings.Contains(all, "p-ben") {
			t.Error("the record tells of finance, or not of sales")
		}
		for _, op := range o.about.operations() {
			if !strings.HasPrefix(op.path, api.Prefix+"/people/{id}") {
				continue
			}
			var said [3]string
			for i, who := range []string{"p-dora", "p-zoe", "p-nobody"} {
				got := o.cleo.ask(op.method, op.fill(map[string]string{"id": who, "role": "super_admin"}), o.body(op))
				said[i] = got.Status + " " + string(got.text)
				if got.StatusCode != 404 {
					t.Errorf("%s of %s: got %d %s, want 404", op.OperationID, who, got.StatusCode, got.text)
				}
			}
			if said[0] != said[2] || said[1] != said[2] {
				t.Errorf("%s tells who is there: %q", op.OperationID, said)
			}
		}
		for _, wish := range []map[string]any{{"actors": []string{"p-ben"}, "principal": "p-dora"}, {"actors": []string{"p-ben"}, "principal": "p-nobody"}} {
			wish["purpose"] = "annual leave"
			got := o.cleo.ask("POST", "/api/v1/delegations", wish)
			if got.StatusCode != 403 && got.StatusCode != 404 {
				t.Errorf("%v: got %d %s, want that it is refused", wish, got.StatusCode, got.text)
			}
		}
		var list api.Page[api.Person]
		o.cleo.ask("GET", "/api/v1/people", nil).into(t, 200, &list)
		for _, p := range list.Items {
			if p.Unit != "sales" {
				t.Errorf("got %+v, want people of sales alone", p)
			}
		}
	})
}

func TestSecretsAreNeverShown(t *testing.T) {
	everywhere(t, func(t *testing.T, o *office) {
		var apps api.Whole[api.Application]
		var clients api.Whole[api.Client]
		o.ask(adminKey, "GET", "/api/v1/applications", nil).into(t, 200, &apps)
		o.ask(adminKey, "GET", "/api/v1/clients", nil).into(t, 200, &clients)
		if len(apps.Items) != 1 || !apps.Items[0].Catalogue.Types["expense"].Fields["amount"].Sealed || len(clients.Items) != 1 || !clients.Items[0].StandIns {
			t.Errorf("got %+v and %+v, want what was installed", apps.Items, clients.Items)
		}
		token := o.ben.cookie[strings.Index(o.ben.cookie, "=")+1:]
		for _, op := range o.about.operations() {
			if op.method != "GET" {
				continue
			}
			for _, got := range []answer{o.ask(adminKey, "GET", o.path(op), nil), o.ben.ask("GET", o.path(op), nil)} {
				for _, secret := range []string{clientSecret, adminKey, hrKey, password, token, "$argon2", "secret_hash"} {
					if strings.Contains(string(got.text), secret) {
						t.Errorf("%s shows %.12s…", op.OperationID, secret)
					}
				}
			}
		}
		if strings.Contains(o.log.String(), password) || strings.Contains(o.log.String(), token) {
			t.Error("the log holds a secret")
		}
	})
}
