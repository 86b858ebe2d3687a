package client_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin/client"
)

// TestH6AnApplicationSignsInADeputy is the whole way: sign in as deputy, be named with both people, be decided about and
// recorded, and be stopped at once.
func TestH6AnApplicationSignsInADeputy(t *testing.T) {
	everywhere(t, func(t *testing.T, s *standin, d *desk) {
		d.start(d.config(s))
		b := newBrowser(t)
		b.signIn(d, "ben@acme.example", "Deputy of Ada Able").shows(200, "Ben Bold (for Ada Able) [s-")
		b.once("POST", d.url+"/approve?action=approve", nil).shows(200, "permit true, <nil>")
		b.once("POST", d.url+"/approve?action=reimburse", nil).shows(200, "permit false, <nil>")
		did := s.records("action=desk:expense.approve")
		if len(did) != 1 || did[0].Actor != "person:p-ben" || did[0].Principal != "p-ada" || !strings.HasPrefix(did[0].Session, "s-") ||
			!strings.Contains(string(did[0].After), `{"state":"approve"}`) {
			t.Errorf("got %+v, want both names", did)
		}
		waits := make(chan *page, 1)
		go func() { waits <- b.once("GET", d.url+"/wait", nil) }()
		eventually(t, "nobody waits", func() bool { return d.last("/wait") != nil })
		b.open(s.url + "/").press("Switch back to myself").follow()
		stopped := time.Now()
		select {
		case err := <-d.over:
			if !errors.Is(err, client.ErrEnded) {
				t.Errorf("the request in flight ended with %v, want %v", err, client.ErrEnded)
			}
			t.Logf("what was in flight was stopped %v after the browser saw the stop", time.Since(stopped).Round(time.Millisecond))
		case <-time.After(10 * time.Second):
			t.Fatal("the request in flight goes on after the stop")
		}
		<-waits
		b.once("GET", d.url+"/me", nil, "Accept", "application/json").shows(401)
		b.open(d.url+"/me").shows(200, "Ben Bold []") // silently, as the new choice
	})
}
