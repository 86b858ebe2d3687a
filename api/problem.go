package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/standin-id/standin"
)

const problemJSON = "application/problem+json"

// Problem is every error that the API answers with (RFC 9457).
type Problem struct {
	Type    string  `json:"type" format:"uri" doc:"The kind of error, a URN of Standin's." example:"urn:standin:problem:conflict"`
	Title   string  `json:"title" doc:"The kind of error, in words." example:"Changed meanwhile"`
	Status  int     `json:"status" doc:"The HTTP status." example:"409"`
	Code    string  `json:"code" doc:"What exactly is wrong. Codes are only ever added." example:"directory.changed"`
	Detail  string  `json:"detail" doc:"What exactly is wrong, in words for people."`
	Errors  []Wrong `json:"errors,omitempty" doc:"What in the request is to be changed."`
	Request string  `json:"request" doc:"The id of the request, to be named when asking for help."`
}

// Wrong is one thing in a request that is to be changed.
type Wrong struct {
	Pointer   string `json:"pointer,omitempty" doc:"Where in the body: a JSON pointer (RFC 6901)." example:"/people/0"`
	Parameter string `json:"parameter,omitempty" doc:"Which parameter of the path, the query or the header." example:"limit"`
	Detail    string `json:"detail" doc:"What is wrong with it."`
}

var problemType = reflect.TypeFor[Problem]()

// Error is for logs.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemJSON }

// kinds is the one table of what each kind of error is in HTTP.
var kinds = map[standin.Kind]struct {
	status int
	title  string
}{
	standin.Invalid:         {http.StatusUnprocessableEntity, "Not as it should be"},
	standin.NotFound:        {http.StatusNotFound, "Not known"},
	standin.Conflict:        {http.StatusConflict, "Changed meanwhile, or exists already"},
	standin.Denied:          {http.StatusForbidden, "Not allowed"},
	standin.Unauthenticated: {http.StatusUnauthorized, "Not signed in"},
	standin.Unavailable:     {http.StatusServiceUnavailable, "Not possible now"},
	standin.TooMany:         {http.StatusTooManyRequests, "Too many requests"},
	standin.Internal:        {http.StatusInternalServerError, "A fault of ours"},
}

const hidden = "Something went wrong here. It was logged; name the request when you ask for help."

// problem returns the problem that tells err. What is a fault of ours is logged and not told.
func (a *api) problem(ctx context.Context, err error) *Problem {
	kind := standin.KindOf(err)
	known, ok := kinds[kind]
	if !ok {
		kind, known = standin.Internal, kinds[standin.Internal]
	}
	p := &Problem{Type: urn(kind), Title: known.title, Status: known.status, Code: "internal", Detail: hidden,
		Request: standin.RequestOf(ctx).ID}
	e, refused := errors.AsType[*standin.Error](err)
	if kind == standin.Internal || kind == standin.Unavailable {
		a.log.ErrorContext(ctx, "an operation failed", "error", err)
	}
	if !refused || kind == standin.Internal {
		return p
	}
	p.Code, p.Detail = e.Code, e.Text()
	if e.Field != "" {
		p.Errors = []Wrong{{Pointer: pointer(e.Field), Detail: p.Detail}}
	}
	return p
}

func urn(kind standin.Kind) string { return "urn:standin:problem:" + string(kind) }

// pointer writes a field's path, "limits.allow" or "people[2].name", as a JSON pointer.
func pointer(field string) string {
	field = strings.NewReplacer("~", "~0", "/", "~1", "[", ".", "]", "").Replace(field)
	return "/" + strings.ReplaceAll(field, ".", "/")
}

// ours turns what huma itself says about a request into a problem like all others.
func ours(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := Problem{Type: urn(standin.Invalid), Title: kinds[standin.Invalid].title, Status: m.Status, Code: "api.invalid",
		Detail: "The request is not as its description says.", Request: standin.RequestOf(ctx.Context()).ID}
	switch {
	case m.Status >= http.StatusInternalServerError:
		p.Type, p.Title, p.Code, p.Detail = urn(standin.Internal), kinds[standin.Internal].title, "internal", hidden
		return p, nil
	case m.Status == http.StatusRequestEntityTooLarge:
		p.Code, p.Detail = "api.too_large", "The request's body is too large."
	case m.Status == http.StatusUnsupportedMediaType:
		p.Code, p.Detail = "api.media_type", "The request's body must be application/json."
	case m.Status == http.StatusBadRequest:
		p.Code, p.Detail = "api.malformed", "The request's body is not JSON."
	}
	for _, e := range m.Errors {
		p.Errors = append(p.Errors, wrong(e))
	}
	return p, nil
}

func wrong(e *huma.ErrorDetail) Wrong {
	place, rest, _ := strings.Cut(e.Location, ".")
	w := Wrong{Detail: e.Message}
	switch {
	case place == "body" && rest != "":
		w.Pointer = pointer(rest)
	case place != "body":
		w.Parameter = rest
	}
	return w
}

// Fail answers a request below /api/ that reached no operation, or whose handler panicked.
func Fail(w http.ResponseWriter, r *http.Request, status int) {
	kind, code, detail := standin.Invalid, "api.refused", http.StatusText(status)
	switch status {
	case http.StatusNotFound:
		kind, code, detail = standin.NotFound, "api.no_operation", "There is no such operation. /api/openapi.json lists them."
	case http.StatusForbidden:
		kind, code, detail = standin.Denied, "api.other_origin", "Requests from other places than Standin's own pages need an API key and no cookie."
	case http.StatusUnauthorized:
		kind, code, detail = standin.Unauthenticated, "api.nobody", "Send an API key as Authorization: Bearer, or sign in."
	case http.StatusRequestEntityTooLarge:
		code, detail = "api.too_large", "The request's body is too large."
	case http.StatusInternalServerError:
		kind, code, detail = standin.Internal, "internal", hidden
	}
	write(w, Problem{Type: urn(kind), Title: kinds[kind].title, Status: status, Code: code, Detail: detail,
		Request: standin.RequestOf(r.Context()).ID})
}

func write(w http.ResponseWriter, p Problem) {
	h := w.Header()
	h.Set("Content-Type", problemJSON)
	h.Set("Cache-Control", "no-store")
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="standin"`)
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}
