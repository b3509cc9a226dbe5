package payments

import "time"

// slowness is how long an authorization with tok_slow takes to answer. The money is held at once.
const slowness = 3 * time.Second

// verdict is what the bank says to a token.
type verdict struct {
	// decline is the bank's reason; empty where it does not decline.
	decline string
	// challenge: the customer must answer first.
	challenge bool
	// lapses: a capture will be refused.
	lapses bool
	// delay is how long the answer takes.
	delay time.Duration
}

// judge knows the magic tokens. Any other token of a wallet is good; any other token of a card is none of this bank's.
func judge(instrument instrument) verdict {
	switch instrument.Token {
	case "tok_ok":
		return verdict{}
	case "tok_declined":
		return verdict{decline: "insufficient funds"}
	case "tok_3ds":
		return verdict{challenge: true}
	case "tok_slow":
		return verdict{delay: slowness}
	case "tok_capture_refused":
		return verdict{lapses: true}
	}
	if instrument.Type == "CARD" {
		return verdict{decline: "unknown card"}
	}
	return verdict{}
}

// apply opens a new payment.
func (v verdict) apply(a *account, expires time.Time) {
	switch {
	case v.decline != "":
		a.decline(v.decline)
	case v.challenge:
		a.status, a.expires = actionRequired, expires
	default:
		a.lapses = v.lapses
		a.authorize()
	}
}
