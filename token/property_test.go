package token_test

import (
	"context"
	"flag"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/acting"
	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/delegation"
	"github.com/standin-id/standin/signin"
	"github.com/standin-id/standin/token"
)

// TestNothingStandsAfterItsEnd plays random days and asks after each step about every token that was ever made: none reads as
// standing once an end of what it rests on was acknowledged, however often it was refreshed and exchanged before, and none that
// stands says anything else than it did.
func TestNothingStandsAfterItsEnd(t *testing.T) {
	fewer(t)
	rapid.Check(t, func(rt *rapid.T) {
		d, err := db.Open(context.Background(), filepath.Join(t.TempDir(), standin.NewID("d")))
		if err != nil {
			rt.Fatal(err)
		}
		defer d.Close()
		if _, _, err := d.Migrate(context.Background()); err != nil {
			rt.Fatal(err)
		}
		day := &day{porch: furnish(t, d), rt: rt, delegations: map[standin.PersonID]standin.DelegationID{}}
		day.cookie = day.enter("ann")
		for range rapid.IntRange(5, 20).Draw(rt, "steps") {
			day.step()
			day.look()
		}
	})
}

// fewer lets rapid try less often than usual, unless it was told how often: each of its tries is a story of many commits.
func fewer(t *testing.T) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if before := checks.Value.String(); before == checks.DefValue {
		if err := checks.Value.Set("25"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = checks.Value.Set(before) })
	}
}

// day is ann's, who stands in for hal and bob at desk.
type day struct {
	*porch
	rt          *rapid.T
	cookie      string
	delegations map[standin.PersonID]standin.DelegationID // that live
	all         []*issued
}

// issued is one token, with what it rests on and whether that was ended.
type issued struct {
	held
	over   string // by what
	lapsed bool   // its access token was refused once
}

func (d *day) step() {
	d.Pass(time.Second)
	steps := []func(){d.signIn, d.refresh, d.exchange, d.act, d.stop, d.revoke, d.signOut, d.revokeToken, d.endOwn, d.wait, d.replay, d.inactive}
	steps[rapid.IntRange(0, len(steps)-1).Draw(d.rt, "step")]()
}

// ended notes what an acknowledged end took with it.
func (d *day) ended(by string, which func(token.Grant) bool) {
	for _, i := range d.all {
		if i.over == "" && which(i.Grant) {
			i.over = by
		}
	}
}

// below reports whether the grant is the root or was exchanged from it.
func (d *day) below(root standin.GrantID) func(token.Grant) bool {
	return func(g token.Grant) bool {
		for g.ID != root {
			if g.Parent == "" {
				return false
			}
			for _, i := range d.all {
				if i.Grant.ID == g.Parent {
					g = i.Grant
					break
				}
			}
		}
		return true
	}
}

func (d *day) present() (signin.Visit, bool) {
	v, err := d.Signin.Resolve(context.Background(), d.cookie, home)
	return v, err == nil
}

func (d *day) signIn() {
	if _, here := d.present(); !here {
		d.cookie = d.enter("ann")
		return
	}
	if h, err := d.tryOpen(d.cookie, "desk"); err == nil {
		d.all = append(d.all, &issued{held: h})
	}
}

// some is one of the sign-ins, whether it stands or not.
func (d *day) some() *issued {
	if len(d.all) == 0 {
		return nil
	}
	return d.all[rapid.IntRange(0, len(d.all)-1).Draw(d.rt, "token")]
}

func (d *day) refresh() {
	i := d.some()
	if i == nil || i.refresh == "" {
		return
	}
	who, next, err := d.Refresh(context.Background(), d.ClientNow("desk"), token.Renewal{Token: i.refresh})
	if err != nil {
		return
	}
	if i.over != "" {
		d.rt.Fatalf("refreshed after %s", i.over)
	}
	made := &issued{held: held{Who: who, access: d.Access(who), refresh: next}}
	i.refresh = "" // its access token is looked at further
	d.all = append(d.all, made)
}

func (d *day) exchange() {
	i := d.some()
	if i == nil {
		return
	}
	who, err := d.Exchange(context.Background(), d.ClientNow("back"), exchanging(i.access))
	if err != nil {
		return
	}
	if i.over != "" || i.lapsed {
		d.rt.Fatalf("exchanged after %q", i.over)
	}
	d.all = append(d.all, &issued{held: held{Who: who, access: d.Access(who)}})
}

func (d *day) act() {
	v, here := d.present()
	if !here {
		return
	}
	principal := rapid.SampledFrom([]standin.PersonID{"hal", "bob"}).Draw(d.rt, "principal")
	if d.delegations[principal] == "" {
		d.delegations[principal] = d.Cover("ann", principal)
	}
	next, _, err := d.Signin.Act(context.Background(), d.cookie, d.delegations[principal], home)
	if err != nil {
		return // the proof is old
	}
	d.cookie = next
	d.ended("acting for another", func(g token.Grant) bool { return g.Login == v.Caller.Login.ID })
	d.Pass(time.Second)
}

func (d *day) stop() {
	v, here := d.present()
	if next, err := d.Signin.Stop(context.Background(), d.cookie, home); here && err == nil {
		d.cookie = next
		d.ended("stopping", func(g token.Grant) bool { return g.Login == v.Caller.Login.ID && g.Acting() })
	}
}

func (d *day) revoke() {
	for principal, id := range d.delegations {
		if _, err := d.Delegations.Revoke(context.Background(), as(principal), id); err != nil {
			d.rt.Fatal(err)
		}
		delete(d.delegations, principal)
		d.ended("revoking", func(g token.Grant) bool { return g.Delegation == id })
		return
	}
}

func (d *day) signOut() {
	v, here := d.present()
	if err := d.Signin.Out(context.Background(), d.cookie, home); here && err == nil {
		d.ended("signing out", func(g token.Grant) bool { return g.Login == v.Caller.Login.ID })
	}
}

func (d *day) revokeToken() {
	i := d.some()
	if i == nil || i.over != "" {
		return
	}
	if err := d.Revoke(context.Background(), i.Client, i.access, home); err != nil {
		d.rt.Fatal(err)
	}
	d.ended("its application", d.below(i.Grant.ID))
}

func (d *day) endOwn() {
	i := d.some()
	if i == nil || i.Grant.Parent != "" {
		return
	}
	if err := d.EndOwn(context.Background(), as("ann"), i.Grant.ID); err != nil {
		d.rt.Fatal(err)
	}
	d.ended("ann, in her settings", d.below(i.Grant.ID))
}

// replay uses a refresh token again, if it can be had, which ends its family.
func (d *day) replay() {
	i := d.some()
	if i == nil || i.refresh == "" {
		return
	}
	token := i.refresh
	d.refreshOnce(token)
	d.refreshOnce(token)
	d.ended("reuse", d.below(i.Grant.ID))
	i.refresh = ""
}

func (d *day) refreshOnce(refresh string) {
	_, _, _ = d.Refresh(context.Background(), d.ClientNow("desk"), token.Renewal{Token: refresh})
}

func (d *day) wait() {
	d.Pass(time.Duration(rapid.IntRange(1, 12).Draw(d.rt, "minutes")) * time.Minute)
	d.present()
}

// inactive makes one of them inactive, and active again: what they had is over.
func (d *day) inactive() {
	who := rapid.SampledFrom([]standin.PersonID{"ann", "hal", "bob"}).Draw(d.rt, "person")
	for _, do := range []func(context.Context, standin.Caller, standin.PersonID) error{d.Directory.Deactivate, d.Directory.Reactivate} {
		if err := do(context.Background(), operator(), who); err != nil {
			d.rt.Fatal(err)
		}
		d.Pass(time.Second)
	}
	d.ended("being inactive", func(g token.Grant) bool { return g.Actor == who || g.Principal == who })
}

// look reads every token that was made.
func (d *day) look() {
	for _, i := range d.all {
		who, a, err := d.Read(context.Background(), i.access, false)
		switch {
		case err != nil && standin.KindOf(err) != standin.Unauthenticated:
			d.rt.Fatal(err)
		case err != nil:
			i.lapsed = true // and stays so
		case i.over != "" || i.lapsed:
			d.rt.Fatalf("%+v reads as standing after %q, or once more", i.Grant, i.over)
		case who.Grant.Actor != i.Grant.Actor || who.Grant.Principal != i.Grant.Principal || a.SID != i.Grant.SID() || who.Acting() != i.Acting():
			d.rt.Fatalf("got %+v of %+v", who.Grant, i.Grant)
		case who.Acting() && !who.Session.LivenessAt(acting.Facts{Row: d.row(who.Grant)}, d.Now()).Live:
			d.rt.Fatalf("%+v stands without a live session", who.Grant)
		}
	}
}

func (d *day) row(g token.Grant) (row delegation.Row) {
	if err := d.DB.View(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		row, err = d.Delegations.LoadRow(ctx, tx, acme, g.Delegation)
		return err
	}); err != nil {
		d.rt.Fatal(err)
	}
	return row
}
