package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/standin-id/standin/db/dbtest"
)

// shippedTo is where shipped builds.
var shippedTo string

// shipped builds the program once, as it is shipped.
var shipped = sync.OnceValues(func() (string, error) {
	path := filepath.Join(shippedTo, "standin")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return path, nil
})

// program is the program with the settings of one place.
type program struct {
	path string
	env  []string
}

func place(t *testing.T, source string) *program {
	t.Helper()
	path, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{path: path, env: []string{"PATH=" + os.Getenv("PATH"), "STANDIN_KEYS=" + filepath.Join(t.TempDir(), "keys")}}
	if strings.HasPrefix(source, "postgres:") {
		p.env = append(p.env, "STANDIN_DATABASE="+source)
	} else {
		p.env = append(p.env, "STANDIN_DATA="+filepath.Dir(source))
	}
	return p
}

func (p *program) command(args ...string) *exec.Cmd {
	cmd := exec.Command(p.path, args...)
	cmd.Env = p.env
	return cmd
}

// run returns what the command wrote to stdout. It must succeed.
func (p *program) run(t *testing.T, args ...string) string {
	t.Helper()
	var talk strings.Builder
	cmd := p.command(args...)
	cmd.Stderr = &talk
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("standin %s: %v\n%s%s", strings.Join(args, " "), err, out, talk.String())
	}
	return string(out)
}

// serving is a server that answers.
type serving struct {
	url string
	cmd *exec.Cmd
	log <-chan string // what it logged, when it ended
}

// serve starts the server and returns when it says that it serves.
func (p *program) serve(t *testing.T, args ...string) *serving {
	t.Helper()
	cmd := p.command(append([]string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json"}, args...)...)
	talk, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	at, all := make(chan string, 1), make(chan string, 1)
	go func() {
		var log strings.Builder
		for lines := bufio.NewScanner(talk); lines.Scan(); {
			var said struct{ Msg, URL string }
			if json.Unmarshal(lines.Bytes(), &said) == nil && said.Msg == "serving" {
				at <- said.URL
			}
			log.WriteString(lines.Text() + "\n")
		}
		close(at)
		all <- log.String()
	}()
	select {
	case address, ok := <-at:
		if !ok {
			t.Fatalf("the server ended before it served: %s", <-all)
		}
		return &serving{address, cmd, all}
	case <-time.After(time.Minute):
		t.Fatal("the server does not serve")
		return nil
	}
}

// stop tells the server to stop and returns what it logged. It must end in order.
func (s *serving) stop(t *testing.T) string {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	log := <-s.log
	if err := s.cmd.Wait(); err != nil {
		t.Fatalf("told to stop, the server ended with %v:\n%s", err, log)
	}
	return log
}

// browser looks at pages and sends their forms, as a browser without script does.
type browser struct {
	t      *testing.T
	client *http.Client
	at     *url.URL
	status int
	page   *goquery.Document
}

func (s *serving) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, client: &http.Client{Jar: jar, Timeout: 20 * time.Second}, at: at}
}

func (b *browser) send(r *http.Request) {
	b.t.Helper()
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	response, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	if b.page, err = goquery.NewDocumentFromReader(response.Body); err != nil {
		b.t.Fatal(err)
	}
	b.status, b.at = response.StatusCode, response.Request.URL
}

// open goes to a path.
func (b *browser) open(path string) *browser {
	b.t.Helper()
	to, err := b.at.Parse(path)
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodGet, to.String(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.send(r)
	return b
}

// press presses the only button that matches, with the fields of its form as they stand and these in pairs.
func (b *browser) press(button string, fields ...string) *browser {
	b.t.Helper()
	pressed := b.page.Find(button).First()
	form := pressed.Closest("form")
	if form.Length() != 1 {
		b.t.Fatalf("%s has no button %q in a form: %s", b.at, button, b.text())
	}
	values := url.Values{}
	form.Find("input, textarea, select").Each(func(_ int, field *goquery.Selection) {
		name, named := field.Attr("name")
		_, checked := field.Attr("checked")
		kind := field.AttrOr("type", "text")
		if named && (kind != "checkbox" && kind != "radio" || checked) {
			values.Add(name, field.AttrOr("value", ""))
		}
	})
	if name, ok := pressed.Attr("name"); ok {
		values.Set(name, pressed.AttrOr("value", ""))
	}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	to, err := b.at.Parse(form.AttrOr("action", ""))
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, to.String(), strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b.send(r)
	return b
}

// text returns what the page says, its white space made single.
func (b *browser) text() string { return strings.Join(strings.Fields(b.page.Find("body").Text()), " ") }

// shows fails unless the page has the status and says the texts.
func (b *browser) shows(status int, texts ...string) *browser {
	b.t.Helper()
	if b.status != status {
		b.t.Fatalf("%s answers %d, want %d: %s", b.at, b.status, status, b.text())
	}
	for _, text := range texts {
		if !strings.Contains(b.text(), text) {
			b.t.Fatalf("%s lacks %q: %s", b.at, text, b.text())
		}
	}
	return b
}

// signIn signs in at the page for it.
func (b *browser) signIn(email string) *browser {
	b.t.Helper()
	return b.open("/signin").press(`form[action="/signin"] button`, "email", email, "password", "only-for-trials")
}

// acts reports whether the page has the banner.
func (b *browser) acts() bool { return b.page.Find("standin-banner").Length() == 1 }

// TestTheWholeJob lets people do it in the program as it is shipped: one names a stand-in, who chooses, acts and stops.
// Then the record is verified, beside the server and after its orderly end.
func TestTheWholeJob(t *testing.T) {
	dbtest.Sources(t, func(t *testing.T, source string) {
		p := place(t, source)
		s := p.serve(t, "--world", "testdata/world.yaml")

		ada := s.browser(t).signIn("ada@acme.example").shows(200)
		ada.open("/cover/name").press(`button[value="find"]`, "find", "Bilal").shows(200, "Bilal Kaya")
		ada.press(`button[value="check"]`, "actor", "bilal", "purpose", "Annual leave").shows(200, "Bilal Kaya", "Annual leave")
		ada.press(`button[value="confirm"]`, "password", "only-for-trials").shows(200, "Bilal Kaya")

		bilal := s.browser(t).signIn("bilal@acme.example").shows(200, "Who are you working as?", "Deputy of Ada Lindqvist")
		bilal.open("/cover/name?principal=chiara").shows(404)
		bilal.open("/choose").press(`button[name="delegation"]:not([value=""])`).shows(200, "You are acting for Ada Lindqvist")
		for _, path := range []string{"/", "/audit", "/choose", "/nowhere"} {
			if !bilal.open(path).acts() {
				t.Errorf("%s has no banner: %s", bilal.at, bilal.text())
			}
		}
		bilal.open("/audit").shows(200, "Bilal Kaya (for Ada Lindqvist)")
		bilal.open("/cover/name").shows(403)
		bilal.open("/").press(`standin-banner form[action="/stop"] button`).shows(200)
		if bilal.acts() {
			t.Errorf("after stopping there is a banner: %s", bilal.text())
		}
		ada.open("/").shows(200, "Bilal Kaya")
		for _, path := range []string{"/continue", "/gallery"} {
			ada.open(path).shows(404) // serve has no demonstration
		}

		check := func() {
			t.Helper()
			p.run(t, "audit", "verify")
			p.run(t, "doctor")
		}
		check()
		log := s.stop(t)
		check()
		recorded(t, p.run(t, "audit", "export", "--organisation", "acme"))
		for _, want := range []string{`"actor":"person:bilal"`, `"principal":"ada"`} {
			if !strings.Contains(log, want) {
				t.Errorf("the log has no line with %s", want)
			}
		}
		if strings.Contains(log, "only-for-trials") {
			t.Error("the log holds a password")
		}
		doctorFinds(t, p, source)
	})
}

// doctorFinds changes a row of every kind past Standin, and fails unless the doctor names each.
func doctorFinds(t *testing.T, p *program, source string) {
	t.Helper()
	for kind, statement := range map[string]string{
		"organisation": `UPDATE organisations SET settings = REPLACE(settings, '90d', '900d') WHERE id = 'other'`,
		"unit":         `INSERT INTO units (organisation, id, created_at) VALUES ('acme', 'secret', 1)`,
		"person":       `UPDATE people SET email = 'mallory@evil.example' WHERE id = 'chiara'`,
		"role":         `UPDATE roles SET allow = '["standin:*.*"]' WHERE id = 'staff'`,
		"holding":      `INSERT INTO holdings (organisation, person, role, unit, created_at) VALUES ('acme', 'bilal', 'super_admin', '', 1)`,
		"application":  `UPDATE applications SET catalogue = REPLACE(catalogue, 'approves', 'approvez')`,
		"client":       `UPDATE clients SET redirects = '["http://127.0.0.1:6666/"]'`,
		"key":          `UPDATE api_keys SET ended_at = 1`,
		"delegation":   `UPDATE delegations SET ends_at = ends_at + 1000000`,
		"session":      `UPDATE sessions SET actor = 'chiara'`,
		"login":        `UPDATE logins SET person = 'chiara' WHERE person = 'ada'`,
		"password":     `UPDATE passwords SET hash = 'x' WHERE person = 'zoe'`,
	} {
		if err := change(source, statement); err != nil {
			t.Errorf("%s: %v", statement, err)
			continue
		}
		out, err := p.command("doctor", "--json").Output()
		failure, ok := errors.AsType[*exec.ExitError](err)
		if !ok || failure.ExitCode() != exitFailed {
			t.Errorf("a %s was changed, and the doctor ended with %v: %s", kind, err, out)
		}
		if !strings.Contains(string(out), `"detail":"`+kind+`:`) {
			t.Errorf("a %s was changed, and the doctor does not name it: %s", kind, out)
		}
	}
}

// TestTheDemonstration does in three clicks what the README promises: continue as somebody, choose whom to stand in for,
// and see in their place what one does not see as oneself.
func TestTheDemonstration(t *testing.T) {
	p := place(t, filepath.Join(t.TempDir(), "nothing"))
	cmd := p.command("demo", "--listen", "127.0.0.1:0", "--json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var talk strings.Builder
	cmd.Stderr = &talk
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	var told announcement
	if err := json.NewDecoder(out).Decode(&told); err != nil {
		t.Fatalf("demo announces nothing: %v", err)
	}
	if len(told.People) == 0 {
		t.Error("demo names nobody to sign in as")
	}
	s := &serving{url: told.URL}

	jonas := s.browser(t).open("/continue").shows(200, "Larkfield & Partners", "Continue as Jonas Weber")
	alone := s.browser(t).open("/continue").press(`button[value="jonas"]`).press(`button.myself`).open("/audit").shows(200)
	jonas.press(`button[value="jonas"]`).shows(200, "Who are you working as?", "Deputy of Clara Hoffmann")
	jonas.press(`button[value="clara-jonas"]`).shows(200, "You are acting for Clara Hoffmann")
	jonas.open("/audit").shows(200, "You are acting for Clara Hoffmann", "Jonas Weber (for Clara Hoffmann)")
	others := func(p *goquery.Document) int { return p.Find("tbody tr").Not(":contains(Jonas)").Length() }
	if hers, own := others(jonas.page), others(alone.page); hers == 0 || own > 0 {
		t.Errorf("of what others did Jonas sees %d records for Clara, as himself %d: want some, and none", hers, own)
	}
	jonas.press(`standin-banner form[action="/stop"] button`).shows(200)
	if jonas.acts() {
		t.Error("after stopping there is a banner")
	}
	s.browser(t).open("/continue").press(`button[value="yusuf"]`).shows(200, "Larkfield")
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || talk.Len() > 0 {
		t.Errorf("demo ended with %v: %s", err, talk.String())
	}
}

// recorded fails unless the export tells the job, with both names.
func recorded(t *testing.T, export string) {
	t.Helper()
	wanted := map[string]string{"delegation.name": "person:ada for ", "acting.start": "person:bilal for ada", "acting.end": "person:bilal for ada"}
	for line := range strings.Lines(export) {
		var said struct {
			Record struct{ Actor, Principal, Action, Outcome string }
		}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatal(err)
		}
		r := said.Record
		if strings.HasPrefix(r.Actor+" for "+r.Principal, wanted[r.Action]) && r.Outcome == "done" {
			delete(wanted, r.Action)
		}
	}
	for action, who := range wanted {
		t.Errorf("the record lacks %s by %s", action, who)
	}
}
