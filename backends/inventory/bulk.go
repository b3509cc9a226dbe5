package inventory

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"sync"
)

// maxConcurrent bounds the calls that one read is split into at a time.
const maxConcurrent = 4

// idForm is that of the contract. An id that a client made up in another form names nothing, and a comma in it would make it two.
var idForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// bulk reads values by id in calls of at most size ids each, each id once. It returns what was found, or the first error, which ends
// the other calls. No well-formed id is no call.
func bulk[V any](
	ctx context.Context, ids []string, size int, fetch func(context.Context, []string) (map[string]*V, error),
) (map[string]*V, error) {
	chunks := slices.Collect(slices.Chunk(wellFormed(ids), size))
	if len(chunks) == 1 {
		return fetch(ctx, chunks[0])
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		all   = map[string]*V{}
		mu    sync.Mutex
		calls sync.WaitGroup
		first error
		slots = make(chan struct{}, maxConcurrent)
	)
	for _, chunk := range chunks {
		slots <- struct{}{}
		calls.Go(func() {
			defer func() { <-slots }()
			some, err := fetch(ctx, chunk)
			mu.Lock()
			defer mu.Unlock()
			maps.Copy(all, some)
			if err != nil && first == nil {
				first = err
				cancel()
			}
		})
	}
	calls.Wait()
	if first != nil {
		return nil, first
	}
	return all, nil
}

// wellFormed are the ids that can name something, each once, sorted: the same ids are the same request, whoever keeps its answer.
func wellFormed(ids []string) []string {
	unique := make([]string, 0, len(ids))
	seen := make(map[string]struct{}, len(ids))
	for _, id := range ids {
		if _, known := seen[id]; !known && idForm.MatchString(id) {
			unique = append(unique, id)
		}
		seen[id] = struct{}{}
	}
	slices.Sort(unique)
	return unique
}
