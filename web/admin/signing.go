package admin

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/token/keys"
	"github.com/standin-id/standin/token/logout"
	"github.com/standin-id/standin/web/frame"
)

// SigningKeys is the keys that sign tokens, for those who keep the organisation's settings.
type SigningKeys struct {
	frame.Base
	May  bool // the reader may replace them
	Rows []SigningKey
}

// SigningKey is one of them, with what it is good for.
type SigningKey struct {
	ID, Algorithm  string
	State, Meaning string
	Since          frame.Moment
	Stolen         bool
}

// Telling is how telling an application goes that people are signed out of it.
type Telling struct {
	frame.Base
	ID, Name, Address string
	Waiting           int
	Oldest            frame.Moment // of those that wait
	Rows              []Told
}

// Told is one sign-in's end that the application is told of. It names no person.
type Told struct {
	Text, SID, Problem string
	At, Next           frame.Moment
	Tries              int
	Waits, Failed      bool
}

func signingViews() map[string]frame.Page {
	return map[string]frame.Page{"signing-keys": &SigningKeys{}, "telling": &Telling{}}
}

func signingPages() pages {
	return pages{
		"GET /signing-keys":       func(v *visit) error { return v.signingKeys(http.StatusOK, nil) },
		"POST /signing-keys":      (*visit).rotateSigning,
		"GET /apps/{client}/told": (*visit).telling,
	}
}

// order is that in which keys are shown: what signs first.
var order = []string{keys.Signs, keys.Next, keys.Retired, keys.Stolen}

// NewSigningKeys returns the page of the keys.
func NewSigningKeys(b frame.Base, all []keys.Key, may bool) *SigningKeys {
	b.Nav = "organisation"
	page := &SigningKeys{Base: b, May: may}
	slices.SortStableFunc(all, func(a, b keys.Key) int { return slices.Index(order, a.State()) - slices.Index(order, b.State()) })
	for _, k := range all {
		since := map[string]frame.Moment{keys.Next: b.Near(k.MadeAt), keys.Signs: b.Near(k.SignsAt), keys.Retired: b.Near(k.RetiredAt), keys.Stolen: b.Near(k.StolenAt)}
		page.Rows = append(page.Rows, SigningKey{ID: k.ID, Algorithm: k.Algorithm, State: b.T("signing.state_" + k.State()),
			Meaning: b.T("signing.means_" + k.State()), Since: since[k.State()], Stolen: k.State() == keys.Stolen})
	}
	return page
}

func (v *visit) signingKeys(status int, problems []frame.Problem) error {
	if err := v.settles(); err != nil {
		return err
	}
	all, may, err := v.Signing.List(v.R.Context(), v.Caller)
	if err != nil {
		return err
	}
	page := NewSigningKeys(v.Base, all, may)
	page.Problems = problems
	v.Show(v.W, v.R, status, "signing-keys", page)
	return nil
}

// rotateSigning lets the next keys sign; where they were stolen, it must be said twice.
func (v *visit) rotateSigning() error {
	stolen := v.R.PostFormValue("do") == "stolen"
	if stolen && v.R.PostFormValue("sure") != "yes" {
		return v.signingKeys(http.StatusUnprocessableEntity, []frame.Problem{{Field: "sure", Text: v.Base.T("signing.not_sure")}})
	}
	if err := v.Signing.Rotate(v.R.Context(), v.Caller, stolen); err != nil {
		return err
	}
	return v.lead("/signing-keys", "signing_keys")
}

// NewTelling returns the page of how telling the application goes.
func NewTelling(b frame.Base, id, name, address string, s logout.Summary) *Telling {
	b.Nav = "organisation"
	page := &Telling{Base: b, ID: id, Name: name, Address: address, Waiting: s.Waiting}
	if s.Waiting > 0 {
		page.Oldest = b.Near(s.Oldest)
	}
	for _, d := range s.Deliveries {
		row := Told{SID: d.SID, At: b.Near(d.MadeAt), Tries: d.Tries, Waits: d.EndedHow == "", Failed: d.EndedHow == logout.GivenUp}
		switch {
		case d.EndedHow != "":
			row.Text = b.T("telling.how_" + d.EndedHow)
		case d.Tries == 0:
			row.Text = b.T("telling.first")
		default:
			row.Text, row.Next = b.T("telling.again"), b.Near(d.DueAt)
		}
		switch _, err := strconv.Atoi(d.Problem); {
		case d.Problem == "":
		case err == nil:
			row.Problem = b.T("telling.status", "Status", d.Problem)
		default:
			row.Problem = b.T("telling.problem_" + d.Problem)
		}
		page.Rows = append(page.Rows, row)
	}
	return page
}

func (v *visit) telling() error {
	if err := v.settles(); err != nil {
		return err
	}
	id := standin.ClientID(v.R.PathValue("client"))
	s, err := v.Logout.Of(v.R.Context(), v.Caller, id, 50)
	if standin.KindOf(err) == standin.NotFound {
		return frame.NoPage()
	}
	if err != nil {
		return err
	}
	c, err := v.Applications.KeptClient(v.R.Context(), v.Caller, id)
	if err != nil {
		return err
	}
	return v.ok("telling", NewTelling(v.Base, string(c.ID), label(c.Name, string(c.ID)), c.BackChannel, s))
}
