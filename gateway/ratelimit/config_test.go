package ratelimit

import (
	"slices"
	"testing"
	"time"
)

func TestDefaultsAreValid(t *testing.T) {
	for _, c := range []Config{{}, Config{}.WithDefaults()} {
		if problems := c.Validate(); len(problems) > 0 {
			t.Error(problems)
		}
	}
	c := Config{User: Limit{Burst: 5}, Address: Limit{Disabled: true}, Client: Limit{Burst: 7}}.WithDefaults()
	if c.User != (Limit{Burst: 5, Every: 20 * time.Millisecond}) || !c.Address.Disabled || c.Client.Disabled || !(Config{}).WithDefaults().Client.Disabled {
		t.Errorf("%+v", c)
	}
}

func TestValidate(t *testing.T) {
	limit := Limit{Burst: 1, Every: time.Second}
	cases := []struct {
		path string
		cfg  Config
	}{
		{"max_keys", Config{MaxKeys: -1}},
		{"max_keys", Config{MaxKeys: 1 << 30}},
		{"trusted_proxies[1]", Config{TrustedProxies: []string{"10.0.0.0/8", "10.0.0.1"}}},
		{"user.burst", Config{User: Limit{Burst: -1}}},
		{"address.every", Config{Address: Limit{Every: -1}}},
		{"cost", Config{Cost: Limit{Burst: 1e9, Every: time.Hour}}},
		{"operations[0].operation", Config{Operations: []OperationLimit{{`a"b`, limit}}}},
		{"operations[1].operation", Config{Operations: []OperationLimit{{"A", limit}, {"A", limit}}}},
		{"operations[0].burst", Config{Operations: []OperationLimit{{"A", Limit{Every: 1}}}}},
		{"fields[0].field", Config{Fields: []FieldLimit{{"placeOrder", limit}}}},
		{"fields[0].field", Config{Fields: []FieldLimit{{"Mutation.a.b", limit}}}},
		{"fields[0].field", Config{Fields: []FieldLimit{{"Mutation.1a", limit}}}},
		{"fields[1].field", Config{Fields: []FieldLimit{{"Mutation.a", limit}, {"Mutation.a", limit}}}},
		{"fields[0].every", Config{Fields: []FieldLimit{{"Mutation.a", Limit{Burst: 1}}}}},
		{"redis.url", Config{Redis: RedisConfig{URL: "http://x"}}},
		{"redis.gateways", Config{Redis: RedisConfig{Gateways: -1}}},
		{"redis.prefix", Config{Redis: RedisConfig{Prefix: string(make([]byte, 65))}}},
	}
	for _, c := range cases {
		var paths []string
		for _, p := range c.cfg.Validate() {
			paths = append(paths, p.Path)
			if p.Reason == "" || p.Remedy == "" {
				t.Errorf("%+v", p)
			}
		}
		if !slices.Equal(paths, []string{c.path}) {
			t.Errorf("%v, want %s", paths, c.path)
		}
	}
}
