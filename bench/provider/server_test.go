package provider

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	secret   = "only-for-trials-and-measurements"
	password = "only-for-trials"
	callback = "http://127.0.0.1:1/callback"
	verifier = "a-verifier-that-is-long-enough-for-anyone-who-asks"
)

// server is a provider that runs, and what the application "desk" holds of it, one sign-in for each connection.
type server struct {
	address   string
	tokenPath string
	basic     string
	process   *os.Process
	held      []tokens
}

// run runs the server until the benchmark ends, and waits until it answers at the path.
func (s *server) run(b *testing.B, c *exec.Cmd, path string) {
	s.basic = base64.StdEncoding.EncodeToString([]byte("desk:" + secret))
	said, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	c.Stdout, c.Stderr = said, said
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	s.process = c.Process
	b.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
	})
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if r, err := http.Get("http://" + s.address + path); err == nil {
			if r.Body.Close(); r.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(said.Name())
			b.Fatalf("no answer from %s: %s", s.address, text)
		}
	}
}

// worked returns how long the processors have worked for the server, in seconds, as Linux counts it (proc(5)).
func (s *server) worked(b *testing.B) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	var user, system float64
	if _, err := fmt.Sscan(strings.Join(strings.Fields(string(text[bytes.LastIndexByte(text, ')'):]))[12:14], " "), &user, &system); err != nil {
		b.Fatal(err)
	}
	return (user + system) / 100
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

// asked are the parameters of the authorization request.
func asked() string {
	sum := sha256.Sum256([]byte(verifier))
	return url.Values{"client_id": {"desk"}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {"openid profile offline_access"},
		"state": {"a-state"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}.Encode()
}

// redeem gives the code for tokens.
func (s *server) redeem(b *testing.B, code string) tokens {
	c, err := net.Dial("tcp", s.address)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	held, err := s.once(c, bufio.NewReader(c), url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback},
		"code_verifier": {verifier}})
	if err != nil {
		b.Fatal(err)
	}
	return held
}

// browser follows redirects until one leads to the application.
type browser struct {
	b      *testing.B
	server *server
	http   *http.Client
}

func newBrowser(b *testing.B, s *server) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	return &browser{b, s, &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

func (w *browser) get(path string) *url.URL {
	return w.done(w.http.Get("http://" + w.server.address + path))
}

func (w *browser) post(path string, pairs ...string) *url.URL {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return w.done(w.http.PostForm("http://"+w.server.address+path, form))
}

// done returns where the browser is in the end, or where the application is told what came of it.
func (w *browser) done(r *http.Response, err error) *url.URL {
	if err != nil {
		w.b.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(io.LimitReader(r.Body, 2000))
	if err != nil || r.StatusCode >= 400 {
		w.b.Fatalf("%s: %s %v %s", r.Request.URL, r.Status, err, text)
	}
	if to, err := r.Location(); err == nil {
		return to
	}
	return r.Request.URL
}

// call sends JSON to Standin's own interface.
func (w *browser) call(path string, in any) {
	text, err := json.Marshal(in)
	if err != nil {
		w.b.Fatal(err)
	}
	w.done(w.http.Post("http://"+w.server.address+path, "application/json", bytes.NewReader(text)))
}
