package main

// The protocol, in one page.
//
// A connection carries frames in both directions. A frame is a 4-byte big-endian length (at most 16 MiB) and a JSON
// array of messages. Every request has an `id` unique on its connection; its answer has the same id. Answers come in
// any order, and any number of them share a frame. A frame that breaks the form closes the connection.
//
//	load       {id, op, bundle, templates: [{kind, target, version: "v0"|"v1", rego, libs: [source], schema}],
//	            constraints: [{name, kind, parameters}]}
//	        -> {id, ok: true} or {id, error: {code: "bundle-invalid", message, problems: [{template, constraint,
//	            source: "rego"|"libs[n]"|"schema"|"parameters", line, column, message}]}}
//	            `bundle` is the caller's content digest; loading a digest again costs nothing.
//	eval       {id, op, bundle, target, review, constraints: [name], timeoutMs, inventory, maxViolations}
//	        -> {id, ok: true, results: [{constraint, violations: [{msg, details}], error}]}
//	            Constraints without a violation are left out. `error` is the text of an evaluation that failed or ran
//	            out of time: callers must take it for a violation. timeoutMs is for the review as a whole, 100 by
//	            default, at most 5000; maxViolations per constraint, 1000 by default, at most 10000.
//	inventory  {id, op, scope, document}  -> {id, ok: true}
//	            Sets what policies see as data.inventory when a review names the scope; null forgets it.
//	status     {id, op} -> {id, ok: true, bundles: [digest], scopes: [name], evaluations, heapBytes}
//
// Error codes: bundle-invalid, bundle-unknown, inventory-unknown, request-invalid, result-too-large.

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const maxFrame = 16 << 20

type request struct {
	ID            uint64          `json:"id"`
	Op            string          `json:"op"`
	Bundle        string          `json:"bundle"`
	Templates     []templateSpec  `json:"templates"`
	Constraints   json.RawMessage `json:"constraints"`
	Target        string          `json:"target"`
	Review        json.RawMessage `json:"review"`
	TimeoutMs     int             `json:"timeoutMs"`
	Inventory     string          `json:"inventory"`
	MaxViolations int             `json:"maxViolations"`
	Scope         string          `json:"scope"`
	Document      json.RawMessage `json:"document"`
}

type templateSpec struct {
	Kind    string          `json:"kind"`
	Target  string          `json:"target"`
	Version string          `json:"version"`
	Rego    string          `json:"rego"`
	Libs    []string        `json:"libs"`
	Schema  json.RawMessage `json:"schema"`
}

type constraintSpec struct {
	Name       string          `json:"name"`
	Kind       string          `json:"kind"`
	Parameters json.RawMessage `json:"parameters"`
}

type problem struct {
	Template   string `json:"template,omitempty"`
	Constraint string `json:"constraint,omitempty"`
	Source     string `json:"source"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	Message    string `json:"message"`
}

type failure struct {
	Code     string    `json:"code"`
	Message  string    `json:"message"`
	Problems []problem `json:"problems,omitempty"`
}

type response struct {
	ID          uint64   `json:"id"`
	OK          bool     `json:"ok,omitempty"`
	Error       *failure `json:"error,omitempty"`
	Results     []result `json:"results,omitempty"`
	Bundles     []string `json:"bundles,omitempty"`
	Scopes      []string `json:"scopes,omitempty"`
	Evaluations uint64   `json:"evaluations,omitempty"`
	HeapBytes   uint64   `json:"heapBytes,omitempty"`
}

type result struct {
	Constraint string          `json:"constraint"`
	Violations json.RawMessage `json:"violations,omitempty"`
	Error      string          `json:"error,omitempty"`
}

func refused(id uint64, code, message string) response {
	return response{ID: id, Error: &failure{Code: code, Message: message}}
}

// readFrame reads the requests of one frame. io.EOF means that the peer closed between frames.
func readFrame(reader *bufio.Reader) ([]request, error) {
	var header [4]byte
	if _, err := io.ReadFull(reader, header[:]); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(header[:])
	if length > maxFrame {
		return nil, fmt.Errorf("a frame of %d bytes is larger than %d", length, maxFrame)
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(reader, body); err != nil {
		return nil, errors.New("the connection ended within a frame")
	}
	var requests []request
	if err := json.Unmarshal(body, &requests); err != nil {
		return nil, fmt.Errorf("a frame is not an array of requests: %w", err)
	}
	return requests, nil
}

// encodeResponse never fails: an answer that is too large or cannot be written becomes an error with the same id.
func encodeResponse(answer response) []byte {
	encoded, err := json.Marshal(answer)
	if err == nil && len(encoded) <= maxFrame-2 {
		return encoded
	}
	encoded, _ = json.Marshal(refused(answer.ID, "result-too-large", "the answer does not fit into a frame of 16 MiB"))
	return encoded
}
