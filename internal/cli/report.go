package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/report"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/source"
)

func (a *app) reportCommand() *cobra.Command {
	var merge bool
	var format string
	c := &cobra.Command{
		Use:   "report RESULT.json…",
		Short: "Show stored results again, or join several",
		Long: `Show stored results again as markdown, html, text, JUnit XML or SARIF, or join several into one with --merge: a step of the same name in a
later file replaces the one of an earlier file. The exit code is the verdict's.`,
		Example: "  assay report report.json --format markdown\n  assay report validate.json train.json --merge --format html > report.html",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.showStored(args, merge, format)
		},
	}
	c.Flags().BoolVar(&merge, "merge", false, "join the results into one")
	c.Flags().StringVar(&format, "format", "text", strings.Join(storedFormats, ", "))
	return c
}

// maxResult bounds a result file: it may come from a pull request.
const maxResult = 64 << 20

func (a *app) readResult(path string) (finding.Result, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxResult {
		return finding.Result{}, source.Errorf("results are smaller", "%s is larger than %d MiB", path, maxResult>>20)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return finding.Result{}, source.Errorf("name a file that assay run --json wrote", "%v", err)
	}
	result, err := finding.Decode(data, run.Decoders)
	if err != nil {
		return finding.Result{}, source.Errorf("name a file that assay run --json wrote", "%s: %v", path, err)
	}
	return result, nil
}

var storedFormats = []string{"text", "markdown", "html", "json", "junit", "sarif"}

func (a *app) showStored(paths []string, merge bool, format string) error {
	if !slices.Contains(storedFormats, format) {
		return source.Errorf("formats are "+strings.Join(storedFormats, ", "), "unknown format %q", format)
	}
	var results []finding.Result
	for _, path := range paths {
		result, err := a.readResult(a.path(path))
		if err != nil {
			return err
		}
		results = append(results, result)
	}
	if (a.global.json != "" || len(a.savedFiles()) > 0) && !merge && len(results) > 1 {
		return source.Errorf("add --merge to join them", "a file takes one result, and there are %d", len(results))
	}
	if merge {
		merged := results[0]
		for _, next := range results[1:] {
			merged = merged.Merge(next)
		}
		results = []finding.Result{merged}
	}
	red := false
	for _, result := range results {
		if err := a.saveFiles(result); err != nil {
			return err
		}
		if err := a.render(result, format); err != nil {
			return err
		}
		red = red || result.Red()
	}
	if red {
		return errRed
	}
	return nil
}

// render writes a result to standard output in the format that was asked for.
func (a *app) render(result finding.Result, format string) error {
	switch format {
	case "markdown":
		return report.Markdown(a.env.Out, result, report.Comment)
	case "html":
		return report.HTML(a.env.Out, result)
	case "json":
		return writeJSON(a.env.Out, result)
	case "junit":
		return report.JUnit(a.env.Out, result)
	case "sarif":
		return report.SARIF(a.env.Out, result)
	default:
		return a.text(result)
	}
}

// text is the result for a terminal or a pipe.
func (a *app) text(result finding.Result) error {
	if a.global.quiet {
		_, err := fmt.Fprintln(a.env.Out, report.Sentence(result))
		return err
	}
	return report.Text(a.env.Out, result, a.textOptions())
}

func (a *app) textOptions() report.TextOptions {
	return report.TextOptions{Color: a.env.IsTerminal && a.env.Getenv("NO_COLOR") == "", Width: a.env.Width}
}
