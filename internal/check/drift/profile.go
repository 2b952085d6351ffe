package drift

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/assay-ml/assay/internal/data/profile"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
	"github.com/assay-ml/assay/internal/stat/sketch"
)

// CompareProfile compares a table with a reference of which only the profile is there. Where the profile counted every value the
// answer is that of the table; else the verdict allows for the error that the profile states. What takes rows of the reference, Multivariate and
// History, has no answer, and the config refuses it.
func CompareProfile(ctx context.Context, reference Profile, current *table.Table, spec Spec, requirePower bool) (Result, error) {
	var result Result
	err := table.Settled(func() (err error) {
		result, err = reference.compare(ctx, current, spec)
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("compare %s with the profile %s: %w", current.Name(), reference.name, err)
	}
	result.RequirePower = requirePower
	return result, nil
}

// Profile is the profile of a reference, under the name of the table.
type Profile struct {
	name  string
	known *profile.Profile
}

// NewProfile names a profile.
func NewProfile(name string, known *profile.Profile) Profile { return Profile{name, known} }

// Name is the name of the table.
func (p Profile) Name() string { return p.name }

// Columns are those of the table.
func (p Profile) Columns() []table.Column {
	columns := make([]table.Column, len(p.known.Columns))
	for i, c := range p.known.Columns {
		columns[i] = table.Column{Name: c.Name, Kind: c.Kind, SQLType: c.SQLTypes[0]}
	}
	return columns
}

// Column finds a column by its exact name.
func (p Profile) Column(name string) (table.Column, bool) {
	c := p.known.Column(name)
	if c == nil {
		return table.Column{}, false
	}
	return table.Column{Name: c.Name, Kind: c.Kind, SQLType: c.SQLTypes[0]}, true
}

// Sweep hands out nothing: there are no rows.
func (Profile) Sweep(context.Context, []string, func() table.Consumer) error { return nil }

func (p Profile) compare(ctx context.Context, current *table.Table, spec Spec) (Result, error) {
	result := spec.result(p.name, current.Name())
	result.IsProfile = true
	chosen := choose(p, current, spec)
	result.Checks, result.LeftOut = chosen.checks, chosen.leftOut
	c := newComparison(&result, len(chosen.names), spec)
	reader, err := c.readerOf(ctx, current)
	if err != nil {
		return Result{}, err
	}
	reader.reference, reader.current = p, current
	err = reader.eachColumn(ctx, chosen.names, func(at int, _, right *sample) {
		name := chosen.names[at]
		known := p.known.Column(name)
		c.examined[at] = pair{name: name, kind: known.Kind, reference: sampleOf(known), current: right,
			isSensitive: known.Sensitive || current.IsSensitive(name), settings: spec.column(name, len(chosen.names))}.examineKnown(known)
	})
	if err != nil {
		return Result{}, err
	}
	result.ReferenceRows = p.known.Rows
	if result.CurrentRows, err = current.Rows(ctx); err != nil {
		return Result{}, err
	}
	c.conclude()
	return result, nil
}

// sampleOf is what a profile knows of a column, without the values.
func sampleOf(c *profile.Column) *sample {
	s := newSample()
	s.rows, s.nulls, s.notFinite = c.Rows, c.Nulls+c.NotFinite(), c.NotFinite()
	return s
}

// examineKnown asks what can be asked of a column of which the reference is a profile.
func (p pair) examineKnown(known *profile.Column) examined {
	switch {
	case known.Numbers != nil && known.Kind == table.Boolean && known.Numbers.IsExact():
		for _, f := range known.Numbers.Frequent() {
			p.reference.counts[strconv.FormatBool(f.Value == 1)] = f.Count
		}
	case known.Numbers != nil && known.Kind != table.Boolean:
		return p.examineNumbers(known.Numbers)
	case known.Texts != nil && known.Texts.IsExact():
		for _, f := range known.Texts.Frequent() {
			p.reference.counts[f.Value] = f.Count
		}
		p.current.shorten()
	case known.Texts != nil && p.current.isProse():
		return p.examineProse(known.Texts)
	case p.reference.values() > 0:
		return p.unknown(known)
	}
	return p.examine()
}

// unknown says that the profile does not tell enough of the values.
func (p pair) unknown(known *profile.Column) examined {
	why := "leaves out its values"
	switch {
	case known.Sensitive:
		why = "holds no values of it, since it is sensitive"
	case known.Texts != nil:
		why = "knows only its most frequent values: it has more than " + strconv.Itoa(sketch.Counters)
	}
	var e examined
	e.ask(p.nullShares()...)
	e.ask(p.undecided(distribution, finding.Warn, "", fmt.Sprintf("column %s is not compared: the profile %s", p.name, why)))
	return e
}

// shorten gives long texts the form in which a profile has them.
func (s *sample) shorten() {
	for text, rows := range s.counts {
		if key := profile.Key(text); key != text {
			delete(s.counts, text)
			s.counts[key] += rows
		}
	}
}

// examineNumbers compares the numbers themselves.
func (p pair) examineNumbers(known *profile.Numbers) examined {
	if !known.IsExact() && p.settings.method != KolmogorovSmirnov {
		var e examined
		e.ask(p.nullShares()...)
		e.ask(p.undecided(distribution, finding.NotRun, finding.Undefined,
			fmt.Sprintf("column %s: %s needs every value of the reference, and a profile knows some; take the test %s", p.name, p.settings.method, KolmogorovSmirnov)))
		return e
	}
	if p.knowCodes(known) {
		return p.examine()
	}
	p.reference.numbers = [][]float64{expand(known)}
	e := p.examine()
	if e.column != nil && !p.isSensitive && e.nature == natureNumber {
		e.column.Reference.Mean, e.column.Reference.Deviation = p.show(known.Mean), strconv.FormatFloat(known.Deviation(), 'g', shownDigits, 64)
	}
	e.allowFor(known, p)
	return e
}

// knowCodes counts levels and codes, where both sides have few, and reports whether it did: the profile has the true counts.
func (p pair) knowCodes(known *profile.Numbers) bool {
	frequent := known.Frequent()
	if !known.IsExact() || len(frequent) > maxCodes {
		return false
	}
	var values []float64
	for _, f := range frequent {
		values = append(values, f.Value)
	}
	once := pair{reference: numbersOf(values), current: p.current}
	if !once.codes() {
		return false
	}
	for _, f := range frequent {
		p.reference.counts[strconv.FormatFloat(f.Value, 'g', -1, 64)] = f.Count
	}
	return true
}

// examineProse compares how long texts are; what they say cannot be compared.
func (p pair) examineProse(known *profile.Texts) examined {
	var e examined
	e.ask(p.nullShares()...)
	lengths := p
	lengths.kind, lengths.aspect = table.Float, "length"
	lengths.reference, lengths.current = numbersOf(expand(known.Lengths)), p.current.prose().lengths.sample()
	lengths.compareNumbers(&e, textLength)
	e.allowFor(known.Lengths, lengths)
	return e
}

// numbersOf is a sample of numbers.
func numbersOf(values []float64) *sample {
	s := newSample()
	s.rows, s.numbers = int64(len(values)), [][]float64{values}
	return s
}

// maxExpanded bounds the values that stand for a reference: of more, as many at equal steps do, and the tests have the noise of
// so many, so they err towards no drift.
const maxExpanded = 1 << 20

// expand is numbers as a sketch has them, one by one and in ascending order, with the true least and most where these are known.
func expand(known *profile.Numbers) []float64 {
	w := known.Weighted()
	n := min(w.Total(), maxExpanded)
	values := make([]float64, 0, n)
	step := float64(w.Total()) / float64(n)
	for i, v := range w.Values {
		for int64(len(values)) < n && (float64(len(values))+0.5)*step <= float64(w.UpTo[i]) {
			values = append(values, v)
		}
	}
	if n > 0 && !known.Unbounded {
		values[0], values[n-1] = known.Min, known.Max
	}
	return values
}

// allowFor makes the tests of a distribution allow for the error of the reference: drift takes an effect, and a p-value, that are
// large and small enough whatever the true reference is within it.
func (e *examined) allowFor(known *profile.Numbers, p pair) {
	kept := e.tests[:0]
	for _, t := range e.tests {
		if t.check.Rule == beyondRange && known.Unbounded {
			continue // where the range ends was left out
		}
		if wrong := known.Error(); wrong > 0 && (t.check.Rule == distribution || t.check.Rule == textLength) && !t.decided {
			t.allowFor(wrong+1/float64(maxExpanded), min(known.Count, maxExpanded), p.current.values())
		}
		kept = append(kept, t)
	}
	e.tests = kept
}

// allowFor lets D be smaller by the error, and by as much again where drift might have been missed.
func (t *test) allowFor(wrong float64, n, m int64) {
	d := math.Max(0, t.effect-wrong)
	minimum, detect := t.check.Minimum, t.check.Detect
	t.effect, t.p = d, stat.KolmogorovTest(n, m, d)
	t.check.ReferenceError = &wrong
	t.check.Message += fmt.Sprintf("; the profile of the reference is off by at most %.2g %%, so the effect is at least %.3g", 100*wrong, d)
	if t.coarse = detect-2*wrong <= minimum; t.coarse {
		return
	}
	t.plan = func(level float64) stat.Plan { return stat.KolmogorovPlan(n, m, level, minimum, detect-2*wrong) }
}
