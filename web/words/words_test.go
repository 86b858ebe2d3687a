package words

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
)

// keys returns the catalogue's messages by their keys, those of a plural as one.
func keys(t *testing.T, tag string) map[string]string {
	t.Helper()
	all := map[string]string{}
	parts, err := fs.Glob(files, "*."+tag+".toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range append(parts, tag+".toml") {
		for key, message := range keysIn(t, part) {
			if _, twice := all[key]; twice {
				t.Errorf("%s says %s, which another file says too", part, key)
			}
			all[key] = message
		}
	}
	return all
}

func keysIn(t *testing.T, file string) map[string]string {
	t.Helper()
	content, err := files.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := toml.Unmarshal(content, &tree); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	var walk func(prefix string, node any)
	walk = func(prefix string, node any) {
		switch n := node.(type) {
		case string:
			all[prefix] = n
		case map[string]any:
			if _, plural := n["other"].(string); plural {
				if _, one := n["one"].(string); one {
					all[prefix] = n["one"].(string) + "\n" + n["other"].(string)
					return
				}
			}
			for name, child := range n {
				walk(strings.TrimPrefix(prefix+"."+name, "."), child)
			}
		}
	}
	walk("", tree)
	return all
}

var placeholder = regexp.MustCompile(`\{\{\.\w+\}\}|<[a-z/][^>]*>`)

// TestLanguagesSayTheSame: no key is missing in a language, and each message has the same values in all of them.
func TestLanguagesSayTheSame(t *testing.T) {
	english, german := keys(t, "en"), keys(t, "de")
	for _, all := range []map[string]string{english, german} {
		maps.DeleteFunc(all, func(key, _ string) bool { return strings.HasPrefix(key, "error.") })
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(german)), slices.Sorted(maps.Keys(english))); diff != "" {
		t.Errorf("keys of de and en differ (-de +en):\n%s", diff)
	}
	free := map[string]bool{"{{.Word}}": true, "{{.Words}}": true, "{{.Title}}": true}
	of := func(text string) []string {
		found := map[string]bool{}
		for _, p := range placeholder.FindAllString(text, -1) {
			if !free[p] {
				found[p] = true
			}
		}
		return slices.Sorted(maps.Keys(found))
	}
	for key, text := range english {
		if diff := cmp.Diff(of(german[key]), of(text)); diff != "" {
			t.Errorf("%s has other values or markup in de than in en (-de +en):\n%s", key, diff)
		}
	}
}

// refusal is a call of standin.Refuse whose code and message are literal.
type refusal struct{ code, message, at string }

// refusals reads those of all rooms. Commands, which speak English alone, are left out.
func refusals(t *testing.T) []refusal {
	t.Helper()
	const root = "../.."
	var all []refusal
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() {
			if path != root && strings.HasPrefix(name, ".") || name == "testdata" || name == "cmd" || name == "build" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := goparser.ParseFile(fset, path, nil, goparser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 4 || called(call.Fun) != "Refuse" {
				return true
			}
			if code, literal := text(call.Args[2]); literal {
				message, _ := text(call.Args[3])
				all = append(all, refusal{code, message, fset.Position(call.Pos()).String()})
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func called(fn ast.Expr) string {
	switch f := fn.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// text returns the value of a literal, or of several that are joined by +.
func text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		left, a := text(e.X)
		right, b := text(e.Y)
		return left + right, a && b
	}
	return "", false
}

var argument = regexp.MustCompile(`\{\w+\}`)

// TestEveryRefusalSpeaksEveryLanguage: whatever a room refuses with, every language says it, with the same values.
func TestEveryRefusalSpeaksEveryLanguage(t *testing.T) {
	all := refusals(t)
	if len(all) < 100 {
		t.Fatalf("got %d refusals in the rooms' source, want them found", len(all))
	}
	german, used := keys(t, "de"), map[string]bool{}
	sorted := func(s string) []string {
		found := argument.FindAllString(s, -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	for _, r := range all {
		key := "error." + r.code
		said, ok := german[key]
		if used[key] = true; !ok {
			t.Errorf("%s: %s has no German: %q", r.at, key, r.message)
			continue
		}
		if diff := cmp.Diff(sorted(said), sorted(r.message)); diff != "" {
			t.Errorf("%s: %s has other values in German (-de +en):\n%s", r.at, key, diff)
		}
	}
	for key := range german {
		if strings.HasPrefix(key, "error.") && !used[key] {
			t.Errorf("%s is said by no room", key)
		}
	}
}

// TestNoWordsAreLost: a key that a template or a page names is in the catalogue.
func TestNoWordsAreLost(t *testing.T) {
	english := keys(t, "en")
	named := regexp.MustCompile(`\.[TH] "([a-z_.0-9]+)"|\.[TH]\("([a-z_.0-9]+)"`)
	found := 0
	for _, pattern := range []string{"../*.html", "../*.go", "../*/*.html", "../*/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range named.FindAllStringSubmatch(string(content), -1) {
				found++
				if key := m[1] + m[2]; english[key] == "" && !strings.HasSuffix(key, ".") && !strings.HasSuffix(key, "_") {
					t.Errorf("%s names %q, which no language says", path, key)
				}
			}
		}
	}
	if found < 100 {
		t.Errorf("got %d keys in pages, want them found", found)
	}
}
