package signin

import "net/http"

// CookieName returns the name of the cookie that holds a login's token. Where pages come over https its prefix makes
// browsers refuse it from anywhere else (RFC 6265bis §4.1.3.2); plain HTTP on loopback has to do without.
func CookieName(secure bool) string {
	if secure {
		return "__Host-standin"
	}
	return "standin"
}

// Cookie returns the cookie that holds the token; "" takes it from the browser. It lasts as long as the browser runs, or
// the login lives.
func Cookie(secure bool, token string) *http.Cookie {
	c := &http.Cookie{Name: CookieName(secure), Value: token, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}

// Token returns the token that the request's cookie holds, "" where it has none.
func Token(r *http.Request, secure bool) string {
	c, err := r.Cookie(CookieName(secure))
	if err != nil {
		return ""
	}
	return c.Value
}
