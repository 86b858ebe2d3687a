//go:build journey

package journey

import (
	_ "embed"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"

	pages "github.com/standin-id/standin/web/gallery"
)

//go:embed testdata/axe.min.js
var axe string

// judge is the function that returns what is wrong with the page as it stands: what axe finds, sideways scroll, targets that are too small.
const judge = `async (options) => {
	const wrong = [];
	const found = await axe.run(document, options);
	for (const v of found.violations) for (const n of v.nodes)
		wrong.push(v.id + ": " + n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " "));
	const root = document.documentElement;
	if (root.scrollWidth > root.clientWidth) {
		const wide = [...document.querySelectorAll("body *")].find(e => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest(".table, .sr, .skip, dialog"));
		wrong.push("scrolls sideways: " + root.scrollWidth + " > " + root.clientWidth + (wide ? " at " + wide.outerHTML.slice(0, 120) : ""));
	}
	for (const e of document.querySelectorAll("button, summary, select, textarea, input:not([type=hidden]), a.button")) {
		const box = (e.matches("[type=checkbox], [type=radio]") ? e.closest("label") ?? e : e).getBoundingClientRect();
		if (box.width > 0 && (box.width < 24 || box.height < 24)) wrong.push("smaller than 24 px: " + e.outerHTML.slice(0, 120));
	}
	return wrong;
}`

// TestGalleryIsAccessible runs axe over every page in every state, light and dark, narrow and wide, in two windows at a time.
func TestGalleryIsAccessible(t *testing.T) {
	server := httptest.NewServer(pages.Handler(slog.Default()))
	t.Cleanup(server.Close)
	states := gallery(t, server.URL)
	browser := open(t)
	windows := make(chan *person, 2)
	for range cap(windows) {
		windows <- visit(t, browser, server.URL)
	}
	for _, state := range states {
		t.Run(strings.TrimPrefix(state, "/gallery/"), func(t *testing.T) {
			t.Parallel()
			p := <-windows
			defer func() { windows <- p }()
			p.t = t
			p.open(state)
			p.run(chromedp.Evaluate(axe, nil))
			for _, width := range []int64{1280, 320} {
				for _, theme := range []string{"light", "dark"} {
					for _, wrong := range p.judged(width, theme) {
						t.Errorf("%d px, %s: %s", width, theme, wrong)
					}
				}
			}
		})
	}
}

// judged returns what is wrong with the page in that look. Of what axe knows, colours alone differ between light and dark.
func (p *person) judged(width int64, theme string) (wrong []string) {
	p.t.Helper()
	p.looks(width, theme)
	options := `{resultTypes: ["violations"]}`
	if theme == "dark" {
		options = `{resultTypes: ["violations"], runOnly: ["color-contrast", "link-in-text-block"]}`
	}
	p.evaluate(fmt.Sprintf("document.documentElement.dataset.theme = %q; (%s)(%s)", theme, judge, options), &wrong)
	p.picture(fmt.Sprintf("%s-%d-%s", strings.ReplaceAll(strings.TrimPrefix(p.t.Name(), "TestGalleryIsAccessible/"), "/", "-"), width, theme))
	return wrong
}

// gallery returns the addresses of all states, as the index lists them.
func gallery(t *testing.T, url string) []string {
	t.Helper()
	answer, err := http.Get(url + "/gallery")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	doc, err := goquery.NewDocumentFromReader(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	doc.Find("a[href^='/gallery/']").Each(func(_ int, s *goquery.Selection) {
		states = append(states, s.AttrOr("href", ""))
	})
	if len(states) < 80 {
		t.Fatalf("got %d states in the gallery, want every page in every state", len(states))
	}
	return append(states, "/gallery")
}
