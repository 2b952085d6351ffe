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

// narrow takes the smaller of both margins, now that the values are known: where the base is low, an absolute margin alone would let
// all of it go. With a share r the challenger may fall to (1 − r) of the champion's value, or rise to (1 + r) of it where less is better: the gain
// may be −r times the champion's value, or −r/(1+r) times the challenger's, which is the same border. That value counts as known. Let V be its variance
// and C its covariance with the other model's: the exact variance differs from the gain's by s(2(C − V) + sV), with s for r or r/(1+r), so the
// verdict errs on the safe side unless C/V exceeds 1 − s/2. The champion's value in place of the challenger's would err on the other for losses.
func (r *Measure) narrow(m margins, isLoss bool) {
	if m.relative == nil {
		return
	}
	r.Relative = m.relative.Value
	most := r.Relative * math.Abs(r.Champion)
	if isLoss {
		most = r.Relative / (1 + r.Relative) * math.Abs(r.Challenger)
	}
	if m.absolute == nil || most < r.Margin {
		r.Margin, r.IsRelative = most, true
	}
}

// marginWords are the margin as people read it.
func (r Measure) marginWords() string {
	switch {
	case r.IsRelative:
		return fmt.Sprintf(", margin %.3g (relative margin %g %%)", r.Margin, 100*r.Relative)
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
