package provider

import "net/http"

// Asked reports whether applications ask at the path themselves, so that what is refused before it comes here is answered in the
// protocol's form and not by a page.
func Asked(path string) bool {
	switch path {
	case TokenPath, UserInfo, Introspect, Revoke, Push, JWKS, OpenID, OAuth:
		return true
	}
	return false
}

// Fail answers an application whose request was refused before it came here, or whose handler panicked.
func Fail(w http.ResponseWriter, _ *http.Request, status int) {
	e := refuse("invalid_request", "this request is refused")
	switch {
	case status == http.StatusServiceUnavailable:
		e = refuse("temporarily_unavailable", "try again in a moment")
	case status >= http.StatusInternalServerError:
		e = refuse("server_error", "something went wrong here")
	}
	e.status = status
	e.answer(w)
}
