// Package storefront holds the types that several services' clients and the schema share: money, places, pages, nodes. It knows no
// service and no transport but GraphQL's scalars.
package storefront

// Node is anything that node(id) finds. Ids carry their type as a prefix: ord_, res_, itm_.
type Node interface {
	IsNode()
	GetID() string
}

// Id prefixes by type.
const (
	OrderPrefix      = "ord_"
	RestaurantPrefix = "res_"
	MenuItemPrefix   = "itm_"
)

// Coordinates is a place on the WGS 84 ellipsoid, in degrees.
type Coordinates struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// Valid reports whether both numbers are finite and in range: ±90 and ±180.
func (c Coordinates) Valid() bool {
	return c.Latitude >= -90 && c.Latitude <= 90 && c.Longitude >= -180 && c.Longitude <= 180
}

// PageInfo is Relay's (GraphQL Cursor Connections Specification, "PageInfo"). Pages go forward only.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}
