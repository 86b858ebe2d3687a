package explain

import (
	"net/http"
	"slices"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/web/grant"
)

// See shows what somebody could do who acted for the person, with limits that are tried and not granted.
type See struct {
	frame.Base
	Person frame.Who
	grant.Page
	Could  []frame.Could
	Closed []frame.Could // what the person may do themselves, and the limits close
	Opened []string      // sealed fields that come open
}

func (v *visit) see() error {
	id := standin.PersonID(v.R.PathValue("person"))
	seen, err := v.Decisions.AsPerson(v.R.Context(), v.Caller, id, rights.Limits{})
	if err != nil {
		return err
	}
	offered, err := grant.Offered(v.Visit, id)
	if err != nil {
		return err
	}
	offered.Entries = nil // to enter something is to see nothing
	wish := grant.Sent(v.R)
	wish.Whose = seen.Person.Name
	page := &See{Base: v.Base, Person: frame.Who{ID: string(id), Name: seen.Person.Name, Email: seen.Person.Email, Note: string(seen.Person.Unit)}}
	status := http.StatusOK
	switch {
	case wish.What == "":
		wish.What = grant.Full
	case wish.Ticking(offered, v.R.FormValue("do")):
	default:
		limits, problems := wish.Wanted(v.Base, offered)
		if page.Problems = problems; len(problems) == 0 {
			if seen, err = v.Decisions.AsPerson(v.R.Context(), v.Caller, id, limits); err != nil {
				p, ok := v.Problem(err)
				if !ok || standin.KindOf(err) == standin.NotFound {
					return err
				}
				page.Problems = []frame.Problem{p}
			}
		}
	}
	if len(page.Problems) > 0 {
		status, seen.Lines = http.StatusUnprocessableEntity, nil
	}
	page.Page = grant.Show(v.Visit, offered, wish)
	page.Could = v.Could(seen.Lines, seen.Person.Name)
	page.Closed = v.Could(without(seen.Own, seen.Lines), seen.Person.Name)
	page.Opened = frame.SealedNames(page.Could, true)
	v.Show(v.W, v.R, status, "see", page)
	return nil
}

// without returns the lines of which the others have nothing.
func without(lines, others []rights.Line) (left []rights.Line) {
	for _, l := range lines {
		if !slices.ContainsFunc(others, func(o rights.Line) bool {
			return o.Application == l.Application && o.Type == l.Type && o.Action == l.Action
		}) {
			left = append(left, l)
		}
	}
	return left
}
