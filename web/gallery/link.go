package gallery

import (
	dir "github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/frame"
)

func linkStates() []State {
	shown := func(again bool, by string) signin.Invited {
		return signin.Invited{Organisation: dir.Organisation{ID: "acme", Name: "Acme Ltd"}, Again: again, By: "person:chiara", ByName: by,
			Person: dir.Person{ID: "ada", Name: ada().Name, Email: "ada@acme.example"}}
	}
	return []State{
		{"link", "first", 0, func(b frame.Base) frame.Page { return web.NewLink(nobody(b), "token", shown(false, chiara().Name)) }},
		{"link", "again", 0, func(b frame.Base) frame.Page { return web.NewLink(nobody(b), "token", shown(true, chiara().Name)) }},
		{"link", "names", 0, func(b frame.Base) frame.Page { return web.NewLink(nobody(b), "token", shown(true, lengthy().Name)) }},
		{"link", "problem", 422, func(b frame.Base) frame.Page {
			b = wrong(nobody(b), frame.Problem{Field: "password", Text: sample(b, "Everybody tries this password first. Choose another one.", "Dieses Passwort probieren alle zuerst. Wählen Sie ein anderes.")})
			return web.NewLink(b, "token", shown(false, chiara().Name))
		}},
		{"link", "over", 404, func(b frame.Base) frame.Page { return &web.Link{Base: nobody(b), Over: true} }},
		{"home", "password-by-link", 0, func(b frame.Base) frame.Page {
			v := busyHome(b)
			v.LinkUsed = &web.LinkUsed{By: chiara().Name, Made: b.At(on(-1, 9)), Used: b.At(on(-1, 17)), Address: "192.0.2.7"}
			return v
		}},
	}
}
