package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/topdown"
)

const (
	defaultTimeout    = 100 * time.Millisecond
	maxTimeout        = 5 * time.Second
	defaultViolations = 1000
	maxViolations     = 10_000
)

var (
	reviewKey     = ast.StringTerm("review")
	parametersKey = ast.StringTerm("parameters")
)

// evaluate asks every named constraint about one review. What cannot be answered is an error of its constraint.
func (e *engine) evaluate(r *request) response {
	loaded := e.bundles.get(r.Bundle)
	if loaded == nil {
		return refused(r.ID, "bundle-unknown", fmt.Sprintf("the bundle %.100q is not loaded", r.Bundle))
	}
	store := e.inventories.store(r.Inventory)
	if store == nil {
		return refused(r.ID, "inventory-unknown", fmt.Sprintf("there is no inventory %.100q", r.Inventory))
	}
	var names []string
	if err := json.Unmarshal(r.Constraints, &names); err != nil {
		return refused(r.ID, "request-invalid", "constraints must be an array of names")
	}
	slot := <-e.slots
	defer func() { e.board.clear(slot); e.slots <- slot }()
	e.board.publish(slot, r.ID, "review")
	review, err := readReview(r.Review)
	if err != nil {
		return refused(r.ID, "request-invalid", "the review "+err.Error())
	}
	timeout := defaultTimeout
	if r.TimeoutMs > 0 {
		timeout = min(time.Duration(r.TimeoutMs)*time.Millisecond, maxTimeout)
	}
	budget := outputBudget{violations: defaultViolations}
	if r.MaxViolations > 0 {
		budget.violations = min(r.MaxViolations, maxViolations)
	}
	ctx, stop := context.WithTimeout(context.Background(), timeout)
	defer stop()
	cancel := topdown.NewCancel()
	defer context.AfterFunc(ctx, cancel.Cancel)()
	asking, err := newAsking(ctx, cancel, store, review, &budget)
	if err != nil {
		return refused(r.ID, "request-invalid", clip(err.Error(), 1000))
	}
	defer asking.end()
	answer := response{ID: r.ID, OK: true}
	for _, name := range names {
		e.board.rename(slot, name)
		out := result{Constraint: name}
		asked := loaded.constraints[name]
		switch {
		case asked == nil:
			out.Error = "the bundle has no such constraint"
		case asked.target != r.Target:
			out.Error = fmt.Sprintf("the constraint is for the target %.100q, not for %.100q", asked.target, r.Target)
		case ctx.Err() != nil:
			out.Error = fmt.Sprintf("not evaluated: the %d ms for this review ran out", timeout.Milliseconds())
		default:
			out.Violations, err = asking.violations(asked)
			if err != nil {
				out.Violations = nil
				out.Error = describe(ctx, err, timeout)
			}
			e.evaluations.Add(1)
		}
		if out.Error != "" || out.Violations != nil {
			answer.Results = append(answer.Results, out)
		}
	}
	return answer
}

func describe(ctx context.Context, err error, timeout time.Duration) string {
	if ctx.Err() != nil || topdown.IsCancel(err) {
		return fmt.Sprintf("evaluation took longer than %d ms", timeout.Milliseconds())
	}
	return clip(err.Error(), 1000)
}

func readReview(raw json.RawMessage) (*ast.Term, error) {
	if err := checkDepth(raw); err != nil {
		return nil, err
	}
	value, err := ast.ValueFromReader(bytes.NewReader(raw))
	if err != nil {
		return nil, errors.New("is not valid JSON")
	}
	if _, isObject := value.(ast.Object); !isObject {
		return nil, errors.New("must be an object")
	}
	return ast.NewTerm(value), nil
}

// asking is one review on its way through the constraints.
type asking struct {
	ctx         context.Context
	cancel      topdown.Cancel
	store       storage.Store
	transaction storage.Transaction
	review      *ast.Term
	budget      *outputBudget
	shared      map[*group]*common
}

// common is what the constraints of a group have found out together about a review.
type common struct {
	input *ast.Term
	known topdown.VirtualCache
}

func newAsking(ctx context.Context, cancel topdown.Cancel, store storage.Store, review *ast.Term, budget *outputBudget) (*asking, error) {
	transaction, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	return &asking{ctx, cancel, store, transaction, review, budget, map[*group]*common{}}, nil
}

func (a *asking) end() { a.store.Abort(a.ctx, a.transaction) }

// violations answers them as a JSON array, nil when there are none.
func (a *asking) violations(of *constraint) (violations json.RawMessage, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("evaluation failed: %.500v", cause)
		}
		if err != nil { // What was cached up to a conflict would pass for the whole answer.
			delete(a.shared, of.group)
		}
	}()
	in := a.common(of)
	query := topdown.NewQuery(of.question.query).
		WithQueryCompiler(of.question.queries).
		WithCompiler(of.question.compiler).
		WithStore(a.store).
		WithTransaction(a.transaction).
		WithInput(in.input).
		WithVirtualCache(in.known).
		WithCancel(a.cancel).
		WithHTTPRoundTripper(refuseNetwork)
	err = query.Iter(a.ctx, func(found topdown.QueryResult) error {
		term := found[resultVar]
		if term == nil {
			return errors.New("the rule violation has no value")
		}
		violations, err = a.budget.encodeViolations(term.Value)
		return err
	})
	return violations, err
}

func (a *asking) common(of *constraint) *common {
	if of.group == nil {
		return &common{a.inputWith(of.parameters), topdown.NewVirtualCache()}
	}
	if a.shared[of.group] == nil {
		a.shared[of.group] = &common{a.inputWith(of.group.parameters), topdown.NewVirtualCache()}
	}
	return a.shared[of.group]
}

func (a *asking) inputWith(parameters *ast.Term) *ast.Term {
	return ast.NewTerm(ast.NewObject([2]*ast.Term{reviewKey, a.review}, [2]*ast.Term{parametersKey, parameters}))
}

type noNetwork struct{}

func (noNetwork) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("policies cannot reach the network")
}

// refuseNetwork is the second lock behind Capabilities.AllowNet.
func refuseNetwork(*http.Transport) http.RoundTripper { return noNetwork{} }
