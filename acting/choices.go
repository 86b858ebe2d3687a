package acting

import (
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
	arrange(choices, now, tongue)
	return choices, nil
}

func choice(row delegation.Row, now time.Time) Choice {
	c := Choice{Delegation: row.ID, Principal: row.Principal, Name: row.PrincipalPerson.Name, Unit: row.PrincipalPerson.Unit,
		TimeZone: row.PrincipalPerson.TimeZone, Kind: row.Kind, Purpose: row.Purpose, Limits: row.Limits,
		State: row.StateAt(now), StartsAt: row.StartsAt, EndsAt: row.EndsAt, Refusal: Startable(row, now)}
	c.Since, c.Until = row.SpanAt(now)
	return c
}

// arrange puts the choices into their groups and in order. Names are ordered as the language of the reader orders them.
func arrange(choices []Choice, now time.Time, tongue string) {
	slices.SortStableFunc(choices, func(a, b Choice) int { return b.LastUsed.Compare(a.LastUsed) })
	recent := 0
	for i := range choices {
		c := &choices[i]
		switch {
		case c.Refusal != nil:
			c.Group = NotNow
		case !c.LastUsed.IsZero() && recent < mostRecent:
			c.Group = Recent
			recent++
		case !c.Until.IsZero() && c.Until.Sub(now) <= soon:
			c.Group = EndingSoon
		default:
			c.Group = Others
		}
	}
	tag, err := language.Parse(tongue)
	if err != nil {
		tag = language.Und
	}
	names := collate.New(tag)
	order := []Group{Recent, EndingSoon, Others, NotNow}
	slices.SortStableFunc(choices, func(a, b Choice) int {
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
		return cmp.Or(c, names.CompareString(a.Name, b.Name), cmp.Compare(a.Delegation, b.Delegation))
	})
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
	rows, err := tx.Query(ctx, `SELECT delegation, MAX(started_at) FROM sessions WHERE organisation = $1 AND actor = $2
		GROUP BY delegation`, string(org), string(actor))
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
