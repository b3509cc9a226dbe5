package inventory

import (
	"net/http"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/demo/stage"
)

func (s *Service) restaurants(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if query.Has("ids") {
		s.restaurantsByIDs(w, r)
		return
	}
	search, err := parseSearch(query)
	if err != nil {
		badRequest(w, "%v", err)
		return
	}
	page, more, ok := s.directory.page(search)
	if !ok {
		stage.Problem(w, http.StatusBadRequest, "invalid_cursor", "cursor: not one of this list", nil)
		return
	}
	entries := each(page, func(m match) restaurant { return toEntry(m.restaurant, m.metres) })
	writeCacheable(w, r, restaurantAge, restaurantList{entries, more})
}

func (s *Service) restaurantsByIDs(w http.ResponseWriter, r *http.Request) {
	if len(r.URL.Query()) > 1 {
		badRequest(w, "ids: no other parameter goes with it")
		return
	}
	found, ok := lookUp(w, r, "ids", maxIDs, s.catalogue.Restaurant)
	if ok {
		writeCacheable(w, r, restaurantAge, restaurantList{Restaurants: each(found, toRestaurant)})
	}
}

func (s *Service) menus(w http.ResponseWriter, r *http.Request) {
	found, ok := lookUp(w, r, "restaurant_ids", maxMenus, s.catalogue.Restaurant)
	if ok {
		writeCacheable(w, r, menuAge, menuList{each(found, toMenu)})
	}
}

func (s *Service) items(w http.ResponseWriter, r *http.Request) {
	found, ok := lookUp(w, r, "ids", maxIDs, s.catalogue.Item)
	if ok {
		writeCacheable(w, r, menuAge, itemList{each(found, toItem)})
	}
}

func (s *Service) stock(w http.ResponseWriter, r *http.Request) {
	found, ok := lookUp(w, r, "ids", maxIDs, s.catalogue.Item)
	if !ok {
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	stage.WriteJSON(w, http.StatusOK, stockList{each(found, func(i *catalogue.Item) stock {
		onHand, _ := s.ledger.onHand(i.ID) // the ledger has every dish of the catalogue
		return stock{i.ID, onHand}
	})})
}

func (s *Service) image(w http.ResponseWriter, r *http.Request) {
	data, ok := s.catalogue.Image(r.PathValue("name"))
	if !ok {
		stage.Problem(w, http.StatusNotFound, "not_found", "There is no such picture.", nil)
		return
	}
	writeTagged(w, r, catalogue.ImageType, imageCaching, data)
}

// lookUp finds what the ids of a parameter name, each once and in their order, or answers with a problem and returns false.
func lookUp[T any](w http.ResponseWriter, r *http.Request, name string, limit int, find func(string) *T) ([]*T, bool) {
	ids, err := parseIDs(r.URL.Query(), name, limit)
	if err != nil {
		badRequest(w, "%v", err)
		return nil, false
	}
	var found []*T
	seen := map[string]bool{}
	for _, id := range ids {
		if thing := find(id); thing != nil && !seen[id] {
			found = append(found, thing)
		}
		seen[id] = true
	}
	return found, true
}
