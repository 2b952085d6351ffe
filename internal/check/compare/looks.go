package compare

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// Seen is an earlier comparison whose result is stored.
type Seen struct {
	TestSet string // its digest
	Run     int64  // which run of the workflow it was, 0 where that is not known
	Better  bool   // it called the challenger better
}

// Past is what is known of earlier looks at test sets.
type Past struct {
	Seen []Seen // the oldest first
	Run  int64  // which run of the workflow this is, 0 outside of one
}

// Looks is how often the models of one test set were compared on it.
type Looks struct {
	Stored int64 `json:"stored"`           // earlier comparisons on this test set whose results are stored
	Better int64 `json:"better,omitempty"` // those of them that called a challenger better
	// Runs is how often the workflow ran since this test set is in use, this time included: no more looks than these. 0 where it cannot be told.
	Runs int64 `json:"runs,omitempty"`
}

// looks counts those at a test set. Runs of pull requests store nothing where they can be found, but they have numbers: they are those after the last
// run that is known to have compared on other rows before this test set came.
func (p Past) looks(testSet string) Looks {
	var l Looks
	first := p.Run
	for _, s := range p.Seen {
		if s.TestSet != testSet {
			continue
		}
		l.Stored++
		if s.Better {
			l.Better++
		}
		if s.Run > 0 {
			first = min(first, s.Run)
		}
	}
	before := int64(0)
	for _, s := range p.Seen {
		if s.TestSet != testSet && s.Run < first {
			before = max(before, s.Run)
		}
	}
	l.Runs = p.Run - before
	return l
}

// count is the number of looks to reckon with, this one included: an upper bound where there is one.
func (l Looks) count() int64 { return max(l.Stored+1, l.Runs) }

// histories is how many comparisons the looks can have led to. A look whose answer was not better sends its reader nowhere new, so k looks of which b
// said better have at most Σ C(k, i) over i from 1 to b + 1: k where none did, and 2ᵏ − 1 where all did (Renggli et al. 2019, Continuous
// integration of machine learning models with ease.ml/ci, for one and for all; the count of improvements is that of Blum & Hardt 2015, The ladder).
// It counts answers of one bit.
func (l Looks) histories() float64 {
	k, term, sum := float64(l.count()), 1.0, 0.0
	for i := 1.0; i <= float64(l.Better)+1 && i <= k && !math.IsInf(sum, 1); i++ {
		term *= (k - i + 1) / i
		sum += term
	}
	return math.Max(1, sum)
}

// level is what is left of the level of one look when all that they can have led to share it (Bonferroni).
func (l Looks) level() float64 { return oneSided / l.histories() }

// growth is how many times the rows that one look takes the shared level takes for the same power of 0.8.
func (l Looks) growth() float64 {
	ratio := (deviates(l.level()) + z80) / (deviates(oneSided) + z80)
	return ratio * ratio
}

// worn is from which growth on a test set is worn out: what one look shows would then take three times its rows.
const worn = 3

func (l Looks) areMany() bool { return l.growth() >= worn }

// deviates is how many standard deviations of a normal distribution leave a level beyond them.
func deviates(level float64) float64 {
	return -distuv.UnitNormal.Quantile(math.Max(level, leastLevel))
}

// A tightened level takes more replicates: so many at least beyond each end of an interval. Beyond maxTightened of them no verdict is tried.
const (
	leastBeyond  = 5
	maxTightened = 200_000
)

// resamplingTails is a resampling whose quantiles are the ends of the interval.
func (c comparison) resamplingTails(v view) (stat.Resampling, error) {
	how := c.resampling(v)
	if needed := leastBeyond / c.level; needed > float64(how.Replicates) {
		if needed > maxTightened {
			return how, undefined{finding.TooFewRows, fmt.Sprintf("the test set is worn out: what is left of the level takes %.2g replicates, and %d are the most", needed, maxTightened)}
		}
		how.Replicates = int(math.Ceil(needed))
	}
	return how, nil
}

func (l Looks) sentence() string {
	text := fmt.Sprintf("of earlier looks at this test set %d are stored", l.Stored)
	if l.Runs > 0 {
		text += fmt.Sprintf(", and there were at most %d with this one, the runs of the workflow since it is in use", l.Runs)
	}
	if l.Better > 0 {
		text += fmt.Sprintf("; %d of the stored ones called a challenger better", l.Better)
	}
	if growth := l.growth(); growth >= worn {
		text += fmt.Sprintf(". It is worn out: for what one look shows, so many take %.2g times the rows", growth)
	}
	return text
}

// looked warns where the test set is worn out.
func (r Result) looked() finding.Finding {
	f := finding.Finding{Rule: "looks", Subject: "test set", Outcome: finding.Pass, Message: r.Looks.sentence(), Pos: r.Pos}
	if r.Looks.areMany() {
		f.Outcome = finding.Warn
		f.Hint = "compare on fresh rows"
		if r.Level == 0 {
			f.Hint += ", or let the level pay for the looks with looks: tighten"
		}
	}
	return f
}
