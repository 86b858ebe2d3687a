package application

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/standin-id/standin"
	"github.com/standin-id/standin/db"
)

// What clients ask for, as Seen is told.
const (
	AskedAuthorize  = "authorize"  // a browser came with an authorization request
	AskedPush       = "par"        // it pushed one (RFC 9126)
	AskedToken      = "token"      // a code for tokens
	AskedRefresh    = "refresh"    // new tokens
	AskedExchange   = "exchange"   // a token for another (RFC 8693)
	AskedUserInfo   = "userinfo"   // who that is
	AskedIntrospect = "introspect" // whether a token stands
	AskedLogout     = "logout"     // that somebody be signed out
	ToldLogout      = "told"       // it was told that somebody is signed out
)

// What can be wrong with what a client asked for. "" is nothing.
const (
	WrongRedirect = "redirect_uri" // the address is not registered; the detail is what it sent
	WrongSecret   = "secret"       // it did not prove who it is
	WrongPKCE     = "pkce"         // no S256 challenge, or its verifier does not fit
	WrongCode     = "code"         // unknown, too old or used before
	WrongRefresh  = "refresh"      // unknown, used before, or what it rests on is over
	WrongScope    = "scope"        // without openid, or more than there is
	WrongPush     = "par"          // it must push its requests, and did not
	WrongDPoP     = "dpop"         // no proof of its key, or a wrong one
	WrongGrant    = "grant"        // not registered for that
	WrongToken    = "token"        // a token that is not its, or over
	WrongDenied   = "denied"       // the person went back, or did not allow it
	WrongAddress  = "address"      // the address where it is told did not answer
	WrongPlace    = "place"        // the address where it is told is none that this Standin sends to
	WrongRequest  = "request"      // anything else; the detail is the error's description
)

// Activity is what a client last asked for, or was last refused for one reason.
type Activity struct {
	What    string
	Problem string // "" where it was answered
	Detail  string // what it sent that was refused; one line of what anybody may have made up
	At      time.Time
}

const (
	seenAgain = time.Minute // the same is written again
	seenOther = time.Second // something else is
	maxDetail = 300         // bytes
)

// activities remember what was written last of each client, so that what happens often costs nothing.
type activities struct {
	mu   sync.Mutex
	last map[[2]string]Activity // by client and what
}

// due reports whether the activity is to be written, and takes it for written.
func (s *activities) due(id standin.ClientID, a Activity) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [2]string{string(id), a.What}
	last, known := s.last[key]
	span := seenAgain
	if last.Problem != a.Problem || last.Detail != a.Detail {
		span = seenOther
	}
	if since := a.At.Sub(last.At); known && since >= 0 && since < span {
		return false
	}
	s.last[key] = a
	return true
}

// Seen notes what a client asked for just now, and what was wrong with it, for whoever connects it. It is no change of the
// client and not recorded; it is written at most once a minute where it is always the same, and where it cannot be written
// now, nothing is refused for it. The client is one that there is; what and problem are of the constants above.
func (r *Applications) Seen(ctx context.Context, c Client, what, problem, detail string) error {
	a := Activity{What: what, Problem: problem, Detail: oneLine(detail), At: standin.Now(r.now)}
	if !slices.Contains(asks, what) || !slices.Contains(wrongs, problem) || !r.seen.due(c.ID, a) {
		return nil
	}
	err := r.db.UpdateReadCommitted(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO client_activity (organisation, client, what, problem, detail, seen_at)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (organisation, client, what, problem) DO UPDATE SET detail = $5, seen_at = $6 WHERE client_activity.seen_at < $6`,
			string(c.Organisation), string(c.ID), a.What, a.Problem, a.Detail, standin.Micros(a.At))
		return err
	})
	if standin.KindOf(err) == standin.Unavailable {
		return nil
	}
	return err
}

var (
	asks = []string{AskedAuthorize, AskedPush, AskedToken, AskedRefresh, AskedExchange, AskedUserInfo, AskedIntrospect, AskedLogout, ToldLogout}

	wrongs = []string{"", WrongRedirect, WrongSecret, WrongPKCE, WrongCode, WrongRefresh, WrongScope, WrongPush, WrongDPoP, WrongGrant,
		WrongToken, WrongDenied, WrongAddress, WrongPlace, WrongRequest}
)

// oneLine is a text that anybody may have sent, as it is kept: visible ASCII, and not long.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	return text[:min(len(text), maxDetail)]
}

// Activity returns what a client of the caller's organisation asked for last, the latest first. It needs
// standin:settings.manage for the whole organisation.
func (r *Applications) Activity(ctx context.Context, caller standin.Caller, id standin.ClientID) (list []Activity, err error) {
	err = r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		list = nil
		if _, err := r.kept(ctx, tx, caller, id); err != nil {
			return err
		}
		return activityOf(ctx, tx, caller.Organisation, ` AND client = $2`, func(_ standin.ClientID, a Activity) { list = append(list, a) }, string(id))
	})
	return list, err
}

// Activities is Activity for all clients of the caller's organisation at once.
func (r *Applications) Activities(ctx context.Context, caller standin.Caller) (all map[standin.ClientID][]Activity, err error) {
	err = r.db.View(ctx, func(ctx context.Context, tx *db.Tx) error {
		all = map[standin.ClientID][]Activity{}
		if err := r.mayKeep(ctx, tx, caller, "application.activities", nil); err != nil {
			return err
		}
		return activityOf(ctx, tx, caller.Organisation, "", func(id standin.ClientID, a Activity) { all[id] = append(all[id], a) })
	})
	return all, err
}

// activityOf hands over what the organisation's clients asked for, the latest first.
func activityOf(ctx context.Context, tx *db.Tx, organisation standin.OrganisationID, where string, do func(standin.ClientID, Activity), more ...any) error {
	rows, err := tx.Query(ctx, `SELECT client, what, problem, detail, seen_at FROM client_activity WHERE organisation = $1`+where+`
		ORDER BY seen_at DESC, what, problem`, append([]any{string(organisation)}, more...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id standin.ClientID
		var a Activity
		var at int64
		if err := rows.Scan(&id, &a.What, &a.Problem, &a.Detail, &at); err != nil {
			return err
		}
		a.At = standin.Instant(at)
		do(id, a)
	}
	return rows.Err()
}
