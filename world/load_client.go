package world

import (
	"github.com/goccy/go-yaml/ast"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
)

func (r *reader) client(n ast.Node) Client {
	c := Client{Client: application.Client{StandIns: true, PostLogout: []string{}, Algorithm: application.ES256}}
	texts := map[string]struct {
		to   *string
		what string
	}{"name": {&c.Name, "a name"}, "secret": {&c.Secret, "a secret"}, "backchannel_logout_uri": {&c.BackChannel, "an address"},
		"initiate_login_uri": {&c.Initiate, "an address"}, "id_token_alg": {&c.Algorithm, "ES256 or RS256"}}
	lists := map[string]*[]string{"redirect_uris": &c.RedirectURIs, "post_logout_redirect_uris": &c.PostLogout, "audiences": &c.Audiences}
	flags := map[string]*bool{"public": &c.Public, "exchange": &c.Exchange, "stand_ins": &c.StandIns, "reads_act": &c.ReadsAct,
		"third_party": &c.ThirdParty, "require_par": &c.RequirePAR, "require_dpop": &c.RequireDPoP}
	keys := []string{"id", "organisation", "name", "secret", "redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri",
		"initiate_login_uri", "public", "exchange", "stand_ins", "reads_act", "third_party", "require_par", "require_dpop",
		"id_token_alg", "audiences", "application"}
	c.Place = r.Mapping(n, "a client", keys, func(key string, v ast.Node) {
		switch key {
		case "id":
			c.ID = standin.ClientID(r.Text(v, "a client's id"))
		case "organisation":
			c.Organisation = standin.OrganisationID(r.Text(v, "an organisation's id"))
		case "application":
			c.Application = standin.ApplicationID(r.Text(v, "an application's id"))
		default:
			if t, is := texts[key]; is {
				*t.to = r.Text(v, t.what)
			} else if list, is := lists[key]; is {
				what := "addresses"
				if key == "audiences" {
					what = key
				}
				*list, _ = r.Texts(v, what)
			} else {
				*flags[key] = r.Flag(v, key)
			}
		}
	})
	r.require(c.Place, "a client", "id", "organisation", "redirect_uris")
	return c
}
