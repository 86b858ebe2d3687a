package web

import (
	"net/http"
	"testing"

	"github.com/jba/templatecheck"

	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/webtest"
)

const (
	acme     = webtest.Acme
	rival    = webtest.Rival
	password = webtest.Password
)

// inHouse runs the test on both databases. add changes how the pages are made.
func inHouse(t *testing.T, test func(t *testing.T, h *webtest.House), add ...func(h *webtest.House, c *Config)) {
	t.Helper()
	webtest.Run(t, func(h *webtest.House, base frame.Config) http.Handler {
		c := Config{Rooms: base.Rooms, Now: base.Now, Log: base.Log}
		for _, f := range add {
			f(h, &c)
		}
		return New(c)
	}, test)
}

func TestTemplatesFitTheirPages(t *testing.T) {
	for _, set := range []frame.Set{frame.Pages(), Pages()} {
		pages := frame.Parse(set)
		for name, view := range set.Views {
			if err := templatecheck.CheckHTML(pages[name], view); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
