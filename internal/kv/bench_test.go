package kv

import (
	"testing"
	"time"
)

// A hit in memory of a value with two tags: what a cached call costs at least.
func BenchmarkHit(b *testing.B) {
	s := newStore(b, 64*mebibyte)
	ctx := b.Context()
	s.Set(ctx, take(b, s, "GET /menus/1 de", "uri:/menus/1", "menu:1"), "dosa", time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		slot, _ := s.Slot(ctx, "GET /menus/1 de", "uri:/menus/1", "menu:1")
		if _, ok := s.Peek(ctx, slot); !ok {
			b.Fatal("missed")
		}
	}
}
