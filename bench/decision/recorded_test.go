// Package decision_test measures what it costs to answer applications: in somebody's own name, from memory, and on behalf
// of somebody, where the record is durable before the answer.
package decision_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/db/dbtest"
	"github.com/standin-id/standin/decision"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/rights"
)

const acme standin.OrganisationID = "acme"

const (
	actors  = 64
	abreast = 256
)

// BenchmarkDecide answers from 256 sides at once and reports answers per second: in one's own name from memory, on behalf of
// 64 people's sessions each with its durable record.
func BenchmarkDecide(b *testing.B) {
	for name, source := range map[string]func(b *testing.B) string{
		"sqlite":   func(b *testing.B) string { return filepath.Join(b.TempDir(), "standin.db") },
		"postgres": func(b *testing.B) string { return dbtest.PostgresSchema(b) },
	} {
		b.Run(name, func(b *testing.B) {
			h := furnish(b, source(b))
			key := standin.Caller{Organisation: acme, Actor: standin.KeyActor("desk"), May: []string{"decide"}}
			ask := func(b *testing.B, question func(n int) decision.Question) {
				var n atomic.Int64
				b.SetParallelism(abreast / 2)
				b.ReportAllocs()
				began := time.Now()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						a, err := h.decisions.Decide(b.Context(), key, question(int(n.Add(1))))
						if err != nil || !a.Permit {
							b.Errorf("got %+v, %v, want a permit", a, err)
							return
						}
					}
				})
				b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "answers/s")
			}
			b.Run("own", func(b *testing.B) {
				ask(b, func(int) decision.Question { return h.question(0, "") })
			})
			b.Run("behalf", func(b *testing.B) {
				ask(b, func(n int) decision.Question { return h.question(n%actors, h.sessions[n%actors]) })
			})
		})
	}
}

type house struct {
	decisions *decision.Decisions
	sessions  []standin.SessionID
}

func (h *house) question(n int, session standin.SessionID) decision.Question {
	q := decision.Question{Principal: "head", Session: session, Application: "desk", Type: "expense", ID: "e-1", Action: "approve",
		Resource: decision.Resource{Owner: "other", EnteredBy: "other", Unit: "sales", Properties: map[string]any{"amount": float64(n)}}}
	if session != "" {
		q.Actor = actor(n)
	}
	return q
}

func actor(n int) standin.PersonID { return standin.PersonID(fmt.Sprintf("actor-%d", n)) }

// furnish joins the rooms over a new database in which 64 people act for one.
func furnish(b *testing.B, source string) *house {
	d, err := db.Open(b.Context(), source)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })
	if _, _, err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	l := ledger.New(d, time.Now)
	dir, apps := directory.New(d, l, time.Now), application.New(d, l, time.Now)
	deleg := delegation.New(d, l, dir, time.Now)
	act := acting.New(d, l, dir, deleg, time.Now)
	h := &house{decisions: decision.New(d, l, dir, apps, deleg, act, time.Now)}
	op := standin.OperatorCaller(acme, "bench")
	err = d.Update(b.Context(), func(ctx context.Context, tx *db.Tx) error {
		if _, err := dir.PutOrganisationIn(ctx, tx, op, directory.Organisation{Name: "Acme", Settings: directory.DefaultSettings()}); err != nil {
			return err
		}
		_, err := apps.Put(ctx, tx, op, application.Application{Organisation: acme, ID: "desk", Name: "Desk", Catalogue: rights.Catalogue{
			Types: map[string]rights.Type{"expense": {Actions: map[string]rights.Action{"approve": {Category: "cost_centre", Approves: true, Entry: true}}}}}})
		return err
	})
	step := func(_ bool, err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	step(true, err)
	step(dir.PutUnit(b.Context(), op, "sales"))
	step(dir.PutRole(b.Context(), op, rights.Role{ID: "head", Allow: []string{"desk:expense.approve@unit"}}, 0))
	person := func(id standin.PersonID) {
		_, _, err := dir.PutPerson(b.Context(), op, directory.Person{ID: id, Name: string(id), Email: string(id) + "@acme.example", Unit: "sales"})
		step(true, err)
	}
	person("head")
	step(dir.Hold(b.Context(), op, "head", "head", ""))
	for n := range actors {
		person(actor(n))
		named, err := deleg.Name(b.Context(), standin.Caller{Organisation: acme, Actor: standin.PersonActor("head"), Principal: "head"},
			delegation.Naming{Actors: []standin.PersonID{actor(n)}, Principal: "head", Purpose: "leave"})
		step(true, err)
		caller := standin.Caller{Organisation: acme, Actor: standin.PersonActor(actor(n)), Principal: actor(n),
			Login: standin.Login{ID: standin.LoginID(standin.NewID("l")), Ends: time.Now().Add(12 * time.Hour), Proved: time.Now()}}
		err = d.Update(b.Context(), func(ctx context.Context, tx *db.Tx) error {
			notice := directory.DefaultSettings().Notice("").Version
			if err := dir.AcceptNotice(ctx, tx, caller, notice); err != nil {
				return err
			}
			s, err := act.Start(ctx, tx, caller, named[0].ID, standin.Now(time.Now))
			if err == nil {
				h.sessions = append(h.sessions, s.ID)
			}
			return err
		})
		step(true, err)
	}
	return h
}
