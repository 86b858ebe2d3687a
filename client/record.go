package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
)

// Entry is one thing that was done in the application.
type Entry struct {
	Type    string // "app:type"
	Action  string // "approve"
	ID      string // of the application's record, "" for none in particular
	Outcome string // "done" where it is not said, "refused", "failed"
	// Before and After are what it changed, as JSON objects of at most 8 KiB each; nil where there is nothing to tell. Members
	// named like secrets (password, token, …) lose their value before anything is written anywhere.
	Before, After any
	At            time.Time // now where it is not said
}

// deed is an entry as /api/v1/records takes it and the spool keeps it.
type deed struct {
	ID        string          `json:"id"`
	At        time.Time       `json:"at"`
	Actor     string          `json:"actor"`
	Principal string          `json:"principal,omitempty"`
	Session   string          `json:"session,omitempty"`
	Action    string          `json:"action"`
	Resource  string          `json:"resource,omitempty"`
	Outcome   string          `json:"outcome,omitempty"`
	Before    json.RawMessage `json:"before,omitempty"`
	After     json.RawMessage `json:"after,omitempty"`
}

const (
	mostState = 8 << 10 // bytes of before, and of after
	mostDeeds = 100     // that are sent at once
	mostBatch = 200 << 10
)

// Refusal is why Standin did not record an entry. It is in Standin's record as refused, but where its form was wrong.
type Refusal struct {
	ID, Code, Detail string
}

func (r *Refusal) Error() string { return "standin: not recorded: " + r.Code + ": " + r.Detail }

// Record records what who is there did, in their own name or for somebody else, with both names. With a spool it returns once
// the entry is safe on disk: it is sent in order, as often as it takes, recorded once, and survives a kill at any instant. Without one it
// returns once Standin has recorded it. Where it returns an error the entry is not promised to be recorded: then do not do it,
// or undo it. ErrFull says that the spool waits for Standin.
func (c *Client) Record(ctx context.Context, e Entry) error {
	who, ok := From(ctx)
	if !ok {
		return ErrNobody
	}
	d, err := e.deed(who, c.now())
	if err != nil {
		return err
	}
	if c.spool != nil {
		return c.spool.append(d)
	}
	receipts, err := c.send(ctx, []deed{d})
	if err == nil && receipts[0].Code != "" {
		err = &Refusal{ID: d.ID, Code: receipts[0].Code, Detail: receipts[0].Detail}
	}
	return err
}

// Flush waits until everything that was recorded before it was called has been sent, or ctx ends.
func (c *Client) Flush(ctx context.Context) error {
	if c.spool == nil {
		return nil
	}
	return c.spool.flush(ctx)
}

func (e Entry) deed(who Identity, now time.Time) (deed, error) {
	d := deed{ID: rand.Text(), At: e.At, Actor: who.Actor.ID, Action: e.Type + "." + e.Action, Resource: e.ID, Outcome: e.Outcome}
	if d.At.IsZero() {
		d.At = now
	}
	d.At = d.At.UTC()
	if who.Acting() {
		d.Principal, d.Session = who.Principal.ID, who.Session
	}
	app, typ, ok := strings.Cut(e.Type, ":")
	if !ok || app == "" || typ == "" || e.Action == "" || len(d.Action) > 200 || strings.ContainsFunc(d.Action, unicode.IsSpace) {
		return d, fmt.Errorf("standin: %q is no action of an application; Type is app:type", d.Action)
	}
	if len(e.ID) > 256 || strings.ContainsFunc(e.ID, unicode.IsControl) {
		return d, errors.New("standin: the record's id is too long, or not one line")
	}
	if o := e.Outcome; o != "" && o != "done" && o != "refused" && o != "failed" {
		return d, fmt.Errorf("standin: %q is no outcome: done, refused or failed", o)
	}
	var err error
	if d.Before, err = state(e.Before); err == nil {
		d.After, err = state(e.After)
	}
	return d, err
}

// state returns v as a JSON object in which what is named like a secret has lost its value.
func state(v any) (json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("standin: what changed cannot be written: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil || members == nil {
		return nil, errors.New("standin: what changed is told as a JSON object: a struct or a map")
	}
	withhold(members)
	if text, err = json.Marshal(members); err == nil && len(text) > mostState {
		err = fmt.Errorf("standin: what changed has %d bytes; at most %d are recorded", len(text), mostState)
	}
	return text, err
}

var secrets = []string{"password", "passwd", "passphrase", "secret", "token", "apikey", "privatekey", "credential", "authorization", "cookie"}

func withhold(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if secret(name) {
				v[name] = "(withheld)"
			} else {
				withhold(member)
			}
		}
	case []any:
		for _, member := range v {
			withhold(member)
		}
	}
}

// secret reports whether what has this name is a secret.
func secret(name string) bool {
	name = strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(name))
	for _, word := range secrets {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// receipt is what Standin made of one deed.
type receipt struct {
	ID     string `json:"id"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

var errForm = errors.New("standin: what is recorded has not the form that Standin takes")

// send tells Standin of the deeds. errForm says that one of them, or all together, are not as Standin takes them: sending
// them again changes nothing. Any other error may pass.
func (c *Client) send(ctx context.Context, deeds []deed) ([]receipt, error) {
	text, err := json.Marshal(map[string]any{"records": deeds})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errForm, err)
	}
	status, got, err := c.ask(ctx, "/api/v1/records", bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	switch status {
	case http.StatusOK:
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return nil, fmt.Errorf("%w: %d: %.300s", errForm, status, got)
	default:
		return nil, fmt.Errorf("%w: recording was answered with %d: %.300s", awayIf(status), status, got)
	}
	var answers struct {
		Receipts []receipt `json:"receipts"`
	}
	if err := json.Unmarshal(got, &answers); err != nil || len(answers.Receipts) != len(deeds) {
		return nil, fmt.Errorf("%w: %d entries have got %d receipts: %w", ErrAway, len(deeds), len(answers.Receipts), errors.Join(err))
	}
	for i, r := range answers.Receipts {
		if r.ID != deeds[i].ID {
			return nil, fmt.Errorf("%w: the receipts are of other entries", ErrAway)
		}
	}
	return answers.Receipts, nil
}
