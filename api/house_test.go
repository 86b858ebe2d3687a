package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/api"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/rights"
)

// house is the rooms with two organisations in them, behind the API.
type house struct {
	*housetest.House
	handler http.Handler
	about   *description
	log     *bytes.Buffer
}

const (
	adminKey  = "an-administrators-key-that-is-long-enough"
	otherKey  = "the-other-organisations-key-long-enough"
	askKey    = "a-key-that-only-asks-for-decisions-long"
	hrKey     = "a-key-that-only-manages-people-and-more"
	recordKey = "a-key-that-only-tells-what-was-done-long"
	password  = "correct horse battery"
)

// companies are two: in acme ada administers, ben and cleo work, and dora has not read the privacy notice; in other zoe
// administers.
var companies = []struct {
	id     standin.OrganisationID
	people []string
	keys   map[string]string
}{
	{"acme", []string{"ada", "ben", "cleo", "dora"}, map[string]string{adminKey: "admin", askKey: "decide", hrKey: "people", recordKey: "record"}},
	{"other", []string{"zoe"}, map[string]string{otherKey: "admin"}},
}

func run(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, newHouse(t, d)) })
}

func newHouse(t testing.TB, d *db.DB) *house {
	h := furnish(t, d)
	h.settle()
	return h
}

// furnish joins the rooms over a database in which there may be nothing yet.
func furnish(t testing.TB, d *db.DB) *house {
	h := &house{House: housetest.Join(t, d, housetest.Standing(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))), log: &bytes.Buffer{}}
	rooms := api.Rooms{DB: d, Ledger: h.Ledger, Applications: h.Applications, Directory: h.Directory, Delegations: h.Delegations, Acting: h.Acting,
		Previews: h.Previews, Signin: h.Signin, Lists: h.Lists, Checks: h.Checks, Rules: h.Rules, Trials: h.Trials, Decisions: h.Decisions,
		Exports: h.Exports, Tokens: h.Tokens, Signing: h.Signing, Logout: h.Logout}
	h.handler = api.New(rooms, api.Config{Secure: true, Now: h.Now, Log: slog.New(slog.NewTextHandler(h.log, nil))})
	h.about = describe(t, h.handler)
	return h
}

// update does what the operator does.
func (h *house) update(org standin.OrganisationID, do func(ctx context.Context, tx *db.Tx, op standin.Caller) error) {
	h.T.Helper()
	if err := h.DB.Update(h.T.Context(), func(ctx context.Context, tx *db.Tx) error {
		return do(ctx, tx, standin.OperatorCaller(org, "test"))
	}); err != nil {
		h.T.Fatal(err)
	}
}

func (h *house) settle() {
	h.T.Helper()
	hash, err := h.Signin.Hash(h.T.Context(), password)
	if err != nil {
		h.T.Fatal(err)
	}
	for _, o := range companies {
		h.update(o.id, func(ctx context.Context, tx *db.Tx, op standin.Caller) error {
			if _, err := h.Directory.PutOrganisationIn(ctx, tx, op, directory.Organisation{Name: string(o.id), Settings: directory.DefaultSettings()}); err != nil {
				return err
			}
			for _, unit := range []standin.UnitID{"sales", "finance"} {
				if _, err := h.Directory.PutUnitIn(ctx, tx, op, unit); err != nil {
					return err
				}
			}
			role := rights.Role{ID: "super_admin", Rank: 90, Allow: []string{"standin:*.*@org"}}
			if _, err := h.Directory.PutRoleIn(ctx, tx, op, role, 0); err != nil {
				return err
			}
			for _, name := range o.people {
				p := directory.Person{ID: id(name), Name: name, Email: name + "@" + string(o.id) + ".example", Unit: "sales"}
				if name != "dora" {
					p.AcceptedAt = h.Now()
				}
				if _, _, err := h.Directory.PutPersonIn(ctx, tx, op, p); err != nil {
					return err
				}
				if err := h.Signin.SetPasswordIn(ctx, tx, op, p.ID, hash); err != nil {
					return err
				}
			}
			if _, err := h.Directory.HoldIn(ctx, tx, op, id(o.people[0]), "super_admin", "sales"); err != nil {
				return err
			}
			if err := h.install(ctx, tx, op); err != nil {
				return err
			}
			for secret, may := range o.keys {
				k := application.Key{Organisation: o.id, ID: standin.KeyID("k-" + string(o.id) + "-" + may), May: []string{may}}
				if _, err := h.Applications.PutKey(ctx, tx, op, k, secret); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

const clientSecret = "a-clients-secret-that-nobody-sees"

// install gives the organisation an application with a client.
func (h *house) install(ctx context.Context, tx *db.Tx, op standin.Caller) error {
	desk := application.Application{Organisation: op.Organisation, ID: "desk", Name: "Workdesk", Catalogue: rights.Catalogue{Types: map[string]rights.Type{
		"expense": {Actions: map[string]rights.Action{"view": {Category: "general", Reads: true, Entry: true}}, Fields: map[string]rights.Field{"amount": {Sealed: true}}}}}}
	if _, err := h.Applications.Put(ctx, tx, op, desk); err != nil {
		return err
	}
	c := application.Client{Organisation: op.Organisation, ID: standin.ClientID("desk-" + op.Organisation), Application: "desk", StandIns: true,
		RedirectURIs: []string{"https://desk.example/callback"}}
	if _, err := h.Applications.PutClient(ctx, tx, op, c, clientSecret); err != nil {
		return err
	}
	spare := application.Key{Organisation: op.Organisation, ID: standin.KeyID("spare-" + op.Organisation), May: []string{"decide"}}
	_, err := h.Applications.PutKey(ctx, tx, op, spare, "a-spare-key-of-"+string(op.Organisation)+"-that-nobody-uses")
	return err
}

// group makes a group of acme's, of the whole organisation, and returns its id.
func (h *house) group(name string) (id string) {
	h.T.Helper()
	h.update("acme", func(ctx context.Context, tx *db.Tx, op standin.Caller) error {
		g, _, err := h.Directory.PutGroupIn(ctx, tx, op, directory.Group{Name: name})
		id = string(g.ID)
		return err
	})
	return id
}

// id is the id of the person of that name.
func id(name string) standin.PersonID { return standin.PersonID("p-" + name) }

// answer is what came back.
type answer struct {
	*http.Response
	text []byte
}

// ask sends a request with the secret; in is the body, nil for none.
func (h *house) ask(secret, method, path string, in any) answer {
	h.T.Helper()
	r := h.request(method, path, in)
	if secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	return h.send(r)
}

// list is a body that is a list, in CSV.
type list string

// request makes a request; in is the body: text and lists as they are, nil for none, everything else as JSON.
func (h *house) request(method, path string, in any) *http.Request {
	h.T.Helper()
	var content io.Reader
	kind := "application/json"
	switch v := in.(type) {
	case nil:
	case list:
		content, kind = strings.NewReader(string(v)), "text/csv"
	case string:
		content = strings.NewReader(v)
	default:
		text, err := json.Marshal(v)
		if err != nil {
			h.T.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	r := httptest.NewRequest(method, path, content)
	if content != nil {
		r.Header.Set("Content-Type", kind)
	}
	return r.WithContext(standin.WithRequest(r.Context(), &standin.Request{ID: "request-1"}))
}

// send sends the request. Whatever comes back has to be as the description says.
func (h *house) send(r *http.Request) answer {
	h.T.Helper()
	method, path := r.Method, r.URL.EscapedPath()
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	res := w.Result()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		h.T.Fatal(err)
	}
	if wrong := h.about.object(method, path, res, text); wrong != "" {
		h.T.Errorf("%s %s: %s: %s", method, path, wrong, text[:min(len(text), 300)])
	}
	return answer{res, text}
}

// browser is somebody's browser, in which they signed in.
type browser struct {
	*house
	cookie   string
	identity string
}

// signIn signs the person in from a new browser.
func (h *house) signIn(name string) *browser {
	h.T.Helper()
	b := &browser{house: h}
	company := "acme"
	if name == "zoe" {
		company = "other"
	}
	var me api.Me
	b.ask("POST", "/api/v1/sign-in", map[string]any{"email": name + "@" + company + ".example", "password": password}).into(h.T, 200, &me)
	b.identity = me.Identity
	return b
}

// ask sends a request as a page does, with the identity that the browser saw last.
func (b *browser) ask(method, path string, in any) answer {
	b.T.Helper()
	return b.send(b.request(method, path, in))
}

func (b *browser) request(method, path string, in any) *http.Request {
	b.T.Helper()
	r := b.house.request(method, path, in)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if b.cookie != "" {
		r.Header.Set("Cookie", b.cookie)
		r.Header.Set(api.IdentityHeader, b.identity)
	}
	return r
}

func (b *browser) send(r *http.Request) answer {
	b.T.Helper()
	a := b.house.send(r)
	for _, c := range a.Cookies() {
		if b.cookie = c.Name + "=" + c.Value; c.MaxAge < 0 {
			b.cookie = ""
		}
		if !c.HttpOnly || !c.Secure || c.SameSite == http.SameSiteNoneMode || !strings.HasPrefix(c.Name, "__Host-") {
			b.T.Errorf("got the cookie %s, want one for this host alone that scripts cannot read", c)
		}
	}
	return a
}

// me asks who is here, and keeps the identity.
func (b *browser) me() (me api.Me) {
	b.T.Helper()
	b.ask("GET", "/api/v1/me", nil).into(b.T, 200, &me)
	b.identity = me.Identity
	return me
}

// act begins to act by the delegation.
func (b *browser) act(delegation string) (s api.Session) {
	b.T.Helper()
	b.ask("POST", "/api/v1/acting", map[string]any{"delegation": delegation}).into(b.T, 201, &s)
	b.me()
	return s
}

// cover lets the actor stand in for the principal, by the administrator's key, and returns the delegation's id.
func (h *house) cover(actor, principal string) string {
	h.T.Helper()
	return h.named(map[string]any{"actors": []any{id(actor)}, "principal": id(principal), "purpose": "annual leave"})
}

func (h *house) named(wish map[string]any) string {
	h.T.Helper()
	var made api.Whole[api.Delegation]
	h.ask(adminKey, "POST", "/api/v1/delegations", wish).into(h.T, 201, &made)
	if len(made.Items) != 1 {
		h.T.Fatalf("got %+v, want one delegation", made.Items)
	}
	return made.Items[0].ID
}

// records returns what the record of acme tells, newest first.
func (h *house) records(filter string) []api.Record {
	h.T.Helper()
	var all api.Page[api.Record]
	h.ask(adminKey, "GET", "/api/v1/audit?limit=100&"+filter, nil).into(h.T, 200, &all)
	return all.Items
}

// actions returns what was done and how it went, newest first.
func actions(records []api.Record) []string {
	var all []string
	for _, r := range records {
		all = append(all, strings.TrimSpace(r.Action+" "+r.Outcome+" "+strings.Join(r.Reasons, " ")))
	}
	return all
}

// into reads the answer, which must have the status.
func (a answer) into(t testing.TB, status int, v any) {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("got status %d, want %d: %s", a.StatusCode, status, a.text)
	}
	if v == nil {
		return
	}
	d := json.NewDecoder(bytes.NewReader(a.text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%v: %s", err, a.text)
	}
}

// problem reads the answer as a problem with the status and one of the codes.
func (a answer) problem(t testing.TB, status int, codes ...string) api.Problem {
	t.Helper()
	var p api.Problem
	a.into(t, status, &p)
	if !slices.Contains(codes, p.Code) || p.Status != status || p.Request != "request-1" || p.Detail == "" || p.Title == "" || p.Type == "" {
		t.Errorf("got %+v, want code %s, status %d and the rest filled in", p, codes, status)
	}
	return p
}
