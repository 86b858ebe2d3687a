package api_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/standin-id/standin/api"
	"github.com/standin-id/standin/db"
)

// FuzzOperations sends operations whatever the fuzzer makes, as an administrator's key and as cleo. Nothing of it is a fault
// of ours, and every answer is as described: send sees to that.
func FuzzOperations(f *testing.F) {
	d, err := db.Open(context.Background(), filepath.Join(f.TempDir(), "standin.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = d.Close() })
	if _, _, err := d.Migrate(context.Background()); err != nil {
		f.Fatal(err)
	}
	h := newHouse(f, d)
	cleo := h.signIn("cleo")
	operations := slices.DeleteFunc(h.about.operations(), func(o *operation) bool {
		return strings.Contains(o.path, "/sign-") || strings.Contains(o.path, "/proof") || o.OperationID == "endLogins" // slow, or ends what is needed
	})
	for i, o := range operations {
		text, err := json.Marshal(bodies[o.OperationID])
		if err != nil {
			f.Fatal(err)
		}
		if bodies[o.OperationID] == nil {
			text = nil
		}
		if good, ok := bodies[o.OperationID].(list); ok {
			text = []byte(good)
		}
		for _, path := range []string{"p-ada", "super_admin", "%00"} {
			f.Add(uint8(i), i%2 == 0, path, "limit=3&q=a", text)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, key bool, segment, query string, text []byte) {
		h.T = t
		o := operations[int(which)%len(operations)]
		segment = strings.Map(func(r rune) rune {
			if r <= ' ' || strings.ContainsRune("/?#%\x7f", r) {
				return '_'
			}
			return r
		}, strings.ToValidUTF8(segment, "_"))
		path := o.path
		for _, name := range []string{"id", "role", "path"} {
			path = strings.ReplaceAll(path, "{"+name+"}", "x"+segment)
		}
		if strings.Contains(path, "..") {
			return // the mux leads to the clean path
		}
		var body any
		if len(text) > 0 {
			if body = string(text); o.takesList() {
				body = list(text)
			}
		}
		r := h.request(o.method, path, body)
		r.URL.RawQuery = query
		if key {
			r.Header.Set("Authorization", "Bearer "+adminKey)
		} else {
			r.Header.Set("Cookie", cleo.cookie)
			r.Header.Set(api.IdentityHeader, cleo.identity)
		}
		if got := h.send(r); got.StatusCode >= 500 {
			t.Errorf("%s %s?%s with %q: got %d %s, log %s", o.method, path, query, text, got.StatusCode, got.text, h.log)
		}
		h.log.Reset()
	})
}
