package checkout

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// fingerprinter tells a repeat from another request under the same key. It keeps what remains of the input after the order is
// settled, so it is keyed: nobody who reads the journal can guess an address or a token from it.
type fingerprinter struct{ keys [][]byte }

func newFingerprinter(secrets []Secret) fingerprinter {
	var f fingerprinter
	for _, s := range secrets {
		f.keys = append(f.keys, s.key(useFingerprint))
	}
	return f
}

// fingerprints are those of one input: under the secret in use first, then under those that were in use before.
type fingerprints []string

// of is, for each secret, "v1:" and the HMAC-SHA256 of the canonical JSON of the input as provided, without its key.
func (f fingerprinter) of(in PlaceOrderInput) (fingerprints, error) {
	in.IdempotencyKey = ""
	return f.ofAny(in)
}

func (f fingerprinter) ofAny(in any) (fingerprints, error) {
	text, err := canonical(in)
	if err != nil {
		return nil, err
	}
	all := make(fingerprints, 0, len(f.keys))
	for _, key := range f.keys {
		mac := hmac.New(sha256.New, key)
		mac.Write(text)
		all = append(all, "v1:"+hex.EncodeToString(mac.Sum(nil)))
	}
	return all, nil
}

// match reports whether a stored fingerprint is of the same input.
func (f fingerprints) match(stored string) bool {
	return slices.ContainsFunc(f, func(fingerprint string) bool { return same(fingerprint, stored) })
}

// canonical is JSON with sorted member names and without insignificant space, so that the order of our struct's fields is no part
// of a fingerprint.
func canonical(in any) ([]byte, error) {
	text, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	var tree any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		return nil, err
	}
	return json.Marshal(tree)
}

// same compares fingerprints in constant time.
func same(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }
