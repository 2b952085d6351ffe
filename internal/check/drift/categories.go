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

// category is one value with its counts.
type category struct {
	name               string
	reference, current int64
}

// compareCategories compares counts by value. Small categories are pooled on both samples together; values that the reference
// does not know are a finding of their own.
func (p pair) compareCategories(e *examined) {
	all := p.merged()
	e.column = p.categoryColumn(all)
	x, y := columns(all)
	t, err := p.categoryTest(x, y)
	if err != nil { // neither sample is empty
		e.ask(p.undecided(distribution, finding.NotRun, finding.TooFewRows, fmt.Sprintf("column %s: %v", p.name, err)))
		return
	}
	e.ask(t)
	if p.mayBeUnseen(all) {
		e.ask(p.unseen(all, x, y))
	}
}

// categoryTest tests pooled counts for homogeneity, or by permutation the counts as they are: where that is asked for, or where so
// little is left after pooling that the approximation would see nothing.
func (p pair) categoryTest(x, y []int64) (test, error) {
	pooledX, pooledY, pooled := stat.PoolSmall(x, y)
	name, permute := "chi-square", p.permutes(len(x), len(pooledX))
	if permute {
		name, pooledX, pooledY, pooled = "chi-square by permutation", x, y, nil
	}
	r, err := stat.ChiSquareHomogeneity(pooledX, pooledY)
	if err != nil {
		return test{}, err
	}
	effect, err := p.categoryEffect(pooledX, pooledY)
	if err != nil {
		return test{}, err
	}
	minimum, detect := p.settings.limits(effect.scale)
	t := p.question(distribution, name, effect, minimum, detect)
	t.p = r.P
	if permute {
		t.p, t.least = p.permutedHomogeneity(pooledX, pooledY, r.Statistic), 1/float64(p.settings.permutations+1)
	}
	n, m := p.reference.values(), p.current.values()
	t.check.Statistic, t.check.PSI, t.check.PSINoise = finite(r.Statistic), beside(stat.PSI(pooledX, pooledY)), beside(stat.PSINoise(n, m, len(pooledX)))
	t.plan = func(level float64) stat.Plan {
		if permute {
			return stat.ChiSquarePlan(n, m, len(x), level, effect.scale.share(minimum), effect.scale.share(detect))
		}
		return planPooled(x, y, level, effect.scale.share(minimum), effect.scale.share(detect))
	}
	t.check.Message = fmt.Sprintf("column %s: %d categories", p.name, len(x))
	if small := count(pooled); small > 0 {
		t.check.Message += fmt.Sprintf(", %d small ones pooled", small)
	}
	return t, nil
}

// permutes reports whether k categories, of which pooling leaves so many, are tested by permutation. In larger samples than
// maxPermuted the approximation is as good.
func (p pair) permutes(k, pooled int) bool {
	asked := p.settings.categoryTest == Permutation || pooled == 1
	return asked && k > 1 && min(p.reference.values(), p.current.values()) <= maxPermuted
}

// categoryEffect is total variation, or Cramér's V corrected for its bias. A difference that moves a share d of the rows has a V of
// at least 2d√(w(1−w)), w the part of the rows that is the reference's (Cauchy-Schwarz inequality).
func (p pair) categoryEffect(x, y []int64) (effect, error) {
	if p.settings.categoryEffect != CramersV {
		return effect{value: stat.TotalVariation(x, y), noise: stat.TotalVariationNoise(x, y), clear: stat.TotalVariationWithoutNoise, scale: shareOfRows}, nil
	}
	v, err := stat.CramersV(x, y)
	w := float64(p.reference.values()) / float64(p.reference.values()+p.current.values())
	return effect{value: v, scale: scale{"Cramér's V", func(share float64) float64 { return 2 * share * math.Sqrt(w*(1-w)) }}}, err
}

func sum(counts []int64) int64 {
	var all int64
	for _, c := range counts {
		all += c
	}
	return all
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

// mayBeUnseen reports whether chance could leave a category out of the reference. That depends on the sizes of the categories in
// both samples together, so asking only then keeps the correction right.
func (p pair) mayBeUnseen(all []category) bool {
	smallest := all[len(all)-1]
	_, found := unseenNames(all)
	return found > 0 || stat.Exceedance(smallest.reference+smallest.current, p.reference.values(), p.current.values()) > 1e-9
}

// unseen asks whether more of current's rows hold values that the model never learned from than chance puts there: of a column with
// thousands of levels every sample has some that another has not.
func (p pair) unseen(all []category, x, y []int64) test {
	names, found := unseenNames(all)
	share := float64(found) / float64(p.current.values())
	t := p.question(unseenValues, "unseen values", effect{value: share, noise: math.NaN(), scale: scale{unit: valueShare}}, 0, 0)
	t.surprise, t.p, t.drifted = true, stat.UnseenRows(x, y), finding.Warn
	t.check.Message = fmt.Sprintf("column %s: %d values that the reference does not have, in %d rows", p.name, len(names), found)
	if !p.isSensitive {
		t.check.Message += ": " + list(names)
	}
	return t
}

// unseenNames are the values that the reference does not have, quoted and cut, and in how many rows they stand.
func unseenNames(all []category) (names []string, rows int64) {
	for _, c := range all {
		if c.reference == 0 {
			names, rows = append(names, strconv.Quote(cut(c.name))), rows+c.current
		}
	}
	return names, rows
}

// maxLabel bounds the characters of a shown value.
const maxLabel = 40

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxLabel {
		return string(runes[:maxLabel]) + "…"
	}
	return text
}
