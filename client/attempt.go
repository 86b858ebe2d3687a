package client

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
)

// attempt is one try to sign in, from leaving for Standin to coming back. The browser keeps it, sealed, in a cookie of its own:
// so nothing can be answered in another browser (RFC 9700 §4.7.1), and several tries at once do not meet.
type attempt struct {
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"` // PKCE's (RFC 7636)
	Return   string    `json:"r"`
	At       time.Time `json:"t"`
}

const (
	attemptLasts = 15 * time.Minute
	mostAttempts = 5 // that one browser keeps at once
)

// cookie returns the name of a cookie of ours: with the prefix that ties it to this host and to https where there is https.
func (c *Client) cookie(what string) string {
	name := "standin-" + strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, c.ClientID) + what
	if c.secure {
		return "__Host-" + name
	}
	return name
}

func (c *Client) setCookie(w http.ResponseWriter, name, value string, lasts time.Duration) {
	k := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteLaxMode}
	if k.MaxAge = int(lasts.Seconds()); value == "" {
		k.MaxAge = -1
	}
	http.SetCookie(w, k)
}

func (c *Client) attemptCookie(state string) string {
	return c.cookie("-try-" + state[:min(len(state), 12)])
}

// begin gives the browser a new attempt.
func (c *Client) begin(w http.ResponseWriter, r *http.Request, verifier, back string) (attempt, error) {
	a := attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: verifier, Return: back, At: c.now()}
	name := c.attemptCookie(a.State)
	value, err := c.sealed(a, name)
	if err != nil {
		return a, err
	}
	var kept []string
	for _, k := range r.Cookies() {
		if strings.HasPrefix(k.Name, c.cookie("-try-")) {
			kept = append(kept, k.Name)
		}
	}
	for len(kept) >= mostAttempts {
		c.setCookie(w, kept[0], "", 0)
		kept = kept[1:]
	}
	c.setCookie(w, name, value, attemptLasts)
	return a, nil
}

var errAttempt = errors.New("standin: this browser has begun no such sign-in")

// finish takes the attempt with the state from the browser.
func (c *Client) finish(w http.ResponseWriter, r *http.Request, state string) (attempt, error) {
	if len(state) < 20 || len(state) > 100 {
		return attempt{}, errAttempt
	}
	name := c.attemptCookie(state)
	k, err := r.Cookie(name)
	if err != nil {
		return attempt{}, errAttempt
	}
	c.setCookie(w, name, "", 0)
	a, err := c.unsealed(k.Value, name)
	if err != nil || subtle.ConstantTimeCompare([]byte(a.State), []byte(state)) != 1 || c.now().Sub(a.At) > attemptLasts {
		return attempt{}, errAttempt
	}
	return a, nil
}

func (c *Client) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(c.seal)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// sealed returns the attempt so that it can be read with the key alone, under this name alone.
func (c *Client) sealed(a attempt, name string) (string, error) {
	aead, err := c.aead()
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(a)
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nil, nil, text, []byte(name))), err
}

func (c *Client) unsealed(value, name string) (a attempt, err error) {
	aead, err := c.aead()
	if err != nil {
		return a, err
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if err != nil {
		return a, errAttempt
	}
	text, err := aead.Open(nil, nil, sealed, []byte(name))
	if err != nil {
		return a, errAttempt
	}
	return a, json.Unmarshal(text, &a)
}
