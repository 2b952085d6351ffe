package cli

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/check/drift/evidently"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/source"
)

// invocation is what the commands that judge have in common.
type invocation struct {
	steps       []string
	baseMetrics string
	name        string
	report      string // folder for report.json, report.html and comment.md
	flips       string // file for the rows about which one of two models alone is right
	failing     string // folder for the rows that break a contract
	enforce     bool
	back        writeBackFlags
	memory      size
}

func (i *invocation) flags(c *cobra.Command) {
	c.Flags().StringVar(&i.report, "report", "", "write report.json, report.html and comment.md into `dir` (in Actions: assay-report)")
	c.Flags().BoolVar(&i.enforce, "enforce", true, "false: report everything, block nothing")
	c.Flags().StringVar(&i.name, "name", "", "tells several Assay jobs of one repository apart (default: the config's name or model)")
	c.Flags().Var(&i.memory, "memory-limit", "keep to about so much memory, such as 700MB or 2GiB; slower where it is little (default: most of the machine's or the container's)")
	i.back.flags(c)
}

func (a *app) runCommand() *cobra.Command {
	var in invocation
	c := &cobra.Command{
		Use:   "run [STEP…]",
		Short: "Run the steps of assay.yaml in their order",
		Long: "Run the steps of assay.yaml in their order, or only those named: " + strings.Join(run.StepNames(), ", ") + `.

In Actions the result is also written to the pull request, as a check run, as annotations, as the job's summary and as
outputs; the token comes from the action's input or from GITHUB_TOKEN.`,
		Example:   "  assay run\n  assay run validate drift\n  assay run --base-metrics main-metrics.json --report out",
		ValidArgs: run.StepNames(),
		RunE: func(c *cobra.Command, args []string) error {
			in.steps = args
			return a.execute(c.Context(), in, nil)
		},
	}
	in.flags(c)
	in.failingRows(c)
	in.flipped(c)
	c.Flags().StringVar(&in.baseMetrics, "base-metrics", "", "metrics `file` to compare with, instead of the one committed at the base")
	return c
}

func (a *app) validateCommand() *cobra.Command {
	var in invocation
	var use schema.Use
	c := &cobra.Command{
		Use:     "validate [TABLE]",
		Short:   "Check tables against their contracts, and for leakage",
		Long:    "Check tables against their contracts and for leakage, as assay.yaml says; or one file against one contract.",
		Example: "  assay validate\n  assay validate --contract contract.yaml data/train.csv\n  assay validate --contract contract.yaml 's3://bucket/train/*.parquet'",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			in.steps = []string{"validate"}
			if use.Contract == "" && len(args) == 0 && len(use.Variables)+len(use.Tags) == 0 {
				return a.execute(c.Context(), in, nil)
			}
			if use.Contract == "" || len(args) == 0 {
				return source.Errorf("assay validate --contract contract.yaml data/train.csv", "a table and --contract go together")
			}
			return a.execute(c.Context(), in, func() (*config.Config, error) { return a.validateConfig(use, args[0]) })
		},
	}
	in.flags(c)
	in.failingRows(c)
	c.Flags().StringVar(&use.Contract, "contract", "", "contract `file` for the table that is named")
	c.Flags().StringToStringVar(&use.Variables, "var", nil, "a value for one of the contract's variables, as `name=value`")
	c.Flags().StringSliceVar(&use.Tags, "tags", nil, "only rules of the contract with one of these `tags`")
	return c
}

// failingRows is the flag of the commands that check contracts.
func (i *invocation) failingRows(c *cobra.Command) {
	c.Flags().StringVar(&i.failing, "failing-rows", "", "write all rows that break a contract into `dir`, as Parquet; sensitive columns are left out")
}

// adHoc is a config made from flags: paths start at the folder of -C.
func (a *app) adHoc(model string) *config.Config {
	return &config.Config{Version: 1, Model: model, Name: model, Dir: a.global.dir}
}

func (a *app) validateConfig(use schema.Use, path string) (*config.Config, error) {
	c := a.adHoc(blob.Title(path))
	promises, err := config.LoadContractWith(a.path(use.Contract), use.Variables)
	if err != nil {
		return nil, err
	}
	if err := config.CheckTags(use.Tags, *promises, use.Contract).OrNil(); err != nil {
		return nil, err
	}
	c.Data = map[string]table.Spec{c.Model: {Path: path}}
	use.Table, use.Promises = c.Model, promises
	c.Validate = []config.Check{{Use: use}}
	return c, nil
}

func (a *app) trainCommand() *cobra.Command {
	var in invocation
	c := &cobra.Command{
		Use: "train", Short: "Train on a small sample, and read the metrics", Args: cobra.NoArgs,
		Long: "Run the training command of assay.yaml, or the built-in trainer, and read the metrics that it writes.",
		RunE: func(c *cobra.Command, _ []string) error {
			in.steps = []string{"train"}
			return a.execute(c.Context(), in, nil)
		},
	}
	in.flags(c)
	return c
}

func (a *app) gateCommand() *cobra.Command {
	var in invocation
	var metrics string
	var limits []string
	c := &cobra.Command{
		Use: "gate", Short: "Hold metrics against limits and against the base", Args: cobra.NoArgs,
		Long:    "Hold a metrics file against the gates of assay.yaml; or against limits from flags.\n\n" + config.GateSyntax,
		Example: "  assay gate\n  assay gate --metrics m.json --base-metrics old.json --gate 'accuracy>=0.85' --gate 'auc max-drop 0.02'",
		RunE: func(c *cobra.Command, _ []string) error {
			in.steps = []string{"gate"}
			if metrics == "" && len(limits) == 0 {
				return a.execute(c.Context(), in, nil)
			}
			return a.execute(c.Context(), in, func() (*config.Config, error) { return a.gateConfig(metrics, limits) })
		},
	}
	in.flags(c)
	c.Flags().StringVar(&metrics, "metrics", "", "metrics `file` to judge (default metrics.json)")
	c.Flags().StringVar(&in.baseMetrics, "base-metrics", "", "metrics `file` to compare with, instead of the one committed at the base")
	c.Flags().StringArrayVar(&limits, "gate", nil, "`limit` on a metric; may be given several times")
	c.AddCommand(a.auditCommand(), a.planCommand(), a.aaCommand())
	return c
}

func (a *app) gateConfig(metrics string, limits []string) (*config.Config, error) {
	if len(limits) == 0 {
		return nil, source.Errorf("assay gate --metrics m.json --gate 'accuracy>=0.85'", "--metrics needs at least one --gate")
	}
	c := a.adHoc("metrics")
	c.Metrics = metric.Spec{Path: metrics}
	var problems source.Problems
	for _, text := range limits {
		spec, err := config.ParseGate(text)
		if err != nil {
			problems = append(problems, source.Problem{Message: err.Error()})
			continue
		}
		c.Gates = append(c.Gates, spec)
	}
	return c, problems.OrNil()
}

func (a *app) driftCommand() *cobra.Command {
	var in invocation
	var reference, current string
	var spec drift.Spec
	var rules evidently.Spec
	c := &cobra.Command{
		Use: "drift", Short: "Compare a current table with a reference", Args: cobra.NoArgs,
		Long: "Compare the tables that assay.yaml names under drift; or two files. The reference may be a profile (assay profile): train.profile.json.",
		Example: "  assay drift\n  assay drift --reference train.csv --current 'today/*.parquet' --exclude id\n  assay drift --reference train.profile.json --current today.csv\n" +
			"  assay drift --reference train.csv --current today.csv --mode evidently",
		RunE: func(c *cobra.Command, _ []string) error {
			in.steps = []string{"drift"}
			if reference == "" && current == "" {
				return a.execute(c.Context(), in, nil)
			}
			if reference == "" || current == "" {
				return source.Errorf("assay drift --reference A --current B", "--reference and --current go together")
			}
			return a.execute(c.Context(), in, func() (*config.Config, error) {
				return a.driftConfig(reference, current, spec, rules)
			})
		},
	}
	in.flags(c)
	c.Flags().StringVar(&reference, "reference", "", "`file`, glob, folder, s3:// path or https:// address of the reference table, or of its profile")
	c.Flags().StringVar(&current, "current", "", "`file`, glob, folder, s3:// path or https:// address of the current table")
	c.Flags().StringSliceVar(&spec.Columns.Include, "include", nil, "compare only these `columns`")
	c.Flags().StringSliceVar(&spec.Columns.Exclude, "exclude", nil, "leave out these `columns`")
	c.Flags().StringVar((*string)(&spec.Mode), "mode", "assay", "by whose rules: assay, or evidently, which reproduces Evidently's DataDriftPreset")
	c.Flags().StringVar((*string)(&rules.Stattest), "stattest", "", "with --mode evidently: the `name` of one of its stattests, for all columns")
	c.Flags().StringVar((*string)(&rules.Nulls), "nulls", "", "with --mode evidently: which fields of CSV are null: pandas (the default), as read_csv has it, or empty")
	return c
}

func (a *app) driftConfig(reference, current string, spec drift.Spec, rules evidently.Spec) (*config.Config, error) {
	c := a.adHoc(blob.Title(current))
	c.Data = map[string]table.Spec{"reference": {Path: reference}, "current": {Path: current}}
	spec.Reference, spec.Current = "reference", "current"
	switch spec.Mode {
	case drift.ModeAssay:
		if rules.Stattest != "" || rules.Nulls != "" {
			return nil, source.Errorf("add --mode evidently", "--stattest and --nulls go with --mode evidently")
		}
	case drift.ModeEvidently:
		if c.Data["reference"].IsProfile() {
			return nil, source.Errorf("name a table as reference", "--mode evidently needs the rows of the reference, and a profile has none")
		}
		spec.Evidently = &rules
		if err := rules.Problems().OrNil(); err != nil {
			return nil, err
		}
	default:
		return nil, source.Errorf("--mode assay or --mode evidently", "there is no mode %q", spec.Mode)
	}
	c.Drift = &spec
	return c, nil
}

// path is a path of a flag as the file system has it.
func (a *app) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.global.dir, name)
}
