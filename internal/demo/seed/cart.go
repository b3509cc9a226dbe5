package seed

import (
	"math"

	"tiffin/internal/demo/catalogue"
)

// The bounds of an invented cart.
const (
	maxLines    = 4
	maxQuantity = 3
)

// The fees of the past.
const (
	servicePercent  = 5
	discountPercent = 10
	deliveryBase    = 190 // cents, and this much more per kilometre:
	deliveryPerKM   = 40
)

// lines is a cart of different dishes of one kitchen.
func (p *person) lines(ref string, kitchen *catalogue.Restaurant) []Line {
	items := kitchen.Items()
	lines := make([]Line, 0, maxLines)
	for n, at := range p.dice.Perm(len(items))[:1+p.dice.IntN(maxLines)] {
		line := p.line(items[at])
		line.ID = "lin_" + token(ref, n)
		lines = append(lines, line)
	}
	return lines
}

func (p *person) line(item *catalogue.Item) Line {
	line := Line{ItemID: item.ID, Title: item.Name, Quantity: 1 + p.dice.IntN(maxQuantity), UnitMinor: item.PriceMinor}
	for _, group := range item.Groups {
		for _, option := range p.choose(group) {
			line.Options = append(line.Options, Option{group.ID, option.ID, option.Name, option.PriceMinor})
			line.UnitMinor += option.PriceMinor
		}
	}
	if p.dice.IntN(8) == 0 {
		line.Note = "No coriander, please."
	}
	return line
}

// choose takes as few options as the group wants, sometimes one more where it may.
func (p *person) choose(group catalogue.Group) []catalogue.Option {
	n := group.Minimum
	if n < group.Maximum && p.dice.IntN(3) == 0 {
		n++
	}
	chosen := make([]catalogue.Option, 0, n)
	for _, at := range p.dice.Perm(len(group.Options))[:n] {
		chosen = append(chosen, group.Options[at])
	}
	return chosen
}

// charges are what the lines and the way cost, with a tip or a discount now and then.
func (p *person) charges(lines []Line, metres float64) []Charge {
	var subtotal int64
	for _, line := range lines {
		subtotal += line.UnitMinor * int64(line.Quantity)
	}
	charges := []Charge{
		{"subtotal", "Subtotal", subtotal},
		{"delivery_fee", "Delivery", deliveryBase + deliveryPerKM*int64(math.Round(metres/1_000))},
		{"service_fee", "Service fee", percent(subtotal, servicePercent)},
	}
	if p.dice.IntN(3) == 0 {
		charges = append(charges, Charge{"tip", "Tip", 100 * int64(1+p.dice.IntN(4))})
	}
	if p.dice.IntN(7) == 0 {
		charges = append(charges, Charge{"discount", "Loyalty discount", -percent(subtotal, discountPercent)})
	}
	return charges
}

// percent rounds half up.
func percent(minor, rate int64) int64 { return (minor*rate + 50) / 100 }
