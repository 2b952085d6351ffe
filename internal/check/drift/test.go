package drift

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// test is one question about one column with its raw answer. Either decided is set, or p takes part in the correction.
type test struct {
	check   Check
	decided bool
	p       float64 // raw
	effect  float64
	minimum func(*Result) float64                          // the smallest effect that counts
	plan    func(level, minimum, detect float64) stat.Plan // are there rows enough?
}

// examine asks everything that there is to ask of one column.
func (p pair) examine() ([]test, *Picture) {
	reference, current := p.reference, p.current
	tests := p.nullShares()
	switch {
	case reference.values() == 0 || current.values() == 0:
		return append(tests, p.undecided("distribution", finding.NotRun, finding.Missing,
			fmt.Sprintf("column %s has no values in one of the tables", p.name))), nil
	case reference.tooMany || current.tooMany || p.isFreeText():
		return append(tests, p.undecided("distribution", finding.Warn, "",
			fmt.Sprintf("column %s looks like an identifier or free text and is not compared: name it under columns: exclude", p.name))), nil
	case len(reference.counts) > 0 || len(current.counts) > 0:
		return p.categories(tests)
	}
	if p.codes() {
		return p.categories(tests)
	}
	return p.numbers(tests)
}

func (p pair) undecided(rule string, outcome finding.Outcome, cause finding.Cause, message string) test {
	return test{decided: true, check: Check{Column: p.name, Rule: rule, Outcome: outcome, Cause: cause, Message: message}}
}

// isFreeText reports whether most texts of the column stand there once: a comparison of their shares says nothing.
func (p pair) isFreeText() bool {
	distinct := max(len(p.reference.counts), len(p.current.counts))
	rows := max(p.reference.values(), p.current.values())
	return distinct > 100 && 2*int64(distinct) > rows
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
	effect := math.Abs(after - before)
	name := "Fisher exact"
	var statistic *float64
	if r.Freedom > 0 {
		name, statistic = "chi-square", &r.Statistic
	}
	pooled := float64(a+b) / float64(n+m)
	return []test{{p: r.P, effect: effect, minimum: func(r *Result) float64 { return r.NullShare },
		plan: func(level, minimum, detect float64) stat.Plan {
			return stat.ProportionPlan(n, m, pooled, level, minimum, detect)
		},
		check: Check{Column: p.name, Rule: "null-share", Test: name + " of nulls", Statistic: statistic, Effect: &effect,
			Message: fmt.Sprintf("column %s: nulls went from %.1f %% to %.1f %%", p.name, 100*before, 100*after)}}}
}

// numbers compares two samples of numbers.
func (p pair) numbers(tests []test) ([]test, *Picture) {
	m, err := p.measure()
	if err != nil {
		return append(tests, p.undecided("distribution", finding.NotRun, finding.Undefined, err.Error())), nil
	}
	psi := stat.PSI(m.bins.X, m.bins.Y)
	message := fmt.Sprintf("column %s: medians %.4g and %.4g", p.name, m.reference.quantiles[median], m.current.quantiles[median])
	if p.isSensitive {
		message = fmt.Sprintf("column %s: numbers that are not shown", p.name)
	}
	picture := &Picture{Column: p.name, Reference: shares(m.bins.X), Current: shares(m.bins.Y)}
	for _, edge := range m.bins.Edges[:len(m.bins.X)] {
		picture.Labels = append(picture.Labels, "≥ "+strconv.FormatFloat(edge, 'g', 4, 64))
	}
	return append(tests, test{p: m.ks.P, effect: m.ks.D, minimum: func(r *Result) float64 { return r.Minimum },
		plan: func(level, minimum, detect float64) stat.Plan {
			return stat.KolmogorovPlan(m.reference.count, m.current.count, level, minimum, detect)
		},
		check: Check{Column: p.name, Rule: "distribution", Test: "Kolmogorov-Smirnov", Statistic: &m.ks.D, Effect: &m.ks.D, PSI: &psi,
			Message: message}}), picture
}

func shares(counts []int64) []float64 {
	var sum int64
	for _, c := range counts {
		sum += c
	}
	out := make([]float64, len(counts))
	for i, c := range counts {
		out[i] = float64(c) / float64(sum)
	}
	return out
}

// category is one value with its counts.
type category struct {
	name               string
	reference, current int64
}

// categories compares counts by value. Small categories are pooled on both samples together; values that the reference does
// not know are a finding of their own.
func (p pair) categories(tests []test) ([]test, *Picture) {
	all := p.merged()
	x, y := columns(all)
	pooledX, pooledY, pooled := stat.PoolSmall(x, y)
	r, err := stat.ChiSquareHomogeneity(pooledX, pooledY)
	if err != nil {
		return append(tests, p.undecided("distribution", finding.NotRun, finding.Undefined, err.Error())), nil
	}
	n, m, k := p.reference.values(), p.current.values(), len(pooledX)
	effect, psi := stat.TotalVariation(pooledX, pooledY), stat.PSI(x, y)
	message := fmt.Sprintf("column %s: %d categories", p.name, len(all))
	if small := count(pooled); small > 0 {
		message += fmt.Sprintf(", %d small ones pooled", small)
	}
	tests = append(tests, test{p: r.P, effect: effect, minimum: func(r *Result) float64 { return r.Minimum },
		plan: func(level, minimum, detect float64) stat.Plan {
			return stat.ChiSquarePlan(n, m, k, level, minimum, detect)
		},
		check: Check{Column: p.name, Rule: "distribution", Test: "chi-square", Statistic: &r.Statistic, Effect: &effect, PSI: &psi, Message: message}})
	return append(tests, p.unseen(all)...), p.bars(all)
}

func count(marks []bool) int {
	n := 0
	for _, m := range marks {
		if m {
			n++
		}
	}
	return n
}

// merged is the categories of both samples, the most frequent first.
func (p pair) merged() []category {
	byName := map[string]category{}
	for name, n := range p.reference.counts {
		byName[name] = category{name: name, reference: n}
	}
	for name, n := range p.current.counts {
		c := byName[name]
		c.name, c.current = name, n
		byName[name] = c
	}
	all := make([]category, 0, len(byName))
	for _, c := range byName {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b category) int {
		return cmp.Or(cmp.Compare(b.reference+b.current, a.reference+a.current), cmp.Compare(a.name, b.name))
	})
	return all
}

func columns(all []category) (x, y []int64) {
	for _, c := range all {
		x, y = append(x, c.reference), append(y, c.current)
	}
	return x, y
}

// unseen warns of values that the model never learned from.
func (p pair) unseen(all []category) []test {
	var names []string
	var rows int64
	for _, c := range all {
		if c.reference == 0 {
			names, rows = append(names, strconv.Quote(cut(c.name))), rows+c.current
		}
	}
	if len(names) == 0 {
		return nil
	}
	share := float64(rows) / float64(p.current.values())
	message := fmt.Sprintf("column %s: %d values that the reference does not have, in %d rows", p.name, len(names), rows)
	if !p.isSensitive {
		message += ": " + list(names)
	}
	t := p.undecided("unseen", finding.Warn, "", message)
	t.check.Effect = &share
	return []test{t}
}

// bars is the picture of the most frequent categories; the others are one bar.
func (p pair) bars(all []category) *Picture {
	picture := &Picture{Column: p.name}
	n, m := float64(p.reference.values()), float64(p.current.values())
	var restN, restM int64
	for i, c := range all {
		if i >= maxBins {
			restN, restM = restN+c.reference, restM+c.current
			continue
		}
		picture.add(cut(c.name), float64(c.reference)/n, float64(c.current)/m)
	}
	if restN+restM > 0 {
		picture.add(fmt.Sprintf("%d others", len(all)-maxBins), float64(restN)/n, float64(restM)/m)
	}
	return picture
}

func (p *Picture) add(label string, reference, current float64) {
	p.Labels, p.Reference, p.Current = append(p.Labels, label), append(p.Reference, reference), append(p.Current, current)
}

// maxLabel bounds the characters of a shown value.
const maxLabel = 40

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxLabel {
		return string(runes[:maxLabel]) + "…"
	}
	return text
}
