package webtest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// Get asks the handler for the page in the language, without a server.
func Get(t *testing.T, h http.Handler, path, language string) (*httptest.ResponseRecorder, *goquery.Document) {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Accept-Language", language)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return w, doc
}

// Inspect asserts what holds for every page.
func Inspect(t *testing.T, language string, doc *goquery.Document) {
	t.Helper()
	html, err := doc.Html()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"⟦", "<no value>", "%!", "\u202e", "\u2066", "<script>alert", "<img src=\"x\"", "ZgotmplZ"} {
		if strings.Contains(html, bad) {
			i := strings.Index(html, bad)
			t.Errorf("got %q in the page: …%s…", bad, html[max(0, i-60):min(len(html), i+80)])
		}
	}
	if got := doc.Find("html").AttrOr("lang", ""); got != language {
		t.Errorf("got language %q, want %q", got, language)
	}
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("got %d h1, want 1", n)
	}
	if got := doc.Find("body > :first-child").AttrOr("href", ""); got != "#main" || doc.Find("main#main").Length() != 1 {
		t.Errorf("got %q as the first link, want the skip link to the one main", got)
	}
	if title := doc.Find("title").Text(); !strings.HasSuffix(title, "Standin") || strings.HasPrefix(title, " ·") {
		t.Errorf("got title %q, want the page's own name before Standin", title)
	}
	doc.Find("script, style, [style], [onclick], link").Each(func(_ int, s *goquery.Selection) {
		if src := s.AttrOr("src", s.AttrOr("href", "")); !strings.HasPrefix(src, "/assets/") {
			t.Errorf("got %s, want scripts and styles in files of our own", goquery.NodeName(s))
		}
	})
	doc.Find("form[method=post]").Each(func(_ int, s *goquery.Selection) {
		if s.Find("input[type=hidden][name=identity]").Length() != 1 {
			t.Errorf("form %s carries no identity stamp", s.AttrOr("action", "?"))
		}
	})
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id, ok := s.Attr("id")
		if labelled := ok && doc.Find("label[for='"+id+"']").Length() == 1; !labelled && s.Closest("label").Length() == 0 {
			t.Errorf("input %s has no label", s.AttrOr("name", "?"))
		}
	})
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		if id := s.AttrOr("id", ""); seen[id] {
			t.Errorf("id %q stands twice", id)
		} else {
			seen[id] = true
		}
	})
	if _, acting := doc.Find("html").Attr("data-acting"); acting {
		inspectBanner(t, doc)
	}
}

func inspectBanner(t *testing.T, doc *goquery.Document) {
	t.Helper()
	names := doc.Find("standin-banner .strip .what bdi")
	if names.Length() < 2 {
		t.Fatalf("got %d names in the banner, want both", names.Length())
	}
	if got := names.Last().Text(); got != "Ada Lindqvist" {
		t.Errorf("got actor %q in the banner, want %q", got, "Ada Lindqvist")
	}
	if doc.Find("standin-banner .strip form[action='/stop'] button").Length() != 1 {
		t.Error("the banner has no button that stops")
	}
	if !strings.Contains(doc.Find("title").Text(), "Ada Lindqvist") {
		t.Errorf("got title %q, want the actor's name in it", doc.Find("title").Text())
	}
}
