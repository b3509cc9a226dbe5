package orders

import (
	"errors"
	"fmt"

	"tiffin/internal/storefront"
)

func (a wireAmount) money() (storefront.Money, error) {
	return storefront.ParseMoney(a.Amount, a.Currency)
}

func fromMoney(m storefront.Money) wireAmount { return wireAmount{string(m.Amount()), m.Currency} }

func lines(wire []wireLine) ([]OrderLine, error) {
	if len(wire) == 0 {
		return nil, errors.New("there are no lines")
	}
	out := make([]OrderLine, len(wire))
	for n, w := range wire {
		var err error
		if out[n], err = w.line(); err != nil {
			return nil, fmt.Errorf("lines[%d]: %w", n, err)
		}
	}
	return out, nil
}

func (l wireLine) line() (OrderLine, error) {
	if err := missing("line_ref", l.LineRef, "item_ref", l.ItemRef, "title", l.Title); err != nil {
		return OrderLine{}, err
	}
	line := OrderLine{ID: l.LineRef, ItemID: l.ItemRef, Title: l.Title, Quantity: l.Qty, Options: make([]LineOption, len(l.Options))}
	if l.Remark != "" {
		line.Note = &l.Remark
	}
	for n, o := range l.Options {
		var err error
		if line.Options[n], err = o.option(); err != nil {
			return OrderLine{}, fmt.Errorf("options[%d]: %w", n, err)
		}
	}
	var err error
	if line.UnitPrice, err = l.UnitPrice.money(); err != nil {
		return OrderLine{}, fmt.Errorf("unit_price: %w", err)
	}
	if line.Subtotal, err = l.LineTotal.money(); err != nil {
		return OrderLine{}, fmt.Errorf("line_total: %w", err)
	}
	if !isTimes(line.Subtotal, line.UnitPrice, line.Quantity) {
		return OrderLine{}, errors.New("line_total is not unit_price times qty")
	}
	return line, nil
}

// isTimes reports whether product is price times quantity, of which there is at least one.
func isTimes(product, price storefront.Money, quantity int32) bool {
	if quantity < 1 || product.Currency != price.Currency {
		return false
	}
	q := int64(quantity)
	return product.Minor%q == 0 && product.Minor/q == price.Minor // a division cannot overflow
}

func (o wireOption) option() (LineOption, error) {
	if err := missing("option", o.Option, "name", o.Name); err != nil {
		return LineOption{}, err
	}
	price, err := o.Price.money()
	return LineOption{ID: o.Option, Name: o.Name, Price: price}, err
}

// charges reads the parts of a total and checks that they add up to it.
func charges(wire []wireCharge, grandTotal wireAmount) ([]Charge, storefront.Money, error) {
	total, err := grandTotal.money()
	if err != nil {
		return nil, total, fmt.Errorf("grand_total: %w", err)
	}
	parts, amounts := make([]Charge, len(wire)), make([]storefront.Money, len(wire))
	for n, w := range wire {
		if err := missing("code", w.Code, "label", w.Label); err != nil {
			return nil, total, fmt.Errorf("charges[%d]: %w", n, err)
		}
		if amounts[n], err = w.Amount.money(); err != nil {
			return nil, total, fmt.Errorf("charges[%d]: amount: %w", n, err)
		}
		parts[n] = Charge{Kind: kindOf(w.Code), Label: w.Label, Amount: amounts[n]}
	}
	sum, err := storefront.Sum(amounts...)
	switch {
	case err != nil:
		return nil, total, fmt.Errorf("charges: %w", err)
	case sum != total:
		return nil, total, fmt.Errorf("the charges add up to %s, grand_total is %s", sum, total)
	case total.Minor < 0:
		return nil, total, errors.New("grand_total is negative")
	}
	return parts, total, nil
}

// checkSubtotal checks that the lines add up to the charge for them.
func checkSubtotal(lines []OrderLine, charges []Charge) error {
	var ofLines, ofCharges []storefront.Money
	for _, l := range lines {
		ofLines = append(ofLines, l.Subtotal)
	}
	for _, c := range charges {
		if c.Kind == ChargeSubtotal {
			ofCharges = append(ofCharges, c.Amount)
		}
	}
	want, err := storefront.Sum(ofLines...)
	if err != nil {
		return fmt.Errorf("lines: %w", err)
	}
	if got, err := storefront.Sum(ofCharges...); err != nil || got != want {
		return fmt.Errorf("the lines add up to %s, their charge is %s", want, got)
	}
	return nil
}
