package world_test

import (
	"context"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/ledger"
)

// jobs is how often the whole job is done.
const jobs = 20

// job does the whole job in a large organisation, and reports how long each part of it took on average: sign in, choose,
// act, look at the cover of the principal and at what the unit's record says, stop, and name a stand-in oneself.
func (h *house) job(b *testing.B) {
	ctx := b.Context()
	origin := standin.Origin{Address: "192.0.2.1"}
	took := map[string]time.Duration{}
	part := func(name string, do func() error) {
		began := time.Now()
		if err := do(); err != nil {
			b.Fatalf("%s: %v", name, err)
		}
		took[name] += time.Since(began)
	}
	for range jobs {
		var token string
		var caller standin.Caller
		resolve := func() error {
			visit, err := h.signin.Resolve(ctx, token, origin)
			caller = visit.Caller
			return err
		}
		part("signin-ms", func() (err error) {
			token, _, err = h.signin.Password(ctx, "p-00001@large.example", "only-for-trials", origin)
			return err
		})
		part("choose-ms", func() error {
			if err := resolve(); err != nil {
				return err
			}
			choices, err := h.acting.Choices(ctx, caller)
			if err == nil && len(choices) == 0 {
				b.Fatal("there is nobody to stand in for")
			}
			return err
		})
		part("act-ms", func() (err error) {
			token, _, err = h.signin.Act(ctx, token, "d-00000", origin)
			return err
		})
		part("cover-ms", func() error {
			if err := resolve(); err != nil {
				return err
			}
			if caller.Principal != "p-00002" || !caller.Acting() {
				b.Fatalf("caller %+v", caller)
			}
			return h.cover(ctx, caller)
		})
		part("audit-ms", func() error {
			records, _, err := h.directory.Audit(ctx, caller, ledger.Filter{Organisation: "large"}, ledger.Cursor{}, 20)
			if err == nil && len(records) == 0 {
				b.Fatal("the unit has no record")
			}
			return err
		})
		part("stop-ms", func() (err error) {
			token, err = h.signin.Stop(ctx, token, origin)
			return err
		})
		part("name-ms", func() error {
			if err := resolve(); err != nil {
				return err
			}
			found, _, err := h.delegations.Candidates(ctx, caller, caller.Principal, "hof", 20, "")
			if err != nil || len(found) == 0 {
				return err
			}
			_, err = h.delegations.Name(ctx, caller, delegation.Naming{Actors: []standin.PersonID{found[0].ID}, Principal: caller.Principal,
				Purpose: "a bench", End: time.Now().Add(24 * time.Hour)})
			if standin.KindOf(err) == standin.Conflict { // they were named before
				err = nil
			}
			return err
		})
		part("out-ms", func() error { return h.signin.Out(ctx, token, origin) })
	}
	for name, total := range took {
		b.ReportMetric(total.Seconds()*1000/jobs, name)
	}
}

// cover reads what the page "Cover" shows.
func (h *house) cover(ctx context.Context, caller standin.Caller) error {
	if _, err := h.delegations.ListForPrincipal(ctx, caller, caller.Principal, false); err != nil {
		return err
	}
	if _, err := h.delegations.ListForActor(ctx, caller, caller.Principal, false); err != nil {
		return err
	}
	_, err := h.delegations.Alerts(ctx, caller)
	return err
}
