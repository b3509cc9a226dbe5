package orders

import (
	"net/http"
	"slices"
	"time"

	"tiffin/internal/demo/catalogue"
)

// The discount of one restaurant, so that totals with a negative charge are seen.
const (
	discountedRestaurant = "res_005"
	discountPercent      = 10
)

// opensAt is the hour (UTC) at which a closed restaurant opens tomorrow.
const opensAt = 10

// charge is a part of a total, in cents. Codes are those of the contract; labels come with the reader's language.
type charge struct {
	code  string
	label string // of a past order, for a code without a label of ours
	minor int64
}

// price is what a cart costs: the charges add up to total.
type price struct {
	lines   []orderLine
	charges []charge
	total   int64
}

// price works out what the cart costs now, or why it cannot be sold. The caller holds the lock.
func (s *Service) price(c *cart) (price, *refusal) {
	restaurant := s.catalogue.Restaurant(c.RestaurantRef)
	if restaurant != nil && !restaurant.Open {
		return price{}, closed(s.now())
	}
	lines, missing := s.pickLines(c)
	if len(missing) > 0 {
		return price{}, &refusal{
			status: http.StatusConflict, code: "items_unavailable", detail: "not on the restaurant's menu, or not with these options",
			members: map[string]any{"item_refs": missing},
		}
	}
	return s.total(c, lines), nil
}

// pickLines finds the cart's dishes; missing are those that cannot be had, each once, in the cart's order.
func (s *Service) pickLines(c *cart) (lines []orderLine, missing []string) {
	for _, wanted := range c.Lines {
		item := s.catalogue.Item(wanted.ItemRef)
		options, ok := pickOptions(item, wanted.OptionRefs)
		if !ok || item.RestaurantID != c.RestaurantRef {
			if !slices.Contains(missing, wanted.ItemRef) {
				missing = append(missing, wanted.ItemRef)
			}
			continue
		}
		line := orderLine{
			ref: wanted.LineRef, item: item.ID, title: item.Name, quantity: wanted.Qty, options: options, remark: wanted.Remark,
			unit: item.PriceMinor,
		}
		for _, o := range options {
			line.unit += o.minor
		}
		lines = append(lines, line)
	}
	return lines, missing
}

// pickOptions finds the chosen options in the dish's groups, in the card's order; false where one does not exist or is chosen twice, or
// a group has too few or too many.
func pickOptions(item *catalogue.Item, chosen []optionRef) (options []lineOption, ok bool) {
	if item == nil {
		return nil, false
	}
	for _, group := range item.Groups {
		before := len(options)
		for _, option := range group.Options {
			if slices.Contains(chosen, optionRef{group.ID, option.ID}) {
				options = append(options, lineOption{group.ID, option.ID, option.Name, option.PriceMinor})
			}
		}
		if n := len(options) - before; n < group.Minimum || n > group.Maximum {
			return nil, false
		}
	}
	return options, len(options) == len(chosen)
}

func (s *Service) total(c *cart, lines []orderLine) price {
	var subtotal int64
	for _, line := range lines {
		subtotal += line.total()
	}
	charges := []charge{
		{code: "subtotal", minor: subtotal},
		{code: "delivery_fee", minor: c.fee()},
		{code: "service_fee", minor: percent(subtotal, s.feePercent)},
	}
	if tip := c.tip(); tip > 0 {
		charges = append(charges, charge{code: "tip", minor: tip})
	}
	if c.RestaurantRef == discountedRestaurant {
		charges = append(charges, charge{code: "discount", minor: -percent(subtotal, discountPercent)})
	}
	var total int64
	for _, part := range charges {
		total += part.minor
	}
	return price{lines, charges, total}
}

// percent rounds half up to the cent.
func percent(minor, rate int64) int64 { return (minor*rate + 50) / 100 }

func closed(now time.Time) *refusal {
	now = now.UTC()
	opens := time.Date(now.Year(), now.Month(), now.Day()+1, opensAt, 0, 0, 0, time.UTC)
	return &refusal{
		status: http.StatusConflict, code: "restaurant_closed", detail: "the restaurant takes no orders now",
		members: map[string]any{"opens_at": opens},
	}
}
