package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/profile"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/report"
)

func (a *app) profileCommand() *cobra.Command {
	var in profiling
	c := &cobra.Command{
		Use: "profile TABLE", Short: "Summarize the columns of a table in a file without its rows; merge and show such files", Args: cobra.ExactArgs(1),
		Long: `Summarize each column of a table: counts, nulls, moments, quantiles, frequent and distinct values, dates by day, month or year, and
the lengths of texts. The file holds no rows, states its errors, and merges with others: a reference that can be committed without its
data. TABLE is a table of assay.yaml, or a file, a glob or a folder.

A value of a single row can still be in it: as the least or the most, among the frequent values, or as a quantile. --min-count leaves out
what fewer rows share. Of columns that a contract calls sensitive only counts are kept.`,
		Example: "  assay profile data/train.parquet -o train.profile.json\n  assay profile train --min-count 10 -o train.profile.json\n" +
			"  assay profile merge monday.profile.json tuesday.profile.json -o week.profile.json\n  assay profile show week.profile.json",
		RunE: func(c *cobra.Command, args []string) error {
			made, err := a.profileOf(c.Context(), args[0], in)
			if err != nil {
				return err
			}
			return a.writeProfile(in.output, made)
		},
	}
	outputFlag(c, &in.output)
	c.Flags().Int64Var(&in.minCount, "min-count", 0, "leave out what fewer than `N` rows share")
	c.Flags().StringVar(&in.contract, "contract", "", "contract `file` that says which columns are sensitive, beside those of assay.yaml")
	c.Flags().StringSliceVar(&in.sensitive, "sensitive", nil, "keep only counts of these `columns`")
	c.AddCommand(a.mergeProfilesCommand(), a.showProfileCommand())
	return c
}

// profiling is what the flags of assay profile say.
type profiling struct {
	output, contract string
	sensitive        []string
	minCount         int64
}

// profileOf profiles a table, with a line on a terminal while it lasts.
func (a *app) profileOf(ctx context.Context, name string, in profiling) (made *profile.Profile, err error) {
	spec, dir, err := a.profiledTable(name, in)
	if err != nil {
		return nil, err
	}
	observer := a.watch()
	observer.Begin("profile")
	defer observer.End(finding.Step{})
	engine, err := table.NewEngine(ctx, table.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	opened, err := engine.Open(ctx, filepath.Base(name), dir, spec, false)
	if err != nil {
		return nil, err
	}
	return profile.Of(ctx, opened, in.minCount)
}

// profiledTable is the table that is called so in assay.yaml, else the file; paths start at the folder.
func (a *app) profiledTable(name string, in profiling) (table.Spec, string, error) {
	spec, dir := table.Spec{Path: name}, a.global.dir
	c, err := a.configIfAny()
	if err != nil {
		return spec, dir, err
	}
	if c != nil {
		if declared, ok := c.Data[name]; ok {
			spec, dir = declared, c.Dir
		}
		spec.Sensitive = c.Sensitive()
	}
	spec.Sensitive = append(spec.Sensitive, in.sensitive...)
	if in.contract != "" {
		contract, err := config.LoadContract(a.path(in.contract))
		if err != nil {
			return spec, dir, err
		}
		spec.Sensitive = append(spec.Sensitive, contract.Sensitive()...)
	}
	return spec, dir, nil
}

// configIfAny is the config that --config names, or the usual one where it is there, else nil.
func (a *app) configIfAny() (*config.Config, error) {
	if _, err := os.Stat(a.configPath()); a.global.config == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return config.Load(a.configPath())
}

func (a *app) mergeProfilesCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use: "merge PROFILE PROFILE…", Short: "Merge the profiles of parts into that of the whole", Args: cobra.MinimumNArgs(2),
		Long: `Merge the profiles of the parts of a table: counts, bounds and dates are exactly those of the whole, moments up to rounding, quantiles and
frequent values within the error that the file states.`,
		Example: "  assay profile merge monday.profile.json tuesday.profile.json -o week.profile.json",
		RunE: func(_ *cobra.Command, args []string) error {
			merged, err := a.readProfile(args[0])
			if err != nil {
				return err
			}
			for _, path := range args[1:] {
				part, err := a.readProfile(path)
				if err != nil {
					return err
				}
				if err := merged.Merge(part); err != nil {
					return err
				}
			}
			return a.writeProfile(output, merged)
		},
	}
	outputFlag(c, &output)
	return c
}

func (a *app) showProfileCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show PROFILE", Short: "Show a profile as a table", Args: cobra.ExactArgs(1),
		Example: "  assay profile show train.profile.json",
		RunE: func(_ *cobra.Command, args []string) error {
			shown, err := a.readProfile(args[0])
			if err != nil {
				return err
			}
			return report.TextBlocks(a.env.Out, shown.Blocks(), a.textOptions())
		},
	}
}

func (a *app) readProfile(path string) (*profile.Profile, error) {
	return profile.Load(a.path(path), path)
}

func (a *app) writeProfile(output string, p *profile.Profile) error {
	text, err := p.JSON()
	if err != nil {
		return err
	}
	return a.writeTo(output, text)
}
