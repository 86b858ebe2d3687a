package application

import (
	"context"
	"encoding/json"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/ledger"
)

// clientState is the row of a client as records hold it, without its secret.
type clientState struct {
	organisation standin.OrganisationID
	ID           standin.ClientID      `json:"id"`
	RedirectURIs []string              `json:"redirects"`
	PostLogout   []string              `json:"post_logout"`
	BackChannel  string                `json:"back_channel"`
	Public       bool                  `json:"public"`
	Exchange     bool                  `json:"exchange"`
	StandIns     bool                  `json:"stand_ins"`
	Application  standin.ApplicationID `json:"application"`
	CreatedAt    int64                 `json:"created_at"`
	EndedAt      int64                 `json:"ended_at"`
	Version      int64                 `json:"version"`
}

func (s clientState) ended() bool { return s.EndedAt != 0 }

func (s clientState) resource() string { return "client:" + string(s.ID) }

func (s clientState) client() Client {
	return Client{Organisation: s.organisation, ID: s.ID, Application: s.Application, RedirectURIs: s.RedirectURIs,
		PostLogout: s.PostLogout, BackChannel: s.BackChannel, Public: s.Public, Exchange: s.Exchange, StandIns: s.StandIns,
		Ended: s.ended()}
}

// become returns the state with what the client says, its own id, times and version kept.
func (s clientState) become(c Client) clientState {
	s.organisation, s.ID, s.Application, s.BackChannel = c.Organisation, c.ID, c.Application, c.BackChannel
	s.RedirectURIs, s.PostLogout = append([]string{}, c.RedirectURIs...), append([]string{}, c.PostLogout...)
	s.Public, s.Exchange, s.StandIns = c.Public, c.Exchange, c.StandIns
	return s
}

const selectClients = `SELECT organisation, id, redirects, post_logout, back_channel, public, exchange, stand_ins,
	application, created_at, ended_at, version, secret_hash FROM clients`

func scanClient(row scanner) (s clientState, secretHash string, err error) {
	var redirects, postLogout string
	var public, exchange, standIns int64
	var ended db.Time
	err = row.Scan(&s.organisation, &s.ID, &redirects, &postLogout, &s.BackChannel, &public, &exchange, &standIns,
		&s.Application, &s.CreatedAt, &ended, &s.Version, &secretHash)
	if err != nil {
		return clientState{}, "", err
	}
	s.Public, s.Exchange, s.StandIns, s.EndedAt = public == 1, exchange == 1, standIns == 1, micros(ended)
	if err := json.Unmarshal([]byte(redirects), &s.RedirectURIs); err != nil {
		return clientState{}, "", err
	}
	return s, secretHash, json.Unmarshal([]byte(postLogout), &s.PostLogout)
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
	s, _, err := scanClient(tx.QueryRow(ctx, selectClients+` WHERE id = $1`, string(id)))
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
		s, _, err := scanClient(row)
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
	before, oldHash, err := scanClient(tx.QueryRow(ctx, selectClients+` WHERE id = $1`, string(c.ID)))
	if err != nil && !db.IsNotFound(err) {
		return false, err
	}
	created := err != nil
	if err := mayPut(op, created, before.organisation == c.Organisation, before.ended()); err != nil {
		return false, err
	}
	hash, err := clientHash(oldHash, secret, c.Public)
	if err != nil {
		return false, err
	}
	if c.Application != "" {
		if _, err := load(ctx, tx, c.Organisation, c.Application); err != nil {
			return false, err
		}
	}
	after := before.become(c)
	if !created && hash == oldHash && same(before, after) {
		return false, nil
	}
	now := standin.Now(r.now)
	if created {
		after.CreatedAt = standin.Micros(now)
	}
	after.Version++
	if err := saveClient(ctx, tx, after, hash); err != nil {
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

func saveClient(ctx context.Context, tx *db.Tx, s clientState, hash string) error {
	_, err := tx.Exec(ctx, `INSERT INTO clients (organisation, id, secret_hash, redirects, post_logout, back_channel, public,
			exchange, stand_ins, application, created_at, ended_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (organisation, id) DO UPDATE SET secret_hash = $3, redirects = $4, post_logout = $5, back_channel = $6,
			public = $7, exchange = $8, stand_ins = $9, application = $10, ended_at = $12, version = $13`,
		string(s.organisation), string(s.ID), hash, string(ledger.State(s.RedirectURIs)), string(ledger.State(s.PostLogout)),
		s.BackChannel, number(s.Public), number(s.Exchange), number(s.StandIns), string(s.Application), s.CreatedAt,
		instant(s.EndedAt), s.Version)
	return err
}

// EndClient ends a client for good. Ending it twice changes nothing.
func (r *Applications) EndClient(ctx context.Context, caller standin.Caller, id standin.ClientID) error {
	if err := requireOperator(caller, "application.end_client"); err != nil {
		return err
	}
	now := standin.Now(r.now)
	return r.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		before, hash, err := scanClient(tx.QueryRow(ctx, selectClients+` WHERE organisation = $1 AND id = $2`,
			string(caller.Organisation), string(id)))
		if err != nil || before.ended() {
			return err
		}
		after := before
		after.EndedAt, after.Version = standin.Micros(now), before.Version+1
		if err := saveClient(ctx, tx, after, hash); err != nil {
			return err
		}
		return r.recordAs(ctx, tx, caller, "client.end", change{"client", after.resource(), false, before, after}, now)
	})
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
