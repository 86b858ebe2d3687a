package flow

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/standin-id/standin/web/frame"
)

// Stranded is the page for a sign-in to an application that can neither go on nor be sent back: to an address that nobody
// registered, Standin sends no one (RFC 9700 §4.11).
type Stranded struct {
	frame.Base
	Code            string
	Client, Address string // as they were sent, cut
	At              frame.Moment
}

// Why a sign-in cannot go on.
const (
	UnknownClient = "unknown_client" // no application has that id
	WrongRedirect = "redirect_uri"   // the address to go back to is not registered
	OtherBrowser  = "other_browser"  // it was begun in another browser
	RequestOver   = "request_over"   // it took too long, or was finished before
	Malformed     = "malformed"      // it cannot be read
)

var codes = []string{UnknownClient, WrongRedirect, OtherBrowser, RequestOver, Malformed}

// Telling reports whether an administrator has to know: what the person does themselves does not help.
func (s *Stranded) Telling() bool {
	return s.Code == UnknownClient || s.Code == WrongRedirect || s.Code == Malformed
}

// CannotReturn returns what writes the page, which needs no room. code is one of the constants; client and address are what
// the request said.
func CannotReturn(log *slog.Logger, now func() time.Time) func(w http.ResponseWriter, r *http.Request, status int, code, client, address string) {
	s := frame.New(frame.Config{Now: now, Log: log}, Pages())
	return func(w http.ResponseWriter, r *http.Request, status int, code, client, address string) {
		if !slices.Contains(codes, code) {
			code = Malformed
		}
		frame.Armour(w.Header())
		b := s.Plain(r)
		b.Path = "/"
		s.Show(w, r, status, "stranded", &Stranded{Base: b, Code: code, Client: cut(client), Address: cut(address), At: b.At(b.Now)})
	}
}

// cut bounds what somebody sent to what a page may show.
func cut(text string) string {
	text = strings.ToValidUTF8(text, "")
	if runes := []rune(text); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return text
}
