package token_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/token"
)

// TestThreat51NothingIsGivenAfterAnEnd: refreshes, exchanges and readings go on at several applications while what they rest on
// ends. Whatever is asked for after the end was acknowledged is refused, whatever was found before; and each one that was
// given is in the record.
func TestThreat51NothingIsGivenAfterAnEnd(t *testing.T) {
	for _, e := range endings() {
		switch e.name {
		case "time up", "unused", "paused", "switched", "principal inactive for a moment", "actor inactive", "application takes no stand-ins any more":
			continue // the others are what people do, each in its own way
		}
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			in(t, func(t *testing.T, w *porch) {
				h, cookie, d := w.acting()
				held := []held{h, w.open(cookie, "desk"), w.open(cookie, "desk")}
				client, back := w.ClientNow("desk"), w.ClientNow("back")
				var over atomic.Bool
				var given, exchanged atomic.Int64
				var all, warm sync.WaitGroup
				warm.Add(2 * len(held))
				for i := range held {
					all.Go(func() { w.goOn(t, &warm, &over, &given, func() error { return w.refreshed(client, &held[i].refresh) }) })
					all.Go(func() {
						w.goOn(t, &warm, &over, &exchanged, func() error {
							if _, _, err := w.Read(context.Background(), held[i].access, false); err != nil {
								return err
							}
							_, err := w.Exchange(context.Background(), back, exchanging(held[i].access))
							return err
						})
					})
				}
				warm.Wait()
				e.do(t, w, cookie, d)
				over.Store(true)
				all.Wait()
				if got := w.Count(`SELECT count(*) FROM records WHERE action = 'token.refresh' AND outcome = 'done'`); int64(got) != given.Load() {
					t.Errorf("got %d refreshes in the record, %d were given", got, given.Load())
				}
				if got := w.Count(`SELECT count(*) FROM records WHERE action = 'token.exchange' AND outcome = 'done'`); int64(got) != exchanged.Load() {
					t.Errorf("got %d exchanges in the record, %d were given", got, exchanged.Load())
				}
				w.agrees(t)
			})
		})
	}
}

func (w *porch) refreshed(client application.Client, refresh *string) error {
	_, next, err := w.Refresh(context.Background(), client, token.Renewal{Token: *refresh})
	if err == nil {
		*refresh = next
	}
	return err
}

// goOn does it until it is refused, which it has to be once it is over; warm is told after the third time.
func (w *porch) goOn(t *testing.T, warm *sync.WaitGroup, over *atomic.Bool, count *atomic.Int64, do func() error) {
	told := false
	tell := func() {
		if !told {
			told = true
			warm.Done()
		}
	}
	defer tell()
	for i := 0; ; i++ {
		before := over.Load()
		err := do()
		switch {
		case err == nil && before:
			t.Error("given after its end")
			return
		case err == nil:
			count.Add(1)
		default:
			if name := token.Protocol(err); name != "invalid_grant" && name != "invalid_request" && name != "unauthorized_client" {
				t.Errorf("got %s, %v", name, err)
			}
			return
		}
		if i == 2 {
			tell()
		}
	}
}

// TestAGuessByWhoHadOneEndsIt: whoever knows what the tokens of a family have in common had one of them, and it is not theirs.
func TestAGuessByWhoHadOneEndsIt(t *testing.T) {
	in(t, func(t *testing.T, w *porch) {
		h, _, _ := w.acting()
		guess := h.refresh[:len(h.refresh)-52] + standin.NewSecret()
		_, _, err := w.Refresh(t.Context(), w.ClientNow("desk"), token.Renewal{Token: guess})
		refused(t, err, "token.reused", "invalid_grant")
		if _, err := w.Standing(t.Context(), acme, h.Grant.ID, false); standin.CodeOf(err) != "token.over" {
			t.Errorf("got %v, want it over", err)
		}
	})
}
