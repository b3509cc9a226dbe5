package web

import (
	"strconv"
	"strings"
)

// acceptsGzip says whether a client with these Accept-Encoding fields takes gzip (RFC 9110, section 12.5.3): gzip or
// else "*" is listed with a weight above 0 that is no lower than that of identity. Without the field it does not.
func acceptsGzip(fields []string) bool {
	weights := map[string]float64{}
	for item := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		coding, params, _ := strings.Cut(item, ";")
		weights[strings.ToLower(strings.TrimSpace(coding))] = weight(params)
	}
	gzip := first(weights, "gzip", "x-gzip", "*")
	return gzip > 0 && gzip >= first(weights, "identity")
}

// first is the weight of the first of names that is listed, 0 if none is.
func first(weights map[string]float64, names ...string) float64 {
	for _, name := range names {
		if w, listed := weights[name]; listed {
			return w
		}
	}
	return 0
}

// weight reads "q=0.5"; it is 1 where nothing is said and 0 where what is said is no weight.
func weight(params string) float64 {
	params = strings.ToLower(strings.TrimSpace(params))
	if params == "" {
		return 1
	}
	digits, ok := strings.CutPrefix(params, "q=")
	q, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}
