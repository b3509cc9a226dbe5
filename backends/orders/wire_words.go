package orders

// statusWord is the service's word for a status.
type statusWord struct {
	word   string
	status OrderStatus
}

func statusWords() [8]statusWord {
	return [...]statusWord{
		{"created", OrderStatusPending},
		{"confirmed", OrderStatusConfirmed},
		{"preparing", OrderStatusPreparing},
		{"ready", OrderStatusReady},
		{"on_the_way", OrderStatusOutForDelivery},
		{"completed", OrderStatusDelivered},
		{"cancelling", OrderStatusCancelling},
		{"cancelled", OrderStatusCancelled},
	}
}

// statusOf is UNKNOWN for a word that came later than this gateway.
func statusOf(word string) OrderStatus {
	for _, s := range statusWords() {
		if s.word == word {
			return s.status
		}
	}
	return OrderStatusUnknown
}

// wordOf is false for a status that the service has no word for.
func wordOf(status OrderStatus) (string, bool) {
	for _, s := range statusWords() {
		if s.status == status {
			return s.word, true
		}
	}
	return "", false
}

// kindOf is OTHER for a code that came later than this gateway.
func kindOf(code string) ChargeKind {
	switch code {
	case "subtotal":
		return ChargeSubtotal
	case "delivery_fee":
		return ChargeDeliveryFee
	case "service_fee":
		return ChargeServiceFee
	case "tax":
		return ChargeTax
	case "tip":
		return ChargeTip
	case "discount":
		return ChargeDiscount
	}
	return ChargeOther
}
