package client_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/standin-id/standin/client"
)

// TestAnEndedSessionStaysEnded is what every Store has to keep to.
func TestAnEndedSessionStaysEnded(t *testing.T) {
	m, ctx, now := client.NewMemory(), t.Context(), time.Now()
	s := client.Session{SID: "s-1", RefreshToken: "r", Identity: client.Identity{Principal: ada, Actor: ben, Session: "s-1"}, Expires: now.Add(time.Hour)}
	if err := m.Create(ctx, "k", s); err != nil || m.Create(ctx, "k", s) == nil {
		t.Fatal("a session is made once", err)
	}
	for _, e := range []client.Ending{{SID: "s-2"}, {SID: "s-1", Sub: "p-cleo"}, {Sub: "p-ben"}, {}} {
		if keys, _, err := m.End(ctx, e); len(keys) != 0 || err != nil {
			t.Errorf("%+v ended %v, %v", e, keys, err)
		}
	}
	if ok, err := m.Renew(ctx, "k", s); !ok || err != nil {
		t.Error("a session that stands is not renewed", err)
	}
	keys, again, err := m.End(ctx, client.Ending{JTI: "j", Until: now.Add(time.Hour), SID: "s-1", Sub: "p-ada", At: now})
	if len(keys) != 1 || again || err != nil {
		t.Errorf("got %v %v %v", keys, again, err)
	}
	if ok, _ := m.Renew(ctx, "k", s); ok {
		t.Error("an ended session was renewed")
	}
	if got, err := m.Load(ctx, "k"); err != nil || got.Ended.IsZero() || got.RefreshToken != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, again, _ := m.End(ctx, client.Ending{JTI: "j", SID: "s-1"}); !again {
		t.Error("a logout token was taken twice")
	}
	if err := m.Delete(ctx, "k"); err != nil {
		t.Error(err)
	}
	if _, err := m.Load(ctx, "k"); !errors.Is(err, client.ErrNobody) {
		t.Errorf("got %v", err)
	}
}

func TestASessionIsRenewedByOneAtATime(t *testing.T) {
	m := client.NewMemory()
	unlock, err := m.Lock(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	other, err := m.Lock(t.Context(), "other")
	if err != nil {
		t.Fatal(err)
	}
	other()
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := m.Lock(short, "k"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want that it waits", err)
	}
	unlock()
	if again, err := m.Lock(t.Context(), "k"); err != nil {
		t.Error(err)
	} else {
		again()
	}
}

// racing ends the session while its tokens are renewed.
type racing struct {
	client.Store
	armed bool
}

func (r *racing) Renew(ctx context.Context, key string, s client.Session) (bool, error) {
	if r.armed {
		if _, _, err := r.End(ctx, client.Ending{SID: s.SID, At: time.Now()}); err != nil {
			return false, err
		}
	}
	return r.Store.Renew(ctx, key, s)
}

// TestAnEndWinsOverARenewal: what ends while Standin gives new tokens is over.
func TestAnEndWinsOverARenewal(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		c, store := d.config(s), &racing{Store: client.NewMemory()}
		c.Sessions = store
		d.start(c)
		b := newBrowser(t)
		b.signIn(d, "cleo@acme.example", "").shows(200, "Cleo Calm")
		store.armed = true
		d.pass(11 * time.Minute)
		b.asks(d, "/me").shows(401)
		store.armed = false
		b.asks(d, "/me").shows(401)
	})
}
