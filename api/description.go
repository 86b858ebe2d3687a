package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/standin-id/standin/world/table"
)

// The file openapi.json is the description as it is served where browsers reach Standin by https.
//go:generate go test -count=1 -run ^TestTheDescriptionIsCommitted$ . -update

// DescriptionPath is where the description of all operations is.
const DescriptionPath = "/api/openapi.json"

func config(cookie string) huma.Config {
	c := huma.DefaultConfig("Standin", "1")
	c.Info.Description = "Lets one person act for another. Actor is who is really there, principal whom they act for.\n\n" +
		"Instants are RFC 3339, spans of time are written as \"8h\" or \"90d\". Lists come in pages: `next` of a page is the " +
		"`after` of the following one. An object that can be changed has a `version`; sent back with a change, it refuses the " +
		"change with 409 where somebody else was faster. Every error is a problem (RFC 9457) with a stable `code`.\n\n" +
		"Bodies are JSON in UTF-8, but for lists, at most " + strconv.Itoa(bodyLimit>>10) + " KiB; members that are not described, or are there twice, " +
		"are refused. What an operation refuses it has not done in part. A change that is answered is durable, with its record."
	c.Info.License = &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"}
	c.Tags = []*huma.Tag{
		{Name: "Me", Description: "Who asks, and the sign-ins of the person who does."},
		{Name: "Acting", Description: "Whom one could act for; starting, extending and ending it."},
		{Name: "Delegations", Description: "Who may stand in for whom, when, within which limits."},
		{Name: "People", Description: "The organisation's people and the roles that they hold."},
		{Name: "Organisation", Description: "Settings, units and roles."},
		{Name: "Rules", Description: "What binds everybody: guardrails, and applications with their catalogues. What takes something away waits for a second person."},
		{Name: "Decisions", Description: "Why something is permitted or not, and what somebody could do. Applications ask over AuthZEN."},
		{Name: "Lists", Description: "Many people or delegations at once, by CSV or XLSX, and the same lists to take away."},
		{Name: "Audit", Description: "The record of what was done, by whom and for whom."},
	}
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.RejectUnknownQueryParameters = true
	c.Transformers = []huma.Transformer{ours}
	c.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer", Description: "An API key. The key itself is the actor."},
		"token": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "A person's access token for the audience `standin`, " +
			"as an application gets it by OpenID Connect. One that is bound to a key comes as `DPoP` with its proof (RFC 9449). " +
			"What changes the sign-in itself, such as beginning to act, needs the cookie."},
		"cookie": {Type: "apiKey", In: "cookie", Name: cookie, Description: "A person's sign-in to Standin's pages; only " +
			"from the same origin."},
	}
	c.Security = []map[string][]string{{"key": {}}, {"token": {}}, {"cookie": {}}}
	return c
}

// failures says what each status of failure means; each is a response that operations refer to.
var failures = map[int]string{
	http.StatusBadRequest:            "The query or the body cannot be read.",
	http.StatusUnauthorized:          "Nobody is proved to be there, or the e-mail or password is not right.",
	http.StatusForbidden:             "The caller may not do this, or has to do something else first; `code` says which.",
	http.StatusNotFound:              "There is no such thing, or the caller may not know that there is.",
	http.StatusRequestTimeout:        "The body took too long to arrive.",
	http.StatusConflict:              "It changed meanwhile, exists already, or was asked for another identity than the present one.",
	http.StatusRequestEntityTooLarge: "The body is too large.",
	http.StatusUnsupportedMediaType:  "The body is not sent as what the operation takes, mostly application/json.",
	http.StatusUnprocessableEntity:   "Something in the request is to be changed; `errors` says where.",
	http.StatusTooManyRequests:       "Too many tries. `Retry-After` says how many seconds to wait.",
	http.StatusInternalServerError:   "A fault of Standin's. It was logged under the id in `request`.",
	http.StatusServiceUnavailable:    "Not possible now, as when the database does not answer. Nothing was done, or its answer was lost.",
}

var recordType = reflect.TypeFor[Record]()

// operation describes an operation.
func (a *api) operation(method, path string, op about) huma.Operation {
	o := huma.Operation{OperationID: op.id, Method: method, Path: Prefix + path, Summary: op.summary, Description: op.text,
		Tags: []string{op.tag}, DefaultStatus: op.status, MaxBodyBytes: 2 * bodyLimit, Middlewares: huma.Middlewares{a.gate(op)},
		Responses: map[string]*huma.Response{}}
	fails := append([]int{http.StatusBadRequest, http.StatusForbidden, http.StatusUnprocessableEntity,
		http.StatusInternalServerError, http.StatusServiceUnavailable}, op.fails...)
	switch {
	case op.open:
		o.Security = []map[string][]string{{}}
	case op.person:
		if o.Security = []map[string][]string{{"token": {}}, {"cookie": {}}}; slices.Contains(byCookie, op.id) {
			o.Security = o.Security[1:]
		}
	}
	if !op.open {
		fails = append(fails, http.StatusUnauthorized, http.StatusConflict)
	}
	if method != http.MethodGet {
		fails = append(fails, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if method != http.MethodGet && !op.open && !op.stops {
		longest := 500
		o.Parameters = []*huma.Param{{Name: IdentityHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &longest},
			Description: "The identity that the change was made for, as `getMe` gives it. Pages in browsers have to send it with a cookie."}}
	}
	if op.lines {
		o.Responses["200"] = &huma.Response{Description: "One object on each line.",
			Content: map[string]*huma.MediaType{"application/jsonl": {Schema: a.huma.OpenAPI().Components.Schemas.Schema(recordType, true, "")}}}
	}
	if op.file {
		o.Responses["200"] = &huma.Response{Description: "One object or one row on each line.", Content: map[string]*huma.MediaType{
			mediaLines: {Schema: a.huma.OpenAPI().Components.Schemas.Schema(recordType, true, "")}, mediaCSV: {Schema: &huma.Schema{Type: huma.TypeString}}}}
	}
	if op.list {
		o.RequestBody = &huma.RequestBody{Required: true, Content: sheets(), Description: "At most " + strconv.Itoa(table.MostBytes>>20) + " MiB."}
	}
	if op.sheet {
		o.Responses["200"] = &huma.Response{Description: "The list.", Content: sheets()}
	}
	if strings.Contains(path, "{") {
		fails = append(fails, http.StatusNotFound)
	}
	for _, status := range fails {
		o.Responses[strconv.Itoa(status)] = a.failure(status)
	}
	return o
}

// failure returns the reference to the response with that status, which it puts among the components.
func (a *api) failure(status int) *huma.Response {
	parts, name := a.huma.OpenAPI().Components, strings.ReplaceAll(http.StatusText(status), " ", "")
	if parts.Responses == nil {
		parts.Responses = map[string]*huma.Response{}
	}
	if parts.Responses[name] == nil {
		made := &huma.Response{Description: failures[status], Content: map[string]*huma.MediaType{
			problemJSON: {Schema: parts.Schemas.Schema(problemType, true, "")}}}
		if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
			made.Headers = map[string]*huma.Param{"Retry-After": {Description: "Seconds.", Schema: &huma.Schema{Type: huma.TypeInteger}}}
		}
		parts.Responses[name] = made
	}
	return &huma.Response{Ref: "#/components/responses/" + name}
}

// description answers with what all operations are. It is made once, and is the same each time the program is built.
func (a *api) description() http.Handler {
	for _, item := range a.huma.OpenAPI().Paths {
		for _, o := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete} {
			if o != nil && o.RequestBody == nil {
				for _, status := range []int{http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType} {
					delete(o.Responses, strconv.Itoa(status))
				}
			}
			if o != nil {
				slices.SortStableFunc(o.Parameters, func(a, b *huma.Param) int { return strings.Compare(a.In, b.In) })
			}
		}
	}
	for _, unused := range []string{"ErrorModel", "ErrorDetail"} { // the library's own errors, none of which gets out
		delete(a.huma.OpenAPI().Components.Schemas.Map(), unused)
	}
	text, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		panic(err) // a fault of ours, which every test finds
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
		_, _ = w.Write(text) // a client that went away reads nothing
	})
}
