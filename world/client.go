package world

import (
	"cmp"
	"slices"

	"github.com/standin-id/standin/application"
)

// over returns the client with what the file says of it.
func (c *Client) over(base application.Client) application.Client {
	want := base
	want.Organisation, want.ID, want.RedirectURIs, want.Version = c.Organisation, c.ID, c.RedirectURIs, 0
	for key, take := range map[string]func(){
		"name":                      func() { want.Name = cmp.Or(c.Name, base.Name) },
		"application":               func() { want.Application = c.Application },
		"post_logout_redirect_uris": func() { want.PostLogout = c.PostLogout },
		"backchannel_logout_uri":    func() { want.BackChannel = c.BackChannel },
		"initiate_login_uri":        func() { want.Initiate = c.Initiate },
		"audiences":                 func() { want.Audiences = c.Audiences },
		"id_token_alg":              func() { want.Algorithm = cmp.Or(c.Algorithm, application.ES256) },
		"public":                    func() { want.Public = c.Public },
		"exchange":                  func() { want.Exchange = c.Exchange },
		"stand_ins":                 func() { want.StandIns = c.StandIns },
		"reads_act":                 func() { want.ReadsAct = c.ReadsAct },
		"third_party":               func() { want.ThirdParty = c.ThirdParty },
		"require_par":               func() { want.RequirePAR = c.RequirePAR },
		"require_dpop":              func() { want.RequireDPoP = c.RequireDPoP },
	} {
		if c.Has(key) {
			take()
		}
	}
	return want
}

// keepClient returns the wanted client without what would undo by hand made narrowings.
func (p *planner) keepClient(f *facts, is, want application.Client) (application.Client, error) {
	more := func(is, want []string) bool {
		return slices.ContainsFunc(want, func(uri string) bool { return !slices.Contains(is, uri) })
	}
	for _, s := range []struct {
		key, field string // in the file, and in the states that records hold
		widens     bool
		keep       func()
	}{
		{"redirect_uris", "redirects", more(is.RedirectURIs, want.RedirectURIs), func() { want.RedirectURIs = is.RedirectURIs }},
		{"post_logout_redirect_uris", "post_logout", more(is.PostLogout, want.PostLogout), func() { want.PostLogout = is.PostLogout }},
		{"audiences", "audiences", more(is.Audience(), want.Audience()), func() { want.Audiences = is.Audiences }},
		{"public", "public", want.Public && !is.Public, func() { want.Public = false }},
		{"exchange", "exchange", want.Exchange && !is.Exchange, func() { want.Exchange = false }},
		{"stand_ins", "stand_ins", want.StandIns && !is.StandIns, func() { want.StandIns = false }},
		{"third_party", "third_party", is.ThirdParty && !want.ThirdParty, func() { want.ThirdParty = true }},
		{"require_par", "require_par", is.RequirePAR && !want.RequirePAR, func() { want.RequirePAR = true }},
		{"require_dpop", "require_dpop", is.RequireDPoP && !want.RequireDPoP, func() { want.RequireDPoP = true }},
	} {
		if !s.widens {
			continue
		}
		touched, err := p.touched(f, "client:"+string(is.ID), s.field)
		if err != nil {
			return want, err
		}
		if touched {
			s.keep()
			p.kept(f, "client", string(is.ID), s.key)
		}
	}
	return want, nil
}
