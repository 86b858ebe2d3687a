package directory

import (
	"time"

	"github.com/standin-id/standin"
)

// States are what records and doctor compare: whole rows, without what only serves searching and without instants of
// being last seen.
type (
	organisationState struct {
		ID         standin.OrganisationID `json:"id"`
		Name       string                 `json:"name"`
		Settings   Settings               `json:"settings"`
		Guardrails string                 `json:"guardrails"`
		CreatedAt  int64                  `json:"created_at"`
		Version    int64                  `json:"version"`
	}
	unitState struct {
		Organisation standin.OrganisationID `json:"organisation"`
		ID           standin.UnitID         `json:"id"`
		CreatedAt    int64                  `json:"created_at"`
		EndedAt      *int64                 `json:"ended_at"`
		MovedTo      standin.UnitID         `json:"moved_to"`
	}
	personState struct {
		Organisation standin.OrganisationID `json:"organisation"`
		ID           standin.PersonID       `json:"id"`
		Name         string                 `json:"name"`
		Email        string                 `json:"email"`
		// EmailKey is there only where the stored key is not that of the address, which no record explains.
		EmailKey        string           `json:"email_key,omitempty"`
		Unit            standin.UnitID   `json:"unit"`
		Manager         standin.PersonID `json:"manager"`
		TimeZone        string           `json:"time_zone"`
		Language        string           `json:"language"`
		AcceptedAt      *int64           `json:"accepted_at"`
		AcceptedVersion string           `json:"accepted_version"`
		InactiveAt      *int64           `json:"inactive_at"`
		ActiveSince     int64            `json:"active_since"`
		CreatedAt       int64            `json:"created_at"`
		Version         int64            `json:"version"`
	}
	roleState struct {
		Organisation standin.OrganisationID `json:"organisation"`
		ID           standin.RoleID         `json:"id"`
		Name         string                 `json:"name"`
		Rank         int                    `json:"rank"`
		Allow        []string               `json:"allow"`
		CreatedAt    int64                  `json:"created_at"`
		Version      int64                  `json:"version"`
	}
	holdingState struct {
		Organisation standin.OrganisationID `json:"organisation"`
		Person       standin.PersonID       `json:"person"`
		Role         standin.RoleID         `json:"role"`
		Unit         standin.UnitID         `json:"unit"`
		CreatedAt    int64                  `json:"created_at"`
	}
)

func (o Organisation) state() organisationState {
	return organisationState{o.ID, o.Name, o.Settings, o.Guardrails, standin.Micros(o.CreatedAt), o.Version}
}

func (o Organisation) resource() string { return "organisation:" + string(o.ID) }

func (u Unit) state() unitState {
	return unitState{u.Organisation, u.ID, standin.Micros(u.CreatedAt), micros(u.EndedAt), u.MovedTo}
}

func (u Unit) resource() string { return "unit:" + string(u.ID) }

func (p Person) state() personState {
	return personState{Organisation: p.Organisation, ID: p.ID, Name: p.Name, Email: p.Email, Unit: p.Unit, Manager: p.Manager,
		TimeZone: p.TimeZone, Language: p.Language, AcceptedAt: micros(p.AcceptedAt), AcceptedVersion: p.AcceptedVersion,
		InactiveAt: micros(p.InactiveAt), ActiveSince: standin.Micros(p.ActiveSince), CreatedAt: standin.Micros(p.CreatedAt), Version: p.Version}
}

func (p Person) resource() string { return personResource(p.ID) }

func personResource(id standin.PersonID) string { return "person:" + string(id) }

func (r Role) state() roleState {
	return roleState{r.Organisation, r.ID, r.Name, r.Rank, r.Allow, standin.Micros(r.CreatedAt), r.Version}
}

func (r Role) resource() string { return "role:" + string(r.ID) }

func (h Holding) state() holdingState {
	return holdingState{h.Organisation, h.Person, h.Role, h.Unit, standin.Micros(h.CreatedAt)}
}

func (h Holding) resource() string {
	if h.Unit == "" {
		return "holding:" + string(h.Person) + "/" + string(h.Role)
	}
	return "holding:" + string(h.Person) + "/" + string(h.Role) + "@" + string(h.Unit)
}

func micros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	m := standin.Micros(t)
	return &m
}
