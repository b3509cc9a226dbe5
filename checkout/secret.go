package checkout

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"regexp"

	"tiffin/fault"
)

// Secret is one that gateways which share a journal have in common, and the only one that an operator looks after: a key for each use is
// derived from it. Of a list the first one makes, and all recognise, so that secrets can be replaced one by one.
type Secret struct {
	// ID stands in front of what is sealed: 1 to 32 of a-z, A-Z, 0-9, dot, underscore and hyphen.
	ID string `yaml:"id"`
	// Key is at least 32 random bytes, in whatever letters.
	Key string `secret:"true" yaml:"key"`
}

// MinSecret is how many bytes a secret's key has at least.
const MinSecret = 32

// The uses that keys are derived for. They are part of what rows hold, so they never change.
const useFingerprint = "tiffin checkout fingerprint v1"

// key is derived for one use, so that no use tells of another.
func (s Secret) key(use string) []byte {
	key, _ := hkdf.Key(sha256.New, []byte(s.Key), nil, use, sha256.Size) // fails only for lengths that no hash gives
	return key
}

// secretsOr are the secrets, or one that nobody else knows.
func secretsOr(given []Secret) []Secret {
	if len(given) > 0 {
		return given
	}
	return []Secret{{ID: "random", Key: rand.Text() + rand.Text()}}
}

func checkSecrets(secrets []Secret) []fault.Invalid {
	id := regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)
	var problems []fault.Invalid
	seen := map[string]bool{}
	for n, s := range secrets {
		path := fmt.Sprintf("secrets[%d]", n)
		switch {
		case !id.MatchString(s.ID):
			problems = append(problems, fault.Invalid{Path: path + ".id", Reason: "is no name", Remedy: "give 1 to 32 letters, digits, dots and hyphens, such as 2026-11"})
		case seen[s.ID]:
			problems = append(problems, fault.Invalid{Path: path + ".id", Reason: "is another secret's", Remedy: "give each secret a name of its own"})
		}
		seen[s.ID] = true
		if len(s.Key) < MinSecret {
			problems = append(problems, fault.Invalid{
				Path: path + ".key", Reason: "is too short", Remedy: fmt.Sprintf("give at least %d bytes, such as `openssl rand -base64 32` prints", MinSecret),
			})
		}
	}
	return problems
}
