package authzen_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/standin-id/standin/db"
)

// BenchmarkOwnName asks the binding in somebody's own name, without a network, beside a bare handler that decodes the same
// question with the library's decoder and answers it.
func BenchmarkOwnName(b *testing.B) {
	d, err := db.Open(b.Context(), filepath.Join(b.TempDir(), "standin.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if _, _, err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	h := furnish(b, d, "testdata/office.yaml")
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Subject, Resource struct {
				Type, ID   string
				Properties map[string]any
			}
			Action struct{ Name string }
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]bool{"decision": q.Subject.ID == "p-ada"})
	})
	text := strings.ReplaceAll(expense("p-ada", "approve", ""), "'", `"`)
	for name, handler := range map[string]http.Handler{"bare": bare, "standin": h.handler} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, h.request(one, text))
				if w.Code != 200 || !strings.HasPrefix(w.Body.String(), `{"decision":true}`) {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}
