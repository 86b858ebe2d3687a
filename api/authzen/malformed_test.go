package authzen_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/standin-id/standin"
)

const (
	subject  = `'subject':{'type':'person','id':'p-ada'}`
	action   = `'action':{'name':'approve'}`
	resource = `'resource':{'type':'desk:expense','id':'e-1'}`
	whole    = "{" + subject + "," + action + "," + resource + "}"
)

func TestWhatIsMalformedIsABadRequest(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		for text, want := range map[string]string{
			``:                                  `byte 0: a JSON object is expected`,
			`null`:                              `byte 0: a JSON object is expected`,
			`[` + whole + `]`:                   `byte 0: a JSON object is expected`,
			whole[:40]:                          `byte 40: the text breaks off`,
			`{` + action + `,` + resource + `}`: `subject is missing`,
			`{'subject':null,` + action + `,` + resource + `}`:                            `subject is missing`,
			`{` + subject + `,` + resource + `}`:                                          `action is missing`,
			`{` + subject + `,` + action + `}`:                                            `resource is missing`,
			`{'subject':'p-ada',` + action + `,` + resource + `}`:                         `subject is no object`,
			`{'subject':{'id':'p-ada'},` + action + `,` + resource + `}`:                  `subject.type is missing`,
			`{'subject':{'type':'person'},` + action + `,` + resource + `}`:               `subject.id is missing`,
			`{'subject':{'type':'person','id':''},` + action + `,` + resource + `}`:       `subject.id is empty`,
			`{'subject':{'type':'person','id':7},` + action + `,` + resource + `}`:        `subject.id is no string`,
			`{` + subject + `,'action':{},` + resource + `}`:                              `action.name is missing`,
			`{` + subject + `,'action':{'name':123},` + resource + `}`:                    `action.name is no string`,
			`{` + subject + `,'action':{'name':'view','properties':[]},` + resource + `}`: `action.properties is no object`,
			`{` + subject + `,` + action + `,'resource':{'id':'e-1'}}`:                    `resource.type is missing`,
			`{` + subject + `,` + action + `,'resource':{'type':'desk:expense'}}`:         `resource.id is missing`,
			with(`'properties':7`):                                            `resource.properties is no object`,
			with(`'properties':{'owner':7}`):                                  `resource.properties.owner is no string`,
			with(`'properties':{'owner':{'type':'person'}}`):                  `resource.properties.owner.id is missing`,
			with(`'properties':{'entered_by':true}`):                          `resource.properties.entered_by is no string`,
			with(`'properties':{'unit':['sales']}`):                           `resource.properties.unit is no string`,
			with(`'properties':{'field':{}}`):                                 `resource.properties.field is no string`,
			with(`'properties':{'self_approval':'yes'}`):                      `resource.properties.self_approval is neither true nor false`,
			with(`'properties':{'text':'` + strings.Repeat("a", 9000) + `'}`): `resource.properties has more than 8192 bytes`,
			strings.Replace(whole, "e-1", strings.Repeat("e", 257), 1):        `resource.id is longer than 256 bytes`,
			asking(`7`):                                   `context is no object`,
			asking(`{'explain':'yes'}`):                   `context.explain is neither true nor false`,
			asking(`{'actor':'p-ben'}`):                   `context.actor is no object`,
			asking(`{'actor':{'type':'person'}}`):         `context.actor.id is missing`,
			asking(`{'actor':{'type':'person','id':''}}`): `context.actor.id is empty`,
			asking(`{'actor':null}`):                      `context.actor is empty; leave it out where nobody acts`,
			asking(`{'acting_session':''}`):               `context.acting_session is empty; leave it out where nobody acts`,
			asking(`{'acting_session':null}`):             `context.acting_session is empty; leave it out where nobody acts`,
			asking(`{'acting_session':7}`):                `context.acting_session is no string`,
			asking(`{'delegation':false}`):                `context.delegation is no string`,
			`{'subject':{'type':'person','id':'p-ada','id':'p-ben'},` + action + `,` + resource + `}`: `byte 41: this member is there twice`,
			asking(`{'amount':1e999}`): fmt.Sprintf(`byte %d: this number is out of range`, strings.Index(asking(`{'amount':1e999}`), `1e999`)),
			asking(strings.Repeat(`{'a':`, 20) + `1` + strings.Repeat(`}`, 20)): fmt.Sprintf(`byte %d: more than 16 objects and lists within each other are too many`, len(asking(``))-1+15*len(`{'a':`)),
		} {
			if got := h.ask(one, text); got.StatusCode != 400 || got.text != want {
				t.Errorf("%.200s: got %d %s, want 400 %s", text, got.StatusCode, got.text, want)
			}
		}
		h.ask(one, "{"+subject+","+action+","+resource+"}"+"\xff").is(t, 400, "byte 116: something follows the end of the object")
		if got := h.records(); len(got) != 0 {
			t.Errorf("something was recorded: %q", got)
		}
	})
}

// with is a question whose resource has that, too.
func with(text string) string { return strings.Replace(whole, "'id':'e-1'", "'id':'e-1',"+text, 1) }

// asking is a question with that context.
func asking(context string) string { return whole[:len(whole)-1] + `,'context':` + context + "}" }

func TestUnknownMembersAreIgnored(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		h.ask(one, `{'foo':'bar','future':{'nested':[true,null]},'subject':{'type':'person','id':'p-ada','colour':'red','properties':{'role':'admin'}},`+
			`'action':{'name':'approve','speed':1,'properties':{'method':'GET'}},'resource':{'type':'desk:expense','id':'e-1','shape':'round',`+
			`'properties':{'owner':{'type':'person','id':'p-cleo','age':3},'unit':'sales','shape':'round','nothing':null}},'context':{'weather':'rain'},'evaluations':7}`).
			is(t, 200, `{'decision':true}`)
	})
}

func TestOnlyJSONIsRead(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		text := strings.ReplaceAll(whole, "'", `"`)
		for kind, want := range map[string]int{"application/json": 200, "Application/JSON; charset=UTF-8": 200, "application/json;": 200, "": 400, "text/plain": 400,
			"application/json; charset=latin1": 400, "application/x-www-form-urlencoded": 400, "application/jsonp": 400, "application/json, text/plain": 400} {
			r := h.request(one, text)
			r.Header.Set("Content-Type", kind)
			if got := h.send(r); got.StatusCode != want {
				t.Errorf("%q: got %d %s, want %d", kind, got.StatusCode, got.text, want)
			}
		}
		r := h.request(one, text)
		r.Header.Set("Content-Encoding", "gzip")
		h.send(r).is(t, 400, "the body must not be compressed")
	})
}

func TestWhatIsTooLargeIsNotRead(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		large := `{"a":"` + strings.Repeat("a", 10<<20) + `"}`
		for _, path := range []string{one, "/access/v1/evaluations"} {
			h.send(h.request(path, large)).is(t, 413, "the body has more than 1 MiB")
			read := &counted{Reader: strings.NewReader(large)}
			r := h.request(path, "")
			r.Body, r.ContentLength = http.NoBody, -1
			r.Body = read
			h.send(r).is(t, 413, "the body has more than 1 MiB")
			if read.n > 2<<20 {
				t.Errorf("%s: read %d bytes of what is too large", path, read.n)
			}
		}
		list := strings.Repeat("{},", 9_999) + "{}"
		h.ask("/access/v1/evaluations", `{`+subject+`,`+action+`,`+resource+`,'evaluations':[`+list+`]}`).is(t, 400, "more than 1000 evaluations are too many")
		if got := h.ask("/access/v1/evaluations", `{'evaluations':[`+strings.Repeat("[],", 100_000)+`[]]}`); got.StatusCode != 400 {
			t.Errorf("got %d %s, want 400", got.StatusCode, got.text)
		}
	})
}

// counted counts what is read of it.
type counted struct {
	*strings.Reader
	n int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += n
	return n, err
}

func (c *counted) Close() error { return nil }

func TestWhoMayAsk(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		text := strings.ReplaceAll(whole, "'", `"`)
		for _, path := range []string{one, "/access/v1/evaluations", "/pdp/desk/access/v1/evaluation"} {
			for header, want := range map[string]string{
				"":                             "401 Send an API key as Authorization: Bearer.",
				"Basic " + askKey:              "401 Send an API key as Authorization: Bearer.",
				"Bearer ":                      "401 Send an API key as Authorization: Bearer.",
				askKey:                         "401 Send an API key as Authorization: Bearer.",
				"Bearer a-key-that-nobody-has": "401 This API key is not known.",
				"Bearer " + hrKey:              "403 This API key was not made to ask for decisions.",
				"Bearer " + otherKey:           "200",
				"bearer  " + askKey:            "200",
			} {
				r := h.request(path, text)
				r.Header.Set("Authorization", header)
				got := h.send(r)
				if is := strings.TrimSuffix(fmt.Sprint(got.StatusCode, " ", strings.Split(got.text, "{")[0]), " "); is != want {
					t.Errorf("%s with %q: got %s, want %s", path, header, is, want)
				}
				if (got.StatusCode == 401) != (got.Header.Get("WWW-Authenticate") == `Bearer realm="standin"`) {
					t.Errorf("%s with %q: got WWW-Authenticate %q", path, header, got.Header.Get("WWW-Authenticate"))
				}
			}
		}
	})
}

// TestP12OtherOrganisationsAreUnknown asks about acme's people with the other organisation's key.
func TestP12OtherOrganisationsAreUnknown(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		for _, context := range []string{"", `'actor':{'type':'person','id':'p-ben'}`} {
			r := h.request(one, strings.ReplaceAll(expense("p-ada", "approve", context), "'", `"`))
			r.Header.Set("Authorization", "Bearer "+otherKey)
			if got := h.send(r); got.StatusCode != 200 || !strings.HasPrefix(got.text, `{"decision":false`) {
				t.Errorf("got %d %s, want a no", got.StatusCode, got.text)
			}
		}
	})
}

func TestTheRequestIsNamed(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		for _, id := range []string{"bfe9eb29-ab87-4ca3-be83-a1d5d8305716", "x", "with spaces, and more: {}", strings.Repeat("long", 100)} {
			for _, text := range []string{whole, "{}"} {
				r := h.request(one, strings.ReplaceAll(text, "'", `"`))
				r.Header.Set("X-Request-ID", id)
				if got := h.send(r).Header.Get("X-Request-ID"); got != id {
					t.Errorf("got X-Request-ID %q, want %q", got, id)
				}
			}
		}
	})
}

// TestAnEndedKeyOpensNothing ends the key, and looks when that holds.
func TestAnEndedKeyOpensNothing(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		h.ask(one, expense("p-ada", "approve", "")).is(t, 200, `{'decision':true}`)
		if err := h.Applications.EndKey(t.Context(), standin.OperatorCaller("acme", "test"), "desk-pdp"); err != nil {
			t.Fatal(err)
		}
		h.Pass(500e6)
		h.ask(one, expense("p-ada", "approve", "")).is(t, 401, "This API key is not known.")
	})
}

// TestManyAskAtOnceWhileTheKeyIsLookedFor lets what is known of the key get older, and everybody ask at once, again and
// again.
func TestManyAskAtOnceWhileTheKeyIsLookedFor(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		text := strings.ReplaceAll(expense("p-ada", "approve", ""), "'", `"`)
		for range 10 {
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() {
					w := httptest.NewRecorder()
					if h.handler.ServeHTTP(w, h.request(one, text)); w.Code != 200 {
						t.Errorf("got %d %s, want an answer", w.Code, w.Body)
					}
				})
			}
			h.Pass(200e6)
			all.Wait()
		}
	})
}

// TestP6WhenTheDatabaseIsGoneTheAnswerIsNo closes the database.
func TestP6WhenTheDatabaseIsGoneTheAnswerIsNo(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		h.ask(one, expense("p-ada", "approve", "")).is(t, 200, `{'decision':true}`)
		if err := h.DB.Close(); err != nil {
			t.Fatal(err)
		}
		h.Pass(500e6 + 1e3)
		got := h.ask(one, expense("p-ada", "approve", ""))
		if got.StatusCode < 500 || strings.Contains(got.text, "true") || strings.Contains(got.text, "sql") {
			t.Errorf("got %d %s, want a failure that tells nothing", got.StatusCode, got.text)
		}
		if !bytes.Contains(h.log.Bytes(), []byte("a decision failed")) {
			t.Errorf("nothing was logged: %s", h.log.String())
		}
	})
}

func TestOtherMethodsAndPaths(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		for _, c := range []struct {
			method, path string
			want         int
		}{{"GET", one, 405}, {"PUT", one, 405}, {"POST", "/access/v1/nothing", 404}, {"POST", "/access/v2/evaluation", 404},
			{"POST", "/.well-known/authzen-configuration", 405}, {"GET", "/.well-known/authzen-configuration/pdp/not a name", 404}} {
			r := h.request("/", "")
			r.Method, r.URL.Path = c.method, c.path
			if got := h.send(r); got.StatusCode != c.want {
				t.Errorf("%s %s: got %d, want %d", c.method, c.path, got.StatusCode, c.want)
			}
		}
	})
}

func TestTheMetadata(t *testing.T) {
	run(t, "testdata/office.yaml", func(t *testing.T, h *house) {
		for path, base := range map[string]string{"": "https://standin.example", "/pdp/desk": "https://standin.example/pdp/desk"} {
			r := h.request("/.well-known/authzen-configuration"+path, "")
			r.Method = "GET"
			r.Header.Del("Authorization")
			h.send(r).is(t, 200, strings.ReplaceAll(`{'policy_decision_point':'BASE','access_evaluation_endpoint':'BASE/access/v1/evaluation',`+
				`'access_evaluations_endpoint':'BASE/access/v1/evaluations','search_subject_endpoint':'BASE/access/v1/search/subject',`+
				`'search_resource_endpoint':'BASE/access/v1/search/resource','search_action_endpoint':'BASE/access/v1/search/action'}`, "BASE", base))
		}
	})
}
