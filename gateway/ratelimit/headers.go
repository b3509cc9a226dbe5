package ratelimit

import (
	"net/http"
	"strconv"
)

// The headers of draft-ietf-httpapi-ratelimit-headers-11 (sections 3 and 4): what the limits are, and how much of each is left.
const (
	policyHeader = "Ratelimit-Policy"
	limitHeader  = "Ratelimit"
)

// rule is a limit with its name, which is a quoted string of a header without escaping.
type rule struct {
	name  string
	limit Limit
	// policy is the rule in RateLimit-Policy: q is the burst, w how many seconds it takes to have it whole again.
	policy string
}

func newRule(name string, limit Limit) *rule {
	policy := `"` + name + `";q=` + strconv.Itoa(limit.Burst) + ";w=" + strconv.FormatInt(seconds(limit.window()), 10)
	return &rule{name: name, limit: limit, policy: policy}
}

// costUnit marks a policy whose quota is not counted in requests; there is no such unit in the registry of the draft (section 10.3).
const costUnit = `;tiffin-unit="cost"`

// charge is what a rule said about one request.
type charge struct {
	rule     *rule
	key      Key
	n        int
	decision Decision
	// sparesReplays says that it bounds what is done, not what is asked: an answer that was given before does not spend it.
	sparesReplays bool
}

// tell writes what the rules said: r is how many more, t for how many seconds there are no more than those (section 4.1.2): until the next is
// there. So Retry-After never names a time before the end of t, as section 6 wants it.
func tell(header http.Header, charges ...charge) {
	if len(charges) == 0 {
		return
	}
	const usual = 192 // bytes of both
	text := make([]byte, 0, usual)
	for n, c := range charges {
		text = append(separate(text, n), c.rule.policy...)
	}
	policies := len(text)
	for n, c := range charges {
		text = append(append(append(separate(text, n), '"'), c.rule.name...), `";r=`...)
		text = strconv.AppendInt(text, int64(c.decision.Remaining), 10)
		text = strconv.AppendInt(append(text, ";t="...), seconds(c.rule.limit.next(c.decision)), 10)
	}
	both := string(text)
	values := []string{both[:policies], both[policies:]}
	header[policyHeader], header[limitHeader] = values[:1:1], values[1:]
}

func separate(text []byte, n int) []byte {
	if n > 0 {
		return append(text, ", "...)
	}
	return text
}
