package checkout

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// fingerprinter tells a repeat from another request under the same key. It keeps what remains of the input after the order is
// settled, so it is keyed: nobody who reads the journal can guess an address or a token from it.
type fingerprinter struct{ secret []byte }

func newFingerprinter(secret string) fingerprinter {
	if secret != "" {
		return fingerprinter{[]byte(secret)}
	}
	random := make([]byte, minFingerprintKey)
	_, _ = rand.Read(random) // never fails (its documentation)
	return fingerprinter{random}
}

// of is "v1:" and the HMAC-SHA256 of the canonical JSON of the input as provided, without its key.
func (f fingerprinter) of(in PlaceOrderInput) (string, error) {
	in.IdempotencyKey = ""
	text, err := canonical(in)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, f.secret)
	mac.Write(text)
	return "v1:" + hex.EncodeToString(mac.Sum(nil)), nil
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
