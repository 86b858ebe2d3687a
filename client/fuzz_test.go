package client

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func own(t testing.TB) *Client {
	t.Helper()
	c, err := New(t.Context(), Config{Issuer: "https://standin.example", ClientID: "desk", ClientSecret: "secret", RedirectURL: "https://desk.example/auth/callback"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// FuzzLocal: wherever a sign-in leads back to, a browser stays with the application (THREATS 65).
func FuzzLocal(f *testing.F) {
	for _, to := range []string{"/a", "//x", "/\\x", "https://x", "/a/../auth/login", "/%2f/x", "/?//x", "/#x"} {
		f.Add(to)
	}
	c := own(f)
	base, _ := url.Parse("https://desk.example/me")
	f.Fuzz(func(t *testing.T, to string) {
		got := c.local(to)
		u, err := base.Parse(got)
		if err != nil || u.Scheme != "https" || u.Host != "desk.example" || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t") {
			t.Errorf("%q leads to %q", to, got)
		}
	})
}

// FuzzClaims: nobody acts unless all that says so is there, and an actor that is said is never lost.
func FuzzClaims(f *testing.F) {
	f.Add([]byte(`{"sub":"a","sid":"s"}`))
	f.Add([]byte(`{"sub":"a","sid":"s","act":{"sub":"b"},"acting":{"expires_at":1}}`))
	f.Add([]byte(`{"sub":"a","sid":"s","act":{"sub":"a"},"acting":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		who, sid, err := read(text)
		if err != nil {
			return
		}
		var said map[string]any
		if json.Unmarshal(text, &said) != nil || who.Principal.ID == "" || who.Actor.ID == "" || sid == "" {
			t.Fatalf("%s is %+v", text, who)
		}
		if act := said["act"]; act != nil && !who.Acting() {
			t.Errorf("%s loses the actor: %+v", text, who)
		}
		if who.Acting() == (who.Actor.ID == who.Principal.ID) {
			t.Errorf("%s is %+v", text, who)
		}
	})
}

// FuzzAttempt: nothing but what was sealed here, under its own name, finishes a sign-in.
func FuzzAttempt(f *testing.F) {
	c := own(f)
	a := attempt{State: "AAAAAAAAAAAAAAAAAAAAAAAAAA", Nonce: "n", Verifier: "v", Return: "/", At: time.Now()}
	good, err := c.sealed(a, c.attemptCookie(a.State))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(a.State, good)
	f.Add("BBBBBBBBBBBBBBBBBBBBBBBBBB", good)
	f.Add(a.State, good[:20])
	f.Add(a.State, "")
	f.Fuzz(func(t *testing.T, state, value string) {
		if len(state) < 12 {
			state += "AAAAAAAAAAAA"
		}
		r := httptest.NewRequest(http.MethodGet, "/auth/callback", nil)
		r.AddCookie(&http.Cookie{Name: c.attemptCookie(state), Value: value})
		got, err := c.finish(httptest.NewRecorder(), r, state)
		if err == nil && (state != a.State || got.State != state || got.Nonce != "n") { // sealed by another process of the fuzzer, perhaps
			t.Errorf("%q in %q finished as %+v", state, value, got)
		}
		if err != nil && state == a.State && value == good {
			t.Errorf("what was sealed here is refused: %v", err)
		}
	})
}

// FuzzSpool: whatever a disk holds, the spool opens with no more than whole lines and sends no line that is not as it was
// written.
func FuzzSpool(f *testing.F) {
	line, err := written(deed{ID: "1", Actor: "p", Action: "a:b.c"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line, []byte("1 0\n"))
	f.Add(append(bytes.Clone(line), line[:20]...), []byte("1 10\n"))
	f.Add(bytes.Repeat([]byte("x"), 70<<10), []byte("9 9\n"))
	f.Add(append([]byte("00000000 {}\n"), line...), []byte("-1 -1\n"))
	f.Fuzz(func(t *testing.T, segment, sent []byte) {
		dir := t.TempDir()
		if os.WriteFile(filepath.Join(dir, "000000000001.spool"), segment, 0o600) != nil || os.WriteFile(filepath.Join(dir, "sent"), sent, 0o600) != nil {
			t.Fatal("cannot write")
		}
		s, err := openSpool(dir, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.close() }()
		if s.waiting < 0 || s.durable.before(s.sent) {
			t.Fatalf("waiting %d, sent %v, durable %v", s.waiting, s.sent, s.durable)
		}
		for s.sent.before(s.durable) {
			b, err := s.batch(10)
			if err != nil {
				t.Fatal(err)
			}
			if !s.sent.before(b.next) {
				t.Fatalf("the spool stands still at %v", s.sent)
			}
			s.forward(b)
		}
		if s.waiting != 0 {
			t.Errorf("%d bytes wait after all was sent", s.waiting)
		}
	})
}
