// Package graph is the library's schema, what gqlgen makes of it, and its resolvers.
package graph

import (
	"sync"

	"example.com/byo/gateway/graph/model"
)

// Resolver holds the library. It is safe for concurrent use.
type Resolver struct {
	books []*model.Book // never changes

	mu        sync.Mutex
	borrowers map[string]string // by title
}

// NewResolver opens a library with three books in it.
func NewResolver() *Resolver {
	r := &Resolver{borrowers: map[string]string{}}
	le, lem := &model.Author{Name: "Ursula K. Le Guin"}, &model.Author{Name: "Stanisław Lem"}
	for _, book := range []*model.Book{{Title: "Solaris", Author: lem}, {Title: "The Dispossessed", Author: le}, {Title: "The Lathe of Heaven", Author: le}} {
		book.Author.Books = append(book.Author.Books, book)
		r.books = append(r.books, book)
	}
	return r
}
