package admin

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/web/frame"
)

// clients is where applications are connected; web/apps has the pages around the form here.
const clients = "/apps"

func applicationPages() pages {
	return pages{
		"GET " + clients + "/{client}/edit":    func(v *visit) error { return v.client(v.offer) },
		"POST " + clients + "/{client}/edit":   func(v *visit) error { return v.client(v.take) },
		"POST " + clients + "/{client}/rotate": (*visit).rotateClient,
		"POST " + clients + "/{client}/end":    (*visit).endClient,
	}
}

func (v *visit) clientID() standin.ClientID { return standin.ClientID(v.R.PathValue("client")) }

// clientPage is where the client is shown.
func clientPage(id standin.ClientID) string { return clients + "/" + url.PathEscape(string(id)) }

// client shows or takes the form of a client.
func (v *visit) client(do func(editing) error) error {
	if err := v.settles(); err != nil {
		return err
	}
	var old application.Client
	read := func() (err error) {
		old, err = v.Applications.KeptClient(v.R.Context(), v.Caller, v.clientID())
		if err == nil && old.Ended {
			err = frame.NoPage()
		}
		return err
	}
	if err := read(); err != nil {
		return err
	}
	e := editing{to: clientPage(old.ID), done: "client", inputs: map[string]string{"redirect_uris": "redirects",
		"post_logout_redirect_uris": "logouts", "backchannel_logout_uri": "back", "initiate_login_uri": "initiate", "id_token_alg": "algorithm"}}
	var apps []frame.Option
	for _, a := range v.Apps() {
		apps = append(apps, frame.Option{Value: string(a.ID), Label: a.Name})
	}
	e.page = func(values url.Values) *OrganisationForm { return ClientForm(v.Base, apps, old, values) }
	e.stored = func() (url.Values, error) {
		err := read()
		return clientValues(old), err
	}
	e.warn = func() []Effect { return v.opened(old, v.wantedClient(old)) }
	e.save = func() error {
		_, err := v.Applications.ChangeClient(v.R.Context(), v.Caller, v.wantedClient(old))
		return err
	}
	return do(e)
}

// wantedClient is the client as the form says it should be.
func (v *visit) wantedClient(old application.Client) application.Client {
	wish := old
	wish.Name, wish.Application = v.text("name"), standin.ApplicationID(v.text("application"))
	wish.RedirectURIs, wish.PostLogout, wish.Audiences = lines(v.text("redirects")), lines(v.text("logouts")), lines(v.text("audiences"))
	wish.BackChannel, wish.Initiate, wish.Algorithm = v.text("back"), v.text("initiate"), v.text("algorithm")
	wish.StandIns, wish.ReadsAct, wish.ThirdParty = v.ticked("stand_ins"), v.ticked("reads_act"), v.ticked("third_party")
	wish.Exchange, wish.RequirePAR, wish.RequireDPoP = v.ticked("exchange"), v.ticked("require_par"), v.ticked("require_dpop")
	wish.Version, _ = strconv.ParseInt(v.text("version"), 10, 64) // 0 is whichever is there
	return wish
}

// opened says what an application will record of stand-ins, where saving lets them in and it does not read who acts
// (THREATS 64).
func (v *visit) opened(old, wish application.Client) []Effect {
	before, after := old.StandIns && !old.ReadsAct, wish.StandIns && !wish.ReadsAct
	if before || !after {
		return nil
	}
	b := v.Base
	return []Effect{{Text: b.T("apps.unread", "Name", v.text("name")), Worse: true}, {Text: b.T("apps.unread_name", "Actor", b.Me.Name)},
		{Text: b.T("apps.unread_record")}}
}

// clientValues are the inputs for the client as it is.
func clientValues(c application.Client) url.Values {
	values := url.Values{"name": {c.Name}, "application": {string(c.Application)}, "redirects": {strings.Join(c.RedirectURIs, "\n")},
		"logouts": {strings.Join(c.PostLogout, "\n")}, "back": {c.BackChannel}, "initiate": {c.Initiate},
		"audiences": {strings.Join(c.Audiences, "\n")}, "algorithm": {c.Algorithm}}
	if c.Version > 0 {
		values.Set("version", strconv.FormatInt(c.Version, 10))
	}
	for name, on := range map[string]bool{"exchange": c.Exchange, "stand_ins": c.StandIns, "reads_act": c.ReadsAct, "third_party": c.ThirdParty,
		"require_par": c.RequirePAR, "require_dpop": c.RequireDPoP} {
		if on {
			values.Set(name, "yes")
		}
	}
	return values
}

// ClientForm returns the form of a client.
func ClientForm(b frame.Base, apps []frame.Option, c application.Client, values url.Values) *OrganisationForm {
	page := newForm(b, "apps", b.T("apps.edit"))
	page.Action, page.Version = clientPage(c.ID)+"/edit", values.Get("version")
	page.Back, page.BackText = clientPage(c.ID), cmp.Or(c.Name, string(c.ID))
	in := func(name, kind string) frame.Field {
		f := frame.Field{Name: name, Label: b.T("apps." + name), Kind: kind, Value: values.Get(name)}
		if b.Words.Has("apps." + name + "_hint") {
			f.Hint = b.T("apps." + name + "_hint")
		}
		return f
	}
	tick := func(name string) frame.Option {
		return frame.Option{Value: name, Label: b.T("apps." + name), Hint: b.T("apps." + name + "_hint"), Picked: values.Get(name) == "yes"}
	}
	name, redirects, of, algorithm := in("name", ""), in("redirects", "lines"), in("application", "select"), in("algorithm", "select")
	name.Required, name.Most, redirects.Required = true, 200, true
	of.Options = picked(values.Get("application"), append([]frame.Option{{Value: "", Label: b.T("apps.no_application")}}, apps...)...)
	algorithm.Options = picked(values.Get("algorithm"), frame.Option{Value: application.ES256, Label: application.ES256},
		frame.Option{Value: application.RS256, Label: application.RS256})
	binding := []frame.Option{tick("require_par"), tick("require_dpop")}
	if !c.Public {
		binding = append([]frame.Option{tick("exchange")}, binding...)
	}
	page.Sections = []Section{
		{Legend: b.T("apps.itself"), Inputs: []frame.Field{name, of}},
		{Legend: b.T("apps.standing_in"), Ticks: []frame.Option{tick("stand_ins"), tick("reads_act")}},
		{Legend: b.T("apps.addresses"), Inputs: []frame.Field{redirects, in("logouts", "lines"), in("back", ""), in("initiate", "")}},
		{Legend: b.T("apps.tokens"), Folded: true, Inputs: []frame.Field{in("audiences", "lines"), algorithm}, Ticks: append([]frame.Option{tick("third_party")}, binding...)},
	}
	page.Doing = doings(b, clientPage(c.ID))
	if c.Public {
		page.Doing = page.Doing[1:]
	}
	return page
}

func (v *visit) rotateClient() error {
	if err := v.RequireProof(); err != nil {
		return err
	}
	c, secret, err := v.Applications.RotateClient(v.R.Context(), v.Caller, v.clientID(), v.overlap())
	if err != nil {
		return v.refusedBelow(err)
	}
	page := NewSecret(v.Base, "apps", cmp.Or(c.Name, string(c.ID)), string(c.ID), secret, c.Former)
	page.Back = clientPage(c.ID)
	return v.ok("secret", page)
}

// refusedBelow shows the form again where what was asked for below it is refused.
func (v *visit) refusedBelow(err error) error {
	problems, ok := v.problems(err)
	if !ok {
		return err
	}
	status := frame.StatusOf(err)
	return v.client(func(e editing) error {
		values, err := e.stored()
		if err != nil {
			return err
		}
		page := e.page(values)
		page.Problems = problems
		v.Show(v.W, v.R, status, "organisation-form", page)
		return nil
	})
}

func (v *visit) endClient() error {
	if err := v.RequireProof(); err != nil {
		return err
	}
	if err := v.Applications.EndClient(v.R.Context(), v.Caller, v.clientID()); err != nil {
		return v.refusedBelow(err)
	}
	return v.lead(clients, "client_ended")
}
