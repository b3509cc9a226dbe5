package orders

import (
	"io"

	"tiffin/internal/storefront"
)

// OrderStatus is the schema's enum.
type OrderStatus string

// The members of OrderStatus.
const (
	OrderStatusPending        OrderStatus = "PENDING"
	OrderStatusConfirmed      OrderStatus = "CONFIRMED"
	OrderStatusPreparing      OrderStatus = "PREPARING"
	OrderStatusReady          OrderStatus = "READY"
	OrderStatusOutForDelivery OrderStatus = "OUT_FOR_DELIVERY"
	OrderStatusDelivered      OrderStatus = "DELIVERED"
	OrderStatusCancelling     OrderStatus = "CANCELLING"
	OrderStatusCancelled      OrderStatus = "CANCELLED"
	OrderStatusUnknown        OrderStatus = "UNKNOWN"
)

// OrderStatuses lists the members.
func OrderStatuses() []OrderStatus {
	return []OrderStatus{
		OrderStatusPending, OrderStatusConfirmed, OrderStatusPreparing, OrderStatusReady, OrderStatusOutForDelivery, OrderStatusDelivered,
		OrderStatusCancelling, OrderStatusCancelled, OrderStatusUnknown,
	}
}

// MarshalGQL writes the member, UNKNOWN for anything else.
func (s OrderStatus) MarshalGQL(w io.Writer) {
	storefront.WriteEnum(w, s, OrderStatusUnknown, OrderStatuses())
}

// UnmarshalGQL refuses what is no member.
func (s *OrderStatus) UnmarshalGQL(v any) error { return storefront.ReadEnum(s, v, OrderStatuses()) }

// ChargeKind is the schema's enum.
type ChargeKind string

// The members of ChargeKind.
const (
	ChargeSubtotal    ChargeKind = "SUBTOTAL"
	ChargeDeliveryFee ChargeKind = "DELIVERY_FEE"
	ChargeServiceFee  ChargeKind = "SERVICE_FEE"
	ChargeTax         ChargeKind = "TAX"
	ChargeTip         ChargeKind = "TIP"
	ChargeDiscount    ChargeKind = "DISCOUNT"
	ChargeOther       ChargeKind = "OTHER"
)

// ChargeKinds lists the members.
func ChargeKinds() []ChargeKind {
	return []ChargeKind{
		ChargeSubtotal, ChargeDeliveryFee, ChargeServiceFee, ChargeTax, ChargeTip, ChargeDiscount, ChargeOther,
	}
}

// MarshalGQL writes the member, OTHER for anything else.
func (k ChargeKind) MarshalGQL(w io.Writer) { storefront.WriteEnum(w, k, ChargeOther, ChargeKinds()) }

// UnmarshalGQL refuses what is no member.
func (k *ChargeKind) UnmarshalGQL(v any) error { return storefront.ReadEnum(k, v, ChargeKinds()) }
