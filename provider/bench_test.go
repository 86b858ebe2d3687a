package provider_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/standin-id/standin/db"
	"github.com/standin-id/standin/provider"
)

// BenchmarkTokens refreshes and exchanges without a network, one request after the other.
func BenchmarkTokens(b *testing.B) {
	d, err := db.Open(b.Context(), filepath.Join(b.TempDir(), "standin.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if _, _, err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	h := furnish(b, d)
	ben := h.person("ben@acme.example")
	ben.act("d-ada")
	got := ben.tokens("desk")
	post := func(form url.Values) answer {
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, posted(provider.TokenPath, "desk", form))
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
		return answer{text: w.Body.String()}
	}
	b.Run("exchange", func(b *testing.B) {
		b.ReportAllocs()
		form := url.Values{"grant_type": {exchangeGrant}, "subject_token": {got["access_token"].(string)}, "subject_token_type": {accessType}}
		for b.Loop() {
			post(form)
		}
	})
	b.Run("exchange by many", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(16)
		form := url.Values{"grant_type": {exchangeGrant}, "subject_token": {got["access_token"].(string)}, "subject_token_type": {accessType}}
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				post(form)
			}
		})
	})
	b.Run("refresh", func(b *testing.B) {
		b.ReportAllocs()
		next := got["refresh_token"].(string)
		for b.Loop() {
			text := post(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {next}}).text
			_, text, _ = strings.Cut(text, `"refresh_token":"`)
			next, _, _ = strings.Cut(text, `"`)
			h.Pass(time.Microsecond)
		}
	})
}
