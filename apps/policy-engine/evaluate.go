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
	answer := response{ID: r.ID, OK: true}
	for _, name := range names {
		e.board.rename(slot, name)
		out := result{Constraint: name}
		asked := loaded.constraints[name]
		switch {
		case asked == nil:
			out.Error = "the bundle has no such constraint"
		case asked.template.target != r.Target:
			out.Error = fmt.Sprintf("the constraint is for the target %.100q, not for %.100q", asked.template.target, r.Target)
		case ctx.Err() != nil:
			out.Error = fmt.Sprintf("not evaluated: the %d ms for this review ran out", timeout.Milliseconds())
		default:
			out.Violations, err = asked.evaluate(ctx, cancel, store, review, &budget)
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

// evaluate answers the violations as a JSON array, nil when there are none.
func (c *constraint) evaluate(ctx context.Context, cancel topdown.Cancel, store storage.Store, review *ast.Term, budget *outputBudget) (violations json.RawMessage, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("evaluation failed: %.500v", cause)
		}
	}()
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Abort(ctx, txn)
	input := ast.NewTerm(ast.NewObject([2]*ast.Term{reviewKey, review}, [2]*ast.Term{parametersKey, c.parameters}))
	query := topdown.NewQuery(c.template.query).
		WithQueryCompiler(c.template.queries).
		WithCompiler(c.template.compiler).
		WithStore(store).
		WithTransaction(txn).
		WithInput(input).
		WithCancel(cancel).
		WithHTTPRoundTripper(refuseNetwork)
	err = query.Iter(ctx, func(found topdown.QueryResult) error {
		term := found[resultVar]
		if term == nil {
			return errors.New("the rule violation has no value")
		}
		violations, err = budget.encodeViolations(term.Value)
		return err
	})
	return violations, err
}

type noNetwork struct{}

func (noNetwork) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("policies cannot reach the network")
}

// refuseNetwork is the second lock behind Capabilities.AllowNet.
func refuseNetwork(*http.Transport) http.RoundTripper { return noNetwork{} }
