package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// elsewhere are the use cases that have no operation, and why.
var elsewhere = map[string]string{
	"signin.SetPassword":    "passwords are set by the operator's commands",
	"signin.ContinueAs":     "only the command demo lets people in without a factor",
	"application.EndClient": "clients come from world files, by the operator's commands",
	"application.EndKey":    "keys come from world files, by the operator's commands",
	"application.Used":      "the way to every operation notes that a key was used",
	"acting.Refused":        "signin records with it what it refused",
}

// TestEveryUseCaseHasAnOperation reads the rooms: what a person or a program can ask for is what takes a caller, or the token
// of a login, and opens a transaction of its own. Each has an operation, whether a page calls it or not.
func TestEveryUseCaseHasAnOperation(t *testing.T) {
	called := calls(t, ".")
	var known []string
	for _, room := range []string{"directory", "delegation", "acting", "signin", "application"} {
		for name, asks := range useCases(t, filepath.Join("..", room)) {
			if !asks {
				continue
			}
			known = append(known, room+"."+name)
			if !called[name] && elsewhere[room+"."+name] == "" {
				t.Errorf("%s.%s has no operation", room, name)
			}
		}
	}
	if len(known) < 40 {
		t.Errorf("only %d use cases were found: %q", len(known), known)
	}
	for name := range elsewhere {
		if _, method, _ := strings.Cut(name, "."); called[method] != (name == "application.Used") || !slices.Contains(known, name) {
			t.Errorf("%s has an operation, or is none: say so", name)
		}
	}
}

// useCases returns the methods of a room that others can call, and whether each is a use case of somebody who asks.
func useCases(t *testing.T, dir string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, file := range sources(t, dir) {
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !fn.Name.IsExported() {
				continue
			}
			var asks, within bool
			for _, p := range fn.Type.Params.List {
				switch typ := p.Type.(type) {
				case *ast.StarExpr:
					sel, ok := typ.X.(*ast.SelectorExpr)
					within = within || ok && sel.Sel.Name == "Tx"
				case *ast.SelectorExpr:
					asks = asks || typ.Sel.Name == "Caller" || typ.Sel.Name == "Origin"
				}
			}
			all[fn.Name.Name] = all[fn.Name.Name] || asks && !within
		}
	}
	return all
}

// calls returns the names of all methods that the package's code speaks of.
func calls(t *testing.T, dir string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, file := range sources(t, dir) {
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if room, ok := sel.X.(*ast.SelectorExpr); ok && slices.Contains([]string{"Directory", "Delegations", "Acting", "Signin", "Applications"}, room.Sel.Name) {
					all[sel.Sel.Name] = true
				}
			}
			return true
		})
	}
	return all
}

func sources(t *testing.T, dir string) (all []*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no source in %s: %v", dir, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, file)
	}
	return all
}
