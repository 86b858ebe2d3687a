package world

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/world/source"
)

// within returns the facts of the organisation that a client or key is in, nil after noting that there is none.
func (p *planner) within(id standin.OrganisationID, at source.Position) (*facts, error) {
	f, planned := p.facts[id]
	if !planned {
		var err error
		if f, err = p.load(id); err != nil {
			return nil, err
		}
		if f.is == nil {
			delete(p.facts, id)
			p.problems.Add(at, `there is no organisation "%s"`, source.Excerpt(string(id)))
			return nil, nil
		}
	}
	return f, nil
}

// client plans a client. One that was ended stays ended.
func (p *planner) client(c *Client) error {
	f, err := p.within(c.Organisation, c.Of("organisation"))
	if f == nil || err != nil {
		return err
	}
	if _, known := f.applications[c.Application]; c.Application != "" && !known {
		p.problems.Add(c.Of("application"), `there is no application "%s"; expected is one of %s`, source.Excerpt(string(c.Application)),
			list(f.applications))
	}
	is, err := p.applications.Client(p.ctx, p.tx, c.ID)
	exists := !db.IsNotFound(err)
	if err != nil && exists {
		return err
	}
	change := Change{Organisation: c.Organisation, Kind: "client", ID: string(c.ID), Created: !exists}
	want, secret := c.Client, c.Secret
	if exists {
		want = c.over(is)
		p.problems.AddAt(c.Place, want.Check())
	}
	switch {
	case c.Secret == "" && !want.Public && (!exists || is.Public):
		p.problems.Add(c.Self, "a client that is not public needs a secret")
	case c.Secret != "" && want.Public && !c.Public:
		p.problems.Add(c.Of("secret"), "a public client cannot keep a secret; none is expected")
	case exists && is.Organisation != c.Organisation:
		p.problems.Add(c.Of("id"), `the id "%s" is taken by another organisation; another is expected`, source.Excerpt(string(c.ID)))
	case exists && is.Ended:
		p.kept(f, "client", string(c.ID), "ended")
		return nil
	case exists:
		if want, err = p.keepClient(f, is, want); err != nil {
			return err
		}
		change.Fields = differences(shownClient(is), shownClient(want))
		same, err := p.sameSecret(c)
		if err != nil {
			return err
		}
		if !same {
			if same, err = p.keepSecret(f, "client", "client", string(c.ID)); err != nil {
				return err
			}
		}
		if same {
			secret = ""
		} else {
			change.Fields = append(change.Fields, Field{"secret", "(hidden)", "(another)"})
		}
		if len(change.Fields) == 0 {
			p.same()
			return nil
		}
	}
	p.then(change, func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
		_, err := p.applications.PutClient(ctx, tx, caller, want, secret)
		return err
	})
	return nil
}

// sameSecret reports whether a client that exists keeps its secret.
func (p *planner) sameSecret(c *Client) (bool, error) {
	if c.Secret == "" {
		return true, nil
	}
	err := p.applications.CheckClientSecret(p.ctx, p.tx, c.ID, c.Secret)
	if standin.KindOf(err) == standin.Unauthenticated {
		return false, nil
	}
	return err == nil, err
}

// key plans an API key. One that was ended stays ended.
func (p *planner) key(k *Key) error {
	f, err := p.within(k.Organisation, k.Of("organisation"))
	if f == nil || err != nil {
		return err
	}
	for _, what := range k.May {
		if id, within := application.Within(what); within && f.applications[id].ID == "" {
			p.problems.Add(k.Of("may"), `there is no application "%s"; expected is one of %s`, source.Excerpt(string(id)), list(f.applications))
		}
	}
	is, err := p.applications.KeyByID(p.ctx, p.tx, k.ID)
	exists := !db.IsNotFound(err)
	if err != nil && exists {
		return err
	}
	holder, err := p.secretHolder(k)
	if err != nil {
		return err
	}
	change := Change{Organisation: k.Organisation, Kind: "API key", ID: string(k.ID), Created: !exists}
	want, secret := k.Key, k.Secret
	switch {
	case holder != "" && holder != k.ID:
		p.problems.Add(k.Of("secret"), "another API key has this secret; each needs its own")
	case !exists && k.Secret == "":
		p.problems.Add(k.Self, "an API key needs a secret")
	case exists && is.Organisation != k.Organisation:
		p.problems.Add(k.Of("id"), `the id "%s" is taken by another organisation; another is expected`, source.Excerpt(string(k.ID)))
	case exists && is.Ended:
		p.kept(f, "API key", string(k.ID), "ended")
		return nil
	case exists:
		if want.May, err = p.keepMay(f, is, want.May); err != nil {
			return err
		}
		change.Fields = differences(shownKey(is), shownKey(want))
		if secret, err = p.keyRotated(f, k, holder); err != nil {
			return err
		}
		if secret != "" {
			change.Fields = append(change.Fields, Field{"secret", "(hidden)", "(another)"})
		}
		if len(change.Fields) == 0 {
			p.same()
			return nil
		}
	}
	p.then(change, func(ctx context.Context, tx *db.Tx, caller standin.Caller) error {
		_, err := p.applications.PutKey(ctx, tx, caller, want, secret)
		return err
	})
	return nil
}

// secretHolder returns the API key that has the secret already, "" if none.
func (p *planner) secretHolder(k *Key) (standin.KeyID, error) {
	if k.Secret == "" {
		return "", nil
	}
	holder, err := p.applications.SecretHolder(p.ctx, p.tx, k.Secret)
	if db.IsNotFound(err) {
		return "", nil
	}
	return holder, err
}
