// Package deeds owns what applications tell that was done in them: by whom, for whom, and what it changed, each once and in
// the same record as everything else.
//
// It refuses what it cannot believe: an acting session that is not of these two people or was not live at that instant, a
// person of another organisation, somebody done for without a session, an application that is not the key's. What it refuses it records as refused, so that
// nothing that was told is silent. It believes the key otherwise: whether something was permitted is decision's to say.
package deeds

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// Deed is one thing done in an application, as that tells it.
type Deed struct {
	ID        string    // the sender's own, never used again: telling it twice records it once
	At        time.Time // when it was done
	Actor     standin.PersonID
	Principal standin.PersonID  // "" or the actor in one's own name
	Session   standin.SessionID // by which it was done for somebody else
	// Application, Type and Action are the segments of "app:type.action"; Item is the record's id, "" for none in particular.
	Application standin.ApplicationID
	Type        string
	Action      string
	Item        string
	Outcome     ledger.Outcome  // Done where none is given
	Before      json.RawMessage // what it changed, nil where there is nothing to tell
	After       json.RawMessage
}

// Receipt says what became of one deed: its record, or why it was refused.
type Receipt struct {
	ID      string
	Record  standin.RecordID
	Again   bool // it was told before
	Refusal *standin.Error
}

// Told is what the record holds of a deed, as the state after.
type Told struct {
	ID     string          `json:"id"`
	DoneAt string          `json:"done_at"`
	ToldBy standin.Actor   `json:"told_by"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	// Claimed is who did it for whom, where that was refused: then the record's own people are not they.
	Claimed *Claimed `json:"claimed,omitempty"`
}

// Claimed is what a refused deed said of people.
type Claimed struct {
	Action    string            `json:"action"`
	Actor     standin.PersonID  `json:"actor"`
	Principal standin.PersonID  `json:"principal,omitempty"`
	Session   standin.SessionID `json:"session,omitempty"`
}

const (
	longestID    = 200
	longestName  = 256
	longestState = 8 << 10 // bytes of before, and of after
	deepest      = 16      // objects and lists within each other
	// oldest is how long ago something told may have been done; kept, which is longer, how long its id is known.
	oldest = 60 * 24 * time.Hour
	kept   = 90 * 24 * time.Hour
	// ahead is how far an application's clock may be in front, apart how far it may be off at a session's ends.
	ahead = time.Minute
	apart = 2 * time.Second
)

// Check refuses a deed that is malformed; such a one is not recorded.
func (d *Deed) Check() error {
	switch {
	case !plain(d.ID, longestID) || d.ID == "":
		return standin.Refuse(standin.Invalid, op, "deeds.bad_id", "A deed has an id of up to {most} bytes without control characters.").On("id").With("most", longestID)
	case !rights.ValidName(string(d.Application)) || !rights.ValidName(d.Type) || !rights.ValidName(d.Action) || d.Application == rights.Standin:
		return standin.Refuse(standin.Invalid, op, "deeds.bad_action", "What was done is named app:type.action, by the application's own id.").On("action")
	case !plain(d.Item, longestName):
		return standin.Refuse(standin.Invalid, op, "deeds.bad_item", "A record's id has up to {most} bytes without control characters.").On("resource").With("most", longestName)
	case d.Actor == "" || !plain(string(d.Actor), longestName) || !plain(string(d.Principal), longestName) || !plain(string(d.Session), longestName):
		return standin.Refuse(standin.Invalid, op, "deeds.bad_person", "A deed names who did it, by ids of up to {most} bytes.").On("actor").With("most", longestName)
	case !slices.Contains([]ledger.Outcome{ledger.Done, ledger.Refused, ledger.Failed}, d.Outcome):
		return standin.Refuse(standin.Invalid, op, "deeds.bad_outcome", "What was tried was done, refused or failed.").On("outcome")
	case d.At.IsZero():
		return standin.Refuse(standin.Invalid, op, "deeds.no_instant", "A deed says when it was done.").On("at")
	}
	for field, state := range map[string]json.RawMessage{"before": d.Before, "after": d.After} {
		if len(state) > longestState || state != nil && !json.Valid(state) {
			return standin.Refuse(standin.Invalid, op, "deeds.bad_state", "What a deed changed is told as JSON of at most {most} bytes.").On(field).With("most", longestState)
		}
	}
	return nil
}

// plain reports whether text is readable and of at most that many bytes.
func plain(text string, most int) bool {
	return len(text) <= most && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// acting reports whether it was done for somebody else, or says so.
func (d *Deed) acting() bool { return d.Session != "" || d.Principal != "" && d.Principal != d.Actor }

func (d *Deed) action() string { return string(d.Application) + ":" + d.Type + "." + d.Action }

func (d *Deed) resource() string { return decision.ItemResource(d.Application, d.Type, d.Item) }

// told returns what the record holds of the deed; what is named like a secret is left out of it.
func (d *Deed) told(by standin.Actor) (Told, error) {
	before, err := without(d.Before)
	if err != nil {
		return Told{}, err
	}
	after, err := without(d.After)
	return Told{ID: d.ID, DoneAt: d.At.UTC().Format(time.RFC3339Nano), ToldBy: by, Before: before, After: after}, err
}

// withheld takes the place of a secret.
const withheld = "(withheld)"

// secret are the words that members with secrets have in their names.
var secret = []string{"password", "passwd", "passphrase", "secret", "token", "apikey", "privatekey", "credential", "authorization", "cookie"}

// without returns the state as canonical JSON in which members named like secrets have lost their value (THREATS 78).
func without(state json.RawMessage) (json.RawMessage, error) {
	if state == nil {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(state))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, err
	}
	v, ok := withhold(v, deepest)
	if !ok {
		return nil, standin.Refuse(standin.Invalid, op, "deeds.too_deep",
			"At most {most} objects and lists are within each other.").With("most", deepest)
	}
	return ledger.State(v), nil
}

func withhold(v any, depth int) (any, bool) {
	if depth == 0 {
		return nil, false
	}
	ok := true
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if named(name) {
				v[name] = withheld
			} else if v[name], ok = withhold(member, depth-1); !ok {
				return nil, false
			}
		}
	case []any:
		for i := range v {
			if v[i], ok = withhold(v[i], depth-1); !ok {
				return nil, false
			}
		}
	}
	return v, true
}

// named reports whether what has this name is a secret.
func named(name string) bool {
	name = strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' || r == '.' {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	return slices.ContainsFunc(secret, func(word string) bool { return strings.Contains(name, word) })
}
