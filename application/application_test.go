package application

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

var operator = standin.OperatorCaller("acme", "apply")

// desk returns an application as a world file would bring it.
func desk() Application {
	return Application{Organisation: "acme", ID: "desk", Name: "Workdesk", Guardrails: "forbid (principal, action, resource);",
		Catalogue: rights.Catalogue{Types: map[string]rights.Type{"expense": {
			Actions: map[string]rights.Action{"view": rights.DefaultAction("view"), "approve": {Category: "cost_centre", Approves: true, Entry: true}},
			Fields:  map[string]rights.Field{"amount": {}, "bank_account": {Sealed: true}},
		}}}}
}

func deskClient() Client {
	return Client{Organisation: "acme", ID: "desk", Application: "desk", RedirectURIs: []string{"http://127.0.0.1:9000/callback"},
		Exchange: true, StandIns: true}
}

// house is the room under test with two organisations to be in.
type house struct {
	*Applications
	t *testing.T
	d *db.DB
}

func run(t *testing.T, test func(h house)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
		clock := func() time.Time { now = now.Add(time.Minute); return now }
		h := house{New(d, ledger.New(d, clock), clock), t, d}
		h.update(func(ctx context.Context, tx *db.Tx) error {
			for _, id := range []string{"acme", "globex"} {
				if _, err := tx.Exec(ctx, `INSERT INTO organisations (id, name, settings, guardrails, created_at, version)
					VALUES ($1, $1, '{}', '', 1, 1)`, id); err != nil {
					return err
				}
			}
			return nil
		})
		test(h)
	})
}

func (h house) update(fn func(ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	if err := h.d.Update(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// put runs one Put and returns whether it changed something and the code of its refusal.
func (h house) put(fn func(ctx context.Context, tx *db.Tx) (bool, error)) (changed bool, code string) {
	h.t.Helper()
	err := h.d.Update(h.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		changed, err = fn(ctx, tx)
		return err
	})
	if err != nil && standin.KindOf(err) == standin.Internal {
		h.t.Fatal(err)
	}
	return changed, standin.CodeOf(err)
}

func (h house) putApplication(c standin.Caller, a Application) (bool, string) {
	h.t.Helper()
	return h.put(func(ctx context.Context, tx *db.Tx) (bool, error) { return h.Put(ctx, tx, c, a) })
}

func (h house) putClient(c Client, secret string) (bool, string) {
	h.t.Helper()
	return h.put(func(ctx context.Context, tx *db.Tx) (bool, error) { return h.PutClient(ctx, tx, operator, c, secret) })
}

func (h house) putKey(k Key, secret string) (bool, string) {
	h.t.Helper()
	return h.put(func(ctx context.Context, tx *db.Tx) (bool, error) { return h.PutKey(ctx, tx, operator, k, secret) })
}

// records returns "action resource" of every record, in order of time.
func (h house) records() []string {
	h.t.Helper()
	var list []string
	h.update(func(ctx context.Context, tx *db.Tx) error {
		list = nil
		rows, err := tx.Query(ctx, `SELECT action, resource FROM records ORDER BY at, id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var action, resource string
			if err := rows.Scan(&action, &resource); err != nil {
				return err
			}
			list = append(list, action+" "+resource)
		}
		return rows.Err()
	})
	return list
}

func TestPutCreatesThenChangesThenRests(t *testing.T) {
	run(t, func(h house) {
		a := desk()
		if changed, code := h.putApplication(operator, a); !changed || code != "" {
			t.Fatalf("creating: %v %s", changed, code)
		}
		if changed, code := h.putApplication(operator, a); changed || code != "" {
			t.Errorf("putting the same: %v %s", changed, code)
		}
		a.Name = "Workdesk 2"
		if changed, code := h.putApplication(operator, a); !changed || code != "" {
			t.Errorf("changing: %v %s", changed, code)
		}
		h.update(func(ctx context.Context, tx *db.Tx) error {
			got, err := h.Get(ctx, tx, "acme", "desk")
			a.Version = 2
			if diff := cmp.Diff(a, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if _, err := h.Get(ctx, tx, "globex", "desk"); standin.KindOf(err) != standin.NotFound {
				t.Errorf("another organisation gets %v", err)
			}
			catalogues, errList := h.Catalogues(ctx, tx, "acme")
			if errList != nil || catalogues.Check("desk:expense.view/amount") != nil {
				t.Errorf("catalogues %v, %v", catalogues, errList)
			}
			if other, err := h.List(ctx, tx, "globex"); err != nil || len(other) != 0 {
				t.Errorf("globex has %v, %v", other, err)
			}
			return err
		})
		want := []string{"application.create application:desk", "application.change application:desk"}
		if diff := cmp.Diff(want, h.records()); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	})
}

func TestOnlyTheOperatorPuts(t *testing.T) {
	run(t, func(h house) {
		for _, c := range []standin.Caller{{Organisation: "acme", Actor: standin.PersonActor("p-1")},
			{Organisation: "acme", Actor: standin.KeyActor("k"), May: []string{"admin"}}, {}} {
			if _, code := h.putApplication(c, desk()); code != "application.operator_only" {
				t.Errorf("%s puts: %q", c.Actor, code)
			}
			if err := h.EndKey(t.Context(), c, "k"); standin.KindOf(err) != standin.Denied {
				t.Errorf("%s ends a key: %v", c.Actor, err)
			}
			if err := h.EndClient(t.Context(), c, "k"); standin.KindOf(err) != standin.Denied {
				t.Errorf("%s ends a client: %v", c.Actor, err)
			}
			for _, put := range []func(ctx context.Context, tx *db.Tx) (bool, error){
				func(ctx context.Context, tx *db.Tx) (bool, error) {
					return h.PutClient(ctx, tx, c, deskClient(), "only-for-trials")
				},
				func(ctx context.Context, tx *db.Tx) (bool, error) {
					return h.PutKey(ctx, tx, c, Key{Organisation: "acme", ID: "k", May: []string{"admin"}}, "only-for-trials")
				},
			} {
				if _, code := h.put(put); code != "application.operator_only" {
					t.Errorf("%s puts: %q", c.Actor, code)
				}
			}
		}
		refused := []string{"key.end key:k", "client.end client:k"}
		if diff := cmp.Diff(append(refused, refused...), h.records()); diff != "" {
			t.Errorf("records of refusals (-want +got):\n%s", diff)
		}
	})
}

func TestApplicationCheck(t *testing.T) {
	for code, spoil := range map[string]func(*Application){
		"":                     func(a *Application) {},
		"application.bad_id":   func(a *Application) { a.ID = "standin" },
		"application.bad_name": func(a *Application) { a.Name = strings.Repeat("ä", maxName+1) },
		"rights.no_actions":    func(a *Application) { a.Catalogue.Types["empty"] = rights.Type{} },
		"guard.not_forbid":     func(a *Application) { a.Guardrails = "permit (principal, action, resource);" },
	} {
		a := desk()
		spoil(&a)
		if got := standin.CodeOf(a.Check()); got != code {
			t.Errorf("got %q, want %q", got, code)
		}
	}
	for _, name := range []string{"", "two\nlines", "bell\x07", "\xff", "del\x7f"} {
		a := desk()
		a.Name = name
		if got := standin.CodeOf(a.Check()); got != "application.bad_name" {
			t.Errorf("name %q: got %q", name, got)
		}
	}
}

func TestThreat65AddressesAreExactAndSafe(t *testing.T) {
	for uri, fine := range map[string]bool{
		"https://app.example/callback":                     true,
		"https://app.example":                              true,
		"https://app.example/cb?a=b":                       true,
		"https://app.example:8443/cb":                      true,
		"http://127.0.0.1:9000/callback":                   true,
		"http://[::1]:9000/callback":                       true,
		"http://localhost/callback":                        true,
		"http://app.example/callback":                      false,
		"http://localhost.evil.example/cb":                 false,
		"http://127.0.0.1.evil.example/cb":                 false,
		"https://app.example/cb#frag":                      false,
		"https://app.example/cb#":                          false,
		"https://*.example/cb":                             false,
		"https://app.example/*":                            false,
		"https://app.example@evil.example/":                false,
		"https://user:pass@app.example/":                   false,
		"https://app.example/a/../b":                       false,
		"https://app.example/%2e%2e/b":                     false,
		"https://app.example\\@evil.example":               false,
		"https://app.example/a b":                          false,
		"https://äpp.example/":                             false,
		"https:///callback":                                false,
		"https://:8443/callback":                           false,
		"https:app.example":                                false,
		"/callback":                                        false,
		"":                                                 false,
		"javascript:alert(1)":                              false,
		"com.example.app:/callback":                        false,
		"ftp://app.example/":                               false,
		"https://app.example/" + strings.Repeat("a", 2000): false,
	} {
		if err := CheckURI(uri, "redirect_uris"); (err == nil) != fine {
			t.Errorf("CheckURI(%q) = %v", uri, err)
		}
	}
}

func TestClientCheck(t *testing.T) {
	for want, spoil := range map[string]func(*Client){
		"":                          func(c *Client) { c.PostLogout, c.BackChannel = []string{"https://a.example/"}, "https://a.example/out" },
		"application.bad_client_id": func(c *Client) { c.ID = "a:b" },
		"application.no_redirect":   func(c *Client) { c.RedirectURIs = nil },
		"application.many_uris":     func(c *Client) { c.RedirectURIs = make([]string, maxURIs+1) },
		"redirect_uris":             func(c *Client) { c.RedirectURIs = []string{"x"} },
		"post_logout_redirect_uris": func(c *Client) { c.PostLogout = []string{"x"} },
		"backchannel_logout_uri":    func(c *Client) { c.BackChannel = "x" },
	} {
		c := deskClient()
		spoil(&c)
		err := c.Check()
		got := standin.CodeOf(err)
		if got == "application.bad_uri" {
			got = err.(*standin.Error).Field
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestClients(t *testing.T) {
	run(t, func(h house) {
		if _, code := h.putClient(deskClient(), "only-for-trials"); code != "application.not_found" {
			t.Errorf("a client of an unknown application: %q", code)
		}
		h.putApplication(operator, desk())
		if _, code := h.putClient(deskClient(), ""); code != "application.bad_secret" {
			t.Errorf("a client without a secret: %q", code)
		}
		steps := []struct {
			name, secret, code string
			change             func(*Client)
			changed            bool
		}{
			{"create", "only-for-trials", "", func(*Client) {}, true},
			{"same", "only-for-trials", "", func(*Client) {}, false},
			{"secret left as it is", "", "", func(*Client) {}, false},
			{"another secret", "another-secret", "", func(*Client) {}, true},
			{"another address", "", "", func(c *Client) { c.RedirectURIs = []string{"https://a.example/"} }, true},
			{"another organisation's", "only-for-trials", "application.id_taken", func(c *Client) { c.Organisation = "globex" }, false},
			{"public with a secret", "only-for-trials", "application.public_secret", func(c *Client) { c.Public, c.Exchange = true, false }, false},
			{"public that exchanges", "", "application.public_exchange", func(c *Client) { c.Public = true }, false},
			{"public", "", "", func(c *Client) { c.Public, c.Exchange = true, false }, true},
		}
		for _, s := range steps {
			c := deskClient()
			s.change(&c)
			if changed, code := h.putClient(c, s.secret); changed != s.changed || code != s.code {
				t.Errorf("%s: %v %q", s.name, changed, code)
			}
			h.update(func(ctx context.Context, tx *db.Tx) error {
				if err := h.CheckClientSecret(ctx, tx, "desk", s.secret); s.code == "" && s.secret != "" && err != nil {
					t.Errorf("%s: the secret is refused: %v", s.name, err)
				}
				for _, wrong := range []string{"", "wrong-secret"} {
					if err := h.CheckClientSecret(ctx, tx, "desk", wrong); standin.KindOf(err) != standin.Unauthenticated {
						t.Errorf("%s: secret %q: %v", s.name, wrong, err)
					}
				}
				return nil
			})
		}
		if err := h.EndClient(t.Context(), operator, "desk"); err != nil {
			t.Fatal(err)
		}
		if err := h.EndClient(t.Context(), operator, "desk"); err != nil {
			t.Fatal(err)
		}
		if err := h.EndClient(t.Context(), standin.OperatorCaller("globex", "x"), "desk"); standin.KindOf(err) != standin.NotFound {
			t.Errorf("another organisation ends it: %v", err)
		}
		if _, code := h.putClient(deskClient(), "only-for-trials"); code != "application.ended" {
			t.Errorf("reviving: %q", code)
		}
		h.update(func(ctx context.Context, tx *db.Tx) error {
			got, err := h.Client(ctx, tx, "desk")
			want := deskClient()
			want.Public, want.Exchange, want.Ended, want.PostLogout, want.MadeBy = true, false, true, []string{}, operator.Actor
			want.Algorithm, want.Audiences = ES256, []string{}
			want.CreatedAt, want.Version = got.CreatedAt, got.Version
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			list, errList := h.Clients(ctx, tx, "acme")
			if errList != nil || len(list) != 1 {
				t.Errorf("%v, %v", list, errList)
			}
			if _, err := h.Client(ctx, tx, "none"); standin.KindOf(err) != standin.NotFound {
				t.Error(err)
			}
			return err
		})
		want := []string{"application.create application:desk", "client.create client:desk", "client.change client:desk",
			"client.change client:desk", "client.change client:desk", "client.end client:desk"}
		if diff := cmp.Diff(want, h.records()); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	})
}

func TestKeys(t *testing.T) {
	run(t, func(h house) {
		pdp := Key{Organisation: "acme", ID: "pdp", May: []string{"record", "decide"}}
		for _, s := range []struct {
			name    string
			key     Key
			secret  string
			changed bool
			code    string
		}{
			{"no secret", pdp, "", false, "application.bad_secret"},
			{"create", pdp, "only-for-trials", true, ""},
			{"same", pdp, "only-for-trials", false, ""},
			{"secret left as it is", pdp, "", false, ""},
			{"another's secret", Key{Organisation: "acme", ID: "two", May: []string{"scim"}}, "only-for-trials", false, "application.secret_taken"},
			{"another organisation's id", Key{Organisation: "globex", ID: "pdp", May: []string{"scim"}}, "another-secret", false, "application.id_taken"},
			{"another organisation's key", Key{Organisation: "globex", ID: "two", May: []string{"scim"}}, "another-secret", true, ""},
			{"short secret", pdp, "short", false, "application.bad_secret"},
			{"long secret", pdp, strings.Repeat("x", maxSecret+1), false, "application.bad_secret"},
			{"unknown entitlement", Key{Organisation: "acme", ID: "x", May: []string{"decide", "everything"}}, "a-long-secret", false, "application.bad_entitlement"},
			{"of an application that is not there", Key{Organisation: "acme", ID: "x", May: []string{"record:desk"}}, "a-long-secret", false, "application.key_application"},
			{"of no application", Key{Organisation: "acme", ID: "x", May: []string{"record:"}}, "a-long-secret", false, "application.bad_entitlement"},
			{"of Standin's own", Key{Organisation: "acme", ID: "x", May: []string{"record:standin"}}, "a-long-secret", false, "application.bad_entitlement"},
			{"what has no application", Key{Organisation: "acme", ID: "x", May: []string{"admin:desk"}}, "a-long-secret", false, "application.bad_entitlement"},
			{"no entitlement", Key{Organisation: "acme", ID: "x", May: nil}, "a-long-secret", false, "application.no_entitlement"},
			{"bad id", Key{Organisation: "acme", ID: "a b", May: []string{"decide"}}, "a-long-secret", false, "application.bad_key_id"},
		} {
			if changed, code := h.putKey(s.key, s.secret); changed != s.changed || code != s.code {
				t.Errorf("%s: %v %q", s.name, changed, code)
			}
		}
		got, err := h.Key(t.Context(), "only-for-trials")
		want := standin.Caller{Organisation: "acme", Actor: "key:pdp", May: []string{"decide", "record"}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		for _, wrong := range []string{"", "only-for-trial", hashed("only-for-trials"), "' OR 1=1 --"} {
			if c, err := h.Key(t.Context(), wrong); standin.KindOf(err) != standin.Unauthenticated || c.Actor != "" {
				t.Errorf("secret %q: %v %v", wrong, c, err)
			}
		}
		for range 2 {
			if err := h.EndKey(t.Context(), operator, "pdp"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := h.Key(t.Context(), "only-for-trials"); standin.KindOf(err) != standin.Unauthenticated {
			t.Errorf("an ended key: %v", err)
		}
		if _, code := h.putKey(pdp, "only-for-trials"); code != "application.ended" {
			t.Errorf("reviving: %q", code)
		}
		h.update(func(ctx context.Context, tx *db.Tx) error {
			if list, err := h.Keys(ctx, tx, "acme"); err != nil || len(list) != 1 || !list[0].Ended {
				t.Errorf("%v, %v", list, err)
			}
			if k, err := h.KeyByID(ctx, tx, "two"); err != nil || k.Organisation != "globex" {
				t.Errorf("%v, %v", k, err)
			}
			if _, err := h.KeyByID(ctx, tx, "none"); standin.KindOf(err) != standin.NotFound {
				t.Error(err)
			}
			if id, err := h.SecretHolder(ctx, tx, "another-secret"); err != nil || id != "two" {
				t.Errorf("%v, %v", id, err)
			}
			return nil
		})
	})
}

// What Explain tells of each row is what its last record told, and no record knows a secret (THREATS 78).
func TestExplainAgreesWithTheRecord(t *testing.T) {
	run(t, func(h house) {
		h.putApplication(operator, desk())
		h.putClient(deskClient(), "only-for-trials")
		h.putClient(deskClient(), "another-secret")
		full := fullClient()
		full.ID = "full"
		h.putClient(full, "only-for-trials")
		h.putKey(Key{Organisation: "acme", ID: "pdp", May: []string{"decide"}}, "only-for-trials")
		if err := h.EndKey(t.Context(), operator, "pdp"); err != nil {
			t.Fatal(err)
		}
		explained := map[string]string{}
		h.update(func(ctx context.Context, tx *db.Tx) error {
			return h.Explain(ctx, tx, "acme", func(resource string, state any) error {
				text, err := json.Marshal(state)
				explained[resource] = string(text)
				return err
			})
		})
		recorded := map[string]string{}
		h.update(func(ctx context.Context, tx *db.Tx) error {
			rows, err := tx.Query(ctx, `SELECT resource, after_state FROM records WHERE organisation = 'acme' ORDER BY at`)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var resource, after string
				if err := rows.Scan(&resource, &after); err != nil {
					return err
				}
				recorded[resource] = after
				for _, secret := range []string{"only-for-trials", "another-secret"} {
					if strings.Contains(after, secret) || strings.Contains(after, hashed(secret)) {
						t.Errorf("the record of %s holds a secret: %s", resource, after)
					}
				}
			}
			return rows.Err()
		})
		if diff := cmp.Diff(recorded, explained); diff != "" || len(explained) != 4 {
			t.Errorf("(-recorded +explained):\n%s", diff)
		}
	})
}
