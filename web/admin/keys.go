package admin

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/web/frame"
)

func keyPages() pages {
	return pages{
		"GET /organisation/keys":               func(v *visit) error { return v.keys(200, nil) },
		"GET /organisation/keys/new":           func(v *visit) error { return v.key(v.offer, true) },
		"POST /organisation/keys/new":          func(v *visit) error { return v.key(v.take, true) },
		"GET /organisation/keys/{key}":         func(v *visit) error { return v.key(v.offer, false) },
		"POST /organisation/keys/{key}":        func(v *visit) error { return v.key(v.take, false) },
		"POST /organisation/keys/{key}/rotate": (*visit).rotateKey,
		"POST /organisation/keys/{key}/end":    (*visit).endKey,
	}
}

// keys lists the API keys, those that ended last.
func (v *visit) keys(status int, problems []frame.Problem) error {
	if err := v.settles(); err != nil {
		return err
	}
	all, err := v.Applications.KeptKeys(v.R.Context(), v.Caller)
	if err != nil {
		return err
	}
	var used map[standin.KeyID]time.Time
	if err := v.view(func(ctx context.Context, tx *db.Tx) (err error) {
		used, err = v.Applications.LastUses(ctx, tx, v.Caller.Organisation)
		return err
	}); err != nil {
		return err
	}
	b, names := v.Base, map[standin.ApplicationID]string{}
	if apps, err := v.applications(); err != nil {
		return err
	} else {
		for _, a := range apps {
			names[a.ID] = a.Name
		}
	}
	t := Table{ID: "all", Caption: b.T("keys.title"), Columns: []string{b.T("keys.name"), b.T("keys.may"), b.T("keys.used"), b.T("keys.expires")}, Empty: b.T("keys.none")}
	slices.SortStableFunc(all, func(a, b application.Key) int { return strings.Compare(ended(a.Ended), ended(b.Ended)) })
	for _, k := range all {
		first := Cell{Text: label(k.Name, string(k.ID)), Code: string(k.ID), To: "/organisation/keys/" + string(k.ID)}
		expires := Cell{Text: b.T("keys.never")}
		if !k.Expires.IsZero() {
			expires.Text = b.Until(k.Expires).Text
		}
		if k.Ended {
			first.To, first.Badge = "", b.T("state.over")
		} else if !k.Live(b.Now) {
			first.Badge = b.T("keys.expired")
		}
		last := Cell{Text: b.T("keys.unused")}
		if at := used[k.ID]; !at.IsZero() {
			last.Text = b.Near(at).Text
		}
		t.Rows = append(t.Rows, []Cell{first, {Text: strings.Join(v.entitled(k.May, names), ", ")}, last, expires})
	}
	page := NewList(b, "keys", t)
	page.Ways, page.Problems = []Way{{b.T("keys.new"), "/organisation/keys/new"}}, problems
	v.Show(v.W, v.R, status, "organisation-list", page)
	return nil
}

// ended puts what is over last.
func ended(over bool) string {
	if over {
		return "1"
	}
	return "0"
}

// label is the name, or the id where there is none.
func label(name, id string) string {
	if name == "" {
		return id
	}
	return name
}

// entitled says what a key may, where names are those of applications.
func (v *visit) entitled(may []string, names map[standin.ApplicationID]string) (all []string) {
	for _, m := range may {
		if id, ok := application.Within(m); ok {
			all = append(all, v.Base.T("keys.may_record_in", "Name", label(names[id], string(id))))
			continue
		}
		all = append(all, v.Base.T("keys.may_"+m))
	}
	return all
}

// applications are those of the organisation.
func (v *visit) applications() (list []application.Application, err error) {
	err = v.view(func(ctx context.Context, tx *db.Tx) (err error) {
		list, err = v.Applications.List(ctx, tx, v.Caller.Organisation)
		return err
	})
	return list, err
}

// keptKey returns the key of the address.
func (v *visit) keptKey() (application.Key, error) {
	all, err := v.Applications.KeptKeys(v.R.Context(), v.Caller)
	for _, k := range all {
		if string(k.ID) == v.R.PathValue("key") {
			return k, nil
		}
	}
	if err == nil {
		err = frame.NoPage()
	}
	return application.Key{}, err
}

// key shows or takes the form of an API key.
func (v *visit) key(do func(editing) error, isNew bool) error {
	if err := v.settles(); err != nil {
		return err
	}
	var old application.Key
	e := editing{to: "/organisation/keys", done: "key", inputs: map[string]string{"may": "may"}}
	read := func() (err error) {
		if !isNew {
			old, err = v.keptKey()
		}
		return err
	}
	if err := read(); err != nil {
		return err
	}
	apps, err := v.applications()
	if err != nil {
		return err
	}
	e.page = func(values url.Values) *OrganisationForm { return KeyForm(v.Base, string(old.ID), apps, values) }
	e.stored = func() (url.Values, error) {
		err := read()
		values := url.Values{"name": {old.Name}, "may": old.May, "expires": {lastDay(v.Base, old.Expires)}}
		if old.Version > 0 {
			values.Set("version", strconv.FormatInt(old.Version, 10))
		}
		return values, err
	}
	e.save = func() error {
		wish := application.KeepKeys{Name: v.text("name"), May: v.R.PostForm["may"]}
		if day := v.text("expires"); day == lastDay(v.Base, old.Expires) {
			wish.Expires = old.Expires
		} else if day != "" {
			end, err := delegation.AtWallClock(day, v.Base.Zone(), delegation.End)
			if err != nil {
				return standin.Refuse(standin.Invalid, "web.key", "web.date", "This is no date. Write it as 2026-12-31.").On("expires")
			}
			wish.Expires = end
		}
		if !isNew {
			version, _ := strconv.ParseInt(v.text("version"), 10, 64) // 0 is whichever is there
			_, err := v.Applications.ChangeKey(v.R.Context(), v.Caller, old.ID, wish, version)
			return err
		}
		made, secret, err := v.Applications.MakeKey(v.R.Context(), v.Caller, wish)
		if err != nil {
			return err
		}
		return v.ok("secret", NewSecret(v.Base, "keys", label(made.Name, string(made.ID)), string(made.ID), secret, time.Time{}))
	}
	if isNew {
		e.to = ""
	}
	return do(e)
}

// lastDay is the day at whose end the instant is.
func lastDay(b frame.Base, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return b.Date(t.Add(-time.Microsecond))
}

// KeyForm returns the form of an API key of an organisation with these applications; id is "" for a new one.
func KeyForm(b frame.Base, id string, apps []application.Application, values url.Values) *OrganisationForm {
	heading, action := b.T("keys.new"), "/organisation/keys/new"
	if id != "" {
		heading, action = b.T("keys.edit"), "/organisation/keys/"+id
	}
	page := newForm(b, "keys", heading)
	page.Action, page.Version = action, values.Get("version")
	if id == "" {
		page.Save = b.T("keys.make")
	}
	var may []frame.Option
	for _, m := range application.Entitlements() {
		if m == "record" {
			may = append(may, tellingOf(b, apps, values["may"])...)
		}
		may = append(may, frame.Option{Value: m, Label: b.T("keys.may_" + m), Hint: b.T("keys.may_" + m + "_hint"), Picked: slices.Contains(values["may"], m)})
	}
	page.Sections = []Section{
		{Legend: b.T("keys.itself"), Inputs: []frame.Field{
			{Name: "name", Label: b.T("keys.name"), Hint: b.T("keys.name_hint"), Value: values.Get("name"), Required: true, Most: 200},
			{Name: "expires", Label: b.T("keys.expires"), Hint: b.T("keys.expires_hint"), Kind: "date", Value: values.Get("expires")}}},
		{Legend: b.T("keys.may"), Name: "may", Picks: may},
	}
	if id != "" {
		page.Doing = doings(b, action)
	}
	return page
}

// tellingOf are the applications whose doings the key could tell.
func tellingOf(b frame.Base, apps []application.Application, may []string) (all []frame.Option) {
	for _, a := range apps {
		what := "record:" + string(a.ID)
		all = append(all, frame.Option{Value: what, Label: b.T("keys.may_record_in", "Name", label(a.Name, string(a.ID))), Hint: b.T("keys.may_record_in_hint"),
			Picked: slices.Contains(may, what)})
	}
	return all
}

// doings are the ways to give something with a secret another one, and to end it.
func doings(b frame.Base, action string) []Doing {
	overlap := frame.Field{Name: "overlap", Label: b.T("secret.overlap"), Kind: "select", Options: picked("24h", frame.Option{Value: "0s", Label: b.T("secret.overlap_none")},
		frame.Option{Value: "1h", Label: b.Span(time.Hour)}, frame.Option{Value: "24h", Label: b.Span(24 * time.Hour)}, frame.Option{Value: "168h", Label: b.Span(7 * 24 * time.Hour)})}
	return []Doing{{Action: action + "/rotate", Label: b.T("secret.rotate"), Hint: b.T("secret.rotate_hint"), Inputs: []frame.Field{overlap}},
		{Action: action + "/end", Label: b.T("secret.end"), Hint: b.T("secret.end_hint"), Grave: true}}
}

// NewSecret returns the page that shows the secret.
func NewSecret(b frame.Base, here, name, id, secret string, former time.Time) *Secret {
	b.Nav = "organisation"
	page := &Secret{Base: b, Tabs: Tabs(b, here), Heading: b.T("secret.title"), Lead: b.T("secret.lead"), Name: name, ID: id, Secret: secret, Back: tabAt(here)}
	if !former.IsZero() {
		page.Former, page.Overlaps = b.Near(former), true
	}
	return page
}

// overlap is for how long the secret before is to work.
func (v *visit) overlap() time.Duration {
	d, err := time.ParseDuration(v.text("overlap"))
	if err != nil {
		return -1 // which the room refuses with what is wrong
	}
	return d
}

func (v *visit) rotateKey() error {
	if err := v.RequireProof(); err != nil {
		return err
	}
	k, secret, err := v.Applications.RotateKey(v.R.Context(), v.Caller, standin.KeyID(v.R.PathValue("key")), v.overlap())
	if problems, ok := v.problems(err); ok {
		return v.keys(frame.StatusOf(err), problems)
	} else if err != nil {
		return err
	}
	return v.ok("secret", NewSecret(v.Base, "keys", label(k.Name, string(k.ID)), string(k.ID), secret, k.Former))
}

func (v *visit) endKey() error {
	if err := v.RequireProof(); err != nil {
		return err
	}
	err := v.Applications.EndKey(v.R.Context(), v.Caller, standin.KeyID(v.R.PathValue("key")))
	if problems, ok := v.problems(err); ok {
		return v.keys(frame.StatusOf(err), problems)
	} else if err != nil {
		return err
	}
	return v.lead("/organisation/keys", "key_ended")
}
