package authzen

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/standin-id/standin/decision"
)

// answered is the answer to one question, or why it could not be asked.
type answered struct {
	decision.Answer
	explain bool
	err     error
}

// append writes the answer as the specification's examples show it (§6.2): the decision, then what there is to say of it.
func (a answered) append(b []byte) []byte {
	if a.err == nil && !a.Hypothetical && !a.explain {
		if a.Permit {
			return append(b, `{"decision":true}`...)
		}
		return append(b, `{"decision":false}`...)
	}
	b = append(b, `{"decision":`...)
	b = strconv.AppendBool(b, a.Permit && a.err == nil)
	b = append(b, `,"context":`...)
	text, err := json.Marshal(a.context())
	if err != nil {
		panic(err) // text, numbers and booleans alone: a fault of ours
	}
	return append(append(b, text...), '}')
}

// told is the context of an answer.
type told struct {
	Hypothetical bool              `json:"hypothetical,omitempty"`
	Error        *failure          `json:"error,omitempty"`
	Admin        map[string]string `json:"reason_admin,omitempty"`
	Reasons      []decision.Reason `json:"reasons,omitempty"`
	Record       string            `json:"record,omitempty"`
}

// failure is why one question of several could not be asked (§7.2.1).
type failure struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
}

func (a answered) context() told {
	if a.err != nil {
		return told{Error: &failure{http.StatusBadRequest, a.err.Error()}}
	}
	t := told{Hypothetical: a.Hypothetical}
	if !a.explain {
		return t
	}
	t.Reasons, t.Record = a.Reasons, string(a.Record)
	if why := deciding(a.Answer); why.Code != "" {
		status := "403"
		if a.Permit {
			status = "200"
		}
		t.Admin = map[string]string{status: say(why)}
	}
	return t
}

// deciding returns the first reason that speaks the way the answer went.
func deciding(a decision.Answer) decision.Reason {
	for _, r := range a.Reasons {
		if r.For == a.Permit {
			return r
		}
	}
	return decision.Reason{}
}

// appendAll writes the answers to a list of questions (§7.2).
func appendAll(b []byte, all []answered) []byte {
	b = append(b, `{"evaluations":[`...)
	for i, a := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = a.append(b)
	}
	return append(b, "]}"...)
}
