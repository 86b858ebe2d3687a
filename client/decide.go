package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
)

// Question asks whether who is there may do something. Type is "app:type" and Action one of its actions, as the
// application's catalogue has them. What is not said helps nobody: without an owner nothing is one's own, without a unit nothing is a
// unit's.
type Question struct {
	Action       string
	Type         string
	ID           string
	Field        string // asks for that field instead of the record
	Owner        string // a person's id
	EnteredBy    string
	Unit         string
	SelfApproval bool
	Properties   map[string]any // for the organisation's guardrails and policies
}

// Decision is an answer. The zero Decision denies.
type Decision struct {
	Permit  bool
	Why     string // the rule that decided, as a sentence for whoever runs the application
	Reasons []Reason
	Record  string // where it is recorded, "" in one's own name without a record
}

// Reason is one rule that spoke for or against, in the order in which they count.
type Reason struct {
	Code       string `json:"code"` // stable
	For        bool   `json:"for"`
	Role       string `json:"role"`       // whose permission it is
	At         string `json:"at"`         // the unit where the role is held, or that is meant
	Permission string `json:"permission"` // the line that decides
	Policy     string `json:"policy"`     // the guardrail that decides
}

// mostQuestions is how many are asked at once (docs/authzen.md).
const mostQuestions = 1000

// Decide asks Standin whether who is there may do it, now. While acting it is asked by the acting session, so that what was ended
// denies. Any doubt is a no: an error comes with a Decision that denies, and whoever looks at the Decision alone is safe.
func (c *Client) Decide(ctx context.Context, q Question) (Decision, error) {
	all, err := c.DecideAll(ctx, []Question{q})
	if len(all) != 1 {
		return Decision{}, err
	}
	return all[0], err
}

// DecideAll is Decide for many questions, in their order; where one cannot be answered, all are denied.
func (c *Client) DecideAll(ctx context.Context, questions []Question) ([]Decision, error) {
	all := make([]Decision, len(questions))
	who, ok := From(ctx)
	if !ok {
		return all, ErrNobody
	}
	for from := 0; from < len(questions); from += mostQuestions {
		part := questions[from:min(from+mostQuestions, len(questions))]
		answers, err := c.evaluate(ctx, who, part)
		if err != nil {
			return make([]Decision, len(questions)), err
		}
		copy(all[from:], answers)
	}
	return all, nil
}

// entity is a subject, an actor or a resource of AuthZEN 1.0 §5.
type entity struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Properties map[string]any `json:"properties,omitempty"`
}

type evaluation struct {
	Subject  *entity        `json:"subject,omitempty"`
	Action   map[string]any `json:"action,omitempty"`
	Resource *entity        `json:"resource,omitempty"`
	Context  map[string]any `json:"context,omitempty"`
}

// answer is what AuthZEN 1.0 §5.5 says. A decision that is not there is a no.
type answer struct {
	Decision *bool `json:"decision"`
	Context  struct {
		Hypothetical bool              `json:"hypothetical"`
		Reasons      []Reason          `json:"reasons"`
		Admin        map[string]string `json:"reason_admin"`
		Record       string            `json:"record"`
		Error        *struct {
			Message string `json:"message"`
		} `json:"error"`
	} `json:"context"`
}

func (c *Client) evaluate(ctx context.Context, who Identity, questions []Question) ([]Decision, error) {
	said := map[string]any{"explain": true}
	if who.Acting() {
		said["acting_session"] = who.Session
		said["actor"] = entity{Type: "person", ID: who.Actor.ID}
	}
	one := evaluation{Subject: &entity{Type: "person", ID: who.Principal.ID}, Context: said}
	body := struct {
		evaluation
		Evaluations []evaluation `json:"evaluations"`
	}{evaluation: one}
	for _, q := range questions {
		body.Evaluations = append(body.Evaluations, q.evaluation())
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("standin: a question cannot be asked: %w", err)
	}
	status, got, err := c.ask(ctx, "/access/v1/evaluations", bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("%w: a decision was answered with %d: %.300s", awayIf(status), status, got)
	}
	var answers struct {
		Evaluations []answer `json:"evaluations"`
	}
	if err := json.Unmarshal(got, &answers); err != nil || len(answers.Evaluations) != len(questions) {
		return nil, fmt.Errorf("%w: %d questions have got %d answers: %w", ErrAway, len(questions), len(answers.Evaluations), errors.Join(err))
	}
	all := make([]Decision, len(questions))
	for i, a := range answers.Evaluations {
		if a.Context.Error != nil {
			return nil, fmt.Errorf("standin: question %d cannot be asked: %s", i+1, a.Context.Error.Message)
		}
		permit := a.Decision != nil && *a.Decision && !a.Context.Hypothetical
		all[i] = Decision{Permit: permit, Reasons: a.Context.Reasons, Record: a.Context.Record}
		for _, why := range a.Context.Admin {
			all[i].Why = why
		}
	}
	return all, nil
}

func (q Question) evaluation() evaluation {
	properties := maps.Clone(q.Properties)
	if properties == nil {
		properties = map[string]any{}
	}
	for _, name := range []string{"owner", "entered_by", "unit", "field", "self_approval"} {
		delete(properties, name) // these are said by the question's own fields alone
	}
	for name, text := range map[string]string{"owner": q.Owner, "entered_by": q.EnteredBy, "unit": q.Unit, "field": q.Field} {
		if text != "" {
			properties[name] = text
		}
	}
	if q.SelfApproval {
		properties["self_approval"] = true
	}
	return evaluation{Action: map[string]any{"name": q.Action}, Resource: &entity{Type: q.Type, ID: q.ID, Properties: properties}}
}

var errRefused = errors.New("standin: the API key was refused")

// awayIf sorts what is no answer: Standin's trouble, or that of this application's key.
func awayIf(status int) error {
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		return errRefused
	}
	return ErrAway
}
