package application

import (
	"context"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// RegisterClient makes a client of the caller's organisation, whose id is chosen here, and returns it with its secret,
// which is told only now; a public one has none. It needs standin:settings.manage for the whole organisation.
func (r *Applications) RegisterClient(ctx context.Context, caller standin.Caller, c Client) (made Client, secret string, err error) {
	c.Organisation, c.ID = caller.Organisation, standin.ClientID(standin.NewID("c"))
	hash := ""
	if !c.Public {
		secret = standin.NewSecret()
		hash = hashed(secret)
	}
	err = r.keep(ctx, caller, "client.create", "client:"+string(c.ID), func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(r.now)
		if err := r.mayKeep(ctx, tx, caller, "application.register_client", nil); err != nil {
			return err
		}
		if err := r.checkKept(ctx, tx, c); err != nil {
			return err
		}
		if err := r.mayOpen(ctx, tx, caller, c); err != nil {
			return err
		}
		s := clientState{}.become(c).with(secrets{}.become(hash))
		s.MadeBy, s.CreatedAt, s.Version = caller.Actor, standin.Micros(now), 1
		made = s.client()
		if err := s.save(ctx, tx); err != nil {
			return err
		}
		return r.record(ctx, tx, caller, change{"client", s.resource(), true, nil, s}, now)
	})
	if err != nil {
		return Client{}, "", err
	}
	return made, secret, nil
}

// ChangeClient changes what a client is called, its addresses, application and switches. Whether it is public stays as it
// is. It needs what RegisterClient needs. Where c.Version is not 0 and no longer the client's, Conflict; an ended client
// is Conflict, too.
func (r *Applications) ChangeClient(ctx context.Context, caller standin.Caller, c Client) (changed bool, err error) {
	c.Organisation = caller.Organisation
	_, changed, err = revise(ctx, r, caller, "client.change", string(c.ID), r.liveClient(caller, c.ID),
		func(ctx context.Context, tx *db.Tx, before clientState, _ time.Time) (clientState, error) {
			if err := sameVersion(c.Version, before.Version); err != nil {
				return before, err
			}
			next := c
			next.Public = before.Public
			if err := r.checkKept(ctx, tx, next); err != nil {
				return before, err
			}
			return before.become(next), r.mayOpen(ctx, tx, caller, before.client(), next)
		})
	return changed, err
}

// RotateClient gives a client a new secret, which is told only now. The secret before works for the overlap more, 0 to
// LongestOverlap; the one before that ends. A public client has none, which is Invalid.
func (r *Applications) RotateClient(ctx context.Context, caller standin.Caller, id standin.ClientID, overlap time.Duration) (rotated Client, secret string, err error) {
	secret = standin.NewSecret()
	after, _, err := revise(ctx, r, caller, "client.rotate", string(id), r.liveClient(caller, id),
		func(ctx context.Context, tx *db.Tx, before clientState, now time.Time) (clientState, error) {
			if err := checkOverlap(overlap); err != nil {
				return before, err
			}
			if err := r.mayOpen(ctx, tx, caller, before.client()); err != nil {
				return before, err
			}
			if before.Public {
				return before, standin.Refuse(standin.Invalid, "application.rotate_client", "application.no_secret", "A public client has no secret.")
			}
			return before.with(before.secrets.rotate(hashed(secret), now, now.Add(overlap))), nil
		})
	if err != nil {
		return Client{}, "", err
	}
	return after.client(), secret, nil
}

// EndClient ends a client of the caller's organisation for good. Ending it twice changes nothing. It needs what
// RegisterClient needs.
func (r *Applications) EndClient(ctx context.Context, caller standin.Caller, id standin.ClientID) error {
	return end(ctx, r, caller, "client.end", string(id), r.liveClient(caller, id))
}

// mayOpen refuses where one of these is a client whose tokens open Standin's own interface, and the caller may not do there
// whatever those who sign in to it may: with its secret or an address of their own they would (THREATS 16).
func (r *Applications) mayOpen(ctx context.Context, tx *db.Tx, caller standin.Caller, all ...Client) error {
	if !slices.ContainsFunc(all, func(c Client) bool { return slices.Contains(c.Audience(), string(rights.Standin)) }) {
		return nil
	}
	err := r.mayKeep(ctx, tx, caller, "application.keep_client", []string{"admin"})
	if standin.KindOf(err) != standin.Denied {
		return err
	}
	return standin.Refuse(standin.Denied, "application.keep_client", "application.client_beyond",
		"Whoever keeps an application with the audience \"standin\" can do whatever those who sign in to it may do at Standin. "+
			"That is for those who may do everything themselves.").On("audiences").Because(err)
}

// checkKept refuses a client that an administrator cannot keep so.
func (r *Applications) checkKept(ctx context.Context, tx *db.Tx, c Client) error {
	if c.Name == "" || !readable(c.Name) {
		return namelessKey("application.keep_client")
	}
	if err := c.Check(); err != nil {
		return err
	}
	if c.Application == "" {
		return nil
	}
	_, err := load(ctx, tx, c.Organisation, c.Application)
	return err
}

// kept finds the client of the caller's organisation, where the caller may keep clients.
func (r *Applications) kept(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.ClientID) (clientState, error) {
	const op = "application.keep_client"
	if err := r.mayKeep(ctx, tx, caller, op, nil); err != nil {
		return clientState{}, err
	}
	s, err := scanClient(tx.QueryRow(ctx, selectClients+` WHERE organisation = $1 AND id = $2`, string(caller.Organisation), string(id)))
	if db.IsNotFound(err) {
		return s, standin.Refuse(standin.NotFound, op, "application.client_not_found", "There is no such client.").Because(err)
	}
	return s, err
}

// liveClient finds the live client of the caller's organisation, where the caller may keep clients.
func (r *Applications) liveClient(caller standin.Caller, id standin.ClientID) find[clientState] {
	return func(ctx context.Context, tx *db.Tx) (clientState, error) {
		s, err := r.kept(ctx, tx, caller, id)
		if err != nil {
			return s, err
		}
		return s, mayPut("application.keep_client", false, true, s.ended())
	}
}

// KeptClient returns a client of the caller's organisation, also an ended one. It needs standin:settings.manage for the
// whole organisation.
func (r *Applications) KeptClient(ctx context.Context, caller standin.Caller, id standin.ClientID) (c Client, err error) {
	err = r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		s, err := r.kept(ctx, tx, caller, id)
		c = s.client()
		return err
	})
	return c, err
}

// KeptClients returns the clients of the caller's organisation, ended ones too, in order of their ids. It needs
// standin:settings.manage for the whole organisation.
func (r *Applications) KeptClients(ctx context.Context, caller standin.Caller) (list []Client, err error) {
	err = r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		list = nil
		if err := r.mayKeep(ctx, tx, caller, "application.clients", nil); err != nil {
			return err
		}
		list, err = r.Clients(ctx, tx, caller.Organisation)
		return err
	})
	return list, err
}
