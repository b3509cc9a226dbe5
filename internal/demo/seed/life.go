package seed

import (
	"fmt"
	"time"
)

// drivers is how many drivers the town has: drv_01 to drv_12.
const drivers = 12

// What a person's newest orders are doing: how old they are, in minutes, and how many stages they have behind them.
type underWay struct{ minutes, stages int }

func freshest() []underWay { return []underWay{{2, 1}, {12, 2}, {29, 4}} }

// stage is a status and how many minutes after the order it is reached.
type stage struct {
	status  string
	minutes int
}

func stages() []stage {
	return []stage{{"confirmed", 0}, {"preparing", 5}, {"ready", 18}, {"on_the_way", 22}, {"completed", 38}}
}

// live gives the order its time, status, timeline and driver.
func (p *person) live(o *Order, nth int, now time.Time) {
	fresh, done := freshest(), stages()
	if nth < len(fresh) {
		age := time.Duration(fresh[nth].minutes)*time.Minute + time.Duration(p.dice.IntN(60))*time.Second
		o.PlacedAt, done = now.Add(-age), done[:fresh[nth].stages]
	} else {
		o.PlacedAt = p.mealtime(nth-len(fresh), now)
	}
	if cancelled(nth) {
		done = []stage{{"cancelled", 3}}
	}
	for _, s := range done {
		o.Timeline = append(o.Timeline, Event{s.status, o.PlacedAt.Add(time.Duration(s.minutes) * time.Minute)})
	}
	o.Status = done[len(done)-1].status
	o.Delivery.ETA = o.PlacedAt.Add(time.Duration(stages()[4].minutes) * time.Minute)
	if o.Status != "cancelled" {
		o.Delivery.DriverID = fmt.Sprintf("drv_%02d", 1+p.dice.IntN(drivers))
	}
}

// cancelled is true for 6 in 100, but for none that is under way.
func cancelled(nth int) bool { return nth%17 == 8 }

// mealtime is between 11:00 and 22:00 UTC, some days before now and at least two hours; later orders are further back, evenly over
// the span for the 50 orders that a customer of the demo has.
func (p *person) mealtime(nth int, now time.Time) time.Time {
	const cycle, days = 47, 88
	back := nth % cycle * days / cycle
	day := now.AddDate(0, 0, -back).Truncate(24 * time.Hour)
	at := day.Add(11*time.Hour + time.Duration(p.dice.IntN(11*3600))*time.Second)
	if at.After(now.Add(-2 * time.Hour)) {
		at = at.AddDate(0, 0, -1)
	}
	return at
}
