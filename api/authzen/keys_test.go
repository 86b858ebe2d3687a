package authzen

import (
	"crypto/sha256"
	"testing"
	"testing/synctest"
	"time"

	"github.com/standin-id/standin"
)

// TestThreat74WhoWaitsForAKeyIsRefusedInTime: while a database that hangs is asked whose a key is, everybody else who comes
// with it is refused after two seconds, not one after the other.
func TestThreat74WhoWaitsForAKeyIsRefusedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &holder{looks: make(chan struct{}, 1)}
		h.seen.Store(&sighting{standin.Caller{Organisation: "acme"}, time.Now()})
		k := &keyring{now: time.Now, known: map[[sha256.Size]byte]*holder{sha256.Sum256([]byte("secret")): h}}
		h.looks <- struct{}{} // somebody looks, and gets no answer
		if c, err := k.find(t.Context(), "secret"); err != nil || c.Organisation != "acme" {
			t.Errorf("while it is fresh: got %v, %v", c, err)
		}
		time.Sleep(keyAge)
		const many = 50
		began, errs := time.Now(), make(chan error, many)
		for range many {
			go func() { _, err := k.find(t.Context(), "secret"); errs <- err }()
		}
		for range many {
			if err := <-errs; standin.KindOf(err) != standin.Unavailable {
				t.Errorf("got %v, want Unavailable", err)
			}
		}
		if took := time.Since(began); took != keyPatience {
			t.Errorf("the last was refused after %v, want %v", took, keyPatience)
		}
	})
}
