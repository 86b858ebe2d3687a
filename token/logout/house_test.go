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
	"net/netip"
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
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/keys"
)

const acme standin.OrganisationID = "acme"

const (
	issuer   = "https://standin.example"
	password = "correct horse battery"
)

var (
	here   = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} // where applications are, in these tests
	quiet  = slog.New(slog.DiscardHandler)
	origin = standin.Origin{Address: "192.0.2.1", Agent: "test"}
	boss   = standin.Caller{Organisation: acme, Actor: "person:boss", Principal: "boss"}
)

// cast is Bilal, who stands in for Chiara and Dario, and three applications: desk and mail, which are told, and mute, which is
// not. There may be several casts, whose ids end alike.
type cast struct {
	suffix string
	covers map[standin.PersonID]standin.DelegationID // by principal, without the suffix
}

func (c cast) person(name string) standin.PersonID { return standin.PersonID(name + c.suffix) }
func (c cast) app(name string) standin.ClientID    { return standin.ClientID(name + c.suffix) }
func (c cast) caller(name string) standin.Caller {
	return standin.Caller{Organisation: acme, Actor: standin.PersonActor(c.person(name)), Principal: c.person(name)}
}

// house is an organisation with an administrator and casts, whose clock is the real one until it is moved, and the applications.
type house struct {
	cast
	*Logout
	t           *testing.T
	delegations *delegation.Delegations
	acting      *acting.Acting
	signin      *signin.Signin
	apps        *apps

	time *moving
}

// moving is a clock that can be set ahead.
type moving struct {
	mu    sync.Mutex
	ahead time.Duration
}

// within is the house for a part of a test.
func (h *house) within(t *testing.T) *house {
	in := *h
	in.t = t
	return &in
}

func (h *house) clock() time.Time {
	h.time.mu.Lock()
	defer h.time.mu.Unlock()
	return time.Now().Add(h.time.ahead)
}

// move sets the clock ahead.
func (h *house) move(by time.Duration) {
	h.time.mu.Lock()
	defer h.time.mu.Unlock()
	h.time.ahead += by
}

func run(t *testing.T, test func(h *house)) {
	t.Helper()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := &house{t: t, apps: receive(t), time: &moving{}}
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
		h.Logout = New(House{DB: d, Ledger: l, Directory: dir, Applications: apps, Tokens: tokens, Keys: k, Log: quiet,
			Networks: here}, h.clock)
		op := standin.OperatorCaller(acme, "test")
		_, err := dir.PutOrganisation(t.Context(), op, directory.Organisation{Name: "Acme", Settings: directory.DefaultSettings()})
		h.must(err)
		_, err = dir.PutRole(t.Context(), op, rights.Role{ID: "super", Rank: 90, Allow: []string{"standin:*.*"}}, 0)
		h.must(err)
		h.enters("boss")
		_, err = dir.Hold(t.Context(), op, "boss", "super", "")
		h.must(err)
		h.cast = h.plays("")
		test(h)
	})
}

// plays brings in a cast.
func (h *house) plays(suffix string) cast {
	h.t.Helper()
	c, ctx := cast{suffix, map[standin.PersonID]standin.DelegationID{}}, h.t.Context()
	for _, name := range []string{"bilal", "chiara", "dario"} {
		h.enters(c.person(name))
	}
	for _, name := range []string{"chiara", "dario"} {
		named, err := h.delegations.Name(ctx, c.caller(name), delegation.Naming{Actors: []standin.PersonID{c.person("bilal")}, Principal: c.person(name),
			Kind: delegation.Cover, End: h.clock().Add(7 * 24 * time.Hour), Purpose: "leave"})
		h.must(err)
		c.covers[standin.PersonID(name)] = named[0].ID
	}
	h.must(h.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		for name, algorithm := range map[string]string{"desk": application.ES256, "mail": application.RS256, "mute": application.ES256} {
			made := application.Client{Organisation: acme, ID: c.app(name), Name: name, StandIns: true, Algorithm: algorithm,
				RedirectURIs: []string{"https://" + name + ".example/callback"}, BackChannel: h.apps.URL + "/" + name + suffix}
			if name == "mute" {
				made.BackChannel = ""
			}
			if _, err := h.applications.PutClient(ctx, tx, standin.OperatorCaller(acme, "test"), made, password); err != nil {
				return err
			}
		}
		return nil
	}))
	return c
}

// enters makes a person who can sign in.
func (h *house) enters(id standin.PersonID) {
	h.t.Helper()
	op := standin.OperatorCaller(acme, "test")
	_, _, err := h.directory.PutPerson(h.t.Context(), op, directory.Person{ID: id, Name: string(id), Email: string(id) + "@acme.example", AcceptedAt: h.clock()})
	h.must(err)
	h.must(h.signin.SetPassword(h.t.Context(), op, id, password))
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

func (h *house) signIn(person standin.PersonID) *browser {
	h.t.Helper()
	value, _, err := h.signin.Password(h.t.Context(), string(person)+"@acme.example", password, origin)
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
	c, err := b.h.registered(id)
	b.h.must(err)
	sum := sha256.Sum256([]byte(verifier))
	g, code, err := b.h.tokens.Begin(ctx, b.visit(), token.Wish{Client: id, Scopes: []string{"openid", "offline_access"}, RedirectURI: c.RedirectURIs[0],
		Challenge: base64.RawURLEncoding.EncodeToString(sum[:])})
	b.h.must(err)
	return begun{g, code}, c
}

func (h *house) registered(id standin.ClientID) (c application.Client, err error) {
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
