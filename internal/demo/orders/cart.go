package orders

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/storefront"
)

// Bounds of a cart, as in the contract.
const (
	maxLines    = 50
	maxQuantity = 99
	maxRemark   = 1000
)

// amount is the contract's Amount.
type amount struct {
	Amount   storefront.Decimal  `json:"amount"`
	Currency storefront.Currency `json:"currency"`
}

// cart is the contract's Cart.
type cart struct {
	CustomerRef      string     `json:"customer_ref"`
	RestaurantRef    string     `json:"restaurant_ref"`
	Lines            []cartLine `json:"lines"`
	DeliveryQuoteRef string     `json:"delivery_quote_ref"`
	DeliveryFee      amount     `json:"delivery_fee"`
	Tip              *amount    `json:"tip,omitzero"`
}

type cartLine struct {
	LineRef    string      `json:"line_ref"`
	ItemRef    string      `json:"item_ref"`
	Qty        int         `json:"qty"`
	OptionRefs []optionRef `json:"option_refs"`
	Remark     string      `json:"remark,omitzero"`
}

type optionRef struct {
	Group  string `json:"group"`
	Option string `json:"option"`
}

// check finds what makes the cart none of the contract's; nil if nothing.
func (c *cart) check() *refusal {
	if c.CustomerRef == "" || c.RestaurantRef == "" || c.DeliveryQuoteRef == "" {
		return malformed("customer_ref, restaurant_ref and delivery_quote_ref are required")
	}
	if len(c.Lines) < 1 || len(c.Lines) > maxLines {
		return malformed(fmt.Sprintf("a cart has 1 to %d lines", maxLines))
	}
	seen := map[string]bool{}
	for _, line := range c.Lines {
		if line.LineRef == "" || line.ItemRef == "" || line.Qty < 1 || line.Qty > maxQuantity || len(line.Remark) > maxRemark {
			return malformed(fmt.Sprintf("a line has line_ref, item_ref, qty of 1 to %d, and a remark of at most %d bytes", maxQuantity, maxRemark))
		}
		if seen[line.LineRef] {
			return malformed("line_ref is not unique")
		}
		seen[line.LineRef] = true
	}
	return c.checkAmounts()
}

func (c *cart) checkAmounts() *refusal {
	if _, refused := c.DeliveryFee.minor(); refused != nil {
		return refused
	}
	if c.Tip == nil {
		return nil
	}
	_, refused := c.Tip.minor()
	return refused
}

// minor reads an amount that a customer may be asked for: in the demo's currency and not negative.
func (a amount) minor() (int64, *refusal) {
	money, err := storefront.ParseMoney(string(a.Amount), a.Currency)
	switch {
	case err != nil || money.Minor < 0 || money.Minor > maxMinor:
		return 0, malformed("an amount is decimal text with the currency's decimals, not negative, at most 100000.00")
	case money.Currency != catalogue.Currency:
		return 0, &refusal{status: http.StatusUnprocessableEntity, code: "currency_not_supported", detail: "prices are in " + string(catalogue.Currency)}
	}
	return money.Minor, nil
}

// maxMinor keeps sums far from overflow.
const maxMinor = 10_000_000

// fee and tip are of a cart that was checked.
func (c *cart) fee() int64 {
	minor, _ := c.DeliveryFee.minor()
	return minor
}

func (c *cart) tip() int64 {
	if c.Tip == nil {
		return 0
	}
	minor, _ := c.Tip.minor()
	return minor
}

// sameness is equal for carts that must cost the same while a quote holds: same customer, restaurant, dishes, options, delivery fee and
// tip, in any order. Line ids, remarks and the delivery quote may differ.
func (c *cart) sameness() string {
	lines := make([]string, len(c.Lines))
	for n, line := range c.Lines {
		options := make([]string, len(line.OptionRefs))
		for m, o := range line.OptionRefs {
			options[m] = fmt.Sprintf("%q/%q", o.Group, o.Option)
		}
		slices.Sort(options)
		lines[n] = fmt.Sprintf("%q×%d%v", line.ItemRef, line.Qty, options)
	}
	slices.Sort(lines)
	return fmt.Sprintf("%q %q %d %d %s", c.CustomerRef, c.RestaurantRef, c.fee(), c.tip(), strings.Join(lines, " "))
}
