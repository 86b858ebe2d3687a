package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/web"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/webtest"
)

// inOffice runs the test on both databases.
func inOffice(t *testing.T, test func(t *testing.T, h *webtest.House)) {
	t.Helper()
	webtest.Run(t, func(_ *webtest.House, c frame.Config) http.Handler {
		return web.New(web.Config{Rooms: c.Rooms, Now: c.Now, Log: c.Log})
	}, test)
}

// sent are the inputs of the page's form as a browser would send them, with what is typed over them. An empty value after
// "-" leaves an input out.
func sent(p *webtest.Answer, action string, typed ...string) []string {
	over := map[string]string{}
	for i := 0; i+1 < len(typed); i += 2 {
		over[typed[i]] = typed[i+1]
	}
	var all []string
	for _, n := range p.Find("main form[action='" + action + "']").First().Find("input, select, textarea").EachIter() {
		name, value := n.AttrOr("name", ""), n.AttrOr("value", "")
		_, ticked := n.Attr("checked")
		box := n.AttrOr("type", "") == "checkbox" || n.AttrOr("type", "") == "radio"
		if _, typed := over[name]; typed || name == "" || name == "identity" || box && !ticked {
			continue
		}
		if n.Is("textarea") {
			value = n.Text()
		}
		if n.Is("select") {
			value = n.Find("option[selected]").AttrOr("value", n.Find("option").First().AttrOr("value", ""))
		}
		all = append(all, name, value)
	}
	for i := 0; i+1 < len(typed); i += 2 {
		if typed[i+1] != "-" {
			all = append(all, typed[i], typed[i+1])
		}
	}
	return all
}

// TestSettingsAreChangedOnAPage: every setting, with what follows told first, and nothing lost where somebody was faster.
func TestSettingsAreChangedOnAPage(t *testing.T) {
	inOffice(t, func(t *testing.T, h *webtest.House) {
		const at = "/organisation"
		h.As("ada").Get(at).Is(t, http.StatusForbidden)
		b := h.As("boss")
		p := b.Get(at).Is(t, http.StatusOK).Says(t, "Longest span", "Privacy notice")
		if got := p.Value("acting_max") + p.Value("delegation_max"); got != "8h90d" {
			t.Fatalf("got spans %q, want those of the world", got)
		}
		wrong := b.Post(at, sent(p, at, "acting_max", "25h", "name", "Acme & Co")...).Is(t, http.StatusUnprocessableEntity)
		if wrong.Problem(t, "acting_max", "1 to 24 hours"); wrong.Value("name") != "Acme & Co" {
			t.Errorf("got name %q, want what was typed", wrong.Value("name"))
		}
		b.Post(at, sent(p, at, "acting_max", "soon")...).Is(t, http.StatusUnprocessableEntity).Problem(t, "acting_max", "is no span of time")
		told := b.Post(at, sent(p, at, "delegation_max", "7d", "word", "proxy", "accept", "yes", "calls", "both")...).Is(t, http.StatusOK)
		told.Says(t, "Saving this has consequences", "Nothing has been saved yet.", "Ada Lindqvist")
		b.Post(at, sent(told, at, "delegation_max", "1d", "do", "save")...).Is(t, http.StatusOK).Says(t, "Saving this has consequences")
		b.Follow(b.Post(at, sent(told, at, "do", "save")...).Leads(t, at))
		if b.Seen.Find(".flash").Text() == "" || b.Seen.Value("delegation_max") != "7d" {
			t.Errorf("got span %q, want it saved and said: %s", b.Seen.Value("delegation_max"), b.Seen.Main())
		}
		late := b.Post(at, sent(p, at, "name", "Typed Ltd", "time_zone", "Europe/Rome")...).Is(t, http.StatusConflict)
		late.Says(t, "Somebody else was faster", "Longest span", "Now: 7d", "Yours: 90d")
		if late.Value("name") != "Typed Ltd" || late.Value("time_zone") != "Europe/Rome" {
			t.Errorf("got %q, want what was typed kept", late.Value("name"))
		}
		h.Set(func(s *directory.Settings) { s.PrivacyNotice = directory.PrivacyNotice{Version: "1", Text: "First."} })
		b.Get("/terms")
		b.Post("/terms", "version", "1")
		p = b.Get(at).Is(t, http.StatusOK)
		p = b.Post(at, sent(p, at, "notice_version", "2", "notice_text", "Second.\r\nMore.")...).Is(t, http.StatusOK).Says(t, "Saving this has consequences")
		b.Post(at, sent(p, at, "do", "save")...).Leads(t, at)
		b.Get("/terms")
		b.Post("/terms", "version", "2")
		if got := b.Get(at).Section("notices"); !strings.Contains(got, "First.") || !strings.Contains(got, "Second.") || !strings.Contains(got, "Bea Boss") {
			t.Errorf("got notices %q, want both with who wrote them", got)
		}
	})
}
