package application

import (
	"context"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
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
		s := clientState{}.become(c).with(secrets{}.become(hash))
		s.MadeBy, s.CreatedAt, s.Version = caller.Actor, standin.Micros(now), 1
		made = s.client()
		if err := saveClient(ctx, tx, s); err != nil {
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
	err = r.keep(ctx, caller, "client.change", "client:"+string(c.ID), func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(r.now)
		changed = false
		before, err := r.keptClient(ctx, tx, caller, c.ID)
		if err != nil {
			return err
		}
		if err := sameVersion(c.Version, before.Version); err != nil {
			return err
		}
		next := c
		next.Public = before.Public
		if err := r.checkKept(ctx, tx, next); err != nil {
			return err
		}
		after := before.become(next)
		if changed = !same(before, after); !changed {
			return nil
		}
		after.Version++
		if err := saveClient(ctx, tx, after); err != nil {
			return err
		}
		return r.recordAs(ctx, tx, caller, "client.change", change{"client", after.resource(), false, before, after}, now)
	})
	return changed, err
}

// RotateClient gives a client a new secret, which is told only now. The secret before works for the overlap more, 0 to
// LongestOverlap; the one before that ends. A public client has none, which is Invalid.
func (r *Applications) RotateClient(ctx context.Context, caller standin.Caller, id standin.ClientID, overlap time.Duration) (rotated Client, secret string, err error) {
	secret = standin.NewSecret()
	err = r.keep(ctx, caller, "client.rotate", "client:"+string(id), func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(r.now)
		before, err := r.keptClient(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		if err := checkOverlap(overlap); err != nil {
			return err
		}
		if before.Public {
			return standin.Refuse(standin.Invalid, "application.rotate_client", "application.no_secret", "A public client has no secret.")
		}
		after := before.with(before.secrets.rotate(hashed(secret), now, now.Add(overlap)))
		after.Version++
		rotated = after.client()
		if err := saveClient(ctx, tx, after); err != nil {
			return err
		}
		return r.recordAs(ctx, tx, caller, "client.rotate", change{"client", after.resource(), false, before, after}, now)
	})
	if err != nil {
		return Client{}, "", err
	}
	return rotated, secret, nil
}

// EndClient ends a client of the caller's organisation for good. Ending it twice changes nothing. It needs what
// RegisterClient needs.
func (r *Applications) EndClient(ctx context.Context, caller standin.Caller, id standin.ClientID) error {
	return r.keep(ctx, caller, "client.end", "client:"+string(id), func(ctx context.Context, tx *db.Tx) error {
		now := standin.Now(r.now)
		before, err := r.keptClient(ctx, tx, caller, id)
		if standin.CodeOf(err) == "application.ended" {
			return nil
		}
		if err != nil {
			return err
		}
		after := before
		after.EndedAt, after.Version = standin.Micros(now), before.Version+1
		if err := saveClient(ctx, tx, after); err != nil {
			return err
		}
		return r.recordAs(ctx, tx, caller, "client.end", change{"client", after.resource(), false, before, after}, now)
	})
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

// keptClient returns the live client of the caller's organisation, where the caller may keep clients.
func (r *Applications) keptClient(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.ClientID) (clientState, error) {
	const op = "application.keep_client"
	if err := r.mayKeep(ctx, tx, caller, op, nil); err != nil {
		return clientState{}, err
	}
	s, err := scanClient(tx.QueryRow(ctx, selectClients+` WHERE organisation = $1 AND id = $2`, string(caller.Organisation), string(id)))
	if db.IsNotFound(err) {
		return s, standin.Refuse(standin.NotFound, op, "application.client_not_found", "There is no such client.").Because(err)
	}
	if err != nil {
		return s, err
	}
	return s, mayPut(op, false, true, s.ended())
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
