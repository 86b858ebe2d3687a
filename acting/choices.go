package acting

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/rights"
)

// Group says where in the list of choices a choice stands.
type Group string

const (
	Recent     Group = "recent"      // the five that were used last
	EndingSoon Group = "ending_soon" // within a week
	Others     Group = "others"
	NotNow     Group = "not_now" // cannot be started now
)

const (
	mostRecent = 5
	soon       = 7 * 24 * time.Hour
)

// Choice is one delegation by which somebody could act. Two delegations of one principal are two choices (C1, THREATS 8).
type Choice struct {
	Delegation standin.DelegationID
	Principal  standin.PersonID
	Name       string // the principal's
	Unit       standin.UnitID
	TimeZone   string // the principal's
	Kind       delegation.Kind
	Purpose    string
	Limits     rights.Limits
	State      delegation.State
	Since      time.Time // of the state
	Until      time.Time // until when it stays so; zero has no end
	StartsAt   time.Time
	EndsAt     time.Time
	LastUsed   time.Time // by this actor, zero if never
	Group      Group
	Current    bool // the caller acts by it now
	// Refusal is why it cannot be started now, nil where it can.
	Refusal error
}

// Choices returns by which delegations the caller, who is really there, could act: those that can be started, recent ones
// first, then those that end soon, then by name; and last those that cannot, with why not. Oneself is not among them.
// Nobody stands in for anybody by an API key: it has none.
func (a *Acting) Choices(ctx context.Context, caller standin.Caller) ([]Choice, error) {
	now := standin.Now(a.now)
	me := caller.Actor.Person()
	if me == "" {
		return nil, nil
	}
	var choices []Choice
	var tongue string
	err := a.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		choices = nil
		person, err := a.directory.Person(ctx, tx, caller.Organisation, me)
		if err != nil {
			return err
		}
		tongue = person.Language
		rows, err := a.delegations.ForActor(ctx, tx, caller.Organisation, me, now)
		if err != nil {
			return err
		}
		used, err := lastUsed(ctx, tx, caller.Organisation, me)
		if err != nil {
			return err
		}
		for _, row := range rows {
			c := choice(row, now)
			c.LastUsed = used[row.ID]
			c.Current = caller.Acting() && row.ID == caller.Delegation
			choices = append(choices, c)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return arrange(choices, now, tongue), nil
}

func choice(row delegation.Row, now time.Time) Choice {
	c := Choice{Delegation: row.ID, Principal: row.Principal, Name: row.PrincipalPerson.Name, Unit: row.PrincipalPerson.Unit,
		TimeZone: row.PrincipalPerson.TimeZone, Kind: row.Kind, Purpose: row.Purpose, Limits: row.Limits,
		State: row.StateAt(now), StartsAt: row.StartsAt, EndsAt: row.EndsAt, Refusal: Startable(row, now)}
	c.Since, c.Until = row.SpanAt(now)
	return c
}

// arrange puts the choices into their groups and returns them in order. Names are ordered as the language of the reader
// orders them.
func arrange(choices []Choice, now time.Time, tongue string) []Choice {
	tag, err := language.Parse(tongue)
	if err != nil {
		tag = language.Und
	}
	names, keys := collate.New(tag), new(collate.Buffer)
	type place struct {
		*Choice
		name []byte // in the order of the language
	}
	places := make([]place, len(choices))
	for i := range choices {
		places[i] = place{&choices[i], names.KeyFromString(keys, choices[i].Name)}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(b.LastUsed.Compare(a.LastUsed), cmp.Compare(a.Delegation, b.Delegation))
	})
	recent := 0
	for _, p := range places {
		switch {
		case p.Refusal != nil:
			p.Group = NotNow
		case !p.LastUsed.IsZero() && recent < mostRecent:
			p.Group = Recent
			recent++
		case !p.Until.IsZero() && p.Until.Sub(now) <= soon:
			p.Group = EndingSoon
		default:
			p.Group = Others
		}
	}
	order := []Group{Recent, EndingSoon, Others, NotNow}
	slices.SortFunc(places, func(a, b place) int {
		if c := cmp.Compare(slices.Index(order, a.Group), slices.Index(order, b.Group)); c != 0 {
			return c
		}
		var c int
		switch a.Group {
		case Recent:
			c = b.LastUsed.Compare(a.LastUsed)
		case EndingSoon:
			c = a.Until.Compare(b.Until)
		}
		return cmp.Or(c, bytes.Compare(a.name, b.name), cmp.Compare(a.Delegation, b.Delegation))
	})
	arranged := make([]Choice, len(places))
	for i, p := range places {
		arranged[i] = *p.Choice
	}
	return arranged
}

// Matching returns the choices in which each word of the text begins a word of the principal's name, unit or purpose,
// whatever its case and diacritics; all of them for no text.
func Matching(choices []Choice, text string) []Choice {
	wanted := strings.Fields(bare(text))
	if len(wanted) == 0 {
		return choices
	}
	var found []Choice
	for _, c := range choices {
		words := strings.FieldsFunc(bare(c.Name+" "+string(c.Unit)+" "+c.Purpose), func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r)
		})
		if !slices.ContainsFunc(wanted, func(w string) bool {
			return !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, w) })
		}) {
			found = append(found, c)
		}
	}
	return found
}

// bare folds case and takes diacritics off: "Müller" becomes "muller".
func bare(s string) string {
	s = norm.NFKD.String(cases.Fold().String(s))
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, s)
}

func lastUsed(ctx context.Context, tx *db.Tx, org standin.OrganisationID, actor standin.PersonID) (map[standin.DelegationID]time.Time, error) {
	// Grouped by an expression, for SQLite would else read all sessions in the order of an index on delegations.
	rows, err := tx.Query(ctx, `SELECT delegation || '', MAX(started_at) FROM sessions WHERE organisation = $1 AND actor = $2
		GROUP BY delegation || ''`, string(org), string(actor))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	used := map[standin.DelegationID]time.Time{}
	for rows.Next() {
		var id standin.DelegationID
		var at db.Time
		if err := rows.Scan((*string)(&id), &at); err != nil {
			return nil, err
		}
		used[id] = at.Time
	}
	return used, rows.Err()
}
