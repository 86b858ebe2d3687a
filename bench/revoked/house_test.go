package revoked

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	secret   = "only-for-trials-and-measurements"
	adminKey = "a-key-that-administers-and-is-long-enough"
	askKey   = "a-key-that-asks-for-decisions-and-no-more"
	password = "only-for-trials"
	callback = "http://127.0.0.1:1/callback"
	verifier = "a-verifier-that-is-long-enough-for-anyone-who-asks"
)

// company is one actor, who stands in for everybody else.
func company(logout string) string {
	var people, delegations strings.Builder
	for i := range times {
		fmt.Fprintf(&people, "      - {id: p-%d, name: Principal %d, email: p%d@bench.example, unit: bridges, roles: [staff]}\n", i, i, i)
		fmt.Fprintf(&delegations, "      - {id: d-%d, principal: p-%d, actor: actor, kind: cover, start: 2026-01-01T00:00:00Z, end: 2036-01-01T00:00:00Z, purpose: annual leave}\n", i, i)
	}
	return `organisations:
  - id: bench
    name: Bench
    settings: {delegation: {max: none}}
    units: [bridges]
    applications:
      - {id: desk, name: Workdesk, types: {project: {actions: {view: {}, plan: {category: project}}}}}
    roles:
      - {id: staff, rank: 0, allow: ["desk:project.*@unit"]}
    people:
      - {id: actor, name: Actor, email: actor@bench.example, password: ` + password + `, unit: bridges, roles: [staff], accepted_terms: true}
` + people.String() + "    delegations:\n" + delegations.String() + `clients:
  - {id: desk, organisation: bench, secret: ` + secret + `, redirect_uris: ["` + callback + `"], backchannel_logout_uri: "` + logout + `", exchange: true, stand_ins: true, application: desk}
api_keys:
  - {id: pdp, organisation: bench, secret: ` + askKey + `, may: [decide]}
  - {id: boss, organisation: bench, secret: ` + adminKey + `, may: [admin]}
`
}

// house is the programs that are measured, and the application, which is told.
type house struct {
	b       *testing.B
	address string       // of the program that is told
	browser *http.Client // of the actor
	asked   *http.Client // reaches the program that is asked, by the same name

	mu   sync.Mutex
	when map[string]chan time.Time // by sid: when the application was told
}

// begin starts the program with the arguments that name its database; twice where two are wanted.
func begin(b *testing.B, two bool, source ...string) *house {
	h := &house{b: b, address: free(b), when: map[string]chan time.Time{}}
	app := httptest.NewServer(http.HandlerFunc(h.receive))
	b.Cleanup(app.Close)
	dir := b.TempDir()
	binary, file := filepath.Join(dir, "standin"), filepath.Join(dir, "company.yaml")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/standin").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(file, []byte(company(app.URL)), 0o600); err != nil {
		b.Fatal(err)
	}
	source = append(source, "--keys", filepath.Join(dir, "keys"), "--url", "http://"+h.address)
	h.run(exec.Command(binary, append([]string{"serve", "--listen", h.address, "--world", file}, source...)...), h.address)
	other := h.address
	if two {
		other = free(b)
		h.run(exec.Command(binary, append([]string{"serve", "--listen", other}, source...)...), other)
	}
	h.asked = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 10,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, other)
		}}}
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	h.browser = &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	h.call(h.browser, "POST", "/api/v1/sign-in", "", map[string]any{"email": "actor@bench.example", "password": password}, nil)
	return h
}

// free returns an address that nobody listens at.
func free(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// run runs a program until the benchmark ends, and waits until it is ready.
func (h *house) run(c *exec.Cmd, address string) {
	said, err := os.Create(filepath.Join(h.b.TempDir(), "log"))
	if err != nil {
		h.b.Fatal(err)
	}
	c.Stdout, c.Stderr = said, said
	if err := c.Start(); err != nil {
		h.b.Fatal(err)
	}
	h.b.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
	})
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); ; <-tick.C {
		if r, err := http.Get("http://" + address + "/readyz"); err == nil {
			if r.Body.Close(); r.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(said.Name())
			h.b.Fatalf("no answer from %s: %s", address, text)
		}
	}
}

// call sends JSON and reads JSON; it must succeed.
func (h *house) call(c *http.Client, method, path, key string, in, out any) {
	text, err := json.Marshal(in)
	if err != nil {
		h.b.Fatal(err)
	}
	r, err := http.NewRequest(method, "http://"+h.address+path, bytes.NewReader(text))
	if err != nil {
		h.b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := c.Do(r)
	if err != nil {
		h.b.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 300 {
		h.b.Fatalf("%s: %s %v %s", path, answer.Status, err, body)
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			h.b.Fatal(err)
		}
	}
}

// tokens are what the application holds of one sign-in.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	sid     string
	subject string
}

// hold lets the actor act by the delegation of that number, and signs in to the application.
func (h *house) hold(i int) *tokens {
	var session struct{ ID string }
	h.call(h.browser, "POST", "/api/v1/acting", "", map[string]any{"delegation": fmt.Sprintf("d-%d", i)}, &session)
	sum := sha256.Sum256([]byte(verifier))
	r, err := h.browser.Get("http://" + h.address + "/oauth2/authorize?" + url.Values{"client_id": {"desk"}, "response_type": {"code"},
		"redirect_uri": {callback}, "scope": {"openid profile offline_access"}, "state": {"a-state"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}.Encode())
	if err != nil {
		h.b.Fatal(err)
	}
	defer r.Body.Close()
	to, err := r.Location()
	if err != nil || to.Query().Get("code") == "" {
		h.b.Fatalf("no code: %s %v %v", r.Status, to, err)
	}
	held := &tokens{sid: session.ID, subject: fmt.Sprintf("p-%d", i)}
	if !h.token(held, url.Values{"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "redirect_uri": {callback}, "code_verifier": {verifier}}) {
		h.b.Fatal("the code was refused")
	}
	return held
}

// form sends a form to the program that is asked, as the application; nil where it was refused.
func (h *house) form(path string, values url.Values) []byte {
	r, err := http.NewRequest("POST", "http://"+h.address+path, strings.NewReader(values.Encode()))
	if err != nil {
		h.b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("desk", secret)
	return h.send(r)
}

// send returns the answer, nil where it is a refusal. It fails where there is none.
func (h *house) send(r *http.Request) []byte {
	answer, err := h.asked.Do(r)
	if err != nil {
		h.b.Error(err)
		return nil
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	switch {
	case err != nil || answer.StatusCode >= 500:
		h.b.Errorf("%s: %s %v %s", r.URL.Path, answer.Status, err, body)
		return nil
	case answer.StatusCode >= 300:
		return nil
	}
	return body
}

// token asks for tokens, which replace those that are held.
func (h *house) token(held *tokens, values url.Values) bool {
	body := h.form("/oauth2/token", values)
	if body == nil {
		return false
	}
	if err := json.Unmarshal(body, held); err != nil {
		h.b.Error(err)
	}
	return true
}

// revoke ends the delegation of that number, and returns when that is acknowledged.
func (h *house) revoke(i int) {
	h.call(http.DefaultClient, "POST", fmt.Sprintf("/api/v1/delegations/d-%d/revoke", i), adminKey, map[string]any{}, nil)
}

// use is one thing for which the application needs what was revoked; ask reports whether it was let through.
type use struct {
	name string
	ask  func(h *house, held *tokens) bool
}

var uses = []use{
	{"userinfo", func(h *house, held *tokens) bool {
		r, err := http.NewRequest("GET", "http://"+h.address+"/oauth2/userinfo", nil)
		if err != nil {
			h.b.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+held.Access)
		return h.send(r) != nil
	}},
	{"introspection", func(h *house, held *tokens) bool {
		return bytes.Contains(h.form("/oauth2/introspect", url.Values{"token": {held.Access}}), []byte(`"active":true`))
	}},
	{"exchange", func(h *house, held *tokens) bool {
		mine := *held
		return h.token(&mine, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "subject_token": {held.Access},
			"subject_token_type": {"urn:ietf:params:oauth:token-type:access_token"}})
	}},
	{"decision", func(h *house, held *tokens) bool {
		question := `{"subject":{"type":"person","id":"` + held.subject + `"},"action":{"name":"plan"},"resource":{"type":"desk:project","id":"x",` +
			`"properties":{"unit":"bridges"}},"context":{"acting_session":"` + held.sid + `"}}`
		r, err := http.NewRequest("POST", "http://"+h.address+"/access/v1/evaluation", strings.NewReader(question))
		if err != nil {
			h.b.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+askKey)
		return bytes.Contains(h.send(r), []byte(`"decision":true`))
	}},
	{"refresh", func(h *house, held *tokens) bool {
		return h.token(held, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {held.Refresh}})
	}},
}

// tells returns where it is said when the application was told that the sign-in ended.
func (h *house) tells(sid string) chan time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.when[sid] == nil {
		h.when[sid] = make(chan time.Time, 1)
	}
	return h.when[sid]
}

func (h *house) await(told chan time.Time) time.Time {
	select {
	case at := <-told:
		return at
	case <-time.After(20 * time.Second):
		h.b.Error("the application was not told")
		return time.Now()
	}
}

// receive is the application, which is told.
func (h *house) receive(_ http.ResponseWriter, r *http.Request) {
	at := time.Now()
	parts := strings.Split(r.FormValue("logout_token"), ".")
	var said struct{ Sid string }
	if len(parts) == 3 {
		content, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil {
			err = json.Unmarshal(content, &said)
		}
		if err != nil {
			h.b.Error(err)
		}
	}
	select {
	case h.tells(said.Sid) <- at:
	default:
	}
}
