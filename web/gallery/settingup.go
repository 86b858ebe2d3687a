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
		{"setup", "problems", 422, func(b frame.Base) frame.Page {
			b = wrong(nobody(b), frame.Problem{Field: "zone", Text: sample(b, "There is no time zone “Atlantis”.", "Die Zeitzone „Atlantis“ gibt es nicht.")},
				frame.Problem{Field: "password", Text: sample(b, "A password has 8 to 1,000 characters.", "Ein Passwort hat 8 bis 1.000 Zeichen.")})
			return web.NewSetUp(b, "token", typed)
		}},
		{"setup", "over", 404, func(b frame.Base) frame.Page { return &web.SetUp{Base: nobody(b), Over: true} }},
		{"settings", "alone", 0, func(b frame.Base) frame.Page { return web.NewSettings(b, "", "Europe/Berlin", browsers(b)[:1]) }},
		{"settings", "several", 0, func(b frame.Base) frame.Page { return web.NewSettings(b, b.Lang(), "Europe/Berlin", browsers(b)) }},
		{"settings", "problem", 401, func(b frame.Base) frame.Page {
			return web.NewSettings(wrong(b, frame.Problem{Field: "former", Text: sample(b, "The password is not right.", "Das Passwort stimmt nicht.")}), "", "Europe/Berlin", browsers(b))
		}},
		{"settings", "acting", 0, func(b frame.Base) frame.Page {
			return web.NewSettings(actingFor(b, bilal(), 42), "", "Europe/Berlin", browsers(b))
		}},
	}
}

func browsers(b frame.Base) []web.Browser {
	return []web.Browser{{ID: "l-1", Agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0", From: "192.0.2.7", Since: b.Near(on(0, 8)), Seen: b.Near(on(0, 9)), Here: true},
		{ID: "l-2", Agent: hostile().Name, From: "2001:db8:85a3::8a2e:370:7334", Since: b.Near(on(-1, 8)), Seen: b.Near(on(-1, 9))}}
}
