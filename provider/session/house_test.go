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
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/provider/session"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/keys"
)

const acme standin.OrganisationID = "acme"

const (
	issuer    = "https://standin.example"
	good      = "correct horse battery"
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

var home = standin.Origin{Address: "192.0.2.7", Agent: "Browser at home"}

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
	t       testing.TB
	db      *db.DB
	ledger  *ledger.Ledger
	apps    *application.Applications
	dir     *directory.Directory
	deleg   *delegation.Delegations
	acts    *acting.Acting
	signin  *signin.Signin
	keys    *keys.Keys
	tokens  *token.Tokens
	session *session.Session
	url     string

	mu     sync.Mutex
	ahead  time.Duration
	cookie string
}

func run(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, furnish(t, d)) })
}

func furnish(t testing.TB, d *db.DB) *house {
	h := &house{t: t, db: d}
	log := slog.New(slog.DiscardHandler)
	h.ledger = ledger.New(d, h.now)
	h.dir = directory.New(d, h.ledger, h.now)
	h.apps = application.New(d, h.ledger, h.now).With(h.dir.MayKeepAccess)
	h.deleg = delegation.New(d, h.ledger, h.dir, h.now)
	h.acts = acting.New(d, h.ledger, h.dir, h.deleg, h.now)
	h.signin = signin.New(d, h.ledger, h.dir, h.acts, h.now,
		signin.Options{Hash: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}})
	h.keys = keys.New(d, h.ledger, h.dir, keys.NewSeal(), h.now, log)
	h.tokens = token.New(token.House{DB: d, Ledger: h.ledger, Applications: h.apps, Directory: h.dir, Delegations: h.deleg, Acting: h.acts,
		Signin: h.signin, Keys: h.keys, Issuer: issuer}, h.now)
	h.settle()
	h.serve(log)
	return h
}

// serve answers, follows the record, and gives records their places.
func (h *house) serve(log *slog.Logger) {
	at, err := url.Parse(issuer)
	if err != nil {
		h.t.Fatal(err)
	}
	h.session = session.New(session.Config{DB: h.db, Ledger: h.ledger, Applications: h.apps, Directory: h.dir, Acting: h.acts, Signin: h.signin,
		Tokens: h.tokens, Words: words, URL: at, Now: h.now, Log: log, Most: 6, MostEach: 4})
	key, err := ledger.NewKey("test")
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var working sync.WaitGroup
	for _, work := range []func(context.Context) error{ledger.NewSequencer(h.ledger, key, log).Run, h.session.Run} {
		working.Go(func() {
			if err := work(ctx); err != nil && ctx.Err() == nil {
				h.t.Error(err)
			}
		})
	}
	server := httptest.NewServer(h.session.Handler())
	h.url = server.URL
	h.t.Cleanup(func() {
		h.session.Close()
		server.Close()
		stop()
		working.Wait()
	})
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.ahead)
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ahead += d
}

// settle founds acme with boss, who administers, and ann, bob and hal, and the applications desk and other.
func (h *house) settle() {
	h.t.Helper()
	ctx, op := h.t.Context(), operator()
	h.must(h.dir.PutOrganisation(ctx, op, directory.Organisation{Name: "Acme", Settings: directory.DefaultSettings()}))
	h.must(h.dir.PutRole(ctx, op, rights.Role{ID: "super", Rank: 90, Allow: []string{"standin:*.*"}}, 0))
	for _, id := range []standin.PersonID{"boss", "ann", "bob", "hal"} {
		p := directory.Person{ID: id, Name: "Name " + string(id), Email: string(id) + "@acme.example", AcceptedAt: h.now()}
		if _, _, err := h.dir.PutPerson(ctx, op, p); err != nil {
			h.t.Fatal(err)
		}
		if err := h.signin.SetPassword(ctx, op, id, good); err != nil {
			h.t.Fatal(err)
		}
	}
	h.must(h.dir.Hold(ctx, op, "boss", "super", ""))
	h.put(application.Client{ID: "desk", StandIns: true, Initiate: "https://desk.example/login"})
	h.put(application.Client{ID: "other", StandIns: true})
}

func (h *house) put(c application.Client) {
	h.t.Helper()
	c.Organisation, c.RedirectURIs = acme, []string{"https://" + string(c.ID) + ".example/callback"}
	if err := h.db.Update(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := h.apps.PutClient(ctx, tx, operator(), c, "only-for-"+string(c.ID))
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) must(changed bool, err error) {
	h.t.Helper()
	if err != nil || !changed {
		h.t.Fatalf("got changed %v, %v; want a change", changed, err)
	}
}

func operator() standin.Caller { return standin.OperatorCaller(acme, "test") }

func as(person standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: acme, Actor: standin.PersonActor(person), Principal: person, Origin: home}
}

// enter signs the person in and returns the cookie.
func (h *house) enter(id standin.PersonID) string {
	h.t.Helper()
	cookie, _, err := h.signin.Password(h.t.Context(), string(id)+"@acme.example", good, home)
	if err != nil {
		h.t.Fatal(err)
	}
	return cookie
}

// cover lets the actor stand in for the principal for a week.
func (h *house) cover(actor, principal standin.PersonID) standin.DelegationID {
	h.t.Helper()
	named, err := h.deleg.Name(h.t.Context(), as(principal), delegation.Naming{Actors: []standin.PersonID{actor}, Principal: principal,
		Kind: delegation.Cover, End: h.now().Add(7 * 24 * time.Hour), Purpose: "leave"})
	if err != nil {
		h.t.Fatal(err)
	}
	return named[0].ID
}

// act begins to act in the login of the cookie.
func (h *house) act(cookie string, id standin.DelegationID) string {
	h.t.Helper()
	next, _, err := h.signin.Act(h.t.Context(), cookie, id, home)
	if err != nil {
		h.t.Fatal(err)
	}
	return next
}

// held is what an application has after a sign-in.
type held struct {
	token.Who
	access string
}

// open signs whoever has the cookie in to the application, with a key where jkt names one.
func (h *house) open(cookie string, id standin.ClientID, jkt string) held {
	h.t.Helper()
	ctx := h.t.Context()
	visit, err := h.signin.Resolve(ctx, cookie, home)
	if err != nil {
		h.t.Fatal(err)
	}
	redirect := "https://" + string(id) + ".example/callback"
	_, code, err := h.tokens.Begin(ctx, visit, token.Wish{Client: id, Scopes: []string{"openid", "profile"}, RedirectURI: redirect, Challenge: challenge, JKT: jkt})
	if err != nil {
		h.t.Fatal(err)
	}
	var client application.Client
	if err := h.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		client, err = h.apps.Client(ctx, tx, id)
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	who, _, err := h.tokens.Redeem(ctx, client, token.Redemption{Code: code, RedirectURI: redirect, Verifier: verifier, JKT: jkt, Origin: home})
	if err != nil {
		h.t.Fatal(err)
	}
	raw, _, err := h.tokens.Mint(ctx, who)
	if err != nil {
		h.t.Fatal(err)
	}
	return held{who, raw}
}

// acting is ann at desk, acting for hal.
func (h *house) acting() (held, standin.DelegationID) {
	h.t.Helper()
	d := h.cover("ann", "hal")
	h.cookie = h.act(h.enter("ann"), d)
	return h.open(h.cookie, "desk", ""), d
}

// request asks with the token; pairs are headers.
func (h *house) request(method, path, access string, pairs ...string) *http.Request {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, nil)
	if err != nil {
		h.t.Fatal(err)
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
	h.t.Helper()
	return h.do(h.request(method, path, access, pairs...))
}

func (h *house) do(r *http.Request) said {
	h.t.Helper()
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
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
	h.t.Helper()
	ctx, stop := context.WithCancel(h.t.Context())
	answer, err := http.DefaultTransport.RoundTrip(h.request("GET", "/.standin/events", access).WithContext(ctx))
	if err != nil {
		h.t.Fatal(err)
	}
	l := &listening{t: h.t, status: answer.StatusCode, events: make(chan event, 100), hangUp: stop}
	h.t.Cleanup(stop)
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
	h.t.Helper()
	if err := h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		all = nil
		records, err := h.ledger.Read(ctx, tx, 0, 1000)
		for _, r := range slices.Backward(records) {
			if r.Action == action {
				all = append(all, fmt.Sprintf("%s %s %s %s %s", r.Actor, r.Principal, r.Action, r.Outcome, r.Origin.Agent))
			}
		}
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	return all
}

// until waits until the condition holds.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("waited for %s", what)
		case <-tick.C:
		}
	}
}
