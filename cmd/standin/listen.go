package main

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/cmd/standin/front"
)

// reach says how browsers and programs reach the server, settled from the settings before anything is opened.
type reach struct {
	listen    string
	metrics   string // where /metrics is answered apart, "" nowhere
	cert, key string
	proxies   []netip.Prefix
	told      []netip.Prefix // networks within which applications are told of ends
	url       *url.URL       // nil: the address that is listened on
}

const defaultListen = "127.0.0.1:8080"

func listenFlags(cmd *cobra.Command, listen string) {
	f := cmd.Flags()
	f.String("listen", listen, "address to listen on")
	f.String("url", "", "public address, and issuer of tokens (default http://ADDR or, with a certificate, https://ADDR)")
	f.String("tls-cert", "", "certificate file in PEM form; a changed file is taken up without a restart")
	f.String("tls-key", "", "the certificate's private key file in PEM form")
	f.StringSlice("trusted-proxy", nil, "address or network (CIDR) of the proxy in front, whose X-Forwarded headers are believed")
	f.StringSlice("allow-private-logout", nil, "address or network (CIDR), private or of this machine, in which applications are told that somebody is\nsigned out; public ones always are")
	f.String("metrics-listen", "", "answer /metrics on this address too; without it only a server on loopback does")
}

const howToServe = " Give --tls-cert and --tls-key, or name the proxy in front with --trusted-proxy and an https --url."

func refuse(code, message string) *standin.Error {
	return standin.Refuse(standin.Invalid, "standin.serve", code, message)
}

// reachOf checks the settings together. Secrets never travel in clear: without TLS and without a proxy that has it, only
// programs on this machine may connect.
func reachOf(cmd *cobra.Command) (*reach, error) {
	f := cmd.Flags()
	r := &reach{}
	r.listen, _ = f.GetString("listen")
	r.metrics, _ = f.GetString("metrics-listen")
	r.cert, _ = f.GetString("tls-cert")
	r.key, _ = f.GetString("tls-key")
	if (r.cert == "") != (r.key == "") {
		return nil, usage("--tls-cert and --tls-key belong together")
	}
	var err error
	if r.proxies, err = networks(f, "trusted-proxy"); err != nil {
		return nil, err
	}
	if r.told, err = networks(f, "allow-private-logout"); err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(r.listen)
	if err != nil {
		return nil, usage("--listen is an address and a port such as 127.0.0.1:8080, not %q", r.listen)
	}
	text, _ := f.GetString("url")
	if text != "" {
		if r.url, err = publicURL(text); err != nil {
			return nil, err
		}
	}
	return r, r.check(host)
}

func (r *reach) check(host string) error {
	switch {
	case r.secure() && r.url != nil && r.url.Scheme != "https":
		return refuse("serve.url_not_https", "With a certificate the public address begins with https://. Change --url.")
	case len(r.proxies) > 0 && (r.url == nil || r.url.Scheme != "https"):
		return refuse("serve.proxy_needs_https", "Behind a proxy, --url must be the https:// address that browsers use.")
	case !r.secure() && len(r.proxies) == 0 && !loopback(host):
		return refuse("serve.loopback_only", "Without TLS Standin listens on loopback only, and {address} is not."+howToServe).
			With("address", r.listen)
	case !r.secure() && len(r.proxies) == 0 && r.url != nil && (r.url.Scheme == "https" || !loopback(r.url.Hostname())):
		return refuse("serve.url_without_tls", "Nothing here speaks TLS for {url}."+howToServe).With("url", r.url)
	case r.url == nil && unspecified(host):
		return refuse("serve.needs_url", "{address} is not an address that browsers can open. Give the public one with --url.").
			With("address", r.listen)
	}
	return nil
}

func (r *reach) secure() bool { return r.cert != "" }

// public returns the public address, now that the listener has its port.
func (r *reach) public(l net.Listener) *url.URL {
	if r.url != nil {
		return r.url
	}
	u := &url.URL{Scheme: "http", Host: l.Addr().String()}
	if r.secure() {
		u.Scheme = "https"
	}
	if host, port, err := net.SplitHostPort(r.listen); err == nil && port != "0" {
		u.Host = net.JoinHostPort(host, port)
	}
	return u
}

// onLoopback reports whether only programs on this machine can connect.
func (r *reach) onLoopback() bool {
	host, _, _ := net.SplitHostPort(r.listen)
	return loopback(host)
}

// publicURL reads an origin: scheme, host, nothing behind.
func publicURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, usage("--url is an address such as https://standin.example.com without a path, not %q", text)
	}
	return &url.URL{Scheme: u.Scheme, Host: front.Bare(u.Scheme, strings.ToLower(u.Host))}, nil
}

// networks returns what the setting names.
func networks(f *pflag.FlagSet, setting string) (all []netip.Prefix, err error) {
	texts, _ := f.GetStringSlice(setting)
	for _, text := range texts {
		one, err := network(text)
		if err != nil {
			return nil, usage("--%s is an address or a network such as 10.0.0.0/8, not %q", setting, text)
		}
		all = append(all, one)
	}
	return all, nil
}

func network(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.IsLoopback()
}

func unspecified(host string) bool {
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "" || err == nil && a.IsUnspecified()
}
