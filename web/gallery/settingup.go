package gallery

import (
	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/frame"
)

func setUpStates() []State {
	empty := func(name string) string { return map[string]string{"zone": "UTC"}[name] }
	typed := func(name string) string {
		return map[string]string{"name": "Acme Ltd", "id": "acme", "zone": "Europe/Berlin", "units": "sales\nfinance", "person": "Ada Lindqvist", "email": "ada@acme.example"}[name]
	}
	return []State{
		{"setup", "empty", 0, func(b frame.Base) frame.Page { return web.NewSetUp(nobody(b), "token", empty) }},
		{"setup", "problem", 422, func(b frame.Base) frame.Page {
			b = wrong(nobody(b), frame.Problem{Field: "password", Text: sample(b, "Everybody tries this password first. Choose another one.", "Dieses Passwort probieren alle zuerst. Wählen Sie ein anderes.")})
			return web.NewSetUp(b, "token", typed)
		}},
		{"setup", "over", 404, func(b frame.Base) frame.Page { return &web.SetUp{Base: nobody(b), Over: true} }},
	}
}
