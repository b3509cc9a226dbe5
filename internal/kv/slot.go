package kv

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// Slot is where a value is kept, from when it was taken until one of its tags is invalidated.
type Slot struct {
	key    string
	shared bool
}

// Key identifies the slot: two are the same value's exactly if their keys are equal. It tells nothing of the name.
func (s Slot) Key() string { return s.key }

// Unshared is the same slot for a value that must not leave this process.
func (s Slot) Unshared() Slot { return Slot{s.key, false} }

// Sub is a slot within the slot, for one of several values of the same thing; it goes with it.
func (s Slot) Sub(part string) Slot { return Slot{slotKey(s.key, []string{part}), s.shared} }

// Slot returns where the value with this name and these tags is kept now. Take it before the value is made: then an invalidation
// meanwhile makes the value unreachable. The order of the tags counts. It may ask Redis, for 70 ms at most; with an error that wraps
// [ErrTags] there is no slot.
func (s *Store) Slot(ctx context.Context, name string, tags ...string) (Slot, error) {
	if err := CheckTags(tags); err != nil {
		return Slot{}, err
	}
	generations, shared := s.generations.of(ctx, tags)
	return Slot{slotKey(name, generations), shared}, nil
}

// slotKey hashes, so that no name of a caller is to be seen in Redis, and keys are short. Lengths go in first: nothing runs together.
func slotKey(name string, generations []string) string {
	buffer := make([]byte, 0, 1024)
	buffer = appendText(buffer, name)
	for _, generation := range generations {
		buffer = appendText(buffer, generation)
	}
	sum := sha256.Sum256(buffer)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func appendText(buffer []byte, text string) []byte {
	return append(binary.AppendUvarint(buffer, uint64(len(text))), text...)
}
