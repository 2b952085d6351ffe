package drift

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/learn"
	"github.com/assay-ml/assay/internal/stat"
)

// trial is the answer of a classifier two-sample test (Lopez-Paz & Oquab 2017, Revisiting Classifier Two-Sample Tests): a classifier
// learns from one half of the rows which table each comes from, and is held against the other half. A coin has chosen the table of each
// row, so where the tables are alike the number of right answers is binomial with ½, whatever was learned.
type trial struct {
	held, right int      // rows held out, and those told rightly
	carriers    []string // what tells the tables apart, the strongest first
}

// accuracy above one half, in [−½, ½].
func (t trial) advantage() float64 { return float64(t.right)/float64(t.held) - 0.5 }

// p is P(X ≥ right) for X ~ Binomial(held, ½).
func (t trial) p() float64 {
	if t.right == 0 {
		return 1
	}
	return mathext.RegIncBeta(float64(t.right), float64(t.held-t.right+1), 0.5)
}

// plan: the share of right answers has the standard deviation ½/√held.
func (t trial) plan(level, minimum, detect float64) stat.Plan {
	critical, power := distuv.UnitNormal.Quantile(1-level), distuv.UnitNormal.Quantile(0.8)
	needed := math.Max((critical+power)/detect, power/(detect-minimum)) / 2
	growth := needed * needed / float64(t.held)
	return stat.Plan{Enough: growth <= 1, Growth: growth}
}

// design is rows as features, half of them to learn from.
type design struct {
	coders []coder
	width  int
	train  matrix
	held   matrix
}

// matrix is features row by row, and whether each row is current's.
type matrix struct {
	x       []float64
	current []bool
}

// minTrained is the fewest rows to learn from.
const minTrained = 20

// maxWork bounds rows × features², what one step of the fit costs.
const maxWork = 1_000_000_000

// penalty of the weights of the classifier, whose features are about one standard deviation wide.
const penalty = 1

// try runs the test. coderOf makes the coder of a column from its training cells. It is false where there are too few rows.
func try(reference, current drawn, seed uint64, coderOf func(column int, cells []cell) coder, names func(column int) string) (trial, bool, error) {
	order := coins(reference.rows(), current.rows(), seed)
	half := len(order) / 2
	if half < minTrained {
		return trial{}, false, nil
	}
	d := newDesign(reference, current, order, half, coderOf)
	model, err := learn.Logistic(d.train.x, d.width, d.train.current, penalty)
	if err != nil {
		return trial{}, false, err
	}
	t := trial{held: len(d.held.current), carriers: d.carriers(model, names)}
	for i, score := range model.Score(d.held.x) {
		if (score > 0) == d.held.current[i] {
			t.right++
		}
	}
	return t, true, nil
}

// place is one row of one of the tables.
type place struct {
	current bool
	row     int
}

// coins chooses the table of each row by a coin. How many coins there are is fixed beforehand, else they would lean on when the rows ran
// out: so many that a table falls short of rows once in millions, where its share lies five standard deviations above a half.
func coins(n, m int, seed uint64) []place {
	random := rand.New(rand.NewPCG(seed, 4))
	var order []place
	i, j := 0, 0
	root := math.Sqrt(2.5*2.5+2*float64(min(n, m))) - 2.5 // r²/2 + 2.5·r rows of one table for r² coins
	for range int(root * root) {
		if i == n || j == m {
			break
		}
		if random.IntN(2) == 0 {
			order = append(order, place{false, i})
			i++
		} else {
			order = append(order, place{true, j})
			j++
		}
	}
	return order
}

func newDesign(reference, current drawn, order []place, half int, coderOf func(int, []cell) coder) design {
	var d design
	for c := range reference {
		cells := make([]cell, half)
		for i, p := range order[:half] {
			cells[i] = p.cell(reference, current, c)
		}
		d.coders = append(d.coders, coderOf(c, cells))
		d.width += d.coders[c].width()
	}
	trained := min(half, max(minTrained, maxWork/(d.width*d.width)))
	d.train = d.encode(reference, current, order[:trained])
	d.held = d.encode(reference, current, order[half:])
	return d
}

func (p place) cell(reference, current drawn, column int) cell {
	if p.current {
		return current[column][p.row]
	}
	return reference[column][p.row]
}

func (d design) encode(reference, current drawn, order []place) matrix {
	m := matrix{x: make([]float64, len(order)*d.width)}
	for i, p := range order {
		out := m.x[i*d.width : (i+1)*d.width]
		for c, coder := range d.coders {
			coder.write(out[:coder.width()], p.cell(reference, current, c))
			out = out[coder.width():]
		}
		m.current = append(m.current, p.current)
	}
	return m
}

// maxCarriers bounds the columns or words that are named.
const maxCarriers = 5

// carriers are what the difference of the mean scores of the two tables comes from, on the rows held out, the most first: what has at
// least a fifth of the strongest.
func (d design) carriers(model learn.Linear, names func(int) string) []string {
	type part struct {
		name string
		gap  float64
	}
	byName, feature := map[string]float64{}, 0
	for c, coder := range d.coders {
		for f := range coder.width() {
			gap := model.Weights[feature] * d.held.gap(feature, d.width)
			name := names(c)
			if own := coder.name(f); own != "" {
				name = own
			}
			byName[name] += gap
			feature++
		}
	}
	strongest := slices.Max(append(slices.Collect(maps.Values(byName)), 0))
	var parts []part
	for name, gap := range byName {
		if gap >= strongest/5 && gap > 0 {
			parts = append(parts, part{name, gap})
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Or(cmp.Compare(b.gap, a.gap), cmp.Compare(a.name, b.name)) })
	var carriers []string
	for _, p := range parts[:min(len(parts), maxCarriers)] {
		carriers = append(carriers, p.name)
	}
	return carriers
}

// gap is the difference of the means of a feature, current's minus the reference's.
func (m matrix) gap(feature, width int) float64 {
	var sums, counts [2]float64
	for i, isCurrent := range m.current {
		side := 0
		if isCurrent {
			side = 1
		}
		sums[side] += m.x[i*width+feature]
		counts[side]++
	}
	return sums[1]/math.Max(1, counts[1]) - sums[0]/math.Max(1, counts[0])
}

// multivariateTest asks whether rows of the tables can be told apart by all columns together. Free text and identifiers take no part.
func multivariateTest(pairs []pair, reference, current drawn, s settings) test {
	p := pair{settings: s}
	t, ok, err := try(reference, current, s.seed, func(c int, cells []cell) coder {
		if isNumeric(pairs[c].kind) {
			return newNumberCoder(cells)
		}
		return newLevelCoder(cells)
	}, func(c int) string { return pairs[c].name })
	return p.classified(multivariate, "classifier of rows", "all columns together", t, ok, err)
}

// wordingTest asks whether the texts of a column can be told apart by their words.
func (p pair) wordingTest(reference, current drawn) test {
	t, ok, err := try(reference.present(), current.present(), p.settings.seed,
		func(_ int, cells []cell) coder { return newWordCoder(cells) }, func(int) string { return "" })
	if p.isSensitive {
		t.carriers = nil
	}
	return p.classified(textWording, "classifier of words", fmt.Sprintf("column %s, wording", p.name), t, ok, err)
}

// classified is the question that a classifier has answered.
func (p pair) classified(rule, name, subject string, t trial, ok bool, err error) test {
	switch {
	case err != nil:
		return p.undecided(rule, finding.NotRun, finding.Undefined, fmt.Sprintf("%s: %v", subject, err))
	case !ok:
		return p.undecided(rule, finding.NotRun, finding.TooFewRows,
			fmt.Sprintf("%s: too few rows for a classifier: it takes about %d of each table", subject, 2*minTrained))
	}
	minimum, detect := accuracy.of(p.settings.minimum), accuracy.of(p.settings.detect)
	noise := halfNormal / 2 / math.Sqrt(float64(t.held))
	q := p.question(rule, name, effect{value: t.advantage(), noise: noise, scale: accuracy}, minimum, detect)
	q.p, q.check.Carriers = t.p(), t.carriers
	q.plan = func(level float64) stat.Plan { return t.plan(level, minimum, detect) }
	q.check.Message = fmt.Sprintf("%s: a classifier tells the tables apart in %.1f %% of %d rows", subject, 100*(t.advantage()+0.5), t.held)
	if q.p <= p.settings.significance && len(t.carriers) > 0 {
		q.check.Message += ", by " + list(t.carriers)
	}
	return q
}
