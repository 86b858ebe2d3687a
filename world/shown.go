package world

import (
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/rights"
)

// What a difference tells of each kind of thing, by the keys of the file.

func shownOrganisation(o directory.Organisation) map[string]any {
	return map[string]any{"name": o.Name, "settings": o.Settings}
}

func shownApplication(a application.Application) map[string]any {
	return map[string]any{"name": a.Name, "types": a.Catalogue.Types, "guardrails": a.Guardrails, "policies": a.Policies, "entities": a.Entities}
}

func shownRole(r rights.Role) map[string]any {
	return map[string]any{"name": r.Name, "rank": r.Rank, "allow": r.Allow}
}

func shownGroup(g directory.Group) map[string]any {
	return map[string]any{"name": g.Name, "description": g.Description, "unit": g.Unit}
}

func shownPerson(p directory.Person) map[string]any {
	return map[string]any{"name": p.Name, "email": p.Email, "unit": p.Unit, "manager": p.Manager, "time_zone": p.TimeZone,
		"language": p.Language}
}

func shownDelegation(d delegation.Delegation) map[string]any {
	m := map[string]any{"purpose": d.Purpose, "start": d.StartsAt, "limits": d.Limits}
	if !d.EndsAt.IsZero() {
		m["end"] = d.EndsAt
	}
	return m
}

func shownClient(c application.Client) map[string]any {
	return map[string]any{"application": c.Application, "redirect_uris": c.RedirectURIs, "post_logout_redirect_uris": c.PostLogout,
		"backchannel_logout_uri": c.BackChannel, "public": c.Public, "exchange": c.Exchange, "stand_ins": c.StandIns,
		"name": c.Name, "initiate_login_uri": c.Initiate, "audiences": c.Audiences, "id_token_alg": c.Algorithm, "reads_act": c.ReadsAct,
		"third_party": c.ThirdParty, "require_par": c.RequirePAR, "require_dpop": c.RequireDPoP}
}

func shownKey(k application.Key) map[string]any { return map[string]any{"may": ordered(k.May)} }
