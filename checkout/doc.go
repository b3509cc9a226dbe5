// Package checkout prices carts and places orders.
package checkout
