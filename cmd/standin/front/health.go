package front

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Check is one thing that must be in order for the program to be of use.
type Check struct {
	Name string
	Run  func(context.Context) error
}

// Live answers GET /livez: the program runs and answers.
func Live(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// Ready returns the handler of GET /readyz: 200 when every check passes, else 503. It names the checks that failed and
// never says why: that is in the log.
func Ready(checks []Check, failed func(ctx context.Context, name string, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		state, status := map[string]string{}, http.StatusOK
		for _, c := range checks {
			state[c.Name] = "ok"
			if err := c.Run(ctx); err != nil {
				state[c.Name], status = "failed", http.StatusServiceUnavailable
				failed(ctx, c.Name, err)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(state)
	})
}
