package compress

import (
	"net/http"
	"strconv"
	"strings"
)

// maxCodings bounds the codings of a header that are looked at.
const maxCodings = 16

// negotiate is the coding of those offered that the client likes best, the first of several; empty where it likes none better than the
// answer as it is. Without the header it is the answer as it is, which every client takes.
func negotiate(h http.Header, offered []string) string {
	weights := codings(h.Values("Accept-Encoding"))
	best, chosen := weights["identity"], ""
	for _, name := range offered {
		weight, named := weights[name]
		if !named {
			weight = weights["*"]
		}
		if weight > 0 && (weight > best || chosen == "" && weight == best) {
			best, chosen = weight, name
		}
	}
	return chosen
}

// codings are the header's, by name in lower case, with how much the client likes each.
func codings(values []string) map[string]float64 {
	var weights map[string]float64
	n := 0
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, parameters, _ := strings.Cut(part, ";")
		if name = strings.ToLower(strings.TrimSpace(name)); name == "" {
			continue
		}
		if n++; n > maxCodings {
			break
		}
		if weights == nil {
			weights = map[string]float64{}
		}
		weights[name] = weightOf(parameters)
	}
	return weights
}

// weightOf reads "q=0.5": 1 where nothing is said, 0 where what is said is no weight.
func weightOf(parameters string) float64 {
	parameters = strings.ToLower(strings.TrimSpace(parameters))
	if parameters == "" {
		return 1
	}
	digits, ok := strings.CutPrefix(parameters, "q=")
	q, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if !ok || err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}
