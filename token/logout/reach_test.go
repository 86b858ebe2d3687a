package logout

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/application"
)

// TestThreat82NoNetworkIsScanned: from a public place nothing is connected to on this machine or in a private network, by
// whatever name, unless the operator named it; so nobody learns what answers there.
func TestThreat82NoNetworkIsScanned(t *testing.T) {
	run(t, func(h *house) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		h.must(err)
		defer l.Close()
		var connected atomic.Int32
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				connected.Add(1)
				_ = c.Close()
			}
		}()
		_, port, err := net.SplitHostPort(l.Addr().String())
		h.must(err)
		c, err := h.registered("desk")
		h.must(err)
		try := func(at *Logout, address string) string {
			c := c
			c.BackChannel = address
			problem, err := at.send(h.t.Context(), c, Delivery{ID: "lo-1", Client: "desk"})
			h.must(err)
			return problem
		}
		outside := New(House{DB: h.db, Ledger: h.ledger, Directory: h.directory, Applications: h.applications, Tokens: h.tokens, Keys: h.keys, Log: quiet}, h.clock)
		for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1.2.3", "10.255.255.1", "192.168.0.1", "169.254.169.254",
			"[fe80::1]", "[fd00:ec2::254]", "0.0.0.0", "224.0.0.1"} {
			if got := try(outside, "https://"+host+":"+port+"/x"); got != Private {
				h.t.Errorf("%s: got %q, want it refused as %s", host, got, Private)
			}
		}
		for _, host := range []string{"127.0.0.1", "localhost"} {
			if got := try(outside, "http://"+host+":"+port+"/x"); got != Unsafe {
				h.t.Errorf("%s without TLS: got %q, want it refused as %s", host, got, Unsafe)
			}
		}
		if n := connected.Load(); n != 0 {
			h.t.Errorf("%d connections were made", n)
		}
		if got := try(h.Logout, "https://127.0.0.1:"+port+"/x"); got != Silent {
			h.t.Errorf("in a network that was named: got %q, want that it did not answer", got)
		}
		h.await("somebody connected", func() bool { return connected.Load() > 0 })
		local := New(House{DB: h.db, Ledger: h.ledger, Directory: h.directory, Applications: h.applications, Tokens: h.tokens.At("http://127.0.0.1:8080"),
			Keys: h.keys, Log: quiet}, h.clock)
		if got := try(local, h.apps.URL+"/desk"); got != "" {
			h.t.Errorf("a Standin on this machine alone: got %q", got)
		}
		h.apps.answers(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+l.Addr().String()+"/", http.StatusFound)
		})
		if got := try(local, h.apps.URL+"/desk"); got != Redirected {
			h.t.Errorf("sent on: got %q, want %q", got, Redirected)
		}
	})
}

func TestWhatIsReached(t *testing.T) {
	named := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd12::/16")}
	for address, want := range map[string]bool{"8.8.8.8": true, "2606:4700::1111": true, "10.1.2.3": true, "10.2.0.1": false, "fd12::1": true, "fd13::1": false,
		"::ffff:10.1.0.1": true, "::ffff:10.2.0.1": false, "127.0.0.1": false, "::1": false, "100.64.0.1": false, "64:ff9b::a00:1": false, "64:ff9b::808:808": false,
		"2002:a00:1::": false, "198.18.0.1": false, "240.0.0.1": false, "255.255.255.255": false, "ff02::1": false, "fe80::1%eth0": false, "169.254.1.1": false, "::": false,
		"172.15.0.1": true, "172.16.0.1": false, "11.0.0.1": true} {
		if got := reachFrom("https://standin.example", named).may(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: got %v, want %v", address, got, want)
		}
	}
	for issuer, want := range map[string]bool{"http://127.0.0.1:8080": true, "http://localhost": true, "https://[::1]:8443": true, "https://standin.example": false,
		"": false, "https://127.0.0.1.standin.example": false, "https://10.0.0.1": false} {
		if got := reachFrom(issuer, nil).may(netip.MustParseAddr("192.168.1.1")); got != want {
			t.Errorf("under %q: got %v, want %v", issuer, got, want)
		}
	}
}

// TestWhoKeepsApplicationsSeesWhyNothingIsSent, and it is sent once the operator named the network.
func TestWhoKeepsApplicationsSeesWhyNothingIsSent(t *testing.T) {
	run(t, func(h *house) {
		outside := h.other()
		outside.reach = reachFrom(issuer, nil)
		outside.client = outside.reach.caller()
		h.execute(`UPDATE clients SET back_channel = $1 WHERE id = 'desk'`, "https://localhost:1/desk")
		b := h.signIn("bilal")
		b.opens("desk")
		h.must(h.signin.Out(h.t.Context(), b.token, origin))
		_, err := h.Sweep(h.t.Context(), "")
		h.must(err)
		stop := h.works(outside)
		h.await("it was tried", func() bool {
			s, err := h.Of(h.t.Context(), standin.OperatorCaller(acme, "test"), "desk", 5)
			h.must(err)
			return len(s.Deliveries) == 1 && s.Deliveries[0].Problem == Private && s.Waiting == 1
		})
		h.await("it is seen at the application", func() bool {
			all, err := h.applications.Activity(h.t.Context(), standin.OperatorCaller(acme, "test"), "desk")
			h.must(err)
			return slices.ContainsFunc(all, func(a application.Activity) bool { return a.Problem == application.WrongPlace && a.Detail == Private })
		})
		stop()
		h.execute(`UPDATE clients SET back_channel = $1 WHERE id = 'desk'`, h.apps.URL+"/desk")
		h.move(time.Minute)
		due, err := h.take(h.t.Context())
		if err != nil || len(due) != 1 {
			h.t.Fatalf("got %d (%v), want it due again", len(due), err)
		}
		h.must(h.tell(h.t.Context(), due[0]))
		if n := len(h.apps.told("desk")); n != 1 || h.open() != 0 {
			h.t.Errorf("told %d times, %d wait, want it told after all", n, h.open())
		}
	})
}
