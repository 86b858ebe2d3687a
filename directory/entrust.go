package directory

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/rights"
)

// MayKeepAccess refuses where the caller may not keep clients and API keys, and keys that may do what is named: it is the
// Leave of application. It needs standin:settings.manage for the whole organisation. Nobody makes a key that can do more
// than they can: one for "admin" is made by who holds standin:*.*@org, one for "people" or "scim" by who may manage
// everybody, so by nobody who has somebody above them (THREATS 16).
func (d *Directory) MayKeepAccess(ctx context.Context, tx *db.Tx, caller standin.Caller, may []string) error {
	if err := d.Require(ctx, tx, caller, "settings", "manage", ""); err != nil {
		return err
	}
	mine, limited, err := d.bound(ctx, tx, caller)
	if err != nil || !limited {
		return err
	}
	for _, what := range may {
		switch what {
		case "admin":
			if !everything(mine) {
				return keyBeyond(what)
			}
		case "people", "scim":
			if all, _ := mine.Scopes("person", "manage"); !all {
				return keyBeyond(what)
			}
		default:
			continue
		}
		highest, err := d.highest(ctx, tx, caller.Organisation)
		if err != nil {
			return err
		}
		if highest > int64(mine.Rank()) {
			return keyBeyond(what)
		}
	}
	return nil
}

func keyBeyond(what string) error {
	return standin.Refuse(standin.Denied, "directory.access", "directory.key_beyond",
		"A key for {what} could do more than you can. Nobody gives what they do not hold.").With("what", what).On("may")
}

// everything reports whether the powers are all that there are, in the whole organisation.
func everything(p rights.Powers) bool {
	for typ, t := range rights.StandinCatalogue().Types {
		for action := range t.Actions {
			if all, _ := p.Scopes(typ, action); !all {
				return false
			}
		}
	}
	return true
}

// highest returns the highest rank that somebody of the organisation holds.
func (d *Directory) highest(ctx context.Context, tx *db.Tx, org standin.OrganisationID) (rank int64, err error) {
	err = tx.QueryRow(ctx, `SELECT COALESCE(MAX(r.rank), 0) FROM roles r JOIN holdings h ON h.organisation = r.organisation AND h.role = r.id
		WHERE r.organisation = $1`, string(org)).Scan(&rank)
	return rank, err
}

// MayInvite returns the person where the caller may make a link with which they set a password: one who may manage them,
// and who holds every power of Standin that they hold, for whoever has the link can come in as them. again says that they
// have a password already: then, as with impersonation, nobody of the caller's own rank either (P8). A key has no rank: it
// makes a new link only for those who hold no power. Nobody makes a link for themselves, or while acting.
func (d *Directory) MayInvite(ctx context.Context, tx *db.Tx, caller standin.Caller, id standin.PersonID, again bool) (Person, error) {
	const op = "directory.invite"
	p, err := d.managed(ctx, tx, caller, id)
	if err != nil {
		return Person{}, err
	}
	switch {
	case !p.Active():
		return Person{}, standin.Refuse(standin.Conflict, op, "directory.invite_inactive", "{name} is inactive. Make them active first.").With("name", p.Name)
	case caller.Actor.IsOperator():
		return p, nil
	case caller.Actor.Person() == id:
		return Person{}, standin.Refuse(standin.Denied, op, "directory.invite_self", "Change your own password in your settings. A new one that you have forgotten comes from another administrator.")
	}
	mine, limited, err := d.bound(ctx, tx, caller)
	if err != nil {
		return Person{}, err
	}
	theirs, err := d.Powers(ctx, tx, p.Organisation, p.ID)
	if err != nil {
		return Person{}, err
	}
	person := caller.Actor.Person() != ""
	switch {
	case limited && widens(theirs, false, mine), !person && again && widens(theirs, false):
		return Person{}, standin.Refuse(standin.Denied, op, "directory.invite_beyond", "{name} may do more than you may, so somebody else must make this link.").With("name", p.Name)
	case person && again && theirs.Rank() >= mine.Rank():
		return Person{}, standin.Refuse(standin.Denied, op, "directory.invite_peer", "{name} has a role as high as yours, so somebody above you must make this link.").With("name", p.Name)
	}
	return p, nil
}
