package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
)

// comparison is the flags of `assay compare` that are no fields of its spec.
type comparison struct {
	champion, challenger string
	margin, relative     string
	better               string
	models               [2]string // of the champion and of the challenger
	tasks                []string
	critical             map[string]string
	fairness             []string
	repeats              int
	splits               string
	spec                 compare.Spec
}

func (a *app) compareCommand() *cobra.Command {
	var in invocation
	var flags comparison
	c := &cobra.Command{
		Use: "compare", Short: "Compare a challenger with the champion on the same rows", Args: cobra.NoArgs,
		Long: `Compare the predictions of two models on the same rows, as assay.yaml says under compare; or those of two files. Is the
challenger better than the champion, not worse, or worse, and which rows flipped?

Files and folders that lm-evaluation-harness, Inspect, promptfoo or NeMo Evaluator wrote are compared item by item: they need no --key. One task decides;
of several none may be worse than --margin or --relative-margin.`,
		Example: "  assay compare\n  assay compare --champion old.csv --challenger new.csv --key id --label y\n" +
			"  assay compare --champion old.parquet --challenger new.parquet --key id --label y --metric f1 --positive bad --margin 0.01 --need not-worse --slice sex --flips flips.parquet\n" +
			"  assay compare --champion runs/old --challenger runs/new --task gsm8k --need not-worse --margin 0.02\n" +
			"  assay compare --champion old.eval --challenger new.eval --relative-margin 0.1",
		RunE: func(c *cobra.Command, _ []string) error {
			in.steps = []string{"compare"}
			if flags.champion == "" && flags.challenger == "" {
				return a.execute(c.Context(), in, nil)
			}
			if flags.champion == "" || flags.challenger == "" {
				return source.Errorf("assay compare --champion A --challenger B --key id --label y", "--champion and --challenger go together")
			}
			return a.execute(c.Context(), in, func() (*config.Config, error) { return a.compareConfig(flags) })
		},
	}
	in.flags(c)
	in.flipped(c)
	flags.define(c)
	return c
}

// flipped is the flag of the commands that compare models.
func (i *invocation) flipped(c *cobra.Command) {
	c.Flags().StringVar(&i.flips, "flips", "", "write all rows about which one model alone is right to `file`, Parquet or CSV by its name; sensitive columns are left out")
}

func (f *comparison) define(c *cobra.Command) {
	s := &f.spec
	flags := c.Flags()
	flags.StringVar(&f.champion, "champion", "", "`file` of the champion's predictions, or file or folder of its evaluation")
	flags.StringVar(&f.challenger, "challenger", "", "`file` of the challenger's predictions, or file or folder of its evaluation")
	flags.StringSliceVar(&s.Key, "key", nil, "`columns` by which rows are joined")
	flags.StringVar(&s.Repeat, "repeat", "", "`column` that tells several answers about one key apart")
	flags.IntVar(&f.repeats, "repeats", 0, "the column repeat tells so many `trainings` of the challenger apart, which differ by their seed")
	flags.StringVar(&f.splits, "splits", "", "the column repeat tells random splits apart, of so many rows or shares `train/test`, such as 0.8/0.2")
	flags.StringVar(&s.Label, "label", "", "`column` of the truth (default label)")
	flags.StringVar(&s.Prediction, "prediction", "", "`column` of the predicted class or number (default prediction)")
	flags.StringVar(&s.Score, "score", "", "`column` of the positive class's probability, or of a score (default score)")
	flags.StringToStringVar(&s.Classes, "class", nil, "for several classes, the `name=column` of each one's probability")
	flags.StringVar(&s.Positive, "positive", "", "the positive `class`")
	flags.StringVar(&s.Weight, "weight", "", "`column` of the weight of each row")
	flags.StringVar(&s.Group, "group", "", "`column` of what rows belong to: groups are resampled")
	flags.StringVar(&s.Time, "time", "", "`column` of the order of forecasts")
	flags.IntVar(&s.Horizon, "horizon", 0, "how many `steps` ahead the forecasts are (default 1)")
	flags.StringSliceVar(&s.Slices, "slice", nil, "`columns` whose values are compared one by one")
	flags.StringSliceVar(&f.fairness, "fairness", nil, "`columns` of groups of people, each perhaps with the largest difference between them, such as sex=0.1")
	flags.StringVar(&s.Metric, "metric", "", "the `metric` that decides (default accuracy)")
	flags.StringVar(&f.margin, "margin", "", "`how much` worse counts as not worse (default 0)")
	flags.StringVar(&f.relative, "relative-margin", "", "the margin as a `share` of the champion's value, such as 0.1; of both the smaller one holds")
	flags.StringSliceVar(&f.tasks, "task", nil, "`tasks` of evaluations that are compared (default all)")
	flags.StringVar(&f.models[0], "champion-model", "", "the `model`, provider or prompt that is the champion, where an evaluation holds several")
	flags.StringVar(&f.models[1], "challenger-model", "", "the `model`, provider or prompt that is the challenger")
	flags.StringVar(&f.better, "better", "", "which `way` the metric of an evaluation is better, higher or lower, where neither the file nor its name tells")
	flags.StringVar((*string)(&s.Need), "need", "", "which `verdict` passes: better (the default) or not-worse")
	flags.StringToStringVar(&f.critical, "critical", nil, "a `metric=margin` that must not be worse either")
	flags.StringSliceVar(&s.Advisory, "advisory", nil, "`metrics` that are shown and decide nothing")
	flags.Int64Var(&s.Seed, "seed", 0, "the same seed draws the same replicates")
}

// compareConfig is the config that the flags make.
func (a *app) compareConfig(f comparison) (*config.Config, error) {
	c := a.adHoc(blob.Title(f.challenger))
	spec := f.spec
	var err error
	if f.margin != "" {
		if spec.Margin, err = numberFlag("margin", f.margin); err != nil {
			return nil, err
		}
	}
	if f.relative != "" {
		if spec.RelativeMargin, err = numberFlag("relative-margin", f.relative); err != nil {
			return nil, err
		}
	}
	if tasks := a.tasks(f); len(tasks) > 0 {
		return c, f.ofSuites(c, spec, tasks)
	}
	if len(f.tasks) > 0 || f.better != "" || f.models != [2]string{} {
		return nil, source.Errorf("name what lm-eval, Inspect, promptfoo or NeMo Evaluator wrote, without --key", "--task, --better and models are about evaluations, and %s is none", f.champion)
	}
	c.Data = map[string]table.Spec{"champion": {Path: f.champion}, "challenger": {Path: f.challenger}}
	spec.Champion, spec.Challenger = "champion", "challenger"
	for _, metric := range slices.Sorted(maps.Keys(f.critical)) {
		margin, err := numberFlag("critical "+metric, f.critical[metric])
		if err != nil {
			return nil, err
		}
		spec.Critical = append(spec.Critical, compare.Guard{Metric: metric, Margin: margin})
	}
	if f.repeats != 0 {
		spec.Repeats = &f.repeats
	}
	if spec.Fairness, err = fairnessFlag(f.fairness); err != nil {
		return nil, err
	}
	if spec.Splits, err = splitsFlag(f.splits); err != nil {
		return nil, err
	}
	c.Compare = &spec
	return c, spec.FlagProblems().OrNil()
}

// fairnessFlag reads columns of groups, each perhaps with a limit.
func fairnessFlag(texts []string) ([]compare.Groups, error) {
	var all []compare.Groups
	for _, text := range texts {
		column, limit, isLimited := strings.Cut(text, "=")
		groups := compare.Groups{Column: column}
		if isLimited {
			n, err := numberFlag("fairness "+column, limit)
			if err != nil {
				return nil, err
			}
			groups.Limit = n
		}
		all = append(all, groups)
	}
	return all, nil
}

// splitsFlag reads the parts of splits, nil of "".
func splitsFlag(text string) (*compare.Splits, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no flag is no splits
	}
	train, test, _ := strings.Cut(text, "/")
	var s compare.Splits
	var err error
	if s.Train, err = numberFlag("splits", train); err == nil {
		s.Test, err = numberFlag("splits", test)
	}
	return &s, err
}

// numberFlag reads a number from a flag.
func numberFlag(name, text string) (*source.Number, error) {
	n, err := source.ParseNumber(text, source.Pos{})
	if err != nil {
		return nil, source.Errorf("write a number, such as 0.01", "%s", fmt.Sprintf("--%s: %v", name, err))
	}
	return &n, nil
}
