package geocoding

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tiffin/internal/demo/catalogue"
)

// maxAlternatives is the contract's.
const maxAlternatives = 5

var (
	houseNumber = regexp.MustCompile(`\b[1-9][0-9]{0,2}\b`)
	anyNumber   = regexp.MustCompile(`\b[0-9]+[a-z]?\b`)
)

// alike are the places that q could mean, the likeliest first: at most five.
func (s *Service) alike(q string) []place {
	words := meaningful(q)
	number, _ := strconv.Atoi(houseNumber.FindString(q)) // 0 where there is none
	type candidate struct {
		place
		typos int
	}
	var candidates []candidate
	for _, st := range s.streets {
		if typos, ok := reads(words, strings.ToLower(st.Name)); ok {
			candidates = append(candidates, candidate{guess(st, number), typos})
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(a.typos, b.typos) })
	places := make([]place, min(len(candidates), maxAlternatives))
	for n := range places {
		places[n] = candidates[n].place
	}
	return places
}

func guess(s catalogue.Street, number int) place {
	if number == 0 {
		return place{street(s), s.Door(1).Coordinates()}
	}
	door := s.Door(number)
	return place{door.Address(), door.Coordinates()}
}

// meaningful is the text in lower case without numbers and the town.
func meaningful(q string) string {
	q = strings.ToLower(strings.ReplaceAll(q, ",", " "))
	q = anyNumber.ReplaceAllString(q, " ")
	q = strings.ReplaceAll(q, strings.ToLower(catalogue.Town), " ")
	return strings.Join(strings.Fields(q), " ")
}

// reads reports whether the text could be meant for the street's name: it has few typing errors, or is one of the name's words and
// no common one like "street". Fewer typos are likelier.
func reads(text, name string) (typos int, ok bool) {
	first, _, _ := strings.Cut(name, " ")
	if len(text) < 3 || len(text) > 2*len(name) {
		return 0, false
	}
	whole, part := distance(text, name), distance(text, first)
	switch {
	case whole <= len(name)/4:
		return whole, true
	case part <= len(first)/4:
		return part + 1, true
	}
	return 0, false
}

// distance is Levenshtein's, in bytes: how many letters to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
