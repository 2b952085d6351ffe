// Command false-alarms measures how often `assay drift` alarms where nothing drifted, and how often where something did. It runs the
// code of the program itself, on columns in memory.
//
// Each line is a setting, compared again and again with fresh data. "p alone" is the share of comparisons in which some corrected
// p-value is significant, "alarms" that in which the effect is large enough too, which is what Assay reports; nominal is the share
// that the correction allows. Power is the share in which the column that drifts is found.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"runtime"
	"slices"
	"sync"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/finding"
)

func main() {
	repetitions := flag.Int("repetitions", 1000, "comparisons a line")
	lines := flag.String("lines", "", "only settings whose name matches the `pattern`")
	flag.Parse()
	pattern, err := regexp.Compile(*lines)
	if err == nil {
		err = report(os.Stdout, *repetitions, pattern)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func report(w io.Writer, repetitions int, lines *regexp.Regexp) error {
	fmt.Fprintf(w, "Without drift, %d comparisons a line\n| setting | reference v current | alarms %% | p alone %% | nominal %% |\n|---|---|---|---|---|\n", repetitions)
	for _, s := range only(clean(), lines) {
		t, err := s.run(repetitions)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "| %s | %d v %d | %.1f | %.1f | %g |\n", s.name, s.reference, s.current, percent(t.alarms, t.all), percent(t.significant, t.all), nominal)
	}
	fmt.Fprintf(w, "\nWith drift, %d comparisons a line\n| setting | reference v current | true effect | found %% | told that rows are too few %% |\n|---|---|---|---|---|\n", repetitions)
	for _, s := range only(moved(), lines) {
		t, err := s.run(repetitions)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "| %s | %d v %d | %s | %.1f | %.1f |\n", s.name, s.reference, s.current, s.effect, percent(t.found, t.all), percent(t.open, t.all))
	}
	return nil
}

func only(all []setting, lines *regexp.Regexp) []setting {
	return slices.DeleteFunc(all, func(s setting) bool { return !lines.MatchString(s.name) })
}

// nominal is the default significance, in percent.
const nominal = 5.0

func percent(part, all int) float64 { return 100 * float64(part) / math.Max(1, float64(all)) }

// tally counts comparisons.
type tally struct {
	all, alarms, significant int
	found, open              int // of the column that drifts
}

func (t *tally) add(o tally) {
	t.all, t.alarms, t.significant = t.all+o.all, t.alarms+o.alarms, t.significant+o.significant
	t.found, t.open = t.found+o.found, t.open+o.open
}

// run compares again and again, on all processors; the seeds are those of the repetitions.
func (s setting) run(repetitions int) (tally, error) {
	var (
		whole   tally
		failure error
		mu      sync.Mutex
		workers sync.WaitGroup
	)
	processors := runtime.GOMAXPROCS(0)
	for worker := range processors {
		workers.Go(func() {
			for i := worker; i < repetitions; i += processors {
				one, err := s.compare(uint64(i))
				mu.Lock()
				whole.add(one)
				if err != nil {
					failure = err
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return whole, failure
}

// compare draws both tables and counts what Assay says of them.
func (s setting) compare(seed uint64) (tally, error) {
	result, err := drift.CompareValues(context.Background(), s.draw(2*seed, s.reference, false), s.draw(2*seed+1, s.current, true), s.spec)
	if err != nil {
		return tally{}, err
	}
	t := tally{all: 1}
	for _, check := range result.Checks {
		if check.Drifted() {
			t.alarms = 1
		}
		if check.Adjusted != nil && *check.Adjusted <= result.Significance {
			t.significant = 1
		}
		if check.Column == first && check.Rule == s.rule() {
			if check.Drifted() {
				t.found = 1
			}
			if check.Outcome == finding.NotRun {
				t.open = 1
			}
		}
	}
	return t, nil
}
