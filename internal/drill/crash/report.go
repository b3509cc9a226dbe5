//go:build unix

package crash

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Report is what came of a drill.
type Report struct {
	Plan Plan
	// Kills of gateways, Hits among them that met an open row.
	Kills, Hits int
	// Zombies are gateways that were stopped past their lease and went on, Undead those among them that had an open row.
	Zombies, Undead int
	Crashes, Losses int
	// Orders is how many were asked for, each under a key of its own: Confirmed or Cancelled in the end, or Recalled: confirmed and then
	// called off. Left is how many of the customers did not wait for an answer.
	Orders, Confirmed, Cancelled, Recalled, Left int
	// Open is how many orders of a control never got to an end.
	Open int
	// Settled is how long after the last fault every order had its end.
	Settled time.Duration
	Took    time.Duration
	// Violations are promises that were broken, Lacks what did not happen that had to, so that nothing is shown, Notes what is worth
	// knowing besides.
	Violations, Lacks, Notes []string
}

func (r *Report) violate(format string, args ...any) {
	r.Violations = append(r.Violations, fmt.Sprintf(format, args...))
}

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// Passed reports whether the drill shows what it is for: that nothing was broken; in a control, that breakage is found.
func (r *Report) Passed() bool {
	if r.Plan.Control {
		return r.Open+len(r.Violations) > 0
	}
	return len(r.Violations)+len(r.Lacks) == 0 && r.Hits >= r.Plan.Hits
}

// Table writes a line per drill, and then what was wrong.
func Table(to io.Writer, reports []*Report) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "drill\tkills\tof open rows\tzombies\tof open rows\tcrashes\tjournals lost\torders\tconfirmed\tcancelled\tcalled off\tleft\tsettled\ttook\topen\tviolations\t") // Flush has the error
	for _, r := range reports {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%v\t%v\t%d\t%d\t\n", r.Plan.Name, r.Kills, r.Hits, r.Zombies, r.Undead, r.Crashes, r.Losses,
			r.Orders, r.Confirmed, r.Cancelled, r.Recalled, r.Left, r.Settled.Round(100*time.Millisecond), r.Took.Round(time.Second), r.Open, len(r.Violations))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, r := range reports {
		if err := r.details(to); err != nil {
			return err
		}
	}
	return nil
}

// details says what was wrong, within bounds.
func (r *Report) details(to io.Writer) error {
	const most = 20
	var lines []string
	for _, v := range r.Violations[:min(most, len(r.Violations))] {
		if !r.Plan.Control {
			lines = append(lines, "VIOLATION: "+v)
		}
	}
	for _, n := range r.Notes[:min(most, len(r.Notes))] {
		lines = append(lines, "note: "+n)
	}
	for _, l := range r.Lacks {
		lines = append(lines, "TOO LITTLE: "+l)
	}
	if r.Hits < r.Plan.Hits {
		lines = append(lines, fmt.Sprintf("TOO LITTLE: %d kills met an open row; %d are needed to show anything", r.Hits, r.Plan.Hits))
	}
	if r.Plan.Control && !r.Passed() {
		lines = append(lines, "USELESS: the control must find open orders or violations, and found none")
	}
	for _, line := range lines {
		if _, err := fmt.Fprintf(to, "%s: %s\n", r.Plan.Name, line); err != nil {
			return err
		}
	}
	return nil
}

// Sum is the last line: of all drills that had to pass.
func Sum(reports []*Report) string {
	var kills, orders, violations int
	for _, r := range reports {
		if !r.Plan.Control {
			kills, orders, violations = kills+r.Kills, orders+r.Orders, violations+len(r.Violations)
		}
	}
	return fmt.Sprintf("%d kills, %d orders, %d violations", kills, orders, violations)
}
