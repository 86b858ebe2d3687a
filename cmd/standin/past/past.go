// Package past owns what happened at the company of the demonstration before it begins: who acted for whom, who named,
// enabled, paused and ended what. It all happens by the same use cases as everything later, under a clock that is set
// back, so that each of it is in the record. It refuses a database in which there is anything already.
package past

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/directory"
	"github.com/standin-id/standin/ledger"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/world"
)

// since is how long before the demonstration the company began to use Standin.
const since = 30 * 24 * time.Hour

// stage is the rooms under a clock that is set from scene to scene.
type stage struct {
	clock       time.Time
	directory   *directory.Directory
	delegations *delegation.Delegations
	acting      *acting.Acting
	signin      *signin.Signin
	demo        *signin.Demo
	world       *world.World
}

func build(d *db.DB) *stage {
	s := &stage{}
	now := func() time.Time { return s.clock }
	l := ledger.New(d, now)
	s.directory = directory.New(d, l, now)
	s.delegations = delegation.New(d, l, s.directory, now)
	s.acting = acting.New(d, l, s.directory, s.delegations, now)
	s.signin = signin.New(d, l, s.directory, s.acting, now, signin.Options{})
	s.demo = signin.NewDemo(s.signin)
	s.world = world.New(d, l, application.New(d, l, now), s.directory, s.delegations, s.signin, now)
	return s
}

// Play makes the company that the file describes, as of a month before now, and lets happen what happened since. Nothing
// else may use the database meanwhile. Where it fails, what had happened until then stays.
func Play(ctx context.Context, d *db.DB, f *world.File, now time.Time) error {
	s := build(d)
	s.clock = now.Add(-since)
	plan, err := s.world.Plan(ctx, f)
	if err != nil {
		return err
	}
	if plan.Same > 0 {
		return standin.Refuse(standin.Conflict, "past.play", "past.begun", "The company is there already.")
	}
	if err := s.world.Apply(ctx, plan, nil); err != nil {
		return err
	}
	scenes := scenes(now.In(home(f)))
	slices.SortStableFunc(scenes, func(a, b scene) int { return a.at.Compare(b.at) })
	for _, sc := range scenes {
		if sc.at.After(s.clock) {
			s.clock = sc.at
		}
		if err := sc.play(ctx, s); err != nil {
			return fmt.Errorf("%s at %s: %w", sc.by, sc.at.Format(time.RFC3339), err)
		}
		if _, err := s.acting.CloseExpired(ctx); err != nil {
			return err
		}
	}
	return nil
}

// scene is what one person does at one time, signed in.
type scene struct {
	at           time.Time
	organisation standin.OrganisationID
	by           standin.PersonID
	do           func(ctx context.Context, s *stage, here *visit) error
	stays        bool // and does not sign out
}

// visit is the login of a scene.
type visit struct {
	token  string
	caller standin.Caller
	origin standin.Origin
}

func (sc scene) play(ctx context.Context, s *stage) error {
	v := &visit{origin: origin(sc.by)}
	var err error
	if v.token, _, err = s.demo.ContinueAs(ctx, sc.organisation, sc.by, v.origin); err != nil {
		return err
	}
	here, err := s.signin.Resolve(ctx, v.token, v.origin)
	if err != nil {
		return err
	}
	v.caller = here.Caller
	s.clock = s.clock.Add(time.Minute)
	if err := sc.do(ctx, s, v); err != nil || sc.stays {
		return err
	}
	return s.signin.Out(ctx, v.token, v.origin)
}

// origin gives each person an address of their own, of those kept for examples (RFC 5737), and one of some browsers.
func origin(id standin.PersonID) standin.Origin {
	n := 0
	for _, c := range id {
		n = (n*31 + int(c)) % 250
	}
	agents := []string{"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0"}
	return standin.Origin{Address: fmt.Sprint("192.0.2.", n+1), Agent: agents[n%len(agents)]}
}

// acts is a scene in which somebody acts by the delegation for a while, extends in time, and stops.
func acts(at time.Time, by standin.PersonID, id standin.DelegationID, minutes int) scene {
	return scene{at: at, organisation: larkfield, by: by, do: func(ctx context.Context, s *stage, v *visit) error {
		if err := v.act(ctx, s, id); err != nil {
			return err
		}
		for ; minutes > 0; minutes -= 20 { // looks at a page at least so often
			s.clock = s.clock.Add(time.Duration(min(minutes, 20)) * time.Minute)
			here, err := s.signin.Resolve(ctx, v.token, v.origin)
			if err == nil && here.Session.ExpiresAt.Sub(s.clock) <= 20*time.Minute {
				_, err = s.signin.Extend(ctx, v.token, v.origin)
			}
			if err != nil {
				return err
			}
		}
		token, err := s.signin.Stop(ctx, v.token, v.origin)
		v.token = token
		return err
	}}
}

// act begins to act and leaves it going.
func (v *visit) act(ctx context.Context, s *stage, id standin.DelegationID) error {
	token, _, err := s.signin.Act(ctx, v.token, id, v.origin)
	if err == nil {
		v.token = token
	}
	return err
}

// home is the zone of the first organisation, in whose hours people work.
func home(f *world.File) *time.Location {
	if len(f.Organisations) > 0 && f.Organisations[0].Settings.TimeZone != nil {
		if place, err := time.LoadLocation(*f.Organisations[0].Settings.TimeZone); err == nil {
			return place
		}
	}
	return time.UTC
}

// workday returns the time of day on the n-th working day before now, where now is. Day 0 is today, whatever it is.
func workday(now time.Time, n int, clock string) time.Time {
	day := now
	for ; n > 0; n-- {
		day = day.AddDate(0, 0, -1)
		for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			day = day.AddDate(0, 0, -1)
		}
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", day.Format("2006-01-02 ")+clock, now.Location())
	if err != nil {
		panic("past: " + err.Error()) // a fault of this package, whose clocks are written here
	}
	return at
}
