package apps

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/docs/recipes"
	"github.com/standin-id/standin/web/admin"
	"github.com/standin-id/standin/web/frame"
)

// Recipes lets choose how an application is to be connected.
type Recipes struct {
	frame.Base
	Tabs []frame.Tab
	Ways []Way
}

// Way is a recipe to choose.
type Way struct{ To, Name, Text string }

// New is the form by which an application is registered.
type New struct {
	frame.Base
	Tabs     []frame.Tab
	Recipe   string
	Name     string // of the recipe
	Inputs   []frame.Field
	Ticks    []frame.Option
	ReadsAct bool // the recipe's application reads who acts
	Example  string
}

// offer shows the recipes, or the form of the one that was chosen.
func (v *visit) offer() error {
	if err := v.settles(v.Caller); err != nil {
		return err
	}
	r, known := recipes.Get(v.R.URL.Query().Get("recipe"))
	if !known {
		v.Show(v.W, v.R, http.StatusOK, "app-recipes", NewRecipes(v.Base))
		return nil
	}
	v.Show(v.W, v.R, http.StatusOK, "app-new", NewApp(v.Base, r, v.catalogues(), url.Values{"stand_ins": {"yes"}}))
	return nil
}

// NewRecipes returns the page of recipes.
func NewRecipes(b frame.Base) *Recipes {
	b.Nav = "organisation"
	page := &Recipes{Base: b, Tabs: admin.Tabs(b, "apps")}
	for _, r := range recipes.All() {
		page.Ways = append(page.Ways, Way{Root + "/new?recipe=" + r.ID, b.T("apps.recipe_" + r.ID), b.T("apps.recipe_" + r.ID + "_text")})
	}
	return page
}

// NewApp returns the form for an application of the recipe.
func NewApp(b frame.Base, r recipes.Recipe, catalogues []frame.Option, values url.Values) *New {
	b.Nav = "organisation"
	page := &New{Base: b, Tabs: admin.Tabs(b, "apps"), Recipe: r.ID, Name: b.T("apps.recipe_" + r.ID), ReadsAct: r.ReadsAct,
		Example: b.T("who.for", "Actor", b.Me.Name, "Principal", b.T("apps.somebody"))}
	page.Inputs = []frame.Field{
		{Name: "name", Label: b.T("apps.name"), Hint: b.T("apps.name_hint"), Value: values.Get("name"), Required: true, Most: 200},
	}
	if r.ID == "other" {
		page.Inputs = append(page.Inputs, frame.Field{Name: "redirects", Label: b.T("apps.redirects"), Hint: b.T("apps.redirects_hint"), Kind: "lines",
			Value: values.Get("redirects"), Required: true})
	} else {
		page.Inputs = append(page.Inputs, frame.Field{Name: "address", Label: b.T("apps.address"), Hint: b.T("apps.address_hint", "Path", r.Redirect),
			Value: values.Get("address"), Required: true, Most: 300})
	}
	for i := range catalogues {
		catalogues[i].Picked = catalogues[i].Value == values.Get("application")
	}
	page.Inputs = append(page.Inputs, frame.Field{Name: "application", Label: b.T("apps.application"), Hint: b.T("apps.application_hint"), Kind: "select",
		Options: append([]frame.Option{{Label: b.T("apps.no_application")}}, catalogues...)})
	names := []string{"stand_ins"}
	if r.ID == "other" {
		names = append(names, "reads_act", "public")
	}
	for _, name := range names {
		page.Ticks = append(page.Ticks, frame.Option{Value: name, Label: b.T("apps." + name), Hint: b.T("apps." + name + "_hint"), Picked: values.Get(name) == "yes"})
	}
	page.Inputs = b.Fields(page.Inputs...)
	return page
}

// catalogues are the applications of which a client can speak.
func (v *visit) catalogues() (all []frame.Option) {
	for _, a := range v.Apps() {
		all = append(all, frame.Option{Value: string(a.ID), Label: a.Name})
	}
	return all
}

// take registers what the form says, and shows it with its secret, once.
func (v *visit) take() error {
	if err := v.settles(v.Caller); err != nil {
		return err
	}
	r, known := recipes.Get(v.R.PostFormValue("recipe"))
	if !known {
		return frame.NoPage()
	}
	c, err := v.wanted(r)
	if err == nil {
		var secret string
		if c, secret, err = v.Applications.RegisterClient(v.R.Context(), v.Caller, c); err == nil {
			v.Show(v.W, v.R, http.StatusCreated, "app", v.shown(c, nil, secret))
			return nil
		}
	}
	p, ok := v.Problem(err)
	refusal, is := errors.AsType[*standin.Error](err)
	if !ok || !is {
		return err
	}
	p.Field = inputOf(refusal.Field, r)
	b := v.Base
	b.Problems = append(b.Problems, p)
	v.Show(v.W, v.R, frame.StatusOf(err), "app-new", NewApp(b, r, v.catalogues(), v.R.PostForm))
	return nil
}

// inputOf is the input in which a field of the client is typed.
func inputOf(field string, r recipes.Recipe) string {
	switch field {
	case "name", "address", "application":
		return field
	case "redirect_uris":
		if r.ID == "other" {
			return "redirects"
		}
		return "address"
	}
	return ""
}

// wanted is the client that the form asks for: its addresses are the recipe's, on the origin that was typed.
func (v *visit) wanted(r recipes.Recipe) (application.Client, error) {
	text := func(name string) string { return strings.TrimSpace(v.R.PostFormValue(name)) }
	on := func(name string) bool { return v.R.PostFormValue(name) == "yes" }
	c := application.Client{Name: text("name"), Application: standin.ApplicationID(text("application")), Recipe: r.ID, StandIns: on("stand_ins"),
		ReadsAct: r.ReadsAct}
	if r.ID == "other" {
		c.RedirectURIs, c.ReadsAct, c.Public = lines(text("redirects")), on("reads_act"), on("public")
		return c, nil
	}
	origin, err := originOf(text("address"))
	if err != nil {
		return c, err
	}
	at := func(path string) string {
		if path == "" {
			return ""
		}
		return origin + path
	}
	c.RedirectURIs, c.PostLogout = []string{at(r.Redirect)}, []string{at(r.PostLogout)}
	c.BackChannel, c.Initiate = at(r.BackChannel), at(r.Initiate)
	return c, nil
}

// originOf returns the origin of the address that somebody typed, whose scheme may be missing. What can be in it is narrow,
// for it is written into configurations.
func originOf(text string) (string, error) {
	if !strings.Contains(text, "://") {
		if plain := "http://" + text; application.CheckURI(plain, "address") == nil {
			text = plain // on this machine
		} else {
			text = "https://" + text
		}
	}
	if err := application.CheckURI(text, "address"); err != nil {
		return "", err
	}
	origin := application.Origin(text)
	_, host, _ := strings.Cut(origin, "://")
	if strings.ContainsFunc(host, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-.:[]", r)
	}) {
		return "", standin.Refuse(standin.Invalid, "web.apps", "web.bad_origin", "Write the address as it is in the browser, such as https://desk.example.org.").
			On("address")
	}
	return origin, nil
}

// lines are those of the text that say something.
func lines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}
