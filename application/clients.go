package application

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// clientState is the row of a client as records hold it, without its secrets.
type clientState struct {
	organisation standin.OrganisationID
	secrets      secrets
	ID           standin.ClientID      `json:"id"`
	Name         string                `json:"name"`
	RedirectURIs []string              `json:"redirects"`
	PostLogout   []string              `json:"post_logout"`
	BackChannel  string                `json:"back_channel"`
	Public       bool                  `json:"public"`
	Exchange     bool                  `json:"exchange"`
	StandIns     bool                  `json:"stand_ins"`
	ReadsAct     bool                  `json:"reads_act,omitempty"` // from here on absent in records from before there were such
	ThirdParty   bool                  `json:"third_party,omitempty"`
	RequirePAR   bool                  `json:"require_par,omitempty"`
	RequireDPoP  bool                  `json:"require_dpop,omitempty"`
	Initiate     string                `json:"initiate,omitempty"`
	Algorithm    string                `json:"algorithm,omitempty"` // "" is ES256
	Audiences    []string              `json:"audiences,omitempty"`
	Recipe       string                `json:"recipe,omitempty"`
	Application  standin.ApplicationID `json:"application"`
	Fingerprint  string                `json:"fingerprint"`
	FormerUntil  int64                 `json:"former_until"`
	MadeBy       standin.Actor         `json:"made_by"`
	CreatedAt    int64                 `json:"created_at"`
	EndedAt      int64                 `json:"ended_at"`
	Version      int64                 `json:"version"`
}

// with returns the state with these secrets, and what it tells of them.
func (s clientState) with(all secrets) clientState {
	s.secrets, s.Fingerprint, s.FormerUntil = all, all.fingerprint(), all.formerUntil
	return s
}

func (s clientState) ended() bool { return s.EndedAt != 0 }

func (s clientState) resource() string { return "client:" + string(s.ID) }

func (s clientState) client() Client {
	return Client{Organisation: s.organisation, ID: s.ID, Name: s.Name, Application: s.Application, RedirectURIs: s.RedirectURIs,
		PostLogout: s.PostLogout, BackChannel: s.BackChannel, Public: s.Public, Exchange: s.Exchange, StandIns: s.StandIns,
		ReadsAct: s.ReadsAct, ThirdParty: s.ThirdParty, RequirePAR: s.RequirePAR, RequireDPoP: s.RequireDPoP,
		Initiate: s.Initiate, Algorithm: cmp.Or(s.Algorithm, ES256), Audiences: s.Audiences, Recipe: s.Recipe,
		Ended: s.ended(), MadeBy: s.MadeBy, CreatedAt: standin.Instant(s.CreatedAt), Former: instant(s.FormerUntil).Time, Version: s.Version}
}

// become returns the state with what the client says; times, version and who made it are kept, and name and recipe
// where the client has none.
func (s clientState) become(c Client) clientState {
	s.organisation, s.ID, s.Application, s.BackChannel = c.Organisation, c.ID, c.Application, c.BackChannel
	s.RedirectURIs, s.PostLogout = append([]string{}, c.RedirectURIs...), append([]string{}, c.PostLogout...)
	s.Public, s.Exchange, s.StandIns, s.ReadsAct, s.ThirdParty = c.Public, c.Exchange, c.StandIns, c.ReadsAct, c.ThirdParty
	s.RequirePAR, s.RequireDPoP, s.Initiate, s.Audiences = c.RequirePAR, c.RequireDPoP, c.Initiate, append([]string{}, c.Audiences...)
	s.Algorithm = c.Algorithm
	if s.Algorithm == ES256 {
		s.Algorithm = ""
	}
	if c.Name != "" {
		s.Name = c.Name
	}
	if c.Recipe != "" {
		s.Recipe = c.Recipe
	}
	return s
}

const selectClients = `SELECT organisation, id, name, redirects, post_logout, back_channel, public, exchange, stand_ins,
	application, made_by, created_at, ended_at, version, secret_hash, former_hash, former_until, salt,
	reads_act, third_party, require_par, require_dpop, initiate, algorithm, audiences, recipe FROM clients`

func scanClient(row scanner) (s clientState, err error) {
	var redirects, postLogout, audiences string
	var public, exchange, standIns, readsAct, thirdParty, requirePAR, requireDPoP int64
	var ended, formerUntil db.Time
	var all secrets
	err = row.Scan(&s.organisation, &s.ID, &s.Name, &redirects, &postLogout, &s.BackChannel, &public, &exchange, &standIns,
		&s.Application, &s.MadeBy, &s.CreatedAt, &ended, &s.Version, &all.hash, &all.former, &formerUntil, &all.salt,
		&readsAct, &thirdParty, &requirePAR, &requireDPoP, &s.Initiate, &s.Algorithm, &audiences, &s.Recipe)
	if err != nil {
		return clientState{}, err
	}
	s.Public, s.Exchange, s.StandIns, s.EndedAt = public == 1, exchange == 1, standIns == 1, micros(ended)
	s.ReadsAct, s.ThirdParty, s.RequirePAR, s.RequireDPoP = readsAct == 1, thirdParty == 1, requirePAR == 1, requireDPoP == 1
	all.formerUntil = micros(formerUntil)
	if err := json.Unmarshal([]byte(redirects), &s.RedirectURIs); err != nil {
		return clientState{}, err
	}
	s = s.with(all)
	if err := json.Unmarshal([]byte(audiences), &s.Audiences); err != nil {
		return clientState{}, err
	}
	err = json.Unmarshal([]byte(postLogout), &s.PostLogout)
	return s, err
}

// micros is 0 for no instant.
func micros(t db.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return standin.Micros(t.Time)
}

// instant is the column for what micros returned.
func instant(micros int64) db.Time {
	if micros == 0 {
		return db.Time{}
	}
	return db.Time{Time: standin.Instant(micros)}
}

func number(fact bool) int64 {
	if fact {
		return 1
	}
	return 0
}

// Client returns a client by its id, of whatever organisation: who asks in its name is not known before.
func (r *Applications) Client(ctx context.Context, tx *db.Tx, id standin.ClientID) (Client, error) {
	s, err := scanClient(tx.QueryRow(ctx, selectClients+` WHERE id = $1`, string(id)))
	if db.IsNotFound(err) {
		return Client{}, standin.Refuse(standin.NotFound, "application.client", "application.client_not_found",
			"There is no such client.").Because(err)
	}
	return s.client(), err
}

// Clients returns the organisation's clients, ended ones too, in order of their ids.
func (r *Applications) Clients(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID) ([]Client, error) {
	var list []Client
	err := each(ctx, tx, selectClients+` WHERE organisation = $1 ORDER BY id`, organisation, func(row scanner) error {
		s, err := scanClient(row)
		list = append(list, s.client())
		return err
	})
	return list, err
}

// PutClient creates the client or changes it to what it should be, and reports whether that took a change. An empty
// secret leaves the secret as it is; a client that is not public needs one when it is created, and a public one loses
// it. An ended client, and an id that another organisation holds, are Conflict.
func (r *Applications) PutClient(ctx context.Context, tx *db.Tx, caller standin.Caller, c Client, secret string) (changed bool, err error) {
	const op = "application.put_client"
	if err := requireOperator(caller, op); err != nil {
		return false, err
	}
	if err := c.Check(); err != nil {
		return false, err
	}
	before, err := scanClient(tx.QueryRow(ctx, selectClients+` WHERE id = $1`, string(c.ID)))
	if err != nil && !db.IsNotFound(err) {
		return false, err
	}
	created := err != nil
	if err := mayPut(op, created, before.organisation == c.Organisation, before.ended()); err != nil {
		return false, err
	}
	hash, err := clientHash(before.secrets.hash, secret, c.Public)
	if err != nil {
		return false, err
	}
	if c.Application != "" {
		if _, err := load(ctx, tx, c.Organisation, c.Application); err != nil {
			return false, err
		}
	}
	after := before.become(c).with(before.secrets.become(hash))
	if !created && same(before, after) {
		return false, nil
	}
	now := standin.Now(r.now)
	if created {
		after.CreatedAt, after.MadeBy = standin.Micros(now), caller.Actor
	}
	after.Version++
	if err := after.save(ctx, tx); err != nil {
		return false, err
	}
	return true, r.record(ctx, tx, caller, change{"client", after.resource(), created, before, after}, now)
}

// clientHash returns what is to be stored for a secret that may be left as it is.
func clientHash(old, secret string, public bool) (string, error) {
	switch {
	case public && secret != "":
		return "", standin.Refuse(standin.Invalid, "application.put_client", "application.public_secret",
			"a public client cannot keep a secret; none is expected").On("secret")
	case public:
		return "", nil
	case secret == "" && old != "":
		return old, nil
	}
	return hashed(secret), CheckSecret(secret)
}

func (s clientState) next() clientState {
	s.Version++
	return s
}

func (s clientState) over(at int64) clientState {
	s.EndedAt = at
	return s
}

func (s clientState) save(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO clients (organisation, id, secret_hash, redirects, post_logout, back_channel, public,
			exchange, stand_ins, application, created_at, ended_at, version, name, made_by, salt, former_hash, former_until,
			reads_act, third_party, require_par, require_dpop, initiate, algorithm, audiences, recipe)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
		ON CONFLICT (organisation, id) DO UPDATE SET secret_hash = $3, redirects = $4, post_logout = $5, back_channel = $6,
			public = $7, exchange = $8, stand_ins = $9, application = $10, ended_at = $12, version = $13, name = $14, salt = $16,
			former_hash = $17, former_until = $18, reads_act = $19, third_party = $20, require_par = $21, require_dpop = $22,
			initiate = $23, algorithm = $24, audiences = $25, recipe = $26`,
		string(s.organisation), string(s.ID), s.secrets.hash, string(ledger.State(s.RedirectURIs)), string(ledger.State(s.PostLogout)),
		s.BackChannel, number(s.Public), number(s.Exchange), number(s.StandIns), string(s.Application), s.CreatedAt,
		instant(s.EndedAt), s.Version, s.Name, string(s.MadeBy), s.secrets.salt, s.secrets.former, instant(s.secrets.formerUntil),
		number(s.ReadsAct), number(s.ThirdParty), number(s.RequirePAR), number(s.RequireDPoP), s.Initiate, s.Algorithm,
		string(ledger.State(append([]string{}, s.Audiences...))), s.Recipe)
	return err
}

// change is what a record tells of one thing that was put.
type change struct {
	kind, resource string
	created        bool
	before, after  any
}

func (r *Applications) record(ctx context.Context, tx *db.Tx, caller standin.Caller, c change, now time.Time) error {
	action := c.kind + ".change"
	if c.created {
		action = c.kind + ".create"
	}
	return r.recordAs(ctx, tx, caller, action, c, now)
}

func (r *Applications) recordAs(ctx context.Context, tx *db.Tx, caller standin.Caller, action string, c change, now time.Time) error {
	record := ledger.By(caller)
	record.At, record.Action, record.Resource, record.After = now, action, c.resource, ledger.State(c.after)
	if !c.created {
		record.Before = ledger.State(c.before)
	}
	_, err := r.ledger.Append(ctx, tx, record)
	return err
}

// mayPut refuses an id that another organisation holds, and what was ended.
func mayPut(op string, created, ours, ended bool) error {
	switch {
	case !created && !ours:
		return standin.Refuse(standin.Conflict, op, "application.id_taken", "This id is taken. Choose another.").On("id")
	case ended:
		return standin.Refuse(standin.Conflict, op, "application.ended", "This was ended, and is not revived.").On("id")
	}
	return nil
}
