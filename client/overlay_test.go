package client_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/standin-id/standin/client"
)

// own is an application's preferences by person, and counts what was changed in them.
type own struct {
	mu      sync.Mutex
	all     map[string]map[string]string
	changes int
}

func newOwn() *own {
	return &own{all: map[string]map[string]string{"p-ada": {"budget": "ada's", "team": "ada's"}, "p-ben": {"budget": "ben's", "mine": "ben's"}}}
}

func (o *own) All(_ context.Context, person string) (map[string]string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.all[person]), nil
}

func (o *own) Put(_ context.Context, person, name, value string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.changes++
	o.all[person][name] = value
	return nil
}

func (o *own) Delete(_ context.Context, person, name string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.changes++
	delete(o.all[person], name)
	return nil
}

var ada, ben = client.Person{ID: "p-ada", Name: "Ada Able"}, client.Person{ID: "p-ben", Name: "Ben Bold"}

func acts(ctx context.Context, session string, view bool) context.Context {
	return client.With(ctx, client.Identity{Principal: ada, Actor: ben, Session: session, Limits: client.Limits{View: view}})
}

func lone(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.New(t.Context(), client.Config{Issuer: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func seen(t *testing.T, o *client.Overlay[string], ctx context.Context, want map[string]string) {
	t.Helper()
	got, err := o.All(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestC5InOnesOwnNameChangesPassThrough(t *testing.T) {
	tabs := newOwn()
	o := client.NewOverlay(lone(t), tabs)
	ctx := client.With(t.Context(), client.Identity{Principal: ben, Actor: ben})
	if err := errors.Join(o.Put(ctx, "new", "ben's"), o.Delete(ctx, "mine")); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"budget": "ben's", "new": "ben's"}
	seen(t, o, ctx, want)
	if diff := cmp.Diff(want, tabs.all["p-ben"]); diff != "" {
		t.Error(diff)
	}
}

// TestC5ThePrincipalsViewIsLaidUnderTheSession: with the view asked for, ben sees ada's as last saved; what he changes is
// the session's alone, a report of the same name is shadowed, and a session that goes takes it along.
func TestC5ThePrincipalsViewIsLaidUnderTheSession(t *testing.T) {
	tabs := newOwn()
	o := client.NewOverlay(lone(t), tabs)
	ctx := acts(t.Context(), "s-1", true)
	seen(t, o, ctx, map[string]string{"budget": "ada's", "team": "ada's"})
	if err := errors.Join(o.Put(ctx, "budget", "the session's"), o.Put(ctx, "new", "the session's"), o.Delete(ctx, "team")); err != nil {
		t.Fatal(err)
	}
	seen(t, o, ctx, map[string]string{"budget": "the session's", "new": "the session's"})
	tabs.all["p-ada"]["later"] = "ada's" // she is not away altogether
	seen(t, o, ctx, map[string]string{"budget": "the session's", "new": "the session's", "later": "ada's"})
	if err := o.Put(ctx, "team", "again"); err != nil {
		t.Fatal(err)
	}
	if value, there, err := o.Get(ctx, "team"); value != "again" || !there || err != nil {
		t.Errorf("got %q %v %v", value, there, err)
	}
	seen(t, o, acts(t.Context(), "s-2", true), map[string]string{"budget": "ada's", "team": "ada's", "later": "ada's"})
	seen(t, o, client.With(t.Context(), client.Identity{Principal: ada, Actor: ada}), map[string]string{"budget": "ada's", "team": "ada's", "later": "ada's"})
	if tabs.changes != 0 {
		t.Errorf("%d changes reached somebody's own", tabs.changes)
	}
}

func TestC5WithoutTheViewTheActorSeesTheirOwn(t *testing.T) {
	tabs := newOwn()
	o := client.NewOverlay(lone(t), tabs)
	ctx := acts(t.Context(), "s-1", false)
	if err := errors.Join(o.Put(ctx, "budget", "the session's"), o.Delete(ctx, "mine")); err != nil {
		t.Fatal(err)
	}
	seen(t, o, ctx, map[string]string{"budget": "the session's"})
	seen(t, o, client.With(t.Context(), client.Identity{Principal: ben, Actor: ben}), map[string]string{"budget": "ben's", "mine": "ben's"})
	if tabs.changes != 0 {
		t.Errorf("%d changes reached somebody's own", tabs.changes)
	}
}

func TestC5NobodySeesAndChangesNothing(t *testing.T) {
	o := client.NewOverlay(lone(t), newOwn())
	if _, err := o.All(t.Context()); !errors.Is(err, client.ErrNobody) {
		t.Errorf("got %v", err)
	}
	if err := o.Put(t.Context(), "a", "b"); !errors.Is(err, client.ErrNobody) {
		t.Errorf("got %v", err)
	}
	over, cancel := context.WithCancelCause(t.Context())
	cancel(client.ErrEnded)
	if err := o.Put(acts(over, "s-1", true), "late", "x"); !errors.Is(err, client.ErrEnded) {
		t.Errorf("a change after the end: got %v", err)
	}
	seen(t, o, acts(t.Context(), "s-1", true), map[string]string{"budget": "ada's", "team": "ada's"})
}

func TestC5ASessionKeepsBoundedChangesForBoundedTime(t *testing.T) {
	c := lone(t)
	clock := time.Now()
	client.SetClock(c, func() time.Time { return clock })
	o := client.NewOverlay(c, newOwn())
	ctx := acts(t.Context(), "s-1", true)
	for i := range 1000 {
		if err := o.Put(ctx, fmt.Sprint(i), "x"); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Put(ctx, "one more", "x"); !errors.Is(err, client.ErrFull) {
		t.Errorf("got %v, want %v", err, client.ErrFull)
	}
	if err := o.Put(ctx, "7", "y"); err != nil {
		t.Errorf("changing what is there: %v", err)
	}
	clock = clock.Add(25 * time.Hour)
	if err := o.Put(acts(t.Context(), "s-2", true), "a", "x"); err != nil {
		t.Fatal(err)
	}
	seen(t, o, ctx, map[string]string{"budget": "ada's", "team": "ada's"})
}

// TestC5ChangesVanishWithTheSession does it in an application: ben asks for ada's view, changes it, switches back, and acts
// again.
func TestC5ChangesVanishWithTheSession(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		b := newBrowser(t)
		b.signIn(d, "ben@acme.example", "Deputy of Ada Able", "view", "on").shows(200, "Ben Bold (for Ada Able)")
		b.open(d.url+"/tab").shows(200, "map[budget:ada's team:ada's]")
		b.once("POST", d.url+"/tab?name=budget&value=changed", nil).shows(200)
		b.open(d.url+"/tab").shows(200, "map[budget:changed team:ada's]")
		_, session, _ := strings.Cut(strings.TrimSuffix(b.open(d.url+"/me").body, "]"), "[")
		seen(t, d.overlay, acts(t.Context(), session, true), map[string]string{"budget": "changed", "team": "ada's"})
		b.open(s.url + "/").press("Switch back to myself").follow()
		eventually(t, "ben's own tabs do not come back", func() bool {
			return strings.Contains(b.open(d.url+"/tab").body, "map[budget:ben's mine:ben's]")
		})
		seen(t, d.overlay, acts(t.Context(), session, true), map[string]string{"budget": "ada's", "team": "ada's"}) // it is gone
		b.open(d.url+"/auth/login?prompt=select_account").press("Deputy of Ada Able", "view", "on").follow()
		b.open(d.url+"/tab").shows(200, "map[budget:ada's team:ada's]")
		if d.tabs.changes != 0 {
			t.Errorf("%d changes reached somebody's own", d.tabs.changes)
		}
	})
}
