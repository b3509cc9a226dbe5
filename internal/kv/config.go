package kv

import (
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"tiffin/fault"
)

// Config says how much is kept, for how long, and where else.
type Config struct {
	// Memory bounds what is kept in this process, in bytes, keys and an estimate of the bookkeeping included [64 MiB].
	Memory int64 `yaml:"memory"`
	// MaxAge bounds how long any value is kept [24h].
	MaxAge time.Duration `yaml:"max_age"`
	// Redis is the shared second level, "redis://user:password@host:6379/0", or "rediss" for TLS; empty for none [""].
	Redis string `secret:"true" yaml:"redis"`
	// Prefix is put in front of every key and channel in Redis, so that several systems can share one ["tiffin:"].
	Prefix string `yaml:"prefix"`
	// Recheck is how long this process serves from memory without asking Redis whether a value was invalidated: messages can get lost
	// [60s].
	Recheck time.Duration `yaml:"recheck"`
}

// Defaults returns a Config that is complete: in memory only.
func Defaults() Config {
	return Config{Memory: 64 << 20, MaxAge: 24 * time.Hour, Prefix: "tiffin:", Recheck: time.Minute}
}

// Bounds of what can be configured.
const (
	minMemory    = 1 << 20
	minRecheck   = time.Second
	maxPrefix    = 64
	memoryRemedy = "write the number of bytes, such as 67108864"
)

// Validate reports every problem; none where [New] accepts the Config.
func (c Config) Validate() []fault.Invalid {
	var problems []fault.Invalid
	report := func(wrong bool, path, reason, remedy string) {
		if wrong {
			problems = append(problems, fault.Invalid{Path: path, Reason: reason, Remedy: remedy})
		}
	}
	report(c.Memory < minMemory, "memory", fmt.Sprintf("is less than %d bytes", minMemory), memoryRemedy)
	report(c.MaxAge < time.Second, "max_age", "is shorter than 1s", `write one such as "24h"`)
	report(c.Recheck < minRecheck, "recheck", fmt.Sprintf("is shorter than %s", minRecheck), `write one such as "60s"`)
	report(len(c.Prefix) > maxPrefix, "prefix", fmt.Sprintf("is longer than %d bytes", maxPrefix), `write one such as "tiffin:"`)
	if c.Redis != "" {
		_, err := redis.ParseURL(c.Redis) // its text may hold the password
		report(err != nil, "redis", "is not the address of a Redis", `write it like "redis://user:password@host:6379/0"`)
	}
	return problems
}
