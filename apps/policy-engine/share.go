package main

import (
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// maxShared bounds how many constraints one compiler holds: each is a copy of its template's source.
const maxShared = 64

var (
	libKey       = ast.StringTerm("lib")
	inventoryKey = ast.StringTerm("inventory")
	violationKey = ast.StringTerm("violation")
)

// group is what constraints with the same libraries have in common: one compiler, one input, one cache for each review,
// so that what a library says of a review is found out once for all of them.
type group struct {
	parameters *ast.Term // {c0: parameters of the first, c1: ...}
}

// placed is a constraint with the template it is of, while a bundle is compiled.
type placed struct {
	constraint *constraint
	template   *template
}

// shareLibraries puts constraints whose templates bring the same libraries into groups. Each becomes a module of its own
// that reads its parameters at input.parameters.cN. Sources for which that could mean something else keep the compiler
// they have, and so does every group that does not compile: nothing can fail here.
func shareLibraries(constraints []placed) {
	alike := map[string][]placed{}
	var order []string
	for _, each := range constraints {
		key := each.template.shareKey()
		if key == "" {
			continue
		}
		if alike[key] == nil {
			order = append(order, key)
		}
		alike[key] = append(alike[key], each)
	}
	for _, key := range order {
		for members := alike[key]; len(members) > 1; {
			n := min(len(members), maxShared)
			compileTogether(members[:n])
			members = members[n:]
		}
	}
}

// shareKey is the same for templates that can share; empty for one that cannot, or has nothing to share.
func (t *template) shareKey() string {
	if len(t.spec.Libs) == 0 {
		return ""
	}
	for name, module := range t.modules {
		if !readsApart(module, name == sourceName(0)) {
			return ""
		}
	}
	var key strings.Builder
	fmt.Fprintf(&key, "%q", t.spec.Version)
	for _, source := range t.spec.Libs {
		fmt.Fprintf(&key, "%q", source)
	}
	return key.String()
}

func compileTogether(members []placed) {
	first := members[0].template
	modules := make(map[string]*ast.Module, len(first.modules)+len(members))
	for name, module := range first.modules {
		if name != sourceName(0) {
			modules[name] = module
		}
	}
	parameters := make([][2]*ast.Term, len(members))
	for i, member := range members {
		key := ast.StringTerm(fmt.Sprintf("c%d", i))
		module := withParametersAt(key, member.template.modules[sourceName(0)])
		module.Package.Path = ast.Ref{ast.DefaultRootDocument, ast.StringTerm("constraint"), key}
		modules[fmt.Sprintf("constraint[%d]", i)] = module
		parameters[i] = [2]*ast.Term{key, member.constraint.parameters}
	}
	compiler, err := compileModules(first.spec.Version, modules)
	if err != nil {
		return
	}
	questions := make([]*question, len(members))
	for i := range members {
		path := modules[fmt.Sprintf("constraint[%d]", i)].Package.Path
		if questions[i], err = askForViolations(compiler, path); err != nil {
			return
		}
	}
	shared := &group{parameters: ast.NewTerm(ast.NewObject(parameters...))}
	for i, member := range members {
		member.constraint.question, member.constraint.group = questions[i], shared
	}
}

// withParametersAt copies a source so that it reads input.parameters[key] where it read input.parameters.
func withParametersAt(key *ast.Term, source *ast.Module) *ast.Module {
	module := source.Copy()
	ast.WalkTerms(module, func(term *ast.Term) bool {
		if ref, isRef := term.Value.(ast.Ref); isRef && readsParameters(ref) && (len(ref) < 3 || ref[2] != key) {
			term.Value = append(ast.Ref{ref[0], ref[1], key}, ref[2:]...)
		}
		return false
	})
	return module
}

func readsParameters(ref ast.Ref) bool {
	return len(ref) > 1 && ref[0].Equal(ast.InputRootDocument) && ref[1].Equal(parametersKey)
}

// readsApart tells whether a source reads of input only the review (and, itself, its parameters), of data only
// libraries and the inventory, each by name, and replaces neither by `with`.
func readsApart(module *ast.Module, mayReadParameters bool) bool {
	apart := true
	ast.WalkWiths(module, func(*ast.With) bool { apart = false; return true })
	for _, each := range module.Imports {
		if path, isRef := each.Path.Value.(ast.Ref); !isRef || !isApart(path, false) {
			return false
		}
	}
	visit := func(ref ast.Ref) bool {
		apart = apart && isApart(ref, mayReadParameters)
		return false
	}
	for _, rule := range module.Rules {
		ast.WalkRefs(rule, visit)
	}
	return apart
}

func isApart(ref ast.Ref, mayReadParameters bool) bool {
	switch {
	case ref[0].Equal(ast.InputRootDocument):
		return len(ref) > 1 && (ref[1].Equal(reviewKey) || mayReadParameters && readsParameters(ref))
	case ref[0].Equal(ast.DefaultRootDocument):
		return len(ref) > 1 && (ref[1].Equal(libKey) || ref[1].Equal(inventoryKey))
	}
	return true
}
