package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sync/atomic"
)

const (
	workers = 8    // evaluations at a time; Go preempts, so one long one does not block the others
	pending = 4096 // answers waiting per connection before reading stops
)

type engine struct {
	board       *statusBoard
	bundles     *bundleCache
	inventories *inventories
	slots       chan int
	evaluations atomic.Uint64
}

func newEngine(board *statusBoard, bundles int) *engine {
	slots := make(chan int, workers)
	for slot := range workers {
		slots <- slot
	}
	return &engine{board: board, bundles: newBundleCache(bundles), inventories: newInventories(), slots: slots}
}

func (e *engine) serve(connection net.Conn) {
	defer connection.Close()
	answers := make(chan []byte, pending)
	inFlight := make(chan struct{}, pending)
	closed := make(chan struct{})
	defer close(closed)
	go writeAnswers(connection, answers, closed)
	reader := bufio.NewReaderSize(connection, 64<<10)
	for {
		requests, err := readFrame(reader)
		if err != nil {
			if err != io.EOF {
				fmt.Fprintln(os.Stderr, "policy-engine: connection closed:", err)
			}
			return
		}
		for i := range requests {
			inFlight <- struct{}{}
			go func(r *request) {
				defer func() { <-inFlight }()
				select {
				case answers <- encodeResponse(e.answer(r)):
				case <-closed:
				}
			}(&requests[i])
		}
	}
}

// writeAnswers puts all answers that are ready into one frame: under load, fewer and larger writes.
func writeAnswers(connection net.Conn, answers <-chan []byte, closed <-chan struct{}) {
	var held []byte
	for {
		frame := []byte{0, 0, 0, 0, '['}
		if held == nil {
			select {
			case held = <-answers:
			case <-closed:
				return
			}
		}
		frame = append(frame, held...)
		held = nil
	gather:
		for {
			select {
			case next := <-answers:
				if len(frame)+len(next)+2 > 1<<20 {
					held = next
					break gather
				}
				frame = append(append(frame, ','), next...)
			default:
				break gather
			}
		}
		frame = append(frame, ']')
		binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
		if _, err := connection.Write(frame); err != nil {
			connection.Close()
			return
		}
	}
}

func (e *engine) answer(r *request) (answer response) {
	defer func() {
		if cause := recover(); cause != nil {
			answer = refused(r.ID, "request-invalid", fmt.Sprintf("the request failed: %.500v", cause))
		}
	}()
	switch r.Op {
	case "load":
		return e.load(r)
	case "eval":
		return e.evaluate(r)
	case "inventory":
		if failed := e.inventories.set(r.Scope, r.Document); failed != nil {
			return response{ID: r.ID, Error: failed}
		}
		return response{ID: r.ID, OK: true}
	case "status":
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		return response{ID: r.ID, OK: true, Bundles: e.bundles.digests(), Scopes: e.inventories.names(),
			Evaluations: e.evaluations.Load(), HeapBytes: memory.HeapAlloc}
	default:
		return refused(r.ID, "request-invalid", fmt.Sprintf("there is no operation %.40q", r.Op))
	}
}

func (e *engine) load(r *request) response {
	if r.Bundle == "" {
		return refused(r.ID, "request-invalid", "bundle must be a digest")
	}
	if e.bundles.get(r.Bundle) != nil {
		return response{ID: r.ID, OK: true}
	}
	var constraints []constraintSpec
	if err := json.Unmarshal(r.Constraints, &constraints); err != nil {
		return refused(r.ID, "request-invalid", "constraints must be an array of {name, kind, parameters}")
	}
	slot := <-e.slots
	defer func() { e.board.clear(slot); e.slots <- slot }()
	loaded, problems := compileBundle(r.Templates, constraints, func(what string) { e.board.publish(slot, r.ID, what) })
	if len(problems) > 0 {
		return response{ID: r.ID, Error: &failure{Code: "bundle-invalid", Message: "the bundle cannot be used", Problems: problems}}
	}
	e.bundles.put(r.Bundle, loaded)
	return response{ID: r.ID, OK: true}
}
