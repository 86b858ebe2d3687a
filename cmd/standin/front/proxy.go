package front

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// How a request reached the program, as far as it may be believed.
type reached int

const (
	direct        reached = iota
	fromElsewhere         // it went around the proxy that all requests are to come through
	inClear               // the proxy says that the browser spoke HTTP without TLS
	throughProxy
)

// forwarded names the headers by which proxies say what they saw.
var forwarded = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port",
	"X-Forwarded-Server", "X-Forwarded-Prefix", "X-Real-Ip"}

// believe sets the request's address and host to what the named proxies say, and takes away what anybody else says
// (THREATS 68). Of a list it takes what the nearest trusted proxy added itself; whatever stands before that was sent by
// the browser.
func (f *front) believe(r *http.Request) reached {
	said := map[string][]string{}
	for _, name := range forwarded {
		said[name] = list(r.Header.Values(name))
		r.Header.Del(name)
	}
	if len(f.Proxies) == 0 {
		return direct
	}
	peer, ok := address(r.RemoteAddr)
	if !ok || !f.trusted(peer) {
		return fromElsewhere
	}
	hops := said["X-Forwarded-For"]
	for i := len(hops) - 1; i >= 0; i-- {
		hop, ok := address(hops[i])
		if !ok {
			break
		}
		r.RemoteAddr = net.JoinHostPort(hop.String(), "0")
		if !f.trusted(hop) {
			break
		}
	}
	if hosts := said["X-Forwarded-Host"]; len(hosts) > 0 {
		r.Host = hosts[len(hosts)-1]
	}
	if protos := said["X-Forwarded-Proto"]; len(protos) > 0 && !strings.EqualFold(protos[len(protos)-1], "https") {
		return inClear
	}
	return throughProxy
}

func (f *front) trusted(a netip.Addr) bool {
	for _, p := range f.Proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// list splits a header that may be repeated or hold several values.
func list(values []string) []string {
	var all []string
	for _, v := range values {
		for _, one := range strings.Split(v, ",") {
			if one = strings.TrimSpace(one); one != "" {
				all = append(all, one)
			}
		}
	}
	return all
}

// address reads "192.0.2.1", "192.0.2.1:4711", "2001:db8::1" or "[2001:db8::1]:4711".
func address(s string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return a.Unmap().WithZone(""), err == nil
}
