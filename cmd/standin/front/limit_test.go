package front_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/standin-id/standin/cmd/standin/front"
)

// TestThreat74ChangesAreAnsweredInTwoSeconds shows that what hangs is given up, and what streams may go on.
func TestThreat74ChangesAreAnsweredInTwoSeconds(t *testing.T) {
	for _, c := range []struct {
		method  string
		streams bool
		within  time.Duration
		ends    bool
	}{
		{"POST", false, 2 * time.Second, true},
		{"GET", false, 30 * time.Second, true},
		{"GET", true, time.Hour, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			streams := func(*http.Request) bool { return c.streams }
			h, _ := stand(t, front.Config{URL: address(t, "https://standin.example"), Streams: streams}, func(_ http.ResponseWriter, r *http.Request) {
				select {
				case <-r.Context().Done():
					if !errors.Is(context.Cause(r.Context()), context.DeadlineExceeded) {
						t.Errorf("ended by %v, want its time to be up", context.Cause(r.Context()))
					}
					if !c.ends {
						t.Error("ended although it streams")
					}
				case <-time.After(c.within):
					if c.ends {
						t.Errorf("%s went on for %v", c.method, c.within)
					}
				}
			})
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(c.method, "https://standin.example/things/1", nil))
		})
	}
}
