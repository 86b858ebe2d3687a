package session

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/token"
	"github.com/standin-id/standin/token/dpop"
)

// bearer is who presents a token: what it says, and what it stood for where it does not stand any more.
type bearer struct {
	token  string
	who    token.Who
	access token.Access
	over   error // why it does not stand, nil where it does
	origin standin.Origin
}

// presented reads the request's token and answers who may not go on. Origin, where a browser names it, must be that of one
// of the client's redirect URIs: so no other page changes anything, and none reads an answer (Fetch §3.2).
func (s *Session) presented(do func(http.ResponseWriter, *http.Request, bearer)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Add("Vary", "Origin")
		b, err := s.bearer(r)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		if !shareable(r, b.who.Client) {
			var err error = standin.Refuse(standin.Denied, "session.origin", "session.origin", "This page is none of the application's own.")
			if r.Method == http.MethodPost {
				err = s.refused(r, b, err)
			}
			s.refuse(w, r, err)
			return
		}
		if from := r.Header.Get("Origin"); from != "" {
			h.Set("Access-Control-Allow-Origin", from)
			h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		}
		standin.RequestOf(r.Context()).AskedBy(b.who.Caller(b.origin))
		do(w, r, b)
	}
}

// refused records that a change was refused, with both people and the application, and returns why; where that cannot be
// recorded, why that is so.
func (s *Session) refused(r *http.Request, b bearer, why error) error {
	g := b.who.Grant
	return s.Tokens.Refused(r.Context(), b.who.Client.ID, &g, "acting."+strings.TrimPrefix(r.URL.Path, Prefix), why, b.origin)
}

// bearer returns who presents the request's token: with over set where it is genuine and not expired but stands no more,
// an error where it is neither. A token that is bound to a key comes with a proof (RFC 9449 §7.1), any other as a bearer
// token (RFC 6750 §2.1), never in the address.
func (s *Session) bearer(r *http.Request) (bearer, error) {
	scheme, presented, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	presented = strings.TrimSpace(presented)
	bound := strings.EqualFold(scheme, "DPoP")
	if presented == "" || !bound && !strings.EqualFold(scheme, "Bearer") {
		return bearer{}, noToken()
	}
	b, err := s.read(r.Context(), presented)
	if b.origin = origin(r); err != nil {
		return bearer{}, err
	}
	if bound != (b.access.JKT != "") {
		return bearer{}, noToken()
	}
	if !bound {
		return b, nil
	}
	return b, s.proved(r, presented, b.access)
}

// read asks what the token says, and whether what it rests on stands. A page that lies open does not keep a sign-in from
// ending unused.
func (s *Session) read(ctx context.Context, presented string) (b bearer, err error) {
	b.token = presented
	b.who, b.access, b.over = s.Tokens.Read(ctx, presented, false)
	if b.over == nil {
		return b, nil
	}
	if standin.CodeOf(b.over) != "token.over" || b.access.Grant == "" {
		return b, b.over
	}
	b.who, err = s.stood(ctx, b.access)
	return b, err
}

// proved checks the proof that goes with a token that is bound to a key.
func (s *Session) proved(r *http.Request, presented string, access token.Access) error {
	proof, err := dpop.From(r)
	if err != nil || proof == "" {
		return noToken()
	}
	shown, err := dpop.Check(proof, dpop.Want{Method: r.Method, URL: s.URL.JoinPath(r.URL.Path).String(), AccessToken: presented,
		Thumbprint: access.JKT, Now: s.Now()})
	if err != nil {
		return noToken()
	}
	return s.Tokens.UseProof(r.Context(), "session", shown.Once, shown.Until)
}

func noToken() error {
	return standin.Refuse(standin.Unauthenticated, "session.token", "session.token", "This needs an access token of the application.")
}

// shareable reports whether the page that asks, if it is one, is the client's own.
func shareable(r *http.Request, c application.Client) bool {
	from := r.Header.Get("Origin")
	if from == "" {
		site := r.Header.Get("Sec-Fetch-Site")
		return r.Method == http.MethodGet || site == "" || site == "same-origin"
	}
	return slices.Contains(c.Origins(), from)
}

// preflight lets a page of any origin ask with a token; whether it may is answered to that (Fetch §3.2.2).
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Vary", "Origin")
	if from := r.Header.Get("Origin"); from != "" {
		h.Set("Access-Control-Allow-Origin", from)
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		h.Set("Access-Control-Allow-Headers", "Authorization, DPoP")
		h.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
}

// statuses are what the kinds of error are in HTTP.
var statuses = map[standin.Kind]int{standin.Invalid: http.StatusBadRequest, standin.Unauthenticated: http.StatusUnauthorized,
	standin.Denied: http.StatusForbidden, standin.NotFound: http.StatusNotFound, standin.Conflict: http.StatusConflict,
	standin.Unavailable: http.StatusServiceUnavailable, standin.Internal: http.StatusInternalServerError}

// Refusal is what is answered instead.
type Refusal struct {
	Error   string `json:"error"` // the code, or the one that RFC 6750 §3.1 names
	Message string `json:"message,omitempty"`
}

// left is the status of an answer that nobody waits for any more: it tells apart, in logs and metrics, a page that was left
// from a failure of Standin's.
const left = 499

func (s *Session) refuse(w http.ResponseWriter, r *http.Request, err error) {
	kind := standin.KindOf(err)
	if kind == standin.Unavailable && errors.Is(r.Context().Err(), context.Canceled) {
		w.WriteHeader(left)
		return
	}
	said := Refusal{Error: standin.CodeOf(err)}
	known, _ := errors.AsType[*standin.Error](err)
	switch {
	case kind == standin.Unauthenticated:
		said.Error = "invalid_token"
		w.Header().Set("WWW-Authenticate", challenge(r))
	case kind == standin.Internal || known == nil:
		kind, said = standin.Internal, Refusal{Error: "server_error"}
		s.Log.ErrorContext(r.Context(), "an application's page could not be answered", "error", err)
	default:
		said.Message = s.Words(asked(r), r.Header.Get("Accept-Language")).Error(known)
	}
	if kind == standin.Unavailable {
		w.Header().Set("Retry-After", "1")
	}
	answer(w, statuses[kind], said)
}

// challenge says how to come back (RFC 6750 §3, RFC 9449 §7.1): without a reason where nothing was presented.
func challenge(r *http.Request) string {
	if r.Header.Get("Authorization") == "" {
		return `Bearer realm="standin", DPoP realm="standin"`
	}
	return `Bearer realm="standin", error="invalid_token", DPoP realm="standin", error="invalid_token"`
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever went away reads nothing
}

// origin says where the request came from; the address is what the server in front believes.
func origin(r *http.Request) standin.Origin {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	agent := r.Header.Get("User-Agent")
	return standin.Origin{Address: host, Agent: strings.ToValidUTF8(agent[:min(len(agent), 300)], "")}
}

// asked is the language of the page that asks, "" where it names none.
func asked(r *http.Request) string {
	lang := r.URL.Query().Get("lang")
	return lang[:min(len(lang), 35)]
}

// stood returns what the token stood for that stands no more: who was told of whom.
func (s *Session) stood(ctx context.Context, access token.Access) (who token.Who, err error) {
	err = s.DB.View(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		org := access.Organisation
		if who.Grant, err = s.Tokens.Load(ctx, tx, org, access.Grant); err != nil {
			return err
		}
		if who.Client, err = s.Applications.Client(ctx, tx, who.Grant.Client); err != nil {
			return err
		}
		if who.Actor, err = s.Directory.Person(ctx, tx, org, who.Grant.Actor); err != nil {
			return err
		}
		who.Principal, err = s.Directory.Person(ctx, tx, org, who.Grant.Principal)
		return err
	})
	return who, err
}
