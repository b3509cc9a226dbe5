package kv

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Bounds of tags.
const (
	maxTags      = 256 // of one value, one message
	maxTagLength = 256 // bytes
)

// ErrTags is wrapped where tags are too many, too long, or no tags.
var ErrTags = errors.New("wrong tags")

// CheckTags returns an error that wraps [ErrTags] unless there are at most 256 tags of 1 to 256 bytes of printable ASCII.
func CheckTags(tags []string) error {
	if len(tags) > maxTags {
		return fmt.Errorf("%w: %d are more than %d", ErrTags, len(tags), maxTags)
	}
	for n, tag := range tags {
		if tag == "" || len(tag) > maxTagLength || strings.ContainsFunc(tag, isUnprintable) {
			return fmt.Errorf("%w: number %d is not 1 to %d characters of printable ASCII", ErrTags, n+1, maxTagLength)
		}
	}
	return nil
}

func isUnprintable(r rune) bool { return r < '!' || r > '~' }

// encodeMessage is an invalidation as the gateways tell it each other: a JSON list of tags.
func encodeMessage(tags []string) string {
	message, _ := json.Marshal(tags) //nolint:errchkjson // strings always marshal
	return string(message)
}

// maxMessage bounds a message: every tag quoted, at its worst escaped.
const maxMessage = maxTags * (maxTagLength*6 + 3)

// decodeMessage reads what encodeMessage wrote, and refuses anything else.
func decodeMessage(message string) ([]string, error) {
	if len(message) > maxMessage {
		return nil, fmt.Errorf("%w: the message has %d bytes", ErrTags, len(message))
	}
	var tags []string
	if err := json.Unmarshal([]byte(message), &tags); err != nil {
		return nil, fmt.Errorf("%w: the message is not a list of them", ErrTags)
	}
	if len(tags) == 0 {
		return nil, fmt.Errorf("%w: the message has none", ErrTags)
	}
	return tags, CheckTags(tags)
}
