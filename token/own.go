package token

import (
	"context"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// mostOwn is how many applications are shown to somebody; more are signed in to by no person.
const mostOwn = 200

// GrantsOf returns the applications that the person who is really there is signed in to, in whatever browser and as
// whomever, the newest first. While acting they are the actor's, never the principal's.
func (t *Tokens) GrantsOf(ctx context.Context, caller standin.Caller) (all []SignedIn, err error) {
	actor := caller.Actor.Person()
	if actor == "" {
		return nil, nil
	}
	now := standin.Now(t.now)
	err = t.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		all = nil
		open, err := queryGrants(ctx, tx, ` WHERE organisation = $1 AND actor = $2 AND ended_at IS NULL AND parent = '' ORDER BY created_at DESC, id LIMIT $3`,
			string(caller.Organisation), string(actor), mostOwn)
		if err != nil {
			return err
		}
		for _, g := range open {
			w, err := t.stands(ctx, tx, g, now)
			if standin.CodeOf(err) == "token.over" {
				continue
			}
			if err != nil {
				return err
			}
			shown := SignedIn{Grant: g, ClientName: w.Client.Name, PrincipalName: w.Principal.Name}
			if shown.ClientName == "" {
				shown.ClientName = string(g.Client)
			}
			all = append(all, shown)
		}
		return nil
	})
	return slices.Clip(all), err
}

// EndOwn signs the person who is really there out of one application; NotFound "token.no_grant" where they are not signed in
// to it. It works while acting, too: it ends, and gives nothing (P6).
func (t *Tokens) EndOwn(ctx context.Context, caller standin.Caller, id standin.GrantID) error {
	return t.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		g, err := t.Load(ctx, tx, caller.Organisation, id)
		if db.IsNotFound(err) || err == nil && (caller.Actor.Person() == "" || g.Actor != caller.Actor.Person() || g.Parent != "") {
			return standin.Refuse(standin.NotFound, "token.end_own", "token.no_grant", "You are not signed in there.").Because(err)
		}
		if err != nil {
			return err
		}
		return t.end(ctx, tx, caller, g, SignedOut, standin.Now(t.now))
	})
}
