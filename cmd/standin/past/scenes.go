package past

import (
	"context"
	"fmt"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/delegation"
)

const (
	larkfield   standin.OrganisationID = "larkfield"
	hafenkontor standin.OrganisationID = "hafenkontor"
)

// scenes are all that happened, in any order.
func scenes(now time.Time) []scene {
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	return append([]scene{
		// Of those who stood in during the last weeks.
		acts(workday(now, 18, "09:12"), "misaki", "mariafernanda-misaki", 40),
		acts(workday(now, 15, "14:03"), "misaki", "mariafernanda-misaki", 95),
		acts(workday(now, 13, "08:31"), "annegret", "ben-annegret", 25),
		acts(workday(now, 10, "10:46"), "noa", "layla-noa", 15),
		acts(workday(now, 6, "16:20"), "annegret", "ben-annegret", 50),
		acts(workday(now, 4, "11:05"), "aoife", "helene-aoife", 30),
		acts(workday(now, 3, "09:48"), "noa", "layla-noa", 20),
		acts(workday(now, 2, "08:40"), "jonas", "clara-jonas", 70),
		acts(workday(now, 1, "09:05"), "jonas", "clara-jonas", 35),
		acts(workday(now, 2, "16:10"), "jonas", "mariafernanda-jonas", 10),

		acts(workday(now, 1, "17:02"), "jonas", "soren-jonas", 20), // within limits

		// Margarethe was ill for a day, and Clara stood in for her, once it was enabled; that she tried before is in the record,
		// too.
		{at: workday(now, 14, "07:10"), organisation: larkfield, by: "clara", do: func(ctx context.Context, s *stage, v *visit) error {
			if err := v.act(ctx, s, "margarethe-clara"); standin.KindOf(err) != standin.Denied {
				return fmt.Errorf("a standby that is not enabled: %w", err)
			}
			return nil
		}},
		does(workday(now, 14, "07:30"), larkfield, "margarethe", func(ctx context.Context, s *stage, by standin.Caller) error {
			_, err := s.delegations.Enable(ctx, by, "margarethe-clara", 10*time.Hour)
			return err
		}),
		acts(workday(now, 14, "08:15"), "clara", "margarethe-clara", 55),

		// Tomás has been on call for Priya since two hours ago, and is acting for her as the demonstration begins.
		does(ago(2*time.Hour), larkfield, "priya", func(ctx context.Context, s *stage, by standin.Caller) error {
			_, err := s.delegations.Enable(ctx, by, "priya-tomas", 12*time.Hour)
			return err
		}),
		{at: ago(6 * time.Minute), organisation: larkfield, by: "tomas", stays: true, do: func(ctx context.Context, s *stage, v *visit) error {
			return v.act(ctx, s, "priya-tomas")
		}},

		does(ago(26*time.Hour), larkfield, "ben", func(ctx context.Context, s *stage, by standin.Caller) error {
			_, err := s.delegations.Deactivate(ctx, by, "ben-annegret") // paused until the exams are over
			return err
		}),
		does(workday(now, 9, "15:00"), larkfield, "priya", func(ctx context.Context, s *stage, by standin.Caller) error {
			return s.directory.Deactivate(ctx, by, "viktor")
		}),
	}, named(now)...)
}

// named are the scenes in which somebody names somebody.
func named(now time.Time) []scene {
	return []scene{
		// Søren named Ciara and took it back.
		names(workday(now, 12, "13:15"), larkfield, "soren", "ciara", delegation.Cover, "Cover for the site meetings", 21, revoke),
		// Asha did not want to stand in for Keanu.
		names(workday(now, 8, "18:30"), larkfield, "keanu", "asha", delegation.Cover, "Surfing", 14, layDown),
		// Jonas named Ben ahead, in case of illness.
		names(workday(now, 7, "09:25"), larkfield, "jonas", "ben", delegation.Standby, "In case a child is ill", 0, nothing),

		// At Hafenkontor, whoever is named is asked first: Gesa said no, Wiebke has not answered yet.
		names(workday(now, 5, "10:00"), hafenkontor, "birte", "gesa", delegation.Cover, "Messe in Rotterdam", 20, decline),
		names(now.Add(-20*time.Hour), hafenkontor, "birte", "wiebke", delegation.Cover, "Zollprüfung", 10, nothing),
	}
}

// does is a scene in which somebody does one thing in their own name.
func does(at time.Time, organisation standin.OrganisationID, by standin.PersonID, do func(context.Context, *stage, standin.Caller) error) scene {
	return scene{at: at, organisation: organisation, by: by,
		do: func(ctx context.Context, s *stage, v *visit) error { return do(ctx, s, v.caller) }}
}

// names is a scene in which the principal names the actor for so many days, and what becomes of it.
func names(at time.Time, organisation standin.OrganisationID, principal, actor standin.PersonID, kind delegation.Kind, purpose string, days int,
	then func(ctx context.Context, s *stage, actor, principal standin.Caller, id standin.DelegationID) error) scene {
	return does(at, organisation, principal, func(ctx context.Context, s *stage, by standin.Caller) error {
		wish := delegation.Naming{Actors: []standin.PersonID{actor}, Principal: principal, Kind: kind, Purpose: purpose}
		if days > 0 {
			wish.End = s.clock.AddDate(0, 0, days)
		}
		named, err := s.delegations.Name(ctx, by, wish)
		if err != nil {
			return err
		}
		they := standin.Caller{Organisation: organisation, Actor: standin.PersonActor(actor), Principal: actor, Origin: origin(actor)}
		return then(ctx, s, they, by, named[0].ID)
	})
}

func nothing(context.Context, *stage, standin.Caller, standin.Caller, standin.DelegationID) error {
	return nil
}

func revoke(ctx context.Context, s *stage, _, principal standin.Caller, id standin.DelegationID) error {
	s.clock = s.clock.Add(20 * time.Minute)
	_, err := s.delegations.Revoke(ctx, principal, id)
	return err
}

func layDown(ctx context.Context, s *stage, actor, _ standin.Caller, id standin.DelegationID) error {
	s.clock = s.clock.Add(15 * time.Minute)
	_, err := s.delegations.LayDown(ctx, actor, id)
	return err
}

func decline(ctx context.Context, s *stage, actor, _ standin.Caller, id standin.DelegationID) error {
	s.clock = s.clock.Add(25 * time.Minute)
	_, err := s.delegations.Decline(ctx, actor, id, "Da bin ich selbst im Urlaub.")
	return err
}
