package operation

import (
	"container/list"
	"sync"
)

// cache remembers entries by text, those that were used last, as long as their weights together stay within a bound. It is safe for
// concurrent use; a hit allocates nothing.
type cache struct {
	most int

	mu      sync.Mutex
	weight  int
	entries map[string]*list.Element // of *entry
	recent  *list.List               // the entry used last in front
}

// heaviest is the share of the bound that one entry may have.
const heaviest = 8

func newCache(most int) *cache {
	return &cache{most: most, entries: map[string]*list.Element{}, recent: list.New()}
}

func (c *cache) get(text string) (*entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.entries[text]
	if !ok {
		return nil, false
	}
	c.recent.MoveToFront(element)
	return element.Value.(*entry), true //nolint:forcetypeassert // nothing else is put in
}

// add remembers an entry, unless it is so heavy that it would drive out much else.
func (c *cache) add(e *entry) {
	if e.weight > c.most/heaviest {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.entries[e.text]; known {
		return
	}
	c.entries[e.text] = c.recent.PushFront(e)
	for c.weight += e.weight; c.weight > c.most; {
		c.forget(c.recent.Back())
	}
}

func (c *cache) forget(element *list.Element) {
	e := c.recent.Remove(element).(*entry) //nolint:forcetypeassert // nothing else is put in
	delete(c.entries, e.text)
	c.weight -= e.weight
}
