package kv

import (
	"errors"
	"testing"
	"time"
)

func FuzzFrame(f *testing.F) {
	f.Add(encodeFrame("value", time.Unix(1, 0)))
	f.Add(encodeFrame("", time.UnixMilli(maxMilliseconds)))
	f.Add("")
	f.Add("\x01\xff\xff\xff\xff\xff\xff\xff\xffv")
	f.Add("\x02\x00\x00\x00\x00\x00\x00\x00\x00v")
	f.Fuzz(func(t *testing.T, frame string) {
		value, expires, ok := decodeFrame(frame)
		if ok && encodeFrame(value, expires) != frame {
			t.Errorf("%q is another form of the same", frame)
		}
	})
}

func FuzzMessage(f *testing.F) {
	f.Add(`["menu:1","menu:2"]`)
	f.Add(`[]`)
	f.Add(`null`)
	f.Add(`["a"] ["b"]`)
	f.Add(`[""]`)
	f.Add(`{"a":1}`)
	f.Fuzz(func(t *testing.T, message string) {
		tags, err := decodeMessage(message)
		if err == nil && (len(tags) == 0 || CheckTags(tags) != nil) {
			t.Errorf("%q passed as %q", message, tags)
		}
		if err != nil && !errors.Is(err, ErrTags) {
			t.Errorf("%v does not wrap ErrTags", err)
		}
	})
}
