package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sort"
)

// schema is the part of Kubernetes' structural OpenAPI v3 schemas that ConstraintTemplates use for parameters.
// Keywords that are not here are ignored, as annotations are.
type schema struct {
	Type                 string             `json:"type"`
	Properties           map[string]*schema `json:"properties"`
	Required             []string           `json:"required"`
	Items                *schema            `json:"items"`
	AdditionalProperties json.RawMessage    `json:"additionalProperties"`
	Enum                 []any              `json:"enum"`
	Default              any                `json:"default"`
	Nullable             bool               `json:"nullable"`
	Pattern              string             `json:"pattern"`
	Minimum              *float64           `json:"minimum"`
	Maximum              *float64           `json:"maximum"`
	MinItems             *int               `json:"minItems"`
	MaxItems             *int               `json:"maxItems"`
	MinLength            *int               `json:"minLength"`
	MaxLength            *int               `json:"maxLength"`
	IntOrString          bool               `json:"x-kubernetes-int-or-string"`
	KeepUnknown          bool               `json:"x-kubernetes-preserve-unknown-fields"`

	pattern *regexp.Regexp
	values  *schema // of additionalProperties, where it is a schema
	closed  bool    // additionalProperties: false
}

func parseSchema(raw json.RawMessage) (*schema, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return &schema{}, nil
	}
	if err := checkDepth(raw); err != nil {
		return nil, err
	}
	parsed, err := decodeSchema(raw)
	if err != nil {
		return nil, fmt.Errorf("the schema of the parameters cannot be read: %w", err)
	}
	return parsed, parsed.prepare("parameters")
}

func decodeSchema(raw json.RawMessage) (*schema, error) {
	var parsed schema
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	err := decoder.Decode(&parsed)
	return &parsed, err
}

func (s *schema) prepare(path string) error {
	if !slices.Contains([]string{"", "object", "array", "string", "integer", "number", "boolean"}, s.Type) {
		return fmt.Errorf("%s: there is no type %.40q", path, s.Type)
	}
	if s.Pattern != "" {
		compiled, err := regexp.Compile(s.Pattern)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		s.pattern = compiled
	}
	switch raw := string(s.AdditionalProperties); raw {
	case "", "true", "null":
	case "false":
		s.closed = true
	default:
		values, err := decodeSchema(s.AdditionalProperties)
		if err != nil {
			return fmt.Errorf("%s: additionalProperties: %w", path, err)
		}
		s.values = values
		if err := s.values.prepare(path + ".*"); err != nil {
			return err
		}
	}
	for name, property := range s.Properties {
		if property == nil {
			s.Properties[name] = &schema{}
			continue
		}
		if err := property.prepare(path + "." + name); err != nil {
			return err
		}
	}
	if s.Items != nil {
		return s.Items.prepare(path + "[]")
	}
	return nil
}

// apply fills defaults in and answers the first thing that does not fit, named by its path.
func (s *schema) apply(value any, path string) (any, error) {
	if value == nil {
		if s.Nullable || s.Type == "" {
			return value, nil
		}
		return nil, fmt.Errorf("%s must be %s, not null", path, s.Type)
	}
	if err := s.checkType(value, path); err != nil {
		return nil, err
	}
	if len(s.Enum) > 0 && !slices.ContainsFunc(s.Enum, func(allowed any) bool { return fmt.Sprint(allowed) == fmt.Sprint(value) }) {
		return nil, fmt.Errorf("%s is %.100v; allowed are %.300v", path, value, s.Enum)
	}
	switch v := value.(type) {
	case map[string]any:
		return s.applyObject(v, path)
	case []any:
		if s.MinItems != nil && len(v) < *s.MinItems || s.MaxItems != nil && len(v) > *s.MaxItems {
			return nil, fmt.Errorf("%s has %d elements, which its schema does not allow", path, len(v))
		}
		for i, item := range v {
			if s.Items == nil {
				break
			}
			filled, err := s.Items.apply(item, fmt.Sprintf("%s[%d]", path, i))
			if err != nil {
				return nil, err
			}
			v[i] = filled
		}
	case string:
		if s.MinLength != nil && len(v) < *s.MinLength || s.MaxLength != nil && len(v) > *s.MaxLength {
			return nil, fmt.Errorf("%s has %d characters, which its schema does not allow", path, len(v))
		}
		if s.pattern != nil && !s.pattern.MatchString(v) {
			return nil, fmt.Errorf("%s is %.100q, which does not match %s", path, v, s.Pattern)
		}
	case json.Number:
		number, err := v.Float64()
		if err != nil {
			return nil, fmt.Errorf("%s is not a number that can be used", path)
		}
		if s.Minimum != nil && number < *s.Minimum || s.Maximum != nil && number > *s.Maximum {
			return nil, fmt.Errorf("%s is %s, which is out of its range", path, v)
		}
	}
	return value, nil
}

func (s *schema) applyObject(object map[string]any, path string) (any, error) {
	for name, property := range s.Properties {
		if _, present := object[name]; !present && property.Default != nil {
			object[name] = copyOf(property.Default)
		}
	}
	for _, name := range s.Required {
		if _, present := object[name]; !present {
			return nil, fmt.Errorf("%s.%s is required", path, name)
		}
	}
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	sort.Strings(names) // the first problem is always the same one
	for _, name := range names {
		expected := s.Properties[name]
		if expected == nil {
			expected = s.values
		}
		if expected == nil {
			// A parameter that the template does not know is a typing error that would otherwise loosen the policy in silence.
			if s.closed || len(s.Properties) > 0 && len(s.AdditionalProperties) == 0 && !s.KeepUnknown {
				return nil, fmt.Errorf("%s.%.100s is not in the template's schema", path, name)
			}
			continue
		}
		filled, err := expected.apply(object[name], path+"."+name)
		if err != nil {
			return nil, err
		}
		object[name] = filled
	}
	return object, nil
}

func (s *schema) checkType(value any, path string) error {
	actual := "object"
	switch v := value.(type) {
	case []any:
		actual = "array"
	case string:
		actual = "string"
	case bool:
		actual = "boolean"
	case json.Number:
		actual = "number"
		if _, err := v.Int64(); err == nil {
			actual = "integer"
		}
	}
	if s.IntOrString {
		if actual == "integer" || actual == "string" {
			return nil
		}
		return fmt.Errorf("%s must be an integer or a string, not %s", path, actual)
	}
	if s.Type == "" || s.Type == actual || s.Type == "number" && actual == "integer" {
		return nil
	}
	return fmt.Errorf("%s must be %s, not %s", path, s.Type, actual)
}

// copyOf keeps the default of a schema apart from the constraints that it is filled into.
func copyOf(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, inner := range v {
			out[name] = copyOf(inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = copyOf(inner)
		}
		return out
	}
	return value
}
