package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/stat"
)

// planning is what the flags of `assay gate plan` say.
type planning struct {
	metric                   string
	base, drop, power, level float64
	discordance, deviation   float64
	isTwoSided               bool
}

func (a *app) planCommand() *cobra.Command {
	var p planning
	c := &cobra.Command{
		Use: "plan", Short: "Say how many rows it takes to notice a drop", Args: cobra.NoArgs,
		Long: `Say how many rows it takes to notice a true drop of a share, such as an accuracy: against a fixed limit, against a base on other rows,
and against a base on the same rows (paired), which takes the share of rows that the two models answer differently (--discordance). With
--deviation in place of --base it is about any metric that is a mean: of rows, or of runs of which each has this standard deviation.

The power is one-sided unless --two-sided is given. Sources of the formulas: docs/gate-power.md.`,
		Example: "  assay gate plan --metric accuracy --base 0.88 --drop 0.02 --power 0.8 --discordance 0.06\n" +
			"  assay gate plan --metric rmse --deviation 0.9 --drop 0.1",
		RunE: func(c *cobra.Command, _ []string) error {
			given := c.Flags().Changed
			if err := p.check(given("base"), given("deviation"), given("discordance")); err != nil {
				return err
			}
			return a.showPlan(p.plan())
		},
	}
	f := c.Flags()
	f.StringVar(&p.metric, "metric", "metric", "`name` of the metric, as the answer has it")
	f.Float64Var(&p.base, "base", math.NaN(), "the `share` that an unchanged model has")
	f.Float64Var(&p.deviation, "deviation", math.NaN(), "standard deviation of `one` row's value, or of one run's, in place of --base")
	f.Float64Var(&p.drop, "drop", math.NaN(), "the true `drop` that is to be noticed")
	f.Float64Var(&p.power, "power", 0.8, "the `chance` with which it is noticed")
	f.Float64Var(&p.level, "max-false-alarm", 0.05, "how often an unchanged model may be `red`")
	f.Float64Var(&p.discordance, "discordance", math.NaN(), "`share` of rows that the two models answer differently, one of them rightly")
	f.BoolVar(&p.isTwoSided, "two-sided", false, "a rise is an alarm too: half of --max-false-alarm is for each side")
	return c
}

// check refuses what no plan can be made of. NaN is a flag that was not given.
func (p planning) check(hasBase, hasDeviation, hasDiscordance bool) error {
	inside := func(v float64) bool { return 0 < v && v < 1 }
	switch {
	case hasBase == hasDeviation:
		return source.Errorf("--base 0.88 for a share; --deviation 0.9 for another metric", "one of --base and --deviation is needed")
	case !(p.drop > 0) || math.IsInf(p.drop, 0):
		return source.Errorf("such as --drop 0.02, two points of an accuracy", "--drop must be more than 0")
	case hasBase && !(inside(p.base) && p.drop <= p.base):
		return source.Errorf("a share is between 0 and 1, and cannot drop by more than itself", "--base cannot be %v with a drop of %v", p.base, p.drop)
	case hasDeviation && (!(p.deviation > 0) || math.IsInf(p.deviation, 0)):
		return source.Errorf("the standard deviation of one value", "--deviation must be more than 0")
	case !inside(p.power) || !inside(p.level) || p.level >= p.power:
		return source.Errorf("such as --power 0.8 --max-false-alarm 0.05", "--power and --max-false-alarm are chances, and the power is the larger one")
	case hasDiscordance && (!hasBase || !inside(p.discordance) || p.discordance < p.drop):
		return source.Errorf("it is at least the drop, and at most all rows", "--discordance cannot be %v beside --drop %v", p.discordance, p.drop)
	}
	return nil
}

// plan is the answer.
type plan struct {
	Metric    string   `json:"metric"`
	Base      float64  `json:"base,omitempty"`
	Deviation float64  `json:"deviation,omitempty"`
	Drop      float64  `json:"drop"`
	Power     float64  `json:"power"`
	Alarm     float64  `json:"max-false-alarm"`
	Sides     int      `json:"sides"`
	Designs   []design `json:"designs"`
}

// design is one way to hold the metric against something.
type design struct {
	Name    string  `json:"name"`
	Rows    int64   `json:"rows"`    // of one arm
	Arms    int     `json:"arms"`    // samples of so many rows
	Allowed float64 `json:"allowed"` // how large a drop the gate should allow
	Alarm   float64 `json:"alarm"`   // the chance of the wrong answer that the rule comes to; exact up to 20,000 rows
	Power   float64 `json:"power"`   // that of the right one
	Advice  string  `json:"advice"`
}

func (p planning) plan() plan {
	ask := stat.Ask{Drop: p.drop, Power: p.power, Level: p.level}
	answer := plan{Metric: p.metric, Drop: p.drop, Power: p.power, Alarm: p.level, Sides: 1}
	if p.isTwoSided {
		answer.Sides, ask.Level = 2, p.level/2
	}
	if !math.IsNaN(p.deviation) {
		answer.Deviation, answer.Designs = p.deviation, p.means(ask)
		return answer
	}
	answer.Base, answer.Designs = p.base, p.shares(ask)
	return answer
}

// shares are the designs for a share of rows.
func (p planning) shares(ask stat.Ask) []design {
	one, two := ask.OneShare(p.base), ask.TwoShares(p.base)
	all := []design{
		{"against a fixed limit", one.Rows, 1, one.Allowed, stat.ShareBelow(one.Rows, p.base, p.base-one.Allowed),
			stat.ShareBelow(one.Rows, p.base-p.drop, p.base-one.Allowed), fmt.Sprintf("at-least: %.4g", p.base-one.Allowed)},
		{"unpaired: base and head on rows of their own", two.Rows, 2, two.Allowed, stat.ShareFallsBelow(two.Rows, p.base, p.base, two.Allowed),
			stat.ShareFallsBelow(two.Rows, p.base, p.base-p.drop, two.Allowed), fmt.Sprintf("max-drop: %.4g", two.Allowed)},
	}
	if math.IsNaN(p.discordance) {
		return all
	}
	pairs, notWorse := ask.Pairs(p.discordance), ask.NotWorse(p.discordance)
	shown := p.drop - notWorse.Allowed // a smaller observed drop is within the margin; its alarm is to pass a model that is worse by the margin
	return append(all,
		design{"paired: both on the same rows", pairs.Rows, 1, pairs.Allowed, stat.PairFallsBelow(pairs.Rows, p.discordance, 0, pairs.Allowed),
			stat.PairFallsBelow(pairs.Rows, p.discordance, p.drop, pairs.Allowed), fmt.Sprintf("max-drop: %.4g", pairs.Allowed)},
		design{notWorseDesign, notWorse.Rows, 1, shown, 1 - stat.PairFallsBelow(notWorse.Rows, p.discordance, p.drop, shown),
			1 - stat.PairFallsBelow(notWorse.Rows, p.discordance, 0, shown), fmt.Sprintf("compare: with margin: %.4g, need: not-worse", p.drop)})
}

// notWorseDesign shows that there is no drop, where the others show that there is one.
const notWorseDesign = "paired, to show that a model is not worse by the drop"

// means are the designs for a metric that is a mean, of rows or of runs; the deviation is an estimate.
func (p planning) means(ask stat.Ask) []design {
	one, two := ask.Student(p.deviation), ask.Student(p.deviation*math.Sqrt2)
	return []design{
		{"against a fixed limit", one.Rows, 1, one.Allowed, ask.Level, ask.Power, fmt.Sprintf("a limit %.4g beside the usual value", one.Allowed)},
		{"against a base of as many rows of its own", two.Rows, 2, two.Allowed, ask.Level, ask.Power, fmt.Sprintf("max-drop or max-rise: %.4g", two.Allowed)},
	}
}

// showPlan writes the answer for people or for programs. Where the deviation is that of one run, its rows are runs.
func (a *app) showPlan(answer plan) error {
	if a.global.format == "json" || a.global.json == "-" {
		encoder := json.NewEncoder(a.env.Out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(answer)
	}
	_, err := io.WriteString(a.env.Out, answer.text())
	return err
}

func (p plan) text() string {
	var b strings.Builder
	of := fmt.Sprintf("base %g", p.Base)
	if p.Base == 0 {
		of = fmt.Sprintf("deviation %g of one value", p.Deviation)
	}
	fmt.Fprintf(&b, "%s, %s: a true drop of %g is noticed in %g %% of runs, an unchanged model is red in %g %% (%s)\n\n", p.Metric, of, p.Drop, 100*p.Power,
		100*p.Alarm, map[int]string{1: "one-sided", 2: "two-sided"}[p.Sides])
	for _, d := range p.Designs {
		chances := fmt.Sprintf("red by chance in %.3g %%, notices the drop in %.3g %%", 100*d.Alarm, 100*d.Power)
		if d.Name == notWorseDesign {
			chances = fmt.Sprintf("passes an equal model in %.3g %%, one that is worse by the drop in %.3g %%", 100*d.Power, 100*d.Alarm)
		}
		each := ""
		if d.Arms > 1 {
			each = " each"
		}
		fmt.Fprintf(&b, "%8d rows%s, %s\n          %s (%s)\n", d.Rows, each, d.Name, d.Advice, chances)
	}
	return b.String()
}
