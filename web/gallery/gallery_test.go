package gallery

import (
	"bytes"
	"compress/gzip"
	"log/slog"
	"testing"

	"github.com/jba/templatecheck"

	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/webtest"
)

func TestTemplatesFitTheirPages(t *testing.T) {
	for _, set := range sets() {
		pages := frame.Parse(set)
		for name, view := range set.Views {
			if err := templatecheck.CheckHTML(pages[name], view); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestGallery(t *testing.T) {
	h := Handler(slog.Default())
	shown := map[string]bool{"gallery": true}
	for _, state := range States() {
		shown[state.Page] = true
		for _, language := range []string{"en", "de"} {
			t.Run(language+"/"+state.Page+"/"+state.Name, func(t *testing.T) {
				w, doc := webtest.Get(t, h, "/gallery/"+state.Page+"/"+state.Name, language)
				if want := max(state.Status, 200); w.Code != want && !(state.Status == 0 && w.Code == 200) {
					t.Errorf("got status %d, want %d", w.Code, want)
				}
				webtest.Inspect(t, language, doc)
			})
		}
	}
	for _, set := range append(sets(), frame.Pages()) {
		for name := range set.Views {
			if !shown[name] {
				t.Errorf("page %s has no state in the gallery", name)
			}
		}
	}
}

// packed is how many bytes the text takes on its way.
func packed(text string) int {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Len()
}

// TestWeights: the banner, with its script, is at most 4 KB; any page, with all that it loads, 60 KB.
func TestWeights(t *testing.T) {
	loaded, script := frame.Loads(), frame.Loads("standin.js")
	heaviest := 0
	h := Handler(slog.New(slog.DiscardHandler))
	for _, state := range States() {
		w, doc := webtest.Get(t, h, "/gallery/"+state.Page+"/"+state.Name, "de")
		total := packed(w.Body.String()) + loaded
		heaviest = max(heaviest, total)
		if total > 60*1024 {
			t.Errorf("%s/%s: got %d bytes, want at most 60 KB", state.Page, state.Name, total)
		}
		if banner, err := doc.Find("standin-banner").Html(); err != nil || packed(banner)+script > 4*1024 {
			t.Errorf("%s/%s: got a banner of %d bytes with its script, want at most 4 KB", state.Page, state.Name, packed(banner)+script)
		}
	}
	t.Logf("heaviest page: %d bytes, of which %d are loaded once", heaviest, loaded)
}
