package session_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/provider/session"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/token"
)

const acme standin.OrganisationID = "acme"

const (
	issuer = housetest.Issuer
	good   = "correct horse battery"
)

var home = housetest.Home()

// patience is how long something may take on a busy machine.
const patience = 20 * time.Second

// spoken are words that tell their keys and values, in a language that nobody speaks.
type spoken struct{ language string }

func (s spoken) Language() string { return s.language }

func (s spoken) Text(key string, args map[string]any) string {
	var b strings.Builder
	b.WriteString(key)
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if name != "Word" && name != "Title" {
			fmt.Fprintf(&b, " %s=%v", name, args[name])
		}
	}
	return b.String()
}

func (s spoken) Error(err *standin.Error) string { return s.language + ": " + err.Message }
func (s spoken) Clock(t time.Time) string        { return t.Format("15:04") }
func (s spoken) Until(t, _ time.Time) string     { return t.Format(time.RFC3339) }
func (s spoken) Span(d time.Duration) string     { return d.String() }
func words(preferences ...string) session.Words {
	for _, p := range preferences {
		if p != "" {
			return spoken{p}
		}
	}
	return spoken{"en"}
}

// house is the rooms with a few people in them, behind what applications' pages ask.
type house struct {
	*housetest.House
	session *session.Session
	url     string
	cookie  string
}

func run(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, furnish(t, d)) })
}

func furnish(t testing.TB, d *db.DB) *house {
	h := &house{House: housetest.Join(t, d, housetest.Running())}
	h.settle()
	h.serve()
	return h
}

// serve answers, follows the record, and gives records their places.
func (h *house) serve() {
	at, err := url.Parse(issuer)
	if err != nil {
		h.T.Fatal(err)
	}
	h.session = session.New(session.Config{DB: h.DB, Ledger: h.Ledger, Applications: h.Applications, Directory: h.Directory, Acting: h.Acting,
		Signin: h.Signin, Tokens: h.Tokens, Words: words, URL: at, Now: h.Now, Log: slog.New(slog.DiscardHandler), Most: 6, MostEach: 4})
	stop := h.Works(h.session.Run)
	server := httptest.NewServer(h.session.Handler())
	h.url = server.URL
	h.T.Cleanup(func() {
		h.session.Close()
		server.Close()
		stop()
	})
}

// settle founds acme with boss, who administers, and ann, bob and hal, and the applications desk and other.
func (h *house) settle() {
	h.T.Helper()
	h.Settings(acme)
	h.Roles(acme, rights.Role{ID: "super", Rank: 90, Allow: []string{"standin:*.*"}})
	people := []standin.PersonID{"boss", "ann", "bob", "hal"}
	for _, id := range people {
		h.Person(acme, directory.Person{ID: id})
	}
	h.Passwords(acme, good, people...)
	h.Must(h.Directory.Hold(h.T.Context(), operator(), "boss", "super", ""))
	h.Client(application.Client{ID: "desk", StandIns: true, Initiate: "https://desk.example/login"})
	h.Client(application.Client{ID: "other", StandIns: true})
}

func operator() standin.Caller { return standin.OperatorCaller(acme, "test") }

func as(person standin.PersonID) standin.Caller {
	c := housetest.As(acme, person)
	c.Origin = home
	return c
}

// enter signs the person in and returns the cookie.
func (h *house) enter(id standin.PersonID) string {
	h.T.Helper()
	return h.Enter(string(id)+"@acme.example", good)
}

// act begins to act in the login of the cookie.
func (h *house) act(cookie string, id standin.DelegationID) string {
	h.T.Helper()
	next, _ := h.StandIn(cookie, id)
	return next
}

// held is what an application has after a sign-in.
type held struct {
	token.Who
	access string
}

// open signs whoever has the cookie in to the application, with a key where jkt names one.
func (h *house) open(cookie string, id standin.ClientID, jkt string) held {
	h.T.Helper()
	wish := housetest.Wish(id)
	wish.JKT = jkt
	who, _, err := h.SignInTo(cookie, wish)
	if err != nil {
		h.T.Fatal(err)
	}
	return held{who, h.Access(who)}
}

// acting is ann at desk, acting for hal.
func (h *house) acting() (held, standin.DelegationID) {
	h.T.Helper()
	d := h.Cover("ann", "hal")
	h.cookie = h.act(h.enter("ann"), d)
	return h.open(h.cookie, "desk", ""), d
}

// request asks with the token; pairs are headers.
func (h *house) request(method, path, access string, pairs ...string) *http.Request {
	h.T.Helper()
	r, err := http.NewRequestWithContext(h.T.Context(), method, h.url+path, nil)
	if err != nil {
		h.T.Fatal(err)
	}
	if access != "" {
		r.Header.Set("Authorization", "Bearer "+access)
	}
	for i := 0; i < len(pairs); i += 2 {
		r.Header.Set(pairs[i], pairs[i+1])
	}
	return r
}

// said is an answer.
type said struct {
	Status int
	Header http.Header
	Body   []byte
}

func (h *house) ask(method, path, access string, pairs ...string) said {
	h.T.Helper()
	return h.do(h.request(method, path, access, pairs...))
}

func (h *house) do(r *http.Request) said {
	h.T.Helper()
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		h.T.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		h.T.Fatal(err)
	}
	return said{answer.StatusCode, answer.Header, body}
}

func read[T any](t testing.TB, body []byte) (of T) {
	t.Helper()
	if err := json.Unmarshal(body, &of); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return of
}

// event is one that a stream told.
type event struct{ kind, data string }

// listening is a stream that is read.
type listening struct {
	t      testing.TB
	status int
	events chan event // closed when the stream ends
	hangUp func()
}

func (h *house) listen(access string) *listening {
	h.T.Helper()
	ctx, stop := context.WithCancel(h.T.Context())
	answer, err := http.DefaultTransport.RoundTrip(h.request("GET", "/.standin/events", access).WithContext(ctx))
	if err != nil {
		h.T.Fatal(err)
	}
	l := &listening{t: h.T, status: answer.StatusCode, events: make(chan event, 100), hangUp: stop}
	h.T.Cleanup(stop)
	go func() {
		defer close(l.events)
		defer answer.Body.Close()
		var e event
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ":")
			switch value = strings.TrimPrefix(value, " "); {
			case name == "event":
				e.kind = value
			case name == "data":
				e.data += value
			case lines.Text() == "" && e.kind != "":
				l.events <- e
				e = event{}
			}
		}
	}()
	return l
}

// state waits for the next state.
func (l *listening) state() session.State {
	l.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e, ok := <-l.events:
			if !ok {
				l.t.Fatal("the stream ended, want a state")
			}
			if e.kind == "state" {
				return read[session.State](l.t, []byte(e.data))
			}
		case <-deadline:
			l.t.Fatal("the stream says nothing")
		}
	}
}

// over waits for the stream's end, and fails where a state comes first.
func (l *listening) over() {
	l.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e, ok := <-l.events:
			if !ok {
				return
			}
			if e.kind == "state" {
				l.t.Fatalf("got the state %s, want the stream's end", e.data)
			}
		case <-deadline:
			l.t.Fatal("the stream does not end")
		}
	}
}

// told returns "actor principal action outcome agent" of every record with the action, the latest first.
func (h *house) told(action string) (all []string) {
	h.T.Helper()
	for _, r := range h.Records(ledger.Filter{Organisation: acme, Action: action}) {
		all = append(all, fmt.Sprintf("%s %s %s %s %s", r.Actor, r.Principal, r.Action, r.Outcome, r.Origin.Agent))
	}
	return all
}
