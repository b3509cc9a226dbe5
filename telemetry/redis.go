package telemetry

import "github.com/prometheus/client_golang/prometheus"

// Redis makes metrics of what read knows: how often a connection to Redis was tried, and whether Redis is away.
func Redis(read func() (dials uint64, away bool)) []prometheus.Collector {
	return []prometheus.Collector{
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "tiffin_redis_dials_total", Help: "Attempts to connect to Redis.",
		}, func() float64 {
			dials, _ := read()
			return float64(dials)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "tiffin_redis_away", Help: "1 while Redis is not reached.",
		}, func() float64 {
			if _, away := read(); away {
				return 1
			}
			return 0
		}),
	}
}
