package admin

import (
	"strings"

	"github.com/standin-id/standin/application"
	"github.com/standin-id/standin/web/frame"
	"github.com/standin-id/standin/world"
)

// DiffLine is a line of a text that is changed.
type DiffLine struct {
	Text        string
	Added, Gone bool
}

// mostDiff bounds the lines of either text that are compared.
const mostDiff = 1000

// changedLines returns the lines of both texts in order, each told whether it is new or goes; nothing where they are the
// same. Of texts that are too long all lines go and come.
func changedLines(was, is string) (all []DiffLine) {
	if was == is {
		return nil
	}
	old, next := strings.Split(strings.TrimRight(was, "\n"), "\n"), strings.Split(strings.TrimRight(is, "\n"), "\n")
	if strings.TrimSpace(was) == "" {
		old = nil
	}
	if strings.TrimSpace(is) == "" {
		next = nil
	}
	common := longest(old, next)
	i, j := 0, 0
	for i < len(old) || j < len(next) {
		switch {
		case i < len(old) && j < len(next) && old[i] == next[j]:
			all = append(all, DiffLine{Text: old[i]})
			i, j = i+1, j+1
		case j == len(next) || i < len(old) && common(i+1, j) >= common(i, j+1):
			all = append(all, DiffLine{Text: old[i], Gone: true})
			i++
		default:
			all = append(all, DiffLine{Text: next[j], Added: true})
			j++
		}
	}
	return all
}

// longest returns how many lines the rests of both texts have in common, in order.
func longest(old, next []string) func(i, j int) int {
	if len(old) > mostDiff || len(next) > mostDiff {
		return func(int, int) int { return 0 }
	}
	width := len(next) + 1
	lengths := make([]int, (len(old)+1)*width)
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(next) - 1; j >= 0; j-- {
			if old[i] == next[j] {
				lengths[i*width+j] = lengths[(i+1)*width+j+1] + 1
			} else {
				lengths[i*width+j] = max(lengths[(i+1)*width+j], lengths[i*width+j+1])
			}
		}
	}
	return func(i, j int) int { return lengths[i*width+j] }
}

// applicationText is what binds in an application, as one text.
func applicationText(a application.Application) string {
	var b strings.Builder
	b.WriteString(a.Name + "\n" + world.WriteTypes(a.Catalogue))
	for _, part := range []string{a.Guardrails, a.Policies, a.Entities} {
		if part != "" {
			b.WriteString(part + "\n")
		}
	}
	return b.String()
}

// Diff is what the part "diff" writes.
type Diff struct {
	Label, Added, Gone string
	Lines              []DiffLine
}

// Diff returns the lines with what is said about them.
func (r *Rules) Diff(all []DiffLine) Diff { return said(r.Base, all) }

// Diff returns the lines with what is said about them.
func (t *Trying) Diff(all []DiffLine) Diff { return said(t.Base, all) }

func said(b frame.Base, all []DiffLine) Diff {
	return Diff{b.T("rules.diff"), b.T("rules.added"), b.T("rules.gone"), all}
}
