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
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/api/authzen"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/ledger"
)

const (
	askKey   = "a-key-that-asks-for-decisions-and-no-more"
	hrKey    = "a-key-that-manages-people-and-nothing-else"
	otherKey = "the-other-organisations-key-for-decisions"
	password = "only-for-trials"
)

// house is the rooms with what a world file holds, behind the binding.
type house struct {
	*housetest.House
	handler http.Handler
	key     string // with which is asked
	log     bytes.Buffer
}

// run runs the test with the world of that file, on each database.
func run(t *testing.T, file string, test func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, furnish(t, d, file)) })
}

func furnish(t testing.TB, d *db.DB, file string) *house {
	h := &house{House: housetest.Join(t, d, housetest.Standing(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))), key: askKey}
	h.handler = authzen.New(authzen.Config{Applications: h.Applications, Decisions: h.Decisions, URL: housetest.Issuer, Now: h.Now,
		Log: slog.New(slog.NewTextHandler(&h.log, nil))})
	h.ApplyFile(file)
	return h
}

// policies gives the application policies of its own, and entities.
func (h *house) policies(id standin.ApplicationID, policies, entities string) {
	h.T.Helper()
	read := func(name string) string {
		text, err := os.ReadFile("testdata/interop/" + name)
		if err != nil {
			h.T.Fatal(err)
		}
		return string(text)
	}
	h.Update(func(ctx context.Context, tx *db.Tx) error {
		a, err := h.Applications.Get(ctx, tx, "interop", id)
		if err != nil {
			return err
		}
		a.Policies, a.Entities = read(policies), read(entities)
		_, err = h.Applications.Put(ctx, tx, housetest.Operator("interop"), a)
		return err
	})
	h.Pass(time.Second)
}

// act signs the person in and lets them act by the delegation.
func (h *house) act(email string, by standin.DelegationID) acting.Session {
	h.T.Helper()
	_, s := h.StandIn(h.Enter(email, password), by)
	return s
}

// answer is what came back.
type answer struct {
	*http.Response
	text string
}

// ask sends the text, in which ' stands for ", as JSON with the key.
func (h *house) ask(path, text string) answer {
	h.T.Helper()
	return h.send(h.request(path, strings.ReplaceAll(text, "'", `"`)))
}

func (h *house) request(path, text string) *http.Request {
	r := httptest.NewRequest("POST", path, strings.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+h.key)
	return r
}

func (h *house) send(r *http.Request) answer {
	h.T.Helper()
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	res := w.Result()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		h.T.Fatal(err)
	}
	if got := res.Header.Get("Cache-Control"); got != "no-store" && res.StatusCode < 404 {
		h.T.Errorf("%s %s: got Cache-Control %q, want no-store", r.Method, r.URL, got)
	}
	kind := "application/json"
	if res.StatusCode != 200 {
		kind = "text/plain; charset=utf-8"
	}
	if got := res.Header.Get("Content-Type"); got != kind {
		h.T.Errorf("%s %s: got Content-Type %q, want %q", r.Method, r.URL, got, kind)
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
	h.T.Helper()
	for _, r := range slices.Backward(h.Records(ledger.Filter{Organisation: "acme", Action: "decision."})) {
		line := []string{r.Action, string(r.Outcome), string(r.Actor), string(r.Principal), string(r.Session)}
		all = append(all, strings.TrimSpace(strings.Join(line, " ")))
	}
	return all
}
