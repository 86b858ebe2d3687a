package source

import (
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
)

func items(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  - {id: p-%d,\n     name: Person}\n", i)
	}
	return b.String()
}

// What the package world reads is compared there, cut and whole. This shows that cutting is not idle.
func TestLargeListsAreCutOut(t *testing.T) {
	text := "people:\n" + items(3*atOncePart+7) + "units: [sales]\n"
	rest, cuts := cutLists([]byte(text), []string{"people"})
	if c := cuts[1]; len(cuts) != 1 || c == nil || len(c.parts) != 4 || c.line != 2 || c.column != 3 {
		t.Fatalf("cuts %+v", cuts)
	}
	if strings.Contains(string(rest), "Person") || strings.Count(string(rest), "\n") != strings.Count(text, "\n") ||
		strings.Trim(string(rest), "\n") != "people:"+strings.Repeat("\n", 2*(3*atOncePart+7)+1)+"units: [sales]" {
		t.Errorf("left is %q", rest)
	}
	r := New("people")
	var ids []string
	p := r.Mapping(r.Document([]byte(text)), "a file", []string{"people", "units"}, func(key string, value ast.Node) {
		if key != "people" {
			return
		}
		r.List(value, key, func(item ast.Node) {
			r.Mapping(item, "a person", []string{"id", "name"}, func(key string, value ast.Node) {
				if key == "id" {
					ids = append(ids, r.Text(value, key))
				}
				if want := (Position{int32(2 * len(ids)), 10}); key == "id" && PositionOf(value) != want {
					t.Errorf("%s stands at %v, want %v", ids[len(ids)-1], PositionOf(value), want)
				}
			})
		})
	})
	if !r.Trustworthy() || len(r.Problems) > 0 || len(ids) != 3*atOncePart+7 || ids[306] != "p-306" {
		t.Errorf("trustworthy %v, problems %v, %d people", r.Trustworthy(), r.Problems, len(ids))
	}
	if at := p.Of("units"); at != (Position{int32(2*len(ids) + 2), 8}) {
		t.Errorf("the units stand at %v", at)
	}
}

// A list that nobody read, or that was read twice, was perhaps none.
func TestWhatWasNotReadIsNotTrusted(t *testing.T) {
	for name, use := range map[string]func(r *Reader, list ast.Node){
		"not read": func(*Reader, ast.Node) {},
		"read twice": func(r *Reader, list ast.Node) {
			r.List(list, "", func(ast.Node) {})
			r.List(list, "", func(ast.Node) {})
		},
		"text": func(r *Reader, list ast.Node) { r.Text(list, "a text") },
	} {
		r := New("people")
		r.Mapping(r.Document([]byte("people:\n"+items(3))), "a file", []string{"people"}, func(_ string, value ast.Node) { use(r, value) })
		if r.Trustworthy() {
			t.Errorf("%s: it is trusted", name)
		}
	}
}

func TestPlaces(t *testing.T) {
	r := New()
	p := r.Mapping(r.Document([]byte("a: 1\nb:\n  c: 2\n")), "a file", []string{"a", "b"}, func(string, ast.Node) {})
	inner := Place{Position{3, 3}, []keyAt{{"c", Position{3, 6}}}}
	p = p.With("b", inner)
	if p.Self != (Position{1, 1}) || p.Of("a") != (Position{1, 4}) || p.Of("b.c") != (Position{3, 6}) || p.Of("x") != p.Self ||
		!p.Has("b") || p.Has("c") {
		t.Errorf("place %+v", p)
	}
}
