package provider

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/token"
)

// oauthError is a refusal as the protocols write it: RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6, RFC 8693 §2.2.2,
// RFC 9449 §5.
type oauthError struct {
	code, text string
	status     int
}

func (e *oauthError) Error() string { return e.code + ": " + e.text }

func refuse(code, text string) *oauthError {
	return &oauthError{code: code, text: text, status: statusOf(code)}
}

// statusOf returns the status of an error at an endpoint that applications ask directly (RFC 6749 §5.2).
func statusOf(code string) int {
	switch code {
	case "invalid_client", "invalid_token":
		return http.StatusUnauthorized
	case "insufficient_scope":
		return http.StatusForbidden
	case "server_error":
		return http.StatusInternalServerError
	case "temporarily_unavailable":
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// toldOf returns what an application is told of an error. What nobody foresaw is server_error and says nothing else.
func toldOf(err error) *oauthError {
	if e, ok := errors.AsType[*oauthError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*standin.Error](err); ok {
		return ofRoom(e)
	}
	if e, ok := errors.AsType[goidc.Error](err); ok {
		return ofLibrary(e)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return refuse("temporarily_unavailable", "this took too long")
	}
	return refuse("server_error", "something went wrong here")
}

// ofRoom translates what a room refused: the token room names its refusals as the protocols do.
func ofRoom(e *standin.Error) *oauthError {
	switch code := token.Protocol(e); {
	case e.Kind == standin.TooMany:
		told := refuse("temporarily_unavailable", plain(e.Text()))
		if e.Code == "token.pushed" {
			told.status = http.StatusTooManyRequests // RFC 9126 §2.3
		}
		return told
	case code == "temporarily_unavailable":
		return refuse("temporarily_unavailable", "try again in a moment")
	case code != "server_error":
		return refuse(code, plain(e.Text()))
	case e.Kind == standin.Internal:
		return refuse("server_error", "something went wrong here")
	}
	return refuse("access_denied", plain(e.Text()))
}

func ofLibrary(e goidc.Error) *oauthError {
	code := string(e.Code)
	switch {
	case e.Description == "invalid DPoP proof":
		code = "invalid_dpop_proof" // RFC 9449 §5
	case code == "expired_token":
		code = "invalid_grant" // RFC 6749 §5.2 knows no other for a code
	case code == "internal_error":
		code = "server_error"
	}
	text := e.Description
	if cause := e.Unwrap(); cause != nil && code != "server_error" {
		text = cause.Error()
	}
	return refuse(code, plain(text))
}

// plain returns the text with the characters that error_description may have (RFC 6749 §5.2).
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '\''
		}
		return r
	}, text)
}

// answer writes the error where an application asked directly. A client that was not believed is told how to show itself
// (RFC 6749 §5.2).
func (e *oauthError) answer(w http.ResponseWriter) {
	if e.code == "invalid_client" {
		w.Header().Set("WWW-Authenticate", `Basic realm="standin", charset="UTF-8"`)
	}
	writeJSON(w, e.status, map[string]string{"error": e.code, "error_description": e.text})
}

// writeJSON writes an answer that no cache keeps.
func writeJSON(w http.ResponseWriter, status int, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // texts, numbers and maps of them: a fault of ours
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(text) // whoever asked may have gone
}

// back sends the browser back to the application with the parameters of an answer and iss (RFC 9207).
func (p *Provider) back(w http.ResponseWriter, r *http.Request, redirect, mode string, answer url.Values) {
	answer.Set("iss", p.issuer)
	u, err := url.Parse(redirect)
	if err != nil {
		panic(err) // it is one of those that registration read
	}
	if mode == "fragment" {
		http.Redirect(w, r, redirect+"#"+answer.Encode(), http.StatusSeeOther)
		return
	}
	q := u.Query()
	for name := range answer {
		q.Set(name, answer.Get(name))
	}
	u.RawQuery = q.Encode()
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
}

// backWith sends the browser back with an error.
func (p *Provider) backWith(w http.ResponseWriter, r *http.Request, values url.Values, e *oauthError) {
	answer := url.Values{"error": {e.code}, "error_description": {e.text}}
	if state := values.Get("state"); state != "" && len(values["state"]) == 1 && len(state) <= 2048 {
		answer.Set("state", state)
	}
	p.back(w, r, values.Get("redirect_uri"), values.Get("response_mode"), answer)
}
