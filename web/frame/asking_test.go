package frame

import (
	"net/http"
	"strings"
	"testing"
)

// TestThreat65LocalIsOnlyThisSite: an address that leads elsewhere, however it is written, is none of this site's.
func TestThreat65LocalIsOnlyThisSite(t *testing.T) {
	for address, want := range map[string]string{
		"/": "/", "/choose?return=%2Faudit": "/choose?return=%2Faudit", "/oauth2/authorize/a?b=c#d": "/oauth2/authorize/a?b=c#d", "/a//b": "/a//b",
		"": "/", "audit": "/", "//evil.example": "/", "///evil.example": "/", `/\evil.example`: "/", `\/evil.example`: "/", "https://evil.example/": "/",
		"https:evil.example": "/", "HTTPS://evil.example": "/", "javascript:alert(1)": "/", "/\t/evil.example": "/", "\t//evil.example": "/",
		"/\n/evil.example": "/", "/\r\nSet-Cookie: a=b": "/", " //evil.example": "/", "\x00//evil.example": "/", "/%": "/", "http://127.0.0.1@evil.example": "/",
		"//user@evil.example/": "/", "?return=//evil.example": "/", "#//evil.example": "/", "/\u2028": "/\u2028",
	} {
		if got := Local(address); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

func TestDestination(t *testing.T) {
	for address, want := range map[string]string{
		"/oauth2/authorize/r-1": "r-1", "/oauth2/authorize/r-1?deny=1": "r-1",
		"/choose?return=%2Foauth2%2Fauthorize%2Fr-1":                                                                            "r-1",
		"/prove?return=%2Fchoose%3Freturn%3D%252Foauth2%252Fauthorize%252Fr-1":                                                  "r-1",
		"/signin?return=/prove?return%3D%252Fchoose%253Freturn%253D%25252Foauth2%25252Fauthorize%25252Fr-1":                     "r-1",
		"/a?return=/a?return%3D%252Fa%253Freturn%253D%25252Fa%25253Freturn%25253D%2525252Foauth2%2525252Fauthorize%2525252Fr-1": "", // deeper than pages nest
		"/": "", "": "", "/oauth2/authorize": "", "/oauth2/authorize/": "", "/oauth2/authorize/a/b": "", "/oauth2/token/r-1": "",
		"https://evil.example/oauth2/authorize/r-1": "", "/choose?return=https%3A%2F%2Fevil.example%2Foauth2%2Fauthorize%2Fr-1": "",
		"//oauth2/authorize/r-1": "",
	} {
		if got := destination(address); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

// TestFormsEndOnlyWhereAddressesAreRegistered: the policy gets the origins alone, and nothing that could say more.
func TestFormsEndOnlyWhereAddressesAreRegistered(t *testing.T) {
	for _, c := range []struct {
		origins []string
		want    string
	}{
		{nil, "form-action 'self';"},
		{[]string{"https://app.example", "https://app.example", "http://127.0.0.1:9000"}, "form-action 'self' https://app.example http://127.0.0.1:9000;"},
		{[]string{"http://[::1]:9000"}, "form-action 'self' http:;"},
		{[]string{"https://app.example; script-src *", "https://a'b", "", "*", "https:"}, "form-action 'self';"},
	} {
		h := http.Header{}
		armour(h)
		leadTo(h, c.origins)
		got := h.Get("Content-Security-Policy")
		if !strings.Contains(got, c.want) || strings.Count(got, ";") != strings.Count(policy, ";") || !strings.Contains(got, "script-src 'self';") {
			t.Errorf("%q: got %q, want %q in it and the rest as ever", c.origins, got, c.want)
		}
	}
}

func FuzzLocal(f *testing.F) {
	for _, seed := range []string{"/", "//evil.example", `/\evil.example`, "/choose?return=/oauth2/authorize/r", "https://evil.example", "/a\tb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		got := Local(address)
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t\x00") || got != "/" && got != address {
			t.Errorf("%q: got %q", address, got)
		}
		if id := destination(address); strings.Contains(id, "/") {
			t.Errorf("%q: got destination %q", address, id)
		}
	})
}
