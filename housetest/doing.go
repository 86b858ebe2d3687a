package housetest

import (
	"context"
	"sync"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
)

// Verifier and Challenge are those of RFC 7636, appendix B.
const (
	Verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	Challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// Home is where everybody's browser is.
func Home() standin.Origin { return standin.Origin{Address: "192.0.2.7", Agent: "Browser at home"} }

// Appoint lets the principal, of Acme, name the actor, as the wishes say.
func (h *House) Appoint(actor, principal standin.PersonID, wishes ...func(*delegation.Naming)) delegation.Delegation {
	h.T.Helper()
	naming := delegation.Naming{Actors: []standin.PersonID{actor}, Principal: principal, Purpose: "annual leave"}
	for _, wish := range wishes {
		wish(&naming)
	}
	named, err := h.Delegations.Name(h.T.Context(), As(Acme, principal), naming)
	if err != nil {
		h.T.Fatal(err)
	}
	return named[0]
}

// Cover lets the actor stand in for the principal for a week.
func (h *House) Cover(actor, principal standin.PersonID) standin.DelegationID {
	h.T.Helper()
	week := h.Now().Add(7 * 24 * time.Hour)
	return h.Appoint(actor, principal, func(n *delegation.Naming) { n.Kind, n.End = delegation.Cover, week }).ID
}

// LoggedIn is the person of Acme in a sign-in of the next twelve hours that none but the caller knows of.
func (h *House) LoggedIn(id standin.PersonID, login standin.LoginID) standin.Caller {
	c := As(Acme, id)
	c.Login = standin.Login{ID: login, Ends: h.Now().Add(12 * time.Hour), Proved: h.Now()}
	return c
}

// Represent begins to act, and returns the session and who the caller is from then on.
func (h *House) Represent(c standin.Caller, by standin.DelegationID) (s acting.Session, after standin.Caller, err error) {
	err = h.DB.Update(h.T.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = h.Acting.Start(ctx, tx, c, by, h.Now())
		return err
	})
	if err == nil {
		c.Principal, c.Session, c.Delegation = s.Principal, s.ID, s.Delegation
	}
	return s, c, err
}

// Enter signs in with the address and the password, and returns the cookie.
func (h *House) Enter(email, password string) (cookie string) {
	h.T.Helper()
	cookie, _, err := h.Signin.Password(h.T.Context(), email, password, Home())
	if err != nil {
		h.T.Fatal(err)
	}
	return cookie
}

// Visit is who the cookie says is here.
func (h *House) Visit(cookie string) signin.Visit {
	h.T.Helper()
	v, err := h.Signin.Resolve(h.T.Context(), cookie, Home())
	if err != nil {
		h.T.Fatal(err)
	}
	return v
}

// StandIn begins to act in the login of the cookie, and returns the cookie that follows.
func (h *House) StandIn(cookie string, by standin.DelegationID) (next string, s acting.Session) {
	h.T.Helper()
	next, s, err := h.Signin.Act(h.T.Context(), cookie, by, Home())
	if err != nil {
		h.T.Fatal(err)
	}
	return next, s
}

// Wish is a wish to sign in to the client.
func Wish(id standin.ClientID) token.Wish {
	return token.Wish{Client: id, Scopes: []string{"openid", "profile", "email"}, Nonce: "n-1", RedirectURI: Callback(id), Challenge: Challenge}
}

// Redemption is how the client redeems the code.
func Redemption(id standin.ClientID, code string) token.Redemption {
	return token.Redemption{Code: code, RedirectURI: Callback(id), Verifier: Verifier, Origin: Home()}
}

// SignInTo signs whoever has the cookie in to the client, as it wishes, and returns what the client gets.
func (h *House) SignInTo(cookie string, wish token.Wish) (who token.Who, refresh string, err error) {
	h.T.Helper()
	_, code, err := h.Tokens.Begin(h.T.Context(), h.Visit(cookie), wish)
	if err != nil {
		return who, "", err
	}
	redemption := Redemption(wish.Client, code)
	redemption.JKT = wish.JKT
	return h.Tokens.Redeem(h.T.Context(), h.ClientNow(wish.Client), redemption)
}

// Access mints an access token.
func (h *House) Access(who token.Who) string {
	h.T.Helper()
	raw, _, err := h.Tokens.Mint(h.T.Context(), who)
	if err != nil {
		h.T.Fatal(err)
	}
	return raw
}

// Works gives records their places and lets the rooms do their work, until stop or until the test ends.
func (h *House) Works(all ...func(context.Context) error) (stop func()) {
	h.T.Helper()
	ctx, cancel := context.WithCancel(h.T.Context())
	var group sync.WaitGroup
	for _, work := range append(all, ledger.NewSequencer(h.Ledger, h.Key, quiet()).Run) {
		group.Go(func() {
			if err := work(ctx); err != nil && ctx.Err() == nil {
				h.T.Error(err)
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); group.Wait() })
	h.T.Cleanup(stop)
	return stop
}

// Records returns what was recorded that passes the filter, newest first.
func (h *House) Records(f ledger.Filter) (all []ledger.Record) {
	h.T.Helper()
	h.View(func(ctx context.Context, tx *db.Tx) (err error) {
		all, _, err = h.Ledger.Page(ctx, tx, f, ledger.Cursor{}, 1000)
		return err
	})
	return all
}

// Unexplained fails the test where a row of Acme's differs from what its last record says.
func (h *House) Unexplained(walks ...ledger.Walk) {
	h.T.Helper()
	h.View(func(ctx context.Context, tx *db.Tx) error {
		return h.Ledger.Unexplained(ctx, tx, Acme, walks, func(d ledger.Difference) error {
			h.T.Errorf("%s: %s (%s)", d.Resource, d.What, d.Record)
			return nil
		})
	})
}

// Lines runs a query for one text, and returns that of each row.
func (h *House) Lines(query string, args ...any) (all []string) {
	h.T.Helper()
	h.View(func(ctx context.Context, tx *db.Tx) error {
		all = nil
		rows, err := tx.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				return err
			}
			all = append(all, line)
		}
		return rows.Err()
	})
	return all
}

// Count runs a query that counts.
func (h *House) Count(query string, args ...any) (n int) {
	h.T.Helper()
	h.View(func(ctx context.Context, tx *db.Tx) error { return tx.QueryRow(ctx, query, args...).Scan(&n) })
	return n
}
