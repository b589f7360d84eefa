//go:build cgo

package tapeloop

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The program that README.md shows is the first example, which runs.
func TestReadmeShowsWhatRuns(t *testing.T) {
	body := func(name, begin, end string) string {
		text, err := os.ReadFile(name)
		must(t, err)
		_, rest, found := strings.Cut(string(text), begin)
		program, _, ended := strings.Cut(rest, end)
		if !found || !ended {
			t.Fatalf("%s has no program between %q and %q", name, begin, end)
		}
		return program
	}
	if body("README.md", "func main() {\n", "}\n```") != body("example_test.go", "func Example() {\n", "\t// Output:") {
		t.Error("the program of README.md is not Example() of example_test.go")
	}
}

// Every function of the C API is called from somewhere, but for those that Go has no use for.
func TestEveryFunctionIsBound(t *testing.T) {
	unused := map[string]bool{"failed": true, "tensor_retain": true, "tensors_release": true}
	names, err := filepath.Glob("*.go")
	must(t, err)
	var sources strings.Builder
	for _, name := range append(names, "bridge.h") {
		if !strings.HasSuffix(name, "_test.go") {
			text, err := os.ReadFile(name)
			must(t, err)
			sources.Write(text)
		}
	}
	raw, err := os.ReadFile("raw.h")
	must(t, err)
	called := map[string]bool{}
	for _, name := range regexp.MustCompile(`\btlgo_(\w+)`).FindAllStringSubmatch(sources.String(), -1) {
		called[name[1]] = true
	}
	found := regexp.MustCompile(`(?m)^static inline .*?tlgo_(\w+)\(`).FindAllSubmatch(raw, -1)
	for _, f := range found {
		name := string(f[1])
		if called[name] == unused[name] {
			t.Errorf("tl_%s: called: %v, listed as unused: %v", name, called[name], unused[name])
		}
	}
	if len(found) < 150 {
		t.Errorf("found only %d functions in raw.h", len(found))
	}
}

// The comments, most of them made from those of C, name no function or parameter that only C has.
func TestCommentsSpeakOfGo(t *testing.T) {
	packages, err := parser.ParseDir(token.NewFileSet(), ".", func(f os.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, parser.ParseComments)
	must(t, err)
	declared := map[string]bool{}
	for _, file := range packages["tapeloop"].Files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				declared[n.Name.Name] = true
			case *ast.TypeSpec:
				declared[n.Name.Name] = true
			}
			return true
		})
	}
	raw, err := os.ReadFile("raw.h")
	must(t, err)
	foreign := map[string]bool{"NULL": true}
	for _, f := range regexp.MustCompile(`tlgo_(\w+)\(([^)]*)`).FindAllStringSubmatch(string(raw), -1) {
		name := strings.ReplaceAll(strings.Title(strings.ReplaceAll(f[1], "_", " ")), " ", "")
		foreign[name] = !declared[name]
		for _, parameter := range regexp.MustCompile(`\w+_\w+(,|$)`).FindAllString(f[2], -1) {
			foreign[strings.TrimSuffix(parameter, ",")] = true
		}
	}
	for _, row := range []string{"TapeGradient", "ContextCancel", "LossCategoricalCrossEntropy", "transpose_a"} {
		if !foreign[row] {
			t.Errorf("%s is not known as a name of C", row)
		}
	}
	for name, file := range packages["tapeloop"].Files {
		for _, comment := range file.Comments {
			if strings.Contains(comment.Text(), "nil: \"") {
				t.Errorf("%s: text cannot be nil: %s", name, comment.Text())
			}
			for _, word := range regexp.MustCompile(`\w+`).FindAllString(comment.Text(), -1) {
				if foreign[word] || strings.HasPrefix(word, "tl_") || strings.HasPrefix(word, "TL_") {
					t.Errorf("%s: a comment names %s, which Go does not have: %s", name, word, comment.Text())
				}
			}
		}
	}
}

// The rules of this package that a compiler does not check.
func TestSources(t *testing.T) {
	files, err := filepath.Glob("*.go")
	must(t, err)
	pinned := regexp.MustCompile("Lock" + "OSThread|runtime.Pin" + "ner")
	for _, name := range files {
		text, err := os.ReadFile(name)
		must(t, err)
		if pinned.Match(text) {
			t.Errorf("%s pins something", name)
		}
		if !strings.Contains(string(text), "//go:build") {
			t.Errorf("%s has no build line that says what it needs of cgo", name)
		}
	}
	mod, err := os.ReadFile("go.mod")
	must(t, err)
	if want := "module tapeloop\n\ngo 1.19\n"; string(mod) != want {
		t.Errorf("go.mod is %q: it must parse with Go 1.19 and need nothing", mod)
	}
}

// Whatever a program can name has a comment, which go doc shows.
func TestEverythingExportedIsDocumented(t *testing.T) {
	packages, err := parser.ParseDir(token.NewFileSet(), ".", func(f os.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, parser.ParseComments)
	must(t, err)
	count := 0
	documented := func(name string, comment *ast.CommentGroup) {
		count++
		if ast.IsExported(name) && len(strings.Fields(comment.Text())) < 3 {
			t.Errorf("%s has no comment", name)
		}
	}
	for _, file := range packages["tapeloop"].Files {
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv != nil { // methods of what is not exported count for nothing
					if star, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok && !ast.IsExported(star.X.(*ast.Ident).Name) {
						continue
					}
				}
				documented(d.Name.Name, d.Doc)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						documented(s.Name.Name, d.Doc)
					case *ast.ValueSpec:
						if d.Lparen == 0 {
							documented(s.Names[0].Name, d.Doc)
						}
					}
				}
			}
		}
	}
	if count < 250 {
		t.Errorf("found only %d declarations", count)
	}
}
