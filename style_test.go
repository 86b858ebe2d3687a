package standin_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

// Lines that a file may have; a longer one is split by meaning.
const (
	longestFile = 400
	longestTest = 700
)

func TestFilesAreShort(t *testing.T) {
	for _, f := range sources(t) {
		if ast.IsGenerated(f.file) {
			continue
		}
		most := longestFile
		if f.test || slices.Contains(benches, room(f.dir)) {
			most = longestTest
		}
		if lines := f.fset.File(f.file.Pos()).LineCount(); lines > most {
			t.Errorf("%s has %d lines, want at most %d: split it by meaning", f.path, lines, most)
		}
	}
}

func TestExportedNamesAreExplained(t *testing.T) {
	explained := map[string]bool{}
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		explained[f.dir] = explained[f.dir] || f.file.Doc != nil
		for _, n := range unexplained(f.file) {
			t.Errorf("%s: %s has no comment that says what a caller may rely on", f.fset.Position(n.Pos()), n.Name)
		}
	}
	for dir, ok := range explained {
		if !ok {
			t.Errorf("package %s has no comment that says what it owns and what it refuses", dir)
		}
	}
}

func TestNothingRegistersItself(t *testing.T) {
	for _, f := range sources(t) {
		for _, d := range f.file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: no init: call what is needed where it is needed", f.fset.Position(fn.Pos()))
			}
		}
	}
}

// TestUnexplainedNamesAreFound shows what counts as explained and what does not.
func TestUnexplainedNamesAreFound(t *testing.T) {
	const text = `package p

// A has a comment, B has one at its end, C and D share one.
type A struct{}
type B int // B is whole.

// The letters.
const (
	C = 1
	D = 2
)

var E, f = 3, 4

type G struct{}

func H() {}
func (A) I() {}
func (*A) J() {}
func (A) String() string { return "" }
func (b) K() {}

type (
	// L is explained.
	L int
	M int
)

type b struct{}

const (
	N A = 7
	O   = 8
)
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range unexplained(file) {
		got = append(got, n.Name)
	}
	if want := []string{"E", "G", "H", "I", "J", "M", "O"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// known methods mean what the standard library's interfaces say.
var known = []string{"As", "Error", "Is", "LogValue", "MarshalJSON", "MarshalText", "Scan", "String", "UnmarshalJSON",
	"UnmarshalText", "Unwrap", "Value"}

// unexplained returns the exported names at the top of the file that have no comment of their own or of their group.
func unexplained(file *ast.File) []*ast.Ident {
	var names []*ast.Ident
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			hidden := !d.Name.IsExported()
			if d.Recv != nil {
				hidden = hidden || !ast.IsExported(receiver(d)) || slices.Contains(known, d.Name.Name)
			}
			if !hidden && d.Doc == nil {
				names = append(names, d.Name)
			}
		case *ast.GenDecl:
			if d.Doc == nil {
				names = append(names, unexplainedSpecs(d)...)
			}
		}
	}
	return names
}

func unexplainedSpecs(d *ast.GenDecl) []*ast.Ident {
	var names []*ast.Ident
	for _, spec := range d.Specs {
		var own []*ast.Ident
		commented := false
		switch s := spec.(type) {
		case *ast.TypeSpec:
			own, commented = []*ast.Ident{s.Name}, s.Doc != nil || s.Comment != nil
		case *ast.ValueSpec:
			own, commented = s.Names, s.Doc != nil || s.Comment != nil || d.Tok == token.CONST && ofOwnType(s)
		}
		for _, n := range own {
			if n.IsExported() && !commented {
				names = append(names, n)
			}
		}
	}
	return names
}

// ofOwnType reports whether the constants have a type of the package's own, whose comment says what they are.
func ofOwnType(s *ast.ValueSpec) bool {
	name, ok := s.Type.(*ast.Ident)
	return ok && name.IsExported()
}

// receiver returns the name of the type that the method belongs to.
func receiver(d *ast.FuncDecl) string {
	x := d.Recv.List[0].Type
	if star, ok := x.(*ast.StarExpr); ok {
		x = star.X
	}
	if generic, ok := x.(*ast.IndexExpr); ok {
		x = generic.X
	}
	if name, ok := x.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}
