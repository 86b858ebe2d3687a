package authzen

import (
	"encoding/json"
	"net/http"

	"github.com/standin-id/standin/rights"
)

// metadata says where everything is (§9). One application's is there whether or not there is such an application, so that
// nobody finds out by asking.
func (a *authzen) metadata(w http.ResponseWriter, r *http.Request) {
	base := a.URL
	if one := r.PathValue("application"); one != "" {
		if !rights.ValidName(one) {
			Fail(w, r, http.StatusNotFound, "")
			return
		}
		base += OfOne + one
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct { // a client that went away reads nothing
		Point       string `json:"policy_decision_point"`
		Evaluation  string `json:"access_evaluation_endpoint"`
		Evaluations string `json:"access_evaluations_endpoint"`
		Subject     string `json:"search_subject_endpoint"`
		Resource    string `json:"search_resource_endpoint"`
		Action      string `json:"search_action_endpoint"`
	}{base, base + Prefix + "v1/evaluation", base + Prefix + "v1/evaluations", base + Prefix + "v1/search/subject",
		base + Prefix + "v1/search/resource", base + Prefix + "v1/search/action"})
}
