package authzen_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/api/authzen"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/world"
)

const (
	askKey   = "a-key-that-asks-for-decisions-and-no-more"
	hrKey    = "a-key-that-manages-people-and-nothing-else"
	otherKey = "the-other-organisations-key-for-decisions"
	password = "only-for-trials"
)

// house is the rooms with what a world file holds, behind the binding.
type house struct {
	t            testing.TB
	db           *db.DB
	ledger       *ledger.Ledger
	applications *application.Applications
	delegations  *delegation.Delegations
	acting       *acting.Acting
	signin       *signin.Signin
	decisions    *decision.Decisions
	handler      http.Handler
	key          string // with which is asked
	log          bytes.Buffer

	mu    sync.Mutex
	clock time.Time
}

// run runs the test with the world of that file, on each database.
func run(t *testing.T, file string, test func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, furnish(t, d, file)) })
}

func furnish(t testing.TB, d *db.DB, file string) *house {
	h := &house{t: t, db: d, key: askKey, clock: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
	h.ledger = ledger.New(d, h.now)
	dir := directory.New(d, h.ledger, h.now)
	h.applications = application.New(d, h.ledger, h.now).With(dir.MayKeepAccess)
	h.delegations = delegation.New(d, h.ledger, dir, h.now)
	h.acting = acting.New(d, h.ledger, dir, h.delegations, h.now)
	h.signin = signin.New(d, h.ledger, dir, h.acting, h.now,
		signin.Options{Hash: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}})
	h.decisions = decision.New(d, h.ledger, dir, h.applications, h.delegations, h.acting, h.now)
	h.handler = authzen.New(authzen.Config{Applications: h.applications, Decisions: h.decisions, URL: "https://standin.example", Now: h.now,
		Log: slog.New(slog.NewTextHandler(&h.log, nil))})
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := world.Load(file, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	w := world.New(d, h.ledger, h.applications, dir, h.delegations, h.signin, h.now)
	plan, err := w.Plan(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Apply(t.Context(), plan, nil); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = h.clock.Add(d)
}

// policies gives the application policies of its own, and entities.
func (h *house) policies(id standin.ApplicationID, policies, entities string) {
	h.t.Helper()
	read := func(name string) string {
		text, err := os.ReadFile("testdata/interop/" + name)
		if err != nil {
			h.t.Fatal(err)
		}
		return string(text)
	}
	op := standin.OperatorCaller("interop", "test")
	if err := h.db.Update(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		a, err := h.applications.Get(ctx, tx, "interop", id)
		if err != nil {
			return err
		}
		a.Policies, a.Entities = read(policies), read(entities)
		_, err = h.applications.Put(ctx, tx, op, a)
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	h.pass(time.Second)
}

// act signs the person in and lets them act by the delegation.
func (h *house) act(email string, by standin.DelegationID) acting.Session {
	h.t.Helper()
	token, _, err := h.signin.Password(h.t.Context(), email, password, standin.Origin{})
	if err != nil {
		h.t.Fatal(err)
	}
	_, s, err := h.signin.Act(h.t.Context(), token, by, standin.Origin{})
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// answer is what came back.
type answer struct {
	*http.Response
	text string
}

// ask sends the text, in which ' stands for ", as JSON with the key.
func (h *house) ask(path, text string) answer {
	h.t.Helper()
	return h.send(h.request(path, strings.ReplaceAll(text, "'", `"`)))
}

func (h *house) request(path, text string) *http.Request {
	r := httptest.NewRequest("POST", path, strings.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+h.key)
	return r
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
	if got := res.Header.Get("Cache-Control"); got != "no-store" && res.StatusCode < 404 {
		h.t.Errorf("%s %s: got Cache-Control %q, want no-store", r.Method, r.URL, got)
	}
	kind := "application/json"
	if res.StatusCode != 200 {
		kind = "text/plain; charset=utf-8"
	}
	if got := res.Header.Get("Content-Type"); got != kind {
		h.t.Errorf("%s %s: got Content-Type %q, want %q", r.Method, r.URL, got, kind)
	}
	return answer{res, strings.TrimSuffix(string(text), "\n")}
}

// is fails the test where the answer is another.
func (a answer) is(t testing.TB, status int, text string) {
	t.Helper()
	if text = strings.ReplaceAll(text, "'", `"`); a.StatusCode != status || a.text != text {
		t.Errorf("got %d %s, want %d %s", a.StatusCode, a.text, status, text)
	}
}

// into reads the answer.
func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if a.StatusCode != 200 {
		t.Fatalf("got %d %s, want 200", a.StatusCode, a.text)
	}
	if err := json.Unmarshal([]byte(a.text), v); err != nil {
		t.Fatalf("%v: %s", err, a.text)
	}
}

// records returns what acme's record tells of decisions, oldest first: action, outcome, reasons, and which is which.
func (h *house) records() (all []string) {
	h.t.Helper()
	err := h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		all = nil
		rows, err := tx.Query(ctx, `SELECT action, outcome, actor, COALESCE(principal, ''), COALESCE(session, '') FROM records
			WHERE organisation = $1 AND action LIKE 'decision.%' ORDER BY at, id`, "acme")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r [5]string
			if err := rows.Scan(&r[0], &r[1], &r[2], &r[3], &r[4]); err != nil {
				return err
			}
			all = append(all, strings.TrimSpace(strings.Join(r[:], " ")))
		}
		return rows.Err()
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}
