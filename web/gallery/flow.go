package gallery

import (
	"strings"

	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/flow"
	"github.com/standin-id/standin/web/frame"
)

// onTheWay is an application that asked for somebody; strict takes no stand-ins.
func onTheWay(strict bool) *frame.Asking {
	return &frame.Asking{Client: "desk", Name: "Workdesk", StandIns: !strict, Back: "/gallery", Begin: "/gallery"}
}

func flowStates() []State {
	consent := func(b frame.Base) frame.Page {
		return &flow.Consent{Base: b, App: &frame.Asking{Client: "planner", Name: "Planner of Contoso", StandIns: true, Back: "/gallery"}, Return: "/",
			Asks: flow.Asks(b, []string{"openid", "profile", "email", "offline_access", "calendar.read"})}
	}
	leave := func(b frame.Base) frame.Page {
		return &flow.Leave{Base: b, App: onTheWay(false), Client: "desk", Return: "/signed-out"}
	}
	stranded := func(code, client, address string) func(b frame.Base) frame.Page {
		return func(b frame.Base) frame.Page {
			b.RequestID = "r-7k2m"
			return &flow.Stranded{Base: nobody(b), Code: code, Client: client, Address: address, At: b.At(Now)}
		}
	}
	return []State{
		{"consent", "asked", 0, consent},
		{"consent", "acting", 403, func(b frame.Base) frame.Page { return consent(actingFor(b, bilal(), 42)) }},
		{"leaving", "asked", 0, leave},
		{"leaving", "acting", 0, func(b frame.Base) frame.Page { return leave(actingFor(b, bilal(), 42)) }},
		{"leaving", "unnamed", 0, func(b frame.Base) frame.Page { return &flow.Leave{Base: b, Return: "/signed-out"} }},
		{"signed-out", "plain", 0, func(b frame.Base) frame.Page { return &flow.SignedOut{Base: nobody(b)} }},
		{"stranded", "unknown-client", 400, stranded(flow.UnknownClient, "workdesk-old", "")},
		{"stranded", "address", 400, stranded(flow.WrongRedirect, "desk", "https://desk.example.com.evil.example/callback?"+strings.Repeat("long=", 20))},
		{"stranded", "other-browser", 400, stranded(flow.OtherBrowser, "", "")},
		{"stranded", "over", 404, stranded(flow.RequestOver, "", "")},
		{"stranded", "malformed", 400, stranded(flow.Malformed, "<b>desk</b>", "")},
		{"own-applications", "several", 0, ownApplications},
		{"own-applications", "acting", 0, func(b frame.Base) frame.Page { return ownApplications(actingFor(b, bilal(), 42)) }},
		{"own-applications", "none", 0, func(b frame.Base) frame.Page { return &flow.Applications{Base: b} }},
		{"prove", "for-application", 0, func(b frame.Base) frame.Page { return &web.Prove{Base: b, App: onTheWay(false), Return: "/choose"} }},
		{"terms", "for-application", 0, func(b frame.Base) frame.Page {
			return &web.Terms{Base: b, App: onTheWay(false), Version: "2", Text: notice(b)}
		}},
		{"stop", "for-application", 0, func(b frame.Base) frame.Page {
			return &web.Stop{Base: actingFor(b, bilal(), 42), App: onTheWay(false)}
		}},
		{"stop", "already-for-application", 0, func(b frame.Base) frame.Page { return &web.Stop{Base: b, App: onTheWay(false)} }},
		{"chooser", "for-application", 0, func(b frame.Base) frame.Page { return chooserFor(b, false) }},
		{"chooser", "no-stand-ins", 0, func(b frame.Base) frame.Page { return chooserFor(b, true) }},
		{"chooser", "no-stand-ins-acting", 0, func(b frame.Base) frame.Page { return chooserFor(actingFor(b, bilal(), 42), true) }},
		{"chooser", "with-view", 0, func(b frame.Base) frame.Page {
			v := chooserFor(actingFor(b, bilal(), 42), false)
			v.View, v.Client = true, "desk"
			return v
		}},
	}
}

func chooserFor(b frame.Base, strict bool) *web.Chooser {
	v := &web.Chooser{Base: b, App: onTheWay(strict), Return: "/"}
	if !strict {
		v.Sections = []web.Section{{Choices: []web.Choice{{Delegation: "d-1", Principal: bilal(), Until: on(7, 22), Purpose: "Annual leave"}}}}
		v.Shown, v.Total = 1, 1
	}
	return v
}

func ownApplications(b frame.Base) frame.Page {
	kaya, longest := bilal(), lengthy()
	entry := func(name string, forWhom *frame.Who, here bool) flow.Entry {
		return flow.Entry{Grant: "g-" + name, Name: name, For: forWhom, Since: b.Near(on(0, 8)), Used: b.Near(Now), Here: here}
	}
	return &flow.Applications{Base: b,
		SignedIn: []flow.Entry{entry("Workdesk", &kaya, true), entry("Workdesk", nil, false), entry(strings.Repeat("Application with a long name ", 4), &longest, false)},
		Allowed:  []flow.Allowance{{Client: "planner", Name: "Planner of Contoso", Asks: flow.Asks(b, []string{"openid", "email"}), Since: b.Near(on(-3, 9))}}}
}
