package token_test

import (
	"context"
	"log/slog"
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
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/keys"
)

const (
	acme   standin.OrganisationID = "acme"
	rival  standin.OrganisationID = "rival"
	good                          = "correct horse battery"
	issuer                        = "https://standin.example"
)

var home = standin.Origin{Address: "192.0.2.7", Agent: "Browser at home"}

// porch is a house with a few people and applications, whose clock moves when told.
type porch struct {
	*token.Tokens
	t      testing.TB
	db     *db.DB
	ledger *ledger.Ledger
	apps   *application.Applications
	dir    *directory.Directory
	deleg  *delegation.Delegations
	acts   *acting.Acting
	signin *signin.Signin
	keys   *keys.Keys

	mu    sync.Mutex
	clock time.Time
}

func in(t *testing.T, test func(t *testing.T, w *porch)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		test(t, furnish(t, d))
	})
}

func furnish(t testing.TB, d *db.DB) *porch {
	w := &porch{t: t, db: d, clock: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	w.ledger = ledger.New(d, w.now)
	w.dir = directory.New(d, w.ledger, w.now)
	w.apps = application.New(d, w.ledger, w.now)
	w.deleg = delegation.New(d, w.ledger, w.dir, w.now)
	w.acts = acting.New(d, w.ledger, w.dir, w.deleg, w.now)
	w.signin = signin.New(d, w.ledger, w.dir, w.acts, w.now,
		signin.Options{Hash: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}})
	w.keys = keys.New(d, w.ledger, w.dir, keys.NewSeal(), time.Now, slog.New(slog.DiscardHandler))
	w.Tokens = token.New(token.House{DB: d, Ledger: w.ledger, Applications: w.apps, Directory: w.dir, Delegations: w.deleg, Acting: w.acts,
		Signin: w.signin, Keys: w.keys, Issuer: issuer}, w.now)
	w.settle()
	return w
}

func (w *porch) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *porch) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

// settle founds acme with boss, ann, bob and hal, and rival with rita. At acme there are desk, an ordinary application, back, a
// service behind it, deep, one behind that, shy, which takes no stand-ins, page, which keeps no secret, and third, which is
// somebody else's.
func (w *porch) settle() {
	w.t.Helper()
	ctx := w.t.Context()
	for org, people := range map[standin.OrganisationID][]standin.PersonID{acme: {"boss", "ann", "bob", "hal"}, rival: {"rita"}} {
		op := standin.OperatorCaller(org, "test")
		w.must(w.dir.PutOrganisation(ctx, op, directory.Organisation{Name: string(org), Settings: directory.DefaultSettings()}))
		w.must(w.dir.PutRole(ctx, op, rights.Role{ID: "super", Rank: 90, Allow: []string{"standin:*.*"}}, 0))
		for _, id := range people {
			p := directory.Person{ID: id, Name: "Name " + string(id), Email: string(id) + "@" + string(org) + ".example", AcceptedAt: w.clock}
			if _, _, err := w.dir.PutPerson(ctx, op, p); err != nil {
				w.t.Fatal(err)
			}
			if err := w.signin.SetPassword(ctx, op, id, good); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.must(w.dir.Hold(ctx, operator(), "boss", "super", ""))
	for _, c := range []application.Client{
		{ID: "desk", StandIns: true, ReadsAct: true, Exchange: true, Audiences: []string{"desk", "back", "deep", "elsewhere", "shy", "foreign", "standin"}},
		{ID: "back", StandIns: true, ReadsAct: true, Exchange: true}, {ID: "deep", StandIns: true, ReadsAct: true, Exchange: true},
		{ID: "shy", Exchange: true}, {ID: "page", Public: true, StandIns: true}, {ID: "third", ThirdParty: true, StandIns: true},
		{ID: "foreign", Organisation: rival, StandIns: true, Exchange: true, Audiences: []string{"desk", "foreign"}},
	} {
		if c.Organisation == "" {
			c.Organisation = acme
		}
		w.put(c)
	}
}

// put makes the application, or changes it to what it should be.
func (w *porch) put(c application.Client) {
	w.t.Helper()
	c.RedirectURIs = []string{"https://" + string(c.ID) + ".example/callback"}
	secret := "only-for-" + string(c.ID)
	if c.Public {
		secret = ""
	}
	if err := w.db.Update(w.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := w.apps.PutClient(ctx, tx, standin.OperatorCaller(c.Organisation, "test"), c, secret)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *porch) must(changed bool, err error) {
	w.t.Helper()
	if err != nil || !changed {
		w.t.Fatalf("got changed %v, %v; want a change", changed, err)
	}
}

func operator() standin.Caller { return standin.OperatorCaller(acme, "test") }

func as(person standin.PersonID) standin.Caller {
	return standin.Caller{Organisation: acme, Actor: standin.PersonActor(person), Principal: person, Origin: home}
}

// client is the application as it is now.
func (w *porch) client(id standin.ClientID) (c application.Client) {
	w.t.Helper()
	if err := w.db.View(w.t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = w.apps.Client(ctx, tx, id)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// enter signs the person in and returns the cookie.
func (w *porch) enter(id standin.PersonID) string {
	w.t.Helper()
	org := ".example"
	at := "acme"
	if id == "rita" {
		at = "rival"
	}
	cookie, _, err := w.signin.Password(w.t.Context(), string(id)+"@"+at+org, good, home)
	if err != nil {
		w.t.Fatal(err)
	}
	return cookie
}

func (w *porch) resolve(cookie string) signin.Visit {
	w.t.Helper()
	v, err := w.signin.Resolve(w.t.Context(), cookie, home)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// cover lets the actor stand in for the principal for a week.
func (w *porch) cover(actor, principal standin.PersonID) standin.DelegationID {
	w.t.Helper()
	named, err := w.deleg.Name(w.t.Context(), as(principal), delegation.Naming{Actors: []standin.PersonID{actor}, Principal: principal, Kind: delegation.Cover,
		End: w.now().Add(7 * 24 * time.Hour), Purpose: "leave"})
	if err != nil {
		w.t.Fatal(err)
	}
	return named[0].ID
}

// act begins to act and lets a second pass.
func (w *porch) act(cookie string, id standin.DelegationID) string {
	w.t.Helper()
	next, _, err := w.signin.Act(w.t.Context(), cookie, id, home)
	if err != nil {
		w.t.Fatal(err)
	}
	w.pass(time.Second)
	return next
}

// held is what an application has after a sign-in.
type held struct {
	token.Who
	access, refresh string
}

// open signs the visitor in to the application, which redeems its code.
func (w *porch) open(cookie string, id standin.ClientID) held {
	w.t.Helper()
	h, err := w.tryOpen(cookie, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func wish(id standin.ClientID) token.Wish {
	return token.Wish{Client: id, Scopes: []string{"openid", "profile", "email"}, Nonce: "n-1", RedirectURI: "https://" + string(id) + ".example/callback",
		Challenge: challenge}
}

func redemption(id standin.ClientID, code string) token.Redemption {
	return token.Redemption{Code: code, RedirectURI: "https://" + string(id) + ".example/callback", Verifier: verifier, Origin: home}
}

func (w *porch) tryOpen(cookie string, id standin.ClientID) (h held, err error) {
	w.t.Helper()
	_, code, err := w.Begin(w.t.Context(), w.resolve(cookie), wish(id))
	if err != nil {
		return h, err
	}
	if h.Who, h.refresh, err = w.Redeem(w.t.Context(), w.client(id), redemption(id, code)); err != nil {
		return h, err
	}
	h.access = w.mint(h.Who)
	return h, nil
}

func (w *porch) mint(who token.Who) string {
	w.t.Helper()
	raw, _, err := w.Mint(w.t.Context(), who)
	if err != nil {
		w.t.Fatal(err)
	}
	return raw
}

// acting is ann at desk, acting for hal; she has a cookie and a delegation.
func (w *porch) acting() (h held, cookie string, d standin.DelegationID) {
	w.t.Helper()
	d = w.cover("ann", "hal")
	cookie = w.act(w.enter("ann"), d)
	return w.open(cookie, "desk"), cookie, d
}

// told returns "actor principal action outcome reasons" of every record with the action, the latest first.
func (w *porch) told(org standin.OrganisationID, action string) (all []string) {
	w.t.Helper()
	if err := w.db.View(w.t.Context(), func(ctx context.Context, tx *db.Tx) error {
		all = nil
		rows, err := tx.Query(ctx, `SELECT actor || ' ' || principal || ' ' || action || ' ' || outcome || ' ' || reasons FROM records
			WHERE organisation = $1 AND action LIKE $2 ORDER BY at DESC, id DESC`, string(org), action)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var said string
			if err := rows.Scan(&said); err != nil {
				return err
			}
			all = append(all, said)
		}
		return rows.Err()
	}); err != nil {
		w.t.Fatal(err)
	}
	return all
}

// count runs a query that counts.
func (w *porch) count(query string, args ...any) (n int) {
	w.t.Helper()
	if err := w.db.View(w.t.Context(), func(ctx context.Context, tx *db.Tx) error { return tx.QueryRow(ctx, query, args...).Scan(&n) }); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func refused(t testing.TB, err error, code, name string) {
	t.Helper()
	if standin.CodeOf(err) != code || token.Protocol(err) != name {
		t.Errorf("got %v (%s, %s), want %s, %s", err, standin.CodeOf(err), token.Protocol(err), code, name)
	}
}
