package main

import (
	"bytes"
	"container/list"
	"encoding/json"
	"fmt"
	"sort"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

// bundle is compiled and immutable; many evaluations read it at once.
type bundle struct{ constraints map[string]*constraint }

type constraint struct {
	target     string
	question   *question
	parameters *ast.Term
	group      *group // nil for a constraint that shares nothing
}

type bundleCache struct {
	mutex   sync.Mutex
	limit   int
	order   *list.List
	entries map[string]*list.Element
}

type bundleEntry struct {
	digest string
	bundle *bundle
}

func newBundleCache(limit int) *bundleCache {
	return &bundleCache{limit: limit, order: list.New(), entries: map[string]*list.Element{}}
}

func (c *bundleCache) get(digest string) *bundle {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	element := c.entries[digest]
	if element == nil {
		return nil
	}
	c.order.MoveToFront(element)
	return element.Value.(*bundleEntry).bundle
}

func (c *bundleCache) put(digest string, loaded *bundle) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.entries[digest] != nil {
		return
	}
	c.entries[digest] = c.order.PushFront(&bundleEntry{digest, loaded})
	for c.order.Len() > c.limit {
		last := c.order.Back()
		c.order.Remove(last)
		delete(c.entries, last.Value.(*bundleEntry).digest)
	}
}

func (c *bundleCache) digests() []string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	digests := make([]string, 0, c.order.Len())
	for element := c.order.Front(); element != nil; element = element.Next() {
		digests = append(digests, element.Value.(*bundleEntry).digest)
	}
	return digests
}

const maxScopes = 256

// inventories hold what policies read as data.inventory, one document per scope (a cluster, for example).
type inventories struct {
	mutex  sync.RWMutex
	empty  storage.Store
	scopes map[string]storage.Store
}

func newInventories() *inventories {
	return &inventories{empty: newStore(map[string]any{}), scopes: map[string]storage.Store{}}
}

func newStore(document any) storage.Store {
	return inmem.NewFromObjectWithOpts(map[string]any{"inventory": document}, inmem.OptReturnASTValuesOnRead(true))
}

func (i *inventories) set(scope string, document json.RawMessage) *failure {
	if scope == "" || len(scope) > 200 {
		return &failure{Code: "request-invalid", Message: "scope must be a name of at most 200 bytes"}
	}
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if string(document) == "null" {
		delete(i.scopes, scope)
		return nil
	}
	if err := checkDepth(document); err != nil {
		return &failure{Code: "request-invalid", Message: "the inventory " + err.Error()}
	}
	if i.scopes[scope] == nil && len(i.scopes) >= maxScopes {
		return &failure{Code: "request-invalid", Message: fmt.Sprintf("there are %d inventories already", maxScopes)}
	}
	var parsed map[string]any
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	if err := decoder.Decode(&parsed); err != nil {
		return &failure{Code: "request-invalid", Message: "the inventory must be an object"}
	}
	i.scopes[scope] = newStore(parsed)
	return nil
}

// store of a scope; nil when it is not known. No scope at all is an empty inventory.
func (i *inventories) store(scope string) storage.Store {
	if scope == "" {
		return i.empty
	}
	i.mutex.RLock()
	defer i.mutex.RUnlock()
	return i.scopes[scope]
}

func (i *inventories) names() []string {
	i.mutex.RLock()
	defer i.mutex.RUnlock()
	names := make([]string, 0, len(i.scopes))
	for name := range i.scopes {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
