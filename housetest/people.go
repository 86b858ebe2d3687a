package housetest

import (
	"context"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// Acme and Rival are two organisations, for tests that found them.
const (
	Acme  standin.OrganisationID = "acme"
	Rival standin.OrganisationID = "rival"
)

// Settings founds the organisation with the settings that everybody begins with and the changes to them, or gives it those.
func (h *House) Settings(org standin.OrganisationID, changes ...func(s *directory.Settings)) {
	h.T.Helper()
	s := directory.DefaultSettings()
	for _, change := range changes {
		change(&s)
	}
	if _, err := h.Directory.PutOrganisation(h.T.Context(), Operator(org), directory.Organisation{Name: string(org), Settings: s}); err != nil {
		h.T.Fatal(err)
	}
}

// Units makes the units of the organisation, those above first.
func (h *House) Units(org standin.OrganisationID, units ...standin.UnitID) {
	h.T.Helper()
	for _, u := range units {
		h.Must(h.Directory.PutUnit(h.T.Context(), Operator(org), u))
	}
}

// Roles makes the roles of the organisation.
func (h *House) Roles(org standin.OrganisationID, roles ...rights.Role) {
	h.T.Helper()
	for _, r := range roles {
		h.Must(h.Directory.PutRole(h.T.Context(), Operator(org), r, 0))
	}
}

// Person makes somebody of the organisation who has accepted the privacy notice and holds the roles at their own unit. What p
// leaves out is made of its id.
func (h *House) Person(org standin.OrganisationID, p directory.Person, roles ...standin.RoleID) {
	h.T.Helper()
	if p.Name == "" {
		p.Name = "Name " + string(p.ID)
	}
	if p.Email == "" {
		p.Email = string(p.ID) + "@" + string(org) + ".example"
	}
	p.AcceptedAt = h.Now()
	if _, _, err := h.Directory.PutPerson(h.T.Context(), Operator(org), p); err != nil {
		h.T.Fatal(err)
	}
	for _, role := range roles {
		h.Must(h.Directory.Hold(h.T.Context(), Operator(org), p.ID, role, ""))
	}
}

// Passwords gives each of the people the password.
func (h *House) Passwords(org standin.OrganisationID, password string, people ...standin.PersonID) {
	h.T.Helper()
	for _, id := range people {
		if err := h.Signin.SetPassword(h.T.Context(), Operator(org), id, password); err != nil {
			h.T.Fatal(err)
		}
	}
}

// Application makes the application, or changes it to this.
func (h *House) Application(a application.Application) {
	h.T.Helper()
	h.Update(func(ctx context.Context, tx *db.Tx) error {
		_, err := h.Applications.Put(ctx, tx, Operator(a.Organisation), a)
		return err
	})
}

// Client makes the client, or changes it to this, of Acme where it names no other organisation. Its browsers come back to
// https://ID.example/callback, and its secret is only-for-ID.
func (h *House) Client(c application.Client) {
	h.T.Helper()
	if c.Organisation == "" {
		c.Organisation = Acme
	}
	c.RedirectURIs = []string{Callback(c.ID)}
	secret := "only-for-" + string(c.ID)
	if c.Public {
		secret = ""
	}
	h.Update(func(ctx context.Context, tx *db.Tx) error {
		_, err := h.Applications.PutClient(ctx, tx, Operator(c.Organisation), c, secret)
		return err
	})
}

// Callback is where browsers come back to the client.
func Callback(id standin.ClientID) string { return "https://" + string(id) + ".example/callback" }

// ClientNow is the client as it is now.
func (h *House) ClientNow(id standin.ClientID) (c application.Client) {
	h.T.Helper()
	h.View(func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = h.Applications.Client(ctx, tx, id)
		return err
	})
	return c
}
