package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Person is one of the two people of an identity, by the id that is theirs for ever.
type Person struct {
	ID    string
	Name  string
	Email string
}

// Identity is who is there. Actor is the person who really is, Principal the one in whose name it happens; in one's own name
// they are the same person, and Session is empty.
type Identity struct {
	Principal Person
	Actor     Person
	Session   string // the acting session
	Limits    Limits
}

// Limits is what Standin says of an acting session; zero in one's own name. Decide knows all of them: these are for pages.
type Limits struct {
	Delegation string
	Kind       string    // "cover", "standby", "entry", "support", "agent"
	ReadOnly   bool      // nothing can be changed
	View       bool      // the principal's tabs, searches and reports were asked for (Overlay)
	ExpiresAt  time.Time // the session ends then, unless it is extended
}

// Acting reports whether somebody stands in for somebody else.
func (i Identity) Acting() bool { return i.Session != "" }

// String names both people as everybody is to read it, "Actor (for Principal)"; in one's own name that one.
func (i Identity) String() string {
	if !i.Acting() {
		return i.Actor.Name
	}
	return i.Actor.Name + " (for " + i.Principal.Name + ")"
}

// same reports whether both are the same people in the same acting session.
func (i Identity) same(o Identity) bool {
	return i.Principal.ID == o.Principal.ID && i.Actor.ID == o.Actor.ID && i.Session == o.Session
}

type identityKey struct{}

// With returns a context in which the identity is who is there. Middleware does this; programs without a browser may.
func With(ctx context.Context, who Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, who)
}

// From returns who is there, false where nobody is known. Half an identity is nobody: two people without an acting session,
// which would pass for the principal alone, or a session of one.
func From(ctx context.Context) (Identity, bool) {
	who, ok := ctx.Value(identityKey{}).(Identity)
	return who, ok && who.Actor.ID != "" && who.Principal.ID != "" && who.Acting() == (who.Actor.ID != who.Principal.ID)
}

// claims are what Standin's tokens, userinfo and introspection say of who is there (RFC 8693 §4.1).
type claims struct {
	Subject string `json:"sub"`
	Name    string `json:"name"`
	Email   string `json:"email"`
	SID     string `json:"sid"`
	Act     *struct {
		Subject string `json:"sub"`
		Name    string `json:"name"`
		Email   string `json:"email"`
	} `json:"act"`
	Acting *struct {
		Delegation string `json:"delegation"`
		Kind       string `json:"kind"`
		ReadOnly   bool   `json:"read_only"`
		View       bool   `json:"view"`
		ExpiresAt  int64  `json:"expires_at"`
	} `json:"acting"`
}

var errClaims = errors.New("the claims do not say who is there")

// identity returns who the claims say is there. Half of what says that somebody acts is refused: never is an actor lost.
func (c claims) identity() (Identity, error) {
	who := Identity{Principal: Person{ID: c.Subject, Name: c.Name, Email: c.Email}}
	switch {
	case c.Subject == "" || c.SID == "":
		return Identity{}, fmt.Errorf("%w: no sub or no sid", errClaims)
	case c.Act == nil && c.Acting == nil:
		who.Actor = who.Principal
		return who, nil
	case c.Act == nil || c.Acting == nil || c.Act.Subject == "" || c.Act.Subject == c.Subject:
		return Identity{}, fmt.Errorf("%w: act and acting do not belong together", errClaims)
	}
	who.Actor, who.Session = Person{ID: c.Act.Subject, Name: c.Act.Name, Email: c.Act.Email}, c.SID
	who.Limits = Limits{Delegation: c.Acting.Delegation, Kind: c.Acting.Kind, ReadOnly: c.Acting.ReadOnly, View: c.Acting.View,
		ExpiresAt: time.Unix(c.Acting.ExpiresAt, 0).UTC()}
	return who, nil
}

// read returns who the JSON says is there, and its sid.
func read(text []byte) (Identity, string, error) {
	var c claims
	if err := json.Unmarshal(text, &c); err != nil {
		return Identity{}, "", fmt.Errorf("%w: %w", errClaims, err)
	}
	who, err := c.identity()
	return who, c.SID, err
}
