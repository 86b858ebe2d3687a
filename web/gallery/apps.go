package gallery

import (
	"net/url"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/docs/recipes"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/web/admin"
	"github.com/standin-id/standin/web/apps"
	"github.com/standin-id/standin/web/frame"
)

const anIssuer = "https://id.acme.example"

// workdesk is an application before which a proxy stands, and lengthyApp one in which everything is long.
func workdesk() application.Client {
	return application.Client{ID: "c-7f3k2m", Name: "Workdesk", Application: "desk", RedirectURIs: []string{"https://desk.acme.example/oauth2callback"},
		PostLogout: []string{"https://desk.acme.example/"}, BackChannel: "https://desk.acme.example/oauth2callback?logout=backchannel",
		Initiate: "https://desk.acme.example/", Algorithm: application.ES256, Recipe: "apache", StandIns: true, Version: 2}
}

func lengthyApp() application.Client {
	return application.Client{ID: "an-application-with-a-rather-long-id-from-a-world-file", Name: lengthy().Name, Algorithm: application.RS256,
		RedirectURIs: []string{"https://a-host-with-a-rather-long-name.department.acme.example:8443/a/path/that/goes/on/and/on/callback", "http://127.0.0.1:9000/callback"},
		Audiences:    []string{"https://api.acme.example/", "standin"}, Public: true, ReadsAct: true, ThirdParty: true, RequirePAR: true, RequireDPoP: true}
}

// asked is what an application was heard to ask for.
func asked(what, problem, detail string, ago time.Duration) application.Activity {
	return application.Activity{What: what, Problem: problem, Detail: detail, At: Now.Add(-ago)}
}

func appsStates() []State {
	shown := func(b frame.Base, c application.Client, secret string, heard ...application.Activity) *apps.App {
		return apps.Shown(administrator(b), c, "Workdesk", heard, anIssuer, secret)
	}
	form := func(b frame.Base, recipe string, values url.Values) *apps.New {
		r, _ := recipes.Get(recipe)
		return apps.NewApp(administrator(b), r, []frame.Option{{Value: "desk", Label: "Workdesk"}}, values)
	}
	fine := []application.Activity{asked(application.AskedRefresh, "", "", time.Minute), asked(application.AskedToken, "", "", 5*time.Minute),
		asked(application.AskedAuthorize, "", "", 5*time.Minute), asked(application.AskedToken, application.WrongSecret, "", time.Hour)}
	wrong := []application.Activity{asked(application.AskedAuthorize, application.WrongRedirect, "https://desk.acme.example/callback?<script>", time.Minute),
		asked(application.AskedToken, application.WrongSecret, "", 2*time.Minute), asked(application.ToldLogout, application.WrongAddress, "", 3*time.Hour)}
	return append(testStates(), []State{
		{"apps", "some", 0, func(b frame.Base) frame.Page {
			v := apps.NewList(administrator(b))
			over := workdesk()
			over.Ended, over.Name = true, hostile().Name
			v.Apps = []apps.Row{apps.RowOf(b, workdesk(), fine), apps.RowOf(b, lengthyApp(), wrong), apps.RowOf(b, application.Client{ID: "payroll", Name: hostile().Name,
				RedirectURIs: []string{"https://payroll.acme.example/callback"}}, nil)}
			v.Over = []apps.Row{apps.RowOf(b, over, nil)}
			v.Catalogues = []apps.Catalogue{{ID: "desk", Name: "Workdesk", To: "/apps", Types: []string{"expense (4)", "purchase order (2)"}}, {ID: "empty", Name: hostile().Name, To: "/apps"}}
			return v
		}},
		{"apps", "none", 0, func(b frame.Base) frame.Page { return apps.NewList(administrator(b)) }},
		{"app-recipes", "all", 0, func(b frame.Base) frame.Page { return apps.NewRecipes(administrator(b)) }},
		{"app-new", "apache", 0, func(b frame.Base) frame.Page { return form(b, "apache", url.Values{"stand_ins": {"yes"}}) }},
		{"app-new", "node", 0, func(b frame.Base) frame.Page { return form(b, "node", url.Values{"stand_ins": {"yes"}}) }},
		{"app-new", "other-problem", 422, func(b frame.Base) frame.Page {
			b.Problems = []frame.Problem{{Field: "redirects", Text: sample(b, "“http://desk” cannot be used: https is expected.", "„http://desk“ ist nicht möglich: https wird erwartet.")}}
			return form(b, "other", url.Values{"name": {"Workdesk & Söhne"}, "redirects": {"http://desk"}, "application": {"desk"}, "public": {"yes"}})
		}},
		{"app", "new-apache", 0, func(b frame.Base) frame.Page {
			return shown(b, workdesk(), "an-example-of-a-secret-that-opens-nothing")
		}},
		{"app", "listening", 0, func(b frame.Base) frame.Page { return shown(b, workdesk(), "") }},
		{"app", "working", 0, func(b frame.Base) frame.Page {
			c := workdesk()
			c.Recipe, c.ReadsAct, c.Former = "node", true, on(1, 9)
			return shown(b, c, "", fine...)
		}},
		{"app", "wrong", 0, func(b frame.Base) frame.Page { return shown(b, lengthyApp(), "", wrong...) }},
		{"app", "ended", 0, func(b frame.Base) frame.Page {
			c := workdesk()
			c.Ended, c.StandIns = true, false
			return shown(b, c, "", fine...)
		}},
		{"organisation-form", "app", 0, func(b frame.Base) frame.Page {
			return admin.ClientForm(administrator(b), []frame.Option{{Value: "desk", Label: "Workdesk"}}, workdesk(), url.Values{"version": {"2"}, "name": {"Workdesk"},
				"application": {"desk"}, "redirects": {"https://desk.acme.example/callback"}, "stand_ins": {"yes"}, "algorithm": {"ES256"}})
		}},
		{"organisation-form", "app-told", 0, func(b frame.Base) frame.Page {
			v := admin.ClientForm(administrator(b), nil, lengthyApp(), url.Values{"name": {"Workdesk"}, "redirects": {"https://desk.acme.example/callback"}, "stand_ins": {"yes"}})
			v.Told = "0123456789abcdef"
			v.Effects = []admin.Effect{{Text: b.T("apps.unread", "Name", "Workdesk"), Worse: true}, {Text: b.T("apps.unread_name", "Actor", ada().Name)}, {Text: b.T("apps.unread_record")}}
			return v
		}},
	}...)
}

// testStates are what a test sign-in shows.
func testStates() []State {
	who := func(acts bool) token.Who {
		w := token.Who{Client: workdesk(), Scopes: []string{"openid", "profile", "email"}, At: Now, Until: on(0, 17),
			Grant: token.Grant{ID: "g-1", Login: "l-1", Actor: "p-ada", Principal: "p-ada", CreatedAt: Now, ExpiresAt: on(1, 9), AuthTime: Now, Factors: []string{"pwd"}}}
		w.Actor.ID, w.Actor.Name, w.Actor.Email, w.Actor.Unit = "p-ada", ada().Name, ada().Email, "sales"
		w.Principal = w.Actor
		if acts {
			w.Principal.ID, w.Principal.Name, w.Principal.Email, w.Principal.Unit = standin.PersonID(hostile().ID), hostile().Name, hostile().Email, "finance"
			w.Grant.Principal, w.Grant.Session, w.Grant.Delegation = w.Principal.ID, "s-1", "d-1"
			w.Session = acting.Session{ID: "s-1", ExpiresAt: on(0, 10)}
			w.Delegation = delegation.Delegation{ID: "d-1", Kind: delegation.Cover}
			w.Until = on(0, 10)
		}
		return w
	}
	page := func(b frame.Base, state string) *apps.Test {
		v := apps.NewTest(administrator(b), workdesk())
		v.State = state
		return v
	}
	received := func(acts bool) func(b frame.Base) frame.Page {
		return func(b frame.Base) frame.Page {
			v := page(b, "received")
			if acts {
				v = apps.NewTest(actingFor(b, hostile(), 42), workdesk())
			}
			if err := v.Receive(who(acts), b); err != nil {
				panic("gallery: " + err.Error()) // the fixture is part of the program
			}
			return v
		}
	}
	return []State{
		{"app-test", "begin", 0, func(b frame.Base) frame.Page { return page(b, "begin") }},
		{"app-test", "over", 0, func(b frame.Base) frame.Page { return page(b, "over") }},
		{"app-test", "refused", 0, func(b frame.Base) frame.Page {
			v := page(b, "refused")
			v.Error, v.Why = "access_denied", "This application takes no stand-ins."
			return v
		}},
		{"app-test", "own-name", 0, received(false)},
		{"app-test", "acting", 0, received(true)},
	}
}
