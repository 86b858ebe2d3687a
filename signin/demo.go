package signin

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// Demo signs people in without any factor, for trying Standin out. Only the command demo makes one; serve never does, so
// that no setting and no request can bring it about.
type Demo struct{ signin *Signin }

// NewDemo returns the way in without a factor.
func NewDemo(s *Signin) *Demo { return &Demo{s} }

// ContinueAs begins a login of the person, whose only factor is "demo".
func (d *Demo) ContinueAs(ctx context.Context, org standin.OrganisationID, person standin.PersonID, origin standin.Origin) (token string, l standin.Login, err error) {
	s := d.signin
	token = standin.NewSecret()
	err = s.db.Update(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := s.directory.Person(ctx, tx, org, person)
		if err != nil {
			return err
		}
		if !p.Active() {
			return blocked()
		}
		begun, err := s.begin(ctx, tx, org, person, []string{"demo"}, token, standin.Now(s.now), origin)
		l = begun.public()
		return err
	})
	if err != nil {
		return "", standin.Login{}, err
	}
	return token, l, nil
}
