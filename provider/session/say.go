package session

import (
	"maps"
	"strings"
	"time"
	"unicode"

	"github.com/standin-id/standin/acting"
)

// speaker writes what the element shows; args are values that every message may use.
type speaker struct {
	words Words
	word  string // what the organisation calls a stand-in
	args  map[string]any
}

func (s speaker) text(key string, pairs ...any) string {
	args := map[string]any{"Word": s.words.Text("word."+s.word, nil), "Title": s.words.Text("word."+s.word+".title", nil)}
	maps.Copy(args, s.args)
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i].(string)] = pairs[i+1]
	}
	return s.words.Text(key, args)
}

// base is what every state says.
func (s speaker) base() map[string]string {
	return map[string]string{"language": s.words.Language(), "offline": s.text("banner.offline"), "switch": s.text("banner.switch"),
		"changed": s.text("element.changed"), "go_again": s.text("element.go_again"), "look": s.text("element.look"),
		"ended_title": s.text("ended.title")}
}

// oneself is what a page says where nobody acts.
func (s speaker) oneself() map[string]string {
	said := s.base()
	said["self"] = s.text("element.self")
	return said
}

// acting is what a page says while somebody acts; span is by how much the session can be extended next.
func (s speaker) acting(st State, span time.Duration) map[string]string {
	said := s.base()
	support := st.Kind == "support"
	said["label"], said["back"] = s.text("element.label"), s.text("banner.back")
	said["recorded"] = s.text("element.recorded")
	switch {
	case support && st.ReadOnly:
		said["acting"] = s.text("element.support_read_only")
	case support:
		said["acting"] = s.text("element.support")
	default:
		said["acting"] = s.text("element.acting")
		if st.ReadOnly {
			said["recorded"] += " " + s.text("element.read_only")
		}
	}
	if support {
		said["back"] = s.text("banner.stop")
	}
	if st.Ticket != "" {
		said["recorded"] = s.text("element.ticket", "Ticket", st.Ticket) + " " + said["recorded"]
	}
	for _, unit := range []string{"hours", "minutes", "seconds"} {
		said[unit] = s.text("banner."+st.EndsBy+"."+unit, "N", "{n}", "M", "{m}")
	}
	said["say"] = s.text("banner.say", "N", "{n}")
	said["ask_title"], said["ask"], said["go_on"] = s.text("ask.title"), s.text("element.ask"), s.text("ask.go_on")
	if span > 0 {
		said["stay"], said["stayed"] = s.text("banner.stay", "Span", s.words.Span(span)), s.text("element.stayed")
	}
	said["ended"], said["as_myself"], said["stopped"] = s.text("element.over"), s.text("ended.as_myself"), s.text("ended.stopped")
	return said
}

// ended is what a page says whose tokens stand no more.
func (s speaker) ended(acted bool, how string) map[string]string {
	said := s.base()
	if acted {
		said["ended"], said["as_myself"] = s.text("element.over"), s.text("ended.as_myself")
	}
	if how == string(acting.SignedOut) {
		said["go_again"] = s.text("element.sign_in")
	}
	return said
}

// own says what became of a sign-in in one's own name.
func (s speaker) own(how string) string {
	switch how {
	case "signed_out":
		return s.text("element.signed_out")
	case "switched":
		return s.text("element.changed")
	}
	return s.text("element.withdrawn")
}

// how says how acting ended.
func (s speaker) how(how acting.How, by, at string) string {
	key := map[acting.How]string{
		acting.TimeUp: "ended.expired", acting.LimitReached: "ended.limit", acting.DelegationOver: "ended.cover_over",
		acting.Withdrawn: "ended.removed", acting.Revoked: "ended.revoked", acting.DelegationPaused: "ended.paused",
		acting.ActorInactive: "ended.inactive", acting.PrincipalInactive: "ended.inactive", acting.SignedOut: "ended.login_over",
		acting.LaidDown: "ended.laid_down", acting.Switched: "element.changed",
	}[how]
	switch {
	case key == "":
		key = "ended.stopped"
	case key == "ended.revoked" && by == "":
		key = "ended.removed"
	}
	return s.text(key, "By", shown(by), "Time", at)
}

// longest is how much of a name pages show.
const longest = 200

// shown returns a name as a page of somebody else may show it: without what steers the direction of what follows and
// without control characters, and no longer than 200 characters (THREATS 71).
func shown(name string) string {
	var b strings.Builder
	n := 0
	for _, r := range name {
		if unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) || r == unicode.ReplacementChar {
			continue
		}
		if n++; n > longest {
			return b.String() + "…"
		}
		b.WriteRune(r)
	}
	return b.String()
}
