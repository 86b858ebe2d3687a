package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/api/authzen"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/housetest"
	"github.com/standin-id/standin/world"
)

const (
	acme standin.OrganisationID = "acme"
	key  standin.KeyID          = "workdesk-pdp"
	// secret is the key's in the sample world.
	secret = "only-for-trials"
)

// house is the rooms over one database, in which the model's events happen, too.
type house struct {
	*housetest.House
	http http.Handler
	log  bytes.Buffer
	// sessions are those that were started, by who acts and by which delegation.
	sessions map[string]acting.Session
}

func settle(t *testing.T, d *db.DB, name string, at time.Time) *house {
	t.Helper()
	h := &house{House: housetest.Join(t, d, housetest.Standing(at)), sessions: map[string]acting.Session{}}
	h.http = authzen.New(authzen.Config{Applications: h.Applications, Decisions: h.Decisions, URL: housetest.Issuer, Now: h.Now,
		Log: slog.New(slog.NewTextHandler(&h.log, nil))})
	h.Apply(load(t, name))
	return h
}

func (h *house) happen(e *event) {
	h.T.Helper()
	ctx, operator := h.T.Context(), standin.OperatorCaller(acme, "test")
	var err error
	switch e.verb {
	case "at":
		h.Set(e.at)
	case "revoke":
		_, err = h.Delegations.Revoke(ctx, operator, standin.DelegationID(e.what))
	case "deactivate":
		err = h.Directory.Deactivate(ctx, operator, standin.PersonID(e.what))
	case "give":
		_, err = h.Directory.Hold(ctx, operator, standin.PersonID(e.what), e.role, "")
	case "take":
		_, err = h.Directory.Release(ctx, operator, standin.PersonID(e.what), e.role, "")
	}
	if err != nil {
		h.T.Fatal(err)
	}
}

// asked is the question as decision knows it.
func asked(a *ask) decision.Question {
	q := decision.Question{Principal: a.principal, Delegation: a.delegation, Application: a.application, Type: a.typ, ID: a.id,
		Action: a.action, Field: a.field, Explain: true, Resource: decision.Resource{Owner: a.owner(), EnteredBy: a.enteredBy(),
			Unit: a.unit(), SelfApproval: a.selfApproval(), Properties: a.properties}}
	if a.actor != a.principal {
		q.Actor = a.actor
	}
	return q
}

// decide asks decision itself.
func (h *house) decide(q decision.Question) decision.Answer {
	h.T.Helper()
	answer, err := h.Decisions.Decide(h.T.Context(), h.caller(), q)
	if err != nil {
		h.T.Fatal(err)
	}
	return answer
}

// caller is the application's key.
func (h *house) caller() standin.Caller {
	return standin.Caller{Organisation: acme, Actor: standin.KeyActor(key), May: []string{"decide"}}
}

// object is an object of JSON.
type object = map[string]any

// overHTTP asks as an application does.
func (h *house) overHTTP(q decision.Question) decision.Answer {
	h.T.Helper()
	var out evaluation
	h.post("/access/v1/evaluation", evaluate(q), &out)
	return out.answer()
}

// overHTTPAtOnce asks all the questions in one request.
func (h *house) overHTTPAtOnce(questions []decision.Question) (answers []decision.Answer) {
	h.T.Helper()
	var all []object
	for _, q := range questions {
		all = append(all, evaluate(q))
	}
	var out struct{ Evaluations []evaluation }
	h.post("/access/v1/evaluations", object{"evaluations": all}, &out)
	for _, e := range out.Evaluations {
		answers = append(answers, e.answer())
	}
	return answers
}

// evaluation is an answer as it comes over HTTP.
type evaluation struct {
	Decision bool
	Context  struct {
		Hypothetical bool
		Reasons      []decision.Reason
	}
}

func (e evaluation) answer() decision.Answer {
	return decision.Answer{Permit: e.Decision, Hypothetical: e.Context.Hypothetical, Reasons: e.Context.Reasons}
}

// evaluate is the question as it is sent.
func evaluate(q decision.Question) object {
	properties, about := object{}, object{"explain": true}
	maps.Copy(properties, q.Properties)
	if q.Field != "" {
		properties["field"] = q.Field
	}
	id := q.ID
	if id == "" {
		id = "none"
	}
	if q.Actor != "" {
		about["actor"] = object{"type": "person", "id": q.Actor}
	}
	if q.Session != "" {
		about["acting_session"] = q.Session
	}
	if q.Delegation != "" {
		about["delegation"] = q.Delegation
	}
	return object{
		"subject":  object{"type": "person", "id": q.Principal},
		"action":   object{"name": q.Action},
		"resource": object{"type": fmt.Sprint(q.Application, ":", q.Type), "id": id, "properties": properties},
		"context":  about,
	}
}

func (h *house) post(path string, sent object, out any) {
	h.T.Helper()
	body, err := json.Marshal(sent)
	if err != nil {
		h.T.Fatal(err)
	}
	r := httptest.NewRequest("POST", path, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+secret)
	w := httptest.NewRecorder()
	h.http.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), out); err != nil || w.Code != http.StatusOK {
		h.T.Fatalf("%s: got %d %s", body, w.Code, w.Body)
	}
}

// told is the answer as the corpus writes it.
func told(a decision.Answer) given {
	out := given{permit: a.Permit}
	for _, r := range a.Reasons {
		out.add(r.Code, r.For, string(r.Role), r.Permission, r.Policy)
	}
	return out
}

// session returns the acting session in which the actor would ask: the one that they started before, or a new one. Where
// none can be started there is none.
func (h *house) session(a *ask, by []world.Delegation) (acting.Session, bool) {
	h.T.Helper()
	name := fmt.Sprint(a.actor, " ", a.principal, " ", a.delegation)
	if s, ok := h.sessions[name]; ok {
		return s, true
	}
	if len(by) != 1 {
		return acting.Session{}, false
	}
	s, _, err := h.Represent(h.LoggedIn(a.actor, standin.LoginID(standin.NewID("l"))), by[0].ID)
	if err != nil {
		h.T.Fatal(err)
	}
	h.sessions[name] = s
	return s, true
}

// inSession is the answer that is expected in an acting session. It goes on by its delegation alone, so of what ends that
// it knows only that it is over.
func inSession(a *ask, live bool) *ask {
	if live {
		return a
	}
	b := *a
	b.permit, b.reasons = false, []reason{{code: "decision.session_over"}}
	return &b
}

// TestTheHouse runs the scenarios in which nothing happens one after the other in one house, for they leave it as it was,
// and each of the others in a house of its own.
func TestTheHouse(t *testing.T) {
	all := corpus(t)
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var h *house
		for _, name := range slices.Sorted(maps.Keys(all)) {
			s := all[name]
			if s.eventful() {
				continue
			}
			if h == nil {
				h = settle(t, d, s.world, s.at)
			}
			t.Run(name, func(t *testing.T) {
				if s.world != "workdesk" || !s.at.Equal(h.Now()) {
					t.Fatalf("it is another world or instant than the others', so it cannot share their house")
				}
				run(t, s, h)
			})
		}
	})
	for name, s := range all {
		if s.eventful() {
			t.Run(name, func(t *testing.T) {
				dbtest.Run(t, func(t *testing.T, d *db.DB) { run(t, s, settle(t, d, s.world, s.at)) })
			})
		}
	}
}

// eventful reports whether anything happens between the questions.
func (s *scenario) eventful() bool {
	return slices.ContainsFunc(s.steps, func(step step) bool { return step.event != nil })
}

// run asks every question of decision and over HTTP, by itself and within an acting session.
func run(t *testing.T, s *scenario, h *house) {
	h.T = t
	m := newModel(t, s.world)
	m.at = s.at
	for _, step := range s.steps {
		if step.event != nil {
			m.happen(step.event)
			h.happen(step.event)
			continue
		}
		q := asked(step.ask)
		compare(t, h, step.line, "", step.ask, q)
		searches(t, h, step.line, step.ask, q)
		if q.Actor == "" {
			continue
		}
		by := m.between(step.ask)
		live := len(by) == 1 && !m.inactive[step.ask.actor] && !m.inactive[step.ask.principal]
		if !live {
			by = nil
		}
		if session, ok := h.session(step.ask, by); ok {
			q.Session = session.ID
			live = live && m.at.Before(session.ExpiresAt)
			compare(t, h, step.line, " in a session", inSession(step.ask, live), q)
		}
	}
	if !s.eventful() {
		atOnce(t, s, h)
	}
}

// searches looks for the question's action among those that may be done and for the principal among those who may do it,
// or for whom the actor could: they are found exactly where the answer is yes.
func searches(t *testing.T, h *house, line int, want *ask, q decision.Question) {
	t.Helper()
	actions := q
	actions.Action = ""
	found, next, err := h.Decisions.SearchActions(t.Context(), h.caller(), actions, "", 100)
	if err != nil || next != "" {
		t.Fatalf("line %d: %v, next %q", line, err, next)
	}
	if got := slices.Contains(found, q.Action); got != want.permit {
		t.Errorf("line %d: of the actions %v are found, want %v", line, found, want.permit)
	}
	subjects := q
	subjects.Principal = ""
	people, more, err := h.Decisions.SearchSubjects(t.Context(), h.caller(), subjects, "", 100)
	if err != nil || more != "" {
		t.Fatalf("line %d: %v, next %q", line, err, more)
	}
	if got := slices.Contains(people, q.Principal); got != want.permit {
		t.Errorf("line %d: of the people %v are found, want %v", line, people, want.permit)
	}
}

// compare asks both ways; the answers must be the expected one. What has no session is hypothetical, and nothing else is.
func compare(t *testing.T, h *house, line int, how string, want *ask, q decision.Question) {
	t.Helper()
	for way, ask := range map[string]func(decision.Question) decision.Answer{"decision": h.decide, "HTTP": h.overHTTP} {
		answer := ask(q)
		if problem := judge(want, told(answer)); problem != "" {
			t.Errorf("line %d, %s%s: %s", line, way, how, problem)
		}
		if hypothetical := q.Actor != "" && q.Session == ""; answer.Hypothetical != hypothetical {
			t.Errorf("line %d, %s%s: got hypothetical %v, want %v", line, way, how, answer.Hypothetical, hypothetical)
		}
	}
}

// atOnce asks all the questions of the scenario, in which nothing happens, in one request.
func atOnce(t *testing.T, s *scenario, h *house) {
	t.Helper()
	var questions []decision.Question
	for _, step := range s.steps {
		questions = append(questions, asked(step.ask))
	}
	answers := h.overHTTPAtOnce(questions)
	if len(answers) != len(questions) {
		t.Fatalf("got %d answers to %d questions", len(answers), len(questions))
	}
	for i, step := range s.steps {
		if problem := judge(step.ask, told(answers[i])); problem != "" {
			t.Errorf("line %d, all at once: %s", step.line, problem)
		}
	}
}
