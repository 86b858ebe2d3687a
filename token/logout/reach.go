package logout

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// reach says which addresses are sent to. Standin stands where much else can be reached that its administrators cannot
// reach themselves, so under a public address nothing within a network goes out that the operator did not name: who keeps
// applications would else learn what answers there (THREATS 82).
type reach struct {
	everywhere bool // Standin is on this machine alone, and so is who asks
	named      []netip.Prefix
}

// errPrivate refuses to connect to an address that is not reached.
var errPrivate = errors.New("logout: the address is within a network that the operator did not name")

// reachFrom returns what is reached from under the public address.
func reachFrom(issuer string, named []netip.Prefix) reach {
	u, err := url.Parse(issuer)
	if err != nil {
		return reach{named: named}
	}
	address, err := netip.ParseAddr(u.Hostname())
	return reach{everywhere: u.Hostname() == "localhost" || err == nil && address.IsLoopback(), named: named}
}

// special are the blocks that are not for everybody's hosts, as IANA's special-purpose registries list them (RFC 6890),
// apart from those that netip knows.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	// Those of version 6 that lead to any address of version 4, and are no ordinary hosts'.
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("3fff::/20"), netip.MustParsePrefix("5f00::/16"), netip.MustParsePrefix("fec0::/10"),
}

// may reports whether the address is connected to.
func (r reach) may(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	within := func(p netip.Prefix) bool { return p.Contains(address) }
	if r.everywhere || slices.ContainsFunc(r.named, within) {
		return true
	}
	return address.IsGlobalUnicast() && !address.IsPrivate() && !slices.ContainsFunc(special, within)
}

// plainly reports whether http is spoken, which is to this machine alone.
func (r reach) plainly() bool {
	return r.everywhere || r.may(netip.AddrFrom4([4]byte{127, 0, 0, 1})) || r.may(netip.IPv6Loopback())
}

// control refuses a connection to an address that is not reached. It sees what the name was resolved to for this very
// connection, so that a name that changes its mind is of no use.
func (r reach) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !r.may(to.Addr()) {
		return errPrivate
	}
	return nil
}

// caller returns what sends to applications: in time, with nobody's cookies, by no proxy, to what is reached alone, and
// never on to where an application points.
func (r reach) caller() *http.Client {
	return &http.Client{
		Timeout:       Answers,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            (&net.Dialer{Timeout: Answers, ControlContext: r.control}).DialContext,
			TLSHandshakeTimeout:    Answers,
			ResponseHeaderTimeout:  Answers,
			MaxIdleConnsPerHost:    EachAtOnce,
			MaxConnsPerHost:        2 * EachAtOnce,
			IdleConnTimeout:        time.Minute,
			MaxResponseHeaderBytes: 16 << 10,
			ForceAttemptHTTP2:      true,
		},
	}
}
