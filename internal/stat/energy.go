package stat

import "math"

// EnergyDistanceSorted is the energy distance √(2 ∫ (F_x − F_y)²), as scipy.stats.energy_distance (Székely & Rizzo 2013), in the
// root of the unit of the values. Both samples are sorted ascending, not empty and finite.
func EnergyDistanceSorted(x, y []float64) float64 {
	n, m := float64(len(x)), float64(len(y))
	var shareX, shareY, area float64
	last := math.Min(x[0], y[0])
	for v, counts := range ties(x, y) {
		area += square(shareX/n-shareY/m) * (v - last)
		shareX, shareY, last = shareX+float64(counts[0]), shareY+float64(counts[1]), v
	}
	return math.Sqrt(2 * area)
}
