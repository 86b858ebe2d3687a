package api

import (
	"context"
	"net/http"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/directory/checks"
)

// Check is a verification of the organisation's whole record.
type Check struct {
	State    string     `json:"state" enum:"never,running,good,broken,undone" doc:"never: nobody asked for one yet. undone: it could not be done, and says nothing of the record."`
	ID       string     `json:"id,omitempty"`
	AskedBy  string     `json:"asked_by,omitempty" example:"person:p-1"`
	AskedAt  *time.Time `json:"asked_at,omitempty"`
	EndedAt  *time.Time `json:"ended_at,omitempty"`
	Done     int64      `json:"done" doc:"Records that were recomputed so far."`
	Total    int64      `json:"total" doc:"Records that there are."`
	Size     int64      `json:"size" doc:"Records that the last good checkpoint covers."`
	Finding  string     `json:"finding,omitempty" doc:"What is wrong, where something is."`
	Sequence *int64     `json:"sequence,omitempty" doc:"The place of the first bad record, where it has one."`
	Last     *int64     `json:"last,omitempty" doc:"Where one proof covers several, the bad record is among those up to here."`
	Record   string     `json:"record,omitempty" doc:"The bad record's id, where it is known."`
	Detail   string     `json:"detail,omitempty"`
}

func check(c checks.Check) Check {
	f := Check{State: "broken", ID: c.ID, AskedBy: string(c.AskedBy), AskedAt: moment(c.AskedAt), EndedAt: moment(c.EndedAt), Done: c.Done,
		Total: c.Total, Size: c.Size, Finding: string(c.Finding), Record: string(c.Record), Detail: c.Detail}
	switch {
	case c.ID == "":
		return Check{State: "never"}
	case c.Running():
		f.State = "running"
	case c.Good():
		f.State = "good"
	case c.Finding == checks.Undone:
		f.State = "undone"
	default:
		if c.Sequence >= 0 {
			f.Sequence, f.Last = &c.Sequence, &c.Last
		}
	}
	return f
}

func (a *api) describeChecks() {
	const tag = "Audit"
	put(a, http.MethodPost, "/audit/check", about{id: "askCheck", tag: tag, admin: true, status: http.StatusAccepted, summary: "Verify the whole record",
		text: "Runs behind; getCheck says how far it is. Where one runs already, that is answered. Needs standin:audit.view for the whole " +
			"organisation, in one's own name."}, a.askCheck)
	put(a, http.MethodGet, "/audit/check", about{id: "getCheck", tag: tag, admin: true, summary: "Say what the last verification found",
		text: "Needs standin:audit.view for the whole organisation; while acting, the principal's."}, a.getCheck)
}

func (a *api) askCheck(ctx context.Context, who standin.Caller, _ *none) (*body[Check], error) {
	c, err := a.Checks.Ask(ctx, who)
	return &body[Check]{check(c)}, err
}

func (a *api) getCheck(ctx context.Context, who standin.Caller, _ *none) (*body[Check], error) {
	c, err := a.Checks.Latest(ctx, who)
	return &body[Check]{check(c)}, err
}
