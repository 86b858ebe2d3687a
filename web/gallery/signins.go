package gallery

import (
	"github.com/standin-id/standin"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/admin"
	"github.com/standin-id/standin/web/frame"
)

func signInsStates() []State {
	all := []signin.Browser{
		{Login: standin.Login{ID: "l-1"}, Since: on(-1, 8), Seen: on(0, 9), From: standin.Origin{Address: "192.0.2.7", Agent: "Firefox 145, Linux"}},
		{Login: standin.Login{ID: "l-2"}, Since: on(0, 7), Seen: on(0, 8), From: standin.Origin{Address: "2001:db8::17", Agent: "<b>Safari</b> on a telephone, and something that goes on for a very long while"}},
	}
	show := func(who frame.Who, self bool, some []signin.Browser) func(b frame.Base) frame.Page {
		return func(b frame.Base) frame.Page {
			b.Nav = "people"
			return admin.NewSignIns(b, who, self, some)
		}
	}
	return []State{
		{"sign-ins", "two", 0, show(bilal(), false, all)},
		{"sign-ins", "none", 0, show(bilal(), false, nil)},
		{"sign-ins", "own", 0, show(*ada(), true, all[:1])},
		{"sign-ins", "names", 0, show(lengthy(), false, all)},
		{"sign-ins", "ended-meanwhile", 404, func(b frame.Base) frame.Page {
			return show(bilal(), false, all[:1])(wrong(b, frame.Problem{Text: sample(b, "There is no such sign-in, or it has ended.", "Diese Anmeldung gibt es nicht, oder sie ist beendet.")}))
		}},
		{"home", "sign-in-ended", 0, func(b frame.Base) frame.Page {
			v := busyHome(b)
			v.EndedSignIns = web.EndedSignIns(b, []signin.EndedLogin{{By: "person:chiara", ByName: chiara().Name, At: on(0, 7),
				From: standin.Origin{Address: "192.0.2.7", Agent: "Firefox 145, Linux"}}})
			return v
		}},
	}
}
