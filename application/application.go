// Package application owns what applications bring: their catalogues and guardrails, the OpenID Connect clients by which
// they sign people in, and the API keys by which programs ask. It refuses catalogues, addresses and secrets that it could
// not stand behind, and never shows a secret again: only its SHA-256 is kept.
package application

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/guard"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

// Application is one application of an organisation. Its id is unique within the organisation and is the first segment
// of every permission that speaks of it.
type Application struct {
	Organisation standin.OrganisationID
	ID           standin.ApplicationID
	Name         string
	Catalogue    rights.Catalogue
	Guardrails   string // Cedar, forbid only
	Policies     string // Cedar of the organisation's own for this application; "" where roles say what people may do
	Entities     string // what Policies look at: an array in Cedar's JSON form, or ""
	Version      int64
}

// Applications keeps applications, clients and API keys. It is safe for concurrent use.
//
// What changes something takes the caller. What a world file puts is the operator's alone; applications, keys and clients
// are kept by whom the Leave lets, too. Every change writes its record in the same transaction; putting what is
// there already changes and records nothing.
type Applications struct {
	db     *db.DB
	ledger *ledger.Ledger
	now    func() time.Time
	leave  Leave
	seen   *activities
}

// Leave refuses where the caller may not keep applications, clients and API keys, or not with these entitlements. It is told the
// caller's transaction. The directory knows, which stands below this room.
type Leave func(ctx context.Context, tx *db.Tx, caller standin.Caller, may []string) error

// With returns the same applications, which are kept with their keys and clients by whom leave lets. Without one only the
// operator keeps them.
func (r *Applications) With(leave Leave) *Applications {
	lenient := *r
	lenient.leave = leave
	return &lenient
}

// mayKeep asks the Leave.
func (r *Applications) mayKeep(ctx context.Context, tx *db.Tx, caller standin.Caller, op string, may []string) error {
	if r.leave == nil || caller.Actor.IsOperator() {
		return requireOperator(caller, op)
	}
	return r.leave(ctx, tx, caller, may)
}

// New returns the applications in d.
func New(d *db.DB, l *ledger.Ledger, now func() time.Time) *Applications {
	return &Applications{db: d, ledger: l, now: now, seen: &activities{last: map[[2]string]Activity{}}}
}

const (
	maxName = 200 // characters of a name
	maxID   = 100 // bytes of an id
)

// Check refuses an application with a malformed id, name, catalogue or guardrails. Guardrails' refusals have the
// arguments "line" and "column".
func (a Application) Check() error {
	const op = "application.put"
	switch {
	case !rights.ValidName(string(a.ID)) || a.ID == rights.Standin:
		return standin.Refuse(standin.Invalid, op, "application.bad_id",
			`an application's id has up to 64 letters, digits, _ and -, and is not "standin"`).On("id")
	case a.Name == "" || !readable(a.Name):
		return standin.Refuse(standin.Invalid, op, "application.bad_name",
			"an application's name has 1 to {most} characters, none of them a control character").
			With("most", maxName).On("name")
	}
	if err := a.Catalogue.Check(); err != nil {
		return err
	}
	if err := guard.Check(a.Guardrails); err != nil {
		return on(err, "guardrails")
	}
	if _, err := guard.CompilePolicies(a.Policies, a.Entities); err != nil {
		return on(err, "policies")
	}
	return nil
}

// on names the field of a refusal that names none.
func on(err error, field string) error {
	refusal, ok := errors.AsType[*standin.Error](err)
	if ok && refusal.Field == "" {
		return refusal.On(field)
	}
	return err
}

// Loosens reports whether next could let somebody do what the application as it is does not: by a guardrail that goes or
// changes, by a mark of an action that changes, by an action or a sealed field that goes, by one that is sealed no more, or by other
// policies of its own. Labels, categories, and what is new beside the present loosen nothing.
func (a Application) Loosens(next Application) bool {
	was, errWas := guard.Compile(a.Guardrails)
	is, errIs := guard.Compile(next.Guardrails)
	if errWas != nil || errIs != nil || !guard.OnlyAdds(was, is) || a.Policies != next.Policies || a.Entities != next.Entities {
		return true
	}
	for name, t := range a.Catalogue.Types {
		then := next.Catalogue.Types[name]
		for action, marks := range t.Actions {
			now, stays := then.Actions[action]
			now.Label, now.Category, marks.Label, marks.Category = "", "", "", ""
			if !stays || now != marks { // what goes may come again with other marks
				return true
			}
		}
		for field, f := range t.Fields {
			if f.Sealed && !then.Fields[field].Sealed {
				return true
			}
		}
	}
	return false
}

// readable reports whether text is of one line and not too long.
func readable(text string) bool {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxName {
		return false
	}
	for _, r := range text {
		if r < ' ' || r == 0x7f {
			return false
		}
	}
	return true
}

// validID reports whether id can name a client or a key: visible ASCII without quotes, colons and slashes, which other
// notations need.
func validID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for _, c := range []byte(id) {
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && c != '-' && c != '_' && c != '.' && c != '@' {
			return false
		}
	}
	return true
}

func requireOperator(c standin.Caller, op string) error {
	if !c.Actor.IsOperator() {
		return standin.Refuse(standin.Denied, op, "application.operator_only",
			"Applications, clients and keys are changed by the operator, in a world file.")
	}
	return nil
}
