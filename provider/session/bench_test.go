package session_test

import (
	"net/http/httptest"
	"testing"
	"time"
	"syscall"
)

func TestTemporaryCost(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		held, _ := h.acting()
		own := h.open(h.enter("bob"), "desk", "")
		for name, tok := range map[string]string{"acting": held.access, "own": own.access} {
		r := httptest.NewRequest("GET", "/.standin/state", nil)
		r.Header.Set("Authorization", "Bearer "+tok)
		hd := h.session.Handler()
		var a, b syscall.Rusage
		syscall.Getrusage(0, &a)
		begun := time.Now()
		for range 500 {
			w := httptest.NewRecorder()
			hd.ServeHTTP(w, r)
		}
		syscall.Getrusage(0, &b)
		t.Logf("%s: wall %v cpu %v each", name, time.Since(begun)/500, time.Duration(b.Utime.Nano()-a.Utime.Nano()+b.Stime.Nano()-a.Stime.Nano())/500)
		}
	})
}
