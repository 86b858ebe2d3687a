package frame

import "net/http"

// policy lets a page load what is ours and nothing else, and be framed by nobody (THREATS 34).
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// armour sets what every answer says to the browser.
func armour(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}

// Armour sets what every answer says to the browser, for a page that Guarded does not answer.
func Armour(h http.Header) { armour(h) }

// Guarded armours every answer, and refuses what another site sends (THREATS 33).
func Guarded(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		armour(w.Header())
		protection.Handler(next).ServeHTTP(w, r)
	})
}
