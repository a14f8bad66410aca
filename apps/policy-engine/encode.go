package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

const (
	maxMessage  = 8 << 10 // bytes of one msg
	maxDetails  = 32 << 10
	maxOutput   = 8 << 20 // bytes of all violations of a review
	detailDepth = 16
)

// outputBudget bounds what one review may answer: what a policy returns is as hostile as what it is given.
type outputBudget struct {
	violations int // per constraint
	written    int // bytes so far, of all constraints
}

var (
	errTooLarge = errors.New("larger than 32 KiB")
	errTooDeep  = errors.New("nested deeper than 16 levels")
	msgKey      = ast.StringTerm("msg")
	detailsKey  = ast.StringTerm("details")
)

// encodeViolations writes [{msg, details}]. What does not fit is counted in a last violation, never dropped in silence.
func (b *outputBudget) encodeViolations(value ast.Value) (json.RawMessage, error) {
	set, isSet := value.(ast.Set)
	if !isSet {
		return nil, errors.New("the rule violation must be a set: violation[{\"msg\": msg}] or violation contains {\"msg\": msg}")
	}
	if set.Len() == 0 {
		return nil, nil
	}
	out := bytes.NewBufferString("[")
	for i, element := range set.Slice() {
		if i > 0 {
			out.WriteByte(',')
		}
		if i >= b.violations || b.written+out.Len() > maxOutput {
			message, _ := json.Marshal(fmt.Sprintf("%d more violations are not listed.", set.Len()-i))
			fmt.Fprintf(out, `{"msg":%s,"details":{"omitted":%d}}`, message, set.Len()-i)
			break
		}
		if err := writeViolation(out, element); err != nil {
			return nil, err
		}
	}
	out.WriteByte(']')
	b.written += out.Len()
	return out.Bytes(), nil
}

func writeViolation(out *bytes.Buffer, element *ast.Term) error {
	object, isObject := element.Value.(ast.Object)
	if !isObject {
		return errors.New("each violation must be an object with msg")
	}
	msg := object.Get(msgKey)
	if msg == nil {
		return errors.New("a violation has no msg")
	}
	text, isString := msg.Value.(ast.String)
	if !isString {
		return errors.New("msg of a violation must be a string")
	}
	encoded, _ := json.Marshal(clip(string(text), maxMessage))
	out.WriteString(`{"msg":`)
	out.Write(encoded)
	out.WriteString(`,"details":`)
	details := object.Get(detailsKey)
	if details == nil {
		out.WriteString("{}}")
		return nil
	}
	start := out.Len()
	if err := writeValue(out, details.Value, detailDepth, start+maxDetails); err != nil {
		out.Truncate(start)
		reason, _ := json.Marshal("the details were " + err.Error())
		fmt.Fprintf(out, `{"omitted":%s}`, reason)
	}
	out.WriteByte('}')
	return nil
}

// writeValue writes JSON as OPA does (sets as arrays, keys that are no strings as their JSON) within a depth and an end.
func writeValue(out *bytes.Buffer, value ast.Value, depth, end int) error {
	if out.Len() > end {
		return errTooLarge
	}
	if depth == 0 {
		return errTooDeep
	}
	switch v := value.(type) {
	case ast.Null:
		out.WriteString("null")
	case ast.Boolean:
		fmt.Fprintf(out, "%t", bool(v))
	case ast.Number:
		if len(v) > 400 { // bits.lsh makes numbers of megabytes
			return errTooLarge
		}
		out.WriteString(string(v))
	case ast.String:
		if len(v) > end-out.Len() {
			return errTooLarge
		}
		encoded, _ := json.Marshal(string(v))
		out.Write(encoded)
	case *ast.Array:
		return writeList(out, v.Len(), func(i int) ast.Value { return v.Elem(i).Value }, depth, end)
	case ast.Set:
		elements := v.Slice()
		return writeList(out, len(elements), func(i int) ast.Value { return elements[i].Value }, depth, end)
	case ast.Object:
		return writeObject(out, v, depth, end)
	default:
		return fmt.Errorf("of a kind that JSON has not (%T)", value)
	}
	return nil
}

func writeList(out *bytes.Buffer, length int, at func(int) ast.Value, depth, end int) error {
	out.WriteByte('[')
	for i := range length {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeValue(out, at(i), depth-1, end); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	return nil
}

func writeObject(out *bytes.Buffer, object ast.Object, depth, end int) error {
	out.WriteByte('{')
	for i, key := range object.Keys() {
		if i > 0 {
			out.WriteByte(',')
		}
		name, isString := key.Value.(ast.String)
		if !isString {
			var inner bytes.Buffer
			if err := writeValue(&inner, key.Value, depth-1, end-out.Len()); err != nil {
				return err
			}
			name = ast.String(inner.String())
		}
		if err := writeValue(out, name, depth, end); err != nil {
			return err
		}
		out.WriteByte(':')
		if err := writeValue(out, object.Get(key).Value, depth-1, end); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}
