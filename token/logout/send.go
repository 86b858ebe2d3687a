package logout

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
)

// event is what a logout token says happened (OpenID Connect Back-Channel Logout 1.0 §2.4).
const event = "http://schemas.openid.net/event/backchannel-logout"

// good is for how long a logout token is good.
const good = 2 * time.Minute

// statement is a logout token's claims (OpenID Connect Back-Channel Logout 1.0 §2.4); it never has a nonce.
type statement struct {
	Issuer   string              `json:"iss"`
	Subject  string              `json:"sub"`
	Audience string              `json:"aud"`
	At       int64               `json:"iat"`
	Expires  int64               `json:"exp"`
	ID       string              `json:"jti"`
	Events   map[string]struct{} `json:"events"`
	Session  string              `json:"sid"`
}

// send tells the application, once, and returns what was wrong with that, "" where it was understood. The error says that
// nothing was sent.
func (o *Logout) send(ctx context.Context, c application.Client, d Delivery) (problem string, err error) {
	to, err := url.Parse(c.BackChannel)
	if err != nil || application.CheckURI(c.BackChannel, "backchannel_logout_uri") != nil || to.Scheme == "http" && !o.reach.plainly() {
		return Unsafe, nil
	}
	token, err := o.statement(ctx, c, d)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, Answers)
	defer cancel()
	body := url.Values{"logout_token": {token}}.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.BackChannel, strings.NewReader(body))
	if err != nil {
		return Unsafe, nil
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", "Standin")
	answer, err := o.client.Do(r)
	if errors.Is(err, errPrivate) {
		return Private, nil
	}
	if err != nil {
		o.log.DebugContext(ctx, "an application did not answer that somebody is signed out", "client", c.ID, "error", err)
		return Silent, nil
	}
	_, _ = io.CopyN(io.Discard, answer.Body, 4<<10) // so that the connection can be used again
	_ = answer.Body.Close()
	switch {
	case answer.StatusCode/100 == 2: // §2.8; some answer 204
		return "", nil
	case answer.StatusCode/100 == 3:
		return Redirected, nil
	}
	return strconv.Itoa(answer.StatusCode), nil
}

// statement returns the logout token for one try. Its id differs from try to try, so that an application whose answer was
// lost does not take the next one for a replay.
func (o *Logout) statement(ctx context.Context, c application.Client, d Delivery) (string, error) {
	now := standin.Now(o.now)
	subject := d.principal
	claims, err := json.Marshal(statement{Issuer: o.tokens.Issuer(), Subject: string(subject), Audience: string(c.ID), At: now.Unix(),
		Expires: now.Add(good).Unix(), ID: d.ID + "." + strconv.Itoa(d.Tries), Events: map[string]struct{}{event: {}}, Session: d.SID})
	if err != nil {
		return "", err
	}
	algorithm := c.Algorithm
	if algorithm == "" {
		algorithm = application.ES256
	}
	return o.keys.Sign(ctx, algorithm, "logout+jwt", claims)
}
