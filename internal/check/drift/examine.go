package drift

import (
	"fmt"
	"math"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// pair is one column in both tables, and how it is compared.
type pair struct {
	name               string
	aspect             string // what of its values is compared, "" for themselves
	kind               table.Kind
	reference, current *sample
	isSensitive        bool // its values may not be shown
	digits             int  // of its numbers that are shown, 0 for a few
	settings           settings
	both               *stat.TwoSample // of numbers, once they were compared
}

// test is one question about one column with its raw answer. Either it is decided, or p takes part in the correction.
type test struct {
	check    Check
	decided  bool
	surprise bool    // worth a word only where it is drift
	p        float64 // raw
	least    float64 // the smallest p that the test could have given
	effect   float64 // after its noise
	plan     func(level float64) stat.Plan
	drifted  finding.Outcome
	coarse   bool   // the profile of the reference is too coarse for a pass
	usual    *limit // where the history of the reference decides, and not the correction of all p-values
}

// examined is what there is to say of one column: its tests, and the numbers behind them where there are any.
type examined struct {
	tests  []test
	column *Column
	nature nature
}

func (e *examined) ask(tests ...test) { e.tests = append(e.tests, tests...) }

// examine asks everything that there is to ask of one column.
func (p *pair) examine() examined {
	var e examined
	e.ask(p.nullShares()...)
	switch e.nature = p.nature(); e.nature {
	case natureEmpty:
		e.ask(p.undecided(distribution, finding.NotRun, finding.Missing,
			fmt.Sprintf("column %s has no values in one of the tables", p.name)))
	case natureText:
		p.compareTexts(&e)
	case natureIdentifier:
		e.ask(p.undecided(distribution, finding.Warn, "",
			fmt.Sprintf("column %s looks like an identifier and is not compared: name it under columns: exclude", p.name)))
	case natureChanged:
		e.ask(p.undecided(typeChange, p.settings.drifted, "",
			fmt.Sprintf("column %s repeats a few values in one of the tables and hardly any in the other", p.name)))
	case natureCategory:
		p.compareCategories(&e)
	case natureNumber:
		p.compareNumbers(&e, distribution)
	}
	return e
}

// The rules of checks.
const (
	distribution = "distribution"
	nullShare    = "null-share"
	beyondRange  = "range"
	unseenValues = "unseen"
	typeChange   = "type"
	columnRule   = "column"
	multivariate = "multivariate"
	dataSet      = "data-set"
)

func (p pair) undecided(rule string, outcome finding.Outcome, cause finding.Cause, message string) test {
	return test{decided: true, check: Check{Column: p.name, Rule: rule, Outcome: outcome, Cause: cause, Message: message}}
}

// subject is the column in a message.
func (p pair) subject() string {
	if p.aspect == "" {
		return "column " + p.name
	}
	return "column " + p.name + ", " + p.aspect
}

// nullShares compares the shares of nulls where there are any.
func (p pair) nullShares() []test {
	a, n, b, m := p.reference.nulls, p.reference.rows, p.current.nulls, p.current.rows
	if a+b == 0 || n == 0 || m == 0 {
		return nil
	}
	r, err := stat.CompareProportions(a, n, b, m)
	if err != nil {
		return nil // both tables have rows
	}
	before, after := float64(a)/float64(n), float64(b)/float64(m)
	pooled := float64(a+b) / float64(n+m)
	name := "Fisher exact"
	var statistic *float64
	if r.Freedom > 0 {
		name, statistic = "chi-square", &r.Statistic
	}
	minimum := p.settings.nullShare
	detect := math.Min(1, minimum*p.settings.detect/p.settings.minimum)
	t := p.question(nullShare, name+" of nulls", effect{value: math.Abs(after - before), noise: stat.ProportionNoise(n, m, pooled), scale: shareOfRows}, minimum, detect)
	t.check.Statistic, t.p = statistic, r.P
	t.plan = func(level float64) stat.Plan { return stat.ProportionPlan(n, m, pooled, level, minimum, detect) }
	t.check.Message = fmt.Sprintf("column %s: nulls went from %.1f %% to %.1f %%", p.name, 100*before, 100*after)
	return []test{t}
}

// effect is how far apart two samples are.
type effect struct {
	value float64
	noise float64                            // what it comes to without drift
	clear func(value, noise float64) float64 // takes off what noise adds; nil where it hardly adds to an effect that counts
	scale scale
}

// afterNoise is the effect that is compared with the smallest one that counts.
func (e effect) afterNoise() float64 {
	if e.clear == nil {
		return e.value
	}
	return e.clear(e.value, e.noise)
}

// question is a test with all but its answer.
func (p pair) question(rule, name string, e effect, minimum, detect float64) test {
	return test{drifted: p.settings.drifted, effect: e.afterNoise(), check: Check{Column: p.name, Rule: rule, Test: name,
		Effect: finite(e.value), Unit: e.scale.unit, Noise: beside(e.noise), Minimum: minimum, Detect: detect}}
}

// beside is a number that decides nothing, as short as a picture's.
func beside(v float64) *float64 { return finite(brief(v)) }

// finite is a number as a result file can hold it: nil for NaN and infinities.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
