package admin

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting/impact"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/web/frame"
)

func organisationViews() map[string]frame.Page {
	return map[string]frame.Page{"organisation-form": &OrganisationForm{}, "organisation-list": &OrganisationList{}, "secret": &Secret{}, "reports": &Reports{},
		"rules": &Rules{}}
}

func organisationPages() pages {
	all := pages{
		"GET /organisation":  func(v *visit) error { return v.settings(nil) },
		"POST /organisation": func(v *visit) error { return v.settings(v.take) },
	}
	for _, some := range []pages{unitPages(), rolePages(), applicationPages(), cataloguePages(), rulesPages(), keyPages(), reportPages()} {
		maps.Copy(all, some)
	}
	return all
}

// NoticeVersion is a privacy notice as it was in force from an instant on.
type NoticeVersion struct {
	Since         time.Time
	Version, Text string
	By            string
}

// settings shows the organisation's settings, or takes them.
func (v *visit) settings(do func(editing) error) error {
	if err := v.settles(); err != nil {
		return err
	}
	if do == nil {
		do = v.offer
	}
	e := editing{to: "/organisation", done: "organisation", inputs: map[string]string{"settings.acting.default": "acting_default",
		"settings.acting.max": "acting_max", "settings.delegation.max": "delegation_max", "settings.privacy_notice.version": "notice_version",
		"settings.privacy_notice": "notice_text"}}
	e.page = func(values url.Values) *OrganisationForm {
		page := Settings(v.Base, values)
		page.History = v.notices()
		return page
	}
	e.stored = func() (url.Values, error) { return settingsValues(v.Visit.Visit.Organisation), nil }
	e.preview = func() (impact.Outcome, error) {
		o, err := v.wanted()
		if err != nil {
			return impact.Outcome{}, err
		}
		return v.Previews.PutOrganisation(v.R.Context(), v.Caller, o)
	}
	e.save = func() error {
		o, err := v.wanted()
		if err == nil {
			_, err = v.Directory.PutOrganisation(v.R.Context(), v.Caller, o)
		}
		return err
	}
	return do(e)
}

// settingsValues are the inputs for the organisation as it is.
func settingsValues(o directory.Organisation) url.Values {
	s := o.Settings
	values := url.Values{"version": {strconv.FormatInt(o.Version, 10)}, "name": {o.Name}, "word": {s.Word}, "acting_default": {directory.Span(s.Acting.Default)},
		"acting_max": {directory.Span(s.Acting.Max)}, "calls": {s.Calls}, "time_zone": {s.TimeZone},
		"notice_version": {s.PrivacyNotice.Version}, "notice_text": {s.PrivacyNotice.Text}}
	if s.Delegation.Max > 0 {
		values.Set("delegation_max", directory.Span(s.Delegation.Max))
	}
	for name, on := range map[string]bool{"accept": s.Delegation.Accept, "super": s.Impersonation.SuperAdminsOnly, "notify": s.Impersonation.NotifyChanges,
		"record_own": s.Decisions.RecordOwn} {
		if on {
			values.Set(name, "yes")
		}
	}
	return values
}

// Settings returns the form of the organisation's settings, filled in.
func Settings(b frame.Base, values url.Values) *OrganisationForm {
	b.Nav = "organisation"
	in := func(name, kind string, options ...frame.Option) frame.Field {
		f := frame.Field{Name: name, Label: b.T("organisation." + name), Kind: kind, Value: values.Get(name), Options: picked(values.Get(name), options...)}
		if b.Words.Has("organisation." + name + "_hint") {
			f.Hint = b.T("organisation." + name + "_hint")
		}
		return f
	}
	tick := func(name string) frame.Option {
		return frame.Option{Value: name, Label: b.T("organisation." + name), Hint: b.T("organisation." + name + "_hint"), Picked: values.Get(name) == "yes"}
	}
	var words, calls []frame.Option
	for _, word := range directory.Words() {
		words = append(words, frame.Option{Value: word, Label: b.T("word." + word + ".title")})
	}
	for _, call := range directory.Calls() {
		calls = append(calls, frame.Option{Value: call, Label: b.T("organisation.calls_" + call)})
	}
	page := &OrganisationForm{Base: b, Tabs: Tabs(b, ""), Heading: b.T("organisation.title"), Lead: b.T("organisation.lead"), Action: "/organisation",
		Version: values.Get("version"), Save: b.T("form.save")}
	page.Sections = []Section{
		{Legend: b.T("organisation.itself"), Inputs: []frame.Field{in("name", ""), in("word", "select", words...), in("time_zone", "")}},
		{Legend: b.T("organisation.sessions"), Inputs: []frame.Field{in("acting_default", ""), in("acting_max", "")}},
		{Legend: b.T("organisation.delegations"), Inputs: []frame.Field{in("delegation_max", ""), in("calls", "select", calls...)},
			Ticks: []frame.Option{tick("accept")}},
		{Legend: b.T("organisation.impersonation"), Ticks: []frame.Option{tick("super"), tick("notify")}},
		{Legend: b.T("organisation.answers"), Ticks: []frame.Option{tick("record_own")}},
		{Legend: b.T("organisation.notice"), Hint: b.T("organisation.notice_hint"),
			Inputs: []frame.Field{in("notice_version", ""), in("notice_text", "lines")}},
	}
	return page
}

// wanted is the organisation as the form says it should be.
func (v *visit) wanted() (directory.Organisation, error) {
	o := v.Visit.Visit.Organisation
	o.Version, _ = strconv.ParseInt(v.text("version"), 10, 64) // 0 is whichever is there
	o.Name = v.text("name")
	s := &o.Settings
	s.Word, s.Calls, s.TimeZone = v.text("word"), v.text("calls"), v.text("time_zone")
	for _, span := range []struct {
		name string
		to   *time.Duration
	}{{"acting_default", &s.Acting.Default}, {"acting_max", &s.Acting.Max}, {"delegation_max", &s.Delegation.Max}} {
		text := v.text(span.name)
		if text == "" && span.name == "delegation_max" {
			text = "none"
		}
		d, err := directory.ParseSpan(text)
		if err != nil {
			return o, standin.Refuse(standin.Invalid, "web.organisation", "web.span", `"{text}" is no span of time. Write 8h, 1h30m or 90d.`).
				With("text", text).On(span.name)
		}
		*span.to = d
	}
	s.Delegation.Accept, s.Impersonation.SuperAdminsOnly, s.Impersonation.NotifyChanges = v.ticked("accept"), v.ticked("super"), v.ticked("notify")
	s.Decisions.RecordOwn = v.ticked("record_own")
	s.PrivacyNotice = directory.PrivacyNotice{Version: v.text("notice_version"), Text: strings.TrimSpace(strings.ReplaceAll(v.R.PostFormValue("notice_text"), "\r\n", "\n"))}
	return o, nil
}

// notices are the versions of the organisation's own privacy notice, newest first, as the record tells them to the reader.
func (v *visit) notices() (all []NoticeVersion) {
	records, _, err := v.Directory.Audit(v.R.Context(), v.Caller, ledger.Filter{Resource: "organisation:" + string(v.Caller.Organisation), Outcome: ledger.Done},
		ledger.Cursor{}, 200)
	if err != nil {
		v.Log.WarnContext(v.R.Context(), "notices not read", "error", err)
		return nil
	}
	slices.Reverse(records)
	var last directory.PrivacyNotice
	for _, r := range records {
		var state struct {
			Settings directory.Settings `json:"settings"`
		}
		if json.Unmarshal(r.After, &state) != nil || state.Settings.PrivacyNotice == last {
			continue
		}
		last = state.Settings.PrivacyNotice
		by := v.Machine(r.Actor)
		if person := r.Actor.Person(); person != "" {
			by, _ = v.NameOf(person) // of nobody known, nothing is said
		}
		if last.Text != "" {
			all = append(all, NoticeVersion{Since: r.At, Version: last.Version, Text: last.Text, By: by})
		}
	}
	slices.Reverse(all)
	return all
}
