package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

const (
	maxTemplates   = 500
	maxConstraints = 2000
	maxProblems    = 50
)

// template is one compiled ConstraintTemplate. Each has a compiler of its own: libs of two templates never collide.
type template struct {
	spec     *templateSpec
	modules  map[string]*ast.Module // as parsed, by source name
	question *question
	schema   *schema
}

// question is what is asked of a compiler: which violations there are.
type question struct {
	compiler *ast.Compiler
	query    ast.Body
	queries  ast.QueryCompiler
}

// result of the query that every template is asked.
const resultVar = ast.Var("result")

// compileBundle compiles everything or says all that is wrong; `publish` names what is being compiled.
func compileBundle(templates []templateSpec, constraints []constraintSpec, publish func(string)) (*bundle, []problem) {
	if len(templates) > maxTemplates || len(constraints) > maxConstraints {
		return nil, []problem{{Source: "bundle", Message: fmt.Sprintf("a bundle has at most %d templates and %d constraints", maxTemplates, maxConstraints)}}
	}
	var problems []problem
	compiled := map[string]*template{}
	for i := range templates {
		spec := &templates[i]
		publish("compile " + spec.Kind)
		if compiled[spec.Kind] != nil {
			problems = append(problems, problem{Template: spec.Kind, Source: "rego", Message: "the bundle has two templates of this kind"})
			continue
		}
		ready, found := compileTemplate(spec)
		if len(found) > 0 {
			problems = append(problems, found...)
			continue
		}
		compiled[spec.Kind] = ready
	}
	out := &bundle{constraints: make(map[string]*constraint, len(constraints))}
	var ready []placed
	for i := range constraints {
		spec := &constraints[i]
		template := compiled[spec.Kind]
		at := problem{Template: spec.Kind, Constraint: spec.Name, Source: "parameters"}
		key := spec.Kind + "/" + spec.Name
		switch {
		case template == nil:
			if len(problems) == 0 {
				at.Message = "the bundle has no template of this kind"
				problems = append(problems, at)
			}
		case out.constraints[key] != nil:
			at.Message = "the bundle has two constraints of this kind and name"
			problems = append(problems, at)
		default:
			parameters, err := readParameters(template.schema, spec.Parameters)
			if err != nil {
				at.Message = err.Error()
				problems = append(problems, at)
				continue
			}
			each := &constraint{target: template.spec.Target, question: template.question, parameters: parameters}
			out.constraints[key] = each
			ready = append(ready, placed{each, template})
		}
	}
	if len(problems) > 0 {
		return nil, problems[:min(len(problems), maxProblems)]
	}
	publish("compile what constraints share")
	shareLibraries(ready)
	return out, nil
}

func readParameters(schema *schema, raw json.RawMessage) (*ast.Term, error) {
	if len(raw) == 0 || string(raw) == "null" {
		raw = json.RawMessage("{}")
	}
	if err := checkDepth(raw); err != nil {
		return nil, fmt.Errorf("the parameters %w", err)
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	value, err := schema.apply(value, "parameters")
	if err != nil {
		return nil, err
	}
	converted, err := ast.InterfaceToValue(value)
	if err != nil {
		return nil, err
	}
	return ast.NewTerm(converted), nil
}

func compileTemplate(spec *templateSpec) (*template, []problem) {
	version, capabilities := regoVersion(spec.Version)
	options := ast.ParserOptions{RegoVersion: version, Capabilities: capabilities}
	sources := append([]string{spec.Rego}, spec.Libs...)
	modules := make(map[string]*ast.Module, len(sources))
	var problems []problem
	for i, source := range sources {
		name := sourceName(i)
		module, err := ast.ParseModuleWithOpts(name, source, options)
		switch {
		case err != nil:
			problems = append(problems, problemsOf(spec.Kind, name, err)...)
		case module == nil:
			problems = append(problems, problem{Template: spec.Kind, Source: name, Message: "the source is empty"})
		default:
			if found := checkModule(i, module); found != "" {
				problems = append(problems, problem{Template: spec.Kind, Source: name, Line: 1, Column: 1, Message: found})
			}
			modules[name] = module
		}
	}
	schema, err := parseSchema(spec.Schema)
	if err != nil {
		problems = append(problems, problem{Template: spec.Kind, Source: "schema", Message: err.Error()})
	}
	if len(problems) > 0 {
		return nil, problems
	}
	compiler, err := compileModules(spec.Version, modules)
	if err != nil {
		return nil, problemsOf(spec.Kind, "rego", err)
	}
	asked, err := askForViolations(compiler, modules[sourceName(0)].Package.Path)
	if err != nil {
		return nil, problemsOf(spec.Kind, "rego", err)
	}
	return &template{spec: spec, modules: modules, question: asked, schema: schema}, nil
}

// http.send stays compilable, since public policies mention it, and reaches nothing: no host is allowed.
func regoVersion(name string) (ast.RegoVersion, *ast.Capabilities) {
	version := ast.RegoV0
	if name == "v1" {
		version = ast.RegoV1
	}
	capabilities := ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(version))
	capabilities.AllowNet = []string{}
	return version, capabilities
}

func compileModules(versionName string, modules map[string]*ast.Module) (*ast.Compiler, error) {
	version, capabilities := regoVersion(versionName)
	compiler := ast.NewCompiler().WithCapabilities(capabilities).WithDefaultRegoVersion(version)
	compiler.Compile(modules)
	if compiler.Failed() {
		return nil, compiler.Errors
	}
	return compiler, nil
}

// askForViolations prepares the question for the rule `violation` of a package.
func askForViolations(compiler *ast.Compiler, path ast.Ref) (*question, error) {
	queries := compiler.QueryCompiler()
	query, err := queries.Compile(ast.NewBody(ast.Equality.Expr(ast.NewTerm(path.Append(violationKey)), ast.NewTerm(resultVar))))
	if err != nil {
		return nil, err
	}
	return &question{compiler, query, queries}, nil
}

func sourceName(index int) string {
	if index == 0 {
		return "rego"
	}
	return fmt.Sprintf("libs[%d]", index-1)
}

// checkModule keeps Gatekeeper's rules: libraries live under data.lib, the main source has a rule `violation`.
func checkModule(index int, module *ast.Module) string {
	path := module.Package.Path
	if index > 0 {
		if len(path) < 3 || !path[1].Equal(ast.StringTerm("lib")) {
			return "the package of a library must begin with lib."
		}
		return ""
	}
	for _, rule := range module.Rules {
		if ref := rule.Head.Ref(); len(ref) > 0 && ref[0].Value.Compare(ast.Var("violation")) == 0 {
			return ""
		}
	}
	return "the source has no rule violation[{\"msg\": ..., \"details\": ...}]"
}

func problemsOf(kind, source string, err error) []problem {
	var many ast.Errors
	if !errors.As(err, &many) {
		var one *ast.Error
		if !errors.As(err, &one) {
			return []problem{{Template: kind, Source: source, Message: clip(err.Error(), 1000)}}
		}
		many = ast.Errors{one}
	}
	out := make([]problem, 0, len(many))
	for _, each := range many {
		at := problem{Template: kind, Source: source, Message: clip(each.Code+": "+each.Message, 1000)}
		if each.Location != nil {
			at.Line, at.Column = each.Location.Row, each.Location.Col
			if each.Location.File != "" {
				at.Source = each.Location.File
			}
		}
		out = append(out, at)
	}
	return out
}
