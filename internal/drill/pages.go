package drill

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Pages are what became of the pages that were asked for.
type Pages struct {
	Asked int
	// Full have everything; Partial have all but what comes from the one service that their errors name.
	Full    int
	Partial map[string]int
	// Stale are those, among Full and Partial, in which something older stands in for a service.
	Stale int
	// Reasons says what the others were, and how often.
	Reasons map[string]int
	// Took is how long each took, the shortest first.
	Took []time.Duration
}

// Failed is how many were neither full nor partial for the lack of an allowed service.
func (p Pages) Failed(allowed ...string) int {
	failed := p.Asked - p.Full
	for _, service := range allowed {
		failed -= p.Partial[service]
	}
	return failed
}

// Quantile is the time that this share of the pages took at most; 0 without pages.
func (p Pages) Quantile(share float64) time.Duration {
	if len(p.Took) == 0 {
		return 0
	}
	return p.Took[int(share*float64(len(p.Took)-1))]
}

func (p Pages) plus(later Pages) Pages {
	sum := Pages{Asked: p.Asked + later.Asked, Full: p.Full + later.Full, Stale: p.Stale + later.Stale, Partial: map[string]int{}, Reasons: map[string]int{}}
	for _, part := range []Pages{p, later} {
		sum.Took = append(sum.Took, part.Took...)
		for service, n := range part.Partial {
			sum.Partial[service] += n
		}
		for reason, n := range part.Reasons {
			sum.Reasons[reason] += n
		}
	}
	slices.Sort(sum.Took)
	return sum
}

// judged says what the answer's text makes of the page.
func (p Pages) judged(text []byte) Pages {
	services, stale, err := missing(text)
	if err == nil && stale {
		p.Stale = 1
	}
	switch {
	case err != nil:
		p.Reasons = map[string]int{err.Error(): 1}
	case len(services) == 0:
		p.Full = 1
	case len(services) == 1:
		p.Partial = map[string]int{services[0]: 1}
		p.Reasons = map[string]int{"without " + services[0]: 1}
	default:
		p.Reasons = map[string]int{fmt.Sprintf("without %v", services): 1}
	}
	return p
}

// missing lists the services that an answer's errors name, and says whether older data stand in; it is an error for a page to have no
// orders.
func missing(text []byte) (services []string, stale bool, err error) {
	var answer struct {
		Data struct {
			Orders *struct {
				Edges []json.RawMessage `json:"edges"`
			} `json:"orders"`
		} `json:"data"`
		Errors []struct {
			Message    string `json:"message"`
			Extensions struct {
				Service string `json:"service"`
			} `json:"extensions"`
		} `json:"errors"`
		Extensions struct {
			Stale []json.RawMessage `json:"stale"`
		} `json:"extensions"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, false, fmt.Errorf("the page is no GraphQL answer: %w", err)
	}
	for _, e := range answer.Errors {
		if e.Extensions.Service == "" {
			return nil, false, fmt.Errorf("an error that names no service: %s", e.Message)
		}
		services = append(services, e.Extensions.Service)
	}
	if answer.Data.Orders == nil || len(answer.Data.Orders.Edges) == 0 {
		return nil, false, fmt.Errorf("a page without orders; services that failed: %v", services)
	}
	slices.Sort(services)
	return slices.Compact(services), len(answer.Extensions.Stale) > 0, nil
}
