package file

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"tiffin/backends/upstream/discovery"
)

// maxWeight bounds a weight; as in DNS.
const maxWeight = 65535

// entry is an instance in the file.
type entry struct {
	// Addr is "host:port"; needed.
	Addr string `json:"addr"`
	// Zone may be left out.
	Zone string `json:"zone"`
	// Weight is 1 to 65535; left out it is 1.
	Weight *int `json:"weight"`
}

// decode reads the whole file, strictly: one JSON list of entries, without other keys and nothing behind it. An empty list is no error
// here.
func decode(data []byte) ([]discovery.Endpoint, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("is larger than %d bytes", maxFile)
	}
	var entries []*entry
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&entries); err != nil {
		return nil, fmt.Errorf(`is not a list like [{"addr": "10.0.0.1:8100", "zone": "a", "weight": 1}]: %w`, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("has something behind the list: was it written in place?")
	}
	if entries == nil {
		return nil, errors.New("is null instead of a list")
	}
	set := make([]discovery.Endpoint, 0, len(entries))
	for n, e := range entries {
		endpoint, reason := e.endpoint()
		if reason != "" {
			return nil, fmt.Errorf("entry %d of %d %s", n+1, len(entries), reason)
		}
		set = append(set, endpoint)
	}
	return set, nil
}

// endpoint converts an entry, or says what is wrong with it.
func (e *entry) endpoint() (discovery.Endpoint, string) {
	if e == nil {
		return discovery.Endpoint{}, "is null"
	}
	host, port, reason := discovery.SplitAddr(e.Addr, 0)
	if reason != "" {
		return discovery.Endpoint{}, "has an addr that " + reason
	}
	out := discovery.Endpoint{Addr: discovery.JoinAddr(host, port), Zone: e.Zone}
	if e.Weight != nil {
		out.Weight = *e.Weight
		if out.Weight < 1 || out.Weight > maxWeight {
			return discovery.Endpoint{}, fmt.Sprintf("has a weight that is not 1 to %d", maxWeight)
		}
	}
	return out, ""
}
