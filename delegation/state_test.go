package delegation

import (
	"testing"
	"time"

	"github.com/standin-id/standin/rights"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func at(hours float64) time.Time { return noon.Add(time.Duration(hours * float64(time.Hour))) }

// just is the smallest step of stored time.
const just = time.Microsecond

func TestStateAt(t *testing.T) {
	window := Delegation{Kind: Cover, CreatedAt: at(-20), StartsAt: at(-10), EndsAt: at(10)}
	with := func(change func(d *Delegation)) Delegation {
		d := window
		change(&d)
		return d
	}
	asked := with(func(d *Delegation) { d.AskedAt, d.AskedOf = at(-19), "a" })
	enabled := with(func(d *Delegation) { d.Kind, d.EnabledAt, d.EnabledUntil = Standby, at(-2), at(2) })
	for _, c := range []struct {
		name         string
		d            Delegation
		now          time.Time
		want         State
		since, until time.Time
	}{
		{"before the start", window, at(-10).Add(-just), Upcoming, at(-20), at(-10)},
		{"at the start", window, at(-10), Active, at(-10), at(10)},
		{"within", window, noon, Active, at(-10), at(10)},
		{"just before the end", window, at(10).Add(-just), Active, at(-10), at(10)},
		{"at the end", window, at(10), Expired, at(10), time.Time{}},
		{"without an end", with(func(d *Delegation) { d.EndsAt = time.Time{} }), at(1e5), Active, at(-10), time.Time{}},
		{"asked", asked, noon, Waiting, at(-19), at(10)},
		{"asked, over", asked, at(10), Expired, at(10), time.Time{}},
		{"accepted", with(func(d *Delegation) { d.AskedAt, d.AcceptedAt = at(-19), at(-3) }), noon, Active, at(-3), at(10)},
		{"declined", with(func(d *Delegation) { d.AskedAt, d.DeclinedAt = at(-19), at(-3) }), noon, Declined, at(-3), time.Time{}},
		{"declined stays declined", with(func(d *Delegation) { d.AskedAt, d.DeclinedAt = at(-19), at(-3) }), at(11), Declined, at(-3), time.Time{}},
		{"dormant", with(func(d *Delegation) { d.Kind = Standby }), noon, Dormant, at(-10), at(10)},
		{"just before enabling", enabled, at(-2).Add(-just), Dormant, at(-10), at(10)},
		{"at enabling", enabled, at(-2), Active, at(-2), at(2)},
		{"just before it runs out", enabled, at(2).Add(-just), Active, at(-2), at(2)},
		{"ran out", enabled, at(2), Dormant, at(2), at(10)},
		{"enabled beyond its end", with(func(d *Delegation) { d.Kind, d.EnabledAt, d.EnabledUntil = Standby, at(9), at(20) }), at(9.5), Active, at(9), at(10)},
		{"enabled, its end over", with(func(d *Delegation) { d.Kind, d.EnabledAt, d.EnabledUntil = Standby, at(9), at(20) }), at(10), Expired, at(10), time.Time{}},
		{"inactive", with(func(d *Delegation) { d.InactiveAt = at(-1) }), noon, Inactive, at(-1), at(10)},
		{"inactive, over", with(func(d *Delegation) { d.InactiveAt = at(-1) }), at(10), Expired, at(10), time.Time{}},
		{"resumed", with(func(d *Delegation) { d.ResumedAt = at(-1) }), noon, Active, at(-1), at(10)},
		{"revoked", with(func(d *Delegation) { d.EndedAt, d.EndedHow = at(-1), EndedRevoked }), noon, Revoked, at(-1), time.Time{}},
		{"laid down", with(func(d *Delegation) { d.EndedAt, d.EndedHow = at(-1), EndedLaidDown }), at(20), LaidDown, at(-1), time.Time{}},
		{"ended by a faster clock", with(func(d *Delegation) { d.EndedAt, d.EndedHow = at(1), EndedRevoked }), noon, Revoked, at(1), time.Time{}},
		{"a kind of the future", with(func(d *Delegation) { d.Kind = "agent" }), noon, Revoked, time.Time{}, time.Time{}},
		{"nothing", Delegation{}, noon, Revoked, time.Time{}, time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.d.StateAt(c.now); got != c.want {
				t.Fatalf("got %s, want %s", got, c.want)
			}
			since, until := c.d.SpanAt(c.now)
			if !since.Equal(c.since) || !until.Equal(c.until) {
				t.Errorf("got from %v until %v, want from %v until %v", since, until, c.since, c.until)
			}
			if end, usable := c.d.UsableUntil(c.now); usable != (c.want == Active) || usable && !end.Equal(c.until) {
				t.Errorf("got usable %v until %v", usable, end)
			}
		})
	}
}

func TestWhoMay(t *testing.T) {
	d := Delegation{Actor: "a", Principal: "p", Kind: Standby, StartsAt: at(-10), EndsAt: at(10), AskedAt: at(-9), AskedOf: "a"}
	for _, c := range []struct {
		verb Verb
		who  Party
		want string
	}{
		{DoAccept, AsActor, ""}, {DoAccept, AsPrincipal, "delegation.not_asked"}, {DoAccept, AsManager, "delegation.not_asked"},
		{DoDecline, AsActor, ""}, {DoEdit, AsPrincipal, ""}, {DoEdit, AsManager, ""}, {DoEdit, AsActor, "delegation.not_yours"},
		{DoRevoke, AsActor, "delegation.not_yours"}, {DoLayDown, AsActor, ""}, {DoLayDown, AsPrincipal, "delegation.not_actor"},
		{DoLayDown, AsManager, "delegation.not_actor"}, {DoEnable, AsActor | AsManager, "delegation.own_gain"},
		{DoRenew, AsActor | AsManager, "delegation.own_gain"}, {DoReactivate, AsActor | AsManager, "delegation.own_gain"},
		{DoDisable, AsActor | AsManager, ""}, {DoRevoke, AsActor | AsManager, ""}, {DoDelete, AsManager, ""},
		{DoEdit, AsPrincipal | AsGuest, "delegation.not_while_acting"}, {DoLayDown, AsActor | AsGuest, "delegation.not_while_acting"},
		{DoRevoke, 0, "delegation.not_yours"},
	} {
		who := map[bool]string{true: "a", false: "p"}[c.who.is(AsActor)]
		if c.who == AsManager {
			who = "m"
		}
		if got := code(d.whoMay(c.verb, personID(who), c.who)); got != c.want {
			t.Errorf("%s as %b: got %q, want %q", c.verb, c.who, got, c.want)
		}
	}
}

func TestWhenMay(t *testing.T) {
	cover := Delegation{Kind: Cover, StartsAt: at(-10), EndsAt: at(10)}
	standby := Delegation{Kind: Standby, StartsAt: at(-10)}
	revoked := Delegation{Kind: Cover, StartsAt: at(-10), EndsAt: at(10), EndedAt: at(-1), EndedHow: EndedRevoked}
	cap := 24 * time.Hour
	for _, c := range []struct {
		verb Verb
		d    Delegation
		now  time.Time
		want string
	}{
		{DoRenew, cover, noon, ""}, {DoRenew, cover, at(10), "delegation.over"}, {DoRenew, standby, noon, "delegation.no_end"},
		{DoRenew, Delegation{Kind: Standby, StartsAt: at(-1), EndsAt: at(1)}, noon, "delegation.standby_renewal"},
		{DoRenew, Delegation{Kind: Cover, StartsAt: noon, EndsAt: at(24)}, noon, "delegation.longest"},
		{DoEnable, cover, noon, "delegation.not_standby"}, {DoEnable, standby, noon, ""}, {DoDisable, standby, noon, "delegation.not_enabled"},
		{DoEnable, standby, at(-11), "delegation.enable_early"},
		{DoEnable, Delegation{Kind: Standby, AskedAt: at(-1)}, noon, "delegation.enable_waiting"},
		{DoEnable, Delegation{Kind: Standby, InactiveAt: at(-1)}, noon, "delegation.enable_inactive"},
		{DoRevoke, cover, at(10), ""}, {DoRevoke, revoked, noon, "delegation.over"}, {DoEdit, revoked, noon, "delegation.over"},
		{DoDelete, revoked, noon, ""}, {DoDelete, Delegation{Kind: Cover, UsedAt: noon}, noon, "delegation.used"},
		{DoReactivate, cover, noon, "delegation.not_inactive"}, {DoDeactivate, Delegation{Kind: Cover, InactiveAt: noon}, noon, "delegation.is_inactive"},
		{DoAccept, cover, noon, "delegation.answered"}, {DoAccept, Delegation{Kind: Cover, AskedAt: noon}, noon, ""},
		{DoAccept, Delegation{Kind: Cover, AskedAt: noon, EndsAt: at(1)}, at(1), "delegation.over"},
	} {
		if got := code(c.d.whenMay(c.verb, c.d.StateAt(c.now), c.now, cap)); got != c.want {
			t.Errorf("%s of %+v: got %q, want %q", c.verb, c.d, got, c.want)
		}
	}
}

func TestWidening(t *testing.T) {
	d := Delegation{StartsAt: at(0), EndsAt: at(10), Limits: rights.Limits{ReadOnly: true}}
	for name, c := range map[string]struct {
		change func(d *Delegation)
		want   bool
	}{
		"nothing":       {func(*Delegation) {}, false},
		"earlier start": {func(d *Delegation) { d.StartsAt = at(-1) }, true},
		"later start":   {func(d *Delegation) { d.StartsAt = at(1) }, false},
		"later end":     {func(d *Delegation) { d.EndsAt = at(11) }, true},
		"earlier end":   {func(d *Delegation) { d.EndsAt = at(9) }, false},
		"no end":        {func(d *Delegation) { d.EndsAt = time.Time{} }, true},
		"fewer limits":  {func(d *Delegation) { d.Limits = rights.Limits{} }, true},
		"purpose":       {func(d *Delegation) { d.Purpose = "else" }, false},
	} {
		after := d
		c.change(&after)
		if got := widens(d, after); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
