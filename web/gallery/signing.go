package gallery

import (
	"github.com/standin-id/standin/token/keys"
	"github.com/standin-id/standin/token/logout"
	"github.com/standin-id/standin/web/admin"
	"github.com/standin-id/standin/web/frame"
)

func signingStates() []State {
	all := []keys.Key{
		{ID: "9xtHBVXj4DfYD6urmxT0diPWxj7kF_XkLhYrHyDrCFI", Algorithm: keys.ES256, MadeAt: on(-92, 9), SignsAt: on(-90, 9), RetiredAt: on(0, 8)},
		{ID: "hAi3p2iVRxsUEKLPzC5sp0TfCwmVYtLdlop0T5sa8dQ", Algorithm: keys.ES256, MadeAt: on(-90, 9), SignsAt: on(0, 8)},
		{ID: "mcWF5rVtmi2UN3k3hT7LBnNUwRL_iUDAqAl5hDpc9Vw", Algorithm: keys.ES256, MadeAt: on(0, 8)},
		{ID: "PiRcXcJKWaF5PpwrE-R3MPszRG51sVHH-FVrzhlKBCs", Algorithm: keys.RS256, MadeAt: on(-90, 9), SignsAt: on(-88, 9), RetiredAt: on(-1, 7), StolenAt: on(-1, 7)},
	}
	show := func(some []keys.Key, may bool) func(b frame.Base) frame.Page {
		return func(b frame.Base) frame.Page { return admin.NewSigningKeys(b, append([]keys.Key(nil), some...), may) }
	}
	tell := func(name, address string, s logout.Summary) func(b frame.Base) frame.Page {
		return func(b frame.Base) frame.Page { return admin.NewTelling(b, "desk", name, address, s) }
	}
	const address = "https://desk.acme.example/backchannel-logout"
	told := logout.Delivery{SID: "s-4nq7b5zjw2kfd3xg6tya0chm1e", MadeAt: on(0, 8), Tries: 1, TriedAt: on(0, 8), EndedAt: on(0, 8), EndedHow: logout.Told}
	silent := logout.Delivery{SID: "l-7c1e40b5zjw2kfd3xg6tya0chm", MadeAt: on(0, 9), Tries: 4, TriedAt: on(0, 9), DueAt: on(0, 10), Problem: logout.Silent}
	failing, first, gone, elsewhere := silent, silent, told, silent
	failing.Problem, elsewhere.Problem = "503", logout.Redirected
	first.Tries, first.Problem = 0, ""
	within := silent
	within.Problem = logout.Private
	gone.EndedHow, gone.Problem, gone.Tries = logout.GivenUp, logout.Unsafe, 101
	return []State{
		{"signing-keys", "one-retired", 0, show(all[:3], true)},
		{"signing-keys", "one-stolen", 0, show(all, true)},
		{"signing-keys", "none-yet", 0, show(nil, true)},
		{"signing-keys", "operator-replaces", 0, show(all[1:3], false)},
		{"signing-keys", "not-sure", 422, func(b frame.Base) frame.Page {
			b = wrong(b, frame.Problem{Field: "sure", Text: b.T("signing.not_sure")})
			return show(all[1:3], true)(b)
		}},
		{"telling", "all-told", 0, tell("Workdesk", address, logout.Summary{Deliveries: []logout.Delivery{told, told}})},
		{"telling", "does-not-answer", 0, tell("Workdesk", address, logout.Summary{Waiting: 5, Oldest: on(0, 9),
			Deliveries: []logout.Delivery{first, silent, failing, elsewhere, within, gone, told}})},
		{"telling", "nobody-yet", 0, tell("Workdesk", address, logout.Summary{})},
		{"telling", "no-address", 0, tell("<b>Work</b>desk with a name that goes on for a very long while", "", logout.Summary{})},
	}
}
