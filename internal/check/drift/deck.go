package drift

import (
	"math"
	"math/rand/v2"

	"github.com/assay-ml/assay/internal/stat"
)

// permutedHomogeneity is the share of deals of all rows to the two samples, this one included, whose statistic is at least as large.
func (p pair) permutedHomogeneity(x, y []int64, statistic float64) float64 {
	deck := newDeck(x, y, p.settings.seed)
	hits := 1
	for range p.settings.permutations {
		dealt, rest := deck.deal()
		if r, err := stat.ChiSquareHomogeneity(dealt, rest); err == nil && r.Statistic >= statistic*(1-1e-12) {
			hits++
		}
	}
	return float64(hits) / float64(1+p.settings.permutations)
}

// deck is the categories of all rows of both samples, to be dealt out anew.
type deck struct {
	random      *rand.Rand
	rows        []int32 // the category of each row
	all         []int64 // rows by category
	hand        int     // rows of the smaller sample
	dealt, rest []int64
}

func newDeck(x, y []int64, seed uint64) *deck {
	d := &deck{random: rand.New(rand.NewPCG(seed, 1)), all: make([]int64, len(x)), hand: int(min(sum(x), sum(y))),
		dealt: make([]int64, len(x)), rest: make([]int64, len(x))}
	for i := range x {
		d.all[i] = x[i] + y[i]
		for range d.all[i] {
			d.rows = append(d.rows, int32(i))
		}
	}
	return d
}

// deal counts as many rows as the smaller sample has, drawn without replacement, and the rest. The slices are the deck's.
func (d *deck) deal() (dealt, rest []int64) {
	clear(d.dealt)
	copy(d.rest, d.all)
	for i := range d.hand {
		j := i + d.random.IntN(len(d.rows)-i)
		d.rows[i], d.rows[j] = d.rows[j], d.rows[i]
		d.dealt[d.rows[i]]++
		d.rest[d.rows[i]]--
	}
	return d.dealt, d.rest
}

// planPooled plans a test of pooled counts. What moves among the small categories is not seen, so of a difference that moves all
// alike only the part outside of them counts; with more rows fewer are small.
func planPooled(x, y []int64, level, minimum, detect float64) stat.Plan {
	const step, steps = 1.5, 24 // up to 17,000 times the rows
	growth := 1.0
	for range steps {
		grownX, grownY := multiplied(x, growth), multiplied(y, growth)
		pooledX, _, pooled := stat.PoolSmall(grownX, grownY)
		seen := detect * (1 - hidden(grownX, grownY, pooled))
		if seen > minimum {
			plan := stat.ChiSquarePlan(sum(grownX), sum(grownY), len(pooledX), level, minimum, seen)
			if plan.Enough && growth == 1 {
				return plan
			}
			if plan.Enough {
				break
			}
			growth = math.Max(growth, growth*plan.Growth/step) // the pooled share only falls
		}
		growth *= step
	}
	return stat.Plan{Growth: growth}
}

func multiplied(counts []int64, factor float64) []int64 {
	out := make([]int64, len(counts))
	for i, c := range counts {
		out[i] = int64(math.Round(float64(c) * factor))
	}
	return out
}

// hidden is the share of rows in categories that were joined with others.
func hidden(x, y []int64, pooled []bool) float64 {
	if count(pooled) < 2 {
		return 0
	}
	var small int64
	for i, joined := range pooled {
		if joined {
			small += x[i] + y[i]
		}
	}
	return float64(small) / float64(sum(x)+sum(y))
}
