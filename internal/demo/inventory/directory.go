package inventory

import (
	"cmp"
	"encoding/base64"
	"math"
	"slices"
	"strings"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/storefront"
)

// directory finds restaurants by place and words. The catalogue never changes, so a page goes on after the restaurant that its
// cursor names.
type directory struct {
	byTitle []*catalogue.Restaurant
	// words is what a search looks into, by restaurant id: title, cuisines and dishes in lower case.
	words map[string]string
}

func newDirectory(cat *catalogue.Catalogue) directory {
	d := directory{byTitle: slices.Clone(cat.Restaurants), words: map[string]string{}}
	slices.SortFunc(d.byTitle, func(a, b *catalogue.Restaurant) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	for _, r := range cat.Restaurants {
		words := append([]string{r.Name}, r.Cuisines...)
		for _, item := range r.Items() {
			words = append(words, item.Name)
		}
		d.words[r.ID] = strings.ToLower(strings.Join(words, "\n"))
	}
	return d
}

// search asks for a page.
type search struct {
	near   *storefront.Coordinates
	words  []string
	limit  int
	cursor string
}

// match is a restaurant that was found, and how far it is: infinitely where no place was asked for.
type match struct {
	restaurant *catalogue.Restaurant
	metres     float64
}

// page finds the matches after the cursor; false where the cursor is none of this search.
func (d directory) page(s search) (page []match, more, ok bool) {
	found := d.find(s)
	start, ok := 0, s.cursor == ""
	for n, m := range found {
		if !ok && cursorOf(m.restaurant) == s.cursor {
			start, ok = n+1, true
		}
	}
	end := min(start+s.limit, len(found))
	return found[start:end], end < len(found), ok
}

func (d directory) find(s search) []match {
	var found []match
	for _, r := range d.byTitle {
		metres := math.Inf(1)
		if s.near != nil {
			metres = catalogue.Distance(*s.near, r.Coordinates)
		}
		if d.has(r, s.words) && (s.near == nil || metres <= catalogue.DeliveryRadius) {
			found = append(found, match{r, metres})
		}
	}
	slices.SortStableFunc(found, func(a, b match) int { return cmp.Compare(a.metres, b.metres) })
	return found
}

func (d directory) has(r *catalogue.Restaurant, words []string) bool {
	for _, word := range words {
		if !strings.Contains(d.words[r.ID], word) {
			return false
		}
	}
	return true
}

func cursorOf(r *catalogue.Restaurant) string {
	return base64.RawURLEncoding.EncodeToString([]byte("after " + r.ID))
}
