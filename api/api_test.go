package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/api"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/signin"
)

// house is the rooms with two organisations in them, behind the API.
type house struct {
	t *testing.T
	api.Rooms
	handler http.Handler
	log     *bytes.Buffer
	now     time.Time
}

const (
	adminKey = "an-administrators-key-that-is-long-enough"
	otherKey = "the-other-organisations-key-long-enough"
	askKey   = "a-key-that-only-asks-for-decisions-long"
	hrKey    = "a-key-that-only-manages-people-and-more"
)

func run(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := &house{t: t, log: &bytes.Buffer{}, now: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
		now := func() time.Time { return h.now }
		l := ledger.New(d, now)
		h.Rooms = api.Rooms{DB: d, Ledger: l, Applications: application.New(d, l, now), Directory: directory.New(d, l, now)}
		h.Delegations = delegation.New(d, l, h.Directory, now)
		h.Acting = acting.New(d, l, h.Directory, h.Delegations, now)
		h.Signin = signin.New(d, l, h.Directory, h.Acting, now, signin.Options{Hash: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}})
		h.settle()
		h.handler = api.New(h.Rooms, api.Config{Secure: true, Now: now, Log: slog.New(slog.NewTextHandler(h.log, nil))})
		test(t, h)
	})
}

// settle makes acme with three people, and other with one.
func (h *house) settle() {
	h.t.Helper()
	err := h.DB.Update(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		for _, o := range []struct {
			id     standin.OrganisationID
			people []string
			keys   map[string][]string
		}{
			{"acme", []string{"ada", "ben", "cleo"}, map[string][]string{adminKey: {"admin"}, askKey: {"decide"}, hrKey: {"people"}}},
			{"other", []string{"zoe"}, map[string][]string{otherKey: {"admin"}}},
		} {
			op := standin.OperatorCaller(o.id, "test")
			if _, err := h.Directory.PutOrganisationIn(ctx, tx, op, directory.Organisation{Name: string(o.id), Settings: directory.DefaultSettings()}); err != nil {
				return err
			}
			if _, err := h.Directory.PutUnitIn(ctx, tx, op, "sales"); err != nil {
				return err
			}
			role := rights.Role{ID: "super_admin", Rank: 90, Allow: []string{"standin:*.*@org"}}
			if _, err := h.Directory.PutRoleIn(ctx, tx, op, role, 0); err != nil {
				return err
			}
			for _, name := range o.people {
				p := directory.Person{ID: standin.PersonID("p-" + name), Name: name, Email: name + "@" + string(o.id) + ".example", Unit: "sales"}
				if _, _, err := h.Directory.PutPersonIn(ctx, tx, op, p); err != nil {
					return err
				}
			}
			for secret, may := range o.keys {
				k := application.Key{Organisation: o.id, ID: standin.KeyID("k-" + string(o.id) + "-" + may[0]), May: may}
				if _, err := h.Applications.PutKey(ctx, tx, op, k, secret); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// answer is what came back.
type answer struct {
	*http.Response
	text []byte
}

// ask sends a request with the secret; in is the body, nil for none.
func (h *house) ask(secret, method, path string, in any) answer {
	h.t.Helper()
	var content io.Reader
	switch v := in.(type) {
	case nil:
	case string:
		content = bytes.NewReader([]byte(v))
	default:
		text, err := json.Marshal(v)
		if err != nil {
			h.t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	r := httptest.NewRequest(method, path, content)
	r = r.WithContext(standin.WithRequest(r.Context(), &standin.Request{ID: "request-1"}))
	if secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	if content != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return h.send(r)
}

func (h *house) send(r *http.Request) answer {
	h.t.Helper()
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	res := w.Result()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer{res, text}
}

// into reads the answer, which must have the status.
func (a answer) into(t *testing.T, status int, v any) {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("got status %d, want %d: %s", a.StatusCode, status, a.text)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(a.text, v); err != nil {
		t.Fatalf("%v: %s", err, a.text)
	}
}

// problem reads the answer as a problem with the status and code.
func (a answer) problem(t *testing.T, status int, code string) api.Problem {
	t.Helper()
	var p api.Problem
	a.into(t, status, &p)
	if p.Code != code || p.Status != status || p.Request != "request-1" || p.Detail == "" || p.Title == "" || p.Type == "" {
		t.Errorf("got %+v, want code %s, status %d and the rest filled in", p, code, status)
	}
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("got content type %q, want a problem's", got)
	}
	return p
}
