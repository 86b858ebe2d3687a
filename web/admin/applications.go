package admin

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/web/frame"
)

func applicationPages() pages {
	return pages{
		"GET /organisation/applications":                          func(v *visit) error { return v.listApplications(200, nil) },
		"GET /organisation/applications/new":                      func(v *visit) error { return v.client(v.offer, true) },
		"POST /organisation/applications/new":                     func(v *visit) error { return v.client(v.take, true) },
		"GET /organisation/applications/clients/{client}":         func(v *visit) error { return v.client(v.offer, false) },
		"POST /organisation/applications/clients/{client}":        func(v *visit) error { return v.client(v.take, false) },
		"POST /organisation/applications/clients/{client}/rotate": (*visit).rotateClient,
		"POST /organisation/applications/clients/{client}/end":    (*visit).endClient,
	}
}

// listApplications lists the applications with what they can be asked for, and the clients by which people sign in to them.
func (v *visit) listApplications(status int, problems []frame.Problem) error {
	if err := v.settles(); err != nil {
		return err
	}
	all, err := v.Applications.KeptClients(v.R.Context(), v.Caller)
	if err != nil {
		return err
	}
	b := v.Base
	apps := Table{ID: "applications", Caption: b.T("applications.title"), Columns: []string{b.T("applications.name"), b.T("applications.types")}, Empty: b.T("applications.none"),
		Ways: []Way{{b.T("catalogue.new"), catalogues + "/new"}}}
	for _, a := range v.Apps() {
		var types []string
		for name, t := range a.Catalogue.Types {
			types = append(types, frame.PlainName(name)+" ("+strconv.Itoa(len(t.Actions))+")")
		}
		slices.Sort(types)
		apps.Rows = append(apps.Rows, []Cell{{Text: a.Name, Code: string(a.ID), To: catalogues + "/" + string(a.ID)}, {Text: strings.Join(types, ", ")}})
	}
	clients := Table{ID: "clients", Caption: b.T("applications.clients"), Columns: []string{b.T("applications.client"), b.T("applications.redirects"), b.T("applications.switches")},
		Empty: b.T("applications.no_clients"), Ways: []Way{{b.T("applications.new"), "/organisation/applications/new"}}}
	slices.SortStableFunc(all, func(a, b application.Client) int { return strings.Compare(ended(a.Ended), ended(b.Ended)) })
	for _, c := range all {
		first := Cell{Text: label(c.Name, string(c.ID)), Code: string(c.ID), To: "/organisation/applications/clients/" + string(c.ID)}
		if c.Ended {
			first.To, first.Badge = "", b.T("state.over")
		}
		var switches []string
		for key, on := range map[string]bool{"public": c.Public, "exchange": c.Exchange, "stand_ins": c.StandIns} {
			if on {
				switches = append(switches, b.T("applications."+key))
			}
		}
		slices.Sort(switches)
		clients.Rows = append(clients.Rows, []Cell{first, {Text: strings.Join(c.RedirectURIs, " ")}, {Text: strings.Join(switches, ", ")}})
	}
	page := NewList(b, "applications", apps, clients)
	page.Problems = problems
	v.Show(v.W, v.R, status, "organisation-list", page)
	return nil
}

// keptClient returns the client of the address.
func (v *visit) keptClient() (application.Client, error) {
	all, err := v.Applications.KeptClients(v.R.Context(), v.Caller)
	for _, c := range all {
		if string(c.ID) == v.R.PathValue("client") {
			return c, nil
		}
	}
	if err == nil {
		err = frame.NoPage()
	}
	return application.Client{}, err
}

// client shows or takes the form of a client.
func (v *visit) client(do func(editing) error, isNew bool) error {
	if err := v.settles(); err != nil {
		return err
	}
	old := application.Client{StandIns: true}
	e := editing{to: "/organisation/applications", done: "client", inputs: map[string]string{"redirect_uris": "redirects", "post_logout": "logouts",
		"post_logout_uris": "logouts", "back_channel": "back", "back_channel_uri": "back"}}
	read := func() (err error) {
		if !isNew {
			old, err = v.keptClient()
		}
		return err
	}
	if err := read(); err != nil {
		return err
	}
	var apps []frame.Option
	for _, a := range v.Apps() {
		apps = append(apps, frame.Option{Value: string(a.ID), Label: a.Name})
	}
	e.page = func(values url.Values) *OrganisationForm { return ClientForm(v.Base, apps, old, values) }
	e.stored = func() (url.Values, error) {
		err := read()
		return clientValues(old), err
	}
	e.save = func() error {
		wish := old
		wish.Name, wish.Application, wish.BackChannel = v.text("name"), standin.ApplicationID(v.text("application")), v.text("back")
		wish.RedirectURIs, wish.PostLogout = lines(v.text("redirects")), lines(v.text("logouts"))
		wish.Exchange, wish.StandIns = v.ticked("exchange"), v.ticked("stand_ins")
		if !isNew {
			wish.Version, _ = strconv.ParseInt(v.text("version"), 10, 64) // 0 is whichever is there
			_, err := v.Applications.ChangeClient(v.R.Context(), v.Caller, wish)
			return err
		}
		wish.Public = v.ticked("public")
		made, secret, err := v.Applications.RegisterClient(v.R.Context(), v.Caller, wish)
		if err != nil {
			return err
		}
		if made.Public {
			return v.lead("/organisation/applications", "client")
		}
		return v.ok("secret", NewSecret(v.Base, "applications", label(made.Name, string(made.ID)), string(made.ID), secret, time.Time{}))
	}
	if isNew {
		e.to = ""
	}
	return do(e)
}

// clientValues are the inputs for the client as it is.
func clientValues(c application.Client) url.Values {
	values := url.Values{"name": {c.Name}, "application": {string(c.Application)}, "redirects": {strings.Join(c.RedirectURIs, "\n")},
		"logouts": {strings.Join(c.PostLogout, "\n")}, "back": {c.BackChannel}}
	if c.Version > 0 {
		values.Set("version", strconv.FormatInt(c.Version, 10))
	}
	for name, on := range map[string]bool{"public": c.Public, "exchange": c.Exchange, "stand_ins": c.StandIns} {
		if on {
			values.Set(name, "yes")
		}
	}
	return values
}

// ClientForm returns the form of a client; its id is "" for a new one.
func ClientForm(b frame.Base, apps []frame.Option, c application.Client, values url.Values) *OrganisationForm {
	heading, action := b.T("applications.new"), "/organisation/applications/new"
	if c.ID != "" {
		heading, action = b.T("applications.edit"), "/organisation/applications/clients/"+string(c.ID)
	}
	page := newForm(b, "applications", heading)
	page.Action, page.Version = action, values.Get("version")
	tick := func(name string) frame.Option {
		return frame.Option{Value: name, Label: b.T("applications." + name), Hint: b.T("applications." + name + "_hint"), Picked: values.Get(name) == "yes"}
	}
	options := append([]frame.Option{{Value: "", Label: b.T("applications.no_application")}}, apps...)
	ticks := []frame.Option{tick("stand_ins"), tick("exchange")}
	if c.ID == "" {
		page.Save, ticks = b.T("applications.register"), append(ticks, tick("public"))
	}
	page.Sections = []Section{
		{Legend: b.T("applications.client"), Inputs: []frame.Field{
			{Name: "name", Label: b.T("applications.client_name"), Value: values.Get("name"), Required: true, Most: 200},
			{Name: "application", Label: b.T("applications.of"), Kind: "select", Value: values.Get("application"), Options: picked(values.Get("application"), options...)}}},
		{Legend: b.T("applications.addresses"), Inputs: []frame.Field{
			{Name: "redirects", Label: b.T("applications.redirects"), Hint: b.T("applications.redirects_hint"), Kind: "lines", Value: values.Get("redirects"), Required: true},
			{Name: "logouts", Label: b.T("applications.logouts"), Hint: b.T("applications.logouts_hint"), Kind: "lines", Value: values.Get("logouts")},
			{Name: "back", Label: b.T("applications.back"), Hint: b.T("applications.back_hint"), Value: values.Get("back")}}},
		{Legend: b.T("applications.switches"), Ticks: ticks},
	}
	if c.ID != "" {
		page.Doing = doings(b, action)
		if c.Public {
			page.Doing = page.Doing[1:]
		}
	}
	return page
}

func (v *visit) rotateClient() error {
	if err := v.RequireProof(); err != nil {
		return err
	}
	c, secret, err := v.Applications.RotateClient(v.R.Context(), v.Caller, standin.ClientID(v.R.PathValue("client")), v.overlap())
	if problems, ok := v.problems(err); ok {
		return v.listApplications(frame.StatusOf(err), problems)
	} else if err != nil {
		return err
	}
	return v.ok("secret", NewSecret(v.Base, "applications", label(c.Name, string(c.ID)), string(c.ID), secret, c.Former))
}

func (v *visit) endClient() error {
	if err := v.RequireProof(); err != nil {
		return err
	}
	err := v.Applications.EndClient(v.R.Context(), v.Caller, standin.ClientID(v.R.PathValue("client")))
	if problems, ok := v.problems(err); ok {
		return v.listApplications(frame.StatusOf(err), problems)
	} else if err != nil {
		return err
	}
	return v.lead("/organisation/applications", "client_ended")
}
