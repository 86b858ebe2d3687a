package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// scenario is one text: a world, and steps in it from top to bottom.
type scenario struct {
	title string
	world string
	at    time.Time
	steps []step
}

// step is one question with its answer, or something that happens.
type step struct {
	line  int
	ask   *ask
	event *event
}

// event is what happens between questions: the clock is set, a delegation revoked, a person made inactive, a role given or
// taken.
type event struct {
	verb string // one of events
	what string
	role standin.RoleID // of "give" and "take": at the person's own unit
	at   time.Time      // of "at"
}

// events are the verbs of what can happen.
var events = []string{"at", "revoke", "deactivate", "give", "take"}

// ask is one question and its expected answer.
type ask struct {
	actor, principal standin.PersonID
	delegation       standin.DelegationID // "" where none is named
	application      standin.ApplicationID
	typ, action      string
	field, id        string
	properties       map[string]any
	permit           bool
	reasons          []reason
}

// reason is an expected reason: its code and, where that is said, which role, line or policy it is of.
type reason struct{ code, of string }

func (r reason) String() string {
	if r.of == "" {
		return r.code
	}
	return r.code + "(" + r.of + ")"
}

// header is what stands above the steps.
var header = []string{"title", "world", "at"}

// read reads a scenario. An error says in which line what was expected.
func read(text string) (*scenario, error) {
	s := &scenario{}
	seen := 0
	for i, line := range strings.Split(text, "\n") {
		number := i + 1
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		var err error
		switch {
		case seen < len(header):
			err = s.head(header[seen], line)
			seen++
		case line != strings.TrimLeft(line, " \t"):
			err = s.answer(trimmed)
		default:
			err = s.step(number, trimmed)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if seen < len(header) {
		return nil, fmt.Errorf("at the end: %q is expected", header[seen])
	}
	return s, s.complete()
}

// complete refuses a scenario that asks nothing, or asks without an answer.
func (s *scenario) complete() error {
	asked := 0
	for _, step := range s.steps {
		if step.ask != nil {
			asked++
			if len(step.ask.reasons) == 0 {
				return fmt.Errorf("line %d: an answer is expected below the question", step.line)
			}
		}
	}
	if asked == 0 {
		return fmt.Errorf("a question is expected")
	}
	return nil
}

func (s *scenario) head(key, line string) error {
	value, ok := strings.CutPrefix(line, key+" ")
	if value = strings.TrimSpace(value); !ok || value == "" {
		return fmt.Errorf("%q and what it is are expected", key)
	}
	var err error
	switch key {
	case "title":
		s.title = value
	case "world":
		if !rights.ValidName(value) {
			return fmt.Errorf("the name of a world is expected")
		}
		s.world = value
	default:
		s.at, err = instant(value)
	}
	return err
}

func instant(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("an instant like 2026-11-20T10:00:00Z is expected")
	}
	return at.UTC(), nil
}

// question is "actor [for principal [by delegation]]: permission [id] [properties]".
var question = regexp.MustCompile(`^(\w[\w-]*)(?: for (\w[\w-]*)(?: by (\w[\w-]*))?)?: (\S+)(?: ([^\s{]\S*))?(?: (\{.*\}))?$`)

func (s *scenario) step(number int, line string) error {
	if err := s.answered(); err != nil {
		return err
	}
	verb, what, _ := strings.Cut(line, " ")
	for _, known := range events {
		if verb == known && what != "" {
			return s.happen(number, verb, what)
		}
	}
	m := question.FindStringSubmatch(line)
	if m == nil {
		return fmt.Errorf(`"actor [for principal [by delegation]]: app:type.action[/field] [id] [{properties}]" is expected`)
	}
	a := &ask{actor: standin.PersonID(m[1]), principal: standin.PersonID(m[2]), delegation: standin.DelegationID(m[3]), id: m[5]}
	if a.principal == "" {
		a.principal = a.actor
	}
	p, err := rights.Parse(m[4])
	if err != nil || strings.ContainsAny(m[4], "*@") {
		return fmt.Errorf("one action is expected: app:type.action[/field]")
	}
	a.application, a.typ, a.action, a.field = p.Application, p.Type, p.Action, p.Field
	if a.properties, err = properties(m[6]); err != nil {
		return err
	}
	s.steps = append(s.steps, step{line: number, ask: a})
	return nil
}

// properties reads an object of JSON, numbers as they are written.
func properties(text string) (map[string]any, error) {
	if text == "" {
		return nil, nil
	}
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	if err := d.Decode(&object); err != nil {
		return nil, fmt.Errorf("the properties are no object of JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("nothing is expected after the properties")
	}
	for name, isText := range map[string]bool{"owner": true, "entered_by": true, "unit": true, "self_approval": false} {
		value, ok := object[name]
		_, text := value.(string)
		_, truth := value.(bool)
		if ok && (isText && !text || !isText && !truth) {
			return nil, fmt.Errorf("%q is of another type", name)
		}
	}
	return object, nil
}

func (s *scenario) happen(number int, verb, what string) error {
	e := &event{verb: verb, what: what}
	if verb == "at" {
		var err error
		if e.at, err = instant(what); err != nil {
			return err
		}
	} else if verb == "give" || verb == "take" {
		person, role, _ := strings.Cut(what, " ")
		e.what, e.role = person, standin.RoleID(role)
		if !rights.ValidName(role) {
			return fmt.Errorf("a person and a role are expected after %q", verb)
		}
	}
	if verb != "at" && !rights.ValidName(e.what) {
		return fmt.Errorf("an id is expected after %q", verb)
	}
	s.steps = append(s.steps, step{line: number, event: e})
	return nil
}

// answered refuses to go on while the last question has no answer.
func (s *scenario) answered() error {
	if a := s.last(); a != nil && len(a.reasons) == 0 {
		return fmt.Errorf("first, the answer to the question above is expected")
	}
	return nil
}

// last returns the question that the last step is, nil where it is none.
func (s *scenario) last() *ask {
	if len(s.steps) == 0 {
		return nil
	}
	return s.steps[len(s.steps)-1].ask
}

// said is one reason of an answer.
var said = regexp.MustCompile(`^([a-z]+\.[a-z_]+)(?:\(([^\s()]+)\))?$`)

// answer reads "yes reason…" or "no reason…".
func (s *scenario) answer(line string) error {
	a := s.last()
	if a == nil || len(a.reasons) > 0 {
		return fmt.Errorf("an answer stands below its question, and each has one")
	}
	words := strings.Fields(line)
	switch {
	case words[0] != "yes" && words[0] != "no":
		return fmt.Errorf(`"yes" or "no" is expected`)
	case len(words) == 1:
		return fmt.Errorf("a reason is expected")
	}
	a.permit = words[0] == "yes"
	for _, word := range words[1:] {
		m := said.FindStringSubmatch(word)
		if m == nil {
			return fmt.Errorf("%q is no reason: a code is expected, and in brackets whose it is", word)
		}
		a.reasons = append(a.reasons, reason{m[1], m[2]})
	}
	return nil
}

// text is a property that is a text, "" where there is none.
func (a *ask) text(name string) string {
	t, _ := a.properties[name].(string)
	return t
}

func (a *ask) owner() standin.PersonID     { return standin.PersonID(a.text("owner")) }
func (a *ask) enteredBy() standin.PersonID { return standin.PersonID(a.text("entered_by")) }
func (a *ask) unit() standin.UnitID        { return standin.UnitID(a.text("unit")) }
func (a *ask) selfApproval() bool          { yes, _ := a.properties["self_approval"].(bool); return yes }
