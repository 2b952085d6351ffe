package stat

import "math"

// grid is a layout for values that are whole multiples of 1/power: one bin for each multiple.
type grid struct {
	power     float64 // 1, 10, … 10000
	low, high int64   // the range, in multiples
	places    int64   // how wide it may be
	counts    [2][]int64
}

const (
	maxPower  = 1e4
	maxPlaces = 1 << 16 // of a grid: with more of them ties are rare and buckets do as well
	perValue  = 16      // places of a grid for each value, so that few values need little memory
	maxWhole  = 1 << 52 // up to here the rounding of v·power is exact
)

// gridOf finds the coarsest grid on which all values lie, where there is one of few enough places.
func gridOf(x, y [][]float64) (*grid, bool) {
	g := &grid{power: 1, low: math.MaxInt64, high: math.MinInt64, places: min(maxPlaces, perValue*(length(x)+length(y)))}
	for _, sample := range [2][][]float64{x, y} {
		for _, segment := range sample {
			if !g.extend(segment) {
				return nil, false
			}
		}
	}
	return g, true
}

// extend widens the grid to more values, and reports false where it cannot.
func (g *grid) extend(values []float64) bool {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		for math.RoundToEven(v*g.power)/g.power != v {
			if g.power == maxPower {
				return false
			}
			g.refine()
		}
		low, high = min(low, v), max(high, v)
	}
	if len(values) == 0 {
		return true
	}
	if !(-maxWhole <= low*maxPower && high*maxPower <= maxWhole) {
		return false
	}
	g.low, g.high = min(g.low, g.multiple(low)), max(g.high, g.multiple(high))
	return g.high-g.low < g.places
}

// refine makes the grid ten times finer; what lay on it still does.
func (g *grid) refine() {
	g.power *= 10
	if g.low <= g.high {
		g.low, g.high = 10*g.low, 10*g.high
	}
}

func (g *grid) multiple(v float64) int64 { return int64(math.RoundToEven(v * g.power)) }

func (g *grid) bins(x, y [][]float64) []bin {
	g.counts = [2][]int64{g.count(x), g.count(y)}
	bins := make([]bin, 0, len(g.counts[0]))
	for i, inX := range g.counts[0] {
		if inY := g.counts[1][i]; inX+inY > 0 {
			v := g.value(i)
			bins = append(bins, bin{low: v, high: v, place: i, x: content{count: inX}, y: content{count: inY}})
		}
	}
	return bins
}

func (g *grid) value(place int) float64 { return float64(g.low+int64(place)) / g.power }

func (g *grid) count(sample [][]float64) []int64 {
	counts := make([]int64, g.high-g.low+1)
	for _, segment := range sample {
		for _, v := range segment {
			counts[g.multiple(v)-g.low]++
		}
	}
	return counts
}

func (g *grid) pieces(sample int) []piece {
	var all []piece
	for i, count := range g.counts[sample] {
		if count > 0 {
			all = append(all, piece{low: g.value(i), count: float64(count)})
		}
	}
	return all
}

// gather has nothing to look for: a bin is its value.
func (g *grid) gather([][]float64, []int32, [][]float64) {}
