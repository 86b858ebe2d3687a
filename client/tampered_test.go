package client_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// tampering changes what Standin's token endpoint answers.
type tampering struct {
	change func(answer map[string]any)
}

func (t *tampering) RoundTrip(r *http.Request) (*http.Response, error) {
	got, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || t.change == nil || !strings.HasSuffix(r.URL.Path, "/oauth2/token") {
		return got, err
	}
	defer got.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(got.Body).Decode(&answer); err != nil {
		return nil, err
	}
	t.change(answer)
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	got.Body, got.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	got.Header.Del("Content-Length")
	return got, nil
}

// TestIDTokensAreChecked signs ID tokens with Standin's own key that are not the ones of this sign-in, and signs nobody in
// by them (OpenID Connect Core 1.0 §3.1.3.7).
func TestIDTokensAreChecked(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		c, between := d.config(s), &tampering{}
		c.HTTP = &http.Client{Transport: between, Timeout: 10 * time.Second}
		d.start(c)
		b := newBrowser(t)
		b.signIn(d, "ben@acme.example", "Deputy of Ada Able").shows(200, "Ben Bold (for Ada Able)")
		signs := s.signer()
		set := func(name string, value any) func(map[string]any) {
			return func(claims map[string]any) { claims[name] = value }
		}
		drop := func(name string) func(map[string]any) {
			return func(claims map[string]any) { delete(claims, name) }
		}
		for name, change := range map[string]func(claims map[string]any){
			"another sign-in's nonce": set("nonce", "other"), "no nonce": drop("nonce"), "another audience": set("aud", "other"),
			"another issuer": set("iss", "https://evil.example"), "over": set("exp", time.Now().Add(-time.Minute).Unix()),
			"another access token": set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), "nobody": set("sub", ""), "no session": drop("sid"),
			"acting without an actor": drop("act"), "an actor without acting": drop("acting"), "the principal as actor": set("act", map[string]any{"sub": "p-ada"}),
			"another principal": set("sub", "p-dora"), "another actor": set("act", map[string]any{"sub": "p-cleo"}),
			"in her own name": func(claims map[string]any) { delete(claims, "act"); delete(claims, "acting") },
		} {
			between.change = func(answer map[string]any) {
				raw, _ := answer["id_token"].(string)
				text, err := base64.RawURLEncoding.DecodeString(strings.Split(raw+"..", ".")[1])
				var claims map[string]any
				if err != nil || json.Unmarshal(text, &claims) != nil {
					t.Fatalf("no ID token came: %v", answer)
				}
				change(claims)
				if text, err = json.Marshal(claims); err == nil {
					answer["id_token"], err = signs.Sign(t.Context(), "ES256", "JWT", text)
				}
				if err != nil {
					t.Error(err)
				}
			}
			other := newBrowser(t)
			other.client.Jar = b.client.Jar
			if to := other.once("GET", d.url+"/auth/login?return=/me", nil).leads(d.url + "/auth/callback"); to == "" {
				t.Fatal("Standin does not answer")
			} else if p := other.once("GET", to, nil); p.status < 400 {
				t.Errorf("%s: got %d to %s", name, p.status, p.to())
			}
		}
		between.change = func(answer map[string]any) { delete(answer, "id_token") }
		if p := b.once("GET", b.once("GET", d.url+"/auth/login", nil).leads(d.url+"/auth/callback"), nil); p.status < 400 {
			t.Errorf("without an ID token: got %d", p.status)
		}
		between.change = func(map[string]any) {}
		b.open(d.url+"/auth/login?return=/me").shows(200, "Ben Bold (for Ada Able)")
	})
}
