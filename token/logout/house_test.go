package logout

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/go-jose/go-jose/v4"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/keys"
	"github.com/standin-id/standin/world"
)

const acme standin.OrganisationID = "acme"

const (
	issuer   = "https://standin.example"
	password = "only-for-trials"
)

var (
	quiet  = slog.New(slog.DiscardHandler)
	origin = standin.Origin{Address: "192.0.2.1", Agent: "test"}
	boss   = standin.Caller{Organisation: acme, Actor: "person:boss", Principal: "boss"}
	chiara = standin.Caller{Organisation: acme, Actor: "person:chiara", Principal: "chiara"}
)

// company is Bilal, who stands in for Chiara and Dario, an administrator, and three applications: two that are told, one
// that is not.
const company = `
organisations:
  - id: acme
    name: Acme Ltd
    settings: {acting: {default: 1h, max: 8h}, delegation: {max: 90d}}
    roles:
      - {id: super, rank: 90, allow: ["standin:*.*@org"]}
    people:
      - {id: bilal, name: Bilal Kaya, email: bilal@acme.example, password: only-for-trials, accepted_terms: true}
      - {id: chiara, name: Chiara Moretti, email: chiara@acme.example, password: only-for-trials, accepted_terms: true}
      - {id: dario, name: Dario Conti, email: dario@acme.example, password: only-for-trials, accepted_terms: true}
      - {id: boss, name: Bea Boss, email: boss@acme.example, password: only-for-trials, roles: [super], accepted_terms: true}
    delegations:
      - {id: d-chiara, principal: chiara, actor: bilal, kind: cover, start: today-5d, end: today+9d, purpose: Annual leave}
      - {id: d-dario, principal: dario, actor: bilal, kind: cover, start: today-5d, end: today+9d, purpose: Annual leave}
clients:
  - {id: desk, organisation: acme, secret: only-for-trials, redirect_uris: ["https://desk.example/callback"], backchannel_logout_uri: "ADDRESS/desk", stand_ins: true, exchange: true}
  - {id: mail, organisation: acme, secret: only-for-trials, redirect_uris: ["https://mail.example/callback"], backchannel_logout_uri: "ADDRESS/mail", stand_ins: true, id_token_alg: RS256}
  - {id: mute, organisation: acme, secret: only-for-trials, redirect_uris: ["https://mute.example/callback"], stand_ins: true}
`

// house is the rooms over the company, whose clock is the real one until it is moved, and the applications.
type house struct {
	*Logout
	t           *testing.T
	delegations *delegation.Delegations
	acting      *acting.Acting
	signin      *signin.Signin
	apps        *apps

	mu    sync.Mutex
	ahead time.Duration
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.ahead)
}

// move sets the clock ahead.
func (h *house) move(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ahead += by
}

func run(t *testing.T, test func(h *house)) {
	t.Helper()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := &house{t: t, apps: receive(t)}
		l := ledger.New(d, h.clock)
		dir := directory.New(d, l, h.clock)
		apps := application.New(d, l, h.clock).With(dir.MayKeepAccess)
		h.delegations = delegation.New(d, l, dir, h.clock)
		h.acting = acting.New(d, l, dir, h.delegations, h.clock)
		h.signin = signin.New(d, l, dir, h.acting, h.clock,
			signin.Options{Hash: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}})
		k := keys.New(d, l, dir, keys.NewSeal(), h.clock, quiet)
		tokens := token.New(token.House{DB: d, Ledger: l, Applications: apps, Directory: dir, Delegations: h.delegations, Acting: h.acting,
			Signin: h.signin, Keys: k, Issuer: issuer}, h.clock)
		h.Logout = New(House{DB: d, Ledger: l, Directory: dir, Applications: apps, Tokens: tokens, Keys: k, Log: quiet}, h.clock)
		f, err := world.LoadTrial("world.yaml", strings.NewReader(strings.ReplaceAll(company, "ADDRESS", h.apps.URL)), h.clock())
		h.must(err)
		w := world.New(d, l, apps, dir, h.delegations, h.signin, h.clock)
		plan, err := w.Plan(t.Context(), f)
		h.must(err)
		h.must(w.Apply(t.Context(), plan, func(int, int) {}))
		test(h)
	})
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// works lets the record get its places and, unless it is told otherwise, applications be told, until stop.
func (h *house) works(all ...*Logout) (stop func()) {
	h.t.Helper()
	key, err := ledger.NewKey("test.example")
	h.must(err)
	ctx, cancel := context.WithCancel(h.t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		if err := ledger.NewSequencer(h.ledger, key, quiet).Run(ctx); err != nil {
			h.t.Error(err)
		}
	})
	for _, o := range all {
		group.Go(func() {
			if err := o.Run(ctx); err != nil {
				h.t.Error(err)
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); group.Wait() })
	h.t.Cleanup(stop)
	return stop
}

// browser is one login of a person.
type browser struct {
	h     *house
	token string
}

func (h *house) signIn(person string) *browser {
	h.t.Helper()
	value, _, err := h.signin.Password(h.t.Context(), person+"@acme.example", password, origin)
	h.must(err)
	return &browser{h, value}
}

func (b *browser) visit() signin.Visit {
	b.h.t.Helper()
	v, err := b.h.signin.Resolve(b.h.t.Context(), b.token, origin)
	b.h.must(err)
	return v
}

func (b *browser) act(id standin.DelegationID) {
	b.h.t.Helper()
	next, _, err := b.h.signin.Act(b.h.t.Context(), b.token, id, origin)
	b.h.must(err)
	b.token = next
}

func (b *browser) stop() {
	b.h.t.Helper()
	next, err := b.h.signin.Stop(b.h.t.Context(), b.token, origin)
	b.h.must(err)
	b.token = next
}

// held is what an application has of one sign-in.
type held struct {
	token.Grant
	client  application.Client
	refresh string
}

const verifier = "a-verifier-that-is-long-enough-for-rfc-7636-and-then-some"

// opens signs the browser in to the application.
func (b *browser) opens(id standin.ClientID) held {
	b.h.t.Helper()
	g, c := b.begins(id)
	_, refresh, err := b.h.tokens.Redeem(b.h.t.Context(), c, token.Redemption{Code: g.code, RedirectURI: c.RedirectURIs[0], Verifier: verifier, Origin: origin})
	b.h.must(err)
	return held{g.Grant, c, refresh}
}

type begun struct {
	token.Grant
	code string
}

// begins signs in and leaves the code where it is.
func (b *browser) begins(id standin.ClientID) (begun, application.Client) {
	b.h.t.Helper()
	ctx := b.h.t.Context()
	c, err := b.h.client(id)
	b.h.must(err)
	sum := sha256.Sum256([]byte(verifier))
	g, code, err := b.h.tokens.Begin(ctx, b.visit(), token.Wish{Client: id, Scopes: []string{"openid", "offline_access"}, RedirectURI: c.RedirectURIs[0],
		Challenge: base64.RawURLEncoding.EncodeToString(sum[:])})
	b.h.must(err)
	return begun{g, code}, c
}

func (h *house) client(id standin.ClientID) (c application.Client, err error) {
	err = h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = h.applications.Client(ctx, tx, id)
		return err
	})
	return c, err
}

func (h *house) execute(statement string, args ...any) {
	h.t.Helper()
	h.must(h.db.Update(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, statement, args...)
		return err
	}))
}

// ended reports how the grant ended, "" where nobody wrote down that it did.
func (h *house) ended(id standin.GrantID) (how token.How) {
	h.t.Helper()
	h.must(h.db.View(h.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		g, err := h.tokens.Load(ctx, tx, acme, id)
		how = g.EndedHow
		return err
	}))
	return how
}

// apps receives what applications are told, each at its path; how it answers can be changed.
type apps struct {
	*httptest.Server
	t      *testing.T
	mu     sync.Mutex
	got    map[string][]received
	answer func(w http.ResponseWriter, r *http.Request)
}

type received struct {
	token   string
	cookies int
	at      time.Time
}

func receive(t *testing.T) *apps {
	a := &apps{t: t, got: map[string][]received{}}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			t.Errorf("got %s %s (%v)", r.Method, r.Header.Get("Content-Type"), err)
		}
		value, rest, _ := strings.Cut(string(body), "&")
		value, ok := strings.CutPrefix(value, "logout_token=")
		if !ok || rest != "" {
			t.Errorf("got the body %q, want one logout token", body)
		}
		a.mu.Lock()
		name := strings.TrimPrefix(r.URL.Path, "/")
		a.got[name] = append(a.got[name], received{value, len(r.Cookies()), time.Now()})
		answer := a.answer
		a.mu.Unlock()
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *apps) answers(how func(w http.ResponseWriter, r *http.Request)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = how
}

func (a *apps) told(name string) []received {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]received(nil), a.got[name]...)
}

// await polls until what holds; the deadline says only that a test hangs.
func (h *house) await(what string, holds func() bool) {
	h.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			h.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// says reads a logout token as the application does: with the key set alone.
func (h *house) says(r received, algorithm jose.SignatureAlgorithm) map[string]any {
	h.t.Helper()
	parsed, err := jose.ParseSignedCompact(r.token, []jose.SignatureAlgorithm{algorithm})
	h.must(err)
	if typ := parsed.Signatures[0].Protected.ExtraHeaders["typ"]; typ != "logout+jwt" {
		h.t.Errorf("got typ %v, want logout+jwt", typ)
	}
	set, err := h.keys.Public(h.t.Context())
	h.must(err)
	content, err := parsed.Verify(set)
	h.must(err)
	claims := map[string]any{}
	h.must(json.Unmarshal(content, &claims))
	return claims
}
