package web

import (
	"net/http"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/words"
)

// Settings are a person's own: language, zone, look, password, and where they are signed in.
type Settings struct {
	frame.Base
	Barred   string // why nothing can be changed now
	Speaking []frame.Field
	Password []frame.Field
	Browsers []Browser
	Others   bool
}

// Browser is one sign-in of the person.
type Browser struct {
	ID          string
	Agent, From string
	Since, Seen frame.Moment
	Here        bool
}

// NewSettings returns the page with what was chosen.
func NewSettings(b frame.Base, language, zone string, browsers []Browser) *Settings {
	page := &Settings{Base: b, Browsers: browsers, Others: len(browsers) > 1}
	if b.Acting != nil {
		page.Barred = b.T("settings.acting", "Principal", b.Acting.Principal.Name)
	}
	options := []frame.Option{{Value: "", Label: b.T("settings.browser"), Picked: language == ""}}
	for _, tag := range words.Languages() {
		options = append(options, frame.Option{Value: tag, Label: b.T("language." + tag), Picked: tag == language})
	}
	page.Speaking = b.Fields(frame.Field{Name: "speaks", Label: b.T("settings.speaks"), Kind: "select", Options: options},
		frame.Field{Name: "zone", Label: b.T("settings.zone"), Hint: b.T("setup.zone_hint"), Value: zone, Options: ZoneOptions()})
	page.Password = b.Fields(frame.Field{Name: "former", Label: b.T("settings.former"), Kind: "password", Required: true, Complete: "current-password"},
		frame.Field{Name: "password", Label: b.T("settings.fresh"), Hint: b.T("settings.password_hint"), Kind: "password", Required: true, Complete: "new-password"})
	return page
}

func (v *visit) showSettings() error {
	return v.settingsPage(http.StatusOK, v.Person.Language, v.Person.TimeZone)
}

func (v *visit) settingsPage(status int, language, zone string) error {
	all, err := v.Signin.Browsers(v.R.Context(), v.Caller)
	if err != nil {
		return err
	}
	var browsers []Browser
	for _, b := range all {
		browsers = append(browsers, Browser{ID: string(b.ID), Agent: b.From.Agent, From: b.From.Address, Since: v.Base.Near(b.Since), Seen: v.Base.Near(b.Seen), Here: b.Here})
	}
	v.Show(v.W, v.R, status, "settings", NewSettings(v.Base, language, zone, browsers))
	return nil
}

// changeSettings changes one part of the settings, and shows them again.
func (v *visit) changeSettings() error {
	ctx, done := v.R.Context(), "settings"
	var err error
	switch v.R.PathValue("what") {
	case "language":
		language := v.R.PostFormValue("speaks")
		if err = v.Directory.SetPreferences(ctx, v.Caller, v.R.PostFormValue("zone"), language); err == nil {
			v.Speak(v.W, language)
		}
	case "password":
		done = "password"
		var token string
		if token, _, err = v.Signin.ChangePassword(ctx, v.Token, v.R.PostFormValue("former"), v.R.PostFormValue("password"), frame.Origin(v.R)); err == nil {
			v.Hold(v.W, token)
		}
	case "browser":
		done = "browser_ended"
		err = v.Signin.OutElsewhere(ctx, v.Caller, standin.LoginID(v.R.PostFormValue("login")))
	case "browsers":
		done = "browser_ended"
		err = v.outElsewhere()
	default:
		return frame.NoPage()
	}
	if err != nil {
		return v.refuseSettings(err)
	}
	v.Tell("done." + done)
	http.Redirect(v.W, v.R, "/settings", http.StatusSeeOther)
	return nil
}

// outElsewhere ends every sign-in of the person but this one.
func (v *visit) outElsewhere() error {
	all, err := v.Signin.Browsers(v.R.Context(), v.Caller)
	for _, b := range all {
		if err == nil && !b.Here {
			if err = v.Signin.OutElsewhere(v.R.Context(), v.Caller, b.ID); standin.KindOf(err) == standin.NotFound {
				err = nil // it ended by itself meanwhile
			}
		}
	}
	return err
}

// refuseSettings shows the settings again with what is to be changed.
func (v *visit) refuseSettings(err error) error {
	e := refusal(err)
	if e == nil || e.Kind != standin.Invalid && e.Kind != standin.Denied && e.Kind != standin.TooMany && e.Code != "signin.not_right" {
		return err
	}
	field := map[string]string{"time_zone": "zone", "language": "speaks", "password": "password"}[e.Field]
	if e.Code == "signin.not_right" || field == "" && v.R.PathValue("what") == "password" {
		field = "former"
	}
	v.Base.Problems = []frame.Problem{{Field: field, Text: v.Base.Error(e)}}
	language, zone := v.Person.Language, v.Person.TimeZone
	if v.R.PathValue("what") == "language" {
		language, zone = v.R.PostFormValue("speaks"), v.R.PostFormValue("zone")
	}
	return v.settingsPage(frame.StatusOf(err), language, zone)
}
