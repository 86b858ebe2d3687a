package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/standin-id/standin/client"
	"github.com/standin-id/standin/db/dbtest"
)

// TestMain keeps the program that the tests build, and is the process that one of them kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("CLIENT_TEST_SPOOL"); dir != "" {
		recordUntilKilled(dir)
		return
	}
	var err error
	if built, err = os.MkdirTemp("", "standin-client-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(built)
	os.Exit(code)
}

var built string

// shipped is Standin as it is shipped.
var shipped = sync.OnceValues(func() (string, error) {
	path := filepath.Join(built, "standin")
	cmd := exec.Command("go", "build", "-o", path, "github.com/standin-id/standin/cmd/standin")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// world is acme, where ben may stand in for ada and may view what is hers for dan.
const world = `organisations:
  - id: acme
    name: Acme Ltd
    settings: {delegation: {max: none}}
    units: [sales]
    applications:
      - id: desk
        name: Workdesk
        types: {expense: {actions: {view: {}, approve: {category: cost_centre, approves: true}, reimburse: {category: cost_centre, approves: true}}}}
    roles:
      - {id: manager, rank: 10, allow: ["desk:expense.*@unit"]}
      - {id: super_admin, rank: 90, allow: ["standin:*.*@org"]}
    people:
      - {id: p-ada, name: Ada Able, email: ada@acme.example, password: only-for-trials, unit: sales, roles: [manager@sales], accepted_terms: true}
      - {id: p-ben, name: Ben Bold, email: ben@acme.example, password: only-for-trials, unit: sales, accepted_terms: true}
      - {id: p-cleo, name: Cleo Calm, email: cleo@acme.example, password: only-for-trials, unit: sales, accepted_terms: true}
      - {id: p-dora, name: Dora Dean, email: dora@acme.example, password: only-for-trials, roles: [super_admin], accepted_terms: true}
    delegations:
      - {id: d-1, principal: p-ada, actor: p-ben, kind: cover, start: 2020-01-01T00:00:00Z, end: 2120-01-15T00:00:00Z, purpose: annual leave,
         limits: {deny: ["desk:expense.reimburse"]}}
clients:
  - {id: desk, name: Workdesk, organisation: acme, secret: only-for-trials, redirect_uris: ["APP/auth/callback"],
     post_logout_redirect_uris: ["APP/bye"], backchannel_logout_uri: "APP/auth/backchannel", initiate_login_uri: "APP/auth/login",
     stand_ins: true, reads_act: true, application: desk}
  - {id: kiosk, name: Kiosk, organisation: acme, public: true, redirect_uris: ["APP/auth/callback"], stand_ins: true, reads_act: true}
api_keys:
  - {id: desk-key, organisation: acme, secret: a-key-of-the-desks-own, may: [decide, "record:desk"]}
  - {id: admin-key, organisation: acme, secret: a-key-of-administrators, may: [admin]}
`

const (
	deskKey  = "a-key-of-the-desks-own"
	adminKey = "a-key-of-administrators"
)

// standin is a running Standin.
type standin struct {
	t      *testing.T
	url    string
	dir    string
	source string // of its database
	args   []string
	said   *lines
	cmd    *exec.Cmd
	over   chan struct{}
}

// lines is what a process says.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var serving = regexp.MustCompile(`msg=serving .*?url=(\S+)`)

// everywhere runs the test with Standin on both databases, for an application at app, which answers nothing yet.
func everywhere(t *testing.T, test func(t *testing.T, s *standin, d *desk)) {
	t.Parallel()
	dbtest.Sources(t, func(t *testing.T, source string) {
		d := open(t)
		s := &standin{t: t, dir: t.TempDir(), source: source}
		file := filepath.Join(s.dir, "world.yaml")
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(world, "APP", d.url)), 0o600); err != nil {
			t.Fatal(err)
		}
		where := []string{"--data", filepath.Dir(source)}
		if strings.Contains(source, "://") {
			where = []string{"--database", source}
		}
		s.args = append([]string{"serve", "--world", file, "--keys", filepath.Join(s.dir, "keys")}, where...)
		s.serve("127.0.0.1:0")
		test(t, s, d)
	})
}

// serve starts Standin at the address.
func (s *standin) serve(listen string) {
	s.t.Helper()
	path, err := shipped()
	if err != nil {
		s.t.Fatal(err)
	}
	said, over := &lines{}, make(chan struct{})
	cmd := exec.Command(path, append(s.args, "--listen", listen)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, said, said
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { defer close(over); _ = cmd.Wait() }()
	s.cmd, s.over, s.said = cmd, over, said
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-over:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-over
		}
		if s.t.Failed() {
			s.t.Logf("Standin said:\n%s", said)
		}
	})
	eventually(s.t, "Standin does not say its address", func() bool {
		select {
		case <-over:
			s.t.Fatalf("Standin ended at once:\n%s", said)
		default:
		}
		found := serving.FindStringSubmatch(said.String())
		if found != nil {
			s.url = found[1]
		}
		return found != nil
	})
}

// kill ends Standin at once, and again starts it where it was.
func (s *standin) kill() (again func()) {
	s.t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	<-s.over
	return func() {
		s.t.Helper()
		s.serve(strings.TrimPrefix(s.url, "http://"))
	}
}

// eventually waits until something is true.
func eventually(t *testing.T, otherwise string, true func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !true() {
		select {
		case <-deadline:
			t.Fatal(otherwise)
		case <-tick.C:
		}
	}
}

// record is what the tests read of one record.
type record struct {
	ID, Action, Actor, Principal, Session, Resource, Outcome string
	After                                                    json.RawMessage
}

// admin asks /api/v1 as the administrators' key, and reads the answer into what.
func (s *standin) admin(method, path string, body, what any) {
	s.t.Helper()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		sent = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, s.url+"/api/v1"+path, sent)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminKey)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer got.Body.Close()
	answer, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode >= 300 {
		s.t.Fatalf("%s %s: got %d %s (%v)", method, path, got.StatusCode, answer, err)
	}
	if what != nil {
		if err := json.Unmarshal(answer, what); err != nil {
			s.t.Fatal(err)
		}
	}
}

// records returns what Standin recorded that passes the filter, oldest first.
func (s *standin) records(filter string) []record {
	s.t.Helper()
	var all []record
	for after := ""; ; {
		var page struct {
			Items []record
			Next  string
		}
		s.admin("GET", "/audit?limit=100&"+filter+after, nil, &page)
		slices.Reverse(page.Items)
		all = append(page.Items, all...)
		if page.Next == "" {
			return all
		}
		after = "&after=" + url.QueryEscape(page.Next)
	}
}

// desk is the application: a real server at its own address, whose handler the test gives.
type desk struct {
	t   *testing.T
	url string
	*client.Client
	tabs    *own
	overlay *client.Overlay[string]

	later   atomic.Int64 // how far the application's clock is in front
	deaf    atomic.Bool  // it hears of no ends
	mu      sync.Mutex
	handler http.Handler
	sent    map[string]*http.Request // the last request of each path, its form read
	over    chan error               // why waiting requests ended
}

func open(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, sent: map[string]*http.Request{}, over: make(chan error, 10), tabs: newOwn()}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		h := d.handler
		if r.URL.Path == "/auth/backchannel" {
			_ = r.ParseForm()
		}
		d.sent[r.URL.Path] = r
		d.mu.Unlock()
		if h == nil || d.deaf.Load() && r.URL.Path == "/auth/backchannel" {
			http.Error(w, "closed", http.StatusServiceUnavailable)
			return
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

// pass lets the application's clock go on by itself.
func (d *desk) pass(by time.Duration) { d.later.Add(int64(by)) }

func (d *desk) last(path string) *http.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sent[path]
}

// config is how the application speaks to Standin.
func (d *desk) config(s *standin) client.Config {
	return client.Config{Issuer: s.url, ClientID: "desk", ClientSecret: "only-for-trials", RedirectURL: d.url + "/auth/callback",
		AfterLogout: d.url + "/bye", Key: deskKey, Log: slog.New(slog.NewTextHandler(testLog{d.t}, &slog.HandlerOptions{Level: slog.LevelWarn}))}
}

// start lets the application answer, by a client with the configuration.
func (d *desk) start(c client.Config) {
	d.t.Helper()
	k, err := client.New(d.t.Context(), c)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = k.Close() })
	client.SetClock(k, func() time.Time { return time.Now().Add(time.Duration(d.later.Load())) })
	d.Client = k
	overlay := client.NewOverlay(k, d.tabs)
	d.overlay = overlay
	mux := http.NewServeMux()
	mux.HandleFunc("/me", func(w http.ResponseWriter, r *http.Request) {
		who, _ := client.From(r.Context())
		fmt.Fprintf(w, "%s [%s]", who, who.Session)
	})
	mux.HandleFunc("/wait", func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
		d.over <- context.Cause(r.Context())
	})
	mux.Handle("/approve", k.RequireFresh(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := client.Question{Action: r.FormValue("action"), Type: "desk:expense", ID: "e-1", Owner: "p-cleo", Unit: "sales"}
		answer, err := k.Decide(r.Context(), q)
		if err == nil && answer.Permit {
			err = k.Record(r.Context(), client.Entry{Type: q.Type, Action: q.Action, ID: q.ID, After: map[string]any{"state": q.Action}})
		}
		fmt.Fprintf(w, "permit %v, %v", answer.Permit, err)
	})))
	mux.HandleFunc("/tab", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			if err := overlay.Put(r.Context(), r.FormValue("name"), r.FormValue("value")); err != nil {
				http.Error(w, err.Error(), 500)
			}
			return
		}
		all, err := overlay.All(r.Context())
		fmt.Fprint(w, all, err)
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.handler = k.Middleware(mux)
}

// testLog writes where the test's log is, as long as the test runs.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	if l.t.Context().Err() == nil {
		l.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

// browser is somebody's browser without script.
type browser struct {
	t      *testing.T
	client *http.Client
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, client: &http.Client{Jar: jar, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// page is what the browser shows.
type page struct {
	b      *browser
	at     *url.URL
	status int
	header http.Header
	body   string
}

// once sends one request and follows nothing.
func (b *browser) once(method, address string, form url.Values, header ...string) *page {
	b.t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", r.URL.Scheme+"://"+r.URL.Host)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	got, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return &page{b: b, at: r.URL, status: got.StatusCode, header: got.Header, body: string(text)}
}

// open goes to an address and to wherever that leads.
func (b *browser) open(address string) *page {
	b.t.Helper()
	return b.once("GET", address, nil).follow()
}

// to is where the page leads, "" where it is one.
func (p *page) to() string {
	to, err := p.at.Parse(p.header.Get("Location"))
	if err != nil || p.status < 300 || p.status > 399 {
		return ""
	}
	return to.String()
}

func (p *page) follow() *page {
	p.b.t.Helper()
	for range 20 {
		if p.to() == "" {
			return p
		}
		p = p.b.once("GET", p.to(), nil)
	}
	p.b.t.Fatalf("the browser is led in circles at %s", p.at)
	return nil
}

// leads follows until an address begins so, and returns it without going there.
func (p *page) leads(begin string) string {
	p.b.t.Helper()
	for range 20 {
		if to := p.to(); to == "" || strings.HasPrefix(to, begin) {
			return to
		}
		p = p.b.once("GET", p.to(), nil)
	}
	return ""
}

// press submits the form of a button, and returns what comes of that at once.
func (p *page) press(button string, fields ...string) *page {
	p.b.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(p.body))
	if err != nil {
		p.b.t.Fatal(err)
	}
	pressed := doc.Find("form button").FilterFunction(func(_ int, s *goquery.Selection) bool {
		return strings.Contains(strings.Join(strings.Fields(s.Text()), " "), button)
	}).First()
	if pressed.Length() == 0 {
		p.b.t.Fatalf("there is no button %q at %s: %d %.3000s", button, p.at, p.status, p.body)
	}
	form, within := url.Values{}, pressed.Closest("form")
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
	return p.b.once("POST", to.String(), form)
}

func (p *page) shows(status int, texts ...string) *page {
	p.b.t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.body, text) {
			p.b.t.Fatalf("got %d at %s without %q: %.3000s", p.status, p.at, text, p.body)
		}
	}
	if p.status != status {
		p.b.t.Fatalf("got %d at %s, want %d: %.3000s", p.status, p.at, status, p.body)
	}
	return p
}

// signIn signs somebody in to the application from its page, as the choice; "" where there is none to make.
func (b *browser) signIn(d *desk, email, choice string, fields ...string) *page {
	b.t.Helper()
	form := b.open(d.url + "/me")
	p := form.press("Sign in", "email", email, "password", "only-for-trials")
	for range 5 {
		if p.status != http.StatusServiceUnavailable {
			break
		}
		p = form.press("Sign in", "email", email, "password", "only-for-trials") // where much runs at once, hashing waits
	}
	p = p.follow()
	if choice != "" {
		p = p.press(choice, fields...).follow()
	}
	return p
}
