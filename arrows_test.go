package standin_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/standin-id/standin"

// house lists the rooms from the top; one may import only rooms above it. Adapters stand side by side. Changing this list
// is a design decision and belongs in docs/decisions/.
var house = []string{
	"standin", "docs", "rights", "guard", "db", "ledger", "application", "directory", "delegation", "acting", "decision", "notice",
	"review", "signin", "token", "world", furnished, "provider", "api", "gateway", "web", "client", "cmd/standin", "examples/workdesk",
}

// furnished is the house as tests use it: a test of any room may, also of one above it, and nothing else.
const furnished = "housetest"

var (
	adapters = []string{"provider", "api", "gateway", "web"}
	// pure rooms compute: the same input gives the same output, and nothing else happens.
	pure = []string{"rights", "guard"}
	// benches use the whole house from outside: tests and tools that no room may import.
	benches = []string{"bench", "journey", "chaos", "histories", "scenarios", "recipes", "build"}
	drivers = []string{"modernc.org/sqlite", "github.com/jackc/pgx"}
	// impure is what a pure room may not import; below "net" and the like, too.
	impure = []string{"context", "crypto/rand", "database/sql", "io/fs", "io/ioutil", "log", "math/rand", "net", "os", "syscall"}
	// clock is what a pure room may not call.
	clock   = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer"}
	nowhere = []string{"base", "common", "helper", "helpers", "misc", "model", "models", "shared", "types", "util", "utils"}
)

// source is one parsed Go file of the module.
type source struct {
	dir  string // of its package, relative to the module's root; "." is the root
	path string
	test bool
	file *ast.File
	fset *token.FileSet
}

func TestArrows(t *testing.T) {
	files := sources(t)
	for _, f := range files {
		for _, spec := range f.file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if objection := object(f.dir, imported, f.test); objection != "" {
				t.Errorf("%s: %s", f.path, objection)
			}
		}
	}
}

func TestEveryPackageHasARoom(t *testing.T) {
	var dirs []string
	for _, f := range sources(t) {
		dirs = append(dirs, f.dir)
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		if objection := misplaced(dir); objection != "" {
			t.Error(objection)
		}
	}
}

func TestPureRoomsReadNoClock(t *testing.T) {
	for _, f := range sources(t) {
		if f.test || !slices.Contains(pure, room(f.dir)) {
			continue
		}
		ast.Inspect(f.file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clock, s.Sel.Name) {
					t.Errorf("%s: %s is pure, so it is given the instant and never calls time.%s",
						f.fset.Position(s.Pos()), room(f.dir), s.Sel.Name)
				}
			}
			return true
		})
	}
}

// TestArrowsRefuse shows that the rules above can fail, one row for each.
func TestArrowsRefuse(t *testing.T) {
	for _, c := range []struct {
		from, to string
		test     bool
		fine     bool
	}{
		{from: ".", to: "strings", fine: true},
		{from: ".", to: "golang.org/x/text/language"},
		{from: ".", to: module + "/rights"},
		{from: "delegation", to: module, fine: true},
		{from: "delegation", to: module + "/ledger", fine: true},
		{from: "delegation", to: module + "/acting"},
		{from: "delegation", to: module + "/acting", test: true},
		{from: "web/words", to: module + "/web", fine: true},
		{from: "web", to: module + "/api"},
		{from: "api", to: module + "/provider"},
		{from: "cmd/standin", to: module + "/web", fine: true},
		{from: "client", to: module},
		{from: "client", to: "net/http", fine: true},
		{from: "client", to: module + "/db/dbtest", test: true, fine: true}, // the SDK is tested with the program it speaks to
		{from: "examples/workdesk", to: module + "/client", fine: true},
		{from: "examples/workdesk", to: module + "/web"},
		{from: "db", to: "modernc.org/sqlite", fine: true},
		{from: "ledger", to: "modernc.org/sqlite/lib"},
		{from: "ledger", to: "github.com/jackc/pgx/v5", test: true},
		{from: "rights", to: "time", fine: true},
		{from: "rights", to: "net/http"},
		{from: "guard", to: "context"},
		{from: "guard", to: "os", test: true, fine: true},
		{from: "ledger", to: module + "/db/dbtest"},
		{from: "ledger", to: module + "/db/dbtest", test: true, fine: true},
		{from: "web/webtest", to: module + "/db/dbtest", fine: true},
		{from: "acting", to: module + "/housetest"},
		{from: "acting", to: module + "/housetest", test: true, fine: true},
		{from: "web/webtest", to: module + "/housetest", fine: true},
		{from: "cmd/standin", to: module + "/housetest"},
		{from: "housetest", to: module + "/world/lists", fine: true},
		{from: "housetest", to: module + "/api"},
		{from: "journey", to: module + "/db/dbtest", fine: true},
		{from: "web", to: module + "/chaos", test: true},
		{from: "chaos", to: module + "/acting", fine: true},
	} {
		objection := object(c.from, c.to, c.test)
		if got := objection == ""; got != c.fine {
			t.Errorf("%s imports %s (test: %v): got fine %v (%s), want %v", c.from, c.to, c.test, got, objection, c.fine)
		}
	}
	for _, dir := range []string{"sessions", "web/helpers", "cmd/other"} {
		if misplaced(dir) == "" {
			t.Errorf("%s has found a room, want none", dir)
		}
	}
}

// object returns why a package in dir may not import a path, or "". test says whether the importing file is a test.
func object(dir, imported string, test bool) string {
	from := room(dir)
	if slices.Contains(benches, from) {
		return ""
	}
	to, inside := strings.CutPrefix(imported, module)
	to = strings.TrimPrefix(to, "/")
	if !inside {
		return objectToOutside(from, imported, test)
	}
	above := slices.Index(house, room(to)) < slices.Index(house, from)
	switch {
	case room(to) == from && (test || !helper(to) || helper(dir)):
		return ""
	case slices.Contains(benches, room(to)):
		return fmt.Sprintf("no room imports %s, which tests the house from outside", to)
	case from == "client" && !test:
		return "client stands alone: whoever imports it wants nothing of the server"
	case from == "examples/workdesk" && room(to) != "client":
		return fmt.Sprintf("examples/workdesk imports client alone, as a stranger's application would, not %s", room(to))
	case slices.Contains(adapters, from) && slices.Contains(adapters, room(to)):
		return fmt.Sprintf("%s and %s are adapters, which never import each other; cmd/standin joins them", from, room(to))
	case helper(to) && !test && !helper(dir):
		return fmt.Sprintf("%s is for tests", to)
	case to == furnished:
		return ""
	case !above:
		return fmt.Sprintf("%s stands above %s in the house and may not import it", from, room(to))
	}
	return ""
}

// objectToOutside is object for what is not of this module.
func objectToOutside(from, imported string, test bool) string {
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case from == "standin" && strings.Contains(first, "."):
		return fmt.Sprintf("the root package imports the standard library only, not %s", imported)
	case from != "db" && within(imported, drivers):
		return fmt.Sprintf("db alone knows a database driver; %s imports %s", from, imported)
	case slices.Contains(pure, from) && !test && within(imported, impure):
		return fmt.Sprintf("%s is pure: no I/O, no context, no chance; it imports %s", from, imported)
	}
	return ""
}

// misplaced returns why no package may live in dir, or "".
func misplaced(dir string) string {
	for _, name := range strings.Split(dir, "/") {
		if slices.Contains(nowhere, name) {
			return fmt.Sprintf("%s: %q says nothing about what it owns; name the package for that", dir, name)
		}
	}
	if r := room(dir); !slices.Contains(house, r) && !slices.Contains(benches, r) {
		return fmt.Sprintf("%s is in no room of the house: move it into the room that owns it, or argue for a new room in "+
			"docs/decisions/ and give it its place in the list at the top of arrows_test.go", dir)
	}
	return ""
}

// room returns the room that dir belongs to.
func room(dir string) string {
	if dir == "." || dir == "" {
		return "standin"
	}
	parts := strings.Split(dir, "/")
	if (parts[0] == "cmd" || parts[0] == "examples") && len(parts) > 1 {
		return path.Join(parts[0], parts[1])
	}
	return parts[0]
}

// helper reports whether dir is a package that only tests import, as db/dbtest.
func helper(dir string) bool {
	return dir == furnished || strings.Contains(dir, "/") && strings.HasSuffix(dir, "test")
}

// within reports whether the import path is one of roots or below one.
func within(imported string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return imported == root || strings.HasPrefix(imported, root+"/")
	})
}

// sources parses every Go file of the module, whatever its build tags.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			hidden := p != "." && strings.HasPrefix(d.Name(), ".")
			if hidden || d.Name() == "testdata" || d.Name() == "node_modules" {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(p) != ".go" {
			return nil
		}
		file, err := parser.ParseFile(fset, p, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		p = filepath.ToSlash(p)
		all = append(all, source{dir: path.Dir(p), path: p, test: strings.HasSuffix(p, "_test.go"), file: file, fset: fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
