package seed

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"tiffin/internal/demo/catalogue"
)

// Span is how far the past goes back.
const Span = 90 * 24 * time.Hour

// Orders invents perCustomer orders for each customer, oldest first: the newest three of each are under way at now, about 6 % of the
// others are cancelled, the rest is completed. The same arguments give the same orders.
func Orders(cat *catalogue.Catalogue, customers []string, perCustomer int, now time.Time) []Order {
	now = now.UTC().Truncate(time.Second)
	var past []Order
	for _, customer := range customers {
		p := newPerson(cat, customer)
		for nth := range perCustomer {
			past = append(past, p.order(nth, now))
		}
	}
	slices.SortFunc(past, func(a, b Order) int {
		return cmp.Or(a.PlacedAt.Compare(b.PlacedAt), cmp.Compare(a.ID, b.ID))
	})
	for n := range past {
		past[n].Number = fmt.Sprintf("T-%05d", 10_001+n)
	}
	return past
}

// person orders to a home and an office, always with the same dice.
type person struct {
	id, name, phone string
	dice            *rand.Rand
	doors           [2]catalogue.Door
	kitchens        []*catalogue.Restaurant
}

func newPerson(cat *catalogue.Catalogue, id string) *person {
	hash := sha256.Sum256([]byte(id))
	p := &person{
		id: id, name: nameOf(id), kitchens: cat.Restaurants,
		dice: rand.New(rand.NewPCG(binary.BigEndian.Uint64(hash[:]), binary.BigEndian.Uint64(hash[8:]))), //nolint:gosec // G404: the same at each start
	}
	p.phone = fmt.Sprintf("+49 555 01%04d", p.dice.IntN(10_000))
	streets := catalogue.Streets()
	for n := range p.doors {
		p.doors[n] = streets[p.dice.IntN(len(streets))].Door(1 + p.dice.IntN(120))
	}
	return p
}

// nameOf makes "Alice" of "http://issuer#alice".
func nameOf(id string) string {
	name := id[strings.LastIndex(id, "#")+1:]
	if name == "" {
		return "Guest"
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// order is the person's nth order, counted back from now.
func (p *person) order(nth int, now time.Time) Order {
	ref := token(p.id, nth)
	door := p.doors[p.dice.IntN(10)/8] // home, more often
	kitchen := p.kitchen(door)
	o := Order{ID: "ord_" + ref, Ref: ref, Customer: p.id, RestaurantID: kitchen.ID, Lines: p.lines(ref, kitchen)}
	o.Charges = p.charges(o.Lines, catalogue.Distance(door.Coordinates(), kitchen.Coordinates))
	for _, charge := range o.Charges {
		o.TotalMinor += charge.Minor
	}
	o.Delivery = Delivery{
		Address: door.Address(), Coordinates: door.Coordinates(), RecipientName: p.name, RecipientPhone: p.phone,
		Instructions: pick(p.dice, []string{"", "", "Second floor, left.", "Please ring twice.", "Leave it at the door."}),
	}
	p.live(&o, nth, now)
	return o
}

// kitchen is an open one that delivers to the door.
func (p *person) kitchen(door catalogue.Door) *catalogue.Restaurant {
	return pick(p.dice, slices.DeleteFunc(slices.Clone(p.kitchens), func(r *catalogue.Restaurant) bool {
		return !r.Open || catalogue.Distance(door.Coordinates(), r.Coordinates) > catalogue.DeliveryRadius
	}))
}

// token is 26 characters of base32 in lower case, from a hash, as the gateway makes them.
func token(parts ...any) string {
	hash := sha256.Sum256([]byte("seed\x00" + fmt.Sprintln(parts...)))
	return strings.ToLower(base32.StdEncoding.EncodeToString(hash[:]))[:26]
}

func pick[T any](dice *rand.Rand, from []T) T { return from[dice.IntN(len(from))] }
