package apps

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/docs/recipes"
	"github.com/standin-id/standin/web/admin"
	"github.com/standin-id/standin/web/frame"
)

// App is one application: its settings in plain words, what was heard of it, and how it is configured.
type App struct {
	frame.Base
	Tabs     []frame.Tab
	Client   application.Client
	Name, To string
	Secret   string // shown once, "" otherwise
	Former   *frame.Moment
	Facts    []Fact
	State    State
	Heard    []Heard
	Recipe   string // its name, "" for none
	Document string // where the recipe is told
	Blocks   []Block
	Issuer   string
	Origin   string
	Testable bool
	Example  string // how a name reads while somebody stands in
}

// Fact is one setting in plain words.
type Fact struct {
	Label string
	Lines []string
	Note  string
	Code  bool // the lines are addresses
}

// Block is a file or commands to paste.
type Block struct {
	ID, Title, Text string
	Long            bool
	Copy, Copied    string // what the button says
}

// app shows the client; a script that listens gets what was heard alone.
func (v *visit) app() error {
	if err := v.settles(v.Caller); err != nil {
		return err
	}
	c, err := v.Applications.KeptClient(v.R.Context(), v.Caller, v.clientID())
	if err != nil {
		return err
	}
	heard, err := v.Applications.Activity(v.R.Context(), v.Caller, c.ID)
	if err != nil {
		return err
	}
	page := v.shown(c, heard, "")
	if v.R.Header.Get("X-Part") == "heard" {
		return v.ShowPart(v.W, "app", "heard", page)
	}
	v.Show(v.W, v.R, http.StatusOK, "app", page)
	return nil
}

func (v *visit) shown(c application.Client, heard []application.Activity, secret string) *App {
	catalogue := string(c.Application)
	for _, a := range v.Apps() {
		if a.ID == c.Application {
			catalogue = a.Name
		}
	}
	return Shown(v.Base, c, catalogue, heard, v.issuer(), secret)
}

// Shown returns the page of the client.
func Shown(b frame.Base, c application.Client, catalogue string, heard []application.Activity, issuer, secret string) *App {
	b.Nav = "organisation"
	page := &App{Base: b, Tabs: admin.Tabs(b, "apps"), Client: c, Name: Called(c), To: At(c.ID), Secret: secret, State: stateOf(b, heard),
		Heard: hear(b, heard), Issuer: issuer, Testable: !c.Ended && !c.RequirePAR && !c.RequireDPoP,
		Example: b.T("who.for", "Actor", b.Me.Name, "Principal", b.T("apps.somebody"))}
	if origins := c.Origins(); len(origins) > 0 {
		page.Origin = origins[0]
	}
	if c.Former.After(b.Now) {
		m := b.Until(c.Former)
		page.Former = &m
	}
	page.Facts = facts(b, c, catalogue)
	page.configure(c)
	return page
}

// longBlock is from how many bytes on a text is folded.
const longBlock = 4000

// configure fills the recipe in.
func (p *App) configure(c application.Client) {
	r, known := recipes.Get(c.Recipe)
	if !known || c.Ended {
		return
	}
	p.Recipe = p.T("apps.recipe_" + r.ID)
	values := recipes.Values{Issuer: p.Issuer, App: p.Origin, Client: string(c.ID), Secret: p.Secret, Random: standin.NewSecret()[:32]}
	if c.Public {
		values.Secret = p.T("apps.no_secret")
	} else if p.Secret == "" {
		values.Secret = p.T("apps.your_secret")
	}
	for i, b := range r.Blocks() {
		title := b.File
		if title == "" {
			title = p.T("apps.run")
		}
		text := b.With(values)
		p.Blocks = append(p.Blocks, Block{ID: "block-" + string(rune('a'+i)), Title: title, Text: text, Long: len(text) > longBlock,
			Copy: p.T("apps.copy"), Copied: p.T("apps.copied")})
	}
}

// facts are the client's settings in plain words.
func facts(b frame.Base, c application.Client, catalogue string) []Fact {
	yes := func(on bool, key string) []string {
		if on {
			return []string{b.T("apps.says." + key)}
		}
		return []string{b.T("apps.says.not_" + key)}
	}
	addresses := func(key string, uris ...string) Fact {
		uris = slices.DeleteFunc(slices.Clone(uris), func(uri string) bool { return uri == "" })
		if len(uris) == 0 {
			return Fact{Label: b.T("apps." + key), Lines: []string{b.T("apps.none." + key)}}
		}
		return Fact{Label: b.T("apps." + key), Lines: uris, Code: true}
	}
	all := []Fact{{Label: b.T("apps.standing_in"), Lines: yes(c.StandIns, "stand_ins")}}
	if c.StandIns {
		all = append(all, Fact{Label: b.T("apps.records"), Lines: yes(c.ReadsAct, "reads_act"), Note: b.T("apps.unread_record")})
	}
	all = append(all, Fact{Label: b.T("apps.consent"), Lines: yes(c.ThirdParty, "third_party")}, addresses("redirects", c.RedirectURIs...),
		addresses("logouts", c.PostLogout...), addresses("back", c.BackChannel), addresses("initiate", c.Initiate),
		Fact{Label: b.T("apps.audiences"), Lines: c.Audience(), Code: true}, Fact{Label: b.T("apps.algorithm"), Lines: []string{c.Algorithm}},
		Fact{Label: b.T("apps.application"), Lines: []string{orNone(b, catalogue)}})
	var held []string
	for _, s := range []struct {
		on  bool
		key string
	}{{c.Public, "public"}, {c.Exchange, "exchange"}, {c.RequirePAR, "require_par"}, {c.RequireDPoP, "require_dpop"}} {
		if s.on {
			held = append(held, b.T("apps.says."+s.key))
		}
	}
	if len(held) > 0 {
		all = append(all, Fact{Label: b.T("apps.besides"), Lines: held})
	}
	return all
}

func orNone(b frame.Base, text string) string {
	if text == "" {
		return b.T("apps.no_application")
	}
	return text
}

// Banner is the two lines that show the banner in a page of the application.
func (p *App) Banner() string {
	return "<script type=\"module\" src=\"/.standin/banner.js\"></script>\n<standin-banner></standin-banner>"
}

// TestAt is where a test sign-in comes back to.
func TestAt(issuer string, id standin.ClientID) string {
	return issuer + Root + "/" + url.PathEscape(string(id)) + "/test"
}
