package leak

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// What makes an order suspicious. Both must hold: in a large table any difference is significant.
const (
	orderEffect       = 0.3   // |2·AUC − 1|, |ρ|, or the share of runs that is missing; a medium correlation (Cohen 1988)
	orderSignificance = 0.001 // of all orders together (Bonferroni)
)

// identifiers looks whether the order of identifiers, or of the rows themselves, tells the label.
func (s search) identifiers() ([]Check, error) {
	names := s.orderable()
	drawn, checks, err := s.labelled("id-order", names)
	if drawn == nil {
		return checks, err
	}
	orders := s.orders(drawn, names)
	check := Check{Rule: "id-order", Outcome: finding.Pass,
		Message: fmt.Sprintf("neither the order of the rows of %s nor that of an identifier tells %s%s", s.train.Name(), s.spec.Label, drawn.part())}
	var texts []string
	for _, order := range orders {
		if why := drawn.target.tells(order.positions, float64(len(orders))); why != "" {
			texts, check.Columns = append(texts, order.what+" ("+why+")"), append(check.Columns, order.columns...)
		}
	}
	if check.Count = int64(len(texts)); len(texts) > 0 {
		check.Outcome = finding.Warn
		check.Message = fmt.Sprintf("in %s the label %s goes with the order of %s%s", s.train.Name(), s.spec.Label, list(texts), drawn.part())
	}
	return []Check{check}, nil
}

// orderable lists the columns that may be identifiers.
func (s search) orderable() []string {
	names := slices.DeleteFunc(s.features(), func(name string) bool {
		_, inTrain := s.both(name)
		return inTrain.Kind != table.Integer
	})
	for _, name := range slices.Concat(s.key, s.index) {
		if len(s.missing(name)) == 0 && name != s.spec.Label && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// order is one order of the rows that have a label.
type order struct {
	what      string
	columns   []string
	positions []float64 // by row of the target
}

// orders are that of the rows and those of the identifiers: columns of values that are all different and, where they are
// whole numbers, not spread wide like measurements.
func (s search) orders(drawn *sample, names []string) []order {
	rows := make([]float64, len(drawn.target.rows))
	for i := range rows {
		rows[i] = float64(i)
	}
	all := []order{{what: "its rows", positions: rows}}
	for _, name := range names {
		positions := drawn.columns[name].positions(drawn.target.rows)
		if len(positions) == 0 || !isDistinct(positions) {
			continue
		}
		if c := drawn.columns[name]; c.texts == nil && !slices.Contains(s.key, name) && slices.Max(positions)-slices.Min(positions) > maxSpread*float64(s.trainRows) {
			continue
		}
		all = append(all, order{name, []string{name}, positions})
	}
	return all
}

// maxSpread is how many times as wide as the number of rows the range of an identifier may be.
const maxSpread = 10

// positions are numbers by which rows stand in the order of a column; texts by length and then by their characters, as
// numbered names are. None where a value is null.
func (c *column) positions(rows []int) []float64 {
	positions := c.of(rows)
	if slices.ContainsFunc(positions, math.IsNaN) {
		return nil
	}
	if c.texts == nil {
		return positions
	}
	inOrder := slices.Clone(rows)
	slices.SortFunc(inOrder, func(a, b int) int {
		return cmp.Or(cmp.Compare(len(c.texts[a]), len(c.texts[b])), cmp.Compare(c.texts[a], c.texts[b]))
	})
	place := make(map[float64]float64, len(rows)) // of each text's number
	for i, row := range inOrder {
		place[c.values[row]] = float64(i)
	}
	for i, value := range positions {
		positions[i] = place[value]
	}
	return positions
}

func isDistinct(values []float64) bool {
	seen := make(map[float64]bool, len(values))
	for _, value := range values {
		if seen[value] {
			return false
		}
		seen[value] = true
	}
	return true
}

// tells says how the label goes with the order, or "". It is one of so many orders that are tested.
func (t *target) tells(positions []float64, orders float64) string {
	suspicious := func(effect, p, tests float64) bool {
		return effect >= orderEffect && p*tests*orders <= orderSignificance
	}
	tests := float64(len(t.classes) + 1)
	if t.isNumber {
		tests = 2
		rho, n := stat.Correlation(stat.Ranks(positions), t.ranks), int64(len(positions))
		if p := stat.SpearmanP(rho, n); suspicious(math.Abs(rho), p, tests) {
			return fmt.Sprintf("rank correlation %.2f, p %.1g", rho, p)
		}
	}
	for _, class := range t.classes {
		auc := stat.AUC(class.positive, positions)
		if p := stat.MannWhitneyP(auc, class.members, class.remainder); suspicious(math.Abs(2*auc-1), p, tests) {
			return fmt.Sprintf("the position of a class has AUC %.2f, p %.1g", auc, p)
		}
	}
	runs, err := stat.RunsTest(t.sequence(positions))
	if err == nil && suspicious(runs.Blocks(), runs.P, tests) {
		return fmt.Sprintf("equal labels stand together in %d runs where %.0f are expected, p %.1g", runs.Runs, runs.Expected, runs.P)
	}
	return ""
}

// sequence is the classes in an order; of numbers, whether they lie above the middle.
func (t *target) sequence(positions []float64) []int {
	inOrder := make([]int, len(positions))
	for i := range inOrder {
		inOrder[i] = i
	}
	slices.SortFunc(inOrder, func(a, b int) int { return cmp.Compare(positions[a], positions[b]) })
	for i, row := range inOrder {
		switch {
		case !t.isNumber:
			inOrder[i] = t.group[row]
		case t.ranks[row] > float64(len(t.ranks)+1)/2:
			inOrder[i] = 1
		default:
			inOrder[i] = 0
		}
	}
	return inOrder
}
