package front_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
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

// TestUploadsMayBeLarge: a request that brings a file may be as large as it says, and no other may.
func TestUploadsMayBeLarge(t *testing.T) {
	const most = 3 << 20
	read := 0
	uploads := func(r *http.Request) int64 {
		if r.URL.Path == "/things/list" {
			return most
		}
		return 0
	}
	h, _ := stand(t, front.Config{URL: address(t, "https://standin.example"), Uploads: uploads}, func(_ http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if read = int(n); err != nil {
			t.Errorf("got %v after %d bytes, want it whole", err, n)
		}
	})
	for _, c := range []struct {
		path         string
		size, status int
	}{{"/things/list", most, http.StatusOK}, {"/things/list", most + 1, http.StatusRequestEntityTooLarge}, {"/things/1", 2 << 20, http.StatusRequestEntityTooLarge}} {
		read = 0
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "https://standin.example"+c.path, strings.NewReader(strings.Repeat("x", c.size))))
		if w.Code != c.status || (read == c.size) != (c.status == http.StatusOK) {
			t.Errorf("%s with %d bytes: got status %d and %d bytes read, want %d", c.path, c.size, w.Code, read, c.status)
		}
	}
}
