package token

import (
	"context"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

type consentState struct {
	Organisation standin.OrganisationID `json:"organisation"`
	Person       standin.PersonID       `json:"person"`
	Client       standin.ClientID       `json:"client"`
	Scopes       string                 `json:"scopes"`
	GivenAt      int64                  `json:"given_at"`
	EndedAt      *int64                 `json:"ended_at"`
}

func (c Consent) resource() string { return "consent:" + string(c.Person) + "/" + string(c.Client) }

func (c Consent) state() consentState {
	return consentState{c.Organisation, c.Person, c.Client, strings.Join(c.Scopes, " "), standin.Micros(c.GivenAt), micros(c.EndedAt)}
}

func consents(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Consent, error) {
	rows, err := tx.Query(ctx, `SELECT c.organisation, c.person, c.client, a.name, c.scopes, c.given_at, c.ended_at
		FROM consents c JOIN clients a ON a.id = c.client`+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Consent
	for rows.Next() {
		var c Consent
		var scopes string
		var given, ended db.Time
		if err := rows.Scan((*string)(&c.Organisation), (*string)(&c.Person), (*string)(&c.Client), &c.ClientName, &scopes, &given, &ended); err != nil {
			return nil, err
		}
		if c.ClientName == "" {
			c.ClientName = string(c.Client)
		}
		c.Scopes, c.GivenAt, c.EndedAt = strings.Fields(scopes), given.Time, ended.Time
		all = append(all, c)
	}
	return all, rows.Err()
}

// consented returns what the person allows the application to be told, nothing where they do not.
func consented(ctx context.Context, tx *db.Tx, org standin.OrganisationID, person standin.PersonID, client standin.ClientID) ([]string, error) {
	var scopes string
	err := tx.QueryRow(ctx, `SELECT scopes FROM consents WHERE organisation = $1 AND person = $2 AND client = $3 AND ended_at IS NULL`, string(org),
		string(person), string(client)).Scan(&scopes)
	if db.IsNotFound(err) {
		return nil, nil
	}
	return strings.Fields(scopes), err
}

// Allowed reports whether the person for whom the caller works, themselves in their own name, allows the application all of
// the scopes.
func (t *Tokens) Allowed(ctx context.Context, caller standin.Caller, client standin.ClientID, scopes []string) (all bool, err error) {
	err = t.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		have, err := consented(ctx, tx, caller.Organisation, caller.Principal, client)
		_, all = subset(scopes, have)
		all = all && len(scopes) > 0
		return err
	})
	return all && err == nil, err
}

// Allow lets the application be told the scopes about the caller, from now until they take it back, beside what they allowed
// before. Never while acting: consent is nobody's but the person's own (P4, THREATS 22), Denied "token.not_while_acting". What is
// no scope (RFC 6749 §3.3), and more than 50 in all, is Invalid "token.scope".
func (t *Tokens) Allow(ctx context.Context, caller standin.Caller, client standin.ClientID, scopes []string) error {
	if len(scopes) == 0 || slices.ContainsFunc(scopes, func(s string) bool { return !scopeToken(s) }) {
		return badScope()
	}
	return t.consent(ctx, caller, client, "consent.give", func(c *Consent) error {
		for _, s := range scopes {
			if !slices.Contains(c.Scopes, s) {
				c.Scopes = append(c.Scopes, s)
			}
		}
		slices.Sort(c.Scopes)
		if len(c.Scopes) > mostAllowed {
			return badScope()
		}
		return nil
	})
}

// mostAllowed bounds what one application is allowed in all: each change is recorded with the whole, before and after.
const mostAllowed = 50

// scopeToken reports whether the text is one scope (RFC 6749 §3.3).
func scopeToken(text string) bool {
	const longest = 100
	return text != "" && len(text) <= longest && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' })
}

// Disallow takes the caller's consent back and ends what the application holds in their name by it; NotFound
// "token.no_consent" where there is none. Not while acting.
func (t *Tokens) Disallow(ctx context.Context, caller standin.Caller, client standin.ClientID) error {
	return t.consent(ctx, caller, client, "consent.withdraw", func(c *Consent) error {
		if c.GivenAt.IsZero() {
			return standin.Refuse(standin.NotFound, "token.disallow", "token.no_consent", "You allowed this application nothing.")
		}
		c.EndedAt = standin.Now(t.now)
		return nil
	})
}

// consent changes the caller's consent for the application, with its record.
func (t *Tokens) consent(ctx context.Context, caller standin.Caller, client standin.ClientID, action string, change func(*Consent) error) error {
	err := t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		if caller.Acting() || caller.Actor.Person() == "" || caller.Actor.Person() != caller.Principal {
			return notWhileActing()
		}
		now := standin.Now(t.now)
		app, err := t.applications.Client(ctx, tx, client)
		if err != nil || app.Organisation != caller.Organisation {
			return clientOver().Because(err)
		}
		return t.changeConsent(ctx, tx, caller, client, action, now.UnixMicro(), change)
	})
	if standin.KindOf(err) == standin.Denied {
		return t.Refused(ctx, client, &Grant{Organisation: caller.Organisation, Client: client, Actor: caller.Actor.Person(), Principal: caller.Principal,
			Session: caller.Session, Delegation: caller.Delegation}, action, err, caller.Origin)
	}
	return err
}

func notWhileActing() *standin.Error {
	return standin.Refuse(standin.Denied, "token.consent", "token.not_while_acting",
		"Only the person themselves allows an application to be told about them. Switch back to yourself first.")
}

func (t *Tokens) changeConsent(ctx context.Context, tx *db.Tx, caller standin.Caller, client standin.ClientID, action string, now int64,
	change func(*Consent) error) error {
	all, err := consents(ctx, tx, ` WHERE c.organisation = $1 AND c.person = $2 AND c.client = $3`, string(caller.Organisation), string(caller.Principal),
		string(client))
	if err != nil {
		return err
	}
	r := ledger.By(caller)
	next := Consent{Organisation: caller.Organisation, Person: caller.Principal, Client: client}
	if len(all) == 1 {
		r.Before = ledger.State(all[0].state())
		if all[0].EndedAt.IsZero() {
			next = all[0]
		}
	}
	if err := change(&next); err != nil {
		return err
	}
	if next.EndedAt.IsZero() {
		next.GivenAt = standin.Instant(now)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO consents (organisation, person, client, scopes, given_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (organisation, person, client) DO UPDATE SET scopes = $4, given_at = $5, ended_at = $6`, string(next.Organisation),
		string(next.Person), string(next.Client), strings.Join(next.Scopes, " "), db.Time{Time: next.GivenAt}, db.Time{Time: next.EndedAt}); err != nil {
		return err
	}
	r.At, r.Action, r.Resource, r.After = standin.Instant(now), action, next.resource(), ledger.State(next.state())
	if _, err := t.ledger.Append(ctx, tx, r); err != nil || next.EndedAt.IsZero() {
		return err
	}
	return t.endConsented(ctx, tx, caller, client)
}

// endConsented ends what the application holds in the caller's name, by whomever, if it needs their consent.
func (t *Tokens) endConsented(ctx context.Context, tx *db.Tx, caller standin.Caller, client standin.ClientID) error {
	all, err := matching(ctx, tx, Which{Organisation: caller.Organisation, Client: client, Person: caller.Principal})
	if err != nil {
		return err
	}
	app, err := t.applications.Client(ctx, tx, client)
	if err != nil || !app.ThirdParty {
		return err
	}
	for _, g := range all {
		if g.Principal != caller.Principal {
			continue // they act there for somebody else, who allowed it
		}
		if err := t.end(ctx, tx, caller, g, Withdrawn, standin.Now(t.now)); err != nil {
			return err
		}
	}
	return nil
}

// Allowances returns what the person who is really there allows applications, the newest first. While acting they are the
// actor's, never the principal's.
func (t *Tokens) Allowances(ctx context.Context, caller standin.Caller) (all []Consent, err error) {
	err = t.db.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		all, err = consents(ctx, tx, ` WHERE c.organisation = $1 AND c.person = $2 AND c.ended_at IS NULL ORDER BY c.given_at DESC, c.client`,
			string(caller.Organisation), string(caller.Actor.Person()))
		return err
	})
	return all, err
}
