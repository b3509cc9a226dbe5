package balance

import (
	"cmp"
	"math"
	"slices"
)

// ring_hash: attempts with the same key go to the same instance, on every gateway; when one of n instances leaves, only its keys move.
// An attempt whose instance was tried goes to the next one on the ring.
//
// D. Karger et al., Consistent Hashing and Random Trees, STOC 1997.
type ring struct {
	candidates []Candidate
	points     []point
}

// point is where a part of the ring ends that belongs to a candidate.
type point struct {
	at        uint64
	candidate int
}

// An instance of the heaviest weight has 256 points, whose shares scatter by about 6 % of themselves. Beyond 256 instances, where a
// single share matters less, it has 16, which bounds the ring.
const (
	pointsPerInstance = 256
	fewerPoints       = 16
	manyInstances     = 256
)

func newRing(candidates []Candidate, _ env) Picker {
	r := &ring{candidates: candidates}
	whole := pointsPerInstance / heaviest(candidates)
	if len(candidates) > manyInstances {
		whole = fewerPoints / heaviest(candidates)
	}
	r.points = make([]point, 0, len(candidates)*pointsPerInstance)
	for n, c := range candidates {
		seed := hash(c.addr)
		for k := range max(int(math.Round(c.Weight*whole)), 1) {
			r.points = append(r.points, point{scatter(seed + uint64(k)), n})
		}
	}
	slices.SortFunc(r.points, func(a, b point) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.candidate, b.candidate)) })
	return r
}

func (r *ring) Pick(attempt Attempt) *Instance {
	if len(attempt.Tried) > 0 && untried(r.candidates, attempt) == nil {
		return nil
	}
	start := r.after(attempt.Key)
	for k := range r.points {
		c := r.candidates[r.points[(start+k)%len(r.points)].candidate]
		if !attempt.tried(c.Instance) {
			return c.Instance
		}
	}
	return nil
}

// after is the index of the first point at or behind the key, which may be len(points).
func (r *ring) after(key uint64) int {
	low, high := 0, len(r.points)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if r.points[middle].at < key {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// hash is FNV-1a over the texts, scattered over all bits. It is the same in every process: the gateways share one ring.
func hash(texts ...string) uint64 {
	h := uint64(14695981039346656037)
	for _, text := range texts {
		for n := range len(text) {
			h = (h ^ uint64(text[n])) * 1099511628211
		}
	}
	return scatter(h)
}

// scatter is the finaliser of SplitMix64: each bit of x changes half of the bits.
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
