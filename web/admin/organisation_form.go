package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"net/url"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/web/frame"
)

// OrganisationForm changes one thing of the organisation: its settings, a unit, a role, a key, a client. What that would end
// or widen is told before it is saved.
type OrganisationForm struct {
	frame.Base
	Tabs           []frame.Tab
	Heading, Lead  string
	Action         string
	Back, BackText string
	Version        string
	Sections       []Section
	Effects        []Effect    // what saving would do
	Told           string      // what they were told of; the next step saves that
	Meanwhile      []Meanwhile // what somebody else saved, where it differs from what was typed
	Save           string
	Doing          []Doing
	History        []NoticeVersion
	Shown          []Table // what there is, to be read
	Trying         *Trying // guardrails of the form, before they hold; nil where it has none
	Testing        *RoleTest
}

// Section is a part of a form.
type Section struct {
	Legend, Hint string
	Inputs       []frame.Field
	Ticks        []frame.Option // by the names of their inputs
	Name         string         // of the input of Picks
	Picks        []frame.Option
	Problem      string
	Folded       bool
}

// Meanwhile is an input that somebody else changed while this form was open.
type Meanwhile struct{ Label, Theirs, Yours string }

// Doing is something else that can be done with the thing, at once.
type Doing struct {
	Action, Label, Hint string
	Grave               bool
	Inputs              []frame.Field
}

// editing is how a form is shown and taken. Values are its inputs by their names.
type editing struct {
	page    func(values url.Values) *OrganisationForm
	stored  func() (url.Values, error)
	preview func() (impact.Outcome, error) // nil where nothing follows that is worth telling
	warn    func() []Effect                // what is told before it is saved, where no room works that out; nil for nothing
	save    func() error
	inputs  map[string]string // inputs by the fields that rooms name, where they differ
	to      string
	done    string
	answers bool // save answers itself
}

// settles refuses who may not change the organisation's settings.
func (v *visit) settles() error {
	err := v.DB.View(v.R.Context(), func(ctx context.Context, tx *db.Tx) error {
		return v.Directory.Require(ctx, tx, v.Caller, "settings", "manage", "")
	})
	if err != nil {
		return err
	}
	return v.RequireProof()
}

// Tabs are the pages of the organisation that the reader may open; here is the name of the present one, "" for settings.
func Tabs(b frame.Base, here string) []frame.Tab {
	var all []frame.Tab
	for _, name := range []string{"", "units", "roles", "apps", "rules", "keys"} {
		if name == "rules" && !b.Menu.Rules || name != "rules" && !b.Menu.Organisation {
			continue
		}
		key := "organisation.settings"
		if name != "" {
			key = name + ".title"
		}
		all = append(all, frame.Tab{Label: b.T(key), To: tabAt(name), Here: name == here})
	}
	return all
}

// tabAt is where the tab of the name leads.
func tabAt(name string) string {
	switch name {
	case "":
		return "/organisation"
	case "apps":
		return clients
	}
	return "/organisation/" + name
}

// offer shows the form with what is stored. Who asks was found to settle such things before.
func (v *visit) offer(e editing) error {
	values, err := e.stored()
	if err != nil {
		return err
	}
	return v.ok("organisation-form", e.page(values))
}

// take saves what was sent, or first says what that would do.
func (v *visit) take(e editing) error {
	values := v.R.PostForm
	if e.preview != nil && (values.Get("do") != "save" || values.Get("told") != fingerprint(values)) {
		o, err := e.preview()
		if err != nil {
			return v.refuseForm(e, values, err)
		}
		if !o.Changed {
			return v.lead(e.to, "unchanged")
		}
		if len(o.Effects) > 0 {
			page := e.page(values)
			page.Effects, page.Told = v.effects(o), fingerprint(values)
			return v.ok("organisation-form", page)
		}
	}
	if e.warn != nil && (values.Get("do") != "save" || values.Get("told") != fingerprint(values)) {
		if effects := e.warn(); len(effects) > 0 {
			page := e.page(values)
			page.Effects, page.Told = effects, fingerprint(values)
			return v.ok("organisation-form", page)
		}
	}
	if err := e.save(); err != nil {
		return v.refuseForm(e, values, err)
	}
	if e.to == "" || e.answers {
		return nil // it was answered already
	}
	return v.lead(e.to, e.done)
}

// refuseForm shows the form again as it was sent, with what is to be changed, and what somebody else saved meanwhile.
func (v *visit) refuseForm(e editing, values url.Values, err error) error {
	p, ok := v.Problem(err)
	refusal, known := errors.AsType[*standin.Error](err)
	if !ok || !known || refusal.Kind == standin.NotFound && refusal.Field == "" {
		return err
	}
	p.Field = strings.TrimPrefix(refusal.Field, "settings.")
	if to, there := e.inputs[refusal.Field]; there {
		p.Field = to
	}
	page := e.page(values)
	if !page.has(p.Field) {
		p.Field = ""
	}
	page.wrong(p)
	if refusal.Code == "directory.changed" || refusal.Code == "application.changed" {
		now, err := e.stored()
		if err != nil {
			return err
		}
		page.Meanwhile, page.Version = page.against(e.page(now)), now.Get("version")
	}
	v.Show(v.W, v.R, frame.StatusOf(err), "organisation-form", page)
	return nil
}

// has reports whether the form has the input.
func (f *OrganisationForm) has(name string) bool {
	if f.Trying != nil && asks(name) || f.Testing != nil && tests(name) {
		return true
	}
	for _, s := range f.Sections {
		if name != "" && s.Name == name {
			return true
		}
		for _, in := range s.Inputs {
			if in.Name == name {
				return true
			}
		}
	}
	return false
}

// wrong puts the problem where it belongs.
func (f *OrganisationForm) wrong(p frame.Problem) {
	f.Problems = append(f.Problems, p)
	for i, s := range f.Sections {
		if p.Field != "" && s.Name == p.Field {
			f.Sections[i].Problem = p.Text
		}
		f.Sections[i].Inputs = f.Fields(s.Inputs...)
	}
	if f.Trying != nil {
		f.Trying.Ask = f.Fields(f.Trying.Ask...)
	}
	if f.Testing != nil {
		f.Testing.Ask = f.Fields(f.Testing.Ask...)
	}
}

// against returns the inputs that differ from what is stored by now.
func (f *OrganisationForm) against(now *OrganisationForm) []Meanwhile {
	mine, theirs := f.written(), now.written()
	var all []Meanwhile
	for _, m := range mine {
		for _, t := range theirs {
			if m.Label == t.Label && m.Yours != t.Yours {
				all = append(all, Meanwhile{Label: m.Label, Theirs: t.Yours, Yours: m.Yours})
			}
		}
	}
	return all
}

// written returns what the form holds, as people read it.
func (f *OrganisationForm) written() (all []Meanwhile) {
	yes := map[bool]string{true: f.T("form.yes"), false: f.T("form.no")}
	for _, s := range f.Sections {
		for _, in := range s.Inputs {
			value := in.Value
			for _, o := range in.Options {
				if in.Select() && o.Picked {
					value = o.Label
				}
			}
			all = append(all, Meanwhile{Label: in.Label, Yours: value})
		}
		for _, t := range append(append([]frame.Option{}, s.Ticks...), s.Picks...) {
			all = append(all, Meanwhile{Label: t.Label, Yours: yes[t.Picked]})
		}
	}
	return all
}

// picked are the options of a select, of which value is picked.
func picked(value string, options ...frame.Option) []frame.Option {
	for i := range options {
		options[i].Picked = options[i].Value == value
	}
	return options
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

// text is what was typed into the input.
func (v *visit) text(name string) string { return strings.TrimSpace(v.R.PostFormValue(name)) }

// ticked reports whether the input was ticked.
func (v *visit) ticked(name string) bool { return v.R.PostFormValue(name) == "yes" }

// problems returns what a list shows above itself where something that was done from it was refused.
func (v *visit) problems(err error) ([]frame.Problem, bool) {
	p, ok := v.Problem(err)
	if !ok || standin.KindOf(err) == standin.NotFound {
		return nil, false
	}
	return []frame.Problem{{Text: p.Text}}, true
}

// fingerprint tells whether the form is the one whose effects were told.
func fingerprint(values url.Values) string {
	typed := maps.Clone(values)
	for _, name := range []string{"identity", "do", "told"} {
		typed.Del(name)
	}
	sum := sha256.Sum256([]byte(strings.ReplaceAll(typed.Encode(), "%0D%0A", "%0A"))) // as browsers end lines
	return hex.EncodeToString(sum[:8])
}
