package authzen

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/standin-id/standin"
)

const (
	pageSize     = 100 // results of a page where nothing is said
	largestPage  = 1000
	mostTokenLen = 1000
)

// page says which part of the results is wanted.
type page struct {
	limit int
	after string // the last result that was given, "" for the beginning
	sum   string // of what was asked
	wish  bool   // a page was asked for
}

var errToken = malformed("page.token is not the next_token of the same search")

// pageOf reads which page is wanted (§8.2.1). A token holds its search's limit and a sum of all else that was asked, so that
// it goes on with no other search. Nothing in it is secret, and whoever makes one up gets what they could ask for anyway.
func pageOf(from standin.Caller, search string, in tongue, sent map[string]any) (page, error) {
	r := reader{}
	m := r.object(sent, "page", false)
	p := page{limit: pageSize, sum: sum(from, search, in, sent), wish: m != nil}
	limit, limited := m["limit"].(int64)
	if m["limit"] != nil && (!limited || limit < 0) {
		r.wrong("page.limit", "is no whole number from 0 on")
	}
	if limited {
		p.limit = int(min(limit, largestPage))
	}
	token, said := m["token"].(string)
	if m["token"] != nil && !said {
		r.wrong("page.token", "is no string")
	}
	if r.err != nil || token == "" {
		return p, r.err
	}
	if len(token) > mostTokenLen {
		return p, errToken
	}
	inner, err := base64.RawURLEncoding.DecodeString(token)
	parts := strings.SplitN(string(inner), " ", 3)
	if err != nil || len(parts) != 3 || parts[0] != p.sum {
		return p, errToken
	}
	kept, err := strconv.Atoi(parts[1])
	if err != nil || kept < 0 || kept > largestPage || limited && kept != p.limit {
		return p, errToken
	}
	p.limit, p.after = kept, parts[2]
	return p, nil
}

// sum returns a sum of what was asked, the page apart.
func sum(from standin.Caller, search string, in tongue, sent map[string]any) string {
	text, err := json.Marshal([]any{from.Organisation, search, in.application, sent["subject"], sent["action"], sent["resource"], sent["context"]})
	if err != nil {
		panic(err) // what was parsed from JSON: a fault of ours
	}
	of := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(of[:12])
}

// token returns what leads on after that result.
func (p page) token(after string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(p.sum + " " + strconv.Itoa(p.limit) + " " + after))
}

// found is what a search found: results in JSON, and whether more may follow after the last.
type found struct {
	results      []string
	after        string
	more         bool
	hypothetical bool // nobody acts: those are the results that somebody would get who did
}

// write writes the results as the specification's examples show them (§8.3): the page first, where there is one to speak of.
func (p page) write(f found) []byte {
	b := []byte("{")
	if p.wish || f.more {
		next := ""
		if f.more {
			next = p.token(f.after)
		}
		b = append(b, `"page":{"next_token":"`+next+`","count":`...)
		b = append(strconv.AppendInt(b, int64(len(f.results)), 10), "},"...)
	}
	if f.hypothetical {
		b = append(b, `"context":{"hypothetical":true},`...)
	}
	b = append(b, `"results":[`...)
	b = append(b, strings.Join(f.results, ",")...)
	return append(b, "]}"...)
}

// quote returns text as JSON writes it.
func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // there is none for text
	}
	return string(b)
}
