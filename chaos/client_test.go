//go:build linux

package chaos_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const adminKey = "only-for-trials-the-admin-key"

// people is how many people the company has; the first actors of them sign in and act.
const people, actors = 200, 3

// company is the world file of the company.
func company() string {
	var b strings.Builder
	b.WriteString("organisations:\n  - id: acme\n    name: Acme Ltd\n    units: [sales]\n    people:\n")
	for n := range people {
		fmt.Fprintf(&b, "      - {id: p-%d, name: Person %d, email: p%d@acme.example, unit: sales, accepted_terms: true", n, n, n)
		if n < actors {
			b.WriteString(", password: only-for-trials-" + strconv.Itoa(n))
		}
		b.WriteString("}\n")
	}
	b.WriteString("api_keys:\n  - {id: chaos, organisation: acme, secret: " + adminKey + ", may: [admin]}\n")
	return b.String()
}

// fact is a change that the program has acknowledged.
type fact struct{ action, resource string }

// outcome is what is known of an acting session.
type outcome int

const (
	unknown outcome = iota // something was asked and not answered
	live                   // its start was answered, and nothing else was asked
	over                   // its end was answered
)

// memory is what the clients were told; it survives every kill.
type memory struct {
	mu       sync.Mutex
	facts    []fact
	window   int             // a window of time for each delegation, so that none is refused as a second one
	cookies  [actors]string  // of those who sign in
	sessions [actors]outcome // of each of them, the last
	open     [actors]string  // the delegation that each of them acts by; theirs alone
	wrong    []string        // answers that should never be
}

func (m *memory) told(action, resource string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.facts = append(m.facts, fact{action, resource})
}

func (m *memory) complain(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wrong = append(m.wrong, fmt.Sprintf(format, args...))
}

func (m *memory) session(actor int, o outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[actor] = o
}

// nextWindow returns ten minutes of the future that no other delegation has.
func (m *memory) nextWindow() (start, end time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.window++
	start = time.Now().UTC().Truncate(time.Minute).Add(time.Duration(m.window) * 10 * time.Minute)
	return start, start.Add(10 * time.Minute)
}

// client speaks to one life of the program.
type client struct {
	*memory
	url  string
	http *http.Client
}

// ask sends a request and returns the answer's status, body and cookie. Status 0 stands for no answer: the program is gone.
func (c *client) ask(method, path, cookie string, body any) (status int, answer map[string]any, set string) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, c.url+"/api/v1"+path, content)
	if err != nil {
		panic(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	} else {
		r.Header.Set("Authorization", "Bearer "+adminKey)
	}
	w, err := c.http.Do(r)
	if err != nil {
		return 0, nil, ""
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		return 0, nil, ""
	}
	if len(text) > 0 && json.Unmarshal(text, &answer) != nil {
		c.complain("%s %s: %d and no JSON: %s", method, path, w.StatusCode, text)
	}
	for _, one := range w.Cookies() {
		set = one.Name + "=" + one.Value
	}
	return w.StatusCode, answer, set
}

// done asks for a change, notes it as told when it was acknowledged, and reports whether it was. resource "" takes the id of
// the answer. While PostgreSQL is down, 503 is a good answer.
func (c *client) done(method, path, cookie string, body any, action, kind, id string) (map[string]any, string, bool) {
	status, answer, set := c.ask(method, path, cookie, body)
	switch {
	case status == 0 || status == http.StatusServiceUnavailable:
		return nil, "", false
	case status >= 300:
		c.complain("%s %s: %d %v", method, path, status, answer)
		return nil, "", false
	}
	if id == "" {
		id = identify(answer)
	}
	if action != "" {
		c.told(action, kind+":"+id)
	}
	return answer, set, true
}

// identify returns the id of an answer, or of the only element of a list.
func identify(answer map[string]any) string {
	if items, ok := answer["items"].([]any); ok && len(items) == 1 {
		answer, _ = items[0].(map[string]any)
	}
	id, _ := answer["id"].(string)
	return id
}

// administer names, changes and ends delegations until the program is gone.
func (c *client) administer(stop <-chan struct{}) {
	for !closed(stop) {
		start, end := c.nextWindow()
		principal := actors + rand.IntN(people-actors)
		actor := actors + (principal-actors+1+rand.IntN(people-actors-1))%(people-actors)
		answer, _, ok := c.done("POST", "/delegations", "", map[string]any{"actors": []string{person(actor)}, "principal": person(principal),
			"start": start, "end": end, "purpose": "annual leave"}, "delegation.name", "delegation", "")
		if !ok {
			continue
		}
		id := identify(answer)
		path := "/delegations/" + id
		switch rand.IntN(5) {
		case 0:
			c.done("POST", path+"/revoke", "", nil, "delegation.revoke", "delegation", id)
		case 1:
			c.done("PATCH", path, "", map[string]any{"purpose": "illness"}, "delegation.edit", "delegation", id)
		case 2:
			if _, _, ok := c.done("POST", path+"/deactivate", "", nil, "delegation.deactivate", "delegation", id); ok {
				c.done("POST", path+"/reactivate", "", nil, "delegation.reactivate", "delegation", id)
			}
		case 3:
			c.done("DELETE", path, "", nil, "delegation.delete", "delegation", id)
		}
	}
}

// signIn signs the actor in.
func (c *client) signIn(actor int) bool {
	_, cookie, ok := c.done("POST", "/sign-in", "x=y", map[string]any{"email": fmt.Sprintf("p%d@acme.example", actor),
		"password": "only-for-trials-" + strconv.Itoa(actor)}, "", "", "")
	if ok {
		c.keep(actor, cookie)
	}
	return ok
}

func (c *client) keep(actor int, cookie string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cookies[actor] = cookie
}

func (c *client) cookie(actor int) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cookies[actor]
}

// act lets the actor start, extend and stop acting, and be revoked, until the program is gone. A delegation that a kill left
// over is revoked first.
func (c *client) act(actor int, stop <-chan struct{}) {
	c.revoke(actor)
	for !closed(stop) {
		if c.open[actor] == "" {
			c.open[actor] = c.namedNow(actor)
		} else if c.start(actor, c.open[actor]) && rand.IntN(3) > 0 {
			c.end(actor)
		}
		if !closed(stop) && rand.IntN(2) == 0 {
			c.revoke(actor)
		}
	}
}

// revoke revokes what the actor acts by, if anything.
func (c *client) revoke(actor int) {
	id := c.open[actor]
	if id == "" {
		return
	}
	c.session(actor, unknown)
	if _, _, ok := c.done("POST", "/delegations/"+id+"/revoke", "", nil, "delegation.revoke", "delegation", id); ok {
		c.session(actor, over)
		c.open[actor] = ""
	}
}

// namedNow names the actor for somebody, from now on, and returns the delegation's id, "" if that was not acknowledged.
// An earlier one for the same person, whose answer was lost, is in the way of another.
func (c *client) namedNow(actor int) string {
	body := map[string]any{"actors": []string{person(actor)}, "principal": person(actors + rand.IntN(people-actors)),
		"end": time.Now().Add(5 * time.Hour).UTC(), "purpose": "a call"}
	status, answer, _ := c.ask("POST", "/delegations", "", body)
	switch {
	case status == http.StatusCreated:
		c.told("delegation.name", "delegation:"+identify(answer))
		return identify(answer)
	case status != 0 && status != http.StatusServiceUnavailable && answer["code"] != "delegation.duplicate":
		c.complain("POST /delegations: %d %v", status, answer)
	}
	return ""
}

// start starts to act by the delegation and reports whether it was acknowledged.
func (c *client) start(actor int, delegation string) bool {
	c.session(actor, unknown)
	status, answer, cookie := c.ask("POST", "/acting", c.cookie(actor), map[string]any{"delegation": delegation})
	switch {
	case status == 0 || status == http.StatusServiceUnavailable:
		return false
	// The cookie was changed by an answer that was lost, or the proof is too old.
	case status == http.StatusUnauthorized || status == http.StatusForbidden || answer["code"] == "signin.switched":
		c.signIn(actor)
		return false
	case status == http.StatusCreated:
		c.keep(actor, cookie)
		c.told("acting.start", "session:"+identify(answer))
		c.session(actor, live)
		if rand.IntN(2) == 0 {
			return true
		}
		c.done("POST", "/acting/extend", c.cookie(actor), nil, "acting.extend", "session", identify(answer))
		return true
	}
	c.complain("start: %d %v", status, answer)
	return false
}

// end stops what the actor does.
func (c *client) end(actor int) {
	c.session(actor, unknown)
	if _, cookie, ok := c.done("DELETE", "/acting", c.cookie(actor), nil, "", "", ""); ok {
		c.keep(actor, cookie)
		c.session(actor, over)
	}
}

// sessionsStand complains about sessions that are not what was told of them.
func (c *client) sessionsStand() {
	for actor := range actors {
		told := c.sessions[actor]
		if told == unknown || c.cookie(actor) == "" {
			continue
		}
		status, answer, _ := c.ask("GET", "/acting", c.cookie(actor), nil)
		is := over
		if status == http.StatusOK && answer["live"] == true {
			is = live
		} else if answer["code"] == "signin.switched" {
			continue // an answer was lost that changed the cookie
		} else if status != http.StatusOK && status != http.StatusNotFound {
			c.complain("actor %d has lost their sign-in: %d %v", actor, status, answer)
		}
		if is != told {
			c.complain("the acting session of actor %d is %v, and was told to be %v: %d %v", actor, is, told, status, answer)
		}
	}
}

func person(n int) string { return "p-" + strconv.Itoa(n) }

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
