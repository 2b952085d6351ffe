package compare

import (
	"fmt"
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/source"
)

// margins are how much worse a metric may be: of the metric itself, and as a share of the champion's value. nil is not given.
type margins struct{ absolute, relative *source.Number }

// marginsOf finds the margins of a metric by its name.
func (s Spec) marginsOf(name string) margins {
	if name == s.Primary() {
		return margins{s.Margin, s.RelativeMargin}
	}
	i := slices.IndexFunc(s.Critical, func(g Guard) bool { return g.Metric == name })
	if i < 0 {
		return margins{}
	}
	return margins{s.Critical[i].Margin, s.Critical[i].RelativeMargin}
}

// narrow takes the smaller of both margins, now that the champion's value is known: where the base is low, an absolute margin alone
// would let all of it go. The value counts as known: treating it as uncertain would only widen what passes, unless both models'
// values correlate above 1 − relative/2.
func (r *Measure) narrow(m margins) {
	if m.relative == nil {
		return
	}
	r.Relative = m.relative.Value
	if share := r.Relative * math.Abs(r.Champion); m.absolute == nil || share < r.Margin {
		r.Margin = share
	}
}

// words are the margin as people read it.
func (r Measure) marginWords() string {
	switch {
	case r.Relative > 0 && r.Verdict != Undefined && r.Margin == r.Relative*math.Abs(r.Champion):
		return fmt.Sprintf(", margin %.3g (%g %% of the champion's)", r.Margin, 100*r.Relative)
	case r.Margin > 0:
		return fmt.Sprintf(", margin %g", r.Margin)
	}
	return ""
}

// check reports margins that hold nothing.
func (m margins) check(p *problems, needed bool, path ...any) {
	at := func(key string) []any { return append(slices.Clone(path), key) }
	if m.relative != nil && !(0 < m.relative.Value && m.relative.Value <= 1) {
		p.add("relative-margin cannot be "+m.relative.Text, "it is a share of the champion's value that may be lost: above 0, up to 1", at("relative-margin")...)
	}
	switch isPositive := m.absolute != nil && m.absolute.Value > 0; {
	case m.absolute != nil && !(m.absolute.Value >= 0):
		p.add("margin cannot be "+m.absolute.Text, "it is how much worse counts as the same: 0 or more", at("margin")...)
	case needed && !isPositive && (m.absolute != nil || m.relative == nil):
		p.add("what is critical needs a margin above 0, or a relative-margin", "no interval lies wholly above 0 where models are alike: say how much worse is bearable", at("margin")...)
	}
}
