//go:build recipes

package recipes

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// browser is somebody's browser without script: it keeps cookies, follows redirects and submits forms.
type browser struct {
	t      *testing.T
	client *http.Client
}

func (k *kitchen) newBrowser() *browser {
	t := k.t
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	if k.https != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: k.https.pool}
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t: t, client: &http.Client{Jar: jar, Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// page is what the browser shows.
type page struct {
	b      *browser
	at     *url.URL
	status int
	header http.Header
	body   string
	doc    *goquery.Document
	hops   []string // the addresses on the way, the first asked for and the last shown
}

// open goes to an address and to wherever that leads.
func (b *browser) open(address string) *page {
	b.t.Helper()
	return b.follow(b.once("GET", address, nil, nil))
}

// once sends one request, as a browser does that navigates, and follows nothing.
func (b *browser) once(method, address string, form url.Values, header http.Header) *page {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, address, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if method == "POST" {
		r.Header.Set("Origin", r.URL.Scheme+"://"+r.URL.Host)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, values := range header {
		r.Header[name] = values
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		b.t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(text)))
	if err != nil {
		b.t.Fatal(err)
	}
	return &page{b: b, at: r.URL, status: resp.StatusCode, header: resp.Header, body: string(text), doc: doc, hops: []string{address}}
}

func (b *browser) follow(p *page) *page {
	b.t.Helper()
	hops := p.hops
	for p.status >= 300 && p.status < 400 && p.header.Get("Location") != "" {
		if len(hops) > 20 {
			b.t.Fatalf("the browser is led in circles: %s", strings.Join(hops, " → "))
		}
		to, err := p.at.Parse(p.header.Get("Location"))
		if err != nil {
			b.t.Fatal(err)
		}
		p = b.once("GET", to.String(), nil, nil)
		hops = append(hops, to.String())
	}
	p.hops = hops
	return p
}

// submit fills the form in which a button reads so, presses it, and goes where that leads.
func (p *page) submit(button string, fields ...string) *page {
	p.b.t.Helper()
	pressed := p.doc.Find("form button").FilterFunction(func(_ int, s *goquery.Selection) bool {
		return strings.Contains(strings.Join(strings.Fields(s.Text()), " "), button)
	}).First()
	if pressed.Length() == 0 {
		p.b.t.Fatalf("there is no button %q at %s", button, p)
	}
	form := url.Values{}
	within := pressed.Closest("form")
	within.Find("input[name]").Each(func(_ int, s *goquery.Selection) {
		if kind := s.AttrOr("type", "text"); kind != "checkbox" && kind != "radio" {
			form.Set(s.AttrOr("name", ""), s.AttrOr("value", ""))
		}
	})
	if name, ok := pressed.Attr("name"); ok {
		form.Set(name, pressed.AttrOr("value", ""))
	}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	to, err := p.at.Parse(within.AttrOr("action", p.at.String()))
	if err != nil {
		p.b.t.Fatal(err)
	}
	return p.b.follow(p.b.once("POST", to.String(), form, nil))
}

// reads asserts that the page is shown and says all of it.
func (p *page) reads(texts ...string) *page {
	p.b.t.Helper()
	for _, text := range texts {
		if p.status != http.StatusOK || !strings.Contains(p.body, text) {
			p.b.t.Fatalf("got a page without %q: %s", text, p)
		}
	}
	return p
}

// misses asserts that the page says none of it.
func (p *page) misses(texts ...string) *page {
	p.b.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.body, text) {
			p.b.t.Fatalf("got a page with %q: %s", text, p)
		}
	}
	return p
}

func (p *page) String() string {
	text := p.body
	if main := strings.TrimSpace(p.doc.Find("main").Text()); main != "" {
		text = main
	}
	if len(text) > 6000 {
		text = text[:6000] + "…"
	}
	return http.StatusText(p.status) + " at " + strings.Join(p.hops, " → ") + ": " + strings.Join(strings.Fields(text), " ")
}
